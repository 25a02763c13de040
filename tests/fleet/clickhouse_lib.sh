# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A ClickHouse server of the test's own, started by pid, beside the lab's router: sourced after lab/lib.sh.
# Namespace d, 10.9.9.2:8123, joined with r by its device mgmt (10.9.9.1), which no sensor watches.
# User sensor, password "pass-word"; all of it lies below $WORK.
. tests/lab/servers.sh

need_clickhouse() {
	command -v clickhouse-server >/dev/null || { skip "a fleet on ClickHouse" "clickhouse-server is not installed" && finish; }
}
clickhouse_link() { # the namespace of the server, and how the router reaches it
	ns d
	link_pair r mgmt d eth0
	ip -n "$TAG-r" address add 10.9.9.1/24 dev mgmt
	ip -n "$TAG-d" address add 10.9.9.2/24 dev eth0
	in_ns r ping -c1 -W2 10.9.9.2 >/dev/null
}
fleet_lab() { # the router with nginx behind it, and the server's namespace
	need_clickhouse
	lab_router || ok_if 1 "the lab is there"
	lab_offloads off
	lab_keep_neighbours
	nginx_start s
	clickhouse_link
	clickhouse_login
	clickhouse_config
}
clickhouse_login() {
	printf 'sensor\npass-word\n' >"$WORK/login"
	chmod 600 "$WORK/login"
}

clickhouse_config() { # what the one server of most tests reads
	mkdir -p "$WORK/ch/tmp"
	cat >"$WORK/users.xml" <<-XML
		<yandex>
		<profiles><default><max_memory_usage>1000000000</max_memory_usage>
		<input_format_skip_unknown_fields>1</input_format_skip_unknown_fields></default></profiles>
		<users><sensor><password>pass-word</password><networks><ip>::/0</ip></networks>
		<profile>default</profile><quota>default</quota></sensor></users>
		<quotas><default></default></quotas>
		</yandex>
	XML
	cat >"$WORK/config.xml" <<-XML
		<yandex>
		<logger><level>warning</level><log>$WORK/ch.log</log><errorlog>$WORK/ch.err</errorlog></logger>
		<http_port>8123</http_port><tcp_port>9000</tcp_port><listen_host>10.9.9.2</listen_host>
		<path>$WORK/ch/</path><tmp_path>$WORK/ch/tmp/</tmp_path><users_config>$WORK/users.xml</users_config>
		<default_profile>default</default_profile><default_database>default</default_database>
		<kafka><auto_offset_reset>earliest</auto_offset_reset></kafka>
		<timezone>UTC</timezone><mark_cache_size>67108864</mark_cache_size><max_concurrent_queries>20</max_concurrent_queries>
		</yandex>
	XML
}

clickhouse_start() {
	spawn clickhouse.out d clickhouse-server --config-file="$WORK/config.xml"
	clickhouse=$spawned
	wait_for 20 sql "SELECT 1" || { note "$(tail -5 "$WORK/clickhouse.out" "$WORK/ch.err" 2>&1)" && ok_if 1 "ClickHouse starts"; }
}
clickhouse_stop() { # [SIGNAL]
	kill "-${1:-TERM}" "$clickhouse"
	wait_for 20 ended "$clickhouse" || kill -9 "$clickhouse"
	wait "$clickhouse" 2>/dev/null
}

clickhouse_alone() { # a server without sensors, in a namespace of its own
	need_clickhouse
	ns d
	ip -n "$TAG-d" address add 10.9.9.2/32 dev lo
	clickhouse_login
	clickhouse_config
	clickhouse_start
}

sql() { # STATEMENT: its answer; the test's own way in, past what is tested
	in_ns d curl -sS --fail-with-body -m 10 --noproxy '*' -H "X-ClickHouse-User: sensor" -H "X-ClickHouse-Key: pass-word" \
		http://10.9.9.2:8123/ --data-binary "$1"
}
fleet_init() { # [OPTION...]
	in_ns r "$FLOWBPF" fleet init --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" "$@"
}

fleet_start() { # [OPTION...]: a sensor on lan, its state in $WORK/state
	daemon_start r lan -- --state "$WORK/state" --history off --clickhouse http://10.9.9.2:8123 \
		--clickhouse-login "$WORK/login" "$@" || finish
}

# What the sensor counted, and what ClickHouse has of it: "bytes packets".
counted() { api health | jq -r '"\([.interfaces[].row_bytes[]] | add) \([.interfaces[].row_packets[]] | add)"'; }
arrived() { sql "SELECT sum(bytes_up + bytes_down), sum(packets_up + packets_down) FROM flowbpf.flows" | tr '\t' ' '; }
rows() { sql "SELECT (SELECT count() FROM flowbpf.flows) + (SELECT count() FROM flowbpf.sensors)"; }
export_of() { api health | jq -r ".exports[0].$1"; } # MEMBER
waits() { [ "$(export_of queue_bytes)" != 0 ]; }
is_away() { [ "$(export_of error)" != null ]; }
all_sent() { api health | jq -e '.exports[0] | .records > 0 and .records == .sent + .dropped and .error == null'; }
has_all() { [ "$(arrived)" = "$1" ]; } # "BYTES PACKETS"

# Bytes and packets of flows that wait in files, by their names: number-id-kind-rows-packets-bytes-...
spooled() {
	find "$WORK/state/fleet" -name '*.batch' -printf '%f\n' 2>/dev/null | awk -F- '
		function hex(text, i, n) { for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1; return n }
		$3 == "0" { packets += hex($5); bytes += hex($6) }
		END { printf "%d %d\n", bytes, packets }'
}

traffic() { # FIRST-PORT: connections of the client by TLS, both families, which end soon
	local i
	for i in 0 1 2 3; do
		get c "host$i.lab.test" 198.51.100.2 1000 --local-port $(($1 + i)) >/dev/null
	done
	get c six.lab.test 2001:db8:2::2 1000000 --local-port $(($1 + 4)) >/dev/null
}
traffic_that_stays() { # what goes on until it is silent for long
	in_ns c ping -q -c 3 -i 0.05 -s 100 198.51.100.2 >/dev/null
	in_ns c "$LAB_BIN/frames" eth0 "$(mac r lan)" udp 600 >/dev/null
}
still() { local a; a="$(counted)" && tick 3 && [ "$a" = "$(counted)" ]; }
