"""A SIP neighbour made of plain sockets: it sends and sees octets, so a test says exactly what is on the wire."""

import itertools
import queue
import re
import selectors
import socket
import threading

TIMEOUT = 5
COUNTER = itertools.count(1)


class Message:
    """One SIP message: start line, headers as (name, value) in order, body."""

    def __init__(self, octets, reply_to=None):
        self.octets = octets
        self.reply_to = reply_to  # function that sends octets back where it came from
        head, _, self.body = octets.partition(b"\r\n\r\n")
        self.start, *lines = head.decode().split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        self.status = int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0
        self.method = "" if self.status else self.start.split()[0]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        return (self.all(name) or [None])[0]

    @property
    def uri(self):
        return self.start.split()[1]

    @property
    def branch(self):
        return re.search(r"branch=([^;,\s]+)", self.get("Via"))[1]

    def tag(self, name):
        found = re.search(r";tag=([^;,\s>]+)", self.get(name))
        return found and found[1]

    def __repr__(self):
        return self.octets.decode(errors="replace")


def split_stream(data):
    """Whole messages at the front of a byte stream, and the rest."""
    messages = []
    while True:
        data = data.lstrip(b"\r\n")
        head, mark, rest = data.partition(b"\r\n\r\n")
        if not mark:
            return messages, data
        length = int(re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)[1])
        if len(rest) < length:
            return messages, data
        messages.append(head + mark + rest[:length])
        data = rest[length:]


class Peer:
    """Listens on addr:port over TCP and UDP. Every message goes to `auto` if that takes it, else to the queue."""

    def __init__(self, addr, port=5060, auto=None):
        self.addr, self.port, self.auto = addr, port, auto
        self.inbox = queue.Queue()
        self.buffers = {}
        self.selector = selectors.DefaultSelector()
        self.tcp = socket.create_server((addr, port), backlog=128)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((addr, port))
        self.wake, waker = socket.socketpair()
        self.waker = waker
        for sock in (self.tcp, self.udp, self.wake):
            self.selector.register(sock, selectors.EVENT_READ)
        self.out = {}  # (host, port) → connection
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def close(self):
        self.waker.send(b"x")
        self.thread.join(TIMEOUT)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.waker.close()
        self.selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- receiving ---

    def loop(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.wake:
                    return
                if key.fileobj is self.tcp:
                    conn, _ = self.tcp.accept()
                    self.watch(conn)
                elif key.fileobj is self.udp:
                    data, src = self.udp.recvfrom(65536)
                    self.take(Message(data, lambda octets, src=src: self.udp.sendto(octets, src)))
                else:
                    self.read(key.fileobj)

    def watch(self, conn):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffers[conn] = b""
        self.selector.register(conn, selectors.EVENT_READ)

    def read(self, conn):
        try:
            data = conn.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.selector.unregister(conn)
            self.out = {dst: c for dst, c in self.out.items() if c is not conn}
            conn.close()
            return
        messages, self.buffers[conn] = split_stream(self.buffers[conn] + data)
        for octets in messages:
            self.take(Message(octets, conn.sendall))

    def take(self, message):
        if not (self.auto and self.auto(self, message)):
            self.inbox.put(message)

    def expect(self, what, timeout=TIMEOUT):
        """Next message, which must be this method or status. 100 is passed over unless asked for."""
        while True:
            try:
                message = self.inbox.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"{self.addr}: expected {what}, nothing came") from None
            if message.status == 100 and what != 100:
                continue
            assert what in (message.method, message.status), f"{self.addr}: expected {what}, got\n{message}"
            return message

    def nothing(self, timeout=0.3):
        try:
            message = self.inbox.get(timeout=timeout)
        except queue.Empty:
            return
        raise AssertionError(f"{self.addr}: expected nothing, got\n{message}")

    # --- sending ---

    def send(self, dst, octets, transport="tcp"):
        if transport == "udp":
            self.udp.sendto(octets, dst)
            return
        if dst not in self.out:
            self.out[dst] = socket.create_connection(dst, timeout=TIMEOUT, source_address=(self.addr, 0))
            self.out[dst].settimeout(None)
            self.watch(self.out[dst])
        self.out[dst].sendall(octets)

    def request(self, dst, method, call, headers=(), body=b"", transport="tcp"):
        """Send a request of a call; returns its octets, to be sent again."""
        lines = [f"{method} {call.target} SIP/2.0",
                 f"Via: SIP/2.0/{transport.upper()} {call.sent_by or f'{self.addr}:{self.port}'};branch={call.branch}",
                 f"From: {call.local}", f"To: {call.remote}", f"Call-ID: {call.call_id}",
                 f"CSeq: {call.cseq} {method}", "Max-Forwards: 70" if call.max_forwards is None else
                 f"Max-Forwards: {call.max_forwards}"]
        lines += list(headers)
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        octets = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        self.send(dst, octets, transport)
        return octets

    def reply(self, request, status, phrase="X", headers=(), body=b"", tag=None, contact=True):
        to = request.get("To")
        if status > 100 and ";tag=" not in to:
            to += f";tag={tag or 'uas' + request.branch[-8:]}"
        lines = [f"SIP/2.0 {status} {phrase}"] + [f"Via: {v}" for v in request.all("Via")]
        lines += [f"From: {request.get('From')}", f"To: {to}", f"Call-ID: {request.get('Call-ID')}",
                  f"CSeq: {request.get('CSeq')}"]
        if contact and 100 < status < 300 and request.method == "INVITE":
            lines.append(f"Contact: <sip:{self.addr}:{self.port};transport={transport_of(request)}>")
        lines += list(headers)
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        request.reply_to("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def transport_of(request):
    return request.get("Via").split("/")[2].split()[0].lower()


class Call:
    """What the requests of one call repeat, seen from one side."""

    def __init__(self, local, remote, target, call_id=None, sent_by=None, max_forwards=None):
        n = next(COUNTER)
        self.tag = f"t{n}"
        self.local, self.remote, self.target = f"{local};tag={self.tag}", remote, target
        self.call_id = call_id or f"call-{n}-{threading.get_ident()}"
        self.sent_by, self.max_forwards, self.cseq = sent_by, max_forwards, 1
        self.new_branch()

    @classmethod
    def called(cls, invite, tag=None):
        """The other side: of the UAS that got this INVITE."""
        call = cls("x", "x", "x", call_id=invite.get("Call-ID"))
        call.local = f"{invite.get('To')};tag={tag or 'uas' + invite.branch[-8:]}"
        call.remote = invite.get("From")
        call.target = re.search(r"<([^>]+)>", invite.get("Contact"))[1]
        call.cseq = 100
        return call

    def new_branch(self):
        self.branch = f"z9hG4bK{next(COUNTER)}x{threading.get_ident():x}"

    def confirm(self, ok):
        self.remote = ok.get("To")
        self.target = re.search(r"<([^>]+)>", ok.get("Contact"))[1]

    def next(self):
        self.cseq += 1
        self.new_branch()
