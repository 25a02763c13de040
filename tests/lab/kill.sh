#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 360
# A connection is ended for both of its ends: forwarded behind NAT, seen on the LAN side, the WAN side or
# both, IPv4 and IPv6, talking or silent, big segments; of sockets of this host; UDP. What must
# never be ended is refused, and says why. The books stay exact.
. "$(dirname "$0")/lib.sh"
need_product
command -v python3 >/dev/null || {
	skip "kill" "python3 is not installed"
	finish
}
lab_router || ok_if 1 "the lab is there"
lab_keep_neighbours
lab_offloads on
spawn server.log s python3 tests/lab/ends.py serve 9000
wait_for 5 listening s 9000

id_of() { flow "$1" .id; } # FILTER
up() { grep -q "^up $1\$" "$WORK/$2"; } # PORT LOG
ended_as() { sed -n "s/^end $1 \([a-z]*\) .*/\1/p" "$WORK/$2" | head -1; } # PORT LOG
has_ended() { [ -n "$(ended_as "$1" "$2")" ]; }
ended_at() { sed -n "s/^end $1 [a-z]* //p" "$WORK/$2" | head -1; }
uptime_s() { python3 -c 'import time; print(time.monotonic())'; }
problem() { # ID [CURL-OPTION...]: status and code of a refusal
	curl -sS -m 20 --unix-socket "$socket" -X POST -H 'X-Flowbpf-CSRF: 1' "http://localhost/api/v1/flows/$1/kill" "${@:2}" |
		jq -r '"\(.status) \(.type | split("/") | last) \(.detail)"'
}
kill_flow() { "$FLOWBPF" kill --socket "$socket" "$@"; }

port=20000
# Of the server's side: the only one that came since (behind NAT its port is the router's).
server_end() { sed -n "s/^end [0-9]* \([a-z]*\) .*/\1/p" "$WORK/server.log" | tail -n +$((server_ends + 1)) | head -1; }
server_has() { [ -n "$(server_end)" ]; }

one() { # TEXT talk|idle ADDRESS FILTER-OF-PORT
	local text=$1 kind=$2 addr=$3 began
	port=$((port + 1))
	server_ends=$(grep -c '^end' "$WORK/server.log")
	spawn client.log c python3 tests/lab/ends.py "$kind" "$addr" 9000 $port 30
	wait_for 5 up $port client.log
	wait_for 5 flow_is "src.port = $port" .state ESTABLISHED
	tick 1 # the kernel half has followed both directions
	began=$(uptime_s)
	check "$text: it is done" kill_flow "$(id_of "src.port = $port")" --reason "lab"
	wait_for 3 has_ended $port client.log
	wait_for 3 server_has
	same "$text: client and server are reset" "$(ended_as $port client.log) $(server_end)" "reset reset"
	check "$text: within a second" awk -v a="$began" -v b="$(ended_at $port client.log)" \
		-v busy="$(busy)" 'BEGIN { exit !(b - a < busy) }'
	wait_for 5 flow_is "src.port = $port" .closed.reason rst
	same "$text: the flow was reset" "$(flow "src.port = $port" .closed.reason)" rst
}

bulk() { # TEXT NS IPERF3-OPTION...: both ends of a transfer, big segments in whichever direction
	local text=$1
	shift
	port=$((port + 1))
	spawn "server$port.log" s iperf3 -s -1 -p $port
	local server=$spawned
	wait_for 5 listening s $port
	spawn "client$port.log" c iperf3 -p $port -t 30 "$@"
	wait_for 8 flow_is "dst.port = $port and bytes > 1MB" .state ESTABLISHED
	check "$text: it is done" kill_flow "$(id_of "dst.port = $port and bytes > 1MB")"
	wait_for 8 ended "$spawned"
	check "$text: the client is reset" grep -qi 'reset by peer\|unable to\|error' "$WORK/client$port.log"
	wait_for 5 flow_is "dst.port = $port and bytes > 1MB" .closed.reason rst
	same "$text: the flow was reset" "$(flow "dst.port = $port and bytes > 1MB" .closed.reason)" rst
	kill "$server" 2>/dev/null
}

