"""ref-vs to which its CPS pushes (CPS-14): kept until the call comes, used then, and the CPS is told."""

import time

import pytest

from standin import Cscf, invite
from stirkit import Https, div, run, shaken, sign
from test_vs import (CPS_HOST, DEST, FAILED, NONE, ORIG, PASSED, URI, VS_HOST, ask, conf, cps, identity,  # noqa: F401
                     ref_vs, result, verstat, world)


@pytest.fixture
def push(world, conf, net):
    cert, key = world.vs
    conf["push"] = {"addr": net(2), "port": 8444, "tls": {"cert": cert, "key": key, "client_ca": world.pki.web_root},
                    "clients": [CPS_HOST]}
    return conf["push"]


@pytest.fixture
def pusher(world, push):
    """The CPS's connection."""
    return Https(push["addr"], 8444, VS_HOST, world.pki.web_root, cert=world.cps)


def post(conn, *tokens, path="/passports", method="POST", ctype="application/passport"):
    return conn.ask(method, path, "\n".join(tokens), {"Content-Type": ctype})


# --- used when the call comes ---


# proves: CPS-14
def test_pushed_before_the_call(world, pusher, ref_vs, cps):
    element = ref_vs()
    token = world.token()
    assert post(pusher, token).status == 201
    note = element.note("vs.pushed")
    assert (note["orig"], note["dest"], note["data"]) == (ORIG, DEST, {"count": 1, "size": 1})
    answer = ask(element)
    assert verstat(answer) == PASSED
    assert answer.tokens() == [token]
    assert result(element)["used"] == "out-of-band"
    assert element.note("vs.gathered")["data"]["by"] == "push"


def test_cps_is_told_that_the_call_has_come(world, pusher, ref_vs, cps):
    element = ref_vs()
    post(pusher, world.token())
    ask(element)
    request = cps.request()
    assert request.method == "PUT"
    assert request.path.startswith("/calls/")
    assert request.path.endswith(f"?orig={ORIG}&dest={DEST}&wait_ms=0")


def test_nobody_waits_for_the_cps_then(world, pusher, ref_vs, cps):
    cps.answer = cps.hold
    element = ref_vs()
    post(pusher, world.token())
    begin = time.monotonic()
    assert verstat(ask(element)) == PASSED
    assert time.monotonic() - begin < 1
    assert "error" not in element.note("vs.gathered")["data"]


def test_used_once(world, pusher, ref_vs, cps, conf):
    conf["cps"]["wait_ms"] = 20
    element = ref_vs()
    post(pusher, world.token())
    assert verstat(ask(element)) == PASSED
    assert verstat(ask(element)) == NONE


def test_pushed_while_the_call_waits(world, conf, pusher, ref_vs, cps):
    conf["cps"]["wait_ms"] = 5000
    element = ref_vs()
    post(pusher, sign(shaken("12125550100", DEST), world.osp))  # of another call
    with Cscf(element.ready["sip"]) as cscf:
        cscf.send(invite(URI))
        with pytest.raises(TimeoutError):
            cscf.receive(bound=0.05)
        post(pusher, world.token())
        assert verstat(cscf.receive()) == PASSED
    assert element.note("vs.gathered")["data"]["waited_ms"] < 5000


def test_several_requests_of_one_call(world, pusher, ref_vs, cps):
    element = ref_vs()
    tokens = [sign({k: v for k, v in shaken(ORIG, DEST, rph={"auth": ["ets.0"]}).items() if k not in ("attest", "origid")},
                   world.osp, ppt="rph"), world.token()]
    for token in tokens:
        assert post(pusher, token).status == 201
    assert sorted(ask(element).tokens()) == sorted(tokens)


def test_chain_in_several_requests(world, pusher, ref_vs, cps):
    first = "13125550100"
    element = ref_vs()
    tokens = [sign(shaken(ORIG, first), world.osp), sign(div(ORIG, DEST, first), world.osp, ppt="div")]
    for token in tokens:
        post(pusher, token)
    answer = ask(element)
    assert verstat(answer) == PASSED
    assert sorted(answer.tokens()) == sorted(tokens)


def test_nothing_was_pushed_so_the_cps_is_asked(world, conf, push, ref_vs, cps):
    """A push that was lost loses nothing."""
    conf["cps"]["wait_ms"] = 20
    cps.tokens = [world.token()]
    element = ref_vs()
    assert verstat(ask(element)) == PASSED
    assert element.note("vs.gathered")["data"]["by"] == "pull"


def test_pushed_and_in_band(world, conf, pusher, ref_vs, cps):
    conf["policy"] = {"choose": "both"}
    element = ref_vs()
    post(pusher, world.token())
    assert verstat(ask(element, identity(world.token()))) == PASSED
    assert result(element)["why"] == "both verify"


def test_in_band_need_not_wait(world, conf, push, ref_vs, cps):
    conf["cps"]["wait_ms"] = 10000
    element = ref_vs()
    assert verstat(ask(element, identity(world.token()))) == PASSED
    assert element.note("vs.gathered")["data"]["waited_ms"] < 5000


