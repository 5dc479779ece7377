"""oobsim conform: the reference, its proofs, and implementations of another make, good, sloppy and broken."""

import collections
import json
import pathlib
import xml.etree.ElementTree

import pytest

from conftest import ROOT
from oobsim_kit import oobsim

FILE = json.loads((ROOT / "scenarios" / "cases" / "cps.json").read_text())
CASES = {c["id"]: c for c in FILE["cases"]}
OTHER = ROOT / "tests" / "conform_cps.py"
# its words, to our reasons
WORDS = {
    "not-a-token": "form", "wrong-alg": "alg", "bad-url": "x5u", "no-certificate": "cert-fetch", "expired": "cert-date",
    "not-trusted": "cert-untrusted", "no-spc": "cert-spc", "forged": "signature", "old": "stale", "stranger": "client-cert",
}
# what the other implementation can do
GOOD = [
    "CPS-01/one-passport", "CPS-03/two-passports", "CPS-03/crlf", "CPS-03/trailing-newline", "CPS-04/word",
    "CPS-01/wrong-company", "CPS-07/get", "CPS-01/media-type", "CPS-04/signature-other-key", "CPS-04/alg-none",
    "CPS-04/certificate-expired", "CPS-06/cert-rogue", "CPS-04/cert-no-tnauth", "CPS-10/stale-63", "CPS-10/ahead-65",
    "CPS-10/fresh-57", "CPS-09/once", "CPS-13/repeated", "CPS-08/no-certificate", "CPS-08/foreign-certificate",
]
# a mistake of it, to the cases among these that find it
FOUND = {
    "fresh": {"CPS-10/stale-63", "CPS-10/ahead-65"},
    "signature": {"CPS-04/signature-other-key"},
    "dates": {"CPS-04/certificate-expired"},
    "chain": {"CPS-06/cert-rogue"},
    "method": {"CPS-07/get"},
    "company": {"CPS-01/wrong-company"},
    "media": {"CPS-01/media-type"},
    "keeps": {"CPS-09/once"},
    "anyone": {"CPS-08/no-certificate", "CPS-08/foreign-certificate"},
    "mangles": {
        "CPS-01/one-passport", "CPS-03/two-passports", "CPS-03/crlf", "CPS-03/trailing-newline", "CPS-10/fresh-57",
        "CPS-09/once", "CPS-13/repeated", "CPS-08/no-certificate", "CPS-08/foreign-certificate",
    },
}


def conform(*args):
    done = oobsim("conform", "cps", "--json", *args)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def verdicts(report):
    return {c["id"]: c["verdict"] for c in report["cases"]}


def cases(ids):
    return [word for i in ids for word in ("--case", i)]


@pytest.fixture
def sut(tmp_path):
    def write(*options, process=None, **members):
        file = tmp_path / "sut.json"
        file.write_text(json.dumps({
            "name": "another", "roles": ["cps"],
            "process": {"command": ["/usr/bin/python3", str(OTHER), *options], **(process or {})},
            "capabilities": ["retrieval", "retrieval-put"], "reasons": WORDS, **members,
        }))
        return ["--sut", str(file)]

    return write


# --- the reference ---


@pytest.fixture(scope="module")
def reference():
    return conform()


def test_the_reference_passes_all(reference):
    code, report = reference
    assert (code, report["verdict"]) == (0, "pass"), [c for c in report["cases"] if c["verdict"] != "pass"]
    assert report["summary"] == {
        "passed": len(CASES), "failed": 0, "unsupported": 0, "error": 0, "unreadable": 0, "known": 0,
    }
    assert report["duration_s"] < 30


def test_members_of_a_case(reference):
    for case in reference[1]["cases"]:
        assert case["role"] == "cps" and case["expected"] and case["actual"] and case["clause"]
        assert (case["proves"], case["level"]) == (CASES[case["id"]]["proves"], CASES[case["id"]]["level"])


def test_another_seed_gives_the_same_verdicts(reference):
    ids = GOOD[::2]
    code, report = conform("--seed", "7", *cases(ids))
    assert code == 0 and report["seed"] == 7
    assert verdicts(report) == {i: verdicts(reference[1])[i] for i in CASES if i in ids}


def test_each_case_fails_on_its_fault():
    code, report = conform("--prove")
    assert code == 0 and report["verdict"] == "pass"
    assert [c["id"] for c in report["cases"]] == list(CASES)
    for case in report["cases"]:
        assert case["failed_on_fault"] and case["passed_clean"], case["id"]
        assert case["fault"] == CASES[case["id"]]["fault"] and case["id"] not in case["also_failed"]


