/* SPDX-License-Identifier: BSD-2-Clause */
/* Services and applications: three small tables, and the texts of their combinations. */
#include "enrich/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

#define N_SERVICES (sizeof(services) / sizeof(*services))
#define N_APPS	   (sizeof(apps) / sizeof(*apps))

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

/* "service (app)", made once for each pair and kept: the tables bound them. */
static const char *combined(const char *service, const struct app *app)
{
	static struct pair {
		const char *service;
		char *text;
		struct pair *next;
	} *pairs[N_APPS];
	struct pair **of_app = &pairs[app - apps], *pair;

	for (pair = *of_app; pair; pair = pair->next)
		if (strcmp(pair->service, service) == 0)
			return pair->text;
	pair = calloc(1, sizeof(*pair));
	if (!pair || asprintf(&pair->text, "%s (%s)", service, app->name) < 0) {
		free(pair);
		return service;
	}
	pair->service = service;
	pair->next = *of_app;
	*of_app = pair;
	return pair->text;
}

const char *fb_service_of(const struct fb_flow *flow)
{
	const char *service = base_service(flow);
	const struct fb_flow_name *name = fb_flow_asked_name(flow);
	const struct app *app;

	if (!service || !name || flow->l7 == FB_L7_DNS || flow->l7 == FB_L7_MDNS)
		return service;
	app = find_app(name->text);
	return app ? combined(service, app) : service;
}
