# SPDX-License-Identifier: MIT
"""The little web server, over loopback."""

import socket
import urllib.error
import urllib.request

import pytest
from runner import web


@pytest.fixture
def server():
    with web.Server(web.listen('127.0.0.1')) as s:
        yield s


def ask(server, data):
    with socket.create_connection(('127.0.0.1', server.port), timeout=5) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        got = b''
        while piece := s.recv(65536):
            got += piece
        return got


def test_the_page_says_who_called(server):
    request = urllib.request.Request(f'http://127.0.0.1:{server.port}/?q=%3C',
                                     headers={'User-Agent': 'a <b>'})
    with urllib.request.urlopen(request, timeout=5) as reply:
        page = reply.read().decode()
        assert reply.headers['Content-Length'] == str(len(page.encode()))
    assert 'a &lt;b&gt;' in page and '127.0.0.1' in page and 'GET /?q=%3C HTTP/1.1' in page


def test_head_has_no_body(server):
    reply = ask(server, b'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n')
    assert reply.startswith(b'HTTP/1.1 200 OK\r\n') and reply.endswith(b'\r\n\r\n')


@pytest.mark.parametrize('request_, code', [
    (b'GET /nothing HTTP/1.1\r\n\r\n', 404), (b'POST / HTTP/1.1\r\n\r\n', 405),
    (b'hello\r\n\r\n', 400), (b'GET / HTTP/1.1\r\n', 400), (b'x' * 20000, 400)])
def test_other_requests(server, request_, code):
    assert ask(server, request_).startswith(b'HTTP/1.1 %d ' % code)


def test_404_by_a_real_client(server):
    with pytest.raises(urllib.error.HTTPError) as e:
        urllib.request.urlopen(f'http://127.0.0.1:{server.port}/x', timeout=5)
    assert e.value.code == 404


def test_closing_frees_the_port():
    server = web.Server(web.listen('127.0.0.1'))
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(('127.0.0.1', server.port), timeout=5)


def test_another_handler():
    def echo(conn, _peer):
        conn.sendall(conn.recv(100))

    with web.Server(web.listen('127.0.0.1'), echo) as s:
        assert ask(s, b'hello') == b'hello'
