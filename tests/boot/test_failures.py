# SPDX-License-Identifier: MIT
"""The calls that do not go through: each ends with its own status and stops at its own step."""

import os
import re
import subprocess

import pytest
import servers
from frames import read_pcap
from machine import KERNEL, Run, call
from qmp import Qmp
from qmp import args as qmp_args

HOST = '192.168.77.1'
SPARE_NIC = 'virtio-net-pci,disable-legacy=on,romfile='  # comes first, and is connected to nothing


def check_stopped(log, failed_step, reached):
    """The steps end where the truth ends, and the result says so."""
    assert log.result.get('failed_step') == failed_step
    assert max(log.steps(), default=0) == reached
    assert log.result['errormsg']


def test_refused(wire):
    log = call(wire, [wire.ip, wire.url(port=81)], 7)
    check_stopped(log, 12, 8)
    assert (log.result['outcome'], log.result['errormsg']) == ('failed', 'connection refused')
    assert log.first('tcp.rst_rcvd')['at_step'] == 12
    assert log.first('tcp.retransmit') is None


def test_refused_uefi(user_net):
    with servers.deaf_socket() as deaf:
        log = call(user_net, [user_net.ip, user_net.url(deaf.getsockname()[1])], 7, boot='uefi')
    check_stopped(log, 12, 8)


def test_black_hole(wire):
    """An address behind a host that does not forward: nothing comes back, and SYNs are repeated."""
    log = call(wire, [wire.ip, wire.url(host='198.51.100.1'), 'connect-timeout=3.5'], 28)
    check_stopped(log, 12, 8)
    repeats = log.all('tcp.retransmit', at_step=8)
    assert [(r['attempt'], r['rto_ms']) for r in repeats] == [(1, 2000), (2, 4000)]
    sent = [log.steps()[8]['t_us']] + [r['t_us'] for r in repeats]
    for gap, want in zip((b - a for a, b in zip(sent, sent[1:])), (1e6, 2e6)):  # RFC 6298 2, 5.5
        assert gap > 0.98 * want
    assert log.result['time_total'] > 3.4  # and before the next one, at 7 s


def test_the_whole_run_has_a_deadline(wire):
    log = call(wire, [wire.ip, wire.url(host='198.51.100.1'), 'timeout=1.5'], 28)
    assert log.result['time_total'] > 1.4
    assert len(log.all('tcp.retransmit', at_step=8)) == 1  # the next would be at 3 s


def test_no_arp_answer(wire, tmp_path):
    with wire.capture(tmp_path / 'pcap'):
        log = call(wire, [wire.ip, wire.url(host='192.168.77.99')], 7)
    check_stopped(log, 8, 7)
    requests = log.all('arp.request')
    assert [r['ip'] for r in requests] == ['192.168.77.99'] * 3
    assert log.first('arp.unresolved')['attempts'] == 3
    assert log.first('tcp.aborted')['at_step'] == 8
    # Beside the requests there are the probes for our own address.
    on_wire = [t for t, f in read_pcap(tmp_path / 'pcap')
               if f.arp_operation == 1 and f.arp_target == '192.168.77.99']
    assert len(on_wire) == 3
    for times, second in ((on_wire, 1e9), ([r['t_us'] for r in requests], 1e6)):
        for gap in (b - a for a, b in zip(times, times[1:])):
            assert gap > 0.95 * second


def test_no_arp_answer_means_nothing_was_sent(wire):
    log = call(wire, [wire.ip, wire.url(host='192.168.77.99')], 7)
    summary = log.first('tcp.summary')
    assert (summary['segs_out'], summary['retransmits']) == (0, 0)


@pytest.mark.parametrize('status, handler', [
    (52, servers.close_at_once),
    (8, servers.TWO_LENGTHS),
    (18, servers.PARTIAL),
    (56, servers.RESET_IN_BODY),
    (1, servers.NOT_HTTP),
    (61, servers.UNKNOWN_CODING),
    (100, servers.ENDLESS_HEADER),
], ids=['closes at once', 'two lengths', 'too little', 'reset in the body', 'not HTTP',
        'unknown coding', 'endless header'])
