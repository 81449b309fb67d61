# SPDX-License-Identifier: MIT
"""A server that speaks TCP as no honest one does (docs/hostile-inputs.md, TCP): the machine calls it
once for each row, and gets its page all the same."""

import struct
import zlib

from conftest import GUEST
from evil_peer import BODY, MSS_1460, RESPONSE, EvilPeer
from frames import ACK, FIN, PSH, RST, SYN, read_pcap
from hostile import EVIL_IP
from machine import Run

URG = 32
SACK_PERMITTED = b'\4\2'
MALFORMED = [b'\x4d\0', b'\x4d\1', b'\2\x28\5\xb4', b'\1\1\1\2', b'\2\3\5', b'\x08\x08' + bytes(6),
             b'\3\3', b'\4\3\0', b'\5\xff\0\0']


def run(wire, scripts, status=0, **fields):
    words = [wire.ip, wire.url(host=EVIL_IP), f'count={len(scripts)}', 'interval=0', 'timeout=25']
    with EvilPeer(wire.namespace, wire.tap, scripts), Run(wire, words, **fields) as machine:
        log = machine.end(status)
    assert log.first('panic') is None and log.first('device.bad') is None
    return log


def run_well(wire, scripts, **fields):
    """Every one of the GETs has got the page, unaltered."""
    log = run(wire, scripts, **fields)
    assert [t['exitcode'] for t in log.all('transfer')] == [0] * len(scripts)
    assert [b['crc32'] for b in log.all('http.body')] == [f'{zlib.crc32(BODY):08x}'] * len(scripts)
    return log


def with_synack_options(options):
    return lambda session: session.open(options=options).serve()


def test_options_of_a_syn_ack(wire):
    run_well(wire, [with_synack_options(o) for o in [
        b'', b'\2\4\0\0', b'\2\4\0\1', b'\2\4\0\x30', b'\2\4\xff\xff',           # MSS 0, 1, 48
        MSS_1460 + b'\3\3\x0f', MSS_1460 + b'\3\3\xff', *MALFORMED]])            # scale over 14


def malformed_options(session):
    """On data, and on what comes before it: the connection lives, the text is taken."""
    session.open()
    for at, options in enumerate(MALFORMED):
        session.send(ACK, 1 + at, options=options)
        session.send(ACK, 1 + at, RESPONSE[at:at + 1], options=options)
    session.serve(len(MALFORMED))


def syn_options_later(session):
    """An MSS of 1 and a scale of 14 in mid-connection mean nothing."""
    session.open()
    session.send(ACK, 1, RESPONSE[:1], options=b'\2\4\0\1\3\3\x0e\1')
    session.serve(1)


def sack_that_cannot_be(session):
    session.open(options=MSS_1460 + SACK_PERMITTED)
    base = session.irs
    for left, right in ((50, 10), (5000, 6000), (-500, -400), (0, 0x7FFFFFFF), (1, 1)):
        block = struct.pack('!II', base + left & 0xFFFFFFFF, base + right & 0xFFFFFFFF)
        session.send(ACK, 1, options=b'\1\1\5\x0a' + block)
    for length in range(34):
        session.send(ACK, 1, options=(bytes([5, length]) + bytes(32))[:36])
    session.serve()


def urgent(session):
    """Pointers that are 0, past the segment, without text, racing: the text stays in line."""
    session.open()
    for at, pointer in enumerate((0, 1, 100, 65535, 2, 1)):
        session.send(ACK | URG, 1 + at, urgent=pointer)
        session.send(ACK | URG, 1 + at, RESPONSE[at:at + 1], urgent=pointer)
    session.serve(6)


def urgent_on_a_syn_ack(session):
    session.send(SYN | ACK | URG, 0, options=MSS_1460, urgent=0xFFFF)
    session.expect_request().serve()


def strange_flags(session):
    """No flag: dropped; a SYN, and a RST with another number than the next: challenged."""
    session.open()
    for flags in (0, SYN | FIN, SYN | FIN | ACK, FIN | PSH | URG):
        session.send(flags, 1, b'evil')
    for flags in (SYN | FIN | RST, 0xFF):
        session.send(flags, 2, b'evil')
    session.serve()


def data_with_the_syn_ack(session):
    session.send(SYN | ACK, 0, RESPONSE[:5], options=MSS_1460)
    session.expect_request().serve()


def impossible_acks(session):
    """Above SND.NXT, and far below SND.UNA: an ACK says where we are, the text is not taken."""
    session.open()
    for ack in (session.seen + 1, session.seen + 100000, session.seen - 0x20000000):
        session.send(ACK | PSH, 1, b'evil', ack=ack)
    session.serve()


def tiny_segments_out_of_order(session):
    """Every other byte of the page, backwards, and then all of it."""
    session.open()
    for at in range(len(RESPONSE) - 1, 0, -2):
        session.send(ACK, 1 + at, RESPONSE[at:at + 1])
        if at // 2 % 50 == 0:
            session.expect()  # each is answered, so that no queue on the way is ever full
    session.serve()


def one_byte_at_a_time(session):
    session.open()
    for at in range(300):
        session.send(ACK, 1 + at, RESPONSE[at:at + 1])
    session.serve(300)


def overlapping_and_beyond_the_window(session):
    session.open()
    for at in range(0, 200, 10):
        session.send(ACK, 1 + at, RESPONSE[at:at + 100])
    session.send(ACK, 1 + 0x10000000, b'evil' * 100)
    session.send(ACK, 1 - 5000, b'evil' * 100)
    session.serve(290)


