# SPDX-License-Identifier: MIT
"""What was asked for on the command line, and the run that follows from it.

Standard output is the guest's log and nothing else (--diagram - asks for a ladder behind it); what
the runner has to say goes to standard error behind "host: ".  The runner ends with the guest's status (docs/log.md).
"""

import argparse
import contextlib
import os
import shlex
import sys
import tempfile

import dialtone_log
from diagram import cli as drawing

from . import config, console, debug, image, network, options as common, qemu, serving
from .errors import RunnerError
from .guard import Guard
from .guest import Guest
from .tool import become_net_root, end_orderly, say, split_dashes


def parser():
    p = argparse.ArgumentParser(
        prog='run.py', description='Starts dialtone in QEMU and ends with its status.',
        epilog='Arguments after -- go to QEMU.', parents=[common.common()])
    p.add_argument('--net', default='user', help=', '.join(network.NETS))
    p.add_argument('--tap', default='', help='with --net tap: a tap that is already there')
    p.add_argument('--bridge', default='', help='with --net tap: a bridge that is already there')
    p.add_argument('--mode', default='', help=', '.join(serving.MODES))
    p.add_argument('--port', default='', help='of 127.0.0.1, leads to a server on --net user (a '
                                              'free one)')
    p.add_argument('--url', default='', help='what to get (the runner\'s own page)')
    p.add_argument('--ip', default='', help='client:server:gateway:mask:host:device:... (DHCP)')
    p.add_argument('--hold', default='', help='seconds to stay up afterwards, answering ping')
    p.add_argument('--nic', default='', help='more properties of QEMU\'s network device')
    p.add_argument('--serial2', default='', help='a second serial port, into this file')
    p.add_argument('--diagram', default='',
                   help='draw the run: FILE.svg, FILE.html, FILE.mmd, or - behind the log')
    p.add_argument('--gdb', action='store_true', help='stop at the first instruction, start gdb')
    p.add_argument('--gdb-batch', default='', help='with --gdb: a file of commands, no dialogue')
    return p


def check(options):
    """What can be found wrong before anything is set up."""
    if options.mode and options.mode not in serving.MODES:
        raise RunnerError(f'MODE={options.mode}: one of {", ".join(serving.MODES)}')
    if options.port:
        serving.check_port(options.port)
    if options.gdb and options.boot != 'pvh':
        raise RunnerError('gdb knows where the kernel is only with BOOT=pvh')
    common.check_seconds(options, 'hold')
    common.check_no_quote(options, 'ip')
    common.check(options)
    if options.diagram:
        check_diagram(options)


def has_check(words):
    return any(config.value_of(words, key) is not None for key in ('url', 'tcp', 'ping'))


def check_diagram(options):
    if options.gdb:
        raise RunnerError('DIAGRAM= does not go with gdb')
    asked = config.value_of(config.split_words(options.append), 'log') or options.log
    if options.machine == 'microvm' and asked not in ('json', 'both'):
        raise RunnerError('MACHINE=microvm has one serial port: DIAGRAM= needs LOG=json or both')
    common.check_drawing(options.diagram)


def is_server(options):
    return serving.is_wanted(options.mode, config.split_words(options.append))


def calls_our_server(options):
    """Nobody else was named, and there is to be a call."""
    if options.url:
        return False
    return not is_server(options) or serving.probes(config.split_words(options.append))


def forwarding(options):
    """(port of the host's, port of the guest's); zeroes where nothing is forwarded."""
    if not is_server(options) or options.net != 'user':
        return 0, 0
    port = int(options.port) if options.port else serving.free_port()
    return port, serving.guest_port(config.split_words(options.append))


def words_for(options, net):
    """The guest's configuration."""
    extra = config.split_words(options.append)
    if (options.tap or options.bridge) and not (
            options.url or has_check(extra) or is_server(options)):
        raise RunnerError('URL= is needed: the runner does not know that network')
    url = options.url or (net.url if calls_our_server(options) else '')
    ours = [f'url={url}'] if url else []
    for key in ('mode', 'ip', 'log', 'timeout', 'hold'):
        if getattr(options, key):
            ours.append(f'{key}={getattr(options, key)}')
    ours.append(f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}')
    return config.merge(ours, extra)


