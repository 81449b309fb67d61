# SPDX-License-Identifier: MIT
"""The call that goes through: every door, every machine, every network, and what a body may be."""

import os
import subprocess

import dialtone_log
import pytest
import servers
from machine import IMAGE, Run, call
from runner import config, image, web

CLIENT_STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16]
DOORS = [pytest.param('pvh', id='pvh'), pytest.param('uefi', id='uefi')]


def check_success(log, size, crc=None):
    assert sorted(log.steps()) == CLIENT_STEPS
    result = log.result
    assert result['http_code'] == 200 and result['size_download'] == size
    assert 'failed_step' not in result and 'errormsg' not in result
    times = [result[f'time_{t}'] for t in ('connect', 'pretransfer', 'starttransfer', 'total')]
    assert 0 < times[0] and times == sorted(times)
    body = log.first('http.body')
    assert body['size_download'] == size
    if crc:
        assert body['crc32'] == crc
    transfer = log.first('transfer')
    for key in ('http_code', 'size_download', 'remote_ip', 'local_port', 'time_total'):
        assert transfer[key] == result[key]


@pytest.mark.parametrize('machine', ['pc', 'q35'])
@pytest.mark.parametrize('boot', DOORS)
def test_tap_and_nginx(wire, boot, machine):
    log = call(wire, [wire.ip, wire.url()], 0, boot=boot, machine=machine)
    check_success(log, len(wire.page), wire.page_crc)
    assert (log.result['remote_ip'], log.result['remote_port']) == ('192.168.77.1', 80)
    assert log.result['local_ip'] == '192.168.77.2'
    assert log.first('boot')['door'].lower() == boot


@pytest.mark.parametrize('machine', ['pc', 'q35'])
@pytest.mark.parametrize('boot', DOORS)
def test_user_network(user_net, boot, machine):
    with servers.serving(web.page_handler) as port:
        log = call(user_net, [user_net.ip, user_net.url(port)], 0, boot=boot, machine=machine)
    check_success(log, log.first('http.response')['content_length'])


@pytest.mark.parametrize('handler, framing', [(servers.CHUNKED, 'chunked'),
                                              (servers.CLOSE_DELIMITED, 'close')],
                         ids=['chunked', 'close'])
def test_other_framings(wire, handler, framing):
    with servers.serving(handler, wire.namespace, '192.168.77.1') as port:
        log = call(wire, [wire.ip, wire.url(port=port)], 0)
    check_success(log, 11, '0d4a1185')  # the CRC-32 of "hello world"
    assert framing in log.first('http.response')['framing']


def test_a_hundred_mebibytes(wire):
    """Length and checksum: every byte came, once, in its place."""
    data = os.urandom(100 << 20)
    crc = wire.nginx.put('large', data)
    try:
        log = call(wire, [wire.ip, wire.url('/large'), 'timeout=90'], 0, deadline=100)
    finally:
        os.unlink(os.path.join(wire.nginx.www, 'large'))
    check_success(log, len(data), crc)


def test_eight_mebibytes_of_memory(wire):
    log = call(wire, [wire.ip, wire.url()], 0, mem='8')
    assert log.first('memory')['total_kib'] <= 8192
    check_success(log, len(wire.page), wire.page_crc)


def test_network_device_behind_a_root_port(wire):
    log = call(wire, [wire.ip, wire.url()], 0, machine='q35', nic='bus=rp0',
               args=('-device', 'pcie-root-port,id=rp0,chassis=1'))
    check_success(log, len(wire.page), wire.page_crc)
    assert not log.first('netdev.up')['at'].startswith('00:'), log.first('netdev.up')


@pytest.mark.parametrize('names', ['::eth1', ':guest:eth1:off'])
def test_the_device_that_ip_names(wire, names):
    """Two network devices, of which only the second is connected."""
    log = call(wire, [wire.ip + names, wire.url()], 0,
               args=('-device', 'virtio-net-pci,disable-legacy=on,romfile='))
    check_success(log, len(wire.page), wire.page_crc)
    assert [e['name'] for e in log.all('netdev.up')] == ['eth0', 'eth1']
    assert log.first('addr.set')['name'] == 'eth1'


@pytest.mark.parametrize('csum', [True, False])
def test_checksum_offload_on_and_off(wire, csum):
    log = call(wire, [wire.ip, wire.url()], 0, csum=csum)
    check_success(log, len(wire.page), wire.page_crc)
    features = log.first('netdev.up')['features'].upper()
    assert ('CSUM' in features) is csum, features


def test_image_as_qcow2_boots(wire, tmp_path):
    raw, disk = tmp_path / 'raw.img', tmp_path / 'disk.qcow2'
    words = [wire.ip, wire.url(), 'log=both', 'debug-exit=0xf4']
    image.copy_with_config(IMAGE, str(raw), config.as_file(words))
    subprocess.run(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, disk], check=True)
    log = call(wire, [], 0, boot='uefi', machine='q35', disk=str(disk), disk_format='qcow2')
    check_success(log, len(wire.page), wire.page_crc)


@pytest.mark.parametrize('mode', ['text', 'json'])
def test_log_modes(wire, mode):
    with Run(wire, [wire.ip, wire.url()], log_mode=mode) as run:
        log = run.end(0)
    assert bool(log.events) is (mode == 'json')
    assert bool(log.human_lines()) is (mode == 'text')
    assert run.raw.startswith(b'\r\n') and run.raw.endswith(b'EXIT: STATUS=0\r\n')
    assert run.raw.count(b'\n') == run.raw.count(b'\r\n')
    assert b'\x1b' not in run.raw


def test_one_human_line_for_each_machine_line(wire):
    log = call(wire, [wire.ip, wire.url()], 0)
    assert [t for t, _, _ in log.human_lines()] == [e['t_us'] for e in log.events]


def test_second_serial_port_carries_the_machine_lines(wire, tmp_path):
    second = tmp_path / 'second'
    with Run(wire, [wire.ip, wire.url()], log_mode='text', serial2=str(second)) as run:
        first = run.end(0)
    assert first.events == [] and len(first.human_lines()) > 20
    text = second.read_bytes()
    log = dialtone_log.parse(text)
    assert log.problems() == []
    check_success(log, len(wire.page), wire.page_crc)
    lines = [line for line in text.decode('ascii').split('\r\n') if line]
    assert lines[-1] == 'EXIT: STATUS=0'
    assert all(line.startswith('@dt ') for line in lines[:-1])
    assert len(log.events) == len(first.human_lines())


def test_power_off_without_the_exit_port(wire):
    """ACPI switches the machine off, QEMU ends with 0, and the EXIT line is the verdict."""
    with Run(wire, [wire.ip, wire.url('/none')], debug_exit=False) as run:
        run.end(22)
    assert run.outcome.returncode == 0


def test_no_two_runs_share_their_numbers(wire):
    """Initial sequence numbers, ports and time stamps come from entropy, not from constants."""
    runs = [call(wire, [wire.ip, wire.url()], 0).steps()[7] for _ in range(3)]
    for key in ('tcp_seq', 'src', 'tsval'):
        assert len({step[key] for step in runs}) > 1, [step[key] for step in runs]
    assert len({step['tcp_seq'] for step in runs}) == 3
