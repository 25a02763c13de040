/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf attach IFACE...: the daemon, in the foreground. What can be refused is refused before
 * anything is attached; whatever fails later takes back what came before it.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/attach_opts.h"
#include "cli/config.h"
#include "cli/history_opt.h"
#include "cli/interfaces.h"
#include "cli/reload.h"
#include "cli/undertaker.h"
#include "cli/verb.h"
#include "engine/engine.h"
#include "engine/exporters.h"
#include "engine/status.h"
#include "flow/fields.h"
#include "kernel/attach.h"
#include "kernel/privs.h"
#include "kernel/probe.h"
#include "live/web.h"
#include "past/tally.h"
#include "policy/anonymise.h"
#include "util/log.h"
#include "util/cleanup.h"
#include "util/fmt.h"
#include "util/users.h"

#define HINTS_MAX   6
#define KEPT	    (1 << 20) /* bytes */
#define SPOOL_LEAST 8000
#define SPOOL_MOST  1000000000000ull

struct daemon {
	struct fb_attach_opts *opts;
	const char *names[FB_STATUS_LINKS];
	unsigned int n_names;
	const struct fb_field *tops[FB_TALLY_TOPS];
	struct fb_listeners_open listeners;
	int undertaker; /* of the socket's file, -1 without one */
	struct fb_engine *engine;
	struct fb_web *web;
	struct fb_history_limits history;
	struct fb_anonymise anonymise[FB_ANONYMISE_COUNT];
	uint64_t spool_bytes;
	struct fb_config reread; /* by the last SIGHUP */
	char hints[HINTS_MAX][400];
	unsigned int n_hints;
};

static int collect_names(struct daemon *d, char *const *args, unsigned int n)
{
	const struct fb_opt_list *more = &d->opts->interfaces;

	for (unsigned int i = 0; i < n; i++)
		d->names[d->n_names++] = args[i];
	/* Interfaces of the command line replace those of the config file, like every list. */
	for (unsigned int i = 0; !n && i < more->n; i++)
		d->names[d->n_names++] = more->items[i];
	if (!d->n_names)
		return fb_fail(FB_EXIT_USAGE,
			       "attach needs an interface, as in: flowbpf attach eth0");
	for (unsigned int i = 0; i < d->n_names; i++)
		for (unsigned int j = 0; j < i; j++)
			if (!strcmp(d->names[i], d->names[j]))
				return fb_fail(FB_EXIT_USAGE, "interface %s is named twice",
					       d->names[i]);
	return FB_EXIT_DONE;
}

static int check_paths(const struct fb_attach_opts *opts)
{
	if (opts->state[0] != '/' && strcmp(opts->state, "none") != 0)
		return fb_fail(FB_EXIT_USAGE, "--state takes an absolute path or none, not \"%s\"",
			       opts->state);
	if (opts->socket[0] != '/')
		return fb_fail(FB_EXIT_USAGE, "--socket takes an absolute path, not \"%s\"",
			       opts->socket);
	return FB_EXIT_DONE;
}

/* Whose values are few, or few enough to be worth a series each: that is the operator's to say. */
static int find_tops(struct daemon *d)
{
	const struct fb_opt_list *names = &d->opts->metrics_top;

	if (names->n > FB_TALLY_TOPS)
		return fb_fail(FB_EXIT_USAGE, "--metrics-top can be given %d times at most",
			       FB_TALLY_TOPS);
	for (unsigned int i = 0; i < names->n; i++) {
		const char *name = names->items[i];
		const struct fb_field *field = fb_field_find(name, strlen(name));

		if (!field || !field->groupable)
			return fb_fail(FB_EXIT_USAGE,
				       "--metrics-top takes a field that groups go by, as "
				       "\"flowbpf fields\" lists them, not \"%s\"",
				       name);
		d->tops[i] = field;
	}
	return FB_EXIT_DONE;
}

static int read_anonymise(struct daemon *d)
{
	const struct fb_opt_list *list = &d->opts->anonymise;
	struct fb_why why;

	for (unsigned int i = 0; i < list->n; i++)
		if (fb_anonymise_parse_for(list->items[i], d->anonymise, &why) < 0)
			return fb_fail(FB_EXIT_USAGE, "--anonymise: %s", why.text);
	return FB_EXIT_DONE;
}

/* What only the options tell. */
static int check_opts(const struct fb_attach_opts *opts)
{
	if (opts->forget_on_loss && opts->no_conntrack)
		return fb_fail(FB_EXIT_USAGE,
			       "--forget-on-loss deletes conntrack entries, which "
			       "--no-conntrack does not read: leave one of them out");
	if (fb_pagedoor_check(&opts->page))
		return FB_EXIT_USAGE;
	return check_paths(opts);
}

