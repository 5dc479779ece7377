"""ref-cps as an STI-AS, an STI-VS and an operator see it: over its two HTTPS interfaces and its trace."""

import itertools
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import uuid

import pytest

import stirkit
from conftest import ROOT
from stirkit import Https, Pki, canonical, div, shaken, sign, start

TYPE = {"Content-Type": "application/passport"}
PUBLIC, PRIVATE = 8443, 8444
NAME, COMPANY = "cps.tsp.example", "5678"
CALLS = itertools.count(int(time.time() * 1000) % 1000000)

# The POST of clause 5.4; its certificate's host is not there any more
EXAMPLE = (
    "eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0aWZpY2F0ZXMuY2xlYXJpcC5jb20v"
    "NGE4NzFjMDYtZTBiNS00Y2I5LTgzNDctNDMxMjZiZDg2Yzg1LzY0NmIxYmUzNzNmMTZlYWY4NzUzNzk5ZTM0OTkwMzJhLmNydCJ9.eyJhdHRlc3QiOiJB"
    "IiwiZGVzdCI6eyJ0biI6WyIxOTAzMjQ2OTEwMyJdfSwiaWF0IjoxNTg0OTgzNDAyLCJvcmlnIjp7InRuIjoiMTIwMTM3NzYwNTEifSwib3JpZ2lkIjoi"
    "NGFlYzk0ZTItNTA4Yy00YzFjLTkwN2ItMzczN2JhYzBhODBlIn0.EMfXHyowsI5s73KqoBzJ9pzrrwGFNKBRmHcx-YZ3DjPgBe4Mvqq9N-bThN1_HTWe"
    "SvbruAyet26fetRL1_bn1g"
)
EXAMPLE_IAT = 1584983402


class World:
    """A PKI and certificates good and bad; makes configurations and talks to the CPS under test."""

    def __init__(self, folder, net):
        self.dir, self.addr = folder, net(3)
        self.pki = pki = Pki(folder / "pki", net(2))
        self.cert = pki.tls(NAME)
        self.vs = pki.tls("vs.tsp.example")
        self.foreign = pki.tls("vs.other.example")
        day = stirkit.datetime.timedelta(days=1)
        now = stirkit.datetime.datetime.utcnow()
        p384 = stirkit.ec.generate_private_key(stirkit.ec.SECP384R1())
        self.osp = pki.sti("1234")
        self.other = pki.sti("4321")
        self.creds = {
            "rogue": pki.sti("1234", ca=pki.rogue),
            "expired": pki.sti("1234", not_after=now - day),
            "future": pki.sti("1234", not_before=now + day),
            "revoked": pki.sti("1234"),
            "no-tnauth": pki.sti("1234", tnauth=b""),
            "two-spcs": pki.sti("1234", tnauth=stirkit.tn_auth_list("1234", "5678")),
            "a-number": pki.sti("1234", tnauth=stirkit.tn_auth_list(numbers=["12013776051"])),
            "bad-tnauth": pki.sti("1234", tnauth=b"\x30\x03\xa0\x01\x16"),
            "ca": pki.sti("1234", is_ca=True),
            "usage": pki.sti("1234", key_usage=("digital_signature", "key_cert_sign")),
            "no-chain": pki.sti("1234", chain=False),
            "p384": pki.sti("1234", key=p384),
            "absent": pki.sti("1234", publish=False),
            "rubbish": pki.sti("1234"),
            "young": pki.sti("1234", not_before=now - stirkit.datetime.timedelta(seconds=10)),
        }
        pki.files[self.path_of("rubbish")] = b"<html>not a certificate</html>"
        pki.revoke(self.creds["revoked"])

    def path_of(self, name):
        return self.creds[name].x5u.split(":8443", 1)[1]

    def conf(self, addr=None, **more):
        """more: members that replace those of the usual configuration; of public and private only what is named"""
        addr = addr or self.addr
        tls = dict(zip(("cert", "key"), self.cert))
        conf = {
            "public": {"addr": addr, "tls": tls},
            "private": {
                "addr": addr,
                "tls": tls | {"client_ca": self.pki.web_root},
                "clients": ["vs.tsp.example"],
            },
            "companies": [COMPANY, "567A"],
            "https": self.pki.https_conf(),
            "trust": self.pki.trust_conf(),
        }
        for side in {"public", "private"} & set(more):
            more[side] = {k: v for k, v in (conf[side] | more[side]).items() if v is not None}
        return conf | more

    def start(self, addr, *options, **more):
        return start("ref-cps", self.conf(addr, **more), self.dir, *options, name="tsp.cps")


class Client:
    """An STI-AS and an STI-VS in one, each with a persistent connection."""

    def __init__(self, world, addr, element):
        self.world, self.addr, self.element = world, addr, element
        self.public = Https(addr, PUBLIC, NAME, world.pki.web_root)
        self.private = Https(addr, PRIVATE, NAME, world.pki.web_root, world.vs)

    def post(self, body, headers=None, method="POST", path=f"/cps/company/{COMPANY}"):
        return self.public.ask(method, path, body, TYPE if headers is None else headers)

    def pull_path(self, call, wait_ms=None, call_id=None):
        wait = "" if wait_ms is None else f"&wait_ms={wait_ms}"
        return f"/calls/{call_id or uuid.uuid4()}?orig={call[0]}&dest={call[1]}{wait}"

    def pull(self, call, wait_ms=None, call_id=None, conn=None):
        """The tokens, [] for none"""
        answer = (conn or self.private).ask("PUT", self.pull_path(call, wait_ms, call_id))
        if answer.status == 204:
            assert answer.body == b""
            return []
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/passport"), answer.body
        return answer.body.decode().split("\n")

    def token(self, call, cred=None, **how):
        return sign(shaken(*call), cred or self.world.osp, **how)

    def notes(self, what, call):
        return [e for e in self.element.notes(what) if (e.get("orig"), e.get("dest")) == call]

    def close(self):
        self.public.close()
        self.private.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory, module_net):
    world = World(tmp_path_factory.mktemp("cps"), module_net)
    with world.pki.serve():
        yield world


@pytest.fixture(scope="module")
def element(world):
    with world.start(world.addr) as element:
        yield element


