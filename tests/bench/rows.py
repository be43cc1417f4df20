# SPDX-License-Identifier: GPL-2.0
"""Rows of the benchmark: their form in a run's output and in JSON.

Owns: which keys a row has and how rows are found. Must not know: what a figure
means.
"""
import json
import statistics

# In this order, and in JSON nothing else: others read it.
KEYS = ("engine", "kernel", "path", "family", "proto", "nat", "bytes", "flows",
        "mode", "value", "unit")
UNITS = {"icount": "instructions/packet", "native": "cycles/packet"}
PATHS = ("drop", "redirect", "route", "conntrack", "conntrack-50", "flowtable",
         "fasttrack")
# A path that is measured but has no place among those: FASTTRACK with its
# hook at PRE_ROUTING alone.
PREROUTING = "fasttrack-prerouting"
COST_KEYS = ("engine", "kernel", "cost", "family", "proto", "flows", "value",
             "unit")
FAMILIES = ("ipv4", "ipv6")
PROTOS = ("udp", "tcp")
# What users are shown, and under which names
SHOWN = {"engine": "icount", "nat": "snat", "bytes": 64, "flows": 1,
         "mode": "list"}
NAMES = {
    "drop": "dropped at ingress",
    "redirect": "tc redirect (layer 2)",
    "route": "routing, no conntrack",
    "conntrack": "conntrack, NAT, 1 rule",
    "conntrack-50": "conntrack, NAT, 50 rules",
    "flowtable": "nft flowtable",
    "fasttrack": "FASTTRACK",
}
TITLES = {"ipv4": "IPv4", "ipv6": "IPv6", "udp": "UDP", "tcp": "TCP"}


def parse(line):
    """A row or a cost as a dictionary, or None. Values come in tenths."""
    words = line.split()
    if words[:1] == ["row"] and len(words) == len(KEYS):
        row = dict(zip(KEYS, words[1:]))
        row["unit"] = UNITS[row["engine"]]
        row["bytes"] = int(row["bytes"])
    elif words[:1] == ["cost"] and len(words) == len(COST_KEYS) + 1:
        row = dict(zip(COST_KEYS, words[1:]))
        if row["unit"] in ("packet", "connection"):
            row["unit"] = UNITS[row["engine"]].split("/")[0] + "/" + row["unit"]
    else:
        return None
    row["flows"] = int(row["flows"])
    row["value"] = int(row["value"]) / 10
    return row


class Rows:
    """All rows of a run; those measured several times by their median, with
    the single measurements in their order as samples."""

    def __init__(self, rows):
        found = {}
        for row in rows:
            key = tuple(value for name, value in row.items()
                        if name not in ("value", "kernel"))
            found.setdefault(key, []).append(row)
        self.all = []
        for same in found.values():
            row = dict(same[0])
            row["samples"] = [r["value"] for r in same]
            row["value"] = round(statistics.median(row["samples"]), 1)
            self.all.append(row)

    @classmethod
    def from_output(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls([row for row in map(parse, file) if row])

    @classmethod
    def from_json(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file))

    def select(self, **wanted):
        return [row for row in self.all
                if all(row.get(key) == value for key, value in wanted.items())]

    @staticmethod
    def share(row, other):
        """One as a share of another. Paths took turns: what the machine did
        meanwhile hit both halves of a pair of samples alike."""
        if not row or not other:
            return None
        ones, others = row["samples"], other["samples"]
        if len(ones) != len(others):
            return row["value"] / other["value"]
        return statistics.median(a / b for a, b in zip(ones, others))

    def row(self, **wanted):
        """The one row that fits, or None."""
        rows = self.select(**wanted)
        return rows[0] if len(rows) == 1 else None

    def value(self, **wanted):
        """Its value, or None."""
        row = self.row(**wanted)
        return row["value"] if row else None
