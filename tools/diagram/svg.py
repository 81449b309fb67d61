# SPDX-License-Identifier: MIT
"""The picture as SVG: self-contained, light and dark, black on white when printed.

Colours are classes, not variables, so that programs that make slides understand them.  Everything
that is not this file's own text goes through esc().  body() and head() are also what html.py is
made of.
"""

import html

import dialtone_log

from . import measure
from .layout import BADGE_R, HEAD_H, LOOP_H, LOOP_W, PAD, layout, lost_at

SANS = "'Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif"
MONO = "ui-monospace,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace"

LIGHT = {'paper': '#ffffff', 'band': '#f1f4f8', 'ink': '#16202b', 'muted': '#556270',
         'life': '#aab4c0', 'head': '#e4ebf3', 'rim': '#8796a8', 'wire': '#0a58b5',
         'helper': '#6a3fb0', 'bad': '#b3141f', 'badbg': '#fdeceb', 'warn': '#8a5200',
         'warnbg': '#fff4dd', 'good': '#146b32', 'goodbg': '#e7f5ea', 'databg': '#d3e4f8'}
DARK = {'paper': '#11161c', 'band': '#1b232d', 'ink': '#e7edf4', 'muted': '#9fadbc',
        'life': '#4a5766', 'head': '#243140', 'rim': '#6d7f93', 'wire': '#6db3ff',
        'helper': '#c3a5f7', 'bad': '#ff8f87', 'badbg': '#3a1b1c', 'warn': '#f0b95c',
        'warnbg': '#382a12', 'good': '#74d48f', 'goodbg': '#15301e', 'databg': '#1d3d61'}
PRINT = dict.fromkeys(LIGHT, '#000000') | {
    'paper': '#ffffff', 'band': '#ffffff', 'head': '#ffffff', 'badbg': '#ffffff',
    'warnbg': '#ffffff', 'goodbg': '#ffffff', 'databg': '#ffffff', 'life': '#777777'}

COLOURS = """
.dt text{{fill:{ink}}}
.dt .bg,.dt .pill{{fill:{paper}}} .dt .band{{fill:{band}}}
.dt .halo{{stroke:{paper}}}
.dt .t-facts,.dt .t-group,.dt .t-sub,.dt .t-values,.dt .t-time,.dt .t-sentence,.dt .t-pause,
.dt .t-fold,.dt .t-legend{{fill:{muted}}}
.dt .life,.dt .zig,.dt .rule{{stroke:{life}}}
.dt .headbox{{fill:{head};stroke:{rim}}} .dt .chip{{fill:{paper};stroke:{rim}}}
.dt .pill{{stroke:{life}}} .dt .foldbox{{fill:{paper};stroke:{rim}}}
.dt .k-call,.dt .k-return,.dt .k-self{{stroke:{ink}}}
.dt .f-call,.dt .f-return,.dt .f-self{{fill:{ink}}}
.dt .k-wire,.dt .k-data{{stroke:{wire}}} .dt .f-wire{{fill:{wire}}} .dt .f-data{{fill:{databg}}}
.dt .k-helper{{stroke:{helper}}} .dt .f-helper{{fill:{helper}}}
.dt .k-warn{{stroke:{warn}}} .dt .f-warn{{fill:{warn}}}
.dt .k-bad,.dt .cross{{stroke:{bad}}} .dt .f-bad,.dt .t-fate,.dt .t-ghost{{fill:{bad}}}
.dt .k-good{{stroke:{good}}} .dt .f-good{{fill:{good}}}
.dt .b-bad{{fill:{badbg};stroke:{bad}}} .dt .b-warn{{fill:{warnbg};stroke:{warn}}}
.dt .b-good{{fill:{goodbg};stroke:{good}}} .dt .b-helper,.dt .b-{{fill:{band};stroke:{rim}}}
.dt .badge{{fill:{ink}}} .dt .t-badge{{fill:{paper}}} .dt .hollow{{fill:{paper};stroke:{bad}}}
.dt .t-badge.bad{{fill:{bad}}} .dt .mark{{stroke:{paper}}}
"""

