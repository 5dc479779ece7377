"""ref-vs and calls that were retargeted (VS-08), several types, and what validates a number."""

import time

import pytest

from stirkit import div, shaken, sign
from test_vs import (BAD, DEST, FAILED, NONE, ORIG, PASSED, URI, ask, bad_token, conf, cps, identity,  # noqa: F401
                     ref_vs, result, verstat, world)

FIRST, SECOND = "13125550100", "14155550111"


@pytest.fixture
def numbers(conf):
    """Whose number is whose: what comes before DEST belongs to the provider 1234, but for one range."""
    conf["numbers"] = [{"prefix": "1312", "ocn": "1234"}, {"prefix": "1415", "ocn": "1234"},
                       {"prefix": "1415777", "ocn": "9999"}]
    return conf["numbers"]


def chain(world, *numbers, iats=None):
    """The tokens of a call that was for these numbers, one after another: shaken, div, div …"""
    iats = iats or [None] * len(numbers)
    tokens = [sign(shaken(ORIG, numbers[0], iat=iats[0]), world.osp)]
    for i in range(1, len(numbers)):
        tokens.append(sign(div(ORIG, numbers[i], numbers[i - 1], iat=iats[i]), world.osp, ppt="div"))
    return tokens


def ask_with(element, cps, in_band, out_of_band):
    cps.tokens = out_of_band
    return ask(element, *map(identity, in_band))


# --- chains that hold, whichever way each PASSporT came ---


# proves: VS-08
@pytest.mark.parametrize("ways", ["ii", "io", "oi", "oo"])
def test_retargeted_once(world, numbers, ref_vs, cps, ways):
    tokens = chain(world, FIRST, DEST)
    element = ref_vs()
    answer = ask_with(element, cps, [t for t, w in zip(tokens, ways) if w == "i"], [t for t, w in zip(tokens, ways) if w == "o"])
    assert verstat(answer) == PASSED
    assert not answer.headers("Reason")
    note = result(element)
    assert note["used"] == {"ii": "in-band", "oo": "out-of-band"}.get(ways, "both")
    assert (note["attest"], note["spc"], note["reason"]) == ("A", "1234", "ok")
    told = element.note("vs.chain")["data"]
    assert (told["state"], told["types"], told["numbers"]) == ("holds", ["shaken", "div"], [FIRST, DEST])
    assert told["right_unknown"] == 0


# proves: VS-08
@pytest.mark.parametrize("ways", [f"{n:03b}".replace("0", "i").replace("1", "o") for n in range(8)])
def test_retargeted_twice(world, numbers, ref_vs, cps, ways):
    tokens = chain(world, FIRST, SECOND, DEST)
    element = ref_vs()
    ask_with(element, cps, [t for t, w in zip(tokens, ways) if w == "i"], [t for t, w in zip(tokens, ways) if w == "o"])
    assert result(element)["verstat"] == PASSED
    assert element.note("vs.chain")["data"]["numbers"] == [FIRST, SECOND, DEST]


# proves: VS-08
def test_order_does_not_matter(world, numbers, ref_vs, cps):
    tokens = chain(world, FIRST, SECOND, DEST)
    element = ref_vs()
    ask_with(element, cps, [], tokens[::-1])
    assert result(element)["verstat"] == PASSED


@pytest.mark.parametrize("choose", ["verified-first", "in-band", "out-of-band", "both"])
def test_chain_that_came_both_ways_is_no_case_for_a_policy(world, conf, numbers, ref_vs, cps, choose):
    conf["policy"] = {"choose": choose}
    original, last = chain(world, FIRST, DEST)
    element = ref_vs()
    assert verstat(ask_with(element, cps, [last], [original])) == PASSED
    assert result(element)["why"] == "the chain came partly in-band, partly out-of-band"


def test_div_without_an_original_in_band_waits_for_it(world, numbers, ref_vs, cps):
    """What came in-band does not speak of the caller alone: the CPS may wait for what does."""
    original, last = chain(world, FIRST, DEST)
    ask_with(ref_vs(), cps, [last], [original])
    assert "wait_ms=300" in cps.request().path


# --- chains that do not hold ---


