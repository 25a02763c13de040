# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A cluster "main" of four ClickHouse servers, two shards of two replicas each, and the ZooKeeper that they agree by, in
# namespace d: server N of 1 to 4 at 10.9.9.2:812N, shard (N + 1) / 2. Sourced after clickhouse_lib.sh and fleet_lab.
ZOOKEEPER_CLASSES=(zookeeper zookeeper-jute slf4j-api slf4j-simple metrics-core snappy-java) # Debian's own list lacks some

cluster_tools() {
	[ -e /usr/share/java/zookeeper.jar ] && command -v java >/dev/null ||
		{ skip "a cluster of ClickHouse" "zookeeper is not installed" && finish; }
}

zookeeper_serves() { echo srvr | in_ns d socat -t 2 - TCP:10.9.9.2:2181 | grep -q Mode; }
zookeeper_start() {
	local classes
	classes=$(printf '/usr/share/java/%s.jar:' "${ZOOKEEPER_CLASSES[@]}")$(printf '%s:' /usr/share/java/netty*.jar)
	mkdir -p "$WORK/zk"
	printf '%s\n' tickTime=2000 "dataDir=$WORK/zk" clientPortAddress=10.9.9.2 clientPort=2181 admin.enableServer=false \
		4lw.commands.whitelist=ruok,srvr >"$WORK/zoo.cfg"
	spawn zookeeper.out d java -Xmx256m -cp "$classes" org.apache.zookeeper.server.quorum.QuorumPeerMain "$WORK/zoo.cfg"
	zookeeper=$spawned
	# one that has no server yet hangs up, which 18.16 does not outlive
	wait_for 40 zookeeper_serves || { note "$(tail -5 "$WORK/zookeeper.out")" && ok_if 1 "ZooKeeper starts"; }
}

server_config() { # N
	local home=$WORK/ch$1 replica
	mkdir -p "$home/tmp"
	{
		cat <<-XML
			<yandex>
			<logger><level>warning</level><log>$WORK/ch$1.log</log><errorlog>$WORK/ch$1.err</errorlog></logger>
			<http_port>812$1</http_port><tcp_port>900$1</tcp_port><listen_host>10.9.9.2</listen_host>
			<interserver_http_port>910$1</interserver_http_port><interserver_http_host>10.9.9.2</interserver_http_host>
			<path>$home/</path><tmp_path>$home/tmp/</tmp_path><users_config>$WORK/users.xml</users_config>
			<default_profile>default</default_profile><default_database>default</default_database>
			<timezone>UTC</timezone><mark_cache_size>67108864</mark_cache_size><max_concurrent_queries>40</max_concurrent_queries>
			<zookeeper><node><host>10.9.9.2</host><port>2181</port></node><session_timeout_ms>10000</session_timeout_ms></zookeeper>
			<macros><shard>$((($1 + 1) / 2))</shard><replica>r$1</replica></macros>
			<distributed_ddl><path>/clickhouse/ddl</path></distributed_ddl>
			<remote_servers><main>
		XML
		for replica in 1 3; do
			echo "<shard><internal_replication>true</internal_replication>"
			printf '<replica><host>10.9.9.2</host><port>900%d</port></replica>' $replica $((replica + 1))
			echo "</shard>"
		done
		echo "</main></remote_servers></yandex>"
	} >"$WORK/config$1.xml"
}

declare -A server=() # pid by N
server_start() { # N
	spawn "server$1.out" d clickhouse-server --config-file="$WORK/config$1.xml"
	server[$1]=$spawned
	wait_for 40 sql_at "$1" "SELECT 1" || { note "$(tail -5 "$WORK/server$1.out" "$WORK/ch$1.err" 2>&1)" && ok_if 1 "server $1 starts"; }
}
server_stop() { # N [SIGNAL]
	kill "-${2:-TERM}" "${server[$1]}"
	wait_for 20 ended "${server[$1]}" || kill -9 "${server[$1]}"
	wait "${server[$1]}" 2>/dev/null
}

cluster_start() {
	local n
	# servers ask each other as "default", from here alone
	sed -i 's,</users>,<default><password></password><networks><ip>10.9.9.2</ip></networks><profile>default</profile><quota>default</quota></default></users>,' "$WORK/users.xml"
	zookeeper_start
	for n in 1 2 3 4; do
		server_config "$n"
		server_start "$n"
	done
}

sql_at() { # N STATEMENT
	in_ns d curl -sS --fail-with-body -m 20 --noproxy '*' -H "X-ClickHouse-User: sensor" -H "X-ClickHouse-Key: pass-word" \
		"http://10.9.9.2:812$1/" --data-binary "$2"
}
