# SPDX-License-Identifier: MIT
"""What a run came to, from its log: its checks with their phases (as log=ktap says them), a summary in
a few lines, a JUnit report, all of it as JSON.  tools/dialtone-log is the command.

Machine lines tell it all (log=json or both, or the second serial port).  Of a KTAP report there are
the points, and of human lines alone the verdict.
"""

import argparse
import collections
import json
import re
import sys
import threading
import xml.etree.ElementTree as ET

import dialtone_log

PHASES = ('arp', 'dns', 'connect', 'tls', 'http', 'expect')
PASSED, FAILED, SKIPPED = 'passed', 'failed', 'skipped'
TAIL_LINES = 30  # of the log, with a failure

# why: of a failure or a skip.
Phase = collections.namedtuple('Phase', 'name outcome why')
# events: its transfers, in order; the last one that counts is `transfer`.
Check = collections.namedtuple('Check', 'name status why phases transfer')


# --- the checks of a run ----------------------------------------------------------------------------

class _Traces:
    """What was seen while a check was carried out."""

    def __init__(self):
        self.asked_arp = self.answered_arp = self.asked_dns = False

    def note(self, event):
        self.asked_arp |= event.name == 'arp.request'
        self.answered_arp |= event.name == 'arp.reply'
        self.asked_dns |= event.name == 'dns.query'


def _failed_phase(transfer, traces):
    """Before the connection stood: the steps say so.  Behind it: the status does."""
    status, step = transfer.get('exitcode'), transfer.get('failed_step', 0)
    no_arp = traces.asked_arp and not traces.answered_arp
    if transfer.get('check') == 'ping':  # it has no steps
        is_dns = traces.asked_dns and not transfer.get('time_namelookup')
        return 'arp' if no_arp else 'dns' if is_dns else 'connect'
    if no_arp and (step == 8 or status == 6):
        return 'arp'
    if status == 6 or (step == 1 and traces.asked_dns):
        return 'dns'
    if step or 'check' in transfer:
        return 'connect'
    is_tls = transfer.get('url_effective', '').startswith('https:')
    if status in (35, 60) or (is_tls and not transfer.get('time_appconnect')):
        return 'tls'
    return 'expect' if status in (22, 112) else 'http'


def _skipped(phase, transfer, traces, kept, failed):
    """Why a phase that is not the failed one is none of this check's; None: it came about."""
    if 'check' in transfer and PHASES.index(phase) > PHASES.index('connect'):
        return 'this check ends before'
    if failed and PHASES.index(phase) > PHASES.index(failed):
        return 'not reached'
    if phase == 'arp':
        return None if traces.asked_arp else 'the next hop was known'
    if phase == 'dns':
        return None if traces.asked_dns else 'no name had to be looked up'
    if phase == 'connect':
        return 'over a connection that was there' if kept else None
    if phase == 'tls':
        return None if transfer.get('url_effective', '').startswith('https:') else 'plain http'
    return None


def _phases(transfer, traces, kept, failed):
    for name in PHASES:
        why = _skipped(name, transfer, traces, kept, failed)
        if name == failed:
            yield Phase(name, FAILED, transfer.get('errormsg', ''))
        else:
            yield Phase(name, SKIPPED if why else PASSED, why)


def checks_of(log):
    """[Check] in their order.  Of redirects and retries the last transfer counts, of a
    series' rounds the first that did not pass."""
    found, traces = {}, _Traces()
    for event in log.events:
        traces.note(event)
        if event.name == 'addr.set':
            traces = _Traces()
        if event.name != 'transfer':
            continue
        now, traces = traces, _Traces()
        number = event.get('urlnum', event.get('url'))
        before, before_traces, kept, _ = found.get(number, (None, None, True, None))
        if before and before.get('exitcode') and before.get('probe') != event.get('probe'):
            continue
        failed = _failed_phase(event, now) if event.get('exitcode') else None
        for key in ('asked_arp', 'answered_arp', 'asked_dns'):
            setattr(now, key, getattr(now, key) or getattr(before_traces, key, False))
        is_kept = event.get('num_connects') == 0 and event.get('check') != 'ping'
        found[number] = (event, now, kept and is_kept, failed)
    names = collections.Counter()
    checks = []
    for event, traces, kept, failed in found.values():
        name = event.get('url', '')
        names[name] += 1
        if names[name] > 1:
            name += f' ({names[name]})'
        checks.append(Check(name, event.get('exitcode', 0), event.get('errormsg'),
                            list(_phases(event, traces, kept, failed)), event))
    return checks


