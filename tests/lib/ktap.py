# SPDX-License-Identifier: MIT
"""A strict reader of KTAP version 1 (the Linux kernel's Documentation/dev-tools/ktap.rst): what the
kernel's own tools forgive, such as a missing plan or a number out of order, is a fault here."""

import collections
import re
import subprocess

VERSION = 'KTAP version 1'
POINT = re.compile(r'^(ok|not ok) (\d+) - ([^#]*[^# ])(?: # (?:(SKIP|TIMEOUT) )?(\S.*))?$')
PLAN = re.compile(r'^1\.\.(\d+)$')

# passed: as the line says; directive: None, SKIP or TIMEOUT; subtests: [Point]
Point = collections.namedtuple('Point', 'passed name directive why subtests')


class Fault(AssertionError):
    pass


def _points(lines, indent):
    """The points of one level; `lines` is a list that is used up from the front."""
    if not lines or lines.pop(0) != indent + VERSION:
        raise Fault('a report does not begin with its version')
    match = PLAN.match(lines.pop(0)[len(indent):]) if lines else None
    if not match:
        raise Fault('no plan behind the version')
    points = []
    for number in range(1, int(match.group(1)) + 1):
        subtests = []
        if lines and lines[0].startswith(indent + '  '):
            subtests = _points(lines, indent + '  ')
        line = lines.pop(0) if lines else ''
        match = POINT.match(line[len(indent):]) if line.startswith(indent) else None
        if not match or int(match.group(2)) != number:
            raise Fault(f'instead of point {number}: {line!r}')
        passed = match.group(1) == 'ok'
        if subtests and passed != all(sub.passed for sub in subtests):
            raise Fault(f'{line!r} is not what its subtests say')
        if (match.group(4) == 'TIMEOUT' and passed) or match.group(5) in ('SKIP', 'TIMEOUT'):
            raise Fault(f'a directive that cannot be, or without a reason: {line!r}')
        points.append(Point(passed, match.group(3), match.group(4), match.group(5), subtests))
    return points


def parse(lines):
    """([Point], status of the EXIT line).  Every line of the console: the first may be empty, the last
    is the EXIT line, and all others are the report or begin with #."""
    lines = [line for line in lines if line]
    match = re.match(r'^EXIT: STATUS=(\d+)$', lines.pop())
    if not match:
        raise Fault('the last line is not the EXIT line')
    if lines[0] != VERSION:
        raise Fault(f'before the version: {lines[0]!r}')
    rest = [line for line in lines if not line.startswith('# ')]
    points = _points(rest, '')
    if rest:
        raise Fault(f'neither report nor diagnostic: {rest[0]!r}')
    return points, int(match.group(1))


PERL = r'''
use TAP::Parser;
my $p = TAP::Parser->new({tap => do { local $/; <STDIN> }});
1 while $p->next;
print join(" ", scalar($p->passed), scalar($p->failed), scalar($p->skipped), $p->tests_planned,
           scalar($p->parse_errors)), "\n";
'''


def by_perl(text):
    """(passed, failed, skipped, planned, faults) as Perl's TAP::Parser reads it, which is behind prove
    and many a CI's plug-in: of nested reports it sees the outer one."""
    done = subprocess.run(['perl', '-e', PERL], input=text, capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.split()))
