#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 400
# A hub of two sensors that shows each as it is now: what it asks under /sensor/NAME is that sensor's, by TLS and a token of
# its own; streams come as they are made. Viewers look, operators act, and the record there has their names. One that ends, or
# that says nothing, is told, and the other answers meanwhile; who is not listed is not asked.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
clickhouse_start
check "the tables are made" fleet_init
user=$(id -u flowbpf 2>/dev/null || id -u nobody)
certificate() { # NAME ADDRESS
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext "subjectAltName = IP:$2" \
		-keyout "$WORK/$1.key" -out "$WORK/$1.pem" 2>/dev/null
	chmod 600 "$WORK/$1.key"
}
secret() { printf '%s\n' "$2" >"$WORK/$1" && chmod 600 "$WORK/$1" && chown "$user" "$WORK/$1"; } # FILE TEXT
certificate gw 10.9.9.1
certificate edge 10.9.9.1
certificate stranger 10.9.9.1
gw_token=gw-$TAG-0123456789abcdef edge_token=edge-$TAG-0123456789abcdef
printf 'operator hub %s\n' "$gw_token" >"$WORK/gw.logins"
printf 'operator hub %s\n' "$edge_token" >"$WORK/edge.logins"
chmod 600 "$WORK"/*.logins
secret gw.token "$gw_token"
secret edge.token "operator hub $edge_token"
secret wrong.token "wrong-$TAG-0123456789abcdef"
sensor() { # NAME IFACE PORT [OPTION...]: its pid in $spawned
	spawn "$1.log" r "$FLOWBPF" attach "$2" --listen "10.9.9.1:$3" --tls-cert "$WORK/$1.pem" --tls-key "$WORK/$1.key" \
		--token-file "$WORK/$1.logins" --socket "$WORK/$1.sock" --state "$WORK/state-$1" --history off --sensor-name "$1" \
		--clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" "${@:4}"
	daemons+=("$spawned")
	wait_for 20 curl -sSf -o /dev/null --unix-socket "$WORK/$1.sock" http://localhost/api/v1/health
}
check "a sensor starts" sensor gw lan 8443 --anonymise viewer:addresses=truncate
check "and another" sensor edge wan 8444
edge=$spawned
of() { curl -sS -m 20 -g --unix-socket "$WORK/$1.sock" "http://localhost/api/v1/$2"; } # SENSOR TARGET

# --- the hub ---------------------------------------------------------------------------------------------------
sensors=$WORK/sensors
cat >"$sensors" <<-END
	# NAME URL TOKEN-FILE CA-FILE
	gw https://10.9.9.1:8443/ $WORK/gw.token $WORK/gw.pem
	edge https://10.9.9.1:8444 $WORK/edge.token $WORK/edge.pem
	cheat https://10.9.9.1:8444 $WORK/edge.token $WORK/stranger.pem
	unknown https://10.9.9.1:8444 $WORK/wrong.token $WORK/edge.pem
	silent https://10.9.9.99:8443 $WORK/edge.token
	endless http://127.0.0.1:7100 -
END
chown "$user" "$sensors"
operator=operator-$TAG-0123456789abcdef viewer=viewer-$TAG-0123456789abcdef
printf 'operator bea %s\nviewer vic %s\n' "$operator" "$viewer" >"$WORK/people"
chmod 600 "$WORK/people"
spawn hub.out d "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" --listen 127.0.0.1:8090 \
	--token-file "$WORK/people" --socket "$WORK/hub.sock" --sensors "$sensors"
hub=$spawned
ask() { in_ns d curl -sS -m 40 --noproxy '*' -g -H "Authorization: Bearer $1" "http://127.0.0.1:8090$2" "${@:3}"; } # TOKEN PATH
act() { # TOKEN METHOD PATH BODY
	ask "$1" "$3" -X "$2" -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' -d "$4"
}
code() { jq -r .code; }
check "a hub starts" wait_for 20 eval 'ask "$operator" /api/v1/session >/dev/null'
same "it says whose live views it serves" "$(ask "$viewer" /api/v1/fleet/live | jq -c '[.items[].path]')" \
	'["/sensor/gw","/sensor/edge","/sensor/cheat","/sensor/unknown","/sensor/silent","/sensor/endless"]'
same "without a login it says nothing of them" "$(in_ns d curl -sS --noproxy '*' http://127.0.0.1:8090/sensor/gw/api/v1/flows | code)" login-required
traffic 50000
ids() { jq -c '[.items[].id] | sort'; }
question='flows?live=both&limit=1000&filter=src.port%3D50000-50003'
are_the_same() { # SENSOR
	local here there
	here=$(ask "$operator" "/sensor/$1/api/v1/$question" | ids) && there=$(of "$1" "$question" | ids) && [ "${#here}" -gt 10 ] && [ "$here" = "$there" ]
}
check "flows of one are its own" wait_for 20 are_the_same gw
check "those of the other, too" wait_for 20 are_the_same edge
same "which are others" "$(for one in gw edge; do ask "$operator" "/sensor/$one/api/v1/flows?live=both&limit=1&filter=src.port%3D50000&fields=iface" | jq -r '.items[0].iface'; done | xargs)" "lan wan"
same "its health is its own" "$(for one in gw edge; do ask "$operator" "/sensor/$one/api/v1/health" | jq -r .sensor_name; done | xargs)" "gw edge"
same "the session says whose view it is" "$(ask "$operator" /sensor/gw/api/v1/session | jq -c '[.role, .user, .hub, .sensor]')" '["operator","bea",false,"gw"]'
same "the hub's own is no sensor's" "$(ask "$operator" /api/v1/session | jq -c '[.role, .hub, .sensor]')" '["operator",true,null]'
same "what has no handler there has none here" "$(ask "$operator" /sensor/gw/api/v1/nonsense | code)" not-found
same "the page of one is the page" "$(ask "$operator" /sensor/gw/flows -H 'Accept: text/html' | grep -c '<title>flowbpf')" 1

# --- streams ---------------------------------------------------------------------------------------------------
stream() { # SENSOR FILE: its pid in $stream
	in_ns d curl -sSN -m 390 --noproxy '*' -H "Authorization: Bearer $operator" "http://127.0.0.1:8090/sensor/$1/api/v1/stream" >"$WORK/$2" 2>/dev/null &
	stream=$!
	pids+=("$stream")
}
events() { [ "$(grep -c '^event: summary' "$WORK/$1")" -ge "$2" ]; } # FILE N
stream gw gw.stream
gw_stream=$stream
stream edge edge.stream
edge_stream=$stream
check "a stream of each begins" wait_for 10 eval 'events gw.stream 1 && events edge.stream 1'
check "and comes as it is made" wait_for 15 eval 'events gw.stream 4 && events edge.stream 4'
same "of that sensor's interface" "$(for one in gw edge; do sed -n '/^event: summary/,/^$/s/^data: //p' "$WORK/$one.stream" | head -1 | jq -r '.interfaces[0].name'; done | xargs)" "lan wan"
sid=$(sed -n '/^event: hello/,/^$/s/^data: //p' "$WORK/gw.stream" | jq -r .sid)
same "a view is asked for by it" "$(act "$operator" PUT "/sensor/gw/api/v1/stream/$sid/view" '{"view":"v1","limit":5}' | jq -r .epoch)" 1
check "and its rows come" wait_for 10 grep -q '^event: rows' "$WORK/gw.stream"
same "not by the other sensor" "$(act "$operator" PUT "/sensor/edge/api/v1/stream/$sid/view" '{"view":"v1","limit":5}' | code)" no-such-stream

# --- who may what ----------------------------------------------------------------------------------------------
source_of() { ask "$1" "/sensor/gw/api/v1/flows?live=both&limit=1&filter=src.port%3D50000&fields=src.ip" | jq -r '.items[0]["src.ip"]'; } # TOKEN
same "an operator sees whole addresses" "$(source_of "$operator")" 10.0.1.2
same "a viewer what the sensor shows viewers" "$(source_of "$viewer")" 10.0.1.0
rule='{"what": "10.9.0.99", "for": 300, "reason": "by the hub"}'
same "a viewer's act is refused" "$(act "$viewer" POST /sensor/gw/api/v1/rules "$rule" | code)" role-missing
same "nothing came of it" "$(of gw rules | jq '.items | length')" 0
act "$operator" POST /sensor/gw/api/v1/rules "$rule" >"$WORK/rule"
same "an operator's goes to that sensor" "$(of gw rules | jq -c '[.items[] | [.what, .reason]]')" '[["10.9.0.99","by the hub"]]'
same "and not to the other" "$(of edge rules | jq '.items | length')" 0
same "on its record by name" "$(of gw audit | jq -r '.items[] | select(.reason == "by the hub") | .user')" "hub for bea"
same "a page of another site cannot" "$(ask "$operator" /sensor/gw/api/v1/rules -X POST -H 'Content-Type: application/json' -d "$rule" | code)" csrf-header-missing
same "an act on the hub itself is none" "$(act "$operator" POST /api/v1/rules "$rule" | code)" hub-cannot

# --- who is asked ----------------------------------------------------------------------------------------------
same "a sensor that is not listed is not there" "$(ask "$operator" /sensor/nobody/api/v1/flows | jq -r '"\(.status) \(.code)"')" "404 no-such-sensor"
same "one whose certificate nobody vouches for is not asked" "$(ask "$operator" /sensor/cheat/api/v1/health | code)" no-daemon
same "one that does not take our login is told as that" "$(ask "$operator" /sensor/unknown/api/v1/health | jq -r '"\(.status) \(.code)"')" "502 daemon-refuses"
began=$EPOCHREALTIME
ask "$operator" /sensor/silent/api/v1/health >"$WORK/silent" &
waits=$!
same "while one says nothing the others answer" "$(ask "$operator" /sensor/edge/api/v1/health -m 3 | jq -r .sensor_name)" edge
wait "$waits"
took=$((${EPOCHREALTIME/[.,]/} / 1000 - ${began/[.,]/} / 1000))
same "it is told" "$(code <"$WORK/silent")" no-daemon
check "within 8 s" [ "$took" -lt $((8000 * $(busy))) ] || note "$took ms"
in_ns d curl -sS --noproxy '*' -c "$WORK/jar" -o /dev/null -X POST -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' \
	-d "{\"token\":\"$viewer\"}" http://127.0.0.1:8090/api/v1/session
as_vic() { in_ns d curl -sS --noproxy '*' -b "$WORK/jar" "http://127.0.0.1:8090$1" "${@:2}"; }
for _ in $(seq 40); do ask "$operator" /sensor/silent/api/v1/health -o /dev/null -w '%{http_code}\n' >>"$WORK/many" & pids+=("$!"); done
all_told() { [ "$(wc -l <"$WORK/many")" = 40 ]; }
same "many that wait for it hold up nobody else" "$(as_vic /sensor/edge/api/v1/health -m 5 | jq -r .sensor_name)" edge
check "what is too much is refused at once, the rest told" wait_for 40 all_told
same "by these statuses" "$(sort -u "$WORK/many" | xargs)" "502 503"
same "both are counted" "$(ask "$viewer" /api/v1/fleet/live | jq -c '.items[4] | [.open, .refused > 0, .failed > 1, .error != null, .failing_since != null]')" '[0,true,true,true,true]'
same "of one that answers nothing is wrong" "$(ask "$viewer" /api/v1/fleet/live | jq -c '.items[1] | [.asked > 3, .failed, .error]')" '[true,0,null]'

# A byte a second, for good: no answer that is done, and none that is too slow.
cat >"$WORK/endless" <<'END'
#!/bin/sh
printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n'
while printf ' '; do sleep 1; done
END
chmod 755 "$WORK/endless"
spawn endless.log d socat TCP-LISTEN:7100,bind=127.0.0.1,reuseaddr,fork "EXEC:$WORK/endless"
check "one is there that answers for ever" wait_for 10 listening d 7100
asks_of_endless() { ask "$viewer" /api/v1/fleet/live | jq -e ".items[5] | [.open, .asked] == [$1, $2]" >/dev/null; }
for _ in 1 2; do
	spawn left.log d curl -sS -m 390 --noproxy '*' -H "Authorization: Bearer $viewer" http://127.0.0.1:8090/sensor/endless/api/v1/health
	left+=("$spawned")
done
check "two ask it" wait_for 10 asks_of_endless 2 2
kill "${left[@]}"
check "and leave: nobody asks it any more" wait_for 10 asks_of_endless 0 2
same "which says nothing of it" "$(ask "$viewer" /api/v1/fleet/live | jq -c '.items[5] | [.failed, .error]')" '[0,null]'

# --- one ends --------------------------------------------------------------------------------------------------
kill -9 "$edge"
check "a sensor is killed: its stream ends" wait_for 15 ended "$edge_stream"
fails() { [ "$(ask "$operator" "/sensor/$1/api/v1/health" | jq -r '"\(.status) \(.code)"')" = "502 no-daemon" ]; }
check "what is asked of it has an answer" wait_for 10 fails edge
check "which says so" grep -q '^the sensor edge does not answer: ' <(ask "$operator" /sensor/edge/api/v1/health | jq -r .detail)
same "the other answers" "$(ask "$operator" /sensor/gw/api/v1/health | jq -r .sensor_name)" gw
check "and its stream goes on" eval '! ended "$gw_stream"'
check "started again it is there by itself" sensor edge wan 8444
check "for the hub, too" wait_for 10 eval '[ "$(ask "$operator" /sensor/edge/api/v1/health | jq -r .sensor_name)" = edge ]'

# --- its page --------------------------------------------------------------------------------------------------
wait_for 60 eval '[ "$(ask "$viewer" /api/v1/fleet/sensors | jq ".totals.sensors")" = 2 ]'
FLOWBPF_URL=http://127.0.0.1:8090 FLOWBPF_SOCKET=$WORK/hub.sock FLOWBPF_OUT=${O:-build}/web-shots \
	in_ns d timeout 200 node tests/web/run.mjs live >"$WORK/page.log" 2>&1
same "the page leads to it and back" "$(grep '^not ok' "$WORK/page.log")$(grep -c '^ok' "$WORK/page.log")" 8 || note "$(tail -20 "$WORK/page.log")"

# --- its health ------------------------------------------------------------------------------------------------
same "the hub is well, by its own status" "$(in_ns d "$FLOWBPF" status --socket "$WORK/hub.sock" | grep -c "^flowbpf hub .*: ok$\|^ClickHouse  *http://10.9.9.2:8123 answers, since 20")" 2
reachable() { ask "$viewer" /api/v1/health | jq -e ".clickhouse.reachable == $1" >/dev/null; }
clickhouse_stop
check "without ClickHouse it is not" wait_for 30 reachable false
in_ns d "$FLOWBPF" status --socket "$WORK/hub.sock" >"$WORK/status"
same "and status says so" "$? $(grep -c 'ClickHouse does not answer: ' "$WORK/status")" "1 1"
same "live views are there all the same" "$(ask "$operator" /sensor/gw/api/v1/health | jq -r .sensor_name)" gw
clickhouse_start
check "once it is back the hub is well" wait_for 30 reachable true

# --- other sensors ---------------------------------------------------------------------------------------------
reread() { # SAID
	kill -HUP "$hub"
	wait_for 10 grep -q "$1" "$WORK/hub.out"
}
echo "gw https://10.9.9.1:8443" >>"$sensors"
check "a file that is wrong is refused" reread 'line 8: gw stands there twice: sensors stay as they are$'
same "all of it" "$(ask "$operator" /sensor/edge/api/v1/health | jq -r .sensor_name)" edge
echo "gw https://10.9.9.1:8443 $WORK/gw.token $WORK/gw.pem" >"$sensors"
check "another one is taken" reread 'was read again'
same "who is not in it is not asked from there on" "$(ask "$operator" /sensor/edge/api/v1/health | code)" no-such-sensor
check "of who stays streams go on" eval '! ended "$gw_stream"'
check "no token is in what was said or asked for" eval '! grep -q "$gw_token\|$edge_token\|$operator" "$WORK/hub.out" "$WORK/gw.stream" "/proc/$hub/cmdline"'
same "it holds no right" "$(sed -n 's/^Cap\(Prm\|Eff\):\t//p' "/proc/$hub/status" | sort -u)" 0000000000000000
kill "$hub"
check "SIGTERM ends it, with a stream open" wait_for 10 ended "$hub"
refused() { # LINE: what is said of it
	printf '%s\n' "$1" >"$sensors"
	in_ns d "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --sensors "$sensors" 2>&1 | sed "s,$WORK/,,g"
}
printf 'operator x %s\n' "$gw_token" >"$WORK/open.token" && chmod 644 "$WORK/open.token"
same "a token by plain HTTP" "$(refused "gw http://10.9.9.1:8443 $WORK/gw.token")" "flowbpf: sensors, line 1: a token goes by https://, or to this machine"
same "one that others may read" "$(refused "gw https://10.9.9.1:8443 $WORK/open.token")" "flowbpf: sensors, line 1: others may read open.token: chmod go-rwx it"
same "a name that is none" "$(refused "../gw https://10.9.9.1:8443 -" | cut -d: -f2-3)" ' sensors, line 1: "../gw" is no name'
same "no URL" "$(refused "gw router -")" 'flowbpf: sensors, line 1: a sensor'"'"'s line takes https://HOST[:PORT], not "router"'
same "no line of a sensor" "$(refused gw)" "flowbpf: sensors, line 1: a sensor is NAME URL TOKEN-FILE [CA-FILE], or NAME SOCKET"
chmod 666 "$sensors"
check "a file that others may write" grep -q 'others may write' <(in_ns d "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --sensors "$sensors" 2>&1)
finish
