/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about single conntrack entries, and deletion. Only conntrack.c uses this. */
#pragma once

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "kernel/ctparse.h"

/* The header of a request to ctnetlink in `buf`. */
struct nlmsghdr *fb_ct_request(void *buf, uint16_t message, uint16_t flags, uint8_t family);

/* 0 if conntrack answers at all. */
int fb_ct_ask_probe(struct mnl_socket *nl);

int fb_ct_ask_get(struct mnl_socket *nl, const struct fb_ct_tuple *tuple, uint16_t zone,
		  struct fb_ct *ret_entry);
int fb_ct_ask_delete(struct mnl_socket *nl, const struct fb_ct *entry);
int fb_ct_ask_flush(struct mnl_socket *nl);
