"""What oob-switch decides: who may call whom, what STI-AS and STI-VS are asked, what becomes of their answers."""

import json
import socket
import subprocess
import time

import pytest

from conftest import BIN
from sip_peer import TIMEOUT, Call
from switch_world import (DATE, FAR, IDENTITY, IDENTITY2, OWN, OWN2, SDP, SDP2, SOON, dial, incoming, judge,
                          outgoing, sign, with_as, with_vs, world)  # noqa: F401


# --- who may call whom ---

def test_unknown_sender(world):
    w = world()
    peer = w.peer(9)
    peer.request(w.dst, "INVITE", outgoing(), [w.contact(9)], SDP)
    peer.expect(403)
    assert w.note("switch.ended") == {"status": 403, "by": "switch"}


def test_sender_is_told_by_via(world):
    """Not by the address that the connection comes from: outgoing connections have any."""
    w = world()
    phone = w.peer(2)
    dial(w, call=outgoing(sent_by=w.net(9) + ":5060"))
    phone.expect(403)


@pytest.mark.parametrize("uri", ["sip:+18005551234@osp.example", "sip:jane@osp.example", "sip:osp.example"])
def test_no_route(world, uri):
    w = world()
    call = outgoing()
    call.target = uri
    phone, _ = dial(w, call=call)
    phone.expect(404)


def test_longest_prefix_wins(net, world):
    w = world(trunks=[{"prefix": "1", "uri": f"sip:{net(9)}:5060"}, {"prefix": "19032469", "uri": f"sip:{net(4)}:5060"},
                      {"prefix": "1903", "uri": f"sip:{net(9)}:5060"}])
    gw = w.peer(4)
    dial(w)
    gw.expect("INVITE")


def test_max_forwards_counts_down(world):
    w = world()
    gw = w.peer(4)
    dial(w, call=outgoing(max_forwards=12))
    assert gw.expect("INVITE").all("Max-Forwards") == ["11"]


def test_max_forwards_is_over(world):
    w = world()
    phone, _ = dial(w, call=outgoing(max_forwards=0))
    phone.expect(483)


def test_max_forwards_is_no_number(world):
    w = world()
    phone, _ = dial(w, call=outgoing(max_forwards="many"))
    phone.expect(400)


def test_required_extension_is_refused(world):
    w = world()
    phone, _ = dial(w, headers=["Require: 100rel"])
    assert phone.expect(420).get("Unsupported") == "100rel"


def test_no_contact(world):
    w = world()
    phone = w.peer(2)
    phone.request(w.dst, "INVITE", outgoing(), body=SDP)
    phone.expect(400)


def test_too_many_calls(world):
    w = world(max_calls=1)
    gw = w.peer(4)
    dial(w)
    gw.expect("INVITE")
    phone, _ = dial(w)
    assert phone.expect(503).get("Retry-After") == "1"


def test_transit(net, world):
    """Neither number is ours: from trunk to trunk, nothing asked, Identity kept, verstat dropped."""
    w = world(**with_as(net, **with_vs(net, trunks=[{"prefix": "1", "uri": f"sip:{net(4)}:5060"}])))
    gw = w.peer(4)
    call = Call("<sip:+18005550000;verstat=TN-Validation-Passed@x.example>", f"<sip:{FAR}@x.example>",
                f"sip:{FAR}@x.example")
    dial(w, 4, call, [f"Identity: {IDENTITY}", f"Date: {DATE}",
                      "P-Asserted-Identity: <sip:+18005550000@x.example;verstat=TN-Validation-Passed;user=phone>"])
    invite = gw.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY] and invite.get("Date") == DATE
    assert invite.all("P-Asserted-Identity") == ["<sip:+18005550000@x.example;user=phone>"]
    assert "verstat" not in invite.get("From")
    assert w.whats() == ["switch.call", "switch.routed"]
    assert w.note("switch.call")["side"] == "transit"


