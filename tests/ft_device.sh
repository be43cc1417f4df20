#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices change their name, their master, their MTU, or are not plain ones:
# traffic goes on, right, and fast again.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# Covers HAZARDS 22 (rename, enslave, MTU; ft_route.sh has down, ft_unload.sh
# deletion), 24 and 26.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# steady PROTO FAMILY NAT: a connection with traffic both ways, fast.
steady()
{
	hosts_ask close f
	flow_open f "$1" "$2" "$3" $((sport += 1)) && hosts arm 500 f &&
	hosts bg f 10 200 && hosts fast f b
}

again()
{
	hosts fresh f o 8 && hosts fresh f r 8 && hosts fast f b 8
}

# addresses_of DEVICE LINK: of the wan side, on another device.
addresses_of()
{
	ip -n "$router" -batch - <<-END
		address add 10.2.0.1/24 dev $1
		address add fd02::1/64 dev $1 nodad
	END
}

not_addresses_of()
{
	ip -n "$router" -batch - <<-END
		address del 10.2.0.1/24 dev $1
		address del fd02::1/64 dev $1
	END
}

# H22: up and under traffic where the kernel lets one, else down for a moment.
renamed()
{
	steady "$1" "$2" none || return
	ip -n "$router" link set wan name uplink 2>/dev/null || {
		ip -n "$router" link set wan down
		ip -n "$router" link set wan name uplink
		ip -n "$router" link set uplink up
	}
	again
	ip -n "$router" link set uplink down
	ip -n "$router" link set uplink name wan
	ip -n "$router" link set wan up
	again
}

# H22: the device of the learned route becomes the port of a bridge, which gets
# its addresses; and back. What comes in by another device than the learned one
# teaches nothing before the lease ends.
enslaved()
{
	hosts engine lease=1000
	steady "$1" "$2" none || return
	ip -n "$router" link add br0 type bridge &&
	ip -n "$router" link set br0 address $wan_mac up &&
	ip -n "$router" link set wan master br0 || return
	not_addresses_of wan
	addresses_of br0
	again
	ip -n "$router" link set wan nomaster
	ip -n "$router" link del br0
	addresses_of wan
	again
	hosts engine lease=30000
}

# H22: what fitted no longer does, and does again; nothing is lost but what was
# too big, of which the sender is told.
mtu_changes()
{
	local mtu

	steady udp "$1" none || return
	for mtu in 1280 9000 1500; do
		ip -n "$router" link set wan mtu $mtu
		again || return
	done
}

# H24: both devices in a VRF; PRE_ROUTING comes twice, FORWARD sees the VRF.
in_vrf()
{
	ip -n "$router" -batch - <<-END
		link add red type vrf table 77
		link set red up
		link set lan master red
		link set wan master red
	END
	# IPv6 addresses go with the table.
	ip -n "$router" -batch - <<-END
		address replace fd01::1/64 dev lan nodad
		address replace fd02::1/64 dev wan nodad
	END
}

vrf_traffic()
{
	hosts_ask close f
	flow_open f "$1" "$2" "$3" $((sport += 1)) && hosts arm 5000 f &&
	hosts measure f 40 900 t0 t1
}

vrf_leaves()
{
	steady udp 4 none || return
	ip -n "$router" link set lan nomaster
	ip -n "$router" link set wan nomaster
	ip -n "$router" link del red
	ip -n "$router" -batch - <<-END
		address replace fd01::1/64 dev lan nodad
		address replace fd02::1/64 dev wan nodad
	END
	again
}

# H26: the router also bridges between two hosts, and br_netfilter shows their
# frames to iptables, where they look like what is forwarded. They are bridged:
# same MACs, same TTL, and not fast.
bridged()
{
	local before=0 src=10.1.0.2 dst=10.1.0.3

	[ "$1" = 4 ] || { src=fd01::2 dst=fd01::3; }
	hosts_ask close f
	hosts reason br-netfilter && before=$answer
	hosts udp f $src $((sport += 1)) $dst 5001 $dst 5001 &&
	hosts clear && hosts send f b 60 300 && hosts settle || return
	hosts_ask ft f && [[ $answer = active* ]] && fail "fast: $answer"
	hosts macs t1 f o && expect_equal "MAC" "$answer" $server_mac
	hosts ttls t1 f o && expect_equal "TTL" "$answer" 64
	hosts reason br-netfilter || return
	[ -n "$slow" ] ||
		expect "reason br-netfilter" [ "$answer" -gt "$before" ]
}

bridge_hosts()
{
	modprobe -q br_netfilter || return
	in_ns "$router" sysctl -qw net.bridge.bridge-nf-call-iptables=1 \
		net.bridge.bridge-nf-call-ip6tables=1
	ip -n "$router" -batch - <<-END
		link add br0 type bridge
		link set br0 address $lan_mac up
		link set lan master br0
		link set wan master br0
		address del 10.1.0.1/24 dev lan
		address del fd01::1/64 dev lan
		address add 10.1.0.1/24 dev br0
		address add fd01::1/64 dev br0 nodad
	END
	addresses "$server" eth0 10.1.0.3/24 fd01::3/64
	ip -n "$client" neigh flush all
	ip -n "$server" neigh flush all
	[ -n "$slow" ] || ctl status | grep -qi 'br.netfilter.*FAIL' ||
		fail "ftctl status: $(ctl status)"
}

ctl()
{
	in_ns "$router" ftctl "$@"
}

require ip ftctl iptables-nft
modprobe -aq vrf bridge
router_new
in_ns "$router" sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 \
	net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts engine lease=30000
sport=36000

ktap_plan 15
ktap_test "H22 renamed, IPv4 UDP" renamed udp 4
ktap_test "H22 renamed, IPv6 TCP" renamed tcp 6
ktap_test "H22 enslaved, IPv4 TCP" enslaved tcp 4
ktap_test "H22 enslaved, IPv6 UDP" enslaved udp 6
ktap_test "H22 MTU, IPv4" mtu_changes 4
ktap_test "H22 MTU, IPv6" mtu_changes 6
ktap_test "H24 both devices in a VRF" in_vrf
ktap_test "H24 VRF, IPv4 UDP" vrf_traffic udp 4 snat
ktap_test "H24 VRF, IPv6 TCP" vrf_traffic tcp 6 none
ktap_test "H24 VRF, IPv4 TCP" vrf_traffic tcp 4 dnat
ktap_test "H24 VRF, IPv6 UDP" vrf_traffic udp 6 snat
ktap_test "H24 the VRF goes" vrf_leaves
hosts_ask close f
ktap_test "H26 br_netfilter" bridge_hosts
ktap_test "H26 bridged frames, IPv4" bridged 4
ktap_test "H26 bridged frames, IPv6" bridged 6
ktap_end
