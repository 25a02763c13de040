# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Releases of Debian beside the one that runs, sourced: from the archive that this machine's own apt is
# told to use, kept in a folder that neither "make clean" nor a new clone loses. No network is
# needed once they are there.
releases=$(realpath -m "${FLOWBPF_CACHE:-/var/cache/flowbpf-test}")
declare -A codename=([12]=bookworm [13]=trixie)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The archive, and how to reach it.
archive() {
	local uri
	uri=$(archive_of_lists)
	[ -n "$uri" ] || { apt-get update -qq >/dev/null 2>&1 && uri=$(archive_of_lists); }
	case $uri in # a list of mirrors, as images for clouds have it: the first of them
	mirror+file:*) uri=$(sed -n 's/^[[:space:]]*\([a-z]*:[^[:space:]]*\).*/\1/p' "$(sed 's,^mirror+file:/*\(.*[^/]\)/*$,/\1,' <<<"$uri")" | head -1) ;;
	esac
	[ -n "$uri" ] && echo "$uri"
}
archive_of_lists() {
	apt-get indextargets --format "\$(ORIGIN) \$(RELEASE) \$(COMPONENT) \$(REPO_URI)" 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 !~ /-/ && $3 == "main" { print $4; exit }'
}
apt_settings() { apt-config dump | grep -E '^Acquire::(http|https|ftp|Check|Force|Retries)'; }

# apt of another release, which touches nothing of this machine's.
apt_of() { # RELEASE TOOL ARGUMENT...
	local folder=$releases/apt-$1 tool=$2 uri
	mkdir -p "$folder/lists/partial" "$folder/archives/partial" || return 1
	if [ ! -s "$folder/sources.list" ]; then
		uri=$(archive) || return 1
		echo "deb [signed-by=$keyring] $uri ${codename[$1]} main" >"$folder/sources.list"
	fi
	shift 2
	"$tool" -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o APT::Sandbox::User=root -o Dir::State::Lists="$folder/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$folder" "$@"
}

# Its kernel: the package that linux-image-amd64 depends on, unpacked, with its modules' index.
kernel_of() { # RELEASE: the folder, made if it is not there
	local folder=$releases/kernel-$1 package
	exec 8>"$folder.lock" && flock 8 || return 1
	if [ ! -d "$folder" ]; then
		apt_of "$1" apt-get -qq update >&2 || return 1
		package=$(apt_of "$1" apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p' | head -1)
		rm -rf "$folder.new"
		mkdir -p "$folder.new"
		(cd "$folder.new" && apt_of "$1" apt-get -qq download "$package" && dpkg-deb -x "$package"_*.deb . &&
			rm "$package"_*.deb && { [ -d lib ] || ln -s usr/lib lib; } && # merged since Debian 13
			depmod -b . "${package#linux-image-}") >&2 || return 1
		mv "$folder.new" "$folder" || return 1
	fi
	exec 8>&-
	echo "$folder"
}

# Its smallest system, as debootstrap makes it.
bootstrap() { # RELEASE FOLDER: made if it is not there
	local uri
	[ ! -d "$2" ] || return 0
	uri=$(archive) || return 1
	rm -rf --one-file-system "$2.new"
	# whatever debootstrap mounts ends with it
	unshare --mount --propagation private debootstrap --variant=minbase --keyring="$keyring" \
		"${codename[$1]}" "$2.new" "$uri" >&2 || return 1
	apt_settings >"$2.new/etc/apt/apt.conf.d/90host"
	# what is lost with the power is made again
	printf 'force-unsafe-io\npath-exclude=/usr/share/doc/*\n' >"$2.new/etc/dpkg/dpkg.cfg.d/90quick"
	mv "$2.new" "$2"
}
tree_of() { # RELEASE: the folder that tests install into
	bootstrap "$1" "$releases/debian-$1" && echo "$releases/debian-$1"
}
base_of() { # RELEASE: the folder of which images are made, which nobody changes
	bootstrap "$1" "$releases/base-$1" && echo "$releases/base-$1"
}
