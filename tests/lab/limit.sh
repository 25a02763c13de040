#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# What is limited has its rate, to 5 % over 10 s: up and down, TCP and UDP, one flow and many, IPv4 and IPv6,
# behind NAT, with offloads and without, whoever opened it; together or each host; what this machine
# sends and gets, too. All else is as fast as before. It ends, and leaves nothing; panic, a kill and
# a restart are survived as they should be. Rates are of IP packets: what iperf3 got, and headers.
. "$(dirname "$0")/lib.sh"
. tests/lab/rates_lib.sh
need_product
need_rates
lab_router || ok_if 1 "the lab is there"
ip -n "$TAG-c" address add 10.0.1.3/24 dev eth0
rates_server s 5201
rates_server s 5202
rates_server c 443
mkdir -m 700 "$WORK/state"
start() { daemon_start r lan wan -- --state "$WORK/state" "$@"; }
qdiscs() { in_ns r tc qdisc show | sed 's/direct_packets_stat [0-9]*//'; }
start
note "$(printf '%-44s %8s %8s' "limit" "asked" "measured") (load $(cut -d' ' -f1 /proc/loadavg))"
before=$(qdiscs)
check "before: this machine could do more" free_now c 198.51.100.2
same "an address" "$(say limit 10.0.1.2 --down 20mbit --up 8mbit --reason 'a lab' | rule_of)" "rule N"
check "it is listed" sh -c "'$FLOWBPF' rules --socket '$socket' | grep -q 'limit .*10.0.1.2 .*20.0 Mbit/s down, 8.00 Mbit/s up .*a lab'"
same "no queue of an interface is another one" "$(qdiscs | grep -v -e clsact -e "dev $(queue)")" "$before"
held_to 20 "TCP, down" c 198.51.100.2 -R
held_to 8 "TCP, up" c 198.51.100.2
held_to 20 "TCP, 8 flows, down" c 198.51.100.2 -R -P 8
held_to 20 "UDP, down" c 198.51.100.2 -R -u -l 1400 -b 40M
held_to 8 "UDP, up" c 198.51.100.2 -u -l 1400 -b 16M
held_to 20 "TCP that outside opens, to inside: down" s 198.51.100.1 -p 8443
held_to 8 "TCP that outside opens, from inside: up" s 198.51.100.1 -p 8443 -R
check "another host is as fast as ever" free_now c 198.51.100.2 -B 10.0.1.3
check "so is the other family" free_now c 2001:db8:2::2
lab_offloads off
held_to 20 "TCP, no offloads, down" c 198.51.100.2 -R
held_to 8 "TCP, no offloads, up" c 198.51.100.2
lab_offloads on
check "what was limited stands at the rule" [ "$(api rules | jq '.items[0].packets')" -gt 100 ]
same "taken back" "$(say undo --all)" "1 taken back"
check "... all is fast again" free_now c 198.51.100.2
same "... and nothing is left" "$(qdiscs)$(queue)" "$before"

say limit fd00:1::2 --down 20mbit --up 8mbit >/dev/null
held_to 20 "IPv6, TCP, 8 flows, down" c 2001:db8:2::2 -R -P 8
held_to 8 "IPv6, TCP, up" c 2001:db8:2::2
held_to 20 "IPv6, UDP, down" c 2001:db8:2::2 -R -u -l 1400 -b 40M
say undo --all >/dev/null

say limit 10.0.1.0/24 --down 15mbit --per host >/dev/null
both_held() { # each of two, at once, to 15
	local second held
	rate c 198.51.100.2 -B 10.0.1.3 -p 5202 -R -t $SECS >"$WORK/second" &
	second=$!
	judge "each host, the first of two, down" 15 "$(rate c 198.51.100.2 -B 10.0.1.2 -R -t $SECS)"
	held=$?
	wait $second
	judge "each host, the second of two, down" 15 "$(cat "$WORK/second")" && [ $held = 0 ]
}
both_held || both_held || both_held
ok_if $? "each host has its rate, and no less"
same "... and no more" "$over" ""
over=""
say undo --all >/dev/null

say limit 'dst.port = 5202' --down 20mbit >/dev/null
rate c 198.51.100.2 -p 5202 -R -t 12 >"$WORK/whole" &
whole=$!
wait_for 8 flow_is "dst.port = 5202 and bytes > 1MB" .state ESTABLISHED
check "what an expression says is limited within a second or two" wait_for 5 sh -c \
	"[ \$(curl -s --unix-socket '$socket' http://localhost/api/v1/rules | jq '.items[0].packets') -gt 10 ]"
wait $whole
check "... and what it does not is not" free_now c 198.51.100.2
same "a block goes before it" "$(say block 'dst.port = 5202' --for 20s | rule_of)" "rule N"
check "... and passes nothing" sh -c "! nsenter --net=/run/netns/$TAG-c timeout 4 iperf3 -c 198.51.100.2 -p 5202 -t 1"
say undo --all >/dev/null
same "an exception" "$(say limit 10.0.1.2 --down 8mbit | rule_of) $(say allow 198.51.100.2 | rule_of)" "rule N rule N"
check "... wins" free_now c 198.51.100.2 -R
say undo --all >/dev/null

