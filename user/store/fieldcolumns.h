/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which fields of a flow the history keeps, in which of its tables and how each is coded: made of
 * the table of fields alone, so that a field that is new there is kept without a line here.
 * Constant: any thread.
 */
#pragma once

#include "flow/fields.h"

/* X(name): what is a flow's own, and what many flows share, each once in a table of its own. */
#define FB_STARS(X)                                                                                \
	X(flow)                                                                                    \
	X(kind)                                                                                    \
	X(client)                                                                                  \
	X(server)                                                                                  \
	X(owner)                                                                                   \
	X(tls)

enum fb_star {
#define X(name) FB_STAR_##name,
	FB_STARS(X)
#undef X
		FB_STAR_COUNT
};

/* NULL in each is "not known". */
enum fb_coding {
	FB_CODED_NUMBER, /* INTEGER: the value's `num`: an id's 64 bits, a duration in its decimals
			  */
	FB_CODED_TIME,	 /* INTEGER, ms since 1970 */
	FB_CODED_IP,	 /* INTEGER, host order, of IPv4; BLOB of 16 bytes of IPv6 */
	FB_CODED_WORD,	 /* INTEGER: `num` of a closed list, whose words are field->word */
	FB_CODED_TEXT,	 /* TEXT */
	FB_CODED_LIST,	 /* TEXT: FB_LIST_MARK before each item, and behind the last */
};

#define FB_LIST_MARK '\x1f'

struct fb_column {
	const struct fb_field *field;
	const char *name; /* the field's id in C, to be quoted: "group"; of the view `flows`, too */
	enum fb_star star;
	enum fb_coding coding;
};

/* False: it is not kept, for it follows from others or says nothing afterwards. */
bool fb_column_of(enum fb_field_id id, struct fb_column *ret_column);

/* "client" */
const char *fb_star_name(enum fb_star star);
