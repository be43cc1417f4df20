#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""ftctl's list against what others tell, in one network namespace.

Owns: the comparison with conntrack -L -o xml, with ft_dump.py and with the
JSON schema, and the list's own order and selection against a selection made
here. Must not know: how the connections came to be.

What no test can see: "dying", for an entry gets it when it leaves the table
that conntrack -L and the list read; "hw-offload" set, for no device of a test
offloads a connection (that it is not set is seen); "confirmed" not set, for an
entry is in that table only after it was confirmed.

usage: ft_list.py same | filters | order | table | rates |
                  schema NAME FILE [NAME FILE]...
Prints what is wrong, and nothing if all is well; exits 1 or 0.
"""
import ipaddress
import json
import os
import re
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

import ft_dump

WRONG = []


def wrong(text):
    WRONG.append(text)


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL)
    return done.stdout.decode()


def ftctl(*words):
    return json.loads(run("ftctl", "-j", *words))


# --- the schema

def schema_of(name):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../Documentation/ftctl.schema.json")
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    return {"$schema": schema["$schema"], "definitions":
            schema["definitions"], "$ref": "#/definitions/" +
            name.replace(" ", "%20")}


def validate(name, data):
    import jsonschema
    check = jsonschema.Draft7Validator(
        schema_of(name), format_checker=jsonschema.FormatChecker())
    for error in check.iter_errors(data):
        wrong("%s: %s: %s" % (name, "/".join(map(str, error.path)),
                              error.message))


# --- the same as conntrack

STATES = {"SYN_SENT": "syn-sent", "SYN_RECV": "syn-received",
          "ESTABLISHED": "established", "FIN_WAIT": "fin-wait",
          "CLOSE_WAIT": "close-wait", "LAST_ACK": "last-ack",
          "TIME_WAIT": "time-wait", "CLOSE": "close",
          "SYN_SENT2": "syn-sent2", "NONE": "none"}


def text_of(node, path):
    found = node.find(path)
    return found.text if found is not None else None


def number_of(node, path, base=10):
    text = text_of(node, path)
    return None if text is None else int(text, base)


def direction(flow, name):
    for meta in flow.findall("meta"):
        if meta.get("direction") == name:
            return meta
    raise KeyError(name)


# conntrack's XML has no ICMP, its text has; the last id is the entry's
ICMP = re.compile(r" type=(\d+) code=(\d+) id=(\d+) .* id=(\d+)$")


def icmp():
    """Type, code and id of the original direction, by the entry's id."""
    found = {}
    for family, protocol in (("ipv4", "icmp"), ("ipv6", "icmpv6")):
        for line in run("conntrack", "-L", "-f", family, "-p", protocol,
                        "-o", "id").splitlines():
            *values, number = map(int, ICMP.search(line).groups())
            found[number] = dict(zip(("icmp-type", "icmp-code", "icmp-id"),
                                     values))
    return found


def check_icmp(mine, before, after):
    seen = 0
    for number, row in mine.items():
        has = {key: row[key] for key in row if key.startswith("icmp-")}
        if row["protocol"] not in ("icmp", "icmpv6"):
            if has:
                wrong("id %d: %s of %s" % (number, has, row["protocol"]))
        elif number in before and number in after:
            seen += 1
            if has != after[number]:
                wrong("id %d: %s, conntrack %s" % (number, has,
                                                   after[number]))
    if seen < 3:
        wrong("only %d entries of ICMP" % seen)


def same_address(text):
    return str(ipaddress.ip_address(text)) if text else None


