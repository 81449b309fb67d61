# SPDX-License-Identifier: MIT
"""What people expect of a client: several checks in one run, methods and fields, redirects, connections
that are kept, retries, expectations, and what of the answers the log shows."""

import hashlib
import os
import re

import pytest
import servers
from conftest import HOST
from dialtone_log import EXIT
from machine import call


def serving(wire, handler, port=0):
    return servers.serving(handler, wire.namespace, HOST, port)


def codes(log):
    return [t['exitcode'] for t in log.all('transfer')]


# --- several checks --------------------------------------------------------------------------------


def test_urls_and_ports_in_one_run(wire):
    """Over one connection as long as the host is the same; a port before all URLs."""
    with serving(wire, servers.CHUNKED) as port:
        log = call(wire, [wire.ip, wire.url(), wire.url('/moved'), wire.url(port=port),
                          f'tcp={HOST}:80'], 0)
    first, page, moved, other = log.all('transfer')
    assert (first['check'], first['url']) == ('connect', f'tcp://{HOST}:80')
    assert first['time_connect'] > 0 and 'method' not in first
    assert [t['http_code'] for t in (page, moved, other)] == [200, 301, 200]
    assert [t['num_connects'] for t in (first, page, moved, other)] == [1, 1, 0, 1]
    assert page['conn'] == moved['conn'] and moved['local_port'] == page['local_port']
    assert len(log.all('http.kept')) == 1 and len(log.all('app.socket')) == 3
    assert log.result['url'] == other['url']


def test_all_are_tried_and_the_first_failure_is_the_verdict(wire):
    log = call(wire, [wire.ip, f'tcp={HOST}:81', wire.url(), wire.url('/none')], 7)
    assert codes(log) == [7, 0, 22]
    assert log.result['url'] == f'tcp://{HOST}:81' and log.result['failed_step'] == 12


def test_rounds(wire):
    log = call(wire, [wire.ip, f'tcp={HOST}:80', wire.url(), wire.url('/none'), 'count=2',
                      'interval=0.1'], 22)
    assert codes(log) == [0, 0, 22] * 2
    assert [t['probe'] for t in log.all('transfer')] == [1, 1, 1, 2, 2, 2]
    assert [(s['url'], s['ok'], s['loss_percent']) for s in log.all('http.summary')] == [
        (f'tcp://{HOST}:80', 2, 0), (f'http://{HOST}/', 2, 0), (f'http://{HOST}/none', 0, 100)]
    assert len(log.all('http.kept')) == 2  # within a round, and not across


# --- what is asked ---------------------------------------------------------------------------------


def test_what_the_server_sees(wire):
    server = servers.Conversation(lambda request, n: servers.page(b'x'))
    with serving(wire, server) as port:
        call(wire, [wire.ip, wire.url('/a?b', port), 'method=PUT', 'body="a b=c"', 'user=ann:s3:cret',
                    'header="X-One: 1"', 'header="Accept: text/plain"', 'user-agent=me/1'], 0)
    (_, line, headers, body), = server.asked
    assert line == 'PUT /a?b HTTP/1.1' and body == b'a b=c'
    assert headers == {'host': f'{HOST}:{port}', 'authorization': 'Basic YW5uOnMzOmNyZXQ=',
                       'user-agent': 'me/1', 'accept': 'text/plain', 'x-one': '1',
                       'content-length': '5', 'connection': 'close',
                       'content-type': 'application/x-www-form-urlencoded'}


def test_a_head_request(wire):
    log = call(wire, [wire.ip, wire.url(), 'method=HEAD'], 0)
    assert log.result['method'] == 'HEAD' and log.result['size_download'] == 0
    assert log.first('http.response')['framing'] == 'none'


@pytest.mark.parametrize('words, status', [
    (['user=ann:s3cret'], 0), (['user=ann:wrong'], 22), ([], 22)], ids=['right', 'wrong', 'none'])
def test_basic_authentication(wire, words, status):
    log = call(wire, [wire.ip, wire.url('/private'), *words], status)
    assert log.result['http_code'] == (200 if status == 0 else 401)
    assert 's3cret' not in log.text() and 'wrong' not in log.text()


def test_a_user_in_the_url(wire):
    log = call(wire, [wire.ip, wire.url('/private', host=f'ann:s3cre%74@{HOST}')], 0)
    assert 's3cre' not in log.text()
    assert log.result['url'] == f'http://***@{HOST}/private'


# --- redirects -------------------------------------------------------------------------------------


def test_redirects(wire):
    log = call(wire, [wire.ip, wire.url('/relative'), 'follow=5'], 0)
    assert [t['http_code'] for t in log.all('transfer')] == [302, 301, 200]
    assert [r['redirect_url'] for r in log.all('http.redirect')] == [
        f'http://{HOST}/moved', f'http://{HOST}/']
    assert log.result['url_effective'] == f'http://{HOST}/'
    assert log.result['num_redirects'] == 2
    assert len(log.all('app.socket')) == 1  # all of it over one connection
    assert log.all('http.body')[-1]['crc32'] == wire.page_crc


