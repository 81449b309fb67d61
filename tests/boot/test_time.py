# SPDX-License-Identifier: MIT
"""Time: the guest's clock against the host's, and that waiting costs nothing."""

import os
import subprocess
import time

import dialtone_log
import pytest
from machine import Run, app_kernel, call

TICKS = os.sysconf('SC_CLK_TCK')


def cpu_seconds(pid):
    """User and system time of a process so far (proc(5), fields 14 and 15 of stat)."""
    with open(f'/proc/{pid}/stat', encoding='ascii') as f:
        fields = f.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def test_idle_waiting_is_cheap(wire):
    """A guest that has nothing to do halts: under 5 % of a processor."""
    with Run(wire, [wire.ip, wire.url(), 'hold=4']) as run:
        run.log.wait('hold', 20)
        before, begun = cpu_seconds(run.guest.pid), time.monotonic()
        with pytest.raises(subprocess.TimeoutExpired):  # it holds
            run.guest.process.wait(timeout=3)
        used, seconds = cpu_seconds(run.guest.pid) - before, time.monotonic() - begun
        run.end(0)
    assert used < 0.05 * seconds, f'{used:.2f} s of {seconds} s'


def test_hold_lasts_as_long_as_it_says(wire):
    log = call(wire, [wire.ip, wire.url(), 'hold=1.5'], 0)
    held = log.result['t_us'] - log.first('hold')['t_us']
    assert held >= 1.5e6


def drift(pairs):
    """How much faster (guest, host) seconds run in the guest, as a fraction.  A line can reach the
    host late but never early, so each half's quickest line stands for it."""
    half = len(pairs) // 2
    first = min(pairs[:half], key=lambda p: p[1] - p[0])
    last = min(pairs[half:], key=lambda p: p[1] - p[0])
    return (last[0] - first[0]) / (last[1] - first[1]) - 1


def test_the_clock_is_right(wire):
    """Within 0.5 % of the host's over two seconds, by ticks that the guest stamps itself."""
    pairs = []
    with Run(wire, [wire.ip, 'seconds=2.4'], log_mode='json', kernel=app_kernel('clock')) as run:
        log = run.end(0)
    for arrival, line in zip(run.arrivals, log.lines, strict=True):
        if '"ev":"tick"' in line:
            event = dialtone_log.parse(line).events[0]
            pairs.append((event['t_us'] / 1e6, arrival))
    assert len(pairs) == 25
    assert abs(drift(pairs)) < 0.005, drift(pairs)
    ticks = log.all('tick')
    for n, tick in enumerate(ticks):
        assert tick['time_since_start'] >= n / 10  # late with a busy host, never early
