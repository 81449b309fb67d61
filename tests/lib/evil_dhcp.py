# SPDX-License-Identifier: MIT
"""A DHCP server made of test code on a raw socket: it says what a script tells it to say, and nothing
when the script has nothing.  Beside it, a host that answers ARP for an address.
"""

import socket
import threading

from frames import ETH_ARP, UDP, Frame, ethernet, ip_bytes
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP as UDPLayer
from scapy.layers.l2 import Ether

SERVER_MAC = '02:00:00:00:66:01'
KINDS = {1: 'discover', 3: 'request', 4: 'decline', 7: 'release'}


def tagged(frame, vid):
    """The frame with a tag of IEEE 802.1Q."""
    return frame[:12] + b'\x81\0' + vid.to_bytes(2, 'big') + frame[12:]


class _OnTheTap(threading.Thread):
    """A thread that sees every frame on a tap."""

    def __init__(self, namespace, tap):
        super().__init__(daemon=True)
        self.sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.bind((tap, 3))
        self.sock.settimeout(0.05)
        self.stopping = False

    def run(self):
        while not self.stopping:
            try:
                self.hear(self.sock.recv(65536))
            except TimeoutError:
                continue

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stopping = True
        self.join()
        self.sock.close()


class Server(_OnTheTap):
    """`script(kind, number)` gets "discover", "request", ... and how many of that kind there have
    been, this one included; it gives the options of the reply, its 'message-type' first, or None.
    Everything heard is kept as (kind, {option: value}, BOOTP)."""

    def __init__(self, namespace, tap, address, offers, script, spoil=lambda frame, number: frame):
        """`spoil` gets each reply as a frame, and its number from 1, and gives what is sent."""
        super().__init__(namespace, tap)
        self.address, self.offers, self.script, self.spoil = address, offers, script, spoil
        self.sent = 0
        self.heard = []

    def of(self, kind):
        return [(options, bootp) for k, options, bootp in self.heard if k == kind]

    def hear(self, data):
        frame = Frame(data)
        if frame.protocol != UDP or frame.dport != 67:
            return
        packet = Ether(data)
        options = dict(o[:2] for o in packet[DHCP].options if isinstance(o, tuple))
        kind = KINDS.get(options['message-type'], 'other')
        self.heard.append((kind, options, packet[BOOTP]))
        reply = self.script(kind, len(self.of(kind)))
        if reply is not None:
            self._send(packet, reply)

    def _send(self, packet, options):
        asked = packet[BOOTP]
        yours = '0.0.0.0' if ('message-type', 'nak') in options else self.offers
        self.sent += 1
        self.sock.send(self.spoil(bytes(
            Ether(src=SERVER_MAC, dst='ff:ff:ff:ff:ff:ff')
            / IP(src=self.address, dst='255.255.255.255') / UDPLayer(sport=67, dport=68)
            / BOOTP(op=2, xid=asked.xid, chaddr=asked.chaddr, yiaddr=yours, flags=asked.flags)
            / DHCP(options=[*options, ('server_id', self.address), 'end'])), self.sent))


class Holder(_OnTheTap):
    """A host that has had the address for long: it answers whoever asks for it, probes included."""

    MAC = bytes.fromhex('020000006699')

    def __init__(self, namespace, tap, address, vid=None):
        """`vid`: it answers in that VLAN."""
        super().__init__(namespace, tap)
        self.address, self.vid = ip_bytes(address), vid

    def hear(self, data):
        if Frame(data).arp_operation == 1 and data[38:42] == self.address and data[6:12] != self.MAC:
            reply = data[14:20] + b'\0\2' + self.MAC + self.address + data[22:32]
            frame = ethernet(data[22:28], self.MAC, ETH_ARP, reply)
            self.sock.send(frame if self.vid is None else tagged(frame, self.vid))


class Forger(_OnTheTap):
    """Answers the first probe that it hears, once, as if it had that address; it has none.  `forged`:
    the address, once the answer is on its way."""

    def __init__(self, namespace, tap):
        super().__init__(namespace, tap)
        self.forged = None

    def hear(self, data):
        if Frame(data).arp_operation != 1 or data[28:32] != bytes(4) or self.forged:
            return
        reply = data[14:20] + b'\0\2' + Holder.MAC + data[38:42] + data[22:28] + bytes(4)
        self.sock.send(ethernet(data[22:28], Holder.MAC, ETH_ARP, reply))
        self.forged = socket.inet_ntoa(data[38:42])