def machine_for(options, net, words, scratch, qemu_args):
    machine = qemu.Machine(
        boot=options.boot, machine=options.machine, mem=options.mem, kernel=options.kernel,
        netdev=net.netdev, netdev_args=tuple(net.netdev_args), nic=options.nic,
        csum=options.csum == 'on', serial2=options.serial2, accel=options.accel,
        args=tuple(qemu_args))
    if options.diagram and not options.serial2 and options.machine != 'microvm':
        machine.serial2 = os.path.join(scratch, 'machine.log')
    if options.boot == 'uefi':
        machine.disk = os.path.join(scratch, 'disk.img')
        image.copy_with_config(options.image, machine.disk, config.as_file(words))
    else:
        machine.append = config.as_line(words)
    return machine


def deadline_s(options, words):
    """When it is killed; None: never, as a server without an end is not."""
    if not options.deadline and is_server(options) and all(
            config.value_of(words, k) is None for k in ('timeout', 'hold')):
        return None
    return common.deadline_s(options, words)


def draw(path, machine_log, console_lines):
    """The picture of the run; it never changes how the run has ended."""
    log = dialtone_log.parse(b'')
    if machine_log and os.path.exists(machine_log):
        with open(machine_log, 'rb') as f:
            log = dialtone_log.parse(f.read())
    if not log.events:  # a machine with one serial port only: with log=json or both it has them
        log = dialtone_log.parse(b''.join(console_lines))
    try:
        drawing.write([log], path)
    except drawing.DiagramError as e:
        say(f'no diagram: {e}')


def run(options, qemu_args):
    """The whole run; the status to end with."""
    check(options)
    asks = not options.ip and config.value_of(config.split_words(options.append), 'ip') is None
    net = network.choose(options.net, options.pcap, options.tap, options.bridge,
                         with_server=calls_our_server(options) or options.net == 'tap',
                         with_dhcp=asks, forward=forwarding(options))
    with contextlib.ExitStack() as stack:
        scratch = tempfile.mkdtemp(prefix='dialtone-')
        stack.callback(Guard(['rm', '-rf', scratch]).release)
        stack.enter_context(net)
        words = words_for(options, net)
        machine = machine_for(options, net, words, scratch, qemu_args)
        argv = qemu.command_line(machine)
        if options.gdb:
            argv += debug.qemu_args(scratch)
        if options.show:
            say(shlex.join([*net.prefix, *argv]))
        say(f'{options.machine}, {options.boot}, {options.mem} MiB, '
            f'{argv[argv.index("-accel") + 1]}; {net.description}')
        console_lines, show = listener(options.diagram)
        guest = stack.enter_context(
            Guest(argv, show, lambda line: print(line, file=sys.stderr, flush=True),
                  net.prefix)).start()
        reach = serving.how_to_reach(net, words, guest.pid) if is_server(options) else ''
        if reach:
            say(f'a server; in another terminal: {reach}')
        if options.gdb:
            return debug.session(guest, scratch, options.kernel, options.gdb_batch)
        outcome = guest.wait(deadline_s(options, words))
        if options.diagram:
            draw(options.diagram, machine.serial2, console_lines)
    if outcome.note:
        say(outcome.note)
    if net.capture and net.capture.dropped:
        say(f'{net.capture.dropped} frames are missing in {options.pcap}')
    return outcome.status


def listener(keep):
    """What prints the console's lines, and the list it keeps them in where they are wanted."""
    lines, show = [], console.printer()

    def on_line(line):
        lines.append(line)
        show(line)

    return lines, on_line if keep else show


def needs_namespace(options):
    return options.net == 'tap' and not (options.tap or options.bridge) and os.getuid() != 0


def _main(argv):
    before, after = split_dashes(argv)
    options = parser().parse_args(before)
    if needs_namespace(options):
        check(options)
        become_net_root('run.py', argv)
    return run(options, after)


def main(argv):
    return end_orderly(_main, argv)