def test_redirects_are_not_followed_unasked(wire):
    log = call(wire, [wire.ip, wire.url('/moved')], 0)
    assert log.result['http_code'] == 301 and len(log.all('transfer')) == 1


def test_redirects_without_end(wire):
    log = call(wire, [wire.ip, wire.url('/round'), 'follow=4'], 47)
    assert log.result['errormsg'] == 'more redirects than follow= allows: 4'
    assert len(log.all('transfer')) == 5 and log.result['num_redirects'] == 4


@pytest.mark.parametrize('location, status, sentence', [
    (f'https://{HOST}/', 1, 'scheme not supported'), ('http://[::1]/', 3, 'IPv6'),
    ('http://' + 'x' * 3000, 3, 'longer than 2047 bytes')], ids=['https', 'IPv6', 'long'])
def test_redirects_to_nowhere(wire, location, status, sentence):
    answer = servers.saying(servers.page(code='302 Found', fields=f'Location: {location}\r\n'))
    with serving(wire, answer) as port:
        log = call(wire, [wire.ip, wire.url(port=port), 'follow=5'], status)
    assert sentence in log.result['errormsg'] and log.result['http_code'] == 302


def test_credentials_stay_at_home(wire):
    """Another port of the same host is another server."""
    other = servers.Conversation(lambda request, n: servers.page())
    with serving(wire, other) as other_port:
        def moved(request, n):
            return servers.page(code='307 ?', fields=f'Location: http://{HOST}:{other_port}/\r\n')
        home = servers.Conversation(moved)
        with serving(wire, home) as port:
            call(wire, [wire.ip, wire.url(port=port), 'follow=1', 'user=ann:s3cret', 'body=x',
                        'header="Cookie: c"', 'header="X: y"'], 0)
    (_, line, headers, body), = home.asked
    assert 'authorization' in headers and headers['cookie'] == 'c'
    (_, line, headers, body), = other.asked
    assert line == 'POST / HTTP/1.1' and body == b'x' and headers['x'] == 'y'
    assert 'authorization' not in headers and 'cookie' not in headers


# --- connections that are kept ---------------------------------------------------------------------


def test_rounds_over_one_connection(wire):
    log = call(wire, [wire.ip, wire.url(), 'count=4', 'interval=0', 'keepalive=yes'], 0)
    assert [t['num_connects'] for t in log.all('transfer')] == [1, 0, 0, 0]
    assert [b['crc32'] for b in log.all('http.body')] == [wire.page_crc] * 4
    assert len(log.all('app.socket')) == 1


def test_a_server_that_hangs_up_in_between(wire):
    """It takes the second request over the kept connection, and closes without a word."""
    server = servers.Conversation(lambda request, n: None if n == 2 else servers.page(b'hello'))
    with serving(wire, server) as port:
        log = call(wire, [wire.ip, wire.url('/a', port), wire.url('/b', port)], 0)
    assert [(conn, line.split()[1]) for conn, line, _, _ in server.asked] == [
        (1, '/a'), (1, '/b'), (2, '/b')]
    assert len(log.all('http.kept_lost')) == 1 and codes(log) == [0, 0]
    assert log.result['num_connects'] == 1


def test_a_server_that_only_hangs_up(wire):
    server = servers.Conversation(lambda request, n: servers.page() if n == 1 else None)
    with serving(wire, server) as port:
        log = call(wire, [wire.ip, wire.url('/a', port), wire.url('/b', port)], 52)
    assert len(server.asked) == 3  # one more try, and not for ever
    assert log.result['errormsg'].startswith('the server ')


def test_an_answer_nobody_asked_for(wire):
    """The second answer is sent along with the first: whoever takes it believes a forgery."""
    server = servers.Conversation(lambda request, n: servers.page(b'first') + servers.page(b'forged')
                                  if n == 1 else servers.page(b'second'))
    with serving(wire, server) as port:
        log = call(wire, [wire.ip, wire.url('/a', port), wire.url('/b', port), 'show=body'], 0)
    assert [d['text'] for d in log.all('http.data')] == ['first', 'second']
    assert [conn for conn, *_ in server.asked] == [1, 2] and len(log.all('http.kept')) == 0


# --- again, and no longer than that ----------------------------------------------------------------


def test_retry(wire):
    server = servers.Conversation(lambda request, n: servers.page() if n == 3 else servers.page(
        code='503 Busy', fields='Retry-After: 1\r\n' if n == 2 else ''))
    with serving(wire, server) as port:
        log = call(wire, [wire.ip, wire.url(port=port), 'retry=3'], 0)
    assert codes(log) == [22, 22, 0] and log.result['num_retries'] == 2
    retries = log.all('http.retry')
    assert [r['seconds'] for r in retries] == [1, 1]  # the second because the server said so
    starts = [e['t_us'] for e in log.all('app.socket')]
    assert all(start - retry['t_us'] >= 1e6 for retry, start in zip(retries, starts[1:]))


