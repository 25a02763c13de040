#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# Flows to real collectors, nfcapd, nfacctd and tshark, by UDP, and to streams by TCP and TLS: every field,
# parts of what lasts, sums of all to the byte; a collector that dies and comes back; uniflows.
export TZ=UTC # of the times that collectors print
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
lab_offloads off
nginx_start s
for i in nfcapd nfacctd tshark; do
	command -v $i >/dev/null || { skip "flows to collectors" "$i is not installed" && finish; }
done
(cd "$WORK" && openssl req -new -key server.key -subj "/CN=collector" -out collector.csr &&
	printf 'subjectAltName=IP:127.0.0.1\n' >san && openssl x509 -req -in collector.csr -CA ca.pem -CAkey ca.key \
	-CAcreateserial -days 2 -extfile san -out collector.pem) >"$WORK/cert.log" 2>&1

# --- collectors -----------------------------------------------------------------------------------------
udp_open() { in_ns r ss -Hlun "sport = :$1" | grep -q .; } # PORT
nfcapd_start() { # FOLDER
	mkdir -p "$WORK/$1"
	spawn nfcapd.log r nfcapd -b 127.0.0.1 -p 9995 -w "$WORK/$1" -t 600 -B 4000000
	nfcapd=$spawned
	wait_for 10 udp_open 9995
}
nfcapd_file() { find "$WORK/$1" -name 'nfcapd.2*' | head -1; }
nfcapd_stop() { # FOLDER: its flows as JSON, in $1.json
	kill "$nfcapd"
	wait_for 20 eval "[ -n \"\$(nfcapd_file $1)\" ]"
	nfdump -R "$WORK/$1" -o json >"$WORK/$1.json" 2>"$WORK/nfdump.err"
}
# What nfacctd does not know by itself. Elements 82 and 96 it does not tell: those of IANA with no fixed length.
while read -r name type len semantics; do
	echo "name=$name field_type=$type len=$len semantics=$semantics"
done >"$WORK/primitives" <<-MAP
	sni 8057:808 vlen str
	ja4 8057:809 vlen str
	alpn 39499:337 vlen str
	tls_version 39499:333 2 u_int
	rbytes 29305:1 8 u_int
	rpackets 29305:2 8 u_int
	rflags 29305:6 1 u_int
	end_reason 136 1 u_int
	biflow 239 1 u_int
	flow_id 148 8 u_int
	ip_version 60 1 u_int
	icmp4 32 2 u_int
	icmp6 139 2 u_int
	direction 61 1 u_int
	observed 323 8 u_int
MAP
fields="src_host, dst_host, src_port, dst_port, proto, tos, tcpflags, timestamp_start, timestamp_end, src_mac, dst_mac, vlan"
fields+=", in_iface, out_iface, src_as, dst_as, nat_event, post_nat_src_host, post_nat_dst_host, post_nat_src_port"
fields+=", post_nat_dst_port, $(sed 's/name=\([^ ]*\).*/\1/' "$WORK/primitives" | paste -sd,)"
cat >"$WORK/nfacctd.conf" <<-CONF
	nfacctd_ip: 127.0.0.1
	nfacctd_port: 9996
	nfacctd_time_new: true
	nfacctd_disable_checks: true
	nfacctd_as: netflow
	plugins: print[all]
	aggregate[all]: $fields
	aggregate_primitives: $WORK/primitives
	print_output: json
	print_output_file: $WORK/nfacctd.json
	print_output_file_append: true
	print_refresh_time: 3
	print_cache_entries: 16411
CONF
nfcapd_start biflow
spawn nfacctd.log r nfacctd -f "$WORK/nfacctd.conf"
check "nfcapd and nfacctd listen" eval "wait_for 10 udp_open 9995 && wait_for 10 udp_open 9996"
mkdir "$WORK/caps" # $WORK itself belongs to nginx by now, where a root without rights may not write
spawn tshark.log r tshark -q -i lo -f "udp port 9995" -w "$WORK/caps/lo.pcap"
wait_for 10 grep -q Capturing "$WORK/tshark.log"
tcp_start() { # FILE
	spawn tcp.log r socat -u TCP-LISTEN:4739,reuseaddr,bind=127.0.0.1 "OPEN:$WORK/$1,creat,trunc"
	tcp=$spawned
	wait_for 10 listening r 4739
}
tcp_start tcp1.ipfix
spawn tls.log r socat -u "OPENSSL-LISTEN:4740,bind=127.0.0.1,reuseaddr,cert=$WORK/collector.pem,key=$WORK/server.key,verify=0" \
	"OPEN:$WORK/tls.ipfix,creat,trunc"
