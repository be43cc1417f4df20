#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Allocations fail: each one of requests, rules, namespaces and the module's
# start in turn, and those of packets at random. What fails says so or falls
# back to the slow path, nothing leaks, and the next time it works.
#
# The kernel has to be told which slabs are ours: slub_debug=$slabs_word.
# FASTTRACK_ALL=1: of a namespace and a module the core's allocations, too.
source "$(dirname "$0")/../stress/stress.sh"
nth=$(cd "$(dirname "$0")" && pwd)/nth.py
debugfs=/sys/kernel/debug
trace=0
slabs_word=A,fasttrack_flow4,fasttrack_flow6
export ALL=${FASTTRACK_ALL:-}

# faults_on [PERCENT]: by nth.py or, with PERCENT, of flows
faults_on()
{
	echo $trace >$debugfs/failslab/verbose
	echo N >$debugfs/failslab/ignore-gfp-wait
	echo N >$debugfs/failslab/cache-filter
	[ -n "${1:-}" ] || return 0
	echo Y >$debugfs/failslab/cache-filter
	echo -1 >$debugfs/failslab/times
	echo 0 >$debugfs/failslab/space
	echo "$1" >$debugfs/failslab/probability
}

faults_off()
{
	echo 0 >$debugfs/failslab/probability
	echo N >$debugfs/failslab/cache-filter
	echo Y >$debugfs/failslab/ignore-gfp-wait
}

# each PART [ARG...]: with nth.py, in the router. Where a slab or a large piece of
# memory is not to be had the kernel says so, with a trace. That is not for the
# console, where each is a failure; the log is judged at the end.
each()
{
	local output status

	faults_on
	dmesg -n 4
	output=$(in_ns "$router" python3 "$nth" "$@" 2>&1)
	status=$?
	dmesg -n 8
	faults_off
	diag "$output"
	[ $status -eq 0 ] || fail "status $status"
}

# rules BACKEND: while nobody else has some
rules()
{
	rules_gone
	each "$1"
	expect "rules" rules_anew
}

# told PART [ARG...]: each, with the kernel saying of all of them where.
told()
{
	trace=2
	each "$@"
	trace=0
}

# others_leak: leaks but for that of the kernel's own (6.1) sysfs_slab_add(), which
# forgets the name of a slab that it cannot add. Those are not told again. A scan
# says how many it has found, which is not for the console: here the list is judged.
others_leak()
{
	dmesg -n 4
	leaks | awk -v RS="unreferenced object" 'NF && !/sysfs_slab_add/'
	[ ! -w $debugfs/kmemleak ] || echo clear >$debugfs/kmemleak
	dmesg -n 8
}

# others_warn: complaints but for a warning of the kernel's own (6.1), which says once
# that there is no memory for the fields of a module's trace events. If that is all,
# the kernel's taint is explained.
others_warn()
{
	local all own

	all=$(complaints "$mark")
	own=$(grep 'WARNING: .* event_define_fields' <<<"$all")
	[ -z "$own" ] || [ "$all" != "$own" ] ||
		echo "fasttrack-test: expect taint W, ${own##* at }" >/dev/kmsg
	[ "$all" = "$own" ] || echo "$all"
}

log_silent()
{
	expect_equal "kernel log" "$(others_warn | head -n 20)" ""
}

module()
{
	local file

	file=$(modinfo -n nf_fasttrack) || return
	rules_gone
	expect "rmmod" wait_until 30 rmmod xt_FASTTRACK || return
	told module "$file"
	expect_equal "leaks" "$(others_leak | head -n 100)" ""
	expect "rules" fasttrack_rules
}

reason()
{
	in_ns "$router" ftctl -j reasons | jq --arg name "$1" \
		'[.. | objects | select(.reason? == $name) | .packets] | add // 0'
}

# no_flow: not one can be made; all stays slow, arrives, and the reason is told
no_flow()
{
	local before refused

	in_ns "$router" ftctl flush >/dev/null
	in_ns "$router" conntrack -F >/dev/null 2>&1
	refused=$(reason no-memory)
	faults_on 100
	before=$(fast_packets)
	traffic_start 3
	traffic_end || return
	faults_off
	diag "$traffic_sums"
	expect_equal "fast packets" "$(fast_packets)" "$before"
	expect "reason" [ "$(reason no-memory)" -gt "$refused" ]
}

# some_flows: every other one cannot be made, as connections come and go
some_flows()
{
	faults_on 50
	traffic_start 3
	in_ns "$client" "$flood" churn 10.2.0.2 5001 20 3 >/dev/null 2>&1
	traffic_end
	faults_off
	diag "$traffic_sums"
}

require ip conntrack iptables-nft iptables-legacy rmmod ftctl python3 jq
[ -x "$flood" ] || ktap_skip_all "no $flood; make -C tests/stress"
[ -w $debugfs/failslab/probability ] || ktap_skip_all "no failslab"
grep -q "slub_debug=$slabs_word" /proc/cmdline ||
	ktap_skip_all "no slub_debug=$slabs_word"
stress_begin
at_exit faults_off

ktap_plan 11
ktap_test "traffic flows before" flows_well
ktap_test "requests" each requests
ktap_test "no flow" no_flow
ktap_test "some flows" some_flows
ktap_test "rules, legacy" rules legacy
ktap_test "rules, nft" rules nft
ktap_test "the module's start" module
ktap_test "namespaces" told namespace
ktap_test "traffic flows afterwards" flows_well
ktap_test "nothing is left" nothing_left "$held"
ktap_test "the log is silent" log_silent
ktap_end
