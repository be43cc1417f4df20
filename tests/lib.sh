#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Base of every test script: KTAP, waiting, namespaces, links, captures.
#
# Owns: the output protocol and whatever must be undone at the end.  Must not
# know: any topology and anything of fasttrack; those are in libraries on top.
#
# A test script looks like this:
#
#	#!/bin/bash
#	# shellcheck source=lib.sh
#	source "$(dirname "$0")/lib.sh"
#
#	declare client router
#
#	syn_is_slow()		# a test: a function, one of ok, fail, skip
#	{
#		...
#		expect "counter did not move" [ "$after" -gt "$before" ] || return
#	}
#
#	require ip tcpdump	# skips the whole script if one is missing
#	ns_new client router	# $client and $router now hold unique names
#	link_pair "$client" eth0 "$router" lan
#	ktap_plan 1
#	ktap_test "SYN takes the slow path" syn_is_slow
#	ktap_end
#
# A test fails when it called fail (or a failed expect) or returned non-zero.
# Tests are functions in the same shell: variables they set remain.  There is no
# set -e: it would end the script where a test should fail and say why.
set -u

lib_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ktap_number=0
ktap_planned=0
ktap_failed=0
ktap_state=ok
ktap_reason=""
lib_namespaces=()
lib_pids=()
lib_cleanups=()
lib_dir=$(mktemp -d "${TMPDIR:-/tmp}/ft-test.XXXXXX")

# ---- KTAP ------------------------------------------------------------------

# diag TEXT...: explain something to the reader, as a diagnostic line.
diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

# ktap_plan N: say how many tests follow; call it once, before the first.
ktap_plan()
{
	ktap_planned=$1
	echo "TAP version 13"
	echo "1..$1"
}

# ktap_skip_all REASON: skip the whole script; call it instead of ktap_plan.
ktap_skip_all()
{
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit 4
}

# fail TEXT...: mark the running test as failed and say why; returns 1, so that
# "fail ... || return" and "return" after it both leave the test.
fail()
{
	ktap_state=fail
	diag "${FUNCNAME[1]}:${BASH_LINENO[0]}: $*"
	return 1
}

# skip REASON...: mark the running test as skipped; returns 1 as fail does.
# A skip is a failure unless tests/skips/ lists it for this kernel.
skip()
{
	[ "$ktap_state" = fail ] || ktap_state=skip
	ktap_reason=$*
	return 1
}

# expect TEXT COMMAND...: run COMMAND; if it fails, fail with TEXT, the command
# and its output. Returns whether it succeeded.
expect()
{
	local text=$1 output status

	shift
	output=$("$@" 2>&1) && return 0
	status=$?
	ktap_state=fail
	diag "${FUNCNAME[1]}:${BASH_LINENO[0]}: $text"
	diag "  status $status of: $*"
	[ -z "$output" ] || diag "  | ${output//$'\n'/$'\n'  | }"
	return 1
}

# expect_equal TEXT GOT WANTED: compare two strings.
expect_equal()
{
	[ "$2" = "$3" ] && return 0
	ktap_state=fail
	diag "${FUNCNAME[1]}:${BASH_LINENO[0]}: $1: got '$2', wanted '$3'"
	return 1
}

# ktap_test NAME FUNCTION [ARG...]: run one test and print its result line. With
# FASTTRACK_ONLY, a pattern, the others are skipped, and no skip list has that.
ktap_test()
{
	local name=$1 status start=${EPOCHREALTIME/[.,]/}

	shift
	ktap_number=$((ktap_number + 1))
	ktap_state=ok
	ktap_reason=""
	# shellcheck disable=SC2053 # a pattern
	if [ -n "${FASTTRACK_ONLY:-}" ] && [[ $name != $FASTTRACK_ONLY ]]; then
		skip "not asked for"
	else
		"$@"
	fi
	status=$?
	if [ "$ktap_state" = ok ] && [ "$status" -ne 0 ]; then
		fail "returned $status"
	fi
	[ -z "${FASTTRACK_TIMES:-}" ] || diag "$name took" \
		"$(((${EPOCHREALTIME/[.,]/} - start) / 1000)) ms, at $SECONDS s"
	case $ktap_state in
	ok) echo "ok $ktap_number $name" ;;
	skip) echo "ok $ktap_number $name # SKIP $ktap_reason" ;;
	*)
		ktap_failed=$((ktap_failed + 1))
		echo "not ok $ktap_number $name"
		;;
	esac
}