@pytest.fixture
def cps(world, element):
    client = Client(world, world.addr, element)
    yield client
    client.close()


@pytest.fixture
def own(world, net):
    """Start a CPS of this test's own: own(options…, members…) gives a client of it."""
    with stirkit.contextlib.ExitStack() as stack:

        def make(*options, **more):
            element = stack.enter_context(world.start(net(3), *options, **more))
            return stack.enter_context(stirkit.contextlib.closing(Client(world, net(3), element)))

        yield make


@pytest.fixture
def call():
    """(orig, dest) that no other test uses"""
    n = next(CALLS)
    return f"1201{n:07d}", f"1903{n:07d}"


def problem(answer):
    assert answer.headers["Content-Type"] == "application/problem+json", answer
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    return json.loads(answer.body)


def check_problem(answer, status, reason, check, index=None):
    got = problem(answer)
    assert (answer.status, got["status"], got["reason"], got["check"]) == (status, status, reason, check), got
    assert got.get("index") == index, got
    assert got["clause"] and got["title"] and got["detail"], got
    assert got["type"] == f"urn:oob-shaken:reason:{reason}"
    return got


# --- CPS-01, CPS-03, CPS-15: what is accepted ---


def test_one_passport(cps, call):
    token = cps.token(call)
    answer = cps.post(token)
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (201, b"", "0")
    assert cps.pull(call) == [token]


@pytest.mark.parametrize(
    "form",
    ["{a}\n{b}", "{a}\r\n{b}", "{a}\n{b}\n", "{a}\r\n{b}\r\n", "\n{a}\n\n{b}", "{a}\r\n\r\n\n{b}\n\n", " {a} \n\t{b}"],
    ids=["lf", "crlf", "lf-last", "crlf-last", "blank-lines", "mixed", "blanks"],
)
def test_two_passports(cps, call, form):
    tokens = [cps.token(call), sign(div(call[0], call[1] + "9", call[1]), cps.world.other, ppt="div")]
    assert cps.post(form.format(a=tokens[0], b=tokens[1])).status == 201
    assert cps.pull(call) == tokens


@pytest.mark.parametrize("form", ["{}\n", "{}\r\n", "\r\n{}", "{}\n\n\n"], ids=["lf", "crlf", "before", "blank"])
def test_one_passport_with_line_ends(cps, call, form):
    token = cps.token(call)
    assert cps.post(form.format(token)).status == 201
    assert cps.pull(call) == [token]


@pytest.mark.parametrize(
    "ctype",
    ["Application/PassporT", "application/passport; charset=utf-8", "application/passport;v=1", " application/passport ;x"],
)
def test_media_type_forms(cps, call, ctype):
    assert cps.post(cps.token(call), {"Content-Type": ctype}).status == 201


def test_second_company(cps, call):
    assert cps.post(cps.token(call), path="/cps/company/567A").status == 201


def test_sixteen_passports(cps, call):
    tokens = [sign(shaken(*call), cps.world.osp, ppt=f"x{i}") for i in range(16)]
    assert cps.post("\n".join(tokens)).status == 201
    assert cps.pull(call) == tokens


def test_chunked_body(cps, call):
    token = cps.token(call).encode()
    cps.public.request(
        "POST", f"/cps/company/{COMPANY}", iter([token[:100], token[100:]]), {"Host": NAME} | TYPE, encode_chunked=True
    )
    assert cps.public.answer().status == 201
    assert cps.pull(call) == [token.decode()]


@pytest.mark.parametrize("ppt", ["div", "rph", "rcd", "x-not-known", None])
def test_any_type_is_kept_unchanged(cps, call, ppt):
    extra = {"rph": {"rph": {"auth": ["ets.0"]}}, "rcd": {"rcd": {"nam": "Ex Ample"}}}.get(ppt, {})
    claims = div(*call, "19035550100") if ppt == "div" else shaken(*call, attest=None, **extra)
    token = sign(claims, cps.world.osp, ppt=ppt)
    assert cps.post(token).status == 201
    assert cps.pull(call) == [token]


def test_octets_are_verified_and_kept_as_they_came(cps, call):
    """Blanks and any member order are valid JSON; the signature is over these octets (RFC 7515 §5.2)."""
    claims = shaken(*call)
    raw = json.dumps(dict(reversed(list(claims.items()))), indent=2).encode()
    head = f'{{"x5u":"{cps.world.osp.x5u}", "typ":"passport","ppt":"shaken",\n"alg":"ES256"}}'.encode()
    token = sign(claims, cps.world.osp, raw_claims=raw, raw_header=head)
    assert cps.post(token).status == 201
    assert cps.pull(call) == [token]


def test_each_of_several_dest_numbers_finds_it(cps, call):
    for n in range(3):
        dests = [call[1] + str(i) for i in range(3)]
        token = sign(shaken(call[0], dests), cps.world.osp)
        assert cps.post(token).status == 201
        assert cps.pull((call[0], dests[n])) == [token]


def test_several_requests_for_one_call(cps, call):
    tokens = [sign(shaken(*call), cps.world.osp, ppt=ppt) for ppt in ("shaken", "x-one", "x-two")]
    for token in tokens:
        assert cps.post(token).status == 201
    assert cps.pull(call) == tokens


def test_calls_between_the_same_numbers_each_get_one(cps, call):
    tokens = [cps.token(call) for _ in range(3)]
    for token in tokens:
        assert cps.post(token).status == 201
    assert [cps.pull(call) for _ in range(4)] == [[t] for t in tokens] + [[]]


def test_same_token_again_is_201_and_kept_once(cps, call):
    token = cps.token(call)
    assert [cps.post(token).status for _ in range(3)] == [201] * 3
    assert [e["data"]["count"] for e in cps.notes("cps.stored", call)] == [1, 0, 0]
    assert cps.pull(call) == [token]
    assert cps.pull(call) == []


def test_orig_and_dest_are_not_compared_with_anything(cps, call):
    """CPS-05: there is no INVITE, so any numbers are accepted, from any provider."""
    token = sign(shaken(call[1], call[0]), cps.world.other)
    assert cps.post(token).status == 201
    assert cps.pull((call[1], call[0])) == [token]


@pytest.mark.parametrize("age", [-55, 55])
def test_iat_within_the_freshness(cps, call, age):
    token = sign(shaken(*call, iat=int(time.time()) - age), cps.world.osp)
    assert cps.post(token).status == 201


