# SPDX-License-Identifier: MIT
"""Requests a second, with a new connection each and on kept ones: the machine as a server, asked by
ab, and as a client, asking nginx; and for comparison ab asking that nginx with no machine in between.
All on one tap, in turn."""

import collections
import os
import re
import subprocess
import tempfile

import dialtone_log
from runner import config, network, qemu
from runner.guest import Guest
from servers import Nginx

SECONDS = 120
PAGE = 1024
REQUESTS = 500        # of a run of ab
CLIENT_REQUESTS = 200  # each is two dozen lines of log

Rates = collections.namedtuple('Rates', 'one eight kept')


def ab(net, url, requests, *args):
    done = subprocess.run([*net.prefix, 'ab', '-q', '-n', str(requests), *args, url],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True,
                          timeout=SECONDS)
    if not re.search(r'^Failed requests: +0$', done.stdout, re.M):
        # ab calls an answer failed whose length is not the first one's: a page that counts
        bad = re.search(r'Connect: (\d+), Receive: (\d+), Length: \d+, Exceptions: (\d+)', done.stdout)
        if not bad or any(int(n) for n in bad.groups()) or 'Non-2xx' in done.stdout:
            raise RuntimeError(done.stdout)
    return float(re.search(r'Requests per second: +([\d.]+)', done.stdout)[1])


def rates_of(net, url):
    return Rates(ab(net, url, REQUESTS, '-c', '1'), ab(net, url, REQUESTS, '-c', '8'),
                 ab(net, url, REQUESTS, '-k', '-c', '1'))


def machine(build, net, words):
    words = [f'ip={net.static_ip}', f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}', *words]
    return qemu.command_line(qemu.Machine(
        kernel=os.path.join(build, 'dialtone.elf'), machine='q35', netdev=net.netdev,
        append=config.as_line(words)))


def as_server(build, net):
    log = dialtone_log.LiveLog()
    with Guest(machine(build, net, ['mode=server', 'log=json']), log.add, print, net.prefix,
               on_end=log.end) as guest:
        guest.start()
        log.wait('srv.listening', 20)
        return rates_of(net, f'http://{network.GUEST_IP}/')


def as_client(build, net, *words):
    """Requests a second from the first to the last, as the guest's own clock has it."""
    argv = machine(build, net, [f'url={net.url}', f'count={CLIENT_REQUESTS}', 'interval=0',
                                'log=json', f'timeout={SECONDS}', *words])
    done = subprocess.run([*net.prefix, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=SECONDS, check=False)
    log = dialtone_log.parse(done.stdout)
    transfers = log.all('transfer')
    if done.returncode != 33 or len(transfers) != CLIENT_REQUESTS:
        raise RuntimeError(f'the calls did not go through:\n{log.text()[-2000:]}')
    return (CLIENT_REQUESTS - 1) * 1e6 / (transfers[-1]['t_us'] - transfers[0]['t_us'])


def measure(build, runs):
    """{who: [rates of a run]}"""
    found = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, \
            network.OwnTap(with_server=False, with_dhcp=False) as net:
        nginx = Nginx(net.namespace, network.HOST_IP, folder)
        try:
            nginx.put('index.html', bytes(PAGE))
            for _ in range(runs):
                found['server'].append(as_server(build, net))
                found['nginx'].append(rates_of(net, net.url))
                found['client'].append((as_client(build, net),
                                        as_client(build, net, 'keepalive=yes')))
        finally:
            nginx.close()
    return found
