"""Worlds: side by side, ended in every way, nothing left behind; what is missing or occupied is told."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

from conftest import BIN, ROOT
from oobsim_kit import LIMIT_S, Run, oobsim, processes_of, scenario, start

PATIENCE_S = 20


def wait_until(holds, what):
    """Poll with a bound: there is no event to wait for in another process's table."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, f"{what} within {PATIENCE_S} s"
        time.sleep(0.02)


def nothing_left(report):
    wait_until(lambda: not processes_of(report), f"processes of {report} end: {processes_of(report)}")


@contextlib.contextmanager
def up(report, *args):
    """A world that is up, and what it says of itself."""
    process = start("up", "A1", "--json", "--report", report, *args)
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate(timeout=LIMIT_S)
        nothing_left(report)


def pid_of(report, name):
    return next(pid for pid, words in processes_of(report).items() if f"--name {name} " in words)


def free_world():
    """A number that nobody has now: another test may take it, but worlds are many."""
    for number in random.sample(range(2, 200), 198):
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
            try:
                sock.bind((f"127.{number}.0.1", 5999))
            except OSError:
                continue
            return number
    raise RuntimeError("no free world")


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path):
    runs = [start("run", "A1", "--calls", "20", "--json", "--report", tmp_path / str(i)) for i in range(3)]
    outs = [json.loads(run.communicate(timeout=LIMIT_S)[0]) for run in runs]
    assert [o["verdict"] for o in outs] == ["pass"] * 3
    addresses = []
    for i in range(3):
        trace = (tmp_path / str(i) / "trace.jsonl").read_text().splitlines()
        addresses.append({json.loads(line)["data"]["addr"] for line in trace if '"world.element"' in line})
    assert all(len(a) == 10 for a in addresses)
    assert not addresses[0] & addresses[1] and not addresses[1] & addresses[2] and not addresses[0] & addresses[2]


def test_up_tells_every_endpoint_name_and_trust_file(tmp_path):
    with up(tmp_path) as (_, world):
        elements = {e["name"]: e for e in world["elements"]}
        assert set(elements) == {"pki", "osp.phone", "osp.switch", "osp.as", "osp.gw", "tsp.gw", "tsp.switch", "tsp.vs",
                                 "tsp.cps", "tsp.phone"}
        for name, element in elements.items():
            assert element["running"] == (not name.endswith("phone"))
        assert elements["tsp.cps"]["serves"]["public"].endswith(":8443")
        assert world["names"]["cps.tsp.example"] == elements["tsp.cps"]["addr"]
        for file in [world["trust"]["pa_root"], world["trust"]["web_ca"]]:
            assert "BEGIN CERTIFICATE" in pathlib.Path(world["provision"], file).read_text()
        with socket.create_connection((elements["osp.switch"]["addr"], 5060), timeout=5):
            pass


def test_up_for_people(tmp_path):
    process = start("up", "A1", "--report", tmp_path)
    text = ""
    while "Ctrl-C" not in text:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        text += line
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=LIMIT_S) == 0
    process.communicate()
    assert "tsp.cps" in text and "cps.tsp.example" in text and "pa-root.pem" in text and "\x1b" not in text
    nothing_left(tmp_path)


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["Ctrl-C", "SIGTERM", "SIGHUP"])
def test_up_ends_when_told(tmp_path, name):
    with up(tmp_path) as (process, _):
        assert len(processes_of(tmp_path)) == 8
        process.send_signal(name)
        assert process.wait(timeout=LIMIT_S) == 0
        assert not processes_of(tmp_path)


def test_up_killed_leaves_nothing(tmp_path):
    with up(tmp_path) as (process, _):
        process.kill()
        process.wait(timeout=LIMIT_S)
        nothing_left(tmp_path)


def test_a_killed_world_is_free_again(tmp_path):
    with up(tmp_path / "first") as (process, world):
        process.kill()
        process.wait(timeout=LIMIT_S)
        nothing_left(tmp_path / "first")
        run = Run(tmp_path / "second", "A1", "--world", world["world"])
        assert run.code == 0, run.stderr


def test_up_tells_of_a_child_that_dies(tmp_path):
    with up(tmp_path) as (process, _):
        os.kill(pid_of(tmp_path, "tsp.cps"), signal.SIGKILL)
        assert process.wait(timeout=LIMIT_S) == 1
        assert "tsp.cps was killed by SIGKILL" in process.stderr.read()
        assert not processes_of(tmp_path)


