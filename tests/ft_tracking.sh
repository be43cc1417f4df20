#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Settings of connection tracking as a whole, against /proc/sys: both families
# of defaults, files that are saved and loaded, all of a file or nothing.
#
# Needs no traffic: one namespace, and another one that nobody changed.
source "$(dirname "$0")/lib.sh"

declare router fresh

here=$(dirname "$0")
NAMES="loose-tcp-tracking:tcp_loose liberal-tcp-tracking:tcp_be_liberal
tcp-syn-sent-timeout:tcp_timeout_syn_sent
tcp-syn-received-timeout:tcp_timeout_syn_recv
tcp-established-timeout:tcp_timeout_established
tcp-fin-wait-timeout:tcp_timeout_fin_wait
tcp-close-wait-timeout:tcp_timeout_close_wait
tcp-last-ack-timeout:tcp_timeout_last_ack
tcp-time-wait-timeout:tcp_timeout_time_wait
tcp-close-timeout:tcp_timeout_close
tcp-max-retrans-timeout:tcp_timeout_max_retrans
tcp-unacked-timeout:tcp_timeout_unacknowledged
udp-timeout:udp_timeout udp-stream-timeout:udp_timeout_stream
icmp-timeout:icmp_timeout icmpv6-timeout:icmpv6_timeout
generic-timeout:generic_timeout"

ctl()
{
	in_ns "$router" ftctl "$@"
}

# all NAMESPACE: what /proc has, a name and a value on each line.
all()
{
	local pair names=() keys=() values i

	for pair in $NAMES; do
		names+=("${pair%%:*}")
		keys+=("net.netfilter.nf_conntrack_${pair#*:}")
	done
	mapfile -t values < <(in_ns "$1" sysctl -n "${keys[@]}")
	for i in "${!names[@]}"; do
		echo "${names[i]} ${values[i]:-}"
	done
}

# The values of RouterOS, from its manual.
routeros()
{
	cat <<-'END'
	loose-tcp-tracking 1
	liberal-tcp-tracking 0
	tcp-syn-sent-timeout 5
	tcp-syn-received-timeout 5
	tcp-established-timeout 86400
	tcp-fin-wait-timeout 10
	tcp-close-wait-timeout 10
	tcp-last-ack-timeout 10
	tcp-time-wait-timeout 10
	tcp-close-timeout 10
	tcp-max-retrans-timeout 300
	tcp-unacked-timeout 300
	udp-timeout 10
	udp-stream-timeout 180
	icmp-timeout 10
	icmpv6-timeout 10
	generic-timeout 600
	END
}

families()
{
	expect "routeros" ctl tracking reset routeros
	expect_equal "RouterOS" "$(all "$router")" "$(routeros)"
	expect "linux" ctl tracking reset linux
	expect_equal "kernel" "$(all "$router")" "$(all "$fresh")"
}

# What show says is what /proc has, in JSON and in text, with its origin.
shown()
{
	ctl tracking reset routeros
	ctl -j tracking show >"$lib_dir/show"
	expect "schema" in_ns "$router" /usr/bin/python3 "$here/ft_list.py" \
		schema "tracking show" "$lib_dir/show"
	expect_equal "JSON" "$(/usr/bin/python3 -c '
import json, sys
show = json.load(open(sys.argv[1]))
for line in sys.stdin:
    name = line.split()[0]
    print(name, int(show[name]))' "$lib_dir/show" <<<"$(all "$router")")" \
		"$(all "$router")"
	ctl tracking show >"$lib_dir/show"
	grep -qE '^tcp-established-timeout +1d +changed +5d +1d$' \
		"$lib_dir/show" || fail "$(grep established "$lib_dir/show")"
	grep -qE '^generic-timeout +10m +default ' "$lib_dir/show" ||
		fail "$(grep generic "$lib_dir/show")"
	ctl tracking reset linux
	# max-entries is the machine's, and whoever was here before set it
	expect_equal "changed ones" "$(ctl tracking show |
		grep -v ^max-entries | grep -c changed)" 0
}

