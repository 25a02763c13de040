#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# Who only knocks at this machine's SSH server, by a SYN, a connection, a password that is wrong, is shut out as
# any other, while who is in goes on, and so do further connections of his. Whom --trusted names on the command
# line is not shut out.
. "$(dirname "$0")/lib.sh"
. tests/lab/rules_lib.sh
. tests/lab/servers.sh
need_product
for tool in socat ssh sshd; do
	command -v $tool >/dev/null && continue
	skip "who knocks" "$tool is not installed"
	finish
done
rules_lab "who knocks"
for i in "c 10.0.1.3/24 eth0" "c 10.0.1.4/24 eth0" "s 203.0.113.77/32 lo" "s 203.0.113.78/32 lo"; do
	# shellcheck disable=SC2086
	set -- $i
	ip -n "$TAG-$1" address add "$2" dev "$3"
done
in_ns r ip route add 203.0.113.0/24 dev wan
chmod 711 "$WORK"
sshd_start r 10.0.1.1
start() { daemon_start r lan wan -- --state "$WORK/state" --history off "$@"; }
start
ssh_session 10.0.1.2
check "who has logged in is a guest" wait_for 15 is_in 10.0.1.2
check "... whose session echoes" session_echoes

# --- a connection, and no more ----------------------------------------------------------------------------
spawn knock.log s socat -u TCP:198.51.100.1:22,bind=203.0.113.77:32000 "CREATE:$WORK/banner"
check "a stranger has a connection with the SSH server" wait_for 10 flow_is "src.port = 32000" .state ESTABLISHED
check "... which has answered" wait_for 5 grep -q '^SSH-' "$WORK/banner"
tick 4
check "... and makes no guest of him" eval '! is_in 203.0.113.77'
same "... he is blocked" "$(say block 203.0.113.77)" "rule 1"
knocks() { in_ns s timeout 4 socat -u "TCP:198.51.100.1:22,bind=$1,connect-timeout=3" STDOUT | grep -q '^SSH-'; } # FROM
is_out() { ! knocks 203.0.113.77; }
check "... and gets no answer any more" is_out
check "... another one does" knocks 203.0.113.78
check "... and the session echoes" session_echoes
say undo --all >/dev/null
check "the rule gone he gets one" wait_for 10 knocks 203.0.113.77
say block 'src.ip = 203.0.113.77 and dst.port = 22' >/dev/null
check "by a filter he does not, either" wait_for 10 is_out
say undo --all >/dev/null

# --- who guesses --------------------------------------------------------------------------------------------
guess() { # FROM inside, by a key that is not known
	in_ns c ssh -F none -i "$WORK/ssh/host" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o BatchMode=yes -o ConnectTimeout=4 -b "$1" root@10.0.1.1 true
}
guesses() { guess "$1" 2>&1 | grep -q 'Permission denied'; }
check "who guesses is answered" guesses 10.0.1.3
check "... and is no guest" eval '! is_in 10.0.1.3'
same "... he is blocked" "$(say block 10.0.1.3 | sed 's/[0-9]*$/N/')" "rule N"
check "... and is not answered" eval '! guesses 10.0.1.3'
check "who is in opens another session" eval '[ "$(ssh_to 10.0.1.2 "echo new")" = new ]'
same "... and is not blocked" "$(say block 10.0.1.2)" "flowbpf: it is not touched: it is an SSH session with this machine"
say block 'dst.port = 22' >/dev/null
tick 3
check "the whole port blocked: the session echoes" session_echoes
check "... he opens another one" eval '[ "$(ssh_to 10.0.1.2 "echo more")" = more ]'
say undo --all >/dev/null
echo bye >&"$session"
gone() { ! is_in 10.0.1.2; }
check "who is out again is a guest no more" wait_for 20 gone
daemon_stop

# --- whom --trusted names -----------------------------------------------------------------------------------
start --trusted 10.0.1.3 --trusted 192.0.2.64/26
trusted() { same "a block of $1 is refused" "$(say block "$1")" "flowbpf: it is not touched: it is with an address that --trusted names"; }
for what in 10.0.1.3 192.0.2.77 192.0.2.0/24 "ip = 192.0.2.80"; do trusted "$what"; done
talks() { [ "$(echo hello | in_ns c timeout 4 socat -t 3 - "TCP:198.51.100.2:9000,bind=$1,connect-timeout=3" | head -c 1)" = x ]; } # FROM
is_silent() { ! talks "$1"; }
for i in 3 4; do say block "src.ip = 10.0.1.$i and dst.port = 9000" >/dev/null; done
check "by a filter another one is shut out" wait_for 10 is_silent 10.0.1.4
check "... and not who is trusted" talks 10.0.1.3
tick 3
check "... later, too" talks 10.0.1.3
daemon_stop
finish
