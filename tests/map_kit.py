"""Published CPS mappings for the tests of the discovery: authorities that sign what they are told to, right or wrong."""

import collections
import contextlib
import hashlib
import json
import time

import stirkit
from stirkit import PORT, Cred, Pki, https_server, sign


class Authority:
    """The STI-PA or an STI-CA: signs lists, under an address for the chain of its signer."""

    def __init__(self, world, name, root, chain, key):
        self.name, self.root, self.path, self.sequence = name, root, f"/map/{name}", 0
        self.cred = Cred(world.pki.url(f"/{name}/signer.pem"), key, chain)
        world.pki.files[f"/{name}/signer.pem"] = self.cred.chain
        self.world = world

    def list(self, ocns, cics=None, *, sequence=None, exp=None, version="1.0", typ="JWT", alg="ES256", cred=None, **how):
        """A signed list; without a sequence it is the next one."""
        self.sequence = self.sequence + 1 if sequence is None else sequence
        claims = {"version": version, "sequence": self.sequence, "exp": int(time.time()) + 3600 if exp is None else exp,
                  "cpsMapping": ocns} | ({"cicMapping": cics} if cics is not None else {})
        return sign(claims, cred or self.cred, ppt=None, header={"typ": typ, "alg": alg}, **how)

    def publish(self, *args, **how):
        """Put a new list under the authority's address; gives it."""
        token = self.list(*args, **how)
        self.world.pki.files[self.path] = token.encode()
        return token

    def url(self):
        return self.world.pki.url(self.path)


class MapWorld:
    """A PKI with an STI-PA, two approved STI-CAs and one that is not, each of which publishes CPS mappings."""

    MASTER = "/map/master"

    def __init__(self, folder, addr):
        self.pki = Pki(folder, addr)
        self.second = self.pki._sti_ca("Second STI-CA")  # pylint: disable=protected-access
        self.approve(self.pki.ca, self.second)
        self.pa = Authority(self, "pa", self.pki.pa_root, self.pki.pa_signer.chain, self.pki.pa_signer.key)
        self.ca1, self.ca2 = self.sti_ca("ca1", self.pki.ca), self.sti_ca("ca2", self.second)
        self.rogue = self.sti_ca("rogue", self.pki.rogue)
        self.log = collections.defaultdict(list)  # path → header If-None-Match and status of each request
        self.down = False

    def approve(self, *cas):
        self.pki.publish_list(roots=[ca.root.cert for ca in cas])

    def sti_ca(self, name, ca):
        """A signer of the STI-CA: no TNAuthList, digitalSignature only."""
        signer = self.pki.sti("0000", ca=ca, tnauth=b"")
        return Authority(self, name, ca.root, [signer.cert] + ca.chain, signer.key)

    def publish_master(self, *members):
        """A master file of lists; anything that is no string stays as it is."""
        self.pki.files[self.MASTER] = json.dumps(list(members)).encode()

    def source(self, kind, authority):
        path = authority if isinstance(authority, str) else authority.path
        return {"authority": kind, "url": self.pki.url(path)}

    def answer(self, request):
        body = self.pki.files.get(request.path)
        tag = f'"{hashlib.sha256(body or b"").hexdigest()[:16]}"'
        asked = request.headers.get("If-None-Match")
        status = 503 if self.down else 404 if body is None else 304 if asked == tag else 200
        self.log[request.path].append((asked, status))
        return status, {"ETag": tag}, body if status == 200 else b""

    @contextlib.contextmanager
    def serve(self):
        with https_server(self.pki.addr, PORT, *self.pki.tls(self.pki.HOST), self.answer):
            yield self


def root_name(ca):
    return stirkit.x509.Name(ca.cert.subject).get_attributes_for_oid(stirkit.NameOID.COMMON_NAME)[0].value
