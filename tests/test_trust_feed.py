"""How an element keeps its trust data current (lib/net/trust_feed), seen through ref-cps: fetched, refreshed, renewed
after trouble, from URLs and from files, and what is in force until then."""

import contextlib
import datetime
import time

import pytest

import stirkit
from cps_kit import COMPANY, NAME, TYPE, problem
from stirkit import Https, Pki, shaken, sign, start

CALL = ("12013776051", "19032469103")
LIST = "list of approved STI-CAs"
CRL = "CRL of the STI-PA"


@pytest.fixture
def pki(tmp_path, net):
    return Pki(tmp_path / "pki", net(2))


@pytest.fixture
def cps(pki, net, tmp_path):
    """cps(*options, **members of "trust"): a running ref-cps."""
    identity = dict(zip(("cert", "key"), pki.tls(NAME)))
    with contextlib.ExitStack() as stack:

        def begin(*options, **trust):
            conf = {
                "public": {"addr": net(3), "tls": identity},
                "private": {"addr": net(3), "tls": identity | {"client_ca": pki.web_root}, "clients": ["vs"]},
                "companies": [COMPANY],
                "https": pki.https_conf(),
                "trust": pki.trust_conf(**trust),
            }
            element = stack.enter_context(start("ref-cps", conf, tmp_path, *options))
            conn = stack.enter_context(contextlib.closing(Https(net(3), 8443, NAME, pki.web_root)))
            element.post = lambda cred, **how: conn.ask(
                "POST", f"/cps/company/{COMPANY}", sign(shaken(*CALL, **how), cred), TYPE
            )
            element.reason = lambda cred, **how: reason(element.post(cred, **how))
            return element

        yield begin


def reason(answer):
    return "ok" if answer.status == 201 else problem(answer)["reason"]


def write(tmp_path, pki, *paths):
    """Files of what the PKI serves, in one folder; the path of the first."""
    folder = tmp_path / "lists"
    folder.mkdir(exist_ok=True)
    for path in paths:
        (folder / path.rsplit("/", 1)[-1]).write_bytes(pki.files[path])
    return [str(folder / path.rsplit("/", 1)[-1]) for path in paths]


def test_ready_after_the_first_round(pki, cps):
    with pki.serve():
        cps()
        assert pki.hits["/ca-list"] == pki.hits["/crl"] == pki.hits["/pa/signer.pem"] == 1


def test_ready_all_the_same_when_the_pa_is_down(pki, cps):
    element = cps()
    log = element.log()
    assert f"trust: {LIST}: {pki.url('/ca-list')}: connection to cr.pki.example:8443" in log
    assert f"trust: {CRL}: " in log and log.count("trust: ") == 2


def test_lists_as_files_need_no_network(pki, cps, tmp_path):
    cred = pki.sti("1234")
    ca_list, crl, _ = write(tmp_path, pki, "/ca-list", "/crl", "/pa/signer.pem")
    with pki.serve():
        element = cps(ca_list=ca_list, crl=crl)
        assert element.reason(cred) == "ok"
        assert pki.hits.keys() == {cred.x5u.split(":8443", 1)[1]}


def test_list_as_file_whose_chain_is_at_its_x5u(pki, cps, tmp_path):
    cred = pki.sti("1234")
    ca_list, crl = write(tmp_path, pki, "/ca-list", "/crl")
    with pki.serve():
        assert cps(ca_list=ca_list, crl=crl).reason(cred) == "ok"
        assert pki.hits["/pa/signer.pem"] == 1


@pytest.mark.parametrize("where", ["file", "url"])
def test_chain_of_the_crl(pki, cps, tmp_path, where):
    """The CRL may be signed by another certificate of the STI-PA than the list."""
    other = pki._pa_signer()  # pylint: disable=protected-access
    pki.publish_crl(signer=other)
    pki.files["/pa/crl-signer.pem"] = stirkit.pem(*other.chain)
    (path,) = write(tmp_path, pki, "/pa/crl-signer.pem")
    cred = pki.sti("1234")
    with pki.serve():
        element = cps(crl_chain=path if where == "file" else pki.url("/pa/crl-signer.pem"))
        assert element.reason(cred) == "ok"


def test_crl_of_another_signer_than_the_list_needs_its_chain(pki, cps):
    pki.publish_crl(signer=pki._pa_signer())  # pylint: disable=protected-access
    with pki.serve():
        element = cps()
        assert element.reason(pki.sti("1234")) == "crl-unusable"
        assert f"trust: {CRL}: " in element.log()


