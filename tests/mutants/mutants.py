# SPDX-License-Identifier: MIT
"""Would the tests notice?  Makes small changes in net/ and drivers/, one at a time, and runs the tests that call the
changed function: first without sanitizers, then the simulator, then with sanitizers.

make mutants [COUNT=500] [SEED=1] [MINUTES=0] [ONLY=net/tcp]

What was found out is kept in build/mutants/, so that a run that was interrupted goes on; it begins anew when
sources or tests have changed.  docs/testing.md has the score, and what survives with its reason."""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import queue
import re
import subprocess
import sys
import time

import coverage
import sites
from build import Build

SIM_SECONDS = 4  # a simulator's file that takes longer is left out


def sources():
    return sorted(glob.glob('net/**/*.c', recursive=True) + glob.glob('drivers/**/*.c', recursive=True))


def state_of_tree():
    digest = hashlib.sha256()
    for folder in ('base', 'log', 'config', 'net', 'drivers', 'machine', 'kernel', 'boot', 'app', 'tests/unit',
                   'tests/sim', 'tests/lib', 'tests/runner'):
        for path in sorted(glob.glob(f'{folder}/**/*.[ch]', recursive=True)):
            with open(path, 'rb') as f:
                digest.update(path.encode() + f.read())
    return digest.hexdigest()


class Run:
    def __init__(self, options):
        self.options = options
        self.fast = Build('build/mutants/fast', sanitized=False)
        self.careful = Build('build/mutants/careful', sanitized=True)
        self.until = time.monotonic() + options.minutes * 60 if options.minutes else None
        self.folders = queue.SimpleQueue()
        for i in range(options.jobs):
            self.folders.put(f'build/mutants/worker{i}')

    def prepare(self):
        files = sources()
        self.fast.prepare(files)
        self.careful.prepare(files)
        self.callers, self.seconds = coverage.load_or_measure(self.fast, files)

    def tests(self, program, function):
        files = self.callers[program].get(function, [])
        if program == 'sim':
            return [f for f in files if self.seconds[f] < SIM_SECONDS]
        return files

    def notice(self, build, mutation, text, folder, program):
        """The line of the file that does not pass; '' where all pass; None: it cannot be built."""
        files = self.tests(program, mutation.function)
        if not files:
            return ''
        obj = build.compile(mutation.file, text, folder)
        if obj is None:
            return None
        to = build.link(mutation.file, obj, folder, program)
        if to is None:
            return None
        for file in files:
            # One after the other: most mutants do not live long.
            # Seconds of the processor: a machine with other work to do makes no test fail.
            limit = int(2 + 8 * self.seconds[file]) * (4 if build is self.careful else 1)
            done = subprocess.run(['prlimit', f'--cpu={limit}', to, '-x', '-q', '-j', '1', '-t', '120', file],
                                  check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if done.returncode != 0:
                return file
        return ''

    def is_equivalent(self, mutation, text, folder):
        """The compiler makes the same of both."""
        objects = []
        with open(mutation.file, encoding='utf-8') as f:
            original = f.read()
        for which in (original, text):
            obj = self.fast.compile(mutation.file, which, folder, '-O2')
            with open(obj, 'rb') as f:
                objects.append(f.read())
        return objects[0] == objects[1]

    def judge(self, mutation, folder):
        text = sites.apply(mutation)
        by = self.notice(self.fast, mutation, text, folder, 'unit')
        if by is None or self.fast.compile(mutation.file, text, folder) is None:
            return 'stillborn', ''
        if by == '' and self.is_equivalent(mutation, text, folder):
            return 'equivalent', ''
        for build, program in ((self.fast, 'sim'), (self.careful, 'unit')):
            if by == '':
                by = self.notice(build, mutation, text, folder, program) or ''
        if by != '':
            return 'killed', by
        return 'survived', '' if self.tests('unit', mutation.function) else 'no test calls it'

    def one(self, mutation):
        if self.until is not None and time.monotonic() > self.until:
            return None
        folder = self.folders.get()
        try:
            verdict, by = self.judge(mutation, folder)
        finally:
            self.folders.put(folder)
        return {'file': mutation.file, 'line': mutation.line, 'name': mutation.name, 'verdict': verdict, 'by': by}

    def all(self, mutations, known, keep):
        todo = [m for m in mutations if (m.file, m.line, m.name) not in known]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for future in concurrent.futures.as_completed([pool.submit(self.one, m) for m in todo]):
                result = future.result()
                if result is not None:
                    keep(result)
                    yield result


def say(result):
    if result['verdict'] == 'survived':
        print(f"LIVES {result['file']}:{result['line']}  {result['name']}"
              f"{'  (' + result['by'] + ')' if result['by'] else ''}", flush=True)


def summary(results, count, seed):
    by_verdict = collections.Counter(r['verdict'] for r in results)
    counted = by_verdict['killed'] + by_verdict['survived']
    for r in sorted(results, key=lambda r: (r['file'], r['line'])):
        say(r)
    folders = collections.defaultdict(collections.Counter)
    for r in results:
        folders[os.path.dirname(r['file'])][r['verdict']] += 1
    for folder, verdicts in sorted(folders.items()):
        print(f"{folder:28} {verdicts['killed']:4} noticed {verdicts['survived']:3} live")
    print(f"mutants: seed {seed}, {len(results)} of {count} tried: {by_verdict['killed']} noticed, "
          f"{by_verdict['survived']} live, {by_verdict['equivalent']} mean the same, {by_verdict['stillborn']} cannot be "
          f"built; score {100 * by_verdict['killed'] / max(1, counted):.1f} %")


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--count', type=int, default=500)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--minutes', type=float, default=0, help='stop after so many; what is missing comes with the next run')
    p.add_argument('--jobs', type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument('--only', default='', help='files whose path begins so; of all mutants then, not of the sample')
    p.add_argument('--list', default='', help='a file of results: its mutants by name instead of a sample')
    return p.parse_args()


def identity(file, name):
    """Of a mutation, also where its file or a member of a struct has moved."""
    return os.path.basename(file), re.sub(r'->(?:\w+\.)+', '->', name)


def chosen(options):
    if options.list:
        with open(options.list, encoding='utf-8') as f:
            wanted = collections.Counter(identity(r['file'], r['name']) for r in map(json.loads, f))
        found = []
        for m in (m for path in sources() for m in sites.mutations_of(path)):
            if wanted[identity(m.file, m.name)] > 0:
                wanted[identity(m.file, m.name)] -= 1
                found.append(m)
        print(f'{len(found)} of these are still in the sources', flush=True)
        return found
    return sites.sample([f for f in sources() if f.startswith(options.only)], options.count, options.seed)


def main():
    options = arguments()
    mutations = chosen(options)
    run = Run(options)
    run.prepare()
    path = f'build/mutants/{state_of_tree()[:16]}-{options.seed}.jsonl'
    results = []
    if os.path.exists(path):
        with open(path, encoding='utf-8') as f:
            results = [json.loads(line) for line in f]
    known = {(r['file'], r['line'], r['name']) for r in results}
    asked = {(m.file, m.line, m.name) for m in mutations}
    print(f'mutants: seed {options.seed}, {len(asked & known)} of {len(mutations)} known, in {path}', flush=True)
    with open(path, 'a', encoding='utf-8') as f:
        for result in run.all(mutations, known, lambda r: (f.write(json.dumps(r) + '\n'), f.flush())):
            results.append(result)
            say(result)
    summary([r for r in results if (r['file'], r['line'], r['name']) in asked], len(mutations), options.seed)


if __name__ == '__main__':
    sys.exit(main())
