"""oobsim compare: two reports, check by check."""

import json
import subprocess

import pytest

from conftest import BIN
from oobsim_kit import Run, oobsim

ARRAYS = ["broke", "mended", "changed", "new", "gone"]


def check(name, verdict, actual="it came so"):
    return {"id": name, "title": f"Title of {name}", "verdict": verdict, "expected": "it", "actual": actual}


def scenario(name, checks, verdict=None, **more):
    bad = any(c["verdict"] != "pass" for c in checks)
    return {"id": name, "verdict": verdict or ("fail" if bad else "pass"), "checks": checks} | more


def report(path, *scenarios, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"verdict": "?", "duration_s": 1.5, "scenarios": list(scenarios)} | more))
    return path


def compare(old, new, *options):
    return oobsim("compare", *options, old, new)


def compared(old, new):
    """(exit code, {change: [(scenario, check)]}, number of the same)."""
    done = compare(old, new, "--json")
    out = json.loads(done.stdout)
    assert set(out) == {*ARRAYS, "same"}
    return done.returncode, {c: [(r["scenario"], r["check"]) for r in out[c]] for c in ARRAYS if out[c]}, out["same"]


def pair(tmp_path, old, new):
    return report(tmp_path / "old.json", *old), report(tmp_path / "new.json", *new)


def test_equal_reports(tmp_path):
    one = [scenario("A1", [check("steps", "pass"), check("used", "fail")])]
    assert compared(*pair(tmp_path, one, one)) == (0, {}, 3)


@pytest.mark.parametrize("old, new, change, code", [
    ("pass", "fail", "broke", 1),
    ("pass", "error", "broke", 1),
    ("pass", "unsupported", "broke", 1),
    ("fail", "pass", "mended", 0),
    ("error", "pass", "mended", 0),
    ("fail", "error", "changed", 0),
    ("fail", "unsupported", "changed", 0),
])
def test_change_of_one_check(tmp_path, old, new, change, code):
    files = pair(tmp_path, [scenario("A1", [check("steps", "pass"), check("used", old)])],
                 [scenario("A1", [check("steps", "pass"), check("used", new)])])
    assert compared(*files) == (code, {change: [("A1", "used")]}, 2)


def test_new_and_gone_break_nothing(tmp_path):
    files = pair(tmp_path, [scenario("A1", [check("old", "pass")]), scenario("A2", [])],
                 [scenario("A1", [check("fresh", "fail")]), scenario("A3", [check("steps", "pass")])])
    assert compared(*files) == (0, {"new": [("A1", "fresh"), ("A3", "run"), ("A3", "steps")],
                                    "gone": [("A1", "old"), ("A2", "run")]}, 1)


def test_same_check_of_two_scenarios(tmp_path):
    files = pair(tmp_path, [scenario("A1", [check("steps", "pass")]), scenario("A2", [check("steps", "fail")])],
                 [scenario("A2", [check("steps", "pass")]), scenario("A1", [check("steps", "fail")])])
    assert compared(*files) == (1, {"broke": [("A1", "steps")], "mended": [("A2", "steps")]}, 2)


def test_a_scenario_that_cannot_be_run_any_more(tmp_path):
    """Its checks are gone, and the run itself broke, with the reason of it."""
    files = pair(tmp_path, [scenario("A1", [check("steps", "pass")])],
                 [scenario("A1", [], "error", error="ref-cps is not there")])
    assert compared(*files) == (1, {"broke": [("A1", "run")], "gone": [("A1", "steps")]}, 0)
    assert "ref-cps is not there" in compare(*files).stdout


def test_same_id_twice(tmp_path):
    old = [scenario("A1", [check("x", "pass"), check("x", "pass"), check("x", "fail")])]
    new = [scenario("A1", [check("x", "pass"), check("x", "fail"), check("x", "pass")])]
    assert compared(*pair(tmp_path, old, new)) == (1, {"broke": [("A1", "x#2")], "mended": [("A1", "x#3")]}, 2)


def test_cases_of_roles(tmp_path):
    """A conformance report has cases in place of scenarios, and says passed."""
    def cases(path, *verdicts):
        ids = ["CPS-01/x", "CPS-02/x", "CPS-03/x"]
        path.write_text(json.dumps({"cases": [{"id": i, "role": "cps", "verdict": v} for i, v in zip(ids, verdicts)]}))
        return path

    old, new = cases(tmp_path / "a", "passed", "passed", "failed"), cases(tmp_path / "b", "passed", "failed", "passed")
    assert compared(old, new) == (1, {"broke": [("cps", "CPS-02/x")], "mended": [("cps", "CPS-03/x")]}, 1)


