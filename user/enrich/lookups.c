/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS, mDNS, LLMNR, DHCP: what names others have. An answer is believed if it was asked for: DNS of
 * that server, LLMNR on the link. mDNS needs no question where it comes by the link's own group,
 * which no router sends on. On the link a host names itself only: the address that it speaks from.
 */
#include <string.h>

#include "enrich/inspect_priv.h"
#include "proto/dhcp.h"
#include "proto/name.h"
#include "util/addr.h"

#define PORT_DNS   53
#define PORT_DHCP  67
#define PORT_MDNS  5353
#define PORT_LLMNR 5355

/* A message on its way through. */
struct lookup {
	struct fb_inspect *inspect;
	const struct fb_event *event;
	const struct fb_dns *dns;
	const uint8_t *sender, *receiver;
	uint16_t from, to; /* ports */
	bool on_link;	   /* mDNS or LLMNR */
};

static struct lookup lookup_of(struct fb_inspect *inspect, const struct fb_event *event)
{
	const uint8_t dir = event->dir & 1;

	return (struct lookup){
		.inspect = inspect,
		.event = event,
		.sender = event->key.addr[dir],
		.receiver = event->key.addr[!dir],
		.from = event->key.port[dir],
		.to = event->key.port[!dir],
	};
}

bool fb_inspect_has_port(const struct fb_event *event, uint16_t port)
{
	return event->key.port[0] == port || event->key.port[1] == port;
}

bool fb_inspect_is_lookup(const struct fb_event *event)
{
	static const uint16_t ports[] = {PORT_DNS, PORT_DHCP, PORT_MDNS, PORT_LLMNR};

	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (fb_inspect_has_port(event, ports[i]))
			return true;
	return false;
}

/* --- DNS ------------------------------------------------------------------------------------- */

/* The question that the message asks, or that it answers. */
static struct fb_question question_of(const struct lookup *lookup, bool answer,
				      const struct fb_dns_name *name)
{
	struct fb_question question = {
		.time = lookup->event->time,
		.client = answer ? lookup->receiver : lookup->sender,
		.client_port = answer ? lookup->to : lookup->from,
		.server_port = answer ? lookup->from : lookup->to,
		.id = lookup->dns->id,
		.proto = lookup->event->key.proto,
		.family = lookup->event->key.family,
		.name = name,
	};

	if (!lookup->on_link) {
		question.server = answer ? lookup->sender : lookup->receiver;
		question.type = lookup->dns->question_type;
	}
	return question;
}

static void learn(const struct lookup *lookup, const struct fb_dns_addr *addr,
		  const struct fb_dns_name *name)
{
	char text[FB_NAME_MAX + 1];
	int n = fb_name_host((const uint8_t *)name->text, name->len, text, sizeof(text));
	struct fb_addr_fact fact = {
		.time = lookup->event->time,
		.addr = addr->bytes,
		.family = addr->family,
		.source = lookup->on_link ? FB_NAME_MDNS : FB_NAME_DNS,
		.name = text,
		.len = (size_t)n,
		.ttl = addr->ttl,
	};

	lookup->inspect->cost += FB_COST_ADDR;
	if (n <= 0 || fb_name_is_address(text, (size_t)n) ||
	    !fb_addr_is_host(addr->bytes, addr->family))
		return;
	if (!lookup->on_link) {
		fact.client = lookup->receiver;
		fact.client_family = lookup->event->key.family;
	} else if (fact.ttl == 0) {
		fact.len = 0; /* the host takes its leave */
	}
	lookup->inspect->ops->addr(lookup->inspect->ctx, &fact);
}

static void on_dns_addr(void *ctx, const struct fb_dns_addr *addr)
{
	if (addr->name)
		learn(ctx, addr, addr->name);
}

static void tell_message(const struct lookup *lookup, const uint8_t *message, size_t len)
{
	const struct fb_inspect *inspect = lookup->inspect;

	if (inspect->ops->dns)
		inspect->ops->dns(inspect->ctx, lookup->event, lookup->dns->response, message, len);
}

static void read_answer(struct lookup *lookup, const uint8_t *message, size_t len)
{
	struct fb_inspect *inspect = lookup->inspect;
	const struct fb_question question = question_of(lookup, true, &lookup->dns->question);
	struct fb_dns dns;
	uint64_t asked;

	switch (lookup->dns->has_question
			? fb_questions_answer(inspect->questions, &question, &asked)
			: FB_QUESTIONS_NONE) {
	case FB_QUESTIONS_NONE:
		inspect->counters.dns_unasked++;
		return;
	case FB_QUESTIONS_AGAIN:
		return;
	case FB_QUESTIONS_FIRST:
		break;
	}
	inspect->ops->answer(inspect->ctx, lookup->event,
			     fb_inspect_us(asked, lookup->event->time));
	tell_message(lookup, message, len);
	if (lookup->dns->rcode == 0)
		fb_dns_parse(message, len, on_dns_addr, lookup, &dns);
}

static void tell_question(const struct lookup *lookup, uint8_t l7, int8_t client, uint8_t source)
{
	const struct fb_dns_name *name = &lookup->dns->question;

	fb_inspect_tell(lookup->inspect, lookup->event, l7, client, source,
			lookup->dns->has_question ? (const uint8_t *)name->text : NULL, name->len);
}

