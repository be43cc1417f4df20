#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Rules are flushed, modules unloaded, devices and namespaces deleted under
# traffic, many times, and nothing is left behind.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# Covers HAZARDS 8, 22 (deletion), 23 and the life cycle half of 47.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

ROUNDS=50

unused()
{
	[ "$(awk '$1 == "xt_FASTTRACK" { print $3 }' /proc/modules)" = 0 ]
}

# The fast path comes and goes, for each family in turn; traffic never stops.
round()
{
	local rule="FORWARD -m conntrack --ctstate ESTABLISHED -j FASTTRACK"
	local ipt=ipt4 flow=t

	[ $(($1 % 2)) -eq 0 ] || { ipt=ipt6; flow=u; }
	[ -z "$slow" ] || rule=${rule/FASTTRACK/ACCEPT}
	# shellcheck disable=SC2086 # words of a rule
	$ipt -I $rule || return
	hosts idle 20
	[ $(($1 % 10)) -gt 1 ] || hosts fast $flow b || return
	hosts forget
	# shellcheck disable=SC2086
	$ipt -D $rule || return
	[ -z "$slow" ] || return 0
	wait_until 2 unused
	expect "round $1" rmmod xt_FASTTRACK nf_fasttrack
}

unload_under_traffic()
{
	local n

	hosts bg t 20 500 && hosts bg u 10 200 || return
	for ((n = 0; n < ROUNDS; n++)); do
		round $n || return
	done
	hosts fresh t o 3 && hosts fresh t r 3 &&
	hosts fresh u o 3 && hosts fresh u r 3
}

# What a module of ours could leave: itself, caches, references to conntrack.
nothing_left()
{
	hosts nobg t u
	hosts settle 100
	[ -n "$slow" ] || expect "modules" \
		[ -z "$(grep -i fasttrack /proc/modules)" ]
	expect "slabs" [ -z "$(grep -i fasttrack /proc/slabinfo)" ]
	# Links are names of merged caches, which the kernel leaves for ever.
	expect "slabs" [ -z "$(find /sys/kernel/slab -iname '*fasttrack*' \
		-type d 2>/dev/null)" ]
	in_ns "$router" conntrack -F >/dev/null 2>&1
	expect "conntrack entries" wait_until 5 empty
}

empty()
{
	[ "$(in_ns "$router" conntrack -C)" -eq 0 ]
}

quiet_log()
{
	local words

	words=$(klog_since "$mark" | grep -iE \
		'bug|warn|oops|leak|unregister_netdevice|waiting for|stall|slab' )
	expect_equal "kernel log" "$words" ""
}

# again: a new topology with traffic on the fast path.
again()
{
	router_new && hosts ns c "$client" && hosts ns r "$router" &&
	hosts ns s "$server" && fasttrack_rules || return
	flow_open t tcp 6 none $((sport += 1)) &&
	flow_open u udp 4 none $((sport += 1)) &&
	hosts bg t 20 500 && hosts bg u 10 200 &&
	hosts fast t b && hosts fast u b
}

# The way is gone at once and the modules can go: no reference was kept.
released()
{
	[ -z "$slow" ] || return 0
	expect "still in use" wait_until 8 unused
	expect "rmmod" rmmod xt_FASTTRACK nf_fasttrack
}

device_deleted()
{
	again || return
	expect "deletion of $1" timeout 8 ip -n "$router" link delete "$1"
	hosts idle 100
	hosts close t none && hosts close u
	hosts forget
	fasttrack_rule -D
	released
}

namespace_deleted()
{
	again || return
	hosts forget
	expect "deletion" timeout 8 ip netns delete "$router"
	hosts idle 200
	hosts close t none && hosts close u
	released
}

require ip conntrack iptables-nft rmmod
mark=$(klog_mark)
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
fasttrack_rule -D
sport=27000

ktap_plan 8
ktap_test "connections" eval 'flow_open t tcp 4 both 27001 &&
	flow_open u udp 6 snat 27002 && hosts send t b 4 64 && hosts send u b 4 64'
ktap_test "H8 rules and modules go $ROUNDS times" unload_under_traffic
ktap_test "H8 nothing is left" nothing_left
hosts_ask close t none
hosts_ask close u
ktap_test "H22 egress device deleted" device_deleted wan
ktap_test "H22 ingress device deleted" device_deleted lan
ktap_test "H23 namespace deleted" namespace_deleted
ktap_test "H23 namespace deleted once more" namespace_deleted
ktap_test "the kernel log is silent" quiet_log
ktap_end
