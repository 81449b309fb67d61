# SPDX-License-Identifier: MIT
"""The picture as one HTML file: the SVG in strips that a printer may part, and a panel that shows
the decoded header of the arrow that is pointed at or has the focus.

Nothing is fetched, and the page forbids itself to (its Content-Security-Policy names the hashes of
its own style and script).  What servers said is in the SVG's texts, escaped, and in a block of JSON
that can hold no tag; the script writes it with textContent only.  Without a script the picture and
the table behind it say the same.
"""

import base64
import hashlib
import json

from . import layout, svg
from .svg import esc, num

STRIP_H = 640  # pixels of one strip

PAGE_STYLE = """
*{box-sizing:border-box}
html{color-scheme:light dark}
body{margin:0;background:#fff;color:#16202b;font:14px/1.45 %(sans)s}
main{display:grid;grid-template-columns:minmax(0,1fr);justify-content:center;padding:8px}
.strips{min-width:0;width:100%%;margin:0 auto}
.strips svg{display:block;width:100%%;height:auto}
.heads{position:sticky;top:0;z-index:1;background:#fff}
.off{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%%);white-space:nowrap}
g[role=button]{cursor:help;outline:none}
g[role=button]:focus-visible .hit,g.on .hit{fill:#0a58b5;fill-opacity:.1;stroke:#0a58b5}
aside{position:fixed;left:0;right:0;bottom:0;max-height:45vh;overflow:auto;z-index:2;
 background:#f1f4f8;border-top:1px solid #8796a8;padding:12px 18px;overflow-wrap:anywhere}
aside[hidden]{display:none}
aside h2{font-size:15px;margin:0 0 2px} aside h3{font-size:12.5px;margin:12px 0 2px}
aside p{margin:0 0 4px} aside dl{display:grid;grid-template-columns:minmax(110px,auto) 1fr;margin:0;gap:1px 12px}
aside dt{color:#556270} aside dd,aside .m{margin:0;font:12px/1.5 %(mono)s}
details{margin:10px auto 30px;width:100%%;padding:0 26px} summary{cursor:pointer}
.scroll{overflow-x:auto} table{border-collapse:collapse;font-size:12.5px}
th,td{text-align:left;vertical-align:top;padding:3px 12px 3px 0;border-bottom:1px solid #c9d2dc;overflow-wrap:anywhere}
.hint{padding:0 26px;color:#556270;font-size:12.5px;margin:4px auto;width:100%%}
@media (min-width:1320px){
 main{grid-template-columns:minmax(0,max-content) 380px;gap:16px}
 aside,aside[hidden]{display:block;position:sticky;top:8px;max-height:calc(100vh - 16px);border:1px solid #8796a8;border-radius:8px;align-self:start}
}
@media (prefers-color-scheme:dark){
 body,.heads{background:#11161c;color:#e7edf4} aside{background:#1b232d}
 aside dt,.hint{color:#9fadbc} th,td{border-color:#4a5766}
 g[role=button]:focus-visible .hit,g.on .hit{fill:#6db3ff;stroke:#6db3ff}
}
@media print{
 body,.heads{background:#fff;color:#000} aside,aside[hidden],.hint,details{display:none}
 main{display:block;padding:0} .heads{position:static} .strips svg{break-inside:avoid}
 g.on .hit{fill:transparent;stroke:none}
 @page{margin:10mm}
}
""" % {'sans': svg.SANS, 'mono': svg.MONO}

SCRIPT = """
(function () {
  'use strict';
  var rows = JSON.parse(document.getElementById('rows').textContent);
  var panel = document.getElementById('panel');
  var groups = Array.prototype.slice.call(document.querySelectorAll('g[data-row]'));
  var pinned = null;

  function add(parent, tag, text, cls) {
    var node = document.createElement(tag);
    if (cls) node.className = cls;
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  function show(group) {
    var row = rows[group.getAttribute('data-row')];
    groups.forEach(function (g) { g.classList.toggle('on', g === group); });
    panel.textContent = '';
    add(panel, 'h2', row.title);
    add(panel, 'p', row.where);
    row.values.forEach(function (value) { add(panel, 'p', value, 'm'); });
    row.groups.forEach(function (each) {
      add(panel, 'h3', each[0]);
      var list = add(panel, 'dl');
      each[1].forEach(function (field) { add(list, 'dt', field[0]); add(list, 'dd', field[1]); });
    });
    panel.hidden = false;
  }

  function focus(index) {
    var group = groups[Math.max(0, Math.min(groups.length - 1, index))];
    groups.forEach(function (g) { g.setAttribute('tabindex', g === group ? '0' : '-1'); });
    group.focus();
  }

  groups.forEach(function (group, index) {
    group.addEventListener('mouseenter', function () { if (!pinned) show(group); });
    group.addEventListener('focus', function () { show(group); });
    group.addEventListener('click', function () {
      pinned = pinned === group ? null : group;
      focus(index);
      show(group);
    });
    group.addEventListener('keydown', function (event) {
      var to = {ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: groups.length - 1}[event.key];
      if (to !== undefined) { event.preventDefault(); pinned = null; focus(to); }
    });
  });
  document.addEventListener('keydown', function (event) {
    if (event.key !== 'Escape') return;
    pinned = null;
    panel.hidden = true;
    groups.forEach(function (g) { g.classList.remove('on'); });
  });
})();
"""


