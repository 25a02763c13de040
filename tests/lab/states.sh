#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 180
# alone: yes
# The states that we list, count, filter and chart are those of `conntrack -L`, entry for entry and
# with the same time left: connections in every state that conntrack knows, behind NAT, as they run
# out, and after a flush with another outside address.
. "$(dirname "$0")/lib.sh"
need_product
lab_router || ok_if 1 "the lab is there"
in_ns r conntrack -F >/dev/null 2>&1
in_ns r sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_time_wait=10 \
	net.netfilter.nf_conntrack_tcp_timeout_close=10 net.netfilter.nf_conntrack_tcp_timeout_last_ack=120
# What never reaches its end decides in which state a connection stays.
lose() { # NS RULE...
	local name=$1
	shift
	{ echo "table inet lose { chain in { type filter hook input priority filter;" && printf '%s\n' "$@" && echo "}; }"; } |
		in_ns "$name" nft -f - || exit 1
}
lose s "tcp dport 7001 drop" "udp dport 7101 drop" "tcp dport 7003 tcp flags & fin == fin drop"
in_ns c nft -f - <<-NFT || exit 1
	table inet once {
		chain out {
			type filter hook output priority filter;
			tcp dport 7003 tcp flags & fin == fin limit rate over 1/day burst 2 packets drop
		}
	}
NFT
lose c "tcp sport 7002 drop" "tcp sport { 7004, 7010 } tcp flags & fin == fin drop"

cat >"$WORK/server.py" <<'PY'
import selectors, socket, struct, time
sel = selectors.DefaultSelector()
kept = []
for port in [*range(7000, 7009), 7010]:
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::", port)); s.listen(); sel.register(s, 1, port)
u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(("::", 7100)); sel.register(u, 1, 7100)
print("up", flush=True)
while True:
    for key, _ in sel.select():
        s, port = key.fileobj, key.data
        if s is u:
            u.sendto(*u.recvfrom(100)); continue
        if port > 0:
            c, _ = s.accept(); sel.register(c, 1, -port); kept.append(c)
            if port == 7006: c.shutdown(socket.SHUT_WR)
            continue
        if port == -7008:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if s.recv(100) and port != -7008: continue
        sel.unregister(s)
        if port == -7004: time.sleep(.3) # the ACK of its FIN goes before: what is lost is the FIN alone
        if port in (-7004, -7007, -7008, -7010): s.close()
PY
cat >"$WORK/client.py" <<'PY'
import signal, socket, time
V4, V6 = "198.51.100.2", "2001:db8:2::2"
kept = []
def tcp(n, port, host=V4, then=lambda s: None):
    for _ in range(n):
        s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET); kept.append(s)
        if port in (7001, 7002): s.setblocking(False)
        try: s.connect((host, port))
        except OSError: continue
        then(s)
half = lambda s: s.shutdown(socket.SHUT_WR)
tcp(4, 7000); tcp(3, 7000, V6)
tcp(2, 7001); tcp(1, 7001, V6); tcp(2, 7002)
tcp(2, 7003, then=half); tcp(3, 7004, then=half); tcp(2, 7010, then=half)
tcp(2, 7005, then=half); tcp(2, 7006)
tcp(4, 7007, then=lambda s: s.close()); tcp(1, 7007, V6, lambda s: s.close())
tcp(2, 7008, then=lambda s: s.send(b"x"))
tcp(3, 7009)
def udp(n, port, host, seconds=0):
    for _ in range(n):
        s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM); kept.append(s)
        s.connect((host, port)); end = time.time() + seconds
        s.send(b"x")
        while port == 7100:
            s.recv(100)
            if time.time() >= end: break
            time.sleep(.1); s.send(b"x")
udp(3, 7101, V4); udp(1, 7101, V6); udp(2, 7100, V4); udp(1, 7100, V6, 3)
def again(*_):
    for s in kept:
        try: s.send(b"x")
        except OSError: pass
    print("again", flush=True)
signal.signal(signal.SIGUSR1, again)
print("all is done", flush=True)
while True: signal.pause()
PY
daemon_start r lan wan -- --max-flows 4096 || finish
spawn server.log s python3 "$WORK/server.py"
wait_for 10 grep -q up "$WORK/server.log"
spawn client.log c python3 "$WORK/client.py"
client=$spawned
check "connections of all kinds are there" wait_for 20 grep -q "is done" "$WORK/client.log"