for where in "lan wan" lan wan; do
	# shellcheck disable=SC2086
	daemon_start r $where || continue
	one "$where, IPv4, talking" talk 198.51.100.2
	one "$where, IPv4, silent" idle 198.51.100.2
	one "$where, IPv6, talking" talk 2001:db8:2::2
	one "$where, IPv6, silent" idle 2001:db8:2::2
	wait_for 8 sh -c "! ip netns exec $TAG-r conntrack -L -p tcp --orig-port-dst 9000 2>/dev/null | grep -q ."
	same "$where: no conntrack entry is left" "$(in_ns r conntrack -L -p tcp --orig-port-dst 9000 2>/dev/null | wc -l)" 0
	tick 2
	for i in $where; do
		for dir in rx tx; do
			read -r seen packets seen_bytes bytes <<<"$(books "$i" $dir)"
			same "$where: the books of $i, $dir" "$packets $bytes" "$seen $seen_bytes"
		done
	done
	check "$where: what was stopped is counted as blocked" [ "$(cause "${where##* }" rx blocked)" -gt 0 ]
	daemon_stop
done

# Big segments both ways, with sums that a device is to complete and with whole ones.
daemon_start r lan wan
bulk "upload in big segments" -c 198.51.100.2
bulk "download in big segments, IPv6" -c 2001:db8:2::2 -R
lab_offloads off
bulk "upload in single segments" -c 198.51.100.2
one "without offloads" talk 198.51.100.2
one "without offloads, IPv6, silent" idle 2001:db8:2::2
lab_offloads on

# What is not TCP is dropped, both ways, and its entry goes.
spawn udp.log s python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("198.51.100.2", 9001))
while True: s.sendto(*s.recvfrom(2000))'
cat >"$WORK/udp.py" <<-'END'
	import socket, time
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.0.1.2", 30000)); s.settimeout(0.2)
	while True:
	    s.sendto(b"?", ("198.51.100.2", 9001))
	    try: s.recvfrom(2000); print("answer", flush=True)
	    except socket.timeout: print("none", flush=True)
	    time.sleep(0.05)
END
spawn answers.log c python3 "$WORK/udp.py"
wait_for 5 grep -q answer "$WORK/answers.log"
wait_for 5 flow_is "src.port = 30000" .state REPLIED || wait_for 5 flow_is "src.port = 30000" .state ASSURED
check "UDP: it is done" kill_flow "$(id_of "src.port = 30000")"
sleep 0.3
: >"$WORK/answers.log"
wait_for 5 grep -q none "$WORK/answers.log"
sleep 2
same "UDP: no answer comes any more" "$(grep -c answer "$WORK/answers.log")" 0

# What is never ended.
same "a gateway of this machine is not touched" "$(in_ns r ip route add 203.0.113.0/24 via 10.0.1.2 &&
	spawn client.log c python3 tests/lab/ends.py idle 198.51.100.2 9000 21000 20 && wait_for 5 up 21000 client.log &&
	wait_for 5 flow_is "src.port = 21000" .state ESTABLISHED && problem "$(id_of "src.port = 21000")")" \
	"403 protected it is not touched: it is with a gateway of this machine"
in_ns r ip route del 203.0.113.0/24
spawn sshd.log r socat TCP-LISTEN:22,fork,reuseaddr EXEC:cat # as sshd does: a process for each, and a command in it
wait_for 5 listening r 22
spawn client.log c python3 tests/lab/ends.py talk 10.0.1.1 22 21001 20
wait_for 5 flow_is "src.port = 21001" .state ESTABLISHED
wait_for 10 is_in 10.0.1.2
same "SSH with this machine is not touched" "$(problem "$(id_of "src.port = 21001")")" \
	"403 protected it is not touched: it is an SSH session with this machine"
