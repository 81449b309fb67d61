# SPDX-License-Identifier: MIT
"""Logs that somebody has damaged on purpose, through the reader and everything that is made of a log:
what comes out is well-formed, the command ends with a status of its own, and nothing is a traceback.

Each seed is a case of its own, so that a failure names it; SEEDS=1000 in the environment makes more."""

import io
import json
import os
import random
import re
import sys
import xml.etree.ElementTree as ET

import dialtone_log
import log_report
import pytest
from diagram import cli
from test_diagram_draw import HTML_TAGS, MERMAID, Tags
from test_dialtone_log import LOGS, recorded

SEEDS = range(int(os.environ.get('SEEDS', '40')))
NAMES = sorted(os.listdir(LOGS))
PAIR = ('duet-client-json.txt', 'duet-server-json.txt')

# What JSON may hold, and no log of ours does.
VALUES = ['\\u0000', '\\u001b[2J', '\\ud800', '\\udfff\\ud800', '\\uffff', '\\u2028', '\\u0085', '</script>',
          ']]>', '<g>&amp;', '-->', '"\\\'', '%s{x}', 'x' * 5000]
NUMBERS = ['9' * 400, '-' + '9' * 400, '1e400', '-1e400', '1e308', '1' + '0' * 4000, '9' * 5000, '-1', '1.5',
           'NaN', 'Infinity', '18446744073709551616']
OTHERS = ['null', 'true', '[]', '{}', '[[1]]', '{"a":{}}', '[' * 3000]
KEYS = ['\\u0000', '\\ud800', '\\u001b', '<b>', 'a b', '', '"', 'x' * 300, 'conn', 'step', 'ev', 't_us', 'seq']
BYTES = [b'\0', b'\x1b[31m', b'\xff', b'\xc2\x80', b'\r', b'\x0b', b'\xed\xa0\x80', b'"', b'\\', b'{', b'\n']


def evil_value(rng):
    kind = rng.randrange(5)
    if kind < 2:
        return '"' + rng.choice(VALUES).replace('"', '\\"') + '"'
    return rng.choice(NUMBERS if kind < 4 else OTHERS)


def damaged_line(line, rng):
    """A machine line with another value, another key, or one more of both."""
    members = list(re.finditer(r'"([^"\\]*)":("(?:[^"\\]|\\.)*"|[^,{}\[\]"]+)', line))
    if not members:
        return line
    at = rng.choice(members)
    key, value = at.group(1), at.group(2)
    if rng.random() < 0.25:
        key = rng.choice(KEYS).replace('"', '\\"')
    if rng.random() < 0.85:
        value = evil_value(rng)
    more = at.group() + ',' if rng.random() < 0.2 else ''
    return f'{line[:at.start()]}{more}"{key}":{value}{line[at.end():]}'


def damaged(data, rng):
    lines = data.decode('latin-1').split('\n')
    for i, line in enumerate(lines):
        if line.startswith('@dt ') and rng.random() < 0.3:
            lines[i] = damaged_line(line, rng)
    if rng.random() < 0.3:
        rng.shuffle(lines)
    out = '\n'.join(lines).encode('latin-1')
    for _ in range(rng.choice((0, 0, 3, 30))):
        at = rng.randrange(len(out))
        out = out[:at] + rng.choice(BYTES) + out[at + rng.randrange(2):]
    return out if rng.random() < 0.8 else out[rng.randrange(len(out)):]


@pytest.fixture(params=SEEDS)
def case(request, tmp_path):
    """(a generator, the file of a damaged log)"""
    rng = random.Random(request.param)
    path = tmp_path / 'log.txt'
    path.write_bytes(damaged(recorded(rng.choice(NAMES)), rng))
    return rng, path


