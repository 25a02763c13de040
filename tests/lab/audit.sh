#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 180
# The record of acts: real ones by command line, token, page and timer; who may read it; over restarts,
# kills and a full disk; and what "audit verify" says when somebody was at the files.
. "$(dirname "$0")/lib.sh"
need_product
lab_router || ok_if 1 "the lab is there"
spawn echo.log s socat -t 60 TCP-LISTEN:7002,fork,reuseaddr PIPE
wait_for 5 listening s 7002
for port in 41001 41002 41003 41004; do
	spawn client.log c socat -t 60 EXEC:'sleep 170' "TCP:198.51.100.2:7002,sourceport=$port"
done
# A small file system is a disk that gets full.
mkdir "$WORK/disk"
mount -t tmpfs -o size=256k,mode=755 tmpfs "$WORK/disk" || ok_if 1 "a small file system"
trap 'umount -l "$WORK/disk"; clean_up' EXIT
state=$WORK/disk/state
printf 'operator anna operator-token-1234567\nviewer viewer-token-1234567890\n' >"$WORK/tokens"
chmod 600 "$WORK/tokens"
printf 'internal = 10.0.0.0/8\n' >"$WORK/conf"
start() { daemon_start r lan -- --max-flows 4096 --history off --state "$state" --token-file "$WORK/tokens" --config "$WORK/conf"; }
start || finish
four() { [ "$(flows 'src.port in (41001, 41002, 41003, 41004) and conntrack.state = ESTABLISHED' | jq length)" = 4 ]; }
check "the connections are there" wait_for 10 four

# --- acts by all doors ----------------------------------------------------------------------------
cli() { "$FLOWBPF" "$@" --socket "$socket"; }
web() { # METHOD PATH [CURL-OPTION...]
	in_ns r curl -sS -m 10 -X "$1" -H "X-Flowbpf-CSRF: 1" "http://127.0.0.1:8080/api/v1/$2" "${@:3}"
}
operator="Authorization: Bearer operator-token-1234567"
id_of() { flow "src.port=$1" .id; }
check "an act by the command line" cli forget "$(id_of 41001)" --reason 'stale "mapping"'
web DELETE "flows/$(id_of 41002)?reason=by+token" -H "$operator" >"$WORK/out"
login=$(cli login)
web POST session -c "$WORK/jar" --json "{\"token\":\"${login#*=}\"}" >"$WORK/out"
web DELETE "flows/$(id_of 41003)?reason=by+page" -b "$WORK/jar" -H "Sec-Fetch-Site: same-origin" >"$WORK/out"
check "a dry run" cli forget --filter 'src.port = 41004' --dry-run
check "many" cli forget --filter 'src.port = 41004' --yes --reason 'all of it'
web DELETE "flows?live=both&at_most=0&reason=blind" -H "$operator" >"$WORK/out"
web PUT hosts/10.0.1.2/name -H "$operator" --json '{"name":"client"}' >"$WORK/out"
printf 'internal = 10.0.0.0/8\ninternal = 198.51.100.0/24\n' >"$WORK/conf"
kill -HUP "$daemon"
acts() { api audit | jq -r '.items[] | '"$1"; }
has() { [ "$(acts .seq | wc -l)" -ge "$1" ]; } # N
check "all of them are on record" wait_for 10 has 9
same "what, how it ended, dry or not" "$(acts '"\(.act) \(.dry_run) \(.ok) \(.result)"')" 'forget false true done
forget false true done
forget false true done
forget true true shown, not done
forget true true shown, not done
forget false true done, 1 entries
forget false false more match than were shown
name false true done
reload false true done'
same "by what, and in which role" "$(acts '"\(.by) \(.role)"')" 'cli admin
api operator
page admin
cli admin
cli admin
cli admin
api operator
api operator
config null'
same "... and by whom, as far as that is known" "$(acts '.user // "-"' | xargs)" "uid 0 anna - uid 0 uid 0 uid 0 anna anna -"
same "why" "$(acts '.reason // "-"' | sed -n '1,4p;6p')" 'stale "mapping"
by token
by page
-
all of it'
same "whom" "$(acts .target | sed -n '1,4p;6p')" "$(printf '%s\n' 41001 41002 41003 | sed 's/.*/10.0.1.2:& > 198.51.100.2:7002 tcp/')
flows that match \"src.port=41004\"
flows that match \"src.port=41004\""
same "what was seen before" "$(acts '.preview | if . then "\(.flows) \(.entries)" else empty end' | head -3 | xargs)" "1 1 1 1 1 1"
same "from where" "$(acts '.peer // "-" | sub("[0-9]+$"; "N")' | sed -n '1p;2p;9p' | xargs)" "pid N 127.0.0.1:N SIGHUP"
same "a viewer does not read it" "$(web GET audit -H "Authorization: Bearer viewer-token-1234567890" | jq -r .status)" 403
same "... nor who has no login of his own" "$(web GET audit | jq -r .status)" 403
same "only what is new" "$(api "audit?after=8" | jq -r '.items[].act') $(api "audit?since=1h" | jq '.items | length')
$(api "audit?since=2099-01-01" | jq '.items | length')" "reload 9
0"
same "a time that is none: 400" "$(curl -s --unix-socket "$socket" "http://localhost/api/v1/audit?since=soon" | jq .status)" 400
same "the command line shows it" "$(cli audit | grep -c 'forget\|name\|reload') $(cli audit --json | jq '.items | length')" "9 9"
check "... since a while ago" cli audit --since 1h