# ktap_end: last line of a script; its status is that of the whole script.
ktap_end()
{
	if [ "$ktap_number" -ne "$ktap_planned" ]; then
		diag "planned $ktap_planned tests, ran $ktap_number"
		exit 1
	fi
	if declare -F last_word >/dev/null && ! last_word; then
		exit 1
	fi
	[ "$ktap_failed" -eq 0 ]
	exit
}

# require COMMAND...: skip the whole script if a program is missing.
require()
{
	local name

	for name; do
		command -v "$name" >/dev/null || ktap_skip_all "no $name"
	done
}

# ---- time, processes, cleaning up -----------------------------------------

# wait_until SECONDS COMMAND...: repeat COMMAND, quietly, until it succeeds;
# returns 1 if it has not within SECONDS (tried at least twice).
wait_until()
{
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))

	shift
	until "$@" >/dev/null 2>&1; do
		if [ "${EPOCHREALTIME/[.,]/}" -ge $end ]; then
			"$@" >/dev/null 2>&1
			return
		fi
		sleep 0.05
	done
}

# background NAME COMMAND...: start COMMAND with its output in $lib_dir/NAME.log
# and put its process id into the variable NAME (letters, digits, underscores);
# it is killed at the end.
background()
{
	local name=$1

	shift
	"$@" >"$lib_dir/$name.log" 2>&1 </dev/null &
	printf -v "$name" %s $!
	lib_pids+=($!)
}

# finish PID [SIGNAL]: ask a process started by background to end (with INT, or
# SIGNAL) and wait for it, at most five seconds; returns its status.
finish()
{
	kill -"${2:-INT}" "$1" 2>/dev/null
	wait_until 5 process_gone "$1" || kill -KILL "$1"
	wait "$1" 2>/dev/null
}

# process_gone PID: has the process ended (a zombie has)?
process_gone()
{
	local state

	state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)
	[ -z "$state" ] || [ "$state" = Z ]
}

# at_exit COMMAND...: run COMMAND at the end of the script, last one first.
at_exit()
{
	lib_cleanups+=("$(printf '%q ' "$@")")
}

