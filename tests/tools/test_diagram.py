# SPDX-License-Identifier: MIT
"""The diagram's rows: what each event becomes, on logs of real runs (logs/) and on made ones."""

import json
import os
import re

import dialtone_log
import pytest
from diagram import cli, duet, events, fold, frame, model, words
from test_dialtone_log import LOGS, recorded

REAL = sorted(name for name in os.listdir(LOGS)
              if dialtone_log.parse(recorded(name)).events)
CLIENT_STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16]


def real(name):
    return dialtone_log.parse(recorded(name))


def made(*events, end=True):
    """A log of these events; each has the time of its place, in ms, where it brings none."""
    lines = ['@dt ' + json.dumps({'v': 1, 'seq': i, 't_us': i * 1000, **e})
             for i, e in enumerate(events, 1)]
    return dialtone_log.parse('\r\n'.join(lines + (['EXIT: STATUS=0'] if end else [])) + '\r\n')


def rows(*logs, **options):
    return model.picture(*logs, **options).rows


def arrows(found):
    return [(r.source, r.target, r.words) for r in found if r.kind not in ('heading', 'pause')]


# --- whole runs ---------------------------------------------------------------------------------

def test_a_good_run():
    picture = model.picture(real('ok-json.txt'))
    steps = [r.step for r in picture.rows if r.step]
    assert steps == CLIENT_STEPS
    assert [p[0] for p in picture.participants] == ['app', 'lib', 'stack', 'server']
    assert picture.verdict == model.Verdict(True, 0, 'OK', '200, 528 bytes')
    by_step = {r.step: r for r in picture.rows if r.step}
    assert by_step[8].values == (
        'seq=233697584 win=65535 mss=1460 ws=7 sackOK',
        '192.168.77.2:57963 > 192.168.77.1:80, 74 bytes')
    assert (by_step[12].source, by_step[12].target) == ('server', 'stack')
    assert by_step[13].states == (('stack', 'ESTABLISHED'),)
    headings = [r.words for r in picture.rows if r.kind == 'heading']
    assert headings == ['create a socket', 'connect', 'request and response', 'close']


@pytest.mark.parametrize('name', REAL)
def test_time_runs_downwards_and_steps_are_in_order(name):
    picture = model.picture(real(name))
    times = [r.t_us for r in picture.rows if r.t_us is not None]
    assert times == sorted(times)
    for conn in {r.conn for r in picture.rows}:
        steps = [r.step for r in picture.rows if r.step and r.conn == conn]
        assert steps == sorted(steps)
    keys = {p[0] for p in picture.participants}
    assert all(end in keys for r in picture.rows for end in (r.source, r.target) if end)


@pytest.mark.parametrize('name', REAL)
def test_every_step_and_every_packet_of_the_log_is_drawn(name):
    log = real(name)
    drawn = [s.event['seq'] for r in rows(log) for s in r.events]
    wanted = [e['seq'] for e in log.events if 'step' in e or e.name in (
        'arp.request', 'arp.reply', 'dns.query', 'dns.answer', 'tcp.retransmit', 'tcp.rst_rcvd',
        'tcp.fin_sent', 'tcp.fin_rcvd', 'tcp.state', 'http.request', 'http.response')]
    if duet.side_of(log) == 'server':  # the socket that listens has no arrows
        wanted = [n for n in wanted if log.events[n - 1].get('conn') in duet.served(log)]
    assert set(wanted) <= set(drawn) and len(drawn) == len(set(drawn))