def machine_of(log):
    """The phases before any check: link and address."""
    status = log.verdict.status or 0
    links = [e.get('link', 'up') for e in log.all('netdev.up') + log.all('netdev.link')]
    of_link = status == 110 or (status in (7, 28) and links and 'up' not in links
                                and not log.first('transfer'))
    phases = []
    for name, failed, there in (('link', of_link, 'up' in links),
                                ('address', status == 111, log.first('addr.set'))):
        if failed:
            phases.append(Phase(name, FAILED, log.verdict.sentence))
        else:
            phases.append(Phase(name, PASSED, None) if there else Phase(name, SKIPPED, 'not reached'))
    return phases


POINT = re.compile(r'^( *)(ok|not ok) \d+ (?:- )?([^#]*[^# ])(?: # (?:(SKIP|TIMEOUT)\s*)?(.*))?$')


def _of_ktap(log):
    """[(name of the check or '', Phase)] of a log that has a KTAP report."""
    found, inner = [], []
    for line in log.lines if 'KTAP version 1' in log.lines else []:
        match = POINT.match(line)
        if not match:
            continue
        indent, result, name, directive, why = match.groups()
        outcome = FAILED if result != 'ok' else SKIPPED if directive == 'SKIP' else PASSED
        phase = Phase(name, outcome, re.sub(r'^status \d+: ', '', why or '') or None)
        if indent:
            inner.append(phase)
            continue
        found += [(name, sub) for sub in inner] or [('', phase)]
        inner = []
    return found


def cases_of(log):
    """[(name of the check or 'machine', Phase)]: everything that passed, failed or was skipped.  Where
    the run did not pass, one of them did not."""
    cases = _of_ktap(log) if not log.events else [
        *(('machine', phase) for phase in machine_of(log)),
        *((check.name, phase) for check in checks_of(log) for phase in check.phases)]
    cases = [(name or 'machine', phase) for name, phase in cases]
    verdict = log.verdict
    if verdict.status is None:
        cases.append(('machine', Phase('run', FAILED, verdict.sentence)))
    elif not cases or (not verdict.ok and all(p.outcome != FAILED for _, p in cases)):
        name = {2: 'configuration', 119: 'panic'}.get(verdict.status, 'run')
        cases.append(('machine', Phase(name, PASSED if verdict.ok else FAILED, verdict.sentence)))
    return cases


# --- the summary ------------------------------------------------------------------------------------

def _ms(seconds):
    return f'{seconds * 1000:.1f}'


def _check_line(check):
    t = check.transfer
    words = [t.get('method') or t.get('check') or '', check.name]
    if t.get('num_redirects'):
        words.append(f'at {t.url_effective}')
    if t.get('http_code'):
        words.append(f'-> {t.http_code}, {t.get("size_download", 0)} bytes')
    text = ' '.join(word for word in words if word)
    if t.get('remote_ip'):
        text += f', server {t.remote_ip}' + (f':{t.remote_port}' if t.get('remote_port') else '')
    return text + (f': {check.why} (status {check.status})' if check.status else '')


def _times_line(transfer):
    names = (('name', 'time_namelookup'), ('connect', 'time_connect'), ('tls', 'time_appconnect'),
             ('first byte', 'time_starttransfer'), ('total', 'time_total'))
    return ', '.join(f'{name} {_ms(transfer[key])} ms' for name, key in names if transfer.get(key))


def _address_lines(log):
    for event in log.all('addr.set'):
        up = log.first('netdev.up', name=event.get('name'))
        yield (f'{event.ip}/{event.get("prefix")}'
               + (f' via {event.gateway}' if event.gateway else '')
               + f' on {event.get("name")}'
               + (f' ({up.mac}, {up.driver}, link {up.link or "?"})' if up else ''))


