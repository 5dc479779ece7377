"""oobsim coverage: the registry of requirements, and what proves each; on the tree itself, on copies of it with something
changed, and on small trees made for one case."""

import json
import re
import shutil
import subprocess

import pytest

import lint
from conftest import BIN, ROOT
from oobsim_kit import A1, oobsim
from page_kit import Page

MARK = "# " + "proves:"  # written so that these marks are not taken for marks of this module
C_MARK = "/* " + "proves:"
NOBODY = "AS" + "-99"  # nor this for a requirement
NOT_BUILT = ["STIR-01", "STIR-02", "STIR-03", "STIR-04"]


class Tree:
    """A source tree with a program of its own in build/bin: coverage looks at what is beside the program."""

    def __init__(self, root):
        self.root = root
        (root / "build" / "bin").mkdir(parents=True)
        shutil.copy(BIN / "oobsim", root / "build" / "bin")

    def run(self, *args):
        return subprocess.run([self.root / "build" / "bin" / "oobsim", "coverage", *args], cwd=self.root, capture_output=True,
                              text=True, timeout=60)

    def json(self):
        return json.loads(self.run("--json").stdout)

    def row(self, requirement):
        return next(r for r in self.json()["requirements"] if r["id"] == requirement)

    def without_proof_of(self, requirement):
        """Take its id out of every scenario and of every mark."""
        for path in [*self.root.glob("scenarios/*.json"), *self.root.glob("tests/*.py"), *self.root.glob("tests/unit/*.c")]:
            if path.name in ("requirements.json", "schema.json"):
                continue
            text = re.sub(rf"(proves:.*?) {requirement}\b", r"\1", path.read_text())
            text = "".join(line for line in text.splitlines(True) if not re.fullmatch(r"\s*(# proves:|/\* proves: \*/)\s*", line))
            if path.suffix == ".json":
                scenario = json.loads(text)
                for holder in [scenario, *scenario["expect"]]:
                    holder["proves"] = [one for one in holder.get("proves", []) if one != requirement]
                text = json.dumps(scenario, indent=1)
            path.write_text(text)


@pytest.fixture
def copy(tmp_path):
    tree = Tree(tmp_path / "tree")
    for pattern in ("scenarios/*.json", "tests/*.py", "tests/unit/*.c"):
        for path in ROOT.glob(pattern):
            to = tree.root / path.relative_to(ROOT)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
    return tree


def small_registry(**more):
    rows = [{"id": f"AS-{n:02}", "clause": f"5.{n}", "level": level, "text": f"It does {n}."} for n, level in enumerate("MDSO", 1)]
    rows.append({"id": "AS-05", "clause": "6", "level": "M", "text": "It will do 5.", "built": False})
    return {"specification": "Ours", "requirements": rows} | more


@pytest.fixture
def small(tmp_path):
    """small(name=text, …): a tree with five requirements and those files."""
    def make(files, registry=None):
        tree = Tree(tmp_path / "tree")
        for folder in ("scenarios", "tests/unit"):
            (tree.root / folder).mkdir(parents=True)
        (tree.root / "scenarios" / "requirements.json").write_text(json.dumps(registry or small_registry(), indent=1))
        for name, text in files.items():
            (tree.root / name).write_text(text)
        return tree
    return make


PROVEN = {"tests/test_it.py": f"{MARK} AS-01\ndef test_one():\n    pass\n",
          "tests/unit/it_test.c": f"{C_MARK} AS-02 */\nTEST(two)\n{{\n}}\n"}


def refused(tree, file, place, *says):
    """Exit code 2; a line says file, place and what is wrong, and nothing is shown."""
    out = tree.run()
    assert out.returncode == 2 and out.stdout == "", out
    line, = [line for line in out.stderr.splitlines() if f"{file}:{place}: " in line]
    for text in says:
        assert text in line
    return out.stderr.splitlines()


# --- the tree ---


def test_every_requirement_is_proven():
    out = oobsim("coverage")
    assert out.returncode == 0, out.stdout + out.stderr
    assert "no proof, required" not in out.stdout and "tests are not counted" not in out.stdout


def test_json():
    got = json.loads(oobsim("coverage", "--json").stdout)
    registry = json.loads((ROOT / "scenarios" / "requirements.json").read_text())
    assert {k: got[k] for k in ("specification", "complete", "tests_read", "missing", "not_built")} == {
        "specification": registry["specification"], "complete": True, "tests_read": True, "missing": [], "not_built": NOT_BUILT}
    assert [r["id"] for r in got["requirements"]] == [r["id"] for r in registry["requirements"]]
    for row, said in zip(got["requirements"], registry["requirements"]):
        assert set(row) == {"id", "clause", "level", "text", "built", "proven", "scenarios", "cases", "tests"}
        assert all(row[k] == said[k] for k in said)
        assert row["proven"] == bool(row["scenarios"] or row["cases"] or row["tests"])


