#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What must never be fast stays slow, works as it did, and has its reason; what
# only looks like it becomes fast.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# Covers HAZARDS 9, 10, 12, 15, 42 (TPROXY), 43 and 46.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# reasons NAME: how often the engine gave that one, into $count.
reasons()
{
	hosts reason "$1" && count=$answer
}

# stays_slow FLOW REASON: messages arrive both ways, none is fast, and the
# reason is counted meanwhile.
stays_slow()
{
	local before

	reasons "$2" && before=$count
	hosts send "$1" b 20 200 || return
	hosts_ask ft "$1" && [[ $answer = active* ]] && fail "fast: $answer"
	reasons "$2" || return
	[ -n "$slow" ] || expect "reason $2 of $1" [ "$count" -gt "$before" ]
}

# H9: a flowtable takes a fast connection over; then the engine leaves it alone.
flowtable()
{
	flow_open f udp "$1" none $((sport += 1)) && hosts bg f 20 200 &&
	hosts fast f b || return
	in_ns "$router" nft -f - <<-END || return
		table inet other {
			flowtable ft {
				hook ingress priority 0
				devices = { lan, wan }
			}
			chain forward {
				type filter hook forward priority -1
				udp dport 5001 flow add @ft
			}
		}
	END
	wait_until 10 offloaded "$1" ||
		fail "not offloaded: $(ct_entries -f "ipv$family")"
	hosts notfast f 5 && hosts fresh f o 3 && hosts fresh f r 3
	[ -n "$slow" ] || { reasons offload && expect "reason" [ "$count" -gt 0 ]; }
	in_ns "$router" nft delete table inet other
	hosts fresh f o 3 && hosts fresh f r 3
	hosts close f
}

offloaded()
{
	ct_entries -f "ipv$1" -p udp --orig-port-src "$sport" | grep -q OFFLOAD
}

# H10: a control connection with a helper is refused; its data connection, which
# conntrack expected, has none and becomes fast.
ftp()
{
	local from=10.1.0.2 to=10.2.0.2

	modprobe -q nf_conntrack_ftp
	echo "-A PREROUTING -p tcp --dport 21 -j CT --helper ftp" |
		ipt_restore 4 raw || return
	hosts tcp ctl $from $((sport += 1)) $to 21 $to 21 &&
	stays_slow_text ctl helper || return
	hosts between s c
	hosts tcp data $to 20 $from 34567 $from 34567 &&
	hosts arm 500 data && hosts send data b 30 1000 && hosts wasfast data
	hosts between c s
	ct_entries -p tcp --orig-port-src 20 | grep -q 34567 ||
		fail "no data connection"
	hosts close data
	hosts close ctl
	ipt4 -t raw -F
}

# The same for a connection that has a protocol of its own: 34567 is 135 * 256
# + 7. Conntrack knows the beginning of a line by the end of the one before.
stays_slow_text()
{
	local before

	reasons "$2" && before=$count
	hosts say "$1" USER somebody && hosts idle 100 &&
	hosts say "$1" PORT 10,1,0,2,135,7 && hosts idle 100 || return
	hosts_ask ft "$1" && fail "in the table: $answer"
	reasons "$2" || return
	[ -n "$slow" ] || expect "reason $2" [ "$count" -gt "$before" ]
	in_ns "$router" conntrack -L expect 2>/dev/null | grep -q dport=34567 ||
		fail "the helper expects: $(in_ns "$router" conntrack -L expect)"
}

# H10: SYNPROXY answers for the server and shifts sequence numbers.
synproxy()
{
	local options="--sack-perm --timestamp --wscale 7 --mss 1460"

	echo "-A PREROUTING -p tcp --dport 5001 --syn -j CT --notrack" |
		ipt_restore 4 raw || return
	ipt4 -I FORWARD -p tcp --dport 5001 -m conntrack \
		--ctstate INVALID,UNTRACKED -j SYNPROXY $options || return
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
	flow_open p tcp 4 none $((sport += 1)) && stays_slow p helper
	hosts close p
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
	ipt4 -D FORWARD 1
	ipt4 -t raw -F
}

# H12: another zone has the same addresses for somebody else.
zone()
{
	echo "-A PREROUTING -p udp -m multiport --ports 5001 -j CT --zone 5" |
		ipt_restore "$1" raw || return
	flow_open z udp "$1" none $((sport += 1)) && stays_slow z zone
	hosts close z
	"ipt$1" -t raw -F
}

