#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# Whose the sockets of flows are, on a router that also speaks for itself: old and new sockets, 1,000
# processes of 5 ms, a pid that is used again, users, units, containers. What is translated has no
# listener of this host, what the kernel sends says so, and what is not known has none.
. "$(dirname "$0")/lib.sh"
need_product
lab_router || ok_if 1 "the lab is there"
sockets=$LAB_BIN/sockets
cgroup=$(awk '/ - cgroup2 / {print $5; exit}' /proc/self/mountinfo)
groups=()
in_group() { # PATH COMMAND...: in r, to its end
	mkdir -p "$cgroup/$1" && groups+=("$cgroup/$1")
	# shellcheck disable=SC2016
	in_ns r sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup/$1" "${@:2}"
}
has_port() { in_ns "$1" ss -Hlan "sport = :$2" | grep -q .; } # NS PORT
owner='"\(.owner.process) \(.owner.pid) \(.owner.by)"'
of() { flow "src.port = $1 or dst.port = $1" "${2:-$owner}"; } # PORT [JQ-EXPRESSION]
is() { [ "$(of "$1" "${3:-$owner}")" = "$2" ]; }               # PORT WANTED [JQ-EXPRESSION]
held() { # PORT "NAME LOG BY EXE": the pid is what stands in that log
	local name log by exe
	read -r name log by exe <<<"$2"
	[ "$(of "$1" '"\(.owner.process) \(.owner.pid) \(.owner.by) \(.owner.exe)"')" = "$name $(tail -1 "$WORK/$log") $by $exe" ]
}

# Docker's own file of a container, where root alone may look, for the daemon alone to see.
product=$FLOWBPF
id=$(printf '%s' "$TAG" | sha256sum | cut -c1-64)
cat >"$WORK/flowbpf" <<-WRAPPER
	#!/bin/sh
	exec unshare -m --propagation private sh -c '
		mount -t tmpfs -o mode=755 none /var/lib && mkdir -p -m 700 /var/lib/docker/containers/$id &&
		echo "{\"ID\":\"$id\",\"Name\":\"/web\"}" >/var/lib/docker/containers/$id/config.v2.json &&
		chmod 700 /var/lib/docker && exec "\$@"' sh $product "\$@"
WRAPPER
chmod 755 "$WORK/flowbpf"
spawn old.log r "$sockets" serve udp 5300
old=$spawned
spawn listener.log r "$sockets" serve tcp 8443
listener=$spawned
check "two servers are there before the daemon" wait_for 5 has_port r 8443
FLOWBPF=$WORK/flowbpf
daemon_start r lan wan || finish
FLOWBPF=$product

# A thousand of 5 ms each, half TCP, half UDP: their ports tell whose each flow is.
in_ns r "$sockets" swarm 1000 198.51.100.2 4999 20000 >"$WORK/swarm"
thousand() { [ "$(flows 'dst.port = 4999 and owner.pid > 0' | jq length)" = 1000 ]; }
check "a thousand processes of 5 ms: each flow has an owner" wait_for 10 thousand
flows 'dst.port = 4999' >"$WORK/flows"
same "and the right one" "$(jq -r '.[] | "\(.src.port) \(.owner.pid)"' "$WORK/flows" | sort | diff - <(sort "$WORK/swarm") | wc -l)" 0
same "with its program, user and by what it is known" \
	"$(jq -r '[.[] | .owner | "\(.process) \(.exe) \(.user) \(.by)"] | unique[]' "$WORK/flows" | sort)" \
	"sockets $sockets root connect
sockets $sockets root socket"
same "groups by process have them all" \
	"$(api 'flows?group_by=owner.process&filter=dst.port%3D4999&live=both' | jq -c '[.items[] | [.key, .flows]]')" '[["sockets",1000]]'

cp "$sockets" "$WORK/second"
chmod 755 "$WORK/second"
spawn reuse.log r "$sockets" reuse 198.51.100.2 4998 21000 "$WORK/second"
again() { [ "$(of 21001 '"\(.owner.process) \(.owner.exe)"')" = "second $WORK/second" ]; }
check "a pid is used again: the new process has its own name" wait_for 10 again
pid=$(cat "$WORK/reuse.log")
same "and its pid" "$(of 21001 .owner.pid)" "$pid"
same "the one before has its own, and inherits nothing" "$(of 21000 '"\(.owner.process) \(.owner.pid) \(.owner.exe)"')" \
	"sockets $pid $sockets"

# 4999: one program, a thousand processes
of_program() { api "processes?live=both&filter=$1" | jq -c '[.items[] | [.process, .exe, .user, .processes, (.pids | length), .flows, .peers[0]]]'; }
same "a program's processes are one, with whom they talk to" "$(of_program 'dst.port%3D4999')" \
	"[[\"sockets\",\"$sockets\",\"root\",1000,8,1000,\"198.51.100.2\"]]"
same "with what they sent: all of the flows' bytes" \
	"$(api 'processes?live=both&filter=dst.port%3D4999' | jq -c '[.items[0].bytes.up, .items[0].bytes.down]')" \
	"$(jq -c '[([.[].bytes.up] | add), ([.[].bytes.down] | add)]' "$WORK/flows")"
