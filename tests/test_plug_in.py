"""docs/plug-in.md, walked literally: every description saved as it says, every command typed in its order, in an empty folder."""

import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from conftest import BIN, ROOT

PAGE = (ROOT / "docs" / "plug-in.md").read_text()
LIMIT_S = 100
BLOCK = re.compile(r"(?:^[ \t]*<!-- (?P<how>file|like): (?P<name>\S+) -->\n)?^(?P<indent>[ \t]*)```(?P<kind>\w+)\n(?P<text>.*?)^[ \t]*```$", re.S | re.M)
# a walk through all cases of an implementation that is not whole ends with 1; through one case, or a check, it may not
ALL = re.compile(r"oobsim conform \w+ --sut \S+$")


def blocks():
    for found in BLOCK.finditer(PAGE):
        text = re.sub(f"^{found['indent']}", "", found["text"], flags=re.M)
        yield found["kind"], found["how"], found["name"], text


class Walk:
    """One who follows the page: a folder, and what they have started in the background."""

    def __init__(self, folder):
        self.folder, self.jobs, self.reports = folder, [], {}
        for name in ("tests", "scenarios"):
            (folder / name).symlink_to(ROOT / name)
        self.env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}

    def type(self, line):
        if line.endswith(" &"):
            self.start(line[:-2].split())
        elif line.startswith("kill %"):
            self.end(int(line[6:]))
        else:
            done = subprocess.run(line, shell=True, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=LIMIT_S)
            allowed = (0, 1) if ALL.match(line) else (0,)
            assert done.returncode in allowed, f"$ {line}\n{done.stdout}{done.stderr}"
            self.reports[line] = done.stdout

    def start(self, command):
        job = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True)
        self.jobs.append(job)
        assert re.match("READY|serving", job.stdout.readline()), command

    def end(self, number):
        job = self.jobs[number - 1]
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=10)
        assert job.returncode == 0

    def follow(self):
        try:
            for kind, how, name, text in blocks():
                if kind == "json" and how == "file":
                    (self.folder / name).write_text(text)
                elif kind == "sh":
                    for line in text.strip().splitlines():
                        self.type(line)
        finally:
            for job in self.jobs:
                if job.poll() is None:
                    job.kill()
                    job.communicate()


def look_at_given(folder):
    """What the page says is written is what is written."""
    said = next(json.loads(text) for _, how, name, text in blocks() if (how, name) == ("like", "given/sut.json"))
    written = json.loads((folder / "given" / "sut.json").read_text())
    assert pathlib.Path(written["address"]["provisioned"]) == folder / "given"
    for it in (said, written):
        it["address"]["provisioned"] = ""
        it["address"]["resolve"] = dict.fromkeys(it["address"]["resolve"])
        it["capabilities"] = it["capabilities"][:2]
    assert said == written


@pytest.mark.timeout(300)  # three of its commands run all cases of a role
def test_the_walk(tmp_path):
    """One test, since it is one walk."""
    walk = Walk(tmp_path)
    walk.follow()
    assert len(walk.reports) > 18 and len(walk.jobs) == 2
    look_at_given(tmp_path)
    # the first verdicts that somebody sees who follows the page: most cases pass, none could not be tried
    for line, least in [("oobsim conform cps --sut sut.json", 200), ("oobsim conform judge --sut judge.json", 600),
                        ("oobsim conform cps --sut given/sut.json", 300)]:
        rows = re.findall(r"^(?:cps|judge) +\w +(\d+) +(\d+) +(\d+) +(\d+)$", walk.reports[line], re.M)
        assert sum(int(r[0]) for r in rows) >= least and sum(int(r[3]) for r in rows) == 0, walk.reports[line]


def test_every_block_is_used():
    """No JSON that nobody tries, no command in a block that is not walked."""
    for kind, how, name, text in blocks():
        assert kind in ("json", "sh", "text")
        assert kind != "json" or how, text
    roles = {r for kind, how, _, text in blocks() if kind == "json" for r in json.loads(text)["roles"]}
    assert roles >= {"as", "cps", "vs", "pki", "osp", "tsp", "judge"}
    assert not re.search(r"^    oobsim", PAGE, re.M)
