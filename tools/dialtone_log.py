"""The serial log, read by a program (docs/log.md): machine lines as events, the verdict, and what
is wrong with a log that breaks its contract.

    log = dialtone_log.parse(open('console.txt', 'rb').read())
    log.first('tcp.syn_sent')['tcp_seq'], log.steps(), log.exit_status, log.problems()

LiveLog is fed line by line and lets another thread wait for an event.  Standard library only, so
that it can be copied into other people's tests.
"""

import json
import re
import threading
import time

PREFIX = '@dt '
EXIT = re.compile(r'^EXIT: STATUS=(\d{1,3})$')
TEXT = re.compile(r'^\[ *(\d+)\.(\d{6})\] (\S+) +(.*)$')


class Event(dict):
    """A machine line's object; `name` is its "ev"."""

    @property
    def name(self):
        return self.get('ev')


class Log:
    """A whole log, or as much of it as has come."""

    def __init__(self):
        self.lines = []       # every line as text, ends stripped
        self.events = []      # machine lines, in order
        self.exit_status = None
        self.broken = []      # machine lines that are no JSON object

    def add(self, line):
        """One line, as bytes or text, end included or not.  Returns its Event, or None."""
        if isinstance(line, bytes):
            line = line.decode('latin-1')
        line = line.rstrip('\r\n')
        self.lines.append(line)
        match = EXIT.match(line)
        if match:
            self.exit_status = int(match.group(1))
        if not line.startswith(PREFIX):
            return None
        try:
            event = Event(json.loads(line[len(PREFIX):]))
        except ValueError:
            self.broken.append(line)
            return None
        self.events.append(event)
        return event

    def all(self, name, **fields):
        """The events of that name with those values."""
        return [e for e in self.events if e.name == name
                and all(e.get(k) == v for k, v in fields.items())]

    def first(self, name, **fields):
        found = self.all(name, **fields)
        return found[0] if found else None

    def steps(self, conn=1):
        """{step: event} of one connection (STEPS 1-4 carry its number too)."""
        return {e['step']: e for e in self.events if 'step' in e and e.get('conn') == conn}

    @property
    def result(self):
        found = self.all('result')
        return found[-1] if found else None

    def text(self):
        return '\n'.join(self.lines)

    def human_lines(self):
        """The human lines, as (microseconds, speaker, sentence)."""
        found = []
        for line in self.lines:
            match = TEXT.match(line)
            if match:
                seconds, micros, speaker, sentence = match.groups()
                found.append((int(seconds) * 10**6 + int(micros), speaker, sentence))
        return found

    def problems(self):
        """Sentences about what breaks the contract of a finished log; empty when all is well."""
        found = [f'not JSON: {line}' for line in self.broken]
        for want, event in enumerate(self.events, 1):
            if event.get('seq') != want:
                found.append(f'machine line {want} has seq {event.get("seq")}')
                break
        found += self._field_problems()
        times = [e.get('t_us', 0) for e in self.events]
        if times != sorted(times):
            found.append('t_us runs backwards')
        last = [line for line in self.lines if line][-1:]
        if not last or not EXIT.match(last[0]):
            found.append(f'the last line is not the EXIT line: {last}')
        if sum(1 for line in self.lines if EXIT.match(line)) != 1:
            found.append('there is not exactly one EXIT line')
        return found + self._step_problems()

    def _field_problems(self):
        found = []
        for event in self.events:
            for key, kind in (('v', int), ('seq', int), ('t_us', int), ('ev', str)):
                if not isinstance(event.get(key), kind):
                    found.append(f'{key} is missing: {event}')
            if event.get('v') not in (1, None):
                found.append(f'another version: {event}')
        return found

    def _step_problems(self):
        found = []
        for conn in sorted({e['conn'] for e in self.events if 'step' in e and 'conn' in e}):
            steps = [e['step'] for e in self.events if 'step' in e and e.get('conn') == conn]
            if steps != sorted(set(steps)):
                found.append(f'connection {conn}: steps in the order {steps}')
        found += [f'step and at_step: {e}' for e in self.events if 'step' in e and 'at_step' in e]
        return found


def parse(text):
    """A Log of a console's whole output (bytes or text)."""
    if isinstance(text, bytes):
        text = text.decode('latin-1')
    log = Log()
    for line in text.split('\n'):
        log.add(line)
    return log


class LiveLog(Log):
    """A log that grows while others wait for what it will say."""

    def __init__(self):
        super().__init__()
        self.changed = threading.Condition()
        self.ended = False

    def add(self, line):
        with self.changed:
            event = super().add(line)
            self.changed.notify_all()
        return event

    def end(self):
        """No more lines will come: whoever waits is told at once."""
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for_exit(self, seconds):
        """Until the EXIT line has come."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while self.exit_status is None:
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    raise AssertionError(f'no EXIT line\n{self.text()}')
                self.changed.wait(left)

    def wait(self, name, seconds, count=1, **fields):
        """The count-th event of that name with those values; AssertionError with the log when it
        does not come in time, or when the machine has ended without it."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                found = self.all(name, **fields)
                if len(found) >= count:
                    return found[count - 1]
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = 'the machine ended' if self.ended else f'{seconds} s have passed'
                    raise AssertionError(f'no event {name} {fields or ""}: {why}\n{self.text()}')
                self.changed.wait(left)
