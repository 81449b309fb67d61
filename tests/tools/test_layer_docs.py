# SPDX-License-Identifier: MIT
"""docs/architecture.md has the layers that tools/check_layers.py enforces, and names its checks truly."""

import os
import re

import check_layers
import layer_docs
from conftest import ROOT


def page():
    with open(os.path.join(ROOT, layer_docs.DOC), encoding='utf-8') as f:
        return f.read()


def copy_with(tmp_path, doc):
    (tmp_path / 'docs').mkdir()
    (tmp_path / layer_docs.DOC).write_text(doc)
    return str(tmp_path)


def test_the_table_is_that_of_the_check():
    assert layer_docs.main([]) == 0


def test_a_stale_table_is_a_fault_and_is_mended(tmp_path):
    root = copy_with(tmp_path, page().replace('| `net/link/` |', '| `net/links/` |'))
    assert layer_docs.main(['--root', root]) == 1
    assert layer_docs.main(['--root', root, '--write']) == 0
    assert layer_docs.main(['--root', root]) == 0


def test_a_new_rule_makes_the_table_stale(monkeypatch):
    monkeypatch.setitem(check_layers.RULES, 'net/quic/', ['net/ip/'])
    assert layer_docs.main([]) == 1


def test_every_folder_of_the_tree_has_a_place_in_it():
    tree = page().split('## The house')[1].split('```')[1]
    for folder in check_layers.RULES:
        if folder.endswith('/'):
            assert os.path.isdir(os.path.join(ROOT, folder)), folder
            assert re.search(rf'(?m)(^| |/){re.escape(folder.rstrip("/").rsplit("/", 1)[-1])}/', tree), folder


def test_every_rule_names_a_check_that_exists():
    rows = re.findall(r'(?m)^\| .*? \| `([^`]+)`(?: `(\w+)\(\)`)? \|$',
                      page().split('## Which check enforces what')[1].split('\n## ')[0])
    assert len(rows) > 12
    for where, function in rows:
        path = os.path.join(ROOT, where)
        if where.startswith('make '):
            with open(os.path.join(ROOT, 'tests/tests.mk'), encoding='utf-8') as f:
                assert re.search(rf'(?m)^{where[5:]}:', f.read()), where
            continue
        with open(path, encoding='utf-8') as f:
            assert not function or f'def {function}(' in f.read(), (where, function)
