# SPDX-License-Identifier: MIT
"""An end by a signal comes as an exception between any two lines (runner/tool.py): wherever that is,
what was started must be undone, and once."""

import os
import signal
import subprocess
import sys
import threading
import types

import pytest
from runner.guest import Guest
from runner.side import Side
from runner.tool import Interrupted


def interrupted_where(is_there, function, *args):
    """Calls it, and raises Interrupted in front of the first line where that holds; whether it did."""
    def trace(frame, event, _arg):
        if event == 'line' and is_there(frame):
            sys.settrace(None)
            raise Interrupted('SIGTERM')
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*args)
    except Interrupted:
        return True
    finally:
        sys.settrace(before)
    return False


def test_waiting_for_the_machine():
    """In front of a line of Popen's that runs with its lock held."""
    guest = Guest(['sh', '-c', 'exec sleep 0.2'], print, print).start()

    def is_locked(frame):
        return (frame.f_code.co_filename == subprocess.__file__
                and guest.process._waitpid_lock.locked())

    assert interrupted_where(is_locked, guest.wait, 20)
    ending = threading.Thread(target=guest.close, daemon=True)
    ending.start()
    ending.join(10)
    assert not ending.is_alive() and guest.process.returncode is not None


def test_closing_what_was_handed_over():
    """In front of each line of it; what is closed a second time may be somebody else's by then."""
    for line in range(5):
        reader, writer = os.pipe()
        side = types.SimpleNamespace(writer=writer)
        left = iter(range(line + 1))

        def is_there(frame, left=left, line=line):
            return frame.f_code is Side._close_writer.__code__ and next(left) == line

        interrupted_where(is_there, Side._close_writer, side)
        Side._close_writer(side)  # no OSError
        os.close(reader)


class Signalled(Exception):
    pass


def test_a_signal_that_another_thread_gets():
    """As the kernel may choose: Python's handler runs in the main thread all the same, which waits."""
    def handler(_signum, _frame):
        raise Signalled

    before = signal.signal(signal.SIGUSR1, handler)
    guest = Guest(['sleep', '8'], print, print).start()
    threading.Timer(0.3, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(Signalled):
            guest.wait(20)
        assert guest.process.poll() is None  # it was not its end that let the handler run
    finally:
        guest.close()
        signal.signal(signal.SIGUSR1, before)
