"""oob-switch routes the INVITE through STI-AS and STI-VS as on ISC, and the call goes on."""

import re
import time

import pytest

from sip_peer import TIMEOUT, Call
from sip_proxy import Proxy
from standin import wait_for
from switch_world import (FAR, IDENTITY, IDENTITY2, OWN, OWN2, SDP, SDP2, SLOW, SOON, acknowledge, dial, outgoing, refuse_ack,
                          world)  # noqa: F401

NEW = "+12155551212"
VERSTAT = f"P-Asserted-Identity: <sip:{FAR};verstat=TN-Validation-Passed@osp.example;user=phone>"


def with_as(net, ms=SLOW, uri=None, **more):
    uri = uri or f"sip:{net(3)}:5060;transport=tcp"
    return {"as": {"interface": "proxy", "uri": uri, "timeout_ms": ms}, **more}


def with_vs(net, **more):
    return {"vs": {"interface": "proxy", "uri": f"sip:{net(5)}:5060;transport=tcp", "timeout_ms": SLOW}, **more}


@pytest.fixture
def proxy(net):
    made = []

    def make(n, *added, **more):
        made.append(Proxy(net(n), **{"edit": lambda invite: list(added), **more}))
        return made[-1]

    yield make
    for each in made:
        each.close()


def sign(proxy, *identities, **more):
    return proxy(3, *(f"Identity: {i}" for i in identities), **more)


# --- asking ---

def test_identity_of_the_as_goes_on_to_the_byte(net, world, proxy):
    w = world(**with_as(net))
    service, gw = sign(proxy, IDENTITY, IDENTITY2), w.peer(4)
    dial(w)
    invite = gw.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY, IDENTITY2] and invite.body == SDP
    assert not invite.all("Route") and "odi" not in str(invite)
    assert w.note("switch.asked") == {"service": "as", "interface": "proxy", "uri": w.conf["as"]["uri"]}
    answered = w.note("switch.answered")
    assert answered.keys() == {"service", "ms"} and answered["ms"] > 0
    assert len(service.seen) == 1


def test_route_pattern(net, world, proxy):
    w = world(**with_as(net))
    service, gw = sign(proxy, IDENTITY), w.peer(4)
    dial(w)
    gw.expect("INVITE")
    asked, = service.seen
    first, second = asked.get("Route").split(", ")
    assert first == f"<sip:{net(3)}:5060;transport=tcp;lr>"
    assert re.fullmatch(rf"<sip:{re.escape(net(1))}:5060;transport=tcp;lr;odi=[0-9a-f]{{32}}>", second)
    assert asked.uri == f"sip:{FAR}@osp.example;user=phone" and asked.body == SDP
    assert asked.get("From").startswith(f"<sip:{OWN}@osp.example;user=phone>;tag=")
    assert asked.all("P-Asserted-Identity") == [f"<sip:{OWN}@osp.example;user=phone>"]


def test_each_call_has_its_own_odi(net, world, proxy):
    w = world(**with_as(net))
    service, gw = sign(proxy, IDENTITY), w.peer(4)
    for _ in range(3):
        dial(w)
        gw.expect("INVITE")
    assert len({m.get("Route") for m in service.seen}) == 3


def test_lr_of_the_configuration_is_not_doubled(net, world, proxy):
    w = world(**with_as(net, uri=f"sip:{net(3)}:5060;transport=tcp;lr"))
    service, gw = sign(proxy, IDENTITY), w.peer(4)
    dial(w)
    gw.expect("INVITE")
    assert service.seen[0].get("Route").startswith(f"<sip:{net(3)}:5060;transport=tcp;lr>, ")


def test_verstat_is_delivered(net, world, proxy):
    w = world(**with_vs(net))
    proxy(5, VERSTAT)
    phone = w.peer(2)
    dial(w, 4, headers=[f"Identity: {IDENTITY}"])
    invite = phone.expect("INVITE")
    assert invite.all("P-Asserted-Identity") == [f"<sip:{FAR};verstat=TN-Validation-Passed@osp.example;user=phone>"]
    assert invite.all("Identity") == [IDENTITY]
    assert "switch.unvalidated" not in w.whats()


def test_signed_then_verified(net, world, proxy):
    w = world(**with_as(net, **with_vs(net)))
    sti_as, phone = sign(proxy, IDENTITY), w.peer(2)
    sti_vs = proxy(5, VERSTAT.replace(FAR, OWN))
    call = Call(f"<sip:{OWN}@osp.example>", f"<sip:{OWN2}@osp.example>", f"sip:{OWN2}@osp.example")
    dial(w, 2, call)
    invite = phone.expect("INVITE")
    assert sti_vs.seen[0].all("Identity") == [IDENTITY] and len(sti_as.seen) == 1
    assert f"{OWN};verstat=TN-Validation-Passed@" in invite.get("P-Asserted-Identity")


