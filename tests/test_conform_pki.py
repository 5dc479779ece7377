"""oobsim conform pki: the reference, its proofs, and publications of another make, good and sloppy."""

import json
import shutil
import subprocess

import pytest

from conftest import BIN, ROOT
from oobsim_kit import oobsim
from stirkit import start
from test_pki import lines, run as pki_run

FILE = json.loads((ROOT / "scenarios" / "cases" / "pki.json").read_text())
CASES = {c["id"]: c for c in FILE["cases"]}
OTHER = ROOT / "tests" / "conform_pki.py"
# its words, to our reasons
WORDS = {
    "wrong-type": "media-type", "too-big": "too-large", "claims": "claim", "bad-url": "map-url", "old": "stale",
    "not-yours": "not-own-ocn", "not-my-customer": "not-own-ca", "again": "replay", "wrong-alg": "alg",
    "revoked": "cert-revoked", "forged": "signature", "elsewhere": "cert-fetch",
}
CAN = ["master", "provision", "provision-ca"]
# a mistake of it, to the cases that find it
FOUND = {
    "sequence": {"DISC-02/sequence-rises", "DISC-04/sequence-rises"},
    "revocation": {"PKI-04/revoked"},
    "order": {"PKI-03/leaf-first", "PKI-01/tnauthlist", "PKI-01/own-spc", "PKI-01/profile", "PKI-04/revoked"},
    "foreign": {"DISC-02/foreign-ocn", "DISC-02/foreign-path", "DISC-02/ocn-form"},
    "https": {"DISC-02/http-url", "DISC-02/url-form", "DISC-04/http-url"},
    "expired": {"DISC-03/exp", "DISC-03/exp-missing", "DISC-03/taken", "DISC-02/published"},
    "signer": {"DISC-04/signer", "DISC-07/signer", "DISC-08/chain-served", "DISC-04/taken", "DISC-07/taken",
               "DISC-04/published", "DISC-07/follows"},
    "tag": {"PKI-05/modified", "DISC-05/modified"},
    "methods": {f"{r}/{m}" for r in ("PKI-05", "DISC-05") for m in ("post", "put", "delete")} | {"PKI-03/delete"},
    "replay": {"DISC-02/replay"},
}


def conform(*args):
    done = oobsim("conform", "pki", "--json", *args)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def failed(report):
    return {c["id"]: c["actual"] for c in report["cases"] if c["verdict"] not in ("pass", "unsupported")}


@pytest.fixture
def sut(tmp_path):
    def write(*options, **members):
        file = tmp_path / "sut.json"
        file.write_text(json.dumps({
            "name": "another", "roles": ["pki"], "process": {"command": ["/usr/bin/python3", str(OTHER), *options]},
            "capabilities": CAN, "reasons": WORDS, **members,
        }))
        return ["--sut", str(file)]

    return write


# --- the reference ---


def test_the_reference_passes_all():
    code, report = conform()
    assert (code, report["verdict"], failed(report)) == (0, "pass", {})
    assert report["summary"]["passed"] == len(CASES) and report["summary"]["unreadable"] == 0
    for case in report["cases"]:
        assert case["expected"] and case["actual"] and case["proves"] == CASES[case["id"]]["proves"]


def test_each_case_fails_on_its_fault():
    code, report = conform("--prove")
    assert code == 0 and report["verdict"] == "pass"
    assert {c["id"] for c in report["cases"]} == set(CASES)
    for case in report["cases"]:
        assert case["failed_on_fault"] and case["passed_clean"], case["id"]
        assert case["fault"] == CASES[case["id"]]["fault"]
    also = {c["id"]: set(c["also_failed"]) for c in report["cases"]}
    # a fault does not simply break the reference
    assert (also["PKI-04/revoked"], also["PKI-04/not-revoked"]) == (set(), {"PKI-04/unrevoked"})
    assert also["PKI-03/unknown"] == {"PKI-03/private-key", "DISC-05/unknown"}
    assert also["PKI-03/plain-http"] == {"PKI-05/plain-http", "DISC-05/plain-http"}


def test_each_case_says_what_it_proves():
    known = {r["id"]: r["level"] for r in json.loads((ROOT / "scenarios/requirements.json").read_text())["requirements"]}
    assert len(CASES) == len(FILE["cases"]) >= 35
    for i, case in CASES.items():
        assert set(case["proves"]) <= set(known) and i.split("/")[0] in case["proves"], i
        assert case["level"] in (known[i.split("/")[0]], "S"), i


