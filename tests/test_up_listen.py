"""A world at one address (`--listen`): every interface over IPv4 and IPv6, ports, certificates, what cannot be."""

import contextlib
import json
import re
import socket

import pytest

from conftest import ROOT
from oobsim_kit import Run, oobsim, scenario
from stirkit import run
from up_kit import free_world, up

WAYS = {
    "redirect": [],
    "proxy": ["--set", "as.interface=proxy", "--set", "vs.interface=proxy"],
    "http+push": ["--set", "as.interface=http", "--set", "vs.interface=http", "--set", "cps.delivery=push"],
}


@pytest.mark.parametrize("addr", ["::1", "127.0.0.1", "127.77.7.7"])
@pytest.mark.parametrize("way", WAYS)
def test_direct_call(tmp_path, addr, way):
    done = Run(tmp_path, "A1", "--listen", addr, *WAYS[way])
    assert done.code == 0, (done.stderr, done.failed())
    assert {e["data"]["addr"] for e in done.notes("world.element")} == {addr}


# B1: a gateway whose switch and whose peer of a SIP trunk are at one address; B2 retargets over TDM; S1: phones over UDP;
# D1, D3: lists of CPSs; T2: a CPS sends on to another; E4: an element dies
@pytest.mark.parametrize("name", ["B1", "B2", "S1", "D1", "D3", "T2", "E4"])
def test_scenario(tmp_path, name):
    done = Run(tmp_path, name, "--listen", "::1")
    assert done.code == 0, (done.stderr, done.failed())