totals()
{
	local name

	in_ns "$router" conntrack -I -u SEEN_REPLY -t 100 -p udp -s 10.0.0.1 \
		-d 10.0.0.2 --sport 1 --dport 2 >/dev/null 2>&1
	in_ns "$router" conntrack -I -u SEEN_REPLY -t 100 -p udp -s 10.0.0.3 \
		-d 10.0.0.2 --sport 1 --dport 2 >/dev/null 2>&1
	in_ns "$router" conntrack -I -u SEEN_REPLY -t 100 -p udp -s fd00::1 \
		-d fd00::2 --sport 1 --dport 2 >/dev/null 2>&1
	ctl tracking show >"$lib_dir/show"
	for name in total-entries:3 total-ip4-entries:2 total-ip6-entries:1; do
		grep -qE "^${name%:*} +${name#*:} " "$lib_dir/show" ||
			fail "$(grep total "$lib_dir/show")"
	done
	expect_equal "conntrack -C" "$(in_ns "$router" conntrack -C)" 3
	expect_equal "max" "$(awk '/^max-entries/ { print $2 }' \
		"$lib_dir/show")" "$(sysctl -n net.netfilter.nf_conntrack_max)"
	in_ns "$router" conntrack -F 2>/dev/null
}

files()
{
	local file=$lib_dir/settings before

	ctl tracking reset routeros
	ctl tracking set udp-timeout=77s liberal-tcp-tracking=yes
	before=$(all "$router")
	expect "save" ctl tracking save "$file"
	expect_equal "same to stdout" "$(ctl tracking save -)" "$(<"$file")"
	ctl tracking reset linux
	expect "load" ctl tracking load "$file"
	expect_equal "loaded" "$(all "$router")" "$before"
	ctl tracking reset linux
	expect "load from stdin" ctl tracking load - <"$file"
	expect_equal "loaded" "$(all "$router")" "$before"
	expect_equal "nothing beside it" "$(echo "$lib_dir"/settings*)" "$file"
	printf '\t# a comment\n\n  udp-timeout=9s  # nine\r\n' >"$file"
	expect "load a part" ctl tracking load "$file"
	expect_equal "udp" "$(in_ns "$router" sysctl -n \
		net.netfilter.nf_conntrack_udp_timeout)" 9
	ctl tracking reset linux
}

# raw NAME VALUE: set what the kernel alone can judge
raw()
{
	in_ns "$router" sysctl -qw "net.netfilter.nf_conntrack_$1=$2" \
		2>/dev/null
}

# The range of a timeout is that of the kernel's sysctl, and whatever that has
# can be saved and loaded.
ranges()
{
	local file=$lib_dir/range before value taken

	for value in 0 1 2147483 2147484 8589934 8589935 21474836 21474837; do
		raw udp_timeout_stream "$value"
		taken=$?
		ctl tracking set udp-timeout="$value" 2>/dev/null
		expect_equal "$value s" $((! $?)) $((! taken))
	done
	ctl tracking reset linux
	raw tcp_timeout_established 2592000 || return
	raw udp_timeout 0 || return
	before=$(all "$router")
	expect "save" ctl tracking save "$file"
	expect "long" grep -qx tcp-established-timeout=4w2d "$file"
	ctl tracking reset linux
	expect "load" ctl tracking load "$file"
	expect_equal "loaded" "$(all "$router")" "$before"
	ctl tracking reset linux
	# What nobody can set in seconds is said and left out
	raw icmp_timeout -1 || return
	expect "save" ctl tracking save "$file"
	expect "said" grep -qE '^# icmp-timeout=.* is out of range$' "$file"
	ctl tracking reset linux
	raw icmp_timeout 31
	expect "load" ctl tracking load "$file"
	expect_equal "left alone" "$(in_ns "$router" sysctl -n \
		net.netfilter.nf_conntrack_icmp_timeout)" 31
	expect "not ours" grep -qE \
		'^# max-entries=[0-9]+ is for the first network namespace$' \
		"$file"
	ctl tracking reset linux
}

