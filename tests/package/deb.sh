#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# make deb: a package that lintian has nothing to say about. In a copy of this system under systemd it is installed and
# not started, started once it has an interface, upgraded while packets pass, none of which is lost, and purged: nothing
# is left. About two minutes.
. "$(dirname "$0")/../lab/lib.sh"
need_product
out=$(realpath -m "${O:-build}")
for tool in dpkg-buildpackage dh lintian systemctl; do
	command -v "$tool" >/dev/null || { skip "the package" "$tool is not installed: make deps-test" && finish; }
done
tree() { git status --porcelain 2>/dev/null; }
before=$(tree)
build() { env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory O="${O:-build}" CC="${CC:-$(command -v ccache) gcc}" deb >"$WORK/deb.out" 2>&1; }
check "make deb builds it" build || { note "$(tail -20 "$WORK/deb.out")" && finish; }
same "the source is as it was" "$(tree)" "$before"
deb=$(ls "$out"/deb/flowbpf_*.deb)
same "lintian has nothing to say" "$(lintian --fail-on error,warning --suppress-tags bad-distribution-in-changes-file "$out"/deb/flowbpf_*.changes 2>&1 | grep -v "running with root")" ""
listed() { find "$1" -mindepth 1 ! -type d -printf '%P\n' | sed 's/\.gz$//; s,^lib/,usr/lib/,' | sort; }
dpkg-deb -x "$deb" "$WORK/unpacked"
env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -s O="${O:-build}" DESTDIR="$WORK/made" PREFIX=/usr install >"$WORK/make.out" 2>&1
same "it has what make install has, its config, changes and licence" "$(comm -3 <(listed "$WORK/unpacked") <(listed "$WORK/made") | tr -d '\t')" \
	"etc/flowbpf/flowbpf.conf
usr/share/doc/flowbpf/changelog
usr/share/doc/flowbpf/copyright"
dpkg-deb -R "$deb" "$WORK/next" && sed -i 's/^Version: .*/&+next/' "$WORK/next/DEBIAN/control" &&
	dpkg-deb --root-owner-group -b "$WORK/next" "$WORK/next.deb" >/dev/null