def _tcp_line(log):
    ends = log.all('tcp.summary')
    trips = [e.srtt_us / 1000 for e in ends if e.srtt_us]
    text = (f'{len(ends)} connection{"s" if len(ends) != 1 else ""}, '
            f'{sum(e.get("retransmits", 0) for e in ends)} segments retransmitted, '
            f'{sum(e.get("bytes_sent", 0) for e in ends)} bytes sent, '
            f'{sum(e.get("bytes_received", 0) for e in ends)} received')
    if not trips:
        return text
    first, last = f'{min(trips):.1f}', f'{max(trips):.1f}'
    return f'{text}, round trip {first}{f" to {last}" if last != first else ""} ms'


def summary(log):
    """What happened, in a few lines."""
    verdict = log.verdict
    lines = []

    def say(head, text):
        lines.append(f'{head:<9} {dialtone_log.printable(text)}')

    status = 'no EXIT line' if verdict.status is None else f'status {verdict.status}'
    say('verdict', ('ok' if verdict.ok else 'failed') + f' ({status})'
        + (f': {verdict.sentence}' if verdict.sentence else ''))
    boot = log.first('boot')
    if boot:
        say('machine', f'dialtone {boot.version}, booted by {boot.door}, '
                       f'{log.events[-1].get("t_us", 0) / 1e6:.3f} s up')
    for text in _address_lines(log):
        say('address', text)
    for check in checks_of(log):
        say('check', _check_line(check))
        if _times_line(check.transfer):
            say('times', _times_line(check.transfer))
    for event in log.all('http.summary'):
        say('series', (f'{event.url}: ' if event.url else '') + f'{event.sent} of {event.get("count")} sent, {event.ok} ok, {event.loss_percent} % loss')
    if log.first('tcp.summary'):
        say('tcp', _tcp_line(log))
    for event in log.all('config.bad'):
        say('fault', f'{event.source}: {event.text or ""}: {event.problem}')
    for event in log.all('config.more'):
        if event.faults:
            say('fault', f'and {event.faults} more, not named')
    if log.first('panic'):
        say('panic', f'{log.first("panic").what}, {log.first("panic").symbol}')
    return '\n'.join(lines) + '\n'


# --- JUnit ------------------------------------------------------------------------------------------

def xml_text(text):
    """XML has no place for most control characters, whichever way they are written, nor for half a
    surrogate; letters that ASCII has not are fine there."""
    return re.sub(r'[^\n\x20-\x7e\xa0-\ud7ff]+', lambda m: dialtone_log.printable(m.group()), text or '')


def _tail(log):
    """The last lines, for people where there are such."""
    human = [line for line in log.lines if not line.startswith(dialtone_log.PREFIX)]
    return '\n'.join((human if log.human_lines() else log.lines)[-TAIL_LINES:])


def junit(log, name='dialtone'):
    """The bytes of a JUnit report: a test case for each phase of each check."""
    cases = cases_of(log)
    count = collections.Counter(phase.outcome for _, phase in cases)
    numbers = {'tests': len(cases), 'failures': count[FAILED], 'errors': 0, 'skipped': count[SKIPPED],
               'time': f'{(log.events[-1].get("t_us", 0) if log.events else 0) / 1e6:.6f}'}
    numbers = {key: str(value) for key, value in numbers.items()}
    root = ET.Element('testsuites', numbers)
    suite = ET.SubElement(root, 'testsuite', {'name': xml_text(name), **numbers})
    times = {check.name: check.transfer.get('time_total', 0) for check in checks_of(log)}
    for of, phase in cases:
        # What a check took stands with its last phase.
        took = times.get(of, 0) if phase.name == PHASES[-1] else 0
        case = ET.SubElement(suite, 'testcase', {
            'classname': xml_text(f'{name}.{of}'), 'name': xml_text(phase.name), 'time': f'{took:.6f}'})
        if phase.outcome == SKIPPED:
            ET.SubElement(case, 'skipped', {'message': xml_text(phase.why)})
        elif phase.outcome == FAILED:
            failure = ET.SubElement(case, 'failure', {
                'message': xml_text(phase.why), 'type': f'status {log.verdict.status}'})
            failure.text = xml_text(_tail(log))
    ET.indent(root)
    return ET.tostring(root, encoding='utf-8', xml_declaration=True) + b'\n'


# --- JSON -------------------------------------------------------------------------------------------

