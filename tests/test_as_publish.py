"""How ref-as publishes: one request or several (AS-12, AS-13), again after 429, 503 and lost connections, and no longer than
the PASSporTs are fresh (AS-15)."""

import itertools
import threading
import time

import pytest

from standin import Cscf, StandIn
from stirkit import decode, run, shaken, sign
from test_as import CPS_HOST, PATH, X5U, conf, cps, ref_as, world  # noqa: F401  pylint: disable=unused-import

URL = f"https://{CPS_HOST}:8443{PATH}"
ORIG, DEST = "12013776051", "19032469103"


@pytest.fixture
def quick(conf):
    """Short pauses."""
    conf["publish"] = {"backoff_ms": 20, "backoff_max_ms": 100}
    return conf["publish"]


def ask(element, *headers):
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(headers=headers)
    assert answer.status == 302
    return answer.tokens()


def answers(*list_of):
    """answer(request) of a CPS that gives these one after another, and 201 then. One is (status, headers)."""
    left = itertools.chain(list_of, itertools.repeat((201, {})))
    lock = threading.Lock()

    def answer(_):
        with lock:
            status, headers = next(left)
        return status, headers, b""
    return answer


def notes(element, *what):
    return [(e["what"], e["data"]) for e in element.trace() if e["kind"] == "note" and e["what"] in what]


# --- one request or several ---


# proves: AS-13
def test_split_makes_a_request_for_each(world, conf, ref_as, cps):
    conf["publish"] = {"split": True}
    conf["extra_passports"] = [{"ppt": "rph", "claims": {"rph": {"auth": ["ets.0"]}}}]
    brought = sign(shaken(ORIG, DEST), world.osp)
    element = ref_as()
    own = ask(element, f"Identity: {brought};info=<{X5U}>;ppt=shaken")
    element.note("as.published", 3)
    assert sorted(r.body.decode() for r in cps.requests) == sorted([brought, *own])
    assert all(r.headers["Content-Type"] == "application/passport" for r in cps.requests)
    assert [note["data"]["count"] for note in element.notes("as.publish")] == [1, 1, 1]


# proves: AS-10 AS-12
def test_together_otherwise(world, ref_as, cps):
    brought = sign(shaken(ORIG, DEST), world.osp)
    (own,) = ask(ref_as(), f"Identity: {brought};info=<{X5U}>;ppt=shaken")
    assert cps.request().body.decode() == f"{brought}\n{own}"
    assert len(cps.requests) == 1


def test_split_is_bounded_too(conf, ref_as, cps):
    cps.answer = cps.hold
    conf["publish"] = {"split": True, "max_queue": 2}
    conf["extra_passports"] = [{"ppt": f"x{i}", "claims": {"x": i}} for i in range(3)]
    element = ref_as()
    ask(element)
    assert len(element.notes("as.publish")) == 2
    assert [e["data"]["error"] for e in element.notes("as.publish_failed")] == ["too many POSTs are under way"] * 2


def test_split_and_the_fault_that_waits(conf, ref_as, cps):
    conf["publish"] = {"split": True}
    conf["extra_passports"] = [{"ppt": "rph", "claims": {"rph": {}}}]
    conf["faults"] = {"wait_for_cps": True}
    element = ref_as()
    ask(element)
    assert element.note("as.answered")["t"] > element.note("as.published", 2)["t"]


# --- again ---


# proves: AS-15
@pytest.mark.parametrize("status", [429, 503])
def test_again_after_overload(quick, ref_as, cps, status):
    cps.answer = answers((status, {}), (status, {}))
    element = ref_as()
    (token,) = ask(element)
    element.note("as.published", 3)
    assert [r.body.decode() for r in cps.requests] == [token] * 3
    assert [e["data"]["status"] for e in element.notes("as.published")] == [status, status, 201]
    assert [e["data"].get("attempt") for e in element.notes("as.publish")] == [None, 2, 3]
    assert [data["why"] for _, data in notes(element, "as.retry")] == [f"the CPS answered {status}"] * 2
    assert not element.notes("as.gave_up")


def test_pauses_grow_and_differ(quick, ref_as, cps):
    cps.answer = answers(*[(503, {})] * 12)
    quick.update(backoff_ms=40, backoff_max_ms=1000)
    element = ref_as()
    for _ in range(8):
        ask(element)
    element.wait(lambda: len([r for r in element.notes("as.published") if r["data"]["status"] == 201]) == 8)
    first = [data["wait_ms"] for what, data in notes(element, "as.retry")]
    assert all(20 <= ms <= 160 for ms in first)
    assert len(set(first)) > 1


# proves: AS-15
def test_repetitions_are_bounded(quick, ref_as, cps):
    cps.answer = lambda request: (503, {}, b"")
    quick["retries"] = 2
    element = ref_as()
    ask(element)
    assert element.note("as.gave_up")["data"] == {"url": URL, "why": "repeated often enough"}
    assert len(cps.requests) == 3


def test_no_repetition_when_so_configured(quick, ref_as, cps):
    cps.answer = lambda request: (503, {}, b"")
    quick["retries"] = 0
    element = ref_as()
    ask(element)
    element.note("as.gave_up")
    assert len(cps.requests) == 1


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500, 502])
def test_other_answers_are_final(quick, ref_as, cps, status):
    cps.answer = lambda request: (status, {}, b"")
    element = ref_as()
    ask(element)
    assert element.note("as.published")["data"]["status"] == status
    assert not element.notes("as.retry") and not element.notes("as.gave_up")


