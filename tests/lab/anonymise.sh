#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# Viewers and sinks that may not know of people: every route of the OpenAPI document with each of its
# parameters, live streams, exports, /metrics, a terminal, each sink and the history have no address, MAC or
# name of the lab in any byte; and the same for who may know has them all.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
ip -n "$TAG-c" link set eth0 address 02:00:00:a1:b2:0c
in_ns c ping -c1 -W2 198.51.100.2 >/dev/null
ca_make
s_server_start s 9443
called=$WORK/hosts state=$WORK/state
printf '10.0.1.2 annas-laptop\n' >"$called"
chmod 644 "$called"
cat >"$WORK/secrets" <<-END
	10.0.1.2
	198.51.100.2
	fd00:1::2
	2001:db8:2::2
	02:00:00:a1:b2:0c
	annas-laptop
	annas tablet
	geheim.lab.test
	annaprog
END
user=$(id -u flowbpf 2>/dev/null || echo 65534)
mkdir -m 755 "$WORK/log" && chown "$user" "$WORK/log"
: >"$WORK/ipfix" && chmod 644 "$WORK/ipfix"
cp "$(command -v socat)" "$WORK/annaprog"

# Which of the secrets a file has: as text, as bytes of addresses and MACs, in what is compressed in it, too.
secrets_in() { # FILE|FOLDER...
	python3 - "$WORK/secrets" "$@" <<-'END'
		import os, socket, sys, zlib
		def forms(secret):
		    all = [secret.lower().encode()]
		    for family in socket.AF_INET, socket.AF_INET6:
		        try:
		            packed = socket.inet_pton(family, secret)
		            all += [packed, packed[::-1]]
		        except OSError:
		            pass
		    if secret.count(":") == 5:
		        all.append(bytes.fromhex(secret.replace(":", "")))
		    return all
		def unpacked(data):
		    yield data
		    at = data.find(b"\x1f\x8b\x08")
		    while at >= 0:
		        try:
		            yield zlib.decompressobj(31).decompress(data[at:])
		        except zlib.error:
		            pass
		        at = data.find(b"\x1f\x8b\x08", at + 1)
		found = set()
		files = [os.path.join(folder, name) for path in sys.argv[2:] for folder, _, names in os.walk(path) for name in names]
		for path in files + [path for path in sys.argv[2:] if os.path.isfile(path)]:
		    for data in unpacked(open(path, "rb").read()):
		        data += data.lower()
		        for secret in open(sys.argv[1]).read().splitlines():
		            if any(form in data for form in forms(secret)):
		                found.add(secret)
		print(" ".join(sorted(found)))
	END
}
talk() { # connections that are there while all is asked, and some that end
	spawn talk.log c bash -c "sleep 900 | openssl s_client -connect 198.51.100.2:9443 -servername geheim.lab.test -quiet"
	spawn talk.log c bash -c "sleep 900 | openssl s_client -connect '[2001:db8:2::2]:9443' -servername geheim.lab.test -quiet"
	spawn talk.log r "$WORK/annaprog" -u EXEC:'sleep 900' TCP:198.51.100.2:9443
}
short() { s_client c 198.51.100.2:9443 geheim.lab.test >/dev/null 2>&1; }
sinks=(--eve "$WORK/log/eve.json" --ndjson "$WORK/log/flows.json" --ipfix 127.0.0.1:4739 --ipfix-active 2s --ipfix-idle 1s
	--clickhouse http://127.0.0.1:9)
collect() { # FILE: what IPFIX tells
	spawn collector.log r socat -u UDP-RECV:4739 "OPEN:$1,creat,append"
	collector=$spawned
	wait_for 5 eval "in_ns r ss -Hlun 'sport = :4739' | grep -q ."
}
put() { # PATH BODY
	curl -sS -m 10 -o /dev/null --unix-socket "$socket" -X PUT -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' \
		"http://localhost/api/v1/$1" -d "$2"
}
known() { # all that is to be hidden is there to be told
	[ "$(flows 'tls.sni = geheim.lab.test and src.host = annas-laptop' | jq length)" -ge 1 ] &&
		[ "$(api devices | jq -r '[.items[].label] | map(select(. == "Annas Tablet")) | length')" = 1 ]
}
begin() { # OPTION...: a daemon that has seen all of it
	daemon_start r lan wan -- --state "$state" --hosts "$called" --max-flows 4096 --metrics-top src.ip --metrics-top dst.host \
		--window 2s "${sinks[@]}" "$@" || finish
	talk
	short
	put devices/02:00:00:a1:b2:0c/label '{"label":"Annas Tablet"}'
	wait_for 15 known
	ok_if $? "there is something to be hidden"
	short
	tick 4
}
crawl() { # PORT|SOCKET [LOGIN]: "leak ..." lines, "answers OK REFUSED"
	in_ns r node tests/lab/leak.mjs "$1" "$WORK/secrets" "$(flows 'port = 9443' | jq -r '[.[:3][].id] | join(",")')" "${2:-}" 2>&1
}
# Named users of each kind: a viewer is one by whatever he logs in, and who is more is told all.
printf 'viewer vera vera-token-0123456789\noperator otto otto-token-0123456789\n' >"$WORK/people"
chmod 600 "$WORK/people"
for who in viewer:vic admin:ada; do
	"$FLOWBPF" user add "${who#*:}" --role "${who%:*}" --token-file "$WORK/people" <<<"${who#*:}'s own password" >/dev/null
done
login_of() { # NAME: the header that a login has, by token or by password
	case $1 in
	vera | otto) echo "Authorization: Bearer $1-token-0123456789" ;;
	*)
		in_ns r curl -sS -m 10 -o /dev/null -D - -X POST -H 'X-Flowbpf-CSRF: 1' --json "{\"name\":\"$1\",\"password\":\"$1's own password\"}" \
			http://127.0.0.1:8080/api/v1/session | tr -d '\r' | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\).*/Cookie: \1/p'
		;;
	esac
}

