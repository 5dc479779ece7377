"""Every flow, over every interface: run --all, run --matrix, settings of a whole kind, elements that die and come back in mid-run."""

import json
import re

import pytest

from conftest import ROOT
from oobsim_kit import Run, header, oobsim, scenario

IDS = sorted(p.stem for p in (ROOT / "scenarios").glob("*.json") if p.stem not in ("schema", "requirements"))
FLOWS = ["A1", "A2", "A3", "A4", "A5", "N1", "B1", "B2", "B3", "B4", "T1", "T2", "P1a", "P1b", "P2", "L1", "L2",
         *(f"B5-{a}{b}{c}" for a in "io" for b in "io" for c in "io"), *(f"{k}{i}" for k, n in
         [("G", 5), ("M", 2), ("I", 4), ("S", 2), ("E", 6)] for i in range(1, n + 1))]


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    out = oobsim("run", "--all", "--json", "--report", folder)
    assert out.stdout, out.stderr
    return folder, out.returncode, json.loads(out.stdout)


# ---- run --all ----

def test_all_pass(everything):
    _, code, out = everything
    assert code == 0 and out["verdict"] == "pass"


def test_all_are_there_in_a_fixed_order(everything):
    natural = [[int(p) if p.isdigit() else p for p in re.split(r"(\d+)", s["id"])] for s in everything[2]["scenarios"]]
    assert natural == sorted(natural) and {s["id"] for s in everything[2]["scenarios"]} == set(IDS)


@pytest.mark.parametrize("name", IDS)
def test_scenario_passes(everything, name):
    result, = [s for s in everything[2]["scenarios"] if s["id"] == name]
    assert result["verdict"] == "pass", [(c["id"], c["expected"], c["actual"]) for c in result["checks"] if c["verdict"] != "pass"]
    assert (everything[0] / name / "trace.jsonl").stat().st_size > 0


@pytest.mark.parametrize("name", FLOWS)
def test_flow_of_the_specification_has_its_scenario(name):
    assert name in IDS


def test_call_always_completes_whatever_goes_wrong(everything):
    for result in everything[2]["scenarios"]:
        assert result["calls"]["placed"] == result["calls"]["completed"] >= 1, result["id"]


def test_ladders_of_troubles_show_why(everything):
    says = {"E1": "not published", "E3": "503", "E3b": "429", "E4": "refused", "E5": "deleted: stale",
            "E6": "dies", "L2": "no CPS", "G2": "refused", "P1c": "no CPS"}
    for name, words in says.items():
        assert words in (everything[0] / name / "ladder.txt").read_text(), name


def test_jobs_change_nothing_but_the_time(tmp_path):
    for jobs in ["1", "3"]:
        out = oobsim("run", "A2", "A1", "B1", "--jobs", jobs, "--json", "--report", tmp_path / jobs)
        assert [(s["id"], s["verdict"]) for s in json.loads(out.stdout)["scenarios"]] == [("A2", "pass"), ("A1", "pass"), ("B1", "pass")]


def test_table_for_people(tmp_path):
    out = oobsim("run", "A1", "B2", "--jobs", "2", "--report", tmp_path)
    lines = out.stdout.splitlines()
    assert out.returncode == 0 and lines[0].startswith("pass  A1 ") and lines[1].startswith("pass  B2 ")
    assert "2 of 2 runs pass" in out.stdout and "\x1b" not in out.stdout and out.stderr == ""


def test_one_that_fails_is_told_and_stops_no_other(tmp_path):
    bad = scenario(tmp_path, id="bad", wait_ms=100, expect=[{"id": "kept", "at": "tsp.cps", "stored": 7}])
    out = oobsim("run", bad, "A1", "--jobs", "2", "--report", tmp_path / "r")
    assert out.returncode == 1 and "fail  bad" in out.stdout and "pass  A1" in out.stdout and "1 of 2 runs pass" in out.stdout
    assert "7 PASSporTs in the store" in out.stdout
    out = oobsim("run", bad, "A1", "--jobs", "2", "--json", "--report", tmp_path / "r")
    assert json.loads(out.stdout)["verdict"] == "fail"


def test_one_that_cannot_run_is_an_error_and_stops_no_other(tmp_path):
    bad = scenario(tmp_path, id="bad", set={"tsp.cps.store.max": "many"})
    out = oobsim("run", bad, "A1", "--jobs", "2", "--report", tmp_path / "r")
    assert out.returncode == 2 and "error bad" in out.stdout and "/store/max" in out.stdout and "pass  A1" in out.stdout


