# SPDX-License-Identifier: MIT
"""Machines with several network devices: all are listed, one is used, the others stay quiet."""

import os

import pytest
from frames import read_pcap
from machine import Run, call
from qmp import Qmp
from qmp import args as qmp_args
from runner.capture import Capture, open_socket

TAP2, MAC, MAC2 = 'tap2', '52:54:00:77:00:01', '52:54:00:77:00:02'
# The second tap's device stands before the one that Run adds: it is eth0, and that is eth1.
SECOND = ('-netdev', f'tap,id=net2,ifname={TAP2},script=no,downscript=no', '-device',
          f'virtio-net-pci,disable-legacy=on,romfile=,netdev=net2,mac={MAC2}')


@pytest.fixture(scope='module')
def wires(wire):
    """The session's tap, and a second one beside it on which nobody is."""
    wire.namespace.add_tap(TAP2)
    yield wire
    wire.namespace.ip('link', 'del', TAP2)


@pytest.mark.parametrize('nic', ['1', MAC])
def test_nic_says_which_and_the_other_is_quiet(wires, tmp_path, nic):
    with Capture(wires.namespace.call(open_socket, TAP2), str(tmp_path / 'pcap')):
        log = call(wires, [wires.ip, wires.url(), f'nic={nic}'], 0, args=SECOND, nic=f'mac={MAC}')
    assert [(e['name'], e['mac']) for e in log.all('netdev.up')] == [('eth0', MAC2), ('eth1', MAC)]
    assert log.first('addr.set')['name'] == 'eth1'
    assert not [f for _, f in read_pcap(tmp_path / 'pcap')
                if f.data[6:12] == bytes.fromhex(MAC2.replace(':', ''))]


def test_a_nic_that_is_not_there(wires):
    log = call(wires, [wires.ip, wires.url(), 'nic=2'], 110, args=SECOND, nic=f'mac={MAC}')
    assert log.result['errormsg'] == (
        f'nic=: there is no device 2, only eth0 ({MAC2}), eth1 ({MAC})')


def test_nic_and_ip_name_two(wires):
    log = call(wires, [f'{wires.ip}::eth0', wires.url(), f'nic={MAC}'], 110, args=SECOND,
               nic=f'mac={MAC}')
    assert log.result['errormsg'] == f'nic={MAC} is eth1, but ip= says eth0'


@pytest.mark.parametrize('comes_up', [False, True], ids=['one link', 'no link at first'])
def test_the_first_with_a_link(wires, tmp_path, comes_up):
    path = os.path.join(str(tmp_path), 'qmp')
    with Run(wires, [wires.ip, wires.url()], args=(*qmp_args(path), '-S', *SECOND)) as run:
        with Qmp(path) as qmp:
            qmp('set_link', name='net2', up=False)
            qmp('set_link', name='net0', up=not comes_up)
            qmp('cont')
            if comes_up:
                run.log.wait('netdev.up', 10, count=2)
                qmp('set_link', name='net0', up=True)
        log = run.end(0)
    assert log.first('addr.set')['name'] == 'eth1'


def test_no_link_anywhere(wires, tmp_path):
    path = os.path.join(str(tmp_path), 'qmp')
    with Run(wires, [wires.ip, wires.url(), 'dhcp-timeout=2'],
             args=(*qmp_args(path), '-S', *SECOND)) as run:
        with Qmp(path) as qmp:
            for name in ('net0', 'net2'):
                qmp('set_link', name=name, up=False)
            qmp('cont')
        log = run.end(7)
    assert log.result['errormsg'] == 'the network link is down: eth0, eth1 (waited 2.0 s)'