/* The folder of the socket, if only its last part is missing: /run is emptied at boot. */
static void make_socket_folder(const char *path)
{
	char folder[108];
	const char *end = strrchr(path, '/');

	if (end <= path || (size_t)(end - path) >= sizeof(folder))
		return;
	memcpy(folder, path, (size_t)(end - path));
	folder[end - path] = '\0';
	/* If this fails, binding the socket tells why. */
	(void)!mkdir(folder, 0755);
}

static int open_listeners(struct daemon *d)
{
	char address[160];
	uid_t uid;
	gid_t gid;
	int r;

	make_socket_folder(d->opts->socket);
	snprintf(address, sizeof(address), "unix:%s", d->opts->socket);
	d->undertaker = fb_undertaker_start(d->opts->socket);
	r = fb_pagedoor_listen_at(&d->listeners, address, "--socket");
	/* to the operators, if there are any; else root keeps it */
	if (!r && fb_users_own(&uid, &gid))
		(void)!chown(d->opts->socket, (uid_t)-1, gid);
	if (!r)
		fb_undertaker_tell(d->undertaker, d->opts->socket);
	r = r ? r : fb_pagedoor_listen(&d->listeners, &d->opts->page);
	return r;
}

/*
 * By default only where pid 1 is: the hosts of another network namespace are those of another
 * network, and their addresses may be the same.
 */
static const char *state_of(const struct fb_attach_opts *opts)
{
	struct stat own, first;

	if (!strcmp(opts->state, "none"))
		return NULL;
	/* each namespace has files of its own there, and unlike ns/net they may be looked at */
	if (opts->state == fb_attach_defaults.state && !stat("/proc/self/net/dev", &own) &&
	    !stat("/proc/1/net/dev", &first) && own.st_ino != first.st_ino)
		return NULL;
	return opts->state;
}

static struct fb_exporters_opts exporters_of(const struct daemon *d)
{
	const struct fb_attach_opts *opts = d->opts;

	return (struct fb_exporters_opts){
		.eve = opts->eve.items,
		.n_eve = opts->eve.n,
		.ndjson = opts->ndjson.items,
		.n_ndjson = opts->ndjson.n,
		.rotate_mb = opts->rotate_size,
		.rotate_keep = opts->rotate_keep,
		.ipfix = opts->ipfix.items,
		.n_ipfix = opts->ipfix.n,
		.ipfix_ca = opts->ipfix_ca,
		.ipfix_uniflow = opts->ipfix_uniflow,
		.ipfix_active_s = opts->ipfix_active,
		.ipfix_idle_s = opts->ipfix_idle,
		.fleet = {.urls = opts->clickhouse,
			  .login = opts->clickhouse_login,
			  .ca = opts->clickhouse_ca,
			  .brokers = opts->kafka,
			  .topic = opts->kafka_topic,
			  .config = opts->kafka_config,
			  .name = opts->sensor_name,
			  .site = opts->site,
			  .tags = opts->tags.items,
			  .n_tags = opts->tags.n,
			  .spool_bytes = d->spool_bytes},
	};
}

static int start_engine(struct daemon *d)
{
	const struct fb_attach_opts *opts = d->opts;
	char log[PATH_MAX];
	const struct fb_exporters_opts exporters = exporters_of(d);
	struct fb_engine_opts engine = {
		.interfaces = d->names,
		.n_interfaces = d->n_names,
		.internal = opts->internal.items,
		.n_internal = opts->internal.n,
		.trusted = opts->trusted.items,
		.n_trusted = opts->trusted.n,
		.max_flows = opts->max_flows,
		.closed_flows = opts->closed_flows,
		.closed_seconds = opts->closed_seconds,
		.window_s = opts->window_s,
		.verifier_log = log,
		.pin_dir = opts->pin,
		.xdp = opts->xdp,
		.flood_rate = opts->flood_rate,
		.quality = !strcmp(opts->quality, "on"),
		.judge = !strcmp(opts->judge, "on"),
		.conntrack = !opts->no_conntrack,
		.owner = !opts->no_owner,
		.forget_on_loss = opts->forget_on_loss,
		.hosts_files = opts->hosts_files.items,
		.n_hosts_files = opts->hosts_files.n,
		.geo = opts->geo.items,
		.n_geo = opts->geo.n,
		.lists = opts->lists.items,
		.n_lists = opts->lists.n,
		.exceptions = opts->exceptions.items,
		.n_exceptions = opts->exceptions.n,
		.exporters = &exporters,
		.tops = d->tops,
		.n_tops = opts->metrics_top.n,
		.alerts = opts->alerts.items,
		.n_alerts = opts->alerts.n,
		.senders = opts->senders.items,
		.n_senders = opts->senders.n,
		.state_dir = state_of(opts),
		.history = d->history,
		.state_needed = opts->state != fb_attach_defaults.state,
	};
	struct fb_why why = {""};
	int r;

	/* Beside the socket: a folder that is ours to write to, and that is emptied at boot. */
	snprintf(log, sizeof(log), "%s.verifier.log", opts->socket);
	memcpy(engine.anonymise, d->anonymise, sizeof(engine.anonymise));
	fb_attach_force_clsact(!strcmp(opts->hook, "clsact"));
	r = fb_engine_new(&engine, &d->engine, &why);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", *why.text ? why.text : strerror(-r));
	return FB_EXIT_DONE;
}

