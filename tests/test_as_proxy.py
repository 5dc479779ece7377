"""ref-as as a proxy on the call's way (RFC 3261 §16): what it adds, what it leaves, and what goes through it."""

import re
import time

import pytest

from proxy_kit import ODI, cscf
from sip_peer import TIMEOUT
from stirkit import decode, shaken, sign, verifies
from test_as import X5U, conf, cps, ref_as, world  # noqa: F401  pylint: disable=unused-import

URI = "sip:+19032469103@osp.example;user=phone"
CALLER = '"Jane" <sip:+12013776051@osp.example;user=phone>'
SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n\0\xff binary\r\n"


@pytest.fixture
def peer(ref_as, net):
    """A CSCF with a running STI-AS; peer.element is it."""
    element = ref_as()
    with cscf(net(4), element) as peer:
        peer.element = element
        yield peer


def through(peer, *headers, **how):
    """An INVITE that went through; (call, the INVITE as it came back)."""
    call = peer.invite(URI, CALLER, *headers, **how)
    return call, peer.expect("INVITE")


# --- the INVITE ---


# proves: AS-01 AS-02 AS-04
def test_comes_back_signed(world, peer):
    call, back = through(peer)
    (value,) = back.all("Identity")
    token = value.split(";")[0]
    assert value == f'{token};info=<{X5U}>;alg=ES256;ppt="shaken"'
    assert verifies(token, world.osp.key.public_key())
    assert back.uri == URI
    assert back.get("Call-ID") == call.call_id


def test_routes_and_vias(peer):
    call, back = through(peer)
    assert back.all("Route") == [f"<sip:{peer.addr}:5060;lr;{ODI}>"]
    ours, theirs = back.all("Via")
    assert re.fullmatch(rf"SIP/2\.0/TCP {re.escape(peer.service)};branch=z9hG4bK\w+;rport", ours)
    assert theirs.startswith(f"SIP/2.0/TCP {peer.addr}:5060;branch={call.branch}")
    assert not back.all("Record-Route")


def test_routes_in_lines_of_their_own(peer):
    _, back = through(peer, routes=[f"Route: <sip:{peer.service};lr>", f"Route: {peer.back()}", "Route: <sip:after.example;lr>"])
    assert back.all("Route") == [peer.back(), "<sip:after.example;lr>"]


def test_route_by_name_is_ours_too(peer):
    _, back = through(peer, routes=[f"Route: <sip:as.osp.example;lr>, {peer.back()}"])
    assert back.all("Route") == [peer.back()]


def test_route_that_was_taken_off_already(peer):
    _, back = through(peer, routes=[f"Route: {peer.back()}"])
    assert back.all("Route") == [peer.back()]


def test_one_hop_less(peer):
    _, back = through(peer, max_forwards=17)
    assert back.all("Max-Forwards") == ["16"]


def test_all_else_stays(peer):
    lines = ["P-Asserted-Identity: <sip:+12013776051@osp.example>", "X-Private: a  b ;c", "Privacy: id",
             "History-Info: <sip:+19032469103@osp.example>;index=1", "Identity: a.b.c;info=<https://other.example/1.pem>"]
    call, back = through(peer, *lines, body=SDP)
    for line in lines[:4]:
        name, value = line.split(": ", 1)
        assert back.all(name) == [value]
    assert back.get("From") == call.local and back.get("To") == call.remote
    assert back.get("CSeq") == "1 INVITE"
    assert back.body == SDP
    assert back.all("Content-Length") == [str(len(SDP))]


def test_identities_that_came_stay_before_ours(peer):
    brought = "a.b.c;info=<https://other.example/1.pem>;ppt=rph"
    _, back = through(peer, f"Identity: {brought}")
    assert back.all("Identity")[0] == brought
    assert len(back.all("Identity")) == 2


def test_date_is_added_when_there_is_none(peer):
    _, back = through(peer)
    token = back.get("Identity").split(";")[0]
    assert back.all("Date") == [time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(decode(token)[1]["iat"]))]


def test_date_that_is_there_stays(peer):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    _, back = through(peer, f"Date: {date}")
    assert back.all("Date") == [date]


def test_div(world, peer):
    original = sign(shaken("12013776051", "13125550100"), world.osp)
    _, back = through(peer, f"Identity: {original};info=<{X5U}>;ppt=shaken",
                      f"History-Info: <sip:+13125550100@osp.example>;index=1, <{URI};cause=302>;index=1.1;mp=1")
    token = back.all("Identity")[1].split(";")[0]
    assert decode(token)[1]["div"] == {"tn": "13125550100"}


# proves: AS-06 AS-07 AS-10
def test_published_beside(peer, cps):
    cps.answer = cps.hold
    _, back = through(peer)
    assert cps.request().body.decode() == back.get("Identity").split(";")[0]
    assert not peer.element.notes("as.published")
    cps.release.set()
    peer.element.note("as.published")