table() { # "PROTOCOL STATE N" of each that conntrack has
	{ in_ns r conntrack -L -f ipv4 && in_ns r conntrack -L -f ipv6; } 2>/dev/null | tee "$WORK/table" | awk '
		$1 == "tcp" { n["TCP " $4]++; next }
		{ n[toupper($1) " " (/ASSURED/ ? "ASSURED" : /UNREPLIED/ ? "UNREPLIED" : "REPLIED")]++ }
		END { for (k in n) print k, n[k] }' | sort
}
states() { awk '{ n[$2] += $3 } END { for (k in n) print k, n[k] }' | sort; }
old() { curl -sS --fail-with-body -m 20 --unix-socket "$socket" "http://localhost/api/$1"; }
counts() { jq -r 'to_entries[] | select(.key != "NONE") | "\(.key) \(.value)"' | sort; }
each() { # COMMAND: "STATE N" of each of conntrack's, asked one by one
	local state
	states <"$WORK/wanted" | while read -r state _; do echo "$state $("$1" "$state")"; done
}
filtered() { api "flows?limit=1&filter=state%3D$1" | jq .totals.flows; }
by_status() { old "connections?status=$1" | jq '.data | length'; }
agrees() { # all that counts states, within the time of one look; what differs is said
	table >"$WORK/wanted"
	states <"$WORK/wanted" >"$WORK/by_state"
	old group/protocol-state | jq -r '.data | to_entries[] | .key as $p | .value | to_entries[] |
		select(.key != "NONE") | "\($p) \(.key) \(.value)"' | sort | diff "$WORK/wanted" - &&
		old aggregate/state | jq .data | counts | diff "$WORK/by_state" - &&
		api summary | jq .by_state | counts | diff "$WORK/by_state" - &&
		each filtered | diff "$WORK/by_state" - && each by_status | diff "$WORK/by_state" -
}
agree() { # WHEN
	check "$1: list, filters, charts and counts have conntrack's states" wait_for 6 agrees ||
		note "$(agrees)"
}
# Entries whose seconds left differ by more than two from those of their row.
left() { # of conntrack: "FROM,TO,SPORT,DPORT SECONDS"
	{ in_ns r conntrack -L -f ipv4 && in_ns r conntrack -L -f ipv6; } 2>/dev/null | awk '{
		n = 0
		for (i = 4; i <= NF && n < 4; i++) if (split($i, f, "=") == 2) v[n++] = f[2]
		print v[0] "," v[1] "," v[2] "," v[3], $3 }' | sort
}
rows_left() { old connections | jq -r '.data[] | select(.timeout) | "\(.src),\(.dst),\(.sport),\(.dport) \(.timeout)"' | sort; }
differ() { join <(left) <(rows_left) | awk '{ d = $2 - $3; n++ } d > 2 || d < -2 { print } END { if (n < 5) print n + 0, "in common" }'; }
count_down() { [ -z "$(differ)" ]; }
gone() { ! table | grep -q " $1 "; } # STATE

in_ns r conntrack -L 2>/dev/null >"$WORK/first"
agree "all of them"
same "all states that TCP has in conntrack were there" "$(awk '$1 == "tcp" { print $4 }' "$WORK/first" | sort -u | tr '\n' ' ')" \
	"CLOSE CLOSE_WAIT ESTABLISHED FIN_WAIT LAST_ACK SYN_RECV SYN_SENT TIME_WAIT "
same "connections that were refused are one row each, and over" \
	"$(flows port=7009 | jq -c '[.[] | .closed.reason]')" '["rst","rst","rst"]'
check "the seconds left are conntrack's" wait_for 6 count_down || note "$(differ)"
check "CLOSE and TIME_WAIT run out" wait_for 25 eval 'gone CLOSE && gone TIME_WAIT'
agree "without those"
check "the seconds left are conntrack's still" wait_for 6 count_down || note "$(differ)"

# Another uplink: the address outside is another, the connections go on from the same inside.
ip -n "$TAG-r" address add 198.51.100.77/24 dev wan
in_ns r nft insert rule inet lab post oifname wan ip saddr 10.0.1.0/24 snat ip to 198.51.100.77
in_ns r conntrack -F >/dev/null 2>&1
kill -USR1 "$client"
check "each connection speaks again" wait_for 10 grep -q again "$WORK/client.log"
tick 3
agree "after a flush"
ids() { { in_ns r conntrack -L -o id && in_ns r conntrack -L -o id -f ipv6; } 2>/dev/null | grep -o 'id=[0-9]*$' | cut -c4- | sort -u; }
rows_ids() { api 'flows?limit=1000' | jq -r '.items[].conntrack.id // empty' | sort -u; }
known() { [ -z "$(comm -13 <(ids) <(rows_ids))" ] && [ "$(rows_ids | wc -l)" -gt 10 ]; }
check "no row has an entry that is gone" wait_for 6 known
same "a connection is one row, by its inside address" "$(flows port=7000 | jq -r '.[].src.ip' | sort | uniq -c | xargs)" "4 10.0.1.2 3 fd00:1::2"
in_ns r conntrack -U -p tcp -s fd00:1::2 -f ipv6 --mark 7 >/dev/null 2>&1
marked() { [ "$(api 'flows?limit=1000&filter=port%3D7000' | jq -c '[.items[] | select(.conntrack.mark == 7) | .state] | unique')" = '["ESTABLISHED"]' ]; }
check "a new mark leaves the state as it is" wait_for 6 marked
daemon_stop
finish
