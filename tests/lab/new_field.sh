#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# What it takes to add a field: a line in fields.def and its getter. In a copy of the tree one is
# added, and is then found in the flow object, flat objects, CSV, filters, sorting, groups and
# completion, on the command line, in the manual and in OpenAPI; the page has it as a column and in
# the drawer.
. "$(dirname "$0")/lib.sh"
need_product
tree=$WORK/tree built=$(realpath "${O:-build}")
mkdir -p "$tree/build"
cp -a Makefile user include bpf vmlinux docs "$tree"
mkdir "$tree/web" && cp -a web/{*.*,.npmrc,src} "$tree/web" && ln -s "$PWD/web/node_modules" "$tree/web/node_modules"
cp -a "$built"/{user,web,assets.c,assets.o,openapi.json} "$built"/{flowbpf,owner,owner_btf,xdp}.{bpf.o,bpf.d,skel.h} "$tree/build" 2>/dev/null
sed -i '/^FIELD(partial,/a FIELD(half, "spent.half", BYTES, "Half", TRAFFIC, R|S|F|G, "half of the bytes", .unit = "bytes")' \
	"$tree/user/flow/fields.def"
printf '\nGET(half)\n{\n\tfb_set(value, (MOVED->bytes[0] + MOVED->bytes[1]) / 2);\n}\n' >>"$tree/user/flow/get_flow.c"
same "two files of the tree are changed" "$(diff -rq user "$tree/user" | wc -l)" 2
check "it builds" make -s -C "$tree" -j2 build/flowbpf build/flowbpf-filter.7 || finish
FLOWBPF=$tree/build/flowbpf

lab_pair
daemon_start b eth0 || finish
in_ns a ping -q -c 3 -i 0.2 10.9.0.2 >/dev/null
one() { [ "$(flow 'proto = icmp' .packets.up)" = 3 ]; }
check "three pings are counted" wait_for 10 one
same "the flow object has it at its path" "$(flow 'proto = icmp' .spent.half)" 252
same "a flat object has it" "$(api 'flows?fields=spent.half&filter=proto%3Dicmp' | jq -c .items)" '[{"spent.half":252}]'
same "a filter knows it" "$(flows 'spent.half = 252 and spent.half < 1kB' | jq length)" 1
same "it sorts" "$(api 'flows?sort=-spent.half' | jq '.items[0].spent.half > 0')" true
same "it groups" "$(api 'flows?group_by=spent.half&filter=proto%3Dicmp' | jq -r '.items[0].key')" 252
same "it is completed" "$(api 'filter/complete?q=spent&pos=5' | jq -r '.items[0].text')" spent.half
same "the table of fields describes it" \
	"$(api fields | jq -c '.items[] | select(.name == "spent.half") | [.path, .label, .section, .unit, .type]')" \
	'["spent.half","Half","Traffic","bytes","bytes"]'
same "OpenAPI promises it" \
	"$(api openapi.json | jq -c '.components.schemas.Flow.properties.spent | [.required, .properties["half"].type]')" \
	'[["half"],["integer","null"]]'
same "the export's CSV has its column" "$(api export.csv | head -1 | tr -d '\r' | tr ',' '\n' | grep -c '^spent.half$')" 1
same "the command line lists it" "$("$FLOWBPF" fields --names | grep -c '^spent.half$')" 1
same "and shows it" "$("$FLOWBPF" flows --socket "$socket" --csv --fields spent.half --filter 'proto = icmp' | tail -1)" 252
check "the page has it in the column chooser and the drawer" in_ns b env FLOWBPF_URL=http://127.0.0.1:8080 \
	FLOWBPF_FIELD=spent.half timeout 120 node tests/web/run.mjs field
check "the manual has it" grep -q '^.B spent.half$' "$tree/build/flowbpf-filter.7"
finish
