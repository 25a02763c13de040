#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# The lint ring: laws of the house, headers alone and twice, format, clang-tidy, shellcheck. TAP on
# stdout. A check passes when it ends with 0 and has nothing to say.
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
	for header in include/flowbpf/*.h user/*/*.h user/*/*/*.h; do
		printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
			gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -Iuser -I"${O:-build}" \
				-I. -fsyntax-only -xc - 2>&1 || echo "$header: does not compile alone"
	done
}

# LLVM 19, which Debian 12 and 13 have: others format and find otherwise.
format() {
	find user include bpf tests -name '*.[ch]' -print0 | xargs -0 clang-format-19 --dry-run -Werror 2>&1
}

format_web() {
	web/node_modules/.bin/prettier --log-level warn --check 'web/src/**/*.{ts,tsx}' \
		'{web,tests}/**/*.mjs' 2>&1
}

tidy() {
	flags="-std=gnu11 -D_GNU_SOURCE -DFLOWBPF_VERSION=\\\"0\\\" -Iinclude -Iuser -I${O:-build}"
	flags="$flags -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2"
	printf '%s\n' user/*/*.c user/*/*/*.c |
		xargs -P 2 -n 8 sh -c 'clang-tidy-19 --quiet "$@" -- '"$flags" tidy \
		2>"$out/tidy.err"
}

shell() { find user tests .ci \( -name '*.sh' -o -path .ci/run \) -print0 | xargs -0 -P 2 -n 16 shellcheck -S warning -f gcc 2>&1; }

tests/lint/rules_test.sh || failed=1
tests/lint/rules.sh >"$out/rules"
report $? "the laws of the house" "$out/rules"
for check in headers format format_web tidy shell; do
	$check >"$out/$check" && [ ! -s "$out/$check" ]
	report $? "$check" "$out/$check"
done
exit $failed
