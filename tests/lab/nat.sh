#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 360
# One row a connection with the inside client and the outside address, however flowbpf is attached:
# on the LAN side, the WAN side, or both; masquerade, masquerade to another port, DNAT, both
# families, TCP, UDP and ping. (C4)
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
in_ns r nft -f - <<-NFT
	table inet lab {
		chain ports {
			type nat hook postrouting priority srcnat - 1;
			oifname "wan" tcp dport 4433 meta nfproto ipv4 masquerade to :40000-40010
		}
	}
NFT
nginx_start s
s_server_start s 4433
dnsmasq_start s www.lab.test 198.51.100.2
spawn inside.log c openssl s_server -accept 443 -cert "$WORK/server.pem" -key "$WORK/server.key" -quiet -www
wait_for 5 listening c 443
row='"\(.src.ip) > \(.dst.ip):\(.dst.port) \(.nat.kind // "none") \(.nat.src // "-") \(.nat.dst // "-")"'
plain_port() { sed 's/:[0-9]* -$/:PORT -/'; } # the outside source port is the router's choice

one() { # TEXT FILTER WANTED; when it is not, what else there is beside it
	wait_for 6 flow_is "$2" '.nat != null' true
	if [ "$(flows "$2" | jq length)" != 1 ] || [ "$(flow "$2" "$row" | plain_port)" != "$3" ]; then
		note "$(flows 'proto != udp' | jq -c ".[] | [.id, .src.ip, .src.port, .dst.ip, .dst.port, .tls.sni, .nat, .conntrack, .closed, .ifaces, .first_seen]")"
		note "$(in_ns r conntrack -L 2>/dev/null)"
	fi
	same "$1" "$(flow "$2" "$row" | plain_port)" "$3"
}
for where in lan wan "lan wan"; do
	in_ns r conntrack -F 2>/dev/null # else those of the round before are listed, too
	# shellcheck disable=SC2086
	daemon_start r $where || continue
	id=${where/ /-}
	get c "m4-$id.lab.test" 198.51.100.2 1000
	get c "m6-$id.lab.test" '[2001:db8:2::2]' 1000
	in_ns c dig +short +tries=1 @198.51.100.2 www.lab.test >/dev/null
	s_client c 198.51.100.2:4433 "p4-$id.lab.test" >/dev/null 2>&1
	s_client s 198.51.100.1:8443 "d4-$id.in.lab.test" >/dev/null 2>&1
	s_client s '[2001:db8:2::1]:8443' "d6-$id.in.lab.test" >/dev/null 2>&1
	in_ns c ping -c1 -W2 198.51.100.2 >/dev/null
	one "$where: masquerade" "tls.sni=m4-$id.lab.test" "10.0.1.2 > 198.51.100.2:443 snat 198.51.100.1:PORT -"
	one "$where: masquerade of IPv6" "tls.sni=m6-$id.lab.test" \
		"fd00:1::2 > 2001:db8:2::2:443 snat [2001:db8:2::1]:PORT -"
	one "$where: masquerade of UDP" "port=53 and proto=udp" "10.0.1.2 > 198.51.100.2:53 snat 198.51.100.1:PORT -"
	one "$where: masquerade of a ping, which has no ports" "proto=icmp" \
		"10.0.1.2 > 198.51.100.2:null snat 198.51.100.1 -"
	same "$where: the ping's name is that of the answer which the client had before it" "$(flow "proto=icmp" .dst.host)" www.lab.test
	one "$where: masquerade to another port" "tls.sni=p4-$id.lab.test" \
		"10.0.1.2 > 198.51.100.2:4433 snat 198.51.100.1:PORT -"
	port=$(flow "tls.sni=p4-$id.lab.test" '.nat.src | split(":")[1]')
	check "$where: that port, $port, is one of those" [ "$port" -ge 40000 -a "$port" -le 40010 ]
	one "$where: DNAT shows the outside address that was asked for and the inside server" \
		"tls.sni=d4-$id.in.lab.test" "198.51.100.2 > 198.51.100.1:8443 dnat - 10.0.1.2:443"
	one "$where: DNAT of IPv6" "tls.sni=d6-$id.in.lab.test" \
		"2001:db8:2::2 > 2001:db8:2::1:8443 dnat - [fd00:1::2]:443"
	outside=$(flow "tls.sni=m4-$id.lab.test" '.nat.src')
	for found in "nat.src = 198.51.100.1" "nat.src in (198.51.100.0/30)" "nat.src = $outside" "nat.src.ip = 198.51.100.1" \
		"ip = 198.51.100.1" "$outside" "nat.src.port = ${outside#*:}" "port = ${outside#*:}"; do
		same "$where: found by what it is outside, $found" "$(flows "tls.sni=m4-$id.lab.test and $found" | jq length)" 1
	done
	same "$where: not by an address that only begins like it" "$(flows "tls.sni=m4-$id.lab.test and nat.src = 198.51.100.10" | jq length)" 0
	same "$where: the object has both parts" "$(flow "tls.sni=m4-$id.lab.test" '"\(.nat.src_ip):\(.nat.src_port)"')" "$outside"
	same "$where: and of DNAT the server inside" "$(flows "nat.dst = 10.0.1.2:443 and nat.dst.port = 443 and tls.sni=d4-$id.in.lab.test" | jq length)" 1
	same "$where: from outside to a server inside is its scope" "$(flow "tls.sni=d4-$id.in.lab.test" .scope)" external-internal
	same "$where: no row beside them has the translated addresses as its own ends" \
		"$(flows "tls.sni~$id and src.ip=198.51.100.1" | jq length)" 0
	same "$where: six connections are six rows" "$(flows "port in (443, 4433, 8443, 53) and proto in (tcp, udp)" | jq length)" 6
	daemon_stop
done
finish
