# SPDX-License-Identifier: GPL-2.0
"""Who asks: root, user, userns or own.

Owns: how a process takes the place of one of them. Must not know: what is
asked.

root has all privileges; user has none; userns is root in a user namespace of
its own but stays in the network namespace it was started in; own has a network
namespace of that user namespace as well.
"""
import ctypes
import os

NEWUSER, NEWNET = 0x10000000, 0x40000000
NOBODY = 65534
ALL = ["root", "user", "userns", "own"]


def may_write(who):
    return who in ("root", "own")


def unshare(libc, what):
    if libc.unshare(what):
        raise OSError(ctypes.get_errno(), "unshare")


def become(who):
    libc = ctypes.CDLL(None, use_errno=True)
    if who == "root":
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    libc.prctl(4, 1)    # PR_SET_DUMPABLE: /proc/self is ours again
    if who == "user":
        return
    unshare(libc, NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {NOBODY} 1"),
                       ("gid_map", f"0 {NOBODY} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    # Files of a namespace are its root's only if there is one when it is made
    if who == "own":
        unshare(libc, NEWNET)