SHAPES = f"""
.dt text{{font-family:{SANS};font-size:12px}}
.dt .t-sub,.dt .t-values,.dt .t-time,.dt .t-chip{{font-family:{MONO}}}
.dt .halo{{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}}
.dt .life,.dt .rule{{stroke-width:1.2}} .dt .zig{{stroke-width:1.4;fill:none}}
.dt .headbox{{stroke-width:1.2}}
.dt .line{{stroke-width:1.5;fill:none}} .dt .line.k-wire,.dt .line.k-bad{{stroke-width:2.2}}
.dt .line.k-return{{stroke-dasharray:6 4}} .dt .line.k-helper{{stroke-dasharray:2 3}} .dt .line.solid{{stroke-dasharray:none}}
.dt .line.bold{{stroke-width:2.4}}
.dt .line.ghostline{{stroke-dasharray:2 6;stroke-width:1.5}}
.dt .cross{{stroke-width:2.6;fill:none;stroke-linecap:round}}
.dt .mark{{fill:none;stroke-linecap:round;stroke-linejoin:round}}
.dt .foldbox{{stroke-dasharray:5 4}} .dt .hollow{{stroke-dasharray:3 2}}
.dt .b-bad,.dt .b-good,.dt .b-unknown{{stroke-width:1.6}} .dt .b-unknown{{stroke-dasharray:6 4}}
.dt .hit{{fill:transparent}} .dt .hit:hover{{fill:#7f8fa6;fill-opacity:.12}}
""" + ''.join(f'.dt .t-{cls}{{font-size:{size}px}}' + (
    f'.dt .t-{cls}{{font-weight:700}}' if table is measure.FONTS['words'][0] else '')
    for cls, (table, size) in measure.FONTS.items()) + '\n.dt .t-ghost,.dt .t-pause{font-style:italic}.dt .t-badge.small{font-size:9px}'


def style():
    return (SHAPES + COLOURS.format(**LIGHT)
            + '@media (prefers-color-scheme:dark){' + COLOURS.format(**DARK) + '}'
            + '@media print{' + COLOURS.format(**PRINT) + '}')


def esc(text):
    return html.escape(dialtone_log.printable_lines(text), quote=True)


def num(value):
    return f'{value:.1f}'.rstrip('0').rstrip('.')


def render(picture):
    """The whole file."""
    lay = layout(picture)
    size = f'width="{num(lay.width)}" height="{num(lay.height)}"'
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dt" role="img" {size} '
        f'viewBox="0 0 {num(lay.width)} {num(lay.height)}" aria-labelledby="dt-title dt-desc">',
        f'<title id="dt-title">{esc(picture.title)}: {esc(picture.verdict.words)}</title>',
        f'<desc id="dt-desc">{esc(describe(picture))}</desc>',
        f'<style>{style()}</style>',
        f'<rect class="bg" width="{num(lay.width)}" height="{num(lay.height)}"/>',
        *title(lay), *heads(lay), *body(lay, lay.placed, lay.body_y, lay.body_end), *foot(lay), '</svg>', ''])


def describe(picture):
    names = ', '.join(name for _, name, _ in picture.participants)
    return f'Sequence diagram of a run of dialtone between {names}. {picture.verdict.said}.'


# --- parts ---------------------------------------------------------------------------------------

def title(lay):
    """What was called, and how it went."""
    return [*map(text, lay.top), *badge(lay)]


def heads(lay):
    """The participants."""
    out = []
    for left, right, y, words in lay.groups:
        out += [text(words), f'<path class="rule" fill="none" d="M{num(left)} {num(y + 6)}v-5H{num(right)}v5"/>']
    for _, box, texts in lay.heads:
        out += [rect(box, 'headbox', 6) if box else '', *map(text, texts)]
    bottom = lay.head_y + HEAD_H
    return out + [f'<path class="life" d="M{num(x)} {num(bottom)}V{num(lay.body_y)}"/>'
                  for x in lay.x.values()]


