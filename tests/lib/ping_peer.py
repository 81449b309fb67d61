# SPDX-License-Identifier: MIT
"""Hosts made of test code on a raw socket, that answer pings each in a way of its own.

A way is a function of a Ping, called once for each request; it sends what it likes.  ARP is answered
for every host that has a way.
"""

import socket
import struct
import threading

from frames import ETH_ARP, ETH_IPV4, ICMP, Frame, checksum, ethernet, ip_bytes, ipv4

MAC = bytes.fromhex('525400007799')
ECHO_REPLY, UNREACHABLE, ECHO = 0, 3, 8


class Ping:
    """A request that came; `number` counts those to this host, from 1."""

    def __init__(self, peer, frame, number):
        self.peer, self.frame, self.number = peer, frame, number
        self.ident, self.seq = struct.unpack_from('!HH', frame.payload, 4)
        self.data = frame.payload[8:]

    def send(self, kind, code, rest, data, src=None):
        message = struct.pack('!BBHI', kind, code, 0, rest) + data
        message = message[:2] + struct.pack('!H', checksum(message)) + message[4:]
        frame = self.frame
        self.peer.sock.send(ethernet(frame.data[6:12], MAC, ETH_IPV4,
                                     ipv4(src or frame.dst, frame.src, ICMP, message, ttl=33)))

    def reply(self, data=None, ident=None, seq=None, code=0, src=None):
        ident, seq = (self.ident if ident is None else ident), (self.seq if seq is None else seq)
        self.send(ECHO_REPLY, code, (ident & 0xFFFF) << 16 | seq & 0xFFFF,
                  self.data if data is None else data, src)

    def unreachable(self, code, src):
        """As a router says it, about this request."""
        self.send(UNREACHABLE, code, 0, self.frame.data[14:14 + 28], src)


class PingPeer(threading.Thread):
    """`ways`: {address: way}; `pings` remembers what came, in order."""

    def __init__(self, namespace, tap, ways):
        super().__init__(daemon=True)
        self.ways = ways
        self.pings = []
        self.problem = None
        self.stopping = False
        self.sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.bind((tap, 3))  # ETH_P_ALL
        self.sock.settimeout(0.05)

    def run(self):
        try:
            while not self.stopping:
                try:
                    self.take(Frame(self.sock.recv(65536)))
                except TimeoutError:
                    pass
        except Exception as e:  # handed to the test
            self.problem = e

    def take(self, frame):
        data = frame.data
        if data[6:12] == MAC:
            return
        if frame.ethertype == ETH_ARP and frame.arp_operation == 1 and frame.arp_target in self.ways:
            reply = data[14:20] + b'\0\2' + MAC + ip_bytes(frame.arp_target) + data[22:32]
            self.sock.send(ethernet(data[22:28], MAC, ETH_ARP, reply))
        elif frame.protocol == ICMP and frame.dst in self.ways and frame.payload[:1] == bytes([ECHO]):
            number = 1 + sum(p.frame.dst == frame.dst for p in self.pings)
            self.pings.append(Ping(self, frame, number))
            self.ways[frame.dst](self.pings[-1])

    def to(self, address):
        return [p for p in self.pings if p.frame.dst == address]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *rest):
        self.stopping = True
        self.join()
        self.sock.close()
        if kind is None:
            assert self.problem is None, repr(self.problem)
