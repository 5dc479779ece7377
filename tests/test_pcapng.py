"""capture.pcapng of a report: tshark, which knows nothing of us, must find in it what the trace holds."""

import collections
import subprocess
import time

import pytest

from oobsim_kit import Run, header

TSHARK = ["tshark", "-o", "mtp3.standard:ANSI", "-n", "-r"]
FIELDS = ["frame.time_epoch", "exported_pdu.ipv4_src", "exported_pdu.ipv4_dst", "exported_pdu.src_port",
          "exported_pdu.dst_port", "frame.comment"]
Packet = collections.namedtuple("Packet", "time src dst sport dport comment")
PROTOCOL = {"sip": "sip", "https": "http", "isup": "m3ua"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    done = Run(tmp_path_factory.mktemp("pcapng") / "report", "A1")
    assert done.code == 0, done.stderr
    return done


def tshark(run, display, *fields):
    """Rows of fields of the packets that a display filter lets through."""
    command = [*TSHARK, run.report / "capture.pcapng", "-Y", display, "-T", "fields", "-E", "separator=|"]
    done = subprocess.run([*command, *(w for f in fields for w in ("-e", f))], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [line.split("|") for line in done.stdout.splitlines()]


def packets(run, display):
    return [Packet(*row) for row in tshark(run, display, *FIELDS)]


def messages(run, kind):
    """Each message of the trace once: as sent; as received where the sender traces nothing (the phones)."""
    names = run.names()
    mute = {addr for addr, name in names.items() if name.endswith(".phone")}
    return [e for e in run.trace() if e["kind"] == kind
            and (e["dir"] == "tx" or e["src"].rsplit(":", 1)[0] in mute)]


@pytest.mark.parametrize("kind", sorted(PROTOCOL))
def test_as_many_packets_as_messages(run, kind):
    want = messages(run, kind)
    assert want and len(packets(run, PROTOCOL[kind])) == len(want)


@pytest.mark.parametrize("kind", sorted(PROTOCOL))
def test_addresses_and_ports(run, kind):
    got = collections.Counter((f"{p.src}:{p.sport}", f"{p.dst}:{p.dport}") for p in packets(run, PROTOCOL[kind]))
    assert got == collections.Counter((e["src"], e["dst"]) for e in messages(run, kind))


def test_nothing_else_is_in_it(run):
    everything = packets(run, "frame")
    assert len(everything) == sum(len(messages(run, kind)) for kind in PROTOCOL)


def test_nothing_is_malformed(run):
    assert not tshark(run, "_ws.malformed", "frame.number", "_ws.malformed")
    assert not tshark(run, "_ws.unreassembled", "frame.number")
    assert not tshark(run, "_ws.expert.severity == error", "frame.number", "_ws.expert.message")


def test_identity_is_seen(run):
    """The INVITE to the gateway carries the PASSporT that the STI-AS answered with; the one behind the trunk has none."""
    (answer,) = tshark(run, "sip.Status-Code == 302 && sip.Identity", "sip.Identity")[:1]
    trace = [e for e in messages(run, "sip") if e["raw"].startswith("SIP/2.0 302") and header(e["raw"], "Identity")]
    assert answer == [header(trace[0]["raw"], "Identity")[0]]
    invites = tshark(run, 'sip.Method == "INVITE" && sip.Request-Line', "frame.comment", "sip.Identity")
    assert ["osp.switch -> osp.gw INVITE", answer[0]] in invites
    assert ["tsp.gw -> tsp.switch INVITE", ""] in invites


def test_iam_is_dissected_as_ansi(run):
    rows = tshark(run, "isup.message_type == 1", "isup.called", "isup.calling", "isup.cic", "frame.comment")
    assert rows == [["9032469103", "2013776051", "1", "osp.gw -> tsp.gw IAM"]]
    kinds = [row[0] for row in tshark(run, "isup", "isup.message_type")]
    assert sorted(kinds, key=int) == ["1", "6", "9", "12", "16"]


def test_http_is_readable_without_keys(run):
    """The POST to the CPS: its request line, its media type and, in its body, the PASSporT."""
    posts = tshark(run, 'http.request.method == "POST"', "http.request.uri", "http.content_type", "frame.comment")
    assert posts == [["/cps/company/5678", "application/passport", "osp.as -> tsp.cps POST"]]
    token = next(e for e in run.notes("as.signed"))["data"]["token"]
    assert len(packets(run, f'http.request.method == "POST" && frame contains "{token}"')) == 1
    assert len(packets(run, f'http.response.code == 200 && frame contains "{token}"')) == 1


def test_times_are_those_of_the_trace(run):
    got = [float(p.time) for p in packets(run, "frame")]
    assert got == sorted(got)
    assert abs(time.time() - got[0]) < 300  # as people write them, not from the start of the machine
    trace = [e["t"] for e in run.trace() if e["kind"] in PROTOCOL]
    assert got[-1] - got[0] == pytest.approx((max(e["t"] for e in messages(run, "sip")) - min(trace)) / 1e6, abs=0.05)
    iam, acm = (float(row[0]) for row in tshark(run, "isup.message_type == 1 || isup.message_type == 6", "frame.time_epoch"))
    sent = [e["t"] for e in run.trace() if e["kind"] == "isup" and e["dir"] == "tx"]
    assert acm - iam == pytest.approx((sent[1] - sent[0]) / 1e6, abs=2e-6)


def test_elements_are_named(run):
    """The name resolution block: Wireshark shows who it is."""
    done = subprocess.run(["tshark", "-o", "mtp3.standard:ANSI", "-N", "n", "-r", run.report / "capture.pcapng", "-Y", "http"],
                          capture_output=True, text=True, timeout=60)
    assert "osp.as" in done.stdout and "tsp.cps" in done.stdout


def test_capinfos_finds_a_sound_file(run):
    done = subprocess.run(["capinfos", "-t", "-E", "-c", run.report / "capture.pcapng"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and "pcapng" in done.stdout
    assert "Wireshark Upper PDU export" in done.stdout
