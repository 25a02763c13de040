#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# make demo: a small busy network in namespaces of its own, and the page on it, for whoever has no traffic to
# look at. A dozen clients behind a router with NAT, forty services outside, a link that loses packets, and each
# half minute an attack. Nothing leaves this machine or touches its interfaces; at the end all of it is removed.
#   DEMO_PORT: of the page (8080, or the next that is free); DEMO_SECONDS: it ends by itself
. "$(dirname "$0")/lab/lib.sh"
. tests/lab/servers.sh
. tests/lab/scene.sh
ended=1 # whatever it says at the end, it is no test
fail() {
	echo "demo: $*" >&2
	tests_failed=1
	exit 1
}
[ "$(id -u)" = 0 ] || fail "namespaces need root: sudo make demo"
for tool in ip nft dnsmasq openssl socat curl jq node python3 ping; do
	command -v $tool >/dev/null || fail "$tool is not installed: sudo make demo installs what it needs"
done
step() { [ ! -t 1 ] || printf '\r\033[K[%-4s] %s' "$(printf '%*s' "$1" '' | tr ' ' '#')" "$2"; } # 0 .. 4, TEXT
port=${DEMO_PORT:-8080}
while ss -Hltn "sport = :$port" | grep -q .; do port=$((port + 1)); done

step 0 "a router, a network behind it and one outside"
lab_router || fail "the namespaces cannot be made: $(uname -r) needs veth and nftables with NAT"
ip -n "$TAG-s" address add 198.51.100.66/24 dev eth0
ip -n "$TAG-s" route add 10.0.1.0/24 via 198.51.100.1
ip -n "$TAG-r" route add 198.18.0.0/15 dev wan # of whom the flood says it is
in_ns r nft -f - <<-'NFT' || fail "nftables cannot lose packets"
	table inet lossy {
		chain forward {
			type filter hook forward priority 0;
			ip saddr { 10.0.1.105, 10.0.1.106 } numgen random mod 100 < 2 drop comment "two phones at the end of the garden"
		}
	}
NFT

step 1 "flowbpf on the router"
socket=$WORK/socket
spawn daemon.log r "$FLOWBPF" attach lan wan --listen "127.0.0.1:$port" --socket "$socket" --state "$WORK/state"
daemons+=("$spawned")
wait_for 20 api health || fail "$(tail -1 "$WORK/daemon.log")"

step 2 "servers, and clients that use them"
scene_start >"$WORK/start.log"
[ "$tests_failed" = 0 ] || fail "$(cat "$WORK/start.log")"
spawn beacon.log s python3 tests/lab/ends.py serve 4444
wait_for 5 listening s 4444
spawn beacon.log c python3 tests/lab/habits.py beacon 10.0.1.103 198.51.100.66 4444 3 1000000

step 3 "the page"
socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork,max-children=200" \
	"EXEC:nsenter --net=/run/netns/$TAG-r socat - TCP\\:127.0.0.1\\:$port" 2>"$WORK/relay.log" &
pids+=($!)
relay=$!
here() { ss -Hltnp "sport = :$port" | grep -q "pid=$relay,"; }
wait_for 5 here || fail "the page cannot be at 127.0.0.1:$port: $(tail -1 "$WORK/relay.log")"
step 4 "" && [ ! -t 1 ] || printf '\r\033[K'
cat <<END
The page, with a login that is good once:  $("$FLOWBPF" login --socket "$socket")
Another login, and all other verbs:        sudo $FLOWBPF login --socket $socket
Ctrl-C ends the demo and removes all of it.
END

scans() { in_ns s python3 tests/lab/portscan.py 198.51.100.66 198.51.100.1; }
sweeps() { in_ns s python3 tests/lab/forge.py 198.51.100.67 10.0.1.2 "$@"; } # PORT...
floods() { [ ! -x "$LAB_BIN/frames" ] || in_ns s "$LAB_BIN/frames" eth0 "$(mac r wan)" inward 6000 0 1000; }
attacks() {
	while :; do
		sleep 10 && scans
		sleep 30 && sweeps {2000..2040}
		sleep 30 && floods
	done >"$WORK/attacks.log" 2>&1
}
attacks &
pids+=($!)
sleep "${DEMO_SECONDS:-infinity}" &
pids+=($!)
wait $!
