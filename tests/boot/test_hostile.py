# SPDX-License-Identifier: MIT
"""Frames that no honest host sends, against the booted image (docs/hostile-inputs.md).

In the middle of a run of several GETs a whole section of the list goes over the wire, with honest
pings whose answers say that everything before them was taken.  The GET that is under way and the next
one must go through, and what the machine said to the attacker meanwhile must be exactly what is due.  (A hostile server that the
machine has called itself: test_hostile_peer.py; one that speaks TCP well and HTTP badly:
test_hostile_http.py.)
"""

import itertools
import socket
import struct
import threading
import zlib
from dataclasses import dataclass

import pytest
import servers
from conftest import GUEST, HOST
from frames import ACK, ETH_IPV4, ICMP, RST, TCP, Frame, read_pcap
from hostile import CLOSED_PORT, EVIL_IP, EVIL_MAC, Attack
from machine import Run

BARRIER = 0xBA44  # the honest ping's identifier
REPEATS = 3
GETS = 3


@dataclass
class Outcome:
    log: object
    answers: list  # what the machine sent to the attacker, the honest ping's answer left out
    sent: dict     # {name: [frame, ...]}, each REPEATS times on the wire


def evil_bytes():
    return bytes.fromhex(EVIL_MAC.replace(':', ''))


def is_for_attacker(frame):
    return frame.data[:6] == evil_bytes() or frame.dst == EVIL_IP


def echo_id(frame):
    return struct.unpack('!H', frame.payload[4:6])[0] if frame.protocol == ICMP else None


class PatientServer:
    """Answers each request, the second one only when it is told to: what the wire does meanwhile has
    all the time it needs, with a connection open, and a GET comes after it."""

    def __init__(self):
        self.calls = itertools.count(1)
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, conn, peer):
        if next(self.calls) == 2:
            self.asked.set()
            self.may_answer.wait(30)
        servers.CHUNKED(conn, peer)


def attack(wire, tmp_path, section, **fields):
    """A run of several GETs, in the middle of which a section of frames comes."""
    server = PatientServer()
    with wire.capture(tmp_path / 'pcap'), \
            servers.serving(server, wire.namespace, HOST) as port, \
            Run(wire, [wire.ip, wire.url(port=port), f'count={GETS}', 'interval=0'],
                **fields) as run:
        assert server.asked.wait(20)
        attacker = Attack(run.log.wait('netdev.up', 20)['mac'], GUEST, HOST)
        sent = section(attacker)
        send_all(wire, attacker, [frame for _ in range(REPEATS) for frames in sent.values()
                                  for frame in frames])
        assert len(run.log.all('transfer')) <= 1
        server.may_answer.set()
        log = run.end(0)
    assert log.first('panic') is None and log.first('device.bad') is None
    assert [t['exitcode'] for t in log.all('transfer')] == [0] * GETS
    assert len(log.all('http.body', crc32=f'{zlib.crc32(b"hello world"):08x}')) == GETS
    answers = [f for _, f in read_pcap(tmp_path / 'pcap') if is_for_attacker(f)]
    return Outcome(log, [f for f in answers if echo_id(f) != BARRIER and f.arp_operation is None],
                   sent)


def send_all(wire, attacker, frames):
    """Puts the frames on the wire, with honest pings among them, so that neither the tap's queue
    nor the machine's is ever full; when it returns, the machine has taken all."""
    with wire.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as end:
        end.bind((wire.tap, ETH_IPV4))
        end.settimeout(10)
        end.send(attacker.arp())  # so that answers need not wait for ARP
        for at in range(0, len(frames), 100):
            for frame in frames[at:at + 100]:
                end.send(frame)
            end.send(attacker.echo(BARRIER, at))
            wait_for_echo(end, at)


def wait_for_echo(end, seq):
    while True:
        frame = Frame(end.recv(2000))
        if echo_id(frame) == BARRIER and frame.payload[6:8] == struct.pack('!H', seq):
            return


def drops(log):
    return {e['counter']: e['count'] for e in log.all('drop')}


def check_drops(outcome, **expected):
    """{counter: names of what it must count}, REPEATS times each."""
    counted = drops(outcome.log)
    for counter, names in expected.items():
        frames = sum(len(outcome.sent[name]) for name in names)
        assert counted.get(counter, 0) >= REPEATS * frames, (counter, counted)


CSUM = pytest.mark.parametrize('csum', [True, False], ids=['csum on', 'csum off'])


def test_ethernet_and_arp(wire, tmp_path):
    outcome = attack(wire, tmp_path, Attack.ethernet_and_arp)
    assert outcome.answers == []
    check_drops(outcome, arp_malformed=['ARP under 28 bytes', 'ARP hlen', 'ARP plen',
                                        'group sender in ARP'],
                eth_bad_source=['group sender'])
    assert outcome.log.first('arp.conflict')['mac'] == '02:00:00:00:00:07'


