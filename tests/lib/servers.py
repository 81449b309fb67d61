# SPDX-License-Identifier: MIT
"""Servers for the machine to call: a real nginx, and ones that misbehave in one way each."""

import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import termios
import time
import zlib

from runner import web

NGINX_CONF = """
user root; daemon off; master_process off; worker_processes 1;
pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    sendfile on; tcp_nodelay on; keepalive_timeout 30;
    server {{
        listen {address}:80; root {folder}/www; default_type application/octet-stream;
        location = /moved {{ return 301 http://{address}/; }}
        location = /relative {{ absolute_redirect off; return 302 /www/../moved; }}
        location = /round {{ return 302 http://{address}/round; }}
        location = /busy {{ return 503; }}
        location = /private {{
            auth_basic here; auth_basic_user_file {folder}/users; try_files /index.html =404;
        }}
        location = /upload {{ dav_methods PUT; root {folder}/up; }}
    }}
}}
"""


class Nginx:
    """nginx in a namespace, with a folder of files to serve at `www`."""

    def __init__(self, namespace, address, folder):
        self.www = os.path.join(folder, 'www')
        os.makedirs(self.www)
        os.chmod(folder, 0o755)
        with open(os.path.join(folder, 'nginx.conf'), 'w', encoding='ascii') as f:
            f.write(NGINX_CONF.format(folder=folder, address=address))
        os.makedirs(os.path.join(folder, 'up'))
        with open(os.path.join(folder, 'users'), 'w', encoding='ascii') as f:
            f.write('ann:{PLAIN}s3cret\n')
        self.folder = folder
        self.log = open(os.path.join(folder, 'stderr'), 'wb')
        self.process = subprocess.Popen(
            [*namespace.prefix, 'setpriv', '--pdeathsig', 'KILL', '--', 'nginx', '-c',
             os.path.join(folder, 'nginx.conf'), '-e', 'stderr', '-p', folder],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            namespace.call(_wait_for_port, address, 80, self.process)
        except BaseException:
            self.close()
            raise

    def put(self, name, data):
        """A file to serve; returns its CRC-32 as the log writes it."""
        with open(os.path.join(self.www, name), 'wb') as f:
            f.write(data)
        return f'{zlib.crc32(data):08x}'

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def _wait_for_port(address, port, process, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((address, port), timeout=1).close()
            return
        except OSError as e:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f'nginx does not listen: {e}') from e
            time.sleep(0.01)


def reset(conn):
    """Ends a connection with RST instead of FIN."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    conn.close()


def close_at_once(conn, _peer):
    """Reads the request and closes without a byte."""
    web.read_request(conn)


def saying(data, then=None):
    """A handler that answers any request with these bytes, waits until they have arrived, and then
    closes, or does `then(conn)`."""
    def handler(conn, _peer):
        web.read_request(conn)
        conn.sendall(data)
        if then:
            wait_until_acked(conn)
            then(conn)
    return handler


def wait_until_acked(conn, seconds=5):
    """Until the peer's stack has taken everything (SIOCOUTQ), so that a RST cannot overtake it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        queued, = struct.unpack('i', fcntl.ioctl(conn, termios.TIOCOUTQ, b'\0' * 4))
        if queued == 0:
            return
        time.sleep(0.005)


class Conversation:
    """A handler that keeps its connections: `answers(request, number)` gives the bytes that answer the
    request with that number, from 1 over all connections; None closes instead.  Remembers what it was
    asked, as (connection, request line, {header: value}, body)."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []
        self.connections = 0

    def __call__(self, conn, _peer):
        self.connections += 1
        number = self.connections
        rest = b''
        while True:
            request, rest = self._read(conn, rest)
            if request is None:
                return
            self.asked.append((number, *request))
            answer = self.answers(request, len(self.asked))
            if answer is None:
                return
            conn.sendall(answer)

    @staticmethod
    def _read(conn, data):
        while b'\r\n\r\n' not in data:
            piece = conn.recv(4096)
            if not piece:
                return None, b''
            data += piece
        head, _, data = data.partition(b'\r\n\r\n')
        line, *fields = head.decode('latin-1').split('\r\n')
        headers = {}
        for field in fields:
            name, _, value = field.partition(':')
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get('content-length', 0))
        while len(data) < length:
            data += conn.recv(4096)
        return (line, headers, data[:length]), data[length:]


def page(body=b'', code='200 OK', fields=''):
    return (f'HTTP/1.1 {code}\r\n{fields}Content-Length: {len(body)}\r\n\r\n').encode() + body


PARTIAL = saying(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this')
TWO_LENGTHS = saying(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc')
NOT_HTTP = saying(b'220 mail.example ESMTP\r\n')
RESET_IN_BODY = saying(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this', reset)
UNKNOWN_CODING = saying(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nuryyb')
ENDLESS_HEADER = saying(b'HTTP/1.1 200 OK\r\n' + b'X: ' + b'x' * 200000)
CHUNKED = saying(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
                 b'5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n')
CLOSE_DELIMITED = saying(b'HTTP/1.0 200 OK\r\n\r\nhello world')


@contextlib.contextmanager
def serving(handler, namespace=None, address='127.0.0.1', port=0):
    """A misbehaving server on loopback, or inside a namespace; gives its port."""
    listener = (namespace.call(web.listen, address, port) if namespace
                else web.listen(address, port))
    with web.Server(listener, handler) as server:
        yield server.port


def deaf_socket():
    """A socket bound to a loopback port and not listening: whoever connects there is refused."""
    sock = socket.socket()
    sock.bind(('127.0.0.1', 0))
    return sock
