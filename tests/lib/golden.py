# SPDX-License-Identifier: MIT
"""The machine lines of a run in QEMU as a golden (docs/testing.md): what may differ from one run, host,
QEMU or version to the next has a name in angle brackets in its place; everything else is as it was."""

import json
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, 'tests', 'golden', 'boot')

# Keys of all events, and "event key"s, whose values nobody can foresee.  Their types stay.
VARIES = {'t_us', 'version', 'xid', 'tsval', 'tsecr', 'kernel_kib', 'icmp.echo_sent id',
          'icmp.echo_reply id', 'sock.alloc bytes', 'cpu vendor', 'cpu model', 'cpu hypervisor',
          'memory total_kib', 'memory ranges', 'clock source', 'entropy source',
          'icmp.echo_reply ttl'}
VARIES_LIKE = re.compile(r'(time|speed)_\w+|\w+_(us|khz|ms)')

# Offsets in a TCP frame with an IPv4 header of 20 bytes of what is drawn, and what follows from it.
DRAWN = [(34, 38), (38, 46), (50, 52)]
TIMESTAMPS = bytes([8, 10])

# A host that stands still for a while: whatever was late was sent again, and the run is another one.
STALLS = ('tcp.retransmit', 'progress')


def _masked_frame(text):
    """Ports, numbers, checksum and timestamps are drawn."""
    frame = bytearray(bytes.fromhex(text))
    spans = list(DRAWN)
    at = frame.find(TIMESTAMPS, 54)
    if at > 0:
        spans.append((at + 2, at + 10))
    out = text
    for begin, end in spans:
        out = out[:2 * begin] + '.' * (2 * (end - begin)) + out[2 * end:]
    return out


class Normal:
    """Turns the events of one run into lines; `words` are {text: name} of what this run chose.
    `version_is_sent`: the machine's answer holds its version, whose length is no fixed one."""

    def __init__(self, words, version_is_sent=False):
        self.words = dict(words)
        self.version_is_sent = version_is_sent
        self.sent_version = 0  # bytes
        self.numbers = {}      # initial sequence numbers, by the endpoint that chose them

    def line(self, event):
        self._learn(event)
        fields = [f'{json.dumps(key)}:{self._value(event, key, value)}' for key, value in event.items()]
        return '{' + ','.join(fields) + '}'

    def _learn(self, event):
        if event['ev'] == 'boot' and self.version_is_sent:
            self.sent_version = len(event['version'])
        if event['ev'] in ('tcp.syn_built', 'tcp.synack_rcvd', 'srv.recorded', 'srv.synack_built'):
            for key in ('src', 'dst'):
                port = str(event.get(key, '')).rpartition(':')[2]
                if port.isdigit() and int(port) > 1024 and port not in self.words:
                    self.words[port] = '<port>'
            if 'tcp_seq' in event and 'src' in event:
                self.numbers.setdefault(event['src'], event['tcp_seq'])

    def _number(self, value):
        """A sequence number as its distance from the initial one that is the nearest below."""
        distance = min(((value - first) % 2**32 for first in self.numbers.values()), default=2**32)
        return f'<isn+{distance}>' if distance < 2**20 else '<number>'

    def _value(self, event, key, value):
        if key in VARIES or f'{event["ev"]} {key}' in VARIES or VARIES_LIKE.fullmatch(key):
            return f'<{type(value).__name__}>'
        if event['ev'] in ('tcp.fin_sent', 'srv.summary') and key in ('tcp_seq', 'bytes'):
            value = (value - self.sent_version) % 2**32
        if key in ('tcp_seq', 'tcp_ack'):
            return self._number(value)
        if key == 'frame':
            return f'"{_masked_frame(value)}"' if event.get('src', '').startswith('10.0.2.15:') else '<frame>'
        text = json.dumps(value)
        for word, name in self.words.items():
            text = re.sub(rf'(?<![\d.]){re.escape(word)}(?!\d)', name, text)
        return text


def normal(events, words, version_is_sent=False):
    """The events of a run, a line each."""
    normal_form = Normal(words, version_is_sent)
    return ''.join(normal_form.line(event) + '\n' for event in events)


def stalled(events):
    return any(e['ev'] in STALLS or e.get('attempt', 1) > 1 for e in events)


def compare(name, text):
    """AssertionError with the first line that differs; GOLDEN_UPDATE=1 in the environment writes instead."""
    path = os.path.join(FOLDER, name + '.txt')
    if os.environ.get('GOLDEN_UPDATE'):
        with open(path, 'w', encoding='ascii') as f:
            f.write(text)
        return
    with open(path, encoding='ascii') as f:
        was = f.read().splitlines()
    now = text.splitlines()
    for i, (a, b) in enumerate(zip(was + ['(end)'], now + ['(end)']), 1):
        assert a == b, f'{path}, line {i} differs (docs/testing.md)\n  was: {a}\n  is:  {b}\n\n{text}'
    assert len(was) == len(now), f'{path}: {len(was)} lines were, {len(now)} are\n\n{text}'