# --- who is told all: the test can fail ----------------------------------------------------------------
collect "$WORK/ipfix"
begin
crawl "$socket" >"$WORK/all.crawl"
for secret in 10.0.1.2 198.51.100.2 fd00:1::2 2001:db8:2::2 02:00:00:a1:b2:0c annas-laptop 'annas tablet' geheim.lab.test; do
	same "an operator is told of $secret" "$(grep -c "^leak $secret GET" "$WORK/all.crawl" | sed 's/^[1-9].*/some/')" some
done
owners=$(api health | jq -r .knows.owner)
[ "$owners" != true ] || same "... and of programs" "$(grep -c "^leak annaprog GET" "$WORK/all.crawl" | sed 's/^[1-9].*/some/')" some
note "$(tail -1 "$WORK/all.crawl")"
gone() { [ -s "$WORK/log/flows.json" ] && [ -n "$(secrets_in "$state/fleet")" ] && [ -n "$(secrets_in "$WORK/ipfix")" ]; }
wait_for 30 gone
daemon_stop
kill "$collector"
for sink in log/eve.json log/flows.json ipfix state/fleet state/history.db; do
	same "$sink has them" "$(secrets_in "$WORK/$sink" | grep -cE '198.51.100.2.*geheim|10.0.1.2')" 1
done
for file in "$WORK"/log/*; do : >"$file"; done
: >"$WORK/ipfix"
rm -rf "$state"/fleet "$state"/history.db*

# --- viewers -------------------------------------------------------------------------------------------
collect "$WORK/ipfix"
hide=addresses=truncate,names=off
begin --anonymise viewer:$hide --anonymise history:$hide --anonymise eve:$hide --anonymise ndjson:addresses=prefix,names=off \
	--anonymise ipfix:$hide --anonymise clickhouse:addresses=prefix,names=domain --token-file "$WORK/people"
crawl 8080 >"$WORK/viewer.crawl"
same "no byte of any answer to a viewer tells of anybody" "$(grep -v '^answers' "$WORK/viewer.crawl" | head -5)" ""
read -r _ answered refused < <(grep '^answers' "$WORK/viewer.crawl")
check "... of $answered answers, $refused refused" [ "${answered:-0}" -ge 300 -a "${refused:-0}" -ge 20 ]
for who in vera vic; do
	crawl 8080 "$(login_of $who)" >"$WORK/$who.crawl"
	same "nor of one to a viewer by the name of $who" "$(grep -v '^answers' "$WORK/$who.crawl" | head -5)" ""
	same "... who was answered as that viewer" "$(tail -1 "$WORK/$who.crawl" | grep -oE '^answers [0-9]+')" "answers $answered"
done
for who in otto ada; do
	said=$(in_ns r curl -sS -m 10 -H "$(login_of $who)" 'http://127.0.0.1:8080/api/v1/flows?live=both&filter=port=9443' 'http://127.0.0.1:8080/api/v1/devices')
	same "$who, who is more, is told" "$(grep -c '10\.0\.1\.2"' <<<"$said" | sed 's/^[1-9].*/some/') $(grep -c 'Annas Tablet' <<<"$said")" "some 1"
