#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# The image and compose.yaml, without an engine for containers: the Dockerfile's own steps in trees of debootstrap, and what
# they make started as compose.yaml says, with just its capabilities, over a network of the lab's. Each capability is left
# out once: what is lost then is what docs/containers.md says. Then its fleet, on Debian's ClickHouse. Three minutes the
# first time, for packages and a build; then two.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/debian/lib.sh
. tests/fleet/clickhouse_lib.sh
python=/usr/bin/python3
$python -c 'import yaml' 2>/dev/null || { skip "an image" "python3-yaml is not installed: make deps-test" && finish; }
export IFACE=lan SENSOR=gw

# --- what stands there ----------------------------------------------------------------------------------------
compose=$WORK/compose.json
same "compose.yaml says nothing that compose files do not have" "$($python tests/package/image/compose.py compose.yaml 2>&1 >"$compose")" ""
of() { jq -r ".services.$1" "$compose"; } # SERVICE.MEMBER...
same "no password stands in it" "$(jq '[.. | strings | select(test("password(?!_)=|PASSWORD"))] | length' "$compose")" 0
same "all are without what they do not need" "$(jq -c '[.services | to_entries[] | select(.key != "clickhouse") | .value |
	[.cap_drop, .read_only, .security_opt]] | unique' "$compose")" '[[["ALL"],true,["no-new-privileges:true"]]]'
same "both sensors may the same" "$(of 'flowbpf.cap_add | join(",")')" "$(of 'sensor.cap_add | join(",")')"
same "what a page is published on is this machine alone" "$(jq -r '.services[].ports[]? | split(":")[0]' "$compose" | sort -u)" 127.0.0.1
caps=$(of 'flowbpf.cap_add | join(",")')
same "docs/containers.md has a row for each capability" "$(sed -n 's/^| `\([A-Z_]*\)` |.*/\1/p' docs/containers.md | paste -sd,)" "$caps"
same "a docker run by hand has the same" "$(grep -o -- '--cap-add [A-Z_]*' docs/containers.md | awk '{ print $2 }' | paste -sd,)" "$caps"
packages_of() { sed -n '/^RUN apt-get/,/[^\\]$/p' Dockerfile | sed -n '1,/[^\\]$/p' | tr -d '\\' | sed 's/^RUN.*recommends//' | xargs -n1 | sort; }
same "the first stage installs what a build takes" "$(packages_of)" "$(make -n deps DEPS=--simulate | tr -d '\\' | sed -n 's/.*deps.sh --simulate//p' | xargs -n1 | sort)"

# --- the image ------------------------------------------------------------------------------------------------
command -v debootstrap >/dev/null || { skip "the image" "debootstrap is not installed" && finish; }
mkdir -p "$releases" "${O:-build}/logs"
log=$(realpath -m "${O:-build}/logs/image.log")
exec 9>"$releases/base-13.lock" && flock 9
base=$(base_of 13 2>"$log") || { skip "the image" "there is no tree of Debian 13, and the archive cannot be reached" && finish; }
out=$(mktemp -d "$releases/image.XXXXXX")
unmake() { rm -rf --one-file-system "$out"; }
trap 'status=$?; unmake; (exit $status); clean_up' EXIT
tests/package/image/build.py Dockerfile "$base" "$releases" "$out" >>"$log" 2>&1
check "every step of the Dockerfile passes" test -s "$out/image.json" || { note "$(tail -20 "$log")" && finish; }
flock -u 9
image=$out/image.json
size=$(jq -r '.layers[1:][]' "$image" | xargs du -scmx | tail -1 | cut -f1)
check "it adds $size MB to Debian's own image, 64 at most" [ "$size" -le 64 ]
same "it starts flowbpf, and its health is what status says" "$(jq -c '[.entrypoint, .healthcheck]' "$image")" '[["flowbpf"],["flowbpf","status","--json"]]'
same "what it keeps is a volume" "$(jq -c .volumes "$image")" '["/var/lib/flowbpf"]'