def body(lay, placed, top, bottom, wrap=None):
    """The rows, and the lifelines from top to bottom behind them; wrap(placed, parts) makes a
    row's group."""
    out = _lifelines(lay, placed, top, bottom)
    for each in placed:
        parts = _row(lay, each)
        out += (wrap or _group)(each, parts)
    return out


def foot(lay):
    box, texts = lay.verdict
    out = [_verdict_shape(lay.picture.verdict, box), *_icon(lay.picture.verdict, box[0] + 28, box[1] + 21, 12),
           *map(text, texts)]
    for x, y, kind, words in lay.legend:
        out += [*_sample(kind, x, y), text(words)]
    return out


def _group(placed, parts):
    """A row with its tooltip."""
    tip = tooltip(placed.row)
    return ['<g>', f'<title>{esc(tip)}</title>' if tip else '', *parts, '</g>']


def tooltip(row):
    lines = []
    for name, fields in row.details():
        lines += [name, *(f'  {key}: {value}' for key, value in fields)]
    return '\n'.join(lines)


def text(t, more=''):
    anchor = '' if t.anchor == 'start' else f' text-anchor="{t.anchor}"'
    return (f'<text class="t-{t.cls}{more}" x="{num(t.x)}" y="{num(t.y)}"{anchor}>{esc(t.text)}</text>')


def rect(box, cls, radius=0):
    left, top, right, bottom = box
    return (f'<rect class="{cls}" x="{num(left)}" y="{num(top)}" width="{num(right - left)}" '
            f'height="{num(bottom - top)}"' + (f' rx="{num(radius)}"' if radius else '') + '/>')


def _lifelines(lay, placed, top, bottom):
    """From top to bottom, interrupted where time was left out and behind bands."""
    cuts = [(p.y + 3, p.y + p.height - 3) for p in placed if p.row.kind == 'pause']
    out = []
    for x in lay.x.values():
        y = top
        for start, end in [*cuts, (bottom, bottom)]:
            out.append(f'<path class="life" d="M{num(x)} {num(y)}V{num(start)}"/>')
            if end > start:
                mid = (start + end) / 2
                out.append(f'<path class="zig" d="M{num(x)} {num(start)}V{num(mid - 7)}l6 3-12 8 6 3V{num(end)}"/>')
            y = end
    return out


def _row(lay, placed):
    kinds = {'heading': _heading, 'pause': _pause, 'fold': _fold, 'check': _check, 'note': _note,
             'self': _self, 'state': lambda *_: [], 'data': _data, 'ghost': _ghost}
    parts = kinds.get(placed.row.kind, _arrow)(lay, placed)
    for box, words in placed.chips:
        parts += [rect(box, 'chip', 9), text(words)]
    loose = placed.row.kind not in ('heading', 'note', 'fold', 'check', 'pause')
    parts += [text(t, ' halo' if loose and t.cls not in ('time',) else '') for t in placed.texts]
    if placed.row.step:
        parts += _step(lay, placed)
    return [_hit(lay, placed), *parts]


def _hit(lay, placed):
    return rect((PAD - 10, placed.y + 1, lay.width - PAD + 10,
                 placed.y + placed.height - 1), 'hit', 4)


def _step(lay, placed):
    x, y = lay.x[placed.row.source], placed.line_y
    ghost = placed.row.kind == 'ghost'
    return [f'<circle class="{"hollow" if ghost else "badge"}" cx="{num(x)}" cy="{num(y)}" r="{BADGE_R}"/>',
            f'<text class="t-badge{" bad" if ghost else ""}" x="{num(x)}" y="{num(y + 4)}" '
            f'text-anchor="middle">{placed.row.step}</text>']


def _tone(row):
    return row.tone if row.tone in ('helper', 'warn', 'bad') else row.kind


