"""oob-gateway between two providers: calls through two of them and a real ISUP trunk, and what its users see of one alone."""

import json
import socket
import subprocess
import time

import pytest

from conftest import BIN, ROOT
from gateway_kit import CALLED, CALLING, SDP, WAIT, Call, Gateway, Pair, Switch, assert_released, reply, request_to, tdm


@pytest.fixture
def pair(net, tmp_path):
    made = []

    def make(**more):
        made.append(Pair(net, tmp_path, **more))
        return made[-1]

    yield make
    for p in made:
        assert p.stop() == [0, 0], "".join(g.config.with_suffix(".log").read_text() for g in (p.a, p.b))


# --- calls through two gateways ---


@pytest.mark.parametrize("ends", ["caller", "callee"])
@pytest.mark.parametrize("caller", ["osp", "tsp"])
def test_call_up_and_down(pair, caller, ends):
    p = pair()
    call, invite, far = p.up(caller)
    near, gateway, _, far_gateway = p.sides(caller)
    if ends == "caller":
        call.bye()
        call.next(200)
        bye = far.next("BYE")
        reply(bye, 200, "OK", far.addr)
    else:
        request_to(invite, "BYE", far.addr)
        far.next(200)
        bye = near.next("BYE")
        reply(bye, 200, "OK", near.addr)
    assert bye.cause == 16
    assert_released(gateway, 16, "sip" if ends == "caller" else "trunk")
    assert_released(far_gateway, 16, "trunk" if ends == "caller" else "sip")


def test_messages_on_the_trunk(pair):
    p = pair()
    call, _, far = p.up()
    call.bye()
    call.next(200)
    reply(far.next("BYE"), 200, "OK", far.addr)
    assert_released(p.a, 16, "sip")
    # type of the ISUP message: octet 3 behind M3UA's 24
    assert [m[26] for m in p.a.isup("tx")] == [0x01, 0x0c]
    assert [m[26] for m in p.a.isup("rx")] == [0x06, 0x09, 0x10]
    assert p.a.isup("tx") == p.b.isup("rx") and p.a.isup("rx") == p.b.isup("tx")
    event = p.a.events("isup")[0]
    assert (event["src"], event["dst"]) == (f"{p.a.addr}:2905", f"{p.b.addr}:2905")


@pytest.mark.parametrize("status,phrase,back,cause", [
    (486, "Busy Here", 486, 17), (404, "Not Found", 404, 1), (603, "Decline", 603, 21), (403, "Forbidden", 403, 21),
    (480, "Temporarily Unavailable", 408, 18), (503, "Service Unavailable", 503, 41), (437, "Unsupported Credential", 480, 31)])
def test_refusal_comes_back(pair, status, phrase, back, cause):
    p = pair()
    call = Call(p.osp, p.a.addr)
    invite = p.tsp.next("INVITE")
    reply(invite, status, phrase, p.tsp.addr)
    p.tsp.next("ACK")
    assert call.refused(back).cause == cause
    assert_released(p.a, cause, "trunk")
    assert_released(p.b, cause, "sip")


def test_reason_of_a_refusal_wins(pair):
    p = pair()
    call = Call(p.osp, p.a.addr)
    reply(p.tsp.next("INVITE"), 480, "Temporarily Unavailable", p.tsp.addr, headers='Reason: SIP;cause=480\r\nReason: Q.850;cause=20\r\n')
    assert call.refused(480).cause == 20


def test_cancel(pair):
    p = pair()
    call, invite, far = p.ring()
    call.cancel()
    call.next(200)
    call.refused(487)
    cancel = far.next("CANCEL")
    assert cancel.cause == 16
    reply(cancel, 200, "OK", far.addr)
    reply(invite, 487, "Request Terminated", far.addr)
    far.next("ACK")
    assert_released(p.a, 16, "sip")
    assert_released(p.b, 16, "trunk")


def test_cause_of_a_bye_goes_along(pair):
    p = pair()
    call, _, far = p.up()
    call.bye('Reason: Q.850;cause=38;text="Network out of order"\r\n')
    assert far.next("BYE").cause == 38


def test_progress_with_early_media_then_ringing(pair):
    p = pair()
    call = Call(p.osp, p.a.addr)
    invite = p.tsp.next("INVITE")
    reply(invite, 183, "Session Progress", p.tsp.addr, SDP)
    assert "m=audio" in call.next(183).body
    reply(invite, 180, "Ringing", p.tsp.addr)
    call.next(180)
    assert [m[26] for m in p.a.isup("rx")] == [0x06, 0x2c]


