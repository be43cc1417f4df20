#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""nth.py PART [ARG...]: do something again and again, and let the first of its
allocations fail, then the second, until one time all of them succeed.

PART is requests (to the family), legacy or nft (rules), namespace (make one) or
module PATH (load it); "module" and "namespace"
begin with the last LAST (60) allocations, which are ours: the core's own come
first. LAST=0 means all.

Owns: /proc/thread-self/fail-nth (Documentation/fault-injection), and what has
to hold: what fails says so, changes nothing, and works the next time. Must not
know: how rule sets and requests are made, which are ../fuzz's.
"""
import collections
import ctypes
import errno
import os
import random
import struct
import subprocess
import sys
import time
import traceback

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../fuzz"))
# pylint: disable=wrong-import-position
import fuzz_rules
import genl
import spec
import wire

NEWNET = 0x40000000
FINIT_MODULE, DELETE_MODULE = 313, 176
SYSCALLS = ctypes.CDLL(None, use_errno=True)
# What an allocation that failed may be called
SHORT = {errno.ENOMEM, errno.ENOBUFS}


class Fault:
    """Allocations of this thread, counted."""

    def __init__(self):
        self.file = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        self.failed = 0
        self.told = collections.Counter()

    def run(self, n, function):
        """Let the nth allocation in function fail. Whether there were so many,
        and the function's error number."""
        os.pwrite(self.file, b"%d" % n, 0)
        try:
            error = function()
        except OSError as e:
            error = e.errno
        finally:
            left = int(os.pread(self.file, 20, 0).rstrip(b"\0\n") or 0)
            os.pwrite(self.file, b"0", 0)
        if not left:
            self.failed += 1
            self.told[errno.errorcode.get(error, "none")] += 1
        return not left, error

    def count(self, function):
        """How many there are."""
        many = 1 << 20
        os.pwrite(self.file, b"%d" % many, 0)
        try:
            function()
        finally:
            left = int(os.pread(self.file, 20, 0).rstrip(b"\0\n") or 0)
            os.pwrite(self.file, b"0", 0)
        return many - left


def complain(*words):
    print(*words)
    return False


class Requests:
    """Each request, each allocation. Settings change all or not at all."""

    def __init__(self):
        rng = random.Random(1)
        self.spec = spec.Spec(fuzz_rules.path, rng)
        self.family = genl.Family()

    def packed(self, name, **values):
        known = self.spec.sets[self.spec.operation(name).set]
        return b"".join(wire.attr(known[key.replace("_", "-")][0], value)
                        for key, value in values.items())

    def send(self, name, attributes, sock):
        operation = self.spec.operation(name)
        found = sock.ask(self.family.request(operation.number, attributes,
                                             operation.dump))
        errors = [a.error for a in found if a.error is not None]
        # The answer itself may be what found no memory
        return errors[0] if errors else errno.ENOBUFS

    def settings(self):
        found = self.family.sock.ask(self.family.request(
            self.spec.operation("setting-get").number))
        return found[0].body[4:]

    def all(self):
        """Requests, with what makes them change something each time."""
        number = iter(range(1 << 20))
        u32 = struct.Struct("=I").pack
        for name in ("status-get", "reason-get", "setting-get",
                     "connection-get", "flush"):
            yield name, lambda: b""
        yield "setting-set", lambda: self.packed(
            "setting-set", lease=u32(1000 + next(number)))
        # yes and no, from auto each time: hooks come and go
        for mode in (1, 2):
            yield "setting-set", lambda m=mode: self.packed(
                "setting-set", tracking=u32(m),
                lease=u32(1000 + next(number)))
        yield "connection-release", lambda: self.packed(
            "connection-release", mark=u32(77))

    def auto(self):
        self.send("setting-set", self.packed(
            "setting-set", tracking=struct.pack("=I", 0),
            lease=struct.pack("=I", 5000)), self.family.sock)

    def one(self, fault, name, attributes):
        for n in range(1, 1000):
            self.auto()
            wanted, before = attributes(), self.settings()
            # One whose dump failed stays unusable
            sock = wire.Socket(wire.NETLINK_GENERIC)
            short, error = fault.run(
                n, lambda: self.send(name, wanted, sock))
            sock.sock.close()
            if error and error not in SHORT:
                return complain(name, n, "error", error)
            if error and short and self.settings() != before and \
                    error != errno.ENOBUFS:
                return complain(name, n, "failed and has changed settings")
            if not short:
                return not error or complain(name, n, "error", error)
        return complain(name, "never succeeds")

    def run(self, fault):
        good = all([self.one(fault, *what) for what in self.all()])
        self.auto()
        return good


