"""How the STI-AS finds a CPS (DISC-01, 03 to 12): published lists of several authorities, fetched, judged, kept, and what
local policy says beside them; each list that must not be used, with the reason for which it is not."""

import contextlib
import json
import time

import pytest

from map_kit import MapWorld, root_name
from standin import Cscf
from stirkit import Cred, new_key, run, start

CPS_HOST = "cps.tsp.example"
GOOD, OTHER = f"https://{CPS_HOST}:8443/good", f"https://{CPS_HOST}:8443/other"
OCN = "5678"
MAP = {OCN: GOOD}


@pytest.fixture
def world(tmp_path, net):
    return MapWorld(tmp_path / "pki", net(2))


@pytest.fixture
def conf(world, net):
    osp = Cred(world.pki.url("/certs/osp.pem"), new_key(), [world.pki.ca.cert])
    return {
        "sip": {"addr": net(4)},
        "spc": "1234",
        "x5u": osp.x5u,
        "key": osp.save(world.pki.dir, "osp")[1],
        "attestation": {"own": ["1201377"]},
        "numbers": [{"prefix": "1903246", "ocn": OCN}],
        "https": world.pki.https_conf(cps_tsp_example=net(5)),
        "discovery": {"maps": [world.source("sti-pa", world.pa)], "trust": world.pki.trust_conf()},
    }


@pytest.fixture
def ref_as(conf, tmp_path):
    """ref_as(*options, **members of "discovery"): started with the configuration as it is then."""
    with contextlib.ExitStack() as stack:

        def begin(*options, **discovery):
            conf["discovery"] |= discovery
            element = stack.enter_context(start("ref-as", conf, tmp_path, *options, name="osp.as"))
            element.calls = 0
            return element

        yield begin


def ask(element, uri="sip:+19032469103@osp.example;user=phone"):
    """Place a call; what became of its discovery: the note as.discovered or as.no_cps."""
    before = len(element.notes("as.discovered")) + len(element.notes("as.no_cps"))
    with Cscf(element.ready["sip"]) as cscf:
        assert cscf.ask(uri).status == 302
    return element.wait(lambda: sorted(element.notes("as.discovered") + element.notes("as.no_cps"),
                                       key=lambda e: e["t"])[before:])[0]


def url(element, *args):
    """URL that a call's PASSporT goes to; None: it goes nowhere."""
    return ask(element, *args)["data"].get("url")


def look_again(element):
    """SIGHUP, and wait until the round of fetches that it begins has ended."""
    seen = len(round_notes(element))
    element.hup()
    element.wait(lambda: len(round_notes(element)) > seen)


def round_notes(element):
    return [e for e in element.trace() if e["kind"] == "note" and e["what"].startswith("map.")]


def refusal(element, count=1):
    return element.note("map.refused", count)["data"]


# --- sources ---


# proves: DISC-01 DISC-03 DISC-09
def test_list_of_the_sti_pa(world, ref_as):
    """DISC-03, DISC-01: number → OCN → URL, and who vouches (DISC-09)."""
    world.pa.publish(MAP)
    with world.serve():
        element = ref_as()
        assert ask(element)["data"] == {"ocn": OCN, "url": GOOD, "source": "sti-pa", "authority": "STI-PA ROOT", "rule": "ocn 5678"}
        taken = element.note("map.taken")["data"]
    assert taken["authority"] == "STI-PA ROOT" and taken["sequence"] == 1 and taken["ocns"] == 1


# proves: DISC-04 DISC-08 DISC-09
def test_list_of_an_sti_ca(world, ref_as):
    """DISC-04, DISC-08: the signer chains to a root of the approved list."""
    world.ca1.publish(MAP)
    with world.serve():
        data = ask(ref_as(maps=[world.source("sti-ca", world.ca1)]))["data"]
    assert data["source"] == "sti-ca" and data["authority"] == root_name(world.pki.ca.root)


# proves: DISC-07 DISC-09
def test_master_file(world, ref_as):
    """DISC-07: one request for the lists of all STI-CAs."""
    world.publish_master(world.ca1.list({OCN: GOOD}), world.ca2.list({"818H": OTHER}))
    with world.serve():
        element = ref_as(maps=[world.source("master", world.MASTER)])
        assert url(element) == GOOD
        assert {n["data"]["authority"] for n in element.notes("map.taken")} == \
            {root_name(world.pki.ca.root), root_name(world.second.root)}
        assert len(world.log[world.MASTER]) == 1


