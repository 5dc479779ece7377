"""`oobsim up` as somebody uses it who takes part in its world: what it says, its files, PASSporTs signed by hand."""

import base64
import contextlib
import json
import pathlib
import random
import signal
import socket
import ssl
import subprocess
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from conftest import BIN, ROOT

LIMIT_S = 60


def free_world():
    """A number that nobody has now, away from those that `--listen` takes by itself: another test may take it, but
    worlds are many."""
    for number in random.sample(range(60, 200), 140):
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
            try:
                sock.bind((f"127.{number}.0.1", 5999))
            except OSError:
                continue
            return number
    raise RuntimeError("no free world")


class World:
    """What `oobsim up --json` says, and the folder that it writes."""

    def __init__(self, said):
        self.said = said
        self.folder = pathlib.Path(said["provision"])
        self.elements = {e["name"]: e for e in said["elements"]}
        self.providers = {p["name"]: p for p in said["providers"]}

    def file(self, name):
        return self.folder / name

    def curl(self, *args, cwd=None):
        """curl with the trust and the names of the folder."""
        names = [("--resolve", f"{name}:{port}:{bracketed(addr)}") for name, addr in self.said["names"].items()
                 for port in self.ports()]
        done = subprocess.run(["curl", "-sS", "-i", "--cacert", self.file("web-ca.pem"), *sum(names, ()), *map(str, args)],
                              capture_output=True, timeout=LIMIT_S, cwd=cwd)
        assert done.returncode == 0, done.stderr
        head, _, body = done.stdout.decode("latin-1").partition("\r\n\r\n")
        return int(head.split()[1]), body

    def ports(self):
        first, last = self.said["listen"]["ports"] if "listen" in self.said else (8443, 8444)
        return range(first, last + 1)

    def publish(self, token):
        """POST a PASSporT to the TSP's CPS. @return status and body"""
        return self.curl("-H", "Content-Type: application/passport", "--data-binary", token, self.providers["tsp"]["cps"])


def bracketed(addr):
    return f"[{addr}]" if ":" in addr else addr


@contextlib.contextmanager
def up(report, *args, scenario="A1"):
    process = subprocess.Popen([BIN / "oobsim", "up", scenario, "--json", "--report", report, *map(str, args)], cwd=ROOT,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield World(json.loads(line))
    finally:
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=LIMIT_S)[1]
    assert process.returncode == 0, errors


def openssl(*args, cwd=None):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True, timeout=LIMIT_S, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def request_by_openssl(folder, name="mine", curve="prime256v1"):
    """Key and CSR as a vendor makes them. @return their files"""
    key, csr = pathlib.Path(folder, f"{name}.key"), pathlib.Path(folder, f"{name}.csr")
    openssl("ecparam", "-name", curve, "-genkey", "-noout", "-out", key)
    openssl("req", "-new", "-key", key, "-subj", "/C=US/O=Example Vendor/CN=STI-AS", "-out", csr)
    return key, csr


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def passport(key_file, x5u, orig="12013776051", dest="19032469103"):
    """A shaken PASSporT, by python's cryptography alone."""
    key = serialization.load_pem_private_key(pathlib.Path(key_file).read_bytes(), None)
    header = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": x5u}
    claims = {"attest": "A", "dest": {"tn": [dest]}, "iat": int(time.time()), "orig": {"tn": orig},
              "origid": "123e4567-e89b-12d3-a456-426655440000"}
    signed = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def peer_certificate(addr, port, name, ca):
    """TLS to an address, with the name or address that the certificate must have. @return it"""
    context = ssl.create_default_context(cafile=ca)
    with socket.create_connection((addr, port), timeout=10) as sock, \
            context.wrap_socket(sock, server_hostname=name) as tls:
        return tls.getpeercert()


class Phones:
    """SIPp as both phones of A1, at the places that `up` tells, with the scenarios that `oobsim run` plays."""

    def __init__(self, world, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        place = {name: world.elements[name]["sip"].split(":", 1)[1].split(";")[0].rsplit(":", 1)
                 for name in ["osp.phone", "tsp.phone", "osp.switch"]}
        call = world.said["calls"][0]
        (self.folder / "numbers").write_text(f"SEQUENTIAL\n{call['from']};{call['to']}\n")
        self.called = self.sipp(place["tsp.phone"], "uas", "-trace_logs", "-log_file", "called")
        self.wait_listening(place["tsp.phone"])
        self.caller = self.sipp(place["osp.phone"], "uac", "-inf", "numbers", "-key", "domain", "osp.example",
                                ":".join(place["osp.switch"]))

    def sipp(self, place, side, *args):
        addr = place[0].strip("[]")
        play = ROOT / "scenarios" / "sipp" / f"{side}-caller-hangs-up.xml"
        return subprocess.Popen(["sipp", "-sf", play, "-t", "t1", "-i", addr, "-p", place[1], "-bind_local", "-ci", addr,
                                 "-m", "1", "-d", "10", "-nostdin", "-timeout", "20", "-timeout_error", *args],
                                cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait_listening(self, place):
        """By the kernel's list of sockets: a connection would be a call."""
        addr, port = place[0].strip("[]"), int(place[1])
        family = "tcp6" if ":" in addr else "tcp"
        until = time.monotonic() + 10
        while f":{port:04X} " not in "".join(line for line in open(f"/proc/net/{family}") if " 0A " in line):
            assert time.monotonic() < until and self.called.poll() is None, "SIPp does not listen"
            time.sleep(0.005)

    def wait(self):
        """@return what the called phone was shown of the caller"""
        codes = [self.caller.wait(30), self.called.wait(30)]
        assert codes == [0, 0], codes
        return (self.folder / "called").read_text()
