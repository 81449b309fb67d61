# SPDX-License-Identifier: MIT
"""The configuration inside a disk image: a copy of it with another \\dialtone.conf.

The image's layout is tools/mkimage's affair; here only the EFI system partition is looked up in
the GPT (UEFI 2.10, 5.3), and mtools writes the file into its FAT file system.
"""

import os
import shutil
import struct
import subprocess
import uuid

from .errors import RunnerError

SECTOR = 512
# Nobody's ~/.mtoolsrc, and no opinion of mtools about a small file system's geometry.
MTOOLS_ENV = dict(os.environ, MTOOLSRC='/dev/null', MTOOLS_SKIP_CHECK='1')
ESP_TYPE = uuid.UUID('C12A7328-F81F-11D2-BA4B-00A0C93EC93B').bytes_le


def esp_offset(image):
    """Where the EFI system partition begins, in bytes."""
    with open(image, 'rb') as f:
        f.seek(SECTOR)
        header = f.read(92)
        if len(header) < 92 or header[:8] != b'EFI PART':
            raise RunnerError(f'{image} has no GUID partition table')
        first_lba, count, size = struct.unpack_from('<QII', header, 72)
        if not (128 <= size <= 4096 and count <= 1024):
            raise RunnerError(f'{image}: the GUID partition table makes no sense')
        f.seek(first_lba * SECTOR)
        for _ in range(count):
            entry = f.read(size)
            if entry[:16] == ESP_TYPE:
                return struct.unpack_from('<Q', entry, 32)[0] * SECTOR
    raise RunnerError(f'{image} has no EFI system partition')


def copy_with_config(image, copy, text):
    """Copies the image and puts `text` into it as \\dialtone.conf."""
    try:
        shutil.copyfile(image, copy)
    except OSError as e:
        raise RunnerError(f'{image}: {e.strerror}; type make') from e
    try:
        subprocess.run(['mcopy', '-o', '-i', f'{copy}@@{esp_offset(copy)}', '-', '::dialtone.conf'],
                       input=text.encode(), check=True, capture_output=True, env=MTOOLS_ENV)
    except FileNotFoundError as e:
        raise RunnerError('BOOT=uefi needs mtools; type: sudo apt-get install mtools') from e
    except subprocess.CalledProcessError as e:
        raise RunnerError(f'mcopy into {copy}: {e.stderr.decode(errors="replace").strip()}') from e
