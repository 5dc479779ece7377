"""oob-gateway with several trunks: which one a call takes, and a gateway that passes calls from one to another."""

import json
import subprocess
import time

import pytest

from conftest import BIN
from gateway_kit import CALLED, CALLING, SDP, WAIT, Call, Gateway, Switch, reply, sip, tdm, until

TOKEN = "aaa.bbb.ccc;info=<https://cr.example/1.pem>;alg=ES256;ppt=shaken"


@pytest.fixture
def place(net, tmp_path):
    """place(what, n, …) puts a Switch, or a Gateway, at net(n)."""
    made = []

    def make(what, n, *args):
        made.append(what(tmp_path, args[0], net(n), *args[1:]) if what is Gateway else what(net(n)))
        return made[-1]

    yield make
    codes = [m.stop() for m in made if isinstance(m, Gateway)]
    for switch in made:
        if isinstance(switch, Switch):
            switch.close()
    assert not any(codes)


# --- which trunk ---

PREFIXES = {"state": ["1903"], "town": ["1903246", "1903247"], "abroad": ["44", "493"], "others": [""]}


@pytest.fixture(scope="module")
def hub(module_net, tmp_path_factory):
    """A switch and its gateway with a SIP trunk for each row of PREFIXES, and one that only brings calls."""
    net = module_net
    switch, peers = Switch(net(11)), {name: Switch(net(20 + n)) for n, name in enumerate([*PREFIXES, "incoming"])}
    trunks = [sip(name, peer.addr, PREFIXES.get(name, [])) for name, peer in peers.items()]
    gateway = Gateway(tmp_path_factory.mktemp("hub"), "hub", net(10), switch.addr, trunks)
    yield switch, gateway, peers
    assert gateway.stop() == 0
    for s in (switch, *peers.values()):
        s.close()


def taken(hub, **more):
    """@return the trunk that the call took"""
    switch, gateway, peers = hub
    before = len(gateway.notes("gw.forwarded"))
    call = Call(switch, gateway.addr, **more)
    name = gateway.wait_notes("gw.forwarded", before + 1)[-1]["data"]["trunk"]
    invite = peers[name].next("INVITE")
    reply(invite, 486, "Busy Here", peers[name].addr)
    peers[name].next("ACK")
    call.refused(486)
    return name


@pytest.mark.parametrize("called,trunk", [
    ("+19032469103", "town"), ("+19032479103", "town"), ("+19032489103", "state"), ("9032469103", "town"), ("+1-903-246-9103", "town"),
    ("+442071838750", "abroad"), ("+493012345678", "abroad"), ("+494012345678", "others"), ("+12013776051", "others"), ("911", "others"),
    ("190", "others")])
def test_longest_prefix_of_the_called_number(hub, called, trunk):
    assert taken(hub, called=called) == trunk


@pytest.mark.parametrize("user,trunk", [
    ("+12013776051;npdi;rn=+19032460000", "town"), ("+19032469103;npdi;rn=+19034050000", "state"), ("+19032469103;npdi;rn=+12015550000", "others"),
    ("+19032469103;npdi", "town"), ("+12013776051;rn=9034050000;cic=+10288", "state")])
def test_routing_number_before_called_number(hub, user, trunk):
    assert taken(hub, uri=f"sip:{user}@osp.example;user=phone") == trunk


def test_trunk_without_prefixes_brings_calls(hub):
    switch, gateway, peers = hub
    call = Call(peers["incoming"], gateway.addr)
    reply(switch.next("INVITE"), 486, "Busy Here", switch.addr)
    switch.next("ACK")
    call.refused(486)


@pytest.mark.parametrize("uri,status,cause,why", [
    ("sip:alice@osp.example", 404, 1, "expected a telephone number"), ("sip:+19032469103;rn=none@osp.example", 404, 1, "expected rn to be a number")])
def test_no_number(hub, uri, status, cause, why):
    switch, gateway, _ = hub
    assert Call(switch, gateway.addr, uri=uri).refused(status).cause == cause
    assert why in gateway.notes("gw.refused")[-1]["data"]["why"]


def test_no_trunk_for_the_number(place, net):
    switch, peer = place(Switch, 11), place(Switch, 20)
    gateway = place(Gateway, 10, "osp", net(11), [sip("far", net(20), ["1903"])])
    assert Call(switch, gateway.addr, called=CALLING).refused(404).cause == 3
    assert gateway.notes("gw.refused")[0]["data"]["why"] == "no trunk has a prefix of 12013776051"
    assert Call(switch, gateway.addr, uri=f"sip:{CALLED};rn={CALLING}@x").refused(404).cause == 3
    assert peer.silent()


# --- trunks side by side ---


