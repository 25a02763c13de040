# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A busy scene between client and server (see scene.mjs): sourced after servers.sh, needs lab_router.

scene_addresses() { # NS ROLE
	local address
	node tests/lab/scene.mjs addresses "$2" | while read -r address; do
		case $address in
		*:*) echo "address add $address dev eth0 nodad" ;;
		*) echo "address add $address dev eth0" ;;
		esac
	done | ip -n "$TAG-$1" -batch -
}

scene_start() {
	ca_make
	scene_addresses c client
	scene_addresses s server
	ip -n "$TAG-r" route add 203.0.113.0/24 dev wan
	# neighbours that say nothing
	local i
	for i in "201 00:00:0c:00:01:01" "202 00:00:0c:00:01:02" "203 02:00:00:00:01:03"; do
		ip -n "$TAG-r" neigh replace "10.0.1.${i% *}" dev lan lladdr "${i#* }" nud stale
	done
	# shellcheck disable=SC2046
	dnsmasq_start s $(node tests/lab/scene.mjs records)
	spawn scene.log s node tests/lab/scene.mjs serve "$WORK/server.key" "$WORK/server.pem"
	wait_for 10 listening s 8883 || ok_if 1 "the scene's servers start"
	spawn scene.log c node tests/lab/scene.mjs play 198.51.100.2
	spawn ping.log c ping -q -i 0.5 -I 10.0.1.102 203.0.113.11
	spawn ping.log c ping -6 -q -i 1 2001:db8:2::2
}
