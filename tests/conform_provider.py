#!/usr/bin/python3
"""A provider that is put together in another way, for testing the bench: it starts elements from one configuration file.

    conform_provider.py [--other-cps] [--sloppy MISTAKE]… [--trouble WHAT] CONFIG

Its elements are programs of this project, beside oobsim; with --other-cps the CPS is that of conform_cps.py. A MISTAKE configures
one of them wrongly; WHAT makes the whole misbehave as a program.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

PROGRAMS = {"switch": "oob-switch", "gw": "oob-gateway", "as": "ref-as", "vs": "ref-vs", "cps": "ref-cps"}
# element and members that are wrong
MISTAKES = {
    "signs-nothing": ("switch", {"as": {"uri": "sip:127.0.0.1:1;transport=tcp", "timeout_ms": 1}}),
    "publishes-nothing": ("as", {"cps": {}}),
    "waits-for-cps": ("as", {"faults": {"wait_for_cps": True}}),
    "attests-all": ("as", {"faults": {"claims": {"attest": "C"}}}),
    "leaks": ("gw", {"faults": {"leak_identity": True}}),
    "believes-all": ("vs", {"faults": {"verstat": "TN-Validation-Passed"}}),
    "never-asks": ("vs", {"cps": {}}),
    "forgets-nothing": ("cps", {"faults": {"keep_taken": True}}),
    "one-cause": ("gw", {"faults": {"cause": 41}}),
}
TROUBLES = ["mute", "crash-at-start", "cannot", "crash", "deaf"]


def program(element):
    beside = pathlib.Path(os.environ.get("OOB_BIN", "build/bin")) / PROGRAMS[element]
    return str(beside if beside.exists() else shutil.which(PROGRAMS[element]))


def start(name, conf, folder, args):
    kind = name.rpartition(".")[2]
    for mistake in args.sloppy:
        element, members = MISTAKES[mistake]
        if element == kind:
            conf.update(members)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(conf))
    words = [program(kind), "--config"] if kind != "cps" or not args.other_cps else [
        sys.executable, str(pathlib.Path(__file__).parent / "conform_cps.py")]
    return subprocess.Popen([*words, str(file)], stdout=subprocess.PIPE)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--other-cps", action="store_true")
    parser.add_argument("--sloppy", action="append", default=[], choices=MISTAKES)
    parser.add_argument("--trouble", choices=TROUBLES)
    parser.add_argument("config", type=pathlib.Path)
    args = parser.parse_args()
    if args.trouble == "cannot":
        sys.exit(77)
    if args.trouble == "crash-at-start":
        sys.exit("no licence")
    conf = json.loads(args.config.read_text())
    folder = args.config.with_suffix(".d")
    folder.mkdir(exist_ok=True)
    children = [start(name, one, folder, args) for name, one in conf["elements"].items()]

    def stop(*_):
        for child in children:
            child.terminate()
        os._exit(max(child.wait() for child in children))

    signal.signal(signal.SIGTERM, signal.SIG_IGN if args.trouble == "deaf" else stop)
    for child in children:
        child.stdout.readline()
    if args.trouble != "mute":
        print("READY {}", flush=True)
    if args.trouble == "crash":
        time.sleep(0.05)
        for child in children:
            child.kill()
        os._exit(9)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
