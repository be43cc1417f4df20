#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A wrong transport checksum fares as on the slow path: if conntrack verifies
# checksums the packet is INVALID and dropped, else it leaves exactly as wrong
# as it came. UDP without a checksum gets none.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# The frames are raw ones, so that no device vouches for their checksum.
#
# Covers HAZARDS 34 (H34).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

FRAMES=5

# verify 0|1: does conntrack verify checksums?
verify()
{
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_checksum="$1"
}

# quiet PROTO FAMILY: the armed connection of that kind, its name in $f, without
# traffic, so that each packet is one of ours. It stays for the next test: a UDP
# connection that is young has short leases.
quiet()
{
	hosts engine enabled=1
	f=$1$2
	[ -n "${opened[$f]:-}" ] || flow_open "$f" "$1" "$2" snat $((sport += 1)) ||
		return
	opened[$f]=yes
	hosts arm 5000 "$f" && hosts settle 300
}

# counts: put fast packets from the client and slow ones with a wrong checksum
# into variables of these names.
counts()
{
	local words

	fast=0 bad=0
	hosts ft "$f" && words=($answer) && fast=${words[4]}
	hosts reason checksum && bad=$answer
}

# frames PROTO KIND: send $FRAMES of that kind, see burst; put what tap 1 saw
# into $sums.
frames()
{
	local i

	# An inject copies what the tap on the near side saw last. TCP delays
	# an acknowledgment by up to 200 ms.
	hosts clear && hosts send "$f" b 1 100 && hosts settle 300 &&
	hosts clear t1 || return
	! hosts_ask ft "$f" || counts
	for ((i = 0; i < FRAMES; i++)); do
		if [ "$1" = udp ]; then
			hosts burst lan "$f" "$2"
		else
			hosts inject lan "$f" o A 0 t0 0 "${2/N/}"
		fi || return
		hosts idle 30
	done
	hosts settle && hosts sums t1 "$f" o && sums=$answer
}

# fared TEXT FAST BAD: of the frames, so many were fast, so many had a wrong
# checksum.
fared()
{
	local was_fast=$fast was_bad=$bad

	[ -z "$slow" ] || return 0
	counts
	expect_equal "$1: fast" $((fast - was_fast)) "$2"
	expect_equal "$1: reason checksum" $((bad - was_bad)) "$3"
}

repeated()
{
	local i out=""

	for ((i = 0; i < FRAMES; i++)); do
		out+=" $1"
	done
	echo "${out# }"
}

# Wrong ones do not arrive, right ones between them do, and go fast.
verified()
{
	verify 1
	quiet "$1" "$2" && frames "$1" W || return
	fared "wrong" 0 $FRAMES
	expect_equal "wrong ones that left" "$sums" ""
	frames "$1" N || return
	fared "right" $FRAMES 0
	expect_equal "right ones" "$sums" "$(repeated ffff)"
	hosts engine enabled=0 && frames "$1" W || return
	expect_equal "wrong ones that left, slow path" "$sums" ""
}

unverified()
{
	local were

	verify 0
	quiet "$1" "$2" && frames "$1" W || return
	fared "wrong" $FRAMES 0
	were=$sums
	hosts engine enabled=0 && frames "$1" W || return
	expect_equal "wrong ones that left, fast and slow" "$were" "$sums"
	expect_equal "their number" "$(wc -w <<<"$sums")" $FRAMES
	expect "they are not wrong: $sums" [ "$sums" = "${sums/ffff/}" ]
	verify 1
}

without()
{
	verify "$2"
	quiet udp "$1" && frames udp Z || return
	fared "without" $FRAMES 0
	expect_equal "what left" "$sums" "$(repeated none)"
	hosts engine enabled=0 && frames udp Z || return
	expect_equal "what left, slow path" "$sums" "$(repeated none)"
	verify 1
}

require ip iptables-nft
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts port lan c eth0 $client_mac $lan_mac
hosts engine lease=30000
sport=29000
declare -A opened

ktap_plan 10
for family in 4 6; do
	for proto in tcp udp; do
		ktap_test "H34 IPv$family $proto, verified" verified $proto $family
		ktap_test "H34 IPv$family $proto, not verified" \
			unverified $proto $family
	done
done
ktap_test "H34 IPv4 udp without checksum" without 4 1
ktap_test "H34 IPv6 udp without checksum, not verified" without 6 0
ktap_end
