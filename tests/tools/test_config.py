# SPDX-License-Identifier: MIT
"""The configuration's words, in both forms, and what the runner reads in them."""

import pytest
from runner import config
from runner.errors import RunnerError


def test_words_keep_quoted_blanks():
    assert config.split_words('a=1  b="x y"\tc="" d') == ['a=1', 'b="x y"', 'c=""', 'd']


def test_values_with_blanks_are_quoted_once():
    words = ['url=http://h/a b', 'x="y z"', 'ip=1.2.3.4']
    assert config.as_line(words) == 'url="http://h/a b" x="y z" ip=1.2.3.4'
    assert config.as_file(words).splitlines() == ['url="http://h/a b"', 'x="y z"', 'ip=1.2.3.4']


def test_comment_signs_are_quoted_in_a_file():
    assert config.as_file(['url=http://h/#x']) == 'url="http://h/#x"\n'


def test_extra_words_replace_ours():
    assert config.merge(['ip=1', 'url=2'], ['url=3', 'z']) == ['ip=1', 'url=3', 'z']


def test_last_value_counts():
    assert config.value_of(['hold=1', 'hold="2"'], 'hold') == '2'
    assert config.value_of(['hold'], 'hold') is None


@pytest.mark.parametrize('words, expected', [
    (['timeout=4.5'], 4.5), ([], 30), (['timeout=soon'], 30), (['timeout=-1'], 30),
    (['timeout=nan'], 30), (['timeout=1e99'], 30)])
def test_seconds(words, expected):
    assert config.seconds_of(words, 'timeout', 30) == expected


@pytest.mark.parametrize('text', ['', 'x', '-1', '1e3', '1 ', 'inf', '.'])
def test_seconds_typed_wrongly(text):
    with pytest.raises(RunnerError):
        config.check_seconds('HOLD', text)
