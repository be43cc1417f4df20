#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A table of many connections: the list is complete, needs little memory, and no
# more time than conntrack -L in the same run.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# FASTTRACK_SCALE=N sets how many entries there are (10000), of which a tenth is made
# fast by packets that ctfill sends; a million needs 4 GiB and half an hour under
# emulation: FASTTRACK_SCALE=1000000 tests/vm/run -m 4000 --tests ft_scale.sh
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/router.sh"

total=${FASTTRACK_SCALE:-10000}
fast=$((total / 10))

# A packet of every flow, from one of the hosts.
packets()
{
	if [ "$1" = orig ]; then
		in_ns "$client" ctfill send eth0 "$lan_mac" orig "$fast"
	else
		in_ns "$server" ctfill send eth0 "$wan_mac" reply "$fast"
	fi
}

fill()
{
	local round old=(net.netfilter.nf_conntrack_{buckets,max})

	mapfile -t old < <(sysctl "${old[@]}")
	at_exit sysctl -qw "${old[@]// = /=}"
	sysctl -qw net.netfilter.nf_conntrack_max=$((total * 2)) \
		net.netfilter.nf_conntrack_buckets=$((total * 2))
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_udp_timeout=9999 \
		net.netfilter.nf_conntrack_udp_timeout_stream=9999
	ip -n "$router" route add 10.16.0.0/12 via 10.1.0.2
	ip -n "$router" neigh replace 10.2.0.99 lladdr "$server_mac" dev wan \
		nud permanent
	ip -n "$router" neigh replace 10.1.0.2 lladdr "$client_mac" dev lan \
		nud permanent
	in_ns "$router" ftctl set lease=1m
	for round in orig reply orig reply orig; do
		expect "$round" packets "$round" || return
	done
	expect "entries" in_ns "$router" ctfill add $((total - fast))
	expect_equal "entries" "$(in_ns "$router" conntrack -C)" "$total"
	expect_equal "fast ones" "$(in_ns "$router" ftctl status |
		awk '$1 == "ipv4-connections:" { print $2 }')" "$fast"
}

# buckets: what status says of the tables of both families, into $buckets.
buckets()
{
	buckets=$(in_ns "$router" ftctl status |
		awk '$1 == "table-buckets:" { print $2 }')
}

is_power()
{
	[ "$1" -gt 0 ] && [ $(($1 & ($1 - 1))) -eq 0 ]
}

# The table of IPv4 has a power of two of buckets, no fewer than directions; that
# of IPv6 has nothing in it and is as it was made.
grown()
{
	local buckets

	buckets
	is_power $((buckets - made / 2)) &&
		[ $((buckets - made / 2)) -ge $((fast * 2)) ]
}

buckets_grow()
{
	expect "$made of two tables" is_power "$made"
	expect "$made do for $fast connections" \
		[ $((made / 2)) -lt $((fast * 2)) ]
	wait_until 20 grown || fail "$(in_ns "$router" ftctl status)"
}

