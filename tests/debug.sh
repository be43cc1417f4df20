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
# Stress has two processors and little to wait for; the others run beside it, a
# machine at a time, and the twin routers, which count instructions, on what is left.
# The functional tests, which are hurt by that, and the planted bugs come afterwards.
# shellcheck disable=SC2154 # see above
offered=""

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
	tests/vm/run -k "$1" -m 3072 -t "$LIMIT" \
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
		*) record "$name on $kernel" count_sum machine "$kernel" \
			"tests/$name/ft_$name.sh" ;;
		esac
	done
}

# on KERNEL PART...: build for it, and run those of its parts that are wanted
on()
{
	local kernel=$1 offered=${*:2}
	# A debug kernel under emulation takes its time
	local -x FASTTRACK_TIMEOUT=${FASTTRACK_TIMEOUT:-3600}
	local -x LIMIT=${LIMIT:-14400}

	if ! make -s user || ! make -s -C tests/stress ||
	   ! tests/vm/build "$kernel" WIRE=1 ||
	   ! tests/vm/build "$kernel" KUNIT=1; then
		echo "not ok - build for $kernel"
		failed=$((failed + 1))
		return
	fi
	lane twin idle some "$kernel" twin
	lane stress some "$kernel" stress
	lane others some "$kernel" kunit faults fuzz
	lanes_end
	! wanted functional || part "functional tests on $kernel" count_sum \
		tests/functional "$kernel"
	! wanted planted || part "planted bugs on $kernel" count_ktap \
		env KERNEL="$kernel" tests/planted/run
}
