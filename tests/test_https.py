"""HTTPS both ways and the life of an element, driven through tests/tools/https_echo."""

import concurrent.futures
import contextlib
import datetime
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import pytest

from conftest import TOOLS
from stirkit import UTC, Element, Https, Pki, _read_ready, https_server, make_root, new_folder

ECHO = TOOLS / "https_echo"
NAME = "echo.example"
PORT = 8443


# --- helpers ---


@contextlib.contextmanager
def start(config, folder, *options, env=None):
    """A running https_echo; that it ends cleanly is part of every test."""
    folder = new_folder(folder, "echo")
    (folder / "config.json").write_text(json.dumps(config))
    argv = [ECHO, "--config", folder / "config.json", "--trace", folder / "trace.jsonl", *options]
    with open(folder / "log.txt", "wb") as log:
        proc = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env=os.environ | (env or {})
        )
    element = Element(proc, folder)
    element.addr = config["addr"]
    try:
        element.ready = _read_ready(element, 20)
        yield element
        element.stop()
    finally:
        if proc.poll() is None:
            proc.kill()
        proc.wait()
        proc.stdout.close()


def run(*argv, config=None, folder=None, stdin=None):
    """https_echo to its end: (exit code, stdout, stderr)"""
    args = [ECHO]
    if config is not None:
        path = new_folder(folder, "echo") / "echo.json"
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        args += ["--config", path]
    done = subprocess.run(args + list(argv), capture_output=True, text=True, timeout=20, input=stdin, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def pki(tmp_path_factory, module_net):
    return Pki(tmp_path_factory.mktemp("pki"), module_net(2))


@pytest.fixture(scope="module")
def tls(pki):
    return pki.tls(NAME)


def conf(pki, identity, addr, **more):
    members = {
        "addr": addr,
        "tls": {"cert": identity[0], "key": identity[1], "client_ca": pki.web_root},
        "client": {"ca": pki.web_root, "resolve": {NAME: addr}},
    }
    for name, value in more.items():
        members[name] = members.get(name, {}) | value if isinstance(value, dict) else value
    return members


@pytest.fixture(scope="module")
def echo(pki, tls, module_net, tmp_path_factory):
    """One element that the module shares."""
    with start(conf(pki, tls, module_net(3)), tmp_path_factory.mktemp("echo")) as element:
        yield element


@pytest.fixture
def own(pki, tls, net, tmp_path):
    """own(**members of the configuration): an element of this test alone."""
    with contextlib.ExitStack() as stack:
        yield lambda *options, env=None, **more: stack.enter_context(
            start(conf(pki, tls, net(3), **more), tmp_path, *options, env=env)
        )


def connect(element, pki, **more):
    return Https(element.addr, PORT, NAME, pki.web_root, **more)


def ask(element, pki, method="GET", path="/", body=None, headers=None, **more):
    with contextlib.closing(connect(element, pki, **more)) as conn:
        return conn.ask(method, path, body, headers)


def echoed(answer):
    assert answer.status == 200, answer
    return json.loads(answer.body)


def raw_tls(element, pki):
    sock = socket.create_connection((element.addr, PORT), 10)
    return ssl.create_default_context(cafile=pki.web_root).wrap_socket(sock, server_hostname=NAME)


def read_to_end(sock):
    data = b""
    with contextlib.suppress(OSError):
        while chunk := sock.recv(65536):
            data += chunk
    return data


def exchange(element, pki, octets):
    """What comes back for these octets until the server closes; it is told that no more will come."""
    with raw_tls(element, pki) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(octets)
        sock.settimeout(10)
        return read_to_end(sock)


def still_serves(element, pki):
    return echoed(ask(element, pki, path="/alive"))["path"] == "/alive"


# --- TLS ---


def context_of(pki, version):
    context = ssl.create_default_context(cafile=pki.web_root)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = version
    context.maximum_version = version
    return context


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(echo, pki, version):
    with socket.create_connection((echo.addr, PORT), 10) as sock:
        with pytest.raises(OSError):
            context_of(pki, version).wrap_socket(sock, server_hostname=NAME)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_versions_that_are_spoken(echo, pki, version):
    conn = connect(echo, pki)
    conn.context = context_of(pki, version)
    with contextlib.closing(conn):
        assert echoed(conn.ask("GET", "/x"))["path"] == "/x"


def test_plain_http_is_refused(echo, pki):
    with socket.create_connection((echo.addr, PORT), 10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: echo.example\r\n\r\n")
        assert b"HTTP" not in read_to_end(sock)
    assert still_serves(echo, pki)


def test_certificate_of_the_server(echo, pki):
    with raw_tls(echo, pki) as sock:
        assert ("DNS", NAME) in sock.getpeercert()["subjectAltName"]


# --- requests ---


def test_echo(echo, pki):
    got = echoed(ask(echo, pki, "POST", "/a/b?a=1&b=2", "body", {"Content-Type": "application/passport"}))
    assert got["method"] == "POST"
    assert got["path"] == "/a/b"
    assert got["a"] == "1"
    assert got["ctype"] == "application/passport"
    assert got["body"] == "body"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "PUT", "OPTIONS", "BREW"])
def test_methods_reach_the_handler(echo, pki, method):
    assert echoed(ask(echo, pki, method))["method"] == method


def test_head_has_no_body(echo, pki):
    with contextlib.closing(connect(echo, pki)) as conn:
        answer = conn.ask("HEAD", "/")
        assert answer.status == 200 and answer.body == b""
        assert echoed(conn.ask("GET", "/2"))["path"] == "/2"


