#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the hand-made seeds of the fuzz targets to tests/fuzz/corpus/NAME/.

Usage: make_seeds.py [FOLDER]     (the formats of inputs stand at the head of each fuzz_NAME.c)
"""
import pathlib
import struct
import sys

from scapy.all import ARP, ICMP, IP, TCP, UDP, Dot1Q, Ether, IPOption, Raw

CORPUS = pathlib.Path(__file__).parent / "corpus"


def seed(target, name, data):
    folder = pathlib.Path(CORPUS) / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(bytes(data))


# --- frame-in: the numbers are those of tests/lib/tcp_kit.h and stack_kit.h ------------------------

ISS, IRS = 0xFFFFFFF0, 0xFFFFFFFA
STATES = ("closed listen syn_sent syn_received established fin_wait_1 fin_wait_2 close_wait closing "
          "last_ack time_wait").split()
ETH = Ether(dst="52:54:00:00:77:02", src="52:54:00:00:77:01")
ALL = Ether(dst="ff:ff:ff:ff:ff:ff", src="52:54:00:00:77:01")
TO_US = IP(src="192.168.77.1", dst="192.168.77.2", flags="DF")
FIX, READ, WAIT = 0x03, 0x40, 0x08


def frames(*packets, how=FIX | READ):
    out = b""
    for packet in packets:
        raw = bytes(packet)
        out += bytes([how]) + struct.pack(">H", len(raw)) + raw
    return out


def tcp(seq, ack, flags, data=b"", **fields):
    options = fields.pop("options", [("NOP", None), ("NOP", None), ("Timestamp", (1000, 0))])
    header = TCP(sport=80, dport=50000, seq=(IRS + seq) % 2**32, ack=(ISS + ack) % 2**32,
                 flags=flags, window=65535, options=options)
    return ETH / TO_US / header / Raw(data)


SYN_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1000, 0)), ("NOP", None), ("WScale", 7)]


def quoted(icmp_type, code, **fields):
    inner = IP(src="192.168.77.2", dst="192.168.77.1", len=60) / TCP(
        sport=50000, dport=80, seq=(ISS + 1) % 2**32, flags="A")
    return ETH / TO_US / ICMP(type=icmp_type, code=code, **fields) / Raw(bytes(inner)[:28])


def quoted_udp(icmp_type, code, **fields):
    inner = IP(src="192.168.77.2", dst="192.168.77.1", len=1500) / UDP(sport=5000, dport=53, len=1480)
    return ETH / TO_US / ICMP(type=icmp_type, code=code, **fields) / Raw(bytes(inner)[:28])


def quoted_echo(icmp_type, code, **fields):
    inner = IP(src="192.168.77.2", dst="192.168.77.1", len=1500, flags="DF") / ICMP(id=7, seq=1)
    return ETH / TO_US / ICMP(type=icmp_type, code=code, **fields) / Raw(bytes(inner)[:28])


def make_frames():
    for number, state in enumerate(STATES):
        seed("frame-in", state, bytes([number | 0x80]) + frames(
            tcp(0, 1, "SA", options=SYN_OPTIONS), tcp(1, 1, "PA", b"hello"), tcp(6, 2, "FA")))
    seed("frame-in", "out-of-order", bytes([0x14]) + frames(
        tcp(101, 1, "A", b"b" * 100), tcp(1, 1401, "A", b"a" * 100),
        tcp(201, 1, "A", options=[("NOP", None), ("NOP", None), ("SAck", (85, 685))])))
    seed("frame-in", "rst", bytes([4]) + frames(tcp(5, 1, "R"), tcp(1, 1, "R"), tcp(0, 1, "S")))
    seed("frame-in", "handshake", bytes([1]) + frames(
        tcp(0, 0, "S", options=SYN_OPTIONS), tcp(1, 1, "A"), tcp(1, 1, "PA", b"GET")))
    seed("frame-in", "arp", bytes([0x20]) + frames(
        ALL / ARP(op=1, hwsrc="52:54:00:00:77:01", psrc="192.168.77.1", pdst="192.168.77.2"),
        ETH / ARP(op=2, hwsrc="52:54:00:00:77:01", psrc="192.168.77.1", pdst="192.168.77.2"),
        ALL / ARP(op=1, hwsrc="52:54:00:00:77:09", psrc="192.168.77.2", pdst="192.168.77.2"), how=0))
    seed("frame-in", "icmp", bytes([0x14]) + frames(
        ETH / TO_US / ICMP(id=7, seq=1) / Raw(b"ping"), quoted(3, 1), quoted(3, 3),
        quoted(3, 4, nexthopmtu=576), quoted(11, 0)))
    seed("frame-in", "echo-reply", bytes([0]) + frames(
        ETH / TO_US / ICMP(type=0, id=7, seq=1) / Raw(b"\x08"), quoted_echo(3, 1), quoted_echo(11, 0),
        ETH / TO_US / ICMP(type=0, id=7, seq=2) / Raw(b"\xff"), quoted_echo(3, 4, nexthopmtu=600),
        ETH / TO_US / ICMP(type=0, id=7, seq=3) / Raw(b"\xff"),
        ETH / TO_US / ICMP(type=0, id=8, seq=1) / Raw(b"another's")))
    seed("frame-in", "udp", bytes([0]) + frames(
        ETH / TO_US / UDP(sport=53, dport=5000) / Raw(b"datagram"),
        ETH / TO_US / UDP(sport=53, dport=5000) / Raw(b"\xff, please"), quoted_udp(3, 4, nexthopmtu=600),
        quoted_udp(3, 3), ETH / TO_US / UDP(sport=53, dport=5000) / Raw(b"\xff, please"),
        ETH / TO_US / UDP(sport=53, dport=5001) / Raw(b"nobody")))
    seed("frame-in", "fragments", bytes([4]) + frames(
        ETH / IP(src="192.168.77.1", dst="192.168.77.2", flags="MF", proto=17, id=9) / Raw(b"x" * 16),
        ETH / IP(src="192.168.77.1", dst="192.168.77.2", frag=2, proto=17, id=9) / Raw(b"y" * 8)))
    seed("frame-in", "ip-options", bytes([4]) + frames(
        ETH / IP(src="192.168.77.1", dst="192.168.77.2",
                 options=IPOption(b"\x83\x07\x04\x0a\x00\x00\x01")) / UDP(dport=5000)))
    seed("frame-in", "vlan", bytes([4]) + frames(
        ETH / Dot1Q(vlan=0) / TO_US / UDP(dport=5000), how=0))


# --- tcp-segments: state and flags, buffers, peer, then steps (fuzz_tcp_segments.c) --------------------

DATA, ACK, FIN, SEND, RECV, SHUT, CLOSE, TIME, PEER, OPEN, ACCEPT, SACK, LINE, SET, MTU, ANSWER, FLOOD = (
    3, 5, 7, 8, 10, 12, 13, 14, 16, 20, 21, 22, 25, 26, 27, 28, 32)
KIND = 0x80  # in the second byte
WELL = 0x07  # timestamps, SACK, window scale, MSS 1460


def make_segments():
    for number, state in enumerate(STATES):
        seed("tcp-segments", state, [
            number | 0x80, 0, WELL, ANSWER, DATA, 4, SEND, 0x10, 0, ACK, 0, RECV, 0x20, 0, FIN,
            TIME, 1, SHUT, 1, ACK, 0])
    seed("tcp-segments", "both-ways", [
        4, 1, WELL, SEND, 0x30, 0, ACK, 0, DATA, 4, DATA, 5, RECV, 0x40, 0, SEND, 0x30, 0, TIME, 0,
        ACK, 0, SHUT, 1, ACK, 0, FIN, TIME, 5, CLOSE, 0])
    seed("tcp-segments", "holes", [
        4, 1, WELL, DATA, 0x25, DATA, 0x45, DATA, 0x65, DATA, 5, DATA, 0x1D, RECV, 0xFF, 0xFF])
    seed("tcp-segments", "loss", [
        0x84, 1, WELL, SEND, 0x3F, 0, ACK, 0xF0, ACK, 0xF0, ACK, 0xF0, ACK, 0xF0, TIME, 2, ACK, 0x90,
        SACK, 1, 0x41, 0x42, 0x43, 0x45, SACK, 0, 0x41, 0x46, SACK, 2, 0x47, 0x48, 0x41, 0x46, 0x40,
        0x41, TIME, 3, ACK, 0])
    seed("tcp-segments", "zero-window", [
        0x84, 0, WELL, PEER, 0, SEND, 0x0F, 0, ACK, 0, TIME, 3, TIME, 4, PEER, 5, ACK, 0, TIME, 4,
        SEND, 0x0F, 0, CLOSE, 0, TIME, 6])
    seed("tcp-segments", "shrinking-window", [
        0x44, 1, WELL, SEND, 0x20, 0, PEER, 1, ACK, 0x82, SEND, 0x01, 0, TIME, 3, PEER, 0, ACK, 0x82,
        TIME, 4, PEER, 5, ACK, 0])
    seed("tcp-segments", "server", [
        1, 0, WELL, ANSWER, ACCEPT, SEND, 0, 99, ACK, 0, CLOSE, 0, FIN, OPEN, 1, ANSWER, ACCEPT])
    seed("tcp-segments", "three-lines", [
        1, KIND, WELL, ANSWER, ACCEPT, SEND, 0, 99, LINE, 1, ANSWER, ACCEPT, SEND, 0, 99, DATA, 4, LINE, 2,
        OPEN, 0, ANSWER, SEND, 0x20, 0, DATA, 4, LINE, 0, CLOSE, 0, LINE, 1, RECV, 1, 0])
    seed("tcp-segments", "ecn", [
        0, KIND | 8, WELL, OPEN, 0, ANSWER, PEER, 0xC6, DATA, 4, SEND, 0x20, 0, DATA, 4, TIME, 0, 0, 0, 0xD0,
        8, 0, 0, 9, 0, 0, 2, PEER, 0x86, DATA, 4, ACK, 0])
    seed("tcp-segments", "accurate-ecn", [
        0x20, KIND | 8, WELL, OPEN, 0, ANSWER, PEER, 0xC6, DATA, 4, SEND, 0x20, 0, DATA, 4, TIME, 0, 0, 0x10,
        0xD0, 8, 0, 0, 9, 0, 0, 2, PEER, 0x86, DATA, 4, ACK, 0])
    # SOCK_SO_SNDBUF, SOCK_TCP_MAXSEG and SOCK_TCP_CORK under way
    seed("tcp-segments", "sizes", [
        4, KIND, WELL, SEND, 0x20, 0, SET, 1, 6, SEND, 0x20, 0, SET, 23, 4, ACK, 0, SET, 1, 5, SET, 24, 1, SEND,
        0, 99, TIME, 0, SEND, 0, 99, SET, 24, 0, ACK, 0])
    seed("tcp-segments", "urgent", [4, KIND | 4, WELL, SEND, 0, 99, 29, 9, SEND, 0, 99, TIME, 0, ACK, 0, 0, 2,
                                    0x38, 8, 0, 0, 9, 0, 0, 0, 99, 0, 30, 60, RECV, 0, 20, RECV, 0, 99])
    seed("tcp-segments", "anew", [4, KIND, WELL, SEND, 0, 99, 31, 1, ANSWER, SEND, 0, 99, DATA, 4, RECV, 8, 0])
    seed("tcp-segments", "path-mtu", [4, KIND, WELL, SEND, 0x0F, 0, MTU, 3, TIME, 0, ACK, 0, MTU, 0])
    # keep-alives after a second, a NODELAY, a time-out of 10 s: SOCK_* in net/socket.h, values of
    # talk_user_sets()
    seed("tcp-segments", "keep-alive", [0x84, 0, WELL, SET, 12, 1, SET, 13, 1, SET, 14, 1, SET, 15, 2, TIME, 4,
                                        ACK, 0, TIME, 4, TIME, 4])
    seed("tcp-segments", "options", [4, KIND, WELL, SET, 8, 1, SET, 16, 11, SET, 17, 3, SET, 18, 3, SET, 10, 1,
                                     SEND, 0, 99, TIME, 5])
    seed("tcp-segments", "cookies", [1, KIND, WELL, FLOOD, 20, ANSWER, ACCEPT, SEND, 0, 99, DATA, 4, TIME, 5,
                                     LINE, 1, ANSWER, ACCEPT])
    seed("tcp-segments", "again-from-time-wait", [
        1, KIND, WELL, ANSWER, ACCEPT, CLOSE, 0, TIME, 0, ACK, 0, FIN, TIME, 3,
        0, 0, 2, 0, 1, 0, 8, 0, 0, 5, ANSWER, ACCEPT, SEND, 0, 99])
    seed("tcp-segments", "small-mss", [
        0x44, 1, 0x67, SEND, 0x20, 0, ACK, 0, ACK, 0, ACK, 0, ACK, 0x90, TIME, 3, ACK, 0])


# --- ipv4-reassembly: options, then steps (fuzz_ipv4_reassembly.c) ------------------------------------

PIECE, WHOLE, ODD, WAIT_FOR, MEMORY, FRESH = 0, 4, 7, 8, 10, 11


def make_fragments():
    for order in range(4):
        seed("ipv4-reassembly", f"order-{order}", [0, WHOLE, 0, 0x80, order, 0x10, 0])
    seed("ipv4-reassembly", "largest", [0, WHOLE, 1, 0x87, 1, 0xFF, 0xFF])
    seed("ipv4-reassembly", "repeated", [1, WHOLE, 2, 0x9C, 2, 0x08, 0])
    seed("ipv4-reassembly", "overlap", [
        0, PIECE, 0, 0x08, 0, 2, 0, 24, PIECE, 0, 0, 1, 2, 0, PIECE, 0, 4, 2, 1, FRESH,
        PIECE, 0, 0x08, 0, 2, 0, 24, PIECE, 0, 4, 2, 1])
    seed("ipv4-reassembly", "too-late", [
        0, WHOLE, 0, 0xC1, 0, 2, 0, 3, WAIT_FOR, 3, WHOLE, 0, 0xC1, 0, 2, 0, 2, WAIT_FOR, 5,
        WHOLE, 0, 0x81, 0, 2, 0])
    seed("ipv4-reassembly", "no-memory", [0, MEMORY, 1, WHOLE, 0, 0x80, 0, 0x10, 0, MEMORY, 99, FRESH,
                                          WHOLE, 0, 0x80, 0, 0x10, 0])
    far = [byte for who in range(16) for byte in (PIECE, who, 1, 0x1F, 0xF0, 1)]
    seed("ipv4-reassembly", "crowd", [0, *far, FRESH, *far])
    seed("ipv4-reassembly", "others", [0, ODD, 0, 1, 0x20, 0, 16, *b"\x08\0\0\0ping........",
                                       ODD, 0, 1, 0, 2, 4, *b"pong", ODD, 0, 4, 0x20, 0, 8, *b"........"])


# --- dhcp: how it starts, then steps (fuzz_dhcp.c) --------------------------------------------------------

OFFER, DHCP_ACK, NAK, PASS, CLAIM, LINK, RESTART, DATAGRAM, FAIL = 0, 1, 2, 5, 7, 8, 9, 10, 11
USUAL, ASKED, OTHER_XID, UNICAST, OVERLOAD, NO_END = 1, 2, 4, 8, 16, 64
SAY = 0  # a step: a message, its type, its flags; with USUAL the lease is 2**n seconds
DEADLINE = 0x80
BOUND = [SAY, OFFER, USUAL | ASKED, 12, 0, SAY, DHCP_ACK, USUAL | ASKED, 12, 0]


def options(*pairs):
    """As add_options() reads them: a count, then the index of a code, a length, bytes."""
    return [len(pairs), *(byte for index, value in pairs for byte in (index, len(value), *value))]


def make_dhcp():
    seed("dhcp", "bound", [0, *BOUND, DATAGRAM, 198, 51, 100, 7, PASS, 2])
    seed("dhcp", "renewed", [1, *BOUND, *[PASS, DEADLINE] * 7, SAY, DHCP_ACK, USUAL | ASKED | UNICAST, 12, 0])
    seed("dhcp", "expired", [0, *BOUND, PASS, 5, PASS, 5, *[PASS, DEADLINE] * 9])
    seed("dhcp", "naks", [0, SAY, OFFER, USUAL | ASKED, 12, 0, SAY, NAK, USUAL | ASKED, 12,
                          *options((10, b"no")), PASS, DEADLINE, *BOUND, PASS, 5, SAY, NAK, USUAL | ASKED, 12, 0])
    seed("dhcp", "declined", [0, *BOUND, CLAIM, 1, PASS, 1, *BOUND, PASS, 2, CLAIM, 1, CLAIM, 0])
    seed("dhcp", "link", [0, *BOUND, LINK, PASS, 2, LINK, SAY, DHCP_ACK, USUAL | ASKED, 4, 0, LINK, PASS, 3])
    seed("dhcp", "link-local", [2, *[PASS, 2] * 3, CLAIM, 1, PASS, 2, *BOUND])
    seed("dhcp", "cloud", [0, SAY, OFFER, ASKED, *options((9, KIT_SERVER), (0, b"\xff" * 4)), SAY, DHCP_ACK, ASKED,
                           *options((9, KIT_SERVER), (0, b"\xff" * 4), (6, b"\0\0\x0e\x10"),
                                    (13, b"\x20" + KIT_SERVER + bytes(4) + b"\0" + KIT_SERVER),
                                    (5, b"\x05\x78"), (2, b"\x0a\0\0\x35"), (4, b"example.org"))])
    seed("dhcp", "overload", [0, SAY, OFFER, USUAL | ASKED | OVERLOAD, 12, 70, *b"\x0f\3org\xff".ljust(64, b"\0"),
                              *b"\x0c\2me\xff\0", 0])
    seed("dhcp", "fails", [0, FAIL, 0x80, PASS, 1, FAIL, 3, PASS, 2, FAIL, 0x40, *BOUND, RESTART, 4])


KIT_SERVER = bytes([192, 168, 77, 1])


# --- the others ---------------------------------------------------------------------------------------

def make_tcp_options():
    timestamps = bytes([1, 1, 8, 10]) + struct.pack(">II", 1000, 1)
    seed("tcp-options", "syn", bytes([2, 4, 5, 0xB4, 4, 2]) + timestamps[2:] + bytes([1, 3, 3, 7]))
    seed("tcp-options", "data", timestamps)
    seed("tcp-options", "sack", timestamps + bytes([1, 1, 5, 26]) + struct.pack(">6I", *range(6)))
    seed("tcp-options", "endless", [2, 0, 3, 1, 5, 2])


def make_dns():
    """Answers for www.x.org: names as labels and pointers, in all four sections."""
    def answer(name, flags, *records, authority=(), additional=(), question=b"\3www\1x\3org\0\0\1\0\1"):
        counts = [1 if question else 0, len(records), len(authority), len(additional)]
        seed("dns", name, struct.pack("!HH4H", 0x1234, flags, *counts) + question +
             b"".join((*records, *authority, *additional)))

    def record(owner, kind, data, ttl=60, klass=1):
        return owner + struct.pack("!HHIH", kind, klass, ttl, len(data)) + data

    www, x = b"\xc0\x0c", b"\xc0\x10"
    opt = record(b"\0", 41, b"", ttl=0, klass=1232)
    soa = record(x, 6, b"\0\0" + bytes(20))
    answer("addresses", 0x8180, record(www, 1, b"\x0a\0\0\1"), record(www, 1, b"\x0a\0\0\2"), additional=[opt])
    answer("aliases", 0x8180, record(www, 5, b"\1a" + x), record(b"\1a" + x, 5, b"\1b" + x),
           record(b"\1b" + x, 1, b"\x0a\0\0\1"))
    answer("alias", 0x8180, record(www, 5, b"\3far\4away\0"))
    answer("nodata", 0x8180, authority=[soa], additional=[opt])
    answer("referral", 0x8100, authority=[record(x, 2, b"\2ns" + x)],
           additional=[record(b"\2ns" + x, 1, b"\x0a\0\0\1")])
    answer("nxdomain", 0x8183, authority=[soa])
    answer("badvers", 0x8180, additional=[record(b"\0", 41, b"", ttl=1 << 24, klass=1232)])
    answer("formerr", 0x8181, question=b"")
    answer("truncated", 0x8380)


def make_http():
    def answer(name, text):
        seed("http", name, b"\x03\x07" + text)
    answer("length", b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n"
                     b"Content-Length: 5\r\n\r\nhello")
    answer("chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      b"5;a=\"b\"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n")
    answer("until-close", b"HTTP/1.0 404 Not Found\n\nnothing here")
    answer("interim", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
    answer("folded", b"HTTP/1.1 200\r\nA: b\r\n c\r\nContent-Length: 1, 1\r\n\r\nx")
    answer("long-line", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 1100 + b"\r\nContent-Length: 0\r\n\r\n")
    seed("http", "large-header", b"\xff\x07A: b\r\n\r\nbody")
    answer("not-http", b"SSH-2.0-OpenSSH_9.2\r\n")
    answer("odd-names", b"HTTP/1.1 404 x\r\nA B: 1\r\n(C): 2\r\nD : 3\r\n: 4\r\nContent-Length: 1\r\n\r\nx")
    answer("folded-length", b"HTTP/1.1 200 OK\r\nContent-\r\n\tLength: 1\r\n\r\nx")
    answer("codings", b"HTTP/1.1 302 x\r\nTransfer-Encoding: chunked, identity, chunked\r\n\r\n0\r\n\r\n")


def make_requests():
    def requests(name, *texts):
        seed("server-request", name, b"\x03\x07" + b"".join(texts))
    get = b"GET /metrics?x HTTP/1.1\r\nHost: a:80\r\n"
    requests("kept", get + b"\r\n", get + b"Connection: keep-alive, x\r\n\r\n",
             b"HEAD http://a/ HTTP/1.0\r\n\r\n")
    requests("bodies", get + b"Content-Length: 5\r\n\r\nhello",
             b"\r\nPOST / HTTP/1.1\nhost: a\ncontent-length: 0\n\n", get + b"\r\n")
    requests("expect", b"PUT / HTTP/1.1\r\nHost:\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    requests("smuggled", get + b"Content-Length: 30\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             get + b"\r\n")
    requests("fields", get + b"X: y\r\n" * 101 + b"\r\n")
    requests("long-line", b"GET /" + b"x" * 2300 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    requests("others", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", b"CONNECT a:1 HTTP/1.9\r\nHost: a\r\n\r\n",
             b"PRI * HTTP/2.0\r\n\r\n")


def make_config():
    words = b"ip=10.0.2.15::10.0.2.2:255.255.255.0:me:eth0:off url=http://10.0.2.2:8080/a?b log=both"
    seed("config", "line", b"\x00" + struct.pack(">H", len(words)) + words)
    text = b"# a file\nip=10.0.2.15/24::10.0.2.2\r\nurl=\"http://10.0.2.2/\"\ntimeout=2.5 hold=0\n"
    seed("config", "file", b"\x01" + struct.pack(">H", len(text)) + text)
    options = b"BOOTX64.EFI debug-exit=0xf4 connect-timeout=3"
    seed("config", "load-options", b"\x02" + struct.pack(">H", len(options)) + options)
    wide = "BOOTX64.EFI log=json".encode("utf-16-le") + b"\0\0"
    seed("config", "raw-options", b"\x03" + struct.pack(">H", len(wide)) + wide)
    seed("config", "three", b"\x00\x00\x08ip=bogus\x01\x00\x09nokey=1\n=\x02" + words)


def make_log():
    head = bytes([1]) + struct.pack(">I", 1234567) + bytes([10, 1, 8])
    seed("log", "text", bytes([5]) + head + b"\x03\x00\x01\x05a\n\x1b[0m\x03\x01\x01\x04\"\\\x00\xff")
    seed("log", "numbers", bytes([30]) + head + b"\x00\x00" + b"\xff" * 8 + b"\x01\x01" + b"\x80" * 8
         + b"\x0b\x02" + b"\x7f" * 8 + b"\x08\x03\x0a\x00\x02\x0f\x0a\x04\x0a\x00\x02\x0f\x00\x50")
    seed("log", "cut", bytes([60, 0, 0, 80]) + struct.pack(">I", 5) + bytes(3)
         + b"\x03\x00\x01\xff" + b"x" * 255)


def make_elf():
    def load(offset, address, file_len, memory_len, flags):
        return struct.pack("<IIQQQQQQ", 1, flags, offset, address, address, file_len, memory_len, 4096)
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0x101010, 64, 0, 0,
                         64, 56, 3, 0, 0, 0)
    segments = load(0, 0x100000, 0x40, 0x40, 4) + load(0, 0x101000, 0x100, 0x100, 5) + load(
        0x80, 0x103080, 0x20, 0x5000, 6)
    seed("elf", "kernel", b"\x00" + (header + segments).ljust(0x110, b"\0"))
    seed("elf", "bare", bytes([3 << 2 | 1]) + (header + segments).ljust(0x110, b"\0"))


def make_ring():
    add, publish, look, use, take, lie = 0, 2, 3, 4, 5, 6
    seed("ring", "good", [0x83, add, 0, 99, add, 5, 9, 9, publish, look, use, 0, 9, take, use, 0, 9,
                          7, 0, take, take, 8])
    for what in range(6):
        seed("ring", f"lie-{what}", [2, add, 0, 9, publish, look, lie, 0, what, 0, 1, 0, 1,
                                     use, 0, 5, take, take])


def make_pci():
    def cap(kind, following, bar, offset, length):
        return struct.pack("<BBBBBxxxII", 9, following, 20, kind, bar, offset, length) + bytes(4)
    # BAR 4 of 16 KiB at 0xfe000000, of 64 bits
    writable = bytes([32, 32, 32, 32, 14, 0])
    bars = struct.pack(">6I", 0, 0, 0, 0, 0xFE000004, 0)
    caps = cap(1, 0x54, 4, 0, 0x1000) + cap(4, 0x68, 4, 0x2000, 0x1000) + cap(2, 0x7C, 4, 0x3000, 0x1000)
    msix = struct.pack("<BBHII", 0x11, 0, 3, 0x1004, 0x1804)
    seed("pci", "net", writable + b"\x00\x10" + bars + b"\x40" + caps + msix)
    seed("pci", "past-the-bar", writable + b"\x00\x10" + bars + b"\x40"
         + cap(1, 0x54, 4, 0x3800, 0x1000) + cap(2, 0, 4, 0x3000, 0x1000))
    seed("pci", "loop", writable + b"\x00\x10" + bars + b"\x40" + cap(1, 0x40, 4, 0, 0x1000))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        CORPUS = sys.argv[1]
    for make in (make_frames, make_segments, make_fragments, make_dhcp, make_tcp_options, make_dns,
                 make_http, make_requests, make_config, make_log, make_elf, make_ring, make_pci):
        make()
