"""ISUP as an outsider sees it: tshark dissects what we encode, and finds nothing malformed."""

import json
import struct
import subprocess

import pytest

from conftest import TOOLS

IAM = {"type": "IAM", "cic": 100, "forward": "6001", "category": 10, "usi": "8090a2",
       "called": {"noa": 3, "digits": "9032469103"}, "calling": {"noa": 3, "digits": "2013776051", "screening": 3}}
FULL = IAM | {"forward": "6011", "called": {"noa": 3, "digits": "9034050000"}, "generic": {"noa": 3, "digits": "9032469103"},
              "jip": "201377", "tns": "0288", "cip": "0288", "charge": {"noa": 3, "digits": "2013776000"}, "oli": "00",
              "carrier_selection": "02", "original_called": {"noa": 3, "digits": "9035550101"},
              "redirecting": {"noa": 3, "digits": "9035550102"}, "redirection": "0321", "hop_counter": "14", "generic_name": "JANE DOE"}
ACM = {"type": "ACM", "cic": 100, "backward": "1604"}
ANM = {"type": "ANM", "cic": 100}
REL = {"type": "REL", "cic": 100, "cause": 16}
RLC = {"type": "RLC", "cic": 100}
CPG = {"type": "CPG", "cic": 100, "backward": "01"}

# standards.md §9.3, to the octet
VECTORS = [
    (IAM, "64 00 01 00 60 01 0A 03 06 0D 03 80 90 A2 07 03 10 09 23 64 19 30 0A 07 03 13 02 31 77 06 15 00"),
    (ACM, "64 00 06 16 04 00"), (ANM, "64 00 09 00"), (REL, "64 00 0C 02 00 02 80 90"), (RLC, "64 00 10"),
]


def tool(*args, fields=None):
    return subprocess.run([TOOLS / "isup_tool", *args], input=json.dumps(fields), capture_output=True, text=True, timeout=20)


def encode(fields, how="encode"):
    done = tool(how, fields=fields)
    assert done.returncode == 0, done.stderr
    return bytes.fromhex(done.stdout)


