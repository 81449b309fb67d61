# SPDX-License-Identifier: MIT
"""What a server may send back (docs/hostile-inputs.md, HTTP): every answer of the list in one run,
each ends with its status, and the last GET of the run goes through."""

import http_answers
import servers
from conftest import HOST
from machine import Run

OK = b'HTTP/1.1 200 OK\r\n'
CHUNKED = OK + b'Transfer-Encoding: chunked\r\n\r\n'
FILLER = b'x' * 200000


def in_single_bytes(data):
    def handler(conn, peer):
        servers.saying(b'')(conn, peer)
        for at in range(len(data)):
            conn.sendall(data[at:at + 1])
    return handler


# name: (status, handler)
ANSWERS = {
    'not HTTP': (1, servers.NOT_HTTP),
    'not HTTP, binary': (1, servers.saying(bytes(range(256)))),
    'status line without end': (100, servers.saying(b'HTTP/1.1 200 ' + FILLER)),
    'headers without end': (56, servers.saying(OK + b'A: b\r\n' * 60000)),
    'header over the cap': (56, servers.saying(OK + b'A: %s\r\n' % FILLER[:99000] * 4)),
    'header line over the cap': (100, servers.ENDLESS_HEADER),
    'length negative': (8, servers.saying(OK + b'Content-Length: -1\r\n\r\nx')),
    'length not a number': (8, servers.saying(OK + b'Content-Length: five\r\n\r\nhello')),
    'length twice': (8, servers.TWO_LENGTHS),
    'NUL in a header': (8, servers.saying(OK + b'X: a\0b\r\nContent-Length: 0\r\n\r\n')),
    'chunked beside a length': (0, servers.saying(
        OK + b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')),
    'chunk size nonsense': (56, servers.saying(CHUNKED + b'xyz\r\nhello\r\n0\r\n\r\n')),
    'chunk size overflow': (56, servers.saying(CHUNKED + b'10000000000000005\r\nhello\r\n')),
    'unknown coding': (61, servers.UNKNOWN_CODING),
    'body too short': (18, servers.PARTIAL),
    'closed at once': (52, servers.close_at_once),
    'reset in the body': (56, servers.RESET_IN_BODY),
    'bytes one at a time': (0, in_single_bytes(OK + b'Content-Length: 5\r\n\r\nhello')),
    'body over the cap': (63, servers.saying(OK + b'Content-Length: 70001\r\n\r\n' + FILLER)),
    'body over the cap, in chunks': (63, servers.saying(CHUNKED + b'11171\r\n' + FILLER)),
    'body over the cap, until close': (63, servers.saying(OK + b'\r\n' + FILLER)),
    '1xx first': (0, servers.saying(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n'
                                    + OK + b'Content-Length: 2\r\n\r\nhi')),
    'redirect to itself': (0, servers.saying(b'HTTP/1.1 302 Found\r\nLocation: /\r\n'
                                             b'Content-Length: 0\r\n\r\n')),
    'fine': (0, servers.CHUNKED),
}


def test_every_answer_ends_with_its_status(wire):
    handlers = iter([handler for _, handler in ANSWERS.values()])
    with servers.serving(lambda conn, peer: next(handlers)(conn, peer), wire.namespace,
                         HOST) as port:
        words = [wire.ip, wire.url(port=port), f'count={len(ANSWERS)}', 'interval=0',
                 'max-body=70000']
        with Run(wire, words) as run:
            log = run.end(1)  # the first's
    said = dict(zip(ANSWERS, [t['exitcode'] for t in log.all('transfer')]))
    assert said == {name: status for name, (status, _) in ANSWERS.items()}
    assert len(log.all('transfer')) == len(ANSWERS)
    assert log.first('panic') is None
    assert next(handlers, None) is None  # one request each: the redirect was not followed


# Of tests/lib/http_answers.def, which has the statuses.
CHOSEN = (
    '404 without end', '404 short', '404 in chunks', '500 with a bad chunk', '302', '302 short',
    '302 reset in the body', '302 of an unknown coding', '302 without length, silent',
    '302 with a length, silent', '302 with a bad chunk', 'fold', 'parenthesis in a name',
    'blank before the colon', 'Content-Length, blank before the colon', 'fold of Transfer-Encoding',
    'code of letters', '100 and no HTTP', 'chunked, identity', 'closed in a field', 'reset at once',
    'header line of 102,400 bytes', 'header of 307,200 bytes', 'header of 307,201 bytes', 'a page')


def test_answers_that_curl_knows_too(wire):
    """Each ends with its status, and those of redirects where they lead."""
    answers = {a.name: a for a in http_answers.read()}
    rounds = http_answers.one_after_the_other([answers[name] for name in CHOSEN])
    with servers.serving(rounds, wire.namespace, HOST) as port:
        words = [wire.ip, wire.url(port=port), f'count={len(CHOSEN)}', 'interval=0', 'follow=3']
        with Run(wire, words) as run:
            log = run.end(answers[CHOSEN[0]].ours)
    last = {t['probe']: t['exitcode'] for t in log.all('transfer')}
    assert {name: last[i + 1] for i, name in enumerate(CHOSEN)} == {
        name: answers[name].ours for name in CHOSEN}
    redirects = [name for name in CHOSEN if name.startswith('302')]
    assert [t['http_code'] for t in log.all('transfer') if t['num_redirects']] == [200] * len(redirects)
    assert len(log.all('http.body_left')) >= 8
