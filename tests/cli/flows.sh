#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# status, flows, export, fields, forget and detach against a daemon with known traffic: counts in every
# form, order, limits, wrong filters, and a hostile name that must not reach the terminal.
. "$(dirname "$0")/../lab/lib.sh"
need_product
lab_pair
daemon_start a eth0 -- --max-flows 4096 || finish
fb() { local verb=$1 && shift && "$FLOWBPF" "$verb" --socket "$socket" "$@"; }
both() { fb "$@" >"$WORK/out" 2>"$WORK/err"; }

in_ns b ping -q -c 7 -i 0.05 -s 100 10.9.0.1 >/dev/null
for port in 1001 1002 1003; do
	in_ns a socat -u UDP-RECV:$port /dev/null &
	pids+=($!)
done
bound() { [ "$(in_ns a ss -Hlun | grep -c ':100[123] ')" = 3 ]; }
check "somebody takes the datagrams" wait_for 5 bound
for port in 1001 1002 1003; do
	in_ns b bash -c "for i in {1..$((port - 1000))}; do echo hello >/dev/udp/10.9.0.1/$port; done"
done
# A request whose Host is an escape sequence, and one that turns text around.
in_ns a socat TCP-LISTEN:80,fork,reuseaddr SYSTEM:'cat >/dev/null' &
pids+=($!)
wait_for 5 listening a 80
printf 'GET / HTTP/1.1\r\nHost: \033[2Jevil\302\233\342\200\256x.example\r\n\r\n' |
	in_ns b timeout 3 socat -t 1 - TCP:10.9.0.1:80 >/dev/null 2>&1
pinged() { [ "$(fb flows --json --filter 'proto = icmp' | jq -s 'map(.packets.up + .packets.down) | add')" = 14 ]; }
check "flows --json has the ping's fourteen packets" wait_for 5 pinged
tick

lack=$(api health | jq -r '.knows.owner_lack // empty')
if [ -z "$lack" ]; then
	fb processes --all --json --filter 'proto = udp and port in (1001-1003)' >"$WORK/processes"
	same "processes --json: who took the datagrams, six of them, which are 34 bytes each" \
		"$(jq -c '[.items[] | [.process, .processes, .bytes.down, .bytes.up]]' "$WORK/processes")" '[["socat",3,204,0]]'
	check "processes has a table, and says what is of nobody" sh -c "'$FLOWBPF' processes --socket '$socket' 2>&1 | grep -q '^socat '"
else
	skip "whose flows are" "$lack"
fi
both processes --filter 'scr = 1'
same "a filter that is wrong: status 2, and what it is" "$? $(head -1 "$WORK/err" | cut -c1-32)" "2 flowbpf: there is no field \"scr\""
both processes --limit 0
same "no limit of 0: status 2" $? 2

same "one JSON object a line, as many as the table has rows" \
	"$(fb flows --json --all -f 'family = 4' | jq -c . | wc -l)" "$(fb flows --all -f 'family = 4' --limit 0 2>/dev/null | tail -n +2 | wc -l)"
same "up and down of the ping are exact in CSV: 7 packets, 128 bytes each" \
	"$(fb flows --csv --filter 'proto = icmp' --fields packets.up,packets.down,bytes.up,bytes.down)" \
	"$(printf 'packets.up,packets.down,bytes.up,bytes.down\n7,7,896,896')"
same "aliases are fields" "$(fb flows --csv --filter 'proto = icmp' --fields src,up)" "$(printf 'src.ip,src.port,bytes.up\n10.9.0.2,,896')"
same "sorted by destination port, descending" \
	"$(fb flows --all --csv --filter 'proto = udp and port in (1001-1003)' --sort -dport --fields dport | tail -n +2 | tr '\n' ' ')" "1003 1003 1003 1002 1002 1001 "
same "--limit" "$(fb flows --all --csv --limit 2 --fields id | tail -n +2 | wc -l)" 2
both flows --all --limit 1
same "a table that is cut says so, beside the rows" "$(wc -l <"$WORK/out") $(grep -c '^1 of .* flows; --limit 0 shows all$' "$WORK/err")" "2 1"
both flows --filter 'port = 9'
same "no flow: a header, and a note" "$(wc -l <"$WORK/out") $(cat "$WORK/err")" "1 0 flows"
check "the table has the endpoints" sh -c "'$FLOWBPF' flows --all --socket '$socket' | grep -q '10.9.0.2.*10.9.0.1:1003 '"

wrong() { # PATTERN OPTION...
	local pattern=$1 got
	shift
	both flows "$@"
	got=$?
	same "status 2, one sentence: flows $(printf '%.60s ' "$@")" \
		"$got $(wc -l <"$WORK/err") $(wc -c <"$WORK/out") $(grep -cE "$pattern" "$WORK/err")" "2 1 0 1"
}
wrong 'prot' --filter 'prot = tcp'
wrong 'did you mean' --filter 'dst.prt = 4'
wrong '' --filter '(port = 4'
wrong '' --filter 'ip = 10.0.0.0/99'
wrong 'too long' --filter "$(printf 'a%.0s' {1..5000})"
wrong 'too long' --filter "$(printf 'a%.0s' {1..100000})"
wrong 'field "byts", did you mean bytes' --fields byts
wrong 'no field "byts" to sort by.*bytes' --sort byts
wrong 'from 0 to' --limit -1
wrong 'not both' --closed --all

