#!/usr/bin/python3
"""STI-PA, STI-CA and certificate repository of another make, for testing the bench: python3-cryptography, nothing of ours.

    conform_pki.py [--sloppy MISTAKE]… CONFIG

It has a PKI of its own, made at the start, and tells what it serves in its READY line. A MISTAKE leaves one thing out.
"""

import argparse
import hashlib
import http.server
import json
import os
import re
import signal
import ssl
import threading
import time
import uuid

from cryptography import x509

from stirkit import Pki, key_pem, pem, sign, unb64url, verifies

HOST = "cr.vendor.example"
MISTAKES = ["sequence", "revocation", "order", "foreign", "https", "expired", "signer", "tag", "methods", "replay"]
CHAIN, JOSE = "application/pem-certificate-chain", "application/jose"


class Refused(Exception):
    def __init__(self, status, word):
        super().__init__(word)
        self.status, self.word = status, word


class Published(Pki):
    """What Pki makes, with the CPS mappings of two authorities."""

    HOST = HOST

    def __init__(self, folder, sloppy):
        self.sloppy, self.lock, self.used, self.numbers = sloppy, threading.Lock(), set(), {"pa": 0, "ca1": 0}
        self.maps = {name: {"1234": "https://cps.osp.example:8443/cps/company/1234"} for name in self.numbers}
        super().__init__(folder)
        self.lister = self.sti("lists", tnauth=b"")
        self.good, self.bad = self.sti("5678"), self.sti("9999")
        self.files["/pa/signer.pem"] = pem(*self.pa_signer.chain)
        if "revocation" not in sloppy:
            self.revoke(self.bad)
        if "order" in sloppy:
            for path in [p for p in self.files if p.startswith(("/certs/5678", "/certs/9999"))]:
                self.files[path] = b"".join(reversed(re.findall(rb"-----BEGIN.*?END CERTIFICATE-----\n", self.files[path], re.S)))
        for name in self.maps:
            self.publish(name)

    def publish(self, name):
        self.numbers[name] += "sequence" not in self.sloppy or not self.numbers[name]
        by_pa = name == "pa"
        claims = {"version": "1.0", "sequence": self.numbers[name], "cpsMapping": self.maps[name],
                  "exp": int(time.time()) + (-5 if "expired" in self.sloppy and by_pa else 86400)}
        cred = self.lister
        if by_pa:
            cred = type("Signer", (), {"key": self.pa_signer.key, "x5u": self.url("/pa/signer.pem")})
        if "signer" in self.sloppy and not by_pa:
            cred = self.good  # a provider's own, as if it were the STI-CA's
        token = sign(claims, cred, ppt=None, header={"typ": "JWT"}).encode()
        self.files[f"/maps/{name}.jwt"] = token
        if not by_pa:
            self.files["/maps/all.json"] = json.dumps([token.decode()]).encode()

    # --- told by a provider ---

    def tell(self, path, ctype, body):
        if ctype != JOSE:
            raise Refused(415, "wrong-type")
        if len(body) > 16000:
            raise Refused(413, "too-big")
        header, claims = self.parts(body)
        cert = self.owner(header, body)
        now, url = time.time(), claims.get("url")
        if not isinstance(claims.get("iat"), int) or not all(isinstance(claims.get(n), str) for n in ("url", "jti", "ocn")):
            raise Refused(400, "claims")
        if not url.startswith("https://") and "https" not in self.sloppy:
            raise Refused(400, "bad-url")
        if abs(now - claims["iat"]) > 60:
            raise Refused(403, "old")
        if "foreign" not in self.sloppy and not path == f"/tell/{claims.get('ocn')}" == f"/tell/{self.spc(cert)}":
            raise Refused(403, "not-yours")
        name = claims.get("authority", "pa")
        if name not in self.maps:
            raise Refused(403, "not-my-customer")
        with self.lock:
            if claims["jti"] in self.used and "replay" not in self.sloppy:
                raise Refused(409, "again")
            self.used.add(claims["jti"])
            self.maps[name][claims["ocn"]] = url
            self.publish(name)

    @staticmethod
    def parts(body):
        try:
            head, payload, _ = body.decode().split(".")
            header, claims = json.loads(unb64url(head)), json.loads(unb64url(payload))
            header["x5u"].startswith("https://")  # an object with that text
        except Exception as e:  # noqa: BLE001  whatever it is: it is no request
            raise Refused(400, "form") from e
        if header.get("alg") != "ES256":
            raise Refused(400, "wrong-alg")
        if header.get("typ") != "JWT":
            raise Refused(400, "form")
        return header, claims

    def owner(self, header, body):
        for cred in (self.good, self.bad):
            if header["x5u"] == cred.x5u:
                if cred is self.bad:
                    raise Refused(403, "revoked")
                if not verifies(body.decode(), cred.key.public_key()):
                    raise Refused(403, "forged")
                return cred.cert
        raise Refused(403, "elsewhere")

    @staticmethod
    def spc(cert):
        octets = cert.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")).value.value
        return octets[6:].decode()

    def serves(self):
        return {
            "pa_root": pem(self.pa_root.cert).decode(), "ca_list": self.url("/ca-list"), "crl": self.url("/crl"),
            "crl_chain": self.url("/pa/signer.pem"), "map_pa": self.url("/maps/pa.jwt"), "map_ca": self.url("/maps/ca1.jwt"),
            "map_master": self.url("/maps/all.json"), "certificate": self.good.x5u, "revoked": self.bad.x5u,
            "provision": self.url("/tell"), "ocn": "5678", "key": key_pem(self.good.key).decode(),
            "revoked_key": key_pem(self.bad.key).decode(), "mapped_ocn": "1234", "mapped_url": self.maps["pa"]["1234"],
        }


def ctype_of(path):
    if path.endswith(".json"):
        return "application/json"
    if path == "/crl":
        return "application/x-pem-file"
    return CHAIN if path.endswith(".pem") else JOSE


def handler(pki):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args):
            pass

        def answer(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self):
            body = pki.files.get(self.path)
            if body is None:
                return self.answer(404)
            tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            theirs = self.headers.get("If-None-Match")
            if theirs == tag or (theirs and "tag" in pki.sloppy):
                return self.answer(304, ETag=tag)
            return self.answer(200, body, ETag=tag, Cache_Control="max-age=60", Content_Type=ctype_of(self.path))

        do_HEAD = do_GET

        def do_PUT(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self.path.startswith("/tell/"):
                return self.do_GET() if "methods" in pki.sloppy else self.answer(405, Allow="GET")
            try:
                pki.tell(self.path, self.headers.get("Content-Type"), body)
            except Refused as e:
                return self.answer(e.status, json.dumps({"reason": e.word}).encode(), Content_Type="application/problem+json")
            return self.answer(204)

        do_POST = do_DELETE = do_PUT

    return Handler


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sloppy", action="append", default=[], choices=MISTAKES)
    parser.add_argument("config")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with open(args.config) as f:
        conf = json.load(f)
    pki = Published(f"{args.config}-{uuid.uuid4().hex}.d", args.sloppy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(conf["tls"]["cert"], conf["tls"]["key"])
    server = http.server.ThreadingHTTPServer((conf["addr"], conf["port"]), handler(pki))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("READY " + json.dumps({"serves": pki.serves()}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
