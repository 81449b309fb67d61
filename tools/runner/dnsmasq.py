# SPDX-License-Identifier: MIT
"""dnsmasq in the runner's namespace: it gives the machine its address (DHCP), and is a name server
for which every name is the host's.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from .errors import RunnerError

LEASE = '1h'
PATIENCE_S = 10
# Nothing of this host's: no file of its, no server of its.
ALONE = ('--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--leasefile-ro',
         '--bind-interfaces', '--except-interface=lo')


def program():
    """Its path; /usr/sbin is not in everybody's PATH."""
    path = os.environ.get('PATH', os.defpath) + ':/usr/sbin:/usr/local/sbin'
    return shutil.which('dnsmasq', path=path)


class Dnsmasq:
    """Listens on a device of the namespace whose own address is `host`; the first address that it
    gives is `guest`."""

    def __init__(self, namespace, device, host, guest):
        binary = program()
        if binary is None:
            raise RunnerError('NET=tap needs dnsmasq to give the machine an address; type: sudo '
                              f'apt-get install dnsmasq-base (or give one: IP={guest}::{host}:/24)')
        last = guest.rpartition('.')[0] + '.254'
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*namespace.prefix, 'setpriv', '--pdeathsig', 'KILL', '--', binary, *ALONE,
             f'--interface={device}', f'--address=/#/{host}', '--no-ping', '--dhcp-authoritative',
             f'--dhcp-range={guest},{last},255.255.255.0,{LEASE}', '--dhcp-sequential-ip'],
            stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said, start_new_session=True)
        try:
            namespace.call(self._wait_until_up, host)
        except BaseException:
            self.close()
            raise

    def _wait_until_up(self, host):
        """Its sockets for DHCP are there before the one that answers here."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((host, 53), timeout=1).close()
                return
            except OSError as e:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RunnerError(f'dnsmasq does not start: {self._last_words() or e}') from e
                time.sleep(0.002)

    def _last_words(self):
        self.said.seek(0)
        lines = self.said.read().decode(errors='replace').split('\n')
        return next((line.strip() for line in reversed(lines) if line.strip()), '')

    def close(self):
        self.process.kill()
        self.process.wait()
        self.said.close()
