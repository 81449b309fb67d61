# SPDX-License-Identifier: MIT
"""One run of the image in QEMU, as a test sees it: what it is told, what it says, how it ends."""

import os
import tempfile
import time

import log_contract
from dialtone_log import LiveLog
from runner import config, image, qemu
from runner.guest import Guest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('DIALTONE_BUILD', os.path.join(ROOT, 'build'))
KERNEL = os.path.join(BUILD, 'dialtone.elf')
IMAGE = os.path.join(BUILD, 'dialtone.img')
FIRMWARE_S = {'pvh': 10, 'uefi': 40}  # what a busy host may need before the kernel begins


def app_kernel(name):
    """The image with tests/apps/NAME in the HTTP client's place (tests/tests.mk builds it)."""
    return os.path.join(BUILD, f'app-{name}', 'dialtone.elf')


class Run:
    """Starts a machine on a network (tools/runner/network.py's shape).  `words` are the guest's
    configuration beside log=both and debug-exit=; `fields` are qemu.Machine's.

        with Run(net, ['ip=...', 'url=...']) as run:
            run.log.wait('hold', 10)
            log = run.end(0)
    """

    def __init__(self, net, words, log_mode='both', deadline=30, debug_exit=True, **fields):
        self.scratch = tempfile.TemporaryDirectory(prefix='dialtone-test-')
        self.words = [f'log={log_mode}'] if log_mode else []
        if debug_exit:
            self.words.append(f'debug-exit={qemu.DEBUG_EXIT_PORT:#x}')
        self.words += words
        self.machine = qemu.Machine(kernel=KERNEL, netdev=net.netdev,
                                    netdev_args=tuple(net.netdev_args))
        for key, value in fields.items():
            setattr(self.machine, key, value)
        self.deadline = deadline + FIRMWARE_S[self.machine.boot]
        if self.machine.boot == 'uefi' and not self.machine.disk:
            self.machine.disk = os.path.join(self.scratch.name, 'disk.img')
            image.copy_with_config(IMAGE, self.machine.disk, config.as_file(self.words))
        self.machine.append = config.as_line(self.words)
        self.log = LiveLog()
        self.raw = b''
        self.arrivals = []   # time.monotonic() of each console line
        self.messages = []   # what QEMU itself said
        self.outcome = None
        self.guest = Guest(qemu.command_line(self.machine), self._line, self.messages.append,
                           net.prefix, on_end=self.log.end)

    def _line(self, line):
        self.arrivals.append(time.monotonic())
        self.raw += line
        self.log.add(line)

    def start(self):
        self.guest.start()
        return self

    def end(self, status, contract=True):
        """Waits for the end, which must be that status by every way it is told; the finished log.
        `contract`: the log must keep docs/log.md."""
        self.outcome = self.guest.wait(self.deadline)
        said = f'{self.outcome}\n{self.messages}\n{self.log.text()}'
        assert self.outcome.status == status, said
        assert self.outcome.exit_line == status, said
        if contract:
            assert self.log.problems() == [], said
            assert b'\0' not in self.raw, said
            if self.log.events and self.log.result:
                assert self.log.result['exitcode'] == status, said
        return self.log

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.guest.close()
        self.scratch.cleanup()
        if exc[0] is None:
            assert log_contract.event_problems(self.log) == [], self.log.text()


def call(net, words, status, contract=True, **fields):
    """A whole run; its log."""
    with Run(net, words, **fields) as run:
        return run.end(status, contract)
