# SPDX-License-Identifier: MIT
"""One of two machines that run at once: its console shown behind its name, and its machine lines
read as they come, from its second serial port.

That port leads into a pipe, so that who waits for an event is woken by it.
"""

import contextlib
import os
import sys
import threading

import dialtone_log

from . import console, qemu
from .errors import RunnerError
from .guest import Guest

_one_line = threading.Lock()


class Side:
    """A context manager; start() when it is to run.  `machine` is a qemu.Machine without a second
    serial port, `end` a pair.End.  `save`: a path without its ending: .txt gets what the console
    says, .log the machine lines; '' for neither."""

    def __init__(self, name, machine, end, save=''):
        self.name, self.end = name, end
        self.log = dialtone_log.LiveLog()
        self.outcome = None
        self.open = contextlib.ExitStack()
        self.console = self._file(save, '.txt')
        self.lines = self._file(save, '.log')
        self.show = console.printer()
        self.reader, self.writer = os.pipe()
        self.open.callback(os.close, self.reader)
        machine.serial2 = f'/dev/fd/{self.writer}'
        self.argv = qemu.command_line(machine)
        self.guest = Guest(self.argv, self._on_line, self._on_message, end.prefix,
                           fds=(*end.fds, self.writer))
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _file(self, save, ending):
        if not save:
            return None
        try:
            return self.open.enter_context(open(save + ending, 'wb', buffering=0))
        except OSError as e:
            raise RunnerError(f'LOGS=: {save}{ending}: {e.strerror}') from e

    def start(self):
        try:
            self.guest.start()
        finally:
            self._close_writer()  # QEMU alone holds it now, and its end is the log's
            self.end.handed_over()
        self.thread.start()
        return self

    def _close_writer(self):
        writer, self.writer = self.writer, None  # first: a signal may end us between any two lines
        if writer is not None:
            os.close(writer)

    # --- threads of its own

    def _on_line(self, line):
        line = console.plain(line)
        if line is None:
            return
        with _one_line:
            if self.console:
                self.console.write(line)
            self.show(f'{self.name} | '.encode() + line)

    def _on_message(self, line):
        print(f'{self.name}: {line}', file=sys.stderr, flush=True)

    def _read(self):
        while data := os.read(self.reader, 1 << 16):
            if self.lines:
                self.lines.write(data)
            self.log.feed(data)
        self.log.end()

    # --- what the run asks

    def says(self, event, seconds):
        """Whether it says that, before the time is up or it ends."""
        try:
            self.log.wait(event, seconds)
        except AssertionError:
            return False
        return True

    def count(self, event):
        return len(self.log.all(event))

    def wait(self, seconds):
        """Its end (guest.Outcome); past the deadline it is killed."""
        self.outcome = self.guest.wait(seconds)
        self.thread.join(5)
        return self.outcome

    def kill(self):
        self.guest.kill()
        self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.guest.close()
        self._close_writer()
        if self.thread.ident:
            self.thread.join(5)
        self.open.close()
