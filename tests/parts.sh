# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The parts of a run: one after another, or some in lanes beside the others.
#
# Owns: what a part prints and when, how its points are counted, and the sum of
# all. Must not know: what a part is, nor in which order they go.
#
#	part NAME COUNT COMMAND...	seen while it runs
#	lane NAME COMMAND...		in the background; its parts are "record"s,
#					which are told by lanes_end
#	idle COMMAND...			on time that nobody else wants
#	parts_end			the sum, alone on the last line
#
# COUNT is count_ktap for points at the left margin, nested ones only within their
# parent, or count_sum for lines "N passed, N failed[, N skipped]".
set -u

passed=0
failed=0
skipped=0
again=""
work=$(mktemp -d)
log=$work/log
declare -A lanes=()
lane_names=()
trap parts_leave EXIT

# Who still runs is ended, and nobody's files are left.
# shellcheck disable=SC2317 # called by a trap
parts_leave()
{
	local name

	for name in "${!lanes[@]}"; do
		kill -- "-${lanes[$name]}" 2>/dev/null
		wait "${lanes[$name]}"
	done
	rm -rf "$work"
}

say()
{
	printf '\n== %s (%ss)\n' "$*" "$SECONDS"
}

count_ktap()
{
	local good bad

	good=$(grep -c '^ok ' "$log")
	bad=$(grep -c '^not ok ' "$log")
	passed=$((passed + good))
	failed=$((failed + bad))
	[ $((good + bad)) -gt 0 ]
}

# Of tests/functional there is one for each machine.
count_sum()
{
	local sum machines seen=0
	local -a n

	while read -r sum; do
		read -r -a n <<< "${sum//,/}"
		passed=$((passed + n[0]))
		failed=$((failed + n[2]))
		skipped=$((skipped + ${n[4]:-0}))
		seen=$((seen + 1))
	done < <(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' \
			"$log")
	again+=$(sed -n 's/^# machine [0-9]*, alone, .*:/ /p' "$log" | tr -d '\n')
	machines=$(grep -c '^# machine [0-9]*,' "$log")
	[ "$seen" -gt 0 ] && [ "$seen" -eq "$((machines ? machines : 1))" ]
}

# judge NAME COUNT STATUS: a part that fails without a failed test point, or
# prints none, is a failure itself
judge()
{
	local before=$failed status=$3

	$2 || status=1
	if [ "$status" -ne 0 ] && [ "$failed" -eq "$before" ]; then
		echo "not ok - $1: exit status $status"
		failed=$((failed + 1))
	fi
}

part()
{
	say "$1"
	"${@:3}" < /dev/null 2>&1 | tee "$log"
	judge "$1" "$2" "${PIPESTATUS[0]}"
}

# shellcheck disable=SC2317 # idle record ...
record()
{
	local to=$work/$lane.$((++recorded)) since=$SECONDS

	"${@:3}" < /dev/null > "$to" 2>&1
	echo $? $((SECONDS - since)) "$2" "$1" > "$to.end"
}

# A process group that can be ended.
lane()
{
	local lane=$1 recorded=0

	set -m
	"${@:2}" < /dev/null > "$work/$lane" 2>&1 &
	lanes[$lane]=$!
	set +m
	lane_names+=("$lane")
}

# shellcheck disable=SC2317 # lane NAME idle ...
idle()
{
	chrt --idle -p 0 "$BASHPID" || renice -n 19 -p "$BASHPID"
	"$@"
}

# tell LANE: what was recorded, in order
tell()
{
	local status seconds count name i

	for ((i = 1; ; i++)); do
		log=$work/$1.$i
		[ -e "$log.end" ] || break
		read -r status seconds count name < "$log.end"
		say "$name: took $seconds s beside others, ended"
		cat "$log"
		judge "$name" "$count" "$status"
		rm -f "$log" "$log.end"
	done
	log=$work/log
}

# lanes_end: wait for all lanes, and tell
lanes_end()
{
	local lane status

	for lane in "${lane_names[@]}"; do
		status=0
		wait "${lanes[$lane]}" || status=$?
		unset "lanes[$lane]"
		tell "$lane"
		[ "$status" -eq 0 ] || {
			cat "$work/$lane"
			echo "not ok - $lane has not ended: exit status $status"
			failed=$((failed + 1))
		}
	done
	lane_names=()
}

parts_end()
{
	say "done"
	[ -z "$again" ] ||
		echo "# failed beside another machine, passed alone:$again"
	if [ "$skipped" -gt 0 ]; then
		echo "$passed passed, $failed failed, $skipped skipped"
	else
		echo "$passed passed, $failed failed"
	fi
	[ "$failed" -eq 0 ]
}
