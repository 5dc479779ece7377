"""docs/interfaces.md against the programs: what a vendor reads there must be what goes over the wire."""

import json
import re
import struct
import subprocess

import pytest
from cryptography import x509

import docs_kit
from conftest import BIN, ROOT
from cps_bad import REFUSED
from docs_kit import INTERFACES, REST, SCENARIOS, Message, exchanges, joined, runs, table, usage, words  # noqa: F401  fixture
from standin import Cscf
from stirkit import canonical, decode, start, unb64url, verifies

PAGES = [INTERFACES, SCENARIOS]
ELEMENTS = ["ref-as", "ref-cps", "ref-vs", "oob-switch", "oob-gateway", "sti-pki"]
MESSAGES = [e for e in exchanges() if e["what"] not in docs_kit.ISUP]
TRUNK = [e for e in exchanges() if e["what"] in docs_kit.ISUP]


def named(exchange):
    return "{run}: {left} {arrow} {right} {what}".format(**exchange.groupdict())


def c_text(text):
    """What C string literals say."""
    return text.replace(r"\"", '"')


def reasons():
    """Rows of lib/stir/reason.h: name → (SIP status, phrase, HTTP status, clause, text)."""
    text = (ROOT / "lib" / "stir" / "reason.h").read_text().replace("\\\n", " ")
    string = r'"((?:[^"\\]|\\.)*)"'
    rows = re.findall(rf"X\(\w+,\s*{string},\s*(\d+),\s*{string},\s*(\d+),\s*{string},\s*{string}\)", text)
    return {name: (int(sip), phrase, int(http), clause, c_text(what)) for name, sip, phrase, http, clause, what in rows}


def checks():
    """Rows of lib/stir/verify_table.c: (name, clause, by CPS, by STI-VS)."""
    rows = re.findall(r'\{"([\w-]+)", "([^"]+)", \w+, BY_(\w+), STAGE_', (ROOT / "lib" / "stir" / "verify_table.c").read_text())
    return [(name, clause, by in ("BOTH", "CPS"), by in ("BOTH", "VS")) for name, clause, by in rows]


# --- form of the pages ---


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_line_is_too_long(page):
    assert [n for n, line in enumerate(page.read_text().splitlines(), 1) if len(line) > 130] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    def headings(of):
        return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", of.read_text(), re.M)}

    text = page.read_text()
    targets = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r"^\[\d+\]: (.*)$", text, re.M)
    assert targets
    for target in targets:
        name, _, place = target.partition("#")
        other = page.parent / name if name else page
        assert other.exists() and (not place or place in headings(other)), target


def test_references_are_defined():
    text = INTERFACES.read_text()
    defined = set(re.findall(r"^\[(\d+)\]: ", text, re.M))
    assert set(re.findall(r"\[(\d+)\](?!:)", text)) == defined


# --- refusals ---


def test_reasons_are_those_of_the_header():
    page = {words(row[0])[0]: (row[3], row[2], row[4], row[5]) for row in table(INTERFACES, "reason")}
    code = {name: (str(sip or ""), str(http or ""), clause, what) for name, (sip, _, http, clause, what) in reasons().items()}
    assert len(code) > 40 and page == code


def test_phrases_are_those_of_the_header():
    page = {(int(row[0]), row[1], name) for row in table(INTERFACES, "SIP") for name in words(row[2])}
    assert page == {(sip, phrase, name) for name, (sip, phrase, *_) in reasons().items() if sip}


def test_checks_are_those_of_the_table():
    page = [(words(row[0])[0], row[1], row[2] == "yes", row[3] == "yes") for row in table(INTERFACES, "check")]
    assert len(page) > 20 and page == checks()


def test_checks_of_the_reasons_exist():
    known = {name for name, *_ in checks()} | {"request", "body", "store", "verify", "client"}
    known |= {"signer", "exp", "sequence", "ocn", "authority", "replay"}  # of CPS mappings and their provisioning
    for row in table(INTERFACES, "reason"):
        assert set(words(row[1])) <= known, row


@pytest.mark.parametrize("reason, check", sorted({case[2:] for case in REFUSED.values()}))
def test_reason_is_said_by_that_check(reason, check):
    """cps_bad.py is what a CPS is seen to answer."""
    row = next(row for row in table(INTERFACES, "reason") if words(row[0]) == [reason])
    assert check in words(row[1])


