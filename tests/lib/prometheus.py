# SPDX-License-Identifier: MIT
"""Prometheus' text format, version 0.0.4, read by somebody who forgives nothing: what `promtool check
metrics` would say, and what the format's page asks for and most parsers let pass.

    samples = prometheus.parse(text)
    samples['probe_success', ('target', 'http://a/')], prometheus.labels_of(samples, 'probe_success')

Every text goes through the parser of Prometheus' own Python library as well, and both must have read
the same.
"""

import math
import re

from prometheus_client.parser import text_string_to_metric_families

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
HELP = re.compile(rf'# HELP ({NAME}) (\S.*)')
TYPE = re.compile(rf'# TYPE ({NAME}) (counter|gauge)')
SAMPLE = re.compile(rf'({NAME})(?:\{{(.*)\}})? (-?[0-9]+(?:\.[0-9]+)?)')
ABBREVIATED = {'s', 'ms', 'us', 'ns', 'sec', 'b', 'kb', 'mb', 'gb', 'tb', 'pb', 'm', 'h', 'd'}
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def _labels(text):
    """`a="b",c="d"` as (('a', 'b'), ('c', 'd'))."""
    found, at = [], 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f'labels: {text}'
        found.append((match[1], re.sub(r'\\(.)', r'\1', match[2])))
        at = match.end()
    assert not text.endswith(','), text
    assert len({name for name, _ in found}) == len(found), text
    return tuple(sorted(found))


def _families(lines):
    """[(name, type, [(labels, value)])]; HELP, TYPE and then all samples of a name."""
    found = []
    lines = iter(lines)
    for line in lines:
        if line.startswith('# HELP'):
            about = HELP.fullmatch(line)
            kind = TYPE.fullmatch(next(lines))
            assert about and kind and about[1] == kind[1], line
            found.append((kind[1], kind[2], []))
            continue
        match = SAMPLE.fullmatch(line)
        assert match and found and match[1] == found[-1][0], line
        found[-1][2].append((_labels(match[2] or ''), float(match[3])))
    return found


def parse(text):
    """{(name, label pairs ...): value}"""
    assert text.endswith('\n') and '\r' not in text and text.isascii()
    samples = {}
    families = _families(text[:-1].split('\n'))
    assert len({name for name, _, _ in families}) == len(families), 'a name in two places'
    for name, kind, values in families:
        assert values, f'{name} has no samples'
        assert (kind == 'counter') == name.endswith('_total'), name
        assert not ABBREVIATED & set(name.split('_')), f'{name}: units are written out'
        assert len({tuple(k for k, _ in labels) for labels, _ in values}) == 1, name
        for labels, value in values:
            assert (name, *labels) not in samples, f'{name}{labels} twice'
            assert kind != 'counter' or value >= 0
            samples[(name, *labels)] = value
    _compare_with_the_library(text, samples)
    return samples


def _compare_with_the_library(text, samples):
    theirs = {(s.name, *sorted(s.labels.items())): s.value
              for family in text_string_to_metric_families(text) for s in family.samples}
    assert theirs.keys() == samples.keys()
    assert all(math.isclose(theirs[key], samples[key]) for key in samples)


def labels_of(samples, name, label):
    """The values of a label that a name has."""
    return {dict(key[1:])[label] for key in samples if key[0] == name}
