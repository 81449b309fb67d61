# SPDX-License-Identifier: MIT
"""The command line of the runner, with programs of our own in the place of QEMU."""

import os
import re
import signal
import stat
import subprocess
import sys
import time

import pytest
from conftest import ROOT
from runner import cli, config, console, guard

RUN = os.path.join(ROOT, 'tools', 'run.py')


@pytest.fixture
def stand_in(tmp_path):
    """Makes a `qemu-system-x86_64` of shell lines; returns a function that runs the runner."""
    def run(script, *args, **kwargs):
        qemu = tmp_path / 'bin' / 'qemu-system-x86_64'
        qemu.parent.mkdir(exist_ok=True)
        qemu.write_text('#!/bin/sh\n' + script)
        qemu.chmod(qemu.stat().st_mode | stat.S_IXUSR)
        kernel = tmp_path / 'kernel.elf'
        kernel.write_text('')
        env = dict(os.environ, PATH=f'{qemu.parent}:{os.environ["PATH"]}')
        return subprocess.Popen([sys.executable, RUN, '--kernel', str(kernel), *args], env=env,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)
    return run


def ended(process):
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_status_of_the_guest(stand_in):
    code, out, _ = ended(stand_in('printf "a\\r\\nEXIT: STATUS=7\\r\\n"; exit 15'))
    assert (code, out) == (7, 'a\nEXIT: STATUS=7\n')


def test_power_off_goes_by_the_exit_line(stand_in):
    assert ended(stand_in('printf "EXIT: STATUS=22\\r\\n"'))[0] == 22


def test_qemus_own_message_is_shown(stand_in):
    code, _, err = ended(stand_in('echo "qemu: no such thing" >&2; exit 1'))
    assert code == 125 and 'qemu: no such thing' in err and 'host: QEMU ended with 1' in err


def test_a_hanging_guest_is_killed(stand_in):
    code, out, err = ended(stand_in('echo begun; exec sleep 100', '--deadline', '2'))
    assert code == 125 and out == 'begun\n' and 'did not end within 2 s' in err


def test_lines_come_live(stand_in, tmp_path):
    os.mkfifo(tmp_path / 'go')
    process = stand_in(f'echo first; read x <{tmp_path}/go; exit 33')
    assert process.stdout.readline() == 'first\n'
    (tmp_path / 'go').write_text('x\n')
    assert ended(process)[0] == 0


def test_interrupt_leaves_nothing_running(stand_in, tmp_path):
    process = stand_in(f'echo $$ >{tmp_path}/pid; echo up; exec sleep 100')
    assert process.stdout.readline() == 'up\n'
    process.terminate()
    code, _, err = ended(process)
    assert code == 125 and 'SIGTERM' in err
    assert not os.path.exists(f'/proc/{(tmp_path / "pid").read_text().strip()}')


def test_kill_leaves_nothing_running(stand_in, tmp_path):
    process = stand_in(f'echo $$ >{tmp_path}/pid; echo up; exec sleep 100')
    assert process.stdout.readline() == 'up\n'
    process.kill()
    ended(process)
    wait_until(lambda: not os.path.exists(f'/proc/{(tmp_path / "pid").read_text().strip()}'))


@pytest.mark.parametrize('how', [None, signal.SIGTERM, signal.SIGKILL])
def test_no_file_is_left(stand_in, tmp_path, monkeypatch, how):
    folder = tmp_path / 'tmp'
    folder.mkdir()
    monkeypatch.setenv('TMPDIR', str(folder))
    os.mkfifo(tmp_path / 'go')
    process = stand_in(f'echo up; read x <{tmp_path}/go; exit 33', '--net', 'none')
    assert process.stdout.readline() == 'up\n' and list(folder.iterdir())
    if how:
        process.send_signal(how)
    else:
        (tmp_path / 'go').write_text('x\n')
    ended(process)
    wait_until(lambda: not list(folder.iterdir()))


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize('args, said', [
    (['--boot', 'bios'], 'BOOT=bios: one of pvh, uefi'),
    (['--machine', 'pc-1.0'], 'MACHINE=pc-1.0'),
    (['--net', 'wifi'], 'NET=wifi: one of user, tap, none'),
    (['--log', 'xml'], 'LOG=xml'),
    (['--mode', 'peer'], 'MODE=peer: one of client, server'),
    (['--port', '0'], 'PORT=0: a port from 1 to 65535'),
    (['--csum', 'maybe'], 'CSUM=maybe'),
    (['--timeout', 'soon'], 'TIMEOUT takes seconds'),
    (['--hold', '-1'], None),
    (['--tap', 'x'], 'TAP= and BRIDGE= go with NET=tap'),
    (['--net', 'tap', '--tap', 'none-such', '--url', 'u', '--ip', 'i'], 'no such network device'),
    (['--kernel', '/none'], 'type make'),
    (['--gdb', '--boot', 'uefi'], 'BOOT=pvh'),
    (['--diagram', 'run.gif'], 'DIAGRAM=run.gif: a diagram ends in .svg'),
    (['--diagram', '/none/run.svg'], 'there is no folder /none'),
    (['--diagram', '-', '--gdb'], 'DIAGRAM= does not go with gdb'),
    (['--diagram', '-', '--machine', 'microvm'], 'DIAGRAM= needs LOG=json or both'),
    (['--serial2', 'x', '--machine', 'microvm'], 'no SERIAL2='),
    (['--url', 'a"b'], 'double quote'),
    (['--what'], 'what'),
])
def test_unknown_values(stand_in, args, said):
    code, out, err = ended(stand_in('exit 33', *args))
    assert (code, out) == (2, '') and (said is None or said in err)


