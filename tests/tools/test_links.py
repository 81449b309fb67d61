# SPDX-License-Identifier: MIT
"""Whatever README.md and docs/ point to is there: files, headings, and paths that stand in backquotes."""

import glob
import os
import re

import pytest
from conftest import ROOT

FOLDERS = 'app|base|bench|boot|docs|drivers|kernel|net|tests|tools'
PAGES = ['README.md'] + sorted(os.path.relpath(p, ROOT)
                               for p in glob.glob(os.path.join(ROOT, 'docs', '*.md')))


def read(page):
    with open(os.path.join(ROOT, page), encoding='utf-8') as f:
        return f.read()


def anchors(page):
    """As GitHub makes them of headings; and those that are written."""
    text = read(page)
    headings = re.findall(r'^#+ (.*)', text, re.M)
    made = {re.sub(r'[^\w\- ]', '', h.lower()).replace(' ', '-') for h in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize('page', PAGES)
def test_links(page):
    for target in re.findall(r'\]\(([^)\s]+)\)', read(page)):
        if re.match(r'[a-z]+:', target):
            continue
        path, _, anchor = target.partition('#')
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert os.path.exists(os.path.join(ROOT, path)), target
        assert not anchor or anchor in anchors(path), target


@pytest.mark.parametrize('page', PAGES)
def test_paths(page):
    """But for those with a part in capitals, which stands for a name."""
    for path in re.findall(r'`((?:%s)/[\w./-]+)`' % FOLDERS, read(page)):
        if not re.search(r'\b[A-Z]{4,}\b|_NAME', path):
            assert os.path.exists(os.path.join(ROOT, path)), path


def test_the_packet_s_walk():
    """Each function of docs/architecture.md's tables is in one of the files that its row names."""
    rows = re.findall(r'^\| (`[^|]*\.c`[^|]*) \| (`\w+\(\)`[^|]*) \|', read('docs/architecture.md'), re.M)
    assert len(rows) > 15
    for files, functions in rows:
        text = ''.join(read(path) for path in re.findall(r'`([^`]+)`', files))
        for function in re.findall(r'`(\w+)\(\)`', functions):
            assert re.search(r'^[a-z].*\b%s\(' % function, text, re.M), f'{function}() in {files}'
