"""oobsim conform judge: the reference, its proofs, and libraries of another make, good, sloppy and broken."""

import json
import subprocess

import pytest

from conftest import BIN, ROOT
from oobsim_kit import oobsim

OTHER = ROOT / "tests" / "conform_judge.py"
KINDS = ["identity", "certificate", "list", "body", "call"]
# some of each kind, good and bad
SOME = [
    "passport/usual", "passport/stale-61", "passport/attest-b", "passport/alg-none", "identity/usual", "certificate/ended",
    "body/two", "list/usual", "call/in-band", "passport/header-order",
]


def conform(*args):
    done = oobsim("conform", "judge", "--json", *args)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def cases(ids):
    return [word for i in ids for word in ("--case", i)]


def verdicts(report):
    return {c["id"]: c["verdict"] for c in report["cases"]}


@pytest.fixture
def sut(tmp_path):
    def write(*options, judge=None, **members):
        file = tmp_path / "sut.json"
        file.write_text(json.dumps({
            "name": "a library", "roles": ["judge"],
            "judge": {"command": ["/usr/bin/python3", str(OTHER), *options], **(judge or {})},
            "capabilities": KINDS, **members,
        }))
        return ["--sut", str(file)]

    return write


@pytest.fixture(scope="module")
def reference():
    return conform()


def test_the_reference_judges_all_right(reference):
    code, report = reference
    assert (code, report["verdict"]) == (0, "pass") and report["summary"]["passed"] == len(report["cases"]) > 600


def test_another_make_is_of_one_opinion(sut, reference):
    code, report = conform(*sut())
    assert code == 0 and verdicts(report) == verdicts(reference[1])
    assert report["summary"]["unreadable"] == 0


def test_other_keys_same_verdicts(sut):
    code, report = conform(*sut(), "--seed", "7", *cases(["passport/usual", "passport/stale-61"]))
    assert code == 0 and report["seed"] == 7


