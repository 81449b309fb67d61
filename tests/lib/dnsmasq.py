# SPDX-License-Identifier: MIT
"""A real dnsmasq inside a namespace: names, and addresses where it is asked for them."""

import os
import socket
import subprocess
import time

QUIET = ('--keep-in-foreground', '--no-resolv', '--no-hosts', '--bind-interfaces', '--log-facility=-',
         '--log-queries', '--conf-file=/dev/null', '--user=root', '--no-ping', '--no-daemon')


class Dnsmasq:
    """Listens on `address`; `args` are dnsmasq's own (--host-record=..., --dhcp-range=...)."""

    def __init__(self, namespace, address, folder, *args):
        self.path = os.path.join(folder, 'dnsmasq.log')
        self.log = open(self.path, 'wb')
        self.process = subprocess.Popen(
            [*namespace.prefix, 'setpriv', '--pdeathsig', 'KILL', '--', 'dnsmasq', *QUIET,
             f'--listen-address={address}', f'--pid-file={folder}/dnsmasq.pid',
             f'--dhcp-leasefile={folder}/leases', *args],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            namespace.call(self._wait_until_up, address)
        except BaseException:
            self.close()
            raise

    def _wait_until_up(self, address, seconds=10):
        """It answers on TCP as soon as it listens at all."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection((address, 53), timeout=1).close()
                return
            except OSError as e:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f'dnsmasq does not listen: {e}\n{self.said()}') from e
                time.sleep(0.01)

    def said(self):
        with open(self.path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
