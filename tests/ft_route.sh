#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Routes, neighbours, devices and forwarding change under traffic: the first
# packet sent after the change goes the new way. ICMP errors about fast
# connections are made, translated and delivered.
#
#	                           tap 1
#	client eth0 ---- lan router wan  -------- eth0 server
#	                tap 0      wan2 -------- eth1
#	                           tap 2
#
# Covers HAZARDS 17, 18, 19, 22 (down, MTU), 29 (ECMP), 30, 33 (TTL, MTU) and 41.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# names FAMILY: variables of that family.
names()
{
	if [ "$1" = 4 ]; then
		peer=10.2.0.2 host=32 via=10.3.0.2 version=-4
	else
		peer=fd02::2 host=128 via=fd03::2 version=-6
	fi
}

# steady NAME PROTO FAMILY NAT: a connection with traffic both ways, fast.
steady()
{
	hosts_ask close "$1"
	flow_open "$1" "$2" "$3" "$4" $((sport += 1)) && hosts arm 500 "$1" &&
	hosts bg "$1" 10 200 && hosts fast "$1" b
}

# moved FROM TO: what is sent from now on leaves by tap TO only.
moved()
{
	local seq

	hosts seq f && seq=$answer
	hosts clear && hosts fresh f o 3 && hosts idle 200 || return
	hosts messages "$1" f o "$seq" && expect_equal "old way" "$answer" 0
	hosts messages "$2" f o "$seq" && expect "new way" [ "$answer" -ge 5 ]
	hosts fast f o 5
}

route_changes()
{
	names "$2"
	steady f "$1" "$2" "$3" || return
	ip -n "$router" $version route add $peer/$host via $via dev wan2
	moved t1 t2
	ip -n "$router" $version route del $peer/$host
	moved t2 t1
}

policy_changes()
{
	names "$2"
	steady f "$1" "$2" "$3" || return
	ip -n "$router" $version route add default via $via dev wan2 table 100
	ip -n "$router" $version rule add to $peer iif lan lookup 100
	moved t1 t2
	ip -n "$router" $version rule del to $peer iif lan lookup 100
	moved t2 t1
	ip -n "$router" $version route flush table 100
}

# table_fills PROTO WORDS...: the connection goes by main, because the table that
# is asked first has nothing for it. The new route is in another tree than the one
# that is in use, whose cookies do not change.
table_fills()
{
	names 6
	hosts engine lease=60000
	ip -n "$router" -6 rule add from fd01::2 lookup 100
	steady f "$1" 6 none && hosts arm 8000 f || return
	ip -n "$router" -6 route add "${@:2}"
	if [ "$3" = via ]; then
		moved t1 t2
	else
		no_more "not by ${*:2}"
	fi
	ip -n "$router" -6 route del "${@:2}"
	ip -n "$router" -6 rule del from fd01::2 lookup 100
	hosts fresh f o 5
	hosts engine lease=5000
}

linkdown()
{
	ip -n "$router" -6 route show fd08::/64 |
		grep -q 'metric 1 .*linkdown'
}

# carrier_lost NUD: the better of two routes has lost its carrier, which counts if
# it is told to. With it goes what was learned of the neighbour, and without one
# nothing is fast; what is permanent stays.
carrier_lost()
{
	in_ns "$router" sysctl -qw \
		net.ipv6.conf.all.ignore_routes_with_linkdown=1 \
		net.ipv6.conf.wan.ignore_routes_with_linkdown=1
	hosts engine lease=60000
	hosts_ask close f
	ip -n "$router" -6 route add fd08::/64 via fd02::2 dev wan metric 1
	ip -n "$router" -6 route add fd08::/64 via fd03::2 dev wan2 metric 2
	ip -n "$router" neigh replace fd02::2 lladdr $server_mac nud "$1" \
		dev wan
	hosts udp f fd01::2 $((sport += 1)) fd08::1 5001 fd08::1 5001 &&
	hosts arm 8000 f && hosts bg f 10 200 && hosts fast f b || return
	ip -n "$server" link set eth0 down
	expect "linkdown" wait_until 10 linkdown
	moved t1 t2
	ip -n "$server" link set eth0 up
	no_dad "$server" eth0
	addresses "$server" eth0 fd02::2/64
	host_routes "$server" "" 10.2.0 fd02
	ip -n "$router" neigh del fd02::2 dev wan
	ip -n "$router" -6 route del fd08::/64 metric 1
	ip -n "$router" -6 route del fd08::/64 metric 2
	in_ns "$router" sysctl -qw \
		net.ipv6.conf.all.ignore_routes_with_linkdown=0
	hosts engine lease=5000
}

