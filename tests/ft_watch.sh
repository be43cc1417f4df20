#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The live view on a real terminal (tmux), against conntrack's counters: rates,
# order, a filter typed on the screen, size, and that the terminal is as it was
# whatever ends the view.
#
#	client eth0 -------- lan router wan -------- eth0 server
#
# FASTTRACK_OUT, set by tests/vm/run, receives the screens for the README.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"

# Each terminal has a server of its own, for one that ends takes its time. The
# next view of that size has the same terminal, if its shell is back.
views=0
viewed=
back=
mux()
{
	tmux -L "ft$$-$views" -f /dev/null "$@"
}

# view COLUMNS LINES ARG...: a terminal with the view in it; what the shell
# says behind it tells how it ended.
view()
{
	local columns=$1 lines=$2

	shift 2
	viewed="$columns $lines $environment"
	if [ "$back" != "$viewed" ]; then
		mux kill-server 2>/dev/null
		views=$((views + 1))
		at_exit tmux -L "ft$$-$views" kill-server
		expect "tmux" mux new-session -d -x "$columns" -y "$lines" \
			"exec env $environment bash --norc --noprofile" ||
			return
		mux send-keys "PS1='$ '; stty -a >$lib_dir/before" Enter
	fi
	back=
	rm -f "$lib_dir/left" "$lib_dir/after"
	mux send-keys "clear; busybox nsenter --net=/run/netns/$router \
$(type -P ftctl) connection watch $*; echo left \$? \
>$lib_dir/left; stty -a >$lib_dir/after; echo the'' end" Enter
	seen 'q quit' || fail "no view: $(screen)"
}

screen()
{
	mux capture-pane -p
}

# seen PATTERN [SECONDS]: does it stand on the screen, soon? Traffic that hosts.py
# sends goes on meanwhile.
seen()
{
	local end=$((SECONDS + ${2:-20}))

	until screen | grep -qE -- "$1"; do
		[ $SECONDS -lt $end ] || return 1
		hosts_ask idle 200
	done
}

unseen()
{
	local end=$((SECONDS + ${2:-20}))

	while screen | grep -qE -- "$1"; do
		[ $SECONDS -lt $end ] || return 1
		hosts_ask idle 200
	done
}

flows()
{
	flow_open t tcp 4 both 28001 && flow_open u udp 6 snat 28002 &&
	flow_open w udp 4 none 28003 && hosts arm 2000 t u w &&
	hosts bg t 60 1200 && hosts bg u 100 300 || return
	in_ns "$router" sysctl -qw net.netfilter.nf_conntrack_icmp_timeout=900
	expect "ping" in_ns "$client" ping -q -c 1 -W 5 10.2.0.2
}

# The connection with most traffic is the first line, and its rate is right:
# no more than what conntrack counts in the same time, and no nothing.
rates()
{
	view 132 16 interval=1s || return
	seen 'bps +[0-9.k]+bps' || fail "no rates: $(screen)"
	hosts idle 3000
	expect "order" [ "$(screen | sed -n 4p | grep -c 28001)" -eq 1 ]
	expect "idle one" [ "$(screen | grep 28003 | grep -c ' 0bps')" -eq 1 ]
	expect "flags" [ "$(screen | grep 28001 | grep -c '^SACFsd ')" -eq 1 ]
	expect "totals" [ "$(screen | head -n 1 |
		grep -cE '[0-9]+ connections, [0-9]+ fast')" -eq 1 ]
	expect "no wider than the terminal" [ "$(screen | wc -L)" -le 132 ]
	[ -z "${FASTTRACK_OUT:-}" ] || {
		mkdir -p "$FASTTRACK_OUT" && screen >"$FASTTRACK_OUT/watch"
		mux send-keys q
		seen 'the end'
		mux send-keys "clear; busybox nsenter --net=/run/netns/$router \
$(type -P ftctl) connection list columns=flags,protocol,src-address,\
dst-address,reply-dst-address,timeout,orig-bytes,repl-bytes,why-not" Enter
		seen WHY-NOT && hosts idle 500 && screen >"$FASTTRACK_OUT/list"
	}
	true
}

# row LINES PATTERN: is it in just one of these lines of the screen?
row()
{
	[ "$(screen | sed -n "$1p" | grep -c "$2")" -eq 1 ]
}

