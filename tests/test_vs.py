"""ref-vs as a CSCF and a CPS see it (VS-01, 03, 05, 07)."""

import contextlib
import datetime
import re
import socket
import time
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

from standin import BOUND, Cscf, Message, StandIn, invite, wait_for
from stirkit import Https, Pki, decode, div, run, shaken, sign, start

ORIG, DEST = "12013776051", "19032469103"
CPS_HOST, VS_HOST, DOMAIN = "cps.tsp.example", "vs.tsp.example", "tsp.example"
URI = f"sip:+{DEST}@tsp.example;user=phone"
PASSED, FAILED, NONE = "TN-Validation-Passed", "TN-Validation-Failed", "No-TN-Validation"


class World:
    """A PKI that is served, and certificates good and bad."""

    def __init__(self, folder, addr):
        self.pki = pki = Pki(folder, addr)
        self.cps, self.vs = pki.tls(CPS_HOST), pki.tls(VS_HOST)
        day = datetime.timedelta(days=1)
        self.osp = pki.sti("1234")
        self.creds = {
            "good": self.osp,
            "untrusted": pki.sti("1234", ca=pki.rogue),
            "expired": pki.sti("1234", not_after=datetime.datetime.utcnow() - day),
            "revoked": pki.sti("1234"),
            "no-spc": pki.sti("1234", tnauth=b""),
            "absent": pki.sti("1234", publish=False),
        }
        pki.revoke(self.creds["revoked"])

    def token(self, orig=ORIG, dest=DEST, cred="good", iat=None, attest="A", **how):
        return sign(shaken(orig, dest, iat=iat, attest=attest), self.creds[cred], **how)


@pytest.fixture(scope="module")
def world(tmp_path_factory, module_net):
    world = World(tmp_path_factory.mktemp("vs"), module_net(2))
    with world.pki.serve():
        yield world


@pytest.fixture
def conf(world, net):
    """A configuration that works; a test changes what it is about."""
    return {
        "sip": {"addr": net(2), "port": 5060},
        "domain": DOMAIN,
        "cps": {"url": f"https://{CPS_HOST}:8444", "wait_ms": 300},
        "https": world.pki.https_conf(*world.vs, cps_tsp_example=net(3)),
        "trust": world.pki.trust_conf(),
    }


@pytest.fixture
def ref_vs(conf, tmp_path):
    """ref_vs(*options): started with the configuration as it is then."""
    with contextlib.ExitStack() as stack:
        yield lambda *options: stack.enter_context(start("ref-vs", conf, tmp_path, *options, name="tsp.vs"))


class Cps(StandIn):
    """A CPS that has what its `tokens` are."""

    tokens = ()

    def __init__(self, addr, world):
        super().__init__(addr, 8444, world.cps, self.hand_over, world.pki.web_root)

    def hand_over(self, _):
        if not self.tokens:
            return 204, {}, b""
        return 200, {"Content-Type": "application/passport"}, "\n".join(self.tokens).encode()

    def wait_for_token(self, _):
        """A PASSporT that is still on its way when the call comes."""
        self.release.wait(BOUND)
        return self.hand_over(None)


@pytest.fixture
def cps(world, net):
    with Cps(net(3), world) as server:
        yield server


def identity(token, info=None):
    header, _ = decode(token)
    ppt = f";ppt={header['ppt']}" if "ppt" in header else ""
    return f"Identity: {token};info=<{info or header['x5u']}>;alg=ES256{ppt}"


def ask(element, *headers, **how):
    with Cscf(element.ready["sip"]) as cscf:
        return cscf.ask(how.pop("uri", URI), headers=headers, **how)


def verstat(answer):
    """The verification result of a 302."""
    assert answer.status == 302, answer.raw
    found = re.fullmatch(rf"<sip:\+{ORIG};verstat=([\w-]+)@{DOMAIN};user=phone>", answer.header("P-Asserted-Identity"))
    assert found, answer.raw
    return found[1]


