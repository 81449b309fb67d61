#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Turns a capture of one of our own runs into seeds of the fuzz targets, named NAME, in tests/fuzz/corpus.

Usage: seeds_from_pcap.py CAPTURE NAME [FOLDER]

    make run NET=tap PCAP=run.pcap && tests/fuzz/seeds_from_pcap.py run.pcap tap

The run's client is ours: the side that sent the first SYN of the first connection in the capture.
What its peer sent becomes
  frame-in      the frames themselves, with the addresses, ports and sequence numbers of
                tests/lib/tcp_kit.h in place of those of the run
  tcp-segments  a script of the same course: who sent how much, acknowledged what, lost what, and when
  tcp-options   the options of each kind of segment that it sent
  http          the bytes of its stream
"""
import struct
import sys

from scapy.all import IP, TCP, Raw, rdpcap

import make_seeds
from make_seeds import (ACK, ANSWER, DATA, ETH, FIN, IRS, ISS, RECV, SACK, SEND, SHUT, TIME, WELL,
                        frames, seed)

FIN_FLAG, SYN_FLAG, RST_FLAG, ACK_FLAG = 1, 2, 4, 16
SYN_SENT = 2
BYTES_MAX, STEPS_MAX = 4000, 200


class Conversation:
    """The first connection of a capture: its packets, oldest first, in numbers from 0."""

    def __init__(self, packets):
        syn = next(p for p in packets if TCP in p and p[TCP].flags & 0x12 == SYN_FLAG)
        self.us, self.port = syn[IP].src, syn[TCP].sport
        self.peer, self.peer_port = syn[IP].dst, syn[TCP].dport
        self.iss, self.irs = syn[TCP].seq, None
        self.packets = [p for p in packets if self.from_us(p) or self.from_peer(p)]
        self.irs = next(p[TCP].seq for p in self.packets if self.from_peer(p))

    def from_us(self, p):
        return TCP in p and (p[IP].src, p[TCP].sport, p[IP].dst, p[TCP].dport) == (
            self.us, self.port, self.peer, self.peer_port)

    def from_peer(self, p):
        return TCP in p and (p[IP].dst, p[TCP].dport, p[IP].src, p[TCP].sport) == (
            self.us, self.port, self.peer, self.peer_port)

    def seq(self, p):
        return (p[TCP].seq - (self.iss if self.from_us(p) else self.irs)) % 2**32

    def ack(self, p):
        if not p[TCP].flags & ACK_FLAG:
            return 0
        return (p[TCP].ack - (self.irs if self.from_us(p) else self.iss)) % 2**32


def text_len(p):
    """Bytes of text, also where the capture cut the packet short."""
    return p[IP].len - 4 * p[IP].ihl - 4 * p[TCP].dataofs


def text(p):
    raw = bytes(p[TCP].payload)[:text_len(p)]
    return raw.ljust(text_len(p), b"\0")


def make_frames(name, talk):
    out = []
    for p in talk.packets:
        if not talk.from_peer(p) or sum(map(len, out)) > BYTES_MAX:
            continue
        header = TCP(sport=80, dport=50000, seq=(IRS + talk.seq(p)) % 2**32,
                     ack=(ISS + talk.ack(p)) % 2**32, flags=int(p[TCP].flags), window=p[TCP].window,
                     options=p[TCP].options)
        ip = IP(src="192.168.77.1", dst="192.168.77.2", tos=p[IP].tos, ttl=p[IP].ttl, flags=p[IP].flags)
        out.append(ETH / ip / header / Raw(text(p)))
    seed("frame-in", name, bytes([SYN_SENT | 0x80]) + frames(*out))


def time_step(seconds):
    """The step that comes nearest: fuzz_tcp_segments.c has 1, 40, 200 ms, 1 s, 5 s, 61 s."""
    for index, limit in ((0, .02), (1, .12), (2, .6), (3, 3), (4, 30)):
        if seconds < limit:
            return [TIME, index] if seconds >= .001 else []
    return [TIME, 5]


def data_step(length, hole):
    lengths = (1, 2, 100, 536, 1448, 1460)
    nearest = min(range(len(lengths)), key=lambda i: abs(lengths[i] - length))
    return [DATA, min(round(hole / 1460), 7) << 5 | nearest]


def sack_step(talk, p, una):
    blocks = dict(p[TCP].options)["SAck"]
    edges = [(edge - talk.iss - una) % 2**32 // 1448 for edge in blocks][:6]
    return [SACK, len(edges) // 2 - 1] + [0x40 | min(edge, 63) for edge in edges]


def peer_step(talk, p, nxt, sent):
    """What the peer did with this packet, after it has sent up to `nxt` and we up to `sent`."""
    flags = int(p[TCP].flags)
    length = text_len(p)
    if flags & SYN_FLAG:
        return [ANSWER]
    if flags & RST_FLAG:
        return []
    if length > 0:
        hole = (talk.seq(p) - nxt) % 2**32
        return data_step(length, hole if hole < 2**31 else 0)
    if flags & FIN_FLAG:
        return [FIN]
    if "SAck" in dict(p[TCP].options):
        return sack_step(talk, p, talk.ack(p))
    behind = (sent - talk.ack(p)) % 2**32
    return [ACK, 0 if behind == 0 or behind >= 2**31 else min(0x80 | behind // 100, 0xff)]


def make_segments(name, talk):
    steps = [SYN_SENT | 0x80, 0x82, WELL]
    nxt, sent, before = 1, 1, talk.packets[0].time
    for p in talk.packets:
        if len(steps) > STEPS_MAX:
            break
        steps += time_step(float(p.time - before))
        before = p.time
        end = (talk.seq(p) + text_len(p)) % 2**32
        if talk.from_peer(p):
            steps += peer_step(talk, p, nxt, sent)
            if text_len(p) > 0 and p[TCP].flags & FIN_FLAG:
                steps += [FIN]
            nxt = max(nxt, end)
        elif text_len(p) > 0 and end > sent:
            steps += [SEND, *struct.pack(">H", text_len(p) - 1)]
            sent = end
        elif p[TCP].flags & FIN_FLAG:
            steps += [SHUT, 1]
        elif p[TCP].flags & 0x17 == ACK_FLAG:
            steps += [RECV, 0x3F, 0xFF]
    seed("tcp-segments", name, steps)


def make_options(name, talk):
    kinds = {}
    for p in talk.packets:
        if talk.from_peer(p):
            raw = bytes(p[TCP])[20:4 * p[TCP].dataofs]
            kinds.setdefault(tuple(o[0] for o in p[TCP].options), raw)
    for number, raw in enumerate(filter(None, kinds.values())):
        seed("tcp-options", f"{name}-{number}", raw)


def make_http(name, talk):
    stream = {}
    for p in talk.packets:
        if talk.from_peer(p) and text_len(p) > 0:
            stream.setdefault(talk.seq(p), text(p))
    answer = b"".join(stream[seq] for seq in sorted(stream))[:1500]
    if answer.startswith(b"HTTP/"):
        seed("http", name, b"\x03\x07" + answer)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    if len(sys.argv) == 4:
        make_seeds.CORPUS = sys.argv[3]
    talk = Conversation(rdpcap(sys.argv[1]))
    for make in (make_frames, make_segments, make_options, make_http):
        make(sys.argv[2], talk)


main()
