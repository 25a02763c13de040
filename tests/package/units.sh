#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The services' exposure, as systemd-analyze reckons it of their files: no more than the README says. Two seconds.
. "$(dirname "$0")/../lab/lib.sh"
command -v systemd-analyze >/dev/null || { skip "exposure of the units" "systemd is not installed" && finish; }
mkdir -p "$WORK/sbin" && ln -s "$FLOWBPF" "$WORK/sbin/flowbpf"
most=$(sed -n 's/.*exposure of \([0-9.]*\) by .systemd-analyze security.*/\1/p' README.md)
exposure() { systemd-analyze security --offline=yes --no-pager "$WORK/$1" 2>&1 | sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p'; }
for unit in flowbpf.service flowbpf@.service; do
	env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -s O="$WORK" PREFIX="$WORK" "$WORK/$unit"
	now=$(exposure "$unit")
	check "the exposure of $unit is $now, at most $most" awk -v now="$now" -v most="$most" 'BEGIN { exit !(now > 0 && now <= most) }'
done
finish