def test_all_interfaces_of_a_retargeted_call(tmp_path):
    done = oobsim("run", "B2", "--matrix", "--listen", "::1", "--json", "--report", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == "pass"
    for trace in tmp_path.glob("*/trace.jsonl"):
        assert '"addr":"::1"' in trace.read_text()


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """One run over IPv6 whose world is known."""
    number = free_world()
    done = Run(tmp_path_factory.mktemp("seen"), "A1", "--listen", "::1", "--world", number)
    assert done.code == 0, done.stderr
    return number, done


def test_ports_are_of_the_world_and_of_one_element_each(seen):
    number, done = seen
    ports = [p for e in done.notes("world.element") for p in e["data"]["ports"]]
    assert len(ports) == len(set(ports)) == 16
    assert all(10000 + 100 * number <= p < 10100 + 100 * number for p in ports)


def test_nothing_of_it_is_anywhere_else(seen):
    _, done = seen
    for e in done.trace():
        if e["kind"] != "note":
            assert e["src"].startswith("[::1]:") and e["dst"].startswith("[::1]:"), e
    for conf in (done.report / "world" / "config").iterdir():
        assert not re.search(r"127\.|:(5060|8443|8444|2905)\b|\b(5060|8443|8444|2905)\b", conf.read_text()), conf


def test_sdp_says_ipv6(seen):
    offers = [e["raw"] for e in seen[1].trace() if e["kind"] == "sip" and "\r\nc=IN" in e["raw"]]
    assert offers and all("c=IN IP6 ::1\r\n" in raw and "o=" in raw and "IN IP4" not in raw for raw in offers)


def test_every_message_is_between_known_elements(seen):
    _, done = seen
    drawn = oobsim("ladder", done.report).stdout
    assert "osp.as" in drawn.splitlines()[0] and "::1" not in drawn
    ends = {end for check in done.scenario["checks"] for e in check.get("evidence", []) for end in [e.get("from"), e.get("to")]}
    assert not any(end and ":" in end for end in ends)


@pytest.mark.parametrize("name, role, command, ready", [
    ("tsp.cps", "cps", ["ref-cps", "--config"], "line"),
    ("tsp.cps", "cps", ["ref-cps", "--config"], "ports"),
    ("tsp", "tsp", ["oobsim", "provider", "--config"], "line"),
    ("osp", "osp", ["oobsim", "provider", "--config"], "line"),
])
def test_somebody_elses_is_seen_alike(tmp_path, name, role, command, ready):
    """Ends that write no trace are known at a shared address as at one of their own."""
    sut = tmp_path / "sut.json"
    sut.write_text(json.dumps({"name": "x", "roles": [role], "process": {"command": command, "ready": ready}}))
    runs = [Run(tmp_path / str(i), "A1", "--sut", f"{name}={sut}", *args) for i, args in enumerate([[], ["--listen", "::1"]])]
    assert [r.code for r in runs] == [0, 0], [r.stderr for r in runs]
    assert runs[0].verdicts() == runs[1].verdicts()


def test_address_is_written_as_usual(tmp_path):
    done = Run(tmp_path, "A1", "--listen", "0:0:0:0:0:0:0:1")
    assert done.code == 0, done.stderr
    assert {e["data"]["addr"] for e in done.notes("world.element")} == {"::1"}


def test_two_worlds_at_one_address(tmp_path):
    with up(tmp_path / "a", "--listen", "::1") as a, up(tmp_path / "b", "--listen", "::1") as b:
        assert a.said["world"] != b.said["world"]
        (_, last), (first, _) = sorted([a.said["listen"]["ports"], b.said["listen"]["ports"]])
        assert last < first


# --- what cannot be ---


@pytest.mark.parametrize("addr, says", [
    ("localhost", 'expected an IPv4 or IPv6 address that others can connect to, got "localhost"'),
    ("0.0.0.0", 'expected an IPv4 or IPv6 address that others can connect to, got "0.0.0.0"'),
    ("::", 'expected an IPv4 or IPv6 address that others can connect to, got "::"'),
    ("127.0.0.1:5060", "expected an IPv4 or IPv6 address"),
    ("", '--listen: expected an address, got ""'),
    ("192.0.2.10", 'this machine has no address 192.0.2.10 ("ip address" shows those that it has)'),
    ("2001:db8::1", "this machine has no address 2001:db8::1"),
])
@pytest.mark.parametrize("command", ["up", "run"])
def test_address_that_is_none(tmp_path, command, addr, says):
    done = oobsim(command, "A1", "--report", tmp_path, "--listen", addr)
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_port_that_is_taken(tmp_path):
    number = free_world()
    with contextlib.closing(socket.socket(socket.AF_INET6)) as sock:
        sock.bind(("::1", 10013 + 100 * number))
        sock.listen()
        done = oobsim("up", "A1", "--report", tmp_path, "--listen", "::1", "--world", number)
    assert done.returncode == 3
    assert f"[::1]:{10013 + 100 * number} (TCP, for tsp.cps): the address is occupied" in done.stderr
    assert "--world N" in done.stderr


def test_port_of_udp_that_is_taken(tmp_path):
    number = free_world()
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        sock.bind(("127.0.0.1", 10001 + 100 * number))
        done = oobsim("run", "A1", "--report", tmp_path, "--listen", "127.0.0.1", "--world", number)
    assert done.returncode == 3 and "(UDP, for osp.switch): the address is occupied" in done.stderr


def test_world_that_needs_too_many_ports(tmp_path):
    all_kinds = ["switch", "as", "gw", "vs", "cps"]
    names = ["osp", *(f"r{i}" for i in range(9)), "tsp"]
    providers = {name: {"kind": "osp" if i == 0 else "tsp" if i == 10 else "transit", "ocn": str(2000 + i),
                        "numbers": [f"+1{201 + i}"], "elements": all_kinds + ["phone"] * (i in (0, 10))}
                 for i, name in enumerate(names)}
    path = sum(([name, "tdm"] for name in names), [])[:-1]
    file = scenario(tmp_path, providers=providers, path=path, proves=None,
                    expect=[{"id": "x", "title": "x", "steps": "5.3"}],
                    calls=[{"from": "+12013776051", "to": "+12112469103"}])
    done = oobsim("up", file, "--report", tmp_path / "up", "--listen", "::1")
    assert done.returncode == 2 and re.search(r"--listen: this world needs 1\d\d ports, and has 100", done.stderr), done.stderr


# --- neighbours of one host ---


def switch(**more):
    return {"sip": {"addr": "::1", "port": 10999}, "domain": "osp.example", **more}


@pytest.mark.parametrize("peers, says", [
    ([{"addr": "::1", "kind": "trunk"}, {"addr": "::1", "kind": "subscriber"}], "/peers/1/addr: ::1 is there already"),
    ([{"addr": "::1", "port": 7, "kind": "trunk"}, {"addr": "::1", "port": 7, "kind": "subscriber"}], "/peers/1/addr"),
    ([{"addr": "a" * 300, "kind": "trunk"}], "/peers/0/addr: the name is too long"),
])
def test_peers_that_cannot_be_told_apart(tmp_path, peers, says):
    code, _, errors = run("oob-switch", config=switch(peers=peers), folder=tmp_path)
    assert code == 2 and says in errors, errors


def test_reference_of_every_option():
    """Help of both commands and the pages name the option."""
    for command in ["up", "run"]:
        assert "--listen ADDR" in oobsim(command, "--help").stdout
    assert "--listen ADDR" in (ROOT / "docs" / "up.md").read_text()
