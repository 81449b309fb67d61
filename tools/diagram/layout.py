# SPDX-License-Identifier: MIT
"""Where everything of a picture stands, in pixels: one column a participant, one strip a row.

Columns are as far apart as the widest text between them asks for; a row is as high as its lines.
Texts carry their boxes, so that a test can say that none lies upon another.
"""

import dataclasses

from . import measure
from .events import APP, LIB, SERVER, STACK

PAD = 26              # around everything
TIME_GAP = 22         # between the column of times and the first participant
CALL_ROOM = 212       # text over an arrow between neighbours is wrapped at this
WIRE_ROOM = 416       # and over one on the wire
NOTE_ROOM = 330
BADGE_R = 10
LINE = {'words': 16, 'values': 14.5, 'ghost': 16}
HEAD_H, GROUP_H = 44, 30
LOOP_W, LOOP_H = 24, 16
LOST_SHORT = 82       # so far before its target ends an arrow that does not arrive


@dataclasses.dataclass
class Text:
    x: float
    y: float          # the base line
    cls: str
    text: str
    anchor: str = 'start'

    def box(self):
        """(left, top, right, bottom)."""
        wide, size = measure.width(self.text, self.cls), measure.FONTS[self.cls][1]
        left = self.x - {'start': 0, 'middle': wide / 2, 'end': wide}[self.anchor]
        return left, self.y - 0.78 * size, left + wide, self.y + 0.22 * size


@dataclasses.dataclass
class Placed:
    row: object
    y: float
    height: float
    line_y: float         # where the arrow, or the middle of what it is, runs
    texts: list
    box: tuple = ()       # of a note, a pause's pill, a band: left, top, right, bottom
    chips: tuple = ()     # (box, Text) of the states


@dataclasses.dataclass
class Layout:
    picture: object
    x: dict               # participant: its lifeline
    time_x: float         # right end of the times
    left: float           # where bands begin
    width: float
    head_y: float
    body_y: float
    placed: list
    body_end: float
    heads: list           # (key, box, [Text])
    groups: list          # (left, right, y, Text)
    top: list             # Text of title and facts, which end at top_end
    top_end: float
    badge: tuple          # box, Text
    verdict: tuple        # box, [Text]
    legend: list          # (x, y, kind, Text)
    height: float

    def texts(self):
        """Every text of the picture."""
        found = [*self.top, self.badge[1], *self.verdict[1], *(t for *_, t in self.legend)]
        found += [t for _, _, texts in self.heads for t in texts] + [g[3] for g in self.groups]
        for placed in self.placed:
            found += placed.texts + [text for _, text in placed.chips]
        return found


def time_text(row):
    if row.t_us is None or row.kind in ('heading', 'pause', 'fold'):
        return ''
    return ('~' if row.estimated else '') + f'{row.t_us / 1000:.3f}'


def layout(picture):
    keys = [key for key, _, _ in picture.participants]
    time_w = max([measure.width(time_text(row), 'time') for row in picture.rows]
                 + [measure.width('ms', 'time')])
    x, width = _columns(picture, keys, PAD + time_w + TIME_GAP)
    self = Layout(picture, x, PAD + time_w, PAD, width, 0, 0, [], 0, [], [], [], 0, (), (), [], 0)
    self.top_end = _top(self)
    y = _heads(self, self.top_end)
    self.body_y = y
    y += 4
    for row in picture.rows:
        placed = _place(self, row, y)
        self.placed.append(placed)
        y += placed.height
    self.body_end = y + 10
    y = _bottom(self, self.body_end)
    self.height = _legend(self, y) + PAD
    return self


# --- columns -------------------------------------------------------------------------------------

def _head_width(participant):
    _, name, address = participant
    return max(measure.width(name, 'head'), measure.width(address, 'sub')) + 26


