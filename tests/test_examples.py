"""The configurations of docs/examples, run together as their pages say: a call signed, published, fetched, verified."""

import contextlib
import json

from conftest import ROOT
from standin import Cscf
from stirkit import run, start


def example(program, prefix):
    """The example as it stands, but in this test's own network."""
    text = (ROOT / "docs" / "examples" / f"{program}.json").read_text()
    return json.loads(text.replace("127.0.0.", prefix))


def sti_pki(*args):
    code, out, err = run("sti-pki", *args)
    assert code == 0, err
    return json.loads(out)


def start_pki(config, folder):
    path = folder / "sti-pki.json"
    path.write_text(json.dumps(config))
    return start("sti-pki", None, folder, "serve", "--config", str(path))


def test_examples_work_together(net, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # files in the examples are relative to where programs are started
    prefix = net(2).removesuffix("2")
    sti_pki("init", "pki")
    for name, *more in (("cr.pki.example", "--ip", prefix + "1"), ("cps.tsp.example", "--ip", prefix + "2"),
                        ("as.osp.example", "--ip", prefix + "3"), ("vs.tsp.example", "--ip", prefix + "4")):
        sti_pki("tls", "pki", "--name", name, *more)
    x5u = sti_pki("issue", "pki", "--spc", "1234", "--out", "osp")["x5u"]
    with contextlib.ExitStack() as stack:
        def up(program, *command, **changed):
            return stack.enter_context(start(program, example(program, prefix) | changed, tmp_path, *command))
        stack.enter_context(start_pki(example("sti-pki", prefix), tmp_path))
        cps, vs, sti_as = up("ref-cps"), up("ref-vs"), up("ref-as", x5u=x5u)
        with Cscf(sti_as.ready["sip"]) as cscf:
            (token,) = cscf.ask().tokens()
        assert sti_as.note("as.published")["data"]["status"] == 201
        with Cscf(vs.ready["sip"]) as cscf:
            answer = cscf.ask()
        assert ";verstat=TN-Validation-Passed@tsp.example" in answer.header("P-Asserted-Identity")
        assert answer.tokens() == [token]
        assert cps.note("cps.deleted")["data"] == {"why": "call", "count": 1, "size": 0}
