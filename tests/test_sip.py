"""Calls through oob-switch as SIP sees them: dialogs, cancel, retransmission, what is malformed."""

import re
import signal

import pytest

from sip_peer import Call
from switch_world import (FAR, IDENTITY, OWN, SDP, SDP2, acknowledge, dial, outgoing, refuse_ack, sign, talk, with_as,
                          world)  # noqa: F401


# --- a call through ---

def test_call_through(world):
    w = world()
    gw = w.peer(4)
    phone, call = dial(w)
    assert phone.expect(100).tag("To") is None
    invite = gw.expect("INVITE")
    assert invite.uri == call.target
    assert invite.body == SDP and invite.get("Content-Type") == "application/sdp"
    assert invite.get("Call-ID") != call.call_id
    assert invite.tag("From") != call.tag
    gw.reply(invite, 180, "Ringing")
    assert phone.expect(180).tag("To")
    gw.reply(invite, 200, "OK", body=SDP2)
    ok = phone.expect(200)
    assert ok.body == SDP2
    acknowledge(w, phone, call, ok)
    ack = gw.expect("ACK")
    assert ack.get("CSeq") == invite.get("CSeq").replace("INVITE", "ACK")
    call.next()
    phone.request(w.dst, "BYE", call)
    assert phone.expect(200).get("CSeq") == "2 BYE"
    bye = gw.expect("BYE")
    gw.reply(bye, 200)
    assert w.note("switch.ended") == {"status": 200, "by": "caller"}
    assert w.note("switch.call") == {"side": "originating", "call_id": call.call_id}
    assert w.events()[0]["orig"] == OWN[1:] and w.events()[0]["dest"] == FAR[1:]


def test_early_media_body_goes_back(world):
    w = world()
    gw = w.peer(4)
    phone, _ = dial(w)
    gw.reply(gw.expect("INVITE"), 183, "Session Progress", body=SDP2)
    progress = phone.expect(183)
    assert progress.body == SDP2 and " 183 Session Progress" in progress.start


def test_bye_from_callee_with_reason(world):
    w = world()
    phone, _, gw, invite = talk(w)
    gw.request(w.dst, "BYE", Call.called(invite), ["Reason: Q.850;cause=31"])
    gw.expect(200)
    bye = phone.expect("BYE")
    phone.reply(bye, 200)
    assert bye.get("Reason") == "Q.850;cause=31"
    assert w.note("switch.ended") == {"status": 200, "by": "callee"}


def test_bye_from_caller_with_reason(world):
    w = world()
    phone, call, gw, _ = talk(w)
    call.next()
    phone.request(w.dst, "BYE", call, ["Reason: Q.850;cause=16", "Reason: SIP;cause=200"])
    phone.expect(200)
    bye = gw.expect("BYE")
    gw.reply(bye, 200)
    assert bye.all("Reason") == ["Q.850;cause=16", "SIP;cause=200"]


def test_reinvite_is_refused_and_the_call_stays(world):
    w = world()
    phone, call, gw, _ = talk(w)
    call.next()
    phone.request(w.dst, "INVITE", call, [w.contact(2)], SDP)
    refuse_ack(w, phone, call, phone.expect(488))
    call.next()
    phone.request(w.dst, "BYE", call)
    phone.expect(200)
    gw.expect("BYE")


def test_unknown_method_in_a_call(world):
    w = world()
    phone, call, _, _ = talk(w)
    call.next()
    phone.request(w.dst, "INFO", call)
    assert "BYE" in phone.expect(405).get("Allow")


def test_bye_of_no_call(world):
    w = world()
    phone = w.peer(2)
    call = outgoing()
    call.remote += ";tag=nobody"
    phone.request(w.dst, "BYE", call)
    phone.expect(481)


def test_ok_again_is_acknowledged_again(world):
    w = world()
    _, _, gw, invite = talk(w)
    gw.reply(invite, 200, "OK", body=SDP2)
    assert gw.expect("ACK").get("CSeq") == invite.get("CSeq").replace("INVITE", "ACK")


def test_ok_is_sent_again_until_its_ack(world):
    w = world()
    gw = w.peer(4)
    phone, call = dial(w)
    gw.reply(gw.expect("INVITE"), 200, "OK", body=SDP2)
    first = phone.expect(200)
    assert phone.expect(200).octets == first.octets
    acknowledge(w, phone, call, first)
    phone.nothing(1.2)


