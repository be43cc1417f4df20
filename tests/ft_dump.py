#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Reader of the generic netlink family "fasttrack", in plain sockets.

Owns: requests and attributes as Documentation/netlink/specs/fasttrack.yaml
has them, on purpose apart from ftctl so that each can be checked by the other.
Must not know: what the numbers should be.

usage: ft_dump.py connections [FILTER] | status | reasons | settings | flush
       ft_dump.py set NAME=VALUE...        (the kernel's units: ms, 0/1, number)
       ft_dump.py find protocol=N tuple=SRC,SPORT,DST,DPORT [id=N] [zone=N]
       ft_dump.py release FILTER
       ft_dump.py events FILE              (to the end; a JSON object a line)
where FILTER is what find takes, or of family=2|10 protocol=N mark=N
mark-mask=N src=ADDRESS[/LENGTH] dst=ADDRESS[/LENGTH] armed=0|1
"""
import errno
import ipaddress
import json
import os
import socket
import struct
import sys

NETLINK_GENERIC = 16
SOL_NETLINK, NETLINK_EXT_ACK = 270, 11
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_TYPE_MASK, NLA_F_NESTED = 0x3fff, 0x8000
NETLINK_ADD_MEMBERSHIP = 1

(CMD_STATUS, CMD_REASON, CMD_SETTING_GET, CMD_SETTING_SET, CMD_CONNECTION,
 CMD_FLUSH, CMD_FIND, CMD_RELEASE, CMD_FAST, CMD_RELEASED,
 CMD_CLOSED) = range(1, 12)

EVENTS = {CMD_FAST: "fast", CMD_RELEASED: "released", CMD_CLOSED: "closed"}
FLOW_STATES = "candidate active closing".split()
DIR_STATES = "unarmed armed held".split()
SETTINGS = {"enabled": (1, "B"), "lease": (2, "I"), "table-limit": (3, "I"),
            "ingress": (4, "I"), "tracking": (5, "I")}
# Numbers that a request about connections may have, and their form
NUMBERS = {"id": (1, ">I"), "zone": (2, "=H"), "family": (3, "=B"),
           "protocol": (4, "=B"), "mark": (9, "=I"), "mark-mask": (10, "=I"),
           "armed": (13, "=B")}
PREFIXES = {"src": 11, "dst": 12}


def reason_names():
    """The enum's names, read from the spec: one list, not two."""
    spec = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                        "Documentation/netlink/specs/fasttrack.yaml")
    names, inside = [], False
    with open(spec, encoding="utf-8") as file:
        for line in file:
            if line.startswith("    name: "):
                inside = line.split()[1] == "reason"
            elif line.startswith("attribute-sets:"):
                break
            elif inside and line.startswith("        name: "):
                names.append(line.split()[1])
    return names


REASONS = reason_names()


def name_of(names, number):
    return names[number] if number < len(names) else str(number)


def number(data):
    return int.from_bytes(data, sys.byteorder)


def big(data):
    return int.from_bytes(data, "big")


def text(data):
    return data.split(b"\0", 1)[0].decode()


def ipv4(data):
    return socket.inet_ntop(socket.AF_INET, data)


def ipv6(data):
    return socket.inet_ntop(socket.AF_INET6, data)


def reason(data):
    return name_of(REASONS, number(data))


TUPLE = {1: ("src", ipv4), 2: ("dst", ipv4), 3: ("src", ipv6),
         4: ("dst", ipv6), 5: ("src-port", big), 6: ("dst-port", big)}
DIRECTION = {2: ("tuple", TUPLE),
             3: ("state", lambda d: name_of(DIR_STATES, number(d))),
             4: ("reason", reason), 5: ("packets", number),
             6: ("bytes", number), 7: ("ifindex-in", number),
             8: ("ifindex-out", number), 9: ("lease", number),
             10: ("idle", number), 11: ("total-packets", number),
             12: ("total-bytes", number)}
CONNECTION = {1: ("id", big), 2: ("zone", number), 3: ("family", number),
              4: ("protocol", number),
              5: ("state", lambda d: name_of(FLOW_STATES, number(d))),
              6: ("reason", reason), 7: ("orig", DIRECTION),
              8: ("reply", DIRECTION), 9: ("mark", number),
              15: ("status", number), 16: ("obstacle", reason),
              17: ("count", number)}
FAMILY = {2: ("rules", number), 3: ("connections", number),
          4: ("active", number), 5: ("packets", number),
          6: ("bytes", number), 7: ("forwarded", number)}
STATUS = {1: ("version", text), 2: ("enabled", number), 3: ("ipv4", FAMILY),
          4: ("ipv6", FAMILY), 5: ("table-limit", number),
          6: ("table-buckets", number)}
REASON = {2: ("reason", number), 3: ("name", text), 4: ("packets", number)}
SETTING = {n: (name, number) for name, (n, _) in SETTINGS.items()}


def attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            raise ValueError("attribute shorter than its header")
        yield kind & NLA_TYPE_MASK, data[4:length]
        data = data[(length + 3) & ~3:]


def decode(data, table):
    """Attributes as a dictionary; one we do not know is kept by number."""
    result = {}
    for kind, value in attributes(data):
        name, how = table.get(kind, (None, None))
        if name is None:
            if kind != 1:                   # pad
                result["unknown-%d" % kind] = value.hex()
        elif isinstance(how, dict):
            result[name] = decode(value, how)
        else:
            result[name] = how(value)
    return result


def attribute(kind, value):
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + b"\0" * (-length % 4)


def nest(kind, parts):
    return attribute(kind | NLA_F_NESTED, b"".join(parts))


