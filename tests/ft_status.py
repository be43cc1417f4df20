#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""ftctl status's numbers against /proc and the engine's answers read by other
code (ft_dump.py).

Owns: that comparison. Must not know: what the traffic was.

usage: ft_status.py IPV4 IPV6

The numbers are the packets that each family had forwarded before there was a
rule. Prints what is wrong, and nothing if all is well; exits 1 or 0.
"""
import json
import subprocess
import sys

import ft_dump
import ft_metrics

# A lease may end between two answers
TRIES = 10


def state():
    """What is compared with, as others tell it."""
    engine = ft_dump.Fasttrack()
    return {"packets": {family: engine.status()[family]["packets"]
                        for family in ("ipv4", "ipv6")},
            "forwarded": ft_metrics.forwarded(),
            "connections": len(list(engine.connections()))}


def ftctl_status():
    done = subprocess.run(["ftctl", "-j", "status"], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def settled():
    for _ in range(TRIES):
        before, status, after = state(), ftctl_status(), state()
        if before == after:
            return status, before
    raise SystemExit("it changes all the time: %s, %s" % (before, after))


def main(words):
    base = dict(zip(("ipv4", "ipv6"), map(int, words)))
    status, want = settled()
    wrong = []
    for family in base:
        forwarded = want["forwarded"][family] - base[family]
        share = 100 * want["packets"][family] / forwarded
        if not 0 < share < 100:
            wrong.append("%s: a share of %s shows nothing" % (family, share))
        # One digit behind the point
        if abs(status[family]["share"] - share) > 0.051:
            wrong.append("%s: share %s, wanted %s" % (
                family, status[family]["share"], share))
    if status["table-used"] != want["connections"] or \
       not want["connections"]:
        wrong.append("table-used %s, listed are %s" % (
            status["table-used"], want["connections"]))
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
