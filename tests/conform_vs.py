#!/usr/bin/python3
"""An STI-VS of another make, for testing the bench: standard library, python3-cryptography and vector_witness.py.

    conform_vs.py [--sloppy MISTAKE]… CONFIG

It is asked over SIP (TCP and UDP) and HTTP, fetches from its CPS, and has no push and no policy. A MISTAKE leaves one thing out,
or makes it misbehave as a program.
"""

import argparse
import http.client
import http.server
import json
import os
import re
import signal
import socket
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

import vector_witness as witness
from vector_witness import Refused

MISTAKES = ["fresh", "signature", "chain", "revoked", "orig", "dest", "div", "cps", "in-band", "lose", "mute", "patient", "verstat"]
TROUBLES = ["crash", "hang", "rubbish", "plain", "busy"]
PASSED, FAILED, NONE = "TN-Validation-Passed", "TN-Validation-Failed", "No-TN-Validation"
# what it can be told; anything else it cannot do
KNOWN = {"sip", "domain", "http", "cps", "numbers", "trust", "https"}
# its own words, and the statuses that it thinks right
SAYS = {
    "stale": (403, "too old"), "iat-outside-cert": (403, "too old"), "cert-fetch": (436, "no certificate"),
    "x5u": (436, "bad url"), "info-missing": (436, "no info"), "info-mismatch": (436, "other info"),
    "cert-form": (437, "unreadable certificate"), "cert-key": (437, "wrong key"), "cert-profile": (437, "no STI certificate"),
    "cert-spc": (437, "no STI certificate"), "cert-date": (437, "expired certificate"), "cert-chain": (437, "broken chain"),
    "cert-untrusted": (437, "stranger"), "cert-revoked": (437, "revoked"), "crl-unusable": (437, "no revocation list"),
    "ca-list-unusable": (437, "no list of authorities"),
}
ANYTHING_ELSE = (438, "wrong")


class Https:
    """Fetches by the names of its configuration."""

    def __init__(self, conf):
        self.resolve, self.got = conf["resolve"], {}
        self.context = ssl.create_default_context(cafile=conf["ca"])
        self.context.load_cert_chain(conf["cert"], conf["key"])

    def ask(self, method, url, timeout=3, accept="*/*"):
        at = urllib.parse.urlsplit(url)
        with socket.create_connection((self.resolve.get(at.hostname, at.hostname), at.port or 443), timeout) as raw:
            conn = http.client.HTTPConnection(at.hostname)
            conn.sock = self.context.wrap_socket(raw, server_hostname=at.hostname)
            conn.request(method, at.path + ("?" + at.query if at.query else ""), headers={"Accept": accept})
            answer = conn.getresponse()
            return answer.status, answer.read()

    # what vector_witness looks certificates up in
    def __contains__(self, url):
        if url not in self.got:
            try:
                status, body = self.ask("GET", url)
            except (OSError, http.client.HTTPException):
                return False
            if status != 200:
                return False
            self.got[url] = body.decode("latin-1")
        return True

    def __getitem__(self, url):
        return self.got[url]


