"""The configurations of docs/examples, run together as their pages say: a call signed, published, fetched, verified."""

import contextlib
import json
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import ROOT
from standin import Cscf
from stirkit import run, start


EXAMPLES = ROOT / "docs" / "examples"
PAGES = ["sti-pki", "ref-cps", "ref-vs", "ref-as"]


def example(program, prefix="127.0.0."):
    """The example as it stands, but in this test's own network."""
    return json.loads((EXAMPLES / f"{program}.json").read_text().replace("127.0.0.", prefix))


def commands(page, prefix):
    """What the page says is to be done with sti-pki before the program is started."""
    lines = re.findall(r"^    sti-pki (?!serve)(.*[^|])$", (EXAMPLES / f"{page}.md").read_text(), re.M)
    return [shlex.split(line.replace("127.0.0.", prefix)) for line in lines if "…" not in line]


def fragments():
    """(program, member, its value) of each part of a configuration that a page shows."""
    for page in sorted(EXAMPLES.glob("*.md")):
        for block in re.findall(r'^((?:    .*\n)+)', page.read_text(), re.M):
            if block.startswith('    "'):
                for member, value in json.loads("{" + block + "}").items():
                    yield page.stem, member, value


def sti_pki(*args):
    code, out, err = run("sti-pki", *args)
    assert code == 0, err
    return json.loads(out.splitlines()[0])


def start_pki(config, folder):
    path = folder / "sti-pki.json"
    path.write_text(json.dumps(config))
    return start("sti-pki", None, folder, "serve", "--config", str(path))


@pytest.fixture
def beside_one_another(net, tmp_path, monkeypatch):
    """A PKI as the pages make it, served; up(program, members that are other ones…) starts an example in it."""
    monkeypatch.chdir(tmp_path)  # files in the examples are relative to where programs are started
    prefix = net(2).removesuffix("2")
    said = [sti_pki(*command) for page in PAGES for command in commands(page, prefix)]
    x5u = {"x5u": next(line["x5u"] for line in said if line.get("spc") == "1234")}
    with contextlib.ExitStack() as stack:
        def up(program, **changed):
            config = example(program, prefix) | changed | (x5u if program == "ref-as" else {})
            return stack.enter_context(start(program, config, tmp_path))
        stack.enter_context(start_pki(example("sti-pki", prefix), tmp_path))
        yield up


def test_examples_work_together(beside_one_another):
    cps, vs, sti_as = (beside_one_another(program) for program in ("ref-cps", "ref-vs", "ref-as"))
    with Cscf(sti_as.ready["sip"]) as cscf:
        (token,) = cscf.ask().tokens()
    assert sti_as.note("as.published")["data"]["status"] == 201
    assert sti_as.note("as.discovered")["data"]["source"] == "sti-pa"
    with Cscf(vs.ready["sip"]) as cscf:
        answer = cscf.ask()
    assert ";verstat=TN-Validation-Passed@tsp.example" in answer.header("P-Asserted-Identity")
    assert answer.tokens() == [token]
    assert cps.note("cps.deleted")["data"] == {"why": "call", "count": 1, "size": 0}


def test_by_hand_as_the_page_of_the_cps_says(beside_one_another, net):
    """curl publishes and fetches: a witness that shares nothing with the elements."""
    text = (EXAMPLES / "ref-cps.md").read_text().replace("127.0.0.", net(2).removesuffix("2")).replace("\\\n", "")
    publish, fetch = (shlex.split(command) for command in re.findall(r"^    (curl .*)$", text, re.M))
    beside_one_another("ref-cps")
    sti_as = beside_one_another("ref-as", numbers=[])  # which then publishes nothing
    with Cscf(sti_as.ready["sip"]) as cscf:
        (token,) = cscf.ask().tokens()
    pathlib.Path("passport").write_text(token)
    for command, body in ((publish, ""), (fetch, token)):
        done = subprocess.run(command + ["-sS", "--fail"], capture_output=True, text=True, timeout=20)
        assert (done.returncode, done.stdout) == (0, body), done.stderr


@pytest.mark.parametrize("program, member, value", list(fragments()), ids=lambda v: v if isinstance(v, str) else "")
def test_part_of_a_configuration_is_accepted(program, member, value, tmp_path):
    code, out, err = run(program, "--print-config", config=example(program) | {member: value}, folder=tmp_path)
    assert code == 0, err
    assert json.loads(out)[member].items() >= {k: v for k, v in value.items() if not isinstance(v, (dict, list))}.items()


def test_pages_have_what_is_played():
    assert [len(commands(page, "127.0.0.")) for page in PAGES] == [4, 2, 0, 2]
    assert [f[:2] for f in fragments()] == [("ref-cps", "push"), ("ref-cps", "forward"), ("ref-vs", "push")]
