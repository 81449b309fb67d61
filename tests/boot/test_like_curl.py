# SPDX-License-Identifier: MIT
"""The client beside curl: the same wish, the same server, and what that server is asked must be the
same - methods, targets, bodies, the fields that matter, and over which connection - as must the exit
status and the numbers that both tell."""

import json
import subprocess
import time

import pytest
import servers
from conftest import HOST
from machine import Run

FIELDS = ('host', 'accept', 'authorization', 'cookie', 'content-type', 'content-length', 'x-a', 'x-b')
# Names of curl's --write-out that must have its values ...
TOLD = ('exitcode', 'http_code', 'response_code', 'http_version', 'content_type', 'method', 'scheme',
        'url', 'url_effective', 'redirect_url', 'urlnum', 'remote_ip', 'remote_port', 'size_download',
        'size_upload', 'num_headers', 'num_redirects', 'num_connects', 'size_header', 'size_request',
        'time_appconnect', 'errormsg')
# ... of them, what curl adds up over the redirects it followed, and we say of each transfer.
ADDED_UP = ('num_connects', 'size_header', 'size_request')
TIMES = ('time_namelookup', 'time_connect', 'time_pretransfer', 'time_starttransfer', 'time_total')


def sends_on(code, location):
    """To the first request `location`, to all others a page."""
    def answers(request, n):
        if n == 1:
            return servers.page(code=f'{code} ?', fields=f'Location: {location}\r\n')
        return servers.page(b'there')
    return answers


def fails_once(code, fields=''):
    def answers(request, n):
        return servers.page(code=f'{code} ?', fields=fields) if n == 1 else servers.page(b'there')
    return answers


def pages(request, n):
    if request[0].startswith('HEAD'):
        return servers.page().replace(b'Length: 0', b'Length: 5')
    return servers.page(b'there')


def circle(request, n):
    return servers.page(code='302 ?', fields=f'Location: /{n}\r\n')


def hangs_up_once(request, n):
    return None if n == 2 else servers.page(b'there')


POST = (['body=a=b'], ['-d', 'a=b'])
JSON = (['method=PUT', 'body={"x":1}', 'header=Content-Type: application/json'],
        ['-X', 'PUT', '-d', '{"x":1}', '-H', 'Content-Type: application/json'])

# name: (answers, our words, curl's arguments, the targets)
CASES = {
    'GET': (pages, [], [], ['/a?b=c']),
    'no path': (pages, [], [], ['']),
    'HEAD': (pages, ['method=HEAD'], ['-I'], ['/']),
    'POST': (pages, *POST, ['/']),
    'POST of nothing': (pages, ['body='], ['-d', ''], ['/']),
    'PUT': (pages, *JSON, ['/']),
    'fields': (pages, ['header=X-A: 1', 'header=Accept: x/y', 'header=X-B:  2 '],
               ['-H', 'X-A: 1', '-H', 'Accept: x/y', '-H', 'X-B:  2 '], ['/']),
    'fields taken out': (pages, ['header=Accept:', 'header=Host: me'],
                         ['-H', 'Accept:', '-H', 'Host: me'], ['/']),
    'user': (pages, ['user=ann:s3:cr et'], ['-u', 'ann:s3:cr et'], ['/']),
    'two URLs': (pages, [], [], ['/a', '/b']),
    'hangs up': (hangs_up_once, [], [], ['/a', '/b']),
    'circle': (circle, ['follow=3'], ['-L', '--max-redirs', '3'], ['/']),
    'nowhere': (sends_on(302, 'https://192.168.77.1:1/'), ['follow=3'], ['-L', '--proto-redir', '=http'],
                ['/']),
    '503, retried': (fails_once(503), ['retry=1'], ['--retry', '1', '-f'], ['/']),
    '429, Retry-After': (fails_once(429, 'Retry-After: 1\r\n'), ['retry=1'], ['--retry', '1', '-f'],
                         ['/']),
    '500, not retried': (fails_once(500), [], ['-f'], ['/']),
    '501 is not transient': (fails_once(501), ['retry=1'], ['--retry', '1', '-f'], ['/']),
}
for code in (300, 301, 302, 303, 307, 308):
    CASES[f'{code} of a GET'] = (sends_on(code, '/b'), ['follow=9'], ['-L'], ['/a'])
    CASES[f'{code} of a POST'] = (sends_on(code, '/b'), [*POST[0], 'follow=9'], [*POST[1], '-L'], ['/a'])
for location in ('b', '../b', './b?c', '?c', '/x/../y', '/a b', '//192.168.77.1/b', '/b#c', '/%41',
                 '/..', ';x', 'b/./c/../d', '/{}|^"?{}|^"', ''):
    CASES[f'Location {location}'] = (sends_on(302, location.replace('77.1/', '77.1:{port}/')),
                                     ['follow=9'], ['-L'], ['/d/e;p?q'])
CASES['another port'] = (
    sends_on(302, 'http://192.168.77.1:{other}/b'),
    ['follow=9', 'user=ann:s3cret', 'header=X-A: 1', 'header=Cookie: c'],
    ['-L', '-u', 'ann:s3cret', '-H', 'X-A: 1', '-H', 'Cookie: c'], ['/a'])


def seen(asked, ports):
    """What a server was asked, in a form that can be compared: its ports are not the same."""
    text = json.dumps([(conn, line, {k: v for k, v in headers.items() if k in FIELDS}, body.decode())
                       for conn, line, headers, body in asked])
    for name, port in ports.items():
        text = text.replace(f':{port}', f':{name}')
    return json.loads(text)


