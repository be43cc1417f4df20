#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Connections come and go by the thousand, TCP and UDP, both families, with NAT and
# without: each gets its own echoes, nearly each is a flow, packets go fast, and when all have gone
# nothing is left of them.
#
# FASTTRACK_CONNECTIONS: how many (4000).
source "$(dirname "$0")/stress.sh"
connections=${FASTTRACK_CONNECTIONS:-4000}

# Flows that ended because their entry did.
ended()
{
	in_ns "$router" ftctl -j reasons | jq '[.. | objects |
		select(.reason? == "dying") | .packets] | add // 0'
}

# churn ADDRESS PORT
churn()
{
	local sums wanted=$((connections / 4)) a b c

	sums=$(in_ns "$client" "$flood" churn "$1" "$2" 60 \
		$((60 + wanted)) "$wanted" 2>&1)
	diag "$sums"
	[[ $sums =~ ^churn:\ whole\ ([0-9]+)\ lost\ ([0-9]+)\ stray\ ([0-9]+)\ wrong\ 0$ ]] ||
		fail "$sums" || return
	a=${BASH_REMATCH[1]} b=${BASH_REMATCH[2]} c=${BASH_REMATCH[3]}
	whole=$((whole + a))
	expect "whole" [ "$a" -ge $((wanted - wanted / 50)) ] &&
	expect "lost" [ "$b" -le $((wanted / 50)) ] &&
	expect_equal "strays" "$c" 0
}

no_entries()
{
	[ "$(in_ns "$router" conntrack -C)" -eq 0 ]
}

were_fast()
{
	in_ns "$router" conntrack -F >/dev/null 2>&1
	expect "entries are left" wait_until 60 no_entries || return
	fast=$(($(fast_packets) - fast))
	diag "$whole whole connections, $(ended) flows, $fast fast packets"
	expect "too few flows" [ "$(ended)" -ge $((whole - whole / 50)) ] &&
	expect "too few fast packets" [ $fast -ge $((whole * 3)) ]
}

require ip conntrack iptables-nft iptables-legacy rmmod ftctl jq python3
[ -x "$flood" ] || ktap_skip_all "no $flood; make -C tests/stress"
stress_begin
whole=0
# Entries of what is over shall not take all ports of an address
in_ns "$router" ftctl tracking set udp-timeout=5s udp-stream-timeout=5s \
	tcp-time-wait-timeout=2s tcp-close-timeout=2s tcp-last-ack-timeout=2s

ktap_plan 8
ktap_test "traffic flows before" flows_well
fast=$(fast_packets)
ktap_test "connections, IPv4" churn 10.2.0.2 5001
ktap_test "connections, IPv6" churn fd02::2 5002
ktap_test "connections, IPv4, NAT" churn 10.9.0.9 5004
ktap_test "connections, IPv6, NAT" churn fd09::9 5003
ktap_test "they were fast" were_fast
ktap_test "nothing is left" nothing_left "$held"
ktap_test "the log is silent" klog_clean "$mark"
ktap_end
