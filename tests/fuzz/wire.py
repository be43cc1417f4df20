# SPDX-License-Identifier: GPL-2.0
"""Netlink as bytes: attributes, messages, a socket and its answers.

Owns: framing. Must not know: any family; what is sent may be nonsense, so
nothing here checks what it is given.
"""
import collections
import socket
import struct

NETLINK_NETFILTER = 12
NETLINK_GENERIC = 16

ERROR, DONE = 2, 3
REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
ACK_TLVS = 0x200
NESTED = 0x8000
KIND_MASK = 0x3fff

HEADER = struct.Struct("=IHHII")

# error: errno or 0, None if it is no answer of that kind; text: the kernel's
Answer = collections.namedtuple("Answer", "kind error text body")


def attr(kind, data, length=None):
    """One attribute; length is what its header claims, if not the truth."""
    if length is None:
        length = min(4 + len(data), 0xffff)
    return struct.pack("=HH", length, kind) + data + bytes(-len(data) % 4)


def message(kind, flags, body, length=None):
    size = HEADER.size + len(body)
    return HEADER.pack(size if length is None else length, kind,
                       flags, 1, 0) + body


def attrs(data):
    """Yield (kind, payload) of what the kernel sent."""
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            return
        yield kind & KIND_MASK, data[4:length]
        data = data[length + -length % 4:]


def text_of(flags, data):
    """NLMSGERR_ATTR_MSG, or None."""
    if not flags & ACK_TLVS:
        return None
    for kind, value in attrs(data):
        if kind == 1:
            return value.rstrip(b"\0").decode()
    return None


def answers(data):
    while len(data) >= HEADER.size:
        length, kind, flags, _, _ = HEADER.unpack_from(data)
        body = data[HEADER.size:length]
        error = text = None
        if kind == ERROR:
            error = -struct.unpack_from("=i", body)[0]
            text = text_of(flags, body[4 + HEADER.size:])
        elif kind == DONE:
            error = -struct.unpack_from("=i", body)[0] if body else 0
            text = text_of(flags, body[4:])
        yield Answer(kind, error, text, body)
        data = data[length + -length % 4:]


class Socket:
    """A netlink socket. The kernel works while send() runs, so whatever is to
    be answered is there when it returns, or comes as it is read (dumps)."""

    def __init__(self, protocol):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.sock.setsockopt(270, 10, 1)    # NETLINK_CAP_ACK
        self.sock.setsockopt(270, 11, 1)    # NETLINK_EXT_ACK
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)

    def ask(self, data):
        """Send, and return all answers."""
        self.sock.send(data)
        return self.drain()

    def drain(self):
        found = []
        while True:
            try:
                found += answers(self.sock.recv(1 << 16, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return found
