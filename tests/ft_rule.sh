#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The rule decides, and goes on deciding; iptables can handle it in every way.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# Covers HAZARDS 16 (rule deleted, flow lives on) and the target's part of 15.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

LEASE=1000
RULE="-m conntrack --ctstate RELATED,ESTABLISHED -j FASTTRACK"

# fresh_rules BACKEND: nothing but the pair, and an armed connection "f".
fresh_rules()
{
	hosts_ask close f
	for backend in nft legacy; do
		ipt -F && ipt -t mangle -F || return
	done
	backend=$1
	fasttrack_rules && hosts engine lease=$LEASE &&
	in_ns "$router" conntrack -F >/dev/null 2>&1 &&
	flow_open f udp 4 snat $((sport += 1)) && hosts bg f 10 100 &&
	hosts fast f b
}

# reason_is NAME...: the engine's word for the connection, any of these.
reason_is()
{
	local name

	hosts_ask ft f || answer="gone"
	for name; do
		[[ " $answer " != *" $name "* ]] || return 0
	done
	fail "reason is none of $*: $answer"
}

# One rule goes, another one keeps the hooks: the flow ends within a lease.
one_deleted()
{
	fresh_rules "$1" || return
	ipt -A FORWARD -m mark --mark 0x999 -j FASTTRACK
	hosts idle 300 && hosts fast f b || return
	fasttrack_rule -D
	hosts notfast f 2.5 && hosts fresh f o 2 && hosts fresh f r 2 || return
	reason_is rule
	fasttrack_rule -A
	fasttrack_rule -D
	ipt -I FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j FASTTRACK
	hosts fast f b 5
}

last_deleted()
{
	fresh_rules "$1" || return
	fasttrack_rule -D
	hosts notfast f 2.5 && hosts fresh f o 2 && hosts fresh f r 2 || return
	reason_is rule disabled gone
}

# A DROP in front of the pair takes hold of a live connection.
drop_inserted()
{
	fresh_rules "$1" || return
	ipt4 -I FORWARD -p udp --dport 5002 -j DROP
	hosts stops f o 400 2.2 || return
	ipt4 -D FORWARD 1
	hosts fresh f o 3 && hosts fast f b 5
}

# So does one that names the replies only.
drop_reply()
{
	fresh_rules "$1" || return
	ipt4 -I FORWARD -p udp --sport 5002 -j DROP
	hosts stops f r 400 2.2 || return
	ipt4 -D FORWARD 1
	hosts fresh f r 3
}

# A rule in mangle, behind a mark, for one direction only: both become fast.
from_mangle()
{
	fresh_rules "$1" || return
	ipt -F FORWARD
	ipt -t mangle -A FORWARD -i lan -m connbytes --connbytes 3 \
		--connbytes-mode packets --connbytes-dir both -j FASTTRACK
	hosts fast f b 5
}

lines()
{
	grep -v '^[*:#]' "$here/../tools/iptables/libxt_FASTTRACK.t"
}

# The extension's own list of rules, added, read back and deleted.
round_trip()
{
	local ipt rule verdict rest n=0

	backend=$1
	for ipt in ipt4 ipt6; do
		$ipt -F
		while IFS=';' read -r rule rest verdict; do
			n=$((n + 1))
			if [ "$verdict" = FAIL ]; then
				$ipt -A FORWARD $rule 2>/dev/null &&
					fail "accepted: $rule"
				continue
			fi
			expect "add $rule" $ipt -A FORWARD $rule || continue
			expect_equal "-S" "$($ipt -S FORWARD | tail -n +2)" \
				"-A FORWARD $rule"
			expect "check $rule" $ipt -C FORWARD $rule
			expect "delete $rule" $ipt -D FORWARD $rule
		done < <(lines)
	done
	expect "rules were tried" [ $n -ge 8 ]
}

save_restore()
{
	local saved family

	backend=$1
	for family in "" 6; do
		ipt$([ -n "$family" ] && echo 6 || echo 4) -F FORWARD
		ipt$([ -n "$family" ] && echo 6 || echo 4) -A FORWARD $RULE
		saved=$(in_ns "$router" "ip${family}tables-$1-save" -t filter |
			grep -v '^#')
		grep -qxF -- "-A FORWARD $RULE" <<<"$saved" ||
			fail "saved: $saved"
		in_ns "$router" "ip${family}tables-$1" -F
		expect "restore" in_ns "$router" "ip${family}tables-$1-restore" \
			<<<"$saved"
		expect_equal "restored" "$(in_ns "$router" \
			"ip${family}tables-$1-save" -t filter | grep -v '^#' |
			sed 's/\[[0-9:]*\]//')" "$(sed 's/\[[0-9:]*\]//' \
			<<<"$saved")"
		in_ns "$router" "ip${family}tables-$1" -F
	done
}