@pytest.mark.parametrize("member, value, words", [
    ("do", "look", "/cases/0/steps/0/do: expected"),
    ("checks", ["no-such"], '/cases/0/steps/0/checks/0: expected a check that can be asked of that, got "no-such"'),
    ("checks", ["roots"], "/cases/0/steps/0/checks/0: expected a check"),
    ("reasons", ["no-such"], "/cases/0/steps/0/reasons/0: expected"),
    ("tls", 3, "/cases/0/steps/0/tls: expected"),
])
def test_a_wrong_case_is_named(tmp_path, member, value, words):
    (tmp_path / "scenarios/cases").mkdir(parents=True)
    (tmp_path / "build/bin").mkdir(parents=True)
    program = shutil.copy(BIN / "oobsim", tmp_path / "build/bin")
    case = dict(FILE["cases"][0], steps=[{"do": "get", "what": "crl", member: value}])
    (tmp_path / "scenarios/cases/pki.json").write_text(json.dumps({"role": "pki", "cases": [case]}))
    done = subprocess.run([program, "conform", "pki", "--list"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and words in done.stderr


# --- another make ---


def test_another_make_passes_all_that_it_can(sut):
    code, report = conform(*sut())
    assert (code, report["sut"], failed(report)) == (0, "another", {})
    assert {c["id"] for c in report["cases"] if c["verdict"] == "unsupported"} == {"DISC-11/published"}
    assert report["summary"]["unreadable"] == 0


@pytest.mark.parametrize("mistake", FOUND)
def test_a_mistake_is_named_by_the_right_case(sut, mistake):
    code, report = conform(*sut("--sloppy", mistake))
    assert (code, set(failed(report))) == (1, FOUND[mistake])


def test_a_reason_that_cannot_be_read_counts_apart(sut):
    code, report = conform(*sut(reasons={}))
    assert code == 0 and report["summary"]["unreadable"] > 10
    code, report = conform(*sut(reasons=WORDS | {"forged": "stale"}))
    assert code == 1 and list(failed(report)) == ["DISC-02/other-key"]


def test_without_capabilities(sut):
    code, report = conform(*sut(capabilities=[]))
    assert code == 0 and report["summary"]["unsupported"] == sum("needs" in c for c in CASES.values()) > 40


def test_the_page_is_true(tmp_path):
    """The description that docs/plug-in-pki.md shows, used as it stands from the root of the tree."""
    page = (ROOT / "docs" / "plug-in-pki.md").read_text()
    file = tmp_path / "sut.json"
    file.write_text(page.split("```json\n")[1].split("```")[0])
    assert conform("--sut", file)[0] == 0
    for name in ("carriers", *CAN, "pa_root", "revoked_key", "mapped_url", "provision", "serves"):
        assert f"`{name}`" in page, name


def test_check_of_the_attachment(sut):
    done = oobsim("conform", "pki", "--check", *sut())
    assert done.returncode == 0, done.stderr
    assert [w for w in ("ca_list", "crl", "map_pa", "map_ca", "certificate") if f"{w}: answers (200)" not in done.stdout] == []


# --- one that runs already ---


@pytest.fixture
def running(net, tmp_path):
    """sti-pki serve, as somebody else runs it: its sut.json."""
    pki, addr, host = tmp_path / "pki", net(2), "cr.elsewhere.example"
    base = f"https://{host}:8443"
    pki_run("init", pki, "--base-url", base)
    pki_run("tls", pki, "--name", host, "--ip", addr)
    (good,), (bad,) = (lines("issue", pki, "--spc", spc) for spc in ("5678", "9999"))
    pki_run("revoke", pki, bad["chain"])
    pki_run("map", pki, "--ocn", "1234", "--url", "https://cps.osp.example/", "--authority", "pa", "--authority", "ca1")
    tls = {"cert": str(pki / f"tls/{host}.pem"), "key": str(pki / f"tls/{host}-key.pem")}
    at = {
        "pa_root": str(pki / "pa/root.pem"), "ca_list": f"{base}/ca-list", "crl": f"{base}/crl",
        "crl_chain": f"{base}/pa/signer.pem", "map_pa": f"{base}/cps-map/pa", "map_ca": f"{base}/cps-map/ca1",
        "map_master": f"{base}/cps-map/master", "provision": f"{base}/cps", "certificate": good["x5u"], "key": good["key"],
        "revoked": bad["x5u"], "revoked_key": bad["key"], "ocn": "5678", "mapped_ocn": "1234",
        "mapped_url": "https://cps.osp.example/",
    }
    with start("sti-pki", {"dir": str(pki), "addr": addr, "tls": tls}, tmp_path, command=["serve"]):
        yield {"address": {"at": at, "resolve": {host: addr}, "ca": str(pki / "tls/root.pem")}, "reasons": {}}


def test_one_that_runs_already(running, tmp_path):
    file = tmp_path / "sut.json"
    file.write_text(json.dumps({"name": "elsewhere", "roles": ["pki"], "capabilities": CAN, **running}))
    code, report = conform("--sut", file)
    assert (code, failed(report)) == (0, {})
    assert report["summary"]["passed"] == len(CASES) - 1


def test_what_is_not_told_is_asked_for(running, tmp_path):
    del running["address"]["at"]["map_ca"]
    file = tmp_path / "sut.json"
    file.write_text(json.dumps({"name": "elsewhere", "roles": ["pki"], **running}))
    done = oobsim("conform", "pki", "--sut", file, "--case", "DISC-05/public")
    assert done.returncode == 3 and "/address/at/map_ca: expected its URL" in done.stdout + done.stderr
