#!/usr/bin/python3
"""The CPS of conform_cps.py with a mistake at TLS, at the connection or in its memory: conform_cps_more.py MISTAKE CONFIG

`right` is none: what http.server itself gets wrong is mended.
"""

import io
import os
import ssl
import sys

import conform_cps

MISTAKE = sys.argv.pop(1)
MAKE, TAKE, POST = conform_cps.handler, conform_cps.Cps.take, conform_cps.Cps.post


def careful(self, method, path, ctype, body):
    """An empty body is no PASSporT."""
    if method == "POST" and not body.strip():
        raise conform_cps.Refused(400, "nothing")
    return POST(self, method, path, ctype, body)


def whole(base):
    """Requests are read as RFC 9112 wants them: what can be read in two ways, or was cut off, is refused."""

    class Handler(base):
        def parse_request(self):
            if not super().parse_request():
                return False
            get = self.headers.get_all
            lengths, codings, hosts = get("Content-Length") or [], get("Transfer-Encoding") or [], get("Host") or []
            bad = len(set(lengths)) > 1 or (lengths and codings) or len(hosts) != 1
            bad = bad or any(name != name.strip() for name in self.headers) or self.headers.defects
            if codings or bad:
                self.close_connection = True
                self.send_error(400 if bad else 411)
                return False
            if int((lengths or ["0"])[0]) > 65536:
                self.close_connection = True
                self.send_error(413)
                return False
            return True

        def send_response(self, status, *args):
            super().send_response(status, *args)
            if status == 405 and MISTAKE != "no-allow":
                self.send_header("Allow", "POST")

        def handle_one(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                if MISTAKE == "dies":
                    os._exit(9)
                if MISTAKE != "takes-cut-off":
                    return
                self.headers.replace_header("Content-Length", str(len(body)))
            self.rfile, rest = io.BytesIO(body), self.rfile
            try:
                super().handle_one()
            finally:
                self.rfile = rest

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_one

    return Handler


def take(self, call_id, orig, dest, wait_ms=0):
    """A call that asks again while it waits gets the same answer."""
    with self.lock:
        self.lock.wait_for(lambda: call_id in self.told or self.hits(orig, dest), wait_ms / 1000)
        body = TAKE(self, call_id, orig, dest)
        self.lock.notify_all()
        return body


# --- mistakes ---


def one_answer(base):
    class Handler(base):
        def end_headers(self):
            super().end_headers()
            self.close_connection = True

    return Handler


def no_continue(base):
    class Handler(base):
        def handle_expect_100(self):
            self.close_connection = True
            self.send_error(417)
            return False

    return Handler


def forgets(self, call_id, *args):
    self.told.pop(call_id, None)
    return take(self, call_id, *args)


def by_numbers(self, call_id, orig, dest, wait_ms=0):
    return take(self, orig + dest, orig, dest, wait_ms)


def impatient(self, call_id, orig, dest, wait_ms=0):
    return take(self, call_id, orig, dest, 0)


class OldTls(ssl.SSLContext):
    def wrap_socket(self, sock, **more):
        self.set_ciphers("ALL:@SECLEVEL=0")
        self.minimum_version = ssl.TLSVersion.TLSv1
        return super().wrap_socket(sock, **more)


class NoNewTls(ssl.SSLContext):
    def wrap_socket(self, sock, **more):
        self.maximum_version = ssl.TLSVersion.TLSv1_2
        return super().wrap_socket(sock, **more)


HANDLERS = {"one-answer": one_answer, "no-continue": no_continue}
TAKES = {"forgets": forgets, "by-numbers": by_numbers, "impatient": impatient}
CONTEXTS = {"old-tls": OldTls, "no-new-tls": NoNewTls}


class Ssl:
    """Module ssl with another class of contexts, for servers alone."""

    SSLContext = CONTEXTS.get(MISTAKE, ssl.SSLContext)

    def __getattr__(self, name):
        return getattr(ssl, name)


def make(*args):
    return HANDLERS.get(MISTAKE, lambda base: base)(whole(MAKE(*args)))


conform_cps.ssl = Ssl()
conform_cps.handler = make
conform_cps.Cps.post = careful
conform_cps.Cps.take = TAKES.get(MISTAKE, take)
conform_cps.main()
