"""Tests of tests/vm/verdict: texts in, numbers and words out.

Owns: the table of runs and how each must be judged.  Must not know: how a
virtual machine is run; nothing here starts one.

Run: /usr/bin/python3 -m unittest discover -s tests/unit
"""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

PATH = pathlib.Path(__file__).resolve().parents[1] / "vm" / "verdict"
sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("verdict", str(PATH))
verdict = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("verdict", LOADER))
LOADER.exec_module(verdict)


def klog(*inside, begin="ft_a.sh", end=True, done=True):
    """A kernel log in which one test ran; inside is what it logged."""
    lines = ["[    0.000000] Linux version 6.1.0",
             "[    0.100000] Kernel command line: oops=panic BUG WARNING: x",
             "[    4.000000] fasttrack-vm: taint 0",
             "[    4.100000] fasttrack-vm: start",
             f"[    5.000000] fasttrack-test: begin {begin}"]
    lines += [f"[    6.000000] {line}" for line in inside]
    if end:
        lines += ["[    7.000000] fasttrack-vm: taint 12288",
                  f"[    7.000000] fasttrack-test: end {begin}"]
    if done:
        lines += ["[    8.000000] fasttrack-vm: taint 12288",
                  "[    8.100000] fasttrack-vm: done 0"]
    return "\n".join(lines) + "\n"


def ktap(*inner, outer="ok 1 ft_a.sh", plan=1):
    """The output of a run of ft_a.sh; inner is what the script printed."""
    lines = ["TAP version 13", f"1..{plan}", "# Subtest: ft_a.sh"]
    lines += [f"# {line}" for line in inner]
    return "\n".join(lines + ([outer] if outer else [])) + "\n"


def race(*stack, said=None):
    """A report of KCSAN; the other side of the race is nobody's we know."""
    frames = []
    for name in stack:
        name, _, module = name.partition(" ")
        frames.append(f" {name}+0x12/0x340{' ' + module if module else ''}")
    return ["=" * 66, "BUG: KCSAN: data-race in a / b", "",
            "write (marked) to 0xffff88 of 8 bytes by interrupt on cpu 0:",
            *frames, *([said] if said else []), "",
            "read to 0xffff88 of 8 bytes by task 9 on cpu 1:",
            " b+0x1/0x2", " do_exit+0x1/0x2", "",
            "value changed: 0x01 -> 0x02", "",
            "Reported by Kernel Concurrency Sanitizer on:",
            "CPU: 1 PID: 9 Comm: x Tainted: G  O  6.1.0-kcsan #1",
            "Hardware name: QEMU", "=" * 66]


GOOD = ktap("TAP version 13", "1..2", "ok 1 one", "ok 2 two")
VERSION = "TAP version 13"

