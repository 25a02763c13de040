#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# ClickHouse by TLS, the server's own: with the authority that vouches for it rows arrive; with another one, another name, a
# certificate that is over nothing is sent, which is told, and what waits goes out once it is mended.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab # and with it the lab's authority, ca.pem
certificate() { # NAME SUBJECT-ALTERNATIVE-NAME AUTHORITY [DAYS-FROM-NOW]
	(
		cd "$WORK" || exit 1
		openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
		openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
		printf 'subjectAltName=%s\n' "$2" >"$1.ext"
		mkdir -p "$1.d" && : >"$1.d/index" && echo 01 >"$1.d/serial"
		printf '[ca]\ndefault_ca=it\n[it]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n' \
			"$1.d" "$1.d" "$1.d" >"$1.cnf"
		openssl ca -batch -config "$1.cnf" -cert "$3.pem" -keyfile "$3.key" -in "$1.csr" -extfile "$1.ext" -out "$1.pem" \
			-startdate "$(date -u -d "-3 days" +%y%m%d%H%M%SZ)" -enddate "$(date -u -d "${4:-2} days" +%y%m%d%H%M%SZ)"
	) >"$WORK/$1.log" 2>&1 || { note "$(tail -3 "$WORK/$1.log")" && ok_if 1 "a certificate for $1"; }
}
(cd "$WORK" && openssl ecparam -name prime256v1 -genkey -noout -out strange.key &&
	openssl req -x509 -new -key strange.key -days 2 -subj "/CN=another authority" -out strange.pem) 2>/dev/null
certificate right IP:10.9.9.2 ca
certificate misnamed DNS:elsewhere.lab.test ca
certificate over IP:10.9.9.2 ca -1
certificate foreign IP:10.9.9.2 strange
with() { # CERTIFICATE: the server has it
	[ -z "${clickhouse:-}" ] || clickhouse_stop
	cp "$WORK/$1.pem" "$WORK/now.pem" && cp "$WORK/$1.key" "$WORK/now.key"
	clickhouse_start
	wait_for 20 listening d 8443
}
tls="<https_port>8443</https_port><openSSL><server><certificateFile>$WORK/now.pem</certificateFile><privateKeyFile>$WORK/now.key</privateKeyFile>
<verificationMode>none</verificationMode><caConfig>$WORK/ca.pem</caConfig></server></openSSL>"
sed -i "s,<tcp_port>9000</tcp_port>,&${tls//$'\n'/}," "$WORK/config.xml"
secure=(--clickhouse https://10.9.9.2:8443 --clickhouse-ca "$WORK/ca.pem")
init() { in_ns r "$FLOWBPF" fleet init --clickhouse-login "$WORK/login" "$@" 2>&1; }

with right
same "the server speaks TLS" "$(in_ns r curl -sS --noproxy '*' --cacert "$WORK/ca.pem" https://10.9.9.2:8443/ping)" "Ok."
check "fleet init by TLS" init "${secure[@]}"
same "with another authority it is refused, and says why" "$(init --clickhouse https://10.9.9.2:8443 --clickhouse-ca "$WORK/strange.pem" | grep -ciE 'certificate|issuer')" 1
same "with the system's authorities, too" "$(init --clickhouse https://10.9.9.2:8443 | grep -ciE 'certificate|issuer')" 1
check "with a file that is not there it does not start" eval '! init --clickhouse https://10.9.9.2:8443 --clickhouse-ca "$WORK/none.pem"'
same "and neither asks nothing of what a port without TLS says" "$(init --clickhouse https://10.9.9.2:8123 --clickhouse-ca "$WORK/ca.pem" | grep -c 'as they should be')" 0

in_ns r conntrack -F 2>/dev/null
daemon_start r lan -- --state "$WORK/state" --history off --clickhouse-login "$WORK/login" "${secure[@]}" || finish
spawn seen.log r tcpdump -i mgmt -n -A -s 0 -U -w "$WORK/seen.pcap" port 8443
wait_for 10 test -s "$WORK/seen.pcap"
traffic 50000
came() { [ "$(sql "SELECT count(DISTINCT id) FROM flowbpf.flows WHERE src_port BETWEEN $1 AND $1 + 4 AND ended")" = 5 ]; } # FIRST-PORT
check "rows arrive" wait_for 60 came 50000
same "no password and no name crosses the wire as it is" "$(grep -caE 'pass-word|host0' "$WORK/seen.pcap")" 0
port=50010
for case in foreign misnamed over; do
	with $case
	traffic $port
	waits_for_it() { is_away && waits && [ "$(export_of error | grep -ciE 'certificate|subject|name|SSL|issuer')" -ge 1 ]; }
	check "a certificate that is $case: rows wait" wait_for 60 waits_for_it
	note "$(export_of error)"
	check "and none is sent" eval "! came $port"
	with right
	check "it is mended: they arrive" wait_for 90 came $port
	port=$((port + 10))
done

check "nothing waits" wait_for 60 all_sent
same "nothing was dropped" "$(export_of dropped)" 0
daemon_stop
finish