def test_a_fault_is_found_by_few(reference):
    """Proof that a fault does not simply break the reference."""
    _, report = conform("--prove", *cases(GOOD))
    also = {c["id"]: c["also_failed"] for c in report["cases"]}
    assert also["CPS-04/signature-other-key"] == [] and also["CPS-07/get"] == []
    assert also["CPS-10/stale-63"] == ["CPS-10/ahead-65"]


def test_list():
    listed = json.loads(oobsim("conform", "cps", "--list", "--json").stdout)["cases"]
    assert [c["id"] for c in listed] == list(CASES)
    assert set(listed[0]) == {"id", "role", "title", "clause", "level", "proves", "needs"}
    assert len(oobsim("conform", "cps", "--list").stdout.splitlines()) == len(CASES)


def test_there_are_enough_and_each_says_what_it_proves():
    known = {r["id"]: r["level"] for r in json.loads((ROOT / "scenarios/requirements.json").read_text())["requirements"]}
    assert len(CASES) == len(FILE["cases"]) >= 200
    for i, case in CASES.items():
        assert set(case["proves"]) <= set(known) and i.split("/")[0] in case["proves"], i


# --- another make ---


def test_another_make_passes_what_it_can(sut):
    code, report = conform(*sut(), *cases(GOOD))
    assert (code, report["sut"]) == (0, "another"), [c for c in report["cases"] if c["verdict"] != "pass"]
    assert report["summary"]["passed"] == len(GOOD)


@pytest.mark.parametrize("mistake", FOUND)
def test_a_mistake_is_named_by_the_right_case(sut, mistake):
    code, report = conform(*sut("--sloppy", mistake), *cases(GOOD))
    assert code == 1
    assert {i for i, v in verdicts(report).items() if v == "fail"} == FOUND[mistake]


def test_a_reason_that_cannot_be_read_counts_apart(sut):
    code, report = conform(*sut(reasons={}), *cases(GOOD))
    assert code == 0 and report["summary"]["unreadable"] > 3
    assert next(c for c in report["cases"] if c["id"] == "CPS-04/word")["reason"] == "unreadable"
    # a status that says one thing only can be read
    assert "reason" not in next(c for c in report["cases"] if c["id"] == "CPS-07/get")


def test_refused_for_another_reason_fails(sut):
    code, report = conform(*sut(reasons=WORDS | {"forged": "stale"}), *cases(GOOD))
    failed = [c for c in report["cases"] if c["verdict"] == "fail"]
    assert code == 1 and [c["id"] for c in failed] == ["CPS-04/signature-other-key"]
    assert "another reason" in failed[0]["actual"] and "stale" in failed[0]["actual"]


def test_without_a_capability_a_case_is_unsupported(sut):
    code, report = conform(*sut(capabilities=[]), *cases(GOOD))
    want = {i: "unsupported" if CASES[i].get("needs") else "pass" for i in GOOD}
    assert code == 0 and verdicts(report) == want
    assert report["summary"]["unsupported"] == collections.Counter(want.values())["unsupported"] > 5


def test_known_failures(sut):
    known = [{"case": "CPS-07/get", "reason": "still to be done", "ticket": "X-1"}]
    code, report = conform(*sut("--sloppy", "method", known=known), *cases(GOOD))
    case = next(c for c in report["cases"] if c["id"] == "CPS-07/get")
    assert (code, case["verdict"], case["known"], report["summary"]["known"]) == (0, "fail", "still to be done", 1)
    # mended, and still listed
    assert conform(*sut(known=known), *cases(GOOD))[0] == 1


# --- programs that misbehave ---


def limits(trouble):
    """Short where it is the trouble that they pass; else a busy machine would be one."""
    return {"mute": {"process": {"start_ms": 1500}}, "deaf": {"process": {"stop_ms": 300}}, "hang": {"answer_ms": 300}}.get(trouble, {})


@pytest.mark.parametrize(
    "trouble, code, verdict, words",
    [
        ("mute", 3, "error", "READY"),
        ("crash-at-start", 3, "error", "no database"),
        ("cannot", 1, "fail", "77"),
        ("crash", 1, "fail", "9"),
        ("hang", 1, "fail", "no answer"),
        ("deaf", 1, "fail", "SIGTERM"),
        ("rubbish", 0, "pass", ""),
    ],
)
def test_a_program_that_misbehaves(sut, trouble, code, verdict, words):
    argv = sut("--trouble", trouble, **limits(trouble))
    got, report = conform(*argv, "--case", "CPS-04/word")
    case, = report["cases"]
    assert (got, case["verdict"]) == (code, verdict), case
    assert words in case["actual"]