def _columns(picture, keys, left):
    """{participant: x}, and the width of the whole."""
    heads = {p[0]: _head_width(p) for p in picture.participants}
    gaps = [max(96, (heads[a] + heads[b]) / 2 + 14) for a, b in zip(keys, keys[1:])]
    for row in picture.rows:
        need = _room_needed(row)
        if not need or row.source not in keys or row.target not in keys:
            continue
        first, last = sorted((keys.index(row.source), keys.index(row.target)))
        if first == last:
            first, last = _beside(keys, first)
        missing = need - sum(gaps[first:last])
        if missing > 0 and last > first:
            gaps[last - 1] += missing
    x, at = {}, left + heads[keys[0]] / 2
    for key, gap in zip(keys, [*gaps, 0]):
        x[key] = at
        at += gap
    right = heads[keys[-1]] / 2
    chips = [state for row in picture.rows for at_key, state in row.states if at_key == keys[-1]]
    right = max([right] + [32 + measure.width(state, 'chip') for state in chips])
    return x, x[keys[-1]] + right + PAD


def _beside(keys, index):
    """The gap that a self arrow's words stand in: to the right, for the last one to the left."""
    if index == len(keys) - 1:
        return max(keys.index(STACK), 0), index
    return index, index + 1


def _room_needed(row):
    if row.kind in ('call', 'return', 'wire', 'data', 'ghost'):
        wide = max(measure.width(text, cls) for text, cls in _lines(row))
        return wide + 2 * (BADGE_R + 8) + (24 if row.states else 0)
    if row.kind == 'self':
        return max(measure.width(text, cls) for text, cls in _lines(row)) + LOOP_W + 22
    return 0


def _lines(row):
    """[(line, class)] of a row's words and values, wrapped."""
    if row.kind == 'ghost':
        return [(line, 'ghost') for line in measure.wrap(row.words, 'ghost', WIRE_ROOM)]
    near = row.kind in ('call', 'return') and LIB in (row.source, row.target)
    room = NOTE_ROOM if row.kind == 'note' else CALL_ROOM if near else WIRE_ROOM
    lines = [(line, 'words') for line in measure.wrap(row.words, 'words', room)]
    return lines + [(line, 'values') for value in row.values
                    for line in measure.wrap(value, 'values', room)]


# --- title, heads --------------------------------------------------------------------------------

def badge_text(verdict):
    return verdict.words if verdict.status is None else f'{verdict.words}, status {verdict.status}'


def _top(self):
    """Title and facts on the left, the verdict's badge on the right; where they end."""
    picture = self.picture
    words = badge_text(picture.verdict)
    wide = measure.width(words, 'verdict') + 58
    box = (self.width - PAD - wide, PAD, self.width - PAD, PAD + 36)
    self.badge = (box, Text(box[0] + 42, PAD + 23.5, 'verdict', words))
    room = box[0] - PAD - 30
    y = PAD + 22
    for line in measure.wrap(picture.title, 'title', room):
        self.top.append(Text(PAD, y, 'title', line))
        y += 26
    for line in _facts_lines(picture.facts, room):
        self.top.append(Text(PAD, y - 2, 'facts', line))
        y += 17
    return max(y, PAD + 36) + 6


def _facts_lines(facts, room):
    """As many facts in a line as fit."""
    lines, line = [], ''
    for fact in facts:
        longer = f'{line}  -  {fact}' if line else fact
        if line and measure.width(longer, 'facts') > room:
            lines.append(line)
            longer = fact
        line = longer
    return lines + measure.wrap(line, 'facts', room)


def _heads(self, y):
    picture = self.picture
    for keys, words in (((APP, LIB, STACK), 'this machine'), (None, 'other machines')):
        ours = [k for k in self.x if (k in keys if keys else k not in (APP, LIB, STACK))]
        if not ours:
            continue
        halves = {p[0]: _head_width(p) / 2 for p in picture.participants}
        left, right = self.x[ours[0]] - halves[ours[0]], self.x[ours[-1]] + halves[ours[-1]]
        if APP not in self.x and keys:
            words = 'who calls'
        elif picture.both:
            words = 'the machine that calls' if keys else 'the machine that answers'
        elif keys is None and len(ours) == 1:
            words = 'the other machine'
        self.groups.append((left, right, y + 18, Text(
            (left + right) / 2, y + 12, 'group', words, 'middle')))
    self.head_y = y + GROUP_H
    for key, name, address in picture.participants:
        half, at = _head_width((key, name, address)) / 2, self.x[key]
        texts = [Text(at, self.head_y + (19 if address else 27), 'head', name, 'middle')]
        if address:
            texts.append(Text(at, self.head_y + 35, 'sub', address, 'middle'))
        self.heads.append((key, (at - half, self.head_y, at + half, self.head_y + HEAD_H), texts))
    self.heads.append(('', None, [Text(self.time_x, self.head_y + 27, 'time', 'ms', 'end')]))
    return self.head_y + HEAD_H + 6


