// SPDX-License-Identifier: BSD-2-Clause
// Protocols and services as their field writes them. The API has them in lower case, as the filter
// language takes them; here only the case of letters changes, so that who types what is read finds
// it. Pure.

/** What is no abbreviation, or not all of it; everything else is one, and in capitals. */
const WRITTEN = new Map(
	(
		"alt,BitTorrent,both,ClickHouse,data,DHCPv6,Docker,Elasticsearch,Google,ICMPv6,iperf3," +
		"IPsec,Kafka,Kerberos,Kubernetes,mDNS,memcached,MongoDB,MySQL,NetBIOS,OpenVPN,Oracle," +
		"other,over,PostgreSQL,printer,Prometheus,proxy,push,Redis,rsync,submission,syslog," +
		"Telnet,trap,whois,WireGuard"
	)
		.split(",")
		.map((word) => [word.toLowerCase(), word]),
);

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/i;

/** "https" is HTTPS, "dns-over-tls" DNS-over-TLS; what is no such name stays as it is. */
export const protocolName = (name: string): string =>
	NAME.test(name)
		? name
				.split("-")
				.map((word) => WRITTEN.get(word.toLowerCase()) ?? word.toUpperCase())
				.join("-")
		: name;

/** The same where a service is told with whose it is: "https (YouTube)". */
export function serviceName(service: string): string {
	const end = service.indexOf(" (");
	return end < 0
		? protocolName(service)
		: protocolName(service.slice(0, end)) + service.slice(end);
}
