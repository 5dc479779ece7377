"""ref-vs as a proxy on the call's way: the result goes into the INVITE."""

import pytest

from proxy_kit import cscf
from sip_peer import TIMEOUT
from standin import wait_for
from test_vs import (BAD, DEST, DOMAIN, NONE, ORIG, PASSED, URI, bad_token, conf, cps, identity, ref_vs,  # noqa: F401
                     world)

CALLER = f"<sip:+{ORIG}@tsp.example;user=phone>"
PAI = f"<sip:+{ORIG};verstat={{}}@{DOMAIN};user=phone>"


@pytest.fixture
def peer(ref_vs, cps, net):
    """A CSCF with a running STI-VS; peer.element is it."""
    element = ref_vs()
    with cscf(net(4), element) as peer:
        peer.element = element
        yield peer


def through(peer, *headers, **how):
    call = peer.invite(URI, CALLER, *headers, **how)
    return call, peer.expect("INVITE")


# proves: VS-01 VS-03 VS-07
def test_in_band(world, peer):
    line = identity(world.token())
    _, back = through(peer, line)
    assert back.all("P-Asserted-Identity") == [PAI.format(PASSED)]
    assert back.all("Identity") == [line.removeprefix("Identity: ")]
    assert back.all("Route") == [peer.back()]
    assert back.all("Max-Forwards") == ["69"]
    assert not back.all("Reason")


# proves: VS-01 VS-03
def test_out_of_band_is_added(world, peer, cps):
    cps.tokens = [world.token()]
    _, back = through(peer)
    assert back.all("P-Asserted-Identity") == [PAI.format(PASSED)]
    assert back.all("Identity") == [f'{cps.tokens[0]};info=<{world.osp.x5u}>;alg=ES256;ppt="shaken"']


def test_asserted_identities_that_came_are_replaced(world, peer):
    """No verstat of a stranger goes on."""
    _, back = through(peer, identity(world.token(orig="12125550100")),
                      f"P-Asserted-Identity: <sip:+{ORIG};verstat=TN-Validation-Passed@evil.example>",
                      f"P-Asserted-Identity: <tel:+{ORIG};verstat=TN-Validation-Passed>")
    assert back.all("P-Asserted-Identity") == [PAI.format(NONE)]


def test_body_and_others_stay(world, peer):
    _, back = through(peer, "X-Private: 1", body=b"v=0\r\n")
    assert back.get("X-Private") == "1" and back.body == b"v=0\r\n"


def test_note(world, peer):
    through(peer, identity(world.token()))
    note = peer.element.note("vs.result")["data"]
    assert (note["front"], note["verstat"], note["used"]) == ("proxy", PASSED, "in-band")
    assert "status" not in note


@pytest.mark.parametrize("name", ["orig", "untrusted", "old"])
def test_reason_of_a_failure(world, peer, cps, name):
    how, _, status, phrase, word = BAD[name]
    cps.tokens = [bad_token(world, how)]
    _, back = through(peer)
    assert back.all("P-Asserted-Identity") == [PAI.format(word)]
    assert back.all("Reason") == [f'STIR;cause={status};text="{phrase}"']


def test_policy_refuses(world, conf, ref_vs, cps, net):
    conf["policy"] = {"on_failure": "refuse"}
    cps.tokens = [world.token(cred="untrusted")]
    element = ref_vs()
    with cscf(net(4), element) as peer:
        call = peer.invite(URI, CALLER)
        refusal = peer.expect(437)
        assert refusal.start == "SIP/2.0 437 Unsupported Credential"
        peer.ack(call, refusal)
        peer.nothing(0.05)
    assert element.note("vs.result")["data"]["status"] == 437


def test_call_without_a_number_goes_on(peer):
    peer.invite("sip:alice@tsp.example", CALLER, f"P-Asserted-Identity: <sip:+{ORIG}@tsp.example>")
    back = peer.expect("INVITE")
    assert back.all("P-Asserted-Identity") == [f"<sip:+{ORIG}@tsp.example>"]
    assert peer.element.note("vs.result")["data"]["why"] == "no number in the Request-URI"


def test_without_a_further_route_it_redirects(world, peer):
    peer.invite(URI, CALLER, identity(world.token()), routes=[f"Route: <sip:{peer.service};lr>"])
    assert peer.expect(302).all("P-Asserted-Identity") == [PAI.format(PASSED)]


def test_responses_go_back(peer):
    call, back = through(peer)
    peer.reply(back, 180)
    peer.reply(back, 200, "OK")
    assert peer.expect(180).branch == call.branch
    assert peer.expect(200).branch == call.branch


# --- while it waits for the CPS ---


def held(peer, cps):
    """A call that waits for a PASSporT on its way."""
    cps.answer = cps.wait_for_token
    call = peer.invite(URI, CALLER)
    assert peer.expect(100).status == 100
    cps.request()
    return call


def test_cancel_while_it_waits(world, peer, cps):
    call = held(peer, cps)
    peer.cancel(call)
    assert {peer.inbox.get(timeout=TIMEOUT).status for _ in range(2)} == {200, 487}
    cps.tokens = [world.token()]
    cps.release.set()
    peer.nothing(0.1)
    note = peer.element.note("vs.result")["data"]
    assert (note["status"], note["why"]) == (487, "the call is cancelled")


def test_goes_on_with_what_comes(world, peer, cps):
    held(peer, cps)
    cps.tokens = [world.token()]
    cps.release.set()
    assert peer.expect("INVITE").all("P-Asserted-Identity") == [PAI.format(PASSED)]


def test_cps_that_is_silent_stops_no_call(conf, ref_vs, cps, net):
    conf["cps"].update(wait_ms=50, grace_ms=50)
    cps.answer = cps.hold
    element = ref_vs()
    with cscf(net(4), element) as peer:
        peer.invite(URI, CALLER)
        assert peer.expect("INVITE").all("P-Asserted-Identity") == [PAI.format(NONE)]


def test_too_many_at_once_go_on_unvalidated(conf, ref_vs, cps, net):
    conf["max_calls"] = 1
    element = ref_vs()
    with cscf(net(4), element) as peer:
        held(peer, cps)
        peer.invite(URI, CALLER)
        assert not peer.expect("INVITE").all("P-Asserted-Identity")
        assert element.note("vs.result")["data"]["why"] == "too many calls are being verified"
        cps.release.set()
        wait_for("the other one", lambda: len(element.notes("vs.result")) == 2)


def test_stops_while_calls_wait(peer, cps):
    held(peer, cps)
    peer.element.stop()


def test_retransmission_over_udp_is_one_question(world, peer, cps):
    cps.answer = cps.wait_for_token
    call = peer.invite(URI, CALLER, transport="udp")
    cps.request()
    peer.send(peer.service_addr, call.octets, "udp")
    peer.send(peer.service_addr, call.octets, "udp")
    cps.tokens = [world.token()]
    cps.release.set()
    back = peer.expect("INVITE")
    peer.reply(back, 180)
    peer.expect(180)
    assert len(peer.element.notes("vs.gathered")) == 1
