// SPDX-License-Identifier: BSD-2-Clause
// Logs in as people do: a link from the daemon's unix socket (FLOWBPF_SOCKET), exchanged for a cookie.
import http from "node:http";
import https from "node:https";

function post(options, path, body) {
	const data = body === undefined ? "" : JSON.stringify(body);
	const client = options.protocol === "https:" ? https : http;
	return new Promise((resolve, reject) => {
		const req = client.request(
			{
				...options,
				path,
				method: "POST",
				agent: false,
				rejectUnauthorized: false,
				headers: {
					"X-Flowbpf-CSRF": "1",
					...(data
						? { "Content-Type": "application/json", "Content-Length": data.length }
						: {}),
				},
			},
			(res) => {
				let text = "";
				res.on("data", (part) => (text += part));
				res.on("end", () => {
					if (res.statusCode === 200)
						resolve({ headers: res.headers, json: JSON.parse(text) });
					else reject(new Error(`POST ${path}: ${res.statusCode} ${text}`));
				});
			},
		);
		req.on("error", reject);
		req.end(data);
	});
}

/** "http://127.0.0.1:8080/#login=...", good once */
export const link = async (role, socketPath = process.env.FLOWBPF_SOCKET) =>
	(await post({ socketPath }, `/api/v1/login${role ? `?role=${role}` : ""}`)).json.url;

/** The cookie of a login at `base`, as {name, value}; null where no socket is named. */
export async function login(base, role) {
	if (!process.env.FLOWBPF_SOCKET) return null;
	const token = new URL(await link(role)).hash.replace("#login=", "");
	const { protocol, hostname, port } = new URL(base);
	const where = { protocol, hostname: hostname.replace(/[[\]]/g, ""), port };
	const { headers } = await post(where, "/api/v1/session", { token });
	const [name, value] = headers["set-cookie"][0].split(";")[0].split("=");
	return { name, value };
}
