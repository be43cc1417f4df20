#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The hosts of a test, and eyes on its wires: one process for a whole script.

Reads commands from stdin, one a line, and answers each with one line, "ok ..."
or "err ...". tests/hosts.sh is the shell's side. It has sockets in all network
namespaces of the topology at once, so packet counts of a phase are exact.

Owns: the commands. Must not know: rules, and how a router is set up.

With FASTTRACK_SLOW=1 in the environment nothing is expected to be fast and
everything else is still checked.
"""
import ctypes
import json
import os
import shlex
import socket
import sys
import time

sys.path[0:0] = [os.path.dirname(os.path.abspath(__file__)),
                 os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import ft_dump                                          # noqa: E402
import packet as pk                                     # noqa: E402
from flow import Loop, Tcp, Udp, ORIG, REPLY            # noqa: E402
from frames import DIRS, Frames                         # noqa: E402
from jsonfiles import Failed, JsonFiles                 # noqa: E402
from packet import swap                                 # noqa: E402
from tap import Queue, SO_RCVBUFFORCE, Tap              # noqa: E402

SLOW = os.environ.get("FASTTRACK_SLOW") == "1"
CLONE_NEWNET, IP_TRANSPARENT = 0x40000000, 19
NAMES = ("orig", "reply")
LIBC = ctypes.CDLL(None, use_errno=True)


def both(word):
    return (ORIG, REPLY) if word == "b" else (DIRS[word],)


class Hosts(JsonFiles, Frames):
    def __init__(self):
        self.loop = Loop()
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.spaces, self.flows, self.taps = {}, {}, {}
        self.ports, self.queues = {}, {}
        self.ends = ("c", "s")
        self.engine = None

    # Namespaces

    def inside(self, space, call):
        fd = os.open("/run/netns/" + self.spaces[space], os.O_RDONLY)
        try:
            if LIBC.setns(fd, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            return call()
        finally:
            os.close(fd)
            LIBC.setns(self.home, CLONE_NEWNET)

    def maker(self, space):
        def make(family, kind):
            sock = self.inside(space, lambda: socket.socket(family, kind))
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            if space == "r":            # a proxy, for any address
                sock.setsockopt(socket.IPPROTO_IP, IP_TRANSPARENT, 1)
            if family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, pk.TOS)
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS,
                                pk.TOS)
            return sock
        return make

    def raw(self, space, device):
        def make():
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                 socket.htons(3))
            sock.bind((device, 3))
            return sock
        return self.inside(space, make)

    def do_ns(self, alias, name):
        self.spaces[alias] = name
        while alias == "s" and Tcp.listeners:       # those of the old one
            Tcp.listeners.popitem()[1].close()

    # Connections

    def do_between(self, client, server):
        """Where the ends of what is opened from now on are."""
        self.ends = client, server

    def do_say(self, name, *words):
        """A line of text from the client, in the middle of a protocol that has
        no messages; the connection can carry nothing else after that."""
        flow = self.flows[name]
        for sock in flow.socks:
            self.loop.forget(sock)
        flow.socks[0].send(" ".join(words).encode() + b"\r\n")

    def do_udp(self, name, src, sport, dst, dport, srv, vport, zero="0"):
        flow = self.flows[name] = Udp(name, self.loop)
        flow.open(*map(self.maker, self.ends), (src, int(sport)),
                  (dst, int(dport)), (srv, int(vport)), zero != "0")

    def do_tcp(self, name, src, sport, dst, dport, srv, vport, patience="5"):
        flow = self.flows[name] = Tcp(name, self.loop)
        flow.where = ((src, int(sport)), (dst, int(dport)), (srv, int(vport)))
        flow.open(*map(self.maker, self.ends), *flow.where,
                  float(patience))

    def do_reopen(self, name, patience="10"):
        """The same ports once more, after close."""
        flow = self.flows[name]
        flow.renew()
        flow.open(*map(self.maker, self.ends), *flow.where,
                  float(patience))

    def do_close(self, name, how="fin", end="b"):
        flow = self.flows[name]
        flow.stop()
        for which in both(end):
            flow.close_end(which, how)

    def transfer(self, name, direction, count, size, patience=10.0):
        """@count messages, and all of them arrive."""
        flow = self.flows[name]
        start, done = flow.rx[direction], 0
        while done < count:
            part = min(count - done, max(1, min(32, 65536 // size)))
            for _ in range(part):
                flow.send(direction, size)
            done += part
            if not self.loop.run(lambda: flow.rx[direction] >= start + done,
                                 patience):
                raise Failed("%s %s: %d of %d messages arrived" % (
                    name, NAMES[direction], flow.rx[direction] - start, count))
        if flow.errors:
            raise Failed("%s: %s" % (name, flow.errors[0]))

    def do_send(self, name, dirs, count, size, patience="10"):
        for direction in both(dirs):
            self.transfer(name, direction, int(count), int(size),
                          float(patience))

    def do_bg(self, name, millis, size, dirs="b"):
        """Messages at regular times until nobg."""
        flow = self.flows[name]
        flow.stop()

        def tick():
            for direction in both(dirs):
                flow.send(direction, int(size))
        flow.timer = self.loop.every(float(millis) / 1000, tick)

    def do_nobg(self, *names):
        for name in names:
            self.flows[name].stop()

    def do_idle(self, millis):
        self.loop.run(lambda: False, float(millis) / 1000)

    def do_settle(self, millis="60"):
        """Until nothing has been seen on the taps for so long."""
        end = time.monotonic() + 10
        while True:
            was = [t.drain() for t in self.taps.values()]
            self.do_idle(millis)
            if was == [t.drain() for t in self.taps.values()]:
                return
            if time.monotonic() > end:
                raise Failed("traffic does not end")

    def do_wait(self, name, dirs, count, patience):
        """@count more messages arrive, in time."""
        flow = self.flows[name]
        for direction in both(dirs):
            goal = flow.rx[direction] + int(count)
            if not self.loop.run(lambda: flow.rx[direction] >= goal,
                                 float(patience)):
                raise Failed("%s %s: %d messages missing" % (
                    name, NAMES[direction], goal - flow.rx[direction]))
        if flow.errors:
            raise Failed("%s: %s" % (name, flow.errors[0]))

    def do_fresh(self, name, direction, patience):
        """A message sent from now on arrives, in time."""
        flow, way = self.flows[name], DIRS[direction]
        goal = flow.tx[way]
        start = time.monotonic()
        if not self.loop.run(lambda: flow.last[way] >= goal, float(patience)):
            raise Failed("%s %s: nothing new arrives" % (name, NAMES[way]))
        return "%d ms" % ((time.monotonic() - start) * 1000)

    def do_stops(self, name, direction, quiet, patience):
        """Within @patience nothing arrives any more, for @quiet ms."""
        flow, way = self.flows[name], DIRS[direction]
        start = time.monotonic()
        while True:
            was = flow.rx[way]
            self.do_idle(quiet)
            now = time.monotonic() - start
            if flow.rx[way] == was:
                return "%d ms" % (now * 1000 - float(quiet))
            if now > float(patience) + float(quiet) / 1000:
                raise Failed("%s %s: traffic goes on" % (name, NAMES[way]))

    def do_seq(self, name, direction="o"):
        """Number of the next message to be sent."""
        return self.flows[name].tx[DIRS[direction]]

    def do_stat(self, name):
        flow = self.flows[name]
        return "tx %d %d rx %d %d errors %s" % (*flow.tx, *flow.rx,
                                                ";".join(flow.errors) or "-")

    # Taps

    def do_tap(self, name, space, device, side):
        """@side: 0 client's addresses are seen here, 1 server's."""
        self.taps[name] = Tap(self.raw(space, device), int(side))

    def do_untap(self, name):
        self.taps.pop(name).sock.close()

    def do_clear(self, *names):
        for name in names or self.taps:
            self.taps[name].clear()

    def on_tap(self, tap, flow, direction, out=None):
        t = flow.server if tap.side else flow.client
        return tap.packets(swap(t) if direction else t, out)

    def do_count(self, tap, name, direction):
        """Packets and bytes of a connection, as conntrack counts them."""
        found = self.on_tap(self.taps[tap], self.flows[name], DIRS[direction])
        return "%d %d" % (len(found), sum(f.packet.wirelen for f in found))

    def do_messages(self, tap, name, direction, since="0", before="inf"):
        """Messages seen on a tap in plaintext with at least that number, and
        a lower one than @before."""
        tap, flow = self.taps[tap], self.flows[name]
        return sum(1 for _, seq in tap.messages(flow, DIRS[direction])
                   if int(since) <= seq < float(before))

    def do_order(self, tap, name, direction, since="0"):
        tap, flow = self.taps[tap], self.flows[name]
        return " ".join(str(seq) for _, seq in
                        tap.messages(flow, DIRS[direction])
                        if seq >= int(since))

    def each_once(self, tap, name, direction, since, what):
        tap, flow = self.taps[tap], self.flows[name]
        seen = [str(what(frame)) for frame, seq in
                tap.messages(flow, DIRS[direction]) if seq >= int(since)]
        return " ".join(dict.fromkeys(seen))

    def do_macs(self, tap, name, direction, since="0"):
        """Where the messages with at least that number went, each once."""
        return self.each_once(tap, name, direction, since, lambda f: f.dmac)

    def do_ports(self, tap, name, direction, since="0"):
        """The same for source ports."""
        return self.each_once(tap, name, direction, since,
                              lambda f: f.packet.sport)

    def do_sources(self, tap, name, direction, since="0"):
        """The same for source addresses."""
        return self.each_once(tap, name, direction, since,
                              lambda f: f.packet.src)

    def do_ttls(self, tap, name, direction, since="0"):
        """The same for TTL or hop limit."""
        return self.each_once(tap, name, direction, since,
                              lambda f: f.packet.ttl)

    def do_toses(self, tap, name, direction, since="0"):
        """The same for TOS byte or traffic class."""
        return self.each_once(tap, name, direction, since,
                              lambda f: f.packet.tos)

    def do_sums(self, tap, name, direction):
        """Transport checksums that no device has to fill in any more: the sum
        over each packet, which is ffff if it is right, or none."""
        found = self.on_tap(self.taps[tap], self.flows[name], DIRS[direction])
        return " ".join(f.packet.l4_sum() for f in found if not f.partial)

    def do_headers(self, tap, name, direction):
        """TCP flags and options of the last segment of a connection."""
        found = self.on_tap(self.taps[tap], self.flows[name], DIRS[direction])
        if not found:
            raise Failed("no segment")
        p = found[-1].packet
        return "%02x %s" % (p.tcp()[2], p.tcp_options().hex())

    def do_headless(self, tap):
        """How many TCP segments say that their header has no length."""
        return sum(1 for f in self.taps[tap].frames
                   if f.packet.proto == pk.TCP and
                   not f.packet.data[f.packet.l4 + 12] >> 4)

    def do_protocol(self, tap, number):
        """Packets of that IP protocol seen on a tap."""
        tap = self.taps[tap]
        return sum(1 for f in tap.frames if f.packet.proto == int(number))

    def do_icmp(self, tap, kind, code):
        """ICMP errors seen: those with that type and code, of any family."""
        tap = self.taps[tap]
        found = []
        for frame in tap.frames:
            p = frame.packet
            if p.proto in (pk.ICMP, pk.ICMP6) and len(p.data) >= p.l4 + 8 and \
               p.data[p.l4] == int(kind) and p.data[p.l4 + 1] == int(code):
                found.append(p)
        if not found:
            raise Failed("no ICMP %s/%s" % (kind, code))
        inner = pk.Packet(found[-1].data[found[-1].l4 + 8:])
        return "%d %s %s %d %s %d" % (len(found), found[-1].src, inner.src,
                                      inner.sport, inner.dst, inner.dport)

    def verify(self, flow, direction, tap_in, tap_out):
        """What left is, byte for byte, what had to be made of what came."""
        sides = (tap_in, tap_out) if direction == ORIG else (tap_out, tap_in)
        came = self.on_tap(sides[0], flow, direction, False)
        left = self.on_tap(sides[1], flow, direction, True)
        lost = tap_in.lost() + tap_out.lost()
        if lost:
            raise Failed("taps lost %d packets" % lost)
        if len(came) != len(left):
            raise Failed("%d packets came, %d left" % (len(came), len(left)))
        to = (swap(flow.client) if direction else flow.server)
        for was, now in zip(came, left):
            if was.partial != now.partial:
                raise Failed("checksum state changed")
            text = pk.difference(was.packet, now.packet, to, was.partial)
            if text:
                raise Failed("%s %s: %s" % (flow.name, NAMES[direction], text))
        return came

    def do_verify(self, name, dirs, tap0, tap1):
        counts = [len(self.verify(self.flows[name], d, self.taps[tap0],
                                  self.taps[tap1])) for d in both(dirs)]
        return " ".join(map(str, counts))

    def do_measure(self, name, count, size, tap0, tap1):
        """@count messages each way: all fast, counted and translated right."""
        flow, size = self.flows[name], int(size)
        self.do_settle()
        self.do_clear()
        before = self.connection(flow)
        for direction in (ORIG, REPLY):
            self.transfer(name, direction, int(count), size)
        self.do_settle()
        after = self.connection(flow)
        told = []
        for direction in (ORIG, REPLY):
            came = self.verify(flow, direction, self.taps[tap0],
                               self.taps[tap1])
            if flow.socks[0].type == socket.SOCK_DGRAM and \
               len(came) != int(count):
                raise Failed("%d packets on the wire" % len(came))
            want = len(came), sum(f.packet.wirelen for f in came)
            told.append("%d/%d" % want)
            if SLOW:
                continue
            got = tuple(after[NAMES[direction]][key] -
                        before[NAMES[direction]][key]
                        for key in ("packets", "bytes"))
            if got != want:
                raise Failed("%s %s: fast %d packets %d bytes, wire %d and %d"
                             " (state %s, reason %s)" % (
                                 name, NAMES[direction], *got, *want,
                                 after[NAMES[direction]]["state"],
                                 after[NAMES[direction]].get("reason")))
        return " ".join(told)

    # The router's queues

    def do_queue(self, name, space, number):
        sock = self.inside(space, lambda: socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW, 12))
        self.queues[name] = Queue(sock, self.loop, int(number))

    def do_held(self, name, count, patience):
        queue = self.queues[name]
        if not self.loop.run(lambda: len(queue.held) >= int(count),
                             float(patience)):
            raise Failed("%d packets in the queue" % len(queue.held))
        return " ".join(str(seq) for _, seq in queue.held)

    def do_release(self, name):
        return self.queues[name].release()

    # The engine

    def connection(self, flow):
        """The engine's entry of @flow, or {} if there is none."""
        if SLOW:
            return {}
        if self.engine is None:
            self.engine = self.inside("r", ft_dump.Fasttrack)
        t = flow.client
        for entry in self.engine.connections():
            got = entry["orig"]["tuple"]
            if (got["src"], got["src-port"], got["dst"], got["dst-port"]) == \
               tuple(t) and (entry["protocol"] == pk.TCP) == \
               isinstance(flow, Tcp):
                return entry
        return {}

    def do_engine(self, *words):
        """Settings of the engine: NAME=VALUE."""
        if SLOW:
            return
        if self.engine is None:
            self.engine = self.inside("r", ft_dump.Fasttrack)
        self.engine.set(words)

    def do_request(self, what, *words):
        """A request as ft_dump.py has it; of a list only its length."""
        if self.engine is None:
            self.engine = self.inside("r", ft_dump.Fasttrack)
        answer = getattr(self.engine, what)(*words)
        return len(answer) if isinstance(answer, list) else \
            json.dumps(answer)

    def do_forget(self):
        """Close the engine's socket."""
        if self.engine:
            self.engine.close()
        self.engine = None

    def do_ft(self, name):
        """State of a connection in the engine, in one line."""
        entry = self.connection(self.flows[name])
        if not entry:
            raise Failed("not in the table")
        text = "%s %s" % (entry["state"], entry.get("reason", "-"))
        for name in NAMES:
            d = entry[name]
            text += " %s %s %d %d %s" % (name, d["state"], d["packets"],
                                         d["bytes"], d.get("reason", "none"))
        return text

    def do_fast(self, name, dirs, patience="5"):
        """Fast packets are counted from now on, under traffic."""
        flow = self.flows[name]
        if SLOW:
            return None
        was = self.connection(flow)

        def more():
            now = self.connection(flow)
            return now and all(
                now[NAMES[d]]["packets"] >
                (was[NAMES[d]]["packets"] if was and was["id"] == now["id"]
                 else 0)
                for d in both(dirs))
        end = time.monotonic() + float(patience)
        while not more():
            if time.monotonic() > end:
                raise Failed("not fast: " + self.told(flow))
            self.do_idle(20)
        return None

    def do_reason(self, name):
        """How often the engine gave that reason."""
        if SLOW:
            return 0
        if self.engine is None:
            self.engine = self.inside("r", ft_dump.Fasttrack)
        return self.engine.reasons()[name]

    def do_wasfast(self, name, dirs="b"):
        """Packets have been counted as fast."""
        flow = self.flows[name]
        entry = self.connection(flow)
        if not SLOW and not (entry and all(entry[NAMES[d]]["packets"]
                                           for d in both(dirs))):
            raise Failed("was never fast: " + self.told(flow))

    def told(self, flow):
        """What the engine can say about a connection that is not fast."""
        if SLOW:
            return "%d and %d messages arrived" % tuple(flow.rx)
        entry = self.connection(flow)
        if not entry:
            return "no entry; %s; " % self.do_stat(flow.name) + ", ".join(
                "%s %d" % (name, count)
                for name, count in self.engine.reasons().items() if count)
        return "%s %s" % (entry["state"], "; ".join(
            "%s %s" % (n, ", ".join("%s %s" % (k, v) for k, v in
                                    entry[n].items() if k != "tuple"))
            for n in NAMES))

    def do_notfast(self, name, patience, dirs="b"):
        """Within @patience no fast packet is counted any more."""
        flow = self.flows[name]
        if SLOW:
            return None
        start = time.monotonic()
        while True:
            was = self.connection(flow)
            self.do_idle(250)
            now = self.connection(flow)
            if not now or was and \
               all(now[NAMES[d]]["packets"] == was[NAMES[d]]["packets"]
                   for d in both(dirs)):
                return "%d ms" % ((time.monotonic() - start) * 1000)
            if time.monotonic() > start + float(patience):
                raise Failed("still fast")

    def do_arm(self, lease, *names):
        """Traffic on all these until each direction is armed with at least
        @lease ms to go."""
        flows = [self.flows[name] for name in names]
        end = time.monotonic() + 12

        def armed(flow):
            entry = self.connection(flow)
            return SLOW and min(flow.rx) > 3 or entry and all(
                entry[n]["state"] == "armed" and
                entry[n].get("lease", 0) >= int(lease) for n in NAMES)
        while True:
            flows = [flow for flow in flows if not armed(flow)]
            if not flows:
                return
            if time.monotonic() > end:
                raise Failed("%s is not armed: %s" % (flows[0].name,
                                                      self.told(flows[0])))
            for flow in flows:
                for direction in (ORIG, REPLY):
                    flow.send(direction, 64)
                    self.do_idle(2)
            self.do_idle(20)

    # The shell's side

    def command(self, line):
        words = shlex.split(line)
        try:
            result = getattr(self, "do_" + words[0])(*words[1:])
            return "ok" if result is None else "ok %s" % result
        except Failed as error:
            return "err %s" % error
        except Exception as error:      # pylint: disable=broad-except
            return "err %s: %s: %s" % (words[0], type(error).__name__, error)

    def main(self):
        buf = b""
        ready = []
        os.set_blocking(0, False)
        self.loop.watch(0, lambda: ready.append(1))
        while True:
            self.loop.run(lambda: ready, 3600)
            ready.clear()
            try:
                data = os.read(0, 4096)
            except BlockingIOError:
                continue
            if not data:
                return
            buf += data
            while b"\n" in buf:
                line, buf = buf.split(b"\n", 1)
                answer = self.command(line.decode())
                print(answer.replace("\n", " "), flush=True)
            ready.clear()


if __name__ == "__main__":
    Hosts().main()
