#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Reader of the generic netlink family "fasttrack", in plain sockets.

Owns: requests and attributes as Documentation/netlink/specs/fasttrack.yaml
has them, on purpose apart from ftctl so that each can be checked by the other.
Must not know: what the numbers should be.

usage: ft_dump.py connections | status | reasons | settings | flush
       ft_dump.py set NAME=VALUE...        (the kernel's units: ms, 0/1, number)
"""
import errno
import json
import os
import socket
import struct
import sys

NETLINK_GENERIC = 16
SOL_NETLINK, NETLINK_EXT_ACK = 270, 11
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_TYPE_MASK = 0x3fff

(CMD_STATUS, CMD_REASON, CMD_SETTING_GET, CMD_SETTING_SET, CMD_CONNECTION,
 CMD_FLUSH) = range(1, 7)

FLOW_STATES = "candidate active closing".split()
DIR_STATES = "unarmed armed held".split()
SETTINGS = {"enabled": (1, "B"), "lease": (2, "I"), "table-limit": (3, "I")}


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
             10: ("idle", number)}
CONNECTION = {1: ("id", big), 2: ("zone", number), 3: ("family", number),
              4: ("protocol", number),
              5: ("state", lambda d: name_of(FLOW_STATES, number(d))),
              6: ("reason", reason), 7: ("orig", DIRECTION),
              8: ("reply", DIRECTION)}
FAMILY = {2: ("rules", number), 3: ("connections", number),
          4: ("active", number), 5: ("packets", number), 6: ("bytes", number)}
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


class Fasttrack:
    """A socket in the network namespace it was made in."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.bind((0, 0))
        self.sequence = 0
        self.family = None

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
        return self.family

    def call(self, command, table=None, dump=False, data=b""):
        family = self.resolve()
        payload = struct.pack("=BBH", command, 1, 0) + data
        flags = NLM_F_DUMP if dump else NLM_F_ACK
        rows = self.talk(family, flags, payload)
        return [decode(row, table) for row in rows] if table else rows

    def connections(self):
        return self.call(CMD_CONNECTION, CONNECTION, dump=True)

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
    try:
        if len(words) == 1 and words[0] in simple:
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