# --- the STI-AS ---

# proves: AS-02 AS-04
def test_identity_of_the_as_goes_on_to_the_byte(net, world):
    w = world(**with_as(net))
    service, gw = w.peer(3, sign(IDENTITY, IDENTITY2)), w.peer(4)
    dial(w)
    invite = gw.expect("INVITE")
    assert invite.all("Identity") == [IDENTITY, IDENTITY2]
    assert invite.all("Date") == [DATE]
    assert w.note("switch.routed") == {"next_hop": w.conf["trunks"][0]["uri"], "identity": 2, "verstat": ""}
    assert w.note("switch.asked") == {"service": "as", "interface": "redirect", "uri": w.conf["as"]["uri"]}
    answered = w.note("switch.answered")
    assert (answered["service"], answered["status"]) == ("as", 302) and answered["ms"] >= 0
    assert service.asked.body == b""


def test_what_the_as_is_asked(net, world):
    w = world(**with_as(net))
    service = w.peer(3)
    dial(w, headers=[f"Identity: {IDENTITY2}", "Date: " + DATE, "Privacy: id",
                     "P-Asserted-Identity: <sip:+19999999999@evil.example>"])
    asked = service.expect("INVITE")
    assert asked.uri == f"sip:{FAR}@osp.example;user=phone"
    assert asked.get("From").startswith(f"<sip:{OWN}@osp.example;user=phone>;tag=")
    assert asked.get("To") == f"<sip:{FAR}@osp.example;user=phone>"
    assert asked.all("P-Asserted-Identity") == [f"<sip:{OWN}@osp.example;user=phone>"]
    assert asked.all("Identity") == [IDENTITY2] and asked.get("Date") == DATE and asked.get("Privacy") == "id"


def test_identity_of_the_request_is_kept_and_not_doubled(net, world):
    w = world(**with_as(net))
    w.peer(3, sign(IDENTITY, IDENTITY2))
    gw = w.peer(4)
    dial(w, headers=[f"Identity: {IDENTITY2}"])
    assert gw.expect("INVITE").all("Identity") == [IDENTITY2, IDENTITY]


def unsigned(w):
    gw = w.peer(4)
    dial(w)
    assert gw.expect("INVITE").all("Identity") == []
    return w.note("switch.unsigned")["why"]


def test_as_is_dead(net, world):
    assert "Connection refused" in unsigned(world(**with_as(net)))


def test_as_is_silent(net, world):
    w = world(**with_as(net, SOON))
    w.peer(3)
    begun = time.monotonic()
    assert "no answer" in unsigned(w)
    assert 0.25 < time.monotonic() - begun < 1.5


@pytest.mark.parametrize("status", [403, 404, 486, 500, 503, 603])
def test_as_refuses(net, world, status):
    w = world(**with_as(net))
    w.peer(3, lambda peer, m: m.method != "INVITE" or peer.reply(m, status, "Will Not") or True)
    assert f"{status} Will Not" in unsigned(w)


def test_as_redirects_without_identity(net, world):
    w = world(**with_as(net))
    w.peer(3, sign())
    assert "no Identity" in unsigned(w)


def test_as_closes_the_connection(net, world):
    w = world(**with_as(net, SOON))
    with socket.create_server((net(3), 5060)) as server:
        gw = w.peer(4)
        dial(w)
        conn, _ = server.accept()
        conn.recv(4096)
        conn.close()
        gw.expect("INVITE")
    assert w.note("switch.unsigned")


def test_as_takes_the_call(net, world):
    """A 200 makes a call that nobody wants: acknowledged and ended."""
    w = world(**with_as(net))
    service, gw = w.peer(3), w.peer(4)
    dial(w)
    service.reply(service.expect("INVITE"), 200, "OK", body=SDP2)
    service.expect("ACK")
    service.expect("BYE")
    gw.expect("INVITE")
    assert "200" in w.note("switch.unsigned")["why"]


