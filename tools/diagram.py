#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws the sequence diagram of a run from its saved log (docs/diagram.md).

    tools/diagram.py LOG -o run.svg        or run.html, run.mmd, or - for the terminal
    tools/diagram.py CLIENT.log SERVER.log -o both.html
"""

import sys

from diagram import cli

if __name__ == '__main__':
    sys.exit(cli.main(sys.argv[1:]))
