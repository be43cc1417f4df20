#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tests/parts.sh: what parts print is summed, each is judged by its points and its
status, and lanes are told in order and ended with the run. tests/debug.sh: a part
that there is not is refused.

Owns: that judgement. Must not know: what the parts of a real run are."""
import pathlib
import subprocess
import tempfile
import time
import unittest

PARTS = pathlib.Path(__file__).resolve().parents[1] / "parts.sh"
DEBUG = PARTS.with_name("debug.sh")


def run(script):
    done = subprocess.run(
        ["bash", "-c", f"source {PARTS}\n{script}\nparts_end"], check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout, done.stdout.splitlines()[-1], done.returncode


class Parts(unittest.TestCase):
    def is_sum(self, script, total, status):
        output, last, returned = run(script)
        self.assertEqual((last, returned), (total, status), output)
        return output

    def test_points(self):
        self.is_sum("part P count_ktap printf 'ok 1\\n  not ok 1\\nok 2\\n'",
                    "2 passed, 0 failed", 0)
        self.is_sum("part P count_ktap sh -c 'echo not ok 1; exit 1'",
                    "0 passed, 1 failed", 1)

    def test_sums(self):
        self.is_sum("part P count_sum echo 3 passed, 0 failed, 2 skipped",
                    "3 passed, 0 failed, 2 skipped", 0)
        two = "# machine 1, x\\n# machine 2, x\\n3 passed, 0 failed\\n"
        self.is_sum(f"part P count_sum printf '{two}'", "3 passed, 1 failed", 1)
        self.is_sum(f"part P count_sum printf '{two}1 passed, 0 failed\\n'",
                    "4 passed, 0 failed", 0)

    def test_nothing_said(self):
        self.is_sum("part P count_ktap true", "0 passed, 1 failed", 1)
        self.is_sum("part P count_sum true", "0 passed, 1 failed", 1)

    def test_status(self):
        self.is_sum("part P count_ktap sh -c 'echo ok 1; exit 3'",
                    "1 passed, 1 failed", 1)

    def test_lanes(self):
        output = self.is_sum("""
            a() { record A1 count_ktap sh -c 'sleep 0.5; echo ok 1 one'
                  record A2 count_ktap sh -c 'echo not ok 1 two; exit 1'; }
            b() { record B count_sum echo 5 passed, 0 failed; }
            lane a idle a; lane b b
            part P count_ktap echo ok 1 three
            lanes_end""", "7 passed, 1 failed", 1)
        places = [output.index(word) for word in
                  ("ok 1 three", "ok 1 one", "not ok 1 two", "5 passed, 0")]
        self.assertEqual(places, sorted(places), output)

    def test_lane_again(self):
        output = self.is_sum("""
            a() { record A count_ktap echo ok 1; record B count_ktap echo ok 2; }
            b() { record C count_ktap echo ok 3; }
            lane a a; lanes_end; lane a b; lanes_end""", "3 passed, 0 failed", 0)
        self.assertEqual(output.count("ok 2"), 1)

    def test_known(self):
        known = f"source {DEBUG}; parts_known kunit twin || exit"
        self.is_sum(f"parts='twin kunit'; {known}", "0 passed, 0 failed", 0)
        output, _, returned = run(f"parts='twin planted'; {known}")
        self.assertEqual((output, returned),
                         ("'planted' is none of: kunit twin\n", 2))

    def test_lane_dies(self):
        output = self.is_sum("""
            a() { record A count_ktap echo ok 1; kill -KILL $BASHPID; }
            lane a a; lanes_end""", "1 passed, 1 failed", 1)
        self.assertIn("not ok - a has not ended", output)

    def test_ended_with_the_run(self):
        with tempfile.NamedTemporaryFile("r") as file:
            subprocess.run(
                ["bash", "-c", f"source {PARTS}; a() {{ record A count_ktap "
                 f"sh -c 'echo $$ >{file.name}; exec sleep 60'; }}; lane a a; "
                 f"until [ -s {file.name} ]; do sleep 0.1; done; kill -TERM $$"],
                stderr=subprocess.DEVNULL, check=False)
            process = pathlib.Path("/proc", file.read().strip())
        # Until somebody has taken note of its end it is a zombie
        for _ in range(100):
            if not process.exists():
                break
            time.sleep(0.1)
        self.assertFalse(process.exists())


if __name__ == "__main__":
    unittest.main()
