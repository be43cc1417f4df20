#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Connections are released, deleted and asked about, by ftctl and by the netlink
# family itself (ft_dump.py), and conntrack -L says what became of them.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# Covers the half of HAZARDS 51 that is about requests.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

ctl()
{
	in_ns "$router" ftctl "$@"
}

# says TEXT WANTED COMMAND...: the command succeeds and prints that, but for
# blanks in front.
says()
{
	local text=$1 wanted=$2 got

	shift 2
	got=$("$@" 2>&1) || fail "$text: status $?: $got"
	expect_equal "$text" "${got#"${got%%[! ]*}"}" "$wanted"
}

# refused STATUS WORDS COMMAND...: that status, the words on one line of stderr.
refused()
{
	local status=$1 words=$2 got

	shift 2
	in_ns "$router" "$@" >"$lib_dir/out" 2>"$lib_dir/err"
	got=$?
	expect_equal "$*: status" "$got" "$status"
	expect_equal "$*: lines on stderr" "$(wc -l <"$lib_dir/err")" 1
	expect "$*: $(<"$lib_dir/err")" grep -qF -- "$words" "$lib_dir/err"
	expect_equal "$*: stdout" "$(<"$lib_dir/out")" ""
}

# engine_refused WORDS ARG...: the family itself, with the kernel's own text.
engine_refused()
{
	local words=$1 errno=

	shift
	case $words in
	*"no such"*|*"another id"*) errno="[Errno 2]" ;;
	esac
	if hosts_ask request "$@"; then
		fail "request $*: got $answer"
	elif [[ $answer != *"$errno"*"$words"* ]]; then
		fail "request $*: wanted '$words', got $answer"
	fi
}

# in_table NAME...: these flows are in the fast table, and no other.
in_table()
{
	local name

	for name in t u v w; do
		if [[ " $* " == *" $name "* ]]; then
			hosts_ask ft "$name" || fail "$name is not in the table"
		elif hosts_ask ft "$name"; then
			fail "$name is in the table: $answer"
		fi
	done
}

# ct_id SPORT: the id of the conntrack entry with that source port.
ct_id()
{
	ct_entries -p udp -o id --orig-port-src "$1" |
		grep -o 'id=[0-9]*' | cut -d= -f2
}

flows()
{
	flow_open t tcp 4 both 28001 && flow_open u udp 6 snat 28002 &&
	flow_open v udp 4 none 28003 && flow_open w tcp 6 none 28004 &&
	hosts engine lease=30000 && again
}

again()
{
	hosts arm 1000 t u v w && hosts settle && in_table t u v w
}

release_one()
{
	local id

	id=$(ct_id 28003)

	hosts request release protocol=17 \
		tuple=10.1.0.2,28003,10.2.0.2,5001 id="$id" &&
		expect_equal "count" "$answer" '{"count": 1}'
	in_table t u w
	expect_equal "id of the entry" "$(ct_id 28003)" "$id"
	hosts send v b 3 100
	again && expect_equal "id, fast again" "$(ct_id 28003)" "$id"
}

release_by_filter()
{
	says "-6" "released: 2" ctl -6 connection release
	in_table t v && again || return
	says "protocol" "released: 2" ctl connection release protocol=udp
	in_table t w && again || return
	says "prefix" "released: 2" ctl connection release \
		src-address=fd01::/16 dst-address=fd02::/64
	in_table t v && again || return
	says "no match" "released: 0" ctl connection release \
		src-address=10.1.0.3
	says "JSON" '{"released":1}' eval "ctl -j connection release \
		protocol=tcp family=ipv4 | tee $lib_dir/released | tr -d ' '"
	in_table u v w && again || return
	says "port" "released: 1" ctl connection release dst-port=5002
	in_table t v w && again || return
	says "NAT" "released: 1" ctl connection release dstnat=yes
	in_table u v w && again || return
	says "device" "released: 4" ctl connection release out-device=wan
	in_table && again
}

# The mark is set when a packet of it goes slow, so before it comes back.
release_by_mark()
{
	local rule="FORWARD -p udp --dport 5001 -j CONNMARK --set-mark"

	# shellcheck disable=SC2086 # words of a rule
	ipt4 -t mangle -A $rule 0x1234 || return
	ctl connection release src-port=28003 >/dev/null
	again || return
	expect_equal "mark" "$(ct_entries -p udp --orig-port-src 28003 |
		grep -o 'mark=[0-9]*')" mark=4660
	hosts request release mark=0x1000 mark-mask=0xf000 &&
		expect_equal "engine" "$answer" '{"count": 1}'
	in_table t u w && again || return
	says "another" "released: 0" ctl connection release \
		connection-mark=0x1235
	says "this" "released: 1" ctl connection release connection-mark=0x1234
	in_table t u w
	# shellcheck disable=SC2086
	ipt4 -t mangle -R ${rule/FORWARD/FORWARD 1} 0
	again
}

