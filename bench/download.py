# SPDX-License-Identifier: MIT
"""A large file from nginx on a tap: bytes a second, and guest instructions for each segment."""

import collections
import os
import subprocess
import tempfile

import dialtone_log
from runner import config, network, qemu
from servers import Nginx

SIZE = 100 << 20
COUNTED_SIZE = 16 << 20  # counting instructions is slow
SECONDS = 300

Cost = collections.namedtuple('Cost', 'per_segment segments segment_len')


def fetch(build, size, extra_qemu=(), timeout_s=120):
    """One run; its log, after everything about it was checked."""
    with tempfile.TemporaryDirectory() as folder, \
            network.OwnTap(with_server=False, with_dhcp=False) as net:
        nginx = Nginx(net.namespace, network.HOST_IP, folder)
        try:
            crc = nginx.put('file', os.urandom(1 << 20) * (size >> 20))
            words = [f'ip={net.static_ip}', f'url={net.url}file', 'log=json', f'timeout={timeout_s}',
                     f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}']
            argv = qemu.command_line(qemu.Machine(
                kernel=os.path.join(build, 'dialtone.elf'), machine='q35', netdev=net.netdev,
                append=config.as_line(words), args=tuple(extra_qemu)))
            done = subprocess.run([*net.prefix, *argv], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, timeout=SECONDS, check=False)
        finally:
            nginx.close()
    log = dialtone_log.parse(done.stdout)
    body = log.first('http.body')
    if done.returncode != 33 or body['size_download'] != size or body['crc32'] != crc:
        raise RuntimeError(f'the download is not whole:\n{log.text()}')
    return log


def rate(build):
    """MB/s (10^6) from the first byte to the last, as the guest's own clock has it."""
    t = fetch(build, SIZE).first('transfer')
    return t['size_download'] / (t['time_total'] - t['time_starttransfer']) / 1e6


def instructions(build):
    """Under -icount shift=0 the guest's clock counts its instructions, a nanosecond each; the time
    it was halted is taken off."""
    log = fetch(build, COUNTED_SIZE, ('-icount', 'shift=0,sleep=off'))
    t, tcp = log.first('transfer'), log.first('tcp.summary')
    busy_s = t['time_total'] - t['time_connect'] - t['time_idle']
    segments = tcp['segs_in']
    return Cost(busy_s * 1e9 / segments, segments, COUNTED_SIZE / segments)
