# SPDX-License-Identifier: MIT
"""The diagram's renderers, on the same logs: what is drawn is well-formed, whole, harmless, and
stands where nothing else stands."""

import base64
import hashlib
import html.parser
import itertools
import json
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import dialtone_log
import pytest
from conftest import ROOT
from diagram import cli, layout, measure, mermaid, model, svg, text
from diagram import html as page
from test_diagram import CLIENT_STEPS, REAL, made, real, rounds, server_log
from test_dialtone_log import recorded

EVIL = ['<script>alert(1)</script>', '"\' onload="x', ']]>', '--><b>', '&lt;&#60;', '\x1b[2J\r\n',
        '\u202egnp.exe\u2066', 'a;b#c end loop', '%%{init: {}}%%', '{x}[y]', '\\u003c', 'w' * 4000]


def evil_log(said):
    """A server, and a configuration, that say that everywhere."""
    return made(
        {'ev': 'boot', 'version': said, 'door': said},
        {'ev': 'dns.query', 'name': said, 'server': '10.0.0.1', 'over': 'UDP'},
        {'ev': 'app.socket', 'conn': 1, 'step': 1, 'family': said, 'type': said},
        {'ev': 'tcp.state', 'conn': 1, 'from': said, 'to': said},
        {'ev': 'http.request', 'conn': 1, 'method': said, 'target': said, 'size_request': 1},
        {'ev': 'http.response', 'conn': 1, 'http_code': 200, 'reason': said, 'size_header': 1,
         'content_type': said, 'framing': said},
        {'ev': 'http.bad', 'conn': 1, 'problem': said, 'text': said},
        {'ev': 'transfer', 'conn': 1, 'exitcode': 8, 'url': said, 'method': said, 'errormsg': said},
        {'ev': 'transfer', 'conn': 1, 'exitcode': 0, 'url': said, 'method': said},
        {'ev': 'result', 'exitcode': 8, 'url': said, 'method': said, 'errormsg': said})


def pictures():
    """(name, picture): every real run, both sides, a folded one, and the evil ones."""
    found = [(name, model.picture(real(name))) for name in REAL]
    client = real('ok-json.txt')
    found.append(('both', model.picture(client, server_log(client, 5_000_000))))
    found.append(('pair', model.picture(real('duet-server-json.txt'), real('duet-client-json.txt'))))
    found.append(('server', model.picture(server_log(client, 0))))
    found.append(('rounds', model.picture(rounds(200), rows_max=60)))
    return found + [(f'evil {n}', model.picture(evil_log(said))) for n, said in enumerate(EVIL)]


PICTURES = pictures()
EACH = pytest.mark.parametrize('picture', [p for _, p in PICTURES], ids=[n for n, _ in PICTURES])


def texts_of(tree):
    return [''.join(e.itertext()) for e in tree.iter() if e.tag.endswith('}text')]


# --- SVG ----------------------------------------------------------------------------------------

ALLOWED = {'svg', 'title', 'desc', 'style', 'rect', 'path', 'circle', 'text', 'g'}


@EACH
def test_svg_is_well_formed_and_holds_nothing_but_shapes(picture):
    tree = ElementTree.fromstring(svg.render(picture))
    for element in tree.iter():
        assert element.tag.removeprefix('{http://www.w3.org/2000/svg}') in ALLOWED
        for key, value in element.attrib.items():
            assert not key.startswith('on') and 'href' not in key and 'url(' not in value
    style = next(e.text for e in tree.iter() if e.tag.endswith('}style'))
    assert '@import' not in style and 'url(' not in style and 'prefers-color-scheme:dark' in style
    assert '@media print' in style


@EACH
def test_no_two_texts_touch_and_none_is_outside(picture):
    lay = layout.layout(picture)
    boxes = [(t.text, t.box()) for t in lay.texts() if t.text]
    for said, (left, top, right, bottom) in boxes:
        assert left >= 0 and right <= lay.width and top >= 0 and bottom <= lay.height, said
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f'{one!r} {a} lies on {two!r} {b}'


