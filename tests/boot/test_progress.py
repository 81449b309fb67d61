# SPDX-License-Identifier: MIT
"""Long work says that it lives: a line each second after two, with values that are true."""

import threading

import servers
from conftest import HOST
from machine import Run
from runner import web


def spaced(lines):
    """No two of them are less than a second apart: never more than one a second.  (By the time that
    they tell: `t_us` is when the line was written, a little later.)"""
    times = [round(e['time_so_far'] * 10**6) for e in lines]
    assert all(b - a >= 10**6 - 1 for a, b in zip(times, times[1:])), times


def test_a_slow_download(wire):
    """The server sends some of the body, and the rest when the guest has said three times that it
    lives; what it says is what the server has done by then."""
    go_on = threading.Event()

    def slow(conn, _peer):
        web.read_request(conn)
        conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + b'x' * 300)
        go_on.wait(30)
        conn.sendall(b'x' * 700)

    with servers.serving(slow, wire.namespace, HOST) as port, \
            Run(wire, [wire.ip, wire.url(port=port)]) as run:
        try:
            run.log.wait('progress', 20, count=3)
        finally:
            go_on.set()
        log = run.end(0)

    lines = log.all('progress')
    asked = log.first('http.request')
    assert 3 <= len(lines) <= (log.result['t_us'] - asked['t_us']) / 10**6 - 1
    assert lines[0]['t_us'] - asked['t_us'] >= 2 * 10**6
    spaced(lines)
    for line in lines:
        assert line['what'] == 'waiting for the rest of the body'
        assert (line['conn'], line['bytes'], line['of']) == (1, 300, 1000)
    assert [line['rate'] for line in lines[1:]] == [0] * (len(lines) - 1)
    assert 0 < lines[0]['rate'] <= 150  # 300 bytes in two seconds or more
    for line in lines:
        since = line['t_us'] / 10**6 - line['time_so_far']  # the same instant, said each time
        assert abs(since - (lines[0]['t_us'] / 10**6 - lines[0]['time_so_far'])) < 0.5
    assert lines[0]['time_left'] - lines[-1]['time_left'] >= 2
    # both forms, one to one
    said = [text for _, speaker, text in log.human_lines() if 's so far' in text]
    assert len(said) == len(lines)
    assert said[0].startswith('waiting for the rest of the body: 300 bytes of 1000, ')
