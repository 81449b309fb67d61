# SPDX-License-Identifier: MIT
"""The disk image and the UEFI loader: what is on the image, editing it with mtools, and what the
loader does under real firmware, with a kernel that reports what it was given (efi_probe.c).

The loader's own tests need neither the network nor the real kernel; the last ones boot the image as
it was built.
"""

import os
import queue
import re
import shutil
import struct
import subprocess
import sys
import time
import zlib

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tools'))

from runner import accel, console, image as runner_image, qemu  # noqa: E402
from runner.guest import Guest  # noqa: E402

BUILD = os.environ.get('DIALTONE_BUILD', os.path.join(ROOT, 'build'))
LOADER = os.path.join(BUILD, 'BOOTX64.EFI')
KERNEL = os.path.join(BUILD, 'dialtone.elf')
IMAGE = os.path.join(BUILD, 'dialtone.img')
EXAMPLE = os.path.join(ROOT, 'tools', 'dialtone.conf.example')
MKIMAGE = os.path.join(ROOT, 'tools', 'mkimage.sh')

MIB = 1 << 20
SECTOR = 512
PARTITION = '@@64K'  # what README tells people to type
QEMU_SUCCESS = 33
BOOT_DEADLINE_S = 60

USABLE, RESERVED, ACPI, KERNEL_MEMORY = 1, 2, 3, 4


# --- tools -------------------------------------------------------------------------------------

def run(*argv, **kwargs):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, **kwargs).stdout


def mkimage(out, loader=LOADER, kernel=KERNEL, conf=EXAMPLE):
    run(MKIMAGE, out, loader, kernel, conf)
    return out


def put(disk, name, data):
    run('mcopy', '-o', '-i', f'{disk}{PARTITION}', '-', f'::{name}', input=data)


def get(disk, name):
    return run('mcopy', '-i', f'{disk}{PARTITION}', f'::{name}', '-')


def remove(disk, name):
    run('mdel', '-i', f'{disk}{PARTITION}', f'::{name}')


