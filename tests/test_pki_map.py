"""CPS mappings of sti-pki: made, published, told by providers over HTTPS (DISC-02 to 05, 07), and used by an STI-AS."""

import contextlib
import json
import time
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtensionOID

from conftest import ROOT
from stirkit import Cred, Https, decode, new_key, run, sign, start, verifies
from test_pki import TN_AUTH_LIST, cert, ext, lines, oids, openssl, run as pki_run

HOST = "cr.pki.example"
BASE = f"https://{HOST}:8443"
URL = "https://cps.tsp.example:8443/cps/company/5678"
OTHER = "https://cps.other.example:8443/cps/company/5678"
JOSE = {"Content-Type": "application/jose"}


@pytest.fixture
def pki(tmp_path):
    pki_run("init", tmp_path / "pki")
    return tmp_path / "pki"


def token(pki, name):
    return (pki / "map" / f"{name}.jwt").read_text()


def claims(pki, name):
    return decode(token(pki, name))[1]


# --- the command ---


# proves: DISC-03 DISC-04
@pytest.mark.parametrize("name", ["pa", "ca1", "ca2"])
def test_new_pki_publishes_empty_lists(pki, name):
    header, payload = decode(token(pki, name))
    assert header == {"alg": "ES256", "typ": "JWT", "x5u": f"{BASE}/{name}/signer.pem"}
    assert payload["version"] == "1.0" and payload["sequence"] == 1 and payload["cpsMapping"] == {}
    assert set(payload) == {"version", "sequence", "exp", "cpsMapping"}


# proves: DISC-03 DISC-04
@pytest.mark.parametrize("name", ["pa", "ca2"])
def test_list_is_signed_by_the_authority(pki, name):
    """DISC-03, DISC-04."""
    pki_run("map", pki, "--ocn", "5678", "--url", URL, "--authority", name)
    assert verifies(token(pki, name), cert(pki / name / "signer.pem").public_key())
    assert claims(pki, name)["cpsMapping"] == {"5678": URL}


# proves: DISC-04
def test_signer_of_an_sti_ca_chains_to_its_root(pki):
    chain = ["-untrusted", pki / "ca2/signer.pem"]
    openssl("verify", "-CAfile", pki / "ca2/root.pem", *chain, pki / "ca2/signer.pem")
    openssl("verify", "-CAfile", pki / "ca1/root.pem", *chain, pki / "ca2/signer.pem", code=2)


def test_profile_of_the_signer_of_an_sti_ca(pki):
    """An end entity that signs data, and nobody whose numbers a TNAuthList would name."""
    signer = cert(pki / "ca1/signer.pem")
    assert not ext(signer, ExtensionOID.BASIC_CONSTRAINTS).value.ca
    key_usage = ext(signer, ExtensionOID.KEY_USAGE)
    assert key_usage.critical and key_usage.value.digital_signature and not key_usage.value.key_cert_sign
    assert TN_AUTH_LIST not in oids(signer)
    assert ExtensionOID.CERTIFICATE_POLICIES in oids(signer) and ExtensionOID.CRL_DISTRIBUTION_POINTS in oids(signer)
    assert (pki / "ca1/signer-key.pem").stat().st_mode & 0o777 == 0o600


def test_command_prints_what_is_published(pki):
    assert lines("map", pki, "--ocn", "5678", "--url", URL, "--authority", "pa", "--authority", "ca1") == [
        {"authority": "pa", "sequence": 2, "ocns": 1, "cics": 0, "url": f"{BASE}/cps-map/pa"},
        {"authority": "ca1", "sequence": 2, "ocns": 1, "cics": 0, "url": f"{BASE}/cps-map/ca1"}]


def test_sequence_rises_with_each_list(pki):
    for expected in (2, 3, 4):
        (line,) = lines("map", pki)
        assert line["sequence"] == claims(pki, "pa")["sequence"] == expected
    assert claims(pki, "ca1")["sequence"] == 1


