#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets of a connection leave in the order in which the slow path sends them,
# when some of a burst must go slow and the others could be fast.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	 (plug qdisc)       (GRO: NAPI)   tap 1
#
# Frames are collected by a plug qdisc on the client and let go at once, so that
# the router's NAPI hands them to the stack as one list. The burst is first sent
# with the engine switched off, then with the connection armed.
#
# Covers HAZARDS 44 and, of 32, fragments and options that do not arm.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

plug()
{
	tc -n "$client" qdisc change dev eth0 root plug "$1"
}

# burst KINDS: send it as one list; $answer is the order in which it left, as
# places in the burst.
burst()
{
	local first

	hosts clear && plug block && hosts burst lan u "$1" || return
	first=$answer
	plug release_indefinite
	hosts settle 100 && hosts order t1 u o "$first" || return
	answer=$(for n in $answer; do printf '%d ' $((n - first)); done)
}

# in_order KINDS: as the slow path has it, twice.
in_order()
{
	local wanted round

	hosts engine enabled=0 && burst "$1" || return
	wanted=$answer
	hosts engine enabled=1 || return
	for round in 1 2; do
		hosts arm 5000 u && burst "$1" || return
		expect_equal "$1 in round $round" "$answer" "$wanted"
	done
}

# Without doubtful ones all of a burst is fast: the bursts above are a test of
# something.
all_fast()
{
	local before

	hosts arm 5000 u && hosts_ask ft u
	before=$answer
	burst NNNNNNNNNNNNNNNN || return
	expect_equal "order" "$answer" "$(seq -s' ' 0 15) "
	[ -z "$slow" ] || return 0
	hosts ft u
	expect_equal "fast packets" \
		$(($(cut -d' ' -f5 <<<"$answer") - $(cut -d' ' -f5 <<<"$before"))) 16
}

setup()
{
	hosts_ask close u
	flow_open u udp "$1" snat 2400"$1" && hosts send u b 5 64 &&
	hosts engine lease=30000
}

KINDS="FNN NFNN NONN FFNFN NTNN NLNN OFNNFON NNNNNNNFNNNNNNNONNNNNN"

require ip tc ethtool iptables-nft
modprobe -q sch_plug || ktap_skip_all "no plug qdisc"
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t1 r wan 1
hosts port lan c eth0 $client_mac $lan_mac
sysctl -qw net.core.gro_normal_batch=64
# veth gives a packet to NAPI only if its sender cannot segment.
offloads_off "$client" eth0
in_ns "$router" ethtool -K lan gro on
tc -n "$client" qdisc add dev eth0 root plug limit 10000000
plug release_indefinite

ktap_plan 20
for family in 4 6; do
	ktap_test "IPv$family is armed" setup $family
	ktap_test "H44 IPv$family burst of fast ones" all_fast
	for kinds in $KINDS; do
		ktap_test "H32 H44 IPv$family $kinds" in_order $kinds
	done
done
ktap_end
