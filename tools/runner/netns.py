# SPDX-License-Identifier: MIT
"""Network namespaces: a network of one's own, in which nothing of the host's is touched.

A namespace has a name (ip netns), so that a person can look into it while a machine runs, and a
guard that removes it.  Sockets and tap devices are made inside it by a thread that enters it for
that moment (setns is a thread's affair); they work from any thread afterwards.
"""

import ctypes
import fcntl
import itertools
import os
import socket
import struct
import subprocess
import threading

from .errors import RunnerError
from .guard import Guard

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000

_counter = itertools.count(1)
_libc = ctypes.CDLL(None, use_errno=True)


def run(argv):
    """Runs a tool whose failure has to be explained."""
    try:
        subprocess.run(argv, check=True, capture_output=True)
    except FileNotFoundError as e:
        raise RunnerError(f'{argv[0]} is missing; type: sudo apt-get install iproute2') from e
    except subprocess.CalledProcessError as e:
        raise RunnerError(f'{" ".join(argv)}: {e.stderr.decode(errors="replace").strip()}') from e


class Namespace:
    """A new network namespace with its loopback up, without IPv6 and without forwarding."""

    def __init__(self, name=None):
        self.name = name or f'dialtone-{os.getpid()}-{next(_counter)}'
        self.guard = Guard(['ip', 'netns', 'del', self.name])
        try:
            run(['ip', 'netns', 'add', self.name])
            self.call(self._prepare)
            self.ip('link', 'set', 'lo', 'up')
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _prepare():
        for key, value in (('ipv6/conf/default/disable_ipv6', '1'),
                           ('ipv6/conf/all/disable_ipv6', '1'), ('ipv4/ip_forward', '0')):
            try:
                with open(f'/proc/sys/net/{key}', 'w', encoding='ascii') as f:
                    f.write(value)
            except FileNotFoundError:
                pass  # a host without IPv6

    @property
    def prefix(self):
        """What stands before a command that runs inside; it keeps the process id."""
        return ['nsenter', f'--net=/run/netns/{self.name}', '--']

    def ip(self, *args):
        run(['ip', '-n', self.name, *args])

    def call(self, function, *args):
        """Calls a function on a thread that is inside; returns what it returns."""
        result = []

        def inside():
            try:
                fd = os.open(f'/run/netns/{self.name}', os.O_RDONLY | os.O_CLOEXEC)
                try:
                    if _libc.setns(fd, CLONE_NEWNET) != 0:
                        errno = ctypes.get_errno()
                        raise OSError(errno, os.strerror(errno))
                finally:
                    os.close(fd)
                result.append((function(*args), None))
            except BaseException as e:  # handed to the caller, whatever it is
                result.append((None, e))

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        value, error = result[0]
        if error is not None:
            raise error
        return value

    def socket(self, *args):
        return self.call(socket.socket, *args)

    def add_tap(self, name, address=None):
        """A tap that stays for QEMU to open; `address` with its prefix length."""
        self.ip('tuntap', 'add', 'dev', name, 'mode', 'tap')
        if address:
            self.ip('addr', 'add', address, 'dev', name)
        self.ip('link', 'set', name, 'up')

    def open_tap(self, name, flags=0):
        """A tap whose other side is the file descriptor returned; it goes when that closes."""
        return self.call(open_tap, name, flags)

    def close(self):
        self.guard.release()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def open_tap(name, flags=0):
    fd = os.open('/dev/net/tun', os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', name.encode(),
                                               IFF_TAP | IFF_NO_PI | flags))
    except BaseException:
        os.close(fd)
        raise
    return fd