def expected_of(flow):
    """What ftctl has to say of an entry of conntrack's."""
    orig, reply = direction(flow, "original"), direction(flow, "reply")
    about = direction(flow, "independent")
    proto = orig.find("layer4")
    want = {
        "protocol": {"unknown": proto.get("protonum")}.get(
            proto.get("protoname"), proto.get("protoname")),
        "src-address": same_address(text_of(orig, "layer3/src")),
        "dst-address": same_address(text_of(orig, "layer3/dst")),
        "reply-src-address": same_address(text_of(reply, "layer3/src")),
        "reply-dst-address": same_address(text_of(reply, "layer3/dst")),
        "src-port": number_of(orig, "layer4/sport"),
        "dst-port": number_of(orig, "layer4/dport"),
        "reply-src-port": number_of(reply, "layer4/sport"),
        "reply-dst-port": number_of(reply, "layer4/dport"),
        "orig-packets": number_of(orig, "counters/packets"),
        "orig-bytes": number_of(orig, "counters/bytes"),
        "repl-packets": number_of(reply, "counters/packets"),
        "repl-bytes": number_of(reply, "counters/bytes"),
        "connection-mark": number_of(about, "mark"),
        "orig-zone": number_of(orig, ".//zone"),
        "reply-zone": number_of(reply, ".//zone"),
        "zone": number_of(about, "zone"),
        "assured": about.find("assured") is not None,
        "seen-reply": about.find("unreplied") is None,
        "confirmed": True,
        "dying": False,
        "hw-offload": False,
        "id": number_of(about, "id"),
    }
    if not want["orig-zone"] and not want["reply-zone"]:
        want["zone"] = want["zone"] or 0
    state = text_of(about, "state")
    if want["protocol"] == "tcp":
        want["tcp-state"] = STATES[state]
    if want["protocol"] in ("icmp", "icmpv6", "gre"):
        for key in ("src-port", "dst-port", "reply-src-port",
                    "reply-dst-port"):
            want.pop(key)
    mirrored = (want["dst-address"], want.get("dst-port")) == \
        (want["reply-src-address"], want.get("reply-src-port"))
    want["dstnat"] = not mirrored
    mirrored = (want["src-address"], want.get("src-port")) == \
        (want["reply-dst-address"], want.get("reply-dst-port"))
    want["srcnat"] = not mirrored
    return want


def conntrack():
    """Entries of both families by id, and their timeouts."""
    entries, timeouts = {}, {}
    for family in ("ipv4", "ipv6"):
        text = run("conntrack", "-L", "-f", family, "-o", "xml,id")
        for flow in xml.fromstring(text).findall("flow"):
            want = expected_of(flow)
            entries[want["id"]] = want
            timeouts[want["id"]] = number_of(
                direction(flow, "independent"), "timeout")
    return entries, timeouts


def check_timeout(row, before, after):
    """Between what conntrack said before and after; it counts down, and the
    engine may have refreshed it."""
    low, high = sorted((before or 0, after or 0))
    if not low - 2 <= row.get("timeout", -9) <= high + 2:
        wrong("id %d: timeout %s, conntrack %s and %s" %
              (row["id"], row.get("timeout"), before, after))


def check_entry(row, want):
    for key, value in want.items():
        if key in ("srcnat", "dstnat") and row["protocol"] in ("gre",):
            continue
        if row.get(key) != value:
            wrong("id %d: %s is %r, conntrack %r" %
                  (row["id"], key, row.get(key), value))
    # As ft_list.sh's "states" has it from the firewall
    state = "established" if want["seen-reply"] else \
        "related" if row["expected"] else "new"
    if row.get("state") != state:
        wrong("id %d: state is %r, not %r" % (row["id"], row.get("state"),
                                              state))


def check_fast(row, flow):
    """The fast part against the engine's own answer, read by other code."""
    for mine, theirs in (("orig", "orig"), ("repl", "reply")):
        half = flow[theirs]
        pairs = {"fasttrack-packets": half["packets"],
                 "fasttrack-bytes": half["bytes"],
                 "fasttrack-state": half["state"]}
        for key, value in pairs.items():
            if row.get("%s-%s" % (mine, key)) != value:
                wrong("id %d: %s-%s is %r, the engine has %r" %
                      (row["id"], mine, key, row.get("%s-%s" % (mine, key)),
                       value))
        for key, index in (("in-device", half.get("ifindex-in")),
                           ("out-device", half.get("ifindex-out"))):
            name = socket.if_indextoname(index) if index else None
            if row.get("%s-%s" % (mine, key)) != name:
                wrong("id %d: %s-%s is %r, not %r" %
                      (row["id"], mine, key, row.get("%s-%s" % (mine, key)),
                       name))
        if row["%s-fasttrack" % mine] != (half["state"] != "unarmed"):
            wrong("id %d: %s-fasttrack against state %s" %
                  (row["id"], mine, half["state"]))
        reason = half.get("reason", "none")
        if row.get("%s-reason" % mine, "none") != reason:
            wrong("id %d: %s-reason is %s, the engine has %s" %
                  (row["id"], mine, row.get("%s-reason" % mine), reason))


