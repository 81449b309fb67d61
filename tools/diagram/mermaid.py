# SPDX-License-Identifier: MIT
"""The picture as Mermaid text (sequenceDiagram), for pages that draw such blocks themselves.

A message ends at a line end, ';' and '#' begin comments and entities, and Mermaid knows HTML: of a
value only what is harmless stands as it is, all else as #NN; (its own escape).
"""

import re

from .layout import badge_text, time_text

ARROWS = {'call': '->>', 'return': '-->>', 'wire': '->>', 'data': '->>', 'self': '->>',
          'ghost': '--x'}
HARMLESS = set(' .,:=/_?+()[]~\'-')
_END = re.compile(r'\bend\b', re.I)  # a word that closes Mermaid's blocks


def words(text):
    out = ''.join(c if c.isalnum() and c.isascii() or c in HARMLESS else f'#{ord(c)};' for c in text)
    return _END.sub(lambda m: f'{m.group()[0]}#{ord(m.group()[1])};{m.group()[2]}', out)


def render(picture):
    lines = ['sequenceDiagram']
    for key, name, address in picture.participants:
        lines.append(f'    participant {_id(key)} as {words(name)}'
                     + (f'<br/>{words(address)}' if address else ''))
    ends = [_id(picture.participants[0][0]), _id(picture.participants[-1][0])]
    over = ','.join(dict.fromkeys(ends))
    lines.append(f'    Note over {over}: {words(picture.title)}')
    for row in picture.rows:
        lines += _row(row, over)
    verdict = picture.verdict
    lines.append(f'    Note over {over}: {words(badge_text(verdict))}: {words(verdict.said)}')
    return '\n'.join(lines) + '\n'


def _id(key):
    return f'p_{key}'  # no participant may be called what Mermaid has a meaning for ("end")


def _row(row, over):
    text = '<br/>'.join(map(words, [row.words, *row.values]))
    if row.kind in ('heading', 'pause', 'fold', 'check'):
        mark = '... ' if row.kind == 'pause' else ''
        return [f'    Note over {over}: {mark}{text}']
    if row.kind in ('note', 'state'):
        return [f'    Note over {_id(row.source)}: {text}']
    step = f'{row.step}. ' if row.step else ''
    arrow = ARROWS[row.kind]
    if row.tone == 'helper':
        arrow = '--)'
    if row.fate == 'lost' or (row.tone == 'bad' and row.kind == 'wire'):
        arrow = '-x'
        text += ' (no answer)' if row.fate == 'lost' else ''
    time = time_text(row)
    lines = [f'    {_id(row.source)}{arrow}{_id(row.target)}: {step}{text}'
             + (f' [{words(time)} ms]' if time else '')]
    return lines + [f'    Note over {_id(key)}: {words(state)}' for key, state in row.states]