def prefix(kind, word):
    """ADDRESS or ADDRESS/LENGTH; the kernel is to judge the length."""
    address, _, length = word.partition("/")
    packed = ipaddress.ip_address(address).packed
    parts = [attribute(1 if len(packed) == 4 else 2, packed)]
    if length:
        parts.append(attribute(3, struct.pack("=B", int(length))))
    return nest(kind, parts)


def tuple_of(word):
    src, sport, dst, dport = word.split(",")
    src, dst = (ipaddress.ip_address(a).packed for a in (src, dst))
    return nest(14, [attribute(1 if len(src) == 4 else 3, src),
                     attribute(2 if len(dst) == 4 else 4, dst),
                     attribute(5, struct.pack(">H", int(sport))),
                     attribute(6, struct.pack(">H", int(dport)))])


def about(words):
    """The attributes of NAME=VALUE words."""
    data = b""
    for word in words:
        name, value = word.split("=", 1)
        if name == "tuple":
            data += tuple_of(value)
        elif name in PREFIXES:
            data += prefix(PREFIXES[name], value)
        else:
            kind, form = NUMBERS[name]
            data += attribute(kind, struct.pack(form, int(value, 0)))
    return data


class Fasttrack:
    """A socket in the network namespace it was made in."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.bind((0, 0))
        self.sequence = 0
        self.family = None
        self.group = None

    def close(self):
        self.sock.close()

    def talk(self, family, flags, payload):
        """Sends one request; returns the payloads of all answers."""
        self.sequence += 1
        header = struct.pack("=IHHII", 16 + len(payload), family,
                             NLM_F_REQUEST | flags, self.sequence, 0)
        self.sock.send(header + payload)
        answers = []
        while True:
            data = self.sock.recv(1 << 18)
            while len(data) >= 16:
                length, kind, mflags, seq, _ = struct.unpack_from("=IHHII",
                                                                  data)
                body, data = data[16:length], data[(length + 3) & ~3:]
                if seq != self.sequence:
                    continue
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    code = struct.unpack_from("=i", body)[0] if body else 0
                    if code:
                        raise OSError(-code, self.explain(-code, kind, mflags,
                                                          body))
                    return answers
                answers.append(body[4:])

    @staticmethod
    def explain(code, kind, flags, body):
        """The kernel's own words if it has some (NLM_F_ACK_TLVS)."""
        if flags & 0x200:
            at = 4
            if kind == NLMSG_ERROR:
                at = 4 + (16 if flags & 0x100 else
                          struct.unpack_from("=I", body, 4)[0])
            for what, value in attributes(body[at:]):
                if what == 1:
                    return text(value)
        return os.strerror(code)

    def resolve(self):
        if self.family is None:
            payload = struct.pack("=BBH", 3, 2, 0)
            payload += attribute(2, b"fasttrack\0")
            found = dict(attributes(self.talk(16, NLM_F_ACK, payload)[0]))
            self.family = number(found[1])
            for _, group in attributes(found.get(7, b"")):
                group = dict(attributes(group))
                if text(group[1]) == "connections":
                    self.group = number(group[2])
        return self.family

    def call(self, command, table=None, dump=False, data=b""):
        family = self.resolve()
        payload = struct.pack("=BBH", command, 1, 0) + data
        flags = NLM_F_DUMP if dump else NLM_F_ACK
        rows = self.talk(family, flags, payload)
        return [decode(row, table) for row in rows] if table else rows

    def connections(self, *words):
        return self.call(CMD_CONNECTION, CONNECTION, dump=True,
                         data=about(words))

    def find(self, *words):
        return self.call(CMD_FIND, CONNECTION, data=about(words))[0]

    def release(self, *words):
        return self.call(CMD_RELEASE, CONNECTION, data=about(words))[0]

    def events(self, path):
        """Listens until it is killed."""
        self.resolve()
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.group)
        with open(path, "a", encoding="utf-8") as file:
            print(json.dumps({"event": "listening"}), file=file, flush=True)
            while True:
                data = self.sock.recv(1 << 16)
                event = decode(data[20:], CONNECTION)
                event["event"] = EVENTS[data[16]]
                print(json.dumps(event), file=file, flush=True)

    def status(self):
        return self.call(CMD_STATUS, STATUS)[0]

    def reasons(self):
        return {r["name"]: r["packets"]
                for r in self.call(CMD_REASON, REASON, dump=True)}

    def settings(self):
        return self.call(CMD_SETTING_GET, SETTING)[0]

    def set(self, words):
        data = b""
        for word in words:
            name, value = word.split("=", 1)
            kind, form = SETTINGS[name]
            data += attribute(kind, struct.pack("=" + form, int(value)))
        self.call(CMD_SETTING_SET, data=data)

    def flush(self):
        self.call(CMD_FLUSH)


def main(words):
    simple = {"connections", "status", "reasons", "settings", "flush"}
    filtered = {"connections", "find", "release", "events"}
    try:
        if words and words[0] in filtered:
            result = getattr(Fasttrack(), words[0])(*words[1:])
        elif len(words) == 1 and words[0] in simple:
            result = getattr(Fasttrack(), words[0])()
        elif len(words) > 1 and words[0] == "set":
            result = Fasttrack().set(words[1:])
        else:
            print(__doc__.split("\n\n")[-1].strip(), file=sys.stderr)
            return 1
    except OSError as error:
        print("ft_dump.py: %s" % error, file=sys.stderr)
        return 3 if error.errno == errno.ENOENT else 2
    if result is not None:
        print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
