# SPDX-License-Identifier: MIT
"""Names: against a real dnsmasq, and against name servers that misbehave in one way each."""

import contextlib
import socket
import threading

import pytest
from dnsmasq import Dnsmasq
from machine import call
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import UDP
from scapy.utils import rdpcap

HOST = '192.168.77.1'
OTHER = '192.168.77.7'  # a second address of the host
NOBODY = '198.51.100.1'  # behind a host that does not forward


def with_dns(wire, *servers):
    return wire.ip + ':::off:' + ':'.join(servers or (HOST,))


@pytest.fixture(scope='module')
def names(wire, tmp_path_factory):
    """dnsmasq with a few names."""
    wire.namespace.ip('addr', 'add', f'{OTHER}/24', 'dev', wire.tap)
    many = [f'--host-record={name}.test,10.9.0.{i + 1}' for name, n in (('many', 60), ('crowd', 120))
            for i in range(n)]
    with Dnsmasq(wire.namespace, HOST, str(tmp_path_factory.mktemp('dnsmasq')),
                 f'--host-record=www.test,{HOST}', f'--host-record=plain,{HOST}',
                 '--cname=alias.test,other.test', '--cname=other.test,www.test',
                 '--host-record=six.test,fd00::1', '--local=/test/', '--local=/nowhere/',
                 f'--host-record=two.test,{OTHER}', *many) as server:
        yield server
    wire.namespace.ip('addr', 'del', f'{OTHER}/24', 'dev', wire.tap)


def named_url(name, path='/', port=80):
    return f'url=http://{name}{"" if port == 80 else f":{port}"}{path}'


def test_a_name(wire, names):
    log = call(wire, [with_dns(wire), named_url('www.test')], 0)
    answer = log.first('dns.answer')
    assert (answer['name'], answer['ip'], answer['server']) == ('www.test', HOST, HOST)
    assert log.result['remote_ip'] == HOST
    assert 0 < log.result['time_namelookup'] < log.result['time_connect']
    assert log.steps()[1]['t_us'] > answer['t_us']  # before step 1


def test_a_name_through_aliases(wire, names):
    log = call(wire, [with_dns(wire), named_url('alias.test')], 0)
    assert log.first('dns.answer')['alias'] == 'www.test'
    assert log.result['url'] == 'http://alias.test/'


@pytest.mark.parametrize('name, says', [
    ('no.test', 'no.test does not exist (NXDOMAIN)'),
    ('six.test', 'six.test has no IPv4 address'),
    ('x.example', 'x.example: the name server failed (REFUSED): 192.168.77.1'),
])
def test_names_that_cannot_be_had(wire, names, name, says):
    log = call(wire, [with_dns(wire), named_url(name)], 6)
    assert log.result['errormsg'] == says
    assert log.result['failed_step'] == 1 and not log.steps()


def test_an_address_and_a_host_line_need_no_server(wire):
    log = call(wire, [with_dns(wire, NOBODY), named_url('name.of.mine'),
                      f'host=name.of.mine:{HOST}', 'host=other:10.0.0.1'], 0)
    assert not log.all('dns.query')
    log = call(wire, [with_dns(wire, NOBODY), wire.url()], 0)
    assert not log.all('dns.query') and log.result['time_namelookup'] == 0


def test_the_second_server_is_asked(wire, names):
    log = call(wire, [with_dns(wire, OTHER, HOST), named_url('www.test')], 0)
    assert [e['server'] for e in log.all('dns.query')] == [OTHER, HOST]
    assert log.first('dns.failed')['problem'] == 'connection refused'


def test_no_answer(wire, tmp_path):
    """Asked three times with growing patience; no two queries have a port or an id in common."""
    pcap = tmp_path / 'pcap'
    with wire.capture(pcap):
        log = call(wire, [with_dns(wire, NOBODY), named_url('www.test')], 6)
    assert [e.get('attempt', 1) for e in log.all('dns.query')] == [1, 2, 3]
    assert log.result['errormsg'] == f'www.test: no answer from the name server {NOBODY}'
    assert log.result['time_total'] > 6.9
    sent = [p for p in rdpcap(str(pcap)) if UDP in p and p[UDP].dport == 53]
    assert len({p[UDP].sport for p in sent}) == len({p[DNS].id for p in sent}) == len(sent) == 3
    assert all(p[UDP].sport >= 1024 for p in sent)


