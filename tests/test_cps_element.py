"""ref-cps as its operator sees it: trust, TLS, signals, configuration, and faults on purpose."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest

import stirkit
from conftest import ROOT
from cps_bad import REFUSED
from cps_kit import COMPANY, NAME, PRIVATE, PUBLIC, TYPE, check_problem, problem
from cps_kit import call, cps, element, own, world  # noqa: F401  fixtures
from stirkit import Pki, shaken, sign


# --- certificates and trust ---


def test_certificate_is_fetched_once(own, call):
    cps = own()
    cred = cps.world.pki.sti("1234")
    path = cred.x5u.split(":8443", 1)[1]
    tokens = [sign(shaken(call[0], call[1] + str(i)), cred) for i in range(10)]
    assert cps.post("\n".join(tokens)).status == 201
    for i in range(10, 15):
        assert cps.post(sign(shaken(call[0], call[1] + str(i)), cred)).status == 201
    assert cps.world.pki.hits[path] == 1


def test_bad_certificate_url_is_not_hammered(cps, call):
    path = cps.world.path_of("absent")
    for _ in range(3):
        cps.post(sign(shaken(*call), cps.world.creds["absent"]))
    assert cps.world.pki.hits[path] <= 1


# proves: CPS-06
def test_no_current_list_nothing_is_trusted(own, world, call):
    cps = own(trust=world.pki.trust_conf(ca_list=world.pki.url("/no-such-list")))
    check_problem(cps.post(cps.token(call)), 403, "ca-list-unusable", "path", 0)


# proves: CPS-04 PKI-04
def test_no_current_crl_nothing_is_unrevoked(own, world, call):
    cps = own(trust=world.pki.trust_conf(crl=world.pki.url("/no-such-crl")))
    check_problem(cps.post(cps.token(call)), 403, "crl-unusable", "revoked", 0)


# proves: CPS-06 PKI-05
def test_list_by_another_signer(own, world, call, tmp_path):
    forged = Pki(tmp_path / "forged", world.pki.addr)
    world.pki.files["/forged-list"] = forged.files["/ca-list"]
    cps = own(trust=world.pki.trust_conf(ca_list=world.pki.url("/forged-list")))
    check_problem(cps.post(cps.token(call)), 403, "ca-list-unusable", "path", 0)


def test_web_certificate_of_the_repository_is_checked(own, world, call):
    https = world.pki.https_conf() | {"ca": world.pki.pa_root_file}
    cps = own(https=https, trust=world.pki.trust_conf())
    assert cps.post(cps.token(call)).status == 403


# --- the operator's side ---


def test_ready_line(cps):
    assert cps.element.ready == {
        "name": "tsp.cps",
        "public": f"https://{cps.addr}:{PUBLIC}",
        "private": f"https://{cps.addr}:{PRIVATE}",
    }


# proves: CPS-02
@pytest.mark.parametrize("port", [PUBLIC, PRIVATE])
def test_plain_http_is_not_served(cps, port):
    """CPS-02"""
    with socket.create_connection((cps.addr, port), 5) as sock:
        sock.sendall(b"POST /cps/company/5678 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        try:
            got = sock.recv(4096)
        except ConnectionResetError:
            got = b""
    assert b"HTTP/" not in got


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_not_served(cps):
    context = ssl.create_default_context(cafile=cps.world.pki.web_root)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection((cps.addr, PUBLIC), 5) as sock, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(sock, server_hostname=NAME)


# proves: CPS-01
def test_curl_publishes(cps, call, tmp_path):
    token = cps.token(call)
    (tmp_path / "passport").write_text(token)
    argv = ["curl", "-sS", "--cacert", cps.world.pki.web_root, "--resolve", f"{NAME}:{PUBLIC}:{cps.addr}"]
    argv += ["-H", "Content-Type: application/passport", "--data-binary", f"@{tmp_path / 'passport'}"]
    argv += ["-o", "/dev/null", "-w", "%{http_code} %{size_download}", f"https://{NAME}:{PUBLIC}/cps/company/{COMPANY}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "201 0"
    assert cps.pull(call) == [token]


def test_answers_come_in_milliseconds(cps, call):
    cps.post(cps.token(call))
    took = []
    for i in range(20):
        token = cps.token((call[0], f"{call[1]}{i:02d}"))
        began = time.monotonic()
        assert cps.post(token).status == 201
        took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.1


def served_name(addr, ca):
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    with socket.create_connection((addr, PUBLIC), 5) as sock, context.wrap_socket(sock) as tls:
        return tls.getpeercert()["subjectAltName"]


def test_hup_rereads_the_tls_certificate(own, world, tmp_path):
    cert, key = shutil.copy(world.cert[0], tmp_path / "c.pem"), shutil.copy(world.cert[1], tmp_path / "k.pem")
    cps = own(public={"tls": {"cert": str(cert), "key": str(key)}})
    assert served_name(cps.addr, world.pki.web_root) == (("DNS", NAME),)
    for new, old in zip(world.pki.tls("new.tsp.example"), (cert, key)):
        os.replace(shutil.copy(new, f"{new}.copy"), old)
    cps.element.hup()
    cps.element.wait(lambda: served_name(cps.addr, world.pki.web_root) == (("DNS", "new.tsp.example"),))


def test_hup_with_a_broken_certificate_keeps_the_old_one(own, world, tmp_path, call):
    cert, key = shutil.copy(world.cert[0], tmp_path / "c.pem"), shutil.copy(world.cert[1], tmp_path / "k.pem")
    cps = own(public={"tls": {"cert": str(cert), "key": str(key)}})
    cert.write_text("not a certificate")
    cps.element.hup()
    cps.element.wait(lambda: "SIGHUP" in cps.element.log() and "what was in force stays" in cps.element.log())
    assert served_name(cps.addr, world.pki.web_root) == (("DNS", NAME),)
    assert cps.post(cps.token(call)).status == 201


# proves: CPS-04 PKI-04
def test_hup_rereads_the_crl(own, world, tmp_path, net, call):
    pki = Pki(tmp_path / "pki", net(2))
    with pki.serve():
        cred = pki.sti("1234")
        cps = own(https=pki.https_conf(), trust=pki.trust_conf())
        assert cps.post(sign(shaken(*call), cred)).status == 201
        pki.revoke(cred)
        cps.element.hup()
        refused = cps.element.wait(lambda: _refusal(cps, sign(shaken(*call), cred)))
        assert refused["reason"] == "cert-revoked"
        assert cps.post(sign(shaken(*call), pki.sti("1234"))).status == 201


def _refusal(cps, token):
    answer = cps.post(token)
    return None if answer.status == 201 else problem(answer)


def test_stops_while_a_request_waits(own, call):
    """SIGTERM with a pull and a POST under way: start() sees that it ends by itself with exit code 0."""
    cps = own(faults={"never_answer": True})
    cps.private.send_request("PUT", cps.pull_path(call, 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    cps.public.send_request("POST", f"/cps/company/{COMPANY}", cps.token((call[1], call[0])), TYPE)
    cps.element.note("cps.stored")
    cps.element.stop()


# --- configuration ---


def run_with(world, net, **more):
    return stirkit.run("ref-cps", config=world.conf(net(3), **more), folder=world.dir)


def test_unknown_member(world, net):
    code, _, err = run_with(world, net, stroe={"max": 1})
    assert code == 2
    assert re.search(r"config\.json:\d+:\d+: .*stroe", err), err


def test_unknown_fault(world, net):
    code, _, err = run_with(world, net, faults={"eat_tokens": True})
    assert code == 2 and re.search(r":\d+:\d+: .*faults.*eat_tokens", err), err


@pytest.mark.parametrize(
    "more, where",
    [
        ({"store": {"max": 0}}, "/store/max"),
        ({"store": {"max": "many"}}, "/store/max"),
        ({"companies": []}, "/companies"),
        ({"companies": ["56 78"]}, "/companies/0"),
        ({"max_passports": 17}, "/max_passports"),
        ({"max_wait_ms": -1}, "/max_wait_ms"),
        ({"public": {"tls": None}}, "/public"),
        ({"trust": 7}, "/trust"),
    ],
    ids=["zero", "type", "no-company", "company", "passports", "wait", "no-tls", "trust"],
)
def test_bad_value(world, net, more, where):
    code, _, err = run_with(world, net, **more)
    assert code == 2
    assert re.search(r"config\.json:\d+:\d+: " + re.escape(where) + r"\b.*expected", err), err


def test_unknown_check_to_skip(world, net):
    code, _, err = run_with(world, net, faults={"skip_checks": ["signatur"]})
    assert code == 2 and "signatur" in err


def test_private_interface_without_a_client_ca(world, net):
    tls = dict(zip(("cert", "key"), world.cert))
    code, _, err = run_with(world, net, private={"tls": tls})
    assert code == 2 and "/private/tls/client_ca" in err


def test_missing_certificate_file(world, net):
    tls = {"cert": "/no/such/file.pem", "key": world.cert[1]}
    code, _, err = run_with(world, net, public={"tls": tls})
    assert code in (2, 3) and "/no/such/file.pem" in err


def test_occupied_address(world, net):
    with socket.create_server((net(3), PUBLIC)):
        code, _, err = run_with(world, net)
    assert code == 3 and f"{net(3)}:{PUBLIC}" in err


def test_print_config(world, net):
    code, out, _ = stirkit.run("ref-cps", "--print-config", config=world.conf(net(3)), folder=world.dir)
    conf = json.loads(out)
    assert code == 0
    assert conf["public"]["port"] == 8443 and conf["private"]["port"] == 8444
    assert conf["store"] == {"max": 100000, "freshness_s": 60, "settle_ms": 20}
    assert conf["faults"] | {"http": {}} == {
        "http": {},
        "answer_delay_ms": 0,
        "skip_checks": [],
        "answer_status": 0,
        "answer_status_count": 1,
        "retry_after_s": 1,
        "accept_reasons": [],
    } | dict.fromkeys((name for name, value in conf["faults"].items() if value is False), False)
    assert conf["faults"]["http"].pop("tls") == "usual" and not any(conf["faults"]["http"].values())
    assert "push" not in conf and "forward" not in conf


def test_help_names_every_member(world):
    code, out, _ = stirkit.run("ref-cps", "--help")
    assert code == 0
    for member in ("companies", "client_ca", "max_wait_ms", "freshness_s", "skip_checks", "accept_unknown_ppt"):
        assert member in out


def test_example_is_a_valid_configuration():
    path = ROOT / "docs" / "examples" / "ref-cps.json"
    code, out, err = stirkit.run("ref-cps", "--print-config", "--config", str(path))
    assert code == 0, err
    assert json.loads(out)["companies"] == ["5678"]


# --- faults on purpose ---


def test_late_answer_but_prompt_store(own, call):
    cps = own(faults={"answer_delay_ms": 400})
    token = cps.token(call)
    began = time.monotonic()
    cps.public.send_request("POST", f"/cps/company/{COMPANY}", token, TYPE)
    assert cps.pull(call, 2000) == [token]
    assert time.monotonic() - began < 0.35
    assert cps.public.answer().status == 201
    assert time.monotonic() - began >= 0.4


def test_no_answer_but_prompt_store(own, call):
    cps = own(faults={"never_answer": True})
    token = cps.token(call)
    cps.public.send_request("POST", f"/cps/company/{COMPANY}", token, TYPE)
    assert cps.pull(call, 2000) == [token]
    cps.public.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        cps.public.answer()


SKIPPED = {
    "typ": "typ",
    "alg-es384": "alg",
    "attest-d": "attest",
    "origid-not-a-uuid": "origid",
    "no-tnauthlist": "profile",
    "unknown-root": "path",
    "certificate-revoked": "revoked",
    "other-key": "signature",
    "stale": "fresh",
    "older-than-its-certificate": "validity",
}


@pytest.mark.parametrize("name", SKIPPED)
def test_check_that_is_left_out(own, call, name):
    """A wrong CPS on purpose accepts what the right one refuses."""
    cps = own(faults={"skip_checks": [SKIPPED[name]]})
    assert cps.post(REFUSED[name][0](cps.world, call)).status == 201
