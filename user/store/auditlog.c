/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/auditlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/auditfiles.h"
#include "util/cleanup.h"
#include "util/file.h"

#define MODE	   0600
#define READ_MAX   (64u * 1024 * 1024)
#define HEAD_BYTES 256

/* --- reading ---------------------------------------------------------------------------------- */

static int open_file(int folder, const char *name, int flags)
{
	const int fd = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, MODE);

	return fd < 0 ? -errno : fd;
}

static int read_file(int folder, const char *name, size_t max, char **ret_text, size_t *ret_len)
{
	_cleanup_close_ int fd = open_file(folder, name, O_RDONLY);

	return fd < 0 ? fd : fb_file_read(fd, max, ret_text, ret_len);
}

static bool read_head(int folder, struct fb_audit_head *ret_head)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	return read_file(folder, FB_AUDIT_HEAD, HEAD_BYTES, &text, &len) == 0 &&
	       fb_audithead_read(text, ret_head);
}

/* The last whole line; none, where it is no line of ours. */
static struct fb_audit_link last_line(const char *text, size_t len)
{
	struct fb_audit_link link = fb_audit_none;
	const char *end = len ? memrchr(text, '\n', len) : NULL;
	const char *before = end ? memrchr(text, '\n', (size_t)(end - text)) : NULL;
	const char *start = before ? before + 1 : text;
	char prev[FB_AUDIT_HASH + 1];

	if (!end || !fb_auditline_read(start, (size_t)(end - start), prev, &link))
		return fb_audit_none;
	return link;
}

static uint64_t first_line(const char *text, size_t len)
{
	const char *end = len ? memchr(text, '\n', len) : NULL;
	struct fb_audit_link link;
	char prev[FB_AUDIT_HASH + 1];

	return end && fb_auditline_read(text, (size_t)(end - text), prev, &link) ? link.seq : 0;
}

/* The last line of the newest file that was rotated. */
static struct fb_audit_link last_rotated(const struct fb_auditlog *log,
					 const struct fb_auditfiles *files)
{
	_cleanup_free_ char *text = NULL;
	char name[FB_AUDIT_ROTATED_NAME];
	size_t len;

	if (!files->n)
		return fb_audit_none;
	fb_auditfiles_name(files->first[files->n - 1], name);
	if (read_file(log->folder, name, READ_MAX, &text, &len) < 0)
		return fb_audit_none;
	return last_line(text, len);
}

/* Where the chain goes on: behind the head, for what is missing shall be seen. */
static int go_on(struct fb_auditlog *log, const struct fb_audit_link *last, uint64_t first,
		 struct fb_why *why)
{
	struct fb_audit_head head = {.first = 0};

	if (!read_head(log->folder, &head)) {
		log->head = (struct fb_audit_head){*last, first};
		return last->seq ? fb_why_set(why, 1,
					      "the record of acts has no %s: whether lines "
					      "are missing at its end cannot be told",
					      FB_AUDIT_HEAD)
				 : 0;
	}
	log->head = head;
	if (last->seq > head.last.seq) /* it was killed before it wrote the head */
		log->head.last = *last;
	else if (last->seq < head.last.seq)
		return fb_why_set(why, 1,
				  "the record of acts ends before line %llu, which was "
				  "written: see \"flowbpf audit verify\"",
				  (unsigned long long)head.last.seq);
	else if (strcmp(last->hash, head.last.hash) != 0)
		return fb_why_set(why, 1,
				  "the last line of the record of acts was changed: see "
				  "\"flowbpf audit verify\"");
	return 0;
}

static int cut_torn(struct fb_auditlog *log, const char *text, size_t len)
{
	const char *end = len ? memrchr(text, '\n', len) : NULL;

	log->file_bytes = end ? (size_t)(end - text) + 1 : 0;
	return log->file_bytes < len && ftruncate(log->fd, (off_t)log->file_bytes) < 0 ? -errno : 0;
}

static int read_state(struct fb_auditlog *log, struct fb_why *why)
{
	_cleanup_free_ char *text = NULL;
	struct fb_auditfiles files;
	struct fb_audit_link last;
	size_t len;
	int r = fb_auditfiles_list(log->folder, &files);

	if (r == 0)
		r = fb_file_read(log->fd, READ_MAX, &text, &len);
	if (r == 0)
		r = cut_torn(log, text, len);
	if (r < 0)
		return r;
	log->file_first = first_line(text, log->file_bytes);
	last = log->file_bytes ? last_line(text, log->file_bytes) : last_rotated(log, &files);
	return go_on(log, &last, files.n ? files.first[0] : log->file_first, why);
}

int fb_auditlog_open(struct fb_auditlog *log, int folder, size_t file_max, struct fb_why *why)
{
	int r;

	*log = (struct fb_auditlog){.folder = folder,
				    .fd = -1,
				    .file_max = file_max,
				    .head.last = fb_audit_none,
				    .waiting = FB_BUF_INIT,
				    .synced = true};
	if (folder < 0)
		return 0;
	log->fd = open_file(folder, FB_AUDIT_NAME, O_RDWR | O_CREAT | O_APPEND);
	if (log->fd >= 0)
		(void)!fchmod(log->fd, MODE); /* what an earlier version made */
	r = log->fd < 0 ? log->fd : read_state(log, why);
	if (r < 0) {
		fb_auditlog_close(log);
		return fb_why_set(why, r, "%s", strerror(-r));
	}
	log->written = log->head.last.seq;
	return r;
}

void fb_auditlog_close(struct fb_auditlog *log)
{
	fb_buf_fini(&log->waiting);
	if (log->fd > 0)
		close(log->fd);
	log->fd = -1;
}

