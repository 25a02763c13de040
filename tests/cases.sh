#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 150
# cases.sh CASE [ARGUMENT...]: a reproduction of a fault that was found once, as a test. It makes its own
# namespaces or capture, and says "PASS what | got: ..." or "FAIL what | got: ... | right: ..."; TAP on stdout.
set -u
cd "$(dirname "$0")/.." || exit 2
case=$1
shift
said=$("$case" "$(realpath -m "${FLOWBPF:-${O:-build}/flowbpf}")" "$@" 2>&1 </dev/null)
awk -v status=$? '
	/^(PASS|FAIL): / { next }
	/^PASS / { print "ok " ++n " - " substr($0, 6); next }
	/^FAIL / { print "not ok " ++n " - " substr($0, 6); failed = 1; next }
	{ print "# " $0 }
	END {
		if (!n || status != failed)
			print "not ok " ++n " - it came to its end (status " status ")"
	}' <<<"$said"
