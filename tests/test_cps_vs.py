"""ref-cps and ref-vs together, CPS → STI-VS by pull and by push (CPS-13, CPS-14): the call gets all that is its own."""

import contextlib
import itertools
import time

import pytest

from cps_kit import Client, call, world  # noqa: F401  fixtures
from standin import Cscf, invite
from stirkit import div, shaken, sign, start

SETTLE_MS = 300  # more than a busy machine lets pass between two requests


class Pair:
    """A CPS and its STI-VS"""

    def __init__(self, world, net, cps, vs):
        self.world, self.net = world, net
        self.client = Client(world, net(3), cps)
        self.cps, self.vs = cps, vs
        self.vs_is_pushed_to = "push" in vs.ready

    def post(self, *tokens):
        assert self.client.post("\n".join(tokens)).status == 201

    def ask(self, call, *headers):
        """The STI-VS's answer to the INVITE of this call"""
        with Cscf(self.vs.ready["sip"]) as cscf:
            return cscf.ask(f"sip:+{call[1]}@tsp.example;user=phone", f"<sip:+{call[0]}@tsp.example;user=phone>", headers)

    def begin(self, cscf, call):
        uri, caller = f"sip:+{call[1]}@tsp.example;user=phone", f"<sip:+{call[0]}@tsp.example;user=phone>"
        cscf.send(invite(uri, caller))


def vs_conf(world, net, push):
    conf = {
        "sip": {"addr": net(4)},
        "domain": "tsp.example",
        "cps": {"url": "https://cps.tsp.example:8444", "wait_ms": 3000},
        "https": world.pki.https_conf(*world.vs, cps_tsp_example=net(3)),
        "trust": world.pki.trust_conf(),
    }
    if push:
        tls = dict(zip(("cert", "key"), world.vs)) | {"client_ca": world.pki.web_root}
        conf["push"] = {"addr": net(4), "tls": tls, "clients": ["cps.tsp.example"], "settle_ms": SETTLE_MS}
    return conf


def cps_conf(world, net, push):
    store = {"store": {"settle_ms": SETTLE_MS}}
    if not push:
        return store
    https = world.pki.https_conf(*world.cert, vs_tsp_example=net(4))
    return store | {"push": {"url": "https://vs.tsp.example:8444/passports", "https": https, "retry_ms": 20}}


@pytest.fixture(params=["pull", "push"])
def pair(request, world, net, tmp_path):
    push = request.param == "push"
    with contextlib.ExitStack() as stack:
        vs = stack.enter_context(start("ref-vs", vs_conf(world, net, push), tmp_path, name="tsp.vs"))
        cps = stack.enter_context(world.start(net(3), **cps_conf(world, net, push)))
        pair = Pair(world, net, cps, vs)
        yield pair
        pair.client.close()


def passed(answer):
    return ";verstat=TN-Validation-Passed@" in answer.header("P-Asserted-Identity")


def deleted(pair, count):
    """The CPS has deleted them because the call came"""

    def found():
        data = [n["data"] for n in pair.cps.notes("cps.deleted")]
        assert all(d["why"] == "call" for d in data), data
        return sum(d["count"] for d in data) == count

    pair.cps.wait(found)


# proves: CPS-09 CPS-13 CPS-14 VS-03
def test_call_after_its_passport(pair, call):
    token = pair.client.token(call)
    pair.post(token)
    answer = pair.ask(call)
    assert passed(answer) and answer.tokens() == [token]
    deleted(pair, 1)


# proves: CPS-09 CPS-13 CPS-14
def test_call_before_its_passport(pair, call):
    token = pair.client.token(call)
    with Cscf(pair.vs.ready["sip"]) as cscf:
        pair.begin(cscf, call)
        if not pair.vs_is_pushed_to:
            pair.cps.note("cps.waiting")
        pair.post(token)
        answer = cscf.receive()
    assert passed(answer) and answer.tokens() == [token]
    deleted(pair, 1)


# proves: VS-08
@pytest.mark.parametrize("order", itertools.permutations(range(3)), ids=lambda o: "".join(map(str, o)))
def test_chain_in_pieces_and_out_of_order(pair, call, order):
    """B5: retargeted twice, each PASSporT as a request of its own, while the call is already there."""
    at = [call[1], call[1] + "1", call[1] + "2"]
    tokens = [pair.client.token(call)]
    tokens += [sign(div(call[0], new, old), pair.world.other, ppt="div") for old, new in itertools.pairwise(at)]
    with Cscf(pair.vs.ready["sip"]) as cscf:
        pair.begin(cscf, (call[0], at[-1]))
        for i in order:
            pair.post(tokens[i])
        answer = cscf.receive()
    assert passed(answer), answer.raw
    assert sorted(answer.tokens()) == sorted(tokens)
    deleted(pair, 3)


def test_several_types_in_one_request(pair, call):
    """M1"""
    claims = {"orig": {"tn": call[0]}, "dest": {"tn": [call[1]]}, "iat": int(time.time())}
    rph = sign(claims | {"rph": {"auth": ["ets.0"]}}, pair.world.other, ppt="rph")
    tokens = [pair.client.token(call), rph, sign(claims, pair.world.osp, ppt="x-test")]
    pair.post(*tokens)
    answer = pair.ask(call)
    assert passed(answer) and answer.tokens() == tokens
    deleted(pair, 3)


def test_several_types_as_several_requests(pair, call):
    """M2: while the call is there; the first of them does not make it go without the others."""
    tokens = [pair.client.token(call), sign(shaken(*call), pair.world.osp, ppt="x-test")]
    with Cscf(pair.vs.ready["sip"]) as cscf:
        pair.begin(cscf, call)
        for token in tokens:
            pair.post(token)
        answer = cscf.receive()
    assert passed(answer) and sorted(answer.tokens()) == sorted(tokens)
    deleted(pair, 2)


def test_two_calls_between_the_same_numbers(pair, call):
    now = int(time.time())
    tokens = [sign(shaken(*call, iat=now - age), pair.world.osp) for age in (3, 1)]
    pair.post(tokens[0])
    pair.post(tokens[1])
    assert [pair.ask(call).tokens() for _ in tokens] == [[t] for t in tokens]
    deleted(pair, 2)


def test_sti_vs_that_was_down_when_it_was_pushed(world, net, call, tmp_path):
    """What was not pushed it asks for."""
    push = cps_conf(world, net, True)["push"] | {"retries": 0}
    with world.start(net(3), push=push) as cps:
        token = sign(shaken(*call), world.osp)
        conf = vs_conf(world, net, True)
        conf["cps"]["wait_ms"] = 50
        with contextlib.closing(Client(world, net(3), cps)) as client:
            assert client.post(token).status == 201
            cps.note("cps.push_failed")
        with start("ref-vs", conf, tmp_path, name="tsp.vs") as vs:
            pair = Pair(world, net, cps, vs)
            assert pair.ask(call).tokens() == [token]
            pair.client.close()
