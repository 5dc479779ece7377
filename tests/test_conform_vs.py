"""oobsim conform vs: the reference, its proofs, profiles, and an STI-VS of another make, good and sloppy."""

import json
import re

import pytest

from conftest import ROOT
from oobsim_kit import oobsim

FILE = json.loads((ROOT / "scenarios" / "cases" / "vs.json").read_text())
CASES = {c["id"]: c for c in FILE["cases"]}
IDS = [f"{i}@{o}" if o else i for i, c in CASES.items() for o in c.get("over", [""])]
OTHER = ROOT / "tests" / "conform_vs.py"
CAN = ["udp", "http", "out-of-band", "div", "identities"]
# one of each kind, over one interface each
SOME = [
    "VS-01/identity-usual@udp", "VS-01/orig-other@in-band", "VS-02/no-from@http", "VS-03/handed-on@in-band",
    "VS-03/reason@in-band", "VS-05/ahead-66@in-band", "VS-05/alg-none@http", "VS-05/cert-revoked@in-band",
    "VS-05/cert-rogue@http", "VS-05/cps-asked-once@http", "VS-05/dest-other@out-of-band", "VS-05/fresh-57@out-of-band",
    "VS-05/sig-zero-r@in-band", "VS-05/stale-63@out-of-band", "VS-05/trust-crl-lists-osp@in-band", "VS-07/cps-mute@in-band",
    "VS-07/in-band-suffices@in-band", "VS-07/nothing@in-band", "VS-08/div-elsewhere@http", "VS-08/div@in-band",
]
# a mistake of the other one, to the cases among these that find it
FOUND = {
    "fresh": {"VS-05/ahead-66@in-band", "VS-05/stale-63@out-of-band"},
    "signature": {"VS-05/sig-zero-r@in-band", "VS-03/reason@in-band"},
    "chain": {"VS-05/cert-rogue@http"},
    "revoked": {"VS-05/cert-revoked@in-band", "VS-05/trust-crl-lists-osp@in-band"},
    "orig": {"VS-01/orig-other@in-band"},
    "dest": {"VS-05/dest-other@out-of-band", "VS-08/div-elsewhere@http"},
    "div": {"VS-08/div@in-band"},
    "cps": {"VS-03/handed-on@in-band", "VS-05/cps-asked-once@http", "VS-05/fresh-57@out-of-band"},
    "in-band": {"VS-01/identity-usual@udp", "VS-03/reason@in-band", "VS-07/in-band-suffices@in-band", "VS-08/div@in-band"},
    "lose": {"VS-03/handed-on@in-band"},
    "mute": {"VS-03/reason@in-band"},
    "patient": {"VS-07/cps-mute@in-band"},
}


def conform(*args):
    done = oobsim("conform", "vs", "--json", *args)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def verdicts(report):
    return {c["id"]: c["verdict"] for c in report["cases"]}


def failed(report):
    return {c["id"]: c["actual"] for c in report["cases"] if c["verdict"] not in ("pass", "unsupported")}


def cases(ids):
    return [word for i in ids for word in ("--case", i)]


@pytest.fixture
def sut(tmp_path):
    def write(*options, **members):
        file = tmp_path / "sut.json"
        file.write_text(json.dumps({
            "name": "another", "roles": ["vs"], "process": {"command": ["/usr/bin/python3", str(OTHER), *options]},
            "capabilities": CAN, **members,
        }))
        return ["--sut", str(file)]

    return write


# --- the reference ---


@pytest.fixture(scope="module")
def reference():
    return conform()


def test_the_reference_passes_all(reference):
    code, report = reference
    assert (code, failed(report)) == (0, {})
    assert [c["id"] for c in report["cases"]] == IDS
    assert report["summary"] == {
        "passed": len(IDS), "failed": 0, "unsupported": 0, "error": 0, "unreadable": 0, "known": 0,
    }
    assert report["duration_s"] < 30


def test_each_case_fails_on_its_fault():
    code, report = conform("--prove")
    assert [c["id"] for c in report["cases"] if not (c["failed_on_fault"] and c["passed_clean"])] == []
    assert (code, len(report["cases"])) == (0, len(IDS))


def test_a_fault_is_found_by_few():
    _, report = conform("--prove", *cases(SOME))
    also = {c["id"]: set(c["also_failed"]) for c in report["cases"]}
    assert also["VS-08/div@in-band"] == set() == also["VS-01/orig-other@in-band"]
    assert also["VS-05/stale-63@out-of-band"] == {"VS-05/ahead-66@in-band"}


