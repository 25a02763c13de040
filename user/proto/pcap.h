/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture files, pcap and pcapng, as bytes that come in: the caller reads the file, this tells what
 * stands in it. No I/O, no allocation; frames point into the caller's bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_PCAP_INTERFACES 256		      /* of one pcapng section; more are refused */
#define FB_PCAP_BLOCK_MAX  (16 * 1024 * 1024) /* bytes of one record or block */

struct fb_pcap_frame {
	const uint8_t *data;
	uint32_t caplen, len; /* captured, on the wire */
	uint32_t linktype;    /* LINKTYPE_*; UINT32_MAX: the block names no known interface */
	uint64_t ts_ns;	      /* since the epoch; 0 if the block has no time */
};

struct fb_pcap_interface {
	uint32_t linktype, snaplen;
	uint64_t units; /* per second */
	int64_t offset; /* seconds */
};

struct fb_pcap {
	bool begun, ng, swapped;
	bool nanoseconds, patched; /* pcap */
	uint32_t linktype;	   /* pcap */
	unsigned int n_interfaces; /* pcapng */
	struct fb_pcap_interface interface[FB_PCAP_INTERFACES];
	uint64_t last_ns;
	const char *why; /* static: after an error, what is wrong with the file */
};

enum fb_pcap_result {
	FB_PCAP_FRAME, /* *ret_n bytes were taken, and there is a frame in them */
	FB_PCAP_OTHER, /* *ret_n bytes were taken, they hold no frame */
	FB_PCAP_MORE,  /* at least *ret_n bytes are needed at `data` */
};

/* Zero the struct to begin. */

/*
 * Look at the `len` bytes that come next. enum fb_pcap_result, or -EPROTO with pcap->why. The file
 * is whole if it ends when FB_PCAP_MORE is told for 0 bytes.
 */
int fb_pcap_next(struct fb_pcap *pcap, const uint8_t *data, size_t len, size_t *ret_n,
		 struct fb_pcap_frame *ret_frame);
