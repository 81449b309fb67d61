# SPDX-License-Identifier: MIT
"""The log's reader: what it understands, that it notices a broken log, and that it can wait."""

import os
import pty
import socket
import threading

import dialtone_log
import pytest

LOGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'logs')


def recorded(name):
    """The console of a real run."""
    with open(os.path.join(LOGS, name), 'rb') as f:
        return f.read()


def machine(seq, ev, **more):
    fields = ''.join(f',"{k}":{v}' for k, v in more.items())
    return f'@dt {{"v":1,"seq":{seq},"t_us":{seq * 10},"ev":"{ev}"{fields}}}'


GOOD = '\r\n'.join([
    'BdsDxe: half a line', '', '[   0.000010] boot     dialtone',
    machine(1, 'boot', version='"1"', door='"PVH"'),
    machine(2, 'app.socket', conn=1, step=1, family='"f"', type='"t"', protocol='"p"'),
    machine(3, 'tcp.state', at_step=8, **{'from': '"a"', 'to': '"b"'}),
    machine(4, 'app.fd', conn=1, step=4, fd=3),
    machine(5, 'result', exitcode=7, outcome='"failed"', errormsg='"refused"'),
    'EXIT: STATUS=7', ''])


def test_a_good_log():
    log = dialtone_log.parse(GOOD.encode())
    assert log.problems() == []
    assert log.exit_status == 7 and log.result['exitcode'] == 7
    assert log.verdict == (7, 'refused') and not log.verdict.ok
    assert sorted(log.steps()) == [1, 4] and log.first('tcp.state')['at_step'] == 8
    assert log.human_lines() == [(10, 'boot', 'dialtone')]
    assert log.all('app.fd', conn=2) == [] and log.first('nothing') is None


@pytest.mark.parametrize('before, after', [
    ('"seq":3', '"seq":4'), ('"step":1', '"step":9'), ('"v":1,"seq":2', '"v":2,"seq":2'),
    ('"t_us":30', '"t_us":3000'), ('EXIT: STATUS=7', 'exit'),
    ('EXIT: STATUS=7', 'EXIT: STATUS=7\r\nafterwards'), ('EXIT: STATUS=7', 'EXIT: STATUS=7\r\n' * 2),
    ('"conn":1,"step":4', '"conn":1,"step":4,"at_step":4'), ('{"v":1,"seq":2', '{"v":1 "seq":2'),
    ('"ev":"boot"', '"x":1'), ('"fd":3', '"fd":"3"'), ('"fd":3', '"fd":true'), ('"fd":3', '"f":3'),
    ('"fd":3', '"fd":-3'), ('"ev":"app.fd"', '"ev":[1]'), (',"step":4', ''), ('"door":"PVH"', '"door":7'),
    ('"conn":1,"step":1', '"conn":1,"step":4'), ('{"v":1,"seq":5', '[1] {"v":1,"seq":5')])
def test_each_fault_is_noticed(before, after):
    assert before in GOOD
    assert dialtone_log.parse(GOOD.replace(before, after, 1)).problems()


@pytest.mark.parametrize('before, after', [
    ('"ev":"tcp.state"', '"ev":"new.event"'), ('"fd":3', '"fd":3,"new":[1]'), ('\r\n', '\n'),
    ('dialtone\r\n', 'dialtone\r\nother people\r\n'), ('"fd":3}', '"cut":true}'),
    ('[   0.000010]', '\x1b[2J\x1b[01;01H[   0.000010]'), ('@dt', '\x00@dt')])
def test_what_may_come_is_no_fault(before, after):
    assert before in GOOD
    log = dialtone_log.parse(GOOD.replace(before, after))
    assert log.problems() == [] and len(log.events) == 5 and len(log.human_lines()) == 1


