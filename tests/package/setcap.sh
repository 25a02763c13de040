#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 120
# Without root, by capabilities of the file: which are needed, each by what is said without it, and what then works and
# what does not; what doctor says of it. About ten seconds.
. "$(dirname "$0")/../lab/lib.sh"
need_product
command -v setcap >/dev/null || { skip "without root" "libcap2-bin is not installed" && finish; }
lab_pair
mkdir -m 777 "$WORK/user"
FLOWBPF=$WORK/flowbpf
copy() { cp "$(realpath -m "${O:-build}/flowbpf")" "$FLOWBPF" && chmod 755 "$FLOWBPF"; }
copy
setcap cap_net_raw=ep "$FLOWBPF" 2>/dev/null || { skip "without root" "the file system of $WORK keeps no capabilities" && finish; }
someone=(setpriv --reuid 65534 --regid 65534 --clear-groups)
socket=$WORK/user/socket
attach=("${someone[@]}" "$FLOWBPF" attach eth0 --listen none --socket "$socket" --max-flows 4096 --state "$WORK/user/state")

line=$(make -n -s --no-print-directory BINARY=FILE setcap | grep '^setcap')
caps=$(sed 's/^setcap \(.*\)=ep FILE$/\1/' <<<"$line")
same "make setcap and doctor say the same line" \
	"$("$FLOWBPF" doctor --json | jq -r '.[] | select(.name == "way: setcap") | .fix' | sed "s,$FLOWBPF,FILE,")" "$line"
for cap in ${caps//,/ }; do
	others=$(tr , '\n' <<<"$caps" | grep -vx "$cap" | paste -sd,)
	setcap "$others=ep" "$FLOWBPF"
	said=$(in_ns a "${attach[@]}" 2>&1)
	same "without $cap it does not start, and says so" "$? $(grep -oi "$cap" <<<"$said" | head -1 | tr A-Z a-z)" "1 $cap"
done

# somebody else's socket that was there before
spawn old.log a setpriv --reuid 65533 --regid 65533 --clear-groups socat -u TCP-LISTEN:9099,fork OPEN:/dev/null
wait_for 5 listening a 9099
copy && setcap "$caps=ep" "$FLOWBPF"
spawn daemon.log a "${attach[@]}"
daemon=$spawned daemons+=("$spawned")
check "with $caps it does" wait_for 20 api health
in_ns b ping -q -c 5 -i 0.02 10.9.0.1 >/dev/null
counted() { [ "$(flows proto=icmp | jq '[.[].packets.up] | add')" = 5 ]; }
check "and counts" wait_for 10 counted
same "as who started it, with CAP_NET_ADMIN alone" \
	"$(awk '/^Uid/ { print $2 } /^CapEff/ { print $2 } /^NoNewPrivs/ { print $2 }' "/proc/$daemon/status" | xargs)" "65534 0000000000001000 1"
check "it keeps its state" wait_for 10 [ -s "$WORK/user/state/history.db" ]
spawn new.log a setpriv --reuid 65533 --regid 65533 --clear-groups socat -u TCP-LISTEN:9098,fork OPEN:/dev/null
wait_for 5 listening a 9098
for port in 9098 9099; do
	(sleep 20 | in_ns b socat -u - TCP:10.9.0.1:$port) &
	pids+=($!)
done
check "whose a new socket of another user is, it knows" wait_for 15 flow_is dst.port=9098 .owner.process socat
tick
same "and of one that was there before it, it does not" "$(flow dst.port=9099 .owner.process)" null
way() { "${someone[@]}" "$FLOWBPF" doctor --json | jq -r ".[] | select(.name == \"way: $1\") | \"\(.state) \(.value)\""; }
same "doctor: setcap" "$(way setcap)" "ok BPF, NET_ADMIN, PERFMON"
same "doctor: root" "$(way root)" "info not now"
check "doctor: service and container" sh -c "'$FLOWBPF' doctor | grep -q 'way: service' && '$FLOWBPF' doctor | grep -q 'way: container'"
daemon_stop
same "SIGTERM: status 0" $? 0
finish
