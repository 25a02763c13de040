/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/listbook.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/log.h"

static void tell(void *ctx, const struct fb_listfile *file)
{
	struct fb_listset_facts facts;

	(void)ctx;
	if (file->at.error < 0) {
		fb_warn("lists", "cannot read list %s, %s: %s%s%s", file->name, file->at.path,
			file->at.why.text,
			file->fetched && !file->at.there ? "; \"flowbpf lists update\" fetches it"
							 : "",
			file->set ? "; what it had before stays in use" : "");
		return;
	}
	fb_listset_facts(file->set, &facts);
	fb_info("lists", "read list %s", file->name);
	if (facts.bad_lines)
		fb_warn("lists",
			"list %s: %llu lines are no entries and were skipped, the first is line %llu",
			file->name, (unsigned long long)facts.bad_lines,
			(unsigned long long)facts.first_bad);
	if (facts.refused)
		fb_warn("lists",
			"list %s: %llu entries hold private or our own addresses and were left out, "
			"the first is line %llu",
			file->name, (unsigned long long)facts.refused,
			(unsigned long long)facts.first_refused);
}

/* --- whom no list may have -------------------------------------------------------------------- */

static bool take_own(const struct sockaddr *at, struct fb_cidr *prefix)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (at && at->sa_family == AF_INET) {
		*prefix = (struct fb_cidr){.family = 4, .bits = 128};
		memcpy(prefix->addr, mapped, 12);
		memcpy(prefix->addr + 12, &((const struct sockaddr_in *)at)->sin_addr, 4);
		return true;
	}
	if (!at || at->sa_family != AF_INET6)
		return false;
	*prefix = (struct fb_cidr){.family = 6, .bits = 128};
	memcpy(prefix->addr, &((const struct sockaddr_in6 *)at)->sin6_addr, 16);
	return true;
}

/* Private ones are left out as such, and come and go with each container. */
static unsigned int collect_own(struct fb_cidr own[FB_LISTBOOK_OWN], bool addresses)
{
	struct ifaddrs *all = NULL;
	unsigned int n;
	const struct fb_cidr *private = fb_scope_private(&n);

	memcpy(own, private, n * sizeof(*own));
	if (!addresses || getifaddrs(&all) < 0)
		return n;
	for (const struct ifaddrs *at = all; at && n < FB_LISTBOOK_OWN; at = at->ifa_next)
		n += take_own(at->ifa_addr, &own[n]) &&
		     !fb_scope_is_private(own[n].addr, own[n].family);
	freeifaddrs(all);
	return n;
}

/* --- looking ---------------------------------------------------------------------------------- */

static void write_entry(const struct fb_listfile *file, struct fb_listbook_entry *entry)
{
	*entry = (struct fb_listbook_entry){
		.allow = file->allow, .fetched = file->fetched, .known = file->set};
	snprintf(entry->name, sizeof(entry->name), "%s", file->name);
	snprintf(entry->path, sizeof(entry->path), "%.255s", file->at.path);
	if (file->set) {
		fb_listset_facts(file->set, &entry->facts);
		entry->changed = file->at.changed.tv_sec;
	}
	if (file->at.error < 0)
		entry->error = file->at.why;
}

static void drop_fresh(struct fb_listbook *book)
{
	while (book->n_fresh)
		fb_listset_unref(book->fresh[--book->n_fresh].set);
	book->has_fresh = false;
}

static void keep_fresh(struct fb_listbook *book)
{
	drop_fresh(book);
	for (unsigned int i = 0; i < book->files.n; i++) {
		const struct fb_listfile *file = book->files.file[i];
		struct fb_list *list = &book->fresh[book->n_fresh];

		if (!file->set)
			continue;
		*list = (struct fb_list){.allow = file->allow, .set = fb_listset_ref(file->set)};
		snprintf(list->name, sizeof(list->name), "%s", file->name);
		book->n_fresh++;
	}
	book->has_fresh = true;
}

void fb_listbook_look(void *ctx)
{
	_cleanup_free_ struct fb_cidr *own = malloc(FB_LISTBOOK_OWN * sizeof(*own));
	struct fb_listbook *book = ctx;
	bool changed;

	if (!own)
		return; /* in the next look */
	changed = fb_listfiles_check(
		&book->files,
		&(struct fb_listset_own){.prefix = own, .n = collect_own(own, book->own)}, tell,
		book);
	pthread_mutex_lock(&book->lock);
	book->n = book->files.n;
	for (unsigned int i = 0; i < book->n; i++)
		write_entry(book->files.file[i], &book->entry[i]);
	if (changed)
		keep_fresh(book);
	pthread_mutex_unlock(&book->lock);
}

int fb_listbook_open(struct fb_listbook *book, struct fb_pipeline *pipeline,
		     const struct fb_listbook_opts *opts, struct fb_why *why)
{
	int r = 0;

	*book = (struct fb_listbook){.pipeline = pipeline, .own = opts->own, .open = true};
	pthread_mutex_init(&book->lock, NULL);
	for (unsigned int i = 0; i < opts->n_deny && r == 0; i++)
		r = fb_listfiles_add(&book->files, opts->deny[i], false, opts->state, why);
	for (unsigned int i = 0; i < opts->n_allow && r == 0; i++)
		r = fb_listfiles_add(&book->files, opts->allow[i], true, opts->state, why);
	if (r < 0 || !book->files.n)
		return r;
	fb_listbook_look(book);
	fb_listbook_tick(book);
	return 0;
}

void fb_listbook_close(struct fb_listbook *book)
{
	if (!book->open)
		return;
	drop_fresh(book);
	fb_listfiles_fini(&book->files);
	pthread_mutex_destroy(&book->lock);
	book->open = false;
}

void fb_listbook_tick(struct fb_listbook *book)
{
	pthread_mutex_lock(&book->lock);
	if (book->has_fresh)
		fb_pipeline_use_lists(book->pipeline, book->fresh, book->n_fresh);
	drop_fresh(book);
	pthread_mutex_unlock(&book->lock);
}

unsigned int fb_listbook_list(struct fb_listbook *book, struct fb_listbook_entry list[FB_LISTS])
{
	unsigned int n;

	pthread_mutex_lock(&book->lock);
	n = book->n;
	memcpy(list, book->entry, n * sizeof(*list));
	pthread_mutex_unlock(&book->lock);
	return n;
}

bool fb_listbook_known(struct fb_listbook *book)
{
	bool known = false;

	pthread_mutex_lock(&book->lock);
	for (unsigned int i = 0; i < book->n; i++)
		known |= book->entry[i].known && !book->entry[i].allow;
	pthread_mutex_unlock(&book->lock);
	return known;
}
