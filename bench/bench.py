# SPDX-License-Identifier: MIT
"""The project's figures, each measured side by side with what it is compared with, in one run.

Needs root (a tap in a network namespace of its own).  `make bench RUNS=9` builds what it needs.
"""

import argparse
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'tools'), os.path.join(HERE, '..', 'tests', 'lib'), HERE]

import boot_time  # noqa: E402
import calls  # noqa: E402
import download  # noqa: E402
import segment_cost  # noqa: E402

ASKING_MAX_MS = 15  # what DHCP and DNS may cost on the way to the SYN
ASKING_RUNS = 25    # at least: the difference is less than what QEMU's start varies by


def spread(values, unit, digits=1):
    """min / median / max, as docs and closing notes quote them."""
    return ' / '.join(f'{f(values):.{digits}f}' for f in (min, statistics.median, max)) + ' ' + unit


def sizes(build):
    print('sizes')
    for name in ('dialtone.elf', 'BOOTX64.EFI', 'dialtone.img'):
        print(f'  {name:14} {os.path.getsize(os.path.join(build, name)):>9,} bytes')


def boot_times(build, runs):
    print(f'from QEMU\'s start to the SYN on the wire, PVH, {runs} runs each, interleaved '
          '(min / median / max)')
    for machine in ('pc', 'q35'):
        floor, syn = boot_time.measure(build, machine, runs)
        print(f'  {machine:4} empty guest that exits {spread(floor, "ms")}; '
              f'SYN {spread(syn, "ms")}; '
              f'difference of medians {statistics.median(syn) - statistics.median(floor):.1f} ms')


def asking(build, runs):
    told, asked = boot_time.measure_asking(build, runs)
    more = statistics.median(asked) - statistics.median(told)
    print(f'the same where address and name are asked for, on one tap with dnsmasq, {runs} runs each\n'
          f'  static address, literal URL {spread(told, "ms")}; DHCP and DNS {spread(asked, "ms")}; '
          f'difference of medians {more:.1f} ms '
          f'({"ok" if more <= ASKING_MAX_MS else "TOO MUCH"}: at most {ASKING_MAX_MS})')


def downloads(build, runs):
    print(f'download of {download.SIZE >> 20} MiB from nginx on a tap, {runs} runs '
          '(min / median / max)')
    rates = [download.rate(build) for _ in range(runs)]
    print(f'  {spread(rates, "MB/s")}')
    cost = download.instructions(build)
    print(f'  {cost.per_segment:,.0f} guest instructions per received segment of '
          f'{cost.segment_len:,.0f} bytes ({cost.segments:,} segments)')


def requests(build, runs):
    print(f'requests a second on a tap, pages of 1 to 2 KiB, {runs} runs each, in turn '
          '(min / median / max)')
    found = calls.measure(build, runs)
    for who, text in (('server', 'as a server, asked by ab'),
                      ('nginx', 'nginx, asked by ab, without a machine in between')):
        one, eight, kept = zip(*found[who], strict=True)
        print(f'  {text}: a new connection each, one at a time {spread(one, "/s", 0)}, '
              f'eight {spread(eight, "/s", 0)}; one kept connection {spread(kept, "/s", 0)}')
    new, kept = zip(*found['client'], strict=True)
    print(f'  as a client, asking that nginx, and telling all of it: a new connection each '
          f'{spread(new, "/s", 0)}; one kept connection {spread(kept, "/s", 0)}')


def goodput(build):
    subprocess.run([os.path.join(build, 'bench', 'goodput')], check=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--build', default='build')
    p.add_argument('--runs', type=int, default=9)
    options = p.parse_args()
    if os.getuid() != 0:
        sys.exit('make bench needs root: it makes taps in network namespaces; type: sudo make bench')
    sizes(options.build)
    sys.stdout.flush()
    goodput(options.build)
    boot_times(options.build, options.runs)
    asking(options.build, max(ASKING_RUNS, options.runs))
    downloads(options.build, max(3, options.runs // 3))
    requests(options.build, max(3, options.runs // 3))
    segment_cost.report(options.build)


if __name__ == '__main__':
    main()
