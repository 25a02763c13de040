# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The lab: sourced by every lab test. Network namespaces named from a hash of the test's name and
# process, so that tests run beside each other; TAP lines; polling; the daemon. All that a test
# starts is ended by its own pid, all that it makes is removed, however the test ends.
#
#   ok_if STATUS TEXT, check TEXT COMMAND..., same TEXT GOT WANTED, skip TEXT REASON
#   ns NAME, in_ns NAME COMMAND..., spawn LOG NS COMMAND..., wait_for SECONDS COMMAND...
#   lab_pair: namespaces a, b; lab_router: c, r, s;  daemon_start NS IFACE... [-- OPTION...], api PATH, flow FILTER
set -u

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
PATH=$PATH:/usr/sbin:/sbin
FLOWBPF=$(realpath -m "${FLOWBPF:-${O:-build}/flowbpf}")
LAB_BIN=$(realpath -m "${O:-build}/tests/lab")
TEST=$(basename "${0%.sh}")
TAG=fb$(printf '%s' "$TEST.$$" | sha256sum | cut -c1-6)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/flowbpf-$TEST.XXXXXX")
chmod 755 "$WORK"
tests_run=0 tests_failed=0 ended=
pids=() daemons=() namespaces=()
# A build with sanitizers writes what it finds about memory there, the rest to stderr, and ends.
mkdir -m 1777 "$WORK/reports"
export ASAN_OPTIONS=log_path=$WORK/reports/memory UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS="log_path=$WORK/reports/threads ${TSAN_OPTIONS:-}"

