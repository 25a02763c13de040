#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# make install and make uninstall under DESTDIR: what is installed works, is at the place that is
# asked for, and all of it goes again.
. "$(dirname "$0")/../lab/lib.sh"
need_product
target() { env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory O="${O:-build}" DESTDIR="$WORK/root" PREFIX=/usr "$1" >"$WORK/make.out" 2>&1; }
installed() { find "$WORK/root" -mindepth 1 ! -type d -printf '%P %m\n' | LC_ALL=C sort; }

check "make install ends with status 0" target install
same "what is where, and how it may be used" "$(installed)" "usr/lib/systemd/system/flowbpf-lists.service 644
usr/lib/systemd/system/flowbpf-lists.timer 644
usr/lib/systemd/system/flowbpf-sums.service 644
usr/lib/systemd/system/flowbpf-sums.timer 644
usr/lib/systemd/system/flowbpf.service 644
usr/lib/systemd/system/flowbpf@.service 644
usr/lib/sysusers.d/flowbpf.conf 644
usr/lib/tmpfiles.d/flowbpf.conf 644
usr/sbin/flowbpf 755
usr/share/bash-completion/completions/flowbpf 644
usr/share/doc/flowbpf/flowbpf.conf 644
usr/share/fish/vendor_completions.d/flowbpf.fish 644
usr/share/flowbpf/alerts.yml 644
usr/share/flowbpf/grafana-fleet.json 644
usr/share/flowbpf/grafana.json 644
usr/share/man/man5/flowbpf.conf.5 644
usr/share/man/man7/flowbpf-filter.7 644
usr/share/man/man8/flowbpf.8 644
usr/share/zsh/vendor-completions/_flowbpf 644"
same "the program is the one that was built" "$("$WORK/root/usr/sbin/flowbpf" version)" "$("$FLOWBPF" version)"
check "without what only a debugger reads" eval '! readelf -SW "$WORK/root/usr/sbin/flowbpf" | grep -qE "\.symtab|\.debug"'
same "the units start it from where it is installed" \
	"$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$WORK"/root/usr/lib/systemd/system/flowbpf*.service | sort -u)" /usr/sbin/flowbpf
check "the user that it makes can be made" eval "! command -v systemd-sysusers || { mkdir -p '$WORK/tree/etc' &&
	systemd-sysusers --root='$WORK/tree' - <user/dist/flowbpf.sysusers && grep -q '^flowbpf:' '$WORK/tree/etc/passwd'; }"
check "make install once more ends with status 0" target install
same "and changes nothing" "$(installed | wc -l)" 19

# Completion by the shells that are here, of the installed files.
offered() { # what each shell offers: FISH-LINE
	PATH="$WORK/root/usr/sbin:$PATH" fish --no-config -c "source $WORK/root/usr/share/fish/vendor_completions.d/flowbpf.fish; complete -C '$1'" | cut -f1 | xargs
}
if command -v fish >/dev/null; then
	same "fish offers verbs" "$(offered 'flowbpf ' | tr ' ' '\n' | sort)" "$("$FLOWBPF" help | sed -n 's/^  \([a-z][a-z]*\).*/\1/p' | sort)"
	same "options" "$(offered 'flowbpf flows --wa')" --watch
	same "what a verb does" "$(offered 'flowbpf history e') $(offered 'flowbpf rules im')" "erase import"
	same "and the last of several fields" "$(offered 'flowbpf flows --fields src,bytes')" "src,bytes src,bytes.down src,bytes.up"
else
	skip "fish offers verbs, options and fields" "fish is not installed"
fi
if command -v zsh >/dev/null; then
	check "zsh reads its completion" zsh -n "$WORK/root/usr/share/zsh/vendor-completions/_flowbpf"
	same "and takes the verbs out of the help" "$(PATH="$WORK/root/usr/sbin:$PATH" zsh -fc "
		compdef() { :; }; _describe() { print -l \$verbs; }; CURRENT=2 words=(flowbpf)
		source $WORK/root/usr/share/zsh/vendor-completions/_flowbpf" | sed 's/:[A-Z].*//' | sort)" \
		"$("$FLOWBPF" help | sed -n 's/^  \([a-z][a-z]*\).*/\1/p' | sort)"
	same "and what a verb does" "$(PATH="$WORK/root/usr/sbin:$PATH" zsh -fc "
		compdef() { :; }; compadd() { print -l \$@; }; CURRENT=3 words=(flowbpf history)
		source $WORK/root/usr/share/zsh/vendor-completions/_flowbpf" | tail -1)" erase
else
	skip "zsh reads its completion" "zsh is not installed"
fi

touch "$WORK/root/usr/sbin/other"
check "make uninstall ends with status 0" target uninstall
same "it leaves nothing of ours, and what is not ours" "$(installed | cut -d' ' -f1)" usr/sbin/other
check "no folder of ours is left" [ ! -e "$WORK/root/usr/share/doc/flowbpf" ]
check "make uninstall with nothing there ends with status 0" target uninstall
finish
