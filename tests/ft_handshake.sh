#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How soon a connection is fast: TCP with the ACK that ends its handshake, in the
# direction of that ACK; UDP not before a third packet.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# What a packet does is read from the engine, whose counters ft_nat.sh holds
# against the wire, and that conntrack has seen no packet of those.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# state DIRECTION PATTERN: of connection f
state()
{
	hosts ft f || return
	[[ " $answer " == *" $1 "$2* ]] ||
		fail "f is $answer, not $1 $2"
}

# The first packet behind the handshake goes fast; the other direction learns
# from its own first one.
tcp()
{
	hosts_ask close f
	flow_open f tcp "$1" "$2" $((sport += 1)) && hosts settle || return
	[ -n "$slow" ] || { state orig "armed 0 " && state reply "unarmed 0 "; } ||
		return
	hosts send f o 1 100 && hosts settle || return
	[ -n "$slow" ] || state orig "armed 1 " || return
	hosts send f r 1 100 && hosts send f o 1 100 && hosts send f r 1 100 &&
	hosts settle || return
	[ -n "$slow" ] || state reply "armed [1-9]"
}

# A question and its answer are no flow.
udp()
{
	hosts_ask close f
	flow_open f udp "$1" "$2" $((sport += 1)) &&
	hosts send f o 1 100 && hosts send f r 1 100 && hosts settle || return
	[ -z "$slow" ] || return 0
	! hosts_ask ft f || fail "a question and an answer made a flow"
	hosts send f o 1 100 && hosts settle && state orig "unarmed 0 "
}

require ip
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts engine lease=60000
sport=32000

ktap_plan 6
for family in 4 6; do
	for nat in none snat; do
		ktap_test "TCP is fast behind its handshake, $nat, IPv$family" \
			tcp $family $nat
	done
	ktap_test "a question and its answer are no flow, IPv$family" \
		udp $family none
done
ktap_end
