#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 180
# Attacks by the tools that people use, each from a host of its own, and beside them an evening of
# ordinary work: within two windows each attack is called by its name, and of the work nothing is.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
make --no-print-directory -s "${O:-build}/tests/lab/frames" || exit 1
lab_router || ok_if 1 "the lab is there"
for i in 31 32 33 41 42 43 44 45 46 47; do ip -n "$TAG-c" address add "10.0.1.$i/24" dev eth0; done
for i in 66 67 77 {101..140}; do ip -n "$TAG-s" address add "198.51.100.$i/24" dev eth0; done
ip -n "$TAG-s" route add 10.0.1.0/24 via 198.51.100.1
ip -n "$TAG-r" route add 198.18.0.0/15 dev wan # who forges his addresses
lab_keep_neighbours
nginx_start s
sshd_start s 198.51.100.2
dnsmasq_start s --listen-address=198.51.100.2 --address=/lab.test/198.51.100.2
spawn other.log s python3 tests/lab/ends.py serve 4444
spawn web.log c python3 -m http.server 443 --bind 10.0.1.2 --directory "$WORK/reports"
# shellcheck disable=SC2046
spawn peers.log s python3 tests/lab/habits.py peers $(seq -f '198.51.100.%.0f' 101 140)
wait_for 5 listening c 443
daemon_start r lan wan -- --state "$WORK/state" || finish
in_ns c ping -c 2 -i 0.2 198.51.100.2 >/dev/null # what goes on when the daemon comes is not told of

# --- attacks ----------------------------------------------------------------------------------------
sends_names() { # a tunnel of iodine's, by a server of its own behind the resolver's port
	[ -e /dev/net/tun ] && command -v iodine >/dev/null || return 1
	spawn iodined.log s iodined -f -c -P secret -l 198.51.100.66 172.30.0.1 t.lab.example
	wait_for 5 sh -c "nsenter --net='/run/netns/$TAG-s' ss -Hlun 'src 198.51.100.66 and sport = :53' | grep -q ."
	spawn iodine.log c iodine -f -P secret -r -I 1 198.51.100.66 t.lab.example
	wait_for 15 sh -c "ip -n '$TAG-c' -br address | grep -q 172.30.0."
	spawn tunnel.log c ping -q -i 0.2 -s 400 -c 100 172.30.0.1
}
scans() { in_ns s nmap -n -Pn -sS --send-ip -p 2000-2040 --max-rate 20 -S 198.51.100.67 -e eth0 10.0.1.2; }
floods() { in_ns s "$LAB_BIN/frames" eth0 "$(mac r wan)" inward 12000 0 1500; }

# --- work -------------------------------------------------------------------------------------------
browses() { # fifty tabs, six connections each, of names that were asked for
	local i
	for i in $(seq 50); do
		in_ns c dig +short +tries=1 -b 10.0.1.41 @198.51.100.2 "tab$i.lab.test" >/dev/null
		get c "tab$i.lab.test" 198.51.100.2 '[1-6]' --interface 10.0.1.41 --parallel &
		[ $((i % 10)) != 0 ] || wait $!
	done
	wait $!
}
watches() { # a film, a piece each second
	local i
	for i in $(seq 15); do
		get c film.lab.test 198.51.100.2 1000000 --interface 10.0.1.42
		sleep 1
	done
}
updates() { # apt, from a repository of the test's own
	mkdir -p "$WORK/www/debian/dists/lab" "$WORK/apt/lists/partial" "$WORK/apt/cache/archives/partial"
	: >"$WORK/www/debian/dists/lab/Packages"
	echo "deb [trusted=yes] http://198.51.100.2/debian/ dists/lab/" >"$WORK/apt/sources.list"
	in_ns c apt-get -q -o Dir::Etc::sourcelist="$WORK/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$WORK/apt/lists" -o Dir::Cache="$WORK/apt/cache" -o APT::Sandbox::User=root \
		-o Acquire::http::Proxy=false update
}
clones() { # git, by dumb HTTP
	git init -q --bare "$WORK/www/project.git"
	git -C "$WORK/www/project.git" update-server-info
	local i
	for i in 1 2 3 4 5; do
		GIT_SSL_CAINFO=$WORK/ca.pem in_ns c git -c http.proxy= -c http.curloptResolve=git.lab.test:443:198.51.100.2 \
			ls-remote https://git.lab.test/project.git
	done
}
backs_up() { # 80 MB, to a machine of one's own outside, by SSH
	dd if=/dev/zero bs=1M count=80 2>/dev/null | ssh_to 10.0.1.43 'cat >/dev/null'
}
asks() { # names that are there and some that are not
	local i
	for i in $(seq 60); do in_ns c dig +short +tries=1 -b 10.0.1.44 @198.51.100.2 "host$i.lab.test"; done
	for name in printr wpad intranet fileserver; do in_ns c dig +short +tries=1 -b 10.0.1.44 @198.51.100.2 "$name.example"; done
}
# shellcheck disable=SC2046
shares() { in_ns c python3 tests/lab/habits.py shares 10.0.1.45 $(seq -f '198.51.100.%.0f' 101 140); }

