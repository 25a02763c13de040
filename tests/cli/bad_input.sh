#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What people get wrong: one sentence on stderr, nothing on stdout, status 2 for what can be seen to be
# wrong, 1 for what failed, and nothing is left attached, bound or lying around.
. "$(dirname "$0")/../lab/lib.sh"
need_product
ns a
ip -n "$TAG-a" link add eth0 type veth peer name eth1
ip -n "$TAG-a" link set eth0 up
attached() { in_ns a "$FLOWBPF" doctor eth0 --json | jq -r '.[] | select(.name == "attached").value'; }
before=$(attached)
S=$WORK/sock

refused() { # STATUS PATTERN OPTION...
	local status=$1 pattern=$2 got
	shift 2
	in_ns a timeout 20 "$FLOWBPF" "$@" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null
	got=$?
	[ "$got" = "$status" ] && [ "$(wc -l <"$WORK/stderr")" = 1 ] && [ ! -s "$WORK/stdout" ] &&
		grep -qE -- "^flowbpf: .*($pattern)" "$WORK/stderr" && ! grep -qP '[^\x20-\x7e\n]' "$WORK/stderr"
	local ok=$?
	[ $ok = 0 ] || note "status $got, said: $(head -c 400 "$WORK/stderr" "$WORK/stdout")"
	ok_if $ok "status $status, one sentence: flowbpf $(printf '%q ' "$@" | cut -c1-90)"
}

# verbs and options
refused 2 'verb'
refused 2 '"atach", did you mean attach' atach eth0
refused 2 'unknown verb' 'xyzzy'
refused 2 'unknown verb' $'\033[2J\n'
refused 2 'attach needs an interface' attach
refused 2 '--lisen, did you mean --listen' attach eth0 --listen 127.0.0.1:8080 --lisen x
refused 2 '-Z' attach eth0 -Z
refused 2 '--max-flows needs a value: N' attach eth0 --max-flows
refused 2 '--no-conntrack takes no value' attach eth0 --no-conntrack=1
refused 2 'forget-on-loss deletes.*no-conntrack does not read' attach eth0 --forget-on-loss --no-conntrack
refused 2 'no argument, not "extra"' status extra
refused 2 'at most, "b" is one more' doctor a b
refused 2 'forget takes the id of a flow.*"nothex"' forget nothex
refused 2 'forget needs an ID, --filter EXPR or --all' forget
refused 2 'one of them only' forget --all --filter 'port = 1'
refused 2 'are for --filter and --all' forget --yes 9f2c51e07ab31d44
refused 2 'an empty filter matches every flow' forget --filter ' '
for n in 201 9000 100000; do # the last two are longer than a request may be
	refused 2 '--reason takes 200 bytes at most' forget --reason "$(printf "%${n}s" x)" 9f2c51e07ab31d44
done
refused 2 'replay needs FILE' replay
refused 2 'not both' flows --json --csv
refused 2 'ndjson, json or csv, not "xml"' export --format xml
refused 2 'eth0 is named twice' attach eth0 eth0
refused 2 'belong together' attach eth0 --tls-cert /etc/ssl/cert.pem

# values
for n in 0 1023 16777217 -1 1e6 many 99999999999999999999 '' 0x400 ' 2048'; do
	refused 2 '--max-flows (takes a number from 1024 to 16777216|needs)' attach eth0 --max-flows "$n"
done
for cidr in 10.0.0.0/33 10.0.0.1/8 300.0.0.0/8 10/8 fd00::/129 ::g/8 /8 10.0.0.0/ 10.0.0.0/-1 $'\033[31m'; do
	refused 2 '--internal takes an address block' attach eth0 --internal "$cidr"
done
for at in 8080 :8080 localhost:8080 127.0.0.1:0 127.0.0.1:65536 127.0.0.1 ::1:8080 '[::1]' 127.0.0.1:http; do
	refused 2 '--listen takes ADDR:PORT' attach eth0 --listen "$at"
done
for t in 0 1x 2d -5 5m30; do
	refused 2 '--closed-for takes a duration' attach eth0 --closed-for "$t"
done
refused 2 '--hook takes auto or clsact' attach eth0 --hook xdp
refused 2 'open to other machines: give --token-file' attach eth0 --listen 0.0.0.0:8080
refused 2 'open to other machines: give --token-file' attach eth0 --listen '[::]:8080'
refused 2 'no-login would let everybody read' attach eth0 --listen 0.0.0.0:8080 --no-login --token-file /dev/null
refused 2 'absolute path' attach eth0 --socket relative.sock
refused 2 'host name or an address, without a port, not "a b"' attach eth0 --host 'a b'
refused 2 'without a port' attach eth0 --host router.lan:8080

