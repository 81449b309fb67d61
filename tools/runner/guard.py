# SPDX-License-Identifier: MIT
"""Undoing what was set up outside this process, whatever happens to it.

A guard is a shell that waits for the end of its standard input, which only this process holds
open: it comes when the guard is told, and also when this process is killed.  Then it runs the
commands that undo.  It has a session of its own, so Ctrl-C does not reach it.
"""

import shlex
import subprocess


class Guard:
    def __init__(self, *undo):
        """`undo`: argument vectors, run in order; one that fails does not stop the next."""
        commands = '; '.join(shlex.join(argv) for argv in undo)
        self.process = subprocess.Popen(
            ['sh', '-c', f'trap "" INT TERM HUP; cat >/dev/null; {commands}'],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, close_fds=True)

    def release(self):
        """Undoes now, and waits until it is done."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait()
