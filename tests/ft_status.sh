#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What stands in the way of fast connections, one obstacle after the other: each
# is made, told as FAIL with what to do, and gone again. The settings of
# connection tracking as a whole, against /proc. Metrics by Prometheus' parser.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# Covers HAZARDS 26 as far as a user is told.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

ctl()
{
	in_ns "$router" ftctl "$@"
}

# told NAME: what status says of a precondition, and its advice, into $told.
told()
{
	local name

	ctl status >"$lib_dir/told"
	told=
	while read -r name told; do
		[ "$name" != "$1" ] || return 0
	done <"$lib_dir/told"
}

# obstacle NAME PATTERN: status fails for it with an advice like that.
obstacle()
{
	told "$1"
	[[ $told == "FAIL "* ]] || fail "$1: told '$told'"
	[[ $told =~ $2 ]] || fail "$1: advice '$told'"
}

fine()
{
	told "$1"
	[[ $told == OK* ]] || fail "$1: told '$told'"
}

# nobody COMMAND PATTERN: what ftctl tells who may not look at everything, into a
# file; a line of it is like that.
nobody()
{
	in_ns "$router" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all --bounding-set=-all ftctl "$1" \
		>"$lib_dir/nobody" 2>&1
	expect_equal "$1: status" $? 0
	grep -q "$2" "$lib_dir/nobody" || fail "$1: $(<"$lib_dir/nobody")"
}

# untold NAME: nobody is told nothing of it, neither good nor bad.
untold()
{
	nobody status '^forwarding-ipv4 .*OK' &&
		expect_equal "status" "$(grep "^$1 " "$lib_dir/nobody")" ""
	nobody metrics 'name="forwarding-ipv4"} 1$' &&
		expect_equal "metrics" \
			"$(grep "name=\"$1\"" "$lib_dir/nobody")" ""
}

all_fine()
{
	ctl status >"$lib_dir/told"
	expect_equal "failures" "$(grep FAIL "$lib_dir/told")" ""
	expect "all are there" [ "$(grep -cE '^[a-z0-9-]+ +OK' \
		"$lib_dir/told")" -ge 14 ]
}

# sysctl_obstacle NAME SYSCTL BAD GOOD PATTERN
sysctl_obstacle()
{
	in_ns "$router" sysctl -qw "$2=$3"
	obstacle "$1" "sysctl -w $2=$4"
	in_ns "$router" sysctl -qw "$2=$4"
	fine "$1"
}

switches()
{
	sysctl_obstacle forwarding-ipv4 net.ipv4.ip_forward 0 1
	sysctl_obstacle forwarding-ipv6 net.ipv6.conf.all.forwarding 0 1
	sysctl_obstacle accounting net.netfilter.nf_conntrack_acct 0 1
	modprobe br_netfilter
	in_ns "$router" sysctl -qw net.bridge.bridge-nf-call-ip6tables=0
	sysctl_obstacle br-netfilter-ipv4 net.bridge.bridge-nf-call-iptables \
		1 0
	in_ns "$router" sysctl -qw net.bridge.bridge-nf-call-iptables=0
	sysctl_obstacle br-netfilter-ipv6 net.bridge.bridge-nf-call-ip6tables \
		1 0
	ctl set enabled=no
	obstacle enabled 'ftctl set enabled=yes'
	ctl set enabled=yes
	fine enabled
}

lease()
{
	ctl set lease=1m && ctl tracking set udp-stream-timeout=1m
	obstacle lease 'lease 1m is more than half of udp-stream-timeout 1m'
	ctl set lease=5s && ctl tracking set udp-stream-timeout=2m
	fine lease
}

rules()
{
	local match="-m conntrack --ctstate ESTABLISHED,RELATED"

	for backend in nft legacy; do
		ipt -N other
		# shellcheck disable=SC2086 # words of a rule
		ipt -I FORWARD $match -j ACCEPT
		[ $backend = nft ] || {
			# shellcheck disable=SC2086
			ipt -A FORWARD $match -j FASTTRACK
		}
		obstacle rule-order-ipv4 "ACCEPT stands in front.*iptables-$backend"
		obstacle rule-order-ipv6 "ip6tables-$backend"
		# shellcheck disable=SC2086
		ipt -D FORWARD $match -j ACCEPT
		fine rule-order-ipv4
		# Special ones and other states do not take everything.
		ipt -I FORWARD -s 192.0.2.1/32 -j ACCEPT 2>/dev/null
		ipt4 -I FORWARD -m conntrack --ctstate NEW -j ACCEPT
		fine rule-order-ipv4
		ipt4 -D FORWARD -m conntrack --ctstate NEW -j ACCEPT
		ipt -D FORWARD -s 192.0.2.1/32 -j ACCEPT 2>/dev/null
		[ $backend = nft ] || {
			# shellcheck disable=SC2086
			ipt -D FORWARD $match -j FASTTRACK
		}
		ipt -X other
	done
	backend=nft
}