def document(log):
    """The whole run as one object."""
    verdict = log.verdict
    return {
        'status': verdict.status, 'ok': verdict.ok, 'sentence': verdict.sentence,
        'machine': [phase._asdict() for phase in machine_of(log)] if log.events else [],
        'checks': [{'name': check.name, 'status': check.status, 'why': check.why,
                    'phases': [phase._asdict() for phase in check.phases],
                    'transfer': check.transfer} for check in checks_of(log)],
        'result': log.result, 'events': log.events, 'lines': log.lines,
    }


# --- the command ------------------------------------------------------------------------------------

class Fault(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message):  # argparse's own 2 is a status of the guest
        raise Fault(f'{message} (--help tells the options)')


def parser():
    p = _Parser(
        prog='dialtone-log', description='Reads the log of a dialtone machine and ends with its status, '
                                         '125 where there is no EXIT line or nothing to read.')
    p.add_argument('log', nargs='?', default='-', help='a file; standard input where it is missing or -')
    p.add_argument('--summary', action='store_true', help='what happened, in a few lines (the default)')
    p.add_argument('--junit', metavar='FILE', help='write a JUnit report, - for standard output')
    p.add_argument('--json', action='store_true', help='print the whole run as one JSON document')
    p.add_argument('--name', default='dialtone', help='of the JUnit test suite')
    p.add_argument('--run', type=int, metavar='N', help='which of several runs in one file, from 1; '
                                                        'the last')
    p.add_argument('--follow', action='store_true', help='the file is still being written: wait for its '
                                                         'EXIT line')
    p.add_argument('--deadline', type=float, metavar='SECONDS', help='how long to wait for that')
    p.add_argument('--echo', action='store_true', help='pass the lines on to standard error as they come')
    return p


class _Echo(dialtone_log.LiveLog):
    def add(self, line):
        with self.changed:  # who waits for the last line ends the process: it is to be out by then
            event = super().add(line)
            print(self.lines[-1], file=sys.stderr, flush=True)
        return event


def _read_live(options):
    """Until the EXIT line, the end, or the deadline; standard input need not end."""
    log = _Echo() if options.echo else dialtone_log.LiveLog()
    dialtone_log.follow(0 if options.log == '-' else options.log, log)
    try:
        log.wait_for_exit(threading.TIMEOUT_MAX if options.deadline is None else options.deadline)
    except AssertionError:
        if not log.ended:
            log.end()
            print(f'dialtone-log: no EXIT line in {options.deadline:g} s', file=sys.stderr)
    return log


def _read_file(options):
    with open(options.log, 'rb') as f:
        runs = dialtone_log.runs(f.read())
    number = options.run or len(runs)
    if not 1 <= number <= len(runs):
        raise Fault(f'--run {number}: there {"is 1 run" if len(runs) == 1 else f"are {len(runs)} runs"} '
                    f'in {options.log}')
    if len(runs) > 1 and not options.run:
        print(f'dialtone-log: {options.log} has {len(runs)} runs; this is the last (--run N takes '
              f'another)', file=sys.stderr)
    return runs[number - 1]


def _write(options, log):
    problems = log.problems() if log.events or log.broken else []
    log = dialtone_log.sound(log)
    if options.junit:
        data = junit(log, options.name)
        if options.junit == '-':
            sys.stdout.write(data.decode())
        else:
            with open(options.junit, 'wb') as f:
                f.write(data)
    if options.json:
        json.dump({**document(log), 'problems': problems}, sys.stdout, indent=1)
        print()
    if options.summary or not (options.junit or options.json):
        sys.stdout.write(summary(log))
        for sentence in problems:
            print(f'{"contract":<9} {dialtone_log.printable(sentence)}')


def main(argv):
    try:
        options = parser().parse_args(argv)
        is_live = options.follow or options.log == '-'
        log = _read_live(options) if is_live else _read_file(options)
        if not any(log.lines):
            raise Fault(f'{"standard input" if options.log == "-" else options.log} is empty')
        _write(options, log)
    except Fault as e:
        print(f'dialtone-log: {e}', file=sys.stderr)
        return dialtone_log.NO_VERDICT
    except OSError as e:
        print(f'dialtone-log: {e.filename or "output"}: {e.strerror}', file=sys.stderr)
        return dialtone_log.NO_VERDICT
    return dialtone_log.NO_VERDICT if log.exit_status is None else log.exit_status
