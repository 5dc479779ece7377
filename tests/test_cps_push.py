"""ref-cps pushes to its STI-VS (CPS-14): a stand-in takes, refuses, or is not there."""

import contextlib
import threading
import time

import pytest

import stirkit
from cps_kit import call, own, world  # noqa: F401  fixtures
from stirkit import div, https_server, shaken, sign

VS, PORT = "vs.tsp.example", 8444
URL = f"https://{VS}:{PORT}/passports"


class Vs:
    """A stand-in for the STI-VS: what came, by which connection, and what it answers"""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests, self.answers = [], []

    def __call__(self, request):
        with self.lock:
            self.requests.append(request)
            answer = self.answers.pop(0) if self.answers else 201
        if callable(answer):
            answer = answer()
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        return status, headers, b""

    def bodies(self):
        with self.lock:
            return [r.body.decode() for r in self.requests]


@contextlib.contextmanager
def serving(world, addr, vs, client_ca=None):
    cert, key = world.pki.tls(VS)
    with https_server(addr, PORT, cert, key, vs, client_ca or world.pki.web_root):
        yield vs


@pytest.fixture
def vs(world, net):
    with serving(world, net(4), Vs()) as vs:
        yield vs


def push_conf(world, addr, cert=None, **more):
    cert, key = cert or world.cert
    https = world.pki.https_conf(cert=cert, key=key, vs_tsp_example=addr)
    return {"url": URL, "https": https, "retry_ms": 20} | more


@pytest.fixture
def pushing(own, world, net):
    """A CPS that pushes to net(4): pushing(members of push…)"""
    return lambda _more=None, **push: own(push=push_conf(world, net(4), **push), **(_more or {}))


def note_data(cps, what, count=1):
    cps.element.note(what, count)
    return [e["data"] for e in cps.element.notes(what)]


# --- what is pushed ---


# proves: CPS-14
def test_pushed_as_it_arrives(pushing, vs, call):
    cps = pushing()
    token = cps.token(call)
    assert cps.post(token).status == 201
    data = note_data(cps, "cps.pushed")[0]
    assert (data["url"], data["count"], data["attempt"], data["status"]) == (URL, 1, 1, 201)
    request = vs.requests[0]
    assert (request.method, request.path) == ("POST", "/passports")
    assert request.headers["Content-Type"] == "application/passport"
    assert request.body.decode() == token
    assert cps.notes("cps.pushed", call)


# proves: CPS-14 CPS-15
def test_request_is_pushed_whole_and_unchanged(pushing, vs, call):
    cps = pushing()
    tokens = [cps.token(call), sign(div(call[0], call[1] + "1", call[1]), cps.world.other, ppt="div")]
    tokens.append(sign(shaken(*call), cps.world.osp, ppt="x-test"))
    cps.post("\r\n".join(tokens) + "\r\n")
    cps.element.note("cps.pushed")
    assert vs.bodies() == ["\n".join(tokens)]


def test_requests_are_pushed_one_by_one(pushing, vs, call):
    cps = pushing()
    tokens = [cps.token(call), sign(shaken(*call), cps.world.osp, ppt="x-test")]
    for token in tokens:
        cps.post(token)
    cps.element.note("cps.pushed", 2)
    assert sorted(vs.bodies()) == sorted(tokens)


def test_refused_is_not_pushed(pushing, vs, call):
    cps = pushing()
    assert cps.post(cps.token(call, key=cps.world.other.key)).status == 403
    good = cps.token(call)
    cps.post(good)
    cps.element.note("cps.pushed")
    assert vs.bodies() == [good]


def test_known_is_not_pushed_again(pushing, vs, call):
    cps = pushing()
    first, second = cps.token(call), cps.token((call[0], call[1] + "1"))
    for token in (first, first, second):
        assert cps.post(token).status == 201
    cps.element.note("cps.pushed", 2)
    assert sorted(vs.bodies()) == sorted([first, second])


def test_persistent_connection(pushing, vs, call):
    cps = pushing()
    for i in range(4):
        cps.post(cps.token((call[0], f"{call[1]}{i}")))
        cps.element.note("cps.pushed", i + 1)
    conns = {
        e["conn"]
        for e in cps.element.trace()
        if e["kind"] == "https" and e["dir"] == "tx" and "POST /passports" in e["raw"]
    }
    assert len(conns) == 1


# --- it stays until the call comes, or it is stale ---


# proves: CPS-09
def test_pushed_is_kept_until_the_call_comes(pushing, vs, call):
    cps = pushing()
    token = cps.token(call)
    cps.post(token)
    cps.element.note("cps.pushed")
    assert not cps.element.notes("cps.deleted")
    assert cps.pull(call, 0) == [token]
    assert [e["data"]["why"] for e in cps.element.notes("cps.deleted")] == ["call"]
    assert cps.pull(call, 0) == []


# proves: CPS-10
def test_pushed_goes_stale(pushing, vs, call):
    cps = pushing({"store": {"freshness_s": 1}})
    cps.post(sign(shaken(*call, iat=int(time.time())), cps.world.osp))
    cps.element.note("cps.pushed")
    assert cps.element.note("cps.deleted")["data"]["why"] == "stale"


def test_answer_to_the_publisher_does_not_wait_for_the_push(pushing, vs, call):
    release = threading.Event()
    vs.answers = [lambda: release.wait(5) and 201]
    cps = pushing(timeout_ms=5000)
    assert cps.post(cps.token(call)).status == 201
    assert not cps.element.notes("cps.pushed")
    release.set()
    cps.element.note("cps.pushed")