def test_hang_up_waits_for_the_ack(world):
    """RFC 3261 §15: no BYE from the callee's side before ACK."""
    w = world()
    gw = w.peer(4)
    phone, call = dial(w)
    invite = gw.expect("INVITE")
    gw.reply(invite, 200, "OK", body=SDP2)
    ok = phone.expect(200)
    gw.expect("ACK")
    gw.request(w.dst, "BYE", Call.called(invite), ["Reason: Q.850;cause=16"])
    gw.expect(200)
    phone.nothing(0.2)
    acknowledge(w, phone, call, ok)
    assert phone.expect("BYE").get("Reason") == "Q.850;cause=16"


# --- refusals, no answer, cancel ---

@pytest.mark.parametrize("status,phrase", [(486, "Busy Here"), (404, "Not Found"), (480, "Gone Fishing"),
                                           (503, "Service Unavailable"), (603, "Decline")])
def test_refusal_goes_back_as_it_came(world, status, phrase):
    w = world()
    gw = w.peer(4)
    phone, call = dial(w)
    gw.reply(gw.expect("INVITE"), status, phrase, ["Reason: Q.850;cause=17", "Retry-After: 9"])
    gw.expect("ACK")
    final = phone.expect(status)
    assert final.start == f"SIP/2.0 {status} {phrase}"
    assert final.get("Reason") == "Q.850;cause=17" and final.get("Retry-After") == "9"
    refuse_ack(w, phone, call, final)
    assert w.note("switch.ended") == {"status": status, "by": "callee"}


def test_redirection_is_not_followed(world):
    w = world()
    gw = w.peer(4)
    phone, _ = dial(w)
    gw.reply(gw.expect("INVITE"), 302, "Moved", ["Contact: <sip:+19032460000@other.example>"])
    gw.expect("ACK")
    assert phone.expect(302).get("Contact") == "<sip:+19032460000@other.example>"
    gw.nothing()


def test_cancel_while_ringing(world):
    w = world()
    gw = w.peer(4)
    phone, call = dial(w)
    invite = gw.expect("INVITE")
    gw.reply(invite, 180, "Ringing")
    phone.expect(180)
    phone.request(w.dst, "CANCEL", call, ['Reason: SIP;cause=200;text="Call completed elsewhere"'])
    assert phone.expect(200).get("CSeq") == "1 CANCEL"
    final = phone.expect(487)
    refuse_ack(w, phone, call, final)
    cancel = gw.expect("CANCEL")
    assert cancel.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
    assert cancel.branch == invite.branch and cancel.get("CSeq").split()[0] == invite.get("CSeq").split()[0]
    assert cancel.uri == invite.uri and cancel.get("To") == invite.get("To")
    gw.reply(cancel, 200)
    gw.reply(invite, 487, "Request Terminated")
    gw.expect("ACK")
    assert w.note("switch.ended") == {"status": 487, "by": "caller"}


def test_cancel_waits_for_a_provisional(world):
    """RFC 3261 §9.1."""
    w = world()
    gw = w.peer(4)
    phone, call = dial(w)
    invite = gw.expect("INVITE")
    phone.request(w.dst, "CANCEL", call)
    phone.expect(200)
    phone.expect(487)
    gw.nothing(0.2)
    gw.reply(invite, 100, "Trying")
    gw.expect("CANCEL")


def test_answer_that_crosses_the_cancel_is_ended(world):
    w = world()
    gw = w.peer(4)
    phone, call = dial(w)
    invite = gw.expect("INVITE")
    phone.request(w.dst, "CANCEL", call)
    phone.expect(200)
    phone.expect(487)
    gw.reply(invite, 200, "OK", body=SDP2)
    gw.expect("ACK")
    gw.expect("BYE")


def test_cancel_before_the_as_answered(net, world):
    w = world(**with_as(net))
    service, gw = w.peer(3), w.peer(4)
    phone, call = dial(w)
    service.expect("INVITE")
    phone.request(w.dst, "CANCEL", call)
    phone.expect(200)
    phone.expect(487)
    assert w.note("switch.ended") == {"status": 487, "by": "caller"}
    gw.nothing(0.5)
    assert "switch.routed" not in w.whats()


def test_no_answer(world):
    w = world(no_answer_ms=200)
    gw = w.peer(4)
    phone, _ = dial(w)
    invite = gw.expect("INVITE")
    gw.reply(invite, 180, "Ringing")
    phone.expect(180)
    phone.expect(408)
    gw.expect("CANCEL")
    assert w.note("switch.ended") == {"status": 408, "by": "switch"}


def test_next_hop_is_dead(world):
    w = world()
    phone, _ = dial(w)
    phone.expect(503)
    assert w.note("switch.ended") == {"status": 503, "by": "switch"}


# --- UDP ---

