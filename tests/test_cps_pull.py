"""ref-cps as an STI-VS sees it: the private interface, and how PASSporTs go (CPS-07 to CPS-13)."""

import contextlib
import datetime
import socket
import time
import uuid

import pytest

from cps_kit import COMPANY, NAME, PRIVATE, check_problem
from cps_kit import call, cps, element, own, world  # noqa: F401  fixtures
from stirkit import Https, div, shaken, sign


# --- CPS-07, CPS-08: retrieval is private ---


# proves: CPS-07
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_nothing_can_be_retrieved_from_the_public_side(cps, call, method):
    token = cps.token(call)
    cps.post(token)
    for path in (cps.pull_path(call), f"/cps/company/{COMPANY}", f"/cps/{call[1]}/ppts", "/"):
        answer = cps.post(None, method=method, path=path)
        assert answer.status in (400, 404, 405) and token.encode() not in answer.body
    assert cps.pull(call) == [token]


# proves: CPS-08
def test_pull_without_client_certificate(cps, call):
    cps.post(cps.token(call))
    with contextlib.closing(Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root)) as conn:
        check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")
    assert len(cps.pull(call)) == 1


# proves: CPS-08
def test_pull_with_a_foreign_client_certificate(cps, call):
    cps.post(cps.token(call))
    foreign = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.foreign)
    with contextlib.closing(foreign) as conn:
        got = check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")
    assert "vs.other.example" in got["detail"]
    assert len(cps.pull(call)) == 1


# proves: CPS-08
def test_pull_with_the_right_name_from_another_ca(cps, call):
    """An STI-CA does not vouch for TLS names, even under the right one."""
    cps.post(cps.token(call))
    cert = cps.world.pki.tls("vs.tsp.example", ca=cps.world.pki.rogue.root)
    conn = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cert)
    with contextlib.closing(conn):
        check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")
    assert len(cps.pull(call)) == 1


# proves: CPS-08
def test_pull_with_an_expired_client_certificate(cps, call):
    yesterday = datetime.datetime.utcnow() - datetime.timedelta(days=1)
    cert = cps.world.pki.tls("vs.tsp.example", not_after=yesterday)
    conn = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cert)
    with contextlib.closing(conn):
        check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_private_side_takes_put_only(cps, call, method):
    cps.post(cps.token(call))
    answer = cps.private.ask(method, cps.pull_path(call))
    check_problem(answer, 405, "method", "request")
    assert answer.headers["Allow"] == "PUT"
    assert len(cps.pull(call)) == 1


@pytest.mark.parametrize(
    "path", ["/", "/calls/", "/calls", f"/cps/company/{COMPANY}", "/calls/a/b", "/calls/" + "x" * 65]
)
def test_private_side_other_paths(cps, path):
    check_problem(cps.private.ask("PUT", path + "?orig=12015550100&dest=19035550100"), 404, "path", "request")


@pytest.mark.parametrize(
    "query",
    ["", "?orig=12015550100", "?dest=12015550100", "?orig=&dest=12015550100", "?orig=abc&dest=12015550100"]
    + ["?orig=12015550100&dest=1234567890123456", "?orig=12015550100&dest=19035550100&wait_ms=soon"]
    + ["?orig=12015550100&dest=19035550100&wait_ms=-1", "?orig=12015550100&dest=19035550100&wait_ms="]
    + ["?orig=12015550100&dest=19035550100&wait_ms=99999999999999999999"],
)
def test_bad_query(cps, query):
    check_problem(cps.private.ask("PUT", f"/calls/{uuid.uuid4()}{query}"), 400, "query", "request")


# --- CPS-09, CPS-13: pull ---


# proves: CPS-09 CPS-13
def test_pull_deletes(cps, call):
    token = cps.token(call)
    cps.post(token)
    assert cps.pull(call) == [token]
    assert cps.pull(call) == []


def test_numbers_of_the_pull_may_be_written_as_people_do(cps, call):
    token = cps.token(call)
    cps.post(token)
    assert cps.pull((f"%2B{call[0]}", f"{call[1][:4]}-{call[1][4:]}")) == [token]