# labelled TAP: which of the messages to come left there, as places.
LABELS=$(printf '0x%x ' {1..16})
labelled()
{
	local first

	hosts settle && hosts clear && hosts labels lan f $LABELS || return
	first=$answer
	hosts settle && hosts order "$1" f o "$first" || return
	answer=$(for n in $answer; do printf '%d ' $((n - first)); done)
}

# With several next hops the flow label has its part in the choice. The slow path
# is asked with the engine off.
siblings()
{
	local wanted round

	hosts engine lease=60000
	hosts_ask close f
	ip -n "$router" -6 route add fd08::/64 nexthop via fd02::2 dev wan \
		nexthop via fd03::2 dev wan2 || return
	hosts udp f fd01::2 $((sport += 1)) fd08::1 5001 fd08::1 5001 &&
	hosts send f b 5 100 && hosts engine enabled=0 && labelled t2 || return
	wanted=$answer
	expect "both ways" [ "$(wc -w <<<"$wanted")" -gt 0 ] &&
	expect "both ways" [ "$(wc -w <<<"$wanted")" -lt 16 ] || return
	hosts engine enabled=1 && hosts arm 8000 f && hosts send f b 10 100 &&
	hosts settle && hosts wasfast f || return
	for round in 1 2; do
		labelled t2 && expect_equal "by wan2, round $round" \
			"$answer" "$wanted"
		hosts messages t1 f o && expect_equal "by wan, round $round" \
			"$answer" $((16 - $(wc -w <<<"$wanted")))
	done
	ip -n "$router" -6 route del fd08::/64
	hosts engine lease=5000
}

# The frames' address follows the neighbour entry at once.
mac_changes()
{
	local mac seq

	names "$2"
	steady f "$1" "$2" "$3" || return
	for mac in 02:00:00:00:00:99 $server_mac; do
		ip -n "$router" neigh replace $peer lladdr $mac nud permanent \
			dev wan
		hosts seq f && seq=$answer
		hosts clear && hosts idle 200
		[ $mac != $server_mac ] || hosts fresh f o 3
		hosts macs t1 f o "$seq" && expect_equal "MAC" "$answer" $mac
	done
	ip -n "$router" neigh del $peer dev wan
	hosts fresh f o 3 && hosts fast f o 5
}

reachable()
{
	ip -n "$router" neigh show $peer dev wan | grep -q REACHABLE
}

# What is known of the neighbour goes away, or gets old; nobody but the fast
# path asks for it. Nothing is sent to no address, and it is found again.
neighbour_fails()
{
	local seq state

	names "$1"
	hosts engine lease=60000
	steady f udp "$1" none && hosts arm 8000 f || return
	for state in failed stale none; do
		hosts seq f && seq=$answer
		hosts clear
		ip -n "$router" neigh replace $peer lladdr $server_mac \
			nud $state dev wan
		[ $state != none ] || ip -n "$router" neigh del $peer dev wan
		hosts fresh f o 5 && hosts fast f o 5
		expect "reachable after $state" wait_until 15 reachable
		hosts macs t1 f o "$seq" &&
			expect_equal "MAC after $state" "$answer" $server_mac
	done
	hosts engine lease=5000
}

# too_big FAMILY: about the connection as the client knows it; NAT makes the
# router's own error seem to come from the address the client sent to.
too_big()
{
	local type=3 code=4 from=10.9.0.9 src=10.1.0.2

	[ "$1" = 4 ] || { type=2 code=0 from=fd09::9 src=fd01::2; }
	icmp_about t0 $type $code $from $src
}

# icmp_about TAP TYPE CODE FROM SRC: an ICMP error that quotes a packet from
# SRC, with the client's own port.
icmp_about()
{
	local error

	hosts icmp "$1" "$2" "$3" || return
	error=($answer)
	expect_equal "ICMP from" "${error[1]}" "$4"
	expect_equal "ICMP about" "${error[2]} ${error[3]}" "$5 $sport"
}

mtu_lowered()
{
	names "$1"
	steady f udp "$1" both || return
	ip -n "$router" link set wan mtu 1300
	hosts clear && hosts bg f 20 1350 o && hosts idle 200 || return
	too_big "$1"
	hosts messages t1 f o 0 || return
	hosts bg f 10 200 && hosts fast f b 5 && hosts fresh f o 2
	ip -n "$router" link set wan mtu 1500
	hosts fresh f o 3 && hosts fast f b 5
}

