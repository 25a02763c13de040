/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow through the enrichers, one after the other. */
#include "enrich/pipeline.h"

#include <string.h>

#include "enrich/service.h"

struct fb_enricher {
	const char *name;
	int (*init)(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts);
	void (*fini)(struct fb_pipeline *pipeline);
	/* Writes what it knows over what the facts say; leaves them where it knows nothing. */
	void (*describe)(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			 struct fb_flow_facts *facts);
	/* True: flows described before would be described otherwise now. */
	bool (*tick)(struct fb_pipeline *pipeline);
	void (*counters)(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx);
};

/* --- what hosts are called ------------------------------------------------------------------- */

static int init_hosts(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts)
{
	int r = fb_hostnames_new(&pipeline->hosts);

	(void)opts;
	return r < 0 ? r : fb_devices_new(&pipeline->devices);
}

static void fini_hosts(struct fb_pipeline *pipeline)
{
	fb_hostnames_free(pipeline->hosts);
	fb_devices_free(pipeline->devices);
	pipeline->hosts = NULL;
	pipeline->devices = NULL;
}

static bool is_learned(uint8_t source)
{
	return source == FB_NAME_DHCP || source == FB_NAME_MDNS;
}

/* The best name of all addresses that the device has. True: this one had it when the flow began. */
static bool find_host(const struct fb_pipeline *pipeline, const uint8_t *addr, uint8_t family,
		      uint64_t began_ns, struct fb_flow_name *name)
{
	struct fb_hostname host;
	const uint8_t *other = addr;
	uint8_t other_family = family;
	uint32_t at = 0;
	bool then = false;

	do {
		if (!fb_hostnames_find_at(pipeline->hosts, other, other_family, began_ns, &host) ||
		    host.until < began_ns ||
		    fb_name_rank(host.source) >= fb_name_rank(name->source))
			continue;
		then = other == addr && host.since <= began_ns;
		*name = (struct fb_flow_name){
			.time = host.time,
			.text = host.text,
			.source = host.source,
			.len = (uint8_t)strlen(host.text),
		};
	} while (fb_devices_next(pipeline->devices, addr, family, &at, &other, &other_family));
	return then;
}

/* A connection of who had the address before keeps the name that it had; NULL: none. */
static void describe_host(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			  const uint8_t *addr, const struct fb_flow_name *had,
			  struct fb_flow_name *name)
{
	const bool before =
		fb_hostnames_since(pipeline->hosts, addr, flow->family) > flow->first_seen;

	if (!find_host(pipeline, addr, flow->family, flow->first_seen, name) && before &&
	    (!name->text || is_learned(name->source)))
		*name = had ? *had : (struct fb_flow_name){0};
}

static void describe_hosts(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			   struct fb_flow_facts *facts)
{
	const struct fb_flow_name *dst = NULL;

	for (unsigned int i = 0; flow->names && i < flow->names->n && !dst; i++)
		if (fb_name_is_of_host(flow->names->name[i].source))
			dst = &flow->names->name[i];
	facts->hosts_told = true;
	describe_host(pipeline, flow, flow->src, flow->src_host, &facts->src_host);
	describe_host(pipeline, flow, flow->dst, dst, &facts->dst_host);
}

/* Hosts tell their names whenever they like, also long after their flows began. */
static bool tick_hosts(struct fb_pipeline *pipeline)
{
	const uint64_t known = pipeline->hosts_known;

	fb_hostnames_tick(pipeline->hosts, pipeline->now_ns);
	pipeline->hosts_known =
		fb_hostnames_version(pipeline->hosts) + fb_devices_version(pipeline->devices);
	return pipeline->hosts_known != known;
}

static void count_hosts(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx)
{
	struct fb_hostnames_counters hosts;
	struct fb_devices_counters devices;

	fb_hostnames_counters(pipeline->hosts, &hosts);
	fb_devices_counters(pipeline->devices, &devices);
#define X(name, loss, help) add(ctx, #name, help, hosts.name, loss);
	FB_HOSTNAMES_COUNTERS(X)
#undef X
#define X(name, loss, help) add(ctx, #name, help, devices.name, loss);
	FB_DEVICES_COUNTERS(X)
#undef X
}

