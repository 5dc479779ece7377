"""oobsim conform: how implementations are attached: as processes, at addresses of their own, with retrieval in their own way."""

import json
import pathlib
import signal
import socket
import subprocess

import pytest

from conftest import BIN, ROOT
from oobsim_kit import oobsim, start

OTHER = ROOT / "tests" / "conform_cps.py"
PYTHON = "/usr/bin/python3"
WORDS = {
    "not-a-token": "form", "wrong-alg": "alg", "bad-url": "x5u", "no-certificate": "cert-fetch", "expired": "cert-date",
    "not-trusted": "cert-untrusted", "no-spc": "cert-spc", "forged": "signature", "old": "stale", "stranger": "client-cert",
}
SOME = ["CPS-01/one-passport", "CPS-03/two-passports", "CPS-04/word", "CPS-06/cert-rogue", "CPS-09/once", "CPS-10/stale-63"]


def conform(*args):
    done = oobsim("conform", "cps", "--json", *args)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def cases(ids):
    return [word for i in ids for word in ("--case", i)]


def verdicts(report):
    return {c["id"]: c["verdict"] for c in report["cases"]}


@pytest.fixture
def sut(tmp_path):
    def write(*options, process=None, **members):
        file = tmp_path / "sut.json"
        file.write_text(json.dumps({
            "name": "another", "roles": ["cps"],
            "process": {"command": [PYTHON, str(OTHER), *options], **(process or {})},
            "capabilities": ["retrieval", "retrieval-put"], "reasons": WORDS, **members,
        }))
        return ["--sut", str(file)]

    return write


# --- a process: when it serves, what it prints, how it ends ---


def test_ports_that_take_connections_are_enough(sut):
    code, report = conform(*sut("--trouble", "mute", process={"ready": "ports"}), *cases(SOME))
    assert code == 0, report["cases"]
    # … and without that it never gets ready
    code, _ = conform(*sut("--trouble", "mute", process={"start_ms": 500}), *cases(SOME[:1]))
    assert code == 3


def test_ports_that_never_open(sut):
    sleeper = {"command": ["/bin/sh", "-c", "sleep 60"], "ready": "ports", "start_ms": 400, "stop_ms": 300}
    code, report = conform(*sut(process=sleeper), *cases(SOME[:1]))
    assert (code, report["cases"][0]["verdict"]) == (3, "error")
    assert "did not serve within 400 ms" in report["cases"][0]["actual"] and ":8443" in report["cases"][0]["actual"]


def test_megabytes_of_rubbish_on_both_outputs(sut):
    code, report = conform(*sut("--trouble", "flood"), *cases(SOME))
    assert code == 0, report["cases"]


def test_one_that_ends_before_it_serves(sut):
    code, report = conform(*sut("--trouble", "ends-early"), *cases(SOME[:1]))
    assert (code, report["cases"][0]["verdict"]) == (3, "error") and "exit code 0" in report["cases"][0]["actual"]


def test_the_verdict_does_not_depend_on_who_ran_before(sut):
    """A crash belongs to the case in which it came; in any order, in parallel or not."""
    argv = [*sut("--sloppy", "fresh"), *cases(SOME)]
    want = verdicts(conform(*argv, "--jobs", "1")[1])
    assert want["CPS-10/stale-63"] == "fail"
    for more in (["--jobs", "4"], ["--shuffle", "3"], ["--shuffle", "9", "--jobs", "2"]):
        assert verdicts(conform(*argv, *more)[1]) == want


# --- retrieval in ways of its own ---

WAYS = {
    "get": {"url": "https://cps.tsp.example:8444/passports?orig={orig}&dest={dest}&call={call}"},
    "command": {"command": [PYTHON, str(OTHER), "--fetch", "{config}"]},
    "sip": {"vs": "sip:{addr}:5060;transport=tcp"},
}
# those that are a matter of our own private interface
PUT = ["CPS-08/no-certificate", "CPS-08/foreign-certificate", "CPS-13/repeated"]


