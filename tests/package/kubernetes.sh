#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# kubernetes/flowbpf.yaml without a cluster: that its parts fit together, and that what its pods run is what they say: the
# program with their arguments, files, probes and capabilities, on Debian's ClickHouse. Twenty seconds.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
python=/usr/bin/python3
$python -c 'import yaml' 2>/dev/null || { skip "manifests" "python3-yaml is not installed: make deps-test" && finish; }
all=$WORK/all.json
same "its parts fit together" "$($python tests/package/image/manifests.py kubernetes/flowbpf.yaml 2>&1 >"$all")" ""
of() { jq -r --arg name "flowbpf-$1" ".[] | select(.metadata.name == \$name and .kind != \"Service\") | (.spec.jobTemplate // .) | .spec.template.spec | $2" "$all"; } # NAME JQ
$python tests/package/image/compose.py compose.yaml >"$WORK/compose.json"
for pair in "sensor sensor" "hub hub" "tables tables" "sums sums"; do
	read -r name service <<<"$pair"
	same "$name: the capabilities are those of compose.yaml" "$(of "$name" '.containers[0].securityContext.capabilities.add // [] | join(",")')" \
		"$(jq -r ".services.$service.cap_add // [] | join(\",\")" "$WORK/compose.json")"
	same "$name: and no others, no root to write to, none to be gained" "$(of "$name" '.containers[0].securityContext | [.capabilities.drop[], .readOnlyRootFilesystem,
		.allowPrivilegeEscalation, .seccompProfile.type] | join(" ")')" "ALL true false RuntimeDefault"
done
same "sensors have the network and the processes of their node, on all nodes" "$(of sensor '[.hostNetwork, .hostPID, .tolerations[0].operator] | join(" ")')" \
	"true true Exists"
same "its image is of this version" "$(jq -r '.. | .image? // empty' "$all" | sort -u)" "flowbpf:$("$FLOWBPF" version | cut -d' ' -f2)"
same "the secrets that it refers to are those that docs/containers.md makes" "$(jq -r '.. | .secretName? // empty' "$all" | sort -u)" \
	"$(sed -n 's/.*kubectl .* secret generic \([a-z-]*\) .*/\1/p' docs/containers.md | sort)"
same "no secret stands in it" "$(jq -r '[.[] | select(.kind == "Secret")] | length' "$all")" 0

# --- run ------------------------------------------------------------------------------------------------------
fleet_lab
clickhouse_start
printf '%s' 'viewer 0123456789abcdef0123456789abcdef' >"$WORK/tokens"
cp "$WORK/login" "$WORK/clickhouse-login" && cp "$WORK/login" "$WORK/clickhouse-reader"
put_volume() { # VOLUME-AS-JSON FOLDER: what Kubernetes lays there
	local key mode
	mkdir -p "$2"
	mode=$(printf '%o' "$(jq '.secret.defaultMode // 420' <<<"$1")")
	while read -r key; do install -m "$mode" "$WORK/$key" "$2/$key"; done < <(jq -r '(.secret.secretName // empty) as $s |
		{"flowbpf-login": "clickhouse-login", "flowbpf-reader": "clickhouse-reader", "flowbpf-tokens": "tokens"}[$s] // empty' <<<"$1")
	while read -r key; do
		jq -r --arg k "$key" '.[] | select(.kind == "ConfigMap") | .data[$k]' "$all" | sed 's/eth0/lan/' >"$2/$key"
	done < <(jq -r '.configMap.items[]?.key' <<<"$1")
}
pod() { # NAME NS: its container, with its files in places of its own; pid in $pod
	local name=$1 words mounts=() caps line mount
	mapfile -t words < <(of "$name" '.containers[0].args[]' | sed 's,^\$(CLICKHOUSE)$,http://10.9.9.2:8123,; s,^\$(NODE)$,node-1,')
	while read -r line; do
		mount=$(jq -r .at <<<"$line")
		[ "$mount" != /tmp ] || continue
		put_volume "$(jq -c .volume <<<"$line")" "$WORK/$name$mount"
		mounts+=("$WORK/$name$mount:$mount")
	done < <(of "$name" '. as $pod | .containers[0].volumeMounts[] | .name as $n | {at: .mountPath, volume: ($pod.volumes[] | select(.name == $n))} | tojson')
	caps=$(of "$name" '.containers[0].securityContext.capabilities.add // [] | map(",+" + ascii_downcase) | join("")')
	# shellcheck disable=SC2016
	spawn "$name.log" "$2" unshare --mount --propagation private bash -c 'mount -t tmpfs run /run && mount -t tmpfs lib /var/lib
		while [ "$1" != -- ]; do mkdir -p "${1#*:}" && mount --bind "${1%%:*}" "${1#*:}"; shift; done
		shift; exec "$@"' - "${mounts[@]}" -- setpriv --bounding-set="-all$caps" --inh-caps=-all --no-new-privs "$FLOWBPF" "${words[@]}"
	pod=$spawned
}
probe() { # NAME KIND: as the node's kubelet asks, of the pod in $pod
	local command
	mapfile -t command < <(of "$1" ".containers[0].$2.exec.command[]")
	command[0]=$FLOWBPF
	nsenter -t "$pod" -m -n "${command[@]}"
}
pod tables d
wait "$pod"
same "the job makes the tables" $? 0 || note "$(cat "$WORK/tables.log")"
pod sensor r
check "a sensor starts" wait_for 20 probe sensor startupProbe || note "$(tail -5 "$WORK/sensor.log")"
check "is alive" probe sensor livenessProbe
check "and ready" probe sensor readinessProbe
sensor=$pod
traffic 50000
came() { [ "$(sql "SELECT DISTINCT sensor FROM flowbpf.flows WHERE src_port = 50000")" = node-1 ]; }
check "what it saw comes, by its node's name" wait_for 60 came
pod sums d
wait "$pod"
same "the job of every ten minutes adds up" "$? $(cat "$WORK/sums.log")" "0 http://10.9.9.2:8123: 0 hours were added up"
pod hub d
ask() { # JQ-PATH-OF-A-PROBE: the status, as the kubelet asks
	local target host
	target=$(of hub "$1.path") host=$(of hub "$1.httpHeaders[0].value")
	in_ns r curl -sS -o /dev/null -w '%{http_code}' --noproxy '*' -H "Host: $host" "http://10.9.9.2:$(of hub '.containers[0].ports[0].containerPort')$target"
}
alive() { [ "$(ask '.containers[0].livenessProbe.httpGet')" = 200 ]; }
check "the hub is alive by its probe, from another address" wait_for 20 alive
check "and ready, as its ClickHouse answers" wait_for 20 probe hub readinessProbe
same "by the service and a token it shows what nodes saw" "$(in_ns d curl -sS --noproxy '*' -g -H 'Authorization: Bearer 0123456789abcdef0123456789abcdef' \
	'http://127.0.0.1:8080/api/v1/flows?group_by=sensor' | jq -r '.items[].key')" node-1
kill "$pod" "$sensor"
check "both end" wait_for 15 eval "ended $pod && ended $sensor"
finish
