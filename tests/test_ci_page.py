"""docs/ci.md: the jobs are YAML, and what they run is what there is."""

import json
import os
import re
import shlex
import subprocess

import pytest

from conftest import BIN, ROOT
from oobsim_kit import oobsim
from test_conform import WORDS

PAGE = (ROOT / "docs" / "ci.md").read_text()


# --- YAML, as much as CI jobs need: maps, lists, plain and quoted scalars, [flow, lists], | blocks ---


def scalar(text):
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [scalar(t) for t in text[1:-1].split(",")]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    assert not re.match(r"[&*!|>%@`{]", text), f"not read here: {text}"
    # ": " and " #" would end a plain scalar
    assert ": " not in text and " #" not in text, text
    return text


def indent(line):
    return len(line) - len(line.lstrip(" "))


def block_scalar(lines, at, above):
    taken = []
    while at < len(lines) and indent(lines[at]) > above:
        taken.append(lines[at].strip())
        at += 1
    return "\n".join(taken), at


def value_of(lines, at, text, depth):
    """What follows `name:` or `- ` at a depth: on its line, or in the lines below."""
    if text.strip() == "|":
        return block_scalar(lines, at, depth)
    if text.strip():
        return scalar(text), at
    below = at < len(lines) and (indent(lines[at]) > depth or indent(lines[at]) == depth and lines[at].lstrip().startswith("- "))
    return node(lines, at, indent(lines[at])) if below else (None, at)


def node(lines, at, depth):
    """A map or a list whose lines begin at that depth. @return it, and the line behind it"""
    out = [] if lines[at].lstrip().startswith("- ") else {}
    while at < len(lines) and indent(lines[at]) == depth:
        line = lines[at].strip()
        if isinstance(out, list):
            if not line.startswith("- "):
                break
            if re.match(r"- [\w-]+:( |$)", line):  # a map that begins behind the dash
                lines[at] = " " * (depth + 2) + line[2:]
                value, at = node(lines, at, depth + 2)
            else:
                value, at = scalar(line[2:]), at + 1
            out.append(value)
            continue
        name, colon, rest = line.partition(":")
        assert colon and (not rest or rest[0] == " ") and name not in out, line
        out[name], at = value_of(lines, at + 1, rest, depth)
    return out, at


def yaml(text):
    assert "\t" not in text
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    out, at = node(lines, 0, 0)
    assert at == len(lines), f"not read: {lines[at]}"
    return out


def test_the_reader():
    assert yaml("a: [x, 'y z']\nb:\n  - c: 1\n    d:\n      e: f\n  - g\nh: |\n  i\n  j\nk:\n- l") == {
        "a": ["x", "y z"], "b": [{"c": "1", "d": {"e": "f"}}, "g"], "h": "i\nj", "k": ["l"]}
    for bad in ("a: 1\n   b: 2", "a", "a: 1\na: 2", "a: {b: 1}", "a: b: c", "- a\nb: c"):
        with pytest.raises(AssertionError):
            yaml(bad)


# --- the jobs ---

BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
GITHUB, GITLAB = (yaml(block) for block in BLOCKS)


def github_commands():
    return [step["run"] for step in GITHUB["jobs"]["cps"]["steps"] if "run" in step]


def gitlab_commands():
    job = GITLAB["conformance"]
    return job["before_script"] + job["script"]


def test_github_job():
    job = GITHUB["jobs"]["cps"]
    assert set(GITHUB) == {"name", "on", "jobs"} and job["runs-on"] and job["container"] == "debian:12"
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step)
    upload = job["steps"][-1]
    assert upload["uses"].startswith("actions/upload-artifact@") and upload["if"] == "always()"
    assert upload["with"]["path"].split() == ["report", "junit.xml"]
    assert any(step.get("with", {}).get("path") == "bench" for step in job["steps"])


def test_gitlab_job():
    job = GITLAB["conformance"]
    assert job["image"] == "debian:12"
    assert job["artifacts"] == {"when": "always", "paths": ["report"], "reports": {"junit": "junit.xml"}}


@pytest.mark.parametrize("commands", [github_commands, gitlab_commands])
def test_what_is_installed_and_built(commands, tmp_path):
    """The packages' script knows the word, and make the target; nothing is installed or built here."""
    text = " && ".join(commands())
    word = re.search(r"bench/\.ci/deps (\w+)", text)[1]
    deps = (ROOT / ".ci" / "deps").read_text()
    assert os.access(ROOT / ".ci" / "deps", os.X_OK) and f"\n{word}) " in deps
    words = shlex.split(re.search(r"make -C bench [^&]*", text)[0])
    done = subprocess.run(["make", "-n", f"O={tmp_path}", "-C", ROOT, *words[3:]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "bin/oobsim" in done.stdout, done.stderr
    # what the scripts need before .ci/deps can run
    assert {"make", "git"} <= set(re.search(r"apt-get install ([^&]*)", text)[1].split())


def sut(folder, *options):
    (folder / "sut.json").write_text(json.dumps({
        "name": "another", "roles": ["cps"], "capabilities": ["retrieval"], "reasons": WORDS,
        "process": {"command": ["/usr/bin/python3", str(ROOT / "tests" / "conform_cps.py"), *options]}}))


@pytest.mark.parametrize("commands", [github_commands, gitlab_commands])
def test_the_command_line(commands, tmp_path):
    """As it stands there, with a few cases only; the known failures are those that the page shows."""
    line, = [c for c in commands() if "oobsim conform" in c]
    program, *words = shlex.split(line)
    assert program == "bench/build/bin/oobsim"
    known = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.S)[1])
    (tmp_path / "known.json").write_text(json.dumps(known))
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")  # any build tree but build/ finds them from here

    def run(*options):
        sut(tmp_path, *options)
        return subprocess.run([BIN / "oobsim", *words, "--case", "CPS-07/get", "--case", "CPS-04/word", "--case", "CPS-06/cert-rogue"],
                              cwd=tmp_path, capture_output=True, text=True, timeout=100)

    assert run("--sloppy", "method").returncode == 0
    assert (tmp_path / "report" / "report.html").exists() and (tmp_path / "junit.xml").exists()
    done = run("--sloppy", "method", "--sloppy", "chain")
    assert done.returncode == 1 and "  ladder    report/cases/cps/CPS-06/cert-rogue/ladder.txt:" in done.stdout
    assert run().returncode == 1  # one is mended, and listed
    assert run("--trouble", "crash-at-start").returncode == 3


# --- the rest of the page ---


def test_files_that_the_page_names(tmp_path):
    sut(tmp_path, "--sloppy", "method")
    oobsim("conform", "cps", "--sut", tmp_path / "sut.json", "--case", "CPS-07/get", "--report", tmp_path / "r")
    for name in re.findall(r"^\| `([^`]+)` \|", PAGE, re.M):
        path = name.replace("ROLE/ID", "cps/CPS-07/get").replace("ROLE-N", "cps-0")
        assert name.isdigit() or (tmp_path / "r" / path).exists(), name


def test_options_that_the_page_names():
    said = oobsim("conform", "--help").stdout + oobsim("schema", "--help").stdout
    lines = re.findall(r"oobsim (?:conform|schema) [^\n`]*", PAGE) + re.findall(r"`--[^\n`]*`", PAGE)
    options = {option for line in lines for option in re.findall(r"--[a-z]+", line)}
    assert len(options) > 6
    for option in options:
        assert option in said, option
