# SPDX-License-Identifier: MIT
"""Two serial ports: the first says what log= selects, the second machine lines alone, and the EXIT line
is the last on both, however the run ends."""

import dialtone_log
import pytest
import servers
from conftest import HOST
from machine import Run, app_kernel

STATIC = 'ip=192.168.77.2:::/24'


def both_ports(net, words, status, path, **fields):
    """The logs of both, after what must be true of any run."""
    with Run(net, words, serial2=str(path), **fields) as run:
        first = run.end(status, contract=False)
    second = dialtone_log.parse(path.read_bytes())
    assert second.problems() == [] and second.exit_status == status
    assert second.result['exitcode'] == status
    for log in (first, second):
        assert [line for line in log.lines if line][-1] == f'EXIT: STATUS={status}'
        assert log.text().count('EXIT: STATUS=') == 1
    assert all(line.startswith(('@dt ', 'EXIT: ')) for line in second.lines if line)
    return first, second


@pytest.mark.parametrize('mode', ['text', 'json', 'both'])
@pytest.mark.parametrize('fault', ['divide', 'stack-overflow'])
def test_after_a_panic(no_net, tmp_path, mode, fault):
    first, second = both_ports(no_net, [STATIC, f'fault={fault}'], 119, tmp_path / 'second',
                               log_mode=mode, kernel=app_kernel('fault'))
    assert second.first('panic') and second.first('panic.frame')
    assert first.events == ([] if mode == 'text' else second.events)
    assert bool(first.human_lines()) == (mode != 'json')


@pytest.mark.parametrize('mode', ['text', 'json'])
def test_after_a_time_out(wire, tmp_path, mode):
    with servers.serving(servers.saying(b'HTTP/1.1 200 OK\r\n', lambda conn: conn.recv(1)),
                         wire.namespace, HOST) as port:
        first, second = both_ports(wire, [wire.ip, wire.url(port=port), 'timeout=1'], 28,
                                   tmp_path / 'second', log_mode=mode)
    assert 'waiting for the rest of the header' in second.result['errormsg']
    assert first.events == ([] if mode == 'text' else second.events)


def test_before_there_is_a_clock(no_net, tmp_path):
    first, second = both_ports(no_net, [], 119, tmp_path / 'second', log_mode='', debug_exit=False,
                               args=('-cpu', 'max,-apic'))
    assert 'this machine has no local APIC' in second.result['errormsg']
    assert first.events == []


def test_a_bad_configuration(no_net, tmp_path):
    """Also what is said before log= is known."""
    first, second = both_ports(no_net, [STATIC, 'colour=red'], 2, tmp_path / 'second', log_mode='json')
    assert first.events == second.events and second.events[0].name == 'boot'
