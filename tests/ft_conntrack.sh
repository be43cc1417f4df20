#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Conntrack tells the truth while packets pass it by: timeouts, accounting, TCP
# states, deletion.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# Covers HAZARDS 1, 2 (dead peer), 3 (idle after bulk), 4 (RST right and
# blind), 5 (close), 6 (SYN on a reused tuple), 7 (conntrack -D, -F, expiry),
# 11 (UDP assured) and 13 (accounting).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# entry PROTO SPORT: the conntrack entry of a connection from that port.
entry()
{
	ct_entries -p "$1" --orig-port-src "$2"
}

# timeout_of PROTO SPORT: seconds left.
timeout_of()
{
	entry "$@" | awk '{ print $3 }'
}

# field PROTO SPORT NAME: the values of NAME= in both directions.
field()
{
	entry "$1" "$2" | grep -o "\b$3=[^ ]*" | cut -d= -f2 | paste -sd' '
}

gone()
{
	[ -z "$(entry "$@")" ]
}

is_state()
{
	entry tcp "$1" | grep -qw "$2"
}

timeout_between()
{
	local left

	left=$(timeout_of "$1" "$2")
	[ -n "$left" ] && [ "$left" -ge "$3" ] && [ "$left" -le "$4" ]
}

counts_equal()
{
	local packets bytes

	packets=$(field "$1" "$2" packets)
	bytes=$(field "$1" "$2" bytes)
	[ "$packets $bytes" = "$3" ]
}

# accounted PROTO SPORT FLOW: conntrack's counters are the wire's within 2 s.
accounted()
{
	local orig reply

	hosts settle || return
	hosts count t0 "$3" o && orig=($answer)
	hosts count t0 "$3" r && reply=($answer)
	local want="${orig[0]} ${reply[0]} ${orig[1]} ${reply[1]}"

	wait_until 2 counts_equal "$1" "$2" "$want" ||
		expect_equal "accounting" \
			"$(field "$1" "$2" packets) $(field "$1" "$2" bytes)" \
			"$want"
}

# open_fast NAME PROTO FAMILY NAT SPORT: open, armed.
open_fast()
{
	flow_open "$@" && hosts send "$1" b 4 64 && hosts arm 500 "$1"
}

acct_tcp()
{
	hosts clear && open_fast acct tcp "$1" snat "$2" || return
	hosts send acct b 60 3000 &&
	hosts wasfast acct &&
	accounted tcp "$2" acct
}

acct_udp()
{
	hosts clear && open_fast udp udp "$1" both "$2" || return
	hosts send udp b 60 300 &&
	hosts wasfast udp &&
	accounted udp "$2" udp
}

# The entry stays the same one and counts down although almost no packet
# passes conntrack, and although its timeouts are shorter than the lease.
udp_lives()
{
	local id before after

	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2 \
		net.netfilter.nf_conntrack_udp_timeout_stream=4
	open_fast live udp 4 snat 31003 || return
	id=$(ct_entries -p udp --orig-port-src 31003 -o id | grep -o 'id=.*')
	hosts bg live 20 100 o && hosts idle 6500 && hosts fast live o || return
	before=$(timeout_of udp 31003)
	expect "timeout $before while traffic flows" [ "$before" -ge 2 ]
	expect_equal "entry" "$(ct_entries -p udp --orig-port-src 31003 -o id |
		grep -o 'id=.*')" "$id"
	hosts nobg live
	hosts idle 1500
	after=$(timeout_of udp 31003)
	expect "timeout $before then ${after:-gone}" \
		[ "${after:-9}" -lt "$before" ]
	expect "does not expire" wait_until 6 gone udp 31003
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_udp_timeout=30 \
		net.netfilter.nf_conntrack_udp_timeout_stream=120
}

is_assured()
{
	entry "$@" | grep -qw ASSURED
}

