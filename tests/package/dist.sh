#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# make dist: the same bytes from two folders, from the release itself, and at any time; it builds where there is no node,
# and what it carries is the page of its source. About a minute and a half.
. "$(dirname "$0")/../lab/lib.sh"
need_product
[ -e .git ] || { skip "a release" "this is one" && finish; }
make_in() { # FOLDER TARGET...
	(cd "$1" && env -u MAKEFLAGS -u MAKELEVEL -u O make --no-print-directory -j2 CC="${CC:-$(command -v ccache) gcc}" "${@:2}") >"$WORK/make.out" 2>&1
}
sum() { sha256sum "$1"/build/flowbpf-*.tar.xz | cut -d' ' -f1; }

trees=$(mktemp -d "${TMPDIR:-/tmp}/flowbpf-dist.XXXXXX")
trap 'status=$?; rm -rf "$trees"; (exit $status); clean_up' EXIT
lend_modules() { # FOLDER: links, for npm would empty the folder itself; older than the list of them, so not fetched
	cp -al web/node_modules "$1/web/" 2>/dev/null || cp -a web/node_modules "$1/web/"
	touch -d @0 "$1/web/package-lock.json"
}

# A clone elsewhere, later, of another user's umask.
umask 077
git clone -q . "$trees/else/where" && git -C "$trees/else/where" checkout -q "$(git rev-parse HEAD)"
git diff HEAD --binary | git -C "$trees/else/where" apply --allow-empty
mkdir -p "$trees/here" && git clone -q . "$trees/here/it" && git diff HEAD --binary | git -C "$trees/here/it" apply --allow-empty
for clone in "$trees/else/where" "$trees/here/it"; do
	lend_modules "$clone"
	check "make dist in $(basename "$clone")" make_in "$clone" dist || { note "$(tail -5 "$WORK/make.out")" && finish; }
	sleep 1
done
umask 022
check "the page that stands built here is that of its source" make_in "$trees/here/it" page || note "$(tail -2 "$WORK/make.out")"
same "both are the same" "$(sum "$trees/else/where")" "$(sum "$trees/here/it")"
mkdir "$trees/release" && tar -xf "$trees"/here/it/build/flowbpf-*.tar.xz -C "$trees/release"
release=$(echo "$trees"/release/flowbpf-*)
same "all in it are root's, of the commit's time" "$(TZ=UTC tar --numeric-owner --full-time -tvf "$trees"/here/it/build/flowbpf-*.tar.xz | awk '{ print $2, $4, $5 }' | sort -u)" \
	"0/0 $(TZ=UTC date -d "@$(git log -1 --format=%ct)" '+%F %T')"

# Neither node nor npm nor zopfli, and no network.
mkdir "$WORK/bin"
for tool in /usr/sbin/* /usr/bin/* /usr/local/bin/*; do
	case $tool in */node | */nodejs | */npm | */npx | */zopfli) ;; *) ln -sf "$tool" "$WORK/bin/" ;; esac
done
without_node() { (PATH=$WORK/bin unshare --net bash -c "! command -v node npm zopfli" && PATH=$WORK/bin make_in "$release" "$@"); }
check "the release builds without node" without_node all || note "$(tail -5 "$WORK/make.out")"
same "what it builds is this version, with this page" "$("$release/build/flowbpf" version) $(cd "$release/build/web" && cat * | sha256sum)" \
	"$("$FLOWBPF" version) $(cd "$trees/here/it/build/web" && cat * | sha256sum)"
check "make dist in the release" without_node dist
same "gives the release again" "$(sum "$release")" "$(sum "$trees/here/it")"
lend_modules "$release"
check "with node: the page is what its source gives" make_in "$release" page
echo '/* changed */' >>"$release/web/src/main.tsx"
rm -rf "$release/web/node_modules"
without_node all
same "another source is not taken for the page's: status 2" "$? $(grep -c 'web/built is the page of another source' "$WORK/make.out")" "2 1"

# ... and a page that changed is built into what was built before.
sed -i 's,<title>,<title>another ,' "$trees/here/it/web/index.html"
check "another page is made" make_in "$trees/here/it" built
check "... and built in, where another was" make_in "$trees/here/it" all
same "... which is served" "$(grep -c '<title>another ' "$trees/here/it/build/web/index.html")" 1
finish
