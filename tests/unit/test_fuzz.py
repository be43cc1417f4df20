# SPDX-License-Identifier: GPL-2.0
"""What the fuzzer takes for right is right by the headers that the kernel's
own generator has written, and whatever it spoils can be packed."""
import os
import random
import re
import struct
import sys
import unittest

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.join(here, "../..")
sys.path.insert(0, os.path.join(here, "../fuzz"))

# pylint: disable=wrong-import-position
import blob
import mutate
import spec
import wire

SPEC = os.path.join(top, "Documentation/netlink/specs/fasttrack.yaml")
HEADER = os.path.join(top, "include/uapi/linux/fasttrack.h")


def header_numbers():
    """Constants of all enums of the header."""
    with open(HEADER, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    found = {}
    for body in re.findall(r"enum[^{;]*{(.*?)}", text, flags=re.S):
        number = -1
        for name, value in re.findall(r"(\w+)(?:\s*=\s*([^,]+))?,", body):
            number = int(value) if value and value.strip().isdigit() else \
                number + 1
            found[name] = number
    return found


class Numbers(unittest.TestCase):
    def setUp(self):
        self.spec = spec.Spec(SPEC, random.Random(1))
        self.header = header_numbers()

    def test_operations(self):
        for operation in self.spec.operations:
            name = "FASTTRACK_CMD_" + operation.name.upper().replace("-", "_")
            self.assertEqual(operation.number, self.header[name], name)

    def test_attributes(self):
        for set_name, attributes in self.spec.sets.items():
            for attribute, (number, _) in attributes.items():
                name = f"fasttrack_a_{set_name}_{attribute}".upper()
                name = name.replace("-", "_")
                self.assertEqual(number, self.header[name], name)


class Messages(unittest.TestCase):
    def well_formed(self, data):
        """Do the lengths of a tree's bytes add up?"""
        while data:
            length, _ = struct.unpack_from("=HH", data)
            self.assertGreaterEqual(length, 4)
            self.assertLessEqual(length, len(data))
            data = data[length + -length % 4:]

    def test_right(self):
        tree = spec.Spec(SPEC, random.Random(2))
        for _ in range(50):
            for operation in tree.operations:
                self.well_formed(spec.pack(tree.request(operation)))

    def test_spoilt(self):
        rng = random.Random(3)
        tree = spec.Spec(SPEC, rng)
        for _ in range(300):
            request = tree.request(rng.choice(tree.operations))
            true = mutate.spoil_tree(rng, request)
            data = spec.pack(request)
            if true and len(data) < 60000:
                self.well_formed(data)
            mutate.spoil_message(rng, wire.message(99, 1, data[:60000]))

    def test_answers(self):
        text = wire.attr(1, b"tuple is missing\0")
        body = struct.pack("=i", -22) + wire.message(99, 1, b"") + text
        found = list(wire.answers(wire.message(
            wire.ERROR, wire.ACK_TLVS, body)))
        self.assertEqual([a[:3] for a in found],
                         [(wire.ERROR, 22, "tuple is missing")])


class Blobs(unittest.TestCase):
    def test_targets(self):
        """Entries as linux/netfilter_ipv4/ip_tables.h lays them out."""
        for family, size in blob.ENTRY.items():
            target = struct.pack("=H29sB", 40, b"FASTTRACK", 0) + bytes(8)
            head = bytes(blob.HEAD[family]) + struct.pack("=HH", size,
                                                          size + 40)
            entry = head.ljust(size, b"\0") + target
            self.assertEqual(list(blob.targets(family, entry * 2)),
                             [(0, size, "FASTTRACK"),
                              (size + 40, 2 * size + 40, "FASTTRACK")])


if __name__ == "__main__":
    unittest.main()