/* --- devices --------------------------------------------------------------------------------- */

static int init_devices(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts)
{
	(void)opts;
	return fb_inventory_new(&pipeline->inventory);
}

static void fini_devices(struct fb_pipeline *pipeline)
{
	fb_inventory_free(pipeline->inventory);
	pipeline->inventory = NULL;
}

/* A flow of who had the address before keeps the device that it had. */
static uint32_t device_of(const struct fb_pipeline *pipeline, const uint8_t *addr, uint8_t family,
			  uint64_t began_ns, uint32_t had)
{
	struct fb_devices_holder holder;

	if (fb_devices_holder(pipeline->devices, addr, family, &holder) && holder.since <= began_ns)
		return fb_inventory_number(pipeline->inventory, holder.mac);
	return fb_inventory_has(pipeline->inventory, had) ? had : 0;
}

static void describe_devices(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			     struct fb_flow_facts *facts)
{
	facts->src_device =
		device_of(pipeline, flow->src, flow->family, flow->first_seen, flow->src_device);
	facts->dst_device =
		device_of(pipeline, flow->dst, flow->family, flow->first_seen, flow->dst_device);
}

/* The flows have a device's number only: what it is called is nothing new to them. */
static bool tick_devices(struct fb_pipeline *pipeline)
{
	const uint64_t known = pipeline->holders_known;
	const uint64_t named = pipeline->names_known;

	pipeline->holders_known = pipeline->holders + fb_devices_version(pipeline->devices);
	pipeline->names_known = fb_inventory_version(pipeline->inventory) + pipeline->hosts_known;
	if (pipeline->names_known != named)
		fb_inventory_name(pipeline->inventory, pipeline->devices, pipeline->hosts);
	return pipeline->holders_known != known;
}

static void count_devices(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx)
{
	struct fb_inventory_counters inventory;

	fb_inventory_counters(pipeline->inventory, &inventory);
#define X(name, loss, help) add(ctx, #name, help, inventory.name, loss);
	FB_INVENTORY_COUNTERS(X)
#undef X
}

/* --- what DNS told clients ------------------------------------------------------------------- */

static int init_names(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts)
{
	(void)opts;
	return fb_namecache_new(0, &pipeline->names);
}

static void fini_names(struct fb_pipeline *pipeline)
{
	fb_namecache_free(pipeline->names);
	pipeline->names = NULL;
}

static void count_names(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx)
{
	struct fb_namecache_counters names;

	fb_namecache_counters(pipeline->names, &names);
#define X(name, loss, help) add(ctx, #name, help, names.name, loss);
	FB_NAMECACHE_COUNTERS(X)
#undef X
}

/* A client turns out to have more addresses, by which it may have asked. */
static bool tick_names(struct fb_pipeline *pipeline)
{
	const uint64_t known = pipeline->devices_known;

	pipeline->devices_known = fb_devices_version(pipeline->devices);
	return pipeline->devices_known != known;
}

/* A resolver's own name would take the place of what it was asked. */
static bool is_asked(const struct fb_flow *flow)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++)
		if (flow->names->name[i].source == FB_NAME_DNS)
			return flow->l7 == FB_L7_DNS;
	return false;
}

/* Who may have asked what a connection's client knows: it first, then who asks for others too. */
struct askers {
	enum { ITSELF, ITS_OTHERS, OUTSIDE, RESOLVER, NOBODY } next;
	uint32_t at; /* among its other addresses */
	const uint8_t *addr;
	uint8_t family;
	bool shared; /* others ask by it as well */
};

static bool next_asker(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
		       struct askers *askers)
{
	static const uint8_t self[16];

