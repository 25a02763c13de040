#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# inside.sh RELEASE here|other: in the tree of a release, with its packages: a newcomer's build, then tests.
# TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 2
n=0 failed=0
rm -rf build

report() { # STATUS TEXT LOG
	n=$((n + 1))
	[ "$1" = 0 ] || { tail -30 "$3" | sed 's/^/# /' && failed=1; }
	echo "$([ "$1" = 0 ] || echo 'not ')ok $n - $2"
}
step() { # TEXT COMMAND...
	local text=$1
	shift
	"$@" >/tmp/step.log 2>&1
	report $? "$text" /tmp/step.log
}

# As many as the compiler finds are allowed to a newcomer, none to us.
build() { make --no-print-directory -j2 CC="ccache gcc" CLANG="ccache clang" "$@"; }
strict() { [ "$(make -n -B "$@" all | grep -c -- '-Werror')" -gt 0 ]; }

step "every package that a test needs has a name here" make deps-test DEPS=--simulate
report "$(strict && echo 1 || echo 0)" "warnings are no errors for a newcomer" /dev/null
report "$(strict WERROR=1 && echo 0 || echo 1)" "and are errors for the tests" /dev/null
step "a newcomer needs no npm" sh -c '! make -n deps | grep -q npm'
step "it builds without a warning" build WERROR=1 all
echo "# $(gcc --version | head -1); $(clang --version | head -1); node $(node --version)"
echo "# $(dpkg-query -W -f '${Package} ${Version}, ' libmicrohttpd-dev libbpf-dev nettle-dev libmnl-dev libcjson-dev)"
ip link set lo up

# A library, compiler or tool of another version could fail these; the release that runs here already
# has passed its tests. The kernel is this one, and the ring bpf tries what other compilers make of it.
tests=(tests/cli/{help,attach,daemon,replay}.sh)
[ "$2" = here ] || tests+=(tests/cli/{export,flows,install}.sh tests/lab/{api,access,clsact,nat,pin,history}.sh)
JOBS=1 CC="ccache gcc" tests/run.sh "${tests[@]}" >/tmp/rings.log 2>&1
while IFS= read -r line; do
	case $line in
	"ok  "*) report 0 "${line#ok   }" /dev/null ;;
	"FAIL"*) report 1 "${line#FAIL }" /dev/null ;;
	*) echo "# $line" ;;
	esac
done </tmp/rings.log
[ "$n" -ge $((5 + ${#tests[@]})) ] || report 1 "the tests ran" /tmp/rings.log
exit $failed
