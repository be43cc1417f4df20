# SPDX-License-Identifier: GPL-2.0
"""Frames: parsing, building, and what a router must make of one.

Owns: the byte layout of Ethernet, IP, TCP, UDP and ICMP, and the oracle
expected(), which is written from the RFCs and not from the kernel module.
Must not know: sockets, namespaces, or that a fast path exists.
"""
import socket
import struct
from collections import namedtuple

TCP, UDP, ICMP, ICMP6, FRAGMENT = 6, 17, 1, 58, 44
ETH_IP, ETH_IP6 = 0x0800, 0x86dd
FIN, SYN, RST, PSH, ACK, ECE, CWR = 1, 2, 4, 8, 16, 64, 128
SACK = 5                        # TCP option
TOS = 0x28                      # AF11 in all packets, so that a loss shows

# One side's view of a connection's original direction.
Tuple = namedtuple("Tuple", "src sport dst dport")


def swap(t):
    return Tuple(t.dst, t.dport, t.src, t.sport)


def af(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def pton(address):
    return socket.inet_pton(af(address), address)


def checksum(data, start=0):
    """One's complement sum, not inverted."""
    if len(data) & 1:
        data += b"\0"
    total = start + sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo(src, dst, proto, length):
    return checksum(src + dst + struct.pack("!II", length, proto))


class Packet:
    """An IP packet as seen on a wire; @wirelen is its length there, which
    the captured bytes @data (network header onwards) may fall short of."""

    def __init__(self, data, wirelen=None):
        self.data = data
        self.wirelen = len(data) if wirelen is None else wirelen
        self.version = data[0] >> 4
        self.fragment = False
        if self.version == 4:
            self.l4 = (data[0] & 15) * 4
            self.proto = data[9]
            self.ttl, self.tos = data[8], data[1]
            self.length = struct.unpack_from("!H", data, 2)[0]
            self.src_raw, self.dst_raw = data[12:16], data[16:20]
            self.fragment = struct.unpack_from("!H", data, 6)[0] & 0x3fff != 0
            family = socket.AF_INET
        else:
            self.l4 = 40
            self.proto, self.ttl = data[6], data[7]
            self.tos = struct.unpack_from("!H", data)[0] >> 4 & 0xff
            self.length = struct.unpack_from("!H", data, 4)[0] + 40
            self.src_raw, self.dst_raw = data[8:24], data[24:40]
            if self.proto == FRAGMENT:
                self.fragment = True
                self.proto, self.l4 = data[40], 48
            family = socket.AF_INET6
        self.src = socket.inet_ntop(family, self.src_raw)
        self.dst = socket.inet_ntop(family, self.dst_raw)
        self.sport = self.dport = 0
        if self.proto in (TCP, UDP) and len(data) >= self.l4 + 8:
            self.sport, self.dport = struct.unpack_from("!HH", data, self.l4)

    @property
    def tuple(self):
        return Tuple(self.src, self.sport, self.dst, self.dport)

    @property
    def payload(self):
        at = self.l4 + 8
        if self.proto == TCP:
            at = self.l4 + (self.data[self.l4 + 12] >> 4) * 4
        return self.data[at:self.length]

    @property
    def whole(self):
        return self.length == self.wirelen <= len(self.data)

    def tcp(self):
        """seq, ack, flags, window"""
        seq, ack, _, flags, window = struct.unpack_from("!IIBBH", self.data,
                                                        self.l4 + 4)
        return seq, ack, flags, window

    def tcp_options(self):
        return self.data[self.l4 + 20:
                         self.l4 + (self.data[self.l4 + 12] >> 4) * 4]

    def header_good(self):
        return self.version == 6 or checksum(self.data[:self.l4]) == 0xffff

    def l4_good(self, partial):
        """Is the transport checksum right? @partial: it is to be filled in by
        a device and must hold the sum of the pseudo header."""
        at = self.l4 + (16 if self.proto == TCP else 6)
        field = struct.unpack_from("!H", self.data, at)[0]
        start = pseudo(self.src_raw, self.dst_raw, self.proto,
                       self.length - self.l4)
        if partial:
            return field == start
        if self.proto == UDP and field == 0:
            return self.version == 4
        return checksum(self.data[self.l4:self.length], start) == 0xffff

    def l4_sum(self):
        """Over the packet, the checksum itself and the pseudo header."""
        if self.proto == UDP and self.data[self.l4 + 6:self.l4 + 8] == b"\0\0":
            return "none"
        start = pseudo(self.src_raw, self.dst_raw, self.proto,
                       self.length - self.l4)
        return "%04x" % checksum(self.data[self.l4:self.length], start)

    def blank(self):
        """The bytes with all checksums zero, for comparisons."""
        data = bytearray(self.data)
        if self.version == 4:
            data[10:12] = b"\0\0"
        at = self.l4 + (16 if self.proto == TCP else 6)
        if not (self.proto == UDP and data[at:at + 2] == b"\0\0"):
            data[at:at + 2] = b"\xff\xff"
        return bytes(data)


def expected(packet, to):
    """What a router sends for @packet if @to are the addresses and ports it
    has to leave with; the checksums are set to nothing in particular."""
    data = bytearray(packet.data)
    if packet.version == 4:
        data[8] -= 1
        data[12:16], data[16:20] = pton(to.src), pton(to.dst)
    else:
        data[7] -= 1
        data[8:24], data[24:40] = pton(to.src), pton(to.dst)
    struct.pack_into("!HH", data, packet.l4, to.sport, to.dport)
    return Packet(bytes(data), packet.wirelen)


def difference(was, now, to, partial=False):
    """None if @now is what a router has to make of @was, else what differs."""
    want = expected(was, to)
    if now.wirelen != want.wirelen:
        return "length %d, not %d" % (now.wirelen, want.wirelen)
    a, b = want.blank(), now.blank()
    if a != b:
        at = next(i for i in range(min(len(a), len(b)))
                  if a[i] != b[i])
        return "byte %d is %02x, not %02x" % (at, b[at], a[at])
    if not now.header_good():
        return "header checksum"
    if now.whole or partial:
        if was.l4_good(partial) and not now.l4_good(partial):
            return "transport checksum"
    return None


def ip(t, proto, body, ttl=64, ident=1, frag=0, options=b"", tos=TOS, label=0):
    """An IPv4 or IPv6 header in front of @body. @frag: the IPv4 field of that
    name (flags and offset). @label: the flow label of IPv6."""
    if af(t.src) == socket.AF_INET6:
        return struct.pack("!IHBB", 6 << 28 | tos << 20 | label, len(body),
                           proto, ttl) + pton(t.src) + pton(t.dst) + body
    length = 20 + len(options)
    head = struct.pack("!BBHHHBBH4s4s", 4 << 4 | length // 4, tos,
                       length + len(body), ident, frag, ttl, proto, 0,
                       pton(t.src), pton(t.dst)) + options
    total = checksum(head) ^ 0xffff
    return head[:10] + struct.pack("!H", total) + head[12:] + body


def header_mended(packet):
    """@packet with an IPv4 header checksum that is right again."""
    head = packet[:10] + b"\0\0" + packet[12:20]
    total = checksum(head) ^ 0xffff
    return packet[:10] + struct.pack("!H", total) + packet[12:]


def udp(t, payload):
    length = 8 + len(payload)
    head = struct.pack("!HHHH", t.sport, t.dport, length, 0)
    start = pseudo(pton(t.src), pton(t.dst), UDP, length)
    total = checksum(head + payload, start) ^ 0xffff or 0xffff
    return head[:6] + struct.pack("!H", total) + payload


def tcp(t, seq, ack, flags, window=512, payload=b"", options=b"", offset=None):
    """@offset: what the header says of its length, if not the truth."""
    if offset is None:
        offset = 5 + len(options) // 4
    head = struct.pack("!HHIIBBHHH", t.sport, t.dport, seq & 0xffffffff,
                       ack & 0xffffffff, offset << 4, flags, window, 0,
                       0) + options
    start = pseudo(pton(t.src), pton(t.dst), TCP, len(head) + len(payload))
    total = checksum(head + payload, start) ^ 0xffff
    return head[:16] + struct.pack("!H", total) + head[18:] + payload


def spoilt(segment, proto):
    """@segment with a checksum that is wrong, but is one."""
    at = 16 if proto == TCP else 6
    field = checksum(segment[at:at + 2], 0x1357)
    return segment[:at] + struct.pack("!H", field) + segment[at + 2:]


def fragments(t, datagram, ident, ttl=64, size=None):
    """@datagram, a whole UDP datagram, as two fragments."""
    cut = size or (len(datagram) // 2 + 7) & ~7
    first, last = datagram[:cut], datagram[cut:]
    if af(t.src) == socket.AF_INET6:
        return [ip(t, FRAGMENT, struct.pack("!BBHI", UDP, 0, off, ident) + part,
                   ttl)
                for off, part in ((1, first), (cut, last))]
    return [ip(t, UDP, first, ttl, ident, 0x2000),
            ip(t, UDP, last, ttl, ident, cut // 8)]
