"""A second opinion on test vectors: PASSporTs, Identity headers, certificates, lists, bodies and calls judged by python.

It shares no code and no library with the programs under test: python3-cryptography for the primitives and for reading
X.509, json, and the texts of the RFCs. Each check raises Refused with the name of the reason.
"""

import base64
import datetime
import json
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

FRESH_S = 60
DIVS_MAX = 10
TN_AUTH_LIST = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")
CLAIM_CONSTRAINTS = [x509.ObjectIdentifier("1.3.6.1.5.5.7.1.27"), x509.ObjectIdentifier("1.3.6.1.5.5.7.1.33")]
BLANKS = " \t\r\n"
NUMBER = re.compile(r"[0-9*#]{1,15}")
TOKEN = re.compile(r"[0-9A-Za-z.!%*_+`'~-]+")


class Refused(Exception):
    """Not to be believed: the name of the reason, and for a body which of its PASSporTs."""

    def __init__(self, reason, index=None):
        super().__init__(reason)
        self.reason, self.index = reason, index


def demand(condition, reason):
    if not condition:
        raise Refused(reason)


# --- JOSE ---


def unb64url(text, reason):
    """base64url: no padding, no foreign character, one form for each octet string."""
    demand(re.fullmatch(r"[A-Za-z0-9_-]*", text) and len(text) % 4 != 1, reason)
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    demand(base64.urlsafe_b64encode(octets).rstrip(b"=").decode() == text, reason)
    return octets


