# SPDX-License-Identifier: MIT
"""docs/dhcp.md and docs/sockets.md cannot go stale: each function that they name is in net/ or app/,
each test is a function that its file runs.  (docs/tcp.md has tools/tcp_docs.py.)"""

import glob
import os
import re

import pytest
from conftest import ROOT
from test_hostile_doc import host_test_problem, read


def rows(name):
    """(clause, functions, tests) of each row of a table with three columns."""
    for line in read('docs', name).splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if line.startswith('| ') and len(cells) == 3 and cells[2] != 'test':
            yield cells


def sources():
    files = glob.glob(os.path.join(ROOT, 'net', '**', '*.c'), recursive=True)
    files += glob.glob(os.path.join(ROOT, 'machine', '*.c'))
    return ''.join(read(file) for file in files)


SOURCES = sources()
ROWS = [(name, *row) for name in ('dhcp.md', 'sockets.md') for row in rows(name)]


def named_tests(cell):
    """'acd: f, g; sim: h' as [(path, [names])]; a file alone stands for all of its tests."""
    for part in re.sub(r'\([^()]*\)', '', cell).split(';'):
        file, _, names = part.strip().partition(':')
        path = ('sim', 'test_dhcp.c') if file == 'sim' else ('unit', f'test_{file}.c')
        yield path, [n.strip() for n in names.split(',') if n.strip()]


@pytest.mark.parametrize('row', ROWS, ids=[f'{r[0]}: {r[1]}' for r in ROWS])
def test_functions_and_tests_exist(row):
    _, _, functions, tests = row
    for name in re.findall(r'`(\w+)`', functions):
        assert re.search(rf'\b{name}\(', SOURCES), name
    for path, names in named_tests(tests):
        source = read('tests', *path)
        for name in names:
            assert host_test_problem(source, name) is None, f'{path[1]}: {name}'


def test_there_are_rows():
    assert sum(r[0] == 'dhcp.md' for r in ROWS) > 30 and sum(r[0] == 'sockets.md' for r in ROWS) > 20
