/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/geobook.h"

#include <stdio.h>
#include <string.h>

#include "util/log.h"

static void tell(void *ctx, const struct fb_geofile *file)
{
	struct fb_geodb_facts facts;

	(void)ctx;
	if (file->at.error < 0) {
		fb_warn("geo", "cannot read %s: %s%s", file->at.path, file->at.why.text,
			file->db ? "; what it had before stays in use" : "");
		return;
	}
	fb_geodb_facts(file->db, &facts);
	fb_info("geo", "read %s", file->at.path);
	if (facts.bad_lines)
		fb_warn("geo",
			"%s: %llu lines are no ranges and were skipped, the first is line %llu",
			file->at.path, (unsigned long long)facts.bad_lines,
			(unsigned long long)facts.first_bad);
}

static void write_entry(const struct fb_geofile *file, struct fb_geobook_entry *entry)
{
	*entry = (struct fb_geobook_entry){.known = file->db};
	snprintf(entry->path, sizeof(entry->path), "%.255s", file->at.path);
	snprintf(entry->credit, sizeof(entry->credit), "%s", file->credit);
	if (file->db)
		fb_geodb_facts(file->db, &entry->facts);
	if (file->at.error < 0)
		entry->error = file->at.why;
}

static void drop_fresh(struct fb_geobook *book)
{
	while (book->n_fresh)
		fb_geodb_unref(book->fresh[--book->n_fresh]);
	book->has_fresh = false;
}

void fb_geobook_look(void *ctx)
{
	struct fb_geobook *book = ctx;
	const bool changed = fb_geofiles_check(&book->files, tell, book);

	pthread_mutex_lock(&book->lock);
	book->n = book->files.n;
	for (unsigned int i = 0; i < book->n; i++)
		write_entry(book->files.file[i], &book->entry[i]);
	if (changed) {
		drop_fresh(book);
		for (unsigned int i = 0; i < book->n; i++)
			if (book->files.file[i]->db)
				book->fresh[book->n_fresh++] =
					fb_geodb_ref(book->files.file[i]->db);
		book->has_fresh = true;
	}
	pthread_mutex_unlock(&book->lock);
}

int fb_geobook_open(struct fb_geobook *book, struct fb_pipeline *pipeline, const char *const *given,
		    unsigned int n_given)
{
	int r;

	*book = (struct fb_geobook){.pipeline = pipeline, .open = true};
	pthread_mutex_init(&book->lock, NULL);
	book->off = n_given == 1 && !strcmp(given[0], "none");
	if (book->off)
		return 0;
	r = fb_geofiles_init(&book->files, given, n_given);
	if (r < 0)
		return r;
	fb_geobook_look(book);
	fb_geobook_tick(book);
	return 0;
}

void fb_geobook_close(struct fb_geobook *book)
{
	if (!book->open)
		return;
	drop_fresh(book);
	fb_geofiles_fini(&book->files);
	pthread_mutex_destroy(&book->lock);
	book->open = false;
}

void fb_geobook_tick(struct fb_geobook *book)
{
	pthread_mutex_lock(&book->lock);
	if (book->has_fresh)
		fb_pipeline_use_places(book->pipeline, book->fresh, book->n_fresh);
	drop_fresh(book);
	pthread_mutex_unlock(&book->lock);
}

unsigned int fb_geobook_list(struct fb_geobook *book, struct fb_geobook_entry list[FB_GEO_FILES])
{
	unsigned int n;

	pthread_mutex_lock(&book->lock);
	n = book->n;
	memcpy(list, book->entry, n * sizeof(*list));
	pthread_mutex_unlock(&book->lock);
	return n;
}

bool fb_geobook_known(struct fb_geobook *book)
{
	bool known = false;

	pthread_mutex_lock(&book->lock);
	for (unsigned int i = 0; i < book->n; i++)
		known |= book->entry[i].known;
	pthread_mutex_unlock(&book->lock);
	return known;
}
