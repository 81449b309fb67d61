# SPDX-License-Identifier: MIT
"""Tests look into a connection through tests/lib/tcp_inspect.h alone, so that its control block can be
rearranged without them."""

import glob
import os
import re

from conftest import ROOT

INSIDE = re.compile(r'\btk_(?:tcb|listener)\([^()]*\)->|\btcb->tcb\b|->tcb->')


def looks(text):
    return [match[0] for match in INSIDE.finditer(text)]


def test_nobody_looks_past_it():
    for path in glob.glob(os.path.join(ROOT, 'tests', 'unit', '*.[ch]')):
        with open(path, encoding='utf-8') as f:
            assert not looks(f.read()), path


def test_the_check_notices():
    assert looks('assert_int_equal(tk_tcb(&t)->cwnd, 1)') == ['tk_tcb(&t)->']
    assert looks('socket_find(s, fd)->tcb->backlog = 1') == ['->tcb->']
    assert not looks('tcp_pipe(tk_tcb(t))')