def test_what_a_scenario_proves():
    """A1: as a whole, and by its checks."""
    got = json.loads(oobsim("coverage", "--json").stdout)
    for row in got["requirements"]:
        checks = [e["id"] for e in A1["expect"] if row["id"] in e.get("proves", [])]
        if checks or row["id"] in A1["proves"]:
            assert {"id": "A1", "checks": checks} in row["scenarios"]
        else:
            assert "A1" not in [s["id"] for s in row["scenarios"]]


def cases_of(role):
    file = ROOT / "scenarios" / "cases" / f"{role}.json"
    return {c["id"]: c["proves"] for c in json.loads(file.read_text())["cases"]}


def test_what_cases_prove():
    """As the files of all roles say it; cases that are vectors have none."""
    got = json.loads(oobsim("coverage", "--json").stdout)
    roles = {g["role"] for row in got["requirements"] for g in row["cases"]}
    assert roles == {c["role"] for c in json.loads(oobsim("conform", "--list", "--json").stdout)["cases"]} - {"judge"}
    said = {role: cases_of(role) for role in roles}
    for row in got["requirements"]:
        want = {role: [i for i, proves in cases.items() if row["id"] in proves] for role, cases in said.items()}
        assert {g["role"]: g["cases"] for g in row["cases"]} == {role: ids for role, ids in want.items() if ids}


def test_each_binding_requirement_has_a_case_or_a_scenario():
    rows = json.loads(oobsim("coverage", "--json").stdout)["requirements"]
    bare = {r["id"] for r in rows if r["built"] and r["level"] in "MD" and not r["cases"] and not r["scenarios"]}
    assert bare == set()


def test_page(tmp_path):
    file = tmp_path / "coverage.html"
    out = oobsim("coverage", "--html", file)
    assert (out.returncode, out.stdout) == (0, "")
    text = file.read_text()
    page = Page(text)
    rows = json.loads((ROOT / "scenarios" / "requirements.json").read_text())["requirements"]
    assert [i for i in page.ids if i in {r["id"] for r in rows}] == [r["id"] for r in rows]
    assert len(page.ids) == len(set(page.ids)) and "url(" not in text and "@import" not in text
    shown = [row for row in page.rows if "req" in row]
    assert [("state-unbuilt" in row, f"level-{r['level']}" in row) for row, r in zip(shown, rows)] == [
        (not r.get("built", True), True) for r in rows]
    assert oobsim("coverage", "--html").stdout == text


def test_page_of_what_is_missing(copy):
    copy.without_proof_of("AS-06")
    out = copy.run("--html")
    assert out.returncode == 1 and "incomplete" in out.stdout
    assert [row for row in Page(out.stdout).rows if "state-missing" in row][0][0] == "req"


def test_page_that_cannot_be_written(tmp_path):
    out = oobsim("coverage", "--html", tmp_path / "no" / "coverage.html")
    assert out.returncode == 3 and "coverage.html" in out.stderr


def test_what_a_test_proves():
    """Each test that is named is there, and has the mark in its line."""
    got = json.loads(oobsim("coverage", "--json").stdout)
    proofs = [(row["id"], proof) for row in got["requirements"] for proof in row["tests"]]
    assert len(proofs) > 100
    for requirement, proof in proofs:
        text = (ROOT / proof["file"]).read_text()
        assert re.search(rf"^(def |TEST\(){proof['test']}\(?\b", text, re.M), proof
        mark = text.splitlines()[proof["line"] - 1]
        assert "proves:" in mark and requirement in mark.split()


def test_marks_are_all_counted():
    """As a plain search finds them."""
    got = json.loads(oobsim("coverage", "--json").stdout)
    counted = sum(len(row["tests"]) for row in got["requirements"])
    found = 0
    for path in [*ROOT.glob("tests/*.py"), *ROOT.glob("tests/unit/*.c")]:
        for ids in re.findall(r"^\s*(?:#|/\*) proves: ([^*\n]*)", path.read_text(), re.M):
            found += len(ids.split())
    assert counted == found > 200