# name, ktap, klog, skips, (passed, failed, skipped), words in the report
TABLE = [
    ("all good", GOOD, klog(), "", (2, 0, 0), []),
    ("noise is not judged",
     ktap(VERSION, "hello", "1..1", "# a diagnostic, ok", "PING ok", "",
          "ok 1 - one"),
     klog("nf_fasttrack: loading out-of-tree module taints kernel.",
          "usb: Debugging on", "kmemleak: Kernel memory leak detector "
          "initialized", "kasan: KernelAddressSanitizer initialized"),
     "", (1, 0, 0), []),
    ("spaces as indentation",
     "TAP version 13\n1..1\n  TAP version 13\n  1..1\n  ok 1 one\n"
     "ok 1 ft_a.sh\n", klog(), "", (1, 0, 0), []),
    ("plan after the points", ktap(VERSION, "ok 1 one", "1..1"), klog(), "",
     (1, 0, 0), []),
    ("only innermost points count",
     ktap(VERSION, "1..1", "  1..2", "  ok 1 a", "  ok 2 b", "ok 1 one"),
     klog(), "", (2, 0, 0), []),
    ("two scripts",
     ktap(VERSION, "1..1", "ok 1 one", plan=2) + "# Subtest: ft_b.sh\n"
     "# TAP version 13\n# 1..1\n# not ok 1 other\nnot ok 2 ft_b.sh # exit=1\n",
     klog(), "", (1, 1, 0), ["ft_b.sh: not ok: other"]),

    ("not ok",
     ktap(VERSION, "1..2", "ok 1 one", "not ok 2 two",
          outer="not ok 1 ft_a.sh # exit=1"),
     klog(), "", (1, 1, 0), ["ft_a.sh: not ok: two"]),
    ("not ok and yet exit 0", ktap(VERSION, "1..1", "not ok 1 one"), klog(),
     "", (0, 1, 0), ["ft_a.sh: not ok: one"]),
    ("not ok is not excused by TODO",
     ktap(VERSION, "1..1", "not ok 1 one # TODO later"), klog(),
     "ft_a.sh one", (0, 1, 0), ["one todo later"]),
    ("not ok deep in the output",
     ktap(VERSION, "1..1", "  1..1", "  not ok 1 a", "ok 1 one"), klog(), "",
     (0, 1, 0), ["not ok: a"]),
    ("all points good, status bad",
     ktap(VERSION, "1..1", "ok 1 one", outer="not ok 1 ft_a.sh # exit=3"),
     klog(), "", (1, 1, 0), ["exit=3"]),

    ("unfinished plan", ktap(VERSION, "1..3", "ok 1 one"), klog(), "",
     (1, 1, 0), ["ft_a.sh: plan of 3 not finished, 1 seen"]),
    ("more than planned", ktap(VERSION, "1..1", "ok 1 one", "ok 2 two"),
     klog(), "", (2, 1, 0), ["plan of 1 not finished, 2 seen"]),
    ("no plan", ktap(VERSION, "ok 1 one"), klog(), "", (1, 1, 0),
     ["ft_a.sh: no plan, 1 seen"]),
    ("no KTAP at all", ktap("hello"), klog(), "", (0, 1, 0),
     ["ft_a.sh: printed no test plan"]),
    ("empty plan", ktap(VERSION, "1..0"), klog(), "", (0, 2, 0),
     ["empty plan"]),
    ("a number left out", ktap(VERSION, "1..2", "ok 1 one", "ok 3 three"),
     klog(), "", (2, 1, 0), ["number 3 where 2 was due"]),
    ("outer plan not finished",
     ktap(VERSION, "1..1", "ok 1 one", plan=2), klog(), "", (1, 1, 0),
     ["plan of 2 not finished, 1 seen"]),
    ("nothing ran", "", klog(), "", (0, 1, 0), ["no test ran"]),
    ("time-out of a script",
     ktap(VERSION, "1..2", "ok 1 one",
          outer="not ok 1 ft_a.sh # TIMEOUT 45 seconds"), klog(), "",
     (1, 2, 0), ["plan of 2 not finished", "killed by its time-out 45"]),

    ("skip on the list", ktap(VERSION, "1..1", "ok 1 one # SKIP no vrf"),
     klog(), "# comment\nft_a.sh o*  # why\n", (0, 0, 1), []),
    ("skip not on the list", ktap(VERSION, "1..1", "ok 1 one # SKIP no vrf"),
     klog(), "ft_a.sh two\nft_b.sh one\n", (0, 1, 0),
     ["ft_a.sh: one: skip is not on the list: no vrf"]),
    ("whole script skipped, listed",
     ktap(VERSION, "1..0 # SKIP no tool", outer="ok 1 ft_a.sh # SKIP"),
     klog(), "ft_a.sh *", (0, 0, 1), []),
    ("whole script skipped, unlisted",
     ktap(VERSION, "1..0 # SKIP no tool", outer="ok 1 ft_a.sh # SKIP"),
     klog(), "", (0, 1, 0), ["ft_a.sh", "no tool"]),
    ("status 4 and no output", ktap(outer="ok 1 ft_a.sh # SKIP"), klog(), "",
     (0, 1, 0), ["skip is not on the list"]),
    ("XFAIL counts as a skip", ktap(VERSION, "1..1", "ok 1 one # XFAIL odd"),
     klog(), "", (0, 1, 0), ["odd"]),

    ("vanished during a test",
     ktap(VERSION, "1..2", "ok 1 one", outer=None),
     klog(end=False, done=False), "", (1, 3, 0),
     ["ft_a.sh: plan of 2 not finished", "harness: plan of 1 not finished",
      "ft_a.sh: the machine vanished"]),
    ("vanished at boot", "", "[    0.000000] Linux version 6.1.0\n", "",
     (0, 2, 0), ["no test ran", "boot: the machine vanished"]),
    ("no kernel log", GOOD, "", "", (2, 1, 0), ["vanished"]),
    ("time-out of the machine", ktap(VERSION, "1..1", outer=None),
     klog(end=False, done=False) + "fasttrack-vm: timeout after 9 s\n", "",
     (0, 3, 0), ["ft_a.sh: the machine ran into its time-out of 9 s"]),

    ("taint of our modules is expected", GOOD, klog("fasttrack-vm: taint 4096"),
     "", (2, 0, 0), []),
    ("new taint", GOOD, klog("fasttrack-vm: taint 4608"), "", (2, 1, 0),
     ["ft_a.sh: kernel log: taint W"]),
    ("a taint that a test has explained", GOOD,
     klog("fasttrack-test: expect taint W, the core's own",
          "fasttrack-vm: taint 4608"), "", (2, 0, 0),
     ["ft_a.sh: taint W is expected: the core's own"]),
    ("a taint beside it", GOOD,
     klog("fasttrack-test: expect taint W, the core's own",
          "fasttrack-vm: taint 4736"), "", (2, 1, 0),
     ["ft_a.sh: kernel log: taint D"]),
    ("a warning in spite of it", GOOD,
     klog("fasttrack-test: expect taint W, the core's own",
          "WARNING: CPU: 0 PID: 1 at x.c:1"), "", (2, 1, 0),
     ["ft_a.sh: kernel log: WARNING:"]),
    ("one failure per test, each word named", GOOD,
     klog("WARNING: CPU: 0 PID: 1 at x.c:1", "Call Trace:", "WARNING: again"),
     "", (2, 1, 0), ["ft_a.sh: kernel log: WARNING:, Call Trace",
                     "at x.c:1"]),
    ("a data race of others", GOOD, klog(*race("__schedule", "ip_rcv")), "",
     (2, 0, 0), ["# 1 data races of others: 1 data-race in a / b"]),
    ("a data race of ours", GOOD,
     klog(*race("ft_slow [nf_fasttrack]", "ip_rcv")), "", (2, 1, 0),
     ["ft_a.sh: kernel log: BUG, KCSAN"]),
    ("a data race of what we called", GOOD,
     klog(*race("memcpy", "ft_slow [nf_fasttrack]")), "", (2, 1, 0),
     ["ft_a.sh: kernel log: BUG, KCSAN"]),
    ("a data race behind us", GOOD,
     klog(*race("dev_queue_xmit", "neigh_output", "ft_slow [nf_fasttrack]")), "",
     (2, 0, 0), []),
    ("a word in a report of others", GOOD,
     klog(*race("a", "b", said="WARNING: CPU: 0 at x.c:1")), "", (2, 1, 0),
     ["ft_a.sh: kernel log: WARNING:"]),
    ("a word behind a report that does not end", GOOD,
     klog(*race("a", "b")[:-1], "Kernel panic - not syncing"), "", (2, 1, 0),
     ["ft_a.sh: kernel log: Kernel panic"]),
    ("a word after the test", GOOD,
     klog() + "[    9.000000] BUG: late\n", "", (2, 1, 0),
     ["after ft_a.sh: kernel log: BUG"]),
]

