# SPDX-License-Identifier: MIT
"""The log's schema: what the sources say of events is read rightly, what does not hold together is
named with what to do, and logs of real runs pass where damaged ones do not."""

import glob
import json
import os
import re

import dialtone_log
import jsonschema
import log_contract
import log_schema
import pytest
from conftest import ROOT
from diagram import events
from test_dialtone_log import LOGS, recorded

SOURCE = '''
static void say(struct x *x)
{
	event_emit(x->events, EVENT_ONE, 0, 0, EV_U64("n", f(x)),
		   EV_IF(x->known, EV_STR("who", x->who)));
}

/* Called with what it is. */
static void send(struct x *x, enum event_id id)
{
	const struct event_field fields[] = {
		EV_SECONDS("time_total", x->ns), EV_IF(x->has, EV_ENDPOINT("src", x->src)),
	};

	event_send(x->events, id, fields);
}

void both(struct x *x)
{
	send(x, EVENT_TWO);
	send(x, x->odd ? EVENT_THREE : EVENT_TWO);
}

static void all(void)
{
	/* Fields of EVENT_FOUR. */
	const struct event_field registers[] = {EV_POINTER("rip", f->rip)};
}
'''
CATALOGUE = '''
EVENT(ONE, "one", "x", 0, "", "{n}[ {who}]")
EVENT(TWO, "two", "x", 8, "a -> b", "in {time_total:ms} ms[ {src}]")
EVENT(THREE, "three", "x", 0, "", "{src}[{?time_total} x]")
EVENT(FOUR, "four", "x", 0, "", "")
'''
EMPTY = f'EVENTS = _table("")\n{log_schema.BEGIN}{log_schema.END}'


