#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""ftctl metrics, read by Prometheus' own parsers of both formats, against the
engine's answers read by other code (ft_dump.py) and /proc.

Owns: that comparison. Must not know: what the traffic was.

usage: ft_metrics.py [loaded IPV4 IPV6]

The numbers are the packets that each family had forwarded before there was a
rule.
"""
import subprocess
import sys

from prometheus_client.openmetrics.parser import \
    text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

import ft_dump

WRONG = []


def samples_of(families):
    found = {}
    for family in families:
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = \
                sample.value
    return found


def equal(name, got, want):
    if got != want:
        WRONG.append("%s is %s, wanted %s" % (name, got, want))


def forwarded():
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file
                         if line.startswith("Ip: ")]
    with open("/proc/net/snmp6", encoding="ascii") as file:
        ipv6 = dict(line.split() for line in file)
    return {"ipv4": int(values[names.index("ForwDatagrams")]),
            "ipv6": int(ipv6["Ip6OutForwDatagrams"])}


def entries():
    return int(subprocess.run(["conntrack", "-C"], check=True,
                              stdout=subprocess.PIPE).stdout)


def check_families(found, before, after):
    """The engine's answer before or after: a lease may end in between."""
    pairs = {"fasttrack_rules": "rules",
             "fasttrack_connections": "connections",
             "fasttrack_active_connections": "active",
             "fasttrack_packets_total": "packets",
             "fasttrack_bytes_total": "bytes"}
    for family in ("ipv4", "ipv6"):
        for name, key in pairs.items():
            got = found.get((name, (("family", family),)))
            if got != before[family][key]:
                equal("%s of %s" % (name, family), got, after[family][key])


def check(text, loaded, before, base):
    if not text.endswith("# EOF\n"):
        WRONG.append("no # EOF")
    families = list(openmetrics(text))
    found = samples_of(families)
    equal("loaded", found.get(("fasttrack_loaded", ())), loaded)
    for family in families:
        if not family.documentation.endswith("."):
            WRONG.append("%s has no help" % family.name)
    old = samples_of(plain(text))
    for key, value in found.items():
        equal("%s in the older format" % (key,), old.get(key), value)
    if not loaded:
        return
    engine = ft_dump.Fasttrack()
    status = engine.status()
    check_families(found, before, status)
    equal("limit", found[("fasttrack_table_limit_connections", ())],
          status["table-limit"])
    reasons = engine.reasons()
    for name, packets in reasons.items():
        if name != "none":
            equal("reason " + name, found.get(
                ("fasttrack_slow_packets_total", (("reason", name),))),
                packets)
    for family, packets in forwarded().items():
        equal("forwarded by " + family, found[
            ("fasttrack_forwarded_packets_total", (("family", family),))],
            packets - base[family])
    counters = {family.name for family in families
                if family.type == "counter"}
    equal("counters", counters, {
        "fasttrack_packets", "fasttrack_bytes", "fasttrack_slow_packets",
        "fasttrack_ingress_packets",
        "fasttrack_forwarded_packets"})


def check_entries(text, before, after):
    """As many as conntrack has, of which some may end in between."""
    got = samples_of(openmetrics(text))[("fasttrack_conntrack_entries", ())]
    if not min(before, after) <= got <= max(before, after):
        WRONG.append("%s entries, conntrack has %s and %s" % (
            got, before, after))


def main(words):
    loaded = words[:1] == ["loaded"]
    base = dict(zip(("ipv4", "ipv6"), map(int, words[1:])))
    before = ft_dump.Fasttrack().status() if loaded else None
    most = entries()
    done = subprocess.run(["ftctl", "metrics"], stdout=subprocess.PIPE,
                          check=True)
    check(done.stdout.decode(), loaded, before, base)
    check_entries(done.stdout.decode(), most, entries())
    print("\n".join(WRONG))
    return bool(WRONG)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
