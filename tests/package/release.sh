#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# make fit: what keeps this from being released is said, line by line; what a release promised is in the next one.
. "$(dirname "$0")/../lab/lib.sh"
need_product
[ -e .git ] || { skip "a release" "this is one" && finish; }
version=$(sed -n 's/^VERSION := //p' Makefile)
major=${version%%.*}
trees=$(mktemp -d "${TMPDIR:-/tmp}/flowbpf-release.XXXXXX")
trap 'status=$?; rm -rf "$trees"; (exit $status); clean_up' EXIT
clone=$trees/clone built=$trees/built
git clone -q . "$clone" && git diff HEAD --binary | git -C "$clone" apply --allow-empty
mkdir "$built" && cp "${O:-build}"/{flowbpf,openapi.json} "$built/"
in_clone() { (cd "$clone" && env -u MAKEFLAGS -u MAKELEVEL -u O CC="$(command -v ccache) gcc" "$@"); }
fit() { in_clone user/dist/release.sh "$version" "$built" 2>&1; }
keep() { in_clone git -c user.name=lab -c user.email=lab@example.invalid commit -q -a --allow-empty -m "$1"; }

keep "as it is"
sed -i "s/^## $version .*/## $version (not yet)/" "$clone/CHANGELOG.md"
same "what is not committed, and has no date" "$(fit; echo $?)" "not yet: there are changes that are not committed
not yet: CHANGELOG.md has no \"## $version (DATE)\"
1"
sed -i "s/^## $version .*/## $version (2026-12-01)/" "$clone/CHANGELOG.md"
keep "a date"
same "with them it is fit" "$(fit; echo $?)" 0
jq '.info.version = "9"' "$built/openapi.json" >"$built/new" && mv "$built/new" "$built/openapi.json"
same "an API of another version" "$(fit; echo $?)" "not yet: the API's description is not of $version
1"
cp "${O:-build}/openapi.json" "$built/"

in_clone git tag "v$major.0.0"
check "what was promised is promised still" fit
same "those are many" "$(($(wc -l <"$built/promises.old") > 1000))" 1
jq 'del(.paths["/api/v1/health"], .components.schemas.Rules.properties.panic)' "$built/openapi.json" >"$built/new" && mv "$built/new" "$built/openapi.json"
same "what is gone is named" "$(fit; echo $?)" "not yet: of what v$major.0.0 promised is gone: answer Rules.panic, route get /api/v1/health
1"
in_clone git tag "v$version"
check "what is released is not released again" eval 'fit | grep -q "v$version is released"'
finish
