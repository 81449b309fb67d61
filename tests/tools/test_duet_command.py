# SPDX-License-Identifier: MIT
"""The command line of the duet, with programs of our own in the place of QEMU: who is started when,
what is shown, which status it ends with, and that nothing is left behind."""

import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest
from conftest import ROOT
from runner import duet, pair

DUET = os.path.join(ROOT, 'tools', 'duet.py')

# A machine that knows its role and where its machine lines go; the test adds what it does.
MACHINE = r"""#!/bin/sh
role=client
for argument; do
    case $argument in
    *path=/dev/fd/*) exec 9>"${argument##*path=}" ;;
    *mode=server*) role=server ;;
    esac
done
event() { echo "@dt {\"v\":1,\"seq\":1,\"t_us\":1,$1}" >&9; }
listen() { event '"ev":"srv.listening","fd":3,"port":80,"connections":64'; }
ask() { event '"ev":"http.request","method":"GET","target":"/","size_request":9'; }
end() { echo "EXIT: STATUS=$1"; echo "EXIT: STATUS=$1" >&9; [ "$1" != 0 ] || exit 33; exit $(($1 * 2 + 1)); }
"""
GOOD_SERVER = 'echo up; listen; end 0'


@pytest.fixture
def stand_in(tmp_path):
    """A function that starts a duet of two such machines."""
    def start(server, client, *args, **kwargs):
        qemu = tmp_path / 'bin' / 'qemu-system-x86_64'
        qemu.parent.mkdir(exist_ok=True)
        qemu.write_text(f'{MACHINE}. {tmp_path}/$role.sh\n')
        qemu.chmod(qemu.stat().st_mode | stat.S_IXUSR)
        (tmp_path / 'server.sh').write_text(server)
        (tmp_path / 'client.sh').write_text(client)
        (tmp_path / 'kernel.elf').write_text('')
        env = dict(os.environ, PATH=f'{qemu.parent}:{os.environ["PATH"]}')
        return subprocess.Popen(
            [sys.executable, DUET, '--kernel', str(tmp_path / 'kernel.elf'), '--diagram', 'none',
             *args], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)
    return start


def ended(process):
    out, err = process.communicate(timeout=20)
    return process.returncode, out.splitlines(), err


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_client_is_started_when_the_server_listens(stand_in, tmp_path):
    """The server looks whether there is a client: its console and its machine lines are two pipes,
    and so what is shown of both may come in either order."""
    for name in ('go', 'asked'):  # two, or the first writer's end could be taken for the second's
        os.mkfifo(tmp_path / name)
    process = stand_in(f'echo up; read x <{tmp_path}/go; [ -e {tmp_path}/called ] || echo alone; '
                       f'listen; read x <{tmp_path}/asked; echo done; end 0',
                       f': >{tmp_path}/called; ask; echo called; echo x >{tmp_path}/asked; end 0')
    assert process.stdout.readline() == 'server | up\n'
    (tmp_path / 'go').write_text('x\n')
    code, out, _ = ended(process)
    assert code == 0
    assert set(out) == {'server | alone', 'client | called', 'client | EXIT: STATUS=0',
                        'server | done', 'server | EXIT: STATUS=0'}


@pytest.mark.parametrize('server, client, status, said', [
    (GOOD_SERVER, 'ask; end 0', 0, None),
    (GOOD_SERVER, 'ask; end 22', 22, None),
    ('listen; end 119', 'ask; end 28', 119, 'the server failed: it ended with status 119'),
    ('listen; end 119', 'ask; end 0', 119, 'the server failed'),
    ('end 2', 'ask; end 0', 2, 'the server does not listen, so nobody calls it: '
                               'it ended with status 2'),
    ('exit 1', 'ask; end 0', 125, 'QEMU ended with 1'),
    ('listen; exec sleep 100', 'end 7', 7, 'the server was not asked'),
], ids=['both well', 'client fails', 'server breaks', 'only server breaks', 'no server',
        'server without verdict', 'server not asked'])
def test_status(stand_in, server, client, status, said):
    code, out, err = ended(stand_in(server, client))
    assert code == status, err
    assert said is None or said in err
    if 'nobody calls' in (said or ''):
        assert not [line for line in out if line.startswith('client')]


def test_a_server_that_does_not_listen_in_time(stand_in):
    code, out, err = ended(stand_in('echo up; exec sleep 100', 'end 0', '--deadline', '2'))
    assert (code, out) == (125, ['server | up'])
    assert 'the server does not listen' in err and 'killed' in err


