"""`oobsim inspect` over the bundle of a retargeted call: the chain drawn, and what is wrong with it."""

import re
import time

import pytest

from test_inspect import inspect, inspect_json, osp, pki, pki_cmd, sign  # noqa: F401  (two fixtures)

CALLER = "12013776051"
NUMBERS = ["19032469100", "19032469101", "19032469102", "19032469103"]
# RFC 8946 §§3 and 5: good signatures, but div has a digit too many, so they do not chain
RFC_ORIGINAL = (
    "eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly93d3cuZXhhbXBsZS5jb20vY2VydC5jZXIifQ"
    ".eyJkZXN0Ijp7InRuIjpbIjEyMTU1NTUxMjEzIl19LCJpYXQiOjE0NDMyMDgzNDUsIm9yaWciOnsidG4iOiIxMjE1NTU1MTIxMiJ9fQ"
    ".1bEzkzcNbKvgz4QoMx0_DJ2T8qFMDC1sPqHPXl1WvbauzRJRvYlZqQ0qgGTlS8tJ_wXjVe07Z3wvDrdApHhhYw"
)
RFC_DIV = (
    "eyJhbGciOiJFUzI1NiIsInBwdCI6ImRpdiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly93d3cuZXhhbXBsZS5jb20vY2VydC5jZXIifQ"
    ".eyJkZXN0Ijp7InRuIjpbIjEyMTU1NTUxMjE0Il19LCJkaXYiOnsidG4iOiIxMjE1NTU1NTEyMTMifSwiaWF0IjoxNDQzMjA4MzQ1LCJvcmlnIjp7InRu"
    "IjoiMTIxNTU1NTEyMTIifX0"
    ".xBHWipDEEJ8a6TsdX6xUXAnblsFiGUiAxwLiv0HLC9IICj6eG9jQd6WzeSSjHRBwxmChHhVIiMTSqIlk3yCNkg"
)


@pytest.fixture(scope="module")
def rsp(pki):  # noqa: F811
    """The provider that retargets."""
    return pki_cmd("issue", pki, "--spc", "5678")


def div(signer, old, new, orig=CALLER, age=0):
    claims = {"dest": {"tn": [new]}, "div": {"tn": old}, "iat": int(time.time()) - age, "orig": {"tn": orig}}
    return sign(signer, claims, {"alg": "ES256", "ppt": "div", "typ": "passport", "x5u": signer["x5u"]})


def shaken(signer, dest=NUMBERS[0], ppt="shaken"):
    claims = {"attest": "A", "dest": {"tn": [dest]}, "iat": int(time.time()), "orig": {"tn": CALLER},
              "origid": "123e4567-e89b-42d3-a456-426655440000"}
    return sign(signer, claims, {"alg": "ES256", "ppt": ppt, "typ": "passport", "x5u": signer["x5u"]})


@pytest.fixture(scope="module")
def whole(osp, rsp):  # noqa: F811
    """Retargeted three times."""
    return [shaken(osp), *(div(rsp, a, b) for a, b in zip(NUMBERS, NUMBERS[1:]))]


def chains(*args, tokens, code=0):
    return inspect_json(*args, "-", given="\n".join(tokens) + "\n", code=code)["chains"]


def test_whole_chain(pki, whole):  # noqa: F811
    (chain,) = chains("--trust", pki, tokens=[whole[2], whole[0], whole[3], whole[1]])
    assert chain["state"] == "holds"
    assert chain["passports"] == [1, 3, 0, 2]
    assert (chain["orig"], chain["called"], chain["called_is_guess"]) == (CALLER, NUMBERS[-1], True)


def test_whole_chain_drawn(pki, whole):  # noqa: F811
    done = inspect("--trust", pki, "--called", "+1 903 246 9103", "-", given="\n".join(reversed(whole)))
    assert done.returncode == 0, done.stdout
    drawn = done.stdout[done.stdout.index("Chain 1 of 1") :].splitlines()
    assert drawn == [
        "Chain 1 of 1 holds",
        f"    {CALLER} calls {NUMBERS[0]}   PASSporT 4, shaken, SPC 1234, out-of-band",
        f"      {NUMBERS[0]} retargets to {NUMBERS[1]}   PASSporT 3, div, SPC 5678, out-of-band",
        f"      {NUMBERS[1]} retargets to {NUMBERS[2]}   PASSporT 2, div, SPC 5678, out-of-band",
        f"      {NUMBERS[2]} retargets to {NUMBERS[3]}   PASSporT 1, div, SPC 5678, out-of-band",
        f"    arrived at {NUMBERS[3]}",
    ]


def test_in_band_and_out_of_band(pki, whole, osp):  # noqa: F811
    header = f"Identity: {whole[0]};info=<{osp['x5u']}>;alg=ES256;ppt=shaken"
    done = inspect("--trust", pki, "-", given="\n".join([header, *whole[1:]]))
    assert done.returncode == 0, done.stdout
    assert re.search(r"PASSporT 1, shaken, SPC 1234, in-band\n.*PASSporT 2, div, SPC 5678, out-of-band", done.stdout)


