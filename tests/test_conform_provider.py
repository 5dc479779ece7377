"""oobsim conform osp, tsp: whole providers. The reference and its proofs, one that is put together otherwise, mistakes, trouble."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import BIN, ROOT
from oobsim_kit import oobsim

FILES = {role: json.loads((ROOT / "scenarios" / "cases" / f"{role}.json").read_text()) for role in ("osp", "tsp")}
CASES = {role: {c["id"]: c for c in file["cases"]} for role, file in FILES.items()}
CAPABILITIES = {"osp": ["tdm", "sip", "lnp", "toll-free", "cps-mapping"], "tsp": ["tdm", "sip", "div"]}
OTHER = ROOT / "tests" / "conform_provider.py"
ENV = {"OOB_BIN": str(BIN)}
# a mistake, to cases that find it, and to some that pass all the same
FOUND = {
    ("osp", "signs-nothing"): ({"AS-01/in-band", "FLOW-A1/arrives-verified"}, {"FLOW-A1/numbers-in-the-iam", "FLOW-A1/busy"}),
    ("osp", "publishes-nothing"): ({"FLOW-A1/arrives-verified", "AS-11/path"}, {"AS-01/in-band", "FLOW-A1/busy"}),
    ("osp", "waits-for-cps"): ({"AS-06/call-does-not-wait"}, {"FLOW-A1/arrives-verified", "AS-10/to-the-octet"}),
    ("osp", "attests-all"): ({"AS-01/attestation"}, {"AS-01/numbers", "AS-01/signed"}),
    ("osp", "leaks"): ({"FLOW-A1/nothing-in-the-iam"}, {"FLOW-A1/numbers-in-the-iam", "AS-01/in-band"}),
    ("tsp", "believes-all"): ({"VS-07/none", "VS-05/forged"}, {"VS-05/out-of-band", "CPS-04/forged"}),
    ("tsp", "never-asks"): ({"VS-05/out-of-band", "VS-08/chain"}, {"VS-07/in-band", "VS-07/none"}),
    ("tsp", "forgets-nothing"): ({"CPS-09/deleted-by-the-call"}, {"VS-05/out-of-band"}),
    ("tsp", "one-cause"): ({"FLOW-A1/busy", "FLOW-A1/no-answer"}, {"FLOW-A1/caller-hangs-up"}),
}


def conform(role, *args):
    done = oobsim("conform", role, "--json", *args, env=ENV)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def verdicts(report):
    return {c["id"]: c["verdict"] for c in report["cases"]}


def chosen(ids):
    return [word for i in ids for word in ("--case", i)]


def describe(folder, role, *words, capabilities=None, **process):
    file = folder / "sut.json"
    file.write_text(json.dumps({
        "name": "another provider", "roles": [role],
        "process": {"command": [sys.executable, str(OTHER), *words], **process},
        "capabilities": CAPABILITIES[role] if capabilities is None else capabilities}))
    return file


@pytest.fixture(scope="module", params=["osp", "tsp"])
def reference(request):
    return request.param, *conform(request.param)


@pytest.fixture(scope="module", params=["osp", "tsp"])
def proof(request):
    return request.param, *conform(request.param, "--prove")


# --- the reference ---

def test_reference_passes(reference):
    role, code, report = reference
    assert {i: v for i, v in verdicts(report).items() if v != "pass"} == {}
    assert code == 0 and report["summary"]["passed"] == len(CASES[role]) >= 14


def test_each_case_fails_on_its_fault(proof):
    role, code, report = proof
    assert [c["id"] for c in report["cases"] if not c["failed_on_fault"]] == []
    assert [c["id"] for c in report["cases"] if not c["passed_clean"]] == []
    assert code == 0 and {c["id"] for c in report["cases"]} == set(CASES[role])


@pytest.mark.parametrize("role,id", [(role, i) for role in CASES for i in CASES[role]])
def test_what_a_case_says(role, id):
    case = CASES[role][id]
    assert case["needs"] and set(case["needs"]) <= set(CAPABILITIES[role])
    assert case["title"] and case["clause"] and id.partition("/")[0] in case["proves"]


# --- one that is put together otherwise ---

@pytest.mark.parametrize("role", ["osp", "tsp"])
def test_another_provider(tmp_path, role):
    some = list(CASES[role])[::5]
    code, report = conform(role, "--sut", describe(tmp_path, role), *chosen(some))
    assert set(verdicts(report).values()) == {"pass"} and code == 0


def test_a_provider_with_a_cps_of_another_make(tmp_path):
    some = ["VS-05/out-of-band", "CPS-01/201", "VS-05/forged", "CPS-09/deleted-by-the-call", "CPS-13/late", "VS-06/in-band-and-out-of-band"]
    code, report = conform("tsp", "--sut", describe(tmp_path, "tsp", "--other-cps"), *chosen(some))
    assert set(verdicts(report).values()) == {"pass"} and code == 0


@pytest.mark.parametrize("role,mistake", FOUND)
def test_a_mistake_is_named_by_the_right_cases(tmp_path, role, mistake):
    find, others = FOUND[role, mistake]
    _, report = conform(role, "--sut", describe(tmp_path, role, "--sloppy", mistake), *chosen([*find, *others]))
    assert {i for i, v in verdicts(report).items() if v == "fail"} == find
    assert {i for i, v in verdicts(report).items() if v == "pass"} == others


def test_what_a_failure_says(tmp_path):
    sut = describe(tmp_path, "osp", "--sloppy", "leaks")
    report = tmp_path / "report"
    oobsim("conform", "osp", "--sut", sut, "--case", "FLOW-A1/nothing-in-the-iam", "--report", report, env=ENV)
    case = json.loads((report / "report.json").read_text())["cases"][0]
    assert "without an Identity header" in case["expected"]
    assert "octets of the call's PASSporT are in it" in case["actual"]
    ladder = (report / "cases" / "osp" / "FLOW-A1" / "nothing-in-the-iam" / "ladder.txt").read_text()
    assert "osp.gw" in ladder and "IAM" in ladder


@pytest.mark.parametrize("role,without", [("osp", "sip"), ("tsp", "div")])
def test_what_is_not_declared_is_unsupported(tmp_path, role, without):
    able = [c for c in CAPABILITIES[role] if c != without]
    needing = [i for i, c in CASES[role].items() if without in c["needs"]]
    other = next(i for i in CASES[role] if i not in needing)
    sut = describe(tmp_path, role, capabilities=able)
    code, report = conform(role, "--sut", sut, *chosen([*needing, other]))
    assert code == 0 and verdicts(report) == {**{i: "unsupported" for i in needing}, other: "pass"}


# --- trouble ---

@pytest.mark.parametrize("trouble,code,verdict,says", [
    ("cannot", 1, "fail", "77"),
    ("crash-at-start", 3, "error", "no licence"),
    ("mute", 3, "error", "not READY within 500 ms"),
    ("crash", 1, "fail", "exit code 9"),
    ("deaf", 1, "fail", "did not end when told to"),
])
@pytest.mark.parametrize("role", ["osp", "tsp"])
def test_trouble_has_the_one_right_verdict(tmp_path, role, trouble, code, verdict, says):
    limits = {"mute": {"start_ms": 500}, "deaf": {"stop_ms": 200}}.get(trouble, {})
    sut = describe(tmp_path, role, "--trouble", trouble, **limits)
    id = {"osp": "FLOW-A1/numbers-in-the-iam", "tsp": "FLOW-A1/caller-hangs-up"}[role]
    got, report = conform(role, "--sut", sut, "--case", id)
    assert verdicts(report) == {id: verdict}, report
    assert got == code
    if trouble != "crash":  # which check finds it first is a matter of luck
        assert says in report["cases"][0]["actual"]


@pytest.mark.parametrize("role", ["osp", "tsp"])
def test_check(tmp_path, role):
    done = oobsim("conform", role, "--check", "--sut", describe(tmp_path, role), env=ENV)
    assert done.returncode == 0 and "a call goes through" in done.stdout and "ends with code 0" in done.stdout


@pytest.mark.parametrize("trouble,says", [("cannot", "77"), ("crash-at-start", "no licence"), ("deaf", "did not end")])
def test_check_says_what_is_wrong(tmp_path, trouble, says):
    sut = describe(tmp_path, "tsp", "--trouble", trouble, stop_ms=200)
    done = oobsim("conform", "tsp", "--check", "--sut", sut, env=ENV)
    assert done.returncode == 1 and says in done.stderr


@pytest.mark.parametrize("words", [["--case", "FLOW-A1/busy"], ["--check"]])
def test_one_that_runs_somewhere_has_no_part(tmp_path, words):
    file = tmp_path / "sut.json"
    file.write_text(json.dumps({"name": "far", "roles": ["tsp"], "capabilities": ["tdm"],
                                "address": {"at": {"gw.m3ua": "127.0.0.1:2905"}}}))
    done = oobsim("conform", "tsp", "--sut", file, *words)
    assert done.returncode in (1, 3) and "expected a process: each case has a world of its own" in done.stdout + done.stderr


def test_order_and_number_of_processes_change_nothing(tmp_path):
    some = chosen(list(CASES["tsp"])[:8])
    one = conform("tsp", "--jobs", "1", *some)
    assert verdicts(one[1]) == verdicts(conform("tsp", "--jobs", "4", "--shuffle", "7", *some)[1])


# --- mistakes in the file ---

def refuse(folder, change):
    """What is said of tsp.json when its first case is changed."""
    (folder / "build" / "bin").mkdir(parents=True)
    shutil.copy(BIN / "oobsim", folder / "build" / "bin")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    file = folder / "scenarios" / "cases" / "tsp.json"
    cases = json.loads(file.read_text())
    change(cases["cases"][0]["steps"][0])
    file.write_text(json.dumps(cases, indent=1))
    done = subprocess.run([pathlib.Path("build/bin/oobsim"), "conform", "--list", "tsp"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("member,value,says", [
    ("scenario", "Z9", 'there is no scenario "Z9"'),
    ("scenario", 7, "expected the id of a scenario"),
    ("with", [], "expected an object of a scenario's members"),
    ("with", {"path": ["osp", "tdm", "tsp", "tdm"]}, "a leg leads nowhere"),
    ("with", {"sets": {}}, "got \"sets\""),
    ("expect", [], "expected an array of expectations"),
    ("expect", ["no-such"], 'no expectation "no-such"'),
    ("expect", [{"message": "osp.gw"}], "FROM -> TO"),
])
def test_mistakes_have_a_place(tmp_path, member, value, says):
    text = refuse(tmp_path, lambda step: step.update({member: value}))
    assert says in text and "scenarios/cases/tsp.json:" in text and "/cases/0/steps/0/" in text
