"""ref-cps of a transit provider (DISC-13): what is about another carrier's numbers is sent on by CIC, unopened."""

import contextlib
import json
import threading
import time

import pytest

import stirkit
from cps_bad import REFUSED
from cps_kit import COMPANY, NAME, PUBLIC, TYPE, Client, call, check_problem, own, problem, world  # noqa: F401  fixtures
from stirkit import div, https_server, shaken, sign

TRANSIT = "cps.transit.example"
NEXT = f"https://{NAME}:{PUBLIC}/cps/company/{COMPANY}"


def forward_conf(prefix="1903", name=TRANSIT, url=NEXT, **more):
    return {"name": name, "numbers": [{"prefix": prefix, "cic": "+10288"}], "cps": {"+10288": url}} | more


@pytest.fixture
def cpss(world, net):
    """Start CPSs beside one another: cpss(n, members…) is one at net(n), which reaches cps.tsp.example at net(to)"""
    with contextlib.ExitStack() as stack:

        def make(n, to=None, **more):
            https = world.pki.https_conf(cps_tsp_example=net(to)) if to else world.pki.https_conf()
            element = stack.enter_context(world.start(net(n), https=https, **more))
            return stack.enter_context(contextlib.closing(Client(world, net(n), element)))

        yield make


@pytest.fixture
def transit(cpss):
    """(CPS of the transit provider, CPS of the TSP)"""
    last = cpss(4)
    return cpss(3, to=4, forward=forward_conf()), last


def posts(element):
    """Bodies and heads of the POSTs that came"""
    raw = [e["raw"] for e in element.trace() if e["kind"] == "https" and e["dir"] == "rx" and e["msg"] == "request"]
    return [r.split("\r\n\r\n", 1) for r in raw if r.startswith("POST")]


# --- sent on ---


# proves: DISC-13
def test_sent_on_unchanged_and_not_kept(transit, call):
    first, last = transit
    token = first.token(call)
    answer = first.post(token)
    assert (answer.status, answer.body) == (201, b"")
    assert first.pull(call) == []
    assert last.pull(call) == [token]
    data = first.notes("cps.forwarded", call)[0]["data"]
    assert (data["url"], data["count"], data["status"]) == (NEXT, 1, 201)
    assert not first.element.notes("cps.stored") and not first.element.notes("cps.deleted")


# proves: DISC-13
def test_same_grouping_and_order(transit, call):
    first, last = transit
    tokens = [sign(shaken(*call), first.world.osp, ppt="x-test"), first.token(call)]
    tokens.append(sign(div(call[0], call[1] + "1", call[1]), first.world.other, ppt="div"))
    assert first.post("\r\n".join(tokens) + "\r\n").status == 201
    assert [body for _, body in posts(last.element)] == ["\n".join(tokens)]
    assert last.pull((call[0], call[1] + "1"), 2000) == tokens


def test_request_to_the_next(transit, call):
    first, last = transit
    first.post(first.token(call))
    head = posts(last.element)[0][0].split("\r\n")
    assert head[0] == f"POST /cps/company/{COMPANY} HTTP/1.1"
    assert f"Host: {NAME}:{PUBLIC}" in head
    assert "Content-Type: application/passport" in head
    assert f"Via: 1.1 {TRANSIT}" in head


def test_other_numbers_stay(transit, call):
    first, last = transit
    token = first.token((call[1], call[0]))
    assert first.post(token).status == 201
    assert first.pull((call[1], call[0])) == [token]
    assert posts(last.element) == []


# proves: DISC-13
def test_longest_prefix_and_its_carrier(cpss, call):
    other = f"https://{NAME}:{PUBLIC}/cps/company/567A"
    numbers = [{"prefix": "1903", "cic": "0288"}, {"prefix": call[1], "cic": "0222"}]
    forward = {"name": TRANSIT, "numbers": numbers, "cps": {"0288": NEXT, "0222": other}}
    last, first = cpss(4), cpss(3, to=4, forward=forward)
    assert first.post(first.token(call)).status == 201
    assert first.notes("cps.forwarded", call)[0]["data"]["url"] == other
    assert last.element.note("cps.received")["data"]["company"] == "567A"


def test_a_retargeted_call_goes_by_its_last_number(transit, call):
    """The toll-free number was diverted from: what counts is where the call goes."""
    first, last = transit
    tokens = [first.token(call), sign(div(call[0], call[0][:-1], call[1]), first.world.other, ppt="div")]
    assert first.post("\n".join(tokens)).status == 201
    assert first.pull((call[0], call[0][:-1])) == tokens
    assert posts(last.element) == []


def test_retargeted_to_a_number_of_the_carrier(transit, call):
    first, last = transit
    orig, local = call[0], "12015550100"
    tokens = [first.token((orig, local)), sign(div(orig, call[1], local), first.world.other, ppt="div")]
    assert first.post("\n".join(tokens)).status == 201
    assert last.pull(call, 2000) == tokens


# --- verified like all ---