def test_table():
    out = oobsim("coverage").stdout
    lines = out.splitlines()
    assert max(map(len, lines)) <= 118
    for row in json.loads((ROOT / "scenarios" / "requirements.json").read_text())["requirements"]:
        line, = [line for line in lines if line.startswith(row["id"] + " ")]
        assert line.split()[1] == row["level"] and row["clause"] in line
        assert row["text"] in " ".join(out.split())
    assert "\x1b" not in out


def test_registry_has_each_id_that_is_named():
    found = []
    lint.requirement_ids(found.append)
    assert found == []


@pytest.mark.parametrize("file", ["scenarios/x.json", "tests/test_x.py", "lib/stir/x.c", "docs/x.md"])
def test_lint_finds_an_unknown_id(tmp_path, monkeypatch, file):
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    (tmp_path / "scenarios").mkdir()
    shutil.copy(ROOT / "scenarios" / "requirements.json", tmp_path / "scenarios")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(f"/* AS-01, but not\n * {NOBODY} */\n")
    found = []
    lint.requirement_ids(found.append)
    assert found == [f"{file}:2: {NOBODY} is not in scenarios/requirements.json"]


# --- copies with something changed ---


@pytest.mark.parametrize("requirement", ["CPS-02", "FLOW-A2", "AS-06"])
def test_lost_proof_is_found(copy, requirement):
    """One that tests prove, one that a scenario proves, one that both do."""
    assert copy.run().returncode == 0
    copy.without_proof_of(requirement)
    out = copy.run()
    assert out.returncode == 1
    assert f"no proof, required   {requirement}\n" in out.stdout
    got = copy.json()
    assert got["missing"] == [requirement] and not got["complete"]
    assert not copy.row(requirement)["proven"]


def test_lost_proof_of_what_should_be_is_said(copy):
    copy.without_proof_of("CPS-12")
    out = copy.run()
    assert out.returncode == 0
    assert "no proof, optional   CPS-12\n" in out.stdout and "no proof, required" not in out.stdout


def test_without_a_source_tree(copy):
    """As installed: scenarios alone count, and it is said."""
    shutil.rmtree(copy.root / "tests")
    out = copy.run()
    assert out.returncode == 1
    assert "tests are not counted: there is no source tree beside this program\n" in out.stdout
    got = copy.json()
    assert not got["tests_read"] and "CPS-02" in got["missing"] and "FLOW-A1" not in got["missing"]


# --- small trees: marks ---


def proofs_of(tree, requirement="AS-01"):
    return [(p["file"], p["test"], p["line"]) for p in tree.row(requirement)["tests"]]


@pytest.mark.parametrize("text,test,line", [
    (f"{MARK} AS-01\ndef test_one():\n    pass\n", "test_one", 1),
    (f"def test_one():\n    {MARK} AS-01\n    pass\n", "test_one", 2),
    (f"def test_one():\n    pass\n\n\n{MARK} AS-01\n@pytest.mark.x([\n    1,\n])\ndef test_two(a, b):\n    pass\n", "test_two", 5),
    (f"def test_one():\n    def inner():\n        {MARK}  AS-01 \n        pass\n", "test_one", 3),
    (f"{MARK} AS-02 AS-01\r\n{MARK} AS-03\r\ndef test_one():\r\n    pass\r\n", "test_one", 1),
    (f"def test_one():\n    {MARK} AS-01", "test_one", 2),
], ids=["above", "inside", "above the decorators", "deep inside", "several, crlf", "at the end"])
def test_mark_in_python(small, text, test, line):
    assert proofs_of(small({"tests/test_it.py": text})) == [("tests/test_it.py", test, line)]


@pytest.mark.parametrize("text,test,line", [
    (f"{C_MARK} AS-01 */\nTEST(one)\n{{\n}}\n", "one", 1),
    (f"TEST(one)\n{{\n\t{C_MARK} AS-01 */\n\tCHECK(1);\n}}\n", "one", 3),
    (f"TEST(one)\n{{\n}}\n\n{C_MARK} AS-02 AS-01 */\n/* why */\nTEST(two)\n{{\n}}\n", "two", 5),
], ids=["above", "inside", "second test"])
def test_mark_in_c(small, text, test, line):
    assert proofs_of(small({"tests/unit/it_test.c": text})) == [("tests/unit/it_test.c", test, line)]


def test_same_proof_counts_once(small):
    tree = small({"tests/test_it.py": f"{MARK} AS-01 AS-01\n{MARK} AS-01\ndef test_one():\n    {MARK} AS-01\n"})
    assert proofs_of(tree) == [("tests/test_it.py", "test_one", 1)]