	switch (askers->next) {
	case ITSELF:
		askers->addr = flow->src;
		askers->family = flow->family;
		askers->next = ITS_OTHERS;
		return true;
	case ITS_OTHERS:
		if (fb_devices_next(pipeline->devices, flow->src, flow->family, &askers->at,
				    &askers->addr, &askers->family))
			return true;
		askers->shared = true;
		askers->next = OUTSIDE;
		/* fall through */
	case OUTSIDE:
		askers->next = RESOLVER;
		if (flow->nat && flow->nat->src_family) {
			askers->addr = flow->nat->src;
			askers->family = flow->nat->src_family;
			return true;
		}
		/* fall through */
	case RESOLVER:
		askers->addr = self;
		askers->family = FB_NAMECACHE_SELF;
		askers->next = NOBODY;
		return true;
	default:
		return false;
	}
}

/*
 * What its client had been told that the server's address is called when the connection began: the
 * same whenever it is described. Later answers are not for it.
 *
 * Behind masquerade, seen from outside only, the answer came to the outside address; a router that
 * resolves for its clients has asked itself. Such a name is marked: it may be another client's.
 */
static void describe_dns(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			 struct fb_flow_facts *facts)
{
	struct askers askers = {0};
	struct fb_namecache_name name;

	while (!is_asked(flow) && next_asker(pipeline, flow, &askers)) {
		if (!fb_namecache_find(pipeline->names, askers.addr, askers.family, flow->dst,
				       flow->family, flow->first_seen, &name))
			continue;
		facts->dns_name = name.text;
		facts->dns_time = name.time;
		facts->dns_source = name.source;
		facts->dns_flags = askers.shared ? FB_NAME_FLAG_SHARED : 0;
		break;
	}
}

/*
 * The client asks DNS by one of its addresses, and none of them was told the way. Its outside
 * address speaks for it where it is seen from outside only; that a router asks accuses nobody.
 */
static bool is_unexplained(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			   const struct fb_flow_name *name)
{
	struct askers askers = {0};
	bool unexplained = false;

	while (next_asker(pipeline, flow, &askers)) {
		const bool speaks = !askers.shared || (askers.family != FB_NAMECACHE_SELF &&
						       flow->flags & FB_FLOW_OUTSIDE);

		switch (fb_namecache_asked(pipeline->names, askers.addr, askers.family, flow->dst,
					   flow->family, name->text, flow->first_seen)) {
		case FB_NAMECACHE_EXPLAINED:
			return false;
		case FB_NAMECACHE_UNEXPLAINED:
			unexplained |= speaks;
			break;
		case FB_NAMECACHE_SILENT:
			break;
		}
	}
	return unexplained;
}

/* A name that the client claims and no answer it got explains. */
static void describe_doubt(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			   struct fb_flow_facts *facts)
{
	const struct fb_flow_name *name = fb_flow_asked_name(flow);

	if (!name || (name->source != FB_NAME_SNI && name->source != FB_NAME_QUIC &&
		      name->source != FB_NAME_ECH))
		return;
	/* nobody asks for the outer name of an ECH hello: an answer with the address is enough */
	if (name->source == FB_NAME_ECH && facts->dns_name && facts->dns_source == FB_NAME_DNS)
		return;
	if (is_unexplained(pipeline, flow, name))
		facts->name_flags |= FB_NAME_FLAG_UNEXPLAINED;
}

/* --- place ----------------------------------------------------------------------------------- */

static int init_places(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts)
{
	(void)opts;
	return fb_geo_new(&pipeline->geo);
}

static void fini_places(struct fb_pipeline *pipeline)
{
	fb_geo_free(pipeline->geo);
	pipeline->geo = NULL;
}

static void describe_places(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			    struct fb_flow_facts *facts)
{
	facts->src_place = fb_geo_number(pipeline->geo, flow->src, flow->family);
	facts->dst_place = fb_geo_number(pipeline->geo, flow->dst, flow->family);
}

static bool tick_places(struct fb_pipeline *pipeline)
{
	const bool changed = pipeline->geo_changed;

	pipeline->geo_changed = false;
	return changed;
}

