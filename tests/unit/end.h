/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as a test writes them, as the product has them. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/addr.h"

struct end {
	uint8_t addr[16], family;
};

static inline struct end end_of(const char *text)
{
	struct end end;

	assert_int_equal(fb_addr_parse(text, end.addr, &end.family), 0);
	return end;
}