def test_mapping_is_replaced_and_removed(pki):
    pki_run("map", pki, "--ocn", "5678", "--url", URL)
    pki_run("map", pki, "--ocn", "818H", "--url", URL)
    pki_run("map", pki, "--ocn", "5678", "--url", OTHER)
    assert claims(pki, "pa")["cpsMapping"] == {"5678": OTHER, "818H": URL}
    pki_run("map", pki, "--ocn", "5678", "--remove")
    assert claims(pki, "pa")["cpsMapping"] == {"818H": URL}


# proves: DISC-11
def test_carrier(pki):
    """6.2: a member of our own, beside that of the specification."""
    pki_run("map", pki, "--cic", "+10288", "--url", URL)
    payload = claims(pki, "pa")
    assert payload["cpsMapping"] == {} and payload["cicMapping"] == {"0288": URL}


def test_life_of_a_list(pki):
    pki_run("map", pki, "--days", "2")
    assert abs(claims(pki, "pa")["exp"] - time.time() - 2 * 86400) < 10
    pki_run("map", pki, "--until", "1590000000")
    assert claims(pki, "pa")["exp"] == 1590000000


# proves: DISC-07
def test_master_file_holds_the_lists_of_all_sti_cas(pki):
    """DISC-07."""
    pki_run("map", pki, "--ocn", "5678", "--url", URL, "--authority", "ca2")
    assert json.loads((pki / "map/master.json").read_text()) == [token(pki, "ca1"), token(pki, "ca2")]


@pytest.mark.parametrize("args,error", [
    (["--ocn", "5678", "--url", "http://cps.tsp.example/"], "expected an https URL"),
    (["--ocn", "56-78", "--url", URL], "expected an OCN"),
    (["--cic", "x", "--url", URL], "--cic: expected a CIC"),
    (["--ocn", "5678"], "expected --ocn or --cic with --url or --remove"),
    (["--url", URL], "expected --ocn or --cic with --url or --remove"),
    (["--ocn", "5678", "--url", URL, "--remove"], "expected --ocn or --cic with --url or --remove"),
    (["--authority", "ca3"], '--authority: expected pa or ca1 to ca2, got "ca3"'),
    (["--authority", "ca01"], "--authority: expected"),
    (["--authority", "tls"], "--authority: expected"),
])
def test_wrong_usage_changes_nothing(pki, args, error):
    before = (pki / "map/state.json").read_text()
    assert error in pki_run("map", pki, *args, code=2).stderr
    assert (pki / "map/state.json").read_text() == before and claims(pki, "pa")["sequence"] == 1


def test_show(pki):
    pki_run("map", pki, "--ocn", "5678", "--cic", "0288", "--url", URL, "--authority", "ca2")
    assert "CPS mapping ca2  sequence 2, 1 OCNs, 1 CICs" in pki_run("show", pki).stdout
    (shown,) = lines("show", pki, "--json")
    assert [(m["authority"], m["sequence"]) for m in shown["maps"]] == [("pa", 1), ("ca1", 1), ("ca2", 2)]


def test_state_that_is_none_is_named(pki):
    (pki / "map/state.json").write_text("{}")
    assert f"{pki}/map/state.json: expected authorities and requests" in pki_run("map", pki, code=2).stderr


# --- served ---


@pytest.fixture
def served(pki, net, tmp_path):
    """served(*options): sti-pki serve over the PKI, with what a client needs."""
    addr = net(2)
    pki_run("tls", pki, "--name", HOST, "--ip", addr)
    conf = {"dir": str(pki), "addr": addr, "tls": {"cert": str(pki / f"tls/{HOST}.pem"), "key": str(pki / f"tls/{HOST}-key.pem")}}
    with contextlib.ExitStack() as stack:

        def begin(*options):
            element = stack.enter_context(start("sti-pki", conf, tmp_path, *options, command=["serve"]))
            conn = stack.enter_context(contextlib.closing(Https(addr, 8443, HOST, str(pki / "tls/root.pem"))))
            element.ask = conn.ask
            return element

        yield begin