static void each_line(const char *text, size_t len,
		      void (*fn)(void *ctx, const char *line, size_t len), void *ctx)
{
	const char *end;

	for (; len && (end = memchr(text, '\n', len)); text = end + 1) {
		fn(ctx, text, (size_t)(end - text));
		len -= (size_t)(end + 1 - text);
	}
}

void fb_auditlog_each(struct fb_auditlog *log, void (*fn)(void *ctx, const char *line, size_t len),
		      void *ctx)
{
	_cleanup_free_ char *before = NULL, *now = NULL;
	char name[FB_AUDIT_ROTATED_NAME];
	struct fb_auditfiles files;
	size_t len;

	if (log->folder < 0)
		return;
	if (fb_auditfiles_list(log->folder, &files) == 0 && files.n) {
		fb_auditfiles_name(files.first[files.n - 1], name);
		if (read_file(log->folder, name, READ_MAX, &before, &len) == 0)
			each_line(before, len, fn, ctx);
	}
	if (fb_file_read(log->fd, READ_MAX, &now, &len) == 0)
		each_line(now, len, fn, ctx);
}

/* --- writing ---------------------------------------------------------------------------------- */

int fb_auditlog_add(struct fb_auditlog *log, const char *object, struct fb_buf *line)
{
	const size_t start = line->len;
	struct fb_audit_link link;

	if (log->waiting.len > FB_AUDITLOG_WAITING)
		return -ENOSPC;
	fb_auditline_make(line, &log->head.last, object, &link);
	if (fb_buf_error(line) || !fb_buf_reserve(&log->waiting, line->len - start + 1))
		return -ENOMEM;
	fb_buf_add(&log->waiting, line->data + start, line->len - start);
	fb_buf_addc(&log->waiting, '\n');
	log->head.last = link;
	return 0;
}

static int write_head(struct fb_auditlog *log)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	fb_audithead_write(&text, &log->head);
	return fb_buf_error(&text)
		       ? -ENOMEM
		       : fb_file_replace(log->folder, FB_AUDIT_HEAD, text.data, text.len, MODE);
}

static int sync_all(struct fb_auditlog *log)
{
	int r = fdatasync(log->fd) < 0 ? -errno : 0;

	if (r == 0)
		r = write_head(log);
	log->synced = r == 0;
	return r;
}

/* The head first: a file that is there and not told of is older, one that is told of is missing. */
static int drop_oldest(struct fb_auditlog *log)
{
	char name[FB_AUDIT_ROTATED_NAME];
	struct fb_auditfiles files;
	int r = fb_auditfiles_list(log->folder, &files);

	if (r < 0 || files.n < FB_AUDITLOG_FILES)
		return r;
	log->head.first = files.first[files.n - FB_AUDITLOG_FILES + 1];
	r = write_head(log);
	for (unsigned int i = 0; r == 0 && i <= files.n - FB_AUDITLOG_FILES; i++) {
		fb_auditfiles_name(files.first[i], name);
		r = unlinkat(log->folder, name, 0) < 0 ? -errno : 0;
	}
	return r;
}

/* A new file under the name that is written to. */
static int begin_file(struct fb_auditlog *log)
{
	const int fd = open_file(log->folder, FB_AUDIT_NAME, O_RDWR | O_CREAT | O_APPEND);
	struct stat st;

	if (fd < 0)
		return fd;
	close(log->fd);
	log->fd = fd;
	log->file_bytes = fstat(fd, &st) < 0 ? 0 : (size_t)st.st_size;
	log->file_first = 0;
	return 0;
}

static int rotate(struct fb_auditlog *log)
{
	char name[FB_AUDIT_ROTATED_NAME];
	int r;

	fb_auditfiles_name(log->file_first ? log->file_first : log->written, name);
	if (renameat(log->folder, FB_AUDIT_NAME, log->folder, name) < 0)
		return -errno;
	r = begin_file(log);
	return r < 0 ? r : drop_oldest(log);
}

/* Somebody took it away, or put another one there: what is written must be found. */
static bool is_in_place(const struct fb_auditlog *log)
{
	struct stat ours, there;

	return fstat(log->fd, &ours) == 0 &&
	       fstatat(log->folder, FB_AUDIT_NAME, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* All of it or nothing. */
static int append(struct fb_auditlog *log)
{
	size_t done = 0;
	int r = 0;

	while (r == 0 && done < log->waiting.len) {
		const ssize_t n = write(log->fd, log->waiting.data + done, log->waiting.len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r = -errno;
	}
	if (r < 0 && done && ftruncate(log->fd, (off_t)log->file_bytes) < 0)
		return -errno;
	return r;
}

static int write_waiting(struct fb_auditlog *log)
{
	int r = 0;

	if (!is_in_place(log))
		r = begin_file(log);
	else if (log->file_bytes && log->file_bytes + log->waiting.len > log->file_max)
		r = rotate(log);
	if (r == 0)
		r = append(log);
	if (r < 0)
		return r;
	if (!log->file_first)
		log->file_first = log->written + 1;
	if (!log->head.first)
		log->head.first = log->file_first;
	log->file_bytes += log->waiting.len;
	log->synced = false;
	return 0;
}

int fb_auditlog_flush(struct fb_auditlog *log)
{
	int r = 0;

	if (log->folder >= 0 && log->waiting.len)
		r = write_waiting(log);
	if (r < 0)
		return r;
	fb_buf_clear(&log->waiting);
	log->written = log->head.last.seq;
	return log->synced ? 0 : sync_all(log);
}