done
view() { in_ns r curl -sS -m 10 "http://127.0.0.1:8080/$1" "${@:2}"; }
same "a viewer sees flows, their networks and counts" "$(view "api/v1/flows?filter=port=9443&live=both" |
	jq -c '[.items[] | select(.src.ip == "10.0.1.0" and .dst.ip == "198.51.100.0" and .bytes.up > 0)] | length > 0')" true
for filter in 'src.ip = 10.0.1.2' 'tls.sni = geheim.lab.test' 'host ~ anna' 'device = "Annas Tablet"' 'mac ~ a1:b2' \
	'owner.process = annaprog' 'service ~ geheim'; do
	same "a filter guesses nothing: $filter" "$(view api/v1/flows -G --data-urlencode "filter=$filter" -d live=both | jq .page.matched)" 0
done
same "what cannot be told without is refused, in a sentence" "$(view api/v1/devices | jq -r '"\(.status) \(.type) \(.detail)"')" \
	"403 /problems/anonymised this names hosts or people, whom the role viewer is not told of here: it needs the role operator"
same "... of history, too" "$(view 'api/v1/flows?source=history' | jq -r .type)" /problems/anonymised
same "an operator sees all as before" "$(flows 'src.ip = 10.0.1.2 and tls.sni = geheim.lab.test' | jq 'length > 0')" true
same "... and a cache of his serves no viewer" "$(api 'summary' | grep -c 198.51.100.2) $(view api/v1/summary | grep -c 198.51.100.2)" "1 0"

# --- a terminal ----------------------------------------------------------------------------------------
if command -v tmux >/dev/null; then
	tmux_() { tmux -f /dev/null -S "$WORK/tmux.$who" "$@"; }
	trap 'tmux_ kill-server 2>/dev/null; clean_up' EXIT
	chmod 666 "$socket"
	shows() { tmux_ capture-pane -p -t top | grep -q "$1"; }
	screens() { # UID: all views, one after the other, and what is said of the first of each
		local who=$1
		tmux_ new-session -d -s top -x 200 -y 40 env LANG=C.UTF-8 \
			setpriv --reuid="$who" --regid="$who" --clear-groups --bounding-set=-all "$FLOWBPF" top --socket "$socket"
		wait_for 20 shows 9443
		for key in 1 2 3 4 5 6 7; do
			tmux_ send-keys -t top "$key"
			tick 2
			tmux_ capture-pane -p -t top
			tmux_ send-keys -t top Enter
			tick 2
			tmux_ capture-pane -p -t top
			tmux_ send-keys -t top Escape
		done
		tmux_ kill-server
	}
	who=0
	screens 0 >"$WORK/screens.all"
	screens 65533 >"$WORK/screens.viewer"
	same "flowbpf top shows an operator who it is" "$(secrets_in "$WORK/screens.all" | grep -c 10.0.1.2)" 1
	same "... and a viewer not" "$(secrets_in "$WORK/screens.viewer")" ""
	check "... but flows" grep -q 10.0.1.0 "$WORK/screens.viewer"
fi

# --- an operator's export for others, sinks, history ----------------------------------------------------
for format in ndjson csv json; do
	"$FLOWBPF" export --socket "$socket" --format $format --filter 'src.ip = 10.0.1.2' \
		--anonymise addresses=prefix,names=off >"$WORK/export.$format"
	same "an export as $format leaves out what it is told to" "$(secrets_in "$WORK/export.$format")" ""
	check "... and has its flows" grep -q 9443 "$WORK/export.$format"