# --- trouble ---


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_tried_again(pushing, vs, call, status):
    cps = pushing()
    vs.answers = [status, status]
    token = cps.token(call)
    cps.post(token)
    assert note_data(cps, "cps.pushed")[0]["attempt"] == 3
    failed = note_data(cps, "cps.push_failed", 2)
    assert [f["attempt"] for f in failed] == [1, 2]
    assert failed[0]["error"] == f"status {status}"
    assert 20 <= failed[0]["retry_ms"] <= 25 and 40 <= failed[1]["retry_ms"] <= 50
    assert vs.bodies() == [token] * 3


@pytest.mark.parametrize("status", [400, 403, 404, 413, 302])
def test_not_tried_again(pushing, vs, call, status):
    cps = pushing()
    vs.answers = [status]
    token = cps.token(call)
    cps.post(token)
    failed = note_data(cps, "cps.push_failed")
    assert failed == [{"url": URL, "count": 1, "attempt": 1, "error": f"status {status}"}]
    assert cps.pull(call) == [token]
    assert len(vs.requests) == 1


def test_retry_after_counts(pushing, vs, call):
    cps = pushing()
    vs.answers = [(503, {"Retry-After": "1"})]
    cps.post(cps.token(call))
    assert note_data(cps, "cps.push_failed")[0]["retry_ms"] == 1000
    assert note_data(cps, "cps.pushed")[0]["attempt"] == 2


def test_tries_are_bounded(pushing, vs, call):
    cps = pushing(retries=2)
    vs.answers = [500] * 10
    token = cps.token(call)
    cps.post(token)
    failed = note_data(cps, "cps.push_failed", 3)
    assert ["retry_ms" in f for f in failed] == [True, True, False]
    assert cps.pull(call) == [token]  # the STI-VS may still ask
    assert len(vs.requests) == 3


def test_sti_vs_is_down_and_comes_back(pushing, world, net, call):
    cps = pushing(retries=20)
    token = cps.token(call)
    cps.post(token)
    failed = note_data(cps, "cps.push_failed")[0]
    assert VS in failed["error"] and net(4) in failed["error"]
    with serving(world, net(4), Vs()) as late:
        cps.element.note("cps.pushed")
        assert late.bodies() == [token]


def test_answer_too_late(pushing, vs, call):
    release = threading.Event()
    vs.answers = [lambda: release.wait(5) and 201]
    cps = pushing(timeout_ms=50)
    token = cps.token(call)
    cps.post(token)
    assert note_data(cps, "cps.pushed")[0]["attempt"] == 2
    assert "retry_ms" in note_data(cps, "cps.push_failed")[0]
    release.set()
    assert vs.bodies() == [token] * 2


def test_not_tried_again_after_the_call_has_come(pushing, vs, call):
    cps = pushing(retry_ms=50)
    vs.answers = [500]
    token, other = cps.token(call), cps.token((call[0], call[1] + "1"))
    cps.post(token)
    cps.element.note("cps.push_failed")
    assert cps.pull(call) == [token]
    vs.answers = [500, 500]
    cps.post(other)  # its third try comes later than the second of the first one would
    cps.element.note("cps.pushed")
    assert vs.bodies() == [token, other, other, other]


def test_too_many_wait(pushing, vs, call):
    release = threading.Event()
    vs.answers = [lambda: release.wait(5) and 201]
    cps = pushing(max=1, timeout_ms=5000)
    tokens = [cps.token((call[0], f"{call[1]}{i}")) for i in range(2)]
    for token in tokens:
        assert cps.post(token).status == 201
    assert note_data(cps, "cps.push_failed")[0]["error"] == "too many wait to be pushed"
    release.set()
    cps.element.note("cps.pushed")
    assert cps.pull((call[0], f"{call[1]}1")) == [tokens[1]]


# --- whom it trusts, and who it is ---


# proves: CPS-08
def test_shows_its_client_certificate(pushing, world, net, call):
    """The stand-in wants one of the rogue CA: ours is not taken."""
    ca = world.dir / "rogue-root.pem"
    ca.write_bytes(stirkit.pem(world.pki.rogue.root.cert))
    with serving(world, net(4), Vs(), client_ca=ca) as other:
        cps = pushing(retries=0)
        cps.post(cps.token(call))
        cps.element.note("cps.push_failed")
        assert other.requests == []


def test_pushes_to_the_right_name_only(pushing, world, net, call):
    cert, key = world.pki.tls("other.tsp.example")
    other = Vs()
    with https_server(net(4), PORT, cert, key, other, world.pki.web_root):
        cps = pushing(retries=0)
        cps.post(cps.token(call))
        assert "retry_ms" not in note_data(cps, "cps.push_failed")[0]
    assert other.requests == []


def refused_conf(world, net, **more):
    code, _, err = stirkit.run("ref-cps", config=world.conf(net(3), **more), folder=world.dir)
    assert code == 2
    return err


def test_client_certificate_must_be_configured(world, net):
    conf = push_conf(world, net(4))
    del conf["https"]["cert"], conf["https"]["key"]
    assert "/push/https: expected cert and key" in refused_conf(world, net, push=conf)


def test_plain_http_is_refused(world, net):
    conf = push_conf(world, net(4)) | {"url": "http://vs.tsp.example/passports"}
    assert "/push/url: expected an https URL" in refused_conf(world, net, push=conf)


def test_stops_while_a_push_waits(pushing, vs, call):
    release = threading.Event()
    vs.answers = [lambda: release.wait(5) and 201, 500]
    cps = pushing(timeout_ms=5000, retry_ms=5000)
    cps.post(cps.token(call))
    cps.post(cps.token((call[0], call[1] + "1")))
    cps.element.note("cps.push_failed")
    cps.element.stop()
    release.set()