def test_fields_are_typed():
    log = dialtone_log.parse(recorded('ok-both.txt'))
    syn = log.first('tcp.syn_sent')
    assert (syn.name, syn.ev, syn.v, syn.conn, syn.step, syn.at_step) == \
        ('tcp.syn_sent', 'tcp.syn_sent', 1, 1, 8, None)
    assert (syn.dst, syn.dst.host, syn.dst.port) == ('192.168.77.1:80', '192.168.77.1', 80)
    assert len(syn.frame) == syn.len == 74 and syn.frame[12:14] == b'\x08\x00'
    assert syn.sack is True and syn.tcp_ack is None
    with pytest.raises(AttributeError, match='tcp.syn_sent has no field tcpseq'):
        print(syn.tcpseq)
    assert isinstance(log.result.time_total, float) and log.result.http_code == 200
    assert isinstance(log.first('memory').kernel_at, int)
    assert log.first('netdev.up')['name'] == 'eth0'
    assert dialtone_log.Endpoint('[fe80::1]:8080').host == 'fe80::1'


def test_a_field_of_the_wrong_kind_stays_what_it_is():
    log = dialtone_log.parse(machine(1, 'tcp.syn_sent', frame='"xyz"', dst=7, new='"x"'))
    assert (log.events[0].frame, log.events[0].dst, log.events[0].new) == ('xyz', 7, 'x')
    assert log.events[0].unknown() == ['tcp.syn_sent: new']


@pytest.mark.parametrize('name, status, sentence', [
    ('ok-both.txt', 0, None), ('refused-both.txt', 7, 'connection refused'),
    ('uefi-json-checks.txt', 22, 'the server answered 404, not 200 to 399'),
    ('bad-config-json.txt', 2, 'bad configuration, see the lines above'),
    ('no-arp-both.txt', 28, "timed out after 0.301 s, waiting for the next hop's ARP answer")])
@pytest.mark.parametrize('end', [b'\n', b'\r\n'])
def test_real_runs(name, status, sentence, end):
    log = dialtone_log.parse(recorded(name).replace(b'\n', end))
    assert log.problems() == [] and log.verdict == (status, sentence)


@pytest.mark.parametrize('value', [[], {}, None, True, -1, 1.5, 'x', float('nan')])
@pytest.mark.parametrize('key', ['v', 'seq', 't_us', 'ev', 'conn', 'step'])
def test_nonsense_is_told_and_not_stumbled_over(key, value):
    """Whatever stands in a field that the reader itself works with."""
    log = dialtone_log.parse(recorded('refused-both.txt'))
    event = log.first('tcp.syn_sent')
    event[key] = value
    if (key, value) != ('ev', 'x'):  # an event of a later version
        assert any(repr(value) in sentence for sentence in log.problems())
    else:
        assert log.problems() == []
    assert log.steps(1)[7].name == 'tcp.syn_built'
    assert log.verdict.status == 7 and event.unknown() is not None


NO_OBJECTS = {'deep arrays': '[' * 100000, 'deep objects': '{"a":' * 100000, 'a number': '5', 'a string': '"x"',
              'a long number': '{"a":' + '9' * 5000 + '}'}


@pytest.mark.parametrize('line', NO_OBJECTS.values(), ids=NO_OBJECTS.keys())
def test_a_machine_line_that_is_no_object(line):
    log = dialtone_log.parse(f'{dialtone_log.PREFIX}{line}\nEXIT: STATUS=0\n')
    assert log.events == [] and len(log.broken) == 1 and log.problems()


def test_no_number_is_none_in_json():
    """Python reads NaN and Infinity, and would write them again, where JSON has neither."""
    assert dialtone_log.fault_of('seconds', float('inf')) and dialtone_log.fault_of('seconds', float('nan'))
    assert dialtone_log.fault_of('seconds', 1.5) is None


def test_a_log_without_machine_lines_has_a_verdict():
    log = dialtone_log.parse(recorded('404-text.txt'))
    assert log.events == [] and log.verdict.status == 22
    assert 'the server answered 404, not 200 to 399' in log.verdict.sentence


