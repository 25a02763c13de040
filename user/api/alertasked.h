/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule of alerts in requests and answers: as its text and as its words, which are the same rule.
 */
#pragma once

#include <stdbool.h>

#include "http/request.h"
#include "policy/alertset.h"
#include "util/jsonin.h"

/* What a body may have of it. */
#define FB_ALERT_ASKED                                                                             \
	"rule", "name", "filter", "measure", "than", "limit", "by", "for", "window", "severity",   \
		"repeat", "quiet", "unless"

/*
 * "NAME: TEXT" of the member rule, or of name and the words, into `text`. False: there is neither,
 * or both, which is noted in `in`. `name`: whose it is, where a body need not say it; NULL: it
 * must.
 */
bool fb_alert_asked_read(struct fb_jsonin *in, const char *name, struct fb_buf *text);

/* Read it, and look whether what it names is there. 0, or -EINVAL with the fault; *ret_rule is
 * freed by fb_filter_free(ret_rule->filter). */
int fb_alert_asked_check(const char *text, const struct fb_alert_rules *others,
			 struct fb_alert_rule *ret_rule, struct fb_alert_fault *ret_fault);

/* Members "rule" and "words" of an open object. */
void fb_alert_asked_write(struct fb_json *json, const char *name, const char *text);
