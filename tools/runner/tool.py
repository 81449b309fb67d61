# SPDX-License-Identifier: MIT
"""What the runner's commands have in common: how they speak, how they end, and becoming root of a
namespace of their own where that is needed.

Standard output is what the machines say; the command itself speaks on standard error, behind
"host: ".  The first signal that ends it raises Interrupted in the main thread, so that everything
that was set up is undone on the way out; then it ends with 125.
"""

import os
import signal
import sys

from .errors import RunnerError

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Interrupted(Exception):
    pass


def say(text):
    print('host: ' + text, file=sys.stderr, flush=True)


def split_dashes(argv):
    """Our arguments, and those behind -- that are QEMU's."""
    where = argv.index('--') if '--' in argv else len(argv)
    return argv[:where], argv[where + 1:]


def become_net_root(script, argv):
    """Starts tools/SCRIPT again where it may make network namespaces; does not come back."""
    door = f'{TOOLS}/as-net-root.sh'
    os.execv(door, [door, sys.executable, f'{TOOLS}/{script}', *argv])


def _interrupted(signum, _frame):
    for each in ENDING_SIGNALS:  # one is enough; undoing is not to be interrupted
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(signal.Signals(signum).name)


def end_orderly(function, *args):
    """The status to end with: what the function returns, or that of a sentence that it raises."""
    for signum in ENDING_SIGNALS:
        signal.signal(signum, _interrupted)
    try:
        return function(*args)
    except RunnerError as e:
        say(str(e))
        return e.status
    except Interrupted as e:
        say(f'ended by {e}')
        return 125