@pytest.mark.parametrize(
    "query,value",
    [
        ("a=%2B1201", "+1201"),
        ("a=+1201", "+1201"),
        ("b=1&a=2", "2"),
        ("a=1&a=2", "1"),
        ("a=", ""),
        ("a", ""),
        ("", ""),
        ("aa=1", ""),
        ("a=x%3D%26y", "x=&y"),
        ("a=%zz%4", "%zz%4"),
        ("&&a=1&", "1"),
        ("a=1=2", "1=2"),
        ("&".join(f"x{i}=1" for i in range(100)) + "&a=1", ""),
    ],
)
def test_query(echo, pki, query, value):
    assert echoed(ask(echo, pki, path="/?" + query))["a"] == value


def test_path_is_as_it_came(echo, pki):
    assert echoed(ask(echo, pki, path="/a%2Fb/../c"))["path"] == "/a%2Fb/../c"


def test_absolute_form(echo, pki):
    got = echoed(ask(echo, pki, path=f"https://{NAME}:8443/x?a=1"))
    assert (got["path"], got["a"]) == ("/x", "1")


def test_response_is_complete(echo, pki):
    answer = ask(echo, pki)
    assert answer.headers["X-Echo"] == "yes"
    assert answer.headers["Content-Type"] == "application/json"
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    sent = datetime.datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs((datetime.datetime.now(UTC) - sent).total_seconds()) < 5


def test_no_content(echo, pki):
    with contextlib.closing(connect(echo, pki)) as conn:
        answer = conn.ask("GET", "/nothing")
        assert (answer.status, answer.body) == (204, b"")
        assert "Content-Length" not in answer.headers
        assert echoed(conn.ask("GET", "/2"))["path"] == "/2"


def test_connection_is_kept(echo, pki):
    with contextlib.closing(connect(echo, pki)) as conn:
        peers = {echoed(conn.ask("POST", "/", str(i)))["peer"] for i in range(5)}
    assert len(peers) == 1


def test_pipelined_requests_are_answered_in_order(echo, pki):
    one = "GET /?a={} HTTP/1.1\r\nHost: echo.example\r\n\r\n"
    late = "GET /?a=0&delay_ms=50 HTTP/1.1\r\nHost: echo.example\r\n\r\n"
    last = "GET /?a=4 HTTP/1.1\r\nHost: echo.example\r\nConnection: close\r\n\r\n"
    got = exchange(echo, pki, (late + "".join(one.format(i) for i in (1, 2, 3)) + last).encode())
    assert re.findall(rb'"a":"(\d)"', got) == [b"0", b"1", b"2", b"3", b"4"]


def test_chunked_body(echo, pki):
    got = echoed(ask(echo, pki, "POST", "/", iter([b"one,", b"two,", b"three"])))
    assert got["body"] == "one,two,three"


def test_body_in_pieces(echo, pki):
    with raw_tls(echo, pki) as sock:
        for part in (b"POST / HT", b"TP/1.1\r\nHost: echo.exam", b"ple\r\nContent-Length: 6\r\nConnection: close\r\n\r",
                     b"\nab", b"cd", b"ef"):
            sock.sendall(part)
            time.sleep(0.01)
        assert b'"body":"abcdef"' in read_to_end(sock)


def test_continue(echo, pki):
    with raw_tls(echo, pki) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
                     b"Connection: close\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"ok")
        assert b'"body":"ok"' in read_to_end(sock)


def test_many_at_once(echo, pki):
    def one(i):
        with contextlib.closing(connect(echo, pki)) as conn:
            return [echoed(conn.ask("POST", f"/?a={i}{k}&delay_ms=5", "x" * i))["a"] for k in range(3)]

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        for i, got in enumerate(pool.map(one, range(40))):
            assert got == [f"{i}{k}" for k in range(3)]


# --- limits ---


def test_largest_body(own, pki):
    element = own(max_body=1000)
    assert echoed(ask(element, pki, "POST", "/", "x" * 1000))["body"] == "x" * 1000


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_body_is_answered(own, pki, chunked):
    element = own(max_body=1000)
    with contextlib.closing(connect(element, pki)) as conn:
        answer = conn.ask("POST", "/", iter([b"x" * 600] * 2) if chunked else "x" * 1001)
        assert answer.status == 413
        assert json.loads(answer.body)["body"] == ""  # nothing of it is kept
        assert conn.ask("GET", "/").status == 200  # on the same connection


def test_huge_body_is_refused_before_it_comes(own, pki):
    element = own(max_body=1000)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    got = exchange(element, pki, head + b"some of it")
    assert got.startswith(b"HTTP/1.1 413 ") and b"Connection: close" in got


def test_endless_chunked_body_is_cut(own, pki):
    element = own(max_body=1000)
    with raw_tls(element, pki) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError):
            for _ in range(200):
                sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    assert still_serves(element, pki)


def test_idle_connection_is_closed(own, pki):
    element = own(idle_timeout_s=1)
    with raw_tls(element, pki) as sock:
        started = time.monotonic()
        assert read_to_end(sock) == b""
        assert 0.5 < time.monotonic() - started < 5


def test_dribbling_connection_is_closed(own, pki):
    """One octet now and then keeps no connection for ever."""
    element = own(idle_timeout_s=1)
    with raw_tls(element, pki) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        started = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - started < 10:
                sock.sendall(b"x")
                time.sleep(0.2)
    assert still_serves(element, pki)