called() { # KIND HOST
	api "incidents?host=$2&kind=$1" | jq -e '[.items[] | select(.severity == "high")] | length > 0' >/dev/null
}

jobs=()
for work in browses watches updates clones backs_up asks shares scans; do
	$work >"$WORK/$work.log" 2>&1 &
	jobs+=($!)
done
spawn beacon.log c python3 tests/lab/habits.py beacon 10.0.1.31 198.51.100.77 4444 1.2 60
if sends_names; then
	check "a tunnel through DNS by iodine is found" wait_for 20 called dnstunnel 10.0.1.2
else
	skip "a tunnel through DNS" "iodine is not installed, or there is no /dev/net/tun"
fi
check "a scan by nmap is found" wait_for 20 called scan 198.51.100.67
check "a beacon is found, though it jitters by a fifth" wait_for 30 called beacon 10.0.1.31
wait "${jobs[@]}"
floods >"$WORK/floods.log" 2>&1 &
flooding=$!
check "a flood of SYNs from forged addresses is found at its target" wait_for 20 called flood 10.0.1.2
wait $flooding
same "... and of those addresses nobody is accused" "$(api 'incidents?limit=500' |
	jq '[.items[] | select(.host | startswith("198.18."))] | length')" 0

# shellcheck disable=SC2046
in_ns s python3 tests/lab/forge.py 10.0.1.99 10.0.1.2 $(seq 2100 2130)
check "who comes in as one of our network, and not from there, is no host inside" wait_for 20 called scan 10.0.1.99
same "... what he does is not laid to it" "$(api 'incidents?host=10.0.1.99' | jq -c '[.items[].inside] | unique') $(
	flows 'src.ip = 10.0.1.99' | jq -c '[.[].scope] | unique') $(api alerts | jq '[.items[] | select(.key == "10.0.1.99")] | length')" \
	'[false] ["external-internal"] 0'

same "the work was done: tabs, ..." "$(flows 'src.ip = 10.0.1.41 and dst.port = 443 and bytes > 2000' | jq "length >= 50")" true
same "... a film, ..." "$(flows 'src.ip = 10.0.1.42 and bytes > 1000000' | jq length)" 15
same "... an update, a clone, ..." "$(grep -c '^Get:.*Packages' "$WORK/updates.log") $(wc -c <"$WORK/clones.log")" "1 0"
same "... a backup, ..." "$(flows 'src.ip = 10.0.1.43 and bytes.up > 80M' | jq length)" 1
same "... names asked for, ..." "$(flows 'src.ip = 10.0.1.44 and dst.port = 53' | jq 'length >= 60')" true
same "... files shared" "$(flows 'src.ip = 10.0.1.45 and proto = tcp and bytes.down > 2000' | jq 'length >= 20')" true
for who in 41 42 43 44 45; do
	same "10.0.1.$who is no incident" "$(api "incidents?host=10.0.1.$who" | jq -c '[.items[] | [.kind, .severity, .sentence]]')" '[]'
done
same "nor is who updates and clones" "$(api 'incidents?host=10.0.1.2' | jq -c '[.items[].kind] - ["dnstunnel", "flood", "probe"]')" '[]'
finish
