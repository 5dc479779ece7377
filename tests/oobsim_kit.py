"""Driving oobsim as a user would: scenarios written to a file, runs, their traces, and what they leave behind."""

import copy
import json
import os
import pathlib
import re
import shutil
import subprocess

from conftest import BIN, ROOT

A1 = json.loads((ROOT / "scenarios" / "A1.json").read_text())
LIMIT_S = 100


def scenario(folder, **members):
    """A1 with other members (None takes one away), written to a file of the folder."""
    scn = copy.deepcopy(A1)
    scn.pop("$schema")
    scn = {k: v for k, v in {**scn, **members}.items() if v is not None}
    file = pathlib.Path(folder) / "scenario.json"
    file.write_text(json.dumps(scn, indent=1))
    return file


def oobsim(*args, env=None, tidy=True):
    """tidy: a report that `conform` keeps of a failure, though nobody asked for one, is removed."""
    done = subprocess.run([BIN / "oobsim", *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S,
                          env={**os.environ, **(env or {})})
    if tidy and args[:1] == ("conform",):
        for folder in set(re.findall(r"build/runs/conform-[\w-]+", done.stdout)):
            shutil.rmtree(ROOT / folder, ignore_errors=True)
    return done


def start(*args, env=None):
    return subprocess.Popen([BIN / "oobsim", *map(str, args)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env={**os.environ, **(env or {})})


class Run:
    """One `oobsim run --json`, kept."""

    def __init__(self, report, *args):
        self.report = pathlib.Path(report)
        self.process = oobsim("run", *args, "--json", "--keep", "--report", report)
        self.code = self.process.returncode
        self.stderr = self.process.stderr
        self.out = json.loads(self.process.stdout) if self.process.stdout else {}
        self.scenario = self.out["scenarios"][0] if self.out else {}
        self.checks = {c["id"]: c for c in self.scenario.get("checks", [])}

    def verdicts(self):
        return {name: c["verdict"] for name, c in self.checks.items()}

    def failed(self):
        return {name for name, verdict in self.verdicts().items() if verdict == "fail"}

    def trace(self):
        return [json.loads(line) for line in (self.report / "trace.jsonl").read_text().splitlines()]

    def names(self):
        return {e["data"]["addr"]: e["data"]["name"] for e in self.trace() if e.get("what") == "world.element"}

    def notes(self, what):
        return [e for e in self.trace() if e["kind"] == "note" and e["what"] == what]

    def messages(self, kind, source, to, begin=""):
        """Messages between two elements, each end's event, whose first line begins so."""
        names = self.names()

        def name(address):
            return names.get(address.rsplit(":", 1)[0], address)

        return [e for e in self.trace() if e["kind"] == kind and name(e["src"]) == source and name(e["dst"]) == to
                and e.get("raw", "").startswith(begin)]

    def isup(self, source, to):
        """ISUP octets of the M3UA DATA messages that `source` sent."""
        out = []
        for e in self.messages("isup", source, to):
            m3ua = bytes.fromhex(e["hex"])
            if e["dir"] == "tx" and m3ua[2:4] == b"\x01\x01":
                at = m3ua.index(b"\x02\x10", 8)
                length = int.from_bytes(m3ua[at + 2:at + 4], "big")
                out.append(m3ua[at + 16:at + length])
        return out


def header(message, name):
    """Values of a header of a SIP or HTTP message, in their order."""
    return re.findall(rf"^{name}:[ \t]*(.*?)\r?$", message.split("\r\n\r\n")[0], re.M | re.I)


def processes_of(text):
    """Commands of all processes that have `text` (a report's folder) among their arguments, without oobsim itself."""
    found = {}
    for proc in pathlib.Path("/proc").iterdir():
        if not proc.name.isdigit():
            continue
        try:
            words = (proc / "cmdline").read_bytes().split(b"\0")
            state = (proc / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state != "Z" and any(str(text).encode() in w for w in words[1:]) and not words[0].endswith(b"/oobsim"):
            found[int(proc.name)] = b" ".join(words).decode()
    return found
