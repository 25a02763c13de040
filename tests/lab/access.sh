#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 180
# Who may reach the page and do what: the addresses listened on, TLS, tokens and their roles, the
# one-time address, sessions and their end, wrong tokens; all by curl against real daemons.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
ns c r
link_pair c eth0 r lan
ip -n "$TAG-c" address add 10.0.1.2/24 dev eth0
ip -n "$TAG-r" address add 10.0.1.1/24 dev lan
in_ns r ping -q -c1 -W2 10.0.1.2 >/dev/null || ok_if 1 "the lab is there"
ca_make

# --- what is listened on --------------------------------------------------------------------------
listens() { in_ns r ss -Hltn | awk '{ print $4 }' | sort | xargs; }
socket=$WORK/default
spawn daemon.log r "$FLOWBPF" attach lan --socket "$socket"
daemon=$spawned
wait_for 20 api health
same "the default is 127.0.0.1:8080 and nothing else" "$(listens)" "127.0.0.1:8080"
check "it is served as localhost" in_ns r curl -sSf -m 5 -o /dev/null "http://localhost:8080/"
same "it is not on the interface's address" "$(in_ns c curl -s -m 2 -o /dev/null -w '%{http_code}' http://10.0.1.1:8080/)" 000

# --- loopback is no border: every user of the machine reaches it ---------------------------------
code() { in_ns r curl -s -m 5 -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:8080/$1" "${@:2}"; }
act=(-H "X-Flowbpf-CSRF: 1")
paths=$(sed -n 's/.*{"GET", "\(\/[^"]*\)".*/\1/p' user/api/routes.c user/live/stream.c | sed 's/{[^}]*}/1/g')
closed=0
for path in $paths; do
	[ "$(code "${path#/}")" = 401 ] && closed=$((closed + 1)) || echo "$path" >>"$WORK/open-paths"
done
same "without a login nothing is read, $closed paths" "$(xargs <"$WORK/open-paths")" "/api/v1/session /problems/1"
same "... and nothing is changed" "$(code api/v1/conntrack -X DELETE "${act[@]}" --json '{"confirm":"flush"}')" 401
same "... and the answer says how to get in" \
	"$(in_ns r curl -s -m 5 http://127.0.0.1:8080/api/v1/flows | jq -r .detail | grep -c 'flowbpf login')" 1
same "no answer tells the version" "$(for path in $paths "" settings nosuch; do
	in_ns r curl -si -m 5 "http://127.0.0.1:8080/$path"; done | grep -cF "$("$FLOWBPF" version | cut -d' ' -f2)")" 0
asks() { in_ns r curl -s -m 5 -H 'Accept: text/html' "http://127.0.0.1:8080/$1" "${@:2}" | grep -c 'rel="preload" as="fetch"'; }
same "a stranger's page asks for nothing that is refused" "$(asks "") $(asks flows) $(asks index.html)" "0 0 0"
same "no link by TCP: 401" "$(code api/v1/login -X POST "${act[@]}")" 401
as() { setpriv --reuid="$1" --regid="$1" --clear-groups --bounding-set=-all "${@:2}"; }
check "another user has no link" eval "! as 65533 '$FLOWBPF' login --socket '$socket'"
link=$("$FLOWBPF" login --socket "$socket")
check "root has: ${link%=*}" [ "${link%=*}" = "http://127.0.0.1:8080/#login" ]
take() { # LINK JAR: the role that a browser then has
	code api/v1/session "${act[@]}" --json "{\"token\":\"${1#*=}\"}" -c "$2" >"$WORK/code"
	in_ns r curl -s -m 5 -b "$2" http://127.0.0.1:8080/api/v1/session | jq -r .role
}
same "it logs in" "$(take "$link" "$WORK/jar.op") $(cat "$WORK/code")" "admin 200"
same "... whose page asks at once for what it begins with" "$(asks "" -b "$WORK/jar.op") $(asks flows -b "$WORK/jar.op")" "3 3"
same "... and not with a cookie of nobody" "$(asks "" -b "flowbpf-8080=00000000000000000000000000000000")" 0
same "... once" "$(take "$link" "$WORK/jar.again") $(cat "$WORK/code")" "null 401"
same "--viewer makes one for a viewer" "$(take "$("$FLOWBPF" login --viewer --socket "$socket")" "$WORK/jar.view")" viewer
same "--role makes one for an operator" "$(take "$("$FLOWBPF" login --role operator --socket "$socket")" "$WORK/jar.other")" operator
same "the viewer changes nothing" "$(code api/v1/conntrack -X DELETE "${act[@]}" -b "$WORK/jar.view" --json '{"confirm":"flush"}')" 403
chmod 666 "$socket"
same "who may open the socket has a viewer's link" "$(take "$(as 65533 "$FLOWBPF" login --socket "$socket")" "$WORK/jar.other")" viewer
same "... and no operator's" "$(as 65533 curl -s -m 5 --unix-socket "$socket" -o /dev/null -w '%{http_code}' -X POST "${act[@]}" \
	'http://localhost/api/v1/login?role=operator')" 403
same "the cookie is of this port, for browsers forget ports" "$(grep -c 'flowbpf-8080' "$WORK/jar.op")" 1
same "attach prints a link, too" "$(take "$(sed -n 's/^the page: //p' "$WORK/daemon.log")" "$WORK/jar.attach")" admin
for i in {1..40}; do take "$("$FLOWBPF" login --viewer --socket "$socket")" "$WORK/jar.more" >/dev/null; done
same "forty more viewers put no operator out" "$(code api/v1/flows -b "$WORK/jar.op") $(code api/v1/flows -b "$WORK/jar.view")" "200 401"
daemon_stop

: >"$WORK/daemon.log"
spawn daemon.log r "$FLOWBPF" attach lan --socket "$socket" --no-login
daemon=$spawned
wait_for 20 api health
same "--no-login: everybody here reads" "$(code api/v1/flows) $(code api/v1/openapi.json)" "200 200"
same "... and the page asks at once" "$(asks "")" 3
same "... and changes nothing" "$(code api/v1/conntrack -X DELETE "${act[@]}" --json '{"confirm":"flush"}')" 403
same "... a link still makes an admin" "$(take "$("$FLOWBPF" login --socket "$socket")" "$WORK/jar.op")" admin
same "... who is a reader again after logging out" "$(code api/v1/session -X DELETE "${act[@]}" -b "$WORK/jar.op" -c "$WORK/jar.op")
$(in_ns r curl -s -m 5 -b "$WORK/jar.op" http://127.0.0.1:8080/api/v1/session | jq -r .role)" "200
viewer"
daemon_stop

refused() { # TEXT STATUS PATTERN OPTION...: attach says why in one sentence, whatever else is missing, and leaves nothing
	local text=$1 wanted=$2 pattern=$3 out status
	shift 3
	out=$(in_ns r unshare --mount sh -c 'umount -R /sys/fs/cgroup 2>/dev/null; exec "$@"' - \
		timeout 20 "$FLOWBPF" attach lan --socket "$WORK/refused" "$@" 2>&1)
	status=$?
	[ $status = "$wanted" ] && [ "$(wc -l <<<"$out")" = 1 ] && grep -q "$pattern" <<<"$out"
	ok_if $? "$text: status $status, ${out##*$'\n'}"
	same "$text: nothing is left attached" "$(in_ns r bpftool net show dev lan 2>/dev/null | grep -c flowbpf)" 0
}
printf 'operator operator-token-1234567\nviewer viewer-token-1234567890\n' >"$WORK/tokens"
chmod 600 "$WORK/tokens"
cp "$WORK/tokens" "$WORK/open"
chmod 644 "$WORK/open"
openssl ecparam -name prime256v1 -genkey -noout -out "$WORK/other.key"
refused "another address without a token" 2 "token-file" --listen 10.0.1.1:8080
refused "every address without a token" 2 "token-file" --listen 0.0.0.0:8080
refused "every address of IPv6 without a token" 2 "token-file" --listen "[::]:8080"
refused "another address without a login" 2 "no-login" --listen 10.0.1.1:8080 --no-login --token-file "$WORK/tokens"
refused "tokens that others may read" 2 "chmod 600" --token-file "$WORK/open"
(umask 077 && mkfifo "$WORK/fifo" && head -c 9000 /dev/zero | tr '\0' 'x' >"$WORK/long" && printf 'operator 0123456789abcdef\0viewer 0123456789abcdef\n' >"$WORK/nul")
refused "tokens of which some would be cut" 1 "more than 8191 bytes" --token-file "$WORK/long"
refused "tokens that are no text" 1 "no text" --token-file "$WORK/nul"
refused "tokens of a FIFO that nobody writes" 1 "no file" --token-file "$WORK/fifo"
refused "a certificate without a key" 2 "together" --tls-cert "$WORK/server.pem"
refused "a key of another certificate" 1 "belong" --tls-cert "$WORK/server.pem" --tls-key "$WORK/other.key"
refused "no certificate in the file" 1 "PEM" --tls-cert "$WORK/tokens" --tls-key "$WORK/server.key"

# --- TLS and tokens -------------------------------------------------------------------------------
serve() { # NAME: the daemon's user reads them again
	install -m 600 -o "$(id -u flowbpf 2>/dev/null || echo 65534)" "$WORK/$1.key" "$WORK/served.key"
	install -m 644 "$WORK/$1.pem" "$WORK/served.pem"
}
serve server
socket=$WORK/tls
: >"$WORK/daemon.log"
spawn daemon.log r "$FLOWBPF" attach lan --socket "$socket" --listen 10.0.1.1:8443 \
	--token-file "$WORK/tokens" --tls-cert "$WORK/served.pem" --tls-key "$WORK/served.key" --host lab.test
daemon=$spawned
wait_for 20 api health
base=https://lab.test:8443
operator=operator-token-1234567 viewer=viewer-token-1234567890
ask() { # PATH [CURL-OPTION...]: the body, with the status as its last line
	in_ns c curl -sS -m 10 --cacert "$WORK/ca.pem" --resolve lab.test:8443:10.0.1.1 \
		-w '\n%{http_code}\n' "$base/$1" "${@:2}" 2>&1
}
status() { ask "$@" | tail -1; }
bearer() { printf 'Authorization: Bearer %s' "$1"; }

cat "/proc/$daemon/cmdline" "/proc/$daemon/environ" "$WORK/daemon.log" >"$WORK/shown"
same "no token in arguments, environment and log" "$(grep -acF -e $operator -e $viewer -e 'PRIVATE KEY' "$WORK/shown")" 0
check "... which could be found there" grep -aqF "$WORK/tokens" "$WORK/shown"
check "no core is dumped" grep -q '^Max core file size  *0  *0 ' "/proc/$daemon/limits"
same "... and memory is not its user's to read" "$(stat -c %u "/proc/$daemon/mem")" 0

same "without a login: 401" "$(status api/v1/flows)" 401
same "... and how to log in" "$(ask api/v1/flows -D - -o /dev/null | grep -ci '^www-authenticate: bearer')" 1
same "the page itself comes, to log in" "$(status '')" 200
same "a viewer reads" "$(status api/v1/flows -H "$(bearer $viewer)")" 200
same "a viewer's role is told" "$(ask api/v1/session -H "$(bearer $viewer)" | head -1 | jq -r .role)" viewer
same "a viewer deletes nothing: 403" "$(status api/v1/flows/0000000000000001 -X DELETE "${act[@]}" -H "$(bearer $viewer)")" 403
same "a viewer flushes nothing: 403" "$(status api/v1/conntrack -X DELETE "${act[@]}" -H "$(bearer $viewer)" --json '{"confirm":"flush"}')" 403
same "an operator may (there is no such flow)" "$(status api/v1/flows/0000000000000001 -X DELETE "${act[@]}" -H "$(bearer $operator)")" 404
same "a token in the query is no login" "$(status "api/v1/flows?token=$operator")" 401
same "a stream without a login: 401" "$(status api/v1/stream)" 401
same "an export without a login: 401" "$(status api/v1/export.csv)" 401
same "an alias without a login: 401" "$(status api/connections)" 401
same "another name: 421" "$(in_ns c curl -skm 5 -o /dev/null -w '%{http_code}' -H 'Host: evil.example' https://10.0.1.1:8443/)" 421

# --- the one-time link ----------------------------------------------------------------------------
url=$(sed -n 's/^the page: //p' "$WORK/daemon.log" | tail -1)
check "the link is of this server" [ "${url%=*}" = "https://10.0.1.1:8443/#login" ]
jar=$WORK/jar
ask api/v1/session "${act[@]}" --json "{\"token\":\"${url#*=}\"}" -c "$jar" -D "$WORK/head" -o /dev/null >"$WORK/code"
same "its token is taken" "$(tail -1 "$WORK/code")" 200
cookie=$(grep -i '^set-cookie' "$WORK/head" | tr -d '\r')
for word in HttpOnly SameSite=Strict Secure Path=/ Max-Age=; do
	grep -q "$word" <<<"$cookie"
	ok_if $? "its cookie is $word"
done
same "the cookie logs in" "$(ask api/v1/session -b "$jar" | head -1 | jq -r .role)" admin
same "it works once" "$(status api/v1/session "${act[@]}" --json "{\"token\":\"${url#*=}\"}")" 401
same "it is no bearer token" "$(status api/v1/flows -H "$(bearer "$("$FLOWBPF" login --socket "$socket" | sed 's/.*=//')")")" 401
same "with a cookie alone nothing is changed: 403" "$(status api/v1/flows/0000000000000001 -X DELETE -b "$jar")" 403
(in_ns c timeout 20 curl -sSN --cacert "$WORK/ca.pem" --resolve lab.test:8443:10.0.1.1 -b "$jar" "$base/api/v1/stream" \
	>"$WORK/stream" 2>"$WORK/stream.err"; echo $? >"$WORK/stream.end") &
pids+=($!)
streams() { grep -q '^event: summary' "$WORK/stream"; }
check "a stream goes on with the cookie" wait_for 5 streams
same "logout ends the session" "$(ask api/v1/session -X DELETE "${act[@]}" -b "$jar" | head -1 | jq -r .role)" null
same "... for good" "$(status api/v1/flows -b "$jar")" 401
ended() { [ "$(cat "$WORK/stream.end")" = 0 ]; }
check "... and the stream that began with it" wait_for 3 ended

# --- a session by token ---------------------------------------------------------------------------
same "a token is exchanged for a session" \
	"$(ask api/v1/session "${act[@]}" --json "{\"token\":\"$viewer\"}" -c "$jar" | head -1 | jq -r .role)" viewer
same "the session has the token's role" "$(status api/v1/flows -b "$jar") $(status api/v1/flows/1 -X DELETE "${act[@]}" -b "$jar")" "200 403"
in_ns c timeout 4 curl -sSN --cacert "$WORK/ca.pem" --resolve lab.test:8443:10.0.1.1 -b "$jar" "$base/api/v1/stream" >"$WORK/stream" 2>/dev/null
same "a stream over TLS says hello to a viewer" "$(sed -n 's/^data: \(.*"sid".*\)/\1/p' "$WORK/stream" | jq -r .caps.act)" false
same "a token of another site's page is no login: 403" \
	"$(status api/v1/session "${act[@]}" -H 'Origin: https://evil.example' --json "{\"token\":\"$viewer\"}")" 403

# --- wrong tokens ---------------------------------------------------------------------------------
answers=$(for i in {1..12}; do status api/v1/session "${act[@]}" --json "{\"token\":\"guess-number-$i-000000\"}"; done | xargs)
same "ten wrong tokens (two were above), then 429" "$answers" "401 401 401 401 401 401 401 401 429 429 429 429"
same "... with when to come back" "$(ask api/v1/flows -H "$(bearer wrong-token-wrong-token)" -D - -o /dev/null | grep -ci '^retry-after: 60')" 1
same "... but a right one is let in" "$(status api/v1/flows -H "$(bearer $viewer)")" 200
same "... also to log in" "$(status api/v1/session "${act[@]}" --json "{\"token\":\"$operator\"}")" 200
same "... but a session goes on" "$(status api/v1/flows -b "$jar")" 200
same "... and so do other addresses" "$(in_ns r curl -sk -m 5 -o /dev/null -w '%{http_code}' -H "$(bearer $viewer)" --resolve lab.test:8443:10.0.1.1 "$base/api/v1/flows")" 200
same "... which is counted" "$([ "$(counter http_limited)" -ge 3 ] && echo yes)" yes
same "no token is in the log" "$(cat "$WORK/daemon.log" <(api log) | grep -cE "$operator|$viewer|guess-number")" 0

# --- logins that others crowd out ------------------------------------------------------------------
login_as() { ask api/v1/session "${act[@]}" --json "{\"token\":\"$1\"}" -c "$2" >/dev/null; }
login_as $viewer "$WORK/jar.first"
login_as $operator "$WORK/jar.op"
: >"$WORK/stream"
(in_ns c timeout 60 curl -sSN --cacert "$WORK/ca.pem" --resolve lab.test:8443:10.0.1.1 -b "$WORK/jar.first" "$base/api/v1/stream" \
	>"$WORK/stream" 2>"$WORK/stream.err"; echo $? >"$WORK/stream.end") &
pids+=($!)
rm -f "$WORK/stream.end"
check "a viewer's stream" wait_for 5 streams
for i in {1..32}; do login_as $viewer "$WORK/jar.other"; done
same "who logs in too often ends the oldest login of that token" "$(status api/v1/flows -b "$WORK/jar.first")" 401
check "... and its stream" wait_for 3 ended
same "... and no other" "$(status api/v1/flows -b "$WORK/jar.op")" 200

# --- other protocols on the port ------------------------------------------------------------------
in_ns c curl -sS -m 5 http://10.0.1.1:8443/ >/dev/null 2>&1
ok_if $(($? == 0)) "plain HTTP is not served on a TLS port"
in_ns c openssl s_client -connect 10.0.1.1:8443 -tls1_1 </dev/null >/dev/null 2>&1
ok_if $(($? == 0)) "TLS 1.1 is not spoken"
for version in 1_2 1_3; do
	in_ns c openssl s_client -connect 10.0.1.1:8443 -tls$version -CAfile "$WORK/ca.pem" -verify_return_error </dev/null >/dev/null 2>&1
	ok_if $? "TLS ${version/_/.} is, with the certificate of the file"
done
same "the socket needs no token" "$(curl -sS -m 5 --unix-socket "$socket" -o /dev/null -w '%{http_code}' http://localhost/api/v1/flows)" 200

# --- another certificate, while it runs -------------------------------------------------------------
serial() { # of what a new connection is shown
	in_ns c openssl s_client -connect 10.0.1.1:8443 -CAfile "$WORK/ca.pem" -verify_return_error </dev/null 2>/dev/null |
		openssl x509 -noout -serial
}
serial_of() { openssl x509 -noout -serial -in "$WORK/$1.pem"; }
shows() { [ "$(serial)" = "$(serial_of "$1")" ]; }
lines() { wc -l <"$WORK/stream"; }
goes_on() { # the stream that began with the first certificate
	local before
	before=$(lines)
	wait_for 10 eval "[ \$(wc -l <'$WORK/stream') -gt $before ]"
}
(cd "$WORK" && openssl ecparam -name prime256v1 -genkey -noout -out next.key &&
	openssl req -new -key next.key -subj "/CN=lab.test" -out next.csr &&
	openssl x509 -req -in next.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out next.pem) >"$WORK/ca.log" 2>&1
spawn stream.log c curl -sS -N --cacert "$WORK/ca.pem" --resolve lab.test:8443:10.0.1.1 -H "$(bearer $viewer)" \
	-o "$WORK/stream" "$base/api/v1/stream"
stream=$spawned
check "a stream by TLS" wait_for 10 test -s "$WORK/stream"
serve next
check "a new file alone changes nothing" shows server
kill -HUP "$daemon"
check "SIGHUP: the new certificate is served" wait_for 10 shows next
check "... and said" grep -q 'another certificate is served' "$WORK/daemon.log"
check "... the stream goes on" goes_on
kept() { # TEXT: why what is there now is not served
	kill -HUP "$daemon"
	check "$1: said" wait_for 10 grep -q "$2.*stays" "$WORK/daemon.log"
	check "... the old one is served on" shows next
}
echo nonsense >"$WORK/served.pem"
kept "no certificate in the file" "served.pem is not a PEM file"
install -m 644 "$WORK/server.pem" "$WORK/served.pem"
kept "a key of another" "do not belong together"
rm "$WORK/served.key"
kept "no key" "cannot read .*served.key"
serve server
for i in 1 2 3; do kill -HUP "$daemon"; done
check "whole again: served" wait_for 10 shows server
check "the stream went on through all of it" goes_on
check "... in one connection" kill -0 "$stream"
same "no key in the log" "$(grep -c 'PRIVATE KEY' "$WORK/daemon.log")" 0

# --- other logins, while it runs ---------------------------------------------------------------------
people() { # LINE...: the daemon's user reads them again
	printf '%s\n' "$@" >"$WORK/people"
	install -m 600 -o "$(id -u flowbpf 2>/dev/null || echo 65534)" "$WORK/people" "$WORK/tokens"
	kill -HUP "$daemon"
}
check "a file of root's stays as it was read" grep -q 'tokens: Permission denied: logins stay as they are until a restart' "$WORK/daemon.log"
login_as $viewer "$WORK/jar.viewer"
login_as $operator "$WORK/jar.op"
hash=$(printf %s hashed-token-0123456789 | sha256sum | cut -d' ' -f1)
people "operator $operator" "viewer eve sha256:$hash"
gone() { [ "$(status api/v1/flows -b "$WORK/jar.viewer")" = 401 ]; }
elsewhere() { # TOKEN: by an address that guessed nothing yet
	in_ns r curl -sk -m 5 -o /dev/null -w '%{http_code}' -H "$(bearer "$1")" --resolve lab.test:8443:10.0.1.1 "$base/api/v1/flows"
}
check "who is taken out has no session any more" wait_for 10 gone
same "... and no login" "$(elsewhere $viewer)" 401
check "... nor the stream that his token began" wait_for 10 eval '! kill -0 "$stream" 2>/dev/null'
same "... and nobody else is" "$(status api/v1/flows -b "$WORK/jar.op")" 200
same "a token that stands there as its hash logs in" "$(ask api/v1/session -H "$(bearer hashed-token-0123456789)" | head -1 | jq -r '"\(.role) \(.user)"')" "viewer eve"
same "... but the hash does not, by any spelling" "$(elsewhere "$hash") $(elsewhere "sha256:$hash")" "401 401"
people "operator short"
check "a file that is wrong changes nothing, and is told" wait_for 10 grep -q 'line 1 is not .*logins stay as they are' "$WORK/daemon.log"
same "... for anybody" "$(status api/v1/flows -b "$WORK/jar.op") $(status api/v1/flows -H "$(bearer hashed-token-0123456789)")" "200 200"
daemon_stop
finish
