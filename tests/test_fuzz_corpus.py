"""The corpus of each fuzz target goes through it without a crash (with SAN=address: without a wrong access)."""

import os
import pathlib
import subprocess

import pytest

from conftest import ROOT

FUZZ = pathlib.Path(os.environ.get("OOB_FUZZ", ROOT / "build" / "tests" / "fuzz")).resolve()
TARGETS = sorted(p.stem for p in (ROOT / "tests" / "fuzz").glob("*_fuzz.c"))


@pytest.mark.parametrize("target", TARGETS)
def test_corpus(target):
    corpus = ROOT / "tests" / "fuzz" / "corpus" / target.removesuffix("_fuzz")
    done = subprocess.run([FUZZ / target, corpus], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) >= 1
