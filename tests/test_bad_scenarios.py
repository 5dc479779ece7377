"""Scenario files with one mistake each (tests/bad-scenarios): refused before anything is started, with the very words beside them."""

import pytest

from conftest import ROOT
from oobsim_kit import oobsim

FOLDER = ROOT / "tests" / "bad-scenarios"
NAMES = sorted(p.stem for p in FOLDER.glob("*.json"))


def test_there_are_fifty_and_more():
    assert len(NAMES) >= 50
    assert sorted(p.stem for p in FOLDER.glob("*.error")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_refused_with_the_place(tmp_path, name):
    out = oobsim("run", FOLDER / f"{name}.json", "--report", tmp_path / "r")
    assert out.stderr == f"oobsim run: {FOLDER / name}.json{(FOLDER / f'{name}.error').read_text()}"
    assert out.returncode == 2 and out.stdout == "" and not (tmp_path / "r").exists()


def test_mistake_is_what_stands_there():
    """A few places looked up: the line that is told holds what is told of it."""
    for name, what in [("number-of-nobody", '"to": "+15552469103"'), ("path-to-itself", '"osp", "tdm", "osp"'),
                       ("set-interface", '"as.interface"'), ("expect-two-stores", '"stored": 1'), ("retarget-backwards", '"+12013770000"')]:
        line = int((FOLDER / f"{name}.error").read_text().split(":")[1])
        assert what in (FOLDER / f"{name}.json").read_text().splitlines()[line - 1], name
