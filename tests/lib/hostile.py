# SPDX-License-Identifier: MIT
"""Frames that no honest host sends, made with scapy: docs/hostile-inputs.md row by row.

Each section is a dictionary {name: frames} for one machine; the names are those of the document.
What a frame carries is wrong in the one way its name says, and right in all others: so it reaches
the check that it is meant for.
"""

import struct

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

EVIL_IP = '192.168.77.66'
EVIL_MAC = '02:66:66:66:66:6a'
BROADCAST = 'ff:ff:ff:ff:ff:ff'
ALL_HOSTS = '01:00:5e:00:00:01'
CLOSED_PORT = 40000
FRAGMENTED_ID = 0x4F46  # of every echo request that comes in pieces: none may be answered
LSRR, SSRR = 131, 137


def patched(data, at, new):
    data = bytes(data)
    return data[:at] + new + data[at + len(new):]


def checksum(data):
    total = sum(struct.unpack(f'!{(len(data) + 1) // 2}H', data + b'\0' * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Attack:
    """Builds frames from EVIL to one machine."""

    def __init__(self, guest_mac, guest_ip, host_ip):
        self.mac, self.ip, self.host = guest_mac, guest_ip, host_ip
        self.net_broadcast = guest_ip.rsplit('.', 1)[0] + '.255'

    # --- pieces ---------------------------------------------------------------------------------

    def frame(self, payload, dst=None, src=EVIL_MAC, ethertype=0x0800):
        return bytes(Ether(dst=dst or self.mac, src=src, type=ethertype)) + bytes(payload)

    def packet(self, payload, **fields):
        fields = {'src': EVIL_IP, 'dst': self.ip, 'id': 0x1234, **fields}
        return bytes(IP(**fields) / payload)

    def to(self, payload, **fields):
        """A frame with an IPv4 packet."""
        return self.frame(self.packet(payload, **fields))

    def header_patched(self, at, new, payload=None):
        """A packet with other bytes in its header, and the checksum right again."""
        packet = patched(self.packet(payload or UDP(sport=9, dport=9) / b'12345678'), at, new)
        ihl = max(20, min((packet[0] & 15) * 4, len(packet)))
        packet = patched(packet, 10, b'\0\0')
        return self.frame(patched(packet, 10, struct.pack('!H', checksum(packet[:ihl]))))

    def optioned(self, options, payload=None):
        """A packet with these bytes (a multiple of 4) as its options, to a closed port."""
        payload = bytes(payload or UDP(sport=9, dport=9, chksum=0) / b'12345678')
        head = struct.pack('!BBHHHBBH4s4s', 0x45 + len(options) // 4, 0,
                           20 + len(options) + len(payload), 1, 0, 64, 17, 0,
                           bytes(map(int, EVIL_IP.split('.'))),
                           bytes(map(int, self.ip.split('.')))) + options
        return self.frame(patched(head, 10, struct.pack('!H', checksum(head))) + payload)

    def arp(self, dst=None, src=EVIL_MAC, cut=None, **fields):
        fields = {'op': 1, 'hwsrc': EVIL_MAC, 'psrc': EVIL_IP, 'pdst': self.ip, **fields}
        return self.frame(bytes(ARP(**fields))[:cut], dst, src, 0x0806)

    def echo(self, ident, seq=1, data=b'', **fields):
        return self.to(ICMP(type=8, id=ident, seq=seq) / data, **fields)

    def udp(self, dport=9, **fields):
        ip = {k: fields.pop(k) for k in ('src', 'dst') if k in fields}
        return self.to(UDP(sport=9, dport=dport, **fields) / b'12345678', **ip)

    def tcp(self, sport, flags, data=b'', raw_options=b'', dataofs=None, **fields):
        """Options are bytes, so that they can be wrong."""
        segment = bytes(TCP(sport=sport, dport=fields.pop('dport', CLOSED_PORT), seq=1000,
                            ack=5000, flags=flags, **fields))
        options = raw_options + b'\0' * (-len(raw_options) % 4)
        words = 5 + len(options) // 4 if dataofs is None else dataofs
        segment = segment[:12] + bytes([words << 4]) + segment[13:20] + options + data
        return self._with_tcp_checksum(segment)

    def _with_tcp_checksum(self, segment):
        packet = IP(src=EVIL_IP, dst=self.ip, proto=6) / Raw(segment)
        pseudo = bytes(packet)[12:20] + struct.pack('!BBH', 0, 6, len(segment))
        segment = patched(segment, 16, b'\0\0')
        return self.to(Raw(patched(segment, 16, struct.pack('!H', checksum(pseudo + segment)))),
                       proto=6)

    # --- sections -------------------------------------------------------------------------------

    def ethernet_and_arp(self):
        other = '02:00:00:00:00:07'
        return {
            'no payload at all': [self.frame(b'', ethertype=t) for t in (0x0800, 0x0806, 0x1234)],
            'truncated VLAN tag': [self.frame(b'\0' * n, ethertype=0x8100) for n in range(4)],
            'VLAN': [bytes(Ether(dst=self.mac, src=EVIL_MAC) / Dot1Q(vlan=7) /
                           IP(src=EVIL_IP, dst=self.ip) / ICMP())],
            'ARP under 28 bytes': [self.arp(cut=n) for n in range(28)],
            'ARP hlen': [self.arp(hwlen=n) for n in (0, 5, 7, 255)],
            'ARP plen': [self.arp(plen=n) for n in (0, 3, 16, 255)],
            'unsolicited reply': [self.arp(op=2, psrc='192.168.77.67', hwsrc=other)],
            'gratuitous reply': [self.arp(BROADCAST, op=2, psrc='192.168.77.68',
                                          pdst='192.168.77.68', hwsrc=other)],
            'sender address is ours': [self.arp(BROADCAST, op=op, psrc=self.ip, pdst=self.ip,
                                                hwsrc=other) for op in (1, 2)],
            'group sender in ARP': [self.arp(op=2, hwsrc=m) for m in (BROADCAST, ALL_HOSTS)],
            'group sender': [self.frame(self.packet(ICMP()), src=m)
                             for m in (BROADCAST, ALL_HOSTS)],
            'RARP': [self.arp(op=3)] + [self.frame(bytes(ARP(op=3)), ethertype=0x8035)],
        }

    def ipv4(self):
        good = self.packet(UDP(sport=9, dport=9) / b'12345678')
        tcp_header = TCP(sport=7, dport=CLOSED_PORT, flags='S')
        route = bytes([7, 4]) + bytes([10, 0, 0, 1])
        return {
            'IHL under 5': [self.header_patched(0, bytes([0x40 + n])) for n in range(5)],
            'IHL 15 in 52 bytes': [self.frame(patched(self.packet(Raw(bytes(32)), proto=6), 0,
                                                      b'\x4f'))],
            'total_len under IHL*4': [self.header_patched(2, struct.pack('!H', n))
                                      for n in (0, 1, 19)],
            'total_len over the frame': [self.header_patched(2, struct.pack('!H', n))
                                         for n in (len(good) + 1, 1500, 65535)],
            'total_len 20 with TCP': [self.to(Raw(b''), proto=6)],
            'other version': [self.header_patched(0, bytes([n << 4 | 5])) for n in (0, 5, 6, 15)],
            'bad checksum': [self.frame(patched(good, 10, b'\xde\xad'))],
            'option of length 0, 1, past the end': [self.optioned(o) for o in (
                b'\7\0\0\0', b'\7\1\0\0', b'\7\5\0\0', b'\7\xff\0\0', b'\1\1\1\7')],
            'source route': [self.optioned(bytes([kind]) + o + b'\0') for kind in (LSRR, SSRR)
                             for o in (route, b'\7\3' + route[2:], b'\7\0' + route[2:],
                                       b'\7\xc8' + route[2:])],
            'source route twice': [self.optioned((bytes([LSRR]) + route) * 2 + b'\0\0')],
            'source is impossible': [self.udp(src=s) for s in (
                '127.0.0.1', '127.255.255.255', '255.255.255.255', '224.0.0.1', '240.0.0.1',
                '0.0.0.0', self.net_broadcast)],
            'LAND': [self.to(tcp_header, src=self.ip), self.udp(src=self.ip),
                     self.echo(1, src=self.ip)],
            'tunnels': [self.to(Raw(good), proto=4), self.to(Raw(b'\x60' + bytes(39)), proto=41),
                        self.to(Raw(self.packet(Raw(good), proto=4)), proto=4)],
            'TCP to a broadcast': [self.frame(self.packet(tcp_header, dst=d), BROADCAST)
                                   for d in (self.net_broadcast, '255.255.255.255')],
            'not ours': [self.udp(dst='192.168.77.99'), self.udp(dst='10.1.2.3')],
        }

    def fragments(self):
        echo = bytes(ICMP(type=8, id=FRAGMENTED_ID, seq=1) / bytes(range(64)))

        def piece(offset, data, more=True, ident=1):
            return self.to(Raw(data), proto=1, frag=offset // 8, flags='MF' if more else 0,
                           id=ident)
        return {
            'offset and length over 65535': [piece(0, echo[:64], ident=1),
                                             piece(65528, bytes(64), False, ident=1)],
            'overlap': [piece(0, echo[:48], ident=2), piece(32, b'\xee' * 16, ident=2),
                        piece(48, echo[48:], False, ident=2)],
            'zero length': [piece(0, echo[:32], ident=3), piece(32, b'', ident=3),
                            piece(32, b'', False, ident=3)],
            'MF with a length not a multiple of 8': [piece(0, echo[:36], ident=4),
                                                     piece(40, echo[40:], False, ident=4)],
            'two different ends': [piece(64, echo[64:], False, ident=5),
                                   piece(48, echo[48:56], False, ident=5),
                                   piece(0, echo[:64], ident=5)],
            'first too short for its transport': [
                self.to(Raw(bytes(8)), proto=6, flags='MF', id=6),
                self.to(Raw(bytes(12)), proto=6, frag=1, id=6)],
            'flood': [piece(8 * (n % 50 + 1), echo[:8], ident=1000 + n) for n in range(300)],
        }

    def icmp(self):
        sent = bytes(IP(src=self.ip, dst=self.host) / TCP(sport=50000, dport=80, seq=7))

        def error(kind, code, inner=sent[:28], **fields):
            return self.to(ICMP(type=kind, code=code, **fields) / Raw(inner))
        return {
            'header under 8 bytes': [self.to(Raw((b'\x08\0\xf7\xff' + bytes(4))[:n]), proto=1)
                                     for n in range(8)],
            'truncated inner header': [error(3, 3, sent[:n]) for n in range(0, 28, 3)],
            'inner IHL past the end': [error(3, 3, bytes([b]) + sent[1:28])
                                       for b in (0x44, 0x4F, 0x40)],
            'fragmentation needed': [error(3, 4, nexthopmtu=mtu)
                                     for mtu in (0, 1, 67, 68, 1400, 1500, 65535)],
            'redirect': [self.to(ICMP(type=5, code=c, gw=EVIL_IP) / Raw(sent[:28]))
                         for c in range(4)],
            'source quench': [error(4, 0)],
            'address mask': [self.to(ICMP(type=t, id=1, seq=1) / Raw(b'\xff\xff\xff\0'))
                             for t in (17, 18)],
            'timestamp, router discovery': [self.to(ICMP(type=t) / Raw(bytes(16)))
                                            for t in (9, 10, 13, 14, 15, 16)],
            'broadcast ping': [self.frame(self.packet(ICMP(type=8), dst=d), BROADCAST)
                               for d in (self.net_broadcast, '255.255.255.255')],
            'bad checksum': [self.to(ICMP(type=8, chksum=0x1234))],
        }

    def udp_section(self):
        return {
            'length under 8': [self.udp(len=n) for n in (0, 1, 7)],
            'length over the packet': [self.udp(len=n) for n in (17, 500, 65535)],
            'truncated header': [self.to(Raw(bytes(n)), proto=17) for n in range(8)],
            'bad checksum': [self.udp(chksum=0x1234)],
            'destination port 0': [self.udp(dport=0)],
            'broadcast': [self.frame(self.packet(UDP(sport=9, dport=9) / b'x', dst=d), BROADCAST)
                          for d in (self.net_broadcast, '255.255.255.255')],
        }

    def accepted(self):
        """Odd, and yet to be taken: each is answered."""
        return {
            'padding': [self.echo(0x1001, data=b'1234') + b'\xee' * 100],
            'TTL 0': [self.echo(0x1002, data=b'1234', ttl=0)],
            'checksum 0': [self.udp(chksum=0)],
        }

    def tcp_to_nowhere(self):
        """Each with a source port of its own, by which its answer is known."""
        return {
            'SYN': [self.tcp(1001, 'S')],
            'data on a SYN': [self.tcp(1002, 'S', b'12345')],
            'ACK': [self.tcp(1003, 'A')],
            'RST': [self.tcp(1004, 'R'), self.tcp(1004, 'RA', b'because')],
            'SYN+RST': [self.tcp(1005, 'SR')],
            'no flags': [self.tcp(1006, 0, b'12')],
            'all flags': [self.tcp(1007, 0xFF)],
            'SYN+FIN': [self.tcp(1008, 'SF')],
            'data offset': [self.tcp(1009, 'S', dataofs=n) for n in (0, 1, 4, 6, 15)],
            'truncated header': [self.to(Raw(bytes(self.tcp(1010, 'S')[34:34 + n])), proto=6)
                                 for n in range(20)],
            'bad checksum': [patched(self.tcp(1011, 'S'), 50, b'\x12\x34')],
            'options without sense': [self.tcp(1012, 'R', raw_options=o) for o in (
                b'\x4d\0\1\1', b'\x4d\1\1\1', b'\2\x28\0\0', b'\1\1\1\2')],
        }
