# SPDX-License-Identifier: MIT
"""The QEMU command line: what machine the image meets.

Only what is listed here is in the machine (-nodefaults): console, exit port, entropy, at most one
network device.  Everything that a run may vary is a field of Machine.
"""

import dataclasses
import os

from . import accel
from .errors import RunnerError

BOOTS = ('pvh', 'uefi')
MACHINES = ('pc', 'q35', 'microvm')
DEBUG_EXIT_PORT = 0xF4
QEMU = 'qemu-system-x86_64'
FIRMWARE = ('/usr/share/ovmf/OVMF.fd', '/usr/share/qemu/OVMF.fd')

# csum=off, guest_csum=off and everything that stands on them (virtio 1.2, 5.1.3.1).
NO_CSUM = ','.join(f'{f}=off' for f in (
    'csum', 'guest_csum', 'host_tso4', 'host_tso6', 'host_ecn', 'host_ufo',
    'guest_tso4', 'guest_tso6', 'guest_ecn', 'guest_ufo'))


@dataclasses.dataclass
class Machine:
    boot: str = 'pvh'
    machine: str = 'pc'
    mem: str = '64'             # MiB, or with one of QEMU's suffixes
    kernel: str = 'build/dialtone.elf'
    disk: str = ''              # UEFI: an image that holds its configuration already
    disk_format: str = 'raw'
    append: str = ''            # PVH: the command line
    netdev: str = ''            # what follows -netdev, with id=net0; '' is no network device
    netdev_args: tuple = ()     # more that belongs to the network (filter-dump)
    nic: str = ''               # more properties of the network device
    csum: bool = True
    serial2: str = ''           # a file for the second serial port
    rng: bool = True
    accel: str = ''             # '' chooses
    args: tuple = ()            # more arguments, before the network device


def firmware():
    for path in FIRMWARE:
        if os.path.exists(path):
            return path
    raise RunnerError('BOOT=uefi needs OVMF; type: sudo apt-get install ovmf')


def check(m):
    """RunnerError where the machine cannot be; anything with boot, machine, mem and serial2 will do."""
    if m.boot not in BOOTS:
        raise RunnerError(f'BOOT={m.boot}: one of {", ".join(BOOTS)}')
    if m.machine not in MACHINES:
        raise RunnerError(f'MACHINE={m.machine}: one of {", ".join(MACHINES)}')
    if m.boot == 'uefi' and m.machine == 'microvm':
        raise RunnerError('MACHINE=microvm has no UEFI firmware: use BOOT=pvh')
    if m.serial2 and m.machine == 'microvm':  # QEMU 7.2 ends with SIGSEGV
        raise RunnerError('MACHINE=microvm has one serial port: no SERIAL2=')
    if not m.mem[:-1].isdigit() and not m.mem.isdigit():
        raise RunnerError(f'MEM={m.mem}: MiB, or a number with K, M or G')


def _boot_args(m):
    if m.boot == 'pvh':
        return ['-kernel', m.kernel, '-append', m.append]
    return ['-bios', firmware(),
            '-drive', f'if=none,id=disk0,format={m.disk_format},file={m.disk.replace(",", ",,")}',
            '-device', 'virtio-blk-pci,drive=disk0,bootindex=0']


def _device(m, pci_name):
    """A virtio device behind the bus this machine has."""
    if m.machine == 'microvm':
        return pci_name.replace('-pci', '-device')
    return pci_name + ',disable-legacy=on'


def _network_args(m):
    if not m.netdev:
        return []
    device = _device(m, 'virtio-net-pci') + ',netdev=net0'
    if m.machine != 'microvm':
        device += ',romfile='
    if not m.csum:
        device += ',' + NO_CSUM
    if m.nic:
        device += ',' + m.nic
    return ['-netdev', m.netdev, *m.netdev_args, '-device', device]


def command_line(m):
    """The whole argument vector; RunnerError where the machine cannot be."""
    check(m)
    argv = [QEMU, '-machine', m.machine, *accel.qemu_args(m.accel or accel.choose()),
            '-m', m.mem, '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot',
            '-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console']
    if m.serial2:
        argv += ['-chardev', f'file,id=machine,path={m.serial2.replace(",", ",,")}',
                 '-serial', 'chardev:machine']
    argv += ['-device', f'isa-debug-exit,iobase={DEBUG_EXIT_PORT:#x},iosize=0x04']
    if m.rng:
        argv += ['-object', 'rng-random,id=rng0,filename=/dev/urandom',
                 '-device', _device(m, 'virtio-rng-pci') + ',rng=rng0']
    return argv + _boot_args(m) + list(m.args) + _network_args(m)
