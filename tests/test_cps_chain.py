"""ref-cps and retargeted calls: a div chain is handed over whole, however it came; several types of one call."""

import contextlib
import itertools
import time

import pytest

from cps_kit import NAME, PRIVATE
from cps_kit import call, cps, element, own, world  # noqa: F401  fixtures
from stirkit import Https, div, shaken, sign


def numbers(call, count):
    """The called number and those to which the call was retargeted, in order"""
    return [call[1]] + [f"{call[1]}{i}" for i in range(1, count)]


def chain(cps, call, length):
    """A shaken token and length - 1 div tokens"""
    at = numbers(call, length)
    tokens = [cps.token(call)]
    for old, new in itertools.pairwise(at):
        tokens.append(sign(div(call[0], new, old), cps.world.other, ppt="div"))
    return tokens


def last(call, length):
    return call[0], numbers(call, length)[-1]


def rph(cps, call, **how):
    claims = {"orig": {"tn": call[0]}, "dest": {"tn": [call[1]]}, "iat": int(time.time())}
    return sign(claims | {"rph": {"auth": ["ets.0"]}}, cps.world.other, ppt="rph", **how)


def unknown(cps, call):
    """A type of our own; its claims in an order that no canonical form has, to be carried to the octet"""
    claims = b'{"x":[1 , 2],"iat":%d,"dest":{"tn":["%s"]},"orig":{"tn":"%s"}}'
    raw = claims % (time.time(), call[1].encode(), call[0].encode())
    return sign(None, cps.world.osp, ppt="x-test", raw_claims=raw)


# --- whole chains ---


# proves: CPS-03
def test_whole_chain_in_one_request(cps, call):
    tokens = chain(cps, call, 4)
    assert cps.post("\n".join(tokens)).status == 201
    assert cps.pull(last(call, 4), 2000) == tokens


# proves: CPS-03
@pytest.mark.parametrize("order", itertools.permutations(range(3)), ids=lambda o: "".join(map(str, o)))
def test_chain_in_pieces(cps, call, order):
    tokens = chain(cps, call, 3)
    for i in order:
        assert cps.post(tokens[i]).status == 201
    assert sorted(cps.pull(last(call, 3), 2000)) == sorted(tokens)
    assert cps.pull(last(call, 3)) == []


