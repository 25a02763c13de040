/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody asks the daemon to change, who asks, and why. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/alertmade.h"
#include "enrich/inventory.h"
#include "flow/person.h"
#include "format/alarm.h"
#include "policy/never.h"
#include "policy/rules.h"

enum fb_act_kind {
	FB_ACT_FORGET,	      /* delete the conntrack entry of one flow */
	FB_ACT_FORGET_MANY,   /* ... of many; the result is how many were deleted */
	FB_ACT_FLUSH,	      /* flush the conntrack table; the result is how many entries it had */
	FB_ACT_NAME,	      /* call an address by another name */
	FB_ACT_LABEL,	      /* call a device by another label, draw it by another icon */
	FB_ACT_KILL_MANY,     /* end many; the result is how many were ended, or wait for it */
	FB_ACT_KILL,	      /* end one flow, for both ends; the result is enum fb_killed */
	FB_ACT_RULE_ADD,      /* block, or allow; the result is the rule's id */
	FB_ACT_RULE_IMPORT,   /* many rules, or none of them; the result is how many */
	FB_ACT_RULE_CONFIRM,  /* a rule that waits for it stays */
	FB_ACT_RULE_REMOVE,   /* take a rule back, or all; the result is how many */
	FB_ACT_RULE_EXPIRE,   /* a rule's time is over */
	FB_ACT_PANIC,	      /* all verdicts off, or on again */
	FB_ACT_ALERT_SILENCE, /* an alert is not told for a while, or is again */
	FB_ACT_ALERT_TEST,    /* a message by a sender; the result is its number there */
	FB_ACT_ALERT_RULE,    /* a rule of alerts is made, changed, taken back or switched */
	FB_ACT_INCIDENT_HIDE, /* incidents of a kind, a host or a pair are not shown for a while */
	FB_ACT_INCIDENT_SHOW, /* ... and are again */
	FB_ACT_TEACH,	      /* a flow is fine, or not; the result is the teaching's number */
	FB_ACT_UNTEACH,	      /* take that back */
	FB_ACT_AUTOMATE,      /* a kind of evidence may act by itself, or may not any more */
	FB_ACT_ERASE,	      /* one's traces are taken away, or counted */
	FB_ACT_RELOAD,	      /* take other settings over, in the engine's thread only */
};

/* What a kill found: results above 0. */
enum fb_killed {
	FB_KILLED_ENDED = 1, /* both ends were told, or its packets are dropped from now on */
	FB_KILLED_WAITS,     /* silent, and nothing to speak for it: its next packet ends it */
};

/* By what somebody asked. */
enum fb_act_by {
	FB_ACT_BY_API,	      /* a program, with a token */
	FB_ACT_BY_CLI,	      /* the command line, over the unix socket */
	FB_ACT_BY_PAGE,	      /* a browser */
	FB_ACT_BY_CONFIG,     /* the config file, read again */
	FB_ACT_BY_TIMER,      /* nobody: it was due */
	FB_ACT_BY_EVENT,      /* nobody: something happened that the operator had named */
	FB_ACT_BY_AUTOMATION, /* nobody: both judges were sure */
};

#define FB_ACT_REFUSED 5000 /* beyond all of errno: -(this + enum fb_never) is a result */
#define FB_ACT_REASON  200  /* bytes of a reason, at most */
#define FB_ACT_TARGET  192

struct fb_actor {
	enum fb_act_by by;
	const char *role; /* static; NULL: none */
	char user[72];	  /* "anna", "uid 0", "uid 0 for anna"; empty: not known */
	char peer[72];	  /* from where; empty: from here */
	struct fb_never_asker asker;
};

/* What its preview showed. */
struct fb_act_shown {
	bool is;
	uint64_t flows, entries; /* that match; that it is about */
	bool summed;		 /* what follows is known, too */
	uint64_t hosts, bytes;
	bool past; /* ... and what history has met */
	uint64_t past_flows;
};

struct fb_engine_opts;
struct fb_forget;
struct fb_ruleimport;

struct fb_act {
	enum fb_act_kind kind;
	union {
		uint64_t flow_id;	/* FB_ACT_FORGET, FB_ACT_KILL */
		struct fb_forget *many; /* FB_ACT_FORGET_MANY, FB_ACT_KILL_MANY; counted */
		struct {
			uint8_t addr[16], family;
			char name[FB_NAME_MAX + 1]; /* empty: the name is taken back */
		} host;				    /* FB_ACT_NAME */
		struct {
			uint8_t mac[6], icon;
			char label[FB_INVENTORY_LABEL + 1]; /* empty, no icon: it is taken back */
		} device;				    /* FB_ACT_LABEL */
		struct {
			enum fb_rule_verb verb;
			uint32_t seconds; /* 0: for good */
			uint64_t rate_up, rate_down;
			bool per_host;
			uint32_t confirm; /* seconds; 0: it need not be */
			bool careful;	  /* nobody said: FB_RULE_CONFIRM if it touches inside */
			char what[FB_RULE_WHAT + 1];
		} rule;	    /* FB_ACT_RULE_ADD */
		bool panic; /* FB_ACT_PANIC: they are off */
		struct {
			char rule[FB_ALARM_NAME + 1], key[FB_ALARM_KEY + 1]; /* empty: all */
			uint32_t seconds;	 /* 0: it is told again */
		} silence;			 /* FB_ACT_ALERT_SILENCE */
		char sender[FB_ALARM_NAME + 1];	 /* FB_ACT_ALERT_TEST */
		struct fb_alert_edit alert_rule; /* FB_ACT_ALERT_RULE */
		struct {
			uint8_t kind; /* enum fb_judge_kind; FB_KIND_COUNT: any */
			uint8_t host[16], host_family, peer[16], peer_family; /* 0: any */
			uint32_t seconds;				      /* 0: for good */
		} incidents;		      /* FB_ACT_INCIDENT_HIDE */
		uint32_t silence_id;	      /* FB_ACT_INCIDENT_SHOW */
		struct fb_ruleimport *import; /* FB_ACT_RULE_IMPORT; counted */
		struct {
			uint32_t rule_id; /* 0: all, or, ... */
			uint32_t since_s; /* ... not 0: those made in the last seconds */
		}; /* FB_ACT_RULE_CONFIRM, FB_ACT_RULE_REMOVE, FB_ACT_RULE_EXPIRE */
		struct {
			uint64_t flow_id; /* FB_ACT_TEACH */
			bool deny;
			uint32_t id; /* FB_ACT_UNTEACH */
		} teaching;
		struct {
			uint8_t kind, scope; /* enum fb_judge_kind, fb_scope */
			uint32_t seconds;    /* that an act lasts; 0: it is off */
		} automation;		     /* FB_ACT_AUTOMATE */
		struct fb_person person;     /* FB_ACT_ERASE */
		struct {
			const struct fb_engine_opts *opts;
			const char *names; /* of what changes, "internal, closed-for" */
		} settings;		   /* FB_ACT_RELOAD */
	} target;
	struct fb_actor actor;
	bool dry_run; /* it was only looked at: put on record, and of rules checked */
	struct fb_act_shown shown;
	char reason[FB_ACT_REASON + 1]; /* as the actor gave it; may be empty */
};

/* Does it have a list of flows? */
static inline bool fb_act_is_many(const struct fb_act *act)
{
	return act->kind == FB_ACT_FORGET_MANY || act->kind == FB_ACT_KILL_MANY;
}
