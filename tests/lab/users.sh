#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# Named users: what each role may of all routes there are, and that the record has name and role; names and
# passwords: made by the command line, tried beside others who wait for nothing, guessed, taken out while they are tried.
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
owner=$(id -u flowbpf 2>/dev/null || echo 65534)
tokens=(viewer-token-0123456789 operator-token-0123456789 admin-token-0123456789)
socket=$WORK/socket
file() { # LINE...: what the daemon's user reads
	printf '%s\n' "$@" >"$WORK/lines"
	install -m 600 -o "$owner" "$WORK/lines" "$WORK/tokens"
}
people=("viewer vera ${tokens[0]}" "operator otto ${tokens[1]}" "admin ada ${tokens[2]}")
file "${people[@]}"
spawn daemon.log a "$FLOWBPF" attach eth0 --socket "$socket" --token-file "$WORK/tokens" --state "$WORK/state"
daemon=$spawned daemons+=("$spawned")
wait_for 20 api health || finish
web() { in_ns a curl -sS -m 20 "http://127.0.0.1:8080$1" -H 'X-Flowbpf-CSRF: 1' "${@:2}"; } # PATH [CURL-OPTION...]
as() { web "$2" -H "Authorization: Bearer ${tokens[$1]}" "${@:3}"; } # 0|1|2 PATH

# --- every route, by every role -------------------------------------------------------------------------
# What is no more in these than its line says, or newly has no line, is asked for by whom it should not.
admin='PUT /api/v1/automation/{kind}/{direction}
DELETE /api/v1/automation/{kind}/{direction}
POST /api/v1/alert-rules
PUT /api/v1/alert-rules/named/{name}
DELETE /api/v1/alert-rules/named/{name}
GET /api/v1/history/erasure
POST /api/v1/history/erasure'
looks='POST /api/v1/filter/validate
POST /api/v1/alert-rules/validate
POST /api/v1/alert-rules/try
POST /api/v1/login
POST /api/v1/session
DELETE /api/v1/session
PUT /api/v1/stream/{sid}/view
DELETE /api/v1/stream/{sid}/view/{view}'
kept='GET /api/v1/audit
GET /api/v1/evidence.tar.gz'
routes=$(cat user/api/routes.c user/live/stream.c | tr -d '\n\t' | grep -oE '\{"(GET|POST|PUT|DELETE)", *"/[^"]*"' | sed -E 's/^\{"([A-Z]+)", *"(.*)"$/\1 \2/' | sort -u)
needs() { # METHOD PATH: the number of the role
	if grep -qxF "$1 $2" <<<"$admin"; then
		echo 2
	elif grep -qxF "$1 $2" <<<"$looks"; then
		echo 0
	elif [ "$1" != GET ] || grep -qxF "$1 $2" <<<"$kept"; then
		echo 1
	else
		echo 0
	fi
}
tried=0
while read -r method path; do
	filled=$(sed 's/{[^}]*}/1/g' <<<"$path")
	for role in 0 1 2; do
		[ "$method $path" != "GET /api/v1/stream" ] || continue
		as $role "$filled" -X "$method" -H 'Content-Type: application/json' -o "$WORK/body"
		code=$(jq -r '.code // empty' "$WORK/body" 2>/dev/null) # of a list in CSV there is none
		lacks=$([ "$code" = role-missing ] && echo yes || echo no)
		tried=$((tried + 1))
		[ "$lacks" = "$([ $role -lt "$(needs "$method" "$path")" ] && echo yes || echo no)" ] || echo "$method $path ${tokens[$role]%%-*} $code"
	done
done <<<"$routes" >"$WORK/wrong" 2>"$WORK/errors"
check "every route was tried by every role: $tried" [ "$tried" -gt 250 ]
same "... and was refused to whom it takes more, and to no other" "$(cat "$WORK/wrong" "$WORK/errors")" ""

