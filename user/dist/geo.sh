#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# geo.sh FOLDER: free data on where addresses are and whose network, from npm, with licences. A
# daemon that runs takes them within seconds.
set -eu
to=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --prefix "$work" --no-save --ignore-scripts --no-audit --no-fund \
	@ip-location-db/geo-whois-asn-country-mmdb @ip-location-db/asn
from=$work/node_modules/@ip-location-db
mkdir -p "$to"
put() { # FILE NAME: whole or not at all
	install -m 644 "$1" "$to/$2.new"
	mv -f "$to/$2.new" "$to/$2"
}
credit() { # NAME TEXT
	echo "$2" >"$work/credit"
	put "$work/credit" "$1.credit"
}
by="IP to ASN by DB-IP (https://db-ip.com), Route Views and the NRO, CC BY 4.0, modified"
credit country.mmdb "Countries by the NRO's statistics, CC0 1.0 and CC BY 4.0"
credit asn-ipv4.csv "$by"
credit asn-ipv6.csv "$by"
put "$from/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb" country.mmdb
put "$from/asn/asn-ipv4.csv" asn-ipv4.csv
put "$from/asn/asn-ipv6.csv" asn-ipv6.csv
cat "$from"/asn/*LICENSE "$from/asn/MODIFICATIONS" "$from"/geo-whois-asn-country-mmdb/*LICENSE >"$work/licences"
put "$work/licences" LICENCES
du -sh "$to" | sed 's/\t/ in /'
