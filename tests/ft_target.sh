#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The target judges the packet, not what other parts of its rule asked for, and
# stays out of every chain but FORWARD, however it is reached.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	    10.1.0.2                                 10.2.0.2
#	    fd01:0:7::2                              fd02::2
#
# ft_rule.sh has what a rule does and how iptables handles it.
#
# Covers the target's part of HAZARDS 5.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# A rule that names no protocol, and one direction only. Without -p ip6tables
# of the legacy kind does not look for the transport header: whoever then takes
# the IPv6 header for TCP finds byte 5 of the source address in place of the
# flags, and 7 is FIN, SYN and RST.
no_protocol()
{
	local own=10.1.0.2 peer=10.2.0.2

	[ "$2" = 4 ] || { own=fd01:0:7::2 peer=fd02::2; }
	backend=$1
	hosts_ask close f
	[ -n "$slow" ] || "ipt$2" -A FORWARD -i lan -j FASTTRACK || return
	hosts tcp f $own $((sport += 1)) $peer 5001 $peer 5001 &&
	hosts bg f 10 200 && hosts fast f b
	[ -n "$slow" ] || "ipt$2" -F FORWARD
}

# refused IPT TABLE CHAIN: neither a jump to a rule with the target is taken,
# nor the target in a chain that is jumped to; by way of another chain.
refused()
{
	local rule

	"$1" -t "$2" -N own && "$1" -t "$2" -N way && "$1" -t "$2" -A way -j own
	"$1" -t "$2" -A own -j FASTTRACK
	"$1" -t "$2" -A "$3" -j way 2>/dev/null &&
		fail "$backend $1: $3 of $2 reaches it"
	"$1" -t "$2" -F own
	"$1" -t "$2" -F "$3"
	expect "jump" "$1" -t "$2" -A "$3" -j way
	"$1" -t "$2" -A own -j FASTTRACK 2>/dev/null &&
		fail "$backend $1: put where $3 of $2 comes"
	"$1" -t "$2" -F "$3"
	"$1" -t "$2" -F own
	expect "jump" "$1" -t "$2" -A FORWARD -j way
	expect "target, from FORWARD" "$1" -t "$2" -A own -j FASTTRACK
	"$1" -t "$2" -F && "$1" -t "$2" -X
}

elsewhere()
{
	local ipt

	backend=$1
	for ipt in ipt4 ipt6; do
		refused $ipt "$2" "$3"
	done
}

require ip iptables-nft iptables-legacy
router_new
addresses "$client" eth0 fd01:0:7::2/64
addresses "$router" lan fd01:0:7::1/64
hosts_start "$client" "$router" "$server"
sport=30000

if [ -n "$slow" ]; then
	ktap_plan 1
	ktap_test "no rule" no_protocol nft 6
	ktap_end
fi

ktap_plan 10
for this in nft legacy; do
	for family in 4 6; do
		ktap_test "H5 IPv$family, no protocol, one way, $this" \
			no_protocol $this $family
	done
	ktap_test "not from INPUT, $this" elsewhere $this filter INPUT
	ktap_test "not from PREROUTING, $this" \
		elsewhere $this mangle PREROUTING
	ktap_test "not from POSTROUTING, $this" \
		elsewhere $this mangle POSTROUTING
done
ktap_end