def test_notes_of_a_request(cps, call):
    tokens = [cps.token(call), sign(div(*call, "19035550100"), cps.world.other, ppt="div")]
    cps.post("\n".join(tokens))
    cps.pull(call)
    notes = [e for e in cps.element.trace() if e["kind"] == "note" and (e.get("orig"), e.get("dest")) == call]
    assert [(e["what"], e["data"]) for e in notes[:3]] == [
        ("cps.received", {"company": COMPANY, "count": 2}),
        ("cps.verified", {"index": 0, "spc": "1234"}),
        ("cps.verified", {"index": 1, "spc": "4321"}),
    ]
    assert [e["what"] for e in notes[3:]] == ["cps.stored", "cps.deleted", "cps.handed_over"]
    assert notes[3]["data"]["count"] == 2 and notes[3]["data"]["size"] >= 2
    assert notes[4]["data"] == {"why": "call", "count": 2, "size": notes[3]["data"]["size"] - 2}
    assert notes[5]["data"]["count"] == 2
    assert all(e["at"] == "tsp.cps" for e in notes)


def test_octets_of_the_request_are_in_the_trace(cps, call):
    token = cps.token(call)
    cps.post(token)
    raw = [e["raw"] for e in cps.element.trace() if e["kind"] == "https" and token in e.get("raw", "")]
    assert len(raw) == 1 and raw[0].startswith(f"POST /cps/company/{COMPANY} HTTP/1.1\r\n")


# --- CPS-04, CPS-06: what is refused, and that nothing of it is kept ---

SHORT = lambda s: s[:63]  # noqa: E731
LONG = lambda s: s + b"\0"  # noqa: E731
OTHER_BIT = lambda s: s[:40] + bytes([s[40] ^ 1]) + s[41:]  # noqa: E731
ZERO_R = lambda s: bytes(32) + s[32:]  # noqa: E731


def claims_case(reason, check="claims", **claims):
    def make(w, c):
        return sign({k: v for k, v in (shaken(*c) | claims).items() if v is not None}, w.osp)

    return make, 400, reason, check


def cred_case(name, reason, check):
    return lambda w, c: sign(shaken(*c), w.creds[name]), 403, reason, check


def header_case(reason, check, **header):
    return lambda w, c: sign(shaken(*c), w.osp, header=header), 400, reason, check


def age_case(seconds):
    return lambda w, c: sign(shaken(*c, iat=int(time.time()) - seconds), w.osp), 403, "stale", "fresh"


def raw_claims_case(change):
    """Claims that are not JSON as it should be; change: octets of the right ones → octets sent"""
    return lambda w, c: sign(None, w.osp, raw_claims=change(canonical(shaken(*c)))), 400, "form", "form"


