#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps.sh [--simulate] PACKAGE...: install those of the named Debian packages that are missing; does
# nothing, and needs no network, when all are there. Services that come with one are not started.
# Names differ between releases: of "clang-19/clang" one that is installed serves, else the first that
# the archive has; "%clang" stands for the version of Debian's clang, as in libclang-rt-%clang-dev;
# one with "?" in front is left out where the archive has none: what needs it is skipped there.
# --simulate installs nothing, and fails if a package cannot be had.
set -eu

simulate=
[ "${1:-}" != --simulate ] || { simulate=1 && shift; }

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
is_known() { apt-cache policy "$1" | grep -q '^  Candidate: [^(]'; }

clang_version() {
	{
		! is_installed clang || dpkg-query -W -f '${Version}\n' clang
		apt-cache policy clang | sed -n 's/^  Candidate: //p'
	} | sed -n 's/^[0-9]*:\{0,1\}\([0-9][0-9]*\)[.~].*/\1/p' | head -1
}

alternatives() { # PACKAGE: the names that it may have here
	case $1 in
	\?*) alternatives "${1#?}" ;;
	*%clang*) echo "$1" | sed "s,%clang,$(clang_version)," | tr / ' ' ;;
	*) echo "$1" | tr / ' ' ;;
	esac
}

one_is_installed() {
	for name in $(alternatives "$1"); do
		! is_installed "$name" || return 0
	done
	return 1
}

first_known() {
	for name in $(alternatives "$1"); do
		! is_known "$name" || { echo "$name" && return; }
	done
	case $1 in \?*) return ;; esac
	echo "no package serves for '$1': this release's name for it belongs into the Makefile" >&2
	return 1
}

missing=
for package in "$@"; do
	[ -z "$simulate" ] && one_is_installed "$package" || missing="$missing $package"
done

# A Node.js that was not installed from Debian serves as well, with the npm that came with it.
if node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && npm -v >/dev/null 2>&1; then
	missing=$(echo " $missing " | sed 's/ nodejs / /; s/ npm / /')
fi
# Of what may be left out, as far as is known, nothing is missing.
needed=$(for package in $missing; do
	case $package in \?*) first_known "$package" ;; *) echo "$package" ;; esac
done)
[ -n "$needed" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "these packages are missing, install them as root: apt-get install" $missing >&2
	exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ] && [ -z "$simulate" ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
[ -n "$simulate" ] || apt-get update -qq
names=
for package in $missing; do
	name=$(first_known "$package")
	names="$names $name"
done
[ -n "$simulate" ] || echo "installing:$names"
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends ${simulate:+--simulate} $names >/dev/null
