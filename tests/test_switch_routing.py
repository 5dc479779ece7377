"""Ported numbers, carriers (RFC 4694), and calls that oob-switch has signed for other networks."""

import pytest

from sip_peer import Call
from switch_world import (DATE, FAR, IDENTITY, OWN, dial, incoming, outgoing, sign, with_as, with_vs, world)  # noqa: F401

LRN, TOLL_FREE = "+19034050000", "+18005551234"


def ported(net, **more):
    return {"lnp": [{"number": FAR, "rn": LRN}], "trunks": [{"prefix": "1903405", "uri": f"sip:{net(6)}:5060"},
                                                            {"prefix": "1", "uri": f"sip:{net(4)}:5060"}], **more}


def called(target, **more):
    call = outgoing(**more)
    call.target = target
    return call


def sent(w, target, far=4, **more):
    gw = w.peer(far)
    dial(w, call=called(target), **more)
    return gw.expect("INVITE")


# --- ported numbers ---

@pytest.mark.parametrize("before,after", [
    (f"sip:{FAR}@osp.example;user=phone", f"sip:{FAR};npdi;rn={LRN}@osp.example;user=phone"),
    (f"sip:{FAR}@osp.example", f"sip:{FAR};npdi;rn={LRN}@osp.example"),
    (f"tel:{FAR}", f"tel:{FAR};npdi;rn={LRN}"),
    ("sip:9032469103@osp.example", f"sip:9032469103;npdi;rn={LRN}@osp.example"),
    (f"sip:{FAR};isub=12@osp.example", f"sip:{FAR};isub=12;npdi;rn={LRN}@osp.example"),
    (f"sip:{FAR};rn=+19990000000;NPDI=yes;cic=+19999@osp.example", f"sip:{FAR};cic=+19999;npdi;rn={LRN}@osp.example"),
    (f"sip:{FAR}:secret@osp.example:5060;x=1", f"sip:{FAR};npdi;rn={LRN}:secret@osp.example:5060;x=1")])
def test_ported_number_gets_its_routing_number(net, world, before, after):
    w = world(**ported(net))
    assert sent(w, before, far=6).uri == after
    assert w.note("switch.routed")["rn"] == LRN


def test_query_is_told_when_not_ported(net, world):
    w = world(**ported(net, lnp_query=True, lnp=[]))
    assert sent(w, f"sip:{FAR}@osp.example").uri == f"sip:{FAR};npdi@osp.example"
    assert "rn" not in w.note("switch.routed")


def test_without_a_query_nothing_is_said(net, world):
    w = world(**ported(net, lnp=[]))
    assert sent(w, f"sip:{FAR}@osp.example").uri == f"sip:{FAR}@osp.example"


def test_the_as_sees_the_routing_number(net, world):
    w = world(**with_as(net, **ported(net)))
    service = w.peer(3, sign(IDENTITY))
    sent(w, f"sip:{FAR}@osp.example", far=6)
    assert service.asked.uri == f"sip:{FAR};npdi;rn={LRN}@osp.example"


def test_routing_number_from_the_trunk_is_routed_by_and_kept(net, world):
    """A transit switch looks nothing up: whoever did the query did."""
    w = world(**ported(net, lnp=[]))
    out, uri = w.peer(6), f"sip:{FAR};npdi;rn={LRN}@t.example"
    dial(w, 4, Call("<sip:+18005550000@t.example>", "<sip:x@y>", uri))
    assert out.expect("INVITE").uri == uri


def test_routing_number_without_a_route_of_its_own(net, world):
    w = world(**ported(net, lnp=[{"number": FAR, "rn": "+442071234567"}]))
    assert sent(w, f"sip:{FAR}@osp.example").uri.startswith(f"sip:{FAR};npdi;rn=+442071234567@")


def test_ported_number_arrives_at_its_new_provider(net, world):
    """The dialled number counts there, not the routing number."""
    w = world(subscribers=[{"prefix": FAR, "uri": f"sip:{net(2)}:5060"}])
    phone = w.peer(2)
    call = incoming()
    call.target = f"sip:{FAR};npdi;rn={LRN}@osp.example;user=phone"
    dial(w, 4, call)
    assert phone.expect("INVITE").uri == f"sip:{FAR}@{net(2)}:5060"


def test_number_ported_away_is_not_ours(net, world):
    w = world(**with_vs(net, **ported(net, lnp=[{"number": "+12013770000", "rn": LRN}])))
    vs = w.peer(5)
    assert f";rn={LRN}@" in sent(w, "sip:+12013770000@osp.example", far=6).uri
    vs.nothing()