def with_servers(wire, answers, visit):
    """What `visit(port)` tells, the ports, and what both servers were asked."""
    ports = {}

    def filled_in(request, n):
        answer = answers(request, n)
        for name, port in ports.items():
            answer = answer and answer.replace(b'{%s}' % name.encode(), str(port).encode())
        return answer

    one, two = servers.Conversation(filled_in), servers.Conversation(pages)
    with (servers.serving(one, wire.namespace, HOST) as port,
          servers.serving(two, wire.namespace, HOST) as other):
        ports.update(port=port, other=other)
        told = visit(port)
    return told, ports, one.asked, two.asked


def by_curl(wire, args, targets):
    def visit(port):
        urls = [word for target in targets
                for word in (f'http://{HOST}:{port}{target}', '-o', '/dev/null')]
        done = subprocess.run([*wire.prefix, 'curl', '-q', '-s', '--noproxy', '*', '-A', 'same',
                               '-w', '%{json}\n', *args, *urls],
                              capture_output=True, text=True, timeout=30, check=False)
        return json.loads(done.stdout.splitlines()[-1])
    return visit


def by_us(wire, words, targets):
    def visit(port):
        urls = [wire.url(target, port) for target in targets]
        with Run(wire, [wire.ip, 'user-agent=same', *words, *urls]) as run:
            run.guest.wait(run.deadline)
        assert run.log.problems() == [], run.log.text()
        transfers = run.log.all('transfer')
        first = max(i for i, t in enumerate(transfers) if t['num_redirects'] == 0)
        sums = {key: sum(t[key] for t in transfers[first:]) for key in ADDED_UP}
        return {**run.log.result, **sums}
    return visit


def comparable(told, ports, asked):
    """What one of them tells, in a form that can be compared: what does not apply is null or absent,
    and only we say that the last request is the last."""
    text = json.dumps({key: told.get(key) for key in TOLD})
    for name, port in ports.items():
        text = text.replace(f':{port}', f':{name}').replace(f' {port},', f' "{name}",')
    told = json.loads(text)
    told['scheme'] = told['scheme'].lower()
    told['errormsg'] = bool(told['errormsg'])
    counted = asked[-1 - told['num_redirects']:]  # not those of a try before
    told['size_request'] -= sum(len('Connection: close\r\n') for _, _, headers, _ in counted
                                if headers.get('connection') == 'close')
    return told


def check_times(told, wall_s):
    """The times follow each other in the order of what they are the times of, and have room in what
    the caller saw; speeds are means over the whole.  Curl now and then notes that it has looked an
    address up when it is connected already; its total is that of the redirects, too, which ours is not."""
    redirects = 0 if 'curl_version' in told else told['time_redirect']
    times = [told[key] for key in TIMES if 'curl_version' not in told or key != 'time_namelookup']
    assert times[-1] > 0 and told['time_total'] + redirects <= wall_s
    assert [t for t in times if t > 0] == sorted(t for t in times if t > 0), told
    assert told['time_redirect'] > 0 or told['num_redirects'] == 0
    for way in ('upload', 'download'):
        mean = told[f'size_{way}'] / told['time_total']
        assert abs(told[f'speed_{way}'] - mean) <= 1 + mean / 50, told


# Where curl has another way.
OTHERWISE = {
    # It counts a redirect that it then refuses, as if it had gone there.
    ('nowhere', 'num_redirects'), ('nowhere', 'url_effective'), ('nowhere', 'redirect_url'),
    ('hangs up', 'size_request'),           # it counts the request that was lost, too
    ('Location /b#c', 'url_effective'),     # it keeps a fragment that nobody is sent
    ('fields', 'size_request'),             # it sends the blanks around a value
}


@pytest.mark.parametrize('name', CASES)
def test_like_curl(wire, name):
    answers, words, args, targets = CASES[name]
    found = []
    for visit in (by_curl(wire, args, targets), by_us(wire, words, targets)):
        begun = time.monotonic()
        told, ports, asked, asked_other = with_servers(wire, answers, visit)
        check_times(told, time.monotonic() - begun)
        found.append((comparable(told, ports, asked + asked_other), seen(asked, ports),
                      seen(asked_other, ports)))
    (theirs, *asked), (ours, *asked_of_us) = found
    assert asked_of_us == asked
    compared = [key for key in TOLD if (name, key) not in OTHERWISE]
    assert {k: ours[k] for k in compared} == {k: theirs[k] for k in compared}


GAP_S = 0.3


def trickle(conn, _peer):
    """Waits before the answer, and again before the rest of its body."""
    conn.recv(4096)
    for piece in (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst', b'last'):
        time.sleep(GAP_S)
        conn.sendall(piece)


def test_times_mean_what_curls_mean(wire):
    """A server that takes its time twice: before the first byte, and between that and the last."""
    with servers.serving(trickle, wire.namespace, HOST) as port:
        told = [visit(port) for visit in (by_curl(wire, [], ['/']), by_us(wire, [], ['/']))]
    for each in told:
        assert each['time_starttransfer'] - each['time_pretransfer'] >= 0.9 * GAP_S
        assert each['time_total'] - each['time_starttransfer'] >= 0.9 * GAP_S
        assert each['speed_download'] <= each['size_download'] / (1.8 * GAP_S)
