# SPDX-License-Identifier: MIT
"""Randomness: machines whose time is computed (-icount) differ by what their sources give and by
nothing else; so do two machines that go on from one snapshot."""

import re

import pytest
import qmp
from conftest import HOST
from machine import Run, app_kernel, call

# Time is counted in instructions, passes at once where the machine halts, and begins on one day.
COMPUTED = ('-icount', 'shift=7,sleep=off', '-rtc', 'base=2026-11-30T00:00:00,clock=vm')
NO_RDRAND = ('-cpu', 'max,-rdrand,-rdseed')
BOOTS = 20  # of each kind
IP = 'ip=off'


def boot(no_net, rng):
    log = call(no_net, [IP, 'seconds=0.5'], 0, rng=rng, kernel=app_kernel('random'),
               args=(*COMPUTED, *NO_RDRAND))
    drawn, = log.all('random')
    return log, drawn


def test_with_virtio_rng_all_boots_differ(no_net):
    """Also the stack protector's value, which is there before the device is."""
    draws = []
    for _ in range(BOOTS):
        log, drawn = boot(no_net, True)
        entropy = log.first('entropy')
        assert (entropy['bits'], entropy['source'], 'weak' in entropy) == (256, 'virtio-rng', False)
        draws.append(drawn)
    for key in ('drawn', 'canary'):
        assert len({d[key] for d in draws}) == BOOTS
    assert all(re.fullmatch('00.{14}', d['canary']) for d in draws)  # a string cannot write it


def test_without_a_source_each_boot_says_so(no_net):
    """Nothing is credited; and the boots are in fact the same, so nothing is worth nothing."""
    draws = set()
    for _ in range(BOOTS):
        log, drawn = boot(no_net, False)
        entropy = log.first('entropy')
        assert (entropy['bits'], entropy['source'], entropy['weak']) == (0, 'jitter', True)
        draws.add(drawn['drawn'])
    assert len(draws) == 1


def test_require(no_net):
    log = call(no_net, ['ip=192.168.77.2:::/24', f'url=http://{HOST}/', 'entropy=require'], 113,
               rng=False, args=(*COMPUTED, *NO_RDRAND))
    assert log.result['errormsg'].startswith('the random generator is seeded too weakly')
    assert not log.steps()


# --- two machines from one snapshot ---------------------------------------------------------------


class Snapshot:
    """A machine that draws twice a second, stopped somewhere, in a file."""

    def __init__(self, no_net, tmp_path, args, **more):
        self.no_net, self.folder, self.args, self.more = no_net, tmp_path, args, more
        self.file = tmp_path / 'snapshot'
        with self.run('original', ()) as run, qmp.Qmp(str(tmp_path / 'original')) as monitor:
            self.seen = run.log.wait('random', 20, count=5)['n']  # more than a second on
            monitor('stop')
            monitor('migrate', uri=f'exec:cat >{self.file}')
            while (status := monitor('query-migrate')['status']) != 'completed':
                assert status in ('setup', 'active', 'device')
            run.guest.close()

    def run(self, name, args):
        return Run(self.no_net, [IP, 'seconds=999999'], rng=self.more.get('rng', False), mem='16',
                   kernel=app_kernel('random'),
                   args=(*COMPUTED, *self.args, *qmp.args(str(self.folder / name)), *args))

    def copy(self, name, prepare=None, args=(), tells=True):
        """What a copy draws first, or first behind its line about being one; and that line.  Where there
        is no such line it is the second one that it prints: the machine may have been stopped between
        a draw and the end of its line, and then all copies finish that line."""
        with self.run(name, ('-incoming', f'exec:cat {self.file}', '-S', *args)) as run:
            with qmp.Qmp(str(self.folder / name)) as monitor:
                while monitor('query-status')['status'] == 'inmigrate':
                    pass
                if prepare:
                    prepare(monitor)
                monitor('cont')
                renewed = run.log.wait('entropy.renewed' if tells else 'random', 20)
                drawn = run.log.wait('random', 20, **after(run.log, renewed))
            run.guest.close()
        return drawn, renewed


def after(log, event):
    """Which draw comes first behind that event."""
    if event['ev'] == 'random':
        return {'n': event['n'] + 1}
    known = [e['n'] for e in log.all('random') if e['seq'] < event['seq']]
    return {'n': known[-1] + 1} if known else {}


def another_day(monitor):
    """The RTC as it would be had the snapshot waited: its year, by the way the guest itself has."""
    for register, value in ((0x70, 0x09), (0x71, 0x27)):
        monitor('human-monitor-command', **{'command-line': f'o/b {register:#x} {value:#x}'})


# The machine, whether with virtio-rng, and what shows that it is a copy: a reason, and how it comes.
SOURCES = {
    'generation id': ((*NO_RDRAND, '-device', 'vmgenid,guid=auto'), False,
                      'the VM generation id changed', None),
    'RDRAND': (('-cpu', 'max'), False, None, None),
    'virtio-rng': (NO_RDRAND, True, 'the clock jumped', another_day),
}


@pytest.mark.parametrize('source', SOURCES)
def test_two_copies_differ(no_net, tmp_path, source):
    args, rng, reason, prepare = SOURCES[source]
    original = Snapshot(no_net, tmp_path, args, rng=rng)
    (first, said), (second, _) = [original.copy(name, prepare, tells=reason is not None)
                                  for name in ('a', 'b')]
    assert first['n'] == second['n'] > original.seen
    assert first['drawn'] != second['drawn']
    if reason:
        assert said['reason'] == reason and 'weak' not in said and 'cpu' not in said
        assert said.get('vm_generation', False) == (source == 'generation id')
        assert said.get('virtio_rng', False) == rng


def test_two_copies_without_a_source_are_the_same(no_net, tmp_path):
    """As docs/security.md says; and so the test above can fail."""
    original = Snapshot(no_net, tmp_path, NO_RDRAND)
    (first, _), (second, _) = [original.copy(name, tells=False) for name in ('a', 'b')]
    assert (first['n'], first['drawn']) == (second['n'], second['drawn'])
    (later, said), (again, _) = [original.copy(name, another_day) for name in ('c', 'd')]
    assert said['reason'] == 'the clock jumped' and said['weak']
    assert (later['n'], later['drawn']) == (again['n'], again['drawn'])
