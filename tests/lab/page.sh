#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# Monitor alone and page alone: a daemon that listens on no port, and `flowbpf page` that serves the page of it, by its
# socket and by HTTPS of another machine. What is asked there is what is asked here; streams come as they are made; the
# daemon's end is told, and it comes back by itself.
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
monitor() { # [OPTION...]: the daemon in a
	socket=$WORK/socket
	spawn daemon.log a "$FLOWBPF" attach eth0 --socket "$socket" --max-flows 4096 --state none "$@"
	daemon=$spawned daemons+=("$spawned")
	wait_for 20 api health
}
page() { # NS OPTION...: its pid in $page
	: >"$WORK/said"
	spawn said "$1" "${run[@]}" "$FLOWBPF" page "${@:2}"
	page=$spawned daemons+=("$spawned")
	wait_for 10 grep -q '^Ctrl-C ends it' "$WORK/said" && return
	note "$(tail -5 "$WORK/said")"
	ok_if 1 "the page is served"
}
run=()
where=a
get() { in_ns $where curl -sS -m 30 "http://127.0.0.1:8080$1" "${@:2}"; } # PATH
status() { get "$1" -o /dev/null -w '%{http_code}' "${@:2}"; }
ask() { get "/api/v1/$1" -b "$WORK/jar" "${@:2}"; }
change() { ask "$2" -X "$1" -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' -d "$3"; } # METHOD PATH BODY
log_in() {
	local link
	link=$(grep -o '#login=[0-9a-f]*' "$WORK/said")
	rm -f "$WORK/jar"
	get /api/v1/session -c "$WORK/jar" -X POST -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' -d "{\"token\":\"${link#*=}\"}" | jq -r .role
}
answers() { [ "$(status /api/v1/health -b "$WORK/jar")" = "$1" ]; }

# --- monitor alone ---------------------------------------------------------------------------------------
monitor --listen none || finish
same "monitor alone: no port is open" "$(in_ns a ss -Hltun)" ""
check "... and the socket answers" api health
spawn server.log b python3 -m http.server 80 --directory "$WORK/reports"
wait_for 10 listening b 80
for _ in $(seq 8); do in_ns a curl -sS -m 5 -o "$WORK/got" http://10.9.0.2/; done
wait_for 20 sh -c "[ \"\$(curl -sS --unix-socket $socket 'http://localhost/api/v1/flows?live=both&filter=dport%3D80' | jq .page.matched)\" = 8 ]"

# --- by its socket -----------------------------------------------------------------------------------------
page a --connect "$socket"
check "the page is there" grep -q '<title>flowbpf' <(get /)
same "without a login nothing is told" "$(status /api/v1/flows)" 401
same "the link logs in as what we are there" "$(log_in)" admin
question='flows?live=both&filter=dport%3D80&sort=src.port'
plain() { jq -cS 'del(.as_of, .epoch, .items[].idle_ms, .items[].names[]?.age_s)'; }
same "flows are what the daemon says" "$(ask "$question" | plain)" "$(api "$question" | plain)"
same "... and exports" "$(ask 'export.csv?live=both&filter=dport%3D80&fields=src.port,bytes' | sort)" "$(api 'export.csv?live=both&filter=dport%3D80&fields=src.port,bytes' | sort)"
same "... and what is wrong with a filter" "$(ask 'flows?filter=nonsense%3D1' | jq -c '[.code, .errors]')" "$(curl -sS --unix-socket "$socket" 'http://localhost/api/v1/flows?filter=nonsense%3D1' | jq -c '[.code, .errors]')"
tag=$(ask fields -o /dev/null -D - | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
same "a tag of the daemon's holds here" "$(status /api/v1/fields -b "$WORK/jar" -H "If-None-Match: $tag")" 304
ask fields -o /dev/null -D "$WORK/head" -H 'Accept-Encoding: gzip' -H 'Connection: close, Upgrade' -H 'Upgrade: h2c'
same "no header of a hop is passed on" "$(grep -ciE '^(upgrade|keep-alive|proxy|set-cookie|trailer|te):' "$WORK/head")" 0
same "... the page's own stand once" "$(grep -ci '^content-security-policy:' "$WORK/head")" 1
id=$(api "$question" | jq -r '.items[0].id')
change POST rules '{"what": "10.9.0.99", "for": 300, "reason": "by the page"}' >"$WORK/rule"
same "an act goes there" "$(api rules | jq -c '[.items[] | [.what, .reason]]')" '[["10.9.0.99","by the page"]]'
same "... and is taken back there" "$(change DELETE "rules/$(api rules | jq '.items[0].id')" '' >/dev/null; api rules | jq '.items | length')" 0
same "... a flow that is gone is gone here, too" "$(change POST "flows/0011223344556677/kill" '{}' | jq -r .code)" no-such-flow
same "... not without the header of our own page" "$(status "/api/v1/flows/$id/kill" -b "$WORK/jar" -X POST -H 'Content-Type: application/json' -d '{}')" 403
head -c 70000 /dev/zero | tr '\0' 1 >"$WORK/large"
same "... nor with more than a body may have" "$(status /api/v1/rules -b "$WORK/jar" -X POST -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' --data-binary "@$WORK/large")" 413

# --- its stream --------------------------------------------------------------------------------------------
in_ns a curl -sSN -m 60 -b "$WORK/jar" http://127.0.0.1:8080/api/v1/stream >"$WORK/stream" 2>"$WORK/stream.err" &
stream=$!
pids+=("$stream")
summaries() { [ "$(grep -c '^event: summary' "$WORK/stream")" -ge "$1" ]; }
check "a stream begins at once" wait_for 3 summaries 1
before=$(grep -c '^event: summary' "$WORK/stream")
sleep 4
now=$(grep -c '^event: summary' "$WORK/stream")
check "... and comes as it is made, an event a second: $((now - before)) in 4 s" [ $((now - before)) -ge 2 ]
check "... the first says hello" grep -q '^event: hello' "$WORK/stream"
sid=$(sed -n '/^event: hello/,/^$/s/^data: //p' "$WORK/stream" | jq -r .sid)
same "a view is asked for by it" "$(change PUT "stream/$sid/view" '{"view":"v1","limit":5}' | jq -r .epoch)" 1
check "... and comes" wait_for 5 grep -q '^event: rows' "$WORK/stream"

# --- the daemon's end, and its return ------------------------------------------------------------------------
daemon_stop
check "the daemon ends: so does the stream" wait_for 10 ended "$stream"
check "... what is asked has an answer" wait_for 10 answers 502
check "... which says so" grep -qE "^no-daemon: flowbpf at $socket does not answer: (Connection refused|No such file or directory)$" <(ask health | jq -r '"\(.code): \(.detail)"')
same "... the page itself is there" "$(status /)" 200
monitor --listen none || finish
check "it comes back by itself" wait_for 10 answers 200

# --- more than there is room for -------------------------------------------------------------------------------
for i in $(seq 40); do
	in_ns a curl -sSN -m 60 -b "$WORK/jar" -w '%{http_code}\n' "http://127.0.0.1:8080/api/v1/stream?session=$i" -o /dev/null >>"$WORK/codes" 2>/dev/null &
	pids+=("$!")
done
held() { [ "$(api health | jq .counters.http_streams.value)" -ge 1 ]; }
check "streams of many tabs are held" wait_for 10 held
check "... and others are answered meanwhile" answers 200
kill -TERM "$page"
check "it ends by a signal, with them open" wait_for 5 ended "$page"
wait "$page"
same "... well" "$?" 0

# --- without root -----------------------------------------------------------------------------------------------
run=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all)
chmod 666 "$socket"
page a --connect "$socket"
same "without root and capabilities, as one who may look" "$(log_in)" viewer
same "... flows are there" "$(ask "$question" | jq .page.matched)" "$(api "$question" | jq .page.matched)"
same "... acts are not, in a sentence" "$(change POST rules '{}' | jq -r '"\(.code): \(.detail)"')" "read-only: flowbpf there lets this page look, not change"
same "it holds no right" "$(sed -n 's/^Cap\(Prm\|Eff\):\t//p' "/proc/$page/status" | sort -u)" 0000000000000000
kill -TERM "$page"
wait_for 5 ended "$page"
run=()
daemon_stop

# --- by HTTPS of another machine ---------------------------------------------------------------------------------
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=router -addext 'subjectAltName = IP:10.9.0.1' \
	-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
operator=operator-$TAG-0123456789abcdef viewer=viewer-$TAG-0123456789abcdef
printf 'admin %s\nviewer %s\n' "$operator" "$viewer" >"$WORK/logins"
limited=limited-$TAG-0123456789abcdef
printf 'operator otto %s\n' "$limited" >>"$WORK/logins"
echo "$limited" >"$WORK/limited"
printf 'operator bea %s\nviewer %s\n' "$operator" "$viewer" >"$WORK/people"
echo "$operator" >"$WORK/token"
echo "$viewer" >"$WORK/viewer"
echo wrong-token-0123456789abcdef >"$WORK/wrong"
chmod 600 "$WORK/logins" "$WORK/people" "$WORK/token" "$WORK/viewer" "$WORK/limited" "$WORK/wrong" "$WORK/key.pem"
monitor --listen 10.9.0.1:8443 --tls-cert "$WORK/cert.pem" --tls-key "$WORK/key.pem" --token-file "$WORK/logins" || finish
where=b
url=https://10.9.0.1:8443
page b --connect $url/ --connect-token "$WORK/token" --connect-ca "$WORK/cert.pem"
same "of another machine: the link logs in" "$(log_in)" admin
same "... it is no hub" "$(ask session | jq .hub)" false
same "... it holds no right" "$(sed -n 's/^Cap\(Prm\|Eff\):\t//p' "/proc/$page/status" | sort -u)" 0000000000000000
check "... and is not root" [ "$(stat -c %u "/proc/$page")" != 0 ]
there() { [ "$(ask 'flows?live=both&filter=dport%3D8443&fields=dst.port' | jq -c '.items[0]')" = '{"dst.port":8443}' ]; }
check "... its flows are there" wait_for 10 there
in_ns b curl -sSN -m 60 -b "$WORK/jar" http://127.0.0.1:8080/api/v1/stream >"$WORK/stream" 2>/dev/null &
stream=$!
pids+=("$stream")
check "... its stream comes as it is made" wait_for 10 summaries 3
check "... the token is in no answer, no command line" sh -c "! grep -q '$operator' '$WORK/stream' '$WORK/said' /proc/$page/cmdline"
daemon_stop
check "... its end ends the stream" wait_for 15 ended "$stream"
check "... and is told" wait_for 15 answers 502
monitor --listen 10.9.0.1:8443 --tls-cert "$WORK/cert.pem" --tls-key "$WORK/key.pem" --token-file "$WORK/logins" || finish
check "... it comes back by itself" wait_for 15 answers 200
: >"$WORK/stream"
in_ns b curl -sSN -m 60 -b "$WORK/jar" http://127.0.0.1:8080/api/v1/stream >"$WORK/stream" 2>/dev/null &
stream=$!
pids+=("$stream")
check "a stream of a login" wait_for 10 summaries 1
change DELETE session '' >/dev/null
check "... ends with it" wait_for 10 ended "$stream"
kill -TERM "$page"
wait_for 5 ended "$page"
page b --connect $url --connect-token "$WORK/viewer" --connect-ca "$WORK/cert.pem"
same "a login that may look makes a page that may" "$(log_in)" viewer
kill -TERM "$page"
wait_for 5 ended "$page"
daemon_stop

# --- who may look here is told what who may look is told there ---------------------------------------------------------
monitor --listen 10.9.0.1:8443 --tls-cert "$WORK/cert.pem" --tls-key "$WORK/key.pem" --token-file "$WORK/logins" \
	--anonymise viewer:addresses=truncate || finish
page b --connect $url --connect-token "$WORK/token" --connect-ca "$WORK/cert.pem" --token-file "$WORK/people"
server_of() { in_ns b curl -sS -H "Authorization: Bearer $1" 'http://127.0.0.1:8080/api/v1/flows?live=both&filter=dport%3D8443&fields=dst.ip' | jq -r '.items[0]["dst.ip"]'; }
sees() { [ "$(server_of "$1")" = "$2" ]; }
check "an operator of the page sees whole addresses" wait_for 10 sees "$operator" 10.9.0.1
check "who may look sees what a viewer does" wait_for 10 sees "$viewer" 10.9.0.0
in_ns b curl -sS -X PUT -H "Authorization: Bearer $operator" -H 'X-Flowbpf-CSRF: 1' -H 'X-Flowbpf-User: somebody-else' \
	-H 'Content-Type: application/json' -d '{"name":"printer"}' http://127.0.0.1:8080/api/v1/hosts/10.9.0.2/name >"$WORK/got"
same "an act is on record there for who is logged in here" "$(api audit | jq -r '.items[-1] | "\(.act) \(.user)"')" "name for bea"
same "... whoever asks tells his name, not another's" "$(in_ns b curl -sS -H "Authorization: Bearer $operator" http://127.0.0.1:8080/api/v1/session | jq -r .user)" bea
rule() { # ROLE-OF-THE-PAGE: what becomes of an alert rule
	in_ns b curl -sS -X POST -H "Authorization: Bearer $operator" -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' \
		-d '{"rule":"loud: proto = tcp | flows > 5000"}' http://127.0.0.1:8080/api/v1/alert-rules | jq -r '.detail // "made"'
}
same "an operator of the page is none more there" "$(rule)" "this needs the role admin, and your login has the role operator"
kill -TERM "$page"
wait_for 5 ended "$page"
page b --connect $url --connect-token "$WORK/limited" --connect-ca "$WORK/cert.pem"
same "a page whose login there is an operator's makes no admin" "$(log_in)" operator
kill -TERM "$page"
wait_for 5 ended "$page"

# --- another certificate, while it is served ------------------------------------------------------------------------------
certificate() { # NAME
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext 'subjectAltName = IP:10.9.0.2' \
		-keyout "$WORK/$1.key" -out "$WORK/$1.pem" 2>/dev/null
}
certificate first
certificate second
serve() { # NAME: for whom a server becomes
	install -m 600 -o "$(id -u flowbpf 2>/dev/null || echo 65534)" "$WORK/$1.key" "$WORK/served.key"
	install -m 644 "$WORK/$1.pem" "$WORK/served.pem"
}
shown() { in_ns b timeout 5 openssl s_client -connect 10.9.0.2:8443 </dev/null 2>/dev/null | openssl x509 -noout -subject | sed 's/.*CN *= *//'; }
shows() { [ "$(shown)" = "$1" ]; }
served=(--listen 10.9.0.2:8443 --tls-cert "$WORK/served.pem" --tls-key "$WORK/served.key" --token-file "$WORK/people")
another_certificate() { # PID TEXT LOG
	check "$2 shows its certificate" wait_for 10 shows first
	serve second
	kill -HUP "$1"
	check "... another one after SIGHUP" wait_for 10 shows second
	check "... of which it says so" grep -q 'another certificate is served from now on' "$3"
	echo nonsense >"$WORK/served.pem"
	kill -HUP "$1"
	check "... and that one is wrong" wait_for 10 grep -q 'the certificate that is served stays' "$3"
	same "... which goes on" "$(shown)" second
	kill -TERM "$1"
	check "... SIGTERM ends it" wait_for 5 ended "$1"
}
serve first
page b --connect $url --connect-token "$WORK/token" --connect-ca "$WORK/cert.pem" "${served[@]}"
another_certificate "$page" "a page" "$WORK/said"
serve first
spawn hub.log b "$FLOWBPF" hub --clickhouse http://127.0.0.1:1 "${served[@]}"
another_certificate "$spawned" "a hub" "$WORK/hub.log"

# --- what is refused ------------------------------------------------------------------------------------------------
said() { in_ns b "$FLOWBPF" page "$@" 2>&1 | tail -1; }
same "a login that it does not know" "$(said --connect $url --connect-token "$WORK/wrong" --connect-ca "$WORK/cert.pem")" "flowbpf: this token is not known here"
same "none" "$(said --connect $url --connect-ca "$WORK/cert.pem")" "flowbpf: $url wants a login: give --connect-token FILE"
same "a token without TLS" "$(said --connect http://10.9.0.1:8443 --connect-token "$WORK/token")" "flowbpf: a token goes by https://, or to this machine"
same "a socket that it may not open" "$(install -d -m 700 "$WORK/shut" && in_ns b setpriv --reuid 65534 --regid 65534 --clear-groups timeout 10 "$FLOWBPF" page --connect "$WORK/shut/socket" 2>&1 | tail -1)" \
	"flowbpf: no permission for $WORK/shut/socket: run it as root"
check "neither a path nor a URL" grep -q 'takes the absolute path of a socket or https' <<<"$(said --connect router:8080)"
check "a page that listens nowhere" grep -q 'listens nowhere' <<<"$(said --connect $url --listen none)"
check "one that others reach takes logins" grep -q 'give --token-file' <<<"$(said --connect $url --listen 0.0.0.0:8080)"
finish