def test_connection_that_breaks_before_an_answer(quick, ref_as, cps):
    calls = itertools.count()

    def answer(_):
        if next(calls) == 0:
            raise ConnectionError
        return 201, {}, b""
    cps.answer = answer
    element = ref_as()
    ask(element)
    assert element.note("as.published")["data"]["status"] == 201
    assert [what for what, _ in notes(element, "as.publish_failed", "as.retry", "as.published")] == [
        "as.publish_failed", "as.retry", "as.published"]


def test_cps_that_comes_up_in_time(quick, world, ref_as, net):
    quick.update(backoff_ms=100, backoff_max_ms=100, retries=10)
    element = ref_as()
    (token,) = ask(element)
    element.note("as.retry")
    with StandIn(net(3), 8443, world.cps) as late:
        assert late.request().body.decode() == token
        assert element.note("as.published")["data"]["status"] == 201


def test_cps_that_is_slow_is_not_asked_again(quick, ref_as, cps):
    cps.answer = cps.hold
    quick["timeout_ms"] = 100
    element = ref_as()
    ask(element)
    element.note("as.publish_failed")
    assert not element.notes("as.retry")


def test_wrong_certificate_is_not_tried_again(quick, conf, world, ref_as, net):
    conf["https"]["resolve"] = {"other.example": net(3)}
    conf["cps"]["5678"] = f"https://other.example:8443{PATH}"
    with StandIn(net(3), 8443, world.cps):
        element = ref_as()
        ask(element)
        element.note("as.publish_failed")
    assert not element.notes("as.retry")


# --- Retry-After ---


# proves: AS-15
def test_retry_after_is_the_least_that_is_waited(quick, ref_as, cps):
    cps.answer = answers((429, {"Retry-After": "1"}))
    element = ref_as()
    begin = time.monotonic()
    ask(element)
    assert element.note("as.published", 2)["data"]["status"] == 201
    assert time.monotonic() - begin >= 1
    assert 1000 <= element.note("as.retry")["data"]["wait_ms"] <= 1020


# proves: AS-15
def test_retry_after_as_a_date(quick, ref_as, cps):
    cps.answer = answers((503, {"Retry-After": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 30)),
                                "Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())}))
    element = ref_as()
    ask(element)
    assert 28000 <= element.note("as.retry")["data"]["wait_ms"] <= 31100


# proves: AS-15
def test_retry_after_concerns_the_next_calls_too(quick, ref_as, cps):
    cps.answer = answers((503, {"Retry-After": "1"}))
    element = ref_as()
    ask(element)
    element.note("as.retry")
    ask(element)
    second = element.note("as.retry", 2)["data"]
    assert second["why"] == "the CPS has asked for a pause"
    assert 0 < second["wait_ms"] <= 1100
    assert len(cps.requests) == 1
    element.note("as.published", 3)
    assert len(cps.requests) == 3


def test_other_cps_is_not_paused(quick, conf, world, ref_as, cps, net):
    conf["numbers"].append({"prefix": "1312", "ocn": "0002"})
    conf["cps"]["0002"] = f"https://{CPS_HOST}:8443/cps/company/0002"
    cps.answer = lambda request: (503, {"Retry-After": "30"}, b"") if request.path == PATH else (201, {}, b"")
    element = ref_as()
    ask(element)
    element.note("as.retry")
    with Cscf(element.ready["sip"]) as cscf:
        cscf.ask("sip:+13125550100@osp.example")
    assert element.note("as.published", 2)["data"]["status"] == 201


# proves: AS-15
@pytest.mark.parametrize("seconds", [60, 3600, 2147483647])
def test_never_beyond_freshness(quick, ref_as, cps, seconds):
    cps.answer = answers((503, {"Retry-After": str(seconds)}))
    element = ref_as()
    ask(element)
    assert element.note("as.gave_up")["data"] == {"url": URL, "why": "its PASSporTs would be stale by then"}
    ask(element)  # the pause goes beyond the freshness of this one too
    element.note("as.gave_up", 2)
    assert len(cps.requests) == 1


# proves: AS-15
def test_oldest_passport_of_a_bundle_counts(quick, world, ref_as, cps):
    cps.answer = answers((503, {"Retry-After": "10"}))
    old = sign(shaken(ORIG, DEST, iat=int(time.time()) - 55), world.osp)
    element = ref_as()
    ask(element, f"Identity: {old};info=<{X5U}>;ppt=shaken")
    element.note("as.gave_up")


def test_freshness_is_the_configured_one(quick, conf, ref_as, cps):
    conf["freshness_s"] = 5
    cps.answer = answers((503, {"Retry-After": "6"}))
    element = ref_as()
    ask(element)
    element.note("as.gave_up")


# --- bounds ---


def test_what_waits_counts_in_the_queue(quick, ref_as, cps):
    quick["max_queue"] = 1
    cps.answer = answers((503, {"Retry-After": "20"}))
    element = ref_as()
    ask(element)
    element.note("as.retry")
    ask(element)
    assert element.note("as.publish_failed")["data"]["error"] == "too many POSTs are under way"


# proves: AS-07
def test_calls_do_not_notice(quick, ref_as, cps):
    cps.answer = lambda request: (503, {"Retry-After": "20"}, b"")
    element = ref_as()
    for _ in range(5):
        (token,) = ask(element)
        assert decode(token)[1]["orig"] == {"tn": ORIG}


def test_sigterm_while_something_waits(quick, ref_as, cps):
    cps.answer = answers((503, {"Retry-After": "20"}))
    element = ref_as()
    ask(element)
    element.note("as.retry")
    element.stop()


@pytest.mark.parametrize("member,value", [("retries", 11), ("retries", -1), ("backoff_ms", 0), ("backoff_max_ms", 60001),
                                          ("split", 1)])
def test_bad_configuration(conf, tmp_path, member, value):
    conf["publish"] = {member: value}
    code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2
    assert f"/publish/{member}" in err