# proves: DISC-08 DISC-10
@pytest.mark.parametrize("bad", ["rogue", "tampered", "no string", "no list"])
def test_master_file_with_one_bad_member(world, ref_as, bad):
    members = {"rogue": world.rogue.list({OCN: OTHER}), "tampered": world.ca1.list({OCN: OTHER})[:-4] + "AAAA",
               "no string": 7, "no list": "a.b.c"}
    world.publish_master(members[bad], world.ca2.list(MAP))
    with world.serve():
        element = ref_as(maps=[world.source("master", world.MASTER)])
        assert url(element) == GOOD
        assert len(element.notes("map.refused")) == 1 and len(element.notes("map.taken")) == 1


def test_master_file_that_is_none(world, ref_as):
    world.pki.files[world.MASTER] = b'{"lists": []}'
    with world.serve():
        element = ref_as(maps=[world.source("master", world.MASTER)])
        assert element.note("map.failed")["data"]["error"] == "expected a JSON array of signed lists"
        assert url(element) is None


def test_sti_pa_before_sti_ca_before_policy(world, conf, ref_as):
    conf["cps"] = {OCN: f"https://{CPS_HOST}:8443/local"}
    world.pa.publish({"1111": GOOD})
    world.ca1.publish(MAP)
    with world.serve():
        element = ref_as(maps=[world.source("sti-pa", world.pa), world.source("sti-ca", world.ca1)])
        assert ask(element)["data"]["source"] == "sti-ca"
        world.pa.publish({OCN: GOOD})
        look_again(element)
        assert ask(element)["data"]["source"] == "sti-pa"


def test_policy_first(world, conf, ref_as):
    conf["cps"] = {OCN: OTHER}
    world.pa.publish(MAP)
    with world.serve():
        data = ask(ref_as(order=["policy", "sti-pa"]))["data"]
    assert data["url"] == OTHER and data["source"] == "policy" and data["authority"] == "local" and data["rule"] == "ocn 5678"


# proves: DISC-12
def test_policy_where_no_list_says_anything(world, ref_as):
    """DISC-12."""
    world.pa.publish({})
    with world.serve():
        data = ask(ref_as(rules=[{"url": OTHER}]))["data"]
    assert data["url"] == OTHER and data["rule"] == "default"


def test_without_lists_nothing_is_fetched(world, conf, ref_as):
    del conf["discovery"]["maps"], conf["discovery"]["trust"]
    with world.serve():
        assert url(ref_as(rules=[{"ocn": OCN, "url": OTHER}])) == OTHER
        assert not world.log


# --- toll-free, ported numbers, tables ---


# proves: AS-16 DISC-11
def test_toll_free_by_cic(world, ref_as):
    """DISC-11: the carrier of the Request-URI."""
    world.pa.publish({}, {"0288": GOOD})
    with world.serve():
        element = ref_as(rules=[{"cic": "0222", "url": OTHER}])
        data = ask(element, "sip:+18005550100;cic=+10288@osp.example;user=phone")["data"]
        assert data["url"] == GOOD and data["cic"] == "0288" and data["rule"] == "cic 0288"
        data = ask(element, "sip:+18005550100;cic=+10222@osp.example;user=phone")["data"]
        assert data["url"] == OTHER and data["source"] == "policy"
        assert ask(element, "sip:+18005550100;cic=+10333@osp.example;user=phone")["data"]["why"] == "no CPS is known for CIC 0333"


# proves: DISC-12 DISC-13
def test_toll_free_by_number_range(world, ref_as):
    """6.3: all toll-free calls to one transit provider."""
    world.pa.publish({})
    with world.serve():
        element = ref_as(rules=[{"prefix": "1800", "url": OTHER}, {"prefix": "18005551", "url": GOOD}])
        assert url(element, "sip:+18005550100;cic=+10288@osp.example;user=phone") == OTHER
        assert url(element, "sip:+18005551100@osp.example;user=phone") == GOOD


