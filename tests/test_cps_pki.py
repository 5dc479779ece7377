"""ref-cps with the PKI that sti-pki makes and serves, from the example configurations as they are printed."""

import contextlib
import json
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

import stirkit
from cps_kit import Client, check_problem
from cps_kit import call  # noqa: F401  fixture
from conftest import BIN, ROOT
from stirkit import shaken, sign

EXAMPLES = ROOT / "docs" / "examples"


def sti_pki(folder, *argv):
    """Each line that it prints is one JSON object"""
    done = subprocess.run([BIN / "sti-pki", *argv], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def example(name, folder, addresses):
    """An example with this test's addresses, its relative paths made absolute"""
    text = (EXAMPLES / name).read_text()
    for old, new in addresses.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return json.loads(text.replace('"pki', f'"{folder}/pki'))


class StiPki:
    """What the tests of the CPS want to know of a world, made by sti-pki."""

    class Web:
        """stands for stirkit.Pki"""

        def __init__(self, root):
            self.web_root = root

    def __init__(self, folder, addr):
        self.dir, self.addr = folder, addr
        sti_pki(folder, "init", "pki")
        tls = sti_pki(folder, "tls", "pki", "--name", "cr.pki.example", "--name", "cps.tsp.example")
        vs = sti_pki(folder, "tls", "pki", "--name", "vs.tsp.example", "--client")[0]
        self.vs = (folder / vs["cert"], folder / vs["key"])
        self.tls = {t["name"]: t for t in tls}
        self.pki = self.Web(str(folder / "pki/tls/root.pem"))
        self.osp = self.issue("1234")

    def issue(self, spc, *options):
        made = sti_pki(self.dir, "issue", "pki", "--spc", spc, *options)[0]
        pem = (self.dir / made["key"]).read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        cert = stirkit.x509.load_pem_x509_certificate((self.dir / made["chain"]).read_bytes())
        return stirkit.Cred(made["x5u"], key, [cert])


@pytest.fixture
def cps(tmp_path, net):
    """sti-pki serve and ref-cps, both from their examples"""
    world = StiPki(tmp_path, net(3))
    addresses = {"127.0.0.1": net(2), "127.0.0.2": net(3)}
    with contextlib.ExitStack() as stack:
        conf = example("sti-pki.json", tmp_path, addresses)
        world.served = stack.enter_context(stirkit.start("sti-pki", conf, tmp_path, command=["serve"], name="pki"))
        conf = example("ref-cps.json", tmp_path, addresses)
        element = stack.enter_context(stirkit.start("ref-cps", conf, tmp_path, name="tsp.cps"))
        yield stack.enter_context(contextlib.closing(Client(world, net(3), element)))


# proves: CPS-01 PKI-02 PKI-03
def test_publish_and_pull(cps, call):
    token = cps.token(call)
    assert cps.post(token).status == 201
    assert cps.pull(call) == [token]


# proves: CPS-06
def test_second_ca_is_approved_too(cps, call):
    assert cps.post(cps.token(call, cps.world.issue("4321", "--ca", "2"))).status == 201


def test_one_fetch_for_many_passports(cps, call):
    tokens = [cps.token((call[0], f"{call[1]}{i}")) for i in range(8)]
    assert cps.post("\n".join(tokens)).status == 201
    for i in range(10, 14):
        assert cps.post(cps.token((call[0], f"{call[1]}{i}"))).status == 201
    path = cps.world.osp.x5u.split(":8443", 1)[1]
    seen = [e.get("raw", "") for e in cps.world.served.trace() if e["kind"] == "https"]
    assert len([raw for raw in seen if raw.startswith(f"GET {path} ")]) == 1


# proves: CPS-04 PKI-04
def test_revoked_while_it_runs(cps, call):
    assert cps.post(cps.token(call)).status == 201
    serial = f"{cps.world.osp.cert.serial_number:x}"
    sti_pki(cps.world.dir, "revoke", "pki", serial)
    cps.element.hup()
    answer = cps.element.wait(lambda: next((a for a in [cps.post(cps.token(call))] if a.status != 201), None))
    check_problem(answer, 403, "cert-revoked", "revoked", 0)
    assert cps.post(cps.token(call, cps.world.issue("1234"))).status == 201


# proves: CPS-06
def test_certificate_of_another_pki(cps, call, tmp_path):
    """The same names and the same URL, by somebody else who made a PKI too."""
    other = tmp_path / "other"
    other.mkdir()
    sti_pki(other, "init", "pki")
    made = sti_pki(other, "issue", "pki", "--spc", "1234")[0]
    chain = (other / made["chain"]).read_bytes()
    (cps.world.dir / "pki" / "certs" / made["x5u"].rsplit("/", 1)[1]).write_bytes(chain)
    key = serialization.load_pem_private_key((other / made["key"]).read_bytes(), None)
    forged = stirkit.Cred(made["x5u"], key, [stirkit.x509.load_pem_x509_certificate(chain)])
    check_problem(cps.post(sign(shaken(*call), forged)), 403, "cert-untrusted", "path", 0)
    assert cps.pull(call) == []


def test_pull_by_curl_as_the_example_says(cps, call, tmp_path):
    token, pki = cps.token(call), tmp_path / "pki"
    cps.post(token)
    argv = ["curl", "-sS", "--cacert", pki / "tls/root.pem", "--resolve", f"cps.tsp.example:8444:{cps.addr}"]
    argv += ["-X", "PUT", "--cert", cps.world.vs[0], "--key", cps.world.vs[1]]
    argv += [f"https://cps.tsp.example:8444{cps.pull_path(call, 500)}"]
    assert subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout == token
