#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tests of lib.sh itself: a library that misjudges makes every test worthless.
#
#	left eth0 ---- eth0 right
#	192.0.2.1         192.0.2.2
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"

declare left right

failing() { expect "false is true" false; }
returning() { return 3; }
skipping() { skip "no reason"; }

# The verdict of a test that runs in a script of its own.
verdict_of()
{
	(
		trap - EXIT
		# shellcheck disable=SC2034 # of lib.sh
		ktap_number=0
		ktap_test name "$@"
	) | grep -v '^#'
}

results()
{
	expect_equal "a failed expect" "$(verdict_of failing)" "not ok 1 name"
	expect_equal "a status" "$(verdict_of returning)" "not ok 1 name"
	expect_equal "a skip" "$(verdict_of skipping)" \
		"ok 1 name # SKIP no reason"
	expect_equal "a pass" "$(verdict_of true)" "ok 1 name"
}

deadline()
{
	local start=$SECONDS

	expect "wait_until true" wait_until 5 true || return
	wait_until 1 false && fail "wait_until believed false"
	[ $((SECONDS - start)) -le 4 ] || fail "wait_until 1 took too long"
}

ping_both()
{
	expect "IPv4" in_ns "$left" ping -c 1 -W 5 192.0.2.2
	expect "IPv6" in_ns "$left" ping -c 1 -W 5 2001:db8::2
}

offloads()
{
	offloads_off "$left" eth0 || return
	expect "tso still on" \
		grep -q 'tcp-segmentation-offload: off' \
		<(in_ns "$left" ethtool -k eth0)
}

# Every packet sent between start and stop is captured, none other.
capture()
{
	in_ns "$left" ping -q -c 1 -W 5 192.0.2.2 >/dev/null || return
	wire_start echo "$right" eth0 icmp || return
	in_ns "$left" ping -q -i 0.002 -c 400 192.0.2.2 >/dev/null
	wire_stop echo || return
	expect_equal "requests" "$(wire_count echo 'icmp[0] == 8')" 400
	expect_equal "replies" "$(wire_count echo 'icmp[0] == 0')" 400
}

kernel_log()
{
	local mark

	echo "fasttrack-lib: before" >/dev/kmsg
	mark=$(klog_mark)
	echo "fasttrack-lib: after" >/dev/kmsg
	expect_equal "log" "$(klog_since "$mark" | grep -o 'fasttrack-lib: .*')" \
		"fasttrack-lib: after"
}

# A script of its own leaves neither namespaces nor processes behind.
cleaning_up()
{
	local before pid

	before=$(ip netns list)
	bash -c 'source ./lib.sh; ns_new gone; background pid sleep 600
		in_ns "$gone" setsid sleep 601 &
		wait_until 10 eval "ip netns pids $gone | grep -q ."
		echo $pid $(ip netns pids $gone) >"$0"; exit 7' \
		"$lib_dir/pids" 2>/dev/null
	expect_equal "status" $? 7
	expect_equal "processes" "$(wc -w <"$lib_dir/pids")" 2
	expect_equal "namespaces" "$(ip netns list)" "$before"
	for pid in $(<"$lib_dir/pids"); do
		expect "process remains" wait_until 5 process_gone "$pid"
	done
}

require ip tcpdump ethtool ping
ns_new left right
link_pair "$left" eth0 "$right" eth0
addresses "$left" eth0 192.0.2.1/24 2001:db8::1/64
addresses "$right" eth0 192.0.2.2/24 2001:db8::2/64

ktap_plan 7
ktap_test "result lines" results
ktap_test "wait_until keeps its deadline" deadline
ktap_test "link_pair carries both families" ping_both
ktap_test "offloads_off" offloads
ktap_test "captures are complete" capture
ktap_test "klog_since" kernel_log
ktap_test "nothing is left behind" cleaning_up
ktap_end