@pytest.mark.parametrize("gone,number", [(0, NUMBERS[0]), (1, NUMBERS[1]), (2, NUMBERS[2])])
def test_says_which_link_is_missing(pki, whole, gone, number):  # noqa: F811
    done = inspect("--trust", pki, "-", given="\n".join(t for i, t in enumerate(whole) if i != gone))
    assert done.returncode == 1
    assert f"? missing: the PASSporT of who called or retargeted to {number}\n" in done.stdout
    assert f"expected a PASSporT with {number} in dest, got none" in done.stdout


def test_missing_link_for_programs(pki, whole):  # noqa: F811
    got = chains("--trust", pki, "--called", NUMBERS[3], tokens=[whole[0], whole[1], whole[3]], code=1)
    assert [(c["state"], c["passports"]) for c in got] == [("fails", [2]), ("fails", [0, 1])]
    assert [(c["refused"]["reason"], c["refused"]["check"], c["at"]) for c in got] == [
        ("div-broken", "div-link", 2), ("div-dest", "div-dest", 1)
    ]


def test_last_link_missing_is_seen_when_the_called_number_is_said(pki, whole):  # noqa: F811
    (chain,) = chains("--trust", pki, tokens=whole[:3])
    assert chain["state"] == "holds"
    (chain,) = chains("--trust", pki, "--called", NUMBERS[3], tokens=whole[:3], code=1)
    assert chain["refused"]["reason"] == "div-dest"


def test_lone_original_and_the_called_number(pki, whole):  # noqa: F811
    assert "chains" not in inspect_json("--trust", pki, whole[0])
    (chain,) = chains("--trust", pki, "--called", NUMBERS[0], tokens=whole[:1])
    assert chain["state"] == "holds"
    (chain,) = chains("--trust", pki, "--called", NUMBERS[1], tokens=whole[:1], code=1)
    assert chain["refused"]["reason"] == "dest-mismatch"


def test_fork(pki, whole, rsp):  # noqa: F811
    other = div(rsp, NUMBERS[0], "19032469999")
    got = chains("--trust", pki, "--called", NUMBERS[3], tokens=[other, *whole])
    assert [c["state"] for c in got] == ["holds", "spare"]
    assert got[1]["refused"]["reason"] == "div-fork"


def test_ring(pki, rsp):  # noqa: F811
    tokens = [div(rsp, NUMBERS[0], NUMBERS[1]), div(rsp, NUMBERS[1], NUMBERS[0])]
    done = inspect("--trust", pki, "-", given="\n".join(tokens))
    assert done.returncode == 1
    assert "? missing: the PASSporT of who called or retargeted to" in done.stdout
    assert "only div PASSporTs that follow from this one" in done.stdout


def test_orig_changes(pki, whole, rsp):  # noqa: F811
    (chain,) = chains(
        "--trust", pki, tokens=[whole[0], div(rsp, NUMBERS[0], NUMBERS[1], orig="12013776099")], code=1
    )
    assert (chain["refused"]["reason"], chain["at"]) == ("div-orig", 1)


def test_forged_link(pki, whole):  # noqa: F811
    forged = whole[1].rsplit(".", 1)[0] + "." + whole[2].rsplit(".", 1)[1]
    (chain,) = chains("--trust", pki, tokens=[whole[0], forged, whole[2]], code=1)
    assert (chain["refused"]["reason"], chain["at"]) == ("signature", 1)


def test_unknown_type(pki, osp, rsp):  # noqa: F811
    got = chains(
        "--trust", pki, "--called", NUMBERS[1], tokens=[shaken(osp, ppt="x-new"), div(rsp, *NUMBERS[:2])], code=1
    )
    assert [c["state"] for c in got] == ["ignored"]


def test_without_trust_the_links_are_judged(whole):
    done = inspect("-", given="\n".join(whole))
    assert done.returncode == 0, done.stdout
    assert "Chain 1 of 1 is whole; signatures and certificates not checked" in done.stdout
    assert "if that is the called number (--called says it)" in done.stdout
    assert inspect("-", given="\n".join(whole[1:])).returncode == 1


def test_tokens_of_rfc8946_do_not_chain():
    got = chains(tokens=[RFC_DIV, RFC_ORIGINAL], code=1)
    assert [c["state"] for c in got] == ["fails", "fails"]
    assert got[0]["refused"]["reason"] == "div-broken"
    assert "121555551213" in got[0]["refused"]["expected"]


def test_unreadable_one_among_them(whole):
    got = chains(tokens=[*whole, "abc.def"], code=1)
    assert [c["state"] for c in got] == ["holds", "fails"]
    assert got[1]["refused"]["reason"] == "form"


@pytest.mark.parametrize("number", ["", "jane", "+1903246910312345678"])
def test_called_is_a_number(whole, number):
    done = inspect("--called", number, whole[0])
    assert done.returncode == 2
    assert "--called: expected a telephone number" in done.stderr
