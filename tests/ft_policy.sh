#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IPsec policies come and go at random under traffic: of the packets that come
# after the insertion has returned and before the deletion begins, none leaves
# in plaintext, and the connection was fast just before and is so after.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                               tap 1
#
# FASTTRACK_ROUNDS is how often of each kind (5; a hundred take a quarter of an
# hour). The times are drawn from FASTTRACK_SEED, which a failure tells.
#
# Covers HAZARDS 27.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"
source "$(dirname "$0")/ipsec.sh"

ROUNDS=${FASTTRACK_ROUNDS:-5}
SEED=${FASTTRACK_SEED:-$RANDOM}

# pause MOST: some milliseconds.
pause()
{
	hosts idle $((RANDOM % $1))
}

# one_round N MODE SOURCE: what was sent 60 ms before the deletion begins has
# come to the policy, if not to the wire.
one_round()
{
	local since before

	hosts fast f o 10 && pause 80 || return
	hosts clear
	policy out "$3" "$2" || return
	hosts seq f && since=$answer
	pause 120
	hosts seq f && before=$answer
	hosts idle 60
	hosts messages t1 f o "$since" "$before" || return
	plain=$answer
	ip -n "$router" xfrm policy flush
	hosts messages t1 f o "$since" "$before" || return
	inside=$((inside + before - since))
	[ "$plain" -eq 0 ] && [ "$answer" -eq 0 ] && return
	fail "round $1: $answer of $((before - since)) in plaintext, seed $SEED"
}

# at_random FAMILY MODE NAT
at_random()
{
	local n source plain

	RANDOM=$SEED
	inside=0
	names "$1"
	source=$net
	[ "$3" = none ] || source=$from/$host
	hosts_ask close f
	no_ipsec
	security_association "$2" || return
	flow_open f udp "$1" "$3" $((sport += 1)) && hosts arm 500 f &&
		hosts bg f 3 120 || return
	for ((n = 0; n < ROUNDS; n++)); do
		one_round $n "$2" "$source" || return
	done
	diag "$inside packets while the policy stood"
	expect "too few to prove anything" [ "$inside" -ge "$ROUNDS" ]
	hosts fast f o 10
	no_ipsec
}

require ip iptables-nft
modprobe -aq esp4 esp6 xfrm_user
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t1 r wan 1
sport=38000

ktap_plan 4
for family in 4 6; do
	ktap_test "H27 tunnel, $ROUNDS times, IPv$family" \
		at_random $family tunnel none
	ktap_test "H27 transport that SNAT selects, $ROUNDS times, IPv$family" \
		at_random $family transport snat
done
ktap_end
