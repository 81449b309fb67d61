# SPDX-License-Identifier: MIT
"""Goldens of the image: which machine lines a run prints, in which order, with which fields and
values (docs/testing.md).

Only what cannot race is in these runs: their servers and visitors do one thing at a time, and hold a
connection until the machine is off.
"""

import contextlib
import socket
import threading

import golden
import ktap
import pytest
import servers
from machine import Run, call
from runner import web

BODY = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789'
AGENT = 'user-agent=golden'
TRIES = 3


@contextlib.contextmanager
def one_page():
    """A server that answers once on each connection, and closes when all is over; its port."""
    over = threading.Event()

    def handler(conn, _peer):
        web.read_request(conn)
        conn.sendall(BODY)
        over.wait(web.PATIENCE_S)

    with servers.serving(handler) as port:
        yield port
        over.set()


def undisturbed(run_once, version_is_sent=False):
    """A host that stands still for a second makes a run another one: it is made again then."""
    for _ in range(TRIES):
        log, words = run_once()
        if not golden.stalled(log.events):
            break
    return golden.normal(log.events, words, version_is_sent)


def test_pings_and_a_page(user_net):
    def run_once():
        with one_page() as port:
            log = call(user_net, [user_net.ip, AGENT, 'ping=10.0.2.2', user_net.url(port)], 0,
                       log_mode='json')
        return log, {str(port): '<port>'}

    golden.compare('page', undisturbed(run_once))


def test_dhcp_and_a_refusal(user_net):
    def run_once():
        with servers.deaf_socket() as deaf:
            port = deaf.getsockname()[1]
            log = call(user_net, [AGENT, user_net.url(port)], 7, log_mode='json')
        return log, {str(port): '<port>'}

    golden.compare('refused', undisturbed(run_once))


def test_faults_of_the_configuration(no_net):
    log = call(no_net, ['timout=5', 'url=http://10.0.2.2/', 'count=0', 'ip=10.0.0.1', 'log.connections=x'],
               2, log_mode='json')
    golden.compare('faults', golden.normal(log.events, {}))


def visit(port):
    """Asks for /healthz; the connection."""
    sock = socket.create_connection(('127.0.0.1', port), timeout=20)
    sock.sendall(b'GET /healthz HTTP/1.1\r\nHost: golden\r\n\r\n')
    data = b''
    while not data.endswith(b'\r\n\r\nok\n'):
        data += sock.recv(4096)
    return sock


class Forwarded:
    """QEMU's user network with one port of loopback in front of the machine's port 80."""

    netdev_args, prefix = (), ()

    def __init__(self):
        with socket.socket() as sock:
            sock.bind(('127.0.0.1', 0))
            self.port = sock.getsockname()[1]
        self.netdev = f'user,id=net0,hostfwd=tcp:127.0.0.1:{self.port}-10.0.2.15:80'


def test_a_server_with_one_visitor(user_net):
    """The ping makes the visitor's link address known before he comes."""
    def run_once():
        net = Forwarded()
        with Run(net, [user_net.ip, 'mode=server', 'requests=1', 'ping=10.0.2.2'], log_mode='json') as run:
            run.log.wait('transfer', 20)
            with visit(net.port):
                log = run.end(0)
        return log, {}

    golden.compare('server', undisturbed(run_once, version_is_sent=True))


@pytest.mark.parametrize('answers', [True, False], ids=['good', 'refused'])
def test_the_report(user_net, answers):
    """The points of a KTAP report; its diagnostic lines are sentences for people."""
    with one_page() if answers else servers.deaf_socket() as there:
        port = there if answers else there.getsockname()[1]
        log = call(user_net, [user_net.ip, AGENT, user_net.url(port)], 0 if answers else 7, log_mode='ktap',
                   contract=False)
    points, _ = ktap.parse(log.lines)
    golden.compare('report-good' if answers else 'report-refused', ''.join(
        f'{"ok" if p.passed else "not ok"} {p.name} {p.directive or ""}'.rstrip() + '\n' for p in points))
