# SPDX-License-Identifier: MIT
"""The rows of a picture, from the events of a log: what every renderer draws.

picture(log) or picture(client_log, server_log) is the whole of it: each event becomes at most one
row (build), rows.py's passes look at the rows together (who was not answered, which state belongs
to which arrow, where time passes), fold.py keeps it bounded.  Nothing is drawn that the log does
not say; what is derived (the answer's data, which no event names) says so in its own words.
"""

import dataclasses

from . import duet, fold, frame, passes
from .events import APP, DHCP, DNS, LIB, NAMES, ORDER, OTHER, PEER, ROUTER, SERVER, STACK, shape_of
from .words import count, duration, fill, printable

ROWS_MAX = 240


@dataclasses.dataclass
class Row:
    kind: str               # events.py's, and: state, ghost, heading, pause, fold, check
    words: str = ''
    values: tuple = ()      # smaller lines under the words
    source: str = ''
    target: str = ''
    t_us: object = None     # None where no clock saw it
    step: int = 0
    conn: object = None
    phase: str = ''
    tone: str = ''          # helper, warn, bad, good
    opens_phase: bool = False
    fate: str = ''          # 'lost': drawn as an arrow that does not arrive
    lost_until: object = None  # when that was found out
    states: tuple = ()      # (participant, the TCP state its connection is in from here on)
    estimated: bool = False # the time is another clock's, converted
    side: str = 'client'
    events: tuple = ()      # what the log says: Seen, one or (both sides) two

    @property
    def event(self):
        return self.events[0].event if self.events else {}

    @property
    def name(self):
        return self.event.get('ev', '')

    def details(self):
        """[(group, [(field, value)])]: all that is known, for who points at it."""
        groups = []
        for seen in self.events:
            where = f'{seen.side}: ' if len(self.events) > 1 or seen.estimated else ''
            fields = [(key, printable(value, 400)) for key, value in seen.event.items()
                      if key not in ('v', 'frame')]
            groups.append((f'{where}event {printable(seen.event.get("ev"))}', fields))
        for seen in self.events[:1]:
            groups += frame.headers(seen.event.get('frame'))
        return groups


@dataclasses.dataclass
class Verdict:
    ok: object       # True, False, or None where the log ends without one
    status: object
    words: str       # OK, FAILED, NO VERDICT
    said: str        # one sentence


@dataclasses.dataclass
class Picture:
    rows: list
    participants: list   # [(key, name, address)]
    title: str
    facts: list          # short sentences
    verdict: Verdict
    folded: bool = False
    both: bool = False   # drawn from two logs


def picture(*logs, rows_max=ROWS_MAX, conn=None):
    """The picture of one log, or of a client's and a server's."""
    logs = [duet.tidy(log) for log in logs]
    seen = duet.merge(logs, conn)
    if conn is not None:
        seen = [s for s in seen if s.conn in (None, conn)]
    sides = {s.side for s in seen}
    hosts = Hosts(seen)
    rows = [row for s in seen for row in [_row(s, hosts)] if row]
    main = _main_log(logs)
    verdict = _verdict(main)
    rows = passes.run(rows, _first(main, 'result') if 'client' in sides else {})
    rows, folded = fold.fold(rows, rows_max)
    rows = passes.headings(rows)
    rows = passes.pauses(rows)
    return Picture(rows, _participants(rows, hosts, sides), _title(main), _facts(main, hosts, sides),
                   verdict, folded, len(sides) > 1)


def _main_log(logs):
    clients = [log for log in logs if duet.side_of(log) == 'client' and not duet.served(log)] or [
        log for log in logs if duet.side_of(log) == 'client']
    return (clients or list(logs))[0]


class Hosts:
    """Which participant an address belongs to."""

    def __init__(self, seen):
        roles = (SERVER, DNS, DHCP, ROUTER, STACK, OTHER)
        self.by_role = {role: {} for role in roles}  # addresses, in the order of their appearance
        self.asked = set()  # name servers that owe an answer
        for s in seen:
            self._learn(s.event, s.side)

    def _add(self, role, address):
        if address:
            self.by_role[role].setdefault(address)

    def _learn(self, event, side):
        name = event.get('ev', '')
        if name in ('app.connect', 'tcp.syn_sent') or (name == 'transfer' and 'dst' in event):
            self._add(SERVER, _address(event.get('dst')))
        elif name.startswith('dns.'):
            self._add(DNS, _address(event.get('server')))
        elif name.startswith('dhcp.'):
            self._add(DHCP, _address(event.get('server')))
        elif name == 'icmp.echo_sent':
            self._add(OTHER, event.get('dst'))
        elif name == 'addr.set':
            self._add(ROUTER, event.get('gateway'))
            self._add(STACK if side == 'client' else SERVER, event.get('ip'))
        elif name == 'srv.synack_built':
            self._add(SERVER, _address(event.get('src')))
            self._add(STACK, _address(event.get('dst')))

    def follow(self, event):
        """Remembers which name server is being asked, for the ARP in between."""
        if event.get('ev') == 'dns.query':
            self.asked.add(_address(event.get('server')))
        elif event.get('ev') in ('dns.answer', 'dns.failed'):
            self.asked.discard(_address(event.get('server')))

    def whose(self, address, side):
        if address in self.asked:
            return DNS
        for role in (SERVER, DNS, DHCP, ROUTER) if side == 'client' else (STACK, DNS, DHCP, ROUTER):
            if address in self.by_role[role]:
                return role
        return OTHER


