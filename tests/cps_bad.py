"""PASSporTs that a CPS must refuse: name → (how it is made, status, reason, check)."""

import time

from stirkit import canonical, shaken, sign

SHORT = lambda s: s[:63]  # noqa: E731
LONG = lambda s: s + b"\0"  # noqa: E731
OTHER_BIT = lambda s: s[:40] + bytes([s[40] ^ 1]) + s[41:]  # noqa: E731
ZERO_R = lambda s: bytes(32) + s[32:]  # noqa: E731


def claims_case(reason, check="claims", **claims):
    def make(w, c):
        return sign({k: v for k, v in (shaken(*c) | claims).items() if v is not None}, w.osp)

    return make, 400, reason, check


def cred_case(name, reason, check):
    return lambda w, c: sign(shaken(*c), w.creds[name]), 403, reason, check


def header_case(reason, check, **header):
    return lambda w, c: sign(shaken(*c), w.osp, header=header), 400, reason, check


def age_case(seconds):
    return lambda w, c: sign(shaken(*c, iat=int(time.time()) - seconds), w.osp), 403, "stale", "fresh"


def raw_claims_case(change):
    """Claims that are not JSON as it should be; change: octets of the right ones → octets sent"""
    return lambda w, c: sign(None, w.osp, raw_claims=change(canonical(shaken(*c)))), 400, "form", "form"


REFUSED = {
    "not-a-token": (lambda w, c: "hello", 400, "form", "form"),
    "two-parts": (lambda w, c: sign(shaken(*c), w.osp).rpartition(".")[0], 400, "form", "form"),
    "four-parts": (lambda w, c: sign(shaken(*c), w.osp) + ".x", 400, "form", "form"),
    "padded": (lambda w, c: sign(shaken(*c), w.osp) + "==", 400, "form", "form"),
    "compact-form": (lambda w, c: ".." + sign(shaken(*c), w.osp).rpartition(".")[2], 400, "compact-form", "form"),
    "too-long": (lambda w, c: sign(shaken(*c, filler="x" * 8000), w.osp), 400, "too-long", "form"),
    "not-utf-8": raw_claims_case(lambda j: j.replace(b'"A"', b'"\xff"')),
    "duplicate-member": raw_claims_case(lambda j: j[:-1] + b',"attest":"B"}'),
    "claims-not-an-object": raw_claims_case(lambda j: b"[" + j + b"]"),
    "claims-cut": raw_claims_case(lambda j: j[:-1]),
    "identity-header": (
        lambda w, c: sign(shaken(*c), w.osp) + f';info=<{w.osp.x5u}>;alg=ES256;ppt="shaken"',
        400,
        "form",
        "form",
    ),
    "typ": header_case("typ", "typ", typ="JWT"),
    "typ-missing": header_case("header-member", "typ", typ=None),
    "alg-none": header_case("alg", "alg", alg="none"),
    "alg-hs256": header_case("alg", "alg", alg="HS256"),
    "alg-es384": header_case("alg", "alg", alg="ES384"),
    "alg-missing": header_case("header-member", "alg", alg=None),
    "x5u-missing": header_case("header-member", "x5u", x5u=None),
    "x5u-http": header_case("x5u", "x5u", x5u="http://cr.pki.example/1.pem"),
    "x5u-file": header_case("x5u", "x5u", x5u="file:///etc/passwd"),
    "ppt-not-a-string": header_case("header-member", "ppt", ppt=7),
    "no-orig": claims_case("claim", orig=None),
    "orig-array": claims_case("claim", orig={"tn": ["12013776051"]}),
    "orig-plus": claims_case("claim", orig={"tn": "+12013776051"}),
    "no-dest": claims_case("claim", dest=None),
    "dest-string": claims_case("claim", dest={"tn": "19032469103"}),
    "dest-empty": claims_case("claim", dest={"tn": []}),
    "iat-string": claims_case("claim", iat="1584983402"),
    "iat-fraction": claims_case("claim", iat=1584983402.5),
    "no-attest": claims_case("claim", "attest", attest=None),
    "attest-d": claims_case("attest", "attest", attest="D"),
    "attest-small": claims_case("attest", "attest", attest="a"),
    "origid-not-a-uuid": claims_case("origid", "origid", origid="12345"),
    "other-key": (
        lambda w, c: sign(shaken(*c), w.osp, key=w.other.key),
        403,
        "signature",
        "signature",
    ),
    "other-provider's-certificate": (
        lambda w, c: sign(shaken(*c), w.osp, header={"x5u": w.other.x5u}),
        403,
        "signature",
        "signature",
    ),
    "signature-bit": (lambda w, c: sign(shaken(*c), w.osp, signature=OTHER_BIT), 403, "signature", "signature"),
    "signature-r-zero": (lambda w, c: sign(shaken(*c), w.osp, signature=ZERO_R), 403, "signature", "signature"),
    "signature-63": (lambda w, c: sign(shaken(*c), w.osp, signature=SHORT), 403, "signature", "form"),
    "signature-65": (lambda w, c: sign(shaken(*c), w.osp, signature=LONG), 403, "signature", "form"),
    "unknown-root": cred_case("rogue", "cert-untrusted", "path"),
    "intermediate-missing": cred_case("no-chain", "cert-untrusted", "path"),
    "certificate-expired": cred_case("expired", "cert-date", "path"),
    "certificate-not-yet-valid": cred_case("future", "cert-date", "path"),
    "certificate-revoked": cred_case("revoked", "cert-revoked", "revoked"),
    "no-tnauthlist": cred_case("no-tnauth", "cert-spc", "profile"),
    "two-spcs": cred_case("two-spcs", "cert-spc", "profile"),
    "tnauthlist-of-a-number": cred_case("a-number", "cert-spc", "profile"),
    "tnauthlist-malformed": cred_case("bad-tnauth", "cert-spc", "profile"),
    "certificate-of-a-ca": cred_case("ca", "cert-profile", "profile"),
    "key-usage": cred_case("usage", "cert-profile", "profile"),
    "certificate-of-p-384": (
        lambda w, c: sign(shaken(*c), w.creds["p384"], key=w.osp.key),
        403,
        "cert-key",
        "profile",
    ),
    "certificate-not-there": cred_case("absent", "cert-fetch", "fetch"),
    "not-a-certificate": cred_case("rubbish", "cert-form", "fetch"),
    "stale": age_case(63),
    "stale-by-an-hour": age_case(3600),
    "from-the-future": age_case(-63),
    "older-than-its-certificate": (
        lambda w, c: sign(shaken(*c, iat=int(time.time()) - 40), w.creds["young"]),
        403,
        "iat-outside-cert",
        "validity",
    ),
}