def test_the_run_ends_before_an_answer(wire):
    log = call(wire, [with_dns(wire, NOBODY), named_url('www.test'), 'timeout=1.2'], 28)
    assert "name server's answer" in log.result['errormsg']


def test_no_server(wire):
    log = call(wire, [wire.ip, named_url('www.test')], 6)
    assert log.result['errormsg'] == 'www.test: there is no name server to ask'


@pytest.mark.parametrize('name, over', [('many.test', ['UDP']), ('crowd.test', ['UDP', 'TCP'])])
def test_a_long_answer(wire, names, name, over):
    """Sixty addresses are more than 512 bytes and fit into the 1232 that EDNS offers; of twice as many
    dnsmasq says that they do not, and gives them all over TCP."""
    log = call(wire, [with_dns(wire), named_url(name), 'connect-timeout=0.2', 'timeout=3'], 28)
    assert [e['over'] for e in log.all('dns.query')] == over
    assert {e['udp_size'] for e in log.all('dns.query')} == {1232}
    answer = log.all('dns.answer')[-1]
    assert answer['ip'].startswith('10.9.') and answer['more'] == 7


def test_a_server_that_does_not_know_is_not_the_last_word(wire, names):
    """Neither recursion nor authority, and it does not know EDNS either; dnsmasq is the second."""
    def lame(query):
        if query.arcount:
            return DNS(id=query.id, qr=1, rcode=1, qd=None)
        return reply(query, [], ra=0)

    with misbehaving(wire, lame) as server:
        log = call(wire, [with_dns(wire, server, HOST), named_url('www.test')], 0)
    asked = [(e['server'], e.get('udp_size')) for e in log.all('dns.query')]
    assert asked == [(OTHER, 1232), (OTHER, None), (HOST, 1232)]
    assert [e.get('problem') for e in log.all('dns.answer')] == [
        'FORMERR', 'is not known there, and nobody else is asked', None]


def test_names_that_are_nobodys_business(wire, names):
    """No frame with such a name leaves."""
    log = call(wire, [with_dns(wire), named_url('secret.ONION.')], 6)
    assert log.result['errormsg'].startswith('secret.ONION. is a name of the Tor network')
    assert not log.all('dns.query')
    log = call(wire, [with_dns(wire), named_url('www.localhost')], 7)
    assert log.result['errormsg'] == 'www.localhost is this machine, and it does not call itself (RFC 6761)'
    assert not log.all('dns.query')


def test_the_name_s_next_address(wire, names):
    """Nobody listens on the first one, nginx is on HOST only; and a broadcast address is nobody's."""
    of = {b'x.test.': (OTHER, HOST), b'ping.test.': ('192.168.77.255', HOST)}
    with misbehaving(wire, lambda q: reply(q, [(q.qd.qname, a) for a in of[q.qd.qname]])) as server:
        log = call(wire, [with_dns(wire, server), named_url('x.test'), 'ping=ping.test'], 0)
    ping, get = log.all('http.next_address')
    assert ping['ip'] == '192.168.77.255' and ping['problem'] == "the address is not another host's"
    assert get['dst'] == f'{OTHER}:80' and get['problem'] == 'connection refused'
    assert log.first('icmp.echo_reply')['src'] == HOST
    assert log.result['remote_ip'] == HOST and log.result.get('failed_step') is None
    assert [e['conn'] for e in log.all('app.socket')] == [1, 2]


# --- servers that misbehave ----------------------------------------------------------------------

def reply(query, records, **fields):
    """A good answer with these (name, address) records; `fields` are DNS's."""
    rrs = [DNSRR(rrname=name, ttl=60, rdata=address) for name, address in records]
    answer = rrs[0] if rrs else None
    for rr in rrs[1:]:
        answer = answer / rr
    return DNS(**{'id': query.id, 'qr': 1, 'rd': 1, 'ra': 1, 'qd': query.qd, 'an': answer,
                  'ancount': len(rrs), **fields})


