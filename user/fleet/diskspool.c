/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/diskspool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/select.h"

#define MOST	    65536 /* batches */
#define ASIDE	    8	  /* that were refused, kept to be looked at */
#define SUFFIX	    ".batch"
#define FRESH	    ".batch.new"
#define REFUSED	    ".refused"
#define NAME_LEN    (10 * 17 + sizeof(FRESH))
#define FILE_MOST   (512u << 20)
#define MODE	    0600
#define FOLDER_MODE 0700

struct fb_diskspool {
	int folder;
	uint64_t limit, next;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool woken;
	struct fb_batch *list; /* [n], the oldest first */
	uint32_t n, room;
	struct fb_diskspool_state state;
};

/* --- names ------------------------------------------------------------------------------------ */

static void write_name(const struct fb_batch *batch, const char *suffix, char name[static NAME_LEN])
{
	const uint64_t members[] = {
#define X(member) batch->member,
		FB_BATCH_NAME(X)
#undef X
	};
	int len = snprintf(name, NAME_LEN, "%016" PRIx64, members[0]);

	for (size_t i = 1; i < sizeof(members) / sizeof(*members); i++)
		len += snprintf(name + len, NAME_LEN - (size_t)len, "-%" PRIx64, members[i]);
	snprintf(name + len, NAME_LEN - (size_t)len, "%s", suffix);
}

/* False: it is no batch. */
static bool read_name(const char *name, const char *suffix, struct fb_batch *ret_batch)
{
	uint64_t *const members[] = {
#define X(member) &ret_batch->member,
		FB_BATCH_NAME(X)
#undef X
	};
	const size_t n = sizeof(members) / sizeof(*members);

	*ret_batch = (struct fb_batch){.unsure = true};
	for (size_t i = 0; i < n; i++) {
		char *end;

		*members[i] = strtoull(name, &end, 16);
		if (end == name || end - name > 16 || *name == '-')
			return false;
		name = end;
		if (i + 1 < n && *name++ != '-')
			return false;
	}
	return !strcmp(name, suffix);
}

/* --- the list: with the lock held ------------------------------------------------------------- */

static void count_loss(struct fb_diskspool *spool, enum fb_diskspool_reason reason,
		       const struct fb_batch *batch)
{
	struct fb_diskspool_loss *lost = &spool->state.lost[reason];

	lost->batches++;
	lost->rows += batch->rows;
	lost->packets += batch->packets;
	lost->bytes += batch->bytes;
}

static int append(struct fb_diskspool *spool, const struct fb_batch *batch)
{
	if (spool->n == spool->room) {
		const uint32_t room = spool->room ? 2 * spool->room : 64;
		struct fb_batch *more = realloc(spool->list, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		spool->list = more;
		spool->room = room;
	}
	spool->list[spool->n++] = *batch;
	spool->state.batches++;
	spool->state.bytes += batch->len;
	spool->state.rows += batch->rows;
	return 0;
}

static void take_out(struct fb_diskspool *spool, uint32_t i)
{
	const struct fb_batch *batch = &spool->list[i];

	spool->state.batches--;
	spool->state.bytes -= batch->len;
	spool->state.rows -= batch->rows;
	spool->n--;
	memmove(&spool->list[i], &spool->list[i + 1], (spool->n - i) * sizeof(*batch));
}

static void drop(struct fb_diskspool *spool, uint32_t i, enum fb_diskspool_reason reason)
{
	char name[NAME_LEN];

	write_name(&spool->list[i], SUFFIX, name);
	unlinkat(spool->folder, name, 0);
	count_loss(spool, reason, &spool->list[i]);
	take_out(spool, i);
}

/* What is being sent stays: nobody knows yet what becomes of it. */
static bool make_way(struct fb_diskspool *spool)
{
	for (uint32_t i = 0; i < spool->n; i++)
		if (!spool->list[i].busy) {
			drop(spool, i, FB_DISKSPOOL_full);
			return true;
		}
	return false;
}

static bool make_room(struct fb_diskspool *spool, uint64_t len)
{
	while (spool->n >= MOST || spool->state.bytes + len > spool->limit)
		if (!make_way(spool))
			return false;
	return true;
}

/* --- what an earlier run left ----------------------------------------------------------------- */

static int by_number(const void *a_, const void *b_, void *ctx)
{
	const struct fb_batch *a = a_, *b = b_;

	(void)ctx;
	return (a->number > b->number) - (a->number < b->number);
}

static int look_at_file(struct fb_diskspool *spool, const char *name)
{
	struct fb_batch batch;
	struct stat st;

	if (read_name(name, FRESH, &batch)) {
		count_loss(spool, FB_DISKSPOOL_torn, &batch);
		unlinkat(spool->folder, name, 0);
		return 0;
	}
	if (!read_name(name, SUFFIX, &batch))
		return 0;
	if (batch.number >= spool->next)
		spool->next = batch.number + 1;
	if (fstatat(spool->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != batch.len) {
		count_loss(spool, FB_DISKSPOOL_torn, &batch);
		unlinkat(spool->folder, name, 0);
		return 0;
	}
	return append(spool, &batch);
}

static int read_folder(struct fb_diskspool *spool)
{
	DIR *dir = fb_file_list(spool->folder);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir)))
		r = look_at_file(spool, entry->d_name);
	closedir(dir);
	if (r == 0)
		fb_sort(spool->list, spool->n, sizeof(*spool->list), by_number, NULL);
	return r;
}

