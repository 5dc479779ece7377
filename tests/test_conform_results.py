"""What a run of oobsim conform leaves: report, page, JUnit, capture, ladders, octets; and what can be done with it."""

import copy
import json
import re
import shlex
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree

import pytest

from conftest import BIN, ROOT
from oobsim_kit import oobsim, start
from page_kit import Page
from test_conform import WORDS, cases

OTHER = ROOT / "tests" / "conform_cps.py"
SOME = ["CPS-01/one-passport", "CPS-04/word", "CPS-04/alg-none", "CPS-06/cert-rogue", "CPS-07/get", "CPS-09/once"]
REGISTRY = {r["id"]: r["text"] for r in json.loads((ROOT / "scenarios" / "requirements.json").read_text())["requirements"]}


def write_sut(path, *options, process=None, **members):
    path.write_text(json.dumps({
        "name": "another", "roles": ["cps"], "version": ["/bin/echo", "another 1.2"],
        "process": {"command": ["/usr/bin/python3", str(OTHER), *options], **(process or {})},
        "capabilities": ["retrieval"], "reasons": WORDS, **members,
    }))
    return path


def conform(*args):
    done = oobsim("conform", *args, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def junit(path):
    return xml.etree.ElementTree.parse(path).getroot()


class Kept:
    """A run whose report is kept: two cases fail, one is known to, the retrieval is not declared."""

    def __init__(self, folder):
        self.sut = write_sut(folder / "sut.json", "--sloppy", "chain", "--sloppy", "method", capabilities=[],
                             known=[{"case": "CPS-07/get", "reason": "of <long> standing", "ticket": "T&1"}])
        self.dir = folder / "report"
        self.junit = folder / "junit.xml"
        self.done = oobsim("conform", "cps", "--sut", self.sut, "--report", self.dir, "--junit", self.junit, "--seed", "7",
                           *cases(SOME))
        self.report = json.loads((self.dir / "report.json").read_text())
        self.cases = {c["id"]: c for c in self.report["cases"]}
        self.folder = self.dir / "cases" / "cps"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return Kept(tmp_path_factory.mktemp("kept"))


# --- report.json ---


def validate(schema, value, where="$"):
    """The part of JSON Schema that the report's needs; a word that is not known here is a mistake. @return list of faults"""
    known = {"$schema", "title", "description", "type", "properties", "required", "additionalProperties", "items", "enum",
             "const", "pattern", "minimum", "minLength"}
    assert set(schema) <= known, set(schema) - known
    types = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float)}
    if "type" in schema and (not isinstance(value, types[schema["type"]]) or isinstance(value, bool)):
        return [f"{where}: no {schema['type']}"]
    bad = []
    if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
        bad.append(f"{where}: {value}")
    if "pattern" in schema and not re.search(schema["pattern"], value) or len(str(value)) < schema.get("minLength", 0):
        bad.append(f"{where}: {value}")
    if "minimum" in schema and value < schema["minimum"]:
        bad.append(f"{where}: {value}")
    if isinstance(value, dict):
        bad += [f"{where}: no {name}" for name in schema.get("required", []) if name not in value]
        for name, inner in value.items():
            if name in schema.get("properties", {}):
                bad += validate(schema["properties"][name], inner, f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                bad.append(f"{where}: {name} is not known")
    if isinstance(value, list):
        for n, inner in enumerate(value):
            bad += validate(schema.get("items", {}), inner, f"{where}[{n}]")
    return bad


@pytest.fixture(scope="module")
def schema():
    return json.loads(oobsim("schema", "--report").stdout)


def test_report_is_as_its_schema_says(kept, schema):
    assert validate(schema, kept.report) == []
    assert schema["$schema"].endswith("2020-12/schema")
    _, printed = conform("cps", "--case", "CPS-04/word")
    assert validate(schema, printed) == [] and "report" not in printed


@pytest.mark.parametrize("path, value, place", [
    (["verdict"], "good", "$.verdict"), (["seed"], "1", "$.seed"), (["summary", "passed"], -1, "$.summary.passed"),
    (["cases", 1, "verdict"], "passed", "$.cases[1].verdict"), (["cases", 0, "colour"], "red", "$.cases[0]"),
    (["cases", 0, "id"], "x", "$.cases[0].id"), (["cases", 2, "duration_ms"], None, "$.cases[2].duration_ms"),
])
def test_schema_refuses(kept, schema, path, value, place):
    wrong = copy.deepcopy(kept.report)
    at = wrong
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert [fault.split(":")[0] for fault in validate(schema, wrong)] == [place]


def test_report(kept):
    report = kept.report
    assert (kept.done.returncode, report["verdict"], report["sut"], report["version"]) == (1, "fail", "another", "another 1.2")
    assert (report["role"], report["seed"], report["profile"], report["sut_file"]) == ("cps", 7, "rfc8224", str(kept.sut))
    assert report["report"] == str(kept.dir)
    assert {i: c["verdict"] for i, c in kept.cases.items()} == {
        "CPS-01/one-passport": "unsupported", "CPS-04/word": "pass", "CPS-04/alg-none": "pass", "CPS-06/cert-rogue": "fail",
        "CPS-07/get": "fail", "CPS-09/once": "unsupported"}
    assert report["summary"] == {"passed": 2, "failed": 2, "unsupported": 2, "error": 0, "unreadable": 0, "known": 1}
    assert (kept.cases["CPS-07/get"]["known"], kept.cases["CPS-07/get"]["ticket"]) == ("of <long> standing", "T&1")
    assert kept.cases["CPS-04/word"]["duration_ms"] > 0 and "again" not in kept.cases["CPS-04/word"]


def test_files_that_the_report_names(kept):
    for case in kept.cases.values():
        assert ("evidence" in case) == (case["verdict"] == "fail")
        for name, path in case.get("evidence", {}).items():
            assert name == "line" or (kept.dir / path).is_file(), path
    assert {p.name for p in kept.dir.iterdir()} >= {"report.json", "report.html", "junit.xml", "capture.pcapng", "cases", "cps-0"}


# --- evidence ---


def test_ladder_of_a_failure(kept):
    evidence = kept.cases["CPS-06/cert-rogue"]["evidence"]
    assert evidence["ladder"] == "cases/cps/CPS-06/cert-rogue/ladder.txt"
    lines = (kept.dir / evidence["ladder"]).read_text().splitlines()
    assert lines[0].split() == ["#", "ms", "bench", "sut.cps", "pki.cr"]
    # its line is the message at which it failed: the answer that should have been a refusal
    assert "201" in lines[evidence["line"] - 2] and "◀" in lines[evidence["line"] - 1]
    assert lines[evidence["line"]].split()[0] == "#"
    text = "\n".join(lines)
    assert "expected  refused: cert-untrusted" in text and "came      step 1 (post): not refused: 201" in text


def test_octets_of_a_failure(kept):
    folder = kept.folder / "CPS-06" / "cert-rogue"
    octets = (folder / "messages.bin").read_bytes()
    heads = re.findall(r"^----- (\S+) -> (\S+)  HTTPS  (\S+) -> (\S+)  ([\d.]+) ms  (\d+) octets at (\d+)$",
                       (folder / "messages.txt").read_text(), re.M)
    assert [(a, b) for a, b, *_ in heads] == [("bench", "sut.cps"), ("sut.cps", "pki.cr"), ("pki.cr", "sut.cps"),
                                             ("sut.cps", "bench")]
    at = 0
    traced = [json.loads(line) for path in kept.dir.glob("cps-*/trace.jsonl") for line in path.read_text().splitlines()]
    raws = {e.get("raw") for e in traced}
    for _, _, src, dst, _, size, offset in heads:
        assert int(offset) == at
        message = octets[at:at + int(size)]
        assert message.decode() in raws
        at += int(size)
    assert at == len(octets) and octets.startswith(b"POST /cps/company/5678 HTTP/1.1\r\n")


def test_nothing_of_the_next_case_is_in_it(kept):
    text = (kept.folder / "CPS-07" / "get" / "messages.txt").read_text()
    assert text.count("-----") == 2 and text.count("GET /cps/company") == 1 and "POST" not in text


def test_capture(kept):
    done = subprocess.run(["tshark", "-r", kept.dir / "capture.pcapng", "-T", "fields", "-e", "frame.time_epoch", "-e", "http",
                           "-e", "frame.comment"], capture_output=True, text=True, timeout=60)
    packets = [line.split("\t") for line in done.stdout.splitlines()]
    traced = sum('"kind":"https"' in line for path in kept.dir.glob("cps-*/trace.jsonl") for line in path.read_text().splitlines())
    assert len(packets) == traced > 4
    assert all(http for _, http, _ in packets)
    times = [float(t) for t, _, _ in packets]
    assert times == sorted(times) and times[0] > 1e9
    comments = [comment for *_, comment in packets]
    assert "bench -> sut.cps POST" in comments and "pki.cr -> sut.cps GET 200" in comments


def test_capture_of_several_benches(tmp_path):
    """Each has a trace and addresses of its own; one capture has all, in the order of time."""
    code, report = conform("cps", "--jobs", "2", "--keep", "--report", tmp_path / "r", "--case", "CPS-04/word", "--case",
                           "CPS-10/fresh-57", "--case", "CPS-06/cert-rogue", "--case", "CPS-04/trust-crl-by-ca")
    assert code == 0, report
    done = subprocess.run(["tshark", "-r", tmp_path / "r" / "capture.pcapng", "-T", "fields", "-e", "frame.time_epoch", "-e",
                           "ip.dst"], capture_output=True, text=True, timeout=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [t for t, _ in rows] == sorted(t for t, _ in rows)
    benches = {path.parent.name for path in (tmp_path / "r").glob("cps-*/trace.jsonl")}
    assert len({addr.split(".")[1] for _, addr in rows}) == len(benches) == 2


def test_vector_of_a_judge_is_kept(tmp_path):
    """It leaves no trace; what it was given is its evidence, octet for octet as docs/vectors.md has it."""
    file = tmp_path / "judge.json"
    file.write_text(json.dumps({"name": "a judge", "roles": ["judge"], "judge": {"command": [
        "/usr/bin/python3", str(ROOT / "tests" / "conform_judge.py"), "--sloppy", "stale"]}}))
    code, report = conform("judge", "--sut", file, "--case", "passport/stale-61", "--report", tmp_path / "r")
    evidence = report["cases"][0]["evidence"]
    vector = json.loads((tmp_path / "r" / evidence["octets"]).read_bytes())
    assert code == 1 and "ladder" not in evidence and vector["id"] == "passport/stale-61"
    assert vector["input"]["token"] in (tmp_path / "r" / evidence["messages"]).read_text()
    assert "came      accepted: ok" in (tmp_path / "r" / evidence["messages"]).read_text()


PROVIDER = """import json, os, sys
conf = json.load(open(sys.argv[-1]))
conf["elements"][sys.argv[2]].update(json.loads(sys.argv[3]))
json.dump(conf, open(sys.argv[-1] + ".own", "w"))
print("a provider of my own", file=sys.stderr, flush=True)
os.execv(sys.argv[1], [sys.argv[1], "provider", "--config", sys.argv[-1] + ".own"])
"""


class Provider:
    """A whole provider, one element of which is configured otherwise; the evidence of one case."""

    def __init__(self, folder, case, element, **members):
        (folder / "provider.py").write_text(PROVIDER)
        file = folder / "sut.json"
        file.write_text(json.dumps({"name": "an OSP", "roles": ["osp"], "capabilities": ["tdm"], "process": {"command": [
            "/usr/bin/python3", str(folder / "provider.py"), str(BIN / "oobsim"), element, json.dumps(members)]}}))
        self.dir = folder / "r"
        self.code, report = conform("osp", "--sut", file, "--case", case, "--report", self.dir)
        self.case, = report["cases"]
        self.evidence = self.case["evidence"]

    def text(self, name):
        return (self.dir / self.evidence[name]).read_text()


def test_case_that_has_a_world_of_its_own(tmp_path):
    """A whole provider: ladder of the call, ISUP in the capture, its log."""
    it = Provider(tmp_path, "FLOW-A1/arrives-verified", "osp.as", cps={})
    ladder = it.text("ladder")
    assert it.code == 1 and "IAM" in ladder and "No-TN-Validation" in ladder and "tsp.phone" in ladder.splitlines()[0]
    assert "a provider of my own" in it.text("log") and "M3UA" in it.text("messages")
    done = subprocess.run(["tshark", "-r", it.dir / "capture.pcapng", "-Y", "isup.message_type == 1", "-T", "fields", "-e",
                           "frame.comment"], capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n")[0] == "osp.gw -> tsp.gw IAM"


def test_line_of_a_ladder_that_goes_on(tmp_path):
    """It fails at the IAM; the call goes on."""
    it = Provider(tmp_path, "FLOW-A1/nothing-in-the-iam", "osp.gw", faults={"leak_identity": True})
    lines = it.text("ladder").splitlines()
    assert it.code == 1 and "IAM" in lines[it.evidence["line"] - 2] and "REL" in it.text("ladder")


# --- for people ---


def test_a_failure_in_five_lines(kept):
    blocks = kept.done.stdout.split("\n\n")
    block, = [b for b in blocks if b.startswith("fail CPS-06/cert-rogue: ")]
    lines = dict(line.strip().split(None, 1) for line in block.splitlines()[1:])
    assert list(lines) == ["clause", "expected", "came", "ladder", "bytes", "again"]
    assert REGISTRY["CPS-06"] in lines["clause"] and "(CPS-06)" in lines["clause"]
    file, line = lines["ladder"].rsplit(":", 1)
    assert (ROOT / file).is_file() and int(line) == kept.cases["CPS-06/cert-rogue"]["evidence"]["line"]
    assert (ROOT / lines["bytes"]).is_file()
    known, = [b for b in blocks if b.startswith("fail CPS-07/get: ")]
    assert "known to fail:  of <long> standing, T&1" in known
    unsupported, = [b for b in blocks if b.startswith("unsupported")]
    assert unsupported.splitlines() == ["unsupported, for they need the capability retrieval:", "  CPS-01/one-passport CPS-09/once"]


def test_summary_by_role_and_level(kept):
    head, row, *_ = kept.done.stdout.splitlines()
    assert head.split() == ["role", "level", "passed", "failed", "unsupported", "error"]
    assert row.split() == ["cps", "M", "2", "2", "2", "0"]
    assert "another another 1.2: fail, 6 cases" in kept.done.stdout and "1 are known to fail" in kept.done.stdout
    assert kept.done.stdout.splitlines()[-1].split() == ["report", str(kept.dir / "report.html")]


def test_the_command_that_repeats_it(kept):
    """As it is printed, and as it is in report.json."""
    again = kept.cases["CPS-06/cert-rogue"]["again"]
    assert f"  again     {again}\n" in kept.done.stdout
    words = shlex.split(again)
    assert words[0] == "oobsim" and words[1:3] == ["conform", "cps"] and "--seed" in words
    code, report = conform(*words[2:])
    assert code == 1 and [(c["id"], c["verdict"], c["actual"]) for c in report["cases"]] == [
        ("CPS-06/cert-rogue", "fail", kept.cases["CPS-06/cert-rogue"]["actual"])]


def test_a_path_with_blanks_is_quoted(tmp_path):
    sut = write_sut(tmp_path / "my 'own' sut.json", "--sloppy", "method")
    _, report = conform("cps", "--sut", sut, "--case", "CPS-07/get")
    assert shlex.split(report["cases"][0]["again"])[4] == str(sut)


# --- the page ---


def test_page(kept):
    text = (kept.dir / "report.html").read_text()
    page = Page(text)
    assert {"verdict-any", "verdict-failed", "verdict-unsupported", "role-cps"} <= page.check_filter()
    rows = [row for row in page.rows if "case" in row]
    assert len(rows) == len(SOME)
    assert sum("verdict-failed" in row for row in rows) == 2 and all("role-cps" in row for row in rows)
    for link in page.links:
        assert link[1:] in page.ids if link.startswith("#") else (kept.dir / link).exists(), link
    assert re.findall(r'class="sum \w+">(\d \w+)<', text) == ["2 passed", "2 failed", "2 unsupported"]
    # verdict, then failures, then all
    assert text.index("<h1>") < text.index('id="cps-CPS-06/cert-rogue"') < text.index("All cases")
    assert REGISTRY["CPS-06"].split(":")[0] in text and "prefers-color-scheme:dark" in text
    assert "of &#60;long&#62; standing" in text and "T&#38;1" in text


def test_ladder_on_the_page(kept):
    """The picture has the arrows of the ladder."""
    text = (kept.dir / "report.html").read_text()
    part = text[text.index('id="cps-CPS-06/cert-rogue"'):].split("</svg>")[0]
    assert re.findall(r'<text x="\d+" y="\d+" text-anchor="middle">([^<]*)</text><path d="M\d+ \d+V', part) == [
        "bench", "sut.cps", "pki.cr"]
    assert part.count('class="rung ') == 4 and "tone-copied" in part


def test_page_shows_what_came(tmp_path):
    """Markup that an implementation sends stays text."""
    sut = write_sut(tmp_path / "sut.json", "--sloppy", "method", name="<script>alert(1)</script>")
    code, _ = conform("cps", "--sut", sut, "--case", "CPS-07/get", "--report", tmp_path / "r")
    text = (tmp_path / "r" / "report.html").read_text()
    assert code == 1 and "<script" not in text and "&#60;script&#62;" in text
    Page(text)
    junit(tmp_path / "r" / "junit.xml")


# --- JUnit ---


def test_junit(kept):
    root = junit(kept.junit)
    suite, = root
    assert (kept.dir / "junit.xml").read_text() == kept.junit.read_text()
    assert {k: suite.get(k) for k in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "conform.cps", "tests": "6", "failures": "1", "errors": "0", "skipped": "3"}
    assert {p.get("name"): p.get("value") for p in suite.iter("property")} == {
        "sut": "another", "version": "another 1.2", "seed": "7", "profile": "rfc8224"}
    for case in suite.iter("testcase"):
        assert case.get("classname") == "conform.cps" and float(case.get("time")) >= 0
    assert float(suite.get("time")) > 0
    failure, = suite.iter("failure")
    assert [line.split(":")[0] for line in failure.text.splitlines()] == ["clause", "expected", "actual", "ladder", "bytes",
                                                                         "again"]
    skipped = {case.get("name"): case.find("skipped").get("message") for case in suite.iter("testcase")
               if case.find("skipped") is not None}
    assert skipped["CPS-07/get"] == "known to fail: of <long> standing"
    assert skipped["CPS-09/once"] == "unsupported: capability retrieval"


def test_error_is_no_failure(tmp_path):
    """It never started: nothing is known of the case, and the exit code says so."""
    sut = write_sut(tmp_path / "sut.json", "--trouble", "crash-at-start")
    code, report = conform("cps", "--sut", sut, "--report", tmp_path / "r", *cases(SOME[:2]))
    assert (code, report["verdict"], report["summary"]["error"], report["summary"]["failed"]) == (3, "error", 2, 0)
    suite, = junit(tmp_path / "r" / "junit.xml")
    assert (suite.get("errors"), suite.get("failures")) == ("2", "0") and len(list(suite.iter("error"))) == 2
    # what it printed is all that there is
    evidence = report["cases"][0]["evidence"]
    assert list(evidence) == ["log"] and "no database" in (tmp_path / "r" / evidence["log"]).read_text()


def test_several_roles(tmp_path):
    code, report = conform("--all", "--report", tmp_path / "r", "--case", "CPS-04/word", "--case", "PKI-05/served")
    ids = {c["id"]: c["role"] for c in json.loads(oobsim("conform", "--list", "--json").stdout)["cases"]}
    assert code == 0 and {c["id"]: c["role"] for c in report["cases"]} == {i: ids[i] for i in ids if i in (
        "CPS-04/word", "PKI-05/served")}
    root = junit(tmp_path / "r" / "junit.xml")
    assert [suite.get("name") for suite in root] == [f"conform.{role}" for role in dict.fromkeys(c["role"] for c in report["cases"])]
    Page((tmp_path / "r" / "report.html").read_text())


# --- the directory ---


def test_without_a_failure_nothing_is_kept(tmp_path):
    before = {p.name for p in (ROOT / "build" / "runs").glob("conform-cps-*")}
    done = oobsim("conform", "cps", "--case", "CPS-04/word")
    assert done.returncode == 0 and "report" not in done.stdout
    mine = {p for p in (ROOT / "build" / "runs").glob("conform-cps-*") if p.name not in before}
    assert not any((p / "report.json").exists() for p in mine)


def test_a_report_that_is_asked_for(tmp_path):
    """Of a run in which all passed: without what the benches wrote, unless that is wanted."""
    assert conform("cps", "--case", "CPS-04/word", "--report", tmp_path / "a")[0] == 0
    assert {p.name for p in (tmp_path / "a").iterdir()} == {"report.json", "report.html", "junit.xml", "capture.pcapng"}
    assert conform("cps", "--case", "CPS-04/word", "--report", tmp_path / "b", "--keep")[0] == 0
    assert (tmp_path / "b" / "cps-0" / "config" / "sut-1.json").exists()


def test_a_failure_is_kept_without_asking(tmp_path):
    sut = write_sut(tmp_path / "sut.json", "--sloppy", "method")
    done = oobsim("conform", "cps", "--sut", sut, "--case", "CPS-07/get", tidy=False)
    page = ROOT / done.stdout.splitlines()[-1].split()[1]
    assert done.returncode == 1 and page.parent.parent == ROOT / "build" / "runs"
    assert re.fullmatch(r"conform-cps-\d{8}-\d{6}-\d+", page.parent.name) and page.exists()
    shutil.rmtree(page.parent)


def test_a_report_takes_the_place_of_the_last_one(tmp_path):
    sut = write_sut(tmp_path / "sut.json", "--sloppy", "method", "--sloppy", "chain")
    conform("cps", "--sut", sut, "--report", tmp_path / "r", *cases(["CPS-07/get", "CPS-06/cert-rogue"]))
    assert (tmp_path / "r" / "cases" / "cps" / "CPS-07").exists()
    conform("cps", "--sut", sut, "--report", tmp_path / "r", "--case", "CPS-06/cert-rogue")
    assert [p.name for p in (tmp_path / "r" / "cases" / "cps").iterdir()] == ["CPS-06"]


def test_what_somebody_else_has_is_left_alone(tmp_path):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "mine.txt").write_text("mine")
    done = oobsim("conform", "cps", "--case", "CPS-04/word", "--report", tmp_path)
    assert done.returncode == 3 and "cases" in done.stderr and "report.json" in done.stderr
    assert (tmp_path / "cases" / "mine.txt").read_text() == "mine"


def test_an_interrupted_run_leaves_a_directory_as_it_was(tmp_path):
    """What was asked for is not removed with what is in it; nothing of the run stays."""
    (tmp_path / "notes.txt").write_text("mine")
    sut = write_sut(tmp_path / "sut.json", "--trouble", "hang", answer_ms=20000)
    process = start("conform", "cps", "--sut", sut, "--case", "CPS-04/word", "--report", tmp_path)
    trace = tmp_path / "cps-0" / "trace.jsonl"
    until = time.monotonic() + 20
    while not (trace.exists() and "POST /cps" in trace.read_text()):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 3
    process.communicate()
    assert {p.name for p in tmp_path.iterdir()} == {"notes.txt", "sut.json"}


@pytest.mark.parametrize("alone", ["--prove", "--check", "--list"])
def test_what_has_no_report_takes_no_directory(tmp_path, alone):
    (tmp_path / "notes.txt").write_text("mine")
    done = oobsim("conform", "cps", alone, "--report", tmp_path)
    assert done.returncode == 2 and "--report" in done.stderr and (tmp_path / "notes.txt").exists()


# --- again ---


def test_all_that_failed_again(kept):
    code, report = conform("--failed", kept.dir)
    assert code == 1 and [c["id"] for c in report["cases"]] == ["CPS-06/cert-rogue"]
    assert (report["role"], report["seed"], report["sut"]) == ("cps", 7, "another")


def test_what_failed_is_mended(tmp_path, kept):
    """With another description; and when nothing has failed, nothing is run."""
    sut = write_sut(tmp_path / "sut.json", capabilities=[])
    code, report = conform("--failed", kept.dir, "--sut", sut, "--report", tmp_path / "r")
    assert code == 0 and report["summary"]["passed"] == 1
    done = oobsim("conform", "--failed", tmp_path / "r" / "report.json")
    assert done.returncode == 0 and done.stdout.startswith("nothing failed in ")


def test_errors_are_repeated_too(tmp_path):
    sut = write_sut(tmp_path / "sut.json", "--trouble", "crash-at-start")
    conform("cps", "--sut", sut, "--report", tmp_path / "r", "--case", "CPS-04/word")
    assert conform("--failed", tmp_path / "r")[0] == 3


@pytest.mark.parametrize("text", [None, "{", "{}", '{"role": "cps", "cases": 3, "profile": "x"}'])
def test_no_report_to_repeat(tmp_path, text):
    file = tmp_path / "report.json"
    if text:
        file.write_text(text)
    done = oobsim("conform", "--failed", tmp_path)
    assert done.returncode == 2 and str(file) in done.stderr


def test_usage():
    for argv in (["cps", "--failed", "x"], ["--all", "--failed", "x"], ["--failed", "x", "--case", "CPS-04/word"],
                 ["cps", "--profile", "mine", "--case", "CPS-04/word"]):
        done = oobsim("conform", *argv)
        assert done.returncode == 2 and done.stderr.startswith("oobsim conform: --"), argv


# --- known failures ---


def expected(tmp_path, *entries):
    file = tmp_path / "known.json"
    file.write_text(json.dumps(list(entries), indent=1))
    return file


GET = {"case": "CPS-07/get", "reason": "later", "ticket": "T-1"}


def test_known_failures(tmp_path):
    sut = write_sut(tmp_path / "sut.json", "--sloppy", "method")
    file = expected(tmp_path, GET)
    code, report = conform("cps", "--sut", sut, "--expected", file, *cases(SOME))
    case = next(c for c in report["cases"] if c["id"] == "CPS-07/get")
    assert (code, report["summary"]["known"], case["known"], case["ticket"]) == (0, 1, "later", "T-1")
    assert report["expected_file"] == str(file) and f"--expected {file}" in case["again"]


def test_a_known_failure_that_is_mended_fails_the_run(tmp_path):
    sut = write_sut(tmp_path / "sut.json")
    argv = ["cps", "--sut", sut, "--expected", expected(tmp_path, GET), *cases(SOME), "--report", tmp_path / "r"]
    done = oobsim("conform", *argv)
    assert done.returncode == 1
    assert "passes CPS-07/get: " in done.stdout and "is listed as known to fail, and does not:  later, T-1" in done.stdout
    suite, = junit(tmp_path / "r" / "junit.xml")
    assert suite.get("failures") == "1"
    assert (tmp_path / "r" / "cases" / "cps" / "CPS-07" / "get" / "ladder.txt").exists()
    code, report = conform("--failed", tmp_path / "r")
    assert code == 1 and [c["id"] for c in report["cases"]] == ["CPS-07/get"]


@pytest.mark.parametrize("text, says", [
    ('[{"case": "CPS-07/nothing", "reason": "x"}]', ':1:3: /0/case: expected the id of a case'),
    ('[{"case": "CPS-07/get", "reason": "x"},\n {"case": "CPS-07/get"}]', ":2:2: /1/reason: expected"),
    ('[{"case": "CPS-07/get", "reason": "x", "colour": "red"}]', ":1:40: /0/colour: expected"),
    ('[{"case": "CPS-07/get", "reason": "x", "ticket": 7}]', ":1:40: /0/ticket: expected a string"),
    ('["CPS-07/get"]', ":1:2: /0: expected an object"),
    ('{"known": []}', ":1:1: expected a list"),
    ('[', ":1:"),
])
def test_mistakes_in_the_list(tmp_path, text, says):
    file = tmp_path / "known.json"
    file.write_text(text)
    done = oobsim("conform", "cps", "--expected", file, "--case", "CPS-04/word")
    assert done.returncode == 2 and f"{file}{says}" in done.stderr, done.stderr


def test_a_list_for_all_roles(tmp_path):
    """An entry of any of the roles counts."""
    code, report = conform("--all", "--expected", expected(tmp_path, GET), "--case", "CPS-04/word")
    assert code == 0 and report["summary"]["passed"] == 1


# --- two reports ---


def test_compare(tmp_path, kept):
    sut = write_sut(tmp_path / "sut.json", "--sloppy", "method", "--sloppy", "signature")
    argv = ["--sut", sut, "--report", tmp_path / "new", *cases([*SOME, "CPS-04/signature-other-key"])]
    assert conform("cps", *argv)[0] == 1
    done = oobsim("compare", "--json", kept.dir, tmp_path / "new")
    got = json.loads(done.stdout)
    assert done.returncode == 0 and [r["check"] for r in got["mended"]] == ["CPS-01/one-passport", "CPS-06/cert-rogue", "CPS-09/once"]
    assert [(r["scenario"], r["check"]) for r in got["new"]] == [("cps", "CPS-04/signature-other-key")] and got["same"] == 3
    back = oobsim("compare", tmp_path / "new" / "report.json", kept.dir / "report.json")
    assert back.returncode == 1 and "broke   cps CPS-06/cert-rogue  pass -> fail" in back.stdout


# --- version ---


@pytest.mark.parametrize("command, version", [
    (["/bin/echo", "one\ntwo"], "one"), (["/bin/false"], None), (["/no/such/program"], None), (["/bin/sh", "-c", "exec sleep 60"], None)])
def test_version(tmp_path, command, version):
    sut = write_sut(tmp_path / "sut.json", version=command)
    done = oobsim("conform", "cps", "--sut", sut, "--case", "CPS-04/word", "--json")
    assert done.returncode == 0 and json.loads(done.stdout).get("version") == version
    assert (version is None) == ("version of another" in done.stderr)