def test_what_is_dropped_or_taken_in_line(wire):
    log = run_well(wire, [
        malformed_options, syn_options_later, sack_that_cannot_be, urgent, urgent_on_a_syn_ack,
        strange_flags, data_with_the_syn_ack, impossible_acks, tiny_segments_out_of_order,
        one_byte_at_a_time, overlapping_and_beyond_the_window])
    counted = {e['counter']: e['count'] for e in log.all('drop')}
    assert counted['tcp_reassembly_dropped'] > 100  # more holes than are kept


def closed_window(session):
    """Held shut from the start until two probes have come; then the request follows."""
    session.synack(window=0)
    for probes in range(2):
        session.expect(lambda f: f.flags & ACK and len(f.payload) <= 1 and probes >= 0)
        session.send(ACK, 1, ack=1, window=0)
    session.send(ACK, 1, window=65535)
    session.expect_request().serve()


def shrinking_window(session):
    """Taken back over what is under way, and opened again."""
    session.synack(window=40)
    session.expect(lambda f: f.payload)
    session.send(ACK, 1, window=0)
    session.expect()
    session.send(ACK, 1, window=65535)
    session.expect_request().serve()


def test_windows(wire):
    run_well(wire, [closed_window, shrinking_window])


def blind_attack(flags, seq, **fields):
    def script(session):
        session.open()
        for n in range(200):
            session.send(flags, seq + n, **fields)
        session.serve()
    return script


BLIND = {
    'RST in the window': blind_attack(RST, 100),
    'RST outside it': blind_attack(RST, 0x10000000),
    'RST just before it': blind_attack(RST, -300),
    'SYN in the window': blind_attack(SYN, 100),
    'SYN outside it': blind_attack(SYN, 0x10000000),
    'SYN with ACK': blind_attack(SYN | ACK, 100),
    'text without ACK': blind_attack(PSH, 1, data=b'evil'),
    'text with a guessed ACK': blind_attack(ACK | PSH, 1, data=b'evil', ack=0x40000000),
}
CHALLENGED = {'RST in the window', 'SYN in the window', 'SYN outside it', 'SYN with ACK',
              'text with a guessed ACK'}


def test_blind_attacks(wire, tmp_path):
    """RFC 5961: challenge ACKs, some of them, which say RCV.NXT and nothing else."""
    with wire.capture(tmp_path / 'pcap'):
        log = run_well(wire, list(BLIND.values()))
    frames = [f for _, f in read_pcap(tmp_path / 'pcap') if f.src == GUEST and f.dst == EVIL_IP]
    for name, syn in zip(BLIND, log.all('tcp.syn_sent')):
        port = int(syn['src'].split(':')[1])
        bare = [f for f in frames if f.sport == port and f.flags == ACK and not f.payload
                and f.ack == 0xFFFFFFF1]
        # One of them is the handshake's; RFC 5961 7: the others are few, and not always as many.
        assert (1 < len(bare) <= 1 + 13) if name in CHALLENGED else len(bare) <= 2, (name, len(bare))
        assert not any(f.flags & RST for f in frames if f.sport == port), name


def icmp_for_another_syn(session):
    """"Port unreachable" and more, about a SYN with another number: this one is not refused."""
    for seq in (1, -1, 77, 0x40000000):
        for code in (0, 1, 2, 3, 9, 13):
            session.icmp_error(3, code, seq)
    session.open().serve()


def icmp_about_what_was_not_sent(session):
    """RFC 5927: neither is the connection ended nor the path taken for narrower."""
    session.open()
    for seq in (session.seen, session.seen + 1000, -1, 0x40000000):
        for code in (0, 1, 2, 3, 9, 13):
            session.icmp_error(3, code, seq)
        for mtu in (0, 1, 67, 68, 552, 1400):
            session.icmp_error(3, 4, seq, mtu)
    session.serve()


def icmp_about_what_is_under_way(session):
    """Hard errors with the right number: an open connection outlives them (RFC 5927 5.2)."""
    session.open()
    for code in (0, 1, 2, 3, 9, 13):
        session.icmp_error(3, code, 1)
    session.icmp_error(3, 4, 1, 0xFFFF)
    session.serve()


def test_icmp_about_the_connection(wire):
    run_well(wire, [icmp_for_another_syn, icmp_about_what_was_not_sent,
                    icmp_about_what_is_under_way])


def old_syn_ack(session):
    """One that acknowledges another SYN gets a RST that says so, and ends nothing."""
    session.send(SYN | ACK, 0, ack=77, options=MSS_1460)
    answer = session.expect(lambda f: f.flags & RST)
    assert answer.seq == session.irs + 77 & 0xFFFFFFFF and answer.payload == b''
    session.open().serve()


def rst_for_another_syn(session):
    session.send(RST | ACK, 0, ack=77)
    session.send(RST, 0)
    session.send(FIN | ACK, 0, ack=1)
    session.send(0, 0)
    session.open().serve()


def test_answers_to_a_syn(wire):
    run_well(wire, [old_syn_ack, rst_for_another_syn])


def test_a_true_rst_ends_it_and_the_next_get_goes_through(wire):
    """Exact, with text on it (RFC 9293 3.10.7.4: processed): each is told by its status."""
    def rst_with_text(session):
        session.open().send(RST, 1, b'because')

    def rst_in_the_body(session):
        session.open().send(ACK, 1, RESPONSE[:100])
        session.expect_acked(101)
        session.reset(101)

    def refused(session):
        session.send(RST | ACK, 0, ack=1)

    log = run(wire, [rst_with_text, rst_in_the_body, refused, lambda s: s.open().serve()], 56)
    assert [t['exitcode'] for t in log.all('transfer')] == [56, 56, 7, 0]
