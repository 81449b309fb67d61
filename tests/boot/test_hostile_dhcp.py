# SPDX-License-Identifier: MIT
"""What a DHCP server may do to the booted image (docs/hostile-inputs.md): before each right answer it
says everything that is wrong, and the run goes through as if it had said nothing."""

import struct

import evil_dhcp
import pytest
from conftest import Wire
from machine import call
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from servers import Nginx

HOST, GUEST = '192.168.77.1', '192.168.77.50'
OFFER, ACK, NAK = 2, 5, 6
COOKIE = b'\x63\x82\x53\x63'
SERVER = b'\x36\4\xc0\xa8\x4d\1'
OTHER_SERVER = b'\x36\4\xc0\xa8\x4d\2'
MASK = b'\1\4\xff\xff\xff\0'
LEASE = b'\x33\4\0\0\0\2'
ROUTER = b'\3\4\xc0\xa8\x4d\1'
USUAL = SERVER + MASK + ROUTER + LEASE


def message(asked, kind, options, **fields):
    """A reply to `asked` (BOOTP), all of it as it should be but for what is given."""
    f = {'op': 2, 'htype': 1, 'hlen': 6, 'xid': asked.xid, 'yiaddr': GUEST, 'chaddr': asked.chaddr[:6],
         'sname': b'', 'file': b'', 'cookie': COOKIE, 'end': b'\xff',
         'type': b'\x35\1' + bytes([kind]), **fields}
    yiaddr = bytes(map(int, f['yiaddr'].split('.')))
    return (struct.pack('>BBBBIHH', f['op'], f['htype'], f['hlen'], 0, f['xid'], 0, 0)
            + bytes(4) + yiaddr + bytes(8) + f['chaddr'].ljust(16, b'\0') + f['sname'].ljust(64, b'\0')
            + f['file'].ljust(128, b'\0') + f['cookie'] + f['type'] + options + f['end'])


def addressed(*addresses):
    return [lambda a, k, y=y: message(a, k, USUAL, yiaddr=y) for y in addresses]


WRONG = {
    'no type': [lambda a, k: message(a, k, USUAL, type=b''),
                lambda a, k: message(a, k, USUAL, type=b'\x35\0')],
    'length 0': [lambda a, k: message(a, k, b'\x36\0' + MASK + LEASE, yiaddr='0.0.0.0')],
    'wrong xid': [lambda a, k: message(a, k, USUAL, xid=a.xid ^ 1)],
    'wrong chaddr': [lambda a, k: message(a, k, USUAL, chaddr=b'\2\0\0\0\0\1')],
    'no reply at all': [lambda a, k: message(a, 1, USUAL, op=1),
                        lambda a, k: message(a, k, USUAL, cookie=b'\x63\x82\x53\x64'),
                        lambda a, k: b'', lambda a, k: message(a, k, b'')[:200]],
    'address of no host': addressed('0.0.0.0', '255.255.255.255', '127.0.0.1', '224.0.0.1', '240.0.0.1',
                                    '192.168.77.0', '192.168.77.255'),
    'lease 0': [lambda a, k: message(a, k, SERVER + MASK + b'\x33\4\0\0\0\0')],
}
# What a REQUEST alone is answered with: who was not asked cannot say no.
WRONG_AFTER_REQUEST = {
    'NAK of another server': [lambda a, _: message(a, NAK, b'\x36\4\xc0\xa8\x4d\3', yiaddr='0.0.0.0')],
}
# Of these the log says that they came, and why they are not taken; not of the rest, which is not for us.
SAID = {name: makes for name, makes in WRONG.items() if name != 'no reply at all'}
# Odd, and taken all the same: an option past the end, strings without and with terminators, lists that
# are no multiple of four, options in two pieces and in file and sname, one past the end of sname, no
# reply and a hardware type that is not Ethernet's; of the server, the lease and the type a second copy.
ODD = (SERVER + LEASE + b'\x0c\5guest' + b'\x0f\4a.b\0' + b'\6\7\xc0\xa8\x4d\1\xc0\xa8\x4d'
       + b'\x34\1\3\x33\0' + OTHER_SERVER + b'\x35\1\2')


