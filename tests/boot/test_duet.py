# SPDX-License-Identifier: MIT
"""Both sides at once: tools/duet.py, one image calling the other.  The sixteen steps in one picture,
each from the side that knows it; what the two sides say of one packet is the same, and is what the
wire carried."""

import os
import re
import subprocess
import sys

import dialtone_log
import log_contract
import pytest
from conftest import ROOT
from machine import BUILD, IMAGE, KERNEL
from on_the_wire import ACK, RST, SYN, Packets, compare_frame, compare_header, compare_options
from runner import pair

SIXTEEN = list(range(1, 17))
SERVER_STEPS = [9, 10, 11, 12]  # the client knows the twelfth, too
CLIENT_STEPS = [step for step in SIXTEEN if step not in (9, 10, 11)]
NOT_OF_THE_PACKET = {'v', 'seq', 't_us', 'ev', 'conn', 'step', 'next_hop'}


def run(folder, *args):
    """A whole duet, with its logs in the folder."""
    return subprocess.run([sys.executable, os.path.join(ROOT, 'tools', 'duet.py'), '--kernel', KERNEL,
                           '--image', IMAGE, '--logs', str(folder), *args],
                          capture_output=True, text=True, timeout=120, check=False)


def read(path):
    with open(path, 'rb') as f:
        return dialtone_log.parse(f.read())


def numbers_in(diagram):
    """The steps in a Mermaid text, from above to below."""
    return [int(n) for n in re.findall(r': (\d+)\. ', diagram)]


class Played:
    """A duet that went well, with a capture of its wire."""

    def __init__(self, folder, net):
        self.folder = folder
        self.done = run(folder, '--net', net, '--pcap', str(folder / 'pcap'),
                        '--diagram', str(folder / 'both.mmd'))
        assert self.done.returncode == 0, self.done.stdout + self.done.stderr
        self.client, self.server = (read(folder / f'{side}.log') for side in ('client', 'server'))
        self.ours = self.client.steps()
        # The server's connections have numbers of their own, and its listening socket has one.
        self.theirs = self.server.steps(self.server.first('srv.found').conn)
        self.wire = Packets(folder / 'pcap')

    def diagram(self):
        return (self.folder / 'both.mmd').read_text()


@pytest.fixture(scope='module', params=pair.NETS)
def played(request, tmp_path_factory):
    return Played(tmp_path_factory.mktemp('duet'), request.param)


def test_each_side_tells_what_it_knows(played):
    assert sorted(played.ours) == CLIENT_STEPS
    assert sorted(played.theirs) == SERVER_STEPS
    for log in (played.client, played.server):
        assert log.problems() == [] and log_contract.event_problems(log) == []
        assert log.exit_status == 0


def test_one_diagram_has_all_sixteen_in_order(played):
    assert numbers_in(played.diagram()) == SIXTEEN


def test_the_syn_is_the_one_that_the_server_found_a_socket_for(played):
    syn, found, recorded, answer = played.ours[8], *(played.theirs[n] for n in (9, 10, 11))
    assert found.port == syn.dst.port == 80
    assert recorded['src'] == answer['dst'] == syn['src'] and answer['src'] == syn['dst']
    assert answer.tcp_ack == syn.tcp_seq + 1
    # What was offered was recorded: it is answered, and the time stamp is echoed.
    assert all(answer.get(key) for key in ('mss', 'ws', 'sack', 'tsval'))
    packet = played.wire.first(SYN | ACK)
    assert int(packet['tcp.options.timestamp.tsecr'].split(',')[0]) == syn.tsval


def test_the_syn_ack_is_the_same_at_both_ends(played):
    def packet(event):
        return {key: value for key, value in event.items() if key not in NOT_OF_THE_PACKET}
    built, sent, received = played.theirs[11], played.theirs[12], played.ours[12]
    assert packet(sent) == packet(received)
    assert {'tcp_seq', 'tcp_ack', 'win', 'mss', 'ws', 'sack', 'tsval', 'len', 'frame'} <= set(sent)
    assert packet(sent).items() >= packet(built).items()


def test_the_wire_carried_what_they_say(played):
    wire = played.wire
    for flags, events in ((SYN, [played.ours[8]]), (SYN | ACK, [played.theirs[12], played.ours[12]])):
        packet = wire.first(flags)
        for event in events:
            compare_header(event, packet)
            compare_options(event, packet)
            compare_frame(event, packet, wire.bytes_of(packet))
    packet = wire.first(ACK)
    compare_header(played.ours[14], packet)
    compare_frame(played.ours[14], packet, wire.bytes_of(packet))
    assert not any(int(p['tcp.flags'], 16) & RST for p in wire.packets)


def test_what_one_sent_the_other_received(played):
    ours = played.client.first('tcp.summary')
    theirs = played.server.first('tcp.summary', conn=played.theirs[9].conn)
    assert (ours.bytes_sent, ours.bytes_received) == (theirs.bytes_received, theirs.bytes_sent)
    body = played.client.result.size_download
    assert body > 0 and played.server.first('http.served').size_body == body


def test_both_consoles_are_shown_and_told_apart(played):
    lines = played.done.stdout.splitlines()
    for side in ('client', 'server'):
        said = [line for line in lines if line.startswith(f'{side} | ')]
        assert said[-1] == f'{side} | EXIT: STATUS=0'
        kept = (played.folder / f'{side}.txt').read_text().splitlines()
        assert [line.partition(' | ')[2] for line in said] == kept
    assert len(lines) == sum(line.startswith(('client | ', 'server | ')) for line in lines)


def test_nobody_listens_at_that_port(tmp_path):
    done = run(tmp_path, '--url', 'http://192.168.77.1:81/', '--diagram', str(tmp_path / 'both.mmd'))
    assert done.returncode == 7, done.stdout + done.stderr
    assert 'the server was not asked' in done.stderr
    assert 'server | EXIT' not in done.stdout
    diagram = (tmp_path / 'both.mmd').read_text()
    assert numbers_in(diagram) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert diagram.count('RST') == 1  # both sides tell of it


def test_make_duet(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith('MAKE')}
    done = subprocess.run(
        ['make', '--no-print-directory', '-C', ROOT, f'BUILD={BUILD}', 'duet', 'LOG=json',
         'URL=/metrics', 'APPEND=show=body', f'LOGS={tmp_path}'],
        capture_output=True, text=True, timeout=120, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ' /metrics' in done.stdout and 'client | @dt ' in done.stdout
    assert '(16)' in done.stdout  # the ladder stands behind the logs
    assert read(tmp_path / 'client.log').result.http_code == 200
