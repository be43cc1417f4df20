# SPDX-License-Identifier: GPL-2.0
# Orders to the test module, for scripts inside of the router's namespace.
#
# Owns: the module's file, what ends the run, and what the engine says of the
# flows. Must not know: what the orders
# are for. Wants $expect, as path_expect says it, $what, for complaints, and
# $family and $flows of the present flow set.

feed_file=/proc/net/ft_bench

# bench COMMAND...: carry out a command of the module; sets its results as
# variables. A packet that is wrong, late or lost ends the run.
bench()
{
	local sent received wrong complaint key value

	echo "$*" >$feed_file || die "$what: $*: refused"
	while IFS== read -r key value; do
		printf -v "$key" %s "$value"
	done <$feed_file
	[ "$wrong" = 0 ] || die "$what: $*: $wrong wrong: $complaint"
	[ $expect = nothing ] || [ "$received" = "$sent" ] ||
		die "$what: $*: $sent sent, $received received"
}


# status KEY: a number of the engine's, of the family or of the whole.
status()
{
	local text

	text=$(ftctl -j status)
	case $1 in
	connections) text=${text#*\"$family\":} ;;
	esac
	text=${text#*\"$1\":}
	echo "${text%%[,\}]*}"
}

# all_fast: is each flow in the engine's table? One that came while the table
# had no room for it is offered again by its next packet.
all_fast()
{
	local _

	for _ in 1 2 3 4 5; do
		[ "$(status connections)" -ne "$flows" ] || return 0
		sleep 1
		bench send original "packets=$flows"
	done
	return 1
}