def test_notes(peer):
    through(peer)
    assert peer.element.note("as.answered")["data"] == {"front": "proxy"}


@pytest.mark.parametrize("headers,why", [
    (["Date: Fri, 25 Sep 2015 19:12:25 GMT"], "Date header is too far from now"),
    ([f"Identity: a.b.c;info=<{X5U}>"] * 16, "too many Identity headers"),
])
def test_what_cannot_be_signed_goes_on_unsigned(peer, headers, why):
    _, back = through(peer, *headers)
    assert back.all("Identity") == [h.split(": ", 1)[1] for h in headers if h.startswith("Identity")]
    assert peer.element.note("as.answered")["data"] == {"front": "proxy", "why": why}


def test_call_without_a_number_goes_on(peer):
    peer.invite("sip:alice@osp.example", CALLER)
    assert not peer.expect("INVITE").all("Identity")


def test_without_a_further_route_it_redirects(peer):
    peer.invite(URI, CALLER, routes=[f"Route: <sip:{peer.service};lr>"])
    assert peer.expect(302).all("Identity")


def test_options_is_answered(peer):
    call = peer.invite(URI, CALLER)
    peer.expect("INVITE")
    call.next()
    peer.request(peer.service_addr, "OPTIONS", call, [f"Route: <sip:{peer.service};lr>, {peer.back()}"])
    peer.expect(200)


# --- responses ---


def test_trying_at_once(peer):
    peer.invite(URI, CALLER)
    assert peer.expect(100).status == 100


@pytest.mark.parametrize("status,phrase", [(180, "Ringing"), (183, "Session Progress"), (199, "Early Dialog Terminated")])
def test_provisional_goes_back(peer, status, phrase):
    call, back = through(peer)
    peer.reply(back, status, phrase, ["X-More: yes"], SDP)
    got = peer.expect(status)
    assert got.start == f"SIP/2.0 {status} {phrase}"
    assert got.get("X-More") == "yes" and got.body == SDP
    assert [v.split(";")[1] for v in got.all("Via")] == [f"branch={call.branch}"]


def test_100_of_the_next_hop_stays(peer):
    peer.invite(URI, CALLER)
    seen = [peer.inbox.get(timeout=TIMEOUT) for _ in range(2)]  # the INVITE, and the 100 of the STI-AS
    (back,) = [message for message in seen if message.method == "INVITE"]
    peer.reply(back, 100, "Trying")
    peer.reply(back, 180)
    assert peer.inbox.get(timeout=TIMEOUT).status == 180


def test_answer_goes_back_whole(peer):
    _, back = through(peer)
    peer.reply(back, 180)
    peer.reply(back, 200, "OK", ["Record-Route: <sip:x.example;lr>"], SDP)
    peer.expect(180)
    ok = peer.expect(200)
    assert ok.get("Contact") == f"<sip:{peer.addr}:5060;transport=tcp>"
    assert ok.get("Record-Route") == "<sip:x.example;lr>"
    assert ok.body == SDP
    assert ok.tag("To") == "uas" + back.branch[-8:]


def test_answer_again_goes_back_again(peer):
    """A 2xx is repeated by who gave it until the ACK comes, which does not come through us (RFC 3261 §13.3.1.4)."""
    _, back = through(peer)
    for _ in range(3):
        peer.reply(back, 200, "OK")
        assert len(peer.expect(200).all("Via")) == 1


@pytest.mark.parametrize("status", [302, 404, 480, 486, 503, 603])
def test_refusal_goes_back_and_is_acknowledged_on_both_sides(peer, status):
    call, back = through(peer)
    peer.reply(back, status, "Whatever", ["Reason: Q.850;cause=17"])
    seen = {m.status or m.method: m for m in (peer.expect_any("ACK", status), peer.expect_any("ACK", status))}
    ack, refusal = seen["ACK"], seen[status]
    assert ack.branch == back.branch and ack.get("CSeq") == "1 ACK"
    assert refusal.get("Reason") == "Q.850;cause=17" and refusal.branch == call.branch
    peer.ack(call, refusal)
    peer.nothing(0.05)


# --- CANCEL ---


def test_cancel_goes_after_the_invite(peer):
    call, back = through(peer)
    peer.reply(back, 180)
    peer.expect(180)
    peer.cancel(call)
    seen = [peer.inbox.get(timeout=TIMEOUT) for _ in range(2)]
    (cancel,) = [m for m in seen if m.method == "CANCEL"]
    (ok,) = [m for m in seen if m.status == 200]
    assert ok.get("CSeq") == "1 CANCEL"
    assert cancel.branch == back.branch and cancel.get("CSeq") == "1 CANCEL"
    assert cancel.all("Route") == back.all("Route")
    peer.reply(cancel, 200, "OK")
    peer.reply(back, 487, "Request Terminated")
    last = {m.status or m.method: m for m in (peer.expect_any("ACK", 487), peer.expect_any("ACK", 487))}
    assert last[487].branch == call.branch and last["ACK"].branch == back.branch