def test_ringing_again_is_no_news(pair):
    p = pair()
    call, invite, far = p.ring()
    reply(invite, 180, "Ringing", far.addr)
    reply(invite, 200, "OK", far.addr, SDP)
    call.answered()
    assert [m[26] for m in p.a.isup("rx")] == [0x06, 0x09]


def test_answer_without_ringing(pair):
    p = pair()
    call = Call(p.osp, p.a.addr)
    reply(p.tsp.next("INVITE"), 200, "OK", p.tsp.addr, SDP)
    call.next(180)
    call.answered()
    p.tsp.next("ACK")
    assert [m[26] for m in p.a.isup("rx")] == [0x06, 0x09]


def test_no_answer_t9(pair):
    p = pair(t9_ms=200)
    call, _, far = p.ring()
    assert call.refused(480).cause == 19
    assert far.next("CANCEL").cause == 19
    assert_released(p.a, 19, "t9")


def test_switch_is_silent_early_acm(pair):
    p = pair(t11_ms=100)
    call = Call(p.osp, p.a.addr)
    p.tsp.next("INVITE")
    call.next(183)


def test_switch_is_dead(pair):
    p = pair()
    p.tsp.close()
    call = Call(p.osp, p.a.addr)
    assert call.refused(503).cause == 41


def test_circuits_exhausted_and_freed(pair):
    p = pair(circuits={"first": 1, "count": 2})
    calls = [p.up() for _ in range(2)]
    refused = Call(p.osp, p.a.addr).refused(503)
    assert refused.cause == 34
    note = p.a.wait_notes("gw.refused")[0]
    assert note["data"] == {"status": 503, "cause": 34, "why": "all 2 circuits are busy"}
    assert (note["orig"], note["dest"]) == (CALLING[1:], CALLED[1:])
    calls[0][0].bye()
    p.osp.next(200)
    p.tsp.next("BYE")
    p.a.wait_notes("gw.released")
    p.b.wait_notes("gw.released")
    p.up("tsp")


def test_many_calls_in_turn_use_every_circuit(pair):
    p = pair(circuits={"first": 1, "count": 4})
    for n in range(6):
        call, _, far = p.up()
        call.bye()
        call.next(200)
        reply(far.next("BYE"), 200, "OK", far.addr)
        p.a.wait_notes("gw.released", n + 1)
    # the own (odd: lower point code) ones in turn, the others stay for the peer
    assert [e["data"]["cic"] for e in p.a.notes("gw.iam")] == [1, 3, 1, 3, 1, 3]


# --- what the IAM holds, and nothing else ---

FULL = ('P-Asserted-Identity: "Alice A." <sip:+12013776051@osp.example;user=phone;verstat=x>\r\n'
        "Date: Thu, 21 Feb 2002 13:02:03 GMT\r\nIdentity: aaa.bbb.ccc;info=<https://cr.example/c.pem>;alg=ES256;ppt=shaken\r\n"
        "Subject: urgent\r\nX-Folded: one\r\n two\r\ny: ddd.eee.fff;info=<https://cr.example/c.pem>\r\nHistory-Info: <sip:x@y>;index=1\r\n")


def far_invite(p, **more):
    call = Call(p.osp, p.a.addr, **more)
    return call, p.tsp.next("INVITE")


def test_far_invite_is_made_of_the_iam_alone(pair):
    p = pair()
    call, far = far_invite(p, headers=FULL)
    names = sorted({name.lower() for name, _ in far.headers})
    assert names == sorted(["via", "max-forwards", "from", "to", "call-id", "cseq", "contact", "user-agent",
                            "p-asserted-identity", "content-type", "content-length"])
    assert far.uri == "sip:+19032469103@tsp.example;user=phone"
    assert far.get("From").startswith("<sip:+12013776051@tsp.example;user=phone>;tag=")
    assert far.get("To") == "<sip:+19032469103@tsp.example;user=phone>"
    assert far.get("P-Asserted-Identity") == "<sip:+12013776051@tsp.example;user=phone>"
    assert far.get("Call-ID") != call.call_id
    for trace_of_the_first in ("alice", "192.0.2.1", "osp.example", "urgent", p.osp.addr, "shaken", "Feb 2002", "x@y"):
        assert trace_of_the_first.lower() not in far.text.lower()