def test_ipv4(wire, tmp_path):
    """Tunnels are answered with "protocol unreachable", broken options with "parameter problem", as
    far as the limit of such errors allows, and nothing else is answered at all."""
    outcome = attack(wire, tmp_path, Attack.ipv4)
    said = [(f.protocol, f.payload[0], f.payload[1]) for f in outcome.answers]
    about = {(ICMP, 3, 2): outcome.sent['tunnels'],
             (ICMP, 12, 0): outcome.sent['option of length 0, 1, past the end']}
    assert said and set(said) <= set(about)
    assert len(said) <= REPEATS * sum(len(frames) for frames in about.values())
    for frame, what in zip(outcome.answers, said):
        # RFC 792: the packet's header and the bytes behind it, no more
        assert frame.payload[8:] in [sent[14:] for sent in about[what]]
    check_drops(outcome, ip_malformed=['IHL under 5', 'IHL 15 in 52 bytes', 'other version',
                                       'total_len under IHL*4', 'total_len over the frame',
                                       'option of length 0, 1, past the end'],
                ip_bad_checksum=['bad checksum'], ip_bad_source=['source is impossible', 'LAND'],
                ip_source_routed=['source route', 'source route twice'],
                tcp_malformed=['total_len 20 with TCP'])


def test_fragments(wire, tmp_path):
    outcome = attack(wire, tmp_path, Attack.fragments)
    assert outcome.answers == []
    check_drops(outcome, ip_fragments_tiny=['first too short for its transport'])
    counted = drops(outcome.log)
    assert counted['ip_fragments_overlapped'] >= REPEATS
    assert counted['ip_fragments_dropped'] >= REPEATS * 4  # too far, empty twice, not of eight
    assert counted['ip_reassembly_evicted'] > 0  # the flood


def test_icmp(wire, tmp_path):
    outcome = attack(wire, tmp_path, Attack.icmp)
    assert outcome.answers == []
    check_drops(outcome, icmp_malformed=['header under 8 bytes', 'truncated inner header',
                                         'inner IHL past the end'],
                icmp_bad_checksum=['bad checksum'])
    # The way to the server is the one before: no redirect was believed.
    assert {e['next_hop'] for e in outcome.log.all('tcp.syn_sent')} == {HOST}


@CSUM
def test_udp(wire, tmp_path, csum):
    outcome = attack(wire, tmp_path, Attack.udp_section, csum=csum)
    assert outcome.answers == []
    check_drops(outcome, udp_malformed=['length under 8', 'length over the packet',
                                        'truncated header', 'destination port 0'],
                udp_bad_checksum=['bad checksum'])


@CSUM
def test_tcp_to_nowhere(wire, tmp_path, csum):
    outcome = attack(wire, tmp_path, Attack.tcp_to_nowhere, csum=csum)
    assert all(f.protocol == TCP and f.sport == CLOSED_PORT for f in outcome.answers)
    said = {f.dport: (f.flags, f.seq, f.ack, len(f.payload)) for f in outcome.answers}
    assert said == {1001: (RST | ACK, 0, 1001, 0),  # RFC 9293 3.10.7.1
                    1002: (RST | ACK, 0, 1006, 0),
                    1003: (RST, 5000, 0, 0),
                    1006: (RST | ACK, 0, 1002, 0),
                    1008: (RST | ACK, 0, 1002, 0)}
    assert len(outcome.answers) == REPEATS * 5
    check_drops(outcome, tcp_malformed=['data offset', 'truncated header'],
                tcp_bad_checksum=['bad checksum'])


def test_odd_but_accepted(wire, tmp_path):
    """Padding behind a packet is not part of it, TTL is the routers' affair, and a datagram without
    a checksum is one."""
    outcome = attack(wire, tmp_path, Attack.accepted)
    echoes = [(echo_id(f), f.payload[8:]) for f in outcome.answers if f.payload[0] == 0]
    assert sorted(echoes) == [(0x1001, b'1234')] * REPEATS + [(0x1002, b'1234')] * REPEATS
    errors = [f for f in outcome.answers if f.payload[:2] == b'\3\3']
    assert [f.payload[8:] for f in errors] == [outcome.sent['checksum 0'][0][14:]] * REPEATS
    assert len(outcome.answers) == 3 * REPEATS
    assert not any(b'\xee' * 4 in f.data for f in outcome.answers)


def test_the_whole_list_at_once(wire, tmp_path):
    """All sections into each other: what one leaves behind must not help the next."""
    def everything(attacker):
        found = {}
        for section in (attacker.fragments, attacker.tcp_to_nowhere, attacker.icmp, attacker.ipv4,
                        attacker.udp_section, attacker.ethernet_and_arp):
            for name, frames in section().items():
                found[f'{section.__name__}: {name}'] = frames
        return found
    attack(wire, tmp_path, everything)


def test_numbers_differ_at_every_boot(wire):
    """RFC 6528 and RFC 6056: neither initial numbers nor ports of one boot tell those of the next,
    nor those of one connection the next one's."""
    seen = []
    for _ in range(2):
        with Run(wire, [wire.ip, wire.url(), 'count=4', 'interval=0']) as run:
            seen += run.end(0).all('tcp.syn_sent')
    numbers = sorted(e['tcp_seq'] for e in seen)
    assert all(b - a > 1000 for a, b in zip(numbers, numbers[1:]))
    ports = [int(e['src'].split(':')[1]) for e in seen]
    assert len(set(ports)) >= len(ports) - 1
    assert not any(b - a == 1 for a, b in zip(ports, ports[1:]))
