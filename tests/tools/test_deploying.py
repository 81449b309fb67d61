# SPDX-License-Identifier: MIT
"""The examples of docs/deploying.md and tools/dialtone.conf.example say what the image understands."""

import os
import re
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT
from test_config_docs import printed

DOC = os.path.join(ROOT, 'docs', 'deploying.md')
EXAMPLE = os.path.join(ROOT, 'tools', 'dialtone.conf.example')


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


@pytest.fixture(scope='module')
def keys():
    return set(re.findall(r'^\| `([^`]+)`', printed('--markdown'), re.M))


def test_the_domain_hands_our_strings_over(keys):
    """In libvirt's form: the strings count only with <smbios mode='sysinfo'/>."""
    domain = ElementTree.fromstring(re.search(r'```xml\n(<domain.*?)```', read(DOC), re.S).group(1))
    assert domain.find('os/smbios').get('mode') == 'sysinfo'
    entries = [e.text for e in domain.findall("sysinfo[@type='smbios']/oemStrings/entry")]
    assert entries
    for entry in entries:
        prefix, _, word = entry.partition(':')
        assert prefix == 'dialtone' and word.partition('=')[0] in keys, entry


def test_strings_for_qemu_have_keys_that_exist(keys):
    words = re.findall(r'value=dialtone:([a-z.-]+)=', read(DOC))
    assert len(words) >= 4 and set(words) <= keys


def test_the_example_file_has_keys_that_exist(keys):
    """Those that are commented out, too."""
    words = re.findall(r'^#?([a-z][a-z0-9.-]*)=\S', read(EXAMPLE), re.M)
    assert {'ip', 'url'} <= set(words) <= keys
