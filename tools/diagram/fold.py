# SPDX-License-Identifier: MIT
"""A long run made short: what repeats is told once, and what was left out is said.

First runs of the same event (an echo, a retransmission) are cut in their middle.  Then the run is
taken apart at the end of each request: the first ones, the last, and those that are not like the
others are kept, as many as there is room for.  Last, whatever is still too long loses its middle.
"""

from . import model
from .words import count, duration

SAME_KEPT = 3  # of a long run of the same event, at each end
SAME_MAX = 8
ROUNDS_KEPT = 2


def fold(rows, rows_max):
    """(rows, whether any were left out); at most rows_max, and one for each place of a cut."""
    before = len(rows)
    rows = _fold_same(rows)
    if len(rows) > rows_max:
        rows = _fold_rounds(rows, rows_max)
    if len(rows) > rows_max:
        rows = _cut_middle(rows, rows_max)
    return rows, len(rows) != before or any(row.kind == 'fold' for row in rows)


def _note(left_out, words):
    times = [row.t_us for row in left_out if row.t_us is not None]
    values = (f'{duration(times[-1] - times[0])} in all',) if len(times) > 1 else ()
    return model.Row('fold', words, values, phase=left_out[-1].phase)


def _fold_same(rows):
    out, index = [], 0
    while index < len(rows):
        end = index + 1
        while end < len(rows) and _alike(rows[index], rows[end]):
            end += 1
        run = rows[index:end]
        if len(run) > SAME_MAX:
            middle = run[SAME_KEPT:-SAME_KEPT]
            words = f'{len(middle)} more like these: {run[0].words.split(" (")[0]}'
            run = run[:SAME_KEPT] + [_note(middle, words)] + run[-SAME_KEPT:]
        out += run
        index = end
    return out


def _alike(row, other):
    return row.name and row.name == other.name and row.conn == other.conn and not row.step \
        and row.name != 'transfer'


def _fold_rounds(rows, rows_max):
    rounds = _rounds(rows)
    if len(rounds) < 2 * ROUNDS_KEPT:
        return rows
    keep = _worth_keeping(rounds, rows_max)
    out, left_out = [], []
    for number, each in enumerate(rounds):
        if number not in keep:
            left_out.append((number, each))
            continue
        out += _round_note(left_out)
        left_out = []
        out += each
    return out + _round_note(left_out)


def _rounds(rows):
    """The rows up to the end of each request, and what comes behind the last."""
    rounds, now = [], []
    for row in rows:
        now.append(row)
        if row.kind == 'check':
            rounds.append(now)
            now = []
    return rounds + [now] if now else rounds


def _worth_keeping(rounds, rows_max):
    """Numbers of the rounds to draw: the first, the end, then what differs, while there is room."""
    last = len(rounds) - 1
    wanted = [0, last]
    wanted += [n for n, each in enumerate(rounds) if any(r.tone in ('bad', 'warn') for r in each)]
    wanted += [last - 1, 1]
    keep, room = set(), rows_max
    for number in wanted:
        if number not in keep and room - len(rounds[number]) - 1 > 0:
            keep.add(number)
            room -= len(rounds[number]) + 1
    return keep


def _round_note(left_out):
    if not left_out:
        return []
    rows = [row for _, each in left_out for row in each]
    ends = [row for row in rows if row.kind == 'check']
    bad = sum(row.tone == 'bad' for row in ends)
    words = f'{count(len(ends), "request")} not drawn: {len(ends) - bad} ok, {bad} failed'
    return [_note(rows, words)]


def _cut_middle(rows, rows_max):
    half = max(rows_max // 2, 1)
    middle = rows[half:len(rows) - half]
    if not middle:
        return rows
    return rows[:half] + [_note(middle, f'{count(len(middle), "row")} not drawn')] + rows[-half:]