def result(element, count=1):
    note = element.note("vs.result", count)
    assert (note["orig"], note["dest"]) == (ORIG, DEST)
    return note["data"]


# --- out-of-band ---


# proves: VS-01 VS-03 VS-05
def test_out_of_band_verifies(world, ref_vs, cps):
    cps.tokens = [world.token()]
    answer = ask(ref_vs())
    assert (answer.status, answer.phrase) == (302, "Moved Temporarily")
    assert answer.header("Contact") == f"<{URI}>"
    assert verstat(answer) == PASSED
    assert not answer.headers("Reason")


# proves: VS-03
def test_token_is_handed_on_as_identity(world, ref_vs, cps):
    cps.tokens = [world.token()]
    answer = ask(ref_vs())
    assert answer.header("Identity") == f'{cps.tokens[0]};info=<{world.osp.x5u}>;alg=ES256;ppt="shaken"'


def test_question_to_the_cps(ref_vs, cps):
    ask(ref_vs())
    request = cps.request()
    url = urlsplit(request.path)
    assert request.method == "PUT"
    assert uuid.UUID(re.fullmatch(r"/calls/([0-9a-f-]{36})", url.path)[1]).version == 4
    assert parse_qs(url.query) == {"orig": [ORIG], "dest": [DEST], "wait_ms": ["300"]}
    assert request.headers["Host"] == f"{CPS_HOST}:8444"


# proves: CPS-13
def test_each_call_has_its_own_call_id_over_one_connection(ref_vs, cps):
    element = ref_vs()
    ask(element)
    ask(element)
    first, second = (urlsplit(request.path).path for request in (cps.request(1), cps.request(2)))
    assert first != second
    asked = [e for e in element.trace() if e["kind"] == "https" and e["msg"] == "request" and "/calls/" in e["raw"]]
    assert asked[0]["conn"] == asked[1]["conn"]


def test_trace_of_a_connection_alternates(ref_vs, cps):
    """Under load too: a response stands before the next request of its connection."""
    element = ref_vs()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.send(b"".join(invite(URI) for _ in range(300)))
        for _ in range(300):
            cscf.receive()
    last = {}
    for event in element.trace():
        if event["kind"] == "https":
            assert last.get(event["conn"]) != event["msg"], event
            last[event["conn"]] = event["msg"]


def test_notes_of_an_out_of_band_call(world, ref_vs, cps):
    cps.tokens = [world.token(attest="B")]
    element = ref_vs()
    ask(element)
    assert result(element) == {"front": "redirect", "verstat": PASSED, "used": "out-of-band", "attest": "B",
                               "spc": "1234", "reason": "ok", "why": "it came out-of-band only", "status": 302}
    gathered = element.note("vs.gathered")["data"]
    assert gathered.pop("waited_ms") >= 0
    assert gathered == {"in_band": 0, "out_of_band": 1, "by": "pull"}
    assert element.note("vs.checked")["data"] == {"via": "out-of-band", "ppt": "shaken", "ok": True, "reason": "ok",
                                                  "check": "", "text": "", "spc": "1234"}


def test_waits_for_a_passport_on_its_way(world, ref_vs, cps):
    cps.answer = cps.wait_for_token
    element = ref_vs()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.send(invite(URI))
        cps.request()
        cps.tokens = [world.token()]
        cps.release.set()
        assert verstat(cscf.receive()) == PASSED


def test_several_out_of_band(world, ref_vs, cps):
    cps.tokens = [world.token(attest="C"), world.token(attest="B")]
    element = ref_vs()
    answer = ask(element)
    assert verstat(answer) == PASSED
    assert answer.tokens() == cps.tokens
    assert result(element)["attest"] == "C"
    assert len(element.notes("vs.checked")) == 2


def test_number_with_a_hash_is_escaped(ref_vs, cps):
    element = ref_vs()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.ask("sip:*67%23@tsp.example;user=phone")
    assert parse_qs(urlsplit(cps.request().path).query)["dest"] == ["*67#"]


