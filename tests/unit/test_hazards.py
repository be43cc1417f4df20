# SPDX-License-Identifier: GPL-2.0
"""Owns the comparison of Documentation/hazards.rst with what it talks of: every
row is there, every function and every test that it names exists, and so does
what the patches of tests/mutations/ are about."""
import glob
import os
import re
import subprocess
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ROWS = 51


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def table():
    """(row, handled, tests) of each line: lists of (file, name)."""
    text = read("Documentation/hazards.rst")
    for entry in re.split(r"\n   \* - (?=\d)", text)[1:]:
        number, _, handled, tests = entry.split("\n     - ")
        functions = [(file, name) for file, names in
                     re.findall(r"\| ``([\w.]+)``: (.*)", handled)
                     for name in re.findall(r"``(\w+)\(\)``", names)]
        yield int(number), functions, re.findall(r"\| ``([\w.]+)``: (.*)",
                                                 tests)


def titles(script):
    """What the tests of a script are called, as they are written there."""
    return re.findall(r'^\s*ktap_test\s+"([^"]*)"', read("tests/" + script),
                      re.M)


def title_of(script, name):
    """The title that @name is, or is the beginning of, with or without the
    variables in it."""
    for title in titles(script):
        tokens = re.findall(r"\$\{?\w+\}?|.", title)
        pattern = "".join("(?:" + (r"[\w.-]+" if len(token) > 1 else
                                   re.escape(token)) for token in tokens)
        if title.startswith(name) or \
           re.fullmatch(pattern + ")?" * len(tokens), name):
            return title
    return None


def patches():
    """(name, file, test, seeds) of each mutation: a test is to catch it, or the
    twin routers with one of the seeds."""
    for path in sorted(glob.glob(os.path.join(TOP, "tests/mutations/*.patch"))):
        text = read(path)
        test = re.search(r"^Test: (\w+\.sh): (.+)$", text, re.M)
        seeds = re.search(r"^Twin: (\d+(?:[ -]\d+)*)$", text, re.M)
        yield (os.path.basename(path), path, test and test.groups(),
               seeds and seeds[1])


class Hazards(unittest.TestCase):
    """The table against the tree."""

    def test_rows(self):
        self.assertEqual([row for row, _, _ in table()],
                         list(range(1, ROWS + 1)))

    def test_functions(self):
        for row, functions, _ in table():
            self.assertTrue(functions, "row %d is handled nowhere" % row)
            for file, name in functions:
                self.assertTrue(re.search(r"\b%s\(" % name,
                                          read("src/" + file)),
                                "row %d: %s: %s()" % (row, file, name))

    def test_tests(self):
        for row, _, tests in table():
            self.assertTrue(tests, "row %d has no test" % row)
            for file, name in tests:
                if file.endswith(".c"):
                    self.assertTrue(re.search(r"KUNIT_CASE\w*\(%s\b" % name,
                                              read("src/" + file)),
                                    "row %d: %s: %s" % (row, file, name))
                else:
                    self.assertIsNotNone(title_of(file, name),
                                         "row %d: %s: %s" % (row, file, name))

    def test_numbers(self):
        """Rows that a script can show have their number in a test's name."""
        for row, _, tests in table():
            scripts = [t for t in tests if t[0].endswith(".sh")]
            if scripts and row not in (47, 48, 49, 50):
                self.assertTrue(any(re.search(r"\bH%d\b" % row, name)
                                    for _, name in scripts), "row %d" % row)

    def test_numbers_known(self):
        """No test claims a row that the table does not have it under."""
        said = {(file, row) for row, _, tests in table() for file, _ in tests}
        for path in glob.glob(os.path.join(TOP, "tests/ft_*.sh")):
            script = os.path.basename(path)
            for title in titles(script):
                for row in map(int, re.findall(r"\bH(\d+)\b", title)):
                    self.assertIn((script, row), said, title)

    def test_mutations(self):
        found = list(patches())
        for kind in (2, 3):
            self.assertGreaterEqual(len({patch[0][:3] for patch in found
                                         if patch[kind]}), 12)
        for name, path, test, seeds in found:
            self.assertTrue(bool(test) != bool(seeds),
                            name + " names a test or seeds")
            row = int(re.match(r"h(\d+)-", name)[1])
            self.assertIn(row, range(1, ROWS + 1), name)
            if test:
                self.assertIsNotNone(title_of(*test), name)
                self.assertRegex(test[1], r"\bH%d\b" % row, name)
            else:
                # Make check plays 25, a million frames are 250
                for seed in map(int, re.findall(r"\d+", seeds)):
                    self.assertIn(seed, range(1, 251), name)
            with open(path, encoding="utf-8") as file:
                done = subprocess.run(["patch", "-p1", "--dry-run", "-s",
                                       "-d", TOP], stdin=file, check=False,
                                      stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
