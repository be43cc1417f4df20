#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The KUnit suites of the engine (src/*_test.c), on a kernel and modules that
# have them: one test here for each case there. FASTTRACK_SUITE: only that one.
source "$(dirname "$0")/lib.sh"

# Case lines of the log after a mark: "SUITE ok|not ok NAME".
cases()
{
	klog_since "$1" | sed 's/^\[[^]]*\] //' | awk '
		$1 == "#" && $2 == "Subtest:" && /^    #/ { suite = $3 }
		/^    (ok|not ok) / {
			status = $1 == "ok" ? "ok" : "not ok"
			name = $1 == "ok" ? $3 : $4
			sub(/^- /, "", name)
			print suite, status, name
		}'
}

# What the kernel said of a case that failed, without what looks like KTAP.
explain()
{
	klog_since "$mark" | sed 's/^\[[^]]*\] //' |
		grep -A9 "# $1: EXPECTATION\|# $1: ASSERTION" |
		grep -vE '^ *(not )?ok |Subtest|KTAP' | head -n 40
}

case_passed()
{
	[ "$2" = ok ] && return
	diag "$(explain "$3")"
	fail "$1: $3"
}

modinfo nf_fasttrack_kunit >/dev/null 2>&1 ||
	ktap_skip_all "modules were not built with KUNIT=1"
mark=$(klog_mark)
modprobe nf_fasttrack_kunit ${FASTTRACK_SUITE:+suite="$FASTTRACK_SUITE"} ||
	{ ktap_plan 1; ktap_test "load" false; ktap_end; }
mapfile -t results < <(cases "$mark")
klog_since "$mark" | sed -n 's/^\[[^]]*\] *# \([a-z_]*: .*\)/# \1/p' |
	grep -v 'EXPECTATION\|ASSERTION\|pass:[0-9]* fail:'
[ ${#results[@]} -gt 0 ] ||
	{ ktap_plan 1; ktap_test "suites" false; ktap_end; }
ktap_plan $((${#results[@]} + 1))
for line in "${results[@]}"; do
	read -r suite status name <<<"${line/not ok/not_ok}"
	ktap_test "$suite $name" case_passed "$suite" "$status" "$name"
done
ktap_test "unload" rmmod nf_fasttrack_kunit nf_fasttrack
ktap_end
