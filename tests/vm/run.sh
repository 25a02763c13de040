#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# run.sh [RELEASE [SCRIPT]]: boots the stock kernel of Debian 12 (6.1: no TCX) or 13 (6.12) in qemu's
# software emulation, with the host's root read-only over 9p, and runs tests/vm/guest.sh or another
# script in it. TAP on stdout. The kernel is downloaded once, see tests/debian/lib.sh.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD
release=${1:-12}
guest=$(realpath "${2:-tests/vm/guest.sh}")
out=$(realpath -m "${O:-build}/vm/debian-$release")
limit=${VM_SECONDS:-800}
PATH=$PATH:/usr/sbin:/sbin
. tests/debian/lib.sh
mkdir -p "$out" "$releases" || exit 2

skip() {
	echo "ok 1 - the stock kernel of Debian $release boots # SKIP $1"
	exit 0
}

for tool in qemu-system-x86_64 busybox cpio depmod modprobe xz; do
	command -v $tool >/dev/null || skip "$tool is not installed"
done
kernel=$(kernel_of "$release" 2>"$out/kernel.log") || skip "there is no kernel of it, and the archive cannot be reached"
version=$(basename "$kernel"/lib/modules/*)

# busybox, what mounts the host's root, and an init that hands over to the guest script.
initrd_make() {
	local tree=$out/initrd.d modules module name
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,proc,sys,dev,host,lib} || return 1
	cp "$(command -v busybox)" "$tree/bin/busybox"
	modules=$(for name in 9p 9pnet_virtio virtio_pci; do
		modprobe -d "$kernel" -S "$version" --show-depends $name
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }')
	for module in $modules; do
		name=$(basename "$module" .xz)
		case $module in
		*.xz) xz -dc "$module" ;;
		*) cat "$module" ;;
		esac >"$tree/lib/$name" && echo "/bin/busybox insmod /lib/$name"
	done >"$out/insmods"
	cat >"$tree/init" <<-INIT
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t proc proc /proc && mount -t sysfs sys /sys
		$(cat "$out/insmods")
		mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 hostroot /host
		mount -t proc proc /host/proc
		mount -t sysfs sys /host/sys
		mount -t devtmpfs dev /host/dev
		mount -t tmpfs tmpfs /host/run && mkdir -p /host/run/tmp
		echo 1 >/proc/sys/kernel/printk
		echo
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run/tmp TMPDIR=/run/tmp TERM=dumb O='${O:-build}' \
			KERNEL='$kernel' RELEASE='$release' chroot /host /bin/bash '$guest' '$root' 2>&1
		echo "guest-exit \$?"
		echo o >/proc/sysrq-trigger
		sleep 60
	INIT
	chmod 755 "$tree/init"
	(cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initrd.gz"
}
initrd_make || { echo "not ok 1 - the initramfs is made"; exit 1; }

# The kernel half as the other compiler builds it; guest.sh loads both.
for compiler in clang-14 clang-19; do
	command -v $compiler >/dev/null && $compiler -O2 -g -fno-strict-aliasing -target bpf -mcpu=v3 -std=gnu11 -Iinclude -Ibpf \
		-Ivmlinux -c -o "$out/$compiler.bpf.o" bpf/flowbpf.bpf.c && llvm-strip -g "$out/$compiler.bpf.o"
done

# Emulated, it needs all of a core that it can have: others wait more than they compute.
timeout -k 5 "$limit" nice -n -10 qemu-system-x86_64 -accel tcg -cpu max -m 2G -smp 2 \
	-kernel "$kernel/boot/vmlinuz-$version" -initrd "$out/initrd.gz" \
	-append "console=ttyS0 quiet panic=-1 rdinit=/init" -nographic -no-reboot -nic none \
	-fsdev local,id=r,path=/,security_model=none,readonly=on,multidevs=remap \
	-device virtio-9p-pci,fsdev=r,mount_tag=hostroot </dev/null |
	stdbuf -oL tr -d '\r' | tee "$out/console.log" | grep --line-buffered -aE '^(ok|not ok|#|1\.\.)'

code=$(sed -n 's/^guest-exit //p' "$out/console.log" | tail -1)
if [ -z "$code" ]; then
	tail -20 "$out/console.log" | sed 's/^/# /'
	echo "not ok 1000 - the guest ended within $limit s"
	exit 1
fi
exit "$code"