# --- in-band ---


# proves: VS-07
def test_in_band_alone(world, ref_vs, cps):
    element = ref_vs()
    answer = ask(element, identity(world.token(attest="A")))
    assert verstat(answer) == PASSED
    assert not answer.headers("Identity")  # the CSCF has it
    assert result(element)["used"] == "in-band"


def test_cps_need_not_wait_when_one_came_in_band(world, ref_vs, cps):
    ask(ref_vs(), identity(world.token()))
    assert parse_qs(urlsplit(cps.request().path).query)["wait_ms"] == ["0"]


# proves: VS-07
def test_without_a_cps(world, conf, ref_vs):
    del conf["cps"]
    element = ref_vs()
    assert verstat(ask(element, identity(world.token()))) == PASSED
    assert verstat(ask(element)) == NONE
    assert "error" not in element.note("vs.gathered", 2)["data"]


def test_both_and_in_band_counts(world, ref_vs, cps):
    cps.tokens = [world.token(attest="C")]
    element = ref_vs()
    answer = ask(element, identity(world.token(attest="A")))
    assert verstat(answer) == PASSED
    assert answer.tokens() == cps.tokens
    assert (result(element)["used"], result(element)["attest"]) == ("in-band", "A")


# proves: VS-06
def test_bad_in_band_good_out_of_band(world, ref_vs, cps):
    cps.tokens = [world.token()]
    element = ref_vs()
    answer = ask(element, identity(world.token(orig="12125550100")))
    assert verstat(answer) == PASSED
    assert not answer.headers("Reason")
    assert result(element)["used"] == "out-of-band"
    assert [note["data"]["ok"] for note in element.notes("vs.checked")] == [False, True]


def test_good_in_band_bad_out_of_band(world, ref_vs, cps):
    cps.tokens = [world.token(cred="untrusted")]
    element = ref_vs()
    assert verstat(ask(element, identity(world.token()))) == PASSED
    assert result(element)["used"] == "in-band"


def test_comma_joined_identities(world, conf, ref_vs):
    del conf["cps"]
    element = ref_vs()
    bad, good = identity(world.token(orig="12125550100")), identity(world.token())
    assert verstat(ask(element, bad + ", " + good.removeprefix("Identity: "))) == PASSED
    assert element.note("vs.gathered")["data"]["in_band"] == 2


def test_p_asserted_identity_is_the_caller(world, conf, ref_vs):
    del conf["cps"]
    answer = ask(ref_vs(), identity(world.token()), f"P-Asserted-Identity: <sip:+{ORIG}@tsp.example>",
                 caller="<sip:+12125550100@tsp.example>")
    assert verstat(answer) == PASSED


# --- nothing ---


# proves: VS-07
def test_nothing_at_all(ref_vs, cps):
    element = ref_vs()
    answer = ask(element)
    assert verstat(answer) == NONE
    assert not answer.headers("Reason") and not answer.headers("Identity")
    assert result(element) == {"front": "redirect", "verstat": NONE, "used": "none", "attest": "", "spc": "",
                               "reason": "no-identity", "why": "there is no PASSporT", "status": 302}


def test_nothing_and_policy_refuses(conf, ref_vs, cps):
    conf["policy"] = {"on_missing": "refuse"}
    element = ref_vs()
    answer = ask(element)
    assert (answer.status, answer.phrase) == (428, "Use Identity Header")
    assert result(element)["status"] == 428


# --- what does not verify ---

