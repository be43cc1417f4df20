# SPDX-License-Identifier: GPL-2.0
"""Ways to spoil a message.

Owns: the mutations, of trees of attributes (spec.py) and of whole messages.
Must not know: the family, or what the kernel makes of it.
"""
import struct

import wire

FLAGS = [0, 0x2, 0x8, 0x10, 0x20, 0x100, 0x200, 0x300, 0x400, 0x800]


def lists(tree):
    """All lists of the tree that hold attributes."""
    found = [tree] if tree else []
    for _, value, *_ in tree:
        if isinstance(value, list):
            found += lists(value)
    return found


def drop(rng, level, i):
    del level[i]


def double(rng, level, i):
    level[i:i] = [level[i]] * rng.choice([1] * 30 + [2] * 10 + [40, 400])


def swap(rng, level, i):
    rng.shuffle(level)


def number(rng, level, i):
    level[i] = [rng.choice([0, rng.randrange(24), 0x3fff]), *level[i][1:]]


def flag(rng, level, i):
    level[i] = [level[i][0] | rng.choice([0x4000, 0x8000, 0xc000]),
                *level[i][1:]]


def scalar(rng, level, i):
    level[i] = [level[i][0], rng.randbytes(rng.choice([0, 1, 2, 3, 4, 8, 16,
                                                       40, 300]))]


def nest(rng, level, i):
    value = level[i]
    for _ in range(rng.choice([1] * 5 + [2] * 5 + [10, 200])):
        value = [level[i][0], [value]]
    level[i] = value


def shorten(rng, level, i):
    if isinstance(level[i][1], bytes):
        level[i] = [level[i][0], level[i][1][:rng.randrange(
            len(level[i][1]) + 1)]]


def lengthen(rng, level, i):
    if isinstance(level[i][1], bytes):
        level[i] = [level[i][0], level[i][1] + rng.randbytes(
            rng.choice([1, 2, 4, 100, 5000]))]


def edges(rng, level, i):
    if isinstance(level[i][1], bytes):
        size = len(level[i][1])
        level[i] = [level[i][0], rng.choice(
            [bytes(size), b"\xff" * size, b"\x80" + bytes(size)[1:],
             rng.randbytes(size)])[:size]]


def lie(rng, level, i):
    level[i] = [*level[i][:2], rng.choice([0, 1, 3, 4, 5, 7, 0xffff,
                                           rng.randrange(64)])]


WHOLE = [drop, double, swap, number, flag, scalar, nest, shorten, lengthen,
         edges]


def spoil_tree(rng, tree):
    """Spoil attributes in place. Whether their lengths are still true."""
    true = True
    for _ in range(rng.choice([1, 1, 2, 4])):
        levels = lists(tree)
        if not levels:
            tree.append([rng.randrange(24), rng.randbytes(rng.randrange(9))])
            continue
        level = rng.choice(levels)
        how = rng.choice(WHOLE + [lie])
        how(rng, level, rng.randrange(len(level)))
        true = true and how is not lie
    return true


def flip(rng, data, first=0):
    """Some bytes from first on become others."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        if len(data) > first:
            data[rng.randrange(first, len(data))] = rng.choice(
                [0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)])
    return bytes(data)


def spoil_message(rng, data):
    """Spoil header, length or bytes of a whole message."""
    length, kind, flags, seq, port = wire.HEADER.unpack_from(data)
    body = data[wire.HEADER.size:]
    what = rng.randrange(6)
    if what == 0:
        length = rng.choice([0, 15, 16, 17, 19, 20, 24, length - 1,
                             length + 1, length + 4, 0xffffffff])
    elif what == 1:
        flags = wire.REQUEST | wire.ACK | rng.choice(FLAGS)
    elif what == 2:
        body = body[:rng.randrange(len(body) + 1)]
        length = wire.HEADER.size + len(body)
    elif what == 3:
        body += rng.randbytes(rng.choice([1, 4, 7, 2000]))
        length = wire.HEADER.size + len(body)
    elif what == 4:
        body = struct.pack("BBH", rng.randrange(256), rng.randrange(4),
                           rng.choice([0, 0, 0xffff])) + body[4:]
    else:
        body = flip(rng, body)
    return wire.HEADER.pack(length, kind, flags, seq, port) + body