def _arrow(lay, placed):
    row, y = placed.row, placed.line_y
    source, target, tone = lay.x[row.source], lay.x[row.target], _tone(row)
    ahead = 1 if target > source else -1
    if row.fate == 'lost':
        at, ahead = lost_at(source, target)
        return [f'<path class="line k-{tone}" d="M{num(source)} {num(y)}H{num(at - ahead * 6)}"/>',
                _cross(at, y, 6)]
    return [f'<path class="line k-{tone}" d="M{num(source)} {num(y)}H{num(target - ahead * 9)}"/>',
            _head(target, y, ahead, tone, row.kind == 'return'),
            *([f'<path class="cross" d="M{num(target - ahead * 16)} {num(y - 7)}v14"/>']
              if tone == 'bad' else [])]


def _head(x, y, ahead, tone, is_open=False):
    back = -ahead
    if is_open:
        return (f'<path class="line k-{tone} solid" '
                f'd="M{num(x + back * 10)} {num(y - 5)}L{num(x + back)} {num(y)}l{num(back * 9)} 5"/>')
    return (f'<path class="f-{tone}" d="M{num(x)} {num(y)}l{num(back * 11)}-5v10z"/>')


def _cross(x, y, r):
    return (f'<path class="cross" d="M{num(x - r)} {num(y - r)}l{2 * r} {2 * r}m0-{2 * r}l-{2 * r} {2 * r}"/>')


def _self(lay, placed):
    x, y = lay.x[placed.row.source], placed.line_y
    ahead = -1 if list(lay.x)[-1] == placed.row.source and len(lay.x) > 1 else 1
    tone = _tone(placed.row)
    return [f'<path class="line k-{tone}" d="M{num(x)} {num(y)}h{num(ahead * LOOP_W)}v{LOOP_H}'
            f'h{num(-ahead * (LOOP_W - 9))}"/>',
            _head(x, y + LOOP_H, -ahead, tone)]


def _data(lay, placed):
    row, y = placed.row, placed.line_y
    source, target = lay.x[row.source], lay.x[row.target]
    ahead = 1 if target > source else -1
    neck = target - ahead * 15
    return [f'<path class="f-data k-data" stroke-width="1.4" d="M{num(source)} {num(y - 4)}H{num(neck)}v-4'
            f'L{num(target)} {num(y)}L{num(neck)} {num(y + 8)}v-4H{num(source)}z"/>']


def _ghost(lay, placed):
    row, y = placed.row, placed.line_y
    source, target = lay.x[row.source], lay.x[row.target]
    return [f'<path class="line ghostline k-bad" d="M{num(source)} {num(y)}H{num(target)}"/>',
            _cross((source + target) / 2, y, 6)]


def _note(lay, placed):
    row, box = placed.row, placed.box
    x = lay.x[row.source]
    near = box[0] if box[0] > x else box[2]
    parts = [f'<path class="rule" d="M{num(x)} {num(placed.line_y)}H{num(near)}"/>',
             rect(box, f'b-{row.tone}', 3),
             f'<circle class="f-{row.tone if row.tone in ("bad", "warn") else "self"}" cx="{num(x)}" '
             f'cy="{num(placed.line_y)}" r="3"/>']
    if row.tone == 'bad':
        parts.append(_cross(box[0] + 14, (box[1] + box[3]) / 2, 4))
    elif row.tone == 'warn':
        mid = (box[1] + box[3]) / 2
        parts.append(f'<path class="line k-warn bold" d="M{num(box[0] + 14)} {num(mid - 5)}v6m0 3.4v1.6" '
                     '/>')
    return parts


def _heading(_lay, placed):
    return [rect(placed.box, 'band', 4)]


def _pause(_lay, placed):
    return [rect(placed.box, 'pill', 11)]


def _fold(_lay, placed):
    return [rect(placed.box, 'foldbox', 4)]


