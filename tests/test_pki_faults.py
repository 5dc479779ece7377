"""What `sti-pki serve` does wrong on purpose: each fault changes what it names, and nothing else."""

import contextlib
import datetime
import json
import time

import pytest
from cryptography import x509

from stirkit import Https, decode, start, verifies
from test_pki import cert, lines, run as pki_run
from test_pki_map import HOST, JOSE, URL, Provider, claims

LISTS = ["/ca-list", "/cps-map/pa", "/cps-map/ca1"]


@pytest.fixture
def pki(tmp_path):
    pki_run("init", tmp_path / "pki")
    pki_run("map", tmp_path / "pki", "--ocn", "5678", "--url", URL, "--authority", "pa", "--authority", "ca1")
    return tmp_path / "pki"


@pytest.fixture
def serve(pki, net, tmp_path):
    """serve(**faults): ask(method, path, body, headers) of one that has them."""
    addr = net(2)
    pki_run("tls", pki, "--name", HOST, "--ip", addr)
    tls = {"cert": str(pki / f"tls/{HOST}.pem"), "key": str(pki / f"tls/{HOST}-key.pem")}
    with contextlib.ExitStack() as stack:

        def begin(**faults):
            conf = {"dir": str(pki), "addr": addr, "tls": tls, "faults": faults}
            stack.enter_context(start("sti-pki", conf, tmp_path, command=["serve"]))
            return stack.enter_context(contextlib.closing(Https(addr, 8443, HOST, str(pki / "tls/root.pem")))).ask

        yield begin


def signer(pki, path):
    return cert(pki / ("ca1" if path.endswith("ca1") else "pa") / "signer.pem").public_key()


# --- signed lists ---


@pytest.mark.parametrize("path", LISTS)
def test_header_and_claims_of_a_list(pki, serve, path):
    ask = serve(answers={path: {"header": {"typ": "other", "x5u": None}, "claims": {"exp": 1, "version": None}}})
    token = ask("GET", path).body.decode()
    header, payload = decode(token)
    assert header == {"alg": "ES256", "typ": "other"} and payload["exp"] == 1 and "version" not in payload
    assert verifies(token, signer(pki, path)), "signed by its authority all the same"
    for other in set(LISTS) - {path}:
        assert decode(ask("GET", other).body.decode())[0]["typ"] == "JWT"


@pytest.mark.parametrize("key,by", [("old", None), ("new", None), ("ca2/signer", "ca2/signer")])
def test_signer_of_a_list(pki, serve, key, by):
    token = serve(answers={"/cps-map/pa": {"key": key, "claims": {"cpsMapping": {"5678": "https://other.example/"}}}})(
        "GET", "/cps-map/pa").body.decode()
    assert decode(token)[1]["cpsMapping"] == {"5678": "https://other.example/"}
    assert not verifies(token, signer(pki, "/cps-map/pa"))
    assert not by or verifies(token, cert(pki / f"{by}.pem").public_key())


def test_payload_of_a_list(serve):
    text = '{"cpsMapping":{"1":"https://a.example/","1":"https://b.example/"}}'
    token = serve(answers={"/cps-map/*": {"payload": text}})("GET", "/cps-map/ca2").body.decode()
    assert decode(token)[1]["cpsMapping"] == {"1": "https://b.example/"} and decode(token)[0]["typ"] == "JWT"


def test_each_list_of_the_master_file(pki, serve):
    ask = serve(answers={"/cps-map/master": {"claims": {"exp": 1}}})
    lists = json.loads(ask("GET", "/cps-map/master").body)
    assert [decode(t)[1]["exp"] for t in lists] == [1, 1] and verifies(lists[0], signer(pki, "ca1"))


# --- answers ---


def test_status_type_body_and_freshness(serve):
    ask = serve(answers={"/crl": {"status": 203, "type": "text/plain", "body": "no", "without_freshness": True}})
    answer = ask("GET", "/crl")
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (203, "text/plain", b"no")
    assert "ETag" not in answer.headers and "Cache-Control" not in answer.headers
    assert ask("GET", "/ca-list").headers["ETag"]


def test_another_file(pki, serve):
    assert serve(answers={"/ca-list": {"file": "pa/root.pem"}})("GET", "/ca-list").body == (pki / "pa/root.pem").read_bytes()


