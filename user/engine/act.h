/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody asks the daemon to change, who asks, and why. */
#pragma once

#include <stdint.h>

#include "enrich/inventory.h"

enum fb_act_kind {
	FB_ACT_FORGET,	    /* delete the conntrack entry of one flow */
	FB_ACT_FORGET_MANY, /* ... of many; the result is how many were deleted */
	FB_ACT_FLUSH,	    /* flush the conntrack table; the result is how many entries it had */
	FB_ACT_NAME,	    /* call an address by another name */
	FB_ACT_LABEL,	    /* call a device by another label, draw it by another icon */
	FB_ACT_RELOAD,	    /* take other settings over, in the engine's thread only */
};

/* By what somebody asked. */
enum fb_act_by {
	FB_ACT_BY_API,	  /* a program, with a token */
	FB_ACT_BY_CLI,	  /* the command line, over the unix socket */
	FB_ACT_BY_PAGE,	  /* a browser */
	FB_ACT_BY_CONFIG, /* the config file, read again */
	FB_ACT_BY_TIMER,  /* nobody: it was due */
	FB_ACT_BY_EVENT,  /* nobody: something happened that the operator had named */
};

#define FB_ACT_REASON 200 /* bytes of a reason, at most */
#define FB_ACT_TARGET 192

struct fb_actor {
	enum fb_act_by by;
	const char *role; /* static; NULL: none */
	char user[32];	  /* empty: not known */
	char peer[72];	  /* from where; empty: from here */
};

struct fb_engine_opts;
struct fb_forget;

struct fb_act {
	enum fb_act_kind kind;
	union {
		uint64_t flow_id;	/* FB_ACT_FORGET */
		struct fb_forget *many; /* FB_ACT_FORGET_MANY; the door holds a reference */
		struct {
			uint8_t addr[16], family;
			char name[FB_NAME_MAX + 1]; /* empty: the name is taken back */
		} host;				    /* FB_ACT_NAME */
		struct {
			uint8_t mac[6], icon;
			char label[FB_INVENTORY_LABEL + 1]; /* empty, no icon: it is taken back */
		} device;				    /* FB_ACT_LABEL */
		struct {
			const struct fb_engine_opts *opts;
			const char *names; /* of what changes, "internal, closed-for" */
		} settings;		   /* FB_ACT_RELOAD */
	} target;
	struct fb_actor actor;
	char reason[FB_ACT_REASON + 1]; /* as the actor gave it; may be empty */
};
