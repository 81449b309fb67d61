# SPDX-License-Identifier: MIT
"""Sentences with an event's values in them, and what makes values harmless.

A template is written as in log/events.def: {key} is the value, {key:us} a time given in
microseconds, and [ ... ] is there only where every {key} in it is; {?key} prints nothing and asks
for more: present and neither false, 0 nor empty.  Whatever comes out is printable ASCII, whatever
a server has said: all other characters are written as \\xNN, so nothing can end a line, turn its
direction or be markup that a renderer does not know of.
"""

import re

import dialtone_log

LONGEST = 120  # characters of one value

_KEY = re.compile(r'\{(\??)([a-z_0-9]+)(?::([a-z]+))?\}')
_GROUP = re.compile(r'\[([^\[\]]*)\]')


def printable(value, longest=LONGEST):
    """A value as printable ASCII, cut where it is very long."""
    if value is True:
        return 'yes'
    text = str(value)
    out = dialtone_log.printable(text[:longest])
    return out if len(text) <= longest else out + '...'


def duration(us):
    """Microseconds for people: 117 us, 3.82 ms, 1.00 s."""
    if us < 1000:
        return f'{us:.0f} us'
    if us < 100000:
        return f'{us / 1000:.2f} ms'
    return f'{us / 1000000:.2f} s'


def count(number, what):
    """1 segment, 2 segments."""
    return f'{number} {what}' + ('' if number == 1 else 's')


def _value(event, key, form):
    value = event[key]
    if form == 'us' and isinstance(value, (int, float)):
        return duration(value)
    return printable(value)


def _known(event, question, key):
    return bool(event.get(key)) if question else key in event and event[key] is not False


def fill(template, event):
    """The template with the event's values."""
    def put(match):
        question, key, form = match.groups()
        if question:
            return ''
        return _value(event, key, form) if key in event else '?'

    def group(match):
        keys = _KEY.findall(match.group(1))
        return match.group(1) if all(_known(event, q, k) for q, k, _ in keys) else ''

    return _KEY.sub(put, _GROUP.sub(group, template))
