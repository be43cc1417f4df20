#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A tunnel that cannot send a packet says so to the client, about the packet as
# the client sent it: source NAT is undone by the packet's conntrack entry.
#
#	client eth0 -------- lan router tun0 ======= tun0 server
#	    10.1.0.2                10.4.0.1         10.4.0.2
#	    fd01::2                  fd04::1         fd04::2
#	                  tap 0      wg0, nobody there
#
# The address after NAT is nobody's, so an error that is sent there is lost.
#
# Covers HAZARDS 31 and 41.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# The tunnel takes 1476 bytes, the way below it 1350 - 24.
UNDERLAY=1350

names()
{
	if [ "$1" = 4 ]; then
		version=-4 own=10.1.0.2 far=10.4.0.2 peer=10.2.0.2 host=32
	else
		version=-6 own=fd01::2 far=fd04::2 peer=fd02::2 host=128
	fi
}

tunnel()
{
	ip -n "$1" link add tun0 type gre local "$2" remote "$3" ttl 64 &&
	in_ns "$1" sysctl -qw net.ipv6.conf.tun0.accept_dad=0 &&
	ip -n "$1" link set tun0 up &&
	addresses "$1" tun0 "$4/24" "$5/64"
}

tunnels()
{
	tunnel "$router" 10.2.0.1 10.2.0.2 10.4.0.1 fd04::1 &&
	tunnel "$server" 10.2.0.2 10.2.0.1 10.4.0.2 fd04::2 &&
	ip -n "$router" route add 10.2.0.2/32 dev wan mtu $UNDERLAY &&
	ip -n "$router" link add wg0 type wireguard &&
	ip -n "$router" link set wg0 up &&
	in_ns "$router" sysctl -qw net.ipv4.icmp_ratelimit=0 \
		net.ipv6.icmp.ratelimit=0
}

# Source addresses that the server sends back to the router.
source_nat()
{
	ip -n "$server" route add 10.9.9.1 dev tun0
	ip -n "$server" -6 route add fd99::1 dev tun0
	ip -n "$server" route add 10.9.9.2 via 10.2.0.1
	ip -n "$server" -6 route add fd99::2 via fd02::1
	ipt4 -t nat -A POSTROUTING -o tun0 -j SNAT --to-source 10.9.9.1
	ipt6 -t nat -A POSTROUTING -o tun0 -j SNAT --to-source fd99::1
	ipt4 -t nat -A POSTROUTING -o wan -p udp -j SNAT --to-source 10.9.9.2
	ipt6 -t nat -A POSTROUTING -o wan -p udp -j SNAT --to-source fd99::2
}

# fast_count: fast packets from the client.
fast_count()
{
	local words

	[ -z "$slow" ] || { echo 0; return; }
	hosts_ask ft f && words=($answer) && echo "${words[4]}"
}

# one SIZE: one packet of that size. The client forgets what an earlier one said.
one()
{
	ip -n "$client" $version route flush cache
	hosts nobg f && hosts settle && hosts clear &&
	hosts bg f 100000 "$1" o && hosts idle 100 && hosts nobg f &&
	hosts settle
}

# error TYPE CODE SIZE: the answer to one packet of that size, into $answer.
error()
{
	one "$3" && hosts icmp t0 "$1" "$2"
}

# compared TYPE CODE SIZE: fast and slow, the client learns the same, which is
# about what it sent.
compared()
{
	local was told fast

	was=$(fast_count)
	error "$@" || return
	fast=$answer
	[ -n "$slow" ] ||
		expect_equal "fast packets" $(($(fast_count) - was)) 1
	hosts engine enabled=0 && error "$@" && told=$answer
	hosts engine enabled=1 && [ "$ktap_state" = ok ] || return
	expect_equal "error, fast and slow" "$fast" "$told"
	expect "error about $told" [ "${told#1 * "$own" $sport }" != "$told" ]
}

too_big()
{
	names 4
	hosts_ask close f
	hosts udp f $own $((sport += 1)) $far 5001 $far 5001 &&
	hosts arm 5000 f || return
	compared 3 4 1400
}

# told: whether the client was told that a packet is too big.
told()
{
	hosts_ask icmp t0 2 0 && echo told || echo "not told"
}

# The IPv6 route into the tunnel knows its MTU from the first packet on, of whatever
# size, and ip6_fragment() refuses what is larger, with an error to the address after
# NAT. The fast path is no better: it leaves the packet to the slow one.
too_big6()
{
	local fast before

	names 6
	hosts_ask close f
	hosts udp f $own $((sport += 1)) $far 5001 $far 5001 &&
	hosts arm 5000 f && hosts reason mtu || return
	before=$answer
	one 1400 || return
	fast=$(told)
	[ -n "$slow" ] || { hosts reason mtu && expect_equal "too big ones" \
		"$answer" $((before + 1)); }
	hosts engine enabled=0 && one 1400 && expect_equal \
		"what the client hears, fast and slow" "$fast" "$(told)"
	hosts engine enabled=1
}

# The way to the server goes over to a tunnel without an end.
nobody_there()
{
	local type=3 code=1

	[ "$1" = 4 ] || { type=1 code=3; }
	names "$1"
	hosts_ask close f
	hosts udp f $own $((sport += 1)) $peer 5001 $peer 5001 &&
	hosts arm 5000 f || return
	ip -n "$router" $version route replace $peer/$host dev wg0
	hosts bg f 10 200 o && hosts idle 100 && hosts fast f o &&
	hosts nobg f && hosts settle || return
	compared $type $code 200
	ip -n "$router" $version route del $peer/$host
}

require ip iptables-nft
modprobe -q ip_gre || ktap_skip_all "no ip_gre"
modprobe -q wireguard || ktap_skip_all "no wireguard"
router_new
tunnels
source_nat
hosts_start "$client" "$router" "$server"
fasttrack_rules
hosts tap t0 r lan 0
hosts engine lease=30000
sport=31000

ktap_plan 4
ktap_test "H31 IPv4 too big for what is below the tunnel" too_big
ktap_test "H31 H33 IPv6 too big for the route into the tunnel" too_big6
for family in 4 6; do
	ktap_test "H31 IPv$family tunnel without an end" nobody_there $family
done
ktap_end
