#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# Devices behind addresses: both families of one MAC together, vendors, labels, what is new, what
# outlives a restart; strangers behind a router stay apart, and a flood of MACs takes no place of others.
. "$(dirname "$0")/lib.sh"
need_product
ns r c d s
link_pair r lan c eth0
ip -n "$TAG-r" link add br0 type bridge
ip -n "$TAG-r" link set br0 up
link_pair r lan2 d eth0
link_pair r wan s eth0
for port in lan lan2; do ip -n "$TAG-r" link set $port master br0; done
mac_c=02:00:00:00:01:0c mac_d=00:00:0c:00:01:0d
ip -n "$TAG-c" link set eth0 address $mac_c
ip -n "$TAG-d" link set eth0 address $mac_d
in_ns r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for at in "r 10.0.1.1/24 br0" "r fd00:1::1/64 br0" "c 10.0.1.5/24 eth0" "c fd00:1::5/64 eth0" \
	"d 10.0.1.6/24 eth0" "d fd00:1::6/64 eth0" "r 198.51.100.1/24 wan" "s 198.51.100.2/24 eth0"; do
	read -r name address device <<<"$at"
	ip -n "$TAG-$name" address add "$address" dev "$device"
done
for name in c d; do
	ip -n "$TAG-$name" route add default via 10.0.1.1
	ip -n "$TAG-$name" -6 route add default via fd00:1::1
done
ip -n "$TAG-s" route add default via 198.51.100.1
state=$WORK/state
start() { daemon_start r br0 -- --state "$state" --max-flows 4096; }
pings() { # NS
	in_ns "$1" ping -q -c 3 -i 0.05 198.51.100.2 >/dev/null
	in_ns "$1" ping -q -c 3 -i 0.05 fd00:1::1 >/dev/null
}
device() { api "devices/$1" | jq -r "$2"; } # MAC JQ-EXPRESSION
device_is() { [ "$(device "$1" "$2")" = "$3" ]; }
addresses='[.addresses[].ip | select(startswith("fe80") | not)] | sort | join(" ")'
act() { # METHOD MAC [BODY]: the status
	curl -sS -o "$WORK/answer" -w '%{http_code}' -m 10 --unix-socket "$socket" -X "$1" -H 'X-Flowbpf-CSRF: 1' \
		-H 'Content-Type: application/json' "http://localhost/api/v1/devices/$2/label" ${3:+-d "$3"}
}
new_events() { api 'log?since=0' | jq -c '[.items[] | select(.fields.event == "new_device") | .fields.mac]'; }

pings c
start || finish
pings c
check "both families of a MAC are one device" wait_for 8 device_is $mac_c "$addresses" "10.0.1.5 fd00:1::5"
four='proto = icmp and src.ip = 10.0.1.5' six='proto = icmpv6 and ip = fd00:1::5 and ip = fd00:1::1'
check "its flow has it" wait_for 8 flow_is "$four" '"\(.src.mac) \(.src.device) \(.src.vendor) \(.dst.mac)"' \
	"$mac_c $mac_c randomised null"
mine='if .src.ip == "fd00:1::5" then .src else .dst end | .mac'
check "... of the other family, too" wait_for 8 flow_is "$six" "$mine" $mac_c
same "who is outside is none" "$(api devices | jq -r '[.items[].addresses[].ip] | map(select(startswith("198."))) | length')" 0
same "what the kernel knew when all began is not new" "$(device $mac_c .new) $(new_events)" "false []"
check "what it sent is counted, today and by the hour" \
	wait_for 8 device_is $mac_c '.bytes.up >= 3 * 84 and .bytes == .bytes_today and ([.hours[]] | add) == .bytes.up + .bytes.down' true

settled() { [ $(($(date +%s%3N) - $(date -d "$(api devices | jq -r .since)" +%s%3N))) -ge 11000 ]; }
wait_for 30 settled
pings d
check "a device that comes later is new" wait_for 8 device_is $mac_d '"\(.new)"' true
told() { [ "$(new_events)" = "[\"$mac_d\"]" ]; }
check "... an event of the log, once" wait_for 8 told
same "... and of the text" "$(grep -c "new device $mac_d at" "$WORK/daemon.log")" 1
if [ -e /usr/share/ieee-data/oui.csv ]; then
	check "its vendor" device_is $mac_d .vendor "Cisco Systems, Inc"
else
	check "no lists of vendors: null" device_is $mac_d .vendor null
fi
same "filter, group and CSV know it" "$(flows "device = \"$mac_d\" and proto = icmp" | jq length) $(api 'flows?group_by=src.mac&live=both' |
	jq -r --arg m $mac_d '[.items[] | select(.key == $m)] | length') $(api 'export.csv?fields=src.mac&live=both&filter=proto=icmp' | grep -c $mac_d)" "1 1 1"

same "a label and an icon" "$(act PUT $mac_c '{"label":"Lisas Laptop","icon":"laptop"}') $(jq -c . "$WORK/answer")" \
	"200 {\"mac\":\"$mac_c\",\"label\":\"Lisas Laptop\",\"icon\":\"laptop\"}"
check "... are what its flows show" wait_for 5 flow_is "$four" .src.device "Lisas Laptop"
same "... asked for by it" "$(flows 'src.device = "lisas laptop" and proto = icmp' | jq length)" 1
audited() { api 'log?since=0' | jq -e '.items[] | select(.fields.act == "label" and .fields.role == "admin")'; }
check "... recorded with who asked" wait_for 5 audited
for bad in '{}' '{"label":""}' '{"icon":"moon"}' '{"label":7}' '{"lable":"x"}' '{"label":"a\nb"}' "{\"label\":\"$(printf 'x%.0s' {1..65})\"}"; do
	same "no label: ${bad:0:30}" "$(act PUT $mac_c "$bad")" 400
