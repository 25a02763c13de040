// SPDX-License-Identifier: BSD-2-Clause
// Conntrack states from opening to end: the order in which they are shown.

export const STATE_ORDER = [
	"NONE",
	"NEW",
	"UNREPLIED",
	"SYN_SENT",
	"SYN_SENT2",
	"SYN_RECV",
	"ESTABLISHED",
	"REPLIED",
	"ASSURED",
	"FIN_WAIT",
	"CLOSE_WAIT",
	"LAST_ACK",
	"TIME_WAIT",
	"CLOSE",
];
