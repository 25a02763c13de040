#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 120
# Conntrack where it knows more than we saw, or more than one thing: connections older than we are
# that end or are silent, and one tuple in several zones. (C5)
. "$(dirname "$0")/lib.sh"
need_product
lab_router || ok_if 1 "the lab is there"

# The server's FIN passes before we are there, the client's after that.
mkfifo "$WORK/open"
spawn server.log s socat -t 60 OPEN:/dev/null TCP-LISTEN:7000
wait_for 5 listening s 7000
sleep 100 >"$WORK/open" & # while it lives the client has more to say
holder=$!
pids+=("$holder")
(exec nsenter --net="/run/netns/$TAG-c" socat -t 60 - TCP:198.51.100.2:7000,sourceport=41000) \
	<"$WORK/open" >"$WORK/client.log" 2>&1 &
pids+=($!)
half() { in_ns r conntrack -L -p tcp --sport 41000 2>/dev/null | grep -qE 'FIN_WAIT|CLOSE_WAIT'; }
check "half of a connection ends before we attach" wait_for 5 half
# Connections that say nothing; of the last one conntrack counts.
spawn echo.log s socat -t 60 TCP-LISTEN:7002,fork,reuseaddr PIPE
wait_for 5 listening s 7002
silent() { # PORT: what its client is to say goes into $WORK/say.PORT
	mkfifo "$WORK/say.$1"
	sleep 100 >"$WORK/say.$1" &
	pids+=($!)
	(exec nsenter --net="/run/netns/$TAG-c" socat - "TCP:198.51.100.2:7002,sourceport=$1") \
		<"$WORK/say.$1" >"$WORK/heard.$1" 2>&1 &
	pids+=($!)
	printf old >"$WORK/say.$1"
	wait_for 5 test -s "$WORK/heard.$1"
}
silent 41001
silent 41002
in_ns r sysctl -qw net.netfilter.nf_conntrack_acct=1
silent 41003
daemon_start r lan -- --max-flows 4096 || finish
is_listed() { flow_is src.port=41001 .conntrack.state ESTABLISHED; }
check "a silent connection that was there before us is listed" wait_for 6 is_listed
counts() { flow "src.port=$1" '"\(.bytes) \(.packets.up) \(.counted_by) \(.iface) \(.ifaces)"'; }
same "what passed of it is not known" "$(counts 41001)" '{"up":null,"down":null} null null null []'
same "and no filter on bytes finds it" "$(flows 'src.port=41001 and bytes>=0')" "[]"
same "its NAT is known, and its partial view" \
	"$(flow nat.src.port=41001 '"\(.nat.kind) \(.partial) \(.client_by) \(.closed)"')" "snat true conntrack null"
same "what conntrack counted is marked so" "$(flow src.port=41003 '"\(.counted_by) \(.packets.up > 2) \(.bytes.down > 100)"')" \
	"conntrack true true"
same "in CSV unknown is empty" "$(curl -sS -G --unix-socket "$socket" http://localhost/api/v1/export.csv \
	--data-urlencode filter=src.port=41001 -d fields=bytes.up,packets,src.port | tail -1 | tr -d '\r')" ",,41001"
same "and null in the paths of others" "$(curl -sS --unix-socket "$socket" 'http://localhost/api/connections' |
	jq -c '.data[] | select(.sport == 41001) | [.bytes_sent, .packets_received]')" "[null,null]"
before=$(flow src.port=41002 .id)
printf new >"$WORK/say.41002"
printf new >"$WORK/say.41003"
for port in 41002 41003; do
	check "a packet of $port: it is counted from here on" \
		wait_for 6 flow_is "src.port=$port" '"\(.bytes.up > 0) \(.bytes.up < 120) \(.counted_by) \(.iface)"' "true true flowbpf lan"
done
same "it is the same flow" "$(flow src.port=41002 .id)" "$before"
check "forget deletes the entry of one that is silent" \
	sh -c "'$FLOWBPF' forget --socket '$socket' --reason idle $(flow src.port=41001 .id)"
same "its entry is gone" "$(in_ns r conntrack -L -p tcp --sport 41001 2>/dev/null | grep -c 41001)" 0
check "and it has ended" wait_for 6 flow_is src.port=41001 .closed.reason ended
kill "$holder"
over() { in_ns r conntrack -L -p tcp --sport 41000 2>/dev/null | grep -q TIME_WAIT; }
check "and the other half after that" wait_for 5 over
check "it is closed well before conntrack forgets it" wait_for 20 flow_is src.port=41000 .closed.reason fin
same "of the server's FIN nothing was seen" "$(flow src.port=41000 '.tcp.flags_down | contains("F")')" false

# One tuple in three zones; datagrams make the entry of zone 0.
put() { # PORT ZONE
	in_ns r conntrack -I -p udp -s 10.0.1.2 -d 198.51.100.2 --sport "$1" --dport 7001 -t 300 -w "$2" -m $((100 + $2)) >/dev/null 2>&1
}
send() { printf x | in_ns c socat -u - "UDP:198.51.100.2:7001,sourceport=$1"; }
zone() { flow "src.port=$1" '"\(.conntrack.zone) \(.conntrack.mark) \(.closed)"'; } # PORT
zone_is() { [ "$(zone "$1")" = "$2" ]; }
for order in "42000 traffic 9 4" "42001 9 traffic 4" "42002 9 4 traffic"; do
	read -r port steps <<<"$order"
	for step in $steps; do
		if [ "$step" = traffic ]; then send "$port"; else put "$port" "$step"; fi
	done
	check "C5: one tuple in zones $steps: the entry of zone 0 is shown" wait_for 6 zone_is "$port" "0 0 null"
	same "C5: it is one flow, with the NAT of that entry" \
		"$(flow "src.port=$port" '"\(.nat.kind) \(.packets.up)"')" "snat 1"
