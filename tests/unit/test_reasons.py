# SPDX-License-Identifier: GPL-2.0
"""Owns the comparison of ftctl's words for the reasons with the YAML spec."""
import os
import re
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def spec_reasons():
    """Names and explanations of the enum, in order."""
    text = read("Documentation/netlink/specs/fasttrack.yaml")
    text = text[:text.index("attribute-sets:")]
    text = text[text.index("name: reason\n"):].split("\n  -\n", 1)[0]
    entries = re.split(r"\n      -\n        name: ", text)[1:]
    for entry in entries:
        name, doc = entry.split("\n", 1)
        doc = doc.split("doc:", 1)[1].replace(">-", "", 1)
        yield name, " ".join(doc.split())


def tool_reasons():
    """The same out of the C table."""
    text = read("tools/ftctl/reasons.c")
    return re.findall(r'\[FASTTRACK_REASON_(\w+)\] = \{\s*"([^"]*)",\s*"'
                      r'([^"]*)"\s*\}', text)


class Reasons(unittest.TestCase):
    def test_words_are_those_of_the_spec(self):
        tool = [(name, text) for _, name, text in tool_reasons()]
        self.assertEqual(tool, list(spec_reasons()))

    def test_each_stands_at_its_number(self):
        for constant, name, _ in tool_reasons():
            self.assertEqual(constant, name.upper().replace("-", "_"))


if __name__ == "__main__":
    unittest.main()
