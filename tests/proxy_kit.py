"""A CSCF that has an STI-AS or STI-VS on the way of its calls, as on ISC: Route to the service, then back to itself."""

import contextlib

from sip_peer import Call, Peer, TIMEOUT

ODI = "odi=a1b2"


class Cscf(Peer):
    """Sends INVITEs through the service, and gets them back."""

    def __init__(self, addr, service):
        super().__init__(addr)
        self.service = service
        host, port = service.rsplit(":", 1)
        self.service_addr = (host, int(port))

    def back(self, transport=""):
        return f"<sip:{self.addr}:5060;lr;{ODI}{transport}>"

    def invite(self, uri, caller, *headers, transport="tcp", body=b"", routes=None, **how):
        """A new call; gives it, and keeps the octets of its INVITE in call.octets."""
        call = Call(caller, f"<{uri}>", uri, **how)
        suffix = ";transport=udp" if transport == "udp" else ""
        routes = routes or [f"Route: <sip:{self.service};lr{suffix}>, {self.back(suffix)}"]
        call.headers = routes + [f"Contact: <sip:{self.addr}:5060>", *headers]
        call.octets = self.request(self.service_addr, "INVITE", call, call.headers, body, transport)
        call.transport = transport
        return call

    def cancel(self, call):
        self.request(self.service_addr, "CANCEL", call, [h for h in call.headers if h.startswith("Route")],
                     transport=call.transport)

    def ack(self, call, answer):
        """For a refusal: same branch."""
        remote, call.remote = call.remote, answer.get("To")
        self.request(self.service_addr, "ACK", call, [h for h in call.headers if h.startswith("Route")],
                     transport=call.transport)
        call.remote = remote

    def expect_any(self, *wanted):
        """The next message but a 100, which must be one of these methods and statuses."""
        while True:
            message = self.inbox.get(timeout=TIMEOUT)
            if message.status != 100:
                assert message.method in wanted or message.status in wanted, message
                return message


@contextlib.contextmanager
def cscf(addr, element):
    with Cscf(addr, element.ready["sip"]) as peer:
        yield peer