def test_http_status_of_each_refusal_seen():
    page = {words(row[0])[0]: row[2] for row in table(INTERFACES, "reason")}
    for name, (_, status, reason, _) in REFUSED.items():
        assert page[reason] == str(status), name


def test_causes_are_those_of_the_mapping():
    source = (ROOT / "lib" / "tdm" / "map_cause.c").read_text()
    page = {(int(cause), int(row[1])) for row in table(INTERFACES, "cause") for cause in row[0].split(",")}
    assert page == {(int(c), int(s)) for c, s in re.findall(r'\{(\d+), (\d+), "', source)}
    page = {(int(status), int(row[1])) for row in table(INTERFACES, "status") for status in row[0].split(",")}
    assert page == {(int(s), int(c)) for s, c in re.findall(r"\{(\d{3}), (\d+)\}", source)}


# --- exchanges ---


def test_page_shows_every_step_of_the_ladder():
    kind = lambda name: name.split(".")[-1]  # noqa: E731
    seen = {f"{kind(e['left'])} {e['arrow']} {kind(e['right'])} {e['what']}" for e in exchanges() if e["run"] == "A1"}
    assert seen >= {"switch -> as INVITE", "switch <- as INVITE", "as -> cps POST", "as <- cps POST", "switch -> gw INVITE",
                    "gw -> gw IAM", "gw -> switch INVITE", "switch -> vs INVITE", "switch <- vs INVITE", "vs -> cps PUT",
                    "vs <- cps PUT", "switch -> phone INVITE"}


@pytest.mark.parametrize("exchange", MESSAGES, ids=named)
def test_message_is_as_a_fresh_run_has_it(runs, exchange):
    page, fresh = Message.printed(exchange), Message.sent(runs[exchange["run"]].of(exchange))
    hint = "the page is out of date: /usr/bin/python3 tests/docs_kit.py"
    assert docs_kit.stable(page.start) == docs_kit.stable(fresh.start), hint
    assert page.names() == fresh.names(), hint
    for (name, value), (_, now) in zip(page.headers, fresh.headers):
        if name != "Content-Length":
            assert docs_kit.stable(value) == docs_kit.stable(now), f"{name}: {hint}"


@pytest.mark.parametrize("exchange", MESSAGES, ids=named)
def test_body_is_as_a_fresh_run_has_it(runs, exchange):
    page, fresh = Message.printed(exchange), Message.sent(runs[exchange["run"]].of(exchange))
    kind = page.header("Content-Type")
    if page.body.strip() == REST:
        assert fresh.body and kind in ("application/jose", "application/pkix-crl")
    elif kind == "application/problem+json":
        assert json.loads(page.body) == json.loads(fresh.body)
    elif kind == "application/pem-certificate-chain":
        marks = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        assert [page.body.count(m) for m in marks] == [fresh.body.count(m) for m in marks] == [2, 2]
    else:
        assert docs_kit.stable(page.body).strip() == docs_kit.stable(fresh.body).strip()


@pytest.mark.parametrize("exchange", MESSAGES, ids=named)
def test_content_length_is_that_of_the_printed_body(exchange):
    page = Message.printed(exchange)
    length = page.header("Content-Length")
    if length is None or page.body.strip() == REST:
        return
    body = page.body.rstrip("\n").encode()
    if page.header("Content-Type") == "application/sdp":
        body = body.replace(b"\n", b"\r\n") + b"\r\n"
    elif page.header("Content-Type") == "application/pem-certificate-chain":
        body += b"\n"
    assert int(length) == len(body)


@pytest.mark.parametrize("exchange", TRUNK, ids=named)
def test_isup_octets_are_those_of_a_fresh_run(runs, exchange):
    assert docs_kit.hex_octets(exchange["text"]).hex(" ") == runs[exchange["run"]].of(exchange).hex(" ")


def in_sctp(n, m3ua):
    """As M3UA goes over a real link: SCTP, payload protocol 3."""
    chunk = struct.pack(">BBHIHHI", 0, 3, 16 + len(m3ua), n, 0, n, 3) + m3ua
    sctp = struct.pack(">HHII", 2905, 2905, 1, 0) + chunk
    ends = bytes([127, 9, 1, 4, 127, 9, 2, 4])
    return struct.pack(">BBHHHBBH8s", 0x45, 0, 20 + len(sctp), 1, 0, 64, 132, 0, ends) + sctp


