# SPDX-License-Identifier: MIT
"""The runner's dnsmasq, where there is none."""

import pytest
from runner import dnsmasq
from runner.errors import RunnerError


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(dnsmasq, 'program', lambda: None)
    with pytest.raises(RunnerError) as e:
        dnsmasq.Dnsmasq(None, 'tap0', '10.1.2.1', '10.1.2.2')
    assert 'apt-get install dnsmasq-base' in str(e.value)
    assert 'IP=10.1.2.2::10.1.2.1:/24' in str(e.value)


def test_it_is_found_where_root_has_it(monkeypatch, tmp_path):
    """/usr/sbin is in root's PATH only."""
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.setattr(dnsmasq.shutil, 'which', lambda name, path: path.split(':'))
    assert dnsmasq.program() == [str(tmp_path), '/usr/sbin', '/usr/local/sbin']
