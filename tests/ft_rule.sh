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

# The nft back end is tried with IPv4, the legacy one with IPv6.
use()
{
	backend=$1
	family=4 rules=ipt4
	[ "$1" = nft ] || { family=6 rules=ipt6; }
}

# fresh_rules BACKEND: nothing but the pair, and an armed connection "f".
fresh_rules()
{
	hosts_ask close f
	use "$1"
	$rules -F FORWARD && $rules -t mangle -F FORWARD &&
	fasttrack_rules $family && hosts engine lease=$LEASE || return
	in_ns "$router" conntrack -F >/dev/null 2>&1
	flow_open f udp $family snat $((sport += 1)) && hosts bg f 10 100 &&
	hosts fast f b
}

# counted NAME COMMAND...: the command makes the engine give that reason.
counted()
{
	local reason=$1 before

	shift
	hosts reason "$reason" && before=$answer
	"$@" || return
	hosts reason "$reason" && expect "$reason was not counted" \
		[ "$answer" -gt "$before" ]
}

# Delete the first rule: the flow goes slow at once, traffic goes on.
delete_first()
{
	$rules -D FORWARD 1 &&
	hosts notfast f 5 && hosts fresh f o 2 && hosts fresh f r 2
}

# One rule goes, another one keeps the hooks, and no lease is about to end.
one_deleted()
{
	fresh_rules "$1" || return
	$rules -A FORWARD -m mark --mark 0x999 -j FASTTRACK
	hosts engine lease=20000 && hosts arm 10000 f || return
	hosts fast f b || return
	counted rule delete_first || return
	$rules -I FORWARD -m conntrack --ctstate ESTABLISHED,RELATED \
		-j FASTTRACK
	hosts fast f b 5
}

last_deleted()
{
	fresh_rules "$1" || return
	counted disabled delete_first
}

# A DROP in front of the pair takes hold of a live connection.
drop_inserted()
{
	fresh_rules "$1" || return
	$rules -I FORWARD -p udp --dport 5002 -j DROP
	hosts stops f o 400 2.2 || return
	$rules -D FORWARD 1
	hosts fresh f o 3 && hosts fast f b 5
}

# So does one that names the replies only.
drop_reply()
{
	fresh_rules "$1" || return
	$rules -I FORWARD -p udp --sport 5002 -j DROP
	hosts stops f r 400 2.2 || return
	$rules -D FORWARD 1
	hosts fresh f r 3
}

# A rule in mangle, behind a mark, for one direction only: both become fast.
from_mangle()
{
	fresh_rules "$1" || return
	$rules -F FORWARD
	$rules -t mangle -A FORWARD -i lan -m connbytes --connbytes 3 \
		--connbytes-mode packets --connbytes-dir both -j FASTTRACK
	hosts fast f b 5
}

# lines VERDICT: rules of the extension's own list that end that way.
lines()
{
	sed -n "/^[*:#]/d; s/;.*;$1\$//p" \
		"$here/../tools/iptables/libxt_FASTTRACK.t" | sort -u
}

# The extension's own list of rules: added, listed, found and deleted.
round_trip()
{
	local ipt rule

	use "$1"
	for ipt in ipt4 ipt6; do
		$ipt -F FORWARD
		expect "rules to try" [ "$(lines OK | wc -l)" -ge 3 ]
		while read -r rule; do
			expect "add $rule" $ipt -A FORWARD $rule
		done < <(lines OK)
		expect_equal "list" "$($ipt -S FORWARD | tail -n +2)" \
			"$(lines OK | sed 's/^/-A FORWARD /')"
		while read -r rule; do
			expect "delete $rule" $ipt -D FORWARD $rule
		done < <(lines OK)
		while read -r rule; do
			$ipt -A FORWARD $rule 2>/dev/null && fail "added $rule"
		done < <(lines FAIL)
		expect_equal "what is left" "$($ipt -S FORWARD)" \
			"-P FORWARD ACCEPT"
	done
}

save()
{
	in_ns "$router" "$1-$backend-save" -t filter |
		sed '/^#/d; s/\[[0-9:]*\]//'
}

save_restore()
{
	local saved tool

	use "$1"
	for tool in iptables ip6tables; do
		echo "-A FORWARD $RULE" |
			ipt_restore $([ $tool = iptables ] && echo 4 || echo 6) \
				filter || return
		saved=$(save $tool)
		grep -qxF -- "-A FORWARD $RULE" <<<"$saved" ||
			fail "saved: $saved"
		in_ns "$router" $tool-$backend -F FORWARD
		expect "restore" in_ns "$router" $tool-$backend-restore \
			<<<"$saved"
		expect_equal "restored" "$(save $tool)" "$saved"
		in_ns "$router" $tool-$backend -F FORWARD
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
	local table

	use "$1"
	refused "only valid in the FORWARD chain" -A INPUT -j FASTTRACK
	refused "only valid in the FORWARD chain" -t mangle -I POSTROUTING 1 \
		-j FASTTRACK
	for table in nat raw; do
		refused "only valid in the filter and mangle tables" \
			-t $table -A OUTPUT -j FASTTRACK
	done
	restore_refused "FASTTRACK.*FORWARD" filter "-A INPUT -j FASTTRACK"
	restore_refused "FASTTRACK.*filter and mangle" security \
		"-A FORWARD -j FASTTRACK"
	# Through a chain of the user's own, where the command line is innocent.
	$rules -N own && $rules -A own -j FASTTRACK || return
	$rules -A INPUT -j own 2>/dev/null && fail "reached from INPUT"
	$rules -F INPUT
	expect "reached from FORWARD" $rules -A FORWARD -j own
	$rules -F && $rules -X own
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
	use "$1"
	ipt -F
	ipt -t mangle -F
	expect "modules in use" modprobe -r xt_FASTTRACK nf_fasttrack
	expect "modules remain" not_loaded || return
	for ipt in ipt4 ipt6; do
		expect "add by $ipt" $ipt -A FORWARD -j FASTTRACK
		expect_equal "$ipt: references" "$(references xt_FASTTRACK)" 1
		expect "$ipt: nf_fasttrack is not loaded" \
			[ -n "$(references nf_fasttrack)" ]
		rmmod xt_FASTTRACK 2>/dev/null && fail "removed while in use"
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
	ktap_test "H16 DROP reaches a live connection, slow" drop_inserted nft
	ktap_end
fi

ktap_plan 18
for this in nft legacy; do
	ktap_test "H16 one rule deleted, $this" one_deleted $this
	ktap_test "H16 last rule deleted, $this" last_deleted $this
	ktap_test "H16 DROP reaches a live connection, $this" drop_inserted $this
	ktap_test "H16 DROP of replies, $this" drop_reply $this
	ktap_test "rule in mangle, one way, $this" from_mangle $this
	ktap_test "add, list, check, delete, $this" round_trip $this
	ktap_test "save and restore, $this" save_restore $this
	ktap_test "wrong places are named, $this" wrong_places $this
	ktap_test "autoload and references, $this" autoload $this
done
ktap_end