"$FLOWBPF" processes --socket "$socket" --all --filter 'dst.port = 4999' >"$WORK/processes" 2>"$WORK/sum"
check "the command line has them in a line" grep -qE '^sockets +[0-9]+ \+999 +root .* 198\.51\.100\.2 ' "$WORK/processes"
same "and says what has none" "$(cat "$WORK/sum")" "1 program; 0 flows of no process of this machine that is known"

in_ns s "$sockets" one udp 198.51.100.1 5300 22000
check "a UDP server that answers nothing, older than the daemon: as a snapshot" wait_for 10 is 22000 "sockets $old snapshot"
in_ns c "$sockets" one tcp 10.0.1.1 8443 22001
check "a listener older than the daemon has what comes in" wait_for 10 is 22001 "sockets $listener listener"
spawn new.log r "$sockets" serve tcp 8444
new=$spawned
wait_for 5 has_port r 8444
in_ns c "$sockets" one tcp 10.0.1.1 8444 22002
check "so has a new one" wait_for 10 is 22002 "sockets $new listener"

spawn fork.log r "$sockets" fork 8445 "$WORK/second"
spawn prefork.log r "$sockets" prefork 8446
wait_for 5 has_port r 8445 && wait_for 5 has_port r 8446
spawn client.log c "$sockets" one tcp 10.0.1.1 8445 22007 stay
spawn client.log c "$sockets" one tcp 10.0.1.1 8446 22008 stay
spawn client.log c "$sockets" one tcp 10.0.1.1 8444 22009 stay
check "a server that gives connections to children: the child that has it" wait_for 20 held 22007 \
	"second fork.log holder $WORK/second"
check "one whose child takes them itself: that child" wait_for 20 held 22008 "sockets prefork.log holder $sockets"
check "one that does all itself is the listener, though it is asked" is 22009 "sockets $new listener"

in_ns s "$sockets" one tcp 198.51.100.1 8443 22003 # goes to c, whatever listens here
in_ns c "$sockets" one udp 198.51.100.2 5300 22004
check "what is translated to another host is there" wait_for 10 is 22003 dnat .nat.kind
check "and is not the local listener's" is 22003 false ".owner.pid == $listener"
same "nor is what is forwarded" "$(of 22004)" "null null null"
in_ns c "$sockets" one tcp 10.0.1.1 9 22005
spawn s.log s "$sockets" serve tcp 4995
wait_for 5 has_port s 4995
in_ns c "$sockets" one tcp 198.51.100.2 4995 22006 # c and s are containers, too: of this kernel
check "a client in a container behind NAT: by what conntrack tells" wait_for 10 is 22006 "sockets $sockets root conntrack" \
	'"\(.owner.process) \(.owner.exe) \(.owner.user) \(.owner.by)"'
spawn stay.log c "$sockets" one connected 198.51.100.2 4995 22011 stay
stay=$spawned
check "its datagrams by a connected socket that is open" wait_for 20 is 22011 "sockets $stay conntrack"
spawn stay.log c "$sockets" one udp 198.51.100.2 4995 22012 stay
check "a socket that is not connected shows no ends" wait_for 10 is 22012 "null null null"
check "a port that nobody has: the kernel answers" wait_for 10 is 22005 "kernel null kernel"
in_ns c ping -q -c 1 10.0.1.1 >/dev/null
pinged() { [ "$(flow 'proto = icmp and dst.ip = 10.0.1.1' "$owner")" = "kernel null kernel" ]; }
check "and pings" wait_for 10 pinged

in_group "system.slice/$TAG.service" setpriv --reuid 65534 --clear-groups "$sockets" one tcp 198.51.100.2 4997 23000
in_group "docker/$id" "$sockets" one udp 198.51.100.2 4997 23001
who='"\(.owner.user) \(.owner.unit) \(.owner.container)"'
check "a user and a unit" wait_for 10 is 23000 "nobody $TAG.service null" "$who"
check "a container" wait_for 10 is 23001 "root null $id" "$who"
same "and what Docker calls it, though root was given up since" "$(of 23001 .owner.container_name)" web
same "and whose flows are those of the program in it" "$(api 'processes?live=both&filter=container%3D'"$id" | jq -c '[.items[] | [.process, .container_name]]')" \
	'[["sockets","web"]]'
same "filters know them" "$(flows "unit = \"$TAG.service\" or container = \"$id\"" | jq length)" 2
same "so does the CSV" "$("$FLOWBPF" flows --socket "$socket" --csv --fields owner.process,owner.container --filter 'src.port = 23001' | tail -1 | tr -d '\r')" \
	"sockets,$id"
same "and the paths of other monitors" \
	"$(api '../../api/network-stats' | jq -r '.connections[]? | select(.local_address == "198.51.100.1:23001") | "\(.process) \(.pid)"')" \
	"$(of 23001 '"\(.owner.process) \(.owner.pid)"')"
same "its parents are told, the nearest first" "$(of 21001 '.owner.parents[0]')" "sockets ($(ps -o ppid= -p "$pid" | tr -d ' '))"
daemon_stop

daemon_start r wan -- --no-owner || finish
in_ns r "$sockets" one tcp 198.51.100.2 4996 24000
check "switched off it asks nobody" wait_for 10 is 24000 "null null null"
for verb in processes listeners; do
	same "flowbpf $verb says so" "$("$FLOWBPF" $verb --socket "$socket" 2>&1 >/dev/null)" \
		"processes are not known: the daemon runs with --no-owner"
done
daemon_stop
for group in "${groups[@]}"; do rmdir "$group"; done
finish
