/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/hostbook.h"

#include <errno.h>
#include <string.h>

#include "proto/name.h"
#include "util/clock.h"
#include "util/log.h"

static void check_file(struct fb_hostbook *book, unsigned int i, int64_t wall_ms)
{
	const int r = fb_hostfiles_check(&book->files, i, book->now_ns, wall_ms);

	if (r < 0)
		fb_warn("hosts", "cannot read %s: %s", book->files.file[i].path, strerror(-r));
	else if (r > 0)
		fb_debug("hosts", "read %s", book->files.file[i].path);
}

static int open_state(struct fb_hostbook *book, const char *path, int64_t wall_ms,
		      struct fb_why *why)
{
	struct fb_why torn = {""};
	int r = fb_hoststate_open(&book->state, path, why);

	if (r < 0)
		return r;
	r = fb_hoststate_load(&book->state, book->names, book->now_ns, wall_ms, &torn);
	if (*torn.text)
		fb_warn("hosts", "%s", torn.text);
	else if (r > 0)
		fb_info("hosts", "%d names of hosts are known from the last run", r);
	return 0;
}

int fb_hostbook_open(struct fb_hostbook *book, struct fb_pipeline *pipeline,
		     const struct fb_hostbook_opts *opts, uint64_t now_ns, int64_t wall_ms,
		     struct fb_why *why)
{
	int r = 0;

	*book = (struct fb_hostbook){
		.names = pipeline->hosts, .now_ns = now_ns, .state = {.folder = -1}};
	if (opts->state)
		r = open_state(book, opts->state, wall_ms, why);
	if (r < 0 && opts->state_needed)
		return r;
	if (r < 0)
		fb_warn("hosts", "names of hosts do not outlive this run: %s", why->text);
	if (!opts->isolated)
		fb_hostfiles_init(&book->files, book->names, opts->files, opts->n_files);
	for (unsigned int i = 0; i < book->files.n; i++)
		check_file(book, i, wall_ms);
	return 0;
}

void fb_hostbook_close(struct fb_hostbook *book)
{
	if (!book->names)
		return;
	fb_hoststate_close(&book->state, book->names, book->now_ns, fb_wall_ms());
	fb_hostfiles_fini(&book->files);
	book->names = NULL;
}

int fb_hostbook_folder(const struct fb_hostbook *book)
{
	return book->state.ours ? book->state.folder : -1;
}

/* A file a tick: each is looked at every few seconds. */
void fb_hostbook_tick(struct fb_hostbook *book, uint64_t now_ns, int64_t wall_ms)
{
	book->now_ns = now_ns;
	if (book->next_file >= book->files.n)
		book->next_file = 0;
	if (book->files.n)
		check_file(book, book->next_file++, wall_ms);
	fb_hoststate_tick(&book->state, book->names, now_ns, wall_ms, book->save_now);
	book->save_now = false;
}

int fb_hostbook_spell(const char *typed, char name[static FB_NAME_MAX + 1])
{
	const int n = fb_name_host((const uint8_t *)typed, strlen(typed), name, FB_NAME_MAX + 1);

	return n > 0 && fb_name_is_address(name, (size_t)n) ? 0 : n;
}

int fb_hostbook_name(struct fb_hostbook *book, const uint8_t addr[static 16], uint8_t family,
		     const char *name)
{
	int r;

	if (!name) {
		if (!fb_hostnames_take(book->names, FB_HOSTSTATE_OPERATOR, addr, family))
			return -ENOENT;
		book->save_now = true;
		return 0;
	}
	r = fb_hostnames_give(book->names, FB_HOSTSTATE_OPERATOR,
			      &(struct fb_addr_fact){.time = book->now_ns,
						     .addr = addr,
						     .family = family,
						     .source = FB_NAME_OPERATOR,
						     .name = name,
						     .len = strlen(name),
						     .ttl = FB_ADDR_FOREVER});
	book->save_now |= r == 0;
	return r;
}

void fb_hostbook_called(struct fb_hostbook *book, struct fb_person *who)
{
	struct fb_hostname name;

	for (unsigned int i = 0; i < who->n_addrs; i++)
		if (fb_hostnames_find(book->names, who->addr[i].addr, who->addr[i].family, &name))
			fb_person_add_name(who, name.text);
}

unsigned int fb_hostbook_erase(struct fb_hostbook *book, const struct fb_person *who)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < who->n_addrs; i++) {
		struct fb_hostname name;

		n += fb_hostnames_find(book->names, who->addr[i].addr, who->addr[i].family, &name);
		fb_hostnames_take(book->names, FB_HOSTSTATE_OPERATOR, who->addr[i].addr,
				  who->addr[i].family);
	}
	book->save_now = true;
	return n;
}
