/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of sentences: %a and %b are the evidence's numbers, %l and
 * %h the halves of the second, %p is the server's port. */
#include "policy/sentences.h"

#include <stdio.h>
#include <string.h>

#include "util/fmt.h"

static const char *const helps[] = {
#define X(id, name, help) help,
	FB_JUDGE_KINDS(X)
#undef X
};

#define FORMS 6

static const char *const sentences[FB_KIND_COUNT][FORMS] = {
	[FB_KIND_PROBE] = {"port %p of this host never served anyone"},
	[FB_KIND_SCAN] = {"%a ports that serve nobody were tried here by this source",
			  "%a hosts did not take its connections to port %p, within %t",
			  "%a ports of that host did not take its connections, within %t",
			  "%a hosts were pinged and did not answer",
			  "its source was seen scanning %s ago"},
	[FB_KIND_BRUTE] = {"%a logins of the same size at port %p within minutes",
			   "%a logins of the same size at port %p within hours",
			   "logins of this very size came to port %p from %a sources or more",
			   "its source was seen guessing passwords %s ago"},
	[FB_KIND_BEACON] =
		{"connection %a of a regular beat (%b % sure), to a server with a name",
		 "connection %a of a regular beat (%b % sure), to a server without a name",
		 "connection %a of a regular beat (%b % sure), without a name, to a port of no service",
		 "try %a of a regular beat (%b % sure), to a server that mostly does not answer",
		 "connection %a of a regular beat (%b % sure), from outside",
		 "connection %a of a regular beat (%b % sure), among hosts here"},
	[FB_KIND_FAILING] = {"%a tries in vain, with less than an hour between them"},
	[FB_KIND_FLOOD] =
		{"%a flows with %b packets to that host unanswered within 10 s",
		 "%a packets without an answer in %b s",
		 "%a flows with %b packets of all sources to that host unanswered within 10 s"},
	[FB_KIND_AMPLIFICATION] =
		{"%a bytes of answers that nobody here asked for, within 10 s",
		 "%a bytes of answers to small questions of one source, within 10 s"},
	[FB_KIND_PORT] = {"no known service has port %p"},
	[FB_KIND_NONAME] = {"nobody asked for a name of this server"},
	[FB_KIND_UNEXPLAINED] = {"no DNS answer led to the name that was asked for"},
	[FB_KIND_NEW] = {"this host never met that server before"},
	[FB_KIND_LATERAL] =
		{"this host went to %a others here on ports of administration within 10 minutes"},
	[FB_KIND_EXFIL] =
		{"%a bytes went out, %b came back; what is usual of this host is still learned",
		 "%a bytes of this host went out within the hour, usual at this hour "
		 "is %l to %h MB"},
	[FB_KIND_FREQUENCY] =
		{"%a connections of this host in a minute, lately %b; what is usual at this hour is still "
		 "learned",
		 "%a connections of this host in a minute, usual at this hour is %l to %h"},
	[FB_KIND_LONG] = {"it has lasted %a hours"},
	[FB_KIND_JA4] = {"this host never showed that TLS fingerprint before"},
	[FB_KIND_DGA] = {"%a names that look made up are not there, asked for within 10 minutes"},
	[FB_KIND_TUNNEL] = {"%a long names or more below one were asked for"},
	[FB_KIND_LIST] = {"an end, a name or a fingerprint of it is on a list"},
};

const char *fb_judge_kind_help(unsigned int kind)
{
	return kind < FB_KIND_COUNT ? helps[kind] : NULL;
}

int fb_judge_kind_of(const char *name)
{
	for (int kind = 0; kind < FB_KIND_COUNT; kind++)
		if (!strcmp(fb_judge_kind_name((unsigned int)kind), name))
			return kind;
	return -1;
}

/* What stands for one letter of a sentence; NULL: the letter itself. */
static const char *value_of(char letter, const struct fb_evidence *evidence,
			    const struct fb_judged *flow, char text[static FB_FMT_STRLEN])
{
	switch (letter) {
	case 'a':
	case 'b':
		return fb_fmt_count(evidence->n[letter - 'a'], text);
	case 'l':
		return fb_fmt_count(evidence->n[1] >> 32, text);
	case 'h':
		return fb_fmt_count(evidence->n[1] & UINT32_MAX, text);
	case 's':
	case 't': /* they are whole seconds, so less than one is "1s" */
		return fb_fmt_duration((evidence->n[letter - 's'] ?: 1) * 1000, text);
	case 'p':
		snprintf(text, FB_FMT_STRLEN, "%u", flow->dport);
		return text;
	default:
		return NULL;
	}
}

const char *fb_evidence_text(const struct fb_evidence *evidence, const struct fb_judged *flow,
			     char buf[static FB_SENTENCE_LEN])
{
	const char *from = sentences[evidence->kind][evidence->form];
	char text[FB_FMT_STRLEN];
	size_t n = 0;

	for (; *from && n + FB_FMT_STRLEN < FB_SENTENCE_LEN; from++) {
		const char *value = *from == '%' ? value_of(from[1], evidence, flow, text) : NULL;

		if (value) {
			n += (size_t)snprintf(buf + n, FB_SENTENCE_LEN - n, "%s", value);
			from++;
		} else {
			buf[n++] = *from;
		}
	}
	buf[n] = 0;
	return buf;
}

static void write_second(struct fb_json *json, const struct fb_judgement *judgement)
{
	const struct fb_learned_opinion *second = &judgement->second;
	char text[FB_LEARNED_TEXT_LEN];

	fb_json_kv_str(json, "learned", fb_judge_action_name(second->action));
	fb_json_kv_bool(json, "agree", second->action == judgement->rules);
	fb_json_kv_bool(json, "abstains", judgement->abstains);
	fb_json_key(json, "confidence");
	fb_json_decimal(json, second->confidence, 3);
	fb_json_kv_array(json, "cells");
	for (unsigned int i = 0; i < FB_LEARNED_SHOWN; i++)
		fb_json_str(json, fb_learned_text(&second->shown[i], text));
	fb_json_end(json, ']');
}

void fb_judgement_write(struct fb_json *json, const struct fb_judgement *judgement,
			const struct fb_judged *flow)
{
	char text[FB_SENTENCE_LEN];

	fb_json_object(json);
	fb_json_kv_u64(json, "risk", judgement->risk);
	fb_json_kv_str(json, "class", fb_risk_class_name(judgement->class));
	fb_json_kv_str(json, "action", fb_judge_action_name(judgement->action));
	fb_json_kv_str(json, "rules", fb_judge_action_name(judgement->rules));
	if (judgement->asked)
		write_second(json, judgement);
	if (judgement->taught)
		fb_json_kv_str(json, "taught", fb_judge_action_name(judgement->taught - 1));
	fb_json_kv_array(json, "evidence");
	for (unsigned int i = 0; i < judgement->n; i++) {
		const struct fb_evidence *evidence = &judgement->evidence[i];

		fb_json_object(json);
		fb_json_kv_str(json, "kind", fb_judge_kind_name(evidence->kind));
		fb_json_kv_u64(json, "points", evidence->points);
		fb_json_kv_str(json, "why", fb_evidence_text(evidence, flow, text));
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}