# --- rows ----------------------------------------------------------------------------------------

def _place(self, row, y):
    kinds = {'heading': _place_heading, 'pause': _place_pause, 'fold': _place_band,
             'check': _place_band, 'note': _place_note, 'self': _place_self, 'state': _place_state}
    placed = kinds.get(row.kind, _place_arrow)(self, row, y)
    time = time_text(row)
    if time:
        placed.texts.append(Text(self.time_x, placed.line_y + 4, 'time', time, 'end'))
    if row.kind != 'state':
        placed.chips = tuple(_chip(self, at, state, placed.line_y) for at, state in row.states)
    return placed


def _stack_lines(lines, x, y, anchor):
    """Texts one under the other, the first base line a line below y; and where they end."""
    texts = []
    for text, cls in lines:
        y += LINE[cls]
        texts.append(Text(x, y - 4, cls, text, anchor))
    return texts, y


def _place_arrow(self, row, y):
    source, target = self.x[row.source], self.x[row.target]
    middle = (source + target) / 2
    if {row.source, row.target} == {APP, SERVER}:
        middle = (self.x[STACK] + self.x[SERVER]) / 2
    texts, end = _stack_lines(_lines(row), middle, y + 5, 'middle')
    line_y = end + (8 if row.kind == 'data' else 4)
    if row.fate == 'lost':
        at, ahead = lost_at(source, target)
        texts.append(Text(at + ahead * 14, line_y + 4, 'fate', 'no answer',
                          'start' if ahead > 0 else 'end'))
    return Placed(row, y, line_y + (13 if row.kind == 'data' else 10) - y, line_y, texts)


def lost_at(source, target):
    """Where an arrow ends that does not arrive, and its direction: beyond everybody in between."""
    ahead = 1 if target > source else -1
    return target - ahead * min(LOST_SHORT, abs(target - source) * 0.6), ahead


def _place_self(self, row, y):
    at, left = self.x[row.source], _is_last(self, row.source)
    x = at + (-1 if left else 1) * (LOOP_W + 12)
    texts, end = _stack_lines(_lines(row), x, y + 9, 'end' if left else 'start')
    line_y = y + 20
    return Placed(row, y, max(end, line_y + LOOP_H) + 10 - y, line_y, texts)


def _is_last(self, key):
    return list(self.x)[-1] == key and len(self.x) > 1


def _place_note(self, row, y):
    at, left = self.x[row.source], _is_last(self, row.source)
    lines = _lines(row)
    wide = max(measure.width(text, cls) for text, cls in lines) + 20 + (
        18 if row.tone in ('bad', 'warn') else 0)
    x = at - 14 - wide if left else at + 14
    texts, end = _stack_lines(lines, x + wide - 10 if left else x + wide - 10 - max(
        measure.width(text, cls) for text, cls in lines), y + 8, 'end' if left else 'start')
    box = (x, y + 5, x + wide, end + 5)
    return Placed(row, y, end + 10 - y, (box[1] + box[3]) / 2, texts, box)


def _place_state(self, row, y):
    (_, state), = row.states
    at = self.x[row.source]
    wide = measure.width(state, 'chip') + 14
    box = (at - wide / 2, y + 5, at + wide / 2, y + 23)
    return Placed(row, y, 28, y + 14, [], (), ((box, Text(at, y + 17.8, 'chip', state, 'middle')),))


def _chip(self, key, state, line_y):
    """Beside the lifeline, on the side that packets do not use."""
    wide, ahead = measure.width(state, 'chip') + 14, 1 if _is_last(self, key) else -1
    near = self.x[key] + ahead * (BADGE_R + 6)
    left, right = sorted((near, near + ahead * wide))
    return ((left, line_y - 9, right, line_y + 9),
            Text((left + right) / 2, line_y + 3.8, 'chip', state, 'middle'))