# H15: the error is about a connection and carries its entry, but it is not a
# packet of it. A rule that sees nothing else makes nothing fast.
icmp_error()
{
	local before

	ipt -F FORWARD
	[ -n "$slow" ] || ipt -A FORWARD -m conntrack --ctstate RELATED \
		-j FASTTRACK || return
	flow_open e udp "$1" snat $((sport += 1)) && hosts send e b 5 100 &&
	hosts close e fin r && reasons related && before=$count
	hosts clear && hosts bg e 20 200 o && hosts idle 400
	if [ "$1" = 4 ]; then hosts icmp t0 3 3; else hosts icmp t0 1 4; fi
	hosts_ask ft e && fail "in the table: $answer"
	reasons related || return
	[ -n "$slow" ] || expect "reason related" [ "$count" -gt "$before" ]
	hosts close e
	ipt -F FORWARD
	fasttrack_rules
}

# H42: what the router itself answers for is not forwarded, fast or slow.
tproxy()
{
	ip -n "$router" rule add fwmark 9 lookup 99
	ip -n "$router" route add local default dev lo table 99
	hosts between c r
	echo "-A PREROUTING -i lan -p tcp --dport 5077 -j TPROXY" \
		"--on-ip 10.2.0.2 --on-port 5077 --tproxy-mark 9" |
		ipt_restore 4 mangle || return
	hosts tcp x 10.1.0.2 $((sport += 1)) 10.2.0.2 5077 10.2.0.2 5077 &&
	hosts send x b 20 200
	hosts_ask ft x && fail "in the table: $answer"
	hosts close x
	hosts between c s
	ipt4 -t mangle -F PREROUTING
	ip -n "$router" rule del fwmark 9 lookup 99
}

# H43: the server's address becomes the router's own, with the connection fast.
# What the router answers was not forwarded and teaches nothing.
becomes_local()
{
	local src=10.1.0.2 dst=10.7.0.7 via=10.2.0.2 host=32 version=-4 before

	[ "$1" = 4 ] || {
		src=fd01::2 dst=fd07::7 via=fd02::2 host=128 version=-6
	}
	addresses "$server" lo $dst/$host
	ip -n "$router" $version route add $dst/$host via $via
	hosts udp f $src $((sport += 1)) $dst 5001 $dst 5001 &&
	hosts arm 500 f && hosts settle && hosts close f || return
	ip -n "$router" $version route del $dst/$host
	addresses "$router" lo $dst/$host
	hosts between c r
	hosts udp g $src $sport $dst 5001 $dst 5001 &&
	hosts send g b 3 100 && hosts_ask ft g
	before=$answer
	hosts send g b 30 100 && hosts_ask ft g
	expect_equal "fast packets" "$(cut -d' ' -f5 <<<"$answer")" \
		"$(cut -d' ' -f5 <<<"$before")"
	# Its lease may end meanwhile, but nobody gives it a new one
	expect "armed" [ "$(cut -d' ' -f9 <<<"$before") $(cut -d' ' -f9 \
		<<<"$answer")" != "unarmed armed" ]
	hosts close g
	hosts between c s
	ip -n "$router" address del $dst/$host dev lo
	ip -n "$server" address del $dst/$host dev lo
}

# H46: no room in the table: the connection is slow, and fast when there is.
limit()
{
	in_ns "$router" conntrack -F >/dev/null 2>&1
	hosts engine enabled=0 && hosts engine enabled=1 table-limit=1 &&
	flow_open a udp 4 none $((sport += 1)) && hosts arm 500 a &&
	flow_open b udp 6 snat $((sport += 1)) && stays_slow b table-full
	hosts engine table-limit=1000 && hosts arm 500 b && hosts arm 500 a
	hosts close a
	hosts close b
}

require ip conntrack iptables-nft nft
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules
hosts tap t0 r lan 0
hosts engine lease=1000
sport=33000

ktap_plan 12
for family in 4 6; do
	ktap_test "H9 nft flowtable, IPv$family" flowtable $family
	ktap_test "H12 zone, IPv$family" zone $family
	ktap_test "H15 ICMP error, IPv$family" icmp_error $family
done
ktap_test "H10 FTP helper, and its data connection" ftp
ktap_test "H10 SYNPROXY" synproxy
ktap_test "H42 TPROXY" tproxy
ktap_test "H43 the router answers, IPv4" becomes_local 4
ktap_test "H43 the router answers, IPv6" becomes_local 6
ktap_test "H46 table limit" limit
ktap_end