# With a lease that is much longer than what conntrack may be behind, and no slow
# packet meanwhile, the timeout is that of the last packet.
timeout_follows()
{
	local leases

	hosts engine lease=30000
	open_fast long udp "$1" none "$2" && hosts bg long 20 100 || return
	expect "assured" wait_until 10 is_assured udp "$2" &&
	hosts fast long b || return
	hosts reason lease && leases=$answer
	hosts idle 6000
	expect "timeout of $(entry udp "$2")" \
		wait_until 3 timeout_between udp "$2" 118 120
	hosts reason lease &&
		expect_equal "leases that ended" "$answer" "$leases"
	hosts close long
	hosts engine lease=5000
}

udp_assured()
{
	local start=${EPOCHREALTIME/[.,]/}

	flow_open quick udp 6 none 31004 && hosts bg quick 20 100 &&
	hosts fast quick b 1 || return
	hosts idle $((3000 - (${EPOCHREALTIME/[.,]/} - start) / 1000))
	entry udp 31004 | grep -q ASSURED || fail "not assured: $(entry udp 31004)"
	expect "timeout of $(entry udp 31004)" timeout_between udp 31004 117 120
	hosts close quick
}

tcp_live()
{
	open_fast bulk tcp "$1" none "$2" || return
	hosts send bulk b 60 20000 && hosts wasfast bulk || return
	expect "state" is_state "$2" ESTABLISHED
	wait_until 2 timeout_between tcp "$2" 431994 432000 ||
		fail "idle after bulk: $(entry tcp "$2")"
	hosts bg bulk 10 500 && hosts fast bulk b && hosts idle 300 || return
	expect "timeout under traffic" timeout_between tcp "$2" 290 432000
	hosts stat bulk
	hosts nobg bulk
}

# The other half of the connection falls silent, this half goes on sending.
dead_peer()
{
	open_fast dead tcp 4 snat 31006 && hosts bg dead 20 500 &&
	hosts fast dead b || return
	in_ns "$server" iptables-nft -t raw -A PREROUTING -p tcp --dport 5002 \
		-j DROP
	hosts idle 2500
	expect "state" is_state 31006 ESTABLISHED
	expect "timeout $(timeout_of tcp 31006)" \
		timeout_between tcp 31006 200 300
	in_ns "$server" iptables-nft -t raw -F
	hosts fresh dead o 15 && hosts close dead
}

closes()
{
	open_fast "close$2" tcp "$1" both "$2" || return
	hosts send "close$2" b 20 500 && hosts wasfast "close$2" &&
	hosts close "close$2" "$3" || return
	wait_until 2 is_state "$2" "$4" || fail "$(entry tcp "$2")"
	hosts_ask ft "close$2" && [[ $answer = active* ]] &&
		fail "fast after the end: $answer"
	return 0
}

# SEQUENCE: an RST whose number is off that far, from both sides.
blind_rst()
{
	hosts bg "$1" 20 300 && hosts fast "$1" b && hosts idle 500 || return
	hosts inject lan "$1" o R "$2" t0
	hosts inject wan "$1" r R "$2" t1
	hosts idle 300
	expect "state" is_state "$3" ESTABLISHED
	hosts fresh "$1" o 3 && hosts fresh "$1" r 3 && hosts fast "$1" b 8
	hosts nobg "$1"
}

# The same ports once more, after both ends forgot the connection.
reused_tuple()
{
	open_fast again tcp "$1" snat "$2" && hosts send again b 20 500 &&
	hosts wasfast again && hosts close again none &&
	hosts reopen again 10 && hosts send again b 20 500 || return
	expect "state" is_state "$2" ESTABLISHED
	hosts bg again 20 300 && hosts fast again b 8
	hosts close again
}

# deleted SPORT ARG...: what is sent 50 ms after the deletion by conntrack ARG
# uses the new mapping.
deleted()
{
	local seq port=$1

	shift
	open_fast del udp 4 snat "$port" && hosts bg del 5 100 o &&
	hosts fast del o || return
	ipt4 -t nat -I POSTROUTING -o wan -p udp --dport 5002 -j SNAT \
		--to-source 10.2.0.1:50123
	hosts clear
	in_ns "$router" conntrack "$@" >/dev/null 2>&1
	hosts idle 50
	hosts seq del && seq=$answer
	hosts fresh del o 3 && hosts idle 100
	hosts ports t1 del o "$seq" && expect_equal "ports" "$answer" 50123
	hosts bg del 5 100 && hosts fast del b 5
	ipt4 -t nat -D POSTROUTING 1
	hosts close del
	in_ns "$router" conntrack -D -p udp --orig-port-src "$port" \
		>/dev/null 2>&1
	expect "still there" wait_until 2 gone udp "$port"
}