def test_waiting_request_is_not_idle(own, pki):
    element = own(idle_timeout_s=1)
    assert echoed(ask(element, pki, path="/?a=1&delay_ms=2600"))["a"] == "1"


def test_more_connections_wait_in_the_queue(own, pki):
    element = own(max_conns=2)
    first, second = (connect(element, pki) for _ in range(2))
    assert first.ask("GET", "/").status == second.ask("GET", "/").status == 200
    with concurrent.futures.ThreadPoolExecutor() as pool:
        third = pool.submit(ask, element, pki)
        time.sleep(0.1)
        assert not third.done()
        first.close()
        assert third.result(10).status == 200
    second.close()


# --- bad requests ---

BAD = {
    "no-host": b"GET / HTTP/1.1\r\n\r\n",
    "both-lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "lengths-that-differ": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nabc",
    "two-hosts": b"POST / HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 3\r\n\r\nabc",
    "blank-before-colon": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc",
    "other-coding": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    "other-coding-chunked": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "negative-length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "plus-length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
    "word-length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: three\r\n\r\nabc",
    "length-overflow": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
    "bad-chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
    "header-too-large": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70000 + b"\r\n\r\n",
    "too-many-headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
    "target-too-long": b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "garbage": bytes(range(256)) * 8 + b"\r\n\r\n",
    "no-version": b"GET /\r\n\r\n",
    "strange-version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "empty-lines": b"\r\n\r\n\r\n\r\n garbage \r\n\r\n",
    "no-colon": b"GET / HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_request_is_refused(own, pki, name):
    element = own(idle_timeout_s=1)
    got = exchange(element, pki, BAD[name])
    assert got == b"" or re.match(rb"HTTP/1\.[01] (4\d\d|501|505) ", got), got
    assert still_serves(element, pki)


def test_both_lengths_says_why(echo, pki):
    got = exchange(echo, pki, BAD["both-lengths"])
    assert got.startswith(b"HTTP/1.1 400 ") and b"both Content-Length and Transfer-Encoding" in got
    assert b"Connection: close" in got  # what follows is no second request


def test_the_same_length_twice_is_one(echo, pki):
    got = exchange(echo, pki, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc")
    assert got.startswith(b"HTTP/1.1 200 ")


# --- wrong on purpose: each fault is there, and the server still serves ---

CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
EXPECT = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
FAULTS = {
    "lax": (BAD["lengths-that-differ"], b"HTTP/1.1 400", b"HTTP/1.1 200"),
    "no_chunked": (CHUNKED, b"HTTP/1.1 200", b"HTTP/1.1 501"),
    "no_continue": (EXPECT, b"HTTP/1.1 100", b"HTTP/1.1 417"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(own, echo, pki, fault):
    octets, right, wrong = FAULTS[fault]
    element = own(faults={fault: True})
    assert exchange(echo, pki, octets).startswith(right) and exchange(element, pki, octets).startswith(wrong)
    assert still_serves(element, pki)


def test_fault_plain(own, pki):
    element = own(faults={"plain": True})
    for _ in range(2):
        with socket.create_connection((element.addr, PORT), 10) as sock:
            sock.sendall(b"GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b"200 OK" in read_to_end(sock)
        assert still_serves(element, pki)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("word, good", [("old", "1.0 1.1 1.2 1.3"), ("only-1.2", "1.2"), ("only-1.3", "1.3")])
def test_fault_tls(own, pki, word, good):
    element = own(faults={"tls": word})
    for name, version in (("1.0", ssl.TLSVersion.TLSv1), ("1.1", ssl.TLSVersion.TLSv1_1),
                          ("1.2", ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3)):
        conn = connect(element, pki)
        conn.context = context_of(pki, version)
        with contextlib.closing(conn):
            if name in good.split():
                assert conn.ask("GET", "/x").status == 200
            else:
                with pytest.raises(OSError):
                    conn.ask("GET", "/x")


def test_fault_one_answer(own, pki):
    get = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert exchange(own(faults={"one_answer": True}), pki, get + get).count(b"200 OK") == 1


def test_fault_take_cut_off(own, pki):
    element = own(faults={"take_cut_off": True})
    with raw_tls(element, pki) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    assert still_serves(element, pki)
    assert [e for e in element.trace() if e["kind"] == "https" and e["raw"].endswith("abc")]


def test_fault_whole_in_ms(own, pki):
    element = own(faults={"whole_in_ms": 20})
    with raw_tls(element, pki) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        sock.settimeout(10)
        assert read_to_end(sock) == b""
    assert still_serves(element, pki)


def test_fault_one_at_once(own, pki):
    element = own(faults={"one_at_once": True})
    with raw_tls(element, pki) as sock, concurrent.futures.ThreadPoolExecutor() as pool:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabc")
        time.sleep(0.1)
        other = pool.submit(still_serves, element, pki)
        time.sleep(0.1)
        assert not other.done()
        sock.sendall(b"d")
        assert other.result(10)


@pytest.mark.parametrize("octets", [b"POST / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"])
def test_cut_off_request(own, pki, octets):
    element = own()
    with raw_tls(element, pki) as sock:
        sock.sendall(octets)
    assert still_serves(element, pki)
    seen = [e for e in element.trace() if e["kind"] == "https" and e["raw"].startswith("POST")]
    assert not seen  # half a request is none


def test_cut_off_handshake(echo, pki):
    for octets in (b"", b"\x16\x03\x01\x02\x00\x01", b"\x00" * 300):
        with socket.create_connection((echo.addr, PORT), 10) as sock:
            sock.sendall(octets)
    assert still_serves(echo, pki)


# --- client certificates ---


def test_client_certificate(echo, pki):
    got = echoed(ask(echo, pki, cert=pki.tls("vs.tsp.example", "other.example")))
    assert (got["client"], got["client_err"]) == ("vs.tsp.example", 0)


def test_client_certificate_absent(echo, pki):
    got = echoed(ask(echo, pki))
    assert os.strerror(got["client_err"]) == "No such file or directory"
    assert got["client_text"] == "no client certificate was shown"


def test_client_certificate_of_another_ca(echo, pki):
    foreign = make_root("Foreign", "Foreign ROOT")
    got = echoed(ask(echo, pki, cert=pki.tls("vs.tsp.example", ca=foreign)))
    assert os.strerror(got["client_err"]) == "Permission denied"
    assert got["client"] == "" and "issuer is unknown" in got["client_text"]


def test_client_certificate_expired(echo, pki):
    got = echoed(ask(echo, pki, cert=pki.tls("vs.tsp.example", not_after=datetime.datetime(2020, 1, 1))))
    assert got["client_err"] and "expired" in got["client_text"]


def test_client_certificate_without_a_dns_name_gives_its_cn(echo, pki):
    cred = pki.sti("1234", publish=False, ca=type(pki.web)(pki.web.cert, pki.web.key))
    got = echoed(ask(echo, pki, cert=cred.save(pki.dir, "cn-only")))
    assert (got["client"], got["client_err"]) == ("SHAKEN 1234", 0)


def test_client_certificate_is_not_asked_for_without_a_ca(pki, tls, net, tmp_path):
    config = conf(pki, tls, net(3))
    del config["tls"]["client_ca"]
    with start(config, tmp_path) as element:
        got = echoed(ask(element, pki, cert=pki.tls("vs.tsp.example")))
    assert got["client_text"] == "no client certificate was shown"


# --- answers that come later ---


def test_late_answer(echo, pki):
    started = time.monotonic()
    assert echoed(ask(echo, pki, path="/?a=1&delay_ms=100"))["a"] == "1"
    assert 0.1 <= time.monotonic() - started < 5


def test_late_answers_do_not_hold_up_others(echo, pki):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        late = pool.submit(ask, echo, pki, path="/?a=1&delay_ms=1000")
        for _ in range(3):
            assert ask(echo, pki).status == 200
        assert not late.done()
        assert late.result(10).status == 200


@pytest.mark.parametrize("how", ["close", "reset"])
def test_peer_goes_while_it_waits(own, pki, how):
    element = own()
    sock = raw_tls(element, pki)
    sock.sendall(b"GET /?delay_ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n")
    element.wait(lambda: [e for e in element.trace() if e["kind"] == "https"])
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    sock.close()
    element.note("echo.gone")
    assert still_serves(element, pki)


def test_stops_while_a_request_waits(own, pki):
    element = own()
    with raw_tls(element, pki) as sock:
        sock.sendall(b"GET /?delay_ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n")
        element.wait(lambda: [e for e in element.trace() if e["kind"] == "https"])
        element.proc.terminate()
        assert element.proc.wait(10) == 0
        assert read_to_end(sock) == b""


# --- trace of the server ---


def test_trace_of_an_exchange(own, pki):
    element = own("--name", "tsp.cps")
    with contextlib.closing(connect(element, pki)) as conn:
        answer = conn.ask("POST", "/x?a=1", "body", {"Content-Type": "text/plain", "X-Odd": "ä"})
        port = conn.sock.getsockname()[1]
    request, response = element.wait(lambda: [e for e in element.trace() if e["kind"] == "https"][:2])
    here, peer = f"{element.addr}:{PORT}", f"127.0.0.1:{port}"
    assert request["at"] == "tsp.cps"
    assert (request["dir"], request["msg"], request["src"], request["dst"]) == ("rx", "request", peer, here)
    assert (response["dir"], response["msg"], response["src"], response["dst"]) == ("tx", "response", here, peer)
    assert request["conn"] == response["conn"]
    assert request["host"] == response["host"] == NAME
    octets = bytes.fromhex(request["hex"]).decode("latin-1")  # ä came as latin-1
    head, body = octets.split("\r\n\r\n")
    assert head.split("\r\n")[0] == "POST /x?a=1 HTTP/1.1"
    assert "Content-Type: text/plain" in head and "Content-Length: 4" in head and "X-Odd: ä" in head
    assert body == "body"
    head, body = response["raw"].split("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n") and f"Content-Length: {len(answer.body)}" in head
    assert f"Date: {answer.headers['Date']}" in head
    assert body.encode() == answer.body


# --- the client ---


def told(element, pki, url, body=None, path="/ask", headers=None, **args):
    """Let the element ask another; what it says came of it."""
    query = urllib.parse.urlencode({"url": url} | args, quote_via=urllib.parse.quote)
    return echoed(ask(element, pki, "POST", f"{path}?{query}", body, headers))


@contextlib.contextmanager
def peer(pki, addr, handler, name="peer.example", tls=None):
    """A server of Python's; handler(Request) → (status, headers, body)"""
    with https_server(addr, PORT, *(tls or pki.tls(name)), handler) as server:
        yield server


PEER = f"https://peer.example:{PORT}"


@pytest.fixture
def asker(own, net):
    """An element that knows peer.example at net(4)."""
    return own(client={"resolve": {"peer.example": net(4), "dead.example": net(5), NAME: net(3)}})


def test_client_post(asker, pki, net):
    seen = []

    def handler(request):
        seen.append(request)
        return 201, {"Content-Type": "text/plain", "ETag": '"x"'}, b"stored"

    with peer(pki, net(4), handler):
        got = told(asker, pki, PEER + "/cps/company/5678", "a.b.c", method="POST",
                   headers={"Content-Type": "application/passport"})
    assert (got["err"], got["status"], got["body"], got["ctype"], got["etag"]) == (0, 201, "stored", "text/plain", '"x"')
    assert got["text"] == ""
    (request,) = seen
    assert (request.method, request.path, request.body) == ("POST", "/cps/company/5678", b"a.b.c")
    assert dict(request.headers.items()) == {
        "Host": "peer.example:8443",
        "User-Agent": request.headers["User-Agent"],
        "Content-Type": "application/passport",
        "Content-Length": "5",
    }


def test_client_large_body_without_expect(asker, pki, net):
    seen = []

    def handler(request):
        seen.append(request)
        return 200, {}, b""

    with peer(pki, net(4), handler):
        assert told(asker, pki, PEER + "/", "x" * 60000, method="POST")["status"] == 200
    assert seen[0].body == b"x" * 60000 and "Expect" not in seen[0].headers


@pytest.mark.parametrize("method,length", [("GET", None), ("PUT", "0"), ("DELETE", None)])
def test_client_methods(asker, pki, net, method, length):
    seen = []

    def handler(request):
        seen.append(request)
        return 200, {}, b""

    with peer(pki, net(4), handler):
        assert told(asker, pki, PEER + "/p?q=1", method=method, accept="application/passport")["status"] == 200
    (request,) = seen
    assert (request.method, request.path) == (method, "/p?q=1")
    assert request.headers["Content-Length"] == length
    assert request.headers["Accept"] == "application/passport"
    assert "Content-Type" not in request.headers


def test_client_keeps_its_connection_and_address(echo, pki):
    url = f"https://{NAME}:{PORT}/"
    peers = {json.loads(told(echo, pki, url)["body"])["peer"] for _ in range(3)}
    (only,) = peers
    assert only.startswith(echo.addr + ":")  # it leaves from the element's own address


def test_client_connection_that_died_is_made_again(asker, pki, net):
    with peer(pki, net(4), lambda r: (200, {"Connection": "close"}, b"1")):
        assert told(asker, pki, PEER + "/")["body"] == "1"
    with peer(pki, net(4), lambda r: (200, {}, b"2")):
        assert told(asker, pki, PEER + "/")["body"] == "2"


def test_client_connection_refused(asker, pki, net):
    got = told(asker, pki, "https://dead.example:8443/")
    assert got["errname"] == "ECONNREFUSED"
    assert got["text"] == f"connection to dead.example:8443 ({net(5)}) refused: nothing listens there"


def test_client_unknown_host(asker, pki):
    got = told(asker, pki, "https://nowhere.invalid:8443/")
    assert got["errname"] == "EHOSTUNREACH"
    assert got["text"] == 'host nowhere.invalid is not known: add it to "resolve"'


@pytest.mark.parametrize("url", ["http://peer.example/", "ftp://peer.example/", "https://", "https://u@peer.example/"])
def test_client_asks_https_only(asker, pki, url):
    assert told(asker, pki, url)["errname"] == "EPROTONOSUPPORT"


def test_client_certificate_for_another_name(asker, pki, net):
    with peer(pki, net(4), lambda r: (200, {}, b""), name="other.example"):
        got = told(asker, pki, PEER + "/")
    assert got["errname"] == "EPROTO" and f"TLS with peer.example:8443 ({net(4)}): " in got["text"]


def test_client_certificate_of_a_foreign_ca(asker, pki, net):
    tls = pki.tls("peer.example", ca=make_root("Foreign", "Foreign ROOT"))
    with peer(pki, net(4), lambda r: (200, {}, b""), tls=tls):
        got = told(asker, pki, PEER + "/")
    assert got["errname"] == "EPROTO" and "certificate" in got["text"]


def test_client_expired_certificate(asker, pki, net):
    tls = pki.tls("peer.example", not_after=datetime.datetime(2020, 1, 1))
    with peer(pki, net(4), lambda r: (200, {}, b""), tls=tls):
        got = told(asker, pki, PEER + "/")
    assert got["errname"] == "EPROTO" and "expired" in got["text"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_client_speaks_no_old_tls(asker, pki, net):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pki.tls("peer.example"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with one_connection(net(4), lambda sock: context.wrap_socket(sock, server_side=True)):
        assert told(asker, pki, PEER + "/")["errname"] == "EPROTO"


@contextlib.contextmanager
def one_connection(addr, serve):
    """A TCP server that hands its first connection to serve()."""
    with socket.create_server((addr, PORT)) as listener:
        listener.settimeout(10)

        def run_it():
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    serve(sock)

        thread = threading.Thread(target=run_it, daemon=True)
        thread.start()
        yield
        thread.join(10)


def tls_server(pki, octets):
    """serve() that reads a request and answers with these octets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pki.tls("peer.example"))

    def serve(sock):
        with context.wrap_socket(sock, server_side=True) as conn:
            conn.recv(65536)
            conn.sendall(octets)

    return serve


@pytest.mark.parametrize("octets", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"HTTP/1.1 200 O"])
def test_client_answer_is_cut_off(asker, pki, net, octets):
    with one_connection(net(4), tls_server(pki, octets)):
        got = told(asker, pki, PEER + "/")
    assert got["errname"] == "ECONNRESET"
    assert f"peer.example:8443 ({net(4)}) closed the connection" in got["text"]


def test_client_answer_is_no_http(asker, pki, net):
    with one_connection(net(4), tls_server(pki, b"\x00\x01\x02 what?\r\n\r\n")):
        got = told(asker, pki, PEER + "/")
    assert got["err"] and got["text"]


def test_client_peer_speaks_plain_http(asker, pki, net):
    with one_connection(net(4), lambda sock: sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")):
        assert told(asker, pki, PEER + "/")["errname"] == "EPROTO"


def test_client_time_is_bounded(asker, pki, net):
    with peer(pki, net(4), lambda r: time.sleep(2) or (200, {}, b"")):
        started = time.monotonic()
        got = told(asker, pki, PEER + "/", timeout_ms=100)
        assert time.monotonic() - started < 1.5
    assert got["errname"] == "ETIMEDOUT"
    assert got["text"] == f"no answer from peer.example:8443 ({net(4)}) within 100 ms"


def test_client_connection_time_is_bounded(own, pki, net):
    element = own(client={"resolve": {"peer.example": net(4)}, "connect_timeout_ms": 100})
    with socket.create_server((net(4), PORT)):  # accepts, and says nothing
        got = told(element, pki, PEER + "/")
    assert got["errname"] == "ETIMEDOUT" and "was not made within 100 ms" in got["text"]


def test_client_queue(own, pki, net):
    """One at a time, in order; time in the queue counts; a full queue refuses."""
    element = own(client={"resolve": {"peer.example": net(4)}, "max_in_flight": 1, "max_queue": 2})
    order, go = [], threading.Event()

    def handler(request):
        order.append(request.path)
        go.wait(10)
        return 200, {}, b""

    def begin(path, **args):
        seen = len(element.trace())
        future = pool.submit(told, element, pki, PEER + path, **args)
        element.wait(lambda: len(element.trace()) > seen)  # the element has read the request
        return future

    with peer(pki, net(4), handler), concurrent.futures.ThreadPoolExecutor() as pool:
        first = begin("/1")
        element.wait(lambda: order == ["/1"])
        second, third = begin("/2"), begin("/3", timeout_ms=150)
        assert told(element, pki, PEER + "/4")["errname"] == "ENOSPC"
        late = third.result(10)
        assert late["errname"] == "ETIMEDOUT" and "waited in the queue for 150 ms" in late["text"]
        go.set()
        assert first.result(10)["status"] == second.result(10)["status"] == 200
    assert order == ["/1", "/2"]


@pytest.mark.parametrize("chunked", [False, True])
def test_client_response_is_bounded(asker, pki, net, chunked):
    head = b"Transfer-Encoding: chunked\r\n\r\n65\r\n" if chunked else b"Content-Length: 101\r\n\r\n"
    with one_connection(net(4), tls_server(pki, b"HTTP/1.1 200 OK\r\n" + head + b"x" * 101 + b"\r\n0\r\n\r\n")):
        got = told(asker, pki, PEER + "/", max=100)
    assert got["errname"] == "EMSGSIZE" and "larger than 100 octets" in got["text"]


def test_client_response_of_exactly_the_bound(asker, pki, net):
    with peer(pki, net(4), lambda r: (200, {}, b"x" * 100)):
        assert told(asker, pki, PEER + "/", max=100)["body"] == "x" * 100


def test_client_follows_no_redirect(asker, pki, net):
    seen = []

    def handler(request):
        seen.append(request.path)
        return 302, {"Location": PEER + "/elsewhere"}, b""

    with peer(pki, net(4), handler):
        assert told(asker, pki, PEER + "/")["status"] == 302
    assert seen == ["/"]


@pytest.mark.parametrize(
    "headers,seconds",
    [
        ({}, -1),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "soon"}, -1),
        ({"Retry-After": "-1"}, -1),
        ({"Retry-After": "Wed, 21 Oct 2099 07:28:10 GMT", "Date": "Wed, 21 Oct 2099 07:28:00 GMT"}, 10),
        ({"Retry-After": "Wed, 21 Oct 1999 07:28:10 GMT"}, 0),
    ],
)
def test_client_retry_after(asker, pki, net, headers, seconds):
    lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    octets = f"HTTP/1.1 503 Busy\r\n{lines}Content-Length: 0\r\n\r\n".encode()
    with one_connection(net(4), tls_server(pki, octets)):
        got = told(asker, pki, PEER + "/")
    assert (got["status"], got["retry_after_s"]) == (503, seconds)


@pytest.mark.parametrize(
    "value,seconds",
    [("max-age=60", 60), ("public, Max-Age=5", 5), ("no-store", 0), ("max-age=9, no-cache", 0), ("private", -1), ("max-age=x", -1)],
)
def test_client_max_age(asker, pki, net, value, seconds):
    with peer(pki, net(4), lambda r: (200, {"Cache-Control": value}, b"")):
        assert told(asker, pki, PEER + "/")["max_age_s"] == seconds


def test_fetcher(asker, pki, net):
    with peer(pki, net(4), lambda r: (200, {"Cache-Control": "max-age=60"}, b"PEM")):
        got = told(asker, pki, PEER + "/", path="/fetch")
        assert (got["errname"], got["body"], got["max_age_s"], got["text"]) == ("", "PEM", 60, "")
        assert told(asker, pki, PEER + "/", path="/fetch", max=2)["errname"] == "EFBIG"


def test_fetcher_wants_status_200(asker, pki, net):
    with peer(pki, net(4), lambda r: (404, {}, b"no")):
        got = told(asker, pki, PEER + "/", path="/fetch")
    assert (got["errname"], got["body"], got["text"]) == ("EPROTO", "", "expected status 200, got 404")


def test_client_shows_its_certificate(own, pki, net):
    cert, key = pki.tls("as.osp.example")
    element = own(client={"cert": cert, "key": key})
    got = json.loads(told(element, pki, f"https://{NAME}:{PORT}/")["body"])
    assert got["client"] == "as.osp.example"


def test_client_cares_for_no_environment(own, pki, net):
    proxy = {name: f"http://{net(9)}:1" for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")}
    element = own(env=proxy)
    assert told(element, pki, f"https://{NAME}:{PORT}/")["status"] == 200


def test_client_trace(asker, pki, net):
    with peer(pki, net(4), lambda r: (200, {"X-There": "1"}, b"answer")):
        told(asker, pki, PEER + "/x", "body", method="POST", headers={"Content-Type": "text/plain"})
    request, response = [e for e in asker.trace() if e["kind"] == "https" and e["host"] == "peer.example:8443"]
    assert (request["dir"], request["msg"], request["dst"]) == ("tx", "request", f"{net(4)}:8443")
    assert (response["dir"], response["msg"], response["src"]) == ("rx", "response", f"{net(4)}:8443")
    assert request["src"] == response["dst"] and request["src"].startswith(asker.addr + ":")
    assert request["conn"] == response["conn"]
    assert request["raw"].startswith("POST /x HTTP/1.1\r\nHost: peer.example:8443\r\n")
    assert request["raw"].endswith("Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody")
    assert response["raw"].startswith("HTTP/1.1 200 OK\r\n") and "X-There: 1\r\n" in response["raw"]
    assert response["raw"].endswith("\r\n\r\nanswer")


def test_both_sides_tell_the_same_addresses(own, pki):
    element = own()
    told(element, pki, f"https://{NAME}:{PORT}/inner")
    inner = [e for e in element.trace() if e["kind"] == "https" and "GET /inner" in e["raw"]]
    assert {e["dir"] for e in inner} == {"rx", "tx"} and len({(e["src"], e["dst"]) for e in inner}) == 1


# --- life of an element ---


def test_ready_line(echo):
    assert echo.ready == {"name": "https_echo", "addr": echo.addr}


def test_name(own):
    assert own("--name", "tsp.cps").ready["name"] == "tsp.cps"


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(own, sig):
    element = own()
    element.proc.send_signal(sig)
    assert element.proc.wait(10) == 0
    assert element.log() == ""


def test_signal_while_it_starts(pki, tls, net, tmp_path):
    """Whenever it comes, it ends the element cleanly or, before main(), by its default action: never half."""
    path = tmp_path / "c.json"
    path.write_text(json.dumps(conf(pki, tls, net(3))))
    for delay in (0.0, 0.002, 0.005, 0.01):
        proc = subprocess.Popen([ECHO, "--config", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        proc.terminate()
        assert proc.wait(10) in (0, -signal.SIGTERM)


def serial(element, pki):
    with raw_tls(element, pki) as sock:
        return sock.getpeercert()["serialNumber"]


def copy(source, target):
    for a, b in zip(source, target):
        with open(a, "rb") as src, open(b, "wb") as dst:
            dst.write(src.read())


@pytest.fixture
def swappable(pki, own, tmp_path):
    """An element and the files of its certificate, free to be changed."""
    files = [str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")]
    copy(pki.tls(NAME), files)
    return own(tls={"cert": files[0], "key": files[1]}), files


def test_hup_swaps_the_certificate(pki, swappable):
    element, files = swappable
    old = serial(element, pki)
    with contextlib.closing(connect(element, pki)) as kept:
        kept.ask("GET", "/")
        copy(pki.tls(NAME), files)
        assert serial(element, pki) == old  # not before it is told
        element.hup()
        element.wait(lambda: "reread" in element.log())
        assert serial(element, pki) != old
        assert kept.ask("GET", "/").status == 200  # open connections go on


def test_hup_with_a_bad_key_keeps_the_old_one(pki, swappable):
    element, files = swappable
    old = serial(element, pki)
    copy(pki.tls(NAME)[1:], files[1:])  # the key of another certificate
    element.hup()
    element.wait(lambda: "what was in force stays" in element.log())
    assert files[0] in element.log() and files[1] in element.log()
    assert serial(element, pki) == old


def test_hup_swaps_the_client_certificate(pki, own, tmp_path):
    files = [str(tmp_path / "c.pem"), str(tmp_path / "k.pem")]
    copy(pki.tls("one.example"), files)
    element = own(client={"cert": files[0], "key": files[1]})
    url = f"https://{NAME}:{PORT}/"
    assert json.loads(told(element, pki, url)["body"])["client"] == "one.example"
    copy(pki.tls("two.example"), files)
    element.hup()
    element.wait(lambda: "reread" in element.log())
    assert json.loads(told(element, pki, url)["body"])["client"] == "two.example"


def test_occupied_port(echo, pki, tls, tmp_path):
    code, out, err = run(config=conf(pki, tls, echo.addr), folder=tmp_path)
    assert code == 3 and out == ""
    assert err == (
        f"https_echo: cannot listen on {echo.addr}:8443: Address already in use; another program listens there: "
        "end it, or configure another address or port\n"
    )


def test_address_of_another_machine(pki, tls, tmp_path):
    code, _, err = run(config=conf(pki, tls, "192.0.2.1"), folder=tmp_path)
    assert code == 3 and err.count("\n") == 1
    assert "cannot listen on 192.0.2.1:8443: " in err and "this machine has no such address" in err


def test_address_that_is_none(pki, tls, tmp_path):
    code, _, err = run(config=conf(pki, tls, "localhost"), folder=tmp_path)
    assert code == 2 and 'expected an IPv4 or IPv6 address, got "localhost"' in err


def test_missing_certificate(pki, tls, net, tmp_path):
    code, _, err = run(config=conf(pki, ("/nonexistent/cert.pem", tls[1]), net(3)), folder=tmp_path)
    assert code == 3 and "/nonexistent/cert.pem" in err and err.count("\n") == 1


@pytest.mark.parametrize("member", ["ca", "cert"])
def test_file_that_is_no_pem(pki, tls, net, tmp_path, member):
    path = tmp_path / "junk.pem"
    path.write_text("junk")
    client = {member: str(path)} | ({"key": tls[1]} if member == "cert" else {})
    code, _, err = run(config=conf(pki, tls, net(3), client=client), folder=tmp_path)
    assert code == 2 and f"{path}: expected PEM" in err


def test_certificate_without_a_key(pki, tls, net, tmp_path):
    code, _, err = run(config=conf(pki, tls, net(3), client={"cert": tls[0]}), folder=tmp_path)
    assert code == 2 and '"key" is missing' in err


def test_unknown_member(tmp_path):
    code, out, err = run(config='{\n\t"addr": "127.0.0.1",\n\t"adress": 1\n}', folder=tmp_path)
    assert code == 2 and out == ""
    assert re.fullmatch(r"https_echo: \S*echo\.json:3:2: /adress: expected one of .*, got \"adress\"\n", err)


def test_syntax_error(tmp_path):
    code, _, err = run(config='{\n\t"addr": }', folder=tmp_path)
    assert code == 2 and re.match(r"https_echo: \S*echo\.json:2:\d+: ", err) and err.count("\n") == 1


@pytest.mark.parametrize(
    "argv,said",
    [
        ([], "--config FILE is missing"),
        (["--config", "/nonexistent/x.json"], "/nonexistent/x.json"),
        (["--nonsense"], "nonsense"),
        (["--config"], "config"),
        (["--config", "x", "y"], 'unexpected argument "y"'),
        (["--clock-offset", "soon", "--config", "x"], '--clock-offset: expected whole seconds, got "soon"'),
        (["--clock-offset", "--5", "--config", "x"], "--clock-offset"),
        (["--clock-offset", "99999999999999", "--config", "x"], "--clock-offset"),
    ],
)
def test_usage(argv, said):
    code, out, err = run(*argv)
    assert (code, out) == (2, "") and said in err


def test_print_config_round_trip(pki, tls, net, tmp_path):
    code, first, err = run("--print-config", config=conf(pki, tls, net(3)), folder=tmp_path)
    assert (code, err) == (0, "")
    members = json.loads(first)
    assert members["port"] == 8443 and members["client"]["max_in_flight"] == 64  # defaults included
    code, second, err = run("--print-config", config=first, folder=tmp_path)
    assert (code, second, err) == (0, first, "")


def test_config_from_standard_input(pki, tls, net):
    code, out, _ = run("--config", "-", "--print-config", stdin=json.dumps(conf(pki, tls, net(3))))
    assert code == 0 and json.loads(out)["addr"] == net(3)


def test_help():
    code, out, err = run("--help")
    assert (code, err) == (0, "") and out.startswith("https_echo: answers with what it got\n")
    for word in ("--config", "--print-config", "--trace", "--name", "--clock-offset", "--verbose", "--version", "SIGHUP",
                 "max_body", "client_ca", "connect_timeout_ms", "READY"):
        assert word in out, word


def test_version():
    code, out, err = run("--version")
    assert (code, err) == (0, "") and re.fullmatch(r"https_echo \d+\.\d+\.\d+\n", out)


def test_trace_that_cannot_be_written(pki, tls, net, tmp_path):
    code, _, err = run("--trace", "/nonexistent/dir/t.jsonl", config=conf(pki, tls, net(3)), folder=tmp_path)
    assert code == 3 and "cannot open /nonexistent/dir/t.jsonl" in err


def test_ipv6(pki, tls, tmp_path):
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on this machine")
        port = probe.getsockname()[1]
    config = conf(pki, tls, "::1", port=port, client={"resolve": {NAME: "::1"}})
    with start(config, tmp_path) as element:
        with contextlib.closing(Https("::1", port, NAME, pki.web_root)) as conn:
            assert echoed(conn.ask("GET", "/6"))["peer"].startswith("[::1]:")
            query = urllib.parse.urlencode({"url": f"https://{NAME}:{port}/inner"})
            assert json.loads(echoed(conn.ask("GET", "/ask?" + query))["body"])["path"] == "/inner"
        events = [e for e in element.trace() if e["kind"] == "https"]
    assert events[0]["dst"] == f"[::1]:{port}"
