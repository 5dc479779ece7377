"""A PKI, PASSporTs and HTTPS of their own for the element tests, made by python3-cryptography.

It shares no code with the programs under test, so each side is a witness of the other. Whatever can be wrong with
a certificate or a token can be made wrong on purpose here.

    pki = Pki(tmp_path, net(2))                   # STI-PA, STI-CA (root, intermediate), web CA
    osp = pki.sti("1234")                         # an STI certificate: osp.x5u, osp.key, osp.chain
    with pki.serve():                             # https://cr.pki.example:8443/… on net(2)
        token = sign(shaken("12013776051", "19032469103"), osp)
        with start("ref-cps", conf, tmp_path) as cps:
            answer = Https(addr, 8443, "cps.tsp.example", pki.web_root).ask("POST", "/cps/company/5678", token, {...})
            cps.note("cps.stored")
"""

import base64
import collections
import contextlib
import datetime
import http.client
import http.server
import json
import os
import pathlib
import select
import signal
import socket
import ssl
import subprocess
import threading
import time
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from conftest import BIN

UTC = datetime.timezone.utc
LONG_AGO = datetime.datetime(2019, 1, 1)
FAR_AHEAD = datetime.datetime(2045, 1, 1)
TN_AUTH_LIST = ObjectIdentifier("1.3.6.1.5.5.7.1.26")
SHAKEN_POLICY = ObjectIdentifier("2.16.840.1.114569.1.1.4")
PORT = 8443


# --- PASSporTs ---


