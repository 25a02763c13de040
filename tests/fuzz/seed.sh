#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# seed.sh FOLDER: first inputs of the fuzz targets, taken from the captures.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p "$1"
${CC:-cc} -std=gnu11 -O1 -D_GNU_SOURCE -Iinclude -Iuser -Itests -o "$1/.seed" tests/fuzz/seed.c user/proto/pcap.c
"$1/.seed" "$1"
# ... and of the filter language, from what its test says should match
mkdir -p "$1/filter"
sed -n 's/^\t"\(.*\)",$/\1/p' tests/unit/filter/filter_test.c | while read -r expression; do
	printf '%s' "$expression" >"$1/filter/seed-$(printf '%s' "$expression" | cksum | cut -d' ' -f1)"
done