# --- the box: installing, starting, upgrading, purging --------------------------------------------
lab_pair
box=$WORK/box
tests/package/box/enter.sh "$box" "$TAG-a" >"$WORK/box.log" 2>&1 </dev/null &
boxed=$!
pids+=("$boxed")
unbox() { # with its cgroup, also where the test ends before its end
	kill -9 "$boxed" 2>/dev/null
	wait_for 5 ended "$boxed"
	[ ! -s "$box/cgroup" ] || wait_for 5 eval '! [ -d "$(cat "$box/cgroup")" ] || find "$(cat "$box/cgroup")" -depth -type d -exec rmdir {} +'
}
trap 'status=$?; unbox; (exit $status); clean_up' EXIT
first() { init=$(pgrep -P $boxed) && [ -n "$init" ]; }
inside() { nsenter -t "$init" -m -u -i -n -p -C -r -w "$@"; }
up() { first && [ "$(inside systemctl is-active box.target)" = active ]; }
wait_for 20 up || { note "$(tail -5 "$WORK/box.log")" && skip "in a copy of this system" "systemd does not start here" && finish; }
# What is not as in the system that it is a copy of: other files, and those that it has not. dpkg's own books aside.
changed() {
	nsenter -t "$init" -m sh -c 'cd "$0" && find . -mindepth 1 | while read -r path; do
		case $path in ./var/lib/dpkg* | ./var/cache/* | ./var/log/dpkg.log) continue ;; esac
		if [ -c "$path" ] || [ ! -e "/$path" ] || { [ -f "$path" ] && ! cmp -s "$path" "/$path"; }; then echo "$path"; fi
	done' "$box/upper" | sort
}
put() { cat "$1" >"/proc/$init/root/$2"; }
put "$deb" /first.deb
put "$WORK/next.deb" /next.deb
of_before=$(changed)

is() { [ "$(inside systemctl is-$1 flowbpf.service)" = "$2" ]; } # active|enabled WORD
asked() { inside flowbpf "$@"; }
check "dpkg -i" inside dpkg -i /first.deb
check "the service is enabled" is enabled enabled
check "and not started: its config names no interface" is active inactive
check "systemd takes that for no failure" sh -c "[ -z \"\$(nsenter -t $init -m -n -p -C -r systemctl --failed --no-legend 2>&1)\" ]"
same "nothing is fetched or added up by itself" "$(inside systemctl is-enabled flowbpf-lists.timer flowbpf-sums.timer | xargs)" "disabled disabled"
check "it has a user of its own" inside getent passwd flowbpf

# older than the daemon, and another's
inside systemd-run -q --uid=nobody socat -u TCP-LISTEN:9099,fork OPEN:/dev/null
wait_for 5 listening a 9099
sed 's,^#interface = .*,interface = eth0,; s,^#pin = .*,pin = /sys/fs/bpf/flowbpf,; s,^max-flows = .*,max-flows = 4096,' \
	user/dist/flowbpf.conf >"$WORK/conf"
put "$WORK/conf" /etc/flowbpf/flowbpf.conf
check "with an interface it starts" inside systemctl restart flowbpf.service
check "and counts" wait_for 20 eval '[ "$(asked status --json | jq -r ".interfaces[0].name")" = eth0 ]'
value() { asked flows --csv --fields "$2" --filter "$1" -a | tail -n +2 | tr -d '\r'; }
owned() { [ "$(value 'dst.port = 9099' owner.process)" = socat ]; }
(sleep 30 | in_ns b socat -u - TCP:10.9.0.1:9099) &
pids+=($!)
check "a socket that was there before it, of another user, has its process" wait_for 20 owned
in_ns b ping -q -c 600 -i 0.02 -W1 10.9.0.1 >"$WORK/ping" &
ping=$!
pids+=("$ping")
some() { [ "$(value 'proto = icmp' packets.up)" -gt 20 ]; }
check "packets pass" wait_for 20 some
was=$(inside systemctl show -p MainPID --value flowbpf.service)
check "dpkg -i of the next version, while they do" inside dpkg -i /next.deb
check "another process runs" eval '[ "$(inside systemctl show -p MainPID --value flowbpf.service)" != "$was" ]'
wait $ping
all() { [ "$(value 'proto = icmp' packets.up,bytes.up)" = "600,50400" ]; }
check "600 pings are one flow of 600 packets and 50400 bytes" wait_for 20 all
note "$(value 'proto = icmp' packets.up,bytes.up)"
inside systemctl start flowbpf-lists.service 2>/dev/null # which finds none in the config
same "its state and its logs are its user's" "$(inside find /var/lib/flowbpf /var/log/flowbpf ! -user flowbpf)" ""
same "under the unit's limits nothing was refused, at the second start neither" "$(inside grep -iE 'warning|cannot|permi' /said)" ""
same "the config is the administrator's" "$(inside cat /etc/flowbpf/flowbpf.conf)" "$(cat "$WORK/conf")"

check "dpkg -r" inside dpkg -r flowbpf
same "nothing runs, nothing is pinned" "$(inside sh -c 'pidof flowbpf; ls -d /sys/fs/bpf/flowbpf 2>/dev/null')" ""
check "its config and its state stay" inside sh -c '[ -s /etc/flowbpf/flowbpf.conf ] && [ -s /var/lib/flowbpf/history.db ]'
check "dpkg -P" inside dpkg -P flowbpf
same "no file, folder or user is left" "$(changed | grep -vE '^./etc/((passwd|group|shadow|gshadow)-|\.pwd\.lock)$')" "$of_before"
same "nor anything in /run" "$(inside find /run -name '*flowbpf*')" ""
check "the box is gone" unbox
finish
