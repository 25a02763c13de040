/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge (policy/judge.h) says of a flow, as the flow keeps it: made by the engine, through
 * table/; in a snapshot it never changes. What is odd about it, and why, stands in a side record
 * that most flows do not have. Constant words: any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, "name", "help"): in the order in which evidence is told. */
#define FB_JUDGE_KINDS(X)                                                                          \
	X(PROBE, "probe", "somebody outside tried a port here that never served anyone")           \
	X(SCAN, "scan", "many hosts, ports or pings of one source, most of them in vain")          \
	X(BRUTE, "brute", "logins tried again and again, by one source or by many alike")          \
	X(BEACON, "beacon", "connections of one pair at a regular beat")                           \
	X(FAILING, "failing", "a host here keeps trying a server that does not answer")            \
	X(FLOOD, "flood", "unanswered packets or connections by the hundred a second")             \
	X(AMPLIFICATION, "amplification", "large answers to small questions that were forged")     \
	X(PORT, "port", "no known service is on either side")                                      \
	X(NONAME, "noname", "a connection to a server whose name nobody asked for")                \
	X(UNEXPLAINED, "unexplained", "a server name that no DNS answer led to")                   \
	X(NEW, "new", "a server that this host never met before")                                  \
	X(LATERAL, "lateral", "one host here logs in to many others here")                         \
	X(EXFIL, "exfil", "much was sent out, and little came back")                               \
	X(FREQUENCY, "frequency", "a host opens many more connections than it used to")            \
	X(LONG, "long", "a connection that has lasted half a day")                                 \
	X(JA4, "ja4",                                                                              \
	  "a host has a new TLS fingerprint, to a server without a known name or port")            \
	X(DGA, "dga", "a host asks for names that programs make up, and that are not there")       \
	X(TUNNEL, "dnstunnel", "a host asks for many long names below one: data goes that way")    \
	X(LIST, "list", "an end, a name or a fingerprint is on a list")

enum fb_judge_kind {
#define X(id, name, help) FB_KIND_##id,
	FB_JUDGE_KINDS(X)
#undef X
		FB_KIND_COUNT
};

enum fb_judge_action { FB_JUDGE_ALLOW, FB_JUDGE_INSPECT, FB_JUDGE_DENY };

enum fb_risk_class { FB_RISK_LOW, FB_RISK_MEDIUM, FB_RISK_HIGH };

#define FB_RISK_MEDIUM_LEAST 25
#define FB_RISK_HIGH_LEAST   50

/* Why: a kind, which of its sentences (policy/sentences.c), and the numbers in that. */
struct fb_evidence {
	uint8_t kind; /* enum fb_judge_kind */
	uint8_t form; /* of the kind's sentences */
	uint8_t points;
	uint64_t n[2]; /* where a sentence has a range, that is in the second: 32 bits each */
};

struct fb_flow_evidence {
	bool shared; /* by all flows of which the same is said; it stays as long as the table */
	uint8_t n;
	struct fb_evidence item[]; /* one a kind at most, in the order of kinds */
};

/* How far the judge was told of a flow. */
enum fb_case { FB_CASE_NONE, FB_CASE_OPENED, FB_CASE_ANSWERED, FB_CASE_ENDED };

struct fb_flow_verdict {
	const struct fb_flow_evidence *evidence; /* NULL: none */
	uint32_t steps : 25;			 /* the second judge's facts: fb_learned_pack */
	uint32_t told : 2;	  /* enum fb_case; FB_CASE_NONE: all else says nothing */
	uint32_t asked : 1;	  /* the second judge was, and this is what it said: */
	uint32_t learned : 2;	  /* enum fb_judge_action */
	uint32_t abstains : 1;	  /* ... but that counts for nothing at present */
	uint32_t risk : 7;	  /* 0 .. 100 */
	uint32_t action : 2;	  /* enum fb_judge_action: what is served */
	uint32_t rules : 2;	  /* enum fb_judge_action: what the points say */
	uint32_t taught : 2;	  /* what the operator said: 1 + enum fb_judge_action; 0: nothing */
	uint32_t confidence : 10; /* of the second judge: 1/1000 */
};

_Static_assert(sizeof(struct fb_flow_verdict) == 16, "what each flow takes more");

static inline enum fb_risk_class fb_risk_class(unsigned int risk)
{
	return risk >= FB_RISK_HIGH_LEAST     ? FB_RISK_HIGH
	       : risk >= FB_RISK_MEDIUM_LEAST ? FB_RISK_MEDIUM
					      : FB_RISK_LOW;
}

/* "scan"; NULL out of range, as of those that follow. */
const char *fb_judge_kind_name(unsigned int kind);
const char *fb_judge_action_name(unsigned int action);
const char *fb_risk_class_name(unsigned int class);
/* What the second judge says: an action's, or "unsure" while it abstains. */
#define FB_LEARNED_UNSURE (FB_JUDGE_DENY + 1)
const char *fb_learned_word(unsigned int word);
