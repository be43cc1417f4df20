#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""nth.py PART [ARG...]: do something again and again, and let the first of its
allocations fail, then the second, until one time all of them succeed.

PART is requests (to the family), legacy or nft (rules), namespace (make one) or
module PATH (load it). Of the last two most allocations are the core's own, and
every fourth fails. The kernel says where (failslab's verbose): those in which our
module has a part are looked for and all fail; with ALL=1 the others do, too.

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
INIT_MODULE = 175
SYSCALLS = ctypes.CDLL(None, use_errno=True)
# Ours stand together: how many others may be in between
APART = 8
# What an allocation that failed may be called
SHORT = {errno.ENOMEM, errno.ENOBUFS}


class Fault:
    """Allocations of this thread, counted."""

    def __init__(self):
        self.file = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        self.log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.log, 0, os.SEEK_END)
        self.failed = self.ours = 0
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

    def look(self):
        """Was it one of ours that failed?"""
        ours = False
        while True:
            try:
                ours = b"[nf_fasttrack" in os.read(self.log, 8192) or ours
            except BlockingIOError:
                self.ours += ours
                return ours
            except BrokenPipeError:
                pass

    def each(self, function):
        """Yield the numbers of allocations to fail in function, from the last:
        all, or a few until one was ours and then each of ours. Whoever asks for
        the next one has let that one fail."""
        total = self.count(function)
        print(f"{total} allocations")
        n, step, others = total, APART // 2, 0
        if os.environ.get("ALL"):
            step = 1
        while n > 0 and others < APART:
            yield n
            if not self.look():
                others += step == 1 and self.ours > 0
            elif step > 1:
                n, step = n + step, 1
            else:
                others = 0
            if os.environ.get("ALL"):
                others = 0
            n -= step

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


def make_namespace():
    if SYSCALLS.unshare(NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    return 0


def namespace(fault):
    """Each ends when we are back in ours. None of these allocations is our
    module's: the core makes its part of a namespace, and its counters are of
    each processor, which do not fail this way. What others call the want of
    memory is theirs (EPERM, for one), but who fails is where he was."""
    path = "/proc/thread-self/ns/net"
    home = os.open(path, os.O_RDONLY)
    place = os.fstat(home).st_ino
    for n in fault.each(make_namespace):
        SYSCALLS.setns(home, NEWNET)
        _, error = fault.run(n, make_namespace)
        if bool(error) == (os.stat(path).st_ino != place):
            return complain("namespace", n, "error", error, "but it is",
                            "made" if error else "not made")
    SYSCALLS.setns(home, NEWNET)
    return make_namespace() == 0


def load(image):
    if SYSCALLS.syscall(INIT_MODULE, image, len(image), b""):
        raise OSError(ctypes.get_errno(), "init_module")
    return 0


def loaded(name):
    with open("/proc/modules", encoding="ascii") as file:
        return any(line.split()[0] == name for line in file)


def module(fault, path):
    name = os.path.basename(path)[:-3]
    # Not by descriptor: 9p, where it is from, goes astray if it finds no memory
    with open(path, "rb") as file:
        image = file.read()

    def unload():
        if loaded(name):
            subprocess.run(["rmmod", name], check=True)

    unload()
    for n in fault.each(lambda: load(image)):
        unload()
        _, error = fault.run(n, lambda: load(image))
        if error and error not in SHORT:
            return complain(path, n, "error", error)
        if bool(error) == loaded(name):
            return complain(path, n, "error", error, "but loaded is",
                            loaded(name))
    unload()
    return load(image) == 0


def main():
    part, fault = sys.argv[1], Fault()
    if part == "requests":
        good = Requests().run(fault)
    elif part == "namespace":
        good = namespace(fault)
    elif part == "module":
        good = module(fault, sys.argv[2]) and fault.ours > 0
    else:
        good = rules(fault, part)
    print(f"{part}: {fault.failed} allocations failed, {fault.ours} of them "
          "seen to be ours: " + ", ".join(
              f"{n} {what}" for what, n in fault.told.most_common()))
    # A test in which nothing failed has tested nothing
    return 0 if good and fault.failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:
        traceback.print_exc()
        sys.exit(2)
