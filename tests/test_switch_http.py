"""oob-switch asks STI-AS and STI-VS over HTTP (ATIS-1000082 with our extensions)."""

import json
import socket
import subprocess
import time
import uuid

import pytest

from conftest import BIN
from sip_peer import TIMEOUT, Call
from standin import StandIn
from stirkit import Pki, b64url, canonical
from switch_world import DATE, FAR, IDENTITY, IDENTITY2, OWN, SLOW, SOON, dial, world  # noqa: F401

AS_HOST, VS_HOST = "as.osp.example", "vs.osp.example"
NEW = "+12155551212"


def make_token(ppt="shaken", x5u="https://cr.example/oob.pem"):
    header = {"alg": "ES256", "ppt": ppt, "typ": "passport", "x5u": x5u}
    return ".".join([b64url(canonical(header)), b64url(canonical({"iat": 1})), b64url(b"s" * 64)])


def identity_of(token, ppt="shaken", x5u="https://cr.example/oob.pem"):
    return f'{token};info=<{x5u}>;alg=ES256;ppt="{ppt}"'


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    made = Pki(tmp_path_factory.mktemp("pki"))
    made.services = made.tls(AS_HOST, VS_HOST)
    return made


def client(net, pki, **more):
    return {"https": {"ca": pki.web_root, "resolve": {AS_HOST: net(3), VS_HOST: net(5)}}, **more}


def with_as(net, pki, ms=SLOW, uri=f"https://{AS_HOST}:8443", **more):
    return client(net, pki, **{"as": {"interface": "http", "uri": uri, "timeout_ms": ms}, **more})


def with_vs(net, pki, ms=SLOW, **more):
    return client(net, pki, **{"vs": {"interface": "http", "uri": f"https://{VS_HOST}:8443", "timeout_ms": ms}, **more})


@pytest.fixture
def service(net, pki):
    """service(n, answer): a stand-in that answers this JSON, or with what the function gives."""
    made = []

    def make(n, answer, status=201):
        give = answer if callable(answer) else lambda _: (status, {"Content-Type": "application/json"},
                                                          answer if isinstance(answer, bytes) else
                                                          json.dumps(answer).encode())
        made.append(StandIn(net(n), 8443, pki.services, give))
        made[-1].__enter__()
        return made[-1]

    yield make
    for one in made:
        one.__exit__(None, None, None)


def signing(*identities, **more):
    several = {"identities": list(identities)} if len(identities) > 1 else {}
    first = {"identity": identities[0]} if identities else {}
    return {"signingResponse": {**first, **several, **more}}


def verification(verstat=None, **more):
    return {"verificationResponse": {**({"verstat": verstat} if verstat else {}), **more}}


def question(stand_in):
    request = stand_in.request()
    (name, body), = json.loads(request.body).items()
    return name, body


# --- the STI-AS ---

# proves: AS-03 AS-05
@pytest.mark.parametrize("status", [200, 201])
def test_identity_goes_on(net, world, pki, service, status):
    w = world(**with_as(net, pki))
    service(3, signing(IDENTITY), status)
    gw = w.peer(4)
    dial(w)
    invite = gw.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY] and len(invite.all("Date")) == 1
    answered = w.note("switch.answered")
    assert (answered["service"], answered["status"]) == ("as", status) and answered["ms"] > 0
    assert w.note("switch.asked") == {"service": "as", "interface": "http", "uri": f"https://{AS_HOST}:8443"}


def test_what_the_as_is_asked(net, world, pki, service):
    w = world(**with_as(net, pki))
    stand_in, gw = service(3, signing(IDENTITY)), w.peer(4)
    begun = int(time.time())
    dial(w)
    date = gw.expect("INVITE").get("Date")
    request = stand_in.request()
    assert (request.method, request.path) == ("POST", "/stir/v1/signing")
    assert request.headers["Content-Type"] == request.headers["Accept"] == "application/json"
    assert uuid.UUID(request.headers["X-RequestID"]).version == 4
    name, body = question(stand_in)
    iat = body.pop("iat")
    assert name == "signingRequest" and body == {"orig": {"tn": OWN[1:]}, "dest": {"tn": [FAR[1:]]}}
    assert begun <= iat <= time.time()
    assert date == time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(iat))


def test_date_of_the_call_is_the_time_that_is_signed(net, world, pki, service):
    w = world(**with_as(net, pki))
    stand_in, gw = service(3, signing(IDENTITY)), w.peer(4)
    dial(w, headers=[f"Date: {DATE}"])
    assert gw.expect("INVITE").all("Date") == [DATE]
    assert question(stand_in)[1]["iat"] == 1443208345


