#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The laws of the house that a machine can check, over the tree in $1 (default: this one).
# Prints "file: what is wrong" for each breach; exits 1 if there was one.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

# Lower to higher; folders of one rank never include each other.
ranks='flowbpf util proto,flow,http,fetch filter,past,format,table,kernel,enrich query,policy,store,sink
	fleet engine api live cli tui gen'

layers() {
	find user -name '*.[ch]' -exec awk -v ranks="$ranks" '
		BEGIN {
			for (i = split(ranks, rank); i > 0; i--)
				for (k = split(rank[i], folder, ","); k > 0; k--)
					of[folder[k]] = i
		}
		/^#include [<"][a-z]+\// {
			split(FILENAME, own, "/")
			to = $2
			gsub(/^[<"]|\/.*/, "", to)
			if (to in of && to != own[2] && of[to] >= of[own[2]])
				print FILENAME ": " own[2] " may not include " to ", which is not below it"
		}' {} +
}

# The page's folders, lower to higher.
web_ranks=' words core api data ui charts pages'

web_layers() {
	[ -d web/src ] || return
	find web/src -mindepth 2 \( -name '*.ts' -o -name '*.tsx' \) | while read -r file; do
		own=${file#web/src/} own=${own%%/*}
		sed -nE 's,.*from "(\.\./)+([a-z]+)/.*,\2,p' "$file" | while read -r to; do
			case "${web_ranks%" $own"*} $own " in *" $to "*) continue ;; esac
			case "$web_ranks " in *" $to "*) echo "$file: $own may not import $to, which is not below it" ;; esac
		done
	done
}

# How flows come to be is the engine's affair: all others read snapshots.
doors() {
	grep -rl '^#include "table/' user --include='*.[ch]' | grep -vE '^user/(table|engine)/' |
		sed 's,$,: only engine/ may include table/,'
}

# No folder of these has files that include each other in a circle; the table is one machine in
# several files, which meet in table_priv.h.
cycles() {
	for folder in user/*/ bpf/lib/; do
		name=${folder#*/}
		grep -rE "^#include \"${name}[a-z_0-9]*\.h\"" "$folder" --include='*.[ch]' |
			sed -E 's,^.*/([a-z_0-9]+)\.[ch]:.*/([a-z_0-9]+)\.h".*,\1 \2,' |
			sed 's,_priv,,g' | awk '$1 != $2' | sort -u >"$pairs"
		tsort "$pairs" 2>&1 >/dev/null | sed '/loop:$/d; s/.*: //' | tr '\n' ' ' |
			sed "s,..*,${folder%/}: a circle of includes: &\n,"
	done
}

# A function reads in one breath.
lengths() {
	find user bpf tests -name '*.[ch]' -exec awk '
		/^[a-zA-Z_].*[^;]$/ { name = $0 }
		/^{/ { start = FNR }
		/^}/ && start { if (FNR - start > 60) print FILENAME ": " FNR - start - 1 " lines: " name; start = 0 }' {} +
}

# What a file is called tells it from all others of its half.
stems() {
	find user -name '*.c' | sed 's,.*/,,' | sort | uniq -d | sed 's,$,: two files of that name,'
}

# header pattern | the only place that may include it
libraries() {
	while read -r header where; do
		grep -lE "^#include [<\"]$header" -r user --include='*.[ch]' | grep -vE "^$where" |
			sed "s,\$,: only $where may include $header,"
	done <<-'END'
		(bpf/|linux/bpf|flowbpf\.skel) user/kernel/
		(libmnl|linux/(netfilter|netlink|rtnetlink|if_link|pkt_)) user/kernel/
		microhttpd user/(http|live|api)/
		sqlite3 user/store/
		curl/ user/fetch/
		gnutls/ user/(sink/tlswire|http/(tlscert|tokenhash))\.c
		crypt\.h user/http/passhash\.c
		nettle/ user/proto/crypto\.c
		cjson/ user/util/jsontree\.c
		idn2 user/util/idn\.c
		n?curses user/tui/screen\.c
	END
}

# A catalogue of texts has no parts: it is as long as the page has texts. Nor has what is made of the API's description.
sizes() {
	sources | grep -vE '^web/src/(words/|api/schema\.ts)' | xargs -r wc -l |
		awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines, 600 at most" }'
}

# What is written by hand is read in a diff; what a schema says of itself may be longer.
# So may a query, which JSON keeps on one line.
widths() {
	find user -name '*.json' -exec awk 'length > 150 && !/^\t*"(description|summary|rawSql)":/ {
		print FILENAME ": line " FNR ": over 150 columns" }' {} +
	# one column too many, and the formatter gives what ends a heading a line of its own
	sources | grep '\.[ch]$' | xargs -r awk '
		heading && $0 == " */" { print FILENAME ": line " FNR - 1 ": a heading has one line" }
		{ heading = /^\/\* --- .*-$/ }'
}

