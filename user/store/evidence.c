/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tar header tells the size of what follows, so each file is written to one without a name first.
 * One block ahead of each is all that is needed of the format: libarchive would bring libxml2 and
 * ICU, 40 MB, into a daemon of routers.
 */
#include "store/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <zlib.h>

#include "proto/crypto.h"
#include "util/buf.h"
#include "util/cleanup.h"

#define SPOOL "evidence.tmp"
#define BLOCK 512
#define PIECE (1u << 20)

struct fb_evidence {
	int spool, out;
	gzFile archive;
	const char *name;  /* of the file that is being written */
	uint64_t len, all; /* bytes of it; of all */
	int64_t now_s;
	struct fb_buf sums;
};

/* Only the descriptor leads to it. */
static int open_unnamed(int folder)
{
	int fd, r;

	if (unlinkat(folder, SPOOL, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(folder, SPOOL, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (unlinkat(folder, SPOOL, 0) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* The header of a file, POSIX.1-1988 "ustar": numbers are octal digits, all of it a block. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a block");

int fb_evidence_new(int folder, int64_t now_ms, struct fb_evidence **ret_evidence)
{
	_cleanup_evidence_ struct fb_evidence *evidence = calloc(1, sizeof(*evidence));
	int fd;

	if (!evidence)
		return -ENOMEM;
	evidence->now_s = now_ms / 1000;
	evidence->out = -1;
	evidence->spool = open_unnamed(folder);
	if (evidence->spool < 0)
		return evidence->spool;
	evidence->out = open_unnamed(folder);
	if (evidence->out < 0)
		return evidence->out;
	fd = dup(evidence->out); /* which closing the archive closes */
	if (fd < 0)
		return -errno;
	evidence->archive = gzdopen(fd, "wb");
	if (!evidence->archive) {
		close(fd);
		return -ENOMEM;
	}
	*ret_evidence = TAKE_PTR(evidence);
	return 0;
}

void fb_evidence_free(struct fb_evidence *evidence)
{
	if (!evidence)
		return;
	if (evidence->archive)
		gzclose(evidence->archive);
	fb_buf_fini(&evidence->sums);
	fb_scope_close(&evidence->spool);
	fb_scope_close(&evidence->out);
	free(evidence);
}

void fb_evidence_freep(struct fb_evidence **evidence)
{
	fb_evidence_free(*evidence);
}

int fb_evidence_begin(struct fb_evidence *evidence, const char *name)
{
	evidence->name = name;
	evidence->len = 0;
	if (ftruncate(evidence->spool, 0) < 0 || lseek(evidence->spool, 0, SEEK_SET) < 0)
		return -errno;
	return 0;
}

int fb_evidence_write(struct fb_evidence *evidence, const void *data, size_t len)
{
	const char *at = data;

	if (len > FB_EVIDENCE_BYTES - evidence->all)
		return -EFBIG;
	evidence->len += len;
	evidence->all += len;
	while (len) {
		const ssize_t n = write(evidence->spool, at, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int put(struct fb_evidence *evidence, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		const unsigned int n = len < PIECE ? (unsigned int)len : PIECE;

		if (gzwrite(evidence->archive, at, n) != (int)n)
			return errno ? -errno : -EIO;
		at += n;
		len -= n;
	}
	return 0;
}

static int write_header(struct fb_evidence *evidence)
{
	struct header header = {.mode = "0000644", .uid = "0000000", .gid = "0000000", .type = '0'};
	const unsigned char *byte = (const unsigned char *)&header;
	unsigned int sum = 0;

	snprintf(header.name, sizeof(header.name), "%s", evidence->name);
	snprintf(header.size, sizeof(header.size), "%011llo", (unsigned long long)evidence->len);
	snprintf(header.mtime, sizeof(header.mtime), "%011llo",
		 (unsigned long long)evidence->now_s);
	memcpy(header.magic, "ustar", 6);
	memcpy(header.version, "00", 2);
	memset(header.sum, ' ', sizeof(header.sum));
	for (size_t i = 0; i < sizeof(header); i++)
		sum += byte[i];
	snprintf(header.sum, sizeof(header.sum), "%06o", sum);
	return put(evidence, &header, sizeof(header));
}

static void add_sum(struct fb_evidence *evidence, const void *data)
{
	uint8_t digest[FB_SHA256_LEN];

	fb_sha256(data, evidence->len, digest);
	for (int i = 0; i < FB_SHA256_LEN; i++)
		fb_buf_addf(&evidence->sums, "%02x", digest[i]);
	fb_buf_addf(&evidence->sums, "  %s\n", evidence->name);
}

static int write_body(struct fb_evidence *evidence, const void *data)
{
	static const char pad[BLOCK];
	int r = put(evidence, data, evidence->len);

	return r < 0 ? r : put(evidence, pad, -evidence->len % BLOCK);
}

int fb_evidence_end(struct fb_evidence *evidence)
{
	void *data = "";
	int r = write_header(evidence);

	if (r < 0)
		return r;
	if (evidence->len)
		data = mmap(NULL, evidence->len, PROT_READ, MAP_PRIVATE, evidence->spool, 0);
	if (data == MAP_FAILED)
		return -errno;
	add_sum(evidence, data);
	r = write_body(evidence, data);
	if (evidence->len)
		munmap(data, evidence->len);
	return r < 0 ? r : fb_buf_error(&evidence->sums);
}

/* Two empty blocks are the end. */
static int close_archive(struct fb_evidence *evidence)
{
	static const char end[2 * BLOCK];
	int r = put(evidence, end, sizeof(end));

	errno = 0;
	if (gzclose(evidence->archive) != Z_OK && r == 0)
		r = errno ? -errno : -EIO;
	evidence->archive = NULL;
	return r;
}

int fb_evidence_finish(struct fb_evidence *evidence, uint64_t *ret_bytes)
{
	struct stat st;
	int r = fb_evidence_begin(evidence, "SHA256SUMS");

	if (r == 0)
		r = fb_evidence_write(evidence, evidence->sums.data, evidence->sums.len);
	if (r == 0)
		r = fb_evidence_end(evidence);
	if (r == 0)
		r = close_archive(evidence);
	if (r < 0)
		return r;
	if (fstat(evidence->out, &st) < 0 || lseek(evidence->out, 0, SEEK_SET) < 0)
		return -errno;
	*ret_bytes = (uint64_t)st.st_size;
	return TAKE_FD(evidence->out);
}
