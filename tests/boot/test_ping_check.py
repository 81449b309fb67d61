# SPDX-License-Identifier: MIT
"""ping=: a real host that answers, and ones that do not, or not as they should."""

import urllib.request

from conftest import GUEST, HOST
from frames import ICMP, read_pcap
from machine import Run, call
from ping_peer import PingPeer

NOBODY, SILENT, ROUTER = '192.168.77.99', '192.168.77.101', '192.168.77.254'
FORGETFUL, UNREACHABLE, LIAR, SHORT, CROWD = (f'192.168.77.{n}' for n in range(102, 107))


def test_rounds_before_all_else(wire, tmp_path):
    with wire.capture(tmp_path / 'pcap'):
        log = call(wire, [wire.ip, wire.url(), f'tcp={HOST}:80', f'ping={HOST}', 'count=3',
                          'interval=0.1'], 0)
    assert [t.get('check', t.get('method')) for t in log.all('transfer')] == ['ping', 'connect', 'GET'] * 3
    pings = log.all('transfer', check='ping')
    assert [t['probe'] for t in pings] == [1, 2, 3]
    assert all('remote_port' not in t and 'local_port' not in t and 'conn' not in t for t in pings)
    sent, replies = log.all('icmp.echo_sent'), log.all('icmp.echo_reply')
    assert [e['icmp_seq'] for e in sent] == [e['icmp_seq'] for e in replies] == [1, 2, 3]
    assert [e['id'] for e in sent] == [e['id'] for e in replies]
    assert len({e['id'] for e in sent}) == 3
    assert {(e['src'], e['ttl'], e['len']) for e in replies} == {(HOST, 64, 64)}
    for ping, reply in zip(pings, replies):
        trip = ping['time_starttransfer'] - ping['time_pretransfer']
        assert abs(trip * 1e6 - reply['rtt_us']) < 2
    summary = log.first('http.summary', url=f'ping://{HOST}')
    assert (summary['sent'], summary['ok'], summary['loss_percent']) == (3, 3, 0)
    assert abs(summary['time_min'] * 1e6 - min(r['rtt_us'] for r in replies)) < 2
    assert abs(summary['time_max'] * 1e6 - max(r['rtt_us'] for r in replies)) < 2
    # and on the wire
    requests = [f for _, f in read_pcap(tmp_path / 'pcap')
                if f.protocol == ICMP and f.payload[0] == 8 and f.src == GUEST]
    assert [int.from_bytes(f.payload[4:6], 'big') for f in requests] == [e['id'] for e in sent]
    assert len({f.payload[8:] for f in requests}) == 3


def lie(ping):
    ping.reply(data=ping.data[:-1] + bytes([ping.data[-1] ^ 1]))


def crowd(ping):
    """What is nobody's reply to this request, and then the one that is."""
    ping.reply(data=b'another program', ident=ping.ident + 1)
    ping.reply(data=b'another host', src=SILENT)
    ping.reply(data=b'not reached, says QEMU', code=3)
    ping.reply(data=b'a request that was never sent', seq=ping.seq + 9)
    ping.reply()


def test_of_a_liar_and_others(wire):
    """Each in its own way, all of them in one run; the first that did not pass is the verdict."""
    ways = {
        SILENT: lambda ping: None,
        FORGETFUL: lambda ping: ping.reply() if ping.number == 2 else None,
        UNREACHABLE: lambda ping: ping.unreachable(1, ROUTER),
        LIAR: lie,
        SHORT: lambda ping: ping.reply(data=ping.data[:9]),
        CROWD: crowd,
    }
    hosts = [CROWD, FORGETFUL, LIAR, SHORT, UNREACHABLE, NOBODY, SILENT]
    with PingPeer(wire.namespace, wire.tap, ways) as peer:
        log = call(wire, [wire.ip, 'connect-timeout=3.3', *(f'ping={host}' for host in hosts)], 8)
    transfers = {t['url'].removeprefix('ping://'): t for t in log.all('transfer')}
    assert list(transfers) == hosts
    assert [transfers[host]['exitcode'] for host in hosts] == [0, 0, 8, 8, 7, 7, 28]
    said = {host: transfers[host].get('errormsg') for host in hosts}
    assert said[LIAR] == "the echo reply is not the request's: byte 56 of the payload is another"
    assert said[SHORT] == "the echo reply is not the request's: 9 bytes of payload, sent were 56"
    assert said[UNREACHABLE] == f'host unreachable, says {ROUTER}'
    assert said[NOBODY] == 'no ARP answer from the next hop in 3.3 s'
    assert said[SILENT].startswith('timed out after 3.3') and said[SILENT].endswith('reply (3 requests)')
    assert log.result['url'] == f'ping://{LIAR}' and log.result['errormsg'] == said[LIAR]
    assert [len(peer.to(host)) for host in hosts] == [1, 2, 1, 1, 1, 0, 3]
    assert [p.seq for p in peer.to(SILENT)] == [1, 2, 3]
    reply = log.first('icmp.echo_reply', src=CROWD)
    assert (reply['ttl'], reply['icmp_seq'], reply['id']) == (33, 1, peer.to(CROWD)[0].ident)
    assert log.first('icmp.echo_reply', src=FORGETFUL)['icmp_seq'] == 2
    waits = log.all('progress', ip=SILENT)
    assert waits and all(w['what'] == 'waiting for the echo reply' for w in waits)


def test_a_machine_that_stays_tells_its_round_trips(wire):
    """Under blackbox_exporter's names: the phases are those of the latest ping."""
    words = [wire.ip, f'ping={HOST}', 'mode=server', 'listen=8080', 'requests=1', 'interval=30']
    with Run(wire, words) as run:
        ping = run.log.wait('transfer', 20)
        page = wire.namespace.call(urllib.request.urlopen, f'http://{GUEST}:8080/metrics').read().decode()
        run.end(0)
    values = dict(line.rsplit(' ', 1) for line in page.splitlines() if not line.startswith('#'))
    target = f'{{target="ping://{HOST}"'
    assert values[f'probe_success{target}}}'] == '1'
    trip = ping['time_starttransfer'] - ping['time_pretransfer']
    assert abs(float(values[f'probe_icmp_duration_seconds{target},phase="rtt"}}']) - trip) < 2e-6
