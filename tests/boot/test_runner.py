# SPDX-License-Identifier: MIT
"""tools/run.py and `make run` with the real image: what a person types, and what is left behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import dialtone_log
import log_contract
import pytest
import tshark
from conftest import ROOT
from frames import read_pcap
from machine import BUILD, IMAGE, KERNEL
from runner.netns import Namespace

CLIENT_STEPS = {1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16}


def command(*args):
    return [sys.executable, os.path.join(ROOT, 'tools', 'run.py'), '--kernel', KERNEL,
            '--image', IMAGE, *args]


def run(*args, prefix=()):
    """Runs it to its end; nothing of its own may be left (nsenter keeps the process id)."""
    with subprocess.Popen([*prefix, *command(*args)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        out, err = process.communicate(timeout=60)
    assert f'dialtone-{process.pid}' not in namespaces()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def namespaces():
    names = subprocess.run(['ip', 'netns', 'list'], capture_output=True, text=True, check=True)
    return {line.split()[0] for line in names.stdout.splitlines()}


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def children(pid):
    """Process ids of everything that a process has started and that still runs."""
    found = []
    for entry in os.listdir('/proc'):
        try:
            with open(f'/proc/{entry}/stat', encoding='ascii', errors='replace') as f:
                if int(f.read().rpartition(')')[2].split()[1]) == pid:
                    found.append(int(entry))
        except (OSError, ValueError, IndexError):
            pass
    return found


@pytest.mark.parametrize('args', [
    (), ('--net', 'tap', '--url', 'http://some.name/'),
    ('--net', 'tap', '--boot', 'uefi', '--machine', 'q35')],
    ids=['no arguments', 'tap and a name', 'tap uefi q35'])
def test_a_call_goes_through(args):
    """The machine is told what to get, and finds the rest itself."""
    done = run(*args, '--log', 'both')
    log = dialtone_log.parse(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert log.problems() == [] and log_contract.event_problems(log) == [] and set(log.steps()) == CLIENT_STEPS
    assert not log.all('config', key='ip')
    assert log.first('addr.set')['ip'] == log.first('dhcp.ack')['ip'] == log.result['local_ip']


def test_an_address_that_is_given(tmp_path):
    """It needs no dnsmasq, and without one it is said what to do."""
    no_dnsmasq = tmp_path / 'dnsmasq'
    no_dnsmasq.write_text('#!/bin/sh\nexit 1\n')
    no_dnsmasq.chmod(0o755)
    prefix = ['env', f'PATH={tmp_path}:{os.environ["PATH"]}']
    done = run('--net', 'tap', '--ip', '192.168.77.2::192.168.77.1:/24', prefix=prefix)
    assert done.returncode == 0 and 'dhcp' not in done.stdout, done.stdout + done.stderr
    done = run('--net', 'tap', prefix=prefix)
    assert done.returncode == 2 and 'dnsmasq does not start' in done.stderr


def test_the_status_of_the_guest_is_the_runners():
    done = run('--net', 'tap', '--url', 'http://192.168.77.1/none')
    assert done.returncode == 22 and done.stdout.endswith('EXIT: STATUS=22\n')


def test_no_network():
    assert run('--net', 'none').returncode == 110


@pytest.mark.parametrize('net', ['user', 'tap'])
def test_pcap(net, tmp_path):
    path = tmp_path / 'out,1.pcap'
    assert run('--net', net, '--pcap', str(path)).returncode == 0
    syn = [f for _, f in read_pcap(path) if f.is_tcp(2)]
    assert len(syn) == 2 and syn[0].payload == b''
    assert tshark.fields(str(path), ['http.response.code'], 'http.response') == [
        {'http.response.code': '200'}]


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_it_nothing_is_left(how):
    process = subprocess.Popen(command('--net', 'tap', '--log', 'json', '--hold', '60'),
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if '"ev":"hold"' in line:
            break
    name = f'dialtone-{process.pid}'
    assert name in namespaces()
    started = children(process.pid)
    assert started
    process.send_signal(how)
    process.stdout.read()
    assert process.wait(10) == (125 if how != signal.SIGKILL else -signal.SIGKILL)
    wait_until(lambda: name not in namespaces())
    wait_until(lambda: not any(os.path.exists(f'/proc/{pid}') for pid in started))


def test_a_tap_that_is_there_is_left_alone(wire):
    done = run('--net', 'tap', '--tap', wire.tap, '--ip', wire.ip[3:], '--url', wire.url()[4:],
               prefix=wire.prefix)
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run([*wire.prefix, 'ip', 'link', 'show', wire.tap], check=True, capture_output=True)


def test_a_bridge_that_is_there_is_left_alone():
    with Namespace() as other:
        other.ip('link', 'add', 'br0', 'type', 'bridge')
        other.ip('link', 'set', 'br0', 'up')
        other.ip('addr', 'add', '192.168.78.1/24', 'dev', 'br0')
        args = ('--net', 'tap', '--bridge', 'br0', '--ip', '192.168.78.2:::/24',
                '--url', 'http://192.168.78.1:9/')
        done = run(*args, prefix=other.prefix)
        assert done.returncode == 7 and 'RST' in done.stdout, done.stdout + done.stderr

        def ports():
            return subprocess.run([*other.prefix, 'ip', 'link', 'show', 'master', 'br0'],
                                  capture_output=True, text=True, check=True).stdout
        wait_until(lambda: ports() == '')
        other.ip('link', 'show', 'br0')


def test_on_an_existing_network_it_must_be_said_what_to_get(wire):
    done = run('--net', 'tap', '--tap', wire.tap, prefix=wire.prefix)
    assert done.returncode == 2 and 'URL= is needed' in done.stderr


AS_NOBODY = """
mkdir -p {folder}; mknod {folder}/tun c 10 200; chmod {mode} {folder}/tun
mount --bind {folder}/tun /dev/net/tun
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
"""


def as_nobody(tmp_path, mode):
    """A prefix that runs a command without root, with /dev/net/tun of that mode."""
    return ['unshare', '--mount', 'sh', '-euc',
            AS_NOBODY.format(folder=tmp_path / 'dev', mode=mode), 'sh']


@pytest.fixture
def for_everybody():
    """A folder for everybody, with copies of the tools and the kernel."""
    folder = tempfile.mkdtemp(prefix='dialtone-nobody-')
    os.chmod(folder, 0o777)
    shutil.copytree(os.path.join(ROOT, 'tools'), os.path.join(folder, 'tools'),
                    ignore=shutil.ignore_patterns('__pycache__'))
    shutil.copy(KERNEL, folder)
    yield folder
    shutil.rmtree(folder)


def real_root():
    with open('/proc/self/uid_map', encoding='ascii') as f:
        return f.read().split() == ['0', '0', '4294967295']


@pytest.mark.skipif(not real_root(), reason='needs the real root, to become somebody else')
@pytest.mark.parametrize('args, mode, status', [
    (('--net', 'user'), '600', 0), (('--net', 'tap', '--pcap', 'out.pcap'), '666', 0),
    (('--net', 'tap'), '600', 2)],
    ids=['user network', 'tap that opens', 'tap that does not open'])
def test_without_root(tmp_path, for_everybody, args, mode, status):
    done = subprocess.run([*as_nobody(tmp_path, mode), '/usr/bin/python3',
                           f'{for_everybody}/tools/run.py', '--kernel',
                           f'{for_everybody}/dialtone.elf', *args],
                          capture_output=True, text=True, timeout=60, check=False, cwd=for_everybody)
    assert done.returncode == status, done.stdout + done.stderr
    if status == 2:
        assert done.stderr.count('\n') == 1 and 'sudo' in done.stderr
    if '--pcap' in args:
        assert any(f.is_tcp(2) for _, f in read_pcap(os.path.join(for_everybody, 'out.pcap')))


def make(*args):
    env = {k: v for k, v in os.environ.items() if not k.startswith('MAKE')}
    return subprocess.run(['make', '--no-print-directory', '-C', ROOT, f'BUILD={BUILD}', *args],
                          capture_output=True, text=True, timeout=120, env=env, check=False)


def test_make_run():
    done = make('run', 'NET=tap', 'LOG=text', 'URL=http://192.168.77.1/?a=1&b=it\'s', 'MEM=32')
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'EXIT: STATUS=0\n' in done.stdout and "b=it's" in done.stdout
    assert make('run', 'URL=http://10.0.2.2:9/').returncode == 2


def test_ranges_of_memory_that_a_door_dropped_are_reported(tmp_path):
    commands = tmp_path / 'commands'
    commands.write_text('break memory_init\ncontinue\nset bi->memory_dropped = 3\ncontinue\n')
    done = make('gdb', f'GDB_BATCH={commands}', 'LOG=both')
    assert ' ranges, 3 more dropped, kernel of ' in done.stdout, done.stdout + done.stderr
    assert dialtone_log.parse(done.stdout).first('memory')['dropped'] == 3


def test_gdb_stops_where_it_is_told(tmp_path):
    commands = tmp_path / 'commands'
    commands.write_text('break kernel_main\ncontinue\ninfo symbol $rip\ndetach\n')
    done = make('gdb', f'GDB_BATCH={commands}')
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'kernel_main in section .text' in done.stdout, done.stdout + done.stderr


def test_a_server_behind_the_user_network():
    """No root, no tap: the runner says where, and a request gets there and back."""
    with subprocess.Popen(command('--mode', 'server', '--append', 'requests=1', '--deadline', '40'),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url = None
        while url is None:
            line = process.stderr.readline()
            assert line, 'it has ended'
            url = re.search(r'curl (http://127\.0\.0\.1:\d+/)$', line.strip())
        while 'listens on port 80' not in (line := process.stdout.readline()):
            assert line, 'it has ended'
        done = subprocess.run(['curl', '--silent', '--noproxy', '*', '--max-time', '20', url[1]],
                              capture_output=True, text=True, check=True)
        out, err = process.communicate(timeout=60)
    assert '<td>10.0.2.15:80</td>' in done.stdout
    assert process.returncode == 0, out + err
    assert out.splitlines()[-2:] == [next(line for line in out.splitlines()
                                          if 'ok: 1 requests answered' in line), 'EXIT: STATUS=0']
