// SPDX-License-Identifier: BSD-2-Clause
// A flow as text for other tools: address, requests, commands.

import { at } from "../../core/base";
import type { Flow } from "../../api/types";
import * as filter from "../../core/filter";

const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

export function copiesOf(f: Flow): [string, string][] {
	const proto = f.proto.toLowerCase();
	const pick = filter.all(
		filter.term("src.ip", f.src.ip),
		f.src.port ? filter.term("src.port", f.src.port) : "",
		filter.term("dst.ip", f.dst.ip),
		f.dst.port ? filter.term("dst.port", f.dst.port) : "",
	);
	const ports = f.src.port ? ` --sport ${f.src.port} --dport ${f.dst.port}` : "";
	const host = `host ${f.src.ip} and host ${f.dst.ip}${f.dst.port ? ` and port ${f.dst.port}` : ""}`;
	return [
		["URL", `${location.origin}${at(`/flows/${f.id}`)}`],
		["curl", `curl -s ${shell(`${location.origin}${at(`/api/v1/flows/${f.id}`)}`)}`],
		["flowbpf", `flowbpf flows --filter ${shell(pick)}`],
		["conntrack", `conntrack -L -p ${proto} -s ${f.src.ip} -d ${f.dst.ip}${ports}`],
		["bpftool", "bpftool map dump name fb_flows"],
		["tcpdump", `tcpdump -ni any ${shell(host)}`],
		["filter", pick],
		["JSON", JSON.stringify(f)],
	];
}