# --- on the disk ----------------------------------------------------------------------------------
written() { [ "$(api audit | jq '.written == .head.seq and .kept')" = true ]; }
check "the disk has it" wait_for 5 written
verify() { "$FLOWBPF" audit verify --state "$state" "$@" 2>&1; }
head_is() { api audit | jq -r '"head \(.head.seq):\(.head.hash)"'; }
same "it is whole, and its head is the daemon's" "$(verify | head -1)
$(verify | tail -1)" "9 acts, lines 1 to 9: each follows the one before
$(head_is)"
same "sha256sum follows it" "$(sed -n 8p "$state/audit.ndjson" | tr -d '\n' | sha256sum | cut -d' ' -f1)" \
	"$(sed -n 9p "$state/audit.ndjson" | jq -r .prev)"
same "others do not read it" "$(stat -c %a "$state/audit.ndjson" "$state/audit.head" | xargs)" "600 600"
early=$(verify | sed -n 's/^head //p')
daemon_stop KILL
start || finish
check "after a kill it goes on" cli forget --filter 'src.port = 1' --dry-run
check "... in the same chain" wait_for 5 eval 'written && verify | grep -q "^10 acts, lines 1 to 10"'
same "... and shows what was before" "$(acts .seq | xargs)" "1 2 3 4 5 6 7 8 9 10"
check "... behind the head that was kept" verify --head "$early"
same "--head has to be one" "$(verify --head 7 >/dev/null; echo $?)" 2

# --- a full disk ----------------------------------------------------------------------------------
head -c 1M /dev/zero >"$WORK/disk/fill" 2>/dev/null
check "with a full disk acts are done all the same" cli forget --filter 'src.port = 2' --dry-run
failing() { [ "$(api audit | jq -r .failing)" = "No space left on device" ]; }
check "... and it is told" wait_for 10 failing
tick
same "... by status, log and command line" "$(cli status | grep -c 'acts are not on record: No space left') \
$(grep -c 'cannot keep the record of acts: No space left' "$WORK/daemon.log") $(cli audit 2>&1 >/dev/null | grep -c 'not on the disk: No space left')" "1 1 1"
check "... counted, and no loss yet" eval '[ "$(counter audit_failures)" -ge 1 ] && [ "$(counter audit_lost)" = 0 ]'
rm "$WORK/disk/fill"
check "when there is room it is on the disk" wait_for 15 eval 'written && verify | grep -q "^11 acts, lines 1 to 11"'
daemon_stop
same "all is whole after the end" "$(verify | head -1)" "11 acts, lines 1 to 11: each follows the one before"

