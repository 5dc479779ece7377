"""Scenario files: mistakes are refused with file, line, member and what was expected; list and schema."""

import json

import pytest

from conftest import ROOT
from oobsim_kit import A1, oobsim, scenario


FIRST = "the first expectation as a whole"


def refused(file, line_of, *says):
    """The run is refused before anything is started, and the error stands where the text `line_of` is."""
    out = oobsim("run", file)
    lines = file.read_text().splitlines()
    line = next(i for i, text in enumerate(lines, 1) if (line_of if line_of != FIRST else '"expect"') in text)
    line += line_of == FIRST
    assert out.returncode == 2, out.stderr
    assert f"{file}:{line}:" in out.stderr, out.stderr
    for text in says:
        assert text in out.stderr, out.stderr
    assert out.stdout == ""


CALL = {"from": "+12013776051", "to": "+19032469103"}
OSP = {"kind": "osp", "ocn": "1234", "numbers": ["+1201377"]}
TSP = {"kind": "tsp", "ocn": "5678", "numbers": ["+1903246"]}

MEMBERS = [
    ("unknown", {"providors": {}}, '"providors"', ["known member", "providers"]),
    ("id", {"id": "A 1"}, '"id"', ["/id", "letters"]),
    ("title", {"title": 7}, '"title"', ["/title", "string", "7"]),
    ("proves", {"proves": ["AS06"]}, '"AS06"', ["/proves/0", "AS-06"]),
    ("provider kind", {"providers": {"osp": {**OSP, "kind": "isp"}, "tsp": TSP}}, '"isp"', ["/providers/osp/kind", "tsp"]),
    ("provider ocn", {"providers": {"osp": {**OSP, "ocn": "12"}, "tsp": TSP}}, '"12"', ["/providers/osp/ocn", "4 digits"]),
    ("provider member", {"providers": {"osp": {**OSP, "spc": "1234"}, "tsp": TSP}}, '"spc"', ["/providers/osp/spc"]),
    ("provider numbers", {"providers": {"osp": {**OSP, "numbers": ["201377"]}, "tsp": TSP}}, '"201377"',
     ["/providers/osp/numbers/0", "+ and country code"]),
    ("one provider", {"providers": {"osp": OSP}}, '"providers"', ["/providers", "2"]),
    ("path name", {"path": ["osp", "tdm", "tps"]}, '"tps"', ["/path/2", "name of a provider"]),
    ("path leg", {"path": ["osp", "pigeon", "tsp"]}, '"pigeon"', ["/path/1", "tdm"]),
    ("path begins with a TSP", {"path": ["tsp", "tdm", "osp"]}, '  "tsp",', ["/path/0", "kind osp"]),
    ("path short", {"path": ["osp"]}, '"path"', ["/path", "3"]),
    ("path ends at a leg", {"path": ["osp", "tdm", "tsp", "tdm"]}, '"path"', ["/path", "leads nowhere"]),
    ("calls empty", {"calls": []}, '"calls"', ["/calls", "1"]),
    ("call from", {"calls": [{**CALL, "from": "2013776051"}]}, '"2013776051"', ["/calls/0/from", "country code"]),
    ("call to nobody", {"calls": [CALL, {**CALL, "to": "+15552469103"}]}, '"+15552469103"',
     ["/calls/1/to", "number of provider tsp"]),
    ("call attest", {"calls": [{**CALL, "attest": "D"}]}, '"D"', ["/calls/0/attest", "A"]),
    ("ends", {"ends": "badly"}, '"badly"', ["/ends", "no-answer"]),
    ("transport", {"transport": "sctp"}, '"sctp"', ["/transport", "udp"]),
    ("talk_ms", {"talk_ms": -1}, '"talk_ms"', ["/talk_ms", "0", "60000"]),
    ("talk_ms type", {"talk_ms": "long"}, '"talk_ms"', ["/talk_ms", "integer", "long"]),
    ("without", {"without": ["tsp.as"]}, '"tsp.as"', ["/without/0", "element of this world"]),
    ("set nobody", {"set": {"isp.max": 1}}, '"isp.max"', ["/set", "isp.max"]),
    ("set nothing", {"set": {"tsp.cps": 1}}, '"tsp.cps": 1', ["/set", "tsp.cps.faults"]),
    ("set type", {"set": [1]}, '"set"', ["/set", "object"]),
    ("expect empty", {"expect": []}, '"expect"', ["/expect"]),
]


