# SPDX-License-Identifier: GPL-2.0
"""Tables of x_tables as bytes: read from the kernel and put back.

Owns: the layout of struct ipt_replace and its kin, and the socket options of
both families. Must not know: what is done to the bytes in between.

linux/netfilter_ipv4/ip_tables.h; what is IPv6 differs in names, in the level of
the options and in the length of an entry's head alone.
"""
import collections
import ctypes
import os
import socket
import struct

SET_REPLACE = GET_INFO = 64
GET_ENTRIES = 65
# A head: addresses and names, then the offsets of target and next entry
HEAD = {4: 84 + 4, 6: 136 + 4}
ENTRY = {4: 112, 6: 168}
TARGET = struct.Struct("=H29sB")

Table = collections.namedtuple("Table", "name hooks begin under number size")
libc = ctypes.CDLL(None, use_errno=True)


class Failed(OSError):
    pass


def check(result):
    if result:
        raise Failed(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Tables:
    """The tables of one family in this namespace."""

    def __init__(self, family):
        self.family = family
        self.tag = "" if family == 4 else "6"
        self.level = 0 if family == 4 else socket.IPPROTO_IPV6
        self.sock = socket.socket(
            socket.AF_INET if family == 4 else socket.AF_INET6,
            socket.SOCK_RAW, socket.IPPROTO_RAW)

    def get(self, option, data):
        buf = ctypes.create_string_buffer(data, len(data))
        size = ctypes.c_uint32(len(data))
        check(libc.getsockopt(self.sock.fileno(), self.level, option, buf,
                              ctypes.byref(size)))
        return buf.raw

    def info(self, name):
        size = 84
        words = struct.unpack("=32s13I", self.get(
            GET_INFO, name.encode().ljust(size, b"\0")))
        return Table(name, words[1], words[2:7], words[7:12], words[12],
                     words[13])

    def entries(self, table):
        head = struct.pack("=32sI4x", table.name.encode(), table.size)
        return self.get(GET_ENTRIES, head + bytes(table.size))[40:]

    def names(self):
        """The tables there are."""
        file = f"/proc/thread-self/net/ip{self.tag}_tables_names"
        with open(file, encoding="ascii") as names:
            return names.read().split()

    def head(self, table):
        """What precedes the entries in a replacement, less the counters."""
        return struct.pack("=32s14I", table.name.encode(), table.hooks,
                           table.number, table.size, *table.begin,
                           *table.under, table.number)

    def put(self, head, entries, counters=None):
        """Replace a table; head from head(), perhaps spoilt."""
        now = self.info(head[:32].split(b"\0")[0].decode(errors="replace"))
        room = ctypes.create_string_buffer(16 * (counters or now.number))
        number = struct.pack("=I", counters or now.number)
        data = head[:-4] + number + bytes(-len(head) % 8)
        data += struct.pack("=Q", ctypes.addressof(room)) + entries
        check(libc.setsockopt(self.sock.fileno(), self.level, SET_REPLACE,
                              data, len(data)))


def targets(family, entries):
    """Yield (offset of the entry, offset of its target, name)."""
    at = 0
    while at < len(entries):
        target, following = struct.unpack_from("=HH", entries,
                                               at + HEAD[family])
        if following < ENTRY[family]:
            return
        _, name, _ = TARGET.unpack_from(entries, at + target)
        yield at, at + target, name.split(b"\0")[0].decode(errors="replace")
        at += following
