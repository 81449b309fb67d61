# SPDX-License-Identifier: MIT
"""One order of events, from one log or from those of both sides.

Each log has a clock of its own.  Connections are tied together by the sequence number that the
server's SYN ACK acknowledges; what one side sent and the other received is one arrow.  The clocks'
offset lies between two bounds: nothing arrives before it was sent, in either direction; the middle
of them is taken (the offset of NTP, RFC 5905 8, with all that both sides tell of).  The order is
then each log's own and every arrow's, and only then time's: an arrow never runs upwards.
"""

import dataclasses
import heapq

import dialtone_log


@dataclasses.dataclass
class Seen:
    event: dict
    side: str = 'client'
    conn: object = None
    t_us: int = 0           # in the client's clock
    estimated: bool = False
    also: tuple = ()        # the other side's event of the same arrow


# (who sends: event, who receives: event) of one packet, told apart by `tcp_seq`.
ARROWS = (('client', 'tcp.fin_sent', 'tcp.fin_rcvd'), ('server', 'tcp.fin_sent', 'tcp.fin_rcvd'),
          ('client', 'tcp.rst_sent', 'tcp.rst_rcvd'), ('server', 'tcp.rst_sent', 'tcp.rst_rcvd'),
          ('server', 'srv.synack_sent', 'tcp.synack_rcvd'))
# What the client says when it sends, and what the server does because of it, on one connection.
CAUSES = (({'ev': 'tcp.syn_sent'}, {'ev': 'srv.found'}),
          ({'ev': 'tcp.ack_sent'}, {'ev': 'tcp.state', 'to': 'ESTABLISHED'}),
          ({'ev': 'http.request'}, {'ev': 'http.served'}))
OTHER = {'client': 'server', 'server': 'client'}


def served(log):
    """The connections that others made to this machine: those with steps that only a server has."""
    return {e.get('conn') for e in log.events if e['ev'].startswith('srv.') and 'conn' in e}


def side_of(log):
    """'server' where the log is a server's that made no call itself."""
    names = {e['ev'] for e in log.events}
    return 'server' if 'tcp.syn_sent' not in names and any(n.startswith('srv.') for n in names) \
        else 'client'


def tidy(log):
    """The log without what is not as docs/log.md has it, and without events that have no time."""
    good = dialtone_log.sound(log)
    good.events = [event for event in good.events if 't_us' in event]
    return good


def merge(logs, conn=None):
    """Every event of the logs as Seen, in one order.  A machine that has both called and served is
    one of the two here: a client, unless it is asked for a connection that it served."""
    if len(logs) == 1:
        side = 'server' if conn is not None and conn in served(logs[0]) else side_of(logs[0])
        return _of_side(logs[0], side)
    if len(logs) != 2:
        raise ValueError('one log, or two of one call')
    caller, server = _who_is_who(*logs)
    names = _connections(caller.events, server.events)
    client = _of_side(caller, 'client')
    theirs = _of_side(server, 'server')
    callers = {e.get('src'): e.get('conn') for e in caller.events if e['ev'] == 'tcp.syn_sent'}
    for seen in theirs:
        seen.estimated = True
        seen.conn = _conn_of(seen, names, callers)
    ties, doubles = _pair(client, theirs)
    _same_clock(ties, theirs)
    return _in_order(client, theirs, ties, doubles)


def _conn_of(seen, names, callers):
    """The client's number of a server's connection; whom it refuses is known by his endpoint."""
    if seen.conn is None:
        return callers.get(seen.event.get('dst')) if seen.event['ev'] == 'tcp.rst_sent' else None
    return names.get(seen.conn, f'S{seen.conn}')


def _of_side(log, side):
    """A log's events of the calls it made, or of those it served, and those of no connection.  The
    socket that listens is no connection."""
    mine = served(log)
    if side == 'client':
        return [Seen(e, side, e.get('conn'), e['t_us']) for e in log.events
                if e.get('conn') not in mine and not e['ev'].startswith('srv.')]
    made = {e.get('conn') for e in log.events if e['ev'] == 'app.connect'}
    return [Seen(e, side, e.get('conn') if e.get('conn') in mine else None, e['t_us'])
            for e in log.events if e.get('conn') not in made or e.get('conn') in mine]


