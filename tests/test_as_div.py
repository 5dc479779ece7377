"""ref-as of a provider that retargets a call (RFC 8946, ATIS-1000085), and several types beside shaken (AS-13, AS-14)."""

import time

import pytest

from standin import Cscf
from stirkit import decode, div, run, shaken, sign, verifies
from test_as import X5U, conf, cps, ref_as, world  # noqa: F401  pylint: disable=unused-import

ORIG, FIRST, SECOND, THIRD = "12013776051", "19032469103", "12125550111", "13125550122"
CR = "https://cr.pki.example:8443/1234.pem"


def uri(number, cause=None):
    return f"sip:+{number}@tsp.example;user=phone" + (f";cause={cause}" if cause else "")


def history(*numbers):
    """One History-Info header for a call that was for these numbers, one after another."""
    entries, index = [], "1"
    for i, number in enumerate(numbers):
        if i == 0:
            entries.append(f"<{uri(number)}>;index=1")
            continue
        entries.append(f"<{uri(number, 302)}>;index={index}.1;mp={index}")
        index += ".1"
    return "History-Info: " + ", ".join(entries)


def identity(token):
    return f"Identity: {token};info=<{CR}>;alg=ES256;ppt={decode(token)[0]['ppt']}"


def original(world, orig=ORIG, dest=FIRST, **how):
    return sign(shaken(orig, dest), world.osp, **how)


def ask(element, target, *headers, **how):
    with Cscf(element.ready["sip"]) as cscf:
        return cscf.ask(uri(target), headers=headers, **how)


def test_div_token(world, ref_as):
    element = ref_as()
    before = int(time.time())
    answer = ask(element, SECOND, history(FIRST, SECOND), identity(original(world)))
    (token,) = answer.tokens()
    header, claims = decode(token)
    assert header == {"alg": "ES256", "ppt": "div", "typ": "passport", "x5u": X5U}
    assert before <= claims.pop("iat") <= time.time()
    assert claims == {"dest": {"tn": [SECOND]}, "div": {"tn": FIRST}, "orig": {"tn": ORIG}}
    assert verifies(token, world.osp.key.public_key())
    assert answer.header("Identity") == f'{token};info=<{X5U}>;alg=ES256;ppt="div"'


def test_no_shaken_and_no_attestation_then(world, ref_as):
    element = ref_as()
    ask(element, SECOND, history(FIRST, SECOND), identity(original(world)), "Attestation-Info: A")
    assert [note["data"]["ppt"] for note in element.notes("as.signed")] == ["div"]
    assert not element.notes("as.attest")
    assert element.note("as.div")["data"] == {"div": FIRST}
    assert (element.note("as.div")["orig"], element.note("as.div")["dest"]) == (ORIG, SECOND)


# proves: AS-10 AS-12 AS-14
def test_whole_bundle_is_published(world, ref_as, cps, conf):
    conf["numbers"] = [{"prefix": SECOND[:7], "ocn": "5678"}]
    brought = original(world)
    (token,) = ask(ref_as(), SECOND, history(FIRST, SECOND), identity(brought)).tokens()
    assert cps.request().body.decode() == f"{brought}\n{token}"


def test_second_retargeting_follows_the_last_number(world, ref_as, cps, conf):
    conf["numbers"] = [{"prefix": THIRD[:7], "ocn": "5678"}]
    first = original(world)
    second = sign(div(ORIG, SECOND, FIRST), world.osp, ppt="div")
    (token,) = ask(ref_as(), THIRD, history(FIRST, SECOND, THIRD), identity(first), identity(second)).tokens()
    assert decode(token)[1]["div"] == {"tn": SECOND}
    assert cps.request().body.decode().split("\n") == [first, second, token]


def test_two_retargetings_in_one_provider_are_one_div(world, ref_as):
    """The number in between is nobody else's business: no PASSporT is about it."""
    (token,) = ask(ref_as(), THIRD, history(FIRST, SECOND, THIRD), identity(original(world))).tokens()
    assert decode(token)[1]["div"] == {"tn": FIRST}
    assert decode(token)[1]["dest"] == {"tn": [THIRD]}


def test_back_to_an_earlier_number(world, ref_as):
    first = original(world)
    second = sign(div(ORIG, SECOND, FIRST), world.osp, ppt="div")
    (token,) = ask(ref_as(), FIRST, history(FIRST, SECOND, FIRST), identity(first), identity(second)).tokens()
    assert decode(token)[1]["div"] == {"tn": SECOND}


def test_one_div_for_several_originals(world, ref_as):
    two = [original(world), original(world, ppt="rph")]
    assert len(ask(ref_as(), SECOND, history(FIRST, SECOND), *map(identity, two)).tokens()) == 1


def test_history_in_several_headers_and_with_names(world, ref_as):
    lines = [f'History-Info: "Office, <main>" <{uri(FIRST)}>;index=1',
             f"History-Info: <{uri(SECOND)}?Reason=SIP%3Bcause%3D302>;index=1.1;mp=1"]
    (token,) = ask(ref_as(), SECOND, *lines, identity(original(world))).tokens()
    assert decode(token)[1]["div"] == {"tn": FIRST}


