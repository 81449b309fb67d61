# SPDX-License-Identifier: MIT
"""What is said before the configuration has said in which form: nothing of it may be lost."""

import random

import pytest
from machine import call

KEYS = [f'k{n}' for n in range(200)]


@pytest.mark.parametrize('mode', ['text', 'json'])
def test_a_hundred_faults_of_a_configuration_are_named(no_net, mode):
    """The first hundred; the others are counted, and the list of the keys is there once."""
    log = call(no_net, [f'{key}=1' for key in KEYS], 2, log_mode=mode)
    if mode == 'json':
        bad = [f for f in log.all('config.bad') if f['text'].startswith('k')]
        assert [f['text'] for f in bad] == [f'{key}=1' for key in KEYS[:100]]
        assert log.first('config.more')['faults'] == len(KEYS) - 100
        assert sum('allowed' in f for f in bad) == 1
    for key in KEYS[:100]:
        assert sum(f': {key}=1: unknown key' in line for line in log.lines) == (mode == 'text')
    assert ('not named: 100 more faults' in log.text()) == (mode == 'text')
    assert ('result ' in log.text()) == (mode == 'text')
    assert ('"ev":"result"' in log.text()) == (mode == 'json')


def test_noise_is_a_page_in_the_log(no_net, tmp_path):
    """64 KiB of it, from the host's fw_cfg; timeout= and log= behind it are known before it is printed."""
    noise = tmp_path / 'noise'
    random.seed(11)
    noise.write_bytes(bytes(random.choices(range(256), k=65516)) + b'\ntimeout=7\n')
    log = call(no_net, [], 2, log_mode='json',
               args=('-fw_cfg', f'name=opt/org.dialtone/config,file={noise}'))
    named = len(log.all('config.bad'))
    assert 100 <= named <= 102
    assert log.first('config.more')['faults'] > 500
    assert sum('allowed' in f for f in log.all('config.bad')) <= 3
    assert log.first('config', key='timeout')['value'] == '7'
    assert log.human_lines() == []