orders()
{
	view 150 24 sort src-address interval=500ms || return
	seen 'sort src-address' || fail "order: $(screen)"
	# The ping, which has no port, comes before it.
	expect "second: $(screen)" wait_until 5 row 5 10.1.0.2:28001
	mux send-keys r
	seen 'sort src-address reverse' || fail "reverse: $(screen)"
	expect "first: $(screen)" wait_until 5 row 4 fd01::2
	mux send-keys '>'
	seen 'sort dst-address' || fail "next column: $(screen)"
	mux send-keys o
	seen '^sort by:' || fail "prompt: $(screen)"
	mux send-keys orig-bytes Enter
	seen 'sort orig-bytes' || fail "by name: $(screen)"
	mux send-keys o
	mux send-keys nonsense Enter
	seen "sort: 'nonsense' is no property" || fail "message: $(screen)"
}

filters()
{
	view 120 20 interval=500ms || return
	mux send-keys /
	seen '^filter:' || fail "prompt: $(screen)"
	mux send-keys "protocol=udp" Enter
	seen 'filter: protocol=udp' || fail "filter: $(screen)"
	unseen 28001 || fail "TCP is shown: $(screen)"
	seen 28003 || fail "UDP is not shown: $(screen)"
	mux send-keys 6
	unseen 28003 || fail "IPv4 is shown: $(screen)"
	seen 28002 || fail "IPv6 is not shown: $(screen)"
	mux send-keys 6 /
	mux send-keys C-u "src-address=10.0.0.999" Enter
	seen "'10.0.0.999' is not an address" || fail "message: $(screen)"
	seen 28003 || fail "the filter is gone: $(screen)"
	mux send-keys /
	mux send-keys C-u Enter
	seen 28001 || fail "no filter: $(screen)"
	mux send-keys f
	seen 'fasttrack=yes' || fail "fast only: $(screen)"
}

# The engine takes no address with another family than its own, so that the
# view must not ask for that.
families()
{
	view 120 20 interval=500ms || return
	mux send-keys 4
	seen 'filter: family=ipv4' || fail "4: $(screen)"
	unseen 28002 || fail "IPv6 is shown: $(screen)"
	seen 28001 || fail "IPv4 is not shown: $(screen)"
	mux send-keys 4
	seen 28002 || fail "4 taken back: $(screen)"
	mux send-keys /
	mux send-keys "src-address=10.0.0.0/8" Enter
	unseen 28002 || fail "filter: $(screen)"
	mux send-keys 6
	seen 'family: the filter asks for ipv4' || fail "6: $(screen)"
	expect "goes on: $(screen)" seen 28001
	mux send-keys q
	restored 0
	view 120 20 -4 interval=500ms || return
	seen 'filter: family=ipv4' || fail "-4: $(screen)"
	mux send-keys /
	mux send-keys "protocol=udp" Enter
	seen 'family=ipv4 protocol=udp' || fail "-4 is lost: $(screen)"
	seen 28003 || fail "IPv4 is not shown: $(screen)"
	expect "no IPv6: $(screen)" unseen 28002
}

sizes()
{
	view 150 24 interval=500ms || return
	mux resize-window -x 80 -y 10
	seen 'repl-rate' && hosts idle 1000
	expect "width" [ "$(screen | wc -L)" -le 80 ]
	expect "both addresses and rates" [ "$(screen | sed -n 3p |
		grep -c 'src-address.*dst-address.*orig-rate.*repl-rate')" \
		-eq 1 ]
	mux resize-window -x 30 -y 4
	hosts idle 1500
	expect "width" [ "$(screen | wc -L)" -le 30 ]
	mux resize-window -x 200 -y 40
	seen 'orig-fasttrack-bytes' || fail "wide: $(screen)"
	mux send-keys h
	seen 'any key leaves it' || fail "help: $(screen)"
	mux send-keys x
	seen 'repl-rate' || fail "back: $(screen)"
	mux send-keys p
	seen paused || fail "pause: $(screen)"
}

# restored STATUS: the shell's screen and modes are back.
restored()
{
	seen 'the end' || fail "not left: $(screen)" || return
	expect_equal "status" "$(<"$lib_dir/left")" "left $1"
	expect_equal "modes" "$(<"$lib_dir/after")" "$(<"$lib_dir/before")"
	expect_equal "view" "$(screen | grep -c 'q quit')" 0
	mux send-keys "echo visi'ble'" Enter
	seen '^visible' || fail "no echo: $(screen)" || return
	back=$viewed
}

