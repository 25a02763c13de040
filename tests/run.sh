#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The one test driver: run.sh RING... | all | FILE...
# Rings: lint vm unit bpf cli web lab fleet package cases fuzz asan hammer debian. A test is a program that speaks TAP; its first
# lines may hold "timeout: SECONDS" (else 300) and "alone: yes" (nothing runs beside it). Logs
# go to build/logs, the last line is "N passed, N failed, N skipped", the status 1 if any failed.
# What failed beside other tests is run once more by itself, for a busy machine is no fault of the
# product: the second run counts, the first one's failures stay to be read, and the end names them.
set -u
cd "$(dirname "$0")/.." || exit 2
O=${O:-build}
export WERROR=1 O CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin
logs=$O/logs
rings_all="lint vm unit bpf cli web lab fleet package cases fuzz asan hammer debian"
names=() commands=() limits=() alone=()
sums=(0 0 0)
mkdir -p "$logs"

add() { # NAME FILE COMMAND: the file's first lines hold limits
	local head limit
	head=$(head -20 "$2" 2>/dev/null)
	limit=$(sed -n 's/.*timeout: *\([0-9]*\).*/\1/p' <<<"$head" | head -1)
	names+=("$1")
	commands+=("$3")
	limits+=("${limit:-300}")
	alone+=("$(grep -c 'alone: yes' <<<"$head")")
}

build() { make --no-print-directory -s -j2 "$@" >>"$logs/build.log" 2>&1; }

programs() { # RING PREFIX [MAKE-VARIABLE...]: cmocka programs of tests/RING
	local source name
	for source in tests/"$1"/*_test.c tests/"$1"/*/*_test.c; do
		[ -e "$source" ] || continue
		name=$(basename "$source" _test.c)
		add "$2/$name" "$source" "$3/${source%.c}"
	done
}

ring_unit() { programs unit unit "$O"; }
ring_bpf() { programs bpf bpf "$O"; }
ring_lint() { add lint/house tests/lint/run.sh tests/lint/run.sh; }
ring_vm() { lab_tools && releases vm; }
ring_debian() { releases debian; }
releases() { # RING: its run.sh for each release of Debian
	local release
	for release in 12 13; do add "$1/debian-$release" "tests/$1/run.sh" "tests/$1/run.sh $release"; done
}

