"""The documentation against the programs: what a page says must be what they do."""

import re
import subprocess
import sys

import pytest

from conftest import BIN, ROOT
from docs_kit import runs, table, words  # noqa: F401  fixture

sys.path.insert(0, str(ROOT / "docs" / "man"))
import make as man  # noqa: E402

ELEMENTS = ["sti-pki", "ref-as", "ref-cps", "ref-vs", "oob-switch", "oob-gateway"]


@pytest.mark.parametrize("program", man.PROGRAMS)
def test_man_page_is_what_the_program_says(program):
    assert (ROOT / "docs" / "man" / f"{program}.1").read_text() == man.page(BIN, program), \
        f"{program}.1 is out of date: run docs/man/make.py build/bin"


@pytest.mark.parametrize("program", man.PROGRAMS)
def test_version(program):
    out = subprocess.run([BIN / program, "--version"], capture_output=True, text=True, timeout=20)
    assert out.returncode == 0 and re.fullmatch(rf"{program} \d+\.\d+\.\d+\n", out.stdout)


@pytest.mark.parametrize("program", man.PROGRAMS)
def test_unknown_option_is_a_usage_error(program):
    out = subprocess.run([BIN / program, "--no-such-option"], capture_output=True, text=True, timeout=20)
    assert out.returncode == 2 and "no-such-option" in out.stderr and "--help" in out.stderr


@pytest.mark.parametrize("program", ELEMENTS)
def test_example_configuration_is_accepted(program):
    """docs/examples/*.json is what a vendor copies: each member must still be known."""
    example = ROOT / "docs" / "examples" / f"{program}.json"
    command = [BIN / program] + (["serve"] if program == "sti-pki" else [])
    out = subprocess.run(command + ["--config", example, "--print-config"], capture_output=True, text=True, timeout=20)
    assert out.returncode == 0, out.stderr


def test_readme_names_each_package():
    """The README's list of dependencies is the list that is installed."""
    readme = (ROOT / "README.md").read_text()
    for line in (ROOT / ".ci" / "packages").read_text().splitlines():
        if line and not line.startswith("#"):
            assert f"`{line.split()[0]}`" in readme, line


def test_readme_links_lead_somewhere():
    readme = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / target).exists(), target


def test_trace_page_names_every_note_and_no_other():
    """docs/trace.md against the notes in the sources."""
    page = set(re.findall(r"^\| `((?:as|cps|vs|map|switch|gw)\.\w+)`", (ROOT / "docs" / "trace.md").read_text(), re.M))
    code = set()
    for folder in ("ref-as", "ref-cps", "ref-vs", "sim/switch", "sim/gateway", "lib/net"):
        for source in (ROOT / folder).glob("*.c"):
            code |= set(re.findall(r'"((?:as|cps|vs|map|switch|gw)\.[a-z_]+)"', source.read_text()))
    assert page == code


def test_trace_page_names_every_member_of_a_note(runs):
    """Of all notes that the runs of the interface page have."""
    page = {what: set(words(row[1])) for row in table(ROOT / "docs" / "trace.md", "what") for what in words(row[0])}
    notes = [e for run in runs.values() for e in run.trace if e["kind"] == "note"]
    assert len({e["what"] for e in notes}) > 30
    assert [e for e in notes if not set(e.get("data") or {}) <= page[e["what"]]] == []
