"""log=ktap: the run as a KTAP report, read by a strict reader and by Perl's."""

import os

import ktap
import pytest
import servers
from conftest import HOST
from machine import app_kernel, call

PHASES = ['link', 'address', 'arp', 'dns', 'connect', 'tls', 'http', 'expect']


def report(net, words, status, **fields):
    """The points of a run."""
    log = call(net, words, status, log_mode='ktap', contract=False, **fields)
    points, told = ktap.parse(log.lines)
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
    points = report(wire, [wire.ip, 'tcp=192.168.77.1:80', wire.url('/none#x'), wire.url('/')], 22)
    assert [(p.name, seen(p.subtests)) for p in points[2:]] == [
        ('tcp://192.168.77.1:80', 'pspsss'), ('http://192.168.77.1/none%23x', 'sspspf'),
        ('http://192.168.77.1/', 'sssspp')]


def test_nothing_from_outside_is_a_point(wire):
    """Neither a body that is shown, nor a header field, nor a status line."""
    forged = b'HTTP/1.1 200 ok 1 - x\r\nA: ok 1 - a\r\n\r\nok 1 - b\nnot ok 2 - c\n1..1\nKTAP version 1\n'
    with servers.serving(servers.saying(forged), wire.namespace, HOST) as port:
        points = report(wire, [wire.ip, wire.url(port=port), 'show=headers,body'], 0)
    assert len(points) == 8


def test_a_panic_and_machine_lines_on_the_second_port(no_net, tmp_path):
    second = os.path.join(str(tmp_path), 'second')
    points = report(no_net, ['ip=192.168.77.2:::/24', 'fault=divide'], 119,
                    kernel=app_kernel('fault'), serial2=second)
    assert seen(points) == 'ssssssssf' and points[8].name == 'panic'


def test_no_device(no_net):
    assert seen(report(no_net, ['ip=192.168.77.2:::/24', f'url=http://{HOST}/'], 110)) == 'fsssssss'


def test_no_address(wire):
    points = report(wire, ['ip=dhcp', 'dhcp-timeout=1', wire.url()], 111)
    assert seen(points) == 'pfssssss' and 'status 111' in points[1].why