def test_a_server_that_does_not_end(stand_in):
    code, _, err = ended(stand_in('listen; exec sleep 100', 'ask; end 0', '--deadline', '2'))
    assert code == 125 and 'the server failed' in err and 'killed' in err


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(stand_in, tmp_path, monkeypatch, how):
    folder = tmp_path / 'tmp'
    folder.mkdir()
    monkeypatch.setenv('TMPDIR', str(folder))
    pid = f'echo $$ >{tmp_path}/$role.pid'
    process = stand_in(f'{pid}; listen; exec sleep 100', f'{pid}; echo up; exec sleep 100')
    assert process.stdout.readline() == 'client | up\n' and list(folder.iterdir())
    process.send_signal(how)
    code, _, err = ended(process)
    if how != signal.SIGKILL:
        assert code == 125 and how.name in err
    pids = [(tmp_path / f'{role}.pid').read_text().strip() for role in ('server', 'client')]
    wait_until(lambda: not any(os.path.exists(f'/proc/{pid}') for pid in pids))
    wait_until(lambda: not list(folder.iterdir()))


def test_logs_are_kept(stand_in, tmp_path):
    logs = tmp_path / 'logs'
    logs.mkdir()
    assert ended(stand_in(GOOD_SERVER, 'ask; end 0', '--logs', str(logs)))[0] == 0
    assert {f.name for f in logs.iterdir()} == {'client.txt', 'client.log', 'server.txt',
                                                'server.log'}
    assert (logs / 'server.txt').read_text() == 'up\nEXIT: STATUS=0\n'
    line = (logs / 'server.log').read_text().splitlines()[0]
    assert json.loads(line.removeprefix('@dt '))['ev'] == 'srv.listening'


@pytest.mark.parametrize('args, said', [
    (['--net', 'user'], 'NET=user: one of socket, tap'),
    (['--machine', 'microvm'], 'MACHINE=microvm'),
    (['--boot', 'bios'], 'BOOT=bios'),
    (['--log', 'xml'], 'LOG=xml'),
    (['--url', 'metrics'], 'URL=metrics: a path'),
    (['--url', '/a"b'], 'double quote'),
    (['--logs', '/none/such'], 'LOGS=/none/such: there is no such folder'),
    (['--diagram', 'x.jpg'], 'DIAGRAM=x.jpg'),
    (['--diagram', '/none/such/x.svg'], 'DIAGRAM=/none/such/x.svg'),
    (['--kernel', '/none'], 'type make'),
    (['--deadline', 'soon'], 'DEADLINE takes seconds'),
    (['--hold', '1'], 'hold'),
])
def test_unknown_values(stand_in, args, said):
    code, out, err = ended(stand_in('end 0', 'end 0', *args))
    assert (code, out) == (2, []) and said in err


def words_of(*args):
    asked = duet.parser().parse_args(args)
    told = duet.client_words(asked)
    return told, duet.server_words(asked, duet.requests_of(told))


def test_what_each_is_told():
    client, server = words_of('--url', '/metrics', '--log', 'json', '--timeout', '5',
                              '--append', 'show=body', '--server-append', 'listen=8080')
    assert client == ['ip=192.168.77.2:::255.255.255.0', 'url=http://192.168.77.1/metrics',
                      'log=json', 'debug-exit=0xf4', 'timeout=5', 'show=body']
    assert server == ['ip=192.168.77.1:::255.255.255.0', 'mode=server', 'requests=1', 'log=json',
                      'debug-exit=0xf4', 'listen=8080']


@pytest.mark.parametrize('append, server_append, requests', [
    ('', '', 1), ('count=3', '', 3), ('url=http://a/ url=http://b/ count=2', '', 4),
    ('count=many', '', 1), ('tcp=192.168.77.1:80', '', 1), ('count=3', 'requests=7', 7)])
def test_the_server_waits_for_as_many_requests_as_will_be_made(append, server_append, requests):
    _, server = words_of('--append', append, '--server-append', server_append)
    assert [w for w in server if w.startswith('requests=')] == [f'requests={requests}']


def test_the_two_ends_are_told_apart_and_closed_when_handed_over():
    with pair.choose('socket') as net:
        ends = [net.ends[name] for name in (pair.CLIENT, pair.SERVER)]
        assert ends[0].fds != ends[1].fds and ends[0].netdev.endswith(f'={ends[0].fds[0]}')
        ends[0].sockets[0].send(b'frame')
        assert ends[1].sockets[0].recv(99) == b'frame'
        ends[1].handed_over()
        with pytest.raises(OSError):  # a machine notices that the other one is gone
            ends[0].sockets[0].send(b'frame')
