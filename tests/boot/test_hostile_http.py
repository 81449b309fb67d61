# SPDX-License-Identifier: MIT
"""What a server may send back (docs/hostile-inputs.md, HTTP): every answer of the list in one run,
each ends with its status, and the last GET of the run goes through."""

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
    'headers without end': (100, servers.saying(OK + b'A: b\r\n' * 20000)),
    'header over the cap': (100, servers.ENDLESS_HEADER),
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