check "one by TCP and one by TLS, too" eval "wait_for 10 listening r 4740"

# --- a run ----------------------------------------------------------------------------------------------
in_ns r conntrack -F 2>/dev/null # what the lab's own pings left
daemon_start r lan -- --ipfix 127.0.0.1:9995 --ipfix 127.0.0.1:9996 --ipfix tcp:127.0.0.1:4739 \
	--ipfix tls:127.0.0.1:4740 --ipfix-ca "$WORK/ca.pem" --ipfix-active 4s --ipfix-idle 3s || finish
get c long.lab.test 198.51.100.2 drip -m 13 >/dev/null 2>&1 &
long=$!
get c www.lab.test 198.51.100.2 1000 --local-port 50001 >/dev/null
get c six.lab.test 2001:db8:2::2 1000 --local-port 50002 >/dev/null
in_ns c ping -q -c 3 -i 0.1 -s 100 -Q 0xb8 198.51.100.2 >/dev/null
in_ns c ping -6 -q -c 3 -i 0.1 -s 100 2001:db8:2::2 >/dev/null
in_ns c "$LAB_BIN/frames" eth0 "$(mac r lan)" tags2 5 >/dev/null
in_ns c "$LAB_BIN/frames" eth0 "$(mac r lan)" udp 600 >/dev/null
wait $long
row() { api health | jq "[.interfaces[].row_$1[]] | add"; }
all_sent() { [ "$(api health | jq '[.exports[] | select(.queue_bytes == 0 and .error == null)] | length')" = 4 ]; }
still() { local a; a="$(row bytes)" && tick 5 && [ "$a" = "$(row bytes)" ]; }
check "then it is quiet" wait_for 60 still
check "all is sent" wait_for 20 all_sent
bytes=$(row bytes) packets=$(row packets)
api health | jq -r '.exports[] | "# figure: \(.target): \(.sent) records in \(.batches) messages"'
record=$(flow 'src.port=50001 and dst.port=443' .)
flows 'src.port=50001 or src.port=50002 or proto=icmp or proto=icmpv6 or vlan.inner>0' >"$WORK/api.json"
tagged=$(jq -r '.[] | select(.vlan) | "\(.proto)>\(.src.ip)"' "$WORK/api.json")
same "nothing was dropped" "$(api health | jq '[.exports[].dropped] | add')" 0
daemon_stop
same "SIGTERM: status 0" $? 0

# --- sums, to the byte ------------------------------------------------------------------------------------
nfcapd_stop biflow
same "nfcapd has every byte and packet" "$(jq -s 'flatten | "\(map(.in_bytes + .out_bytes) | add) \(map(.in_packets + .out_packets) | add)"' \
	"$WORK/biflow.json")" "\"$bytes $packets\""
same "it missed none" "$(sed -n 's/.*Sequence Errors: \([0-9]*\), Bad Packets: \([0-9]*\).*/\1 \2/p' "$WORK/nfcapd.log" | sort -u)" "0 0"
nfacctd_sum() { jq -s '"\(map(.bytes + (.rbytes | tonumber)) | add) \(map(.packets + (.rpackets | tonumber)) | add)"' "$WORK/nfacctd.json"; }
nfacctd_has_all() { [ "$(nfacctd_sum)" = "\"$bytes $packets\"" ]; }
wait_for 20 nfacctd_has_all
same "nfacctd has every byte and packet" "$(nfacctd_sum)" "\"$bytes $packets\""
check "a decoder by the letter takes what came by TCP" eval "node tests/lab/ipfix.mjs '$WORK/tcp1.ipfix' >'$WORK/tcp.json'"
check "... and by TLS" eval "node tests/lab/ipfix.mjs '$WORK/tls.ipfix' >'$WORK/tls.json'"
stream_sum() { jq -s 'map(select(."0:1" != null)) | "\(map(."0:1" + ."29305:1") | add) \(map(."0:2" + ."29305:2") | add)"' "$@"; }
for i in tcp tls; do
	same "by $i: every byte and packet" "$(stream_sum "$WORK/$i.json")" "\"$bytes $packets\""
