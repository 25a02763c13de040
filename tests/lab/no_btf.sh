#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A kernel that shows no types of its own (CONFIG_DEBUG_INFO_BTF off): all the places where libbpf
# looks for them are hidden, in a mount namespace of the daemon's own. It starts, counts and names. (K8)
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
product=$FLOWBPF
cat >"$WORK/hidden" <<'HIDDEN'
#!/bin/bash
# hidden COMMAND...: without kernel BTF
export RELEASE=$(uname -r)
exec unshare -m --propagation private bash -c '
	mount -t tmpfs none /sys/kernel/btf || exit 99
	for file in /boot/vmlinux-$RELEASE /lib/modules/$RELEASE/{vmlinux-$RELEASE,build/vmlinux,kernel/vmlinux} \
		/usr/lib/debug/boot/vmlinux-$RELEASE{,.debug} /usr/lib/debug/lib/modules/$RELEASE/vmlinux; do
		[ ! -e "$file" ] || mount --bind /dev/null "$file" || exit 99
	done
	exec "$@"' hidden "$@"
HIDDEN
printf '#!/bin/sh\nexec %s %s "$@"\n' "$WORK/hidden" "$product" >"$WORK/flowbpf"
chmod 755 "$WORK/hidden" "$WORK/flowbpf"
FLOWBPF=$WORK/flowbpf

types() { bpftool btf dump file /sys/kernel/btf/vmlinux format raw | grep -cm1 "'task_struct'"; }
export -f types
note "types of this kernel without hiding them: $(types 2>/dev/null)"
same "the kernel's types are hidden: there is nothing in /sys/kernel/btf" "$("$WORK/hidden" ls -A /sys/kernel/btf)" ""
same "and bpftool, which looks where libbpf does, finds none" \
	"$("$WORK/hidden" bpftool btf dump file /sys/kernel/btf/vmlinux >/dev/null 2>&1 || echo none)" none
"$FLOWBPF" doctor >"$WORK/doctor" 2>&1
check "doctor says that there are none, and that they are not needed" \
	grep -qE 'kernel BTF +absent.*work without it' "$WORK/doctor"

check "the lab has a NAT router" lab_router
nginx_start s
daemon_start r lan wan -- --max-flows 16384 || finish
hides() { [ -z "$(nsenter -t "$daemon" -m ls -A /sys/kernel/btf)" ]; }
check "the daemon runs where they are hidden" hides
in_ns c ping -q -c 7 -i 0.05 198.51.100.2 >/dev/null
pinged() { [ "$(flow "proto=icmp and ip=198.51.100.2" '"\(.packets.up) \(.packets.down) \(.bytes.up)"')" = "7 7 588" ]; }
check "seven pings are seven packets of 84 bytes each way" wait_for 8 pinged
get c plain.lab.test 198.51.100.2 1000
check "a connection over IPv4 is named" wait_for 8 flow_is tls.sni=plain.lab.test .dst.ip 198.51.100.2
get c six.lab.test '[2001:db8:2::2]' 1000
check "and one over IPv6" wait_for 8 flow_is tls.sni=six.lab.test .family 6
in_ns r ping -q -c 1 10.0.1.2 >/dev/null
check "a process is known, too, though it ended" wait_for 8 flow_is 'proto=icmp and src.ip=10.0.1.1' \
	'"\(.owner.process) \(.owner.by)"' "ping socket"
balanced() { # DIRECTION
	local seen counted bytes counted_bytes
	read -r seen counted bytes counted_bytes < <(books lan "$1")
	[ "$seen" -gt 20 ] && [ "$seen $bytes" = "$counted $counted_bytes" ]
}
for side in rx tx; do
	check "lan $side: flows and causes are what was seen" wait_for 8 balanced $side
done
daemon_stop
same "SIGTERM: status 0" $? 0
finish
