/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was asked of DNS a moment ago: an answer is believed only if it is that of a question, from
 * whom it was put to, and once. Bounded: the oldest question of the client that has most makes
 * room. Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/dns.h"

#define FB_QUESTIONS_MAX     16384
#define FB_QUESTIONS_WAIT_NS (10 * 1000000000ULL)

struct fb_questions;

/* Who asks whom, for what. */
struct fb_question {
	uint64_t time;			/* ns, of the question or of what may be its answer */
	const uint8_t *client, *server; /* 16 bytes as in fb_key; server NULL: whoever knows */
	uint16_t client_port, server_port, id;
	uint16_t type; /* 0: not told apart */
	uint8_t proto, family;
	const struct fb_dns_name *name;
};

enum fb_questions_found {
	FB_QUESTIONS_NONE,  /* nobody asked */
	FB_QUESTIONS_FIRST, /* the answer to it */
	FB_QUESTIONS_AGAIN, /* one more: seen twice, or somebody's who came too late */
};

/* `n` are kept; 0: FB_QUESTIONS_MAX. 0 or -ENOMEM. */
int fb_questions_new(uint32_t n, struct fb_questions **ret_questions);
void fb_questions_free(struct fb_questions *questions);

/* True: another question made room that still waited for its answer. */
bool fb_questions_add(struct fb_questions *questions, const struct fb_question *question);
/* *ret_asked: when it was first asked; set unless nobody did. */
enum fb_questions_found fb_questions_answer(struct fb_questions *questions,
					    const struct fb_question *question,
					    uint64_t *ret_asked);