def test_nobody_answers():
    picture = model.picture(real('silent-json.txt'))
    syns = [r for r in picture.rows if r.kind == 'wire' and r.words.startswith('SYN')]
    assert [r.fate for r in syns] == ['lost'] * 3
    assert [r.words for r in picture.rows if r.kind == 'pause'] == [
        '1.00 s without an answer', '2.00 s without an answer', '1.00 s without an answer']
    ghost = next(r for r in picture.rows if r.kind == 'ghost')
    assert (ghost.step, ghost.source, ghost.words) == (12, 'server', 'no SYN ACK came')
    assert not any(r.step == 12 for r in picture.rows if r.kind == 'wire')
    assert not picture.verdict.ok and picture.verdict.status == 28
    assert 'stopped before step 12' in picture.verdict.said
    assert 'router' in [p[0] for p in picture.participants]  # who answered ARP is not the server


def test_nobody_answers_arp():
    found = rows(real('no-arp-both.txt'))
    asked = [r for r in found if r.name == 'arp.request']
    assert asked and all(r.fate == 'lost' and r.target == 'server' for r in asked)
    ghost = next(r for r in found if r.kind == 'ghost')
    assert ghost.step == 8 and ghost.t_us is None
    assert found.index(ghost) < next(i for i, r in enumerate(found) if r.name == 'tcp.summary')


def test_a_refused_call_ends_at_the_rst():
    found = rows(real('refused-both.txt'))
    rst = next(r for r in found if r.name == 'tcp.rst_rcvd')
    assert (rst.source, rst.tone, rst.states) == ('server', 'bad', (('stack', 'CLOSED'),))
    assert rst.words == 'RST: connection refused'
    assert not any(r.kind == 'ghost' for r in found)  # the RST stands where step 12 would have been
    assert not any(r.fate for r in found)


def test_a_lost_answer_is_told_by_the_retransmission():
    found = rows(real('synack-lost-json.txt'))
    first, again = [r for r in found if r.words.startswith('SYN') and r.source == 'stack']
    assert (first.step, first.fate) == (8, 'lost') and (again.step, again.fate) == (0, '')


def test_a_lost_request():
    found = rows(real('data-lost-json.txt'))
    assert next(r for r in found if r.name == 'http.request').fate == 'lost'
    assert next(r for r in found if r.name == 'tcp.retransmit').fate == ''


def test_names():
    picture = model.picture(real('names-json.txt'))
    assert [r.conn for r in picture.rows if r.step == 8] == [1, 2, 3]
    query = next(r for r in picture.rows if r.name == 'dns.query')
    assert (query.target, query.fate) == ('dns', '')
    arp = next(r for r in picture.rows if r.name == 'arp.request')
    assert arp.target == 'dns'  # at that moment it is the name server that is looked for
    headings = [r.words for r in picture.rows if r.kind == 'heading']
    assert 'connection 1: connect' in headings and 'connection 3: close' in headings
    checks = [r.words for r in picture.rows if r.kind == 'check']
    assert len(checks) == 3 and checks[0] == 'ok: GET http://www.test/moved -> 301'
    assert any(r.words == 'redirect 1 (301)' for r in picture.rows)


def test_a_name_server_that_is_silent():
    found = rows(real('no-name-server-json.txt'))
    assert [r.fate for r in found if r.name == 'dns.query'] == ['lost'] * 3
    assert next(r for r in found if r.kind == 'ghost').step == 1


def test_the_data_of_an_answer():
    found = rows(real('ok-json.txt'))
    where = next(i for i, r in enumerate(found) if r.kind == 'data')
    assert found[where].words == 'data: 688 bytes' and found[where].t_us is None
    assert found[where].values == ('header 160 + body 528 bytes',
                                   '5 segments came on this connection in all')
    assert found[where + 1].name == 'tcp.fin_rcvd'  # what a FIN ends came before it


def test_a_body_that_takes_its_time():
    found = rows(real('big-json.txt'))
    header, body = [r for r in found if r.kind == 'data']
    assert header.words == 'data: 257 bytes' and body.words == 'data: 20971520 bytes'
    assert body.values[0].endswith('Mbit/s') and body.values[1].startswith('14517 segments')
    names = [r.name for r in found]
    assert names.index('http.response') < found.index(body) < names.index('tcp.fin_rcvd')


