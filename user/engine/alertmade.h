/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of alerts that were made while it ran: what operators make of them, and the file
 * `alert.rules` of the state folder. Those of the config are beside them, for both make the rules
 * that are in force. Used by the engine's thread.
 */
#pragma once

#include "policy/alertset.h"
#include "store/statefile.h"

/* X(id, name): what is done with one */
#define FB_ALERT_EDITS(X)                                                                          \
	X(ADD, "add")                                                                              \
	X(CHANGE, "change")                                                                        \
	X(REMOVE, "remove")                                                                        \
	X(ON, "on")                                                                                \
	X(OFF, "off")

enum fb_alert_edit_kind {
#define X(id, name) FB_ALERT_EDIT_##id,
	FB_ALERT_EDITS(X)
#undef X
};

struct fb_alert_edit {
	enum fb_alert_edit_kind kind;
	char name[FB_ALARM_NAME + 1];
	char text[FB_ALERT_RULE_TEXT + 1]; /* to add and to change: without its name */
};

struct fb_alert_texts {
	char **items; /* owned */
	unsigned int n;
};

/* 0 or -ENOMEM. */
int fb_alert_texts_copy(const char *const *items, unsigned int n, struct fb_alert_texts *ret_texts);
void fb_alert_texts_fini(struct fb_alert_texts *texts);

struct fb_alertmade {
	int folder; /* borrowed; -1: nothing outlives us */
	struct fb_statefile file;
	struct fb_alert_texts config; /* as the config has them; the caller's to change */
	struct fb_alert_made *list;   /* [FB_ALERT_MADE_MOST] */
	unsigned int n;
	bool unsaved;
};

/* 0 or -ENOMEM; to be freed by fb_alertmade_fini, whatever it returned. */
int fb_alertmade_init(struct fb_alertmade *made);
/* Writes what was not written. */
void fb_alertmade_fini(struct fb_alertmade *made);

/* Those of the last run; what is wrong with the file is said in the log. */
void fb_alertmade_load(struct fb_alertmade *made, int folder);
/* Once a tick: write what changed, unless something is being written. */
void fb_alertmade_tick(struct fb_alertmade *made);

/* All that are in force by these and the config, to be freed by fb_alert_rules_fini. -EINVAL with a
 * sentence about the config's. */
int fb_alertmade_rules(const struct fb_alertmade *made, struct fb_alert_rules *ret_rules,
		       struct fb_why *why);

/*
 * -EEXIST: there is one; -ENODATA: there is none; -EROFS: it is the config's; -ENOTUNIQ: it is
 * ready, which is not to be removed; -ENOSPC; -EINVAL: it does not parse; -EMLINK: another names it
 * behind unless; -EDESTADDRREQ: it names a rule that is not there, or leads back; -ENOMEM. Then all
 * stays.
 */
int fb_alertmade_edit(struct fb_alertmade *made, const struct fb_alert_edit *edit);

const char *fb_alert_edit_name(enum fb_alert_edit_kind kind);
