#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Connection tracking kept on, kept off, and left to the rules; conntrack -L
# and iptables' counters say what it is.
#
#	client eth0 -------- lan router wan -------- eth0 server
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

ctl()
{
	in_ns "$router" ftctl "$@"
}

entries()
{
	in_ns "$router" conntrack -C
}

# tracked N: so many entries after a ping of each family.
tracked()
{
	in_ns "$client" ping -q -c 1 -W 5 10.2.0.2 >/dev/null || fail "no reply"
	in_ns "$client" ping -q -c 1 -W 5 fd02::2 >/dev/null || fail "no reply"
	expect_equal "entries" "$(entries)" "$1"
}

# mode VALUE: set it, twice, and see it said.
mode()
{
	expect "set $1" ctl tracking set enabled="$1" || return
	expect "set $1 again" ctl tracking set enabled="$1"
	expect_equal "shown" "$(shown)" "$1"
	ctl -j tracking show >"$lib_dir/show"
	hosts pick "$lib_dir/show" enabled && expect_equal "JSON" "$answer" "$1"
}

# Nothing asks for it: the kernel leaves it off.
auto_without_rules()
{
	mode auto && tracked 0
}

yes_without_rules()
{
	mode yes && tracked 2
	in_ns "$router" conntrack -F >/dev/null 2>&1
	mode auto && tracked 0
}

# untracked: packets that iptables has found so, in both families.
untracked()
{
	local sum=0 n

	for n in $({ ipt4 -nvxL FORWARD; ipt6 -nvxL FORWARD; } |
		   awk '/UNTRACKED/ { print $1 }'); do
		sum=$((sum + n))
	done
	echo $sum
}

no_with_rules()
{
	local before

	nat_rules
	fasttrack_rules
	ipt -I FORWARD -m conntrack --ctstate UNTRACKED
	flow_open t tcp 4 none 28001 && flow_open u udp 6 none 28002 &&
	flow_open n udp 4 snat 28003 || return
	[ -n "$slow" ] || hosts arm 1000 t u n || return
	expect "entries" [ "$(entries)" -ge 3 ]
	mode no || return
	expect_equal "entries" "$(entries)" 0
	before=$(untracked)
	tracked 0
	# Both ways, both families
	expect_equal "untracked packets" $(($(untracked) - before)) 4
	wait_until 4 table_empty || fail "fast table: $(ctl status)"
	# Without NAT the connections go on, and stay slow
	hosts send t b 5 100 && hosts send u b 5 100
	expect_equal "entries" "$(entries)" 0
	[ -n "$slow" ] || ! hosts_ask ft t || fail "fast: $answer"
}

table_empty()
{
	ctl -j status >"$lib_dir/status"
	hosts_ask pick "$lib_dir/status" table-used && [ "$answer" -eq 0 ]
}

# What the router itself sends and gets.
no_with_own_packets()
{
	in_ns "$router" ping -q -c 1 -W 5 10.2.0.2 >/dev/null
	in_ns "$router" ping -q -c 1 -W 5 127.0.0.1 >/dev/null
	expect_equal "entries" "$(entries)" 0
}

# A template of raw's is let go: else the rule could not.
no_with_template()
{
	ipt_restore 4 raw <<-END
	-A PREROUTING -p icmp -j CT --zone 7
	-A OUTPUT -p icmp -j CT --zone 7
	END
	tracked 0
	ipt4 -t raw -F
}

no_survives_rules()
{
	fasttrack_rule -D && fasttrack_rule -I
	tracked 0
}

back_to_auto()
{
	mode auto || return
	hosts close t none && hosts close u && hosts close n
	flow_open t tcp 4 both 28011 && flow_open u udp 6 snat 28012 || return
	hosts send t b 5 100 && hosts send u b 5 100
	[ -n "$slow" ] || hosts arm 1000 t u
	expect "entries" [ "$(entries)" -ge 2 ]
	expect "NAT" [ -n "$(ct_entries -p tcp --orig-port-src 28011 |
		grep 'dst=10.2.0.1')" ]
}