done

# --- every field -----------------------------------------------------------------------------------------
of() { jq -c 'select(."0:7" == '"$1"' and ."0:11" == 443 and ."0:1" != null)' "$WORK/tcp.json"; }
hex4() { printf '%02x' ${1//./ }; }
want() { jq -r "$1" <<<"$record"; }
same "one flow's record: ends, ports, protocol" "$(of 50001 | jq -r '"\(."0:8") \(."0:12") \(."0:11") \(."0:4") \(."0:60")"')" \
	"$(hex4 10.0.1.2) $(hex4 198.51.100.2) 443 6 4"
same "... counts both ways" "$(of 50001 | jq -r '"\(."0:1") \(."29305:1") \(."0:2") \(."29305:2")"')" \
	"$(want '"\(.bytes.up) \(.bytes.down) \(.packets.up) \(.packets.down)"')"
same "... flags, end reason, who opened it" "$(of 50001 | jq -r '"\(."0:6") \(."29305:6") \(."0:136") \(."0:239")"')" "27 27 3 1"
same "... its name, JA4, ALPN, version" "$(of 50001 | jq -r '"\(."8057:808") \(."8057:809") \(."39499:337") \(."39499:333")"')" \
	"$(want '"\(.tls.sni) \(.tls.ja4) \(.tls.alpn | join(","))"') $(printf %d "$(case $(want .tls.version) in 1.3) echo 0x304 ;; *) echo 0x303 ;; esac)")"
same "... its translation" "$(of 50001 | jq -r '"\(."0:225") \(."0:226") \(."0:228")"')" \
	"$(hex4 198.51.100.1) $(hex4 198.51.100.2) 443"
same "... and that it came and went" "$(jq -r 'select(."0:7" == 50001 and ."0:230" != null) | "\(."0:230") \(."0:225") \(."0:323" > 1.7e12)"' "$WORK/tcp.json" | xargs)" \
	"4 $(hex4 198.51.100.1) true 5 $(hex4 198.51.100.1) true"
same "... times in ms, id, interface, service" \
	"$(of 50001 | jq -r '"\(."0:152" / 1000 | floor) \(."0:153" - ."0:152" < 10000) \(."0:82") \(."0:96")"')" \
	"$(want '"\(.first_seen | sub("\\.[0-9]+";"") | fromdate) true \(.iface) \(.service)"')"
same "IPv6 has its own template" "$(of 50002 | jq -r '"\(."0:27") \(."0:28") \(."0:60") \(."8057:808") \(."0:281")"')" \
	"fd000001000000000000000000000002 20010db8000200000000000000000002 6 six.lab.test 20010db8000200000000000000000001"
same "ICMP has types in place of ports" "$(jq -r 'select(."0:32" == 2048 and ."0:225" != null) | "\(."0:7") \(."0:11") \(."0:5") \(."0:1") \(."29305:1")"' "$WORK/tcp.json")" "null null 184 384 384"
same "... of IPv6, too" "$(jq -r 'select(."0:139" == 32768 and ."0:281" != null) | "\(."0:4") \(."0:1") \(."29305:1")"' "$WORK/tcp.json")" "58 444 444"
parts() { jq -c 'select(."8057:808" == "long.lab.test")' "$WORK/tcp.json"; }
check "what lasts is told in parts: $(parts | wc -l)" [ "$(parts | wc -l)" -ge 3 ]
same "... the last one says that it ended, those before that it goes on" "$(parts | jq -r '."0:136"' | sort -n | uniq | xargs)" "2 3"
same "... each begins where the one before was told" "$(parts | jq -s 'sort_by(."0:152") | [.[1:], .[:-1]] | transpose | map(.[0]."0:152" >= .[1]."0:153") | all')" true
same "interfaces have their names" "$(jq -r 'select(.set == 512) | ."0:82"' "$WORK/tcp.json" | sort -u | xargs)" lan
same "the exporter tells its own counts: nothing is lost" \
	"$(jq -r 'select(.set == 513) | "\(."0:149" > 0) \(."0:41" >= 0) \(."0:40" >= 0) \(."0:42" >= 0) \(."0:166") \(."0:167") \(."0:168") \(."0:164")"' "$WORK/tcp.json" | head -1)" \
	"true true true true 0 0 0 0"