class Hostile(evil_dhcp.Server):
    """First all that is wrong, then what is right.  Beside it another server offers, and says no to who
    takes that."""

    def __init__(self, wire):
        super().__init__(wire.namespace, wire.tap, HOST, GUEST, script=None)
        self.script = self.answer

    def answer(self, kind, number):
        options, asked = self.heard[-1][1:]
        if kind == 'discover':
            self.say_all(asked, OFFER, WRONG)
            self.say(message(asked, OFFER, OTHER_SERVER + MASK + LEASE))
            if number > 1:
                self.say(message(asked, OFFER, USUAL))
        elif kind == 'request':
            self.say_all(asked, ACK, {**WRONG, **WRONG_AFTER_REQUEST})
            if options.get('server_id') == '192.168.77.2':
                self.say(message(asked, NAK, OTHER_SERVER, yiaddr='0.0.0.0'))
            else:
                self.say(message(asked, ACK, ODD, file=MASK + ROUTER + b'\xff', sname=b'\7' * 64,
                                 end=b'\6\xc8\1', op=1, htype=6))

    def say_all(self, asked, kind, wrong):
        for payload in (make(asked, kind) for makes in wrong.values() for make in makes):
            self.say(payload)

    def say(self, payload):
        self.sock.send(bytes(Ether(src=evil_dhcp.SERVER_MAC, dst='ff:ff:ff:ff:ff:ff')
                             / IP(src=HOST, dst='255.255.255.255') / UDP(sport=67, dport=68) / payload))


@pytest.fixture(scope='module')
def wire(tmp_path_factory):
    """A tap of its own: nobody else is to answer."""
    w = Wire(tap='evil0')
    w.ip = 'ip=dhcp'
    w.nginx = None
    try:
        w.nginx = Nginx(w.namespace, HOST, str(tmp_path_factory.mktemp('nginx')))
        w.nginx.put('index.html', b'hello\n')
        yield w
    finally:
        if w.nginx:
            w.nginx.close()
        w.close()


def drops(log):
    return {e['counter']: e['count'] for e in log.all('drop')}


def count(wrong):
    return sum(map(len, wrong.values()))


def test_answers_that_make_no_sense(wire):
    """In SELECTING, in REQUESTING after a NAK as well, and when a lease of two seconds is renewed.  The
    server that has said no is put last: the other one's offer is taken, at once."""
    with Hostile(wire) as server:
        log = call(wire, [wire.url(), 'hold=1.6'], 0)
    requests = server.of('request')
    assert len(server.of('discover')) == 2 and len(requests) >= 3
    assert [e['server'] for e in log.all('dhcp.held')] == ['192.168.77.2']
    acks = log.all('dhcp.ack')
    assert len(acks) == len(requests) - 1 and len(log.all('dhcp.nak')) == 1
    assert {a['ip'] for a in acks} == {GUEST} and acks[0]['prefix'] == 24
    assert {a['server'] for a in acks} == {HOST}
    assert acks[0]['hostname'] == 'guest' and acks[0]['domain'] == 'a.b'
    assert acks[0]['dns'] == HOST  # of a list of seven bytes, the whole entry
    rounds = 2 + len(requests)
    assert drops(log)['dhcp_malformed'] == 2 * rounds
    assert drops(log)['dhcp_refused'] == 9 * rounds
    # Of what is no reply, the wrong cookie and the message that is cut have our xid and address.
    assert len(log.all('dhcp.refused')) == (count(SAID) + 2) * rounds + len(requests)
    odd = {(e['option'], e['problem']) for e in log.all('dhcp.odd') if 'option' in e}
    twice = 'it came more than once, and the first good copy counts'
    assert {(51, twice), (53, twice), (54, twice)} <= odd
    assert len(log.all('addr.set')) == 1
