# SPDX-License-Identifier: MIT
"""Every source file carries the SPDX line of LICENSE in its head."""

import os
import subprocess

from conftest import ROOT

# Prose, generated text, pictures, and recorded data carry no comment.
NOT_SOURCE = ('.md', '.json', '.png', '.gitignore', 'LICENSE')
DATA = ('tests/fuzz/corpus/', 'tests/golden/', 'tests/tools/logs/')


def sources():
    listed = subprocess.run(['git', '-C', ROOT, 'ls-files', '-z'], check=True,
                            capture_output=True, text=True).stdout.split('\0')
    return [f for f in listed if f and not f.endswith(NOT_SOURCE) and not f.startswith(DATA)
            and os.path.exists(os.path.join(ROOT, f))]


def test_spdx():
    files = sources()
    assert len(files) > 500
    missing = []
    for name in files:
        with open(os.path.join(ROOT, name), encoding='utf-8') as f:
            head = [f.readline() for _ in range(3)]
        if not any('SPDX-License-Identifier: MIT' in line for line in head):
            missing.append(name)
    assert not missing


def test_licence():
    with open(os.path.join(ROOT, 'LICENSE'), encoding='utf-8') as f:
        assert f.readline() == 'MIT License\n'