def rules(fault, kind):
    """The first rule of a family, which has the hooks put up."""
    rng = random.Random(1)
    back_end = {"legacy": fuzz_rules.Legacy, "nft": fuzz_rules.Nft}[kind](rng)
    engine = genl.Family().number_by(spec.Spec(fuzz_rules.path, rng).sets)

    def add(family):
        if kind == "legacy":
            return back_end.put(family, *back_end.bases[family][1])
        return back_end.batch([(back_end.NEWRULE,
                                back_end.FAMILIES[family],
                                back_end.rule(b"filter\0", b"FORWARD\0"))])

    def clear():
        if kind == "legacy":
            for family in (4, 6):
                back_end.put(family, *back_end.bases[family][0])
        else:
            back_end.flush()
        # The sweeper takes the hooks off
        time.sleep(0.1)

    for family in (4, 6):
        for n in range(1, 2000):
            clear()
            short, error = fault.run(n, lambda f=family: add(f))
            different = fuzz_rules.agree(back_end, engine)
            if different:
                return complain(kind, n, different)
            if not short:
                if error:
                    return complain(kind, n, "error", error)
                break
    clear()
    return True


def first(fault, function):
    """From which allocation on, and that all of it works."""
    total = fault.count(function)
    last = int(os.environ.get("LAST", "60"))
    print(f"{total} allocations")
    return max(1, total - last) if last else 1


def make_namespace():
    if SYSCALLS.unshare(NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    return 0


def namespace(fault):
    """Each ends when we are back in ours."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    n = first(fault, make_namespace)
    while True:
        SYSCALLS.setns(home, NEWNET)
        short, error = fault.run(n, make_namespace)
        if error and error not in SHORT:
            return complain("namespace", n, "error", error)
        if not short:
            return not error or complain("namespace", n, "error", error)
        n += 1


def load(path):
    with open(path, "rb") as file:
        if SYSCALLS.syscall(FINIT_MODULE, file.fileno(), b"", 0):
            raise OSError(ctypes.get_errno(), path)
    return 0


def loaded(name):
    with open("/proc/modules", encoding="ascii") as file:
        return any(line.split()[0] == name for line in file)


def module(fault, path):
    name = os.path.basename(path)[:-3]

    def unload():
        if loaded(name):
            subprocess.run(["rmmod", name], check=True)

    unload()
    n = first(fault, lambda: load(path))
    while True:
        unload()
        short, error = fault.run(n, lambda: load(path))
        if error and error not in SHORT:
            return complain(path, n, "error", error)
        if bool(error) == loaded(name):
            return complain(path, n, "error", error, "but loaded is",
                            loaded(name))
        if not short:
            return not error or complain(path, n, "error", error)
        n += 1


def main():
    part, fault = sys.argv[1], Fault()
    if part == "requests":
        good = Requests().run(fault)
    elif part == "namespace":
        good = namespace(fault)
    elif part == "module":
        good = module(fault, sys.argv[2])
    else:
        good = rules(fault, part)
    print(f"{part}: {fault.failed} allocations failed: " + ", ".join(
        f"{n} {what}" for what, n in fault.told.most_common()))
    # A test in which nothing failed has tested nothing
    return 0 if good and fault.failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:
        traceback.print_exc()
        sys.exit(2)
