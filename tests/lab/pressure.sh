#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# alone: yes
# A table of 1,024 rows and 10,000 flows; a SYN flood of a million sources beside an established
# flow; a consumer that is stopped for 30 s: sums exact, losses counted exactly, the page usable.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
lab_offloads off
nginx_start s
mac=$(mac r lan)
in_ns r nft add rule inet lab pre ip saddr 10.128.0.0/9 drop # the flood ends at the router
in_ns r nft 'add chain inet lab raw { type filter hook prerouting priority -300; }'
in_ns r nft add rule inet lab raw ip saddr 10.128.0.0/9 drop
received() { in_ns r ip -s -j link show lan | jq '.[0].stats64.rx.packets'; }
# What the interface had received when the daemon began to count: by both their counts at rest, for
# new links chatter a while.
count_from_here() { wait_for 20 at_rest; }
at_rest() {
	start=$(received)
	tick
	[ "$(received)" = "$start" ] && start=$((start - $(books lan rx | cut -d' ' -f1)))
}
equal() { # TEXT: seen = interface = flows + causes
	local wire
	tick 3
	wire=$(($(received) - start))
	same "$1: seen and flows + causes are what the interface received" \
		"$(books lan rx | cut -d' ' -f1,2)" "$wire $wire"
}
cpu() { awk '{ print $14 + $15 }' "/proc/$daemon/stat"; } # ticks of 10 ms

daemon_start r lan -- --max-flows 1024 || finish
count_from_here
in_ns c "$LAB_BIN/frames" eth0 "$mac" udp 10000 >/dev/null
equal "1,024 rows, 10,000 flows"
same "each finds a row" "$(cause lan rx map_full)" 0
check "packets of flows that gave theirs up are counted: $(cause lan rx evicted)" [ "$(cause lan rx evicted)" -ge 5000 ]
check "health says so" sh -c "curl -s --unix-socket $socket http://localhost/api/v1/health | jq -e '.counters.evicted.value > 0'"
for i in {1..6}; do in_ns c "$LAB_BIN/frames" eth0 "$mac" udp 1000 $((20000 + i * 1000)) >/dev/null && sleep 2; done
equal "evictions while packets arrive"
daemon_stop

# Evicted flows are kept, so that none of them drives the established one out when it has ended.
daemon_start r lan -- --max-flows 65536 --closed-flows 1048576 || finish
count_from_here
spawn drip.log c curl -sS -m 90 -o /dev/null -w '%{local_port}' --cacert "$WORK/ca.pem" \
	--resolve steady.lab.test:443:198.51.100.2 https://steady.lab.test/drip
drip=$spawned
wait_for 6 flow_is tls.sni=steady.lab.test .state ESTABLISHED
cpu_before=$(cpu) wall=$(date +%s%N)
check "a million SYNs from a million sources are sent" sh -c "
	nsenter --net=/run/netns/$TAG-c $LAB_BIN/frames eth0 $mac syn 1000000 | grep -q '^1000000 '"
check "the API answers during and after it within a second" curl -s -m "$(busy)" -o "$WORK/page" --unix-socket "$socket" \
	'http://localhost/api/v1/flows?limit=100&sort=-bytes'
tick 5
used=$(($(cpu) - cpu_before)) wall=$((($(date +%s%N) - wall) / 10000000))
check "the daemon used less than 60 % of a core over it: $used of $wall ticks" [ $((used * 10)) -lt $((wall * 6)) ]
wait_for 30 ended "$drip"
same "the established flow is there and named" "$(flow tls.sni=steady.lab.test '.partial // false')" false
port=$(cat "$WORK/drip.log")
wait_for 8 flow_is tls.sni=steady.lab.test '.closed != null' true
# Its own packets, counted by a rule in the client's namespace would be ours; the client's TCP counts:
same "its bytes down are the file's, headers and handshake counted once" \
	"$(flow tls.sni=steady.lab.test '.bytes.down > 1000000 and .bytes.down < 1150000')" true
same "one row of it, on port $port" "$(flows "src.port=$port and dst.port=443" | jq length)" 1
equal "SYN flood"
daemon_stop

spawn sink.log s "$LAB_BIN/hellos" sink 555
spawn catch.log s socat -u TCP-LISTEN:4556 "OPEN:$WORK/hello,creat"
wait_for 5 listening s 4556
in_ns c timeout 2 openssl s_client -connect 198.51.100.2:4556 -servername cut0000.lab.test \
	-alpn "$(printf 'padding-of-the-hello-%03d,' {1..40})h2" </dev/null >/dev/null 2>&1
daemon_start r lan -- --max-flows 65536 || finish
count_from_here
kill -STOP "$daemon"
begin=$SECONDS
for i in {1..14}; do # each cut leaves its samples in the ring: far more than it holds
	in_ns c "$LAB_BIN/hellos" split "$WORK/hello" 198.51.100.2 555 1 >>"$WORK/sent" 2>>"$WORK/sent.err"
done
note "$(wc -l <"$WORK/sent") hellos while the consumer stood still for $((SECONDS - begin)) s"
[ $((SECONDS - begin)) -ge 30 ] || sleep $((30 - SECONDS + begin))
kill -CONT "$daemon"
caught_up() { [ "$(counter samples)" = "$(counter sampled)" ] && [ "$(counter sampled)" -gt 0 ]; }
check "stopped for 30 s: every sample that the ring took is read within 2 s" wait_for 3 caught_up
check "what it did not take is counted: $(counter ring_full) of $(($(counter sampled) + $(counter ring_full)))" \
	[ "$(counter ring_full)" -gt 0 ]
equal "consumer stopped for 30 s"
daemon_stop
finish
