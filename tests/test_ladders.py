"""docs/ladders: the pictures are what the program draws today."""

import subprocess

import pytest

from conftest import BIN, ROOT
from oobsim_kit import LIMIT_S, Run, oobsim

FOLDER = ROOT / "docs" / "ladders"
IDS = ["A1", "A2", "A3", "A4", "A5", "B1", "B2", "B3", "B4"]
WIDEST = 168


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ladders")
    out = oobsim("run", *IDS, "--jobs", "2", "--report", folder)
    assert out.returncode == 0, out.stdout
    return folder


def draw(report, *options):
    out = subprocess.run([BIN / "oobsim", "ladder", *options, report], capture_output=True, text=True, timeout=LIMIT_S)
    assert out.returncode == 0, out.stderr
    return out.stdout


@pytest.mark.parametrize("name", IDS)
def test_picture_is_up_to_date(reports, tmp_path, name):
    kept, drawn = (FOLDER / f"{name}.txt").read_text(), draw(reports / name, "--no-times")
    for again in range(5):  # on a busy machine the answer may overtake the ringing: a call like that is another picture
        if drawn == kept:
            break
        run = Run(tmp_path / str(again), name)
        drawn = draw(run.report, "--no-times")
    assert kept == drawn, f"oobsim run {name} --report R && oobsim ladder --no-times R > docs/ladders/{name}.txt"


@pytest.mark.parametrize("name", IDS)
def test_picture_can_be_read(name):
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    assert max(map(len, lines)) <= WIDEST
    # every step of 5.3 is there, by its number
    numbers = {line[:2].strip() for line in lines} - {"", "#"}
    assert numbers == {str(n) for n in range(1, 12)}
    lost = [line for line in lines if "LOST HERE" in line]
    legs = {"A1": 1, "A2": 1, "A3": 1, "A4": 1, "A5": 1, "B1": 0, "B2": 2, "B3": 1, "B4": 1}
    assert len(lost) == legs[name]


def test_readme_shows_the_first():
    block = (ROOT / "README.md").read_text().split("```\n")[1].removesuffix("...\n")
    assert len(block.splitlines()) > 25 and (FOLDER / "A1.txt").read_text().startswith(block)


def test_page_shows_each():
    page = (FOLDER / "README.md").read_text()
    assert all(f"({name}.txt)" in page for name in IDS)


def test_times_are_there_by_default(reports):
    assert "ms" in draw(reports / "A1").splitlines()[0] and "ms" not in draw(reports / "A1", "--no-times").splitlines()[0]


def test_mermaid_without_times_is_stable_too(reports, tmp_path):
    options = ["--no-times", "--format", "mermaid"]
    drawn = draw(reports / "A1", *options)
    others = (draw(Run(tmp_path / str(again), "A1").report, *options) for again in range(5))
    assert drawn in others


def test_lanes_of_a_long_path_are_narrow_but_there(tmp_path):
    run = Run(tmp_path / "r", "B5-ooo")
    assert run.code == 0
    heads = draw(run.report, "--no-times").splitlines()[:2]
    assert heads[0].split() == ["osp", "r1", "r2", "r3", "tsp"]
    assert heads[1].split()[1:5] == ["phone", "switch", "as", "gw"] and heads[1].split()[-1] == "phone"
