"""oobsim conform cps: cases on the raw socket, over time, under load, of push and of sending on: the reference in any order, and
a CPS of another make that has one mistake at a time at TLS, at the connection or in its memory."""

import json
import shutil
import subprocess

import pytest

from conftest import BIN, ROOT
from oobsim_kit import oobsim

FILE = json.loads((ROOT / "scenarios" / "cases" / "cps.json").read_text())
CASES = {c["id"]: c for c in FILE["cases"]}
OTHER = ROOT / "tests" / "conform_cps_more.py"
CAN = ["retrieval", "retrieval-put"]
WORDS = {
    "not-a-token": "form", "wrong-alg": "alg", "bad-url": "x5u", "no-certificate": "cert-fetch", "expired": "cert-date",
    "not-trusted": "cert-untrusted", "no-spc": "cert-spc", "forged": "signature", "old": "stale", "stranger": "client-cert",
    "nothing": "body-empty",
}
# a command takes so many --case
SOME = 64


def is_more(case):
    """Does it do more than post and pull, one behind the other?"""
    words = {"again", "times", "some", "within_ms", "later"}
    return "config" in case or "published" in case or any(
        s["do"] not in ("post", "pull") or words & set(s) for s in case["steps"])


MORE = [i for i, c in CASES.items() if is_more(c)]
# of these what the other one can do
PLAYED = [i for i in MORE if set(CASES[i].get("needs", [])) <= set(CAN) and "published" not in CASES[i]]
# a mistake of it, to all the cases that find it
FOUND = {
    "takes-cut-off": {"CPS-01/length-long", "CPS-04/cut-off-half"},
    "one-answer": {
        "CPS-01/keep-alive", "CPS-13/keep-alive", "CPS-01/pipelined", "CPS-01/pipelined-pieces", "CPS-01/pipelined-kept",
        "CPS-01/pipelined-good-bad",
    },
    "no-continue": {"CPS-01/expect"},
    "forgets": {"CPS-13/leaves", "CPS-13/repeated", "CPS-13/repeated-elsewhere", "CPS-13/repeated-thrice"},
    "by-numbers": {
        "CPS-13/other-call", "CPS-03/duplicate-beside-another", "CPS-09/replayed", "CPS-03/two-calls", "CPS-03/two-calls-late-first",
    },
    "impatient": {"CPS-13/late", "CPS-13/late-one-of-two", "CPS-13/waits", "CPS-13/asked-twice", "CPS-13/leaves"},
    "old-tls": {"CPS-02/tls-1.0", "CPS-08/tls-1.0", "CPS-02/tls-1.1", "CPS-08/tls-1.1"},
    "no-new-tls": {"CPS-02/tls-1.3", "CPS-08/tls-1.3"},
    "no-allow": {"CPS-07/allow"},
}


def conform(*args, ids=()):
    """Results of all ids, by id; without any, of all cases."""
    results = {}
    for at in range(0, len(ids) or 1, SOME):
        words = [word for i in ids[at:at + SOME] for word in ("--case", i)]
        done = oobsim("conform", "cps", "--json", *args, *words)
        assert done.stdout, done.stderr
        results |= {c["id"]: c for c in json.loads(done.stdout)["cases"]}
    return results


def failed(results):
    return {i: c["actual"] for i, c in results.items() if c["verdict"] not in ("pass", "unsupported")}


@pytest.fixture
def sut(tmp_path):
    def write(mistake, **members):
        file = tmp_path / "sut.json"
        file.write_text(json.dumps({
            "name": "another", "roles": ["cps"], "process": {"command": ["/usr/bin/python3", str(OTHER), mistake]},
            "capabilities": CAN, "reasons": WORDS, **members,
        }))
        return ["--sut", str(file)]

    return write


# --- the reference ---


@pytest.fixture(scope="module")
def reference():
    return conform(ids=MORE)


def test_there_are_enough():
    kinds = {s["do"] for c in CASES.values() for s in c["steps"]}
    assert len(MORE) >= 100 and kinds == {"post", "pull", "raw", "wait", "await", "never", "peer", "got"}


def test_the_reference_passes(reference):
    assert list(reference) == MORE and failed(reference) == {}
    assert {c["verdict"] for c in reference.values()} == {"pass"}


def test_in_another_order_one_by_one(reference):
    results = conform("--shuffle", "5", "--jobs", "1", ids=MORE[::2])
    assert failed(results) == {} and set(results) == set(MORE[::2])


