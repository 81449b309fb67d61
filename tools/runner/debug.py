# SPDX-License-Identifier: MIT
"""gdb on a machine that is stopped before its first instruction.

QEMU listens on a socket file, so that several can be debugged at once.  The kernel is a
position-independent executable which the PVH door runs where QEMU has loaded it: its symbols lie
at their link address plus (physical - virtual address) of its first loaded segment.
"""

import os
import shutil
import signal
import struct
import subprocess
import time

from .errors import RunnerError

PT_LOAD = 1


def load_offset(elf):
    """What to add to the file's addresses to get those in the machine."""
    with open(elf, 'rb') as f:
        header = f.read(64)
        if header[:5] != b'\x7fELF\x02':
            raise RunnerError(f'{elf} is no 64-bit ELF file')
        offset, = struct.unpack_from('<Q', header, 32)
        size, count = struct.unpack_from('<HH', header, 54)
        f.seek(offset)
        for _ in range(count):
            kind, _, _, vaddr, paddr = struct.unpack_from('<IIQQQ', f.read(size))
            if kind == PT_LOAD:
                return paddr - vaddr
    raise RunnerError(f'{elf} has no loaded segment')


def symbol_file(kernel):
    """build/dialtone.debug.elf beside build/dialtone.elf, where it is there."""
    debug = kernel.removesuffix('.elf') + '.debug.elf'
    return debug if os.path.exists(debug) else kernel


def qemu_args(scratch):
    return ['-S', '-chardev', f'socket,id=gdb0,path={scratch}/gdb,server=on,wait=off',
            '-gdb', 'chardev:gdb0']


def _wait_for_socket(guest, path):
    deadline = time.monotonic() + 10
    while not os.path.exists(path):
        if guest.process.poll() is not None or time.monotonic() > deadline:
            raise RunnerError('QEMU did not open its socket for gdb', 125)
        time.sleep(0.01)


def session(guest, scratch, kernel, batch=''):
    """Runs gdb in the foreground until it ends; its status.  Ctrl-C is gdb's meanwhile."""
    if not shutil.which('gdb'):
        raise RunnerError('gdb is missing; type: sudo apt-get install gdb')
    _wait_for_socket(guest, f'{scratch}/gdb')
    argv = ['gdb', '-q', '-nx', '-ex', 'set confirm off', '-ex', 'set pagination off',
            '-ex', f'symbol-file -o {load_offset(kernel):#x} {symbol_file(kernel)}',
            '-ex', f'target remote {scratch}/gdb']
    if batch:
        argv += ['-batch', '-x', batch]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        gdb = subprocess.Popen(argv, preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                                      signal.SIG_DFL))
        return gdb.wait()
    finally:
        signal.signal(signal.SIGINT, before)
