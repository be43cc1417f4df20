#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""races.py < LOG: a kernel log without the data races that are others'.

KCSAN reports what it sees in all of the kernel, and the kernel has races of its
own. A report is ours if one of our modules is the function that ran into it or the
one that called that: what is further away is not done to anything of ours. What
others said in the middle of a report is no part of it.

Owns: the form of KCSAN's reports. Must not know: what fails a run (verdict), nor
where the log is from.
"""
import collections
import re
import sys

OURS = re.compile(r"\[(nf_fasttrack|xt_FASTTRACK)\b")
STAMP = r"(?:\[ *\d+\.\d+\] ?)?"
RULE = re.compile(rf"{STAMP}={{20,}}$")
TITLE = re.compile(rf"{STAMP}BUG: KCSAN: (\S+ in .*)")
ACCESS = re.compile(rf"{STAMP}(?:read|write|assert|race at|read-write)\b.*"
                    r"(?:\bof \d+ bytes by|unknown origin)\b")
FRAME = re.compile(rf"{STAMP} +(?:<[^>]*> *)?\S+\+0x[0-9a-f]+/0x[0-9a-f]+")
# What else is in a report
OTHER = re.compile(rf"{STAMP}(?:value changed: .*|Reported by Kernel Concurrency "
                   r"Sanitizer on:|(?:CPU|Hardware name|Workqueue|Stopper): .*|)$")
# The frame of the access and the one that called it
NEAR = 2


def ours(report):
    """Is a report's race, from its title on, one of ours? In doubt it is."""
    left, known = 0, False
    if OURS.search(report[0]):
        return True
    for line in report:
        if ACCESS.match(line):
            left = NEAR
        elif left and FRAME.match(line):
            left, known = left - 1, True
            if OURS.search(line):
                return True
    return not known


def split(lines):
    """Yield (title, lines) for each report and (None, [line]) for other lines."""
    i = 0
    while i < len(lines):
        match = TITLE.match(lines[i])
        end = i + 1
        while match and end < len(lines) and not (
                RULE.match(lines[end]) or TITLE.match(lines[end])):
            end += 1
        yield match and match.group(1), lines[i:end]
        i = end


def between(report):
    """What was said by others while a report was printed."""
    return [line for line in report[1:] if not (
        ACCESS.match(line) or FRAME.match(line) or OTHER.match(line))]


def without(text):
    """The log without others' races, and how often each of those was seen."""
    kept, others = [], collections.Counter()
    for title, lines in split(text.splitlines()):
        if title is None or ours(lines):
            kept += lines
        else:
            others[title] += 1
            kept += between(lines)
    return "\n".join(kept) + "\n", others


if __name__ == "__main__":
    sys.stdout.write(without(sys.stdin.read())[0])
