# SPDX-License-Identifier: MIT
"""Boot tests: the image in QEMU, with real servers, judged by what it says and what is on the wire.

Run them with `make boot-tests` (as root, or where namespaces and taps may be made).  Everything
waits for an event with a deadline.  A session has one namespace `wire` with a tap and nginx behind
it; tests that play with the wire make their own.
"""

import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for folder in ('tools', 'tests/lib'):
    sys.path.insert(0, os.path.join(ROOT, folder))

from runner import network  # noqa: E402 - the path comes first
from runner.capture import Capture, open_socket  # noqa: E402
from runner.netns import Namespace  # noqa: E402
from servers import Nginx  # noqa: E402

HOST, GUEST, TAP = '192.168.77.1', '192.168.77.2', 'tap0'


class Wire:
    """A namespace with a tap for the machine; has what a network needs to have (netdev, prefix)."""

    netdev_args = ()
    ip = f'ip={GUEST}::{HOST}:255.255.255.0'

    def __init__(self, tap=TAP, address=HOST + '/24'):
        self.namespace = Namespace()
        self.prefix = self.namespace.prefix
        self.tap = tap
        self.netdev = network.tap_netdev(tap)
        self.namespace.add_tap(tap, address)

    def url(self, path='/', port=80, host=HOST):
        return f'url=http://{host}{"" if port == 80 else f":{port}"}{path}'

    def capture(self, path):
        return Capture(self.namespace.call(open_socket, self.tap), str(path))

    def close(self):
        self.namespace.close()


class UserNet:
    netdev, netdev_args, prefix = 'user,id=net0', (), ()
    ip = 'ip=10.0.2.15::10.0.2.2:255.255.255.0'

    @staticmethod
    def url(port, path='/'):
        return f'url=http://10.0.2.2:{port}{path}'


class NoNet:
    netdev, netdev_args, prefix = '', (), ()


@pytest.fixture(scope='session')
def wire(tmp_path_factory):
    """The session's tap with nginx on port 80; `page_crc` is index.html's."""
    folder = tmp_path_factory.mktemp('nginx')
    w = Wire()
    try:
        w.nginx = Nginx(w.namespace, HOST, str(folder))
        w.page = b'<p>hello from nginx</p>\n'.ljust(1024, b'.')
        w.page_crc = w.nginx.put('index.html', w.page)
        yield w
        w.nginx.close()
    finally:
        w.close()


@pytest.fixture
def user_net():
    return UserNet


@pytest.fixture
def no_net():
    return NoNet
