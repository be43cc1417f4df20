#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# News of connections: fast, released, closed. ftctl monitor, the netlink group
# read by other code, and tracefs have to agree with each other, with conntrack
# -E and with the wire.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                      tap 0      tap 1
#
# Covers HAZARDS 13 (DESTROY) as far as listeners see it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

tracing=/sys/kernel/tracing

# listen NAME COMMAND...: in the router, output into $lib_dir/NAME.out, at its
# end, for it may be emptied meanwhile. Without a shell between, so that $! is
# the process itself.
listen()
{
	local name=$1

	shift
	busybox nsenter --net="/run/netns/$router" "$(type -P "$1")" "${@:2}" \
		>>"$lib_dir/$name.out" 2>"$lib_dir/$name.err" </dev/null &
	printf -v "$name" %s $!
	lib_pids+=($!)
}

# A monitor has no way to say that it listens; the kernel lists its group.
# listening N [PROTOCOL]: so many sockets do, of generic netlink.
listening()
{
	[ "$(in_ns "$router" awk "\$2 == ${2:-16} && \$4 != \"00000000\"" \
		/proc/net/netlink | wc -l)" -ge "$1" ]
}

# heard NAME WANTED PATTERN...: so many lines match all patterns, and after
# a while it is still so.
heard()
{
	local name=$1 wanted=$2

	shift 2
	wait_until 8 heard_now "$name" "$wanted" "$@"
	sleep 0.1
	heard_now "$name" "$wanted" "$@" || fail "$name has $count of '$*', \
wanted $wanted: $(tail -n 12 "$lib_dir/$name.out")"
}

heard_now()
{
	local name=$1 wanted=$2

	shift 2
	select_lines "$name" "$@"
	[ "$count" -eq "$wanted" ]
}

# select_lines NAME PATTERN...: how many lines match all of them into $count, the
# last one into $last. No program for each pattern: under emulation that is what
# takes the time.
select_lines()
{
	local file=$lib_dir/$1.out line pattern

	shift
	count=0 last=
	while read -r line; do
		for pattern; do
			[[ $line =~ $pattern ]] || continue 2
		done
		count=$((count + 1)) last=$line
	done <"$file"
}

