#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Starts dialtone in QEMU, prints its log, ends with its status.  `run.py --help`; what is behind
it stands in tools/runner/."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from runner import cli  # noqa: E402 - the path comes first

if __name__ == '__main__':
    sys.exit(cli.main(sys.argv[1:]))
