# SPDX-License-Identifier: MIT
"""The options that every command of the runner takes: what a machine is made of, what it is told,
and how long it may take."""

import argparse
import os

from diagram import cli as drawing

from . import config, qemu
from .errors import RunnerError

LOGS = ('text', 'json', 'both', 'ktap')

GUEST_TIMEOUT_S = 30  # the guest's own default for timeout=
# What a machine may take beside its timeout=, on a busy host that translates: firmware, the end.
MARGIN_S = {'pvh': 15, 'uefi': 45}


def common():
    """A parser to be a parent of others."""
    p = argparse.ArgumentParser(add_help=False)
    p.add_argument('--boot', default='pvh', help='pvh (QEMU loads the kernel) or uefi (the image)')
    p.add_argument('--machine', default='pc', help=', '.join(qemu.MACHINES))
    p.add_argument('--log', default='', help=', '.join(LOGS))
    p.add_argument('--timeout', default='', help='seconds for the whole run (30)')
    p.add_argument('--append', default='', help='more configuration, as on a kernel command line')
    p.add_argument('--mem', default='64', help='MiB')
    p.add_argument('--csum', default='on', help='on, off: checksum offload of the network device')
    p.add_argument('--pcap', default='', help='write what is on the wire to this file')
    p.add_argument('--accel', default='', help='kvm or tcg (chosen by what works)')
    p.add_argument('--deadline', default='', help='seconds after which the machine is killed')
    p.add_argument('--kernel', default='build/dialtone.elf', help='for --boot pvh')
    p.add_argument('--image', default='build/dialtone.img', help='for --boot uefi')
    p.add_argument('--show', action='store_true', help='print QEMU\'s command line first')
    return p


def check(options):
    """What can be found wrong before anything is set up."""
    qemu.check(options)
    if options.log and options.log not in LOGS:
        raise RunnerError(f'LOG={options.log}: one of {", ".join(LOGS)}')
    if options.csum not in ('on', 'off'):
        raise RunnerError(f'CSUM={options.csum}: on or off')
    if options.accel not in ('', 'kvm', 'tcg'):
        raise RunnerError(f'ACCEL={options.accel}: kvm or tcg')
    check_seconds(options, 'timeout', 'deadline')
    check_no_quote(options, 'url')
    needed = options.kernel if options.boot == 'pvh' else options.image
    if not os.path.isfile(needed):
        raise RunnerError(f'{needed} is not there; type make')


def check_seconds(options, *names):
    for name in names:
        if getattr(options, name):
            config.check_seconds(name.upper(), getattr(options, name))


def check_no_quote(options, *names):
    for name in names:
        if '"' in getattr(options, name):
            raise RunnerError(f'{name.upper()} may not contain a double quote')


def deadline_s(options, words):
    """When a machine that was told so much is killed, if it has an end of its own."""
    if options.deadline:
        return float(options.deadline)
    return (config.seconds_of(words, 'timeout', GUEST_TIMEOUT_S)
            + config.seconds_of(words, 'hold', 0) + MARGIN_S.get(options.boot, 0))


def check_drawing(path):
    """Where a diagram is to go: known before a run, not after it."""
    try:
        drawing.check_path(path)
    except drawing.DiagramError as e:
        raise RunnerError(f'DIAGRAM={e}') from e
