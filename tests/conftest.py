"""What every test module shares: where the programs are, and loopback addresses of its own."""

import os
import pathlib
import socket

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("OOB_BIN", ROOT / "build" / "bin")).resolve()
TOOLS = pathlib.Path(os.environ.get("OOB_TOOLS", ROOT / "build" / "tests" / "tools")).resolve()
UNIT = pathlib.Path(os.environ.get("OOB_UNIT", ROOT / "build" / "tests" / "unit")).resolve()

# oobsim's worlds are 127.2 to 127.199; the element tests take 127.200 to 127.254.
FIRST_NET, LAST_NET = 200, 254


def claim_net():
    """Claim 127.x.y.0/24 for this test: a bound socket, freed by the kernel when the process dies."""
    for attempt in range(4096):
        n = (os.getpid() * 7 + attempt) % ((LAST_NET - FIRST_NET + 1) * 254)
        x, y = FIRST_NET + n // 254, 1 + n % 254
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.bind((f"127.{x}.{y}.1", 5999))
        except OSError:
            sock.close()
            continue
        return sock, f"127.{x}.{y}"
    raise RuntimeError("no free 127.x.y network for a test")


@pytest.fixture
def net():
    """net(n) is the loopback address 127.x.y.n, n from 2 to 254, of this test alone."""
    sock, prefix = claim_net()
    yield lambda n: f"{prefix}.{n}"
    sock.close()


@pytest.fixture(scope="module")
def module_net():
    """The same for what a whole module shares."""
    sock, prefix = claim_net()
    yield lambda n: f"{prefix}.{n}"
    sock.close()
