"""ref-vs that is wrong on purpose: each fault shows, and nothing else changes with it."""

import pytest

from stirkit import Https, div, run, sign
from test_vs import (BAD, CPS_HOST, DEST, FAILED, NONE, ORIG, PASSED, VS_HOST, ask, bad_token, conf, cps,  # noqa: F401
                     identity, ref_vs, verstat, world)
from test_vs_http import ask as over_http, http, response  # noqa: F401

ASIDE = "13035550100"


def test_accepted_for_a_reason(world, conf, ref_vs, cps):
    conf["faults"] = {"accept_reasons": ["form", "stale"]}
    element = ref_vs()
    cps.tokens = ["hello"]
    assert verstat(ask(element)) == PASSED
    cps.tokens = [bad_token(world, BAD["old"][0])]
    answer = ask(element)
    assert verstat(answer) == PASSED and not answer.headers("Reason")
    cps.tokens = [bad_token(world, BAD["signature"][0])]
    assert verstat(ask(element)) == FAILED


def test_a_refusal_by_policy_is_accepted_too(conf, ref_vs, cps):
    conf["policy"] = {"on_missing": "refuse"}
    conf["faults"] = {"accept_reasons": ["no-identity"]}
    assert verstat(ask(ref_vs())) == PASSED


@pytest.mark.parametrize("ignore,want", [("in-band", NONE), ("out-of-band", PASSED), ("div", PASSED)])
def test_in_band_is_ignored(world, conf, ref_vs, cps, ignore, want):
    conf["faults"] = {"ignore": [ignore]}
    assert verstat(ask(ref_vs(), identity(world.token()), "Identity: rubbish")) == want


def test_out_of_band_is_ignored(world, conf, ref_vs, cps):
    conf["faults"] = {"ignore": ["out-of-band"]}
    cps.tokens = [world.token()]
    answer = ask(ref_vs())
    assert verstat(answer) == NONE and not answer.headers("Identity")


def test_divs_are_ignored(world, conf, ref_vs, cps):
    cps.tokens = [sign(div(ORIG, DEST, ASIDE), world.osp, ppt="div"), world.token(dest=ASIDE)]
    conf["faults"] = {"ignore": ["div"]}
    answer = ask(ref_vs())
    assert verstat(answer) == NONE and len(answer.headers("Identity")) == 1


def test_one_result_for_all(world, conf, ref_vs, cps):
    conf["faults"] = {"verstat": FAILED}
    element = ref_vs()
    assert verstat(ask(element)) == FAILED
    cps.tokens = [world.token()]
    assert verstat(ask(element)) == FAILED


def test_one_reason_for_all(world, conf, ref_vs, cps):
    conf["faults"] = {"reason": "stale"}
    element = ref_vs()
    cps.tokens = [bad_token(world, BAD["signature"][0])]
    assert ask(element).header("Reason").startswith("STIR;cause=403")
    cps.tokens = [world.token(), bad_token(world, BAD["signature"][0])]
    assert not ask(element).headers("Reason")  # one holds


def test_no_reason(world, conf, ref_vs, cps):
    conf["faults"] = {"no_reason": True}
    cps.tokens = [bad_token(world, BAD["signature"][0])]
    answer = ask(ref_vs())
    assert verstat(answer) == FAILED and not answer.headers("Reason")


def test_passports_are_lost(world, conf, ref_vs, cps):
    conf["faults"] = {"passports": "none"}
    cps.tokens = [world.token()]
    answer = ask(ref_vs())
    assert verstat(answer) == PASSED and not answer.headers("Identity")


def test_passports_are_changed_by_a_letter(world, conf, ref_vs, cps):
    conf["faults"] = {"passports": "changed"}
    cps.tokens = [world.token()]
    answer = ask(ref_vs())
    got, want = answer.header("Identity").split(";")[0], cps.tokens[0]
    assert verstat(answer) == PASSED and len(got) == len(want)
    assert sum(a != b for a, b in zip(got, want)) == 1


def test_a_question_that_is_none_is_answered(conf, cps, over_http):
    conf["faults"] = {"answer_anything": True}
    assert response(over_http(to=None))["verstat"] == NONE


def test_a_question_without_a_number_is_answered(conf, cps, ref_vs):
    conf["faults"] = {"answer_anything": True}
    assert ask(ref_vs(), caller="<sip:anonymous@anonymous.invalid>").status == 302


def test_any_push_is_taken(world, conf, ref_vs, net):
    cert, key = world.vs
    conf["push"] = {"addr": net(2), "tls": {"cert": cert, "key": key, "client_ca": world.pki.web_root},
                    "clients": [CPS_HOST]}
    conf["faults"] = {"answer_anything": True}
    ref_vs()
    assert Https(net(2), 8444, VS_HOST, world.pki.web_root).ask("POST", "/passports", "hello").status == 201


@pytest.mark.parametrize("fault", [{"ignore": ["everything"]}, {"reason": "no-such"}, {"accept_reasons": ["x"]}])
def test_a_fault_that_there_is_not(conf, tmp_path, fault):
    conf["faults"] = fault
    code, _, err = run("ref-vs", config=conf, folder=tmp_path)
    assert code == 2 and "/faults/" in err