def test_tshark_finds_nothing_malformed(tmp_path):
    """One frame for each block, and one that is cut on purpose."""
    messages = [docs_kit.hex_octets(e["text"]) for e in TRUNK]
    frames = [in_sctp(n, m) for n, m in enumerate(messages + [messages[0][:-8] + b"\xff" * 8])]
    file = tmp_path / "trunk.pcap"
    file.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
                     + b"".join(struct.pack("<IIII", 0, n, len(f), len(f)) + f for n, f in enumerate(frames)))
    fields = ["isup.message_type", "isup.called", "isup.calling", "isup.cause_indicator", "_ws.malformed"]
    command = ["tshark", "-o", "mtp3.standard:ANSI", "-r", file, "-T", "fields", *(x for f in fields for x in ("-e", f))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    *lines, cut = [line.split("\t") for line in done.stdout.splitlines()]
    assert [int(line[0]) for line in lines] == [docs_kit.ISUP[e["what"]] for e in TRUNK]
    assert all(line[4] == "" for line in lines) and cut[4] != ""
    assert lines[0][1:3] == ["9032469103", "2013776051"]
    assert [line[3] for line, e in zip(lines, TRUNK) if e["what"] == "REL"] == ["16"]


# --- PASSporTs ---


def tokens():
    return [(e["run"], token) for e in MESSAGES for token in Message.printed(e).tokens()]


def test_no_token_is_printed_outside_of_a_message():
    for page in PAGES:
        assert len(docs_kit.TOKEN.findall(joined(page.read_text()))) == (len(tokens()) if page == INTERFACES else 0)
    assert len(tokens()) >= 5


def test_printed_tokens_parse():
    """Each is in the deterministic form of RFC 8225 §9, and has the members that the page names, in that order."""
    order = {row[0]: re.findall(r"`(\w+)` \(", row[1]) for row in table(INTERFACES, "part")}
    for _, token in tokens():
        head, claims = decode(token)
        assert [canonical(head), canonical(claims)] == [unb64url(part) for part in token.split(".")[:2]]
        assert list(head) == order["header"] and list(claims) == order[f"claims of {head['ppt']}"]
        assert (head["alg"], head["typ"]) == ("ES256", "passport")
        assert len(unb64url(token.split(".")[2])) == 64


@pytest.mark.parametrize("run, dest", [("A1", "19032469103"), ("B1", "13035550100"), ("B2", "13035550100"), ("T2", "18005550100")])
def test_printed_tokens_are_about_the_call(run, dest):
    """One shaken PASSporT of the caller for each run, and a div that follows it where the call is retargeted."""
    claims = [decode(token) for name, token in set(tokens()) if name.split()[0] == run]
    assert claims and all(c["orig"] == {"tn": "12013776051"} for _, c in claims)
    assert {tuple(c["dest"]["tn"]) for head, c in claims if head["ppt"] == "shaken"} == {(dest,)}
    divs = {(c["div"]["tn"], *c["dest"]["tn"]) for head, c in claims if head["ppt"] == "div"}
    assert divs == ({(dest, "19032469103")} if run.startswith("B") else set())


def test_tokens_of_a1_verify_with_the_printed_certificate():
    chain = next(Message.printed(e).body for e in MESSAGES if e["what"] == "GET /certificates/" and e["arrow"] == "<-")
    leaf = x509.load_pem_x509_certificate(chain.encode())  # the first of them
    of_a1 = {token for run, token in tokens() if run == "A1"}
    assert len(of_a1) == 1 and all(verifies(token, leaf.public_key()) for token in of_a1)
    asked = next(Message.printed(e).start for e in MESSAGES if e["what"] == "GET /certificates/" and e["arrow"] == "->")
    assert decode(of_a1.pop())[0]["x5u"].endswith(asked.split()[1])


def test_list_has_the_members_that_the_page_names(runs):
    page = {(row[0], words(row[1])[0]) for row in table(INTERFACES, "part | member")}
    assert page == members_of(Message.sent(octets_of(runs, "pki", "GET /ca-list")).body)


def members_of(jwt):
    head, payload = decode(jwt.strip())
    return {("header", m) for m in head} | {("payload", m) for m in payload}


def octets_of(runs, right, what):
    found = runs["A1"].answer("tsp.cps", right, what)
    return docs_kit.octets(found)


# --- PKI ---


def test_paths_and_types_of_the_pki(runs):
    rows = {words(row[0])[0].split("<")[0]: (words(row[2])[0], row[3].split()[0]) for row in table(INTERFACES, "path")}
    for path, (kind, age) in rows.items():
        message = Message.sent(octets_of(runs, "pki", "GET " + path))
        assert (message.header("Content-Type"), message.header("Cache-Control")) == (kind, f"max-age={age}"), path


# --- problem document ---


def test_problem_has_the_members_that_the_page_names(runs):
    page = {words(row[0])[0] for row in table(INTERFACES, "member | what it is")}
    seen = next(e for e in exchanges() if e["run"] == "cps-without-crl" and e["what"] == "POST")
    problem = json.loads(Message.sent(runs["cps-without-crl"].of(seen)).body)
    assert set(problem) == page
    _, _, http, clause, what = reasons()[problem["reason"]]
    assert (problem["status"], problem["clause"], problem["title"]) == (http, clause, what)
    assert problem["type"] == f"urn:oob-shaken:reason:{problem['reason']}"


# --- life of an element ---


def test_ready_lines_are_those_of_the_elements(tmp_path):
    block = docs_kit.READY.search(INTERFACES.read_text())
    page = block["text"].splitlines()
    fresh = docs_kit.ready_lines(block["world"], tmp_path)
    assert [docs_kit.stable(line) for line in page] == [docs_kit.stable(line) for line in fresh]
    members = {words(row[0])[0] for row in table(INTERFACES, "member | of")}
    assert members == {member for line in page for member in json.loads(line.removeprefix("READY "))}


@pytest.mark.parametrize("program", ELEMENTS)
def test_options_of_an_element(program):
    page = {option.split()[0] for row in table(INTERFACES, "option") for option in words(row[0])}
    text = usage(program, *(["serve"] if program == "sti-pki" else [])).split("Configuration:")[0]
    assert page == set(re.findall(r"--[\w-]+", text.split("usage:")[1].split("\n", 1)[1]))


def defaults():
    """(path, default) of every member in the --help of the elements."""
    found = set()
    for program in ELEMENTS:
        path = []
        for line in usage(program, *(["serve"] if program == "sti-pki" else [])).split("Configuration:\n")[1].splitlines():
            indent, name, what = re.match(r"( +)([\w$]+): (.*)", line).groups()
            path = path[:len(indent) // 2 - 1] + [name]
            default = re.search(r", default (\S+)\. ", what)
            if default:
                found.add((".".join(path), default[1]))
    return found


def test_defaults_that_the_page_names():
    """A member with a number in parentheses behind it: that is its default."""
    page = re.findall(r"`([a-z][\w.]*)`\s\((\d+)[;)]", INTERFACES.read_text())
    assert len(page) > 15
    known = defaults()
    for path, value in page:
        assert any(("." + p).endswith("." + path) and v == value for p, v in known), (path, value)


def test_own_element_in_an_empty_place(tmp_path):
    """The way in that the page describes: a world without its CPS, and a CPS that somebody else starts."""
    command = re.search(r"^    oobsim (up .*--without tsp\.cps)$", INTERFACES.read_text(), re.M)[1]
    words_of_it = re.sub(r"--world \S+ ", "", command).replace("build/up", str(tmp_path / "up")).split()
    with docs_kit.world_up(*words_of_it, "--json") as world:
        addr = {e["name"]: e for e in world["elements"]}
        assert not addr["tsp.cps"]["running"]
        with start("ref-cps", json.loads((tmp_path / "up/world/config/tsp.cps.json").read_text()), tmp_path) as own:
            with Cscf(addr["osp.as"]["serves"]["sip"]) as cscf:
                (token,) = cscf.ask().tokens()
            own.note("cps.stored")
            with Cscf(addr["tsp.vs"]["serves"]["sip"]) as cscf:
                answer = cscf.ask()
    assert answer.tokens() == [token] and "TN-Validation-Passed" in answer.header("P-Asserted-Identity")