@pytest.mark.parametrize("members, line_of, says", [m[1:] for m in MEMBERS], ids=[m[0] for m in MEMBERS])
def test_mistake_in_a_member(tmp_path, members, line_of, says):
    refused(scenario(tmp_path, **members), line_of, *says)


EXPECTS = [
    ("nothing", {"id": "xyz"}, FIRST, ["/expect/0", "exactly one of", "got 0"]),
    ("two things", {"steps": "5.3", "never": ["osp.as as.no_cps"], "id": "xyz"}, FIRST, ["/expect/0", "got 2"]),
    ("steps", {"steps": "5.4"}, '"5.4"', ["/expect/0/steps", "5.3"]),
    ("arrow", {"order": ["osp.as > tsp.cps POST", "osp.as as.signed"]}, "osp.as > tsp", ["/expect/0/order/0", "FROM -> TO"]),
    ("one event", {"order": ["osp.as as.signed"]}, '"order"', ["/expect/0/order", "2"]),
    ("sender", {"never": ["osp.vs -> tsp.cps PUT"]}, "osp.vs", ["/expect/0/never/0", "element of this world"]),
    ("receiver", {"message": "osp.as -> osp.cps POST"}, "osp.cps", ["/expect/0/message", "element of this world"]),
    ("who notes", {"first": "as as.answered", "then": "osp.as as.published"}, "as as.answered", ["/expect/0/first"]),
    ("first alone", {"first": "osp.as as.answered"}, FIRST, ["/expect/0", "then"]),
    ("identity alone", {"identity": "absent", "steps": "5.3"}, FIRST, ["/expect/0", "message"]),
    ("identity word", {"message": "osp.as -> tsp.cps POST", "identity": "yes"}, '"yes"', ["/expect/0/identity", "present"]),
    ("fact without at", {"verstat": "TN-Validation-Passed"}, FIRST, ["/expect/0", '"at"']),
    ("at without fact", {"at": "tsp.vs"}, FIRST, ["/expect/0", "verstat"]),
    ("stored at a switch", {"at": "tsp.switch", "stored": 0}, '"tsp.switch"', ["/expect/0", "CPS"]),
    ("used at a phone", {"at": "tsp.phone", "used": "in-band"}, '"tsp.phone"', ["/expect/0", "STI-VS"]),
    ("verstat at a gateway", {"at": "tsp.gw", "verstat": "x"}, '"tsp.gw"', ["/expect/0", "phone"]),
    ("is without what", {"at": "tsp.vs", "is": {"verstat": "x"}}, FIRST, ["/expect/0", "what"]),
    ("proves", {"steps": "5.3", "proves": ["-"]}, '"-"', ["/expect/0/proves/0"]),
    ("member", {"stepz": "5.3"}, '"stepz"', ["/expect/0/stepz"]),
]


@pytest.mark.parametrize("expect, line_of, says", [e[1:] for e in EXPECTS], ids=[e[0] for e in EXPECTS])
def test_mistake_in_an_expectation(tmp_path, expect, line_of, says):
    refused(scenario(tmp_path, expect=[expect]), line_of, *says)


@pytest.mark.parametrize("member", ["id", "title", "providers", "path", "calls", "expect"])
def test_member_that_is_missing(tmp_path, member):
    out = oobsim("run", scenario(tmp_path, **{member: None}))
    assert out.returncode == 2 and member in out.stderr and "scenario.json:1:" in out.stderr


def test_text_that_is_no_json(tmp_path):
    file = tmp_path / "broken.json"
    file.write_text('{\n "id": "A1",\n "title": oops\n}\n')
    out = oobsim("run", file)
    assert out.returncode == 2 and f"{file}:3:" in out.stderr


