#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# Flows as lines for others: EVE and our own object to a file, a unix socket, a real rsyslog by UDP, TCP
# and /dev/log. Sums are those of the books; a reader that dies, a full disk, rotation, a file moved away.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
lab_keep_neighbours # sums are taken while the daemon runs: nobody asks in between
nginx_start s
dnsmasq_start s www.lab.test 198.51.100.2 --cname=alias.lab.test,www.lab.test
user=$(id -u flowbpf 2>/dev/null || echo 65534)
mkdir -m 755 "$WORK/log" "$WORK/run" && chown "$user" "$WORK/log" "$WORK/run"
reader() { # LINES: what a collector at the socket takes, until it is killed
	spawn reader.log r socat -u "UNIX-LISTEN:$WORK/run/eve.sock,unlink-early,mode=666" "OPEN:$1,creat,append"
	reader=$spawned
	wait_for 5 test -S "$WORK/run/eve.sock"
}
whole() { # FILE: every line of it is a JSON object; of what there is now, for more may come
	cp "$1" "$WORK/whole" && [ -s "$WORK/whole" ] &&
		[ "$(jq -c 'select(type == "object")' "$WORK/whole" | wc -l)" = "$(wc -l <"$WORK/whole")" ]
}
export_of() { api health | jq -r --arg t "$1" ".exports[] | select(.target == \$t) | $2"; } # TARGET JQ

# --- rsyslog, if it is here ---------------------------------------------------------------------------
outs=() wrap=()
if command -v rsyslogd >/dev/null; then
	# what the daemon sees as /dev: nothing but the log of this rsyslog
	mkdir -m 755 "$WORK/dev"
	for i in null:3 zero:5 urandom:9; do mknod -m 666 "$WORK/dev/${i%:*}" c 1 "${i#*:}"; done
	cat >"$WORK/rsyslog.conf" <<-CONF
		module(load="imuxsock" SysSock.Use="off") module(load="imudp") module(load="imptcp")
		global(maxMessageSize="64k")
		input(type="imuxsock" Socket="$WORK/dev/log")
		input(type="imudp" address="127.0.0.1" port="5140")
		input(type="imptcp" address="127.0.0.1" port="5141")
		template(name="t" type="string" string="%inputname% %app-name% %msgid% %pri% %msg%\n")
		*.* action(type="omfile" file="$WORK/rsyslog.out" template="t")
	CONF
	spawn rsyslog.log r rsyslogd -n -f "$WORK/rsyslog.conf" -i "$WORK/rsyslog.pid"
	rsyslog=1
	check "rsyslog listens" wait_for 10 listening r 5141
	outs=(--eve syslog --eve syslog-udp:127.0.0.1:5140 --eve syslog-tcp:127.0.0.1:5141)
	wrap=(unshare -m sh -c "mount --bind '$WORK/dev' /dev && exec \"\$@\"" -)
fi

# --- every output at once -----------------------------------------------------------------------------
reader "$WORK/unix.out"
socket=$WORK/socket
spawn daemon.log r "${wrap[@]}" "$FLOWBPF" attach lan --listen none --socket "$socket" "${outs[@]}" \
	--eve "$WORK/log/new/eve.json" --ndjson "$WORK/log/flows.json" --eve "unix:$WORK/run/eve.sock"