@contextlib.contextmanager
def long_call(tmp_path):
    """A run that is in the middle of its call: the phones talk for a minute."""
    report = tmp_path / "report"
    process = start("run", scenario(tmp_path, talk_ms=60000), "--json", "--report", report)
    log = report / "world" / "log" / "tsp.phone.calls"
    try:
        wait_until(lambda: log.exists() and log.stat().st_size > 0 or process.poll() is not None, "the phone is called")
        assert process.poll() is None, process.stderr.read()
        yield process, report
    finally:
        process.kill()
        process.communicate(timeout=LIMIT_S)
        nothing_left(report)


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_run_interrupted_leaves_nothing_and_writes_its_trace(tmp_path, name):
    with long_call(tmp_path) as (process, report):
        process.send_signal(name)
        out, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 130 and "interrupted" in err
        assert json.loads(out)["verdict"] == "error"
        assert not processes_of(report)
        assert (report / "trace.jsonl").stat().st_size > 0


def test_run_killed_leaves_nothing(tmp_path):
    with long_call(tmp_path) as (process, report):
        process.kill()
        process.wait(timeout=LIMIT_S)
        nothing_left(report)


@pytest.mark.parametrize("element", ["osp.switch", "tsp.gw", "tsp.cps"])
def test_element_that_dies_in_mid_run_is_an_error_that_names_it(tmp_path, element):
    with long_call(tmp_path) as (process, report):
        os.kill(pid_of(report, element), signal.SIGKILL)
        out, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 3
        assert f"{element} was killed by SIGKILL" in err
        run = json.loads(out)["scenarios"][0]
        assert run["verdict"] == "error" and element in run["error"]
        assert not processes_of(report)


def test_phone_that_dies_fails_the_run(tmp_path):
    with long_call(tmp_path) as (process, report):
        caller = next(pid for pid, words in processes_of(report).items() if "uac-caller-hangs-up" in words)
        os.kill(caller, signal.SIGKILL)
        out, _ = process.communicate(timeout=LIMIT_S)
        checks = {c["id"]: c for c in json.loads(out)["scenarios"][0]["checks"]}
        assert process.returncode == 1 and checks["calls"]["verdict"] == "fail"
        assert "exit code 137" in checks["calls"]["actual"]


def test_sipp_is_missing(tmp_path):
    out = oobsim("run", "A1", "--report", tmp_path, env={"PATH": "/nonexistent"})
    assert out.returncode == 3
    assert "sipp is missing" in out.stderr and "apt-get install sip-tester" in out.stderr
    assert not processes_of(tmp_path)


def test_element_is_missing(tmp_path):
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    for program in BIN.iterdir():
        if program.name == "oobsim":
            shutil.copy(program, bin_dir)
        elif program.name != "ref-cps" and program.is_file():
            (bin_dir / program.name).symlink_to(program)
    out = subprocess.run([bin_dir / "oobsim", "run", "A1", "--report", tmp_path / "report"], cwd=ROOT, capture_output=True,
                         text=True, timeout=LIMIT_S, check=False)
    assert out.returncode == 3 and "ref-cps is missing" in out.stderr and "make" in out.stderr
    assert not processes_of(tmp_path)


@pytest.mark.parametrize("host, port, kind, who", [
    ("1.1", 5060, socket.SOCK_STREAM, "osp.switch"), ("2.5", 5060, socket.SOCK_DGRAM, "tsp.vs"),
    ("2.6", 8444, socket.SOCK_STREAM, "tsp.cps"), ("2.4", 2905, socket.SOCK_STREAM, "tsp.gw"),
])
def test_occupied_address(tmp_path, host, port, kind, who):
    for _ in range(20):  # a world that is free now may be another run's a moment later
        world = free_world()
        with contextlib.closing(socket.socket(socket.AF_INET, kind)) as sock:
            if kind == socket.SOCK_STREAM:  # connections of an earlier world may linger there
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((f"127.{world}.{host}", port))
            except OSError:
                continue
            if kind == socket.SOCK_STREAM:
                sock.listen()
            out = oobsim("run", "A1", "--world", world, "--report", tmp_path)
        if "another run has it" not in out.stderr:
            break
    assert out.returncode == 3, out.stderr
    assert f"127.{world}.{host}:{port}" in out.stderr and who in out.stderr and "occupied" in out.stderr
    assert "--world" in out.stderr and "ss -lntup" in out.stderr


