# SPDX-License-Identifier: MIT
"""The command line: what is in the machine, and what cannot be."""

import pytest
from runner import accel, qemu
from runner.errors import RunnerError


def line(**fields):
    return ' '.join(qemu.command_line(qemu.Machine(**fields)))


def test_pvh_with_network():
    text = line(append='a=1', netdev='user,id=net0')
    for part in ('-machine pc', '-nodefaults', '-display none', '-no-reboot', '-append a=1',
                 'virtio-net-pci,disable-legacy=on,netdev=net0,romfile=',
                 'isa-debug-exit,iobase=0xf4', 'virtio-rng-pci', '-serial chardev:console'):
        assert part in text
    assert 'csum' not in text and '-bios' not in text


def test_uefi_boots_from_the_disk_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(qemu, 'FIRMWARE', (str(tmp_path),))
    text = line(boot='uefi', disk='x.img', netdev='user,id=net0')
    assert '-kernel' not in text and '-append' not in text
    assert 'drive=disk0,bootindex=0' in text


def test_no_network_device():
    assert 'virtio-net' not in line()


def test_csum_off_turns_off_what_needs_it():
    text = line(netdev='user,id=net0', csum=False)
    assert ',csum=off,guest_csum=off,host_tso4=off' in text


def test_bridges_come_before_the_network_device():
    argv = qemu.command_line(qemu.Machine(netdev='user,id=net0', nic='bus=rp0',
                                          args=('-device', 'pcie-root-port,id=rp0')))
    nic = [i for i, a in enumerate(argv) if a.startswith('virtio-net')][0]
    assert argv.index('pcie-root-port,id=rp0') < nic
    assert argv[nic].endswith(',bus=rp0')


def test_microvm_has_no_pci():
    assert 'pci' not in line(machine='microvm', netdev='user,id=net0').replace('romfile', '')


@pytest.mark.parametrize('fields', [
    {'boot': 'bios'}, {'machine': 'i440fx'}, {'mem': 'lots'}, {'mem': ''},
    {'boot': 'uefi', 'machine': 'microvm'}])
def test_impossible(fields):
    with pytest.raises(RunnerError) as e:
        line(**fields)
    assert e.value.status == 2


def test_kvm_only_where_the_processor_virtualises():
    assert accel.cpu_virtualises('flags\t\t: fpu vmx sse\n')
    assert accel.cpu_virtualises('flags\t\t: fpu svm\n')
    assert not accel.cpu_virtualises('flags\t\t: fpu hypervisor\nvmx flags : x\n')
    assert not accel.cpu_virtualises('')
    assert not accel.kvm_opens('/nonexistent')
    assert accel.qemu_args('tcg') == ['-accel', 'tcg', '-cpu', 'max']