def test_a_reset_in_the_body():
    picture = model.picture(real('reset-json.txt'))
    assert next(r for r in picture.rows if r.kind == 'data').words == 'data: 44 bytes'
    assert picture.verdict.said == 'the server reset the connection (4 of 100 bytes)'


def test_bad_configuration_has_a_picture_too():
    picture = model.picture(real('bad-config-json.txt'))
    assert picture.verdict.status == 2 and any(r.tone == 'bad' for r in picture.rows)


def test_lines_that_were_lost_are_said():
    """A picture of half a log is not passed off as whole."""
    lines = real('ok-json.txt').lines
    assert not any('missing' in fact for fact in model.picture(real('ok-json.txt')).facts)
    kept = [line for n, line in enumerate(lines) if n not in (20, 21, 22)]
    picture = model.picture(dialtone_log.parse('\n'.join(kept)))
    assert '3 lines of the log missing' in picture.facts
    assert [r.words for r in rows(made({'ev': 'log.lost', 'lines': 5, 'port': 'second'}))] == [
        '5 lines of the log are lost']


def test_only_one_connection():
    found = rows(real('names-json.txt'), conn=2)
    assert {r.conn for r in found if r.step} == {2}


def test_a_log_that_was_cut():
    log = recorded('ok-json.txt')
    picture = model.picture(dialtone_log.parse(log[:log.index(b'tcp.established')]))
    assert picture.verdict.ok is None and picture.verdict.words == 'NO VERDICT'
    assert [r.step for r in picture.rows if r.step] == CLIENT_STEPS[:9]


# --- made runs ----------------------------------------------------------------------------------

def test_arp_that_is_for_no_participant():
    picture = model.picture(made({'ev': 'arp.request', 'ip': '10.0.0.9', 'attempt': 1}))
    assert arrows(picture.rows) == [('stack', 'other', 'ARP: who has 10.0.0.9? (try 1)')]


def test_a_pause_is_as_long_as_it_was():
    found = rows(made({'ev': 'hold', 'seconds': 1}, {'ev': 'hold', 'seconds': 1, 't_us': 3456789}))
    assert [r.words for r in found] == ['stays up for 1 s', '3.46 s', 'stays up for 1 s']


def test_whoever_gives_up_has_had_no_answer():
    syn = {'ev': 'tcp.syn_sent', 'conn': 1, 'step': 8, 'tcp_seq': 5}
    again = {'ev': 'tcp.retransmit', 'conn': 1, 'at_step': 8, 'tcp_seq': 5, 'flags': 'SYN'}
    found = rows(made(syn, again, {'ev': 'tcp.aborted', 'conn': 1, 'reason': 'time', 'state': 'x'}))
    assert [r.fate for r in found if r.kind == 'wire'] == ['lost', 'lost']
    found = rows(made(syn, {'ev': 'tcp.rst_rcvd', 'conn': 1, 'at_step': 12, 'meaning': 'no'}))
    assert [r.fate for r in found if r.kind == 'wire'] == ['', '']


def test_a_missing_step_without_a_transfer():
    found = rows(made({'ev': 'app.connect', 'step': 5, 'fd': 3, 'dst': '10.0.0.1:80'},
                      {'ev': 'result', 'exitcode': 7, 'failed_step': 8}))
    assert [(r.step, r.kind) for r in found if r.step] == [(5, 'call'), (8, 'ghost')]


def test_the_sum_stands_behind_the_missing_step():
    found = rows(made({'ev': 'tcp.aborted', 'conn': 1, 'reason': 'ARP', 'state': 'SYN-SENT'},
                      {'ev': 'tcp.summary', 'conn': 1, 'segs_out': 0, 'segs_in': 0},
                      {'ev': 'transfer', 'conn': 1, 'exitcode': 7, 'failed_step': 8, 'url': 'u'}))
    assert [r.kind + r.name for r in found] == ['notetcp.aborted', 'ghost', 'notetcp.summary']


