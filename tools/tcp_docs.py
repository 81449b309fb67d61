#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keeps docs/tcp.md true.

    tcp_docs.py             check: one line per fault, ends with 1 where there is any
    tcp_docs.py --write     write what is generated (make docs), then check

Generated are the lists of deviations and of what is not done, from the tags `DEVIATION:` and
`NOT DONE:` in the sources of net/, and the count under the table of requirements.  Checked is the
rest: each function that is named exists in the sources, each test is a function that its file
registers, the table of requirements has each id of RFC 9293 Appendix B once, and what it calls
deviating or not done has a tag that says so (a MAY needs none).
"""

import argparse
import collections
import glob
import os
import re
import sys

DOC = 'docs/tcp.md'
STATES = ('done', 'DEVIATION', 'NOT DONE')


def appendix_b():
    """The ids of RFC 9293 Appendix B, table 8."""
    numbers = {'MUST': range(1, 70), 'SHLD': range(1, 32), 'MAY': range(1, 19), 'REC': range(1, 2)}
    return ['%s-%d' % (kind, n) for kind, span in numbers.items() for n in span]


# --- tags in the sources ----------------------------------------------------------------------------

TAG = re.compile(r'\b(DEVIATION|NOT DONE): ')


def clean(text):
    """A comment's text on one line: without stars and line ends."""
    text = re.sub(r'\n[ \t]*\*?[ \t]*', ' ', text)
    text = re.sub(r'\s+', ' ', text).strip()
    return text if text.endswith('.') else text + '.'


def tags_of(source):
    """(kind, text) of each tag in a source: up to the comment's end, an empty line or the next tag."""
    for comment in re.findall(r'/\*.*?\*/', source, re.S):
        body = comment[2:-2]
        starts = list(TAG.finditer(body))
        for found, after in zip(starts, starts[1:] + [None]):
            text = body[found.end():after.start() if after else len(body)]
            text = re.split(r'\n[ \t]*\*?[ \t]*\n', text)[0]
            yield found.group(1), clean(text)


def all_tags(root):
    """{kind: [(file, text)]}, files by name."""
    tags = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(root, 'net/**/*.[ch]'), recursive=True)):
        name = os.path.relpath(path, root)
        with open(path, encoding='utf-8') as f:
            for kind, text in tags_of(f.read()):
                tags[kind].append((name, text))
    return tags


# --- what is generated ------------------------------------------------------------------------------

def tag_table(rows):
    lines = ['| where | what |', '|---|---|']
    lines += ['| %s | %s |' % (name, text.replace('|', '\\|')) for name, text in rows]
    return '\n'.join(lines)


def count_line(requirements):
    """MUST: 60 done, 1 deviating, 2 not done. ..."""
    parts = []
    for kind in ('MUST', 'SHLD', 'MAY', 'REC'):
        count = collections.Counter(r.state for r in requirements if r.id.startswith(kind + '-'))
        parts.append('%s-n: %d done, %d deviating, %d not done' % (
            (kind,) + tuple(count[s] for s in STATES)))
    total = collections.Counter(r.state for r in requirements)
    parts.append('together: %d done, %d deviating, %d not done' % tuple(total[s] for s in STATES))
    return '; '.join(parts) + '.'


def replace_block(doc, name, text):
    begin, end = '<!-- %s: generated -->' % name, '<!-- end of %s -->' % name
    before, rest = doc.split(begin)
    after = rest.split(end)[1]
    return '%s%s\n%s\n%s%s' % (before, begin, text, end, after)


def generate(doc, tags):
    for kind, name in (('DEVIATION', 'deviations'), ('NOT DONE', 'omissions')):
        doc = replace_block(doc, name, tag_table(tags[kind]))
    return replace_block(doc, 'count', count_line(list(requirements_of(doc))))


# --- the tables -------------------------------------------------------------------------------------

Requirement = collections.namedtuple('Requirement', 'id state functions tests')


def rows_of(doc):
    """The cells of every table row that is not generated."""
    doc = re.sub(r'<!-- (\w+): generated -->.*?<!-- end of \1 -->', '', doc, flags=re.S)
    for line in doc.splitlines():
        if line.startswith('|') and not re.fullmatch(r'[|\s:-]+', line):
            yield [cell.strip() for cell in re.split(r'(?<!\\)\|', line)[1:-1]]


