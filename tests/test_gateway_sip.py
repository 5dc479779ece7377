"""oob-gateway with a SIP trunk: what passes between two networks, and what does not."""

import pytest

import sip_peer
from gateway_kit import CALLED, CALLING, SDP, WAIT, Call, Gateway, Switch, reply, request_to, sip

CALLER = '"Alice" <sip:+12013776051@osp.example;user=phone>'
TOKENS = [f"{n}aaa.{n}bbb.{n}ccc-_;info=<https://cr.example/{n}.pem>;alg=ES256;ppt={ppt}"
          for n, ppt in ((1, "shaken"), (2, '"div"'), (3, "rph"), (4, "shaken"))]
# one by its compact name, one folded, others between them
CALL_HEADERS = ("P-Asserted-Identity: <sip:+12013776051@osp.example;user=phone>\r\nPrivacy: id\r\n"
                f"Identity: {TOKENS[0]}\r\nDate: Thu, 21 Feb 2002 13:02:03 GMT\r\ny: {TOKENS[1]}\r\n"
                "History-Info: <sip:+19032460001@tsp.example>;index=1, <sip:+19032469103@tsp.example;cause=302>;index=1.1;mp=1\r\n"
                f"IDENTITY:{TOKENS[2]}\r\nReason: SIP;cause=302;text=\"Moved\"\r\nIdentity: {TOKENS[3]}\r\n")
