# SPDX-License-Identifier: MIT
"""QEMU's own control socket (QMP), as far as the tests turn knobs on a running machine."""

import json
import socket
import time


def args(path):
    """What the machine is started with to listen there."""
    return ('-chardev', f'socket,id=qmp0,path={path},server=on,wait=off', '-mon',
            'chardev=qmp0,mode=control')


class Qmp:
    def __init__(self, path, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            self.sock = socket.socket(socket.AF_UNIX)
            try:
                self.sock.connect(path)
                break
            except OSError:
                self.sock.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        self.sock.settimeout(seconds)
        self.file = self.sock.makefile('r', encoding='utf-8')
        json.loads(self.file.readline())
        self('qmp_capabilities')

    def __call__(self, command, **arguments):
        """Runs a command; what it returned."""
        message = {'execute': command, 'arguments': arguments}
        self.sock.sendall(json.dumps(message).encode() + b'\n')
        while True:
            reply = json.loads(self.file.readline())
            if 'error' in reply:
                raise AssertionError(f'{command}: {reply["error"]["desc"]}')
            if 'return' in reply:
                return reply['return']

    def event(self, name):
        """Waits for an event of QEMU's; its data."""
        while True:
            message = json.loads(self.file.readline())
            if message.get('event') == name:
                return message.get('data', {})

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
