#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ways through the router that are not plain: a gateway of the other family,
# several ways, another way back, out of where it came in, an encapsulation that
# belongs to the route.
#
#	                           tap 1
#	client eth0 ---- lan router wan  -------- eth0 server lo
#	                tap 0       wan2 -------- eth1        10.8.0.1-4
#	                           tap 2                      fd08::1-4
#
# Covers HAZARDS 12 (ingress device), 20, 21 (headers longer than those that
# came), 28 and 29.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

names()
{
	if [ "$1" = 4 ]; then
		version=-4 own=10.1.0.2 beyond=10.8.0. via=10.2.0.2 via2=10.3.0.2
	else
		version=-6 own=fd01::2 beyond=fd08:: via=fd02::2 via2=fd03::2
	fi
}

# steady PROTO ADDRESS [PORT]: a connection to there, armed.
steady()
{
	hosts_ask close f
	hosts "$1" f $own $((sport += 1)) "$2" 5001 "$2" 5001 &&
	hosts arm 5000 f
}

# H20: the next hop of an IPv4 route may be an IPv6 one.
gateway_of_other_family()
{
	names 4
	ip -n "$router" route add 10.8.0.1/32 via inet6 fd02::2 dev wan &&
	steady "$1" 10.8.0.1 && hosts measure f 40 900 t0 t1
	ip -n "$router" neigh replace fd02::2 lladdr 02:00:00:00:00:99 \
		nud permanent dev wan
	hosts clear && hosts bg f 20 200 o && hosts idle 200 && hosts nobg f
	hosts macs t1 f o && expect_equal "MAC" "$answer" 02:00:00:00:00:99
	ip -n "$router" neigh del fd02::2 dev wan
	hosts bg f 20 200 o && hosts fresh f o 5 && hosts fast f o 5
	hosts close f
	ip -n "$router" route del 10.8.0.1/32
}

# way N: which tap sees what goes to that address, 1 or 2, into $way.
way()
{
	hosts clear && hosts send "f$1" o 5 200 && hosts settle || return
	hosts messages t1 "f$1" o && way=1
	[ "$answer" -eq 5 ] || way=2
	hosts messages "t$way" "f$1" o && expect_equal "on tap $way" "$answer" 5
}

# H29: each connection keeps the way that the slow path chose for it, and both
# ways are chosen.
several_ways()
{
	local n slow_way used=""

	names "$1"
	ip -n "$router" $version route add "${beyond}0/$2" \
		nexthop via $via dev wan nexthop via $via2 dev wan2 || return
	for n in 1 2 3 4; do
		hosts udp "f$n" $own $((35100 + n)) "$beyond$n" 5001 \
			"$beyond$n" 5001 &&
		hosts engine enabled=0 && hosts send "f$n" b 3 100 &&
		way "$n" && slow_way=$way &&
		hosts engine enabled=1 && hosts arm 1000 "f$n" && way "$n" &&
		expect_equal "way of $n" "$way" "$slow_way" || return
		hosts wasfast "f$n" o
		used+=$way
		hosts close "f$n"
	done
	[[ $used = *1* && $used = *2* ]] || diag "only one way was chosen: $used"
	ip -n "$router" $version route del "${beyond}0/$2"
}

# H29: what comes back does so by another device.
asymmetric()
{
	names "$1"
	ip -n "$router" $version route add "${beyond}1/$2" via $via dev wan
	ip -n "$server" $version route add "$own/$2" via "$3" dev eth1
	steady "$4" "${beyond}1" && hosts clear &&
	hosts send f b 20 500 && hosts settle && hosts wasfast f b
	hosts messages t2 f r && expect_equal "replies" "$answer" 20
	hosts messages t1 f r && expect_equal "replies, other way" "$answer" 0
	hosts close f
	ip -n "$server" $version route del "$own/$2"
	ip -n "$router" $version route del "${beyond}1/$2"
}

# H12: the same addresses and ports by another device than the learned one may
# be somebody else's, so they are judged by the slow path, again and again.
other_device()
{
	local before=0 fast

	names "$1"
	steady udp $via && hosts send f b 5 100 && hosts settle || return
	hosts reason iif && before=$answer
	hosts_ask ft f && fast=$answer
	ip -n "$server" $version route add "$own/$2" via "$3" dev eth1
	hosts clear && hosts send f r 20 500 && hosts settle
	hosts messages t2 f r && expect_equal "by the other" "$answer" 20
	if [ -z "$slow" ]; then
		hosts reason iif && expect_equal "reason iif" \
			$((answer - before)) 20
		hosts ft f && expect_equal "fast replies" \
			"$(cut -d' ' -f9,10 <<<"$answer")" \
			"$(cut -d' ' -f9,10 <<<"$fast")"
	fi
	ip -n "$server" $version route del "$own/$2"
	hosts send f r 5 500 && hosts wasfast f r
	hosts close f
}

# H29: in by a device and out by the same: both wires are ports of a bridge.
hairpin()
{
	names "$1"
	hosts "$2" f $own $((sport += 1)) $via 5001 $via 5001 &&
	hosts arm 5000 f && hosts measure f 40 900 t0 t1
	hosts close f
}

