# SPDX-License-Identifier: GPL-2.0
"""The family fasttrack, asked rightly.

Owns: its number and one request. Must not know: what is asked for.
"""
import struct
import sys

import wire


class Family:
    def __init__(self, name="fasttrack"):
        self.sock = wire.Socket(wire.NETLINK_GENERIC)
        self.number = self.resolve(name)

    def resolve(self, name):
        """CTRL_CMD_GETFAMILY of the controller, which is family 16."""
        body = struct.pack("BBH", 3, 1, 0)
        body += wire.attr(2, name.encode() + b"\0")
        for answer in self.sock.ask(wire.message(
                16, wire.REQUEST | wire.ACK, body)):
            for kind, value in wire.attrs(answer.body[4:]):
                if answer.kind == 16 and kind == 1:
                    return struct.unpack("=H", value)[0]
        return sys.exit(f"no family {name}")

    def request(self, command, attributes=b"", dump=False):
        flags = wire.REQUEST | wire.ACK | (wire.DUMP if dump else 0)
        return wire.message(self.number, flags,
                            struct.pack("BBH", command, 1, 0) + attributes)

    def rules(self):
        """FASTTRACK rules by family (4, 6), as status-get (1) has them."""
        found = {}
        for answer in self.sock.ask(self.request(1)):
            if answer.error is not None:
                continue
            for kind, value in wire.attrs(answer.body[4:]):
                if kind in self.families:
                    rules = dict(wire.attrs(value))[self.rules_attr]
                    found[self.families[kind]] = struct.unpack("=I", rules)[0]
        return found

    # By the specification; see Family.number_by()
    families = {}
    rules_attr = 0

    def number_by(self, sets):
        """Take the numbers of rules() from spec.Spec.sets."""
        status = sets["status"]
        self.families = {status["ipv4"][0]: 4, status["ipv6"][0]: 6}
        self.rules_attr = sets["family-status"]["rules"][0]
        return self