def test_what_is_lost_is_computed(pair):
    p = pair()
    far_invite(p, headers=FULL)
    data = p.a.wait_notes("gw.iam")[0]["data"]
    assert data["dir"] == "tx" and data["called"] == "9032469103" and data["calling"] == "2013776051"
    assert data["lost"] == ["Via", "Max-Forwards", "To", "Call-ID", "CSeq", "Contact", "Date", "Identity", "Subject", "X-Folded",
                            "History-Info", "Content-Type", "Content-Length"]
    assert "lost" not in p.b.wait_notes("gw.iam")[0]["data"]


def test_lost_without_those_headers(pair):
    p = pair()
    far_invite(p, headers="Privacy: none\r\n")
    lost = p.a.wait_notes("gw.iam")[0]["data"]["lost"]
    assert "Identity" not in lost and "Privacy" not in lost and "P-Asserted-Identity" not in lost and "From" not in lost


def test_notes_of_the_call(pair):
    p = pair()
    _, far = far_invite(p)
    for gateway in (p.a, p.b):
        note = gateway.wait_notes("gw.iam")[0]
        assert (note["orig"], note["dest"]) == (CALLING[1:], CALLED[1:])
    setup = p.b.wait_notes("gw.setup")[0]
    assert setup["data"] == {"trunk": "tdm", "call_id": far.get("Call-ID"), "cic": p.b.notes("gw.iam")[0]["data"]["cic"]}


def test_asserted_only_when_the_network_vouches(pair):
    p = pair()
    _, far = far_invite(p)
    assert far.get("P-Asserted-Identity") is None
    assert far.get("From").startswith("<sip:+12013776051@tsp.example;user=phone>")


def test_restricted_keeps_the_number(pair):
    p = pair()
    _, far = far_invite(p, headers="P-Asserted-Identity: <tel:+12013776051>\r\nPrivacy: id\r\n")
    assert far.get("Privacy") == "id"
    assert far.get("From").startswith("<sip:anonymous@anonymous.invalid>")
    assert far.get("P-Asserted-Identity") == "<sip:+12013776051@tsp.example;user=phone>"


def test_anonymous_from_is_restricted(pair):
    p = pair()
    _, far = far_invite(p, calling="anonymous", headers="P-Asserted-Identity: <sip:+12013776051@osp.example>\r\n")
    assert far.get("Privacy") == "id"
    assert far.get("P-Asserted-Identity") == "<sip:+12013776051@tsp.example;user=phone>"


def test_no_calling_number(pair):
    p = pair()
    _, far = far_invite(p, calling="anonymous")
    assert far.get("From").startswith("<sip:unavailable@unknown.invalid>")
    assert far.get("P-Asserted-Identity") is None and far.get("Privacy") is None
    note = p.a.wait_notes("gw.iam")[0]
    assert note["data"]["calling"] == "" and not note.get("orig")


def test_ported_number_and_carrier(pair):
    p = pair()
    _, far = far_invite(p, uri="sip:+19032469103;npdi;rn=+19034050000;cic=+10288@osp.example;user=phone")
    assert far.uri == "sip:+19032469103;npdi;rn=+19034050000;cic=+10288@tsp.example;user=phone"
    data = p.b.wait_notes("gw.iam")[0]
    assert data["data"]["called"] == "9034050000" and data["dest"] == "19032469103"


def test_international(pair):
    p = pair()
    _, far = far_invite(p, called="+442071838750", calling="+493012345678")
    assert far.uri.startswith("sip:+442071838750@")
    assert far.get("From").startswith("<sip:+493012345678@")


def test_ten_digits_get_their_country_code(pair):
    p = pair()
    _, far = far_invite(p, called="9032469103", calling="2013776051")
    assert far.uri.startswith("sip:+19032469103@")
    assert far.get("From").startswith("<sip:+12013776051@")


def test_service_code(pair):
    p = pair()
    _, far = far_invite(p, called="911")
    assert far.uri == "sip:911@tsp.example;user=phone"


def test_no_number_in_the_request_uri(pair):
    p = pair()
    refused = Call(p.osp, p.a.addr, called="alice").refused(404)
    assert refused.cause == 1
    assert "expected a telephone number" in p.a.wait_notes("gw.refused")[0]["data"]["why"]
    assert p.a.isup("tx") == []


