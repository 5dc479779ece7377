"""sti-pki as a person uses it, seen by outsiders: python3-cryptography, the openssl command, curl.

Every row of the certificate profile (ATIS-1000080 §6.4.1) is a test of its own.
"""

import base64
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier, SignatureAlgorithmOID

from conftest import BIN, ROOT

PKI = BIN / "sti-pki"
BASE = "https://cr.pki.example:8443"
TN_AUTH_LIST = ObjectIdentifier("1.3.6.1.5.5.7.1.26")


def run(*args, cwd=None, code=0):
    done = subprocess.run([PKI, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=20)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def lines(*args, **more):
    return [json.loads(line) for line in run(*args, **more).stdout.splitlines()]


def openssl(*args, code=0, **more):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True, timeout=20, **more)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def cert(path, which=0):
    found = re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", pathlib.Path(path).read_text(), re.S)
    return x509.load_pem_x509_certificate(found[which].encode())


def crl(pki):
    return x509.load_pem_x509_crl((pki / "pa/crl.pem").read_bytes())


def text_of(name, oid):
    return [a.value for a in name.get_attributes_for_oid(oid)]


def oids(certificate):
    return {e.oid for e in certificate.extensions}


def ext(certificate, oid):
    return certificate.extensions.get_extension_for_oid(oid)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One PKI for all who only look at it."""
    base = tmp_path_factory.mktemp("pki")
    run("init", base / "pki")
    return base / "pki"


@pytest.fixture(scope="module")
def osp(made):
    return lines("issue", made, "--spc", "1234", "--name", "Acme Telecom")[0]


@pytest.fixture
def pki(tmp_path):
    """One of its own for a test that changes it."""
    run("init", tmp_path / "pki")
    return tmp_path / "pki"


ROLES = ["root", "intermediate", "leaf"]


@pytest.fixture(scope="module")
def certs(made, osp):
    return {
        "root": cert(made / "ca1/root.pem"),
        "intermediate": cert(made / "ca1/intermediate.pem"),
        "leaf": cert(osp["chain"]),
    }


@pytest.fixture(params=ROLES)
def any_cert(request, certs):
    return certs[request.param]


# --- the profile, row by row ---


def test_version_3(any_cert):
    assert any_cert.version == x509.Version.v3


def test_key_is_p256(any_cert):
    assert isinstance(any_cert.public_key(), ec.EllipticCurvePublicKey)
    assert any_cert.public_key().curve.name == "secp256r1"


def test_signed_with_ecdsa_sha256(any_cert):
    assert any_cert.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256


def test_serial_is_64_bits_or_more_and_at_most_20_octets(any_cert):
    assert 64 <= any_cert.serial_number.bit_length() <= 159


def test_serials_differ(certs):
    assert len({c.serial_number for c in certs.values()}) == 3


def test_subject_country_is_us(any_cert):
    assert text_of(any_cert.subject, NameOID.COUNTRY_NAME) == ["US"]


def test_subject_of_root(certs):
    (cn,) = text_of(certs["root"].subject, NameOID.COMMON_NAME)
    assert "SHAKEN" in cn and "ROOT" in cn
    assert len(text_of(certs["root"].subject, NameOID.ORGANIZATION_NAME)) == 1


def test_subject_of_intermediate(certs):
    (cn,) = text_of(certs["intermediate"].subject, NameOID.COMMON_NAME)
    assert "SHAKEN" in cn
    assert len(text_of(certs["intermediate"].subject, NameOID.ORGANIZATION_NAME)) == 1


def test_subject_of_leaf(certs):
    assert text_of(certs["leaf"].subject, NameOID.COMMON_NAME) == ["SHAKEN 1234"]
    assert text_of(certs["leaf"].subject, NameOID.ORGANIZATION_NAME) == ["Acme Telecom"]


@pytest.mark.parametrize("role,ca,path_length", [("root", True, None), ("intermediate", True, 0), ("leaf", False, None)])
def test_basic_constraints(certs, role, ca, path_length):
    basic = ext(certs[role], ExtensionOID.BASIC_CONSTRAINTS)
    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (ca, path_length)


@pytest.mark.parametrize("role", ["root", "intermediate"])
def test_key_usage_of_a_ca(certs, role):
    usage = ext(certs[role], ExtensionOID.KEY_USAGE)
    assert usage.critical and usage.value.key_cert_sign
    assert not (usage.value.key_encipherment or usage.value.data_encipherment or usage.value.key_agreement)


def test_key_usage_of_leaf_is_digital_signature_only(certs):
    usage = ext(certs["leaf"], ExtensionOID.KEY_USAGE)
    assert usage.critical and usage.value.digital_signature
    others = ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"]
    assert not any(getattr(usage.value, name) for name in others)


def test_subject_key_identifier_is_sha1_of_the_key(any_cert):
    identifier = ext(any_cert, ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    assert identifier.value == x509.SubjectKeyIdentifier.from_public_key(any_cert.public_key())
    assert len(identifier.value.digest) == 20 and not identifier.critical


@pytest.mark.parametrize("role,issuer", [("root", "root"), ("intermediate", "root"), ("leaf", "intermediate")])
def test_authority_key_identifier_is_the_issuers(certs, role, issuer):
    authority = ext(certs[role], ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    assert authority.value.key_identifier == ext(certs[issuer], ExtensionOID.SUBJECT_KEY_IDENTIFIER).value.digest
    assert not authority.critical


@pytest.mark.parametrize("role", ["intermediate", "leaf"])
def test_one_policy(certs, role):
    policies = ext(certs[role], ExtensionOID.CERTIFICATE_POLICIES)
    assert [p.policy_identifier.dotted_string for p in policies.value] == ["2.16.840.1.114569.1.1.4"]
    assert not policies.critical
    assert policies.value.public_bytes().hex() == "300e300c060a6086480186ff09010104"


@pytest.mark.parametrize("role", ["intermediate", "leaf"])
def test_crl_distribution_point(certs, made, role):
    points = ext(certs[role], ExtensionOID.CRL_DISTRIBUTION_POINTS)
    (point,) = points.value
    assert [n.value for n in point.full_name] == [BASE + "/crl"]
    assert [n.value for n in point.crl_issuer] == [cert(made / "pa/signer.pem").subject]
    assert point.relative_name is None and point.reasons is None and not points.critical


# proves: PKI-01
def test_tnauthlist_of_leaf(certs):
    found = ext(certs["leaf"], TN_AUTH_LIST)
    assert found.value.value.hex() == "3008a006160431323334"
    assert not found.critical


ALWAYS = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.SUBJECT_KEY_IDENTIFIER,
          ExtensionOID.AUTHORITY_KEY_IDENTIFIER}
ISSUED = {ExtensionOID.CERTIFICATE_POLICIES, ExtensionOID.CRL_DISTRIBUTION_POINTS}


@pytest.mark.parametrize("role,allowed", [("root", ALWAYS), ("intermediate", ALWAYS | ISSUED),
                                          ("leaf", ALWAYS | ISSUED | {TN_AUTH_LIST})])
def test_no_other_extension(certs, role, allowed):
    assert oids(certs[role]) == allowed


# proves: PKI-02
def test_each_certificate_is_signed_by_the_next(certs):
    for child, parent in [("leaf", "intermediate"), ("intermediate", "root"), ("root", "root")]:
        c = certs[child]
        certs[parent].public_key().verify(c.signature, c.tbs_certificate_bytes, ec.ECDSA(c.signature_hash_algorithm))
        assert c.issuer == certs[parent].subject


def test_valid_for_a_clock_that_is_a_little_behind(any_cert):
    assert any_cert.not_valid_before < datetime.datetime.utcnow() - datetime.timedelta(hours=12)


# --- what openssl says ---


# proves: PKI-02
def test_openssl_verifies_the_chain(made, osp):
    chain = pathlib.Path(osp["chain"])
    said = openssl("verify", "-x509_strict", "-CAfile", made / "ca1/root.pem", "-untrusted", chain, chain)
    assert said.strip().endswith("OK")


def test_openssl_refuses_the_other_cas_root(made, osp):
    openssl("verify", "-CAfile", made / "ca2/root.pem", "-untrusted", osp["chain"], osp["chain"], code=2)


def test_openssl_verifies_the_pas_signer(made):
    assert openssl("verify", "-CAfile", made / "pa/root.pem", made / "pa/signer.pem").strip().endswith("OK")


def test_openssl_verifies_the_crl(made):
    said = openssl("crl", "-in", made / "pa/crl.pem", "-text", "-noout")
    assert "Indirect CRL" in said and "Issuing Distribution Point: critical" in said


def test_key_belongs_to_the_certificate(osp):
    key = serialization.load_pem_private_key(pathlib.Path(osp["key"]).read_bytes(), None)
    assert key.public_key().public_numbers() == cert(osp["chain"]).public_key().public_numbers()


# --- the directory ---


def test_layout(made):
    for name in ["pa/root.pem", "pa/signer.pem", "pa/ca-list.jwt", "pa/crl.pem", "pa/crl.der", "ca1/root.pem",
                 "ca1/intermediate.pem", "ca2/root.pem", "ca2/intermediate.pem", "tls/root.pem"]:
        assert (made / name).is_file(), name


def test_every_key_is_for_its_owner_alone(made, osp):
    run("tls", made, "--name", "mode.example")
    keys = [p for p in made.rglob("*") if p.is_file() and "PRIVATE KEY" in p.read_text(errors="replace")]
    assert len(keys) >= 9
    for path in keys:
        assert path.name.endswith("-key.pem")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_init_prints_what_it_made(tmp_path):
    (said,) = lines("init", tmp_path / "p", "--cas", 3, "--base-url", "https://pki.test/")
    assert said == {"dir": str(tmp_path / "p"), "base_url": "https://pki.test", "cas": 3}
    assert (tmp_path / "p/ca3/intermediate.pem").exists() and not (tmp_path / "p/ca4").exists()


def test_nothing_is_overwritten_without_force(pki):
    before = (pki / "pa/root.pem").read_bytes()
    done = run("init", pki, code=2)
    assert "holds a PKI already" in done.stderr and "--force" in done.stderr
    assert (pki / "pa/root.pem").read_bytes() == before


def test_half_a_pki_is_not_overwritten_either(pki):
    (pki / "pki.json").unlink()
    before = (pki / "pa/root-key.pem").read_bytes()
    assert "--force replaces it" in run("init", pki, code=2).stderr
    assert (pki / "pa/root-key.pem").read_bytes() == before


def test_force_makes_a_new_one(pki):
    (issued,) = lines("issue", pki, "--spc", "1234")
    before = (pki / "pa/root.pem").read_bytes()
    run("init", pki, "--force", "--cas", 1)
    assert (pki / "pa/root.pem").read_bytes() != before
    assert not pathlib.Path(issued["chain"]).exists()
    assert list((pki / "certs").iterdir()) == [] and not (pki / "ca2/root.pem").exists()
    lines("issue", pki, "--spc", "1234")


def test_force_leaves_strangers_files_alone(pki):
    (pki / "notes.txt").write_text("mine")
    run("init", pki, "--force")
    assert (pki / "notes.txt").read_text() == "mine"


def test_no_pki_there(tmp_path):
    done = run("issue", tmp_path, "--spc", "1234", code=2)
    assert "holds no PKI" in done.stderr and "sti-pki init" in done.stderr


def test_broken_state_names_line_and_column(pki):
    (pki / "pki.json").write_text('{\n  "base_url": "https://x",\n  "cas": "two"\n}')
    assert re.search(r"pki\.json:3:\d+: /cas", run("issue", pki, "--spc", "1", code=2).stderr)


def test_directory_that_cannot_be_made(tmp_path):
    assert "cannot be created" in run("init", tmp_path / "a/b", code=2).stderr


def test_no_temporary_files_stay(pki):
    lines("issue", pki, "--spc", "1234")
    run("crl", pki)
    assert not list(pki.rglob("*.new"))


# --- issue ---


def test_issue_prints_key_chain_and_x5u(made, osp):
    assert set(osp) == {"spc", "ca", "serial", "x5u", "chain", "key"}
    assert osp["x5u"] == f"{BASE}/certificates/{osp['serial']}.pem"
    assert osp["chain"] == f"{made}/certs/{osp['serial']}.pem"
    assert int(osp["serial"], 16) == cert(osp["chain"]).serial_number
    assert cert(osp["chain"], 1) == cert(made / "ca1/intermediate.pem")
    assert len(re.findall("BEGIN CERTIFICATE", pathlib.Path(osp["chain"]).read_text())) == 2


def test_each_certificate_has_a_url_of_its_own(made):
    a, b = lines("issue", made, "--spc", "1234", "--spc", "1234")
    assert a["x5u"] != b["x5u"]


def test_issue_several_at_once(made):
    assert [o["spc"] for o in lines("issue", made, "--spc", "11", "--spc", "818H", "--spc", "33")] == ["11", "818H", "33"]


def test_issue_by_the_second_ca(made):
    (issued,) = lines("issue", made, "--spc", "1234", "--ca", 2)
    assert issued["ca"] == "ca2"
    assert openssl("verify", "-CAfile", made / "ca2/root.pem", "-untrusted", issued["chain"], issued["chain"]).strip().endswith("OK")


def test_issue_with_out(made, tmp_path):
    (issued,) = lines("issue", made, "--spc", "1234", "--out", tmp_path / "osp")
    assert issued["key"] == f"{tmp_path}/osp-key.pem" and issued["chain"] == f"{tmp_path}/osp.pem"
    published = made / "certs" / (issued["serial"] + ".pem")
    assert published.read_bytes() == (tmp_path / "osp.pem").read_bytes()
    assert not (made / "certs" / (issued["serial"] + "-key.pem")).exists()
    assert stat.S_IMODE((tmp_path / "osp-key.pem").stat().st_mode) == 0o600
    assert "File exists" in run("issue", made, "--spc", "1234", "--out", tmp_path / "osp", code=2).stderr


def test_issue_days(made):
    (issued,) = lines("issue", made, "--spc", "1234", "--days", 2)
    left = cert(issued["chain"]).not_valid_after - datetime.datetime.utcnow()
    assert datetime.timedelta(days=1, hours=23) < left <= datetime.timedelta(days=2)


def test_issue_dates(made):
    (issued,) = lines("issue", made, "--spc", "1", "--not-before", "2020-01-02T03:04:05Z", "--not-after", 1600000000)
    c = cert(issued["chain"])
    assert c.not_valid_before == datetime.datetime(2020, 1, 2, 3, 4, 5)
    assert c.not_valid_after == datetime.datetime(2020, 9, 13, 12, 26, 40)


@pytest.mark.parametrize("args,text", [
    ([], "--spc"),
    (["--spc", "12a4"], "0-9 and A-Z"),
    (["--spc", ""], "0-9 and A-Z"),
    (["--spc", "12345678901234567"], "1 to 16"),
    (["--spc", "1", "--ca", "3"], "from 1 to 2, got 3"),
    (["--spc", "1", "--ca", "0"], "from 1 to 16"),
    (["--spc", "1", "--days", "x"], "--days: expected a number"),
    (["--spc", "1", "--not-after", "tomorrow"], "2026-01-31T23:59:59Z"),
    (["--spc", "1", "--not-after", "5"], "ends before it begins"),
    (["--spc", "1", "--spc", "2", "--out", "x"], "expected one --spc, got 2"),
    (["--spc", "1", "--name", "x" * 65], "1 to 64 characters"),
    (["--spc"], "expected a value"),
    (["--colour", "red"], "there is no such option"),
    (["--spc", "1", "more"], "expected DIR, got 2 operands"),
])
def test_issue_usage(made, args, text):
    done = run("issue", made, *args, code=2)
    assert text in done.stderr and done.stdout == ""


def test_two_issues_at_once_lose_nothing(pki):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: lines("issue", pki, "--spc", f"{n}", "--spc", f"{n}X"), range(12)))
    serials = {o["serial"] for two in done for o in two}
    assert len(serials) == 24
    for serial in serials:
        assert cert(pki / "certs" / (serial + ".pem")).serial_number == int(serial, 16)


def test_revocations_at_once_lose_nothing(pki):
    issued = lines("issue", pki, *[a for n in range(12) for a in ("--spc", str(n))])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda o: run("revoke", pki, o["serial"]), issued))
    assert {r.serial_number for r in crl(pki)} == {int(o["serial"], 16) for o in issued}
    assert crl(pki).extensions.get_extension_for_oid(ExtensionOID.CRL_NUMBER).value.crl_number == 13


# --- an outsider's key ---


@pytest.fixture
def outsider(tmp_path):
    """A key, and a request for it, made by openssl."""
    def make(*, subject="/C=US/O=Outsider Inc./CN=whatever", spc="557F", curve="P-256"):
        conf = "[req]\ndistinguished_name=dn\nreq_extensions=ext\n[dn]\n[ext]\n"
        if spc:
            conf += f"1.3.6.1.5.5.7.1.26=ASN1:SEQUENCE:t\n[t]\nf=EXP:0,IA5:{spc}\n"
        else:
            conf = "[req]\ndistinguished_name=dn\n[dn]\n"
        (tmp_path / "req.cnf").write_text(conf)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-nodes", "-keyout",
                tmp_path / "out-key.pem", "-out", tmp_path / "out.csr", "-subj", subject, "-config", tmp_path / "req.cnf")
        return tmp_path / "out.csr"
    return make


# proves: PKI-01 PKI-06
def test_sign_csr(made, outsider, tmp_path):
    (issued,) = lines("sign-csr", made, "--csr", outsider())
    assert "key" not in issued and issued["spc"] == "557F"
    c = cert(issued["chain"])
    key = serialization.load_pem_private_key((tmp_path / "out-key.pem").read_bytes(), None)
    assert c.public_key().public_numbers() == key.public_key().public_numbers()
    assert text_of(c.subject, NameOID.COMMON_NAME) == ["SHAKEN 557F"]
    assert text_of(c.subject, NameOID.ORGANIZATION_NAME) == ["Outsider Inc."]
    assert ext(c, TN_AUTH_LIST).value.value.hex() == "3008a0061604" + b"557F".hex()
    assert openssl("verify", "-CAfile", made / "ca1/root.pem", "-untrusted", issued["chain"], issued["chain"]).strip().endswith("OK")


def test_sign_csr_without_spc_takes_the_option(made, outsider):
    (issued,) = lines("sign-csr", made, "--csr", outsider(spc=None), "--spc", "9999", "--name", "Named")
    assert issued["spc"] == "9999"
    assert text_of(cert(issued["chain"]).subject, NameOID.ORGANIZATION_NAME) == ["Named"]


def test_sign_csr_without_any_spc(made, outsider):
    assert "no TNAuthList" in run("sign-csr", made, "--csr", outsider(spc=None), code=2).stderr


def test_sign_csr_with_two_different_spcs(made, outsider):
    assert "expected 557F, which the request asks for, got 1111" in run(
        "sign-csr", made, "--csr", outsider(), "--spc", "1111", code=2).stderr


def test_sign_csr_refuses_other_curves(made, outsider):
    assert "EC P-256" in run("sign-csr", made, "--csr", outsider(curve="P-384"), code=2).stderr


def test_sign_csr_refuses_a_request_changed_on_its_way(made, outsider, tmp_path):
    pem = outsider().read_text()
    der = bytearray(base64.b64decode("".join(pem.splitlines()[1:-1])))
    at = bytes(der).index(b"Outsider")
    der[at] ^= 1
    (tmp_path / "bad.csr").write_text("-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodebytes(bytes(der)).decode()
                                      + "-----END CERTIFICATE REQUEST-----\n")
    done = run("sign-csr", made, "--csr", tmp_path / "bad.csr", code=2)
    assert "bad.csr" in done.stderr and "signature does not verify" in done.stderr


def test_sign_csr_refuses_what_is_no_request(made):
    assert "PKCS #10" in run("sign-csr", made, "--csr", made / "pa/root.pem", code=2).stderr
    assert "cannot be opened" in run("sign-csr", made, "--csr", "/nonexistent", code=2).stderr


def test_csr_is_a_request_that_openssl_reads(made, tmp_path):
    (said,) = lines("csr", "--spc", "1234", "--name", "Mine", "--out", tmp_path / "mine")
    text = openssl("req", "-in", said["csr"], "-verify", "-noout", "-text")
    assert "OK" in text and "CN = SHAKEN 1234" in text
    assert stat.S_IMODE(os.stat(said["key"]).st_mode) == 0o600
    assert lines("sign-csr", made, "--csr", said["csr"])[0]["spc"] == "1234"


# --- TLS ---


def test_tls_certificates_in_one_call(made):
    a, b = lines("tls", made, "--name", "cps.tsp.example", "--ip", "127.1.2.3", "--ip", "::1", "--name", "b.example")
    assert a["cert"] == f"{made}/tls/cps.tsp.example.pem" and a["key"] == f"{made}/tls/cps.tsp.example-key.pem"
    san = ext(cert(a["cert"]), ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert san.get_values_for_type(x509.DNSName) == ["cps.tsp.example"]
    assert [str(i) for i in san.get_values_for_type(x509.IPAddress)] == ["127.1.2.3", "::1"]
    assert ext(cert(b["cert"]), ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value.get_values_for_type(x509.DNSName) == ["b.example"]
    for purpose in ["sslserver", "sslclient"]:
        assert openssl("verify", "-purpose", purpose, "-CAfile", made / "tls/root.pem", a["cert"]).strip().endswith("OK")


def test_tls_for_a_client_is_not_for_a_server(made):
    _, c, d = lines("tls", made, "--name", "s.example", "--name", "client.example", "--client", "--ip", "127.0.0.7", "--name", "t.example")
    assert len(ext(cert(d["cert"]), ExtensionOID.EXTENDED_KEY_USAGE).value) == 2
    assert list(ext(cert(c["cert"]), ExtensionOID.EXTENDED_KEY_USAGE).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    openssl("verify", "-purpose", "sslserver", "-CAfile", made / "tls/root.pem", c["cert"], code=2)


def test_tls_is_replaced_by_force_alone(made):
    (c,) = lines("tls", made, "--name", "again.example")
    before = pathlib.Path(c["cert"]).read_bytes()
    assert "File exists" in run("tls", made, "--name", "again.example", code=2).stderr
    assert pathlib.Path(c["cert"]).read_bytes() == before
    lines("tls", made, "--name", "again.example", "--force")
    assert pathlib.Path(c["cert"]).read_bytes() != before
    key = serialization.load_pem_private_key(pathlib.Path(c["key"]).read_bytes(), None)
    assert key.public_key().public_numbers() == cert(c["cert"]).public_key().public_numbers()
    assert stat.S_IMODE(os.stat(c["key"]).st_mode) == 0o600


@pytest.mark.parametrize("args", [[], ["--ip", "127.0.0.1"], ["--client", "--name", "a"], ["--name", ""], ["--name", "../x"], ["--name", ".x"],
                                  ["--name", "a", "--ip", "b c"], ["--name", "root"], ["--name", "a,DNS:b"]])
def test_tls_usage(made, args):
    before = sorted((made / "tls").iterdir())
    assert "expected" in run("tls", made, *args, code=2).stderr
    assert sorted((made / "tls").iterdir()) == before


# --- revocation, lists ---


def listed(pki):
    return [(r.serial_number, r.extensions.get_extension_for_oid(CRLEntryExtensionOID.CERTIFICATE_ISSUER)) for r in crl(pki)]


def test_empty_crl(made):
    c = crl(made)
    signer = cert(made / "pa/signer.pem")
    assert len(c) == 0 and c.issuer == signer.subject and c.is_signature_valid(signer.public_key())
    scope = c.extensions.get_extension_for_oid(ExtensionOID.ISSUING_DISTRIBUTION_POINT)
    assert scope.critical and scope.value.indirect_crl and scope.value.public_bytes().hex() == "30038401ff"
    assert c.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_KEY_IDENTIFIER).value.key_identifier == ext(
        signer, ExtensionOID.SUBJECT_KEY_IDENTIFIER).value.digest
    assert c.last_update < datetime.datetime.utcnow() < c.next_update


def test_crl_signer_may_sign_crls(made):
    usage = ext(cert(made / "pa/signer.pem"), ExtensionOID.KEY_USAGE).value
    assert usage.crl_sign and usage.digital_signature and not usage.key_cert_sign


# proves: PKI-04
def test_revoked_leaf_is_listed_with_its_issuer(pki):
    a, b = lines("issue", pki, "--spc", "1", "--spc", "2")
    before = datetime.datetime.utcnow().replace(microsecond=0)
    (said,) = lines("revoke", pki, a["serial"])
    assert said["serial"] == a["serial"] and said["crl_number"] == 2 and not said["already"]
    ((serial, issuer),) = listed(pki)
    assert serial == int(a["serial"], 16)
    assert issuer.critical and [n.value for n in issuer.value] == [cert(pki / "ca1/intermediate.pem").subject]
    assert next(iter(crl(pki))).revocation_date >= before
    assert "REVOKED" in run("show", pki).stdout and b["serial"] in run("show", pki).stdout
    assert crl(pki).is_signature_valid(cert(pki / "pa/signer.pem").public_key())


def test_revoke_by_file_and_several(pki):
    a, b = lines("issue", pki, "--spc", "1", "--spc", "2", "--ca", 2)
    run("revoke", pki, a["chain"], b["serial"].upper())
    assert {s for s, _ in listed(pki)} == {int(a["serial"], 16), int(b["serial"], 16)}


def test_revoke_intermediate(pki):
    run("revoke", pki, pki / "ca1/intermediate.pem")
    ((serial, issuer),) = listed(pki)
    assert serial == cert(pki / "ca1/intermediate.pem").serial_number
    assert [n.value for n in issuer.value] == [cert(pki / "ca1/root.pem").subject]


def test_revocation_date_stays(pki):
    (a,) = lines("issue", pki, "--spc", "1")
    run("revoke", pki, a["serial"])
    state = json.loads((pki / "pki.json").read_text())
    state["revoked"][0]["at_s"] = 1700000000
    (pki / "pki.json").write_text(json.dumps(state))
    run("crl", pki)
    assert next(iter(crl(pki))).revocation_date == datetime.datetime(2023, 11, 14, 22, 13, 20)


def test_revoke_twice_is_said(pki):
    (a,) = lines("issue", pki, "--spc", "1")
    run("revoke", pki, a["serial"])
    assert lines("revoke", pki, a["serial"])[0]["already"]
    assert len(crl(pki)) == 1


@pytest.mark.parametrize("what,text", [("abcd", "no certificate with the serial number abcd"), ("x y", "a certificate file or a serial number")])
def test_revoke_what_is_not_there(made, what, text):
    assert text in run("revoke", made, what, code=2).stderr


def test_crl_der_is_the_same(made):
    assert x509.load_der_x509_crl((made / "pa/crl.der").read_bytes()).fingerprint(hashes.SHA256()) == crl(made).fingerprint(hashes.SHA256())


def test_crl_anew(pki):
    run("crl", pki, "--days", 3)
    c = crl(pki)
    assert c.extensions.get_extension_for_oid(ExtensionOID.CRL_NUMBER).value.crl_number == 2
    assert datetime.timedelta(days=2, hours=23) < c.next_update - datetime.datetime.utcnow() <= datetime.timedelta(days=3)


def test_stale_crl_on_purpose(pki):
    run("crl", pki, "--until", "2020-01-01T00:00:00Z")
    assert crl(pki).next_update == datetime.datetime(2020, 1, 1) and crl(pki).last_update < crl(pki).next_update


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read_list(pki):
    """The signed list, its signature checked."""
    head, claims, sig = (pki / "pa/ca-list.jwt").read_text().split(".")
    r, s = unb64(sig)[:32], unb64(sig)[32:]
    der = utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    cert(pki / "pa/signer.pem").public_key().verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(unb64(head)), json.loads(unb64(claims))


# proves: PKI-02 PKI-05
def test_signed_list(made):
    header, claims = read_list(made)
    assert header == {"alg": "ES256", "typ": "JWT", "x5u": BASE + "/pa/signer.pem"}
    assert set(claims) == {"version", "sequence", "exp", "trustList"}
    assert claims["version"] == "1.0" and claims["sequence"] == 1 and claims["exp"] > time.time()
    assert claims["trustList"] == [(made / f"ca{n}/root.pem").read_text() for n in (1, 2)]


def test_list_anew_has_the_next_sequence(pki):
    assert lines("trust-list", pki)[0]["sequence"] == 2
    assert lines("trust-list", pki, "--until", 1700000000)[0]["sequence"] == 3
    claims = read_list(pki)[1]
    assert claims["sequence"] == 3 and claims["exp"] == 1700000000


def test_show_json(made, osp):
    (shown,) = lines("show", made, "--json")
    assert shown["base_url"] == BASE and shown["cas"] == 2
    mine = [c for c in shown["certificates"] if c["file"] == f"certs/{osp['serial']}.pem"]
    assert mine[0]["spc"] == "1234" and mine[0]["subject"] == "CN=SHAKEN 1234,O=Acme Telecom,C=US" and not mine[0]["revoked"]


# --- the program ---


def test_help_and_version():
    assert "sign-csr" in run("--help").stdout
    assert run("--version").stdout.startswith("sti-pki ")
    assert "usage" in run(code=2).stderr
    assert 'there is no command "fly"' in run("fly", code=2).stderr


@pytest.mark.parametrize("command", ["init", "issue", "sign-csr", "csr", "tls", "revoke", "crl", "trust-list", "show", "serve"])
def test_help_of_each_command(command):
    assert "--help" in run(command, "--help").stdout


def test_start_of_a_world_is_quick(tmp_path):
    """What the simulator does at the start of each run; a slow machine may take three times as long as the aim of 0.2 s."""
    begin = time.monotonic()
    run("init", tmp_path / "pki")
    run("issue", tmp_path / "pki", "--spc", "1234", "--spc", "5678")
    run("tls", tmp_path / "pki", *[a for n in range(4) for a in ("--name", f"n{n}.example", "--ip", f"127.0.0.{n + 1}")])
    assert time.monotonic() - begin < 0.6


# --- serve ---


class Served:
    """sti-pki serve with the example configuration, asked by curl."""

    def __init__(self, where, addr):
        self.where, self.addr, self.pki = where, addr, where / "pki"
        conf = json.loads((ROOT / "docs/examples/sti-pki.json").read_text())
        conf["addr"] = addr
        (where / "sti-pki.json").write_text(json.dumps(conf))
        run("init", "pki", cwd=where)
        run("tls", "pki", "--name", "cr.pki.example", "--ip", addr, cwd=where)
        (self.issued,) = lines("issue", "pki", "--spc", "1234", cwd=where)
        self.process = subprocess.Popen([PKI, "serve", "--config", "sti-pki.json"], cwd=where, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("READY "), line
        self.ready = json.loads(line[6:])

    def curl(self, path, *args):
        done = subprocess.run(["curl", "-sS", "-i", "--cacert", self.pki / "tls/root.pem", "--resolve", f"cr.pki.example:8443:{self.addr}",
                               "--max-time", "10", *args, BASE + path], capture_output=True, timeout=20)
        assert done.returncode == 0, done.stderr
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, *headers = head.decode().split("\r\n")
        return int(status.split()[1]), {k.lower(): v.strip() for k, _, v in (h.partition(":") for h in headers)}, body

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(10)
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def served(tmp_path_factory, module_net):
    s = Served(tmp_path_factory.mktemp("served"), module_net(2))
    yield s
    assert s.stop() == 0


def test_ready_says_where(served):
    assert served.ready["public"] == f"https://{served.addr}:8443" and served.ready["base_url"] == BASE


# proves: PKI-03
def test_serves_the_chain_at_x5u(served):
    status, headers, body = served.curl(served.issued["x5u"].removeprefix(BASE))
    assert status == 200 and headers["content-type"] == "application/pem-certificate-chain"
    assert body == (served.where / served.issued["chain"]).read_bytes()
    assert headers["cache-control"] == "max-age=3600"


# proves: PKI-04
def test_serves_the_crl(served):
    status, headers, body = served.curl("/crl")
    assert status == 200 and headers["content-type"] == "application/pkix-crl"
    assert body == (served.pki / "pa/crl.der").read_bytes() and headers["cache-control"] == "max-age=60"


# proves: PKI-05
def test_serves_the_list(served):
    status, headers, body = served.curl("/ca-list")
    assert status == 200 and headers["content-type"] == "application/jose"
    assert body == (served.pki / "pa/ca-list.jwt").read_bytes()


def test_serves_the_signers_chain_at_the_lists_x5u(served):
    x5u = read_list(served.pki)[0]["x5u"]
    status, headers, body = served.curl(x5u.removeprefix(BASE))
    assert status == 200 and headers["content-type"] == "application/pem-certificate-chain"
    assert body == (served.pki / "pa/signer.pem").read_bytes()


def test_serves_what_is_new_at_once(served):
    tag = served.curl("/crl")[1]["etag"]
    (fresh,) = lines("issue", "pki", "--spc", "5678", cwd=served.where)
    assert served.curl(fresh["x5u"].removeprefix(BASE))[0] == 200
    run("revoke", "pki", fresh["serial"], cwd=served.where)
    status, headers, body = served.curl("/crl", "-H", f"If-None-Match: {tag}")
    assert status == 200 and headers["etag"] != tag
    assert int(fresh["serial"], 16) in {r.serial_number for r in x509.load_der_x509_crl(body)}


def test_etag_saves_the_body(served):
    _, headers, _ = served.curl("/ca-list")
    status, again, body = served.curl("/ca-list", "-H", f"If-None-Match: {headers['etag']}")
    assert status == 304 and body == b"" and again["etag"] == headers["etag"]


def test_serves_no_key(served):
    serial = served.issued["serial"]
    for path in [f"/certificates/{serial}-key.pem", "/pa/signer-key.pem", "/pa/root-key.pem", "/pki.json", "/tls/root-key.pem",
                 f"/certificates/../certs/{serial}-key.pem", "/certificates/%2e%2e/pa/root-key.pem", "/ca1/root.pem"]:
        status, headers, body = served.curl(path, "--path-as-is")
        assert status == 404 and headers["content-type"] == "application/problem+json" and b"PRIVATE" not in body, path


@pytest.mark.parametrize("path", ["/", "/certificates/", "/certificates/.pem", "/certificates/abc.pem", "/certificates/ABC.pem",
                                  "/crl/", "/CRL", "/certificates/" + "a" * 300 + ".pem", "/certificates/a"])
def test_not_found(served, path):
    status, headers, body = served.curl(path)
    assert status == 404 and headers["content-type"] == "application/problem+json"
    assert json.loads(body)["status"] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_method_not_allowed(served, method):
    status, headers, body = served.curl("/crl", "-X", method)
    assert status == 405 and "GET" in headers["allow"] and json.loads(body)["status"] == 405


# proves: PKI-03
def test_plain_http_is_not_served(served):
    done = subprocess.run(["curl", "-sS", "--max-time", "5", f"http://{served.addr}:8443/crl"], capture_output=True, timeout=20)
    assert done.returncode != 0


def test_sighup_rereads_the_certificate(tmp_path, net):
    s = Served(tmp_path, net(2))
    first = cert(s.pki / "tls/cr.pki.example.pem").serial_number
    assert s.curl("/crl")[0] == 200
    run("tls", "pki", "--name", "cr.pki.example", "--ip", s.addr, "--force", cwd=tmp_path)
    s.process.send_signal(signal.SIGHUP)
    want = format(cert(s.pki / "tls/cr.pki.example.pem").serial_number, "X")
    deadline = time.monotonic() + 10
    shown = ""
    while want not in shown and time.monotonic() < deadline:
        shown = subprocess.run(["openssl", "s_client", "-connect", f"{s.addr}:8443"], input="", capture_output=True, text=True, timeout=10).stdout
        shown = openssl("x509", "-noout", "-serial", input=shown)
    assert want in shown and want != format(first, "X")
    assert s.curl("/crl")[0] == 200
    assert s.stop() == 0


def test_serve_without_pki(tmp_path, net):
    conf = json.loads((ROOT / "docs/examples/sti-pki.json").read_text())
    conf["addr"] = net(2)
    (tmp_path / "c.json").write_text(json.dumps(conf))
    assert "holds no PKI" in run("serve", "--config", "c.json", cwd=tmp_path, code=2).stderr


def test_serve_address_taken(served, tmp_path):
    (tmp_path / "c.json").write_text((served.where / "sti-pki.json").read_text())
    shutil.copytree(served.pki, tmp_path / "pki")
    assert served.addr in run("serve", "--config", "c.json", cwd=tmp_path, code=3).stderr


def test_serve_unknown_member(tmp_path):
    (tmp_path / "c.json").write_text('{\n "dir": "pki",\n "colour": 1\n}')
    assert re.search(r"c\.json:3:\d+: /colour", run("serve", "--config", "c.json", cwd=tmp_path, code=2).stderr)
