"""ref-vs over HTTP (VS-02, VS-04): POST /stir/v1/verification as ATIS-1000082 has it, and our members beyond it."""

import json
import time
import uuid

import pytest

from stirkit import Https, run
from test_vs import (BAD, DEST, FAILED, NONE, ORIG, PASSED, bad_token, conf, cps, identity, ref_vs,  # noqa: F401
                     result, world)

PATH = "/stir/v1/verification"
HOST = "vs.tsp.example"


@pytest.fixture
def http(world, conf, net):
    cert, key = world.vs
    conf["http"] = {"addr": net(2), "port": 8443, "tls": {"cert": cert, "key": key}}
    return conf["http"]


@pytest.fixture
def ask(world, http, ref_vs):
    """ask(identity…, member=…): the answer to a verificationRequest; ask.element is the STI-VS."""
    def ask(*tokens, body=None, headers=None, path=PATH, method="POST", **members):
        if not hasattr(ask, "element"):
            ask.element = ref_vs()
            ask.conn = Https(http["addr"], 8443, HOST, world.pki.web_root)
        if body is None:
            body = json.dumps({"verificationRequest": request(*tokens, **members)})
        return ask.conn.ask(method, path, body, {"Content-Type": "application/json"} | (headers or {}))
    return ask


def value(token):
    return identity(token).removeprefix("Identity: ")


def request(*tokens, **changed):
    members = {"from": {"tn": ORIG}, "to": {"tn": [DEST]}, "time": int(time.time())}
    if tokens:
        members["identity"] = value(tokens[0]) if len(tokens) == 1 else [value(token) for token in tokens]
    members |= changed
    return {k: v for k, v in members.items() if v is not None}


def response(answer, status=201):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/json"
    return json.loads(answer.body)["verificationResponse"]


def error(answer, kind="serviceException"):
    return json.loads(answer.body)["requestError"][kind]


# --- answers ---


# proves: VS-02 VS-04 VS-07
def test_in_band(world, ask, cps):
    assert response(ask(world.token())) == {"verstat": PASSED}
    note = result(ask.element)
    assert (note["front"], note["used"], note["status"]) == ("http", "in-band", 201)


# proves: VS-02 VS-04
def test_out_of_band_is_handed_on(world, ask, cps):
    cps.tokens = [world.token(), world.token(attest="B")]
    assert response(ask()) == {"verstat": PASSED, "passports": cps.tokens}
    assert result(ask.element)["used"] == "out-of-band"


# proves: VS-04
@pytest.mark.parametrize("status", [200, 201])
def test_status_by_profile(world, http, ask, cps, status):
    http["answer_status"] = status
    response(ask(world.token()), status)
    assert result(ask.element)["status"] == status


def test_several_identities(world, ask, cps):
    got = response(ask(world.token(orig="12125550100"), world.token()))
    assert got == {"verstat": PASSED}
    assert ask.element.note("vs.gathered")["data"]["in_band"] == 2


# proves: VS-07
def test_nothing_at_all(ask, cps):
    assert response(ask()) == {"verstat": NONE}


def test_nothing_and_policy_refuses(conf, ask, cps):
    conf["policy"] = {"on_missing": "refuse"}
    assert response(ask()) == {"verstat": NONE, "refuse": True, "reasoncode": 428, "reasontext": "Use Identity Header",
                               "reasondesc": "there is no PASSporT for the call"}


@pytest.mark.parametrize("name", BAD)
def test_failure_is_an_answer(world, ask, cps, name):
    how, reason, status, phrase, word = BAD[name]
    got = response(ask(bad_token(world, how)))
    assert (got["verstat"], got["reasoncode"], got["reasontext"]) == (word, status, phrase)
    assert got["reasondesc"] and "refuse" not in got
    assert result(ask.element)["reason"] == reason


def test_reason_says_what_was_expected(world, ask, cps):
    got = response(ask(world.token(orig="12125550100")))
    assert "12125550100" in got["reasondesc"] and ORIG in got["reasondesc"]


def test_failure_and_policy_refuses(world, conf, ask, cps):
    conf["policy"] = {"on_failure": "refuse"}
    got = response(ask(world.token(cred="untrusted")))
    assert (got["verstat"], got["refuse"], got["reasoncode"]) == (FAILED, True, 437)


def test_identity_that_cannot_be_read(ask, cps):
    got = response(ask(identity="x.y.z"))
    assert (got["verstat"], got["reasoncode"]) == (NONE, 436)


