# SPDX-License-Identifier: MIT
"""The strict reader of KTAP takes the kernel's own example and refuses what is not KTAP."""

import ktap
import pytest

GOOD = '''
KTAP version 1
# [ 0.1] x
1..3
ok 1 - one
  KTAP version 1
  1..2
  ok 1 - a # SKIP not today
# between
  not ok 2 - b # TIMEOUT status 28: slow
not ok 2 - two # status 28: slow
ok 3 - three
EXIT: STATUS=28
'''


def test_a_report():
    points, status = ktap.parse(GOOD.split('\n'))
    assert status == 28 and [(p.passed, p.name) for p in points] == [
        (True, 'one'), (False, 'two'), (True, 'three')]
    assert [(p.directive, p.why) for p in points[1].subtests] == [
        ('SKIP', 'not today'), ('TIMEOUT', 'status 28: slow')]
    assert ktap.by_perl(GOOD)[:4] == (2, 1, 0, 3)


@pytest.mark.parametrize('before, after', [
    ('KTAP version 1\n#', 'TAP version 13\n#'), ('1..3', '1..4'), ('1..3', '1..2'), ('1..3\n', ''),
    ('ok 3', 'ok 4'), ('  1..2\n', ''), ('  ok 1 - a', 'ok 1 - a'), ('# between', 'between'),
    ('not ok 2 - two', 'ok 2 - two'), ('ok 1 - one', 'ok 1 - o#ne'), ('ok 1 - one', 'okay 1 - one'),
    ('EXIT: STATUS=28', 'EXIT'), ('SKIP not today', 'SKIP'), ('  not ok 2 - b', '  ok 2 - b'),
    ('ok 1 - one', 'ok 1 - one # TIMEOUT x'), ('\nKTAP', '\nfirst\nKTAP')])
def test_what_is_no_ktap(before, after):
    assert before in GOOD
    with pytest.raises(ktap.Fault):
        ktap.parse(GOOD.replace(before, after, 1).split('\n'))
