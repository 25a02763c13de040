# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Of the lab's tests of the history, sourced after lib.sh: a pair of namespaces whose link carries nothing
# by itself, a web server, questions to the file.

history_lab() {
	lab_pair
	local name
	for name in a b; do in_ns $name sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1; done
	ip -n "$TAG-a" neigh replace 10.9.0.2 lladdr "$(mac b eth0)" dev eth0 nud permanent
	ip -n "$TAG-b" neigh replace 10.9.0.1 lladdr "$(mac a eth0)" dev eth0 nud permanent
	state=$WORK/state
	spawn server.log b python3 -m http.server 80 --directory "$WORK/reports"
	wait_for 10 listening b 80
}
start() { daemon_start a eth0 -- --max-flows 4096 --state "$state" "$@"; }
ask() { # SQL [FOLDER]: the answer's rows, a line each
	python3 - "file:${2:-$state}/history.db?mode=ro" "$1" <<-'END'
		import sqlite3, sys
		for row in sqlite3.connect(sys.argv[1], uri=True, timeout=20).execute(sys.argv[2]):
		    print(*row)
	END
}
asked() { test "$(ask "$1")" "$2" "$3"; } # SQL OPERATOR VALUE
said() { grep -qE "$1" "$WORK/daemon.log"; }
ends() { api health | jq '.counters.history_ends.value // 0'; }
written() { [ "$(ends)" -ge "$1" ]; } # ENDS
web() { # TIMES: connections that end
	local i
	for ((i = 0; i < $1; i++)); do in_ns a curl -sS -m 5 -o "$WORK/page" http://10.9.0.2/; done
}
