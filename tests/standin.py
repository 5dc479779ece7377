"""Peers of an STI-AS or STI-VS under test: a CSCF on bare sockets, and an HTTPS server that does as it is told."""

import re
import socket
import threading
import time
import uuid

from stirkit import https_server

BOUND = 10  # seconds; what should happen at once fails after that


def wait_for(what, condition, bound=BOUND):
    """The first true value of condition(), looked at again and again."""
    end = time.monotonic() + bound
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what}: did not happen within {bound} s"
        time.sleep(0.005)


class Message:
    """A SIP message as it came."""

    def __init__(self, raw):
        self.raw = raw
        self.start, *self.lines = raw.decode().split("\r\n\r\n")[0].split("\r\n")
        if self.start.startswith("SIP/2.0 "):
            self.status = int(self.start.split(" ")[1])
            self.phrase = self.start.split(" ", 2)[2]

    def headers(self, name):
        found = (line.split(":", 1) for line in self.lines)
        return [value.strip() for key, value in found if key.strip().lower() == name.lower()]

    def header(self, name):
        values = self.headers(name)
        assert len(values) == 1, f"{name}: {values}\n{self.raw.decode()}"
        return values[0]

    def tokens(self):
        """PASSporTs of its Identity headers."""
        return [value.split(";")[0] for value in self.headers("Identity")]


def invite(uri="sip:+19032469103@osp.example;user=phone", caller="<sip:+12013776051@osp.example;user=phone>",
           headers=(), transport="TCP", port=5999, method="INVITE", branch=None):
    call = uuid.uuid4().hex
    lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/{transport} 127.0.0.1:{port};branch={branch or 'z9hG4bK' + call};rport",
             "Max-Forwards: 70", f"From: {caller};tag=1{call[:8]}", f"To: <{uri}>", f"Call-ID: {call}@127.0.0.1",
             f"CSeq: 1 {method}", "Contact: <sip:127.0.0.1>", *headers, "Content-Length: 0"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Cscf:
    """Asks an element over one TCP connection."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.sock = socket.create_connection((host, int(port)), BOUND)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, request):
        self.sock.sendall(request)

    def receive(self, bound=BOUND):
        """The next response; TimeoutError when none comes. All of ours are without a body."""
        self.sock.settimeout(bound)
        while b"\r\n\r\n" not in self.buffer:
            chunk = self.sock.recv(65536)
            assert chunk, f"connection closed after {self.buffer!r}"
            self.buffer += chunk
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert re.search(rb"(?im)^content-length: *0\r?$", head), head
        return Message(head + b"\r\n\r\n")

    def ask(self, *args, **kwargs):
        self.send(invite(*args, **kwargs))
        return self.receive()


class StandIn:
    """An HTTPS server that notes each request and answers as it is told.

    answer(request) gives (status, headers, body); an exception in it breaks the connection without an answer. hold() is
    an answer that waits for release.
    """

    def __init__(self, addr, port, cert, answer=lambda request: (201, {}, b""), client_ca=None):
        self.requests, self.answer, self.release = [], answer, threading.Event()
        self.server = https_server(addr, port, *cert, self.handle, client_ca)

    def handle(self, request):
        self.requests.append(request)
        return self.answer(request)

    def hold(self, _):
        self.release.wait(BOUND)
        return 201, {}, b""

    def request(self, count=1):
        """The count-th request, once it is there."""
        return wait_for("HTTPS request", lambda: self.requests[count - 1:count])[0]

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *exc):
        self.release.set()
        return self.server.__exit__(*exc)
