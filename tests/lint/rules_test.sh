#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each rule of rules.sh finds the breach that is planted for it, and nothing in a clean tree.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
n=0 failed=0

plant() { # FILE LINE...: a lawful file with these lines added
	mkdir -p "$tree/$(dirname "$1")"
	case $1 in
	bpf/*) printf '/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n' ;;
	*) printf '/* SPDX-License-Identifier: BSD-2-Clause */\n' ;;
	esac >"$tree/$1"
	case $1 in *.h) echo '#pragma once' >>"$tree/$1" ;; esac
	file=$1
	shift
	printf '%s\n' "$@" >>"$tree/$file"
}

expect() { # clean|breach NAME
	n=$((n + 1))
	"$here/rules.sh" "$tree" >/dev/null
	case $1:$? in
	clean:0 | breach:1) echo "ok $n - lint: $2" ;;
	*) echo "not ok $n - lint: $2" && failed=1 ;;
	esac
	rm -rf "${tree:?}"/*
	mkdir -p "$tree/user/util" "$tree/include/flowbpf" "$tree/bpf/lib" "$tree/tests" "$tree/web"
}

mkdir -p "$tree/user/util" "$tree/include/flowbpf" "$tree/bpf/lib" "$tree/tests" "$tree/web"
plant user/engine/a.c '#include "flow/flow.h"' '#include <flowbpf/key.h>' && expect clean "a lawful file"
plant user/flow/a.c '#include "engine/engine.h"' && expect breach "an include that points up"
plant user/filter/a.c '#include "table/table.h"' && expect breach "an include of a sibling"
plant user/api/a.c '#include <bpf/libbpf.h>' && expect breach "libbpf outside its folder"
plant user/proto/tls.c '#include <nettle/aes.h>' && expect breach "nettle outside its file"
plant user/util/a.c "$(seq 601)" && expect breach "a file of over 600 lines"
plant user/api/a.json "$(seq -s, 100)" && expect breach "a schema in one long line"
plant user/util/a.h && sed -i 1d "$tree/user/util/a.h" && expect breach "a file with no licence line"
plant user/util/a.h && sed -i 2d "$tree/user/util/a.h" && expect breach "a header with no guard"
plant bpf/a.h && sed -i 's/GPL.*OR //' "$tree/bpf/a.h" && expect breach "a kernel file of another licence"
plant bpf/lib/a.h 'enum a { A };' && plant bpf/lib/b.h '#include "lib/a.h"' 'static enum a b;' &&
	expect clean "kernel headers that include what they need"
plant bpf/lib/a.h 'enum a { A };' && plant bpf/lib/b.h 'static enum a b;' &&
	expect breach "a kernel header that waits for another's includes"
plant user/util/a.c 'strcpy(a, b);' && expect breach "a call without a bound"
plant user/util/a.c 'qsort(list, n, 1, order);' && expect breach "a sort that may get no list"
plant web/src/a.ts 'node.innerHTML = name' && expect breach "markup made of text"
plant web/src/api/a.ts 'import { b } from "../core/b";' && expect clean "an import that points down"
plant web/src/core/a.ts 'import { b } from "../api/b";' && expect breach "an import that points up"
plant web/src/ui/a.ts 'import { b } from "../pages/flows/b";' && expect breach "a part that knows pages"
plant user/util/a.h 'int fb_a_get(void);' && plant user/util/a.c 'int fb_a_get(void)' &&
	plant user/util/b.c 'fb_a_get();' && expect clean "a function that another file calls"
plant user/util/a.h 'int fb_a_get(void);' && plant user/util/a.c 'int fb_a_get(void)' &&
	expect breach "a function that no other file calls"
plant user/util/a.h '#define FB_A 1' 'enum fb_b {' '	FB_B = 1 << 0,' '};' 'static inline int fb_c(void)' &&
	plant user/util/a.c 'FB_A | FB_B | fb_c()' && expect clean "a macro, a flag and an inline function that are used"
for line in '#define FB_A(x) (x)' '	FB_B = 1 << 0,' '	FB_C_COUNT' 'enum fb_d { FB_D, FB_D_COUNT };' \
	'static inline int fb_e(void)'; do
	plant user/util/a.h "$line" && expect breach "$line, used nowhere"
done
plant user/api/a.c '#include "table/table.h"' && expect breach "the table seen from outside the engine"
plant user/util/a.c '#include "util/b.h"' && plant user/util/b.c '#include "util/a.h"' && expect breach "a circle of includes"
plant user/util/a.c 'int a(void)' '{' "$(seq 61)" '}' && expect breach "a function of over 60 lines"
plant user/util/a.c && plant user/cli/a.c && expect breach "two files of one name"
plant user/util/a.c '/* TO''DO: later */' && expect breach "work left for later"
mkdir -p "$tree/tests/lab"
printf '#!/bin/sh\n# SPDX-License-Identifier: BSD-2-Clause\n' >"$tree/tests/lab/a.sh"
chmod +x "$tree/tests/lab/a.sh" && expect clean "a test that may be run"
mkdir -p "$tree/tests/lab"
printf '#!/bin/sh\n# SPDX-License-Identifier: BSD-2-Clause\n' >"$tree/tests/lab/a.sh"
expect breach "a test that may not"
exit $failed