one_bridge()
{
	in_ns "$router" sysctl -qw net.ipv4.conf.all.send_redirects=0
	ip -n "$router" -batch - <<-END
		link add br0 type bridge
		link set lan master br0
		link set wan master br0
		link set br0 up
		address del 10.1.0.1/24 dev lan
		address del fd01::1/64 dev lan
		address del 10.2.0.1/24 dev wan
		address del fd02::1/64 dev wan
		address add 10.1.0.1/24 dev br0
		address add fd01::1/64 dev br0 nodad
		address add 10.2.0.1/24 dev br0
		address add fd02::1/64 dev br0 nodad
	END
	ip -n "$client" neigh flush all
	ip -n "$server" neigh flush all
	in_ns "$router" sysctl -qw net.ipv4.conf.br0.send_redirects=0
	wait_until 20 bridge_settled
}

# Has all been told of that comes by itself after a device is made? Its carrier and its
# own address, each within seconds, make what was learned stale.
bridge_settled()
{
	ip -n "$router" link show dev br0 | grep -q 'state UP' &&
	[ -z "$(ip -n "$router" address show dev br0 tentative)" ]
}

# H28: the route says what to wrap a packet in; what comes back says by a route
# of its own where it was unwrapped. Neither can be fast.
encapsulated()
{
	local before

	names "$1"
	hosts reason route && before=$answer
	hosts udp f $own $((sport += 1)) "$2" 5001 "$2" 5001 &&
	hosts send f b 20 500 && hosts send f b 20 500 || return
	hosts_ask ft f && [[ $answer = active* ]] && fail "fast: $answer"
	hosts reason route || return
	[ -n "$slow" ] || expect "reason route" [ "$answer" -gt "$before" ]
	[ -n "$slow" ] || { hosts reason dst && expect "reason dst" \
		[ "$answer" -gt 0 ]; }
	hosts close f
}

light_tunnel()
{
	ip -n "$router" link add gre1 type gre external &&
	ip -n "$router" link set gre1 up mtu 1400 &&
	ip -n "$server" link add gre1 type gre local 10.2.0.2 \
		remote 10.2.0.1 key 100 &&
	ip -n "$server" link set gre1 up mtu 1400 &&
	addresses "$server" gre1 10.6.0.2/32 fd06::2/128 &&
	ip -n "$server" route add 10.1.0.2/32 dev gre1 &&
	ip -n "$server" -6 route add fd01::2/128 dev gre1 &&
	ip -n "$router" route add 10.6.0.2/32 encap ip id 100 \
		src 10.2.0.1 dst 10.2.0.2 key dev gre1 &&
	ip -n "$router" -6 route add fd06::2/128 encap ip id 100 \
		src 10.2.0.1 dst 10.2.0.2 key dev gre1 &&
	in_ns "$router" sysctl -qw net.ipv4.conf.gre1.rp_filter=0
}

no_light_tunnel()
{
	ip -n "$router" link del gre1
	ip -n "$server" link del gre1
}

# H21: the new header is 20 or 40 bytes longer than the one that came, so is
# the room that the packet must have in front.
longer_header()
{
	names "$1"
	ip -n "$router" $version route add "${beyond}1/$2" dev wide
	steady udp "${beyond}1" && hosts clear &&
	hosts send f b 40 500 && hosts settle && hosts wasfast f o
	ip -n "$router" $version route del "${beyond}1/$2"
	hosts close f
}

wide_device()
{
	ip -n "$router" link add wide type ip6gre local fd02::1 remote fd02::2 &&
	ip -n "$router" link set wide up &&
	ip -n "$server" link add wide type ip6gre local fd02::2 remote fd02::1 &&
	ip -n "$server" link set wide up &&
	in_ns "$server" sysctl -qw net.ipv4.conf.wide.rp_filter=0
}

require ip iptables-nft
modprobe -aq ip_gre ip6_gre bridge
router_new
second_way
addresses "$server" lo 10.8.0.{1,2,3,4}/32 fd08::{1,2,3,4}/128
hosts_start "$client" "$router" "$server"
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts tap t2 r wan2 1
hosts engine lease=30000
sport=35000

ktap_plan 16
ktap_test "H20 UDP, IPv4 by way of an IPv6 gateway" gateway_of_other_family udp
ktap_test "H29 two ways, IPv4" several_ways 4 24
ktap_test "H29 two ways, IPv6" several_ways 6 64
ktap_test "H29 another way back, IPv4 TCP" asymmetric 4 32 10.3.0.1 tcp
ktap_test "H29 another way back, IPv6 UDP" asymmetric 6 128 fd03::1 udp
ktap_test "H12 in by another device, IPv4" other_device 4 32 10.3.0.1
ktap_test "H12 in by another device, IPv6" other_device 6 128 fd03::1
ktap_test "H21 room for longer headers" wide_device
ktap_test "H21 IPv4 in IPv6" longer_header 4 32
ktap_test "H21 IPv6 in IPv6" longer_header 6 128
ktap_test "H28 encapsulation of a route" light_tunnel
ktap_test "H28 IPv4 encapsulated" encapsulated 4 10.6.0.2
ktap_test "H28 IPv6 encapsulated" encapsulated 6 fd06::2
no_light_tunnel
ktap_test "H29 one bridge for both" one_bridge
ktap_test "H29 in and out by the same device, IPv4 TCP" hairpin 4 tcp
ktap_test "H29 in and out by the same device, IPv6 UDP" hairpin 6 udp
ktap_end
