"""The log's reader: what it understands, and that it notices a broken log."""

import threading

import dialtone_log
import pytest


def machine(seq, ev, **more):
    fields = ''.join(f',"{k}":{v}' for k, v in more.items())
    return f'@dt {{"v":1,"seq":{seq},"t_us":{seq * 10},"ev":"{ev}"{fields}}}'


GOOD = '\r\n'.join([
    'BdsDxe: half a line', '', '[   0.000010] boot     dialtone', machine(1, 'boot'),
    machine(2, 'app.socket', conn=1, step=1), machine(3, 'arp.request', at_step=8),
    machine(4, 'tcp.syn_sent', conn=1, step=8), machine(5, 'result', exitcode=7),
    'EXIT: STATUS=7', ''])


def test_a_good_log():
    log = dialtone_log.parse(GOOD.encode())
    assert log.problems() == []
    assert log.exit_status == 7 and log.result['exitcode'] == 7
    assert sorted(log.steps()) == [1, 8] and log.first('arp.request')['at_step'] == 8
    assert log.human_lines() == [(10, 'boot', 'dialtone')]
    assert log.all('tcp.syn_sent', conn=2) == [] and log.first('nothing') is None


@pytest.mark.parametrize('before, after', [
    ('"seq":3', '"seq":4'), ('"step":1', '"step":9'), ('"v":1,"seq":2', '"v":2,"seq":2'),
    ('"t_us":30', '"t_us":3000'), ('EXIT: STATUS=7', 'exit'),
    ('EXIT: STATUS=7', 'EXIT: STATUS=7\r\nafterwards'), ('EXIT: STATUS=7', 'EXIT: STATUS=7\r\n' * 2),
    ('"conn":1,"step":8', '"conn":1,"step":8,"at_step":8'), ('{"v":1,"seq":2', '{"v":1 "seq":2'),
    ('"ev":"boot"', '"x":1')])
def test_each_fault_is_noticed(before, after):
    assert before in GOOD
    assert dialtone_log.parse(GOOD.replace(before, after, 1)).problems()


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
