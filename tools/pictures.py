#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the pictures of docs/images (`make pictures`): runs the image, draws the run, and takes a
screenshot of the drawing in a headless Chromium.

    tools/pictures.py --kernel build/dialtone.elf --out docs/images
"""

import argparse
import os
import subprocess
import sys
import tempfile

from chromium import Browser
from PIL import Image

TOOLS = os.path.dirname(os.path.abspath(__file__))
SCALE = 1.5

# Name, command, status, and what the run is told beside NET=tap.  An address behind a host that does
# not forward is one that nobody answers at.
RUNS = (
    ('run-ok', 'run.py', 0, ()),
    ('duet', 'duet.py', 0, ()),
    ('run-no-answer', 'run.py', 28, ('--ip', '192.168.77.2::192.168.77.1:255.255.255.0',
                            '--url', 'http://10.9.9.9/', '--append', 'connect-timeout=4')),
)


def run(command, kernel, svg, status, words):
    """The drawing of one run; it has to end as it should."""
    done = subprocess.run([sys.executable, f'{TOOLS}/{command}', '--kernel', kernel, '--net', 'tap',
                           '--diagram', svg, *words], stdout=subprocess.DEVNULL, check=False)
    if done.returncode != status:
        sys.exit(f'pictures.py: the run ended with {done.returncode} instead of {status}')


def picture(browser, svg, png):
    browser.open(svg, 1600, 1200)
    wide, high = browser.ask('[document.documentElement.width.baseVal.value,'
                             ' document.documentElement.height.baseVal.value]')
    browser.screenshot(png, int(wide + 0.5), int(high + 0.5), SCALE)
    with Image.open(png) as image:  # a drawing has few colours: a third of the bytes
        image.convert('RGB').quantize(128, dither=Image.Dither.NONE).save(png, optimize=True)


def main(argv):
    p = argparse.ArgumentParser(prog='pictures.py')
    p.add_argument('--kernel', default='build/dialtone.elf')
    p.add_argument('--out', default='docs/images')
    options = p.parse_args(argv)
    os.makedirs(options.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='dialtone-pictures-') as scratch, Browser() as browser:
        for name, command, status, words in RUNS:
            svg = os.path.join(scratch, name + '.svg')
            run(command, options.kernel, svg, status, words)
            png = os.path.join(options.out, name + '.png')
            picture(browser, svg, png)
            print(f'{png}: {os.path.getsize(png)} bytes')


if __name__ == '__main__':
    main(sys.argv[1:])
