#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tarball.sh NAME BUILD DIGEST: BUILD/NAME.tar.xz, the release NAME, of what git keeps (in a release, of all that is
# there) and of the page in BUILD/web, whose source has the digest. The same bytes wherever and whenever it is made.
set -eu
name=$1 build=$2 digest=$3
stage=$build/dist/$name files=$build/dist/files
rm -rf "$build/dist"
mkdir -p "$stage"

if [ -e .git ]; then
	git ls-files -z >"$files"
	epoch=$(git log -1 --format=%ct)
	git diff --quiet HEAD || echo "note: the files are not those of the last commit" >&2
else
	# all but what .gitignore names: what a build leaves
	sed 's,/$,,; s,^,./,' .gitignore >"$files.not"
	set -- -path "./$build"
	while IFS= read -r pattern; do set -- "$@" -o -path "$pattern"; done <"$files.not"
	find . \( "$@" \) -prune -o \( -type f -o -type l \) -print0 | sed -z 's,^\./,,' >"$files"
	epoch=$(stat -c %Y Makefile)
fi
tar -cf "$build/dist/source.tar" --null -T "$files" # not by a pipe, which would hide that a file lacks
tar -xf "$build/dist/source.tar" -C "$stage"
mkdir -p "$stage/web/built"
rm -f "$stage"/web/built/*
cp "$build"/web/*.gz "$build/web/assets.list" "$stage/web/built"
echo "$digest" >"$stage/web/built/source"

tar -C "$build/dist" --sort=name --format=ustar --mtime="@${SOURCE_DATE_EPOCH:-$epoch}" --owner=0 --group=0 \
	--numeric-owner --mode=u+rwX,go+rX,go-w -cf "$build/dist/$name.tar" "$name"
xz -T1 -6 --stdout "$build/dist/$name.tar" >"$build/$name.tar.xz.new"
mv -f "$build/$name.tar.xz.new" "$build/$name.tar.xz"
rm -rf "$build/dist"