class Console:
    """A machine's console, line by line, as plain text."""

    def __init__(self, argv):
        self.lines = []
        self.incoming = queue.Queue()
        self.guest = Guest(argv, self._line, print)

    def _line(self, raw):
        text = console.plain(raw)
        if text is not None:
            self.incoming.put(text.decode('latin-1').rstrip('\r\n'))

    def wait_for(self, word, seconds=BOOT_DEADLINE_S):
        """The first line that has the word in it; fails past the deadline or at the end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended = self.guest.process.poll() is not None and not self.guest.threads[0].is_alive()
            try:
                self.lines.append(self.incoming.get(timeout=0.2))
            except queue.Empty:
                if ended:
                    break
                continue
            if word in self.lines[-1]:
                return self.lines[-1]
        pytest.fail(f'no "{word}" on the console:\n' + '\n'.join(self.lines[-40:]))

    def __enter__(self):
        self.guest.start()
        return self

    def __exit__(self, *exc):
        self.guest.close()


def uefi_machine(disk, machine='q35', disk_format='raw', device='virtio-blk-pci', mem='64',
                 more=()):
    return ['qemu-system-x86_64', '-machine', machine, *accel.qemu_args(accel.choose()), '-m', mem,
            '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot',
            '-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console',
            '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', '-bios', qemu.firmware(),
            '-drive', f'if=none,id=disk0,format={disk_format},file={disk}',
            '-device', f'{device},drive=disk0,bootindex=0', *more]


def probe_run(disk, **machine):
    """Boots the probe kernel; its report as a dictionary, and its memory ranges."""
    with Console(uefi_machine(disk, **machine)) as vm:
        vm.wait_for('probe: end')
        assert vm.guest.process.wait(timeout=20) == QEMU_SUCCESS
    report, ranges = {}, []
    for line in vm.lines:
        if line.startswith('probe: ') and '=' in line:
            key, value = line[len('probe: '):].split('=', 1)
            if key == 'range':
                ranges.append(tuple(int(v) for v in value.split(',')))
            else:
                report[key] = value
    return report, ranges


@pytest.fixture(scope='session')
def probe(tmp_path_factory):
    """The probe kernel, a static PIE as the real one."""
    out = tmp_path_factory.mktemp('probe') / 'probe.elf'
    run('gcc', '-std=gnu11', '-Wall', '-Wextra', '-Werror', f'-I{ROOT}', '-Os', '-ffreestanding',
        '-fpie', '-fvisibility=hidden', '-mgeneral-regs-only', '-mno-red-zone',
        '-fno-stack-protector', '-fcf-protection=none', '-fno-asynchronous-unwind-tables',
        '-fno-tree-loop-distribute-patterns', '-nostdlib', '-static-pie', '-s',
        '-Wl,--no-dynamic-linker,-z,text,-z,noexecstack,--build-id=none,-e,probe_entry',
        os.path.join(ROOT, 'tests/boot/efi_probe.c'), os.path.join(ROOT, 'base/strbuf.c'),
        os.path.join(ROOT, 'boot/efi/string.c'), '-o', out)
    return out


@pytest.fixture
def probe_image(probe, tmp_path):
    return mkimage(tmp_path / 'probe.img', kernel=probe)


# --- the image as a file -----------------------------------------------------------------------

def gpt_header(data, lba):
    """The fields of a GPT header (UEFI 2.10, 5.3.2), its own checksum verified."""
    header = bytearray(data[lba * SECTOR:lba * SECTOR + 92])
    crc = struct.unpack_from('<I', header, 16)[0]
    header[16:20] = bytes(4)
    assert header[:8] == b'EFI PART' and zlib.crc32(header) == crc
    my, other, first, last = struct.unpack_from('<QQQQ', header, 24)
    entries, count, size, entries_crc = struct.unpack_from('<QIII', header, 72)
    table = data[entries * SECTOR:entries * SECTOR + count * size]
    assert zlib.crc32(table) == entries_crc
    return my, other, first, last, table


def test_partition_tables_are_whole_and_agree():
    data = open(IMAGE, 'rb').read()
    last_lba = len(data) // SECTOR - 1
    my, other, first, last, table = gpt_header(data, 1)
    assert (my, other) == (1, last_lba)
    assert gpt_header(data, last_lba)[:2] == (last_lba, 1)
    assert gpt_header(data, last_lba)[4] == table
    begin, end = struct.unpack_from('<QQ', table, 32)
    assert table[:16] == runner_image.ESP_TYPE and not any(table[128:])
    assert first <= begin < end <= last
    assert begin * SECTOR == 64 * 1024 == runner_image.esp_offset(IMAGE)
    assert data[510:512] == b'\x55\xaa' and data[446 + 4] == 0xEE  # protective MBR


def test_the_image_is_small_and_of_whole_mib():
    assert os.path.getsize(IMAGE) < 2 * MIB
    assert os.path.getsize(IMAGE) % MIB == 0


def test_the_loader_is_a_small_efi_application():
    data = open(LOADER, 'rb').read()
    pe = struct.unpack_from('<I', data, 0x3C)[0]
    machine, _, timestamp = struct.unpack_from('<HHI', data, pe + 4)
    magic = struct.unpack_from('<H', data, pe + 24)[0]
    subsystem = struct.unpack_from('<H', data, pe + 24 + 68)[0]
    relocations_len = struct.unpack_from('<I', data, pe + 24 + 112 + 5 * 8 + 4)[0]
    assert (data[pe:pe + 4], machine, magic, subsystem) == (b'PE\0\0', 0x8664, 0x20B, 10)
    assert timestamp == 0  # the same source gives the same bytes
    assert relocations_len > 0  # firmware may load it anywhere
    assert len(data) < 64 * 1024


def test_the_image_holds_what_it_was_made_of(tmp_path):
    disk = mkimage(tmp_path / 'd.img')
    for name, source in (('/EFI/BOOT/BOOTX64.EFI', LOADER), ('/dialtone.elf', KERNEL),
                         ('/dialtone.conf', EXAMPLE)):
        assert get(disk, name) == open(source, 'rb').read()


def test_the_same_input_gives_the_same_bytes(tmp_path):
    files = []
    for i, age_s in enumerate((0, 86400 * 400)):
        copies = [shutil.copy(f, tmp_path / f'{i}-{n}')
                  for n, f in enumerate((LOADER, KERNEL, EXAMPLE))]
        for copy in copies:
            os.utime(copy, (time.time() - age_s,) * 2)
        zone = {**os.environ, 'TZ': f'UTC{i * 5}'}
        run(MKIMAGE, tmp_path / f'{i}.img', *copies, env=zone)
        files.append((tmp_path / f'{i}.img').read_bytes())
    assert files[0] == files[1]


def test_the_configuration_is_edited_in_place(tmp_path):
    disk = shutil.copy(IMAGE, tmp_path / 'd.img')
    text = b'ip=192.0.2.1/24\r\nurl=http://192.0.2.2/\r\n' + b'# a longer one\r\n' * 4000
    put(disk, '/dialtone.conf', text)
    assert get(disk, '/dialtone.conf') == text
    assert get(disk, '/dialtone.elf') == get(IMAGE, '/dialtone.elf')


def test_a_large_kernel_makes_a_larger_image(tmp_path):
    kernel = tmp_path / 'k'
    kernel.write_bytes(os.urandom(1900 * 1024))
    disk = mkimage(tmp_path / 'd.img', kernel=kernel)
    assert get(disk, '/dialtone.elf') == kernel.read_bytes()
    assert os.path.getsize(disk) % MIB == 0
    put(disk, '/dialtone.conf', b'#' * 65536)  # and there is room to edit


@pytest.mark.parametrize('which', ['loader', 'kernel', 'conf'])
def test_a_missing_part_is_named_and_leaves_no_image(tmp_path, which):
    with pytest.raises(subprocess.CalledProcessError) as e:
        mkimage(tmp_path / 'd.img', **{which: tmp_path / 'nowhere'})
    assert b'nowhere' in e.value.stderr
    assert not list(tmp_path.iterdir())


def test_a_configuration_that_the_loader_would_refuse_is_refused(tmp_path):
    (tmp_path / 'conf').write_bytes(b'#' * 65537)
    with pytest.raises(subprocess.CalledProcessError) as e:
        mkimage(tmp_path / 'd.img', conf=tmp_path / 'conf')
    assert b'64 KiB' in e.value.stderr


def test_make_image_takes_another_configuration(tmp_path):
    for built in (LOADER, KERNEL):
        shutil.copy(built, tmp_path)
    disk = tmp_path / 'dialtone.img'

    def make(conf):
        old = [w for f in ('BOOTX64.EFI', 'dialtone.elf') for w in ('-o', tmp_path / f)]
        run('make', '-s', '-C', ROOT, f'BUILD={tmp_path}', *old, 'image', f'CONF={conf}')
        return get(disk, '/dialtone.conf'), disk.stat().st_mtime_ns

    mine = tmp_path / 'mine.conf'
    mine.write_text('url=http://192.0.2.9/\n')
    first, _ = make(EXAMPLE)
    second, made = make(mine)
    third, again = make(mine)
    assert first == open(EXAMPLE, 'rb').read()
    assert second == third == mine.read_bytes()
    assert again == made  # nothing changed, nothing is made


# --- the loader under firmware -----------------------------------------------------------------

def inside(address, kind, ranges):
    return any(t == kind and base <= address < base + length for t, base, length in ranges)


def assert_sound(report, ranges, mem_mib):
    """What every kernel may rely on, whatever the machine."""
    number = {k: int(v) for k, v in report.items() if v.isdigit() and len(v) < 21}
    assert number['magic'] == int.from_bytes(b'dialtone', 'little')
    assert (number['version'], number['protocol'], number['memory_dropped']) == (1, 2, 0)
    assert number['data'] == 0x1122334455667788 and number['bss_sum'] == 0
    assert number['interrupts'] == 0 and number['direction'] == 0

    # Everything the kernel stands on is kept from its allocator; the probe overwrote the rest.
    base, length = number['kernel_base'], number['kernel_len']
    assert base % 4096 == 0 and base <= number['code'] < base + length
    for address in (base, base + length - 1, number['at'], number['at'] + number['size'] - 1,
                    number['cr3'], number['rsp']):
        assert inside(address, KERNEL_MEMORY, ranges) and address < 1 << 32
    assert report['config_file_after'] == report['config_file']

    starts = [r[1] for r in ranges]
    assert starts == sorted(starts)
    for (kind, start, length), (next_kind, next_start, _) in zip(ranges, ranges[1:]):
        assert start + length <= next_start
        assert start + length < next_start or kind != next_kind  # neighbours are merged
    assert all(length > 0 and length % 4096 == 0 for _, _, length in ranges)
    usable = sum(length for kind, _, length in ranges if kind == USABLE)
    assert (mem_mib - 16) * MIB < usable < mem_mib * MIB

    assert inside(number['rsdp'], ACPI, ranges)
    assert abs(number['wall_clock_s'] - time.time()) < 120
    assert number['entry_counter'] < number['wall_clock_counter'] < number['now_tsc']


def test_what_the_kernel_is_given(probe_image):
    report, ranges = probe_run(probe_image, machine='pc', device='ide-hd')
    assert_sound(report, ranges, 64)
    assert bytes.fromhex(report['config_file']) == open(EXAMPLE, 'rb').read()
    assert report['load_options'] == report['cmdline'] == 'absent'
    assert report['seed_len'] == '0' and not any(bytes.fromhex(report['seed']))


def test_a_qcow2_image_on_q35_with_an_entropy_device(probe_image, tmp_path):
    text = b'\xef\xbb\xbf# anything\r\nurl=http://192.0.2.1/\xff\r\n'
    put(probe_image, '/dialtone.conf', text)
    disk = tmp_path / 'd.qcow2'
    run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', probe_image, disk)
    report, ranges = probe_run(disk, machine='q35,max-ram-below-4g=128M', disk_format='qcow2',
                               mem='256', more=('-device', 'virtio-rng-pci'))
    assert_sound(report, ranges, 256)
    assert any(kind == USABLE and base >= 1 << 32 for kind, base, _ in ranges)
    assert bytes.fromhex(report['config_file']) == text
    assert report['seed_len'] == '64'
    assert len(set(bytes.fromhex(report['seed']))) > 16


def test_without_a_configuration_but_with_load_options(probe_image):
    """Firmware's shell starts the loader with options; \\dialtone.conf may be missing."""
    options = r'\EFI\l.efi ip=192.0.2.1/24 "url=http://192.0.2.2/a b"'
    remove(probe_image, '/dialtone.conf')
    put(probe_image, '/EFI/l.efi', open(LOADER, 'rb').read())
    remove(probe_image, '/EFI/BOOT/BOOTX64.EFI')
    put(probe_image, '/startup.nsh', f'fs0:\r\n{options}\r\n'.encode())
    report, ranges = probe_run(probe_image)
    assert report['config_file'] == 'absent'
    given = bytes.fromhex(report['load_options']).decode('utf-16-le')
    assert given.rstrip('\0').endswith(options.split(' ', 1)[1])
    assert inside(int(report['kernel_base']), KERNEL_MEMORY, ranges)


