#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The list of connections against conntrack's own, the engine's dump read by
# other code, and the wires: every property in every form, filters, order.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# Covers HAZARDS 13 and 51 as far as the list shows them.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

ctl()
{
	in_ns "$router" ftctl "$@"
}

# judge CHECK...: ft_list.py finds nothing wrong.
judge()
{
	expect "$*" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" "$@"
}

# entry ARG...: an entry of conntrack that no packet made.
entry()
{
	in_ns "$router" conntrack -I -u SEEN_REPLY,ASSURED -t 1000 "$@" \
		>/dev/null 2>&1 || fail "conntrack -I $*"
}

# All states of TCP, other protocols, marks and zones.
make_entries()
{
	local state port=30000

	for state in NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT \
		     LAST_ACK TIME_WAIT CLOSE LISTEN; do
		port=$((port + 1))
		entry -p tcp -s 10.7.0.1 -d 10.8.0.1 --sport $port \
			--dport 80 --state $state -m $((port % 8))
	done
	entry -p udp -s fd07::1 -d fd08::1 --sport 9 --dport 10 -m 0x107
	entry -p udp -s 10.7.0.3 -d 10.8.0.3 --sport 9 --dport 10 -w 5
	entry -p udp -s 10.7.0.6 -d 10.8.0.6 --sport 9 --dport 10 --orig-zone 6
	entry -p udp -s 10.7.0.7 -d 10.8.0.7 --sport 9 --dport 10 --reply-zone 6
	entry -p sctp -s 10.7.0.2 -d 10.8.0.2 --sport 11 --dport 12 \
		--state ESTABLISHED --orig-vtag 1 --reply-vtag 2
	entry -p gre -s 10.7.0.4 -d 10.8.0.4 --srckey 0x1234 --dstkey 0x5678
	entry -p icmp -s 10.7.0.6 -d 10.8.0.6 --icmp-type 13 --icmp-code 0 \
		--icmp-id 4660
	entry -p icmp -s 10.7.0.6 -d 10.8.0.6 --icmp-type 8 --icmp-code 3 \
		--icmp-id 7
	in_ns "$router" conntrack -I -t 1000 -p 89 -s 10.7.0.5 -d 10.8.0.5 \
		>/dev/null 2>&1 || entry -p 89 -s 10.7.0.5 -d 10.8.0.5
}

make_flows()
{
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_icmp_timeout=900 \
		net.netfilter.nf_conntrack_icmpv6_timeout=900
	flow_open t tcp 4 both 28001 && flow_open u udp 6 snat 28002 &&
	flow_open v tcp 6 dnat 28003 && flow_open w udp 4 none 28004 &&
	hosts engine lease=30000 && hosts arm 10000 t u v w &&
	hosts send t b 20 500 && hosts send u b 10 300 &&
	hosts send v b 5 900 && hosts send w b 2 100 && hosts settle
	expect "ping" in_ns "$client" ping -q -c 1 -W 5 10.2.0.2
	expect "ping" in_ns "$client" ping -q -c 1 -W 5 fd02::2
	make_entries
}

gre_key()
{
	ctl -j connection list protocol=gre >"$lib_dir/gre"
	hosts pick "$lib_dir/gre" gre-key &&
		expect_equal "key" "$answer" $((0x5678))
	expect_equal "conntrack's" "$(in_ns "$router" conntrack -L -p gre \
		2>/dev/null | grep -o 'dstkey=[^ ]*' | head -n 1)" \
		"dstkey=0x5678"
}

# A helper's child is expected, and its parent names the helper.
helper()
{
	local tool=$lib_dir/ftp.py

	expect "helper" ipt4 -t raw -A PREROUTING -p tcp --dport 21 \
		-j CT --helper ftp || return
	cat >"$tool" <<-'END'
	import os, socket, sys, time
	client, server = (os.open(p, os.O_RDONLY) for p in sys.argv[1:3])
	import ctypes
	enter = lambda fd: ctypes.CDLL(None).setns(fd, 0x40000000)
	enter(server)
	listener = socket.create_server(("10.2.0.2", 21))
	data = socket.create_server(("10.2.0.2", 40123))
	enter(client)
	control = socket.create_connection(("10.2.0.2", 21))
	peer, _ = listener.accept()
	peer.sendall(b"220 ready\r\n"); control.recv(99)
	control.sendall(b"PASV\r\n"); peer.recv(99)
	peer.sendall(b"227 Entering Passive Mode (10,2,0,2,156,187)\r\n")
	control.recv(99)
	child = socket.create_connection(("10.2.0.2", 40123))
	other, _ = data.accept()
	print("ready", flush=True)
	time.sleep(600)
	END
	background ftp /usr/bin/python3 "$tool" "/run/netns/$client" \
		"/run/netns/$server"
	wait_until 20 grep -q ready "$lib_dir/ftp.log" ||
		fail "$(<"$lib_dir/ftp.log")" || return
	ctl -j connection list >"$lib_dir/list"
	hosts pick "$lib_dir/list" connection-type dst-port=21 &&
		expect_equal "parent" "$answer" ftp
	hosts pick "$lib_dir/list" expected dst-port=40123 &&
		expect_equal "child" "$answer" True
	hosts rows "$lib_dir/list" expected=True &&
		expect_equal "expected ones" "$answer" 1
	in_ns "$router" conntrack -L -o extended 2>/dev/null |
		grep 'dport=21 ' | grep -q helper=ftp || fail "conntrack's helper"
}

