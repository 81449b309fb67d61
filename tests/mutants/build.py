# SPDX-License-Identifier: MIT
"""The host tests with one object exchanged: how that is compiled and linked without make's help."""

import os
import re
import subprocess

SANITIZERS = '-fsanitize=address,undefined -fno-sanitize-recover=all'


def run(command, **more):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode != 0:
        raise SystemExit(f"mutants: {' '.join(command)[:200]}:\n{done.stderr[-3000:]}")
    return done.stdout


class Build:
    """A build folder with other flags; `sanitized` finds more and takes four times as long."""

    def __init__(self, folder, sanitized):
        self.folder = folder
        # Other flags bring other warnings.
        self.flags = '-g0 -Wno-error' + (f' {SANITIZERS}' if sanitized else '')
        self.link_flags = self.flags.split()
        self.commands, self.files, self.islands_of = {}, {}, {}

    def make(self, *arguments):
        return run(['make', '--no-print-directory', '-j', str(len(os.sched_getaffinity(0))), f'BUILD={self.folder}',
                    f'SANITIZE={self.flags}', *arguments])

    def prepare(self, sources):
        self.make(f'{self.folder}/host/unit', f'{self.folder}/host/sim')
        for line in self.make('host-files').splitlines():
            kind, _, names = line.partition(': ')
            self.files[kind] = names.split()
        wanted = {f'{self.folder}/host/{source[:-2]}.o': source for source in sources}
        dry = self.make('-n', '-B', 'V=1', *wanted)
        for line in dry.splitlines():
            match = re.search(r' -c (\S+) -o (\S+)$', line)
            if match and match[2] in wanted:
                self.commands[match[1]] = line.split()
        self.archive = f'{self.folder}/lib.a'
        self.thin_archive(self.archive, self.files['library'])
        self.plain = f'{self.folder}/plain.o'
        run(['ld', '-r', '-o', self.plain, *self.files['plain'], *self.files['runner']])
        self.sim_plain = f'{self.folder}/sim-plain.o'
        run(['ld', '-r', '-o', self.sim_plain, *self.files['sim'], *self.files['runner']])
        self.islands = {}
        for obj in self.files['islands']:
            self.islands[obj] = set(self.island(obj, self.archive, obj.replace('.o', '.mutants.o')))

    def thin_archive(self, path, objects):
        if os.path.exists(path):
            os.remove(path)
        run(['ar', 'rcsT', path, *objects])

    def island(self, obj, archive, to):
        """The objects of the library that are in it."""
        loaded = run(['ld', '-r', '-t', '-o', to, obj, archive])
        run(['objcopy', '--wildcard', '--localize-symbol=*', to])
        return [os.path.relpath(name) for name in re.findall(r'\)?(\S+\.o)\b', loaded.replace('(', ' ').replace(')', ' '))]

    def compile(self, source, text, folder, *more):
        """The object, or None where it does not compile."""
        os.makedirs(folder, exist_ok=True)
        path, obj = f'{folder}/mutant.c', f'{folder}/mutant.o'
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        command = [word for word in self.commands[source] if word not in ('-MMD', '-MP', '-Werror')]
        command = command[:command.index('-c')] + ['-w', *more, '-c', path, '-o', obj]
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return obj if done.returncode == 0 else None

    def link(self, source, obj, folder, program):
        """build/host/unit or sim with `obj` in place of the source's; None where it cannot be linked."""
        original = f'{self.folder}/host/{source[:-2]}.o'
        archive, to = f'{folder}/lib.a', f'{folder}/{program}'
        self.thin_archive(archive, [obj if name == original else name for name in self.files['library']])
        parts = [self.sim_plain] if program == 'sim' else [self.plain, *self.islands_with(original, archive, folder)]
        done = subprocess.run(['gcc', *self.link_flags, *parts, archive, '-lbearssl', '-lcmocka', '-o', to],
                              check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return to if done.returncode == 0 else None

    def islands_with(self, original, archive, folder):
        for i, (obj, loaded) in enumerate(self.islands.items()):
            if original not in loaded:
                yield obj.replace('.o', '.mutants.o')
                continue
            to = f'{folder}/island{i}.o'
            self.island(obj, archive, to)
            yield to