def test_call_over_udp(net, world):
    w = world(trunks=[{"prefix": "1903", "uri": f"sip:{net(4)}:5060;transport=udp"}])
    phone, call, gw, invite = talk(w, transport="udp")
    assert "/UDP " in invite.get("Via") and "transport" not in invite.get("Contact")
    call.next()
    octets = phone.request(w.dst, "BYE", call, transport="udp")
    first = phone.expect(200)
    phone.send(w.dst, octets, "udp")
    assert phone.expect(200).octets == first.octets
    gw.reply(gw.expect("BYE"), 200)
    gw.nothing()


def test_udp_invite_again_is_one_call(world):
    w = world()
    gw = w.peer(4)
    phone, call = dial(w, transport="udp")
    for _ in range(3):
        phone.send(w.dst, call.octets, "udp")
    invite = gw.expect("INVITE")
    gw.nothing()
    gw.reply(invite, 486, "Busy Here")
    final = phone.expect(486)
    phone.send(w.dst, call.octets, "udp")
    assert phone.expect(486).octets == final.octets
    refuse_ack(w, phone, call, final, "udp")
    phone.nothing(0.8)
    assert w.whats().count("switch.call") == 1


def test_udp_invite_after_the_call_is_no_new_call(world):
    """One that was long on its way, when its transaction is forgotten."""
    w = world()
    phone, call, gw, _ = talk(w, transport="udp")
    phone.send(w.dst, call.octets, "udp")
    call.next()
    phone.request(w.dst, "BYE", call, transport="udp")
    phone.expect(200)
    gw.reply(gw.expect("BYE"), 200)
    phone.send(w.dst, call.octets, "udp")
    gw.nothing()
    assert w.whats().count("switch.call") == 1


def test_udp_refusal_is_sent_again_until_its_ack(world):
    w = world()
    phone, call = dial(w, call=outgoing(max_forwards=0), transport="udp")
    final = phone.expect(483)
    assert phone.expect(483, 2).octets == final.octets
    refuse_ack(w, phone, call, final, "udp")
    phone.nothing(1.2)


def test_udp_cancel_is_sent_again(net, world):
    w = world(trunks=[{"prefix": "1903", "uri": f"sip:{net(4)}:5060;transport=udp"}])
    gw = w.peer(4)
    phone, call = dial(w)
    invite = gw.expect("INVITE")
    gw.reply(invite, 180, "Ringing")
    phone.expect(180)
    phone.request(w.dst, "CANCEL", call)
    cancel = gw.expect("CANCEL")
    assert gw.expect("CANCEL", 2).octets == cancel.octets
    gw.reply(cancel, 200)
    gw.reply(invite, 487, "Request Terminated")
    gw.expect("ACK")
    gw.nothing(1.2)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_options(world, transport):
    w = world()
    phone, call = w.peer(2), outgoing()
    phone.request(w.dst, "OPTIONS", call, transport=transport)
    assert "INVITE" in phone.expect(200).get("Allow")


def test_udp_options_again_gets_the_same_answer(world):
    """RFC 3261 §8.2.7: the To tag too."""
    w = world()
    phone = w.peer(2)
    octets = phone.request(w.dst, "OPTIONS", outgoing(), transport="udp")
    first = phone.expect(200)
    phone.send(w.dst, octets, "udp")
    assert phone.expect(200).octets == first.octets


# --- what must not hurt ---

@pytest.mark.parametrize("octets", [
    b"\r\n\r\n\r\n", b"hello\r\n\r\n", b"\x00" * 400, b"INVITE\r\n\r\n", b"INVITE sip:a SIP/2.0\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\nVia: x\r\nContent-Length: 0\r\n\r\n", b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKq\r\nContent-Length: 0\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKq\r\nFrom: <sip:a@b>\r\nTo: <<<\r\nCall-ID: 1\r\n"
    b"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    b"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
    b"Call-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n", b"I" * 70000])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_malformed_does_not_hurt(world, octets, transport):
    w = world()
    gw = w.peer(4)
    bad = w.peer(9)
    bad.send(w.dst, octets[:60000] if transport == "udp" else octets, transport)
    dial(w)
    gw.expect("INVITE")


@pytest.mark.parametrize("header", ["From", "To"])
@pytest.mark.parametrize("value", ["", ";tag=1", "<>", "<>;tag=1", '"A"', "<;tag=1", ">", ";verstat"])
def test_address_without_uri_does_not_hurt(net, world, header, value):
    w = world(**with_as(net))
    gw = w.peer(4)
    phone, call = w.peer(2), outgoing()
    octets = phone.request(w.dst, "OPTIONS", call, [w.contact(2)], transport="udp")
    phone.expect(200)
    octets = octets.replace(b"OPTIONS", b"INVITE").replace(b"z9hG4bK", b"z9hG4bKx")
    phone.send(w.dst, re.sub(rb"(?m)^%s: .*\r\n" % header.encode(), f"{header}: {value}\r\n".encode(), octets), "udp")
    dial(w, transport="udp")
    while gw.expect("INVITE").get("P-Asserted-Identity") is None:
        pass


