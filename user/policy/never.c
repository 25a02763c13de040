/* SPDX-License-Identifier: BSD-2-Clause */
/* The list, and the files that name resolvers. */
#include "policy/never.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "flow/owner.h"
#include "util/addr.h"
#include "util/cleanup.h"

#define PORT_SSH 22
#define LOGIN_NS                                                                                   \
	180000000000ull	    /* by then one is in, or out: LoginGraceTime of sshd(8) and more       \
			     */
#define TICK_NS 10000000ull /* to which it is known when a process began */

/* What their tasks call themselves; "sshd-session" is of the first, too. */
static const char *const ssh_servers[] = {"sshd", "dropbear"};

const char *fb_never_text(unsigned int never)
{
	static const char *const texts[FB_NEVER_COUNT] = {
#define X(name, text) [FB_NEVER_##name] = text,
		FB_NEVERS(X)
#undef X
	};

	return never < FB_NEVER_COUNT ? texts[never] : NULL;
}

const char *fb_never_name(unsigned int never)
{
	static const char *const names[] = {
#define X(name, text) [FB_NEVER_##name] = #name,
		FB_NEVERS(X)
#undef X
	};

	return never < FB_NEVER_COUNT ? names[never] : NULL;
}

static void add(struct fb_never_addr *list, unsigned int *n, unsigned int max,
		const uint8_t addr[static 16], uint8_t family)
{
	for (unsigned int i = 0; i < *n; i++)
		if (list[i].family == family && !memcmp(list[i].addr, addr, 16))
			return;
	if (*n == max)
		return;
	memcpy(list[*n].addr, addr, 16);
	list[(*n)++].family = family;
}

void fb_never_gateway(struct fb_never_facts *facts, const uint8_t addr[static 16], uint8_t family)
{
	add(facts->gateway, &facts->n_gateways, FB_NEVER_GATEWAYS, addr, family);
}

void fb_never_read_resolvers(struct fb_never_facts *facts, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[512], text[FB_ADDR_STRLEN + 1];
	uint8_t addr[16], family;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " nameserver %46[0-9a-fA-F.:]", text) == 1 &&
		    !fb_addr_parse(text, addr, &family))
			add(facts->resolver, &facts->n_resolvers, FB_NEVER_RESOLVERS, addr, family);
	}
}

void fb_never_forget(struct fb_never_facts *facts)
{
	*facts = (struct fb_never_facts){
		.asker = facts->asker, .own = facts->own, .n_own = facts->n_own};
}

/* --- one flow --------------------------------------------------------------------------------- */

static bool is_in(const struct fb_never_addr *list, unsigned int n, const struct fb_flow *flow)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i].family == flow->family &&
		    (!memcmp(list[i].addr, flow->src, 16) || !memcmp(list[i].addr, flow->dst, 16)))
			return true;
	return false;
}

static bool is_loopback(const uint8_t addr[static 16], uint8_t family)
{
	static const uint8_t one[16] = {[15] = 1};

	return family == FB_IPV4 ? addr[12] == 127 : !memcmp(addr, one, sizeof(one));
}

/* 224.0.0.0/4, 255.255.255.255, ff00::/8 */
static bool is_for_many(const uint8_t addr[static 16], uint8_t family)
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	if (family == FB_IPV6)
		return addr[0] == 0xff;
	return (addr[12] & 0xf0) == 0xe0 || !memcmp(addr + 12, all, sizeof(all));
}

static bool is_his(const struct fb_never_asker *asker, const uint8_t addr[static 16],
		   uint8_t family)
{
	return asker->family == family && !memcmp(asker->addr, addr, 16);
}

/* Translated or not: at our end his port is what came out of it. */
static bool is_asker(const struct fb_never_asker *asker, const struct fb_flow *flow)
{
	const struct fb_flow_nat *nat = flow->nat;

	if (!asker->family || flow->proto != IPPROTO_TCP)
		return false;
	return (is_his(asker, flow->src, flow->family) && asker->port == flow->src_port) ||
	       (nat && is_his(asker, nat->src, nat->src_family) && asker->port == nat->src_port);
}

static bool has_port(const struct fb_flow *flow, uint16_t port)
{
	return flow->src_port == port || flow->dst_port == port;
}

static bool has_port_of(const struct fb_flow *flow, const uint16_t *ports)
{
	for (; *ports; ports++)
		if (has_port(flow, *ports))
			return true;
	return false;
}

static enum fb_never never_udp(const struct fb_flow *flow)
{
	static const uint16_t dhcp[] = {67, 68, 546, 547, 0};
	static const uint16_t routing[] = {520, 521, 646, 3784, 3785, 4784, 0}; /* RIP, LDP, BFD */