done
in_ns r conntrack -D -p udp --orig-port-src 42001 -w 0 >/dev/null 2>&1
check "C5: when it is gone the next zone's is shown" wait_for 6 zone_is 42001 "4 104 null"
id=$(flow src.port=42001 .id)
check "C5: forget deletes that one" sh -c "'$FLOWBPF' forget --socket '$socket' --reason 'zone 4 is done' $id"
act() { # ACT JQ-EXPRESSION: of the last record of it
	api log | jq -r "[.items[] | select(.component == \"act\" and .fields.act == \"$1\")][-1] | $2"
}
same "C5: its record names what, who, why and the outcome" \
	"$(act forget '.fields | "\(.target) | \(.flow) | \(.role) \(.user) \(.by) | \(.reason) | \(.result)"')" \
	"10.0.1.2:42001 > 198.51.100.2:7001 udp | $id | admin uid 0 cli | zone 4 is done | done"
same "C5: and so does its line" "$(act forget .message | sed 's/pid [0-9]*/pid N/')" \
	"forget 10.0.1.2:42001 > 198.51.100.2:7001 udp: done; asked by admin uid 0, pid N (cli): \"zone 4 is done\""
check "C5: and the last one is shown" wait_for 6 zone_is 42001 "9 109 null"
same "C5: no other tuple lost an entry" "$(in_ns r conntrack -L -p udp 2>/dev/null | grep -cE 'sport=4200[02] dport=7001')" 6

# Many at once: how many and which first, and no more than that.
forget() { "$FLOWBPF" forget --socket "$socket" "$@" </dev/null 2>&1; }
many='nat.src = 198.51.100.1 and port = 7001'
in_ns c ping -q -c1 -W2 198.51.100.2 >/dev/null
in_ns c ping -q -c1 -W2 198.51.100.2 >/dev/null
left() { in_ns r conntrack -L -p "$1" -w 0 2>/dev/null | wc -l; } # PROTO
three() { [ "$(flows "$many or proto = icmp" | jq length)" = 3 ] && [ "$(flow 'proto = icmp' .conntrack.zone)" = 0 ]; }
check "two of those have NAT, and two pings are one flow" wait_for 6 three
check "forget --filter says how many and which, with --dry-run no more than that" \
	eval 'forget --filter "$many" --dry-run | grep -A9 "10.0.1.2:42000 *198.51.100.2:7001 .*198.51.100.1:42000" | grep -q "match: 2, with a conntrack entry: 2"'
same "not without a terminal or --yes" "$(forget --filter "$many" | grep -c 'needs --yes'; left udp)" "$(printf '1\n2')"
same "not if more match than --at-most" "$(forget --filter "$many" --yes --at-most 1 | grep -c 'match: 2, more than'; left udp)" "$(printf '1\n2')"
same "the API deletes nothing unasked" "$(curl -sS --unix-socket "$socket" -X DELETE http://localhost/api/v1/flows?port=7001 | jq -r .code)" confirm-missing
same "forget --filter --yes deletes them" "$(forget --filter "$many" --yes --reason 'uplink failed' | tail -1; left udp)" "$(printf '2 conntrack entries deleted\n0')"
same "its record names the filter and the count" \
	"$(act forget '.fields | "\(.target) | \(.user) \(.by) | \(.reason) | \(.result)"')" \
	'flows that match "nat.src=198.51.100.1 and port=7001" | uid 0 cli | uplink failed | done, 2 entries'
forget --filter 'proto = icmp' --yes >/dev/null
same "both entries of the pings' flow are gone" "$(left icmp)" 0
same "the API tells of both deletions, the last one first" "$(api deletions | jq -c '[.items[] | [.deletion, .done, .gone, .running]]')" '[[2,1,0,false],[1,2,0,false]]'

# A flush takes a confirmation, and says how many entries there were.
flush() { curl -sS -m 20 --unix-socket "$socket" -X DELETE http://localhost/api/v1/conntrack --json "$1" | jq -r '.done // .code'; }
same "flush: not without confirming" "$(flush '{}')" confirm-missing
entries=$(in_ns r conntrack -C)
same "flush: the verb asks, and says how many there are" "$(forget --all | grep -c -e 'has [0-9,]* entries' -e 'needs --yes')" 2
check "flush: there are entries, $entries" [ "$entries" -ge 4 ]
same "flush: each is counted" "$(flush '{"confirm":"flush"}')" "$entries"
same "flush: its record says so" "$(act flush '.level + " " + .fields.result')" "warning done, $entries entries"
same "flush: by the verb too" "$(forget --all --yes --reason again | tail -1 | grep -c 'entries deleted') $(act flush .fields.reason)" "1 again"
same "flush: none is left" "$(in_ns r conntrack -L -p udp 2>/dev/null | grep -c dport=7001)" 0
daemon_stop
same "SIGTERM: status 0" $? 0
finish