def test_same_call_again_gets_the_same_answer(cps, call):
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    assert [cps.pull(call, call_id=call_id) for _ in range(3)] == [[token]] * 3
    assert cps.pull(call) == []
    assert len(cps.notes("cps.deleted", call)) == 1


def test_same_call_again_after_nothing_came(cps, call):
    call_id = uuid.uuid4()
    assert cps.pull(call, call_id=call_id) == []
    cps.post(cps.token(call))
    assert cps.pull(call, call_id=call_id) == []
    assert len(cps.pull(call)) == 1


def test_same_call_id_for_other_numbers(cps, call):
    call_id = uuid.uuid4()
    cps.pull(call, call_id=call_id)
    answer = cps.private.ask("PUT", cps.pull_path((call[1], call[0]), call_id=call_id))
    got = check_problem(answer, 400, "call-id", "request")
    assert call[0] in got["detail"] and call[1] in got["detail"]


def test_answers_are_kept_for_a_bounded_number_of_calls(own, call):
    cps = own(calls={"max": 2, "keep_s": 60})
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    assert cps.pull(call, call_id=call_id) == [token]
    for _ in range(2):
        cps.pull((call[1], call[0]))
    assert cps.pull(call, call_id=call_id) == []


def test_answers_are_kept_for_a_bounded_time(own, call):
    cps = own(calls={"keep_s": 1})
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    assert cps.pull(call, call_id=call_id) == [token]
    assert cps.pull(call, call_id=call_id) == [token]
    cps.element.wait(lambda: cps.pull(call, call_id=call_id) == [])


def test_lost_answer_loses_nothing(cps, call):
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    lost = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    lost.send_request("PUT", cps.pull_path(call, call_id=call_id))
    cps.element.wait(lambda: cps.notes("cps.handed_over", call))
    lost.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset, not closed in order
    lost.close()
    assert cps.pull(call, call_id=call_id) == [token]


