# SPDX-License-Identifier: MIT
"""The wire between two machines and nobody else: a pair of sockets that the two QEMUs inherit, or
two taps on a bridge in a network namespace of its own.

A pair of sockets has no name or port that could be taken, and nothing of it is left when the
processes are gone; what is sent before the other side runs waits in it.
"""

import dataclasses
import os
import socket

from . import capture as capturing
from .errors import RunnerError
from .netns import Namespace
from .network import Network, tap_netdev

NETS = ('socket', 'tap')
SERVER_IP, CLIENT_IP, MASK = '192.168.77.1', '192.168.77.2', '255.255.255.0'
SERVER, CLIENT = 'server', 'client'
BRIDGE, TAPS = 'dialtone-br', {SERVER: 'dialtone-srv', CLIENT: 'dialtone-cli'}
# QEMU gives every machine the same address unless it is told.
MACS = {SERVER: '52:54:00:12:34:01', CLIENT: '52:54:00:12:34:02'}


@dataclasses.dataclass
class End:
    """What one of the two machines is connected with (network.py has the names)."""

    netdev: str
    netdev_args: tuple = ()
    prefix: tuple = ()
    sockets: tuple = ()

    @property
    def fds(self):
        return tuple(s.fileno() for s in self.sockets)

    def handed_over(self):
        """QEMU has them: held here too, the other side would not notice that this one is gone."""
        for s in self.sockets:
            s.close()


class SocketPair(Network):
    description = 'a pair of sockets'

    def __init__(self, pcap=''):
        super().__init__()
        self.pcap = pcap
        self.ends = {}

    def open(self):
        for name, sock in zip((SERVER, CLIENT), socket.socketpair(socket.AF_UNIX,
                                                                  socket.SOCK_DGRAM)):
            self.keep(sock)
            self.ends[name] = End(f'dgram,id=net0,local.type=fd,local.str={sock.fileno()}',
                                  sockets=(sock,))
        if self.pcap:
            file = self.pcap.replace(',', ',,')
            self.ends[CLIENT].netdev_args = (
                '-object', f'filter-dump,id=dump0,netdev=net0,file={file}')


class BridgedTaps(Network):
    def __init__(self, pcap=''):
        super().__init__()
        self.pcap = pcap
        self.ends = {}

    def open(self):
        namespace = self.keep(Namespace(f'dialtone-{os.getpid()}'))
        namespace.ip('link', 'add', BRIDGE, 'type', 'bridge')
        namespace.ip('link', 'set', BRIDGE, 'up')
        for name, tap in TAPS.items():
            namespace.add_tap(tap)
            namespace.ip('link', 'set', tap, 'master', BRIDGE)
            self.ends[name] = End(tap_netdev(tap), prefix=tuple(namespace.prefix))
        self.description = f'bridge {BRIDGE} in network namespace {namespace.name}'
        if self.pcap:
            # The client's tap: each frame once, as it passes there.
            self.capture = self.keep(capturing.Capture(
                namespace.call(capturing.open_socket, TAPS[CLIENT]), self.pcap))


def choose(net, pcap=''):
    """The network that the options ask for."""
    if net not in NETS:
        raise RunnerError(f'NET={net}: one of {", ".join(NETS)}')
    return SocketPair(pcap) if net == 'socket' else BridgedTaps(pcap)


def address(name):
    """The value of ip= of that machine."""
    return f'{SERVER_IP if name == SERVER else CLIENT_IP}:::{MASK}'