# --- an admin's acts, by the routes and for true --------------------------------------------------------------
rule='{"rule":"loud: proto = tcp | flows > 5000"}'
make() { as "$1" /api/v1/alert-rules -X POST --json "$rule" | jq -r '.detail // "made"'; }
same "an operator makes no alert rule, and is told why" "$(make 1)" "this needs the role admin, and your login has the role operator"
same "... nor a viewer" "$(make 0)" "this needs the role admin, and your login has the role viewer"
same "an admin does" "$(make 2)" made
same "... and is on record by name and role" "$(api audit | jq -r '.items[-1] | "\(.act) \(.user) \(.role) \(.ok)"')" "alert-rule ada admin true"
same "an operator blocks" "$(as 1 /api/v1/rules -X POST --json '{"what":"10.9.0.99","for":300}' | jq -r '.detail // "made"')" made
same "... and is on record, too" "$(api audit | jq -r '.items[-1] | "\(.act) \(.user) \(.role) \(.ok)"')" "rule otto operator true"
same "a session says what it may" "$(for i in 0 1 2; do as $i /api/v1/session | jq -r '"\(.role) \(.user)"'; done)" 'viewer vera
operator otto
admin ada'
daemon_stop

# --- passwords: the file ------------------------------------------------------------------------------------
user() { "$FLOWBPF" user "$@" 2>&1; }
secret='correct horse battery'
rm "$WORK/tokens"
same "a name and its role are put into a new file" "$(user add anna --role operator --token-file "$WORK/tokens" <<<"$secret")" "$WORK/tokens: anna is in it"
same "... which is its owner's alone" "$(stat -c '%a %U' "$WORK/tokens")" "600 root"
check "... and has the hash alone, of yescrypt" grep -qxE 'operator anna \$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{43}' "$WORK/tokens"
chown "$owner" "$WORK/tokens"
printf '# people\nviewer vera %s\n' "${tokens[0]}" >>"$WORK/tokens"
echo "$secret too" >"$WORK/password"
same "another from a file" "$(user add bert --password-file "$WORK/password" --role admin --token-file "$WORK/tokens")" "$WORK/tokens: bert is in it"
same "another password for one who is there" "$(user add anna --token-file "$WORK/tokens" <<<"$secret")" "$WORK/tokens: anna has another password"
same "... owner, mode, comments and order stay" "$(stat -c '%a %u' "$WORK/tokens") $(cut -d' ' -f1,2 "$WORK/tokens" | xargs)" "600 $owner operator anna # people viewer vera admin bert"
same "the list has no secret" "$(user list --token-file "$WORK/tokens" | tr -s ' ' | sed 's/ $//')" 'operator anna password
viewer vera token
admin bert password'
check "without a file the line is shown" grep -qE '^viewer carl \$y\$' <<<"$(user add carl <<<"$secret")"
same "a short one is refused" "$(user add carl --token-file "$WORK/tokens" <<<short; echo $?)" "flowbpf: a password has 10 to 128 bytes
1"
same "a name that would not be one is, too" "$(user add ca/rl <<<"$secret" >/dev/null; echo $?)" 2
same "who is not there is not taken out" "$(user remove carl --token-file "$WORK/tokens"; echo $?)" "flowbpf: $WORK/tokens has no carl
1"
for n in {1..6}; do user add "many$n" --token-file "$WORK/crowd" <<<"$secret" >>"$WORK/crowd.said" & added[n]=$!; done
wait "${added[@]}"
same "six who are put in at once are all in it" "$(user list --token-file "$WORK/crowd" | awk '{ print $2 }' | sort | xargs)" "many1 many2 many3 many4 many5 many6"
for n in {2..6}; do user remove "many$n" --token-file "$WORK/crowd" >/dev/null & added[n]=$!; done
wait "${added[@]}"
same "... and who is taken out at once is out" "$(user list --token-file "$WORK/crowd" | awk '{ print $2 }')" many1
for n in {2..16}; do echo "viewer t$n token-of-many-$n-0123456789"; done >>"$WORK/crowd"
same "one more than there may be is told as that" "$(user add last --token-file "$WORK/crowd" <<<"$secret")" "flowbpf: $WORK/crowd stays as it is: line 17 is one too many: 16 logins are the most"
same "what would be cut at a NUL is none" "$(printf 'correct horse\0battery\n' | user add carl)" "flowbpf: standard input: it is no text"
mkdir -m 500 "$WORK/shut"
install -m 600 "$WORK/tokens" "$WORK/shut/tokens"
chown -R 65533 "$WORK/shut"
same "why a folder takes nothing is said" "$(setpriv --reuid=65533 --clear-groups --bounding-set=-all "$FLOWBPF" user add carl --token-file "$WORK/shut/tokens" <<<"$secret" 2>&1)" \
	"flowbpf: $WORK/shut/tokens stays as it is: Permission denied"
