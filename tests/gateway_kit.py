"""Both sides of a gateway for its tests: a switch that talks SIP over TCP, the gateway's process, a trunk by hand."""

import json
import os
import queue
import re
import select
import signal
import socket
import subprocess
import threading
import time

from conftest import BIN

WAIT = 10  # seconds until a test gives up on an event
CALLING, CALLED = "+12013776051", "+19032469103"
SDP = "v=0\r\no=alice 7 7 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
M3UA_PORT = 2905


def until(what, condition):
    """Poll a condition until it gives something true."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"in {WAIT} s this did not happen: {what}")


# --- SIP over TCP, as a switch would talk ---


class Message:
    def __init__(self, text, conn):
        self.text, self.conn = text, conn
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} more than once in {self.text}"
        return values[0] if values else None

    @property
    def status(self):
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self):
        return "" if self.status else self.first.split()[0]

    @property
    def uri(self):
        return self.first.split()[1]

    @property
    def cause(self):
        found = re.search(r"Q\.850;cause=(\d+)", self.get("Reason") or "")
        return int(found[1]) if found else None


class Switch:
    """Listens on an address, takes what comes, in order."""

    def __init__(self, addr):
        self.addr, self.inbox, self.count = addr, queue.Queue(), 0
        self.listener = socket.create_server((addr, 5060))
        self.conns = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            self.serve(conn)

    def serve(self, conn):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.conns.append(conn)
        threading.Thread(target=self.read, args=(conn,), daemon=True).start()

    def read(self, conn):
        data = b""
        while True:
            try:
                chunk = conn.recv(65536)
            except OSError:
                return
            if not chunk:
                return
            data += chunk
            while b"\r\n\r\n" in data:
                head, rest = data.split(b"\r\n\r\n", 1)
                length = int(re.search(rb"(?i)content-length:\s*(\d+)", head)[1])
                if len(rest) < length:
                    break
                text = (head + b"\r\n\r\n" + rest[:length]).decode()
                data = rest[length:]
                self.inbox.put(Message(text, conn))

    def close(self):
        for sock in (self.listener, *self.conns):
            try:
                sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
            except OSError:
                pass
            sock.close()

    def next(self, what):
        """The next message, which must be this method or status; 100 is passed over."""
        while True:
            try:
                msg = self.inbox.get(timeout=WAIT)
            except queue.Empty:
                raise AssertionError(f"{self.addr}: expected {what}, nothing came") from None
            if msg.status != 100:
                break
        assert what in (msg.status, msg.method), f"{self.addr}: expected {what}, got {msg.text}"
        return msg

    def silent(self):
        return self.inbox.empty()


class Call:
    """The caller's side of one call."""

    def __init__(self, switch, gateway, called=CALLED, calling=CALLING, headers="", uri=None, user="phone", hops="70"):
        switch.count += 1
        self.switch, self.n, self.cseq = switch, switch.count, 1
        self.uri = uri or f"sip:{called}@osp.example;user={user}"
        self.call_id = f"call-{self.n}-{os.getpid()}@{switch.addr}"
        self.frm = f'"Alice" <sip:{calling}@osp.example;user=phone>;tag=a{self.n}'
        self.to, self.target = f"<{self.uri}>", self.uri
        self.hops = hops
        self.conn = socket.create_connection((gateway, 5060), source_address=(switch.addr, 0))
        switch.serve(self.conn)
        self.send("INVITE", SDP, headers)

    def send(self, method, body="", headers="", branch=None):
        text = (f"{method} {self.target} SIP/2.0\r\nVia: SIP/2.0/TCP {self.switch.addr}:5060;branch=z9hG4bK{branch or self.n}-{self.n}\r\n"
                f"Max-Forwards: {self.hops}\r\nFrom: {self.frm}\r\nTo: {self.to}\r\nCall-ID: {self.call_id}\r\n"
                f"CSeq: {self.cseq} {'ACK' if method == 'ACK' else method}\r\nContact: <sip:{self.switch.addr}:5060;transport=tcp>\r\n{headers}")
        if body:
            text += "Content-Type: application/sdp\r\n"
        self.conn.sendall(f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def next(self, status):
        msg = self.switch.next(status)
        assert msg.get("Call-ID") == self.call_id
        if msg.status and "tag=" in msg.get("To"):
            self.to = msg.get("To")
        return msg

    def refused(self, status):
        msg = self.next(status)
        self.send("ACK")
        return msg

    def answered(self):
        msg = self.next(200)
        self.target = re.search(r"<(.+?)>", msg.get("Contact"))[1]
        self.send("ACK", branch="ack")
        return msg

    def cancel(self, headers=""):
        self.send("CANCEL", headers=headers)

    def bye(self, headers=""):
        self.cseq += 1
        self.send("BYE", headers=headers, branch="bye")


def reply(msg, status, phrase, addr, body="", headers="", tag="b1"):
    via = "".join(f"Via: {value}\r\n" for value in msg.all("Via"))
    to = msg.get("To") if "tag=" in msg.get("To") else f"{msg.get('To')};tag={tag}"
    text = (f"SIP/2.0 {status} {phrase}\r\n{via}From: {msg.get('From')}\r\nTo: {to}\r\nCall-ID: {msg.get('Call-ID')}\r\n"
            f"CSeq: {msg.get('CSeq')}\r\nContact: <sip:{addr}:5060;transport=tcp>\r\n{headers}")
    if body:
        text += "Content-Type: application/sdp\r\n"
    msg.conn.sendall(f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode())


def request_to(invite, method, addr, headers="", tag="b1"):
    """A request of the called side inside the dialog of an INVITE."""
    target = re.search(r"<(.+?)>", invite.get("Contact"))[1]
    text = (f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/TCP {addr}:5060;branch=z9hG4bKcallee\r\nMax-Forwards: 70\r\n"
            f"From: {invite.get('To')};tag={tag}\r\nTo: {invite.get('From')}\r\nCall-ID: {invite.get('Call-ID')}\r\n"
            f"CSeq: 1 {method}\r\n{headers}Content-Length: 0\r\n\r\n")
    invite.conn.sendall(text.encode())


# --- gateways ---


def tdm(name, addr, peer, opc, dpc, connect=False, prefixes=("",), **more):
    return {"name": name, "kind": "tdm", "prefixes": [*prefixes], "addr": addr, "peer": {"addr": peer}, "connect": connect,
            "opc": opc, "dpc": dpc, "circuits": {"first": 1, "count": 4}} | more


def sip(name, peer, prefixes=("",), **more):
    return {"name": name, "kind": "sip", "prefixes": [*prefixes], "peer": {"addr": peer}} | more


class Gateway:
    def __init__(self, tmp_path, name, addr, switch, trunks, **more):
        self.addr, self.name = addr, name
        self.trace = tmp_path / f"{name}.jsonl"
        self.config = tmp_path / f"{name}.json"
        self.config.write_text(json.dumps({"sip": {"addr": addr}, "domain": f"{name}.example",
                                           "switch": f"sip:{switch}:5060;transport=tcp", "trunks": trunks, **more}))
        self.proc = None
        self.start()

    def start(self):
        self.trace.write_text("")
        self.log = open(self.config.with_suffix(".log"), "ab")
        self.proc = subprocess.Popen([BIN / "oob-gateway", "--config", self.config, "--trace", self.trace, "--name", self.name],
                                     stdout=subprocess.PIPE, stderr=self.log)
        assert select.select([self.proc.stdout], [], [], WAIT)[0], "no READY line"
        line = self.proc.stdout.readline().decode()
        assert line.startswith("READY "), line + self.config.with_suffix(".log").read_text()
        self.ready = json.loads(line[6:])

    def stop(self):
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
        code = self.proc.wait(WAIT)
        self.proc.stdout.close()
        self.log.close()
        return code

    def kill(self):
        self.proc.kill()
        self.proc.wait(WAIT)
        self.proc.stdout.close()
        self.log.close()

    def events(self, kind=None):
        lines = self.trace.read_text().split("\n")[:-1]
        return [e for e in map(json.loads, lines) if kind in (None, e["kind"])]

    def notes(self, what):
        return [e for e in self.events("note") if e["what"] == what]

    def wait_notes(self, what, n=1):
        return until(f"{n} times {what} at {self.name}", lambda: (found := self.notes(what))[n - 1:] and found)

    def linked(self, trunk="tdm"):
        def states():
            return [e["data"]["state"] for e in self.notes("gw.link") if e["data"]["trunk"] == trunk]
        until(f"link {trunk} of {self.name}", lambda: states()[-1:] == ["up"])
        return self

    def isup(self, direction):
        return [bytes.fromhex(e["hex"]) for e in self.events("isup") if e["dir"] == direction]


class Pair:
    """OSP's switch and gateway, a trunk, TSP's gateway and switch."""

    def __init__(self, net, tmp_path, **more):
        self.osp, self.tsp = Switch(net(11)), Switch(net(21))
        own = {"circuits": more.pop("circuits")} if "circuits" in more else {}
        self.b = Gateway(tmp_path, "tsp", net(20), net(21), [tdm("tdm", net(20), net(10), "2-2-2", "1-1-1", **own)], **more)
        self.a = Gateway(tmp_path, "osp", net(10), net(11), [tdm("tdm", net(10), net(20), "1-1-1", "2-2-2", True, **own)], **more)
        self.a.linked()
        self.b.linked()

    def sides(self, caller):
        return (self.osp, self.a, self.tsp, self.b) if caller == "osp" else (self.tsp, self.b, self.osp, self.a)

    def ring(self, caller="osp", **more):
        """A call that rings. @return caller's side, the INVITE at the far end, far switch"""
        near, gateway, far, _ = self.sides(caller)
        call = Call(near, gateway.addr, **more)
        invite = far.next("INVITE")
        reply(invite, 180, "Ringing", far.addr)
        assert call.next(180).body == ""
        return call, invite, far

    def up(self, caller="osp", **more):
        call, invite, far = self.ring(caller, **more)
        reply(invite, 200, "OK", far.addr, SDP)
        ok = call.answered()
        assert "m=audio" in ok.body and "192.0.2.1" not in ok.body
        far.next("ACK")
        return call, invite, far

    def stop(self):
        codes = [g.stop() for g in (self.a, self.b)]
        for switch in (self.osp, self.tsp):
            switch.close()
        return codes


# --- a trunk that misbehaves: the other end is a socket of ours ---


def m3ua(isup, opc=0x010101, dpc=0x020202):
    data = opc.to_bytes(4, "big") + dpc.to_bytes(4, "big") + bytes([5, 2, 0, 0]) + isup
    size = 4 + len(data)
    pad = -size % 4
    return bytes([1, 0, 1, 1]) + (8 + size + pad).to_bytes(4, "big") + bytes([2, 0x10]) + size.to_bytes(2, "big") + data + bytes(pad)


def iam(cic, called="9032469103"):
    digits = bytes(int(called[i]) | int(called[i + 1]) << 4 for i in range(0, 10, 2))
    return cic.to_bytes(2, "little") + bytes.fromhex("01 00 60 01 0A 03 06 0D 03 80 90 A2 07 03 10") + digits + bytes.fromhex("0A 07 03 13 02 31 77 06 15 00")


def plain(cic, kind, rest=""):
    return cic.to_bytes(2, "little") + bytes([kind]) + bytes.fromhex(rest)


class Trunk:
    """The OSP's end of the trunk by hand, point code 1-1-1: it controls the odd circuits."""

    def __init__(self, net, tmp_path, **more):
        self.switch = Switch(net(21))
        own = {"circuits": more.pop("circuits")} if "circuits" in more else {}
        self.gateway = Gateway(tmp_path, "tsp", net(20), net(21), [tdm("tdm", net(20), net(10), "2-2-2", "1-1-1", **own)], **more)
        self.addr = net(10)
        self.connect()

    def connect(self, source=None):
        self.sock = socket.create_connection((self.gateway.addr, M3UA_PORT), source_address=(source or self.addr, 0))
        self.sock.settimeout(WAIT)
        if not source:
            self.gateway.linked()

    def send(self, isup, **more):
        self.sock.sendall(m3ua(isup, **more))

    def exactly(self, n):
        data = b""
        while len(data) < n:
            chunk = self.sock.recv(n - len(data))
            assert chunk, "the gateway has closed the link"
            data += chunk
        return data

    def receive(self, kind):
        head = self.exactly(8)
        body = self.exactly(int.from_bytes(head[4:], "big") - 8)
        isup = body[16:int.from_bytes(body[2:4], "big")]
        assert isup[2] == kind, isup.hex()
        return int.from_bytes(isup[:2], "little"), isup

    def in_step(self):
        """The gateway has read all that was sent: it answers REL on an idle circuit."""
        self.send(plain(4, 0x0c, "02 00 02 80 90"))
        assert self.receive(0x10)[0] == 4

    def still_works(self):
        self.send(iam(1))
        invite = self.switch.next("INVITE")
        reply(invite, 486, "Busy Here", self.switch.addr)
        self.switch.next("ACK")
        assert self.receive(0x0c)[1][3:] == bytes.fromhex("02 00 02 8A 91")
        self.send(plain(1, 0x10))
        self.gateway.wait_notes("gw.released")


def assert_released(gateway, cause, by, n=1):
    data = gateway.wait_notes("gw.released", n)[-1]["data"]
    assert (data["cause"], data["by"]) == (cause, by)