class Vs:
    def __init__(self, conf, sloppy):
        self.conf, self.sloppy, self.https = conf, sloppy, Https(conf["https"])
        trust = conf["trust"]
        with open(trust["pa_root"]) as f:
            self.published = {"pa_root": f.read()}
        jwt = self.text(trust["ca_list"])
        self.published["ca_list"] = jwt and {"jwt": jwt, "chain": self.text(self.x5u_of(jwt)) or ""}
        crl = self.text(trust["crl"])
        if crl and not crl.startswith("-----BEGIN"):
            crl = ssl.DER_cert_to_PEM_cert(crl.encode("latin-1")).replace("CERTIFICATE", "X509 CRL")
        chain = trust.get("crl_chain") or (self.x5u_of(jwt) if jwt else "")
        self.published["crl"] = crl and {"pem": crl, "chain": self.text(chain) or ""}

    def text(self, url):
        return self.https[url] if url and url in self.https else None

    @staticmethod
    def x5u_of(jwt):
        try:
            return witness.json_object(witness.unb64url(jwt.split(".")[0], "form"), "form").get("x5u")
        except Refused:
            return None

    def trust(self):
        trust = witness.Trust(self.published, int(time.time()))
        if "revoked" in self.sloppy:
            trust.revoked = set()
        if "chain" in self.sloppy:
            trust.check_provider = lambda certs: None
        return trust

    def from_cps(self, orig, dest):
        cps = self.conf.get("cps")
        if not cps or "cps" in self.sloppy:
            return []
        grace = 3 if "patient" in self.sloppy else cps.get("grace_ms", 1000) / 1000
        url = f"{cps['url']}/calls/{uuid.uuid4()}?orig={orig}&dest={dest}&wait_ms={cps['wait_ms']}".replace("#", "%23")
        try:
            status, body = self.https.ask("PUT", url, cps["wait_ms"] / 1000 + grace, "application/passport")
        except (OSError, http.client.HTTPException):
            return []
        return [line.strip() for line in body.decode("latin-1").splitlines() if line.strip()] if status == 200 else []

    def items(self, call, headers, tokens):
        """All that can be read, and the reason of one that cannot."""
        trust, items, why = self.trust(), [], None
        for header in [] if "in-band" in self.sloppy else headers:
            try:
                for token, params in witness.identity_values(header):
                    items.append(self.item(token, params, trust, call))
            except Refused as e:
                why = e.reason
        items += [self.item(token, None, trust, call) for token in tokens]
        if "div" in self.sloppy:
            items = [i for i in items if not i.is_div]
        return items, trust, why

    def item(self, token, params, trust, call):
        item = witness.Item(token, params, self.https, trust, call)
        if params and item.pp and not item.refused:
            header = {"alg": item.pp.header["alg"], "ppt": item.pp.ppt}
            if any(params.get(name, value) != value for name, value in header.items()):
                item.refused = "param-mismatch"
        ignored = {"signature": "signature", "orig": "orig-mismatch"}
        if any(m in self.sloppy and item.refused == reason for m, reason in ignored.items()):
            item.refused = None
        return item

    def judge(self, orig, dest, headers):
        """(verstat, reason, PASSporTs from the CPS)"""
        tokens = self.from_cps(orig, dest)
        call = {"orig": orig, "dest": dest}
        items, trust, why = self.items(call, headers, tokens)
        value = {"call": call, "owners": Owners(self.conf.get("numbers", []))}
        readable = [i for i in items if i.pp is None or i.speaks_of_the_caller()]
        links = [i for i in items if i.pp and i.refused not in ("claim", "header-member")]
        paths = [p for i in readable if i in links and not i.is_div for p in witness.paths_from(i, links)]
        shaken = [p for p in paths if p[0].pp.ppt == "shaken"]
        faults = [self.fault(p, value, trust) for p in shaken]
        if None in faults:
            return PASSED + ("-A" if "verstat" in self.sloppy else ""), None, tokens
        if not readable:
            return (FAILED, why, tokens) if why else (NONE, None, tokens)
        if paths and not shaken and not any(i.refused for i in readable):
            return NONE, None, tokens
        return FAILED, self.reason(readable, paths, value, trust, why), tokens

    def fault(self, path, value, trust):
        fault = witness.path_fault(path, value, trust)
        skipped = {"fresh": ("stale",), "dest": ("dest-mismatch", "div-dest")}
        return None if any(m in self.sloppy and fault in r for m, r in skipped.items()) else fault

    @staticmethod
    def reason(readable, paths, value, trust, why):
        alone = [i.refused for i in readable if i.refused]
        if not paths:
            return (alone or [why or witness.call_fault(readable, paths, value, trust)])[0]
        return witness.call_fault(readable, paths, value, trust)


class Owners:
    def __init__(self, numbers):
        self.numbers = numbers

    def get(self, number):
        fits = [n for n in self.numbers if number and number.startswith(n["prefix"])]
        return max(fits, key=lambda n: len(n["prefix"]))["ocn"] if fits else None


# --- SIP ---


def number(value):
    """Of a SIP or tel URI, canonical; None when it is none."""
    uri = re.search(r"(?:sips?|tel):([^;@>]*)", value)
    text = re.sub(r"[-.() ]", "", urllib.parse.unquote(uri[1])) if uri else ""
    if re.fullmatch(r"[0-9]{10}", text):
        text = "1" + text
    text = text.removeprefix("+")
    return text if re.fullmatch(r"[0-9*#]{1,15}", text) else None


class Message:
    def __init__(self, head):
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("latin-1")).split("\r\n")
        self.method, _, rest = lines[0].partition(" ")
        self.uri = rest.rpartition(" ")[0]
        self.lines = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines[1:]) if n]

    def headers(self, name):
        return [v for n, v in self.lines if n == name]

    def answer(self, status, phrase, more=()):
        to = self.headers("to")[0]
        lines = [f"SIP/2.0 {status} {phrase}", *(f"Via: {v}" for v in self.headers("via")),
                 f"From: {self.headers('from')[0]}", f"To: {to if ';tag=' in to else to + ';tag=vs1'}",
                 f"Call-ID: {self.headers('call-id')[0]}", f"CSeq: {self.headers('cseq')[0]}", *more,
                 "Content-Length: 0", "", ""]
        return "\r\n".join(lines).encode("latin-1")


