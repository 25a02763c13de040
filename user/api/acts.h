/* SPDX-License-Identifier: BSD-2-Clause */
/* What requests for acts have in common: their reason, and what is answered when they fail. */
#pragma once

#include <stdbool.h>

#include "engine/act.h"
#include "http/request.h"
#include "util/jsonin.h"

/* False after answering that it is too long; NULL is no reason. */
bool fb_act_take_reason(struct fb_request *req, const char *text,
			char reason[static FB_ACT_REASON + 1]);

/* The member "reason", empty where there is none; one that is too long is a fault of `in`. */
void fb_act_read_reason(struct fb_jsonin *in, char reason[static FB_ACT_REASON + 1]);

/* Whose preview it is: one session's token is of no use to another. */
uint64_t fb_act_asker(const struct fb_request *req);

/* Its members "confirm", seconds; and with it "panic": the rule is made, and not in force. */
void fb_rule_write_confirm(struct fb_json *json, const struct fb_act *act);
void fb_rule_write_made(struct fb_request *req, struct fb_json *json, const struct fb_act *act);

/* Answer that a rule could not be put in force, or is not there. */
void fb_rule_failed(struct fb_request *req, int error);

/*
 * Perform it for who asks, and answer with its result as `key` (NULL: it has none), or by `failed`.
 */
void fb_act_perform(struct fb_request *req, struct fb_act *act, const char *key,
		    void (*failed)(struct fb_request *req, int error));

/* The same, and the answer is left open for more; NULL: it failed. */
struct fb_json *fb_act_begin(struct fb_request *req, struct fb_act *act, const char *key,
			     void (*failed)(struct fb_request *req, int error));

/* Answer that an act failed with `error`. */
void fb_act_failed(struct fb_request *req, int error);
