"""Peers of an element under test: a CSCF on bare sockets, and an HTTPS server that does as it is told."""

import http.server
import json
import re
import select
import socket
import ssl
import subprocess
import threading
import time
import uuid

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


class Element:
    """A program of ours that runs until the block ends."""

    def __init__(self, program, conf, folder, name, *options):
        self.trace_file = folder / f"{name}.jsonl"
        self.log_file = folder / f"{name}.log"
        conf_file = folder / f"{name}.json"
        conf_file.write_text(json.dumps(conf))
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [program, "--config", conf_file, "--trace", self.trace_file, "--name", name, *options],
                stdout=subprocess.PIPE, stderr=log)

    def __enter__(self):
        readable, _, _ = select.select([self.process.stdout], [], [], BOUND)
        line = self.process.stdout.readline().decode() if readable else ""
        if not line.startswith("READY "):
            self.stop()
            raise AssertionError(f"not ready: {line!r}\n{self.log()}")
        self.ready = json.loads(line[len("READY "):])
        return self

    def __exit__(self, *_):
        code = self.stop()
        assert code == 0, f"ended with {code}\n{self.log()}"

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(BOUND)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        return code

    def log(self):
        return self.log_file.read_text()

    def events(self):
        if not self.trace_file.exists():
            return []
        lines = self.trace_file.read_text().split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def notes(self, what):
        return [event for event in self.events() if event.get("what") == what]

    def note(self, what, count=1):
        """The last of `count` notes, once they are all there."""
        return wait_for(f"note {what}", lambda: self.notes(what)[count - 1:count])[0]


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


class Request:
    """An HTTP request as it came, and how to let its answer go."""

    def __init__(self, line, headers, body, client):
        self.line, self.headers, self.body, self.client = line, headers, body, client
        self.release = threading.Event()


class Https:
    """An HTTPS server. `answer(request)` gives (status, headers, body), or None to close without an answer."""

    def __init__(self, addr, port, cert, key, answer, client_ca=None):
        self.requests, self.answer = [], answer
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = BOUND

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(self.requestline, self.headers, body, self.connection.getpeercert())
                owner.requests.append(request)
                result = owner.answer(request)
                if result is None:
                    self.close_connection = True
                    return
                status, headers, answer_body = result
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer_body)))
                self.end_headers()
                self.wfile.write(answer_body)

            do_GET = do_POST = do_PUT = handle_any

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, sock, peer):
                try:  # the handshake is made here, in the connection's own thread
                    super().finish_request(context.wrap_socket(sock, server_side=True), peer)
                except OSError:
                    pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        self.server = Server((addr, port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        for request in self.requests:
            request.release.set()
        self.server.shutdown()
        self.server.server_close()

    def request(self, count=1):
        """The count-th request, once it is there."""
        return wait_for("HTTPS request", lambda: self.requests[count - 1:count])[0]
