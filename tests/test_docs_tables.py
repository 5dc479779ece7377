"""Tables of docs/interfaces.md against what they are tables of: rows of the sources, members and headers of fresh messages."""

import json
import re

import pytest

import docs_kit
from conftest import ROOT
from docs_kit import INTERFACES, Message, exchanges, runs, table, usage, words  # noqa: F401  fixture
from stirkit import decode

PROXY = "A1 --set as.interface=proxy --set vs.interface=proxy"
HTTP = "B2 --set as.interface=http --set vs.interface=http --set cps.delivery=push"
BUSY = "A1 --set tsp.cps.faults.answer_status=503"


def source(path):
    return (ROOT / path).read_text()


def section(n):
    return INTERFACES.read_text().split(f"\n## {n}. ")[1].split("\n## ")[0]


def fresh(seen, left, arrow, right, what):
    find = seen.first if arrow == "->" else seen.answer
    return Message.sent(docs_kit.octets(find(left, right, what)))


def reasons():
    """name → HTTP status"""
    text = source("lib/stir/reason.h").replace("\\\n", " ")
    return {name: int(http) for name, http in re.findall(r'X\(\w+,\s*"([\w-]+)",\s*\d+,\s*"[^"]*",\s*(\d+),', text)}


# --- limits ---


@pytest.mark.parametrize("said, header, name", [
    (r"\| at most (\d+) divs \|", "lib/stir/chain.h", "CHAIN_DIVS_MAX"),
    (r"The bound of (\d+); RFC 8946 has none", "lib/stir/chain.h", "CHAIN_DIVS_MAX"),
    (r"handed over together, (\d+) at the most", "lib/stir/bundle.h", "BUNDLE_MAX"),
    (r"public interface \(\[6\]\): (\d+) tokens at\s+the most", "lib/stir/bundle.h", "BUNDLE_MAX"),
    (r"`Via` is longer than (\d+) octets", "ref-cps/forward.h", "VIA_MAX"),
    (r"their number is cut to (\d+)\.", "lib/tdm/map.h", "MAP_DIVERSIONS_MAX"),
    (r"`too-large` \((\d+) octets\)", "pki/provision.h", "PROVISION_MAX_BODY"),
    (r"`iat` \| yes \| seconds since 1970, at most (\d+) off the clock", "lib/stir/provision.h", "PROVISION_FRESH_S"),
])
def test_limit(said, header, name):
    assert re.findall(said, INTERFACES.read_text()) == re.findall(rf"#define {name}\s+(\d+)", source(header)), name


# --- proxies ---


@pytest.mark.parametrize("switch, service, added", [
    ("osp.switch", "osp.as", ["Identity", "Date"]), ("tsp.switch", "tsp.vs", ["P-Asserted-Identity", "Identity"])])
def test_proxy_changes_what_the_page_says(runs, switch, service, added):
    """And nothing else, not even the order of what it leaves."""
    sent = fresh(runs[PROXY], switch, "->", service, "INVITE")
    back = fresh(runs[PROXY], service, "->", switch, "INVITE")
    own, hops, via, *rest = back.headers
    _, route, *left = sent.headers
    assert (own[0], hops[0], via[0]) == ("Via", "Max-Forwards", "Via")
    assert int(hops[1]) == int(sent.header("Max-Forwards")) - 1
    assert via[1].split(";rport")[0] == sent.headers[0][1].split(";rport")[0] and ";received=" in via[1]
    assert rest[0] == ("Route", route[1].split(", ", 1)[1])
    mine = {"Max-Forwards"} | {name for name in added if name in sent.names()}
    *body, length = [(name, value) for name, value in left if name not in mine]
    assert rest[1:] == body + [(name, back.header(name)) for name in added] + [length]
    assert (back.start, back.body) == (sent.start, sent.body)
    named = {name for row in table(INTERFACES, "of the INVITE | on its way through the STI-AS") for name in words(row[0])}
    assert named == {"Via", "Route", "Max-Forwards", "Identity", "Date"}


# --- HTTP ---


def test_errors_are_those_of_the_source():
    text = source("lib/net/atis82.c").replace('" CTYPE', 'application/json"')
    code = {(i, int(status), what) for status, i, what in re.findall(r'\[FLAW_\w+\] = \{(\d+), "(\w+)", "(.*?)"\}', text)}
    page = {(words(row[0])[0], int(row[1]), row[2]) for row in table(INTERFACES, "`messageId`")}
    assert len(code) > 10 and page == code