# --- somebody was at it ---------------------------------------------------------------------------
cp -a "$state" "$WORK/copy"
tampered() { # TEXT PATTERN SED-SCRIPT: of the record
	cp -a "$WORK/copy/." "$state/"
	sed -i "$3" "$state/audit.ndjson"
	local out
	out=$(verify)
	same "$1" "$? $(grep -c "$2" <<<"$out")" "1 1" || note "$out"
}
tampered "another reason" "audit.ndjson:2: line 2 was changed" '2s/by token/by chance/'
tampered "another role" "audit.ndjson:7: line 7 was changed" '7s/operator/viewer/'
tampered "a line less" "audit.ndjson:4: lines 4 to 4 were cut out" 4d
tampered "two lines exchanged" "audit.ndjson:4: line 5 stands before line 4" '4{h;d};5G'
tampered "the end cut off" "lines 11 to 11 were cut off" '$d'
tampered "the begin cut off" "lines 1 to 2 are missing" 1,2d
tampered "all of it" "lines 1 to 11 were cut off" d
cp -a "$WORK/copy/." "$state/"
rm "$state/audit.head"
same "without its head it says what cannot be told" "$(verify | grep -c 'cut at the end cannot be seen')" 1
same "... a file that is named is followed, the rest told" "$("$FLOWBPF" audit verify "$state/audit.ndjson" | wc -l)" 3
cp -a "$WORK/copy/." "$state/"
sed -i '$d' "$state/audit.ndjson"
start || finish
check "a daemon that finds it cut says so" wait_for 5 grep -q 'ends before line 11, which was written' "$WORK/daemon.log"
check "... on record, too" wait_for 5 eval '[ "$(acts .act | tail -1)" = audit ]'
same "... and heals nothing" "$(wait_for 5 written; verify | grep -c 'lines 11 to 11 were cut out')" 1
daemon_stop

daemon_start r lan -- --max-flows 4096 --state none || finish
check "without a state folder" cli forget --filter 'src.port = 1' --dry-run
check "... acts are in memory" wait_for 5 eval '[ "$(api audit | jq -c "[.kept, (.items | length)]")" = "[false,1]" ]'

# --- what was shown, and nothing else -----------------------------------------------------------
connect() { # PORT
	spawn client.log c socat -t 60 EXEC:'sleep 170' "TCP:198.51.100.2:7002,sourceport=$1"
	wait_for 10 flow_is "src.port=$1" .conntrack.state ESTABLISHED
}
check "two connections" eval 'connect 22001 && connect 22002'
post() { curl -sS -m 10 --unix-socket "$socket" "http://localhost/api/v1/$1" --json "$2"; } # PATH BODY
post acts/preview '{"verb":"forget","filter":"src.port >= 22001 and src.port <= 22009"}' >"$WORK/preview"
same "a preview says how many, whose, and of what size" "$(jq -c '[.matched, .entries, .hosts, .left_out, (.sample | length), (.bytes.up > 100), .seconds]' \
	"$WORK/preview")" "[2,2,1,[],2,true,60]"
check "another one comes while one thinks" connect 22003
token=$(jq -c '{token, reason: "as shown"}' "$WORK/preview")
same "those that were shown are deleted" "$(post acts "$token" | jq -c '[.matched, .done, .gone, .failed, .running]')" "[2,2,0,0,false]"
entries() { in_ns r conntrack -L -p tcp 2>/dev/null | grep -oE 'sport=2200[0-9] dport=7002' | sort -u | cut -c7-11 | xargs; }
same "... and the other is left alone" "$(entries)" 22003
same "... once" "$(post acts "$token" | jq -r '"\(.status) \(.code)"')" "410 preview-gone"
check "... on record with what was shown, and why" wait_for 5 eval '[ "$(acts "\"\(.preview.flows) \(.reason) \(.result)\"" | tail -1)" = "2 as shown done, 2 entries" ]'
daemon_stop
finish
