"""Scenario A1, the direct TDM flow: its verdicts, and the same facts as outsiders see them."""

import base64
import json
import os
import pty
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from conftest import BIN, ROOT
from oobsim_kit import A1, LIMIT_S, Run, header, oobsim, scenario

ORIG, DEST = "12013776051", "19032469103"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("a1"), "A1")


def unbase64(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def token_of(run):
    """The PASSporT that is in-band."""
    invite, = [e["raw"] for e in run.messages("sip", "osp.switch", "osp.gw", "INVITE") if e["dir"] == "rx"]
    value, = header(invite, "Identity")
    return value.split(";")[0]


def certificates(pem):
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.S)
    return [x509.load_pem_x509_certificate(block.encode()) for block in blocks]


def chain_of(run):
    """The certificates at its x5u: leaf, intermediate."""
    x5u = json.loads(unbase64(token_of(run).split(".")[0]))["x5u"]
    name = x5u.rsplit("/", 1)[1]
    return run.report / "world" / "pki" / "certs" / name


# ---- what the run says ----

def test_passes(run):
    assert run.code == 0, run.stderr
    assert run.out["verdict"] == "pass" and run.scenario["verdict"] == "pass"
    assert run.scenario["calls"] == {"placed": 1, "completed": 1, "verified": 1}


def test_json_has_what_programs_want(run):
    assert run.out["duration_s"] > 0 and run.scenario["id"] == "A1" and run.scenario["calls_per_s"] > 0
    for check in run.scenario["checks"]:
        assert {"id", "proves", "verdict", "expected", "actual"} <= set(check)
        assert check["expected"] and check["actual"]


@pytest.mark.parametrize("check", ["calls", "attest"] + [e["id"] for e in A1["expect"]])
def test_check_passes(run, check):
    assert run.checks[check]["verdict"] == "pass", run.checks[check]


def test_checks_name_what_they_prove(run):
    for expect in A1["expect"]:
        assert run.checks[expect["id"]]["proves"] == expect.get("proves", [])


def test_report_folder(run):
    report = json.loads((run.report / "report.json").read_text())
    assert '"verdict": "pass"' in (run.report / "report.json").read_text() and report
    for name in ["trace.jsonl", "ladder.txt", "ladder.mmd", "junit.xml"]:
        assert (run.report / name).stat().st_size > 0


def test_trace_is_sorted_json_lines(run):
    times = [e["t"] for e in run.trace()]
    assert len(times) > 50 and times == sorted(times)
    assert {e["at"] for e in run.trace()} >= {"osp.switch", "osp.as", "osp.gw", "tsp.gw", "tsp.switch", "tsp.vs", "tsp.cps",
                                              "tsp.phone", "oobsim"}


def test_kept_run_is_drawn_again(run):
    again = oobsim("ladder", run.report)
    assert again.returncode == 0 and "IAM" in again.stdout and "tsp.cps" in again.stdout


def test_output_for_people_is_plain_in_a_pipe(tmp_path):
    out = oobsim("run", "A1", "--ladder", "--report", tmp_path)
    assert out.returncode == 0 and "\x1b" not in out.stdout + out.stderr and out.stderr == ""
    assert "A1 pass" in out.stdout and str(tmp_path) in out.stdout and "IAM" in out.stdout


# ---- the same from the octets ----

def test_iam_as_tshark_sees_it(run, tmp_path):
    m3ua, = [e["hex"] for e in run.messages("isup", "osp.gw", "tsp.gw")
             if e["dir"] == "tx" and bytes.fromhex(e["hex"])[2:4] == b"\x01\x01" and iam_in(bytes.fromhex(e["hex"]))]
    octets = bytes.fromhex(m3ua)
    (tmp_path / "hex").write_text("".join(f"{i:06x} {octets[i:i + 16].hex(' ')}\n" for i in range(0, len(octets), 16)))
    subprocess.run(["text2pcap", "-q", "-S", "2905,2905,3", tmp_path / "hex", tmp_path / "pcap"], check=True,
                   capture_output=True, timeout=LIMIT_S)
    out = subprocess.run(["tshark", "-o", "mtp3.standard:ANSI", "-r", tmp_path / "pcap", "-T", "fields", "-e",
                          "isup.message_type", "-e", "isup.called", "-e", "isup.calling", "-e", "_ws.malformed"],
                         check=True, capture_output=True, text=True, timeout=LIMIT_S)
    kind, called, calling, malformed = (out.stdout.rstrip("\n").split("\t") + [""] * 4)[:4]
    assert (int(kind), called, calling, malformed) == (1, DEST[1:], ORIG[1:], "")


