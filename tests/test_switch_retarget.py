"""How oob-switch retargets a call: Request-URI, History-Info, and the div PASSporT that its STI-AS adds."""

import pytest

from sip_peer import Call
from switch_world import (DATE, FAR, IDENTITY, IDENTITY2, OWN, OWN2, SDP, SLOW, SOON, dial, incoming, judge, outgoing, sign, with_as,
                          with_vs, world)  # noqa: F401

NEW = "+12155551212"
DIV = IDENTITY.replace("bbb", "eee").replace("shaken", "div")
OOB = IDENTITY.replace("bbb", "fff")
ORIGIN = f"<sip:{OWN}@osp.example;user=phone>;index=1"
DIVERTED = f"<sip:{NEW}@osp.example;user=phone;cause=302>;index=1.1;mp=1"


def retargeting(net, reason="unconditional", number=OWN, **more):
    return {"retarget": [{"number": number, "to": NEW, "reason": reason}],
            "trunks": [{"prefix": "1", "uri": f"sip:{net(6)}:5060"}], **more}


def both(net, ms=SLOW, **more):
    return with_as(net, ms, **with_vs(net, ms, **retargeting(net, **more)))


def retargeted(w, **more):
    """Called from the trunk; the INVITE that goes on."""
    out = w.peer(6)
    dial(w, 4, **more)
    return out.expect("INVITE")


def test_request_uri_and_history(net, world):
    w = world(**both(net))
    w.peer(3, sign(DIV))
    w.peer(5, judge("TN-Validation-Passed"))
    invite = retargeted(w, headers=[f"Identity: {IDENTITY}"])
    assert invite.uri == f"sip:{NEW}@osp.example;user=phone"
    assert invite.all("History-Info") == [ORIGIN, DIVERTED]
    assert invite.get("To") == f"<sip:{OWN}@osp.example>"
    assert w.note("switch.retargeted") == {"from": OWN[1:], "to": NEW[1:], "index": "1.1", "cause": 302}
    assert w.note("switch.call")["side"] == "terminating"
    assert [n["what"] for n in w.events() if n["what"] != "switch.answered"] == [
        "switch.call", "switch.asked", "switch.retargeted", "switch.asked", "switch.routed"]


def test_notes_after_the_retargeting_are_of_the_new_number(net, world):
    w = world(**retargeting(net))
    retargeted(w)
    w.note("switch.routed")
    dests = {e["what"]: e["dest"] for e in w.events()}
    assert dests["switch.call"] == OWN[1:] and dests["switch.routed"] == dests["switch.retargeted"] == NEW[1:]


def test_the_vs_is_asked_about_the_call_as_it_came(net, world):
    w = world(**both(net))
    vs = w.peer(5)
    dial(w, 4, headers=[f"Identity: {IDENTITY}"])
    asked = vs.expect("INVITE")
    assert asked.uri == f"sip:{OWN}@osp.example;user=phone"
    assert asked.all("Identity") == [IDENTITY] and not asked.all("History-Info")


def test_all_passports_go_to_the_as_and_on(net, world):
    """Those that came in-band, then those that the STI-VS brings; then the div."""
    w = world(**both(net))
    service = w.peer(3, sign(DIV))
    w.peer(5, judge("TN-Validation-Passed", [f"Identity: {OOB}", f"Identity: {IDENTITY}"]))
    invite = retargeted(w, headers=[f"Identity: {IDENTITY}", f"Identity: {IDENTITY2}", f"Date: {DATE}"])
    asked = service.asked
    assert asked.all("Identity") == [IDENTITY, IDENTITY2, OOB] and asked.get("Date") == DATE
    assert asked.uri == f"sip:{NEW}@osp.example;user=phone" and asked.all("History-Info") == [ORIGIN, DIVERTED]
    assert asked.get("From").startswith(f'"Jane" <sip:{FAR}@tsp.example;user=phone>;tag=')
    assert invite.all("Identity") == [IDENTITY, IDENTITY2, OOB, DIV]
    assert w.note("switch.routed")["identity"] == 4


