# SPDX-License-Identifier: MIT
"""The guest's console for a person's eyes: each line as it comes, firmware's cursor movements taken
out (OVMF clears the screen and draws; the kernel itself sends plain ASCII).
"""

import re
import sys

_ESCAPES = re.compile(rb'\x1b(?:\[[0-9;?=]*[A-Za-z]|[()][A-Z0-9]|[=>c])')


def plain(line):
    """The line without escape sequences; None where nothing else was in it."""
    if b'\x1b' not in line:
        return line
    rest = _ESCAPES.sub(b'', line)
    return rest if rest.strip() else None


def printer(stream=None):
    """A function that prints console lines at once, also into a pipe."""
    out = (stream or sys.stdout).buffer

    def show(line):
        line = plain(line)
        if line is None:
            return
        try:
            out.write(line.replace(b'\r\n', b'\n'))
            out.flush()
        except BrokenPipeError:
            pass  # nobody listens any more; the run's status still counts

    return show
