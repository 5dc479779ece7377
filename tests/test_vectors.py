"""oobsim vectors: each judged a second time by python, the same octets every time, and nothing left out."""

import collections
import filecmp
import json
import re
import subprocess

import pytest

import vector_witness
from conftest import BIN, ROOT

KINDS = {"passport", "identity", "certificate", "list", "body", "call"}
# what no token, header, certificate, list or body can be refused for: HTTP's, the store's, provisioning's
ELSEWHERE = {"wrong-company", "method", "media-type", "too-large", "length", "client-cert", "overload", "internal",
             "not-own-ocn", "not-own-ca", "replay"}


def vectors(folder, *options):
    return subprocess.run([BIN / "oobsim", "vectors", *options, folder], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("vectors") / "first"
    done = vectors(where)
    assert done.returncode == 0, done.stderr
    return where


@pytest.fixture(scope="module")
def written(folder):
    return {v["id"]: v for v in (json.loads(p.read_text()) for p in sorted(folder.glob("*/*.json")))}


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_python_judges_each_the_same(written, kind):
    """Verdict, reason, and which PASSporT of a body, by an implementation that shares nothing with ours."""
    wrong = []
    mine = [v for v in written.values() if v["kind"] == kind]
    for vector in mine:
        for by in vector["by"]:
            got = vector_witness.judge(vector, by)
            if got != (vector["reason"], vector.get("index")):
                wrong.append(f"{vector['id']} by {by}: {vector['reason']} {vector.get('index')}, python says {got}")
    assert mine and not wrong, "\n".join(wrong)


def test_verdict_and_reason_agree(written):
    for vector in written.values():
        assert (vector["verdict"] == "accepted") == (vector["reason"] == "ok"), vector["id"]


def test_number_of_vectors(written):
    assert len(written) >= 300
    count = collections.Counter((v["kind"], v["verdict"]) for v in written.values())
    for kind in KINDS:
        assert count[kind, "accepted"] >= 10 and count[kind, "refused"] >= 20, (kind, count)


def test_every_reason_occurs(written):
    """Each row of lib/stir/reason.h that a token, a header, a certificate, a list, a body or a call can have."""
    rows = set(re.findall(r'^\s*X\(\w+, "([a-z0-9-]+)"', (ROOT / "lib" / "stir" / "reason.h").read_text(), re.M))
    assert ELSEWHERE <= rows
    assert {v["reason"] for v in written.values()} == rows - ELSEWHERE


def test_index_lists_all(folder, written):
    index = json.loads((folder / "index.json").read_text())
    assert index["count"] == len(index["vectors"]) == len(written) and index["seed"] == 1
    for row in index["vectors"]:
        vector = json.loads((folder / row["file"]).read_text())
        assert (row["id"], row["verdict"], row["reason"]) == (vector["id"], vector["verdict"], vector["reason"])
        assert row["file"] == row["id"] + ".json"


def test_readme_tells_every_member(folder, written):
    text = (folder / "README.md").read_text()
    members = {m for v in written.values() for m in v} | {m for v in written.values() for m in v["input"]}
    for member in members:
        assert f"`{member.removesuffix('_hex')}`" in text, member
    for reason in {v["reason"] for v in written.values()}:
        assert f"| `{reason}` |" in text
    assert f"{len(written)} vectors" in text


def test_same_seed_same_octets(folder, tmp_path):
    assert vectors(tmp_path / "again").returncode == 0
    assert files(folder) == files(tmp_path / "again")
    _, differ, errors = filecmp.cmpfiles(folder, tmp_path / "again", files(folder), shallow=False)
    assert not differ and not errors


def test_another_seed_other_octets(written, tmp_path):
    """Keys, serial numbers and UUIDs are others; verdicts and reasons are not."""
    assert vectors(tmp_path / "other", "--seed", "2").returncode == 0
    other = {v["id"]: v for v in (json.loads(p.read_text()) for p in (tmp_path / "other").glob("*/*.json"))}
    assert set(other) == set(written)
    for name, vector in written.items():
        assert (vector["verdict"], vector["reason"]) == (other[name]["verdict"], other[name]["reason"])
        assert vector["trust"] != other[name]["trust"]
    usual = written["passport/usual"]["input"]["token"].split("."), other["passport/usual"]["input"]["token"].split(".")
    assert usual[0][0] == usual[1][0] and usual[0][1] != usual[1][1] and usual[0][2] != usual[1][2]
    for by in ("cps", "vs"):
        assert vector_witness.judge(other["passport/usual"], by) == ("ok", None)


def test_a_vector_stands_alone(written):
    """Each fetch that an accepted vector needs is in it, and no file of this machine is."""
    for vector in written.values():
        assert vector["now"] == 1788220800 and vector["trust"]["pa_root"].startswith("-----BEGIN CERTIFICATE-----")
        assert str(ROOT) not in json.dumps(vector)


def test_witness_sees_a_changed_vector(written):
    """The python verifier is no yes-man: what is changed in good vectors, it refuses."""
    good = written["passport/usual"]

    def changed(**members):
        return vector_witness.judge({**good, **members}, "vs")[0]

    token = good["input"]["token"]
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "AQ")
    assert changed(input={**good["input"], "token": forged}) in ("signature", "form")
    assert changed(now=good["now"] + 61) == "stale"
    assert changed(fetch={}) == "cert-fetch"
    assert changed(trust={**good["trust"], "crl": None}) == "crl-unusable"
    assert changed(trust=written["passport/trust-list-other-ca"]["trust"]) == "cert-untrusted"


# --- the command ---


def test_refuses_a_directory_that_holds_something(tmp_path):
    (tmp_path / "x").write_text("mine")
    done = vectors(tmp_path)
    assert done.returncode == 2 and "empty" in done.stderr and str(tmp_path) in done.stderr
    assert files(tmp_path) == ["x"]


def test_makes_no_parents(tmp_path):
    done = vectors(tmp_path / "a" / "b")
    assert done.returncode == 3 and "cannot be made" in done.stderr


@pytest.mark.parametrize("options", [["--seed", "x"], ["--seed", "-1"], ["--seed"], ["--sead", "1"]])
def test_wrong_options(tmp_path, options):
    done = vectors(tmp_path / "new", *options)
    assert done.returncode == 2 and done.stderr and not (tmp_path / "new").exists()


def test_no_directory_is_a_usage_error():
    done = subprocess.run([BIN / "oobsim", "vectors"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "usage" in done.stderr


def test_help():
    done = subprocess.run([BIN / "oobsim", "vectors", "--help"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and "--seed" in done.stdout and not done.stderr