def identity(token):
    return f"Identity: {token};info=<{witness.Passport(token).header.get('x5u', '')}>;alg=ES256"


def readable(token):
    try:
        identity(token)
    except Refused:
        return False
    return True


def said(reason):
    return SAYS.get(reason, ANYTHING_ELSE)


def answer_sip(vs, message):
    """The answer to a message, or None."""
    if message.method == "ACK":
        return None
    if "crash" in vs.sloppy:
        os._exit(9)
    if "hang" in vs.sloppy or "rubbish" in vs.sloppy:
        return b"hello\r\n\r\n" if "rubbish" in vs.sloppy else None
    if "plain" in vs.sloppy:
        return message.answer(302, "Moved Temporarily", [f"Contact: <{message.uri}>"])
    if "busy" in vs.sloppy:
        return message.answer(500, "Server Internal Error")
    if message.method != "INVITE":
        return message.answer(405, "Method Not Allowed", ["Allow: INVITE"])
    asserted = [n for n in map(number, message.headers("p-asserted-identity")) if n]
    orig, dest = (asserted or [number(message.headers("from")[0])])[0], number(message.uri)
    if not orig or not dest:
        return message.answer(400, "Bad Request")
    verstat, reason, tokens = vs.judge(orig, dest, message.headers("identity"))
    lines = [f"Contact: <{message.uri}>", f"P-Asserted-Identity: <sip:+{orig}@tsp.example;verstat={verstat}>"]
    if "lose" not in vs.sloppy:
        lines += [identity(t) for t in tokens if readable(t)]
    if reason and "mute" not in vs.sloppy:
        lines.append('Reason: STIR;cause=%d;text="%s"' % said(reason))
    return message.answer(302, "Moved Temporarily", lines)


class SipTcp(socketserver.StreamRequestHandler):
    def handle(self):
        lines = []
        for line in self.rfile:
            if line != b"\r\n":
                lines.append(line)
            elif lines:
                message = Message(b"".join(lines))
                lines = []
                self.rfile.read(int((message.headers("content-length") or ["0"])[0]))
                answer = answer_sip(self.server.vs, message)
                if answer:
                    self.wfile.write(answer)


class SipUdp(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        answer = answer_sip(self.server.vs, Message(data.partition(b"\r\n\r\n")[0]))
        if answer:
            sock.sendto(answer, self.client_address)


class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


class Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = 65535


# --- HTTP ---


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, value = self.verification(body)
        octets = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def verification(self, body):
        try:
            question = json.loads(body)["verificationRequest"]
            orig, dest, headers = question["from"]["tn"], question["to"]["tn"][0], question.get("identity", [])
            right = all(re.fullmatch(r"[0-9*#]{1,15}", n) for n in (orig, dest)) and isinstance(question["time"], int)
            headers = [headers] if isinstance(headers, str) else list(headers)
        except (ValueError, LookupError, TypeError):
            right = False
        if not right:
            return 400, {"requestError": {"serviceException": {"messageId": "SVC4005"}}}
        vs = self.server.vs
        verstat, reason, tokens = vs.judge(orig, dest, headers)
        response = {"verstat": verstat, "passports": [] if "lose" in vs.sloppy else [t for t in tokens if readable(t)]}
        if reason and "mute" not in vs.sloppy:
            response["reasoncode"], response["reasondesc"] = said(reason)
        return 201, {"verificationResponse": response}

    def log_message(self, *_):
        pass


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True


def serve(server, vs):
    server.vs = vs
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sloppy", action="append", choices=MISTAKES + TROUBLES, default=[])
    parser.add_argument("config")
    options = parser.parse_args()
    with open(options.config) as f:
        conf = json.load(f)
    if set(conf) - KNOWN:
        sys.exit(77)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    vs = Vs(conf, options.sloppy)
    at = (conf["sip"]["addr"], conf["sip"]["port"])
    serve(Tcp(at, SipTcp), vs)
    serve(Udp(at, SipUdp), vs)
    if "http" in conf:
        server = HttpServer((conf["http"]["addr"], conf["http"]["port"]), Http)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(conf["http"]["tls"]["cert"], conf["http"]["tls"]["key"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serve(server, vs)
    print("READY {}", flush=True)
    signal.sigwait({signal.SIGTERM})
    os._exit(0)


if __name__ == "__main__":
    main()
