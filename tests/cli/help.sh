#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The option tables are the truth: the manual page, the README and the completion know every verb and
# every option, and no others; the example config is what the program takes.
. "$(dirname "$0")/../lab/lib.sh"
need_product

verbs=$("$FLOWBPF" help | sed -n 's/^  \([a-z][a-z]*\)\( .*\|$\)/\1/p' | sort)
options_of() { "$FLOWBPF" help "$1" | sed -n 's/^  [ -][ a-zA-Z][ ,] --\([a-z-]*\).*/\1/p' | grep -v '^help$' | sort; }

# The manual's verbs: its .SS titles, "help [VERB], version" being two.
man_verbs=$(sed -n 's/^\.SS "*\([^"]*\)"*$/\1/p' user/dist/flowbpf.8 | tr ',' '\n' | awk '{ print $1 }' | sort)
man_options_of() {
	awk -v verb="$1" '
		/^\.S[SH] / { title = $0; gsub(/^\.S[SH] "?|"/, "", title); split(title, words, " "); here = words[1] == verb }
		here && /^\.B/ { print }
	' user/dist/flowbpf.8 | grep -o '\\-\\-[a-z\\-]*' | sed 's/\\-/-/g; s/^--//' | grep -v '^help$' | sort -u
}

same "the manual has the verbs of the help" "$man_verbs" "$verbs"
for verb in $verbs; do
	same "$verb: the manual has its options" "$(man_options_of "$verb" | grep -v '^socket$')" \
		"$(options_of "$verb" | grep -v '^socket$')"
	check "$verb: its help ends with status 0 and shows the usage" \
		sh -c "'$FLOWBPF' $verb --help | grep -q '^usage: flowbpf $verb'"
done
check "help takes what a verb does, too" sh -c "'$FLOWBPF' help fleet init | grep -q '^usage: flowbpf fleet'"
check "... of several" sh -c "'$FLOWBPF' help rules export | grep -q '^usage: flowbpf rules'"
same "... and no other word" "$("$FLOWBPF" help history ERASE 2>&1; echo $?)" \
	"flowbpf: history has no \"ERASE\", \"flowbpf help history\" tells what it has
2"
same "... nor a part of one" "$("$FLOWBPF" help fleet in >/dev/null 2>&1; echo $?)" 2
same "every short option of the manual is in the help" \
	"$(grep -o '^\.BR* \\-[a-zA-Z] ' user/dist/flowbpf.8 | grep -o '[a-zA-Z] $' | grep -v 'h ' | sort -u)" \
	"$(for verb in $verbs; do "$FLOWBPF" help "$verb" | sed -n 's/^  -\([a-zA-Z]\), .*/\1 /p'; done | grep -v 'h ' | sort -u)"
same "the README's table has the verbs of the help" \
	"$(sed -n 's/^| `flowbpf \([a-z]*\).*/\1/p' README.md | sort)" "$verbs"
same "README and docs name no option that does not exist" "$(grep -oh '`--[a-z-]*' README.md docs/*.md | sed 's/`--//' | sort -u |
	grep -vxF "$(for verb in $verbs; do options_of "$verb"; done)")" ""
make_of() { env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -s O="${O:-build}" PREFIX=/usr "$@"; }
pages=("${O:-build}"/flowbpf.{8,conf.5} "${O:-build}/flowbpf-filter.7")
check "the manual pages are made" make_of "${pages[@]}"
for page in "${pages[@]}"; do
	check "$(basename "$page") has no warnings" sh -c "! command -v groff || [ -z \"\$(groff -man -Tutf8 -ww '$page' 2>&1 >/dev/null)\" ]"
done
same "flowbpf.conf(5) has every setting" "$(sed -n 's/^\.BR \([a-z\-]*\) " = .*/\1/p' "${pages[1]}" | sed 's/\\-/-/g' | sort)" \
	"$( (options_of attach | grep -vxE 'config|batch-duration'; echo interface) | sort)"
