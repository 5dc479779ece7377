"""`oobsim up` for who takes part: its folder, its certificates, a vendor's key, an element of theirs in an empty place."""

import json
import re
import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from conftest import BIN
from oobsim_kit import oobsim
from stirkit import start
from up_kit import (Phones, free_world, openssl, passport, peer_certificate, request_by_openssl, unb64, up)

TN_AUTH_LIST = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")


@pytest.fixture(scope="module")
def vendor(tmp_path_factory):
    """Keys and requests of a vendor: one for each provider, a second one for the OSP."""
    folder = tmp_path_factory.mktemp("vendor")
    return {name: request_by_openssl(folder, name) for name in ["osp", "tsp", "more", "stranger"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory, vendor):
    """A world at ::1, with certificates for the vendor's keys."""
    requests = [f"osp={vendor['osp'][1]}", f"tsp={vendor['tsp'][1]}", f"osp={vendor['more'][1]}"]
    with up(tmp_path_factory.mktemp("up"), "--listen", "::1", *sum((["--csr", r] for r in requests), [])) as world:
        yield world


# --- the folder ---


def test_files(world):
    names = {str(p.relative_to(world.folder)) for p in world.folder.rglob("*") if p.is_file()}
    tls = {f"tls/{host}{part}.pem" for host in world.said["names"] for part in ["", "-key"]}
    assert names == tls | {"README.txt", "provision.json", "hosts", "pa-root.pem", "web-ca.pem", "sti/osp.pem",
                           "sti/osp-key.pem", "csr/osp.pem", "csr/osp-2.pem", "csr/tsp.pem"}


def test_private_keys_are_their_owners(world):
    keys = list(world.folder.rglob("*-key.pem"))
    assert keys
    for key in keys:
        assert key.stat().st_mode & 0o777 == 0o600


def test_provision_is_what_is_printed(world):
    assert json.loads(world.file("provision.json").read_text()) == world.said


def test_every_file_that_is_named_is_there(world):
    named = set(re.findall(r'"((?:tls|sti|csr)/[^"]+|[^"/]+\.pem)"', world.file("provision.json").read_text()))
    assert len(named) > 8
    for name in named:
        assert "-----BEGIN" in world.file(name).read_text(), name


def test_hosts(world):
    lines = [line.split() for line in world.file("hosts").read_text().splitlines()]
    assert {name: addr for addr, name in lines} == world.said["names"]
    assert set(world.said["names"]) == {"cr.pki.example", "vs.tsp.example", "cps.tsp.example"}


def test_readme_tells_every_place(world):
    text = world.file("README.txt").read_text()
    for element in world.said["elements"]:
        for place in [element.get("sip"), *element.get("urls", {}).values()]:
            assert place is None or element["name"] == "pki" or place in text, place
    for p in world.said["providers"]:
        for value in [p["spc"], p["domain"], p.get("cps"), *p["numbers"], *(s["x5u"] for s in p.get("signed", []))]:
            assert value is None or value in text, value
    for url in [world.said["trust"]["ca_list"], world.said["trust"]["crl"], *world.said["mappings"].values()]:
        assert url in text
    assert "OPC 1-1-1, DPC 2-2-2" in text and "\t" not in text


def test_numbers_and_codes(world):
    osp, tsp = world.providers["osp"], world.providers["tsp"]
    assert (osp["spc"], osp["ocn"], osp["numbers"]) == ("1234", "1234", ["1201377"])
    assert (tsp["spc"], tsp["numbers"], "sti" in tsp) == ("5678", ["1903246"], False)
    assert world.said["calls"] == [{"from": "+12013776051", "to": "+19032469103"}]


def test_trunks(world):
    (out,), (into,) = (world.elements[name]["trunks"] for name in ["osp.gw", "tsp.gw"])
    assert (out["port"], out["peer"]["port"], out["opc"], out["dpc"]) == (into["peer"]["port"], into["port"], into["dpc"],
                                                                         into["opc"])


# --- certificates, as others see them ---


def test_tls_certificates_end_at_the_web_ca(world):
    for host in world.said["names"]:
        openssl("verify", "-CAfile", "web-ca.pem", "-verify_hostname", host, "-verify_ip", "::1", f"tls/{host}.pem",
                cwd=world.folder)


def test_tls_keys_belong_to_their_certificates(world):
    for cert in [*(world.folder / "tls").glob("*e.pem"), world.file("sti/osp.pem")]:
        key = cert.with_name(cert.name.replace(".pem", "-key.pem"))
        assert openssl("pkey", "-in", key, "-pubout") == openssl("x509", "-in", cert, "-noout", "-pubkey")


@pytest.mark.parametrize("name", ["by name", "by address"])
def test_server_shows_that_certificate(world, name):
    cps = world.elements["tsp.cps"]
    port = int(re.search(r":(\d+)/", cps["urls"]["publish"])[1])
    shown = peer_certificate("::1", port, cps["tls"]["name"] if name == "by name" else "::1", world.file("web-ca.pem"))
    assert ("DNS", "cps.tsp.example") in shown["subjectAltName"]


def roots(world):
    """What the STI-PA's list approves, its signer checked against the root by openssl."""
    status, token = world.curl(world.said["trust"]["ca_list"])
    assert status == 200
    payload = json.loads(unb64(token.split(".")[1]))
    return "".join(payload["trustList"])


@pytest.mark.parametrize("file, spc", [("sti/osp.pem", b"1234"), ("csr/osp.pem", b"1234"), ("csr/osp-2.pem", b"1234"),
                                       ("csr/tsp.pem", b"5678")])
def test_sti_chain_ends_at_an_approved_root(world, tmp_path, file, spc):
    (tmp_path / "roots.pem").write_text(roots(world))
    openssl("verify", "-CAfile", tmp_path / "roots.pem", "-untrusted", world.file(file), world.file(file))
    leaf = x509.load_pem_x509_certificate(world.file(file).read_bytes())
    assert spc in leaf.extensions.get_extension_for_oid(TN_AUTH_LIST).value.value


@pytest.mark.parametrize("name, file", [("osp", "csr/osp.pem"), ("more", "csr/osp-2.pem"), ("tsp", "csr/tsp.pem")])
def test_certificate_is_of_the_key_in_the_request(world, vendor, name, file):
    assert openssl("x509", "-in", world.file(file), "-noout", "-pubkey") == openssl("pkey", "-in", vendor[name][0], "-pubout")


def test_chains_are_published(world):
    entries = [p["sti"] for p in world.said["providers"] if "sti" in p]
    entries += [s for p in world.said["providers"] for s in p.get("signed", [])]
    assert len(entries) == 4 and len({e["x5u"] for e in entries}) == 4
    for entry in entries:
        status, chain = world.curl(entry["x5u"])
        assert (status, chain) == (200, world.file(entry["chain"]).read_text())


def test_trust_and_mappings_are_served(world):
    status, crl = world.curl(world.said["trust"]["crl"])
    assert status == 200 and "STI-PA" in x509.load_der_x509_crl(crl.encode("latin-1")).issuer.rfc4514_string()
    for authority in ["pa", "ca1", "ca2"]:
        status, token = world.curl(world.said["mappings"][authority])
        assert status == 200
        assert world.providers["tsp"]["cps"] in json.dumps(json.loads(unb64(token.split(".")[1]))).replace("\\/", "/")
    assert world.curl(world.said["mappings"]["master"])[0] == 200


# --- a key of the vendor's ---


def x5u_of(world, i=0):
    return world.providers["osp"]["signed"][i]["x5u"]


def test_passport_of_python_is_taken(world, vendor):
    status, body = world.publish(passport(vendor["osp"][0], x5u_of(world)))
    assert status == 201, body


def test_passport_of_secsipidx_is_taken(world, vendor):
    signed = subprocess.run(["secsipidx", "-sign-full", "-attest", "A", "-orig-tn", "12013776052", "-dest-tn", "19032469103",
                             "-x5u", x5u_of(world, 1), "-k", vendor["more"][0]], capture_output=True, text=True, timeout=20)
    status, body = world.publish(signed.stdout.split(";")[0])
    assert status == 201, body


def test_passport_of_another_key_is_refused(world, vendor):
    status, body = world.publish(passport(vendor["stranger"][0], x5u_of(world)))
    assert (status, json.loads(body)["reason"]) == (403, "signature")


def test_request_while_the_world_is_up(world, vendor, tmp_path):
    """README.txt names the command."""
    command = re.search(r"^ +sti-pki (sign-csr \S+ --csr) FILE (--spc) SPC$", world.file("README.txt").read_text(), re.M)
    done = subprocess.run([BIN / "sti-pki", *command[1].split(), vendor["stranger"][1], command[2], "1234"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    status, body = world.publish(passport(vendor["stranger"][0], json.loads(done.stdout)["x5u"]))
    assert status == 201, body


def garbage(folder):
    (folder / "bad.csr").write_text("no request")
    return folder / "bad.csr"


def wrong_curve(folder):
    return request_by_openssl(folder, "bad", "secp384r1")[1]


def another_spc(folder):
    subprocess.run([BIN / "sti-pki", "csr", "--spc", "9999", "--out", folder / "bad"], check=True, capture_output=True)
    return folder / "bad.csr"


@pytest.mark.parametrize("arg, says", [
    (lambda folder: f"osp={another_spc(folder)}", "--spc: expected 9999, which the request asks for, got 1234"),
    (lambda folder: "osp", 'expected PROVIDER=FILE, at most 16 times, got "osp"'),
    (lambda folder: f"nobody={garbage(folder)}", 'expected a provider of A1, got "nobody"'),
    (lambda folder: "osp=/nonexistent/mine.csr", "/nonexistent/mine.csr: No such file or directory"),
    (lambda folder: f"osp={garbage(folder)}", "bad.csr: "),
    (lambda folder: f"osp={wrong_curve(folder)}", "bad.csr: "),
], ids=["another SPC", "no file", "no such provider", "no such file", "no request", "wrong curve"])
def test_bad_requests(tmp_path, arg, says):
    done = oobsim("up", "A1", "--report", tmp_path / "up", "--csr", arg(tmp_path))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("oobsim up: --csr") and says in done.stderr and done.stderr.count("\n") == 1, done.stderr


# --- taking part ---


def test_call_between_two_phones(world, tmp_path):
    shown = Phones(world, tmp_path / "phones").wait()
    assert "verstat=TN-Validation-Passed" in shown


def test_ladder_of_a_call_by_hand_has_names(tmp_path):
    with up(tmp_path / "up", "--listen", "::1") as world:
        Phones(world, tmp_path / "phones").wait()
        drawn = oobsim("ladder", tmp_path / "up").stdout  # while it is up
    assert "osp.switch" in drawn.splitlines()[0] and "tsp.cps" in drawn.splitlines()[0] and "::1" not in drawn


def own_cps(world, folder):
    """Configuration of a CPS made from the folder alone, as somebody writes it who has but a copy of it."""
    copy = folder / "copy"
    shutil.copytree(world.folder, copy)
    v = json.loads((copy / "provision.json").read_text())
    (cps,) = (e for e in v["elements"] if e["name"] == "tsp.cps")

    def serve(url, **more):
        port = int(re.match(r"https://[^/:]+:(\d+)/", cps["urls"][url])[1])
        return {"addr": cps["addr"], "port": port, **more,
                "tls": {"cert": str(copy / cps["tls"]["cert"]), "key": str(copy / cps["tls"]["key"]),
                        **({"client_ca": str(copy / v["trust"]["web_ca"])} if more else {})}}

    return {"public": serve("publish"), "private": serve("retrieve", clients=["vs.tsp.example"]),
            "companies": [p["ocn"] for p in v["providers"] if p["name"] == "tsp"],
            "https": {"ca": str(copy / v["trust"]["web_ca"]), "resolve": v["names"]},
            "trust": {"pa_root": str(copy / v["trust"]["pa_root"]), "ca_list": v["trust"]["ca_list"],
                      "crl": v["trust"]["crl"]}}


def test_own_element_from_the_folder_alone(tmp_path):
    with up(tmp_path / "up", "--listen", "::1", "--without", "tsp.cps") as world:
        assert not world.elements["tsp.cps"]["running"]
        assert "its place is empty" in world.file("README.txt").read_text()
        with start("ref-cps", own_cps(world, tmp_path), tmp_path) as own:
            assert "verstat=TN-Validation-Passed" in Phones(world, tmp_path / "phones").wait()
            own.note("cps.handed_over")


def test_nobody_in_the_empty_place(tmp_path):
    with up(tmp_path / "up", "--listen", "::1", "--without", "tsp.cps") as world:
        assert "verstat=No-TN-Validation" in Phones(world, tmp_path / "phones").wait()


def test_folder_is_made_anew(tmp_path):
    for args in [["--listen", "127.0.0.1"], []]:
        with up(tmp_path, *args) as world:
            (world.folder / "left-over").write_text("")
            serial = openssl("x509", "-in", world.file("sti/osp.pem"), "-noout", "-serial")
    assert not (tmp_path / "provision" / "csr").exists()
    with up(tmp_path) as world:
        assert not (world.folder / "left-over").exists()
        assert openssl("x509", "-in", world.file("sti/osp.pem"), "-noout", "-serial") != serial


def test_usual_ports_without_listen(tmp_path):
    with up(tmp_path, "--world", free_world()) as world:
        n = world.said["world"]
        assert "listen" not in world.said
        assert world.elements["osp.as"]["sip"] == f"sip:127.{n}.1.3:5060;transport=tcp"
        assert world.elements["tsp.cps"]["urls"]["retrieve"] == "https://cps.tsp.example:8444/calls/"


def test_interfaces_over_http_and_push(tmp_path):
    sets = ["as.interface=http", "vs.interface=http", "cps.delivery=push"]
    with up(tmp_path / "up", "--listen", "127.0.0.1", *sum((["--set", s] for s in sets), [])) as world:
        assert re.match(r"https://as\.osp\.example:\d+/stir/v1/signing", world.elements["osp.as"]["urls"]["sign"])
        assert set(world.elements["tsp.vs"]["urls"]) == {"verify", "push"}
        assert world.file("tls/as.osp.example.pem").exists()
        ask = {"signingRequest": {"orig": {"tn": "12013776051"}, "dest": {"tn": ["19032469103"]}, "iat": 0}}
        status, body = world.curl("-H", "Content-Type: application/json", "-d", json.dumps(ask),
                                  world.elements["osp.as"]["urls"]["sign"])
        assert status in (400, 403) and "iat" in body  # it is asked, and is no more than asked
        assert "verstat=TN-Validation-Passed" in Phones(world, tmp_path / "phones").wait()


def test_serial_of_a_key_that_openssl_reads(world):
    """Keys are PKCS #8, as any library reads them."""
    for key in world.folder.rglob("*-key.pem"):
        assert serialization.load_pem_private_key(key.read_bytes(), None).curve.name == "secp256r1"
