"""Property: whatever the path, in-band survives exactly where no leg is TDM, and out-of-band always arrives.

Paths are drawn by a seed, which each failure prints; OOB_SEED=N draws others, OOB_PATHS=N more of them.
"""

import json
import os
import random

import pytest

from oobsim_kit import header, oobsim

SEED = int(os.environ.get("OOB_SEED", "1000096"))
PATHS = int(os.environ.get("OOB_PATHS", "10"))
MOST_PROVIDERS = 6

CALLER, CALLED = "+12013776051", "+19032469103"
ENDS = {"osp": {"kind": "osp", "ocn": "1234", "numbers": ["+1201377"]},
        "tsp": {"kind": "tsp", "ocn": "5678", "numbers": ["+1903246"]}}


def draw(rng):
    """A path: names of its providers, kinds of those between the ends, legs."""
    between = rng.randrange(MOST_PROVIDERS - 1)
    kinds = [rng.choice(["transit", "transit", "retarget"]) for _ in range(between)]
    # long runs of one medium are as likely as mixtures: few paths are all SIP otherwise
    bias = rng.choice([0.0, 0.5, 1.0])
    legs = ["tdm" if rng.random() < bias else "sip" for _ in range(between + 1)]
    return kinds, legs


def number(i):
    return f"+1303555{i}100"


def path_of(kinds, legs):
    """The scenario of a path, and its stretches: (from, to, is any leg of it TDM?)."""
    names = ["osp", *(f"p{i}" for i in range(len(kinds))), "tsp"]
    retargets = [i for i, kind in enumerate(kinds) if kind == "retarget"]
    providers, path, stretches, tdm, begin = {"osp": ENDS["osp"]}, ["osp"], [], False, "osp"
    for i, kind in enumerate(kinds):
        providers[f"p{i}"] = {"kind": kind, "ocn": f"30{i:02}"}
        if kind == "retarget":
            later = [r for r in retargets if r > i]
            providers[f"p{i}"] |= {"numbers": [number(i)[:9]],
                                   "retarget": [{"number": number(i), "to": number(later[0]) if later else CALLED}]}
    providers["tsp"] = ENDS["tsp"]
    for leg, name in zip(legs, names[1:]):
        path += [leg, name]
        tdm = tdm or leg == "tdm"
        if name == "tsp" or providers[name]["kind"] == "retarget":
            stretches.append((begin, name, tdm))
            begin, tdm = name, False
    first = number(retargets[0]) if retargets else CALLED
    expect = [{"id": "steps", "steps": "5.3"},
              {"id": "shown", "at": "tsp.phone", "verstat": "TN-Validation-Passed"}]
    for k, (a, b, lost) in enumerate(stretches):
        types = ["shaken"] + ["div"] * k
        expect += [{"id": f"published-{b}", "message": f"{a}.as -> {b}.cps POST", "carries": types},
                   {"id": f"stored-{b}", "order": [f"{a}.as -> {b}.cps POST", f"{b}.cps cps.stored"]},
                   {"id": f"in-band-{b}", "message": f"{b}.gw -> {b}.switch INVITE",
                    "identity": "absent" if lost else "present"},
                   {"id": f"used-{b}", "at": f"{b}.vs", "verstat": "TN-Validation-Passed",
                    "used": "out-of-band" if lost else "in-band"}]
    return {"id": "path", "title": " ".join(path), "providers": providers, "path": path,
            "calls": [{"from": CALLER, "to": first, "attest": "A"}], "expect": expect}, stretches


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All paths, run side by side."""
    folder, rng = tmp_path_factory.mktemp("paths"), random.Random(SEED)
    drawn = [path_of(*draw(rng)) for _ in range(PATHS)]
    files = []
    for i, (scenario, _) in enumerate(drawn):
        scenario["id"] = f"path{i}"
        files.append(folder / f"path{i}.json")
        files[-1].write_text(json.dumps(scenario, indent=1))
    out = oobsim("run", *files, "--jobs", "2", "--json", "--report", folder / "r")
    assert out.stdout, out.stderr
    return folder / "r", drawn, {s["id"]: s for s in json.loads(out.stdout)["scenarios"]}


# proves: FLOW-N1
@pytest.mark.parametrize("i", range(PATHS))
def test_path(runs, i):
    report, drawn, results = runs
    scenario, stretches = drawn[i]
    told = f"seed {SEED}, path {i}: {' '.join(scenario['path'])}: {json.dumps(scenario['providers'])}"
    bad = [(c["id"], c["expected"], c["actual"]) for c in results[f"path{i}"].get("checks", []) if c["verdict"] != "pass"]
    assert results[f"path{i}"]["verdict"] == "pass", (told, bad, results[f"path{i}"].get("error"))
    # the same without our own judge: from the octets that arrived
    trace = [json.loads(line) for line in (report / f"path{i}" / "trace.jsonl").read_text().splitlines()]
    for _, b, lost in stretches:
        arrived, = [e["raw"] for e in trace if e["at"] == f"{b}.switch" and e.get("dir") == "rx"
                    and e.get("raw", "").startswith("INVITE") and from_gateway(trace, e, b)]
        assert bool(header(arrived, "Identity")) is not lost, told
        posts = [e for e in trace if e["at"] == f"{b}.cps" and e.get("dir") == "rx" and e.get("raw", "").startswith("POST")]
        assert len(posts) == 1, told


def from_gateway(trace, event, provider):
    addr, = [e["data"]["addr"] for e in trace if e.get("what") == "world.element" and e["data"]["name"] == f"{provider}.gw"]
    return event["src"].rsplit(":", 1)[0] == addr


def test_paths_are_of_all_sorts():
    """The draw is worth something: long and short ones, with and without TDM, with and without retargeting."""
    rng = random.Random(SEED)
    drawn = [draw(rng) for _ in range(PATHS)]
    assert {len(kinds) for kinds, _ in drawn} >= {0, 4} or PATHS < 10
    assert {"tdm" in legs for _, legs in drawn} == {True, False}
    assert {"retarget" in kinds for kinds, _ in drawn} == {True, False}
