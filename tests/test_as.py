"""ref-as as a CSCF and a CPS see it (AS-01, 02, 04, 06 to 12, 14)."""

import contextlib
import json
import re
import socket
import time

import pytest

from standin import BOUND, Cscf, Message, StandIn, invite, wait_for
from stirkit import Cred, Pki, decode, key_pem, new_key, run, start, unb64url, verifies

X5U = "https://cr.pki.example:8443/1234.pem"
CPS_HOST = "cps.tsp.example"
PATH = "/cps/company/5678"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


class World:
    """Files that an STI-AS needs: its key, and the web CA of the CPS."""

    def __init__(self, folder):
        self.pki = Pki(folder)
        self.osp = Cred(X5U, new_key(), [self.pki.ca.cert])
        self.cps = self.pki.tls(CPS_HOST)
        self.key_file = self.osp.save(folder, "as")[1]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("as"))


@pytest.fixture
def conf(world, net):
    """A configuration that works; a test changes what it is about."""
    return {
        "sip": {"addr": net(2), "port": 5060},
        "spc": "1234",
        "x5u": X5U,
        "key": world.key_file,
        "attestation": {"own": ["1201377"], "customers": ["pbx.customer.example"]},
        "numbers": [{"prefix": "1903246", "ocn": "5678"}, {"prefix": "1212", "ocn": "0001"}],
        "cps": {"5678": f"https://{CPS_HOST}:8443{PATH}"},
        "https": {"ca": world.pki.web_root, "resolve": {CPS_HOST: net(3)}},
    }


@pytest.fixture
def ref_as(conf, tmp_path):
    """ref_as(*options): started with the configuration as it is then."""
    with contextlib.ExitStack() as stack:
        yield lambda *options: stack.enter_context(start("ref-as", conf, tmp_path, *options, name="osp.as"))


@pytest.fixture
def cps(world, net):
    """A CPS that answers 201, unless its `answer` is set."""
    with StandIn(net(3), 8443, world.cps) as server:
        yield server


def claims(token):
    return decode(token)[1]


def sign_as(world, element, **kwargs):
    """The claims that the STI-AS signs for an INVITE."""
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(**kwargs)
    assert answer.status == 302, answer.raw
    (token,) = answer.tokens()
    assert verifies(token, world.osp.key.public_key())
    return claims(token)


def http_date(offset_s=0):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + offset_s))


# --- the answer ---


# proves: AS-01 AS-02 AS-04
def test_answers_302_with_identity(world, ref_as):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask("sip:+12125550100@osp.example;user=phone")
    assert (answer.status, answer.phrase) == (302, "Moved Temporarily")
    assert answer.header("Contact") == "<sip:+12125550100@osp.example;user=phone>"
    (token,) = answer.tokens()
    assert answer.header("Identity") == f'{token};info=<{X5U}>;alg=ES256;ppt="shaken"'
    assert verifies(token, world.osp.key.public_key())


def test_token_is_deterministic_json(ref_as):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        (token,) = cscf.ask().tokens()
    header, payload, _ = (unb64url(part) for part in token.split("."))
    assert header.decode() == f'{{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"{X5U}"}}'
    assert re.fullmatch(r'\{"attest":"A","dest":\{"tn":\["19032469103"\]\},"iat":\d+,"orig":\{"tn":"12013776051"\},'
                        r'"origid":"' + UUID + r'"\}', payload.decode())


def test_iat_and_date_are_now(ref_as):
    element = ref_as()
    before = int(time.time())
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask()
    iat = claims(answer.tokens()[0])["iat"]
    assert before <= iat <= time.time()
    assert answer.header("Date") == time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(iat))


def test_clock_offset_moves_iat(world, ref_as):
    iat = sign_as(world, ref_as("--clock-offset", "-3600"))["iat"]
    assert abs(time.time() - 3600 - iat) < 5


def test_p_asserted_identity_goes_before_from(world, ref_as):
    got = sign_as(world, ref_as(), caller="<sip:+12013770001@osp.example>",
                  headers=["P-Asserted-Identity: <sip:+12013770002@osp.example;user=phone>"])
    assert got["orig"] == {"tn": "12013770002"}


