#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# XDP, where it is asked for: what rules shut out is dropped there, counted at its rule, in the books of its
# interface, and by TC no more; what is spared passes. It goes with the daemon, stays where it is
# pinned, waits for another's program, and is refused where only the generic one could be had.
. "$(dirname "$0")/lib.sh"
. tests/lab/rules_lib.sh
need_product
rules_lab "XDP"
start() { daemon_start r lan wan -- --state "$WORK/state" "$@"; }
xdp_of() { api health | jq -r --arg i "$1" ".interfaces[] | select(.name == \$i) | .xdp.$2"; } # IFACE state|reason
rule() { api rules | jq -r ".items[] | select(.id == $1) | $2"; } # RULE JQ
have_xdp() { [ "$(xdp_of lan state)" = on ]; }

start --xdp
same "it is on" "$(xdp_of lan state) $(xdp_of wan state)" "on on"
check "... status says so" sh -c "'$FLOWBPF' status --socket '$socket' | grep -q '^lan *tcx, xdp '"
check "before: all passes" passes 198.51.100.2
same "an address is blocked" "$(say block 198.51.100.2 --reason xdp | tail -1)" "rule 1"
check "... what is new does not pass" is_shut 198.51.100.2
check "... the other family does" passes 2001:db8:2::2
tick 2
before=$(cause lan rx blocked_xdp)
sent=$(in_ns c ping -q -i 0.002 -c 500 -W 1 198.51.100.2 | sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p')
tick 2
dropped=$(cause lan rx blocked_xdp)
same "all that came was dropped by XDP" "$sent $((dropped - before))" "500 500"
same "... which TC did not see" "$(cause lan rx blocked)" 0
same "... all of it is its rule's" "$(rule 1 '"\(.packets) \(.xdp.packets)"')" "$dropped $dropped"
check "... and when it was" [ "$(rule 1 'if .first <= .last and (.last | sub("\\.[0-9]+"; "") | fromdate) > now - 120 then 1 else 0 end')" = 1 ]
books_balance lan wan
check "metrics tell of it" sh -c "curl -sS --unix-socket '$socket' http://localhost/metrics | grep blocked_xdp | grep -q ' $dropped\$'"
say undo --all >/dev/null
wait_for 10 passes 198.51.100.2
check "taken back: all passes again" passes 198.51.100.2

# What is known and spared goes on: the rule is about it, and what keeps a machine within reach is not.
spawn sshd.log r python3 tests/lab/ends.py serve 22
wait_for 5 listening r 22
spawn client.log c python3 tests/lab/ends.py talk 10.0.1.1 22 19001 200
wait_for 8 flow_is "src.port = 19001" .state ESTABLISHED
say block 'src.ip = 10.0.1.2' >/dev/null
check "an SSH session with this machine goes on" goes_on 19001
say undo --all >/dev/null
wait_for 5 grep -qx "end 0" "$WORK/state/rules" # what is on disk is what a next start goes on by

# It goes with the daemon, however that ends.
xdp_on() { ip -n "$TAG-r" -d link show "$1" | grep -q 'prog/xdp id'; } # IFACE
check "it is there" xdp_on lan
daemon_stop KILL
check "killed: nothing stays" wait_for 5 sh -c "! ip -n '$TAG-r' -d link show lan | grep -q prog/xdp"
if have_bpffs; then
	pin=/sys/fs/bpf/$TAG
	start --xdp --pin "$pin"
	say block 198.51.100.2 --for 8s >/dev/null
	daemon_stop KILL
	check "pinned, the daemon killed: it is blocked" is_shut 198.51.100.2
	check "... by XDP, which stays" xdp_on lan
	check "... until its time is over" wait_for 15 passes 198.51.100.2
	start --xdp --pin "$pin"
	same "a start goes on by what is pinned" "$(xdp_of lan state)" on
	same "... a link for each" "$(find "$pin" -name 'link_*_xdp' | wc -l)" 2
	daemon_stop
	start --pin "$pin"
	same "a start without XDP ends it" "$(xdp_of lan state)" off
	same "... and what was pinned" "$(find "$pin" -name 'link_*_xdp' | wc -l)" 0
	daemon_stop
	in_ns r "$FLOWBPF" detach --pin "$pin" >/dev/null 2>&1
	rm -rf "$pin"
else
	skip "pinned" "there is no bpf file system"
fi

# Beside others' programs: XDP's and TC's, before and behind ours.
if ! command -v clang >/dev/null || ! command -v bpftool >/dev/null; then
	skip "programs of others" "clang or bpftool is not installed"
	finish
fi
cat >"$WORK/foreign.c" <<'C'
__attribute__((section("xdp"), used)) int foreign_xdp(void *ctx) { return 2; }
__attribute__((section("tc"), used)) int foreign_tc(void *ctx) { return 0; }
char _license[] __attribute__((section("license"), used)) = "GPL";
C
clang -O2 -g -target bpf -c -o "$WORK/foreign.o" "$WORK/foreign.c"
foreign=/sys/fs/bpf/$TAG-foreign
if ! have_bpffs || ! bpftool prog loadall "$WORK/foreign.o" "$foreign" >/dev/null 2>&1; then
	skip "programs of others" "bpftool loads none here"
	finish
fi
in_ns r bpftool net attach xdpdrv pinned "$foreign/foreign_xdp" dev lan
id=$(bpftool -j prog show pinned "$foreign/foreign_xdp" | jq .id)
ip -n "$TAG-r" link add wire type bridge # its driver has no XDP
ip -n "$TAG-r" link set wire up
daemon_start r lan wan wire -- --state "$WORK/state" --xdp
same "another's program stays" "$(ip -n "$TAG-r" -j -d link show lan | jq '.[0].xdp.prog.id')" "$id"
same "... and it is told whose it is, and what to do" "$(xdp_of lan reason)" \
	"it has another's XDP, program $id \"foreign_xdp\": end it, or \`ip link set dev lan xdp off\`"
same "... the rest goes on" "$(xdp_of lan state) $(xdp_of wan state)" "refused on"
same "the generic one is refused" "$(xdp_of wire state) $(xdp_of wire reason | cut -d, -f1)" "refused its driver has no XDP"
check "... status says so" sh -c "'$FLOWBPF' status --socket '$socket' | grep -q '^wire: no XDP: '"
say block 198.51.100.2 >/dev/null
check "rules are enforced at TC there" is_shut 198.51.100.2
tick 2
check "... and counted there" [ "$(cause lan rx blocked)" -gt 0 ]
same "... not twice" "$(cause lan rx blocked_xdp)" 0
in_ns r ip link set dev lan xdp off
check "once it is gone ours is there" wait_for 20 have_xdp
before=$(cause lan rx blocked)
check "... and drops" is_shut 198.51.100.2
tick 2
same "... what TC sees no more" "$(cause lan rx blocked)" "$before"
check "nobody can take its place meanwhile" sh -c "! nsenter --net='/run/netns/$TAG-r' bpftool net attach xdpdrv pinned '$foreign/foreign_xdp' dev lan 2>/dev/null"

# TC: a filter on clsact, and where there is TCX a program of its own.
in_ns r tc qdisc add dev lan clsact
in_ns r tc filter add dev lan ingress pref 7 bpf direct-action object-pinned "$foreign/foreign_tc"
check "a filter beside: rules hold" is_shut 198.51.100.2
say undo --all >/dev/null
check "... what is not blocked passes" wait_for 10 passes 198.51.100.2
if in_ns r bpftool net attach tcx_ingress pinned "$foreign/foreign_tc" dev wan 2>/dev/null; then
	say block 2001:db8:2::2 >/dev/null
	check "a program of TCX beside: rules hold" is_shut 2001:db8:2::2
	say undo --all >/dev/null
	check "... what is not blocked passes" wait_for 10 passes 2001:db8:2::2
else
	skip "a program of TCX beside" "this bpftool attaches none"
fi
books_balance lan wan
daemon_stop
check "the filter of others stays" sh -c "nsenter --net='/run/netns/$TAG-r' tc filter show dev lan ingress | grep -q foreign_tc"
rm -rf "$foreign"
finish
