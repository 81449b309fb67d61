# SPDX-License-Identifier: MIT
"""UDP both ways, with sockets of the host's own stack on the other side of the tap."""

import socket

import pytest
from conftest import GUEST, HOST
from machine import Run, app_kernel


@pytest.fixture
def peer(wire):
    """A UDP socket on the host's side of the tap."""
    with wire.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        sock.settimeout(10)
        yield sock


@pytest.mark.parametrize('csum', [True, False], ids=['csum on', 'csum off'])
@pytest.mark.parametrize('size', [0, 1, 1472])
def test_echo_both_ways(wire, peer, size, csum):
    words = [wire.ip, f'peer={HOST}:{peer.getsockname()[1]}', f'size={size}', 'port=4242']
    with Run(wire, words, kernel=app_kernel('udp_echo'), csum=csum) as run:
        data, caller = peer.recvfrom(2000)
        assert len(data) == size and caller[0] == GUEST
        peer.sendto(data, caller)
        run.log.wait('udp.echo', 10, direction='received')
        question = bytes(range(256))[:size] if size < 256 else b'question ' * 163
        peer.sendto(question, (GUEST, 4242))
        answer, sender = peer.recvfrom(2000)
        assert answer == question and sender == (GUEST, 4242)
        log = run.end(0)
    assert [(e['direction'], e['len']) for e in log.all('udp.echo')] == [
        ('sent', size), ('received', size), ('received', len(question)), ('sent', len(question))]
    assert log.all('udp.echo')[3]['dst'] == f'{HOST}:{peer.getsockname()[1]}'


def test_an_altered_echo_is_noticed(wire, peer):
    words = [wire.ip, f'peer={HOST}:{peer.getsockname()[1]}']
    with Run(wire, words, kernel=app_kernel('udp_echo')) as run:
        data, caller = peer.recvfrom(2000)
        peer.sendto(data[:-1] + b'?', caller)
        run.end(112)


def test_nobody_listens(wire):
    """The host's ICMP port unreachable is understood; a datagram socket without a peer goes on."""
    words = [wire.ip, f'peer={HOST}:9', 'timeout=1.5']
    with Run(wire, words, kernel=app_kernel('udp_echo')) as run:
        log = run.end(28)
    error = log.first('icmp.error')
    assert (error['src'], error['type'], error['code']) == (HOST, 3, 3)
    assert len(log.all('udp.echo', direction='sent')) > 1  # and is free to try again
