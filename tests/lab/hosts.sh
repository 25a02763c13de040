#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What hosts are called: learned late and shown at once, for both families of a device, from files,
# by an operator, and after a restart.
. "$(dirname "$0")/lib.sh"
need_product
ns r c
link_pair r lan c eth0
for name in r c; do
	in_ns $name sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
done
for at in "r 10.0.1.1/24 lan" "r 2001:db8:1::1/64 lan" "c 10.0.1.5/24 eth0" "c 2001:db8:1::5/64 eth0"; do
	read -r name address device <<<"$at"
	ip -n "$TAG-$name" address add "$address" dev "$device"
done
state=$WORK/state hosts=$WORK/hosts
printf '10.0.1.1 Gate.lan gate\n' >"$hosts"
chmod 644 "$hosts"
start() { daemon_start r lan -- --state "$state" --hosts "$hosts" --max-flows 4096; }
pings() {
	in_ns c ping -q -c 3 -i 0.05 10.0.1.1 >/dev/null
	in_ns c ping -q -c 3 -i 0.05 2001:db8:1::1 >/dev/null
}
four='proto = icmp and ip = 10.0.1.5' six='proto = icmpv6 and ip = 2001:db8:1::5 and ip = 2001:db8:1::1'
called() { # FILTER "NAME SOURCE": the client, at whichever end of the flow it is
	[ "$(flow "$1" '(if .src.ip == "10.0.1.5" or .src.ip == "2001:db8:1::5" then .src else .dst end) |
		"\(.host) \(.host_from)"')" = "$2" ]
}
announce() { # NAME: by mDNS, from the IPv4 address
	in_ns c python3 - "$1" <<-'END'
		import socket, struct, sys
		label, tail = sys.argv[1].encode(), b"\x05local\x00"
		owner = bytes([len(label)]) + label + tail
		answer = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + owner + struct.pack("!HHIH", 1, 0x8001, 120, 4)
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("10.0.1.5", 5353))
		s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.1.5"))
		s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
		s.sendto(answer + socket.inet_aton("10.0.1.5"), ("224.0.0.251", 5353))
	END
}
act() { # METHOD ADDRESS [BODY]: the status
	curl -sS -o "$WORK/answer" -w '%{http_code}' -m 10 --unix-socket "$socket" -X "$1" -H 'X-Flowbpf-CSRF: 1' \
		-H 'Content-Type: application/json' "http://localhost/api/v1/hosts/$2/name" ${3:+-d "$3"}
}

start || finish
pings
check "a flow of a host that told no name" wait_for 5 called "$four" "null null"
same "a hosts file names the server" "$(flow "$four" '"\(.dst.host) \(.dst.host_from)"')" "gate.lan hosts"
announce lisa-laptop
check "announced later, shown in flows that are there" wait_for 5 called "$four" "lisa-laptop.local mdns"
check "for its other family, too: one MAC in the neighbour table" wait_for 5 called "$six" "lisa-laptop.local mdns"
same "its list of groups says so" "$(api 'flows?group_by=src.ip&live=both&limit=100' |
	jq -r '[.items[] | select(.label == "lisa-laptop.local") | .key] | sort | map(select(startswith("fe80") | not)) | join(" ")')" \
	"10.0.1.5 2001:db8:1::5"

same "an operator's name" "$(act PUT 10.0.1.5 '{"name":"Den"}') $(jq -c . "$WORK/answer")" '200 {"ip":"10.0.1.5","name":"den"}'
check "is shown before others" wait_for 5 called "$six" "den operator"
same "and in the host's own page" "$(api hosts/10.0.1.5 | jq -r '"\(.host) \(.host_from)"')" "den operator"
for bad in '{}' '{"name":""}' '{"name":"10.0.0.1"}' '{"name":7}' '{"nam":"x"}' "{\"name\":\"$(printf 'x%.0s' {1..300})\"}"; do
	same "not a name: ${bad:0:30}" "$(act PUT 10.0.1.5 "$bad")" 400
done
same "no host's address: 404" "$(act PUT 127.0.0.1 '{"name":"x"}') $(act PUT 224.0.0.1 '{"name":"x"}') $(act PUT x '{"name":"x"}')" \
	"404 404 404"
same "nothing to take back: 404" "$(act DELETE 10.0.1.9)" 404

# The file is replaced while we run, as an unprivileged user.
printf '10.0.1.1 door.lan\n' >"$hosts.new" && chmod 644 "$hosts.new" && mv "$hosts.new" "$hosts"
check "a hosts file that changed is read again" wait_for 25 flow_is "$four" .dst.host door.lan

daemon_stop
same "what is kept is whole, and the daemon's user's" \
	"$(head -1 "$state/names") $(stat -c %a "$state") $(tail -1 "$state/names" | cut -d' ' -f1)" "flowbpf names 1 700 end"
start || finish
pings
check "after a restart the operator's name is there" wait_for 5 called "$four" "den operator"
same "taken back: the one that was learned before is" "$(act DELETE 10.0.1.5)" 200
check "... shown" wait_for 5 called "$six" "lisa-laptop.local mdns"
same "another daemon does not take the same folder" \
	"$(in_ns c timeout 20 "$FLOWBPF" attach eth0 --listen none --socket "$WORK/second" --max-flows 1024 --state "$state" 2>&1 | grep -c 'another flowbpf keeps names')" 1
daemon_stop
echo 'no names' >"$state/names"
start || finish
same "a file that is none is told, kept aside, and nothing ends by it" \
	"$(grep -c 'kept as names.old' "$WORK/daemon.log") $(cat "$state/names.old")" "1 no names"
daemon_stop
same "it ends by itself" $? 0
finish
