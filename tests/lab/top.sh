#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# flowbpf top, driven by keys in a terminal of tmux over real connections: each view, sort, filter with its
# error and completion, pause, held order, groups, detail, sizes, colours and none, letters alone, hostile
# names, the mouse, what is ended and blocked, a daemon that goes and comes, and a terminal that is as it was after every way out.
. "$(dirname "$0")/lib.sh"
need_product
for tool in tmux python3 openssl; do
	command -v $tool >/dev/null || {
		skip "top" "$tool is not installed"
		finish
	}
done
lab_router || ok_if 1 "the lab is there"
lab_keep_neighbours
spawn server.log s python3 tests/lab/ends.py serve 9000
wait_for 5 listening s 9000
for port in 20001 20002 20003; do
	spawn client.log c python3 tests/lab/ends.py talk 198.51.100.2 9000 $port 600
done
spawn client.log c python3 tests/lab/ends.py idle 2001:db8:2::2 9000 20004 600
daemon_start r lan || finish
wait_for 10 flow_is "src.port = 20004" .state ESTABLISHED

# --- a terminal ------------------------------------------------------------------------------------
# A server of tmux of our own, without anybody's settings.
server=0
tmux_() { tmux -f /dev/null -S "$WORK/tmux.$server" "$@"; }
screen() { tmux_ capture-pane -p -t top; }
screen_has() { screen | grep -q -- "$1"; }
line() { screen | sed -n "$(($1 + 1))p"; } # of the screen, from 0
line_has() { line "$1" | grep -q -- "$2"; }
screen_lacks() { ! screen_has "$1"; }
press() { tmux_ send-keys -t top "$@"; }
type_() { tmux_ send-keys -t top -l -- "$1"; }
shell_is_back() { [ "$(tmux_ display-message -p -t top '#{pane_current_command}')" = bash ]; }
sees() { # TEXT PATTERN: within a moment
	wait_for 6 screen_has "$2"
	ok_if $? "$1" || screen | sed 's/^/# | /'
}
saw() { # STATUS TEXT
	ok_if "$1" "$2"
	[ "$1" = 0 ] || screen | sed 's/^/# | /'
}
terminal() { # COLUMNS LINES [VARIABLE=VALUE...]
	tmux_ kill-server 2>/dev/null
	server=$((server + 1))
	tmux_ new-session -d -s top -x "$1" -y "$2" env -u NO_COLOR LANG=C.UTF-8 LC_ALL=C.UTF-8 "${@:3}" bash --norc
	tmux_ set-option -g status off
	tmux_ set-option -g window-size manual
	wait_for 5 shell_is_back
}
begin() { # [OPTION...]
	type_ "PS1='ready> '; clear; '$FLOWBPF' top --socket '$socket' $*"
	press Enter
	wait_for 10 screen_has '1 Flows'
}
leave() {
	press q
	wait_for 5 shell_is_back
}
trap 'tmux_ kill-server 2>/dev/null; clean_up' EXIT

# --- the views -------------------------------------------------------------------------------------
terminal 120 35
begin
saw $? "it shows its views"
sees "flows: a connection with its ends" '10\.0\.1\.2:20001 *198\.51\.100\.2:9000'
sees "IPv6 has its port behind brackets" '\[fd00:1::2\]:20004'
sees "the interface and how long it runs" 'lan  up [0-9]'
sees "rates with bars" '↑ [0-9.]* [kM]*bit/s'
sees "how many flows there are" '1 of [0-9]'
press 2
sees "hosts: the client and its flows" '^10\.0\.1\.2 .* [34] '
press 3
sees "processes" 'PROCESS'
press 4
sees "names: what has none is told so" 'not known'
press 5
sees "alerts: that there are none" 'nothing odd was seen'
press 6
sees "interfaces: what is up" '^lan .* up '
say devices label "$(mac c eth0)" '客厅的电视机' >/dev/null
press 2 a
sees "devices: a label of wide characters" '^客厅的电视机 .*bit/s'
ends_at() { line "$1" | sed "s#$2.*#$2#" | wc -L; } # the column behind a word of a line
same "its numbers stand below their titles" "$(ends_at 5 'bit/s')" "$(ends_at 4 SENDS)"
press a a 6
wait_for 5 screen_has '^lan'
press Tab
wait_for 5 screen_has '20001'
saw $? "Tab goes round"

