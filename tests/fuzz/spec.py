# SPDX-License-Identifier: GPL-2.0
"""The generic netlink family as its YAML specification has it, and messages
that are right by it.

Owns: numbers, types and random right values. Must not know: how messages are
spoilt (mutate.py) and what the kernel has to answer (fuzz_netlink.py).

A message is a tree: a list of [kind, value], value being bytes or such a list.
"""
import socket
import struct

import yaml

import wire

# Values with which requests find something: see ../router.sh
IPV4 = ["10.1.0.2", "10.2.0.2", "10.9.0.9", "10.2.0.1", "0.0.0.0"]
IPV6 = ["fd01::2", "fd02::2", "fd09::9", "fd02::1", "::"]
PORTS = [5001, 5002, 5003, 5004, 6003, 6004, 0]
# The one in C where there is one: under emulation that is a minute less
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WIDTH = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}


class Operation:
    def __init__(self, number, entry):
        self.number = number
        self.name = entry["name"]
        self.set = entry.get("attribute-set")
        self.admin = "uns-admin-perm" in entry.get("flags", [])
        self.dump = "dump" in entry
        request = entry.get("dump" if self.dump else "do") or {}
        self.attributes = request.get("request", {}).get("attributes", [])


class Spec:
    def __init__(self, path, rng):
        with open(path, encoding="utf-8") as file:
            tree = yaml.load(file, Loader=LOADER)
        self.name = tree["name"]
        self.rng = rng
        self.enums = {d["name"]: len(d["entries"])
                      for d in tree["definitions"] if d["type"] == "enum"}
        self.sets = {s["name"]: {a["name"]: (number, a) for number, a in
                                 enumerate(s["attributes"], 1)}
                     for s in tree["attribute-sets"]}
        self.operations = [Operation(number, entry) for number, entry in
                           enumerate(tree["operations"]["list"], 1)
                           if "notify" not in entry]

    def operation(self, name):
        return next(o for o in self.operations if o.name == name)

    def _binary(self, a):
        if a.get("display-hint") == "ipv6":
            return socket.inet_pton(socket.AF_INET6, self.rng.choice(IPV6))
        return self.rng.randbytes(a.get("checks", {}).get("exact-len", 16))

    def _number(self, name, a):
        checks = a.get("checks", {})
        top = (1 << 8 * struct.calcsize(WIDTH[a["type"]])) - 1
        low, high = checks.get("min", 0), checks.get("max", top)
        if "enum" in a:
            return self.rng.randrange(self.enums[a["enum"]])
        if a.get("display-hint") == "ipv4":
            packed = socket.inet_aton(self.rng.choice(IPV4))
            return struct.unpack("!I", packed)[0]
        if name.endswith("port"):
            return self.rng.choice(PORTS)
        if name in ("family", "protocol") and self.rng.random() < 0.9:
            return self.rng.choice({"family": [2, 10],
                                    "protocol": [6, 17]}[name])
        if not isinstance(low, int) or not isinstance(high, int):
            low, high = 0, top
        return self.rng.choice([low, high, self.rng.randint(low, high),
                                min(high, low + 1), min(high, low + 200)])

    def value(self, name, a):
        if a["type"] == "nest":
            return self.message(a["nested-attributes"],
                                self.sets[a["nested-attributes"]])
        if a["type"] == "binary":
            return self._binary(a)
        if a["type"] in ("string", "pad", "flag"):
            return b"x\0" if a["type"] == "string" else b""
        order = "!" if a.get("byte-order") == "big-endian" else "="
        return struct.pack(order + WIDTH[a["type"]], self._number(name, a))

    def tuple(self):
        """The names of a tuple's attributes, in one family nearly always."""
        family = self.rng.choice(["ipv4", "ipv6"])
        names = [f"src-{family}", f"dst-{family}", "src-port", "dst-port"]
        if self.rng.random() < 0.1:
            names.remove(self.rng.choice(names))
        return names

    def message(self, set_name, names):
        """A tree of the set's attributes, those of names or some of them."""
        known = self.sets[set_name]
        names = list(names)
        if set_name == "tuple":
            names = self.tuple()
        elif self.rng.random() < 0.8:
            names = [n for n in names if self.rng.random() < 0.5]
        return [[known[n][0], self.value(n, known[n][1])] for n in names]

    def request(self, operation):
        if not operation.attributes:
            return []
        return self.message(operation.set, operation.attributes)


def pack(tree):
    """The bytes of a tree."""
    out = b""
    for kind, value, *length in tree:
        if isinstance(value, list):
            value = pack(value)
            kind |= wire.NESTED
        out += wire.attr(kind, value, *length)
    return out