# --- one machine ----------------------------------------------------------------------------------------------
lab_router || ok_if 1 "the lab is there"
lab_keep_neighbours
nginx_start s
boxes=0 options=()
mounts_of() { # SERVICE: tmpfs, its volumes below $WORK, its secrets
	jq -r --arg s "$1" --arg w "$WORK" '.services[$s] as $it | ($it.tmpfs[]? | "tmpfs:" + .),
		($it.volumes[]? | split(":") | $w + "/volumes/" + .[0] + ":" + .[1]), ($it.secrets[]? | $w + "/secrets/" + . + ":/run/secrets/" + . + ":ro")' "$compose"
}
contain() { # SERVICE NS CAPS [MOUNT...]: the service, pid in $box and its log in $box_log
	local service=$1 name=$2 may=$3 mounts words
	shift 3
	boxes=$((boxes + 1)) box_log=$WORK/box$boxes.log
	mkdir -p "$WORK/volumes/state"
	mapfile -t mounts < <(mounts_of "$service")
	mapfile -t words < <(jq -r --arg s "$service" '.services[$s] | (.entrypoint // ["flowbpf"])[], .command[]' "$compose")
	spawn "box$boxes.log" "$name" tests/package/image/contain.sh "$image" "/run/netns/$TAG-$name" "$WORK/box$boxes" "$may" "${mounts[@]}" "$@" \
		-- "${words[@]}" ${options[@]+"${options[@]}"}
	box=$spawned
	socket=/proc/$box/root/run/flowbpf/flowbpf.sock
}
inside() { # COMMAND...: as "docker exec" does, with the capabilities that the service has
	nsenter -t "$box" -m -n -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=image setpriv --inh-caps=-all \
		--bounding-set="-all$(tr ',A-Z' '\na-z' <<<"$may" | sed 's/^/,+/' | tr -d '\n')" --no-new-privs "$@"
}
may=$caps
healthy() { inside flowbpf status --json; }
nice_of() { cat /proc/"$box"/task/*/stat | sed 's/.*) //' | awk '{ print $17 }' | sort -n | head -1; } # the lowest of its threads
end_box() { kill "$box" && wait_for 10 ended "$box"; wait "$box" 2>/dev/null; }
spawn older.log r setpriv --reuid 65533 --regid 65533 --clear-groups socat -u TCP-LISTEN:9099,fork OPEN:/dev/null
wait_for 5 listening r 9099
owners() { # PORT: what is known of a socket that is older than the daemon, and of a new one: "socat socat"
	local newer=$1 port
	spawn newer.log r setpriv --reuid 65533 --regid 65533 --clear-groups socat -u "TCP-LISTEN:$newer,fork" OPEN:/dev/null
	wait_for 5 listening r "$newer"
	for port in 9099 "$newer"; do
		in_ns c sh -c 'sleep 60 | socat -u - "TCP:10.0.1.1:$0"' "$port" >/dev/null 2>&1 &
	done
	known() { [ "$(owner_at "$newer")" = socat ]; }
	wait_for 10 known
	echo "$(owner_at 9099) $(owner_at "$newer")"
}
owner_at() { flows "dst.port = $1" | jq -r '[.[].owner.process // empty] | unique | join(" ")'; } # PORT
contain flowbpf r "$caps"
check "with just compose.yaml's capabilities and a root that is read-only it is healthy" wait_for 20 healthy || note "$(tail -5 "$box_log")"
get c host1.lab.test 198.51.100.2 1000 --local-port 50001 >/dev/null
in_ns c ping -q -c 5 -i 0.02 198.51.100.2 >/dev/null
named() { flow_is src.port=50001 .dst.host host1.lab.test; }
check "it counts and names" wait_for 10 named
counted_pings() { [ "$(flows 'proto = icmp' | jq '[.[].packets.up] | max')" -ge 5 ]; }
check "to the packet" wait_for 10 counted_pings
same "whose sockets are, it knows of old and new" "$(owners 9101)" "socat socat"
same "it is its own user with one capability, and gains no other" \
	"$(awk '/^Uid/ { print $2 } /^CapEff/ { print $2 } /^NoNewPrivs/ { print $2 }' "/proc/$box/status" | xargs)" \
	"$(inside id -u flowbpf) 0000000000001000 1"
same "doctor lacks nothing there" "$(inside flowbpf doctor --json | jq -r '.[] | select(.name == "way: container") | .value')" "with all of it"
check "a login is to be had by docker exec" sh -c "'$FLOWBPF' login --socket '$socket' | grep -q '#login='"
check "its root cannot be written to" sh -c "! touch /proc/$box/root/usr/x 2>/dev/null"
same "a thread that must not wait stands above the others" "$(nice_of)" -10
end_box
same "SIGTERM: status 0" $? 0
check "its history is in the volume" test -s "$WORK/volumes/state/history.db"
contain flowbpf r "$caps"
check "once more, over what it kept" wait_for 20 healthy
same "without a warning" "$(grep -ciE 'warning|cannot' "$box_log")" 0
end_box

# --- each capability left out ---------------------------------------------------------------------------------
without() { # CAPABILITY
	may=$(tr , '\n' <<<"$caps" | grep -vx "$1" | paste -sd,)
	contain flowbpf r "$may"
	started_or_ended() { ended "$box" || healthy; }
	wait_for 20 started_or_ended
}
rm -rf "$WORK/volumes/state"
for cap in BPF NET_ADMIN PERFMON SETUID SETGID CHOWN; do
	without $cap
	check "without $cap it does not start, and says why" eval 'ended "$box" && grep -qE "takes CAP_$cap|cannot give" "$box_log"'
	ended "$box" || end_box
done
port=9101
for cap in SYS_PTRACE DAC_READ_SEARCH; do
	without $cap
	port=$((port + 1))
	same "without $cap sockets that are older have no process" "$(owners $port)" " socat"
	end_box
done
without SYS_NICE
same "without SYS_NICE no thread stands above the others" "$(nice_of)" 0
end_box

# --- what else it may be given --------------------------------------------------------------------------------
mkdir "$WORK/bpf" && mount -t bpf bpf "$WORK/bpf"
trap 'status=$?; umount "$WORK/bpf"; unmake; (exit $status); clean_up' EXIT
options=(--pin /sys/fs/bpf/flowbpf)
starts() { # and ends
	contain flowbpf r "$caps" "$WORK/bpf:/sys/fs/bpf"
	wait_for 20 healthy
	local status=$?
	end_box
	return $status
}
may=$caps
check "with /sys/fs/bpf it starts" starts
check "and once more" starts
check "over what was pinned" grep -q 'goes on counting, pinned' "$box_log"
options=()
may=NET_ADMIN,NET_RAW
contain flowbpf r $may
wait_for 20 ended "$box"
check "what a reader of /proc/net/nf_conntrack takes, NET_ADMIN and NET_RAW, is not enough" grep -q 'takes CAP_BPF' "$box_log"
may=$caps

# --- a fleet --------------------------------------------------------------------------------------------------
command -v clickhouse-server >/dev/null || { skip "a fleet" "clickhouse-server is not installed" && finish; }
user/dist/secrets.sh "$WORK/secrets" >"$WORK/secrets.out"
same "secrets.sh prints none" "$(cat "$WORK/secrets.out")" ""
same "and makes files that only root may read" "$(find "$WORK/secrets" -type f ! -name '*.xml' -printf '%m %u\n' | sort -u)" "600 root"
same "ClickHouse's file has digests alone" "$(grep -cf <(sed -n 2p "$WORK/secrets/clickhouse-login" "$WORK/secrets/clickhouse-reader") "$WORK/secrets/clickhouse-users.xml")" 0
check "it does nothing twice" sh -c "! user/dist/secrets.sh '$WORK/secrets' 2>/dev/null"
clickhouse_link
clickhouse_config
# as the server's own image has it: a user who needs no password, until the file beside it takes him away
mkdir "$WORK/users.d" && cp "$WORK/secrets/clickhouse-users.xml" "$WORK/users.d/flowbpf.xml"
cat >"$WORK/users.xml" <<-XML
	<yandex>
	<profiles><default><input_format_skip_unknown_fields>1</input_format_skip_unknown_fields></default></profiles>
	<users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users>
	<quotas><default></default></quotas>
	</yandex>
XML
secret() { sed -n 2p "$WORK/secrets/$1"; }
sql() { # as the sensor's login may
	in_ns d curl -sS --fail-with-body -m 10 --noproxy '*' -H "X-ClickHouse-User: sensor" -H "X-ClickHouse-Key: $(secret clickhouse-login)" \
		http://10.9.9.2:8123/ --data-binary "$1"
}
clickhouse_start
same "nobody is let in without a password" "$(in_ns d curl -sS -o /dev/null -w '%{http_code}' --noproxy '*' 'http://10.9.9.2:8123/?query=SELECT%201' | grep -c 200)" 0
# the names and ports that compose gives to what it starts
printf '127.0.0.1 localhost\n10.9.9.2 clickhouse\n' >"$WORK/hosts"
spawn published.log r socat TCP-LISTEN:8123,bind=127.0.0.1,fork,reuseaddr TCP:10.9.9.2:8123
spawn published.log r socat TCP-LISTEN:8090,bind=127.0.0.1,fork,reuseaddr TCP:10.9.9.2:8080
contain tables d none "$WORK/hosts:/etc/hosts:ro"
wait "$box"
same "the tables are made, without any capability" "$?" 0 || note "$(cat "$box_log")"
contain sums d none "$WORK/hosts:/etc/hosts:ro"
added_up() { grep -qx 'http://clickhouse:8123: 0 hours were added up' "$box_log"; }
check "hours that are over are added up, without any capability" wait_for 20 added_up || note "$(cat "$box_log")"
waits() { asleep=$(pgrep -x -P "$box" sleep); }
wait_for 5 waits
kill "$box" "$asleep" && wait_for 5 ended "$box"
wait "$box" 2>/dev/null
contain sensor r "$caps"
check "the sensor is healthy" wait_for 20 healthy || note "$(tail -5 "$box_log")"
sensor=$box
get c host2.lab.test 198.51.100.2 1000 --local-port 50002 >/dev/null
arrived_named() { [ "$(sql "SELECT DISTINCT sensor, dst_host FROM flowbpf.flows WHERE src_port = 50002")" = "gw	host2.lab.test" ]; }
check "its flows are in ClickHouse" wait_for 60 arrived_named
may=$(of 'hub.cap_add | join(",")')
contain hub d "$may" "$WORK/hosts:/etc/hosts:ro"
mapfile -t test_of_health < <(of 'hub.healthcheck.test[1:][]')
hub_is_healthy() { inside "${test_of_health[@]}"; }
check "the hub is healthy by compose.yaml's own test" wait_for 20 hub_is_healthy || note "$(tail -5 "$box_log")"
same "it has no capability" "$(awk '/^CapEff/ { print $2 }' "/proc/$box/status")" 0000000000000000
token=$(sed -n 's/^viewer //p' "$WORK/secrets/tokens")
hub() { in_ns r curl -sS -m 20 --noproxy '*' -g ${2:+-H "Authorization: Bearer $2"} "http://127.0.0.1:8090/api/v1/$1"; } # TARGET [TOKEN]
same "by its published port and a token it shows the fleet" "$(hub 'flows?filter=src.port%3D50002' "$token" | jq -r '.items[] | "\(.sensor) \(.dst.host)"')" "gw host2.lab.test"
same "and without a token nothing" "$(hub flows | jq -r .code)" login-required
check "its login may write nothing" sh -c "! nsenter --net=/run/netns/$TAG-d curl -sS --fail --noproxy '*' \
	-H 'X-ClickHouse-User: hub' -H 'X-ClickHouse-Key: $(secret clickhouse-reader)' http://10.9.9.2:8123/ --data-binary 'DROP TABLE flowbpf.flows_local' 2>/dev/null"
end_box
same "SIGTERM ends the hub: status 0" $? 0
box=$sensor may=$caps
end_box
same "and the sensor" $? 0
same "no log has a secret" "$(cat "$WORK"/box*.log | grep -cf <(cat "$WORK"/secrets/clickhouse-login "$WORK"/secrets/tokens | grep -oE '[0-9a-f]{48}'))" 0
finish