@contextlib.contextmanager
def misbehaving(wire, answers, address=OTHER):
    """A name server on `address`; `answers(query)` gives a message, a list of them, or None."""
    sock = wire.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 53))

    def serve():
        while True:
            data, peer = sock.recvfrom(2048)
            if not data:
                return
            answers.peer = peer
            got = answers(DNS(data))
            for message in got if isinstance(got, list) else [got]:
                if message is not None:
                    sock.sendto(bytes(message), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield address
    finally:
        wire.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', (address, 53))
        thread.join()
        sock.close()


def forged_first(query):
    """Wrong id, question and direction, and then the truth."""
    wrong = DNSQR(qname='evil.test')
    evil = [(query.qd.qname, NOBODY)]
    return [reply(query, evil, id=query.id ^ 1), reply(query, evil, qd=wrong),
            reply(query, evil, qr=0), b'', b'\0' * 7, bytes(reply(query, evil))[:20],
            reply(query, [(query.qd.qname, HOST)])]


def test_forged_answers_are_not_looked_at(wire, names):
    with misbehaving(wire, forged_first) as server:
        log = call(wire, [with_dns(wire, server), named_url('x.test')], 0)
    assert log.result['remote_ip'] == HOST


def test_answers_from_elsewhere_are_not_heard(wire, names):
    """Right in every byte, but from another port or address than was asked."""
    strangers = []

    def answers(query):
        evil = bytes(reply(query, [(query.qd.qname, NOBODY)]))
        for sock in strangers:
            sock.sendto(evil, answers.peer)
        return reply(query, [(query.qd.qname, HOST)])

    for address, port in ((OTHER, 5353), (HOST, 5353)):
        strangers.append(wire.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM))
        strangers[-1].bind((address, port))
    try:
        with misbehaving(wire, answers) as server:
            log = call(wire, [with_dns(wire, server), named_url('x.test')], 0)
    finally:
        for sock in strangers:
            sock.close()
    assert log.result['remote_ip'] == HOST
    assert len(log.all('dns.query')) == 1


def head(query, n):
    """A reply that promises n records."""
    return bytes(reply(query, [], ancount=n))


WRONG = {
    'a-pointer-to-itself': lambda q: head(q, 1) + b'\xc0' + bytes([len(head(q, 1))]) + b'\0\1\0\1' * 3,
    'a-forward-pointer': lambda q: head(q, 1) + b'\xc0\xff' + b'\0\1\0\1\0\0\0\1\0\4' + b'\1' * 300,
    'a-pointer-past-the-end': lambda q: head(q, 1) + b'\xff\xff' + b'\0\1\0\1\0\0\0\1\0\4\1\1\1\1',
    'pointers-in-a-loop': lambda q: head(q, 1) + b'\1a\xc0' + bytes([len(head(q, 1))]) + b'\0\1\0\1' * 3,
    'another-strange-label': lambda q: head(q, 1) + b'\x40' + b'\0\1\0\1\0\0\0\1\0\4\1\1\1\1',
    'no-terminator': lambda q: head(q, 1) + b'\3abc',
    'a-long-address': lambda q: head(q, 1) + b'\xc0\x0c\0\1\0\1\0\0\0\1\0\5\1\1\1\1\1',
    'a-strange-label': lambda q: head(q, 1) + b'\x80' + b'\0\1\0\1\0\0\0\1\0\4\1\1\1\1',
    'no-such-records': lambda q: head(q, 9),
    'a-short-address': lambda q: head(q, 1) + b'\xc0\x0c\0\1\0\1\0\0\0\1\0\3\1\1\1',
    'a-long-record': lambda q: head(q, 1) + b'\xc0\x0c\0\1\0\1\0\0\0\1\xff\xff\1\1\1\1',
    'cname-loop': lambda q: head(q, 1) + b'\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c',
    'long-name': lambda q: head(q, 1) + b'\x3f' + b'x' * 63 + b'\x3f' + b'x' * 63 + b'\x3f'
    + b'x' * 63 + b'\x3f' + b'x' * 63 + b'\0\0\1\0\1\0\0\0\1\0\4\1\1\1\1',
    'servfail': lambda q: reply(q, [], rcode=2),
}


def test_answers_that_make_no_sense(wire, names):
    """Each name gets one of them from the first server; the second one knows."""
    kinds = list(WRONG)

    def wrong(query):
        return WRONG[query.qd.qname.decode().split('.')[0]](query)

    with misbehaving(wire, wrong) as server:
        for kind in kinds:
            log = call(wire, [with_dns(wire, server), named_url(f'{kind}.test'), 'timeout=9'], 6)
            assert server in log.result['errormsg'], kind
            assert not log.steps(), kind
