// SPDX-License-Identifier: BSD-2-Clause
// What the API says of a flow, and what a collector made of its record: ipfix_table.mjs FOLDER API.json KEY.
// KEY is its source port, or protocol and an end: icmp>198.51.100.2. FOLDER has what nfdump (nfdump.json,
// nfdump.raw), nfacctd (nfacctd.json) and tshark -V (tshark.txt) told. Prints a line a decoder: its name,
// the number of elements that it knows, what is wanted and what it has; tab-separated.
import fs from "node:fs";

const [, , folder, api, key] = process.argv;
const read = (name) => fs.readFileSync(`${folder}/${name}`, "utf8");

// --- records --------------------------------------------------------------------------------------------
// tshark -V: of each "Flow N" its lines, "Name: value".
function flowsOfTshark(text) {
	const all = [];
	let one = null;
	for (const line of text.split("\n")) {
		if (/^\s+Flow \d+$/.test(line)) all.push((one = {}));
		else if (/^\s+Set \d|^Frame /.test(line)) one = null;
		const [, name, value] =
			line.match(/^\s+(Enterprise Private entry: \([^)]*\) Type \d+|[A-Z][\w ]+): (.*)$/) ??
			[];
		if (!one || !name) continue;
		const reverse = value.includes("(Reverse ") ? "Reverse " : "";
		one[reverse + name] ??= value;
	}
	return all;
}

// nfdump -o raw: blocks of "name = value".
const flowsOfRaw = (text) =>
	text
		.split(/\n\s*\n/)
		.map((block) =>
			Object.fromEntries(
				[...block.matchAll(/^ {2}([\w ]+?) *= *(.*?) *$/gm)].map((m) => [m[1], m[2]]),
			),
		);

const first = (list, test, what) => {
	const found = list.filter(test);
	if (found.length !== 1) throw new Error(`${found.length} records of ${key} at ${what}`);
	return found[0];
};
const [proto, end] = key.includes(">") ? key.split(">") : [null, null];
const numbers = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 };
const names = Object.fromEntries(Object.entries(numbers).map(([name, n]) => [n, name]));
const isKey = (p, ends, port) =>
	proto ? p === proto && ends.includes(end) : Number(port) === Number(key);

const flow = first(
	JSON.parse(fs.readFileSync(api)),
	(f) => isKey(f.proto, [f.src.ip, f.dst.ip], f.src.port),
	"the API",
);
const number = numbers[flow.proto];
const tshark = first(
	flowsOfTshark(read("tshark.txt")),
	(f) =>
		f.Packets &&
		isKey(
			names[f.Protocol?.match(/\((\d+)\)/)?.[1]],
			[f.SrcAddr, f.DstAddr],
			f.SrcPort?.split(" ")[0],
		),
	"tshark",
);
const nfacctd = first(
	read("nfacctd.json")
		.trim()
		.split("\n")
		.map((l) => JSON.parse(l)),
	(f) =>
		f.packets > 0 &&
		isKey(f.ip_proto.replace("ipv6-icmp", "icmpv6"), [f.ip_src, f.ip_dst], f.port_src),
	"nfacctd",
);
const json = JSON.parse(read("nfdump.json")).flat();
const place = json.findIndex(
	(f) =>
		f.in_packets > 0 &&
		isKey(names[f.proto], [f.src4_addr ?? f.src6_addr, f.dst4_addr ?? f.dst6_addr], f.src_port),
);
const nfdump = { ...flowsOfRaw(read("nfdump.raw"))[place], ...json[place] };

// --- values ---------------------------------------------------------------------------------------------
const lead = (text) => text?.split(" ")[0];
const paren = (text) => text?.match(/\((\w+)\)$/)?.[1];
const bits = (text, order) =>
	[...order].reduce((sum, c, i) => sum | (text?.includes(c) ? 1 << i : 0), 0);
const flags = (text) => bits(text, "FSRPAUEC");
const ms = (text) => (text ? Date.parse(text.replace(" ", "T").replace(/Z?$/, "Z")) : undefined);
const msTshark = (text) => Date.parse(text?.replace(/\.(\d{3})\d+ UTC/, ".$1 UTC"));
const bytesOf = (text) =>
	Buffer.from(
		(text ?? "")
			.replace(/Value \(hex bytes\): /, "")
			.replace(/ ?…/, "")
			.replaceAll(" ", ""),
		"hex",
	);
const textOf = (element) =>
	bytesOf(tshark[`Enterprise Private entry: (${element[0]}) Type ${element[1]}`]).toString();
