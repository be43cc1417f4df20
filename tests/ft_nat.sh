#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What leaves the router is what the slow path would have sent, and all of it
# is counted: both families, TCP and UDP, every kind of NAT.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# A phase of 64 messages each way is sent while both directions are armed for
# longer than it takes. Then the fast counters must have grown by exactly what
# the taps saw, and each packet on the far wire must be the one on the near
# wire with its addresses, ports and TTL changed, and right checksums.
#
# Covers HAZARDS 11 (UDP), 34 (partial and full checksums, UDP without), 38
# (TOS kept) and the counters of 13.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

LEASE=60000

open_all()
{
	local proto family nat sport=20000

	for family in 4 6; do
		for proto in tcp udp; do
			for nat in $NAT_KINDS; do
				sport=$((sport + 1))
				flow_open "$proto$family-$nat" $proto $family \
					"$nat" $sport || return
				flows+=("$proto$family-$nat")
			done
		done
	done
	hosts udp zero 10.1.0.2 21000 10.2.0.2 5005 10.2.0.2 5005 1 || return
	flows+=(zero)
}

arm_all()
{
	hosts engine lease=$LEASE &&
	hosts arm 15000 "${flows[@]}"
}

measure()
{
	hosts arm 5000 "$1" &&
	hosts measure "$1" 64 "$2" t0 t1
}



require ip ethtool iptables-nft iptables-legacy
router_new
hosts_start "$client" "$router" "$server"
backend=nft
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
flows=()

ktap_plan 36
ktap_test "connections of every kind open" open_all
ktap_test "all are armed" arm_all
for flow in "${flows[@]}"; do
	ktap_test "H34 H35 $flow with deferred checksums" measure "$flow" 1000
done
offloads_off "$client" eth0
offloads_off "$server" eth0
for flow in "${flows[@]}"; do
	ktap_test "H34 H35 $flow with full checksums" measure "$flow" 1200
done
ktap_end