@pytest.mark.parametrize("way", WAYS)
def test_retrieval_in_a_way_of_its_own(sut, way):
    argv = sut("--retrieval", way, retrieval=WAYS[way], capabilities=["retrieval"])
    code, report = conform(*argv, *cases(SOME + PUT))
    assert code == 0
    assert verdicts(report) == {i: "unsupported" if i in PUT else "pass" for i in verdicts(report)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mistake, guilty", [("mangles", "CPS-01/one-passport"), ("keeps", "CPS-09/once")])
def test_mistakes_are_found_by_each_way(sut, way, mistake, guilty):
    argv = sut("--retrieval", way, "--sloppy", mistake, retrieval=WAYS[way], capabilities=["retrieval"])
    code, report = conform(*argv, "--case", guilty)
    assert code == 1 and verdicts(report) == {guilty: "fail"}


@pytest.mark.parametrize(
    "retrieval, words",
    [
        ({"command": ["/bin/sh", "-c", "echo no such call >&2; exit 5"]}, "no such call"),
        ({"command": ["/bin/sleep", "60"]}, "did not end in its time"),
        ({"url": "https://cps.tsp.example:8444/nothing"}, "no answer"),
        ({"vs": "sip:{addr}:5999;transport=tcp"}, "INVITE"),
    ],
)
def test_retrieval_that_does_not_work(sut, retrieval, words):
    argv = sut("--retrieval", "command", retrieval=retrieval, answer_ms=500)
    code, report = conform(*argv, "--case", "CPS-01/one-passport")
    assert code == 1 and words in report["cases"][0]["actual"], report["cases"][0]


def test_retrieval_by_a_program_that_is_not_there(sut):
    code, report = conform(*sut(retrieval={"command": ["/no/such/program"]}), "--case", "CPS-01/one-passport")
    assert (code, report["cases"][0]["verdict"]) == (3, "error") and "/no/such/program" in report["cases"][0]["actual"]


def test_one_way_only(sut):
    done = oobsim("conform", "cps", *sut(retrieval={"vs": "sip:x", "url": "https://x"}))
    assert done.returncode == 2 and "/retrieval" in done.stderr


# --- it runs somewhere ---


class Somewhere:
    """A provisioned folder, and ref-cps started by hand with what is in it."""

    def __init__(self, folder, *options, program=None):
        self.folder = folder
        done = oobsim("conform", "cps", "--provision", folder, *options)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        self.sut = json.loads((folder / "sut.json").read_text())
        if "::1" in options:
            self.move()
        # the lists are served while it starts
        serving = start("conform", "cps", "--provision", folder, "--serve")
        assert serving.stdout.readline() == "serving until Ctrl-C\n", serving.stderr.read()
        command = program or [BIN / "ref-cps", "--config"]
        self.process = subprocess.Popen([*command, folder / "cps.json"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("READY")
        serving.send_signal(signal.SIGINT)
        assert serving.wait(10) == 0
        serving.communicate()

    def move(self):
        """To ports that nobody else has on the one address that all share."""
        conf = json.loads((self.folder / "cps.json").read_text())
        for side in ("public", "private"):
            with socket.socket(socket.AF_INET6) as sock:
                sock.bind(("::1", 0))
                conf[side]["port"] = sock.getsockname()[1]
            self.sut["address"]["at"][side] = f"https://cps.tsp.example:{conf[side]['port']}"
        (self.folder / "cps.json").write_text(json.dumps(conf))
        (self.folder / "sut.json").write_text(json.dumps(self.sut))

    def run(self, *args, **members):
        file = self.folder / "mine.json"
        file.write_text(json.dumps({**self.sut, **members}))
        return conform("--sut", file, *args)

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=10)


@pytest.fixture(scope="module", params=["127", "::1"])
def somewhere(request, tmp_path_factory):
    at = [] if request.param == "127" else ["--at", request.param]
    it = Somewhere(tmp_path_factory.mktemp("somewhere") / "given", *at)
    yield it
    it.end()


def test_it_passes_where_it_is(somewhere):
    """Twice: what the first run left there is nothing to the second."""
    for _ in range(2):
        code, report = somewhere.run()
        bad = [(c["id"], c["actual"]) for c in report["cases"] if c["verdict"] in ("fail", "error")]
        assert (code, bad) == (0, []) and report["summary"]["passed"] > 300
    reasons = {c["actual"] for c in report["cases"] if c["verdict"] == "unsupported"}
    assert reasons == {"a CPS runs already: it cannot be restarted"}


def test_it_is_neither_started_nor_ended(somewhere):
    assert somewhere.run("--case", "CPS-04/word")[0] == 0 and somewhere.process.poll() is None


def test_check_of_what_runs(somewhere):
    done = oobsim("conform", "cps", "--check", "--sut", somewhere.folder / "sut.json")
    assert done.returncode == 0 and done.stdout.startswith("a CPS: takes connections\n")
    assert "SIGTERM" not in done.stdout and "remark" not in done.stdout


def test_its_certificate_must_be_vouched_for(somewhere):
    ca = somewhere.folder / "pki" / "tls" / "root.pem"
    address = somewhere.sut["address"]
    assert somewhere.run("--case", "CPS-04/word", address={**address, "ca": str(ca)})[0] == 0
    code, report = somewhere.run("--case", "CPS-04/word",
                                 address={**address, "ca": str(somewhere.folder / "pki" / "pa" / "root.pem")})
    assert code == 1 and "no answer" in report["cases"][0]["actual"]


def test_names_are_resolved_as_it_says(somewhere):
    code, report = somewhere.run("--case", "CPS-04/word", address={**somewhere.sut["address"], "resolve": {}})
    assert code == 3 and "/address/resolve" in report["cases"][0]["actual"]


def test_literal_addresses(somewhere):
    """By its address, if its certificate says so."""
    host = somewhere.sut["address"]["resolve"]["cps.tsp.example"]
    host = f"[{host}]" if ":" in host else host
    at = {side: url.replace("cps.tsp.example", host) for side, url in somewhere.sut["address"]["at"].items()}
    code, report = somewhere.run(*cases(SOME[:3]), address={**somewhere.sut["address"], "at": at, "resolve": {}})
    assert code == 0, report["cases"]


@pytest.mark.parametrize(
    "members, words",
    [
        ({"at": {"publick": "https://x"}}, "no interface of that name"),
        ({"provisioned": "/no/such/folder"}, "/no/such/folder"),
    ],
)
def test_a_wrong_address(somewhere, members, words):
    file = somewhere.folder / "wrong.json"
    file.write_text(json.dumps({**somewhere.sut, "address": {**somewhere.sut["address"], **members}}))
    done = oobsim("conform", "cps", "--sut", file)
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_it_cannot_be_reached(tmp_path):
    oobsim("conform", "cps", "--provision", tmp_path / "given")
    code, report = conform("--sut", tmp_path / "given" / "sut.json", *cases(SOME))
    assert code == 3 and set(verdicts(report).values()) == {"error"}
    assert "refused" in report["cases"][0]["actual"]


def test_after_its_crash_nothing_is_blamed_on_it(tmp_path):
    it = Somewhere(tmp_path / "given", program=[PYTHON, str(OTHER), "--trouble", "crash"])
    try:
        code, report = it.run(*cases(["CPS-04/word", "CPS-07/get"]), reasons=WORDS)
        first, second = report["cases"]
        assert (code, first["verdict"], second["verdict"]) == (3, "fail", "error")
        assert "no connection" in second["actual"]
    finally:
        it.end()


def test_the_benchs_own_address_is_occupied(tmp_path):
    """Trouble of the bench is never a verdict on the implementation."""
    oobsim("conform", "cps", "--provision", tmp_path / "given")
    bench = json.loads((tmp_path / "given" / "bench.json").read_text())
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((f"127.{bench['world']}.{bench['net']}.1", 8443))
        taken.listen()
        done = oobsim("conform", "cps", "--json", "--sut", tmp_path / "given" / "sut.json", *cases(SOME))
    assert done.returncode == 3 and "in use" in done.stderr
    report = json.loads(done.stdout)
    assert set(verdicts(report).values()) == {"error"} and report["verdict"] == "error"
    assert all("in use" in c["actual"] for c in report["cases"])


def test_a_setting_that_it_cannot(sut):
    """77: what was declared fails; a setting that has no capability is unsupported, for it said so itself; nothing is inferred."""
    ids = ["CPS-12/answer-at-once", "CPS-12/full", "CPS-04/word"]
    for capabilities, full in ((["retrieval", "retrieval-put", "limits"], "fail"), (["retrieval"], "unsupported")):
        code, report = conform(*sut("--trouble", "setting", capabilities=capabilities), *cases(ids))
        assert verdicts(report) == {"CPS-04/word": "pass", "CPS-12/answer-at-once": "unsupported", "CPS-12/full": full}
        assert code == (1 if full == "fail" else 0)
        assert "77" in next(c for c in report["cases"] if c["id"] == "CPS-12/answer-at-once")["actual"]


# --- what is given ---


def test_what_is_in_the_folder(somewhere):
    names = {p.name for p in somewhere.folder.iterdir()}
    assert {"README.txt", "bench.json", "cps.json", "sut.json", "config", "pki"} <= names
    text = (somewhere.folder / "README.txt").read_text()
    conf = json.loads((somewhere.folder / "cps.json").read_text())
    for word in ["config/pa-root.pem", conf["trust"]["ca_list"], conf["trust"]["crl"], conf["trust"]["crl_chain"],
                 *conf["https"]["resolve"], *conf["https"]["resolve"].values(), conf["private"]["clients"][0], "--serve"]:
        assert word in text, word
    for file in (conf["public"]["tls"]["cert"], conf["private"]["tls"]["client_ca"], conf["trust"]["pa_root"]):
        assert pathlib.Path(file).is_file()


def test_keys_stay_and_differ_by_seed(tmp_path):
    def root(name, *options):
        assert oobsim("conform", "cps", "--provision", tmp_path / name, *options).returncode == 0
        pem = tmp_path / name / "config" / "pa-root.pem"
        return subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-pubkey"], capture_output=True).stdout

    assert root("a") == root("b") != root("c", "--seed", "7")
    assert json.loads((tmp_path / "c" / "bench.json").read_text())["seed"] == 7


def test_a_report_says_the_seed_of_what_was_given(tmp_path):
    oobsim("conform", "cps", "--provision", tmp_path / "given", "--seed", "7")
    assert conform("--sut", tmp_path / "given" / "sut.json", "--case", "CPS-04/word")[1]["seed"] == 7


@pytest.mark.parametrize(
    "options, words",
    [
        (["cps", "--provision", "{dir}", "--listen", "::1"], "--at"),
        (["vs", "--provision", "{dir}", *["--listen", "::1"] * 3, "--at", "::1"], "at most 2 addresses"),
        (["cps", "--provision", "{dir}", "--at", "cps.tsp.example"], "address"),
        (["judge", "--provision", "{dir}"], "nothing to provision"),
        (["cps", "--serve"], "--provision"),
        (["--all", "--provision", "{dir}"], "one role"),
    ],
)
def test_usage_of_provision(tmp_path, options, words):
    done = oobsim("conform", *[o.replace("{dir}", str(tmp_path / "new")) for o in options])
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_a_folder_is_made_once(tmp_path):
    assert oobsim("conform", "cps", "--provision", tmp_path / "given").returncode == 0
    before = (tmp_path / "given" / "pki" / "tls" / "root.pem").read_bytes()
    done = oobsim("conform", "cps", "--provision", tmp_path / "given")
    assert done.returncode == 3 and "--serve" in done.stderr
    done = oobsim("conform", "vs", "--provision", tmp_path / "given", "--serve")
    assert done.returncode == 2 and "for the role cps" in done.stderr
    assert (tmp_path / "given" / "pki" / "tls" / "root.pem").read_bytes() == before


@pytest.mark.parametrize("role", ["as", "vs"])
def test_other_roles_where_they_are(tmp_path, role):
    """Each reference, started by hand with what the folder holds."""
    given = tmp_path / "given"
    assert oobsim("conform", role, "--provision", given).returncode == 0
    serving = start("conform", role, "--provision", given, "--serve")
    assert serving.stdout.readline() == "serving until Ctrl-C\n"
    with subprocess.Popen([BIN / f"ref-{role}", "--config", given / f"{role}.json"], stdout=subprocess.PIPE, text=True) as it:
        try:
            assert it.stdout.readline().startswith("READY")
            serving.send_signal(signal.SIGINT)
            assert serving.wait(10) == 0
            done = oobsim("conform", role, "--sut", given / "sut.json", "--json")
            report = json.loads(done.stdout)
            assert done.returncode == 0 and report["summary"]["passed"] > 30, report["summary"]
        finally:
            serving.communicate()
            it.terminate()


# --- check ---


def check(argv):
    return oobsim("conform", "cps", "--check", *argv)


def test_check_says_whether_77_is_known(sut):
    """Which is no mistake: the one who does not know it is told."""
    assert "serves all the same" in check(sut()).stdout
    assert "ends with code 77" in check(sut("--trouble", "unknown-77")).stdout
    assert check(sut("--trouble", "unknown-77")).returncode == 0


def test_check_with_ports(sut):
    done = check(sut("--trouble", "mute", process={"ready": "ports"}))
    assert done.returncode == 0 and done.stdout.startswith("another: starts, and its ports take connections\n")


def test_check_of_a_judge(tmp_path):
    file = tmp_path / "sut.json"
    for options, code, words in (([], 0, "starts, and answers"), (["--trouble", "code"], 1, "exit code 3")):
        file.write_text(json.dumps({"name": "lib", "roles": ["judge"],
                                    "judge": {"command": [PYTHON, str(ROOT / "tests/conform_judge.py"), *options]}}))
        done = oobsim("conform", "judge", "--check", "--sut", file)
        assert done.returncode == code and words in done.stdout + done.stderr