	return has_port_of(flow, dhcp)	    ? FB_NEVER_DHCP
	       : flow->dst_port == 123	    ? FB_NEVER_NTP
	       : has_port_of(flow, routing) ? FB_NEVER_ROUTING
					    : FB_NEVER_NOT;
}

static bool is_here(const struct fb_flow *flow)
{
	return flow->direction == FB_DIRECTION_IN || flow->direction == FB_DIRECTION_LOCAL;
}

/* The port where he is answered, also behind a redirection. */
static bool goes_to(const struct fb_flow *flow, uint16_t port)
{
	return flow->dst_port == port || (flow->nat && flow->nat->dst_port == port);
}

static bool asks_us(const struct fb_never_asker *asker, const struct fb_flow *flow)
{
	return asker->family && goes_to(flow, asker->own_port) &&
	       is_his(asker, flow->src, flow->family);
}

static bool is_with_page(const struct fb_never_facts *facts, const struct fb_flow *flow)
{
	if (asks_us(&facts->asker, flow))
		return true;
	for (unsigned int i = 0; i < facts->n_before; i++)
		if (asks_us(&facts->before[i], flow))
			return true;
	return false;
}

/* Of a session that was there before us no banner was seen, and its port may be any. */
static bool is_with_sshd(const struct fb_flow *flow)
{
	const struct fb_owner_key *key = flow->owner ? &flow->owner->key : NULL;

	for (size_t i = 0; key && !key->uid && i < sizeof(ssh_servers) / sizeof(*ssh_servers); i++)
		if (!strncmp(key->comm, ssh_servers[i], strlen(ssh_servers[i])))
			return true;
	return false;
}

static bool is_ssh(const struct fb_flow *flow)
{
	return flow->proto == IPPROTO_TCP && is_here(flow) &&
	       (flow->l7 == FB_L7_SSH || goes_to(flow, PORT_SSH) || is_with_sshd(flow));
}

/* His further connections, too. */
static bool is_guest(const struct fb_never_facts *facts, const struct fb_flow *flow)
{
	for (unsigned int i = 0; i < facts->n_guests; i++)
		if (facts->guest[i].family == flow->family &&
		    !memcmp(facts->guest[i].addr, flow->src, 16))
			return true;
	return false;
}

static enum fb_never never_tcp(const struct fb_never_facts *facts, const struct fb_flow *flow)
{
	static const uint16_t routing[] = {179, 646, 0}; /* BGP, LDP */

	if (is_ssh(flow) && is_guest(facts, flow))
		return FB_NEVER_SSH;
	if (is_here(flow) && is_with_page(facts, flow))
		return FB_NEVER_API;
	return has_port_of(flow, routing) ? FB_NEVER_ROUTING : FB_NEVER_NOT;
}

static enum fb_never never_other(const struct fb_flow *flow)
{
	switch (flow->proto) {
	case 2:	  /* IGMP */
	case 88:  /* EIGRP */
	case 89:  /* OSPF */
	case 103: /* PIM */
	case 112: /* VRRP */
		return FB_NEVER_ROUTING;
	case IPPROTO_ICMPV6:
		return flow->icmp_type >= 133 && flow->icmp_type <= 137 ? FB_NEVER_NEIGHBOURS
									: FB_NEVER_NOT;
	default:
		return FB_NEVER_NOT;
	}
}

static bool is_trusted(const struct fb_never_facts *facts, const uint8_t addr[static 16],
		       uint8_t family)
{
	for (unsigned int i = 0; i < facts->n_trusted; i++)
		if (fb_cidr_contains(&facts->trusted[i], addr, family))
			return true;
	return false;
}

/*
 * What keeps this machine going in its network. Of others it is not: who is blocked would go on by
 * such a port.
 */
static enum fb_never never_service(const struct fb_never_facts *facts, const struct fb_flow *flow)
{
	const enum fb_never never = flow->proto == IPPROTO_TCP	 ? never_tcp(facts, flow)
				    : flow->proto == IPPROTO_UDP ? never_udp(flow)
								 : never_other(flow);

	return never == FB_NEVER_NEIGHBOURS || flow->direction != FB_DIRECTION_FORWARD
		       ? never
		       : FB_NEVER_NOT;
}

enum fb_never fb_never_flow(const struct fb_never_facts *facts, const struct fb_flow *flow)
{
	enum fb_never never;

	if (is_asker(&facts->asker, flow))
		return FB_NEVER_ASKER;
	if (is_loopback(flow->src, flow->family) || is_loopback(flow->dst, flow->family))
		return FB_NEVER_LOOPBACK;
	if (is_trusted(facts, flow->src, flow->family) ||
	    is_trusted(facts, flow->dst, flow->family))
		return FB_NEVER_TRUSTED;
	if (is_for_many(flow->src, flow->family) || is_for_many(flow->dst, flow->family))
		return FB_NEVER_MULTICAST;
	never = never_service(facts, flow);
	if (never)
		return never;
	if (is_in(facts->gateway, facts->n_gateways, flow))
		return FB_NEVER_GATEWAY;
	return is_in(facts->resolver, facts->n_resolvers, flow) ? FB_NEVER_RESOLVER : FB_NEVER_NOT;
}

