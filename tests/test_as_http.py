"""ref-as over HTTP (AS-03, AS-05): POST /stir/v1/signing as ATIS-1000082 has it, and our members beyond it."""

import json
import time
import uuid

import pytest

from standin import wait_for
from stirkit import Https, decode, div, run, shaken, sign, verifies
from test_as import UUID, X5U, claims, conf, cps, ref_as, world  # noqa: F401  pylint: disable=unused-import

ORIG, DEST = "12013776051", "19032469103"
AS_HOST = "as.osp.example"
PATH = "/stir/v1/signing"


@pytest.fixture
def http(world, conf, net):
    """The configuration's member; the tests below need it."""
    cert, key = world.pki.tls(AS_HOST)
    conf["http"] = {"addr": net(2), "port": 8443, "tls": {"cert": cert, "key": key}}
    return conf["http"]


@pytest.fixture
def ask(world, http, ref_as):
    """ask(**members): the answer to a signingRequest; ask.element is the STI-AS."""
    def ask(body=None, headers=None, path=PATH, method="POST", **members):
        if not hasattr(ask, "element"):
            ask.element = ref_as()
            ask.conn = Https(http["addr"], 8443, AS_HOST, world.pki.web_root)
        if body is None:
            body = json.dumps({"signingRequest": request(**members)})
        return ask.conn.ask(method, path, body, {"Content-Type": "application/json"} | (headers or {}))
    return ask


def request(**changed):
    members = {"attest": "A", "dest": {"tn": [DEST]}, "iat": int(time.time()), "orig": {"tn": ORIG},
               "origid": str(uuid.uuid4())} | changed
    return {k: v for k, v in members.items() if v is not None}


def response(answer, status=201):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/json"
    return json.loads(answer.body)["signingResponse"]


def token_of(answer):
    return response(answer)["identity"].split(";")[0]


def error(answer, kind="serviceException"):
    return json.loads(answer.body)["requestError"][kind]


# --- answers ---


# proves: AS-01 AS-03 AS-05
def test_identity_is_the_header_value(world, ask):
    got = response(ask())
    token = got["identity"].split(";")[0]
    assert got == {"identity": f'{token};info=<{X5U}>;alg=ES256;ppt="shaken"'}
    assert verifies(token, world.osp.key.public_key())


def test_claims_are_those_of_the_request(ask):
    asked = request(attest="B", iat=int(time.time()) - 7)
    assert claims(token_of(ask(json.dumps({"signingRequest": asked})))) == asked


# proves: AS-05
@pytest.mark.parametrize("status", [200, 201])
def test_status_by_profile(http, ask, status):
    http["answer_status"] = status
    response(ask(), status)
    note = ask.element.note("as.answered")["data"]
    assert note == {"front": "http", "status": status}


def test_request_id_comes_back(ask):
    wanted = str(uuid.uuid4())
    assert ask(headers={"X-RequestID": wanted}).headers["X-RequestID"] == wanted
    assert "X-RequestID" not in ask().headers
    assert ask("{", headers={"X-RequestID": wanted}).headers["X-RequestID"] == wanted


def test_numbers_are_made_canonical(ask):
    got = claims(token_of(ask(orig={"tn": "+1 (201) 377-6051"}, dest={"tn": "9032469103"})))
    assert (got["orig"], got["dest"]) == ({"tn": ORIG}, {"tn": [DEST]})


def test_attestation_may_be_left_to_the_sti_as(ask):
    got = claims(token_of(ask(attest=None, origid=None)))
    assert got["attest"] == "A"
    assert uuid.UUID(got["origid"]).version == 4
    assert claims(token_of(ask(attest=None, orig={"tn": "12125551234"})))["attest"] == "C"


def test_connection_persists(ask):
    for _ in range(3):
        response(ask())
    assert len({e["conn"] for e in ask.element.trace() if e["kind"] == "https" and e["dir"] == "rx"}) == 1


# --- the CPS, beside ---


# proves: AS-10
def test_published_as_it_is_answered(ask, cps):
    token = token_of(ask())
    assert cps.request().body == token.encode()
    assert ask.element.note("as.published")["data"]["status"] == 201


# proves: AS-06 AS-07
def test_answer_never_waits_for_the_cps(ask, cps):
    cps.answer = cps.hold
    response(ask())
    cps.request()
    assert not ask.element.notes("as.published")
    cps.release.set()
    ask.element.note("as.published")


