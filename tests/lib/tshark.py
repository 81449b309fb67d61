# SPDX-License-Identifier: MIT
"""A capture as tshark decodes it: the independent witness for what was on the wire."""

import subprocess

PREFERENCES = ('tcp.relative_sequence_numbers:FALSE', 'tcp.analyze_sequence_numbers:FALSE',
               'tcp.check_checksum:FALSE', 'tcp.desegment_tcp_streams:FALSE')


def fields(path, names, display_filter=''):
    """A dictionary per packet: {name: text}, without the fields that it does not have."""
    argv = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a',
            '-E', 'aggregator=,']
    for preference in PREFERENCES:
        argv += ['-o', preference]
    for name in names:
        argv += ['-e', name]
    if display_filter:
        argv += ['-Y', display_filter]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return [{n: v for n, v in zip(names, line.split('|'), strict=True) if v}
            for line in done.stdout.splitlines()]