daemon=$spawned daemons+=("$spawned")
check "the daemon starts" wait_for 20 api health
ask() { in_ns c dig +tries=1 +time=2 +noedns -b "10.0.1.2#$1" "${@:2}" @198.51.100.2 >/dev/null 2>&1; } # PORT [+tcp] NAME
ask 50053 alias.lab.test
ask 50054 AAAA nosuch.lab.test
ask 50055 +tcp www.lab.test
get c www.lab.test 198.51.100.2 100000 >/dev/null
get c hidden.lab.test 2001:db8:2::2 1000 >/dev/null
in_ns c ping -q -c 3 -i 0.1 198.51.100.2 >/dev/null
tick 3
told() { [ "$(export_of "$WORK/log/flows.json" .sent)" -ge 2 ]; }
check "connections that ended are told within seconds" wait_for 40 told
own=$(flow 'tls.sni=www.lab.test' .)
row_bytes() { api health | jq '[.interfaces[].row_bytes[]] | add'; }
tick
bytes=$(row_bytes)
"$FLOWBPF" status --socket "$socket" >"$WORK/status"
check "status shows exporters" grep -qE "^eve +.*/eve.json" "$WORK/status"
curl -sS --unix-socket "$socket" http://localhost/metrics >"$WORK/metrics"
same "so does /metrics" "$(grep -c '^flowbpf_export_records_total{' "$WORK/metrics")" $((3 + ${#outs[@]} / 2))
cp "$WORK/log/new/eve.json" "$WORK/early.json"
sends=$(export_of "$WORK/log/new/eve.json" .sent)
daemon_stop
same "SIGTERM: status 0" $? 0
eve=$WORK/log/new/eve.json
check "each line is an object" whole "$eve"
check "... of our own form, too" whole "$WORK/log/flows.json"
check "it had so many while it ran: $sends" [ "$(wc -l <"$WORK/early.json")" -ge "$sends" ]
same "bytes of all flows are those that the interface's rows count" \
	"$(jq -s '[.[] | select(.event_type == "flow").flow | .bytes_toserver + .bytes_toclient] | add' "$eve")" "$bytes"
same "our own object has them as well" \
	"$(jq -s 'group_by(.id) | map(.[-1].bytes | .up + .down) | add' "$WORK/log/flows.json")" "$bytes"
line() { jq -c "select($1)" "$eve" | head -1 | jq -r "$2"; }
same "a flow is as Suricata has it" "$(line '.event_type == "flow" and .dest_ip == "198.51.100.2" and .dest_port == 443' \
	'[.in_iface, .src_ip, .dest_port, .app_proto, .flow.state, .flow.reason, .tcp.tcp_flags, (.community_id | length)] | join(" ")')" \
	"lan 10.0.1.2 443 tls closed timeout 1b 30"
same "what went on is told at the end" "$(line '.proto == "ICMP"' '.flow | "\(.reason) \(.pkts_toserver)"')" "shutdown 3"
same "the hello has its name" "$(line '.event_type == "tls" and .ip_v == 4' '.tls | "\(.sni) \(.ja4[0:3]) \(.client_alpns[0])"')" \
	"www.lab.test t13 h2"
same "... of IPv6 as well" "$(line '.event_type == "tls" and .ip_v == 6' '"\(.tls.sni) \(.dest_ip)"')" "hidden.lab.test 2001:db8:2::2"
same "hello and flow are of one id" "$(jq -s 'map(select(.ip_v == 4 and .dest_port == 443) | .flow_id) | unique | length' "$eve")" 1
lookup() { jq -c 'select(.event_type == "dns" and .src_port == '"$1"' and .dns.type == "'"$2"'")' "$eve"; } # PORT TYPE
same "a question of DNS has its name, type and id, and goes on in the flow of that id" \
	"$(lookup 50053 query | jq -r '[.dns.rrname, .dns.rrtype, (.dns.id | type), .dest_port, .app_proto] | join(" ")')" \
	"alias.lab.test A number 53 dns"
same "... its answer has the same id, and all of its records" \
	"$(lookup 50053 answer | jq -r '[.dns.rcode, .dns.rrname, (.dns.answers | map("\(.rrname) \(.rrtype) \(.rdata)")[])] | join(", ")')" \
	"NOERROR, alias.lab.test, alias.lab.test CNAME www.lab.test, www.lab.test A 198.51.100.2"
same "... of the same flow, too" "$(jq -s 'map(select(.src_port == 50053) | [.flow_id, .dns.id // 0]) | unique | length' "$eve")" 2
same "what there is none of is told" "$(lookup 50054 answer | jq -r '"\(.dns.rrname) \(.dns.rrtype) \(.dns.rcode) \(.dns.answers)"')" \
	"nosuch.lab.test AAAA $(in_ns c dig +tries=1 AAAA nosuch.lab.test @198.51.100.2 | sed -n 's/.*status: \([A-Z]*\).*/\1/p') null"
same "by TCP as well, each once" "$(lookup 50055 query | wc -l) $(lookup 50055 answer | jq -r '.dns.answers[0].rdata')" "1 198.51.100.2"
same "a ping has its types, and the id that other monitors give it" \
	"$(line '.event_type == "flow" and .proto == "ICMP"' '"\(.icmp_type) \(.icmp_code) \(.community_id)"')" \
	"8 0 1:$(printf '\0\0\x0a\0\1\2\xc6\x33\x64\2\1\0\0\x8\0\0' | openssl dgst -sha1 -binary | base64)"
same "every field is of the schema's names and types" "$(node tests/lab/eve_types.mjs "$eve")" ""
# our own object is the API's, but for what goes on with the clock
still='del(.idle_ms, .rate_bps, .pps, .conntrack, .names[]?.age_s, .state)'
tcp_line() { jq -c "select(.proto == \"tcp\" and .closed != null and .tls.sni == \"www.lab.test\") | $still" "$WORK/log/flows.json" | tail -1; }
same "our own object is the API's of that flow, field by field" "$(tcp_line | jq -S .)" "$(jq -S "$still" <<<"$own")"
check "totals are told each 10 s" [ "$(jq -s 'map(select(.event_type == "stats")) | length' "$eve")" -ge 1 ]
same "every time is one" "$(jq -r '.timestamp, .flow.start?, .flow.end? | select(. != null)' "$eve" |
	grep -vcE '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9](:[0-5][0-9]){2}\.[0-9]{6}\+0000$')" 0
same "the file is the daemon's own, and no stranger's" "$(stat -c '%u %a' "$eve")" "$user 640"
kill "$reader"
events() { jq -c 'select(.event_type != "stats") | del(.timestamp)' "$@" | sort; }
same "the unix socket has the same" "$(events "$WORK/unix.out" | md5sum)" "$(events "$eve" | md5sum)"
if [ -n "${rsyslog:-}" ]; then
	of() { sed -n "s/^$1 flowbpf $2 30 *//p" "$WORK/rsyslog.out"; }
	all_there() { [ "$(events <(of "$1" "$2") | wc -l)" = "$(events "$eve" | wc -l)" ]; }
	for i in "imudp eve" "imptcp eve" "imuxsock -"; do
		# shellcheck disable=SC2086
		wait_for 5 all_there $i
		# shellcheck disable=SC2086
		same "rsyslog has the same by ${i% *}, from flowbpf" "$(events <(of $i) | md5sum)" "$(events "$eve" | md5sum)"
	done
else
	skip "rsyslog takes it by UDP, TCP and /dev/log" "rsyslog is not installed"
fi

# --- a reader that dies and comes back ------------------------------------------------------------------
reader "$WORK/first.out"
daemon_start r lan -- --eve "unix:$WORK/run/eve.sock" || finish
out=unix:$WORK/run/eve.sock
get c www.lab.test 198.51.100.2 1000 >/dev/null
first_told() { grep -q '"event_type":"tls"' "$WORK/first.out"; }
check "a reader reads" wait_for 20 first_told
kill -9 "$reader" && wait_for 5 ended "$reader"
rm -f "$WORK/run/eve.sock"
get c www.lab.test 198.51.100.2 1000 >/dev/null
waits() { [ "$(export_of "$out" '.queue_bytes > 0 and .error != null')" = true ]; }
check "without one, lines wait, and status says why" wait_for 20 waits
logged() { api log | jq -r '.items[].message' | grep -q -- "$1"; }
check "so does the log" logged 'eve to unix:.* waits: '
reader "$WORK/second.out"
empty() { [ "$(export_of "$out" '.queue_bytes == 0 and .error == null')" = true ]; }
check "when it is back they go on" wait_for 60 empty
check "which the log tells as well" wait_for 5 logged 'eve to unix:.* goes on'
tick 12 # the second connection's end
wait_for 20 empty
records=$(export_of "$out" .records) sent=$(export_of "$out" .sent) dropped=$(export_of "$out" .dropped)
same "nothing was dropped" "$dropped $((records - sent))" "0 0"
check "the second reader begins with a whole line" whole "$WORK/second.out"
same "both hellos were told once" "$(cat "$WORK/first.out" "$WORK/second.out" | jq -s 'map(select(.event_type == "tls") | .flow_id) | length, (unique | length)' | xargs)" "2 2"
daemon_stop
kill "$reader" 2>/dev/null

# --- a full disk ----------------------------------------------------------------------------------------
mkdir "$WORK/small" && mount -t tmpfs -o size=96k,mode=777 flowbpf "$WORK/small" || ok_if 1 "a small disk is there"
daemon_start r lan -- --eve "$WORK/small/eve.json" --max-flows 4096 || finish
head -c 90000 /dev/zero >"$WORK/small/filler"
for _ in {1..12}; do get c www.lab.test 198.51.100.2 1000 >/dev/null; done
full() { [ "$(export_of "$WORK/small/eve.json" .error)" = "No space left on device" ]; }
check "a full disk is told" wait_for 60 full
check "the view goes on" [ "$(api health | jq -r .status)" = ok ]
rm "$WORK/small/filler"
empty() { [ "$(export_of "$WORK/small/eve.json" '.queue_bytes == 0 and .error == null')" = true ]; }
check "with room again it goes on" wait_for 60 empty
same "no line was lost" "$(export_of "$WORK/small/eve.json" .dropped)" 0
check "nor cut" whole "$WORK/small/eve.json"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
umount "$WORK/small"

# --- rotation, and a file that is moved away ------------------------------------------------------------
daemon_start r lan -- --eve "$WORK/log/eve.json" --rotate-size 1 --rotate-keep 9 || finish
in_ns c "$LAB_BIN/frames" eth0 "$(mac r lan)" udp 6000 >/dev/null
tick 2
mv "$WORK/log/eve.json" "$WORK/log/moved.json"
kill -HUP "$daemon"
get c www.lab.test 198.51.100.2 1000 >/dev/null
anew() { grep -q '"event_type":"tls"' "$WORK/log/eve.json"; }
check "SIGHUP: a file that was moved away is made anew" wait_for 20 anew
tick 2
bytes=$(row_bytes)
daemon_stop
cat "$WORK"/log/moved.json "$WORK"/log/eve.json.[1-9] "$WORK/log/eve.json" >"$WORK/all.json"
check "it made way at a size: $(find "$WORK/log" -name 'eve.json*' | wc -l) files" [ -e "$WORK/log/eve.json.2" ]
check "none is much larger" [ "$(stat -c %s "$WORK"/log/eve.json* | sort -n | tail -1)" -lt 1200000 ]
check "all lines are whole" whole "$WORK/all.json"
same "together they have every byte" \
	"$(jq -s '[.[] | select(.event_type == "flow").flow | .bytes_toserver + .bytes_toclient] | add' "$WORK/all.json")" "$bytes"

# --- what is refused --------------------------------------------------------------------------------------
for i in "relative.json|takes an absolute path, unix:PATH, syslog" "syslog-udp:nowhere|not \"syslog-udp:nowhere\"" \
	"/proc/nosuch/eve.json|--eve /proc/nosuch/eve.json: No such file" "$WORK/log|Is a directory"; do
	in_ns c timeout 10 "$FLOWBPF" attach eth0 --listen none --socket "$WORK/refused" --eve "${i%%|*}" >"$WORK/out" 2>&1
	same "--eve ${i%%|*} is refused with a sentence" "$? $(grep -cF -- "${i#*|}" "$WORK/out")" "1 1"
done
finish
