#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 400
# Alerts by rules on real traffic, told to real peers: a web server in every form, a mail server that wants
# TLS and a login, rsyslog by UDP, TCP, TLS and /dev/log. Receivers that are down and come back, a restart between,
# a link that goes down and hides what it explains, silences on record, names that want to be more than text.
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
hook=$WORK/hook.out mail=$WORK/mail.out
user=$(id -u flowbpf 2>/dev/null || echo 65534)
mkdir -m 755 "$WORK/etc"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
	-keyout "$WORK/key.pem" -out "$WORK/etc/ca.pem" 2>/dev/null
echo hush-token >"$WORK/etc/token"
echo hush-password >"$WORK/etc/password"
echo http://127.0.0.1:8070/200/hush-url >"$WORK/etc/url"
printf '#!/bin/sh\necho "$2,$(id -un) $(cat)" >>"$1"\n' >"$WORK/etc/page"
chmod 755 "$WORK/etc/page"
mkdir -m 777 "$WORK/paged"
chmod 600 "$WORK"/etc/token "$WORK"/etc/password "$WORK"/etc/url
web() { spawn web.log a python3 tests/lab/receivers.py http 8070 "$hook" && web=$spawned && wait_for 10 listening a 8070; }
web
spawn tlsweb.log a python3 tests/lab/receivers.py http 8071 "$hook" "$WORK/etc/ca.pem" "$WORK/key.pem"
spawn mail.log a python3 tests/lab/receivers.py smtp 2525 "$mail" "$WORK/etc/ca.pem" "$WORK/key.pem" gw hush-password
check "the receivers listen" eval 'wait_for 10 listening a 8071 && wait_for 10 listening a 2525'

# --- rsyslog, if it is here ---------------------------------------------------------------------------
wrap=() logs=()
tls_input() { # what takes TLS, where its driver is installed
	compgen -G '/usr/lib/*/rsyslog/lmnsd_gtls.so' >/dev/null || return 0
	cat <<-CONF
		global(DefaultNetstreamDriverCAFile="$WORK/etc/ca.pem" DefaultNetstreamDriverCertFile="$WORK/etc/ca.pem"
			DefaultNetstreamDriverKeyFile="$WORK/key.pem")
		module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
		input(type="imtcp" address="127.0.0.1" port="5142")
	CONF
}
if command -v rsyslogd >/dev/null; then
	mkdir -m 755 "$WORK/dev"
	for i in null:3 zero:5 urandom:9; do mknod -m 666 "$WORK/dev/${i%:*}" c 1 "${i#*:}"; done
	cat >"$WORK/rsyslog.conf" <<-CONF
		module(load="imuxsock" SysSock.Use="off") module(load="imudp") module(load="imptcp")
		input(type="imuxsock" Socket="$WORK/dev/log")
		input(type="imudp" address="127.0.0.1" port="5140")
		input(type="imptcp" address="127.0.0.1" port="5141")
		template(name="t" type="string" string="%inputname% %app-name% %msgid% %pri% %msg%\n")
		$(tls_input)
		*.* action(type="omfile" file="$WORK/rsyslog.out" template="t")
	CONF
	spawn rsyslog.log a rsyslogd -n -f "$WORK/rsyslog.conf" -i "$WORK/rsyslog.pid"
	check "rsyslog listens" wait_for 10 listening a 5141
	logs=(--sender "cef: syslog udp:127.0.0.1:5140 format=cef" --sender "eve: syslog tcp:127.0.0.1:5141 format=eve"
		--sender "local: syslog local")
	[ -z "$(tls_input)" ] || logs+=(--sender "tls: syslog tls:localhost:5142 ca=$WORK/etc/ca.pem")
	wrap=(unshare -m sh -c "mount --bind '$WORK/dev' /dev && exec \"\$@\"" -)
fi

# --- rules and senders --------------------------------------------------------------------------------
rules=(--alert 'busy: dst.port=7777 and dst.ip=10.9.0.2 | flows > 2 by src.ip for 2s severity critical repeat 1h'
	--alert 'names: tls.sni~"*" | new by tls.sni window 1s severity info'
	--alert 'gone: proto=icmp | absent > 3s'
	--alert 'new-device: new-device window 1s severity info'
	--alert 'interface-down: down for 2s severity critical' --alert 'losses: off')
