"""`oobsim inspect`: PASSporTs, Identity headers and bundles decoded, explained and verified."""

import base64
import json
import subprocess
import time

import pytest

from conftest import BIN, TOOLS

SPEC_TOKEN = (
    "eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jci5leGFtcGxlLzEyMzQucGVtIn0"
    ".eyJhdHRlc3QiOiJBIiwiZGVzdCI6eyJ0biI6WyIxOTAzMjQ2OTEwMyJdfSwiaWF0IjoxNTg0OTgzNDAyLCJvcmlnIjp7InRuIjoiMTIwMTM3NzY"
    "wNTEifSwib3JpZ2lkIjoiMTIzZTQ1NjctZTg5Yi00MmQzLWE0NTYtNDI2NjU1NDQwMDAwIn0"
    ".96NJCyX_7xkKU680xs5OlVlGH9yT-K8ifY-H9POCApbiR0K_WIjPXYKRm5lYd5xhiktVlvTkKWoltfKs_EFv1g"
)
CLAIMS = {
    "attest": "A",
    "dest": {"tn": ["19032469103"]},
    "orig": {"tn": "12013776051"},
    "origid": "123e4567-e89b-42d3-a456-426655440000",
}


def inspect(*args, given=None):
    return subprocess.run(
        [BIN / "oobsim", "inspect", *map(str, args)], input=given, capture_output=True, text=True, timeout=20
    )


def inspect_json(*args, given=None, code=0):
    done = inspect("--json", *args, given=given)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def pki_cmd(*args):
    done = subprocess.run(
        [BIN / "sti-pki", *map(str, args)], capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inspect") / "pki"
    pki_cmd("init", folder)
    return folder


@pytest.fixture(scope="module")
def osp(pki):
    """A provider's certificate: x5u, key and chain."""
    return pki_cmd("issue", pki, "--spc", "1234")


def sign(signer, claims=None, header=None):
    header = header or {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": signer["x5u"]}
    claims = claims or {**CLAIMS, "iat": int(time.time())}
    return subprocess.run(
        [TOOLS / "token_tool", "sign", signer["key"]],
        input=json.dumps(header) + "\n" + json.dumps(claims),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    ).stdout.strip()


# --- shown ---


def test_every_member_is_explained_with_its_clause():
    done = inspect(SPEC_TOKEN)
    assert done.returncode == 0, done.stderr
    for text in (
        'attest   "A"',
        "full: the signer knows the customer and their right to the number (RFC 8588 §4)",
        "2020-03-23T17:10:02Z",
        "ago",
        '{"tn":["19032469103"]}',
        "called numbers (RFC 8225 §5.2.1)",
        "f7a3490b25ffef19",
        "shown, signature and certificate not checked",
    ):
        assert text in done.stdout
    assert "\033" not in done.stdout


def test_json():
    got = inspect_json("--at", 1584983405, SPEC_TOKEN)
    assert got["verdict"] == "shown"
    (passport,) = got["passports"]
    assert passport["claims"]["orig"] == {"tn": "12013776051"}
    assert passport["iat"] == {"time": "2020-03-23T17:10:02Z", "age_s": 3}
    assert passport["token"] == SPEC_TOKEN
    assert {"header", "claims"} == {e["where"] for e in passport["explained"]}
    assert all(e["clause"] for e in passport["explained"])


@pytest.mark.parametrize("prefix", ["", "Identity: ", "identity:", "y: ", "Identity\t:  "])
def test_identity_header(prefix):
    got = inspect_json(f'{prefix}{SPEC_TOKEN};info=<https://cr.example/1234.pem>;alg=ES256;ppt="shaken"')
    (passport,) = got["passports"]
    assert passport["via"] == "in-band"
    assert passport["identity"] == {"info": "https://cr.example/1234.pem", "alg": "ES256", "ppt": "shaken"}


def test_folded_identity_header_from_a_file(tmp_path):
    path = tmp_path / "identity"
    path.write_bytes(f"Identity: {SPEC_TOKEN}\r\n ;info=<https://cr.example/1234.pem>\r\n\t;alg=ES256\r\n".encode())
    (passport,) = inspect_json(path)["passports"]
    assert passport["identity"]["alg"] == "ES256"


def test_bundle_from_standard_input():
    got = inspect_json("-", given=f"{SPEC_TOKEN}\r\n\n{SPEC_TOKEN}\n")
    assert [p["verdict"] for p in got["passports"]] == ["shown", "shown"]


def test_unknown_claims_are_shown():
    payload = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "iat": 1, "new": [1]}).encode()).rstrip(b"=").decode()
    header, _, sig = SPEC_TOKEN.split(".")
    done = inspect(f"{header}.{payload}.{sig}")
    assert done.returncode == 0
    assert "new      [1]\n             not known to this tool" in done.stdout


# --- refused without any trust ---


def refused(done_json, check, reason):
    worst = [p for p in done_json["passports"] if p["verdict"] == "refused"]
    assert worst, done_json
    assert (worst[0]["refused"]["check"], worst[0]["refused"]["reason"]) == (check, reason)
    return worst[0]["refused"]


def test_malformed():
    fault = refused(inspect_json("abc.def", code=1), "form", "form")
    assert fault["clause"] == "RFC 8225 §6"
    assert fault["expected"] == "three parts joined by dots"
    assert fault["got"] == "2 parts"