def test_as_answers_late(net, world):
    w = world(**with_as(net, SOON))
    service, gw = w.peer(3), w.peer(4)
    dial(w)
    asked = service.expect("INVITE")
    gw.expect("INVITE")
    service.reply(asked, 302, "Moved", [f"Identity: {IDENTITY}"])
    service.expect("ACK")
    gw.nothing()


def test_as_over_udp(net, world):
    w = world(**{"as": {"uri": f"sip:{net(3)}:5060;transport=udp"}})
    service, gw = w.peer(3, sign(IDENTITY)), w.peer(4)
    dial(w)
    assert gw.expect("INVITE").all("Identity") == [IDENTITY]
    assert "/UDP " in service.asked.get("Via")


# proves: FLOW-P1
def test_without_an_as(world):
    assert "none is configured" in unsigned(world())


def test_preferred_identity_is_asserted(world):
    w = world()
    gw = w.peer(4)
    call = Call('"Anonymous" <sip:anonymous@anonymous.invalid>', f"<sip:{FAR}@h>", f"sip:{FAR}@h")
    dial(w, call=call, headers=[f"P-Preferred-Identity: <sip:{OWN}@osp.example>", "Privacy: id"])
    invite = gw.expect("INVITE")
    assert invite.all("P-Asserted-Identity") == [f"<sip:{OWN}@osp.example;user=phone>"]
    assert invite.get("From").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=')
    assert invite.get("Privacy") == "id"


# --- the STI-VS ---

PASSED = "P-Asserted-Identity: <sip:%s;verstat=%s@osp.example;user=phone>"


def delivered(w, **more):
    phone = w.peer(2)
    dial(w, 4, **more)
    return phone.expect("INVITE")


# proves: VS-01 VS-03
@pytest.mark.parametrize("verstat", ["TN-Validation-Passed", "TN-Validation-Failed", "No-TN-Validation"])
def test_verstat_is_delivered(net, world, verstat):
    w = world(**with_vs(net))
    w.peer(5, judge(verstat))
    invite = delivered(w)
    assert invite.all("P-Asserted-Identity") == [f"<sip:{FAR};verstat={verstat}@osp.example;user=phone>"]
    assert invite.get("From").startswith(f'"Jane" <sip:{FAR};verstat={verstat}@tsp.example;user=phone>;tag=')
    assert invite.uri == f"sip:{OWN}@{net(2)}:5060;transport=tcp"
    assert w.note("switch.routed")["verstat"] == verstat
    assert w.note("switch.call")["side"] == "terminating"
    assert "switch.unvalidated" not in w.whats()


def test_verstat_in_the_contact_of_the_vs(net, world):
    w = world(**with_vs(net))
    w.peer(5, judge(None, [f"Contact: <sip:{FAR}@h;verstat=TN-Validation-Passed>"]))
    assert "TN-Validation-Passed" in delivered(w).get("P-Asserted-Identity")


def test_what_the_vs_is_asked(net, world):
    w = world(**with_vs(net))
    service = w.peer(5)
    dial(w, 4, headers=[f"Identity: {IDENTITY}", f"Identity: {IDENTITY2}", f"Date: {DATE}",
                        f"P-Asserted-Identity: <sip:{FAR};verstat=TN-Validation-Passed@tsp.example>"])
    asked = service.expect("INVITE")
    assert asked.all("Identity") == [IDENTITY, IDENTITY2] and asked.get("Date") == DATE
    assert asked.uri == f"sip:{OWN}@osp.example;user=phone"
    assert asked.all("P-Asserted-Identity") == [f"<sip:{FAR}@tsp.example>"]
    assert asked.get("From").startswith(f'"Jane" <sip:{FAR}@tsp.example;user=phone>;tag=')


def unvalidated(w):
    invite = delivered(w)
    assert "verstat" not in str(invite)
    return w.note("switch.unvalidated")["why"]


