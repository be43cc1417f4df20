#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""fuzz_netlink.py WHO COUNT [SEED]: send COUNT messages, right and spoilt, to
the family fasttrack in this namespace.

WHO is one of who.py.

Owns: what every answer has to be like. What it does to the kernel is seen in
the log and by ft_fuzz.sh.

 - Whoever asks gets an answer, a right error with a text that says what is
   wrong, and the next right request is answered as ever.
 - Who may not write gets EPERM for each request that needs the privilege.
"""
import collections
import errno
import os
import random
import sys
import traceback

import genl
import mutate
import spec
import who as whom
import wire

here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(here, "../../Documentation/netlink/specs/fasttrack.yaml")
ALLOWED = {0, errno.EINVAL, errno.ENOENT, errno.EPERM, errno.EOPNOTSUPP,
           errno.ERANGE, errno.EMSGSIZE, errno.EAFNOSUPPORT,
           errno.EPROTONOSUPPORT}
# Those that wait for a grace period come less often
WEIGHT = {"setting-set": 1, "flush": 1}
# The core says these by number alone
TERSE = {0, errno.EPERM, errno.EOPNOTSUPP}


class Fuzz:
    def __init__(self, who, seed):
        self.rng = random.Random(seed)
        # Nobody may not read the tree
        self.spec = spec.Spec(path, self.rng)
        self.weights = [WEIGHT.get(o.name, 4) for o in self.spec.operations]
        whom.become(who)
        self.may = whom.may_write(who)
        self.family = genl.Family(self.spec.name)
        self.sock = self.family.sock
        self.told = collections.Counter()
        self.wrong = 0

    def request(self, operation, tree):
        return self.family.request(operation.number, spec.pack(tree),
                                   operation.dump)

    def complain(self, what, operation, data, found):
        self.wrong += 1
        if self.wrong <= 5:
            print(f"{operation.name}: {what}: sent {data.hex()},"
                  f" got {[a[:3] for a in found]}")

    def judge(self, operation, data, found, kind):
        """kind: right, whole (spoilt, but lengths are true) or broken."""
        for answer in found:
            if answer.error is None:
                self.told["replies"] += 1
                continue
            self.told[errno.errorcode.get(answer.error, "done")] += 1
            if answer.error not in ALLOWED:
                self.complain("error", operation, data, found)
            elif (kind != "broken" and answer.error not in TERSE and
                  not answer.text):
                self.complain("no text", operation, data, found)
        if kind == "broken":
            return
        if not any(a.error is not None for a in found):
            self.complain("no answer", operation, data, found)
        elif operation.admin and not self.may and any(
                a.error not in (errno.EPERM, errno.EINVAL, errno.ERANGE)
                for a in found):
            self.complain("allowed", operation, data, found)
        elif operation.admin and not self.may and kind == "right" and any(
                a.error != errno.EPERM for a in found):
            self.complain("not EPERM", operation, data, found)

    def one(self):
        operation = self.rng.choices(self.spec.operations,
                                     self.weights)[0]
        tree = self.spec.request(operation)
        kind = "right"
        # A nest without attributes and too many attributes are whole as well
        if self.rng.random() < 0.6:
            kind = "whole" if mutate.spoil_tree(self.rng, tree) else "broken"
        data = self.request(operation, tree)
        if len(data) > 60000:
            return
        if self.rng.random() < 0.25:
            data = mutate.spoil_message(self.rng, data)
            kind = "broken"
        self.told[kind] += 1
        try:
            found = self.sock.ask(data)
        except OSError as e:
            self.complain(f"send: {e}", operation, data, [])
            return
        self.judge(operation, data, found, kind)
        if kind == "broken":
            self.probe(operation, data)

    def probe(self, spoilt, data):
        """Whatever came before, a right request is answered."""
        operation = self.spec.operation("setting-get")
        found = self.sock.ask(self.request(operation, []))
        if len(found) != 2 or found[0].error is not None or found[1].error:
            self.complain("the next request fails", spoilt, data, found)


def main():
    who, count = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.getrandbits(32)
    fuzz = Fuzz(who, seed)
    for _ in range(count):
        fuzz.one()
    told = ", ".join(f"{n} {what}" for what, n in
                     sorted(fuzz.told.items(), key=lambda kv: -kv[1]))
    print(f"{who}, seed {seed}: {count} messages: {told}")
    return 1 if fuzz.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:
        traceback.print_exc()
        sys.exit(2)
