# SPDX-License-Identifier: MIT
"""What only the rows together tell: which question had no answer, which state belongs to which
arrow, when the answer's data came, where a connection or a phase begins, where time passes, and
which step was not reached.
"""

import collections

from . import model
from .events import PHASES, SERVER, STACK, STEPS, UNREACHED
from .words import count, duration, printable

PAUSE_US = 50000     # nothing happens for that long: it is drawn as a break, with its length
NEAR = 20            # rows: where the ACK that a server's state is due to is looked for
LOOK_AHEAD = 300     # rows: so far away, nothing has to do with each other
SLOW_BODY_US = 20000 # a body that arrives after its header by this much has an arrow of its own

AFTER = ('tcp.fin_rcvd', 'tcp.fin_acked', 'tcp.rst_rcvd', 'tcp.rst_sent', 'tcp.aborted',
         'tcp.time_wait_abandoned')
BEFORE = ('tcp.syn_built', 'tcp.established', 'tcp.fin_sent', 'tcp.rst_sent', 'srv.synack_built',
          'srv.recorded', 'srv.listening')


def run(rows, result):
    """The passes that need every row."""
    if not any(row.name.startswith('dhcp.') for row in rows):
        rows = [row for row in rows if row.name != 'addr.set']  # a fact, and stands with them
    rows = attach_states(rows)
    mark_unanswered(rows)
    rows = add_ghosts(add_data(rows), result)
    name_phases(rows)
    if sum(row.kind == 'check' for row in rows) < 2:
        rows = [row for row in rows if row.kind != 'check']
    return rows


# --- states -------------------------------------------------------------------------------------

def attach_states(rows):
    """A state that the row before or after it explains stands beside that row; others keep their
    own."""
    kept = []
    for index, row in enumerate(rows):
        if row.kind != 'state':
            kept.append(row)
            continue
        host = (_third_of_the_handshake(kept, row) or _neighbour(kept, row, AFTER)
                or _neighbour(rows[index + 1:index + 4], row, BEFORE))
        if host and row.source not in dict(host.states):
            host.states += row.states
            host.events += row.events
        else:
            kept.append(row)
    return kept


def _third_of_the_handshake(rows, state):
    """The client's ACK, which is what a server becomes connected by."""
    if state.side != 'server' or state.event.get('to') != 'ESTABLISHED':
        return None
    return next((row for row in rows[-NEAR:] if row.step == 14 and row.conn == state.conn), None)


def _neighbour(rows, state, names):
    """The nearest row of the same connection and side, if it is one of those."""
    near = rows[-3:][::-1] if names is AFTER else rows
    for row in near:
        said = [s.event.get('ev') for s in row.events if s.side == state.side]
        if row.conn == state.conn and row.kind != 'state' and said:
            return row if any(name in names for name in said) else None
    return None


# --- questions without an answer -----------------------------------------------------------------

def mark_unanswered(rows):
    """An arrow that was repeated or given up, with nothing back in between, does not arrive."""
    for index, row in enumerate(rows):
        if row.kind not in ('wire', 'call'):
            continue
        ended = _ended_by(row, (rows[i] for i in _behind(rows, index)))
        if ended is not None and not row.fate:
            row.fate = 'lost'
            row.lost_until = ended.t_us


def _behind(rows, index):
    """The numbers of the rows behind one, as far as is worth looking."""
    return range(index + 1, min(len(rows), index + LOOK_AHEAD))


def _ended_by(row, later):
    """The row that shows that this one had no answer; None where it had one, or needs none."""
    rules = {'arp.request': _arp, 'dns.query': _dns, 'tcp.syn_sent': _segment,
             'srv.synack_sent': _segment,
             'tcp.retransmit': _segment, 'tcp.fin_sent': _segment, 'http.request': _request,
             'dhcp.discover': _dhcp, 'dhcp.request': _dhcp, 'icmp.echo_sent': _echo}
    rule = rules.get(row.name)
    return rule(row, later) if rule else None


def _arp(row, later):
    other = None
    for other in later:
        if other.name in ('arp.request', 'arp.reply', 'arp.unresolved') and _same(row, other, 'ip'):
            return None if other.name == 'arp.reply' else other
    return other  # the run's end


