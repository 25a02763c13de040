#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 480
# alone: yes
# The conntrack half: flush, event overrun and resync, table full, marks and zones, a namespace
# without conntrack. (C1 to C6; C4 is nat.sh)
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
in_ns r sysctl -qw net.netfilter.nf_conntrack_checksum=0 net.ipv4.conf.all.rp_filter=0
in_ns r nft -f - <<-NFT
	table inet lab {
		chain zones {
			type filter hook prerouting priority raw;
			tcp dport 4433 ct zone set 5
			tcp sport 4433 ct zone set 5
		}
		chain marks {
			type filter hook forward priority filter;
			tcp dport 443 ct mark set 42
		}
	}
NFT
nginx_start s
s_server_start s 4433
daemon_start r lan -- --max-flows 1048576 --closed-flows 1048576 || finish
ct() { api summary | jq -r ".conntrack.$1"; }
ct_is() { [ "$(ct "$1")" = "$2" ]; }
mac=$(mac r lan)
same "conntrack is there" "$(ct available)" true

get c mark.lab.test 198.51.100.2 1000
wait_for 6 flow_is tls.sni=mark.lab.test '.conntrack.mark' 42
same "C5: a mark is shown" "$(flow tls.sni=mark.lab.test .conntrack.mark)" 42
(sleep 6 | s_client c 198.51.100.2:4433 zone.lab.test >/dev/null 2>&1) &
pids+=($!)
wait_for 6 flow_is tls.sni=zone.lab.test .conntrack.zone 5
same "C5: a zone is shown" "$(flow tls.sni=zone.lab.test .conntrack.zone)" 5

in_ns c "$LAB_BIN/frames" eth0 "$mac" syn 50000 >/dev/null
entries() { [ "$(ct entries)" -ge 45000 ]; }
check "C1: 50,000 connections are in the table" wait_for 10 entries
tick 3
packets() { api 'flows?limit=1&live=both&filter=src.ip%3D10.128.0.0/9' | jq '.totals.packets.up'; }
before=$(packets)
in_ns r conntrack -F 2>/dev/null
sleep 4
same "C1: after conntrack -F the flows keep their counts" "$(packets)" "$before"
few() { [ "$(ct entries)" -lt 100 ]; }
check "C1: and the table is seen as empty" wait_for 5 few
check "C1: the API answers at once" api health

# Overrun: nobody reads while 200,000 entries are made and flushed away. A new daemon, for the storm
# before may have cost a resync already, and there is one in 30 s.
daemon_stop
daemon_start r lan -- --max-flows 1048576 --closed-flows 1048576 || finish
kill -STOP "$daemon"
in_ns c "$LAB_BIN/frames" eth0 "$mac" syn 200000 50000 >/dev/null
in_ns r conntrack -F 2>/dev/null
in_ns c "$LAB_BIN/frames" eth0 "$mac" syn 200000 250000 >/dev/null
spawn drip.log c curl -sS -m 60 -o /dev/null --cacert "$WORK/ca.pem" \
	--resolve after.lab.test:443:198.51.100.2 https://after.lab.test/drip
sleep 1
kill -CONT "$daemon"
overrun() { [ "$(ct overruns)" -ge 1 ] && [ "$(ct resyncs)" -ge 1 ]; }
check "C2: the overrun is counted and healed by a resync" wait_for 8 overrun
check "C2: within 5 s after it the state is right" wait_for 5 flow_is tls.sni=after.lab.test .conntrack.state ESTABLISHED
sleep 3
same "C2: one resync in 30 s at most" "$(ct resyncs)" 1
note "conntrack: $(api summary | jq -c .conntrack)"

max=$(sysctl -n net.netfilter.nf_conntrack_max)
trap 'sysctl -qw "net.netfilter.nf_conntrack_max=$max"; clean_up' EXIT # it is the whole machine's
sysctl -qw net.netfilter.nf_conntrack_max=300 2>/dev/null
if [ "$(in_ns r sysctl -n net.netfilter.nf_conntrack_max)" = 300 ]; then
	in_ns c "$LAB_BIN/frames" eth0 "$mac" syn 2000 600000 >/dev/null
	full() { api health | jq -e '[.reasons[] | select(test("conntrack.*full"))] | length > 0'; }
	check "C3: a full table is told by health" wait_for 6 full
	late() { [ "$(flows 'src.ip=10.137.39.192' | jq length)" -ge 1 ]; }
	check "C3: flows without an entry are shown" wait_for 6 late
	sysctl -qw "net.netfilter.nf_conntrack_max=$max"
else
	sysctl -qw "net.netfilter.nf_conntrack_max=$max" 2>/dev/null
	skip "C3: a full conntrack table" "nf_conntrack_max cannot be set here"
fi
daemon_stop

# Another namespace, where nothing asks for conntrack.
ip -n "$TAG-c" address add 10.0.1.3/24 dev eth0
daemon_start c eth0 -- --max-flows 4096 || finish
get c plain.lab.test 198.51.100.2 1000
wait_for 6 flow_is tls.sni=plain.lab.test '.packets.up > 0' true
same "C6: without conntrack the flow is counted and named" "$(flow tls.sni=plain.lab.test .conntrack)" null
check "C6: its state comes from its TCP flags" flow_is tls.sni=plain.lab.test '.state != null' true
daemon_stop
finish
