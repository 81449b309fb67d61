# SPDX-License-Identifier: MIT
"""Runs files of pytest tests, each in a process of its own, as many at once as there are processors; prints a
line for each as it ends, and what one says that does not pass.  The tests of tools mostly wait."""

import concurrent.futures
import os
import re
import subprocess
import sys
import time


def run(path):
    """(passed, the line, what it said)"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', path], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    took = time.monotonic() - began
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else 'nothing was said'
    count = re.sub(r' in [\d.]+s.*', '', last).strip('= ')
    word = 'ok   ' if done.returncode == 0 else 'BAD  '
    return done.returncode == 0, f'{word} {os.path.basename(path)[:-3]}  {count}  {took:.2f} s', done.stdout


def main(paths):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run, path) for path in paths]):
            passed, line, output = future.result()
            if not passed:
                failed += 1
                print(output)
            print(line, flush=True)
    print(f'tools: {len(paths)} files, {failed} did not pass')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
