# SPDX-License-Identifier: MIT
"""Every row of the exit table (docs/log.md): a real or a hostile server provokes it, and the number is
told with its sentence.  A row that is missing here fails a test, too."""

import os
import re

import pytest
import servers
from conftest import HOST, ROOT
from machine import app_kernel, call

OK = b'HTTP/1.1 200 OK\r\n'

# What nobody outside the machine can bring about: the tests that look at it.
ELSEWHERE = {
    0: 'boot/test_success.py',
    27: 'boot/test_failures.py',    # a machine that is smaller than the kernel
    113: 'boot/test_entropy.py',     # a machine whose time is computed
    55: 'unit/test_http_client.c',  # a peer can be silent (28) or reset (52): the rest is our stack's
}

# (status, configuration beside ip=, {port} for the server's; what the server does; the sentence)
ROWS = [
    (1, 'url=gopher://192.168.77.1/', None, r'scheme not supported: this build speaks http only'),
    (1, 'url=http://192.168.77.1:{port}/', servers.NOT_HTTP, r'the answer is not HTTP'),
    (2, 'url=http://192.168.77.1/ count=0', None, r'bad configuration, see the lines above'),
    (3, 'url=http://192.168.77.1:99999/', None, r'the port is not 1 to 65535'),
    (6, 'url=http://example.org/', None, r'example\.org: there is no name server to ask'),
    # 7, refused: test_failures.py, which looks closer
    (7, 'url=http://192.168.77.99/', None, r'no ARP answer from the next hop'),
    (8, 'url=http://192.168.77.1:{port}/', servers.TWO_LENGTHS, r'two different Content-Lengths'),
    (18, 'url=http://192.168.77.1:{port}/', servers.PARTIAL,
     r'the body is shorter than its Content-Length \(9 of 1000 bytes\)'),
    (22, 'url=http://192.168.77.1/none', None, r'the server answered 404, not 200 to 399'),
    (28, 'url=http://198.51.100.1/ connect-timeout=0.5', None,
     r"timed out after \d+\.\d{3} s, waiting for the server's SYN-ACK"),
    (28, 'url=http://192.168.77.1:{port}/ timeout=1.5',
     servers.saying(OK + b'Content-Length: 9\r\n\r\nhello', lambda conn: conn.recv(1)),
     r'timed out after \d+\.\d{3} s, waiting for the rest of the body \(5 of 9 bytes\)'),
    (47, 'url=http://192.168.77.1/round follow=1', None, r'more redirects than follow= allows: 1'),
    (52, 'url=http://192.168.77.1:{port}/', servers.close_at_once,
     r'the server closed without an answer'),
    (56, 'url=http://192.168.77.1:{port}/', servers.RESET_IN_BODY,
     r'the server reset the connection \(9 of 1000 bytes\)'),
    (56, 'url=http://192.168.77.1:{port}/',
     servers.saying(OK + b'Transfer-Encoding: chunked\r\n\r\nxyz\r\n'), r"a chunk's size is nonsense"),
    (61, 'url=http://192.168.77.1:{port}/', servers.UNKNOWN_CODING, r'unknown transfer coding'),
    (63, 'url=http://192.168.77.1/ max-body=9', None, r'the body is larger than max-body= allows'),
    (100, 'url=http://192.168.77.1:{port}/', servers.ENDLESS_HEADER,
     r'a header line is longer than 102400 bytes'),
    (111, 'ip=off url=http://192.168.77.1/', None, r'this machine has no address: ip=off'),
    (111, 'ip=off url=http://some.name/', None, r'this machine has no address: ip=off'),
    (112, 'url=http://192.168.77.1/ expect.body=apache', None,
     r'the body does not hold what expect\.body= says'),
]


@pytest.mark.parametrize('status, words, handler, sentence', ROWS,
                         ids=[f'{r[0]} {r[3][:30]}' for r in ROWS])
def test_row(wire, status, words, handler, sentence):
    with servers.serving(handler or servers.close_at_once, wire.namespace, HOST) as port:
        log = call(wire, [wire.ip, *words.format(port=port).split()], status)
    assert re.fullmatch(sentence, log.result['errormsg']), log.result
    assert log.result['outcome'] == 'failed'


def test_no_device(no_net):
    log = call(no_net, ['ip=192.168.77.2:::/24', f'url=http://{HOST}/'], 110)
    assert log.result['errormsg'] == 'no network device that this image can drive'


def test_without_an_address_no_device_is_needed(no_net):
    log = call(no_net, ['ip=none', f'url=http://{HOST}/'], 111)
    assert log.result['errormsg'] == 'this machine has no address: ip=off'


def test_panic(no_net):
    log = call(no_net, ['ip=192.168.77.2:::/24', 'fault=divide'], 119, kernel=app_kernel('fault'))
    assert log.result['errormsg'] == 'divide error'


def test_every_row_of_the_table_is_here():
    with open(f'{ROOT}/docs/log.md', encoding='utf-8') as f:
        table = f.read().partition('## Exit status')[2].partition('### ')[0]
    told = {int(n) for n in re.findall(r'^\| (\d+) \|', table, re.M)}
    assert len(told) > 20
    assert told == {r[0] for r in ROWS} | {110, 119} | set(ELSEWHERE)
    assert all(os.path.isfile(f'{ROOT}/tests/{name}') for name in ELSEWHERE.values())