@pytest.mark.parametrize("missing", ["From", "To", "Call-ID", "CSeq"])
def test_what_is_missing_is_named(world, missing):
    w = world()
    phone, call = w.peer(2), outgoing()
    octets = phone.request((w.net(1), 5060), "OPTIONS", call, transport="udp")
    phone.expect(200)
    octets = re.sub(rb"(?m)^%s: .*\r\n" % missing.encode(), b"", octets).replace(b"z9hG4bK", b"z9hG4bKx")
    phone.send(w.dst, octets, "udp")
    assert missing in phone.expect(400).start


@pytest.mark.parametrize("name,alike", [("From", "FakeBCDY"), ("To", "FakeBWR"), ("Call-ID", "FakeBIE"),
                                        ("CSeq", "FakeEQW")])
def test_header_that_only_hashes_like_the_right_one(net, world, name, alike):
    """libre compares twelve bits of a hash."""
    w = world(**with_as(net))
    phone, call = w.peer(2), outgoing()
    octets = phone.request(w.dst, "OPTIONS", call, [w.contact(2)], transport="udp")
    phone.expect(200)
    octets = octets.replace(b"OPTIONS", b"INVITE").replace(b"z9hG4bK", b"z9hG4bKx")
    phone.send(w.dst, octets.replace(f"\r\n{name}:".encode(), f"\r\n{alike}:".encode()), "udp")
    assert phone.expect(400).start.endswith("Missing " + name)


def test_six_long_identities(net, world):
    """A message of about 40 kB over TCP."""
    many = [IDENTITY.replace("b" * 400, str(n) * 6000) for n in range(6)]
    w = world(**with_as(net))
    w.peer(3, sign(*many[:3]))
    gw = w.peer(4)
    dial(w, headers=[f"Identity: {i}" for i in many[3:]])
    assert sorted(gw.expect("INVITE").all("Identity")) == sorted(many)


def test_too_large_to_go_on(world):
    w = world()
    gw = w.peer(4)
    phone, _ = dial(w, headers=[f"Identity: {str(n) * 9000}" for n in range(6)])
    phone.expect(513)
    gw.nothing()


def test_folded_header(world):
    w = world()
    gw = w.peer(4)
    call = outgoing()
    call.local = f'"A"\r\n <sip:{OWN}@osp.example>;tag={call.tag}'
    dial(w, call=call)
    assert OWN in gw.expect("INVITE").get("From")


def test_trace_has_listening_addresses(net, world):
    w = world(**with_as(net))
    w.peer(3, sign(IDENTITY))
    phone, call, gw, _ = talk(w)
    call.next()
    phone.request(w.dst, "BYE", call)
    phone.expect(200)
    gw.reply(gw.expect("BYE"), 200)
    w.note("switch.ended")
    me, events = f"{net(1)}:5060", w.events("sip")
    known = {f"{net(n)}:5060" for n in (2, 3, 4)}
    assert all({"rx": e["dst"], "tx": e["src"]}[e["dir"]] == me for e in events)
    assert all({"rx": e["src"], "tx": e["dst"]}[e["dir"]] in known for e in events)
    assert [e["dst"] for e in events if e["raw"].startswith("SIP/2.0 100")] == [f"{net(2)}:5060"]
    assert all(e["at"] == "osp.switch" for e in events)


def test_many_calls_leave_nothing_behind(world):
    w = world(max_calls=1)  # a call that stayed would block the next

    def busy_line(peer, message):
        if message.method == "INVITE":
            peer.reply(message, 180, "Ringing")
            peer.reply(message, 200, "OK", body=SDP2)
        elif message.method == "BYE":
            peer.reply(message, 200)
        return True

    w.peer(4, busy_line)
    for n in range(200):
        phone, call = dial(w)
        phone.expect(180)
        ok = phone.expect(200)
        acknowledge(w, phone, call, ok)
        call.next()
        phone.request(w.dst, "BYE", call)
        phone.expect(200)
        w.note("switch.ended", n + 1) if n % 50 == 49 else None
    assert w.whats().count("switch.ended") == 200


def test_sigterm_ends_the_calls(world):
    w = world()
    _, _, gw, _ = talk(w)
    w.process.send_signal(signal.SIGTERM)
    gw.expect("BYE")
