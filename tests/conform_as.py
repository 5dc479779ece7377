#!/usr/bin/python3
"""An STI-AS of another make, for testing the bench: standard library and python3-cryptography, nothing of ours.

    conform_as.py [--sloppy MISTAKE]… [--signer secsipidx] CONFIG

It takes INVITEs over TCP and UDP, answers 302 with a shaken PASSporT, and posts the same PASSporT to the CPS of the called
number. A MISTAKE leaves one thing out. With --signer secsipidx that program signs.
"""

import argparse
import base64
import calendar
import email.utils
import http.client
import json
import os
import re
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

MISTAKES = ["waits", "silent", "other-token", "attest", "dest", "padding", "old", "plus", "no-info", "key", "path", "type", "x5u", "origid"]


def b64(data, sloppy=()):
    text = base64.urlsafe_b64encode(data).decode()
    return text if "padding" in sloppy else text.rstrip("=")


def number(uri):
    """Canonical number of a SIP or tel URI; None when it has none."""
    found = re.search(r"(?:sips?|tel):([^@;>]+)", uri or "")
    return canonical(found[1]) if found else None


def canonical(text):
    digits = re.sub(r"[-.() ]", "", urllib.parse.unquote(text))
    if not re.fullmatch(r"\+?[0-9*#]{1,15}", digits):
        return None
    if digits.startswith("+"):
        return digits[1:]
    return "1" + digits if len(digits) == 10 else digits


class Refused(Exception):
    def __init__(self, status, phrase):
        super().__init__(phrase)
        self.status, self.phrase = status, phrase