static void count_places(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx)
{
	(void)pipeline;
	add(ctx, "places_missed", "places of addresses not kept: more than there is room for",
	    fb_places_missed(), true);
}

/* --- lists ----------------------------------------------------------------------------------- */

static void fini_lists(struct fb_pipeline *pipeline)
{
	fb_lists_drop(&pipeline->lists);
}

static void describe_lists(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			   struct fb_flow_facts *facts)
{
	facts->hits = fb_lists_number(&pipeline->lists, &pipeline->scopes, flow, facts->dns_name);
}

static bool tick_lists(struct fb_pipeline *pipeline)
{
	const bool changed = pipeline->lists_changed;

	pipeline->lists_changed = false;
	return changed;
}

static void count_lists(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx)
{
	(void)pipeline;
	add(ctx, "list_hits_missed", "entries of lists that matched, not kept: no room for more",
	    fb_listhits_missed(), true);
}

/* --- service --------------------------------------------------------------------------------- */

static void describe_service(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			     struct fb_flow_facts *facts)
{
	(void)pipeline;
	facts->service = fb_service_of(flow, fb_place_get(facts->dst_place));
}

/* --- scope ----------------------------------------------------------------------------------- */

static int init_scope(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts)
{
	return fb_scope_init(&pipeline->scopes, opts->internal, opts->n_internal);
}

static void describe_scope(const struct fb_pipeline *pipeline, const struct fb_flow *flow,
			   struct fb_flow_facts *facts)
{
	facts->scope = (uint8_t)fb_scope_of(&pipeline->scopes, flow);
}

static bool tick_scope(struct fb_pipeline *pipeline)
{
	const bool changed = pipeline->scopes_changed;

	pipeline->scopes_changed = false;
	return changed;
}

/* --- all of them ----------------------------------------------------------------------------- */

static const struct fb_enricher enrichers[] = {
	{"hosts", init_hosts, fini_hosts, describe_hosts, tick_hosts, count_hosts},
	{"devices", init_devices, fini_devices, describe_devices, tick_devices, count_devices},
	{"dns", init_names, fini_names, describe_dns, tick_names, count_names},
	{"doubt", .describe = describe_doubt},
	{"places", init_places, fini_places, describe_places, tick_places, count_places},
	{"lists", NULL, fini_lists, describe_lists, tick_lists, count_lists},
	{"service", .describe = describe_service},
	{"scope", init_scope, NULL, describe_scope, tick_scope, NULL},
};

#define N_ENRICHERS (sizeof(enrichers) / sizeof(*enrichers))

int fb_pipeline_init(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts)
{
	int r = 0;

	*pipeline = (struct fb_pipeline){0};
	for (size_t i = 0; i < N_ENRICHERS && r == 0; i++)
		r = enrichers[i].init ? enrichers[i].init(pipeline, opts) : 0;
	if (r < 0)
		fb_pipeline_fini(pipeline);
	return r;
}

void fb_pipeline_fini(struct fb_pipeline *pipeline)
{
	for (size_t i = N_ENRICHERS; i-- > 0;)
		if (enrichers[i].fini)
			enrichers[i].fini(pipeline);
}

void fb_pipeline_learn(struct fb_pipeline *pipeline, const struct fb_addr_fact *fact)
{
	static const uint8_t self[16];
	struct fb_addr_fact shared = *fact;

	if (fact->client_family) {
		(void)fb_namecache_add(pipeline->names, fact);
		shared.client = self;
		shared.client_family = FB_NAMECACHE_SELF;
		if (fact->client_is_own)
			(void)fb_namecache_add(pipeline->names, &shared);
		return;
	}
	/* behind a repeater the MAC of its frames is another one, which then counts */
	if (fact->mac)
		fb_pipeline_tie(pipeline, &(struct fb_devices_fact){.time = fact->time,
								    .mac = fact->mac,
								    .addr = fact->addr,
								    .family = fact->family,
								    .leased = true});
	(void)fb_hostnames_tell(pipeline->hosts, fact);
}