def _dns(row, later):
    for other in later:
        if other.name == 'icmp.error' or (other.name == 'dns.answer' and _same(row, other, 'server')):
            return None
        if other.name == 'dns.failed':
            return other if 'answer' in str(other.event.get('problem')) else None
        if other.name == 'dns.query' and _same(row, other, 'name'):
            return other
    return None


def _dhcp(row, later):
    for other in later:
        if other.name.startswith('dhcp.') and other.name not in ('dhcp.odd', 'dhcp.held'):
            return None if other.name in ('dhcp.offer', 'dhcp.ack', 'dhcp.nak', 'dhcp.refused') else other
    return None


def _echo(row, later):
    ended = None
    for other in later:
        if other.name == 'icmp.error' or (other.name == 'icmp.echo_reply' and _same(row, other, 'id')
                                          and _same(row, other, 'icmp_seq')):
            return None
        if other.name in ('icmp.echo_sent', 'transfer'):
            ended = ended or other
        if other.name == 'transfer':
            break
    return ended


def _segment(row, later):
    """A SYN, a FIN or something sent again: until the next word of its connection."""
    for other in later:
        if other.conn != row.conn or other.kind == 'state' or other.name == 'tcp.summary':
            continue
        if row.side == 'server' != other.side:
            continue  # what the caller sends meanwhile is no answer to a server
        if other.name == 'tcp.retransmit':
            return other if _same(row, other, 'tcp_seq') else None
        if other.name in ('tcp.aborted', 'tcp.no_answer'):
            return other
        if other.name == 'transfer' and other.tone == 'bad':
            return other if row.name == 'tcp.syn_sent' or _is_syn(row) else None
        return None
    return None


def _is_syn(row):
    return row.event.get('at_step') == 8


def _request(row, later):
    for other in later:
        if other.conn == row.conn:
            return other if other.name == 'tcp.retransmit' and other.event.get('payload_len') else None
    return None


def _same(row, other, key):
    return row.event.get(key) == other.event.get(key)


# --- the answer's data ---------------------------------------------------------------------------

def add_data(rows):
    """No event says that data came; that it has come is known when the application reads it, or
    when the FIN behind it is accepted.  The arrow stands before the first of them and has no time.
    A body that comes well after its header has an arrow of its own."""
    out, waiting = [], {}
    single = collections.Counter(row.conn for row in rows if row.name == 'http.request')
    summaries = {row.conn: row for row in rows if row.name == 'tcp.summary'}
    for index, row in enumerate(rows):
        if row.name == 'http.request' and row.side == 'client':
            summary = summaries.get(row.conn) if single[row.conn] == 1 else None
            waiting[row.conn] = _answer(row, _until_done(rows, index), summary)
        elif waiting.get(row.conn) and row.name in ('tcp.fin_rcvd', 'http.response', 'http.body'):
            if row.name != 'http.body' or len(waiting[row.conn]) == 1:
                out.append(waiting[row.conn].pop(0))
        out.append(row)
    return out


def _until_done(rows, index):
    """The rows of a request's connection up to its end, by their names."""
    found, request = {}, rows[index]
    for i in _behind(rows, index):
        row = rows[i]
        if row.conn == request.conn and row.side == request.side:
            found.setdefault(row.name, row)
            if row.name == 'transfer':
                break
    return found


def _answer(request, found, summary):
    """The arrows of one answer's data: none, one, or header and body."""
    response, body, done = map(found.get, ('http.response', 'http.body', 'transfer'))
    if response is None or done is None:
        return []
    header_len, body_len = (done.event.get(k, 0) for k in ('size_header', 'size_download'))
    segments = ()
    if summary is not None:
        segments = (f'{count(summary.event.get("segs_in", 0), "segment")} came on this '
                    'connection in all',)
    if body is None or body.t_us - response.t_us <= SLOW_BODY_US:
        return [_data(request, header_len + body_len,
                      (f'header {header_len} + body {body_len} bytes', *segments))]
    took = body.t_us - response.t_us
    rate = f'the body, {duration(took)}, {body_len * 8 / took:.1f} Mbit/s'
    return [_data(request, header_len, ('the header',)), _data(request, body_len, (rate, *segments))]