# route_mtu FAMILY MTU SIZE: the route has an MTU below that of its device. IPv4
# has to be told that it means what is forwarded, too. Below the least MTU of IPv6
# nothing is fast, but small packets get through.
route_mtu()
{
	local lock=

	names "$1"
	[ "$1" = 6 ] || lock=lock
	steady f udp "$1" both && forget_path || return
	ip -n "$router" $version route add $peer/$host dev wan mtu $lock "$2"
	hosts clear && hosts bg f 20 "$3" o && hosts idle 200 || return
	too_big "$1"
	hosts messages t1 f o 0 || return
	hosts clear && hosts bg f 10 200 && hosts fresh f o 3
	if [ "$2" -ge 1280 ]; then
		hosts fast f b 5
	else
		hosts idle 500 && hosts fast f r 5 && not_fast f o
	fi
	ip -n "$router" $version route del $peer/$host
	forget_path
	hosts bg f 20 "$3" && hosts fresh f o 3 && hosts fast f b 5
}

# The client fragments what it was told to be too big.
forget_path()
{
	expect "path MTU" ip -n "$client" $version route flush cache
}

# not_fast NAME DIR: that direction is not armed.
not_fast()
{
	[ -n "$slow" ] && return
	! hosts_ask fast "$1" "$2" 1 || fail "$1 $2 is fast"
}

# What is too big for an armed direction is refused, and disarms nothing: the
# next ordinary one is fast again.
oversize()
{
	local fast

	names "$1"
	steady f udp "$1" both && hosts nobg f || return
	ip -n "$router" link set wan mtu 1300
	hosts send f b 10 100 && hosts arm 4000 f && hosts settle &&
		hosts_ask ft f || return
	fast=$(cut -d' ' -f5 <<<"$answer")
	hosts clear && hosts burst lan f GGG && hosts settle &&
	hosts burst lan f NN && hosts settle || return
	too_big "$1"
	hosts messages t1 f o && expect_equal "left" "$answer" 2
	[ -n "$slow" ] || { hosts ft f && expect_equal "fast" \
		"$(cut -d' ' -f4,5 <<<"$answer")" "armed $((fast + 2))"; }
	ip -n "$router" link set wan mtu 1500
}

# A segment of TCP, with larger ones merged by the sender's GSO.
mtu_lowered_tcp()
{
	steady f tcp "$1" snat && hosts nobg f || return
	ip -n "$router" link set wan mtu 1300
	hosts send f b 20 8000 || return
	ip -n "$router" link set wan mtu 1500
	hosts send f b 20 8000 && hosts wasfast f
}

ttl_exceeded()
{
	local type=11 from=10.9.0.9 src=10.1.0.2

	[ "$1" = 4 ] || { type=3 from=fd09::9 src=fd01::2; }
	steady f udp "$1" both && hosts clear && hosts burst lan f T || return
	hosts idle 200
	icmp_about t0 $type 0 $from $src
	hosts fast f b
}

# The server has nobody to take it: the error is the client's to read.
port_unreachable()
{
	local type=3 code=3 from=10.9.0.9 src=10.1.0.2

	[ "$1" = 4 ] || { type=1 code=4 from=fd09::9 src=fd01::2; }
	steady f udp "$1" both && hosts close f fin r && hosts clear || return
	hosts bg f 20 200 o && hosts idle 300 || return
	icmp_about t0 $type $code $from $src
}

device_down()
{
	names "$1"
	steady f "$2" "$1" "$3" || return
	ip -n "$router" link set wan down
	hosts stops f o 300 2 || return
	ip -n "$router" link set wan up
	hosts fresh f o 10 && hosts fast f b 8
}

# no_more: nothing that is sent from now on gets through.
no_more()
{
	local seq

	hosts seq f && seq=$answer
	hosts clear && hosts idle 400
	hosts messages t1 f o "$seq" && expect_equal "$1" "$answer" 0
}

forwarding_off()
{
	local word=net.ipv4.ip_forward

	[ "$1" = 4 ] || word=net.ipv6.conf.all.forwarding
	steady f udp "$1" snat || return
	in_ns "$router" sysctl -qw $word=0
	no_more "forwarded"
	in_ns "$router" sysctl -qw $word=1
	routes
	hosts fresh f o 5 && hosts fast f b 5
}