check "and says so to who asks by the command line" \
	sh -c "! '$FLOWBPF' kill --socket '$socket' '$(id_of "src.port = 21001")' 2>&1 | grep -v 'an SSH session with this machine'"
same "an unknown one is not found" "$(problem 0123456789abcdef | cut -d' ' -f1,2)" "404 no-such-flow"
same "what has ended is not ended again" "$(problem "$(id_of "src.port = 20016")" | cut -d' ' -f1,2)" "409 flow-ended"

# A socket of this machine: its own program is told by the kernel, the peer by a RST.
spawn own.log r python3 tests/lab/ends.py serve 9002
wait_for 5 listening r 9002
spawn client.log c python3 tests/lab/ends.py idle 10.0.1.1 9002 21002 20
wait_for 5 flow_is "src.port = 21002" .state ESTABLISHED
tick 1
check "a connection with a socket of this machine: it is done" kill_flow "$(id_of "src.port = 21002")"
wait_for 3 has_ended 21002 client.log
wait_for 3 has_ended 21002 own.log
same "the peer is reset" "$(ended_as 21002 client.log)" reset
check "the program here is told" grep -q '^end 21002 \(aborted\|reset\)' "$WORK/own.log"
check "who listens there goes on" listening r 9002
tick 2
for i in lan wan; do
	for dir in rx tx; do
		read -r seen packets seen_bytes bytes <<<"$(books "$i" $dir)"
		same "in the end: the books of $i, $dir" "$packets $bytes" "$seen $seen_bytes"
	done
done
daemon_stop
each=$(grep -c 'warning: kill .*: done; asked by .*"lab"' "$WORK/daemon.log")

# Who asks over the network, and the resolver that this machine asks: by a file of this daemon's own.
echo "nameserver 198.51.100.2" >"$WORK/resolv.conf"
echo "operator 12345678901234567890123456789012" >"$WORK/tokens"
chmod 600 "$WORK/tokens"
cat >"$WORK/wrapped" <<-END
	#!/bin/sh
	exec unshare -m sh -c 'mount --bind "\$0" "\$(readlink -f /etc/resolv.conf)" && exec "\$@"' \
		"$WORK/resolv.conf" "$FLOWBPF" "\$@"
END
chmod 755 "$WORK/wrapped"
socket=$WORK/socket.open
spawn daemon.log r "$WORK/wrapped" attach lan wan --listen 10.0.1.1:8081 --token-file "$WORK/tokens" --socket "$socket"
daemon=$spawned daemons+=("$spawned")
wait_for 20 api health
cat >"$WORK/asker.py" <<-'END'
	import http.client, json, time
	head = {"Authorization": "Bearer 12345678901234567890123456789012", "X-Flowbpf-CSRF": "1"}
	def ask(conn, method, path):
	    conn.request(method, "/api/v1/" + path, headers=head)
	    return json.loads(conn.getresponse().read())
	def id_of(conn, port):
	    for _ in range(80):
	        items = ask(conn, "GET", f"flows?filter=src.port={port}")["items"]
	        if items:
	            return items[0]["id"]
	        time.sleep(0.1)
	one, two = (http.client.HTTPConnection("10.0.1.1", 8081) for _ in range(2))
	one.connect(), two.connect()
	first = id_of(one, one.sock.getsockname()[1])
	print(ask(one, "POST", f"flows/{first}/kill")["detail"])
	print(ask(two, "POST", f"flows/{first}/kill")["detail"])
END
same "nor the connection by which one asks, nor another one of his with the daemon" "$(in_ns c python3 "$WORK/asker.py")" \
	"it is not touched: it is the connection by which you ask
it is not touched: it is with the server of flowbpf by which somebody asks"
spawn client.log c python3 tests/lab/ends.py talk 198.51.100.2 9000 21003 20
wait_for 5 flow_is "src.port = 21003" .state ESTABLISHED
same "nor what goes to the resolver of this machine" "$(problem "$(id_of "src.port = 21003")")" \
	"403 protected it is not touched: it is with a resolver that this machine asks"
same "each is in the log, with its reason" "$each" 14
finish
