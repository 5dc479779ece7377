"""Each case of each C unit program is a test of its own."""

import subprocess

import pytest

from conftest import ROOT, UNIT


def cases():
    found = []
    for source in sorted((ROOT / "tests" / "unit").glob("*_test.c")):
        program = UNIT / source.stem
        if not program.exists():
            found.append((source.stem, None))
            continue
        listing = subprocess.run([program, "--list"], capture_output=True, text=True, timeout=20, check=True)
        found += [(source.stem, name) for name in listing.stdout.split()]
    return found


@pytest.mark.parametrize("program,case", cases())
def test_unit(program, case):
    assert case, f"{program} is not built"
    done = subprocess.run([UNIT / program, "=" + case], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok {case}" in done.stdout.splitlines()
