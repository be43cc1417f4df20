# SPDX-License-Identifier: GPL-2.0
"""Commands of hosts.py that put frames of our own on a wire.

Owns: what is odd about a frame. Must not know: how its bytes are made, which is
packet.py's, nor what a router should do with it.
"""
import struct

import packet as pk
from flow import ORIG, REPLY, message
from jsonfiles import Failed
from packet import swap
from tap import Port

DIRS = {"o": ORIG, "r": REPLY}


class Frames:
    """Part of the one process; self is a Hosts."""

    def do_port(self, name, space, device, smac, dmac):
        self.ports[name] = Port(self.raw(space, device), smac, dmac)

    def do_burst(self, port, name, kinds):
        """Messages of a UDP connection from the client as raw frames, one per
        letter: N normal, F in two fragments, O with an option or extension
        header, T with a TTL of 1, L with another TTL, D with another DSCP,
        X with a TOS of 0x10, 0 to 3 with that ECN field, W with a
        wrong checksum, Z without one, P with padding behind it, V for a VLAN,
        H with a wrong header checksum, Y with a length that lies, B with a
        wrong version, G of 1400 bytes, not to be fragmented. Returns the
        first's number."""
        flow, port = self.flows[name], self.ports[port]
        first = flow.tx[ORIG]
        t, six = flow.client, ":" in flow.client.src
        for kind in kinds:
            seq, flow.tx[ORIG] = flow.tx[ORIG], flow.tx[ORIG] + 1
            size = 1400 if kind == "G" else 64
            datagram = pk.udp(t, message(flow.id, ORIG, seq, size))
            if kind == "F":
                for part in pk.fragments(t, datagram, 0x1000 + seq, size=40):
                    port.send(part)
            elif kind == "O" and six:
                port.send(pk.ip(t, 60, bytes([pk.UDP, 0, 1, 4, 0, 0, 0, 0]) +
                                datagram))
            elif kind == "O":
                port.send(pk.ip(t, pk.UDP, datagram, options=b"\1\1\1\0"))
            elif kind == "W":
                port.send(pk.ip(t, pk.UDP, pk.spoilt(datagram, pk.UDP)))
            elif kind == "Z":
                port.send(pk.ip(t, pk.UDP, datagram[:6] + b"\0\0" +
                                datagram[8:]))
            elif kind == "G":
                port.send(pk.ip(t, pk.UDP, datagram, frag=0 if six else 0x4000))
            elif kind in "PVHYB":
                self.odd_frame(port, kind, pk.ip(t, pk.UDP, datagram))
            else:
                ttl = {"T": 1, "L": 33}.get(kind, 64)
                tos = {"D": 0x48, "X": 0x10, "1": pk.TOS | 1,
                       "2": pk.TOS | 2, "3": pk.TOS | 3}.get(kind, pk.TOS)
                port.send(pk.ip(t, pk.UDP, datagram, ttl, tos=tos))
        return first

    @staticmethod
    def odd_frame(port, kind, packet):
        """@packet as a device may give it, before the stack has judged it."""
        six = packet[0] >> 4 == 6
        if kind == "P":
            port.send(packet + b"\xa5" * 24)
        elif kind == "V":
            port.send(packet, vlan=7)
        elif kind == "H":
            port.send(packet[:10] + b"\x12\x34" + packet[12:])
        elif kind == "Y":
            at = 4 if six else 2
            longer = (len(packet) + 8 - (40 if six else 0)).to_bytes(2, "big")
            packet = packet[:at] + longer + packet[at + 2:]
            port.send(packet if six else pk.header_mended(packet))
        else:
            wrong = bytes([packet[0] ^ 0x10]) + packet[1:]
            port.send(wrong if six else pk.header_mended(wrong), six=six)

    def do_labels(self, port, name, *labels):
        """The same with ordinary messages of IPv6, one per flow label."""
        flow, port = self.flows[name], self.ports[port]
        first = flow.tx[ORIG]
        for label in labels:
            seq, flow.tx[ORIG] = flow.tx[ORIG], flow.tx[ORIG] + 1
            datagram = pk.udp(flow.client, message(flow.id, ORIG, seq, 64))
            port.send(pk.ip(flow.client, pk.UDP, datagram,
                            label=int(label, 0)))
        return first

    def do_segment(self, port, name, kind, tap):
        """A TCP segment without data from the client, the next one after what
        a tap on its side saw last, and as that one: "ack"; with a "sack" block
        below the acknowledgment; with "ecn" flags; with no flags at all, no
        window and no header length: "bare", or "push" with just that flag."""
        flow = self.flows[name]
        seen = self.on_tap(self.taps[tap], flow, ORIG)
        if not seen:
            raise Failed("no packet to copy")
        p = seen[-1].packet
        seq, ack, _, window = p.tcp()
        seq += len(p.payload)
        options, offset = p.tcp_options(), None
        flags = {"bare": 0, "push": pk.PSH, "ecn": pk.ACK | pk.ECE | pk.CWR}
        if kind in ("bare", "push"):
            options, offset, window = b"", 0, 0
        elif kind == "sack":
            options += struct.pack("!BBBBII", 1, 1, pk.SACK, 10,
                                   (ack - 20) & 0xffffffff, ack)
        self.ports[port].send(pk.ip(flow.client, pk.TCP, pk.tcp(
            flow.client, seq, ack, flags.get(kind, pk.ACK), window,
            options=options, offset=offset)))

    def do_inject(self, port, name, direction, flags, offset, tap,
                  ack_offset="0", wrong=""):
        """A TCP segment without data. Its numbers are those of the last one
        that a tap on the client's side saw in that direction, moved by
        offsets; flags as in scapy; with a wrong checksum if told so."""
        flow, way = self.flows[name], DIRS[direction]
        seen = self.on_tap(self.taps[tap], flow, way)
        if not seen:
            raise Failed("no packet to copy")
        p = seen[-1].packet
        seq, ack, had, window = p.tcp()
        if p.whole:
            seq += len(p.payload) + bool(had & (pk.SYN | pk.FIN))
        bits = sum({"F": pk.FIN, "S": pk.SYN, "R": pk.RST, "A": pk.ACK}[c]
                   for c in flags)
        t = swap(flow.client) if way else flow.client
        if self.taps[tap].side:
            t = swap(flow.server) if way else flow.server
        segment = pk.tcp(t, seq + int(offset), ack + int(ack_offset), bits,
                         window)
        if wrong:
            segment = pk.spoilt(segment, pk.TCP)
        self.ports[port].send(pk.ip(t, pk.TCP, segment))
