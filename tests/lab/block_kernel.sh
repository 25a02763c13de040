#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# Rules that the kernel half matches by itself: a name at its hello, a port and a 5-tuple at the first packet;
# names of hellos in pieces, of requests and of QUIC as soon as they are found. Exceptions win at once. bpftool
# shows them readably, and the books are exact throughout.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
. tests/lab/rules_lib.sh
need_product
rules_lab "block_kernel"
spawn echo.log s python3 tests/lab/asks.py echo 9001
s_server_start s 443
daemon_start r lan wan || finish

where() { api rules | jq -r ".items[] | select(.id == $1) | .where"; } # RULE
ask() { in_ns c timeout 40 python3 tests/lab/asks.py "$@" 2>&1; }
of_server() { grep -c "^end [0-9]* reset" "$WORK/server.log"; }
udp_initial() { # NAME
	"$LAB_BIN/initial" "$1" >"$WORK/initial"
	ask udp 198.51.100.2 9001 "$WORK/initial"
}
resets() { # TEXT MS ARGUMENTS OF asks.py: within that time
	local told
	told=$(ask "${@:3}")
	note "$1: $told"
	check "$1" within "$2" "$told"
}
within() { [ "${2%% *}" = reset ] && [ "$(printf '%.0f' "${2#* }")" -le "$1" ]; } # MS "reset MS"
fails() { ! "$@" >/dev/null 2>&1; }

# Names.
same "before: it passes" "$(ask tls 198.51.100.2 9000 blocked.lab.test 1)" passes
rule=$(say block 'host:blocked.lab.test' --reason 'a name' | sed -n 's/^rule //p')
same "a name and all below it are the kernel half's" "$(where "$rule")" kernel
before=$(of_server)
for to in 198.51.100.2 2001:db8:2::2; do
	for name in blocked.lab.test www.Blocked.LAB.test; do
		resets "$name at $to: reset by its hello" 1000 tls $to 9000 $name 1
	done
done
same "... the server is told, too" "$(($(of_server) - before))" 4
up() { flows 'tls.sni = www.blocked.lab.test' | jq '[.[].bytes.up] | max'; }
there() { [ "$(up)" != null ]; }
wait_for 8 there
same "... and had no hello: that became the reset" "$(($(up) < 400))" 1
check "... and that is counted" [ "$(stopped "$rule")" -ge 4 ]
for name in notblocked.lab.test lab.test; do
	same "$name passes" "$(ask tls 198.51.100.2 9000 $name 1)" passes
done
check "openssl, really: no handshake" fails s_client c 198.51.100.2:443 blocked.lab.test
check "... of another name" s_client c 198.51.100.2:443 free.lab.test
curl_fails() { # curl's exit status
	local status
	get c deep.blocked.lab.test 198.51.100.2 1 >/dev/null 2>"$WORK/curl"
	status=$?
	[ $status = 35 ] && grep -q reset "$WORK/curl"
}
check "curl is told by a reset" curl_fails
for pieces in 2 12; do
	resets "a hello of $pieces segments" 1000 tls 198.51.100.2 9000 blocked.lab.test $pieces
done
resets "a request by HTTP" 1000 http 198.51.100.2 9000 www.blocked.lab.test 1
same "... for another name" "$(ask http 198.51.100.2 9000 free.lab.test 1)" passes
same "QUIC for another name passes" "$(udp_initial free.lab.test)" passes
quic=$(udp_initial q.blocked.lab.test)
note "$quic"
same "QUIC is dropped" "${quic%% *}" silent

# Exceptions to names: by a nearer one, by who asks.
nearer=$(say allow 'sni = good.blocked.lab.test' | sed -n 's/^rule //p')
same "an exception by name is the kernel half's" "$(where "$nearer") $(where "$rule")" "kernel kernel"
same "... and wins at once" "$(ask tls 198.51.100.2 9000 good.blocked.lab.test 1)" passes
resets "... for it alone" 1000 tls 198.51.100.2 9000 bad.blocked.lab.test 1
say undo "$nearer" >/dev/null
who=$(say allow 10.0.1.2 | sed -n 's/^rule //p')
same "an exception by who asks" "$(where "$who")" kernel
same "... wins, translated as he is" "$(ask tls 198.51.100.2 9000 blocked.lab.test 1)" passes
resets "... for his address alone" 1000 tls 2001:db8:2::2 9000 blocked.lab.test 1
say undo --all >/dev/null

# Ports and ends: the first packet of all does not pass.
tries() { in_ns c timeout "$1" python3 tests/lab/ends.py talk "${@:2}" 0.1 2>/dev/null | grep -q "^up"; }
opens() { tries 20 "$@"; } # ADDR PORT LOCAL
shut() { ! tries 4 "$@"; }
got() { grep -c "^up $1\$" "$WORK/server.log"; } # LOCAL PORT: connections that the server had
rule=$(say block 'dst.port = 9000 and proto = tcp' | sed -n 's/^rule //p')
same "a port is the kernel half's" "$(where "$rule")" kernel
check "... it is shut" shut 198.51.100.2 9000 21001
check "... of IPv6, too" shut 2001:db8:2::2 9000 21002
same "... from the first packet on, and has no flow" "$(got 21001) $(got 21002) $(flows 'src.port in (21001, 21002)' | jq length)" "0 0 0"
same "... other protocols pass" "$(udp_initial free.lab.test)" passes
who=$(say allow 'src.ip = 10.0.1.2 and dst.port = 9000' | sed -n 's/^rule //p')
same "an exception by ends" "$(where "$who")" kernel
check "... wins at the first packet" opens 198.51.100.2 9000 21003
same "... which the server had" "$(got 21003)" 1
check "... for it alone" shut 2001:db8:2::2 9000 21004
say undo --all >/dev/null
rule=$(say block 'proto = tcp and src.ip = 10.0.1.2 and src.port = 21005 and dst.ip = 198.51.100.2 and dst.port = 9000' | sed -n 's/^rule //p')
same "a 5-tuple is the kernel half's" "$(where "$rule")" kernel
check "... it is shut" shut 198.51.100.2 9000 21005
same "... the server had nothing of it" "$(got 21005)" 0
check "... the next port is open" opens 198.51.100.2 9000 21006
say undo --all >/dev/null

# A prefix with an exception in it.
rule=$(say block 2001:db8:2::/125 2>&1 | sed -n 's/^rule //p')
[ "$rule" ] || rule=$(say block 2001:db8:2::2 | sed -n 's/^rule //p')
check "a prefix is shut" shut 2001:db8:2::2 9000 21007
say allow 2001:db8:2::2 >/dev/null
same "... and stays the kernel half's with an exception" "$(where "$rule")" kernel
check "... which wins at the first packet" opens 2001:db8:2::2 9000 21008
same "... of what the kernel half does not see: the engine's" \
	"$(say allow 'dst.country = XX' >/dev/null; where "$rule")" engine
say undo --all >/dev/null

# Rules of many ports: what the maps have no room for is matched flow by flow, and costs no more than a rule.
memory() { awk '/VmRSS/ { print $2 }' "/proc/$daemon/status"; } # kB
before=$(memory)
{
	echo 'flowbpf rules 2'
	for i in $(seq 200); do echo "verb=block what=\"dst.port in (3000-6999) and src.ip = 10.9.0.$i\""; done
} >"$WORK/many"
same "200 rules of 4000 ports each" "$(say rules import "$WORK/many")" "200 in force now, 0 were there already, 0 are over"
same "... so many as there is room for are the kernel half's" "$(api rules | jq '[.items[] | select(.where == "kernel")] | length')" 4
check "... in little memory" [ $(($(memory) - before)) -lt 65536 ]
say undo --all >/dev/null

# To be read.
if command -v bpftool >/dev/null; then
	say block 'host:blocked.lab.test' >/dev/null
	say block 'proto = udp and dst.port = 7777' >/dev/null
	map() { # NAME: of our daemon
		local id
		for id in $(held map_id); do
			[ "$(bpftool -j map show id "$id" | jq -r .name)" != "$1" ] ||
				bpftool -j map dump id "$id" | jq -c '[.[].formatted]'
		done
	}
	same "bpftool shows names" "$(map fb_rule_names | jq -r '.[0].value.name')" blocked.lab.test
	same "... and ports" "$(map fb_tuples | jq -c '.[0].key | [.port, .proto]')" "[[0,7777],17]"
	say undo --all >/dev/null
	same "... none are left" "$(map fb_rule_names) $(map fb_tuples) $(map fb_nets)" "[] [] []"
else
	skip "bpftool shows names" "bpftool is not installed"
fi

tick 2
books_balance lan wan
check "... with what was blocked" [ "$(cause lan rx blocked)" -gt 10 ]
finish