def test_longest_ported_range_wins(net, world):
    w = world(**ported(net, lnp=[{"number": "1903", "rn": "+12020000000"}, {"number": FAR, "rn": LRN}]))
    assert f"rn={LRN}@" in sent(w, f"sip:{FAR}@osp.example", far=6).uri


# --- carriers ---

@pytest.mark.parametrize("before,after", [
    (f"sip:{TOLL_FREE}@osp.example;user=phone", f"sip:{TOLL_FREE};cic=+10288@osp.example;user=phone"),
    (f"sip:{TOLL_FREE};cic=+19999@osp.example", f"sip:{TOLL_FREE};cic=+10288@osp.example")])
def test_toll_free_call_gets_its_carrier(net, world, before, after):
    w = world(**with_as(net, **ported(net, carriers=[{"prefix": "1800", "cic": "+10288"}])))
    service = w.peer(3, sign(IDENTITY))
    assert sent(w, before).uri == after == service.asked.uri
    assert w.note("switch.routed")["cic"] == "+10288"


def test_carrier_and_query(net, world):
    w = world(**ported(net, lnp_query=True, carriers=[{"prefix": "1800", "cic": "+10288"}]))
    assert sent(w, f"sip:{TOLL_FREE}@osp.example").uri == f"sip:{TOLL_FREE};npdi;cic=+10288@osp.example"


def test_other_calls_get_no_carrier(net, world):
    w = world(**ported(net, lnp=[], carriers=[{"prefix": "1800", "cic": "+10288"}]))
    assert sent(w, f"sip:{FAR}@osp.example").uri == f"sip:{FAR}@osp.example"


def test_calls_from_a_trunk_are_not_looked_up(net, world):
    w = world(**ported(net, carriers=[{"prefix": "1", "cic": "+10288"}], lnp_query=True))
    out, uri = w.peer(6), f"sip:{FAR};rn={LRN}@t.example"
    dial(w, 4, Call("<sip:+18005550000@t.example>", "<sip:x@y>", uri))
    assert out.expect("INVITE").uri == uri


@pytest.mark.parametrize("target", ['sip:+1903246"9103@h', "sip:+19032469103@h>;x=<", "sip:;npdi@h"])
def test_target_that_cannot_be_passed_on(world, target):
    w = world()
    phone, _ = dial(w, call=called(target))
    final = phone.inbox.get(timeout=5)
    while final.status == 100:
        final = phone.inbox.get(timeout=5)
    assert final.status in (400, 404)


# --- signing for others ---

def transit(net, sign_transit=True, **more):
    return with_as(net, **{"sign_transit": sign_transit, "trunks": [{"prefix": "1", "uri": f"sip:{net(6)}:5060"}], **more})


def through(w, headers=(), **more):
    out = w.peer(6)
    call = Call("<sip:+18005550000@x.example>", f"<sip:{FAR}@x.example>", f"sip:{FAR}@x.example")
    dial(w, 4, call, ["P-Asserted-Identity: <sip:+18005550000;verstat=TN-Validation-Passed@x.example>", *headers], **more)
    return out.expect("INVITE")


# proves: FLOW-P2
def test_transit_call_without_identity_is_signed(net, world):
    w = world(**transit(net))
    service = w.peer(3, sign(IDENTITY))
    invite = through(w)
    assert invite.all("Identity") == [IDENTITY] and invite.get("Date") == DATE
    assert service.asked.all("P-Asserted-Identity") == ["<sip:+18005550000@x.example>"]
    assert service.asked.uri == f"sip:{FAR}@x.example"
    assert w.note("switch.call")["side"] == "transit"


def test_transit_call_with_identity_is_not(net, world):
    w = world(**transit(net))
    service = w.peer(3)
    assert through(w, [f"Identity: {IDENTITY}"]).all("Identity") == [IDENTITY]
    service.nothing()


def test_transit_does_not_sign_unless_told_so(net, world):
    w = world(**transit(net, sign_transit=False))
    service = w.peer(3)
    assert not through(w).all("Identity")
    service.nothing()
    assert w.whats() == ["switch.call", "switch.routed"]


def test_call_to_a_phone_of_ours_is_not_signed(net, world):
    w = world(**transit(net))
    service, phone = w.peer(3), w.peer(2)
    dial(w, 4)
    phone.expect("INVITE")
    service.nothing()


def test_dead_as_does_not_stop_a_transit_call(net, world):
    w = world(**transit(net))
    assert not through(w).all("Identity")
    assert "Connection refused" in w.note("switch.unsigned")["why"]
