/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of fields as C reads it: what a field is, and its value of a flow. Fields are addressed
 * by id; names are for people, and are looked up once, where they come in (fb_field_find).
 * Constant tables: any thread.
 */
#pragma once

#include "flow/snapshot.h"

enum fb_field_id {
#define FIELD(id, ...) FB_FIELD_##id,
#define LIST(id, ...)  FB_FIELD_##id,
#include "flow/fields.def"
	FB_FIELD_COUNT
};

enum fb_type {
	FB_TYPE_ID,
	FB_TYPE_IP,
	FB_TYPE_PORT,
	FB_TYPE_ENDPOINT, /* an address, and its port where there is one */
	FB_TYPE_TEXT,
	FB_TYPE_ENUM,
	FB_TYPE_INT,
	FB_TYPE_BYTES,
	FB_TYPE_PACKETS,
	FB_TYPE_RATE,	  /* bits per second */
	FB_TYPE_DURATION, /* in the field's unit */
	FB_TYPE_SHARE,	  /* of one, 0 to 1 */
	FB_TYPE_TIME,	  /* ms since 1970 */
	FB_TYPE_BOOL,
	FB_TYPE_COUNT
};

/* Whose it is: said of the client, of the server, or of the connection. */
enum fb_end {
	FB_END_NONE,
	FB_END_SRC,
	FB_END_DST,
};

/* Whom its values may name: what is done with them for who may not know. */
enum fb_tells {
	FB_TELLS_NOBODY,
	FB_TELLS_ADDRESS,   /* of an end */
	FB_TELLS_NAME,	    /* a host's, or what a client asked for */
	FB_TELLS_NAME_FROM, /* how such a name is known */
	FB_TELLS_SERVICE,   /* "https (whose)": whose, by a name or an address */
	FB_TELLS_DEVICE,    /* of the networks here; or an entry of a list, an address or a name */
	FB_TELLS_OWNER,	    /* a process, and whose it is */
};

/* What belongs together where a flow is shown whole, in that order. */
#define FB_SECTIONS(X)                                                                             \
	X(CONNECTION, "Connection")                                                                \
	X(SOURCE, "Source")                                                                        \
	X(DESTINATION, "Destination")                                                              \
	X(OWNER, "Owner")                                                                          \
	X(TRAFFIC, "Traffic")                                                                      \
	X(TIME, "Time")                                                                            \
	X(QUALITY, "Quality")                                                                      \
	X(JUDGE, "Judge")                                                                          \
	X(NAMES, "Name")                                                                           \
	X(TLS, "TLS")                                                                              \
	X(PATH, "Path")                                                                            \
	X(CONNTRACK, "Conntrack")

enum fb_section {
#define X(id, title) FB_SECTION_##id,
	FB_SECTIONS(X)
#undef X
		FB_SECTION_COUNT
};

#define FB_VALUE_TEXT 160

/* One value; nothing in it outlives the snapshot. */
struct fb_value {
	bool known;		 /* false: null */
	uint8_t family;		 /* IP, ENDPOINT */
	uint64_t num;		 /* all but IP and TEXT; ENUM: for order, if it has one */
	const char *text;	 /* TEXT, ENUM and ENDPOINT */
	const uint8_t *addr;	 /* IP, ENDPOINT */
	char buf[FB_VALUE_TEXT]; /* where `text` is made, when it has to be; not copied by value */
};

struct fb_field {
	/* What a look at each field of each flow needs stands in one line of the cache. */
	void (*get)(const struct fb_flow_at *at, struct fb_value *ret_value);
	/* Of lists, instead: text number `i`; not known: there are no more. */
	void (*item)(const struct fb_flow_at *at, unsigned int i, struct fb_value *ret_value);
	/* ENUM of a closed list: word(first_word), ... until NULL; else NULL. */
	const char *(*word)(unsigned int number);
	unsigned int first_word;
	enum fb_field_id id;
	enum fb_type type;
	enum fb_section section;
	enum fb_end end;
	enum fb_tells tells;
	uint8_t decimals; /* the number is num / 10^decimals */
	bool right;	  /* aligned */
	bool sortable, filterable, groupable;
	bool shown;  /* by default */
	bool always; /* never null */
	bool parent; /* the object that it is in never is */
	/* What its values are called, as an address is by its host's name; 0: nothing. */
	enum fb_field_id label_by;
	uint16_t ipfix, ipfix6; /* IANA's element; of IPv6 addresses; 0: none */
	const char *name, *label;
	const char *path; /* where it stands in the flow object; NULL: it does not */
	const char *unit; /* "bytes", "bit/s", "ms", "s", "packets"; NULL none */
	const char *help;
} __attribute__((aligned(64)));

extern const struct fb_field fb_fields[FB_FIELD_COUNT];

/*
 * What readers of a snapshot may not see of the values that are made for them (flow/past.h); its
 * owner outlives the snapshot. Records of now are anonymised themselves: policy/anonymised.h.
 */
struct fb_screen {
	/* Of a field that tells something. */
	void (*hide)(const struct fb_screen *screen, const struct fb_field *field,
		     struct fb_value *value);
};

/* Word `i` of a closed list, from 0 on; NULL after the last, and for a field without a list. */
static inline const char *fb_field_word(const struct fb_field *field, unsigned int i)
{
	return field->word ? field->word(i + field->first_word) : NULL;
}

static inline void fb_value_clear(struct fb_value *value)
{
	value->known = false;
	value->num = 0;
	value->text = NULL;
	value->addr = NULL;
}

/* All texts of a list, by commas; none is cut: what does not fit is left out. */
void fb_field_join(const struct fb_field *field, const struct fb_flow_at *at,
		   struct fb_value *ret_value);

/* Of flows that history has (flow/past.h). */
void fb_past_get(const struct fb_field *field, const struct fb_flow_at *at,
		 struct fb_value *ret_value);
void fb_past_item(const struct fb_field *field, const struct fb_flow_at *at, unsigned int i,
		  struct fb_value *ret_value);

static inline void fb_field_get(const struct fb_field *field, const struct fb_flow_at *at,
				struct fb_value *ret_value)
{
	fb_value_clear(ret_value);
	if (at->past)
		fb_past_get(field, at, ret_value);
	else if (field->item)
		fb_field_join(field, at, ret_value);
	else
		field->get(at, ret_value);
}

/* Text number `i` of a list; not known: there are no more. */
static inline void fb_field_item(const struct fb_field *field, const struct fb_flow_at *at,
				 unsigned int i, struct fb_value *ret_value)
{
	fb_value_clear(ret_value);
	if (at->past)
		fb_past_item(field, at, i, ret_value);
	else
		field->item(at, i, ret_value);
}

/* --- names (fieldnames.c) --------------------------------------------------------------------- */

const char *fb_type_name(enum fb_type type);
const char *fb_section_name(enum fb_section section);

/* By name, path or alias ("src", "dport", "rate", ...); NULL unknown. Either-end names have none.
 */
const struct fb_field *fb_field_find(const char *name, size_t len);

/* The nearest field name or alias to a misspelt one; NULL when none is near. */
const char *fb_field_suggest(const char *name, size_t len);

/*
 * "duration" for duration_ms: the unit of a number without one, and the alias; NULL for all names
 * that need none or say it themselves.
 */
const char *fb_field_bare_unit(const char *name, size_t len, const char **ret_alias);
