# SPDX-License-Identifier: MIT
"""The machine as a server: real clients, rude ones, very many, and Prometheus; and as a probe that
stays.  Few boots, many questions each."""

import json
import os
import re
import socket
import struct
import subprocess
import threading
import time

import prometheus
import pytest
import servers
from conftest import GUEST, HOST, ROOT
from machine import Run
from on_the_wire import SYN, Packets, compare_frame, compare_header, compare_options

SERVER_STEPS = {9, 10, 11, 12}
LOGGED = 60
REQUESTS = 6000


def curl(wire, *args):
    done = subprocess.run([*wire.prefix, 'curl', '--silent', '--show-error', '--max-time', '20',
                           *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def get(wire, path, port=80):
    return curl(wire, f'http://{GUEST}:{port}{path}')


def scrape(wire, port=80):
    return prometheus.parse(get(wire, '/metrics', port))


def connect(wire, rcvbuf=0):
    sock = wire.namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
    if rcvbuf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    sock.settimeout(20)
    sock.connect((GUEST, 80))
    return sock


def read_all(sock):
    data = b''
    while piece := sock.recv(65536):
        data += piece
    return data


class Served:
    """One machine for most of this file, ended by its requests= in the last test of them."""

    def __init__(self, wire, pcap):
        self.wire, self.pcap = wire, str(pcap)
        self.capture = wire.capture(pcap)
        self.run = Run(wire, [wire.ip, 'mode=server', f'log.connections={LOGGED}',
                              f'requests={REQUESTS}'], mem='16',
                       deadline=120).start()
        self.run.log.wait('srv.listening', 20)


@pytest.fixture(scope='module')
def served(wire, tmp_path_factory):
    s = Served(wire, tmp_path_factory.mktemp('server') / 'pcap')
    yield s
    s.capture.close()
    s.run.guest.close()
    s.run.scratch.cleanup()


# --- one at a time ---------------------------------------------------------------------------------


def test_curl_reads_the_pages(wire, served):
    page = get(wire, '/')
    assert page.startswith('<!DOCTYPE html>') and f'<td>{GUEST}:80</td>' in page
    assert not re.search(r'(src|href)="(?!data:|/)', page)  # nothing is fetched from elsewhere
    assert get(wire, '/healthz') == 'ok\n'
    head = curl(wire, '--head', f'http://{GUEST}/metrics')
    assert 'Content-Type: text/plain; version=0.0.4; charset=utf-8\n' in head
    stamp = time.strptime(re.search('Date: (.*)', head)[1], '%a, %d %b %Y %H:%M:%S GMT')
    assert abs(time.mktime(stamp) - time.mktime(time.gmtime())) < 120
    event = served.run.log.wait('http.served', 10, target='/healthz')
    assert (event['method'], event['http_code'], event['size_body']) == ('GET', 200, 3)


def test_a_browser_shows_the_page(wire, served, tmp_path):
    """Chromium, in the namespace: the page as it is after loading, and it asks for nothing else."""
    done = subprocess.run(
        [*wire.prefix, 'setpriv', '--pdeathsig', 'KILL', '--', 'chromium', '--headless',
         '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         f'--user-data-dir={tmp_path}', '--dump-dom', f'http://{GUEST}/?browser'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=False, timeout=60)
    assert f'<td>{GUEST}:80</td></tr>' in done.stdout and '</body></html>' in done.stdout
    get(wire, '/healthz?after')
    served.run.log.wait('http.served', 10, target='/healthz?after')
    asked = [e['target'] for e in served.run.log.all('http.served')]
    assert asked[asked.index('/?browser'):] == ['/?browser', '/healthz?after']


def test_curl_keeps_the_connection(wire):
    url = f'http://{GUEST}/healthz'
    said = curl(wire, '--write-out', '%{num_connects} %{http_code}\n', url, url, url + '?x',
                '--next', '--silent', '--data', 'body', '--write-out',
                '%{num_connects} %{http_code}\n', url)
    assert re.findall(r'(\d) 200\n', said) == ['1', '0', '0']
    assert said.endswith('0 405\n')


def captured_syns(path, port, seconds=20):
    """The capture, once it has the SYN and the SYN-ACK of that port: it is written beside the run."""
    deadline = time.monotonic() + seconds
    while True:
        seen = Packets(path)
        found = [p for p in seen.packets if int(p['tcp.flags'], 16) & SYN
                 and port in (p['tcp.srcport'], p['tcp.dstport'])]
        if len(found) >= 2:
            return seen, found
        assert time.monotonic() < deadline, f'{len(found)} SYNs of port {port} captured'


def test_its_steps_are_on_the_wire(wire, served):
    with connect(wire) as sock:
        port = sock.getsockname()[1]
        sock.sendall(b'GET /healthz HTTP/1.0\r\n\r\n')
        assert b'200 OK' in read_all(sock)
    conn = served.run.log.wait('srv.recorded', 10, src=f'{HOST}:{port}')['conn']
    served.run.log.wait('tcp.state', 10, conn=conn, to='TIME-WAIT')
    steps = served.run.log.steps(conn)
    assert set(steps) == SERVER_STEPS
    assert (steps[9]['ev'], steps[9]['port']) == ('srv.found', 80)
    assert steps[9]['fd'] == served.run.log.first('srv.listening')['fd']
    assert (steps[10]['ev'], steps[10]['state']) == ('srv.recorded', 'SYN-RECEIVED')
    seen, (syn, synack) = captured_syns(served.pcap, str(port))
    assert steps[10]['src'] == f'{syn["ip.src"]}:{syn["tcp.srcport"]}'
    for step in (11, 12):
        compare_header(steps[step], synack)
        compare_options(steps[step], synack)
    compare_frame(steps[12], synack, seen.bytes_of(synack))


# --- rude ones -------------------------------------------------------------------------------------


@pytest.mark.parametrize('request_, code', [
    (b'GET / HTTP/1.1\r\n\r\n', 400),
    (b'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n', 400),
    (b'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', 411),
    (b'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n' + b'x' * 100000, 413),
    (b'GET /' + b'x' * 5000 + b' HTTP/1.1\r\n', 414),
    (b'GET / HTTP/1.1\r\nHost: a\r\nX: ' + b'x' * 20000, 431),
    (b'BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 501),
    (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
    (b'\x16\x03\x01\x02\0\1\0\1\xfc', 400),
], ids=['no host', 'two lengths', 'chunked', 'too large', 'long line', 'long header', 'unknown method',
        'HTTP/2', 'TLS'])
def test_what_cannot_be_answered_ends_the_connection(wire, served, request_, code):
    """With an answer and a FIN; a RST would fail recv()."""
    with connect(wire) as sock:
        sock.sendall(request_)
        answer = read_all(sock)
    assert answer.startswith(b'HTTP/1.1 %d ' % code), answer
    assert b'Connection: close\r\n' in answer


def test_pipelined_and_half_closed(wire, served):
    with connect(wire) as sock:
        sock.sendall(b'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n' * 50
                     + b'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n' * 3)
        sock.shutdown(socket.SHUT_WR)
        answer = read_all(sock)
    assert answer.count(b'HTTP/1.1 200 OK\r\n') == 53
    assert answer.index(b'# HELP') > answer.rindex(b'\r\n\r\nok\n')


# --- very many ---------------------------------------------------------------------------------------


def ab(wire, *args):
    done = subprocess.run([*wire.prefix, 'ab', '-q', '-s', '30', *args, f'http://{GUEST}/healthz'],
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'Failed requests:        0\n' in done.stdout and 'Non-2xx' not in done.stdout, done.stdout
    return done.stdout


class Crowd:
    """Those who are there all the while and behave badly, one in each way."""

    def __init__(self, wire):
        self.silent = [connect(wire) for _ in range(8)]
        self.loris = connect(wire)
        self.loris.sendall(b'GET / HTTP/1.1\r\n')
        self.deaf = connect(wire, rcvbuf=2048)
        self.deaf.sendall(b'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n' * 20)
        for _ in range(5):
            gone = connect(wire)
            gone.sendall(b'GET /')
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            gone.close()

    def leave(self):
        for sock in (*self.silent, self.loris, self.deaf):
            sock.close()


def memory(samples):
    return samples['dialtone_memory_available_bytes',]


def test_two_thousand_connections(wire, served):
    """Answered one and all, while others are rude; and what is left of them is TIME-WAIT's."""
    crowd = Crowd(wire)
    ab(wire, '-n', '200', '-c', '20')
    before = scrape(wire)
    ab(wire, '-n', '2000', '-c', '20')
    after = scrape(wire)
    answered = 'dialtone_http_requests_total', ('code', '200')
    assert after[answered] - before[answered] == 2001
    waiting = after['dialtone_tcp_connections', ('state', 'TIME-WAIT')]
    assert 2000 < waiting <= 4096
    assert memory(before) - memory(after) < 2000 * 1400
    assert memory(after) > 4 << 20
    ab(wire, '-k', '-n', '3000', '-c', '100')  # more than are attended to at a time
    crowd.leave()


def all_accounted_for(log, connections):
    """The numbers of those that are logged, once each connection is either logged or counted: the
    serial line is slower than the network."""
    def look():
        told = {e['conn'] for e in log.all('srv.found')}
        counted = sum(e['connections'] for e in log.all('srv.traffic'))
        return told if len(told) + counted >= connections else None
    return log.wait_until(f'account of {connections} connections', look, 60)


def test_the_log_stays_readable(wire, served):
    """Thousands of connections: some dozens are logged, each whole or not at all, the rest is counted."""
    log = served.run.log
    samples = scrape(wire)
    connections = samples['dialtone_net_tcp_connections_total',]
    assert connections > 2200  # of the test before, at the least
    told = all_accounted_for(log, connections)
    assert LOGGED <= len(told) <= LOGGED + samples['dialtone_uptime_seconds',] + 2  # one a second
    assert {e['conn'] for e in log.events if 'conn' in e and e.name != 'http.served'
            and e['conn'] != 1} == told  # 1 is the socket that listens
    for conn in told:
        assert set(log.steps(conn)) == SERVER_STEPS
    # Each of them has two dozen lines and one a request; one line a second counts the others.
    assert len(log.lines) < 2 * (40 * len(told) + len(log.all('http.served'))
                                 + len(log.all('srv.traffic')) + 100)


# --- Prometheus ------------------------------------------------------------------------------------


def test_metrics_are_prometheus_own(wire, served):
    samples = scrape(wire)
    assert samples['dialtone_uptime_seconds',] > 1
    assert abs(samples['process_start_time_seconds',] + samples['dialtone_uptime_seconds',]
               - time.time()) < 120
    assert samples['dialtone_http_requests_total', ('code', '431')] == 1
    assert samples['dialtone_tcp_connections', ('state', 'LISTEN')] == 1
    assert samples['dialtone_netif_rx_frames_total', ('device', 'eth0')] > 5000
    assert samples['dialtone_net_tcp_in_total',] > samples['dialtone_net_tcp_connections_total',] > 2000
    assert not any(key[0].startswith('probe_') for key in samples)


def answered(samples):
    return sum(value for key, value in samples.items() if key[0] == 'dialtone_http_requests_total')


def test_it_ends_in_order(wire, served):
    """The last of so many requests is answered, and then everything is closed and summed up."""
    left = REQUESTS - int(answered(scrape(wire))) - 1
    ab(wire, '-k', '-n', str(left), '-c', '1')
    log = served.run.end(0)
    assert log.first('srv.stopping')['reason'] == 'requests= have been answered'
    assert log.first('srv.summary')['requests'] == log.result['requests'] == REQUESTS
    assert log.all('tcp.aborted') == []


# --- a probe that stays ------------------------------------------------------------------------------


class Gate:
    """A server that answers when it is told to."""

    def __init__(self):
        self.asked, self.open = threading.Event(), threading.Event()

    def __call__(self, conn, peer):
        self.asked.set()
        assert self.open.wait(30)
        servers.CHUNKED(conn, peer)


def target(samples, name, url, **labels):
    return samples[(name, *sorted([('target', url), *labels.items()]))]


def test_a_probe_that_stays(wire):
    """It is scraped while a check waits for its answer; the results are those of the log."""
    gate = Gate()
    with servers.serving(gate, wire.namespace, HOST) as port:
        page, slow, dead = f'http://{HOST}/', f'http://{HOST}:{port}/slow', f'tcp://{HOST}:9'
        host = f'ping://{HOST}'
        with Run(wire, [wire.ip, 'listen=9115', 'requests=4', 'interval=0.2', f'tcp={HOST}:9',
                        f'ping={HOST}', f'url={page}', f'url=http://{HOST}/moved', 'follow=1', f'url={slow}',
                        'expect.body=hello', 'keepalive=never']) as run:
            assert gate.asked.wait(20)
            first = scrape(wire, 9115)
            assert get(wire, '/', 9115).count('not yet') == 1
            assert prometheus.labels_of(first, 'probe_success', 'target') == {
                host, dead, page, f'http://{HOST}/moved'}
            assert target(first, 'dialtone_probes_total', slow) == 0
            run.log.wait('transfer', 20, count=5)  # the serial line is slower than the network
            check_against_the_log(first, run.log, {host: 0, dead: 7, page: 0,
                                                   f'http://{HOST}/moved': 0})
            gate.open.set()
            run.log.wait('transfer', 20, count=10)
            second = scrape(wire, 9115)
            assert target(second, 'probe_success', slow) == 1
            assert target(second, 'probe_http_content_length', slow) == -1
            assert target(second, 'probe_http_uncompressed_body_length', slow) == 11
            assert target(second, 'dialtone_probes_total', page) >= 2
            assert target(second, 'probe_timeout_seconds', slow) == 30
            assert target(second, 'probe_icmp_reply_hop_limit', host) == 64
            assert target(second, 'probe_ip_addr_hash', dead) == fnv1a(HOST)
            check_the_docs(second)
            assert get(wire, '/healthz', 9115) == 'ok\n'
            log = run.end(7)
    assert log.first('srv.stopping')['reason'] == 'requests= have been answered'
    assert log.result['url'] == dead
    summaries = {s['url']: s for s in log.all('http.summary')}
    assert summaries[page]['sent'] == summaries[page]['ok'] == summaries[page]['count'] >= 2
    assert summaries[dead]['ok'] == 0
    # keepalive=never: none goes over a connection that was there.
    answered = [t for t in log.all('transfer') if t['http_code']]
    assert answered and all(t['num_connects'] == 1 for t in answered)


def fnv1a(address):
    value = 2166136261
    for byte in map(int, address.split('.')):
        value = (value ^ byte) * 16777619 % 2**32
    return value


def check_the_docs(samples):
    """docs/metrics.md names what there is, and all of it."""
    with open(os.path.join(ROOT, 'docs', 'metrics.md'), encoding='utf-8') as f:
        told = set(re.findall(r'`((?:probe|dialtone|process)_[a-z_]+)', f.read()))
    told = {name for name in told if not name.endswith('_')}  # dialtone_net_NAME_total
    there = {key[0] for key in samples}
    assert told <= there
    assert {n for n in there if not n.startswith(('dialtone_net_', 'dialtone_netif_'))} <= told


def check_against_the_log(samples, log, statuses):
    """Of the first round, in which each target had one result."""
    for url, status in statuses.items():
        transfers = log.all('transfer', url=url)
        last = transfers[-1] if len(transfers) == 1 else transfers[1]  # a redirect is two of them
        assert target(samples, 'dialtone_probe_exit_status', url) == last['exitcode'] == status
        assert target(samples, 'probe_success', url) == (status == 0)
        total = last['time_total'] + (last['time_redirect'] if len(transfers) > 1 else 0)
        assert target(samples, 'probe_duration_seconds', url) == pytest.approx(total, abs=2e-6)
        if url.startswith('ping:'):
            rtt = target(samples, 'probe_icmp_duration_seconds', url, phase='rtt')
            assert rtt == pytest.approx(last['time_starttransfer'] - last['time_pretransfer'],
                                        abs=2e-6)
        if not url.startswith('http:'):
            assert ('probe_http_status_code', ('target', url)) not in samples
            continue
        assert target(samples, 'probe_http_status_code', url) == last['http_code']
        assert target(samples, 'probe_http_version', url) == 1.1
        phases = {p: target(samples, 'probe_http_duration_seconds', url, phase=p)
                  for p in ('resolve', 'connect', 'tls', 'processing', 'transfer', 'redirect')}
        assert phases['processing'] == pytest.approx(
            last['time_starttransfer'] - last['time_pretransfer'], abs=3e-6)
        assert phases['transfer'] == pytest.approx(
            last['time_total'] - last['time_starttransfer'], abs=3e-6)
        assert sum(phases.values()) <= total + 6e-6
        assert target(samples, 'probe_http_redirects', url) == len(transfers) - 1


def rtc_reads(trace):
    with open(trace, encoding='utf-8') as f:
        return sum("name 'rtc'" in line for line in f)


def test_without_a_clock(wire, tmp_path):
    """An RTC that says nothing sensible is asked once: no Date, and no answer waits for one.  QEMU
    itself tells of each access."""
    trace = str(tmp_path / 'trace')
    with Run(wire, [wire.ip, 'mode=server', 'requests=6'],
             args=('-rtc', 'base=1960-01-01T00:00:00', '-D', trace,
                   '-trace', 'memory_region_ops_read')) as run:
        run.log.wait('srv.listening', 20)
        assert 'Date:' not in curl(wire, '--head', f'http://{GUEST}/')
        asked = rtc_reads(trace)
        assert asked > 0
        assert ('process_start_time_seconds',) not in scrape(wire)
        for _ in range(4):
            assert get(wire, '/healthz') == 'ok\n'
        run.end(0)
    assert rtc_reads(trace) == asked


def test_bad_words(no_net):
    with Run(no_net, ['ip=192.168.77.2:::/24', 'mode=client', 'listen=80', 'requests=0']) as run:
        log = run.end(2)
    said = [json.dumps(e) for e in log.all('config.bad')]
    assert len(said) == 3 and any('a client does not listen' in s for s in said)