at=http://127.0.0.1:8070/200
hooks=(--sender "json: webhook $at/json token-file=$WORK/etc/token" --sender "am: webhook $at/api/v2/alerts format=alertmanager"
	--sender "slack: webhook $WORK/etc/url format=slack"
	--sender "page: command $WORK/etc/page arg=$WORK/paged/out arg=--now severity=critical"
	--sender "mail: mail smtp://localhost:2525 from=gw@lab.test to=ops@lab.test,night@lab.test user=gw password-file=$WORK/etc/password ca=$WORK/etc/ca.pem severity=warning")
start() {
	socket=$WORK/socket.${#pids[@]}
	spawn daemon.log a "${wrap[@]}" "$FLOWBPF" attach eth0 --listen none --socket "$socket" --state "$WORK/state" \
		"${rules[@]}" "${hooks[@]}" "${logs[@]}"
	daemon=$spawned daemons+=("$spawned")
	wait_for 20 api health
}
check "the daemon starts" start
same "ready rules are there, and ours in their place" \
	"$(api alert-rules | jq -r '[.items[] | select(.source == "ready").name] | sort | join(" ")')" "conntrack disk risk-high"
told() { jq -c --arg p "$1" 'select(.path == "/200/" + $p).body | fromjson' "$hook" 2>/dev/null; }           # PATH
told_of() { told json | jq -c --arg r "$1" --arg s "$2" 'select(.rule == $r and .state == $s)'; } # RULE STATE
is_told() { told_of "$1" "$2" | grep -q .; }
state_of() { api alerts | jq -r --arg r "$1" '[.items[] | select(.rule == $r).state] | join(" ")'; }
state_is() { [ "$(state_of "$1")" = "$2" ]; }

# --- an alert comes, is told once, and ends -----------------------------------------------------------
spawn server.log b socat TCP-LISTEN:7777,fork,reuseaddr,bind=10.9.0.2 SYSTEM:"sleep 600"
wait_for 10 listening b 7777
tick 4
clients=()
connect() { # PORT: connections that stay
	local i
	for i in 1 2 3; do
		spawn client.log a socat -u "TCP:10.9.0.2:$1" -
		clients+=("$spawned")
	done
}
connect 7777
check "it waits first" wait_for 20 state_is busy pending
check "... then it fires, and a webhook is told" wait_for 30 is_told busy firing
one=$(told_of busy firing)
same "with rule, key, severity and what is the matter" "$(jq -r '[.key, .severity, .sentence, .others] | join(", ")' <<<"$one")" \
	"10.9.0.1, critical, flows 3, above 2, 0"
same "the token came with it" "$(jq -r 'select(.path == "/200/json").auth' "$hook" | sort -u)" "Bearer hush-token"
same "Alertmanager's API has it" \
	"$(wait_for 10 eval 'told api/v2/alerts | grep -q busy'; told api/v2/alerts | jq -r '.[] | select(.labels.alertname == "busy") | [.labels.key, .labels.severity, (.startsAt | fromdateiso8601? // "time"), has("endsAt")] | join(" ")' | sed 's/ [0-9]* / time /')" \
	"10.9.0.1 critical time false"
paged() { [ "$(sed 's/ .*//' "$WORK/paged/out" | sort -u)" = "--now,nobody" ]; }
check "a command that was asked for has it, as nobody" wait_for 10 paged
same "... what comes of it as a line" "$(sed 's/^[^ ]* //' "$WORK/paged/out" | jq -r 'select(.rule == "busy") | [.key, .state, .sentence] | join(" ")')" "10.9.0.1 firing flows 3, above 2"
mail_of() { jq -c --arg r "$1" 'select(.subject | contains($r))' "$mail" 2>/dev/null; }
has_mail() { mail_of "$1" | grep -q .; }
check "a mail is there" wait_for 20 has_mail busy
same "by TLS, with a login, to both" "$(mail_of busy | jq -r '[.user, .tls, .to[]] | join(" ")')" "gw true TO:<ops@lab.test> TO:<night@lab.test>"
same "its subject says it" "$(mail_of busy | jq -r .subject)" "[critical] busy 10.9.0.1: flows 3, above 2"
check "its text has it, too" eval "mail_of busy | jq -r .text | grep -q 'flows 3, above 2'"
tick 4
same "nobody is told twice" "$(told_of busy firing | wc -l) $(mail_of busy | wc -l)" "1 1"
"$FLOWBPF" alerts --socket "$socket" >"$WORK/table"
check "flowbpf alerts shows it" grep -qE '^firing +critical +busy +10.9.0.1 +flows 3, above 2' "$WORK/table"
if [ -n "${logs[*]}" ]; then
	log_of() { sed -n "s/^$1 flowbpf $2 *//p" "$WORK/rsyslog.out" | grep busy; }
	check "rsyslog has it as CEF by UDP" wait_for 10 log_of imudp "alert 26"
	same "... as a SIEM reads it" "$(log_of imudp "alert 26" | sed 's/^CEF/CEF/; s/rt=[0-9]* start=[0-9]* externalId=[0-9a-f]*/TIMES/; s/dvchost=[^ ]* //')" \
		"CEF:0|flowbpf|flowbpf|$("$FLOWBPF" version | grep -o '[0-9][0-9.]*' | head -1)|busy|flows 3, above 2|9|TIMES act=firing cs1=10.9.0.1 cs1Label=key"
	check "... as EVE by TCP" wait_for 10 log_of imptcp "alert 26"
	same "... as Suricata writes alerts" "$(log_of imptcp "alert 26" | jq -r '[.event_type, .alert.signature, .alert.category, .alert.severity] | join(", ")')" \
		"alert, flows 3, above 2, busy, 1"
	check "... and as JSON by /dev/log" wait_for 10 log_of imuxsock "- 26"
	if [ -n "$(tls_input)" ]; then
		check "... and by TLS, whose certificate is vouched for" wait_for 10 log_of imtcp "alert 26"
		same "... as our own object" "$(log_of imtcp "alert 26" | jq -r '[.rule, .key, .state] | join(", ")')" "busy, 10.9.0.1, firing"
	else
		skip "... and by TLS" "rsyslog-gnutls is not installed"
	fi
else
	skip "rsyslog takes it by UDP, TCP and /dev/log" "rsyslog is not installed"
fi
kill "${clients[@]}"
check "it is over, which is told" wait_for 60 is_told busy resolved
check "... to Alertmanager by its end" wait_for 20 eval 'told api/v2/alerts | jq -e ".[] | select(.labels.alertname == \"busy\" and has(\"endsAt\"))"'

# --- names of strangers are text ------------------------------------------------------------------------
evil='x|y=z\.<!channel>*b*<https://e.test|l>'
in_ns b timeout 60 socat TCP-LISTEN:443,fork,reuseaddr SYSTEM:"sleep 1" &
pids+=($!)
wait_for 10 listening b 443
in_ns a timeout 2 openssl s_client -connect 10.9.0.2:443 -servername "$evil" </dev/null >/dev/null 2>&1
check "a name that is new is told" wait_for 30 is_told names firing
key=$(told_of names firing | jq -r .key | tail -1)
check "... as it was seen: $key" [ "${key:0:6}" = 'x|y=z\' ]
same "Slack has it in plain text, and its fallback escaped" \
	"$(wait_for 10 eval 'told hush-url | grep -q names'; told hush-url | jq -r 'select(.text | contains("names")) | [.blocks[0].text.type, (.text | test("[<>]")), (.text | test("&lt;!channel&gt;"))] | join(" ")' | tail -1)" \
	"plain_text false true"
if [ -n "${logs[*]}" ]; then
	cef_names() { grep '^imudp' "$WORK/rsyslog.out" | grep '|names|'; }
	check "CEF has it" wait_for 10 cef_names
	check "... with its bars and equal signs escaped" eval "cef_names | grep -qF 'cs1=x|y\=z'"
fi

# --- a silence, on record -------------------------------------------------------------------------------
"$FLOWBPF" alert silence busy --for 10m --key 10.9.0.1 --reason "a test of load" --socket "$socket" >"$WORK/out" 2>&1
same "an alert is silenced" "$? $(cat "$WORK/out")" "0 alerts of busy are not told for 600 s"
recorded "that is on the record of acts" '.items[] | select(.act == "silence") | [.target, .reason, .ok] | join("; ")' \
	"alerts of busy about 10.9.0.1, 600 s; a test of load; true"
clients=()
connect 7777
silent() { api alerts | jq -e '.items[] | select(.rule == "busy" and .state == "firing" and .silent == "silenced" and (.told | not))'; }
check "it fires, and is not told" wait_for 30 silent
tick 3
same "... to nobody" "$(told_of busy firing | wc -l)" 1
"$FLOWBPF" alert unsilence busy --key 10.9.0.1 --socket "$socket" >/dev/null
twice() { [ "$(told_of busy firing | wc -l)" = 2 ]; }
check "when it may be told again, what still fires is told" wait_for 20 twice
"$FLOWBPF" alert unsilence busy --socket "$socket" >"$WORK/out" 2>&1
same "a silence that is not there is told so" "$? $(grep -c 'no such silence' "$WORK/out")" "1 1"
"$FLOWBPF" alert silence nosuchrule --socket "$socket" >"$WORK/out" 2>&1
same "so is a rule that is not there" "$? $(grep -c 'no such silence, rule' "$WORK/out")" "1 1"

# --- rules that are made while it runs --------------------------------------------------------------------
rule() { "$FLOWBPF" alert "$@" --socket "$socket" 2>&1; }
refused() { # STATUS WHAT METHOD PATH BODY
	same "$2 is refused" "$(in_ns a curl -s -o "$WORK/answer" -w '%{http_code}' --unix-socket "$socket" -X "$3" -H 'Content-Type: application/json' \
		"http://x/api/v1/alert-rules$4" -d "$5")" "$1"
}
same "a rule is made" "$(rule add 'many: dst.port=7777 | flows > 2 by src.ip' --reason "a test")" "many is made"
check "... it fires, and is told" wait_for 20 is_told many firing
recorded "that is on the record of acts" '.items[] | select(.act == "alert-rule") | [.target, .reason, .ok] | join("; ")' \
	"add many: dst.port=7777 | flows > 2 by src.ip; a test; true"
same "... and on the list, as text and as words" \
	"$(api alert-rules | jq -r '.items[] | select(.name == "many") | [.source, .rule, .words.filter, .words.limit, .words.by] | join("; ")')" \
	"made; many: dst.port=7777 | flows > 2 by src.ip; dst.port=7777; 2; src.ip"
same "it is removed" "$(rule remove many)" "many is removed"
check "... which ends what fired, and is told" wait_for 10 is_told many resolved
same "... and why" "$(told_of many resolved | jq -r .sentence)" "its rule was removed"
refused 400 "a rule that does not parse" POST "" '{"rule": "x: dst.prt=1 | flows > 2"}'
same "... with the place" "$(jq -r '.errors[0] | "\(.offset) \(.length)"' "$WORK/answer")" "3 7"
refused 409 "a change of the config's" PUT /named/busy '{"rule": "busy: flows > 5"}'
refused 409 "a second one of a name" POST "" '{"name": "busy", "measure": "flows", "than": ">", "limit": "5"}'
refused 404 "one that is not there" DELETE /named/nobody ''
rule add 'kept: dst.port=7777 | flows > 900' >/dev/null
same "a ready one is switched off" "$(rule off disk)" "disk is off"

# what fires over a restart is over a minute later at the soonest: this is before it
spawn ping.log b ping -q -i 0.5 10.9.0.1
check "what was not there is over" wait_for 20 state_is gone resolved

# --- a receiver that is down, a restart between ---------------------------------------------------------
kill "$web" && wait_for 10 ended "$web"
kill "${clients[@]}"
waits() { api alerts | jq -e '.senders[] | select(.name == "json" and .waiting > 0 and .error != null)'; }
check "without a receiver the end of it waits, and is seen" wait_for 60 waits
check "flowbpf alerts says so" eval "'$FLOWBPF' alerts --socket '$socket' 2>&1 | grep -q '^sender json waits with .*Connection refused'"
same "what waits is on the disk, for the daemon's user alone" "$(stat -c '%u %a' "$WORK/state/alerts.spool")" "$user 600"
check "... whole" grep -q '"rule":"busy"' "$WORK/state/alerts.spool"
before=$(told_of busy resolved | wc -l)
daemon_stop
same "the daemon ends in time" $? 0
check "it starts again" start
check "it knows what waited" wait_for 20 waits
same "... and the rules that were made" \
	"$(api alert-rules | jq -r '[(.items[] | select(.source == "made").name), (.off[] | "\(.name) \(.by)")] | join(", ")')" \
	"kept, losses config, disk made"
web
again() { [ "$(told_of busy resolved | wc -l)" -gt "$before" ]; }
check "when the receiver is back, it is told" wait_for 120 again
drained() { [ "$(api alerts | jq '[.senders[].waiting] | add')" = 0 ]; }
check "... and nothing waits any more" wait_for 60 drained
same "once" "$(told_of busy resolved | wc -l)" $((before + 1))

# --- a device, and a link that goes down -----------------------------------------------------------------
tick 3
ip -n "$TAG-b" link set eth0 address 02:00:00:00:ab:cd
in_ns b ping -q -c 3 -i 0.2 10.9.0.1 >/dev/null
new_device() { told_of new-device firing | grep -q '02:00:00:00:ab:cd'; }
check "a new device is told" wait_for 60 new_device
check "what is there is not absent after a start" wait_for 20 state_is gone ''
before=$(told_of gone firing | wc -l)
ip -n "$TAG-b" link set eth0 down
check "an interface that is down is told" wait_for 30 is_told interface-down firing
same "by its name" "$(told_of interface-down firing | jq -r '"\(.key): \(.sentence)"' | tail -1)" "eth0: interface eth0 is down"
explained() { api alerts | jq -e '.items[] | select(.rule == "gone" and .state == "firing" and .silent == "its interface is down")'; }
check "what it explains fires" wait_for 30 explained
same "... and is not told" "$(told_of gone firing | wc -l)" "$before"
ip -n "$TAG-b" link set eth0 up
check "... and that it is up again" wait_for 60 is_told interface-down resolved

# --- tests of senders, what they are refused -------------------------------------------------------------
sender_test() { "$FLOWBPF" alert test "$1" --socket "$socket" 2>&1; }
same "a sender is tested" "$(sender_test mail)" "mail took the message"
check "... and the test came" wait_for 10 has_mail '[test]'
same "one that is not there" "$(sender_test nobody)" 'flowbpf: there is no sender "nobody"'
daemon_stop
logs=() wrap=()
hooks=(--sender "https: webhook https://localhost:8071/200/secure ca=$WORK/etc/ca.pem" --sender "gone: webhook $at/../404/gone"
	--sender "untrusted: webhook https://localhost:8071/200/never" --sender "moved: webhook http://127.0.0.1:8070/302/moved"
	--sender "who: mail smtp://localhost:2525 from=gw@lab.test to=ops@lab.test user=gw password-file=$WORK/etc/token ca=$WORK/etc/ca.pem"
	--sender "nobody: mail smtp://localhost:2525 from=gw@lab.test to=nobody@lab.test user=gw password-file=$WORK/etc/password ca=$WORK/etc/ca.pem"
	--sender "down: syslog tcp:127.0.0.1:9")
start
same "by HTTPS, whose certificate is vouched for" "$(sender_test https)" "https took the message"
check "... one that is not, waits" eval "sender_test untrusted | grep -q 'it is tried again'"
check "404 is a refusal" eval "sender_test gone | grep -q 'was refused'"
check "a redirect is not followed" eval "sender_test moved | grep -q 'status 302'"
same "... nowhere" "$(told elsewhere | wc -l) $(told never | wc -l)" "0 0"
check "a wrong password waits, with a sentence" eval "sender_test who | grep -q 'who: the login was refused'"
check "who is not known there is a refusal" eval "sender_test nobody | grep -q 'was refused'"
check "nobody who listens" eval "sender_test down | grep -q 'Connection refused; it is tried again'"
counted() { [ "$(api health | jq -r '.counters.alerts_refused | "\(.value) \(.loss)"')" = "2 true" ]; }
check "what was refused is a counter, and a loss" wait_for 5 counted
check "no secret is in log, answers or metrics" eval "! { cat '$WORK/daemon.log'; api alerts; api alert-rules; api health; api log; api audit; } | grep -q hush"
daemon_stop

# --- what is refused at the start -------------------------------------------------------------------------
for i in "--alert|x: flows > many|no limit of flows" "--alert|x: nothing > 3|there are rate, bytes" \
	"--sender|x: webhook /no/such|/no/such: No such file" "--sender|x: pigeon coop|none of webhook, mail, syslog"; do
	IFS='|' read -r option value wanted <<<"$i"
	in_ns a timeout 10 "$FLOWBPF" attach eth0 --listen none --socket "$WORK/refused" "$option" "$value" >"$WORK/out" 2>&1
	same "$option \"$value\" is refused with a sentence" "$? $(grep -cF -- "$wanted" "$WORK/out")" "1 1"
done
same "what is kept on the disk is told of" "$(untold_files "$WORK/state")" ""
finish