def test_several_identities(net, world, pki, service):
    w = world(**with_as(net, pki))
    service(3, signing(IDENTITY, IDENTITY2))
    gw = w.peer(4)
    dial(w)
    assert gw.expect("INVITE").all("Identity") == [IDENTITY, IDENTITY2]


def test_routing_is_told(net, world, pki, service):
    w = world(**with_as(net, pki, lnp=[{"number": FAR, "rn": "+19034050000"}], carriers=[{"prefix": "1903", "cic": "+10288"}]))
    stand_in, gw = service(3, signing(IDENTITY)), w.peer(4)
    dial(w)
    gw.expect("INVITE")
    body = question(stand_in)[1]
    assert (body["rn"], body["cic"]) == ("+19034050000", "+10288")


def test_retargeted_call(net, world, pki, service):
    """div is the number before; passports are all that are known, whichever way they came."""
    oob = make_token()
    w = world(**with_as(net, pki, **{**with_vs(net, pki), "retarget": [{"number": OWN, "to": NEW}],
                                     "trunks": [{"prefix": "1", "uri": f"sip:{net(6)}:5060"}]}))
    sti_as = service(3, signing(IDENTITY2))
    vs, out = service(5, verification("TN-Validation-Passed", passports=[oob])), w.peer(6)
    begun = int(time.time())
    dial(w, 4, headers=[f"Identity: {IDENTITY}", f"Date: {DATE}"])
    invite = out.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY, identity_of(oob), IDENTITY2]
    assert invite.all("Date") == [DATE] and "verstat" not in str(invite)
    body = question(sti_as)[1]
    assert body.pop("iat") >= begun, "a div is of now"
    assert body == {"orig": {"tn": FAR[1:]}, "dest": {"tn": [NEW[1:]]}, "div": {"tn": OWN[1:]},
                    "passports": [IDENTITY.split(";")[0], oob]}
    assert question(vs)[1]["identity"] == IDENTITY


def unsigned(w):
    gw = w.peer(4)
    dial(w)
    assert not gw.expect("INVITE").all("Identity")
    return w.note("switch.unsigned")["why"]


def test_as_is_dead(net, world, pki):
    assert "onnect" in unsigned(world(**with_as(net, pki)))


def test_as_is_silent(net, world, pki, service):
    w = world(**with_as(net, pki, SOON))
    stand_in = service(3, None)
    stand_in.answer = stand_in.hold
    begun = time.monotonic()
    assert "no answer from https://as.osp.example:8443 within 300 ms" in unsigned(w)
    assert 0.25 < time.monotonic() - begun < 1.5


def test_as_has_another_certificate(net, world, pki, service):
    w = world(**with_as(net, pki, uri="https://other.example:8443",
                        https={"ca": pki.web_root, "resolve": {"other.example": net(3)}}))
    stand_in = service(3, signing(IDENTITY))
    assert "https://other.example:8443" in unsigned(w)
    assert not stand_in.requests


ERROR = {"requestError": {"serviceException": {"messageId": "SVC4001", "text": "Error: Missing mandatory parameter '%1'.",
                                               "variables": ["iat"]}}}


@pytest.mark.parametrize("answer,status,want", [
    (ERROR, 400, "answered 400 SVC4001: Error: Missing mandatory parameter '%1'. (iat)"),
    ({"requestError": {"policyException": {"messageId": "POL5000"}}}, 500, "answered 500 POL5000"),
    (b"<html>", 503, "answered 503"), (b"", 204, "answered 204"), (signing(IDENTITY), 202, "answered 202"),
    (b"{", 201, "no JSON object"), (b"", 201, "no JSON object"), ({}, 201, "no JSON object with signingResponse"),
    ([], 201, "no JSON object"), ({"signingResponse": []}, 201, "no JSON object"),
    (verification("TN-Validation-Passed"), 201, "no JSON object with signingResponse"),
    (signing(), 201, "no identity"), (signing(reasondesc="not our number"), 201, "no identity: not our number"),
    ({"signingResponse": {"identity": 1}}, 201, "no identity"), (signing(""), 201, "no identity"),
    (signing("x\r\nIdentity: y"), 201, "no identity")])
def test_as_answer_of_no_use(net, world, pki, service, answer, status, want):
    w = world(**with_as(net, pki))
    service(3, answer, status)
    assert want in unsigned(w)


def test_caller_without_a_number_is_not_asked_about(net, world, pki, service):
    w = world(**with_as(net, pki))
    stand_in, gw = service(3, signing(IDENTITY)), w.peer(4)
    dial(w, call=Call("<sip:jane@osp.example>", f"<sip:{FAR}@h>", f"sip:{FAR}@h"))
    gw.expect("INVITE")
    assert w.note("switch.unsigned")["why"] == "the caller has no number" and not stand_in.requests