def test_passports_that_came_only_out_of_band(net, world):
    w = world(**both(net))
    w.peer(3, sign(DIV))
    w.peer(5, judge("TN-Validation-Passed", [f"Identity: {OOB}"]))
    assert retargeted(w).all("Identity") == [OOB, DIV]


def test_no_verstat_goes_on(net, world):
    w = world(**both(net))
    w.peer(3, sign(DIV))
    w.peer(5, judge("TN-Validation-Passed"))
    invite = retargeted(w, headers=[f"Identity: {IDENTITY}", f"P-Asserted-Identity: <sip:{FAR}@tsp.example>"])
    assert "verstat" not in str(invite)
    assert invite.all("P-Asserted-Identity") == [f"<sip:{FAR}@tsp.example>"]


def test_without_any_passport_no_div_is_asked_for(net, world):
    """RFC 8946 §4.1: div is not added to a request without Identity."""
    w = world(**both(net))
    service = w.peer(3)
    w.peer(5, judge("No-TN-Validation"))
    assert not retargeted(w).all("Identity")
    service.nothing()
    assert "without a PASSporT" in w.note("switch.unsigned")["why"]


def test_without_any_passport_it_is_signed_where_that_is_done_for_others(net, world):
    w = world(**both(net, sign_transit=True))
    service = w.peer(3, sign(IDENTITY))
    w.peer(5, judge("No-TN-Validation"))
    assert retargeted(w).all("Identity") == [IDENTITY]
    assert service.asked.uri == f"sip:{NEW}@osp.example;user=phone" and "switch.unsigned" not in w.whats()


def test_refused_by_the_vs(net, world):
    w = world(**both(net))
    w.peer(5, judge(None, status=438, phrase="Invalid Identity Header"))
    out = w.peer(6)
    caller, _ = dial(w, 4, headers=[f"Identity: {IDENTITY}"])
    caller.expect(438)
    out.nothing()


@pytest.mark.parametrize("services", [(), (3,), (5,), (3, 5)])
def test_dead_and_silent_services_stop_nothing(net, world, services):
    w = world(**both(net, SOON))
    for n in services:
        w.peer(n)  # listens, never answers
    assert retargeted(w, headers=[f"Identity: {IDENTITY}"]).all("Identity") == [IDENTITY]
    assert {"switch.unsigned", "switch.unvalidated"} <= set(w.whats())


def test_history_that_came_is_extended(net, world):
    w = world(**retargeting(net))
    before = ["<sip:+18005550000@a.example>;index=1,<sip:+18005551111@a.example;cause=486>;index=1.2;mp=1",
              f'"Bob" <sip:{OWN}@x.example;cause=302>;index=1.2.1;mp=1.2']
    invite = retargeted(w, headers=[f"History-Info: {line}" for line in before])
    assert ",".join(invite.all("History-Info")).replace(", ", ",") == ",".join(
        [*before, f"<sip:{NEW}@osp.example;user=phone;cause=302>;index=1.2.1.1;mp=1.2.1"])


def test_missing_entry_is_told(net, world):
    """RFC 7044 §10.3: a gap is a 0 in the index."""
    w = world(**retargeting(net))
    invite = retargeted(w, headers=["History-Info: <sip:+18005550000@a.example>;index=1"])
    assert invite.all("History-Info") == [
        "<sip:+18005550000@a.example>;index=1", f"<sip:{OWN}@osp.example;user=phone>;index=1.0.1",
        f"<sip:{NEW}@osp.example;user=phone;cause=302>;index=1.0.1.1;mp=1.0.1"]


@pytest.mark.parametrize("bad", ["nonsense", "<sip:+18005550000@a.example>", "<sip:x@y>;index=1..2"])
def test_history_that_cannot_be_read_is_begun_anew(net, world, bad):
    w = world(**retargeting(net))
    assert retargeted(w, headers=[f"History-Info: {bad}"]).all("History-Info") == [ORIGIN, DIVERTED]


