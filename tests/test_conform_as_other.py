"""oobsim conform as against a STI-AS of another make, good and sloppy, and with secsipidx as its signer."""

import json

import pytest

from conftest import ROOT
from oobsim_kit import oobsim

OTHER = ROOT / "tests" / "conform_as.py"
# what is tried with each mistake, over TCP
TRIED = [
    "AS-01/verifies", "AS-01/attest-own", "AS-01/dest-array", "AS-01/orig", "AS-01/info", "AS-01/iat", "AS-01/origid", "AS-01/x5u",
    "AS-06/slow", "AS-06/at-the-same-time", "AS-10/octets", "AS-11/media-type", "AS-11/path", "AS-11/once",
]
# a mistake of it, to the cases among these that find it
FOUND = {
    "waits": {"AS-06/slow", "AS-06/at-the-same-time"},
    "silent": {"AS-06/slow", "AS-06/at-the-same-time", "AS-10/octets", "AS-11/media-type", "AS-11/path", "AS-11/once"},
    "other-token": {"AS-06/slow", "AS-06/at-the-same-time", "AS-10/octets", "AS-11/media-type", "AS-11/path", "AS-11/once"},
    "attest": {"AS-01/verifies", "AS-01/attest-own"},
    "dest": {"AS-01/verifies", "AS-01/dest-array"},
    "old": {"AS-01/verifies", "AS-01/iat"},
    "plus": {"AS-01/verifies", "AS-01/orig"},
    "no-info": {"AS-01/info"},
    "key": {"AS-01/verifies"},
    "path": {"AS-11/path"},
    "type": {"AS-11/media-type"},
    "x5u": {"AS-01/verifies", "AS-01/x5u"},
    "origid": {"AS-01/verifies", "AS-01/origid"},
    "padding": set(TRIED),
}


def conform(tmp_path, *options, capabilities=("sip-tcp", "sip-udp"), cases=()):
    file = tmp_path / "sut.json"
    file.write_text(json.dumps({
        "name": "another STI-AS", "roles": ["as"], "capabilities": list(capabilities),
        "process": {"command": ["/usr/bin/python3", str(OTHER), *options]},
    }))
    words = [word for i in cases for word in ("--case", i)]
    done = oobsim("conform", "as", "--json", "--sut", file, "--report", tmp_path / "report", *words)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("signer", ["itself", "secsipidx"])
def test_another_make_passes(tmp_path, signer):
    code, report = conform(tmp_path, "--signer", signer)
    assert (code, report["verdict"]) == (0, "pass"), [c for c in report["cases"] if c["verdict"] == "fail"]
    assert report["summary"]["passed"] > 100 and report["summary"]["error"] == 0


@pytest.mark.parametrize("mistake", FOUND)
def test_a_mistake_is_named_by_the_right_case(tmp_path, mistake):
    code, report = conform(tmp_path, "--sloppy", mistake, capabilities=["sip-tcp"], cases=TRIED)
    failed = {c["id"].removesuffix("@sip-tcp") for c in report["cases"] if c["verdict"] == "fail"}
    assert code == 1 and failed == FOUND[mistake]
