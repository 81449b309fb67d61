# SPDX-License-Identifier: MIT
"""The picture for a terminal: a ladder of 80 to 100 columns, in ASCII or with box drawing.

Words may run over a lifeline that has nothing to say in that row; arrows are lines of their own.
"""

import textwrap

from .events import APP, SERVER, STACK
from .layout import badge_text, time_text

WIDTH_MIN, WIDTH, WIDTH_MAX = 80, 96, 120
TIME_W = 11

ASCII = {'life': '|', 'gap': ':', 'call': '-', 'return': '- ', 'wire': '=', 'helper': '. ',
         'data': '#', 'ghost': '. ', 'right': '>', 'left': '<', 'rule': '-', 'dot': 'o',
         'tl': '+', 'tr': '+', 'bl': '+', 'br': '+', 'loop': '--+', 'back': '<-+'}
BOXES = {'life': '\u2502', 'gap': '\u2506', 'call': '\u2500', 'return': '\u2500 ', 'wire': '\u2501',
         'helper': '\u2504', 'data': '\u2550', 'ghost': '\u00b7 ', 'right': '\u25b6', 'left': '\u25c0',
         'rule': '\u2500', 'dot': '\u2022', 'tl': '\u256d', 'tr': '\u256e', 'bl': '\u2570',
         'br': '\u256f', 'loop': '\u2500\u2500\u256e', 'back': '\u25c0\u2500\u256f'}


def render(picture, width=WIDTH, boxes=False):
    ladder = Ladder(picture, max(WIDTH_MIN, min(width, WIDTH_MAX)), BOXES if boxes else ASCII)
    return '\n'.join(line.rstrip() for line in ladder.lines()) + '\n'


