"""lib/net/raw_client, by which cases send what no library would, driven through tests/tools/raw_send."""

import json
import socket
import subprocess
import threading

import pytest

from conftest import TOOLS
from stirkit import Pki
from test_https import NAME, PORT, conf, start

RAW = TOOLS / "raw_send"
POST = f"POST /x HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 4\r\n\r\nbody"
CLOSE = POST.replace("Host", "Connection: close\r\nHost")


@pytest.fixture(scope="module")
def pki(tmp_path_factory, module_net):
    return Pki(tmp_path_factory.mktemp("pki"), module_net(2))


@pytest.fixture(scope="module")
def echo(pki, module_net, tmp_path_factory):
    with start(conf(pki, pki.tls(NAME), module_net(3)), tmp_path_factory.mktemp("echo")) as element:
        yield element


@pytest.fixture
def send(echo, pki):
    def run(octets, **more):
        spec = {"addr": echo.addr, "port": PORT, "host": NAME, "ca": str(pki.web_root), "octets": octets, **more}
        done = subprocess.run([RAW], input=json.dumps(spec), capture_output=True, text=True, timeout=20, check=True)
        return json.loads(done.stdout)

    return run


def statuses(result):
    return [int(part[:3]) for part in result["got"].split("HTTP/1.1 ")[1:]]


def test_it_ends_when_the_peer_closes(send):
    got = send(CLOSE)
    assert (got["err"], got["closed"], got["reset"], got["version"]) == ("", True, False, "TLSv1.3")
    assert statuses(got) == [200] and '"body":"body"' in got["got"]


def test_it_ends_when_it_has_enough(send):
    got = send(POST, wanted=1)
    assert (got["err"], got["closed"]) == ("", False) and got["took_ms"] < 2000


def test_it_ends_when_time_is_over(send):
    got = send(POST[:-1], timeout_ms=60)
    assert got["err"] == "ETIMEDOUT" and got["got"] == "" and 50 < got["took_ms"] < 2000


def test_pieces_and_pauses(send):
    got = send(CLOSE, pieces=8, pause_ms=5)
    assert statuses(got) == [200] and got["took_ms"] >= 35
    assert statuses(send(CLOSE, pieces=len(CLOSE))) == [200]


def test_more_after_the_first_answer(send):
    assert statuses(send(POST, then=CLOSE)) == [200, 200]


def test_pipelined(send):
    assert statuses(send(POST + POST + CLOSE)) == [200, 200, 200]


@pytest.mark.parametrize("end, closed", [("half", True), ("close", False), ("reset", False)])
def test_breaking_off(send, end, closed):
    got = send(POST[:-2], end=end)
    assert (got["err"], got["closed"]) == ("", closed) and "200" not in got["got"]


def test_a_reset_is_one(net):
    """The peer sees RST, or FIN where it is closed."""
    for end, seen in (("reset", "reset"), ("close", "closed")):
        with socket.create_server((net(4), 0)) as server:
            spec = {"addr": net(4), "port": server.getsockname()[1], "host": "x", "plain": True, "octets": "abc", "end": end}
            what = []

            def peer():
                conn, _ = server.accept()
                with conn:
                    try:
                        while conn.recv(100):
                            pass
                        what.append("closed")
                    except ConnectionResetError:
                        what.append("reset")

            thread = threading.Thread(target=peer)
            thread.start()
            subprocess.run([RAW], input=json.dumps(spec), capture_output=True, text=True, timeout=20, check=True)
            thread.join(10)
            assert what == [seen]


@pytest.mark.parametrize("version, name", [(12, "TLSv1.2"), (13, "TLSv1.3")])
def test_versions(send, version, name):
    assert send(CLOSE, tls_min=version, tls_max=version)["version"] == name


@pytest.mark.parametrize("version", [10, 11])
def test_a_refused_handshake_is_told_apart(send, version):
    got = send(CLOSE, tls_min=version, tls_max=version)
    assert (got["err"], got["got"], got["version"]) == ("EPROTO", "", None)
    assert got["text"].startswith("TLS handshake: ")


def test_old_versions_can_be_spoken(net, pki):
    """The peer is another one that allows them."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pki.tls(NAME))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    with socket.create_server((net(5), 0)) as server:

        def peer():
            for _ in range(2):
                with context.wrap_socket(server.accept()[0], server_side=True) as conn:
                    conn.recv(100)
                    conn.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=peer)
        thread.start()
        for version, name in ((10, "TLSv1"), (11, "TLSv1.1")):
            spec = {"addr": net(5), "port": server.getsockname()[1], "host": NAME, "ca": str(pki.web_root),
                    "octets": "x", "tls_min": version, "tls_max": version, "wanted": 1}
            done = subprocess.run([RAW], input=json.dumps(spec), capture_output=True, text=True, timeout=20, check=True)
            got = json.loads(done.stdout)
            assert (got["version"], got["messages"]) == (name, 1), got
        thread.join(10)


def test_a_certificate_that_is_not_trusted(send, pki):
    got = send(CLOSE, host="other.example")
    assert got["err"] == "EPROTO" and "certificate verify failed" in got["text"]
    assert statuses(send(CLOSE, host="other.example", ca=None)) == [200]


def test_client_certificate(send, pki):
    cert, key = pki.tls("vs.example")
    assert '"client":"vs.example"' in send(CLOSE, cert=str(cert), key=str(key))["got"]
    assert '"client":""' in send(CLOSE)["got"]


def test_plain_to_a_tls_port(send):
    got = send(CLOSE, plain=True)
    assert got["closed"] and got["version"] is None and "HTTP" not in got["got"]


def test_nobody_listens(send, net):
    assert send(POST, addr=net(9))["err"] == "ECONNREFUSED"


def test_more_than_is_wanted(send):
    assert send(CLOSE, max=20)["err"] == "EMSGSIZE"


def test_trace(send, tmp_path):
    send(POST + CLOSE, then="", trace=str(tmp_path / "trace.jsonl"))
    send("garbage\r\n\r\n", trace=str(tmp_path / "garbage.jsonl"))
    events = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
    messages = [e for e in events if e["kind"] == "https"]
    assert [(e["msg"], e["dir"]) for e in messages] == [
        ("request", "tx"), ("request", "tx"), ("response", "rx"), ("response", "rx")
    ]
    assert len({e["conn"] for e in messages}) == 1 and {e["host"] for e in messages} == {f"{NAME}:{PORT}"}
    raw = [json.loads(line) for line in (tmp_path / "garbage.jsonl").read_text().splitlines()]
    assert "garbage" in json.dumps(raw)
