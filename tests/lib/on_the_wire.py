# SPDX-License-Identifier: MIT
"""An event of the log beside the packet it speaks of, as tshark decodes that: field by field, and the
frame byte for byte."""

import tshark
from frames import read_pcap

FIELDS = ['frame.number', 'frame.len', 'eth.src', 'eth.dst', 'ip.src', 'ip.dst', 'tcp.srcport',
          'tcp.dstport', 'tcp.seq', 'tcp.ack', 'tcp.flags', 'tcp.window_size_value',
          'tcp.options.mss_val', 'tcp.options.wscale.shift', 'tcp.options.sack_perm',
          'tcp.options.timestamp.tsval', 'tcp.options.timestamp.tsecr', 'tcp.len']
FIN, SYN, RST, ACK, ECE, CWR, AE = 1, 2, 4, 16, 64, 128, 256
OPTIONS = {'mss': 'tcp.options.mss_val', 'ws': 'tcp.options.wscale.shift',
           'tsval': 'tcp.options.timestamp.tsval'}


class Packets:
    """The TCP packets of a capture, which may still grow: the frames are read last, so that each packet
    has its own."""

    def __init__(self, path):
        self.packets = tshark.fields(str(path), FIELDS, 'tcp')
        self.frames = [frame.data for _, frame in read_pcap(path)]

    def first(self, flags):
        """The first packet with exactly these of SYN, RST, ACK."""
        return next(p for p in self.packets
                    if int(p['tcp.flags'], 16) & (SYN | RST | ACK) == flags)

    def bytes_of(self, packet):
        return self.frames[int(packet['frame.number']) - 1]


def compare_header(event, packet):
    assert event['src'] == f'{packet["ip.src"]}:{packet["tcp.srcport"]}'
    assert event['dst'] == f'{packet["ip.dst"]}:{packet["tcp.dstport"]}'
    assert event['tcp_seq'] == int(packet['tcp.seq'])
    assert event['win'] == int(packet['tcp.window_size_value'])
    if int(packet['tcp.flags'], 16) & ACK:
        assert event['tcp_ack'] == int(packet['tcp.ack'])
    else:
        assert 'tcp_ack' not in event


def compare_options(event, packet):
    """Each option on both sides, or on none."""
    for key, field in OPTIONS.items():
        assert event.get(key) == (int(packet[field]) if field in packet else None), key
    assert bool(event.get('sack')) == ('tcp.options.sack_perm' in packet)


def compare_frame(event, packet, frame):
    assert event['len'] == int(packet['frame.len']) == len(frame)
    assert event['frame'] == frame.hex()
