# SPDX-License-Identifier: MIT
"""The installed curl's side of tests/unit/url_table.tsv, row by row, so that what the table says of it is
what it does; tests/unit/test_url_table.c has ours.  All of curl's connections are turned to one server on
loopback: no name is looked up, and nobody else is called."""

import os
import re
import shutil
import subprocess

import pytest
import servers
from conftest import ROOT

TABLE = os.path.join(ROOT, 'tests', 'unit', 'url_table.tsv')
CURL = shutil.which('curl')
NEWER = 'newer curl'


def installed():
    """(7, 88), or None."""
    if CURL is None:
        return None
    text = subprocess.run([CURL, '--version'], capture_output=True, text=True, check=True).stdout
    return tuple(int(n) for n in re.match(r'curl (\d+)\.(\d+)', text).groups())


def rows():
    with open(TABLE, encoding='utf-8') as f:
        lines = [line.rstrip('\n').split('\t') for line in f if not line.startswith('#')]
    return [(kind, given, ours, *(rest or (ours, ''))) for kind, given, ours, *rest in lines]


def unescaped(text):
    return re.sub(rb'\\x([0-9a-f]{2})|\\\\', lambda m: bytes([int(m[1], 16)]) if m[1] else b'\\',
                  text.encode('ascii'))


def redirect(code, *locations):
    fields = b''.join(b'Location: ' + place + b'\r\n' for place in locations)
    return b'HTTP/1.1 %d ?\r\n%sContent-Length: 0\r\n\r\n' % (code, fields)


def wish(kind, given):
    """curl's arguments, and the first answer."""
    if kind == 'url':
        return [unescaped(given)], servers.page()
    if kind == 'location':
        return ['-L', 'http://b/d/e;p?q'], redirect(302, unescaped(given))
    if kind == 'code':
        return ['-L', 'http://b/'], redirect(int(given), b'/t')
    if kind == 'locations':
        return ['-L', 'http://b/'], redirect(302, *unescaped(given).split(b'|'))
    assert kind == 'hosts'
    fields = [word for host in given.split(',') for word in ('-H', f'Host: {host}'.strip())]
    return [*fields, 'http://h/'], servers.page()


def asked_by_curl(args, answer):
    """"host target" of its last request, or its status."""
    conversation = servers.Conversation(lambda request, n: answer if n == 1 else servers.page())
    with servers.serving(conversation) as port:
        done = subprocess.run([CURL, '-q', '-s', '-g', '--noproxy', '*', '--connect-to',
                               f'::127.0.0.1:{port}', '-m', '20', '-o', os.devnull, *args],
                              capture_output=True, check=False)
    if done.returncode != 0:
        return str(done.returncode)
    _, line, headers, _ = conversation.asked[-1]
    return f'{headers.get("host", "-")} {line[4:-9]}'


def test_the_table_says_why():
    """What is ours alone, or another curl's, has a reason; and a row says what differs."""
    for kind, given, ours, theirs, why in rows():
        assert (ours != theirs) == bool(why), (kind, given)


@pytest.mark.skipif(installed() is None, reason='no curl is installed')
def test_what_the_installed_curl_does():
    said = {(kind, given): asked_by_curl(*wish(kind, given)) for kind, given, *_ in rows()}
    for kind, given, ours, theirs, why in rows():
        allowed = {theirs}
        if why.startswith(NEWER) and installed() > (7, 88):
            allowed.add(ours)
        assert said[kind, given] in allowed, (kind, given, said[kind, given])
