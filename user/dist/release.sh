#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# release.sh VERSION BUILD: is this, built in BUILD, fit to be released as VERSION? Each lack is one line; status 1 if
# there is any. What takes long (make check, dist, deb) is the Makefile's, behind this.
set -eu
version=$1 build=$2
lacks=0
lack() { echo "not yet: $*" >&2 && lacks=1; }

[ -z "$(git status --porcelain)" ] || lack "there are changes that are not committed"
[ -z "$(git tag --list "v$version")" ] || lack "v$version is released: VERSION in the Makefile is the next one"
grep -qE "^## $version \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$" CHANGELOG.md || lack "CHANGELOG.md has no \"## $version (DATE)\""
sed -n 1p debian/changelog | grep -qF "flowbpf ($version) unstable;" || lack "debian/changelog does not begin with $version"
[ "$(jq -r .info.version "$build/openapi.json")" = "$version" ] || lack "the API's description is not of $version"
[ "$("$build/flowbpf" version)" = "flowbpf $version" ] || lack "what is built is not $version"

# What was promised within this major version is there still.
before=$(git tag --list "v${version%%.*}.*" --sort=-version:refname | head -1)
if [ -n "$before" ]; then
	old=$build/release-$before
	rm -rf "$old" && git worktree prune && git worktree add -q --detach "$old" "$before"
	make --no-print-directory -s -C "$old" O=build >/dev/null
	user/dist/promises.sh "$old/build" >"$build/promises.old"
	git worktree remove --force "$old"
	user/dist/promises.sh "$build" >"$build/promises.new"
	LC_ALL=C comm -23 "$build/promises.old" "$build/promises.new" >"$build/promises.gone"
	[ ! -s "$build/promises.gone" ] || lack "of what $before promised is gone: $(paste -sd, "$build/promises.gone" | sed 's/,/, /g')"
fi
exit $lacks
