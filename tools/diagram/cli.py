# SPDX-License-Identifier: MIT
"""The command: a saved log, or the logs of both sides, into a file or onto the terminal.

write() is what the runner calls, too.
"""

import argparse
import os
import shutil
import sys

import dialtone_log

from . import html, mermaid, model, svg, text

FORMATS = {'.svg': 'svg', '.html': 'html', '.htm': 'html', '.mmd': 'mmd', '.txt': 'text'}
RENDER = {'svg': svg.render, 'html': html.render, 'mmd': mermaid.render}


class DiagramError(Exception):
    """A sentence for who asked; `status` is what to end with."""

    def __init__(self, sentence, status=2):
        super().__init__(sentence)
        self.status = status


def format_of(path):
    """The format that a file's name asks for; '-' is the ladder for the terminal."""
    if path == '-':
        return 'text'
    ending = os.path.splitext(path)[1].lower()
    if ending not in FORMATS:
        raise DiagramError(f'{path}: a diagram ends in .svg, .html, .mmd or .txt, or is -')
    return FORMATS[ending]


def check_path(path):
    """DiagramError where nothing could be written there: known before a run, not after it."""
    format_of(path)
    folder = os.path.dirname(os.path.abspath(path))
    if path != '-' and not os.path.isdir(folder):
        raise DiagramError(f'{path}: there is no folder {folder}')


def draw(logs, form, rows_max=model.ROWS_MAX, conn=None, width=None, boxes=None):
    """The diagram's text."""
    if not all(log.events for log in logs):
        raise DiagramError('no machine lines in that log: run with log=json or log=both, or take '
                           'the second serial port', 1)
    try:
        picture = model.picture(*logs, rows_max=rows_max, conn=conn)
    except ValueError as e:
        raise DiagramError(str(e)) from e
    if form != 'text':
        return RENDER[form](picture)
    return text.render(picture, width or shutil.get_terminal_size((text.WIDTH, 0)).columns,
                       _can_draw_boxes() if boxes is None else boxes)


def _can_draw_boxes():
    return (sys.stdout.encoding or '').lower().replace('-', '') == 'utf8'


def write(logs, path, **options):
    """Draws into a file, or onto standard output."""
    form = options.pop('form', None) or format_of(path)
    drawn = draw(logs, form, **options)
    if path == '-':
        sys.stdout.write(drawn)
        sys.stdout.flush()
        return
    try:
        with open(path, 'w', encoding='utf-8') as f:
            f.write(drawn)
    except OSError as e:
        raise DiagramError(f'{path}: {e.strerror}') from e


def read(path):
    try:
        if path == '-':
            return dialtone_log.parse(sys.stdin.buffer.read())
        with open(path, 'rb') as f:
            return dialtone_log.parse(f.read())
    except OSError as e:
        raise DiagramError(f'{path}: {e.strerror}') from e


def parser():
    p = argparse.ArgumentParser(
        prog='diagram.py', description='Draws the sequence diagram of a run from its log.')
    p.add_argument('logs', nargs='*', metavar='LOG', default=['-'],
                   help='a saved log (standard input); with a second one, of the other side, one '
                        'diagram of both')
    p.add_argument('-o', '--output', default='-',
                   help='FILE.svg, FILE.html, FILE.mmd (Mermaid), FILE.txt; - is the terminal (-)')
    p.add_argument('--format', choices=('svg', 'html', 'mmd', 'text'),
                   help='the format, whatever the name of the file')
    p.add_argument('--conn', type=int, help='only that connection')
    p.add_argument('--rows', type=int, default=model.ROWS_MAX,
                   help='fold longer runs (%(default)s)')
    p.add_argument('--width', type=int, help='columns of the terminal, 80 to 120')
    p.add_argument('--ascii', action='store_true', help='no box drawing characters')
    return p


def main(argv):
    options = parser().parse_args(argv)
    try:
        if len(options.logs) > 2:
            raise DiagramError('one log, or two: a client\'s and a server\'s')
        if options.rows < 10:
            raise DiagramError('--rows is at least 10')
        if not options.format:
            check_path(options.output)
        write([read(path) for path in options.logs], options.output, form=options.format,
              rows_max=options.rows, conn=options.conn, width=options.width,
              boxes=False if options.ascii else None)
    except DiagramError as e:
        print(f'diagram.py: {e}', file=sys.stderr)
        return e.status
    except BrokenPipeError:
        sys.stderr.close()  # nobody listens any more
        return 0
    return 0