@pytest.mark.parametrize("order", itertools.permutations(range(3)), ids=lambda o: "".join(map(str, o)))
def test_waiter_waits_until_the_chain_is_whole(cps, call, order):
    tokens, called = chain(cps, call, 3), last(call, 3)
    cps.private.send_request("PUT", cps.pull_path(called, 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", called))
    for i in order:
        assert not cps.notes("cps.handed_over", called)
        assert cps.post(tokens[i]).status == 201
    began = time.monotonic()
    assert sorted(cps.private.answer().body.decode().split("\n")) == sorted(tokens)
    assert time.monotonic() - began < 1
    assert cps.notes("cps.handed_over", called)[0]["data"]["count"] == 3


def test_waiter_finds_a_part_and_waits_for_the_rest(cps, call):
    tokens, called = chain(cps, call, 2), last(call, 2)
    cps.post(tokens[1])
    cps.private.send_request("PUT", cps.pull_path(called, 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", called))
    assert cps.notes("cps.waiting", called)[0]["data"] == {"wait_ms": 2000, "there": 1}
    cps.post(tokens[0])
    assert sorted(cps.private.answer().body.decode().split("\n")) == sorted(tokens)


def test_broken_chain_is_handed_over_when_the_time_is_over(cps, call):
    tokens, called = chain(cps, call, 3), last(call, 3)
    cps.post(tokens[0])
    cps.post(tokens[2])
    began = time.monotonic()
    assert cps.pull(called, 150) == [tokens[2]]
    assert 0.14 < time.monotonic() - began < 1
    assert cps.pull(call) == [tokens[0]]


def test_without_a_wait_a_part_is_what_there_is(cps, call):
    tokens = chain(cps, call, 2)
    cps.post(tokens[1])
    assert cps.pull(last(call, 2)) == [tokens[1]]


def test_div_of_another_provider_and_of_the_same_number(cps, call):
    """Each diverting provider has its own certificate: both are verified, neither is taken for the other."""
    one = sign(div(call[0], call[1] + "1", call[1]), cps.world.osp, ppt="div")
    other = sign(div(call[0], call[1] + "1", call[1]), cps.world.other, ppt="div")
    base = cps.token(call)
    for token in (one, other, base):
        cps.post(token)
    assert sorted(cps.pull((call[0], call[1] + "1"), 2000)) == sorted([one, other, base])


def test_loop_is_harmless(cps, call):
    there = sign(div(call[0], call[1] + "1", call[1]), cps.world.osp, ppt="div")
    back = sign(div(call[0], call[1], call[1] + "1"), cps.world.osp, ppt="div")
    cps.post(there)
    cps.post(back)
    began = time.monotonic()
    assert sorted(cps.pull((call[0], call[1] + "1"), 100)) == sorted([there, back])
    assert time.monotonic() - began < 1
    assert cps.pull(call) == []


def test_two_retargeted_calls_do_not_mix(cps, call):
    now, called = int(time.time()), last(call, 2)
    calls = []
    for age in (3, 1):
        base = sign(shaken(*call, iat=now - age), cps.world.osp)
        calls.append([base, sign(div(call[0], called[1], call[1], iat=now - age), cps.world.other, ppt="div")])
    for token in (calls[0][0], calls[1][1], calls[1][0], calls[0][1]):
        cps.post(token)
    assert sorted(cps.pull(called, 2000)) == sorted(calls[0])
    assert sorted(cps.pull(called, 2000)) == sorted(calls[1])


def test_two_wait_for_two_chains(cps, call):
    called = last(call, 2)
    second = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    chains = [chain(cps, call, 2) for _ in range(2)]
    with contextlib.closing(second):
        for n, conn in enumerate((cps.private, second), 1):
            conn.send_request("PUT", cps.pull_path(called, 3000))
            cps.element.wait(lambda n=n: len(cps.notes("cps.waiting", called)) == n)
        for tokens, conn in zip(chains, (cps.private, second)):
            for token in tokens:
                cps.post(token)
            assert sorted(conn.answer().body.decode().split("\n")) == sorted(tokens)


# --- several types of one call (M1, M2) ---


# proves: CPS-03 CPS-15
def test_several_types_in_one_request(cps, call):
    tokens = [rph(cps, call), cps.token(call), unknown(cps, call)]
    assert cps.post("\n".join(tokens)).status == 201
    assert cps.pull(call, 2000) == tokens


# proves: CPS-03 CPS-15
@pytest.mark.parametrize("order", itertools.permutations(range(3)), ids=lambda o: "".join(map(str, o)))
def test_several_types_as_several_requests(own, call, order):
    cps = own(store={"settle_ms": 300})  # more than a busy machine lets pass between two requests
    tokens = [cps.token(call), rph(cps, call), unknown(cps, call)]
    cps.private.send_request("PUT", cps.pull_path(call, 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    for i in order:
        cps.public.send_request("POST", "/cps/company/5678", tokens[i], {"Content-Type": "application/passport"})
        assert cps.public.answer().status == 201
    assert sorted(cps.private.answer().body.decode().split("\n")) == sorted(tokens)


def test_settling_is_within_the_wait(own, call):
    """The wait of the STI-VS is the bound, however long the CPS would like to settle."""
    cps = own(store={"settle_ms": 10000})
    token = cps.token(call)
    cps.post(token)
    began = time.monotonic()
    assert cps.pull(call, 150) == [token]
    assert time.monotonic() - began < 2
    assert not cps.notes("cps.waiting", call)


def test_nothing_is_settled_that_has_been_there(own, call):
    cps = own(store={"settle_ms": 300})
    token = cps.token(call)
    cps.post(token)
    began = time.monotonic()
    assert cps.pull(call, 2000) == [token]
    assert time.monotonic() - began > 0.25  # it had just come
    cps.post(cps.token(call))
    assert len(cps.pull(call)) == 1  # one that may not wait does not


def test_type_that_is_not_a_call_yet_is_waited_with(cps, call):
    """rph alone does not say who calls: shaken is still to come, or nothing more."""
    token = rph(cps, call)
    cps.post(token)
    began = time.monotonic()
    assert cps.pull(call, 150) == [token]
    assert time.monotonic() - began > 0.14


def test_octets_are_carried_as_they_came(cps, call):
    token = unknown(cps, call)
    cps.post(token + "\r\n")
    assert cps.pull(call) == [token]