endings()
{
	local signal status pid

	view 100 20 interval=500ms || return
	mux send-keys q
	restored 0
	view 100 20 interval=500ms || return
	mux send-keys C-c
	restored 0
	for signal in TERM:143 HUP:129 SEGV:139; do
		status=${signal#*:} signal=${signal%:*}
		view 100 20 interval=500ms || return
		pid=$(pgrep -f "^[^ ]*ftctl connection watch") || {
			fail "no process"
			return
		}
		kill "-$signal" "$pid"
		restored "$status"
	done
}

# In the view's last reading, and while it is paused or asks for a word.
ends_anywhere()
{
	view 100 20 interval=500ms count=8 || return
	restored 0
	view 100 20 interval=500ms || return
	mux send-keys p
	mux send-keys /
	mux send-keys C-c
	restored 0
}

# More than fit on a screen: connection K by address is 10.32.0.$((K + K / 3)),
# for every fourth of ctfill's is of IPv6.
fill()
{
	expect "entries" in_ns "$router" ctfill add 80
	many="sort src-address dst-address=10.2.0.98"
}

# first K [SECONDS]: is connection K the first on the screen, soon?
first()
{
	wait_until "${2:-20}" row 4 "10[.]32[.]0[.]$(($1 + $1 / 3)):" ||
		fail "$1 is not first: $(screen)"
}

# newer -I|-D: a connection that comes before all of these
newer()
{
	local more

	more="-p udp -s 10.31.0.1 -d 10.2.0.98 --sport 1 --dport 2"
	[ "$1" = -D ] || more+=" -t 1000 -u SEEN_REPLY"
	# shellcheck disable=SC2086 # words
	expect "conntrack $1" in_ns "$router" conntrack "$1" $more \
		>"$lib_dir/conntrack" 2>&1
}

moves()
{
	fill
	view 100 14 "interval=60s $many" || return
	seen 0bps 60 || fail "no rates: $(screen)"
	first 0
	mux send-keys Down && first 1
	mux send-keys Up && first 0
	mux send-keys NPage && first 10
	mux send-keys NPage && first 20
	mux send-keys PPage && first 10
	mux send-keys End && first 50
	expect "last: $(screen)" row 13 "10[.]32[.]0[.]78:"
	mux send-keys Down && first 51
	expect "one row less: $(screen)" row 13 '^ *$'
	mux send-keys Home && first 0
	mux send-keys '<'
	seen 'sort protocol' || fail "<: $(screen)"
	mux send-keys '>'
	seen 'sort src-address' || fail ">: $(screen)"
	mux send-keys -
	seen 'every 59.0s' || fail "-: $(screen)"
	mux send-keys +
	seen 'every 60.0s' || fail "+: $(screen)"
}

# What came meanwhile is on the screen when space is pressed, and what garbles
# it goes with ^L.
redraws()
{
	first 0
	newer -I
	mux send-keys Down && first 1
	mux send-keys Up && first 0
	mux send-keys Space
	wait_until 20 row 4 10.31.0.1 || fail "space: $(screen)"
	newer -D
	printf '\e[6;1Hgarbage' >"$(mux display-message -p '#{pane_tty}')"
	seen garbage || fail "no garbage: $(screen)"
	mux send-keys C-l
	unseen garbage || fail "^L: $(screen)"
	seen 10.31.0.1 || fail "^L has read: $(screen)"
	mux send-keys '?'
	seen 'any key leaves it' || fail "?: $(screen)"
	mux send-keys x
	seen 'sort src-address' || fail "back: $(screen)"
	mux send-keys Space && first 0
}

# Nothing is read, whatever key is pressed, but by space.
pauses()
{
	local key

	mux send-keys p
	seen paused || fail "p: $(screen)"
	newer -I
	for key in Down NPage Up End Home; do
		mux send-keys "$key"
	done
	first 0
	for key in f r '<' '>' o / 4 6; do
		mux send-keys "$key"
		seen 'paused: p goes on, space reads once' ||
			fail "$key: $(screen)"
		mux send-keys C-l
		unseen 'space reads once' || fail "message: $(screen)"
	done
	expect "order" seen 'sort src-address  filter: dst-address=10.2.0.98'
	mux resize-window -x 100 -y 12
	hosts idle 500
	mux resize-window -x 100 -y 14
	first 0
	mux send-keys Space
	wait_until 20 row 4 10.31.0.1 || fail "space: $(screen)"
	seen paused 1 || fail "space ends it: $(screen)"
	newer -D
	mux send-keys p
	unseen paused || fail "p taken back: $(screen)"
	mux send-keys Space && first 0
}

# The last rows are shown when those on the screen have gone.
shrinks()
{
	mux send-keys End && first 50
	expect "conntrack -D" in_ns "$router" conntrack -D -d 10.2.0.98 \
		>"$lib_dir/conntrack" 2>&1
	newer -I
	mux send-keys Space
	wait_until 20 row 4 10.31.0.1 || fail "an empty screen: $(screen)"
	newer -D
	mux send-keys Space
	seen ' 0 connections' || fail "none: $(screen)"
	in_ns "$router" conntrack -D -f ipv6 -d fd02::98 >/dev/null 2>&1
	fill
	mux send-keys Space && first 0
	mux send-keys q
	restored 0
}

# Words that the list obeys are obeyed here.
words()
{
	view 100 14 "interval=60s limit 15 $many" || return
	seen 'limit 15' || fail "limit: $(screen)"
	mux send-keys End && first 5
	expect "the last: $(screen)" row 13 "10[.]32[.]0[.]18:"
	mux send-keys q
	restored 0
	view 100 14 "count=1 interval=5s $many" || return
	expect "drawn: $(screen)" row 4 '10[.]32[.]0[.]0:'
	restored 0
	in_ns "$router" conntrack -D -d 10.2.0.98 >/dev/null 2>&1
	in_ns "$router" conntrack -D -f ipv6 -d fd02::98 >/dev/null 2>&1
	true
}

colours()
{
	view 100 20 interval=500ms || return
	seen 28001
	expect "colours" [ "$(mux capture-pane -p -e |
		grep -c $'\e\\[32m')" -ge 1 ]
	environment="NO_COLOR=1" view 100 20 interval=500ms || return
	seen 28001
	expect_equal "no colours" "$(mux capture-pane -p -e |
		grep -c $'\e\\[3[0-7]m')" 0
}