# Nothing that a stranger chose acts on a terminal: through a pseudo-terminal, in every form.
tty_of() { script -qec "$FLOWBPF $* --socket $socket" /dev/null </dev/null 2>&1; }
check "the hostile name is there" sh -c "'$FLOWBPF' flows --all --json --socket '$socket' | grep -q evil"
for form in "flows --all" "flows --all --json" "flows --all --csv" "export" "export --format csv"; do
	tty_of "$form" >"$WORK/tty"
	check "$form: the name is shown" grep -q evil "$WORK/tty"
	same "$form: no clear-screen, C1 or right-to-left override" \
		"$(grep -caP '\x1b\[2J|\xc2\x9b|\xe2\x80\xae' "$WORK/tty")" 0
done
check "a terminal gets colours" sh -c "script -qec '$FLOWBPF flows --all --socket $socket' /dev/null </dev/null | grep -qP '\x1b\[1m'"
check "not with NO_COLOR" sh -c "! NO_COLOR=1 script -qec '$FLOWBPF flows --all --socket $socket' /dev/null </dev/null | grep -qP '\x1b\[[0-9]'"
check "a pipe gets none" sh -c "! '$FLOWBPF' flows --all --socket '$socket' | grep -q \$(printf '\033')"

watched() { timeout 5 script -qec "stty rows 8; $FLOWBPF flows --all --watch --socket $socket" /dev/null </dev/null; }
watched >"$WORK/watched"
check "--watch shows a screenful again and again" [ "$(grep -ca $'\x1b\\[2J' "$WORK/watched")" -ge 2 ]
same "of so many rows as fit" "$(tr -d '\r' <"$WORK/watched" | sed -n '/Source/,/flows/p' | sed '/flows/q' | wc -l)" 7
wrong 'shows a table' --watch --json
check "export has a progress bar on a terminal" \
	sh -c "script -qec '$FLOWBPF export --output $WORK/exported --socket $socket' /dev/null </dev/null | grep -q '[0-9] %.* flows'"

udp="proto = udp and port in (1001-1003)"
same "export as NDJSON, JSON and CSV have the same flows" \
	"$(fb export -f "$udp" --format ndjson | jq -r .id | sort | md5sum) $(fb export -f "$udp" --format csv | tail -n +2 | wc -l)" \
	"$(fb export -f "$udp" --format json | jq -r '.items[].id' | sort | md5sum) $(fb export -f "$udp" --format ndjson | wc -l)"
fb export --output "$WORK/file" --filter 'proto = icmp'
same "export --output --filter" "$(jq -r '.proto' "$WORK/file")" icmp

both status
same "status ends with 0" $? 0
check "status names interface, hook and state" grep -qE '^eth0 +(tcx|clsact) +attached' "$WORK/out"
adds_up() { [ "$(fb status | sed -n 's/^eth0 \(in\|out\) *//p' | tr -d , | awk '$1 > 0 && $1 == $2 + $3' | wc -l)" = 2 ]; }
check "status shows that what was seen is what flows hold and what they do not" wait_for 5 adds_up
check "status shows counters" grep -q '^seen ' "$WORK/out"
same "status --json is the health object" "$(fb status --json | jq -r '.interfaces[0].name')" eth0
check "status --all shows what is zero" sh -c "'$FLOWBPF' status --all --socket '$socket' | grep -qE '^map_full +0 '"
check "fields lists the fields that the daemon has" \
	sh -c "[ \"\$('$FLOWBPF' fields --names | sort)\" = \"\$(curl -sS --unix-socket '$socket' http://localhost/api/v1/fields | jq -r '.items[].name' | sort)\" ]"
"$FLOWBPF" flows --all --socket "$socket" >/dev/full 2>"$WORK/err"
same "a full disk behind flows: status 1, one sentence" "$? $(cat "$WORK/err")" "1 flowbpf: cannot write the output"
both forget 0123456789abcdef
same "forget of an unknown id: status 1, one sentence" "$? $(wc -l <"$WORK/err")" "1 1"

in_ns a "$FLOWBPF" detach eth0 >"$WORK/out" 2>&1
same "detach ends the daemon" "$? $(grep -c "pid $daemon has detached" "$WORK/out")" "0 1"
wait "$daemon"
same "which says 0" $? 0
check "its socket is gone" [ ! -e "$socket" ]
same "detach with nothing attached" "$(in_ns a "$FLOWBPF" detach; echo $?)" "$(printf 'nothing is attached\n0')"

# What a killed instance leaves on a kernel without TCX.
daemon_start a eth0 -- --max-flows 4096 --hook clsact || finish
same "--hook clsact is what status shows" "$(fb status --json | jq -r '.interfaces[0].hook')" clsact
daemon_stop KILL
same "a killed one leaves its filters" "$(in_ns a tc filter show dev eth0 ingress | grep -c flowbpf)" 1
check "the socket file goes all the same" wait_for 2 [ ! -e "$socket" ]
in_ns a "$FLOWBPF" detach >"$WORK/out" 2>&1
same "detach removes them" "$? $(grep -c 'eth0: removed 2 filters' "$WORK/out") $(in_ns a tc qdisc show dev eth0 | grep -c clsact)" "0 1 0"
finish
