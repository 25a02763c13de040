// SPDX-License-Identifier: BSD-2-Clause
// A decoder of IPFIX over streams, by RFC 7011 alone: FILE... are what collectors took, each of one
// connection. Prints a JSON object a data record: {"set":..,"seq":.., "PEN:ID": value, ...}; numbers of
// up to 8 bytes as such, addresses and texts as hexadecimal digits and text. Fails on what is none, and
// where a sequence number is not that of the records before it.
import fs from "node:fs";

const texts = new Set(["0:82", "0:96", "8057:808", "8057:809", "8057:890", "39499:337"]);
const addresses = new Set([8, 12, 27, 28, 225, 226, 281, 282]);

function* templates(body, options) {
	for (let at = 0; at < body.length;) {
		const id = body.readUInt16BE(at);
		const n = body.readUInt16BE(at + 2);
		at += options ? 6 : 4;
		const fields = [];
		for (let i = 0; i < n; i++) {
			const own = body.readUInt16BE(at) & 0x8000;
			fields.push({
				id: body.readUInt16BE(at) & 0x7fff,
				len: body.readUInt16BE(at + 2),
				pen: own ? body.readUInt32BE(at + 4) : 0,
			});
			at += own ? 8 : 4;
		}
		yield [id, fields];
	}
}

function value({ id, pen }, bytes) {
	const name = `${pen}:${id}`;
	if (texts.has(name)) return bytes.toString();
	if (pen === 0 && addresses.has(id)) return bytes.toString("hex");
	return bytes.length <= 8
		? Number(bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n))
		: bytes.toString("hex");
}

function read(body, fields, record) {
	let at = 0;
	for (const field of fields) {
		let len = field.len;
		if (len === 65535) {
			len = body[at++];
			if (len === 255) {
				len = body.readUInt16BE(at);
				at += 2;
			}
		}
		if (at + len > body.length) throw new Error("a record reaches beyond its set");
		record[`${field.pen}:${field.id}`] = value(field, body.subarray(at, at + len));
		at += len;
	}
	console.log(JSON.stringify(record));
	return body.subarray(at);
}

for (const file of process.argv.slice(2)) {
	const known = new Map();
	let bytes = fs.readFileSync(file);
	let next;
	while (bytes.length) {
		const len = bytes.readUInt16BE(2);
		const seq = bytes.readUInt32BE(8);
		if (bytes.readUInt16BE(0) !== 10 || len < 20) throw new Error(`no message: ${len} bytes`);
		if (len > bytes.length) break; // the connection was cut there
		if (next !== undefined && seq !== next)
			throw new Error(`sequence ${seq} where ${next} records came before`);
		next = seq;
		for (let set = bytes.subarray(16, len); set.length;) {
			const id = set.readUInt16BE(0);
			const end = set.readUInt16BE(2);
			let body = set.subarray(4, end);
			if (id < 4)
				for (const [number, fields] of templates(body, id === 3)) known.set(number, fields);
			else
				while (body.length) {
					body = read(body, known.get(id), { set: id, seq });
					next = (next + 1) % 2 ** 32;
				}
			set = set.subarray(end);
		}
		bytes = bytes.subarray(len);
	}
}