@pytest.mark.parametrize("uri,caller,orig,dest", [
    ("sip:9032469103@osp.example", "<sip:2013776051@osp.example>", "12013776051", "19032469103"),
    ("sip:+1-903-246-9103@osp.example", "\"A, B <c@d>\" <sip:+1(201)377.6051@osp.example>", "12013776051", "19032469103"),
    ("sip:+19032469103;npdi;rn=+19034050000@osp.example", "<tel:+12013776051>", "12013776051", "19032469103"),
    ("sip:911@osp.example", "<sip:+12013776051;tgrp=x@osp.example>", "12013776051", "911"),
    ("tel:+19032469103", "<sip:+442079460000@osp.example>", "442079460000", "19032469103"),
])
def test_numbers_are_canonical(world, ref_as, uri, caller, orig, dest):
    got = sign_as(world, ref_as(), uri=uri, caller=caller)
    assert (got["orig"], got["dest"]) == ({"tn": orig}, {"tn": [dest]})


# --- attestation ---


@pytest.mark.parametrize("caller,attest", [
    ("<sip:+12013776051@osp.example>", "A"),
    ("<sip:+12125551234@pbx.customer.example>", "B"),
    ("<sip:+12125551234@PBX.Customer.Example:5080;user=phone>", "B"),
    ("\"Boss\" <sip:+12125551234@pbx.customer.example>", "B"),
    ("<sip:+12125551234@elsewhere.example>", "C"),
    ("<sip:+12125551234@evil.example;x=@pbx.customer.example>", "C"),
    ("\"<sip:1@pbx.customer.example>\" <sip:+12125551234@elsewhere.example>", "C"),
    ("<sip:+12125551234@pbx.customer.example.evil.example>", "C"),
])
def test_attestation(world, ref_as, caller, attest):
    element = ref_as()
    got = sign_as(world, element, caller=caller)
    assert got["attest"] == attest
    note = element.note("as.attest")
    assert note["data"]["attest"] == attest
    assert note["data"]["origid"] == got["origid"]
    assert note["data"]["why"]
    assert (note["orig"], note["dest"]) == (got["orig"]["tn"], "19032469103")


@pytest.mark.parametrize("level", ["A", "B", "C"])
def test_attestation_info_of_the_cscf_is_honoured(world, ref_as, level):
    element = ref_as()
    assert sign_as(world, element, headers=[f"Attestation-Info: {level}"])["attest"] == level
    assert element.note("as.attest")["data"]["why"] == "Attestation-Info of the CSCF"


@pytest.mark.parametrize("value", ["D", "a", "AB", ""])
def test_attestation_info_that_is_none_is_passed_over(world, ref_as, value):
    assert sign_as(world, ref_as(), headers=[f"Attestation-Info: {value}"])["attest"] == "A"


def test_origid_is_new_for_each_call(world, ref_as):
    element = ref_as()
    first, second = (sign_as(world, element)["origid"] for _ in range(2))
    assert re.fullmatch(UUID, first) and re.fullmatch(UUID, second)
    assert first != second


def test_origid_may_be_fixed(world, conf, ref_as):
    conf["origid"] = "123e4567-e89b-42d3-a456-426655440000"
    assert sign_as(world, ref_as())["origid"] == conf["origid"]


def test_origination_id_of_the_cscf_is_honoured(world, ref_as):
    told = "0f7be0a5-1c1b-4d2b-8f4e-0a51f7be0a51"
    assert sign_as(world, ref_as(), headers=[f"Origination-Id: {told}"])["origid"] == told


def test_origination_id_that_is_none_is_passed_over(world, ref_as):
    got = sign_as(world, ref_as(), headers=["Origination-Id: not-a-uuid"])
    assert re.fullmatch(UUID, got["origid"])


# --- what is not signed ---


@pytest.mark.parametrize("offset,status", [(-58, 302), (58, 302), (-70, 403), (70, 403), (-86400, 403)])
def test_date_must_be_fresh(ref_as, offset, status):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(headers=[f"Date: {http_date(offset)}"])
    assert answer.status == status
    assert bool(answer.headers("Identity")) == (status == 302)
    assert element.note("as.answered")["data"]["status"] == status
    if status == 403:
        assert answer.phrase == "Stale Date"
        assert not element.notes("as.signed")


def test_freshness_is_configured(conf, ref_as):
    conf["freshness_s"] = 5
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        assert cscf.ask(headers=[f"Date: {http_date(-10)}"]).status == 403


def test_date_that_cannot_be_read_is_not_signed(ref_as):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(headers=["Date: yesterday"])
    assert (answer.status, answer.phrase) == (403, "Stale Date")
    assert "cannot be read" in answer.header("Reason")


