#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Stress on two processors: each stressor alone, then all of them together, with
# traffic of all kinds all the time. Afterwards traffic flows, nothing is left of
# the modules, and the log is silent.
#
# FASTTRACK_ALONE and FASTTRACK_TOGETHER: seconds (15, 120), 0 alone for not at
# all. FASTTRACK_STRESSORS: names of stressors instead of all.
source "$(dirname "$0")/stress.sh"
alone=${FASTTRACK_ALONE:-15}
together=${FASTTRACK_TOGETHER:-120}
read -ra names <<<"${FASTTRACK_STRESSORS:-$stressors}"

one()
{
	traffic_start
	STRESS_ALONE=1 stressor_start "$1" ||
		fail "$1 does not start" || return
	sleep "$alone"
	stressor_end "$1" $stressor_pid
	traffic_stop
	traffic_end && diag "$traffic_sums"
}

all()
{
	local name
	declare -A pids

	traffic_start
	for name in "${names[@]}"; do
		stressor_start "$name" || fail "$name does not start"
		pids[$name]=$stressor_pid
	done
	sleep "$together"
	for name in "${names[@]}"; do
		kill -TERM "${pids[$name]}" 2>/dev/null
	done
	for name in "${names[@]}"; do
		stressor_end "$name" "${pids[$name]}"
	done
	traffic_stop
	traffic_end && diag "$traffic_sums"
}

require ip conntrack iptables-nft iptables-legacy rmmod ftctl flock jq \
	python3
[ -x "$flood" ] || ktap_skip_all "no $flood; make -C tests/stress"
stress_begin

solo=("${names[@]}")
[ "$alone" -gt 0 ] || solo=()

ktap_plan $((${#solo[@]} + 5))
ktap_test "traffic flows before" flows_well
for name in "${solo[@]}"; do
	ktap_test "$name for $alone s" one "$name"
done
ktap_test "all together for $together s" all
ktap_test "traffic flows afterwards" flows_well
ktap_test "nothing is left" nothing_left "$held"
ktap_test "the log is silent" klog_clean "$mark"
ktap_end