REFUSED = {
    "not-a-token": (lambda w, c: "hello", 400, "form", "form"),
    "two-parts": (lambda w, c: sign(shaken(*c), w.osp).rpartition(".")[0], 400, "form", "form"),
    "four-parts": (lambda w, c: sign(shaken(*c), w.osp) + ".x", 400, "form", "form"),
    "padded": (lambda w, c: sign(shaken(*c), w.osp) + "==", 400, "form", "form"),
    "compact-form": (lambda w, c: ".." + sign(shaken(*c), w.osp).rpartition(".")[2], 400, "compact-form", "form"),
    "too-long": (lambda w, c: sign(shaken(*c, filler="x" * 8000), w.osp), 400, "too-long", "form"),
    "not-utf-8": raw_claims_case(lambda j: j.replace(b'"A"', b'"\xff"')),
    "duplicate-member": raw_claims_case(lambda j: j[:-1] + b',"attest":"B"}'),
    "claims-not-an-object": raw_claims_case(lambda j: b"[" + j + b"]"),
    "claims-cut": raw_claims_case(lambda j: j[:-1]),
    "identity-header": (
        lambda w, c: sign(shaken(*c), w.osp) + f';info=<{w.osp.x5u}>;alg=ES256;ppt="shaken"',
        400,
        "form",
        "form",
    ),
    "typ": header_case("typ", "typ", typ="JWT"),
    "typ-missing": header_case("header-member", "typ", typ=None),
    "alg-none": header_case("alg", "alg", alg="none"),
    "alg-hs256": header_case("alg", "alg", alg="HS256"),
    "alg-es384": header_case("alg", "alg", alg="ES384"),
    "alg-missing": header_case("header-member", "alg", alg=None),
    "x5u-missing": header_case("header-member", "x5u", x5u=None),
    "x5u-http": header_case("x5u", "x5u", x5u="http://cr.pki.example/1.pem"),
    "x5u-file": header_case("x5u", "x5u", x5u="file:///etc/passwd"),
    "ppt-not-a-string": header_case("header-member", "ppt", ppt=7),
    "no-orig": claims_case("claim", orig=None),
    "orig-array": claims_case("claim", orig={"tn": ["12013776051"]}),
    "orig-plus": claims_case("claim", orig={"tn": "+12013776051"}),
    "no-dest": claims_case("claim", dest=None),
    "dest-string": claims_case("claim", dest={"tn": "19032469103"}),
    "dest-empty": claims_case("claim", dest={"tn": []}),
    "iat-string": claims_case("claim", iat="1584983402"),
    "iat-fraction": claims_case("claim", iat=1584983402.5),
    "no-attest": claims_case("claim", "attest", attest=None),
    "attest-d": claims_case("attest", "attest", attest="D"),
    "attest-small": claims_case("attest", "attest", attest="a"),
    "origid-not-a-uuid": claims_case("origid", "origid", origid="12345"),
    "other-key": (
        lambda w, c: sign(shaken(*c), w.osp, key=w.other.key),
        403,
        "signature",
        "signature",
    ),
    "other-provider's-certificate": (
        lambda w, c: sign(shaken(*c), w.osp, header={"x5u": w.other.x5u}),
        403,
        "signature",
        "signature",
    ),
    "signature-bit": (lambda w, c: sign(shaken(*c), w.osp, signature=OTHER_BIT), 403, "signature", "signature"),
    "signature-r-zero": (lambda w, c: sign(shaken(*c), w.osp, signature=ZERO_R), 403, "signature", "signature"),
    "signature-63": (lambda w, c: sign(shaken(*c), w.osp, signature=SHORT), 403, "signature", "form"),
    "signature-65": (lambda w, c: sign(shaken(*c), w.osp, signature=LONG), 403, "signature", "form"),
    "unknown-root": cred_case("rogue", "cert-untrusted", "path"),
    "intermediate-missing": cred_case("no-chain", "cert-untrusted", "path"),
    "certificate-expired": cred_case("expired", "cert-date", "path"),
    "certificate-not-yet-valid": cred_case("future", "cert-date", "path"),
    "certificate-revoked": cred_case("revoked", "cert-revoked", "revoked"),
    "no-tnauthlist": cred_case("no-tnauth", "cert-spc", "profile"),
    "two-spcs": cred_case("two-spcs", "cert-spc", "profile"),
    "tnauthlist-of-a-number": cred_case("a-number", "cert-spc", "profile"),
    "tnauthlist-malformed": cred_case("bad-tnauth", "cert-spc", "profile"),
    "certificate-of-a-ca": cred_case("ca", "cert-profile", "profile"),
    "key-usage": cred_case("usage", "cert-profile", "profile"),
    "certificate-not-there": cred_case("absent", "cert-fetch", "fetch"),
    "not-a-certificate": cred_case("rubbish", "cert-form", "fetch"),
    "stale": age_case(63),
    "stale-by-an-hour": age_case(3600),
    "from-the-future": age_case(-63),
    "older-than-its-certificate": (
        lambda w, c: sign(shaken(*c, iat=int(time.time()) - 40), w.creds["young"]),
        403,
        "iat-outside-cert",
        "validity",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(cps, call, name):
    make, status, reason, check = REFUSED[name]
    got = check_problem(cps.post(make(cps.world, call)), status, reason, check, 0)
    assert cps.pull(call) == []
    noted = cps.element.notes("cps.refused")[-1]["data"]
    assert (noted["reason"], noted["check"], noted["index"], noted["status"]) == (reason, check, 0, status)
    assert noted["clause"] == got["clause"] and noted["text"] == got["detail"]


@pytest.mark.parametrize("name", ["not-a-token", "attest-d", "other-key", "unknown-root", "certificate-revoked", "stale"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_passport_refuses_all(cps, call, name, place):
    make, status, reason, check = REFUSED[name]
    tokens = [cps.token(call), sign(div(*call, "19035550100"), cps.world.other, ppt="div")]
    tokens.insert(place, make(cps.world, (call[0], call[1])))
    before = len(cps.notes("cps.stored", call))
    check_problem(cps.post("\n".join(tokens)), status, reason, check, place)
    assert cps.pull(call) == []
    assert len(cps.notes("cps.stored", call)) == before


def test_good_after_bad_on_one_connection(cps, call):
    assert cps.post("rubbish").status == 400
    assert cps.post(cps.token(call)).status == 201


def test_detail_says_what_was_expected_and_what_came(cps, call):
    got = problem(cps.post(sign(shaken(*call, attest="D"), cps.world.osp)))
    assert '"D"' in got["detail"] and '"A", "B" or "C"' in got["detail"]


@pytest.mark.parametrize("body", [None, "", "\n", "\r\n \r\n\n"], ids=["none", "empty", "lf", "blank"])
def test_no_passport_in_it(cps, body):
    check_problem(cps.post(body), 400, "body-empty", "body")


def test_seventeen_passports(cps, call):
    tokens = [sign(shaken(*call), cps.world.osp, ppt=f"x{i}") for i in range(17)]
    check_problem(cps.post("\n".join(tokens)), 400, "too-many", "body")
    assert cps.pull(call) == []


def test_limit_of_passports_is_configured(own, call):
    cps = own(max_passports=1)
    two = "\n".join([cps.token(call), cps.token(call)])
    check_problem(cps.post(two), 400, "too-many", "body")
    assert cps.pull(call) == []
    assert cps.post(cps.token(call)).status == 201


def test_dest_of_too_many_numbers(cps, call):
    dests = [f"1903{i:07d}" for i in range(65)]
    check_problem(cps.post(sign(shaken(call[0], dests), cps.world.osp)), 400, "claim", "store", 0)
    assert cps.pull((call[0], dests[0])) == []


@pytest.mark.parametrize(
    "path",
    ["/cps/company/1234", "/cps/company/567", "/cps/company/56789", "/cps/company/", "/cps/company/5678/", "/", "/cps"]
    + ["/cps/company/567a", "/CPS/company/5678", "/cps/company//5678", "/calls/5678"],
)
def test_wrong_company(cps, call, path):
    check_problem(cps.post(cps.token(call), path=path), 404, "wrong-company", "request")
    assert cps.pull(call) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_wrong_method(cps, call, method):
    answer = cps.post(cps.token(call), method=method)
    check_problem(answer, 405, "method", "request")
    assert answer.headers["Allow"] == "POST"
    assert cps.pull(call) == []


def test_head_has_no_body(cps):
    answer = cps.post(None, method="HEAD")
    assert (answer.status, answer.headers["Allow"], answer.body) == (405, "POST", b"")


@pytest.mark.parametrize("ctype", ["application/jose", "application/passport+jwt", "application/json", "text/plain", ""])
def test_wrong_media_type(cps, call, ctype):
    check_problem(cps.post(cps.token(call), {"Content-Type": ctype}), 415, "media-type", "request")
    assert cps.pull(call) == []


def test_no_media_type(cps, call):
    check_problem(cps.post(cps.token(call), {}), 415, "media-type", "request")


def test_too_large(own, call):
    cps = own()
    answer = cps.post(cps.token(call) + "\n" * 70000)
    check_problem(answer, 413, "too-large", "request")
    cps.public.close()
    assert cps.pull(call) == []


def test_largest_body(own, call):
    cps = own()
    token = cps.token(call)
    assert cps.post(token + "\n" * (65536 - len(token))).status == 201
    check_problem(cps.post(token + "\n" * (65537 - len(token))), 413, "too-large", "request")


def test_order_of_admission(cps):
    """Each request is wrong in every later respect too, and refused for the first one."""
    bad = {"Content-Type": "text/plain"}
    big = "x" * 70000
    wrong = "/cps/company/9999"
    assert problem(cps.post(None, bad, "GET", wrong))["reason"] == "method"
    assert problem(cps.post("x", bad, "POST", wrong))["reason"] == "wrong-company"
    assert problem(cps.post("x", bad))["reason"] == "media-type"
    assert problem(cps.post(big))["reason"] == "too-large"


# --- CPS-16: the specification's own example ---


def test_example_of_the_specification(own, world, net):
    """Well-formed, and fresh by this clock: refused for its certificate only."""
    assert len(EXAMPLE) == 487
    nobody = world.pki.https_conf(certificates_clearip_com=net(9))
    cps = own("--clock-offset", str(EXAMPLE_IAT - int(time.time())), https=nobody)
    check_problem(cps.post(EXAMPLE), 403, "cert-fetch", "fetch", 0)
    assert cps.pull(("12013776051", "19032469103")) == []


# --- CPS-07, CPS-08: retrieval is private ---


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_nothing_can_be_retrieved_from_the_public_side(cps, call, method):
    token = cps.token(call)
    cps.post(token)
    for path in (cps.pull_path(call), f"/cps/company/{COMPANY}", f"/cps/{call[1]}/ppts", "/"):
        answer = cps.post(None, method=method, path=path)
        assert answer.status in (400, 404, 405) and token.encode() not in answer.body
    assert cps.pull(call) == [token]


def test_pull_without_client_certificate(cps, call):
    cps.post(cps.token(call))
    with stirkit.contextlib.closing(Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root)) as conn:
        check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")
    assert len(cps.pull(call)) == 1


def test_pull_with_a_foreign_client_certificate(cps, call):
    cps.post(cps.token(call))
    foreign = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.foreign)
    with stirkit.contextlib.closing(foreign) as conn:
        got = check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")
    assert "vs.other.example" in got["detail"]
    assert len(cps.pull(call)) == 1


def test_pull_with_the_right_name_from_another_ca(cps, call):
    """An STI-CA does not vouch for TLS names, even under the right one."""
    cps.post(cps.token(call))
    cert = cps.world.pki.tls("vs.tsp.example", ca=cps.world.pki.rogue.root)
    conn = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cert)
    with stirkit.contextlib.closing(conn):
        check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")
    assert len(cps.pull(call)) == 1


def test_pull_with_an_expired_client_certificate(cps, call):
    yesterday = stirkit.datetime.datetime.utcnow() - stirkit.datetime.timedelta(days=1)
    cert = cps.world.pki.tls("vs.tsp.example", not_after=yesterday)
    conn = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cert)
    with stirkit.contextlib.closing(conn):
        check_problem(conn.ask("PUT", cps.pull_path(call)), 403, "client-cert", "client")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_private_side_takes_put_only(cps, call, method):
    cps.post(cps.token(call))
    answer = cps.private.ask(method, cps.pull_path(call))
    check_problem(answer, 405, "method", "request")
    assert answer.headers["Allow"] == "PUT"
    assert len(cps.pull(call)) == 1