class Strict(io.TextIOWrapper):
    """A terminal that takes ASCII alone, so that whatever is not escaped is an error here."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding='ascii', errors='strict', newline='')

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode('ascii')


def call(main, argv, monkeypatch):
    """(status, what it wrote)"""
    out = Strict()
    monkeypatch.setattr(sys, 'stdout', out)
    status = main([str(word) for word in argv])
    return status, out.text()


def is_clean(text):
    return re.fullmatch(r'[\n -~]*', text) is not None


def statuses(path):
    found = dialtone_log.runs(path.read_bytes())[-1].exit_status
    return {dialtone_log.NO_VERDICT, found} - {None}


def test_reports(case, monkeypatch, tmp_path):
    _, path = case
    report = tmp_path / 'report.xml'
    status, out = call(log_report.main, [path, '--summary', '--junit', report], monkeypatch)
    assert status in statuses(path) and 0 <= status <= 255
    assert is_clean(out)
    if report.exists():
        root = ET.fromstring(report.read_bytes())
        assert root.tag == 'testsuites'
        assert not re.search(r'[\x00-\x09\x0b-\x1f\x7f-\x9f]', ''.join(root.itertext()))
    status, out = call(log_report.main, [path, '--json'], monkeypatch)
    assert status in statuses(path)
    if out:
        json.loads(out, parse_constant=pytest.fail)


def check_mermaid(out):
    lines = out.splitlines()
    assert lines[0] == 'sequenceDiagram' and all(MERMAID.fullmatch(line) for line in lines[1:])


CHECKS = {'svg': ET.fromstring, 'mmd': check_mermaid, 'text': lambda out: None,
          'html': lambda out: {t for t, _ in Tags(out).tags} <= HTML_TAGS or pytest.fail('a tag')}


@pytest.mark.parametrize('form', CHECKS)
def test_pictures(case, form, monkeypatch, tmp_path):
    _, path = case
    status, out = call(cli.main, [path, '--format', form, '--ascii'], monkeypatch)
    assert status in (0, 1, 2)
    assert is_clean(out)
    if status == 0:
        CHECKS[form](out)
    name = tmp_path / ('picture.' + {'text': 'txt'}.get(form, form))
    assert call(cli.main, [path, '-o', name], monkeypatch)[0] == status


@pytest.mark.parametrize('seed', SEEDS)
def test_a_picture_of_two(seed, monkeypatch, tmp_path):
    rng = random.Random(seed)
    paths = [tmp_path / name for name in PAIR]
    for path, name in zip(paths, PAIR):
        path.write_bytes(damaged(recorded(name), rng) if rng.random() < 0.8 else recorded(name))
    for form in ('svg', 'text'):
        status, out = call(cli.main, [*paths, '--format', form, '--ascii'], monkeypatch)
        assert status in (0, 1, 2) and is_clean(out)
        if status == 0:
            CHECKS[form](out)


# --- the kinds, each alone --------------------------------------------------------------------------

@pytest.mark.parametrize('member', [
    '"errormsg":"\\u0000\\u001b[2J\\ud800"', '"url":"\\ud800"', '"\\u0001":1', '"\\ud800":"x"', '"new":"\\udfff"',
    f'"time_total":{"9" * 400}', f'"t_us":{"9" * 400}', '"size_download":1e400', f'"new":{"9" * 400}',
    '"new":NaN', '"step":"<g>"', '"conn":"\\u0000"'])
@pytest.mark.parametrize('place', ['result', 'transfer', 'tcp.syn_sent'])
def test_each_kind(member, place, monkeypatch, tmp_path):
    path = tmp_path / 'log.txt'
    path.write_bytes(recorded('ok-json.txt').replace(
        f'"ev":"{place}",'.encode(), f'"ev":"{place}",{member},'.encode()))
    status, out = call(log_report.main, [path, '--summary', '--junit', tmp_path / 'x'], monkeypatch)
    assert status == 0 and is_clean(out)
    ET.fromstring((tmp_path / 'x').read_bytes())
    json.loads(call(log_report.main, [path, '--json'], monkeypatch)[1], parse_constant=pytest.fail)
    for form, check in CHECKS.items():
        status, out = call(cli.main, [path, '--format', form, '--ascii'], monkeypatch)
        assert status == 0 and is_clean(out)
        check(out)


def test_what_is_printable():
    assert dialtone_log.printable('a\x1b\xe9\u2028\ud800\n') == 'a\\x1b\\xe9\\u2028\\ud800\\x0a'
    assert dialtone_log.printable_lines('a\nb\0') == 'a\nb\\x00'


def test_a_status_that_no_process_has_is_none():
    assert dialtone_log.parse('EXIT: STATUS=256\n').exit_status is None
    assert dialtone_log.parse('EXIT: STATUS=255\n').exit_status == 255