def b64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value):
    """The deterministic form of RFC 8225 §9."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def shaken(orig, dest, *, iat=None, attest="A", origid=None, **more):
    """Claims of a shaken PASSporT; dest is a number or a list of them. A claim given as None is left out."""
    claims = {
        "attest": attest,
        "dest": {"tn": [dest] if isinstance(dest, str) else dest},
        "iat": int(time.time()) if iat is None else iat,
        "orig": {"tn": orig},
        "origid": origid or str(uuid.uuid4()),
    }
    claims.update(more)
    return {k: v for k, v in claims.items() if v is not None}


def div(orig, dest, diverted, *, iat=None, **more):
    """Claims of a div PASSporT (RFC 8946): no attest, no origid."""
    claims = shaken(orig, dest, iat=iat, div={"tn": diverted}, **more)
    return {k: v for k, v in claims.items() if k not in ("attest", "origid")}


def sign(claims, cred, *, ppt="shaken", header=None, raw_header=None, raw_claims=None, signature=None, key=None):
    """A token in compact serialisation.

    cred        whose key signs and whose x5u stands in the header
    ppt         None: a base PASSporT
    header      members that replace those of the header; None as a value leaves one out
    raw_header, raw_claims   octets in place of the deterministic form
    signature   function from the 64 octets R‖S to those that are sent
    key         another key than the certificate's
    """
    members = {"alg": "ES256", "ppt": ppt, "typ": "passport", "x5u": cred.x5u}
    members.update(header or {})
    head = raw_header or canonical({k: v for k, v in members.items() if v is not None})
    signing_input = b64url(head) + "." + b64url(raw_claims or canonical(claims))
    der = (key or cred.key).sign(signing_input.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    octets = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return signing_input + "." + b64url(signature(octets) if signature else octets)


def decode(token):
    """(header, claims) of a token, without verification."""
    head, claims, _ = token.split(".")
    return json.loads(unb64url(head)), json.loads(unb64url(claims))


def verifies(token, public_key):
    signing_input, _, sig = token.rpartition(".")
    octets = unb64url(sig)
    if len(octets) != 64:
        return False
    der = utils.encode_dss_signature(int.from_bytes(octets[:32], "big"), int.from_bytes(octets[32:], "big"))
    try:
        public_key.verify(der, signing_input.encode(), ec.ECDSA(hashes.SHA256()))
    except Exception:  # pylint: disable=broad-except
        return False
    return True


# --- PKI ---


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def pem(*certs):
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certs)


def key_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def tn_auth_list(*spcs, numbers=()):
    """DER of a TNAuthList (RFC 8226 §9): entries [0] SPC and [2] number, explicitly tagged."""
    entries = b""
    for tag, values in ((0xA0, spcs), (0xA2, numbers)):
        for value in values:
            text = bytes([0x16, len(value)]) + value.encode()
            entries += bytes([tag, len(text)]) + text
    return bytes([0x30, len(entries)]) + entries


def dn(organization, common_name):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def usage(*names):
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
        "crl_sign encipher_only decipher_only"
    ).split()
    return x509.KeyUsage(**{name: name in names for name in every})


class Ca:
    """A certificate with its key that signs others; chain is from itself up to, and without, the root."""

    def __init__(self, cert, key, chain=()):
        self.cert, self.key, self.chain = cert, key, list(chain)

    def issue(self, subject, public_key, extensions, not_before=LONG_AGO, not_after=FAR_AHEAD, key=None):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.cert.subject if self.cert else subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(key or self.key, hashes.SHA256())


def make_root(organization, common_name, crl=False):
    key = new_key()
    ca = Ca(None, key)
    ca.cert = ca.issue(
        dn(organization, common_name),
        key.public_key(),
        [
            (x509.BasicConstraints(True, None), True),
            (usage("key_cert_sign", *(["crl_sign"] if crl else [])), True),
        ],
    )
    return ca


class Cred:
    """An STI certificate as its owner holds it: key, chain in PEM, and the URL under which it is published."""

    def __init__(self, x5u, key, certs):
        self.x5u, self.key, self.cert = x5u, key, certs[0]
        self.chain = pem(*certs)

    def save(self, folder, name):
        """(certificate chain file, key file)"""
        return _save(folder, name, self.chain, self.key)


def _save(folder, name, chain, key):
    cert_path, key_path = pathlib.Path(folder) / f"{name}.pem", pathlib.Path(folder) / f"{name}-key.pem"
    cert_path.write_bytes(chain)
    key_path.write_bytes(key_pem(key))
    key_path.chmod(0o600)
    return str(cert_path), str(key_path)


class Pki:
    """STI-PA, one STI-CA (root and intermediate) on its list, a second STI-CA that is not, and a web CA."""

    HOST = "cr.pki.example"

    def __init__(self, folder, addr="127.0.0.1"):
        self.dir = pathlib.Path(folder)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.addr = addr
        self.files = {}  # path → octets, what serve() serves
        self.hits = collections.Counter()  # path → number of requests
        self.sequence = self.crl_number = 0
        self.revoked = []
        self.pa_root = make_root("STI-PA", "STI-PA ROOT", crl=True)
        self.pa_signer = self._pa_signer()
        self.ca = self._sti_ca("Example STI-CA")
        self.rogue = self._sti_ca("Rogue STI-CA")
        self.web = make_root("Example Web", "Web ROOT")
        self.pa_root_file = self._write("pa-root.pem", pem(self.pa_root.cert))
        self.web_root = self._write("tls-root.pem", pem(self.web.cert))
        self.publish_list()
        self.publish_crl()

    def _write(self, name, octets):
        path = self.dir / name
        path.write_bytes(octets)
        return str(path)

    def url(self, path):
        return f"https://{self.HOST}:{PORT}{path}"

    def _pa_signer(self):
        key = new_key()
        cert = self.pa_root.issue(
            dn("STI-PA", "STI-PA signer"),
            key.public_key(),
            [(x509.BasicConstraints(False, None), True), (usage("digital_signature", "crl_sign"), True)],
        )
        return Ca(cert, key, [cert])

    def _points(self):
        return x509.CRLDistributionPoints(
            [
                x509.DistributionPoint(
                    full_name=[x509.UniformResourceIdentifier(self.url("/crl"))],
                    relative_name=None,
                    reasons=None,
                    crl_issuer=[x509.DirectoryName(self.pa_signer.cert.subject)],
                )
            ]
        )

    def _policy(self):
        return x509.CertificatePolicies([x509.PolicyInformation(SHAKEN_POLICY, None)])

    def _sti_ca(self, name):
        root = make_root(name, f"{name} SHAKEN ROOT")
        key = new_key()
        cert = root.issue(
            dn(name, f"{name} SHAKEN intermediate"),
            key.public_key(),
            [
                (x509.BasicConstraints(True, 0), True),
                (usage("key_cert_sign"), True),
                (self._policy(), False),
                (self._points(), False),
            ],
        )
        ca = Ca(cert, key, [cert])
        ca.root = root
        return ca

    def sti(
        self,
        spc,
        *,
        ca=None,
        tnauth=None,
        not_before=LONG_AGO,
        not_after=FAR_AHEAD,
        is_ca=False,
        key_usage=("digital_signature",),
        key=None,
        chain=True,
        publish=True,
    ):
        """Issue an STI certificate and publish it.

        ca      who issues; default the STI-CA on the list (self.rogue is not on it)
        tnauth  DER of the TNAuthList; default one SPC; b"" for none
        chain   False: the intermediate is left out of what x5u gives
        """
        ca, key = ca or self.ca, key or new_key()
        extensions = [
            (x509.BasicConstraints(is_ca, None), True),
            (usage(*key_usage), True),
            (self._policy(), False),
            (self._points(), False),
        ]
        der = tn_auth_list(spc) if tnauth is None else tnauth
        if der:
            extensions.append((x509.UnrecognizedExtension(TN_AUTH_LIST, der), False))
        cert = ca.issue(dn(f"Provider {spc}", f"SHAKEN {spc}"), key.public_key(), extensions, not_before, not_after)
        path = f"/certs/{spc}-{cert.serial_number:x}.pem"
        cred = Cred(self.url(path), key, [cert] + (ca.chain if chain else []))
        if publish:
            self.files[path] = cred.chain
        return cred

    def tls(self, *names, ca=None, not_after=FAR_AHEAD):
        """Issue a TLS certificate, for servers and clients. (certificate file, key file)"""
        key = new_key()
        cert = (ca or self.web).issue(
            dn("Example Web", names[0]),
            key.public_key(),
            [
                (x509.BasicConstraints(False, None), True),
                (usage("digital_signature"), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
                (x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False),
            ],
            not_after=not_after,
        )
        return _save(self.dir, f"{names[0]}-{cert.serial_number:x}", pem(cert), key)

    def publish_list(self, *, roots=None, exp=FAR_AHEAD, sequence=None, signer=None):
        """Sign the list of approved STI-CAs anew."""
        self.sequence += 1
        signer = signer or self.pa_signer
        self.files["/pa/signer.pem"] = pem(*signer.chain)
        head = canonical({"alg": "ES256", "typ": "JWT", "x5u": self.url("/pa/signer.pem")})
        body = canonical(
            {
                "version": "1.0",
                "sequence": self.sequence if sequence is None else sequence,
                "exp": int(exp.replace(tzinfo=UTC).timestamp()),
                "trustList": [pem(c).decode() for c in (roots if roots is not None else [self.ca.root.cert])],
            }
        )
        signing_input = b64url(head) + "." + b64url(body)
        r, s = utils.decode_dss_signature(signer.key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
        sig = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        self.files["/ca-list"] = (signing_input + "." + b64url(sig)).encode()

    def publish_crl(self, *, this_update=LONG_AGO, next_update=FAR_AHEAD, signer=None):
        """Sign the STI-PA's indirect CRL anew (RFC 5280 §5: each entry names the issuer of its certificate)."""
        self.crl_number += 1
        signer = signer or self.pa_signer
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(signer.cert.subject)
            .last_update(this_update)
            .next_update(next_update)
            .add_extension(x509.CRLNumber(self.crl_number), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False)
            .add_extension(
                x509.IssuingDistributionPoint(
                    full_name=None,
                    relative_name=None,
                    only_contains_user_certs=False,
                    only_contains_ca_certs=False,
                    only_some_reasons=None,
                    indirect_crl=True,
                    only_contains_attribute_certs=False,
                ),
                True,
            )
        )
        for cert in self.revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(cert.serial_number)
                .revocation_date(LONG_AGO)
                .add_extension(x509.CertificateIssuer([x509.DirectoryName(cert.issuer)]), True)
                .build()
            )
        crl = builder.sign(signer.key, hashes.SHA256())
        self.files["/crl"] = crl.public_bytes(serialization.Encoding.PEM)

    def revoke(self, cred):
        self.revoked.append(cred.cert)
        self.publish_crl()

    def trust_conf(self, **more):
        """Member "trust" of an element's configuration."""
        return {"pa_root": self.pa_root_file, "ca_list": self.url("/ca-list"), "crl": self.url("/crl")} | more

    def https_conf(self, cert=None, key=None, **resolve):
        """Member "https" of an element's configuration; resolve: host → address, with _ for the dots"""
        names = {self.HOST: self.addr} | {k.replace("_", "."): v for k, v in resolve.items()}
        conf = {"ca": self.web_root, "resolve": names}
        return conf | {"cert": cert, "key": key} if cert else conf

    @contextlib.contextmanager
    def serve(self):
        """Serve self.files over HTTPS as the STI-CR and the STI-PA do."""
        cert, key = self.tls(self.HOST)
        with https_server(self.addr, PORT, cert, key, self._get):
            yield self

    def _get(self, request):
        self.hits[request.path] += 1
        body = self.files.get(request.path)
        if body is None:
            return 404, {}, b""
        return 200, {"Content-Type": "application/pem-certificate-chain"}, body