MEMBERS = {"signingRequest": "ref-as", "signingResponse": "ref-as", "verificationRequest": "ref-vs", "verificationResponse": "ref-vs"}


def members(name):
    return {word for row in table(INTERFACES, f"`{name}`") for word in words(row[0])}


@pytest.mark.parametrize("name", MEMBERS)
def test_members_over_http_are_known_to_the_program(name):
    text = source(f"{MEMBERS[name]}/front_http.c")
    assert members(name) and all(f'"{member}"' in text for member in members(name))


def test_members_of_messages_are_on_the_page(runs):
    seen = set()
    for exchange in (e for e in exchanges() if e["run"] == HTTP):
        message = Message.sent(runs[HTTP].of(exchange))
        if message.header("Content-Type") == "application/json":
            (name, body), = json.loads(message.body).items()
            assert set(body) <= members(name), name
            seen.add(name)
    assert seen == set(MEMBERS)


# --- verification ---


def test_reasons_that_speak_of_forgery():
    said = re.search(r"forged\[\] = \{(.*?)\}", source("ref-vs/choose.c"), re.S)[1]
    code = {name.lower().replace("_", "-") for name in re.findall(r"REASON_(\w+)", said)}
    row = next(row for row in table(INTERFACES, "`verstat`") if "`TN-Validation-Failed`" in row[0])
    assert set(words(row[1])) == code


def test_policies_are_those_of_the_program():
    page = [words(row[0])[0] for row in table(INTERFACES, "`policy.choose`")]
    assert page == re.findall(r'"([\w-]+)"', re.search(r"choose: (.*?)\. ", usage("ref-vs"))[1])


def test_each_reason_of_a_chain_is_explained():
    chain = {name for name in reasons() if name.startswith("div-")}
    assert chain == set(re.findall(r"`(div-\w+)`", section(5))) - {"div-o"}


# --- CPS ---


def test_answers_of_sending_on_are_those_of_the_source():
    rows = table(INTERFACES, "answer | reason")
    code = re.findall(r'^\t\{(50[248]|503), "', source("ref-cps/problem.c"), re.M)
    assert [row[0].split(",")[0] for row in rows] == code
    assert {words(row[1])[0] for row in rows} == {"next-cps", "loop"}


def test_sent_on_unchanged(runs):
    first, second = (fresh(runs["T2"], *pair, "POST") for pair in (("osp.as", "->", "transit.cps"), ("transit.cps", "->", "tsp.cps")))
    assert first.body == second.body and first.tokens()
    assert set(second.names()) - set(first.names()) == {"Via"}


def test_comes_again_when_told_to(runs):
    notes = [(e["what"], e["data"]) for e in runs[BUSY].trace if e["kind"] == "note" and e["at"] == "osp.as"]
    story = [(what, data.get("status"), data.get("attempt")) for what, data in notes if what in ("as.publish", "as.published")]
    assert story == [("as.publish", None, None), ("as.published", 503, None), ("as.publish", None, 2), ("as.published", 201, None)]
    after = int(fresh(runs[BUSY], "osp.as", "<-", "tsp.cps", "POST").header("Retry-After"))
    assert next(data["wait_ms"] for what, data in notes if what == "as.retry") >= 1000 * after > 0


# --- CPS mappings ---


def test_members_of_a_mapping(runs):
    body = fresh(runs["by hand"], "osp.as", "<-", "pki", "GET /cps-map/pa").body
    head, payload = decode(body.strip())
    page = {(row[0], words(row[1])[0]) for row in table(INTERFACES, "of a list | member")}
    assert page == {("header", name) for name in head} | {("payload", name) for name in payload}


def test_claims_of_a_request(runs):
    """Those of the recorded one; the optional ones can be left out."""
    head, claims = decode(fresh(runs["by hand"], "provider", "->", "pki", "PUT").body.strip())
    rows = {words(row[0])[0]: row[1] for row in table(INTERFACES, "claim")}
    assert set(rows) == set(claims) | {"authority"}
    assert set(head) == {"alg", "typ", "x5u"}
    needed = set(re.search(r"^ \* ([\w, ]+ and \w+) are required", source("lib/stir/provision.h"), re.M)[1].replace(" and ", ", ").split(", "))
    assert {name for name, how in rows.items() if how == "yes"} == needed