same "a file that is not there has no list" "$(user list --token-file "$WORK/none")" "flowbpf: cannot read the token file $WORK/none: No such file or directory"
echo "admin eve \$6\$rounds=999999999\$salt\$$(printf %086d 0)" >"$WORK/dear"
chmod 600 "$WORK/dear"
same "a hash that would be tried for hours is none" "$(user list --token-file "$WORK/dear" | grep -c 'line 1 is not .* that is tried in a second or two$')" 1
typed() { # LINE|SIGTERM...: at a terminal, whether it shows again what is typed, what it shows, and the status
	python3 - "$FLOWBPF" "$@" <<'END'
import os, pty, select, signal, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], ["flowbpf", "user", "add", "dora"])
keys, out = [key.encode().decode("unicode_escape").encode() for key in sys.argv[2:]], b""
while select.select([fd], [], [], 20)[0]:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    out += data
    if out.endswith(b": ") and keys:
        key = keys.pop(0)
        os.kill(pid, signal.SIGTERM) if key == b"SIGTERM" else os.write(fd, key)
print("echo" if termios.tcgetattr(fd)[3] & termios.ECHO else "no echo")
print(out.decode().replace("\r", ""), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), sep="")
END
}
shown=$(typed "$secret\n" "$secret\n")
check "at a terminal it is asked for twice" grep -q '^The same again, for dora: $' <<<"$shown"
check "... and the line is made" grep -qE '^viewer dora \$y\$' <<<"$shown"
same "... nothing typed is shown" "$(grep -c "$secret" <<<"$shown")" 0
same "two that differ are none" "$(typed "$secret\n" "$secret!\n" | tail -2)" "flowbpf: these are two passwords: nothing was changed
1"
for key in 'corr\x03' SIGTERM; do
	shown=$(typed "$key")
	same "$key ends it, and what is typed is shown again" "$(head -1 <<<"$shown") $(tail -2 <<<"$shown")" "echo flowbpf: nothing was changed
1"
done

