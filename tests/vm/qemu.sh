# shellcheck shell=bash
# A machine that QEMU makes, for vm/run: all kernels but those that are programs.
#
# Owns: how QEMU is called. Must not know: what the machine is for.
# shellcheck disable=SC2034,SC2154 # of vm/run, which sources this

prepare() {
	initramfs=$("$vm/initramfs" "$release" "$modules" \
		virtio_pci 9pnet_virtio 9p overlay virtio_console)
	image=$("$vm/vmlinux" "$image")
	ports="out err"
	accelerator
}

accelerator() {
	tsc=$("$vm/tsc")
	if [ -n "$icount" ]; then
		cpus=1
		tsc=
		machine=(-accel "tcg,thread=single" -icount "shift=0,sleep=$idle")
	elif [ "$("$vm/kvm" "$image" "$initramfs")" = yes ]; then
		machine=(-accel kvm)
		tsc=
	else
		machine=(-accel "tcg,thread=$(threads)")
	fi
}

# Do the processors run at the same time? Those of 6.12 take turns: QEMU 7.2 may
# translate code that another processor patches from what it was halfway, and
# keep that; two suites of two ended by such an int3, on no other kernel one did.
threads() {
	case $release in
	6.12.*) echo single ;;
	*) echo multi ;;
	esac
}

# Under TCG code is translated for each address it is found at, so neither the kernel
# nor libraries move: it makes starting a program three times as cheap.
power_on() {
	local words="console=ttyS0 panic=-1 oops=panic tsc=reliable"

	words="$words no_timer_check mitigations=off random.trust_cpu=on"
	[ -z "$tsc" ] || words="$words tsc_early_khz=$tsc"
	# It is built off. It waits for the other processor, which is a hundred times
	# slower than it thinks.
	[[ $release != *-kcsan ]] ||
		words="$words kcsan.early_enable=1 kcsan.udelay_task=800 kcsan.udelay_interrupt=400"
	words="$words norandmaps printk.devkmsg=on log_buf_len=4M nokaslr $append"
	timeout -k 5 "$limit" qemu-system-x86_64 -nodefaults -no-user-config \
		-machine q35 -cpu max "${machine[@]}" -smp "$cpus" -m "$memory" \
		"${qemu[@]}" -display none -nic none -monitor none -no-reboot \
		-kernel "$image" -initrd "$initramfs" -append "$words" \
		-serial "file:$work/klog" \
		-fsdev "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap" \
		-device virtio-9p-pci,fsdev=root,mount_tag=root \
		-fsdev "local,id=out,path=$share,security_model=none" \
		-device virtio-9p-pci,fsdev=out,mount_tag=out \
		-device virtio-serial-pci \
		-add-fd fd=3,set=3 -chardev file,id=out,path=/dev/fdset/3,append=on \
		-device virtserialport,chardev=out,name=out \
		-add-fd fd=4,set=4 -chardev file,id=err,path=/dev/fdset/4,append=on \
		-device virtserialport,chardev=err,name=err \
		</dev/null >"$work/qemu" 2>&1 &
	vm_pid=$!
}