def test_what_is_no_mark(small):
    """Text about marks, files of other kinds, comments behind code."""
    tree = small(PROVEN | {"tests/test_no.py": f"TEXT = '{MARK} {NOBODY}'\nx = 1  {MARK} {NOBODY}\n",
                           "tests/unit/no.h": f"{C_MARK} {NOBODY} */\n", "tests/notes.txt": f"{MARK} {NOBODY}\n"})
    assert tree.run().returncode == 0


@pytest.mark.parametrize("name,text,place,says", [
    ("test_it.py", f"\n{MARK} AS-01 {NOBODY}\ndef test_one():\n    pass\n", "2:17", ["requirements.json", f'got "{NOBODY}"']),
    ("test_it.py", f"def test_one():\n    {MARK} AS-01,\n", "2:15", ['got "AS-01,"']),
    ("test_it.py", f"def test_one():\n    pass\n\n\n{MARK} AS-01\n", "5:1", ["no test follows"]),
    ("test_it.py", f"def helper():\n    {MARK} AS-01\n    pass\n\n\ndef test_one():\n    pass\n", "2:15", ["stands in no test"]),
    ("test_it.py", f"def test_one():\n    pass\n\n\ndef helper():\n    {MARK} AS-01\n", "6:15", ["stands in no test"]),
    ("test_it.py", f"{MARK}\ndef test_one():\n    pass\n", "1:10", ["expected ids"]),
    ("unit/it_test.c", f"{C_MARK} {NOBODY} */\nTEST(one)\n{{\n}}\n", "1:12", [f'got "{NOBODY}"']),
    ("unit/it_test.c", f"{C_MARK} AS-01\n * AS-02 */\nTEST(one)\n{{\n}}\n", "1:11", ["mark of one line"]),
    ("unit/it_test.c", f"static void helper(void)\n{{\n\t{C_MARK} AS-01 */\n}}\n", "3:13", ["stands in no test"]),
    ("unit/it_test.c", f"TEST(one)\n{{\n}}\n{C_MARK} AS-01 */\n", "4:1", ["no test follows"]),
], ids=["unknown", "comma", "none follows", "in a helper", "in a helper behind", "empty", "c unknown", "c two lines", "c helper",
        "c none follows"])
def test_bad_mark(small, name, text, place, says):
    refused(small(PROVEN | {f"tests/{name}": text}), f"/tests/{name}", place, *says)


def test_too_many_ids_above_one_test(small):
    refused(small({"tests/test_it.py": f"{MARK} {'AS-01 ' * 65}\ndef test_one():\n    pass\n"}), "/tests/test_it.py", "1:395",
            "too many ids")


def test_all_mistakes_are_told_at_once(small):
    tree = small({"tests/test_a.py": f"def test_one():\n    {MARK} {NOBODY} B\n", "tests/unit/b.c": f"TEST(two)\n\t{C_MARK} C */\n",
                  "scenarios/d.json": "{}"})
    assert len(refused(tree, "/tests/test_a.py", "2:15")) == 4


# --- small trees: scenarios ---


def scenario(**changed):
    scn = {k: v for k, v in A1.items() if k not in ("$schema", "proves", "expect")}
    return json.dumps(scn | {"expect": [{"id": "shown", "at": "tsp.phone", "verstat": "TN-Validation-Passed"}]} | changed, indent=1)


def test_scenario_and_its_checks(small):
    expect = [{"id": "one", "proves": ["AS-01", "AS-02"], "steps": "5.3"}, {"proves": ["AS-01"], "at": "tsp.cps", "stored": 0}]
    tree = small({"scenarios/A1.json": scenario(proves=["AS-01", "AS-03", "AS-05"], expect=expect)})
    assert tree.row("AS-01")["scenarios"] == [{"id": "A1", "checks": ["one", "/expect/1"]}]
    assert tree.row("AS-02")["scenarios"] == [{"id": "A1", "checks": ["one"]}]
    assert tree.row("AS-03")["scenarios"] == [{"id": "A1", "checks": []}]
    assert tree.row("AS-05")["proven"] and not tree.row("AS-05")["built"]
    assert tree.run().returncode == 0


@pytest.mark.parametrize("changed", [{"proves": ["AS-01", NOBODY]},
                                     {"expect": [{"id": "one", "proves": [NOBODY], "steps": "5.3"}]}], ids=["whole", "check"])