const cut = (want, got) => (got && want.startsWith(got) ? want : got); // tshark prints 24 bytes of a text
const versions = { 1.3: 0x304, 1.2: 0x303 };
const six = flow.family === 6;
const icmp = flow.proto.startsWith("icmp");
const zeros = "00:00:00:00:00:00";
const ICMP_TYPE = { icmp: 8, icmpv6: 128 }[flow.proto];
const sni = flow.tls?.sni ?? "";
const ja4 = flow.tls?.ja4 ?? "";
const alpn = flow.tls?.alpn.join(",") ?? "";
const mac = (text) => lead(text)?.replaceAll("_", ":");

// name, what the API says, how tshark, nfdump and nfacctd tell it; null: the decoder has no such element,
// or does not tell it.
const PORTS = !icmp && [
	[
		"sourceTransportPort",
		flow.src.port,
		() => lead(tshark.SrcPort),
		() => nfdump.src_port,
		() => nfacctd.port_src,
	],
	[
		"destinationTransportPort",
		flow.dst.port,
		() => lead(tshark.DstPort),
		() => nfdump.dst_port,
		() => nfacctd.port_dst,
	],
];
const TCP = flow.tcp && [
	[
		"tcpControlBits",
		flags(flow.tcp.flags_up),
		() => Number(tshark["TCP Flags"]?.split(",")[0]),
		() => flags(nfdump.tcp_flags),
		() => nfacctd.tcp_flags,
	],
	[
		"reverseTcpControlBits",
		flags(flow.tcp.flags_down),
		() => Number(tshark["Reverse TCP Flags"]?.split(",")[0]),
		null,
		() => nfacctd.rflags,
	],
	[
		"postNAPTSourceTransportPort",
		flow.nat?.src_port,
		() => tshark["Post NAPT Source Transport Port"],
		() => nfdump.src_xlt_port,
		() => nfacctd.post_nat_port_src,
	],
	[
		"postNAPTDestinationTransportPort",
		flow.dst.port,
		() => tshark["Post NAPT Destination Transport Port"],
		() => nfdump.dst_xlt_port,
		() => nfacctd.post_nat_port_dst,
	],
	[
		"flowEndReason",
		{ fin: 3, rst: 3 }[flow.closed?.reason],
		() => paren(tshark["Flow End Reason"]),
		() => Number(lead(nfdump["end reason"])),
		() => nfacctd.end_reason,
	],
	["tlsSNI", sni, () => cut(sni, textOf(["CESNET", 808])), null, () => nfacctd.sni],
	["tlsJA4", ja4, () => cut(ja4, textOf(["CESNET", 809])), null, () => nfacctd.ja4],
	[
		"tlsALPN",
		alpn,
		() => cut(alpn, textOf(["Flowmon Networks a.s.", 337])),
		null,
		() => nfacctd.alpn,
	],
	[
		"tlsVersion",
		versions[flow.tls?.version],
		() =>
			bytesOf(
				tshark["Enterprise Private entry: (Flowmon Networks a.s.) Type 333"],
			).readUInt16BE(0),
		null,
		() => nfacctd.tls_version,
	],
	["applicationName", flow.service, () => tshark.ApplicationName, null, null],
];
const ICMP = icmp && [
	[
		"icmpTypeCode",
		ICMP_TYPE,
		() => (six ? tshark["IPv6 ICMP Type"] : tshark["ICMP Type"] >> 8),
		() => nfdump.icmp_type,
		() => (six ? nfacctd.icmp6 : nfacctd.icmp4) >> 8,
	],
];
const NAT = flow.nat && [
	// nfdump 1.7.1 and nfacctd 1.7.7 have no translation of IPv6
	[
		"postNATSourceAddress",
		flow.nat.src_ip,
		() => tshark[`Post NAT Source IPv${flow.family} Address`],
		six ? null : () => nfdump.src4_xlt_ip,
		six ? null : () => nfacctd.post_nat_ip_src,
	],
	[
		"postNATDestinationAddress",
		flow.dst.ip,
		() => tshark[`Post NAT Destination IPv${flow.family} Address`],
		six ? null : () => nfdump.dst4_xlt_ip,
		six ? null : () => nfacctd.post_nat_ip_dst,
	],
];
const table = [
	[
		"sourceAddress",
		flow.src.ip,
		() => tshark.SrcAddr,
		() => nfdump.src4_addr ?? nfdump.src6_addr,
		() => nfacctd.ip_src,
	],
	[
		"destinationAddress",
		flow.dst.ip,
		() => tshark.DstAddr,
		() => nfdump.dst4_addr ?? nfdump.dst6_addr,
		() => nfacctd.ip_dst,
	],
	[
		"protocolIdentifier",
		number,
		() => paren(tshark.Protocol),
		() => nfdump.proto,
		() => numbers[nfacctd.ip_proto.replace("ipv6-icmp", "icmpv6")],
	],
	["ipVersion", flow.family, () => tshark.IPVersion, null, () => nfacctd.ip_version],
	[
		"ipClassOfService",
		key === "icmp>198.51.100.2" ? 0xb8 : 0,
		() => Number(lead(tshark["IP ToS"])),
		() => nfdump.src_tos,
		() => nfacctd.tos,
	],
	[
		"octetDeltaCount",
		flow.bytes.up,
		() => tshark.Octets,
		() => nfdump.in_bytes,
		() => nfacctd.bytes,
	],
	[
		"packetDeltaCount",
		flow.packets.up,
		() => tshark.Packets,
		() => nfdump.in_packets,
		() => nfacctd.packets,
	],
	[
		"reverseOctetDeltaCount",
		flow.bytes.down,
		() => lead(tshark["Reverse Octets"]),
		() => nfdump.out_bytes,
		() => nfacctd.rbytes,
	],
	[
		"reversePacketDeltaCount",
		flow.packets.down,
		() => lead(tshark["Reverse Packets"]),
		() => nfdump.out_packets,
		() => nfacctd.rpackets,
	],
	[
		"flowStartMilliseconds",
		ms(flow.first_seen),
		() => msTshark(tshark.StartTime),
		() => ms(nfdump.first),
		() => ms(nfacctd.timestamp_start),
	],
	[
		"flowEndMilliseconds",
		ms(flow.last_seen),
		() => msTshark(tshark.EndTime),
		() => ms(nfdump.last),
		() => ms(nfacctd.timestamp_end),
	],
	["flowId", BigInt(`0x${flow.id}`), () => tshark["Flow Id"], null, () => nfacctd.flow_id],
	["ingressInterface", 1, () => tshark.InputInt, () => nfdump.input_snmp, () => nfacctd.iface_in],
	[
		"egressInterface",
		0,
		() => tshark.OutputInt,
		() => nfdump.output_snmp,
		() => nfacctd.iface_out,
	],
	["interfaceName", flow.iface, () => tshark.IfName, null, null],
	[
		"flowDirection",
		0,
		() => paren(tshark.Direction),
		() => nfdump.direction,
		() => nfacctd.direction,
	],
	[
		"biflowDirection",
		1,
		() => paren(tshark["Biflow Direction"]),
		() => Number(lead(nfdump["biFlow Dir"])),
		() => nfacctd.biflow,
	],
	[
		"sourceMacAddress",
		flow.src.mac ?? zeros,
		() => mac(tshark["Source Mac Address"]),
		() => nfdump.in_src_mac,
		() => nfacctd.mac_src,
	],
	[
		"destinationMacAddress",
		flow.dst.mac ?? zeros,
		() => mac(tshark["Destination Mac Address"]),
		() => nfdump.in_dst_mac,
		() => nfacctd.mac_dst,
	],
	["dot1qVlanId", flow.vlan ?? 0, () => tshark["Dot1q Vlan Id"], null, () => nfacctd.vlan],
	[
		"dot1qCustomerVlanId",
		flow.vlan_inner ?? 0,
		() => tshark["Dot1q Customer Vlan Id"],
		null,
		null,
	],
	[
		"bgpSourceAsNumber",
		flow.src.asn ?? 0,
		() => tshark.SrcAS,
		() => nfdump.src_as,
		() => nfacctd.as_src,
	],
	[
		"bgpDestinationAsNumber",
		flow.dst.asn ?? 0,
		() => tshark.DstAS,
		() => nfdump.dst_as,
		() => nfacctd.as_dst,
	],
	...(PORTS || []),
	...(TCP || []),
	...(ICMP || []),
	...(NAT || []),
];

for (const [n, decoder] of ["tshark", "nfdump", "nfacctd"].entries()) {
	const rows = table.filter((row) => row[2 + n] && row[1] !== undefined);
	const line = (values) => rows.map((row, i) => `${row[0]}=${values[i]}`).join(" ");
	console.log(
		[
			decoder,
			rows.length,
			line(rows.map((row) => row[1])),
			line(rows.map((row) => row[2 + n]())),
		].join("\t"),
	);
}
