#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The hook at netdev ingress sees what the stack has not judged yet. It sends
# what the stack would have forwarded, and nothing else: each kind of frame that
# the stack drops is sent in the middle of a connection that is fast there.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                    tap 0       tap 1
#
# Covers HAZARDS 39 and of 32 what the stack drops before PRE_ROUTING.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

ctl()
{
	in_ns "$router" ftctl "$@"
}

# at_ingress: packets that went fast there, into $count.
at_ingress()
{
	count=0
	[ -n "$slow" ] || count=$(ctl -j status | jq '."ingress-packets"')
}

both_hooked()
{
	[ -n "$slow" ] || ctl -j status | jq -e '."ingress-devices" | length == 2'
}

# steady FAMILY: a UDP connection with source NAT that is armed, the same one
# for all tests of the family.
steady()
{
	if [ "$open" != "$1" ]; then
		hosts_ask close f
		flow_open f udp "$1" snat $((sport += 1)) && open=$1 || return
	fi
	hosts arm 5000 f && expect "hooks" wait_until 10 both_hooked
}

# burst_is FAST LEFT KINDS: of the frames so many go fast at ingress, and so
# many leave.
burst_is()
{
	local before

	hosts arm 5000 f && hosts settle && at_ingress && before=$count
	hosts clear && hosts burst "${port:-lan}" f "$3" && hosts settle ||
		return
	at_ingress
	[ -n "$slow" ] ||
		expect_equal "fast of $3" $((count - before)) "$1"
	hosts messages t1 f o && expect_equal "left of $3" "$answer" "$2"
}

# fast_bytes: those of the client's, into $bytes.
fast_bytes()
{
	bytes=0
	[ -n "$slow" ] || { hosts ft f && bytes=$(cut -d' ' -f6 <<<"$answer"); }
}

# Ethernet pads what is short: nothing of that leaves, or is counted.
padded()
{
	local before size=92

	[ "$1" = 4 ] || size=112
	steady "$1" && hosts settle && fast_bytes && before=$bytes
	hosts clear && hosts burst lan f PPP && hosts settle || return
	hosts count t1 f o && expect_equal "on the wire" "$answer" "3 $((3 * size))"
	fast_bytes
	[ -n "$slow" ] ||
		expect_equal "counted" $((bytes - before)) $((3 * size))
}

# dropped FAMILY KIND: the stack's own drop, between frames that go fast.
dropped()
{
	steady "$1" && burst_is 2 2 "N$2N"
}

# What is for another host, though it comes in here.
otherhost()
{
	steady "$1" && port=other burst_is 0 0 NN && burst_is 2 2 NN
}

# Chains of users at ingress come first, whichever was there first.
users_chain()
{
	steady "$1" || return
	in_ns "$router" nft -f - <<-END || return
		table netdev users {
			chain early {
				type filter hook ingress device lan priority 0
				udp dport 5002 drop
			}
		}
	END
	nothing_leaves
	in_ns "$router" nft delete table netdev users
	burst_is 2 2 NN
}

nothing_leaves()
{
	local before

	at_ingress && before=$count
	hosts clear && hosts burst lan f NNN && hosts settle && at_ingress
	expect_equal "fast" "$count" "$before"
	hosts messages t1 f o && expect_equal "left" "$answer" 0
}

# IPv6 that is switched off on the device is dropped where it comes in.
ipv6_off()
{
	steady 6 || return
	in_ns "$router" sysctl -qw net.ipv6.conf.lan.disable_ipv6=1
	nothing_leaves
	in_ns "$router" sysctl -qw net.ipv6.conf.lan.disable_ipv6=0
	addresses "$router" lan fd01::1/64
	hosts bg f 20 100 && hosts fresh f o 5 && hosts fast f o 5
	hosts nobg f
}

# TCP with NAT both ways, every packet fast at the hook.
measured()
{
	local before

	flow_open g tcp "$1" both $((sport += 1)) && hosts arm 5000 g &&
	expect "hooks" wait_until 10 both_hooked && hosts settle &&
	at_ingress && before=$count
	hosts measure g 100 1200 t0 t1 && at_ingress
	[ -n "$slow" ] ||
		expect "at ingress" [ $((count - before)) -ge 200 ]
	hosts close g
}

require ip ftctl jq iptables-nft nft
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts port lan c eth0 $client_mac $lan_mac
hosts port other c eth0 $client_mac 02:00:00:00:00:77
[ -n "$slow" ] || ctl set ingress=yes lease=60s
unset FASTTRACK_INGRESS		# for last_word: it is set here
sport=40000
open=

ktap_plan 17
for family in 4 6; do
	v=IPv$family
	ktap_test "H39 measured, $v TCP" measured $family
	ktap_test "H39 padding, $v" padded $family
	ktap_test "H39 H32 length that lies, $v" dropped $family Y
	ktap_test "H39 H32 wrong version, $v" dropped $family B
	ktap_test "H39 VLAN tag, $v" dropped $family V
	ktap_test "H39 another host's, $v" otherhost $family
	ktap_test "H39 users' chain comes first, $v" users_chain $family
done
ktap_test "H39 H32 wrong header checksum, IPv4" dropped 4 H
ktap_test "H39 IPv6 switched off" ipv6_off
ktap_test "H39 hop limit" eval 'steady 6 && burst_is 1 1 NT'
ktap_end
