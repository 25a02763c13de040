/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf hub: the page and the API over what all sensors of a fleet wrote to ClickHouse. It needs
 * no root, and gives it up where it is started as root.
 */
#include <errno.h>
#include <stdio.h>

#include "cli/clickhouseopts.h"
#include "cli/opts.h"
#include "cli/pagedoor.h"
#include "cli/sensorfile.h"
#include "cli/undertaker.h"
#include "cli/verb.h"
#include "fleet/fleetpast.h"
#include "fleet/fleetwatch.h"
#include "kernel/privs.h"
#include "live/relay.h"
#include "live/web.h"
#include "util/log.h"

#define READ_ONLY                                                                                   \
	"this is a hub, which shows what sensors wrote: acts, rules and settings are asked of the " \
	"sensor itself"

struct hub_opts {
	const char *clickhouse, *login, *ca;
	struct fb_pagedoor_opts page;
	const char *socket, *sensors;
};

static const struct hub_opts defaults = {.page = FB_PAGEDOOR_DEFAULTS};

#define AT(member) offsetof(struct hub_opts, member)

static const struct fb_opt options[] = {
	FB_CLICKHOUSE_OPTIONS(struct hub_opts),
	FB_PAGEDOOR_OPTIONS(struct hub_opts),
	{.name = "socket",
	 .arg = "PATH",
	 .type = FB_OPT_FILE,
	 .offset = AT(socket),
	 .help = "a unix socket as well, for \"flowbpf login\" and other verbs (none)"},
	{.name = "sensors",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(sensors),
	 .help = "whose live views are served: \"NAME URL TOKEN-FILE [CA-FILE]\" a line (none)"},
	{0},
};

struct hub {
	const struct hub_opts *opts;
	struct fb_listeners_open listeners;
	int undertaker;
	struct fb_fleetpast *past;
	struct fb_fleetwatch *watch;
	struct fb_relay *sensors; /* NULL: no live views */
	struct fb_web *web;
};

static int check(const struct hub_opts *opts)
{
	if (!opts->clickhouse)
		return fb_fail(FB_EXIT_USAGE, "hub needs a server, as in: flowbpf hub --clickhouse "
					      "http://192.0.2.1:8123");
	if (opts->socket && *opts->socket != '/')
		return fb_fail(
			FB_EXIT_USAGE,
			"--socket takes an absolute path, such as /run/flowbpf/hub.sock, not "
			"\"%.60s\"",
			opts->socket);
	return fb_pagedoor_check(&opts->page);
}

static int listen_all(struct hub *hub)
{
	const char *socket = hub->opts->socket;
	char address[160];
	int r = FB_EXIT_DONE;

	if (socket) {
		hub->undertaker = fb_undertaker_start(socket);
		snprintf(address, sizeof(address), "unix:%s", socket);
		r = fb_pagedoor_listen_at(&hub->listeners, address, "--socket");
	}
	if (socket && !r)
		fb_undertaker_tell(hub->undertaker, socket);
	return r ? r : fb_pagedoor_listen(&hub->listeners, &hub->opts->page);
}