# The units, and the lab and cli tests that go through most of the daemon, with ASan and UBSan.
ring_asan() {
	local test first=${#names[@]}
	for test in tests/unit/*/*_test.c; do asan_targets+=("$O/asan/${test%.c}"); done
	programs unit asan "$O/asan"
	lab_tools
	for test in lab/{api,clsact,conntrack,devices,iface_events,nat,page,pin,pressure,replay,replay_serve,reuse,signals} \
		cli/{attach,bad_input,daemon,flows,replay}; do
		add "asan/${test//\//-}" "tests/$test.sh" "env CAPTURES_EVERY=4 FLOWBPF=$O/asan/flowbpf tests/$test.sh"
	done
	built_by asan "$first"
}
asan_targets=("$O/asan/flowbpf")
build_asan() {
	build O="$O/asan" OPT="-O1 -g1" SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" \
		"${asan_targets[@]}"
}

# Random requests, streams and logins, with floods beside, at the daemon with ASan and UBSan, and
# with TSan: clang's, whose reports come with both stacks. Its runtime wants a kernel's usual layout.
ring_hammer() {
	lab_tools
	add hammer/asan tests/hammer/run.sh "env FLOWBPF=$O/asan/flowbpf tests/hammer/run.sh"
	built_by asan $((${#names[@]} - 1))
	add hammer/tsan tests/hammer/run.sh "setarch -R env HAMMER_SECONDS=${HAMMER_SECONDS:-25} FLOWBPF=$O/tsan/flowbpf tests/hammer/run.sh"
	built_by tsan $((${#names[@]} - 1))
}
build_tsan() { build O="$O/tsan" CC="${CLANG:-clang}" OPT="-O1 -g1" SAN=-fsanitize=thread "$O/tsan/flowbpf"; }

ring_fuzz() {
	local seconds=${FUZZ_SECONDS:-10} source name corpus first=${#names[@]}
	for source in tests/fuzz/*_fuzz.c; do
		name=$(basename "$source" _fuzz.c)
		corpus=$O/corpus/$name
		fuzz_targets+=("$O/${source%.c}")
		mkdir -p "$corpus" "$O/findings"
		names+=("fuzz/$name")
		commands+=("tests/fuzz.sh $name $seconds $corpus")
		limits+=($((seconds + 120)))
		alone+=(0)
	done
	# What all of them reached, when they are through: it wants to be alone.
	names+=(fuzz/coverage)
	commands+=("tests/fuzz/coverage.sh $O/corpus")
	limits+=(120)
	alone+=(1)
	built_by fuzz "$first"
}
fuzz_targets=()
build_fuzz() { build "${fuzz_targets[@]}" && tests/fuzz/seed.sh "$O/corpus" >>"$logs/build.log" 2>&1; }

# What only some rings need is built in the background, one after the other: tests wait more than they
# compute. BUILD FIRST: the tests from the index FIRST on wait for it.
builds=()
declare -A needs=()
built_by() {
	local i
	[[ " ${builds[*]-} " == *" $1 "* ]] || builds+=("$1")
	for ((i = $2; i < ${#names[@]}; i++)); do needs[$i]=$1; done
}
build_all() {
	local name
	renice -n 5 $BASHPID >/dev/null
	for name in "${builds[@]}"; do
		"build_$name"
		echo $? >"$logs/built-$name.new" && mv "$logs/built-$name.new" "$logs/built-$name"
	done
}
wait_built() { # INDEX
	local name=${needs[$1]:-}
	[ -n "$name" ] || return
	until [ -s "$logs/built-$name" ]; do sleep 0.5; done
	[ "$(cat "$logs/built-$name")" = 0 ] || commands[$1]=$(broken "$name")
}

scripts() { # RING
	local file
	for file in tests/"$1"/*.sh; do
		[ -x "$file" ] && add "$1/$(basename "$file" .sh)" "$file" "$file"
	done
}

ring_cli() { scripts cli; }
ring_lab() { lab_tools && scripts lab; }
# Sensors and a ClickHouse server of Debian, started here.
ring_fleet() {
	lab_tools
	build "$O/tests/fleet/filters_test" || note_broken fleet/build
	scripts fleet
}
ring_package() { scripts package; }
# What users of such programs complain of, tried from outside: the programs of ../shared/cases.
ring_cases() {
	local case name forms form
	for case in ../shared/cases/*; do
		[ -f "$case" ] && [ -x "$case" ] || continue
		name=$(basename "${case%.*}")
		add "cases/$name" tests/cases.sh "tests/cases.sh $case"
		case $name in # other forms of the same case
		forged-rst) forms=("ct") ;;
		wan-nat-dns-names) forms=("lan" "lan wan") ;;
		*) continue ;;
		esac
		for form in "${forms[@]}"; do add "cases/$name-${form// /-}" tests/cases.sh "tests/cases.sh $case $form"; done
	done
}
lab_tools() {
	local tools=() source
	for source in tests/lab/*.c; do tools+=("$O/${source%.c}"); done
	build "${tools[@]}" || note_broken lab/build
}
ring_web() {
	local file
	build "$O/tests/lab/frames" || note_broken web/build
	scripts web
	for file in tests/web/*_test.mjs tests/web/*.test.mjs web/src/*.test.ts; do
		[ -e "$file" ] && add "web/$(basename "$file" .mjs)" "$file" "node --test --test-reporter=tap $file"
	done
}

note_broken() { # NAME: something that was to be built is not; a failure of its own
	names+=("$1")
	commands+=("$(broken "$1")")
	limits+=(10)
	alone+=(0)
}
broken() { echo "sh -c 'tail -20 $logs/build.log; echo \"not ok 1 - $1 builds\"; exit 1'"; } # NAME

# --- run -----------------------------------------------------------------------------------------
show() { if [ -t 2 ]; then printf '\r\033[K%s' "$*" >&2; fi; }

run_one() { # INDEX
	local name=${names[$1]} log status started=$EPOCHSECONDS
	log=$logs/${name//\//-}.log
	# shellcheck disable=SC2086
	eval "timeout -k 15 ${limits[$1]} ${commands[$1]}" >"$log" 2>&1 </dev/null
	status=$?
	echo "# status $status after $((EPOCHSECONDS - started)) s" >>"$log"
}

count() { # INDEX: what the log says, as "passed failed skipped seconds status"
	awk '
		/^ok [0-9]/ || /^ok #/ { if (/# *[Ss][Kk][Ii][Pp]/) skipped++; else passed++ }
		/^not ok [0-9]/ { if (/# *SKIP/) skipped++; else failed++ } # as cmocka 1.1.7 says it
		/^# status / { status = $3; seconds = $5 }
		END {
			if (status == 124 || status == 137) failed++
			else if (status != 0 && !failed) failed = 1
			if (!passed && !failed && !skipped) failed = 1
			print passed + 0, failed + 0, skipped + 0, seconds + 0, status + 0
		}' "$logs/${names[$1]//\//-}.log"
}

done_count=0
took=() # "SECONDS NAME" of each test
again=() # indices of those to run once more
unsteady=()
report() { # INDEX
	local passed failed skipped seconds status word=ok log=$logs/${names[$1]//\//-}.log
	read -r passed failed skipped seconds status < <(count "$1")
	took+=("$seconds ${names[$1]}")
	[ "$failed" = 0 ] || word=FAIL
	if [ "$failed" != 0 ] && [ "$pass" != again ] && [ ${#names[@]} -gt 1 ]; then
		word=anew
		again+=("$1")
		cp "$log" "${log%.log}.first.log"
	else
		sums=($((sums[0] + passed)) $((sums[1] + failed)) $((sums[2] + skipped)))
		done_count=$((done_count + 1))
		[ "$failed" != 0 ] || [ "$pass" != again ] || unsteady+=("${names[$1]}")
	fi
	show ""
	printf '%-4s %-24s %4d passed%s%s %4d s\n' "$word" "${names[$1]}" "$passed" \
		"$([ "$failed" = 0 ] || echo ", $failed failed")" \
		"$([ "$skipped" = 0 ] || echo ", $skipped skipped")" "$seconds"
	sed -n 's/^# figure: /     /p' "$log" | cut -c1-160
	if [ "$failed" != 0 ]; then
		grep -B4 -A2 '^not ok' "$log" | cut -c1-320 | head -40 | sed 's/^/     /'
		[ "$status" != 124 ] && [ "$status" != 137 ] || echo "     ended by the time limit of ${limits[$1]} s"
		grep -q '^not ok' "$log" || tail -5 "$log" | cut -c1-160 | sed 's/^/     /'
		echo "     whole log: $log"
	fi
	show "[$done_count/${#names[@]}]"
}

drain() { # LEAST: wait until fewer than that run
	local pid i
	while [ ${#running[@]} -ge "$1" ] && [ ${#running[@]} -gt 0 ]; do
		wait -n -p pid
		i=${running[$pid]:-}
		[ -n "$i" ] || continue
		unset "running[$pid]"
		report "$i"
	done
}

[ $# -gt 0 ] || set -- all
for ring in "$@"; do
	[ "$ring" = all ] && set -- $rings_all
done
: >"$logs/build.log"
for ring in "$@"; do
	if [ -f "$ring" ]; then
		[ "${ring%.sh}" = "$ring" ] || lab_tools
		add "one/$(basename "$ring" .sh)" "$ring" "$ring"
	elif declare -F "ring_$ring" >/dev/null; then
		"ring_$ring"
	else
		echo "unknown ring '$ring'; there are: $rings_all" >&2
		exit 2
	fi
done
if [ "$(id -u)" != 0 ]; then
	echo "not root: the rings bpf, lab and cli will fail; run as root" >&2
fi

declare -A running=()
builder=
stop() { # the tests, which clean up behind them
	[ -z "$builder" ] || pkill -TERM -P "$builder"
	for pid in "${!running[@]}"; do pkill -TERM -P "$pid"; done
	wait
	exit 130
}
trap stop INT TERM
start() { # INDEX MOST: once fewer than that many run
	wait_built "$1"
	drain "$2"
	show "[$done_count/${#names[@]}] ${names[$1]}"
	run_one "$1" &
	running[$!]=$1
}
rm -f "$logs"/built-*
if [ ${#builds[@]} -gt 0 ]; then
	build_all &
	builder=$!
fi
# On two cores three at a time: most of them wait more than they compute.
for pass in beside alone; do
	for i in "${!names[@]}"; do
		case $pass${alone[$i]} in
		beside0) start "$i" "${JOBS:-3}" ;;
		alone[1-9]*) start "$i" 1 ;;
		esac
	done
	drain 1
done
pass=again
for i in ${again[@]+"${again[@]}"}; do
	start "$i" 1
	drain 1
done
show ""
[ ${#unsteady[@]} = 0 ] || echo "failed beside others and passed by themselves: ${unsteady[*]}"
if [ ${#took[@]} -gt 10 ]; then
	echo "the slowest: $(printf '%s s\n' "${took[@]}" | sed 's/ \(.*\) s$/ s \1/' | sort -rn | head -10 | paste -sd, | sed 's/,/, /g')"
fi
echo "${sums[0]} passed, ${sums[1]} failed, ${sums[2]} skipped"
[ "${sums[1]}" = 0 ]
