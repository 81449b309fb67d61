"""The client beside curl: the same wish, the same server, and what that server is asked must be the
same - methods, targets, bodies, the fields that matter, and over which connection - as must the exit
status and the numbers that both tell."""

import json
import subprocess

import pytest
import servers
from conftest import HOST
from machine import Run

FIELDS = ('host', 'accept', 'authorization', 'cookie', 'content-type', 'content-length', 'x-a', 'x-b')
TOLD = ('exitcode', 'http_code', 'size_download', 'num_redirects', 'num_connects')


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
for code in (301, 302, 303, 307, 308):
    CASES[f'{code} of a GET'] = (sends_on(code, '/b'), ['follow=9'], ['-L'], ['/a'])
    CASES[f'{code} of a POST'] = (sends_on(code, '/b'), [*POST[0], 'follow=9'], [*POST[1], '-L'], ['/a'])
for location in ('b', '../b', './b?c', '?c', '/x/../y', '/a b', '//192.168.77.1/b', '/b#c', '/%41',
                 '/..', ';x', 'b/./c/../d'):
    CASES[f'Location {location}'] = (sends_on(302, location.replace('77.1/', '77.1:{port}/')),
                                     ['follow=9'], ['-L'], ['/d/e;p?q'])
CASES['another port'] = (
    sends_on(302, 'http://192.168.77.1:{other}/b'),
    ['follow=9', 'user=ann:s3cret', 'header=X-A: 1', 'header=Cookie: c'],
    ['-L', '-u', 'ann:s3cret', '-H', 'X-A: 1', '-H', 'Cookie: c'], ['/a'])


def seen(server, ports):
    """What the server was asked, in a form that can be compared: its ports are not the same."""
    text = json.dumps([(conn, line, {k: v for k, v in headers.items() if k in FIELDS}, body.decode())
                       for conn, line, headers, body in server.asked])
    for name, port in ports.items():
        text = text.replace(f':{port}', f':{name}')
    return json.loads(text)


def with_servers(wire, answers, visit):
    """What `visit(port)` tells, and what both servers were asked."""
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
    return told, seen(one, ports), seen(two, ports)


def by_curl(wire, args, targets):
    def visit(port):
        urls = [word for target in targets
                for word in (f'http://{HOST}:{port}{target}', '-o', '/dev/null')]
        done = subprocess.run([*wire.prefix, 'curl', '-q', '-s', '--noproxy', '*', '-w', '%{json}\n',
                               *args, *urls], capture_output=True, text=True, timeout=30, check=False)
        return json.loads(done.stdout.splitlines()[-1])
    return visit


def by_us(wire, words, targets):
    def visit(port):
        urls = [wire.url(target, port) for target in targets]
        with Run(wire, [wire.ip, *words, *urls]) as run:
            run.guest.wait(run.deadline)
        assert run.log.problems() == [], run.log.text()
        transfers = run.log.all('transfer')
        first = max(i for i, t in enumerate(transfers) if 'num_redirects' not in t)
        connects = sum(t['num_connects'] for t in transfers[first:])  # curl adds up over redirects
        return {'num_redirects': 0, **run.log.result, 'num_connects': connects}
    return visit


@pytest.mark.parametrize('name', CASES)
def test_like_curl(wire, name):
    answers, words, args, targets = CASES[name]
    theirs = with_servers(wire, answers, by_curl(wire, args, targets))
    ours = with_servers(wire, answers, by_us(wire, words, targets))
    assert ours[1:] == theirs[1:]
    # curl counts a redirect that it then refuses.
    told = [k for k in TOLD if (name, k) != ('nowhere', 'num_redirects')]
    assert {k: ours[0][k] for k in told} == {k: theirs[0][k] for k in told}
