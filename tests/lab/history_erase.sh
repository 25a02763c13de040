#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# One's traces go from the running daemon, its files and its history, to the byte; what is of others stays.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/history_lib.sh"
need_product
history_lab
ip -n "$TAG-a" addr add 10.9.0.77/24 dev eth0
start || finish
web 5
spawn web77.log b python3 -m http.server 8077 --bind 10.9.0.2
wait_for 5 listening b 8077
for _ in 1 2 3 4; do
	in_ns a curl -s -o "$WORK/page" --interface 10.9.0.77 -m 5 http://10.9.0.2:8077/
done
api hosts/10.9.0.77/name -X PUT -H 'Content-Type: application/json' -d '{"name": "annas-phone"}' >"$WORK/named"
api hosts/10.9.0.1/name -X PUT -H 'Content-Type: application/json' -d '{"name": "bertas-desk"}' >"$WORK/named"
theirs() { asked "SELECT count(*) FROM flows WHERE src_ip = 168362061" "$1" "$2"; }
others="SELECT count(*) FROM flows WHERE src_ip = 168362061 - 76 AND dst_port = 80"
check "there are flows of both" wait_for 30 theirs -ge 4 || finish
check "... and sums" wait_for 30 asked "SELECT count(*) FROM rollup WHERE by = 4 AND key = 168362061" -ge 1
check "... and lines of the log" wait_for 20 asked "SELECT count(*) FROM event WHERE message LIKE '%annas-phone%'" -ge 1
traces() { grep -lE '10\.9\.0\.77|annas-phone' "$state"/* 2>/dev/null | sed 's,.*/,,' | sort | tr '\n' ' '; }
has_trace() { traces | grep -qw "$1"; }
check "the file of names has it" wait_for 70 has_trace names
kept=$(ask "$others")

# --- shown first ------------------------------------------------------------------------------------
say history erase --ip 10.9.0.77 --dry-run >"$WORK/shown"
check "a preview counts, of whom it is said" grep -qE '^Traces of 10\.9\.0\.77:' "$WORK/shown"
check "... rows of flows" grep -qE '^ +[4-9]  rows of flows' "$WORK/shown"
check "... and changes nothing" theirs -ge 4
same "an address that is IPv4 in IPv6 is that of IPv4" "$(say history erase --ip ::ffff:10.9.0.77 --dry-run | sed -n 1p)" "Traces of 10.9.0.77:"
say history erase --ip 10.9.0.77 </dev/null >"$WORK/asked" 2>&1
same "without a terminal it needs --yes" "$?" 2
same "one person at a time, and one way to name them" \
	"$(say history erase --ip 10.9.0.77 --mac 02:00:00:00:00:01 2>&1)" \
	"flowbpf: history erase needs --device NAME, --ip ADDR or --mac MAC, and one of them only"
check "a reason does not name them" sh -c "'$FLOWBPF' history erase --socket '$socket' --ip 10.9.0.77 --yes --reason 'of 10.9.0.77' 2>&1 | grep -q 'must not say who it is'"
same "nor may it be a network, or nonsense" "$(api history/erasure -X POST -H 'Content-Type: application/json' -d '{"ip": "10.9.0.0/24"}' | jq -r .status)" 400
same "... or somebody whom nobody knows" "$(api history/erasure -X POST -H 'Content-Type: application/json' -d '{"device": "nobody"}' | jq -r .status)" 400

# --- and gone ---------------------------------------------------------------------------------------
say history erase --ip 10.9.0.77 --yes --reason 'asked for by letter' --json >"$WORK/gone"
same "it says how many went" "$(jq -r '"\(.done) \(.history.flows >= 4) \(.history.sums >= 1) \(.history.events >= 1) \(.memory.names)"' "$WORK/gone")" \
	"true true true true 1"
same "the history has no row of them" "$(ask "SELECT count(*) FROM flows WHERE src_ip = 168362061 OR dst_ip = 168362061")" 0
same "... nor a sum" "$(ask "SELECT count(*) FROM rollup WHERE key = 168362061")" 0
same "others' flows are there" "$(ask "$others")" "$kept"
clean() { [ "$(traces)" = "audit.ndjson " ]; }
check "no file has a byte of it, but the record of acts, of what was done before" wait_for 70 clean
same "that record has the erasure, without whom it was about" \
	"$(api audit | jq -r '.items[] | select(.act == "erase" and .dry_run == false) | "\(.target) \(.result) \(.reason)"')" \
	"1 address done asked for by letter"
check "... and is whole" "$FLOWBPF" audit verify --state "$state"
cat >"$WORK/raw.py" <<'END'
import sys
data = b"".join(open("%s/history.db%s" % (sys.argv[1], end), "rb").read() for end in ("", "-wal"))
sys.exit(any(bytes in data for bytes in (b"10.9.0.77", b"annas-phone", bytes([10, 9, 0, 77]))))
END
check "nor do bytes of the history's pages" python3 "$WORK/raw.py" "$state"
same "the log does not name it" "$(api log | grep -cE '10\.9\.0\.77|annas-phone')" 0
same "nor do names, devices, flows that ended" "$(for path in devices 'flows?live=both&limit=1000' windows newpeers incidents; do api "$path" 2>/dev/null; done | grep -cE '10\.9\.0\.77"|annas-phone')" 0
for _ in 1 2; do
	in_ns a curl -s -o "$WORK/page" --interface 10.9.0.77 -m 5 http://10.9.0.2:8077/
done
check "what comes later is recorded as before" wait_for 30 theirs -ge 2

# --- a name that is a word --------------------------------------------------------------------------
device=$(mac b eth0)
api "devices/$device/label" -X PUT -H 'Content-Type: application/json' -d '{"label": "name"}' >"$WORK/labelled"
say history erase --device name --dry-run >"$WORK/shown"
check "a name that may mean something else is not searched for, which is said" grep -q '^[1-9][0-9]* of the names may mean something else' "$WORK/shown"
check "... and takes no line by itself" grep -qE '^ +0  of these lines and acts, by a name alone' "$WORK/shown"
say history erase --ip 10.9.0.5 --dry-run --reason 'it stands beside bertas-desk' >"$WORK/shown"
reasons() { asked "SELECT count(*) FROM audit WHERE reason LIKE '%bertas-desk'" -ge 1; }
check "another's act names one" wait_for 20 reasons
say history erase --ip 10.9.0.1 --dry-run >"$WORK/shown"
check "by one that does not, a preview shows lines" sh -c "sed -n '/^By a name alone/,\$p' '$WORK/shown' | grep -q 'beside bertas-desk'"

# --- a device, with all that it has -----------------------------------------------------------------
device=$(mac b eth0)
api "devices/$device/label" -X PUT -H 'Content-Type: application/json' -d '{"label": "the server"}' >"$WORK/labelled"
say history erase --device 'THE SERVER' --yes >"$WORK/gone"
same "a device goes by its label" "$?" 0
same "... with the flows to its addresses" "$(ask 'SELECT count(*) FROM flows WHERE dst_ip = 168362061 - 75')" 0
check "... and from the list" grep -qE '^ +1  devices' "$WORK/gone"
daemon_stop
same "the daemon ends as ever" "$?" 0
finish