def test_caller_hangs_up_while_the_as_is_asked(net, world, pki, service):
    """What is answered to it afterwards is for no other call."""
    w = world(**with_as(net, pki))
    stand_in, gw = service(3, None), w.peer(4)

    def numbered(n):
        return IDENTITY.replace("bbb", f"b{n}b", 1)

    def answer(request):
        n = len(stand_in.requests)
        return stand_in.hold(request)[0], {}, json.dumps(signing(numbered(n))).encode()

    stand_in.answer = answer
    phone, call = dial(w)
    stand_in.request()
    phone.request(w.dst, "CANCEL", call)
    phone.expect(200)
    phone.expect(487)
    stand_in.release.set()
    for n in range(2, 6):
        dial(w)
        assert gw.expect("INVITE").all("Identity") == [numbered(n)]


def test_connection_is_kept(net, world, pki, service):
    w = world(**with_as(net, pki))
    stand_in, gw = service(3, signing(IDENTITY)), w.peer(4)
    for _ in range(3):
        dial(w)
        gw.expect("INVITE")
    stand_in.request(3)
    assert len({e["conn"] for e in w.events("https")}) == 1


# --- the STI-VS ---

def delivered(w, **more):
    phone = w.peer(2)
    dial(w, 4, **more)
    return phone.expect("INVITE")


# proves: VS-02 VS-04
@pytest.mark.parametrize("verstat", ["TN-Validation-Passed", "TN-Validation-Failed", "No-TN-Validation"])
def test_verstat_is_delivered(net, world, pki, service, verstat):
    w = world(**with_vs(net, pki))
    service(5, verification(verstat))
    invite = delivered(w)
    assert invite.all("P-Asserted-Identity") == [f"<sip:{FAR};verstat={verstat}@osp.example;user=phone>"]
    assert "switch.unvalidated" not in w.whats()


@pytest.mark.parametrize("identities", [[], [IDENTITY], [IDENTITY, IDENTITY2]])
def test_what_the_vs_is_asked(net, world, pki, service, identities):
    w = world(**with_vs(net, pki))
    stand_in = service(5, verification("TN-Validation-Passed"))
    delivered(w, headers=[*(f"Identity: {i}" for i in identities), f"Date: {DATE}"])
    assert stand_in.request().path == "/stir/v1/verification"
    name, body = question(stand_in)
    want = {"identity": identities if len(identities) > 1 else identities[0]} if identities else {}
    assert name == "verificationRequest"
    assert body == {"from": {"tn": FAR[1:]}, "to": {"tn": [OWN[1:]]}, "time": 1443208345, **want}


def test_passports_of_a_call_that_stays_do_not_go_to_the_phone(net, world, pki, service):
    w = world(**with_vs(net, pki))
    service(5, verification("TN-Validation-Passed", passports=[make_token()]))
    assert delivered(w, headers=[f"Identity: {IDENTITY}"]).all("Identity") == [IDENTITY]


def test_reason_goes_to_the_caller(net, world, pki, service):
    w = world(**with_vs(net, pki))
    service(5, verification("No-TN-Validation", reasoncode=436, reasontext='Bad "Info"', reasondesc="x"))
    phone = w.peer(2)
    gw, _ = dial(w, 4)
    phone.reply(phone.expect("INVITE"), 180, "Ringing")
    assert gw.expect(180).get("Reason") == 'STIR;cause=436;text="Bad \\"Info\\""'


def test_other_spelling_of_the_members(net, world, pki, service):
    w = world(**with_vs(net, pki))
    service(5, verification("No-TN-Validation", reasonCode=438, reasonText="Invalid"))
    phone = w.peer(2)
    gw, _ = dial(w, 4)
    phone.reply(phone.expect("INVITE"), 180, "Ringing")
    assert gw.expect(180).get("Reason") == 'STIR;cause=438;text="Invalid"'


@pytest.mark.parametrize("members,status,phrase", [
    ({"reasoncode": 438, "reasontext": "Invalid Identity Header"}, 438, "Invalid Identity Header"),
    ({"reasoncode": 608}, 608, "Forbidden"), ({}, 403, "Forbidden"), ({"reasoncode": 200, "reasontext": "x"}, 403, "x"),
    ({"reasoncode": 438, "reasontext": "a\r\nb: c"}, 438, "Forbidden")])