# A software offload by nft's flowtable, as conntrack -L shows it.
offload()
{
	expect "flowtable" in_ns "$router" nft -f - <<-'END' || return
	table inet ft {
		flowtable f { hook ingress priority 0; devices = { lan, wan }; }
		chain forward {
			type filter hook forward priority -10; policy accept;
			udp dport 5001 udp sport 28010 flow add @f
		}
	}
	END
	flow_open o udp 4 none 28010 && hosts send o b 5 100 || return
	wait_until 5 offload_seen || fail "conntrack: $(ct_entries -p udp)"
	ctl -j connection list >"$lib_dir/list"
	hosts pick "$lib_dir/list" offload src-port=28010 &&
		expect_equal "offload" "$answer" True
	hosts pick "$lib_dir/list" hw-offload src-port=28010 &&
		expect_equal "hw-offload" "$answer" False
	ctl connection list src-port=28010 | grep -q 'o *udp' ||
		fail "no letter: $(ctl connection list src-port=28010)"
	in_ns "$router" nft delete table inet ft
}

offload_seen()
{
	ct_entries -p udp --orig-port-src 28010 | grep -q OFFLOAD
}

# After the lease an idle connection is fasttracked and not armed.
idle()
{
	ctl flush && hosts engine lease=1000 && hosts arm 200 t w || return
	wait_until 5 unarmed || fail "still armed"
	ctl -j connection list >"$lib_dir/list"
	for port in 28001 28004; do
		for pair in fasttrack:True orig-fasttrack:False \
			    orig-fasttrack-state:unarmed orig-reason:lease; do
			hosts pick "$lib_dir/list" "${pair%:*}" \
				src-port=$port &&
				expect_equal "$port ${pair%:*}" "$answer" \
					"${pair#*:}"
		done
		hosts_ask pick "$lib_dir/list" why-not src-port=$port &&
			fail "$port: why-not $answer"
	done
	ctl connection list fasttrack=yes | grep -q 28001 ||
		fail "not in the list of fast ones"
	hosts engine lease=30000 && hosts arm 5000 t w
}

unarmed()
{
	ctl -j connection list >"$lib_dir/list"
	hosts_ask pick "$lib_dir/list" orig-fasttrack src-port=28001
	[ "$answer" = False ] || return
	hosts_ask pick "$lib_dir/list" orig-fasttrack src-port=28004
	[ "$answer" = False ]
}

# A connection with traffic has a rate, one without has none.
rates()
{
	local name

	hosts bg t 20 500 && hosts bg w 20 300 || return
	name=$lib_dir/rates
	# Packets flow only while hosts.py runs, so it waits meanwhile.
	in_ns "$router" ftctl -j connection list interval=2s >"$name" &
	hosts idle 5000
	wait $!
	hosts nobg t w && hosts settle || return
	for name in 28001:1 28004:1 28003:0; do
		for key in orig-rate repl-rate; do
			hosts pick "$lib_dir/rates" $key \
				src-port="${name%:*}" || continue
			expect "$key of ${name%:*} is $answer" [ \
				$((answer > 0)) -eq "${name#*:}" ]
		done
	done
	# Whatever the sweeper tells conntrack in between was sent before.
	for name in 1 2 3; do
		hosts send w b 5 300 && hosts settle || return
		ctl -j connection list min-rate=1 interval=900ms \
			>"$lib_dir/idle"
		hosts rows "$lib_dir/idle" &&
			expect_equal "idle ones" "$answer" 0
	done
	ctl connection list columns=src-address,orig-rate limit 1 |
		grep -q ORIG-RATE || fail "no column"
}

