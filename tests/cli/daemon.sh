#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 200
# What verbs say when they may not ask the daemon, when it is silent, or when something else answers:
# one sentence, status 1. Nothing in the environment leads a request elsewhere, a long answer takes
# no memory, and what asks nobody needs no libcurl.
. "$(dirname "$0")/../lab/lib.sh"
need_product
ns a
S=$WORK/sock

answers() { # COMMAND [OPTION]: whoever asks on the socket gets its output, when the request has come
	rm -f "$S"
	printf '%s\n' "sed '/^.\$/q' >>$WORK/asked" "$1" >"$WORK/answer"
	spawn server.log a socat UNIX-LISTEN:"$S",fork"${2-}" SYSTEM:"sh $WORK/answer"
	wait_for 5 test -S "$S"
}
says() { # TEXT SENTENCE VERB...: at the end of the line, after "flowbpf: "
	local text=$1 sentence=$2
	shift 2
	in_ns a "$FLOWBPF" "$@" --socket "$S" >"$WORK/out" 2>"$WORK/err" </dev/null
	same "$text: status 1, one sentence" "$? $(cat "$WORK/err")" "1 flowbpf: $sentence"
}
not_ours="$S does not answer like flowbpf"
head='HTTP/1.1 200 OK\r\n'

for verb in flows status export "forget 9f2c51e07ab31d44"; do
	# shellcheck disable=SC2086
	says "nobody is there, $verb" "no flowbpf is running (nobody answers on $S): start it with \"flowbpf attach IFACE\"" $verb
done
S=/$(printf 'x%.0s' {1..107})
says "a long path" "the path of a socket has 107 characters at most" status
S=$WORK/sock

answers "printf '${head}Content-Length: 100\r\n\r\n{}'"
says "an answer that is cut" "the daemon went away in the middle" flows
answers "printf '${head}Transfer-Encoding: chunked\r\n\r\n5\r\nab'"
says "a chunk that is cut" "the daemon went away in the middle" status
answers "printf '${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n'"
says "a chunk that is none" "$not_ours" export
answers "true"
says "no answer" "$not_ours" flows
answers "echo SSH-2.0-OpenSSH_9.2"
says "another protocol" "$not_ours" status
answers "printf '${head}Content-Length: 4\r\n\r\n<ht>'"
says "no JSON, flows" "$not_ours" flows
says "no JSON, status" "$not_ours" status
answers "printf 'HTTP/1.1 400 Bad Request\r\nContent-Length: 32\r\n\r\n{\"detail\":\"the filter is wrong\"}'"
in_ns a "$FLOWBPF" export --socket "$S" >"$WORK/out" 2>"$WORK/err"
same "a problem: its sentence, and status 2" "$? $(cat "$WORK/err" "$WORK/out")" "2 flowbpf: the filter is wrong"
answers "printf 'HTTP/1.1 302 Found\r\nLocation: http://localhost/elsewhere\r\nContent-Length: 0\r\n\r\n'"
says "a redirect" "the daemon refused the request" flows
same "it is not followed" "$(grep -c elsewhere "$WORK/asked")" 0

# Others are before us, and whoever listens takes none of them for a second.
answers "printf '${head}Content-Length: 3\r\n\r\n[]\n'" ,backlog=1
listener=$spawned
kill -STOP "$listener"
for _ in 1 2 3; do
	spawn before.log a socat -u "UNIX-CONNECT:$S" STDOUT
done
full() { in_ns a ss -lxH src "$S" | awk '$3 > $4 { full = 1 } END { exit !full }'; }
check "a queue is full" wait_for 5 full
(sleep 1 && kill -CONT "$listener") &
same "whoever asks waits for room in it" "$(in_ns a "$FLOWBPF" export --socket "$S" 2>&1)" "[]"

if ldd "$FLOWBPF" | grep -q 'lib[aut]san'; then
	skip "a long answer takes no memory" "a sanitizer has a shadow of all memory"
else
	answers "printf '$head\r\n'; head -c 300000000 /dev/zero"
	same "300 MB pass through 48 MB of memory" \
		"$(ulimit -d 49152 && in_ns a "$FLOWBPF" export --socket "$S" | wc -c)" 300000000
fi

# A daemon of ours.
rm -f "$S"
daemon_start a lo -- --max-flows 1024 || finish
S=$socket
in_ns a env http_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1 all_proxy=socks5://127.0.0.1:1 \
	"$FLOWBPF" status --socket "$S" >"$WORK/out" 2>&1
same "a proxy in the environment is not asked" "$?" 0
chmod 755 "$WORK" && chmod 600 "$S"
in_ns a setpriv --reuid 65534 --regid 65534 --clear-groups "$FLOWBPF" status --socket "$S" >"$WORK/out" 2>"$WORK/err"
same "without the right to: says what helps" "$? $(cat "$WORK/err")" "1 flowbpf: no permission for $S: run it as root"
kill -STOP "$daemon"
says "a daemon that hangs" "the daemon said nothing for 15 seconds" status
kill -CONT "$daemon"

# As if the machine had no libcurl; all in a mount namespace of its own.
cat >"$WORK/without" <<-'END'
	for lib in $(ldconfig -p | sed -n 's/.*libcurl\(-gnutls\)\{0,1\}\.so\.4 .*=> //p'); do
		mount --bind /dev/null "$lib" || exit 9
	done
	exec "$@"
END
without() { in_ns a unshare -m sh "$WORK/without" "$@"; }
same "version needs no libcurl" "$(without "$FLOWBPF" version)" "$("$FLOWBPF" version)"
without "$FLOWBPF" status --socket "$S" >"$WORK/out" 2>"$WORK/err"
same "status does, and says so" "$? $(cat "$WORK/err")" "1 flowbpf: this needs libcurl: apt install libcurl3-gnutls"
daemon_stop
finish