def test_string_iat():
    payload = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "iat": "1"}).encode()).rstrip(b"=").decode()
    header, _, sig = SPEC_TOKEN.split(".")
    done = inspect(f"{header}.{payload}.{sig}")
    assert done.returncode == 1
    assert "must be a number, not a string" in done.stdout
    assert 'refused: claims: claim is missing or of a wrong type (RFC 8225 §5)' in done.stdout


def test_info_that_differs():
    fault = refused(inspect_json(f"{SPEC_TOKEN};info=<https://cr.example/5.pem>", code=1), "info", "info-mismatch")
    assert fault["got"] == "info https://cr.example/5.pem"


def test_bad_one_among_good_ones():
    got = inspect_json("-", given=f"{SPEC_TOKEN}\n{SPEC_TOKEN};alg=ES256\n{SPEC_TOKEN}\n", code=1)
    assert [p["verdict"] for p in got["passports"]] == ["shown", "refused", "shown"]
    refused(got, "identity", "info-missing")


# --- verified ---


def test_verified(pki, osp):
    got = inspect_json("--trust", pki, sign(osp))
    assert got["verdict"] == "verified"
    signer = got["passports"][0]["signer"]
    assert signer["spc"] == "1234"
    assert "SHAKEN 1234" in signer["subject"]


def test_verified_in_words(pki, osp):
    done = inspect("--trust", pki, sign(osp))
    assert done.returncode == 0, done.stdout
    assert "verified: signed by SPC 1234" in done.stdout


def test_root_in_the_directory_names_it_too(pki, osp):
    assert inspect_json("--trust", pki / "pa" / "root.pem", sign(osp))["verdict"] == "verified"


def test_chain_from_a_file(pki, osp, tmp_path):
    elsewhere = {**osp, "x5u": "https://elsewhere.example/x.pem"}
    token = sign(elsewhere)
    assert inspect_json("--trust", pki, "--cert", osp["chain"], token)["verdict"] == "verified"
    fault = refused(inspect_json("--trust", pki, token, code=1), "fetch", "cert-fetch")
    assert "x.pem" in fault["got"]


@pytest.mark.parametrize("age,code", [(60, 0), (61, 1), (-60, 0), (-61, 1)])
def test_clock_is_given(pki, osp, age, code):
    iat = int(time.time())
    got = inspect_json("--trust", pki, "--at", iat + age, sign(osp, {**CLAIMS, "iat": iat}), code=code)
    if code:
        refused(got, "fresh", "stale")


def test_stale_says_how_to_judge_it(pki, osp):
    iat = int(time.time()) - 3600
    done = inspect("--trust", pki, sign(osp, {**CLAIMS, "iat": iat}))
    assert done.returncode == 1
    assert f"--at {iat}" in done.stdout


def test_signature_of_another(pki, osp):
    token = sign(osp)
    other = sign(osp, {**CLAIMS, "attest": "B", "iat": int(time.time())})
    forged = ".".join(token.split(".")[:2] + other.split(".")[2:])
    refused(inspect_json("--trust", pki, forged, code=1), "signature", "signature")


def test_untrusted(pki, tmp_path):
    pki_cmd("init", tmp_path / "rogue")
    rogue = pki_cmd("issue", tmp_path / "rogue", "--spc", "1234")
    got = inspect_json("--trust", pki, "--cert", rogue["chain"], sign(rogue), code=1)
    refused(got, "path", "cert-untrusted")
    assert got["passports"][0]["signer"]["spc"] == "1234"


def test_revoked(pki):
    bad = pki_cmd("issue", pki, "--spc", "6666")
    token = sign(bad)
    assert inspect_json("--trust", pki, token)["verdict"] == "verified"
    pki_cmd("revoke", pki, bad["serial"])
    refused(inspect_json("--trust", pki, token, code=1), "revoked", "cert-revoked")


def test_bundle_verified_one_by_one(pki, osp):
    got = inspect_json("--trust", pki, "-", given=f"{sign(osp)}\n{SPEC_TOKEN}\n", code=1)
    assert [p["verdict"] for p in got["passports"]] == ["verified", "refused"]


@pytest.mark.parametrize("x5u", ["https://a.example/..", "https://a.example/", "https://a.example"])
def test_x5u_without_a_name(pki, osp, x5u):
    refused(inspect_json("--trust", pki, sign({**osp, "x5u": x5u}), code=1), "fetch", "cert-fetch")


# --- usage ---


@pytest.mark.parametrize(
    "args,text",
    [
        ([], "expected one PASSporT"),
        (["a.b.c", "d.e.f"], "expected one PASSporT"),
        (["nosuchfile"], "nosuchfile: neither a file nor a PASSporT"),
        (["--at", "yesterday", "a.b.c"], "--at: expected seconds since 1970"),
        (["--cert", "x.pem", "a.b.c"], "--trust"),
        (["--bogus", "a.b.c"], "--help"),
        (["--trust", "/nonexistent", "a.b.c"], "/nonexistent: No such file or directory"),
        (["--trust", "/etc", "a.b.c"], "pa/root.pem"),
        (["/dev/null"], "expected a PASSporT, got blank lines"),
    ],
)
def test_usage(args, text):
    done = inspect(*args)
    assert done.returncode == 2
    assert text in done.stderr
    assert done.stdout == ""


def test_too_many():
    done = inspect("-", given=f"{SPEC_TOKEN}\n" * 17)
    assert done.returncode == 2
    assert "more than 16 PASSporTs" in done.stderr


def test_help():
    done = inspect("--help")
    assert done.returncode == 0
    assert "--trust DIR" in done.stdout