# At rates of their own by direction, which conntrack's counters tell.
known_rates()
{
	hosts bg t 25 500 && hosts bg w 20 900 o && hosts bg v 20 300 r ||
		return
	judge rates >"$lib_dir/known" &
	while kill -0 $! 2>/dev/null; do
		hosts idle 300 || break
	done
	expect "$(<"$lib_dir/known")" wait $!
	hosts nobg t w v && hosts settle
}

# Since its last fast packet: no longer than since before the test sent it, no
# less than since it had arrived.
idle_times()
{
	local before after asked told key

	hosts arm 5000 w || return
	before=${EPOCHREALTIME/[.,]/}
	hosts send w b 3 100 || return
	after=${EPOCHREALTIME/[.,]/}
	hosts idle 1500
	asked=${EPOCHREALTIME/[.,]/}
	ctl -j connection list src-port=28004 >"$lib_dir/list"
	told=${EPOCHREALTIME/[.,]/}
	# The engine's clock ticks every 4 ms and the way through the wire and
	# the host's socket takes some.
	for key in orig-idle repl-idle; do
		hosts pick "$lib_dir/list" $key || return
		expect "$key: $answer is too long" [ "$answer" -le \
			$(((told - before) / 1000 + 10)) ]
		expect "$key: $answer is too short" [ "$answer" -ge \
			$(((asked - after) / 1000 - 10)) ]
	done
}

# datagram HOST SOURCE SPORT DESTINATION DPORT [WORD]: one UDP packet.
datagram()
{
	in_ns "$1" /usr/bin/python3 -c 'import socket, sys
source, sport, to, port, word = sys.argv[1:]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((source, int(sport)))
sock.sendto(word.replace("_", "\0").replace("~", "\1").encode(), (to, int(port)))' \
		"$2" "$3" "$4" "$5" "${6:-x}"
}

# firewall_sees STATE HOST SOURCE SPORT DESTINATION DPORT: the list has that
# state, and the next packet of the original direction is that to iptables, by
# the counter of a rule for it.
firewall_sees()
{
	local state=$1

	shift
	ctl -j connection list protocol=udp src-port="$3" >"$lib_dir/list"
	hosts pick "$lib_dir/list" state && expect_equal "state" "$answer" \
		"$state"
	ipt4 -t mangle -Z STATES
	datagram "$@"
	wait_until 5 counted_one "$state" "$3" ||
		fail "$state: $(ipt4 -t mangle -L STATES -nvx)"
}

# counted_one STATE SPORT: the rule of that state has one packet, no other.
counted_one()
{
	[ "$(ipt4 -t mangle -L STATES -nvx | awk '$1 ~ /^[1-9]/ {
		sub(/.*state /, ""); sub(/ .*/, ""); print tolower($0) }')" \
		= "$1" ]
}

# TFTP's answer comes from a port of its own, which its helper expects.
states()
{
	local state flow="$client 10.1.0.2 28020 10.2.0.2 5009"
	local answer_flow="$server 10.2.0.2 28022 10.1.0.2 28021"

	{
		echo ":STATES - [0:0]"
		echo "-A PREROUTING -p udp -m multiport --sports 28020,28022 -j STATES"
		for state in NEW ESTABLISHED RELATED INVALID UNTRACKED; do
			echo "-A STATES -m conntrack --ctstate $state"
		done
	} | ipt_restore 4 mangle || return
	expect "helper" ipt4 -t raw -A PREROUTING -p udp --dport 69 \
		-j CT --helper tftp || return
	ctl set enabled=no
	# shellcheck disable=SC2086 # words
	{
		datagram $flow
		firewall_sees new $flow
		datagram "$server" 10.2.0.2 5009 10.1.0.2 28020
		firewall_sees established $flow
		datagram "$client" 10.1.0.2 28021 10.2.0.2 69 _~name_octet_
		datagram $answer_flow
		firewall_sees related $answer_flow
		datagram "$client" 10.1.0.2 28021 10.2.0.2 28022
		firewall_sees established $answer_flow
	}
	ctl set enabled=yes
	ipt4 -t mangle -F PREROUTING
	for state in 28020 28021 28022; do
		in_ns "$router" conntrack -D -p udp --orig-port-src $state \
			>/dev/null 2>&1
	done
	true
}

show()
{
	local record

	record=$(ctl connection show src-port=28001 protocol=tcp)
	grep -q 'dst-address: 10.9.0.9:5004$' <<<"$record" ||
		fail "record: $record"
	grep -q 'flags: SACFsd$' <<<"$record" || fail "record: $record"
	expect_equal "records" "$(grep -c flags: <<<"$record")" 1
	ctl -j connection show src-port=28001 >"$lib_dir/show"
	judge schema "connection show" "$lib_dir/show"
	ctl connection show src-port=1 2>"$lib_dir/err"
	expect_equal "none" "$?" 2
	expect_equal "said" "$(<"$lib_dir/err")" \
		"ftctl: connection show: no such connection"
}