def check_times(row, before, after):
    """Leases only get shorter and idle times longer while nothing is sent:
    those of the list lie between two answers of the engine's."""
    seen = 0
    for mine, theirs in (("orig", "orig"), ("repl", "reply")):
        lease, idle = row.get(mine + "-lease"), row.get(mine + "-idle")
        armed = before[theirs]["state"], after[theirs]["state"]
        if armed == ("armed", "armed"):
            if lease is None or not before[theirs]["lease"] >= lease >= \
               after[theirs]["lease"]:
                wrong("id %d: %s-lease %s, the engine had %s and %s" %
                      (row["id"], mine, lease, before[theirs]["lease"],
                       after[theirs]["lease"]))
            seen += lease is not None
        elif armed == ("unarmed", "unarmed") and lease is not None:
            wrong("id %d: %s-lease %s, not armed" % (row["id"], mine, lease))
        first, last = before[theirs].get("idle"), after[theirs].get("idle")
        if (idle is None) != (first is None) or \
           idle is not None and not first <= idle <= last:
            wrong("id %d: %s-idle %s, the engine had %s and %s" %
                  (row["id"], mine, idle, first, last))
    return seen


def engine():
    return {flow["id"]: flow for flow in ft_dump.Fasttrack().connections()}


def same():
    first, before = conntrack()
    pings, early = icmp(), engine()
    rows = ftctl("connection", "list")
    flows = engine()
    second, after = conntrack()
    leases = 0
    validate("connection list", rows)
    mine = {row["id"]: row for row in rows}
    if set(first) & set(second) - set(mine):
        wrong("missing: %s" % (set(first) & set(second) - set(mine)))
    for number, row in mine.items():
        if number in first and number in second:
            check_entry(row, second[number])
            check_timeout(row, before[number], after[number])
        if number in flows:
            check_fast(row, flows[number])
            if number in early:
                leases += check_times(row, early[number], flows[number])
        elif row["fasttrack"] or "fasttrack-state" in row:
            wrong("id %d: not in the engine's table" % number)
    check_icmp(mine, pings, icmp())
    if leases < 4:
        wrong("only %d leases to compare" % leases)


# --- rates against what conntrack counted meanwhile

def counted():
    """Entries with all that went fast, and when that was asked for."""
    ft_dump.Fasttrack().status()    # whoever asks has counters folded
    now = time.monotonic()
    return conntrack()[0], now


def rates():
    """Of a traffic that goes on at one rate: half to double what conntrack
    counted from before the list to after it. Bytes for bits, milliseconds for
    seconds or one direction for the other are farther off."""
    first, start = counted()
    rows = ftctl("connection", "list", "interval=4s")
    second, end = counted()
    flowing = 0
    for row in rows:
        if row["id"] not in first or row["id"] not in second:
            continue
        for half in ("orig", "repl"):
            key = half + "-bytes"
            done = second[row["id"]][key] - first[row["id"]][key]
            want, got = done * 8 / (end - start), row[half + "-rate"]
            if not want / 2 <= got <= want * 2:
                wrong("port %s: %s-rate %d, conntrack counted %d bytes in "
                      "%.1f s" % (row.get("src-port"), half, got, done,
                                  end - start))
            flowing += got > 1000
    if flowing < 4:
        wrong("only %d directions with traffic" % flowing)


# --- filters against a selection of the whole list

def within(text):
    return lambda key: lambda row: (
        ipaddress.ip_address(row[key]) in ipaddress.ip_network(text))


def either(*keys):
    return lambda test: lambda row: any(test(row.get(key)) for key in keys)


PORTS = either("src-port", "dst-port", "reply-src-port", "reply-dst-port")
ADDRESSES = either("src-address", "dst-address", "reply-src-address",
                   "reply-dst-address")


def is_in(network):
    return lambda text: (ipaddress.ip_address(text) in
                         ipaddress.ip_network(network))


