# SPDX-License-Identifier: MIT
"""Ethernet frames taken apart as far as the tests need, and put together again.

Deliberately not the code under test: offsets straight from the RFCs, nothing shared with net/.
"""

import struct

ETH_IPV4, ETH_ARP = 0x0800, 0x0806
ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


class Frame:
    """Attributes are None where the frame has no such part."""

    def __init__(self, data):
        self.data = data
        self.ethertype = struct.unpack_from('!H', data, 12)[0] if len(data) >= 14 else None
        self.protocol = self.src = self.dst = self.sport = self.dport = None
        self.flags = self.seq = self.ack = self.payload_off = None
        self.payload = b''
        if self.ethertype == ETH_IPV4 and len(data) >= 34:
            self._ipv4()

    def _ipv4(self):
        data = self.data
        self.ip_len = (data[14] & 15) * 4
        self.protocol = data[23]
        self.src, self.dst = (ip_text(data[o:o + 4]) for o in (26, 30))
        end = 14 + struct.unpack_from('!H', data, 16)[0]
        at = 14 + self.ip_len
        if len(data) < at + {TCP: 20, UDP: 8, ICMP: 8}.get(self.protocol, 0):
            return  # cut short, or a hostile header length
        if self.protocol in (TCP, UDP):
            self.sport, self.dport = struct.unpack_from('!HH', data, at)
        if self.protocol == TCP:
            self.seq, self.ack = struct.unpack_from('!II', data, at + 4)
            self.flags = data[at + 13]
            self.payload_off = at + (data[at + 12] >> 4) * 4
        elif self.protocol == UDP:
            self.payload_off = at + 8
        elif self.protocol == ICMP:
            self.payload_off = at
        if self.payload_off is not None:
            self.payload = data[self.payload_off:end]

    def is_tcp(self, flags=None, mask=FIN | SYN | RST):
        """TCP, with exactly those of the masked flags set."""
        return self.protocol == TCP and (flags is None or self.flags & mask == flags)

    @property
    def arp_operation(self):
        if self.ethertype != ETH_ARP or len(self.data) < 42:
            return None
        return struct.unpack_from('!H', self.data, 20)[0]

    @property
    def arp_target(self):
        """The address that is asked for, or None."""
        return ip_text(self.data[38:42]) if self.arp_operation is not None else None


def ip_text(four):
    return '.'.join(str(b) for b in four)


def ip_bytes(text):
    return bytes(int(p) for p in text.split('.'))


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(src, dst, protocol, payload, ttl=64, fragment=0):
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0x1234, fragment, ttl, protocol, 0,
                       ip_bytes(src), ip_bytes(dst))
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload


def ethernet(dst_mac, src_mac, ethertype, payload):
    return dst_mac + src_mac + struct.pack('!H', ethertype) + payload


def read_pcap(path):
    """[(nanoseconds, Frame)] of a capture that tools/runner/capture.py or QEMU wrote."""
    with open(path, 'rb') as f:
        data = f.read()
    magic, = struct.unpack_from('<I', data)
    unit = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[magic]
    at, found = 24, []
    while at + 16 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from('<IIII', data, at)
        at += 16
        found.append((seconds * 10**9 + fraction * unit, Frame(data[at:at + length])))
        at += length
    return found