/* --- what flows show -------------------------------------------------------------------------- */

static bool answers_dns(const struct fb_snapshot *snapshot, uint32_t record, struct fb_flow_at *at)
{
	return fb_snapshot_at(snapshot, record, at) && at->flow->l7 == FB_L7_DNS &&
	       at->traffic->packets[FB_DOWN];
}

static bool is_server(const struct fb_flow *flow, const struct fb_never_addr *server)
{
	return server->family == flow->family && !memcmp(server->addr, flow->dst, 16);
}

/*
 * Whom more than half of those that are answered ask, if there is one: what is left when each that
 * asks another is weighed against one that does not, is looked at once more.
 */
static void find_main_resolver(struct fb_never_facts *facts, const struct fb_snapshot *snapshot)
{
	struct fb_never_addr found = {.family = 0};
	uint32_t weight = 0, all = 0, his = 0;
	struct fb_flow_at at;

	for (uint32_t i = 0; i < snapshot->n; i++) {
		if (!answers_dns(snapshot, i, &at))
			continue;
		all++;
		if (!weight) {
			memcpy(found.addr, at.flow->dst, 16);
			found.family = at.flow->family;
		}
		weight += !weight || is_server(at.flow, &found) ? 1 : -1u;
	}
	for (uint32_t i = 0; weight && i < snapshot->n; i++)
		his += answers_dns(snapshot, i, &at) && is_server(at.flow, &found);
	if (his * 2 > all)
		add(facts->resolver, &facts->n_resolvers, FB_NEVER_RESOLVERS, found.addr,
		    found.family);
}

/* Made for this connection: who listens began before it, and may serve others. */
static bool is_of_it(const struct fb_owner *owner, const struct fb_flow *flow)
{
	return owner && owner->key.pid && owner->key.began &&
	       owner->key.began + TICK_NS >= flow->first_seen;
}

/*
 * Both have finished the handshake, and somebody is in: it was there before us, or data goes on
 * when who does not log in has been put out, or its process runs a command of his.
 */
static bool is_session(const struct fb_flow_at *at, fb_never_serves_fn serves)
{
	const struct fb_flow *flow = at->flow;

	if (flow->state != FB_STATE_ESTABLISHED)
		return false;
	if (flow->flags & (FB_FLOW_PARTIAL | FB_FLOW_UNSEEN) ||
	    at->traffic->last_seen > flow->first_seen + LOGIN_NS)
		return true;
	return is_of_it(flow->owner, flow) && serves(flow->owner->key.pid);
}

static void add_guest(struct fb_never_facts *facts, const struct fb_flow *flow)
{
	add(facts->guest, &facts->n_guests, FB_NEVER_GUESTS, flow->src, flow->family);
	for (unsigned int i = 0; i < facts->n_doors; i++)
		if (facts->door[i] == flow->dst_port)
			return;
	if (facts->n_doors < FB_NEVER_DOORS)
		facts->door[facts->n_doors++] = flow->dst_port;
}

static void read_flow(struct fb_never_facts *facts, const struct fb_flow *flow)
{
	static const struct fb_never_facts nothing;
	const bool out = flow->direction == FB_DIRECTION_OUT;
	const uint8_t *other = out ? flow->dst : flow->src;

	if (!out && flow->direction != FB_DIRECTION_IN)
		return;
	switch (fb_never_flow(&nothing, flow)) {
	case FB_NEVER_NTP:
		if (out)
			add(facts->clock, &facts->n_clocks, FB_NEVER_CLOCKS, other, flow->family);
		break;
	case FB_NEVER_ROUTING:
		add(facts->peer, &facts->n_peers, FB_NEVER_PEERS, other, flow->family);
		break;
	default:
		break;
	}
}

void fb_never_read_flows(struct fb_never_facts *facts, const struct fb_snapshot *snapshot,
			 fb_never_serves_fn serves)
{
	struct fb_flow_at at;

	for (uint32_t i = 0; i < snapshot->n; i++) {
		if (!fb_snapshot_at(snapshot, i, &at) || !fb_flow_is_live(at.flow))
			continue;
		if (is_ssh(at.flow)) {
			if (at.flow->direction == FB_DIRECTION_IN && is_session(&at, serves))
				add_guest(facts, at.flow);
		} else {
			read_flow(facts, at.flow);
		}
	}
	find_main_resolver(facts, snapshot);
}

/* --- two of them ------------------------------------------------------------------------------ */

static bool same_addrs(const struct fb_never_addr *a, unsigned int n, const struct fb_never_addr *b,
		       unsigned int n_b)
{
	return n == n_b && !memcmp(a, b, n * sizeof(*a));
}

