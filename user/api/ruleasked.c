/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/acts.h"
#include "api/ruleasked.h"

#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "util/addr.h"

/* A prefix, or an expression that says more than "all". */
static void check_what(struct fb_jsonin *in, const char *what)
{
	_cleanup_filter_ struct fb_filter *filter = NULL;
	struct fb_filter_error error = {.detail = "is neither an address, a prefix nor a filter"};
	struct fb_cidr net;

	if (strlen(what) > FB_RULE_WHAT)
		fb_jsonin_fail(in, "what", "is longer than 500 bytes");
	else if (!what[strspn(what, " \t\r\n")])
		fb_jsonin_fail(in, "what", "is empty, which would match every flow");
	else if (strpbrk(what, "\t\r\n"))
		fb_jsonin_fail(in, "what", "must be one line");
	else if (fb_cidr_parse(what, &net) && fb_filter_compile(what, &filter, &error) < 0)
		fb_jsonin_fail(in, "what", error.detail);
}

static void take_time(struct fb_jsonin *in, struct fb_act *act)
{
	bool permanent = false;
	uint64_t seconds = FB_RULE_DEFAULT;
	const bool said = fb_jsonin_u64(in, "for", 1, FB_RULE_LONGEST, &seconds);

	fb_jsonin_bool(in, "permanent", &permanent);
	if (said && permanent)
		fb_jsonin_fail(in, "for", "and permanent exclude each other");
	act->target.rule.seconds = permanent ? 0 : (uint32_t)seconds;
}

static void take_rates(struct fb_jsonin *in, struct fb_act *act)
{
	const bool limits = act->target.rule.verb == FB_RULE_LIMIT;
	const char *per = "all";
	const bool up = fb_jsonin_u64(in, "rate_up", FB_RATE_LEAST, FB_RATE_MOST,
				      &act->target.rule.rate_up),
		   down = fb_jsonin_u64(in, "rate_down", FB_RATE_LEAST, FB_RATE_MOST,
					&act->target.rule.rate_down),
		   each = fb_jsonin_str(in, "per", &per);

	act->target.rule.per_host = !strcmp(per, "host");
	if (!act->target.rule.per_host && strcmp(per, "all") != 0)
		fb_jsonin_fail(in, "per", "must be host or all");
	if (limits && !up && !down)
		fb_jsonin_fail(in, "rate_down", "or rate_up is wanted: bits a second");
	if (!limits && (up || down || each))
		fb_jsonin_fail(in,
			       up     ? "rate_up"
			       : down ? "rate_down"
				      : "per",
			       "is for the verb limit alone");
}

static bool read_verb(const char *word, enum fb_rule_verb *ret_verb)
{
	for (unsigned int i = 0; i < FB_RULE_VERBS; i++)
		if (!strcmp(word, fb_rule_verb_name(i))) {
			*ret_verb = i;
			return true;
		}
	return false;
}

void fb_ruleasked_read(struct fb_jsonin *in, struct fb_act *act)
{
	const char *verb = fb_rule_verb_name(FB_RULE_BLOCK), *what = "";
	uint64_t confirm;

	fb_jsonin_str(in, "verb", &verb);
	if (!read_verb(verb, &act->target.rule.verb))
		fb_jsonin_fail(in, "verb", "must be block, allow or limit");
	take_rates(in, act);
	fb_jsonin_str(in, "what", &what);
	check_what(in, what);
	take_time(in, act);
	act->target.rule.careful = !fb_jsonin_u64(in, "confirm", 0, FB_RULE_CONFIRM_MOST, &confirm);
	if (!act->target.rule.careful)
		act->target.rule.confirm = (uint32_t)confirm;
	fb_act_read_reason(in, act->reason);
	snprintf(act->target.rule.what, sizeof(act->target.rule.what), "%s", what);
}