@pytest.mark.parametrize("verstat", ["TN-Validation-Passed-B", "Passed", ""])
def test_unknown_verstat_is_not_passed_on(net, world, verstat):
    w = world(**with_vs(net))
    w.peer(5, lambda peer, m: m.method != "INVITE" or peer.reply(m, 302, "M", [PASSED % (FAR, verstat)]) or True)
    assert "not known" in unvalidated(w)


def test_vs_answer_without_verstat(net, world):
    w = world(**with_vs(net))
    w.peer(5, judge(None))
    assert "no verstat" in unvalidated(w)


def test_vs_is_dead(net, world):
    assert "Connection refused" in unvalidated(world(**with_vs(net)))


def test_vs_is_silent(net, world):
    w = world(**with_vs(net, SOON))
    w.peer(5)
    assert "no answer" in unvalidated(w)


def test_vs_is_broken(net, world):
    w = world(**with_vs(net))
    w.peer(5, judge(None, status=500, phrase="Out Of Order"))
    assert "500 Out Of Order" in unvalidated(w)


# proves: FLOW-P1
def test_without_a_vs(world):
    assert "none is configured" in unvalidated(world())


@pytest.mark.parametrize("status,phrase", [(438, "Invalid Identity Header"), (428, "Use Identity Header"),
                                           (403, "Stale Date"), (608, "Rejected")])
def test_vs_refuses_the_call(net, world, status, phrase):
    w = world(**with_vs(net))
    w.peer(5, judge(None, ["Reason: STIR;cause=438"], status, phrase))
    phone = w.peer(2)
    gw, _ = dial(w, 4)
    final = gw.expect(status)
    assert final.start == f"SIP/2.0 {status} {phrase}" and final.get("Reason") == "STIR;cause=438"
    phone.nothing()
    assert w.note("switch.ended") == {"status": status, "by": "switch"}


def test_reason_of_the_vs_goes_to_the_caller(net, world):
    """RFC 9410 §3: policy lets the call go on, so the next response says why it is not valid."""
    w = world(**with_vs(net))
    reason = 'STIR;cause=436;text="Bad Identity Info"'
    w.peer(5, judge("No-TN-Validation", [f"Reason: {reason}"]))
    phone = w.peer(2)
    gw, _ = dial(w, 4)
    invite = phone.expect("INVITE")
    assert not invite.get("Reason")
    phone.reply(invite, 180, "Ringing")
    assert gw.expect(180).get("Reason") == reason


@pytest.mark.parametrize("where", ["<sip:{};verstat=TN-Validation-Passed@tsp.example>",
                                   "<sip:{}@tsp.example;verstat=TN-Validation-Passed;user=phone>",
                                   "sip:{}@tsp.example;verstat=TN-Validation-Passed",
                                   "<sip:{};VERSTAT=TN-Validation-Passed@tsp.example>;verstat=TN-Validation-Passed",
                                   "<tel:{};verstat=TN-Validation-Passed>"])
def test_verstat_from_outside_is_stripped(world, where):
    w = world()
    call = incoming()
    call.local = f"{where.format(FAR)};tag={call.tag}"
    invite = delivered(w, call=call, headers=["P-Asserted-Identity: " + where.format(FAR)])
    assert "verstat" not in str(invite).lower()
    assert FAR in invite.get("From") and FAR in invite.get("P-Asserted-Identity")


def test_verstat_says_nothing_of_another_number(net, world):
    """From is not the number that was verified."""
    w = world(**with_vs(net))
    w.peer(5, judge("TN-Validation-Passed"))
    call = incoming()
    call.local = f"<sip:+18005550000@tsp.example>;tag={call.tag}"
    invite = delivered(w, call=call, headers=[f"P-Asserted-Identity: <sip:{FAR}@tsp.example>"])
    assert "verstat" not in invite.get("From") and "18005550000" in invite.get("From")
    assert f"{FAR};verstat=TN-Validation-Passed@" in invite.get("P-Asserted-Identity")