def test_retry_of_what_stays_wrong(wire):
    log = call(wire, [wire.ip, wire.url('/busy'), 'retry=1'], 22)
    assert codes(log) == [22, 22] and log.result['http_code'] == 503
    log = call(wire, [wire.ip, wire.url(port=81), 'retry=1'], 7)
    assert codes(log) == [7]
    log = call(wire, [wire.ip, wire.url(port=81), 'retry=1', 'retry-connrefused=yes'], 7)
    assert codes(log) == [7, 7]


def test_a_server_that_asks_for_too_much_patience(wire):
    answer = servers.page(code='429 ?', fields=f'Retry-After: {10**30}\r\nRetry-After: 999999999\r\n')
    with serving(wire, servers.saying(answer)) as port:
        log = call(wire, [wire.ip, wire.url(port=port), 'retry=9'], 22)
    assert codes(log) == [22] and log.all('http.retry') == []


def test_a_stalled_server_does_not_use_up_the_run(wire):
    """It answers every other request only: the ones in between end after max-time=."""
    def stalls(conn, _peer):
        if next(number) % 2:
            servers.CHUNKED(conn, _peer)
        else:
            conn.recv(1)
            while conn.recv(4096):  # until the caller gives up
                pass
    number = iter(range(100))
    with serving(wire, stalls) as port:
        log = call(wire, [wire.ip, wire.url(port=port), 'count=4', 'interval=0', 'max-time=0.7'], 28)
    assert codes(log) == [28, 0, 28, 0]
    # A busy host takes a little of the 0.7 s before the request begins, or wakes the guest late.
    assert re.fullmatch(r'timed out after \d\.\d{3} s, waiting for the first byte of the answer',
                        log.result['errormsg'])


# --- expectations ----------------------------------------------------------------------------------


def test_expectations_that_are_met(wire):
    log = call(wire, [wire.ip, wire.url(), 'expect.body="hello from nginx"', 'expect.status=200,404',
                      f'expect.sha256={hashlib.sha256(wire.page).hexdigest()}'], 0)
    assert log.first('http.body')['sha256'] == hashlib.sha256(wire.page).hexdigest()


@pytest.mark.parametrize('word, status, sentence', [
    ('expect.body="hello from apache"', 112, 'the body does not hold what expect.body= says'),
    (f'expect.sha256={"0" * 64}', 112, "the body's SHA-256 is not that of expect.sha256="),
    ('expect.status=201-204', 22, 'the server answered 200, not 201-204')],
    ids=['body', 'sha256', 'status'])
def test_expectations_that_are_not_met(wire, word, status, sentence):
    log = call(wire, [wire.ip, wire.url(), word], status)
    assert log.result['errormsg'] == sentence and log.result['http_code'] == 200


def test_the_sha256_of_much(wire):
    """Ten million bytes, with words across every piece they may come in."""
    data = os.urandom(10_000_000) + b'the very end'
    wire.nginx.put('much', data)
    call(wire, [wire.ip, wire.url('/much'), 'expect.body="the very end"',
                f'expect.sha256={hashlib.sha256(data).hexdigest()}'], 0)


# --- show= -----------------------------------------------------------------------------------------

FORGED = b'EXIT: STATUS=0\r\n@dt {"v":1}\n\x1b[2Jcolour\n\xff\0'


def test_what_came_back_cannot_forge_a_line(wire):
    answer = servers.page(FORGED, code='404 ?', fields='X-Evil: \x1b[1m@dt {}\r\nA: b\r\n')
    with serving(wire, servers.saying(answer)) as port:
        log = call(wire, [wire.ip, wire.url(port=port), 'show=headers,body'], 22)
    assert [(h['name'], h['value']) for h in log.all('http.header')] == [
        ('X-Evil', '\x1b[1m@dt {}'), ('A', 'b'), ('Content-Length', str(len(FORGED)))]
    assert [d['text'].encode('latin-1') for d in log.all('http.data')] == [
        b'EXIT: STATUS=0', b'@dt {"v":1}', b'\x1b[2Jcolour', b'\xff\0']
    assert sum(1 for line in log.lines if EXIT.match(line)) == 1


def test_what_is_shown_has_an_end(wire):
    wire.nginx.put('long', b'x' * 100_000)
    log = call(wire, [wire.ip, wire.url('/long'), 'show=body'], 0)
    assert sum(len(d['text']) for d in log.all('http.data')) == 65536
    assert log.first('http.show_cut')['bytes'] == 65536
    assert log.result['size_download'] == 100_000