def test_text_for_people(tmp_path):
    files = pair(tmp_path, [scenario("A1", [check("used", "pass"), check("late", "fail")])],
                 [scenario("A1", [check("used", "fail", "nothing came"), check("late", "pass")])])
    done = compare(*files)
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and not done.stderr
    assert lines[0] == "broke   A1 used  pass -> fail  Title of used"
    assert lines[1].split() == ["expected", "it"] and lines[2].split(None, 1) == ["came", "nothing came"]
    assert lines[3] == "mended  A1 late  fail -> pass  Title of late"
    assert lines[-1] == "1 broke, 1 mended, 0 changed, 0 new, 0 gone, 1 the same"


def test_folders(tmp_path):
    """A report's folder, and a folder of such folders; what is no report beside them is passed over."""
    old = [scenario("A1", [check("x", "pass")]), scenario("A2", [check("x", "pass")])]
    report(tmp_path / "old" / "A1" / "report.json", old[0])
    report(tmp_path / "old" / "A2" / "report.json", old[1])
    (tmp_path / "old" / "notes").mkdir()
    (tmp_path / "old" / "readme").write_text("x")
    report(tmp_path / "new" / "report.json", scenario("A1", [check("x", "pass")]), scenario("A2", [check("x", "fail")]))
    assert compared(tmp_path / "old", tmp_path / "new") == (1, {"broke": [("A2", "x")]}, 3)


def test_standard_input(tmp_path):
    old, new = pair(tmp_path, [scenario("A1", [check("x", "pass")])], [scenario("A1", [check("x", "fail")])])
    done = subprocess.run([BIN / "oobsim", "compare", old, "-"], input=new.read_text(), capture_output=True, text=True,
                          timeout=20)
    assert done.returncode == 1 and "A1 x" in done.stdout


@pytest.mark.parametrize("text, says", [
    ("", "1:0"),
    ("[1]", "scenarios"),
    ('{"scenarios": 3}', "scenarios"),
    ('{"scenarios": [{"id": "A1"}]}', "verdict"),
    ('{"scenarios": [{"id": "A1", "verdict": "pass", "checks": [{"id": "x"}]}]}', "verdict"),
    ('{"scenarios": [{"id": "A1", "verdict": "pass", "checks": [7]}]}', "verdict"),
    ('{"scenarios": [\n x', "2:"),
])
def test_what_is_no_report(tmp_path, text, says):
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    done = compare(bad, report(tmp_path / "good.json"))
    assert done.returncode == 2 and str(bad) in done.stderr and says in done.stderr and not done.stdout
    assert compare(tmp_path / "good.json", bad).returncode == 2


def test_what_is_not_there(tmp_path):
    (tmp_path / "empty").mkdir()
    good = report(tmp_path / "good.json")
    for missing in ("none.json", "empty"):
        done = compare(good, tmp_path / missing)
        assert done.returncode == 2 and missing in done.stderr


@pytest.mark.parametrize("words", [[], ["one"], ["one", "two", "three"], ["--jason", "one", "two"]])
def test_usage(words):
    done = oobsim("compare", *words)
    assert done.returncode == 2 and "oobsim compare" in done.stderr and not done.stdout


def test_help():
    done = oobsim("compare", "--help")
    assert done.returncode == 0 and "OLD NEW" in done.stdout


def test_real_runs(tmp_path):
    """The reports of a good run and of one without a CPS: what the run says that failed is what broke."""
    good, bad = Run(tmp_path / "good", "A1"), Run(tmp_path / "bad", "A1", "--without", "tsp.cps")
    assert good.code == 0 and bad.code == 1
    code, changes, same = compared(tmp_path / "good", tmp_path / "bad" / "report.json")
    assert code == 1 and {name for _, name in changes.pop("broke")} == bad.failed() and not changes
    assert same == len(good.checks) - len(bad.failed()) + 1
    code, changes, _ = compared(tmp_path / "bad", tmp_path / "good")
    assert code == 0 and {name for _, name in changes.pop("mended")} == bad.failed() and not changes