lib_exit()
{
	local status=$? i pid ns

	trap '' INT TERM
	for ((i = ${#lib_cleanups[@]} - 1; i >= 0; i--)); do
		eval "${lib_cleanups[i]}" >/dev/null 2>&1
	done
	for pid in "${lib_pids[@]}" $(jobs -p); do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for ns in "${lib_namespaces[@]}"; do
		ip netns pids "$ns" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
		ip netns delete "$ns" 2>/dev/null
	done
	rm -rf "$lib_dir"
	exit "$status"
}
trap lib_exit EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# ---- namespaces and links -------------------------------------------------

# ns_new VARIABLE...: make a network namespace for each name, its lo up, and put
# its unique name into the variable. Deleted at the end.
ns_new()
{
	local name unique

	for name; do
		unique=$name-$$-${#lib_namespaces[@]}
		ip netns add "$unique" || return
		lib_namespaces+=("$unique")
		printf -v "$name" %s "$unique"
		ip -n "$unique" link set lo up
	done
}

# in_ns NAMESPACE COMMAND...: run COMMAND in a network namespace. Not by "ip
# netns exec", which also makes a mount namespace with a /sys of its own, nor
# by a dynamically linked nsenter: under TCG each costs as much as a test.
# busybox gets the whole path, because it would take its own applet otherwise.
declare -A path_of
in_ns()
{
	local ns=$1 name=$2

	shift 2
	if [ -z "${path_of[$name]:-}" ]; then
		path_of[$name]=$(type -P "$name") || {
			echo "in_ns: $name: not found" >&2
			return 127
		}
	fi
	busybox nsenter --net="/run/netns/$ns" "${path_of[$name]}" "$@"
}

# link_pair NS1 DEVICE1 NS2 DEVICE2: a veth pair between two namespaces, up,
# offloads on. IPv6 addresses are usable at once (no DAD).
link_pair()
{
	ip -n "$1" -batch - <<-END || return
		link add $2 type veth peer name $4 netns $3
		link set $2 up
	END
	no_dad "$1" "$2"
	no_dad "$3" "$4"
	ip -n "$3" link set "$4" up
}

# no_dad NAMESPACE DEVICE: addresses that the kernel makes are usable at once.
# By busybox, because it is the cheaper sysctl.
no_dad()
{
	busybox nsenter --net="/run/netns/$1" busybox sysctl -qw \
		"net.ipv6.conf.$2.accept_dad=0"
}

# offloads_off NAMESPACE DEVICE...: no segmentation, aggregation or deferred
# checksums, so that every packet on the wire is as large as it was sent.
offloads_off()
{
	local ns=$1 device

	shift
	for device; do
		in_ns "$ns" ethtool -K "$device" tx off rx off tso off gso off \
			gro off >/dev/null || return
	done
}

# addresses NAMESPACE DEVICE ADDRESS/LENGTH...: add addresses of both families.
addresses()
{
	local ns=$1 device=$2 address flags

	shift 2
	for address; do
		flags=
		[[ $address != *:* ]] || flags=nodad
		echo "address add $address dev $device $flags"
	done | ip -n "$ns" -batch -
}

# ---- what is on the wire and in the kernel log ----------------------------

# wire_start NAME NAMESPACE DEVICE [FILTER...]: capture into $lib_dir/NAME.pcap;
# returns when the capture runs, so that the next packet is in it. Packets are
# cut at WIRE_SNAPLEN bytes (2048), as the ring has a place of that size for each:
# 8000 of them; with 65600, for whole GSO packets, it has 250.
wire_start()
{
	local name=$1 ns=$2 device=$3

	shift 3
	background "wire_$name" ip netns exec "$ns" tcpdump -i "$device" -n -U \
		--immediate-mode -B 32768 -s "${WIRE_SNAPLEN:-2048}" \
		-w "$lib_dir/$name.pcap" "$@"
	wait_until 10 grep -q 'listening on' "$lib_dir/wire_$name.log" && return
	fail "tcpdump on $device did not start: $(<"$lib_dir/wire_$name.log")"
}

# wire_stop NAME: end a capture when all that the kernel has seen until now is in
# the file; fails if the kernel dropped some.
wire_stop()
{
	local pid=wire_$1 log=$lib_dir/wire_$1.log

	wait_until 10 wire_drained "${!pid}" "$log"
	finish "${!pid}" INT
	grep -q '^0 packets dropped by kernel' "$log" ||
		fail "capture $1 is not complete: $(<"$log")"
}

# Asked by USR1, tcpdump says how much it has written of what the kernel saw. On
# lo the kernel sees each packet twice.
wire_drained()
{
	local pattern='([0-9]+) packets? captured, ([0-9]+) .*, ([0-9]+) '

	kill -USR1 "$1"
	sleep 0.05
	[[ $(tail -n 1 "$2") =~ $pattern ]] || return
	[ $((BASH_REMATCH[1] + BASH_REMATCH[3])) -eq "${BASH_REMATCH[2]}" ] ||
		[ $((BASH_REMATCH[1] * 2)) -eq "${BASH_REMATCH[2]}" ]
}

# wire_packets NAME [FILTER...]: print the packets of a capture, one a line.
wire_packets()
{
	local name=$1

	shift
	tcpdump -n -t -r "$lib_dir/$name.pcap" "$@" 2>/dev/null
}

# wire_count NAME [FILTER...]: print how many packets of a capture match.
wire_count()
{
	wire_packets "$@" | grep -c ''
}

# klog_mark: print the present end of the kernel log, for klog_since.
klog_mark()
{
	local mark

	mark="fasttrack-mark: $$-$RANDOM-${EPOCHREALTIME/[.,]/}"
	echo "$mark" >/dev/kmsg
	echo "$mark"
}

# klog_since MARK: print what the kernel logged after klog_mark gave MARK, but for
# data races that are not ours.
klog_since()
{
	if [ -e /sys/kernel/debug/kcsan ]; then
		dmesg | sed "1,/$1/d" | python3 "$lib_here/races.py"
	else
		dmesg | sed "1,/$1/d"
	fi
}
