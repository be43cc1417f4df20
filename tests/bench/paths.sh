# SPDX-License-Identifier: GPL-2.0
# The ways through the router that are compared, each a namespace's whole
# set-up: devices lan and wan, whose neighbours are known, and rules.
#
#	clients via .2 ---- lan [ router ] wan ---- via .2 servers
#	10.1.0.0/16      10.0.1.1      10.0.2.1     10.2.0.0/16 (10.9.0.0/16)
#	fd01::/64	 fd00:0:0:1::1 fd00:0:0:2::1 fd02::/64 (fd09::/64)
#
# Owns: addresses, routes and rules; module/packet.c has the same addresses.
# Must not know: which packets are sent and what is measured.
#
# A path is set up by path_NAME, taken down by path_end. path_expect says
# what it does with a packet.

die()
{
	echo "bench: $*" >&2
	exit 1
}

link()
{
	ip -batch - <<-END || die "no device $1"
	link add $1 address $2 mtu 1500 type ftbench
	link set $1 up
	address add $3.1/24 dev $1
	address add $4::1/64 dev $1 nodad
	neighbour add $3.2 lladdr $5 dev $1 nud permanent
	neighbour add $4::2 lladdr $5 dev $1 nud permanent
	END
}

# router NAT: devices and routes. Without DNAT 10.9 is beyond the WAN.
router()
{
	ip link set lo up
	link lan 02:00:00:00:00:02 10.0.1 fd00:0:0:1 02:00:00:00:00:01
	link wan 02:00:00:00:00:03 10.0.2 fd00:0:0:2 02:00:00:00:00:04
	ip -batch - <<-END || die "no routes"
	route add 10.1.0.0/16 via 10.0.1.2
	route add 10.2.0.0/16 via 10.0.2.2
	route add 10.9.0.0/16 via 10.0.2.2
	route add fd01::/64 via fd00:0:0:1::2
	route add fd02::/64 via fd00:0:0:2::2
	route add fd09::/64 via fd00:0:0:2::2
	END
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
	echo 0 >/proc/sys/net/ipv4/conf/lan/rp_filter
	echo 0 >/proc/sys/net/ipv4/conf/wan/rp_filter
}

# Nothing may end while it is measured, nor be busy with ending.
patience()
{
	local name dir=/proc/sys/net/netfilter

	for name in udp_timeout udp_timeout_stream tcp_timeout_established; do
		echo 86400 >$dir/nf_conntrack_$name
	done
	for name in $dir/nf_flowtable_{udp,tcp}_timeout; do
		[ ! -e $name ] || echo 86400 >$name
	done
}

# nat NAT: rules of the router, by prefix, so that servers stay apart.
nat()
{
	case $1 in
	snat|both) nft -f - <<-END || die "no SNAT"
	table ip nat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname "wan" snat to 10.0.2.1
		}
	}
	table ip6 nat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname "wan" snat to fd00:0:0:2::1
		}
	}
	END
	;;
	esac
	case $1 in
	dnat|both) nft -f - <<-END || die "no DNAT"
	table ip nat {
		chain pre {
			type nat hook prerouting priority dstnat;
			iifname "lan" dnat ip prefix to ip daddr map { 10.9.0.0/16 : 10.2.0.0/16 }
		}
	}
	table ip6 nat {
		chain pre {
			type nat hook prerouting priority dstnat;
			iifname "lan" dnat ip6 prefix to ip6 daddr map { fd09::/64 : fd02::/64 }
		}
	}
	END
	;;
	esac
}

# filter FLOWTABLE RULE...: a forward chain; the counter says what was slow.
filter()
{
	local flowtable=$1 rule

	shift
	{
		echo "table inet filter {"
		echo "$flowtable"
		echo "chain forward { type filter hook forward priority 0;"
		for rule; do
			echo "$rule"
		done
		printf "}\n}\n"
	} | nft -f - || die "no filter"
}

path_drop()
{
	tc qdisc add dev lan ingress
	tc filter add dev lan ingress protocol all matchall action drop ||
		die "no tc drop"
}

path_redirect()
{
	tc qdisc add dev lan ingress
	tc filter add dev lan ingress protocol all matchall \
		action mirred egress redirect dev wan || die "no tc mirred"
}

path_route()
{
	:
}

path_conntrack()
{
	nat "$1"
	filter "" "ct state established,related accept"
	patience
}

# Rules that look at the packet and do not match, as a router's list of ports.
path_conntrack-50()
{
	local proto

	nat "$1"
	nft -f - <<-END || die "no rules"
	table inet filter {
		$(for proto in tcp udp; do
			echo "chain ports_$proto {"
			printf "$proto dport %u drop\n" {2001..2050}
			echo "}"
		done)
		chain forward {
			type filter hook forward priority 0;
			meta l4proto vmap { tcp : jump ports_tcp, udp : jump ports_udp }
			ct state established,related accept
		}
	}
	END
	patience
}

path_flowtable()
{
	nat "$1"
	filter "flowtable ft { hook ingress priority 0; devices = { lan, wan }; }" \
		"meta l4proto { tcp, udp } flow add @ft" \
		"ct state established,related accept"
	patience
	slow_counter
}

# With the hook at netdev ingress, as soon as a direction is armed: auto, the
# default, puts it on after a second of traffic.
path_fasttrack()
{
	fasttrack "$1" yes
}

path_fasttrack-prerouting()
{
	fasttrack "$1" no
}

fasttrack()
{
	local tool match="-m conntrack --ctstate ESTABLISHED,RELATED"

	nat "$1"
	for tool in iptables ip6tables; do
		printf '%s\n' '*filter' "-A FORWARD $match -j FASTTRACK" \
			"-A FORWARD $match -j ACCEPT" COMMIT |
			$tool-nft-restore -w || die "no FASTTRACK rule"
	done
	patience
	echo 1 >/proc/sys/net/netfilter/nf_conntrack_acct
	ftctl set "ingress=$2" || die "no setting ingress"
	slow_counter
}

# What passes FORWARD did not go fast.
slow_counter()
{
	nft -f - <<-END || die "no counter"
	table inet slow {
		counter seen {
		}
		chain forward {
			type filter hook forward priority -300;
			counter name seen
		}
	}
	END
}

slow_packets()
{
	local text

	text=$(nft list counter inet slow seen)
	text=${text#*packets }
	echo "${text%% *}"
}

path_expect()
{
	case $1 in
	drop) echo nothing ;;
	redirect) echo same ;;
	route) echo routed ;;
	*) echo translated ;;
	esac
}

# For the profiler, while all modules are where they were.
symbols()
{
	local dir

	[ -n "${BENCH_profile:-}" ] || return 0
	cat /proc/kallsyms >"$FASTTRACK_OUT/kallsyms"
	for dir in /sys/module/*/sections; do
		dir=${dir%/sections}
		echo "${dir##*/} $(<"$dir/sections/.text")"
	done >"$FASTTRACK_OUT/sections"
}

# What a path has must be gone before the next begins: hooks and static keys
# are the kernel's, not the namespace's.
path_end()
{
	symbols
	nft flush ruleset
	tc qdisc del dev lan ingress 2>/dev/null
	ip link del lan
	ip link del wan
}