def test_reasons_of_provisioning():
    for row in table(INTERFACES, "refused with"):
        statuses = {int(s) for s in re.findall(r"\b\d{3}\b", row[0])}
        for name in (word for word in words(row[1]) if re.fullmatch(r"[a-z-]+…?", word)):
            kinds = [name] if name in reasons() else [r for r in reasons() if r.startswith(name.removesuffix("…"))]
            assert kinds and all(reasons()[r] in statuses for r in kinds), name


def test_where_lists_are(runs):
    seen = 0
    for row in table(INTERFACES, "where | what"):
        for path in words(row[0]):
            answer = fresh(runs["by hand"], "provider", "<-", "pki", f"GET {path}")
            assert (answer.start, answer.header("Content-Type")) == ("HTTP/1.1 200 OK", words(row[2])[0])
            seen += 1
    assert seen == len(docs_kit.ByHand.PUBLISHED)


def test_sources_and_conflicts():
    text = source("lib/stir/discovery_find.c")
    for heading, name in (("source", "discovery_source_words"), ("`conflict`", "discovery_conflict_words")):
        code = re.findall(r'"([\w-]+)"', re.search(rf"{name}\[.*?\] = \{{(.*?)\}}", text, re.S)[1])
        assert [words(row[0])[0] for row in table(INTERFACES, heading)] == code


# --- diversions, SIP trunk ---


def test_causes_of_a_diversion():
    words_of = {"unknown": "UNKNOWN", "user busy": "BUSY", "no reply": "NO_REPLY", "unconditional": "UNCONDITIONAL",
                "deflection during alerting": "WHILE_ALERTING", "deflection, immediate": "IMMEDIATE", "not reachable": "NOT_REACHABLE"}
    names = re.findall(r"^\tDIVERT_(\w+),", source("lib/tdm/map.h"), re.M)
    code = {int(cause): name for cause, name in re.findall(r"\{(\d+), DIVERT_(\w+)\}", source("lib/tdm/map_divert.c"))}
    page = {}
    for row in table(INTERFACES, "`cause`"):
        n, what = row[1].split(" ", 1)
        assert names[int(n)] == words_of[what]
        page[int(row[0].split(",")[0])] = words_of[what]
    assert len(code) == 7 and page == code


def test_headers_over_a_sip_trunk_are_those_of_the_gateway():
    kept = dict(re.findall(r'^\t\{"([\w-]+)", (true|false)\},', source("sim/gateway/ibcf_invite.c"), re.M))
    rows = table(INTERFACES, "of the INVITE | over a SIP trunk")
    page = {name: "true" if "to the octet" in row[1] else "false" for row in rows[1:4] for name in words(row[0])}
    assert len(kept) > 10 and page == kept


def test_sip_trunk_keeps_what_the_page_says(runs):
    before, after = (fresh(runs["B1"], *pair, "INVITE") for pair in (("r1.switch", "->", "r1.gw"), ("r1.gw", "->", "tsp.gw")))
    rows = table(INTERFACES, "of the INVITE | over a SIP trunk")
    names = {name for row in rows[1:4] for name in words(row[0])}
    assert [h for h in before.headers if h[0] in names] == [h for h in after.headers if h[0] in names]
    assert [name for name, _ in after.headers if name in names] == ["Date", "Identity", "Identity", "History-Info", "History-Info",
                                                                    "P-Asserted-Identity"]
    assert int(after.header("Max-Forwards")) == int(before.header("Max-Forwards")) - 1
    assert (before.start, before.body) == (after.start, after.body)
    assert before.header("Call-ID") != after.header("Call-ID")


def test_headers_that_the_switch_keeps():
    said = re.search(r"^- (`Privacy`, .*?) travel on;", INTERFACES.read_text(), re.M | re.S)[1]
    code = re.findall(r'"([\w-]+)"', re.search(r"kept\[\] = \{(.*?)\}", source("sim/switch/header.c"), re.S)[1])
    assert set(words(said)) == set(code) | {"History-Info"}