def test_a_log_that_was_cut_off():
    whole = recorded('ok-both.txt')
    for end in range(0, len(whole) - 16, 97):
        log = dialtone_log.parse(whole[:end])
        assert log.exit_status is None and log.verdict.sentence and log.problems()
        assert len(log.broken) <= 1


def test_it_may_come_in_any_pieces():
    whole = dialtone_log.parse(recorded('refused-both.txt'))
    for size in (1, 7, 1000):
        log = dialtone_log.Log()
        data = recorded('refused-both.txt')
        for at in range(0, len(data), size):
            log.feed(data[at:at + size])
        log.finish()
        assert log.lines == whole.lines and log.events == whole.events and log.exit_status == 7


def test_words_of_a_server_are_no_event():
    forged = '[   0.000011] http     data @dt {"v":1}\n# EXIT: STATUS=0\nx EXIT: STATUS=0\n'
    log = dialtone_log.parse(forged)
    assert log.events == [] and log.broken == [] and log.exit_status is None


def test_several_runs_in_one_file():
    data = recorded('refused-both.txt') + b'reset by watchdog\n' + recorded('ok-both.txt')
    found = dialtone_log.runs(data + b'\nlogin:')
    assert [run.exit_status for run in found] == [7, 0]
    assert all(run.problems() == [] for run in found)
    cut = dialtone_log.runs(data + recorded('ok-both.txt')[:2000])
    assert [run.exit_status for run in cut] == [7, 0, None]


# --- waiting ----------------------------------------------------------------------------------------

def test_waiting_ends_with_the_event():
    log = dialtone_log.LiveLog()
    timer = threading.Timer(0.05, lambda: log.add(machine(1, 'hold').encode() + b'\r\n'))
    timer.start()
    assert log.wait('hold', 10)['seq'] == 1
    timer.join()


def test_waiting_ends_with_the_machine():
    log = dialtone_log.LiveLog()
    log.add('last words')
    log.end()
    with pytest.raises(AssertionError, match='last words'):
        log.wait('hold', 10)


def test_waiting_ends_with_the_deadline():
    with pytest.raises(AssertionError, match='passed'):
        dialtone_log.LiveLog().wait('hold', 0.01)


class ByFile:
    """A file that grows."""

    def __init__(self, folder):
        self.path = os.path.join(str(folder), 'console')
        self.write = open(self.path, 'wb', buffering=0).write
        self.source = self.path


class ByPipe:
    def __init__(self, folder):
        self.source, write = os.pipe()
        self.write = lambda data: os.write(write, data)


class ByPty:
    """The side that a terminal program has: as with virsh console, or QEMU's -serial pty."""

    def __init__(self, folder):
        self.guest, self.host = pty.openpty()
        self.source = os.ttyname(self.host)
        self.write = lambda data: os.write(self.guest, data)


class BySocket:
    def __init__(self, folder):
        self.source, self.other = socket.socketpair()
        self.write = self.other.sendall


@pytest.mark.parametrize('way', [ByFile, ByPipe, ByPty, BySocket])
def test_following_a_console(tmp_path, way):
    console = way(tmp_path)
    log = dialtone_log.follow(console.source)
    data = recorded('refused-both.txt')
    at = data.index(b'@dt {"v":1,"seq":9,')
    console.write(data[:at + 20])
    assert log.wait_for_line(r'"seq":8,', 10) and len(log.events) == 8
    console.write(data[at + 20:-5])
    assert log.wait('tcp.rst_rcvd', 10).meaning == 'connection refused'
    assert log.exit_status is None
    console.write(data[-5:])
    assert log.wait_for_exit(10) == 7
    assert log.problems() == []


@pytest.mark.parametrize('way', [ByPty, BySocket])
def test_following_ends_with_the_source(way):
    console = way(None)
    log = dialtone_log.follow(console.source)
    console.write(b'a line\nhalf a li')
    log.wait_for_line('a line', 10)
    if way is ByPty:
        os.close(console.guest)
    else:
        console.other.close()
    with pytest.raises(AssertionError, match='the machine ended\na line(\nhalf a li)?$'):
        log.wait_for_exit(10)