def test_mistake_in_the_second_file_stops_the_first(tmp_path):
    """Nothing is run before everything is read."""
    (tmp_path / "good").mkdir()
    good, bad = scenario(tmp_path / "good"), scenario(tmp_path, path=["osp"])
    out = oobsim("run", good, bad, "--report", tmp_path / "report")
    assert out.returncode == 2 and str(bad) in out.stderr and not (tmp_path / "report").exists()


def test_file_that_is_not_there(tmp_path):
    out = oobsim("run", tmp_path / "none.json")
    assert out.returncode == 2 and "none.json" in out.stderr


def test_id_that_is_not_there():
    out = oobsim("run", "Z9")
    assert out.returncode == 2 and "Z9" in out.stderr and "A1" in out.stderr


def test_no_operand():
    assert oobsim("run").returncode == 2


@pytest.mark.parametrize("args, says", [
    (["--calls", "0"], "--calls"), (["--calls", "many"], "--calls"), (["--calls", "10001"], "10000"),
    (["--rate", "0"], "--rate"), (["--world", "1"], "--world"), (["--world", "200"], "199"),
    (["--set", "novalue"], "PATH=VALUE"), (["--set", "tsp.as.x=1"], "tsp.as.x"), (["--without", "tsp.as"], "tsp.as"),
    (["--set", "tsp.cps.nothing=1"], "/nothing"), (["--set", "tsp.cps.store.max=many"], "/store/max"),
    (["--set", "tsp.phone.x=1"], "no configuration"), (["--set", "osp.switch.peers.9.addr=x"], "peers.9.addr"),
    (["--nonsense"], "--help"),
])
def test_option_that_is_wrong(tmp_path, args, says):
    out = oobsim("run", "A1", *args, "--report", tmp_path)
    assert out.returncode == 2 and says in out.stderr, out.stderr


def test_list_shows_what_each_proves():
    out = oobsim("list")
    assert out.returncode == 0
    assert A1["title"] in out.stdout and "FLOW-A1" in out.stdout and "AS-06" in out.stdout


def test_list_for_programs():
    out = oobsim("list", "--json")
    entry = next(s for s in json.loads(out.stdout)["scenarios"] if s["id"] == "A1")
    assert entry["title"] == A1["title"] and {"FLOW-A1", "AS-06", "CPS-09"} <= set(entry["proves"])
    assert len(entry["proves"]) == len(set(entry["proves"]))


def test_schema_in_the_tree_is_the_program_s():
    assert (ROOT / "scenarios" / "schema.json").read_text() == oobsim("schema").stdout, \
        "scenarios/schema.json is out of date: oobsim schema > scenarios/schema.json"


def test_schema_knows_every_member_of_a1():
    schema = json.loads(oobsim("schema").stdout)
    assert set(A1) <= set(schema["properties"])
    known = set(schema["properties"]["expect"]["items"]["properties"])
    assert {m for e in A1["expect"] for m in e} <= known
    assert schema["additionalProperties"] is False


def test_help_and_version():
    assert "run" in oobsim("--help").stdout and oobsim("--version").returncode == 0
    for command in ["run", "list", "up", "schema"]:
        out = oobsim(command, "--help")
        assert out.returncode == 0 and f"usage: oobsim {command}" in out.stdout
    assert oobsim().returncode == 2
    out = oobsim("dance")
    assert out.returncode == 2 and "dance" in out.stderr


def test_page_names_every_member_and_kind():
    """docs/scenarios.md against the schema."""
    page = (ROOT / "docs" / "scenarios.md").read_text()
    schema = json.loads(oobsim("schema").stdout)
    for member in list(schema["properties"]) + list(schema["properties"]["calls"]["items"]["properties"]):
        assert f"`{member}`" in page, member
    for member in schema["properties"]["expect"]["items"]["properties"]:
        assert f'"{member}"' in page or f"`{member}`" in page, member
    for word in schema["properties"]["ends"]["enum"] + schema["properties"]["transport"]["enum"]:
        assert f"`{word}`" in page, word
