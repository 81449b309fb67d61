# SPDX-License-Identifier: MIT
"""Where the configuration comes from: the same image is steered through each of its sources, and a
later one wins over an earlier one (docs/configuration.md).
"""

import shutil

import pytest
from machine import IMAGE, Run
from test_image import LOADER, put, remove

FILE, OEM, DEVICE, LINE, OPTIONS = ('dialtone.conf', 'SMBIOS', 'fw_cfg', 'command line',
                                    'EFI load options')


def smbios(*strings):
    values = ','.join('value=' + s.replace(',', ',,') for s in strings)
    return ('-smbios', 'type=11,' + values)


def fw_cfg(key, value):
    return ('-fw_cfg', f'name=opt/org.dialtone/{key},string=' + value.replace(',', ',,'))


def sources_of(log, key):
    """Where the key came from, in the order in which it was read."""
    return [(e['value'], e['source']) for e in log.all('config', key=key)]


@pytest.mark.parametrize('machine', ['pc', 'q35'])
def test_without_a_disk(wire, machine):
    """PVH: SMBIOS, then fw_cfg, then the command line."""
    args = (smbios('somebody else=1', 'dialtone:' + wire.url(), 'dialtone:hold=0.1',
                   'dialtone:timeout=20')
            + fw_cfg('config', f'# all of it\n{wire.ip}\ntimeout=21\nhold=0.3\n')
            + fw_cfg('hold', '0.2'))
    with Run(wire, ['timeout=22'], machine=machine, args=args) as run:
        log = run.end(0)
    assert sources_of(log, 'url') == [(wire.url()[4:], OEM)]
    assert sources_of(log, 'ip') == [(wire.ip[3:], DEVICE)]
    assert sources_of(log, 'hold') == [('0.1', OEM), ('0.3', DEVICE), ('0.2', DEVICE)]
    assert sources_of(log, 'timeout') == [('20', OEM), ('21', DEVICE), ('22', LINE)]
    assert log.first('hold')['seconds'] == pytest.approx(0.2)


def steered(wire, disk, conf, args=(), startup=None):
    """Boots the image under firmware with another dialtone.conf, through the shell if need be."""
    put(disk, '/dialtone.conf', conf.encode())
    if startup is not None:
        put(disk, '/EFI/l.efi', open(LOADER, 'rb').read())
        remove(disk, '/EFI/BOOT/BOOTX64.EFI')
        put(disk, '/startup.nsh', f'fs0:\r\n\\EFI\\l.efi {startup}\r\n'.encode())
    with Run(wire, [], log_mode=None, debug_exit=False, boot='uefi', machine='q35', disk=str(disk),
             args=args, deadline=60) as run:
        return run.end(0)


def test_under_firmware(wire, tmp_path):
    """UEFI: dialtone.conf, then SMBIOS, then fw_cfg, then the load options."""
    disk = shutil.copy(IMAGE, tmp_path / 'd.img')
    conf = f'log=both\n{wire.ip}\n{wire.url("/nowhere")}\ntimeout=20\nhold=1.1\nconnect-timeout=5\n'
    args = (smbios('dialtone:timeout=21', 'dialtone:hold=1.2', 'dialtone:' + wire.url())
            + fw_cfg('hold', '1.3'))
    log = steered(wire, disk, conf, args, startup='hold=0.1 debug-exit=0xf4')
    assert sources_of(log, 'connect-timeout') == [('5', FILE)]
    assert sources_of(log, 'timeout') == [('20', FILE), ('21', OEM)]
    assert [s for _, s in sources_of(log, 'url')] == [FILE, OEM]
    assert sources_of(log, 'hold') == [('1.1', FILE), ('1.2', OEM), ('1.3', DEVICE),
                                       ('0.1', OPTIONS)]
    assert log.result['url'] == wire.url()[4:]


def test_faults_in_every_source_are_named(no_net):
    args = (smbios('dialtone:colour=red', 'dialtone:hold', 'colour=green')
            + fw_cfg('timeout', 'soon') + fw_cfg('color', 'blue'))
    with Run(no_net, ['x=1'], args=args) as run:
        log = run.end(2)
    bad = [(e['source'], e['text'], e['problem']) for e in log.all('config.bad')]
    assert (OEM, 'colour=red', 'unknown key') in bad
    assert (OEM, 'hold', 'has no value: write key=value') in bad
    assert (DEVICE, 'timeout=soon', 'not a number of seconds') in bad
    assert (DEVICE, 'color=blue', 'unknown key') in bad
    assert (LINE, 'x=1', 'unknown key') in bad
    assert not any('green' in text for _, text, _ in bad)
    without = {e['text'] for e in log.all('config.bad') if not e.get('allowed')}
    assert without == {'hold', 'color=blue', 'x=1'}  # the list of keys stands in the first line alone


def test_a_machine_without_smbios(no_net):
    """microvm: fw_cfg and the command line are its sources."""
    with Run(no_net, ['x=1'], machine='microvm', args=fw_cfg('y', '2')) as run:
        log = run.end(2)
    assert {e['source'] for e in log.all('config.bad')} == {DEVICE, LINE, 'configuration'}


def test_a_file_from_the_host(no_net, tmp_path):
    """A value that an editor wrote, and one that is no text."""
    value = tmp_path / 'value'
    value.write_bytes(b'4.5\r\n')
    binary = tmp_path / 'binary'
    binary.write_bytes(bytes(range(256)))
    args = ('-fw_cfg', f'name=opt/org.dialtone/timeout,file={value}',
            '-fw_cfg', f'name=opt/org.dialtone/hold,file={binary}')
    with Run(no_net, [], args=args) as run:
        log = run.end(2)
    assert sources_of(log, 'timeout') == [('4.5', DEVICE)]
    assert [e['problem'] for e in log.all('config.bad', key='hold')] == [
        'byte 0x00 is not printable ASCII']
