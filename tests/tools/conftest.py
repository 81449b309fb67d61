# SPDX-License-Identifier: MIT
"""Unit tests of the tools: Python alone, no machine, no network but loopback."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for folder in ('tools', 'tests/lib'):
    sys.path.insert(0, os.path.join(ROOT, folder))
