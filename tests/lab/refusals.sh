#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A kernel that refuses: the program (by its own verifier), the maps, ring buffers, TCX links. It falls
# back, or says in one sentence what is missing; the verifier's log is saved. Names that are none of
# the usual ones are data. (K8, K9, S7, S14)
. "$(dirname "$0")/lib.sh"
need_product
if ldd "$FLOWBPF" | grep -q 'lib[aut]san'; then
	skip "a kernel that refuses" "the sanitizer's run-time wants to come first" && finish
fi
gcc -D_GNU_SOURCE -shared -fPIC -O1 -o "$WORK/bpf.so" tests/lab/preload/bpf.c || ok_if 1 "the preload is built"
ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 10.9.0.1/24 dev eth0
ip -n "$TAG-b" address add 10.9.0.2/24 dev eth0
socket=$WORK/s
pings() { in_ns b ping -q -c "$1" -i 0.05 -W1 10.9.0.1 >/dev/null; }
counted() { [ "$(flows proto=icmp | jq '[.[].packets.up] | add')" = "$1" ]; }

refused() { # WHAT PATTERN
	in_ns a timeout 20 env LD_PRELOAD="$WORK/bpf.so" BPF_REFUSE="$1" "$FLOWBPF" attach eth0 --listen none \
		--socket "$socket" --max-flows 1024 >"$WORK/out" 2>"$WORK/err" </dev/null
	same "no $1: status 1, one sentence, nothing else" "$? $(wc -l <"$WORK/err") $(wc -c <"$WORK/out")" "1 1 0"
	check "no $1: $(head -1 "$WORK/err" | cut -c1-100)" grep -qE "$2" "$WORK/err"
	check "no $1: nothing is left" [ ! -e "$socket" ]
}
ln -s "$WORK/elsewhere" "$socket.verifier.log"
refused program "verifier refused the program: R9 !read_ok; its log is in $socket.verifier.log"
check "the log is whole" grep -q 'END PROG LOAD LOG' "$socket.verifier.log"
same "for its owner only, and no link was followed" "$(stat -c '%a %F' "$socket.verifier.log") $([ -e "$WORK/elsewhere" ] && echo written)" \
	"600 regular file "
refused maps 'no memory for the maps of 1024 flows: try a smaller --max-flows'
refused ring "fb_ring.*flowbpf doctor"
check "doctor names it, and the kernel that has it" sh -c "LD_PRELOAD=$WORK/bpf.so BPF_REFUSE=ring $FLOWBPF doctor | grep -q 'ring buffer.*Linux 5.8'"

spawn daemon.log a env LD_PRELOAD="$WORK/bpf.so" BPF_REFUSE=tcx "$FLOWBPF" attach eth0 --listen none --socket "$socket" --max-flows 1024
daemon=$spawned
check "no TCX: it starts" wait_for 10 api health
same "by filters" "$(api health | jq -r '.interfaces[0].hook')" clsact
pings 5
check "and counts" wait_for 6 counted 5
daemon_stop
same "they are gone with it" "$(in_ns a tc qdisc show dev eth0 | grep -c clsact)" 0

for name in abcdefghijklmno '--help' '-h' 'eth0;$(reboot)' "it's\"a\\b"; do
	in_ns a ip link add name "$name" type veth peer name other 2>/dev/null || { note "no such interface can be: $name" && continue; }
	ip -n "$TAG-a" link set dev "$name" up
	spawn daemon.log a "$FLOWBPF" attach --listen none --socket "$socket" --max-flows 1024 -- "$name"
	daemon=$spawned
	wait_for 10 api health
	same "the name is data: $name" "$(api health | jq -r '.interfaces[0].name')" "$name"
	daemon_stop
	ip -n "$TAG-a" link del dev "$name"
done
in_ns a ip link property add dev eth0 altname uplink
spawn daemon.log a "$FLOWBPF" attach uplink --listen none --socket "$socket" --max-flows 1024
daemon=$spawned
wait_for 10 api health
same "an alternative name is followed to the interface" "$(api health | jq -r '.interfaces[0].name')" eth0
daemon_stop
finish
