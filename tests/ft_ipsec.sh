#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IPsec is never bypassed: of what the client sends after "ip xfrm policy add"
# has returned, nothing leaves in plaintext, not even if a packet was waiting
# in a queue of the router when the policy came.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                               tap 1
#
# Every message has a number and is found on the wire wherever its plaintext
# turns up, so "none since number N" is exact.
#
# Covers HAZARDS 27.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"
source "$(dirname "$0")/ipsec.sh"

QUEUE=7

# steady PROTO FAMILY NAT: traffic both ways, fast.
steady()
{
	hosts_ask close f
	no_ipsec
	flow_open f "$1" "$2" "$3" $((sport += 1)) && hosts arm 500 f &&
	hosts bg f 10 200 && hosts fast f b
}

# nothing_since SEQ: no plaintext with that number or a later one.
nothing_since()
{
	hosts idle 300
	hosts messages t1 f o "$1" && expect_equal "plaintext" "$answer" 0
}

# after_policy ESP: nothing in plaintext from now on, and ESP if it says so. TCP
# may have to wait for a timer to send again, because nobody answers ESP.
after_policy()
{
	local seq

	hosts seq f && seq=$answer
	hosts clear && nothing_since "$seq" || return
	if [ -n "$1" ]; then
		expect "ESP" wait_until 20 esp_seen && nothing_since "$seq" ||
			return
	fi
	hosts notfast f 2 o
}

# A policy for what leaves; SNAT may be what makes it match.
outgoing()
{
	local proto=$1 family=$2 nat=$3 action=$4 source

	names "$family"
	steady "$proto" "$family" "$nat" || return
	source=$net
	[ "$nat" != snat ] || source=$from/$host
	if [ "$action" != block ]; then
		security_association "$action" || return
		policy out "$source" "$action" || return
		after_policy esp
	else
		policy out "$source" block || return
		after_policy ""
	fi
	no_ipsec
	hosts fresh f o 5 && hosts fast f o 5
}

# A policy for what is forwarded, which says it must have come through IPsec.
forward()
{
	names "$1"
	steady udp "$1" none || return
	policy fwd "$net" block || return
	after_policy ""
	no_ipsec
	hosts fresh f o 5 && hosts fast f o 5
}

# queue_rule ARG...: add or delete the rule that queues the connection.
queue_rule()
{
	ipt -t "$1" "${@:3}" -p udp --dport "$2" -j NFQUEUE \
		--queue-num $QUEUE
}

# queued FAMILY NAT TABLE CHAIN PORT: all packets under way wait in a queue,
# behind the FASTTRACK rule if that is in the same chain, while the policy
# comes. They may leave as they were routed; what follows may not.
queued()
{
	local at=1 seq source

	names "$1"
	steady udp "$1" "$2" || return
	hosts nobg f
	hosts engine enabled=0 && hosts engine enabled=1 || return
	[ "$3" != filter ] || [ -n "$slow" ] || at=2
	queue_rule "$3" "$5" -I "$4" $at || return
	hosts bg f 20 200 o
	hosts held q 3 3
	source=$net
	[ "$2" = none ] || source=$from/$host
	policy out "$source" block
	hosts seq f && seq=$answer
	hosts clear
	queue_rule "$3" "$5" -D "$4"
	hosts release q || return
	hosts bg f 10 200
	nothing_since "$seq"
	hosts idle 200
	hosts release q
	no_ipsec
	hosts fresh f o 5 && hosts fast f o 5
}

require ip iptables-nft
modprobe -q nfnetlink_queue
modprobe -aq esp4 esp6 xfrm_user
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t1 r wan 1
hosts queue q r $QUEUE
sport=26000

ktap_plan 18
for family in 4 6; do
	v=IPv$family
	ktap_test "H27 $v tunnel" outgoing tcp $family none tunnel
	ktap_test "H27 $v tunnel that SNAT selects" outgoing udp $family snat tunnel
	ktap_test "H27 $v transport that SNAT selects" \
		outgoing tcp $family snat transport
	ktap_test "H27 $v block" outgoing udp $family none block
	ktap_test "H27 $v block that SNAT selects" outgoing udp $family snat block
	ktap_test "H27 $v forward policy" forward $family
	ktap_test "H27 $v held before routing" queued $family none mangle PREROUTING 5001
	ktap_test "H27 $v held in FORWARD" queued $family none filter FORWARD 5001
	ktap_test "H27 $v held in POSTROUTING" queued $family snat mangle POSTROUTING 5002
done
ktap_end
