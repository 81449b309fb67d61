# SPDX-License-Identifier: MIT
"""README's table of keys is the one in the code, and what `make help-config` prints can be read."""

import os
import re
import subprocess

import config_docs
import pytest
from conftest import ROOT

PROGRAM = os.path.join(os.environ.get('DIALTONE_BUILD', os.path.join(ROOT, 'build')),
                       'host', 'tools', 'help_config')
TABLES = ('config/platform_keys.c', 'app/main/keys.c')


def keys_in_the_code():
    """The names in the rows `{"name", allowed, CONFIG_HELP(...` of both tables, in their order."""
    names = []
    for path in TABLES:
        with open(os.path.join(ROOT, path), encoding='utf-8') as f:
            names += re.findall(r'^\t{1,2}\{"([a-z0-9.-]+)",', f.read(), re.M)
    assert 'url' in names and 'ip' in names
    return names


def printed(*args):
    return subprocess.run([PROGRAM, *args], check=True, capture_output=True, text=True).stdout


def test_the_readme_has_the_table_of_the_code():
    assert config_docs.main([PROGRAM]) == 0


def test_every_key_has_a_row():
    rows = re.findall(r'^\| `([^`]+)`', printed('--markdown'), re.M)
    assert rows == keys_in_the_code()


def test_every_row_is_whole():
    for row in printed('--markdown').splitlines()[2:]:
        cells = [c.strip() for c in re.split(r'(?<!\\)\|', row)[1:-1]]
        assert len(cells) == 4 and all(cells), row


def test_people_get_every_key_within_a_screen():
    text = printed()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert re.findall(r'^([a-z0-9.-]+)=', text, re.M) == keys_in_the_code()


def test_people_get_the_sources_in_order():
    text = printed()
    order = [text.index(s) for s in ('defaults', 'dialtone.conf', 'SMBIOS', 'fw_cfg', 'command line')]
    assert order == sorted(order)


def test_an_option_that_is_none_is_refused():
    assert subprocess.run([PROGRAM, '--html'], capture_output=True).returncode == 2


@pytest.fixture
def page(tmp_path):
    (tmp_path / 'README.md').write_text(
        'before\n' + config_docs.BEGIN + 'stale\n' + config_docs.END + 'after\n')
    program = tmp_path / 'program'
    program.write_text('#!/bin/sh\n[ "$1" = --markdown ] && echo "| fresh |"\n')
    program.chmod(0o755)
    return tmp_path, str(program)


def test_a_stale_page_is_noticed_and_written(page, capsys):
    root, program = page
    assert config_docs.main([program, '--root', str(root)]) == 1
    assert 'make docs' in capsys.readouterr().err
    assert config_docs.main([program, '--root', str(root), '--write']) == 0
    assert config_docs.main([program, '--root', str(root)]) == 0
    assert (root / 'README.md').read_text() == (
        'before\n' + config_docs.BEGIN + '| fresh |\n' + config_docs.END + 'after\n')