def test_each_vector_fails_on_its_fault():
    done = oobsim("conform", "judge", "--prove", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0 and len(report["cases"]) > 600
    for case in report["cases"]:
        assert case["failed_on_fault"] and case["passed_clean"] and case["id"] not in case["also_failed"], case["id"]
    stale = next(c for c in report["cases"] if c["id"] == "passport/stale-61")
    assert stale["fault"] == {"accept": "stale"} and "passport/alg-none" not in stale["also_failed"]


def test_a_vector_does_not_tell_its_verdict(tmp_path):
    """What the judge is given is what the verdict rests on."""
    seen = tmp_path / "seen"
    (tmp_path / "sut.json").write_text(json.dumps({
        "name": "tee", "roles": ["judge"], "judge": {"command": ["/bin/sh", "-c", f"tee {seen} | {BIN}/oobsim judge"]}}))
    code, _ = conform("--sut", tmp_path / "sut.json", *cases(["passport/stale-61"]))
    ready, vector = map(json.loads, seen.read_text().splitlines())
    assert code == 0 and ready["id"] == "ready" and vector["id"] == "passport/stale-61"
    assert set(vector) == {"id", "kind", "by", "now", "input", "fetch", "trust"}


# --- a library that is wrong ---


def test_a_sloppy_library_is_found_out(sut, reference):
    code, report = conform(*sut("--sloppy", "stale"))
    stale = {c["id"] for c in reference[1]["cases"] if c["expected"] == "refused: stale"}
    assert code == 1 and {i for i, v in verdicts(report).items() if v == "fail"} == stale and len(stale) > 5
    assert next(c for c in report["cases"] if c["id"] == "passport/stale-61")["actual"] == "accepted: ok"


def test_its_own_words_are_read_by_the_map(sut):
    ids = ["passport/usual", "passport/stale-61", "passport/alg-none"]
    code, report = conform(*sut("--words", reasons={"E_STALE": "stale"}), *cases(ids))
    assert code == 0 and report["summary"]["unreadable"] == 1
    assert next(c for c in report["cases"] if c["id"] == "passport/alg-none")["reason"] == "unreadable"


def test_another_reason_fails_but_not_in_the_lenient_profile(sut):
    argv = [*sut("--trouble", "other-reason", "--at", "passport/alg-none"), *cases(["passport/alg-none"])]
    code, report = conform(*argv)
    assert code == 1 and report["cases"][0]["actual"] == "refused: stale: another reason"
    code, report = conform(*argv, "--profile", "lenient")
    assert code == 0 and report["cases"][0]["actual"] == "refused: stale: another reason"


def test_kinds_that_are_not_declared_are_unsupported(sut):
    code, report = conform(*sut(capabilities=["body"]), *cases(SOME))
    want = {i: "pass" if i.split("/")[0] in ("passport", "body") else "unsupported" for i in SOME}
    assert code == 0 and verdicts(report) == want


def test_answers_in_any_order(sut):
    code, report = conform(*sut("--trouble", "backwards"), *cases(SOME[:8]))
    assert code == 0, report["cases"]


# --- programs that misbehave: the one that is to blame, and no other ---


@pytest.mark.parametrize(
    "trouble, verdict, words",
    [
        ("crash", "fail", "exit code 9"),
        ("hang", "fail", "no answer within 1500 ms"),
        ("closes", "fail", "did not end"),
        ("garbage", "fail", "not JSON"),
        ("skips", "fail", "no answer within 1500 ms"),
        ("twice", "fail", "twice"),
        ("empty", "fail", "without a verdict"),
        ("no-reason", "pass", "cannot be read"),
        ("other-reason", "fail", "another reason"),
    ],
)
def test_one_vector_is_to_blame(sut, trouble, verdict, words):
    guilty = "passport/alg-none"
    code, report = conform(*sut("--trouble", trouble, "--at", guilty, answer_ms=1500, judge={"stop_ms": 1500}), *cases(SOME))
    bad = {i: v for i, v in verdicts(report).items() if v != "pass"}
    assert (code, bad) == ((1, {guilty: "fail"}) if verdict == "fail" else (0, {})), report["cases"]
    assert words in next(c for c in report["cases"] if c["id"] == guilty)["actual"]


@pytest.mark.parametrize(
    "trouble, code, verdict, words",
    [
        ("mute", 3, "error", "no answer within 800 ms"),
        ("crash-at-start", 3, "error", "no library"),
        ("cannot", 1, "fail", "77"),
        ("chatty", 0, "pass", ""),
    ],
)
def test_one_that_does_not_come_up(sut, trouble, code, verdict, words):
    limits = {"start_ms": 800} if trouble == "mute" else {}  # to the others a busy machine must not be a trouble
    got, report = conform(*sut("--trouble", trouble, judge=limits), *cases(SOME))
    assert (got, set(verdicts(report).values())) == (code, {verdict})
    assert all(words in c["actual"] for c in report["cases"])


@pytest.mark.parametrize("trouble, words", [("deaf", "did not end"), ("code", "exit code 3")])
def test_one_that_does_not_end(sut, trouble, words):
    code, report = conform(*sut("--trouble", trouble, judge={"stop_ms": 300}), *cases(SOME[:2]))
    failed, = [c for c in report["cases"] if c["verdict"] == "fail"]
    assert code == 1 and words in failed["actual"] and "its input ends" in failed["expected"]


def test_one_that_is_not_there(sut):
    code, report = conform(*sut(judge={"command": ["/no/such/program"]}), *cases(SOME[:2]))
    assert code == 3 and all("/no/such/program" in c["actual"] for c in report["cases"])


def test_another_attachment_is_refused(sut, tmp_path):
    done = oobsim("conform", "cps", *sut(roles=["cps", "judge"]))
    assert done.returncode == 2 and "attachment" in done.stderr
    (tmp_path / "p.json").write_text(json.dumps({"name": "p", "roles": ["judge"], "process": {"command": ["x"]}}))
    assert oobsim("conform", "judge", "--sut", tmp_path / "p.json").returncode == 2


# --- oobsim judge ---


def judge(text, *options):
    return subprocess.run([BIN / "oobsim", "judge", *options], input=text, capture_output=True, text=True, timeout=20)


def test_what_is_no_vector(tmp_path):
    done = judge('{"id": 1}\nx\n{"id": "a"}\n')
    assert done.returncode == 1 and done.stdout == "" and len(done.stderr.splitlines()) == 3


def test_usage():
    for argv in (["x"], ["--accept", "no-such-reason"], ["--colour"]):
        assert judge("", *argv).returncode == 2
    assert judge("", "--help").returncode == 0
