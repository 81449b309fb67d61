# SPDX-License-Identifier: MIT
"""What a log comes to: the phases of its checks, the summary, JUnit, JSON, and the command on top."""

import json
import os
import random
import subprocess
import sys
import xml.etree.ElementTree as ET

import dialtone_log
import junitparser
import log_report
import pytest
from conftest import ROOT
from test_dialtone_log import LOGS, recorded

COMMAND = [sys.executable, os.path.join(ROOT, 'tools', 'dialtone-log')]
NAMES = sorted(os.listdir(LOGS))


def parsed(name):
    return dialtone_log.parse(recorded(name))


def letters(phases):
    return ''.join(phase.outcome[0] for phase in phases)


# --- checks and their phases ------------------------------------------------------------------------

@pytest.mark.parametrize('name, machine, checks', [
    ('ok-both.txt', 'pp', [(0, 'pspspp')]), ('refused-both.txt', 'pp', [(7, 'psfsss')]),
    ('no-arp-both.txt', 'pp', [(28, 'fsssss')]), ('bad-config-json.txt', 'ss', []),
    ('uefi-json-checks.txt', 'pp', [(0, 'pspsss'), (0, 'sspspp'), (22, 'sspspf')])])
def test_checks(name, machine, checks):
    log = parsed(name)
    assert letters(log_report.machine_of(log)) == machine
    assert [(c.status, letters(c.phases)) for c in log_report.checks_of(log)] == checks


def transfer(**fields):
    return {'ev': 'transfer', 'exitcode': 0, 'outcome': 'ok', 'urlnum': 0, 'method': 'GET',
            'url': 'http://h/', 'url_effective': 'http://h/', 'time_total': 0.5, 'num_connects': 1, **fields}


def log_of(*events, status):
    log = dialtone_log.Log()
    for seq, event in enumerate(events, 1):
        log.add('@dt ' + json.dumps({'v': 1, 'seq': seq, 't_us': seq, **event}))
    log.add(f'EXIT: STATUS={status}')
    return log


@pytest.mark.parametrize('fields, phases', [
    ({}, 'sspspp'), ({'num_connects': 0}, 'sssspp'), ({'url_effective': 'https://h/'}, 'sspppp'),
    ({'exitcode': 35}, 'sspfss'), ({'exitcode': 60}, 'sspfss'), ({'exitcode': 28}, 'sspsfs'),
    ({'exitcode': 28, 'url_effective': 'https://h/'}, 'sspfss'), ({'exitcode': 22}, 'sspspf'),
    ({'exitcode': 112}, 'sspspf'), ({'exitcode': 56}, 'sspsfs'), ({'exitcode': 7, 'failed_step': 12}, 'ssfsss'),
    ({'exitcode': 7, 'failed_step': 12, 'check': 'connect'}, 'ssfsss'),
    ({'exitcode': 28, 'check': 'ping', 'num_connects': 0}, 'ssfsss'),
    ({'check': 'ping', 'num_connects': 0}, 'sspsss')])
def test_phases(fields, phases):
    log = log_of(transfer(**fields), status=0)
    assert letters(log_report.checks_of(log)[0].phases) == phases


def test_which_transfer_counts():
    rounds = log_of({'ev': 'arp.request'}, transfer(probe=1, exitcode=22), transfer(probe=1, num_connects=0),
                    transfer(probe=2, exitcode=56, num_connects=0), transfer(probe=3), status=56)
    (check,) = log_report.checks_of(rounds)
    assert (check.status, letters(check.phases)) == (56, 'pspsfs')


def test_the_same_url_twice():
    log = log_of(transfer(), transfer(urlnum=1), status=0)
    assert [check.name for check in log_report.checks_of(log)] == ['http://h/', 'http://h/ (2)']


def test_a_failure_that_is_no_checks_is_a_case():
    for status, name in ((2, 'configuration'), (119, 'panic'), (28, 'run')):
        log = log_of({'ev': 'addr.set', 'name': 'eth0'}, transfer(),
                     {'ev': 'result', 'exitcode': status, 'errormsg': 'why'}, status=status)
        failed = [(of, p) for of, p in log_report.cases_of(log) if p.outcome == 'failed']
        assert failed == [('machine', log_report.Phase(name, 'failed', 'why'))]


# --- the summary ------------------------------------------------------------------------------------

@pytest.mark.parametrize('name, says', [
    ('ok-both.txt', ['verdict   ok (status 0)\n', 'on eth0 (52:54:00:12:34:56, virtio-net, link up)\n',
                     'check     GET http://192.168.77.1/ -> 200, 528 bytes, server 192.168.77.1:80\n',
                     '1 connection, 0 segments retransmitted, 100 bytes sent, 688 received, round trip']),
    ('refused-both.txt', ['verdict   failed (status 7): connection refused\n']),
    ('uefi-json-checks.txt', ['booted by UEFI', 'series    http://192.168.77.1/none: 2 of 2 sent, 0 ok, 100 % ']),
    ('bad-config-json.txt', ['fault     command line: colour=red: unknown key\n']),
    ('ping-json.txt', ['check     ping ping://10.9.9.9, server 10.9.9.9: timed out']),
    ('404-text.txt', ['verdict   failed (status 22): GET http://192.168.77.1/none -> 404']),
    ('checks-ktap.txt', ['verdict   failed (status 22): '])])