def test_waiting_for_the_cps_is_a_fault_here_too(conf, ask, cps):
    conf["faults"] = {"wait_for_cps": True}
    response(ask())
    assert ask.element.note("as.answered")["t"] > ask.element.note("as.published")["t"]


def test_peer_that_goes_away_while_it_waits(conf, ask, cps):
    conf["faults"] = {"wait_for_cps": True}
    cps.answer = cps.hold
    ask(method="GET")
    ask.conn.send_request("POST", PATH, json.dumps({"signingRequest": request()}),
                          {"Content-Type": "application/json"})
    cps.request()
    ask.conn.sock.close()
    ask.conn.close()
    cps.release.set()
    ask.element.note("as.published")
    response(ask())


def test_stops_while_a_question_is_held_back(conf, ask, cps):
    conf["faults"] = {"wait_for_cps": True}
    cps.answer = cps.hold
    ask(method="GET")
    ask.conn.send_request("POST", PATH, json.dumps({"signingRequest": request()}),
                          {"Content-Type": "application/json"})
    cps.request()
    ask.element.stop()


# proves: AS-10 AS-12 AS-14
def test_passports_of_the_call_go_into_the_bundle(world, ask, cps):
    brought = [sign(shaken(ORIG, DEST), world.osp), sign(shaken(ORIG, DEST), world.osp, ppt="rph")]
    token = token_of(ask(passports=brought))
    assert cps.request().body.decode().split("\n") == brought + [token]


# proves: AS-16
def test_routing_number_and_carrier_find_the_cps(conf, ask, cps):
    """AS-16: the number is ported, so the OCN is that of the routing number."""
    conf["numbers"] = [{"prefix": "1903405", "ocn": "5678"}, {"prefix": "1903246", "ocn": "0001"}]
    token_of(ask(rn="+19034050000", cic="0288"))
    assert ask.element.note("as.discovered")["data"]["ocn"] == "5678"
    cps.request()


def test_extra_passports_are_told(conf, ask, cps):
    conf["extra_passports"] = [{"ppt": "rph", "claims": {"rph": {"auth": ["ets.0"]}}}]
    got = response(ask())
    assert [v.rsplit("ppt=", 1)[1] for v in got["identities"]] == ['"shaken"', '"rph"']
    assert got["identity"] == got["identities"][0]
    assert cps.request().body.decode().split("\n") == [v.split(";")[0] for v in got["identities"]]


# --- div ---


def test_div(world, ask, cps):
    original = sign(shaken(ORIG, DEST), world.osp)
    token = token_of(ask(attest=None, origid=None, dest={"tn": ["12125550111"]}, div={"tn": DEST}, passports=[original]))
    header, got = decode(token)
    assert header["ppt"] == "div"
    assert got.pop("iat")
    assert got == {"dest": {"tn": ["12125550111"]}, "div": {"tn": DEST}, "orig": {"tn": ORIG}}
    assert verifies(token, world.osp.key.public_key())


@pytest.mark.parametrize("dest,about,why", [
    (DEST, DEST, "did not change"),
    ("12125550111", "13125550100", "no PASSporT of the call is about"),
])
def test_nothing_to_divert(world, ask, dest, about, why):
    original = sign(shaken(ORIG, about), world.osp)
    got = response(ask(dest={"tn": [dest]}, div={"tn": DEST}, passports=[original]))
    assert why in got.pop("reasondesc")
    assert not got
    assert not ask.element.notes("as.signed")


# --- requests that are none ---


@pytest.mark.parametrize("member", ["orig", "dest", "iat"])
def test_missing_member(ask, member):
    answer = ask(**{member: None})
    assert answer.status == 400
    assert error(answer) == {"messageId": "SVC4001", "text": "mandatory parameter '%1' is missing", "variables": [member]}
    assert ask.element.note("as.answered")["data"] == {"front": "http", "status": 400, "why": member}
    assert not ask.element.notes("as.signed")


@pytest.mark.parametrize("member,value", [
    ("orig", {"tn": "nobody"}), ("orig", {"uri": "sip:a@b"}), ("orig", "12013776051"), ("orig", {"tn": 12013776051}),
    ("dest", {"tn": []}), ("dest", {"tn": [DEST, ORIG]}), ("dest", {"tn": [1]}),
    ("iat", "now"), ("iat", 1.5), ("iat", -1), ("iat", 1443208345), ("iat", 4102444800),
    ("attest", "D"), ("attest", "AB"), ("attest", ""), ("attest", 1), ("origid", "x"), ("origid", 1),
    ("div", {"tn": ""}), ("div", 1), ("passports", "a.b.c"), ("passports", [1]), ("passports", [""]),
    ("rn", 1), ("cic", []), ("passports", ["a.b.c"] * 17), ("passports", ["a.b.c"] * 16),
])
def test_value_that_cannot_be_used(ask, member, value):
    answer = ask(**{member: value})
    assert answer.status == 400
    assert (error(answer)["messageId"], error(answer)["variables"]) == ("SVC4005", [member])


