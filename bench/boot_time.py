# SPDX-License-Identifier: MIT
"""How long after QEMU's start the SYN is on the wire, beside the floor: an empty PVH guest that
exits at once, under the same QEMU line, alternating with it.  And how much later it is where the
machine has to ask for its address and for the server's."""

import os
import select
import struct
import subprocess
import time

from runner import capture, config, network, qemu

SECONDS = 30  # a run's deadline
IPV4, TCP, SYN = 0x0800, 6, 0x02


def is_syn(frame):
    if len(frame) < 54 or struct.unpack_from('!H', frame, 12)[0] != IPV4 or frame[23] != TCP:
        return False
    header = 14 + (frame[14] & 15) * 4
    return len(frame) > header + 13 and frame[header + 13] & 0x3F == SYN


def wait_for_syn(sock, started_ns):
    """Milliseconds from started_ns (wall clock) until the kernel saw the SYN on the tap."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        select.select([sock], [], [], 0.2)
        try:
            frame, control, _, _ = sock.recvmsg(capture.SNAPLEN, 64)
        except BlockingIOError:
            continue
        if is_syn(frame):
            seconds, ns = struct.unpack('qq', control[0][2][:16])
            return (seconds * 10**9 + ns - started_ns) / 1e6
    raise RuntimeError('no SYN within the deadline')


def start(net, argv):
    started_ns = time.time_ns()
    process = subprocess.Popen([*net.prefix, *argv], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, start_new_session=True)
    return started_ns, process


def floor_once(net, argv):
    started_ns, process = start(net, argv)
    # Popen.wait(timeout=) looks only every now and then; a pidfd tells at once.
    pidfd = os.pidfd_open(process.pid)
    try:
        ended = select.select([pidfd], [], [], SECONDS)[0]
        ended_ns = time.time_ns()
    finally:
        os.close(pidfd)
    if not ended:
        process.kill()
    code = process.wait()
    if code != 33:
        raise RuntimeError(f'the empty guest ended with {code}')
    return (ended_ns - started_ns) / 1e6


def syn_once(net, argv):
    sock = net.namespace.call(capture.open_socket, network.TAP)
    try:
        started_ns, process = start(net, argv)
        ms = wait_for_syn(sock, started_ns)
        code = process.wait(timeout=SECONDS)
    finally:
        sock.close()
    if code != 33:
        raise RuntimeError(f'dialtone ended with {code}')
    return ms


def measure(build, machine, runs):
    """(floor, SYN): a list of milliseconds each."""
    floor, syn = [], []
    with network.OwnTap(with_dhcp=False) as net:
        words = [f'ip={net.static_ip}', f'url={net.url}', f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}']
        common = {'machine': machine, 'netdev': net.netdev, 'append': config.as_line(words)}
        ours = qemu.command_line(qemu.Machine(
            kernel=os.path.join(build, 'dialtone.elf'), **common))
        empty = qemu.command_line(qemu.Machine(
            kernel=os.path.join(build, 'bench/floor.elf'), **common))
        for _ in range(runs):
            floor.append(floor_once(net, empty))
            syn.append(syn_once(net, ours))
    return floor, syn


def measure_asking(build, runs):
    """(told, asked): a list of milliseconds each, of a machine that is told its own address and the
    server's, and of one that asks DHCP and DNS, both on the same tap."""
    told, asked = [], []
    exit_port = f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}'
    with network.OwnTap() as net:
        def command_line(*words):
            return qemu.command_line(qemu.Machine(
                kernel=os.path.join(build, 'dialtone.elf'), netdev=net.netdev,
                append=config.as_line([*words, exit_port])))
        telling = command_line(f'ip={net.static_ip}', f'url={net.url}')
        asking = command_line('url=http://some.name/')
        for _ in range(runs):
            told.append(syn_once(net, telling))
            asked.append(syn_once(net, asking))
    return told, asked
