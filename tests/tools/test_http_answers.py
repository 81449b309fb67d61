# SPDX-License-Identifier: MIT
"""The answers of tests/lib/http_answers.def, given to curl: the table's column about it is true, and
every difference between that and ours has its reason."""

import concurrent.futures
import shutil
import subprocess

import http_answers
import pytest
import servers

ANSWERS = http_answers.read()
VERSION = '7.88'   # the one that the table speaks of: Debian 12's
TIMED_OUT = 28


def ask(answer):
    """curl's exit status.  Only where it should wait in vain it has little time: no host is so slow that
    another status becomes this one."""
    patience_s = 2 if answer.curl == TIMED_OUT else 60
    with servers.serving(http_answers.handler(answer)) as port:
        words = ['curl', '-q', '-s', '-f', '--noproxy', '*', '-m', str(patience_s)]
        words += ['-L'] if 'follow' in answer.asked else []
        words += ['--max-filesize', '5'] if 'max' in answer.asked else []
        words += ['-I'] if 'head' in answer.asked else []
        for _ in range(2 if 'second' in answer.asked else 1):
            words += [f'http://127.0.0.1:{port}/', '-o', '/dev/null']
        return subprocess.run(words, timeout=90, check=False).returncode


def version():
    if shutil.which('curl') is None:
        return 'none'
    return subprocess.run(['curl', '--version'], capture_output=True, text=True,
                          check=True).stdout.split()[1]


def test_curl_says_what_the_table_says():
    if not version().startswith(VERSION):
        pytest.skip(f'the table is about curl {VERSION}, here is {version()}')
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ask, ANSWERS))
    assert {a.name: status for a, status in zip(ANSWERS, found)} == {a.name: a.curl for a in ANSWERS}


def test_the_table_is_in_order():
    names = [a.name for a in ANSWERS]
    assert len(names) == len(set(names)) > 150
    for answer in ANSWERS:
        assert bool(answer.note) == (answer.ours != answer.curl), answer.name
        assert set(answer.asked) <= {'follow', 'max', 'head', 'second'}
        assert answer.end in ('CLOSE', 'RESET', 'SILENT')
        assert answer.connection in ('KEPT', 'DROPPED', 'ANY')