# proves: AS-16 DISC-01
def test_ported_number_by_its_routing_number(world, conf, ref_as):
    """DISC-01: portability-corrected."""
    conf["numbers"].append({"prefix": "1903405", "ocn": "818H"})
    world.pa.publish({OCN: OTHER, "818H": GOOD})
    with world.serve():
        element = ref_as()
        data = ask(element, "sip:+19032469103;npdi;rn=+19034050000@osp.example;user=phone")["data"]
        assert data["ocn"] == "818H" and data["url"] == GOOD and data["rn"] == "19034050000"
        assert url(element, "sip:+19032469103;npdi@osp.example;user=phone") == OTHER
        assert url(element, "sip:+19032469103;npdi;rn=+14045550000@osp.example;user=phone") is None


# proves: DISC-01
def test_table_of_numbers(world, ref_as, tmp_path):
    table = tmp_path / "numbers.csv"
    table.write_text("# called,ocn\n1212,0001\n12125550100,818H\n")
    world.pa.publish({"0001": OTHER, "818H": GOOD})
    with world.serve():
        element = ref_as(numbers_file=str(table))
        assert url(element, "sip:+12125550100@osp.example;user=phone") == GOOD
        assert url(element, "sip:+12125550101@osp.example;user=phone") == OTHER
        table.write_text("1212,818H\n")
        look_again(element)
        assert url(element, "sip:+12125550101@osp.example;user=phone") == GOOD
        table.write_text("1212,818H\n1212,0001\n")
        element.hup()
        element.wait(lambda: f"{table}:2: prefix 1212 is there twice" in element.log())
        assert url(element, "sip:+12125550101@osp.example;user=phone") == GOOD


# --- lists that must not be used (DISC-10) ---


def tampered(world):
    good, other = world.pa.list({OCN: OTHER}), world.pa.list({OCN: GOOD})
    return ".".join(other.split(".")[:2] + good.split(".")[2:])


def no_payload_change(world):
    """The mapping of another OCN put into a list, its signature as it was."""
    head, _, signature = world.pa.list({OCN: OTHER}).split(".")
    return ".".join([head, world.pa.list({OCN: OTHER, "9999": OTHER}).split(".")[1], signature])


BAD = {
    "tampered": (tampered, "signature", "list-signature"),
    "payload-replaced": (no_payload_change, "signature", "list-signature"),
    "expired": (lambda w: w.pa.list({OCN: OTHER}, exp=int(time.time()) - 1), "exp", "list-expired"),
    "rolled-back": (lambda w: w.pa.list({OCN: OTHER}, sequence=4), "sequence", "list-rollback"),
    "same-sequence": (lambda w: w.pa.list({OCN: OTHER}, sequence=5), "sequence", "list-changed"),
    "provider-signed": (lambda w: w.pa.list({OCN: OTHER}, cred=w.pki.sti("5678")), "signer", "cert-untrusted"),
    "sti-ca-signed": (lambda w: w.pa.list({OCN: OTHER}, cred=w.ca1.cred), "signer", "cert-untrusted"),
    "rogue-signed": (lambda w: w.pa.list({OCN: OTHER}, cred=w.rogue.cred), "signer", "cert-untrusted"),
    "http-url": (lambda w: w.pa.list({OCN: OTHER, "9999": "http://cps.tsp.example/"}), "form", "map-url"),
    "no-url": (lambda w: w.pa.list({OCN: 7}), "form", "map-url"),
    "no-ocn": (lambda w: w.pa.list({"56 78": OTHER}), "form", "map-key"),
    "version": (lambda w: w.pa.list({OCN: OTHER}, version="2.0"), "form", "list-version"),
    "typ": (lambda w: w.pa.list({OCN: OTHER}, typ="passport"), "form", "list-typ"),
    "alg-none": (lambda w: w.pa.list({OCN: OTHER}, alg="none"), "form", "list-alg"),
    "alg-hs256": (lambda w: w.pa.list({OCN: OTHER}, alg="HS256"), "form", "list-alg"),
    "no-mapping": (lambda w: w.pa.list({OCN: OTHER}, raw_claims=b'{"version":"1.0","sequence":9,"exp":2000000000}'),
                   "form", "list-form"),
    "no-token": (lambda w: "a page of HTML", "form", "list-form"),
    "empty": (lambda w: "", "form", "list-form"),
    "no-chain": (lambda w: w.pa.list({OCN: OTHER}, cred=Cred(w.pki.url("/nowhere.pem"), new_key(), [w.pki.ca.cert])),
                 "fetch", "cert-fetch"),
}


