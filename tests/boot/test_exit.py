# SPDX-License-Identifier: MIT
"""exit=: what the machine does behind the EXIT line where no debug port ends it."""

import os
import re
import time

import pytest
from machine import Run
from qmp import Qmp
from qmp import args as qmp_args

WORDS = ['ip=192.168.77.2:::/24', 'url=nonsense']  # ends with status 3 and needs no network


RFLAGS = re.compile(r'RFL=([0-9a-f]+)')
INTERRUPTS = 0x200


def registers(qmp):
    return qmp('human-monitor-command', **{'command-line': 'info registers'})


def start(net, words, path):
    return Run(net, [*WORDS, *words], args=(*qmp_args(path), '-S'), debug_exit=False)


@pytest.mark.parametrize('words, reason', [
    ([], 'guest-shutdown'), (['exit=poweroff'], 'guest-shutdown'), (['exit=reboot'], 'guest-reset')])
def test_off_or_again(no_net, tmp_path, words, reason):
    path = os.path.join(str(tmp_path), 'qmp')
    with start(no_net, words, path) as run:
        with Qmp(path) as qmp:
            qmp('cont')
            assert qmp.event('SHUTDOWN')['reason'] == reason
        run.end(3)


def test_halt(no_net, tmp_path):
    """The machine stays: QEMU runs on, with its processor stopped."""
    path = os.path.join(str(tmp_path), 'qmp')
    with start(no_net, ['exit=halt'], path) as run:
        with Qmp(path) as qmp:
            qmp('cont')
            run.log.wait_for_exit(20)
            deadline = time.monotonic() + 10  # the line is out before the halt
            while 'HLT=1' not in registers(qmp):
                assert time.monotonic() < deadline
            assert not int(RFLAGS.search(registers(qmp)).group(1), 16) & INTERRUPTS
            assert qmp('query-status')['status'] == 'running'
            qmp('quit')
        run.end(3)


def test_the_debug_port_comes_first(no_net):
    with Run(no_net, [*WORDS, 'exit=halt']) as run:
        run.end(3)
