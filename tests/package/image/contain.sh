#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# contain.sh IMAGE NETNS ROOT CAPS [MOUNT...] -- COMMAND...: a command in the image that IMAGE (image.json) describes, as an
# engine starts it: the network of a namespace, the host's processes and cgroups, a root that is read-only, no new
# privileges, and of the capabilities just CAPS (BPF,NET_ADMIN; "none"). A MOUNT is "tmpfs:/PLACE" or "/FROM:/PLACE[:ro]".
# What it mounts ends with it; it stays the same process.
set -eu
if [ "${CONTAINED:-}" != 1 ]; then
	exec nsenter --net="$2" env CONTAINED=1 unshare --mount --propagation private "$0" "$@"
fi
image=$1 root=$3 caps=$4
shift 4
mkdir -p "$root"
mount -t tmpfs top "$root"
mkdir "$root"/{upper,work,root}
layers=$(jq -r '.layers | reverse | join(":")' "$image")
mount -t overlay image -o "lowerdir=$layers,upperdir=$root/upper,workdir=$root/work" "$root/root"
cd "$root/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sys sys
mount --bind -o ro "$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)" sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
for node in "null 1 3" "zero 1 5" "random 1 8" "urandom 1 9"; do
	read -r name major minor <<<"$node"
	mknod -m 666 "dev/$name" c "$major" "$minor"
done
while [ "$1" != -- ]; do
	IFS=: read -r from to how <<<"$1"
	if [ -f "$from" ]; then mkdir -p ".${to%/*}" && : >".$to"; else mkdir -p ".$to"; fi
	if [ "$from" = tmpfs ]; then mount -t tmpfs -o mode=755 tmpfs ".$to"; else mount --bind "$from" ".$to"; fi
	[ "${how:-rw}" != ro ] || mount -o remount,bind,ro ".$to"
	shift
done
shift
mount -o remount,ro "$root/root"
bound=-all
for cap in $(tr ',A-Z' ' a-z' <<<"$caps"); do [ "$cap" = none ] || bound+=,+$cap; done
exec chroot . /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	/usr/bin/setpriv --bounding-set="$bound" --inh-caps=-all --no-new-privs "$@"