def test_unknown_id_in_a_scenario(small, changed):
    text = scenario(**changed)
    line = next(n for n, line in enumerate(text.splitlines(), 1) if NOBODY in line)
    column = text.splitlines()[line - 1].index('"') + 1
    refused(small(PROVEN | {"scenarios/A1.json": text}), "/scenarios/A1.json", f"{line}:{column}", "/proves/", f'got "{NOBODY}"')


def test_scenario_that_cannot_be_read(small):
    text = scenario(title=7)
    line = next(n for n, line in enumerate(text.splitlines(), 1) if '"title"' in line)
    refused(small(PROVEN | {"scenarios/A1.json": text}), "/scenarios/A1.json", f"{line}:2", "/title")


# --- small trees: cases ---


def pki_case(**changed):
    case = next(c for c in json.loads((ROOT / "scenarios" / "cases" / "pki.json").read_text())["cases"])
    return json.dumps({"role": "pki", "cases": [case | changed]}, indent=1)


def small_with_cases(small, text):
    tree = small(PROVEN)
    (tree.root / "scenarios" / "cases").mkdir()
    (tree.root / "scenarios" / "cases" / "pki.json").write_text(text)
    return tree


def test_a_case_is_a_proof(small):
    tree = small_with_cases(small, pki_case(id="AS-03/one", proves=["AS-03"]))
    assert tree.row("AS-03")["cases"] == [{"role": "pki", "cases": ["AS-03/one"]}] and tree.row("AS-03")["proven"]
    assert "cases      pki: 1\n" in tree.run().stdout


def test_unknown_id_in_a_case(small):
    text = pki_case(proves=["AS-01", NOBODY])
    line = next(n for n, line in enumerate(text.splitlines(), 1) if NOBODY in line)
    refused(small_with_cases(small, text), "/cases/pki.json", f"{line}:{text.splitlines()[line - 1].index(chr(34)) + 1}", NOBODY)


def test_cases_that_cannot_be_read(small):
    text = pki_case(title=7)
    line = next(n for n, line in enumerate(text.splitlines(), 1) if '"title"' in line)
    refused(small_with_cases(small, text), "/cases/pki.json", f"{line}:4", "/title")


# --- small trees: the registry ---


def test_levels_and_what_they_ask_for(small):
    tree = small({})
    out = tree.run()
    assert out.returncode == 1
    assert "no proof, required   AS-01 AS-02\nno proof, optional   AS-03 AS-04\nnot built            AS-05\n" in out.stdout
    assert "Ours: 5 requirements, 0 proven\n" in out.stdout
    assert [r["level"] for r in tree.json()["requirements"]] == ["M", "D", "S", "O", "M"]


def row(**changed):
    return small_registry(requirements=[*small_registry()["requirements"],
                                        {"id": "AS-06", "clause": "7", "level": "M", "text": "It does 6."} | changed])


@pytest.mark.parametrize("registry,word,says", [
    (row(id="AS-02"), '"id": "AS-02"', ["/requirements/5/id", "each id once", '"AS-02"']),
    (row(id="AS"), '"id": "AS"', ["/requirements/5/id", "AS-06"]),
    (row(level="X"), '"level": "X"', ["/requirements/5/level", '"M", "D", "S" or "O"']),
    (row(built="no"), '"built": "no"', ["/requirements/5/built"]),
    (row(note="x"), '"note"', ["/requirements/5/note", "expected one of the members"]),
    (small_registry(requirements=[]), '"requirements"', ["/requirements"]),
], ids=["twice", "no id", "level", "built", "unknown member", "empty"])
def test_bad_registry(small, registry, word, says):
    tree = small({}, registry)
    lines = (tree.root / "scenarios" / "requirements.json").read_text().splitlines()
    at = [n for n, line in enumerate(lines, 1) if word in line][-1]
    refused(tree, "/requirements.json", f"{at}:{lines[at - 1].index(chr(34)) + 1}", *says)


def test_registry_without_a_text(small):
    registry = small_registry()
    del registry["requirements"][1]["text"]
    out = small({}, registry).run()
    assert out.returncode == 2 and "/requirements/1/text: expected a string (required)" in out.stderr


def test_registry_that_is_missing(copy):
    (copy.root / "scenarios" / "requirements.json").unlink()
    out = copy.run()
    assert out.returncode == 3 and "scenarios/requirements.json" in out.stderr


def test_usage():
    out = oobsim("coverage", "--all")
    assert out.returncode == 2 and out.stdout == "" and "usage: oobsim coverage" in out.stderr
    assert oobsim("coverage", "--help").stdout.startswith("usage: oobsim coverage")