def test_no_called_number(ref_as, cps):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask("sip:alice@osp.example")
    assert (answer.status, answer.phrase) == (484, "Address Incomplete")
    assert answer.header("Reason") == 'SIP;cause=484;text="no number in the Request-URI"'
    assert element.note("as.answered")["data"]["status"] == 484
    assert not cps.requests


def test_no_calling_number(ref_as):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(caller="<sip:anonymous@anonymous.invalid>")
    assert answer.status == 400
    assert "no number in P-Asserted-Identity or From" in answer.header("Reason")
    assert element.note("as.answered")["dest"] == "19032469103"


def test_options_tells_that_we_live(ref_as):
    with Cscf(ref_as().ready["sip"]) as cscf:
        assert cscf.ask(method="OPTIONS").status == 200


def test_other_methods_are_not_allowed(ref_as):
    with Cscf(ref_as().ready["sip"]) as cscf:
        answer = cscf.ask(method="MESSAGE")
    assert answer.status == 405
    assert answer.header("Allow") == "INVITE, OPTIONS"


# --- publishing ---


# proves: AS-10
def test_post_is_the_inband_token_to_the_octet(ref_as, cps):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        (token,) = cscf.ask().tokens()
    assert cps.request().body == token.encode()


# proves: AS-11
def test_post_line_and_headers(ref_as, cps):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.ask()
    request = cps.request()
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers.get_all("Content-Type") == ["application/passport"]
    assert request.headers.get_all("Content-Length") == [str(len(request.body))]
    assert request.headers.get_all("Host") == [f"{CPS_HOST}:8443"]
    assert "Transfer-Encoding" not in request.headers
    (sent,) = [event for event in element.trace() if event["kind"] == "https" and event["msg"] == "request"]
    assert sent["raw"].startswith(f"POST {PATH} HTTP/1.1\r\n")
    assert sent["raw"].endswith("\r\n\r\n" + request.body.decode())


def test_notes_of_a_published_call(ref_as, cps):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        (token,) = cscf.ask().tokens()
    element.note("as.published")
    url = f"https://{CPS_HOST}:8443{PATH}"
    data = {event["what"]: event["data"] for event in element.trace() if event["kind"] == "note"}
    assert list(data) == ["as.attest", "as.signed", "as.discovered", "as.publish", "as.answered", "as.published"]
    assert data["as.signed"] == {"ppt": "shaken", "token": token, "x5u": X5U}
    assert (data["as.discovered"]["ocn"], data["as.discovered"]["url"]) == ("5678", url)
    assert data["as.publish"] == {"url": url, "count": 1}
    assert data["as.answered"] == {"front": "redirect", "status": 302}
    assert data["as.published"].pop("ms") >= 0
    assert data["as.published"] == {"url": url, "status": 201}


# proves: AS-06 AS-07
def test_answer_never_waits_for_the_cps(ref_as, cps):
    cps.answer = cps.hold
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask()
    assert answer.status == 302
    cps.request()
    assert not element.notes("as.published")
    cps.release.set()
    published = element.note("as.published")
    assert element.notes("as.answered")[0]["t"] < published["t"]


def test_waiting_for_the_cps_is_a_fault_that_shows(conf, ref_as, cps):
    cps.answer = cps.hold
    conf["faults"] = {"wait_for_cps": True}
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.send(invite())
        cps.request()
        with pytest.raises(TimeoutError):
            cscf.receive(bound=0.2)
        cps.release.set()
        assert cscf.receive().status == 302
    assert element.note("as.answered")["t"] > element.note("as.published")["t"]


# proves: AS-06 AS-07
def test_cps_that_never_answers(conf, ref_as, cps):
    cps.answer = cps.hold
    conf["publish"] = {"timeout_ms": 100}
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        assert cscf.ask().status == 302
    note = element.note("as.publish_failed")
    assert note["data"]["url"] == f"https://{CPS_HOST}:8443{PATH}"
    assert note["data"]["error"]


# proves: AS-07
def test_cps_is_down(ref_as):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        assert cscf.ask().status == 302
    assert element.note("as.publish_failed")["data"]["error"]
    assert element.note("as.answered")["data"] == {"front": "redirect", "status": 302}


