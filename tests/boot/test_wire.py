# SPDX-License-Identifier: MIT
"""The log against the wire, field by field: it may not say what the wire did not carry.

The witness is tshark on a capture of the tap; the frames are compared byte for byte.
"""

import pytest
import tshark
from machine import call
from on_the_wire import (ACK, AE, CWR, ECE, FIN, RST, SYN, Packets, compare_frame, compare_header,
                         compare_options)


class Call(Packets):
    """One run beside what was on the wire meanwhile."""

    def __init__(self, wire, path, **fields):
        with wire.capture(path) as capture:
            self.log = call(wire, [wire.ip, wire.url()], 0, **fields)
        assert capture.dropped == 0
        self.steps = self.log.steps()
        super().__init__(path)
        # The server may still repeat what it said to the machine of the test before.
        port = self.steps[8]['src'].rpartition(':')[2]
        self.packets = [p for p in self.packets if port in (p['tcp.srcport'], p['tcp.dstport'])]
        self.arp = tshark.fields(str(path), ['arp.opcode', 'arp.src.proto_ipv4',
                                             'arp.dst.proto_ipv4', 'arp.src.hw_mac'], 'arp')


@pytest.fixture(scope='module', params=[True, False], ids=['csum on', 'csum off'])
def seen(request, wire, tmp_path_factory):
    return Call(wire, tmp_path_factory.mktemp('wire') / 'pcap', csum=request.param)


def test_step_7_and_8_syn(seen):
    packet = seen.first(SYN)
    for step in (7, 8):
        compare_header(seen.steps[step], packet)
        compare_options(seen.steps[step], packet)
    compare_frame(seen.steps[8], packet, seen.bytes_of(packet))
    assert {'mss', 'ws', 'sack', 'tsval'} <= set(seen.steps[8])


def test_step_12_syn_ack(seen):
    packet = seen.first(SYN | ACK)
    compare_header(seen.steps[12], packet)
    compare_options(seen.steps[12], packet)
    compare_frame(seen.steps[12], packet, seen.bytes_of(packet))


def test_step_14_ack(seen):
    packet = seen.first(ACK)
    compare_header(seen.steps[14], packet)
    compare_frame(seen.steps[14], packet, seen.bytes_of(packet))
    assert packet['tcp.len'] == '0'


def test_step_13_is_what_steps_8_and_12_say(seen):
    assert seen.steps[12]['tcp_ack'] == seen.steps[8]['tcp_seq'] + 1
    assert seen.steps[14]['tcp_ack'] == seen.steps[12]['tcp_seq'] + 1
    assert seen.steps[13]['dst'] == seen.steps[8]['dst'] and seen.steps[13]['state'] == 'ESTABLISHED'


def test_arp(seen):
    request, reply = seen.log.first('arp.request'), seen.log.first('arp.reply')
    asked = next(p for p in seen.arp if p['arp.opcode'] == '1')
    answered = next(p for p in seen.arp if p['arp.opcode'] == '2')
    assert (request['src_ip'], request['ip']) == (asked['arp.src.proto_ipv4'],
                                                  asked['arp.dst.proto_ipv4'])
    assert (reply['ip'], reply['mac']) == (answered['arp.src.proto_ipv4'],
                                           answered['arp.src.hw_mac'])
    assert seen.steps[8]['next_hop'] == reply['ip']


def bytes_once(packets):
    """Bytes of text, each counted once: on a busy host the server may send some of it again."""
    return len({n for p in packets
                for n in range(int(p['tcp.seq']), int(p['tcp.seq']) + int(p['tcp.len']))})


def test_closing(seen):
    """Both FINs, and the totals."""
    ours = [p for p in seen.packets if p['ip.src'] == '192.168.77.2']
    theirs = [p for p in seen.packets if p['ip.src'] == '192.168.77.1']
    for name, packets in (('tcp.fin_sent', ours), ('tcp.fin_rcvd', theirs)):
        fin = next(p for p in packets if int(p['tcp.flags'], 16) & FIN)
        assert seen.log.first(name)['tcp_seq'] == int(fin['tcp.seq']) + int(fin['tcp.len'])
    assert not any(int(p['tcp.flags'], 16) & RST for p in seen.packets)
    summary = seen.log.first('tcp.summary')
    assert summary['bytes_sent'] == sum(int(p['tcp.len']) for p in ours)
    assert summary['bytes_received'] == bytes_once(theirs)
    assert summary['segs_out'] == len(ours)


@pytest.mark.parametrize('word, asks', [('ecn=ask', ECE | CWR), ('ecn=off', 0),
                                        ('ecn=accurate', AE | ECE | CWR)])
def test_ecn_as_configured(wire, tmp_path, word, asks):
    """The SYN says whether it asks (RFC 3168 6.1.1, RFC 9768 3.1.1); Linux agrees to one or the other,
    and then text is marked ECT(0)."""
    path = tmp_path / 'pcap'
    with wire.capture(path) as capture:
        call(wire, [wire.ip, wire.url(), word, 'congestion=newreno'], 0)
    assert capture.dropped == 0
    packets = tshark.fields(str(path), ['ip.src', 'tcp.flags', 'tcp.len', 'ip.dsfield.ecn'], 'tcp')
    syn, syn_ack = (next(p for p in packets if int(p['tcp.flags'], 16) & (SYN | ACK) == f)
                    for f in (SYN, SYN | ACK))
    assert int(syn['tcp.flags'], 16) & (AE | ECE | CWR) == asks
    agreed = (ECE, CWR) if asks & AE else (ECE,) if asks else (0,)
    assert int(syn_ack['tcp.flags'], 16) & (AE | ECE | CWR) in agreed
    request = next(p for p in packets if p['ip.src'] == syn['ip.src'] and int(p['tcp.len']) > 0)
    assert int(request['ip.dsfield.ecn']) == (2 if asks else 0)