# --- order, groups, pause --------------------------------------------------------------------------
press g
marked() { line 4 | grep -o '[^ ]*[▲▼]'; } # columns become wider by themselves, the mark goes by keys alone
mark_moves() { [ "$(marked)" != "$mark" ]; }
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13; do # to the column SOURCE, wherever it begins
	line_has 4 'SOURCE[▲▼]' && break
	mark=$(marked)
	press s
	wait_for 5 mark_moves
done
line_has 4 'SOURCE[▲▼]'
saw $? "s sorts by the next column, which is marked"
line_has 4 'SOURCE▼' || press S
wait_for 5 line_has 5 'fd00:1::2'
saw $? "the largest address first"
press S
wait_for 5 line_has 5 '^10\.0\.1\.2'
saw $? "S turns the order around"
press a
sees "a groups: by client" 'CLIENT'
press Enter
sees "Enter on a group shows its flows" 'filter: src\.ip = "'
press Escape
sees "Esc leads back to the groups" 'CLIENT'
for _ in 1 2 3 4 5 6 7; do
	press a
	sleep 0.2
done
sees "and round to the connections" 'connections'
press p
sees "p stops the picture" ' paused '
before=$(screen | sed 1,4d)
sleep 2.5
same "it stands" "$(screen | sed 1,4d)" "$before"
press p
sees "and goes on" '● live'
press h
sees "h holds the order" 'order held'
press h t
sees "t shows those that ended" 'flows that ended'
press t t u
sees "u shows bytes" '[0-9] [kM]*B/s'
press u

# --- the filter ------------------------------------------------------------------------------------
press /
type_ 'src.po'
sees "completion offers a field" 'src\.port .*port of the client'
press Tab
sees "Tab takes it" 'filter> src\.port'
type_ ' = 20002'
press Enter
sees "the filter is in force" '1 of 1 '
screen_lacks 20001
saw $? "what does not match is gone"
press /
press C-u
type_ 'src.port = 20002 and nonsense = 1'
press Enter
sees "what is wrong is told" 'nonsense'
wait_for 5 line_has 4 '^ *▲'
saw $? "... and where"
same "below its place" "$(line 4 | sed 's/▲.*//' | wc -m)" "$(line 3 | sed 's/nonsense.*//' | wc -m)"
press Escape
sees "Esc leaves it and all flows are there" '10\.0\.1\.2:20001'

# --- all of a row ----------------------------------------------------------------------------------
press /
type_ 'src.port = 20003'
press Enter
wait_for 5 screen_has '1 of 1 '
press Enter
sees "Enter opens a flow" 'Source port *20003'
sees "with its traffic" 'Packets up'
press Escape
sees "Esc leads back" '10\.0\.1\.2:20003'
press Escape
press '?'
sees "? tells the keys" 'turn the order around'
press Escape
sees "and goes" '10\.0\.1\.2:20001'

# --- the mouse -------------------------------------------------------------------------------------
# As a terminal of tmux sends it: a press at a column and row and its end, each from 0.
letter() { printf '%b' "\\0$(printf '%o' $((33 + $1)))"; }
click() { tmux_ send-keys -t top -l $'\033[M '"$(letter "$1")$(letter "$2")"$'\033[M#'"$(letter "$1")$(letter "$2")"; }
column_of() { line 4 | sed "s/$1.*//" | wc -m; }
click "$(column_of DESTINATION)" 4
wait_for 5 line_has 4 'DESTINATION[▲▼]'
saw $? "a click on a title sorts"
click 12 2
sees "a click on a view shows it" '^CLIENT'
press 1

# --- sizes -----------------------------------------------------------------------------------------
resize() { tmux_ resize-window -t top -x "$1" -y "$2"; }
fits() { # LINES: what says who and how much, and the foot in the last line
	line_has $(($1 - 1)) 'of [0-9]' && line_has 4 'SOURCE' && line_has 4 'GETS'
}
for size in "80 24" "300 100" "120 35"; do
	# shellcheck disable=SC2086
	set -- $size
	resize "$1" "$2"
	wait_for 6 fits "$2"
	saw $? "$1x$2 has all that matters"
	[ "$1" != 300 ] || wait_for 3 line_has 4 IFACE
	saw $? "$1x$2: as many columns as there is room for"
