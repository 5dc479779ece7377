"""Diversions over a TDM trunk: History-Info, then original called and redirecting number in an IAM, then History-Info again."""

import pytest

from gateway_kit import Call, Pair
from test_tdm import decode, dissect, mtp3

A, B, C, D, E, F, G = (f"+190324600{n:02}" for n in range(7))
REASONS = {302: 3, 486: 1, 408: 2, 404: 0, 487: 4, 480: 5, 503: 6}  # cause of a URI (RFC 4458) → redirecting reason (Q.763 §3.45)


@pytest.fixture
def pair(net, tmp_path):
    p = Pair(net, tmp_path)
    yield p
    assert p.stop() == [0, 0], "".join(g.config.with_suffix(".log").read_text() for g in (p.a, p.b))


def history(*targets, domain="osp.example", causes=()):
    """History-Info of a call that went from target to target."""
    entries, index = [f"<sip:{targets[0]}@{domain};user=phone>;index=1"], "1"
    for target, cause in zip(targets[1:], causes, strict=True):
        entries.append(f"<sip:{target}@{domain};user=phone;cause={cause}>;index={index}.1;mp={index}")
        index += ".1"
    return ", ".join(entries)


def carried(p, called, headers, **more):
    """@return what the IAM says, the INVITE behind the trunk, the note of the IAM"""
    Call(p.osp, p.a.addr, called=called, headers=headers, **more)
    far = p.tsp.next("INVITE")
    return decode(isup_of(p)), far, p.a.wait_notes("gw.iam")[-1]["data"]


def isup_of(p):
    m3ua = p.a.isup("tx")[-1]
    return m3ua[24:8 + int.from_bytes(m3ua[10:12], "big")]


def entries(message):
    return ", ".join(message.all("History-Info"))


def digits(number):
    return number.removeprefix("+1")


@pytest.mark.parametrize("cause,reason", REASONS.items())
def test_once(pair, cause, reason):
    iam, far, note = carried(pair, B, f"History-Info: {history(A, B, causes=[cause])}\r\n")
    assert iam["original_called"]["digits"] == iam["redirecting"]["digits"] == digits(A)
    assert iam["redirection"] == f"{reason:x}3{reason:x}1" and iam["called"]["digits"] == digits(B)
    assert entries(far) == history(A, B, causes=[cause], domain="tsp.example")
    assert far.uri == f"sip:{B}@tsp.example;user=phone" and far.get("To") == f"<sip:{A}@tsp.example;user=phone>"
    assert "History-Info" not in note["lost"]
    assert (note["original_called"], note["redirecting"]) == (digits(A), digits(A))


@pytest.mark.parametrize("first", [302, 486])
@pytest.mark.parametrize("last", [408, 302])
def test_twice(pair, first, last):
    iam, far, _ = carried(pair, C, f"History-Info: {history(A, B, C, causes=[first, last])}\r\n")
    assert (iam["original_called"]["digits"], iam["redirecting"]["digits"]) == (digits(A), digits(B))
    assert iam["redirection"] == f"{REASONS[first]}3{REASONS[last]}2"
    assert entries(far) == history(A, B, C, causes=[first, last], domain="tsp.example")  # nothing is missing yet


def test_three_times(pair):
    iam, far, _ = carried(pair, D, f"History-Info: {history(A, B, C, D, causes=[302, 486, 408])}\r\n")
    assert (iam["original_called"]["digits"], iam["redirecting"]["digits"]) == (digits(A), digits(C))
    assert iam["redirection"] == "3323"
    # who stood between the first and the last has no field: nobody knows any more, but that somebody did
    assert entries(far) == (
        f"<sip:{A}@tsp.example;user=phone>;index=1, <sip:unknown@unknown.invalid;cause=302>;index=1.1;mp=1, "
        f"<sip:{C}@tsp.example;user=phone;cause=404>;index=1.1.1;mp=1.1, <sip:{D}@tsp.example;user=phone;cause=408>;index=1.1.1.1;mp=1.1.1")


def test_three_times_over_two_trunks(pair):
    """What came out of one trunk goes into the next, and the IAM is the same."""
    first, far, _ = carried(pair, D, f"History-Info: {history(A, B, C, D, causes=[302, 486, 408])}\r\n")
    second, again, _ = carried(pair, D, f"History-Info: {entries(far)}\r\n")
    assert {k: v for k, v in first.items() if k not in ("cic", "text")} == {k: v for k, v in second.items() if k not in ("cic", "text")}
    assert entries(again) == entries(far)


def test_more_often_than_an_iam_can_count(pair):
    iam, far, _ = carried(pair, G, f"History-Info: {history(A, B, C, D, E, F, G, causes=[302] * 6)}\r\n")
    assert iam["redirection"] == "3335"
    assert entries(far).count("index=") == 6 and entries(far).count("unknown.invalid") == 3


