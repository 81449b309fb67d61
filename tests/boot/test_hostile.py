"""Frames that no honest host sends, against the booted image: dropped, and nothing else happens.

The list is that of docs/hostile-inputs, as far as a wire can carry it to a machine that holds the
line; each row's own test against the stack stands in tests/unit.
"""

import socket
import struct

import pytest
from conftest import GUEST, HOST
from frames import ICMP, TCP, UDP, ethernet, ipv4
from machine import Run
from test_ping import ping

EVIL = '192.168.77.66'
EVIL_MAC = bytes.fromhex('02666666666a')
BROADCAST = b'\xff' * 6


def arp(operation=1, hlen=6, plen=4, sender_ip=EVIL, target_ip=GUEST, sender_mac=EVIL_MAC):
    def four(text):
        return socket.inet_aton(text)
    return struct.pack('!HHBBH', 1, 0x0800, hlen, plen, operation) + sender_mac + four(
        sender_ip) + bytes(6) + four(target_ip)


def changed(data, at, new):
    return data[:at] + new + data[at + len(new):]


def tcp(flags, options=b'', offset=None, sport=80, dport=40000, seq=1, urgent=0):
    offset = (5 + len(options) // 4) if offset is None else offset
    return struct.pack('!HHIIBBHHH', sport, dport, seq, 0, offset << 4, flags, 1000, 0,
                       urgent) + options


def udp(length=None, dport=9, payload=b'x'):
    return struct.pack('!HHHH', 1000, dport, 8 + len(payload) if length is None else length,
                       0) + payload


def icmp_error(kind, code, inner, mtu=0):
    return struct.pack('!BBHHH', kind, code, 0, 0, mtu) + inner


def from_evil(protocol, payload, src=EVIL, dst=GUEST):
    return 0x0800, ipv4(src, dst, protocol, payload)


GOOD = ipv4(EVIL, GUEST, UDP, udp())
INNER = ipv4(GUEST, HOST, TCP, tcp(2))

# name: (Ethernet type, payload)
FRAMES = {
    'empty': (0x0800, b''),
    'truncated VLAN tag': (0x8100, b'\0'),
    'truncated ARP': (0x0806, arp()[:20]),
    'ARP hlen': (0x0806, arp(hlen=7)),
    'ARP plen': (0x0806, arp(plen=16)),
    'ARP claims our address': (0x0806, arp(operation=2, sender_ip=GUEST)),
    'ARP multicast sender': (0x0806, arp(operation=2, sender_mac=BROADCAST)),
    'RARP': (0x8035, arp(operation=3)),
    'IHL 4': (0x0800, changed(GOOD, 0, b'\x44')),
    'IHL 15': (0x0800, changed(GOOD, 0, b'\x4f')),
    'version 6': (0x0800, changed(GOOD, 0, b'\x65')),
    'total length under the header': (0x0800, changed(GOOD, 2, b'\0\x13')),
    'total length over the frame': (0x0800, changed(GOOD, 2, b'\x05\xdc')),
    'bad header checksum': (0x0800, changed(GOOD, 10, b'\xde\xad')),
    'TCP without a header': from_evil(TCP, b''),
    'fragment': (0x0800, changed(GOOD, 6, b'\x20\0')),
    'last fragment past the end': (0x0800, changed(GOOD, 6, b'\x1f\xff')),
    'tunnel': from_evil(4, GOOD),
    'IPv6 in IPv4': from_evil(41, b'\x60' + bytes(39)),
    'from loopback': from_evil(UDP, udp(), src='127.0.0.1'),
    'from ourselves': from_evil(TCP, tcp(2), src=GUEST),
    'from broadcast': from_evil(ICMP, b'\x08\0\xf7\xff' + bytes(4), src='255.255.255.255'),
    'from multicast': from_evil(UDP, udp(), src='224.0.0.1'),
    'ICMP of seven bytes': from_evil(ICMP, b'\x08' + bytes(6)),
    'ICMP redirect': from_evil(ICMP, icmp_error(5, 1, INNER)),
    'ICMP error cut short': from_evil(ICMP, icmp_error(3, 3, INNER[:12])),
    'ICMP inner IHL': from_evil(ICMP, icmp_error(3, 3, b'\x4f' + INNER[1:])),
    'fragmentation needed, MTU 0': from_evil(ICMP, icmp_error(3, 4, INNER)),
    'UDP length 7': from_evil(UDP, udp(length=7)),
    'UDP length over': from_evil(UDP, udp(length=500)),
    'UDP port 0': from_evil(UDP, udp(dport=0)),
    'TCP offset 4': from_evil(TCP, tcp(2, offset=4)),
    'TCP offset past the end': from_evil(TCP, tcp(2, offset=15)),
    'TCP option of length 0': from_evil(TCP, tcp(2, b'\x08\0\0\0')),
    'TCP option past the end': from_evil(TCP, tcp(2, b'\x02\x28\0\0')),
    'TCP every flag': from_evil(TCP, tcp(0xff, urgent=0xffff)),
    'TCP no flag': from_evil(TCP, tcp(0)),
    'TCP SYN and FIN': from_evil(TCP, tcp(3)),
}


@pytest.mark.parametrize('csum', [True, False], ids=['csum on', 'csum off'])
def test_hostile_frames_do_nothing(wire, csum):
    with Run(wire, [wire.ip, wire.url(), 'hold=3'], csum=csum) as run:
        run.log.wait('hold', 20)
        mac = bytes.fromhex(run.log.first('netdev.up')['mac'].replace(':', ''))
        with wire.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire_end:
            wire_end.bind((wire.tap, 0))
            for _ in range(3):
                for ethertype, payload in FRAMES.values():
                    for destination in (mac, BROADCAST):
                        wire_end.send(ethernet(destination, EVIL_MAC, ethertype, payload))
        assert ' 0% packet loss' in ping(wire, '-c', '5')
        log = run.end(0)
    assert log.first('panic') is None
    assert len(log.all('icmp.echo')) == 5  # none of the hostile ones was answered
