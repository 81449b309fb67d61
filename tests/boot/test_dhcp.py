# SPDX-License-Identifier: MIT
"""An address that is asked for: of a real dnsmasq, and of servers that misbehave in one way each."""

import contextlib
import os
import re
import subprocess

import dialtone_log
import evil_dhcp
import pytest
import servers
from conftest import Wire
from dnsmasq import Dnsmasq
from frames import ip_bytes, read_pcap
from machine import Run, call
from qmp import Qmp
from qmp import args as qmp_args
from servers import Nginx
from test_dns import misbehaving, named_url, reply
from test_runner import run

HOST, GUEST = '192.168.77.1', '192.168.77.50'
SECOND_ROUTER, BEHIND_IT = '192.168.77.9', '198.51.100.7'
UNPLUGGED = ('-netdev', 'hubport,id=net9,hubid=0', '-device',
             'virtio-net-pci,disable-legacy=on,romfile=,netdev=net9')
NET = [('subnet_mask', '255.255.255.0'), ('router', HOST)]


class Lan(Wire):
    """A network of its own, in which dnsmasq or test code gives addresses."""

    ip = 'ip=dhcp'


@pytest.fixture(scope='module')
def lan(tmp_path_factory):
    """A tap with nginx, a second router on it, and a web server behind that one."""
    w = Lan(tap='lan0')
    w.nginx = None
    try:
        w.namespace.ip('addr', 'add', f'{SECOND_ROUTER}/24', 'dev', w.tap)
        w.namespace.ip('addr', 'add', f'{BEHIND_IT}/32', 'dev', 'lo')
        w.nginx = Nginx(w.namespace, HOST, str(tmp_path_factory.mktemp('nginx')))
        w.nginx.put('index.html', b'hello\n')
        yield w
    finally:
        if w.nginx:
            w.nginx.close()
        w.close()


@pytest.fixture
def dnsmasq(lan, tmp_path):
    """Starts dnsmasq with a range of one address, and these arguments."""
    with contextlib.ExitStack() as stack:
        def start(*args):
            return stack.enter_context(Dnsmasq(
                lan.namespace, HOST, str(tmp_path), '--log-dhcp', '--dhcp-authoritative',
                f'--dhcp-range={GUEST},{GUEST},255.255.255.0,1h', *args))
        yield start


def order(log, *names):
    """The order in which the first events of those names came."""
    found = [e.name for e in log.events if e.name in names]
    return [n for i, n in enumerate(found) if n not in found[:i]]


# --- servers that are right ----------------------------------------------------------------------

def test_everything_that_dnsmasq_says(lan, dnsmasq):
    """Address, mask, name server, domain, host name, MTU and classless routes, each by its effect; and
    the server's own address twice, since its administrator has said another one."""
    server = dnsmasq(f'--host-record=www.lan.test,{HOST}', '--domain=lan.test', '--local=/test/',
                     '--dhcp-option=option:mtu,1400', f'--dhcp-option=54,{SECOND_ROUTER}',
                     '--dhcp-option=option:domain-search,lan.test,other.test',
                     f'--dhcp-option=121,198.51.100.0/24,{SECOND_ROUTER},0.0.0.0/0,{HOST}')
    with servers.serving(servers.saying(servers.page(b'far')), lan.namespace, BEHIND_IT) as port:
        log = call(lan, ['ip=::::probe-7::dhcp', named_url('www'),
                         f'url=http://{BEHIND_IT}:{port}/'], 0)
    assert order(log, 'dhcp.discover', 'dhcp.offer', 'dhcp.request', 'dhcp.ack', 'addr.set',
                 'dns.query', 'app.socket') == ['dhcp.discover', 'dhcp.offer', 'dhcp.request',
                                                'dhcp.ack', 'addr.set', 'dns.query', 'app.socket']
    ack = log.first('dhcp.ack')
    assert (ack['ip'], ack['prefix'], ack['server']) == (GUEST, 24, HOST)
    assert ack['search'] == 'lan.test other.test'
    assert {(e['option'], e['problem']) for e in log.all('dhcp.odd')} == {
        (54, 'it came more than once, and the first good copy counts')}
    assert (ack['dns'], ack['domain'], ack['mtu'], ack['lease_s']) == (HOST, 'lan.test', 1400, 3600)
    assert log.first('addr.set')['ip'] == GUEST and len(log.all('addr.set')) == 1
    assert log.first('addr.set')['source'] == 'DHCP'
    assert log.first('dns.answer')['name'] == 'www.lan.test'
    near, far = log.all('tcp.syn_sent')
    assert near['mss'] == far['mss'] == 1360
    assert (near['next_hop'], far['next_hop']) == (HOST, SECOND_ROUTER)
    assert near['src'].startswith(f'{GUEST}:')
    assert 'client provides name: probe-7' in server.said()