def test_there_are_enough_and_each_says_what_it_proves():
    known = {r["id"]: r["level"] for r in json.loads((ROOT / "scenarios/requirements.json").read_text())["requirements"]}
    assert len(CASES) == len(FILE["cases"]) >= 500
    for i, case in CASES.items():
        assert set(case["proves"]) <= set(known) and i.split("/")[0] in case["proves"], i
    proved = {r for c in CASES.values() for r in c["proves"]}
    assert proved >= {r for r in known if r.startswith("VS-")}


@pytest.mark.parametrize("over", ["in-band", "http", "out-of-band"])
def test_every_check_fails_through_every_interface(over):
    """The reasons that a PASSporT can be refused for, and the ways by which it comes."""
    names = {r for c in CASES.values() if over in c.get("over", []) for s in c["steps"] for r in s.get("reasons", [])}
    assert names >= {
        "form", "compact-form", "too-long", "header-member", "typ", "alg", "x5u", "claim", "attest", "origid", "orig-mismatch",
        "dest-mismatch", "div-broken", "div-orig", "div-dest", "div-loop", "div-right", "div-long", "cert-fetch", "cert-form",
        "cert-key", "cert-profile", "cert-date", "cert-chain", "cert-untrusted", "cert-spc", "cert-revoked", "crl-unusable",
        "ca-list-unusable", "signature", "stale", "iat-outside-cert",
    }


def test_messages(reference):
    said = {c["id"]: (c["expected"], c["actual"]) for c in reference[1]["cases"]}
    assert said["VS-05/alg-none@in-band"] == (
        "TN-Validation-Failed or No-TN-Validation because of alg (437 or 438)",
        '302 No-TN-Validation, because of 437 "Unsupported Credential"')
    assert said["VS-03/handed-on@in-band"] == ("TN-Validation-Passed, hands on a", "302 TN-Validation-Passed")
    assert said["VS-07/refuse-missing@in-band"] == ("no call because of no-identity (428)", "428, because of 428 Use Identity Header")


def test_messages_of_failures(sut):
    _, report = conform(*sut("--sloppy", "signature", "--sloppy", "lose"), *cases(SOME))
    said = failed(report)
    assert said["VS-05/sig-zero-r@in-band"] == "step 1 (call): not refused: 302 TN-Validation-Passed"
    assert said["VS-03/handed-on@in-band"] == "step 1 (call): PASSporT a is not handed on octet for octet"


# --- which status stands for a reason ---


@pytest.fixture(scope="module")
def profiles(reference):
    return {"rfc8224": reference, **{p: conform("--profile", p) for p in ("atis-1000074", "lenient")}}


def test_the_lenient_profile_takes_what_the_strict_one_does(profiles):
    code, report = profiles["lenient"]
    assert (code, failed(report), report["profile"]) == (0, {}, "lenient")


def test_a_profile_of_other_statuses(profiles):
    """What verification services after ATIS-1000082 give for a missing member is not what RFC 8224 says."""
    code, report = profiles["atis-1000074"]
    missing = {i for i, c in CASES.items() if c["steps"][0].get("reasons") == ["header-member"]}
    assert code == 1 and {i.split("@")[0] for i in failed(report)} == missing
    assert all("438" in actual for actual in failed(report).values())


def test_the_statuses_that_the_page_tells(profiles):
    page = (ROOT / "docs" / "plug-in-vs.md").read_text().split("| Reason |")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in page.splitlines()[2:]]
    told = {(name, p): statuses for names, *cells in rows if not names.startswith(("all", "`no-identity` 4"))
            for name in re.findall("`([^`]+)`", names) for p, statuses in zip(("rfc8224", "atis-1000074", "lenient"), cells)}
    for name, status in re.findall("`([^`]+)` ([0-9]+)", page):
        told |= {(name, p): status for p in profiles}
    rest = {"cert": "437", "other": "438"}
    for profile, (_, report) in profiles.items():
        for name, statuses in re.findall(r"([a-z0-9-]+) \(([0-9or ]+)\)", " ".join(c["expected"] for c in report["cases"])):
            want = told.get((name, profile), rest["cert" if name.startswith("cert-") else "other"])
            assert statuses.replace(" or ", ", ") == want, (name, profile)


@pytest.mark.parametrize("profile, code", [("rfc8224", 0), ("atis-1000074", 1), ("lenient", 0)])
def test_unsupported_algorithm_438_or_437(sut, profile, code):
    """The other make says 438 of a wrong alg, which RFC 8224 leaves open."""
    got, report = conform("--profile", profile, *sut(), "--case", "VS-05/alg-none@in-band")
    assert got == code and "438" in report["cases"][0]["actual"]