# what is not there, or not ours
refused 1 'no interface "nosuch0"' attach nosuch0 --socket "$S"
refused 1 'no interface "eth" ?.*|did you mean eth' attach eht0 --socket "$S"
refused 1 'no interface' attach nosuch0 nosuch1 --socket "$S"
refused 1 'no interface' attach ../eth0 --socket "$S"
refused 1 'no interface' attach "$(printf 'x%.0s' {1..300})" --socket "$S"
refused 1 'no interface' attach --socket "$S" -- -h
refused 1 'cannot listen on 192.0.2.1:8080' attach eth0 --listen 192.0.2.1:8080 --token-file /dev/null --socket "$S"
refused 1 "$WORK/nosuch/deep/sock" attach eth0 --socket "$WORK/nosuch/deep/sock"
refused 1 'token' attach eth0 --listen 127.0.0.1:8080 --token-file "$WORK/nosuch" --socket "$S"
refused 1 'no flowbpf is running' status --socket "$S.none"
refused 1 'no flowbpf is running' login --socket "$S.none"
refused 1 'no flowbpf is running' flows --socket "$S.none"
refused 1 'no flowbpf is running' export --socket "$S.none"
refused 1 'no flowbpf is running' forget --socket "$S.none" 9f2c51e07ab31d44
refused 1 'no flowbpf is running' detach --socket "$S.none"
refused 1 '107 characters' status --socket "/$(printf 'x%.0s' {1..300})"
refused 1 'no interface' doctor nosuch0
refused 1 'no interface' detach nosuch0
refused 1 'nosuch.pcap' replay "$WORK/nosuch.pcap"

# captures that are none
: >"$WORK/empty" && head -c 5000 /dev/urandom >"$WORK/random" && mkdir "$WORK/folder"
refused 1 'empty' replay "$WORK/empty"
refused 1 'random' replay "$WORK/random"
refused 1 'folder' replay "$WORK/folder"

# config files
config() { # PATTERN CONTENT
	printf "$2" >"$WORK/conf"
	refused 2 "$1" attach --config "$WORK/conf" --socket "$S" eth0
}
config 'conf: line 2: max-flow is no setting, did you mean max-flows' 'listen = none\nmax-flow = 5000\n'
config 'conf: line 1: max-flows takes a number from 1024' 'max-flows = 5\n'
config 'conf: line 3: max-flows is set twice' 'max-flows = 5000\n\nmax-flows = 6000\n'
config 'conf: line 1: internal takes an address block' 'internal = 10.0.0.1/8\n'
config 'conf: line 1: no-conntrack takes yes or no' 'no-conntrack = 7\n'
config 'conf: line 1: .* is no setting' '{"max-flows": 5000}\n'
config 'conf: has a NUL byte' 'listen\0= none\n'
config 'conf: line 1: .* is no setting' '\033[2J = 1\n'
truncate -s 100M "$WORK/huge"
refused 2 'huge: larger than' attach --config "$WORK/huge" eth0
refused 2 'folder: not a regular file' attach --config "$WORK/folder" eth0
refused 2 'No such file' attach --config "$WORK/nosuch" eth0

# a taken port, a socket of somebody else, no permission
in_ns a socat TCP-LISTEN:8123,bind=127.0.0.1,fork /dev/null &
pids+=($!)
check "something listens on a port" wait_for 5 listening a 8123
refused 1 '127.0.0.1:8123: Address already in use: choose another with --listen' attach eth0 --listen 127.0.0.1:8123 --socket "$S"
echo kept >"$WORK/file"
refused 1 "$WORK/file" attach eth0 --listen none --socket "$WORK/file"
same "a file in the socket's place is left alone" "$(cat "$WORK/file")" kept
chmod 777 "$WORK"
in_ns a setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	"$FLOWBPF" attach eth0 --listen none --socket "$WORK/user" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null
same "without capabilities: status 1, one sentence that names them" \
	"$? $(wc -l <"$WORK/stderr") $(grep -cE 'CAP_[A-Z]+' "$WORK/stderr")" "1 1 1"
"$FLOWBPF" help >/dev/full 2>"$WORK/stderr"
same "a full disk behind stdout is told" "$? $(wc -l <"$WORK/stderr")" "1 1"

check "doctor tells what is attached" [ -n "$before" ]
same "nothing is left attached" "$(attached)" "$before"
check "no socket file is left" [ ! -e "$S" ]
same "no qdisc is left" "$(in_ns a tc qdisc show dev eth0 | grep -c clsact)" 0
finish