# proves: DISC-10
@pytest.mark.parametrize("name", BAD)
def test_bad_list_is_refused_and_the_good_one_stays(world, ref_as, name):
    make, check, reason = BAD[name]
    world.pa.publish(MAP, sequence=5)
    with world.serve():
        element = ref_as()
        assert url(element) == GOOD
        world.pki.files[world.pa.path] = make(world).encode()
        look_again(element)
        data = refusal(element)
        assert (data["check"], data["reason"]) == (check, reason)
        assert url(element) == GOOD
        assert len([line for line in element.log().splitlines() if "map: " in line]) == 1


# proves: AS-08 DISC-10
@pytest.mark.parametrize("name", ["tampered", "rogue-signed", "http-url", "expired"])
def test_bad_list_alone_gives_no_cps(world, ref_as, name):
    world.pki.files[world.pa.path] = BAD[name][0](world).encode()
    with world.serve():
        element = ref_as()
        assert refusal(element)["reason"] == BAD[name][2]
        assert ask(element)["data"]["why"] == "no CPS is known for OCN 5678"


# proves: DISC-08 DISC-10
def test_provider_does_not_speak_for_its_sti_ca(world, ref_as):
    """Its chain ends at an approved root, but it has a TNAuthList."""
    world.ca1.publish(MAP, cred=world.pki.sti("5678"))
    with world.serve():
        element = ref_as(maps=[world.source("sti-ca", world.ca1)])
        assert refusal(element)["reason"] == "list-signer"
        assert url(element) is None


# proves: DISC-10
def test_revoked_signer(world, ref_as):
    world.ca1.publish(MAP)
    world.pki.revoke(world.ca1.cred)
    with world.serve():
        element = ref_as(maps=[world.source("sti-ca", world.ca1)])
        assert refusal(element)["reason"] == "cert-revoked"


# proves: DISC-08
def test_sti_ca_that_is_struck_off(world, ref_as):
    """What it had vouched for is not used any more, though its list is good for long."""
    world.ca1.publish(MAP)
    with world.serve():
        element = ref_as(maps=[world.source("sti-ca", world.ca1)])
        assert url(element) == GOOD
        world.approve(world.second)
        element.hup()
        element.wait(lambda: url(element) is None)


def test_good_again_after_trouble(world, ref_as):
    world.pa.publish({OCN: OTHER}, version="9")
    with world.serve():
        element = ref_as()
        assert url(element) is None
        world.pa.publish(MAP)
        look_again(element)
        assert url(element) == GOOD
        element.wait(lambda: f"map: {world.pa.url()} is in order again" in element.log())


# --- how long a list is kept ---


def test_good_list_is_kept_when_the_server_is_down(world, ref_as):
    world.pa.publish(MAP)
    with world.serve():
        element = ref_as()
        world.down = True
        look_again(element)
        assert element.note("map.failed")["data"]["error"] == "expected status 200, got 503"
        assert url(element) == GOOD


# proves: DISC-10
def test_good_list_is_kept_over_a_restart_until_its_exp(world, ref_as, tmp_path):
    """Without the server: what it said is used for as long as it is good, and not a second longer."""
    state = tmp_path / "state"
    state.mkdir()
    world.pa.publish(MAP, exp=int(time.time()) + 1000)

    def asked(*options):
        element = ref_as(*options, state_dir=str(state))
        data = ask(element)["data"]
        element.stop()
        return data

    with world.serve():
        assert asked()["url"] == GOOD
        world.down = True
        assert asked("--clock-offset", "900")["url"] == GOOD
        assert asked("--clock-offset", "1010")["why"] == "no CPS is known for OCN 5678"


# proves: DISC-10
@pytest.mark.parametrize("sequence,reason", [(4, "list-rollback"), (5, "list-changed")])
def test_rolled_back_over_a_restart(world, ref_as, tmp_path, sequence, reason):
    state = tmp_path / "state"
    state.mkdir()
    world.pa.publish(MAP, sequence=5)
    with world.serve():
        ref_as(state_dir=str(state)).stop()
        world.pa.publish({OCN: OTHER}, sequence=sequence)
        element = ref_as(state_dir=str(state))
        assert refusal(element)["reason"] == reason
        assert url(element) == GOOD
        world.pa.publish({OCN: OTHER}, sequence=6)
        look_again(element)
        assert url(element) == OTHER


