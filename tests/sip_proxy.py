"""An STI-AS or STI-VS on the call's way, made of plain sockets: it takes the INVITE whose Route names it, adds what it is
told to, and sends it to the next Route; everything else passes."""

import re

from sip_peer import Peer


def host_port(uri):
    host, port = re.match(r"sip:(?:[^@;]*@)?([^:;]+)(?::(\d+))?", uri).groups()
    return host, int(port or 5060)


class Proxy:
    """edit(invite): header lines to add, or None to answer nothing. Requests that it took are in `seen`."""

    def __init__(self, addr, edit=lambda invite: [], record=False):
        self.addr, self.edit, self.record = addr, edit, record
        self.seen, self.responses = [], []
        self.clients = {}  # branch of ours → (request as it came, next hop)
        self.peer = Peer(addr, auto=self.take)

    def close(self):
        self.peer.close()

    def methods(self):
        return [m.method for m in self.seen]

    # --- requests ---

    def take(self, _, message):
        if message.status:
            self.respond(message)
        else:
            self.seen.append(message)
            getattr(self, "on_" + message.method.lower(), self.forward)(message)
        return True

    def on_invite(self, message):
        added = self.edit(message)
        if added is None:
            return
        self.peer.reply(message, 100, "Trying")
        self.forward(message, added)

    def on_cancel(self, message):
        """Hop by hop: the INVITE's branch, ours on the next hop."""
        self.peer.reply(message, 200, "OK")
        if f"b{message.branch}" in self.clients:
            self.forward(message)

    def on_ack(self, message):
        if not self.is_final(message):
            self.forward(message)

    def is_final(self, ack):
        """ACK of a failure ends here: it has the branch of the INVITE."""
        return f"b{ack.branch}" in self.clients

    def forward(self, message, added=()):
        routes = [r.strip() for line in message.all("Route") for r in line.split(",")]
        assert self.addr in routes[0], message
        rest = routes[1:]
        hop = host_port(rest[0].strip("<>") if rest else message.uri)
        branch = f"b{message.branch}"
        lines = [message.start, f"Via: SIP/2.0/TCP {self.addr}:5060;branch={branch}"]
        if self.record and message.method == "INVITE":
            lines.append(f"Record-Route: <sip:{self.addr};transport=tcp;lr>")
        lines += [f"{k}: {v}" for k, v in message.headers if k not in ("Route", "Content-Length", "Max-Forwards")]
        lines += [f"Route: {r}" for r in rest] + [f"Max-Forwards: {int(message.get('Max-Forwards')) - 1}", *added,
                                                  f"Content-Length: {len(message.body)}"]
        if message.method != "CANCEL":
            self.clients[branch] = (message, hop)
        self.peer.send(hop, "\r\n".join(lines).encode() + b"\r\n\r\n" + message.body)

    # --- responses ---

    def respond(self, message):
        self.responses.append(message)
        request, hop = self.clients[message.branch]
        invite = message.get("CSeq").endswith("INVITE")
        if invite and message.status >= 300:
            self.acknowledge(request, message, hop)
        if message.status == 100 or message.get("CSeq").endswith("CANCEL"):
            return
        vias = [line for line in message.octets.decode().split("\r\n") if line.startswith("Via: ")]
        request.reply_to(message.octets.replace(vias[0].encode() + b"\r\n", b"", 1))

    def acknowledge(self, request, final, hop):
        lines = [f"ACK {request.uri} SIP/2.0", f"Via: {final.all('Via')[0]}", f"From: {final.get('From')}",
                 f"To: {final.get('To')}", f"Call-ID: {final.get('Call-ID')}",
                 f"CSeq: {final.get('CSeq').split()[0]} ACK", "Max-Forwards: 70", "Content-Length: 0"]
        self.peer.send(hop, "\r\n".join(lines).encode() + b"\r\n\r\n")
