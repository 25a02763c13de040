#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 500
# Boots Debian 12's stock kernel (6.1: no TCX) in qemu's software emulation, with the host's root
# read-only over 9p, and runs tests/vm/guest.sh in it. TAP on stdout. The kernel package is
# downloaded once, to build/vm. `run.sh SCRIPT` runs another script in the guest.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD
out=$(realpath -m "${O:-build}/vm")
guest=$(realpath "${1:-tests/vm/guest.sh}")
limit=${VM_SECONDS:-400}
mkdir -p "$out"

skip() {
	echo "ok 1 - Debian's stock kernel boots # SKIP $1"
	exit 0
}

for tool in qemu-system-x86_64 busybox cpio depmod modprobe; do
	PATH=$PATH:/usr/sbin command -v $tool >/dev/null || skip "$tool is not installed"
done

# The kernel: the package that linux-image-amd64 depends on, unpacked beside its modules' index.
kernel_get() {
	package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: //p' | head -1)
	[ -n "$package" ] || return 1
	(cd "$out" && apt-get download -qq "$package" 2>/dev/null) || return 1
	dpkg-deb -x "$out/$package"_*.deb "$out/kernel.new" && rm -f "$out/$package"_*.deb || return 1
	depmod -b "$out/kernel.new" "${package#linux-image-}" && mv "$out/kernel.new" "$out/kernel"
}

rm -rf "$out/kernel.new"
[ -d "$out/kernel" ] || kernel_get || skip "the package linux-image-amd64 cannot be downloaded"
version=$(basename "$out"/kernel/lib/modules/*)

# busybox, what mounts the host's root, and an init that hands over to the guest script.
initrd_make() {
	local tree=$out/initrd.d modules
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,proc,sys,dev,host,lib} || return 1
	cp "$(command -v busybox)" "$tree/bin/busybox"
	modules=$(for name in 9p 9pnet_virtio virtio_pci; do
		modprobe -d "$out/kernel" -S "$version" --show-depends $name
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }')
	for module in $modules; do
		cp "$module" "$tree/lib/" && echo "/bin/busybox insmod /lib/${module##*/}"
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
			KERNEL='$out/kernel' chroot /host /bin/bash '$guest' '$root' 2>&1
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
	command -v $compiler >/dev/null && $compiler -O2 -g -target bpf -mcpu=v3 -std=gnu11 -Iinclude -Ibpf \
		-Ivmlinux -c -o "$out/$compiler.bpf.o" bpf/flowbpf.bpf.c && llvm-strip -g "$out/$compiler.bpf.o"
done

timeout -k 5 "$limit" qemu-system-x86_64 -accel tcg -cpu max -m 2G -smp 2 \
	-kernel "$out/kernel/boot/vmlinuz-$version" -initrd "$out/initrd.gz" \
	-append "console=ttyS0 quiet panic=-1 rdinit=/init" -nographic -no-reboot -nic none \
	-fsdev local,id=r,path=/,security_model=none,readonly=on,multidevs=remap \
	-device virtio-9p-pci,fsdev=r,mount_tag=hostroot </dev/null |
	tr -d '\r' | tee "$out/console.log" | grep --line-buffered -aE '^(ok|not ok|#|1\.\.)'

code=$(sed -n 's/^guest-exit //p' "$out/console.log" | tail -1)
if [ -z "$code" ]; then
	tail -20 "$out/console.log" | sed 's/^/# /'
	echo "not ok 1000 - the guest ended within $limit s"
	exit 1
fi
exit "$code"