@pytest.mark.parametrize("members", [
    {"from": None, "orig": {"tn": ORIG}}, {"from": {"tn": [ORIG]}}, {"to": {"tn": DEST}},
    {"to": None, "dest": {"tn": [DEST]}}, {"time": None}, {"from": {"tn": "+1-201-377-6051"}},
])
def test_variants_that_are_met(world, ask, cps, members):
    """TransNexus' and Vesper's requests differ from the common one."""
    assert response(ask(world.token(), **members)) == {"verstat": PASSED}


def test_request_id_comes_back(world, ask, cps):
    wanted = str(uuid.uuid4())
    assert ask(world.token(), headers={"X-RequestID": wanted}).headers["X-RequestID"] == wanted


def test_waits_for_a_passport_on_its_way(world, ask, cps):
    cps.answer = cps.wait_for_token
    ask(method="GET")
    ask.conn.send_request("POST", PATH, json.dumps({"verificationRequest": request()}), {"Content-Type": "application/json"})
    cps.request()
    cps.tokens = [world.token()]
    cps.release.set()
    assert response(ask.conn.answer())["verstat"] == PASSED


def test_peer_that_goes_away_meanwhile(world, ask, cps):
    cps.answer = cps.wait_for_token
    ask(method="GET")
    ask.conn.send_request("POST", PATH, json.dumps({"verificationRequest": request()}), {"Content-Type": "application/json"})
    cps.request()
    ask.conn.sock.close()
    ask.conn.close()
    cps.release.set()
    result(ask.element)
    cps.answer = cps.hand_over
    assert response(ask(world.token())) == {"verstat": PASSED}


def test_stops_while_questions_are_under_way(ask, cps):
    cps.answer = cps.wait_for_token
    ask(method="GET")
    ask.conn.send_request("POST", PATH, json.dumps({"verificationRequest": request()}), {"Content-Type": "application/json"})
    cps.request()
    ask.element.stop()


def test_too_many_at_once(world, conf, ask, cps):
    conf["max_calls"] = 1
    cps.answer = cps.wait_for_token
    ask(method="GET")
    ask.conn.send_request("POST", PATH, json.dumps({"verificationRequest": request()}), {"Content-Type": "application/json"})
    cps.request()
    other = Https(ask.conn.host, 8443, HOST, world.pki.web_root)
    answer = other.ask("POST", PATH, json.dumps({"verificationRequest": request()}), {"Content-Type": "application/json"})
    assert (answer.status, error(answer, "policyException")["messageId"]) == (503, "POL5030")
    cps.release.set()
    response(ask.conn.answer())


# --- requests that are none ---


@pytest.mark.parametrize("member", ["from", "to"])
def test_missing_member(ask, member):
    answer = ask(**{member: None})
    assert (answer.status, error(answer)["messageId"], error(answer)["variables"]) == (400, "SVC4001", [member])


@pytest.mark.parametrize("member,bad", [
    ("from", {"tn": "x"}), ("from", {}), ("from", 1), ("to", {"tn": []}), ("to", {"tn": [DEST, ORIG]}), ("time", "now"),
    ("identity", 1), ("identity", [1]), ("identity", {}),
])
def test_value_that_cannot_be_used(ask, member, bad):
    answer = ask(**{member: bad})
    assert (answer.status, error(answer)["messageId"], error(answer)["variables"]) == (400, "SVC4005", [member])
    note = ask.element.note("vs.result")["data"]
    assert (note["verstat"], note["status"], note["why"]) == (NONE, 400, member)


@pytest.mark.parametrize("body,status,message", [("", 400, "SVC4000"), ("nonsense", 400, "SVC4006"), ("{}", 400, "SVC4001"),
                                                 ('{"signingRequest": {}}', 400, "SVC4001")])
def test_bad_request(ask, body, status, message):
    answer = ask(body=body)
    assert (answer.status, error(answer)["messageId"]) == (status, message)


def test_other_resource(ask):
    answer = ask(path="/stir/v1/signing")
    assert (answer.status, error(answer)["messageId"]) == (404, "SVC4003")


def test_ready_tells_the_address(http, ref_vs):
    assert ref_vs().ready["http"] == f"https://{http['addr']}:8443"


def test_bad_configuration(http, conf, tmp_path):
    del http["tls"]["key"]
    code, _, err = run("ref-vs", config=conf, folder=tmp_path)
    assert code == 2
    assert "/http/tls/key" in err