def test_history_goes_through_a_plain_call(net, world):
    w = world()
    gw = w.peer(4)
    dial(w, headers=[f"History-Info: {ORIGIN}", f"History-Info: {DIVERTED}"])
    assert gw.expect("INVITE").all("History-Info") == [ORIGIN, DIVERTED]


def test_loop_is_refused(net, world):
    """The call was at this number before, and is back."""
    w = world(**retargeting(net))
    caller, _ = dial(w, 4, headers=[f"History-Info: {ORIGIN},{DIVERTED},"
                                    f"<sip:{OWN}@far.example;cause=302>;index=1.1.1;mp=1.1"])
    caller.expect(482)


def test_loop_inside_the_switch_is_refused(net, world):
    w = world(**{**retargeting(net), "retarget": [{"number": OWN, "to": NEW}, {"number": NEW, "to": OWN}]})
    caller, _ = dial(w, 4)
    caller.expect(482)
    assert w.whats().count("switch.retargeted") == 2


def test_too_long_a_history_is_refused(net, world):
    w = world(**retargeting(net))
    entries = [f"<sip:+1800555{n:04}@a.example>;index={n}" for n in range(1, 40)]
    caller, _ = dial(w, 4, headers=[f"History-Info: {e}" for e in entries])
    caller.expect(482)


def test_twice_in_one_switch(net, world):
    """Each step has its History-Info entry and its div."""
    w = world(**{**both(net), "retarget": [{"number": OWN, "to": OWN2}, {"number": OWN2, "to": NEW}]})
    divs = iter([IDENTITY2, DIV])
    asked = []

    def auto(peer, message):
        if message.method == "INVITE":
            asked.append(message)
            peer.reply(message, 302, "Moved", [f"Identity: {next(divs)}"])
        return True

    w.peer(3, auto)
    w.peer(5, judge("TN-Validation-Passed"))
    invite = retargeted(w, headers=[f"Identity: {IDENTITY}"])
    assert [m.uri for m in asked] == [f"sip:{OWN2}@osp.example;user=phone", f"sip:{NEW}@osp.example;user=phone"]
    assert asked[1].all("Identity") == [IDENTITY, IDENTITY2]
    assert invite.all("Identity") == [IDENTITY, IDENTITY2, DIV]
    assert [h.rsplit(">;", 1)[1] for h in invite.all("History-Info")] == ["index=1", "index=1.1;mp=1", "index=1.1.1;mp=1.1"]


def test_to_a_phone_of_ours(net, world):
    """The result of verification is for it; nobody needs a div."""
    w = world(**{**both(net), "retarget": [{"number": OWN, "to": OWN2}]})
    service, phone = w.peer(3), w.peer(2)
    w.peer(5, judge("TN-Validation-Passed"))
    dial(w, 4, headers=[f"Identity: {IDENTITY}"])
    invite = phone.expect("INVITE")
    assert invite.uri.startswith(f"sip:{OWN2}@") and "verstat=TN-Validation-Passed" in invite.get("P-Asserted-Identity")
    service.nothing()


def test_own_subscriber_calls_a_retargeted_number(net, world):
    """Signed, verified, and the div follows what was signed."""
    w = world(**both(net, number=OWN2))
    answers = iter([IDENTITY, DIV])
    w.peer(3, lambda peer, m: m.method != "INVITE" or peer.reply(m, 302, "M", [f"Identity: {next(answers)}"]) or True)
    w.peer(5, judge("TN-Validation-Passed", number=OWN))
    out = w.peer(6)
    dial(w, call=Call(f"<sip:{OWN}@osp.example>", f"<sip:{OWN2}@osp.example>", f"sip:{OWN2}@osp.example"))
    invite = out.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY, DIV] and "verstat" not in str(invite)
    assert invite.all("P-Asserted-Identity") == [f"<sip:{OWN}@osp.example;user=phone>"]


