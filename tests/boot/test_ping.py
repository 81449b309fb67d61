# SPDX-License-Identifier: MIT
"""Ping is answered while the machine holds the line; other traffic on the tap does it no harm."""

import subprocess

from conftest import GUEST
from machine import Run


def ping(wire, *args):
    done = subprocess.run([*wire.prefix, 'ping', '-n', '-w', '10', '-i', '0.05', *args, GUEST],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'wrong' not in done.stdout and 'DUP' not in done.stdout, done.stdout
    return done.stdout


def test_ping_is_answered(wire):
    with Run(wire, [wire.ip, wire.url(), 'hold=5']) as run:
        run.log.wait('hold', 20)
        assert ' 0% packet loss' in ping(wire, '-c', '5')
        assert ' 0% packet loss' in ping(wire, '-c', '3', '-s', '1472', '-M', 'do')
        assert ' 0% packet loss' in ping(wire, '-c', '2', '-s', '0')
        last = run.log.wait('icmp.echo', 10, count=10)
        log = run.end(0)
    echoes = log.all('icmp.echo')
    assert [e['icmp_seq'] for e in echoes] == [1, 2, 3, 4, 5, 1, 2, 3, 1, 2]
    assert {e['src'] for e in echoes} == {'192.168.77.1'}
    assert last['t_us'] < log.result['t_us']
