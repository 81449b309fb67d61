# SPDX-License-Identifier: MIT
"""A little web server: one page, that says who called and how.

Enough HTTP/1.1 for the callers it is for (a request without a body, one answer, then closed);
serve() takes any other handler of a connection, which is how the tests misbehave.
"""

import html
import http
import socket
import threading
import time

REQUEST_MAX = 16384
PATIENCE_S = 30

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>dialtone</title></head>
<body>
<h1>You are through.</h1>
<p>Somebody without an operating system picked up a telephone, and this is the other end.</p>
<dl>
<dt>The caller</dt><dd>{caller}</dd>
<dt>came from</dt><dd>{address}, port {port}</dd>
<dt>and asked</dt><dd>{request}</dd>
<dt>at the host</dt><dd>{host}</dd>
<dt>on</dt><dd>{date}</dd>
</dl>
<p>Thank you for calling. The line is closed now.</p>
</body>
</html>
"""


def read_request(conn):
    """(request line, {header: value}) as text; None where no whole request came."""
    data = b''
    while b'\r\n\r\n' not in data:
        piece = conn.recv(4096)
        data += piece
        if not piece or len(data) > REQUEST_MAX:
            return None
    lines = data.split(b'\r\n\r\n', 1)[0].decode('latin-1').split('\r\n')
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(':')
        headers[name.strip().lower()] = value.strip()
    return lines[0], headers


def response(code, body, content_type='text/html; charset=utf-8', with_body=True):
    head = (f'HTTP/1.1 {code} {http.HTTPStatus(code).phrase}\r\n'
            f'Date: {time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())}\r\n'
            f'Server: dialtone-tools\r\nContent-Type: {content_type}\r\n'
            f'Content-Length: {len(body)}\r\nConnection: close\r\n\r\n')
    return head.encode('latin-1') + (body if with_body else b'')


def answer(request, peer):
    """The bytes that answer a request (or what read_request() gave instead of one)."""
    if request is None:
        return response(400, b'That was no request.\n', 'text/plain')
    line, headers = request
    words = line.split(' ')
    if len(words) != 3 or not words[2].startswith('HTTP/1.'):
        return response(400, b'That was no request.\n', 'text/plain')
    if words[0] not in ('GET', 'HEAD'):
        return response(405, b'Only GET and HEAD are answered here.\n', 'text/plain')
    if words[1].split('?')[0] not in ('/', '/index.html'):
        return response(404, b'There is one page here, and it is /.\n', 'text/plain',
                        words[0] == 'GET')
    page = PAGE.format(caller=html.escape(headers.get('user-agent', 'who did not say its name')),
                       address=peer[0], port=peer[1], request=html.escape(line),
                       host=html.escape(headers.get('host', 'that it did not name')),
                       date=time.strftime('%Y-%m-%d at %H:%M:%S UTC', time.gmtime()))
    return response(200, page.encode(), with_body=words[0] == 'GET')


def page_handler(conn, peer):
    conn.sendall(answer(read_request(conn), peer))
    conn.shutdown(socket.SHUT_WR)
    while conn.recv(4096):  # until the caller has closed, so that nothing is cut off
        pass


class Server:
    """Accepts on a listening socket and runs handler(conn, peer) on a thread for each caller."""

    def __init__(self, listener, handler=page_handler):
        self.listener = listener
        self.handler = handler
        self.port = listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                conn, peer = self.listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(conn, peer), daemon=True).start()

    def _serve(self, conn, peer):
        with conn:
            conn.settimeout(PATIENCE_S)
            try:
                self.handler(conn, peer)
            except OSError:
                pass  # the caller went away

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass
        self.listener.close()
        self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def listen(address, port=0):
    """A listening socket; call it inside a namespace to listen there."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(64)
    except BaseException:
        sock.close()
        raise
    return sock