def broken(world, what):
    first, second, third = chain(world, FIRST, SECOND, DEST)
    bad = lambda s: s[:63] + bytes([s[63] ^ 1])  # noqa: E731
    return {
        "link missing": ([first, third], "div-broken", NONE),
        "original missing": ([second, third], "div-broken", NONE),
        "not the called number": ([first, second], "div-dest", NONE),
        "another caller": ([sign(shaken("12125559999", FIRST), world.osp), *chain(world, FIRST, DEST)[1:]], "orig-mismatch", NONE),
        "caller changes": ([first, sign(div("12125559999", DEST, FIRST), world.osp, ppt="div")], "div-orig", FAILED),
        "no right": ([sign(shaken(ORIG, "14157770000"), world.osp),
                      sign(div(ORIG, DEST, "14157770000"), world.osp, ppt="div")], "div-right", FAILED),
        "ring": ([sign(div(ORIG, DEST, FIRST), world.osp, ppt="div"), sign(div(ORIG, FIRST, DEST), world.osp, ppt="div")],
                 "div-loop", NONE),
        "bad signature of the original": ([sign(shaken(ORIG, FIRST), world.osp, signature=bad), chain(world, FIRST, DEST)[1]],
                                          "signature", FAILED),
        "bad signature of the div": ([first, sign(div(ORIG, DEST, FIRST), world.osp, ppt="div", signature=bad)],
                                     "signature", FAILED),
        "stale div": ([first, sign(div(ORIG, DEST, FIRST, iat=int(time.time()) - 70), world.osp, ppt="div")], "stale", NONE),
        "stale original": (chain(world, FIRST, DEST, iats=[int(time.time()) - 70, None]), "stale", NONE),
    }[what]


# proves: VS-08
@pytest.mark.parametrize("what", ["link missing", "original missing", "not the called number", "another caller",
                                  "caller changes", "no right", "ring", "bad signature of the original",
                                  "bad signature of the div", "stale div", "stale original"])
@pytest.mark.parametrize("way", ["in-band", "out-of-band"])
def test_broken_chain(world, numbers, ref_vs, cps, what, way):
    tokens, reason, word = broken(world, what)
    element = ref_vs()
    answer = ask_with(element, cps, tokens if way == "in-band" else [], tokens if way == "out-of-band" else [])
    note = result(element)
    assert (note["reason"], note["verstat"], note["used"]) == (reason, word, way)
    assert verstat(answer) == word
    assert answer.headers("Reason")


def test_broken_chain_beside_a_good_passport(world, numbers, ref_vs, cps):
    element = ref_vs()
    assert verstat(ask_with(element, cps, chain(world, FIRST, DEST)[1:], [world.token()])) == PASSED


@pytest.mark.parametrize("age,limit,word", [(70, 60, NONE), (70, 120, PASSED), (5000, -1, PASSED), (5, 1, NONE)])
def test_age_of_the_original_is_configured(world, conf, numbers, ref_vs, cps, age, limit, word):
    conf["policy"] = {"original_freshness_s": limit}
    element = ref_vs()
    assert verstat(ask_with(element, cps, [], chain(world, FIRST, DEST, iats=[int(time.time()) - age, None]))) == word


def test_right_that_is_not_known_is_counted(world, ref_vs, cps):
    element = ref_vs()
    assert verstat(ask_with(element, cps, [], chain(world, FIRST, DEST))) == PASSED
    assert element.note("vs.chain")["data"]["right_unknown"] == 1


@pytest.mark.parametrize("check,what", [("div-right", "no right"), ("div-orig", "caller changes"), ("div-fresh", "stale div")])
def test_check_of_chains_that_is_skipped_on_purpose(world, conf, numbers, ref_vs, cps, check, what):
    conf["faults"] = {"skip_checks": [check]}
    element = ref_vs()
    ask_with(element, cps, [], broken(world, what)[0])
    assert result(element)["verstat"] == PASSED


def test_reason_for_each_that_failed(world, ref_vs, cps):
    """RFC 9410 §5: which PASSporT is meant is told by its signature."""
    bad = [bad_token(world, BAD[name][0]) for name in ("orig", "old", "untrusted")]
    answer = ask_with(ref_vs(), cps, [], bad)
    wanted = [(438, "Invalid Identity Header"), (403, "Stale Date"), (437, "Unsupported Credential")]
    assert answer.headers("Reason") == [
        f'STIR;cause={code};text="{phrase}";ppi="..{token.split(".")[2]}"' for (code, phrase), token in zip(wanted, bad)]


# --- what validates a number ---


def of_type(world, ppt, dest=DEST, **more):
    return sign({k: v for k, v in (shaken(ORIG, dest) | more).items() if k not in ("attest", "origid")}, world.osp, ppt=ppt)


@pytest.mark.parametrize("ppt,more,why", [
    (None, {}, "only a shaken PASSporT validates a number, there is none"),
    ("rph", {"rph": {"auth": ["ets.0"]}}, "only a shaken PASSporT validates a number, there is none"),
    ("rcd", {"rcd": {"nam": "Jane"}}, "only a shaken PASSporT validates a number, there is none"),
    ("xyz", {}, "types that are not known here count for nothing"),
])
def test_other_types_alone_validate_nothing(world, ref_vs, cps, ppt, more, why):
    token = of_type(world, ppt, **more)
    element = ref_vs()
    answer = ask_with(element, cps, [], [token])
    assert verstat(answer) == NONE
    assert answer.tokens() == [token]
    assert not answer.headers("Reason")
    assert (result(element)["used"], result(element)["reason"], result(element)["why"]) == ("none", "no-identity", why)