def test_a_profile_that_there_is_not():
    done = oobsim("conform", "vs", "--profile", "rfc4474")
    assert done.returncode == 2 and "lenient" in done.stderr


# --- another make ---


def test_another_make_passes_what_it_can(sut):
    code, report = conform(*sut(), *cases(SOME))
    assert (code, failed(report)) == (0, {})
    assert report["summary"]["passed"] == len(SOME) - report["summary"]["unsupported"]


@pytest.mark.parametrize("mistake", FOUND)
def test_a_mistake_is_named_by_the_right_case(sut, mistake):
    code, report = conform(*sut("--sloppy", mistake), *cases(SOME))
    assert code == 1 and set(failed(report)) == FOUND[mistake]


def test_a_reason_by_its_own_words(sut):
    """"too old" stands in its Reason header: what the map makes of it counts before the status."""
    stale = cases(["VS-05/stale-63@out-of-band", "VS-05/stale-63@http"])
    assert conform(*sut(reasons={"too old": "stale"}), *stale)[0] == 0
    code, report = conform(*sut(reasons={"too old": "signature"}), *stale)
    assert code == 1 and all("refused for another reason" in a for a in failed(report).values())
    assert len(failed(report)) == 2


def test_a_reason_by_its_status(sut):
    code, report = conform(*sut(reasons={"403": "signature"}), "--case", "VS-05/stale-63@in-band")
    assert code == 1 and "refused for another reason" in report["cases"][0]["actual"]


def test_a_reason_that_is_not_given_counts_apart(sut):
    code, report = conform(*sut("--sloppy", "mute"), *cases(["VS-05/stale-63@in-band", "VS-05/alg-none@http"]))
    assert code == 0 and report["summary"]["unreadable"] == 2
    assert report["cases"][0]["actual"] == "201 TN-Validation-Failed (its reason cannot be read)"


def test_without_a_capability_a_case_is_unsupported(sut):
    code, report = conform(*sut(capabilities=[]), *cases(SOME))
    want = {i: "unsupported" if i.split("@")[1] != "in-band" or CASES[i.split("@")[0]].get("needs") else "pass" for i in SOME}
    assert code == 0 and verdicts(report) == want


@pytest.mark.parametrize("trouble, words", [
    ("crash", "9"), ("hang", "no answer"), ("rubbish", "no answer"), ("plain", "no such result: 302"),
    ("busy", "no such result: 500"),
])
def test_a_program_that_misbehaves(sut, trouble, words):
    code, report = conform(*sut("--sloppy", trouble, answer_ms=1500), *cases(["VS-05/stale-63@in-band", "VS-05/cert-rogue@in-band"]))
    assert code == 1 and len(failed(report)) == 2
    assert all(words in actual for actual in failed(report).values()), failed(report)


def test_several_identities_over_http_are_a_capability(sut):
    ids = ["VS-08/div@http", "VS-07/nothing@http", "VS-05/alg-none@http"]
    _, report = conform(*sut(capabilities=["http", "div"]), *cases(ids))
    assert [c["verdict"] for c in report["cases"]] == ["pass", "unsupported", "unsupported"]


def test_a_verstat_of_its_own(sut):
    case = cases(["VS-01/identity-usual@in-band", "VS-05/stale-63@in-band"])
    assert conform(*sut("--sloppy", "verstat"), *case)[0] == 1
    assert conform(*sut("--sloppy", "verstat", reasons={"TN-Validation-Passed-A": "ok"}), *case)[0] == 0


def test_check_of_the_attachment(sut):
    done = oobsim("conform", "vs", "--check", *sut())
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "another", "sip interface", "udp interface", "http interface", "another",
        "another"]  # code 77 for what it does not know


def test_schema_and_page():
    page = (ROOT / "docs" / "plug-in-vs.md").read_text()
    step = json.loads(oobsim("schema", "--cases", "vs").stdout)["properties"]["cases"]["items"]["properties"]["steps"]
    assert set(step["items"]["properties"]) >= {m for c in CASES.values() for s in c["steps"] for m in s}
    for word in ("udp", "http", "out-of-band", "push", "policy", "div", "identities"):
        assert f"`{word}`" in page


def test_the_page_is_true(tmp_path):
    """The description that docs/plug-in-vs.md shows, used as it stands from the root of the tree."""
    file = tmp_path / "sut.json"
    file.write_text((ROOT / "docs" / "plug-in-vs.md").read_text().split("```json\n")[1].split("```")[0])
    code, report = conform("--sut", file, *cases(SOME))
    assert (code, report["sut"], failed(report)) == (0, "another STI-VS", {})