def test_vs_refuses_the_call(net, world, pki, service, members, status, phrase):
    w = world(**with_vs(net, pki))
    service(5, verification("TN-Validation-Failed", refuse=True, **members))
    phone = w.peer(2)
    gw, _ = dial(w, 4)
    final = gw.expect(status)
    assert final.start == f"SIP/2.0 {status} {phrase}"
    assert (final.get("Reason") is not None) == (400 <= members.get("reasoncode", 0) < 700)
    phone.nothing()
    assert w.note("switch.answered")["status"] == 201
    assert w.note("switch.ended") == {"status": status, "by": "switch"}


@pytest.mark.parametrize("answer,status,want", [
    (ERROR, 400, "SVC4001"), (verification("TN-Validation-Failed", refuse=True), 403, "answered 403"),
    (verification(), 201, "no verstat"), (verification("Passed"), 201, "not known"),
    ({"verificationResponse": {"verstat": 1}}, 201, "no verstat"), (b"[", 201, "no JSON")])
def test_vs_answer_of_no_use(net, world, pki, service, answer, status, want):
    w = world(**with_vs(net, pki))
    service(5, answer, status)
    assert "verstat" not in str(delivered(w))
    assert want in w.note("switch.unvalidated")["why"]


def test_vs_is_dead_or_silent(net, world, pki):
    w = world(**with_vs(net, pki, SOON))
    with socket.create_server((net(5), 8443)):  # takes the connection, says nothing
        delivered(w)
    assert "within 300 ms" in w.note("switch.unvalidated")["why"]


@pytest.mark.parametrize("bad", ["nonsense", "a.b.c", make_token(x5u="https://x/>\r\nVia: y"),
                                 make_token(x5u="https://x/>;info=<https://y"), 7, None, make_token() + "\r\nA: b"])
def test_bad_passports_of_the_vs_are_left_out(net, world, pki, service, bad):
    good = make_token("div")
    w = world(**with_vs(net, pki, retarget=[{"number": OWN, "to": NEW}],
                        trunks=[{"prefix": "1", "uri": f"sip:{net(6)}:5060"}]))
    service(5, verification("TN-Validation-Passed", passports=[bad, good]))
    out = w.peer(6)
    dial(w, 4)
    assert out.expect("INVITE").all("Identity") == [identity_of(good, "div")]


# --- the program ---

def run(conf, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps({"sip": {"addr": "127.0.0.1"}, "domain": "osp.example", **conf}))
    return subprocess.run([BIN / "oob-switch", "--config", tmp_path / "c.json"], capture_output=True, text=True,
                          timeout=TIMEOUT)


@pytest.mark.parametrize("conf,want", [
    ({"as": {"interface": "http", "uri": "sip:127.0.0.1"}}, "/as/uri: with the interface http expected an https URL"),
    ({"vs": {"interface": "http", "uri": "http://h"}}, "/vs/uri"),
    ({"vs": {"uri": "https://h"}}, "/vs/uri: with the interface redirect expected a SIP URI"),
    ({"as": {"interface": "proxy", "uri": "https://h"}}, "interface proxy"),
    ({"as": {"interface": "soap"}}, "redirect"), ({"as": {"uri": "tel:+1"}}, "SIP URI"),
    ({"retarget": [{"number": "12", "to": "12013776051"}]}, "E.164"),
    ({"retarget": [{"number": "1x", "to": "+12013776051"}]}, "digits"),
    ({"retarget": [{"number": "12"}]}, "to"),
    ({"retarget": [{"number": "12", "to": "+12013776051", "reason": "boredom"}]}, "unconditional"),
    ({"retarget": [{"number": "12", "to": "+12013776051", "reason": "busy"}]}, "/retarget/0/number: expected a subscriber"),
    ({"retarget": [{"number": n, "to": "+12013776051"} for n in ("12", "+12")]}, "/retarget/1/number: +12 is there"),
    ({"lnp": [{"number": "12", "rn": "123"}]}, "E.164"), ({"lnp": [{"number": "12"}]}, "rn"),
    ({"lnp": [{"number": "12", "rn": "+12013776051"}] * 2}, "/lnp/1/number"),
    ({"lnp_query": "yes"}, "lnp_query"), ({"sign_transit": 1}, "sign_transit"),
    *(({"carriers": [{"prefix": "1800", "cic": cic}]}, "+10288") for cic in ("0288", "+1028", "+102888", "+20288", "+1028x")),
    ({"carriers": [{"prefix": "1800", "cic": "+10288"}] * 2}, "/carriers/1/prefix"),
    ({"as": {"interface": "http", "uri": "https://h"}, "https": {"ca": "/nowhere.pem"}}, "/nowhere.pem")])
def test_bad_configuration(tmp_path, conf, want):
    done = run(conf, tmp_path)
    assert done.returncode in (2, 3) and want in done.stderr, done.stderr


def test_certificates_are_read_only_for_http(net, world):
    world(https={"ca": "/nowhere.pem"})