def _data(request, size, values):
    return model.Row('data', f'data: {count(size, "byte")}', values, SERVER, STACK,
                     conn=request.conn, side=request.side, phase='talk')


# --- phases, connections -------------------------------------------------------------------------

def name_phases(rows):
    """Each row's phase: its own, or the one that goes on; FIN belongs to the close only where no
    request or answer follows it."""
    last = {}
    for row in rows:
        if row.phase == 'talk' and row.kind != 'data':
            last[row.conn] = row
    passed, now = set(), ''
    for row in rows:
        if last.get(row.conn) is row:
            passed.add(row.conn)
        if row.phase == 'close' and row.conn in last and row.conn not in passed:
            row.phase = 'talk'
        row.opens_phase = bool(row.phase)
        row.phase = now = row.phase or now


def headings(rows):
    """A heading where the phase or the connection changes; a row of another connection in between
    says which one it is of."""
    several = len({row.conn for row in rows if row.conn is not None}) > 1
    out, phase, conn, told = [], '', None, set()
    for row in rows:
        other = several and row.conn is not None and row.conn != conn
        opens = row.phase and (row.phase != phase or other) and row.kind not in ('fold', 'check')
        if opens and row.opens_phase and row.phase in PHASES:
            out.append(_heading(row, rows, several, told))
            phase, conn = row.phase, row.conn if row.conn is not None else conn
        elif other and row.kind not in ('fold', 'check'):
            row.words += f' (connection {row.conn})'
        out.append(row)
    return out


def _heading(row, rows, several, told):
    title, sentence = PHASES[row.phase]
    if several and row.conn is not None:
        title = f'connection {row.conn}: {title}'
    values = () if row.phase in told else (sentence,)
    told.add(row.phase)
    if several and row.phase == 'socket':
        values = tuple(f'to {printable(r.event.get("dst"))}' for r in rows
                       if r.name == 'app.connect' and r.conn == row.conn)[:1] + values
    return model.Row('heading', title, values, conn=row.conn, phase=row.phase)


# --- the end -------------------------------------------------------------------------------------

def add_ghosts(rows, result):
    """Where a request ended before a step, that step as an arrow that is not there."""
    out, since = [], 0
    for row in rows:
        if row.name == 'transfer':
            out = _with_ghost(out, since, row.event, row.conn)
            since = len(out)
        out.append(row)
    return out if since else _with_ghost(out, 0, result, None)


def _with_ghost(rows, since, event, conn):
    """The rows with the step that was not reached behind them, if since then no other arrow has
    shown what came in its place."""
    step = event.get('failed_step')
    shape = STEPS.get(step)
    if shape is None or any(r.conn == conn and r.event.get('at_step') == step and r.kind == 'wire'
                            for r in rows[since:]):
        return rows
    where = len(rows)
    while where > since and (rows[where - 1].name == 'tcp.summary' or rows[where - 1].kind == 'state'):
        where -= 1
    ghost = model.Row('ghost', UNREACHED.get(step, 'this step was not reached'), (), shape.source,
                      shape.target, step=step, conn=conn, tone='bad')
    return rows[:where] + [ghost] + rows[where:]


def pauses(rows):
    """A row of its own where nothing happens for a while."""
    out, before = [], None
    for row in rows:
        if row.t_us is not None and row.kind != 'fold':
            if before is not None and row.t_us - before.t_us >= PAUSE_US:
                words = duration(row.t_us - before.t_us)
                half = (before.t_us + row.t_us) / 2
                if any(r.lost_until and r.t_us < half < r.lost_until for r in rows):
                    words += ' without an answer'
                out = _insert_before_untimed(out, model.Row('pause', words, phase=row.phase))
            before = row
        elif row.kind == 'fold':
            before = None
        out.append(row)
    return out


def _insert_before_untimed(rows, pause):
    """Before the heading and the arrows without a time that stand in front of the next row."""
    where = len(rows)
    while where and rows[where - 1].kind in ('heading', 'ghost') and rows[where - 1].t_us is None:
        where -= 1
    return rows[:where] + [pause] + rows[where:]