@pytest.mark.parametrize("path", ["/", "/calls/", "/calls", f"/cps/company/{COMPANY}", "/calls/a/b", "/calls/" + "x" * 65])
def test_private_side_other_paths(cps, path):
    check_problem(cps.private.ask("PUT", path + "?orig=12015550100&dest=19035550100"), 404, "path", "request")


@pytest.mark.parametrize(
    "query",
    ["", "?orig=12015550100", "?dest=12015550100", "?orig=&dest=12015550100", "?orig=abc&dest=12015550100"]
    + ["?orig=12015550100&dest=1234567890123456", "?orig=12015550100&dest=19035550100&wait_ms=soon"]
    + ["?orig=12015550100&dest=19035550100&wait_ms=-1", "?orig=12015550100&dest=19035550100&wait_ms="]
    + ["?orig=12015550100&dest=19035550100&wait_ms=99999999999999999999"],
)
def test_bad_query(cps, query):
    check_problem(cps.private.ask("PUT", f"/calls/{uuid.uuid4()}{query}"), 400, "query", "request")


# --- CPS-09, CPS-13: pull ---


def test_pull_deletes(cps, call):
    token = cps.token(call)
    cps.post(token)
    assert cps.pull(call) == [token]
    assert cps.pull(call) == []


def test_numbers_of_the_pull_may_be_written_as_people_do(cps, call):
    token = cps.token(call)
    cps.post(token)
    assert cps.pull((f"%2B{call[0]}", f"{call[1][:4]}-{call[1][4:]}")) == [token]


def test_same_call_again_gets_the_same_answer(cps, call):
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    assert [cps.pull(call, call_id=call_id) for _ in range(3)] == [[token]] * 3
    assert cps.pull(call) == []
    assert len(cps.notes("cps.deleted", call)) == 1


def test_same_call_again_after_nothing_came(cps, call):
    call_id = uuid.uuid4()
    assert cps.pull(call, call_id=call_id) == []
    cps.post(cps.token(call))
    assert cps.pull(call, call_id=call_id) == []
    assert len(cps.pull(call)) == 1


def test_same_call_id_for_other_numbers(cps, call):
    call_id = uuid.uuid4()
    cps.pull(call, call_id=call_id)
    answer = cps.private.ask("PUT", cps.pull_path((call[1], call[0]), call_id=call_id))
    got = check_problem(answer, 400, "call-id", "request")
    assert call[0] in got["detail"] and call[1] in got["detail"]


def test_answers_are_kept_for_a_bounded_number_of_calls(own, call):
    cps = own(calls={"max": 2, "keep_s": 60})
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    assert cps.pull(call, call_id=call_id) == [token]
    for _ in range(2):
        cps.pull((call[1], call[0]))
    assert cps.pull(call, call_id=call_id) == []


def test_answers_are_kept_for_a_bounded_time(own, call):
    cps = own(calls={"keep_s": 1})
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    assert cps.pull(call, call_id=call_id) == [token]
    assert cps.pull(call, call_id=call_id) == [token]
    cps.element.wait(lambda: cps.pull(call, call_id=call_id) == [])