class Ladder:
    def __init__(self, picture, width, marks):
        self.picture, self.width, self.marks = picture, width, marks
        keys = [key for key, _, _ in picture.participants]
        self.at = self._columns(keys)
        self.out = []
        self.too_wide = ()  # states that have no room beside the last lifeline

    def _columns(self, keys):
        first, last = TIME_W + 6, self.width - 8
        if STACK not in keys or APP not in keys:
            step = (last - first) // max(len(keys) - 1, 1)
            return {key: first + i * step for i, key in enumerate(keys)}
        gap = (last - first) * 22 // 100
        at = {keys[0]: first, keys[1]: first + gap, keys[2]: first + 2 * gap}
        rest = keys[3:]
        for number, key in enumerate(rest, 1):
            at[key] = at[STACK] + (last - at[STACK]) * number // len(rest)
        return at

    def lines(self):
        picture = self.picture
        self.out = [*textwrap.wrap(f'{picture.title}: {badge_text(picture.verdict)}', self.width),
                    *textwrap.wrap(', '.join(picture.facts), self.width), '']
        self._heads()
        for row in picture.rows:
            draw = {'heading': self._heading, 'pause': self._pause, 'fold': self._band,
                    'check': self._band, 'note': self._note, 'self': self._self,
                    'state': self._state}
            draw.get(row.kind, self._arrow)(row)
            self._states_below()
        self.out.append(self._blank())
        self._verdict()
        return self.out

    # --- lines

    def _blank(self, mark='life'):
        line = [' '] * self.width
        for x in self.at.values():
            line[x] = self.marks[mark]
        return ''.join(line)

    @staticmethod
    def _put(line, x, text):
        x = max(x, 0)
        return line[:x] + text + line[x + len(text):] if x < len(line) else line

    def _timed(self, line, row):
        return self._put(line, 0, time_text(row).rjust(TIME_W - 1)) if row.t_us is not None else line

    def _heads(self):
        """Each name in two lines, its address under it."""
        names = [(self.at[key], *(name.split(' ', 1) + [''])[:2]) for key, name, _ in
                 self.picture.participants]
        for part in (1, 2):
            line = ' ' * self.width
            for name in names:
                line = self._put(line, name[0] - len(name[part]) // 2, name[part])
            self.out.append(line)
        line = self._put(' ' * self.width, TIME_W - 3, 'ms')
        for key, _, address in self.picture.participants:
            line = self._put(line, min(self.at[key] - len(address) // 2,
                                       self.width - len(address)), address)
        self.out.append(line)

    def _words(self, row, start):
        """The row's words and values from column `start` to the right edge."""
        for text in (row.words, *row.values):
            for part in textwrap.wrap(text, self.width - start) or ['']:
                self.out.append(self._put(self._blank(), start, part))

    # --- rows

    def _heading(self, row):
        text = ': '.join([row.words[:1].upper() + row.words[1:], *row.values])
        self.out.append(self._blank())
        for part in textwrap.wrap(text, self.width - 8):
            rule = self.marks['rule']
            self.out.append(f'{rule * 3} {part} '.ljust(self.width, rule))

    def _pause(self, row):
        line = self._blank('gap')
        start = (self.at[STACK] if STACK in self.at else TIME_W) + 2
        self.out += [line, self._put(line, start, f'... {row.words} ...'), line]

    def _band(self, row):
        text = ', '.join([row.words, *row.values])
        self.out.append(self._blank())
        for part in textwrap.wrap(text, self.width - TIME_W - 4):
            self.out.append(self._timed(f'{"":{TIME_W}}[ {part} ]', row))

    def _note(self, row):
        at = self.at[row.source]
        mark = {'bad': 'X', 'warn': '!'}.get(row.tone, self.marks['dot'])
        lines = [part for text in (row.words, *row.values) for part in
                 textwrap.wrap(text, self.width - TIME_W - 12)]
        wide = max(map(len, lines))
        start = min(at + 3, self.width - wide)
        if start <= at:  # to the left of the last lifeline
            start = max(at - 2 - wide, TIME_W)
        for number, part in enumerate(lines):
            line = self._put(self._blank(), start, part)
            if not number:
                line = self._states(self._put(line, at, mark), row)
                line = self._timed(line, row)
            self.out.append(line)

    def _self(self, row):
        """A loop at a lifeline, its words beside it."""
        at, last = self.at[row.source], row.source == list(self.at)[-1]
        room = (at - TIME_W - 6) if last else self.width - at - 6
        lines = [part for text in (row.words, *row.values) for part in textwrap.wrap(text, room)]
        lines += [''] * (2 - len(lines))
        for number, part in enumerate(lines):
            line = self._blank()
            if last:
                line = self._put(line, at - 4 - len(part), part) if part else line
            else:
                line = self._put(line, at + 5, part)
                line = self._put(line, at + 1, self.marks['loop'] if not number else '') \
                    if number != 1 else self._put(line, at + 1, self.marks['back'])
            if not number:
                line = self._timed(self._states(self._step(line, row), row), row)
            self.out.append(line)

    def _state(self, row):
        self.out.append(self._timed(self._states(self._blank(), row, beside=False), row))

    def _states(self, line, row, beside=True):
        for key, state in row.states:
            text, at = f'[{state}]', self.at[key]
            if not beside:
                at -= len(text) // 2
            elif key == SERVER and key == list(self.at)[-1]:
                at += 2
                if at + len(text) > self.width:
                    self.too_wide += (text,)
                    continue
            else:
                at -= len(text) + 2
            line = self._put(line, at, text)
        return line

    def _states_below(self):
        for text in self.too_wide:
            self.out.append(self._put(self._blank(), self.width - len(text), text))
        self.too_wide = ()

    def _step(self, line, row):
        if not row.step:
            return line
        text = f'({row.step})'
        return self._put(line, self.at[row.source] - (len(text) - 1) // 2, text)

    def _arrow(self, row):
        source, target = self.at[row.source], self.at[row.target]
        left, right = min(source, target), max(source, target)
        start = left + 3
        if {row.source, row.target} == {APP, SERVER}:
            start = self.at[STACK] + 3
        self._words(row, start)
        mark = self.marks['helper' if row.tone == 'helper' else row.kind]
        room = right - left - 1
        shaft = (mark * room)[:room]
        if row.fate == 'lost':
            shaft = self._lost(shaft, target > source)
        elif row.kind == 'ghost':
            shaft = self._put(shaft, room // 2 - 1, ' X ')
        elif target > source:
            shaft = shaft[:-1] + self.marks['right']
        else:
            shaft = self.marks['left'] + shaft[1:]
        line = self._put(self._blank(), left + 1, shaft)
        self.out.append(self._timed(self._states(self._step(line, row), row), row))

    def _lost(self, shaft, rightwards):
        """The shaft ends in a cross; who waits is told that nothing came back."""
        note = 'X no answer   ' if len(shaft) > 18 else 'X   '
        if rightwards:
            return shaft[:-len(note)] + note
        note = ' '.join(reversed(note.split(' ', 1)))
        return note + shaft[len(note):]

    def _verdict(self):
        """Round corners and a tick, or a frame of crosses."""
        verdict = self.picture.verdict
        text = f'{badge_text(verdict)}: {verdict.said}'
        parts = textwrap.wrap(text, self.width - 6)
        marks, wide = self.marks, max(map(len, parts)) + 4
        if verdict.ok:
            rule, side = marks['rule'], marks['life']
            top = marks['tl'] + rule * (wide - 2) + marks['tr']
            bottom = marks['bl'] + rule * (wide - 2) + marks['br']
        else:
            side = 'X' if verdict.ok is False else '?'
            top = bottom = side * wide
        self.out += [top, *(f'{side} {part.ljust(wide - 4)} {side}' for part in parts), bottom]
