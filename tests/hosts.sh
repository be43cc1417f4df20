# SPDX-License-Identifier: GPL-2.0
# The hosts on both sides of the router and eyes on its wires, from a shell.
#
# Owns: one long-lived hosts/hosts.py, which has the sockets, and the exchange
# of lines with it. Must not know: what the commands do; hosts.py lists them.
#
#	hosts_start client router server	# variables that hold namespaces
#	hosts udp u1 10.0.1.2 4000 10.0.2.2 5000 10.0.2.2 5000
#	hosts send u1 b 100 200 || return	# 100 messages each way, or fail

# hosts_start CLIENT ROUTER SERVER: the namespaces of the aliases c, r and s.
hosts_start()
{
	local here

	here=$(dirname "${BASH_SOURCE[0]}")
	coproc HOSTS {
		exec /usr/bin/python3 "$here/hosts/hosts.py" 2>"$lib_dir/hosts"
	}
	lib_pids+=("$HOSTS_PID")
	hosts_in=${HOSTS[1]} hosts_out=${HOSTS[0]}
	hosts ns c "$1" && hosts ns r "$2" && hosts ns s "$3"
}

# hosts_ask COMMAND...: run a command; what it tells is in $answer. Returns
# whether it succeeded, and says nothing.
hosts_ask()
{
	answer="err hosts.py is gone: $(tail -n 3 "$lib_dir/hosts" 2>/dev/null)"
	if ! { printf '%s\n' "$*" >&"$hosts_in"; } 2>/dev/null ||
	   ! read -r -t 100 answer <&"$hosts_out"; then
		return 1
	fi
	case $answer in
	ok*) answer=${answer#ok}; answer=${answer# } ;;
	*) return 1 ;;
	esac
}

# hosts COMMAND...: the same as part of a test, which fails if it fails.
hosts()
{
	hosts_ask "$@" && return
	ktap_state=fail
	diag "${FUNCNAME[1]}:${BASH_LINENO[0]}: hosts $*: ${answer#err }"
	return 1
}