def test_without_a_state_folder_a_restart_forgets(world, ref_as):
    """Why state_dir is there: without it the older list cannot be told from a new one."""
    world.pa.publish(MAP, sequence=5)
    with world.serve():
        ref_as().stop()
        world.pa.publish({OCN: OTHER}, sequence=4)
        assert url(ref_as()) == OTHER


def test_state_file(world, ref_as, conf, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    token = world.pa.publish(MAP)
    with world.serve():
        ref_as(state_dir=str(state)).stop()
        (entry,) = json.loads((state / "cps-maps.json").read_text())
        assert entry["list"] == token and entry["authority"] == "STI-PA ROOT"
        assert [p.name for p in state.iterdir()] == ["cps-maps.json"]  # nothing half-written is left
        (state / "cps-maps.json").write_text("[")
        code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2 and f"{state}/cps-maps.json: expected a JSON array of lists" in err


def test_state_folder_is_made(world, ref_as, tmp_path):
    world.pa.publish(MAP)
    with world.serve():
        ref_as(state_dir=str(tmp_path / "new"))
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700 and (tmp_path / "new/cps-maps.json").exists()


def test_state_folder_that_cannot_be_made_is_named(conf, tmp_path):
    conf["discovery"]["state_dir"] = str(tmp_path / "nowhere/state")
    code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 3 and f"{tmp_path}/nowhere/state: expected a folder that can be written" in err


# --- fetching (DISC-05, DISC-06) ---


def test_unchanged_list_is_not_sent_again(world, ref_as):
    world.pa.publish(MAP)
    with world.serve():
        element = ref_as()
        look_again(element)
        element.note("map.unchanged")
        (first, second) = world.log[world.pa.path]
        assert first == (None, 200) and second[0] and second[1] == 304
        assert len(world.log["/pa/signer.pem"]) <= 3  # of the list of STI-CAs twice, of the mapping once
        assert url(element) == GOOD


def test_changed_list_is_fetched_with_the_old_tag(world, ref_as):
    world.pa.publish(MAP)
    with world.serve():
        element = ref_as()
        world.pa.publish({OCN: OTHER})
        look_again(element)
        assert [status for _, status in world.log[world.pa.path]] == [200, 200]
        assert url(element) == OTHER


def test_refused_list_is_asked_for_whole(world, ref_as):
    """It may be good once the trust data is, without having changed itself."""
    world.ca1.publish(MAP)
    world.approve(world.second)
    with world.serve():
        element = ref_as(maps=[world.source("sti-ca", world.ca1)])
        assert refusal(element)["reason"] == "cert-untrusted"
        world.approve(world.pki.ca)
        element.hup()
        element.note("map.taken")
        assert all(asked is None for asked, _ in world.log[world.ca1.path])


# proves: DISC-06
def test_lists_are_fetched_routinely(world, ref_as):
    world.pa.publish(MAP)
    with world.serve():
        element = ref_as(interval_s=1)
        world.pa.publish({OCN: OTHER})
        element.wait(lambda: len(element.notes("map.taken")) == 2)
        assert url(element) == OTHER


def test_one_source_that_is_down_does_not_hold_up_the_others(world, ref_as):
    world.ca1.publish(MAP)
    with world.serve():
        element = ref_as(maps=[world.source("sti-pa", "/nowhere"), world.source("sti-ca", world.ca1)])
        assert element.note("map.failed")["data"]["error"] == "expected status 200, got 404"
        assert url(element) == GOOD


def test_ready_all_the_same_when_nobody_answers(world, ref_as):
    element = ref_as()
    assert "connection to cr.pki.example:8443" in element.note("map.failed")["data"]["error"]
    assert url(element) is None


# --- authorities that disagree ---


@pytest.fixture
def disagreeing(world, ref_as):
    """Two STI-CAs give two URLs; the second one's list runs out later."""
    world.ca1.publish({OCN: GOOD}, exp=int(time.time()) + 1000)
    world.ca2.publish({OCN: OTHER}, exp=int(time.time()) + 2000)
    maps = [world.source("sti-ca", world.ca1), world.source("sti-ca", world.ca2)]
    with world.serve():
        yield lambda **how: ref_as(maps=maps, **how)


# proves: DISC-09
@pytest.mark.parametrize("policy,used", [("first", GOOD), ("newest", OTHER), ("refuse", None)])
def test_conflict(world, disagreeing, policy, used):
    element = disagreeing(conflict=policy)
    assert url(element) == used
    data = element.note("as.conflict")["data"]
    assert {data["url"], data["other_url"]} == {GOOD, OTHER}
    assert {data["authority"], data["other_authority"]} == {root_name(world.pki.ca.root), root_name(world.second.root)}
    assert data.get("used") == used
    assert "conflict dest=19032469103" in element.log()


# proves: DISC-09
def test_conflict_that_is_refused_says_who_said_what(world, disagreeing):
    why = ask(disagreeing(conflict="refuse"))["data"]["why"]
    assert why == (f"authorities disagree on ocn 5678: {root_name(world.pki.ca.root)} says {GOOD}, "
                   f"{root_name(world.second.root)} says {OTHER}")


def test_first_is_the_order_of_the_configuration(world, ref_as):
    world.ca1.publish({OCN: GOOD})
    world.ca2.publish({OCN: OTHER})
    with world.serve():
        assert url(ref_as(maps=[world.source("sti-ca", world.ca2), world.source("sti-ca", world.ca1)])) == OTHER


def test_sti_pa_and_sti_ca_disagree(world, ref_as):
    world.pa.publish({OCN: GOOD})
    world.ca1.publish({OCN: OTHER})
    with world.serve():
        element = ref_as(maps=[world.source("sti-pa", world.pa), world.source("sti-ca", world.ca1)])
        assert url(element) == GOOD
        assert element.note("as.conflict")["data"]["authority"] == "STI-PA ROOT"


def test_no_conflict_when_they_agree(world, ref_as):
    world.pa.publish(MAP)
    world.ca1.publish(MAP)
    with world.serve():
        element = ref_as(maps=[world.source("sti-pa", world.pa), world.source("sti-ca", world.ca1)], conflict="refuse")
        assert url(element) == GOOD
        assert not element.notes("as.conflict")


# --- configurations ---


@pytest.mark.parametrize("members,error", [
    ({"order": ["sti-pa", "sti-pa"]}, '/discovery/order/1: expected each once, got "sti-pa" again'),
    ({"order": ["sti-xx"]}, '/discovery/order/0: expected "sti-pa", "sti-ca" or "policy", got "sti-xx"'),
    ({"order": []}, "/discovery/order: expected an array of 1 to 3 strings"),
    ({"rules": [{"prefix": "1800", "cic": "0288", "url": GOOD}]},
     "/discovery/rules/0: expected one of prefix, cic and ocn, or none of them for the default, got 2"),
    ({"rules": [{"prefix": "1800", "url": GOOD}, {"prefix": "1800", "url": OTHER}]},
     f"/discovery/rules/1: number 1800 has two CPS URLs: {GOOD} and {OTHER}"),
    ({"rules": [{"url": "http://cps.tsp.example/"}]}, "/discovery/rules/0/url: expected an https URL"),
    ({"rules": [{"cic": "x", "url": GOOD}]}, '/discovery/rules/0/cic: expected a Carrier Identification Code'),
    ({"maps": [{"authority": "sti-pa", "url": "http://pa.example/"}]}, "/discovery/maps/0/url: expected an https URL"),
    ({"maps": [{"authority": "sti-xx", "url": GOOD}]}, "/discovery/maps/0/authority: expected"),
    ({"trust": {}}, "/discovery/trust/pa_root: expected"),
    ({"conflict": "fight"}, "/discovery/conflict: expected"),
    ({"numbers_file": "/nowhere.csv"}, "/nowhere.csv: cannot be opened"),
])
def test_configurations_that_are_refused(conf, tmp_path, members, error):
    conf["discovery"] |= members
    code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code in (2, 3) and error in err


def test_lists_without_trust_are_refused(conf, tmp_path):
    del conf["discovery"]["trust"]
    code, _, err = run("ref-as", config=conf, folder=tmp_path)
    assert code == 2 and "/discovery/trust: expected pa_root, ca_list and crl" in err