options()
{
	local ids

	ids=$(ctl -j connection list | grep -c '"id"')
	expect_equal "-N" "$(ftctl -N "$router" -j connection list |
		grep -c '"id"')" "$ids"
	expect_equal "-N of the client" \
		"$(ftctl "-N$client" -j connection list | grep -c '"id"')" 0
	expect_equal "-4 and -6" "$(($(ctl -4 -j connection list |
		grep -c '"id"') + $(ctl -6 -j connection list |
		grep -c '"id"')))" "$ids"
	ctl -jp connection list >"$lib_dir/pretty"
	judge schema "connection list" "$lib_dir/pretty"
	expect "indented" grep -q '^    "id":' "$lib_dir/pretty"
	ctl -n -j connection list src-port=28001 >"$lib_dir/numbers"
	hosts pick "$lib_dir/numbers" protocol &&
		expect_equal "protocol" "$answer" 6
	hosts pick "$lib_dir/numbers" orig-in-device &&
		expect_equal "device" "$answer" "$(in_ns "$router" cat \
			/proc/net/dev_mcast | awk '$2 == "lan" { print $1 }' |
			head -n 1)"
	expect_equal "no colours" "$(ctl connection list | grep -c $'\e')" 0
	ctl -V | grep -qE '^ftctl [0-9]+\.[0-9]' || fail "version"
	ctl -h | grep -q 'connection watch' || fail "help"
	ctl help connection list | grep -q 'repl-fasttrack-bytes' ||
		fail "help of the list"
}

# A reader that goes away ends the list, and is no failure.
closed_pipe()
{
	ctl connection list | head -n 1 >/dev/null
	expect_equal "status" "${PIPESTATUS[0]}" 0
	ctl -j connection list >/dev/full 2>"$lib_dir/err"
	expect_equal "full disk" "$?" 2
	expect_equal "said" "$(grep -c 'cannot write' "$lib_dir/err")" 1
}

# refused ARG...: status 1, one line on stderr that names the last word.
refused()
{
	ctl "$@" >"$lib_dir/out" 2>"$lib_dir/err"
	expect_equal "$*: status" "$?" 1
	expect_equal "$*: lines" "$(wc -l <"$lib_dir/err")" 1
	grep -qF -- "${*: -1}" "$lib_dir/err" ||
		fail "$*: does not name it: $(<"$lib_dir/err")"
	[ ! -s "$lib_dir/out" ] || fail "$*: on stdout: $(<"$lib_dir/out")"
}

bad_words()
{
	local word

	for word in nonsense= bad=1 src-address protocol; do
		refused connection list "$word"
	done
	refused connection list sort bytes
	refused connection list limit 0
	refused connection list sort
	ctl connection list src-address=10.0.0.300 2>"$lib_dir/err"
	expect_equal "status" "$?" 1
	expect "names it" grep -q "'10.0.0.300'" "$lib_dir/err"
	ctl connection list interval=10ms 2>"$lib_dir/err"
	expect_equal "status" "$?" 1
	ctl connection list columns=id,nope 2>"$lib_dir/err"
	expect "names it" grep -q "'nope'" "$lib_dir/err"
	ctl -N nope connection list 2>"$lib_dir/err"
	expect_equal "namespace" "$?" 2
	expect "names it" grep -q "'nope'" "$lib_dir/err"
}

require ip ftctl conntrack iptables-nft nft
[ -z "$slow" ] || ktap_skip_all "nothing is fast"
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules

ktap_plan 17
ktap_test "connections of all kinds" make_flows
ktap_test "every property as conntrack and the engine have it" judge same
ktap_test "every filter" judge filters
ktap_test "every order, and limits" judge order
ktap_test "every property in table and details" judge table
ktap_test "GRE's key" gre_key
ktap_test "records of show" show
ktap_test "options" options
ktap_test "rates" rates
ktap_test "known rates, by conntrack's counters" known_rates
ktap_test "idle times, by the clock" idle_times
ktap_test "state, by the firewall's rules" states
ktap_test "idle connections stay fasttracked" idle
ktap_test "helper and expected child" helper
ktap_test "offload" offload
ktap_test "closed pipe and full disk" closed_pipe
ktap_test "bad words" bad_words
ktap_end
