# SPDX-License-Identifier: MIT
"""bench/bench.py: each part is called, with as many runs as were asked for."""

import os
import sys

from conftest import ROOT

sys.path.insert(0, os.path.join(ROOT, 'bench'))
import bench  # noqa: E402


def test_every_part_is_called(monkeypatch):
    called = {}
    for part in ('sizes', 'goodput', 'boot_times', 'asking', 'downloads', 'requests'):
        monkeypatch.setattr(bench, part, lambda build, runs=None, part=part: called.update({part: runs}))
    monkeypatch.setattr(bench.segment_cost, 'report', lambda build: called.update({'cost': None}))
    monkeypatch.setattr(os, 'getuid', lambda: 0)
    monkeypatch.setattr(sys, 'argv', ['bench.py', '--build', 'x', '--runs', '30'])
    bench.main()
    assert called == {'sizes': None, 'goodput': None, 'boot_times': 30, 'asking': 30, 'downloads': 10,
                      'requests': 10, 'cost': None}