# family_obstacle FAMILY NAME PATTERN: told as FAIL by -4 or -6.
family_obstacle()
{
	ctl "-$1" status >"$lib_dir/told"
	grep -qE "^$2 +FAIL +$3" "$lib_dir/told" ||
		fail "-$1: $(<"$lib_dir/told")"
}

# With a rule of one family the other may do without, unless it is asked about.
one_family()
{
	local match="-m conntrack --ctstate ESTABLISHED,RELATED"

	# shellcheck disable=SC2086 # words of a rule
	ipt6 -D FORWARD $match -j FASTTRACK
	fine rule-ipv4
	expect_equal "nothing fails" "$(grep FAIL "$lib_dir/told")" ""
	family_obstacle 6 rule-ipv6 'no rule: ip6tables -I FORWARD'
	# shellcheck disable=SC2086
	ipt6 -I FORWARD $match -j FASTTRACK && ipt4 -D FORWARD $match \
		-j FASTTRACK
	fine rule-ipv6
	expect_equal "nothing fails" "$(grep FAIL "$lib_dir/told")" ""
	family_obstacle 4 rule-ipv4 'no rule: iptables -I FORWARD'
	# shellcheck disable=SC2086
	ipt4 -I FORWARD $match -j FASTTRACK
	fine rule-ipv4
	fine rule-ipv6
}

chains()
{
	fasttrack_rule -D
	obstacle rule-ipv4 'no rule: iptables -I FORWARD'
	obstacle rule-ipv6 'no rule: ip6tables -I FORWARD'
	ipt -N fast
	ipt -A fast -j FASTTRACK
	obstacle rule-order-ipv4 'does not get to the chain'
	ipt -I FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j fast
	fine rule-order-ipv4
	ipt -F FORWARD
	ipt -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j fast
	ipt -P FORWARD DROP
	obstacle rule-order-ipv4 'not accepted behind'
	ipt -P FORWARD ACCEPT
	fine rule-order-ipv6
	ipt -F FORWARD && ipt -F fast && ipt -X fast
	fasttrack_rules
}

# What asking could load, and what is in its way
loadable=(nf_fasttrack nf_tables nfnetlink_cttimeout nf_conntrack_netlink xfrm_user)

loaded()
{
	awk '{ print $1 }' /proc/modules | sort
}

# unload MODULE: it, and whatever the scripts before this one have left on it.
unload()
{
	local holder

	for holder in /sys/module/"$1"/holders/*; do
		[ ! -e "$holder" ] || unload "${holder##*/}"
	done
	[ ! -e "/sys/module/$1/refcnt" ] || rmmod "$1" 2>/dev/null
	[ ! -e "/sys/module/$1" ]
}

# Ask where nothing of that is there, and note the modules before and after. The
# rules of a namespace that has gone are taken down behind its back.
ask_unloaded()
{
	local fresh name

	for name in "${loadable[@]}"; do
		wait_until 10 unload "$name"
	done
	ns_new fresh
	loaded >"$lib_dir/before"
	ftctl -N "$fresh" status >"$lib_dir/unloaded" 2>&1
	ftctl -N "$fresh" metrics >>"$lib_dir/unloaded" 2>&1
	loaded >"$lib_dir/after"
}

loads_nothing()
{
	local name

	for name in "${loadable[@]}"; do
		expect_equal "$name beforehand" \
			"$(grep -x "$name" "$lib_dir/before")" ""
		expect "$name can be loaded" modprobe -n "$name"
	done
	expect_equal "loaded by asking" "$(comm -13 "$lib_dir/before" \
		"$lib_dir/after")" ""
	grep -q '^module *FAIL *modprobe nf_fasttrack' "$lib_dir/unloaded" &&
		grep -q '^flowtable *OK' "$lib_dir/unloaded" &&
		grep -q '^ipsec *OK' "$lib_dir/unloaded" &&
		grep -q '^fasttrack_loaded 0' "$lib_dir/unloaded" ||
		fail "$(<"$lib_dir/unloaded")"
}

# Asking must not make tables of the legacy back end, which cost every packet.
no_side_effects()
{
	local fresh

	ns_new fresh
	ftctl -N "$fresh" status >/dev/null
	ftctl -N "$fresh" metrics >/dev/null
	expect_equal "legacy tables" "$(in_ns "$fresh" cat \
		/proc/net/ip_tables_names /proc/net/ip6_tables_names)" ""
}