# value NAME KEY PATTERN...: of the last line that matches, as JSON has it.
value()
{
	local name=$1 key=$2

	shift 2
	select_lines "$name" "$@"
	[[ $last =~ \"$key\":([^,}]*) ]] && echo "${BASH_REMATCH[1]}"
}

forget_all()
{
	local name

	cat "$lib_dir/monitor.out" >>"$lib_dir/all"
	for name in monitor lines reader; do
		: >"$lib_dir/$name.out"
	done
}

start()
{
	listen monitor ftctl -j monitor
	listen lines ftctl monitor
	listen reader /usr/bin/python3 "$here/ft_dump.py" events /dev/stdout
	wait_until 10 listening 3 || fail "not listening"
	wait_until 10 heard_now reader 1 listening
	# Of entries older than a listener the kernel tells nothing by default
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_events=1
	flow_open t tcp 4 both 28001 && flow_open u udp 6 snat 28002 &&
	hosts engine lease=1000
}

# One each, however often the lease is renewed.
become_fast()
{
	local name

	hosts bg t 20 200 && hosts bg u 20 200 &&
	hosts fast t b && hosts fast u b && hosts idle 2500 || return
	hosts nobg t u
	heard monitor 1 '"event":"fast"' '"src-port":28001' \
		'"dst-address":"10.9.0.9"' '"fasttrack":true' '"dstnat":true'
	heard monitor 1 '"event":"fast"' '"src-port":28002' \
		'"reply-dst-address":"fd02::1"' '"assured":' '"srcnat":true'
	heard monitor 2 event
	heard lines 1 ' fast protocol=tcp src-address=10\.1\.0\.2:28001 '
	heard lines 2 .
	for name in 28001 28002; do
		heard reader 1 '"event": "fast"' "\"src-port\": $name"
	done
}

# Both directions' counters: the fast part as the table has it, all of it as
# conntrack has it.
released_counts()
{
	local want got key

	hosts settle
	hosts ft u && set -- $answer
	want="$5 $6 ${10} ${11}"
	in_ns "$router" ftctl -j connection list src-port=28002 \
		>"$lib_dir/list"
	forget_all
	in_ns "$router" ftctl connection release protocol=udp >/dev/null
	heard monitor 1 '"event":"released"' '"src-port":28002' \
		'"why-not":"released"' '"fasttrack":false'
	heard monitor 1 event
	heard lines 1 ' released .*src-address=\[fd01::2\]:28002 .*why-not=rel'
	heard reader 1 '"event": "released"' '"reason": "released"'
	got="$(value monitor orig-fasttrack-packets released)"
	got="$got $(value monitor orig-fasttrack-bytes released)"
	got="$got $(value monitor repl-fasttrack-packets released)"
	got="$got $(value monitor repl-fasttrack-bytes released)"
	expect_equal "fast part" "$got" "$want"
	for key in orig-packets orig-bytes repl-packets repl-bytes; do
		hosts pick "$lib_dir/list" $key src-port=28002 &&
			expect_equal "$key" "$(value monitor $key released)" \
				"$answer"
	done
}

# It comes back, with an event, and an end by every reason has one.
come_and_go()
{
	local word

	for word in "connection release protocol=udp:released" \
		    "flush:flushed" "set enabled=no:disabled"; do
		hosts arm 300 u || return
		heard monitor 1 '"event":"fast"' '"src-port":28002'
		forget_all
		# shellcheck disable=SC2086 # words of a command line
		in_ns "$router" ftctl ${word%:*} >/dev/null
		heard monitor 1 '"event":"released"' '"src-port":28002' \
			"\"why-not\":\"${word#*:}\""
		in_ns "$router" ftctl set enabled=yes
		forget_all
	done
	hosts arm 300 t u || return
	forget_all
	fasttrack_rule -D
	heard monitor 1 '"event":"released"' '"src-port":28002' disabled
	fasttrack_rule -I
	forget_all
}

# FIN: first the fast part ends, then the entry; conntrack -E has the last word.
closed_counts()
{
	local key line want

	hosts arm 300 t && forget_all || return
	listen conntrack conntrack -E -e DESTROY -p tcp
	wait_until 10 listening 1 12 || fail "conntrack does not listen"
	hosts send t b 40 500 && hosts close t
	heard monitor 1 '"event":"released"' '"why-not":"closing"' 28001
	wait_until 5 closing || fail "state: $(ct_entries -p tcp --orig-port-src 28001)"
	# What was counted last is folded by a sweep
	sleep 2.5
	in_ns "$router" conntrack -D -p tcp --orig-port-src 28001 \
		>/dev/null 2>&1
	heard monitor 1 '"event":"closed"' '"src-port":28001'
	heard lines 1 ' closed protocol=tcp src-address=10\.1\.0\.2:28001 '
	heard reader 1 '"event": "closed"' '"reason": "dying"'
	heard conntrack 1 28001
	line=$(grep 28001 "$lib_dir/conntrack.out")
	want=$(grep -oE '(packets|bytes)=[0-9]+' <<<"$line" | cut -d= -f2 |
		xargs)
	for key in orig-packets orig-bytes repl-packets repl-bytes; do
		line="$line $(value monitor $key closed)"
	done
	expect_equal "counters" "$(xargs -n 1 <<<"$line" | tail -n 4 | xargs)" \
		"$want"
	finish "$conntrack" INT
}

closing()
{
	ct_entries -p tcp --orig-port-src 28001 | grep -qE 'TIME_WAIT|CLOSE|LAST_ACK'
}

# What tap 0 saw, of a connection whose whole life it saw.
closed_on_the_wire()
{
	local orig reply

	hosts tap t0 r lan 0
	flow_open w udp 4 dnat 28004 && hosts arm 300 w &&
	hosts send w b 50 300 && hosts settle || return
	sleep 2.5
	forget_all
	in_ns "$router" ftctl connection delete src-port=28004 >/dev/null
	heard monitor 1 '"event":"closed"' '"src-port":28004' || return
	hosts count t0 w o && orig=$answer
	hosts count t0 w r && reply=$answer
	expect_equal "original" "$(value monitor orig-packets closed) $(value \
		monitor orig-bytes closed)" "$orig"
	expect_equal "reply" "$(value monitor repl-packets closed) $(value \
		monitor repl-bytes closed)" "$reply"
	hosts untap t0
	hosts close w
}

# Filters of the tool, and the group is that of a namespace.
filtered()
{
	listen only ftctl monitor event=released protocol=udp dst-port=5002
	in_ns "$client" ftctl monitor >"$lib_dir/other.out" 2>&1 &
	lib_pids+=($!)
	wait_until 10 listening 4
	flow_open w udp 4 none 28005 && hosts arm 300 u w && forget_all || return
	in_ns "$router" ftctl flush
	heard only 1 .
	heard only 1 'released .*28002'
	heard monitor 2 '"event":"released"'
	expect_equal "another namespace" "$(<"$lib_dir/other.out")" ""
	hosts close w
	finish "$only" INT
}

interrupted()
{
	local other status

	listen other ftctl monitor
	wait_until 10 listening 4
	kill -INT "$other"
	wait_until 5 process_gone "$other" || fail "SIGINT does not end it"
	wait "$other"
	expect_equal "status after SIGINT" $? 0
	expect_equal "stderr" "$(<"$lib_dir/other.err")" ""
	listen other ftctl -j monitor
	wait_until 10 listening 4
	kill -TERM "$other"
	wait "$other"
	expect_equal "status after SIGTERM" $? 0
}

# The reader of its pipe goes while nothing happens.
pipe_closed()
{
	in_ns "$router" bash -c 'ftctl monitor; echo $? >"$1"' - \
		"$lib_dir/status" 2>"$lib_dir/piped.err" | sleep 1.5
	wait_until 5 [ -s "$lib_dir/status" ] || fail "does not end"
	expect_equal "status" "$(<"$lib_dir/status")" 0
	expect_equal "stderr" "$(<"$lib_dir/piped.err")" ""
}

overrun()
{
	listen small ftctl monitor buffer=1
	wait_until 10 listening 4
	kill -STOP "$small"
	for _ in 1 2 3; do
		hosts arm 300 u || return
		in_ns "$router" ftctl flush
	done
	kill -CONT "$small"
	wait_until 5 grep -q "events were lost" "$lib_dir/small.err" ||
		fail "nothing was lost, or it was not said"
	hosts arm 300 u || return
	: >"$lib_dir/small.out"
	in_ns "$router" ftctl flush
	heard small 1 'released .*28002 .*flushed'
	finish "$small" INT
	expect_equal "status" $? 0
}

traced()
{
	local event lines

	[ -d $tracing/events ] || mount -t tracefs nodev $tracing
	for event in fast released closed; do
		echo 1 >$tracing/events/fasttrack/fasttrack_$event/enable ||
			fail "no tracepoint $event"
	done
	echo >$tracing/trace
	forget_all
	flow_open w udp 4 snat 28006 && hosts arm 300 w || return
	in_ns "$router" ftctl connection release src-port=28006 >/dev/null
	hosts arm 300 w
	in_ns "$router" ftctl connection delete src-port=28006 >/dev/null
	heard monitor 1 '"event":"closed"' 28006
	lines=$(grep 'src=10\.1\.0\.2:28006 dst=10\.2\.0\.2:5002 ' \
		$tracing/trace)
	expect_equal "events" "$(grep -oE 'fasttrack_[a-z]+' <<<"$lines" |
		xargs)" "fasttrack_fast fasttrack_released fasttrack_fast \
fasttrack_closed"
	expect_equal "fast packets" "$(tail -n 1 <<<"$lines" |
		grep -oE '(orig|repl)-packets=[0-9]+' | cut -d= -f2 | xargs)" \
		"$(value monitor orig-fasttrack-packets closed 28006) $(value \
		monitor repl-fasttrack-packets closed 28006)"
	for event in fast released closed; do
		echo 0 >$tracing/events/fasttrack/fasttrack_$event/enable
	done
	echo >$tracing/trace
	hosts send w b 3 100 && hosts arm 300 w
	expect_equal "when off" "$(grep -c fasttrack_ $tracing/trace)" 0
	hosts close w
}