done

# --- acts: shown first, then that and nothing else ----------------------------------------------------
up() { grep -q "^up $1\$" "$WORK/client.log"; } # PORT
was_reset() { grep -q "^end $1 reset" "$WORK/client.log"; } # PORT
rules() { api rules | jq -r '[.items[].what] | join(" ")'; }
only() { # PORT: its row alone
	press Escape
	press /
	press C-u
	type_ "src.port = $1"
	press Enter
	wait_for 6 screen_has '1 of 1 '
}
only 20001
press k
sees "k shows what it would end" 'to be ended: 1'
press n
wait_for 3 line_has 34 '1 of 1'
saw $? "another key than y leaves it"
tmux_ resize-window -t top -x 120 -y 8
press k
sees "what does not all fit is told so" 'make the terminal larger'
press y
tmux_ resize-window -t top -x 120 -y 35
wait_for 3 line_has 34 '1 of 1'
saw $? "... and y does not do it"
tick 2
was_reset 20001
check "and nothing was ended" [ $? = 1 ]
press k
wait_for 5 screen_has 'y ends them'
press y
sees "y ends it, which is told" '1 connections ended'
wait_for 5 was_reset 20001
check "the client was reset" was_reset 20001
only 20003
press b
sees "b asks what to block, beginning with the server" 'block> 198\.51\.100\.2'
press C-u
type_ 10.0.1.1
press Enter
sees "what may never be blocked is told" 'would be refused'
press y
press Escape
same "and y does not do it" "$(rules)" ""
press b C-u
type_ 'src.port = 20003'
press Enter
sees "it is shown what a filter would block" 'now: 1 flows'
press y
sees "and that it is in force" 'rule [0-9]* is in force'
same "the rule is there" "$(rules)" "src.port = 20003"
blocked() { [ "$(api rules | jq '.items[0].packets')" -gt 0 ]; }
wait_for 10 blocked
check "its packets are stopped" blocked
press Escape

# --- a daemon that is far away ----------------------------------------------------------------------
# Each answer takes longer than the second after which the rows are asked for again.
leave
spawn slow.log r python3 tests/lab/slow.py "$WORK/slow" "$socket" 1.2
wait_for 5 [ -S "$WORK/slow" ]
begin --socket "$WORK/slow" --filter "'src.port = 20002'"
looked() { [ "$(grep -c acts/preview "$WORK/slow.log")" = "$1" ]; } # TIMES
wait_for 10 screen_has '1 of 1 '
press k
wait_for 15 screen_has 'y ends them'
saw $? "what it would end is told even so"
press n k
wait_for 15 looked 2
press Escape
wait_for 3 screen_has '1 of 1 '
press b
wait_for 3 screen_has 'block> '
press Enter
wait_for 20 screen_has 'y blocks it'
saw $? "who left an end for a block is shown what it would block"
same "... and nothing that was asked before" "$(screen | sed -n 6p)" 198.51.100.2
press Escape
leave
begin

# --- the daemon goes and comes ---------------------------------------------------------------------
daemon_stop
sees "a daemon that went is told" 'no flowbpf is running'
sees "in the corner, too" 'no answer'
# ... with logins and TLS, for what is asked over the network below
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=router -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
echo "viewer 0123456789abcdef-top" >"$WORK/tokens"
chmod 600 "$WORK/tokens" "$WORK/key.pem"
spawn daemon.log r "$FLOWBPF" attach lan --listen 127.0.0.1:8080 --token-file "$WORK/tokens" \
	--tls-cert "$WORK/cert.pem" --tls-key "$WORK/key.pem" --socket "$socket"
daemon=$spawned daemons+=("$spawned")
wait_for 20 api health
sees "it is back without a key" '● live'
sees "and so are its flows" '10\.0\.1\.2:20002'
screen_lacks 'no flowbpf is running'
saw $? "nothing is said any more"

