# SPDX-License-Identifier: MIT
"""A wire that loses or damages one frame: each loss is repaired, and the log says so."""

import pytest
from conftest import HOST, Wire
from forwarder import TO_GUEST, TO_HOST, CorruptOnce, DropOnce, Forwarder
from frames import FIN, SYN
from machine import call
from runner.netns import Namespace
from servers import Nginx


class LossyWire(Wire):
    """The guest's tap, a forwarder, the host's tap with nginx behind it."""

    def __init__(self, folder):
        super().__init__(address=None)
        self.host = Namespace()
        self.decide = lambda direction, data: data
        self.forwarder = Forwarder(self.namespace, self.tap, self.host, HOST + '/24',
                                   lambda direction, data: self.decide(direction, data))
        self.nginx = Nginx(self.host, HOST, folder)
        self.page = bytes(range(256)) * 64
        self.crc = self.nginx.put('index.html', self.page)

    def close(self):
        self.nginx.close()
        self.forwarder.close()
        self.host.close()
        super().close()


@pytest.fixture(scope='module')
def lossy(tmp_path_factory):
    w = LossyWire(str(tmp_path_factory.mktemp('nginx')))
    yield w
    w.close()


def run(lossy, decide, **fields):
    lossy.decide = decide
    log = call(lossy, [lossy.ip, lossy.url()], 0, **fields)
    assert log.first('http.body')['crc32'] == lossy.crc
    return log


def test_nothing_lost(lossy):
    """The forwarder itself changes nothing."""
    log = run(lossy, lambda direction, data: data)
    assert log.first('tcp.retransmit') is None
    assert log.first('tcp.summary')['retransmits'] == 0


def test_first_syn(lossy):
    drop = DropOnce(TO_HOST, lambda f: f.is_tcp(SYN))
    log = run(lossy, drop)
    assert [f.seq for f in drop.picked] == [log.steps()[8]['tcp_seq']] * 2
    again, = log.all('tcp.retransmit')
    assert again['at_step'] == 8 and again['tcp_seq'] == drop.picked[1].seq
    assert again['t_us'] - log.steps()[8]['t_us'] > 0.98e6  # RFC 6298 2.1
    assert again['rto_ms'] == 2000
    assert log.result['time_connect'] > 0.98


def test_syn_ack(lossy):
    drop = DropOnce(TO_GUEST, lambda f: f.is_tcp(SYN))
    log = run(lossy, drop)
    assert len(drop.picked) >= 2
    assert log.steps()[12]['tcp_seq'] == drop.picked[-1].seq


def test_data_segment_of_ours(lossy):
    drop = DropOnce(TO_HOST, lambda f: f.is_tcp() and f.payload.startswith(b'GET '))
    log = run(lossy, drop)
    assert len(drop.picked) == 2 and drop.picked[0].payload == drop.picked[1].payload
    again, = log.all('tcp.retransmit')
    assert again['tcp_seq'] == drop.picked[1].seq
    assert again['payload_len'] == len(drop.picked[1].payload)
    assert log.first('tcp.summary')['retransmits'] == 1


def test_data_segment_of_the_server(lossy):
    """The hole is filled by what the server repeats; the body is whole."""
    drop = DropOnce(TO_GUEST, lambda f: f.is_tcp() and len(f.payload) > 1000)
    run(lossy, drop)
    assert sum(f.seq == drop.picked[0].seq for f in drop.picked) == 2


def test_fin(lossy):
    drop = DropOnce(TO_HOST, lambda f: f.is_tcp(FIN, FIN | SYN))
    log = run(lossy, drop)
    assert len(drop.picked) >= 2
    again = log.all('tcp.retransmit')[-1]
    assert 'F' in again['flags'] and again['tcp_seq'] == log.first('tcp.fin_sent')['tcp_seq']
    assert log.first('tcp.fin_acked')


CSUM = pytest.mark.parametrize('csum', [True, False], ids=['csum on', 'csum off'])


def damaged(lossy, csum):
    damage = CorruptOnce(TO_GUEST, lambda f: f.is_tcp() and len(f.payload) > 100)
    return damage, run(lossy, damage, csum=csum)


@CSUM
def test_damaged_segment_is_repeated(lossy, csum):
    """A frame that the device does not vouch for is verified, offload or not."""
    damage, _ = damaged(lossy, csum)
    assert sum(f.seq == damage.picked[0].seq for f in damage.picked) == 2


@CSUM
def test_damaged_segment_is_counted(lossy, csum):
    _, log = damaged(lossy, csum)
    assert log.first('drop', counter='tcp_bad_checksum')['count'] == 1


def test_arp_reply_lost(lossy):
    """The first SYN waits for the neighbour and is not lost with the first question."""
    drop = DropOnce(TO_GUEST, lambda f: f.arp_operation == 2)
    log = run(lossy, drop)
    assert [r['attempt'] for r in log.all('arp.request')] == [1, 2]
    assert log.first('arp.reply')['t_us'] <= log.steps()[8]['t_us']
    assert log.steps()[8]['tcp_seq'] == log.steps()[7]['tcp_seq']