bad_input()
{
	local word

	for word in enabled=on enabled= "enabled=yes enabled=no" \
		    "enabled=no udp-timeout=abc"; do
		# shellcheck disable=SC2086 # words of a command line
		ctl tracking set $word >"$lib_dir/out" 2>"$lib_dir/err"
		expect_equal "$word: status" $? 1
		expect_equal "$word: stderr" "$(wc -l <"$lib_dir/err")" 1
	done
	expect_equal "enabled" "$(shown)" auto
	in_ns "$router" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all --bounding-set=-all \
		ftctl tracking set enabled=no >/dev/null 2>"$lib_dir/err"
	expect_equal "without privilege: status" $? 2
	expect "entries" [ "$(entries)" -ge 2 ]
}

shown()
{
	ctl tracking show | awk '$1 ~ /^enabled/ { print $2 }'
}

# It is one of the settings that a file has, and that a reset sets.
saved()
{
	mode yes || return
	expect "save" ctl tracking save "$lib_dir/saved"
	expect "in the file" grep -qx enabled=yes "$lib_dir/saved"
	mode auto || return
	expect "load" ctl tracking load "$lib_dir/saved"
	expect_equal "loaded" "$(shown)" yes
	expect "reset" ctl tracking reset linux
	expect_equal "reset" "$(shown)" auto
	echo enabled=no >"$lib_dir/saved"
	echo udp-timeout=x >>"$lib_dir/saved"
	ctl tracking load "$lib_dir/saved" 2>"$lib_dir/err"
	expect_equal "bad line" "$(shown) $(<"$lib_dir/err")" "auto ftctl: \
$lib_dir/saved:2: udp-timeout: 'x' is not a time"
}

# One namespace's setting is none of another's.
per_namespace()
{
	mode no || return
	expect_equal "client" "$(in_ns "$client" ftctl tracking show |
		awk '$1 ~ /^enabled/ { print $2 }')" auto
	mode auto
}

# A namespace that goes leaves nothing behind, whatever it was set to.
namespace_goes()
{
	local space value

	for value in yes no; do
		ns_new space || return
		in_ns "$space" ftctl tracking set enabled=$value
		expect "deletion" timeout 8 ip netns delete "$space"
	done
}

# So does the module: what it kept on is off again, what it kept off is on.
module_goes()
{
	local value wanted

	hosts forget
	ipt -F FORWARD
	ipt -t nat -F
	for value in yes:0 no:2; do
		wanted=${value#*:}
		[ "$wanted" = 0 ] || ipt -A FORWARD -m conntrack --ctstate NEW
		modprobe nf_fasttrack
		mode "${value%:*}" || return
		wait_until 8 modprobe -r xt_FASTTRACK nf_fasttrack ||
			fail "in use: $(grep -i fasttrack /proc/modules)"
		in_ns "$router" conntrack -F >/dev/null 2>&1
		tracked "$wanted"
	done
}

quiet_log()
{
	expect_equal "kernel log" "$(klog_since "$mark" | grep -iE \
		'bug|warn|oops|leak|unregister_netdevice|waiting for|slab')" ""
}

require ip ftctl conntrack iptables-nft setpriv
modprobe -q nf_fasttrack || ktap_skip_all "no module nf_fasttrack"
mark=$(klog_mark)
router_new
hosts_start "$client" "$router" "$server"

ktap_plan 13
ktap_test "auto without rules: off" auto_without_rules
ktap_test "yes without rules: on, and auto again" yes_without_rules
ktap_test "no: all is untracked, the table is empty" no_with_rules
ktap_test "no: the router's own packets" no_with_own_packets
ktap_test "no: templates" no_with_template
ktap_test "no: rules come and go" no_survives_rules
ktap_test "back to auto: tracked, translated, fast" back_to_auto
ktap_test "bad input and no privilege" bad_input
ktap_test "saved, loaded, reset" saved
ktap_test "per namespace" per_namespace
ktap_test "namespaces go" namespace_goes
ktap_test "the module goes" module_goes
ktap_test "the kernel log is silent" quiet_log
ktap_end