# proves: CPS-04 CPS-06
@pytest.mark.parametrize("name", ["not-a-token", "unknown-root", "certificate-revoked", "other-key", "stale"])
def test_refused_is_not_sent_on(transit, call, name):
    first, last = transit
    make, status, reason, check = REFUSED[name]
    check_problem(first.post(make(first.world, call)), status, reason, check, 0)
    assert posts(last.element) == []


def test_one_bad_one_good(transit, call):
    first, last = transit
    bad = first.token(call, key=first.world.other.key)
    check_problem(first.post(first.token(call) + "\n" + bad), 403, "signature", "signature", 1)
    assert posts(last.element) == []


# --- the answer of the next ---


class Next:
    """A stand-in for the next CPS"""

    def __init__(self, status=201, headers=None, body=b"", wait=None):
        self.answer, self.wait, self.requests = (status, headers or {}, body), wait, []

    def __call__(self, request):
        self.requests.append(request)
        if self.wait:
            self.wait.wait(5)
        return self.answer


@pytest.fixture
def standin(cpss, world, net):
    """standin(Next(…), members of forward…): a CPS that sends on to it"""
    with contextlib.ExitStack() as stack:

        def make(next_cps, **more):
            stack.enter_context(https_server(net(4), PUBLIC, *world.cert, next_cps))
            return cpss(3, to=4, forward=forward_conf(**more))

        yield make


def test_refusal_of_the_next_is_the_answer(cpss, call):
    """It trusts nobody: its own problem comes back."""
    last = cpss(4, companies=["9999"])
    first = cpss(3, to=4, forward=forward_conf())
    check_problem(first.post(first.token(call)), 404, "wrong-company", "request")
    assert first.notes("cps.forwarded", call)[0]["data"]["status"] == 404
    assert last.element.notes("cps.refused")


@pytest.mark.parametrize("status", [429, 503])
def test_overload_of_the_next_comes_back(cpss, call, status):
    """Whoever published comes again: nothing queues up at the transit provider."""
    cpss(4, faults={"answer_status": status, "retry_after_s": 7})
    first = cpss(3, to=4, forward=forward_conf())
    answer = first.post(first.token(call))
    check_problem(answer, status, "overload", "request")
    assert answer.headers["Retry-After"] == "7"
    assert first.post(first.token(call)).status == 201


def test_other_answers_come_back(standin, call):
    first = standin(Next(202, {"Content-Type": "text/plain"}, b"later"))
    answer = first.post(first.token(call))
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (202, "text/plain", b"later")


def test_next_is_down(cpss, call):
    first = cpss(3, to=4, forward=forward_conf())
    answer = first.post(first.token(call))
    got = check_problem(answer, 503, "next-cps", "request")
    assert NEXT in got["detail"] and answer.headers["Retry-After"] == "1"
    assert NAME in first.notes("cps.forward_failed", call)[0]["data"]["error"]
    assert first.notes("cps.refused", call)
    assert first.pull(call) == []


def test_next_is_slow(standin, call):
    release = threading.Event()
    first = standin(Next(wait=release), timeout_ms=100)
    check_problem(first.post(first.token(call)), 504, "next-cps", "request")
    release.set()


def test_next_has_another_certificate(cpss, world, net, call):
    cert, key = world.pki.tls("other.example")
    with https_server(net(4), PUBLIC, cert, key, Next()):
        first = cpss(3, to=4, forward=forward_conf())
        check_problem(first.post(first.token(call)), 502, "next-cps", "request")


def test_next_says_too_much(standin, call):
    first = standin(Next(500, {}, b"x" * 100000))
    check_problem(first.post(first.token(call)), 502, "next-cps", "request")


def test_publisher_that_goes_away(standin, call):
    """What was received goes its way all the same."""
    release = threading.Event()
    next_cps = Next(wait=release)
    first = standin(next_cps)
    first.public.send_request("POST", f"/cps/company/{COMPANY}", first.token(call), TYPE)
    first.element.wait(lambda: next_cps.requests)
    first.public.close()
    release.set()
    assert first.element.note("cps.forwarded")["data"]["status"] == 201


def test_stops_while_it_sends_on(standin, call):
    release = threading.Event()
    next_cps = Next(wait=release)
    first = standin(next_cps)
    first.public.send_request("POST", f"/cps/company/{COMPANY}", first.token(call), TYPE)
    first.element.wait(lambda: next_cps.requests)
    first.element.stop()
    release.set()


def test_persistent_connection_to_the_next(transit, call):
    first, last = transit
    for _ in range(3):
        first.post(first.token(call))
    conns = {
        e["conn"]
        for e in last.element.trace()
        if e["kind"] == "https" and e["dir"] == "rx" and e["raw"].startswith("POST")
    }
    assert len(conns) == 1


# --- loops ---


def test_two_that_send_to_each_other(cpss, call):
    one = cpss(3, to=4, forward=forward_conf(name="one.example"))
    other = cpss(4, to=3, forward=forward_conf(name="other.example"))
    got = check_problem(one.post(one.token(call)), 508, "loop", "request")
    assert "one.example" in got["detail"] and "1.1 one.example, 1.1 other.example" in got["detail"]
    assert [n["data"]["status"] for n in other.notes("cps.forwarded", call)] == [508]
    assert len(posts(one.element)) == 2 and len(posts(other.element)) == 1