@EACH
def test_badges_chips_and_rows_have_their_place(picture):
    lay = layout.layout(picture)
    y = lay.body_y
    for placed in lay.placed:
        assert placed.y >= y - 0.01 and placed.y < placed.line_y < placed.y + placed.height
        y = placed.y + placed.height
        solid = [box for box, _ in placed.chips]
        if placed.row.step:
            x, r = lay.x[placed.row.source], layout.BADGE_R
            solid.append((x - r, placed.line_y - r, x + r, placed.line_y + r))
        for box in solid:
            assert box[0] >= lay.time_x and box[2] <= lay.width
            for words in placed.texts:
                at = words.box()
                assert at[2] <= box[0] or box[2] <= at[0] or at[3] <= box[1] + 1 or box[3] <= at[1], \
                    (words.text, placed.row.step)
    assert y <= lay.body_end


@pytest.mark.parametrize('name', ['ok-json.txt', 'names-json.txt', 'silent-json.txt'])
def test_every_step_and_every_word_is_in_the_svg(name):
    picture = model.picture(real(name))
    tree = ElementTree.fromstring(svg.render(picture))
    said = texts_of(tree)
    whole = ' '.join(said)
    for row in picture.rows:
        if row.step:
            assert str(row.step) in said
        for words in (row.words, *row.values) if row.kind != 'state' else ():
            assert all(word.lower() in whole.lower() for word in words.split())
    assert ('OK, status 0' if picture.verdict.ok else 'FAILED, status 28') in said


def test_what_differs_differs_in_shape_and_words_not_in_colour_alone():
    good, bad = (svg.render(model.picture(real(n))) for n in ('ok-json.txt', 'silent-json.txt'))
    assert '<rect class="b-good"' in good and '<path class="b-bad"' in bad
    assert good.count('class="cross"') == 0 and bad.count('no answer</text>') >= 3
    assert 'ghostline' in bad and '>FAILED, status 28</text>' in bad


def test_lifelines_are_broken_where_time_passes():
    picture = model.picture(real('silent-json.txt'))
    pauses = sum(r.kind == 'pause' for r in picture.rows)
    assert pauses == 3 and svg.render(picture).count(
        '<path class="zig" d="M') == pauses * len(picture.participants) + 1  # and in the legend


def test_a_tooltip_is_the_decoded_header():
    tree = ElementTree.fromstring(svg.render(model.picture(real('ok-json.txt'))))
    tips = [e.text for e in tree.iter() if e.tag.endswith('}title')]
    syn = next(t for t in tips if t.startswith('event tcp.syn_sent'))
    assert 'TCP header' in syn and '  sequence number: 233697584' in syn


def test_both_sides_are_named_in_the_tooltip_of_an_arrow_that_both_saw():
    client = real('ok-json.txt')
    drawn = svg.render(model.picture(client, server_log(client, 10**7)))
    assert 'client: event tcp.synack_rcvd' in drawn and 'server: event srv.synack_sent' in drawn


@pytest.mark.parametrize('render', [svg.render, page.render, mermaid.render, text.render])
def test_the_same_log_gives_the_same_bytes(render):
    assert render(model.picture(real('names-json.txt'))) == render(model.picture(real('names-json.txt')))


def test_words_are_wrapped_to_their_room():
    for words in ('one two three', 'x' * 300, '', 'a ' * 50):
        lines = measure.wrap(words, 'values', 120)
        assert all(measure.width(line, 'values') <= 120 for line in lines)
        assert ''.join(lines).replace(' ', '') == words.replace(' ', '')


# --- HTML ---------------------------------------------------------------------------------------

