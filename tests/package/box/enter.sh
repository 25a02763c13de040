#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# enter.sh FOLDER NETNS: a copy of this system in which systemd runs as the first process, with the network of a namespace:
# what it writes goes to FOLDER/upper, what it mounts and starts ends with it. Its cgroup is FOLDER/cgroup, its pid FOLDER/pid.
set -eu
folder=$1 root=$1/root
if [ "${BOXED:-}" != 1 ]; then
	mkdir -p "$folder" "$root"
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	cgroup=$cgroups/$(basename "$2")
	mkdir -p "$cgroup"
	echo "$cgroup" >"$folder/cgroup"
	echo $$ >"$cgroup/cgroup.procs"
	exec nsenter --net="/run/netns/$2" env BOXED=1 unshare --mount --uts --ipc --pid --cgroup --fork \
		--kill-child --propagation private "$0" "$@"
fi
mount -t tmpfs box "$folder"
mkdir "$folder"/{upper,work,root}
mount -t overlay box -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
cd "$root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys # what is there of the kernel is everybody's
mount -t sysfs -o ro sys sys
mount -t bpf bpf sys/fs/bpf
mount -t cgroup2 cgroup sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
# its own nodes: systemd gives that of its standard input to whom it starts
while read -r node major minor; do mknod -m 666 "dev/$node" c "$major" "$minor"; done <<-END
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
END
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs -o mode=755 run run
mount -t tmpfs tmp tmp
# Nothing but what is asked for is started: neither this system's services nor what sets up a machine.
rm -rf {etc,var/lib,var/log}/flowbpf etc/fstab etc/systemd/system/*.wants usr/lib/systemd/system/*.wants usr/lib/systemd/system-generators usr/sbin/policy-rc.d
printf '[Unit]\nDescription=nothing\nDefaultDependencies=no\n' >etc/systemd/system/box.target
mkdir etc/systemd/system/service.d
printf '[Service]\nStandardOutput=append:/said\nStandardError=inherit\n' >etc/systemd/system/service.d/box.conf
: >said
echo box >etc/hostname
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 container=box \
	/lib/systemd/systemd --system --unit=box.target --show-status=no --log-target=console --log-level=warning
