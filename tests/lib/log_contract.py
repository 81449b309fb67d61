# SPDX-License-Identifier: MIT
"""Every machine line that the tests see is checked three times: by the JSON Schema that others are
given (docs/log.schema.json), by the parser's own table, and by the code, for the fields that it emits
every time.  What nobody knows is a fault here, though not for others: their copies may be older than
the image."""

import functools
import json
import os

import jsonschema
import log_schema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@functools.lru_cache(maxsize=None)
def schema():
    with open(os.path.join(ROOT, 'docs', 'log.schema.json'), encoding='utf-8') as f:
        return json.load(f)


@functools.lru_cache(maxsize=None)
def validator(name):
    """For events of that name alone: the whole schema asks a line for each name, one by one."""
    parts = dict(schema())
    parts.pop('allOf')
    if name in parts['$defs']:
        parts['allOf'] = [{'$ref': f'#/$defs/{name}'}]
    return jsonschema.Draft202012Validator(parts)


@functools.lru_cache(maxsize=None)
def always():
    """{event: keys that the code emits every time}"""
    return {event.name: event.always() for event in log_schema.read(ROOT)[0]}


def event_problems(log):
    """Sentences about machine lines that are not what the schema, the parser and the code say."""
    found = []
    for event in log.events:
        found += [f'{"/".join(map(str, fault.path))}: {fault.message}: {dict(event)}'
                  for fault in validator(event.name).iter_errors(event)]
        found += event.problems()
        missing = always().get(event.name, set()) - set(event)
        found += [f'{key} is missing, which the code emits every time: {dict(event)}'
                  for key in sorted(missing) if 'cut' not in event]
        found += [f'nobody knows {what}; type make docs' for what in event.unknown()]
    return found