@pytest.mark.parametrize("body,headers,status,message", [
    ("", {}, 400, "SVC4000"),
    ("{", {}, 400, "SVC4006"),
    ("[1, 2", {}, 400, "SVC4006"),
    ('{"signingRequest": {}, "signingRequest": {}}', {}, 400, "SVC4006"),
    ("{}", {}, 400, "SVC4001"),
    ("[]", {}, 400, "SVC4001"),
    ('{"signingRequest": 1}', {}, 400, "SVC4005"),
    ("{}", {"Content-Type": "text/plain"}, 415, "SVC4004"),
    ("{}", {"Accept": "text/html"}, 406, "SVC4002"),
])
def test_bad_request(ask, body, headers, status, message):
    answer = ask(body, headers)
    assert (answer.status, error(answer)["messageId"]) == (status, message)
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html, application/*;q=0.5"])
def test_accept_that_fits(ask, accept):
    response(ask(headers={"Accept": accept}))


def test_content_type_with_parameters(ask):
    response(ask(headers={"Content-Type": "Application/JSON; charset=utf-8"}))


def test_other_resource(ask):
    answer = ask(path="/stir/v1/verification")
    assert (answer.status, error(answer)["messageId"]) == (404, "SVC4003")


def test_other_method(ask):
    answer = ask(method="PUT")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert error(answer, "policyException")["messageId"] == "POL4050"


def test_body_without_a_length(world, http, ref_as):
    ref_as()
    conn = Https(http["addr"], 8443, AS_HOST, world.pki.web_root)
    conn.putrequest("POST", PATH, skip_accept_encoding=True)
    conn.putheader("Content-Type", "application/json")
    conn.endheaders()
    answer = conn.answer()
    assert (answer.status, error(answer)["messageId"]) == (411, "SVC4007")


def test_body_that_is_too_large(ask):
    answer = ask(json.dumps({"signingRequest": request(), "x": "x" * 300000}))
    assert answer.status == 413
    assert error(answer, "policyException")["messageId"] == "POL4130"


# --- clients ---


def test_client_certificate_is_asked_for(world, http, ask, ref_as):
    http["tls"]["client_ca"] = world.pki.web_root
    answer = ask()
    assert answer.status == 403
    assert error(answer, "policyException")["messageId"] == "POL4030"
    known = Https(http["addr"], 8443, AS_HOST, world.pki.web_root, cert=world.pki.tls("switch.osp.example"))
    response(known.ask("POST", PATH, json.dumps({"signingRequest": request()}), {"Content-Type": "application/json"}))


# --- the program ---


def test_ready_tells_the_address(http, ref_as):
    assert ref_as().ready["http"] == f"https://{http['addr']}:8443"


def test_without_http_there_is_none(ref_as):
    assert "http" not in ref_as().ready


def test_tls_file_that_is_not_there(http, conf, tmp_path):
    http["tls"]["cert"] = str(tmp_path / "no.pem")
    code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 3
    assert "no.pem" in err


@pytest.mark.parametrize("status", [199, 202, 404])
def test_other_answer_status_is_refused(http, conf, tmp_path, status):
    http["answer_status"] = status
    code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2
    assert "/http/answer_status: expected an integer from 200 to 201" in err


def test_sighup_rereads_the_certificate(world, http, ask, tmp_path):
    cert, key = tmp_path / "as.pem", tmp_path / "as.key"
    for name, (new_cert, new_key) in (("first", world.pki.tls(AS_HOST)), ("second", world.pki.tls("other.osp.example"))):
        cert.write_bytes(open(new_cert, "rb").read())
        key.write_bytes(open(new_key, "rb").read())
        if name == "first":
            http["tls"] = {"cert": str(cert), "key": str(key)}
            response(ask())
    ask.element.hup()
    wait_for("SIGHUP", lambda: "reread" in ask.element.log())
    other = Https(http["addr"], 8443, "other.osp.example", world.pki.web_root)
    response(other.ask("POST", PATH, json.dumps({"signingRequest": request()}), {"Content-Type": "application/json"}))
