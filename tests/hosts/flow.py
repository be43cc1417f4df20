# SPDX-License-Identifier: GPL-2.0
"""Connections between the two hosts, with every message numbered.

Owns: sockets, the form of a message, and the check that each arrives once, in
order (TCP) and byte for byte. Must not know: taps, rules, netlink.

A message is a header (magic, number of the flow, direction, sequence number,
length of the whole) and a pattern that follows from the sequence number, so
that any message can be recognised and verified wherever it turns up.
"""
import collections
import errno
import selectors
import socket
import struct
import time

from packet import Tuple, af

MAGIC = b"FTwx"
HEADER = struct.Struct("!4sHBxIH")
PATTERN = bytes((i * 7 + (i >> 8)) & 0xff for i in range(1 << 17))
MOST = 60000
TCP_REPAIR, SO_NO_CHECK = 19, 11
ORIG, REPLY = 0, 1


def message(flow, direction, seq, size):
    size = max(size, HEADER.size)
    start = seq % 251
    return (HEADER.pack(MAGIC, flow, direction, seq, size) +
            PATTERN[start:start + size - HEADER.size])


def parse(data):
    """(flow, direction, seq, size) of the message at the start of @data."""
    if len(data) < HEADER.size or data[:4] != MAGIC:
        return None
    return HEADER.unpack_from(data)[1:]


def find(data):
    """The message inside a captured frame, wherever it begins."""
    at = data.find(MAGIC)
    return parse(data[at:]) if at >= 0 else None


class Flow:
    """One connection; index ORIG or REPLY of a list is the direction."""
    count = 0

    def __init__(self, name, loop):
        Flow.count += 1
        self.name, self.id, self.loop = name, Flow.count, loop
        self.socks = [None, None]       # client's, server's
        self.tx, self.rx = [0, 0], [0, 0]
        self.last = [-1, -1]            # highest number that arrived
        self.errors = []
        self.out = [bytearray(), bytearray()]
        self.input = [bytearray(), bytearray()]
        self.timer = None
        self.arrived = [collections.deque(maxlen=4096) for _ in range(2)]
        self.client = self.server = None        # Tuples

    def fail(self, text):
        if len(self.errors) < 5:
            self.errors.append(text)

    def note(self, direction, data):
        """One whole message arrived; @direction it travelled in."""
        head = parse(data)
        if not head or data != message(self.id, direction, head[2], head[3]):
            self.fail("message damaged: %s" % (head or data[:24].hex(),))
            return
        seq = head[2]
        self.rx[direction] += 1
        self.last[direction] = max(self.last[direction], seq)
        self.arrived[direction].append(seq)

    def next_message(self, direction, size):
        data = message(self.id, direction, self.tx[direction], size)
        self.tx[direction] += 1
        return data

    def send(self, direction, size):
        raise NotImplementedError

    def stop(self):
        if self.timer:
            self.loop.cancel(self.timer)
            self.timer = None

    def close(self, how="fin"):
        """Both ends; @how: fin, rst, or none (the sockets just vanish)."""
        self.stop()
        for end in (ORIG, REPLY):
            self.close_end(end, how)

    def close_end(self, end, how="fin"):
        sock, self.socks[end] = self.socks[end], None
        if sock is None:
            return
        self.loop.forget(sock)
        if how == "rst":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        elif how == "none" and sock.type == socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        sock.close()


class Udp(Flow):
    def open(self, make_client, make_server, src, dst, srv, zero_csum=False):
        server = make_server(af(srv[0]), socket.SOCK_DGRAM)
        server.bind(srv)
        client = make_client(af(src[0]), socket.SOCK_DGRAM)
        if zero_csum:
            client.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
            server.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        client.bind(src)
        client.connect(dst)
        self.socks = [client, server]
        self.peer = None
        self.srv = srv
        self.client = Tuple(src[0], src[1], dst[0], dst[1])
        self.loop.watch(client, lambda: self.receive(REPLY))
        self.loop.watch(server, lambda: self.receive(ORIG))

    def receive(self, direction):
        """Messages travelling in @direction arrive at the other end."""
        sock = self.socks[1 - direction]
        while sock is not None:
            try:
                data, peer = sock.recvfrom(1 << 16)
            except BlockingIOError:
                return
            except OSError:             # an ICMP error; the tests tap those
                return
            if direction == ORIG:
                self.peer = peer
                self.server = Tuple(peer[0], peer[1], *self.srv[:2])
            self.note(direction, data)

    def send(self, direction, size):
        if direction == REPLY and self.peer is None:
            return
        if self.socks[direction] is None:
            return
        data = self.next_message(direction, size)
        try:
            if direction == ORIG:
                self.socks[ORIG].send(data)
            else:
                self.socks[REPLY].sendto(data, self.peer)
        except OSError:
            pass


