"""Reads the pages of docs/: the messages that they show against a fresh run, tables, whole scenarios.

A message in docs/interfaces.md stands below a line that says where it was seen:

    <!-- seen: A1 | osp.switch -> osp.as INVITE -->     the first such message of `oobsim run A1`
    <!-- seen: A1 | osp.switch <- osp.as INVITE -->     the answer to it
    <!-- seen: A1 | tsp.cps <- pki GET /crl -->         of HTTP, the path may be said too, or how it begins
    <!-- seen: A1 | osp.gw -> tsp.gw IAM -->            M3UA octets, each line with a remark behind two blanks
    <!-- ready: A1 -->                                  READY lines of that world

A scenario is one of scenarios/ or a whole one of docs/scenarios.md; options of `oobsim run` may follow it. `by hand` in its place
is no scenario but what ByHand does. Inside a block a line that ends in a backslash goes on in the next one, and a line `…` stands
for the rest of a body.

Run as a program it writes the messages of a fresh run (world 9) into the page: for when a program has changed on purpose.
"""

import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import pickle
import re
import signal
import socket
import subprocess
import tempfile

import pytest

import stirkit
from conftest import BIN, ROOT, claim_net
from oobsim_kit import oobsim, start

INTERFACES = ROOT / "docs" / "interfaces.md"
SCENARIOS = ROOT / "docs" / "scenarios.md"
WORLD = 9  # whose addresses the pages show
WIDTH = 120  # of a broken line in a block
AT_ONCE = 4  # runs
SEEN = re.compile(r"<!-- seen: (?P<run>[^|]+) \| (?P<left>\S+) (?P<arrow>->|<-) (?P<right>\S+) (?P<what>.+?) -->\n"
                  r"```text\n(?P<text>.*?)```\n", re.S)
READY = re.compile(r"<!-- ready: (?P<world>.+?) -->\n```text\n(?P<text>.*?)```\n", re.S)
BY_HAND = "by hand"
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
REST = "…"
ISUP = {"IAM": 0x01, "ACM": 0x06, "ANM": 0x09, "REL": 0x0c, "RLC": 0x10, "CPG": 0x2c}


# --- pages ---


