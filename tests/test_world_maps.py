"""Worlds in which the STI-AS finds CPSs by published lists (6.1.1, 6.1.2): D1 to D6, and what they do when something in them
is another way than they say."""

import copy
import json

import pytest

from conftest import ROOT
from oobsim_kit import Run, oobsim

TSP, OTHER = "https://cps.tsp.example:8443/cps/company/5678", "https://cps.other.example:8443/cps/company/2001"
LISTS = "https://cr.pki.example:8443/cps-map/"


def changed(folder, name, **members):
    """A D scenario with other members, by their names; None takes one away."""
    scn = copy.deepcopy(json.loads((ROOT / "scenarios" / f"{name}.json").read_text()))
    scn = {k: v for k, v in {**scn, **members}.items() if v is not None and k != "$schema"}
    file = folder / f"{name}.json"
    file.write_text(json.dumps(scn, indent=1))
    return file


def discovering(**members):
    providers = json.loads((ROOT / "scenarios" / "D4.json").read_text())["providers"]
    providers["osp"]["discovery"] = members
    return providers


def asked_for(run):
    """Lists that the STI-AS asks for, in their order."""
    return [e["raw"].split()[1].removeprefix("/cps-map/") for e in run.messages("https", "osp.as", "pki", "GET /cps-map/")
            if e["dir"] == "tx"]


# proves: DISC-07
def test_master_file_is_one_request(tmp_path):
    run = Run(tmp_path / "r", "D3")
    assert run.code == 0, run.failed()
    assert asked_for(run) == ["master"]


@pytest.mark.parametrize("name, lists", [("D1", ["pa"]), ("D2", ["ca1", "ca2"]), ("D4", ["pa", "ca1"])])
def test_lists_that_are_asked_for(tmp_path, name, lists):
    run = Run(tmp_path / "r", name)
    assert run.code == 0, run.failed()
    assert asked_for(run) == lists
    # nothing but the lists tells the STI-AS of a CPS
    conf = json.loads((run.report / "world" / "config" / "osp.as.json").read_text())
    assert "cps" not in conf and "rules" not in conf["discovery"] and "example:8443/cps/" not in json.dumps(conf)


LOST = {"vouched", "posted", "verified", "phone-is-shown-it"}
FOUND = {"none-found", "not-posted", "not-verified", "phone-is-shown-it"}


# proves: DISC-01 DISC-09
@pytest.mark.parametrize("name, setting, failed", [
    # the STI-CAs publish no list in the world of D1
    ("D1", {"maps.0.url": f"{LISTS}ca1"}, LOST | {"published", "steps", "no-detours"}),
    ("D2", {"order": '["policy"]'}, LOST | {"steps", "no-detours"}),
    ("D3", {"maps.0": f'{{"authority": "sti-ca", "url": "{LISTS}ca2"}}'}, {"first", "second"}),
    ("D4", {"order": '["sti-ca", "sti-pa"]'}, LOST | {"reported", "not-both"}),
    ("D4b", {"conflict": "first"}, FOUND),
    ("D5b", {"maps.0.authority": "sti-pa", "order": '["sti-pa"]'}, FOUND | {"refused"}),
])
def test_scenario_finds_what_is_wrong(tmp_path, name, setting, failed):
    settings = [word for member, value in setting.items() for word in ("--set", f"osp.as.discovery.{member}={value}")]
    run = Run(tmp_path / "r", changed(tmp_path, name, wait_ms=300), *settings, "--set", "tsp.vs.cps.wait_ms=200")
    assert run.code == 1 and run.failed() == failed


# proves: DISC-10 AS-08
def test_a_list_that_has_not_run_out_is_used(tmp_path):
    run = Run(tmp_path / "r", changed(tmp_path, "D5", mapping=[{"authority": "pa", "provider": "tsp"}], wait_ms=300))
    assert run.code == 1 and run.failed() == FOUND | {"refused"}
    assert run.notes("as.discovered")[0]["data"]["url"] == TSP


@pytest.mark.parametrize("conflict, url", [("first", OTHER), ("refuse", None)])
def test_conflict_is_decided_as_declared(tmp_path, conflict, url):
    """The other way round than D4: the STI-CA is asked first."""
    run = Run(tmp_path / "r", changed(
        tmp_path, "D4", providers=discovering(maps=["ca1", "pa"], order=["sti-ca", "sti-pa"], conflict=conflict),
        expect=[{"id": "reported", "at": "osp.as", "what": "as.conflict", "is": {"url": OTHER, "other_url": TSP}}],
        set={"tsp.vs.cps.wait_ms": 200}))
    assert run.code == 0, run.failed()
    assert [n["data"].get("url") for n in run.notes("as.discovered")] == [url] * bool(url)


def test_every_cps_at_every_authority_when_nothing_is_said(tmp_path):
    run = Run(tmp_path / "r", changed(tmp_path, "D4", providers=discovering(maps=["pa", "ca1", "master"]), mapping=None,
                                      expect=[{"at": "tsp.phone", "verstat": "TN-Validation-Passed"}]))
    assert run.code == 0, run.failed()
    taken = [n["data"] for n in run.notes("map.taken")]
    assert len(taken) >= 3 and {t["ocns"] for t in taken} == {2} and not run.notes("as.conflict")


BAD = [
    ("nobody", {"mapping": [{"authority": "pa", "provider": "tps"}]}, "/mapping/0/provider", 'name of a provider, got "tps"'),
    ("no CPS", {"mapping": [{"authority": "pa", "provider": "osp"}]}, "/mapping/0/provider", 'provider with a CPS, got "osp"'),
    ("CPS of nobody", {"mapping": [{"authority": "pa", "provider": "tsp", "cps": "tps"}]}, "/mapping/0/cps", '"tps"'),
    ("authority", {"mapping": [{"authority": "ca3", "provider": "tsp"}]}, "/mapping/0/authority", '"ca1"'),
    ("list", {"providers": discovering(maps=["pa", "ca3"])}, "/providers/osp/discovery/maps/1", '"ca3"'),
    ("no lists", {"providers": discovering(maps=[])}, "/providers/osp/discovery/maps", "1"),
    ("lists missing", {"providers": discovering(order=["sti-pa"])}, "/providers/osp/discovery", "required"),
    ("order", {"providers": discovering(maps=["pa"], order=["pa"])}, "/providers/osp/discovery/order/0", "sti-pa"),
    ("conflict", {"providers": discovering(maps=["pa"], conflict="last")}, "/providers/osp/discovery/conflict", "newest"),
]


@pytest.mark.parametrize("members, place, says", [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_mistake_is_refused(tmp_path, members, place, says):
    out = oobsim("run", changed(tmp_path, "D4", **members), "--report", tmp_path / "r")
    assert out.returncode == 2 and place in out.stderr and says in out.stderr, out.stderr
    assert not (tmp_path / "r").exists()