def test_lost_answer_loses_nothing(cps, call):
    token, call_id = cps.token(call), uuid.uuid4()
    cps.post(token)
    lost = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    lost.send_request("PUT", cps.pull_path(call, call_id=call_id))
    cps.element.wait(lambda: cps.notes("cps.handed_over", call))
    lost.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset, not closed in order
    lost.close()
    assert cps.pull(call, call_id=call_id) == [token]


def test_pull_waits_and_is_woken(cps, call):
    token = cps.token(call)
    cps.private.send_request("PUT", cps.pull_path(call, 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    sent = time.monotonic()
    assert cps.post(token).status == 201
    answer = cps.private.answer()
    assert (answer.status, answer.body.decode()) == (200, token)
    assert time.monotonic() - sent < 1
    assert cps.notes("cps.waiting", call)[0]["data"] == {"wait_ms": 2000}
    assert cps.notes("cps.handed_over", call)[0]["data"]["count"] == 1
    assert cps.pull(call) == []


def test_wait_is_woken_by_any_pair_of_the_request(cps, call):
    tokens = [cps.token(call), sign(div(call[0], call[1] + "9", call[1]), cps.world.osp, ppt="div")]
    cps.private.send_request("PUT", cps.pull_path((call[0], call[1] + "9"), 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", (call[0], call[1] + "9")))
    cps.post("\n".join(tokens))
    assert cps.private.answer().body.decode().split("\n") == tokens


def test_refused_passport_wakes_nobody(cps, call):
    cps.private.send_request("PUT", cps.pull_path(call, 150))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    assert cps.post(cps.token(call, key=cps.world.other.key)).status == 403
    assert cps.private.answer().status == 204


def test_wait_ends(cps, call):
    began = time.monotonic()
    assert cps.pull(call, 100) == []
    assert 0.09 < time.monotonic() - began < 1


def test_no_wait_is_no_wait(cps, call):
    began = time.monotonic()
    assert cps.pull(call) == [] and cps.pull(call, 0) == []
    assert time.monotonic() - began < 0.5
    assert not cps.notes("cps.waiting", call)


def test_wait_is_bounded(own, call):
    cps = own(max_wait_ms=100)
    began = time.monotonic()
    assert cps.pull(call, 3600000) == []
    assert time.monotonic() - began < 2
    assert cps.notes("cps.waiting", call)[0]["data"] == {"wait_ms": 100}


def test_peer_that_stops_waiting_loses_nothing(cps, call):
    gone = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    call_id = uuid.uuid4()
    gone.send_request("PUT", cps.pull_path(call, 2000, call_id))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    gone.close()
    cps.pull(call, 50)  # the CPS has seen the other go by now
    token = cps.token(call)
    cps.post(token)
    assert cps.pull(call, call_id=call_id) == [token]


def test_two_wait_for_the_same_numbers(cps, call):
    second = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    tokens = [cps.token(call), cps.token(call)]
    with stirkit.contextlib.closing(second):
        for n, conn in enumerate((cps.private, second), 1):
            conn.send_request("PUT", cps.pull_path(call, 2000))
            cps.element.wait(lambda n=n: len(cps.notes("cps.waiting", call)) == n)
        for token in tokens:
            cps.post(token)
        assert [c.answer().body.decode() for c in (cps.private, second)] == tokens


def test_same_call_waits_twice(cps, call):
    """The STI-VS gave up its connection and asks again: both get the same."""
    second = Https(cps.addr, PRIVATE, NAME, cps.world.pki.web_root, cps.world.vs)
    token, call_id = cps.token(call), uuid.uuid4()
    with stirkit.contextlib.closing(second):
        for n, conn in enumerate((cps.private, second), 1):
            conn.send_request("PUT", cps.pull_path(call, 2000, call_id))
            cps.element.wait(lambda n=n: len(cps.notes("cps.waiting", call)) == n)
        cps.post(token)
        assert [c.answer().body.decode() for c in (cps.private, second)] == [token] * 2


def test_persistent_connection_is_reused(cps, call):
    ids = [uuid.uuid4() for _ in range(3)]
    for call_id in ids:
        cps.pull(call, call_id=call_id)
    conns = {
        e["conn"]
        for e in cps.element.trace()
        if e["kind"] == "https" and e["dir"] == "rx" and any(str(i) in e.get("raw", "") for i in ids)
    }
    assert len(conns) == 1


# --- CPS-10: stale ---


def test_stale_is_deleted(own, call):
    cps = own(store={"freshness_s": 1})
    cps.post(sign(shaken(*call, iat=int(time.time())), cps.world.osp))
    cps.post(sign(shaken(call[1], call[0], iat=int(time.time())), cps.world.osp))
    cps.element.note("cps.deleted", 2)
    assert [e["data"] for e in cps.element.notes("cps.deleted")] == [
        {"why": "stale", "count": 1, "size": 1},
        {"why": "stale", "count": 1, "size": 0},
    ]
    assert len(cps.notes("cps.deleted", call)) == 1
    assert cps.pull(call) == []


def test_freshness_of_the_verification_is_configured(own, world, call):
    cps = own(trust=world.pki.trust_conf(freshness_s=5))
    stale = sign(shaken(*call, iat=int(time.time()) - 8), world.osp)
    check_problem(cps.post(stale), 403, "stale", "fresh", 0)
    assert cps.post(sign(shaken(*call, iat=int(time.time()) - 2), world.osp)).status == 201


def test_clock_of_its_own(own, call):
    cps = own("--clock-offset", "3600")
    check_problem(cps.post(cps.token(call)), 403, "stale", "fresh", 0)
    assert cps.post(sign(shaken(*call, iat=int(time.time()) + 3600), cps.world.osp)).status == 201


# --- CPS-11, CPS-12: overload ---


def test_full_store(own, call):
    cps = own(store={"max": 1})
    assert cps.post(cps.token(call)).status == 201
    answer = cps.post(cps.token((call[0], "19035550100")))
    check_problem(answer, 503, "overload", "request")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert len(cps.pull(call)) == 1
    assert cps.post(cps.token((call[0], "19035550100"))).status == 201


def test_request_that_does_not_fit_whole(own, call):
    cps = own(store={"max": 2})
    cps.post(cps.token(call))
    two = [sign(shaken(call[0], call[1] + d), cps.world.osp) for d in "12"]
    answer = cps.post("\n".join(two))
    check_problem(answer, 503, "overload", "store")
    assert int(answer.headers["Retry-After"]) >= 1
    assert cps.pull((call[0], call[1] + "1")) == []


# --- certificates and trust ---


def test_certificate_is_fetched_once(own, call):
    cps = own()
    cred = cps.world.pki.sti("1234")
    path = cred.x5u.split(":8443", 1)[1]
    tokens = [sign(shaken(call[0], call[1] + str(i)), cred) for i in range(10)]
    assert cps.post("\n".join(tokens)).status == 201
    for i in range(10, 15):
        assert cps.post(sign(shaken(call[0], call[1] + str(i)), cred)).status == 201
    assert cps.world.pki.hits[path] == 1


def test_bad_certificate_url_is_not_hammered(cps, call):
    path = cps.world.path_of("absent")
    for _ in range(3):
        cps.post(sign(shaken(*call), cps.world.creds["absent"]))
    assert cps.world.pki.hits[path] <= 1


def test_no_current_list_nothing_is_trusted(own, world, call):
    cps = own(trust=world.pki.trust_conf(ca_list=world.pki.url("/no-such-list")))
    check_problem(cps.post(cps.token(call)), 403, "ca-list-unusable", "path", 0)


def test_no_current_crl_nothing_is_unrevoked(own, world, call):
    cps = own(trust=world.pki.trust_conf(crl=world.pki.url("/no-such-crl")))
    check_problem(cps.post(cps.token(call)), 403, "crl-unusable", "revoked", 0)


def test_list_by_another_signer(own, world, call, tmp_path):
    forged = Pki(tmp_path / "forged", world.pki.addr)
    world.pki.files["/forged-list"] = forged.files["/ca-list"]
    cps = own(trust=world.pki.trust_conf(ca_list=world.pki.url("/forged-list")))
    check_problem(cps.post(cps.token(call)), 403, "ca-list-unusable", "path", 0)


def test_web_certificate_of_the_repository_is_checked(own, world, call):
    https = world.pki.https_conf() | {"ca": world.pki.pa_root_file}
    cps = own(https=https, trust=world.pki.trust_conf())
    assert cps.post(cps.token(call)).status == 403


# --- the operator's side ---


def test_ready_line(cps):
    assert cps.element.ready == {
        "name": "tsp.cps",
        "public": f"https://{cps.addr}:{PUBLIC}",
        "private": f"https://{cps.addr}:{PRIVATE}",
    }


@pytest.mark.parametrize("port", [PUBLIC, PRIVATE])
def test_plain_http_is_not_served(cps, port):
    """CPS-02"""
    with socket.create_connection((cps.addr, port), 5) as sock:
        sock.sendall(b"POST /cps/company/5678 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        try:
            got = sock.recv(4096)
        except ConnectionResetError:
            got = b""
    assert b"HTTP/" not in got


def test_old_tls_is_not_served(cps):
    context = ssl.create_default_context(cafile=cps.world.pki.web_root)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection((cps.addr, PUBLIC), 5) as sock, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(sock, server_hostname=NAME)


def test_curl_publishes(cps, call, tmp_path):
    token = cps.token(call)
    (tmp_path / "passport").write_text(token)
    argv = ["curl", "-sS", "--cacert", cps.world.pki.web_root, "--resolve", f"{NAME}:{PUBLIC}:{cps.addr}"]
    argv += ["-H", "Content-Type: application/passport", "--data-binary", f"@{tmp_path / 'passport'}"]
    argv += ["-o", "/dev/null", "-w", "%{http_code} %{size_download}", f"https://{NAME}:{PUBLIC}/cps/company/{COMPANY}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "201 0"
    assert cps.pull(call) == [token]


def test_answers_come_in_milliseconds(cps, call):
    cps.post(cps.token(call))
    took = []
    for i in range(20):
        token = cps.token((call[0], f"{call[1]}{i:02d}"))
        began = time.monotonic()
        assert cps.post(token).status == 201
        took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.1


def served_name(addr, ca):
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    with socket.create_connection((addr, PUBLIC), 5) as sock, context.wrap_socket(sock) as tls:
        return tls.getpeercert()["subjectAltName"]


def test_hup_rereads_the_tls_certificate(own, world, tmp_path):
    cert, key = shutil.copy(world.cert[0], tmp_path / "c.pem"), shutil.copy(world.cert[1], tmp_path / "k.pem")
    cps = own(public={"tls": {"cert": str(cert), "key": str(key)}})
    assert served_name(cps.addr, world.pki.web_root) == (("DNS", NAME),)
    for new, old in zip(world.pki.tls("new.tsp.example"), (cert, key)):
        os.replace(shutil.copy(new, f"{new}.copy"), old)
    cps.element.hup()
    cps.element.wait(lambda: served_name(cps.addr, world.pki.web_root) == (("DNS", "new.tsp.example"),))


def test_hup_with_a_broken_certificate_keeps_the_old_one(own, world, tmp_path, call):
    cert, key = shutil.copy(world.cert[0], tmp_path / "c.pem"), shutil.copy(world.cert[1], tmp_path / "k.pem")
    cps = own(public={"tls": {"cert": str(cert), "key": str(key)}})
    cert.write_text("not a certificate")
    cps.element.hup()
    cps.element.wait(lambda: "SIGHUP" in cps.element.log() and "what was in force stays" in cps.element.log())
    assert served_name(cps.addr, world.pki.web_root) == (("DNS", NAME),)
    assert cps.post(cps.token(call)).status == 201


def test_hup_rereads_the_crl(own, world, tmp_path, net, call):
    pki = Pki(tmp_path / "pki", net(2))
    with pki.serve():
        cred = pki.sti("1234")
        cps = own(https=pki.https_conf(), trust=pki.trust_conf())
        assert cps.post(sign(shaken(*call), cred)).status == 201
        pki.revoke(cred)
        cps.element.hup()
        refused = cps.element.wait(lambda: _refusal(cps, sign(shaken(*call), cred)))
        assert refused["reason"] == "cert-revoked"
        assert cps.post(sign(shaken(*call), pki.sti("1234"))).status == 201


def _refusal(cps, token):
    answer = cps.post(token)
    return None if answer.status == 201 else problem(answer)


def test_stops_while_a_request_waits(own, call):
    """SIGTERM with a pull and a POST under way: start() sees that it ends by itself with exit code 0."""
    cps = own(faults={"never_answer": True})
    cps.private.send_request("PUT", cps.pull_path(call, 2000))
    cps.element.wait(lambda: cps.notes("cps.waiting", call))
    cps.public.send_request("POST", f"/cps/company/{COMPANY}", cps.token((call[1], call[0])), TYPE)
    cps.element.note("cps.stored")
    cps.element.stop()


# --- configuration ---


def run_with(world, net, **more):
    return stirkit.run("ref-cps", config=world.conf(net(3), **more), folder=world.dir)


def test_unknown_member(world, net):
    code, _, err = run_with(world, net, stroe={"max": 1})
    assert code == 2
    assert re.search(r"config\.json:\d+:\d+: .*stroe", err), err


def test_unknown_fault(world, net):
    code, _, err = run_with(world, net, faults={"eat_tokens": True})
    assert code == 2 and re.search(r":\d+:\d+: .*faults.*eat_tokens", err), err


@pytest.mark.parametrize(
    "more, where",
    [
        ({"store": {"max": 0}}, "/store/max"),
        ({"store": {"max": "many"}}, "/store/max"),
        ({"companies": []}, "/companies"),
        ({"companies": ["56 78"]}, "/companies/0"),
        ({"max_passports": 17}, "/max_passports"),
        ({"max_wait_ms": -1}, "/max_wait_ms"),
        ({"public": {"tls": None}}, "/public"),
        ({"trust": 7}, "/trust"),
    ],
    ids=["zero", "type", "no-company", "company", "passports", "wait", "no-tls", "trust"],
)
def test_bad_value(world, net, more, where):
    code, _, err = run_with(world, net, **more)
    assert code == 2
    assert re.search(r"config\.json:\d+:\d+: " + re.escape(where) + r"\b.*expected", err), err


def test_unknown_check_to_skip(world, net):
    code, _, err = run_with(world, net, faults={"skip_checks": ["signatur"]})
    assert code == 2 and "signatur" in err


def test_private_interface_without_a_client_ca(world, net):
    tls = dict(zip(("cert", "key"), world.cert))
    code, _, err = run_with(world, net, private={"tls": tls})
    assert code == 2 and "/private/tls/client_ca" in err


def test_missing_certificate_file(world, net):
    tls = {"cert": "/no/such/file.pem", "key": world.cert[1]}
    code, _, err = run_with(world, net, public={"tls": tls})
    assert code in (2, 3) and "/no/such/file.pem" in err


def test_occupied_address(world, net):
    with socket.create_server((net(3), PUBLIC)):
        code, _, err = run_with(world, net)
    assert code == 3 and f"{net(3)}:{PUBLIC}" in err


def test_print_config(world, net):
    code, out, _ = stirkit.run("ref-cps", "--print-config", config=world.conf(net(3)), folder=world.dir)
    conf = json.loads(out)
    assert code == 0
    assert conf["public"]["port"] == 8443 and conf["private"]["port"] == 8444
    assert conf["store"] == {"max": 100000, "freshness_s": 60}
    assert conf["faults"] == {"answer_delay_ms": 0, "never_answer": False, "skip_checks": []}


def test_help_names_every_member(world):
    code, out, _ = stirkit.run("ref-cps", "--help")
    assert code == 0
    for member in ("companies", "client_ca", "max_wait_ms", "freshness_s", "skip_checks", "accept_unknown_ppt"):
        assert member in out


def test_example_is_a_valid_configuration():
    path = ROOT / "docs" / "examples" / "ref-cps.json"
    code, out, err = stirkit.run("ref-cps", "--print-config", "--config", str(path))
    assert code == 0, err
    assert json.loads(out)["companies"] == ["5678"]


def test_ipv6(world, call):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.fail("this machine has no IPv6 loopback") if os.environ.get("OOB_NEED_IPV6") else pytest.skip("no IPv6")
    port = free_port("::1")
    conf = world.conf("::1")
    conf["public"]["port"], conf["private"]["port"] = port, free_port("::1")
    with start("ref-cps", conf, world.dir) as element:
        assert element.ready["public"] == f"https://[::1]:{port}"
        conn = Https("::1", port, NAME, world.pki.web_root)
        with stirkit.contextlib.closing(conn):
            body = sign(shaken(*call), world.osp)
            assert conn.ask("POST", f"/cps/company/{COMPANY}", body, TYPE).status == 201


def free_port(addr):
    with socket.create_server((addr, 0), family=socket.AF_INET6) as sock:
        return sock.getsockname()[1]


# --- faults on purpose ---


def test_late_answer_but_prompt_store(own, call):
    cps = own(faults={"answer_delay_ms": 400})
    token = cps.token(call)
    began = time.monotonic()
    cps.public.send_request("POST", f"/cps/company/{COMPANY}", token, TYPE)
    assert cps.pull(call, 2000) == [token]
    assert time.monotonic() - began < 0.35
    assert cps.public.answer().status == 201
    assert time.monotonic() - began >= 0.4


def test_no_answer_but_prompt_store(own, call):
    cps = own(faults={"never_answer": True})
    token = cps.token(call)
    cps.public.send_request("POST", f"/cps/company/{COMPANY}", token, TYPE)
    assert cps.pull(call, 2000) == [token]
    cps.public.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        cps.public.answer()


SKIPPED = {
    "typ": ["typ"],
    "alg-es384": ["alg"],
    "iat-string": ["claims"],
    "attest-d": ["attest"],
    "origid-not-a-uuid": ["origid"],
    "no-tnauthlist": ["profile"],
    "unknown-root": ["path"],
    "certificate-revoked": ["revoked"],
    "other-key": ["signature"],
    "stale": ["fresh"],
    "older-than-its-certificate": ["validity"],
}


@pytest.mark.parametrize("name", ["attest-d", "other-key", "unknown-root", "certificate-revoked", "stale"])
def test_check_that_is_left_out(own, call, name):
    """A wrong CPS on purpose accepts what the right one refuses."""
    cps = own(faults={"skip_checks": SKIPPED[name]})
    assert cps.post(REFUSED[name][0](cps.world, call)).status == 201