class As:
    def __init__(self, conf, sloppy, signer):
        self.conf, self.sloppy, self.signer = conf, sloppy, signer
        with open(conf["key"], "rb") as f:
            self.key = serialization.load_pem_private_key(f.read(), None)
        if "key" in sloppy:
            self.key = ec.generate_private_key(ec.SECP256R1())

    def attest(self, orig):
        if "attest" in self.sloppy:
            return "D"
        own = self.conf.get("attestation", {}).get("own", [])
        return "A" if any(orig.startswith(prefix) for prefix in own) else "C"

    def sign_by_itself(self, claims):
        x5u = self.conf["x5u"].replace("https:", "http:") if "x5u" in self.sloppy else self.conf["x5u"]
        header = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": x5u}
        parts = [b64(json.dumps(part, separators=(",", ":"), sort_keys=True).encode(), self.sloppy) for part in (header, claims)]
        r, s = utils.decode_dss_signature(self.key.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256())))
        return ".".join([*parts, b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"), self.sloppy)])

    def sign_by_secsipidx(self, claims):
        done = subprocess.run(
            ["secsipidx", "-sign-full", "-orig-tn", claims["orig"]["tn"], "-dest-tn", claims["dest"]["tn"][0], "-attest",
             claims["attest"], "-orig-id", claims["origid"], "-x5u", self.conf["x5u"], "-k", self.conf["key"]],
            capture_output=True, text=True, check=True)
        return done.stdout.split(";")[0].strip()

    def sign(self, orig, dest):
        claims = {
            "attest": self.attest(orig),
            "dest": {"tn": dest if "dest" in self.sloppy else [dest]},
            "iat": int(time.time()) - (120 if "old" in self.sloppy else 0),
            "orig": {"tn": "+" + orig if "plus" in self.sloppy else orig},
            "origid": "no-uuid" if "origid" in self.sloppy else str(uuid.uuid4()),
        }
        return self.sign_by_secsipidx(claims) if self.signer == "secsipidx" else self.sign_by_itself(claims)

    def cps_of(self, served):
        rules = [n for n in self.conf.get("numbers", []) if served.startswith(n["prefix"])]
        ocn = max(rules, key=lambda n: len(n["prefix"]), default={}).get("ocn")
        return self.conf.get("cps", {}).get(ocn)

    def publish(self, served, token):
        url = self.cps_of(served)
        if not url or "silent" in self.sloppy:
            return
        at = urllib.parse.urlsplit(url)
        context = ssl.create_default_context(cafile=self.conf["https"]["ca"])
        address = self.conf["https"].get("resolve", {}).get(at.hostname, at.hostname)
        path = "/elsewhere" if "path" in self.sloppy else at.path
        ctype = "text/plain" if "type" in self.sloppy else "application/passport"
        try:
            with socket.create_connection((address, at.port or 443), 3) as raw:
                conn = http.client.HTTPConnection(at.hostname, at.port)
                conn.sock = context.wrap_socket(raw, server_hostname=at.hostname)
                conn.request("POST", path, token.encode(), {"Content-Type": ctype})
                conn.getresponse().read()
        except OSError as e:
            print(f"POST {url}: {e}", file=sys.stderr)

    def check_date(self, date):
        if date is None:
            return
        parsed = email.utils.parsedate(date)
        if not parsed or abs(calendar.timegm(parsed) - time.time()) > self.conf.get("freshness_s", 60):
            raise Refused(403, "Stale Date")

    def answer(self, uri, headers, send):
        """An INVITE. send: takes (status, phrase, further header lines)."""
        called = number(uri)
        callers = [number(v) for v in headers.get("p-asserted-identity", []) + headers.get("from", []) + headers.get("f", [])]
        caller = next((c for c in callers if c), None)
        if not called:
            raise Refused(484, "Address Incomplete")
        if not caller:
            raise Refused(400, "Bad Request")
        self.check_date(headers.get("date", [None])[0])
        token = self.sign(caller, called)
        info = "" if "no-info" in self.sloppy else f';info=<{self.conf["x5u"]}>'
        identity = f'{token}{info};alg=ES256;ppt="shaken"'
        posted = self.sign(caller, called) if "other-token" in self.sloppy else token
        ported = re.search(r";rn=([^;@>]+)", uri)  # RFC 4694: the number that finds the provider
        served = canonical(ported[1]) if ported else called
        lines = [f"Contact: <{uri}>", f"Identity: {identity}", f"Date: {email.utils.formatdate(usegmt=True)}"]
        if "waits" in self.sloppy:
            self.publish(served, posted)
            return send(302, "Moved Temporarily", lines)
        send(302, "Moved Temporarily", lines)
        return self.publish(served, posted)


# --- SIP ---


def parse(text):
    first, *lines = re.sub(r"\r\n[ \t]+", " ", text).split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return first, headers


def respond(headers, status, phrase, lines):
    def copy(name, short):
        return [f"{name}: {value}" for value in headers.get(name.lower(), []) + headers.get(short, [])]

    to = copy("To", "t")[:1]
    if to and "tag=" not in to[0]:
        to = [f"{to[0]};tag={uuid.uuid4().hex[:8]}"]
    out = [f"SIP/2.0 {status} {phrase}", *copy("Via", "v"), *copy("From", "f"), *to, *copy("Call-ID", "i"), *copy("CSeq", ""),
           *lines, "Content-Length: 0", "", ""]
    return "\r\n".join(out).encode()


def handle(service, text, send):
    first, headers = parse(text)
    method, uri, *_ = first.split(" ") + [""]
    if method in ("ACK", "CANCEL"):
        return
    reply = lambda status, phrase, lines=(): send(respond(headers, status, phrase, lines))
    if method == "OPTIONS":
        reply(200, "OK")
    elif method != "INVITE":
        reply(405, "Method Not Allowed", ["Allow: INVITE, OPTIONS"])
    else:
        try:
            service.answer(uri, headers, reply)
        except Refused as e:
            reply(e.status, e.phrase, [f'Reason: SIP;cause={e.status};text="{e.phrase}"'])


def serve_tcp(service, address):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            lock = threading.Lock()

            def send(octets):
                with lock:
                    self.wfile.write(octets)

            while text := self.read_message():
                threading.Thread(target=handle, args=(service, text, send), daemon=True).start()

        def read_message(self):
            lines = []
            while True:
                line = self.rfile.readline().decode("latin-1")
                if not line:
                    return None
                if line == "\r\n":
                    if lines:
                        break
                    continue
                lines.append(line)
            text = "".join(lines).removesuffix("\r\n")
            length = re.search(r"^(?:Content-Length|l)\s*:\s*(\d+)", text, re.I | re.M)
            self.rfile.read(int(length[1]) if length else 0)
            return text

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer.daemon_threads = True
    server = socketserver.ThreadingTCPServer(address, Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def serve_udp(service, address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(address)
    answered = {}

    def take(text, peer):
        branch = re.search(r"branch=([^;,\r\n]+)", text)
        if branch and branch[1] in answered:  # a repetition gets the same again
            sock.sendto(answered[branch[1]], peer)
            return

        def send(octets):
            if branch:
                answered[branch[1]] = octets
            sock.sendto(octets, peer)

        handle(service, text, send)

    def loop():
        while True:
            octets, peer = sock.recvfrom(65535)
            text = octets.decode("latin-1").split("\r\n\r\n")[0]
            if text.strip():
                threading.Thread(target=take, args=(text, peer), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sloppy", action="append", default=[], choices=MISTAKES)
    parser.add_argument("--signer", choices=["itself", "secsipidx"], default="itself")
    parser.add_argument("config")
    args = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # of no thread but the one that waits for it
    with open(args.config) as f:
        conf = json.load(f)
    service = As(conf, args.sloppy, args.signer)
    address = (conf["sip"]["addr"], conf["sip"].get("port", 5060))
    serve_tcp(service, address)
    serve_udp(service, address)
    print("READY {}", flush=True)
    signal.sigwait({signal.SIGTERM})
    os._exit(0)


if __name__ == "__main__":
    main()