def test_after_a_crash_it_is_started_anew(sut):
    code, report = conform(*sut("--trouble", "crash"), *cases(["CPS-04/word", "CPS-07/get"]))
    assert code == 1 and set(verdicts(report).values()) == {"fail"}


def test_a_program_that_is_not_there(sut):
    code, report = conform(*sut(process={"command": ["/no/such/program"]}), "--case", "CPS-04/word")
    assert code == 3 and "/no/such/program" in report["cases"][0]["actual"]


def test_what_it_has_started_ends_with_it(sut, tmp_path):
    pid = tmp_path / "pid"
    child = "import os, pathlib, signal, sys; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); signal.pause()"
    crash = f"/usr/bin/python3 -c '{child}' {pid} & while [ ! -s {pid} ]; do :; done; exit 3"
    code, _ = conform(*sut(process={"command": ["/bin/sh", "-c", crash]}), "--case", "CPS-04/word")
    state = pathlib.Path(f"/proc/{pid.read_text()}/stat")
    assert code == 3 and (not state.exists() or state.read_text().split()[2] == "Z")  # Z: nobody has asked yet how it ended


# --- mistakes of the user ---


@pytest.mark.parametrize(
    "members, words",
    [
        ({"colour": "red"}, "colour"),
        ({"reasons": {"x": "no-such-reason"}}, "no-such-reason"),
        ({"roles": ["vs"]}, "does not play the role cps"),
        ({"known": [{"case": "nothing/none", "reason": "x"}]}, "nothing/none"),
    ],
)
def test_a_wrong_description(sut, members, words):
    done = oobsim("conform", "cps", *sut(**members))
    assert done.returncode == 2 and words in done.stderr


def test_usage():
    for argv in (["conform"], ["conform", "xyz"], ["conform", "cps", "--case", "none"], ["conform", "cps", "--prove", "--sut", "x"]):
        done = oobsim(*argv)
        assert done.returncode == 2 and done.stderr.startswith("oobsim conform: "), argv


def test_a_failure_in_five_lines(sut):
    done = oobsim("conform", "cps", *sut("--sloppy", "method"), "--case", "CPS-07/get")
    lines = done.stdout.split("\n\n")[1].splitlines()
    assert done.returncode == 1 and lines[0].startswith("fail CPS-07/get: ")
    assert [line.split()[0] for line in lines[1:]] == ["clause", "expected", "came", "ladder", "bytes", "again"]


# --- the attachment, CI, schemas ---


def check(sut_options):
    return oobsim("conform", "cps", "--check", *sut_options)


def test_check_of_the_attachment(sut):
    done = check(sut())
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["another", "public interface", "private interface", "another",
                                                    "remark"]


@pytest.mark.parametrize("trouble, words", [("mute", "READY"), ("crash-at-start", "no database"), ("hang", "no answer"),
                                            ("cannot", "77"), ("deaf", "SIGTERM")])
def test_check_names_what_is_wrong(sut, trouble, words):
    done = check(sut("--trouble", trouble, **limits(trouble)))
    assert done.returncode == 1 and words in done.stderr


def test_junit(sut, tmp_path):
    code, report = conform(*sut("--sloppy", "method", capabilities=[]), "--junit", tmp_path / "junit.xml", *cases(GOOD))
    suite = xml.etree.ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert code == 1 and suite.get("tests") == str(len(GOOD)) and suite.get("failures") == "1"
    assert suite.get("skipped") == str(report["summary"]["unsupported"]) == str(len(suite.findall("testcase/skipped")))
    failure, = suite.findall("testcase[@name='CPS-07/get']/failure")
    assert "expected: refused: method" in failure.text


def test_schemas_and_page(sut):
    page = (ROOT / "docs" / "plug-in.md").read_text()
    members = json.loads(oobsim("schema", "--sut").stdout)["properties"]
    for name in set(members) - {"$schema"}:
        assert f"`{name}`" in page, name
    case = json.loads(oobsim("schema", "--cases", "cps").stdout)["properties"]["cases"]["items"]["properties"]
    assert set(case) >= set().union(*FILE["cases"])


def test_the_page_is_true(tmp_path):
    """The description that docs/plug-in.md shows, used as it stands from the root of the tree."""
    page = (ROOT / "docs" / "plug-in.md").read_text()
    file = tmp_path / "sut.json"
    file.write_text(page.split("```json\n")[1].split("```")[0])
    code, report = conform("--sut", file, *cases(GOOD))
    assert code == 0 and report["sut"] == "another CPS"
