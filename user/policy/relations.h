/* SPDX-License-Identifier: BSD-2-Clause */
/* What client, server and port have had to do with each other. Within policy/ only. */
#pragma once

#include "policy/look.h"

/* At its result: the connection is one more of its pair. Sets relation, pair, first_met, goes_on.
 */
void fb_relations_note(struct fb_look *look);
/* Relation and pair only; made, if there is none. */
void fb_relations_find(struct fb_look *look);
struct fb_relation *fb_relations_get(struct fb_look *look);
/* At its end: how much the client sent. */
void fb_relations_note_size(struct fb_look *look);

/*
 * How alike the sizes are: the median of how far they are from their median, as a share of it,
 * 1/65536; UINT32_MAX: nobody sent anything.
 */
uint32_t fb_relations_spread(const struct fb_look *look);

/* Few items: the least first. */
void fb_relations_sort(uint16_t *items, unsigned int n);