def test_cancel_before_a_provisional_response_waits_for_it(peer):
    """RFC 3261 §9.1."""
    call, back = through(peer)
    peer.cancel(call)
    peer.expect(200)
    peer.nothing(0.05)
    peer.reply(back, 180)
    peer.expect("CANCEL")


def test_cancel_while_the_answer_is_held_back(conf, ref_as, cps, net):
    conf["faults"] = {"wait_for_cps": True}
    cps.answer = cps.hold
    element = ref_as()
    with cscf(net(4), element) as peer:
        call = peer.invite(URI, CALLER)
        cps.request()
        peer.cancel(call)
        statuses = {peer.inbox.get(timeout=TIMEOUT).status for _ in range(3)}
        assert statuses == {100, 200, 487}
        cps.release.set()
        element.note("as.published")
        peer.nothing(0.05)
    assert not element.notes("as.answered")


def test_cancel_that_belongs_to_nothing(peer):
    call = peer.invite(URI, CALLER)
    peer.expect("INVITE")
    call.new_branch()
    peer.cancel(call)
    peer.expect(481)


# --- what goes wrong ---


def test_no_hops_left(peer):
    peer.invite(URI, CALLER, max_forwards=0)
    assert peer.expect(483).start == "SIP/2.0 483 Too Many Hops"


@pytest.mark.parametrize("route", ["<sip:nobody.example;lr>", "<sip:127.0.0.1:1;lr>", "<sips:127.0.0.1;lr>"])
def test_next_hop_that_cannot_be_reached(peer, route):
    peer.invite(URI, CALLER, routes=[f"Route: <sip:{peer.service};lr>", f"Route: {route}"])
    got = peer.expect(500)
    assert got.get("Reason") == 'SIP;cause=503;text="next hop cannot be reached"'


def test_loop_is_refused(peer):
    """The next Route is the service itself: it comes again with the same numbers in it."""
    peer.invite(URI, CALLER, routes=[f"Route: <sip:{peer.service};lr>, <sip:{peer.service};lr>, {peer.back()}"])
    peer.expect(482)


def test_stops_with_calls_under_way(peer):
    through(peer)
    through(peer)
    peer.element.stop()


def test_many_calls_leave_nothing_behind(peer):
    """What a sanitizer build would complain of at the end; a fixture ends the element, with exit code 0."""
    for i in range(50):
        call, back = through(peer)
        if i % 2:
            peer.reply(back, 200, "OK")
            peer.expect(200)
            continue
        peer.reply(back, 486, "Busy Here")
        seen = {m.status or m.method: m for m in (peer.expect_any("ACK", 486), peer.expect_any("ACK", 486))}
        peer.ack(call, seen[486])


# --- UDP ---


def udp(peer, **how):
    call = peer.invite(URI, CALLER, transport="udp", **how)
    return call, peer.expect("INVITE")


def test_over_udp(world, peer):
    call, back = udp(peer)
    assert verifies(back.get("Identity").split(";")[0], world.osp.key.public_key())
    assert back.get("Via").startswith("SIP/2.0/UDP")
    peer.reply(back, 200, "OK")
    assert peer.expect(200).branch == call.branch


def test_retransmission_over_udp_is_not_signed_again(peer):
    call, back = udp(peer)
    peer.send(peer.service_addr, call.octets, "udp")
    peer.send(peer.service_addr, call.octets, "udp")
    peer.reply(back, 180)
    peer.expect(180)
    assert len(peer.element.notes("as.signed")) == 1


def test_lost_invite_is_sent_again_over_udp(peer):
    _, first = udp(peer)
    again = peer.expect("INVITE")  # after T1 = 500 ms without a response
    assert again.octets == first.octets
    peer.reply(again, 180)
    peer.expect(180)


def test_udp_to_tcp(ref_as, net):
    element = ref_as()
    with cscf(net(4), element) as peer:
        back = f"<sip:{peer.addr}:5060;lr;transport=tcp>"
        call = peer.invite(URI, CALLER, transport="udp", routes=[f"Route: <sip:{peer.service};lr;transport=udp>, {back}"])
        came = peer.expect("INVITE")
        assert came.get("Via").startswith("SIP/2.0/TCP")
        peer.reply(came, 486, "Busy Here")
        assert {m.status or m.method for m in (peer.expect_any(486, "ACK"), peer.expect_any(486, "ACK"))} == {486, "ACK"}
        peer.ack(call, came)