# --- every way out ---------------------------------------------------------------------------------
state() { tmux_ display-message -p -t top '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}'; }
leave
same "q gives the terminal back" "$(state)" "0 1 0 0"
for signal in INT TERM HUP SEGV ABRT; do
	begin
	top_pid=$(pgrep -P "$(tmux_ display-message -p -t top '#{pane_pid}')")
	kill -$signal "$top_pid"
	wait_for 5 shell_is_back
	wait_for 3 screen_has 'ready>'
	same "SIG$signal gives the terminal back" "$(state | cut -d' ' -f1-3)" "0 1 0"
	type_ 'stty -a | grep -c " echo " | sed s/^/echoes-/'
	press Enter
	sees "SIG$signal: the terminal echoes" 'echoes-1'
	type_ clear
	press Enter
done

# --- colours and letters ---------------------------------------------------------------------------
colours() { tmux_ capture-pane -e -p -t top | grep -cE $'\033\\[([0-9]+;)*38;5;'; }
begin
wait_for 5 screen_has 20002
check "there are colours" [ "$(colours)" -gt 0 ]
leave
terminal 80 24 NO_COLOR=1
begin
wait_for 5 screen_has 20002
same "NO_COLOR: there are none" "$(tmux_ capture-pane -e -p -t top | grep -cE $'\033\\[([0-9]+;)*([34][0-8])[0-9;]*m')" 0
leave
begin --color always
wait_for 5 screen_has 20002
check "--color always: there are, all the same" [ "$(colours)" -gt 0 ]
leave
letters() { [ "$(screen | LC_ALL=C grep -c '[^ -~]')" = 0 ]; }
begin --ascii
wait_for 5 screen_has 20002
check "--ascii: letters alone" letters
leave
terminal 80 24 LANG=C LC_ALL=C
begin
wait_for 5 screen_has 20002
check "a locale without UTF-8: letters alone" letters
leave

# --- over the network ------------------------------------------------------------------------------
remote() { # in the router's namespace
	in_ns r "$FLOWBPF" top --url https://127.0.0.1:8080 --ca "$WORK/cert.pem" >"$WORK/out" 2>&1
}
terminal 120 35
type_ "PS1='ready> '; clear; nsenter --net=/run/netns/$TAG-r '$FLOWBPF' top --url https://127.0.0.1:8080 --ca '$WORK/cert.pem' --token-file '$WORK/tokens'"
press Enter
sees "over TLS with a token: flows" '10\.0\.1\.2:20002'
same "the token is in nobody's arguments" "$(cat /proc/[0-9]*/cmdline 2>/dev/null | grep -ac "[0]123456789abcdef")" 0
press k
wait_for 5 screen_has 'operator'
saw $? "a viewer's token ends nothing, and says why"
leave
remote
same "without a token it is refused" "$? $(wc -l <"$WORK/out")" "1 1"
FLOWBPF_TOKEN=0123456789abcdef-top remote
same "a token of the environment is taken: only the terminal lacks" "$? $(grep -c 'needs a terminal' "$WORK/out")" "1 1"
in_ns r "$FLOWBPF" top --url https://127.0.0.1:8080 --token-file "$WORK/tokens" >"$WORK/out" 2>&1
same "who vouches for nobody is not spoken to" "$? $(grep -c 'cannot reach' "$WORK/out")" "1 1"
"$FLOWBPF" top --url http://192.0.2.1:8080 --token-file "$WORK/tokens" >"$WORK/out" 2>&1
same "a token does not go in the clear" "$? $(grep -c 'a token goes by https' "$WORK/out")" "2 1"
FLOWBPF_TOKEN=sesame "$FLOWBPF" top --url http://localhost:1@192.0.2.1 >"$WORK/out" 2>&1
same "... to whom it only looks like this machine" "$? $(grep -c 'takes no user' "$WORK/out")" "2 1"

# --- what it is told of ----------------------------------------------------------------------------
"$FLOWBPF" top --socket "$socket" </dev/null >"$WORK/out" 2>&1
same "without a terminal it says so" "$? $(grep -c 'needs a terminal' "$WORK/out")" "1 1"
"$FLOWBPF" top --socket "$socket" --filter 'nonsense = 1' >"$WORK/out" 2>&1
same "a filter that is wrong is refused" "$? $(grep -c nonsense "$WORK/out")" "2 1"
"$FLOWBPF" top --socket "$WORK/none" >"$WORK/out" 2>&1
same "so is a daemon that is not there" "$? $(grep -c 'no flowbpf is running' "$WORK/out")" "1 1"
finish
