# SPDX-License-Identifier: MIT
"""tools/check_words.py: which words it finds, where, and which it leaves."""

import subprocess

import pytest

import check_words


@pytest.mark.parametrize('code, words', [
    ('/* Nobody asks. */', ['Nobody']),
    ('/* The RFC says "nobody asks". */', []),
    ('/* a\n * is told\n * of it */', ['is told']),
    ('/* a is\n * told */', ['is told']),
    ('int take_line(void);', ['take_line']),
    ('int mistake_line(void);', []),
    ('const char *s = "nobody is told";', []),
    ('int n = arp_claims;', []),
    ('int n = tcp_news;', ['tcp_news']),
    ("char c = '\"'; /* nobody */", ['nobody']),
])
def test_code(code, words):
    assert [word for _, word, _ in check_words.code_faults(code)] == words


def test_a_log_sentence_is_prose():
    row = 'EVENT(X, "x", "y", 0, "", "nobody answers")'
    assert [w for _, w, _ in check_words.code_faults(row, sentences=True)] == ['nobody']


def test_a_fault_is_named_with_its_place(tmp_path, capsys):
    (tmp_path / 'net').mkdir()
    (tmp_path / 'net' / 'x.c').write_text('\nint put_x;\n')
    (tmp_path / 'README.md').write_text('Nobody, but for `nobody`.\n')
    subprocess.run(['git', 'init', '-q', str(tmp_path)], check=True)
    subprocess.run(['git', '-C', str(tmp_path), 'add', '.'], check=True)
    assert check_words.main(['--root', str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        'README.md:1: "Nobody": instead write no caller, no host, another host, a peer; all, any',
        'net/x.c:2: "put_x": instead write append_, write_']