# No limit is a limit as well, but for kernels (7.3) that want one.
no_limit()
{
	local file=$lib_dir/limit max=net.netfilter.nf_conntrack_max before

	before=$(sysctl -n $max)
	at_exit sysctl -qw "$max=$before"
	if sysctl -qw "$max=0" 2>/dev/null; then
		expect "save" ftctl tracking save "$file"
		sysctl -qw "$max=5000"
		expect "load" ftctl tracking load "$file"
		expect_equal "no limit" "$(sysctl -n $max)" 0
	else
		ftctl tracking set max-entries=0 2>"$lib_dir/err"
		expect_equal "refused" "$? $(<"$lib_dir/err")" \
			"2 ftctl: max-entries: Invalid argument"
		expect_equal "the limit" "$(sysctl -n $max)" "$before"
	fi
	expect "set" ftctl tracking set max-entries=6000
	expect_equal "a limit" "$(sysctl -n $max)" 6000
}

# mode FILE: its rights and owner
mode()
{
	stat -c '%a %u:%g' "$1"
}

# What a save writes to may have a mode, an owner and another name, which stay.
keeps()
{
	local file=$lib_dir/kept link=$lib_dir/link

	(umask 027; ctl tracking save "$file")
	expect_equal "new file" "$(mode "$file")" "640 0:0"
	echo old >"$file"
	chmod 600 "$file"
	chown 1:2 "$file"
	expect "save" ctl tracking save "$file"
	expect_equal "kept" "$(mode "$file")" "600 1:2"
	expect_equal "saved" "$(<"$file")" "$(ctl tracking save -)"
	echo old >"$file"
	ln -s kept "$link"
	expect "over a link" ctl tracking save "$link"
	expect_equal "link" "$(readlink "$link")" kept
	expect_equal "behind it" "$(<"$file")" "$(ctl tracking save -)"
	expect_equal "kept" "$(mode "$file")" "600 1:2"
	ln -sf missing "$link"
	expect "over a link to nothing" ctl tracking save "$link"
	expect_equal "link" "$(readlink "$link")" missing
	expect_equal "behind it" "$(<"$lib_dir/missing")" \
		"$(ctl tracking save -)"
	# No room for it: the limit is 0 blocks
	echo old >"$file"
	(trap '' XFSZ; ulimit -f 0; ctl tracking save "$file" 2>/dev/null)
	expect_equal "no room" $? 2
	expect_equal "old file" "$(<"$file")" old
	(trap '' XFSZ; ulimit -f 0
		ctl tracking save "$lib_dir/kept.new" 2>/dev/null)
	expect_equal "no room" $? 2
	expect_equal "nothing beside it" "$(echo "$lib_dir"/kept*)" "$file"
}

# What is no file is written to and stays what it is.
nodes()
{
	local pipe=$lib_dir/pipe null=$lib_dir/null want

	want=$(ctl tracking save -)
	expect "node" mknod "$null" c 1 3
	expect "to a node" ctl tracking save "$null"
	expect_equal "node" "$(stat -c '%F %t:%T' "$null")" \
		"character special file 1:3"
	expect "pipe" mkfifo "$pipe"
	timeout 20 cat "$pipe" >"$lib_dir/piped" &
	expect "to a pipe" timeout 20 ip netns exec "$router" \
		ftctl tracking save "$pipe"
	expect_equal "pipe" "$(stat -c %F "$pipe")" fifo
	wait $!
	expect_equal "piped" "$(<"$lib_dir/piped")" "$want"
	expect_equal "/dev/stdout" "$(ctl tracking save /dev/stdout)" "$want"
	{
		echo before
		ctl tracking save /dev/stdout
		echo after
	} >"$lib_dir/stdout"
	expect_equal "/dev/stdout is a file" "$(<"$lib_dir/stdout")" \
		"$(printf 'before\n%s\nafter' "$want")"
	expect "/dev/stdout" test -L /dev/stdout
	ctl tracking save /dev/full 2>"$lib_dir/err"
	expect_equal "/dev/full" $? 2
	expect_equal "its message" "$(<"$lib_dir/err")" \
		"ftctl: /dev/full: No space left on device"
	expect "/dev/full" test -c /dev/full
}