def render(picture):
    lay = layout.layout(picture)
    numbers = {id(p): n for n, p in enumerate(p for p in lay.placed if p.row.kind != 'heading')}
    style = svg.style() + PAGE_STYLE + (
        f'.strips,details,.hint{{max-width:{num(lay.width)}px}}'
        f'@media (min-width:1320px){{.strips{{width:{num(lay.width)}px;max-width:100%}}}}')
    return '\n'.join([
        '<!DOCTYPE html>', '<html lang="en">', '<head>', '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<link rel="icon" href="data:,">',
        f'<title>{esc(picture.title)}: {esc(picture.verdict.words)}</title>',
        f'<style>{style}</style>', '</head>', '<body>',
        f'<h1 class="off">{esc(picture.title)}: {esc(layout.badge_text(picture.verdict))}</h1>',
        f'<p class="off">{esc(svg.describe(picture))}</p>',
        '<main>', '<div class="strips">', *_strips(lay, numbers), '</div>',
        '<aside id="panel" aria-live="polite" aria-label="details" hidden>'
        '<p>Point at an arrow: its values and the header that was on the wire.</p></aside>',
        '</main>', *_table(picture),
        f'<script type="application/json" id="rows">{_json(lay, numbers)}</script>',
        f'<script>{SCRIPT}</script>', '</body>', '</html>', ''])


def _policy(style):
    return ("default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
            f"style-src {_hash(style)}; script-src {_hash(SCRIPT)}")


def _hash(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _strips(lay, numbers):
    """The picture in pieces one under the other; the heads stay in sight."""
    out = _strip(lay, 0, lay.top_end, svg.title(lay), '', 'aria-hidden="true"')
    out += _strip(lay, lay.top_end, lay.body_y, svg.heads(lay), 'heads')
    top, rows = lay.body_y, []
    for each in [*lay.placed, None]:
        if rows and (each is None or each.y + each.height - top > STRIP_H):
            end = each.y if each else lay.body_end
            out += _strip(lay, top, end, svg.body(lay, rows, top, end, _wrapper(lay, numbers)))
            top, rows = end, []
        if each:
            rows.append(each)
    return out + _strip(lay, lay.body_end, lay.height, svg.foot(lay)) + [
        '<p class="hint">Point at an arrow, or walk through them with Tab and the arrow keys: each '
        'shows its values and its decoded header. Escape closes that.</p>']


def _strip(lay, top, bottom, parts, cls='', more=''):
    box = f'0 {num(top)} {num(lay.width)} {num(bottom - top)}'
    opened = f'<svg class="dt" viewBox="{box}" {more}>' + \
        svg.rect((0, top, lay.width, bottom), 'bg')
    lines = [opened, *parts, '</svg>']
    return ([f'<div class="{cls}">', *lines, '</div>'] if cls else lines)


def _wrapper(lay, numbers):
    def wrap(placed, parts):
        if id(placed) not in numbers:
            return ['<g>', *parts, '</g>']
        number = numbers[id(placed)]
        return [f'<g role="button" tabindex="{0 if number == 0 else -1}" data-row="{number}" '
                f'aria-label="{esc(_label(lay, placed.row))}">', *parts, '</g>']
    return wrap


def _where(lay, row):
    names = {key: name for key, name, _ in lay.picture.participants}
    ends = [names[end] for end in (row.source, row.target) if end in names]
    where = ' to '.join(dict.fromkeys(ends))
    time = layout.time_text(row)
    return ', '.join(part for part in (where, f'{time} ms' if time else '',
                                       f'connection {row.conn}' if row.conn is not None else '') if part)


def _label(lay, row):
    step = f'step {row.step}: ' if row.step else ''
    lost = ', no answer' if row.fate == 'lost' else ''
    return f'{step}{row.words}{lost}; {_where(lay, row)}'


def _json(lay, numbers):
    rows = []
    for placed in lay.placed:
        if id(placed) in numbers:
            row = placed.row
            rows.append({'title': (f'{row.step}. ' if row.step else '') + row.words
                         + (': no answer' if row.fate == 'lost' else ''),
                         'where': _where(lay, row), 'values': list(row.values), 'groups': row.details()})
    text = json.dumps(rows, separators=(',', ':'))
    return text.replace('&', '\\u0026').replace('<', '\\u003c').replace('>', '\\u003e')


def _table(picture):
    """The same rows for who cannot see the picture."""
    names = {key: name for key, name, _ in picture.participants}
    out = ['<details><summary>The same as a table</summary><div class="scroll"><table>',
           '<tr><th>ms</th><th>step</th><th>from</th><th>to</th><th>what</th><th>values</th></tr>']
    for row in picture.rows:
        words = row.words + (' (no answer)' if row.fate == 'lost' else '')
        cells = [layout.time_text(row), row.step or '', names.get(row.source, ''),
                 names.get(row.target, ''), words,
                 '; '.join([*row.values, *(f'{state} from here on' for _, state in row.states)])]
        out.append('<tr>' + ''.join(f'<td>{esc(cell)}</td>' for cell in cells) + '</tr>')
    return [*out, f'</table></div><p>{esc(layout.badge_text(picture.verdict))}: '
            f'{esc(picture.verdict.said)}</p></details>']
