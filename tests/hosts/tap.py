# SPDX-License-Identifier: GPL-2.0
"""What is seen on a device, and what can be put on it: packet sockets and
queues of the router.

Owns: AF_PACKET (as tcpdump uses it), sending of raw frames, NFQUEUE over
plain nfnetlink. Must not know: what a test wants of it.
"""
import collections
import socket
import struct

from packet import ETH_IP, ETH_IP6, Packet
from flow import find

SOL_PACKET, PACKET_AUXDATA, PACKET_STATISTICS = 263, 8, 6
SO_RCVBUFFORCE = 33
STATUS_CSUM_NOT_READY = 1 << 3
PACKET_OUTGOING = 4
ETH_VLAN = 0x8100
SNAP = 4096

Frame = collections.namedtuple("Frame", "out partial dmac smac packet")


class Tap:
    """All IP packets on a device, either way, since the last clear(). They
    wait in the socket until somebody asks, and are parsed then: most are never
    looked at, and reading each as it comes cost more than all else."""

    def __init__(self, sock, side):
        self.sock, self.side = sock, side
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        sock.setblocking(False)
        self.raw, self.parsed = [], []

    def drain(self):
        """All that has come until now; returns how many that makes."""
        read, keep = self.sock.recvmsg, self.raw.append
        for _ in range(1 << 17):
            try:
                keep(read(SNAP, 64))
            except BlockingIOError:
                break
            except OSError:             # the device went down or away
                continue
        return len(self.raw) + len(self.parsed)

    @staticmethod
    def parse(data, aux, _, addr):
        """A frame, None if it is not IP."""
        proto, kind = addr[1], addr[2]
        if proto not in (ETH_IP, ETH_IP6):
            return None
        length, partial = len(data), False
        for _, _, value in aux:
            status, length = struct.unpack_from("=II", value)
            partial = bool(status & STATUS_CSUM_NOT_READY)
        try:
            packet = Packet(data[14:], length - 14)
        except (IndexError, struct.error):
            return None
        return Frame(kind == PACKET_OUTGOING, partial, data[:6].hex(":"),
                     data[6:12].hex(":"), packet)

    @property
    def frames(self):
        self.drain()
        self.parsed += filter(None, (self.parse(*raw) for raw in self.raw))
        self.raw.clear()
        return self.parsed

    def lost(self):
        return struct.unpack("=II", self.sock.getsockopt(
            SOL_PACKET, PACKET_STATISTICS, 8))[1]

    def clear(self):
        self.drain()
        self.raw.clear()
        self.parsed.clear()

    def messages(self, flow, direction, out=None):
        """(frame, sequence number) of each message of @flow seen here in
        plaintext, whatever header it is in."""
        for frame in self.frames:
            if out is not None and frame.out != out:
                continue
            head = find(frame.packet.data)
            if head and head[0] == flow.id and head[1] == direction:
                yield frame, head[2]

    def packets(self, t, out=None):
        """Frames of the one direction of a connection that has tuple @t."""
        return [f for f in self.frames
                if f.packet.tuple == t and (out is None or f.out == out)]


class Port:
    """Puts frames on a device."""

    def __init__(self, sock, smac, dmac):
        self.sock = sock
        self.head = bytes.fromhex((dmac + smac).replace(":", ""))

    def send(self, packet, vlan=None, six=None):
        """@six: what the frame says it holds, if not what it does hold."""
        if six is None:
            six = packet[0] >> 4 == 6
        head = self.head
        if vlan is not None:
            head += struct.pack("!HH", ETH_VLAN, vlan)
        self.sock.send(head + struct.pack("!H", ETH_IP6 if six else ETH_IP) +
                       packet)


class Queue:
    """Holds the packets of an NFQUEUE until told to let them go."""
    SUBSYS, PACKET, VERDICT, CONFIG = 3 << 8, 0, 1, 2

    def __init__(self, sock, loop, number):
        self.sock, self.number = sock, number
        self.held = []
        sock.bind((0, 0))
        self.request(self.CONFIG, 1, struct.pack("!BBH", 1, 0, 0))
        self.request(self.CONFIG, 2, struct.pack("!IB", 0xffff, 2))
        sock.setblocking(False)
        loop.watch(sock, self.read)

    def message(self, kind, attr, value, flags):
        length = 4 + len(value)
        body = struct.pack("=BBH", 0, 0, socket.htons(self.number))
        body += struct.pack("=HH", length, attr) + value
        body += b"\0" * (-length % 4)
        return struct.pack("=IHHII", 16 + len(body), self.SUBSYS | kind,
                           1 | flags, 0, 0) + body

    def request(self, kind, attr, value):
        self.sock.send(self.message(kind, attr, value, 4))
        code = struct.unpack_from("=i", self.sock.recv(4096), 16)[0]
        if code:
            raise OSError(-code, "nfnetlink_queue")

    def read(self):
        while True:
            try:
                data = self.sock.recv(1 << 17)
            except BlockingIOError:
                return
            except OSError:             # ENOBUFS
                continue
            while len(data) >= 20:
                length, kind = struct.unpack_from("=IH", data)
                if kind == self.SUBSYS | self.PACKET:
                    self.note(data[20:length])
                data = data[(length + 3) & ~3:]

    def note(self, data):
        ident, payload = None, b""
        while len(data) >= 4:
            length, kind = struct.unpack_from("=HH", data)
            if kind & 0x3fff == 1:
                ident = struct.unpack_from("!I", data, 4)[0]
            elif kind & 0x3fff == 10:
                payload = data[4:length]
            data = data[(length + 3) & ~3:]
        head = find(payload)
        self.held.append((ident, head[2] if head else -1))

    def release(self, verdict=1):
        """In their order; returns how many there were."""
        count = len(self.held)
        for ident, _ in self.held:
            self.sock.send(self.message(self.VERDICT, 2,
                                        struct.pack("!II", verdict, ident), 0))
        self.held.clear()
        return count