nf() { jq -sr 'flatten | map(select(.src_port == 50001 and .dst_port == 443 and .in_bytes > 0))[0] | '"$1" "$WORK/biflow.json"; }
same "nfcapd has that flow as we have it" "$(nf '"\(.src4_addr) \(.dst4_addr) \(.dst_port) \(.proto) \(.in_bytes) \(.out_bytes) \(.in_packets) \(.out_packets)"')" \
	"10.0.1.2 198.51.100.2 443 6 $(want '"\(.bytes.up) \(.bytes.down) \(.packets.up) \(.packets.down)"')"
same "... with its translation" "$(nf '.src4_xlt_ip')" 198.51.100.1
same "nfacctd has its name" "$(jq -r 'select(.port_src == 50001 and .port_dst == 443 and .bytes > 0) | "\(.sni) \(.tcp_flags) \(.ip_proto)"' "$WORK/nfacctd.json" | head -1)" "www.lab.test 27 tcp"
sleep 1
tshark -r "$WORK/caps/lo.pcap" -d udp.port==9995,cflow -V >"$WORK/tshark.txt" 2>/dev/null
nfdump -R "$WORK/biflow" -o raw >"$WORK/nfdump.raw" 2>>"$WORK/nfdump.err"
cp "$WORK/biflow.json" "$WORK/nfdump.json"
for i in 50001 50002 "icmp>198.51.100.2" "icmpv6>2001:db8:2::2" "$tagged"; do
	node tests/lab/ipfix_table.mjs "$WORK" "$WORK/api.json" "$i" >"$WORK/table" 2>"$WORK/table.err" || note "$(cat "$WORK/table.err")"
	same "$i: three decoders have it" "$(cut -f 1 "$WORK/table" | xargs)" "tshark nfdump nfacctd"
	while IFS=$'\t' read -r decoder n wanted got; do
		same "$i: $n elements are for $decoder what the API says" "$got" "$wanted"
	done <"$WORK/table"
done
for i in "50001 4 5" "50002 1 2"; do
	set -- $i
	begin=$(jq -r ".[] | select(.src.port == $1) | .first_seen" "$WORK/api.json")
	same "translation of $1: it came and went, for nfcapd" "$(jq -sr 'flatten | map(select(.src_port == '"$1"' and .nat_event_id)) |
		sort_by(.nat_event_id) | map("\(.nat_event_id) \(.src_xlt_port) \(.t_event >= "'"${begin%Z}"'")") | join(", ")' "$WORK/biflow.json")" \
		"$2 $1 true, $3 $1 true"
	same "... for nfacctd" "$(jq -sr 'map(select(.port_src == '"$1"' and .nat_event > 0)) | sort_by(.nat_event) |
		map("\(.nat_event) \(.post_nat_port_src) \((.observed | tonumber) >= ("'"$begin"'" | sub("\\.[0-9]+"; "") | fromdate) * 1000)") | join(", ")' "$WORK/nfacctd.json")" \
		"$2 $1 true, $3 $1 true"
done
same "... for tshark, of both families" "$(sed -n 's/^ *Nat Event: //p' "$WORK/tshark.txt" | sort -u | paste -sd,)" \
	"NAT translation create (Historic) (1),NAT translation delete (Historic) (2),NAT44 session create (4),NAT44 session delete (5)"
same "tshark knows the exporter's own counts" "$(grep -oE '(Not Sent|Ignored) [A-Z][a-z]*: [0-9]+$' "$WORK/tshark.txt" | sort -u | paste -sd,)" \
	"Ignored Packets: 0,Not Sent Flows: 0,Not Sent Octets: 0,Not Sent Packets: 0"
same "tshark finds nothing malformed, and no set without its template" "$(grep -cE 'Malformed|Template not found|No template' "$WORK/tshark.txt")" 0
check "it knows whose elements they are" grep -q 'CESNET' "$WORK/tshark.txt"
check "messages by UDP are of 1,400 bytes at most" [ "$(tshark -r "$WORK/caps/lo.pcap" -T fields -e udp.length | sort -n | tail -1)" -le 1408 ]