done
same "no such device: 404" "$(act PUT 02:00:00:00:00:99 '{"label":"x"}') $(act DELETE 02:00:00:00:00:99) $(act PUT nonsense '{"label":"x"}')" "404 404 404"

# An address goes to another device: flows of who had it before stay with that one.
ip -n "$TAG-c" address del 10.0.1.5/24 dev eth0
ip -n "$TAG-d" address add 10.0.1.5/24 dev eth0
in_ns d python3 - <<-END # says so by ARP, as who takes an address does
	import socket
	mac = bytes.fromhex("$mac_d".replace(":", ""))
	addr = socket.inet_aton("10.0.1.5")
	s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
	s.bind(("eth0", 0))
	s.send(b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + addr + bytes(6) + addr)
END
check "an address that went to another device" wait_for 40 device_is $mac_d "$addresses" "10.0.1.5 10.0.1.6 fd00:1::6"
check "... is no more of the first" device_is $mac_c "$addresses" "fd00:1::5"
tick 3
check "... whose flow stays its" flow_is "$four" .src.mac $mac_c

daemon_stop
same "what is kept is whole" "$(head -1 "$state/devices") $(tail -1 "$state/devices" | cut -d' ' -f1)" "flowbpf devices 1 end"
start || finish
check "after a restart label, icon, addresses and first time are there" device_is $mac_c \
	"\"\\(.label) \\(.icon) \\(.new) \" + ($addresses)" "Lisas Laptop laptop false fd00:1::5"
check "... and the one that is new still is" device_is $mac_d .new true
same "... told of no more" "$(new_events)" "[]"
cli() { in_ns r "$FLOWBPF" devices --socket "$socket" "$@" 2>&1; }
same "the command line lists them" "$(cli | grep -c "Lisas Laptop .* $mac_c .* fd00:1::5")" 1
same "... labels one by its address" "$(cli label --icon tv 10.0.1.6 'Den TV') $(device $mac_d '"\(.label) \(.icon)"')" \
	"$mac_d is labelled Den TV tv"
same "... and takes it back by its label" "$(cli unlabel 'den tv') $(device $mac_d .label)" "$mac_d has no label any more null"
same "... who is not there is told" "$(cli label 10.99.0.1 x | grep -c 'no device has the MAC, address, label or name "10.99.0.1"')" 1
act PUT $mac_d "{\"label\":\"$mac_c\"}" >/dev/null
same "... a MAC is no other's label" "$(cli label $mac_c Mine) $(cli label "$(tr : - <<<$mac_c)" Yours) $(device $mac_c .label) $(device $mac_d .label)" \
	"$mac_c is labelled $mac_c is labelled Yours $mac_c"
same "... as is an icon that is none" "$(cli label --icon moon $mac_d x | grep -c '`icon`: must be one of the icons there are')" 1
same "... and a label that is empty" "$(cli label $mac_d '' | grep -c '`label`: must not be empty')" 1
same "doctor says whether vendors are known" "$(in_ns r "$FLOWBPF" doctor --json | jq -r '.[] | select(.name == "vendors of devices") | .fix // "known"')" \
	"$([ -e /usr/share/ieee-data/oui.csv ] && echo known || echo 'apt install ieee-data')"
same "taken back" "$(act DELETE $mac_c) $(device $mac_c .label)" "200 null"

# One MAC that answers for many addresses stands for strangers.
for i in $(seq 30); do
	echo "neigh replace 10.0.1.$((100 + i)) dev br0 lladdr 02:00:00:00:0a:0a nud reachable"
done >"$WORK/router"
ip -n "$TAG-r" -batch "$WORK/router"
check "a MAC of many addresses is told to be several hosts" wait_for 8 device_is 02:00:00:00:0a:0a .several true

# Many MACs: more than are kept. The kernel's table is smaller, so they come and go.
ip -n "$TAG-r" address add 10.7.0.1/16 dev br0
for from in $(seq 0 500 5500); do
	for i in $(seq $from $((from + 499))); do
		printf 'neigh replace 10.7.%d.%d dev br0 lladdr 02:00:00:07:%02x:%02x nud stale\n' \
			$((i / 250)) $((i % 250 + 2)) $((i / 256)) $((i % 256))
	done >"$WORK/flood"
	ip -n "$TAG-r" -batch "$WORK/flood"
	tick 1
	ip -n "$TAG-r" neigh flush dev br0 nud stale
done
full() { [ "$(api devices | jq .total)" -ge 3800 ] && [ "$(counter devices_no_room)" -ge 1000 ]; }
check "a flood of MACs fills what is kept, no more, and is counted" wait_for 20 full
same "... not beyond the bound" "$(api devices | jq '.total <= .most and .most == 4096')" true
check "... and who was there before is there" device_is $mac_c "$addresses" "fd00:1::5"
same "... the log is not flooded" "$([ "$(new_events | jq length)" -le 40 ] && echo few)" few
daemon_stop
echo 'device torn' >>"$state/devices"
start || finish
same "a torn file is told, its whole lines taken, and kept aside" \
	"$(grep -c 'kept as devices.old' "$WORK/daemon.log") $(device $mac_d .mac)" "1 $mac_d"
daemon_stop
same "it ends by itself" $? 0
finish
