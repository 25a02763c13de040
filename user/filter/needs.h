/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a flow must have for a filter to take it, in single values of fields: who keeps a summary of
 * many flows asks it, and passes by those where nothing of it is. Of each group one value at least.
 */
#pragma once

#include "filter/filter.h"
#include "flow/fields.h"

#define FB_NEEDS 64

enum fb_need_how { FB_NEED_ADDR, FB_NEED_NUMBER, FB_NEED_IS, FB_NEED_BELOW, FB_NEED_LIKE };

struct fb_need {
	const struct fb_field *field;
	enum fb_need_how how;
	unsigned int group;
	uint8_t addr[16], family; /* ADDR */
	uint64_t num;		  /* NUMBER */
	const char *text; /* the others: of the filter, not NUL-terminated; BELOW: or of ... */
	uint16_t len;	  /* ... a name below it */
};

/*
 * Their number; 0: nothing is known. `kept` says of which fields there is a summary: what may hold
 * by another one is in no group.
 */
unsigned int fb_filter_needs(const struct fb_filter *filter, const bool kept[static FB_FIELD_COUNT],
			     struct fb_need needs[static FB_NEEDS]);
