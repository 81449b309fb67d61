# SPDX-License-Identifier: MIT
"""A running machine: QEMU's process, its console line by line, and how it ended.

QEMU gets a session of its own, so that Ctrl-C reaches only the runner, and dies with the runner
whatever becomes of it (setpriv --pdeathsig).
"""

import dataclasses
import math
import os
import select
import subprocess
import threading
import time

from . import status
from .errors import RunnerError


SIGNALS_S = 0.2  # how long a call may block before signals are looked at


@dataclasses.dataclass
class Outcome:
    returncode: int   # QEMU's; negative: killed by that signal
    exit_line: object # the EXIT line's number, or None
    status: int       # the guest's status, or 125
    note: str = ''    # a sentence where there is no verdict


class Guest:
    """on_line(bytes) gets each line of the console, end included, as it comes; on_message(str)
    each line that QEMU itself says; on_end() is called when the console has ended.  All are called
    from threads of their own.  `fds`: file descriptors that QEMU gets under the same numbers.
    start() belongs on a thread that outlives the machine."""

    def __init__(self, argv, on_line, on_message, prefix=(), on_end=None, fds=()):
        self.argv = [*prefix, 'setpriv', '--pdeathsig', 'KILL', '--', *argv]
        self.on_line = on_line
        self.on_message = on_message
        self.on_end = on_end
        self.fds = fds
        self.process = None
        self.exit_line = None
        self.threads = []

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        try:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True, pass_fds=self.fds)
        except FileNotFoundError as e:
            raise RunnerError(f'{e.filename} is not installed') from e
        for target in (self._read_console, self._read_messages):
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            self.threads.append(thread)
        return self

    def _read_console(self):
        for line in self.process.stdout:
            number = status.exit_line_status(line.decode('latin-1'))
            if number is not None:
                self.exit_line = number
            self.on_line(line)
        if self.on_end:
            self.on_end()

    def _read_messages(self):
        for line in self.process.stderr:
            self.on_message(line.decode(errors='replace').rstrip())

    def wait(self, seconds):
        """Waits for the machine's end; past the deadline it is killed."""
        note = ''
        if self._ends_within(seconds):
            self.process.wait()
        else:
            self.kill()
            note = f'the guest did not end within {seconds:g} s and was killed'
        self._join()
        code = self.process.returncode
        verdict = status.guest_status(code, self.exit_line)
        if verdict == status.NO_VERDICT and not note:
            note = status.why_no_verdict(code)
        return Outcome(code, self.exit_line, verdict, note)

    def _ends_within(self, seconds):
        """Popen.wait(timeout) would ask again and again, with a lock that it keeps where a signal's
        exception comes at the wrong moment; the one who kills the machine then waits for that for good.
        A signal may be delivered to another thread, or right before this one blocks: its handler runs
        when the call returns, so no call is long."""
        if self.process.returncode is not None:
            return True
        descriptor = os.pidfd_open(self.pid)
        try:
            deadline = math.inf if seconds is None else time.monotonic() + seconds
            while (left := deadline - time.monotonic()) > 0:
                if select.select([descriptor], [], [], min(left, SIGNALS_S))[0]:
                    return True
            return False
        finally:
            os.close(descriptor)

    def _join(self):
        deadline = time.monotonic() + 5
        for thread in self.threads:
            thread.join(max(0, deadline - time.monotonic()))

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self):
        """Leaves nothing running; harmless where the machine has ended."""
        if not self.process:
            return
        self.kill()
        self._join()
        self.process.stdout.close()
        self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