def decode(octets):
    done = tool("decode", octets.hex())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def dissect(tmp_path, frames, link_type):
    """@return for each frame the fields that tshark gives it, name to list of values"""
    pcap = tmp_path / "isup.pcap"
    records = b"".join(struct.pack("<IIII", 0, n, len(f), len(f)) + f for n, f in enumerate(frames))
    pcap.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link_type) + records)
    done = subprocess.run(["tshark", "-o", "mtp3.standard:ANSI", "-r", pcap, "-T", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr

    def collect(into, layer):
        for name, value in layer.items() if isinstance(layer, dict) else []:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    into.setdefault(name, [])
                    collect(into, one)
                else:
                    into.setdefault(name, []).append(one)
        return into

    return [collect({}, packet["_source"]["layers"]) for packet in json.loads(done.stdout)]


def mtp3(isup, dpc=(2, 3, 4), opc=(1, 1, 1)):
    """ANSI routing label: each point code as member, cluster, network (Wireshark link type 141)."""
    return bytes([0x85, *dpc[::-1], *opc[::-1], 5]) + isup


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """All messages through tshark at once."""
    kinds = {"IAM": IAM, "FULL": FULL, "ACM": ACM, "ANM": ANM, "REL": REL, "RLC": RLC, "CPG": CPG,
             "restricted": IAM | {"calling": {"noa": 3, "digits": "2013776051", "presentation": 1, "screening": 1}},
             "no calling": {k: v for k, v in IAM.items() if k != "calling"},
             "international": IAM | {"called": {"noa": 4, "digits": "442071838750"}, "calling": {"noa": 4, "digits": "49301234567"}},
             "cut": None}
    frames = [mtp3(encode(fields) if fields else encode(IAM)[:-4]) for fields in kinds.values()]
    return dict(zip(kinds, dissect(tmp_path_factory.mktemp("tdm"), frames, 141)))


@pytest.mark.parametrize("fields,octets", VECTORS, ids=[v[0]["type"] for v in VECTORS])
def test_octets(fields, octets):
    assert encode(fields).hex(" ").upper() == octets
    again = decode(bytes.fromhex(octets))
    assert {k: again[k] for k in ("type", "cic")} == {k: fields[k] for k in ("type", "cic")}
    assert encode(again) == bytes.fromhex(octets)


@pytest.mark.parametrize("kind", ["IAM", "FULL", "ACM", "ANM", "REL", "RLC", "CPG", "restricted", "no calling", "international"])
def test_tshark_finds_nothing_malformed(seen, kind):
    assert not [name for name in seen[kind] if name.startswith("_ws.malformed")], seen[kind]
    assert seen[kind]["isup.cic"] == ["100"]


def test_tshark_would_find_it(seen):
    assert [name for name in seen["cut"] if name.startswith("_ws.malformed")]


def test_tshark_sees_the_types(seen):
    types = {kind: int(seen[kind]["isup.message_type"][0]) for kind in ("IAM", "ACM", "ANM", "REL", "RLC", "CPG")}
    assert types == {"IAM": 1, "ACM": 6, "ANM": 9, "REL": 12, "RLC": 16, "CPG": 44}


def test_tshark_sees_the_numbers(seen):
    assert seen["IAM"]["isup.called"] == ["9032469103"]
    assert seen["IAM"]["isup.calling"] == ["2013776051"]
    assert "isup.calling" not in seen["no calling"]


def test_tshark_sees_odd_and_even_digits(seen):
    assert seen["international"]["isup.called"] == ["442071838750"]
    assert seen["international"]["isup.calling"] == ["49301234567"]
    assert seen["international"]["isup.called_party_nature_of_address_indicator"] == ["4"]


def test_tshark_sees_the_ported_number(seen):
    assert seen["FULL"]["isup.called"] == ["9034050000"]
    assert "9032469103" in json.dumps(seen["FULL"])
    assert "9035550101" in json.dumps(seen["FULL"]) and "9035550102" in json.dumps(seen["FULL"])


def test_tshark_sees_the_redirection(seen):
    assert (seen["FULL"]["isup.original_called_number"], seen["FULL"]["isup.redirecting"]) == (["9035550101"], ["9035550102"])
    fields = ("redirecting_ind", "original_redirection_reason", "redirection_counter", "redirection_reason")
    assert [seen["FULL"][f"isup.{name}"] for name in fields] == [["3"], ["0"], ["1"], ["2"]]


def test_tshark_sees_the_presentation(seen):
    field = "isup.address_presentation_restricted_indicator"
    assert (seen["IAM"][field], seen["restricted"][field]) == (["0"], ["1"])


def test_tshark_sees_the_cause(seen):
    assert seen["REL"]["isup.cause_indicator"] == ["16"]


def test_tshark_sees_the_point_codes(seen):
    assert [seen["IAM"][f"mtp3.dpc.{part}"] for part in ("network", "cluster", "member")] == [["2"], ["3"], ["4"]]


def test_tshark_dissects_m3ua(tmp_path):
    """In SCTP with payload protocol 3, as it would go over a real link."""
    m3ua = encode(IAM | {"opc": "1-1-1", "dpc": "2-3-4", "sls": 5}, "encode-m3ua")
    chunk = struct.pack(">BBHIHHI", 0, 3, 16 + len(m3ua), 1, 0, 0, 3) + m3ua
    sctp = struct.pack(">HHII", 2905, 2905, 1, 0) + chunk
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(sctp), 1, 0, 64, 132, 0, bytes([127, 9, 1, 4]), bytes([127, 9, 2, 4])) + sctp
    seen = dissect(tmp_path, [ip], 101)[0]
    assert not [name for name in seen if name.startswith("_ws.malformed")]
    assert seen["isup.called"] == ["9032469103"] and seen["m3ua.version"] == ["1"]
    assert seen["m3ua.protocol_data_si"] == ["5"]


def test_decode_of_m3ua_shows_the_point_codes():
    fields = decode(encode(IAM | {"opc": "1-1-1", "dpc": "2-3-4", "sls": 5}, "encode-m3ua"))
    assert (fields["opc"], fields["dpc"], fields["sls"]) == ("1-1-1", "2-3-4", 5)
    assert fields["text"] == "IAM CIC 100 called 9032469103 calling 2013776051"


@pytest.mark.parametrize("fields,text", [
    ({"type": "SAM", "cic": 1}, "type: expected IAM"), ({"type": "IAM", "cic": 1}, "mandatory"),
    (IAM | {"called": {"noa": 3, "digits": "12x"}}, "called number")])
def test_fields_that_cannot_be(fields, text):
    done = tool("encode", fields=fields)
    assert done.returncode == 1 and text in done.stderr


def test_octets_that_are_none():
    done = tool("decode", encode(IAM)[:-1].hex())
    assert done.returncode == 1
    assert done.stderr == "isup_tool: IAM: optional part: expected an end (00), got the end of the message at octet 31\n"
