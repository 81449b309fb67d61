#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The parts of TCP's control block are written by their owners only.

    check_tcb.py [ROOT]     one line per fault, ends with 1 where there is any

Each part of struct tcb (`tcb->snd` ...) is owned by a shelf of net/tcp; any file reads it, and the
files of the shelf alone write it.  A write is an assignment of any kind, ++ and --; the address of a
member or of the whole part (`&tcb->snd.buf`, `&tcb->cc`) leads to writes unless a `const` pointer
takes it, and so does memset() of it.  Tests are not asked: they write through tests/lib/tcp_inspect.h.
"""
import os
import re
import sys

OWNER = {
    'id': 'conn', 'life': 'conn', 'agreed': 'conn', 'chosen': 'conn', 'timers': 'conn',
    'places': 'conn', 'backlog': 'conn',
    'snd': 'send', 'meter': 'send', 'rcv': 'receive', 'loss': 'loss', 'cc': 'congestion',
}
# Passed by address to be read: an endpoint's address.
READ_BY_ADDRESS = {'id'}
# Members of structs that lead to another TCB.
LINKS = {'tcb', 'hash_next', 'work_next', 'work_first', 'listener', 'listeners', 'accept_next', 'accept_first',
         'accept_last', 'time_wait_next', 'time_wait_first'}
WHERE = ['net', 'app', 'machine', 'kernel', 'drivers', 'log', 'config', 'base']
# tcb->part.member[index]; .part of a `struct tcb` that is a variable; find(..)->part, (*at)->part, at[0]->part
PLACE = (r'(?:\b(?P<name>\w+)|\b\w+\[[^\]]*\]|(?:\b\w+)?\([^()]*\)|[)\]])\s*(?:->|\.)\s*(?P<part>' + '|'.join(OWNER) + r')\b((?:\s*\.\s*\w+|\[[^\]]*\])*'
         r'(?:->(?!(?:' + '|'.join(OWNER) + r')\b)\w+(?:\.\w+|\[[^\]]*\])*)*)')
WRITE = re.compile(r'(?P<before>(?:\+\+|--)\s*(?:\*\s*)?|&)?' + PLACE +
                   r'\s*(?P<after>\+\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))?')
BASE = re.compile(r'struct tcb \*+(?:const )?(\w+)|struct tcb (\w+)\b(?! *\{)')
CONST = re.compile(r'const struct [\w ]+\*\s*(?:const )?\w+ =\s*(?:[^;,]*\?\s*)?$')


def without_comments(text):
    """Comments and strings become blanks, so that lines stay where they are."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', lambda m: re.sub(r'[^\n]', ' ', m.group()), text, flags=re.S)


def shelf_of(path):
    """net/tcp/send/x.c: send; what stands in no shelf owns nothing."""
    m = re.match(r'net/tcp/(\w+)/', path)
    return m.group(1) if m else None


def places(text):
    """Each place of a part, one inside another's chain too: tcb->places.listener->rcv.closed."""
    m = WRITE.search(text)
    while m:
        yield m
        m = WRITE.search(text, m.start('part') + 1)


def lines_that_write(text):
    """(line, part, what) of every write to a part of a TCB."""
    text = without_comments(text)
    names = {a or b for a, b in BASE.findall(text)} | LINKS
    for m in places(text):
        if not (m.group('before') or m.group('after')):
            continue
        if m.group('name') not in names and (m.group('name') or '->' not in m.group()[:m.start('part') - m.start()]):
            continue
        if m.group('before') == '&' and (m.group('part') in READ_BY_ADDRESS or
                                         text[m.start() - 1] == '&' or CONST.search(text[:m.start()])):
            continue
        yield text.count('\n', 0, m.start()) + 1, m.group('part'), ' '.join(m.group().split())


def faults(path, text):
    shelf = shelf_of(path)
    return [f'{path}:{line}: {what}: only net/tcp/{OWNER[part]}/ writes tcb->{part}'
            for line, part, what in lines_that_write(text) if OWNER[part] != shelf]


def parts_of(text):
    """The members of struct tcb in the text of tcb.h."""
    body = re.search(r'struct tcb \{(.*?)\n\};', without_comments(text), flags=re.S).group(1)
    return set(re.findall(r'struct \w+ (\w+);', body))


def check(root):
    found = []
    for top in WHERE:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if not name.endswith(('.c', '.h')):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                with open(os.path.join(root, path), encoding='utf-8') as f:
                    text = f.read()
                if 'tcb' in text:
                    found += faults(path, text)
    return found


def main(args):
    found = check(args[0] if args else os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
