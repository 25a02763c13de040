#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# enter.sh TREE SOURCE COMMAND...: runs a command in the root folder TREE, in the source that stands
# there beside the captures of SOURCE, with namespaces of mounts and processes of its own: what it mounts
# and starts ends with it.
set -eu
if [ "${ENTERED:-}" != 1 ]; then
	ENTERED=1 unshare --mount --pid --fork --kill-child --propagation private "$0" "$@" </dev/null &
	inside=$!
	trap 'kill -9 $inside' INT TERM # unshare takes no other signal
	wait $inside
	exit
fi
tree=$1 captures=$(realpath -m "$2/../shared")
shift 2
mount --bind "$tree" "$tree" # a root that is no mount point is one that "ip netns" fails in
cd "$tree"
mount -t proc proc proc
mount -t sysfs sys sys
mount -t bpf bpf sys/fs/bpf
mount --rbind /dev dev
mount -t tmpfs run run
mount -t tmpfs tmp tmp
mkdir -p home/flowbpf/shared
[ ! -d "$captures" ] || mount --bind -o ro "$captures" home/flowbpf/shared
cp /etc/resolv.conf /etc/hosts etc/
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
	CCACHE_DIR=/var/cache/ccache CCACHE_MAXSIZE=1G /bin/bash -c 'cd /home/flowbpf/source && exec "$@"' - "$@"