def table(page, heading):
    """Rows of the table whose head begins with `heading` (one cell or several), each a list of its cells."""
    lines = page.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |") and lines[i + 1].startswith("|---"))
    rows = []
    for line in lines[at + 2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def words(cell):
    """What stands in backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def whole_scenarios():
    """JSON blocks of docs/scenarios.md that are a scenario as it stands in a file: id → text."""
    blocks = re.findall(r"^```json\n(.*?)^```$", SCENARIOS.read_text(), re.M | re.S)
    return {json.loads(b)["id"]: b for b in blocks if '"providers"' in b}


def joined(text):
    return text.replace("\\\n", "")


def broken(text):
    """The opposite: long lines in pieces."""
    out = []
    for line in text.split("\n"):
        while len(line) > WIDTH:
            out.append(line[:WIDTH] + "\\")
            line = line[WIDTH:]
        out.append(line)
    return "\n".join(out)


def exchanges():
    return list(SEEN.finditer(INTERFACES.read_text()))


def usage(program, *command):
    """Its --help."""
    done = subprocess.run([BIN / program, *command, "--help"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- runs ---


def octets(event):
    return bytes.fromhex(event["hex"]) if "hex" in event else event["raw"].encode()


def isup_of(message):
    """ISUP octets of an M3UA DATA message, None when it is none."""
    if message[2:4] != b"\x01\x01":
        return None
    at = message.index(b"\x02\x10", 8)
    return message[at + 16:at + int.from_bytes(message[at + 2:at + 4], "big")]


class Recorded:
    """Messages that elements have traced."""

    def __init__(self, trace, names):
        self.trace, self.names = trace, names

    def name(self, address):
        return self.names.get(address.rsplit(":", 1)[0], address)

    def between(self, left, right):
        return [e for e in self.trace if e["kind"] != "note" and self.name(e["src"]) == left and self.name(e["dst"]) == right]

    def first(self, left, right, what):
        """The first such message as its receiver, or else its sender, saw it."""
        found = [e for e in self.between(left, right) if self.is_called(e, what)]
        assert found, f"no {left} -> {right} {what} in this run"
        return next((e for e in found if e["dir"] == "rx"), found[0])

    @staticmethod
    def is_called(event, what):
        if event["kind"] == "isup":
            isup = isup_of(octets(event))
            return isup is not None and isup[2] == ISUP.get(what)
        return octets(event).startswith(what.encode() + (b"" if "/" in what else b" "))

    def answer(self, left, right, what):
        """The final answer to it."""
        asked = self.first(left, right, what)
        if asked["kind"] == "https":
            same = [e for e in self.between(right, left) if e["at"] == asked["at"] and e["conn"] == asked["conn"]]
            return next(e for e in same if e["t"] >= asked["t"])
        call_id = re.search(r"^Call-ID: (.*)\r$", asked["raw"], re.M)[1]
        method = asked["raw"].split()[0]
        return next(e for e in self.between(right, left) if re.match(r"SIP/2.0 [2-6]", e["raw"])
                    and f"Call-ID: {call_id}\r\n" in e["raw"] and re.search(rf"^CSeq: \d+ {method}\r$", e["raw"], re.M))

    def of(self, exchange):
        find = self.first if exchange["arrow"] == "->" else self.answer
        return octets(find(exchange["left"], exchange["right"], exchange["what"]))


class Seen(Recorded):
    """The messages of one run of oobsim."""

    def __init__(self, command, folder, world=None):
        name, *options = command.split()
        more = whole_scenarios()
        if name in more:
            file = pathlib.Path(folder) / f"{name}.json"
            file.write_text(more[name])
            name = file
        place = ["--world", world] if world else []
        self.report = pathlib.Path(folder) / "report"
        self.done = oobsim("run", name, *options, *place, "--report", self.report)
        assert self.done.returncode in (0, 1), f"oobsim run {command}: {self.done.stderr}"
        trace = lines_of(self.report / "trace.jsonl")
        super().__init__(trace, {e["data"]["addr"]: e["data"]["name"] for e in trace if e.get("what") == "world.element"})


class ByHand(Recorded):
    """What is asked of elements that are started alone: `provider` tells sti-pki where its CPS is, does so again, and looks at
    what is published of it; a STI-AS fetches the CPS mapping; its CSCF forgets to tell the time."""

    NAMES = {"2": "pki", "3": "osp.as", "4": "provider", "5": "osp.switch"}
    URL = "https://cps.tsp.example:8443/cps/company/5678"
    PUBLISHED = ("/cps-map/pa", "/cps-map/ca1", "/cps-map/ca2", "/cps-map/master", "/ca1/signer.pem")

    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        sock, prefix = claim_net()
        with contextlib.closing(sock):
            self.addr = {name: f"{prefix}.{n}" for n, name in self.NAMES.items()}
            self.make_pki()
            with self.pki() as pki:
                request = self.tool("map-request", "--ocn", "5678", "--cic", "0288", "--url", self.URL, *self.credential("5678"))
                path, kind = "/cps/5678", "application/jose"
                answers = [self.ask("provider", "pki", "cr.pki.example", "PUT", path, kind, request.strip()) for _ in range(2)]
                answers += [self.ask("provider", "pki", "cr.pki.example", "GET", path) for path in self.PUBLISHED]
                with self.sti_as() as sti_as:
                    question = '{"signingRequest":{"dest":{"tn":["19032469103"]},"orig":{"tn":"12013776051"}}}'
                    answers.append(self.ask("osp.switch", "osp.as", "as.osp.example", "POST", "/stir/v1/signing",
                                            "application/json", question))
        assert answers == [201, 409, *[200] * len(self.PUBLISHED), 400], answers
        trace = lines_of(pki.trace_file) + lines_of(sti_as.trace_file)
        super().__init__(trace, {addr: name for name, addr in self.addr.items()})

    def tool(self, command, *args):
        code, out, err = stirkit.run("sti-pki", command, *map(str, args))
        assert code == 0, err
        return out

    def make_pki(self):
        self.tool("init", self.dir / "pki")
        for name, who in (("cr.pki.example", "pki"), ("as.osp.example", "osp.as")):
            self.tool("tls", self.dir / "pki", "--name", name, "--ip", self.addr[who])

    def credential(self, spc):
        """A new certificate, as options of map-request."""
        issued = json.loads(self.tool("issue", self.dir / "pki", "--spc", spc, "--out", self.dir / spc))
        return ["--key", issued["key"], "--x5u", issued["x5u"]]

    def tls(self, name):
        return {"cert": f"{self.dir}/pki/tls/{name}.pem", "key": f"{self.dir}/pki/tls/{name}-key.pem"}

    def pki(self):
        conf = {"dir": f"{self.dir}/pki", "addr": self.addr["pki"], "tls": self.tls("cr.pki.example")}
        return stirkit.start("sti-pki", conf, self.dir, command=["serve"])

    def sti_as(self):
        _, key, _, x5u = self.credential("1234")
        at = "https://cr.pki.example:8443"
        trust = {"pa_root": f"{self.dir}/pki/pa/root.pem", "ca_list": f"{at}/ca-list", "crl": f"{at}/crl"}
        conf = {"sip": {"addr": self.addr["osp.as"]}, "http": {"addr": self.addr["osp.as"], "tls": self.tls("as.osp.example")},
                "spc": "1234", "x5u": x5u, "key": key,
                "discovery": {"maps": [{"authority": "sti-pa", "url": f"{at}/cps-map/pa"}], "trust": trust},
                "https": {"ca": f"{self.dir}/pki/tls/root.pem", "resolve": {"cr.pki.example": self.addr["pki"]}}}
        return stirkit.start("ref-as", conf, self.dir)

    def ask(self, who, whom, host, method, path, kind=None, body=None):
        """One request from the address of `who`. @return the status"""
        client = stirkit.Https(self.addr[whom], stirkit.PORT, host, f"{self.dir}/pki/tls/root.pem")
        sock = socket.create_connection((client.host, client.port), client.timeout, (self.addr[who], 0))
        client.sock = client.context.wrap_socket(sock, server_hostname=host)
        with contextlib.closing(client):
            client.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            client.putheader("Host", f"{host}:{stirkit.PORT}")
            if body:
                client.putheader("Content-Type", kind)
                client.putheader("Content-Length", len(body))
            client.endheaders(body and body.encode())
            return client.answer().status


def lines_of(file):
    return [json.loads(line) for line in pathlib.Path(file).read_text().splitlines()]


def see_all(folder, world=None):
    """All runs that docs/interfaces.md names, at once: command → Seen. A fixed world holds one run at a time."""
    commands = sorted({e["run"] for e in exchanges()})

    def see(i):
        path = pathlib.Path(folder) / str(i)
        path.mkdir()
        return ByHand(path) if commands[i] == BY_HAND else Seen(commands[i], path, world)

    with concurrent.futures.ThreadPoolExecutor(1 if world else AT_ONCE) as pool:
        return dict(zip(commands, pool.map(see, range(len(commands)))))


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """see_all(), once for all modules and all workers."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with open(base / "docs-runs.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = base / "docs-runs.pickle"
        if not done.exists():
            (base / "docs-runs").mkdir()
            done.write_bytes(pickle.dumps(see_all(base / "docs-runs")))
        return pickle.loads(done.read_bytes())


@contextlib.contextmanager
def world_up(*command):
    """`oobsim up … --json`: what it prints of the world, which goes down in the end."""
    up = start(*command)
    described = up.stdout.readline()
    try:
        yield json.loads(described or "{}")
    finally:
        up.send_signal(signal.SIGINT)
        errors = up.communicate(timeout=30)[1]
    assert up.returncode == 0, errors


def ready_lines(command, folder, world=None):
    """What the elements of a world say when they serve."""
    place = ["--world", str(world)] if world else []
    with world_up("up", *command.split(), "--json", *place, "--report", str(folder)) as described:
        said = [e["serves"] for e in described["elements"] if "serves" in e]
    return ["READY " + json.dumps(s, separators=(",", ":")) for s in said]


# --- comparing ---


class Message:
    """Start line, headers and body of a message, as text."""

    def __init__(self, text):
        head, _, self.body = text.replace("\r\n", "\n").partition("\n\n")
        self.start, *lines = head.strip("\n").split("\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    @classmethod
    def printed(cls, exchange):
        return cls(joined(exchange["text"]))

    @classmethod
    def sent(cls, message):
        head, _, body = message.partition(b"\r\n\r\n")
        return cls(head.decode() + "\r\n\r\n" + body.decode("utf-8", "replace"))

    def names(self):
        return [name for name, _ in self.headers]

    def header(self, name):
        return dict(self.headers).get(name)

    def tokens(self):
        return TOKEN.findall("\n".join([value for _, value in self.headers] + [self.body]))


# What differs from one run to the next, in this order
VOLATILE = [
    (TOKEN, "TOKEN"),
    (re.compile(r"127\.\d+\."), f"127.{WORLD}."),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"z9hG4bK[-\w]+"), "BRANCH"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "HEX"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), "DATE"),
    (re.compile(r'"[0-9a-f]+-[0-9a-f]+\.[0-9a-f]+-[0-9a-f]+"'), "ETAG"),
    (re.compile(r"\brport=\d+"), "rport=PORT"),
    (re.compile(r"^\d+ (?=[A-Z]+$)"), "SEQ "),
    (re.compile(r'"(iat|time)":\d+'), r'"\1":SECONDS'),
]


