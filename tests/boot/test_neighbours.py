# SPDX-License-Identifier: MIT
"""Forged ARP on the wire: about the neighbour that a download comes from, and about a leased address."""

import socket
import struct

import prometheus
import servers
from conftest import GUEST, HOST
from dnsmasq import Dnsmasq
from frames import ETH_ARP, Frame, ethernet, ip_bytes
from machine import Run, call
from test_server import get

EVIL = bytes.fromhex('020000006666')
EVERYBODY = b'\xff' * 6
SIZE = 2 << 20  # more than any window: without ACKs it does not come to its end


def raw(wire):
    sock = wire.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((wire.tap, 3))  # ETH_P_ALL
    sock.settimeout(20)
    return sock


def claim(address):
    """A gratuitous reply: "`address` is at EVIL"."""
    return ethernet(EVERYBODY, EVIL, ETH_ARP, struct.pack(
        '!HHBBH6s4s6s4s', 1, 0x0800, 6, 4, 2, EVIL, ip_bytes(address), EVERYBODY,
        ip_bytes(address)))


def test_a_forged_gratuitous_reply_during_a_download(wire):
    def handler(conn, _peer):
        conn.recv(65536)
        conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % SIZE + bytes(SIZE // 4))
        with raw(wire) as sock:
            sock.send(claim(HOST))
        conn.sendall(bytes(SIZE - SIZE // 4))
        conn.recv(1)

    with servers.serving(handler, wire.namespace, HOST) as port:
        log = call(wire, [wire.ip, wire.url(port=port)], 0)
    assert log.result['size_download'] == SIZE
    conflict = log.first('arp.conflict')
    assert (conflict['ip'], conflict['mac']) == (HOST, '02:00:00:00:66:66')
    assert conflict['holder'] == log.first('arp.reply')['mac']


def test_two_forged_frames_against_a_leased_server(wire, tmp_path):
    """Behind the probes the address is kept, and the server that leased it is asked."""
    with Dnsmasq(wire.namespace, HOST, str(tmp_path), '--log-dhcp', '--dhcp-authoritative',
                 f'--dhcp-range={GUEST},{GUEST},255.255.255.0,1h'), raw(wire) as sock, \
            Run(wire, ['ip=dhcp', 'mode=server', 'requests=1']) as run:
        for _ in range(2):  # the early announcement, and the first one behind the probes
            while not is_announcement(sock.recv(65536)):
                pass
        sock.send(claim(GUEST))
        sock.send(claim(GUEST))
        request = run.log.wait('dhcp.request', 10, reason='somebody else claims it')
        run.log.wait('dhcp.ack', 10, xid=request['xid'])
        metrics = prometheus.parse(get(wire, '/metrics'))
        run.end(0)
    assert metrics['dialtone_net_arp_conflicts_total',] == 2
    assert len(run.log.all('arp.conflict')) == 1
    assert not run.log.all('dhcp.decline') and not run.log.all('addr.lost')


def is_announcement(data):
    return Frame(data).arp_target == GUEST and data[28:32] == ip_bytes(GUEST)
