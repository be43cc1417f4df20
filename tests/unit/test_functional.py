#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tests/functional: a script that fails beside another machine is judged by its
run alone, and nothing else is forgiven. The machine is a fake."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
MACHINE = r'''#!/bin/bash
# Each script has two points; FAILS names scripts whose second one fails so many
# times, SKIPS one that is skipped and not listed, LOG one whose kernel complains, INT3 one whose machine ends the first time
# with that oops at RIP, and its log has SAID.
here=$(dirname "$0")
while [ "$1" != --tests ]; do shift; done
shift
for s; do
	[ "$INT3" != "$s" ] || [ -e "$here/int3" ] || {
		printf '[ 1.0] Oops: int3: 0000 [#1]\n[ 1.1] RIP: 0010:%s\n' \
			"$RIP" > "$here/int3"
		echo "FAIL $s: kernel log: ${SAID:-Oops, Call Trace, Kernel panic}"
		echo "$((p + 0)) passed, 1 failed"
		echo "run: klog: $here/int3"
		exit 1
	}
	[ "$SKIPS" != "$s" ] || {
		k=$((k + 1)) f=$((f + 1))
		printf '# Subtest: %s\nok %s %s # SKIP\n' "$s" "$k" "$s"
		echo "FAIL $s: *: skip is not on the list"
		continue
	}
	k=$((k + 1)) p=$((p + 2)) mark=$here/$s state=ok
	echo "# Subtest: $s"
	echo "# ok 1 a"
	for word in $FAILS; do
		[ "${word%=*}" = "$s" ] || continue
		echo >> "$mark"
		[ "$(wc -l < "$mark")" -gt "${word#*=}" ] || state="not ok"
	done
	echo "# $state 2 b"
	if [ "$state" = ok ]; then
		echo "ok $k $s"
	else
		echo "not ok $k $s # exit=1"
		said+="FAIL $s: not ok: b"$'\n'
		p=$((p - 1)) f=$((f + 1))
	fi
	[ "$LOG" != "$s" ] || {
		said+="FAIL after $s: kernel log: BUG"$'\n' f=$((f + 1))
	}
done
printf %s "$said"
echo "$p passed, ${f:-0} failed"
[ "${f:-0}" -eq 0 ]
'''


SCRIPTS = "ft_rule.sh", "ft_nat.sh", "ft_order.sh"


class Functional(unittest.TestCase):
    def run_it(self, *scripts, **env):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "vm").mkdir()
            for file in "functional", "weights", "vm/deal":
                shutil.copy(TESTS / file, folder / file)
            machine = folder / "vm/run"
            machine.write_text(MACHINE)
            machine.chmod(0o755)
            done = subprocess.run(
                [folder / "functional", "6.1", *(scripts or SCRIPTS)],
                capture_output=True, text=True, check=False,
                env={**os.environ, **env})
        self.dealt = [line.split(": ")[1].split()
                      for line in done.stdout.splitlines()
                      if line.startswith("# machine ") and
                      "processors" in line]
        sums = [line.split() for line in done.stdout.splitlines()
                if line.split()[1:2] == ["passed,"]]
        heads = done.stdout.count("# machine ")
        self.assertEqual(len(sums), heads, done.stdout + done.stderr)
        return (sum(int(s[0]) for s in sums), sum(int(s[2]) for s in sums),
                done.returncode, heads)

    def test_good(self):
        self.assertEqual(self.run_it(), (6, 0, 0, 2))

    def test_processors(self):
        """Two for those that ask, and none of the others; with a machine of
        two a third one waits for a place."""
        self.assertEqual(self.run_it("ft_unload.sh", "ft_mark.sh", *SCRIPTS),
                         (10, 0, 0, 3))
        self.assertEqual(self.dealt[0], ["2", "ft_unload.sh"])
        self.assertEqual([d[0] for d in self.dealt[1:]], ["1", "1"])

    def test_processors_one_by_one(self):
        self.assertEqual(self.run_it("ft_unload.sh", *SCRIPTS, MACHINES="1",
                                     FAILS="ft_nat.sh=1"), (8, 0, 0, 3))
        self.assertEqual([d[0] for d in self.dealt], ["2", "1"])

    def test_once(self):
        self.assertEqual(self.run_it(FAILS="ft_nat.sh=1"), (6, 0, 0, 3))

    def test_both(self):
        self.assertEqual(self.run_it(FAILS="ft_nat.sh=1 ft_rule.sh=1"),
                         (6, 0, 0, 4))

    def test_twice(self):
        self.assertEqual(self.run_it(FAILS="ft_nat.sh=2"), (5, 1, 1, 2))

    def test_kernel_log(self):
        self.assertEqual(self.run_it(LOG="ft_nat.sh"), (6, 1, 1, 2))

    def test_kernel_log_too(self):
        self.assertEqual(self.run_it(LOG="ft_nat.sh", FAILS="ft_order.sh=1"),
                         (5, 2, 1, 2))

    def test_int3(self):
        """What had passed before is not run again: it would count twice."""
        for script in "ft_rule.sh", "ft_nat.sh", "ft_order.sh":
            self.assertEqual(self.run_it(INT3=script, RIP="f+0x3f/0x1060"),
                             (6, 0, 0, 3))

    def test_int3_after_a_failure(self):
        self.assertEqual(self.run_it(INT3="ft_nat.sh", RIP="f+0x3f/0x1060",
                                     FAILS="ft_order.sh=1"), (6, 0, 0, 3))

    def test_int3_after_a_skip(self):
        """One that nobody lists is a failure still."""
        self.assertEqual(self.run_it(INT3="ft_nat.sh", RIP="f+0x3f/0x1060",
                                     SKIPS="ft_order.sh"), (4, 1, 1, 3))

    def test_int3_of_ours(self):
        self.assertEqual(
            self.run_it(INT3="ft_order.sh",
                        RIP="f+0x3f/0x1060 [nf_fasttrack]")[2], 1)

    def test_int3_and_more(self):
        self.assertEqual(
            self.run_it(INT3="ft_nat.sh", RIP="f+0x3f/0x1060",
                        SAID="BUG, Oops, Call Trace, Kernel panic")[2], 1)


if __name__ == "__main__":
    unittest.main()
