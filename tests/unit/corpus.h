/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests: captures with their expected results, ../shared/pcaps (or FLOWBPF_PCAPS): a capture
 * stands beside its .tsv, one line per flow, described in the README there.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/pcap.h"
#include "util/cleanup.h"

#include "decode.h"

#define CORPUS_FILES 512

static inline const char *corpus_folder(void)
{
	const char *folder = getenv("FLOWBPF_PCAPS");

	return folder ? folder : "../shared/pcaps";
}

static inline int corpus_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Paths of the captures, in order, each to be freed. */
static inline unsigned int corpus_list(char *ret_paths[static CORPUS_FILES])
{
	DIR *top = opendir(corpus_folder());
	unsigned int n = 0;

	for (struct dirent *folder; top && (folder = readdir(top));) {
		_cleanup_free_ char *path = NULL;
		DIR *dir;

		if (folder->d_name[0] == '.' ||
		    asprintf(&path, "%s/%s", corpus_folder(), folder->d_name) < 0)
			continue;
		dir = opendir(path);
		for (struct dirent *file; dir && (file = readdir(dir));) {
			size_t len = strlen(file->d_name);

			if (len > 4 && strcmp(file->d_name + len - 4, ".tsv") == 0 &&
			    n < CORPUS_FILES &&
			    asprintf(&ret_paths[n], "%s/%.*s", path, (int)len - 4, file->d_name) >
				    0)
				n++;
		}
		if (dir)
			closedir(dir);
	}
	if (top)
		closedir(top);
	qsort(ret_paths, n, sizeof(*ret_paths), corpus_by_name);
	return n;
}

/* A whole file, to be freed; NULL if it is not there. */
static inline uint8_t *corpus_read(const char *path, size_t *ret_len)
{
	_cleanup_fclose_ FILE *file = fopen(path, "r");
	uint8_t *data = NULL;
	long len;

	if (!file || fseek(file, 0, SEEK_END) < 0 || (len = ftell(file)) < 0)
		return NULL;
	rewind(file);
	data = malloc((size_t)len + 1);
	if (data && fread(data, 1, (size_t)len, file) != (size_t)len) {
		free(data);
		return NULL;
	}
	if (data)
		data[len] = '\0';
	*ret_len = (size_t)len;
	return data;
}

typedef void (*corpus_fn)(void *ctx, const struct fb_pcap_frame *frame, const struct decoded *pkt);

/* Each frame that holds TCP or UDP; the number of all frames, or -EPROTO. */
static inline int corpus_walk(const uint8_t *data, size_t len, corpus_fn fn, void *ctx)
{
	_cleanup_free_ struct fb_pcap *pcap = calloc(1, sizeof(*pcap));
	int frames = 0;

	for (size_t at = 0, n; pcap;) {
		struct fb_pcap_frame frame;
		struct decoded pkt;
		int r = fb_pcap_next(pcap, data + at, len - at, &n, &frame);

		if (r < 0)
			return r;
		if (r == FB_PCAP_MORE)
			break;
		at += n;
		if (r != FB_PCAP_FRAME)
			continue;
		frames++;
		if (decode(frame.linktype, frame.data, frame.caplen, &pkt))
			fn(ctx, &frame, &pkt);
	}
	return frames;
}