def tree(tmp_path, source=SOURCE, catalogue=CATALOGUE):
    for folder, name, text in (('log', 'events.def', catalogue), ('net', 'x.c', source),
                               ('tools', 'dialtone_log.py', EMPTY), ('docs', 'log.schema.json', '')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    return str(tmp_path)


def test_fields_are_those_of_the_code(tmp_path):
    events, faults = log_schema.read(tree(tmp_path))
    assert faults == []
    assert {e.name: e.fields() for e in events} == {
        'one': {'n': ('count', True), 'who': ('text', False)},
        'two': {'time_total': ('seconds', True), 'src': ('endpoint', False)},
        'three': {'time_total': ('seconds', False), 'src': ('endpoint', True)},  # always printed
        'four': {'rip': ('pointer', False)}}
    assert {e.name: e.always() for e in events} == {
        'one': {'n'}, 'two': {'time_total'}, 'three': {'time_total'}, 'four': {'rip'}}


@pytest.mark.parametrize('before, after, says', [
    ('EV_U64("n"', 'EV_NEW("n"', 'n of one: EV_NEW has no kind yet; add it to KIND_OF'),
    ('EV_U64("n"', 'EV_U64("m"', 'one prints {n}, which no EV_ macro of it gives'),
    ('EV_SECONDS', 'EV_U64', 'time_total of two is count; by its name it is seconds'),
    ('EV_U64("n"', 'EV_U64("who"', 'one has who as text, elsewhere as count'),
    ('EV_U64("n"', 'EV_U64("get"', "get of one: the parser's events have an attribute of that name"),
    ('EVENT_ONE', 'EVENT_FIVE', 'EVENT_FIVE is not in log/events.def'),
    ('/* Fields of EVENT_FOUR. */', '', 'net/x.c: of which event is the field rip?')])
def test_what_does_not_hold_together_is_named(tmp_path, before, after, says):
    assert before in SOURCE
    source = SOURCE.replace(before, after, 1)
    if 'elsewhere' in says:
        source = SOURCE + '\nvoid g(void)\n{\n\tevent_emit(x, EVENT_ONE, 0, 0, EV_U64("who", 1));\n}\n'
        says = 'one has who as count, elsewhere as text'
    _, faults = log_schema.read(tree(tmp_path, source))
    assert any(says in fault for fault in faults), faults


def test_a_stale_page_is_noticed_and_written(tmp_path, capsys):
    root = tree(tmp_path)
    assert log_schema.main(['--root', root]) == 1
    assert 'docs/log.schema.json: not what the sources say: type make docs' in capsys.readouterr().err
    assert log_schema.main(['--root', root, '--write']) == 0
    assert log_schema.main(['--root', root]) == 0
    with open(f'{root}/tools/dialtone_log.py', encoding='utf-8') as f:
        assert 'two 8\n    time_total:seconds src?:endpoint\n' in f.read()
    with open(f'{root}/docs/log.schema.json', encoding='utf-8') as f:
        assert json.load(f)['$defs']['one']['anyOf'][0] == {'required': ['n']}


def test_the_pages_are_true():
    assert log_schema.main(['--root', ROOT]) == 0


@pytest.fixture(scope='module')
def whole():
    jsonschema.Draft202012Validator.check_schema(log_contract.schema())
    return jsonschema.Draft202012Validator(log_contract.schema())


@pytest.mark.parametrize('name', [os.path.basename(p) for p in sorted(glob.glob(f'{LOGS}/*'))])
def test_logs_of_real_runs_pass(whole, name):
    log = dialtone_log.parse(recorded(name))
    assert [f.message for event in log.events for f in whole.iter_errors(event)] == []
    assert [p for event in log.events for p in event.problems() + event.unknown()] == []


WRONG = {'count': [-1, '1', 1.5, True, None], 'number': ['1', 0.5], 'bool': [0, 'true'],
         'seconds': ['0.1', -0.1, True], 'decimal': ['0.01', -0.01, True], 'text': [7, '\u0100'],
         'hex': ['abc', 'AB', 7],
         'pointer': ['12', '0xg', 1], 'mac': ['aa:bb', 'aa:bb:cc:dd:ee:fg'],
         'ipv4': ['1.2.3', '1.2.3.256', '::1'], 'ip': ['host', '1.2.3.4.5'],
         'endpoint': ['1.2.3.4', ':80', '1.2.3.4:x', '::1:80']}
RIGHT = {'count': 0, 'number': -1, 'bool': False, 'seconds': 0.25, 'decimal': 33.33, 'text': '\u00ff\n',
         'hex': '00ff', 'pointer': '0x1f', 'mac': '00:0a:ff:00:00:00', 'ipv4': '255.1.0.99', 'ip': 'fe80:0:0:0:0:0:0:1',
         'endpoint': '[fe80::1]:8080'}


@pytest.mark.parametrize('kind', sorted(dialtone_log.KINDS))
def test_schema_and_parser_agree_on_each_kind(kind):
    check = jsonschema.Draft202012Validator(dialtone_log.KINDS[kind].schema)
    assert check.is_valid(RIGHT[kind]) and dialtone_log.fault_of(kind, RIGHT[kind]) is None
    for value in WRONG[kind]:
        assert not check.is_valid(value) and dialtone_log.fault_of(kind, value), value


@pytest.mark.parametrize('change', [
    {'v': 2}, {'seq': 'x'}, {'t_us': -1}, {'tcp_seq': '7'}, {'step': 9}, {'dst': '192.168.77.1'},
    {'at_step': 8}, {'win': None}, {'frame': '5'}])
def test_a_wrong_field_is_noticed(whole, change):
    syn = dialtone_log.parse(recorded('ok-both.txt')).first('tcp.syn_sent')
    syn.update(change)
    assert not whole.is_valid(syn) and not log_contract.validator(syn.name).is_valid(syn)
    assert syn.problems()


def test_a_missing_field_is_noticed_unless_the_line_was_cut(whole):
    syn = dialtone_log.parse(recorded('ok-both.txt')).first('tcp.syn_sent')
    del syn['win']
    assert not whole.is_valid(syn) and syn.problems()
    syn['cut'] = True
    assert whole.is_valid(syn) and not syn.problems()


def test_additions_are_valid_for_others_but_not_in_our_own_tests(whole):
    log = dialtone_log.parse('@dt {"v":1,"seq":1,"t_us":1,"ev":"new.event","x":1}\n'
                             '@dt {"v":1,"seq":2,"t_us":1,"ev":"tcp.fin_acked","x":1}')
    assert all(whole.is_valid(event) for event in log.events)
    assert [p.split(';')[0] for p in log_contract.event_problems(log)] == [
        'nobody knows new.event', 'nobody knows tcp.fin_acked: x']


def test_what_the_code_emits_every_time_is_asked_of_our_own_logs():
    line = '@dt {"v":1,"seq":1,"t_us":1,"ev":"arp.request","ip":"1.2.3.4","src_ip":"1.2.3.5"%s}'
    without = dialtone_log.parse(line % '')
    assert without.events[0].problems() == []
    assert [p.split(':')[0] for p in log_contract.event_problems(without)] == [
        'attempt is missing, which the code emits every time']
    assert log_contract.event_problems(dialtone_log.parse(line % ',"attempt":1')) == []
    assert log_contract.event_problems(dialtone_log.parse(line % ',"cut":true')) == []


def test_what_was_refused_is_in_each_sentence_and_picture():
    """docs/log.md: an event with the field says it to people as well; three have a sentence that does."""
    with open(os.path.join(ROOT, 'log', 'events.def'), encoding='ascii') as f:
        sentences = dict(re.findall(r'^EVENT\(\w+, "([^"]+)",.*, "(.*)"\)$', f.read(), re.M))
    counting = {name for name, known in dialtone_log.EVENTS.items() if 'refused' in known.fields}
    assert counting > {'arp.unresolved', 'dhcp.no_ack', 'dns.failed', 'tcp.aborted', 'addr.late', 'transfer', 'result'}
    for name in counting - {'addr.late', 'transfer', 'result'}:
        assert '{refused_why}' in sentences[name], name
        assert events.REFUSED in events.OTHERS[name].values, name
    for name in ('addr.late', 'transfer', 'result'):
        assert '{problem}' in sentences[name] or '{errormsg}' in sentences[name]
