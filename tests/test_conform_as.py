"""oobsim conform as: the reference, its proofs, and what failures say. See also test_conform_as_other.py."""

import json

import pytest

from conftest import ROOT
from oobsim_kit import oobsim

FILE = json.loads((ROOT / "scenarios" / "cases" / "as.json").read_text())
CASES = {c["id"]: c for c in FILE["cases"]}
ITEMS = [f"{i}@{over}" if over else i for i, c in CASES.items() for over in c.get("over", [None])]
OTHER = ROOT / "tests" / "conform_as.py"
# nothing of these can be seen from outside of an STI-AS
UNSEEN = {"DISC-02", "DISC-09"}


def conform(*args):
    done = oobsim("conform", "as", "--json", *args)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def failed(report):
    return {c["id"]: c["actual"] for c in report["cases"] if c["verdict"] not in ("pass", "unsupported")}


def cases(ids):
    return [word for i in ids for word in ("--case", i)]


@pytest.fixture
def sut(tmp_path):
    def write(*options, **members):
        file = tmp_path / "sut.json"
        file.write_text(json.dumps({
            "name": "another", "roles": ["as"], "process": {"command": ["/usr/bin/python3", str(OTHER), *options]},
            "capabilities": ["sip-tcp", "sip-udp"], **members,
        }))
        return ["--sut", str(file)]

    return write


# --- the reference ---


def test_the_reference_passes_all():
    code, report = conform()
    assert (code, failed(report)) == (0, {})
    assert [c["id"] for c in report["cases"]] == ITEMS
    assert report["summary"]["passed"] == len(ITEMS) and report["summary"]["unreadable"] == 0
    assert all(c["expected"] and c["actual"] and c["clause"] for c in report["cases"])


def test_each_case_fails_on_its_fault():
    code, report = conform("--prove")
    bad = [c for c in report["cases"] if not c["failed_on_fault"] or not c["passed_clean"]]
    assert (code, report["verdict"], bad) == (0, "pass", [])
    assert [c["id"] for c in report["cases"]] == ITEMS


def test_a_fault_is_found_by_few():
    """Proof that a fault does not simply break the reference."""
    ids = ["AS-01/verifies", "AS-01/info", "AS-01/order", "AS-10/octets", "AS-11/path", "AS-11/media-type", "AS-11/once"]
    _, report = conform("--prove", *cases(f"{i}@http" if i != "AS-11/once" else i for i in ids))
    assert {c["id"]: c["also_failed"] for c in report["cases"]} == {
        "AS-01/verifies@http": [], "AS-01/info@http": [], "AS-01/order@http": [], "AS-11/path@http": [],
        "AS-11/media-type@http": [], "AS-11/once": [], "AS-10/octets@http": ["AS-11/path@http", "AS-11/media-type@http", "AS-11/once"],
    }


def test_what_the_cases_prove():
    known = {r["id"]: r["level"] for r in json.loads((ROOT / "scenarios/requirements.json").read_text())["requirements"]}
    assert len(CASES) == len(FILE["cases"]) >= 150
    proved = set().union(*(c["proves"] for c in CASES.values()))
    assert {r for r in known if r.startswith(("AS-", "DISC-"))} - proved == UNSEEN
    for i, case in CASES.items():
        assert set(case["proves"]) <= set(known) and i.split("/")[0] == case["proves"][0], i
        assert case["level"] == known[case["proves"][0]], i


def test_check():
    done = oobsim("conform", "as", "--check")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for over, status in (("sip-tcp", 302), ("sip-udp", 302), ("http", 201)):
        assert f"{over} interface: answers ({status})" in lines
    assert "proxy interface: sends the INVITE on" in lines


# --- another make ---


def test_what_is_not_declared_is_not_passed(sut):
    """Neither over an interface nor where a capability is needed."""
    ids = ["AS-05/status", "AS-01/attest-told", "AS-14/div", "AS-13/each", "DISC-03/sti-pa", "AS-01/verifies@http", "AS-01/verifies@proxy"]
    code, report = conform(*sut(), *cases(ids))
    assert (code, report["summary"]["passed"]) == (0, 0)
    assert {c["verdict"] for c in report["cases"]} == {"unsupported"}


@pytest.mark.parametrize("mistake, case, words", [
    ("waits", "AS-06/never@sip-tcp", "step 2 (ask): no answer within 500 ms: Connection timed out"),
    ("silent", "AS-10/octets@sip-udp", "step 2 (posted): PASSporT 1 did not come within 1000 ms"),
    ("path", "AS-11/path@sip-tcp", "step 2 (posted): the path is /elsewhere, expected /cps/company/5678"),
    ("type", "AS-11/media-type@sip-tcp", 'step 2 (posted): the media type is "text/plain"'),
    ("attest", "AS-01/attest-own@sip-udp", 'step 1 (ask): attest is "D", expected "A"'),
    ("plus", "AS-01/orig@sip-tcp", 'step 1 (ask): orig is {"tn":"+12010000000"}, expected {"tn":"12010000000"}'),
    ("origid", "AS-01/origid@sip-tcp", 'step 1 (ask): PASSporT 1: origid is "no-uuid", expected a UUID'),
    ("x5u", "AS-01/x5u@sip-tcp", 'step 1 (ask): PASSporT 1: x5u is "http://cr.pki.example:8443/certificates/osp.pem", '
                                 'expected "https://cr.pki.example:8443/certificates/osp.pem"'),
])
def test_what_a_failure_says(sut, mistake, case, words):
    code, report = conform(*sut("--sloppy", mistake), "--case", case)
    assert (code, failed(report)) == (1, {case: words})


def test_its_own_interface_where_a_case_says_none(sut):
    """An STI-AS that takes UDP only is asked over UDP."""
    code, report = conform(*sut(capabilities=["sip-udp"]), "--case", "AS-08/no-cps", "--case", "AS-11/path@sip-tcp")
    assert code == 0
    assert {c["id"]: c["verdict"] for c in report["cases"]} == {"AS-08/no-cps": "pass", "AS-11/path@sip-tcp": "unsupported"}


def test_http_cannot_be_claimed(sut):
    code, report = conform(*sut(capabilities=["sip-tcp", "http"]), "--case", "AS-03/post")
    assert code == 1 and "no answer" in failed(report)["AS-03/post@http"]


# --- its page ---


def test_the_page_tells_all():
    page = (ROOT / "docs" / "plug-in-as.md").read_text()
    steps = json.loads(oobsim("schema", "--cases", "as").stdout)["properties"]["cases"]["items"]["properties"]["steps"]
    assert set(steps["items"]["properties"]) >= set().union(*(s for c in CASES.values() for s in c["steps"]))
    for word in set().union(*(c.get("needs", []) for c in CASES.values()), *(c.get("over", []) for c in CASES.values())):
        assert f"`{word}`" in page, word
    for path in set().union(*(c.get("config", {}) for c in CASES.values())):
        for member in path.split("."):
            assert f"`{member}`" in page or member.isdigit(), path


def test_the_page_is_true(tmp_path):
    """The description that docs/plug-in-as.md shows, used as it stands from the root of the tree."""
    file = tmp_path / "sut.json"
    file.write_text((ROOT / "docs" / "plug-in-as.md").read_text().split("```json\n")[1].split("```")[0])
    code, report = conform("--sut", file, *cases(["AS-01/verifies@sip-tcp", "AS-11/once"]))
    assert (code, report["sut"], failed(report)) == (0, "another STI-AS", {})
