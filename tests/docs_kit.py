"""Reads the pages of docs/: the messages that they show against a fresh run, tables, whole scenarios.

A message in docs/interfaces.md stands below a line that says where it was seen:

    <!-- seen: A1 | osp.switch -> osp.as INVITE -->     the first such message of `oobsim run A1`
    <!-- seen: A1 | osp.switch <- osp.as INVITE -->     the answer to it
    <!-- seen: A1 | tsp.cps <- pki GET /crl -->         of HTTP, the path may be said too, or how it begins
    <!-- seen: A1 | osp.gw -> tsp.gw IAM -->            M3UA octets, each line with a remark behind two blanks
    <!-- ready -->                                      READY lines of the world of A1

A scenario is one of scenarios/ or a whole one of docs/scenarios.md; options of `oobsim run` may follow it. Inside a block a line
that ends in a backslash goes on in the next one, and a line `…` stands for the rest of a body.

Run as a program it writes the messages of a fresh run (world 9) into the page: for when a program has changed on purpose.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import signal
import tempfile

from conftest import ROOT
from oobsim_kit import oobsim, start

INTERFACES = ROOT / "docs" / "interfaces.md"
SCENARIOS = ROOT / "docs" / "scenarios.md"
WORLD = 9  # whose addresses the pages show
WIDTH = 120  # of a broken line in a block
SEEN = re.compile(r"<!-- seen: (?P<run>[^|]+) \| (?P<left>\S+) (?P<arrow>->|<-) (?P<right>\S+) (?P<what>.+?) -->\n"
                  r"```text\n(?P<text>.*?)```\n", re.S)
READY = re.compile(r"<!-- ready -->\n```text\n(?P<text>.*?)```\n", re.S)
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


# --- runs ---


def octets(event):
    return bytes.fromhex(event["hex"]) if "hex" in event else event["raw"].encode()


def isup_of(message):
    """ISUP octets of an M3UA DATA message, None when it is none."""
    if message[2:4] != b"\x01\x01":
        return None
    at = message.index(b"\x02\x10", 8)
    return message[at + 16:at + int.from_bytes(message[at + 2:at + 4], "big")]


class Seen:
    """The messages of one run."""

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
        lines = (self.report / "trace.jsonl").read_text().splitlines()
        self.trace = [json.loads(line) for line in lines]
        self.names = {e["data"]["addr"]: e["data"]["name"] for e in self.trace if e.get("what") == "world.element"}

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


def see_all(folder, world=None):
    """All runs that docs/interfaces.md names, at once: command → Seen. A fixed world holds one run at a time."""
    commands = sorted({e["run"] for e in exchanges()})

    def see(i):
        path = pathlib.Path(folder) / str(i)
        path.mkdir()
        return Seen(commands[i], path, world)

    with concurrent.futures.ThreadPoolExecutor(1 if world else len(commands)) as pool:
        return dict(zip(commands, pool.map(see, range(len(commands)))))


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


def ready_lines(folder, world=None):
    """What the elements of A1 say when they serve."""
    place = ["--world", str(world)] if world else []
    with world_up("up", "A1", "--json", *place, "--report", str(folder)) as described:
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
        lines = ready_lines(pathlib.Path(folder) / "up", WORLD)

    def with_text(found, text):
        return found[0][:found.start("text") - found.start()] + text + found[0][found.end("text") - found.start():]

    def message(found):
        return found[0] if found["what"] in ISUP else with_text(found, shown(runs[found["run"]].of(found)))

    page = SEEN.sub(message, INTERFACES.read_text())
    INTERFACES.write_text(READY.sub(lambda found: with_text(found, "\n".join(lines) + "\n"), page))


if __name__ == "__main__":
    rewrite()
    print(f"{INTERFACES} shows the messages of runs in world {WORLD}")
