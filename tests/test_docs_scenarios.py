"""docs/scenarios.md against oobsim: what a reader copies from there must be what it takes, and what it does."""

import json
import re

import pytest

import docs_kit
from docs_kit import SCENARIOS, runs, table, usage, whole_scenarios, words  # noqa: F401  fixture
from oobsim_kit import oobsim


def schema():
    return json.loads(oobsim("schema").stdout)


def tables_of_members():
    """(heading in the page, members in the schema, those that are required)."""
    top = schema()
    provider = top["properties"]["providers"]["additionalProperties"]
    call, expect = (top["properties"][name]["items"] for name in ("calls", "expect"))
    return [(heading, s["properties"], s.get("required", [])) for heading, s in
            (("member | form", top), ("of a provider", provider), ("of a call", call), ("of an expectation", expect))]


def bounds(spec):
    for low, high in (("minimum", "maximum"), ("minItems", "maxItems"), ("minProperties", "maxProperties")):
        if high in spec:
            return spec[low], spec[high]
    return None


@pytest.mark.parametrize("i", range(4), ids=["scenario", "provider", "call", "expectation"])
def test_members_are_those_of_the_schema(i):
    heading, properties, required = tables_of_members()[i]
    rows = {words(row[0])[0]: row for row in table(SCENARIOS, heading)}
    assert set(rows) == set(properties)
    for name, (_, form, default, _) in rows.items():
        spec = properties[name]
        assert (default == "required") == (name in required), name
        if "enum" in spec:
            assert words(form) == spec["enum"], name
            assert default in ("required", f"`{spec['enum'][0]}`"), name
        if "default" in spec:
            assert default == str(spec["default"]), name
        if bounds(spec):
            low, high = bounds(spec)
            assert re.search(rf"(?<!\d){high}(?!\d)", form) and (low == 0 or str(low) in form), name


def test_examples_name_no_member_that_does_not_exist():
    known = {name for _, properties, _ in tables_of_members() for name in properties}
    for row in table(SCENARIOS, "expectation"):
        for example in words(row[0]):
            said = json.loads(re.sub(r"\bE\b", '"osp.as as.signed"', example))
            assert set(said) <= known, example


@pytest.mark.parametrize("i", range(len(table(SCENARIOS, "expectation"))))
def test_example_of_an_expectation_is_accepted(i, tmp_path):
    example = words(table(SCENARIOS, "expectation")[i][0])[0]
    events = iter(['"osp.switch -> osp.gw INVITE"', '"tsp.gw -> tsp.switch INVITE"'])  # no expectation names one twice
    said = json.loads(re.sub(r"\bE\b", lambda _: next(events), example))
    accepted(json.loads(whole_scenarios()["first"]) | {"expect": [said]}, tmp_path)


def accepted(scenario, tmp_path):
    """Read and found good, and not run: the file behind it, which does not exist, stops the command (all are read first)."""
    file = tmp_path / "scenario.json"
    file.write_text(scenario if isinstance(scenario, str) else json.dumps(scenario))
    done = oobsim("run", file, tmp_path / "none.json", "--report", tmp_path / "report")
    assert done.returncode == 2 and "none.json" in done.stderr and "scenario.json" not in done.stderr, done.stderr
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("name", whole_scenarios())
def test_whole_scenario_is_accepted(name, tmp_path):
    accepted(whole_scenarios()[name], tmp_path)


def test_accepted_would_find_a_mistake(tmp_path):
    with pytest.raises(AssertionError):
        accepted(json.loads(whole_scenarios()["first"]) | {"expect": [{"at": "tsp.vs"}]}, tmp_path)


@pytest.mark.parametrize("name", whole_scenarios())
def test_whole_scenario_passes(name, tmp_path, runs):
    seen = runs.get(name) or docs_kit.Seen(name, tmp_path)
    assert seen.done.returncode == 0, seen.done.stdout
    assert f"{name} pass" in seen.done.stdout


def test_every_json_block_is_json():
    blocks = re.findall(r"^```json\n(.*?)^```$", SCENARIOS.read_text(), re.M | re.S)
    assert len(blocks) == len(whole_scenarios()) >= 3 and all(json.loads(b) for b in blocks)


def test_first_scenario_is_short():
    assert len(whole_scenarios()["first"].splitlines()) <= 10


def test_mistake_that_the_page_shows(tmp_path):
    shown = re.search(r"^    (first\.json:\d+:\d+: .*)$", SCENARIOS.read_text(), re.M)[1]
    number = re.search(r'got "(\+\d+)"', shown)[1]
    file = tmp_path / "first.json"
    file.write_text(whole_scenarios()["first"].replace("+19032469103", number))
    done = oobsim("run", file)
    assert done.returncode == 2 and shown in done.stderr


def test_written_events_are_accepted(tmp_path):
    events = [words(row[0])[0] for row in table(SCENARIOS, "written")]
    accepted(json.loads(whole_scenarios()["first"]) | {"expect": [{"order": events}]}, tmp_path)


def test_options_of_run():
    page = {words(row[0])[0].split()[0] for row in table(SCENARIOS, "option")}
    known = set(re.findall(r"^  (--[\w-]+)", usage("oobsim", "run"), re.M))
    assert page == known - {"--help"}


def test_report_files(runs):
    page = {words(row[0])[0].rstrip("/") for row in table(SCENARIOS, "file")}
    kept = runs["vs-without-crl --set tsp.vs.policy.on_failure=refuse"]
    assert kept.done.returncode == 1
    assert page == {file.name for file in kept.report.iterdir()}
