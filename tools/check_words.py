#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the vocabulary: names, comments, documents and log sentences use the field's terms in a plain
order (docs/style.md has the table).

    check_words.py [--root DIR] [--count] [PATH ...]

Prints `file:line: word: instead write ...` for each fault and ends with 1 where there is any.  PATH
(files or folders) narrows it.  What stays: sentences in double quotes within a comment (RFC text is
quoted so), field values and names that are part of a contract (KEPT).
"""

import argparse
import os
import re
import subprocess
import sys

# (what is found in a comment, a document or a log sentence, what to write instead)
PROSE = [
    (r"\b(who|whoever) (?!is|has +\?)\w+s\b", 'the caller, the sender, the owner'),
    (r"\bwhoever\b", 'the caller, any caller, whichever peer'),
    (r"\b(nobody|everybody|somebody)('s)?\b(?! can)", 'no caller, no host, another host, a peer; all, any'),
    (r"\b(affair|business)\b|\b(is|are) \S+'s? matter\b|'s matter\b", 'handled in ...'),
    (r"\b(is|are|was|were|be|been) told\b|\btold (of|about)\b", 'reported, notified, logged'),
    (r"\bit cannot be told\b|\bis not known:", 'unknown'),
    (r"\bof no use\b", 'rejected, unusable'),
    (r"\bone by one\b", 'individually, each; suppressed'),
    (r"\bbe it that\b|\bor that it be\b", 'if ..., or if ...'),
    (r"\bbad news\b|\bnews\b", 'ack info, an error, an update'),
    (r"\btroubles?\b", 'delivery error'),
    (r"\bpatien(ce|t)\b", 'timeout'),
    (r"\bgives? up on\b|\blets? go( of)?\b|\blet go\b", 'abort, release, drain'),
    (r"\ba look\b|\blooks? again\b|\blooked at\b|\bworth a look\b", 'look up, check, re-check, examine'),
    (r"\bblanks?\b", 'whitespace'),
    (r"\bhears? (of|from|nothing)\b|\bheard (of|from)\b", 'receives, is notified'),
    (r"\bdoors?\b", 'boot protocol, entry point, interface'),
    (r"\bturns? of the (machine|loop|event loop)\b|\bmachine's turns?\b", 'event-loop iteration'),
    (r"\bpieces of (the|a|its|their)\b|\bin pieces\b", 'fragments, scatter-gather list'),
    (r"\binterrupts? of nobody's\b", 'spurious interrupt'),
    (r"\bis cut\b|\bcuts? (it|off|the|a)\b|\bcut (to|off|into|in)\b", 'truncate, split'),
    (r"\bkept (connection|alive)\b", 'persistent connection, keep-alive'),
]
# (identifier, what to write instead)
NAMES = [
    (r"\w*_?(tell|told|tells)(_\w+)?", 'report_, notify_, log_'),
    (r"(\w+_)?say(s)?_\w+|\w+_says?|said_by", 'report_, reporter'),
    (r"(\w+_)?news", 'ack_info, update'),
    (r"(\w+_)?trouble", 'delivery_error'),
    (r"(\w+_)?patience", 'timeout'),
    (r"(\w+_)?claim(s|ed)?", 'candidate'),
    (r"(\w+_)?take_\w+", 'parse_, accept_, consume_, alloc_, read_'),
    (r"put_\w+", 'append_, write_'),
    (r"(\w+_)?give_up(_\w+)?|(\w+_)?let_go(_\w+)?", 'abort, release'),
    (r"(\w+_)?(nobody|somebody|everybody|whoever)(_\w+)?", 'unclaimed, peer, any'),
    (r"(\w+_)?blanks?(_\w+)?", 'whitespace'),
    (r"(\w+_)?cut_(front|off|\w+)", 'trim_, truncate_, split_'),
    (r"note_arg|(\w+_)?forget(_\w+)?", 'tag; remove_, unlink_'),
    (r"(\w+_)?hear[sd]?(_\w+)?", 'receive, last_received'),
    (r"(\w+_)?look_(again|at)\w*", 'check, lookup'),
    (r"(\w+_)?door(s)?(_\w+)?", 'entry'),
]
# Contracts: counters, event keys and names, field words, exported headers, other people's names.
KEPT = {'arp_claims', 'arp_claims_refuted', 'SOCK_MSG_PUT',
        # a claim of an address is ARP's own word (RFC 5227)
        'claim', 'claims', 'is_claim', 'check_claim', 'claims_accepted_from'}
TOPS = ('base', 'log', 'config', 'net', 'drivers', 'machine', 'kernel', 'app', 'boot')

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*', re.S)
QUOTED = re.compile(r'"[^"]*"|`[^`]*`|\{\w[^{}\n]*\}', re.S)  # the last are fields in log sentences


def compiled(rows):
    """A space in a pattern may be the end of a line in the text."""
    return [(re.compile(pattern.replace(' ', r'\s+'), re.I), instead) for pattern, instead in rows]


PROSE_RULES = compiled(PROSE)
NAME_RULES = [(re.compile(f'(?:{pattern})$'), instead) for pattern, instead in NAMES]


def prose_faults(text):
    """(offset, words, instead) in a text from which what is quoted has been blanked out."""
    plain = QUOTED.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text)
    plain = re.sub(r'\n[ \t]*\*', lambda m: '\n' + ' ' * (len(m.group()) - 1), plain)
    for rule, instead in PROSE_RULES:
        for match in rule.finditer(plain):
            yield match.start(), ' '.join(match.group().split()), instead


def code_faults(text, sentences=False):
    for match in TOKEN.finditer(text):
        token = match.group()
        if token.startswith('/'):
            yield from ((match.start() + o, w, i) for o, w, i in prose_faults(token))
        elif token[0] == '"':
            if sentences:
                yield from ((match.start() + o, w, i) for o, w, i in prose_faults(token[1:-1]))
        elif token[0] != "'" and token not in KEPT:
            yield from ((match.start(), token, instead) for rule, instead in NAME_RULES
                        if rule.match(token))


def files(root, paths):
    listed = subprocess.run(['git', '-C', root, 'ls-files', *paths], check=True, capture_output=True,
                            text=True).stdout.split('\n')
    for path in listed:
        top = path.split('/')[0]
        if path.endswith(('.c', '.h', '.S', '.def')) and (top in TOPS or paths):
            yield path
        elif path.endswith('.md') and (top in ('README.md', 'docs') or paths):
            yield path


def check(root, paths=()):
    faults = []
    for path in files(root, list(paths)):
        with open(os.path.join(root, path), encoding='utf-8') as f:
            text = f.read()
        found = prose_faults(text) if path.endswith('.md') else \
            code_faults(text, sentences=path.endswith('.def'))
        faults += [(path, text.count('\n', 0, offset) + 1, word, instead)
                   for offset, word, instead in sorted(found)]
    return faults


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--root', default='.')
    parser.add_argument('--count', action='store_true', help='only how many, by folder')
    parser.add_argument('paths', nargs='*')
    options = parser.parse_args(argv)
    faults = check(options.root, options.paths)
    if options.count:
        folders = {}
        for path, *_ in faults:
            folders[os.path.dirname(path)] = folders.get(os.path.dirname(path), 0) + 1
        for folder, n in sorted(folders.items()):
            print(f'{n:5} {folder}')
    else:
        for path, line, word, instead in faults:
            print(f'{path}:{line}: "{word}": instead write {instead}', file=sys.stderr)
    print(f'words: {len(faults)} faults')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
