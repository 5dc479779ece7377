"""The README's walk-through, played as it stands, and the installer of what is missing."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from conftest import BIN, ROOT


@pytest.fixture
def world(tmp_path):
    """`oobsim up A1` in any world that is free; gives its number."""
    up = subprocess.Popen([BIN / "oobsim", "up", "A1", "--report", tmp_path / "up"], stdout=subprocess.PIPE, text=True)
    number = None
    for line in up.stdout:
        found = re.search(r"up in world (\d+)", line)
        number = found[1] if found else number
        if "Ctrl-C" in line:
            break
    assert number, "the world did not come up"
    yield number
    up.send_signal(signal.SIGINT)
    assert up.wait(20) == 0


def test_publish_by_hand(world, tmp_path):
    block = re.search(r"<!-- tests/test_readme.py.*?```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    block = block.replace("127.9.", f"127.{world}.").replace("build/up", str(tmp_path / "up"))
    block = block.replace("../../bin/", f"{BIN}/")
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    statuses = re.findall(r"^HTTP/1.1 (\d+)", done.stdout, re.M)
    assert statuses == ["201", "200"], done.stdout
    token = (tmp_path / "up" / "world" / "passport").read_text().strip()
    assert done.stdout.rstrip().endswith(token)


def deps(tmp_path, packages, path=None):
    """.ci/deps over a list of our own, as a user who is nobody."""
    shutil.copy(ROOT / ".ci" / "deps", tmp_path / "deps")
    (tmp_path / "packages").write_text(packages)
    tmp_path.chmod(0o755)
    become = ["setpriv", "--reuid=65534", "--clear-groups"] if os.getuid() == 0 else []
    # no sudo on the way, whatever this machine has
    environ = {"PATH": path or "/nonexistent:/usr/bin:/bin"}
    return subprocess.run(become + ["sh", tmp_path / "deps", "demo"], capture_output=True, text=True, timeout=60, env=environ)


@pytest.fixture
def open_dir(tmp_path_factory):
    """A folder that another user may read (pytest's own are private)."""
    path = ROOT / "build" / f"deps-{os.getpid()}"
    path.mkdir(parents=True)
    yield path
    shutil.rmtree(path)


def test_nothing_is_done_when_all_is_there(open_dir):
    done = deps(open_dir, "libc6  demo  the C library\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_missing_packages_are_one_command_to_paste(open_dir):
    done = deps(open_dir, "# list\nlibc6  demo  the C library\nno-such-a  demo  x\nno-such-b  demo  y\nno-such-c  test  z\n")
    assert done.returncode == 2
    assert "apt-get install -y --no-install-recommends no-such-a no-such-b\n" in done.stderr
    assert "libc6" not in done.stderr and "no-such-c" not in done.stderr


def test_deps_wants_to_know_for_what(open_dir):
    done = subprocess.run(["sh", ROOT / ".ci" / "deps", "all"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "usage" in done.stderr
