#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 480
# Real clients to real servers through the NAT router, IPv4 and IPv6: curl, openssl s_client,
# Chromium (post-quantum hello, HTTP/2 and HTTP/3), dig with dnsmasq, plain HTTP. All are named.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
nginx_start s
s_server_start s 4433
caddy_start s 8443
dnsmasq_start s four.lab.test 198.51.100.2 six.lab.test 2001:db8:2::2 \
	only4.lab.test 198.51.100.77 only6.lab.test 2001:db8:2::77 \
	--cname=middle4.lab.test,four.lab.test --cname=alias4.lab.test,middle4.lab.test \
	--cname=middle6.lab.test,six.lab.test --cname=alias6.lab.test,middle6.lab.test
daemon_start r lan wan || finish
key=$(openssl x509 -in "$WORK/server.pem" -pubkey -noout | openssl pkey -pubin -outform der |
	openssl dgst -sha256 -binary | base64)

named() { # TEXT FILTER JQ WANTED
	wait_for 8 flow_is "$2" "$3" "$4"
	same "$1" "$(flow "$2" "$3")" "$4"
}
for family in 4 6; do
	[ $family = 4 ] && address=198.51.100.2 bare=198.51.100.2 || address='[2001:db8:2::2]' bare=2001:db8:2::2
	text=IPv$family
	get c "curl$family.lab.test" "$address" 1000
	named "$text: curl" "dst.port=443 and tls.sni=curl$family.lab.test" '"\(.dst.host) \(.dst.host_from) \(.tls.alpn | join(","))"' \
		"curl$family.lab.test sni h2,http/1.1"
	s_client c "$address:4433" "sclient$family.lab.test" >/dev/null 2>&1
	named "$text: openssl s_client on an odd port" "tls.sni=sclient$family.lab.test" '"\(.dst.port) \(.l7) \(.tls.version)"' "4433 tls 1.3"
	s_client c "$address:4433" "old$family.lab.test" -tls1_2 >/dev/null 2>&1
	named "$text: TLS 1.2" "tls.sni=old$family.lab.test" '.tls.version' 1.2

	chromium_get c "https://chromium$family.lab.test/1000" \
		--host-resolver-rules="MAP chromium$family.lab.test $address, MAP * ~NOTFOUND" >/dev/null
	some() { flows "tls.sni=chromium$family.lab.test" | jq -e 'length >= 1' >/dev/null; }
	check "$text: Chromium over TCP is named" wait_for 8 some
	same "$text: Chromium's hello needs more than one segment: JA4 of TLS 1.3 with h2" \
		"$(flows "tls.sni=chromium$family.lab.test" | jq -r '.[0].tls.ja4[0:4] + .[0].tls.ja4[8:10]')" "t13dh2"
	over=$(chromium_get c "https://quic$family.lab.test:8443/" \
		--host-resolver-rules="MAP quic$family.lab.test $address, MAP * ~NOTFOUND" \
		--origin-to-force-quic-on="quic$family.lab.test:8443" --ignore-certificate-errors-spki-list="$key")
	check "$text: the page came over HTTP/3" grep -q HTTP/3 <<<"$over"
	quic() { flows "proto=udp and tls.sni=quic$family.lab.test" | jq -e 'length >= 1' >/dev/null; }
	check "$text: Chromium over QUIC is named" wait_for 8 quic
	# Chromium's hello has an ECH extension, real or made up: the outer name is flagged as such.
	same "$text: by its QUIC Initial" \
		"$(flows "proto=udp and tls.sni=quic$family.lab.test" | jq -r '.[0] | "\(.dst.host_from | test("^(quic|ech)$")) \(.l7) \(.tls.ja4[0:1])"')" \
		"true quic q"

	in_ns c curl -sS -o /dev/null --noproxy '*' --resolve "plain$family.lab.test:80:$address" "http://plain$family.lab.test/1000"
	named "$text: plain HTTP by its Host" "dst.port=80 and host=plain$family.lab.test" '"\(.dst.host_from) \(.l7)"' "http http"

	in_ns c dig +short +tries=1 "@$bare" "only$family.lab.test" "$([ $family = 4 ] && echo A || echo AAAA)" >/dev/null
	in_ns c dig +short +tries=1 +tcp "@$bare" "four.lab.test" A >/dev/null
	wait_for 6 flow_is "port=53 and proto=tcp and family=$family" '.l7' dns
	same "$text: DNS is dns, over TCP too" "$(flows "port=53 and family=$family" | jq -r '[.[].l7] | unique | join(" ")')" dns
	# A name that an answer explains, over two CNAMEs; one that none does; one of before the first question.
	in_ns c dig +short +tries=1 "@$bare" "alias$family.lab.test" "$([ $family = 4 ] && echo A || echo AAAA)" >/dev/null
	wait_for 6 flow_is "port=53 and proto=udp and host=alias$family.lab.test" '.l7' dns
	for host in alias never; do get c "$host$family.lab.test" "$address" 1000; done
	# By IPv6 the device connected after it had asked by IPv4: its neighbour entries are of one MAC.
	for flagged in "alias false" "never true" "curl $([ $family = 4 ] && echo false || echo true)"; do
		named "$text: ${flagged% *} is unexplained: ${flagged#* }" "dst.port=443 and tls.sni=${flagged% *}$family.lab.test" \
			'.names[0].flags | contains(["unexplained"])' "${flagged#* }"
	done
	target=$([ $family = 4 ] && echo 198.51.100.77 || echo 2001:db8:2::77)
	in_ns c timeout 1 ping -q -c1 -W1 "$target" >/dev/null
	named "$text: a flow without a hello has its name from the DNS answer" "dst.ip=$target" \
		'"\(.dst.host) \(.dst.host_from)"' "only$family.lab.test dns"
done
same "no flow has a name that nobody sent" "$(flows 'scope=internal-external' | jq -r '.[].tls.sni // empty' |
	grep -cvE '^(curl|sclient|old|chromium|quic|alias|never)[46]\.lab\.test$')" 0
daemon_stop
finish