def test_the_address_is_announced(lan, dnsmasq, tmp_path):
    """Asked for once by nobody (RFC 5227), and when nobody answers announced, long before the three
    probes are over: whoever knew its last owner hears of the new one."""
    dnsmasq()
    with lan.capture(tmp_path / 'pcap'):
        call(lan, [lan.url()], 0)
    about_us = [f.data[28:32] for _, f in read_pcap(tmp_path / 'pcap')
                if f.arp_operation == 1 and f.arp_target == GUEST]
    assert about_us == [bytes(4), ip_bytes(GUEST)]


def test_a_name_is_enough(lan, dnsmasq):
    """What `make run NET=tap TAP=... URL=http://some.name/` starts, on a tap of somebody else's with
    dnsmasq for DHCP and DNS and nginx behind the name."""
    dnsmasq(f'--host-record=some.name,{HOST}')
    done = run('--net', 'tap', '--tap', lan.tap, '--url', 'http://some.name/', '--log', 'both',
               prefix=lan.prefix)
    log = dialtone_log.parse(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not log.all('config', key='ip')
    assert log.result['remote_ip'] == HOST and log.result['local_ip'] == GUEST


def test_servers_that_ip_names_come_first(lan, dnsmasq):
    """dnsmasq does not know the name; the one that ip= names does."""
    dnsmasq('--local=/test/')
    with misbehaving(lan, lambda q: reply(q, [(q.qd.qname, HOST)]), SECOND_ROUTER) as other:
        log = call(lan, [f'ip=::::::dhcp:{other}', named_url('x.test')], 0)
    assert [e['server'] for e in log.all('dns.query')] == [other]


def test_the_first_discover_leaves_with_the_link(lan, dnsmasq, tmp_path):
    """It waits for nothing when the link comes up, and what follows neither.  Beside the device that
    gets it there is one without."""
    dnsmasq()
    path = str(tmp_path / 'qmp')
    with Run(lan, [lan.url()], args=(*qmp_args(path), '-S', *UNPLUGGED)) as run_:
        with Qmp(path) as qmp:
            for name in ('net0', 'net9'):
                qmp('set_link', name=name, up=False)
            qmp('cont')
            run_.log.wait('netdev.up', 10, count=2)
            qmp('set_link', name='net0', up=True)
        log = run_.end(0)
    times = [log.first(name)['t_us'] for name in
             ('netdev.link', 'dhcp.discover', 'dhcp.offer', 'dhcp.request', 'dhcp.ack', 'app.socket')]
    assert times == sorted(times)
    # The least that a client which waits by RFC 2131 4.4.1 would wait is a second.
    assert all(after - before < 500_000 for before, after in zip(times, times[1:]))
    assert len(log.all('dhcp.discover')) == len(log.all('dhcp.request')) == 1
    assert log.first('addr.set')['name'] == 'eth1'


def test_an_address_that_somebody_has(lan, dnsmasq):
    """It is used at once; the answer to the probe comes while the server keeps us waiting."""
    server = dnsmasq()
    with evil_dhcp.Holder(lan.namespace, lan.tap, GUEST), \
            servers.serving(lambda conn, _: conn.recv(65536) and conn.recv(1), lan.namespace,
                            HOST) as port:
        log = call(lan, [lan.url(port=port), 'dhcp-timeout=2'], 111)
    mac = '02:00:00:00:66:99'
    assert log.result['errormsg'] == (
        f'no address from DHCP: {GUEST} from {HOST} is in use by {mac}, and was declined')
    assert order(log, 'addr.set', 'dhcp.decline', 'addr.lost', 'result')[0] == 'addr.set'
    assert log.first('dhcp.decline')['mac'] == mac
    assert re.search(rf'DHCPDECLINE\(lan0\) {GUEST}', server.said())


def test_one_forged_answer_does_not_end_the_run(lan, dnsmasq):
    """Somebody answers the first probe, and has no such address: it is declined, what is tried from it
    ends, and is tried again from the next one, which may be the same."""
    dnsmasq()
    with evil_dhcp.Forger(lan.namespace, lan.tap) as forger:
        def handler(conn, peer):
            if forger.forged is None:
                return conn.recv(65536) and conn.recv(1)
            return servers.saying(servers.page(b'hello'))(conn, peer)
        with servers.serving(handler, lan.namespace, HOST) as port:
            log = call(lan, [lan.url(port=port)], 0)
    assert [e['ip'] for e in log.all('dhcp.decline')] == [forger.forged] == [GUEST]
    assert [t['exitcode'] for t in log.all('transfer')] == [111, 0]


def test_a_server_stays_without_an_address(lan, dnsmasq):
    """dhcp-timeout= is over, and the machine goes on: it is served when somebody gives it an address."""
    with Run(lan, ['mode=server', 'requests=1', 'dhcp-timeout=0.5']) as run_:
        late = run_.log.wait('addr.late', 10)
        assert 'no offer after' in late['problem']
        dnsmasq()
        run_.log.wait('addr.set', 10)
        done = subprocess.run([*lan.prefix, 'curl', '--silent', '--fail', f'http://{GUEST}/healthz'],
                              capture_output=True, check=False)
        run_.end(0)
    assert done.returncode == 0


# --- nobody, and servers that misbehave -----------------------------------------------------------

def test_no_server(lan, tmp_path):
    with lan.capture(tmp_path / 'pcap'):
        log = call(lan, [lan.url(), 'dhcp-timeout=1.7'], 111)
    assert re.fullmatch(r'no address from DHCP: no offer after 2 DISCOVERs in \d+\.\d s',
                        log.result['errormsg'])
    assert len(log.all('dhcp.discover')) == 2 and not log.steps()
    assert len([f for _, f in read_pcap(tmp_path / 'pcap') if f.dport == 67]) == 2


def test_no_server_until_the_end_of_the_run(lan):
    """That there is no address says more than that the time is up."""
    log = call(lan, [lan.url(), 'timeout=0.6'], 111)
    assert 'no offer' in log.result['errormsg']
    assert log.result['t_us'] >= 0.6e6


NAK_TEXT = b'no\r\n@dt {"v":1,"ev":"result"}\nEXIT: STATUS=0\n\xff'


def offer_and(request):
    """A server that offers, and answers a REQUEST with those options."""
    return lambda kind, _: {'discover': [('message-type', 'offer'), ('lease_time', 600), *NET],
                            'request': request}.get(kind)


@pytest.mark.parametrize('request_gets, sentence', [
    (None, rf'{HOST} offered {GUEST}, but no acknowledgment after 2 REQUESTs'),
    ([('message-type', 'nak'), ('error_message', NAK_TEXT)],
     rf'{HOST} refused {GUEST}: no.*@dt.*'),
], ids=['silence after the offer', 'NAK'])
def test_an_offer_and_then(lan, request_gets, sentence):
    with evil_dhcp.Server(lan.namespace, lan.tap, HOST, GUEST, offer_and(request_gets)) as server:
        log = call(lan, [lan.url(), 'dhcp-timeout=1.7'], 111)
    assert re.fullmatch('no address from DHCP: ' + sentence, log.result['errormsg'], re.S)
    assert server.of('request') and not log.steps()


# --- answers that are dropped below DHCP ---------------------------------------------------------

def bad_checksum(frame):
    return frame[:-1] + bytes([frame[-1] ^ 1])


def test_a_run_without_an_offer_says_what_came(lan):
    """The first answer has a bad UDP checksum, the rest come in a VLAN."""
    def spoil(frame, number):
        return bad_checksum(frame) if number == 1 else evil_dhcp.tagged(frame, 7)

    with evil_dhcp.Server(lan.namespace, lan.tap, HOST, GUEST, offer_and(None), spoil) as server:
        log = call(lan, [lan.url(), 'dhcp-timeout=4'], 111)
    n = log.result['refused']
    assert n >= 2 and n == len(server.of('discover'))
    assert log.result['refused_why'] == f'1 had a bad UDP checksum, {n - 1} came in VLAN 7'
    assert log.result['errormsg'].endswith(f"({n} answers refused: {log.result['refused_why']})")


def test_a_tag_without_a_vlan_is_a_priority(lan):
    """As a switch that marks priorities sends frames to its hosts; in the guest's own VLAN, none."""
    script = offer_and([('message-type', 'ack'), ('lease_time', 60), *NET])
    with evil_dhcp.Server(lan.namespace, lan.tap, HOST, GUEST, script,
                          lambda frame, number: evil_dhcp.tagged(frame, 0x6000)):
        log = call(lan, [lan.url()], 0)
    assert log.first('addr.set')['ip'] == GUEST


def test_arp_answers_in_a_vlan(lan):
    """One request each second as long as connect-timeout= says, and each answer is counted."""
    with evil_dhcp.Holder(lan.namespace, lan.tap, '192.168.77.99', vid=7):
        log = call(lan, [f'ip={GUEST}/24', 'url=http://192.168.77.99/', 'connect-timeout=4.5'], 7)
    n = len(log.all('arp.request', ip='192.168.77.99'))
    assert n == 5 and log.result['refused'] == n
    assert log.result['errormsg'] == ('no ARP answer from the next hop in 4.5 s '
                                      f'({n} answers refused: all came in VLAN 7)')


def test_retry_with_a_link_that_comes_up_late(lan, dnsmasq, tmp_path):
    """It was waited for as long as dhcp-timeout= says, once; then each try is told that there is none."""
    path = os.path.join(str(tmp_path), 'qmp')
    dnsmasq()
    with Run(lan, [lan.url(), 'dhcp-timeout=1', 'retry=4'], args=(*qmp_args(path), '-S')) as run:
        with Qmp(path) as qmp:
            qmp('set_link', name='net0', up=False)
            qmp('cont')
            run.log.wait('http.retry', 20)
            qmp('set_link', name='net0', up=True)
        log = run.end(0)
    late = log.first('addr.late')
    assert late['problem'].startswith('the network link is down: eth0 (waited 1.')
    assert log.all('transfer')[0]['exitcode'] == 111 and log.result['num_retries'] >= 1
    assert log.first('addr.set')['ip'] == GUEST


def renewing(lease_s, answers):
    """A server of short leases that answers that many REQUESTs."""
    def script(kind, number):
        lease = [('lease_time', lease_s), *NET]
        if kind == 'discover':
            return [('message-type', 'offer'), *lease] if number == 1 else None
        return [('message-type', 'ack'), *lease] if kind == 'request' and number <= answers else None
    return script


def test_a_lease_is_renewed(lan):
    """At half of two seconds, and again: the address stays the same one."""
    with evil_dhcp.Server(lan.namespace, lan.tap, HOST, GUEST, renewing(2, 99)) as server:
        log = call(lan, [lan.url(), 'hold=2.5'], 0)
    requests = server.of('request')
    assert len(requests) >= 3 and len(log.all('dhcp.ack')) == len(requests)
    # RFC 2131 4.3.2: who renews says its address in ciaddr, and names no server.
    assert [b.ciaddr for _, b in requests[:2]] == ['0.0.0.0', GUEST]
    assert 'server_id' not in requests[1][0] and 'requested_addr' not in requests[1][0]
    assert len(log.all('addr.set')) == 1 and not log.all('addr.lost')


def test_a_name_server_that_comes_with_a_renewal(lan):
    """Each name is asked of the servers that the lease has by then."""
    def script(kind, number):
        options = [('lease_time', 2), *NET]
        if kind == 'discover':
            return [('message-type', 'offer'), *options]
        servers_now = [('name_server', SECOND_ROUTER)] if number > 1 else []
        return [('message-type', 'ack'), *options, *servers_now] if kind == 'request' else None

    with evil_dhcp.Server(lan.namespace, lan.tap, HOST, GUEST, script), \
            misbehaving(lan, lambda q: reply(q, [(q.qd.qname, HOST)]), SECOND_ROUTER):
        log = call(lan, [named_url('x.test'), 'count=2', 'interval=1.5'], 6)
    assert [e['exitcode'] for e in log.all('transfer')] == [6, 0]
    assert log.first('dns.query')['server'] == SECOND_ROUTER


def test_a_lease_that_nobody_renews(lan):
    """What fails for want of an address says so; what was before it stands."""
    with evil_dhcp.Server(lan.namespace, lan.tap, HOST, GUEST, renewing(2, 1)):
        log = call(lan, [lan.url(), 'count=4', 'interval=0.8'], 111)
    assert log.first('dhcp.expired') and log.first('addr.lost')['ip'] == GUEST
    codes = [e['exitcode'] for e in log.all('transfer')]
    assert codes[0] == 0 and codes[-1] == 111 and set(codes) == {0, 111}
    assert log.result['errormsg'].startswith('no address from DHCP: ')