def test_types_side_by_side(world, ref_vs, cps):
    """M1: unknown types are ignored, and it is said so."""
    tokens = [of_type(world, "xyz"), of_type(world, "rph", rph={"auth": ["ets.0"]}), world.token()]
    element = ref_vs()
    answer = ask_with(element, cps, [], tokens)
    assert verstat(answer) == PASSED
    assert answer.tokens() == tokens
    told = {note["data"]["ppt"]: note["data"]["reason"] for note in element.notes("vs.checked")}
    assert told == {"xyz": "ppt", "rph": "ok", "shaken": "ok"}


def test_div_after_an_rph_alone_validates_nothing(world, numbers, ref_vs, cps):
    element = ref_vs()
    tokens = [of_type(world, "rph", dest=FIRST, rph={"auth": ["ets.0"]}), chain(world, FIRST, DEST)[1]]
    assert verstat(ask_with(element, cps, [], tokens)) == NONE


def test_policy_refuses_what_is_missing(world, conf, ref_vs, cps):
    conf["policy"] = {"on_missing": "refuse"}
    assert ask_with(ref_vs(), cps, [], [of_type(world, None)]).status == 428


# --- in-band and out-of-band: the policies ---

WORDS = {
    # (in-band, out-of-band): for each policy (verstat, used, why)
    ("good", "good"): {
        "verified-first": (PASSED, "in-band", "in-band verifies, and comes first"),
        "in-band": (PASSED, "in-band", "policy: in-band counts where it is there"),
        "out-of-band": (PASSED, "out-of-band", "policy: out-of-band counts where it is there"),
        "both": (PASSED, "in-band", "both verify"),
    },
    ("bad", "good"): {
        "verified-first": (PASSED, "out-of-band", "in-band does not verify, out-of-band does"),
        "in-band": (FAILED, "in-band", "policy: in-band counts where it is there"),
        "out-of-band": (PASSED, "out-of-band", "policy: out-of-band counts where it is there"),
        "both": (FAILED, "in-band", "policy: both must verify, in-band does not"),
    },
    ("good", "bad"): {
        "verified-first": (PASSED, "in-band", "in-band verifies, and comes first"),
        "in-band": (PASSED, "in-band", "policy: in-band counts where it is there"),
        "out-of-band": (FAILED, "out-of-band", "policy: out-of-band counts where it is there"),
        "both": (FAILED, "out-of-band", "policy: both must verify, out-of-band does not"),
    },
    ("bad", "bad"): {
        "verified-first": (FAILED, "in-band", "neither in-band nor out-of-band verifies"),
        "in-band": (FAILED, "in-band", "policy: in-band counts where it is there"),
        "out-of-band": (FAILED, "out-of-band", "policy: out-of-band counts where it is there"),
        "both": (FAILED, "in-band", "policy: both must verify, in-band does not"),
    },
}
CASES = [(ways, policy) for ways, words in WORDS.items() for policy in words]


# proves: VS-06
@pytest.mark.parametrize("ways,policy", CASES, ids=[f"{a}-{b}-{p}" for (a, b), p in CASES])
def test_policy(world, conf, ref_vs, cps, ways, policy):
    conf["policy"] = {"choose": policy}
    make = {"good": world.token, "bad": lambda: world.token(cred="untrusted")}
    element = ref_vs()
    answer = ask_with(element, cps, [make[ways[0]]()], [make[ways[1]]()])
    note = result(element)
    assert (note["verstat"], note["used"], note["why"]) == WORDS[ways][policy]
    assert verstat(answer) == WORDS[ways][policy][0]
    assert len(answer.tokens()) == 1


@pytest.mark.parametrize("policy", ["verified-first", "in-band", "out-of-band", "both"])
@pytest.mark.parametrize("way", ["in-band", "out-of-band"])
def test_one_way_alone_is_no_case_for_a_policy(world, conf, ref_vs, cps, policy, way):
    conf["policy"] = {"choose": policy}
    element = ref_vs()
    token = [world.token()]
    ask_with(element, cps, token if way == "in-band" else [], token if way == "out-of-band" else [])
    note = result(element)
    assert (note["verstat"], note["used"], note["why"]) == (PASSED, way, f"it came {way} only")


@pytest.mark.parametrize("policy,wait", [("verified-first", 0), ("in-band", 0), ("out-of-band", 300), ("both", 300)])
def test_policy_that_wants_both_waits(world, conf, ref_vs, cps, policy, wait):
    conf["policy"] = {"choose": policy}
    ask_with(ref_vs(), cps, [world.token()], [])
    assert cps.request().path.endswith(f"wait_ms={wait}")


def test_wait_when_something_came_in_band_is_configured(world, conf, ref_vs, cps):
    conf["cps"]["wait_in_band_ms"] = 120
    ask_with(ref_vs(), cps, [world.token()], [])
    assert cps.request().path.endswith("wait_ms=120")


def test_same_token_both_ways(world, conf, ref_vs, cps):
    conf["policy"] = {"choose": "both"}
    token = world.token()
    element = ref_vs()
    assert verstat(ask_with(element, cps, [token], [token])) == PASSED
    assert result(element)["why"] == "both verify"