static enum fb_role least_told_all(const struct fb_anonymise list[static FB_ANONYMISE_COUNT])
{
	if (fb_anonymise_is_on(&list[FB_ANONYMISE_operator]))
		return FB_ROLE_ADMIN;
	return fb_anonymise_is_on(&list[FB_ANONYMISE_viewer]) ? FB_ROLE_OPERATOR : FB_ROLE_NONE;
}

/* Behind this no listener belongs to us any more: the server took them. */
static int start_web(struct daemon *d)
{
	uid_t uid;
	gid_t operators;
	struct fb_http_opts opts = fb_pagedoor_http(&d->opts->page, &d->listeners);
	struct fb_why why = {""};
	int r;

	opts.operators = fb_users_own(&uid, &operators) ? &operators : NULL;
	opts.told_all = least_told_all(d->anonymise);
	r = fb_web_new(&opts, d->engine, &d->web, &why);
	d->listeners.n = 0;
	if (r)
		return fb_fail(r == -EPERM ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s", why.text);
	r = fb_engine_drop_privileges(d->engine, &why);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	fb_engine_on_tick(d->engine, fb_web_tick, d->web);
	r = fb_web_start(d->web, &why);
	return r ? fb_fail(FB_EXIT_FAILED, "%s", why.text) : FB_EXIT_DONE;
}

/* What could be better here, with the command; asked while we are still root. */
static void note_hint(void *ctx, const struct fb_probe *probe)
{
	struct daemon *d = ctx;

	if (probe->state != FB_PROBE_WARN && probe->state != FB_PROBE_BAD)
		return;
	if (d->opts->no_conntrack && strncmp(probe->name, "conntrack", 9) == 0)
		return; /* not wanted, so not missing */
	for (unsigned int i = 0; i < d->n_hints; i++)
		if (strstr(d->hints[i], probe->sentence))
			return; /* of another interface */
	if (d->n_hints < HINTS_MAX)
		snprintf(d->hints[d->n_hints++], sizeof(d->hints[0]), "%s: %s%s%s", probe->name,
			 probe->sentence, *probe->fix ? ": " : "", probe->fix);
}

static void greet(const struct daemon *d)
{
	_cleanup_free_ struct fb_status *status = calloc(1, sizeof(*status));
	struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
	char url[256];

	/* A full pipe that nobody reads must not hold the daemon. */
	if (!status || poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
		return;
	fb_engine_status(d->engine, status);
	for (unsigned int i = 0; i < status->n_links; i++) {
		const struct fb_link_status *link = &status->links[i];

		if (link->state == FB_LINK_ATTACHED)
			printf("%s: counting, attached by %s\n", link->name, link->hook);
	}
	if (status->waits_for[0])
		printf("waiting for interfaces that come: %s\n", status->waits_for);
	for (unsigned int i = 0; i < status->n_degraded; i++)
		printf("note: %s\n", status->degraded[i]);
	for (unsigned int i = 0; i < d->n_hints; i++)
		printf("hint: %s\n", d->hints[i]);
	if (fb_pagedoor_listens(&d->opts->page))
		printf("the page: %s\n"
		       "(good once, for %d minutes; \"flowbpf login\" prints another)\n",
		       fb_web_url(d->web, url, sizeof(url)), FB_HTTP_LINK_MINUTES);
	printf("Ctrl-C ends it.\n");
	fflush(stdout);
}

static void reread_tls(struct daemon *d)
{
	struct fb_why why;
	const int r = fb_web_reread_tls(d->web, &why);

	if (r < 0)
		fb_warn("tls", "%s: the certificate that is served stays", why.text);
	else if (r > 0)
		fb_info("tls", "%s: another certificate is served from now on",
			d->opts->page.tls_cert);
}

static void reread_tokens(struct daemon *d)
{
	struct fb_why why = {""};
	const int r = fb_web_reread_tokens(d->web, &why);

	/* most files are root's alone; who took a login out of it must know that it goes on */
	if (r == -EACCES)
		fb_warn("login",
			"%s: logins stay as they are until a restart, which reads it as root",
			why.text);
	else if (r < 0)
		fb_warn("login", "%s: logins stay as they are", why.text);
	else if (r > 0)
		fb_info("login", "%s: others log in from now on", d->opts->page.token_file);
}

static void on_hangup(void *ctx)
{
	struct daemon *d = ctx;

	reread_tls(d);
	reread_tokens(d);
	fb_reload(d->opts, &d->reread, d->engine);
}

/*
 * What a question took goes back to the system once it is answered. By itself malloc raises both
 * bounds to what was freed last, and keeps as much a thread.
 */
static void keep_little(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT);
	mallopt(M_TRIM_THRESHOLD, KEPT);
}

static int serve(struct daemon *d)
{
	int r;

	keep_little();
	r = open_listeners(d);
	if (!r)
		r = start_engine(d);
	for (unsigned int i = 0; !r && i < d->n_names; i++)
		if (if_nametoindex(d->names[i]))
			fb_probe_run(d->names[i], note_hint, d);
	if (!r)
		r = start_web(d);
	if (r)
		return r;
	greet(d);
	fb_set_log_level(d->opts->log, FB_LOG_DEBUG);
	fb_engine_on_hangup(d->engine, on_hangup, d);
	r = fb_engine_run(d->engine);
	return r ? fb_fail(FB_EXIT_FAILED, "%s", strerror(-r)) : FB_EXIT_DONE;
}

static int run(void *opts, char *const *args, unsigned int n)
{
	static const int ignored[] = {SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2};
	struct daemon d = {.opts = opts, .undertaker = -1};
	struct fb_why why = {""};
	int r;

	/*
	 * Only SIGINT and SIGTERM end it: not a terminal that closes, nor a reader that goes. Once
	 * it runs, SIGHUP has the config file read again.
	 */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	/* No lines about what went well: a start that fails says one sentence. */
	fb_set_log_level(d.opts->log, FB_LOG_WARN);
	r = collect_names(&d, args, n);
	if (!r)
		r = check_opts(d.opts);
	if (!r)
		r = find_tops(&d);
	if (!r)
		r = read_anonymise(&d);
	if (!r && fb_history_opt(d.opts->history, &d.history, &why))
		r = fb_fail(FB_EXIT_USAGE, "%s", why.text);
	if (!r && fb_fmt_parse_size(d.opts->spool_limit, SPOOL_LEAST, SPOOL_MOST, &d.spool_bytes))
		r = fb_fail(FB_EXIT_USAGE,
			    "--spool-limit takes a size from 8k to 1T, such as 256M, not \"%.40s\"",
			    d.opts->spool_limit);
	if (!r && fb_privs_check(&why))
		r = fb_fail(FB_EXIT_FAILED, "%s", why.text);
	if (!r)
		r = fb_interfaces_check(d.names, d.n_names, d.opts->wait);
	if (r)
		return r;
	r = serve(&d);
	fb_web_free(d.web);
	fb_engine_free(d.engine);
	fb_pagedoor_close(&d.listeners);
	fb_undertaker_end(d.undertaker);
	fb_config_fini(&d.reread);
	return r;
}

const struct fb_verb fb_cmd_attach = {
	.name = "attach",
	.args = "IFACE...",
	.summary = "Count the connections of interfaces and serve the page",
	.about =
		"SIGINT (Ctrl-C) and SIGTERM detach. Nothing stays in the kernel, however it ends,\n"
		"unless --pin asks for it. After attaching root is given up. SIGHUP has the config\n"
		"file read again: internal, trusted, closed-for, alert, sender and log change at once, the\n"
		"rest at a restart; and certificate and key of TLS.\n\n"
		"  sudo flowbpf attach eth0\n"
		"  sudo flowbpf attach 'veth*' wg0\n"
		"  sudo flowbpf attach wan lan --internal 198.51.100.0/24\n"
		"  sudo flowbpf attach wan1 wan2 --forget-on-loss\n"
		"  sudo flowbpf attach eth0 --listen 192.0.2.1:8080 --token-file /etc/flowbpf/tokens\n",
	.opts = fb_attach_options,
	.opts_size = sizeof(struct fb_attach_opts),
	.defaults = &fb_attach_defaults,
	.max_args = FB_STATUS_LINKS,
	.run = run,
};
