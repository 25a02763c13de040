/* SPDX-License-Identifier: BSD-2-Clause */
/* Services and applications: three small tables, and the texts of their combinations. */
#include "enrich/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/hash.h"
#include "util/index.h"

#define TCP 6
#define UDP 17

struct service {
	uint8_t proto;
	uint16_t port;
	const char *name;
};

static const struct service services[] = {
#define SERVICE(proto, port, name) {proto, port, name},
#define APP(suffix, app)
#include "enrich/services.def"
#undef SERVICE
#undef APP
};

static const struct app {
	const char *suffix, *name;
	size_t len; /* of the suffix */
} apps[] = {
#define SERVICE(proto, port, name)
#define APP(suffix, app) {suffix, app, sizeof(suffix) - 1},
#include "enrich/services.def"
#undef SERVICE
#undef APP
};

#define N_OF(list) (sizeof(list) / sizeof(*(list)))
#define N_SERVICES N_OF(services)
#define N_APPS	   N_OF(apps)

/* What the payload said beats what the port says. */
static const char *const by_l7[FB_L7_COUNT] = {
	[FB_L7_TLS] = "tls",   [FB_L7_QUIC] = "quic", [FB_L7_HTTP] = "http", [FB_L7_DNS] = "dns",
	[FB_L7_DHCP] = "dhcp", [FB_L7_MDNS] = "mdns", [FB_L7_SSH] = "ssh",
};

const char *fb_service_of_port(uint8_t proto, uint16_t port)
{
	for (size_t i = 0; i < N_SERVICES; i++)
		if (services[i].proto == proto && services[i].port == port)
			return services[i].name;
	return NULL;
}

bool fb_service_has_server(uint8_t proto, uint16_t port)
{
	/* Of the two ports of DHCP one is the client's. */
	return !(proto == UDP && (port == 68 || port == 546)) && fb_service_of_port(proto, port);
}

static bool is_tls_port(const char *service)
{
	static const char *const names[] = {"https", "https-alt", "smtps",	  "imaps",
					    "pop3s", "ldaps",	  "dns-over-tls", "ftps",
					    "sips",  "mqtts",	  "amqps",	  "google-push"};

	for (size_t i = 0; service && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(service, names[i]) == 0)
			return true;
	return false;
}

static bool offers(const struct fb_flow *flow, const char *alpn)
{
	for (const char *one = fb_flow_next_alpn(flow->tls, NULL); one;
	     one = fb_flow_next_alpn(flow->tls, one))
		if (strcmp(one, alpn) == 0)
			return true;
	return false;
}

static const char *base_service(const struct fb_flow *flow)
{
	const char *port = fb_service_of_port(flow->proto, flow->dst_port);
	const char *l7 = flow->l7 < FB_L7_COUNT ? by_l7[flow->l7] : NULL;

	if (flow->l7 == FB_L7_TLS && is_tls_port(port))
		return port;
	if (flow->l7 == FB_L7_TLS && (offers(flow, "h2") || offers(flow, "http/1.1")))
		return "https";
	if (l7)
		return l7;
	return port;
}

/* The longest suffix of whole labels that the table has. */
static const struct app *find_app(const char *name)
{
	const size_t len = strlen(name);
	const struct app *best = NULL;

	for (size_t i = 0; i < N_APPS; i++) {
		const size_t n = apps[i].len;

		/* where the label begins tells most apart without a look at the letters */
		if (n > len || (n < len && name[len - n - 1] != '.'))
			continue;
		if ((!best || n > best->len) && strcasecmp(name + len - n, apps[i].suffix) == 0)
			best = &apps[i];
	}
	return best;
}

/* --- "service (whose)", made once for each pair and kept -------------------------------------- */

/* Of services with networks; the tables of services and applications are smaller. */
#define PAIRS 8192

struct pair {
	const char *service;
	const char *whose; /* as it was given: both live as long as the program */
	size_t len;
	char *text;
};

static struct pair pairs[PAIRS];
static struct fb_index pairs_by;
static uint32_t n_pairs;

static const char *find_pair(uint64_t hash, const char *service, const char *whose, size_t len)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t i;

	while (fb_index_next(&pairs_by, &it, &i))
		if (!strcmp(pairs[i].service, service) && pairs[i].len == len &&
		    !memcmp(pairs[i].whose, whose, len))
			return pairs[i].text;
	return NULL;
}

/* No room or no memory for another text: the service alone. */
static const char *combined(const char *service, const char *whose, size_t len)
{
	const uint64_t hash = fb_hash(whose, len, fb_hash(service, strlen(service), 0));
	struct pair pair = {service, whose, len, NULL};
	const char *text;

	if (!pairs_by.slot && fb_index_init(&pairs_by) < 0)
		return service;
	text = find_pair(hash, service, whose, len);
	if (text)
		return text;
	if (n_pairs == PAIRS || asprintf(&pair.text, "%s (%.*s)", service, (int)len, whose) < 0)
		return service;
	if (fb_index_add(&pairs_by, hash, n_pairs) < 0) {
		free(pair.text);
		return service;
	}
	pairs[n_pairs] = pair;
	return pairs[n_pairs++].text;
}

/* "Google LLC" is Google to people, and "HETZNER-AS - Hetzner Online GmbH" Hetzner Online. */
static const char *short_org(const char *org, size_t *ret_len)
{
	static const char *const forms[] = {
		"LLC",	"L.L.C.", "Inc",    "Inc.", "Ltd",    "Ltd.", "Limited", "GmbH",
		"AG",	"SE",	  "SA",	    "S.A.", "B.V.",   "BV",   "N.V.",	 "Corporation",
		"Corp", "Corp.",  "Co.",    "AB",   "ASA",    "Oy",   "PLC",	 "plc",
		"SAS",	"SARL",	  "S.r.l.", "SpA",  "S.p.A.", "Pty",  "Company",
	};
	const char *dash = strstr(org, " - "), *text = dash ? dash + 3 : org;
	size_t len = strcspn(text, ","), i;

	do {
		const char *space = memrchr(text, ' ', len);
		const char *word = space ? space + 1 : text;
		const size_t n = len - (size_t)(word - text);

		for (i = 0; space && i < N_OF(forms); i++)
			if (n == strlen(forms[i]) && !strncasecmp(word, forms[i], n))
				break;
		if (space && i < N_OF(forms))
			len = (size_t)(space - text);
		else
			break;
	} while (len);
	*ret_len = len;
	return text;
}

static const char *in_network(const char *service, const char *org)
{
	size_t len;
	const char *text = short_org(org, &len);

	return len ? combined(service, text, len) : service;
}

const char *fb_service_of(const struct fb_flow *flow, const struct fb_place *dst)
{
	const char *service = base_service(flow);
	const struct fb_flow_name *name = fb_flow_asked_name(flow);
	const struct app *app;

	if (!service || flow->l7 == FB_L7_DNS || flow->l7 == FB_L7_MDNS)
		return service;
	if (!name)
		return dst && dst->org ? in_network(service, dst->org) : service;
	app = find_app(name->text);
	return app ? combined(service, app->name, strlen(app->name)) : service;
}