@pytest.mark.parametrize("args, says", [(["--all", "A1"], "either"), (["--jobs", "0", "A1"], "--jobs"), (["--matrix"], "--all")])
def test_options_that_make_no_sense(args, says):
    out = oobsim("run", *args)
    assert out.returncode == 2 and says in out.stderr


# ---- run --matrix ----

VARIANTS = [f"{i}+{d}" for i in ("redirect", "proxy", "http") for d in ("pull", "push")]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    out = oobsim("run", "A1", "B3", "S2", "--matrix", "--json", "--report", folder)
    assert out.stdout, out.stderr
    return folder, {(s["id"], s.get("variant")): s for s in json.loads(out.stdout)["scenarios"]}


def test_matrix_is_the_product(matrix):
    assert list(matrix[1]) == [(s, v) for s in ("A1", "B3") for v in VARIANTS] + [("S2", None)]


@pytest.mark.parametrize("name", ["A1", "B3"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_variant_passes_and_is_what_it_says(matrix, name, variant):
    """Seen from the octets: who is asked by what, and who begins between CPS and STI-VS."""
    folder, results = matrix
    assert results[name, variant]["verdict"] == "pass", [c for c in results[name, variant]["checks"] if c["verdict"] != "pass"]
    interface, delivery = variant.split("+")
    run = Run.__new__(Run)
    run.report = folder / f"{name}.{variant}"
    signing = run.messages("https", "osp.switch", "osp.as", "POST /stir/v1/signing ")
    verifying = run.messages("https", "tsp.switch", "tsp.vs", "POST /stir/v1/verification ")
    assert bool(signing) == bool(verifying) == (interface == "http")
    back = run.messages("sip", "osp.as", "osp.switch", "INVITE")
    assert bool(back) == (interface == "proxy")
    assert bool(run.messages("sip", "osp.as", "osp.switch", "SIP/2.0 302")) == (interface == "redirect")
    assert bool(run.messages("https", "tsp.cps", "tsp.vs", "POST /passports ")) == (delivery == "push")
    if interface == "proxy":
        assert header(back[0]["raw"], "Identity")


def test_http_answers_by_the_profile(tmp_path):
    for status in (201, 200):
        run = Run(tmp_path / str(status), "A1", "--set", "as.interface=http", "--set", f"as.http.answer_status={status}")
        assert run.code == 0
        assert run.messages("https", "osp.as", "osp.switch", f"HTTP/1.1 {status} ")


# ---- settings of a kind ----

def test_setting_of_a_kind_reaches_all_of_it(tmp_path):
    run = Run(tmp_path, "B2", "--set", "cps.store.max=17", "--set", "r1.cps.store.max=18")
    assert run.code == 0
    kept = {name: json.loads((run.report / "world" / "config" / f"{name}.cps.json").read_text())["store"]["max"] for name in ("r1", "tsp")}
    assert kept == {"r1": 18, "tsp": 17}


@pytest.mark.parametrize("setting, says", [("as.interface=pigeon", "redirect, proxy or http"), ("cps.delivery=both", "pull or push"),
                                           ("hss.x=1", "hss.x"), ("phone.x=1", "no configuration")])
def test_setting_of_a_kind_that_is_wrong(tmp_path, setting, says):
    out = oobsim("run", "A1", "--set", setting, "--report", tmp_path)
    assert out.returncode == 2 and says in out.stderr


# ---- during ----

def test_element_that_comes_back_is_used_again(tmp_path):
    """The CPS is dead when the PASSporT is published first, and alive when it is published again."""
    file = scenario(
        tmp_path, without=["tsp.cps"], during=[{"after": "osp.as as.publish_failed", "start": "tsp.cps"}],
        set={"osp.as.publish.backoff_ms": 300, "osp.as.publish.retries": 10, "tsp.vs.cps.wait_ms": 100},
        expect=[{"id": "back", "order": ["osp.as as.publish_failed", "tsp.cps world.started", "tsp.cps cps.stored"]},
                {"id": "published", "at": "osp.as", "what": "as.published", "is": {"status": "201"}}], wait_ms=8000)
    run = Run(tmp_path / "r", file)
    assert run.code == 0, (run.stderr, run.checks)
    assert "is back" in (run.report / "ladder.txt").read_text()


def test_element_that_is_killed_is_dead(tmp_path):
    file = scenario(tmp_path, during=[{"after": "tsp.cps cps.stored", "kill": "tsp.cps"}], wait_ms=200,
                    set={"tsp.vs.cps.wait_ms": 100}, expect=[{"id": "killed", "order": ["tsp.cps cps.stored", "tsp.cps world.killed"]}])
    run = Run(tmp_path / "r", file)
    assert run.code == 0, (run.stderr, run.checks)