class Tags(html.parser.HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.tags, self.inside, self.blocks = [], None, {}
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = (tag, dict(attrs).get('type', ''))

    def handle_data(self, data):
        if self.inside and self.inside[0] in ('script', 'style'):
            self.blocks.setdefault(self.inside, data)

    def handle_endtag(self, tag):
        self.inside = None


HTML_TAGS = ALLOWED | {'html', 'head', 'meta', 'link', 'body', 'h1', 'p', 'main', 'div', 'aside',
                       'script', 'details', 'summary', 'table', 'tr', 'th', 'td'}


@EACH
def test_html_holds_no_tag_and_no_handler_of_anybody_else(picture):
    tags = Tags(page.render(picture))
    assert {tag for tag, _ in tags.tags} <= HTML_TAGS
    assert [a.get('type', '') for t, a in tags.tags if t == 'script'] == ['application/json', '']
    for tag, attributes in tags.tags:
        assert not any(key.startswith('on') or key in ('src', 'style') for key in attributes)
        assert attributes.get('href', 'data:,') == 'data:,', tag


@EACH
def test_the_page_permits_its_own_style_and_script_and_nothing_else(picture):
    tags = Tags(page.render(picture))
    policy = next(a['content'] for t, a in tags.tags if t == 'meta' and 'http-equiv' in a)
    assert "default-src 'none'" in policy and 'unsafe' not in policy
    for block in (('style', ''), ('script', '')):
        digest = base64.b64encode(hashlib.sha256(tags.blocks[block].encode()).digest()).decode()
        assert f'{block[0]}-src \'sha256-{digest}\'' in policy


@EACH
def test_the_panel_knows_every_row(picture):
    tags = Tags(page.render(picture))
    rows = json.loads(tags.blocks['script', 'application/json'])
    numbers = [int(a['data-row']) for t, a in tags.tags if t == 'g' and 'data-row' in a]
    assert numbers == list(range(len(rows)))
    assert len(rows) == sum(r.kind != 'heading' for r in picture.rows)
    assert sum(a.get('tabindex') == '0' for _, a in tags.tags) == (1 if rows else 0)


# --- text ---------------------------------------------------------------------------------------

@EACH
@pytest.mark.parametrize('width', [80, 100])
def test_the_ladder_fits_the_terminal(picture, width):
    ascii_only = text.render(picture, width)
    assert ascii_only.isascii() and not set(ascii_only) & set(map(chr, [*range(10), *range(11, 32)]))
    for drawn in (ascii_only, text.render(picture, width, boxes=True)):
        assert max(map(len, drawn.splitlines())) <= width


def test_the_ladder_has_the_steps_in_order_and_the_verdict():
    drawn = text.render(model.picture(real('ok-json.txt')))
    assert [int(n) for n in re.findall(r'\((\d+)\)', drawn)] == CLIENT_STEPS
    assert re.search(r'40\.099 .*<=+\(12\)', drawn)
    assert drawn.rstrip().splitlines()[-2] == '| OK, status 0: 200, 528 bytes |'
    failed = text.render(model.picture(real('silent-json.txt')))
    assert failed.count('X no answer') == 3 and '... 2.00 s without an answer ...' in failed
    assert failed.rstrip().splitlines()[-1] == 'X' * len(failed.rstrip().splitlines()[-1])


# --- Mermaid ------------------------------------------------------------------------------------

SAFE = r"(?:[A-Za-z0-9 .,:=/_?+()\[\]~'-]|#\d+;|<br/>)*"
MERMAID = re.compile(
    rf'    (?:participant p_[a-z]+ as {SAFE}|Note over p_[a-z]+(?:,p_[a-z]+)?: {SAFE}'
    rf'|p_[a-z]+(?:->>|-->>|--\)|-x|--x)p_[a-z]+: {SAFE})')


@EACH
def test_mermaid_keeps_a_strict_grammar(picture):
    first, *lines = mermaid.render(picture).splitlines()
    assert first == 'sequenceDiagram'
    declared = set()
    for line in lines:
        assert MERMAID.fullmatch(line), line
        assert not re.search(r'\bend\b', line, re.I), line
        declared |= set(re.findall(r'participant (p_[a-z]+)', line))
        assert set(re.findall(r'\bp_[a-z]+', line.split(': ')[0])) <= declared


def test_mermaid_says_the_steps():
    drawn = mermaid.render(model.picture(real('ok-json.txt')))
    assert [int(n) for n in re.findall(r': (\d+)\. ', drawn)] == CLIENT_STEPS


# --- the command --------------------------------------------------------------------------------

def command(*args, stdin=b''):
    done = subprocess.run([sys.executable, f'{ROOT}/tools/diagram.py', *args], input=stdin,
                          capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize('ending, begins', [
    ('svg', '<svg '), ('html', '<!DOCTYPE html>'), ('mmd', 'sequenceDiagram\n'),
    ('txt', 'GET http://192.168.77.1/: OK, status 0\n')])
def test_the_files_name_is_the_format(tmp_path, ending, begins):
    out = tmp_path / f'run.{ending}'
    assert command('-', '-o', str(out), stdin=recorded('ok-json.txt')) == (0, '', '')
    assert out.read_text(encoding='utf-8').startswith(begins)


def test_without_a_file_it_is_the_ladder():
    code, out, _ = command('--ascii', stdin=recorded('ok-both.txt'))
    assert code == 0 and out.isascii() and '(16)' in out
    assert command('--format', 'mmd', stdin=recorded('ok-both.txt'))[1].startswith('sequenceDiagram')


@pytest.mark.parametrize('args, stdin, code, said', [
    ((), b'no machine line\n', 1, 'run with log=json'),
    (('/none',), b'', 2, '/none: No such file'),
    (('-o', 'x.gif'), b'', 2, 'a diagram ends in .svg, .html, .mmd or .txt'),
    (('-o', '/none/x.svg'), b'', 2, 'there is no folder /none'),
    (('--rows', '3'), b'', 2, '--rows'),
    (('a', 'b', 'c'), b'', 2, 'one log, or two')])
def test_what_cannot_be_drawn_is_said(args, stdin, code, said):
    result, out, err = command(*args, stdin=stdin)
    assert (result, out) == (code, '') and said in err and err.count('\n') == 1


def test_both_logs_on_the_command_line(tmp_path):
    client = real('ok-json.txt')
    (tmp_path / 'client').write_bytes(recorded('ok-json.txt'))
    (tmp_path / 'server').write_text('\n'.join(server_log(client, 99).lines), encoding='ascii')
    code, out, _ = command(str(tmp_path / 'server'), str(tmp_path / 'client'), '--ascii')
    assert code == 0 and [int(n) for n in re.findall(r'\((\d+)\)', out)] == list(range(1, 17))


# --- logs from anywhere -------------------------------------------------------------------------

VALUES = [None, True, -1, 0, 10**30, 1.5, '', 'x', '\x00<', [], {}, [1], '0' * 100, float('1e300')]


def mangled(log, rng):
    """The log with fields that are missing, of another kind, or in another event."""
    lines = []
    for event in log.events:
        event = dict(event)
        for key in list(event):
            if rng.random() < 0.1:
                event[key] = rng.choice(VALUES)
            elif rng.random() < 0.03:
                del event[key]
        lines.append('@dt ' + json.dumps(event))
    if rng.random() < 0.3:
        rng.shuffle(lines)
    return dialtone_log.parse('\n'.join(lines))


@pytest.mark.parametrize('seed', range(60))
def test_no_log_is_too_strange(seed):
    rng = random.Random(seed)
    log = mangled(real(rng.choice(REAL)), rng)
    picture = model.picture(log)
    ElementTree.fromstring(svg.render(picture))
    assert {t for t, _ in Tags(page.render(picture)).tags} <= HTML_TAGS
    text.render(picture)
    for line in mermaid.render(picture).splitlines()[1:]:
        assert MERMAID.fullmatch(line)
    client = real('ok-json.txt')
    try:
        cli.draw([client, mangled(server_log(client, 0), rng)], 'svg')
    except cli.DiagramError as e:
        assert 'log' in str(e)