/* --- its life --------------------------------------------------------------------------------- */

static int open_folder(struct fb_diskspool *spool, int state, const char *name)
{
	if (mkdirat(state, name, FOLDER_MODE) < 0 && errno != EEXIST)
		return -errno;
	spool->folder = openat(state, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return spool->folder < 0 ? -errno : read_folder(spool);
}

int fb_diskspool_open(int state, const char *name, uint64_t limit, struct fb_diskspool **ret_spool,
		      struct fb_why *why)
{
	struct fb_diskspool *spool = calloc(1, sizeof(*spool));
	pthread_condattr_t attr;
	int r;

	if (!spool)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	spool->folder = -1;
	spool->limit = limit;
	spool->next = 1;
	pthread_mutex_init(&spool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&spool->wake, &attr);
	pthread_condattr_destroy(&attr);
	r = open_folder(spool, state, name);
	if (r < 0) {
		fb_diskspool_close(spool);
		return fb_why_set(why, r, "cannot keep what waits in the folder %s of --state: %s",
				  name, strerror(-r));
	}
	make_room(spool, 0);
	*ret_spool = spool;
	return 0;
}

void fb_diskspool_close(struct fb_diskspool *spool)
{
	if (!spool)
		return;
	if (spool->folder >= 0)
		close(spool->folder);
	pthread_cond_destroy(&spool->wake);
	pthread_mutex_destroy(&spool->lock);
	free(spool->list);
	free(spool);
}

/* --- in --------------------------------------------------------------------------------------- */

static int write_file(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, data, len);

		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_batch(const struct fb_diskspool *spool, const struct fb_batch *batch,
		       const void *data)
{
	char fresh[NAME_LEN], name[NAME_LEN];
	int fd, r;

	write_name(batch, FRESH, fresh);
	write_name(batch, SUFFIX, name);
	fd = openat(spool->folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    MODE);
	if (fd < 0)
		return -errno;
	r = write_file(fd, data, batch->len);
	close(fd);
	if (r == 0 && renameat(spool->folder, fresh, spool->folder, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(spool->folder, fresh, 0);
	return r;
}

void fb_diskspool_add(struct fb_diskspool *spool, struct fb_batch batch, const void *data,
		      size_t len)
{
	int r;

	batch.len = len;
	batch.crc = crc32(0, data, (unsigned int)len);
	pthread_mutex_lock(&spool->lock);
	batch.number = spool->next++;
	if (!make_room(spool, len)) {
		count_loss(spool, FB_DISKSPOOL_full, &batch);
	} else {
		r = write_batch(spool, &batch, data);
		if (r == 0)
			r = append(spool, &batch);
		spool->state.error = r;
		if (r < 0)
			count_loss(spool, FB_DISKSPOOL_unwritten, &batch);
	}
	pthread_cond_broadcast(&spool->wake);
	pthread_mutex_unlock(&spool->lock);
}

void fb_diskspool_lose(struct fb_diskspool *spool, const struct fb_batch *batch)
{
	pthread_mutex_lock(&spool->lock);
	count_loss(spool, FB_DISKSPOOL_unwritten, batch);
	pthread_mutex_unlock(&spool->lock);
}

/* --- out -------------------------------------------------------------------------------------- */

static int read_batch(const struct fb_diskspool *spool, const struct fb_batch *batch,
		      struct fb_buf *data)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	char name[NAME_LEN];
	size_t len;
	int r;

	write_name(batch, SUFFIX, name);
	fd = openat(spool->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -EBADMSG;
	r = fb_file_read(fd, FILE_MOST, &text, &len);
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	if (len != batch->len || crc32(0, (const uint8_t *)text, (unsigned int)len) != batch->crc)
		return -EBADMSG;
	fb_buf_clear(data);
	fb_buf_add(data, text, len);
	return fb_buf_error(data);
}

bool fb_diskspool_take(struct fb_diskspool *spool, struct fb_batch *ret_batch, struct fb_buf *data)
{
	int r = -EBADMSG;

	pthread_mutex_lock(&spool->lock);
	while (spool->n && r == -EBADMSG) {
		r = read_batch(spool, &spool->list[0], data);
		if (r == -EBADMSG)
			drop(spool, 0, FB_DISKSPOOL_torn);
	}
	if (spool->n && r == 0) {
		spool->list[0].busy = true;
		*ret_batch = spool->list[0];
	}
	pthread_mutex_unlock(&spool->lock);
	return r == 0;
}

/* The oldest of those that were refused go, but for a few. */
static void thin_out(const struct fb_diskspool *spool)
{
	DIR *dir = fb_file_list(spool->folder);
	const struct dirent *entry;
	struct fb_batch batch, oldest = {0};
	unsigned int n = 0;
	char name[NAME_LEN];

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!read_name(entry->d_name, REFUSED, &batch))
			continue;
		if (!n++ || batch.number < oldest.number)
			oldest = batch;
	}
	closedir(dir);
	write_name(&oldest, REFUSED, name);
	if (n > ASIDE)
		unlinkat(spool->folder, name, 0);
}

static void set_aside(const struct fb_diskspool *spool, const struct fb_batch *batch)
{
	char name[NAME_LEN], aside[NAME_LEN];

	write_name(batch, SUFFIX, name);
	write_name(batch, REFUSED, aside);
	if (renameat(spool->folder, name, spool->folder, aside) < 0)
		unlinkat(spool->folder, name, 0);
	thin_out(spool);
}

static void end_at(struct fb_diskspool *spool, uint32_t i, enum fb_diskspool_end end, bool unsure)
{
	struct fb_batch *batch = &spool->list[i];
	char name[NAME_LEN];

	switch (end) {
	case FB_DISKSPOOL_LATER:
		batch->busy = false;
		batch->unsure |= unsure;
		return;
	case FB_DISKSPOOL_REFUSED:
		set_aside(spool, batch);
		count_loss(spool, FB_DISKSPOOL_refused, batch);
		break;
	case FB_DISKSPOOL_SENT:
		write_name(batch, SUFFIX, name);
		unlinkat(spool->folder, name, 0);
	}
	take_out(spool, i);
}

void fb_diskspool_end(struct fb_diskspool *spool, const struct fb_batch *batch,
		      enum fb_diskspool_end end, bool unsure)
{
	pthread_mutex_lock(&spool->lock);
	for (uint32_t i = 0; i < spool->n; i++)
		if (spool->list[i].number == batch->number) {
			end_at(spool, i, end, unsure);
			break;
		}
	pthread_mutex_unlock(&spool->lock);
}

void fb_diskspool_wait(struct fb_diskspool *spool, unsigned int ms, bool for_batch)
{
	const struct timespec until = fb_monotonic_in_ms(ms);
	int r = 0;

	pthread_mutex_lock(&spool->lock);
	while (!(for_batch && spool->n) && !spool->woken && r == 0)
		r = pthread_cond_timedwait(&spool->wake, &spool->lock, &until);
	spool->woken = false;
	pthread_mutex_unlock(&spool->lock);
}

void fb_diskspool_wake(struct fb_diskspool *spool)
{
	pthread_mutex_lock(&spool->lock);
	spool->woken = true;
	pthread_cond_broadcast(&spool->wake);
	pthread_mutex_unlock(&spool->lock);
}

void fb_diskspool_state(struct fb_diskspool *spool, struct fb_diskspool_state *ret_state)
{
	pthread_mutex_lock(&spool->lock);
	*ret_state = spool->state;
	if (spool->n)
		ret_state->oldest_ms = spool->list[0].first_ms;
	pthread_mutex_unlock(&spool->lock);
}