def test_what_it_does_not_know_is_not_drawn():
    assert rows(made({'ev': 'nonsense', 'x': 1}, {'ev': 'tick', 'n': 1})) == []


def test_retransmissions_without_end_are_folded():
    one = {'ev': 'tcp.retransmit', 'conn': 1, 'flags': 'ACK', 'tcp_seq': 1, 'payload_len': 5,
           'reason': 'time-out', 'rto_ms': 1}
    found = rows(made(*({**one, 'attempt': n} for n in range(1, 101))))
    assert [r.words for r in found if r.kind == 'fold'] == ['94 more like these: ACK again']
    assert len([r for r in found if r.kind == 'wire']) == 2 * fold.SAME_KEPT


def rounds(number, failed=()):
    events = []
    for n in range(1, number + 1):
        events += [{'ev': 'http.request', 'conn': 1, 'method': 'GET', 'target': '/',
                    'size_request': 9},
                   {'ev': 'http.response', 'conn': 1, 'http_code': 200, 'size_header': 5},
                   {'ev': 'transfer', 'conn': 1, 'probe': n, 'method': 'GET', 'url': 'http://h/',
                    'exitcode': 22 if n in failed else 0, 'http_code': 200, 'size_download': 7}]
    return made(*events)


@pytest.mark.parametrize('number, rows_max', [(50, 40), (5000, 240), (5000, 20)])
def test_many_rounds_are_folded(number, rows_max):
    picture = model.picture(rounds(number, failed=[number // 2]), rows_max=rows_max)
    assert picture.folded
    counted = [r for r in picture.rows if r.kind not in ('heading', 'pause', 'fold')]
    assert len(counted) <= rows_max
    told = sum(int(r.words.split()[0]) for r in picture.rows if r.words.endswith('failed'))
    assert told + sum(r.kind == 'check' for r in picture.rows) == number
    assert any(r.tone == 'bad' for r in picture.rows)  # the round that is not like the others
    picture = model.picture(rounds(number, failed=range(1, number, 3)), rows_max=rows_max)
    told = [int(n) for r in picture.rows for n in re.findall(r', (\d+) failed$', r.words)]
    assert sum(told) + sum(r.tone == 'bad' for r in picture.rows) == len(range(1, number, 3))
    picture = model.picture(rounds(number), rows_max=rows_max)
    checks = [r.words for r in picture.rows if r.kind == 'check']
    assert checks[0].startswith('ok: round 1:') and f'round {number}:' in checks[-1]


def test_a_long_run_without_rounds_is_cut():
    found = rows(made(*({'ev': 'arp.conflict', 'ip': f'10.0.0.{n % 2}', 'mac': '02:00:00:00:00:01'}
                        if n % 2 else {'ev': 'hold', 'seconds': n} for n in range(1000))), rows_max=30)
    assert len(found) == 31 and found[15].words == '970 rows not drawn'


# --- both sides ---------------------------------------------------------------------------------

def server_log(client, offset, conn=1, again=False):
    """What a dialtone stack that listened would have told of that call, by a clock of its own."""
    steps = client.steps(conn)
    syn, synack = steps[8], steps[12]
    middle = (syn['t_us'] + synack['t_us']) // 2 + offset
    header = {k: v for k, v in synack.items() if k in ('src', 'dst', 'flags', 'tcp_seq', 'tcp_ack', 'win')}
    fin = client.first('tcp.fin_rcvd', conn=conn)
    events = [{'ev': 'srv.found', 'step': 9, 'port': 80, 'fd': 3},
              {'ev': 'srv.recorded', 'step': 10, 'src': syn['src'], 'state': 'SYN-RECEIVED'},
              {'ev': 'srv.synack_built', 'step': 11, **header},
              {'ev': 'srv.synack_sent', 'step': 12, **header, 'len': 74}]
    if again:
        events.append({'ev': 'tcp.retransmit', 'flags': 'SYN,ACK', 'tcp_seq': header['tcp_seq'],
                       'payload_len': 0, 'attempt': 1, 'reason': 'time-out', 'rto_ms': 2000})
    events += [{'ev': 'tcp.state', 'from': 'SYN-RECEIVED', 'to': 'ESTABLISHED',
                't_us': steps[14]['t_us'] + offset},
               {'ev': 'http.served', 'src': syn['src'], 'method': 'GET', 'target': '/',
                'http_code': 200, 'size_body': 1, 't_us': steps[14]['t_us'] + offset + 1},
               {'ev': 'tcp.fin_sent', 'tcp_seq': fin['tcp_seq'], 't_us': fin['t_us'] + offset - 9}]
    return made(*({'conn': 7, 't_us': middle + n, **e} for n, e in enumerate(events)))


@pytest.mark.parametrize('offset', [0, 7_000_000, -10_000, 123])
@pytest.mark.parametrize('turned', [False, True])
def test_both_sides_make_sixteen_steps(offset, turned):
    client = real('ok-json.txt')
    logs = [client, server_log(client, offset + 20_000)]
    picture = model.picture(*(logs[::-1] if turned else logs))
    steps = [r for r in picture.rows if r.step]
    assert [r.step for r in steps] == list(range(1, 17))
    assert [r.side for r in steps[8:11]] == ['server'] * 3 and picture.both
    assert all(r.estimated == (r.side == 'server') for r in steps)
    assert {r.conn for r in steps} == {1}  # the server's 7 is the client's 1
    times = [r.t_us for r in picture.rows if r.t_us is not None]
    assert times == sorted(times)
    twelve = steps[11]
    assert (twelve.source, twelve.target) == ('server', 'stack')
    assert [s.side for s in twelve.events] == ['client', 'server']
    fins = [r for r in picture.rows if r.name in ('tcp.fin_sent', 'tcp.fin_rcvd')]
    assert len(fins) == 2  # the server's FIN was seen twice and is one arrow
    assert any(('server', 'ESTABLISHED') in r.states for r in picture.rows)


@pytest.mark.parametrize('moved, by', [
    ((9, 10, 11, 12), 1_000_000), ((9, 10, 11), -1_000_000), ((11, 12), 1_000_000)],
    ids=['later than the answer', 'before the SYN', 'torn apart'])
def test_a_clock_that_contradicts_the_wire_gives_no_arrow_upwards(moved, by):
    """The order of the wire counts.  (The request was served, by that clock, before it was made.)"""
    client = real('ok-json.txt')
    log = server_log(client, 2_000_000)
    for event in log.events:
        if event.get('step') in moved:
            event['t_us'] += by
    found = rows(client, log)
    names = [r.name for r in found]
    assert names.index('http.request') < names.index('http.served')
    assert [r.step for r in found if r.step] == list(range(1, 17))
    times = [r.t_us for r in found if r.t_us is not None]
    assert times == sorted(times)


def test_a_syn_ack_that_had_to_be_sent_again():
    client = real('synack-lost-json.txt')
    log = server_log(client, 0, again=True)
    found = rows(client, log)
    sent = [r for r in found if r.words.startswith('SYN ACK') or r.words.startswith('SYN,ACK')]
    assert [(r.side, r.fate) for r in sent] == [('server', 'lost'), ('server', ''), ('client', '')]


def test_logs_that_cannot_be_of_one_run():
    """The client answered the server's FIN, and the server the client's."""
    client = real('ok-json.txt')
    steps, fins = client.steps(), [client.first(n)['tcp_seq'] for n in ('tcp.fin_sent', 'tcp.fin_rcvd')]
    log = made({'ev': 'srv.synack_built', 'conn': 1, 'step': 11, 'tcp_ack': steps[12]['tcp_ack']},
               {'ev': 'tcp.fin_rcvd', 'conn': 1, 'tcp_seq': fins[0]},
               {'ev': 'tcp.fin_sent', 'conn': 1, 'tcp_seq': fins[1]})
    with pytest.raises(cli.DiagramError, match='contradict each other'):
        cli.draw([client, log], 'svg')


def test_a_server_alone():
    log = server_log(real('ok-json.txt'), 0)
    picture = model.picture(log)
    assert [p[:2] for p in picture.participants] == [('stack', 'client'), ('server', 'web server')]
    assert [r.step for r in picture.rows if r.step] == [9, 10, 11, 12]
    assert duet.side_of(log) == 'server'
    fin = next(r for r in picture.rows if r.name == 'tcp.fin_sent')
    assert (fin.source, fin.target) == ('server', 'stack')


def test_a_real_pair():
    """Two images on one wire, one calling the other."""
    logs = [real('duet-client-json.txt'), real('duet-server-json.txt')]
    found = rows(*logs)
    steps = {r.step: r for r in found if r.step}
    assert list(steps) == list(range(1, 17))
    assert {n for n, r in steps.items() if r.side == 'server'} == {9, 10, 11}
    for seen, other in (steps[12].events[:2], next(r for r in found if r.name == 'tcp.fin_rcvd').events[:2]):
        assert (seen.side, other.side) == ('client', 'server')
        assert seen.event['tcp_seq'] == other.event['tcp_seq']
    names = [r.name for r in found]
    assert names.index('http.request') < names.index('http.served') < names.index('http.response')
    assert not any(r.fate for r in found)
    listening = found[names.index('srv.listening')]
    assert listening.t_us < 0 and listening.states == (('server', 'LISTEN'),)


def test_an_effect_never_stands_before_its_cause():
    """A server that seems to be connected, and to have answered, when it has just sent a SYN ACK that
    takes long to arrive."""
    client, server = real('duet-client-json.txt'), real('duet-server-json.txt')
    sent, end = (server.first(name)['seq'] for name in ('srv.synack_sent', 'tcp.fin_sent'))
    for event in server.events[sent:end - 1]:
        event['t_us'] = server.events[sent - 1]['t_us'] + event['seq'] - sent
    for event in client.events[client.first('tcp.synack_rcvd')['seq'] - 1:] + server.events[end - 1:]:
        event['t_us'] += 1_000_000
    found = rows(client, server)
    names = [r.name for r in found]
    assert names.index('http.request') < names.index('http.served')
    assert ('server', 'ESTABLISHED') in next(r for r in found if r.step == 14).states


@pytest.mark.parametrize('offset', [0, 5_000_000, -40])
def test_a_refused_call_as_both_sides_tell_it(offset):
    """Nobody has a connection there: whose RST it is, the endpoints say."""
    client = real('refused-both.txt')
    rst, syn = client.first('tcp.rst_rcvd'), client.steps()[8]
    server = made({'ev': 'srv.listening', 'fd': 3, 'port': 80, 'connections': 1},
                  {'ev': 'tcp.rst_sent', 'dst': syn['src'], 'tcp_seq': rst['tcp_seq'],
                   'reason': 'no such connection', 't_us': rst['t_us'] - 9 + offset})
    found = rows(client, server)
    packets = [r for r in found if r.conn == 1 and r.kind == 'wire']
    assert [r.name for r in packets] == ['tcp.syn_sent', 'tcp.rst_rcvd']
    assert [s.side for s in packets[1].events if s.event['ev'] != 'tcp.state'] == ['client', 'server']
    assert [r.step for r in found if r.step] == list(range(1, 9))


def test_who_calls_and_who_answers():
    logs = [real('duet-client-json.txt'), real('duet-server-json.txt')]
    drawn = cli.draw(logs, 'svg')
    assert 'the machine that calls' in drawn and 'the machine that answers' in drawn
    assert 'this machine' in cli.draw(logs[:1], 'svg')


def test_a_wide_state_hides_nothing_of_the_ladder():
    logs = [real('duet-client-json.txt'), real('duet-server-json.txt')]
    drawn = cli.draw(logs, 'text', width=80, boxes=False).splitlines()
    ten = next(i for i, line in enumerate(drawn) if '(10)' in line)
    assert 'record who calls: connecting' in drawn[ten]
    assert any(line.endswith('[SYN-RECEIVED]') for line in drawn[ten:ten + 4])
    assert all(len(line) <= 80 for line in drawn)


def test_a_real_server_alone():
    picture = model.picture(real('duet-server-json.txt'))
    assert picture.title == 'web server on port 80'
    assert picture.verdict.said == 'requests answered: 1'
    arp = [r for r in picture.rows if r.name == 'arp.request']
    assert all((r.source, r.target) == ('server', 'stack') for r in arp)
    assert [p[1] for p in picture.participants] == ['client', 'web server']


def test_a_machine_that_calls_and_serves():
    """Its own calls are drawn; whoever called it is counted, and can be asked for."""
    client = real('ok-json.txt')
    both = dialtone_log.parse('\n'.join(client.lines + server_log(client, 10**8).lines))
    picture = model.picture(both)
    assert [r.step for r in picture.rows if r.step] == CLIENT_STEPS
    assert 'not drawn: 1 connection that others made to this machine' in picture.facts
    assert [r.step for r in rows(both, conn=7) if r.step] == [9, 10, 11, 12]


def test_an_address_is_asked_for():
    picture = model.picture(real('dhcp-json.txt'))
    assert [r.words for r in picture.rows if r.phase == 'address'] == [
        'get an address', 'DHCP DISCOVER: is there a server?', 'DHCP OFFER: 192.168.77.2/24',
        'DHCP REQUEST: 192.168.77.2, please', 'DHCP ACK: 192.168.77.2/24 is yours',
        'address 192.168.77.2/24']
    assert ('dhcp', 'DHCP server', '192.168.77.1') in picture.participants


def test_nobody_gives_an_address():
    one = {'ev': 'dhcp.discover', 'name': 'eth0', 'xid': '0x1'}
    found = rows(made(one, {**one, 'attempt': 2, 't_us': 4_000_000},
                      {'ev': 'dhcp.link_local', 'name': 'eth0', 'ip': '169.254.1.2', 't_us': 9_000_000}))
    assert [r.fate for r in found if r.name == 'dhcp.discover'] == ['lost', 'lost']
    assert [r.words for r in found if r.kind == 'pause'] == ['4.00 s without an answer',
                                                             '5.00 s without an answer']


def test_a_ping():
    found = rows(real('ping-json.txt'))
    sent = [r for r in found if r.name == 'icmp.echo_sent']
    assert [(r.target, r.fate, r.phase) for r in sent] == [('other', 'lost', 'check')] * 3
    one = {'ev': 'icmp.echo_sent', 'dst': '10.0.0.1', 'id': 1, 'icmp_seq': 1, 'len': 64}
    reply = {'ev': 'icmp.echo_reply', 'src': '10.0.0.1', 'id': 1, 'len': 64, 'ttl': 9, 'rtt_us': 7}
    found = rows(made(one, {**one, 'icmp_seq': 2}, {**reply, 'icmp_seq': 2}))
    assert [(r.source, r.fate) for r in found if r.kind == 'wire'] == [
        ('stack', 'lost'), ('stack', ''), ('other', '')]


def test_each_request_that_failed_has_its_missing_step():
    """The verdict is the first one's; the second ended elsewhere, the third nowhere."""
    connect = {'ev': 'app.connect', 'step': 5, 'fd': 3, 'dst': '10.0.0.1:80'}
    end = {'ev': 'transfer', 'exitcode': 28, 'url': 'tcp://10.0.0.1:80'}
    found = rows(made({**connect, 'conn': 1}, {**end, 'conn': 1, 'failed_step': 12},
                      {**connect, 'conn': 2}, {**end, 'conn': 2, 'failed_step': 8},
                      {**connect, 'conn': 3}, {**end, 'conn': 3, 'exitcode': 0},
                      {'ev': 'result', 'exitcode': 28, 'failed_step': 12}))
    assert [(r.conn, r.step) for r in found if r.kind == 'ghost'] == [(1, 12), (2, 8)]
    where = [i for i, r in enumerate(found) if r.kind == 'ghost']
    assert all(found[i + 1].kind == 'check' for i in where)


def test_two_clients_are_no_pair():
    with pytest.raises(cli.DiagramError, match='one of a client and one of a server'):
        cli.draw([real('ok-json.txt'), real('reset-json.txt')], 'svg')


# --- the catalogue of events --------------------------------------------------------------------

def test_every_event_is_drawn_or_is_not_on_purpose():
    """A new one: say in tools/diagram/events.py how it is drawn, or that it is not."""
    known = {name for name, event in dialtone_log.EVENTS.items() if not event.step}
    assert known == set(events.OTHERS) | events.NOT_DRAWN
    assert not set(events.OTHERS) & events.NOT_DRAWN
    assert set(events.STEPS) == set(range(1, 17))


def test_templates_ask_for_fields_that_the_events_have():
    """Outside of brackets only for those that are always there."""
    for name, event in dialtone_log.EVENTS.items():
        shape = events.STEPS[event.step] if event.step else events.OTHERS.get(name)
        for template in (shape.words, *shape.values) if shape else ():
            for key in re.findall(r'\{\??([a-z_0-9]+)', template):
                assert key in event.fields, (name, template)
            for key in re.findall(r'\{([a-z_0-9]+)', re.sub(r'\[.*?\]', '', template)):
                assert key in event.required, (name, template)


# --- words and frames ---------------------------------------------------------------------------

@pytest.mark.parametrize('value, said', [
    ('plain', 'plain'), (True, 'yes'), (7, '7'), ('a\nb\x1b', 'a\\x0ab\\x1b'),
    ('\u202eevil\u2066', '\\u202eevil\\u2066'), ('\xe2\x80\xae', '\\xe2\\x80\\xae'),
    ('x' * 500, 'x' * 120 + '...')])
def test_values_are_printable_ascii(value, said):
    assert words.printable(value) == said


def test_templates():
    event = {'a': 1, 'no': False, 'us': 2345, 'x': '[{b}]'}
    assert words.fill('{a}[ b={b}][{?no} no][{?a} yes] {us:us} {x}', event) == '1 yes 2.35 ms [{b}]'
    assert words.fill('{none}', event) == '?'


def test_a_decoded_header():
    syn = real('ok-json.txt').steps()[8]
    groups = dict(frame.headers(syn['frame']))
    assert list(groups) == ['Ethernet header', 'IPv4 header', 'TCP header', 'TCP options']
    tcp = dict(groups['TCP header'])
    assert tcp['sequence number'] == str(syn['tcp_seq']) and tcp['flags'] == 'SYN'
    assert tcp['source port'] == syn['src'].split(':')[1]
    assert dict(groups['TCP options'])['maximum segment size'] == '1460 bytes'


def test_a_frame_may_be_cut_anywhere():
    whole = real('ok-json.txt').steps()[12]['frame']
    for end in range(0, len(whole) + 1):
        frame.headers(whole[:end])
    short = whole[:32] + '0014' + whole[36:]  # an IPv4 header that says that nothing follows it
    assert [name for name, _ in frame.headers(short)] == ['Ethernet header', 'IPv4 header']
    assert frame.headers(None) == [] and frame.headers('zz') == []
