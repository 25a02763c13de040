/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be said of a flow beyond what it counted, by one enricher after the other: names of its
 * addresses, its service, its scope. The order is that of the table in pipeline.c; a later one may
 * read what an earlier one said. Used by the engine's thread.
 */
#pragma once

#include "enrich/devices.h"
#include "enrich/geo.h"
#include "enrich/hostnames.h"
#include "enrich/inventory.h"
#include "enrich/lists.h"
#include "enrich/namecache.h"
#include "enrich/scope.h"
#include "flow/facts.h"
#include "util/addr.h"

struct fb_pipeline_opts {
	const struct fb_cidr *internal; /* blocks that are inside, too; borrowed; may be NULL */
	unsigned int n_internal;
};

struct fb_pipeline {
	struct fb_scope_list scopes;
	bool scopes_changed;
	struct fb_namecache *names;	/* what DNS told clients */
	struct fb_hostnames *hosts;	/* what hosts are called */
	struct fb_devices *devices;	/* whose addresses belong together */
	struct fb_inventory *inventory; /* whose they are */
	struct fb_geo *geo;		/* where addresses are */
	bool geo_changed;
	struct fb_lists lists; /* the operator's */
	bool lists_changed;
	uint64_t devices_known;		 /* version by which flows were given DNS names */
	uint64_t hosts_known;		 /* version of both that flows were described by */
	uint64_t holders, holders_known; /* how often a device got an address; ... then */
	uint64_t names_known;		 /* version by which devices were named */
	uint64_t now_ns;
};

/* Tells a counter; name and help are static. */
typedef void (*fb_counter_fn)(void *ctx, const char *name, const char *help, uint64_t value,
			      bool loss);

/* -ENOSPC: too many blocks; -ENOMEM. */
int fb_pipeline_init(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts);
void fb_pipeline_fini(struct fb_pipeline *pipeline);

/* An address has a name: as a client was told, or a host's own. Errors are of no use to the caller.
 */
void fb_pipeline_learn(struct fb_pipeline *pipeline, const struct fb_addr_fact *fact);

/*
 * A device has an address: names that are known of one of its addresses are those of all. It is
 * taken up as one of the networks here if the address is inside and by no other than itself.
 */
void fb_pipeline_tie(struct fb_pipeline *pipeline, const struct fb_devices_fact *fact);

/* What devices and hosts told of these is forgotten; how many devices went. */
unsigned int fb_pipeline_erase(struct fb_pipeline *pipeline, const struct fb_person *who,
			       uint64_t now_ns);

/* Other blocks from now on; -ENOSPC leaves the old ones. */
int fb_pipeline_change(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts);

/* Other databases of places from now on, as in fb_geo_use. */
void fb_pipeline_use_places(struct fb_pipeline *pipeline, struct fb_geodb *const *dbs,
			    unsigned int n);

/* Other lists from now on, as in fb_lists_use. */
void fb_pipeline_use_lists(struct fb_pipeline *pipeline, const struct fb_list *list,
			   unsigned int n);

/* Once a tick. The enrichers, as bits, that would now tell otherwise of flows than they did. */
unsigned int fb_pipeline_tick(struct fb_pipeline *pipeline, uint64_t now_ns);

/* Has the form of fb_table_ops.describe, the context being the pipeline. */
void fb_pipeline_describe(void *pipeline, const struct fb_flow *flow, unsigned int which,
			  struct fb_flow_facts *facts);

void fb_pipeline_counters(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx);
