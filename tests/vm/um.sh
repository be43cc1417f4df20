# shellcheck shell=bash
# A machine that is a program of this one, for vm/run: kernels of the kind um
# (debug-kernel). It has one processor.
#
# Owns: how User-mode Linux is called. Must not know: what the machine is for.
# shellcheck disable=SC2034,SC2154 # of vm/run, which sources this

prepare() {
	[ "$(id -u)" -eq 0 ] ||
		die "User-mode Linux has to be started by root" 2
	initramfs=$("$vm/initramfs" "$release" "$modules")
	ports="/dev/tty1 /dev/tty2"
}

# Its memory is a file that it maps again and again, on a file system that is its
# own. A kernel that panics ends its whole process group. Addresses stay where they
# are, or the heap may be in the way of the guest's memory.
power_on() {
	local words=(
		"mem=${memory}M" "initrd=$initramfs" "fasttrack.share=$share"
		"uml_dir=$work/memory/"
		con=null "con0=null,fd:2" "con1=null,fd:3" "con2=null,fd:4"
		panic=-1 oops=panic norandmaps printk.devkmsg=on log_buf_len=4M
	)

	[ -z "$icount" ] || words+=(time-travel=inf-cpu)
	# shellcheck disable=SC2206 # words
	words+=($append)
	mkdir "$work/memory"
	# shellcheck disable=SC2016 # sh's
	setsid timeout -k 5 "$limit" unshare --mount --propagation private sh -c '
		mount -t tmpfs -o huge=within_size,size=100% memory "$0" ||
			mount -t tmpfs -o size=100% memory "$0" || exit
		TMPDIR=$0 exec "$@"' "$work/memory" setarch -R "$image" \
		"${words[@]}" </dev/null >"$work/klog" 2>&1 &
	vm_pid=$!
	: >"$work/qemu"
}
