# SPDX-License-Identifier: MIT
"""Runs seeded scenarios of the simulator on every processor for as long as it is given.

Prints how many it ran and the first seed; a failure with its seed and the path of its pcap, and how to
have it again.  `make soak TIME=600 FIRST=1`.
"""

import argparse
import concurrent.futures
import itertools
import os
import subprocess
import sys
import threading
import time

CHUNK = 200  # scenarios of a file at a time


class Soak:
    def __init__(self, program, files, first, seconds):
        self.program = program
        self.until = time.monotonic() + seconds
        self.chunks = ((file, first + n * CHUNK)
                       for n in itertools.count() for file in files)
        self.lock = threading.Lock()
        self.scenarios = 0
        self.failed = False

    def next_chunk(self):
        with self.lock:
            if self.failed or time.monotonic() >= self.until:
                return None
            return next(self.chunks)

    def run_chunk(self, file, first):
        env = dict(os.environ, SEED_FIRST=str(first), SEEDS=str(CHUNK))
        env.pop('SEED', None)
        done = subprocess.run([self.program, file], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, text=True, errors='replace')
        with self.lock:
            self.scenarios += CHUNK
            if done.returncode != 0:
                self.failed = True
                print(f'{file}, seeds {first}..{first + CHUNK - 1}:\n{done.stdout[-8000:]}')

    def work(self):
        while (chunk := self.next_chunk()) is not None:
            self.run_chunk(*chunk)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--seconds', type=float, default=60)
    p.add_argument('--first', type=int, default=0, help='the first seed; 0: one that is new')
    p.add_argument('program', help='build/host/sim')
    p.add_argument('files', nargs='+', help='of its test files, those that draw scenarios from seeds')
    options = p.parse_args()
    first = options.first or int(time.time()) * 1000
    soak = Soak(options.program, options.files, first, options.seconds)
    began = time.monotonic()
    print(f'soak: from seed {first} on', flush=True)
    workers = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(soak.work) for _ in range(workers)]:
            done.result()
    print(f'soak: {soak.scenarios:,} scenarios from seed {first} on in '
          f'{time.monotonic() - began:.0f} s, {"one FAILED" if soak.failed else "none failed"}')
    sys.exit(1 if soak.failed else 0)


if __name__ == '__main__':
    main()
