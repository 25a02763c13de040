#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# /metrics, as Prometheus takes it: promtool finds nothing to say, who may scrape, sums are those of the
# books, nothing falls, values of strangers stay text and few; dashboards and alerts name what is there.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_pair
token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "viewer $token" >"$WORK/tokens" && chmod 600 "$WORK/tokens"
socket=$WORK/socket
spawn daemon.log a "$FLOWBPF" attach eth0 --listen 10.9.0.1:8080 --listen 127.0.0.1:8081 --token-file "$WORK/tokens" \
	--socket "$socket" --metrics-top service --metrics-top dst.port --metrics-top src.ip --eve "$WORK/eve.json"
daemon=$spawned daemons+=("$spawned")
check "the daemon starts" wait_for 20 api health

# --- who may scrape -------------------------------------------------------------------------------
scrape() { in_ns a curl -sS -m 10 "$@" http://127.0.0.1:8081/metrics; }
code() { scrape -o /dev/null -w '%{http_code}' "$@"; }
same "nobody without a login" "$(code)" 401
same "a wrong token is none" "$(code -H "Authorization: Bearer ${token}x")" 401
same "a viewer's token does, and this is its type" \
	"$(scrape -o /dev/null -w '%{http_code} %{content_type}' -H "Authorization: Bearer $token")" \
	"200 text/plain; version=0.0.4; charset=utf-8"
same "from another machine as well" \
	"$(in_ns b curl -s -m 5 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" http://10.9.0.1:8080/metrics)" 200
same "it is read only" "$(code -X POST -H "Authorization: Bearer $token" -H 'X-Flowbpf-CSRF: 1')" 405

metrics() { curl -sS -m 10 --unix-socket "$socket" http://localhost/metrics; }
metric() { # NAME [LABEL...]: the sum of the samples that have all these labels
	metrics | awk -v name="$1" -v labels="${*:2}" '
		{ id = $1; sub(/[{ ].*/, "", id) }
		id == name { n = split(labels, want, " "); all = 1
			for (i = 1; i <= n; i++) if (!index($0, want[i])) all = 0
			if (all) { sum += $NF; found = 1 } }
		END { if (found) printf "%.0f\n", sum; else print "none" }'
}

# --- traffic: so many connections, from so many addresses, to ports beyond the cap --------------------
check "frames are sent" in_ns b "$LAB_BIN/frames" eth0 "$(mac a eth0)" udp 2000
in_ns b ping -q -c 20 -i 0.05 10.9.0.1 >/dev/null
still() { local a; a=$(books eth0 rx) && tick && [ "$a" = "$(books eth0 rx)" ]; }
check "then it is quiet" wait_for 30 still
tick
for d in rx tx; do
	read -r packets _ bytes _ < <(books eth0 $d)
	same "$d: packets and bytes are those of the book" \
		"$(metric flowbpf_interface_packets_total "direction=\"$d\"") $(metric flowbpf_interface_bytes_total "direction=\"$d\"")" \
		"$packets $bytes"
	same "$d: those of flows and of causes make up all" "$(($(metric flowbpf_interface_flow_packets_total "direction=\"$d\"") +
		$(metric flowbpf_interface_uncounted_packets_total "direction=\"$d\""))) $((
		$(metric flowbpf_interface_flow_bytes_total "direction=\"$d\"") +
		$(metric flowbpf_interface_uncounted_bytes_total "direction=\"$d\"")))" "$packets $bytes"
done
live_same() {
	[ "$(metric flowbpf_flows_active)" = "$(curl -sS --unix-socket "$socket" 'http://localhost/api/v1/flows?limit=1' | jq .page.total)" ]
}
check "live flows are those of the list" wait_for 10 live_same
# not of TCP: what is in TIME_WAIT is live, and has ended
same "what came and did not end is there" "$(($(metric flowbpf_flows_created_total 'protocol="udp"') -
	$(metric flowbpf_flows_ended_total 'protocol="udp"')))" "$(metric flowbpf_flows_active 'protocol="udp"')"
same "losses are those of the health report" "$(metric flowbpf_losses_total)" \
	"$(api health | jq '[.counters[] | select(.loss) | .value] | add')"
same "... each by its name" "$(metrics | sed -n 's/^flowbpf_losses_total{cause="\([a-z0-9_]*\)"} .*/\1/p' | sort)" \
	"$(api health | jq -r '.counters | to_entries[] | select(.value.loss) | .key' | sort)"
top_has_all() { # FIELD
	[ "$(metric flowbpf_top_bytes_total "dimension=\"$1\"")" = "$(metric flowbpf_interface_flow_bytes_total)" ]
}
for i in service dst.port src.ip; do
	check "bytes by $i are all that moved" wait_for 10 top_has_all $i
done
same "clients beyond the 50 first ones are together" \
	"$(metrics | grep -c '^flowbpf_top_bytes_total{dimension="src.ip"')" 51