# What the kernel leaves out of a list.
lists()
{
	local words want

	# Anew, so that no lease is about to end
	ctl flush && again || return
	while read -r want words; do
		# shellcheck disable=SC2086 # words of a command line
		hosts request connections $words
		expect_equal "connections of '$words'" "$answer" "$want"
	done <<-END
	4 armed=1
	0 armed=0
	4
	2 family=2
	2 protocol=6
	1 family=10 protocol=17
	1 src=fd01::2/128 protocol=6
	2 src=10.1.0.0/24
	2 src=10.1.0.2 dst=10.0.0.0/8
	0 src=10.1.0.3/32
	1 dst=10.9.0.9
	4 mark=0
	0 mark=1
	0 mark=0x100 mark-mask=0x100
	END
}

# untouched COMMAND...: nothing is released by it.
untouched()
{
	local before

	hosts reason released && before=$answer || return
	"$@"
	hosts reason released && expect_equal "released" "$answer" "$before"
}

engine_errors()
{
	# TCP, whose entry does not time out meanwhile
	local one=tuple=fd01::2,28004,fd02::2,5001

	engine_refused "nothing given" release
	engine_refused "tuple is missing" find protocol=17
	engine_refused "protocol is missing" find "$one"
	engine_refused "neither TCP nor UDP" find "$one" protocol=1
	engine_refused "no such entry" find protocol=17 \
		tuple=10.1.0.2,1,10.2.0.2,2
	engine_refused "no such entry" find protocol=6 zone=5 "$one"
	engine_refused "another id" release protocol=6 "$one" id=1
	engine_refused "exclude each other" release protocol=6 "$one" mark=0
	engine_refused "id and zone need a tuple" release id=1
	engine_refused "mark-mask without mark" release mark-mask=1
	engine_refused "outside of mark-mask" release mark=3 mark-mask=1
	engine_refused "longer than 32 bits" release src=10.0.0.0/33
	engine_refused "more than one family" release src=10.0.0.1 dst=fd00::1
	engine_refused "more than one family" connections family=10 src=10.0.0.1
	engine_refused "neither AF_INET nor AF_INET6" connections family=7
}

bad_words()
{
	refused 1 "NAME=VALUE is missing" ftctl connection release
	refused 1 "NAME=VALUE is missing" ftctl connection delete
	refused 1 "unknown word 'all'" ftctl connection release all
	refused 1 "'udpp' is not a protocol" ftctl connection delete \
		protocol=udpp
	refused 1 "no device 'nodev'" ftctl connection release device=nodev
	refused 1 "min-rate" ftctl connection delete min-rate=1k
	refused 1 "dst-address is missing" ftctl connection why tcp 10.1.0.2:1
	refused 1 "never fast" ftctl connection why icmp 10.1.0.2 10.2.0.2
	refused 2 "no such entry" ftctl connection why tcp 10.1.0.2:1 \
		10.2.0.2:2
}

without_privilege()
{
	local nobody="setpriv --reuid 65534 --regid 65534 --clear-groups
		--inh-caps=-all --bounding-set=-all" word

	# shellcheck disable=SC2086 # words of a command line
	for word in "release protocol=udp" "delete protocol=udp" \
		    "why udp 10.1.0.2:28003 10.2.0.2:5001"; do
		refused 2 "not permitted" $nobody ftctl connection $word
	done
}

# Another namespace knows nothing of them.
elsewhere()
{
	expect_equal "find" "$(in_ns "$client" /usr/bin/python3 \
		"$here/ft_dump.py" find protocol=17 \
		tuple=10.1.0.2,28003,10.2.0.2,5001 2>&1)" \
		"ft_dump.py: [Errno 2] conntrack has no such entry"
	says "release" "released: 0" in_ns "$client" ftctl connection release \
		protocol=udp
}

# why NAME WORD...: each on a line of its own, of what ftctl says of a flow.
why()
{
	local name=$1 word line

	shift
	case $name in
	t) set -- "tcp 10.1.0.2:28001 10.9.0.9:5004" "$@" ;;
	v) set -- "udp 10.1.0.2:28003 10.2.0.2:5001" "$@" ;;
	w) set -- "tcp [fd01::2]:28004 [fd02::2]:5001" "$@" ;;
	esac
	# shellcheck disable=SC2086 # words of a command line
	ctl connection why $1 >"$lib_dir/why" || fail "why $name: status $?"
	for word in "${@:2}"; do
		line=$(grep -E "^ *${word%%:*}:" "$lib_dir/why")
		expect_equal "$name ${word%%:*}" "${line#*: }" "${word#*: }"
	done
}

why_fast()
{
	ctl flush && again || return
	why t "fasttrack-state: active" "orig-fasttrack: yes" \
		"repl-out-device: lan" "explanation: Its packets go fast."
	why w "orig-fasttrack-state: armed"
	ctl -j connection why udp 10.1.0.2:28003 10.2.0.2:5001 \
		>"$lib_dir/whyjson"
	hosts pick "$lib_dir/whyjson" orig-fasttrack-packets && got=$answer
	hosts ft v && set -- $answer && expect_equal "fast packets" "$got" "$5"
	hosts pick "$lib_dir/whyjson" src-port &&
		expect_equal "src-port" "$answer" 28003
}

