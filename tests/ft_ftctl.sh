#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ftctl against other sources: conntrack's list, /proc, the wires, and the
# engine's own netlink family read by other code (ft_dump.py).
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# Covers HAZARDS 13 and 51 as far as a user of the tool sees them.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

ctl()
{
	in_ns "$router" ftctl "$@"
}

# ctl_json FILE ARG...: what ftctl -j ARG... prints, into a file that parses.
ctl_json()
{
	local file=$lib_dir/$1

	shift
	expect "ftctl -j $*" in_ns "$router" bash -c 'ftctl -j "${@:2}" >"$1"' \
		- "$file" "$@" && hosts json "$file"
}

# told FILE SELECTOR... -- NAME VALUE...: the entry that was selected has these.
told()
{
	local file=$lib_dir/$1 select=()

	shift
	while [ "$1" != -- ]; do
		select+=("$1")
		shift
	done
	shift
	while [ $# -gt 0 ]; do
		hosts pick "$file" "$1" "${select[@]}" &&
			expect_equal "${select[*]} $1" "$answer" "$2"
		shift 2
	done
}

# between FILE NAME LEAST MOST SELECTOR...: a number in a range.
between()
{
	hosts pick "$lib_dir/$1" "$2" "${@:5}" || return
	expect "$2 is $answer" \
		[ "${answer%.*}" -ge "$3" -a "${answer%.*}" -le "$4" ]
}

open_both()
{
	flow_open t tcp 4 both 28001 && flow_open u udp 6 snat 28002 &&
	hosts engine lease=30000 && hosts arm 10000 t u &&
	hosts send t b 20 500 && hosts send u b 20 500 && hosts settle
}

list_tcp()
{
	local entry port

	ctl_json list connection list || return
	entry=$(ct_entries -p tcp --orig-port-src 28001)
	port=$(grep -o 'dport=[0-9]*' <<<"$entry" | tail -n 1 | cut -d= -f2)
	told list src-port=28001 -- protocol tcp src-address 10.1.0.2 \
		dst-address 10.9.0.9 dst-port 5004 reply-src-address 10.2.0.2 \
		reply-src-port 6004 reply-dst-address 10.2.0.1 \
		reply-dst-port "$port" srcnat True dstnat True assured True \
		seen-reply True confirmed True dying False \
		tcp-state established
}

list_udp()
{
	told list src-port=28002 -- protocol udp src-address fd01::2 \
		dst-address fd02::2 dst-port 5002 reply-src-address fd02::2 \
		reply-dst-address fd02::1 srcnat True dstnat False \
		seen-reply True
}

# Counters and state of the fast path, and conntrack's own numbers.
list_fast()
{
	local name port got want=()

	ctl_json list connection list || return
	for name in t u; do
		[ $name = t ] && port=28001 || port=28002
		told list src-port=$port -- fasttrack True orig-fasttrack True \
			repl-fasttrack True fasttrack-state active
		hosts ft $name && read -r -a want <<<"$answer"
		got=()
		for key in orig-fasttrack-packets orig-fasttrack-bytes \
			   repl-fasttrack-packets repl-fasttrack-bytes; do
			hosts pick "$lib_dir/list" $key src-port=$port &&
				got+=("$answer")
		done
		expect_equal "fast part of $name" "${got[*]}" \
			"${want[4]} ${want[5]} ${want[9]} ${want[10]}"
	done
}

all_counted()
{
	local want

	hosts count t0 t o && want=$answer
	hosts count t0 t r && want="$want $answer"
	wait_until 2 counters_are "$want" || fail "not yet what the wire has: $want"
}

counters_are()
{
	local key got=()

	in_ns "$router" ftctl -j connection list >"$lib_dir/now"
	for key in orig-packets orig-bytes repl-packets repl-bytes; do
		hosts_ask pick "$lib_dir/now" $key src-port=28001 &&
			got+=("$answer")
	done
	[ "${got[*]}" = "$1" ]
}

live_timeout()
{
	hosts send t b 5 100 || return
	wait_until 2 timeout_full || fail "timeout $answer"
}

timeout_full()
{
	in_ns "$router" ftctl -j connection list >"$lib_dir/now"
	hosts_ask pick "$lib_dir/now" timeout src-port=28001
	[ "${answer%.*}" -ge 431990 ] && [ "${answer%.*}" -le 432000 ]
}

filters()
{
	ctl_json l4 -4 connection list && hosts rows "$lib_dir/l4" src-port=28001 &&
		expect_equal "-4" "$answer" 1
	hosts rows "$lib_dir/l4" src-port=28002 && expect_equal "-4" "$answer" 0
	ctl_json lu connection list protocol=udp &&
	hosts rows "$lib_dir/lu" protocol=tcp && expect_equal "udp" "$answer" 0
	ctl_json ln connection list fasttrack=no &&
	hosts rows "$lib_dir/ln" fasttrack=True && expect_equal "no" "$answer" 0
	expect "detail" ctl connection list detail
	expect "table" ctl connection list
	ctl connection list | grep -q 28001 || fail "not in the table"
}

status()
{
	local forwarded

	# A lease may have ended meanwhile
	hosts arm 3000 t u && hosts settle || return
	ctl_json status status || return
	forwarded=$(in_ns "$router" awk '$1 == "Ip:" && n++ { print $7 }' \
		/proc/net/snmp)
	told status -- enabled True ipv4.rules 1 ipv6.rules 1 \
		ipv4.active 1 ipv6.active 1 ipv4.forwarded-packets "$forwarded"
	between status ipv4.packets 40 "$forwarded"
	expect "text" ctl status
	expect "reasons" ctl reasons
	ctl_json reasons reasons && hosts rows "$lib_dir/reasons" &&
	expect "all reasons" [ "$answer" -ge 45 ]
}

settings()
{
	expect "set" ctl set lease=3s table-limit=1000 || return
	ctl_json settings settings && told settings -- enabled True \
		lease 3000 table-limit 1000 ingress auto
	expect "schema" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" \
		schema settings "$lib_dir/settings"
	expect_equal "lease in ms" "$(in_ns "$router" /usr/bin/python3 \
		"$here/ft_dump.py" settings | grep -o '"lease": [0-9]*')" \
		'"lease": 3000'
	expect "set back" ctl set table-limit=1048576
}

flush()
{
	ctl flush || return
	hosts_ask ft t && fail "still there: $answer"
	hosts_ask ft u && fail "still there: $answer"
	hosts arm 500 t u && hosts send t b 5 100 && hosts send u b 5 100
}

# tracking NAME VALUE SYSCTL NUMBER: ftctl changes what the kernel then says.
tracking()
{
	expect "set $1" ctl tracking set "$1=$2" &&
	expect_equal "$3" "$(in_ns "$router" sysctl -n net.netfilter."$3")" "$4"
	ctl tracking show | grep -qE "$1:? +$2" ||
		fail "not shown: $(ctl tracking show | grep "$1")"
}

trackings()
{
	tracking tcp-established-timeout 1d nf_conntrack_tcp_timeout_established \
		86400
	tracking tcp-unacked-timeout 4m59s \
		nf_conntrack_tcp_timeout_unacknowledged 299
	tracking udp-timeout 10s nf_conntrack_udp_timeout 10
	tracking udp-stream-timeout 3m nf_conntrack_udp_timeout_stream 180
	tracking icmp-timeout 9s nf_conntrack_icmp_timeout 9
	tracking icmpv6-timeout 8s nf_conntrack_icmpv6_timeout 8
	tracking generic-timeout 1m nf_conntrack_generic_timeout 60
	tracking loose-tcp-tracking no nf_conntrack_tcp_loose 0
	tracking liberal-tcp-tracking yes nf_conntrack_tcp_be_liberal 1
	ctl_json tracking tracking show &&
	told tracking -- total-entries "$(in_ns "$router" conntrack -C)"
	expect "set back" ctl tracking set tcp-established-timeout=5d \
		udp-timeout=30s liberal-tcp-tracking=no loose-tcp-tracking=yes
}

# A connection that there was before follows with its next slow packet, and when
# it is fast as well.
takes_hold()
{
	expect "set" ctl tracking set udp-stream-timeout=77s || return
	ctl flush && hosts send u b 3 100 || return
	wait_until 3 timeout_below 78 || fail "slow: $left s are left"
	hosts arm 500 u || return
	expect "set" ctl tracking set udp-stream-timeout=55s
	ctl flush && hosts arm 500 u && hosts send u b 3 100 || return
	wait_until 3 timeout_below 56 || fail "fast: $left s are left"
	ctl tracking set udp-stream-timeout=2m
}

# timeout_below SECONDS: conntrack's, of the one UDP connection.
timeout_below()
{
	left=$(ct_entries -f ipv6 -p udp --orig-port-src 28002 |
		awk '{ print $3 }')
	[ "$left" -lt "$1" ] && [ "$left" -gt $(($1 - 20)) ]
}

everything()
{
	ctl tracking show | grep -v total-
	[ -n "$slow" ] || ctl settings
}

# refused STATUS ARG...: that status, one line on stderr, nothing on stdout.
refused()
{
	local status=$1 got

	shift
	in_ns "$router" "$@" >"$lib_dir/out" 2>"$lib_dir/err"
	got=$?
	expect_equal "$*: status" "$got" "$status"
	expect_equal "$*: lines on stderr" "$(wc -l <"$lib_dir/err")" 1
	[ ! -s "$lib_dir/out" ] || fail "$*: on stdout: $(<"$lib_dir/out")"
}

# unchanged TEST: no setting is another one after it.
unchanged()
{
	local before

	before=$(everything)
	"$@"
	expect_equal "settings" "$(everything)" "$before"
}

bad_input()
{
	local word

	for word in nonsense "connection" "connection lists" "set" \
		    "set leases=5s" "set lease" "set lease=" "set lease=abc" \
		    "set lease=5x" "set lease=-5s" "set lease=99ms" \
		    "set lease=61s" "set lease=1s lease=2s" "set lease=1s bad=1" \
		    "set enabled=maybe" "set table-limit=0" \
		    "set table-limit=16777217" "set table-limit=1e3" \
		    "connection list protocol=" "connection list fasttrack=2" \
		    "connection list bad=1" "status now" "flush all" \
		    "tracking set" "tracking set udp-timeout=abc" \
		    "tracking set udp-timeout=-1" "tracking set udp-timeout=1ms" \
		    "tracking set udp-timeout=99999999999999999999s" \
		    "tracking set total-entries=5" "tracking set enabled=7" \
		    "tracking set loose-tcp-tracking=2" "tracking reboot" \
		    "-x status" "-4 -6x status"; do
		# shellcheck disable=SC2086 # words of a command line
		refused 1 ftctl $word
	done
}

unprivileged()
{
	local nobody="setpriv --reuid 65534 --regid 65534 --clear-groups
		--inh-caps=-all --bounding-set=-all"

	# shellcheck disable=SC2086
	{
		refused 2 $nobody ftctl tracking set udp-timeout=7s
		[ -z "$slow" ] || return 0
		refused 2 $nobody ftctl connection list
		refused 2 $nobody ftctl set lease=7s
		refused 2 $nobody ftctl flush
		expect "status" in_ns "$router" $nobody ftctl status
		expect "settings" in_ns "$router" $nobody ftctl settings
	}
}

# max-entries belongs to the first namespace.
max_entries()
{
	refused 2 ftctl tracking set max-entries=4096
}

# The kernel loads the module for whoever asks for its family; not here.
not_loaded()
{
	local modprobe word

	modprobe=$(sysctl -n kernel.modprobe)
	at_exit sysctl -qw "kernel.modprobe=$modprobe"
	sysctl -qw kernel.modprobe=/bin/false
	hosts forget
	if [ -z "$slow" ]; then
		fasttrack_rule -D
		wait_until 5 modprobe -r xt_FASTTRACK nf_fasttrack
	fi
	for word in "set lease=5s" settings flush; do
		in_ns "$router" ftctl $word >"$lib_dir/out" 2>"$lib_dir/err"
		expect_equal "$word: status" $? 3
		expect_equal "$word: stderr" "$(wc -l <"$lib_dir/err")" 1
		expect_equal "$word: stdout" "$(<"$lib_dir/out")" ""
	done
	expect "tracking works without" ctl tracking show
	taken_back "set enabled=yes loose-tcp-tracking=no udp-timeout=44s"
	printf '%s\n' udp-timeout=44s enabled=no loose-tcp-tracking=no \
		>"$lib_dir/changes"
	taken_back "load $lib_dir/changes"
	limit_taken_back
}

# limit_taken_back: a limit, which is the first namespace's.
limit_taken_back()
{
	local name=net.netfilter.nf_conntrack_max before

	before=$(sysctl $name)
	ftctl tracking set enabled=yes max-entries=4321 >/dev/null 2>&1
	expect_equal "max-entries: status" $? 3
	expect_equal "max-entries: taken back" "$(sysctl $name)" "$before"
}

# taken_back WORDS: the last of the changes needs the module, the others were
# made before that and have to go.
taken_back()
{
	local names="nf_conntrack_udp_timeout nf_conntrack_tcp_loose" before

	names="net.netfilter.${names/ / net.netfilter.}"
	before=$(in_ns "$router" sysctl $names)
	# shellcheck disable=SC2086 # words of a command line
	ctl tracking $1 >"$lib_dir/out" 2>"$lib_dir/err"
	expect_equal "$1: status" $? 3
	expect_equal "$1: message" "$(<"$lib_dir/err")" \
		"ftctl: module not loaded (modprobe nf_fasttrack)"
	expect_equal "$1: taken back" "$(in_ns "$router" sysctl $names)" \
		"$before"
}

require ip ftctl conntrack iptables-nft setpriv
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts tap t1 r wan 1

if [ -z "$slow" ]; then
	ktap_plan 16
	ktap_test "connections" open_both
	ktap_test "list of a TCP connection" list_tcp
	ktap_test "list of a UDP connection" list_udp
	ktap_test "fast part of both" list_fast
	ktap_test "all packets are counted" all_counted
	ktap_test "live timeout" live_timeout
	ktap_test "filters" filters
	ktap_test "status and reasons" status
	ktap_test "settings" settings
	ktap_test "flush" flush
	ktap_test "a timeout takes hold of what there is" takes_hold
else
	ktap_plan 5
fi
ktap_test "tracking set and show" trackings
ktap_test "bad input changes nothing" unchanged bad_input
ktap_test "H51 without privilege" unchanged unprivileged
ktap_test "max-entries in a namespace" unchanged max_entries
ktap_test "module not loaded" not_loaded
ktap_end