# --- a collector that dies and comes back ------------------------------------------------------------------
tcp_start tcp2.ipfix
daemon_start r lan -- --ipfix tcp:127.0.0.1:4739 --ipfix-active 4s --ipfix-idle 1s || finish
export_is() { [ "$(api health | jq -r ".exports[0] | $1")" = true ]; }
get c www.lab.test 198.51.100.2 1000 --local-port 50003 >/dev/null
check "it has a first part" wait_for 20 export_is '.sent >= 1 and .queue_bytes == 0'
kill -9 "$tcp" && wait_for 5 ended "$tcp"
get c www.lab.test 198.51.100.2 1000 --local-port 50004 >/dev/null
check "without it flows wait, and why is said" wait_for 30 export_is '.queue_bytes > 0 and .error == "Connection refused"'
tcp_start tcp3.ipfix
check "when it is back they go on" wait_for 60 export_is '.queue_bytes == 0 and .error == null'
wait_for 30 still
bytes=$(row bytes) packets=$(row packets)
wait_for 10 export_is '.queue_bytes == 0'
daemon_stop
check "both connections decode, each with its templates" \
	eval "node tests/lab/ipfix.mjs '$WORK/tcp2.ipfix' '$WORK/tcp3.ipfix' >'$WORK/both.json'"
same "together they have every byte and packet" "$(stream_sum "$WORK/both.json")" "\"$bytes $packets\""

# --- both sides of a router -----------------------------------------------------------------------------------
tcp_start sides.ipfix
daemon_start r lan wan -- --ipfix tcp:127.0.0.1:4739 || finish
get c www.lab.test 198.51.100.2 1000 --local-port 50006 >/dev/null
wait_for 30 export_is '.sent >= 1 and .queue_bytes == 0'
daemon_stop
node tests/lab/ipfix.mjs "$WORK/sides.ipfix" >"$WORK/sides.json"
side() { jq -r 'select(.set == 512 and ."0:82" == "'"$1"'") | ."0:10"' "$WORK/sides.json" | sort -u; }
same "it came by one interface and left by the other" \
	"$(jq -r 'select(."0:7" == 50006 and ."0:1" != null) | "\(."0:10") \(."0:14")"' "$WORK/sides.json")" "$(side lan) $(side wan)"

# --- for collectors without RFC 5103 -------------------------------------------------------------------------
nfcapd_start uniflow
daemon_start r lan -- --ipfix 127.0.0.1:9995 --ipfix-uniflow || finish
get c www.lab.test 198.51.100.2 1000 --local-port 50005 >/dev/null
get c www.lab.test 2001:db8:2::2 1000 >/dev/null
wait_for 30 still
bytes=$(row bytes) packets=$(row packets) record=$(flow 'src.port=50005 and dst.port=443' .)
daemon_stop
nfcapd_stop uniflow
same "uniflows: every byte and packet" "$(jq -s 'flatten | "\(map(.in_bytes) | add) \(map(.in_packets) | add)"' "$WORK/uniflow.json")" "\"$bytes $packets\""
uni() { jq -sr 'flatten | map(select('"$1"' and .in_bytes > 0))[0] | "\(.in_bytes) \(.in_packets)"' "$WORK/uniflow.json"; }
same "one there and one back" "$(uni '.src_port == 50005'), $(uni '.dst_port == 50005')" \
	"$(want '"\(.bytes.up) \(.packets.up), \(.bytes.down) \(.packets.down)"')"

# --- what is refused --------------------------------------------------------------------------------------------
for i in nowhere 127.0.0.1: tls: 127.0.0.1:x; do
	in_ns c timeout 10 "$FLOWBPF" attach eth0 --listen none --socket "$WORK/refused" --ipfix "$i" >"$WORK/out" 2>&1
	same "--ipfix $i is refused with a sentence" "$? $(grep -cF -- "--ipfix takes HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT, not \"$i\"" "$WORK/out")" "1 1"
done
in_ns c timeout 10 "$FLOWBPF" attach eth0 --listen none --socket "$WORK/refused" --ipfix tls:127.0.0.1:4740 --ipfix-ca /dev/null >"$WORK/out" 2>&1
same "a file without certificates, too" "$? $(grep -c 'has no certificate that vouches' "$WORK/out")" "1 1"
finish
