#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Right and spoilt requests to the engine and rule sets with its target, under
# traffic, as root, as nobody and in user namespaces. Afterwards all works as
# before, nobody has reached what is not his, and the log is silent.
#
# FASTTRACK_MESSAGES (20000) to the family, FASTTRACK_RULE_SETS (3000);
# FASTTRACK_SEED.
source "$(dirname "$0")/../stress/stress.sh"
fuzz=$(cd "$(dirname "$0")" && pwd)
messages=${FASTTRACK_MESSAGES:-20000}
rules=${FASTTRACK_RULE_SETS:-3000}
seed=${FASTTRACK_SEED:-$RANDOM$RANDOM}

# run WHO PROGRAM ARG...: in the router, with traffic all the time.
run()
{
	local output status

	output=$(in_ns "$router" python3 "$fuzz/$2" "$1" "${@:3}" 2>&1)
	status=$?
	diag "$output"
	[ $status -eq 0 ] || fail "status $status"
}

# Whatever can be set, without what is counted
settings()
{
	in_ns "$router" ftctl -j settings
	in_ns "$router" ftctl -j tracking show | jq -c 'with_entries(
		select(.key | startswith("total-") | not))'
}

as_before()
{
	in_ns "$router" ftctl set enabled=yes lease=5s ingress=auto \
		table-limit=1048576 >/dev/null &&
	in_ns "$router" ftctl tracking set enabled=auto >/dev/null
}

messages_as_root()
{
	run root fuzz_netlink.py $((messages / 2)) "$seed"
	expect "settings" as_before
}

# messages_as WHO COUNT: what he does leaves our namespace alone.
messages_as()
{
	local before

	before=$(settings) || fail "settings" || return
	run "$1" fuzz_netlink.py "$2" "$seed"
	expect_equal "settings" "$(settings)" "$before"
}

# rules_as WHO BACKEND COUNT
rules_as()
{
	[ "$1" = own ] || rules_gone
	XTABLES_LOCKFILE=$lock run "$1" fuzz_rules.py "$2" "$3" "$seed"
}

require ip conntrack iptables-nft iptables-legacy nft rmmod ftctl python3 jq
[ -x "$flood" ] || ktap_skip_all "no $flood; make -C tests/stress"
mark=$(klog_mark)
stress_new || { ktap_plan 1; ktap_test "topology" false; ktap_end; }
modprobe -q -a nfnetlink_cttimeout iptable_mangle ip6table_mangle
rules_gone
wait_until 30 unused && rmmod xt_FASTTRACK nf_fasttrack
held=$(references)
fasttrack_rules
lock=$lib_dir/xtables.lock
chmod 755 "$lib_dir"
: >"$lock"
chmod 666 "$lock"
# A target that does not exist is not looked for on disk each time
echo >/proc/sys/kernel/modprobe
at_exit sh -c "echo /sbin/modprobe >/proc/sys/kernel/modprobe"

ktap_plan 14
ktap_test "traffic flows before" flows_well
traffic_start
ktap_test "messages as root" messages_as_root
ktap_test "messages as nobody" messages_as user $((messages / 8))
ktap_test "messages in a user namespace" messages_as userns $((messages / 8))
ktap_test "messages in a network namespace of his own" \
	messages_as own $((messages / 4))
ktap_test "rule sets, legacy" rules_as root legacy $((rules / 3))
ktap_test "rule sets, nft" rules_as root nft $((rules / 3))
ktap_test "rule sets, legacy, in a namespace of his own" \
	rules_as own legacy $((rules / 6))
ktap_test "rule sets, nft, in a namespace of his own" \
	rules_as own nft $((rules / 6))
traffic_stop
ktap_test "traffic reached the right flows" traffic_end
ktap_test "rules can be had anew" rules_anew
ktap_test "traffic flows afterwards" flows_well
ktap_test "nothing is left" nothing_left "$held"
ktap_test "the log is silent" klog_clean "$mark"
ktap_end