check "... and counted: $(metric flowbpf_series_dropped_total)" [ "$(metric flowbpf_series_dropped_total)" -ge 1000 ]
check "all in all they are few: $(metrics | grep -vc '^#') series" [ "$(metrics | grep -vc '^#')" -lt 500 ]
same "the ticks' histogram has as many as its count" "$(metric flowbpf_scan_duration_seconds_bucket 'le="+Inf"')" \
	"$(metric flowbpf_scan_duration_seconds_count)"

# --- nothing that counts falls ----------------------------------------------------------------------
counters() { metrics | awk '/^# TYPE .* (counter|histogram)$/ { type[$3] = 1; next } /^#/ { next }
	{ id = $1; sub(/[{ ].*/, "", id); sub(/_(bucket|sum|count)$/, "", id); if (type[id]) { value = $NF; sub(/ [^ ]*$/, ""); print $0 "\t" value } }' | sort; }
counters >"$WORK/before"
in_ns b "$LAB_BIN/frames" eth0 "$(mac a eth0)" udp 500
tick 3
counters >"$WORK/after"
same "no counter fell, none went" "$(awk -F'\t' 'NR == FNR { was[$1] = $2; next } $1 in was { if ($2 < was[$1]) print $1; delete was[$1] }
	END { for (id in was) print "gone: " id }' "$WORK/before" "$WORK/after")" ""
check "there are more than 100 of them" [ "$(wc -l <"$WORK/before")" -gt 100 ]

# --- the field's own tools ----------------------------------------------------------------------------
named_in() { # FILE: the metrics of expressions in it
	grep -oE '\b(flowbpf|process)_[a-z0-9_]+' "$1" | grep -vE '^flowbpf_(rules|test)$' | sort -u
}
metrics >"$WORK/metrics"
exist() { # FILE: names of it that no sample has
	named_in "$1" | while read -r name; do grep -qE "^${name}[{ ]" "$WORK/metrics" || echo "$name"; done
}
jq -r '.panels[].targets[].expr, .templating.list[].query.query?' user/dist/grafana.json >"$WORK/expressions"
check "the dashboard is JSON with panels" [ "$(wc -l <"$WORK/expressions")" -ge 20 ]
conntrack=$(api health | jq .conntrack.available)
missing() { exist "$1" | { [ "$conntrack" = true ] && cat || grep -v conntrack; }; }
same "every metric of the dashboard is there" "$(missing "$WORK/expressions")" ""
same "every metric of the alerts is there" "$(missing <(grep 'expr:' user/dist/alerts.yml))" ""
same "each panel has a place of its own" "$(jq '[.panels[].gridPos | "\(.x),\(.y)"] | length == (unique | length)' user/dist/grafana.json)" true

if ! command -v promtool >/dev/null; then
	skip "promtool and prometheus" "the package prometheus is not installed"
	daemon_stop
	finish
fi
promtool check metrics <"$WORK/metrics" >"$WORK/out" 2>&1
same "promtool finds nothing to say: status $?" "$(cat "$WORK/out")" ""
cp user/dist/alerts.yml tests/lab/alerts_test.yml "$WORK/"
check "promtool takes the alerts" promtool check rules "$WORK/alerts.yml"
check "each alert comes when it should" promtool test rules "$WORK/alerts_test.yml"
cat >"$WORK/prometheus.yml" <<-YML
	global: {scrape_interval: 1s, evaluation_interval: 1s}
	rule_files: [$WORK/alerts.yml]
	scrape_configs:
	  - job_name: flowbpf
	    authorization: {credentials: $token}
	    static_configs: [{targets: ["10.9.0.1:8080"]}]
YML
check "promtool takes this configuration" promtool check config "$WORK/prometheus.yml"
spawn prometheus.log b prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" --web.listen-address=127.0.0.1:9090
ask() { in_ns b curl -sS -m 5 -G http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // "none"'; }
scraped() { [ "$(ask 'up{job="flowbpf"}')" = 1 ]; }
check "a Prometheus on another machine scrapes it" wait_for 30 scraped
asked=0
while read -r expr; do
	case $expr in label_values* | null | "") continue ;; esac
	expr=${expr//\$__rate_interval/1m}
	in_ns b curl -sS -m 5 -G http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$expr" |
		jq -e '.status == "success"' >/dev/null || note "$expr"
	asked=$((asked + $?))
done < <(sed 's/\$\(instance\|interface\)/.*/g' "$WORK/expressions")
same "it takes every expression of the dashboard" "$asked" 0
flows_told() { [ "$(ask 'sum(flowbpf_flows_created_total)')" = "$(metric flowbpf_flows_created_total)" ]; }
check "it has our counts" wait_for 20 flows_told
daemon_stop
same "SIGTERM: status 0" $? 0

# --- what is refused ----------------------------------------------------------------------------------
for i in nosuch bytes; do
	"$FLOWBPF" attach lo --metrics-top $i >"$WORK/out" 2>&1
	same "--metrics-top $i is refused with a sentence" "$? $(grep -c "takes a field that groups go by.*$i" "$WORK/out")" "2 1"
done
finish