# proves: CPS-13
def test_pull_waits_and_is_woken(cps, call):
    token = cps.token(call)
    cps.private.send_request("PUT", cps.pull_path(call, 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    sent = time.monotonic()
    assert cps.post(token).status == 201
    answer = cps.private.answer()
    assert (answer.status, answer.body.decode()) == (200, token)
    assert time.monotonic() - sent < 1
    assert cps.notes("cps.waiting", call)[0]["data"] == {"wait_ms": 2000}
    assert cps.notes("cps.handed_over", call)[0]["data"]["count"] == 1
    assert cps.pull(call) == []


def test_wait_is_woken_by_any_pair_of_the_request(cps, call):
    tokens = [cps.token(call), sign(div(call[0], call[1] + "9", call[1]), cps.world.osp, ppt="div")]
    cps.private.send_request("PUT", cps.pull_path((call[0], call[1] + "9"), 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", (call[0], call[1] + "9")))
    cps.post("\n".join(tokens))
    assert cps.private.answer().body.decode().split("\n") == tokens


def test_refused_passport_wakes_nobody(cps, call):
    cps.private.send_request("PUT", cps.pull_path(call, 150))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    assert cps.post(cps.token(call, key=cps.world.other.key)).status == 403
    assert cps.private.answer().status == 204


def test_wait_ends(cps, call):
    began = time.monotonic()
    assert cps.pull(call, 100) == []
    assert 0.09 < time.monotonic() - began < 1


def test_no_wait_is_no_wait(cps, call):
    began = time.monotonic()
    assert cps.pull(call) == [] and cps.pull(call, 0) == []
    assert time.monotonic() - began < 0.5
    assert not cps.notes("cps.waiting", call)


def test_wait_is_bounded(own, call):
    cps = own(max_wait_ms=100)
    began = time.monotonic()
    assert cps.pull(call, 3600000) == []
    assert time.monotonic() - began < 2
    assert cps.notes("cps.waiting", call)[0]["data"] == {"wait_ms": 100}


def test_peer_that_stops_waiting_loses_nothing(cps, call):
    gone = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    call_id = uuid.uuid4()
    gone.send_request("PUT", cps.pull_path(call, 2000, call_id))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    gone.close()
    cps.pull(call, 50)  # the CPS has seen the other go by now
    token = cps.token(call)
    cps.post(token)
    assert not cps.notes("cps.handed_over", call)
    assert cps.pull(call, call_id=call_id) == [token]


def test_two_wait_for_the_same_numbers(cps, call):
    second = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    tokens = [cps.token(call), cps.token(call)]
    with contextlib.closing(second):
        for n, conn in enumerate((cps.private, second), 1):
            conn.send_request("PUT", cps.pull_path(call, 2000))
            cps.element.wait(lambda n=n: len(cps.notes("cps.waiting", call)) == n)
        for token in tokens:
            cps.post(token)
        assert [c.answer().body.decode() for c in (cps.private, second)] == tokens


def test_same_call_waits_twice(cps, call):
    """The STI-VS gave up its connection and asks again: both get the same."""
    second = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    token, call_id = cps.token(call), uuid.uuid4()
    with contextlib.closing(second):
        for n, conn in enumerate((cps.private, second), 1):
            conn.send_request("PUT", cps.pull_path(call, 2000, call_id))
            cps.element.wait(lambda n=n: len(cps.notes("cps.waiting", call)) == n)
        cps.post(token)
        assert [c.answer().body.decode() for c in (cps.private, second)] == [token] * 2


# proves: CPS-13
def test_persistent_connection_is_reused(cps, call):
    ids = [uuid.uuid4() for _ in range(3)]
    for call_id in ids:
        cps.pull(call, call_id=call_id)
    conns = {
        e["conn"]
        for e in cps.element.trace()
        if e["kind"] == "https" and e["dir"] == "rx" and any(str(i) in e.get("raw", "") for i in ids)
    }
    assert len(conns) == 1


# --- CPS-10: stale ---


# proves: CPS-10
def test_stale_is_deleted(own, call):
    cps = own(store={"freshness_s": 1})
    cps.post(sign(shaken(*call, iat=int(time.time())), cps.world.osp))
    cps.post(sign(shaken(call[1], call[0], iat=int(time.time())), cps.world.osp))
    cps.element.note("cps.deleted", 2)
    assert [e["data"] for e in cps.element.notes("cps.deleted")] == [
        {"why": "stale", "count": 1, "size": 1},
        {"why": "stale", "count": 1, "size": 0},
    ]
    assert len(cps.notes("cps.deleted", call)) == 1
    assert cps.pull(call) == []


def test_freshness_of_the_verification_is_configured(own, world, call):
    cps = own(trust=world.pki.trust_conf(freshness_s=5))
    stale = sign(shaken(*call, iat=int(time.time()) - 8), world.osp)
    check_problem(cps.post(stale), 403, "stale", "fresh", 0)
    assert cps.post(sign(shaken(*call, iat=int(time.time()) - 2), world.osp)).status == 201


def test_clock_of_its_own(own, call):
    cps = own("--clock-offset", "3600")
    check_problem(cps.post(cps.token(call)), 403, "stale", "fresh", 0)
    assert cps.post(sign(shaken(*call, iat=int(time.time()) + 3600), cps.world.osp)).status == 201


# --- CPS-11, CPS-12: overload ---


# proves: CPS-11 CPS-12
def test_full_store(own, call):
    cps = own(store={"max": 1})
    assert cps.post(cps.token(call)).status == 201
    answer = cps.post(cps.token((call[0], "19035550100")))
    check_problem(answer, 503, "overload", "request")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert len(cps.pull(call)) == 1
    assert cps.post(cps.token((call[0], "19035550100"))).status == 201


# proves: CPS-11 CPS-12
def test_request_that_does_not_fit_whole(own, call):
    cps = own(store={"max": 2})
    cps.post(cps.token(call))
    two = [sign(shaken(call[0], call[1] + d), cps.world.osp) for d in "12"]
    answer = cps.post("\n".join(two))
    check_problem(answer, 503, "overload", "store")
    assert int(answer.headers["Retry-After"]) >= 1
    assert cps.pull((call[0], call[1] + "1")) == []