# bad LINE REASON: a file whose third line is that changes nothing.
bad()
{
	local file=$lib_dir/bad before

	before=$(all "$router")
	printf 'udp-timeout=11s\nicmp-timeout=12s\n%b\ngeneric-timeout=13s\n' \
		"$1" >"$file"
	ctl tracking load "$file" >"$lib_dir/out" 2>"$lib_dir/err"
	expect_equal "$1: status" $? 1
	expect_equal "$1: message" "$(<"$lib_dir/err")" "ftctl: $file:3: $2"
	expect_equal "$1: settings" "$(all "$router")" "$before"
}

bad_files()
{
	bad 'udp-timeouts=5s' "unknown setting 'udp-timeouts'"
	bad 'tcp-close-timeout=x' "tcp-close-timeout: 'x' is not a time"
	bad 'udp-timeout=5s' "udp-timeout is given twice"
	bad 'nonsense' "'nonsense' is not NAME=VALUE"
	bad 'udp-timeout = 5s' "more than one word in 'udp-timeout = 5s'"
	bad 'loose-tcp-tracking=maybe' \
		"loose-tcp-tracking: 'maybe' is not yes or no"
	bad 'total-entries=5' "total-entries is read-only"
	bad 'a\0b' "a NUL in the line"
}

# The kernel refuses one of the values, or the file can't be had.
refused()
{
	local before

	before=$(all "$router")
	echo "max-entries=100000" >"$lib_dir/max"
	echo "udp-timeout=11s" >>"$lib_dir/max"
	ctl tracking load "$lib_dir/max" 2>"$lib_dir/err"
	expect_equal "max-entries" $? 2
	expect "named" grep -q '^ftctl: max-entries ' "$lib_dir/err"
	ctl tracking load /nonexistent/file 2>"$lib_dir/err"
	expect_equal "no file" $? 2
	expect "named" grep -q '/nonexistent/file' "$lib_dir/err"
	ctl tracking save /nonexistent/file 2>"$lib_dir/err"
	expect_equal "no folder" $? 2
	ctl tracking load / 2>"$lib_dir/err"
	expect_equal "a folder" "$? $(<"$lib_dir/err")" \
		"2 ftctl: /: Is a directory"
	ctl tracking save / 2>"$lib_dir/err"
	expect_equal "a folder" "$? $(<"$lib_dir/err")" \
		"2 ftctl: /: Is a directory"
	echo old >"$lib_dir/old"
	in_ns "$router" setpriv --reuid 65534 --clear-groups "$(type -P ftctl)" \
		tracking save "$lib_dir/old" 2>/dev/null
	expect_equal "no permission" $? 2
	expect_equal "old file" "$(<"$lib_dir/old")" old
	for words in "tracking reset" "tracking reset freebsd" \
		     "tracking reset linux now" "tracking save" \
		     "tracking load" "tracking load a b"; do
		# shellcheck disable=SC2086 # words of a command line
		ctl $words >/dev/null 2>"$lib_dir/err"
		expect_equal "$words" $? 1
		expect_equal "$words: lines" "$(wc -l <"$lib_dir/err")" 1
	done
	expect_equal "settings" "$(all "$router")" "$before"
}

require ip ftctl conntrack setpriv
modprobe -q nf_conntrack
ns_new router fresh

ktap_plan 10
ktap_test "defaults of RouterOS and of the kernel" families
ktap_test "values and their origin" shown
ktap_test "entries used" totals
ktap_test "save and load" files
ktap_test "a saved file keeps mode, owner and link" keeps
ktap_test "what is no file stays what it is" nodes
ktap_test "ranges are those of the kernel" ranges
ktap_test "no limit" no_limit
ktap_test "a bad line changes nothing" bad_files
ktap_test "what is refused changes nothing" refused
ktap_end
