"""Scenarios with one element, or a whole provider, of somebody else: what is seen of it is judged, what is not is never passed."""

import json
import os
import subprocess
import sys

import pytest
from conftest import BIN, ROOT
from oobsim_kit import Run, oobsim, scenario, start

PYTHON_CPS = ["/usr/bin/python3", str(ROOT / "tests" / "conform_cps.py")]
PROVIDER = ["oobsim", "provider", "--config"]
# a STI-VS that does not wait long for a PASSporT that will not come
NO_WAIT = {"tsp.vs.cps.wait_ms": 50}
# of A1: what only a CPS of ours tells
INSIDE_CPS = {"verified-before-kept", "deleted-when-the-call-comes", "nothing-left", "no-detours"}


def describe(folder, command, roles=("cps",), **process):
    file = folder / "sut.json"
    file.write_text(json.dumps({"name": "somebody's", "roles": list(roles),
                                "process": {"command": [str(word) for word in command], **process}}))
    return file


def program(folder, text):
    """A small SUT: `text` runs with `conf` read."""
    file = folder / "sut.py"
    file.write_text("import json, os, signal, sys, time\nconf = json.load(open(sys.argv[-1]))\n" + text)
    return [sys.executable, file]


def run(folder, name, sut, *args, scn="A1"):
    return Run(folder / "report", scn, "--sut", f"{name}={sut}", *args)


def hasty(folder):
    """A1 that does not wait long for what will not come."""
    return scenario(folder, wait_ms=200)


@pytest.fixture(scope="module")
def with_python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python")
    return run(folder, "tsp.cps", describe(folder, PYTHON_CPS))


@pytest.fixture(scope="module")
def with_reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    return run(folder, "tsp.cps", describe(folder, ["ref-cps", "--config"]))


