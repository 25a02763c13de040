#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# Named users and their roles: what each may of all routes there are, and that the record has name and role.
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
		code=$(as $role "$filled" -X "$method" -H 'Content-Type: application/json' | jq -r '.code // empty' 2>/dev/null)
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
finish
