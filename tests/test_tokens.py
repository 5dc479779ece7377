"""Our PASSporTs held against other implementations, both ways: python3-cryptography and secsipidx."""

import base64
import json
import random
import subprocess
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from conftest import TOOLS

TOOL = TOOLS / "token_tool"
X5U = "https://cr.example/1234.pem"
HEADER = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": X5U}
CLAIMS = {
    "attest": "A",
    "dest": {"tn": ["19032469103"]},
    "iat": 1584983402,
    "orig": {"tn": "12013776051"},
    "origid": "123e4567-e89b-42d3-a456-426655440000",
}
HALF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def b64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


class Signer:
    """A key pair in files, and what python3-cryptography does with it."""

    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.private, self.public = folder / "key.pem", folder / "public.pem"
        self.private.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        self.public.write_bytes(
            self.key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def signature(self, data):
        r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r, s

    def sign(self, header, claims, accept=lambda r, s: True):
        """A token over these texts; again until R and S are acceptable."""
        data = f"{b64url(header.encode())}.{b64url(claims.encode())}"
        while True:
            r, s = self.signature(data.encode())
            if accept(r, s):
                return f"{data}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def verify(self, token):
        data, _, sig = token.rpartition(".")
        raw = unb64url(sig)
        assert len(raw) == 64
        der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        self.key.public_key().verify(der, data.encode(), ec.ECDSA(hashes.SHA256()))


@pytest.fixture
def signer(tmp_path):
    return Signer(tmp_path)


def tool(*args, given=""):
    return subprocess.run([TOOL, *args], input=given, capture_output=True, text=True, timeout=20)


def ours(signer, header=HEADER, claims=CLAIMS):
    done = tool("sign", signer.private, given=json.dumps(header) + "\n" + json.dumps(claims))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- theirs → ours ---


def test_python_signs_we_verify(signer):
    done = tool("verify", signer.public, given=signer.sign(compact(HEADER), compact(CLAIMS)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [compact(HEADER), compact(CLAIMS)]


def test_any_order_and_blanks_are_verified_as_received(signer):
    header = json.dumps(dict(reversed(HEADER.items())), indent=1)
    token = signer.sign(header, " " + json.dumps(CLAIMS) + "\n")
    done = tool("verify", signer.public, given=token)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [compact(HEADER), compact(CLAIMS)]


@pytest.mark.parametrize(
    "what,accept",
    [
        ("R has a leading zero", lambda r, s: r >> 248 == 0),
        ("S has a leading zero", lambda r, s: s >> 248 == 0),
        ("R's first bit is set", lambda r, s: r >> 255),
        ("S is high", lambda r, s: s > HALF_ORDER // 2),
        ("S is low", lambda r, s: s < HALF_ORDER // 2),
    ],
)
def test_shapes_of_the_signature(signer, what, accept):
    done = tool("verify", signer.public, given=signer.sign(compact(HEADER), compact(CLAIMS), accept))
    assert done.returncode == 0, f"{what}: {done.stderr}"


def test_der_signature_is_refused(signer):
    data, _, sig = signer.sign(compact(HEADER), compact(CLAIMS)).rpartition(".")
    raw = unb64url(sig)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    done = tool("verify", signer.public, given=f"{data}.{b64url(der)}")
    assert done.returncode == 1
    assert "octets (looks like DER)" in done.stderr


def test_another_key_does_not_verify(signer, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    done = tool("verify", Signer(folder).public, given=signer.sign(compact(HEADER), compact(CLAIMS)))
    assert done.returncode == 1
    assert "signature does not verify" in done.stderr


def test_every_changed_character_is_noticed(signer):
    token = signer.sign(compact(HEADER), compact(CLAIMS))
    chance = random.Random(1)
    for at in chance.sample(range(len(token)), 25):
        if token[at] == ".":
            continue
        other = "B" if token[at] == "A" else "A"
        done = tool("verify", signer.public, given=token[:at] + other + token[at + 1 :])
        assert done.returncode == 1, f"character {at} changed, and it verified"


def test_secsipidx_signs_we_verify(signer):
    identity = subprocess.run(
        ["secsipidx", "-sign-full", "-orig-tn", "12013776051", "-dest-tn", "19032469103", "-attest", "B"]
        + ["-x5u", X5U, "-k", signer.private],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    ).stdout.strip()
    token, info, alg, ppt = tool("identity", given=identity).stdout.splitlines()
    assert (info, alg, ppt) == (X5U, "ES256", "shaken")
    done = tool("verify", signer.public, given=token)
    assert done.returncode == 0, done.stderr
    header, claims = map(json.loads, done.stdout.splitlines())
    assert header == HEADER
    assert (claims["attest"], claims["orig"]["tn"], claims["dest"]["tn"]) == ("B", "12013776051", ["19032469103"])


# --- ours → theirs ---


def test_we_sign_python_verifies(signer):
    for _ in range(20):
        token = ours(signer)
        signer.verify(token)
        header, claims, _ = token.split(".")
        assert unb64url(header).decode() == compact(HEADER)
        assert unb64url(claims).decode() == compact(CLAIMS)


def test_the_witness_notices_a_change(signer):
    token = ours(signer)
    with pytest.raises(InvalidSignature):
        signer.verify(token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBA"))


def secsipidx_checks(signer, tmp_path, token):
    identity = tmp_path / "identity"
    identity.write_text(f'{token};info=<{X5U}>;alg=ES256;ppt="shaken"')
    return subprocess.run(
        ["secsipidx", "-check", "-fidentity", identity, "-fpubkey", signer.public, "-expire", "600"],
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_we_sign_secsipidx_verifies(signer, tmp_path):
    token = ours(signer, claims={**CLAIMS, "iat": int(time.time())})
    done = secsipidx_checks(signer, tmp_path, token)
    assert done.returncode == 0, done.stdout + done.stderr


def test_secsipidx_notices_a_change(signer, tmp_path):
    token = ours(signer, claims={**CLAIMS, "iat": int(time.time())})
    header, claims, sig = token.split(".")
    forged = json.loads(unb64url(claims))
    forged["attest"] = "B"
    done = secsipidx_checks(signer, tmp_path, f"{header}.{b64url(compact(forged).encode())}.{sig}")
    assert done.returncode != 0


# --- the deterministic form ---


@pytest.mark.parametrize(
    "value",
    [
        {"b": [{"z": 1, "a": None}, True, False], "a": {}, "B": [], "ab": 0},
        {"é": 1, "z": 2, "\uff61": 3, "\U0001f600": 4, "~": 5},
        {"q": '"', "s": "\\", "slash": "/", "controls": "\n\t\r\b\f", "del": "\x7f"},
        [1, -1, 0, 9007199254740993, [], [[]]],
        HEADER,
        CLAIMS,
    ],
)
def test_canonical_as_python_writes_it(value):
    done = tool("canonical", given=json.dumps(value))
    assert done.returncode == 0, done.stderr
    assert done.stdout == compact(value) + "\n"
