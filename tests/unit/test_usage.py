# SPDX-License-Identifier: GPL-2.0
"""Command lines that are wrong: each is refused before anything is asked of the
kernel, with status 1 and one line that names the word at fault. Files and
namespaces that can't be opened are refused with status 2.

Owns: those lines. Must not know: what the commands do.
"""
import os
import re
import subprocess
import time
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
FTCTL = os.path.join(os.environ.get(
    "FT_SAN", os.path.join(TOP, "build/user/san")), "ftctl")

# A command line, and what is said of it in the line below.
CASES = """
nonsense
    unknown command 'nonsense' (see: ftctl help)
connection
    connection: a command is missing (see: ftctl help connection)
connection lists
    connection: unknown command 'lists' (see: ftctl help connection)
connection list sort
    sort: its value is missing
connection list sort bytes
    sort: 'bytes' is no property
connection list limit 0
    limit: '0' is not a number from 1
connection list limit
    limit: its value is missing
connection list limit=4294967296
    limit: '4294967296' is out of range (1 to 4294967295)
connection list limit 99999999999999999999
    limit: '99999999999999999999' is out of range (1 to 4294967295)
connection list limit x
    limit: 'x' is not a number from 1
connection list columns=
    columns: '' is no property
connection list columns=id,nope
    columns: 'nope' is no property
connection list interval=10ms
    interval: '10ms' is out of range (100ms to 1h)
connection list interval=99999999999999999999
    interval: '99999999999999999999' is out of range (100ms to 1h)
connection list interval=x
    interval: 'x' is not a time
connection list detail=1
    connection list: unknown word 'detail=1'
connection list sort id sort id
    sort is given twice
connection list limit=1 limit 2
    limit is given twice
connection list rates rates
    rates is given twice
connection list reverse
    reverse: there is no order without sort
-j connection list columns=id
    columns: JSON has all properties
-d connection list columns=id
    columns: a line of details has all properties
connection list columns=id detail
    columns: a line of details has all properties
connection list src-address
    connection list: unknown word 'src-address'
connection list src-address=
    src-address: '' is not an address
connection list src-port=70000
    src-port: '70000' is not a port or a range of ports
connection list connection-mark=x
    connection-mark: 'x' is not MARK or MARK/MASK
connection list zone=65536
    zone: '65536' is not a zone (0 to 65535)
connection list state=invalid
    state: 'invalid' is not new, established or related
connection list tcp-state=bad
    tcp-state: 'bad' is not a TCP state
connection list fasttrack=2
    fasttrack: '2' is not yes or no
connection list why-not=nope
    why-not: 'nope' is not a reason (see: ftctl reasons)
connection list device=nodev
    device: no device 'nodev'
connection list min-bytes=-1
    min-bytes: '-1' is not an amount (1000, 20k, 5M, 1Gi)
connection list min-bytes=99999999999999999999
    min-bytes: '99999999999999999999' is out of range (0 to 18446744073709551615)
connection list min-rate=x
    min-rate: 'x' is not an amount (1000, 20k, 5M, 1Gi)
connection list count=2
    connection list: unknown word 'count=2'
connection list protocol=udp protocol=tcp
    protocol is given twice
connection list src-address=10.0.0.1 dst-address=fd00::1
    dst-address is no address of ipv4
-6 connection list address=10.0.0.1
    address is no address of ipv6
connection show
    connection show: NAME=VALUE is missing
connection show sort
    sort: its value is missing
connection show zone=0 columns=id
    columns: a record has all properties
connection watch columns=id
    columns: connection watch has its own
-j connection watch columns=id
    columns: JSON has all properties
connection watch detail
    detail: no room for it on a screen
-d connection watch
    -d: no room for it on a screen
-jp connection watch
    -p: connection watch writes a line for each reading
connection watch count=1 count=2
    count is given twice
connection watch count=99999999999999999999
    count: '99999999999999999999' is out of range (1 to 18446744073709551615)
connection watch count=0
    count: '0' is not a number from 1
connection watch interval=0
    interval: '0' is out of range (100ms to 1h)
connection watch nonsense
    connection watch: unknown word 'nonsense'
connection why
    connection why: protocol is missing
connection why tcp
    connection why: src-address is missing
connection why tcp 1.2.3.4:5
    connection why: dst-address is missing
connection why tcp 1.2.3.4:99999 1.2.3.4:5
    connection why: src-port: '99999' is not a port
connection why tcp 1.2.3.4:9 [fd00::1]:5
    connection why: dst-address: 'fd00::1' is not of the family of the other address
connection why icmp 1.2.3.4 1.2.3.5
    connection why: protocol: 'icmp' is never fast, only tcp and udp are
connection why tcp 1.2.3.4:1 1.2.3.5:2 3
    connection why: unexpected word '3'
connection release
    connection release: NAME=VALUE is missing
connection release all
    connection release: unknown word 'all'
connection release min-rate=1
    connection release: min-rate needs time (see: ftctl help connection list)
connection delete
    connection delete: NAME=VALUE is missing
connection delete protocol=udpp
    protocol: 'udpp' is not a protocol
monitor event=new
    event: 'new' is not fast, released or closed
monitor event=
    event: '' is not fast, released or closed
monitor buffer=0
    buffer: '0' is out of range (1 to 1Gi)
monitor buffer=2Gi
    buffer: '2Gi' is out of range (1 to 1Gi)
monitor buffer=99999999999999999999
    buffer: '99999999999999999999' is out of range (1 to 1Gi)
monitor buffer=x
    buffer: 'x' is not an amount (1 to 1Gi)
monitor nonsense
    monitor: unknown word 'nonsense'
monitor min-rate=1k
    monitor: events have neither rates nor TCP states
monitor tcp-state=close
    monitor: events have neither rates nor TCP states
monitor event=fast event=fast
    event is given twice
tracking
    tracking: a command is missing (see: ftctl help tracking)
tracking shows
    tracking: unknown command 'shows' (see: ftctl help tracking)
tracking show x
    unexpected word 'x'
tracking set
    tracking set: NAME=VALUE is missing
tracking set nonsense
    'nonsense' is not NAME=VALUE
tracking set nonsense=1
    unknown setting 'nonsense'
tracking set enabled=on
    enabled: 'on' is not yes, no or auto
tracking set udp-timeout=
    udp-timeout: '' is not a time
tracking set udp-timeout=1ms
    udp-timeout: '1ms' is not in whole seconds
tracking set udp-timeout=99999999999999999999s
    udp-timeout: '99999999999999999999s' is out of range (0s to TIMEOUT_MAX)
tracking set max-entries=2147483648
    max-entries: '2147483648' is out of range (0 to 2147483647)
tracking set max-entries=x
    max-entries: 'x' is not a number
tracking set total-entries=1
    total-entries is read-only
tracking set loose-tcp-tracking=2
    loose-tcp-tracking: '2' is not yes or no
tracking set udp-timeout=1s udp-timeout=1s
    udp-timeout is given twice
tracking reset
    tracking reset: routeros or linux is missing
tracking reset freebsd
    tracking reset: 'freebsd' is not routeros or linux
tracking reset linux now
    unexpected word 'now'
tracking save
    tracking save: FILE is missing
tracking save a b
    unexpected word 'b'
tracking load
    tracking load: FILE is missing
settings x
    unexpected word 'x'
set
    set: NAME=VALUE is missing
set lease
    'lease' is not NAME=VALUE
set lease=
    lease: '' is not a time
set lease=abc
    lease: 'abc' is not a time
set lease=99ms
    lease: '99ms' is out of range (100ms to 1m)
set lease=61s
    lease: '61s' is out of range (100ms to 1m)
set leases=5s
    unknown setting 'leases'
set lease=1s lease=2s
    lease is given twice
set table-limit=0
    table-limit: '0' is out of range (1 to 16777216)
set table-limit=x
    table-limit: 'x' is not a number
set enabled=maybe
    enabled: 'maybe' is not yes or no
set ingress=maybe
    ingress: 'maybe' is not auto, yes or no
reasons x
    unexpected word 'x'
metrics x
    unexpected word 'x'
status x
    unexpected word 'x'
flush all
    unexpected word 'all'
help status extra
    unexpected word 'extra'
help connection list limit 5
    unexpected word 'limit'
help help help
    unexpected word 'help'
help completion
    unknown command 'completion' (see: ftctl help)
nonsense -h
    unknown command 'nonsense' (see: ftctl help)
connection nonsense -h
    connection: unknown command 'nonsense' (see: ftctl help connection)
help nonsense
    unknown command 'nonsense' (see: ftctl help)
help connection nonsense
    connection: unknown command 'nonsense' (see: ftctl help connection)
-x status
    unknown option -x (see: ftctl help)
--nope status
    unknown option --nope (see: ftctl help)
-N nope -6 flush
    flush does not take -6 (see: ftctl help)
-4 reasons
    reasons does not take -4 (see: ftctl help)
settings -6
    settings does not take -6 (see: ftctl help)
-N nope -6 set lease=5s
    set does not take -6 (see: ftctl help)
-6 tracking show
    tracking show does not take -6 (see: ftctl help)
-N nope -6 tracking set udp-timeout=5s
    tracking set does not take -6 (see: ftctl help)
-N nope -4 tracking reset linux
    tracking reset does not take -4 (see: ftctl help)
-N nope -4 tracking save -
    tracking save does not take -4 (see: ftctl help)
-N nope -4 tracking load -
    tracking load does not take -4 (see: ftctl help)
-6 connection why tcp 1.2.3.4:1 1.2.3.5:2
    connection why: src-address is no address of ipv6
-4 connection why tcp [fd00::1]:1 [fd00::2]:2
    connection why: src-address is no address of ipv4
-4 -6 status
    -4 and -6 exclude each other
-N
    -N: the name of a namespace is missing
-N a -N b status
    -N is given twice
"""