def stable(text):
    for pattern, by in VOLATILE:
        text = pattern.sub(by, text)
    return text


def hex_octets(text):
    """Octets of a block with remarks: what stands before the first two blanks of each line."""
    return bytes.fromhex("".join(line.split("  ")[0] for line in text.splitlines()))


# --- writing ---


def shown_body(message):
    """Certificates and text as they are; of lists and CRLs nothing, since nobody reads them so."""
    if not message.body:
        return ""
    if message.header("Content-Type") in ("application/jose", "application/pkix-crl"):
        return REST + "\n"
    return message.body.rstrip("\n") + "\n"


def shown(octets_sent):
    message = Message.sent(octets_sent)
    lines = [message.start] + [f"{name}: {value}" for name, value in message.headers]
    body = shown_body(message)
    return broken("\n".join(lines) + "\n" + ("\n" + body if body else ""))


def rewrite():
    """The messages of a fresh run in place of those that the page shows; octets of ISUP, with their remarks, stay."""
    with tempfile.TemporaryDirectory() as folder:
        runs = see_all(folder, WORLD)
        ready = READY.search(INTERFACES.read_text())
        lines = ready_lines(ready["world"], pathlib.Path(folder) / "up", WORLD)

    def with_text(found, text):
        return found[0][:found.start("text") - found.start()] + text + found[0][found.end("text") - found.start():]

    def message(found):
        return found[0] if found["what"] in ISUP else with_text(found, shown(runs[found["run"]].of(found)))

    page = SEEN.sub(message, INTERFACES.read_text())
    INTERFACES.write_text(READY.sub(lambda found: with_text(found, "\n".join(lines) + "\n"), page))


if __name__ == "__main__":
    rewrite()
    print(f"{INTERFACES} shows the messages of runs in world {WORLD}")
