#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The lint ring: laws of the house, headers alone and twice, format, clang-tidy. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 2
out=${O:-build}/lint
mkdir -p "$out"
n=100 failed=0

report() { # STATUS NAME LOG
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		sed 's/^/# /' "$3"
		echo "not ok $n - $2"
		failed=1
	fi
}

headers() {
	for header in include/flowbpf/*.h user/*/*.h; do
		printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
			gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -Iuser -I"${O:-build}" \
				-I. -fsyntax-only -xc - 2>&1 || echo "$header: does not compile alone"
	done
}

format() {
	git ls-files '*.c' '*.h' | grep -v '^vmlinux/' | xargs clang-format --dry-run -Werror 2>&1
}

tidy() {
	flags="-std=gnu11 -D_GNU_SOURCE -DFLOWBPF_VERSION=\"0\" -Iinclude -Iuser -I${O:-build}"
	find user -name '*.c' | xargs -P 2 -n 8 sh -c 'clang-tidy --quiet "$@" -- '"$flags" tidy \
		2>"$out/tidy.err"
}

shell() {
	git ls-files '*.sh' .ci/run | while read -r file; do
		case $(head -1 "$file") in
		*bash*) bash -n "$file" 2>&1 ;;
		*) sh -n "$file" 2>&1 ;;
		esac
	done
}

tests/lint/rules_test.sh || failed=1
tests/lint/rules.sh >"$out/rules" && report 0 "the laws of the house" || report 1 "the laws of the house" "$out/rules"
for check in headers format tidy shell; do
	$check >"$out/$check"
	! grep -qE 'error|warning|does not compile|syntax' "$out/$check"
	report $? "$check" "$out/$check"
done
exit $failed
