#!/usr/bin/python3
"""A CPS of another make, for testing the bench: standard library and python3-cryptography, nothing of ours.

    conform_cps.py [--sloppy MISTAKE]… [--trouble WHAT] [--retrieval HOW] CONFIG
    conform_cps.py --fetch CONFIG ORIG DEST

It verifies what it is posted. A MISTAKE leaves one thing out; WHAT makes it misbehave as a program. PASSporTs are fetched by PUT
/calls; or HOW: by GET (get), by the second form of the command over a socket of this machine (command), or by a SIP INVITE, as of
an STI-VS in one box with it (sip).
"""

import argparse
import base64
import datetime
import hashlib
import http.client
import http.server
import json
import os
import signal
import socket
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

MISTAKES = ["fresh", "signature", "dates", "chain", "method", "company", "media", "keeps", "anyone", "mangles"]
TROUBLES = ["mute", "crash-at-start", "cannot", "crash", "hang", "deaf", "rubbish", "flood", "ends-early", "setting",
            "unknown-77"]
TNAUTHLIST = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")


class Refused(Exception):
    def __init__(self, status, word):
        super().__init__(word)
        self.status, self.word = status, word


def unb64(part):
    if not part or "=" in part:
        raise Refused(400, "not-a-token")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Cps:
    def __init__(self, conf, sloppy):
        self.conf, self.sloppy, self.store, self.told = conf, sloppy, [], {}
        self.lock = threading.Condition()
        self.roots = None

    def fetch(self, url):
        at = urllib.parse.urlsplit(url)
        if at.scheme != "https":
            raise Refused(400, "bad-url")
        context = ssl.create_default_context(cafile=self.conf["https"]["ca"])
        address = self.conf["https"]["resolve"].get(at.hostname, at.hostname)
        with socket.create_connection((address, at.port or 443), 3) as raw:
            conn = http.client.HTTPConnection(at.hostname)
            conn.sock = context.wrap_socket(raw, server_hostname=at.hostname)
            conn.request("GET", at.path)
            answer = conn.getresponse()
            if answer.status != 200:
                raise Refused(403, "no-certificate")
            return answer.read()

    def approved(self):
        """The list's content alone: whose signature it has is not looked at here."""
        if self.roots is None:
            payload = json.loads(unb64(self.fetch(self.conf["trust"]["ca_list"]).decode().split(".")[1]))
            self.roots = [x509.load_pem_x509_certificate(pem.encode()) for pem in payload["trustList"]]
        return self.roots

    def check_chain(self, chain):
        now = datetime.datetime.utcnow()
        for cert in chain:
            if "dates" not in self.sloppy and not cert.not_valid_before <= now <= cert.not_valid_after:
                raise Refused(403, "expired")
        if "chain" in self.sloppy:
            return
        for root in self.approved():
            path = [*chain, root]
            try:
                for cert, issuer in zip(path, path[1:]):
                    issuer.public_key().verify(cert.signature, cert.tbs_certificate_bytes,
                                               ec.ECDSA(cert.signature_hash_algorithm))
                return
            except InvalidSignature:
                continue
        raise Refused(403, "not-trusted")

    def verify(self, token):
        parts = token.split(".")
        if len(parts) != 3:
            raise Refused(400, "not-a-token")
        try:
            header, claims, signature = json.loads(unb64(parts[0])), json.loads(unb64(parts[1])), unb64(parts[2])
        except ValueError as e:
            raise Refused(400, "not-a-token") from e
        if header.get("alg") != "ES256":
            raise Refused(400, "wrong-alg")
        pem = self.fetch(header["x5u"])
        chain = [x509.load_pem_x509_certificate(b"-----BEGIN" + p) for p in pem.split(b"-----BEGIN")[1:]]
        if not any(e.oid == TNAUTHLIST for e in chain[0].extensions):
            raise Refused(403, "no-spc")
        self.check_chain(chain)
        der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        try:
            chain[0].public_key().verify(der, f"{parts[0]}.{parts[1]}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as e:
            if "signature" not in self.sloppy:
                raise Refused(403, "forged") from e
        if "fresh" not in self.sloppy and abs(time.time() - claims["iat"]) > 61:
            raise Refused(403, "old")
        return claims

    def post(self, method, path, ctype, body):
        if method != "POST" and "method" not in self.sloppy:
            raise Refused(405, "method")
        if path.rpartition("/")[2] not in self.conf["companies"] and "company" not in self.sloppy:
            raise Refused(404, "unknown")
        if ctype.split(";")[0].strip().lower() != "application/passport" and "media" not in self.sloppy:
            raise Refused(415, "media")
        tokens = [line.strip() for line in body.decode("latin-1").split("\n") if line.strip()]
        found = [(self.verify(t), t) for t in tokens]
        with self.lock:
            self.store += [f for f in found if f[1] not in [t for _, t in self.store]]
            self.lock.notify_all()

    def hits(self, orig, dest):
        return [(c, t) for c, t in self.store if c["orig"].get("tn") == orig and dest in c["dest"].get("tn", [])]

    def take(self, call_id, orig, dest, wait_ms=0):
        """What comes within the wait is handed over too: the call may be faster than its PASSporT."""
        with self.lock:
            if call_id not in self.told:
                self.lock.wait_for(lambda: self.hits(orig, dest), wait_ms / 1000)
                hits = self.hits(orig, dest)
                if "keeps" not in self.sloppy:
                    self.store = [s for s in self.store if s not in hits]
                self.told[call_id] = "\n".join(t + ("x" if "mangles" in self.sloppy else "") for _, t in hits)
            return self.told[call_id]


def local_name(config):
    """Of a socket without a file, whose path might be too long."""
    return "\0" + hashlib.sha256(os.path.realpath(config).encode()).hexdigest()


def by_command(cps, path):
    """ORIG DEST in a line, over a local socket; the PASSporTs come back, one a line."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            orig, dest = self.rfile.readline().decode().split()
            self.wfile.write(cps.take(str(uuid.uuid4()), orig, dest).encode())

    threading.Thread(target=socketserver.ThreadingUnixStreamServer(path, Handler).serve_forever, daemon=True).start()


def fetch(config, orig, dest):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(local_name(config))
        sock.sendall(f"{orig} {dest}\n".encode())
        print(sock.makefile().read())


def by_sip(cps, addr):
    """Redirect server: each PASSporT of the call in an Identity header of the 302."""

    def number(value):
        return value.split("sip:+")[1].split("@")[0]

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            while line := self.rfile.readline().decode():
                headers = []
                while (header := self.rfile.readline().decode().strip()):
                    headers.append(header.partition(":")[::2])
                if line.startswith("INVITE "):
                    self.answer(line, {name: value.strip() for name, value in headers})

        def answer(self, line, headers):
            tokens = cps.take(headers["Call-ID"], number(headers["P-Asserted-Identity"]), number(line)).split()
            lines = ["SIP/2.0 302 Moved Temporarily", f"To: {headers['To']};tag=1"]
            lines += [f"{name}: {headers[name]}" for name in ("Via", "From", "Call-ID", "CSeq")]
            lines += [f"Contact: <{line.split()[1]}>", "Content-Length: 0"]
            lines += [f"Identity: {t};info=<https://cr.pki.example/x>;alg=ES256;ppt=shaken" for t in tokens]
            self.wfile.write("\r\n".join([*lines, "", ""]).encode())

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer((addr, 5060), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def handler(cps, private, trouble):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def answer(self, status, body="", ctype=None):
            self.send_response(status)
            if ctype:
                self.send_header("Content-Type", ctype)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def is_vs(self):
            names = [v for k, v in (self.connection.getpeercert() or {}).get("subjectAltName", ()) if k == "DNS"]
            return "anyone" in cps.sloppy or bool(set(names) & set(cps.conf["private"]["clients"]))

        def pull(self):
            at = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(at.query))
            if not self.is_vs():
                return self.answer(403, '{"reason": "stranger"}')
            if self.command == "GET":
                tokens = cps.take(query["call"], query["orig"], query["dest"]).split()
                return self.answer(200, json.dumps(tokens), "application/json") if tokens else self.answer(404)
            body = cps.take(at.path, query["orig"], query["dest"], int(query.get("wait_ms", 0)))
            return self.answer(200 if body else 204, body, "application/passport" if body else None)

        def handle_one(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if trouble == "crash":
                os._exit(9)
            if trouble == "hang":
                time.sleep(60)
            if private:
                return self.pull()
            try:
                cps.post(self.command, self.path, self.headers.get("Content-Type") or "", body)
            except Refused as e:
                return self.answer(e.status, json.dumps({"reason": e.word}), "application/problem+json")
            except Exception as e:  # noqa: BLE001  whatever it is: it is not accepted
                return self.answer(400, json.dumps({"reason": repr(e)}), "application/problem+json")
            return self.answer(201)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_one

    return Handler


def serve(cps, side, trouble):
    conf = cps.conf[side]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(conf["tls"]["cert"], conf["tls"]["key"])
    if side == "private":
        context.load_verify_locations(conf["tls"]["client_ca"])
        context.verify_mode = ssl.CERT_OPTIONAL
    server = http.server.ThreadingHTTPServer((conf["addr"], conf["port"]), handler(cps, side == "private", trouble))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sloppy", action="append", default=[], choices=MISTAKES)
    parser.add_argument("--trouble", choices=TROUBLES)
    parser.add_argument("--retrieval", choices=["put", "get", "command", "sip"], default="put")
    parser.add_argument("--fetch", action="store_true")
    parser.add_argument("config")
    parser.add_argument("numbers", nargs="*")
    args = parser.parse_args()
    if args.fetch:
        return fetch(args.config, *args.numbers)
    if args.trouble == "cannot":
        sys.exit(77)
    if args.trouble == "crash-at-start":
        sys.exit("no database")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # of no thread but the one that waits for it
    with open(args.config) as f:
        cps = Cps(json.load(f), args.sloppy)
    if (args.trouble, True) in (("setting", bool({"store", "max_wait_ms"} & set(cps.conf))), ("unknown-77", "x-unknown" in cps.conf)):
        sys.exit(77)
    for side in ("public", "private") if args.retrieval in ("put", "get") else ("public",):
        serve(cps, side, args.trouble)
    if args.retrieval == "command":
        by_command(cps, local_name(args.config))
    if args.retrieval == "sip":
        by_sip(cps, cps.conf["public"]["addr"])
    if args.trouble in ("rubbish", "flood"):
        print("\0\xff{{{ READY? no\nREAD" * 100)
    if args.trouble == "flood":  # megabytes without a newline, on both
        for stream in sys.stdout.buffer, sys.stderr.buffer:
            stream.write(bytes(range(9)) * 500000)
            stream.flush()
        print()
    if args.trouble == "ends-early":
        os._exit(0)
    if args.trouble != "mute":
        print("READY {}", flush=True)
    signal.sigwait({signal.SIGUSR1 if args.trouble == "deaf" else signal.SIGTERM})
    os._exit(0)


if __name__ == "__main__":
    main()
