# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# For labs about rules: a router, a server that talks on port 9000, a daemon with a state folder of its own, and
# whether what a rule is about gets through.

rules_lab() { # NAME; the daemon is not started
	command -v python3 >/dev/null || {
		skip "$1" "python3 is not installed"
		finish
	}
	lab_router || ok_if 1 "the lab is there"
	lab_keep_neighbours
	spawn server.log s python3 tests/lab/ends.py serve 9000
	wait_for 5 listening s 9000
	mkdir -m 700 "$WORK/state"
}

stopped() { api rules | jq -r ".items[] | select(.id == $1) | .packets"; } # RULE

port=20000
passes() { # [ADDRESS]: a new connection is answered
	port=$((port + 1))
	in_ns c timeout 3 python3 tests/lab/ends.py talk "${1:-198.51.100.2}" 9000 $port 0.1 2>/dev/null | grep -q "^up"
}
is_shut() { ! passes "$@"; } # [ADDRESS]

bytes_of() { flow "src.port = $1" '.bytes.up + .bytes.down'; }
goes_on() { # PORT: more and more bytes of it pass
	local before
	before=$(bytes_of "$1")
	tick 2
	[ "$(bytes_of "$1")" -gt "$before" ]
}