# A TCP connection is picked up again by the next packet, which has to be one of
# the client's: a reply, be it an ACK that was under way when the entry went, would
# make it the server's connection.
tcp_deleted()
{
	open_fast pick tcp 6 none 31013 && hosts bg pick 20 200 o &&
	hosts fast pick o && hosts nobg pick && hosts settle 200 || return
	in_ns "$router" conntrack -D -f ipv6 -p tcp --orig-port-src 31013 \
		>/dev/null 2>&1 || fail "nothing deleted" || return
	hosts bg pick 20 200 o && hosts fresh pick o 3 && hosts bg pick 20 200 &&
	hosts fresh pick r 3 && hosts fast pick b 8
	expect "no new entry" is_state 31013 ESTABLISHED
	hosts close pick
}

# An entry that conntrack -U lets expire is replaced as well. IPv6, because the tool
# sends an attribute with entries of IPv4 that makes the kernel refuse it.
expired()
{
	open_fast exp udp 6 snat 31014 && hosts bg exp 20 100 &&
	hosts fast exp b || return
	expect "conntrack -U" in_ns "$router" conntrack -U -f ipv6 -p udp \
		--orig-port-src 31014 -t 1 || return
	hosts idle 1500
	hosts fresh exp o 2 && hosts fresh exp r 2 && hosts fast exp b 5
	hosts close exp
}

# No entry stays behind for longer than the sweep takes.
all_gone()
{
	hosts nobg bulk udp acct
	hosts settle 100
	in_ns "$router" conntrack -F >/dev/null 2>&1
	expect "count $(in_ns "$router" conntrack -C)" wait_until 2 no_entries
}

no_entries()
{
	[ "$(in_ns "$router" conntrack -C)" -eq 0 ]
}

require ip conntrack iptables-nft
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts port lan c eth0 $client_mac $lan_mac
hosts port wan s eth0 $server_mac $wan_mac

ktap_plan 21
ktap_test "H13 accounting of TCP, IPv4" acct_tcp 4 31001
ktap_test "H13 accounting of TCP, IPv6" acct_tcp 6 31021
ktap_test "H13 accounting of UDP, IPv4" acct_udp 4 31002
ktap_test "H13 accounting of UDP, IPv6" acct_udp 6 31022
ktap_test "H1 UDP entry with short timeouts lives" udp_lives
ktap_test "H1 timeout follows fast packets, IPv4" timeout_follows 4 31016
ktap_test "H1 timeout follows fast packets, IPv6" timeout_follows 6 31026
ktap_test "H11 UDP is assured within 3 s" udp_assured
ktap_test "H3 full timeout when idle after bulk, IPv4" tcp_live 4 31005
ktap_test "H3 full timeout when idle after bulk, IPv6" tcp_live 6 31025
ktap_test "H2 dead peer" dead_peer
ktap_test "H5 close by FIN" closes 4 31007 fin TIME_WAIT
ktap_test "H4 close by RST" closes 6 31008 rst CLOSE
ktap_test "H4 blind RST in the window" blind_rst bulk 300 31025
ktap_test "H4 blind RST before the window" blind_rst bulk -3000 31025
ktap_test "H6 SYN on a reused tuple" reused_tuple 4 31010
ktap_test "H7 conntrack -D of UDP" deleted 31012 -D -p udp --orig-port-src 31012
ktap_test "H7 conntrack -F" deleted 31015 -F
ktap_test "H7 conntrack -D of TCP" tcp_deleted
ktap_test "H7 conntrack -U -t 1" expired
ktap_test "H7 no entry remains" all_gone
ktap_end