done
prefixes() { jq -r 'select(.dst.port == 9443 and .family == 4) | .dst.ip' "$WORK/export.ndjson" | sort -u | wc -l; }
same "one address is one other address" "$(prefixes)" 1
check "nonsense is refused" eval "! '$FLOWBPF' export --socket '$socket' --anonymise names=some"
same "... with what is right" "$("$FLOWBPF" export --socket "$socket" --anonymise names=some 2>&1 | grep -c 'names=off|domain|full')" 1
there() { [ -s "$WORK/log/flows.json" ] && [ -s "$WORK/ipfix" ] && [ -n "$(find "$state/fleet" -size +1k)" ]; }
wait_for 30 there
past() { [ "$(api 'flows?source=history&since=10m&filter=port=9443' | jq '.page.matched')" -ge 1 ]; }
wait_for 90 past
ok_if $? "history has flows"
"$FLOWBPF" export --socket "$socket" --since 10m --anonymise names=off >"$WORK/export.past"
same "history has them anonymised" "$(jq -r 'select(.dst.port == 9443 and .family == 4) | .dst.ip' "$WORK/export.past" | sort -u)" 198.51.100.0
daemon_stop
kill "$collector"
for sink in log/eve.json log/flows.json ipfix state/fleet; do
	check "$sink was written" [ -n "$(find "$WORK/$sink" -size +0)" ]
	same "... and tells of nobody" "$(secrets_in "$WORK/$sink")" ""
done
same "nor does the history" "$(secrets_in "$state"/history.db*)" ""
same "the key is its owner's alone" "$(stat -c '%a %s' "$state/anonymise.key")" "600 32"

# --- operators who may not know, either ------------------------------------------------------------------
begin --anonymise operator:$hide --history off --token-file "$WORK/people"
for who in otto vera; do
	crawl 8080 "$(login_of $who)" >"$WORK/$who.crawl"
	same "no byte of any answer to $who tells of anybody, with operator:" "$(grep -v '^answers' "$WORK/$who.crawl" | head -5)" ""
	read -r _ answered _ < <(grep '^answers' "$WORK/$who.crawl")
	check "... of $answered answers" [ "${answered:-0}" -ge 300 ]
done
as() { # NAME METHOD PATH [BODY]
	in_ns r curl -sS -m 10 -H "$(login_of "$1")" -H 'X-Flowbpf-CSRF: 1' -X "$2" ${4:+--json "$4"} "http://127.0.0.1:8080/api/v1/$3"
}
same "an admin is told" "$(as ada GET 'flows?filter=src.ip=10.0.1.2' | jq '.items | length > 0')" true
same "what takes a filter is not an operator's then, in a sentence" "$(as otto POST acts/preview '{"act":"kill","filter":"port = 9443"}' | jq -r .detail)" \
	"this names hosts or people, whom the role operator is not told of here: it needs the role admin"
held=$(flows 'src.ip = 10.0.1.2 and dst.port = 9443 and state = established' | jq -r '.[0].id')
same "... but to end a flow by its id is, and the answer names nobody" "$(as otto POST "flows/$held/kill")" '{"ended":true}'
same "... on the record by his name" "$(as ada GET audit | jq -r '[.items[] | select(.act == "kill")][0] | "\(.user) \(.role)"')" "otto operator"
daemon_stop
same "every file of the state folder stands in docs/privacy.md" "$(untold_files "$state")" ""
same "viewers are told no more than operators" "$("$FLOWBPF" attach lo --anonymise viewer:$hide --anonymise operator:$hide 2>&1)" \
	"flowbpf: --anonymise: operator: is of viewers, too: leave viewer: out"
for bad in viewer names=off viewer:names=some sensor:names=off viewer:addresses=off,names; do
	same "--anonymise $bad is refused" "$("$FLOWBPF" attach lo --anonymise $bad 2>&1 | grep -c '^flowbpf: --anonymise: "')" 1
done
finish