# refused WORDS ARG...: iptables says no, and the words are on its stderr or,
# for what it can't explain itself, in the kernel log.
refused()
{
	local words=$1 mark output ipt

	shift
	for ipt in ipt4 ipt6; do
		mark=$(klog_mark)
		if output=$($ipt "$@" 2>&1); then
			fail "accepted by $ipt: $*"
			continue
		fi
		grep -q "$words" <<<"$output$(klog_since "$mark")" ||
			fail "$ipt $*: '$words' is neither in '$output' nor" \
				"in '$(klog_since "$mark")'"
	done
}

# restore_refused WORDS TABLE LINE: as refused, by the kernel alone.
restore_refused()
{
	local mark output tool

	for tool in iptables ip6tables; do
		mark=$(klog_mark)
		if output=$(printf '*%s\n%s\nCOMMIT\n' "$2" "$3" | in_ns \
		   "$router" "$tool-$backend-restore" --noflush 2>&1); then
			fail "accepted by $tool: $2 $3"
			continue
		fi
		klog_since "$mark" | grep -q "$1" ||
			fail "$tool: $2 $3: log has '$(klog_since "$mark")'"
	done
}

wrong_places()
{
	local chain table

	backend=$1
	for backend in nft legacy; do ipt -F; done
	backend=$1
	for chain in INPUT OUTPUT; do
		refused "only valid in the FORWARD chain" -A $chain -j FASTTRACK
	done
	refused "only valid in the FORWARD chain" -t mangle -I POSTROUTING 1 \
		-j FASTTRACK
	for table in nat raw security; do
		refused "only valid in the filter and mangle tables" \
			-t $table -A OUTPUT -j FASTTRACK
	done
	restore_refused "FASTTRACK.*FORWARD" filter "-A INPUT -j FASTTRACK"
	restore_refused "FASTTRACK.*filter and mangle" raw \
		"-A OUTPUT -j FASTTRACK"
	# Through a chain of the user's own, where the command line is innocent.
	ipt -N own && ipt -A own -j FASTTRACK || return
	ipt -A INPUT -j own 2>/dev/null && fail "reached from INPUT"
	expect "reached from FORWARD" ipt -A FORWARD -j own
	ipt -F && ipt -X own
}

# references MODULE: its users, empty if it is not loaded.
references()
{
	awk -v name="$1" '$1 == name { print $3 }' /proc/modules
}

not_loaded()
{
	[ -z "$(references xt_FASTTRACK)$(references nf_fasttrack)" ]
}

# The first rule loads both modules, the references are the rules', and after
# the last one both can go.
autoload()
{
	local ipt

	hosts forget
	hosts_ask close f
	for backend in nft legacy; do ipt -F; ipt -t mangle -F; done
	backend=$1
	expect "modules in use" modprobe -r xt_FASTTRACK nf_fasttrack
	expect "modules remain" not_loaded || return
	for ipt in ipt4 ipt6; do
		expect "add by $ipt" $ipt -A FORWARD -j FASTTRACK
		expect_equal "$ipt: references" "$(references xt_FASTTRACK)" 1
		expect "$ipt: nf_fasttrack is not loaded" \
			[ -n "$(references nf_fasttrack)" ]
		rmmod xt_FASTTRACK 2>/dev/null && fail "removed while in use"
		$ipt -A FORWARD -p tcp -j FASTTRACK
		expect_equal "$ipt: two rules" "$(references xt_FASTTRACK)" 2
		$ipt -F FORWARD
		expect "$ipt: none left" wait_until 5 unused
		expect "$ipt: rmmod" rmmod xt_FASTTRACK
		expect "$ipt: rmmod" rmmod nf_fasttrack
	done
}

unused()
{
	[ "$(references xt_FASTTRACK)" = 0 ]
}

require ip conntrack iptables-nft iptables-legacy
router_new
hosts_start "$client" "$router" "$server"
nat_rules
sport=22000
if [ -n "$slow" ]; then
	ktap_plan 1
	ktap_test "DROP reaches a live connection, slow" drop_inserted nft
	ktap_end
fi

ktap_plan 18
for backend in nft legacy; do
	this=$backend
	ktap_test "one rule deleted, $this" one_deleted $this
	ktap_test "last rule deleted, $this" last_deleted $this
	ktap_test "DROP reaches a live connection, $this" drop_inserted $this
	ktap_test "DROP of replies, $this" drop_reply $this
	ktap_test "rule in mangle, one way, $this" from_mangle $this
	ktap_test "add, list, check, delete, $this" round_trip $this
	ktap_test "save and restore, $this" save_restore $this
	ktap_test "wrong places are named, $this" wrong_places $this
	ktap_test "autoload and references, $this" autoload $this
done
ktap_end