def test_what_is_merely_allowed_is_told(reference, sut):
    ids = ["CPS-07/trace", "CPS-01/chunked"]
    other = conform(*sut("right"), ids=ids)
    assert failed(other) == {}
    assert {i: other[i]["actual"] for i in ids} == {
        "CPS-07/trace": "step 1 (raw): 501: merely allowed", "CPS-01/chunked": "step 1 (raw): 411: merely allowed",
    }
    assert all("merely" not in reference[i]["actual"] for i in ids)


# --- another make ---


def test_another_make_passes(sut):
    results = conform(*sut("right"), ids=PLAYED)
    assert failed(results) == {} and len(results) == len(PLAYED) > 75


@pytest.mark.parametrize("mistake", FOUND)
def test_a_mistake_is_named_by_the_right_cases(sut, mistake):
    """Those that find it, and as many others that do not."""
    good = [i for i in PLAYED if i not in FOUND[mistake]]
    ids = sorted(FOUND[mistake]) + good[:len(FOUND[mistake]) + 4]
    if mistake == "by-numbers":
        ids = sorted(FOUND[mistake])
    assert set(failed(conform(*sut(mistake), ids=ids))) == FOUND[mistake]


def test_who_dies_of_a_cut_off_request_is_named(sut):
    ids = ["CPS-12/cut-body-close", "CPS-12/cut-head-close", "CPS-01/length-long"]
    found = failed(conform(*sut("dies"), ids=ids))
    assert set(found) == {"CPS-12/cut-body-close", "CPS-01/length-long"}
    assert all("exit code 9" in actual for actual in found.values())


def test_what_is_not_declared_is_unsupported(sut):
    ids = [i for i in MORE if {"push", "forward", "limits"} & set(CASES[i].get("needs", []))]
    results = conform(*sut("right"), ids=ids)
    assert len(ids) > 25 and {c["verdict"] for c in results.values()} == {"unsupported"}
    results = conform(*sut("right", capabilities=["retrieval"]), ids=["CPS-13/late", "CPS-08/tls-1.2", "CPS-09/replayed"])
    assert [c["verdict"] for c in results.values()] == ["unsupported", "unsupported", "pass"]


# --- each surrounding is proved to be one: what a peer of the CPS gets is looked at ---


@pytest.mark.parametrize("ids", [
    ["CPS-14/once", "CPS-14/not-after-400", "CPS-14/ends-with-the-call"], ["DISC-13/two", "DISC-13/not-kept", "DISC-13/via"],
    ["CPS-12/full", "CPS-12/full-then-room"], ["CPS-10/deleted", "CPS-10/kept"],
])
def test_each_fails_on_its_fault_alone(ids):
    done = oobsim("conform", "cps", "--prove", "--json", *[word for i in ids for word in ("--case", i)])
    proofs = json.loads(done.stdout)["cases"]
    assert done.returncode == 0 and [c["id"] for c in proofs] == [i for i in CASES if i in ids]
    assert all(c["failed_on_fault"] and c["passed_clean"] for c in proofs)


# --- the file, its page ---


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A tree with programs and cases of its own."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    (folder / "build" / "bin").mkdir(parents=True)
    for name in ("oobsim", "ref-cps", "sti-pki"):
        shutil.copy(BIN / name, folder / "build" / "bin" / name)
    return folder


@pytest.mark.parametrize("step, words", [
    ({"do": "raw"}, "/steps/0/octets"), ({"do": "await", "of": ["x"]}, "begun before"),
    ({"do": "raw", "octets": "", "answers": [{"is": "2xy"}]}, "statuses"), ({"do": "pull", "some": ["z"]}, "/steps/0/some/0"),
    ({"do": "raw", "octets": "", "without": ["z"]}, "/steps/0/without/0"), ({"do": "raw", "octets": "", "tls": "1.4"}, "1.4"),
    ({"do": "raw", "octets": "$nobody"}, "$nobody"),
])
def test_a_mistake_in_a_case(elsewhere, step, words):
    case = {"id": "CPS-01/x", "title": "x", "proves": ["CPS-01"], "clause": "5", "level": "M", "fault": {"faults.any_client": True},
            "steps": [step]}
    (elsewhere / "scenarios" / "cases" / "cps.json").write_text(json.dumps({"role": "cps", "cases": [case]}))
    done = subprocess.run([elsewhere / "build" / "bin" / "oobsim", "conform", "cps"], cwd=elsewhere, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode in (2, 3) and words in done.stderr + done.stdout


def test_the_page_says_what_capabilities_are():
    page = (ROOT / "docs" / "plug-in.md").read_text().split("\n## cps\n")[1].split("\n## ")[0]
    for word in {n for c in CASES.values() for n in c.get("needs", [])}:
        assert f"`{word}`" in page, word