# The last refusal stays with the entry, whatever the engine has room for.
why_refused()
{
	hosts engine table-limit=3 || return
	ctl connection release protocol=udp -4 >/dev/null
	why v "why-not: released"
	hosts send v b 5 100 && in_table t u w
	why v "why-not: table-full" "explanation: Table limit reached."
	ctl connection list src-port=28003 | grep -q table-full ||
		fail "list: $(ctl connection list src-port=28003)"
	hosts engine table-limit=1000 && hosts engine enabled=0 || return
	why t "why-not: disabled"
	hosts send v b 3 100 && why v "why-not: disabled"
	hosts engine enabled=1
	again && why v "explanation: Its packets go fast."
}

# An entry that the rule has never seen, and one that it refuses for good.
why_never()
{
	ipt -I FORWARD -p udp --sport 28005 -j ACCEPT
	ipt -I FORWARD -p udp --dport 28005 -j ACCEPT
	hosts udp x 10.1.0.2 28005 10.2.0.2 5001 10.2.0.2 5001 &&
	hosts send x b 3 100
	says "never" \
		"explanation: No FASTTRACK rule has matched it." eval \
		"ctl connection why udp 10.1.0.2:28005 10.2.0.2:5001 |
		grep -o 'expl.*'"
	ipt -D FORWARD -p udp --sport 28005 -j ACCEPT
	ipt -D FORWARD -p udp --dport 28005 -j ACCEPT
	hosts close x
}

delete_by_filter()
{
	local before after

	in_ns "$client" ping -q -c 1 -W 5 10.2.0.2 >/dev/null
	in_ns "$client" ping -q -c 1 -W 5 fd02::2 >/dev/null
	expect "ICMP entries" [ "$(ct_entries -p icmp | wc -l)" -ge 1 ]
	before=$(ct_entries | wc -l)
	says "one" "deleted: 1" ctl connection delete src-port=28003
	expect_equal "entry" "$(ct_entries -p udp --orig-port-src 28003)" ""
	after=$(ct_entries | wc -l)
	expect_equal "entries left" "$after" $((before - 1))
	wait_until 3 gone v || fail "still in the table: $answer"
	says "ICMP" "deleted: 1" ctl connection delete protocol=icmp
	expect_equal "ICMP entries" "$(ct_entries -p icmp)" ""
	says "ICMPv6" "deleted: 1" ctl connection delete protocol=icmpv6
	expect_equal "ICMPv6 entries" \
		"$(ct_entries -f ipv6 -p icmpv6)" ""
	hosts_ask ft t || fail "t has gone as well"
	says "JSON" '{"deleted":0}' eval "ctl -j connection delete \
		protocol=icmp | tee $lib_dir/deleted | tr -d ' '"
	expect "schema" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" \
		schema "connection why" "$lib_dir/whyjson" \
		"connection release" "$lib_dir/released" \
		"connection delete" "$lib_dir/deleted"
	hosts send v b 3 100 && again
}

# twin ARG...: an entry that no packet made.
twin()
{
	in_ns "$router" conntrack -I -t 1000 -p udp -s 10.7.0.8 -d 10.8.0.8 \
		--sport 19 --dport 20 "$@" >/dev/null 2>&1 ||
		fail "conntrack -I $*"
}

twins()
{
	in_ns "$router" conntrack -L 2>/dev/null | grep 'src=10.7.0.8 '
}

# Of two entries with one original tuple that goes which is in the zone, be it a
# zone of both directions or of one. That of the reply does not tell them apart.
delete_by_zone()
{
	local key others

	for key in zone orig-zone reply-zone; do
		others=0
		twin "--$key" 7
		[ $key = reply-zone ] || others=1
		[ $others = 0 ] || twin -r 10.8.0.9 -q 10.7.0.8 \
			--reply-port-src 20 --reply-port-dst 19
		expect_equal "$key: there" "$(twins | grep -c zone)" 1
		says "$key" "deleted: 1" ctl connection delete \
			src-address=10.7.0.8 "$key=7"
		expect_equal "$key: left" "$(twins | grep -c zone)" 0
		says "others than $key" "deleted: $others" ctl connection \
			delete src-address=10.7.0.8
		expect_equal "$key: all" "$(twins)" ""
	done
}

gone()
{
	! hosts_ask ft "$1"
}

require ip ftctl conntrack iptables-nft setpriv
[ -z "$slow" ] || ktap_skip_all "nothing to release without the fast path"
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules

ktap_plan 14
ktap_test "connections" flows
ktap_test "one is released and comes back" release_one
ktap_test "released by filter" release_by_filter
ktap_test "released by mark" release_by_mark
ktap_test "filters of the list" lists
ktap_test "why one is fast" why_fast
ktap_test "why one was refused" why_refused
ktap_test "why one never was" why_never
ktap_test "entries deleted by filter" delete_by_filter
ktap_test "entries deleted by zone" delete_by_zone
ktap_test "errors of the engine have a text" untouched engine_errors
ktap_test "bad words" untouched bad_words
ktap_test "without privilege" untouched without_privilege
ktap_test "another namespace" untouched elsewhere
ktap_end