UNOPENED = """
-N nope status
    namespace 'nope': No such file or directory
-N /dev/null status
    namespace '/dev/null': not a network namespace
tracking load /nonexistent/file
    /nonexistent/file: No such file or directory
tracking load /
    /: Is a directory
tracking load /dev/null/file
    /dev/null/file: Not a directory
"""

# Words, and what of them goes out.
BYTES = (
    (b"a\nftctl: b", rb"a\nftctl: b"),
    (b"\x1b[31mred\r\t\x7f\x07", rb"\x1b[31mred\r\t\x7f\x07"),
    ("gr\u00fc\u00df \u65e5\U0001f600".encode(),) * 2,
    (b"\xc2\x9b31m\xc2\xa0", b"\\xc2\\x9b31m\xc2\xa0"),
    (b"\xff\xc0\xaf\xed\xa0\x80", rb"\xff\xc0\xaf\xed\xa0\x80"),
    (b"\xe2\x82", rb"\xe2\x82"),
)

# What the kernel's own sysctls take: ticks are half of 32 bits. 6 is
# CLOCK_MONOTONIC_COARSE, which goes by them.
def timeout_max():
    left = (1 << 31) // round(1 / time.clock_getres(6))
    text = ""
    for size, name in ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"),
                       (1, "s")):
        text += "%d%s" % (left // size, name) if left >= size else ""
        left %= size
    return text


def cases(text=CASES):
    lines = text.replace("TIMEOUT_MAX", timeout_max()).strip().splitlines()
    for words, message in zip(lines[::2], lines[1::2]):
        yield words.split(), message.strip()


class Usage(unittest.TestCase):
    def refused(self, words, message, status=1):
        done = subprocess.run([FTCTL, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        if isinstance(message, str):
            message = message.encode()
        self.assertEqual(done.stderr, b"ftctl: %s\n" % message)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(done.returncode, status)

    def test_cases(self):
        self.assertGreater(len(list(cases())), 80)
        for words, message in cases():
            with self.subTest(words=words):
                self.refused(words, message)

    def test_unopened(self):
        for words, message in cases(UNOPENED):
            with self.subTest(words=words):
                self.refused(words, message, 2)

    # One line and nothing that a terminal would obey, whatever was typed
    def test_bytes(self):
        for word, shown in BYTES:
            with self.subTest(word=word):
                self.refused([word], b"unknown command '%s' "
                             b"(see: ftctl help)" % shown)
                self.refused(["tracking", "set", b"udp-timeout=" + word],
                             b"udp-timeout: '%s' is not a time" % shown)
        self.refused(["x" * 100000], "unknown command '" + "x" * 4590)

    # -h behind a whole command line is help on the command
    def test_help(self):
        for line, named in (("connection list limit 5 -h", "connection list"),
                            ("-h status extra", "status"),
                            ("tracking set nonsense --help", "tracking set"),
                            ("tracking -h", "tracking"), ("-h", "")):
            asked = subprocess.run([FTCTL, *line.split()], check=False,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
            told = subprocess.run([FTCTL, "help", *named.split()], check=True,
                                  stdout=subprocess.PIPE)
            with self.subTest(line=line):
                self.assertEqual((asked.returncode, asked.stderr), (0, b""))
                self.assertEqual(asked.stdout, told.stdout)

    # Whatever has a family obeys -4 and -6, which the help says
    def test_family(self):
        run = subprocess.run([FTCTL, "help"], stdout=subprocess.PIPE,
                             check=True).stdout.decode()
        takes = re.search("only IPv6; with (.*)", run).group(1).split()
        self.assertEqual(takes, ["status", "connection", "monitor", "metrics"])
        for command in re.findall(r"(?m)^  ftctl (\S+)", run):
            done = subprocess.run([FTCTL, "-6", *{
                "connection": ["connection", "delete"],
                "monitor": ["monitor", "x"], "tracking": ["tracking", "show"]
            }.get(command, [command]), "-N", "nope"], stderr=subprocess.PIPE,
                                  stdout=subprocess.PIPE, check=False)
            self.assertEqual(b"does not take -6" not in done.stderr,
                             command in takes, command)

    def test_nothing(self):
        self.refused([], "no command (see: ftctl help)")


if __name__ == "__main__":
    unittest.main()
