# SPDX-License-Identifier: MIT
"""log=ktap: the run as a KTAP report, read by a strict reader and by Perl's."""

import os
import tempfile

import dialtone_log
import ktap
import log_report
import pytest
import servers
from conftest import HOST
from machine import app_kernel, call

PHASES = ['link', 'address', 'arp', 'dns', 'connect', 'tls', 'http', 'expect']


def reached(log):
    """The phases that a run came to; of a run of one check the report does not say its name."""
    return [phase for _, phase in log_report.cases_of(log) if phase.why != 'not reached']


def report(net, words, status, **fields):
    """The points of a run; those that others make of its machine lines must be the same."""
    with tempfile.TemporaryDirectory() as folder:
        second = os.path.join(folder, 'second')
        log = call(net, words, status, log_mode='ktap', contract=False, serial2=second, **fields)
        with open(second, 'rb') as f:
            by_events = dialtone_log.parse(f.read())
    points, told = ktap.parse(log.lines)
    assert by_events.problems() == [] and by_events.exit_status == status
    assert reached(by_events) == reached(log), log.text()
    assert told == status and log.events == []
    failed = [p for p in points if not p.passed]
    assert (status == 0) == (not failed)
    skipped = sum(p.directive == 'SKIP' for p in points)
    assert ktap.by_perl(log.text()) == (len(points) - len(failed), len(failed), skipped, len(points), 0)
    assert any(line.startswith('# [') and ' result ' in line for line in log.lines)
    return points


def seen(points):
    """One letter a point: passed, failed, skipped."""
    return ''.join('s' if p.directive == 'SKIP' else 'p' if p.passed else 'f' for p in points)


def test_a_good_run(wire):
    points = report(wire, [wire.ip, wire.url()], 0)
    assert [p.name for p in points] == PHASES and seen(points) == 'pppspspp'


@pytest.mark.parametrize('words, status, letters, why', [
    (['url=http://192.168.77.1:81/'], 7, 'pppsfsss', 'status 7: connection refused'),
    (['url=http://192.168.77.99/', 'connect-timeout=0.4'], 28, 'ppfsssss', "the next hop's ARP answer"),
    (['url=http://nowhere.example/'], 6, 'ppsfssss', 'there is no name server to ask'),
    (['url=http://192.168.77.1/none'], 22, 'pppspspf', 'status 22: the server answered 404'),
    (['ping=192.168.77.99', 'timeout=1.5'], 28, 'ppfsssss', 'status 28'),
    (['url=http://192.168.77.1/', 'colour=red'], 2, 'ssssssssf', 'bad configuration'),
])
def test_what_went_wrong(wire, words, status, letters, why):
    points = report(wire, [wire.ip, *words], status)
    assert seen(points) == letters
    assert why in next(p for p in points if not p.passed).why


def test_a_server_that_is_silent(wire):
    with servers.serving(servers.saying(b'HTTP/1.1 200 OK\r\n', lambda conn: conn.recv(1)),
                         wire.namespace, HOST) as port:
        points = report(wire, [wire.ip, wire.url(port=port), 'timeout=1'], 28)
    assert seen(points) == 'pppspsfs' and points[6].directive == 'TIMEOUT'


def test_several_checks_have_subtests(wire):
    points = report(wire, [wire.ip, 'ping=192.168.77.1', 'tcp=192.168.77.1:80', wire.url('/none#x'),
                           wire.url('/')], 22)
    assert [(p.name, seen(p.subtests)) for p in points[2:]] == [
        ('ping://192.168.77.1', 'pspsss'),
        ('tcp://192.168.77.1:80', 'sspsss'), ('http://192.168.77.1/none%23x', 'sspspf'),
        ('http://192.168.77.1/', 'sssspp')]


def test_nothing_from_outside_is_a_point(wire):
    """Neither a body that is shown, nor a header field, nor a status line."""
    forged = b'HTTP/1.1 200 ok 1 - x\r\nA: ok 1 - a\r\n\r\nok 1 - b\nnot ok 2 - c\n1..1\nKTAP version 1\n'
    with servers.serving(servers.saying(forged), wire.namespace, HOST) as port:
        points = report(wire, [wire.ip, wire.url(port=port), 'show=headers,body'], 0)
    assert len(points) == 8


def test_a_panic(no_net):
    points = report(no_net, ['ip=192.168.77.2:::/24', 'fault=divide'], 119, kernel=app_kernel('fault'))
    assert seen(points) == 'ssssssssf' and points[8].name == 'panic'


def test_no_device(no_net):
    assert seen(report(no_net, ['ip=192.168.77.2:::/24', f'url=http://{HOST}/'], 110)) == 'fsssssss'


def test_no_address(wire):
    points = report(wire, ['ip=dhcp', 'dhcp-timeout=1', wire.url()], 111)
    assert seen(points) == 'pfssssss' and 'status 111' in points[1].why
