#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The operator's lists: what is on them, exceptions, in every form of a flow; replaced, broken and
# gone while the daemon runs; fetched by `flowbpf lists update` from a server that may be slow.
. "$(dirname "$0")/lib.sh"
need_product
chmod 711 "$WORK"
bad=$WORK/bad.txt
lab_pair
in_ns b ip address add 203.0.113.9/32 dev lo
in_ns a ip route add 203.0.113.9/32 via 10.9.0.2
in_ns b ip address add 198.51.100.7/32 dev lo
in_ns a ip route add 198.51.100.7/32 via 10.9.0.2
write() { printf '%s\n' "$@" >"$bad.new" && mv "$bad.new" "$bad"; }
write '# Licence: CC0' 198.51.100.0/24 10.0.0.0/8 'no entry'
echo 198.51.100.8 >"$WORK/good.txt"
daemon_start a eth0 -- --list "bad=$bad" --list "none=$WORK/missing.txt" --except "good=$WORK/good.txt" || finish
in_ns a ping -q -c 2 -i 0.1 203.0.113.9 >/dev/null
in_ns a ping -q -c 2 -i 0.1 198.51.100.7 >/dev/null
hits() { flow "dst.ip = $1" '"\(.list | join(" ")) \(.list_entry)"'; }
is() { [ "$(hits "$1")" = "$2" ]; }
check "a flow is on the list that has its address" wait_for 10 is 198.51.100.7 "bad 198.51.100.0/24"
same "others are on none" "$(hits 203.0.113.9)" " null"
same "it is filtered by" "$(flows 'list = bad and list.entry ~ "198.51"' | jq length)" 1
same "and grouped by" "$(api 'flows?group_by=list&filter=proto%3Dicmp' | jq -r '[.items[].key] | sort | join(" ")')" " bad"
same "lists are told of" "$(api lists | jq -c '[.items[] | [.name, .exceptions, .in_use, .addresses, .bad_lines, .refused, .licence]]')" \
	'[["bad",false,true,1,1,1,"CC0"],["none",false,false,0,0,0,null],["good",true,true,1,0,0,null]]'
same "what is missing says why" "$(api lists | jq -r '.items[1].error')" "No such file or directory"
log_has() { grep -q "$1" "$WORK/daemon.log"; }
check "a line that is no entry is named" log_has "list bad: 1 lines are no entries and were skipped, the first is line 4"
check "an entry that holds private addresses is refused" log_has "list bad: 1 entries hold private or our own addresses and were left out, the first is line 3"

write 203.0.113.0/24
check "a replaced list counts at once, for flows that are there" wait_for 20 is 203.0.113.9 "bad 203.0.113.0/24"
same "and no more for others" "$(hits 198.51.100.7)" " null"
in_ns a ip address add 203.0.113.77/32 dev lo
check "an entry that holds an address that came later is refused, too" wait_for 20 is 203.0.113.9 " null"
same "and counted" "$(api lists | jq '.items[0].refused')" 1
check "with a warning" log_has "list bad: 1 entries hold private or our own addresses and were left out, the first is line 1"
in_ns a ip address delete 203.0.113.77/32 dev lo
check "it counts again without the address" wait_for 20 is 203.0.113.9 "bad 203.0.113.0/24"
write 'nothing of use'
check "a broken one is told" wait_for 20 log_has "cannot read list bad, $bad: no line of it is"
same "and what was before stays" "$(hits 203.0.113.9)" "bad 203.0.113.0/24"
rm "$bad"
check "one that is gone, too" wait_for 20 log_has "cannot read list bad, $bad: No such file"
same "and what was before stays still" "$(hits 203.0.113.9)" "bad 203.0.113.0/24"
echo 203.0.113.9 >"$WORK/good.txt"
check "an exception wins" wait_for 20 is 203.0.113.9 " null"
daemon_stop

# --- fetched -----------------------------------------------------------------------------------
cat >"$WORK/server.mjs" <<'EOF'
import http from "node:http";
let got = 0;
const answers = {
	"/feed.txt": (req, res) =>
		req.headers["if-modified-since"] && got++ ? res.writeHead(304).end() : res.end("198.51.100.7\n"),
	"/page.html": (req, res) => res.end("<html>\n<p>Sign in</p>\n</html>\n"),
	"/moved": (req, res) => res.writeHead(302, { Location: "/feed.txt" }).end(),
	"/file": (req, res) => res.writeHead(302, { Location: "file:///etc/hosts" }).end(),
	"/hangs": () => {},
	"/endless": (req, res) => {
		const more = () => res.write("198.51.100.7\n".repeat(9999)) ? setImmediate(more) : res.once("drain", more);
		more();
		req.once("close", () => res.destroy());
	},
};
http.createServer((req, res) => (answers[req.url] ?? (() => res.writeHead(404).end()))(req, res))
	.listen(0, "127.0.0.1", function () { console.log(this.address().port); });
EOF
node "$WORK/server.mjs" >"$WORK/port" &
pids+=($!)
check "a server of lists" wait_for 10 test -s "$WORK/port"
url=http://127.0.0.1:$(cat "$WORK/port")
mkdir "$WORK/state"
fetch() { "$FLOWBPF" lists update --state "$WORK/state" --list "feed=$url/$1" "${@:2}" 2>&1; }
same "update fetches a list" "$(fetch feed.txt)" "feed: 1 kB"
touch -d '1 hour ago' "$WORK/state/lists/feed"
same "and again" "$(fetch feed.txt)" "feed: 1 kB"
same "one that is as it was is left alone" "$(fetch feed.txt)" "feed: as it was"
same "redirects are followed" "$(rm "$WORK/state/lists/feed"; fetch moved)" "feed: 1 kB"
fails() { # WHAT SENTENCE OPTION...: update fails with this sentence, and what there was stays
	local out
	out=$(fetch "$1" "${@:3}")
	same "update of $1 fails" $? 1
	check "... and says why" grep -q "list feed, $url/$1: $2.*; what there was stays" <<<"$out"
	same "... and the old one stays" "$(cat "$WORK/state/lists/feed")" 198.51.100.7
}
fails nothing "the server answers 404"
fails page.html "no line of it is an address, a prefix, a domain or a JA4"
fails hangs "" --timeout 1s
fails file ""
fails endless "it has more than 256 MB"
daemon_start a eth0 -- --state "$WORK/state" --list "feed=$url/feed.txt" || finish
in_ns a ping -q -c 2 -i 0.1 198.51.100.7 >/dev/null
check "the daemon reads what was fetched" wait_for 10 is 198.51.100.7 "feed 198.51.100.7"
check "lists shows it" sh -c "'$FLOWBPF' lists --socket '$socket' | grep -q '^feed .* 1 .*in use'"
daemon_stop
finish
