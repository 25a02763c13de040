#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Where addresses are: by ranges and the data of `make geo`, in every form of a flow; replaced,
# broken, gone and forbidden while the daemon runs.
. "$(dirname "$0")/lib.sh"
need_product
check "make geo fetches free data" user/dist/geo.sh "$WORK/geo"
check "with its licences" grep -q "Creative Commons" "$WORK/geo/LICENCES"
chmod 711 "$WORK"
file=$WORK/ranges.csv
lab_pair
in_ns b ip address add 203.0.113.9/32 dev lo
in_ns a ip route add 203.0.113.9/32 via 10.9.0.2
in_ns b ip address add 8.8.8.8/32 dev lo
in_ns a ip route add 8.8.8.8/32 via 10.9.0.2
write() { printf '%s\n' "$@" >"$file.new" && mv "$file.new" "$file"; }
write '203.0.113.0/24,DE,AS64500,"Example Netze GmbH"' 'no range'
daemon_start b eth0 -- --geo "$file" --geo "$WORK/geo/country.mmdb" --geo "$WORK/geo/asn-ipv4.csv" \
	--geo "$WORK/missing.mmdb" || finish
in_ns a ping -q -c 2 -i 0.1 203.0.113.9 >/dev/null
in_ns a ping -q -c 2 -i 0.1 8.8.8.8 >/dev/null
place() { flow "dst.ip = $1 or src.ip = $1" '(if .src.ip == "'"$1"'" then .src else .dst end) | "\(.country) \(.asn) \(.org)"'; }
is() { [ "$(place 203.0.113.9)" = "$1" ]; }
check "a flow has its place" wait_for 10 is "DE 64500 Example Netze GmbH"
same "a private address has none" "$(flow 'dst.ip = 203.0.113.9' '"\(.src.country) \(.src.asn) \(.src.org)"')" "null null null"
same "free data knows the network of 8.8.8.8" "$(place 8.8.8.8)" "US 15169 Google LLC"
same "it is filtered by" "$(flows 'dst.country = "DE" and dst.asn = 64500 and dst.org ~ "netze"' | jq length)" 1
same "and grouped by" "$(api 'flows?group_by=dst.country&filter=proto%3Dicmp' | jq -r '[.items[].key] | sort | join(" ")')" "DE US"
same "files are told of, in their order" "$(api geo | jq -c '[.items[] | [(.file | split("/") | last), .format, .in_use, .bad_lines]]')" \
	'[["ranges.csv","csv",true,1],["country.mmdb","mmdb",true,0],["asn-ipv4.csv","csv",true,0],["missing.mmdb",null,false,0]]'
check "whose data it is, too" [ "$(api geo | jq -r '.items[2].credit')" = "$(cat "$WORK/geo/asn-ipv4.csv.credit")" ]
same "what is missing says why" "$(api geo | jq -r '.items[3].error')" "No such file or directory"
log_has() { grep -q "$1" "$WORK/daemon.log"; }
check "a line that is no range is named" log_has "1 lines are no ranges and were skipped, the first is line 2"

write '203.0.113.0/25,CH,AS64501,Andere AG'
check "a replaced file counts at once" wait_for 20 is "CH 64501 Andere AG"
write 'nothing of use'
check "a broken one is told" wait_for 20 log_has "cannot read $file: no line of it is"
check "and what was before stays" is "CH 64501 Andere AG"
chmod 000 "$file"
check "one that is forbidden is told" wait_for 20 log_has "cannot read $file: Permission denied"
rm "$file"
check "one that is gone, too" wait_for 20 log_has "cannot read $file: No such file"
check "and what was before stays still" is "CH 64501 Andere AG"
head -c 5000 "$WORK/geo/country.mmdb" >"$WORK/geo/country.mmdb.cut"
cat "$WORK/geo/country.mmdb.cut" >"$WORK/geo/country.mmdb" # in place, under the reader
check "a database that is cut under us is told" wait_for 20 log_has "cannot read $WORK/geo/country.mmdb:"
in_ns a ping -q -c 1 8.8.8.8 >/dev/null
same "and the daemon lives, with what it had" "$(place 8.8.8.8)" "US 15169 Google LLC"
write '203.0.113.0/24,FI'
check "a file that comes back counts" wait_for 20 is "FI null null"
daemon_stop
finish