def iam_in(m3ua):
    at = m3ua.index(b"\x02\x10", 8)
    return m3ua[at + 18] == 1


# proves: FLOW-A1
def test_iam_holds_nothing_of_the_passport(run):
    iam = run.isup("osp.gw", "tsp.gw")[0]
    token = token_of(run)
    assert iam[2] == 1 and len(iam) < 100
    assert b"dentity" not in iam and token[:8].encode() not in iam
    for part in token.split("."):
        raw = unbase64(part)
        assert not any(raw[i:i + 6] in iam for i in range(0, len(raw) - 6))


def test_invite_at_the_tsp(run):
    before, = [e["raw"] for e in run.messages("sip", "osp.switch", "osp.gw", "INVITE") if e["dir"] == "tx"]
    behind, = [e["raw"] for e in run.messages("sip", "tsp.gw", "tsp.switch", "INVITE") if e["dir"] == "rx"]
    assert header(before, "Identity") and not header(behind, "Identity") and not header(behind, "Date")
    assert header(before, "Call-ID") != header(behind, "Call-ID")
    assert token_of(run) not in behind


# proves: AS-10 AS-11 CPS-01
def test_cps_received_the_token_that_was_in_band(run):
    post, = [e["raw"] for e in run.trace() if e["kind"] == "https" and e["at"] == "tsp.cps" and e["dir"] == "rx"
             and e.get("raw", "").startswith("POST ")]
    head, body = post.split("\r\n\r\n", 1)
    assert body == token_of(run)
    assert head.splitlines()[0] == "POST /cps/company/5678 HTTP/1.1"
    assert header(post, "Content-Type") == ["application/passport"]
    assert header(post, "Content-Length") == [str(len(body))]
    assert header(post, "Host")[0].startswith("cps.tsp.example")


# proves: AS-06
def test_answer_left_before_the_201(run):
    answered, = run.notes("as.answered")
    published, = run.notes("as.published")
    assert published["data"]["status"] == 201 and answered["t"] < published["t"]


# proves: AS-01
def test_passport_verifies(run):
    head, claims, signature = token_of(run).split(".")
    raw = unbase64(signature)
    leaf = certificates(chain_of(run).read_text())[0]
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    leaf.public_key().verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(unbase64(head)) == {"alg": "ES256", "ppt": "shaken", "typ": "passport",
                                          "x5u": json.loads(unbase64(head))["x5u"]}
    payload = json.loads(unbase64(claims))
    assert (payload["orig"], payload["dest"], payload["attest"]) == ({"tn": ORIG}, {"tn": [DEST]}, "A")


# proves: PKI-02 PKI-05
def test_chain_ends_at_an_approved_root(run):
    chain = certificates(chain_of(run).read_text())
    pki = run.report / "world" / "pki"
    roots = [r for f in pki.glob("ca*/root.pem") for r in certificates(f.read_text())]
    root, = [r for r in roots if r.subject == chain[-1].issuer]
    assert len(chain) == 2
    for certificate, issuer in zip(chain, chain[1:] + [root]):
        assert certificate.issuer == issuer.subject
        issuer.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
    listed = json.loads(unbase64((pki / "pa" / "ca-list.jwt").read_text().split(".")[1]))["trustList"]
    assert root in [c for pem in listed for c in certificates(pem)]


