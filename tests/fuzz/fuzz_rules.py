#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""fuzz_rules.py WHO legacy|nft COUNT [SEED]: put COUNT rule sets with the
target FASTTRACK, right and spoilt, into the kernel by one of the back ends.

Owns: what has to hold: whatever the kernel took or refused, the engine knows of
just those rules that the kernel lists, and a right rule set goes in afterwards.
WHO is one of who.py.
"""
import collections
import errno
import os
import random
import struct
import subprocess
import sys
import time
import traceback

import blob
import genl
import mutate
import spec
import who as whom
import wire

here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(here, "../../Documentation/netlink/specs/fasttrack.yaml")
NAME = b"FASTTRACK\0"


class Legacy:
    """struct ipt_replace, of both families."""

    def __init__(self, rng):
        self.rng = rng
        self.tables = {f: blob.Tables(f) for f in (4, 6)}
        self.bases = {f: [self.base(f, n) for n in (0, 1, 3)]
                      for f in (4, 6)}

    def tool(self, family, *words):
        tool = f"ip{family if family == 6 else ''}tables-legacy"
        subprocess.run([tool, "-w", *words], check=True)

    def base(self, family, rules):
        """The table filter with so many rules, as the tool makes it."""
        self.tool(family, "-F")
        for _ in range(rules):
            self.tool(family, "-A", "FORWARD", "-m", "conntrack", "--ctstate",
                      "ESTABLISHED", "-j", "FASTTRACK")
        table = self.tables[family].info("filter")
        return (self.tables[family].head(table),
                self.tables[family].entries(table))

    def spoil_head(self, head):
        head = bytearray(head)
        at = self.rng.randrange(32, len(head) - 4, 4)
        head[at:at + 4] = struct.pack("=I", self.rng.choice(
            [0, 1, 0xff, 0xfffc, 100000, self.rng.randrange(4096)]))
        if self.rng.random() < 0.2:
            name = self.rng.choice([b"mangle", b"raw", b"nat", b"x" * 32, b""])
            head[:32] = name.ljust(32, b"\0")
        return bytes(head)

    def spoil_target(self, family, entries):
        """The target's own head and its data."""
        found = [at for _, at, name in blob.targets(family, entries)
                 if name == "FASTTRACK"]
        if not found:
            return mutate.flip(self.rng, entries)
        data, at = bytearray(entries), self.rng.choice(found)
        what = self.rng.randrange(5)
        if what == 0:
            data[at:at + 2] = struct.pack("=H", self.rng.choice(
                [0, 1, 31, 32, 36, 39, 41, 48, 0x7fff, 0xffff]))
        elif what == 1:
            data[at + 2 + self.rng.randrange(29)] = self.rng.randrange(256)
        elif what == 2:
            data[at + 31] = self.rng.randrange(256)
        elif what == 3:
            data[at + 32:at + 36] = self.rng.randbytes(4)
        else:
            data[at + 36:at + 40] = self.rng.randbytes(4)
        return bytes(data)

    def spoil_offsets(self, family, entries):
        """Where the target and the next entry are."""
        at, *_ = self.rng.choice(list(blob.targets(family, entries)))
        data = bytearray(entries)
        at += blob.HEAD[family] + self.rng.choice([0, 2])
        data[at:at + 2] = struct.pack("=H", self.rng.choice(
            [0, 1, 8, blob.ENTRY[family], 0x7ff8, 0xfff8, 0xffff,
             self.rng.randrange(1024)]))
        return bytes(data)

    def one(self):
        family = self.rng.choice([4, 6])
        head, entries = self.rng.choice(self.bases[family])
        what = self.rng.randrange(8)
        if what == 0:
            head = self.spoil_head(head)
        elif what == 1:
            entries = mutate.flip(self.rng, entries)
        elif what == 2:
            entries = entries[:self.rng.randrange(len(entries))]
        elif what in (3, 4, 5):
            entries = self.spoil_target(family, entries)
        elif what == 6:
            entries = self.spoil_offsets(family, entries)
        return self.put(family, head, entries)

    def put(self, family, head, entries):
        try:
            self.tables[family].put(head, entries)
            return 0
        except OSError as e:
            return e.errno

    def right(self):
        return [self.put(f, *self.bases[f][2]) for f in (4, 6)]

    def rules(self):
        """FASTTRACK targets that the kernel lists."""
        found = {}
        for family, tables in self.tables.items():
            found[family] = 0
            for name in tables.names():
                entries = tables.entries(tables.info(name))
                found[family] += sum(
                    target == "FASTTRACK" for _, _, target in
                    blob.targets(family, entries))
        return found