# proves: AS-07
@pytest.mark.parametrize("status", [200, 403, 429, 503])
def test_whatever_the_cps_says_has_no_impact(ref_as, cps, status):
    cps.answer = lambda request: (status, {"Retry-After": "0"}, b"no")
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        assert cscf.ask().status == 302
        assert element.note("as.published")["data"]["status"] == status
        assert cscf.ask().status == 302


# proves: AS-08
@pytest.mark.parametrize("called,why", [
    ("+12125550100", "no CPS is known for OCN 0001"),
    ("+13125550100", "no OCN is known for 13125550100"),
])
def test_no_cps_is_known(ref_as, cps, called, why):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        assert cscf.ask(f"sip:{called}@osp.example").status == 302
        assert element.note("as.no_cps")["data"]["why"] == why
        cscf.ask()  # this one is published, so that the other one would be there too
    assert cps.request().body and len(cps.requests) == 1
    assert len(element.notes("as.publish")) == 1


# proves: AS-08
def test_longest_prefix_finds_the_cps(conf, ref_as, cps):
    conf["numbers"] = [{"prefix": "1", "ocn": "0001"}, {"prefix": "19032469", "ocn": "5678"},
                       {"prefix": "1903", "ocn": "0002"}]
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.ask()
    assert element.note("as.discovered")["data"]["ocn"] == "5678"


def test_queue_is_bounded(conf, ref_as, cps):
    cps.answer = cps.hold
    conf["publish"] = {"max_queue": 2}
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        assert [cscf.ask().status for _ in range(3)] == [302] * 3
    assert element.note("as.publish_failed")["data"]["error"] == "too many POSTs are under way"
    assert len(element.notes("as.publish")) == 2
    cps.release.set()
    element.note("as.published", 2)
    with Cscf(element.ready["sip"]) as cscf:
        cscf.ask()
    assert len(element.notes("as.publish")) == 3


# proves: AS-09
def test_certificate_of_the_cps_must_fit(conf, world, ref_as, net):
    conf["https"]["resolve"] = {"other.example": net(3)}
    conf["cps"]["5678"] = f"https://other.example:8443{PATH}"
    with StandIn(net(3), 8443, world.cps) as cps:
        element = ref_as()
        with Cscf(element.ready["sip"]) as cscf:
            assert cscf.ask().status == 302
        assert element.note("as.publish_failed")
        assert not cps.requests


# --- PASSporTs that are in the request already ---

OTHER = "eyJhbGciOiJFUzI1NiJ9.eyJ4IjoxfQ.c2ln"
RPH = "eyJhbGciOiJFUzI1NiIsInBwdCI6InJwaCJ9.eyJ4IjoyfQ.c2ln"


# proves: AS-10 AS-12
def test_identity_already_present_is_published_first_and_unchanged(ref_as, cps):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(headers=[f"Identity: {OTHER};info=<https://other.example/c.pem>;alg=ES256"])
    (own,) = answer.tokens()  # what the request brought stays with the CSCF
    assert own != OTHER
    assert cps.request().body == f"{OTHER}\n{own}".encode()
    assert element.note("as.publish")["data"]["count"] == 2


# proves: AS-10 AS-12 AS-14
def test_several_identities_keep_their_order(ref_as, cps):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(headers=[
            f"Identity: {RPH} ; ppt=rph; info=<https://other.example/c.pem>",
            f"Identity: {OTHER};info=<https://other.example/c.pem>,{RPH};info=<https://other.example/d.pem>"])
    (own,) = answer.tokens()
    assert cps.request().body.decode().split("\n") == [RPH, OTHER, RPH, own]


def test_identity_that_cannot_be_read_is_left_out(ref_as, cps):
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        answer = cscf.ask(headers=["Identity: ;info=<https://other.example/c.pem>", "Identity: x.y.z"])
    assert cps.request().body == answer.tokens()[0].encode()
    assert "identity-passed-over" in element.log()


def test_too_many_identities(ref_as):
    element = ref_as()
    many = [f"Identity: {OTHER};info=<https://other.example/c.pem>"] * 16
    with Cscf(element.ready["sip"]) as cscf:
        assert cscf.ask(headers=many[:15]).status == 302
        answer = cscf.ask(headers=many)
    assert answer.status == 400
    assert "too many Identity headers" in answer.header("Reason")


# --- UDP ---


