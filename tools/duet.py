#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Starts two dialtones on one wire, one calling the other, and draws one diagram of both.
`duet.py --help`; what is behind it stands in tools/runner/."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from runner import duet  # noqa: E402 - the path comes first

if __name__ == '__main__':
    sys.exit(duet.main(sys.argv[1:]))