def test_longest_number_wins(net, world):
    """A phone's own number is not retargeted with the range around it."""
    w = world(**retargeting(net, number="+1201", subscribers=[
        {"prefix": OWN, "uri": f"sip:{net(2)}:5060"}, {"prefix": "+120", "uri": f"sip:{net(2)}:5060"}]))
    phone = w.peer(2)
    dial(w, 4)
    phone.expect("INVITE")
    call = incoming()
    call.target = f"sip:{OWN2}@osp.example"
    retargeted(w, call=call)


@pytest.mark.parametrize("reason,status,cause", [("busy", 486, 486), ("busy", 600, 486), ("no-answer", 408, 408),
                                                 ("no-answer", 480, 408)])
def test_when_the_phone_does_not_take_it(net, world, reason, status, cause):
    w = world(**both(net, reason=reason))
    service = w.peer(3, sign(DIV))
    w.peer(5, judge("TN-Validation-Passed"))
    phone, out = w.peer(2), w.peer(6)
    caller, call = dial(w, 4, headers=[f"Identity: {IDENTITY}"])
    ringing = phone.expect("INVITE")
    assert "verstat" in ringing.get("P-Asserted-Identity") and not ringing.all("History-Info")
    phone.reply(ringing, status, "No")
    invite = out.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY, DIV] and "verstat" not in str(invite)
    assert invite.all("History-Info")[1] == f"<sip:{NEW}@osp.example;user=phone;cause={cause}>;index=1.1;mp=1"
    assert invite.body == SDP and service.asked
    out.reply(invite, 200, "OK", body=SDP)
    caller.expect(200)


def test_nobody_answers_in_time(net, world):
    w = world(**retargeting(net, reason="no-answer", no_answer_ms=200))
    phone, out = w.peer(2), w.peer(6)
    dial(w, 4)
    phone.reply(phone.expect("INVITE"), 180, "Ringing")
    assert "cause=408" in out.expect("INVITE").all("History-Info")[1]
    phone.expect("CANCEL")


@pytest.mark.parametrize("reason,status", [("busy", 480), ("no-answer", 486), ("busy", 404)])
def test_another_refusal_goes_back(net, world, reason, status):
    w = world(**retargeting(net, reason=reason))
    phone = w.peer(2)
    caller, _ = dial(w, 4)
    phone.reply(phone.expect("INVITE"), status, "No")
    caller.expect(status)
    assert "switch.retargeted" not in w.whats()


def test_caller_hangs_up_while_the_second_phone_rings(net, world):
    w = world(**retargeting(net, reason="busy"))
    phone, out = w.peer(2), w.peer(6)
    caller, call = dial(w, 4)
    phone.reply(phone.expect("INVITE"), 486, "Busy")
    out.reply(out.expect("INVITE"), 180, "Ringing")
    caller.expect(180)
    caller.request(w.dst, "CANCEL", call)
    out.expect("CANCEL")


def test_new_number_is_looked_up(net, world):
    """A retargeted call begins a new way: ported numbers and carriers count for it."""
    w = world(**retargeting(net, lnp=[{"number": NEW, "rn": "+12155550000"}]))
    invite = retargeted(w)
    assert invite.uri == f"sip:{NEW};npdi;rn=+12155550000@osp.example;user=phone"
    assert invite.all("History-Info") == [ORIGIN, DIVERTED]


def test_no_way_to_the_new_number(net, world):
    w = world(**{**retargeting(net), "trunks": [{"prefix": "1903", "uri": f"sip:{net(6)}:5060"}]})
    caller, _ = dial(w, 4)
    caller.expect(404)


def test_plain_outgoing_call_is_not_retargeted(net, world):
    w = world(**retargeting(net))
    out = w.peer(6)
    dial(w, call=outgoing())
    assert not out.expect("INVITE").all("History-Info")