def test_udp_retransmission_gives_the_same_token_and_one_post(ref_as, cps, net):
    element = ref_as()
    host, port = element.ready["sip"].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((net(4), 0))
        sock.settimeout(BOUND)
        request = invite(transport="UDP", port=sock.getsockname()[1])
        answers = []
        for _ in range(3):
            sock.sendto(request, (host, int(port)))
            answers.append(Message(sock.recv(65536)))
    assert [answer.status for answer in answers] == [302] * 3
    assert len({answer.raw for answer in answers}) == 1
    element.note("as.published")
    assert len(cps.requests) == 1
    assert len(element.notes("as.signed")) == 1


# --- the program ---


# proves: AS-09
@pytest.mark.parametrize("url", ["http://cps.tsp.example/cps/company/5678", "cps.tsp.example", "ftp://cps.tsp.example/"])
def test_cps_url_that_is_not_https_is_refused_at_start(conf, tmp_path, url):
    conf["cps"]["5678"] = url
    code, out, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2
    assert re.search(r"config\.json:\d+:\d+: /cps/5678: expected an https URL, got \"" + re.escape(url), err)


@pytest.mark.parametrize("member,value", [
    ("origid", "nobody"), ("x5u", "http://cr.example/1.pem"), ("freshness_s", 0), ("spc", "12 34"),
    ("numbers", [{"prefix": "+1903", "ocn": "5678"}]), ("numbers", [{"prefix": "1903"}]),
    ("attestation", {"own": ["*1"]}), ("attestation", {"customers": ["a@b"]}), ("publish", {"max_queue": 0}),
    ("unknown", 1),
])
def test_bad_configuration_is_refused_with_its_place(conf, tmp_path, member, value):
    conf[member] = value
    code, out, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2
    assert re.search(rf"config\.json:\d+:\d+: /{member}\b", err), err


def test_prefix_twice_is_refused(conf, tmp_path):
    conf["numbers"].append({"prefix": "1212", "ocn": "5678"})
    code, out, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2
    assert "/numbers/2: prefix 1212 is there twice" in err


def test_key_that_is_not_there(conf, tmp_path):
    conf["key"] = str(tmp_path / "no.key")
    code, out, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 3
    assert "no.key" in err


def test_address_that_is_occupied(conf, tmp_path, ref_as):
    element = ref_as()
    code, out, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 3
    assert element.ready["sip"] in err


def test_print_config_shows_defaults(conf, tmp_path):
    code, out, err = run("ref-as", "--print-config", config=conf, folder=tmp_path)
    assert code == 0
    shown = json.loads(out)
    assert shown["origid"] == "per-call"
    assert shown["publish"] == {"timeout_ms": 5000, "max_queue": 1000, "split": False, "retries": 3,
                                "backoff_ms": 200, "backoff_max_ms": 5000}
    assert not any(value for value in shown["faults"].values() if value != "usual")


def test_sighup_rereads_the_key(world, conf, ref_as, tmp_path):
    file = tmp_path / "changing.key"
    file.write_bytes(key_pem(world.osp.key))
    conf["key"] = str(file)
    element = ref_as()
    sign_as(world, element)
    new = new_key()
    file.write_bytes(key_pem(new))
    element.hup()
    wait_for("SIGHUP", lambda: "reread" in element.log())
    with Cscf(element.ready["sip"]) as cscf:
        (token,) = cscf.ask().tokens()
    assert verifies(token, new.public_key())


def test_sighup_keeps_the_key_when_the_new_one_is_bad(world, conf, ref_as, tmp_path):
    file = tmp_path / "changing.key"
    file.write_bytes(key_pem(world.osp.key))
    conf["key"] = str(file)
    element = ref_as()
    file.write_text("nonsense")
    element.hup()
    wait_for("SIGHUP", lambda: "what was in force stays" in element.log())
    sign_as(world, element)


def test_sigterm_with_posts_under_way(conf, ref_as, cps):
    cps.answer = cps.hold
    element = ref_as()
    with Cscf(element.ready["sip"]) as cscf:
        cscf.ask()
    cps.request()
    element.stop()


@pytest.mark.parametrize("faults, words", [
    ({"skip": ["everything"]}, "/faults/skip/0"), ({"claims": 1}, "/faults/claims: expected an object"),
    ({"header": []}, "/faults/header: expected an object"), ({"token": "ugly"}, "/faults/token"),
])
def test_faults_that_there_are_not(conf, tmp_path, faults, words):
    code, out, err = run("ref-as", config=conf | {"faults": faults}, folder=tmp_path)
    assert code == 2
    assert words in err
