# SPDX-License-Identifier: MIT
"""The changes that `make mutants` makes (tests/mutants/sites.py)."""

import os
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, os.path.join(ROOT, 'tests', 'mutants'))
import sites  # noqa: E402

SOURCE = '''/* if (a < b) */
#define LIMIT (1 < 2)

static const int table[3] = {1, 2};

static bool within(const int *p,
\t\t   int n)
{
\tchar text[16];
\tint left = n - 1;

\tASSERT(p != NULL);
\tif (n > 4 && !*p)
\t\treturn false;
\tfor (int i = 0; i < n; i++)
\t\tlook(p[i],
\t\t     "a + b");
\tleft += 2;
\treturn left == 0;
}
'''


@pytest.fixture
def found(tmp_path):
    path = tmp_path / 'x.c'
    path.write_text(SOURCE)
    return sites.mutations_of(str(path))


def test_what_is_changed(found):
    assert [(m.line, m.kind, SOURCE[slice(*m.span)], m.new) for m in found] == [
        (10, 'arithmetic', '-', '+'), (10, 'constant', '1', '2'), (10, 'constant', '1', '0'),
        (13, 'condition', '(n > 4 && !*p)', '(!(n > 4 && !*p))'), (13, 'relation', '>', '>='),
        (13, 'relation', '>', '<='), (13, 'constant', '4', '5'), (13, 'constant', '4', '3'),
        (13, 'boolean', '&&', '||'), (13, 'boolean', '!', ''), (14, 'return', 'return false;', 'return true;'),
        (15, 'constant', '0', '1'), (15, 'relation', '<', '<='), (15, 'relation', '<', '>='),
        (15, 'arithmetic', '++', '--'), (16, 'statement', 'look(p[i],\n\t\t     "a + b");', ';\n'),
        (18, 'statement', 'left += 2;', ';'), (18, 'arithmetic', '+=', '-='), (18, 'constant', '2', '3'),
        (18, 'constant', '2', '1'), (19, 'return', 'return left == 0;', 'return 0;'),
        (19, 'return', 'return left == 0;', 'return !(left == 0);'), (19, 'relation', '==', '!='),
        (19, 'constant', '0', '1')]
    assert {m.function for m in found} == {'within'}


def test_lines_stay_where_they_are(found):
    for m in found:
        assert sites.apply(m).count('\n') == SOURCE.count('\n')


def test_a_sample_is_the_same_again(found):
    path = found[0].file
    assert sites.sample([path], 5, 7) == sites.sample([path], 5, 7) != sites.sample([path], 5, 8)
    assert len({m.span for m in sites.sample([path], 1000, 1)}) == len({m.span for m in found})