@pytest.fixture(scope="module", params=["osp", "tsp"])
def with_provider(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, run(folder, request.param, describe(folder, PROVIDER, ["osp", "tsp"]))


@pytest.mark.parametrize("which", ["with_python", "with_reference"])
def test_a_call_through_another_cps(which, request):
    made = request.getfixturevalue(which)
    assert made.code == 0, made.stderr + json.dumps(made.verdicts())
    assert made.scenario["calls"] == {"placed": 1, "completed": 1, "verified": 1}
    assert made.checks["verified-out-of-band"]["verdict"] == "pass"
    assert made.checks["steps"]["verdict"] == "pass"
    assert made.checks["tsp.cps.serves"]["verdict"] == "pass"


@pytest.mark.parametrize("which", ["with_python", "with_reference"])
def test_what_is_not_seen_is_not_passed(which, request):
    verdicts = request.getfixturevalue(which).verdicts()
    assert {name for name, v in verdicts.items() if v == "unsupported"} == INSIDE_CPS
    assert {v for name, v in verdicts.items() if name not in INSIDE_CPS} == {"pass"}


def test_it_is_said_what_is_not_seen(with_python):
    check = with_python.checks["verified-before-kept"]
    assert "tsp.cps cps.stored" in check["actual"] and "not ours" in check["actual"]


def test_the_report_says_who_took_part(with_python):
    assert with_python.scenario["with"] == {"tsp.cps": "somebody's"}
    assert json.loads((with_python.report / "report.json").read_text())["scenarios"][0]["with"] == {"tsp.cps": "somebody's"}


def test_it_writes_no_trace(with_python):
    assert "tsp.cps" not in {e["at"] for e in with_python.trace() if e["at"] != "oobsim"}
    told = {e["data"]["name"]: e["data"]["foreign"] for e in with_python.trace() if e.get("what") == "world.element"}
    assert [name for name, foreign in told.items() if foreign] == ["tsp.cps"]


def test_its_messages_are_seen_from_the_other_side(with_python):
    assert len(with_python.messages("https", "osp.as", "tsp.cps", "POST /cps/company/5678")) == 1
    assert len(with_python.messages("https", "tsp.cps", "tsp.vs", "HTTP/1.1 200")) == 1


def test_ladder_and_capture_are_of_the_half_that_is_seen(with_python):
    ladder = (with_python.report / "ladder.txt").read_text()
    assert "tsp.cps" in ladder and "POST  PASSporT copied out-of-band" in ladder and "201" in ladder
    assert (with_python.report / "capture.pcapng").stat().st_size > 1000


def test_junit_skips_what_is_not_seen(with_python):
    assert (with_python.report / "junit.xml").read_text().count("<skipped") == len(INSIDE_CPS)


def test_it_gets_the_configuration_of_ours(with_python):
    conf = json.loads((with_python.report / "world" / "config" / "tsp.cps.json").read_text())
    assert conf["companies"] == ["5678"] and conf["public"]["port"] == 8443


def test_a_mistake_of_another_cps_is_found(tmp_path):
    made = run(tmp_path, "tsp.cps", describe(tmp_path, [*PYTHON_CPS, "--sloppy", "mangles"]), scn=hasty(tmp_path))
    assert made.code == 1 and made.scenario["verdict"] == "fail"
    assert {"verified-out-of-band", "phone-is-shown-it"} <= made.failed()


def test_a_never_that_is_seen_to_happen_fails(tmp_path):
    """Part of the expectation cannot be seen; the other part is broken."""
    scn = scenario(tmp_path, expect=[{"id": "no", "never": ["tsp.cps cps.refused", "osp.as -> tsp.cps POST"]}])
    made = run(tmp_path, "tsp.cps", describe(tmp_path, PYTHON_CPS), scn=scn)
    assert made.verdicts()["no"] == "fail"


def test_attestation_is_read_from_what_another_as_signs(tmp_path):
    scn = scenario(tmp_path, expect=[{"id": "as", "at": "osp.as", "attest": "B"}], wait_ms=100)
    made = run(tmp_path, "osp.as", describe(tmp_path, ["ref-as", "--config"], ["as"]), scn=scn)
    assert made.verdicts() == {"calls": "pass", "osp.as.serves": "pass", "attest": "pass", "as": "fail"}
    assert made.checks["as"]["actual"].endswith('a PASSporT with attest "A"')


@pytest.mark.parametrize("element,ours,role", [
    ("osp.switch", "oob-switch", "switch"), ("osp.gw", "oob-gateway", "gw"), ("tsp.gw", "oob-gateway", "gw"),
    ("tsp.switch", "oob-switch", "switch"), ("tsp.vs", "ref-vs", "vs")])
def test_every_element_can_be_another(tmp_path, element, ours, role):
    made = run(tmp_path, element, describe(tmp_path, [ours, "--config"], [role], ready="ports"))
    assert made.code == 0, made.stderr
    # of gateways A1 asks no note
    assert ("unsupported" in made.verdicts().values()) == (role != "gw")


def test_another_sti_as_connects_from_where_it_likes(tmp_path):
    """Its POST comes from an address that the world does not know: what it says tells who it is."""
    made = run(tmp_path, "osp.as", describe(tmp_path, ["/usr/bin/python3", ROOT / "tests" / "conform_as.py"], ["as"]))
    assert made.code == 0 and made.scenario["calls"]["verified"] == 1, made.stderr
    assert {n for n, v in made.verdicts().items() if v == "unsupported"} == {"answer-does-not-wait", "no-detours"}
    posts = [e for e in made.trace() if e["kind"] == "https" and e["at"] == "tsp.cps" and e.get("raw", "").startswith("POST ")]
    assert len(posts) == 1 and posts[0]["src"].startswith("127.0.0.1:")
    assert "POST  PASSporT copied out-of-band" in (made.report / "ladder.txt").read_text()


def test_another_sti_vs(tmp_path):
    """Steps 8 to 10 are seen from the switch and the CPS."""
    made = run(tmp_path, "tsp.vs", describe(tmp_path, ["/usr/bin/python3", ROOT / "tests" / "conform_vs.py"], ["vs"]))
    assert made.code == 0 and made.scenario["calls"]["verified"] == 1, made.stderr
    assert made.verdicts()["steps"] == made.verdicts()["phone-is-shown-it"] == "pass"
    assert made.verdicts()["verified-out-of-band"] == "unsupported"


def test_pki_of_somebody_else(tmp_path):
    made = run(tmp_path, "pki", describe(tmp_path, ["sti-pki", "serve", "--config"], ["pki"]))
    assert made.code == 0 and set(made.verdicts().values()) == {"pass"}


def test_several(tmp_path):
    sut = describe(tmp_path, ["ref-cps", "--config"])
    vs = tmp_path / "vs.json"
    vs.write_text(json.dumps({"name": "vs", "roles": ["vs"], "process": {"command": ["ref-vs", "--config"]}}))
    made = run(tmp_path, "tsp.cps", sut, "--sut", f"tsp.vs={vs}")
    assert made.code == 0
    assert made.verdicts()["verified-out-of-band"] == "unsupported" and made.verdicts()["phone-is-shown-it"] == "pass"


def test_many_calls(tmp_path):
    made = run(tmp_path, "tsp.cps", describe(tmp_path, ["ref-cps", "--config"]), "--calls", "20")
    assert made.code == 0 and made.scenario["calls"]["verified"] == 20


# --- whole providers ---

def test_a_whole_provider(with_provider):
    name, made = with_provider
    assert made.code == 0, made.stderr
    verdicts = made.verdicts()
    assert verdicts["phone-is-shown-it"] == verdicts[f"{name}.serves"] == verdicts["iam-carries-none"] == "pass"
    assert verdicts["steps"] == "unsupported"
    assert made.scenario["calls"]["verified"] == 1


def test_a_provider_gets_one_file(with_provider):
    name, made = with_provider
    conf = json.loads((made.report / "world" / "config" / f"{name}.json").read_text())
    kinds = {"osp": {"switch", "as", "gw"}, "tsp": {"switch", "vs", "cps", "gw"}}[name]
    assert (conf["provider"], conf["kind"], conf["without"]) == (name, name, [])
    assert set(conf["elements"]) == {f"{name}.{kind}" for kind in kinds}


def test_nothing_of_a_provider_is_traced(with_provider):
    name, made = with_provider
    assert {e["at"] for e in made.trace() if e["at"].startswith(f"{name}.")} <= {f"{name}.phone"}


def test_matrix_with_a_provider(tmp_path):
    out = oobsim("run", "A1", "--matrix", "--sut", f"tsp={describe(tmp_path, PROVIDER, ['tsp'])}", "--json",
                 "--report", tmp_path / "report")
    assert out.returncode == 0 and len(json.loads(out.stdout)["scenarios"]) == 6, out.stderr


def test_dead_elements_are_said_to_a_provider(tmp_path):
    made = run(tmp_path, "tsp", describe(tmp_path, PROVIDER, ["tsp"]), "--without", "tsp.cps", scn=hasty(tmp_path))
    conf = json.loads((made.report / "world" / "config" / "tsp.json").read_text())
    assert conf["without"] == ["tsp.cps"] and "tsp.cps" not in conf["elements"]
    assert made.checks["calls"]["verdict"] == "pass" and made.checks["phone-is-shown-it"]["verdict"] == "fail"


# --- those that misbehave ---

@pytest.mark.parametrize("trouble,code,says", [
    ("crash-at-start", 3, "tsp.cps (somebody's) ended with exit code 1: no database"),
    ("cannot", 3, "unsupported: tsp.cps (somebody's) ended with exit code 77, which says that it cannot do this"),
    ("mute", 3, "tsp.cps was not READY within 800 ms"),
])
def test_one_that_does_not_come_up(tmp_path, trouble, code, says):
    sut = describe(tmp_path, [*PYTHON_CPS, "--trouble", trouble], start_ms=800 if trouble == "mute" else 10000)
    made = run(tmp_path, "tsp.cps", sut)
    assert made.code == code and made.scenario["verdict"] == "error"
    assert says in made.stderr


def test_ports_are_enough(tmp_path):
    made = run(tmp_path, "tsp.cps", describe(tmp_path, [*PYTHON_CPS, "--trouble", "mute"], ready="ports"))
    assert made.code == 0 and made.checks["verified-out-of-band"]["verdict"] == "pass"


def test_one_that_crashes_in_mid_run(tmp_path):
    made = run(tmp_path, "tsp.cps", describe(tmp_path, [*PYTHON_CPS, "--trouble", "crash"]), scn=hasty(tmp_path))
    assert made.code == 1 and made.scenario["verdict"] == "fail"
    assert made.checks["calls"]["verdict"] == "pass"
    assert "exit code 9" in made.checks["tsp.cps.serves"]["actual"]


def test_one_that_does_not_end(tmp_path):
    made = run(tmp_path, "tsp.cps", describe(tmp_path, [*PYTHON_CPS, "--trouble", "deaf"], stop_ms=100))
    assert made.failed() == {"tsp.cps.serves"}
    assert "did not end when told to" in made.checks["tsp.cps.serves"]["actual"]


def test_one_that_ends_with_a_code(tmp_path):
    sut = describe(tmp_path, program(tmp_path, "signal.signal(signal.SIGTERM, lambda *_: os._exit(4))\n"
                                               "print('READY {}', flush=True)\nwhile True: time.sleep(9)\n"))
    made = run(tmp_path, "tsp.cps", sut, scn=hasty(tmp_path))
    assert "exit code 4" in made.checks["tsp.cps.serves"]["actual"]


# --- one that runs somewhere already ---

class Somewhere:
    """A world with a PKI that is kept, and a program of it that outlives it."""

    made = 0

    def __init__(self, folder, without, program):
        self.folder, self.pki = folder, folder / "pki"
        Somewhere.made += 1
        for number in range(199 - os.getpid() % 40 - Somewhere.made, 100, -7):
            self.world = ["--world", str(number), "--pki", str(self.pki)]
            up = start("up", "A1", *self.world, "--json", "--report", folder / "up",
                       *[w for name in without for w in ("--without", name)])
            line = up.stdout.readline()
            if line:
                break
            up.wait()
        self.number = number
        conf = program(folder / "up" / "world" / "config")
        self.process = subprocess.Popen([BIN / conf[0], *conf[1:]], stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        up.terminate()
        up.wait()
        assert ready.startswith("READY")

    def describe(self, roles, **at):
        file = self.folder / "somewhere.json"
        file.write_text(json.dumps({"name": "somewhere", "roles": roles, "address": {
            "at": at, "resolve": {"cps.tsp.example": f"127.{self.number}.2.6"}}}))
        return file

    def end(self):
        self.process.terminate()
        self.process.wait()


def lone_cps(config):
    return ["ref-cps", "--config", config / "tsp.cps.json"]


def lone_provider(config):
    file = config.parent.parent / "tsp.json"
    file.write_text(json.dumps({
        "provider": "tsp", "kind": "tsp", "ocn": "5678", "domain": "tsp.example",
        "elements": {f"tsp.{kind}": json.loads((config / f"tsp.{kind}.json").read_text())
                     for kind in ("switch", "vs", "cps", "gw")}}))
    return ["oobsim", "provider", "--config", file]


@pytest.fixture(scope="module")
def somewhere(tmp_path_factory):
    made = Somewhere(tmp_path_factory.mktemp("somewhere"), ["tsp.cps"], lone_cps)
    yield made
    made.end()


def test_one_that_runs_somewhere(somewhere, tmp_path):
    sut = somewhere.describe(["cps"], public="https://cps.tsp.example:8443", private="https://cps.tsp.example:8444")
    made = run(tmp_path, "tsp.cps", sut, *somewhere.world)
    assert made.code == 0, made.stderr
    assert made.checks["verified-out-of-band"]["verdict"] == "pass"
    assert {n for n, v in made.verdicts().items() if v == "unsupported"} == INSIDE_CPS


@pytest.mark.parametrize("at,code,says", [
    ({"public": "https://cps.tsp.example:8443"}, 2, "/address/at/private: expected its URL"),
    ({"public": "https://cps.tsp.example", "private": "https://cps.tsp.example:8444"}, 2, "with a port"),
    ({"public": "https://nobody.invalid:8443", "private": "https://cps.tsp.example:8444"}, 2, "has no address"),
    ({"public": "https://cps.tsp.example:8443", "private": "https://cps.tsp.example:8449"}, 3, "does not take connections"),
])
def test_mistakes_about_where(somewhere, tmp_path, at, code, says):
    out = oobsim("run", "A1", *somewhere.world, "--sut", f"tsp.cps={somewhere.describe(['cps'], **at)}", "--report", tmp_path / "r")
    assert out.returncode == code and says in out.stderr


def test_a_provider_that_runs_somewhere(tmp_path):
    made = Somewhere(tmp_path, ["tsp.cps", "tsp.vs", "tsp.switch", "tsp.gw"], lone_provider)
    try:
        sut = made.describe(["tsp"], **{"cps.public": "https://cps.tsp.example:8443", "gw.sip": f"sip:127.{made.number}.2.4:5060"})
        got = run(tmp_path, "tsp", sut, *made.world)
    finally:
        made.end()
    assert got.code == 0, got.stderr
    assert got.checks["phone-is-shown-it"]["verdict"] == "pass"


def test_a_kept_pki_is_of_its_place(somewhere, tmp_path):
    out = oobsim("run", "A1", "--listen", "127.0.0.1", "--pki", somewhere.pki, "--report", tmp_path / "r")
    assert out.returncode == 2 and "a kept PKI wants the same --listen and --world" in out.stderr


# --- mistakes of who asks ---

@pytest.mark.parametrize("option,says", [
    ("tsp.cps", "expected NAME=FILE"),
    ("tsp.cps=", "--sut: "),
    ("tsp.phone={sut}", "expected an element of this world that is no phone"),
    ("osp.cps={sut}", "expected an element of this world that is no phone"),
    ("tsp.vs={sut}", "does not play the role vs of tsp.vs"),
    ("tsp={sut}", "does not play the role tsp of tsp"),
])
def test_mistakes(tmp_path, option, says):
    out = oobsim("run", "A1", "--sut", option.format(sut=describe(tmp_path, PYTHON_CPS)), "--report", tmp_path / "r")
    assert out.returncode == 2 and says in out.stderr


def test_two_in_one_place(tmp_path):
    sut = describe(tmp_path, PROVIDER, ["tsp", "cps"])
    out = oobsim("run", "A1", "--sut", f"tsp={sut}", "--sut", f"tsp.cps={sut}", "--report", tmp_path / "r")
    assert out.returncode == 2 and "two implementations" in out.stderr


def test_dead_and_another(tmp_path):
    sut = describe(tmp_path, PYTHON_CPS)
    out = oobsim("run", "A1", "--sut", f"tsp.cps={sut}", "--without", "tsp.cps", "--report", tmp_path / "r")
    assert out.returncode == 2 and "tsp.cps is dead" in out.stderr


@pytest.mark.parametrize("members,says", [
    ({"set": {"tsp.cps.faults.never_answer": True}}, "needs a fault of tsp.cps"),
    ({"clocks": [{"element": "tsp.cps", "offset_s": 5}]}, "needs a wrong clock of tsp.cps"),
])
def test_what_only_ours_can_do(tmp_path, members, says):
    scn = scenario(tmp_path, **members)
    out = oobsim("run", scn, "--sut", f"tsp.cps={describe(tmp_path, PYTHON_CPS)}", "--report", tmp_path / "r")
    assert out.returncode == 3 and "unsupported: " in out.stderr and says in out.stderr


def test_inside_of_a_provider_nothing_is_killed(tmp_path):
    scn = scenario(tmp_path, during=[{"after": "osp.gw -> tsp.gw IAM", "kill": "tsp.cps"}])
    sut = describe(tmp_path, PROVIDER, ["tsp"])
    out = oobsim("run", scn, "--sut", f"tsp={sut}", "--report", tmp_path / "r")
    assert out.returncode == 3 and "inside of" in out.stderr


# --- oobsim provider ---

def test_provider_says_what_it_takes():
    text = oobsim("provider", "--help").stdout
    assert "--config FILE" in text and "elements" in text


@pytest.mark.parametrize("conf,says", [
    ({}, "/provider"),
    ({"provider": "tsp", "kind": "tsp", "ocn": "5678", "domain": "x", "elements": {}}, "/elements"),
    ({"provider": "tsp", "kind": "tsp", "ocn": "5678", "domain": "x", "elements": {"tsp.phone": {}}}, "/elements/tsp.phone"),
    ({"provider": "tsp", "kind": "tsp", "ocn": "5678", "domain": "x", "elements": {"tsp.cps": {"no": 1}}}, "/no"),
])
def test_provider_refuses(tmp_path, conf, says):
    file = tmp_path / "tsp.json"
    file.write_text(json.dumps(conf))
    out = oobsim("provider", "--config", file)
    assert out.returncode == 2 and says in out.stderr


# --- what came with it: numbers again, clocks, claims ---

def test_a_number_calls_again(tmp_path):
    calls = [{"from": "+12013776051", "to": "+19032469103"}, {"from": "+12013776051", "to": "+19032469103", "again": True}]
    scn = scenario(tmp_path, calls=calls, talk_ms=100, set=NO_WAIT,
                   during=[{"after": "tsp.cps -> osp.as 201", "kill": "osp.as"}],
                   expect=[{"id": "first", "at": "tsp.phone", "verstat": "TN-Validation-Passed"},
                           {"id": "second", "at": "tsp.phone", "verstat": "No-TN-Validation"}])
    made = Run(tmp_path / "report", scn)
    assert made.code == 0, made.stderr
    assert [e["data"]["verstat"] for e in made.notes("phone.called")] == ["TN-Validation-Passed", "No-TN-Validation"]
    kept = Run(tmp_path / "kept", scenario(tmp_path, **{**json.loads(scn.read_text()), "wait_ms": 200}), "--set", "tsp.cps.faults.keep_taken=true")
    assert kept.failed() == {"second"}


def test_a_clock_that_is_slow(tmp_path):
    scn = scenario(tmp_path, set=NO_WAIT, clocks=[{"element": "osp.as", "offset_s": -120}], calls=[{"from": "+12013776051", "to": "+19032469103"}],
                   expect=[{"id": "stale", "at": "tsp.cps", "what": "cps.refused", "is": {"reason": "stale"}}])
    assert Run(tmp_path / "report", scn).code == 0


@pytest.mark.parametrize("claims,verdict", [
    ({"orig.tn": "12013776051", "dest.tn.0": "19032469103", "attest": "A"}, "pass"),
    ({"orig.tn": "12013776052"}, "fail"), ({"dest.tn.1": "19032469103"}, "fail"), ({"div.tn": "1"}, "fail")])
def test_claims(tmp_path, claims, verdict):
    scn = scenario(tmp_path, expect=[{"id": "c", "message": "osp.as -> tsp.cps POST", "claims": claims}], wait_ms=10)
    assert Run(tmp_path / "report", scn).verdicts()["c"] == verdict
