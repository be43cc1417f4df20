# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The stage of the stress tests: the router of ../router.sh with traffic through
# it, and what has to hold when the stressors (by/*) have gone.
#
# Owns: topology, base traffic, references and leaks. Must not know: what a
# stressor does; each is a script that goes on until TERM and then says how often
# it has done it.

stress=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
flood=$stress/../../build/tests/flood
# shellcheck source=../lib.sh
source "$stress/../lib.sh"
# shellcheck source=../router.sh
source "$stress/../router.sh"
# shellcheck disable=SC2034 # for ft_stress.sh
stressors="rules conntrack settings routes devices namespaces churn limits \
	modules"

# stress_new: the router with a second way to the server, both firewalls' tables
# made, and a receive queue that changes the processor.
stress_new()
{
	router_new || return
	second_way || return
	in_ns "$router" sysctl -qw net.ipv6.conf.all.accept_ra=0 \
		net.ipv4.conf.all.accept_redirects=0 \
		net.ipv4.conf.all.send_redirects=0
	ip netns exec "$router" sh -c \
		'f=/sys/class/net/wan/queues/rx-0/rps_cpus
		[ ! -e $f ] || echo 3 >$f'
	nat_rules || return
	fasttrack_rules || return
	# Its module holds others for good
	in_ns "$router" conntrack -C >/dev/null
	flood_start "$client" echo 5001 6004 >/dev/null
	flood_start "$server" echo 5001 5002 6003 6004 >/dev/null
	export STRESS_NS="$client $router $server" STRESS_LOCK=$lib_dir/lock
	touch "$STRESS_LOCK" "$STRESS_LOCK.gate"
}

# flood_start NAMESPACE COMMAND...: in the background; its own process id, not
# that of a shell that waits for it, in $flood_pid. Killed at the end.
flood_start()
{
	local ns=$1

	shift
	busybox nsenter --net="/run/netns/$ns" "$flood" "$@" 2>&1 &
	flood_pid=$!
	lib_pids+=($!)
}

# What a debug kernel under emulation forwards beside everything else, a second
# and flow. FASTTRACK_RATE: another number.
rate()
{
	local name

	name=$(uname -r)
	[[ $name =~ -(debug|kcsan)$ && $name != *-um-debug ]] &&
		echo 3 || echo 10
}

# traffic_start [SECONDS]: all kinds of NAT, both families, both ways, over both
# links of the server; each is one process with a few flows. Without SECONDS it
# goes on until traffic_stop.
traffic_start()
{
	local rate=${FASTTRACK_RATE:-$(rate)}

	set -- "${1:-100000}"
	traffic=()
	traffic_add "$1" "$client" talk 10.2.0.2 5001 3 "$rate"
	traffic_add "$1" "$client" talk fd02::2 5002 3 "$rate"
	traffic_add "$1" "$client" talk 10.9.0.9 5003 3 "$rate"
	traffic_add "$1" "$client" talk fd09::9 5004 3 "$rate"
	traffic_add "$1" "$client" talk 10.3.0.2 5001 2 "$rate"
	traffic_add "$1" "$server" talk 10.1.0.2 5001 2 "$rate"
	traffic_add "$1" "$server" talk fd01::2 5001 2 "$rate"
	traffic_add "$1" "$client" bulk 10.2.0.2 5002 1 "$rate"
	traffic_add "$1" "$client" bulk fd09::9 5003 1 "$rate"
	traffic_add "$1" "$client" bulk fd03::2 5001 1 "$rate"
}

# traffic_add SECONDS NAMESPACE COMMAND...
traffic_add()
{
	local seconds=$1 ns=$2

	shift 2
	flood_start "$ns" "$@" "$seconds" >"$lib_dir/traffic.${#traffic[@]}"
	traffic+=("$flood_pid")
}

traffic_stop()
{
	kill -TERM "${traffic[@]}" 2>/dev/null
}

