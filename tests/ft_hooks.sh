#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The learn hook and conntrack's last one have the same priority, so which comes
# first depends on who was registered last. Both orders work alike: they are
# read from the kernel, and connections from their first packet on are held
# against what has to leave.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	                    tap 0       tap 1
#
# Conntrack is there for as long as anybody needs it, and here that is FASTTRACK
# alone. When the last rule goes, conntrack's hooks go at once and the engine's
# when its sweeper has been; a rule that comes in between puts conntrack's back
# beside ours.
#
# Covers HAZARDS 45. Which of two equal ones is called first is what the
# function tracer says.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

TRIES=10
TRACE=/sys/kernel/tracing
SWEEPERS=/sys/devices/virtual/workqueue/cpumask

# rules FAMILY COMMAND...: each a transaction of its own, by one process, which
# the sweeper has to wait for: it may run on one processor only, this one's.
rules()
{
	local tool=iptables-legacy-restore

	[ "$1" = 4 ] || tool=ip6tables-legacy-restore
	printf '*filter\n%s FORWARD -j FASTTRACK\nCOMMIT\n' "${@:2}" |
		in_ns "$router" taskset -c 0 chrt -f 50 \
			"$(type -P $tool)" -w --noflush
}

# order: of the two hooks, as the first packet that both see meets them. It is
# slow: with the last rule all connections have ended. Some kernels' ipv4_confirm
# calls nf_confirm.
order()
{
	: > $TRACE/trace
	hosts send p o 1 100 && hosts idle 20 || return
	answer=$(grep -o 'nf_hook_slow <\|ft_hook_learn <\|_confirm <' \
		$TRACE/trace | tr -d '\n_' |
		grep -o 'slow <\(confirm <\)*fthooklearn' | head -n 1)
	case $answer in
	*confirm*) answer="conntrack first" ;;
	?*) answer="learning first" ;;
	esac
}

# other_order FAMILY: from learning first to learning last.
other_order()
{
	local n

	for ((n = 0; n < TRIES; n++)); do
		rules "$1" -D -A || return
		order || return
		[ "$answer" = "conntrack first" ] && break
	done
	diag "$((n + 1)) times"
	expect_equal "order" "$answer" "conntrack first"
}

# carries FAMILY: new connections become fast and carry what they have to.
carries()
{
	local proto

	for proto in udp tcp; do
		flow_open f $proto "$1" none $((sport += 1)) &&
		hosts arm 8000 f && hosts measure f 40 900 t0 t1
		hosts close f
	done
}

# in_order FAMILY ORDER
in_order()
{
	flow_open p udp "$1" none $((sport += 1)) || return
	if [ -z "$slow" ] && [ "$2" = first ]; then
		rules "$1" -A && order || return
		expect_equal "order" "$answer" "learning first" || return
	elif [ -z "$slow" ]; then
		other_order "$1" || return
	fi
	hosts close p
	carries "$1"
}

# trace_hooks: both, by the kernel's function tracer.
trace_hooks()
{
	local name

	mount -t tracefs none $TRACE 2>/dev/null
	grep -qw function $TRACE/available_tracers ||
		ktap_skip_all "no function tracer"
	at_exit no_trace
	modprobe -a nf_conntrack nf_fasttrack &&
	echo ft_hook_learn > $TRACE/set_ftrace_filter || return
	for name in nf_hook_slow nf_confirm ipv4_confirm ipv6_confirm; do
		echo $name 2>/dev/null >> $TRACE/set_ftrace_filter
	done
	echo function > $TRACE/current_tracer
	echo 1 > $SWEEPERS
}

no_trace()
{
	echo nop > $TRACE/current_tracer
	echo > $TRACE/set_ftrace_filter
	echo f > $SWEEPERS
}

require ip chrt taskset iptables-legacy-restore
router_new
hosts_start "$client" "$router" "$server"
hosts tap t0 r lan 0
hosts tap t1 r wan 1
hosts engine lease=60000
sport=41000
[ -n "$slow" ] || trace_hooks || ktap_skip_all "hooks cannot be traced"

ktap_plan 4
for family in 4 6; do
	ktap_test "H45 learning first, IPv$family" in_order $family first
	ktap_test "H45 conntrack first, IPv$family" in_order $family last
done
ktap_end
