#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a fast direction rests on is taken away: a route, or an IPsec policy in
# whose shadow another one stood. Of what is sent after the command has
# returned, everything goes the way that is left.
#
#	                           tap 1
#	client eth0 ---- lan router wan  -------- eth0 server lo
#	                            wan2 -------- eth1        10.8.0.1
#	                           tap 2                      fd08::1, fd07::1
#
# Unlike what is added, what is deleted leaves hardly a trace. The lease is so
# long that it is not what ends the direction.
#
# Covers HAZARDS 17 and 27.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

LEASE=30000
AUTH=0x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f
ENC=0x0f0e0d0c0b0a09080706050403020100
RCU=/sys/module/rcutree/parameters/jiffies_till_first_fqs

names()
{
	if [ "$1" = 4 ]; then
		version=-4 peer=10.2.0.2 via=10.3.0.2 from=10.2.0.1 host=32
		net=10.1.0.0/24 own=10.1.0.2 beyond=10.8.0.1
	else
		version=-6 peer=fd02::2 via=fd03::2 from=fd02::1 host=128
		net=fd01::/64 own=fd01::2 beyond=fd08::1
	fi
}

# ways ADD|DEL: two default routes, the first one is better.
ways()
{
	ip -n "$router" $version route "$1" default via $peer dev wan metric 1
	ip -n "$router" $version route "$1" default via $via dev wan2 metric 2
}

# armed: with so much of a lease to go that it is not what ends it.
armed()
{
	hosts arm 5000 f && hosts bg f 10 200 && hosts fast f b
}

# moved FROM TO: what is sent from now on leaves by tap TO only.
moved()
{
	local seq

	hosts seq f && seq=$answer
	hosts clear && hosts fresh f o 3 && hosts idle 100 || return
	hosts messages "$1" f o "$seq" && expect_equal "old way" "$answer" 0
	hosts messages "$2" f o "$seq" && expect "new way" [ "$answer" -ge 3 ]
}

# grace JIFFIES: how long RCU waits for idle processors. A grace period after
# a route was deleted its copies are marked dead, which anyone would notice: let
# that take longer than the packets that are to leave before.
grace()
{
	echo "$1" >$RCU
}

default_deleted()
{
	hosts_ask close f
	names "$2"
	ways add
	hosts "$1" f $own $((sport += 1)) $beyond 5001 $beyond 5001 &&
	armed || return
	grace 1000
	ip -n "$router" $version route del default metric 1
	moved t1 t2
	grace "$rcu"
	hosts fast f o 5
	ip -n "$router" $version route add default via $peer dev wan metric 1
	moved t2 t1 && hosts fast f o 5
	ways del
}

# Routes that share a nexthop object share what the kernel caches for it on
# each CPU, which knows only the one route it was made for. So it cannot tell
# when another one of them goes, and they stay slow.
nexthop_object()
{
	local cpu routes

	hosts_ask close f
	names 6
	ip -n "$router" nexthop add id 61 via $peer dev wan &&
	ip -n "$router" -6 route add default nhid 61 metric 1 &&
	ip -n "$router" -6 route add fd07::/64 nhid 61 &&
	ip -n "$router" -6 route add default via $via dev wan2 metric 2 ||
		return
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		expect "first packet" in_ns "$client" taskset -c "$cpu" \
			ping -q -c 1 -W 5 fd07::1
	done
	hosts reason route && routes=$answer
	hosts udp f $own $((sport += 1)) $beyond 5001 $beyond 5001 &&
	hosts bg f 10 200 && hosts idle 500 || return
	hosts reason route && [ -n "$slow" ] ||
		expect "reason route" [ "$answer" -gt "$routes" ]
	ip -n "$router" -6 route del default metric 1
	moved t1 t2
	ip -n "$router" -6 route del default
	ip -n "$router" nexthop del id 61
}

# policy DIR SOURCE WORDS...: of the router, for what goes to the server.
policy()
{
	ip -n "$router" xfrm policy add dir "$1" src "$2" dst $peer/$host \
		"${@:3}"
}