class Hub:
    """Networks osp, tsp and far around a transit network: TDM trunks from osp and to tsp, SIP trunks from near and to far."""

    def __init__(self, net, tmp_path):
        self.switches = {name: Switch(net(n)) for n, name in ((11, "osp"), (21, "tsp"), (31, "transit"), (41, "near"), (51, "far"))}
        self.transit = Gateway(tmp_path, "transit", net(30), net(31), [
            tdm("osp", net(30), net(10), "3-3-3", "1-1-1", prefixes=["1201"]),
            tdm("tsp", net(30), net(20), "3-3-3", "2-2-2", connect=True, prefixes=["1903"]),
            sip("near", net(41), ["1202"]), sip("far", net(51), [""])])
        self.osp = Gateway(tmp_path, "osp", net(10), net(11), [tdm("tdm", net(10), net(30), "1-1-1", "3-3-3", connect=True)])
        self.tsp = Gateway(tmp_path, "tsp", net(20), net(21), [tdm("tdm", net(20), net(30), "2-2-2", "3-3-3")])
        self.osp.linked()
        self.transit.linked("osp")
        self.transit.linked("tsp")

    def call(self, origin, called, **more):
        """From its switch; the transit switch sends it on as it came. @return caller's side, INVITEs at the transit switch and at the end"""
        relay = self.switches["transit"]
        gateway = self.osp if origin == "osp" else self.transit
        call = Call(self.switches[origin], gateway.addr, called=called, **more)
        middle = relay.next("INVITE")
        kept = "".join(f"{name}: {value}\r\n" for name, value in middle.headers if name in ("P-Asserted-Identity", "Identity", "Date"))
        onward = Call(relay, self.transit.addr, uri=middle.uri, headers=kept)
        end = self.switches["tsp" if called.startswith("+1903") else "far"]
        return call, (middle, onward), (end.next("INVITE"), end)

    def stop(self):
        codes = [g.stop() for g in (self.osp, self.tsp, self.transit)]
        for switch in self.switches.values():
            switch.close()
        return codes


@pytest.fixture
def transit(net, tmp_path):
    hub = Hub(net, tmp_path)
    yield hub
    assert hub.stop() == [0, 0, 0]


# proves: FLOW-N1
@pytest.mark.parametrize("origin", ["osp", "near"])
@pytest.mark.parametrize("called", [CALLED, "+442071838750"], ids=["to TDM", "to SIP"])
def test_transit(transit, origin, called):
    headers = f"P-Asserted-Identity: <sip:{CALLING}@osp.example;user=phone>\r\nIdentity: {TOKEN}\r\nDate: Thu, 21 Feb 2002 13:02:03 GMT\r\n"
    call, (middle, onward), (last, end) = transit.call(origin, called, headers=headers)
    relay = transit.switches["transit"]
    all_sip = origin == "near" and end.addr == transit.switches["far"].addr
    # in-band survives exactly when no leg is TDM
    assert middle.all("Identity") == ([TOKEN] if origin == "near" else [])
    assert last.all("Identity") == ([TOKEN] if all_sip else [])
    assert f"sip:{called}@" in last.uri and CALLING in last.get("P-Asserted-Identity")
    # the answer goes the way back
    reply(last, 180, "Ringing", end.addr)
    onward.next(180)
    reply(middle, 180, "Ringing", relay.addr)
    call.next(180)
    reply(last, 200, "OK", end.addr, SDP)
    onward.answered()
    end.next("ACK")
    reply(middle, 200, "OK", relay.addr, SDP)
    call.answered()
    relay.next("ACK")
    # and the end the way on
    call.bye()
    call.next(200)
    reply(relay.next("BYE"), 200, "OK", relay.addr)
    onward.bye()
    onward.next(200)
    reply(end.next("BYE"), 200, "OK", end.addr)
    tdm_legs = (origin == "osp") + (end.addr == transit.switches["tsp"].addr)
    until("all legs are over", lambda: len(transit.transit.notes("gw.released")) == tdm_legs and len(transit.transit.notes("gw.ended")) == 2 - tdm_legs)
    assert {n["data"]["cause"] for n in transit.transit.notes("gw.released")} <= {16}
    assert {n["data"]["status"] for n in transit.transit.notes("gw.ended")} <= {200}


@pytest.mark.parametrize("origin,called,back,cause", [
    ("osp", CALLED, 480, 20), ("osp", "+442071838750", 480, 20), ("near", CALLED, 480, 20), ("near", "+442071838750", 480, 20)])
def test_cause_of_a_refusal_comes_through(transit, origin, called, back, cause):
    call, (middle, onward), (last, end) = transit.call(origin, called)
    relay = transit.switches["transit"]
    reply(last, 480, "Temporarily Unavailable", end.addr, headers='Reason: Q.850;cause=20;text="Subscriber absent"\r\n')
    end.next("ACK")
    refused = onward.refused(480)
    assert refused.cause == cause
    reply(middle, 480, "Temporarily Unavailable", relay.addr, headers=f"Reason: {refused.get('Reason')}\r\n")
    relay.next("ACK")
    assert call.refused(back).cause == cause