def test_summary(name, says):
    text = log_report.summary(parsed(name))
    assert all(words in text for words in says), text
    assert len(text.splitlines()) <= 14


def test_the_summary_counts_the_faults_that_are_not_named():
    text = recorded('bad-config-json.txt').decode()
    at = text.index('@dt {', text.index('config.bad'))
    more = '@dt {"v":1,"seq":2,"t_us":9,"ev":"config.more","faults":812,"words":0}\r\n'
    log = dialtone_log.parse(text[:at] + more + text[at:])
    assert 'fault     and 812 more, not named\n' in log_report.summary(log)


# --- JUnit ------------------------------------------------------------------------------------------

# Element: its children, and the attributes it must have; what CI systems agree on.
SHAPE = {'testsuites': ({'testsuite'}, set()), 'testsuite': ({'testcase'}, {'name', 'tests', 'failures'}),
         'testcase': ({'skipped', 'failure'}, {'name', 'classname', 'time'}),
         'skipped': (set(), {'message'}), 'failure': (set(), {'message', 'type'})}


def check_junit(data):
    """It has that shape, and its numbers are true; another reader's view of it."""
    root = ET.fromstring(data)
    assert root.tag == 'testsuites'
    for element in root.iter():
        children, attributes = SHAPE[element.tag]
        assert {child.tag for child in element} <= children and attributes <= set(element.attrib)
    for element in [root, *root.findall('testsuite')]:
        assert int(element.get('tests')) == len(list(element.iter('testcase'))) > 0
        assert int(element.get('failures')) == len(list(element.iter('failure')))
        assert int(element.get('skipped')) == len(list(element.iter('skipped')))
    names = [(case.get('classname'), case.get('name')) for case in root.iter('testcase')]
    assert len(set(names)) == len(names)
    return junitparser.JUnitXml.fromstring(data)


@pytest.mark.parametrize('name, tests, failed', [
    ('ok-both.txt', 8, []), ('refused-both.txt', 8, ['connect']), ('no-arp-both.txt', 8, ['arp']),
    ('uefi-json-checks.txt', 20, ['expect']), ('bad-config-json.txt', 3, ['configuration']),
    ('404-text.txt', 1, ['run']), ('checks-ktap.txt', 20, ['expect'])])
def test_junit(name, tests, failed):
    log = parsed(name)
    report = check_junit(log_report.junit(log))
    cases = [case for suite in report for case in suite]
    assert report.tests == len(cases) == tests
    failures = [(case.name, result) for case in cases for result in case.result
                if isinstance(result, junitparser.Failure)]
    assert [of for of, _ in failures] == failed
    for _, result in failures:
        assert log.verdict.sentence.endswith(result.message)
        assert result.text.endswith(f'EXIT: STATUS={log.exit_status}')
        assert 1 < len(result.text.splitlines()) <= log_report.TAIL_LINES


def test_a_report_and_machine_lines_say_the_same():
    names = [[(of, p.name, p.outcome) for of, p in log_report.cases_of(parsed(name))]
             for name in ('checks-ktap.txt', 'uefi-json-checks.txt')]
    assert [case[1:] for case in names[0]] == [case[1:] for case in names[1]]


def test_no_verdict_is_a_failure():
    log = dialtone_log.parse(recorded('ok-both.txt')[:-20])
    report = check_junit(log_report.junit(log))
    assert report.failures == 1 and b'there is no EXIT line' in log_report.junit(log)


def test_what_xml_cannot_hold():
    log = log_of(transfer(url='http://h/<&"\'>\x01\u00ff', exitcode=56, errormsg=']]>\x1b<x>'), status=56)
    log.lines.insert(0, '\x00\x0b\ud800 \uffff <![CDATA[')
    case = [c for s in check_junit(log_report.junit(log)) for c in s if c.result][-2]
    assert case.result[0].message == ']]>\\x1b<x>' and '<&"\'>\\x01\xff' in case.classname


# --- JSON, and damage -------------------------------------------------------------------------------

def test_the_document():
    log = parsed('refused-both.txt')
    found = json.loads(json.dumps(log_report.document(log)))
    assert found['status'] == 7 and not found['ok'] and found['sentence'] == 'connection refused'
    assert found['checks'][0]['phases'][2] == {'name': 'connect', 'outcome': 'failed',
                                               'why': 'connection refused'}
    assert found['events'] == log.events and found['result']['failed_step'] == 12


