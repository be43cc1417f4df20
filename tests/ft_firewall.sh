#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Rule sets of others, with FASTTRACK in the place that the documentation names:
# what passes without it passes with it, and what is dropped or refused is so in
# the same way. What is let through is fast, and byte for byte as it has to be.
#
#	                tap 0      tap 1
#	client eth0 ---- lan router wan ---- eth0 server
#
# Covers HAZARDS 26 (the packets of containers) and no other row: work order 2,
# paragraph 5.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"
source "$(dirname "$0")/firewalls.sh"

MESSAGES=30

names()
{
	if [ "$1" = 4 ]; then
		inner=10.1.0.2 outer=10.2.0.2 published=10.2.0.1
	else
		inner=fd01::2 outer=fd02::2 published=fd01::2
	fi
}

say()
{
	told+="$*; "
}

# carried NAME TAP TAP DIR: the connection carries messages both ways, each as it
# has to be; with FASTTRACK in there all of them are fast, or, if the client's
# cannot be ($half), those in that direction.
carried()
{
	hosts clear
	if [ -z "$fast" ]; then
		hosts send "$1" b $MESSAGES 400 && hosts settle &&
			hosts verify "$1" b "$2" "$3"
	elif [ -n "$half" ]; then
		hosts bg "$1" 20 100 && hosts fast "$1" "$4" &&
			hosts nobg "$1" && hosts settle && hosts clear &&
			hosts send "$1" b $MESSAGES 400 && hosts settle &&
			hosts verify "$1" b "$2" "$3"
	else
		hosts arm 5000 "$1" &&
			hosts measure "$1" $MESSAGES 400 "$2" "$3"
	fi
	[ "$ktap_state" = ok ] && say "$1 passes"
}

# outward PROTO: a connection of the client's.
outward()
{
	hosts "$1" "$1-out" $inner $((sport += 1)) $outer 5001 $outer 5001 &&
		carried "$1-out" t0 t1 r
}

# inward: a connection from outside to what the client publishes.
inward()
{
	hosts between s c
	hosts tcp published $outer $((sport += 1)) $published 8080 $inner 8080 &&
		carried published t2 t3 o
	hosts between c s
}

# refused NAME PROTO ARG...: new packets that may not pass; what comes back is
# told, too.
refused()
{
	local kind answers=

	hosts clear
	hosts "${@:2}" && hosts bg "$1" 30 100 o && hosts idle 400 &&
		hosts nobg "$1" && hosts settle || return
	hosts stat "$1"
	[[ $answer = *"rx 0 0 "* ]] || fail "$1 is not refused: $answer"
	for kind in $errors; do
		hosts_ask icmp "$from" ${kind/,/ } && answers+="ICMP $kind "
	done
	say "$1 answered by ${answers:-nothing}"
	hosts close "$1"
}

# A segment far from the window of a fast connection: INVALID.
out_of_window()
{
	local before

	hosts clear && hosts send tcp-out b 3 100 && hosts settle || return
	hosts count t1 tcp-out o && before=${answer%% *}
	hosts inject far tcp-out o A 1000000000 t0 && hosts settle
	hosts count t1 tcp-out o
	say "out of window: $((${answer%% *} - before)) pass"
}

# traffic FAMILY: what is tried; how it went is told.
traffic()
{
	local errors="3,3 3,13 3,10" from

	names "$1"
	[ "$1" = 4 ] || errors="1,4 1,1"
	told=
	outward tcp
	outward udp
	inward
	from=t0
	refused udp-5010 udp udp-5010 $inner $((sport += 1)) $outer 5010 \
		$outer 5010
	from=t1
	hosts between s c
	refused from-outside udp from-outside $outer $((sport += 1)) $inner 5009 \
		$inner 5009
	hosts between c s
	out_of_window
	in_ns "$client" ping -q -c 1 -W 2 $outer >/dev/null
	say "ping: status $?"
	hosts close tcp-out && hosts close udp-out && hosts close published
}

# same FIREWALL FAMILY: with FASTTRACK and without.
same()
{
	local fast="" without

	"$1" "$2" && traffic "$2" && without=$told
	no_firewall
	in_ns "$router" conntrack -F 2>/dev/null
	[ -n "$slow" ] || fast=yes
	"$1" "$2" && traffic "$2" && expect_equal "$1" "$told" "$without"
	diag "$told"
	no_firewall
}

# With br_netfilter asking iptables, as Docker used to set it, packets of a
# container pass the hooks as bridged frames and are slow; what comes back to it
# is fast.
asked_twice()
{
	modprobe -q br_netfilter || return
	in_ns "$router" sysctl -qw net.bridge.bridge-nf-call-iptables=1 \
		net.bridge.bridge-nf-call-ip6tables=1
	half=yes
	same docker "$1"
	half=
	in_ns "$router" sysctl -qw net.bridge.bridge-nf-call-iptables=0 \
		net.bridge.bridge-nf-call-ip6tables=0
}

require ip iptables-nft nft conntrack
modprobe -aq bridge xt_addrtype
router_new
hosts_start "$client" "$router" "$server"
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts tap t2 r wan 0
hosts tap t3 r lan 1
hosts port far c eth0 $client_mac $lan_mac
hosts engine lease=30000
sport=39000
half=

ktap_plan 8
for family in 4 6; do
	ktap_test "firewalld, IPv$family" same firewalld $family
	ktap_test "ufw, IPv$family" same ufw $family
done
docker_bridge
for family in 4 6; do
	ktap_test "Docker, IPv$family" same docker $family
	ktap_test "H26 Docker with br_netfilter, IPv$family" asked_twice $family
done
ktap_end