def test_file_that_is_missing_is_named(pki, cps, tmp_path):
    with pki.serve():
        element = cps(ca_list=str(tmp_path / "no-such-list"))
        assert str(tmp_path / "no-such-list") in element.log()
        assert element.reason(pki.sti("1234")) == "ca-list-unusable"


def test_list_that_is_none_is_named(pki, cps):
    pki.files["/ca-list"] = b"<html>"
    with pki.serve():
        element = cps()
        assert f"{pki.url('/ca-list')}: expected a signed list with an https x5u" in element.log()
        assert element.reason(pki.sti("1234")) == "ca-list-unusable"


def test_refreshed_routinely(pki, cps):
    cred = pki.sti("1234")
    with pki.serve():
        element = cps(refresh_s=1)
        assert element.reason(cred) == "ok"
        pki.revoke(cred)
        assert element.wait(lambda: element.reason(cred) == "cert-revoked")


# proves: CPS-06
def test_new_approved_ca_is_trusted_after_hup(pki, cps):
    cred = pki.sti("1234", ca=pki.rogue)
    with pki.serve():
        element = cps()
        assert element.reason(cred) == "cert-untrusted"
        pki.publish_list(roots=[pki.ca.root.cert, pki.rogue.root.cert])
        element.hup()
        assert element.wait(lambda: element.reason(cred) == "ok")


# proves: CPS-06
def test_ca_that_left_the_list_is_not_trusted_after_hup(pki, cps):
    cred = pki.sti("1234")
    with pki.serve():
        element = cps()
        assert element.reason(cred) == "ok"
        pki.publish_list(roots=[pki.rogue.root.cert])
        element.hup()
        assert element.wait(lambda: element.reason(cred) == "cert-untrusted")


def test_hup_fetches_certificates_anew(pki, cps):
    cred = pki.sti("1234")
    path = cred.x5u.split(":8443", 1)[1]
    with pki.serve():
        element = cps()
        element.post(cred)
        element.post(cred)
        assert pki.hits[path] == 1
        element.hup()
        element.wait(lambda: pki.hits["/crl"] == 2)
        assert element.reason(cred) == "ok" and pki.hits[path] == 2


def test_what_was_in_force_stays_while_the_pa_is_down(pki, cps):
    cred = pki.sti("1234")
    with pki.serve():
        element = cps()
        good = dict(pki.files)
        for path in ("/ca-list", "/crl"):
            del pki.files[path]
        element.hup()
        element.wait(lambda: element.log().count("expected status 200, got 404") == 2)
        assert element.reason(cred) == "ok"
        pki.files.update(good)
        element.hup()
        element.wait(lambda: f"trust: {CRL} is in order again" in element.log())
        assert f"trust: {LIST} is in order again" in element.log()


# proves: CPS-06 PKI-05
def test_rollback_is_refused(pki, cps):
    """An older list, with a lower sequence, does not bring back a CA that left."""
    cred = pki.sti("1234")
    old = pki.files["/ca-list"]
    pki.publish_list(roots=[pki.rogue.root.cert])
    with pki.serve():
        element = cps()
        assert element.reason(cred) == "cert-untrusted"
        pki.files["/ca-list"] = old
        element.hup()
        element.wait(lambda: "sequence" in element.log())
        assert element.reason(cred) == "cert-untrusted"


def test_trouble_is_logged_once(pki, cps):
    del pki.files["/crl"]
    with pki.serve():
        element = cps(refresh_s=1)
        element.wait(lambda: pki.hits["/crl"] >= 3)
        assert element.log().count(f"trust: {CRL}: ") == 1
        pki.publish_crl()
        element.wait(lambda: "is in order again" in element.log())


# proves: CPS-06 PKI-04
@pytest.mark.parametrize("what,refusal", [("list", "ca-list-unusable"), ("crl", "crl-unusable")])
def test_refuses_when_it_runs_out(pki, cps, what, refusal):
    """Fail closed: the clock is set to just before the end, and waits for it."""
    end = datetime.datetime.utcnow().replace(microsecond=0) + datetime.timedelta(seconds=1000)
    if what == "list":
        pki.publish_list(exp=end)
    else:
        pki.publish_crl(next_update=end)
    cred = pki.sti("1234")
    with pki.serve():
        offset = 998
        element = cps("--clock-offset", str(offset))
        assert element.reason(cred, iat=int(time.time()) + offset) == "ok"
        assert element.wait(lambda: element.reason(cred, iat=int(time.time()) + offset) == refusal)


@pytest.mark.parametrize("member", ["ca_list", "crl", "crl_chain"])
def test_plain_http_is_refused(pki, cps, member):
    with pytest.raises(AssertionError, match="exit code 2(.|\n)*an https URL or a file"):
        cps(**{member: "http://pa.example/x"})