# All kinds, of both families and protocols.
schema()
{
	local kind

	forget_all
	for kind in fast released closed; do
		expect "$kind" grep -q "\"event\":\"$kind\"" "$lib_dir/all"
	done
	expect "schema" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" \
		schema monitor "$lib_dir/all"
}

without_privilege()
{
	local status

	in_ns "$router" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all --bounding-set=-all ftctl monitor \
		>"$lib_dir/out" 2>"$lib_dir/err"
	status=$?
	expect_equal "status" $status 2
	expect_equal "stderr" "$(<"$lib_dir/err")" \
		"ftctl: monitor: Operation not permitted (needs CAP_NET_ADMIN)"
}

# The module goes and listeners are told.
module_gone()
{
	hosts forget
	finish "$reader" KILL
	fasttrack_rule -D
	wait_until 8 rmmod xt_FASTTRACK nf_fasttrack ||
		fail "in use: $(grep FASTTRACK /proc/modules)"
	wait_until 5 process_gone "$monitor" || fail "still there"
	wait "$monitor"
	expect_equal "status" $? 3
	expect_equal "stderr" "$(<"$lib_dir/monitor.err")" \
		"ftctl: monitor: the module was unloaded"
}

require ip ftctl conntrack iptables-nft setpriv
[ -z "$slow" ] || ktap_skip_all "no news without the fast path"
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules

ktap_plan 14
ktap_test "listeners" start
ktap_test "one event when one becomes fast" become_fast
ktap_test "released, with its counters" released_counts
ktap_test "every end has an event" come_and_go
ktap_test "closed, with conntrack's counters" closed_counts
ktap_test "closed, with what was on the wire" closed_on_the_wire
ktap_test "filters and namespaces" filtered
ktap_test "SIGINT and SIGTERM" interrupted
ktap_test "reader of the pipe goes" pipe_closed
ktap_test "too slow a reader" overrun
ktap_test "tracepoints" traced
ktap_test "JSON as the schema has it" schema
ktap_test "without privilege" without_privilege
ktap_test "module unloaded under listeners" module_gone
ktap_end