def test_number_that_does_not_fit(pair):
    p = pair()
    assert Call(p.osp, p.a.addr, called="*67").refused(484).cause == 28


# --- the link ---


def test_link_down_is_503_at_once(net, tmp_path):
    switch = Switch(net(11))
    gateway = Gateway(tmp_path, "osp", net(10), net(11), [tdm("tdm", net(10), net(20), "1-1-1", "2-2-2", connect=True)])
    begin = time.monotonic()
    assert Call(switch, gateway.addr).refused(503).cause == 38
    assert time.monotonic() - begin < 2
    assert gateway.wait_notes("gw.refused")[0]["data"]["why"] == f"the link to {net(20)} is down"
    assert gateway.stop() == 0
    switch.close()


def test_peer_dies_and_comes_back(pair):
    p = pair()
    ringing, _, _ = p.ring()
    answered, _, _ = p.up()
    p.b.kill()
    messages = sorted((p.osp.inbox.get(timeout=WAIT) for _ in range(2)), key=lambda m: m.status)
    assert [(m.method, m.status, m.cause) for m in messages] == [("BYE", 0, 41), ("", 503, 41)]
    assert [(n["data"]["cause"], n["data"]["by"]) for n in p.a.wait_notes("gw.released", 2)] == [(41, "link")] * 2
    p.tsp.close()
    p.tsp = Switch(p.tsp.addr)
    p.b.start()
    p.b.linked()
    p.a.linked()
    call, _, far = p.up()
    call.bye()
    call.next(200)
    far.next("BYE")


# --- alone ---


def test_options(pair):
    p = pair()
    sock = socket.create_connection((p.a.addr, 5060))
    p.osp.serve(sock)
    sock.sendall((f"OPTIONS sip:{p.a.addr} SIP/2.0\r\nVia: SIP/2.0/TCP {p.osp.addr}:5060;branch=z9hG4bKo\r\nMax-Forwards: 70\r\n"
                  f"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode())
    p.osp.next(200)


def test_ready_says_where_it_listens(pair):
    p = pair()
    assert p.a.ready["sip"] == f"{p.a.addr}:5060" and "m3ua" not in p.a.ready
    assert p.b.ready["sip"] == f"{p.b.addr}:5060" and p.b.ready["m3ua"] == [f"{p.b.addr}:2905"]


def run(config, *args):
    return subprocess.run([BIN / "oob-gateway", "--config", config, *args], capture_output=True, text=True, timeout=WAIT)


def example(**trunk):
    config = json.loads((ROOT / "docs" / "examples" / "oob-gateway.json").read_text())
    config["trunks"] = [config["trunks"][0] | trunk]
    return config


def test_example_is_a_configuration(tmp_path):
    file = tmp_path / "gw.json"
    config = json.loads((ROOT / "docs" / "examples" / "oob-gateway.json").read_text())
    file.write_text(json.dumps(config))
    done = run(file, "--print-config")
    assert done.returncode == 0
    printed = json.loads(done.stdout)
    for written, read in zip(config.pop("trunks"), printed.pop("trunks"), strict=True):
        assert written.items() <= read.items()  # the rest is what the other kind of trunk needs
    assert not any(printed.pop("faults").values())
    assert printed == config


@pytest.mark.parametrize("change,text", [
    ({"opc": "1-1"}, "point code"), ({"opc": "2-2-2"}, "/trunks/0/dpc"), ({"circuits": {"first": 16000, "count": 1000}}, "16384"),
    ({"colour": "red"}, "colour")])
def test_configuration_that_cannot_be(net, tmp_path, change, text):
    config = example(addr=net(10), **change)
    config["sip"]["addr"] = net(10)
    file = tmp_path / "gw.json"
    file.write_text(json.dumps(config))
    done = run(file)
    assert done.returncode == 2, done.stderr
    assert text in done.stderr


@pytest.mark.parametrize("port", [5060, 2905])
def test_address_in_use(net, tmp_path, port):
    config = example(addr=net(10), connect=False)
    config["sip"]["addr"] = net(10)
    file = tmp_path / "gw.json"
    file.write_text(json.dumps(config))
    with socket.create_server((net(10), port)):
        done = run(file)
    assert done.returncode == 3, done.stderr
    assert f"{net(10)}:{port}" in done.stderr