/* Asked of port 53, answered from there; all else on that port is of no known meaning. */
static void read_dns(struct lookup *lookup, const uint8_t *message, size_t len)
{
	const struct fb_question question = question_of(lookup, false, &lookup->dns->question);

	if (lookup->dns->response && lookup->from == PORT_DNS) {
		read_answer(lookup, message, len);
	} else if (!lookup->dns->response && lookup->to == PORT_DNS && lookup->dns->has_question) {
		lookup->inspect->counters.questions_lost +=
			fb_questions_add(lookup->inspect->questions, &question);
		tell_question(lookup, FB_L7_DNS, (int8_t)lookup->event->dir, FB_NAME_DNS);
		tell_message(lookup, message, len);
	}
}

/* --- mDNS and LLMNR -------------------------------------------------------------------------- */

/* 224.0.0.0/24 and ff02::/16 stay on the link. */
static bool is_link_group(const uint8_t addr[static 16], uint8_t family)
{
	return family == FB_IPV4 ? addr[12] == 224 && addr[13] == 0 && addr[14] == 0
				 : addr[0] == 0xff && (addr[1] & 15) == 2;
}

/* One label, or some that end in "local". */
static bool is_link_name(const struct fb_dns_name *name)
{
	static const char suffix[] = ".local";
	const size_t n = sizeof(suffix) - 1;

	if (!strchr(name->text, '.'))
		return name->len > 0;
	return name->len > n && fb_dns_name_ends(name, suffix);
}

static void on_own_addr(void *ctx, const struct fb_dns_addr *addr)
{
	const struct lookup *lookup = ctx;

	if (addr->family == lookup->event->key.family && is_link_name(addr->owner) &&
	    memcmp(addr->bytes, lookup->sender, 16) == 0)
		learn(lookup, addr, addr->owner);
}

/* By the group (mDNS), or to whom asked the group for it a moment ago. */
static bool is_wanted(struct lookup *lookup)
{
	struct fb_question question = question_of(lookup, true, &lookup->dns->question);
	uint64_t asked;

	if (lookup->from == PORT_MDNS && lookup->to == PORT_MDNS &&
	    is_link_group(lookup->receiver, lookup->event->key.family))
		return true;
	return (lookup->from == PORT_MDNS || lookup->from == PORT_LLMNR) &&
	       lookup->dns->has_question &&
	       fb_questions_answer(lookup->inspect->questions, &question, &asked) ==
		       FB_QUESTIONS_FIRST;
}

static void read_link(struct lookup *lookup, const uint8_t *message, size_t len)
{
	const struct fb_question question = question_of(lookup, false, &lookup->dns->question);
	struct fb_dns dns;

	if (lookup->dns->response && !is_wanted(lookup)) {
		lookup->inspect->counters.dns_unasked++;
		return;
	}
	if (!lookup->dns->response) {
		if (!is_link_group(lookup->receiver, lookup->event->key.family) ||
		    !lookup->dns->has_question)
			return;
		lookup->inspect->counters.questions_lost +=
			fb_questions_add(lookup->inspect->questions, &question);
	}
	/* answers that nobody asked for are sent to all: the group is no client */
	tell_question(lookup, FB_L7_MDNS, -1, FB_NAME_MDNS);
	if (lookup->dns->response)
		fb_dns_parse(message, len, on_own_addr, lookup, &dns);
}

void fb_inspect_dns(struct fb_inspect *inspect, const struct fb_event *event,
		    const uint8_t *message, size_t len)
{
	struct lookup lookup = lookup_of(inspect, event);
	struct fb_dns dns;

	if (fb_dns_parse(message, len, NULL, NULL, &dns) < 0) {
		inspect->counters.dns_malformed++;
		return;
	}
	inspect->counters.dns_messages++;
	lookup.dns = &dns;
	/* a resolver may ask from port 5353 */
	lookup.on_link = !fb_inspect_has_port(event, PORT_DNS);
	(lookup.on_link ? read_link : read_dns)(&lookup, message, len);
}

/* --- DHCP ------------------------------------------------------------------------------------ */

static void on_lease(void *ctx, const struct fb_leases_name *name)
{
	const struct lookup *lookup = ctx;
	char text[FB_NAME_MAX + 1] = "";
	int n = name->host
			? fb_name_host((const uint8_t *)name->host, name->len, text, sizeof(text))
			: 0;

	if (n < 0 || (name->host && (n == 0 || fb_name_is_address(text, (size_t)n))))
		return;
	lookup->inspect->ops->addr(lookup->inspect->ctx, &(struct fb_addr_fact){
								 .time = lookup->event->time,
								 .addr = name->addr,
								 .family = FB_IPV4,
								 .source = FB_NAME_DHCP,
								 .mac = name->mac,
								 .name = text,
								 .len = (size_t)n,
								 .ttl = name->seconds,
							 });
}

void fb_inspect_dhcp(struct fb_inspect *inspect, const struct fb_event *event,
		     const uint8_t *message, size_t len)
{
	struct lookup lookup = lookup_of(inspect, event);
	struct fb_dhcp dhcp;

	if (event->key.family != FB_IPV4 || fb_dhcp_parse(message, len, &dhcp) < 0 ||
	    (dhcp.reply ? lookup.from : lookup.to) != PORT_DHCP)
		return;
	fb_inspect_tell(inspect, event, FB_L7_DHCP, -1, FB_NAME_NONE, NULL, 0);
	if (!fb_leases_read(
		    inspect->leases,
		    &(struct fb_leases_message){event->time, lookup.sender, lookup.receiver, &dhcp},
		    on_lease, &lookup))
		inspect->counters.dhcp_unasked++;
}