# One line of each kind that the kernel would print.
CRASH_LINES = [
    ("BUG", "BUG: test"),
    ("BUG", "kernel BUG at net/core/skbuff.c:1!"),
    ("WARNING:", "WARNING: CPU: 0 PID: 1 at net/x.c:1 f+0x1/0x2"),
    ("Oops", "Oops: 0002 [#1] PREEMPT SMP NOPTI"),
    ("Kernel panic", "Kernel panic - not syncing: sysrq triggered crash"),
    ("KASAN", "BUG: KASAN: slab-use-after-free in f+0x1/0x2"),
    ("UBSAN", "UBSAN: array-index-out-of-bounds in net/x.c:1:2"),
    ("KCSAN", "BUG: KCSAN: data-race in a / b"),
    ("possible circular locking",
     "WARNING: possible circular locking dependency detected"),
    ("possible circular locking", "possible recursive locking detected"),
    ("inconsistent lock state", "WARNING: inconsistent lock state"),
    ("blocked", "INFO: task rmmod:99 blocked for more than 120 seconds."),
    ("suspicious RCU usage", "WARNING: suspicious RCU usage"),
    ("unreferenced object",
     "fasttrack-vm: kmemleak: unreferenced object 0xffff (size 64):"),
    ("kmemleak", "kmemleak: 3 new suspected memory leaks (see /sys/...)"),
    ("unregister_netdevice",
     "unregister_netdevice: waiting for veth0 to become free."),
    ("refcount_t:", "refcount_t: underflow; use-after-free."),
    ("general protection", "general protection fault, probably for ..."),
    ("unable to handle", "BUG: unable to handle page fault for address: 0"),
    ("Call Trace", "Call Trace:"),
    ("detected stall", "rcu: INFO: rcu_sched self-detected stall on CPU"),
    ("detected stall", "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:"),
    ("soft lockup", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s!"),
    ("Bad page", "BUG: Bad page state in process x pfn:1"),
    ("scheduling while atomic", "BUG: scheduling while atomic: x/1/0x2"),
    ("segfault", "ftctl[99]: segfault at 0 ip 0 sp 0 error 4 in ftctl"),
    ("log incomplete", "** 12 printk messages dropped **"),
]


class Verdict(unittest.TestCase):
    def test_table(self):
        for name, tap, log, skips, numbers, words in TABLE:
            with self.subTest(name):
                got = verdict.judge(tap, log, skips, "6.1")
                report = "\n".join(got.lines)
                self.assertEqual((got.passed, got.failed, got.skipped),
                                 numbers, report)
                for word in words:
                    self.assertIn(word, report)

    def test_crash_lines(self):
        for word, line in CRASH_LINES:
            with self.subTest(line):
                got = verdict.judge(GOOD, klog(line), "", "6.1")
                self.assertEqual((got.passed, got.failed), (2, 1), got.lines)
                self.assertRegex(got.lines[0],
                                 rf"ft_a\.sh: kernel log: .*{word}")
                self.assertIn(line, got.lines[-2] + got.lines[1])

    def test_summary(self):
        for skips, text in (("", "0 passed, 1 failed"),
                            ("ft_a.sh one", "0 passed, 0 failed, 1 skipped")):
            tap = ktap(VERSION, "1..1", "ok 1 one # SKIP x")
            got = verdict.judge(tap, klog(), skips, "6.1")
            self.assertEqual(got.summary(), text)

    def test_lone_script(self):
        """Without KTAP only the kernel log is judged."""
        self.assertEqual(verdict.judge(None, klog()).failed, 0)
        self.assertEqual(verdict.judge(None, klog("BUG: test")).failed, 1)


if __name__ == "__main__":
    unittest.main()