# how it is wrong: reason, status, phrase, verstat where "signature" alone means failed
BAD = {
    "orig": (dict(orig="12125550100"), "orig-mismatch", 438, "Invalid Identity Header", NONE),
    "dest": (dict(dest="12125550100"), "dest-mismatch", 438, "Invalid Identity Header", NONE),
    "old": (dict(iat=-70), "stale", 403, "Stale Date", NONE),
    "future": (dict(iat=70), "stale", 403, "Stale Date", NONE),
    "signature": (dict(signature=lambda s: s[:63] + bytes([s[63] ^ 1])), "signature", 438, "Invalid Identity Header", FAILED),
    "short": (dict(signature=lambda s: s[:63]), "signature", 438, "Invalid Identity Header", FAILED),
    "untrusted": (dict(cred="untrusted"), "cert-untrusted", 437, "Unsupported Credential", FAILED),
    "revoked": (dict(cred="revoked"), "cert-revoked", 437, "Unsupported Credential", NONE),
    "expired": (dict(cred="expired"), "cert-date", 437, "Unsupported Credential", NONE),
    "no-spc": (dict(cred="no-spc"), "cert-spc", 437, "Unsupported Credential", NONE),
    "absent": (dict(cred="absent"), "cert-fetch", 436, "Bad Identity Info", NONE),
    "attest": (dict(attest="D"), "attest", 438, "Invalid PASSporT", NONE),
    "alg": (dict(header={"alg": "ES384"}), "alg", 437, "Unsupported Credential", NONE),
    "typ": (dict(header={"typ": "JWT"}), "typ", 437, "Unsupported Credential", NONE),
    "http": (dict(header={"x5u": "http://cr.pki.example/1.pem"}), "x5u", 436, "Bad Identity Info", NONE),
}


def bad_token(world, how):
    how = dict(how)
    if "iat" in how:
        how["iat"] += int(time.time())
    return world.token(**how)


# proves: VS-05
@pytest.mark.parametrize("name", BAD)
def test_bad_passport_is_marked_and_the_reason_told(world, ref_vs, cps, name):
    how, reason, status, phrase, word = BAD[name]
    cps.tokens = [bad_token(world, how)]
    element = ref_vs()
    answer = ask(element)
    assert verstat(answer) == word
    assert answer.header("Reason") == f'STIR;cause={status};text="{phrase}"'
    note = result(element)
    assert (note["verstat"], note["used"], note["reason"], note["status"]) == (word, "out-of-band", reason, 302)
    checked = element.note("vs.checked")["data"]
    assert (checked["ok"], checked["reason"]) == (False, reason)
    assert checked["check"] and checked["text"]


@pytest.mark.parametrize("name", BAD)
def test_policy_refuses_with_code_and_phrase_of_the_table(world, conf, ref_vs, cps, name):
    how, _, status, phrase, _ = BAD[name]
    conf["policy"] = {"on_failure": "refuse"}
    cps.tokens = [bad_token(world, how)]
    element = ref_vs()
    answer = ask(element)
    assert (answer.status, answer.phrase) == (status, phrase)
    assert not answer.headers("P-Asserted-Identity")
    assert result(element)["status"] == status


@pytest.mark.parametrize("name", ["orig", "old", "revoked", "absent"])
def test_any_failure_may_mean_failed(world, conf, ref_vs, cps, name):
    conf["policy"] = {"failed_means": "any"}
    cps.tokens = [bad_token(world, BAD[name][0])]
    assert verstat(ask(ref_vs())) == FAILED


@pytest.mark.parametrize("name", ["dest", "signature", "untrusted"])
def test_bad_in_band(world, conf, ref_vs, name):
    del conf["cps"]
    how, reason, status, phrase, word = BAD[name]
    element = ref_vs()
    answer = ask(element, identity(bad_token(world, how)))
    assert verstat(answer) == word
    assert answer.header("Reason") == f'STIR;cause={status};text="{phrase}"'
    assert (result(element)["used"], result(element)["reason"]) == ("in-band", reason)


def test_info_must_be_x5u(world, conf, ref_vs):
    del conf["cps"]
    element = ref_vs()
    ask(element, identity(world.token(), info="https://cr.pki.example:8443/other.pem"))
    assert result(element)["reason"] == "info-mismatch"


