/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/auditcheck.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/auditfiles.h"
#include "util/cleanup.h"
#include "util/file.h"

#define READ_MAX (64u * 1024 * 1024)

void fb_auditcheck_begin(struct fb_auditcheck *check, const struct fb_audit_head *head)
{
	*check = (struct fb_auditcheck){.head = head};
}

static bool is_broken(const struct fb_auditcheck *check)
{
	return *check->broken.text;
}

__attribute__((format(printf, 3, 4))) static void
break_at(struct fb_auditcheck *check, const struct fb_audit_place *at, const char *fmt, ...)
{
	char what[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	fb_why_set(&check->broken, -EBADMSG, "%.200s:%" PRIu64 ": %s", at->file, at->line, what);
}

/* --- one line after the other ----------------------------------------------------------------- */

static bool follows(const struct fb_audit_link *before, uint64_t seq, const char *prev)
{
	return seq == before->seq + 1 && !strcmp(prev, before->hash);
}

/* Which of the two that do not follow each other is wrong: `vouched` for is the second. */
static void judge_gap(struct fb_auditcheck *check, bool vouched, uint64_t next)
{
	const struct fb_audit_gap *gap = &check->gap;
	const uint64_t before = gap->before.seq, behind = gap->behind.seq;

	if (behind == before + 1 && vouched)
		break_at(check, &gap->before_at, "line %" PRIu64 " was changed", before);
	else if (behind <= before)
		break_at(check, &gap->behind_at,
			 "line %" PRIu64 " stands behind line %" PRIu64 ": it was moved or put in",
			 behind, before);
	else if (behind > before + 1 && next == before + 1)
		break_at(check, &gap->behind_at,
			 "line %" PRIu64 " stands before line %" PRIu64 ": they were exchanged",
			 behind, next);
	else if (behind > before + 1 && vouched)
		break_at(check, &gap->behind_at,
			 "lines %" PRIu64 " to %" PRIu64 " were cut out before this one",
			 before + 1, behind - 1);
	else
		break_at(check, &gap->behind_at, "line %" PRIu64 " was changed, or the one before",
			 before + 1);
}

static void check_first(struct fb_auditcheck *check, const struct fb_audit_link *link,
			const char *prev)
{
	const uint64_t first = check->head ? check->head->first : 0;

	check->first = *link;
	if (first && link->seq > first)
		break_at(check, &check->at,
			 "it begins with line %" PRIu64 ", lines %" PRIu64 " to %" PRIu64
			 " are missing",
			 link->seq, first, link->seq - 1);
	else if (link->seq == 1 && strcmp(prev, fb_audit_none.hash) != 0)
		break_at(check, &check->at, "line 1 was changed");
}

/* What stands in the head is a promise about its line, wherever the record ends. */
static void check_head(struct fb_auditcheck *check, const struct fb_audit_link *link)
{
	if (!check->head || link->seq != check->head->last.seq || is_broken(check))
		return;
	check->head_seen = true;
	if (!check->gap.is && strcmp(link->hash, check->head->last.hash) != 0)
		break_at(check, &check->at, "line %" PRIu64 " is another than the head tells",
			 link->seq);
}

static void check_line(struct fb_auditcheck *check, const char *line, size_t len)
{
	char prev[FB_AUDIT_HASH + 1];
	struct fb_audit_link link;

	check->at.line++;
	if (!fb_auditline_read(line, len, prev, &link)) {
		if (check->gap.is)
			judge_gap(check, false, 0);
		else
			break_at(check, &check->at,
				 "this line was changed, or is none of the record");
		return;
	}
	if (check->gap.is)
		judge_gap(check, !strcmp(prev, check->gap.behind.hash), link.seq);
	else if (!check->lines)
		check_first(check, &link, prev);
	else if (!follows(&check->last, link.seq, prev))
		check->gap =
			(struct fb_audit_gap){true, check->last, link, check->last_at, check->at};
	check_head(check, &link);
	check->lines++;
	check->last = link;
	check->last_at = check->at;
}

bool fb_auditcheck_text(struct fb_auditcheck *check, const char *file, const char *text, size_t len)
{
	const char *end;

	if (is_broken(check))
		return false;
	snprintf(check->at.file, sizeof(check->at.file), "%s", file);
	check->at.line = 0;
	for (; len && (end = memchr(text, '\n', len)) && !is_broken(check); text = end + 1) {
		check_line(check, text, (size_t)(end - text));
		len -= (size_t)(end + 1 - text);
	}
	if (len && !is_broken(check)) {
		check->at.line++;
		break_at(check, &check->at, "this line has no end: it was cut or changed");
	}
	return !is_broken(check);
}

bool fb_auditcheck_end(struct fb_auditcheck *check)
{
	const struct fb_audit_head *head = check->head;

	if (is_broken(check))
		return false;
	if (check->gap.is)
		judge_gap(check, head && !strcmp(head->last.hash, check->gap.behind.hash), 0);
	else if (head && check->last.seq < head->last.seq)
		break_at(check, &check->at,
			 "it ends here, lines %" PRIu64 " to %" PRIu64 " were cut off",
			 check->last.seq + 1, head->last.seq);
	else if (head && check->lines && !check->head_seen)
		break_at(check, &check->at, "line %" PRIu64 ", which the head tells, is not here",
			 head->last.seq);
	return !is_broken(check);
}

/* --- the files of a folder -------------------------------------------------------------------- */

static int read_file(int folder, const char *name, char **ret_text, size_t *ret_len)
{
	_cleanup_close_ int fd = fb_file_open_in(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : fb_file_read(fd, READ_MAX, ret_text, ret_len);
}

int fb_auditcheck_head(int folder, struct fb_audit_head *ret_head)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	const int r = read_file(folder, FB_AUDIT_HEAD, &text, &len);

	if (r < 0)
		return r;
	return fb_audithead_read(text, ret_head) ? 0 : -EBADMSG;
}

static void check_file(struct fb_auditcheck *check, int folder, const char *name)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	const int r = read_file(folder, name, &text, &len);

	if (r < 0)
		fb_why_set(&check->broken, r, "%s cannot be read: %s", name, strerror(-r));
	else
		fb_auditcheck_text(check, name, text, len);
}

bool fb_auditcheck_folder(struct fb_auditcheck *check, int folder)
{
	char name[FB_AUDIT_ROTATED_NAME];
	struct fb_auditfiles files;
	const int r = fb_auditfiles_list(folder, &files);

	if (r < 0)
		fb_why_set(&check->broken, r, "the folder cannot be read: %s", strerror(-r));
	for (unsigned int i = 0; r == 0 && i < files.n && !is_broken(check); i++) {
		fb_auditfiles_name(files.first[i], name);
		check_file(check, folder, name);
	}
	if (!is_broken(check))
		check_file(check, folder, FB_AUDIT_NAME);
	return fb_auditcheck_end(check);
}
