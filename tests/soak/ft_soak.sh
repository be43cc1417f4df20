#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Soak: round after round, other stressors under traffic for a minute; after each
# all flows are flushed and have to be gone, and traffic has to flow again.
#
# Owns: the rounds and what is written down of each, one line of soak.tsv in
# $FASTTRACK_OUT, which ../soak/run makes a report of. FASTTRACK_SECONDS: how
# long (300); FASTTRACK_ROUND: seconds of a round's trouble (60).
source "$(dirname "$0")/../stress/stress.sh"
seconds=${FASTTRACK_SECONDS:-300}
trouble=${FASTTRACK_ROUND:-60}
table=${FASTTRACK_OUT:-$lib_dir}/soak.tsv
read -ra names <<<"$stressors"

# meminfo NAME: kilobytes
meminfo()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# objects SLAB: in use, 0 if there is no such slab. Those that lie ready for a
# processor would count as well, but for the shrinking.
objects()
{
	echo 1 2>/dev/null >"/sys/kernel/slab/$1/shrink"
	awk -v name="$1" '$1 == name { n = $2 } END { print n + 0 }' \
		/proc/slabinfo
}

no_flows()
{
	[ "$(objects fasttrack_flow4)" -eq 0 ] &&
	[ "$(objects fasttrack_flow6)" -eq 0 ]
}

# sample NUMBER STRESSORS SUMS: one line; the columns are those of soak().
sample()
{
	local sent=0 received=0

	[[ " $3" =~ " sent "([0-9]+) ]] && sent=${BASH_REMATCH[1]}
	[[ " $3" =~ " received "([0-9]+) ]] && received=${BASH_REMATCH[1]}
	printf '%s\t' "$1" $SECONDS "$(meminfo MemAvailable)" \
		"$(meminfo SUnreclaim)" "$(meminfo Percpu)" \
		"$(objects nf_conntrack)" "$sent" "$received" \
		"$(fast_packets)" >>"$table"
	echo "$2" >>"$table"
}

# all_gone: with nobody talking, every flow goes and gives back its objects.
all_gone()
{
	in_ns "$router" ftctl flush >/dev/null
	in_ns "$router" conntrack -F >/dev/null 2>&1
	expect "flows are left: $(grep fasttrack /proc/slabinfo)" \
		wait_until 60 no_flows
}

# round NUMBER: three stressors at a time
round()
{
	local name some sums status=0
	declare -A pids

	mapfile -t some < <(shuf -n 3 -e "${names[@]}")
	traffic_start
	for name in "${some[@]}"; do
		stressor_start "$name" || fail "$name does not start" || status=1
		pids[$name]=$stressor_pid
	done
	sleep "$trouble"
	for name in "${some[@]}"; do
		stressor_end "$name" "${pids[$name]}" || status=1
	done
	traffic_stop
	traffic_end || status=1
	sums=$traffic_sums
	all_gone || status=1
	flows_well || status=1
	sample "$1" "${some[*]}" "$sums"
	return $status
}

soak()
{
	local number=0

	echo "round seconds available unreclaimable percpu conntrack" \
		"sent received fast stressors" | tr ' ' '\t' >"$table"
	while [ $SECONDS -lt "$seconds" ]; do
		number=$((number + 1))
		round $number || fail "round $number" || return
	done
	diag "$number rounds"
	expect "no round" [ $number -gt 0 ]
}

require ip conntrack iptables-nft iptables-legacy rmmod ftctl flock jq \
	python3
[ -x "$flood" ] || ktap_skip_all "no $flood; make -C tests/stress"
stress_begin

ktap_plan 4
ktap_test "traffic flows before" flows_well
ktap_test "soak for $seconds s" soak
ktap_test "nothing is left" nothing_left "$held"
ktap_test "the log is silent" klog_clean "$mark"
ktap_end