# --- HTTPS ---

Request = collections.namedtuple("Request", "method path headers body")
Answer = collections.namedtuple("Answer", "status headers body")


@contextlib.contextmanager
def https_server(addr, port, cert, key, handler, client_ca=None):
    """An HTTPS server; handler(Request) gives (status, headers, body), in a thread for each connection."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, out = handler(Request(self.command, self.path, self.headers, body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *args):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def get_request(self):
            sock, peer = super().get_request()
            sock.settimeout(10)
            return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), peer

        def handle_error(self, *args):
            pass  # the peer's affair: it sees the broken connection

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    server = Server((addr, port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Https(http.client.HTTPConnection):
    """A persistent HTTPS connection to an address, under a name."""

    def __init__(self, addr, port, name, ca, cert=None, timeout=10):
        super().__init__(addr, port, timeout=timeout)
        self.name = name
        self.context = ssl.create_default_context(cafile=ca)
        if cert:
            self.context.load_cert_chain(*cert)

    def connect(self):
        sock = socket.create_connection((self.host, self.port), self.timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.context.wrap_socket(sock, server_hostname=self.name)

    def send_request(self, method, path, body=None, headers=None):
        if isinstance(body, str):
            body = body.encode()
        self.request(method, path, body, {"Host": self.name} | (headers or {}))

    def answer(self):
        response = self.getresponse()
        return Answer(response.status, response.headers, response.read())

    def ask(self, method, path, body=None, headers=None):
        self.send_request(method, path, body, headers)
        return self.answer()


# --- programs ---


class Element:
    """A running program: what it said when it was ready, and its trace."""

    def __init__(self, proc, folder):
        self.proc = proc
        self.ready = None
        self.trace_file = folder / "trace.jsonl"
        self.log_file = folder / "log.txt"

    def log(self):
        return self.log_file.read_text()

    def trace(self):
        """All events so far; a line that is still being written does not count."""
        text = self.trace_file.read_text() if self.trace_file.exists() else ""
        return [json.loads(line) for line in text.splitlines(True) if line.endswith("\n")]

    def notes(self, what):
        return [e for e in self.trace() if e["kind"] == "note" and e["what"] == what]

    def wait(self, wanted, timeout=10):
        """Wait until wanted() is true and return what it gave; fails when the program ends or time is over."""
        deadline = time.monotonic() + timeout
        while True:
            found = wanted()
            if found:
                return found
            assert self.proc.poll() is None, f"ended with {self.proc.returncode}: {self.log()}"
            assert time.monotonic() < deadline, f"not seen within {timeout} s; log: {self.log()}"
            time.sleep(0.005)

    def note(self, what, count=1, timeout=10):
        """Wait for the count-th note of this kind; gives it."""
        return self.wait(lambda: (self.notes(what) + [None] * count)[count - 1], timeout)

    def hup(self):
        self.proc.send_signal(signal.SIGHUP)

    def stop(self):
        """SIGTERM; it must end by itself, with exit code 0."""
        if self.proc.poll() is None:
            self.proc.terminate()
        try:
            code = self.proc.wait(10)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
            raise AssertionError(f"did not end within 10 s of SIGTERM: {self.log()}") from None
        assert code == 0, f"exit code {code}: {self.log()}"


def _read_ready(element, timeout):
    out, seen = element.proc.stdout, b""
    deadline = time.monotonic() + timeout
    while True:
        left = deadline - time.monotonic()
        assert left > 0, f"not ready within {timeout} s: {element.log()}"
        if not select.select([out], [], [], left)[0]:
            continue
        chunk = os.read(out.fileno(), 65536)
        assert chunk, f"ended before it was ready, exit code {element.proc.wait(10)}: {element.log()}"
        seen += chunk
        for line in seen.split(b"\n")[:-1]:
            if line.startswith(b"READY "):
                return json.loads(line[6:])


_starts = 0


def new_folder(folder, program):
    global _starts  # pylint: disable=global-statement
    _starts += 1
    path = pathlib.Path(folder) / f"{program}-{_starts}"
    path.mkdir(parents=True)
    return path


@contextlib.contextmanager
def start(program, config, folder, *options, name=None, command=(), timeout=20):
    """Start a program with a configuration (an object, or a command line when it is None), wait until it is READY, give
    an Element, and stop it in the end; that it ends cleanly is part of every test."""
    folder = new_folder(folder, program)
    argv = [str(BIN / program), *command]
    if config is not None:
        conf = folder / "config.json"
        conf.write_text(json.dumps(config, indent="\t"))
        argv += ["--config", str(conf), "--trace", str(folder / "trace.jsonl")]
        argv += ["--name", name] if name else []
    with open(folder / "log.txt", "wb") as log:
        proc = subprocess.Popen(argv + list(options), stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL)
    element = Element(proc, folder)
    try:
        element.ready = _read_ready(element, timeout)
        yield element
        element.stop()
    finally:
        if proc.poll() is None:
            proc.kill()
        proc.wait()
        proc.stdout.close()


def run(program, *argv, config=None, folder=None, timeout=20):
    """Run a program to its end: (exit code, stdout, stderr). config: text or object for --config"""
    args = [str(BIN / program)]
    if config is not None:
        path = new_folder(folder, program) / "config.json"
        path.write_text(config if isinstance(config, str) else json.dumps(config, indent="\t"))
        args += ["--config", str(path)]
    done = subprocess.run(
        args + list(argv), capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode, done.stdout, done.stderr
