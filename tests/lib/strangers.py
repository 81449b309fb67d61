#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Patient strangers for a web server: very many connections of one address that are in no hurry.  Who
is thrown out comes again.

    strangers.py KIND NUMBER FROM TO        (addresses; port 80)

Prints `there` once each of them has been connected, and goes on until its standard input ends; then
how often they had to come again."""

import selectors
import socket
import sys
import time

GET = b'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'
AGAIN_S, BYTE_S = 2, 1

# kind: what it says first, a byte of what it says then, how much it reads at a time (None: all,
# 0: nothing)
KINDS = {
    'idle': (b'', b'', None),
    'half a request': (b'GET / HTTP/1.1\r\nHo', b'', None),
    'drip': (b'GET / HTTP/1.1\r\n', b'x', None),
    'empty lines': (b'\r\n', b'\n', None),
    'body drip': (b'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n', b'x', None),
    'pipelined and unread': (GET * 100, b'', 0),
    'byte-wise reader': (GET, b'', 1),
}


class Stranger:
    def __init__(self, flood):
        self.flood, self.sock, self.next_s, self.left = flood, None, 0, b''

    def come(self):
        self.sock = socket.socket()
        self.sock.setblocking(False)
        if self.flood.reads is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.sock.bind((self.flood.source, 0))
        self.sock.connect_ex((self.flood.server, 80))
        self.left = self.flood.first
        self.flood.watch(self, True)

    def go(self):
        self.flood.forget(self)
        self.sock.close()
        self.sock = None
        self.next_s = time.monotonic() + AGAIN_S
        self.flood.again += 1

    def ready(self, mask):
        try:
            if mask & selectors.EVENT_WRITE:
                self.flood.connected.add(self)
                self.left = self.left[self.sock.send(self.left):] if self.left else b''
                if not self.left or self.flood.reads == 0:
                    self.flood.watch(self, False)
            if mask & selectors.EVENT_READ and self.flood.reads is None:
                if not self.sock.recv(65536):
                    self.go()
        except BlockingIOError:
            pass
        except OSError:
            self.go()

    def tick(self, now):
        if now < self.next_s:
            return
        self.next_s = now + BYTE_S
        if self.sock is None:
            self.come()
            return
        try:
            if self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError
            if self.flood.then and not self.left:
                self.sock.send(self.flood.then)
            if self.flood.reads == 0 and self.left:
                self.left = self.left[self.sock.send(self.left):]
            if self.flood.reads == 1 and not self.sock.recv(1):
                self.go()
        except BlockingIOError:
            pass
        except OSError:
            self.go()


class Flood:
    def __init__(self, kind, source, server):
        self.first, self.then, self.reads = KINDS[kind]
        self.source, self.server, self.again = source, server, 0
        self.selector = selectors.DefaultSelector()
        self.connected = set()

    def forget(self, stranger):
        if stranger.sock in self.selector.get_map():
            self.selector.unregister(stranger.sock)

    def watch(self, stranger, writes):
        mask = selectors.EVENT_READ if self.reads is None else 0
        mask |= selectors.EVENT_WRITE if writes else 0
        self.forget(stranger)
        if mask:
            self.selector.register(stranger.sock, mask, stranger)

    def run(self, number):
        strangers = [Stranger(self) for _ in range(number)]
        for i, stranger in enumerate(strangers):
            stranger.next_s = time.monotonic() + BYTE_S * i / number
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        told = False
        while True:
            for key, mask in self.selector.select(0.02):
                if key.data is None:
                    return
                if key.data.sock is not None:
                    key.data.ready(mask)
            now = time.monotonic()
            for stranger in strangers:
                stranger.tick(now)
            if len(self.connected) == number and not told:
                print('there', flush=True)
                told = True


def main():
    kind, number, source, server = sys.argv[1:]
    flood = Flood(kind, source, server)
    flood.run(int(number))
    print(f'came again {flood.again} times', flush=True)


if __name__ == '__main__':
    main()