# measure NAME FILE COMMAND...: output into FILE, memory in KiB into $NAME, and
# processor time in hundredths of a second into ${NAME}_time.
measure()
{
	local name=$1 file=$2 kib user system

	shift 2
	in_ns "$router" time -q -f '%M %U %S' -o "$lib_dir/time" "$@" \
		>"$file" 2>/dev/null
	expect_equal "$*: status" $? 0
	read -r kib user system <"$lib_dir/time"
	printf -v "$name" %s "$kib"
	printf -v "${name}_time" %s $((10#${user/./} + 10#${system/./}))
	diag "$*: $kib KiB, $user + $system s"
}

# As many rows as conntrack has, and the fast ones among them; the time is that
# of the processor, the better of two, for the machine is not ours alone.
lists()
{
	local conntrack_best=0 list_best=0 i
	# Filled in by measure.
	local theirs=0 theirs_time=0 mine=0 mine_time=0

	for i in first second; do
		measure theirs "$lib_dir/theirs" conntrack -L
		measure mine "$lib_dir/mine" ftctl connection list
		if [ $i = first ] || [ "$theirs_time" -lt "$conntrack_best" ]
		then
			conntrack_best=$theirs_time
		fi
		if [ $i = first ] || [ "$mine_time" -lt "$list_best" ]; then
			list_best=$mine_time
		fi
	done
	diag "conntrack -L took $theirs KiB"
	expect_equal "rows" "$(($(wc -l <"$lib_dir/mine") - 4))" \
		"$(wc -l <"$lib_dir/theirs")"
	expect_equal "fast rows" "$(grep -c '^SAC*F \|^SCF ' "$lib_dir/mine")" \
		"$fast"
	expect "no slower than conntrack" [ "$list_best" -le "$conntrack_best" ]
	expect "$mine KiB" [ "$mine" -lt $((300 * 1024)) ]
	rm "$lib_dir/theirs" "$lib_dir/mine"
}

selections()
{
	local top=0 all=0 fast_ones=0

	measure top "$lib_dir/top" ftctl -j connection list limit 20 \
		sort orig-bytes
	expect "$top KiB" [ "$top" -lt $((64 * 1024)) ]
	expect_equal "rows" "$(grep -c '"id"' "$lib_dir/top")" 20
	expect_equal "the largest" "$(grep -o '"orig-bytes":[0-9]*' \
		"$lib_dir/top" | sort -u)" '"orig-bytes":138'
	measure all "$lib_dir/all" ftctl connection list sort src-address \
		columns=src-address
	expect "$all KiB" [ "$all" -lt $((300 * 1024)) ]
	expect_equal "rows" "$(($(wc -l <"$lib_dir/all") - 4))" "$total"
	rm "$lib_dir/all"
	measure fast_ones "$lib_dir/fast" ftctl connection list fasttrack=yes \
		columns=id
	expect_equal "fast rows" "$(($(wc -l <"$lib_dir/fast") - 4))" "$fast"
	expect "$fast_ones KiB" [ "$fast_ones" -lt $((300 * 1024)) ]
}

# Every entry once, and JSON to the last one.
complete()
{
	in_ns "$router" ftctl -j connection list >"$lib_dir/json"
	expect_equal "entries" "$(grep -c '"id":[0-9]*},*$' "$lib_dir/json")" \
		"$total"
	expect_equal "tuples" "$(LC_ALL=C grep -o \
		'"src-address":"[^"]*","src-port":[0-9]*' "$lib_dir/json" |
		LC_ALL=C sort -u | wc -l)" "$total"
	expect_equal "end" "$(tail -n 1 "$lib_dir/json")" "]"
	rm "$lib_dir/json"
}

# Two readings, the second one interval after the first; how long one takes is
# said, for nobody can promise it here.
watch()
{
	local start end

	start=${EPOCHREALTIME/[.,]/}
	in_ns "$router" ftctl -j connection watch count=3 interval=100ms \
		limit 20 fasttrack=yes >"$lib_dir/watch"
	expect_equal "status" $? 0
	end=${EPOCHREALTIME/[.,]/}
	diag "three readings of $fast: $(((end - start) / 1000)) ms"
	expect_equal "readings" "$(grep -o '"matching":[0-9]*' \
		"$lib_dir/watch" | xargs)" "$(printf '"matching":%d\n' \
		"$fast" "$fast" "$fast" | xargs)"
	expect_equal "rates" "$(tail -n 1 "$lib_dir/watch" |
		grep -o '"orig-rate":0' | wc -l)" 21
}

PATH=$(dirname "$(type -P ftctl)")/tests:$PATH
require ip ftctl conntrack iptables-nft ctfill time
[ -z "$slow" ] || ktap_skip_all "nothing is fast"
router_new
fasttrack_rules
buckets
made=$buckets

ktap_plan 6
ktap_test "$total entries, $fast of them fast" fill
ktap_test "buckets grow with the connections" buckets_grow
ktap_test "list against conntrack -L" lists
ktap_test "sorted, limited, filtered" selections
ktap_test "JSON is complete" complete
ktap_test "watch" watch
ktap_end