def _who_is_who(one, other):
    """(the caller's log, the server's): by who answered whose SYN, else by what they are."""
    for caller, server in ((one, other), (other, one)):
        if _connections(caller.events, server.events):
            return caller, server
    sides = {side_of(log): log for log in (one, other)}
    if len(sides) != 2:
        raise ValueError('two logs must be one of a client and one of a server')
    return sides['client'], sides['server']


def _connections(client, server):
    """{the server's number: the client's} by the client's initial sequence number."""
    first = {e.get('tcp_seq'): e.get('conn') for e in client if e['ev'] == 'tcp.syn_built'}
    names = {}
    for event in server:
        if event['ev'] in ('srv.synack_built', 'srv.synack_sent'):
            isn = (event.get('tcp_ack', 0) - 1) % 2**32
            if isn in first:
                names[event.get('conn')] = first[isn]
    return names


def _same_clock(ties, server):
    """Moves the server's times into the client's clock."""
    at_most = [second.t_us - first.t_us for first, second in ties if first.side == 'client']
    at_least = [first.t_us - second.t_us for first, second in ties if first.side == 'server']
    if at_most and at_least:
        offset = (min(at_most) + max(at_least)) // 2
    else:
        offset = min(at_most or at_least, default=0)
    for s in server:
        s.t_us -= offset


def _in_order(client, server, ties, doubles):
    """Kahn's algorithm over "happened before", the earliest time first."""
    nodes = client + server
    number = {id(s): i for i, s in enumerate(nodes)}
    after, waits = {i: [] for i in range(len(nodes))}, [0] * len(nodes)
    edges = list(zip(client, client[1:])) + list(zip(server, server[1:])) + ties
    for first, second in edges:
        after[number[id(first)]].append(number[id(second)])
        waits[number[id(second)]] += 1
    ready = [(nodes[i].t_us, i) for i in range(len(nodes)) if not waits[i]]
    heapq.heapify(ready)
    out, now = [], min((s.t_us for s in nodes), default=0)
    while ready:
        _, i = heapq.heappop(ready)
        now = nodes[i].t_us = max(nodes[i].t_us, now)
        out.append(nodes[i])
        for j in after[i]:
            waits[j] -= 1
            if not waits[j]:
                heapq.heappush(ready, (nodes[j].t_us, j))
    if len(out) != len(nodes):
        raise ValueError('the two logs contradict each other: are they of one run?')
    return [s for s in out if id(s) not in doubles]


def _pair(client, server):
    """(who must come before whom, the ids of what the other side tells too).  An arrow stands where
    the client saw it, with both events; the server's own is dropped, unless it had to be sent
    again."""
    lists = {'client': client, 'server': server}
    ties, doubles = [], set()
    for sender, sent, received in ARROWS:
        found = {(s.conn, s.event.get('tcp_seq')): s for s in lists[sender] if s.event.get('ev') == sent}
        for s in lists[OTHER[sender]]:
            other = found.pop((s.conn, s.event.get('tcp_seq')), None) \
                if s.event.get('ev') == received else None
            if other is None:
                continue
            ties.append((other, s))
            if not _again(server, other):
                mine, double = (s, other) if sender == 'server' else (other, s)
                mine.also, doubles = (double,), doubles | {id(double)}
    return ties + _caused(client, server), doubles


def _caused(client, server):
    """CAUSES as pairs: the first of a connection with its first, and so on."""
    ties = []
    for cause, effect in CAUSES:
        sent, done = _by_conn(client, cause), _by_conn(server, effect)
        ties += [tie for conn in sent for tie in zip(sent[conn], done.get(conn, []))]
    return ties


def _by_conn(seen, fields):
    """{connection: the events that have those fields}."""
    found = {}
    for s in seen:
        if s.conn is not None and all(s.event.get(k) == v for k, v in fields.items()):
            found.setdefault(s.conn, []).append(s)
    return found


def _again(seen, sent):
    """Whether that log says that the packet was sent once more."""
    return any(s.event.get('ev') == 'tcp.retransmit' and s.conn == sent.conn
               and s.event.get('tcp_seq') == sent.event.get('tcp_seq') for s in seen)
