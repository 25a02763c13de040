#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Install those of the named Debian packages that are missing; does nothing, and needs no network,
# when all are there. Services that come with a package are not started.
set -eu

missing=
for package in "$@"; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
		missing="$missing $package"
done

# A Node.js that was not installed from Debian serves as well, with the npm that came with it.
if node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && npm -v >/dev/null 2>&1; then
	missing=$(echo " $missing " | sed 's/ nodejs / /; s/ npm / /')
fi
[ -n "$(echo $missing)" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "these packages are missing, install them as root: apt-get install$missing" >&2
	exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