@pytest.mark.parametrize("value,reason", [
    ("x.y.z", "info-missing"), (";info=<https://a.example/>", "identity-form"),
    ("x.y.z;info=<https://a.example/>", "form"),
])
def test_identity_that_cannot_be_read(conf, ref_vs, value, reason):
    del conf["cps"]
    conf["policy"] = {"on_failure": "refuse"}
    element = ref_vs()
    assert ask(element, f"Identity: {value}").status in (436, 438)
    assert result(element)["reason"] == reason
    assert element.note("vs.gathered")["data"]["in_band"] == 1


def test_more_identities_than_the_limit(world, conf, ref_vs):
    del conf["cps"]
    element = ref_vs()
    ask(element, *[identity(world.token())] * 17)
    checked = [note["data"] for note in element.notes("vs.checked")]
    assert sorted(note["reason"] for note in checked) == ["identity-form"] + ["ok"] * 16


# proves: VS-05
def test_clock_makes_stale(world, ref_vs, cps):
    cps.tokens = [world.token()]
    element = ref_vs("--clock-offset", "90")
    ask(element)
    assert result(element)["reason"] == "stale"


# --- types that are not known ---


def test_unknown_type_is_ignored_and_said(world, ref_vs, cps):
    cps.tokens = [sign(shaken(ORIG, DEST), world.osp, ppt="xyz"), world.token()]
    element = ref_vs()
    answer = ask(element)
    assert verstat(answer) == PASSED
    assert answer.tokens() == cps.tokens
    assert [(note["data"]["ppt"], note["data"]["reason"]) for note in element.notes("vs.checked")] == [
        ("xyz", "ppt"), ("shaken", "ok")]


def test_only_an_unknown_type_is_as_good_as_none(world, conf, ref_vs, cps):
    conf["policy"] = {"on_failure": "mark", "on_missing": "refuse"}
    cps.tokens = [sign(shaken(ORIG, DEST), world.osp, ppt="xyz")]
    assert ask(ref_vs()).status == 428


def test_div_is_checked_by_itself(world, ref_vs, cps):
    cps.tokens = [sign(div(ORIG, DEST, "19032460000"), world.osp, ppt="div"), world.token()]
    element = ref_vs()
    assert verstat(ask(element)) == PASSED
    assert element.note("vs.checked")["data"]["ppt"] == "div"


@pytest.mark.parametrize("x5u", ["https://cr.pki.example:8443/a>\r\nEvil: 1", "https://cr.pki.example:8443/a>;evil",
                                 "https://cr.pki.example:8443/a b", "javascript:1"])
def test_nothing_of_a_token_breaks_out_of_the_answer(world, ref_vs, cps, x5u):
    cps.tokens = [world.token(header={"x5u": x5u}), world.token(header={"ppt": "a\"\r\nEvil: 2"}), world.token()]
    answer = ask(ref_vs())
    assert verstat(answer) == PASSED
    assert not answer.headers("Evil")
    assert answer.tokens() == cps.tokens[2:]


# --- the CPS is in trouble ---


def test_cps_is_down_and_nothing_in_band(ref_vs):
    element = ref_vs()
    assert verstat(ask(element)) == NONE
    assert element.note("vs.gathered")["data"]["error"]
    assert result(element)["reason"] == "no-identity"


def test_cps_is_down_and_in_band_verifies(world, ref_vs):
    element = ref_vs()
    assert verstat(ask(element, identity(world.token()))) == PASSED
    assert element.note("vs.gathered")["data"]["error"]


def test_cps_is_slower_than_we_wait(world, conf, ref_vs, cps):
    conf["cps"].update(wait_ms=50, grace_ms=50)
    cps.tokens, cps.answer = [world.token()], cps.wait_for_token
    element = ref_vs()
    before = time.monotonic()
    assert verstat(ask(element)) == NONE
    assert 0.1 <= time.monotonic() - before < 2
    gathered = element.note("vs.gathered")["data"]
    assert gathered["error"] and gathered["waited_ms"] >= 100


