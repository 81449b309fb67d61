# SPDX-License-Identifier: MIT
"""docs/hostile-inputs.md cannot go stale: every row has its tests, and every test that it names is in
the sources, and run."""

import os
import re

import pytest
from conftest import ROOT

DOCUMENT = os.path.join(ROOT, 'docs', 'hostile-inputs.md')
SECTIONS = ['What all rows share', 'Ethernet, ARP', 'IPv4', 'ICMP', 'TCP', 'UDP', 'DHCP', 'DNS', 'HTTP',
            'HTTP server', 'Device']


def read(*path):
    with open(os.path.join(ROOT, *path), encoding='utf-8') as f:
        return f.read()


def rows():
    """[(section, row, expectation, host, wire)]"""
    found, section = [], None
    for line in read('docs', 'hostile-inputs.md').splitlines():
        if line.startswith('## '):
            section = line[3:]
        if line.startswith('| ') and not line.startswith('| row |'):
            cells = [cell.strip() for cell in line.strip('|').split('|')]
            assert len(cells) == 4, line
            found.append((section, *cells))
    return found


ROWS = rows()


def references(cell):
    """'test_a: f, g "name"; test_b: h' as [(file, [functions], [names])]"""
    found = []
    for part in re.sub(r'\([^"()]*\)', '', cell).split(';'):
        match = re.fullmatch(r'\s*(test_\w+): ([\w, ]+?)((?: "[^"]+")*)\s*', part)
        assert match, f'not a reference to a test: {part}'
        found.append((match[1], match[2].split(', '), re.findall(r'"([^"]+)"', match[3])))
    return found


def host_test_problem(source, name):
    """None where `name` is a test of this file (tests/runner/unit.h)."""
    if re.search(rf'^(?:\w+_)?TEST\({name}\)$', source, re.M):
        return None
    if re.search(rf'\{{"{name}",', source):  # a row of a table that is the list of tests
        return None if re.search(r'^TEST_ROWS\(', source, re.M) else 'its table is not run'
    return 'there is no such test'


@pytest.mark.parametrize('row', ROWS, ids=[f'{r[0]}: {r[1]}' for r in ROWS])
def test_the_tests_of_a_row_exist(row):
    section, _, expectation, host, wire = row
    assert expectation and host and wire
    for file, names, quoted in references(host):
        assert not quoted
        source = read('tests', 'unit', f'{file}.c')
        for name in names:
            assert host_test_problem(source, name) is None, f'{file}: {name}'
    if wire.startswith('-'):
        assert section == 'Device' or re.fullmatch(r'- \(.+\)', wire), 'why not?'
        return
    for file, names, quoted in references(wire):
        source = read('tests', 'boot', f'{file}.py')
        for name in names:
            assert re.search(rf'^def {name}\(wire\b', source, re.M), f'{file}: {name}'
        for name in quoted:
            assert (f"'{name}'" in read('tests', 'lib', 'hostile.py') or f"'{name}'" in source
                    or f'def {name}(session)' in source), f'{file}: "{name}"'


def test_every_section_is_there():
    assert sorted({r[0] for r in ROWS}) == sorted(SECTIONS)


def test_no_row_twice():
    named = [r[:2] for r in ROWS]
    assert len(named) == len(set(named))


def test_every_frame_on_the_wire_is_in_the_document():
    """Names in tests/lib/hostile.py and of the HTTP and DHCP answers: what is sent stands for a row."""
    quoted = {name for r in ROWS if not r[4].startswith('-')
              for _, _, names in references(r[4]) for name in names}
    sent = set(re.findall(r"^ {12}'([^']+)': \[", read('tests', 'lib', 'hostile.py'), re.M))
    sent |= set(re.findall(r"^ {4}'([^']+)': \(", read('tests', 'boot', 'test_hostile_http.py'), re.M))
    sent |= set(re.findall(r"^ {4}'([^']+)': blind", read('tests', 'boot', 'test_hostile_peer.py'),
                           re.M))
    sent |= set(re.findall(r"^ {4}'([^']+)': (?:\[|addressed)",
                           read('tests', 'boot', 'test_hostile_dhcp.py'), re.M))
    assert len(sent) > 80
    assert sent - quoted == {'fine'}


def test_the_check_notices():
    source = 'TEST(here)\n{\n}\nTCP_TEST(there)\n{\n}\nstatic void lost(void)\n{\n}\n'
    rows = 'rows[] = {\n\t{"row", 1},\n};\n'
    assert host_test_problem(source, 'here') is None
    assert host_test_problem(source, 'there') is None
    assert host_test_problem(source, 'lost') == 'there is no such test'
    assert host_test_problem(source, 'gone') == 'there is no such test'
    assert host_test_problem(rows, 'row') == 'its table is not run'
    assert host_test_problem(rows + 'TEST_ROWS(run, rows);\n', 'row') is None
    with pytest.raises(AssertionError):
        references('whatever')
    assert references('test_a: f, g "x y" "z"; test_b: h (why)') == [
        ('test_a', ['f', 'g'], ['x y', 'z']), ('test_b', ['h'], [])]