def test_retargeted_call(net, world, proxy):
    """The STI-VS and then the STI-AS see it; what each adds goes on."""
    w = world(**with_as(net, **with_vs(net, retarget=[{"number": OWN, "to": NEW}],
                                       trunks=[{"prefix": "1", "uri": f"sip:{net(6)}:5060"}])))
    oob = IDENTITY.replace("bbb", "fff")
    sti_as, out = sign(proxy, IDENTITY2), w.peer(6)
    proxy(5, VERSTAT, f"Identity: {oob}")
    dial(w, 4, headers=[f"Identity: {IDENTITY}"])
    invite = out.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY, oob, IDENTITY2] and "verstat" not in str(invite)
    assert sti_as.seen[0].all("Identity") == [IDENTITY, oob]
    assert sti_as.seen[0].uri == f"sip:{NEW}@osp.example;user=phone" and len(sti_as.seen[0].all("History-Info")) == 2


# --- services that do not do what they should ---

def unsigned(w, **more):
    gw = w.peer(4)
    dial(w, **more)
    assert not gw.expect("INVITE").all("Identity")
    return w.note("switch.unsigned")["why"]


def test_dead(net, world):
    assert "Connection refused" in unsigned(world(**with_as(net)))


def test_silent(net, world, proxy):
    w = world(**with_as(net, SOON))
    service = proxy(3, edit=lambda invite: None)
    begun = time.monotonic()
    assert "no answer" in unsigned(w)
    assert 0.25 < time.monotonic() - begun < 1.5
    assert service.methods() == ["INVITE"], "no CANCEL before a provisional response (RFC 3261 §9.1)"


def test_holds_the_invite(net, world, proxy):
    w = world(**with_as(net, SOON))
    service = proxy(3, edit=lambda invite: service.peer.reply(invite, 100, "Trying"))
    assert "no answer" in unsigned(w)
    wait_for("CANCEL", lambda: "CANCEL" in service.methods())
    cancel = service.seen[-1]
    assert cancel.get("Route") == service.seen[0].get("Route") and cancel.branch == service.seen[0].branch


def test_comes_back_late(net, world, proxy):
    w = world(**with_as(net, SOON))
    held = []
    service = proxy(3, edit=held.append)
    unsigned(w)
    service.forward(held[0], [f"Identity: {IDENTITY}"])
    wait_for("481", lambda: 481 in [m.status for m in service.responses])


def test_comes_back_twice(net, world, proxy):
    """RFC 3261 §8.2.2.2."""
    w = world(**with_as(net))
    service, gw = sign(proxy, IDENTITY), w.peer(4)
    dial(w)
    gw.expect("INVITE")
    first = service.seen[0]
    first.headers[0] = ("Via", first.headers[0][1].replace(first.branch, first.branch + "x"))
    service.forward(first)
    wait_for("482", lambda: 482 in [m.status for m in service.responses])
    gw.nothing()


def test_unknown_odi(net, world):
    w = world(**with_as(net))
    stranger = w.peer(9)
    stranger.request(w.dst, "INVITE", outgoing(), [w.contact(9), f"Route: <sip:{net(1)};lr;odi=00>"], SDP)
    stranger.expect(481)
    assert "switch.call" not in w.whats()


@pytest.mark.parametrize("status", [302, 403, 500, 503, 603])
def test_as_refuses(net, world, proxy, status):
    w = world(**with_as(net))
    service = proxy(3, edit=lambda invite: service.peer.reply(invite, status, "Will Not"))
    assert f"answered {status} Will Not" in unsigned(w)


def test_as_takes_the_call(net, world, proxy):
    w = world(**with_as(net))
    service = proxy(3, edit=lambda invite: service.peer.reply(invite, 200, "OK", body=SDP2))
    service.on_ack = service.on_bye = lambda message: None
    assert "answered 200 OK" in unsigned(w)
    wait_for("ACK and BYE", lambda: service.methods() == ["INVITE", "ACK", "BYE"])


def test_as_adds_nothing(net, world, proxy):
    w = world(**with_as(net))
    proxy(3)
    assert "no Identity that the call had not" in unsigned(w)


def test_vs_refuses_the_call(net, world, proxy):
    w = world(**with_vs(net))
    service = proxy(5, edit=lambda invite: service.peer.reply(invite, 438, "Invalid Identity Header", ["Reason: STIR;cause=438"]))
    phone = w.peer(2)
    gw, _ = dial(w, 4)
    final = gw.expect(438)
    assert final.start == "SIP/2.0 438 Invalid Identity Header" and final.get("Reason") == "STIR;cause=438"
    phone.nothing()


def test_vs_gives_no_verstat(net, world, proxy):
    w = world(**with_vs(net))
    proxy(5)
    phone = w.peer(2)
    dial(w, 4)
    assert "verstat" not in str(phone.expect("INVITE"))
    assert "no verstat" in w.note("switch.unvalidated")["why"]


def test_service_dies_in_the_middle_of_the_call(net, world, proxy):
    """What the callee answers arrives all the same."""
    w = world(**with_as(net))
    service, gw = sign(proxy, IDENTITY), w.peer(4)
    phone, call = dial(w)
    invite = gw.expect("INVITE")
    service.close()
    gw.reply(invite, 180, "Ringing")
    phone.expect(180)
    gw.reply(invite, 200, "OK", body=SDP2)
    acknowledge(w, phone, call, phone.expect(200))
    gw.expect("ACK")
    call.next()
    phone.request(w.dst, "BYE", call)
    phone.expect(200)
    gw.expect("BYE")
    service.close = lambda: None


