# SPDX-License-Identifier: MIT
"""A burst as long as the receive ring, and then silence: the machine must hear what comes next.

The machine is stopped (QMP), as a busy host does it, frames are put on its wire until they fill the
ring, and it goes on.  How many of them one poll finds is the host's affair, so there are many such
rounds; after each the machine is asked something, and nothing else wakes it before the answer is
overdue.  tests/unit/test_halt.c goes through the orders one by one.
"""

import socket
import subprocess

import pytest
import servers
from conftest import GUEST, HOST
from frames import Frame
from hostile import EVIL_IP, Attack
from machine import Run
from qmp import Qmp
from qmp import args as qmp_args
from scapy.all import UDP

RING = 256    # also the budget of one poll
ROUNDS = 120  # the first few make the ring grow to its size; one in eight of the others was fatal
OVERDUE_S, AGAIN_S = 10, 0.25
BROADCAST = 'ff:ff:ff:ff:ff:ff'
ETH_ALL = 3


class Wire:
    """The machine's end of the cable, its control socket, and somebody who sends."""

    def __init__(self, wire, run, qmp):
        self.qmp = qmp
        self.attacker = Attack(run.log.wait('netdev.up', 20)['mac'], GUEST, HOST)
        self.end = wire.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_ALL))
        self.end.bind((wire.tap, ETH_ALL))
        self.end.settimeout(AGAIN_S)
        self.noise = self.attacker.frame(
            self.attacker.packet(UDP(sport=9, dport=9) / b'x', dst=self.attacker.net_broadcast),
            BROADCAST)

    def ask(self):
        """ARP, which needs no earlier acquaintance and starts no timer in the machine."""
        self._ask(self.attacker.arp(), lambda f: f.arp_operation == 2)

    def ping(self):
        self._ask(self.attacker.echo(1, 1), lambda f: f.dst == EVIL_IP and f.payload[:1] == b'\0')

    def _ask(self, question, is_answer):
        """Asked again where it was lost, in a full queue of the tap's."""
        for _ in range(int(OVERDUE_S / AGAIN_S)):
            self.end.send(question)
            try:
                while not is_answer(Frame(self.end.recv(2000))):
                    continue
                return
            except TimeoutError:
                continue
        raise AssertionError('the machine is deaf')

    def burst(self, frames):
        self.qmp('stop')
        for _ in range(frames):
            self.end.send(self.noise)
        self.qmp('cont')


def flood(wire, run, path):
    with Qmp(path) as qmp:
        talk = Wire(wire, run, qmp)
        with talk.end:
            for _ in range(ROUNDS):
                talk.burst(RING)
                talk.ask()
            for _ in range(5):  # and without a stop, as fast as this host goes
                for _ in range(1000):
                    talk.end.send(talk.noise)
                talk.ask()
            talk.ping()


def test_a_client_that_stays_up_hears_on(wire, tmp_path):
    path = str(tmp_path / 'qmp')
    with servers.serving(servers.CHUNKED, wire.namespace, HOST) as port, \
            Run(wire, [wire.ip, wire.url(port=port), 'hold=3600'], args=qmp_args(path)) as run:
        run.log.wait('hold', 20)
        flood(wire, run, path)
        assert run.log.first('device.bad') is None, run.log.text()


@pytest.mark.parametrize('nic', ['', 'event_idx=off', 'vectors=0'],
                         ids=['event index', 'no event index', 'no interrupts'])
def test_a_server_hears_on(wire, tmp_path, nic):
    path = str(tmp_path / 'qmp')
    with Run(wire, [wire.ip, 'mode=server'], args=qmp_args(path), nic=nic) as run:
        run.log.wait('srv.listening', 20)
        flood(wire, run, path)
        page = subprocess.run([*wire.prefix, 'curl', '--silent', '--max-time', str(OVERDUE_S),
                               f'http://{GUEST}/'], capture_output=True, check=True)
        assert page.stdout
        # Without interrupts it says that it is polled, and else nothing is wrong.
        assert len(run.log.all('device.bad')) == (nic == 'vectors=0'), run.log.text()
