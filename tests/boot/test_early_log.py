# SPDX-License-Identifier: MIT
"""What is said before the configuration has said in which form: nothing of it may be lost."""

import pytest
from machine import call

KEYS = [f'k{n}' for n in range(200)]  # far more faults than lines can wait


@pytest.mark.parametrize('mode', ['text', 'json'])
def test_every_fault_of_a_configuration_is_named(no_net, mode):
    log = call(no_net, [f'{key}=1' for key in KEYS], 2, log_mode=mode)
    assert [f['text'] for f in log.all('config.bad') if f['text'].startswith('k')] == \
        [f'{key}=1' for key in KEYS]
    for key in KEYS:
        assert sum(f': {key}=1: unknown key' in line for line in log.lines) == 1
    assert ('result ' in log.text()) == (mode == 'text')
    assert ('"ev":"result"' in log.text()) == (mode == 'json')
