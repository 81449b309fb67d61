# SPDX-License-Identifier: MIT
"""The guest's configuration: words `key=value`, as one line (PVH, -append) or as the text of
\\dialtone.conf (UEFI).  The runner judges none of them; the guest does.
"""

import re

from .errors import RunnerError


def split_words(text):
    """The words of a line of configuration; blanks inside double quotes do not separate."""
    return re.findall(r'(?:[^\s"]|"[^"]*"?)+', text)


def quote(word):
    """The word as it must stand in either form."""
    key, equals, value = word.partition('=')
    if '"' in value or not re.search(r'[\s#]', value):
        return word
    return f'{key}{equals}"{value}"'


def as_line(words):
    return ' '.join(quote(w) for w in words)


def as_file(words):
    return ''.join(quote(w) + '\n' for w in words)


def value_of(words, key):
    """The last value given for a key, without its quotes; None where there is none."""
    found = None
    for word in words:
        name, equals, value = word.partition('=')
        if equals and name == key:
            found = value.strip('"')
    return found


def seconds_of(words, key, fallback):
    """The guest's own idea of a time; what it will refuse anyway counts as the fallback."""
    value = value_of(words, key)
    try:
        seconds = float(value) if value is not None else fallback
    except ValueError:
        return fallback
    return seconds if 0 <= seconds < 1e6 else fallback


def merge(ours, extra):
    """Our words, but for keys that the extra words set themselves, and then the extra ones."""
    extra_keys = {w.partition('=')[0] for w in extra}
    return [w for w in ours if w.partition('=')[0] not in extra_keys] + list(extra)


def check_seconds(name, text):
    """A number of seconds that a person typed; RunnerError where it is none."""
    if not re.fullmatch(r'\d+(\.\d*)?|\.\d+', text):
        raise RunnerError(f'{name} takes seconds, such as 10 or 0.5, not "{text}"')
    return float(text)