# shadow DIR SOURCE PROTO ACTION: a policy, and another that comes before it
# and lets a protocol through.
shadow()
{
	local action=(action block)

	[ "$4" = block ] ||
		action=(tmpl src $from dst $peer proto esp mode tunnel)
	policy "$1" "$2" proto "$3" priority 1 action allow &&
	policy "$1" "$2" priority 2 "${action[@]}"
}

# security_association: with a key, so that packets leave as ESP.
security_association()
{
	ip -n "$router" xfrm state add src $from dst $peer proto esp \
		spi 0x1000 mode tunnel auth-trunc 'hmac(sha256)' $AUTH 128 \
		enc 'cbc(aes)' $ENC
}

no_ipsec()
{
	ip -n "$router" xfrm policy flush
	ip -n "$router" xfrm state flush
}

# bare: of what is sent from now on, nothing leaves in plaintext.
bare()
{
	local seq

	hosts seq f && seq=$answer
	hosts clear && hosts bg f 10 200 && hosts idle 300
	hosts messages t1 f o "$seq" && expect_equal "plaintext" "$answer" 0
}

# shadowed DIR PROTO FAMILY NAT ACTION REMOVE...: an armed connection, which a
# policy lets through that REMOVE takes away.
shadowed()
{
	local source

	hosts_ask close f
	names "$3"
	no_ipsec
	source=$net
	[ "$4" != snat ] || source=$from/$host
	shadow "$1" "$source" "$2" "$5" || return
	[ "$5" != tunnel ] || security_association || return
	flow_open f "$2" "$3" "$4" $((sport += 1)) && armed || return
	"${@:6}" "$1" "$source" "$2" || return
	bare
	[ "$5" != tunnel ] || expect "ESP" wait_until 20 esp_seen || return
	no_ipsec
	hosts fresh f o 5 && hosts fast f o 5
}

# What takes the first policy away, with traffic under way and without.
deleted()
{
	ip -n "$router" xfrm policy delete dir "$1" src "$2" \
		dst $peer/$host proto "$3"
}

# In the same moment the other family gets one more.
swapped()
{
	local other="src 10.77.0.0/24 dst 10.78.0.0/24"

	[ $version = -6 ] || other="src fd77::/64 dst fd78::/64"
	hosts nobg f && hosts settle || return
	ip -n "$router" -batch - <<-END
		xfrm policy delete dir $1 src $2 dst $peer/$host proto $3
		xfrm policy add dir $1 $other action block
	END
}

rcu=$(<$RCU) || ktap_skip_all "no $RCU"
at_exit grace "$rcu"
require ip ping taskset iptables-nft
modprobe -aq esp4 esp6 xfrm_user
router_new
second_way
addresses "$server" lo 10.8.0.1/32 fd08::1/128 fd07::1/128
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t1 r wan 1
hosts tap t2 r wan2 1
hosts engine lease=$LEASE
sport=27000

ktap_plan 15
for family in 4 6; do
	v=IPv$family
	ktap_test "H17 $v TCP, default route deleted" default_deleted tcp $family
	ktap_test "H17 $v UDP, default route deleted" default_deleted udp $family
	ktap_test "H27 $v policy deleted, tunnel behind it" \
		shadowed out tcp $family none tunnel deleted
	ktap_test "H27 $v policy deleted, tunnel behind it that SNAT selects" \
		shadowed out tcp $family snat tunnel deleted
	ktap_test "H27 $v policy deleted, block behind it" \
		shadowed out udp $family none block deleted
	ktap_test "H27 $v forward policy deleted, block behind it" \
		shadowed fwd tcp $family none block deleted
	ktap_test "H27 $v policy deleted, one of the other family added" \
		shadowed out tcp $family none tunnel swapped
done
ktap_test "H17 IPv6 nexthop object, default route deleted" nexthop_object
ktap_end