static bool same_askers(const struct fb_never_facts *a, const struct fb_never_facts *b)
{
	for (unsigned int i = 0; i < a->n_before && a->n_before == b->n_before; i++)
		if (a->before[i].family != b->before[i].family ||
		    a->before[i].own_port != b->before[i].own_port ||
		    memcmp(a->before[i].addr, b->before[i].addr, 16) != 0)
			return false;
	return a->n_before == b->n_before;
}

bool fb_never_same(const struct fb_never_facts *a, const struct fb_never_facts *b)
{
	return same_addrs(a->gateway, a->n_gateways, b->gateway, b->n_gateways) &&
	       same_addrs(a->resolver, a->n_resolvers, b->resolver, b->n_resolvers) &&
	       same_addrs(a->clock, a->n_clocks, b->clock, b->n_clocks) &&
	       same_addrs(a->peer, a->n_peers, b->peer, b->n_peers) &&
	       same_addrs(a->guest, a->n_guests, b->guest, b->n_guests) &&
	       a->n_doors == b->n_doors &&
	       !memcmp(a->door, b->door, a->n_doors * sizeof(*a->door)) &&
	       a->n_trusted == b->n_trusted &&
	       !memcmp(a->trusted, b->trusted, a->n_trusted * sizeof(*a->trusted)) &&
	       same_askers(a, b);
}

/* --- a prefix --------------------------------------------------------------------------------- */

static bool holds(const struct fb_cidr *net, const struct fb_never_addr *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (fb_cidr_contains(net, list[i].addr, list[i].family))
			return true;
	return false;
}

static bool meets_trusted(const struct fb_never_facts *facts, const struct fb_cidr *net)
{
	for (unsigned int i = 0; i < facts->n_trusted; i++)
		if (fb_cidr_contains(net, facts->trusted[i].addr, facts->trusted[i].family) ||
		    fb_cidr_contains(&facts->trusted[i], net->addr, net->family))
			return true;
	return false;
}

static enum fb_never never_held(const struct fb_never_facts *facts, const struct fb_cidr *net)
{
	const struct {
		const struct fb_never_addr *list;
		unsigned int n;
		enum fb_never never;
	} lists[] = {
		{facts->own, facts->n_own, FB_NEVER_OWN},
		{facts->guest, facts->n_guests, FB_NEVER_SSH},
		{facts->gateway, facts->n_gateways, FB_NEVER_GATEWAY},
		{facts->resolver, facts->n_resolvers, FB_NEVER_RESOLVER},
		{facts->clock, facts->n_clocks, FB_NEVER_NTP},
		{facts->peer, facts->n_peers, FB_NEVER_ROUTING},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (holds(net, lists[i].list, lists[i].n))
			return lists[i].never;
	return FB_NEVER_NOT;
}

enum fb_never fb_never_net(const struct fb_never_facts *facts, const struct fb_cidr *net)
{
	const struct fb_never_asker *asker = &facts->asker;

	if (net->bits < (net->family == FB_IPV4 ? 96 + 8 : 16))
		return FB_NEVER_WIDE;
	if (asker->family && fb_cidr_contains(net, asker->addr, asker->family))
		return FB_NEVER_ASKER;
	if (is_loopback(net->addr, net->family))
		return FB_NEVER_LOOPBACK;
	if (is_for_many(net->addr, net->family))
		return FB_NEVER_MULTICAST;
	for (unsigned int i = 0; i < facts->n_before; i++)
		if (fb_cidr_contains(net, facts->before[i].addr, facts->before[i].family))
			return FB_NEVER_API;
	return meets_trusted(facts, net) ? FB_NEVER_TRUSTED : never_held(facts, net);
}

static bool is_own(const struct fb_never_facts *facts, const uint8_t addr[static 16],
		   uint8_t family)
{
	for (unsigned int i = 0; i < facts->n_own; i++)
		if (facts->own[i].family == family && !memcmp(facts->own[i].addr, addr, 16))
			return true;
	return false;
}

bool fb_never_by_own(const struct fb_never_facts *facts, const struct fb_cidr *net,
		     const struct fb_flow *flow)
{
	static const struct fb_flow_nat none;
	const struct fb_flow_nat *nat = flow->nat ? flow->nat : &none;
	const struct {
		const uint8_t *addr;
		uint8_t family;
	} ends[] = {
		{flow->src, flow->family},
		{flow->dst, flow->family},
		{nat->src, nat->src_family},
		{nat->dst, nat->dst_family},
	};

	if (!holds(net, facts->own, facts->n_own))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends[i].family && fb_cidr_contains(net, ends[i].addr, ends[i].family) &&
		    !is_own(facts, ends[i].addr, ends[i].family))
			return false;
	return true;
}