def test_number_of_dest_among_several(world, ref_as):
    (token,) = ask(ref_as(), SECOND, history(FIRST, SECOND), identity(original(world, dest=[FIRST, THIRD]))).tokens()
    assert decode(token)[1]["div"] == {"tn": FIRST}


# --- no div ---


def nothing(element, why, *args):
    answer = ask(element, *args)
    assert answer.status == 302
    assert not answer.headers("Identity")
    assert element.note("as.no_div")["data"] == {"why": why}
    assert element.note("as.answered")["data"] == {"front": "redirect", "status": 302, "why": why}
    assert not element.notes("as.signed")


def test_number_that_does_not_change(world, ref_as):
    """RFC 8946 §3: MUST NOT. Another host is not another number."""
    lines = f"History-Info: <{uri(FIRST)}>;index=1, <sip:9032469103@other.example;user=phone;cause=302>;index=1.1;mp=1"
    nothing(ref_as(), "the number of the target did not change", FIRST, lines, identity(original(world)))


def test_passports_about_other_numbers(world, ref_as):
    nothing(ref_as(), "no PASSporT of the call is about a number that it was for before", SECOND, history(FIRST, SECOND),
            identity(original(world, dest=THIRD)))


def test_passports_about_another_caller(world, ref_as):
    nothing(ref_as(), "no PASSporT of the call is about a number that it was for before", SECOND, history(FIRST, SECOND),
            identity(original(world, orig="12125559999")))


# proves: AS-14
def test_what_came_is_published_all_the_same(world, ref_as, cps, conf):
    conf["numbers"] = [{"prefix": SECOND[:7], "ocn": "5678"}]
    brought = original(world, dest=THIRD)
    ask(ref_as(), SECOND, history(FIRST, SECOND), identity(brought))
    assert cps.request().body.decode() == brought


def test_no_passport_to_follow(ref_as):
    """RFC 8946 §4.1: no div without an Identity. The provider says of the caller what it can."""
    (token,) = ask(ref_as(), SECOND, history(FIRST, SECOND), caller="<sip:+12125559999@elsewhere.example>").tokens()
    header, claims = decode(token)
    assert (header["ppt"], claims["attest"]) == ("shaken", "C")


@pytest.mark.parametrize("line", [
    f"History-Info: <{uri(FIRST)}>;index=1",
    "History-Info: nonsense",
    "History-Info: <sip:alice@tsp.example>;index=1, <sip:bob@tsp.example;cause=302>;index=1.1;mp=1",
])
def test_history_that_tells_of_no_retargeting(world, ref_as, line):
    (token,) = ask(ref_as(), FIRST, line, identity(original(world, ppt="rph"))).tokens()
    assert decode(token)[0]["ppt"] == "shaken"


# --- several types ---


# proves: AS-10 AS-12 AS-14
def test_extra_passports(world, conf, ref_as, cps):
    conf["extra_passports"] = [{"ppt": "rph", "claims": {"rph": {"auth": ["ets.0", "wps.0"]}}},
                               {"ppt": "x-new", "claims": {"new": [1, {"b": None, "a": "ü"}]}}]
    answer = ask(ref_as(), FIRST)
    tokens = answer.tokens()
    assert [decode(token)[0]["ppt"] for token in tokens] == ["shaken", "rph", "x-new"]
    assert all(verifies(token, world.osp.key.public_key()) for token in tokens)
    rph = decode(tokens[1])[1]
    assert rph.pop("iat") == decode(tokens[0])[1]["iat"]
    assert rph == {"dest": {"tn": [FIRST]}, "orig": {"tn": ORIG}, "rph": {"auth": ["ets.0", "wps.0"]}}
    assert cps.request().body.decode().split("\n") == tokens


def test_no_extras_for_a_retargeted_call(world, conf, ref_as):
    conf["extra_passports"] = [{"ppt": "rph", "claims": {"rph": {"auth": ["ets.0"]}}}]
    (token,) = ask(ref_as(), SECOND, history(FIRST, SECOND), identity(original(world))).tokens()
    assert decode(token)[0]["ppt"] == "div"


@pytest.mark.parametrize("extra,where", [
    ({"ppt": "shaken", "claims": {}}, "/extra_passports/0/ppt"),
    ({"ppt": "div", "claims": {}}, "/extra_passports/0/ppt"),
    ({"ppt": "a b", "claims": {}}, "/extra_passports/0/ppt"),
    ({"ppt": "", "claims": {}}, "/extra_passports/0/ppt"),
    ({"ppt": "rph"}, "/extra_passports/0/claims"),
    ({"ppt": "rph", "claims": []}, "/extra_passports/0/claims"),
    ({"ppt": "rph", "claims": {"iat": 1}}, "/extra_passports/0/claims/iat"),
    ({"ppt": "rph", "claims": {"orig": {}}}, "/extra_passports/0/claims/orig"),
])
def test_bad_extra_passports(conf, tmp_path, extra, where):
    conf["extra_passports"] = [extra]
    code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2
    assert where in err, err