# --- passwords: logging in --------------------------------------------------------------------------------------
spawn daemon.log a "$FLOWBPF" attach eth0 --socket "$socket" --token-file "$WORK/tokens" --state none
daemon=$spawned daemons+=("$spawned")
wait_for 20 api health || finish
from() { # ADDRESS NAME PASSWORD [CURL-OPTION...]: the answer, and its status
	web /api/v1/session --interface "127.0.0.$1" -X POST --json "$(jq -nc --arg n "$2" --arg p "$3" '{name: $n, password: $p}')" -w '\n%{http_code}\n' "${@:4}"
}
brief() { jq -rs '"\(.[1]) \(.[0] | .code // "\(.role) \(.user)")"'; }
same "a stranger is told that there are passwords" "$(web /api/v1/session | jq -c '[.role, .passwords]')" '[null,true]'
same "a name and its password log in" "$(from 2 anna "$secret" -c "$WORK/jar" | brief)" "200 operator anna"
same "... for good" "$(web /api/v1/session -b "$WORK/jar" | jq -r '"\(.role) \(.user)"')" "operator anna"
same "another's password does not" "$(from 2 anna "$secret too" | brief)" "401 wrong-password"
same "... nor a part of one" "$(from 2 anna "${secret%?}" | brief)" "401 wrong-password"
same "a name that is not there is told the same" "$(from 2 nobody "$secret" | head -1 | jq -c 'del(.request_id)')" "$(from 2 bert "$secret" | head -1 | jq -c 'del(.request_id)')"
same "... as is one that has a token alone" "$(from 2 vera "${tokens[0]}" | brief)" "401 wrong-password"
hash=$(sed -n 's/^operator anna //p' "$WORK/tokens")
same "the hash is no password, and no token" "$(from 2 anna "$hash" | brief) $(web /api/v1/flows -H "Authorization: Bearer $hash" -o /dev/null -w '%{http_code}')" "401 wrong-password 401"
same "a token still logs in alone" "$(web /api/v1/session -X POST --json "{\"token\":\"${tokens[0]}\"}" | jq -r .user)" vera
same "one or the other: 400" "$(web /api/v1/session -X POST --json '{"token":"0123456789abcdef","name":"anna","password":"x"}' | jq -r '.errors[0].pointer') $(web /api/v1/session -X POST --json '{"name":"anna"}' | jq -r '.errors[0].pointer')" "/token /password"
tries() { # each of the two from an address of its own, by turns: the machine is as busy for both
	local n name
	for n in {1..9}; do
		for name in anna nobody; do
			echo "$name $(from $((n + 20)) $name 'not the password' -o /dev/null -w '%{time_total}\n' | grep '\.')"
		done
	done
}
tries >"$WORK/tries"
took() { awk -v name="$1" '$1 == name { printf "%d\n", $2 * 10000 }' "$WORK/tries" | sort -n | head -1; } # NAME: the quickest, in 0.1 ms
there=$(took anna) absent=$(took nobody)
check "a name that is not there takes as long: $absent, $there tenths of a ms" [ $((absent * 3)) -gt "$there" -a "$absent" -lt $((there * 3)) ]
act() { web /api/v1/hosts/10.9.0.2/name -X PUT -b "$WORK/jar" --json '{"name":"printer"}' -o /dev/null; }
act
same "what she does is on record" "$(api audit | jq -r '.items[-1] | "\(.act) \(.user) \(.role) \(.ok)"')" "name anna operator true"
same "the log says who came, and whom somebody guesses at" "$(api log | jq -r '.items[] | select(.component == "login") | .message' | sort -u | xargs -d'\n')" \
	"a wrong password for anna a wrong password for bert anna logged in by password, as operator"

# --- passwords: guessed ---------------------------------------------------------------------------------------------
codes=$(for i in {1..12}; do from 3 bert "guess number $i" | tail -1; done | xargs)
same "ten wrong ones from an address, then 429" "$codes" "401 401 401 401 401 401 401 401 401 401 429 429"
same "... the right one, too, and when to come back" "$(from 3 bert "$secret too" -D "$WORK/head" | brief) $(tr -d '\r' <"$WORK/head" | grep -i '^retry-after')" "429 too-many-passwords Retry-After: 60"
same "... a token is let in" "$(web /api/v1/flows --interface 127.0.0.3 -H "Authorization: Bearer ${tokens[0]}" -o /dev/null -w '%{http_code}')" 200
same "... a session goes on" "$(web /api/v1/flows --interface 127.0.0.3 -b "$WORK/jar" -o /dev/null -w '%{http_code}')" 200
same "... and so does another address" "$(from 4 bert "$secret too" | brief)" "200 admin bert"

