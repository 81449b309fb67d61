# SPDX-License-Identifier: MIT
"""tools/check_tcb.py: a part of the TCB is written by its owner's shelf alone."""
import os

import check_tcb
import pytest
from conftest import ROOT

HEAD = 'static void f(struct tcb *tcb, struct tcb *old)\n{\n\t'


@pytest.mark.parametrize('statement', [
    'tcb->snd.una = 1;', 'tcb->snd.wnd -= 1;', 'tcb->snd.segs++;', '++tcb->snd.segs;',
    'tcb->snd.attempts--;', 'tcb->snd.wnd <<= 1;', 'tcb->snd.pmtu.mss_max |= 2;',
    'old->snd.una = tcb->snd.una;', 'struct send_buffer **b = &tcb->snd.buf;', 'x = tcb->snd.nxt = 1;',
    'tcb->snd.buf->una = 1;', 'struct tcp_snd *s = &tcb->snd;', 'tcb->snd = (struct tcp_snd){0};',
    'tcb->meter.ticks[2] += 1;', 'struct tcb here;\n\there.snd.una = 1;', 'f(&tcb->snd.pmtu);',
    'tcb->places.listener->snd.una = 1;', '(tcb)->snd.una = 1;', 'find(stack)->snd.una = 1;', '++(*at)->snd.segs;',
    'at[0]->snd.segs++;', 'f(&find(stack)->snd);', 'tcb\n\t\t->snd.una = 1;', 'tcb->snd\n\t\t.una = 1;'])
def test_a_write_from_another_shelf(statement):
    for path in ('net/tcp/conn/a.c', 'net/tcp/loss/a.h', 'net/tcp/tcb.h', 'net/socket/a.c'):
        assert check_tcb.faults(path, HEAD + statement + '\n}\n') != []
    assert check_tcb.faults('net/tcp/send/a.c', HEAD + statement + '\n}\n') == []


@pytest.mark.parametrize('statement', [
    'if (tcb->snd.una == 1)', 'x = tcb->snd.una;', 'if (tcb->snd.una <= 1)', 'if (tcb->snd.una >= 1)',
    'if (tcb->snd.una != 1)', '/* tcb->snd.una = 1; */', 'log("tcb->snd.una = 1");',
    'const struct tcp_pmtu *p = &tcb->snd.pmtu;', 'if (a && tcb->snd.una)', 'x = -tcb->snd.una;',
    'seg->snd.una = 1;', 'x = find(stack)->snd.una;', 'if ((*at)->snd.una == 1)', 'find(&tcb->id.remote);'])
def test_what_is_no_write(statement):
    assert check_tcb.faults('net/tcp/loss/a.c', HEAD + statement + '\n}\n') == []


@pytest.mark.parametrize('part', sorted(check_tcb.OWNER))
def test_every_part_has_one_owner(part):
    text = HEAD + f'tcb->{part}.x = 1;\n}}\n'
    may = [s for s in ('conn', 'send', 'receive', 'loss', 'congestion')
           if check_tcb.faults(f'net/tcp/{s}/a.c', text) == []]
    assert may == [check_tcb.OWNER[part]]


def test_every_part_of_the_tcb_is_known():
    with open(os.path.join(ROOT, 'net/tcp/tcb.h'), encoding='utf-8') as f:
        text = f.read()
    parts = check_tcb.parts_of(text)
    assert len(parts) > 8 and parts == set(check_tcb.OWNER)


def test_the_tree_keeps_to_it():
    assert check_tcb.check(ROOT) == []


def test_a_fault_says_where():
    assert check_tcb.faults('net/tcp/loss/a.c', HEAD + 'tcb->cc.cwnd = 1;\n}\n') == [
        'net/tcp/loss/a.c:3: tcb->cc.cwnd =: only net/tcp/congestion/ writes tcb->cc']
