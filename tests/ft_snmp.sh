#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A fast packet moves the same counters of the IP layer as a slow one, in the
# namespace and of each device.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# The same packets are sent once all fast, which the engine's own counters
# prove, and once with the engine switched off. Whatever of Ip, IpExt and Ip6
# then differs is wrong. A neighbour discovery or multicast report in between
# differs, too, so there are three attempts.
#
# Covers HAZARDS 40.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

PACKETS=150

# counters: of the router, as lines of a name and a value.
counters()
{
	in_ns "$router" awk '
		$1 == "Ip:" || $1 == "IpExt:" {
			if (head != $1) {
				head = $1
				split($0, names)
				next
			}
			for (i = 2; i <= NF; i++)
				print head names[i], $i
		}
		/^Ip6/ { print FILENAME ":" $1, $2 }
	' /proc/net/snmp /proc/net/netstat /proc/net/snmp6 \
		/proc/net/dev_snmp6/lan /proc/net/dev_snmp6/wan
}

# told: wait until all packets have left, and the IP layer was told of the fast
# ones, which the engine else does once a second.
told()
{
	hosts settle && in_ns "$router" ftctl status >/dev/null
}

# grown COMMAND...: put into $grown by how much which counters grow meanwhile.
grown()
{
	told && counters >"$lib_dir/before" && "$@" && told || return
	grown=$(counters | awk 'NR == FNR { was[$1] = $2; next }
		$2 != was[$1] { print $1 "=" $2 - was[$1] }' \
		"$lib_dir/before" -)
}

# Both ways, 500 bytes each.
fast_packets()
{
	hosts measure f $PACKETS 500 t0 t1
}

slow_packets()
{
	hosts send f b $PACKETS 500
}

# same FAMILY FORWARDED: what a packet that is forwarded counts as.
same()
{
	local fast _

	hosts_ask close f
	flow_open f udp "$1" snat $((sport += 1)) || return
	for _ in 1 2 3; do
		hosts engine enabled=1 && hosts arm 5000 f &&
		grown fast_packets || return
		fast=$grown
		hosts engine enabled=0 && grown slow_packets || return
		[ "$fast" != "$grown" ] || break
	done
	expect_equal "fast, and slow" "$fast" "$grown"
	expect "$2 is not $((2 * PACKETS)): $grown" \
		grep -qxF "$2=$((2 * PACKETS))" <<<"$grown"
}

# neighbours: known for good, so that nobody asks for them.
neighbours()
{
	local address

	for address in 10.1.0. fd01::; do
		ip -n "$client" neigh replace ${address}1 lladdr $lan_mac dev eth0
		ip -n "$router" neigh replace ${address}2 lladdr $client_mac dev lan
	done
	for address in 10.2.0. fd02::; do
		ip -n "$server" neigh replace ${address}1 lladdr $wan_mac dev eth0
		ip -n "$router" neigh replace ${address}2 lladdr $server_mac dev wan
	done
}

require ip awk iptables-nft taskset
# On one processor: the packets of a direction's own are told in sums. The first
# ones at another hook, before that is its own, are told one by one.
taskset -cp 0 $$ >/dev/null
router_new
neighbours
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts engine lease=30000
sport=28000

ktap_plan 2
ktap_test "H40 IPv4 counters" same 4 Ip:ForwDatagrams
ktap_test "H40 IPv6 counters" same 6 /proc/net/snmp6:Ip6OutForwDatagrams
ktap_end
