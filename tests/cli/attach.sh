#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# attach as people start it: from a config file, with several addresses or none, with the capabilities
# of the systemd unit only, pinned and killed in between; what it says, and who it is afterwards.
. "$(dirname "$0")/../lab/lib.sh"
need_product
ns a
S=$WORK/sock socket=$S
start() { # COMMAND...: in the namespace, until it answers
	: >"$WORK/said"
	spawn said a "$@"
	daemon=$spawned
	# it serves before it has said all
	wait_for 15 api health && wait_for 15 grep -q '^Ctrl-C ends it' "$WORK/said" && return
	note "$(tail -5 "$WORK/said")"
}
pings() { in_ns a ping -q -c "$1" -i 0.05 127.0.0.1 >/dev/null; }
# Each ping is a request and a reply, both on loopback.
counted() { [ "$("$FLOWBPF" flows --socket "$S" --csv --fields packets --filter 'proto = icmp' | tail -1)" = "$1" ]; }

cat >"$WORK/conf" <<-END
	interface = lo
	listen = 127.0.0.1:8080
	listen = [::1]:8081
	socket = $S
	max-flows = 2048
	internal = 198.51.100.0/24
END
start "$FLOWBPF" attach --config "$WORK/conf"
check "it says what is attached" grep -q '^lo: counting, attached by ' "$WORK/said"
check "it says what could be better" grep -q '^hint: conntrack: nothing is tracked' "$WORK/said"
check "it says where the page is" grep -q '^the page: http://127.0.0.1:8080/' "$WORK/said"
same "the file's limit holds" "$("$FLOWBPF" status --socket "$S" --json | jq .maps.fb_flows.max)" 2048
check "the first address serves the page" in_ns a curl -sSf --noproxy '*' -o /dev/null http://127.0.0.1:8080/
check "the second too" in_ns a curl -sSf --noproxy '*' -o /dev/null 'http://[::1]:8081/'
same "nothing listens on another address" "$(in_ns a ss -Hltn | awk '{ print $4 }' | grep -cv '^127.0.0.1:8080$\|^\[::1\]:8081$')" 0
check "it is no longer root" [ "$(awk '/^Uid/ { print ($2 > 0 && $3 > 0 && $4 > 0) }' /proc/"$daemon"/status)" = 1 ]
same "it has CAP_NET_ADMIN and no other capability" "$(awk '/^CapEff/ { print $2 }' /proc/"$daemon"/status)" 0000000000001000
daemon_stop INT
same "SIGINT: status 0" $? 0

start "$FLOWBPF" attach lo --socket "$S" --listen none --no-conntrack
check "what is not wanted is no hint" sh -c "grep -q '^lo: counting' '$WORK/said' && ! grep -q 'hint: conntrack' '$WORK/said'"
daemon_stop

start "$FLOWBPF" attach lo --config "$WORK/conf" --listen none --max-flows 1024 --log error
same "the command line comes before the file" "$("$FLOWBPF" status --socket "$S" --json | jq .maps.fb_flows.max) $(in_ns a ss -Hltn | wc -l)" "1024 0"
daemon_stop

start "$FLOWBPF" attach lo --listen none --socket "$S" --max-flows 1024 --log debug
in_ns a socat -u OPEN:/dev/null TCP:127.0.0.1:9 2>/dev/null # nobody listens: refused
check "--log debug says who the client of a flow is, and by what" \
	wait_for 10 grep -qE '^[0-9a-f]{16} 127.0.0.1:[0-9]+ > 127.0.0.1:9 tcp on lo: new, client by syn, ' "$WORK/said"
check "and why it ended" wait_for 10 grep -qE '^[0-9a-f]{16}: ended, rst; ' "$WORK/said"
daemon_stop

few() { in_ns a sh -c 'ulimit -n 24; exec "$@"' few "$FLOWBPF" attach lo --listen none --socket "$S.few" 2>&1; }
same "too few descriptors are told as such" "$(few)" \
	"flowbpf: only 24 open files are allowed here and 96 are needed: ulimit -n 1024"

caps=$(sed -n 's/^CapabilityBoundingSet=//p' user/dist/service.conf | tr 'A-Z' 'a-z' | tr ' ' '\n' | sed 's/^cap_/+/' | paste -sd,)
start setpriv --bounding-set "-all,$caps" "$FLOWBPF" attach lo --listen none --socket "$S" --max-flows 1024
pings 2
check "the systemd unit's capabilities are enough" wait_for 5 counted 4
daemon_stop

have_bpffs || { skip "--pin" "no bpffs at /sys/fs/bpf" && finish; }
pin=/sys/fs/bpf/flowbpf-$TAG
start "$FLOWBPF" attach lo --listen none --socket "$S" --max-flows 1024 --pin "$pin"
pings 3
check "pinned: six packets" wait_for 5 counted 6
daemon_stop KILL
pings 2
start "$FLOWBPF" attach lo --listen none --socket "$S" --max-flows 1024 --pin "$pin"
check "killed, two pings, started again: ten packets, none lost" wait_for 5 counted 10
in_ns a "$FLOWBPF" detach --pin "$pin" >"$WORK/out" 2>&1
same "detach --pin ends it and removes what was pinned" "$? $([ -e "$pin" ] && echo there)" "0 "
finish