# --- results -------------------------------------------------------------------------------------
ok_if() { # STATUS TEXT
	tests_run=$((tests_run + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests_run - $2"
	else
		tests_failed=$((tests_failed + 1))
		echo "not ok $tests_run - $2"
	fi
}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

check() { # TEXT COMMAND...
	local text=$1
	shift
	"$@" >"$WORK/check.out" 2>&1
	local status=$?
	[ $status = 0 ] || { note "status $status: $*" && head -c 2000 "$WORK/check.out" | sed 's/^/#   /'; }
	ok_if $status "$text"
	return $status
}

same() { # TEXT GOT WANTED
	[ "$2" = "$3" ]
	local status=$?
	[ $status = 0 ] || note "got: $2
wanted: $3"
	ok_if $status "$1"
	return $status
}

skip() { # TEXT REASON
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

finish() { # all that the test had to say is said
	ended=1
	exit 0
}

clean_up() {
	local status=$? pid name
	trap - EXIT
	[ -n "$ended" ] || ok_if 1 "the test came to its end (status $status)"
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	for pid in "${daemons[@]}"; do wait_for 5 ended "$pid"; done
	for name in "${namespaces[@]}"; do
		for pid in $(ip netns pids "$name" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
	done
	for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
	wait 2>/dev/null
	for name in "${namespaces[@]}"; do ip netns del "$name" 2>/dev/null; done
	if [ $tests_failed != 0 ] && [ -s "$WORK/daemon.log" ]; then
		tail -15 "$WORK/daemon.log" | sed 's/^/# daemon: /'
	fi
	for name in "$WORK"/reports/* $(grep -rls 'runtime error:' "$WORK"); do
		[ -e "$name" ] || continue
		note "$(grep -A40 -m1 -aE 'runtime error:|ERROR|(Leak|Thread)Sanitizer' "$name")"
		ok_if 1 "no report of a sanitizer"
	done
	[ -n "${KEEP:-}" ] && note "kept $WORK" || rm -rf "$WORK"
	[ $tests_run = 0 ] || echo "1..$tests_run"
	exit $((tests_failed > 0))
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# --- namespaces and processes --------------------------------------------------------------------
ns() { # NAME...: make namespaces with loopback up, that send nothing by themselves
	local name
	for name in "$@"; do
		ip netns add "$TAG-$name" || exit 1
		namespaces+=("$TAG-$name")
		in_ns "$name" ip link set lo up
		in_ns "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.router_solicitations=0
	done
}

in_ns() { # NAME COMMAND...
	local name=$1
	shift
	nsenter --net="/run/netns/$TAG-$name" "$@"
}

spawn() { # LOG NS COMMAND...: in the background, pid in $spawned
	local log=$WORK/$1 name=$2
	shift 2
	# shellcheck disable=SC2094
	(exec nsenter --net="/run/netns/$TAG-$name" "$@") >>"$log" 2>&1 </dev/null &
	spawned=$!
	pids+=("$spawned")
}

# How many tasks share a CPU of this machine, 1 to 8: time limits are for one that is not busy. SLOW: at least so
# many, of a machine whose CPUs are those of a busy one.
CPUS=$(nproc)
busy() {
	local load
	read -r load _ </proc/loadavg
	load=$((1 + ${load%.*} / CPUS))
	[ "$load" -ge "${SLOW:-1}" ] || load=$SLOW
	echo $((load < 8 ? load : 8))
}

wait_for() { # SECONDS COMMAND...: until the command succeeds
	local end=$((SECONDS + $1 * $(busy)))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# TEXT JQ WANTED: the record of acts has it, which is on the disk before it is shown.
recorded() {
	local text=$1 filter=$2 wanted=$3
	shown_on_record() { [ "$(api audit | jq -rc "$filter")" = "$wanted" ]; }
	wait_for 10 shown_on_record
	same "$text" "$(api audit | jq -rc "$filter")" "$wanted"
}

listening() { in_ns "$1" ss -Hltn "sport = :$2" | grep -q .; } # NS PORT

link_pair() { # NS1 IF1 NS2 IF2: a veth pair
	ip -n "$TAG-$1" link add name "$2" type veth peer name "$4" netns "$TAG-$3" || exit 1
	ip -n "$TAG-$1" link set "$2" up
	ip -n "$TAG-$3" link set "$4" up
}

mac() { ip -n "$TAG-$1" -j link show "$2" | jq -r '.[0].address'; } # NS IFACE

offloads() { # on|off NS IFACE
	in_ns "$2" ethtool -K "$3" tso "$1" gso "$1" gro "$1" tx "$1" >/dev/null 2>&1
}

lab_pair() { # namespaces a (10.9.0.1) and b (10.9.0.2), joined by their eth0
	[ -e "/run/netns/$TAG-a" ] || ns a b
	link_pair a eth0 b eth0
	ip -n "$TAG-a" address add 10.9.0.1/24 dev eth0
	ip -n "$TAG-b" address add 10.9.0.2/24 dev eth0
}

# Client c (10.0.1.2, fd00:1::2) - router r (lan, wan) - server s (198.51.100.2, 2001:db8:2::2).
# The router masquerades what the client sends out by wan, both families; port 8443 of its wan goes to the client.
lab_router() {
	ns c r s
	link_pair c eth0 r lan
	link_pair r wan s eth0
	in_ns r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	local i
	for i in "c eth0 10.0.1.2/24 fd00:1::2/64" "r lan 10.0.1.1/24 fd00:1::1/64" \
		"r wan 198.51.100.1/24 2001:db8:2::1/64" "s eth0 198.51.100.2/24 2001:db8:2::2/64"; do
		# shellcheck disable=SC2086
		set -- $i
		ip -n "$TAG-$1" address add "$3" dev "$2"
		ip -n "$TAG-$1" address add "$4" dev "$2" nodad
	done
	ip -n "$TAG-c" route add default via 10.0.1.1
	ip -n "$TAG-c" -6 route add default via fd00:1::1
	in_ns r nft -f - <<-NFT || exit 1
		table inet lab {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wan" ip saddr 10.0.1.0/24 masquerade
				oifname "wan" ip6 saddr fd00:1::/64 masquerade
			}
			chain pre {
				type nat hook prerouting priority dstnat;
				iifname "wan" tcp dport 8443 meta nfproto ipv4 dnat ip to 10.0.1.2:443
				iifname "wan" tcp dport 8443 meta nfproto ipv6 dnat ip6 to [fd00:1::2]:443
			}
		}
	NFT
	in_ns c ping -c1 -W2 198.51.100.2 >/dev/null || return 1
	in_ns c ping -6 -c1 -W2 2001:db8:2::2 >/dev/null
}

lab_offloads() { # on|off: of every interface of lab_router
	offloads "$1" c eth0
	offloads "$1" r lan
	offloads "$1" r wan
	offloads "$1" s eth0
}

lab_keep_neighbours() { # those that the lab's pings found stay known: nobody asks for them again
	local name address iface lladdr
	for name in c r s; do
		in_ns $name ip neigh show | while read -r address _ iface _ lladdr _; do
			in_ns $name ip neigh replace "$address" dev "$iface" lladdr "$lladdr" nud permanent
		done
	done
}

# --- the daemon ----------------------------------------------------------------------------------
need_product() {
	[ -x "$FLOWBPF" ] && return
	ok_if 1 "$FLOWBPF is built"
	finish
}

daemon_start() { # NS IFACE... [-- OPTION...]; its pid in $daemon, its socket in $socket
	local name=$1 ifaces=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		ifaces+=("$1")
		shift
	done
	[ $# -gt 0 ] && shift
	socket=$WORK/socket.${#pids[@]}
	export FLOWBPF_SOCKET=$socket # for tests/login.mjs; reading by TCP needs no login here
	spawn daemon.log "$name" "$FLOWBPF" attach "${ifaces[@]}" --listen 127.0.0.1:8080 --no-login \
		--socket "$socket" "$@"
	daemon=$spawned daemons+=("$spawned")
	wait_for 20 api health && return
	note "$(tail -5 "$WORK/daemon.log")"
	ok_if 1 "the daemon starts on ${ifaces[*]}"
	return 1
}

ended() { ! kill -0 "$1" 2>/dev/null; } # PID

daemon_stop() { # [SIGNAL]; its exit status. Not in a subshell: only its parent can wait for it
	kill "-${1:-TERM}" "$daemon" 2>/dev/null
	wait_for 5 ended "$daemon" || kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
}

api() { curl -sS --fail-with-body -m 20 --unix-socket "$socket" "http://localhost/api/v1/$1" "${@:2}"; }

flows() { # FILTER [QUERY]: the items, live and closed, as a JSON array
	curl -sS --fail-with-body -m 20 -G --unix-socket "$socket" http://localhost/api/v1/flows \
		--data-urlencode "filter=$1" -d "limit=1000&live=both&${2:-}" | jq -c .items
}

# One value of the one flow that a filter finds; "N flows" when it is not one.
flow() { # FILTER JQ-EXPRESSION
	flows "$1" | jq -r "if length == 1 then .[0] | $2 else \"\(length) flows\" end"
}

# The daemon asked by the command line. Rules stay, of inside hosts, too: that they would not is confirm.sh's.
say() { # VERB [ARG...]
	local told=()
	case "$1 $*" in
		*--confirm*) ;;
		block* | limit*) told=(--confirm=0) ;;
	esac
	"$FLOWBPF" "$1" --socket "$socket" "${told[@]}" "${@:2}" 2>&1
}
is_in() { say block "$1" --dry-run | grep -q 'would be refused: it is an SSH session'; } # ADDRESS: he has logged in here

flow_is() { [ "$(flow "$1" "$2")" = "$3" ]; } # FILTER JQ-EXPRESSION VALUE

counter() { api health | jq -r ".counters.$1.value"; } # NAME

# The books of an interface and direction (rx, tx): "seen flows+causes", in packets, then in bytes.
books() {
	api health | jq -r --arg i "$1" --arg d "$2" '.interfaces[] | select(.name == $i) |
		"\(.packets[$d]) \(.row_packets[$d] + ([.causes[$d][].packets] | add)) " +
		"\(.bytes[$d]) \(.row_bytes[$d] + ([.causes[$d][].bytes] | add))"'
}
books_balance() { # INTERFACE...: what was seen are the flows and all causes why it is of none
	local i dir seen packets seen_bytes bytes
	for i in "$@"; do
		for dir in rx tx; do
			read -r seen packets seen_bytes bytes <<<"$(books "$i" $dir)"
			same "the books of $i, $dir" "$packets $bytes" "$seen $seen_bytes"
		done
	done
}
cause() { # IFACE DIRECTION NAME: packets
	api health | jq -r --arg i "$1" --arg d "$2" ".interfaces[] | select(.name == \$i) | .causes[\$d].$3.packets"
}

have_bpffs() { mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf 2>/dev/null; } # for --pin

# Ids of what the daemon holds: map_id, prog_id, link_id.
held() { sed -n "s/^$1:[[:space:]]*//p" /proc/"$daemon"/fdinfo/* 2>/dev/null | sort -un; }

# Until the daemon has ticked so many times: once to read the counters, once to show them.
tick() { # [TICKS]
	local epoch
	epoch=$(api health | jq .epoch)
	wait_for 20 ticked $((epoch + ${1:-2}))
}
ticked() { [ "$(api health | jq .epoch)" -ge "$1" ]; } # EPOCH

# Files of a state folder that docs/privacy.md, which has all of them, does not name.
untold_files() { # FOLDER
	find "$1" -maxdepth 1 -type f -printf '%f\n' | sed 's/-wal$//; s/-shm$//' | sort -u |
		grep -vxF "$(grep -o '`[a-z.]*`' docs/privacy.md | tr -d '`')"
}

# What the kernel holds of eBPF; the same before and after means that nothing is left.
kernel_lists() {
	bpftool prog list | sed -n 's/^\([0-9]*\): \(sched_cls\|xdp\|tracing\).*name \([^ ]*\).*/\2 \3/p' | sort
	bpftool map list | sed -n 's/^[0-9]*: \([a-z_]*\)  name \(fb_[^ ]*\|flowbpf[^ ]*\).*/\1 \2/p' | sort
}