THROUGH = {"P-Asserted-Identity", "Privacy", "Identity", "Date", "History-Info", "Reason"}
DIALOG = {"Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "User-Agent", "Content-Type", "Content-Length"}


class World:
    """A switch, its gateway, and the gateway of another network at the far end of a SIP trunk."""

    def __init__(self, net, tmp_path, peer=Switch, **more):
        self.switch, self.peer = Switch(net(11)), peer(net(20))
        trunk = sip("far", net(20), **more.pop("trunk", {}))
        self.gateway = Gateway(tmp_path, "osp", net(10), net(11), [trunk], **more)

    def sides(self, way):
        return (self.switch, self.peer) if way == "out" else (self.peer, self.switch)

    def invite(self, way="out", **more):
        near, far = self.sides(way)
        call = Call(near, self.gateway.addr, **more)
        return call, far.next("INVITE"), far

    def up(self, way="out", **more):
        call, invite, far = self.invite(way, **more)
        reply(invite, 180, "Ringing", far.addr)
        call.next(180)
        reply(invite, 200, "OK", far.addr, SDP.replace("alice", "bob"))
        call.answered()
        far.next("ACK")
        return call, invite, far

    def ended(self, status, by, n=1):
        data = self.gateway.wait_notes("gw.ended", n)[-1]["data"]
        assert data == {"trunk": "far", "status": status, "by": by}

    def stop(self):
        code = self.gateway.stop()
        self.switch.close()
        self.peer.close()
        return code


@pytest.fixture
def world(net, tmp_path):
    made = []

    def make(**more):
        made.append(World(net, tmp_path, **more))
        return made[-1]

    yield make
    for w in made:
        assert w.stop() == 0, w.gateway.config.with_suffix(".log").read_text()


both_ways = pytest.mark.parametrize("way", ["out", "in"])


# --- the INVITE ---


@both_ways
def test_what_belongs_to_the_call_passes_unchanged(world, way):
    w = world()
    uri = "sip:+19032469103;npdi;rn=+19034050000;cic=+10288@tsp.example;user=phone"
    call, far, _ = w.invite(way, uri=uri, headers=CALL_HEADERS)
    assert far.uri == uri
    assert far.get("From").startswith(f"{CALLER};tag=") and far.get("From") != call.frm
    assert far.get("To") == f"<{uri}>"
    for name in THROUGH - {"Identity"}:
        want = [line.split(":", 1)[1].strip() for line in CALL_HEADERS.split("\r\n") if line.lower().startswith(name.lower() + ":")]
        assert far.all(name) == want, name
    assert far.body == SDP and far.get("Content-Type") == "application/sdp"


@both_ways
def test_identity_headers_to_the_byte_and_in_order(world, way):
    _, far, _ = world().invite(way, headers=CALL_HEADERS)
    assert far.all("Identity") == TOKENS


def test_folded_identity_keeps_its_octets(world):
    token = "aaa.bbb.ccc;\r\n info=<https://cr.example/1.pem>;\r\n\tppt=shaken"
    _, far, _ = world().invite(headers=f"Identity: {token}\r\n")
    assert f"\r\nIdentity: {token}\r\n" in far.text


@both_ways
def test_nothing_else_passes(world, way):
    w = world()
    call, far, _ = w.invite(way, headers=CALL_HEADERS + "X-Private: 1\r\nSupported: 100rel\r\nP-Charging-Vector: icid-value=1\r\n"
                                                        "Route: <sip:127.0.0.9;lr>\r\n")
    assert {name for name, _ in far.headers} == DIALOG | THROUGH
    assert far.get("Call-ID") != call.call_id and far.get("Max-Forwards") == "69"
    assert len(far.all("Via")) == 1 and w.gateway.addr in far.get("Via") and w.gateway.addr in far.get("Contact")


def test_call_without_any_of_it(world):
    _, far, _ = world().invite()
    assert {name for name, _ in far.headers} == DIALOG


@both_ways
@pytest.mark.parametrize("place", ["P-Asserted-Identity", "user", "From", "To", "quoted"])
def test_verstat_never_crosses(world, way, place):
    w = world()
    stat = ";verstat=TN-Validation-Passed"
    headers = "Identity: a.b.c;info=<https://cr.example/1.pem>;verstat=kept\r\n"
    uri = f"sip:{CALLED}@osp.example;user=phone"
    calling = CALLING
    if place == "P-Asserted-Identity":
        headers += f"P-Asserted-Identity: <sip:{CALLING}{stat}@osp.example;user=phone>, <tel:{CALLING}{stat}>\r\n"
    elif place == "user":
        uri = f"sip:{CALLED}{stat}@osp.example;user=phone;VerStat=No-TN-Validation"
    elif place == "From":
        calling = f"{CALLING}{stat}"
    elif place == "To":
        uri = f"sip:{CALLED}@osp.example;user=phone{stat}"
    else:
        headers += f'P-Asserted-Identity: "A; verstat=x" <sip:{CALLING}@osp.example ; verstat = TN-Validation-Passed;user=phone>\r\n'
    _, far, _ = w.invite(way, uri=uri, calling=calling, headers=headers)
    assert far.get("Identity").endswith(";verstat=kept")  # to the byte, whatever it says
    rest = far.text.replace(far.get("Identity"), "")
    assert "verstat" not in rest.lower() and "Validation" not in rest
    assert far.uri == f"sip:{CALLED}@osp.example;user=phone"
    assert far.get("From").startswith(CALLER)
    for value in far.all("P-Asserted-Identity"):
        assert CALLING in value and "user=phone" in value or value == f"<tel:{CALLING}>"


@both_ways
def test_longer_name_than_verstat_stays(world, way):
    _, far, _ = world().invite(way, headers=f"P-Asserted-Identity: <sip:{CALLING};verstatus=1;x-verstat=2@osp.example>\r\n")
    assert far.get("P-Asserted-Identity") == f"<sip:{CALLING};verstatus=1;x-verstat=2@osp.example>"


@pytest.mark.parametrize("hops,status", [("0", 483), ("many", 400), ("256", 400), ("-1", 400)])
def test_max_forwards_that_ends_it(world, hops, status):
    w = world()
    near, far = w.sides("out")
    w.switch.count += 1
    Call(near, w.gateway.addr, hops=hops).refused(status)
    assert w.gateway.wait_notes("gw.refused")[0]["data"]["status"] == status
    assert far.silent() and not w.gateway.notes("gw.forwarded")


def test_headers_too_large(world):
    w = world()
    call = Call(w.switch, w.gateway.addr, headers="".join(f"Identity: {'a' * 999}.b.c;info=<https://cr.example>\r\n" for _ in range(50)))
    call.refused(513)
    assert w.peer.silent()


# --- who may send ---


@pytest.mark.parametrize("who", [30, 2])
def test_stranger_is_refused(world, net, who):
    w = world()
    stranger = Switch(net(who))
    refused = Call(stranger, w.gateway.addr, headers=f"P-Asserted-Identity: <sip:{CALLING}@osp.example>\r\n").refused(403)
    assert refused.cause == 21
    stranger.close()
    note = w.gateway.wait_notes("gw.refused")[0]
    assert note["data"] == {"status": 403, "cause": 21, "why": f"{net(who)} is neither the switch nor the peer of a sip trunk"}
    assert (note["orig"], note["dest"]) == (CALLING[1:], CALLED[1:])
    assert w.peer.silent() and w.switch.silent()


# --- responses ---


@both_ways
@pytest.mark.parametrize("status,phrase,headers", [
    (404, "Not Found", ""), (486, "Busy Here", 'Reason: Q.850;cause=17;text="User busy"\r\n'), (603, "Decline", ""),
    (503, "Service Unavailable", "Retry-After: 7\r\n"), (437, "Unsupported Credential", 'Reason: STIR;cause=437;text="Unsupported"\r\n'),
    (488, "Not Acceptable Here", 'Warning: 304 x "no codec"\r\n'), (302, "Moved", "Contact: <sip:+19032460001@tsp.example>\r\n"),
    (600, "Busy Everywhere", "")])
def test_refusal_comes_back_as_it_is(world, way, status, phrase, headers):
    w = world()
    call, invite, far = w.invite(way)
    reply(invite, status, phrase, far.addr, headers=headers)
    far.next("ACK")
    refused = call.refused(status)
    assert refused.first == f"SIP/2.0 {status} {phrase}"
    for line in headers.split("\r\n")[:-1]:
        name, value = line.split(": ", 1)
        assert refused.all(name)[-1] == value  # the stand-in has a Contact in every response
    w.ended(status, "callee")


@both_ways
def test_progress_and_answer_pass(world, way):
    w = world()
    call, invite, far = w.invite(way)
    reply(invite, 183, "Session Progress", far.addr, SDP, headers='Reason: STIR;cause=436;text="Bad Identity Info"\r\n')
    early = call.next(183)
    assert early.body == SDP and early.get("Reason") == 'STIR;cause=436;text="Bad Identity Info"'
    reply(invite, 180, "Ringing", far.addr)
    assert call.next(180).body == ""
    answer = SDP.replace("alice", "bob")
    reply(invite, 200, "OK", far.addr, answer)
    assert call.answered().body == answer
    far.next("ACK")


@both_ways
def test_cancel_takes_its_reason_along(world, way):
    w = world()
    call, invite, far = w.invite(way)
    reply(invite, 180, "Ringing", far.addr)
    call.next(180)
    call.cancel('Reason: SIP;cause=200;text="Call completed elsewhere"\r\n')
    call.next(200)
    call.refused(487)
    cancel = far.next("CANCEL")
    assert cancel.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
    reply(cancel, 200, "OK", far.addr)
    reply(invite, 487, "Request Terminated", far.addr)
    far.next("ACK")
    w.ended(487, "caller")


@both_ways
@pytest.mark.parametrize("ends", ["caller", "callee"])
def test_bye_takes_its_reason_along(world, way, ends):
    w = world()
    call, invite, far = w.up(way)
    reason = 'Reason: Q.850;cause=38;text="Network out of order"\r\n'
    if ends == "caller":
        call.bye(reason)
        call.next(200)
        bye = far.next("BYE")
        reply(bye, 200, "OK", far.addr)
    else:
        request_to(invite, "BYE", far.addr, headers=reason)
        far.next(200)
        bye = call.next("BYE")
        reply(bye, 200, "OK", call.switch.addr)
    assert bye.cause == 38
    w.ended(200, ends)


@both_ways
def test_far_end_is_dead(world, way):
    w = world()
    near, far = w.sides(way)
    far.close()
    assert Call(near, w.gateway.addr).refused(503).cause == 41
    w.ended(503, "gateway")


def test_as_many_calls_as_allowed(world):
    w = world(max_calls=2)
    calls = [w.up()[0] for _ in range(2)]
    refused = Call(w.switch, w.gateway.addr).refused(503)
    assert refused.cause == 41 and "max_calls" in w.gateway.wait_notes("gw.refused")[0]["data"]["why"]
    calls[0].bye()
    w.switch.next(200)
    reply(w.peer.next("BYE"), 200, "OK", w.peer.addr)
    w.ended(200, "caller")
    w.up("in")


def test_gateway_ends_with_calls_in_every_state(world):
    w = world()
    w.invite()
    w.up("in")
    assert w.gateway.stop() == 0


def test_peer_over_udp(world):
    w = world(peer=sip_peer.Peer, trunk={"transport": "udp"})
    call = Call(w.switch, w.gateway.addr, headers=CALL_HEADERS)
    invite = w.peer.expect("INVITE", WAIT)
    assert invite.get("Via").startswith("SIP/2.0/UDP") and invite.all("Identity") == TOKENS
    w.peer.reply(invite, 486, "Busy Here")
    call.refused(486)


# --- notes ---


@both_ways
def test_notes_of_a_call(world, way):
    w = world()
    call, far, _ = w.up(way, headers=CALL_HEADERS)
    call.bye()
    note, = w.gateway.wait_notes("gw.forwarded")
    assert note["data"] == {"trunk": "far", "dir": "tx" if way == "out" else "rx", "call_id": far.get("Call-ID"), "identity": 4}
    end, = w.gateway.wait_notes("gw.ended")
    for n in (note, end):
        assert (n["orig"], n["dest"]) == (CALLING[1:], CALLED[1:])
    assert not w.gateway.notes("gw.iam") and not w.gateway.events("isup")


def test_ready_names_no_link(world):
    w = world()
    assert w.gateway.ready["sip"] == f"{w.gateway.addr}:5060" and "m3ua" not in w.gateway.ready
