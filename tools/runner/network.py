# SPDX-License-Identifier: MIT
"""The network that the machine is connected to: QEMU's user network, a tap in a namespace of its
own, a tap or a bridge that is already there, or none.

Each is a context manager with the same fields, which the command line and the tests read:
  netdev, netdev_args  what QEMU is told          prefix  what QEMU is started with
  url                  for the configuration; '' where the network cannot know
  description          one line for people
All but the last give the machine its address by DHCP, or whoever made them does.
"""

import os
import socket

from . import capture as capturing
from . import web
from .dnsmasq import Dnsmasq
from .errors import RunnerError
from .guard import Guard
from .netns import Namespace, run

NETS = ('user', 'tap', 'none')
HOST_IP, GUEST_IP = '192.168.77.1', '192.168.77.2'
TAP = 'dialtone0'


class Network:
    netdev = ''
    netdev_args = ()
    prefix = ()
    url = description = ''
    capture = None  # the file that PCAP= names, where we write it ourselves
    namespace = None
    forwarded = 0   # a port of this host's loopback that leads to the guest
    guest_ip = ''

    def __init__(self):
        self.undo = []  # things with a close(), in the order they were made

    def keep(self, thing):
        self.undo.append(thing)
        return thing

    def close(self):
        while self.undo:
            self.undo.pop().close()

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def open(self):
        pass

    def __exit__(self, *exc):
        self.close()


class NoNetwork(Network):
    url = 'http://192.168.77.1/'
    description = 'no network device'


class UserNetwork(Network):
    """QEMU's own NAT; the web server listens on loopback, which the guest sees as 10.0.2.2.  Its name
    server would ask the host's, so nothing of ours has a name here."""

    def __init__(self, pcap='', with_server=True, forward=(0, 0)):
        super().__init__()
        self.netdev = 'user,id=net0'
        self.forwarded, port = forward
        if self.forwarded:
            self.netdev += f',hostfwd=tcp:127.0.0.1:{self.forwarded}-:{port}'
        self.with_server = with_server
        if pcap:
            file = pcap.replace(',', ',,')
            self.netdev_args = ('-object', f'filter-dump,id=dump0,netdev=net0,file={file}')

    def open(self):
        self.description = 'user network'
        if self.forwarded:
            self.description += f', 127.0.0.1 port {self.forwarded} leads to the machine'
        if self.with_server:
            server = self.keep(web.Server(web.listen('127.0.0.1')))
            self.url = f'http://10.0.2.2:{server.port}/'
            self.description += f', web server on 127.0.0.1 port {server.port}'


class OwnTap(Network):
    """A tap in a new namespace, with a web server behind it, and dnsmasq, which gives addresses and
    knows every name as the web server's."""

    static_ip = f'{GUEST_IP}::{HOST_IP}:255.255.255.0'
    url = f'http://{HOST_IP}/'
    guest_ip = GUEST_IP

    def __init__(self, pcap='', with_server=True, with_dhcp=True):
        super().__init__()
        self.pcap = pcap
        self.with_server = with_server
        self.with_dhcp = with_dhcp

    def open(self):
        self.namespace = self.keep(Namespace(f'dialtone-{os.getpid()}'))
        self.namespace.add_tap(TAP, HOST_IP + '/24')
        self.prefix = self.namespace.prefix
        self.netdev = tap_netdev(TAP)
        self.description = f'tap {TAP} in network namespace {self.namespace.name}'
        if self.with_server:
            self.keep(web.Server(self.namespace.call(web.listen, HOST_IP, 80)))
            self.description += f', web server on {HOST_IP} port 80'
        if self.with_dhcp:
            self.keep(Dnsmasq(self.namespace, TAP, HOST_IP, GUEST_IP))
            self.description += ', dnsmasq for DHCP and names'
        if self.pcap:
            self.capture = self.keep(capturing.Capture(
                self.namespace.call(capturing.open_socket, TAP), self.pcap))


class ExistingTap(Network):
    """Somebody's tap, left alone."""

    def __init__(self, name, pcap=''):
        super().__init__()
        self.name, self.pcap = name, pcap

    def open(self):
        require_device(self.name, 'TAP')
        self.netdev = tap_netdev(self.name)
        self.description = f'tap {self.name}'
        if self.pcap:
            self.capture = self.keep(_capture_here(self.name, self.pcap))


class OnBridge(Network):
    """A tap of ours on somebody's bridge, removed afterwards."""

    def __init__(self, bridge, pcap=''):
        super().__init__()
        self.bridge, self.pcap = bridge, pcap

    def open(self):
        require_device(self.bridge, 'BRIDGE')
        tap = f'dt{os.getpid()}'
        self.keep(_Undo(Guard(['ip', 'link', 'del', tap])))
        run(['ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap'])
        run(['ip', 'link', 'set', tap, 'master', self.bridge, 'up'])
        self.netdev = tap_netdev(tap)
        self.description = f'tap {tap} on bridge {self.bridge}'
        if self.pcap:
            self.capture = self.keep(_capture_here(tap, self.pcap))


class _Undo:
    def __init__(self, guard):
        self.close = guard.release


def tap_netdev(name):
    return f'tap,id=net0,ifname={name},script=no,downscript=no'


def require_device(name, what):
    try:
        socket.if_nametoindex(name)  # asks this network namespace, as /sys need not
    except OSError as e:
        raise RunnerError(f'{what}={name}: there is no such network device here') from e


def _capture_here(device, path):
    try:
        return capturing.Capture(capturing.open_socket(device), path)
    except PermissionError as e:
        raise RunnerError(f'PCAP= on {device} needs root') from e


def choose(net, pcap='', tap='', bridge='', with_server=True, with_dhcp=True, forward=(0, 0)):
    """The network that the options ask for; `forward`: a port of the host's that leads to one of
    the guest's, where the network is QEMU's own."""
    if net not in NETS:
        raise RunnerError(f'NET={net}: one of {", ".join(NETS)}')
    if (tap or bridge) and net != 'tap':
        raise RunnerError('TAP= and BRIDGE= go with NET=tap')
    if tap and bridge:
        raise RunnerError('TAP= and BRIDGE= exclude each other')
    if tap:
        return ExistingTap(tap, pcap)
    if bridge:
        return OnBridge(bridge, pcap)
    if net == 'tap':
        return OwnTap(pcap, with_server, with_dhcp)
    if net == 'none':
        return NoNetwork()
    return UserNetwork(pcap, with_server, forward)
