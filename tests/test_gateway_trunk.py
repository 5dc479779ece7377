"""oob-gateway and a trunk that misbehaves: the other end is a socket of ours that sends ISUP by hand."""

import pytest

from gateway_kit import WAIT, Call, Trunk, assert_released, iam, m3ua, plain, reply, until


@pytest.fixture
def trunk(net, tmp_path):
    made = []

    def make(**more):
        made.append(Trunk(net, tmp_path, **more))
        return made[-1]

    yield make
    for t in made:
        code = t.gateway.stop()
        t.switch.close()
        t.sock.close()
        assert code == 0, t.gateway.config.with_suffix(".log").read_text()


def test_t7_expires(trunk):
    t = trunk(t7_ms=200)
    call = Call(t.switch, t.gateway.addr)
    cic, _ = t.receive(0x01)
    assert call.refused(504).cause == 102
    assert t.receive(0x0c) == (cic, plain(cic, 0x0c, "02 00 02 82 E6"))
    t.send(plain(cic, 0x10))
    assert_released(t.gateway, 102, "t7")


def test_rel_is_repeated_until_rlc(trunk):
    t = trunk(t1_ms=100)
    call = Call(t.switch, t.gateway.addr)
    cic, _ = t.receive(0x01)
    call.cancel()
    first = t.receive(0x0c)
    assert t.receive(0x0c) == first == t.receive(0x0c)
    assert t.gateway.notes("gw.released") == []
    t.send(plain(cic, 0x10))
    t.gateway.wait_notes("gw.released")


def test_both_release(trunk):
    t = trunk()
    call = Call(t.switch, t.gateway.addr)
    cic, _ = t.receive(0x01)
    call.cancel()
    t.receive(0x0c)
    for crossing in (plain(cic, 0x06, "16 04 00"), plain(cic, 0x2c, "01 00"), plain(cic, 0x09, "00")):
        t.send(crossing)
    t.send(plain(cic, 0x0c, "02 00 02 80 91"))
    t.receive(0x10)
    assert t.gateway.notes("gw.released") == [] == t.gateway.notes("gw.unexpected")
    t.send(plain(cic, 0x10))
    t.gateway.wait_notes("gw.released")


def test_dual_seizure_on_an_own_circuit(trunk):
    t = trunk()
    call = Call(t.switch, t.gateway.addr)
    cic, _ = t.receive(0x01)
    assert cic % 2 == 0  # the higher point code controls the even ones
    t.send(iam(cic))
    t.send(plain(cic, 0x06, "16 04 00"))
    call.next(180)
    assert len(t.gateway.notes("gw.iam")) == 1


def test_dual_seizure_on_the_peers_circuit(trunk):
    t = trunk(circuits={"first": 1, "count": 3})
    calls, seized = [], []
    for _ in range(2):  # 2 is its own, then one of the peer's
        calls.append(Call(t.switch, t.gateway.addr))
        seized.append(t.receive(0x01)[0])
    assert seized[0] == 2 and seized[1] in (1, 3)
    t.send(iam(seized[1], "9032469104"))
    again, _ = t.receive(0x01)
    assert sorted([*seized, again]) == [1, 2, 3]
    assert t.switch.next("INVITE").uri.startswith("sip:+19032469104@")
    t.send(plain(again, 0x06, "16 04 00"))
    calls[1].next(180)


def test_dual_seizure_and_no_other_circuit(trunk):
    t = trunk(circuits={"first": 1, "count": 1})
    call = Call(t.switch, t.gateway.addr)
    cic, _ = t.receive(0x01)
    t.send(iam(cic, "9032469104"))
    got = sorted((m for m in (t.switch.inbox.get(timeout=WAIT) for _ in range(3)) if m.status != 100), key=lambda m: m.status)
    assert [(m.method, m.status) for m in got] == [("INVITE", 0), ("", 503)]
    assert got[1].cause == 34 and got[1].get("Call-ID") == call.call_id


@pytest.mark.parametrize("isup,what", [
    (plain(2, 0x06, "16 04 00"), "ACM"), (plain(2, 0x09, "00"), "ANM"), (plain(2, 0x2c, "01 00"), "CPG"), (plain(2, 0x10), "RLC"),
    (iam(99), "IAM")], ids=lambda value: value if isinstance(value, str) else "")