# --- what the service sees of the call ---

def statuses(service):
    return [m.status for m in service.responses if m.status > 100]


def ringing(w, proxy, **more):
    service, gw = sign(proxy, IDENTITY, **more), w.peer(4)
    phone, call = dial(w)
    invite = gw.expect("INVITE")
    gw.reply(invite, 180, "Ringing")
    phone.expect(180)
    wait_for("180 at the service", lambda: statuses(service) == [180])
    return service, phone, call, gw, invite


def answered(w, proxy, **more):
    service, phone, call, gw, invite = ringing(w, proxy, **more)
    gw.reply(invite, 200, "OK", body=SDP2)
    ok = phone.expect(200)
    assert ok.body == SDP2
    acknowledge(w, phone, call, ok)
    gw.expect("ACK")
    wait_for("200 at the service", lambda: statuses(service) == [180, 200])
    return service, phone, call, gw, invite


def test_callee_rings_and_answers(net, world, proxy):
    service, *_ = answered(world(**with_as(net)), proxy)
    assert service.responses[-1].body == SDP2
    assert service.methods() == ["INVITE"], "it records no route: ACK does not pass it"


@pytest.mark.parametrize("record", [False, True])
def test_caller_hangs_up(net, world, proxy, record):
    w = world(**with_as(net))
    service, phone, call, gw, _ = answered(w, proxy, record=record)
    call.next()
    phone.request(w.dst, "BYE", call)
    phone.expect(200)
    gw.expect("BYE")
    if record:
        wait_for("BYE at the service", lambda: service.methods() == ["INVITE", "ACK", "BYE"])
    assert w.note("switch.ended") == {"status": 200, "by": "caller"}


@pytest.mark.parametrize("record", [False, True])
def test_callee_hangs_up(net, world, proxy, record):
    w = world(**with_as(net))
    service, phone, _, gw, invite = answered(w, proxy, record=record)
    call = Call.called(invite)
    gw.request(w.dst, "BYE", call)
    phone.expect("BYE")
    if record:
        wait_for("BYE at the service", lambda: service.methods() == ["INVITE", "ACK", "BYE"])
    assert w.note("switch.ended") == {"status": 200, "by": "callee"}


def test_caller_cancels(net, world, proxy):
    """CANCEL goes through the service too, which then sees 487."""
    w = world(**with_as(net))
    service, phone, call, gw, _ = ringing(w, proxy)
    phone.request(w.dst, "CANCEL", call)
    phone.expect(200)
    phone.expect(487)
    gw.expect("CANCEL")
    wait_for("487 at the service", lambda: statuses(service)[-1] == 487)
    assert service.methods()[:2] == ["INVITE", "CANCEL"]


def test_caller_cancels_while_the_service_has_it(net, world, proxy):
    w = world(**with_as(net))
    service = proxy(3, edit=lambda invite: service.peer.reply(invite, 100, "Trying"))
    gw = w.peer(4)
    phone, call = dial(w)
    wait_for("INVITE at the service", lambda: service.seen)
    phone.expect(100)
    phone.request(w.dst, "CANCEL", call)
    phone.expect(200)
    phone.expect(487)
    wait_for("CANCEL", lambda: "CANCEL" in service.methods())
    gw.nothing()


def test_callee_refuses(net, world, proxy):
    w = world(**with_as(net))
    service, phone, call, gw, invite = ringing(w, proxy)
    gw.reply(invite, 486, "Busy Here", ["Reason: Q.850;cause=17"])
    refuse_ack(w, phone, call, phone.expect(486))
    wait_for("486 at the service", lambda: statuses(service) == [180, 486])
    assert service.responses[-1].get("Reason") == "Q.850;cause=17"
    wait_for("ACK at the service", lambda: service.methods() == ["INVITE", "ACK"])


def test_many_calls_leave_nothing_behind(net, world, proxy):
    """Each ends on both legs; the switch ends clean with calls of every state still there."""
    w = world(**with_as(net))
    service, gw = sign(proxy, IDENTITY), w.peer(4)
    for n in range(12):
        phone, call = dial(w)
        invite = gw.expect("INVITE")
        if n % 3 == 0:
            gw.reply(invite, 200, "OK", body=SDP2)
            acknowledge(w, phone, call, phone.expect(200))
            gw.expect("ACK")
        elif n % 3 == 1:
            gw.reply(invite, 404, "Not Found")
            refuse_ack(w, phone, call, phone.expect(404))
            gw.expect("ACK")
    assert len(service.seen) >= 12


def test_over_udp(net, world):
    """The way back names the transport that the service is reached by."""
    w = world(**with_as(net, uri=f"sip:{net(3)}:5060;transport=udp"))
    service = w.peer(3)
    dial(w)
    asked = service.expect("INVITE", TIMEOUT)
    assert ";transport=udp;lr;odi=" in asked.get("Route") and "/UDP " in asked.get("Via")