flowtable()
{
	in_ns "$router" nft -f - <<-'END'
	table inet mine {
		flowtable f { hook ingress priority 0; devices = { lan, wan }; }
	}
	END
	fine flowtable
	in_ns "$router" nft -f - <<-'END'
	table inet mine {
		chain forward {
			type filter hook forward priority 10; policy accept;
			ip protocol tcp flow add @f
		}
	}
	END
	obstacle flowtable "'inet mine f'.*flow add"
	untold flowtable
	in_ns "$router" nft delete table inet mine
	fine flowtable
}

ipsec()
{
	ip -n "$router" xfrm policy add src 10.50.0.0/24 dst 10.51.0.0/24 \
		dir out tmpl src 10.2.0.1 dst 10.2.0.2 proto esp mode tunnel
	fine ipsec
	expect "said" [ "${told#*1 IPsec}" != "$told" ]
	ip -n "$router" xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd \
		tmpl src 10.2.0.2 dst 10.2.0.1 proto esp mode tunnel
	obstacle ipsec 'all addresses'
	untold ipsec
	ip -n "$router" xfrm policy flush
	fine ipsec
}

metrics()
{
	flow_open a tcp 4 none 28001 && flow_open b udp 6 none 28002 &&
	hosts engine lease=30000 && hosts arm 10000 a b && hosts settle
	expect "metrics" in_ns "$router" /usr/bin/python3 \
		"$here/ft_metrics.py" loaded "${forwarded[@]}"
	expect_equal "-4" "$(ctl -4 metrics | grep -c ipv6)" 0
}

# Shares and connections as others tell them. How the table grows is
# ft_scale.sh's.
numbers()
{
	expect "numbers" in_ns "$router" /usr/bin/python3 \
		"$here/ft_status.py" "${forwarded[@]}"
}

reasons()
{
	ctl -j reasons >"$lib_dir/reasons"
	ctl -j status >"$lib_dir/status"
	expect "schema" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" \
		schema reasons "$lib_dir/reasons" status "$lib_dir/status"
	expect_equal "as the engine counts" \
		"$(in_ns "$router" /usr/bin/python3 -c '
import json, sys
sys.path.insert(0, sys.argv[1])
import ft_dump
mine = {r["reason"]: r["packets"] for r in json.load(open(sys.argv[2]))}
theirs = ft_dump.Fasttrack().reasons()
theirs.pop("none", None)
print(mine == theirs)' "$here" "$lib_dir/reasons")" True
	expect_equal "one line each" "$(ctl reasons | tail -n +2 |
		grep -cvE '^[a-z0-9-]+ +[0-9]+  .+\.$')" 0
}

without_module()
{
	local modprobe

	modprobe=$(sysctl -n kernel.modprobe)
	at_exit sysctl -qw "kernel.modprobe=$modprobe"
	sysctl -qw kernel.modprobe=/bin/false
	hosts forget
	fasttrack_rule -D
	wait_until 10 modprobe -r xt_FASTTRACK nf_fasttrack ||
		fail "still loaded"
	obstacle module 'modprobe nf_fasttrack'
	ctl -j status >"$lib_dir/status"
	expect "JSON" grep -q '"name":"module","result":"FAIL"' "$lib_dir/status"
	expect "schema" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" \
		schema status "$lib_dir/status"
	expect "metrics" in_ns "$router" /usr/bin/python3 \
		"$here/ft_metrics.py"
}

require ip ftctl conntrack iptables-nft iptables-legacy nft setpriv
[ -z "$slow" ] || ktap_skip_all "nothing is fast"
ask_unloaded
router_new
hosts_start "$client" "$router" "$server"
# What is forwarded before there is a rule is nobody's share
in_ns "$client" ping -q -c 3 -i 0.2 10.2.0.2 >/dev/null
in_ns "$client" ping -q -c 2 -i 0.2 fd02::2 >/dev/null
mapfile -t forwarded < <(in_ns "$router" cat /proc/net/snmp /proc/net/snmp6 |
	awk '$1 == "Ip:" && n++ { print $7 }
	     $1 == "Ip6OutForwDatagrams" { print $2 }')
fasttrack_rules

ktap_plan 15
ktap_test "nothing stands in the way" all_fine
ktap_test "switches" switches
ktap_test "lease against timeouts" lease
ktap_test "order of the rules, both back ends" rules
ktap_test "rules of one family" one_family
ktap_test "rules in chains, and what accepts behind them" chains
ktap_test "asking changes nothing" no_side_effects
ktap_test "asking loads nothing" loads_nothing
ktap_test "nft's flowtable" flowtable
ktap_test "IPsec policies" ipsec
ktap_test "metrics" metrics
ktap_test "shares and connections" numbers
ktap_test "reasons" reasons
ktap_test "all fine again" all_fine
ktap_test "without the module" without_module
ktap_end