/* Behind this the listeners are the server's, and nothing is left of root. */
static int start(struct hub *hub)
{
	struct fb_http_opts http = fb_pagedoor_http(&hub->opts->page, &hub->listeners);
	const struct fb_privs_opts nothing = {.folder = -1, .nothing = true};
	const struct fb_pastpool_source source = fb_fleetpast_source(hub->past);
	const struct fb_web_fleet fleet = {&source, hub->watch, hub->sensors};
	struct fb_privs privs;
	struct fb_why why = {""};
	int r;

	/* of its own there is nothing to act on; sensors take acts of who may */
	http.read_only = hub->sensors ? NULL : READ_ONLY;
	http.is_hub = true;
	r = fb_web_new_fleet(&http, &fleet, &hub->web, &why);
	hub->listeners.n = 0;
	if (r)
		return fb_fail(r == -EPERM ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s", why.text);
	r = fb_privs_drop(&nothing, &privs, &why);
	if (r == 0 && fb_fleetwatch_start(hub->watch))
		r = fb_why_set(&why, -EAGAIN, "cannot start a thread");
	if (r == 0)
		r = fb_web_start(hub->web, &why);
	return r ? fb_fail(FB_EXIT_FAILED, "%s", why.text) : FB_EXIT_DONE;
}

static void greet(const struct hub *hub)
{
	char url[256];

	if (fb_pagedoor_listens(&hub->opts->page))
		printf("the page: %s\n"
		       "(good once, for %d minutes)\n",
		       fb_web_url(hub->web, url, sizeof(url)), FB_HTTP_LINK_MINUTES);
	printf("Ctrl-C ends it.\n");
	fflush(stdout);
}

static void tick(void *ctx)
{
	const struct hub *hub = ctx;

	fb_web_tick(hub->web);
}

static int retoken(void *ctx, struct fb_why *why)
{
	const struct hub *hub = ctx;

	return fb_web_reread_tokens(hub->web, why);
}

static int reread(void *ctx, struct fb_why *why)
{
	const struct hub *hub = ctx;

	return fb_web_reread_tls(hub->web, why);
}

static void hup(void *ctx)
{
	const struct hub *hub = ctx;
	struct fb_why why = {""};

	if (!hub->sensors)
		return;
	if (fb_sensorfile_use(hub->opts->sensors, hub->sensors, &why) < 0)
		fprintf(stderr, "flowbpf: %s: sensors stay as they are\n", why.text);
	else
		printf("%s was read again\n", hub->opts->sensors);
	fflush(stdout);
}

static int serve(struct hub *hub)
{
	sigset_t signals;
	int r = listen_all(hub);

	fb_pagedoor_block(&signals);
	if (!r)
		r = start(hub);
	if (r)
		return r;
	greet(hub);
	fb_pagedoor_wait(&hub->opts->page, &signals,
			 &(struct fb_pagedoor_server){tick, reread, retoken, hup, hub});
	return FB_EXIT_DONE;
}

static int open_all(struct hub *hub, const struct fb_clickhouse_opts *clickhouse,
		    struct fb_why *why)
{
	int r = fb_fleetpast_new(clickhouse, &hub->past, why);

	r = r < 0 ? r : fb_fleetwatch_new(clickhouse, &hub->watch, why);
	if (r < 0 || !hub->opts->sensors)
		return r;
	r = fb_relay_new_of_sensors(&hub->sensors);
	if (r < 0)
		return fb_why_set(why, r, "not enough memory");
	return fb_sensorfile_use(hub->opts->sensors, hub->sensors, why);
}

static int run(void *opts, char *const *args, unsigned int n)
{
	struct hub hub = {.opts = opts, .undertaker = -1};
	const struct fb_clickhouse_opts clickhouse = {hub.opts->clickhouse, hub.opts->login,
						      hub.opts->ca, NULL};
	struct fb_why why = {""};
	int r = check(hub.opts);

	(void)args;
	(void)n;
	fb_log_set_level(FB_LOG_WARN);
	if (!r && open_all(&hub, &clickhouse, &why) < 0)
		r = fb_fail(FB_EXIT_USAGE, "%s", why.text);
	if (!r)
		r = serve(&hub);
	fb_web_free(hub.web);
	fb_relay_free(hub.sensors);
	fb_fleetwatch_free(hub.watch);
	fb_fleetpast_free(hub.past);
	fb_pagedoor_close(&hub.listeners);
	fb_undertaker_end(hub.undertaker);
	return r;
}

const struct fb_verb fb_cmd_hub = {
	.name = "hub",
	.args = "",
	.summary = "Serve the page over all sensors of a fleet",
	.about =
		"How sensors fare; flows, groups, hosts, sums over time and exports of what they (attach\n"
		"--clickhouse) wrote to ClickHouse, with their filter language; sensor, site and tags are\n"
		"fields. Of the last 24 hours, as nobody says since when. No root, no kernel half: acts and\n"
		"live flows are each sensor's own, and had of those in --sensors. A user of ClickHouse that may only read is enough (readonly = 2).\n\n"
		"  flowbpf hub --clickhouse http://192.0.2.1:8123 --clickhouse-login login\n"
		"  flowbpf hub --clickhouse https://ch.example:8443 --listen 192.0.2.9:8080 --token-file tokens\n",
	.opts = options,
	.opts_size = sizeof(struct hub_opts),
	.defaults = &defaults,
	.run = run,
};