def _address(endpoint):
    return str(endpoint).rpartition(':')[0] or str(endpoint) if endpoint else ''


def _other_end(event):
    return event.get('ip') or _address(event.get('src') or event.get('dst'))


def _row(seen, hosts):
    """The row of one event, or None."""
    event = seen.event
    hosts.follow(event)
    base = {'t_us': seen.t_us, 'conn': seen.conn, 'estimated': seen.estimated, 'side': seen.side,
            'events': (seen, *seen.also)}
    if event.get('ev') == 'tcp.state':
        if seen.conn is None and event.get('to') != 'LISTEN':
            return None  # the listening socket's end
        at = STACK if seen.side == 'client' else SERVER
        return Row('state', fill('{from} -> {to}', event), source=at, target=at,
                   states=((at, printable(event.get('to', '?'), 16)),), **base)
    if event.get('ev') == 'transfer':
        return _check_row(event, base)
    shape = shape_of(event, seen.side)
    if shape is None:
        return None
    ends = [hosts.whose(_other_end(event), seen.side) if end == PEER else end
            for end in (shape.source, shape.target)]
    values = tuple(v for v in (fill(template, event) for template in shape.values) if v)
    return Row(shape.kind, fill(shape.words, event), values, *ends, step=event.get('step', 0),
               phase=shape.phase, tone=shape.tone, **base)


def _check_row(event, base):
    """The end of one request, where there are several."""
    ok = event.get('exitcode') == 0
    words = fill('[round {probe}: ][{method} ]{url}[{?num_redirects} at {url_effective}][{?http_code} -> '
                 '{http_code}]', event)
    values = [fill('[{errormsg}]', event)] if not ok else []
    if isinstance(event.get('time_total'), (int, float)):
        size = fill('[{?method}{size_download} bytes ]', event)
        values.append(f'{size}in {duration(event["time_total"] * 1e6)}')
    return Row('check', ('ok: ' if ok else 'failed: ') + words, tuple(v for v in values if v),
               source=APP, target=SERVER, tone='good' if ok else 'bad', **base)


def _first(log, name):
    """The event of that name (of several results the last); empty where there is none."""
    found = log.all(name)
    return found[-1 if name == 'result' else 0] if found else {}


def _verdict(log):
    result = _first(log, 'result')
    status = result.get('exitcode', log.exit_status)
    if status is None:
        return Verdict(None, None, 'NO VERDICT', 'the log ends before the run does')
    if status == 0:
        return Verdict(True, 0, 'OK', fill('[{?http_code}{http_code}, {size_download} bytes]'
                                           '[{?requests}requests answered: {requests}]', result)
                       or 'it ended as it should')
    said = fill('[{errormsg}]', result) or 'see the last lines of the log'
    stopped = fill('[, stopped before step {failed_step}]', result)
    return Verdict(False, status, 'FAILED', said + stopped)


def _title(log):
    event = _first(log, 'result') or _first(log, 'transfer')
    title = fill('[{method} ][{url}]', event)
    listening = _first(log, 'srv.listening')
    if not title and listening:
        return fill('web server on[ {ip}] port {port}', listening)
    if not title:
        urls = [e.get('value') for e in log.all('config') if e.get('key') in ('url', 'tcp')]
        title = printable(urls[0]) if urls else 'a run of dialtone'
    checks = len({printable(e.get('url')) for e in log.all('transfer')})
    return title + (f' and {checks - 1} more' if checks > 1 else '')


def _facts(log, hosts, sides):
    """Short sentences under the title."""
    boot = _first(log, 'boot')
    facts = [fill('dialtone {version}, booted by {door}', boot)] if boot else []
    address = _first(log, 'addr.set')
    if address:
        facts.append(fill('{ip}/{prefix}[ via {gateway}]', address))
    device = _first(log, 'netdev.up')
    if device:
        facts.append(fill('{driver} {mac}', device))
    result = _first(log, 'result')
    if isinstance(result.get('time_total'), (int, float)) and result.get('time_connect'):
        facts.append(f'connected in {duration(result["time_connect"] * 1e6)}, done in '
                     f'{duration(result["time_total"] * 1e6)}')
    missing = _missing(log)
    if missing:
        facts.append(f'{count(missing, "line")} of the log missing')
    others = len(duet.served(log)) if 'client' in sides and len(sides) == 1 else 0
    if others:
        facts.append(f'not drawn: {count(others, "connection")} that others made to this machine')
    if len(sides) > 1:
        facts.append('drawn from the logs of both sides')
    return facts


def _missing(log):
    """Machine lines that were numbered and are not there (docs/log.md)."""
    numbers = {e['seq'] for e in log.events if 'seq' in e}
    return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0


def _participants(rows, hosts, sides):
    """The four, without those that a server's log alone cannot know, and whoever else speaks."""
    used = {end for row in rows for end in (row.source, row.target)}
    wanted = {SERVER, STACK} | ({APP, LIB} if 'client' in sides else set())
    names = dict(NAMES)
    if 'client' not in sides:
        names[STACK] = 'client'
    return [(key, names[key], _whereabouts(hosts.by_role.get(key, [])))
            for key in ORDER if key in wanted | used]


def _whereabouts(addresses):
    first = printable(next(iter(addresses), ''), 40)
    return f'{first} and {len(addresses) - 1} more' if len(addresses) > 1 else first