def requirements_of(doc):
    for cells in rows_of(doc):
        if len(cells) == 5 and re.fullmatch(r'(MUST|SHLD|MAY|REC)-\d+', cells[0]):
            yield Requirement(cells[0], cells[2], cells[3], cells[4])


def test_file(root, name):
    """`send` is tests/unit/test_tcp_send.c, `socket` tests/unit/test_socket.c, or a path below tests/."""
    for path in ('tests/unit/test_tcp_%s.c' % name, 'tests/unit/test_%s.c' % name,
                 'tests/unit/' + name, 'tests/' + name):
        if os.path.isfile(os.path.join(root, path)):
            return path
    return None


def registered_tests(root, path):
    """The tests of a file (tests/runner/unit.h), or what pytest finds in it."""
    with open(os.path.join(root, path), encoding='utf-8') as f:
        text = f.read()
    if path.endswith('.py'):
        return set(re.findall(r'^def (test_\w+)', text, re.M))
    return set(re.findall(r'^(?:\w+_)?TEST\((\w+)\)', text, re.M))


def test_faults(root, cell):
    """What is wrong with a cell `send: nagle, x; sim/test_talk.c`."""
    if cell in ('-', ''):
        return
    for part in cell.split(';'):
        name, _, functions = part.strip().partition(':')
        path = test_file(root, name.strip('` '))
        if path is None:
            yield 'no test file %s' % name
            continue
        known = registered_tests(root, path)
        for function in filter(None, (f.strip('` ') for f in functions.split(','))):
            if function != 'all' and function not in known:
                yield '%s has no test %s' % (path, function)


def source_names(root):
    """Every identifier in net/ and app/, and the names of the files."""
    names = set()
    for path in glob.glob(os.path.join(root, '*/**/*.[ch]'), recursive=True):
        if os.path.relpath(path, root).split(os.sep)[0] in ('net', 'app', 'base', 'drivers', 'machine'):
            names.add(os.path.basename(path))
            with open(path, encoding='utf-8') as f:
                names.update(re.findall(r'\b[A-Za-z_]\w+', f.read()))
    return names


def function_faults(names, cell):
    for name in re.findall(r'`([\w.]+)(?:\(\))?`', cell):
        if name not in names:
            yield 'nothing is called %s' % name


# --- the check --------------------------------------------------------------------------------------

def requirement_faults(requirements, tags):
    ids = collections.Counter(r.id for r in requirements)
    for name in appendix_b():
        if ids[name] != 1:
            yield '%s stands %d times in the table of requirements' % (name, ids[name])
    for name in ids.keys() - set(appendix_b()):
        yield '%s is not in Appendix B' % name
    for r in requirements:
        if r.state not in STATES:
            yield '%s: %r is none of %s' % (r.id, r.state, ', '.join(STATES))
        elif r.state == 'done':
            if r.tests in ('-', '') and not r.functions.startswith('no code'):
                yield '%s: done, but no test' % r.id
        elif not r.id.startswith('MAY-') and not any(
                re.search(r'\b%s\b' % r.id, text) for _, text in tags[r.state]):
            yield '%s: no %s: tag in net/ names it' % (r.id, r.state)


def faults(root, doc):
    tags = all_tags(root)
    names = source_names(root)
    if generate(doc, tags) != doc:
        yield 'the generated parts are not what the sources say: run `make docs`'
    yield from requirement_faults(list(requirements_of(doc)), tags)
    for cells in rows_of(doc):
        if cells[-1] == 'test':
            continue
        if len(cells) in (3, 5) and cells[-1] not in ('where',):
            for fault in list(function_faults(names, cells[-2])) + list(test_faults(root, cells[-1])):
                yield '%s: %s' % (cells[0], fault)


def main(argv):
    parser = argparse.ArgumentParser(description='keeps docs/tcp.md true')
    parser.add_argument('--root', default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument('--write', action='store_true', help='write the generated parts')
    args = parser.parse_args(argv)
    path = os.path.join(args.root, DOC)
    with open(path, encoding='utf-8') as f:
        doc = f.read()
    if args.write:
        doc = generate(doc, all_tags(args.root))
        with open(path, 'w', encoding='utf-8') as f:
            f.write(doc)
    found = list(faults(args.root, doc))
    for fault in found:
        print('%s: %s' % (DOC, fault), file=sys.stderr)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
