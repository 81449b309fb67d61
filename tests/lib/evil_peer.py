# SPDX-License-Identifier: MIT
"""A TCP peer made of test code on a raw socket: the server that a machine calls, and that does to the
connection what no honest one would.

It answers ARP for its address and goes through a list of scripts, one for each connection; a script
is a function of a Session, and most of them end with session.serve().  Numbers in a session are
relative: seq 1 is our first byte, ack 1 acknowledges the machine's SYN.  Our initial number lies
just below 2^32, so that every session crosses the wrap.
"""

import socket
import struct
import threading
import time

from frames import ACK, ETH_ARP, ETH_IPV4, FIN, ICMP, PSH, RST, SYN, TCP, Frame, checksum, ethernet
from frames import ip_bytes, ipv4
from hostile import EVIL_IP, EVIL_MAC

MAC = bytes.fromhex(EVIL_MAC.replace(':', ''))
ISS = 0xFFFFFFF0
BODY = bytes(range(256)) * 12
RESPONSE = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(BODY) + BODY
MSS_1460 = b'\2\4\5\xb4'


class Ended(Exception):
    """The machine has gone."""


class SilentError(AssertionError):
    """What should have come did not."""


class EvilPeer(threading.Thread):
    def __init__(self, namespace, tap, scripts, port=80):
        super().__init__(daemon=True)
        self.scripts, self.port = scripts, port
        self.sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.bind((tap, 3))  # ETH_P_ALL: ARP and IPv4
        self.sock.settimeout(0.05)
        self.stopping = False
        self.problem = None
        self.done = 0

    def run(self):
        try:
            for script in self.scripts:
                syn = self.next_segment(lambda f: f.flags & (SYN | ACK) == SYN, None)
                script(Session(self, syn))
                self.done += 1
        except Ended:
            pass
        except Exception as e:  # handed to the test
            self.problem = e

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *rest):
        self.stopping = True
        self.join()
        self.sock.close()
        if kind is None:
            assert self.problem is None, repr(self.problem)
            assert self.done == len(self.scripts), f'{self.done} of the scripts came to their end'

    def next_segment(self, wanted, seconds):
        """The next TCP segment for us that is wanted; ARP is answered meanwhile."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            if self.stopping:
                raise Ended
            try:
                frame = Frame(self.sock.recv(65536))
            except TimeoutError:
                continue
            if frame.data[6:12] == MAC:
                continue
            if frame.ethertype == ETH_ARP:
                self.answer_arp(frame.data)
            elif frame.dst == EVIL_IP and frame.protocol == TCP and frame.dport == self.port:
                if wanted(frame):
                    return frame
        raise SilentError('the machine did not send what it should have')

    def answer_arp(self, data):
        if data[20:22] == b'\0\1' and data[38:42] == ip_bytes(EVIL_IP):
            reply = data[14:20] + b'\0\2' + MAC + ip_bytes(EVIL_IP) + data[22:32]
            self.sock.send(ethernet(data[22:28], MAC, ETH_ARP, reply))


class Session:
    def __init__(self, peer, syn):
        self.peer = peer
        self.guest_mac, self.guest_ip, self.guest_port = syn.data[6:12], syn.src, syn.sport
        self.irs = syn.seq
        self.seen = 1        # the machine's next byte
        self.request = b''
        self.guest_fin = False
        self.acked = 0       # the machine has everything before it

    # --- out ------------------------------------------------------------------------------------

    def send(self, flags, seq, data=b'', ack=None, options=b'', window=65535, urgent=0):
        """`ack` None: what we have seen."""
        ack = self.irs + (self.seen if ack is None else ack) & 0xFFFFFFFF if flags & ACK else 0
        options += b'\0' * (-len(options) % 4)
        segment = struct.pack('!HHIIBBHHH', self.peer.port, self.guest_port,
                              ISS + seq & 0xFFFFFFFF, ack, 5 + len(options) // 4 << 4, flags,
                              window, 0, urgent) + options + data
        pseudo = ip_bytes(EVIL_IP) + ip_bytes(self.guest_ip) + struct.pack('!BBH', 0, TCP,
                                                                             len(segment))
        segment = segment[:16] + struct.pack('!H', checksum(pseudo + segment)) + segment[18:]
        self.peer.sock.send(ethernet(self.guest_mac, MAC, ETH_IPV4,
                                     ipv4(EVIL_IP, self.guest_ip, TCP, segment)))

    def icmp_error(self, kind, code, seq, mtu=0):
        """About a segment of the machine's on this connection that began with its byte `seq`."""
        segment = struct.pack('!HHIIBBHHH', self.guest_port, self.peer.port,
                              self.irs + seq & 0xFFFFFFFF, ISS, 5 << 4, ACK, 65535, 0, 0)
        about = ipv4(self.guest_ip, EVIL_IP, TCP, segment + bytes(1460), fragment=0x4000)
        message = struct.pack('!BBHHH', kind, code, 0, 0, mtu) + about[:28]
        message = message[:2] + struct.pack('!H', checksum(message)) + message[4:]
        self.peer.sock.send(ethernet(self.guest_mac, MAC, ETH_IPV4,
                                     ipv4(EVIL_IP, self.guest_ip, ICMP, message)))

    def synack(self, options=MSS_1460, **fields):
        self.send(SYN | ACK, 0, options=options, **fields)

    # --- in -------------------------------------------------------------------------------------

    def expect(self, wanted=lambda frame: True, seconds=10):
        """The machine's next segment of this connection that is wanted; its text is noted."""
        def ours(frame):
            if frame.sport != self.guest_port:
                return False
            self._note(frame)
            return wanted(frame)
        return self.peer.next_segment(ours, seconds)

    def _note(self, frame):
        at = frame.seq - self.irs & 0xFFFFFFFF
        ack = frame.ack - ISS & 0xFFFFFFFF
        if frame.flags & ACK and ack <= 2 + len(RESPONSE):
            self.acked = max(self.acked, ack)
        new = frame.payload[self.seen - at:] if at <= self.seen else b''
        self.request += new
        self.seen += len(new)
        if frame.flags & FIN and at + len(frame.payload) == self.seen and not self.guest_fin:
            self.guest_fin = True
            self.seen += 1

    def expect_acked(self, seq):
        """Until the machine acknowledges everything before `seq`."""
        return self.expect(lambda f: f.flags & ACK and f.ack == ISS + seq & 0xFFFFFFFF)

    def expect_request(self):
        while b'\r\n\r\n' not in self.request:
            self.expect(lambda f: f.payload)
        return self

    # --- the rest of an honest conversation -----------------------------------------------------

    def open(self, **fields):
        """Handshake and request."""
        self.synack(**fields)
        return self.expect_request()

    def serve(self, done=0):
        """Answers from byte `done` of the response on, in small segments, and closes; what is not
        acknowledged goes again."""
        for _ in range(50):
            for at in range(max(done, self.acked - 1), len(RESPONSE), 200):
                self.send(ACK | PSH, 1 + at, RESPONSE[at:at + 200])
            self.send(FIN | ACK, 1 + len(RESPONSE))
            if self._is_over(seconds=0.5):
                self.send(ACK, 2 + len(RESPONSE))
                return
        raise AssertionError(f'the machine acknowledges {self.acked} bytes and no more')

    def _is_over(self, seconds):
        """Until the machine's FIN is here, or nothing new has come for that long."""
        while not self.guest_fin:
            before = self.acked, self.seen
            try:
                self.expect(lambda f: self.guest_fin or (self.acked, self.seen) != before, seconds)
            except SilentError:
                return False
        return True

    def reset(self, seq):
        self.send(RST, seq)