def test_configuration_handed_over(stand_in):
    code, out, _ = ended(stand_in('for a; do echo "$a"; done; exit 33', '--net', 'none', '--log',
                                  'both', '--hold', '2', '--append', 'url=http://1.2.3.4/ x="y z"',
                                  '--', '-extra'))
    lines = out.splitlines()
    words = config.split_words(lines[lines.index('-append') + 1])
    assert code == 0 and '-extra' in lines
    assert {'url=http://1.2.3.4/', 'x="y z"', 'log=both', 'hold=2', 'debug-exit=0xf4'} <= set(words)
    assert sum(w.startswith('url=') for w in words) == 1


def test_without_ip_the_guest_asks(stand_in):
    script = 'for a; do echo "$a"; done; exit 33'
    assert 'ip=' not in ended(stand_in(script, '--net', 'none'))[1]
    assert ' ip=1.2.3.4/8 ' in ended(stand_in(script, '--net', 'none', '--ip', '1.2.3.4/8'))[1]


MACHINE_LINES = 'printf \'@dt {"v":1,"seq":1,"t_us":5,"ev":"hold","seconds":3}\\r\\n\''


def test_a_diagram_comes_from_a_second_serial_port_of_its_own(stand_in, tmp_path):
    out = tmp_path / 'run.mmd'
    script = ('for a; do case "$a" in file,id=machine,path=*) f=${a##*path=};; esac; done\n'
              f'{MACHINE_LINES} >"$f"; echo text; exit 15')
    code, said, _ = ended(stand_in(script, '--net', 'none', '--diagram', str(out)))
    assert (code, said) == (7, 'text\n') and 'stays up for 3 s' in out.read_text()


def test_a_diagram_from_the_console_and_the_callers_own_port(stand_in, tmp_path):
    port = tmp_path / 'port'
    code, said, _ = ended(stand_in(f'{MACHINE_LINES}; exit 33', '--net', 'none', '--serial2',
                                   str(port), '--diagram', '-'))
    assert code == 0 and said.index('@dt') < said.index('stays up for 3 s')
    code, said, err = ended(stand_in('echo text; exit 33', '--net', 'none', '--diagram', '-'))
    assert (code, said) == (0, 'text\n') and 'no diagram: no machine lines' in err


def test_deadline_covers_timeout_and_hold():
    options = cli.parser().parse_args(['--boot', 'pvh'])
    assert cli.deadline_s(options, []) == 45
    assert cli.deadline_s(options, ['timeout=5', 'hold=10']) == 30


def serving(stand_in, *args):
    """(configuration, QEMU's -netdev, what the runner says) of a run with these arguments."""
    code, out, err = ended(stand_in('for a; do echo "$a"; done; exit 33', *args))
    lines = out.splitlines()
    assert code == 0, err
    return (config.split_words(lines[lines.index('-append') + 1]),
            lines[lines.index('-netdev') + 1], err)


def test_a_server_is_reached_through_a_port(stand_in):
    words, netdev, err = serving(stand_in, '--mode', 'server', '--port', '8123')
    assert 'mode=server' in words and not any(w.startswith('url=') for w in words)
    assert 'hostfwd=tcp:127.0.0.1:8123-:80' in netdev
    assert 'curl http://127.0.0.1:8123/' in err and 'web server on' not in err
    words, netdev, _ = serving(stand_in, '--append', 'listen=10.0.2.15:8080 interval=5')
    assert any(w.startswith('url=http://10.0.2.2:') for w in words)  # there is somebody to call
    assert re.search(r'hostfwd=tcp:127\.0\.0\.1:\d+-:8080$', netdev)


def test_a_client_is_not(stand_in):
    for args in ((), ('--append', 'mode=client listen=80')):
        words, netdev, err = serving(stand_in, *args)
        assert 'hostfwd' not in netdev and 'curl' not in err
        assert any(w.startswith('url=') for w in words)


def test_a_server_without_an_end_is_not_killed():
    for args, words, deadline in (
            (['--mode', 'server'], [], None),
            (['--append', 'mode=server'], [], None),
            (['--mode', 'server', '--deadline', '7'], [], 7),
            (['--mode', 'server'], ['hold=10'], 55),
            (['--mode', 'server'], ['timeout=10'], 25)):
        assert cli.deadline_s(cli.parser().parse_args(args), words) == deadline


def test_cursor_movements_are_not_shown():
    assert console.plain(b'\x1b[2J\x1b[01;01H\x1b[=3h\r\n') is None
    assert console.plain(b'\x1b[0mBdsDxe: x\r\n') == b'BdsDxe: x\r\n'
    assert console.plain(b'plain\r\n') == b'plain\r\n'


def test_a_guard_undoes_once_and_goes_on(tmp_path):
    g = guard.Guard(['false'], ['touch', str(tmp_path / 'a b')])
    g.release()
    g.release()
    assert (tmp_path / 'a b').exists()
