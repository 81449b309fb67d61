# SPDX-License-Identifier: MIT
"""The table of tests/lib/http_answers.def, and a server that gives its answers."""

import os
import re
from typing import NamedTuple

import servers
from runner import web

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'http_answers.def')
THERE = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\w+)|([,()]))')


class Answer(NamedTuple):
    name: str
    asked: tuple     # of 'follow', 'max', 'head', 'second'
    data: bytes
    end: str         # 'CLOSE', 'RESET', 'SILENT'
    ours: int
    curl: int
    connection: str  # 'KEPT', 'DROPPED', 'ANY'
    note: str


def _unescape(literal):
    return literal.encode('ascii').decode('unicode_escape')


def _arguments(text, defines):
    """The comma-separated arguments of one row: strings joined, words as they are."""
    at, arguments, parts = 0, [], []
    while True:
        match = TOKEN.match(text, at)
        assert match, text[at:at + 60]
        at = match.end()
        literal, word, sign = match.groups()
        if literal is not None:
            parts.append(_unescape(literal))
        elif word:
            parts.append(defines.get(word, word))
        else:
            arguments.append(''.join(parts))
            parts = []
            if sign == ')':
                return arguments


def _data(text):
    data = text.encode('latin-1')
    return re.sub(rb'\{(.)\*(\d+)\}', lambda m: m[1] * int(m[2]), data)


def read():
    """[Answer]"""
    with open(TABLE, encoding='ascii') as f:
        text = f.read()
    defines = {name: _unescape(value)
               for name, value in re.findall(r'^#define (\w+) "(.*)"$', text, re.M)}
    found = []
    for row in re.findall(r'^ANSWER\((.*\))$', text, re.M):
        name, asked, data, end, ours, curl, connection, note = _arguments(row, defines)
        found.append(Answer(name, tuple(asked.split()), _data(data), end, int(ours), int(curl),
                            connection, note))
    return found


def _serve(conn, choose):
    """Answers what comes over a connection: the page at /there, else what choose() gives - an Answer,
    or bytes."""
    while True:
        request = web.read_request(conn)
        if request is None:
            return
        answer = THERE if request[0].split()[1] == '/there' else choose()
        if isinstance(answer, bytes):
            conn.sendall(answer)
            continue
        conn.sendall(answer.data)
        if answer.end == 'RESET':
            servers.wait_until_acked(conn)
            servers.reset(conn)
        if answer.end != 'SILENT':
            return


def handler(answer):
    """Gives that answer; behind a page where it is to be the second on its connection."""
    def handle(conn, _peer):
        pages = iter([THERE] if 'second' in answer.asked else [])
        _serve(conn, lambda: next(pages, answer))
    return handle


def one_after_the_other(answers):
    """A handler that gives each caller the next answer."""
    waiting = iter(answers)
    return lambda conn, _peer: _serve(conn, lambda: next(waiting))