/* It has this address itself, and that is inside; all hosts have one of their link. */
static bool is_inside(const struct fb_pipeline *pipeline, const struct fb_devices_fact *fact)
{
	return (fact->sure || fact->leased) && fb_addr_is_host(fact->addr, fact->family) &&
	       fb_devices_is_device(fact->mac) && !fb_addr_is_scoped(fact->addr, fact->family) &&
	       fb_scope_is_internal(&pipeline->scopes, fact->addr, fact->family);
}

static uint32_t take_up(struct fb_pipeline *pipeline, const uint8_t mac[static 6])
{
	uint8_t dropped[6];
	bool is_dropped;
	const uint32_t number = fb_inventory_add(pipeline->inventory, mac, dropped, &is_dropped);

	if (is_dropped)
		fb_devices_forget(pipeline->devices, dropped);
	pipeline->holders += is_dropped;
	return number;
}

/* Who has it now, of the devices that are taken up; 0: none of them. */
static uint32_t holder_of(const struct fb_pipeline *pipeline, const struct fb_devices_fact *fact)
{
	struct fb_devices_holder holder;

	return fb_devices_holder(pipeline->devices, fact->addr, fact->family, &holder)
		       ? fb_inventory_number(pipeline->inventory, holder.mac)
		       : 0;
}

void fb_pipeline_tie(struct fb_pipeline *pipeline, const struct fb_devices_fact *fact)
{
	const bool inside = is_inside(pipeline, fact);
	uint32_t number = fb_inventory_number(pipeline->inventory, fact->mac), before;

	if (inside && !number) {
		number = take_up(pipeline, fact->mac);
		if (!number)
			return; /* nor do its addresses take the room of others */
	}
	before = holder_of(pipeline, fact);
	if (fb_devices_tie(pipeline->devices, fact))
		fb_hostnames_moved(pipeline->hosts, fact->addr, fact->family, fact->time);
	if (!number || holder_of(pipeline, fact) != number)
		return;
	pipeline->holders += before != number;
	if (before && before != number)
		fb_inventory_left(pipeline->inventory, before, fact->addr, fact->family);
	fb_inventory_see(pipeline->inventory, number, fact);
}

int fb_pipeline_change(struct fb_pipeline *pipeline, const struct fb_pipeline_opts *opts)
{
	struct fb_scope_list scopes;
	int r = fb_scope_init(&scopes, opts->internal, opts->n_internal);

	if (r < 0)
		return r;
	pipeline->scopes = scopes;
	pipeline->scopes_changed = true;
	return 0;
}

void fb_pipeline_use_places(struct fb_pipeline *pipeline, struct fb_geodb *const *dbs,
			    unsigned int n)
{
	fb_geo_use(pipeline->geo, dbs, n);
	pipeline->geo_changed = true;
}

void fb_pipeline_use_lists(struct fb_pipeline *pipeline, const struct fb_list *list, unsigned int n)
{
	fb_lists_use(&pipeline->lists, list, n);
	pipeline->lists_changed = true;
}

unsigned int fb_pipeline_tick(struct fb_pipeline *pipeline, uint64_t now_ns)
{
	unsigned int changed = 0;

	pipeline->now_ns = now_ns;
	for (size_t i = 0; i < N_ENRICHERS; i++)
		if (enrichers[i].tick && enrichers[i].tick(pipeline))
			changed |= 1u << i;
	return changed;
}

void fb_pipeline_describe(void *ctx, const struct fb_flow *flow, unsigned int which,
			  struct fb_flow_facts *facts)
{
	const struct fb_pipeline *pipeline = ctx;

	for (size_t i = 0; i < N_ENRICHERS; i++)
		if (which & 1u << i)
			enrichers[i].describe(pipeline, flow, facts);
}

void fb_pipeline_counters(const struct fb_pipeline *pipeline, fb_counter_fn add, void *ctx)
{
	for (size_t i = 0; i < N_ENRICHERS; i++)
		if (enrichers[i].counters)
			enrichers[i].counters(pipeline, add, ctx);
}
