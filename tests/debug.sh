# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What is run on a debug kernel: KUnit, the functional suite, stress, faults, fuzz,
# the twin routers and the planted bugs.
#
# Owns: what runs beside what, and how a machine is asked for. Must not know: what
# a part tests, how parts are counted (parts.sh, which comes before this), nor
# which are wanted and for how long (check, check-debug): $parts and $packets, those
# of the twin routers; $top is the tree.
#
# The kernel "um" is a program that has one processor and runs at this machine's speed;
# "debug", and "kcsan" for races, have two processors, which QEMU emulates ten times
# slower. So what needs two is run on those, and all else on the program. That one has
# the checks of "debug" but for sleeping where that is forbidden
# (DEBUG_ATOMIC_SLEEP), which takes a kernel that can be preempted: stress asks most
# of process context, and faults in their short form are on "debug" for that, too.
# shellcheck disable=SC2154 # see above
offered=""
# A debug kernel takes its time
debug_timeout=${FASTTRACK_TIMEOUT:-3600}
debug_limit=${LIMIT:-14400}

# parts_known NAME...: nothing is asked for that is not among these
parts_known()
{
	local name

	for name in $parts; do
		[[ " $* " == *" $name "* ]] || {
			echo "'$name' is none of: $*" >&2
			return 2
		}
	done
}

# wanted PART: by whoever called, and to be had on the kernel
wanted()
{
	[[ " $parts " == *" $1 "* && " $offered " == *" $1 "* ]]
}

# machine KERNEL SCRIPT: one script, one machine. Faults can be had of those slabs
# alone that the kernel is told of at its start.
machine()
{
	FASTTRACK_TIMEOUT=$debug_timeout tests/vm/run -k "$1" -m 3072 \
		-t "$debug_limit" \
		-a "slub_debug=A,fasttrack_flow4,fasttrack_flow6 log_buf_len=32M" \
		--tests "$2"
}

kunit()
{
	local release

	release=$(tests/vm/kernel "$1") || return
	FASTTRACK_MODDIR=$top/build/${release%% *}-kunit \
		machine "$1" tests/ft_kunit.sh
}

# Every allocation of the core as well takes an hour under emulation
# shellcheck disable=SC2317 # called by lane
faults()
{
	[ "$1" = um ] || unset FASTTRACK_ALL
	machine "$1" tests/faults/ft_faults.sh
}

# some KERNEL PART...: those that are wanted, as records of a lane
# shellcheck disable=SC2317 # called by lane
some()
{
	local kernel=$1 name

	shift
	for name; do
		wanted "$name" || continue
		case $name in
		kunit) record "KUnit on $kernel" count_sum kunit "$kernel" ;;
		twin) record "twin routers on $kernel" count_ktap \
			tests/twin/run packets="$packets" kernel="$kernel" ;;
		functional) record "functional tests on $kernel" count_sum env \
			FASTTRACK_TIMEOUT="$debug_timeout" LIMIT="$debug_limit" \
			tests/functional "$kernel" ;;
		churn) record "churn on $kernel" count_sum machine "$kernel" \
			tests/stress/ft_churn.sh ;;
		faults) record "faults on $kernel" count_sum \
			faults "$kernel" ;;
		planted) record "planted bugs on $kernel" count_ktap \
			env KERNEL="$kernel" tests/planted/run ;;
		*) record "$name on $kernel" count_sum machine "$kernel" \
			"tests/$name/ft_$name.sh" ;;
		esac
	done
}

# built KERNEL: all that runs on it
built()
{
	make -s user && make -s -C tests/stress && make -s -C tests/user &&
	tests/vm/build "$1" WIRE=1 && tests/vm/build "$1" KUNIT=1 && return
	echo "not ok - build for $1"
	failed=$((failed + 1))
	return 1
}

# on KERNEL PART...: unless $KERNEL is another one, build for it, and begin those of
# its parts that are wanted, in lanes which whoever called waits for: lanes_end
on()
{
	local kernel=$1 name any=

	[ "${KERNEL:-$kernel}" = "$kernel" ] || return 0
	offered=${*:2}
	for name in $offered; do ! wanted "$name" || any=yes; done
	[ -n "$any" ] && built "$kernel" || return 0
	lane "$kernel-stress" some "$kernel" stress
	lane "$kernel-twin" some "$kernel" twin planted churn
	lane "$kernel-others" some "$kernel" kunit fuzz faults functional
}