def test_unexpected_message_on_an_idle_circuit(trunk, isup, what):
    t = trunk()
    t.send(isup)
    note = t.gateway.wait_notes("gw.unexpected")[0]["data"]
    assert note["what"] == what and note["state"] == ("not of this trunk" if what == "IAM" else "idle")
    t.still_works()


def test_repeated_messages(trunk):
    t = trunk()
    call = Call(t.switch, t.gateway.addr)
    cic, _ = t.receive(0x01)
    for _ in range(2):
        t.send(plain(cic, 0x06, "16 04 00"))
    call.next(180)
    for _ in range(2):
        t.send(plain(cic, 0x09, "00"))
    call.answered()
    assert [n["data"]["what"] for n in t.gateway.wait_notes("gw.unexpected", 2)] == ["ACM", "ANM"]
    assert t.switch.silent()


def test_iam_again_on_a_busy_circuit(trunk):
    t = trunk()
    t.send(iam(1))
    t.send(iam(1))
    t.switch.next("INVITE")
    assert t.gateway.wait_notes("gw.unexpected")[0]["data"]["what"] == "IAM"
    assert len(t.gateway.notes("gw.setup")) == 1


def test_rlc_while_the_call_is_up_ends_it(trunk):
    t = trunk()
    call = Call(t.switch, t.gateway.addr)
    cic, _ = t.receive(0x01)
    t.send(plain(cic, 0x09, "00"))
    call.answered()
    t.send(plain(cic, 0x10))
    assert t.switch.next("BYE").cause == 111
    assert t.receive(0x0c)[1][3:] == bytes.fromhex("02 00 02 82 EF")


def test_called_number_that_does_not_fit(trunk):
    t = trunk()
    t.send(iam(1)[:15] + bytes([0x71]) + iam(1)[16:])  # nature of address 113
    assert t.receive(0x0c)[1][3:] == bytes.fromhex("02 00 02 82 9C")
    t.send(plain(1, 0x10))
    assert_released(t.gateway, 28, "gateway")
    assert t.gateway.notes("gw.setup") == []


@pytest.mark.parametrize("octets", [
    pytest.param(m3ua(plain(1, 0x12)), id="unknown type"),
    pytest.param(m3ua(iam(1)[:-3]), id="cut off"),
    pytest.param(m3ua(iam(1), opc=0x090909), id="stranger"),
    pytest.param(bytes.fromhex("01 00 03 01 00 00 00 08"), id="ASPUP"),
    pytest.param(bytes.fromhex("01 00 01 01 00 00 00 0C 02 10 00 40"), id="parameter too long"),
])
def test_messages_that_are_passed_over(trunk, octets):
    t = trunk()
    t.sock.sendall(octets)
    t.in_step()
    assert t.gateway.notes("gw.iam") == []
    t.still_works()


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\n\r\n", bytes(64), b"\xff" * 4096, bytes.fromhex("01 00 01 01 FF FF FF FF")],
                         ids=["HTTP", "zeros", "ones", "length"])
def test_garbage_from_the_peer_costs_the_connection_only(trunk, octets):
    t = trunk()
    t.sock.sendall(octets)
    assert t.sock.recv(1) == b""
    t.sock.close()
    until("link down", lambda: [n["data"]["state"] for n in t.gateway.notes("gw.link")] == ["up", "down"])
    t.connect()
    t.still_works()


def test_stranger_is_turned_away(trunk, net):
    t = trunk()
    link = t.sock
    t.connect(source=net(30))
    assert t.sock.recv(1) == b""
    t.sock.close()
    t.sock = link
    t.still_works()


def test_messages_in_pieces_and_in_one(trunk):
    t = trunk()
    octets = m3ua(iam(1)) + m3ua(iam(3))
    for at in range(0, len(octets), 7):
        t.sock.sendall(octets[at:at + 7])
    t.switch.next("INVITE")
    t.switch.next("INVITE")


def test_new_connection_of_the_peer_counts(trunk):
    t = trunk()
    t.send(iam(1))
    reply(t.switch.next("INVITE"), 180, "Ringing", t.switch.addr)
    t.receive(0x06)
    old = t.sock
    t.connect()
    assert old.recv(1) == b""
    old.close()
    assert_released(t.gateway, 41, "link")
    assert t.switch.next("CANCEL").cause == 41