FILTERS = [
    ("family=ipv4", lambda r: ":" not in r["src-address"]),
    ("family=ipv6", lambda r: ":" in r["src-address"]),
    ("protocol=tcp", lambda r: r["protocol"] == "tcp"),
    ("protocol=udp", lambda r: r["protocol"] == "udp"),
    ("protocol=1", lambda r: r["protocol"] == "icmp"),
    ("family=ipv6 protocol=tcp", lambda r: ":" in r["src-address"] and
     r["protocol"] == "tcp"),
    ("src-address=10.1.0.2", within("10.1.0.2/32")("src-address")),
    ("src-address=10.0.0.0/8", lambda r: ":" not in r["src-address"] and
     is_in("10.0.0.0/8")(r["src-address"])),
    ("dst-address=10.2.0.2", within("10.2.0.2/32")("dst-address")),
    ("src-address=fd01::2", within("fd01::2/128")("src-address")),
    ("dst-address=fd02::/16", within("fd02::/16")("dst-address")),
    ("reply-src-address=10.2.0.2",
     within("10.2.0.2/32")("reply-src-address")),
    ("reply-dst-address=10.2.0.1",
     within("10.2.0.1/32")("reply-dst-address")),
    ("reply-dst-address=fd02::1", within("fd02::1/128")("reply-dst-address")),
    ("address=10.2.0.1", ADDRESSES(is_in("10.2.0.1/32"))),
    ("address=fd01::/64", ADDRESSES(is_in("fd01::/64"))),
    ("src-port=28001", lambda r: r.get("src-port") == 28001),
    ("dst-port=5001-5002", lambda r: 5001 <= r.get("dst-port", 0) <= 5002),
    ("reply-src-port=6004", lambda r: r.get("reply-src-port") == 6004),
    ("port=5001", PORTS(lambda p: p == 5001)),
    ("connection-mark=7", lambda r: r["connection-mark"] == 7),
    ("connection-mark=0/0xff", lambda r: not r["connection-mark"] & 0xff),
    ("connection-mark=0x1/0x3", lambda r: r["connection-mark"] & 3 == 1),
    ("zone=5", lambda r: r.get("zone") == 5),
    ("zone=0", lambda r: r.get("zone") == 0),
    ("orig-zone=6", lambda r: r.get("orig-zone") == 6),
    ("reply-zone=6", lambda r: r.get("reply-zone") == 6),
    ("state=new", lambda r: r["state"] == "new"),
    ("state=established", lambda r: r["state"] == "established"),
    ("state=new,related", lambda r: r["state"] != "established"),
    ("tcp-state=established", lambda r: r.get("tcp-state") == "established"),
    ("tcp-state=time-wait,syn-sent",
     lambda r: r.get("tcp-state") in ("time-wait", "syn-sent")),
    ("why-not=protocol", lambda r: r.get("why-not") == "protocol"),
    ("in-device=lan", lambda r: r.get("orig-in-device") == "lan"),
    ("out-device=wan", lambda r: r.get("orig-out-device") == "wan"),
    ("device=wan", either("orig-in-device", "orig-out-device",
                          "repl-in-device", "repl-out-device")(
        lambda d: d == "wan")),
    ("min-packets=10", lambda r: r.get("orig-packets", 0) +
     r.get("repl-packets", 0) >= 10),
    ("min-bytes=2k", lambda r: r.get("orig-bytes", 0) +
     r.get("repl-bytes", 0) >= 2000),
    ("src-address=10.1.0.2 protocol=udp assured=no",
     lambda r: r["src-address"] == "10.1.0.2" and r["protocol"] == "udp" and
     not r["assured"]),
]
FLAGS = ("expected", "seen-reply", "assured", "confirmed", "dying",
         "fasttrack", "srcnat", "dstnat", "hw-offload", "offload")


def flag_filters():
    for flag in FLAGS:
        yield flag + "=yes", lambda r, f=flag: r[f]
        yield flag + "=no", lambda r, f=flag: not r[f]


def filters():
    all_rows = ftctl("connection", "list")
    used = 0
    for words, test in FILTERS + list(flag_filters()):
        def safe(row):
            try:
                return test(row)
            except TypeError:
                return False
        family = "." if "=10." in words else ":" if "=fd" in words else ""
        want = {row["id"] for row in all_rows
                if (not family or (family == ":") ==
                    (":" in row["src-address"])) and safe(row)}
        got = {row["id"] for row in ftctl("connection", "list",
                                          *words.split())}
        if got != want:
            wrong("%s: got %s, wanted %s" % (words, sorted(got),
                                             sorted(want)))
        used += 0 < len(want) < len(all_rows)
    if used < 25:
        wrong("only %d filters had something to choose" % used)


# --- order, limit, table

WORDS = {"protocol", "state", "tcp-state", "connection-type",
         "fasttrack-state", "orig-reason", "repl-reason", "why-not"}


