# SPDX-License-Identifier: MIT
"""A headless Chromium to look at our own pages with: opens a file, asks it things, takes pictures.

It is spoken to over two pipes (--remote-debugging-pipe: the DevTools protocol, one JSON message
after the other, NUL between them), so no port is opened, and it is told to leave the network alone.
Every wait has a deadline; it dies with whoever started it.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-extensions', '--disable-dev-shm-usage', '--hide-scrollbars', '--mute-audio',
         '--remote-debugging-pipe')
# Becomes a program whose descriptors 3 and 4 are these two.
AS_3_AND_4 = """import fcntl, os, sys
ours = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]]
for fd, number in zip(ours, (3, 4)):
    os.dup2(fd, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
DEADLINE_S = 60  # of one answer, on a busy host


class BrowserError(Exception):
    pass


class Browser:
    """with Browser() as browser: browser.open('/tmp/x.html', 1200, 900); browser.ask('1 + 1')"""

    def __init__(self):
        program = shutil.which('chromium') or shutil.which('chromium-browser')
        if not program:
            raise BrowserError('chromium is not installed; type: sudo apt-get install chromium')
        self.profile = tempfile.mkdtemp(prefix='dialtone-chromium-')
        self.events = []     # what the page has told by itself, in order
        self.number = 0
        self.rest = b''
        self.session = None
        theirs_in, self.to = os.pipe()
        self.source, theirs_out = os.pipe()
        self.process = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', '--', sys.executable, '-c', AS_3_AND_4,
             str(theirs_in), str(theirs_out), program, *FLAGS,
             f'--user-data-dir={self.profile}', 'about:blank'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(theirs_in, theirs_out), start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)

    # --- the protocol

    def call(self, method, **params):
        """One command, and its result."""
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if self.session and not method.startswith('Target.'):
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        answer = self._until(lambda m: m.get('id') == self.number, method)
        if 'error' in answer:
            raise BrowserError(f'{method}: {answer["error"]}')
        return answer['result']

    def _until(self, wanted, what):
        deadline = time.monotonic() + DEADLINE_S
        while True:
            while b'\0' in self.rest:
                text, self.rest = self.rest.split(b'\0', 1)
                message = json.loads(text)
                if 'id' not in message:
                    self.events.append(message)
                if wanted(message):
                    return message
            ready, _, _ = select.select([self.source], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self.source, 1 << 20) if ready else b''
            if not data:
                raise BrowserError(f'{what}: ' + ('it has ended' if ready else 'no answer'))
            self.rest += data

    # --- what it is for

    def open(self, path, width, height, scale=1, dark=False, media=''):
        """Loads a file in a window of that size, after everything before it has been forgotten."""
        if not self.session:
            target = self.call('Target.createTarget', url='about:blank')['targetId']
            self.session = self.call('Target.attachToTarget', targetId=target,
                                     flatten=True)['sessionId']
            for domain in ('Page', 'Runtime', 'Log', 'Network'):
                self.call(f'{domain}.enable')
        self.size(width, height, scale)
        self.call('Emulation.setEmulatedMedia', media=media, features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.events = []
        self.call('Page.navigate', url='file://' + os.path.abspath(path))
        if not self.told('Page.loadEventFired'):
            self._until(lambda m: m.get('method') == 'Page.loadEventFired', 'load')

    def size(self, width, height, scale=1):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=scale, mobile=False)

    def ask(self, expression):
        """The value of an expression in the page."""
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        if 'exceptionDetails' in result:
            raise BrowserError(f'{expression}: {result["exceptionDetails"]}')
        return result['result'].get('value')

    def key(self, name):
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=name, code=name,
                      windowsVirtualKeyCode={'Tab': 9, 'Escape': 27, 'ArrowDown': 40}.get(name, 0))

    def told(self, method):
        """The parameters of every event of that name since the page was opened."""
        return [m['params'] for m in self.events if m.get('method') == method]

    def screenshot(self, path, width, height, scale=1):
        """A PNG of the page's upper left corner."""
        self.size(width, height, scale)
        data = self.call('Page.captureScreenshot', format='png', captureBeyondViewport=True,
                         clip={'x': 0, 'y': 0, 'width': width, 'height': height, 'scale': 1})['data']
        with open(path, 'wb') as f:
            f.write(base64.b64decode(data))

    def pdf_pages(self):
        """How many pages a printer would need."""
        data = base64.b64decode(self.call('Page.printToPDF', preferCSSPageSize=True)['data'])
        return data.count(b'/Type /Page\n') + data.count(b'/Type /Page ')

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # a session of its own, with its children
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to)
        os.close(self.source)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
