"""Chains of div PASSporTs against a model of them that knows nothing of how ours are found: it tries every way."""

import json
import random
import subprocess

import pytest

from conftest import TOOLS

NOW, CALLER, FRESH, DIVS_MAX = 1584983402, "12013776051", 60, 10
ORIGINALS = ("shaken", None)
ASIDE = ("rph", "rcd")


def judge(cases):
    """What our library makes of each case: its chains, best first."""
    done = subprocess.run(
        [TOOLS / "chain_tool"], input="".join(json.dumps(c) + "\n" for c in cases), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdict(chains):
    """Of the chain that decides: ok, a reason, or None when nothing speaks of the caller."""
    return chains[0]["reason"] if chains and chains[0]["state"] in ("holds", "fails") else None


def call(called, items, **more):
    return {
        "orig": CALLER, "called": called, "now": NOW, "freshness": FRESH, "original_freshness": FRESH, "ways": 0,
        "owners": None, "items": items, **more,
    }


def passport(ppt, dest, div=None, orig=CALLER, iat=NOW, spc="1234", via=1, reason=None):
    claims = {"orig": {"tn": orig}, "dest": {"tn": dest}, "iat": iat}
    if div:
        claims["div"] = {"tn": div}
    return {"ppt": ppt, "claims": claims, "spc": spc, "via": via, "reason": reason}


# --- the model ---


class Model:
    def __init__(self, case):
        self.case = case
        self.items = case["items"]
        ways = case["ways"]
        self.there = [i for i, item in enumerate(self.items) if not ways or ways >> item["via"] & 1]

    def leads_to(self, i, j):
        return self.items[j]["ppt"] == "div" and self.items[j]["claims"]["div"]["tn"] in self.items[i]["claims"]["dest"]["tn"]

    def fresh(self, i, limit):
        return limit < 0 or abs(self.case["now"] - self.items[i]["claims"]["iat"]) <= limit

    def right(self, i):
        owner = (self.case["owners"] or {}).get(self.items[i]["claims"]["div"]["tn"])
        return owner is None or owner == self.items[i]["spc"]

    def good(self, way):
        """RFC 8946 §4.2, read as it stands there."""
        first, last = way[0], way[-1]
        return (
            self.items[first]["ppt"] != "div"
            and all(self.items[i]["reason"] is None for i in way)
            and all(self.items[i]["claims"]["orig"]["tn"] == self.case["orig"] for i in way)
            and all(self.leads_to(i, j) for i, j in zip(way, way[1:]))
            and all(self.right(i) for i in way[1:])
            and len(way) - 1 <= DIVS_MAX
            and self.case["called"] in self.items[last]["claims"]["dest"]["tn"]
            and self.fresh(last, self.case["freshness"])
            and (len(way) == 1 or self.fresh(first, self.case["original_freshness"]))
        )

    def ways(self, way):
        yield way
        for j in self.there:
            if j not in way and self.leads_to(way[-1], j):
                yield from self.ways([*way, j])

    def holds(self, types=ORIGINALS):
        return any(
            self.good(way) for i in self.there if self.items[i]["ppt"] in types for way in self.ways([i])
        )

    def led_to(self, i):
        """Everything that leads to i, at any distance."""
        found, todo = set(), [i]
        while todo:
            j = todo.pop()
            new = {k for k in self.there if k != j and self.leads_to(k, j)} - found
            found |= new
            todo += new
        return found

    def is_true(self, chain):
        """Does what is said of this chain hold of it?"""
        way, at, reason = chain["items"], chain["at"], chain["reason"]
        first, last = self.items[way[0]], self.items[way[-1]]
        assert len(set(way)) == len(way) and set(way) <= set(self.there) and at in way
        assert all(self.leads_to(i, j) for i, j in zip(way, way[1:]))
        assert chain["divs"] == sum(self.items[i]["ppt"] == "div" for i in way)
        assert chain["to_called"] == (self.case["called"] in last["claims"]["dest"]["tn"])
        if chain["state"] == "spare":
            return len(way) == 1 and reason in (self.items[at]["reason"] or "ok", "div-fork")
        return {
            "ok": lambda: self.good(way),
            "div-broken": lambda: at == way[0] and first["ppt"] == "div" and not self.led_to(at),
            "div-loop": lambda: at in self.led_to(at) and all(self.items[i]["ppt"] == "div" for i in self.led_to(at)),
            "div-orig": lambda: self.items[at]["claims"]["orig"] != first["claims"]["orig"],
            "div-right": lambda: not self.right(at),
            "div-long": lambda: len(way) - 1 > DIVS_MAX,
            "div-dest": lambda: len(way) > 1 and not chain["to_called"],
            "dest-mismatch": lambda: len(way) == 1 and not chain["to_called"],
            "orig-mismatch": lambda: first["claims"]["orig"]["tn"] != self.case["orig"],
            "stale": lambda: not self.fresh(at, self.case["freshness"])
            or (at == way[0] and not self.fresh(at, self.case["original_freshness"])),
        }.get(reason, lambda: self.items[at]["reason"] == reason)()


def hold_against(case, chains):
    model = Model(case)
    assert (verdict(chains) == "ok") == model.holds(), (case, chains)
    for chain in chains:
        assert model.is_true(chain), (case, chain)
    assert set(model.there) == {i for chain in chains for i in chain["items"]}, (case, chains)
    aside = [c for c in chains if c["state"] == "aside" and c["reason"] == "ok"]
    assert bool(aside) == model.holds(ASIDE), (case, chains)
    order = ["holds", "fails", "aside", "ignored", "spare"]
    assert [c["state"] for c in chains] == sorted((c["state"] for c in chains), key=order.index)


# --- whatever is thrown together ---


def anything(rng):
    """Few numbers, so that forks, rings, numbers that come again, and copies are usual."""
    numbers = [f"1903555010{i}" for i in range(rng.choice((2, 3, 4, 6)))]
    items = []
    for _ in range(rng.randrange(8)):
        ppt = rng.choices(("shaken", None, "rph", "x-new", "div"), (6, 2, 1, 1, 14))[0]
        reason = "ppt" if ppt == "x-new" else rng.choices((None, "signature", "cert-revoked"), (14, 1, 1))[0]
        items.append(
            passport(
                ppt,
                rng.sample(numbers, rng.choice((1, 1, 1, 2))),
                rng.choice(numbers) if ppt == "div" else None,
                orig=rng.choices((CALLER, "12013776052"), (12, 1))[0],
                iat=NOW - rng.choices((0, 60, 61, 200), (8, 2, 1, 1))[0],
                spc=rng.choice(("1234", "5678")),
                via=rng.randrange(2),
                reason=reason,
            )
        )
        if rng.random() < 0.1:
            items.append({**items[-1], "via": rng.randrange(2)})
    owners = {n: rng.choice(("1234", "5678")) for n in numbers if rng.random() < 0.3}
    return call(
        rng.choice(numbers), items, ways=rng.choice((0, 0, 0, 1, 2, 3)), owners=rng.choice((None, owners)),
        original_freshness=rng.choice((FRESH, 200, 10, -1)),
    )


@pytest.mark.parametrize("seed", range(8))
def test_anything_as_the_model_says(seed):
    rng = random.Random(seed)
    cases = [anything(rng) for _ in range(500)]
    results = judge(cases)
    for case, chains in zip(cases, results, strict=True):
        hold_against(case, chains)
    seen = {verdict(chains) for chains in results}
    assert {"ok", "div-broken", "dest-mismatch", None} <= seen


# --- a chain of up to six retargetings, and one thing that is wrong with it ---


def linear(rng, divs):
    numbers = [f"190355501{i:02}" for i in rng.sample(range(100), divs + 1)]
    owners = {n: str(1000 + i) for i, n in enumerate(numbers)}
    items = [passport("shaken", [numbers[0]])]
    items += [passport("div", [b], a, spc=owners[a]) for a, b in zip(numbers, numbers[1:])]
    return call(numbers[-1], items, owners=owners)


def without(k):
    def mutate(case, rng, divs):
        del case["items"][k(divs, rng)]

    return mutate


def change(k, **more):
    def mutate(case, rng, divs):
        item = case["items"][k(divs, rng)]
        for name, value in more.items():
            (item if name in item else item["claims"])[name] = value

    return mutate


def some_div(divs, rng):
    return rng.randint(1, divs)


def call_other(case, rng, divs):
    case["called"] = "19035559999"


def copy_one(case, rng, divs):
    case["items"].append(dict(rng.choice(case["items"])))


def fork(case, rng, divs):
    item = rng.choice(case["items"][1:])
    case["items"].append(passport("div", ["19035558888"], item["claims"]["div"]["tn"], spc=item["spc"]))


OTHER = {"tn": "12013776099"}
OLD = NOW - FRESH - 1
# name → fewest divs, what is done, verdict
MUTATIONS = {
    "nothing": (0, lambda case, rng, divs: None, "ok"),
    "another number is called": (1, call_other, "div-dest"),
    "another number is called, not retargeted": (0, call_other, "dest-mismatch"),
    "original missing": (1, without(lambda n, rng: 0), "div-broken"),
    "div missing before the last": (2, without(lambda n, rng: rng.randint(1, n - 1)), "div-broken"),
    "last div missing": (2, without(lambda n, rng: n), "div-dest"),
    "only div missing": (1, without(lambda n, rng: n), "dest-mismatch"),
    "orig of a div": (1, change(some_div, orig=OTHER), "div-orig"),
    "orig of the original": (0, change(lambda n, rng: 0, orig=OTHER), "orig-mismatch"),
    "a signature": (0, change(lambda n, rng: rng.randint(0, n), reason="signature"), "signature"),
    "a certificate": (0, change(lambda n, rng: rng.randint(0, n), reason="cert-untrusted"), "cert-untrusted"),
    "a signer without right": (1, change(some_div, spc="9999"), "div-right"),
    "the last is old": (0, change(lambda n, rng: n, iat=OLD), "stale"),
    "the original is old": (0, change(lambda n, rng: 0, iat=OLD), "stale"),
    "one in between is old": (2, change(lambda n, rng: rng.randint(1, n - 1), iat=OLD), "ok"),
    "one is there twice": (0, copy_one, "ok"),
    "a branch": (1, fork, "ok"),
    "an original of an unknown type": (0, change(lambda n, rng: 0, ppt="x-new", reason="ppt"), None),
    "an original that is no caller's": (0, change(lambda n, rng: 0, ppt="rph"), None),
}
EXACTLY = {"another number is called, not retargeted": 0, "only div missing": 1}


@pytest.mark.parametrize("name", MUTATIONS)
def test_one_thing_wrong(name):
    fewest, mutate, want = MUTATIONS[name]
    rng = random.Random(name)
    cases = []
    for _ in range(60):
        divs = EXACTLY.get(name, rng.randint(fewest, 6))
        case = linear(rng, divs)
        mutate(case, rng, divs)
        for item in case["items"]:
            item["via"] = rng.randrange(2)
        rng.shuffle(case["items"])
        cases.append(case)
    for case, chains in zip(cases, judge(cases), strict=True):
        assert verdict(chains) == want, (case, chains)
        hold_against(case, chains)
