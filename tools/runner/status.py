# SPDX-License-Identifier: MIT
"""How QEMU ended, as the guest's exit status (docs/log.md, "Exit status").

isa-debug-exit ends QEMU with (n << 1) | 1, where success is written as 16; a machine that powered
off ends QEMU with 0, and then the EXIT line is the verdict.
"""

import re
import signal

SUCCESS_CODE = 33
NO_VERDICT = 125  # the machine said nothing that could be a verdict

_EXIT_LINE = re.compile(r'^EXIT: STATUS=(\d{1,3})$')


def exit_line_status(line):
    """The number in an EXIT line, or None where the line is another one."""
    match = _EXIT_LINE.match(line.rstrip('\r\n'))
    return int(match.group(1)) if match else None


def guest_status(returncode, exit_line):
    """The guest's status from QEMU's return code (negative: killed by that signal) and from the
    number of the EXIT line (None: there was none)."""
    if returncode == SUCCESS_CODE:
        return 0
    if returncode > 1 and returncode % 2 == 1:
        return returncode >> 1
    if returncode == 0 and exit_line is not None:
        return exit_line
    return NO_VERDICT


def why_no_verdict(returncode):
    """A sentence for people about a run that ended with NO_VERDICT."""
    if returncode < 0:
        try:
            name = signal.Signals(-returncode).name
        except ValueError:
            name = f'signal {-returncode}'
        return f'QEMU was killed by {name}'
    if returncode == 0:
        return 'the machine went off without an EXIT line'
    return f'QEMU ended with {returncode}, which is no status of the guest'