# The books, and one who says nonsense.
tick 2
books_balance lan wan
same "no rate" "$(say limit 10.0.1.2)" "flowbpf: limit needs --up RATE, --down RATE, or both"
check "no rate that there is" sh -c "'$FLOWBPF' limit --socket '$socket' 10.0.1.2 --up 20 2>&1 | grep -q 'takes a rate such as'"
same "a rate of no limit" "$(curl -s --unix-socket "$socket" http://localhost/api/v1/rules -H 'content-type: application/json' \
	-d '{"what": "10.0.1.2", "rate_up": 8000}' | jq -r '.errors[0].pointer')" "/rate_up"
daemon_stop

# Foreign queues: a root is left alone, an "ingress" qdisc is refused, and said so.
in_ns r tc qdisc add dev wan root handle 7: htb default 0
in_ns r tc qdisc add dev lan clsact
start
before=$(qdiscs)
say limit 10.0.1.2 --down 20mbit --up 8mbit >/dev/null
held_to 8 "beside an HTB of another, up" c 198.51.100.2
say undo --all >/dev/null
same "queues and clsact of others stay" "$(qdiscs)" "$before"
in_ns r tc qdisc del dev lan clsact
in_ns r tc qdisc add dev lan ingress
before=$(qdiscs)
same "an ingress qdisc of another" "$(say limit 10.0.1.2 --down 20mbit)" "flowbpf: lan has an \"ingress\" qdisc of another program, \
where a limit needs \"clsact\": end that program, or \"tc qdisc del dev lan ingress\""
printf 'flowbpf rules 2\nverb=limit what=10.0.1.2 down=20mbit\n' >"$WORK/rules"
check "... of a file, too" sh -c "'$FLOWBPF' rules import '$WORK/rules' --socket '$socket' 2>&1 | grep -q 'none is in force: 10.0.1.2: lan has an \"ingress\" qdisc'"
same "... nothing is made, and no rule" "$(qdiscs)$(queue)$(api rules | jq '.items | length')" "${before}0"
in_ns r tc qdisc del dev lan ingress
in_ns r tc qdisc del dev wan root
same "our device is removed" "$(say limit 10.0.1.2 --down 20mbit --for 1h | rule_of)" "rule N"
in_ns r ip link del "$(queue)"
check "... and made again" wait_for 15 sh -c "ip -n '$TAG-r' -j link show type ifb | jq -e 'length > 0'"
held_to 20 "after it was made again, down" c 198.51.100.2 -R

# Killed: without its programs nothing is limited, and the next start removes what is left, and has the rule.
daemon_stop KILL
check "killed: nothing is limited" free_now c 198.51.100.2 -R
left=$(queue)
start
check "the next start: the rule is there again" [ "$(api rules | jq '.items | length')" = 1 ]
check "... its queue, and no other" [ "$(queue | wc -l)" = 1 ]
check "... is another one" [ "$(queue)" != "$left" ]
held_to 20 "after a restart, down" c 198.51.100.2 -R
say undo --all >/dev/null
daemon_stop
same "ended: nothing is left" "$(queue)$(in_ns r tc qdisc show | grep clsact)" ""

if have_bpffs; then
	pin=/sys/fs/bpf/$TAG
	start --pin "$pin"
	say limit 10.0.1.2 --down 20mbit --for 25s >/dev/null
	daemon_stop
	SECS=5 held_to 20 "pinned, the daemon gone, down" c 198.51.100.2 -R
	check "... until its time is over" wait_for 40 free_now c 198.51.100.2 -R
	in_ns r "$FLOWBPF" detach --pin "$pin" >/dev/null 2>&1
	same "... detach removes it" "$(queue)" ""
	rm -rf "$pin"
else
	skip "pinned" "there is no bpf file system"
fi

# What this machine sends itself comes back by the hook that it left by, and is counted once.
daemon_start c eth0
say limit 198.51.100.2 --down 20mbit --up 8mbit >/dev/null
held_to 8 "this machine, TCP, up" c 198.51.100.2 --cport 30001
held_to 20 "this machine, TCP, down" c 198.51.100.2 -R
held_to 8 "this machine, UDP, up" c 198.51.100.2 -u -l 1400 -b 16M
tick 2
passed=$(flow 'src.port = 30001 and proto = tcp' .bytes.up)
note "up in $SECS s: $passed bytes counted"
check "it is counted once" [ "$passed" -lt 11500000 ]
for dir in rx tx; do
	read -r seen packets seen_bytes bytes <<<"$(books eth0 $dir)"
	same "the books of eth0, $dir" "$packets $bytes" "$seen $seen_bytes"
done
daemon_stop
same "ended: nothing is left here" "$(queue c)$(in_ns c tc qdisc show | grep clsact)" ""
finish