class Nft:
    """NFT_MSG_NEWRULE with an expression "target" of nft_compat."""

    FAMILIES = {4: 2, 6: 10}
    PLACES = [(b"filter\0", b"FORWARD\0")] * 6 + [
        (b"mangle\0", b"FORWARD\0"), (b"mangle\0", b"FORWARD\0"),
        (b"filter\0", b"INPUT\0"), (b"nat\0", b"loose\0"),
        (b"nat\0", b"FORWARD\0")]
    NEWTABLE, NEWCHAIN, NEWRULE, GETRULE, DELRULE = 0, 3, 6, 7, 8

    def __init__(self, rng):
        self.rng = rng
        self.sock = wire.Socket(wire.NETLINK_NETFILTER)
        self.added = 0
        for family in (2, 10, 1):
            for table, chain, hook in (("filter", "FORWARD", 2),
                                       ("mangle", "FORWARD", 2),
                                       ("filter", "INPUT", 1),
                                       ("nat", "loose", None)):
                self.make(family, table, chain, hook)

    def make(self, family, table, chain, hook):
        hooks = [[4, [[1, struct.pack("!I", hook)],
                      [2, struct.pack("!i", 0)]]],
                 [7, b"filter\0"]] if hook is not None else []
        self.batch([
            (self.NEWTABLE, family, [[1, table.encode() + b"\0"]]),
            (self.NEWCHAIN, family, [[1, table.encode() + b"\0"],
                                     [3, chain.encode() + b"\0"], *hooks])])

    def message(self, kind, family, tree, flags=0x400):
        return wire.message(10 << 8 | kind,
                            wire.REQUEST | wire.ACK | flags,
                            struct.pack("!BBH", family, 0, 0) +
                            spec.pack(tree))

    def batch(self, messages):
        """One transaction; the first error, or 0."""
        head = struct.pack("!BBH", 0, 0, 10)
        data = wire.message(0x10, wire.REQUEST, head)
        for kind, family, tree in messages:
            # NLM_F_CREATE, and NLM_F_APPEND for rules
            data += self.message(kind, family, tree,
                                 0xc00 if kind == self.NEWRULE else 0x400)
        data += wire.message(0x11, wire.REQUEST, head)
        found = [a.error for a in self.sock.ask(data) if a.error]
        return found[0] if found else 0

    def rule(self, table, chain, protocol=0):
        target = [[1, NAME], [2, struct.pack("!I", 0)], [3, bytes(8)]]
        return [[1, table], [2, chain],
                [4, [[1, [[1, b"target\0"], [2, target]]]]],
                [5, [[1, struct.pack("!I", protocol)],
                     [2, struct.pack("!I", 0)]]]]

    def spoil(self, tree):
        target = tree[2][1][0][1][1][1]
        what = self.rng.randrange(6)
        if what == 0:
            target[2][1] = self.rng.randbytes(self.rng.choice(
                [0, 1, 3, 4, 7, 8, 9, 16, 300]))
        elif what == 1:
            target[1][1] = struct.pack("!I", self.rng.choice(
                [1, 255, 256, 0xffffffff]))
        elif what == 2:
            target[0][1] = self.rng.choice(
                [b"FASTTRACK", b"FASTTRAC\0", b"\0", b"x" * 40 + b"\0",
                 b"FASTTRACK" + b"x" * 23])
        elif what == 3:
            mutate.spoil_tree(self.rng, tree)
        else:
            mutate.spoil_tree(self.rng, target)

    def one(self):
        if self.added > 50:
            self.flush()
        messages = []
        for _ in range(self.rng.choice([1, 1, 2, 4])):
            tree = self.rule(*self.rng.choice(self.PLACES))
            if self.rng.random() < 0.7:
                self.spoil(tree)
            messages.append((self.NEWRULE,
                             self.rng.choice([2] * 4 + [10] * 4 + [1]), tree))
        error = self.batch(messages)
        self.added += 0 if error else len(messages)
        return error

    def flush(self):
        for family in (2, 10, 1):
            for table in (b"filter\0", b"mangle\0", b"nat\0"):
                self.batch([(self.DELRULE, family, [[1, table]])])
        self.added = 0

    def right(self):
        return [self.batch([(self.NEWRULE, f, self.rule(b"filter\0",
                                                        b"FORWARD\0"))])
                for f in (2, 10)]

    def rules(self):
        found = {}
        for family, number in self.FAMILIES.items():
            listed = self.sock.ask(self.message(self.GETRULE, number, [],
                                                wire.DUMP))
            found[family] = sum(a.body.count(NAME) for a in listed
                                if a.error is None)
        return found


def agree(back_end, engine):
    """Do kernel and engine have the same rules? nf_tables lets go of a rule
    some time after it has gone from the list. Empty, or what differs."""
    end = time.monotonic() + 20
    while True:
        listed, known = back_end.rules(), engine.rules()
        if listed == known:
            return ""
        if time.monotonic() > end:
            return f"the kernel lists {listed}, the engine {known}"
        time.sleep(0.05)


def run(back_end, engine, count, told):
    """Whether all held."""
    for i in range(count):
        error = back_end.one()
        told[errno.errorcode.get(error, "taken")] += 1
        if i % 16 and i != count - 1:
            continue
        different = agree(back_end, engine)
        if different:
            print(f"round {i}: {different}")
            return False
    if any(back_end.right()) or not all(back_end.rules().values()):
        print("a right rule set does not go in")
        return False
    different = agree(back_end, engine)
    if different:
        print(f"at the end: {different}")
    return not different


def main():
    who, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.getrandbits(32)
    rng = random.Random(seed)
    # Nobody may not read the tree
    sets = spec.Spec(path, rng).sets
    whom.become(who)
    back_end = {"legacy": Legacy, "nft": Nft}[kind](rng)
    engine = genl.Family().number_by(sets)
    told = collections.Counter()
    good = run(back_end, engine, count, told)
    print(f"{who}, {kind}, seed {seed}: {count} rule sets: " + ", ".join(
        f"{n} {what}" for what, n in sorted(told.items(),
                                            key=lambda kv: -kv[1])))
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:
        traceback.print_exc()
        sys.exit(2)
