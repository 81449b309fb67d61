# SPDX-License-Identifier: MIT
"""count= and interval=: several GETs in one run, each with a connection of its own."""

import itertools

import servers
from conftest import HOST
from machine import Run, call
from runner import web
from test_ping import ping


def check_transfers(log, codes):
    transfers = log.all('transfer')
    assert [t['probe'] for t in transfers] == list(range(1, len(codes) + 1))
    assert [t['conn'] for t in transfers] == [t['probe'] for t in transfers]
    assert [t['exitcode'] for t in transfers] == codes
    assert len(log.all('http.summary')) == len(log.all('result')) == 1
    return transfers


def test_three_gets(wire):
    log = call(wire, [wire.ip, wire.url(), 'count=3', 'interval=0.3'], 0)
    transfers = check_transfers(log, [0, 0, 0])
    assert len({t['local_port'] for t in transfers}) == 3  # a new connection each
    assert [b['crc32'] for b in log.all('http.body')] == [wire.page_crc] * 3
    for conn in (1, 2, 3):
        assert set(log.steps(conn)) >= {1, 5, 8, 12, 14, 16}
    starts = [e['t_us'] for e in log.all('app.socket')]
    for gap in (b - a for a, b in zip(starts, starts[1:])):
        assert gap > 0.15e6  # a busy host may delay the first of two and not the second
    summary = log.first('http.summary')
    assert (summary['sent'], summary['ok'], summary['loss_percent'], summary['loss']) == (3, 3, 0, 0)
    assert 2 * 0.3 <= summary['time_total'] <= summary['t_us'] / 1e6  # pauses included
    times = [t['time_total'] for t in transfers]
    assert (summary['time_min'], summary['time_max']) == (min(times), max(times))
    assert abs(summary['time_avg'] - sum(times) / 3) < 2e-6
    assert 0 <= summary['time_mdev'] <= max(times) - min(times)
    assert log.result['probe'] == 3


def test_one_of_them_fails(wire):
    """The second is answered with nonsense: the others are done all the same, and it is told."""
    asked = itertools.count(1)

    def second_is_nonsense(conn, peer):
        (servers.NOT_HTTP if next(asked) == 2 else servers.CLOSE_DELIMITED)(conn, peer)

    with servers.serving(second_is_nonsense, wire.namespace, HOST) as port:
        log = call(wire, [wire.ip, wire.url(port=port), 'count=3', 'interval=0.1'], 1)
    check_transfers(log, [0, 1, 0])
    summary = log.first('http.summary')
    assert (summary['sent'], summary['ok'], summary['loss_percent'], summary['loss']) == (3, 2, 34, 33.33)
    assert log.result['probe'] == 2


def test_the_timeout_is_for_all_of_them(wire):
    log = call(wire, [wire.ip, wire.url(), 'count=9', 'interval=60', 'timeout=1'], 28)
    check_transfers(log, [0])
    assert log.result['errormsg'].endswith('with 1 of 9 GETs done')
    assert 0.99e6 < log.result['t_us'] < 60e6  # and not after the interval


def test_pings_are_answered_in_between(wire):
    """Nothing happens between two GETs but the wire's own traffic."""
    with Run(wire, [wire.ip, wire.url(), 'count=2', 'interval=2']) as run:
        run.log.wait('transfer', 20)
        assert ' 0% packet loss' in ping(wire, '-c', '3')
        log = run.end(0)
    first, second = log.all('transfer')
    assert len(log.all('icmp.echo')) == 3
    assert first['t_us'] < log.first('icmp.echo')['t_us'] < second['t_us']


def test_a_server_that_vanishes_and_comes_back(wire):
    """Refused while nobody listens; the next GET finds the server again."""
    listener = wire.namespace.call(web.listen, HOST, 0)
    port = listener.getsockname()[1]
    with Run(wire, [wire.ip, wire.url(port=port), 'count=3', 'interval=1']) as run:
        with web.Server(listener, servers.CHUNKED):
            run.log.wait('transfer', 20)
        run.log.wait('transfer', 20, count=2)
        with servers.serving(servers.CHUNKED, wire.namespace, HOST, port):
            log = run.end(7)
    check_transfers(log, [0, 7, 0])


def test_bad_counts(no_net):
    log = call(no_net, ['ip=192.168.77.2:::/24', f'url=http://{HOST}/', 'count=0', 'interval=x'], 2)
    assert len(log.all('config.bad')) == 2
