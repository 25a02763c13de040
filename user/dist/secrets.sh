#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# secrets.sh [FOLDER]: the secrets of a fleet in containers, made once, as root: "secrets" beside compose.yaml. Sensors write
# to ClickHouse by one login, the hub reads by another; ClickHouse knows both by digests alone. Prints no secret.
set -eu
folder=${1:-secrets}
[ ! -e "$folder" ] || { echo "$folder is there already: nothing is changed" >&2 && exit 1; }
umask 077
mkdir "$folder.new"
trap 'rm -rf "$folder.new"' EXIT
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
login() { printf '%s\n%s\n' "$2" "$(random)" >"$folder.new/$1"; } # FILE USER
login clickhouse-login sensor
login clickhouse-reader hub
printf 'admin %s\nviewer %s\n' "$(random)" "$(random)" >"$folder.new/tokens"
digest() { sed -n 2p "$folder.new/$1" | tr -d '\n' | sha256sum | cut -d' ' -f1; } # FILE
user() { # NAME FILE PROFILE
	cat <<-XML
		<$1><password_sha256_hex>$(digest "$2")</password_sha256_hex><networks><ip>::/0</ip></networks>
		<profile>$3</profile><quota>default</quota></$1>
	XML
}
# readonly 2: it reads, and may say how long a question may take. <yandex> is what servers of any version take.
cat >"$folder.new/clickhouse-users.xml" <<XML
<yandex>
<profiles><reader><readonly>2</readonly></reader></profiles>
<users><default remove="remove"/>
$(user sensor clickhouse-login default)
$(user hub clickhouse-reader reader)
</users>
</yandex>
XML
chmod 644 "$folder.new/clickhouse-users.xml" # the server's own user reads it; who may not enter the folder does not
mv "$folder.new" "$folder"
trap - EXIT
