# SPDX-License-Identifier: MIT
"""Instructions a segment costs in a host build of the stack (-O2, no sanitizers), by callgrind.

Prints them for one open connection and for ten thousand, for one hole in the sequence space and for
a thousand, and what an idle connection occupies.  Needs no root: `make bench-cost`.
"""

import argparse
import os
import re
import subprocess
import sys

FEW, MANY = 1, 10000
HOLES = 1000
IDLE_AT_MOST = 1024
WITHIN = 1.10


def run(build, what, n):
    out = subprocess.run([os.path.join(build, 'bench', 'segment_cost'), what, str(n)],
                         stdout=subprocess.PIPE, check=True)
    return int(out.stdout)


def instructions(build, what, n):
    """For each segment: what the functions named measured_* called."""
    program = os.path.join(build, 'bench', 'segment_cost')
    done = subprocess.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null',
         '--toggle-collect=measured_*', program, what, str(n)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True)
    collected = re.search(r'Collected : (\d+)', done.stderr)
    return int(collected[1]) / int(done.stdout)


def verdict(ok):
    return 'ok' if ok else 'NOT REACHED'


def report(build):
    """Prints the figures; false where one that must be reached is not."""
    good = True
    print('instructions a segment, host build -O2, callgrind')
    for what, text in (('receive', 'a received segment of 1,448 bytes'),
                       ('ack', 'a segment written, sent and acknowledged')):
        few, many = instructions(build, what, FEW), instructions(build, what, MANY)
        ok = many <= few * WITHIN and few <= many * WITHIN
        good &= ok
        print(f'  {text}: {few:,.0f} with {FEW} open connection, {many:,.0f} with {MANY:,} '
              f'({many / few:.3f}; {verdict(ok)})')
    for what, text in (('holes', 'a segment received behind holes'),
                       ('sacked', 'an ACK with a SACK block of the peer\'s'),
                       ('crumbs', 'an ACK with a SACK block of ten bytes')):
        one, many = instructions(build, what, 1), instructions(build, what, HOLES)
        print(f'  {text}: {one:,.0f} with 1 hole, {many:,.0f} with {HOLES:,} offered '
              f'({many / one:.2f})')
    idle = run(build, 'idle', MANY)
    good &= idle <= IDLE_AT_MOST
    print(f'  an idle connection: {idle} bytes with its socket '
          f'({verdict(idle <= IDLE_AT_MOST)}: at most {IDLE_AT_MOST})')
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--build', default='build')
    sys.exit(0 if report(p.parse_args().build) else 1)


if __name__ == '__main__':
    main()