def _place_heading(self, row, y):
    texts = [Text(PAD + 10, y + 27, 'heading', _capital(row.words))]
    x = texts[0].box()[2] + 12
    sentence = ' - '.join(row.values)
    lines = measure.wrap(sentence, 'sentence', self.width - PAD - 10 - x) if sentence else []
    for number, line in enumerate(lines):
        texts.append(Text(x, y + 27 + 16 * number, 'sentence', line))
    high = 26 + 16 * max(len(lines) - 1, 0)
    box = (PAD, y + 10, self.width - PAD, y + 10 + high)
    return Placed(row, y, high + 16, y + 23, texts, box)


def _capital(text):
    return text[:1].upper() + text[1:]


def _place_pause(self, row, y):
    keys = list(self.x)
    where = keys.index(STACK)
    at = (self.x[keys[where]] + self.x[keys[min(where + 1, len(keys) - 1)]]) / 2
    wide = measure.width(row.words, 'pause') + 28
    at = max(at, self.x[STACK] + wide / 2 + 16)
    box = (at - wide / 2, y + 8, at + wide / 2, y + 30)
    return Placed(row, y, 38, y + 19, [Text(at, y + 23, 'pause', row.words, 'middle')], box)


def _place_band(self, row, y):
    """A band across: the end of one of several requests, or what was left out."""
    left = self.time_x + 12
    x = left + (46 if row.kind == 'check' else 14)
    room = self.width - PAD - 12 - x
    texts, end = [], y + 8
    for text, cls in ([(row.words, 'words' if row.kind == 'check' else 'fold')]
                      + [(value, 'values') for value in row.values]):
        for line in measure.wrap(text, cls, room):
            end += 16
            texts.append(Text(x, end - 2, cls, line))
    box = (left, y + 5, self.width - PAD, end + 6)
    return Placed(row, y, end + 12 - y, (box[1] + box[3]) / 2, texts, box)


# --- the end -------------------------------------------------------------------------------------

def _bottom(self, y):
    """The verdict across all columns."""
    verdict = self.picture.verdict
    lines = measure.wrap(verdict.said, 'said', self.width - 2 * PAD - 78)
    texts = [Text(PAD + 54, y + 26, 'verdict', badge_text(verdict))]
    texts += [Text(PAD + 54, y + 46 + 17 * n, 'said', line) for n, line in enumerate(lines)]
    box = (PAD, y, self.width - PAD, y + 42 + 17 * len(lines))
    self.verdict = (box, texts)
    return box[3] + 14


LEGEND = (('step', 'step of the connection'), ('call', 'call'), ('return', 'return'),
          ('wire', 'packet'), ('helper', 'ARP, DNS, DHCP'), ('data', 'many packets, summarised'),
          ('lost', 'no answer'), ('state', 'TCP state from here on'), ('pause', 'time left out'))


def _legend(self, y):
    """The signs that this picture uses, in as many lines as they need."""
    used = _used(self.picture.rows)
    x, line_y = PAD, y + 10
    for kind, words in LEGEND:
        if kind not in used:
            continue
        wide = 46 + measure.width(words, 'legend') + 22
        if x + wide > self.width - PAD + 22 and x > PAD:
            x, line_y = PAD, line_y + 22
        self.legend.append((x, line_y, kind, Text(x + 46, line_y + 4, 'legend', words)))
        x += wide
    note = 'Time runs downwards, not to scale; at the left, milliseconds since the kernel began.'
    steps = {row.step for row in self.picture.rows if row.kind != 'ghost'}
    if 12 in steps and 9 not in steps:
        note += ' Steps 9 to 11 happen inside the web server, where only its own log sees them.'
    if self.picture.both:
        note += " ~: the server's clock, converted."
    for line in measure.wrap(note, 'legend', self.width - 2 * PAD):
        line_y += 22
        self.legend.append((PAD, line_y, '', Text(PAD, line_y + 4, 'legend', line)))
    return line_y + 10


def _used(rows):
    used = {row.kind for row in rows if row.tone != 'helper'}
    used |= {'step' for row in rows if row.step} | {'lost' for row in rows if row.fate == 'lost'}
    used |= {'state' for row in rows if row.states}
    return used | {'helper' for row in rows if row.kind == 'wire' and row.tone == 'helper'}