spdx() {
	sources | xargs -r awk '
		function tell() { if (file != "" && !found) print file ": no SPDX-License-Identifier in the first lines" }
		FNR == 1 { tell(); file = FILENAME; found = 0 }
		FNR <= 3 && /SPDX-License-Identifier:/ { found = 1 }
		END { tell() }'
	grep -L 'GPL-2.0-only OR BSD-2-Clause' -r bpf --include='*.[ch]' |
		sed 's,$,: the kernel half is GPL-2.0-only OR BSD-2-Clause,'
}

guards() {
	grep -L '^#pragma once' -r user include bpf --include='*.h' | sed 's,$,: no #pragma once,'
}

# A header of the kernel half includes all that it needs, so that none waits for another's.
kernel_headers() {
	for header in bpf/lib/*.h; do
		[ -e "$header" ] || continue
		printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
			${CLANG:-clang} -target bpf -mcpu=v3 -O2 -std=gnu11 -Iinclude -Ibpf -Ivmlinux -I. -Wall \
				-Wextra -Werror -Wno-unused-parameter -fsyntax-only -xc - >/dev/null 2>&1 ||
			echo "$header: does not compile alone"
	done
}

dangerous() {
	grep -nE '\b(system|popen|strcpy|strcat|sprintf|gets|alloca)\(' -r user --include='*.[ch]' |
		sed 's,$, : not used here,'
	grep -nE '\b(qsort|qsort_r|bsearch)\(' -r user --include='*.[ch]' | grep -v '^user/util/select.h:' |
		sed 's,$, : fb_sort takes lists of nothing\, too,'
	grep -nE '(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Math\.random)' \
		-r web/src 2>/dev/null | sed 's,$, : not used here,'
}

# A function that a header offers is used by another file, or by a macro of a header.
exports() {
	{
		sed -nE '/^(static|typedef) /!s/^[a-z][a-z0-9_ *]*[ *](fb_[a-z0-9_]+)\(.*/offered:\1/p' \
			user/*/*.h 2>/dev/null
		grep -rowE 'fb_[a-z0-9_]+' user tests --include='*.[ch]'
	} | awk -F: '
		$1 == "offered" { offered[$2] = 1; next }
		$1 ~ /\.h$/ { in_headers[$2]++; next }
		!seen[$1, $2]++ { files[$2]++ }
		END {
			for (name in offered)
				if (files[name] < 2 && in_headers[name] < 2)
					print name ": in a header, but used by no other file"
		}'
}

# What a header defines beside functions and types is used: macros, flags, counts, inline functions.
unused() {
	{
		find user -name '*.h' -exec sed -nE 's/^#define ((FB|fb|_cleanup)_\w+).*/defined:\1/p
			s/^\t(FB_\w+) = 1 << .*/defined:\1/p; s/^.*\b(FB_\w+_COUNT) ?\}?;?$/defined:\1/p
			s/^static inline [a-z][a-z0-9_ *]*[ *](fb_\w+)\(.*/defined:\1/p' {} +
		grep -rohwE '(FB|fb|_cleanup)_\w+' user include bpf tests --include='*.[ch]' --include='*.def'
	} | awk -F: '
		$1 == "defined" { defined[$2] = 1; next }
		{ seen[$1]++ }
		END { for (name in defined) if (seen[name] < 2) print name ": in a header, but used nowhere" }'
}

leftovers() {
	sources | xargs -r grep -nE '\b(TODO|FIXME|XXX|HACK)\b' /dev/null |
		grep -v '^tests/lint/' | sed 's,$, : finish it or leave it out,'
}

# A ring runs what may be run: a test without that right would be left out in silence.
unrun() {
	find tests -name '*.sh' ! -perm -u+x -exec grep -lE '^#!' {} + | sed 's,$,: begins with #!\, but may not be run,'
}

sources() {
	find user include bpf tests web -name node_modules -prune -o -type f \( -name '*.[ch]' \
		-o -name '*.sh' -o -name '*.ts' -o -name '*.tsx' -o -name '*.mjs' -o -name '*.css' \) -print
}

pairs=$(mktemp)
trap 'rm -f "$pairs"' EXIT
all=$(for rule in ${RULES:-layers web_layers doors cycles lengths stems libraries sizes widths spdx guards kernel_headers dangerous exports unused leftovers unrun}; do $rule; done)
[ -z "$all" ] && exit 0
printf '%s\n' "$all"
exit 1