def test_circuits_of_two_trunks_are_two(transit):
    """Both trunks have a circuit 1: each call is on its own."""
    t = transit.transit
    into, (middle, onward), (last, end) = transit.call("osp", CALLED)
    notes = t.wait_notes("gw.iam", 2)
    assert [(n["data"]["trunk"], n["data"]["dir"], n["data"]["cic"]) for n in notes] == [("osp", "rx", 1), ("tsp", "tx", 2)]
    reply(last, 486, "Busy Here", end.addr)
    onward.refused(486)
    assert [n["data"]["trunk"] for n in t.wait_notes("gw.released")] == ["tsp"]
    reply(middle, 180, "Ringing", transit.switches["transit"].addr)
    into.next(180)


def test_loss_of_one_link_leaves_the_other(transit):
    t = transit.transit
    into, (middle, onward), _ = transit.call("osp", CALLED)
    transit.tsp.kill()
    assert onward.refused(503).cause == 41
    assert [n["data"]["trunk"] for n in t.wait_notes("gw.released")] == ["tsp"]
    assert Call(transit.switches["transit"], t.addr, called=CALLED).refused(503).cause == 38
    reply(middle, 180, "Ringing", transit.switches["transit"].addr)
    into.next(180)
    transit.tsp.start()
    t.linked("tsp")


def test_tdm_peer_is_no_sip_peer(transit):
    stranger = transit.switches["osp"]
    assert Call(stranger, transit.transit.addr).refused(403).cause == 21


# --- configurations that cannot be ---


def refused(tmp_path, net, *trunks, **more):
    file = tmp_path / "gw.json"
    file.write_text(json.dumps({"sip": {"addr": net(10)}, "domain": "osp.example", "switch": f"sip:sw@{net(11)}:5060;transport=tcp",
                                "trunks": trunks} | more))
    done = subprocess.run([BIN / "oob-gateway", "--config", file], capture_output=True, text=True, timeout=WAIT)
    return done.returncode, done.stderr


def plain(net, **more):
    return tdm("t", net(10), net(20), "1-1-1", "2-2-2") | more


@pytest.mark.parametrize("trunks,text", [
    (lambda net: [], "/trunks: expected"),
    (lambda net: [plain(net), plain(net, prefixes=[])], '/trunks/1/name: "t" is there already'),
    (lambda net: [plain(net, prefixes=["1903", "1903"])], '/trunks/0/prefixes/1: "1903" is there already'),
    (lambda net: [plain(net), sip("s", net(20))], '/trunks/1/prefixes/0: "" is there already'),
    (lambda net: [plain(net, prefixes=["+1903"])], "/trunks/0/prefixes/0: expected the first digits of numbers"),
    (lambda net: [plain(net, prefixes=["1234567890123456"])], "/trunks/0/prefixes/0"),
    (lambda net: [sip("s", net(11))], "is the switch"),
    (lambda net: [sip("s", net(20)), sip("t", net(20), [])], "has a sip trunk already"),
    (lambda net: [sip("s", net(20), opc="1-1-1")], "/trunks/0/opc: a sip trunk has none"),
    (lambda net: [sip("s", net(20), connect=True)], "/trunks/0/connect: a sip trunk has none"),
    (lambda net: [{k: v for k, v in plain(net).items() if k != "dpc"}], "/trunks/0/dpc: expected, because the trunk is tdm"),
    (lambda net: [{k: v for k, v in plain(net).items() if k != "addr"}], "/trunks/0/addr: expected, because the trunk is tdm"),
    (lambda net: [{k: v for k, v in plain(net).items() if k != "name"}], "name"),
    (lambda net: [{k: v for k, v in plain(net).items() if k != "peer"}], "peer"),
    (lambda net: [plain(net, kind="ss7")], "kind"),
    (lambda net: [sip("s", net(20), transport="tls")], "transport")])
def test_configuration_that_cannot_be(tmp_path, net, trunks, text):
    code, errors = refused(tmp_path, net, *trunks(net))
    assert code == 2 and text in errors, errors


def test_two_links_cannot_listen_at_one_address(tmp_path, net):
    code, errors = refused(tmp_path, net, plain(net), plain(net, name="u", prefixes=[]))
    assert code == 3 and f"{net(10)}:2905" in errors, errors


def test_member_of_the_first_version_is_not_known(tmp_path, net):
    code, errors = refused(tmp_path, net, plain(net), trunk=plain(net))
    assert code == 2 and "/trunk" in errors, errors


# --- links ---


def test_order_of_the_start_does_not_matter(place, net):
    """The side that connects is there first: it finds the other one soon, not only a second later."""
    first = place(Gateway, 10, "osp", net(11), [tdm("tdm", net(10), net(20), "1-1-1", "2-2-2", connect=True)])
    until("it has tried", lambda: "no link to" in first.config.with_suffix(".log").read_text())
    place(Gateway, 20, "tsp", net(21), [tdm("tdm", net(20), net(10), "2-2-2", "1-1-1")])
    begin = time.monotonic()
    first.linked()
    assert time.monotonic() - begin < 0.8