@pytest.mark.parametrize("name", ["one header each", "folded", "no mp", "rc", "out of order", "display names", "of tel URIs"])
def test_ways_to_write_it(pair, name):
    a, b, c = f"<sip:{A}@x>;index=1", f"<sip:{B}@x;cause=486>;index=1.1;mp=1", f"<sip:{C}@x;cause=302>;index=1.1.1;mp=1.1"
    text = {
        "one header each": "".join(f"History-Info: {e}\r\n" for e in (a, b, c)),
        "folded": f"History-Info: {a},\r\n {b}\r\n\t, {c}\r\n",
        "no mp": f"History-Info: {a}, {b.split(';mp')[0]}, {c.split(';mp')[0]}\r\n",
        "rc": f"History-Info: {a}, {b.replace('mp', 'rc')}, {c}\r\n",
        "out of order": f"History-Info: {a}, {b}, <sip:+19032460099@x;cause=408>;index=1.1.2;rc=1.1, {c}\r\n",
        "display names": f'History-Info: "Doe, <sip:{D}@x>" {a}, {b}, "x;mp=9, \\"" {c}\r\n',
        "of tel URIs": f"History-Info: <tel:{A}>;index=1, <tel:{B};cause=486>;index=1.1;mp=1, <tel:{C};cause=302>;index=1.1.1;mp=1.1\r\n",
    }[name]
    iam, far, _ = carried(pair, C, text)
    times = 3 if name == "out of order" else 2
    assert (iam["original_called"]["digits"], iam["redirecting"]["digits"], iam["redirection"]) == (digits(A), digits(B), f"133{times}")


@pytest.mark.parametrize("text", [
    "", f"History-Info: <sip:{A}@x>;index=1\r\n", f"History-Info: <sip:{A}@x>;index=1, <sip:{A}@y;cause=302>;index=1.1;mp=1\r\n",
    "History-Info: <sip:alice@x>;index=1, <sip:bob@y>;index=1.1;rc=1\r\n", "History-Info: nonsense,,<;;=\r\n", "History-Info: \r\n"])
def test_not_diverted(pair, text):
    iam, far, note = carried(pair, A, text)
    assert "redirecting" not in iam and "original_called" not in iam and "redirection" not in iam
    assert not far.all("History-Info") and far.get("To") == f"<sip:{A}@tsp.example;user=phone>"
    assert ("History-Info" in note["lost"]) == bool(text)
    assert "redirecting" not in note


def test_first_target_was_no_number(pair):
    iam, far, _ = carried(pair, C, f"History-Info: <sip:alice@x>;index=1, <sip:{B}@x;cause=302>;index=1.1;mp=1, <sip:{C}@x;cause=486>;index=1.1.1;mp=1.1\r\n")
    assert "original_called" not in iam and iam["redirecting"]["digits"] == digits(B) and iam["redirection"] == "3312"
    assert entries(far).startswith("<sip:unknown@unknown.invalid>;index=1, <sip:+1")
    assert far.get("To") == f"<sip:{C}@tsp.example;user=phone>"


@pytest.mark.parametrize("which,original,redirecting,indicator", [
    ("none", 0, 0, 3), ("first", 1, 0, 3), ("last", 0, 1, 3), ("both", 1, 1, 4), ("header", 1, 1, 4)])
def test_privacy_of_the_history(pair, which, original, redirecting, indicator):
    hide = {"first": ["first"], "last": ["last"], "both": ["first", "last"]}.get(which, [])
    a = f"<sip:{A}@osp.example;user=phone{'?Privacy=history' if 'first' in hide else ''}>;index=1"
    b = f"<sip:{B}@osp.example;user=phone;cause=302{'?Privacy=history&x=y' if 'last' in hide else ''}>;index=1.1;mp=1"
    text = f"History-Info: {a}, {b}, <sip:{C}@osp.example;user=phone;cause=486>;index=1.1.1;mp=1.1\r\n"
    iam, far, _ = carried(pair, C, text + ("Privacy: history\r\n" if which == "header" else ""))
    assert (iam["original_called"].get("presentation", 0), iam["redirecting"].get("presentation", 0)) == (original, redirecting)
    assert iam["redirection"] == f"3{indicator}12"
    assert ["?Privacy=history>" in e for e in entries(far).split(", ")] == [bool(original), bool(redirecting), False]


def test_ported_target_of_a_diversion(pair):
    """The dialled number is the last target, whatever number it is routed by."""
    iam, far, _ = carried(pair, B, f"History-Info: {history(A, B, causes=[302])}\r\n", uri=f"sip:{B};npdi;rn=+19034050000@osp.example;user=phone")
    assert (iam["called"]["digits"], iam["generic"]["digits"]) == ("9034050000", digits(B))
    assert entries(far) == history(A, B, causes=[302], domain="tsp.example")


def test_diverted_abroad_and_back(pair):
    iam, far, _ = carried(pair, "+442071838750", f"History-Info: {history('+493012345678', '+442071838750', causes=[302])}\r\n")
    assert (iam["redirecting"]["noa"], iam["redirecting"]["digits"]) == (4, "493012345678")
    assert entries(far) == history("+493012345678", "+442071838750", causes=[302], domain="tsp.example")


def test_as_tshark_sees_it(pair, tmp_path):
    """Octets of the gateway, dissected by somebody else."""
    carried(pair, D, f"History-Info: {history(A, B, C, D, causes=[302, 486, 408])}\r\n")
    seen = dissect(tmp_path, [mtp3(isup_of(pair))], 141)[0]
    assert not [name for name in seen if name.startswith("_ws.malformed")], seen
    assert seen["isup.called"] == [digits(D)]
    assert (seen["isup.original_called_number"], seen["isup.redirecting"]) == ([digits(A)], [digits(C)])
    fields = ("redirecting_ind", "original_redirection_reason", "redirection_counter", "redirection_reason")
    assert [seen[f"isup.{name}"] for name in fields] == [["3"], ["3"], ["3"], ["2"]]