@pytest.mark.parametrize('name', NAMES)
def test_damaged_logs_are_told_as_far_as_they_go(name):
    """Fields that are gone or of another kind, lines that are cut, in any place."""
    draw = random.Random(name)
    data = recorded(name)
    for _ in range(20):
        log = dialtone_log.Log()
        for line in data[draw.randrange(len(data)):].split(b'\n')[draw.randrange(3):]:
            event = log.add(line)
            if event and draw.randrange(3) == 0:
                event.pop(draw.choice(list(event)))
            elif event and draw.randrange(3) == 0:
                event[draw.choice(list(event))] = draw.choice([None, 'x', -1, [1], {}, True, 1.5])
        log = dialtone_log.sound(log)
        assert log_report.summary(log) and check_junit(log_report.junit(log))
        json.dumps(log_report.document(log))


# --- the command ------------------------------------------------------------------------------------

def run(*args, data=None):
    return subprocess.run([*COMMAND, *args], input=data, capture_output=True, timeout=30, check=False)


@pytest.mark.parametrize('name, status', [('ok-both.txt', 0), ('refused-both.txt', 7)])
def test_the_commands_status_is_the_runs(name, status):
    by_file = run(os.path.join(LOGS, name))
    by_pipe = run(data=recorded(name))
    assert by_file.returncode == by_pipe.returncode == status
    assert by_file.stdout == by_pipe.stdout and by_file.stdout.startswith(b'verdict ')
    assert by_file.stderr == by_pipe.stderr == b''


def test_all_at_once(tmp_path):
    path = str(tmp_path / 'out.xml')
    done = run(os.path.join(LOGS, 'refused-both.txt'), '--junit', path, '--json', '--name', 'nightly')
    assert done.returncode == 7 and json.loads(done.stdout)['problems'] == []
    with open(path, 'rb') as f:
        report = check_junit(f.read())
    assert {suite.name for suite in report} == {'nightly'}
    assert run(os.path.join(LOGS, 'ok-both.txt'), '--junit', '-').stdout.startswith(b'<?xml')


def test_a_log_that_breaks_the_contract():
    done = run(data=recorded('ok-both.txt').replace(b'"seq":9,', b'"seq":10,'))
    assert done.returncode == 0 and b'contract  machine line 9 has seq 10\n' in done.stdout


def test_a_log_whose_fields_make_no_sense():
    data = recorded('ok-both.txt').replace(b'"t_us":', b'"t_us":"x","y":')
    done = run('--summary', '--json', '--junit', '-', data=data)
    assert done.returncode == 0 and done.stderr == b''
    assert done.stdout.count(b"contract  t_us: 'x' is no integer") > 20


@pytest.mark.parametrize('args, data, says', [
    (['nothing-here'], None, b'nothing-here: No such file or directory'),
    (['/'], None, b'/: Is a directory'), ([], b'', b'standard input is empty'),
    (['--jnuit', 'x'], b'', b'--help tells'), (['--run', '3', 'TWO'], None, b'--run 3: there are 2 runs in'),
    (['OK', '--junit', '/nowhere/x'], None, b'/nowhere/x: No such file')])
def test_what_is_said_of_bad_input(tmp_path, args, data, says):
    two = tmp_path / 'two'
    two.write_bytes(recorded('ok-both.txt') + recorded('refused-both.txt'))
    names = {'TWO': str(two), 'OK': os.path.join(LOGS, 'ok-both.txt')}
    done = run(*[names.get(arg, arg) for arg in args], data=data)
    assert done.returncode == 125 and says in done.stderr and b'Traceback' not in done.stderr


def test_several_runs(tmp_path):
    two = tmp_path / 'two'
    two.write_bytes(recorded('ok-both.txt') + recorded('refused-both.txt'))
    last = run(str(two))
    assert last.returncode == 7 and b'has 2 runs; this is the last' in last.stderr
    assert run(str(two), '--run', '1').returncode == 0


def test_a_console_that_does_not_end():
    """Standard input stays open, as a console's does: the EXIT line ends it."""
    with subprocess.Popen([*COMMAND, '--echo'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdin.write(recorded('refused-both.txt'))
        process.stdin.flush()
        assert process.wait(30) == 7
        assert process.stderr.read() == recorded('refused-both.txt')
        process.stdin.close()


def test_a_file_that_is_still_written(tmp_path):
    path = tmp_path / 'console'
    path.write_bytes(recorded('ok-both.txt')[:-3])
    done = run(str(path), '--follow', '--deadline', '0.1')
    assert done.returncode == 125 and done.stderr == b'dialtone-log: no EXIT line in 0.1 s\n'
    assert b'no EXIT line' in done.stdout
    path.write_bytes(recorded('ok-both.txt'))
    assert run(str(path), '--follow').returncode == 0