# --- passwords: many at once, and nobody waits for them ----------------------------------------------------------------
ask() { web /api/v1/flows -b "$WORK/jar" -o /dev/null -w '%{time_total}\n'; }
many() { # logins from 20 addresses, until told to stop
	while [ ! -e "$WORK/enough" ]; do
		for address in {31..50}; do from "$address" anna "$secret" | tail -1 & done
		wait
	done
}
many >"$WORK/many" 2>/dev/null &
crowd=$!
wait_for 20 eval '[ $(wc -l <"$WORK/many") -ge 5 ]'
for _ in {1..120}; do ask; done | sort -n >"$WORK/times"
touch "$WORK/enough"
wait $crowd
middle=$(sed -n 60p "$WORK/times" | awk '{ printf "%d\n", $1 * 1000 }')
note "logins: $(sort "$WORK/many" | uniq -c | xargs); flows meanwhile, in the middle $middle ms, at most $(tail -1 "$WORK/times") s"
check "flows are told in $middle ms beside them" [ "$middle" -lt 250 ]
check "who logs in is let in, one after the other" [ "$(grep -c '^200' "$WORK/many")" -ge 16 ]
share() ( # in a shell of its own: the daemon is not waited for
	for _ in {1..10}; do from 60 anna "$secret" -D - -o /dev/null | tr -d '\r' | grep -iE '^(HTTP|retry)' & done
	wait
)
share >"$WORK/share"
check "an address has a share of those that wait: the rest comes again in a second" eval "grep -q ' 503' '$WORK/share' && grep -qi '^retry-after: 1' '$WORK/share' && grep -q ' 200' '$WORK/share'"
check "... which is counted" [ "$(counter http_logins_busy)" -ge 1 ]

# --- passwords: taken out ---------------------------------------------------------------------------------------------
in_ns a curl -sSN -m 60 -b "$WORK/jar" http://127.0.0.1:8080/api/v1/stream >"$WORK/stream" 2>/dev/null &
stream=$!
pids+=("$stream")
check "a stream of her session" wait_for 10 grep -q '^event: hello' "$WORK/stream"
slow=$(perl -e 'print crypt("slow to be tried", "\$2b\$15\$abcdefghijklmnopqrstuu")')
cp -p "$WORK/tokens" "$WORK/kept"
echo "viewer sloth $slow" >>"$WORK/tokens"
kill -HUP "$daemon"
heard() { [ "$(grep -c 'others log in from now on' "$WORK/daemon.log")" -ge "$1" ]; }
check "one more is put in" wait_for 10 heard 1
same "... by another kind of hash" "$(from 5 sloth 'slow to be tried' | brief)" "200 viewer sloth"
from 5 sloth 'slow to be tried' -D "$WORK/head" >"$WORK/late" &
late=$!
sleep 0.2
same "anna is taken out" "$(cp -p "$WORK/kept" "$WORK/tokens"; user remove anna --token-file "$WORK/tokens")" "$WORK/tokens: anna is out of it"
kill -HUP "$daemon"
check "... and who was put in" wait_for 10 heard 2
same "her session is over" "$(web /api/v1/flows -b "$WORK/jar" -o /dev/null -w '%{http_code}')" 401
check "... and its stream" wait_for 10 ended "$stream"
wait $late
same "who is taken out while his password is tried has no login" "$(brief <"$WORK/late") $(grep -ci '^set-cookie' "$WORK/head")" "401 wrong-password 0"
same "... nor has she" "$(from 6 anna "$secret" | brief)" "401 wrong-password"
same "no password is in the log, in arguments or the environment" "$(cat "$WORK/daemon.log" <(api log) "/proc/$daemon/cmdline" "/proc/$daemon/environ" | grep -acE "$secret|guess number|slow to be")" 0
echo "viewer sloth $slow" >>"$WORK/tokens"
kill -HUP "$daemon"
check "he is put in again" wait_for 10 heard 3
from 7 sloth 'slow to be tried' >"$WORK/late" 2>&1 &
sleep 0.3
kill -TERM "$daemon"
check "it ends while somebody's password is tried" wait_for 10 ended "$daemon"
finish
