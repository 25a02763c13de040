#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 480
# The history of real traffic: each field of a flow that ended is what the API showed, all bytes are
# what the interface's books have, and a restart goes on with it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/history_lib.sh"
need_product
history_lab
start || finish
spawn sink.log b socat -u TCP-LISTEN:9000,fork,reuseaddr OPEN:/dev/null
wait_for 5 listening b 9000
spawn long.log a python3 -c 'import socket, time
long = socket.create_connection(("10.9.0.2", 9000))
while True:
    long.send(b"a line\n")
    time.sleep(0.5)'
long=$spawned
web 20
in_ns a ping -q -c 3 -i 0.1 10.9.0.2 >/dev/null
in_ns a timeout 5 openssl s_client -connect 10.9.0.2:80 -servername history.lab.test </dev/null >/dev/null 2>&1
in_ns a sh -c 'echo x | timeout 1 socat -u - UDP:10.9.0.2:9999'
check "ends are written" wait_for 20 written 21

same "the health knows of it" "$(api health | jq -r '.history | "\(.on) \(.works) \(.reason) \(.rows >= 21) \(.bytes > 8192) \(.keeps.flows_s)"')" \
	"true true null true true 604800"
check "... and so does status" sh -c "'$FLOWBPF' status --socket '$socket' | grep -qE '^ *history +[0-9,]+ rows since 20.*, .*B of 4.00 GB'"
same "... and of what each kind holds, of how much" \
	"$(api health | jq -c '.history | [.kinds[].kind], (.kinds[0] | [.bytes > 8192, .bytes_max, .age_max_s, .cut])' | paste -sd' ')" \
	'["flows","seconds","minutes","hours","log"] [true,2000000000,604800,null]'
check "... and so does status" sh -c "'$FLOWBPF' status --socket '$socket' | grep -qE '^ *flows +.*B of 2.00 GB, since 20'"

# --- each field, as the API shows it ----------------------------------------------------------------
api 'flows?live=both&limit=1000&fields='"$(api fields | jq -r '[.items[].name] | join(",")')" >"$WORK/shown.json"
cat >"$WORK/compare.py" <<'END'
import datetime, json, re, socket, sqlite3, sys

db = sqlite3.connect("file:%s/history.db?mode=ro" % sys.argv[1], uri=True)
db.row_factory = sqlite3.Row
fields = re.findall(r'^(FIELD|LIST)\((\w+), "([^"]+)", (\w+),(.*)\)$', open("user/flow/fields.def").read(), re.M)
rows = {"%016x" % (row["id"] & (1 << 64) - 1): row for row in db.execute("SELECT * FROM flows WHERE part = 0")}
kept = next(iter(rows.values())).keys()
words = {}


def text(kind, name, type_, rest, value):
    if value is None:
        return None
    if kind == "LIST":
        return ",".join(value.strip("\x1f").split("\x1f"))
    if type_ == "IP":
        return socket.inet_ntoa(value.to_bytes(4, "big")) if isinstance(value, int) else socket.inet_ntop(socket.AF_INET6, value)
    if type_ == "TIME":
        moment = datetime.datetime.fromtimestamp(value // 1000, datetime.timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (value % 1000)
    if type_ == "ID":
        return "%016x" % (value & (1 << 64) - 1) if name == "id" else str(value)
    if type_ == "BOOL":
        return bool(value)
    if ".decimals" in rest:
        return value / 10 ** int(re.search(r"decimals = (\d)", rest).group(1))
    return value


wrong, compared, flows, names = [], 0, 0, set()
for shown in json.load(open(sys.argv[2]))["items"]:
    row = rows.get(shown["id"])
    if row is None:
        continue
    flows += 1
    for kind, c_id, name, type_, rest in fields:
        if c_id not in kept:
            continue
        want, got = shown[name], text(kind, name, type_, rest, row[c_id])
        if isinstance(want, list):
            want = ",".join(want) or None
        if type_ == "ENUM" and isinstance(got, int):
            # a number a word, and back
            if words.setdefault((name, got), want) != want or [k for k, v in words.items() if k[0] == name and v == want] != [(name, got)]:
                wrong.append("%s: %s is %s and %s" % (name, got, want, words[name, got]))
        elif got != want and not (isinstance(want, float) and abs(got - want) < 1e-9):
            wrong.append("%s of %s: %r for %r" % (name, shown["id"], got, want))
        compared += 1
        if want is not None:
            names.add(name)
missing = [name for kind, c_id, name, type_, rest in fields if c_id not in kept and ", T" not in rest and "|T" not in rest]
print("# %d values of %d flows, %d fields with a value; not kept: %s" % (compared, flows, len(names), " ".join(missing)))
print("\n".join(wrong[:10]))
sys.exit(bool(wrong) or flows < 21 or len(names) < 40)
END
check "every field of an ended flow is what the API showed" python3 "$WORK/compare.py" "$state" "$WORK/shown.json"
sed -n 's/^# //p' "$WORK/check.out" | while read -r line; do note "$line"; done

# --- a long one, and what all add up to -------------------------------------------------------------
part_of_long() { asked "SELECT count(*) FROM flows WHERE part = 1 AND dst_port = 9000" -ge 1; }
check "a flow that lives is told by the minute" wait_for 140 part_of_long
web 5
kill "$long"
wait_for 5 ended "$long"
tick 3
passed() { in_ns a ip -s -j link show eth0 | jq '.[0].stats64 | .rx.packets + .tx.packets'; }
totals() { api health | jq '[.interfaces[] | .row_bytes.rx + .row_bytes.tx] | add'; }
before=$(passed)
tick
shown=$(totals)
daemon_stop
if [ "$(passed)" = "$before" ]; then
	same "the sum of what its rows add is what the interface's flows have" \
		"$(ask 'SELECT sum(d_bytes_up) + sum(d_bytes_down) FROM flows')" "$shown"
	same "... and so do sums over time, of each step by each field" \
		"$(ask 'SELECT DISTINCT sum(bytes_up) + sum(bytes_down) FROM rollup GROUP BY step, by')" "$shown"
else
	skip "sums are what the interface's flows have" "something else sent packets meanwhile"
fi
same "one end each" "$(ask 'SELECT count(*) FROM flows WHERE part = 0 GROUP BY id HAVING count(*) > 1')" ""
windows=$(ask 'SELECT max(id) FROM window')

# --- restart ----------------------------------------------------------------------------------------
start || finish
check "windows go on with their numbers" [ "$(api windows | jq .current.id)" -gt "$windows" ]
check "... and those of the last run are shown" [ "$(api windows | jq '.items | length')" -ge "$windows" ]
check "... of any time, asked of the history" [ "$(api 'windows?since=-1h' | jq '.items | length')" -ge "$windows" ]
same "... behind one" "$(api "windows?since=-1h&after=$((windows - 2))" | jq -c '[.items[0:2][].id]')" "[$((windows - 1)),$windows]"
same "... with a time that is none: 400" "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$socket" 'http://localhost/api/v1/windows?since=once')" 400
id=$(flows 'live = any' 2>/dev/null | jq -r '.[0].id // empty')
curl -sS -o /dev/null -m 10 --unix-socket "$socket" -X DELETE -H 'X-Flowbpf-CSRF: 1' "http://localhost/api/v1/flows/${id:-0000000000000001}?reason=a+test"
check "what an operator did is kept with its reason" \
	wait_for 10 asked "SELECT count(*) FROM audit WHERE act = 'forget' AND reason = 'a test'" = 1
check "... and the log" asked "SELECT count(*) > 3 FROM event" = 1
same "what is kept on the disk is told of" "$(untold_files "$state")" ""
finish