# traffic_end: wait for it; fails if a payload reached the wrong flow. What was
# sent and came back is in $traffic_sums.
traffic_end()
{
	local n status=0

	for ((n = 0; n < ${#traffic[@]}; n++)); do
		wait "${traffic[n]}" ||
			fail "traffic $n: $(<"$lib_dir/traffic.$n")" || status=1
	done
	# Those with nothing at all, for flows_well
	mute=$(grep -lE ' (received|bytes) 0 ' "$lib_dir"/traffic.*)
	traffic_sums=$(cat "$lib_dir"/traffic.* | awk '
		{ for (i = 2; i < NF; i += 2) sum[$i] += $(i + 1) }
		END { for (name in sum) printf "%s %d ", name, sum[name] }')
	rm -f "$lib_dir"/traffic.*
	return $status
}

# stressor_start NAME: in the background; its process id in $stressor_pid. On a
# slow machine it takes long to get going.
stressor_start()
{
	"$stress/by/$1" >"$lib_dir/stressor.$1" 2>&1 </dev/null &
	stressor_pid=$!
	lib_pids+=($!)
	wait_until 120 grep -q '^started' "$lib_dir/stressor.$1"
}

# processes: all of user space, and where in the kernel each waits.
processes()
{
	local dir words

	for dir in /proc/[0-9]*; do
		# Threads of the kernel have none; its files are all of size 0
		words=$(tr '\0' ' ' <"$dir/cmdline")
		[ -n "$words" ] || continue
		echo "${dir#/proc/} of $(awk '/^PPid/ { print $2 }' "$dir/status")" \
			"in $(<"$dir/wchan"): $words"
	done 2>/dev/null
}

# stressor_end NAME PID: ask it to end, and say what it has done.
stressor_end()
{
	kill -TERM "$2" 2>/dev/null
	wait_until 600 process_gone "$2" ||
		{ fail "$1 ($2) does not end: $(processes)"; return; }
	wait "$2" || fail "$1: $(tail -n 5 "$lib_dir/stressor.$1")" || return
	diag "$(tail -n 1 "$lib_dir/stressor.$1")"
}

# Packets that went fast in the router.
fast_packets()
{
	in_ns "$router" ftctl -j status 2>/dev/null |
		jq -s '[.[] | .ipv4.packets, .ipv6.packets] | add // 0'
}

# flows_well: with nobody disturbing, datagrams come back and go fast.
flows_well()
{
	local before

	before=$(fast_packets)
	traffic_start "${1:-8}"
	traffic_end || return
	diag "$traffic_sums"
	expect_equal "traffic without an answer" "${mute//$lib_dir\//}" "" ||
		return
	[[ " $traffic_sums" =~ " sent "([0-9]+) ]] || { fail "no sums"; return; }
	local sent=${BASH_REMATCH[1]}
	[[ " $traffic_sums" =~ " received "([0-9]+) ]]
	# A debug kernel on a busy machine loses some by itself
	[ $((BASH_REMATCH[1] * 2)) -ge "$sent" ] ||
		fail "$sent sent, ${BASH_REMATCH[1]} came back" || return
	expect "nothing went fast" [ "$(fast_packets)" -gt "$before" ]
}

# references: to modules of netfilter, but for those of other modules, which come
# and stay as a command needs them.
references()
{
	awk '$1 ~ /^(nf_conntrack|nf_nat|x_tables|nf_tables|nft_compat|ip_tables|ip6_tables)$/ {
		print $1, $3 - gsub(/[a-z0-9_]+,/, "", $4) }' /proc/modules |
		sort
}

unused()
{
	[ "$(awk '$1 == "xt_FASTTRACK" { print $3 }' /proc/modules)" = 0 ]
}

# rules_gone: take all rules of both back ends away.
rules_gone()
{
	local tool

	for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
		in_ns "$router" $tool -w -F FORWARD 2>/dev/null
	done
	:
}

# rules_anew: whatever rules there are, ours alone from now on.
rules_anew()
{
	local tool

	in_ns "$router" nft flush ruleset || return
	for tool in iptables-legacy ip6tables-legacy; do
		in_ns "$router" $tool -w -F &&
			in_ns "$router" $tool -w -t mangle -F || return
	done
	nat_rules && fasttrack_rules
}

# leaks: all that kmemleak finds, two scans because it believes only the second.
leaks()
{
	local file=/sys/kernel/debug/kmemleak

	[ -w $file ] || return 0
	sleep 6
	echo scan >$file
	echo scan >$file
	cat $file
}

# nothing_left: modules go, and with them every cache, object and reference.
nothing_left()
{
	rules_gone
	expect "rule still in use" wait_until 30 unused || return
	expect "rmmod" rmmod xt_FASTTRACK nf_fasttrack || return
	expect "caches" [ -z "$(find /sys/kernel/slab -iname '*fasttrack*' \
		-type d 2>/dev/null)" ] || return
	expect_equal "references" "$(references)" "$1" || return
	expect_equal "leaks" "$(leaks | head -n 100)" ""
}

# complaints MARK: what the kernel has complained about.
complaints()
{
	klog_since "$1" | grep -E 'BUG|WARNING|Oops|KASAN|KCSAN|UBSAN|ODEBUG|possible .* locking|inconsistent lock|suspicious RCU|INFO: task|unregister_netdevice:|refcount_t|list_(add|del) corruption|unreferenced'
}

# klog_clean MARK: it had nothing to complain about.
klog_clean()
{
	expect_equal "kernel log" "$(complaints "$1" | head -n 20)" ""
}

# A kernel that could look for data races and does not
races_unwatched()
{
	[ -e /sys/kernel/debug/kcsan ] &&
		! grep -q '^enabled: 1' /sys/kernel/debug/kcsan
}

# stress_begin: the topology, with modules that were just loaded. What has to be
# so again at the end is in $mark, for klog_clean, and $held, for nothing_left.
stress_begin()
{
	! races_unwatched || ktap_skip_all "KCSAN is off"
	mark=$(klog_mark)
	stress_new || { ktap_plan 1; ktap_test "topology" false; ktap_end; }
	rules_gone
	wait_until 30 unused && rmmod xt_FASTTRACK nf_fasttrack
	held=$(references)
	fasttrack_rules
}
