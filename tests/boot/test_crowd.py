# SPDX-License-Identifier: MIT
"""The server under patient strangers: six hundred connections of one address that hold their places and
ask for little, and a second address that only wants a page."""

import os
import statistics
import subprocess
import sys
import time

import prometheus
import pytest
import strangers
from conftest import GUEST, HOST, ROOT
from machine import Run

OTHER = '192.168.77.3'
STRANGERS, GETS = 600, 20
PAUSE_S = 0.05  # between two GETs, so that they meet all that strangers do in a second


@pytest.fixture
def other(wire):
    """A second address of this end of the wire."""
    subprocess.run([*wire.prefix, 'ip', 'address', 'add', f'{OTHER}/24', 'dev', wire.tap], check=True)
    yield
    subprocess.run([*wire.prefix, 'ip', 'address', 'del', f'{OTHER}/24', 'dev', wire.tap], check=True)


def fetch(wire, path):
    with wire.namespace.socket() as sock:
        sock.settimeout(20)
        sock.bind((OTHER, 0))
        sock.connect((GUEST, 80))
        sock.sendall(b'GET %s HTTP/1.0\r\n\r\n' % path.encode())
        answer = b''
        while piece := sock.recv(65536):
            answer += piece
    assert answer.startswith(b'HTTP/1.1 200 OK\r\n'), answer
    return answer.partition(b'\r\n\r\n')[2].decode()


def median(wire):
    """Of twenty GETs, all of which are answered; seconds."""
    times = []
    for _ in range(GETS):
        begun = time.monotonic()
        assert fetch(wire, '/').endswith('</html>\n')
        times.append(time.monotonic() - begun)
        time.sleep(PAUSE_S)
    return statistics.median(times)


def is_as_quick(wire, alone):
    """Every GET is answered; that one series of them is as quick is enough, since the host has others to
    serve as well, the strangers among them."""
    return any(median(wire) <= 5 * alone for _ in range(5))


class Flood:
    """The strangers, all of whom have come; or those who call somebody else (`to`), so that the host has
    as much to do."""

    def __init__(self, wire, kind, number=STRANGERS, to=GUEST):
        self.is_here = to == GUEST
        self.process = subprocess.Popen(
            [*wire.prefix, sys.executable, os.path.join(ROOT, 'tests', 'lib', 'strangers.py'), kind,
             str(number), HOST, to], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        assert not self.is_here or self.process.stdout.readline() == 'there\n'
        return self

    def __exit__(self, *_):
        self.process.communicate('\n', timeout=30)


def test_strangers_keep_nobody_out(wire, other):
    """With places for 260 of them.  What is compared was measured in the same run, while the same
    strangers called nginx."""
    with Run(wire, [wire.ip, 'mode=server', 'hold=100', 'log.connections=5'], mem='16',
             deadline=120) as run:
        run.log.wait('srv.listening', 20)
        assert run.log.first('srv.listening')['connections'] < STRANGERS
        for kind in strangers.KINDS:
            with Flood(wire, kind, to=HOST):
                alone = median(wire)
            with Flood(wire, kind):
                assert is_as_quick(wire, alone), kind
        lost = prometheus.labels_of(prometheus.parse(fetch(wire, '/metrics')),
                                    'dialtone_http_places_lost_total', 'reason')
        assert lost == {'newcomer', 'slow_request', 'slow_reader', 'idle', 'memory'}
        crowded = run.log.all('srv.crowded')
        assert crowded and all(e.ip == HOST for e in crowded)
        assert len(run.log.lines) < 2000


def test_a_thousand_places_with_64_mib(wire, other):
    with Run(wire, [wire.ip, 'mode=server', 'hold=100', 'log.connections=5'], mem='64',
             deadline=120) as run:
        run.log.wait('srv.listening', 20)
        assert run.log.first('srv.listening')['connections'] == 1024
        with Flood(wire, 'pipelined and unread', 1000, to=HOST):
            alone = median(wire)
        with Flood(wire, 'pipelined and unread', 1000):
            assert is_as_quick(wire, alone)
            samples = prometheus.parse(fetch(wire, '/metrics'))
            assert samples['dialtone_http_connections',] > 1000
            assert samples['dialtone_memory_available_bytes',] > 4 << 20
        assert run.log.all('srv.crowded') == []
