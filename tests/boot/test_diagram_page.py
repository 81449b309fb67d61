# SPDX-License-Identifier: MIT
"""The diagram of a real run, as the runner draws it and as a browser shows it."""

import os
import re
import subprocess
import sys

import dialtone_log
import pytest
from chromium import Browser
from conftest import ROOT
from test_runner import CLIENT_STEPS, run

LOGS = os.path.join(ROOT, 'tests', 'tools', 'logs')
SIZES = [(1600, 1000), (1000, 800), (420, 800)]

# What the page is asked about itself: everything that sticks out, and texts that are wider than the
# layout thought or that lie on each other (in the font that is really used).
OUTSIDE = """[...document.querySelectorAll('svg text, svg rect, h1, td, summary, p')].filter(e => {
  const r = e.getBoundingClientRect();
  return r.width && !e.closest('.off, .scroll') && (r.left < -0.5 || r.right > innerWidth + 0.5);
}).map(e => e.outerHTML.slice(0, 200))"""
SCROLLS = 'document.documentElement.scrollWidth > innerWidth'
ON_EACH_OTHER = """(() => {
  const found = [];
  for (const drawing of document.querySelectorAll('svg')) {
    const all = [...drawing.querySelectorAll('text')].map(e => [e.textContent, e.getBBox()]);
    for (let i = 0; i < all.length; i++) for (let j = 0; j < i; j++) {
      const [s, a] = all[i], [t, b] = all[j], by = 1.5;
      if (a.x + by < b.x + b.width && b.x + by < a.x + a.width &&
          a.y + by + 2 < b.y + b.height && b.y + by + 2 < a.y + a.height) found.push([s, t]);
    }
  }
  return found;
})()"""
TEXTS = "[...document.querySelectorAll('svg text')].map(e => e.textContent)"


@pytest.fixture(scope='module')
def browser():
    with Browser() as opened:
        yield opened


def draw(out, *logs):
    subprocess.run([sys.executable, f'{ROOT}/tools/diagram.py', *logs, '-o', str(out)], check=True,
                   timeout=60)


def assert_quiet(browser):
    for trouble in ('Runtime.exceptionThrown', 'Log.entryAdded', 'Runtime.consoleAPICalled'):
        assert browser.told(trouble) == []


def looks_right(browser, path):
    """Opens it in windows of several sizes: nothing is asked of the network, nothing is wrong,
    nothing sticks out.  The texts."""
    for width, height in SIZES:
        browser.open(path, width, height, dark=width < 500)
        asked = [e['request']['url'] for e in browser.told('Network.requestWillBeSent')]
        assert asked == [f'file://{path}']
        assert_quiet(browser)
        assert browser.ask(OUTSIDE) == [] and not browser.ask(SCROLLS)
    assert browser.ask(ON_EACH_OTHER) == []
    return browser.ask(TEXTS)


def test_a_run_is_drawn_and_the_page_shows_it(browser, tmp_path):
    path = tmp_path / 'run.html'
    done = run('--net', 'tap', '--log', 'json', '--diagram', str(path))
    assert done.returncode == 0 and done.stdout.endswith('EXIT: STATUS=0\n'), done.stderr
    steps = dialtone_log.parse(done.stdout).steps()
    texts = looks_right(browser, str(path))
    assert {int(t) for t in texts if re.fullmatch(r'\d{1,2}', t)} == CLIENT_STEPS
    for name in ('application', 'socket library', 'protocol stack', 'web server', 'OK, status 0'):
        assert name in texts
    assert any(f'seq={steps[8]["tcp_seq"]} ' in t for t in texts)
    assert any(f'seq={steps[12]["tcp_seq"]} ack={steps[12]["tcp_ack"]}' in t for t in texts)