# The masqueraded address goes: nothing leaves with the old one. Conntrack
# drops the packet that finds out, the next one gets a new mapping.
masquerade_route()
{
	local seq

	names "$1"
	steady f udp "$1" snat || return
	ip -n "$router" $version route add $peer/$host via $via dev wan2
	hosts seq f && seq=$answer
	hosts clear && hosts fresh f o 3 && hosts idle 200
	hosts sources t2 f o "$seq" && expect_equal "source" "$answer" "$2"
	hosts messages t1 f o "$seq" && expect_equal "old way" "$answer" 0
	hosts fast f o 5
	ip -n "$router" $version route del $peer/$host
}

masquerade_address()
{
	local seq

	names "$1"
	steady f udp "$1" snat || return
	ip -n "$router" address del "$4/$3" dev wan
	addresses "$router" wan "$2/$3"
	hosts seq f && seq=$answer
	hosts clear && hosts fresh f o 3 && hosts idle 200
	hosts sources t1 f o "$seq" && expect_equal "source" "$answer" "$2"
	hosts fast f o 5
	ip -n "$router" address del "$2/$3" dev wan
	addresses "$router" wan "$4/$3"
}

black_hole()
{
	steady f udp 4 none || return
	ip -n "$router" route add blackhole 10.2.0.2/32
	no_more "into a black hole"
	ip -n "$router" route del blackhole 10.2.0.2/32
	hosts fresh f o 3 && hosts fast f b 5
}

require ip ping iptables-nft
router_new
second_way
addresses "$server" lo fd08::1/128
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts tap t2 r wan2 1
hosts port lan c eth0 $client_mac $lan_mac
sport=25000

ktap_plan 36
ktap_test "H17 route change, IPv4 TCP" route_changes tcp 4 none
ktap_test "H17 route change, IPv6 UDP" route_changes udp 6 dnat
ktap_test "H17 policy route change, IPv4 UDP" policy_changes udp 4 dnat
ktap_test "H17 policy route change, IPv6 TCP" policy_changes tcp 6 none
ktap_test "H19 MAC change, IPv4" mac_changes udp 4 both
ktap_test "H19 MAC change, IPv6" mac_changes udp 6 none
ktap_test "H19 neighbour fails, IPv4" neighbour_fails 4
ktap_test "H19 neighbour fails, IPv6" neighbour_fails 6
ktap_test "H33 MTU lowered, IPv4" mtu_lowered 4
ktap_test "H18 H33 MTU lowered, IPv6" mtu_lowered 6
ktap_test "H33 MTU lowered, IPv4 TCP" mtu_lowered_tcp 4
ktap_test "H18 H33 MTU lowered, IPv6 TCP" mtu_lowered_tcp 6
ktap_test "H17 H33 MTU of a route, IPv4" route_mtu 4 1300 1350
ktap_test "H17 H33 MTU of a route, IPv6" route_mtu 6 1300 1350
ktap_test "H33 MTU of a route below the least one" route_mtu 6 1000 1100
ktap_test "H33 too big for an armed one, IPv4" oversize 4
ktap_test "H33 too big for an armed one, IPv6" oversize 6
ktap_test "H33 TTL exceeded, IPv4" ttl_exceeded 4
ktap_test "H33 hop limit exceeded, IPv6" ttl_exceeded 6
ktap_test "H41 port unreachable, IPv4" port_unreachable 4
ktap_test "H41 port unreachable, IPv6" port_unreachable 6
ktap_test "H22 device down and up, IPv4" device_down 4 udp dnat
ktap_test "H22 device down and up, IPv6" device_down 6 tcp none
ktap_test "H17 IPv4 forwarding off and on" forwarding_off 4
ktap_test "H18 IPv6 forwarding off and on" forwarding_off 6
ktap_test "H17 black hole" black_hole
ktap_test "H30 masquerade and route change, IPv4" masquerade_route 4 10.3.0.1
ktap_test "H30 masquerade and route change, IPv6" masquerade_route 6 fd03::1
ktap_test "H30 masquerade and address change, IPv4" \
	masquerade_address 4 10.2.0.7 24 10.2.0.1
ktap_test "H30 masquerade and address change, IPv6" \
	masquerade_address 6 fd02::7 64 fd02::1
ktap_test "H17 IPv6 black hole in the table asked first" \
	table_fills udp blackhole default table 100
ktap_test "H17 IPv6 route in the table asked first" \
	table_fills tcp default via fd03::2 dev wan2 table 100
ktap_test "H17 IPv6 address becomes local" \
	table_fills udp local fd02::2 dev lo
ktap_test "H17 IPv6 flow label chooses the next hop" siblings
ktap_test "H17 IPv6 carrier lost, its neighbour, too" carrier_lost reachable
ktap_test "H17 IPv6 carrier lost, neighbour permanent" carrier_lost permanent
ktap_end
