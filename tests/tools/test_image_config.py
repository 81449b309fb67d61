# SPDX-License-Identifier: MIT
"""Finding the EFI system partition by the GPT alone."""

import struct

import pytest
from runner import image
from runner.errors import RunnerError


def gpt(path, entries, size=128):
    header = struct.pack('<8sIIIIQQQQ16sQII', b'EFI PART', 0x10000, 92, 0, 0, 1, 99, 34, 90,
                         bytes(16), 2, len(entries), size)
    table = b''.join((kind + bytes(16) + struct.pack('<QQ', lba, lba + 9)).ljust(size, b'\0')
                     for kind, lba in entries)
    path.write_bytes(bytes(512) + header.ljust(512, b'\0') + table.ljust(4096, b'\0'))
    return str(path)


def test_the_partition_is_found_by_its_type(tmp_path):
    disk = gpt(tmp_path / 'd', [(b'x' * 16, 40), (image.ESP_TYPE, 2048)])
    assert image.esp_offset(disk) == 2048 * 512


def test_larger_entries(tmp_path):
    disk = gpt(tmp_path / 'd', [(b'x' * 16, 40), (image.ESP_TYPE, 64)], size=256)
    assert image.esp_offset(disk) == 64 * 512


def test_no_partition(tmp_path):
    with pytest.raises(RunnerError):
        image.esp_offset(gpt(tmp_path / 'd', [(b'x' * 16, 40)]))
    (tmp_path / 'e').write_bytes(bytes(2048))
    with pytest.raises(RunnerError):
        image.esp_offset(str(tmp_path / 'e'))


def test_a_missing_image_is_explained(tmp_path):
    with pytest.raises(RunnerError, match='make'):
        image.copy_with_config(str(tmp_path / 'none'), str(tmp_path / 'copy'), '')