def test_server_that_misbehaves(wire, status, handler):
    with servers.serving(handler, wire.namespace, HOST) as port:
        log = call(wire, [wire.ip, wire.url(port=port)], status)
    assert max(log.steps()) == 16 and log.result['errormsg']


def test_server_that_closes_at_once_uefi(user_net):
    with servers.serving(servers.close_at_once) as port:
        call(user_net, [user_net.ip, user_net.url(port)], 52, boot='uefi')


@pytest.mark.parametrize('boot', ['pvh', 'uefi'])
def test_not_found(wire, boot):
    log = call(wire, [wire.ip, wire.url('/none')], 22, boot=boot)
    assert log.result['http_code'] == 404 and log.result['errormsg']


@pytest.mark.parametrize('boot', ['pvh', 'uefi'])
def test_no_network_device(no_net, boot):
    log = call(no_net, ['ip=192.168.77.2:::255.255.255.0', f'url=http://{HOST}/'], 110, boot=boot)
    assert log.steps() == {} and log.result['errormsg']


@pytest.mark.parametrize('length', [4096, 5000, 20000])
def test_a_command_line_that_is_too_long(no_net, length):
    """Nothing of it is taken; from some length on QEMU writes it over its own structures."""
    with Run(no_net, ['header=X:' + 'x' * 2000] * (length // 2000) + ['y' * (length % 2000)]) as run:
        text = run.end(2).text()  # and so nothing of log=both
    assert text.count(' config ') == 1
    assert 'config   command line: is longer than 4095 bytes' in text


def kib_of(symbol):
    """Where QEMU puts it in memory."""
    lines = subprocess.run(['nm', KERNEL.replace('.elf', '.debug.elf')], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    offset = next(line.split()[0] for line in lines if line.endswith(' ' + symbol))
    return 1024 + int(offset, 16) // 1024


def test_firmware_that_wrote_over_the_image(no_net):
    """SeaBIOS moves itself to 340 to 256 KiB below the end of RAM; here that is where the loader had
    left zeros for the first page tables."""
    mem = (kib_of('boot_tables') + 300) // 8 * 8
    assert call(no_net, ['timeout=soon'], 2, mem=f'{mem}k').first('memory')['total_kib'] < 1024


def test_a_machine_smaller_than_the_kernel(no_net):
    mem = kib_of('image_end') // 8 * 8 - 8
    with Run(no_net, [], mem=f'{mem}k') as run:
        run.end(27, contract=False)  # no result: there is no kernel to say it
    assert b'the machine has too little memory for the kernel\r\n' in run.raw


def test_a_device_that_is_not_there(wire):
    log = call(wire, [f'{wire.ip}:host:eth2', wire.url()], 110, args=('-device', SPARE_NIC))
    assert log.result['errormsg'] == 'ip=: there is no device eth2, only eth0, eth1'
    assert log.steps() == {}


BAD_OPTIONS = ['ip=192.168.77.2:::255.255.255.0', f'url=http://{HOST}/', 'timeout=soon',
               'colour=blue', 'hold=-1', 'debug-exit=0xf4']


@pytest.mark.parametrize('boot', ['pvh', 'uefi'])
def test_bad_options_are_all_named_in_one_run(no_net, boot):
    log = call(no_net, BAD_OPTIONS, 2, boot=boot)
    said = [str(e) for e in log.all('config.bad')]
    assert len(said) == 3
    for word in ('timeout', 'colour', 'hold'):
        assert any(word in text for text in said), said


@pytest.mark.parametrize('words', [
    ['ip=bootp', f'url=http://{HOST}/'],
    ['ip=192.168.77.2:::/24:host:eth0:dhcp', f'url=http://{HOST}/'],  # given, and asked for
    ['ip=192.168.77.2', f'url=http://{HOST}/'],                  # no mask
    ['ip=192.168.77.2:::255.0.255.0', f'url=http://{HOST}/'],
    ['ip=192.168.77.999:::255.255.255.0', f'url=http://{HOST}/'],
    ['ip=192.168.77.2:::/24', 'url=gopher://x', 'nonsense'],     # 2 comes before the URL's fault
], ids=['bootp', 'both', 'no mask', 'mask with holes', 'bad address', 'before the url'])
def test_bad_configuration(no_net, words):
    assert len(call(no_net, words, 2).all('config.bad')) == 1


@pytest.mark.parametrize('status, url', [
    (3, 'url=http://'), (3, 'url=http://192.168.77.1:99999/'), (3, 'url=http://1.2.3.4:x/'),
    (1, 'url=ftp://192.168.77.1/'), (6, 'url=http://example.org/')])
def test_urls(wire, status, url):
    log = call(wire, [wire.ip, url], status)
    assert log.steps() == {}


def test_mask_as_prefix_length(wire):
    call(wire, ['ip=192.168.77.2:::/24', wire.url()], 0)


def test_link_down(wire, tmp_path):
    """A cable that is not plugged in: waited for as long as an address, said, and no connection."""
    path = os.path.join(str(tmp_path), 'qmp')
    with Run(wire, [wire.ip, wire.url(), 'dhcp-timeout=1.5'], args=(*qmp_args(path), '-S')) as run:
        with Qmp(path) as qmp:
            qmp('set_link', name='net0', up=False)
            qmp('cont')
        log = run.end(7)
    assert log.steps() == {}
    assert log.result['errormsg'] == 'the network link is down: eth0 (waited 1.5 s)'
    assert log.first('netdev.up')['link'] == 'down'


def test_timeout_ends_the_wait_for_the_link(wire, tmp_path):
    path = os.path.join(str(tmp_path), 'qmp')
    with Run(wire, [wire.ip, wire.url(), 'timeout=0.7'], args=(*qmp_args(path), '-S')) as run:
        with Qmp(path) as qmp:
            qmp('set_link', name='net0', up=False)
            qmp('cont')
        log = run.end(7)
    assert log.steps() == {}
    assert log.result['errormsg'].startswith('the network link is down: eth0 (waited 0.')
    assert log.result['t_us'] >= 0.7e6


def test_link_comes_up_while_waiting(wire, tmp_path):
    path = os.path.join(str(tmp_path), 'qmp')
    with Run(wire, [wire.ip, wire.url()], args=(*qmp_args(path), '-S')) as run:
        with Qmp(path) as qmp:
            qmp('set_link', name='net0', up=False)
            qmp('cont')
            run.log.wait('netdev.up', 10)
            qmp('set_link', name='net0', up=True)
        log = run.end(0)
    assert log.first('netdev.link')['link'] == 'up'


def test_retry_with_a_link_that_comes_up_late(wire, tmp_path):
    """Behind dhcp-timeout=, and behind all the time that a connection has: the next try finds it."""
    path = os.path.join(str(tmp_path), 'qmp')
    words = [wire.ip, wire.url(), 'dhcp-timeout=0.5', 'connect-timeout=3.2', 'retry=3']
    with Run(wire, words, args=(*qmp_args(path), '-S')) as run:
        with Qmp(path) as qmp:
            qmp('set_link', name='net0', up=False)
            qmp('cont')
            why = run.log.wait('http.retry', 20)['problem']
            qmp('set_link', name='net0', up=True)
        log = run.end(0)
    assert re.fullmatch(r'no ARP answer from the next hop in 3.\d s, the link is down', why)
    assert log.result['num_retries'] == 1


def test_out_of_reach_without_a_gateway(wire):
    log = call(wire, ['ip=192.168.77.2:::255.255.255.0', wire.url(host='198.51.100.1')], 7)
    assert 8 not in log.steps() and log.result['errormsg']