# A limit keeps the best in another way than a sort, one key of each kind
LIMITED = {"orig-bytes", "src-address", "dst-port", "why-not", "tcp-state",
           "fasttrack", "orig-in-device", "connection-mark"}


def value_of(row, key):
    value = row[key]
    if key.endswith("-address"):
        return ipaddress.ip_address(value).packed
    return value


def check_order(key, rows, reverse):
    has = [key in row for row in rows]
    if has != sorted(has, reverse=True):
        wrong("sort %s: what has no value is not last" % key)
    for family in (4, 6):
        values = [value_of(row, key) for row in rows if key in row and
                  (":" in row["src-address"]) == (family == 6)]
        largest_first = not (key.endswith(("-address", "-port", "-device"))
                             or key in WORDS or key.endswith("-state"))
        if values != sorted(values, reverse=largest_first != reverse):
            wrong("sort %s%s: %s" % (key, " reverse" if reverse else "",
                                     values))


def order():
    keys = {key for row in ftctl("connection", "list") for key in row}
    for key in sorted(keys):
        rows = ftctl("connection", "list", "sort", key)
        check_order(key, rows, False)
        if key not in LIMITED:
            continue
        few = ftctl("connection", "list", "limit", "3", "sort=" + key)
        if [r["id"] for r in few] != [r["id"] for r in rows[:3]]:
            wrong("limit 3 sort %s: %s, not %s" % (
                key, [r.get(key) for r in few],
                [r.get(key) for r in rows[:3]]))
    rows = ftctl("connection", "list", "sort", "orig-bytes", "reverse")
    check_order("orig-bytes", rows, True)
    if len(ftctl("connection", "list", "limit", "2")) != 2:
        wrong("limit 2")
    seen = {"orig-packets", "src-address", "src-port", "why-not",
            "orig-fasttrack-packets", "tcp-state", "id"}
    if seen - keys:
        wrong("no connection had %s" % (seen - keys))


def table():
    """Every property in a table, in details and in JSON alike."""
    rows = ftctl("connection", "list", "sort", "id")
    keys = sorted({key for row in rows for key in row} - set(FLAGS))
    text = run("ftctl", "connection", "list", "sort", "id",
               "columns=id," + ",".join(keys)).splitlines()
    at = [i for i, line in enumerate(text) if line.split()[:1] == ["ID"]][0]
    if text[at].split() != ["ID"] + [key.upper() for key in keys]:
        wrong("titles: %s" % text[at])
    lines = {int(line.split()[0]): line for line in text[at + 1:]}
    details = {}
    for line in run("ftctl", "-d", "connection", "list").splitlines():
        if line[0].isdigit():
            words = dict(word.split("=", 1) for word in line.split()[1:])
            details[int(words["id"])] = words
    for row in rows:
        for key, value in row.items():
            if key in FLAGS or key.endswith(("-lease", "-idle")):
                continue
            check_text(row, key, value, lines[row["id"]],
                       details[row["id"]])


def check_text(row, key, value, line, words):
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if key == "timeout":
        return
    if key.endswith("-port"):
        if not words[key[:-4] + "address"].endswith(":%d" % value):
            wrong("details: %s %s" % (key, value))
        return
    if key.endswith("-address"):
        told = words[key].rsplit(":", 1)[0].strip("[]") \
            if key[:-7] + "port" in row else words[key]
    else:
        told = words[key].strip('"')
        if told.startswith("0x"):
            told = str(int(told, 16))
    if told != str(value):
        wrong("details: %s is %s, JSON %s" % (key, told, value))
    mirrored = key.startswith("reply-")
    if str(value) and not mirrored and key != "connection-mark" and \
       str(value) not in line:
        wrong("table: no %s %s in: %s" % (key, value, line))


def schema(name, path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if name in ("connection watch", "monitor"):
        lines = text.splitlines()
        for line in lines:
            validate(name, json.loads(line))
        if not lines:
            wrong("%s: nothing to validate" % name)
    else:
        validate(name, json.loads(text))


def main(words):
    plain = {"same": same, "filters": filters, "order": order,
             "table": table, "rates": rates}
    if len(words) == 1 and words[0] in plain:
        plain[words[0]]()
    elif len(words) > 2 and len(words) % 2 and words[0] == "schema":
        for name, path in zip(words[1::2], words[2::2]):
            schema(name, path)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print("\n".join(WRONG[:20]))
    return bool(WRONG)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
