"""docs/up.md as it stands: every command of it in one go, and every member and file that it names."""

import json
import re
import signal
import subprocess
import time

import pytest

from conftest import BIN, ROOT
from up_kit import Phones, World, free_world, up

PAGE = (ROOT / "docs" / "up.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
UPS = re.findall(r"^    (build/bin/oobsim up (?:.*\\\n)*.*)$", PAGE, re.M)


@pytest.fixture
def place(tmp_path):
    """A folder that looks like ours after `make`."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "bin").symlink_to(BIN)
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    return tmp_path


def elsewhere(text, number):
    """World 9 and its ports, in a world that is free."""
    text = text.replace("--world 9", f"--world {number}")
    return re.sub(r"\b109(\d\d)\b", lambda found: str(10000 + 100 * number + int(found[1])), text)


class Up:
    def __init__(self, command, folder):
        self.process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.said = ""
        while "Ctrl-C" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.said += line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        errors = self.process.communicate(timeout=30)[1]
        assert self.process.returncode == 0, errors


def play(block, folder):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_what_is_played():
    assert len(BLOCKS) == 5 and len(UPS) == 3


def test_the_page_from_top_to_bottom(place):
    number = free_world()
    request, check, post, more, own = (elsewhere(block, number) for block in BLOCKS)
    play(request, place)
    with Up(elsewhere(UPS[0], number), place) as world:
        assert f"at ::1, ports {10000 + 100 * number} to {10099 + 100 * number}" in world.said
        assert "x5u of yours" in world.said and "(mine.csr)" in world.said
        out = play(check + post, place)
        assert "csr/osp.pem: OK" in out and "HTTP/1.1 201 Created" in out
        x5u = json.loads(play(more, place / "build/up/provision").splitlines()[-1])["x5u"]
        assert x5u.startswith(f"https://cr.pki.example:{10000 + 100 * number}/certificates/")
    with Up(elsewhere(UPS[1], number), place) as world:
        assert "not started  publish https://cps.tsp.example:" in world.said
        cps = subprocess.Popen(["bash", "-c", f"exec {own}"], cwd=place, stdout=subprocess.PIPE, text=True)
        try:
            assert cps.stdout.readline().startswith("READY ")
            said = json.loads((place / "build/up/provision/provision.json").read_text())
            assert "verstat=TN-Validation-Passed" in Phones(World(said), place / "phones").wait()
            drawn = play("build/bin/oobsim ladder build/up", place)
            assert "tsp.cps" in drawn.splitlines()[0] and "TN-Validation-Passed" in drawn
        finally:
            cps.send_signal(signal.SIGTERM)
            cps.communicate(timeout=20)


def test_phones_that_are_somewhere_else(place):
    with Up(elsewhere(UPS[2], free_world()), place):
        world = World(json.loads((place / "build/up/provision/provision.json").read_text()))
        for name, addr in re.findall(r"(osp|tsp)\.switch\.\w+\.0\.\w+=(?:sip:)?(127[\d.]+)", UPS[2]):
            world.elements[f"{name}.phone"]["sip"] = f"sip:{addr}:5060;transport=tcp"
        assert "verstat=TN-Validation-Passed" in Phones(world, place / "phones").wait()


def test_a_play_that_goes_wrong_is_seen(place):
    """The chain of another world does not end at that one's roots."""
    number = free_world()
    play(BLOCKS[0], place)
    with Up(elsewhere(UPS[0], number), place):
        (place / "build/up/provision/csr/osp.pem").write_bytes((place / "build/up/provision/web-ca.pem").read_bytes())
        with pytest.raises(AssertionError, match="verification failed"):
            play(elsewhere(BLOCKS[1], number), place)


def rows(head):
    """First column of the table whose first header cell is `head`."""
    table = re.search(rf"^\| {head} \|.*?\n\n", PAGE, re.M | re.S)[0]
    return [re.findall(r"`([^`]+)`", line.split("|")[1]) for line in table.strip().splitlines()[2:]]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("up")
    subprocess.run(["bash", "-euc", BLOCKS[0]], cwd=folder, check=True, capture_output=True)
    with up(folder / "r", "--listen", "127.0.0.1", "--csr", f"osp={folder / 'mine.csr'}", scenario="D6") as world:
        yield world


def test_members_of_provision_json(world):
    assert {name for row in rows("member") for name in row} == set(world.said)


@pytest.mark.parametrize("member", ["providers", "elements"])
def test_members_of_members(world, member):
    """All that is there is in the page, and all that is in the page is there."""
    line = re.search(rf"^\| `{member}` \|(.*)\|$", PAGE, re.M)[1]
    found = {name for v in world.said[member] for name in v}
    found |= {name for v in world.said[member] for inner in [v.get("sti"), v.get("tls"), *v.get("signed", [])] if inner
              for name in inner}
    assert set(re.findall(r"`([^`]+)`", line)) == found


def test_files_of_the_folder(world):
    shapes = {name for row in rows("file") for name in row}
    for path in world.folder.rglob("*"):
        if path.is_file():
            name = str(path.relative_to(world.folder))
            shape = re.sub(r"^(tls)/.*?(-key)?\.pem$", r"\1/NAME\2.pem", name)
            shape = re.sub(r"^(sti|csr)/.*?(-key)?\.pem$", r"\1/PROVIDER\2.pem", shape)
            assert shape in shapes, name
            shapes -= {shape} if "/" not in shape else set()
    assert not {s for s in shapes if "/" not in s}


def test_options_of_up():
    usage = subprocess.run([BIN / "oobsim", "up", "--help"], capture_output=True, text=True, timeout=20).stdout
    known = set(re.findall(r"^  (--[\w-]+)", usage, re.M))
    assert {row[0].split()[0] for row in rows("option")} == known - {"--help", "--set"}


def test_lines_of_the_page():
    assert [n for n, line in enumerate(PAGE.splitlines(), 1) if len(line) > 140 and not line.startswith("|")] == []