def test_chain_as_openssl_sees_it(run, tmp_path):
    chain = chain_of(run)
    pems = re.findall(r"-----BEGIN.*?END CERTIFICATE-----\n", chain.read_text(), re.S)
    (tmp_path / "rest.pem").write_text("".join(pems[1:]))
    pki = run.report / "world" / "pki"
    (tmp_path / "roots.pem").write_text("".join(f.read_text() for f in pki.glob("ca*/root.pem")))
    out = subprocess.run(["openssl", "verify", "-CAfile", tmp_path / "roots.pem", "-untrusted", tmp_path / "rest.pem", chain],
                         capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert out.returncode == 0 and out.stdout.rstrip().endswith(": OK"), out.stdout + out.stderr


def test_phone_was_shown_it_as_sipp_saw_it(run):
    log = (run.report / "world" / "log" / "tsp.phone.calls").read_text()
    assert log.startswith("called\t") and "verstat=TN-Validation-Passed" in log and "+12013776051" in log


def test_store_is_empty_at_the_end(run):
    sizes = [e["data"]["size"] for e in run.trace() if e["at"] == "tsp.cps" and "size" in e.get("data", {})]
    assert sizes == [1, 0]


# ---- a slow CPS, a silent one, one that is waited for ----

# proves: AS-06 AS-07
@pytest.mark.parametrize("fault", ["answer_delay_ms=2000", "never_answer=true"])
def test_answer_never_waits_for_the_cps(tmp_path, fault):
    run = Run(tmp_path, "A1", "--set", f"tsp.cps.faults.{fault}")
    assert run.code == 0, run.failed()
    assert run.checks["answer-does-not-wait"]["verdict"] == "pass" and run.checks["steps"]["verdict"] == "pass"
    assert "step 5 is missing" in run.checks["steps"]["actual"]
    assert run.notes("as.answered") and not [e for e in run.notes("as.published") if e["data"]["status"] == 201]


def test_waiting_for_the_cps_is_found(tmp_path):
    run = Run(tmp_path, "A1", "--set", "osp.as.faults.wait_for_cps=true")
    assert run.code == 1 and "answer-does-not-wait" in run.failed()
    assert "before osp.as as.answered" in run.checks["answer-does-not-wait"]["actual"]


# ---- dead elements: the call completes, and what happened is told ----

DEAD = {
    "osp.as": [{"at": "osp.switch", "what": "switch.unsigned"}, {"at": "tsp.phone", "verstat": "No-TN-Validation"},
               {"message": "osp.switch -> osp.gw INVITE", "identity": "absent"}],
    "tsp.cps": [{"at": "osp.as", "what": "as.publish_failed"}, {"at": "tsp.phone", "verstat": "No-TN-Validation"},
                {"message": "osp.switch -> osp.gw INVITE", "identity": "present"}],
    "tsp.vs": [{"at": "tsp.switch", "what": "switch.unvalidated"}, {"at": "tsp.cps", "stored": 1},
               {"order": ["tsp.switch switch.unvalidated", "tsp.switch -> tsp.phone INVITE"]}],
    "pki": [{"at": "tsp.cps", "what": "cps.refused", "is": {"status": "403"}},
            {"at": "tsp.phone", "verstat": "No-TN-Validation"}],
}


@pytest.mark.parametrize("dead", DEAD)
def test_dead_element_does_not_stop_the_call(tmp_path, dead):
    calls = [{k: v for k, v in A1["calls"][0].items() if k != "attest"}]
    run = Run(tmp_path / "r", scenario(tmp_path, without=[dead], calls=calls, expect=DEAD[dead]))
    assert run.code == 0, (run.verdicts(), run.stderr)
    assert run.scenario["calls"] == {"placed": 1, "completed": 1, "verified": 0}
    trouble = {"osp.as": "unsigned", "tsp.cps": "publish", "tsp.vs": "unvalidated", "pki": "refused"}[dead]
    assert trouble in (tmp_path / "r" / "ladder.txt").read_text()


def test_untrusted_trust_is_no_trust(tmp_path):
    """Without a list of approved STI-CAs the CPS keeps nothing, and the STI-VS validates nothing: fail closed."""
    run = Run(tmp_path / "r", scenario(tmp_path, wait_ms=300, without=["pki"]))
    assert run.code == 1 and {"verified-out-of-band", "phone-is-shown-it", "verified-before-kept"} <= run.failed()
    assert run.scenario["calls"]["verified"] == 0 and run.scenario["calls"]["completed"] == 1


# ---- how calls end ----

ENDS = {  # who releases the circuit, with which cause (RFC 3398)
    "caller-hangs-up": ("osp.gw", "tsp.gw", 16),
    "called-hangs-up": ("tsp.gw", "osp.gw", 16),
    "busy": ("tsp.gw", "osp.gw", 17),
    "no-answer": ("tsp.gw", "osp.gw", 18),
    "caller-cancels": ("osp.gw", "tsp.gw", 16),
}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("ends", ENDS)
def test_call_ends(tmp_path, ends, transport):
    run = Run(tmp_path / "r", scenario(tmp_path, ends=ends, transport=transport), "--calls", "3")
    assert run.code == 0, (run.failed(), run.stderr)
    source, to, cause = ENDS[ends]
    releases = [m for m in run.isup(source, to) if m[2] == 0x0c]
    assert len(releases) == 3 and {m[-1] & 0x7f for m in releases} == {cause}
    assert not [m for m in run.isup(to, source) if m[2] == 0x0c]
    assert run.checks["phone-is-shown-it"]["verdict"] == "pass"
    via, = {header(e["raw"], "Via")[0].split()[0] for e in run.messages("sip", "osp.phone", "osp.switch", "INVITE")}
    assert via == f"SIP/2.0/{transport.upper()}"


# ---- many calls ----

def test_hundred_calls(tmp_path):
    run = Run(tmp_path, "A1", "--calls", "100")
    assert run.code == 0, (run.failed(), run.stderr)
    assert run.scenario["calls"] == {"placed": 100, "completed": 100, "verified": 100}
    assert all("100 of 100 calls" in run.checks[c]["actual"] for c in ["steps", "same-passport", "verified-out-of-band"])
    pairs = {(e["orig"], e["dest"]) for e in run.notes("vs.result")}
    assert len(pairs) == 100
    assert [e["data"]["size"] for e in run.trace() if e["at"] == "tsp.cps" and "size" in e.get("data", {})][-1] == 0


def test_thousand_calls(tmp_path):
    run = Run(tmp_path, "A1", "--calls", "1000")
    assert run.code == 0, (run.failed(), run.stderr)
    assert run.scenario["calls"] == {"placed": 1000, "completed": 1000, "verified": 1000}
    assert run.checks["nothing-left"]["actual"] == "0" and "1000 of 1000" in run.checks["steps"]["actual"]
    assert run.scenario["calls_per_s"] >= 100


def test_rate_is_kept(tmp_path):
    run = Run(tmp_path, "A1", "--calls", "20", "--rate", "20")
    assert run.code == 0 and 10 < run.scenario["calls_per_s"] < 30


def test_several_calls_of_one_scenario(tmp_path):
    calls = [{"from": "+12013776051", "to": "+19032469103", "attest": "A"},
             {"from": "+12013776052", "to": "+19032469103", "attest": "A"},
             {"from": "+12125550100", "to": "+19032469104", "attest": "C"}]
    run = Run(tmp_path / "r", scenario(tmp_path, calls=calls))
    assert run.code == 0, (run.failed(), run.stderr)
    assert sorted((e["orig"], e["data"]["attest"]) for e in run.notes("as.attest")) == [
        ("12013776051", "A"), ("12013776052", "A"), ("12125550100", "C")]


def test_one_offender_among_many_is_named(tmp_path):
    calls = [{"from": f"+1201377605{i}", "to": "+19032469103", "attest": "C" if i == 3 else "A"} for i in range(5)]
    run = Run(tmp_path / "r", scenario(tmp_path, calls=calls))
    assert run.code == 1 and run.failed() == {"attest"}
    assert "4 of 5 calls" in run.checks["attest"]["actual"] and "12013776053" in run.checks["attest"]["actual"]


# ---- every kind of expectation can fail ----

WRONG = [
    ({"order": ["tsp.gw -> tsp.switch INVITE", "osp.gw -> tsp.gw IAM"]}, "too early"),
    ({"order": ["osp.gw -> tsp.gw IAM", "tsp.gw -> osp.gw CPG"]}, "no tsp.gw -> osp.gw CPG"),
    ({"first": "osp.as as.published", "then": "osp.as as.answered"}, "before"),
    ({"first": "osp.as as.no_cps", "then": "osp.as as.answered"}, "no osp.as as.no_cps"),
    ({"message": "osp.switch -> osp.gw INVITE", "identity": "absent"}, "1 Identity header"),
    ({"message": "osp.as -> tsp.cps POST", "identity": "absent"}, "octets of the call's PASSporT are in it"),
    ({"message": "tsp.gw -> tsp.switch INVITE", "identity": "present"}, "0 Identity headers"),
    ({"message": "osp.gw -> osp.switch INVITE"}, "no osp.gw -> osp.switch INVITE"),
    ({"same-token": ["osp.as -> osp.switch 302", "tsp.gw -> tsp.switch INVITE"]}, "differs"),
    ({"same-token": ["tsp.gw -> tsp.switch INVITE", "tsp.switch -> tsp.phone INVITE"]}, "no PASSporT"),
    ({"new-call-id": ["osp.switch -> osp.gw INVITE", "osp.gw -> osp.switch 200 INVITE"]}, '"'),
    ({"never": ["tsp.cps -> osp.as 201", "osp.as as.gave_up"]}, "tsp.cps -> osp.as 201"),
    ({"at": "tsp.vs", "used": "in-band"}, 'used "out-of-band"'),
    ({"at": "tsp.vs", "attest": "B"}, 'attest "A"'),
    ({"at": "tsp.phone", "verstat": "No-TN-Validation"}, 'verstat "TN-Validation-Passed"'),
    ({"at": "tsp.cps", "what": "cps.deleted", "is": {"why": "stale"}}, 'why "call"'),
    ({"at": "tsp.cps", "what": "cps.refused"}, "says no cps.refused"),
    ({"at": "tsp.cps", "stored": 1}, "0"),
]


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wrong")
    expect = [{"id": f"x{i}", **x} for i, (x, _) in enumerate(WRONG)]
    return Run(folder / "r", scenario(folder, expect=expect, wait_ms=300))


@pytest.mark.parametrize("i", range(len(WRONG)), ids=[f"{i}-{next(iter(x))}" for i, (x, _) in enumerate(WRONG)])
def test_wrong_expectation_fails(wrong, i):
    check = wrong.checks[f"x{i}"]
    assert wrong.code == 1 and check["verdict"] == "fail"
    assert WRONG[i][1] in check["actual"], check


def test_failed_check_shows_its_evidence(tmp_path):
    file = scenario(tmp_path, expect=[{"message": "tsp.gw -> tsp.switch INVITE", "identity": "present"}])
    out = oobsim("run", file, "--report", tmp_path / "r")
    assert out.returncode == 1 and "fail" in out.stdout and "expected" in out.stdout and "0 Identity headers" in out.stdout


def test_several_scenarios_one_verdict(tmp_path):
    bad = scenario(tmp_path, id="B", wait_ms=100, expect=[{"at": "tsp.cps", "stored": 1}])
    out = oobsim("run", bad, "A1", "--json", "--report", tmp_path / "r")
    both = json.loads(out.stdout)
    assert out.returncode == 1 and both["verdict"] == "fail"
    assert [(s["id"], s["verdict"]) for s in both["scenarios"]] == [("B", "fail"), ("A1", "pass")]
    assert (tmp_path / "r" / "A1" / "report.json").exists() and (tmp_path / "r" / "B" / "report.json").exists()


@pytest.mark.parametrize("no_color", ["", "1"])
def test_on_a_terminal(tmp_path, no_color):
    """Progress and colours are for terminals; NO_COLOR takes the colours."""
    try:
        master, slave = pty.openpty()
    except OSError as e:
        pytest.skip(f"this system has no pseudo-terminals (a chroot without /dev/pts): {e}")
    process = subprocess.Popen([BIN / "oobsim", "run", "A1", "--report", tmp_path], cwd=ROOT, stdout=slave, stderr=slave,
                               env={**os.environ, "NO_COLOR": no_color})
    os.close(slave)
    text = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        text += part
    os.close(master)
    assert process.wait(timeout=LIMIT_S) == 0
    assert b"A1: making the world" in text and b"A1: starting its elements" in text
    assert (re.search(rb"\x1b\[[0-9;]*m", text) is None) == bool(no_color)
