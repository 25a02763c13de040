#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# What both judges are sure of is acted on by itself, once that was switched on behind a preview: who guesses at a real
# sshd is shut out, who is never touched is not, and SYNs that somebody forged shut out nobody.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
GUESSER=198.51.100.77 TRUSTED=198.51.100.78 FORGED=198.51.100.79 SERVER=198.51.100.1
TEACHERS=$(seq 100 125) SCANNERS=$(seq 130 139) # addresses by which the second judge learns
for i in 77 78 79 $TEACHERS $SCANNERS; do ip -n "$TAG-s" address add "198.51.100.$i/24" dev eth0; done
sshd_start r $SERVER
start() { daemon_start r lan wan -- --state "$WORK/state" --trusted $TRUSTED || finish; }
start

guess() { in_ns s python3 tests/lab/guess.py "$1" $SERVER "${@:2}"; } # FROM[,FROM...] TIMES
forge() { in_ns s python3 tests/lab/forge.py "$1" $SERVER $(seq "$2" $(($2 + 9))); } # FROM FIRST-PORT
reached_from() { # ADDRESS
	in_ns s timeout 3 python3 -c "import socket
print(socket.create_connection(('$SERVER', 22), 2, ('$1', 0)).recv(4))" 2>/dev/null | grep -q SSH-
}
shut_out() { ! reached_from "$1"; }
times=8 forged=10000
misbehave() { # COMMAND...: by bursts in windows of 10 s, until the command succeeds
	local i guessing
	for i in 1 2 3 4 5; do
		guess $GUESSER $times &
		guessing=$!
		guess $TRUSTED $times
		forge $FORGED $((forged += 10))
		wait -f $guessing
		times=3
		wait_for 6 "$@" && return
	done
	return 1
}
acts() { api automation | jq -c "[.items[] | select($1) | [.kind, .host, .verb, .refused.why]] | unique | .[]" | tr '\n' ' '; } # CONDITION

# --- the second judge learns --------------------------------------------------------------------------------------
guess "$(printf '198.51.100.%s,' $TEACHERS | sed 's/,$//')" 8
for i in $SCANNERS; do forge "198.51.100.$i" $((7000 + 10 * i)); done
told() { [ "$(flows "$1 and risk >= 50 and evidence ~ $2" | jq '[.[].src.ip] | unique | length')" -ge "$3" ]; }
check "guessers are seen" wait_for 15 told "src.ip = 198.51.100.96/27" brute 26
check "so are scans" wait_for 15 told "src.ip = 198.51.100.128/27" scan 10
teach() { # KIND FLOWS: that the last so many of each source are bad
	local id
	for id in $(flows "src.ip = 198.51.100.0/24 and risk >= 50 and evidence ~ $1" |
		jq -r "group_by(.src.ip)[] | sort_by(.first_seen)[-$2:][].id"); do
		api teachings -H 'Content-Type: application/json' -d "{\"flow\":\"$id\",\"deny\":true}" >/dev/null
	done
}
teach brute 1 # of all that one has with a server it is one thing that is said
teach scan 3

# --- off --------------------------------------------------------------------------------------------------------------
ALL='["brute","198.51.100.77","block",null] ["brute","198.51.100.78","block","TRUSTED"] ["scan","198.51.100.79","limit",null] '
have() { [ "$(acts "$1")" = "$2" ]; } # CONDITION WHAT
check "in two windows it is known what would be done" misbehave have '.on == false' "$ALL"
same "which nothing does" "$(api rules | jq -c .items)" '[]'
preview() { api automation/preview -H 'Content-Type: application/json' -d "{\"kind\":\"$1\",\"direction\":\"external-internal\"}"; } # KIND
same "a preview tells of it" "$(preview brute | jq -c '[.blocks, .limits, .refused, ([.items[] | [.host, .verb]] | sort)]')" \
	'[1,0,1,[["198.51.100.77","block"],["198.51.100.78","block"]]]'
check "the command line does, too" grep -qE 'brute +198.51.100.77 +block +198.51.100.77 +would have been' \
	<(say automation preview brute external-internal)

# --- on ---------------------------------------------------------------------------------------------------------------
put() { # BODY: its problem, or nothing
	curl -sS -m 20 --unix-socket "$socket" -X PUT "http://localhost/api/v1/automation/brute/external-internal" \
		-H 'Content-Type: application/json' -d "$1" | jq -r '.type // "" | sub(".*/"; "")'
}
same "without a preview it is not switched on" "$(put '{}') $(put '{"token":"00000000000000000000000000000000"}')" "bad-body preview-gone"
same "nor by that of another" "$(put "{\"token\":\"$(preview scan | jq -r .token)\"}")" preview-gone
check "nor where nobody can be asked" eval '! say automation on brute external-internal </dev/null'
same "so all is off" "$(api automation | jq -c '[.switches[].on] | unique')" '[false]'
check "who says yes to it has it" say automation on brute external-internal --for 10m --yes --reason guessers
check "another kind has a switch of its own" say automation on scan external-internal --yes
recorded "that is on record" '[.items[] | select(.act == "automate" and .dry_run == false)][0] | [.target, .reason, .ok] | join("; ")' \
	"brute, external-internal: block for 600 s; guessers; true"
made() { [ "$(api rules | jq -c '[.items[] | [.verb, .by]] | sort')" = '[["block","automation"],["limit","automation"]]' ]; }
check "in two windows more it is done" misbehave made
check "the guesser is shut out" shut_out $GUESSER
check "who is never touched is not" reached_from $TRUSTED
check "nor is who others scan in the name of" reached_from $FORGED
rule=$(api rules | jq '.items[] | select(.verb == "block")')
same "it is about the guesser, for its time" "$(jq -r .what <<<"$rule") $(jq -r '(.until | .[:19] + "Z" | fromdate) - (.made | .[:19] + "Z" | fromdate)' <<<"$rule")" \
	"$GUESSER 600"
same "and says why" "$(jq -r .reason <<<"$rule" | sed 's/[0-9a-f]\{16\}/ID/; s/: [0-9].*//')" \
	"automation of brute, incident ID, both judges in two windows"
same "what may be forged is held to a rate, as narrowly as can be" "$(api rules | jq -c '.items[] | select(.verb == "limit") | [.what, .rate_up]')" \
	"[\"src.ip = $FORGED and dst.ip = $SERVER\",256000]"
recorded "the record tells who did it" '[.items[] | select(.by == "automation") | [.act, .ok]] | unique' \
	'[["rule",false],["rule",true]]'
counted() { [ "$(counter automation_blocks) $(counter automation_limits) $(counter automation_never)" = "1 1 1" ]; }
check "counters tell of all three" wait_for 8 counted
check "it is taken back as any" say undo "$(jq .id <<<"$rule")"
check "... and he is let in" reached_from $GUESSER
check "off is off" say automation off scan external-internal
daemon_stop
start
same "a restart knows what is on" "$(api automation | jq -c '[.switches[] | select(.on) | [.kind, .direction, .seconds]]')" \
	'[["brute","external-internal",600]]'
same "and what was done" "$(api automation | jq -c '[.items[] | select(.on and .rule) | .verb] | sort')" '["block","limit"]'
same "what is kept on the disk is told of" "$(untold_files "$WORK/state")" ""
finish
