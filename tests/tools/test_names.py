# SPDX-License-Identifier: MIT
"""Every file, folder and function that a comment or a document names is there."""

import os
import re
import subprocess

import pytest
from conftest import ROOT

FILE = re.compile(r'(?<![\w/.<\-*{}$%~])((?:[a-z_][\w\-]*/)*[a-z_][\w\-]*\.(?:c|h|S|py|def|mk|ld))(?![\w/]|\.\w|\(|\*)')
FOLDER = re.compile(r'(?<![\w/.<\-*{}$%~])((?:app|base|bench|boot|config|docs|drivers|kernel|log|machine|net|tests|tools)/'
                    r'(?:[a-z_][\w\-]*/)*)(?![\w*{$])')
FUNCTION = re.compile(r'(?<![\w.\-$])([a-z_]\w*)\(\)')
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)
CODE = ('.c', '.h', '.S', '.def')
SCRIPTS = ('.py', '.mk', '.sh', '.ld', 'Makefile')

# Names of others, and of examples.
NOT_OURS = {
    'string.h', 'stdio.h', 'elf.h', 'program.c',
    'public/arch-x86/hvm/start_info.h',  # Xen's
    'asctime', 'tcp_is_cwnd_limited',    # RFC 9110's, Linux's
}
# What stands for several: test_NAME.c.  Others' headers, as they are included.
PATTERN = re.compile(r'(?<![A-Z])NAME(?![A-Z])|^(build|linux|arch|bearssl|sys|asm|netinet)/')


def comments(path, text):
    """(line, text) of what is no code."""
    if path.endswith(CODE):
        for match in COMMENT.finditer(text):
            yield text.count('\n', 0, match.start()) + 1, match.group()
    elif path.endswith('.md'):
        yield 1, text
    elif path.endswith(SCRIPTS):
        for number, line in enumerate(text.split('\n'), 1):
            code, mark, comment = line.partition('# ')
            if mark and code.count("'") % 2 == 0 and code.count('"') % 2 == 0:
                yield number, comment


def identifiers(sources):
    """All that code says; a function that is named there is there, or the compiler would have told."""
    names = set()
    for path, text in sources.items():
        if path.endswith(CODE + SCRIPTS):
            names.update(re.findall(r'\b[A-Za-z_]\w*', COMMENT.sub('', text) if path.endswith(CODE) else text))
    return names


class Tree:
    def __init__(self, sources):
        self.sources = sources
        self.files = set(sources)
        self.tails = {'/'.join(f.split('/')[i:]) for f in sources for i in range(f.count('/') + 1)}
        self.folders = {f[:i + 1] for f in sources for i, c in enumerate(f) if c == '/'}
        self.identifiers = identifiers(sources)

    def missing(self, path):
        for first, text in comments(path, self.sources[path]):
            for pattern, known in ((FILE, self.tails), (FOLDER, self.folders), (FUNCTION, self.identifiers)):
                for match in pattern.finditer(text):
                    name = match.group(1)
                    if name not in known and name not in NOT_OURS and not PATTERN.search(name):
                        yield f'{path}:{first + text.count(chr(10), 0, match.start())}: {name}'

    def faults(self):
        return [fault for path in sorted(self.sources) for fault in self.missing(path)]


def tree_of(root):
    listed = subprocess.run(['git', '-C', root, 'ls-files', '--cached', '--others', '--exclude-standard'],
                            check=True, capture_output=True, text=True).stdout.split('\n')
    sources = {}
    for path in filter(None, listed):
        if not os.path.isfile(os.path.join(root, path)):
            continue
        sources[path] = ''
        if path.endswith(CODE + SCRIPTS + ('.md',)):
            with open(os.path.join(root, path), encoding='utf-8') as f:
                sources[path] = f.read()
    return Tree(sources)


@pytest.mark.parametrize('text, missing', [
    ('/* see net/eth.c */', 'net/eth.c'), ('/* see net/link/eth.c, eth.c, link/eth.c */', None),
    ('/* in arp.c; */', 'arp.c'), ('// what net/ip/ has', 'net/ip/'), ('/* net/link/ and net/ */', None),
    ('/* eth_send() */', 'eth_send'), ('/* eth_output() */', None), ('#include "x.h"', None),
    ('/* tests/test_NAME.c, <linux/if_ether.h> */', None), ('\n/*\n * eth_send(), */', 'eth_send'),
])
def test_a_name_of_nothing(text, missing):
    tree = Tree({'net/link/eth.c': 'int eth_output(void); /* eth_send() of old */', 'a.c': text})
    found = [fault.split(': ')[1] for fault in tree.missing('a.c')]
    assert found == ([missing] if missing else [])


def test_documents_and_scripts():
    tree = Tree({'docs/a.md': 'a\n`kernel/io.h`', 'tools/a.py': 'x = "b.c"\n# like b.c\n'})
    assert tree.faults() == ['docs/a.md:2: kernel/io.h', 'tools/a.py:2: b.c']


def test_the_project_itself():
    if not os.path.exists(os.path.join(ROOT, '.git')):
        pytest.skip('no repository')
    assert tree_of(ROOT).faults() == []
