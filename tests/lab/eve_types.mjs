// SPDX-License-Identifier: BSD-2-Clause
// Are events those of Suricata's schema (etc/schema.json, draft 2020-12, which allows no other fields)?
// eve_types.mjs FILE: prints each place that is not, once. The names and types that we use of it:
import fs from "node:fs";

const answer = { rrname: "string", rrtype: "string", ttl: "integer", rdata: "string" };
const extension = { name: "string", type: "integer", values: ["string"] };
const flow = {
	pkts_toserver: "integer",
	pkts_toclient: "integer",
	bytes_toserver: "integer",
	bytes_toclient: "integer",
	start: "string",
	end: "string",
	age: "integer",
	state: "string",
	reason: "string",
	alerted: "boolean",
};
const tcp = {
	tcp_flags: "string",
	tcp_flags_ts: "string",
	tcp_flags_tc: "string",
	fin: "boolean",
	syn: "boolean",
	rst: "boolean",
	psh: "boolean",
	ack: "boolean",
	urg: "boolean",
	ecn: "boolean",
	cwr: "boolean",
	state: "string",
};
const dns = {
	version: "integer",
	type: "string",
	id: "integer",
	flags: "string",
	qr: "boolean",
	aa: "boolean",
	tc: "boolean",
	rd: "boolean",
	ra: "boolean",
	opcode: "integer",
	rrname: "string",
	rrtype: "string",
	rcode: "string",
	answers: [answer],
};
const stats = {
	uptime: "integer",
	capture: { kernel_packets: "integer", kernel_drops: "integer" },
	decoder: { pkts: "integer", bytes: "integer", invalid: "integer" },
	flow: { active: "integer" },
	flowbpf: { losses: "integer" }, // ours: the schema has no place for it
};
const event = {
	timestamp: "string",
	flow_id: "integer",
	in_iface: "string",
	event_type: "string",
	vlan: ["integer"],
	src_ip: "string",
	src_port: "integer",
	dest_ip: "string",
	dest_port: "integer",
	proto: "string",
	ip_v: "integer",
	icmp_type: "integer",
	icmp_code: "integer",
	app_proto: "string",
	community_id: "string",
	flow,
	tcp,
	dns,
	stats,
	tls: { sni: "string", version: "string", client_alpns: ["string"], ja4: "string" },
	quic: { version: "string", sni: "string", ja4: "string", extensions: [extension] },
};

const wrong = new Set();
const typeOf = (value) => (Number.isInteger(value) ? "integer" : typeof value);
function look(value, wanted, at) {
	if (typeof wanted === "string") {
		if (typeOf(value) !== wanted) wrong.add(`${at} is ${typeOf(value)}, not ${wanted}`);
	} else if (Array.isArray(wanted)) {
		if (!Array.isArray(value) || value.length === 0) wrong.add(`${at} is no list, or empty`);
		else value.forEach((one) => look(one, wanted[0], `${at}[]`));
	} else {
		for (const [key, one] of Object.entries(value))
			if (wanted[key] === undefined) wrong.add(`${at}.${key} is not of the schema`);
			else look(one, wanted[key], `${at}.${key}`);
	}
}
for (const line of fs.readFileSync(process.argv[2], "utf8").trim().split("\n"))
	look(JSON.parse(line), event, "");
for (const place of wrong) console.log(place);
