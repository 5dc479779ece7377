"""ref-cps as an STI-AS sees it: what is accepted, what is refused and why (CPS-01 to CPS-06, CPS-15, CPS-16)."""

import json
import time

import pytest

from cps_bad import REFUSED
from cps_kit import COMPANY, NAME, TYPE, check_problem, problem
from cps_kit import call, cps, element, own, world  # noqa: F401  fixtures
from stirkit import div, shaken, sign

# The POST of clause 5.4; its certificate's host is not there any more
EXAMPLE = (
    "eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0aWZpY2F0ZXMu"
    "Y2xlYXJpcC5jb20vNGE4NzFjMDYtZTBiNS00Y2I5LTgzNDctNDMxMjZiZDg2Yzg1LzY0NmIxYmUzNzNmMTZlYWY4NzUzNzk5ZTM0"
    "OTkwMzJhLmNydCJ9.eyJhdHRlc3QiOiJBIiwiZGVzdCI6eyJ0biI6WyIxOTAzMjQ2OTEwMyJdfSwiaWF0IjoxNTg0OTgzNDAyLCJ"
    "vcmlnIjp7InRuIjoiMTIwMTM3NzYwNTEifSwib3JpZ2lkIjoiNGFlYzk0ZTItNTA4Yy00YzFjLTkwN2ItMzczN2JhYzBhODBlIn0"
    ".EMfXHyowsI5s73KqoBzJ9pzrrwGFNKBRmHcx-YZ3DjPgBe4Mvqq9N-bThN1_HTWeSvbruAyet26fetRL1_bn1g"
)
EXAMPLE_IAT = 1584983402


# --- CPS-01, CPS-03, CPS-15: what is accepted ---


# proves: CPS-01
def test_one_passport(cps, call):
    token = cps.token(call)
    answer = cps.post(token)
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (201, b"", "0")
    assert cps.pull(call) == [token]


# proves: CPS-03
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
    ["Application/PassporT", "application/passport; charset=utf-8", "application/passport;v=1"]
    + [" application/passport ;x"],
)
def test_media_type_forms(cps, call, ctype):
    assert cps.post(cps.token(call), {"Content-Type": ctype}).status == 201


def test_second_company(cps, call):
    assert cps.post(cps.token(call), path="/cps/company/567A").status == 201


# proves: CPS-03 CPS-15
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


# proves: CPS-15
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


# proves: CPS-03 CPS-15
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


# proves: CPS-05
def test_orig_and_dest_are_not_compared_with_anything(cps, call):
    """CPS-05: there is no INVITE, so any numbers are accepted, from any provider."""
    token = sign(shaken(call[1], call[0]), cps.world.other)
    assert cps.post(token).status == 201
    assert cps.pull((call[1], call[0])) == [token]


@pytest.mark.parametrize("age", [-55, 55])
def test_iat_within_the_freshness(cps, call, age):
    token = sign(shaken(*call, iat=int(time.time()) - age), cps.world.osp)
    assert cps.post(token).status == 201


# proves: CPS-04 CPS-09
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

# proves: CPS-04 CPS-06
@pytest.mark.parametrize("name", REFUSED)
def test_refused(cps, call, name):
    make, status, reason, check = REFUSED[name]
    got = check_problem(cps.post(make(cps.world, call)), status, reason, check, 0)
    assert cps.pull(call) == []
    noted = cps.element.notes("cps.refused")[-1]["data"]
    assert (noted["reason"], noted["check"], noted["index"], noted["status"]) == (reason, check, 0, status)
    assert noted["clause"] == got["clause"] and noted["text"] == got["detail"]


# proves: CPS-04 CPS-06
@pytest.mark.parametrize(
    "name", ["not-a-token", "attest-d", "other-key", "unknown-root", "certificate-revoked", "stale"]
)
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


# proves: CPS-01
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


@pytest.mark.parametrize(
    "ctype", ["application/jose", "application/passport+jwt", "application/json", "text/plain", ""]
)
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


# proves: CPS-16
def test_example_of_the_specification(own, world, net):
    """Well-formed, and fresh by this clock: refused for its certificate only."""
    assert len(EXAMPLE) == 487
    nobody = world.pki.https_conf(certificates_clearip_com=net(9))
    cps = own("--clock-offset", str(EXAMPLE_IAT - int(time.time())), https=nobody)
    check_problem(cps.post(EXAMPLE), 403, "cert-fetch", "fetch", 0)
    assert cps.pull(("12013776051", "19032469103")) == []
