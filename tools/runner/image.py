"""The configuration inside a disk image: a copy of it with another \\dialtone.conf.

The image's layout is tools/mkimage's affair; here only the EFI system partition is looked up in
the GPT (UEFI 2.10, 5.3), and mtools writes the file into its FAT file system.
"""

import shutil
import struct
import subprocess

from .errors import RunnerError

SECTOR = 512
ESP_TYPE = bytes.fromhex('28732ac11ff8d211ba4b00a0c93ec93b')  # C12A7328-F81F-11D2-BA4B-..., as stored


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
                       input=text.encode(), check=True, capture_output=True)
    except FileNotFoundError as e:
        raise RunnerError('BOOT=uefi needs mtools; type: sudo apt-get install mtools') from e
    except subprocess.CalledProcessError as e:
        raise RunnerError(f'mcopy into {copy}: {e.stderr.decode(errors="replace").strip()}') from e
