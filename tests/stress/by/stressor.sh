# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a stressor needs: the namespaces of the stage, and a loop until TERM.
#
#	source "$(dirname "$0")/stressor.sh"
#	round() { ... }			# some hundred milliseconds of trouble
#	restore() { ... }		# as it was before; optional
#	stressor			# rounds until TERM
#
# It runs inside the router, which saves a program for each command there; one
# that sets $outside before does not.
#
# A round's own failures are part of the stress: commands that meet each other
# fail, traffic is lost. But a command that never works is a stressor that does
# nothing: see try. $STRESS_ALONE is set where nobody else disturbs, and there a
# round may return non-zero for what does not work either.

# shellcheck disable=SC2034 # for the stressors
read -r client router server <<<"$STRESS_NS"
if [ "${STRESS_HERE:-}" != "$router" ] && [ -z "${outside:-}" ]; then
	export STRESS_HERE=$router
	exec busybox nsenter --net="/run/netns/$router" "$0"
fi
# shellcheck source=../stress.sh
source "$(dirname "${BASH_SOURCE[0]}")/../stress.sh"
rounds=0
stopped=
declare -A tried=() worked=() last_words=()

# in_ns as in ../../lib.sh, but for where we are
in_ns()
{
	local ns=$1

	shift
	if [ "$ns" = "${STRESS_HERE:-}" ]; then
		"$@"
	else
		busybox nsenter --net="/run/netns/$ns" "$@"
	fi
}

restore()
{
	:
}

# try COMMAND...: it may fail, but not each time.
try()
{
	tried[$*]=$((${tried[$*]:-0} + 1))
	"$@" >"$lib_dir/said" 2>&1 && worked[$*]=1
	[ -n "${worked[$*]:-}" ] || last_words[$*]=$(tail -n 2 "$lib_dir/said")
}

# Says which commands have never worked; with others about, three times is never.
in_vain()
{
	local what found=1 often=3

	[ -z "${STRESS_ALONE:-}" ] || often=1
	for what in "${!tried[@]}"; do
		[ "${tried[$what]}" -ge $often ] &&
			[ -z "${worked[$what]:-}" ] || continue
		echo "never worked: $what: ${last_words[$what]}"
		found=0
	done
	return $found
}

# unproven: alone, is there a command that has not worked yet and should be tried
# again? A slow machine may have come to it but once.
unproven()
{
	local what

	[ -n "${STRESS_ALONE:-}" ] || return
	for what in "${!tried[@]}"; do
		[ -n "${worked[$what]:-}" ] || [ "${tried[$what]}" -ge 5 ] ||
			return 0
	done
	return 1
}

# stressor: the loop. Ends at TERM, after the round that is under way.
stressor()
{
	local status=0

	trap 'stopped=1' TERM
	echo started
	while [ -z "$stopped" ] || unproven; do
		round $rounds || { status=1; break; }
		rounds=$((rounds + 1))
	done
	restore || status=1
	! in_vain || status=1
	echo "${0##*/}: $rounds rounds${tally:+, $tally}"
	[ $rounds -gt 0 ] || status=1
	exit $status
}

# shared COMMAND...: run it while the modules may not be unloaded.
shared()
{
	flock "$STRESS_LOCK.gate" true
	(
		flock -s 9
		"$@"
	) 9<"$STRESS_LOCK"
}

# exclusive COMMAND...: run it while nobody adds a rule. The gate keeps those who
# share from taking turns for ever.
exclusive()
{
	(
		flock 8
		flock 9
		"$@"
	) 8<"$STRESS_LOCK.gate" 9<"$STRESS_LOCK"
}
