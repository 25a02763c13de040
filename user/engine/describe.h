/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What enrich/ knows of a flow, in the form that the table asks for: scope, service, names of its
 * addresses. Used by the engine's thread.
 */
#pragma once

#include "enrich/names.h"
#include "enrich/scope.h"
#include "table/table.h"
#include "util/addr.h"

struct fb_describe {
	struct fb_scope_list scopes;
	struct fb_namecache *names;
	uint64_t now_ns;
};

/* Context: a struct fb_describe. */
extern const struct fb_table_ops fb_describe_ops;

int fb_describe_init(struct fb_describe *describe, const struct fb_cidr *internal, unsigned int n);
void fb_describe_fini(struct fb_describe *describe);

/* Other blocks from now on; -ENOSPC leaves the old ones. */
int fb_describe_internal(struct fb_describe *describe, const struct fb_cidr *internal,
			 unsigned int n);

static inline void fb_describe_tick(struct fb_describe *describe, uint64_t now_ns)
{
	describe->now_ns = now_ns;
}
