# SPDX-License-Identifier: MIT
"""The check of docs/tcp.md notices what it is there for; and the page is true now."""

import tcp_docs
from conftest import ROOT

DOC = '''
| clause | function | test |
|---|---|---|
| 3.8 | `tcp_x` | send: nagle |

<!-- count: generated -->
<!-- end of count -->

| id | what | state | function | test |
|---|---|---|---|---|
%s
<!-- deviations: generated -->
<!-- end of deviations -->
<!-- omissions: generated -->
<!-- end of omissions -->
'''
SOURCE = '''/*
 * A file.
 * NOT DONE: MAY-1 and MUST-2, which
 * would be nice.
 *
 * More of the head.
 */
/* RFC 1.  DEVIATION: MUST-3 is bent | a bit
 * here. */
void tcp_x(void);
'''


def tree(tmp_path, rows=None):
    (tmp_path / 'net').mkdir()
    (tmp_path / 'net' / 'x.c').write_text(SOURCE)
    (tmp_path / 'tests' / 'unit').mkdir(parents=True)
    (tmp_path / 'tests' / 'unit' / 'test_tcp_send.c').write_text(
        'static void unused(void)\n{\n}\nTCP_TEST(nagle)\n{\n}\n')
    (tmp_path / 'docs').mkdir()
    rows = rows or {}
    lines = ['| %s | w | %s |' % (i, rows.get(i, 'done | `tcp_x` | send: nagle'))
             for i in tcp_docs.appendix_b() if rows.get(i) != '']
    (tmp_path / 'docs' / 'tcp.md').write_text(DOC % '\n'.join(lines))
    return tmp_path


def run(root, capsys, *more):
    result = tcp_docs.main(['--root', str(root), *more])
    return result, [line.split(': ', 1)[1] for line in capsys.readouterr().err.splitlines()]


def test_the_page_is_true(capsys):
    assert run(ROOT, capsys) == (0, [])


def test_a_stale_page_is_noticed_and_written(tmp_path, capsys):
    root = tree(tmp_path)
    assert run(root, capsys) == (
        1, ['the generated parts are not what the sources say: run `make docs`'])
    assert run(root, capsys, '--write') == (0, [])
    text = (root / 'docs' / 'tcp.md').read_text()
    assert '| net/x.c | MUST-3 is bent \\| a bit here. |' in text
    assert '| net/x.c | MAY-1 and MUST-2, which would be nice. |' in text
    assert 'MUST-n: 69 done, 0 deviating, 0 not done' in text
    (root / 'net' / 'x.c').write_text(SOURCE.replace('a bit', 'much'))
    assert run(root, capsys)[0] == 1


def test_every_id_stands_once(tmp_path, capsys):
    root = tree(tmp_path, {'MUST-7': ''})
    assert run(root, capsys, '--write') == (
        1, ['MUST-7 stands 0 times in the table of requirements'])


def test_states_need_their_tags(tmp_path, capsys):
    root = tree(tmp_path, {
        'MUST-2': 'NOT DONE | - | -', 'MUST-3': 'DEVIATION | `tcp_x` | send: nagle',
        'MUST-4': 'DEVIATION | - | -', 'MAY-2': 'NOT DONE | - | -', 'MUST-5': 'soon | - | -'})
    assert run(root, capsys, '--write') == (1, [
        'MUST-4: no DEVIATION: tag in net/ names it',
        "MUST-5: 'soon' is none of done, DEVIATION, NOT DONE"])


def test_names_that_do_not_exist(tmp_path, capsys):
    root = tree(tmp_path, {
        'MUST-1': 'done | `tcp_y` | send: nagle', 'MUST-2': 'done | `tcp_x` | send: unused',
        'MUST-3': 'done | `tcp_x` | nowhere: nagle', 'MUST-4': 'done | `tcp_x` | -'})
    assert run(root, capsys, '--write') == (1, [
        'MUST-4: done, but no test', 'MUST-1: nothing is called tcp_y',
        'MUST-2: tests/unit/test_tcp_send.c has no test unused',
        'MUST-3: no test file nowhere'])
