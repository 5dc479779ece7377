"""oobsim conform --all: every role, the references; order and number of processes change nothing."""

import json

import pytest

from oobsim_kit import oobsim

ROLES = ["as", "cps", "vs", "pki", "osp", "tsp", "judge"]


def conform(*options):
    done = oobsim("conform", "--all", "--json", *options)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def usual():
    return conform()


def test_references_pass_all(usual):
    code, report = usual
    assert (code, report["verdict"]) == (0, "pass"), [c for c in report["cases"] if c["verdict"] != "pass"]
    assert report["summary"]["passed"] == len(report["cases"]) >= 2000


def test_every_role_has_cases(usual):
    roles = [c["role"] for c in usual[1]["cases"]]
    assert sorted(set(roles), key=roles.index) == ROLES
    assert all(roles.count(role) >= 28 for role in ROLES)


def test_what_is_listed_is_run(usual):
    listed = json.loads(oobsim("conform", "--list", "--json").stdout)["cases"]
    assert [(c["role"], c["id"]) for c in listed] == [(c["role"], c["id"]) for c in usual[1]["cases"]]


def test_order_and_number_of_processes_change_nothing(usual):
    def verdicts(report):
        return {(c["role"], c["id"]): (c["verdict"], c["expected"]) for c in report["cases"]}

    assert verdicts(conform("--jobs", "3", "--shuffle", "11")[1]) == verdicts(usual[1])
