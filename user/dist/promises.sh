#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# promises.sh BUILD: what others may rely on, a line each, sorted: verbs, their options, fields, routes with their
# parameters and what answers hold. Between two releases of one major version no line goes.
set -eu
flowbpf=$1/flowbpf
{
	"$flowbpf" fields --names | sed 's/^/field /'
	"$flowbpf" help | sed -n 's/^  \([a-z][a-z]*\)\( .*\|$\)/\1/p' | while read -r verb; do
		echo "verb $verb"
		"$flowbpf" help "$verb" | sed -n "s/^  [ -][ a-zA-Z][ ,] --\([a-z-]*\).*/option $verb --\1/p"
	done
	jq -r '.components.parameters as $named | def name: .name // (.["$ref"] | split("/")[-1] as $it | $named[$it].name);
		(.paths | to_entries[] | .key as $path | .value | to_entries[] | select(.value | type == "object") |
			"route \(.key) \($path)", (.key as $method | .value.parameters[]? | "parameter \($method) \($path) \(name)")),
		(.components.schemas | to_entries[] | .key as $schema | .value.properties // {} | keys[] | "answer \($schema).\(.)")' "$1/openapi.json"
} | LC_ALL=C sort -u