json()
{
	in_ns "$router" ftctl -j connection watch count=3 interval=500ms \
		sort=orig-bytes limit 2 >"$lib_dir/json" &
	hosts idle 3000
	expect "ends" wait $!
	expect_equal "lines" "$(wc -l <"$lib_dir/json")" 3
	expect "schema" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" \
		schema "connection watch" "$lib_dir/json"
	tail -n 1 "$lib_dir/json" >"$lib_dir/last"
	hosts pick "$lib_dir/last" matching && expect "all" [ "$answer" -ge 3 ]
	expect "first" [ "$(grep -c '"src-port":28001.*"src-port"' \
		"$lib_dir/last")" -eq 1 ]
	expect "rates" grep -q '"repl-rate":[1-9]' "$lib_dir/last"
	local stream=0

	background stream in_ns "$router" ftctl -j connection watch \
		interval=200ms
	wait_until 10 grep -q '^{' "$lib_dir/stream.log" || fail "no reading"
	pgrep -f "ftctl -j connection watch" >"$lib_dir/pids"
	kill -INT "$(tail -n 1 "$lib_dir/pids")"
	wait_until 5 process_gone "$stream" || fail "SIGINT does not end it"
	expect "status" wait "$stream"
	in_ns "$router" ftctl -j connection watch interval=200ms |
		head -n 1 >/dev/null
	expect_equal "closed pipe" "${PIPESTATUS[0]}" 0
}

no_terminal()
{
	in_ns "$router" ftctl connection watch >"$lib_dir/out" 2>"$lib_dir/err"
	expect_equal "status" $? 1
	expect_equal "lines" "$(wc -l <"$lib_dir/err")" 1
	expect "says so" grep -q 'needs a terminal' "$lib_dir/err"
	view 100 20 sort nonsense 2>/dev/null
	ktap_state=ok
	seen "'nonsense' is no property" || fail "bad word: $(screen)"
}

PATH=$(dirname "$(type -P ftctl)")/tests:$PATH
require ip ftctl conntrack iptables-nft tmux pgrep ctfill
[ -z "$slow" ] || ktap_skip_all "nothing is fast"
environment=TERM=screen-256color
[ -e /usr/share/terminfo/s/screen-256color ] ||
	[ -e /lib/terminfo/s/screen-256color ] || environment=TERM=screen
router_new
hosts_start "$client" "$router" "$server"
nat_rules
fasttrack_rules

ktap_plan 16
ktap_test "flows" flows
ktap_test "rates and order" rates
ktap_test "order by keys" orders
ktap_test "filter typed on the screen" filters
ktap_test "families by keys and -4" families
ktap_test "size of the terminal" sizes
ktap_test "every end restores the terminal" endings
ktap_test "ends while it waits" ends_anywhere
ktap_test "moves, order and interval by keys" moves
ktap_test "space, ^L and help" redraws
ktap_test "a pause reads nothing" pauses
ktap_test "a table that shrinks" shrinks
ktap_test "limit and count" words
ktap_test "colours and NO_COLOR" colours
ktap_test "JSON, a line for each reading" json
ktap_test "no terminal, bad words" no_terminal
ktap_end