# proves: VS-05
def test_what_is_pushed_is_verified(world, pusher, ref_vs, cps):
    element = ref_vs()
    post(pusher, world.token(cred="untrusted"))
    assert verstat(ask(element)) == FAILED


def test_stale_ones_are_dropped(world, pusher, ref_vs, cps):
    element = ref_vs()
    post(pusher, world.token(iat=int(time.time()) - 59))
    note = element.note("vs.dropped")
    assert (note["orig"], note["dest"], note["data"]) == (ORIG, DEST, {"why": "stale", "count": 1, "size": 0})


def test_same_again_is_kept_once(world, pusher, ref_vs, cps):
    element = ref_vs()
    token = world.token()
    assert [post(pusher, token).status for _ in range(2)] == [201, 201]
    assert element.note("vs.pushed", 2)["data"] == {"count": 0, "size": 1}


# --- who may push, and what ---


def refused(element, answer, status, reason):
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert element.note("vs.push_refused")["data"]["reason"] == reason
    assert not element.notes("vs.pushed")


# proves: CPS-08
def test_without_a_client_certificate(world, push, ref_vs):
    element = ref_vs()
    refused(element, post(Https(push["addr"], 8444, VS_HOST, world.pki.web_root), world.token()), 403, "client-cert")


def test_with_somebody_elses_certificate(world, push, ref_vs):
    element = ref_vs()
    conn = Https(push["addr"], 8444, VS_HOST, world.pki.web_root, cert=world.pki.tls("cps.other.example"))
    refused(element, post(conn, world.token()), 403, "client-cert")


@pytest.mark.parametrize("how,status,reason", [
    (dict(path="/"), 404, "wrong-company"), (dict(method="PUT"), 405, "method"), (dict(ctype="text/plain"), 415, "media-type"),
])
def test_request_that_is_none(world, pusher, ref_vs, how, status, reason):
    refused(ref_vs(), post(pusher, world.token(), **how), status, reason)


@pytest.mark.parametrize("body,reason", [("", "body-empty"), ("nonsense", "form"), ("a.b.c", "form")])
def test_body_without_passports(pusher, ref_vs, body, reason):
    refused(ref_vs(), post(pusher, body), 400, reason)


def test_one_bad_one_and_none_is_kept(world, conf, pusher, ref_vs, cps):
    conf["cps"]["wait_ms"] = 20
    element = ref_vs()
    refused(element, post(pusher, world.token(), "a.b.c"), 400, "form")
    assert verstat(ask(element)) == NONE


def test_body_that_is_too_large(pusher, ref_vs):
    refused(ref_vs(), post(pusher, "x" * 200000), 413, "too-large")


def test_store_is_bounded(world, push, pusher, ref_vs):
    push["max"] = 2
    element = ref_vs()
    for i in range(2):
        assert post(pusher, sign(shaken(ORIG, f"1903246910{i}"), world.osp)).status == 201
    answer = post(pusher, sign(shaken(ORIG, DEST), world.osp))
    assert answer.status == 503
    assert element.note("vs.push_refused")["data"]["reason"] == "overload"


# --- the program ---


def test_ready_tells_the_address(push, ref_vs):
    assert ref_vs().ready["push"] == f"https://{push['addr']}:8444"


@pytest.mark.parametrize("change,where", [
    (lambda conf: conf["push"]["tls"].pop("client_ca"), "/push/tls/client_ca"),
    (lambda conf: conf.pop("cps"), "/cps/url"),
    (lambda conf: conf["push"].pop("clients"), "/push/clients"),
    (lambda conf: conf["push"].update(max=0), "/push/max"),
    (lambda conf: conf.update(numbers=[{"prefix": "1", "ocn": "1"}] * 2), "/numbers/1"),
    (lambda conf: conf.update(numbers=[{"prefix": "+1", "ocn": "1"}]), "/numbers/0/prefix"),
    (lambda conf: conf.update(numbers=[{"prefix": "1", "ocn": "a"}]), "/numbers/0/ocn"),
    (lambda conf: conf.update(policy={"choose": "best"}), "/policy/choose"),
])
def test_bad_configuration(push, conf, tmp_path, change, where):
    change(conf)
    code, _, err = run("ref-vs", config=conf, folder=tmp_path)
    assert code == 2
    assert where in err, err


def test_stops_while_calls_wait(conf, push, ref_vs, cps):
    conf["cps"]["wait_ms"] = 20000
    element = ref_vs()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.send(invite(URI))
        with pytest.raises(TimeoutError):
            cscf.receive(bound=0.05)
        element.stop()


def test_stops_while_the_cps_is_being_told(world, pusher, ref_vs, cps):
    cps.answer = cps.hold
    element = ref_vs()
    post(pusher, world.token())
    ask(element)
    cps.request()
    element.stop()
