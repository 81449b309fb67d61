# SPDX-License-Identifier: MIT
"""A capture of a network device: frames as plain Ethernet, in a pcap file with nanoseconds.

A packet socket rather than QEMU's filter-dump, which on a tap would write the virtio-net header
before each frame; and rather than tcpdump, which would be one package more.
"""

import select
import socket
import struct
import threading
import time

ETH_P_ALL = 3
PCAP_MAGIC_NS = 0xA1B23C4D
LINKTYPE_ETHERNET = 1
SNAPLEN = 262144
SOL_PACKET, PACKET_STATISTICS = 263, 6
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
BUFFER_BYTES = 32 << 20


def open_socket(device):
    """A packet socket on a device of the namespace that the calling thread is in."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    try:
        _enlarge_buffer(sock)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind((device, ETH_P_ALL))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _enlarge_buffer(sock):
    """Past the system's limit where that is allowed (not to a user namespace's root)."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)


class PcapWriter:
    """libpcap's file format; each frame is written out at once."""

    def __init__(self, path):
        self.file = open(path, 'wb')
        self.file.write(struct.pack('<IHHiIII', PCAP_MAGIC_NS, 2, 4, 0, 0, SNAPLEN,
                                    LINKTYPE_ETHERNET))
        self.file.flush()

    def write(self, seconds, nanoseconds, frame):
        self.file.write(struct.pack('<IIII', seconds, nanoseconds, len(frame), len(frame)) + frame)
        self.file.flush()

    def close(self):
        self.file.close()


class Capture:
    """Writes every frame of the device from the moment it is made until close()."""

    def __init__(self, sock, path):
        self.sock = sock
        self.dropped = 0
        self.writer = PcapWriter(path)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping.is_set():
            if select.select([self.sock], [], [], 0.1)[0]:
                self._drain()
        self._drain()  # what came before the stop is part of it

    def _drain(self):
        while True:
            try:
                frame, control, _, _ = self.sock.recvmsg(SNAPLEN, 64)
            except BlockingIOError:
                return
            except OSError:
                self.stopping.set()  # the device is gone
                return
            self.writer.write(*_timestamp(control), frame)

    def close(self):
        self.stopping.set()
        self.thread.join()
        statistics = self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        self.dropped += struct.unpack('II', statistics)[1]
        self.sock.close()
        self.writer.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def _timestamp(control):
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= 16:
            return struct.unpack('qq', data[:16])
    now = time.time_ns()
    return now // 10**9, now % 10**9
