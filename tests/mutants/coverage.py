# SPDX-License-Identifier: MIT
"""Which test files call which functions, and how long each takes."""

import collections
import json
import os
import re
import subprocess
import time

from build import run


def instrumented(build, sources):
    """unit and sim, linked with a library whose functions say when they are called."""
    folder = f'{build.folder}/calls'
    os.makedirs(folder, exist_ok=True)
    run(['gcc', '-O1', '-c', 'tests/mutants/calls.c', '-o', f'{folder}/calls.o'])
    objects = {}
    for source in sources:
        with open(source, encoding='utf-8') as f:
            objects[f'{build.folder}/host/{source[:-2]}.o'] = build.compile(
                source, f.read(), f'{folder}/{source[:-2]}', '-finstrument-functions')
    archive = f'{folder}/lib.a'
    build.thin_archive(archive, [objects.get(name, name) for name in build.files['library']])
    islands = []
    for i, obj in enumerate(build.islands):
        islands.append(f'{folder}/island{i}.o')
        run(['ld', '-r', '-o', islands[-1], obj, archive])
        run(['objcopy', '--wildcard', '--localize-symbol=*', '--keep-global-symbol=__cyg*', islands[-1]])
    for program, parts in (('unit', [build.plain, *islands]), ('sim', [build.sim_plain])):
        run(['gcc', '-no-pie', *parts, f'{folder}/calls.o', archive, '-lbearssl', '-lcmocka', '-o',
             f'{folder}/{program}'])
        yield f'{folder}/{program}'


def functions_at(program):
    names = {}
    for line in run(['nm', program]).splitlines():
        match = re.fullmatch(r'([0-9a-f]+) [tT] (\w+)(?:\.\w+)*', line)
        if match:
            names[int(match[1], 16)] = match[2]
    return names


def files_of(program):
    return list(dict.fromkeys(line.split(':')[0] for line in run([program, '--list']).splitlines()))


def measure(build, sources):
    """{program: {function: [files, the quickest first]}} and {file: seconds}"""
    callers, seconds = {}, {}
    for program in instrumented(build, sources):
        names, found = functions_at(program), collections.defaultdict(list)
        for file in files_of(program):
            calls = f'{program}.{file}.calls'
            if os.path.exists(calls):
                os.remove(calls)
            began = time.monotonic()
            subprocess.run([program, '-q', file], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=dict(os.environ, MUTANTS_CALLS=calls))
            seconds[file] = time.monotonic() - began
            with open(calls, encoding='ascii') as f:
                for name in {names.get(int(line, 16)) for line in f}:
                    found[name].append(file)
        callers[os.path.basename(program)] = {
            name: sorted(set(files), key=seconds.get) for name, files in found.items() if name}
    return callers, seconds


def load_or_measure(build, sources):
    path = f'{build.folder}/callers.json'
    newest = max(os.path.getmtime(f'{build.folder}/host/{program}') for program in ('unit', 'sim'))
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(measure(build, sources), f)
    with open(path, encoding='utf-8') as f:
        return json.load(f)