def test_the_panel_is_walked_through_with_the_keyboard(browser, tmp_path):
    path = str(tmp_path / 'run.html')
    draw(path, f'{LOGS}/ok-json.txt')
    browser.open(path, 1000, 800)
    panel = 'document.getElementById("panel").hidden ? "" : document.getElementById("panel").innerText'
    assert browser.ask(panel) == ''
    browser.key('Tab')
    assert browser.ask(panel).startswith('1. create a socket')
    for _ in range(9):  # 2 to 7, ARP's two, 8
        browser.key('ArrowDown')
    said = browser.ask(panel)
    assert said.startswith('8. SYN') and '233697584' in said
    assert 'TCP header' in said and 'maximum segment size' in said
    assert browser.ask('document.activeElement.getAttribute("aria-label")').startswith('step 8: SYN')
    browser.key('Escape')
    assert browser.ask(panel) == ''
    assert_quiet(browser)


@pytest.mark.parametrize('name, verdict', [
    ('silent', 'FAILED, status 28'), ('names', 'OK, status 0'), ('hostile', 'OK, status 0'),
    ('dhcp', 'OK, status 0'), ('no-name-server', 'FAILED, status 6'), ('bad-config', 'FAILED, status 2')])
def test_pages_of_other_runs(browser, tmp_path, name, verdict):
    path = str(tmp_path / f'{name}.html')
    draw(path, f'{LOGS}/{name}-json.txt')
    texts = looks_right(browser, path)
    assert verdict in texts
    if name == 'hostile':  # it is shown, and it is nothing but text
        assert any('<script>alert(1)</script>' in t for t in texts)
        assert browser.ask('document.scripts.length') == 2
    if name == 'silent':
        # three arrows, and the legend
        assert texts.count('no answer') == 3 + 1 and 'no SYN ACK came' in texts


def test_the_page_of_both_sides(browser, tmp_path):
    path = str(tmp_path / 'both.html')
    draw(path, f'{LOGS}/duet-server-json.txt', f'{LOGS}/duet-client-json.txt')
    texts = looks_right(browser, path)
    assert [int(t) for t in texts if re.fullmatch(r'\d{1,2}', t)][:16] == list(range(1, 17))


def test_it_prints_black_on_white(browser, tmp_path):
    path = str(tmp_path / 'run.html')
    draw(path, f'{LOGS}/ok-json.txt')
    browser.open(path, 800, 1000, dark=True, media='print')
    colours = browser.ask("""[...new Set([...document.querySelectorAll('svg text:not(.t-badge)')].map(
        e => getComputedStyle(e).fill))]""")
    assert colours == ['rgb(0, 0, 0)']
    assert browser.ask('getComputedStyle(document.body).backgroundColor') == 'rgb(255, 255, 255)'
    assert browser.ask('getComputedStyle(document.getElementById("panel")).display') == 'none'
    assert browser.pdf_pages() in (1, 2)


def test_the_svg_alone(browser, tmp_path):
    path = str(tmp_path / 'run.svg')
    draw(path, f'{LOGS}/ok-json.txt')
    browser.open(path, 1600, 2000)
    assert [e['request']['url'] for e in browser.told('Network.requestWillBeSent')] == [f'file://{path}']
    assert browser.ask(ON_EACH_OTHER) == []
    background = "getComputedStyle(document.querySelector('.bg')).fill"
    assert browser.ask(background) == 'rgb(255, 255, 255)'
    browser.open(path, 1600, 2000, dark=True)
    assert browser.ask(background) == 'rgb(17, 22, 28)'


def test_the_ladder_stands_behind_the_log(tmp_path):
    machine_log = tmp_path / 'machine'
    done = run('--net', 'tap', '--url', 'http://192.168.77.1:9/', '--diagram', '-', '--serial2',
               str(machine_log))
    log, _, ladder = done.stdout.partition('EXIT: STATUS=7\n')
    assert done.returncode == 7 and '@dt' not in log and 'RST: connection refused' in ladder
    assert ladder.startswith('GET http://192.168.77.1:9/: FAILED, status 7\n')
    assert dialtone_log.parse(machine_log.read_bytes()).problems() == []


def test_a_machine_with_one_serial_port():
    done = run('--net', 'none', '--machine', 'microvm', '--log', 'json', '--diagram', '-')
    assert done.returncode == 110 and 'FAILED, status 110: no network device' in done.stdout