@pytest.mark.parametrize('name, content, says', [
    ('dialtone.elf', lambda kernel: None, r'\dialtone.elf is not on this loader'),
    ('dialtone.elf', lambda kernel: kernel[:len(kernel) // 2], r'\dialtone.elf is cut short'),
    ('dialtone.conf', lambda kernel: b'#' * 65537, r'\dialtone.conf is too large; replace it'),
], ids=['no-kernel', 'cut-kernel', 'large-configuration'])
def test_a_fault_is_one_sentence(probe, probe_image, name, content, says):
    """Every fault of a kernel file has its own, see tests/unit/test_elf_check.c."""
    data = content(open(probe, 'rb').read())
    remove(probe_image, '/' + name)
    if data is not None:
        put(probe_image, '/' + name, data)
    with Console(uefi_machine(probe_image)) as vm:
        vm.wait_for('dialtone: ' + says)
        if data is None:
            vm.wait_for('failed to start Boot')  # firmware has the machine again
        assert not any('probe:' in line for line in vm.lines)


# --- the image as it was built -----------------------------------------------------------------

def test_the_built_image_boots_as_qcow2(tmp_path):
    """With every key of the example turned on, so that each is shown to be valid."""
    raw = shutil.copy(IMAGE, tmp_path / 'd.img')
    text = re.sub(r'(?m)^#([a-z-]+=)', r'\1', open(EXAMPLE, encoding='ascii').read())
    assert 'debug-exit=0xf4' in text.splitlines()
    put(raw, '/dialtone.conf', text.encode())
    disk = tmp_path / 'd.qcow2'
    run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, disk)
    with Console(uefi_machine(disk, disk_format='qcow2')) as vm:
        vm.wait_for('dialtone: loading')
        vm.wait_for('EXIT: STATUS=110')  # there is no network device in this machine
        assert vm.guest.process.wait(timeout=20) == (110 << 1 | 1)
