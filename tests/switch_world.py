"""One oob-switch among neighbours made of plain sockets, and the calls that they make through it."""

import json
import signal
import subprocess
import time

import pytest

from conftest import BIN
from sip_peer import TIMEOUT, Call, Peer

OWN, OWN2, FAR = "+12013776051", "+12013770000", "+19032469103"
SDP, SDP2 = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n", b"v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\n"
TOKEN = "eyJhbGciOiJFUzI1NiJ9." + "b" * 400 + "." + "c" * 86
IDENTITY = f'{TOKEN};info=<https://cr.example/1234.pem>;alg=ES256;ppt="shaken"'
IDENTITY2 = IDENTITY.replace("bbb", "ddd").replace("shaken", "div")
DATE = "Fri, 25 Sep 2015 19:12:25 GMT"


class World:
    """One switch; addresses of its neighbours are net(2) phone, 3 STI-AS, 4 trunk, 5 STI-VS."""

    def __init__(self, net, tmp_path, **conf):
        self.net, self.trace, self.peers = net, tmp_path / "trace.jsonl", []
        self.dst = (net(1), 5060)
        self.conf = {
            "sip": {"addr": net(1)}, "domain": "osp.example",
            "peers": [{"addr": net(2), "kind": "subscriber"}, {"addr": net(4), "kind": "trunk"}],
            "subscribers": [{"prefix": "+1201377", "uri": f"sip:{net(2)}:5060;transport=tcp"}],
            "trunks": [{"prefix": "1903", "uri": f"sip:{net(4)}:5060;transport=tcp"}], **conf}
        config = tmp_path / "switch.json"
        config.write_text(json.dumps(self.conf))
        self.process = subprocess.Popen([BIN / "oob-switch", "--config", config, "--trace", self.trace, "--name",
                                         "osp.switch"], stdout=subprocess.PIPE, text=True)
        self.ready = self.process.stdout.readline()
        assert self.ready.startswith("READY "), self.ready

    def peer(self, n, auto=None):
        self.peers.append(Peer(self.net(n), auto=auto))
        return self.peers[-1]

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(TIMEOUT) == 0
        finally:
            self.process.kill()  # nothing, when it has ended
            self.process.wait()
            self.process.stdout.close()
            for peer in self.peers:
                peer.close()

    def events(self, kind="note"):
        text = self.trace.read_text() if self.trace.exists() else ""
        lines = text[:text.rfind("\n") + 1].splitlines()  # the last one may be half written
        return [event for event in map(json.loads, lines) if event["kind"] == kind]

    def note(self, what, n=1):
        """Facts of the n-th note of a name; waits until it is there."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            notes = [event for event in self.events() if event["what"] == what]
            if len(notes) >= n:
                return notes[n - 1]["data"]
            time.sleep(0.005)
        raise AssertionError(f"no note {what}, only {[e['what'] for e in self.events()]}")

    def whats(self):
        return [event["what"] for event in self.events()]

    def contact(self, n, transport="tcp"):
        return f"Contact: <sip:{self.net(n)}:5060;transport={transport}>"


@pytest.fixture
def world(net, tmp_path):
    made = []

    def make(**conf):
        made.append(World(net, tmp_path, **conf))
        return made[-1]

    yield make
    for one in made:
        one.close()


SLOW = 5000  # ms; a service that answers does so within this, on however busy a machine
SOON = 300  # a test that waits for the time-out


def with_as(net, ms=SLOW, **more):
    return {"as": {"uri": f"sip:{net(3)}:5060;transport=tcp", "timeout_ms": ms}, **more}


def with_vs(net, ms=SLOW, **more):
    return {"vs": {"uri": f"sip:{net(5)}:5060;transport=tcp", "timeout_ms": ms}, **more}


def outgoing(**more):
    return Call(f"<sip:{OWN}@osp.example;user=phone>", f"<sip:{FAR}@osp.example;user=phone>",
                f"sip:{FAR}@osp.example;user=phone", **more)


def incoming(**more):
    return Call(f'"Jane" <sip:{FAR}@tsp.example;user=phone>', f"<sip:{OWN}@osp.example>",
                f"sip:{OWN}@osp.example;user=phone", **more)


def dial(world, n=2, call=None, headers=(), transport="tcp", body=SDP):
    """INVITE from neighbour n. Returns the neighbour and its call."""
    peer = next((p for p in world.peers if p.addr == world.net(n)), None) or world.peer(n)
    call = call or (outgoing() if n == 2 else incoming())
    call.octets = peer.request(world.dst, "INVITE", call, [world.contact(n, transport), *headers], body, transport)
    return peer, call


def acknowledge(world, peer, call, ok, transport="tcp"):
    call.confirm(ok)
    call.new_branch()
    peer.request(world.dst, "ACK", call, transport=transport)


def refuse_ack(world, peer, call, final, transport="tcp"):
    """ACK of a final response that is no success: same branch."""
    call.remote = final.get("To")
    peer.request(world.dst, "ACK", call, transport=transport)


def talk(world, n=2, far=4, headers=(), transport="tcp"):
    """A call that is answered. Returns caller, call, callee, INVITE that it got."""
    callee = world.peer(far)
    caller, call = dial(world, n, headers=headers, transport=transport)
    invite = callee.expect("INVITE")
    callee.reply(invite, 200, "OK", body=SDP2)
    ok = caller.expect(200)
    acknowledge(world, caller, call, ok, transport)
    callee.expect("ACK")
    return caller, call, callee, invite


def sign(*identities, headers=()):
    def auto(peer, message):
        if message.method == "INVITE":
            peer.asked = message
            peer.reply(message, 302, "Moved Temporarily", [f"Contact: <{message.uri}>", f"Date: {DATE}",
                                                         *[f"Identity: {i}" for i in identities], *headers])
        return True
    return auto


def judge(verstat, headers=(), status=302, phrase="Moved Temporarily", number=FAR):
    """A redirecting STI-VS that gives this verstat of this caller."""
    def auto(peer, message):
        if message.method == "INVITE":
            peer.asked = message
            pai = f"P-Asserted-Identity: <sip:{number};verstat={verstat}@osp.example;user=phone>"
            peer.reply(message, status, phrase, [f"Contact: <{message.uri}>", *([pai] if verstat else []), *headers])
        return True
    return auto