class Tcp(Flow):
    listeners = {}                      # by address and port, they stay

    @classmethod
    def listen(cls, make, where):
        """The listener, without connections that nobody waited for."""
        listener = cls.listeners.get(where)
        if listener is None:
            listener = cls.listeners[where] = make(af(where[0]),
                                                   socket.SOCK_STREAM)
            listener.bind(where)
            listener.listen(8)
        try:
            while True:
                listener.accept()[0].close()
        except BlockingIOError:
            return listener

    def open(self, make_client, make_server, src, dst, srv, patience=5):
        listener = self.listen(make_server, srv)
        client = make_client(af(src[0]), socket.SOCK_STREAM)
        client.bind(src)
        try:
            client.connect(dst)
        except BlockingIOError:
            pass
        accepted = []

        def accept():
            try:
                accepted.append(listener.accept()[0])
            except OSError:
                pass
        self.loop.watch(listener, accept)
        good = self.loop.run(lambda: accepted, patience)
        self.loop.forget(listener)
        if not good:
            client.close()
            raise TimeoutError("no connection")
        server = accepted[0]
        server.setblocking(False)
        self.socks = [client, server]
        for sock in self.socks:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = server.getpeername()
        own = server.getsockname()
        self.client = Tuple(src[0], src[1], dst[0], dst[1])
        self.server = Tuple(peer[0], peer[1], own[0], own[1])
        self.loop.watch(client, lambda: self.receive(REPLY))
        self.loop.watch(server, lambda: self.receive(ORIG))

    def receive(self, direction):
        sock = self.socks[1 - direction]
        data = None
        if sock is None:
            return
        try:
            data = sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            self.fail("socket: " + errno.errorcode.get(error.errno, "?"))
        if not data:                    # closed by the peer or in error
            self.loop.forget(sock)
            return
        buf = self.input[direction]
        buf += data
        while len(buf) >= HEADER.size:
            head = parse(buf)
            if not head:
                self.fail("stream damaged")
                return
            if len(buf) < head[3]:
                break
            if head[2] != self.rx[direction]:
                self.fail("stream out of order")
            self.note(direction, bytes(buf[:head[3]]))
            del buf[:head[3]]

    def flush(self, direction):
        sock, out = self.socks[direction], self.out[direction]
        if sock is None:
            return
        try:
            while out:
                del out[:sock.send(out)]
        except BlockingIOError:
            pass
        except OSError as error:
            self.fail("socket: " + errno.errorcode.get(error.errno, "?"))
            out.clear()
        self.loop.want_write(sock, bool(out), lambda: self.flush(direction))

    def send(self, direction, size):
        if self.socks[direction] is None or len(self.out[direction]) > 1 << 20:
            return
        self.out[direction] += self.next_message(direction, size)
        self.flush(direction)

    def renew(self):
        """Numbers start again with a new connection of the same flow."""
        self.tx, self.rx, self.last = [0, 0], [0, 0], [-1, -1]
        self.out = [bytearray(), bytearray()]
        self.input = [bytearray(), bytearray()]


class Loop:
    """One thread, every socket, every timer."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.timers = {}
        self.writers = {}

    def watch(self, sock, call):
        self.selector.register(sock, selectors.EVENT_READ, call)

    def forget(self, sock):
        self.writers.pop(sock, None)
        try:
            self.selector.unregister(sock)
        except (KeyError, ValueError):
            pass

    def want_write(self, sock, wanted, call):
        try:
            key = self.selector.get_key(sock)
        except (KeyError, ValueError):
            return
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        if wanted:
            self.writers[sock] = call
        if mask != key.events:
            self.selector.modify(sock, mask, key.data)

    def every(self, interval, call):
        timer = object()
        self.timers[timer] = [time.monotonic(), interval, call]
        return timer

    def cancel(self, timer):
        self.timers.pop(timer, None)

    def fire(self):
        """Runs what is due; returns the seconds until the next one."""
        soonest = 1.0
        for entry in list(self.timers.values()):
            now = time.monotonic()
            if entry[0] <= now:
                entry[2]()
                entry[0] = max(entry[0] + entry[1], now - 0.05)
            soonest = min(soonest, max(entry[0] - now, 0))
        return soonest

    def run(self, until, patience):
        """Until @until() is true; False if that took over @patience seconds."""
        end = time.monotonic() + patience
        while True:
            if until():
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            for key, events in self.selector.select(min(self.fire(), left)):
                if events & selectors.EVENT_WRITE and key.fileobj in self.writers:
                    self.writers[key.fileobj]()
                if events & selectors.EVENT_READ:
                    key.data()