same "flowbpf-filter(7) has every field" "$(sed -n '/^\.SH FIELDS/,/^\.SH SEE/s/^\.B //p' "${pages[2]}")" "$("$FLOWBPF" fields --names)"
sed -n '/^\.SH EXAMPLES/,/^\.fi/{/^\./d;s/\\-/-/g;p}' "${pages[1]}" >"$WORK/example.conf"
"$FLOWBPF" attach --config "$WORK/example.conf" no/such0 >"$WORK/out" 2>&1
same "the example of flowbpf.conf(5) is accepted: what is refused is the interface" "$? $(grep -c 'no/such0' "$WORK/out")" "1 1"

complete() { # WORD...: what completion offers for the last word
	bash -c '
		flowbpf() { '"'$FLOWBPF'"' "$@"; }
		. user/dist/flowbpf.bash
		COMP_WORDS=(flowbpf "$@") COMP_CWORD=$#
		_flowbpf
		printf "%s\n" "${COMPREPLY[@]}"' - "$@"
}
same "completion offers the verbs" "$(complete "" | sort)" "$verbs"
same "completion offers the options of attach" "$(complete attach -- | sed 's/^--//' | grep -v '^help$' | sort)" "$(options_of attach)"
same "completion offers interfaces" "$(complete attach l | grep -x lo)" lo
same "completion offers what a verb does" "$(complete history "" | xargs) $(complete user "" | xargs) $(complete fleet "" | xargs) $(complete devices un)" \
	"erase add remove list $("$FLOWBPF" help fleet | sed -n '1s/.*\] //p' | tr '|' ' ') unlabel"
same "completion offers formats" "$(complete export --format c)" csv

# Every setting of the example, also those that are commented out, is one that attach takes.
sed 's/^#\([a-z-]* = \)/\1/' user/dist/flowbpf.conf >"$WORK/all.conf"
echo 'interface = no/such0' >>"$WORK/all.conf"
for other in no-conntrack forget-on-loss; do # not both
	grep -v "^$other = " "$WORK/all.conf" >"$WORK/one.conf"
	"$FLOWBPF" attach --config "$WORK/one.conf" no/such0 >"$WORK/out" 2>&1
	same "the example config without $other is accepted: what is refused is the interface" \
		"$? $(grep -c 'no/such0' "$WORK/out")" "1 1"
done
same "the example config has every setting" "$(sed -n 's/^\([a-z-]*\) = .*/\1/p' "$WORK/all.conf" | grep -v '^interface$' | sort -u)" \
	"$(options_of attach | grep -vxE 'config|batch-duration')"
mkdir -p "$WORK/sbin" && ln -s "$FLOWBPF" "$WORK/sbin/flowbpf"
for unit in flowbpf.service flowbpf@.service flowbpf-lists.service flowbpf-sums.service; do
	check "$unit starts what exists" sh -c "make --no-print-directory -s O='$WORK' PREFIX='$WORK' '$WORK/$unit' &&
		{ ! command -v systemd-analyze || ! systemd-analyze --man=no verify '$WORK/$unit' 2>&1 | grep $unit; }"
done
version=$(sed -n 's/^VERSION := //p' Makefile)
same "the package is of this version" "$(sed -n '1s/^flowbpf (\(.*\)) .*/\1/p' debian/changelog)" "$version"
same "the package is built with what the Makefile names" \
	"$(sed -n '/^Build-Depends:/,/^$/s/^ \([a-z0-9+.-]*\).*/\1/p' debian/control | grep -vE '^(debhelper|dh-)' | sort)" \
	"$(make -s --no-print-directory -f Makefile -f - named <<<'named: ; @printf "%s\n" $(filter-out nodejs npm zopfli gcc make,$(BUILD_PACKAGES))' | sort)"
same "version" "$("$FLOWBPF" version)" "flowbpf $version"
same "--version is the same" "$("$FLOWBPF" --version)" "$("$FLOWBPF" version)"
finish