def test_occupied_address_is_passed_by(tmp_path):
    """Without --world, a world in which somebody sits is not taken."""
    with up(tmp_path / "up") as (_, world):
        run = Run(tmp_path / "run", "A1")
        assert run.code == 0 and f"127.{world['world']}.0.2" not in run.names()


def test_world_of_another_run(tmp_path):
    with up(tmp_path / "up") as (_, world):
        out = oobsim("run", "A1", "--world", world["world"], "--report", tmp_path / "run")
    assert out.returncode == 3 and "another run has it" in out.stderr and str(world["world"]) in out.stderr


def test_report_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    out = oobsim("run", "A1", "--report", tmp_path / "file" / "report")
    assert out.returncode == 3 and str(tmp_path / "file") in out.stderr


def test_world_is_removed_after_a_pass_unless_kept(tmp_path):
    assert oobsim("run", "A1", "--report", tmp_path / "a").returncode == 0
    assert oobsim("run", "A1", "--report", tmp_path / "b", "--keep").returncode == 0
    assert not (tmp_path / "a" / "world").exists() and (tmp_path / "a" / "report.json").exists()
    assert (tmp_path / "b" / "world" / "config" / "tsp.cps.json").exists()


def test_world_is_kept_after_a_failure(tmp_path):
    file = scenario(tmp_path, wait_ms=100, expect=[{"at": "tsp.cps", "stored": 7}])
    assert oobsim("run", file, "--report", tmp_path / "r").returncode == 1
    assert (tmp_path / "r" / "world" / "log" / "tsp.cps.log").exists()


def test_report_folder_may_be_used_again(tmp_path):
    for _ in range(2):
        assert oobsim("run", "A1", "--report", tmp_path, "--keep").returncode == 0


def test_private_keys_are_private(tmp_path):
    assert oobsim("run", "A1", "--report", tmp_path, "--keep").returncode == 0
    keys = list((tmp_path / "world" / "pki").rglob("*-key.pem"))
    assert len(keys) > 5 and all(stat.S_IMODE(k.stat().st_mode) == 0o600 for k in keys)


def test_configurations_run_alone(tmp_path):
    """What a world starts an element with is a configuration that a person can use."""
    assert oobsim("run", "A1", "--report", tmp_path, "--keep").returncode == 0
    config = tmp_path / "world" / "config"
    for name, program in {"osp.switch": "oob-switch", "osp.as": "ref-as", "tsp.gw": "oob-gateway", "tsp.vs": "ref-vs",
                          "tsp.cps": "ref-cps"}.items():
        out = subprocess.run([BIN / program, "--config", config / f"{name}.json", "--print-config"], capture_output=True,
                             text=True, timeout=LIMIT_S, check=False)
        assert out.returncode == 0, out.stderr


def test_set_reaches_the_element(tmp_path):
    run = Run(tmp_path, "A1", "--set", "tsp.vs.policy.on_missing=refuse", "--set", "tsp.cps.store.max=17")
    assert run.code == 0
    config = tmp_path / "world" / "config"
    assert json.loads((config / "tsp.vs.json").read_text())["policy"] == {"on_missing": "refuse"}
    assert json.loads((config / "tsp.cps.json").read_text())["store"] == {"max": 17}


def test_runs_side_by_side_that_are_interrupted_leave_nothing(tmp_path):
    process = start("run", "A1", "A2", "B1", "B2", "--jobs", "2", "--report", tmp_path)
    wait_until(lambda: any("--name osp.switch " in words for words in processes_of(tmp_path).values()), "a world is up")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 128 + signal.SIGINT and "interrupted" in err and out == ""
    nothing_left(tmp_path)


def test_runs_side_by_side_that_are_killed_leave_nothing(tmp_path):
    process = start("run", "A1", "A2", "--jobs", "2", "--report", tmp_path)
    wait_until(lambda: any("--name osp.switch " in words for words in processes_of(tmp_path).values()), "a world is up")
    process.kill()
    process.communicate(timeout=LIMIT_S)
    nothing_left(tmp_path)


def test_up_tells_the_names_of_every_interface(tmp_path):
    with up(tmp_path, "--set", "as.interface=http", "--set", "cps.delivery=push") as (_, world):
        assert set(world["names"]) == {"cr.pki.example", "cps.tsp.example", "as.osp.example", "vs.tsp.example"}
