# SPDX-License-Identifier: MIT
"""How QEMU's end becomes the guest's status (docs/log.md)."""

import pytest
from runner import status


@pytest.mark.parametrize('returncode, exit_line, expected', [
    (33, 0, 0),          # success is written as 16
    (33, None, 0),
    (15, 7, 7),
    (221, 110, 110),
    (239, 119, 119),
    (3, 1, 1),
    (0, 0, 0),           # powered off: the EXIT line says
    (0, 22, 22),
    (0, None, 125),      # powered off without a verdict
    (1, 0, 125),         # QEMU's own failure
    (2, 0, 125),
    (-9, 0, 125),        # killed, whatever was printed before
    (-11, None, 125),
])
def test_guest_status(returncode, exit_line, expected):
    assert status.guest_status(returncode, exit_line) == expected


@pytest.mark.parametrize('line, expected', [
    ('EXIT: STATUS=0\r\n', 0), ('EXIT: STATUS=119\r\n', 119), ('EXIT: STATUS=7', 7),
    ('xEXIT: STATUS=0\r\n', None), ('EXIT: STATUS=', None), ('EXIT: STATUS=0 ', None),
    ('EXIT: STATUS=-1', None), ('[   0.1] x EXIT: STATUS=0', None),
])
def test_exit_line(line, expected):
    assert status.exit_line_status(line) == expected


def test_no_verdict_is_explained():
    assert 'SIGKILL' in status.why_no_verdict(-9)
    assert 'EXIT' in status.why_no_verdict(0)
    assert '1' in status.why_no_verdict(1)