def test_private_number_is_not_told_to_the_phone(net, world):
    w = world(**with_vs(net))
    w.peer(5, judge("TN-Validation-Passed"))
    call = incoming()
    call.local = f"<sip:anonymous@anonymous.invalid>;tag={call.tag}"
    invite = delivered(w, call=call, headers=[f"P-Asserted-Identity: <sip:{FAR}@tsp.example>", "Privacy: id;critical"])
    assert not invite.all("P-Asserted-Identity") and FAR not in str(invite)


def test_identity_and_date_go_on_to_the_phone(net, world):
    w = world(**with_vs(net))
    w.peer(5, judge("TN-Validation-Passed"))
    invite = delivered(w, headers=[f"Identity: {IDENTITY}", f"Date: {DATE}"])
    assert invite.all("Identity") == [IDENTITY] and invite.get("Date") == DATE


def test_own_subscriber_calls_own_subscriber(net, world):
    """Signed, then verified with what was signed."""
    w = world(**with_as(net, **with_vs(net)))
    w.peer(3, sign(IDENTITY))
    vs = w.peer(5, judge(None, [f"P-Asserted-Identity: <sip:{OWN};verstat=TN-Validation-Passed@h>"]))
    call = Call(f"<sip:{OWN}@osp.example>", f"<sip:{OWN2}@osp.example>", f"sip:{OWN2}@osp.example")
    phone, _ = dial(w, call=call)
    invite = phone.expect("INVITE")
    assert vs.asked.all("Identity") == [IDENTITY]
    assert invite.uri.startswith(f"sip:{OWN2}@")
    assert invite.all("P-Asserted-Identity") == [f"<sip:{OWN};verstat=TN-Validation-Passed@osp.example;user=phone>"]


# --- the program ---

def run(*args, conf=None, tmp_path=None):
    if conf is not None:
        (tmp_path / "c.json").write_text(conf if isinstance(conf, str) else json.dumps(conf))
        args = ("--config", tmp_path / "c.json", *args)
    return subprocess.run([BIN / "oob-switch", *args], capture_output=True, text=True, timeout=TIMEOUT)


def test_ready_line(world):
    w = world()
    assert json.loads(w.ready[6:]) == {"name": "osp.switch", "sip": f"{w.net(1)}:5060"}


def test_address_is_occupied(net, world, tmp_path):
    w = world()
    done = run(conf=w.conf, tmp_path=tmp_path)
    assert done.returncode == 3 and f"{net(1)}:5060" in done.stderr and "in use" in done.stderr


@pytest.mark.parametrize("member,value,want", [
    ("domain", "a b", "host name"), ("as", {"uri": "http://x"}, "SIP URI"), ("max_calls", 0, "from 1"),
    ("peers", [{"addr": "127.0.0.1", "kind": "friend"}], "subscriber"),
    ("trunks", [{"prefix": "12x", "uri": "sip:127.0.0.1"}], "digits"),
    ("trunks", [{"prefix": "12", "uri": "sip:127.0.0.1"}, {"prefix": "+12", "uri": "sip:127.0.0.2"}], "already"),
    ("peers", [{"addr": "127.0.0.1", "kind": "trunk"}] * 2, "already"), ("nonsense", 1, "nonsense")])
def test_bad_configuration(tmp_path, member, value, want):
    conf = {"sip": {"addr": "127.0.0.1"}, "domain": "osp.example", member: value}
    done = run(conf=conf, tmp_path=tmp_path)
    assert done.returncode == 2 and want in done.stderr


def test_example_configuration_is_good():
    done = run("--config", "docs/examples/oob-switch.json", "--print-config")
    assert done.returncode == 0 and json.loads(done.stdout)["vs"]["timeout_ms"] == 2000