def json_object(octets, reason):
    def pairs(members):
        demand(len({k for k, _ in members}) == len(members), reason)
        return dict(members)

    def constant(_):
        raise Refused(reason)

    try:
        value = json.loads(octets.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # no half surrogate pairs
    except (ValueError, RecursionError) as e:
        raise Refused(reason) from e
    demand(isinstance(value, dict), reason)
    return value


def whole(value, low=0, high=2**53):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def es256(public_key, octets, signature):
    """R and S of 32 octets each (RFC 7518 §3.4)."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        public_key.verify(utils.encode_dss_signature(r, s), octets, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


# --- certificates ---


def pem_certificates(text, reason):
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.S)
    demand(1 <= len(blocks) <= 6, reason)
    try:
        return [x509.load_der_x509_certificate(base64.b64decode("".join(b.split()), validate=True)) for b in blocks]
    except ValueError as e:
        raise Refused(reason) from e


def seconds(moment):
    return int(moment.replace(tzinfo=datetime.timezone.utc).timestamp())


def current(cert, now):
    return seconds(cert.not_valid_before) <= now <= seconds(cert.not_valid_after)


def extension(cert, oid):
    try:
        return cert.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None
    except x509.DuplicateExtension as e:
        raise Refused("cert-spc" if e.oid == TN_AUTH_LIST else "cert-profile") from e


def usage(cert, name):
    value = extension(cert, ExtensionOID.KEY_USAGE)
    return value is None or getattr(value, name)


def usages(value):
    names = ("digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
             "crl_sign").split()
    return {n for n in names if getattr(value, n)}


def der(octets, tag):
    """Content of the one DER element that the octets are."""
    demand(len(octets) >= 2 and octets[0] == tag, "cert-spc")
    length, at = octets[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(octets[2:2 + count], "big"), 2 + count
        demand(length >= 128, "cert-spc")
    demand(len(octets) == at + length, "cert-spc")
    return octets[at:]


def spc_of(cert):
    """Exactly one entry, an SPC of letters and digits (RFC 8226 §9)."""
    value = extension(cert, TN_AUTH_LIST)
    demand(value is not None, "cert-spc")
    spc = der(der(der(value.value, 0x30), 0xA0), 0x16).decode("ascii", "replace")
    demand(re.fullmatch(r"[0-9A-Za-z]{1,16}", spc), "cert-spc")
    return spc


def curve(cert):
    try:
        key = cert.public_key()
    except ValueError:
        return None
    return key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else None


def check_profile(cert):
    demand(curve(cert) == "secp256r1", "cert-key")
    demand(cert.version == x509.Version.v3, "cert-profile")
    constraints = extension(cert, ExtensionOID.BASIC_CONSTRAINTS)
    demand(constraints is None or not constraints.ca, "cert-profile")
    value = extension(cert, ExtensionOID.KEY_USAGE)
    demand(value is not None and usages(value) == {"digital_signature"}, "cert-profile")
    demand(not any(extension(cert, oid) for oid in CLAIM_CONSTRAINTS), "cert-profile")
    spc_of(cert)


def is_issuer(issuer, cert):
    """By name and key identifier; whether it may, and whether it signed, is asked later."""
    if issuer.subject != cert.issuer:
        return False
    wanted, has = (extension(cert, ExtensionOID.AUTHORITY_KEY_IDENTIFIER),
                   extension(issuer, ExtensionOID.SUBJECT_KEY_IDENTIFIER))
    return not wanted or not has or wanted.key_identifier == has.digest


def find_path(cert, others, anchors):
    for anchor in anchors:
        if is_issuer(anchor, cert):
            return [cert, anchor]
    for other in others:
        if other.subject != other.issuer and is_issuer(other, cert):
            rest = find_path(other, [o for o in others if o is not other], anchors)
            if rest:
                return [cert] + rest
    return None


def signed_by(cert, issuer):
    try:
        issuer.public_key().verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(cert.signature_hash_algorithm))
    except (InvalidSignature, ValueError):
        return False
    return True


KNOWN_CRITICAL = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.CERTIFICATE_POLICIES}


def check_path(certs, anchors, now):
    """RFC 5280 §6, of the leaf. Gives the anchor."""
    demand(current(certs[0], now), "cert-date")
    path = find_path(certs[0], certs[1:], anchors)
    demand(path, "cert-untrusted")
    for depth, (cert, issuer) in enumerate(zip(path, path[1:])):
        constraints = extension(issuer, ExtensionOID.BASIC_CONSTRAINTS)
        demand(constraints is not None and constraints.ca and usage(issuer, "key_cert_sign"), "cert-chain")
        demand(constraints.path_length is None or constraints.path_length >= depth, "cert-chain")
        demand(curve(issuer) in ("secp256r1", "secp384r1"), "cert-key")
        demand(signed_by(cert, issuer), "cert-chain")
    for cert in path:
        demand(current(cert, now), "cert-date")
        demand(all(e.oid in KNOWN_CRITICAL for e in cert.extensions if e.critical), "cert-chain")
    return path[-1]


# --- trust ---


class Trust:
    """What there is to trust at a time: a list or CRL that is not to be believed is not there."""

    def __init__(self, trust, now):
        self.now = now
        self.pa_root = pem_certificates(trust["pa_root"], "cert-form")[0]
        self.roots = self._try(self._read_list, trust.get("ca_list"))
        self.revoked = self._try(self._read_crl, trust.get("crl"))

    @staticmethod
    def _try(read, value):
        try:
            return read(value) if value else None
        except (Refused, ValueError, TypeError, x509.ExtensionNotFound):
            return None

    def _read_list(self, value):
        signed = parse_list(value["jwt"], "trustList")
        signer = pem_certificates(value["chain"], "cert-form")
        check_path(signer, [self.pa_root], self.now)
        demand(usage(signer[0], "digital_signature"), "list-signer")
        signed.verify(signer[0])
        demand(signed.claims["exp"] > self.now, "list-expired")
        demand(isinstance(signed.content, list), "list-form")
        roots = [pem_certificates(pem, "cert-form") for pem in signed.content]
        for root in roots:
            demand(len(root) == 1 and signed_by(root[0], root[0]), "list-form")
            demand(extension(root[0], ExtensionOID.BASIC_CONSTRAINTS).ca, "list-form")
        return [root[0] for root in roots]

    def _read_crl(self, value):
        crl = x509.load_pem_x509_crl(value["pem"].encode())
        chain = pem_certificates(value["chain"], "cert-form") if value["chain"].strip() else []
        signer = next((c for c in chain if c.subject == crl.issuer), self.pa_root)
        demand(signer.subject == crl.issuer and usage(signer, "crl_sign"), "crl-unusable")
        if signer is not self.pa_root:
            check_path([signer] + [c for c in chain if c is not signer], [self.pa_root], self.now)
        demand(crl.is_signature_valid(signer.public_key()), "crl-unusable")
        demand(seconds(crl.last_update) <= self.now <= seconds(crl.next_update), "crl-unusable")
        scope = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
        demand(scope.indirect_crl and not scope.only_contains_user_certs, "crl-unusable")
        known = {ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.AUTHORITY_KEY_IDENTIFIER}
        demand(all(e.oid in known for e in crl.extensions if e.critical), "crl-unusable")
        demand(all(e.oid != ExtensionOID.DELTA_CRL_INDICATOR for e in crl.extensions), "crl-unusable")
        return self._entries(crl)

    @staticmethod
    def _entries(crl):
        """Issuer and serial number; an entry without CertificateIssuer has that of the one before (RFC 5280 §5.3.3)."""
        issuer, found = crl.issuer, set()
        for entry in crl:
            for e in entry.extensions:
                if e.oid == CRLEntryExtensionOID.CERTIFICATE_ISSUER:
                    issuer = e.value.get_values_for_type(x509.DirectoryName)[0]
                else:
                    demand(not e.critical, "crl-unusable")
            found.add((issuer, entry.serial_number))
        return found

    def check_provider(self, certs):
        demand(current(certs[0], self.now), "cert-date")
        demand(self.roots is not None, "ca-list-unusable")
        return check_path(certs, self.roots, self.now)

    def check_revoked(self, certs):
        demand(self.revoked is not None, "crl-unusable")
        demand(not any((c.issuer, c.serial_number) in self.revoked for c in certs), "cert-revoked")

    def check_chain(self, text):
        certs = pem_certificates(text, "cert-form")
        check_profile(certs[0])
        self.check_provider(certs)
        self.check_revoked(certs)
        return certs


# --- PASSporTs ---


class Passport:
    """A token that has been read: form only."""

    def __init__(self, text):
        demand(len(text) <= 8192, "too-long")
        parts = text.split(".")
        demand(len(parts) == 3, "form")
        demand(parts[0] or parts[1] or not parts[2], "compact-form")
        demand(all(parts), "form")
        self.text = text
        self.header = json_object(unb64url(parts[0], "form"), "form")
        self.claims = json_object(unb64url(parts[1], "form"), "form")
        self.signature = unb64url(parts[2], "form")
        demand(len(self.signature) == 64, "signature")
        self.signed = text.rpartition(".")[0].encode()
        self.ppt = self.header.get("ppt")

    def dests(self):
        return self.claims["dest"]["tn"]


def tns(value):
    return isinstance(value, list) and value and all(isinstance(v, str) and NUMBER.fullmatch(v) for v in value)


X5U = re.compile(r"(?i:https)://(?:[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]{2,}\])(?::([0-9]+))?(?:/[!$-;=@-\[\]_a-z~]*)?")


def check_header(pp):
    for name, reason, want in (("typ", "typ", "passport"), ("alg", "alg", "ES256")):
        demand(isinstance(pp.header.get(name), str), "header-member")
        demand(pp.header[name] == want, reason)
    demand("crit" not in pp.header, "header-member")
    if "ppt" in pp.header:
        demand(isinstance(pp.ppt, str), "header-member")
        demand(pp.ppt in ("shaken", "div", "rph", "rcd"), "ppt")
    x5u = pp.header.get("x5u")
    demand(isinstance(x5u, str), "header-member")
    match = X5U.fullmatch(x5u)
    demand(match and (match[1] is None or 0 < int(match[1]) < 65536), "x5u")


def check_claims(pp):
    claims = pp.claims
    orig, dest, div = claims.get("orig"), claims.get("dest"), claims.get("div")
    demand(isinstance(orig, dict) and list(orig) == ["tn"] and tns([orig["tn"]]), "claim")
    demand(isinstance(dest, dict) and tns(dest.get("tn")), "claim")
    uris = dest.get("uri", [])
    demand(isinstance(uris, list) and all(isinstance(u, str) for u in uris), "claim")
    demand(whole(claims.get("iat")), "claim")
    if pp.ppt in ("rph", "rcd"):
        demand(isinstance(claims.get(pp.ppt), dict) and claims[pp.ppt], "claim")
    if pp.ppt == "shaken":
        demand(isinstance(claims.get("attest"), str), "claim")
        demand(claims["attest"] in ("A", "B", "C"), "attest")
        demand(isinstance(claims.get("origid"), str), "claim")
        uuid = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
        demand(re.fullmatch(uuid, claims["origid"]), "origid")
    if pp.ppt == "div":
        demand(isinstance(div, dict), "claim")
        if "tn" in div:
            demand("uri" not in div and tns([div["tn"]]), "claim")
        else:
            demand(isinstance(div.get("uri"), str) and div["uri"], "claim")


def check_signature(pp, fetch, trust, fresh):
    """Credential, signature, time. Gives the signer's SPC."""
    demand(pp.header["x5u"] in fetch, "cert-fetch")
    certs = trust.check_chain(fetch[pp.header["x5u"]])
    demand(es256(certs[0].public_key(), pp.signed, pp.signature), "signature")
    if fresh:
        demand(abs(trust.now - pp.claims["iat"]) <= FRESH_S, "stale")
    begin, end = seconds(certs[0].not_valid_before), seconds(certs[0].not_valid_after)
    demand(begin <= pp.claims["iat"] <= end, "iat-outside-cert")
    return spc_of(certs[0])


def check_passport(text, fetch, trust, call=None, params=None):
    """One PASSporT by itself; call: what an STI-VS compares it with."""
    pp = Passport(text)
    check_header(pp)
    if params:
        demand(params["info"] == pp.header["x5u"], "info-mismatch")
        demand(params.get("alg", pp.header["alg"]) == pp.header["alg"], "param-mismatch")
        demand(params.get("ppt", pp.ppt) == pp.ppt, "param-mismatch")
    check_claims(pp)
    if call:
        demand(pp.claims["orig"]["tn"] == call["orig"], "orig-mismatch")
        demand(call["dest"] in pp.dests(), "dest-mismatch")
    check_signature(pp, fetch, trust, fresh=True)


# --- Identity headers ---


def split_bare(text, separator):
    """Split where the separator stands neither in a quoted string nor in <…>."""
    parts, quoted, angled, escaped = [""], False, False, False
    for c in text:
        if not escaped and c == '"' and not angled:
            quoted = not quoted
        elif not quoted and c in "<>":
            angled = c == "<"
        if c == separator and not quoted and not angled:
            parts.append("")
        else:
            parts[-1] += c
        escaped = quoted and c == "\\" and not escaped
    return parts


def identity_values(header):
    """(token, parameters) of each value."""
    demand(header.strip(BLANKS), "identity-form")
    for value in split_bare(header.strip(BLANKS), ","):
        token, *params = split_bare(value, ";")
        token = token.strip(BLANKS)
        demand(token and all("!" <= c <= "~" and c not in '"<>,' for c in token), "identity-form")
        found = {}
        for param in params:
            name, equals, word = (part.strip(BLANKS) for part in param.partition("="))
            demand(TOKEN.fullmatch(name), "identity-form")
            name = name.lower()
            if name not in ("info", "alg", "ppt"):
                continue
            demand(name not in found, "identity-form")
            if name == "info":
                uri = re.fullmatch(r"<([A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-~]+)>", word)
                demand(uri, "info-missing")
                found[name] = uri[1]
            else:
                if len(word) >= 2 and word[0] == word[-1] == '"':
                    word = word[1:-1]
                demand(equals and TOKEN.fullmatch(word), "identity-form")
                found[name] = word
        demand("info" in found, "info-missing")
        yield token, found


# --- published lists ---


class SignedList:
    def __init__(self, header, claims, content, signed, signature):
        self.header, self.claims, self.content = header, claims, content
        self.signed, self.signature = signed, signature

    def verify(self, cert):
        signature = unb64url(self.signature, "list-signature")
        demand(len(signature) == 64 and es256(cert.public_key(), self.signed, signature), "list-signature")


def parse_list(text, member):
    parts = text.strip(BLANKS).split(".")
    demand(len(parts) == 3 and all(parts), "list-form")
    header = json_object(unb64url(parts[0], "list-form"), "list-form")
    for name, want, reason in (("alg", "ES256", "list-alg"), ("typ", "JWT", "list-typ")):
        demand(isinstance(header.get(name), str), "list-form")
        demand(header[name] == want, reason)
    demand(isinstance(header.get("x5u"), str) and header["x5u"] and "crit" not in header, "list-form")
    claims = json_object(unb64url(parts[1], "list-form"), "list-form")
    demand(isinstance(claims.get("version"), str), "list-form")
    demand(claims["version"] == "1.0", "list-version")
    demand(all(whole(claims.get(n), high=2**63) for n in ("sequence", "exp")) and member in claims, "list-form")
    return SignedList(header, claims, claims[member], ".".join(parts[:2]).encode(), parts[2])


HTTPS_URL = re.compile(r"(?i:https)://[^:/?@][^/?@]*(?:[/?].*)?")


def is_url(value):
    return isinstance(value, str) and re.fullmatch(r"[!$-;=?-\[\]_a-z~]+", value) and HTTPS_URL.fullmatch(value)


def parse_mapping(text):
    signed = parse_list(text, "cpsMapping")
    for member, key in (("cpsMapping", r"[0-9A-Z]{1,16}"), ("cicMapping", r"[0-9]{1,8}")):
        entries = signed.claims.get(member, {})
        demand(isinstance(entries, dict), "list-form")
        for name, url in entries.items():
            demand(re.fullmatch(key, name), "map-key")
            demand(is_url(url), "map-url")
    demand(is_url(signed.header["x5u"]), "list-form")
    return signed


def check_list(value, trust):
    """Gives the list and the authority that vouches for it."""
    signed = parse_mapping(value["jwt"])
    chain = pem_certificates(value["chain"], "cert-form")
    if value["of"] == "sti-pa":
        anchor = check_path(chain, [trust.pa_root], trust.now)
    else:
        anchor = trust.check_provider(chain)
    demand(extension(chain[0], TN_AUTH_LIST) is None, "list-signer")
    demand(usage(chain[0], "digital_signature"), "list-signer")
    if value["of"] == "sti-ca":
        trust.check_revoked(chain)
    signed.verify(chain[0])
    demand(signed.claims["exp"] > trust.now, "list-expired")
    return signed, (value["of"], anchor.fingerprint(hashes.SHA256()))


def judge_list(value, trust):
    held, held_by = check_list(value["held"], trust) if "held" in value else (None, None)
    signed, by = check_list(value, trust)
    if held and by == held_by:
        demand(signed.claims["sequence"] >= held.claims["sequence"], "list-rollback")
        if signed.claims["sequence"] == held.claims["sequence"]:
            same = all(signed.claims.get(m) == held.claims.get(m) for m in ("cpsMapping", "cicMapping"))
            demand(same, "list-changed")


# --- the PASSporTs of a call (RFC 8946 §4.2) ---


class Item:
    def __init__(self, text, params, fetch, trust, call):
        self.text, self.pp, self.refused, self.spc = text, None, None, None
        try:
            self.pp = Passport(text)
            check_header(self.pp)
            if params:
                demand(params["info"] == self.pp.header["x5u"], "info-mismatch")
            check_claims(self.pp)
            if self.pp.ppt != "div":
                demand(self.pp.claims["orig"]["tn"] == call["orig"], "orig-mismatch")
            self.spc = check_signature(self.pp, fetch, trust, fresh=False)
        except Refused as e:
            self.refused = e.reason
        self.is_div = self.pp is not None and self.pp.ppt == "div"

    def speaks_of_the_caller(self):
        return self.pp is not None and self.refused != "ppt" and self.pp.ppt not in ("rph", "rcd")


def paths_from(item, items, so_far=()):
    """Every way from an item along divs, no item twice."""
    so_far = so_far + (item,)
    yield so_far
    for later in items:
        if later.is_div and later not in so_far and later.pp.claims["div"].get("tn") in item.pp.dests():
            yield from paths_from(later, items, so_far)


def path_fault(path, value, trust):
    """What is wrong with a chain, from the original outwards; None: nothing."""
    original, last = path[0], path[-1]
    for item in path:
        if item.refused:
            return item.refused
        if item.is_div:
            if item.pp.claims["orig"]["tn"] != value["call"]["orig"]:
                return "div-orig"
            owner = value["owners"].get(item.pp.claims["div"]["tn"])
            if owner and owner != item.spc:
                return "div-right"
    if len(path) - 1 > DIVS_MAX:
        return "div-long"
    if value["call"]["dest"] not in last.pp.dests():
        return "div-dest" if last is not original else "dest-mismatch"
    return None if abs(trust.now - last.pp.claims["iat"]) <= FRESH_S else "stale"


def gather(value, fetch, trust):
    for header in value["headers"]:
        for token, params in identity_values(header):
            yield Item(token, params, fetch, trust, value["call"])
    for token in value["tokens"]:
        yield Item(token.strip(BLANKS), None, fetch, trust, value["call"])


def call_fault(items, paths, value, trust):
    """The reason of the chain that reaches furthest: to the called number, else through the most divs."""
    if not any(i.speaks_of_the_caller() for i in items):
        return "no-identity"
    if not paths:
        divs = [i for i in items if i.is_div]
        led_to = [i for i in divs if any(i.pp.claims["div"]["tn"] in other.pp.dests() for other in divs)]
        return "div-loop" if len(led_to) == len(divs) else "div-broken"
    return path_fault(max(paths, key=lambda p: (value["call"]["dest"] in p[-1].pp.dests(), len(p))), value, trust)


def judge_call(value, fetch, trust):
    items = list(gather(value, fetch, trust))
    originals = [i for i in items if i.speaks_of_the_caller() and not i.is_div]
    paths = [p for original in originals for p in paths_from(original, items)]
    good = [p for p in paths if not path_fault(p, value, trust)]
    if "about" in value:
        item = items[value["about"]]
        demand(any(other.text == item.text for p in good for other in p), item.refused or "div-fork")
        return
    if not good:
        raise Refused(call_fault(items, paths, value, trust))


# --- bodies ---


def judge_body(octets, fetch, trust):
    lines = [line.strip(BLANKS) for line in octets.decode("latin-1").split("\n")]
    tokens = [line for line in lines if line]
    demand(tokens, "body-empty")
    demand(len(tokens) <= 16, "too-many")
    for index, token in enumerate(tokens):
        try:
            check_passport(token, fetch, trust)
        except Refused as e:
            raise Refused(e.reason, index) from e


# --- vectors ---


def octets(value, name):
    return value[name].encode() if name in value else bytes.fromhex(value[name + "_hex"])


def judge(vector, by):
    """(reason, index) of a vector: "ok" when nothing refuses."""
    value, fetch, kind = vector["input"], vector.get("fetch", {}), vector["kind"]
    trust = Trust(vector["trust"], vector["now"])
    try:
        if kind == "passport":
            text = octets(value, "token").decode("latin-1")
            check_passport(text, fetch, trust, value["call"] if by == "vs" else None)
        elif kind == "identity":
            for token, params in list(identity_values(octets(value, "header").decode("latin-1"))):
                check_passport(token, fetch, trust, value["call"], params)
        elif kind == "certificate":
            trust.check_chain(value["chain"])
        elif kind == "list":
            judge_list(value, trust)
        elif kind == "body":
            judge_body(octets(value, "body"), fetch, trust)
        else:
            judge_call(value, fetch, trust)
    except Refused as e:
        return e.reason, e.index
    return "ok", None