def test_one_that_sends_to_itself(cpss, call):
    one = cpss(3, to=3, forward=forward_conf())
    check_problem(one.post(one.token(call)), 508, "loop", "request")


VIA_LOOP = [
    f"1.1 {TRANSIT}",
    f"1.1 cps.osp.example, 1.1 {TRANSIT}",
    f"HTTP/1.1 {TRANSIT.upper()} (ref-cps)",
    f"1.1 a.example (why, not),1.1\t{TRANSIT}",
    ",".join(["1.1 far.away.example"] * 60),
]


@pytest.mark.parametrize("via", VIA_LOOP, ids=range(len(VIA_LOOP)))
def test_via_that_is_a_loop(transit, call, via):
    first, last = transit
    answer = first.post(first.token(call), headers=TYPE | {"Via": via})
    check_problem(answer, 508, "loop", "request")
    assert posts(last.element) == []


@pytest.mark.parametrize("via", ["1.1 cps.osp.example", f"1.1 x{TRANSIT}, 1.0 {TRANSIT}x (1.1 y)", ",,", f"{TRANSIT}"])
def test_via_that_is_none(transit, call, via):
    first, last = transit
    assert first.post(first.token(call), headers=TYPE | {"Via": via}).status == 201
    assert f"\r\nVia: {via}, 1.1 {TRANSIT}\r\n" in posts(last.element)[0][0] + "\r\n"


def test_via_means_nothing_to_one_that_sends_nothing_on(own, call):
    cps = own()
    assert cps.post(cps.token(call), headers=TYPE | {"Via": f"1.1 {TRANSIT}"}).status == 201


# --- configuration ---


def refused(world, net, forward):
    code, _, err = stirkit.run("ref-cps", config=world.conf(net(3), forward=forward), folder=world.dir)
    assert code == 2
    return err


@pytest.mark.parametrize(
    "forward, text",
    [
        (forward_conf(url="http://x.example/"), "/forward/cps/+10288: expected an https URL"),
        (forward_conf() | {"cps": {"0222": NEXT}}, "/forward/numbers/0/cic: expected one of /forward/cps"),
        (forward_conf(prefix="+1903"), "/forward/numbers/0/prefix: expected 1 to 15 digits"),
        (forward_conf(name="a b"), "/forward/name: expected a host name"),
        (forward_conf() | {"numbers": []}, "/forward/numbers"),
        (forward_conf() | {"numbers": [{"prefix": "1903", "cic": "x"}]}, "/forward/numbers/0/cic: expected a CIC"),
        (forward_conf() | {"numbers": [{"prefix": "1903", "cic": "+10288"}] * 2}, "/forward/numbers/1/prefix"),
    ],
)
def test_bad_configuration(world, net, forward, text):
    assert text in refused(world, net, forward)


# --- overload on purpose (AS-15) ---


@pytest.mark.parametrize("status", [429, 503])
def test_overload_on_purpose(own, call, status):
    cps = own(faults={"answer_status": status, "answer_status_count": 2, "retry_after_s": 3})
    for _ in range(2):
        answer = cps.post(cps.token(call))
        got = check_problem(answer, status, "overload", "request")
        assert answer.headers["Retry-After"] == "3" and json.loads(answer.body) == got
    assert cps.pull(call) == []
    assert [n["data"]["status"] for n in cps.element.notes("cps.refused")] == [status] * 2
    assert not cps.element.notes("cps.received")
    assert cps.post(cps.token(call)).status == 201


def test_overload_without_retry_after_for_ever(own, call):
    cps = own(faults={"answer_status": 503, "answer_status_count": 0, "retry_after_s": -1})
    for _ in range(3):
        answer = cps.post(cps.token(call))
        assert answer.status == 503 and "Retry-After" not in answer.headers
        assert problem(answer)["reason"] == "overload"


def test_bad_requests_do_not_count_as_turned_away(own, call):
    cps = own(faults={"answer_status": 503})
    assert cps.post(cps.token(call), path="/cps/company/1111").status == 404
    assert cps.post(cps.token(call)).status == 503
    assert cps.post(cps.token(call)).status == 201


def test_status_of_no_overload_is_refused(world, net):
    conf = world.conf(net(3), faults={"answer_status": 500})
    code, _, err = stirkit.run("ref-cps", config=conf, folder=world.dir)
    assert code == 2 and "/faults/answer_status: expected 0, 429 or 503, got 500" in err


# proves: CPS-10
def test_stale_after_a_late_arrival(own, call):
    """E5: the call has gone on without; what arrives then is kept for nobody, and deleted when it is stale."""
    cps = own(store={"freshness_s": 1})
    assert cps.pull(call, 50) == []
    cps.post(sign(shaken(*call, iat=int(time.time())), cps.world.osp))
    assert cps.element.note("cps.deleted")["data"] == {"why": "stale", "count": 1, "size": 0}