@pytest.mark.parametrize("status", [201, 403, 404, 500, 503])
def test_cps_refuses(ref_vs, cps, status):
    cps.answer = lambda request: (status, {}, b"")
    element = ref_vs()
    assert verstat(ask(element)) == NONE
    assert str(status) in element.note("vs.gathered")["data"]["error"]


def test_cps_says_200_and_nothing(ref_vs, cps):
    cps.answer = lambda request: (200, {}, b"\n\n")
    element = ref_vs()
    assert verstat(ask(element)) == NONE
    assert "answer of the CPS" in element.note("vs.gathered")["data"]["error"]


def test_cps_says_too_much(ref_vs, cps):
    cps.answer = lambda request: (200, {}, b"x" * 1_000_000)
    element = ref_vs()
    assert verstat(ask(element)) == NONE
    assert element.note("vs.gathered")["data"]["error"]


def test_cps_says_what_is_no_passport(ref_vs, cps):
    cps.tokens = ["nonsense"]
    element = ref_vs()
    answer = ask(element)
    assert verstat(answer) == NONE
    assert not answer.headers("Identity")
    assert result(element)["reason"] == "form"


def break_first(cps, times):
    def answer(request):
        if len(cps.requests) <= times:
            raise ConnectionError
        return cps.hand_over(request)
    cps.answer = answer


def test_broken_connection_is_asked_again_for_the_same_call(world, ref_vs, cps):
    cps.tokens = [world.token()]
    break_first(cps, 1)
    assert verstat(ask(ref_vs())) == PASSED
    assert cps.request(1).path == cps.request(2).path


def test_broken_twice_is_given_up(world, ref_vs, cps):
    cps.tokens = [world.token()]
    break_first(cps, 2)
    element = ref_vs()
    assert verstat(ask(element)) == NONE
    assert element.note("vs.gathered")["data"]["error"]
    assert len(cps.requests) == 2


def test_without_a_client_certificate_the_cps_gives_nothing(conf, ref_vs, cps):
    del conf["https"]["cert"], conf["https"]["key"]
    element = ref_vs()
    assert verstat(ask(element)) == NONE
    assert element.note("vs.gathered")["data"]["error"]
    assert not cps.requests


# --- with the reference CPS ---


def test_with_ref_cps_a_late_passport_is_waited_for(world, conf, ref_vs, net, tmp_path):
    tls = dict(zip(("cert", "key"), world.cps))
    cps_conf = {
        "public": {"addr": net(3), "tls": tls},
        "private": {"addr": net(3), "tls": tls | {"client_ca": world.pki.web_root}, "clients": [VS_HOST]},
        "companies": ["5678"], "https": world.pki.https_conf(), "trust": world.pki.trust_conf(),
    }
    conf["cps"]["wait_ms"] = 5000
    with start("ref-cps", cps_conf, tmp_path, name="tsp.cps") as cps:
        element = ref_vs()
        token = world.token()
        with Cscf(element.ready["sip"]) as cscf:
            cscf.send(invite(URI))
            cps.note("cps.waiting")
            sender = Https(net(3), 8443, CPS_HOST, world.pki.web_root)
            assert sender.ask("POST", "/cps/company/5678", token, {"Content-Type": "application/passport"}).status == 201
            answer = cscf.receive()
            sender.close()
        assert verstat(answer) == PASSED
        assert answer.tokens() == [token]
        assert cps.note("cps.deleted")["data"]["size"] == 0


# --- trust ---


def test_without_a_list_nothing_verifies(world, conf, ref_vs, cps):
    conf["trust"]["ca_list"] = world.pki.url("/no-such-list")
    cps.tokens = [world.token()]
    element = ref_vs()
    assert verstat(ask(element)) == NONE
    assert result(element)["reason"] == "ca-list-unusable"


