# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Servers for the lab: sourced after lib.sh. A certificate authority of the test's own signs one
# certificate for *.lab.test; every server is started in a namespace and waited for.

ca_make() {
	[ -s "$WORK/server.pem" ] && return
	(
		cd "$WORK" || exit 1
		openssl ecparam -name prime256v1 -genkey -noout -out ca.key
		openssl req -x509 -new -key ca.key -days 2 -subj "/CN=lab authority" -out ca.pem
		openssl ecparam -name prime256v1 -genkey -noout -out server.key
		openssl req -new -key server.key -subj "/CN=lab.test" -out server.csr
		printf 'subjectAltName=DNS:lab.test,DNS:*.lab.test,DNS:*.in.lab.test\n' >san
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
			-extfile san -out server.pem
	) >"$WORK/ca.log" 2>&1 || { note "$(cat "$WORK/ca.log")" && exit 1; }
}

# nginx with TLS on 443 and plain HTTP on 80, both families; /1 /1000000 /200000000 are files of
# that many bytes, /drip sends 64 kB/s.
nginx_start() { # NS
	ca_make
	mkdir -p "$WORK/www"
	local size
	for size in 1 1000 1000000 200000000; do truncate -s $size "$WORK/www/$size"; done
	cp "$WORK/www/1000000" "$WORK/www/drip"
	chmod -R a+rX "$WORK/www"
	cat >"$WORK/nginx.conf" <<-CONF
		daemon off; master_process off; pid $WORK/nginx.pid; error_log $WORK/nginx.err;
		events { worker_connections 4096; }
		http {
			access_log off; sendfile on; default_type text/plain;
			client_body_temp_path $WORK; proxy_temp_path $WORK; fastcgi_temp_path $WORK;
			uwsgi_temp_path $WORK; scgi_temp_path $WORK;
			ssl_certificate $WORK/server.pem; ssl_certificate_key $WORK/server.key;
			server {
				listen 443 ssl http2 backlog=4096; listen [::]:443 ssl http2 backlog=4096;
				listen 80; listen [::]:80;
				root $WORK/www;
				location = /drip { limit_rate 64k; }
			}
		}
	CONF
	spawn nginx.log "$1" nginx -e "$WORK/nginx.err" -c "$WORK/nginx.conf" -p "$WORK"
	wait_for 10 listening "$1" 443 || { note "$(cat "$WORK/nginx.log")" && ok_if 1 "nginx starts"; }
}

# curl a name at an address: get NS NAME ADDRESS PATH [OPTION...]
get() {
	local name=$1 host=$2 address=$3 path=$4
	shift 4
	in_ns "$name" curl -sS -m 60 --noproxy '*' -o /dev/null --cacert "$WORK/ca.pem" \
		--resolve "$host:443:$address" "https://$host/$path" "$@"
}

s_server_start() { # NS PORT
	ca_make
	spawn s_server.log "$1" openssl s_server -accept "$2" -cert "$WORK/server.pem" \
		-key "$WORK/server.key" -quiet -www
	wait_for 10 listening "$1" "$2" || ok_if 1 "openssl s_server starts"
}

s_client() { # NS ADDRESS:PORT SERVERNAME [OPTION...]
	local name=$1 address=$2 host=$3
	shift 3
	printf 'GET / HTTP/1.0\r\n\r\n' | in_ns "$name" timeout 20 openssl s_client -connect "$address" \
		-servername "$host" -CAfile "$WORK/ca.pem" -quiet -ign_eof "$@"
}

dnsmasq_start() { # NS [--OPTION | HOST ADDRESS]...
	local name=$1 hosts=()
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--*) hosts+=("$1") ;;
		*) hosts+=("--host-record=$1,$2") && shift ;;
		esac
		shift
	done
	spawn dnsmasq.log "$name" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv \
		--no-hosts --port=53 --bind-dynamic --pid-file= --user=root --local-ttl=60 "${hosts[@]}"
	wait_for 10 listening "$name" 53 || ok_if 1 "dnsmasq starts"
}

caddy_start() { # NS PORT: HTTP/1.1, 2 and 3
	ca_make
	mkdir -p "$WORK/caddy"
	cat >"$WORK/Caddyfile" <<-CONF
		{
			admin off
			auto_https off
			storage file_system $WORK/caddy
		}
		https://:$2 {
			tls $WORK/server.pem $WORK/server.key
			respond "over {http.request.proto}"
		}
	CONF
	spawn caddy.log "$1" env HOME="$WORK/caddy" caddy run --config "$WORK/Caddyfile" --adapter caddyfile
	wait_for 20 listening "$1" "$2" || { note "$(tail -3 "$WORK/caddy.log")" && ok_if 1 "caddy starts"; }
}

iperf_start() { # NS [PORT]
	spawn iperf.log "$1" iperf3 -s -p "${2:-5201}"
	wait_for 10 listening "$1" "${2:-5201}" || ok_if 1 "iperf3 starts"
}

# Headless Chromium with its own profile; prints the page's text. chromium_get NS URL [OPTION...]
chromium_get() {
	local name=$1 url=$2
	shift 2
	in_ns "$name" timeout -k 2 60 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--no-first-run --disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$WORK/chromium" --ignore-certificate-errors --virtual-time-budget=5000 \
		--dump-dom "$@" "$url" 2>>"$WORK/chromium.log"
}

# An SSH server that lets root in by the key of $WORK/ssh, and how one logs in from the namespace c.
sshd_start() { # NS ADDRESS
	mkdir -m 700 "$WORK/ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/ssh/host"
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/ssh/key"
	cp "$WORK/ssh/key.pub" "$WORK/ssh/known"
	[ -d /run/sshd ] || mkdir -m 755 /run/sshd
	printf '%s\n' "HostKey $WORK/ssh/host" "AuthorizedKeysFile $WORK/ssh/known" 'PermitRootLogin yes' 'StrictModes no' 'UsePAM no' \
		'UseDNS no' 'PidFile none' 'MaxStartups 100' >"$WORK/ssh/conf"
	spawn sshd.log "$1" "$(command -v sshd)" -D -e -f "$WORK/ssh/conf"
	wait_for 5 listening "$1" 22
	ssh_server=$2
}
ssh_to() { # FROM COMMAND
	in_ns c ssh -F none -i "$WORK/ssh/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o BatchMode=yes -o ConnectTimeout=4 -b "$1" "root@$ssh_server" "$2"
}
ssh_session() { # FROM: one that echoes what it is sent, until that is "bye"
	mkfifo "$WORK/ssh/in"
	exec {session}<>"$WORK/ssh/in"
	# shellcheck disable=SC2016
	ssh_to "$1" 'while read -r line && [ "$line" != bye ]; do echo "$line"; done' <"$WORK/ssh/in" >"$WORK/ssh/out" 2>"$WORK/ssh/err" &
	pids+=($!)
	said=0
}
session_echoes() {
	said=$((said + 1))
	echo "line $said" >&"$session"
	wait_for 3 grep -qx "line $said" "$WORK/ssh/out"
}
