#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 1200
# run.sh RELEASE: builds from nothing and tests in the smallest system of a Debian release, made by
# debootstrap and kept (see lib.sh) with its packages and the compilers' cache. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 2
release=$1
. tests/debian/lib.sh
log=$(realpath -m "${O:-build}/logs/debian-$release.log")
mkdir -p "$releases" "$(dirname "$log")" || exit 2

skip() {
	tail -3 "$log" | sed 's/^/# /'
	echo "ok 1 - Debian $release # SKIP $1"
	exit 0
}
enter() { tests/debian/enter.sh "$tree" "$PWD" "$@" & wait $!; }
trap 'kill $! && wait; exit 130' INT TERM # a shell that waits for a command would not hear it

: >"$log"
exec 3>&1
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
exec 9>"$releases/debian-$release.lock"
flock 9 || exit 2
tree=$(tree_of "$release" 2>>"$log") || skip "there is no tree of it, and the archive cannot be reached"

# The source as it is here, without what was built; the page's modules come along, as from a cache.
source=$tree/home/flowbpf/source
rm -rf --one-file-system "$source"
mkdir -p "$source"
tar -cf - --exclude=./.git --exclude="./build*" --exclude="./${O:-build}" . | tar -xf - -C "$source" || exit 2

# What a newcomer has to wait for, when it is not there yet; then a ccache, and what the Makefile names
# for tests. All there: no network is needed.
installed() { dpkg-query --admindir="$tree/var/lib/dpkg" -W -f '.\n' | wc -l; }
newcomer() {
	local before began=$SECONDS
	before=$(installed)
	enter sh -c 'tests/deps.sh make && make deps' || return
	[ "$(installed)" = "$before" ] ||
		echo "# figure: a newcomer installs $(($(installed) - before)) packages, $((SECONDS - began)) s" >&3
}
packages() { newcomer && enter sh -c 'tests/deps.sh ccache && make deps-core'; }
if ! packages >>"$log" 2>&1; then
	enter apt-get update -o APT::Update::Error-Mode=any >>"$log" 2>&1 ||
		skip "packages are missing, and the archive cannot be reached"
	if ! packages >>"$log" 2>&1; then # it was away for a moment: it is asked once more
		tail -20 "$log" | sed 's/^/# /'
		echo "not ok 1 - the packages that the Makefile names are installed"
		exit 1
	fi
fi
enter unshare --net tests/debian/inside.sh "$release" \
	"$([ "$(. /etc/os-release && echo "$ID $VERSION_ID")" = "debian $release" ] && echo here || echo other)"