def split(chain):
    return chain.replace(b"-----BEGIN", b"\0-----BEGIN").split(b"\0")[1:]


@pytest.mark.parametrize("chain,want", [("leaf", [0]), ("reversed", [1, 0])])
def test_chain(pki, serve, chain, want):
    (issued,) = lines("issue", pki, "--spc", "5678")
    answer = serve(answers={"/certificates/*": {"chain": chain}})("GET", "/certificates/" + issued["x5u"].rsplit("/", 1)[1])
    with open(issued["chain"], "rb") as file:
        whole = split(file.read())
    assert len(whole) == 2 and split(answer.body) == [whole[i] for i in want]


@pytest.mark.parametrize("word,right,wrong", [("usual", 304, 200), ("never", 200, 200), ("always", 304, 304)])
def test_conditional(serve, word, right, wrong):
    ask = serve(conditional=word)
    tag = ask("GET", "/ca-list").headers["ETag"]
    assert ask("GET", "/ca-list", headers={"If-None-Match": tag}).status == right
    assert ask("GET", "/ca-list", headers={"If-None-Match": '"x"'}).status == wrong


@pytest.mark.parametrize("faults,method,path,status", [
    ({}, "POST", "/ca-list", 405), ({"any_method": True}, "POST", "/ca-list", 200),
    ({}, "GET", "/nothing", 404), ({"any_path": True}, "GET", "/nothing", 200),
])
def test_methods_and_paths(serve, faults, method, path, status):
    assert serve(**faults)(method, path, "x" if method == "POST" else None).status == status


# --- the CRL ---


def crl(ask):
    return x509.load_der_x509_crl(ask("GET", "/crl").body)


def test_crl(pki, serve):
    (good,), (bad,) = (lines("issue", pki, "--spc", spc) for spc in ("5678", "9999"))
    pki_run("revoke", pki, bad["chain"])
    got = crl(serve())
    assert [f"{c.serial_number:032x}" for c in got] == [bad["serial"]] and got.next_update > datetime.datetime.utcnow()
    assert good["serial"] != bad["serial"]


@pytest.mark.parametrize("lists,n", [("nothing", 0), ("all", 2), ("revoked", 1)])
def test_what_the_crl_lists(pki, serve, lists, n):
    issued = [lines("issue", pki, "--spc", spc)[0] for spc in ("5678", "9999")]
    pki_run("revoke", pki, issued[1]["chain"])
    got = crl(serve(crl={"lists": lists, "next_update_s": 60}))
    assert len(list(got)) == n
    assert got.is_signature_valid(signer(pki, "/crl"))


def test_stale_crl_by_another_issuer(pki, serve):
    got = crl(serve(crl={"next_update_s": -60, "signer": "ca1/intermediate"}))
    assert abs((got.next_update - datetime.datetime.utcnow()).total_seconds() + 60) < 10
    assert got.last_update < got.next_update
    other = cert(pki / "ca1/intermediate.pem")
    assert got.issuer == other.subject and got.is_signature_valid(other.public_key())


# --- told by a provider ---


def test_what_is_refused_is_granted(pki, serve):
    ask = serve(accept_reasons=["stale", "map-url"])
    provider = Provider(pki, "5678")
    before = claims(pki, "pa")
    assert ask("PUT", "/cps/5678", provider.request(iat=int(time.time()) - 600), JOSE).status == 201
    assert ask("PUT", "/cps/5678", provider.request("http://cps.tsp.example/"), JOSE).status == 201
    assert ask("PUT", "/cps/1234", provider.request(), JOSE).status == 403
    assert claims(pki, "pa") == before


def test_what_is_granted_is_lost(pki, serve):
    ask = serve(lose_mappings=True)
    before = claims(pki, "pa")
    assert ask("PUT", "/cps/5678", Provider(pki, "5678").request("https://new.example/"), JOSE).status == 200
    assert claims(pki, "pa") == before


@pytest.mark.parametrize("faults", [
    {"answers": {"/x": {"file": "../key.pem"}}}, {"answers": {"/x": {"file": "/etc/passwd"}}},
    {"accept_reasons": ["no-such"]}, {"crl": {"lists": "some"}}, {"colour": "red"}])
def test_a_wrong_fault_is_refused(serve, faults):
    with pytest.raises(AssertionError):
        serve(**faults)
