"""What the tests of ref-cps share: its world, a client that is STI-AS and STI-VS in one, and how a refusal reads."""

import contextlib
import datetime
import itertools
import json
import time
import uuid

import pytest

import stirkit
from stirkit import Https, Pki, shaken, sign, start

TYPE = {"Content-Type": "application/passport"}
PUBLIC, PRIVATE = 8443, 8444
NAME, COMPANY = "cps.tsp.example", "5678"
CALLS = itertools.count(int(time.time() * 1000) % 1000000)


class World:
    """A PKI and certificates good and bad; makes configurations and talks to the CPS under test."""

    def __init__(self, folder, net):
        self.dir, self.addr = folder, net(3)
        self.pki = pki = Pki(folder / "pki", net(2))
        self.cert = pki.tls(NAME)
        self.vs = pki.tls("vs.tsp.example")
        self.foreign = pki.tls("vs.other.example")
        day = datetime.timedelta(days=1)
        now = datetime.datetime.utcnow()
        p384 = stirkit.ec.generate_private_key(stirkit.ec.SECP384R1())
        self.osp = pki.sti("1234")
        self.other = pki.sti("4321")
        self.creds = {
            "rogue": pki.sti("1234", ca=pki.rogue),
            "expired": pki.sti("1234", not_after=now - day),
            "future": pki.sti("1234", not_before=now + day),
            "revoked": pki.sti("1234"),
            "no-tnauth": pki.sti("1234", tnauth=b""),
            "two-spcs": pki.sti("1234", tnauth=stirkit.tn_auth_list("1234", "5678")),
            "a-number": pki.sti("1234", tnauth=stirkit.tn_auth_list(numbers=["12013776051"])),
            "bad-tnauth": pki.sti("1234", tnauth=b"\x30\x03\xa0\x01\x16"),
            "ca": pki.sti("1234", is_ca=True),
            "usage": pki.sti("1234", key_usage=("digital_signature", "key_cert_sign")),
            "no-chain": pki.sti("1234", chain=False),
            "p384": pki.sti("1234", key=p384),
            "absent": pki.sti("1234", publish=False),
            "rubbish": pki.sti("1234"),
            "young": pki.sti("1234", not_before=now - datetime.timedelta(seconds=10)),
        }
        pki.files[self.path_of("rubbish")] = b"<html>not a certificate</html>"
        pki.revoke(self.creds["revoked"])

    def path_of(self, name):
        return self.creds[name].x5u.split(":8443", 1)[1]

    def conf(self, addr=None, **more):
        """more: members that replace those of the usual configuration; of public and private only what is named"""
        addr = addr or self.addr
        tls = dict(zip(("cert", "key"), self.cert))
        conf = {
            "public": {"addr": addr, "tls": tls},
            "private": {
                "addr": addr,
                "tls": tls | {"client_ca": self.pki.web_root},
                "clients": ["vs.tsp.example"],
            },
            "companies": [COMPANY, "567A"],
            "https": self.pki.https_conf(),
            "trust": self.pki.trust_conf(),
        }
        for side in {"public", "private"} & set(more):
            more[side] = {k: v for k, v in (conf[side] | more[side]).items() if v is not None}
        return conf | more

    def start(self, addr, *options, **more):
        return start("ref-cps", self.conf(addr, **more), self.dir, *options, name="tsp.cps")


class Client:
    """An STI-AS and an STI-VS in one, each with a persistent connection."""

    def __init__(self, world, addr, element):
        self.world, self.addr, self.element = world, addr, element
        self.public = Https(addr, PUBLIC, NAME, world.pki.web_root)
        self.private = Https(addr, PRIVATE, NAME, world.pki.web_root, world.vs)

    def post(self, body, headers=None, method="POST", path=f"/cps/company/{COMPANY}"):
        return self.public.ask(method, path, body, TYPE if headers is None else headers)

    def pull_path(self, call, wait_ms=None, call_id=None):
        wait = "" if wait_ms is None else f"&wait_ms={wait_ms}"
        return f"/calls/{call_id or uuid.uuid4()}?orig={call[0]}&dest={call[1]}{wait}"

    def pull(self, call, wait_ms=None, call_id=None, conn=None):
        """The tokens, [] for none"""
        answer = (conn or self.private).ask("PUT", self.pull_path(call, wait_ms, call_id))
        if answer.status == 204:
            assert answer.body == b""
            return []
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/passport"), answer.body
        return answer.body.decode().split("\n")

    def token(self, call, cred=None, **how):
        return sign(shaken(*call), cred or self.world.osp, **how)

    def notes(self, what, call):
        return [e for e in self.element.notes(what) if (e.get("orig"), e.get("dest")) == call]

    def close(self):
        self.public.close()
        self.private.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory, module_net):
    world = World(tmp_path_factory.mktemp("cps"), module_net)
    with world.pki.serve():
        yield world


@pytest.fixture(scope="module")
def element(world):
    with world.start(world.addr) as element:
        yield element


@pytest.fixture
def cps(world, element):
    client = Client(world, world.addr, element)
    yield client
    client.close()


@pytest.fixture
def own(world, net):
    """Start a CPS of this test's own: own(options…, members…) gives a client of it."""
    with contextlib.ExitStack() as stack:

        def make(*options, **more):
            element = stack.enter_context(world.start(net(3), *options, **more))
            return stack.enter_context(contextlib.closing(Client(world, net(3), element)))

        yield make


@pytest.fixture
def call():
    """(orig, dest) that no other test uses"""
    n = next(CALLS)
    return f"1201{n:07d}", f"1903{n:07d}"


def problem(answer):
    assert answer.headers["Content-Type"] == "application/problem+json", answer
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    return json.loads(answer.body)


def check_problem(answer, status, reason, check, index=None):
    got = problem(answer)
    assert (answer.status, got["status"], got["reason"], got["check"]) == (status, status, reason, check), got
    assert got.get("index") == index, got
    assert got["clause"] and got["title"] and got["detail"], got
    assert got["type"] == f"urn:oob-shaken:reason:{reason}"
    return got
