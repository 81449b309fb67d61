# SPDX-License-Identifier: MIT
"""A wire with a hand on it: two taps, and every frame between them passes a function that may drop
or change it.

The guest's side is a tap that QEMU opens; frames enter and leave it by a packet socket.  The host's
side is a tap whose file descriptor is here, so the host's own stack is behind it.  They are in two
namespaces: in one, that stack would hear the guest without the forwarder.  Both carry virtio-net
headers, so that offloaded (partial) checksums keep their meaning on the way.
"""

import fcntl
import os
import select
import socket
import threading

from frames import Frame
from runner.netns import IFF_VNET_HDR

ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23
VNET_HDR_LEN = 10
TO_HOST, TO_GUEST = 'to host', 'to guest'


class Forwarder:
    """decide(direction, frame) returns the frame's bytes to pass on, or None to drop it."""

    def __init__(self, guest_side, guest_tap, host_side, host_address, decide):
        """`guest_side` and `host_side` are namespaces; the guest's tap is there already."""
        self.decide = decide
        self.host = host_side.open_tap('host0', IFF_VNET_HDR)
        fcntl.fcntl(self.host, fcntl.F_SETFL, os.O_NONBLOCK)
        host_side.ip('addr', 'add', host_address, 'dev', 'host0')
        host_side.ip('link', 'set', 'host0', 'up')
        self.guest = guest_side.call(self._packet_socket, guest_tap)
        self.stop_read, self.stop_write = os.pipe()
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @staticmethod
    def _packet_socket(device):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.bind((device, ETH_P_ALL))
        sock.setblocking(False)
        return sock

    def _run(self):
        try:
            while True:
                ready, _, _ = select.select([self.host, self.guest, self.stop_read], [], [])
                if self.stop_read in ready:
                    return
                if self.guest in ready:
                    self._pass(TO_HOST, self.guest.recv(70000))
                if self.host in ready:
                    self._pass(TO_GUEST, os.read(self.host, 70000))
        except Exception as e:  # shown by close()
            self.error = e

    def _pass(self, direction, packet):
        header, frame = packet[:VNET_HDR_LEN], packet[VNET_HDR_LEN:]
        frame = self.decide(direction, frame)
        if frame is None:
            return
        try:
            if direction == TO_HOST:
                os.write(self.host, header + frame)
            else:
                self.guest.send(header + frame)
        except OSError:
            pass  # the tap is down while no machine has it open: a wire loses that frame

    def send_to_guest(self, frame):
        """A frame of our own, with whatever checksums it has."""
        self.guest.send(bytes(VNET_HDR_LEN) + frame)

    def close(self):
        os.write(self.stop_write, b'x')
        self.thread.join()
        for fd in (self.stop_read, self.stop_write, self.host):
            os.close(fd)
        self.guest.close()
        if self.error:
            raise self.error


class DropOnce:
    """Drops the first frame of a direction that a predicate of a Frame picks; counts all that it
    picks, so that a test sees the repetition on the wire too."""

    def __init__(self, direction, predicate):
        self.direction, self.predicate = direction, predicate
        self.picked = []

    def __call__(self, direction, data):
        if direction != self.direction:
            return data
        frame = Frame(data)
        if not self.predicate(frame):
            return data
        self.picked.append(frame)
        return None if len(self.picked) == 1 else data


class CorruptOnce(DropOnce):
    """Flips a bit in the last payload byte instead."""

    def __call__(self, direction, data):
        if super().__call__(direction, data) is not None:
            return data
        frame = self.picked[0]
        at = frame.payload_off + len(frame.payload) - 1
        return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:]


