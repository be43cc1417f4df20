#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Marks, DSCP, TTL and priority: what rules set is on fast packets as on slow
# ones, what comes in otherwise than learned goes slow, and what decided the way
# goes on deciding it.
#
#	                           tap 1
#	client eth0 ---- lan router wan  -------- eth0 server
#	                tap 0      wan2 -------- eth1
#	                           tap 2
#
# Covers HAZARDS 25, 36 and 38.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

names()
{
	if [ "$1" = 4 ]; then
		version=-4 peer=10.2.0.2 via=10.3.0.2
	else
		version=-6 peer=fd02::2 via=fd03::2
	fi
	ipt=ipt$1
}

# steady PROTO FAMILY NAT: an armed connection.
steady()
{
	hosts_ask close f
	names "$2"
	flow_open f "$1" "$2" "$3" $((sport += 1)) && hosts arm 5000 f
}

# clean TABLE: no rule of a test is left.
clean()
{
	$ipt -t mangle -F
}

# fast_of: fast packets from the client, into $count.
fast_of()
{
	count=0
	[ -n "$slow" ] && return
	hosts ft f && count=$(cut -d' ' -f5 <<<"$answer")
}

# burst_is FAST KINDS: of the frames so many are fast, all leave.
burst_is()
{
	local before

	hosts arm 5000 f && hosts settle 100 || return
	fast_of && before=$count
	hosts clear && hosts burst lan f "$2" && hosts settle || return
	fast_of
	[ -n "$slow" ] ||
		expect_equal "fast of $2" $((count - before)) "$1"
	hosts messages t1 f o && expect_equal "left of $2" "$answer" ${#2}
}

# class_of: packets in the class of the egress device that a mark or a priority
# selects.
class_of()
{
	tc -n "$router" -s class show dev wan classid 1:1 |
		awk '$1 == "Sent" { print $4 }'
}

# H25: a queueing discipline finds what the rules put on the packet: the class
# gets every packet, and @reason nothing else.
classified()
{
	local before

	names "$2"
	tc -n "$router" qdisc replace dev wan root handle 1: prio
	[ -z "$4" ] || tc -n "$router" filter add dev wan parent 1: \
		handle 7 fw classid 1:1
	# shellcheck disable=SC2086 # words of a rule
	$ipt -t mangle -A FORWARD -o wan -p "$1" --dport 5001 $3 || return
	steady "$1" "$2" none && hosts settle || return
	before=$(class_of)
	hosts measure f 30 400 t0 t1 || return
	hosts count t1 f o || return
	expect_equal "in the class" $(($(class_of) - before)) "${answer% *}"
	tc -n "$router" qdisc del dev wan root
	clean
}

# H25: the connection's mark chooses the way, in both directions of time: rules
# that a fast packet skips have restored it.
marked_route()
{
	names "$2"
	ip -n "$router" $version rule add fwmark 5 lookup 105
	ip -n "$router" $version route add default via $via dev wan2 table 105
	ip -n "$router" $version rule add fwmark 5 iif wan2 lookup main
	$ipt -t mangle -A PREROUTING -i lan -p "$1" --dport 5001 \
		-m conntrack --ctstate NEW -j CONNMARK --set-mark 5
	$ipt -t mangle -A PREROUTING -i lan -j CONNMARK --restore-mark
	steady "$1" "$2" none && hosts clear && hosts send f b 30 400 &&
	hosts settle && hosts wasfast f b
	hosts messages t2 f o && expect_equal "by the marked way" "$answer" 30
	hosts messages t1 f o && expect_equal "by the other" "$answer" 0
	ip -n "$router" $version rule del fwmark 5 iif wan2 lookup main
	ip -n "$router" $version rule del fwmark 5 lookup 105
	ip -n "$router" $version route flush table 105
	clean
}

# H25: a packet that comes in with another mark, or DSCP, goes slow and by the
# way that is its own; the next ordinary one is fast. D: another DSCP, E: the
# same with ECN bits, which do not matter.
other_dscp()
{
	local reason=0

	steady udp "$1" none || return
	hosts reason dscp && reason=$answer
	burst_is 4 NNNN && burst_is 0 DDD || return
	hosts reason dscp && [ -n "$slow" ] ||
		expect_equal "reason dscp" $((answer - reason)) 3
	hosts bg f 20 100 && hosts fast f b
	hosts nobg f
}

# By tc at ingress, in front of everything.
other_mark()
{
	local reason=0

	modprobe -aq act_skbedit cls_matchall sch_ingress
	steady udp "$1" none || return
	hosts reason mark && reason=$answer
	tc -n "$router" qdisc add dev lan clsact &&
	tc -n "$router" filter add dev lan ingress matchall \
		action skbedit mark 9 || return
	hosts send f o 5 200 && hosts reason mark
	[ -n "$slow" ] ||
		expect "reason mark" [ $((answer - reason)) -ge 5 ]
	tc -n "$router" qdisc del dev lan clsact
	hosts bg f 20 100 && hosts fast f b 8
	hosts nobg f
}

# H25: learned by DSCP, while a rule for that DSCP chooses the way.
dscp_route()
{
	steady udp 4 none || return
	ip -n "$router" route add default via 10.3.0.2 dev wan2 table 106
	ip -n "$router" rule add tos 0x10 lookup 106
	hosts arm 5000 f && hosts settle && hosts clear &&
	hosts burst lan f NXNX && hosts settle
	hosts messages t1 f o && expect_equal "ordinary" "$answer" 2
	hosts messages t2 f o && expect_equal "with that TOS" "$answer" 2
	ip -n "$router" rule del tos 0x10 lookup 106
	ip -n "$router" route flush table 106
}

# H36: a rule sets what the packet leaves with. Packets that come in as the
# learned one are fast, others slow, and all leave as the rule wants it.
rule_sets()
{
	local what=$1 want=$3 kind=$4

	names "$2"
	# shellcheck disable=SC2086 # words of a rule
	$ipt -t mangle -A FORWARD -o wan -p udp --dport 5001 ${*:5} || return
	steady udp "$2" none || return
	burst_is 5 NNNNN || return
	hosts "$what" t1 f o && expect_equal "$what, fast" "$answer" "$want"
	burst_is 0 "$kind$kind" || return
	hosts "$what" t1 f o && expect_equal "$what, other" "$answer" "$want"
	clean
}

# H36: what a rule adds or takes away cannot be told from what it sets by one
# packet: another TTL that comes in leaves with another.
rule_changes()
{
	names "$1"
	# shellcheck disable=SC2086 # words of a rule
	$ipt -t mangle -A FORWARD -o wan -p udp --dport 5001 ${*:2} || return
	steady udp "$1" none || return
	burst_is 3 NNN || return
	hosts ttls t1 f o && expect_equal "TTL" "$answer" 60
	burst_is 0 LL || return
	hosts ttls t1 f o && expect_equal "TTL of 33" "$answer" 29
	clean
}

# H36: a rule that clears the ECN field, too, does nothing to packets that have
# none: what they teach does not hold for the others.
ecn_cleared()
{
	local kinds

	names "$1"
	$ipt -t mangle -A FORWARD -o wan -p udp --dport 5001 \
		-j TOS --set-tos 0x28/0xff || return
	steady udp "$1" none && burst_is 5 00000 || return
	hosts toses t1 f o && expect_equal "not ECT" "$answer" 40
	for kinds in 2 1 3 2222 0123 0202; do
		hosts arm 5000 f && hosts settle 100 && hosts clear &&
		hosts burst lan f $kinds && hosts settle || return
		hosts messages t1 f o &&
			expect_equal "left of $kinds" "$answer" ${#kinds}
		hosts toses t1 f o && expect_equal "TOS, $kinds" "$answer" 40
	done
	clean
}

# No rule: every value leaves as it came, and to change it costs nothing.
ecn_mixed()
{
	local kinds=0123321002130321 before ecn

	steady udp "$1" none && burst_is 4 0000 || return
	for ecn in 1 2 3 0; do
		hosts burst lan f $ecn && hosts settle 100 || return
	done
	hosts arm 5000 f && hosts settle 100 && hosts clear || return
	fast_of && before=$count
	hosts burst lan f $kinds && hosts settle && hosts verify f o t0 t1 ||
		return
	expect_equal "verified" "$answer" ${#kinds}
	hosts toses t1 f o && expect_equal "TOS" "$answer" "40 41 42 43"
	fast_of
	[ -n "$slow" ] || expect "fast of them: $((count - before))" \
		[ $((count - before)) -ge 12 ]
}

# H36: what the rewrite cannot do stays slow, and right.
not_reproduced()
{
	local reason=0

	names 4
	hosts reason mangled && reason=$answer
	# Not of the SYN, or else nobody would send any.
	ipt4 -t mangle -A FORWARD -o wan -p tcp --dport 5001 \
		-m conntrack --ctstate ESTABLISHED -j TCPOPTSTRIP \
		--strip-options timestamp || return
	flow_open g tcp 4 none $((sport += 1)) && hosts send g b 40 300 || return
	hosts reason mangled && [ -n "$slow" ] ||
		expect "reason mangled" [ "$answer" -gt "$reason" ]
	hosts close g
	clean
}

# later FAMILY KIND FLAGS OPTIONS WORDS...: a rule that has nothing to do in what
# a connection was learned from, and has in one segment of KIND: that leaves
# with those flags and options (a pattern). An ordinary one, sent likewise, is
# fast.
later()
{
	local before

	names "$1"
	# shellcheck disable=SC2086 # words of a rule
	$ipt -t mangle -A FORWARD -o wan -p tcp --dport 5001 \
		-m conntrack --ctstate ESTABLISHED ${*:5} || return
	steady tcp "$1" none && hosts send f b 10 300 && hosts settle 100 &&
	fast_of || return
	before=$count
	hosts segment lan f ack t0 && hosts settle && fast_of || return
	[ -n "$slow" ] || expect "fast" [ "$count" -gt "$before" ]
	hosts clear t1 && hosts segment lan f "$2" t0 && hosts settle &&
	hosts headers t1 f o || return
	[[ $answer == $3\ $4 ]] || fail "$2 left with $answer, not $3 $4"
	clean
}

# stamps_wanted: by somebody, so every packet gets the time of its receipt.
stamps_wanted()
{
	background stamps /usr/bin/python3 -c 'import signal, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 29, 1)  # SO_TIMESTAMP
print("ready", flush=True)
signal.pause()'
	wait_until 20 grep -q ready "$lib_dir/stamps.log"
}

# H38: a time stamp that was taken on receipt means a departure in the far future
# to the fair queue, which drops such a packet.
fair_queue()
{
	local limit

	modprobe -q sch_fq || { skip "no sch_fq"; return; }
	stamps_wanted || { fail "no time stamps"; return; }
	tc -n "$router" qdisc replace dev wan root fq
	tc -n "$router" qdisc replace dev lan root fq
	steady "$1" "$2" snat && hosts measure f 40 900 t0 t1
	limit=$(tc -n "$router" -s qdisc show dev wan | grep -o 'dropped [0-9]*')
	expect_equal "by the queue" "$limit" "dropped 0"
	tc -n "$router" qdisc del dev wan root
	tc -n "$router" qdisc del dev lan root
	finish "$stamps" TERM || :
}

require ip tc iptables-nft
modprobe -aq sch_prio cls_fw
router_new
second_way
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts tap t2 r wan2 1
hosts port lan c eth0 $client_mac $lan_mac
hosts engine lease=30000
sport=37000

ktap_plan 26
for family in 4 6; do
	v=IPv$family
	ktap_test "H25 mark for a class, $v" \
		classified udp $family "-j MARK --set-mark 7" fw
	ktap_test "H25 priority, $v" \
		classified udp $family "-j CLASSIFY --set-class 1:1" ""
	ktap_test "H25 mark chooses the way, $v" marked_route udp $family
	ktap_test "H25 another DSCP comes in, $v" other_dscp $family
	ktap_test "H25 another mark comes in, $v" other_mark $family
	ktap_test "H36 DSCP set by a rule, $v" \
		rule_sets toses $family 184 D -j DSCP --set-dscp 46
	ktap_test "H38 time stamps and a fair queue, $v" fair_queue udp $family
done
ktap_test "H25 DSCP chooses the way" dscp_route
ktap_test "H36 TTL set by a rule, IPv4" rule_sets ttls 4 77 L -j TTL --ttl-set 77
ktap_test "H36 TTL lowered by a rule, IPv4" rule_changes 4 -j TTL --ttl-dec 3
ktap_test "H36 hop limit lowered by a rule, IPv6" rule_changes 6 -j HL --hl-dec 3
for family in 4 6; do
	v=IPv$family
	ktap_test "H36 ECN cleared by a rule, $v" ecn_cleared $family
	ktap_test "H36 ECN of all kinds in one flow, $v" ecn_mixed $family
	ktap_test "H36 TCP option stripped from a later segment, $v" \
		later $family sack 10 '0101080a????????????????010101010101010101010101' \
		-j TCPOPTSTRIP --strip-options 5
done
ktap_test "H36 TCP ECN cleared in a later segment" \
	later 4 ecn 10 '0101080a????????????????' -j ECN --ecn-tcp-remove
ktap_test "H36 TCP options stripped by a rule" not_reproduced
ktap_end
