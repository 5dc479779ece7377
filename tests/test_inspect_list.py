"""`oobsim inspect` of CPS mappings and master files: what leads where, and who vouches for it (DISC-09)."""

import json
import subprocess

import pytest

from conftest import BIN
from stirkit import b64url
from test_pki import run as sti_pki

A, B = "https://cps.a.example/cps/company/5678", "https://cps.b.example/cps/company/5678"
PA, CA1, CA2 = ("SHAKEN Example STI-PA ROOT", "SHAKEN Example STI-CA 1 ROOT", "SHAKEN Example STI-CA 2 ROOT")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """The STI-PA and the first STI-CA say A, the second one says B; only it knows 818H."""
    folder = tmp_path_factory.mktemp("inspect") / "pki"
    sti_pki("init", folder)
    sti_pki("map", folder, "--ocn", "5678", "--url", A, "--authority", "pa", "--authority", "ca1")
    sti_pki("map", folder, "--cic", "0288", "--url", A)
    sti_pki("map", folder, "--ocn", "5678", "--url", B, "--authority", "ca2")
    sti_pki("map", folder, "--ocn", "818H", "--url", B, "--authority", "ca2")
    return folder


def inspect(*args, given=None):
    return subprocess.run([BIN / "oobsim", "inspect", *map(str, args)], input=given, capture_output=True, text=True, timeout=20,
                          check=False)


def inspect_json(*args, given=None, code=0):
    done = inspect("--json", *args, given=given)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def refused(*args, given=None):
    (one,) = inspect_json(*args, given=given, code=1)["lists"]
    assert one["verdict"] == "refused"
    return one["refused"]["check"], one["refused"]["reason"]


def list_of(pki, name):
    return (pki / "map" / f"{name}.jwt").read_text()


def test_list_in_words(pki):
    done = inspect(pki / "map/pa.jwt")
    assert done.returncode == 0
    for text in ("CPS mapping 1 of 1", f"5678     {A}", f"0288     {A}", "sequence   3", "not checked (--trust does)"):
        assert text in done.stdout, text


def test_list_as_text(pki):
    assert inspect_json(list_of(pki, "pa"))["lists"][0]["payload"]["cpsMapping"] == {"5678": A}


def test_list_from_standard_input(pki):
    assert inspect_json("-", given=list_of(pki, "ca1") + "\n")["verdict"] == "shown"


# proves: DISC-09
@pytest.mark.parametrize("name,kind,authority", [("pa", "sti-pa", PA), ("ca1", "sti-ca", CA1), ("ca2", "sti-ca", CA2)])
def test_who_vouches(pki, name, kind, authority):
    got = inspect_json("--trust", pki, pki / f"map/{name}.jwt")
    assert got["verdict"] == "verified"
    assert (got["lists"][0]["kind"], got["lists"][0]["authority"]) == (kind, authority)
    assert f"verified: {authority} vouches for these mappings" in inspect("--trust", pki, pki / f"map/{name}.jwt").stdout


# proves: DISC-09
def test_master_file(pki):
    """Each key once, with each authority that knows it, and where they disagree."""
    got = inspect_json("--trust", pki, pki / "map/master.json")
    assert got["verdict"] == "verified" and len(got["lists"]) == 2
    assert got["mappings"] == [
        {"by": "ocn", "key": "5678", "vouched": [{"url": A, "authority": CA1}, {"url": B, "authority": CA2}], "conflict": True},
        {"by": "ocn", "key": "818H", "vouched": [{"url": B, "authority": CA2}], "conflict": False}]


def test_master_file_in_words(pki):
    text = inspect("--trust", pki, pki / "map/master.json").stdout
    assert text.index("Who vouches for what") < text.index("OCN 5678     the authorities disagree") < text.index("OCN 818H")


def test_one_bad_list_among_good_ones(pki):
    master = json.loads((pki / "map/master.json").read_text())
    got = inspect_json("--trust", pki, "-", given=json.dumps([master[0], master[1][:-3] + "AAA"]), code=1)
    assert [one["verdict"] for one in got["lists"]] == ["verified", "refused"]
    assert [m["key"] for m in got["mappings"]] == ["5678"] and not got["mappings"][0]["conflict"]


def test_tampered(pki):
    head, _, sig = list_of(pki, "ca1").split(".")
    other = list_of(pki, "ca2").split(".")[1]
    assert refused("--trust", pki, f"{head}.{other}.{sig}") == ("signature", "list-signature")


def test_expired(tmp_path):
    sti_pki("init", tmp_path / "pki")
    sti_pki("map", tmp_path / "pki", "--until", 1590000000)
    assert refused("--trust", tmp_path / "pki", tmp_path / "pki/map/pa.jwt") == ("exp", "list-expired")
    assert "2020-05-20T18:40:00Z" in inspect(tmp_path / "pki/map/pa.jwt").stdout


def test_signer_that_is_not_approved(pki, tmp_path):
    sti_pki("init", tmp_path / "other")
    assert refused("--trust", pki, "--cert", tmp_path / "other/ca1/signer.pem", tmp_path / "other/map/ca1.jwt") == \
        ("signer", "cert-untrusted")


def test_signer_of_another_authority(pki):
    assert refused("--trust", pki, "--cert", pki / "ca2/signer.pem", pki / "map/ca1.jwt") == ("signature", "list-signature")


def test_url_that_is_not_https():
    head = b64url(b'{"alg":"ES256","typ":"JWT","x5u":"https://a.example/pa/signer.pem"}')
    body = b64url(b'{"version":"1.0","sequence":1,"exp":2000000000,"cpsMapping":{"5678":"http://a.example/"}}')
    assert refused(f"{head}.{body}.{b64url(bytes(64))}") == ("form", "map-url")


@pytest.mark.parametrize("x5u", ["https://a.example/../signer.pem", "https://a.example/pa/.pem", "https://a.example/Pa/%2e.pem",
                                 "https://a.example/x"])
def test_signer_is_looked_for_in_the_directory_only(pki, x5u):
    head = b64url(json.dumps({"alg": "ES256", "typ": "JWT", "x5u": x5u}).encode())
    body = b64url(b'{"version":"1.0","sequence":1,"exp":2000000000,"cpsMapping":{}}')
    assert refused("--trust", pki, f"{head}.{body}.{b64url(bytes(64))}") == ("fetch", "cert-fetch")


@pytest.mark.parametrize("text,error", [("[", "expected a JSON array of signed lists"), ("[7]", "list 0: expected a string")])
def test_master_file_that_is_none(text, error):
    done = inspect("-", given=text)
    assert done.returncode == 2 and error in done.stderr