def _check(lay, placed):
    good = placed.row.tone == 'good'
    x = placed.texts[0].x - 22
    return [rect(placed.box, 'b-good' if good else 'b-bad', 14 if good else 0),
            *_sign(good, x, placed.line_y, 8)]


# --- the verdict ---------------------------------------------------------------------------------

def badge(lay):
    box, words = lay.badge
    return [_verdict_shape(lay.picture.verdict, box),
            *_icon(lay.picture.verdict, box[0] + 22, (box[1] + box[3]) / 2, 10), text(words)]


def _verdict_shape(verdict, box):
    """Round where the call worked, with cut corners where it did not, dashed where nobody knows."""
    if verdict.ok:
        return rect(box, 'b-good', 18)
    if verdict.ok is None:
        return rect(box, 'b- b-unknown')
    left, top, right, bottom = box
    cut = 11
    return (f'<path class="b-bad" d="M{num(left + cut)} {num(top)}H{num(right - cut)}L{num(right)} {num(top + cut)}'
            f'V{num(bottom - cut)}L{num(right - cut)} {num(bottom)}H{num(left + cut)}L{num(left)} {num(bottom - cut)}'
            f'V{num(top + cut)}z"/>')


def _icon(verdict, x, y, r):
    if verdict.ok is None:
        return [f'<circle class="chip" cx="{num(x)}" cy="{num(y)}" r="{r}"/>',
                f'<text class="t-head" x="{num(x)}" y="{num(y + 5)}" text-anchor="middle">?</text>']
    return _sign(verdict.ok, x, y, r)


def _sign(ok, x, y, r):
    """A tick in a circle, or a cross in an octagon."""
    if ok:
        return [f'<circle class="f-good" cx="{num(x)}" cy="{num(y)}" r="{r}"/>',
                f'<path class="mark" stroke-width="{num(r * .24)}" d="M{num(x - r * .5)} {num(y)}l{num(r * .36)} {num(r * .4)} '
                f'{num(r * .62)}-{num(r * .74)}"/>']
    a, b = r, r * .414
    return [f'<path class="f-bad" d="M{num(x - b)} {num(y - a)}h{num(2 * b)}l{num(a - b)} {num(a - b)}v{num(2 * b)}'
            f'l-{num(a - b)} {num(a - b)}h-{num(2 * b)}l-{num(a - b)}-{num(a - b)}v-{num(2 * b)}z"/>',
            f'<path class="mark" stroke-width="{num(r * .24)}" d="M{num(x - r * .38)} {num(y - r * .38)}l{num(r * .76)} {num(r * .76)}'
            f'm0-{num(r * .76)}l-{num(r * .76)} {num(r * .76)}"/>']


# --- the legend ----------------------------------------------------------------------------------

def _sample(kind, x, y):
    """A little of what the words beside it name."""
    end = x + 36
    if kind == 'step':
        return [f'<circle class="badge" cx="{num(x + 24)}" cy="{num(y)}" r="8"/>',
                f'<text class="t-badge small" x="{num(x + 24)}" y="{num(y + 3.2)}" text-anchor="middle">1</text>']
    if kind == 'state':
        return [rect((x + 4, y - 7, end, y + 7), 'chip', 7)]
    if kind == 'pause':
        return [f'<path class="zig" d="M{num(x + 24)} {num(y - 9)}v3l6 3-12 6 6 3v3"/>']
    if kind == 'data':
        return [f'<path class="f-data k-data" stroke-width="1.2" d="M{num(x)} {num(y - 3)}h24v-3l12 6-12 6v-3h-24z"/>']
    if kind == 'lost':
        return [f'<path class="line k-wire" d="M{num(x)} {num(y)}h18"/>', _cross(x + 26, y, 5)]
    if kind in ('call', 'return', 'wire', 'helper'):
        return [f'<path class="line k-{kind}" d="M{num(x)} {num(y)}H{num(end - 9)}"/>',
                _head(end, y, 1, kind, kind == 'return')]
    return []
