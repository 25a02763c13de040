// SPDX-License-Identifier: BSD-2-Clause
// Why acts are not for who looks: a page that may only look is no capture.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

// what the page's address says is read when it begins
globalThis.location = { search: "", hash: "", pathname: "/" };
globalThis.addEventListener = () => {};
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
globalThis.localStorage = { getItem: () => null, setItem() {} };

const { session, whyNot, whyNoChange } = await load("data/access.ts");

test("who may act is told of nothing, who may not of his role", () => {
	session.value = { role: "operator", read_only: null, hub: false };
	assert.equal(whyNot(), null);
	session.value = { role: "viewer", read_only: null, hub: false };
	assert.equal(whyNot(), "read-only role");
	session.value = {
		role: "viewer",
		read_only: "flowbpf there lets this page look, not change",
		hub: false,
	};
	assert.equal(whyNot(), "read-only role");
});

test("what is done with nobody who asks is changed by an admin", () => {
	session.value = { role: "admin", read_only: null, hub: false };
	assert.equal(whyNoChange(), null);
	session.value = { role: "operator", read_only: null, hub: false };
	assert.equal(whyNot(), null);
	assert.equal(whyNoChange(), "Changing this takes the admin role.");
	session.value = { role: "viewer", read_only: null, hub: false };
	assert.equal(whyNoChange(), "read-only role");
});