def test_sighup_takes_a_new_crl(world, ref_vs, cps):
    cred = world.pki.sti("1234")
    world.creds["later revoked"] = cred
    cps.tokens = [world.token(cred="later revoked")]
    element = ref_vs()
    assert verstat(ask(element)) == PASSED
    hits = world.pki.hits["/crl"]
    world.pki.revoke(cred)
    element.hup()
    wait_for("new CRL", lambda: world.pki.hits["/crl"] > hits)

    def revoked():
        ask(element)
        return element.notes("vs.result")[-1]["data"]["reason"] == "cert-revoked"
    wait_for("revocation", revoked)


@pytest.mark.parametrize("check,name", [("dest", "dest"), ("orig", "orig"), ("fresh", "old"), ("signature", "signature")])
def test_check_left_out_is_a_fault_that_shows(world, conf, ref_vs, cps, check, name):
    conf["faults"] = {"skip_checks": [check]}
    cps.tokens = [bad_token(world, BAD[name][0])]
    assert verstat(ask(ref_vs())) == PASSED


# --- what cannot be judged ---


def test_no_called_number(ref_vs):
    element = ref_vs()
    answer = ask(element, uri="sip:alice@tsp.example")
    assert (answer.status, answer.phrase) == (484, "Address Incomplete")
    assert element.note("vs.result")["data"]["status"] == 484


def test_no_calling_number(ref_vs):
    answer = ask(ref_vs(), caller="<sip:anonymous@anonymous.invalid>")
    assert answer.status == 400
    assert "no number in P-Asserted-Identity or From" in answer.header("Reason")


def test_service_code_has_no_plus(conf, ref_vs):
    del conf["cps"]
    answer = ask(ref_vs(), caller="<sip:911@tsp.example>")
    assert answer.header("P-Asserted-Identity") == f"<sip:911;verstat={NONE}@{DOMAIN};user=phone>"


def test_too_many_calls_at_once(world, conf, ref_vs, cps):
    conf["max_calls"] = 1
    cps.tokens, cps.answer = [world.token()], cps.wait_for_token
    element = ref_vs()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.send(invite(URI))
        cps.request()
        assert ask(element).status == 503
        cps.release.set()
        assert verstat(cscf.receive()) == PASSED
    assert verstat(ask(element)) == PASSED


def test_udp_retransmission_is_asked_once(world, ref_vs, cps, net):
    cps.tokens = [world.token()]
    element = ref_vs()
    host, port = element.ready["sip"].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((net(4), 0))
        sock.settimeout(BOUND)
        request = invite(URI, transport="UDP", port=sock.getsockname()[1])
        answers = []
        for _ in range(2):
            sock.sendto(request, (host, int(port)))
            answers.append(Message(sock.recv(65536)))
    assert answers[0].raw == answers[1].raw
    assert verstat(answers[0]) == PASSED
    assert len(cps.requests) == 1


# --- the program ---


@pytest.mark.parametrize("member,value", [
    ("domain", "tsp>example"), ("cps", {"url": "http://cps.tsp.example"}), ("cps", {"wait_ms": -1}),
    ("policy", {"on_failure": "ignore"}), ("policy", {"choose": "best"}), ("trust", {}), ("max_calls", 0), ("unknown", 1),
])
def test_bad_configuration_is_refused_with_its_place(conf, tmp_path, member, value):
    conf[member] = value
    code, _, err = run("ref-vs", config=conf, folder=tmp_path)
    assert code == 2
    assert re.search(rf"config\.json:\d+:\d+: /{member}\b", err), err


def test_check_that_does_not_exist(conf, tmp_path):
    conf["faults"] = {"skip_checks": ["everything"]}
    code, _, err = run("ref-vs", config=conf, folder=tmp_path)
    assert code == 2
    assert "everything" in err


def test_address_that_is_occupied(conf, tmp_path, ref_vs):
    element = ref_vs()
    code, _, err = run("ref-vs", config=conf, folder=tmp_path)
    assert code == 3
    assert element.ready["sip"] in err


def test_sigterm_with_a_call_under_way(ref_vs, cps):
    cps.answer = cps.hold
    element = ref_vs()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.send(invite(URI))
        cps.request()
        element.stop()
