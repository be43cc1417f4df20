#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How soon a connection is fast: TCP with the ACK that ends its handshake, in the
# direction of that ACK; UDP not before a third packet.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# What a packet does is read from the engine, whose counters ft_nat.sh holds
# against the wire, and that conntrack has seen no packet of those.
#
# Covers, of HAZARDS 32, a TCP offset that is none.
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

# A segment that has neither flags nor a header length, but all else as the
# engine remembers it from conntrack. Conntrack takes it for INVALID, which the
# rules drop. Nothing was fast before it: it meets what was loaded.
headless()
{
	hosts_ask close f
	hosts clear
	flow_open f tcp "$1" "$2" $((sport += 1)) && hosts settle 100 || return
	[ -n "$slow" ] || state orig "armed 0 " || return
	hosts segment lan f "$3" t0 && hosts settle || return
	hosts headless t0 && expect_equal "$3 came" "$answer" 1
	hosts headless t1 && expect_equal "$3 left" "$answer" 0
	hosts send f b 5 100 && hosts settle && hosts wasfast f
}

require ip
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts engine lease=60000
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts port lan c eth0 $client_mac $lan_mac
sport=32000

ktap_plan 14
for family in 4 6; do
	for nat in none snat; do
		ktap_test "TCP is fast behind its handshake, $nat, IPv$family" \
			tcp $family $nat
		for kind in bare push; do
			ktap_test "H32 no TCP header, $kind, $nat, IPv$family" \
				headless $family $nat $kind
		done
	done
	ktap_test "a question and its answer are no flow, IPv$family" \
		udp $family none
done
ktap_end
