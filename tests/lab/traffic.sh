# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A little of everything between client and server, on and on, for tests that look at the page or
# the API: sourced after servers.sh, needs lab_router. About 30 connections a second.

traffic_start() {
	# what is over is live until conntrack forgets it: soon, so that tests find ended ones as well
	in_ns r sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_time_wait=10
	nginx_start s
	s_server_start s 4433
	dnsmasq_start s www.lab.test 198.51.100.2 www.lab.test 2001:db8:2::2
	traffic_loop &
	pids+=($!)
	spawn drip.log c curl -sS -o /dev/null --cacert "$WORK/ca.pem" --limit-rate 200k \
		--resolve video.lab.test:443:198.51.100.2 https://video.lab.test/200000000
	spawn ping.log c ping -q -i 0.2 198.51.100.2
	spawn ping.log c ping -6 -q -i 0.5 2001:db8:2::2
}

traffic_loop() {
	local name n=0
	while :; do
		n=$((n + 1))
		for name in www mail static api; do
			get c "$name.lab.test" 198.51.100.2 1000 -m 5
			get c "$name.lab.test" '[2001:db8:2::2]' 1000 -m 5
		done
		in_ns c curl -s -m 5 -o /dev/null --noproxy '*' http://198.51.100.2/1000
		[ $((n % 5)) != 0 ] || get c big.lab.test 198.51.100.2 1000000 -m 5
		in_ns c dig +short +tries=1 +time=1 @198.51.100.2 www.lab.test
		s_client c 198.51.100.2:4433 "odd$((n % 7)).lab.test"
	done >/dev/null 2>&1
}