# proves: DISC-05 DISC-07
@pytest.mark.parametrize("path,file,ctype", [
    ("/cps-map/pa", "map/pa.jwt", "application/jose"),
    ("/cps-map/ca1", "map/ca1.jwt", "application/jose"),
    ("/cps-map/ca2", "map/ca2.jwt", "application/jose"),
    ("/cps-map/master", "map/master.json", "application/json"),
    ("/ca1/signer.pem", "ca1/signer.pem", "application/pem-certificate-chain"),
    ("/ca2/signer.pem", "ca2/signer.pem", "application/pem-certificate-chain"),
])
def test_lists_are_public(pki, served, path, file, ctype):
    """DISC-05: over HTTPS, for everybody."""
    element = served()
    answer = element.ask("GET", path)
    assert answer.status == 200 and answer.headers["Content-Type"] == ctype
    assert answer.body == (pki / file).read_bytes()
    again = element.ask("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304 and again.body == b""
    assert element.ask("POST", path, "x").status == 405


@pytest.mark.parametrize("path", [
    "/cps-map/", "/cps-map/ca3", "/cps-map/ca0", "/cps-map/ca01", "/cps-map/state", "/cps-map/../pa/root", "/cps-map/tls",
    "/ca1/signer-key.pem", "/ca1/root-key.pem", "/ca1/intermediate-key.pem", "/ca9/signer.pem", "/map/state.json", "/",
    "/ca1", "//signer.pem", "/ca1//signer.pem"])
def test_nothing_else_is_served(served, path):
    answer = served().ask("GET", path)
    assert answer.status == 404 and answer.headers["Content-Type"] == "application/problem+json"


# --- told by a provider ---


class Provider:
    """A provider with its STI certificate of the PKI, as `sti-pki issue` prints it."""

    def __init__(self, pki, spc, *options):
        (issued,) = lines("issue", pki, "--spc", spc, *options)
        with open(issued["key"], "rb") as file:
            self.key = serialization.load_pem_private_key(file.read(), None)
        self.key_file, self.spc, self.x5u = issued["key"], spc, issued["x5u"]
        self.cert = x509.load_pem_x509_certificate(open(issued["chain"], "rb").read())  # pylint: disable=consider-using-with

    def request(self, url=URL, *, header=None, **claims_):
        members = {"iat": int(time.time()), "jti": str(uuid.uuid4()), "ocn": self.spc, "url": url} | claims_
        return sign({k: v for k, v in members.items() if v is not None}, self, ppt=None,
                    header={"typ": "JWT"} | (header or {}))


@pytest.fixture
def provider(pki):
    return Provider(pki, "5678")


def refused(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = json.loads(answer.body)
    assert body["status"] == answer.status and body["title"] and body["detail"]
    return answer.status, body.get("reason"), body.get("check")


# proves: DISC-02
def test_provider_tells_its_cps(pki, served, provider):
    """DISC-02: the STI-PA publishes it at once."""
    answer = served().ask("PUT", "/cps/5678", provider.request(), JOSE)
    assert answer.status == 201
    assert json.loads(answer.body) == {"ocn": "5678", "cps_url": URL, "lists": [
        {"authority": "pa", "sequence": 2, "ocns": 1, "cics": 0, "url": f"{BASE}/cps-map/pa"}]}
    assert claims(pki, "pa")["cpsMapping"] == {"5678": URL}
    assert verifies(token(pki, "pa"), cert(pki / "pa/signer.pem").public_key())


# proves: DISC-04
def test_provider_tells_its_sti_ca(pki, served):
    """DISC-04, and the master file with it."""
    provider = Provider(pki, "818H", "--ca", "2")
    answer = served().ask("PUT", "/cps/818H", provider.request(authority=["pa", "ca2"]), JOSE)
    assert answer.status == 201 and len(json.loads(answer.body)["lists"]) == 2
    assert claims(pki, "pa")["cpsMapping"] == claims(pki, "ca2")["cpsMapping"] == {"818H": URL}
    assert claims(pki, "ca1")["cpsMapping"] == {}
    assert json.loads((pki / "map/master.json").read_text())[1] == token(pki, "ca2")


# proves: DISC-11
def test_provider_tells_its_carrier_code(pki, served, provider):
    assert served().ask("PUT", "/cps/5678", provider.request(cic="0288"), JOSE).status == 201
    assert claims(pki, "pa")["cicMapping"] == {"0288": URL}


def test_new_url_replaces_the_old_one(pki, served, provider):
    element = served()
    assert element.ask("PUT", "/cps/5678", provider.request(), JOSE).status == 201
    assert element.ask("PUT", "/cps/5678", provider.request(OTHER), JOSE).status == 200
    assert claims(pki, "pa")["cpsMapping"] == {"5678": OTHER} and claims(pki, "pa")["sequence"] == 3


def test_same_url_again_makes_no_new_list(pki, served, provider):
    element = served()
    element.ask("PUT", "/cps/5678", provider.request(), JOSE)
    assert element.ask("PUT", "/cps/5678", provider.request(), JOSE).status == 200
    assert claims(pki, "pa")["sequence"] == 2


# proves: DISC-02
def test_provider_cannot_speak_for_another_ocn(pki, served, provider):
    """Neither by the claim nor by the path."""
    element = served()
    assert refused(element.ask("PUT", "/cps/1234", provider.request(ocn="1234"), JOSE)) == (403, "not-own-ocn", "ocn")
    assert refused(element.ask("PUT", "/cps/1234", provider.request(), JOSE)) == (403, "not-own-ocn", "ocn")
    assert claims(pki, "pa")["sequence"] == 1


def test_provider_cannot_speak_through_another_sti_ca(pki, served, provider):
    answer = served().ask("PUT", "/cps/5678", provider.request(authority=["pa", "ca2"]), JOSE)
    assert refused(answer) == (403, "not-own-ca", "authority")
    assert claims(pki, "pa")["sequence"] == claims(pki, "ca2")["sequence"] == 1  # all or nothing


def test_replay(pki, served, provider):
    element = served()
    request = provider.request()
    assert element.ask("PUT", "/cps/5678", request, JOSE).status == 201
    assert refused(element.ask("PUT", "/cps/5678", request, JOSE)) == (409, "replay", "replay")
    assert element.ask("PUT", "/cps/5678", provider.request(OTHER), JOSE).status == 200
    assert refused(element.ask("PUT", "/cps/5678", request, JOSE)) == (409, "replay", "replay")
    assert claims(pki, "pa")["cpsMapping"] == {"5678": OTHER}


def test_replay_after_a_restart(served, provider):
    request = provider.request()
    element = served()
    assert element.ask("PUT", "/cps/5678", request, JOSE).status == 201
    element.stop()
    assert refused(served().ask("PUT", "/cps/5678", request, JOSE)) == (409, "replay", "replay")


def test_request_older_than_one_that_was_used(served, provider):
    """It is fresh, but says what was true before."""
    element = served()
    now = int(time.time())
    assert element.ask("PUT", "/cps/5678", provider.request(iat=now), JOSE).status == 201
    assert refused(element.ask("PUT", "/cps/5678", provider.request(OTHER, iat=now - 1), JOSE)) == (409, "replay", "replay")


@pytest.mark.parametrize("offset", [-70, 70])
def test_iat_that_is_not_now(served, provider, offset):
    answer = served().ask("PUT", "/cps/5678", provider.request(iat=int(time.time()) + offset), JOSE)
    assert refused(answer) == (403, "stale", "fresh")


def test_clock_of_the_server_counts(served, provider):
    answer = served("--clock-offset", "3600").ask("PUT", "/cps/5678", provider.request(), JOSE)
    assert refused(answer) == (403, "stale", "fresh")


def test_revoked_certificate(pki, served, provider):
    pki_run("revoke", pki, provider.x5u.rsplit("/", 1)[1].removesuffix(".pem"))
    assert refused(served().ask("PUT", "/cps/5678", provider.request(), JOSE)) == (403, "cert-revoked", "revoked")


def test_certificate_that_has_expired(pki, served):
    old = Provider(pki, "5678", "--not-before", "1500000000", "--not-after", "1600000000")
    assert refused(served().ask("PUT", "/cps/5678", old.request(), JOSE)) == (403, "cert-date", "path")


def test_signature_of_another_key(served, provider):
    thief = Cred(provider.x5u, new_key(), [provider.cert])
    request = sign({"iat": int(time.time()), "jti": "j", "ocn": "5678", "url": OTHER}, thief, ppt=None, header={"typ": "JWT"})
    assert refused(served().ask("PUT", "/cps/5678", request, JOSE)) == (403, "signature", "signature")


@pytest.mark.parametrize("x5u", [
    "https://evil.example/certificates/00.pem", f"{BASE}/certificates/00.pem", f"{BASE}/certificates/../pa/signer.pem",
    f"{BASE}/certificates/", f"{BASE}/ca1/signer.pem"])
def test_certificate_that_is_not_of_this_repository(served, provider, x5u):
    """Nothing is fetched from where a stranger says."""
    answer = served().ask("PUT", "/cps/5678", provider.request(header={"x5u": x5u}), JOSE)
    assert refused(answer) == (403, "cert-fetch", "fetch")


BAD = {
    "http-url": ({"url": "http://cps.tsp.example/"}, None, "map-url"),
    "no-url": ({"url": None}, None, "claim"),
    "no-jti": ({"jti": None}, None, "claim"),
    "no-iat": ({"iat": None}, None, "claim"),
    "iat-string": ({"iat": "1800000000"}, None, "claim"),
    "no-ocn": ({"ocn": None}, None, "claim"),
    "bad-cic": ({"cic": "12ab"}, None, "map-key"),
    "unknown-authority": ({"authority": "ca7"}, None, "claim"),
    "bad-authority": ({"authority": {"a": 1}}, None, "claim"),
    "alg": ({}, {"alg": "none"}, "alg"),
    "typ": ({}, {"typ": "passport"}, "list-typ"),
    "x5u": ({}, {"x5u": "http://cr.pki.example/x.pem"}, "x5u"),
    "crit": ({}, {"crit": ["b64"]}, "header-member"),
}


@pytest.mark.parametrize("name", BAD)
def test_request_that_cannot_be_understood(pki, served, provider, name):
    change, header, reason = BAD[name]
    answer = served().ask("PUT", "/cps/5678", provider.request(**{"header": header} | change), JOSE)
    assert answer.status in (400, 403) and refused(answer)[1] == reason
    assert claims(pki, "pa")["sequence"] == 1


@pytest.mark.parametrize("body,headers,status,reason", [
    ("no token", JOSE, 400, "form"),
    ("", JOSE, 400, "form"),
    ("x" * 20000, JOSE, 413, "too-large"),
    ("a.b.c", {"Content-Type": "text/plain"}, 415, "media-type"),
])
def test_body_that_is_none(served, body, headers, status, reason):
    assert refused(served().ask("PUT", "/cps/5678", body, headers))[:2] == (status, reason)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_only_put(served, method):
    answer = served().ask(method, "/cps/5678", "x" if method == "POST" else None, JOSE)
    assert answer.status == 405 and answer.headers["Allow"] == "PUT"


def test_passport_is_no_request(served, provider):
    """A token that the provider has signed for something else."""
    passport = sign({"attest": "A", "dest": {"tn": ["19032469103"]}, "iat": int(time.time()), "orig": {"tn": "12013776051"},
                     "origid": str(uuid.uuid4())}, provider)
    assert refused(served().ask("PUT", "/cps/5678", passport, JOSE))[1] == "list-typ"


def test_request_of_the_command(served, provider):
    """sti-pki map-request makes what sti-pki serve takes."""
    code, out, err = run("sti-pki", "map-request", "--ocn", "5678", "--url", URL, "--cic", "0288", "--key", provider.key_file,
                         "--x5u", provider.x5u, "--authority", "pa", "--authority", "ca1")
    assert code == 0, err
    assert set(decode(out.strip())[1]) == {"iat", "jti", "ocn", "url", "cic", "authority"}
    assert served().ask("PUT", "/cps/5678", out, JOSE).status == 201


@pytest.mark.parametrize("args,error", [
    ([], "--ocn: expected an OCN"),
    (["--ocn", "5678"], "--url: expected an https URL"),
    (["--ocn", "5678", "--url", URL], "--x5u: expected an https URL"),
    (["--ocn", "5678", "--url", URL, "--x5u", URL], "--key: expected a file"),
    (["--ocn", "5678", "--url", URL, "--x5u", URL, "--key", "/nowhere"], "/nowhere"),
])
def test_wrong_usage_of_map_request(args, error):
    code, _, err = run("sti-pki", "map-request", *args)
    assert code in (2, 3) and error in err


def test_many_providers_at_once(pki, served):
    """Each change waits for nobody: who comes while another one is made is told to come again."""
    element = served()
    for spc in ("1111", "2222", "3333"):
        assert element.ask("PUT", f"/cps/{spc}", Provider(pki, spc).request(), JOSE).status == 201
    assert sorted(claims(pki, "pa")["cpsMapping"]) == ["1111", "2222", "3333"]
    assert claims(pki, "pa")["sequence"] == 4


def test_lists_that_somebody_else_is_changing(pki, served, provider):
    import fcntl  # pylint: disable=import-outside-toplevel
    element = served()
    with open(pki / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = element.ask("PUT", "/cps/5678", provider.request(), JOSE)
    assert answer.status == 503 and answer.headers["Retry-After"] == "1"
    assert element.ask("PUT", "/cps/5678", provider.request(), JOSE).status == 201


# --- with an STI-AS ---


# proves: DISC-02 DISC-03 DISC-04 DISC-07
@pytest.mark.parametrize("kind,name", [("sti-pa", "pa"), ("sti-ca", "ca1"), ("master", "master")])
def test_sti_as_uses_what_a_provider_has_told(pki, served, provider, net, tmp_path, kind, name):
    """DISC-02 to 07 in one: told over HTTPS, published, fetched, verified, used."""
    from standin import Cscf  # pylint: disable=import-outside-toplevel
    element = served()
    assert element.ask("PUT", "/cps/5678", provider.request(authority=["pa", "ca1"]), JOSE).status == 201
    (osp,) = lines("issue", pki, "--spc", "1234")
    conf = {"sip": {"addr": net(4)}, "spc": "1234", "x5u": osp["x5u"], "key": osp["key"],
            "numbers": [{"prefix": "1903246", "ocn": "5678"}],
            "https": {"ca": str(pki / "tls/root.pem"), "resolve": {HOST: net(2), "cps.tsp.example": net(5)}},
            "discovery": {"maps": [{"authority": kind, "url": f"{BASE}/cps-map/{name}"}],
                          "trust": {"pa_root": str(pki / "pa/root.pem"), "ca_list": f"{BASE}/ca-list", "crl": f"{BASE}/crl"}}}
    with start("ref-as", conf, tmp_path) as sti_as, Cscf(sti_as.ready["sip"]) as cscf:
        cscf.ask()
        data = sti_as.note("as.discovered")["data"]
    assert data["url"] == URL and data["source"] == ("sti-pa" if kind == "sti-pa" else "sti-ca")
    assert data["authority"] == ("SHAKEN Example STI-PA ROOT" if kind == "sti-pa" else "SHAKEN Example STI-CA 1 ROOT")


def test_page_of_the_example_names_each_address():
    page = (ROOT / "docs/examples/sti-pki.md").read_text()
    for path in ("/cps-map/pa", "/cps-map/ca1", "/cps-map/master", "/ca1/signer.pem", "PUT /cps/<OCN>"):
        assert path in page, path
