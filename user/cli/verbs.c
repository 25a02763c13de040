/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of verbs, and the help that it prints. */
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/verb.h"

#define COLUMN 20

/* clang-format off */
const struct fb_verb *const fb_verbs[] = {
	&fb_cmd_attach,
	&fb_cmd_login,
	&fb_cmd_user,
	&fb_cmd_page,
	&fb_cmd_detach,
	&fb_cmd_doctor,
	&fb_cmd_status,
	&fb_cmd_top,
	&fb_cmd_flows,
	&fb_cmd_devices,
	&fb_cmd_processes,
	&fb_cmd_listeners,
	&fb_cmd_fields,
	&fb_cmd_history,
	&fb_cmd_export,
	&fb_cmd_evidence,
	&fb_cmd_alerts,
	&fb_cmd_alert,
	&fb_cmd_incidents,
	&fb_cmd_incident,
	&fb_cmd_teach,
	&fb_cmd_judge,
	&fb_cmd_kill,
	&fb_cmd_block,
	&fb_cmd_limit,
	&fb_cmd_allow,
	&fb_cmd_rules,
	&fb_cmd_undo,
	&fb_cmd_panic,
	&fb_cmd_automation,
	&fb_cmd_audit,
	&fb_cmd_forget,
	&fb_cmd_replay,
	&fb_cmd_lists,
	&fb_cmd_fleet,
	&fb_cmd_hub,
	&fb_cmd_dump,
	&fb_cmd_help,
	&fb_cmd_version,
	NULL,
};
/* clang-format on */

/* By the first verb of each. */
static const struct {
	const struct fb_verb *first;
	const char *title;
} groups[] = {
	{&fb_cmd_attach, "Count and serve"},
	{&fb_cmd_status, "What is now"},
	{&fb_cmd_history, "What was"},
	{&fb_cmd_alerts, "What is wrong"},
	{&fb_cmd_kill, "Act"},
	{&fb_cmd_replay, "Files and fleets"},
	{&fb_cmd_help, "This program"},
};

const struct fb_verb *fb_verb_find(const char *name)
{
	for (const struct fb_verb *const *verb = fb_verbs; *verb; verb++)
		if (!strcmp((*verb)->name, name))
			return *verb;
	return NULL;
}

/* What is too wide for its column has a line of its own. */
static void print_verb(const struct fb_verb *verb)
{
	char left[100];

	snprintf(left, sizeof(left), "%s%s%s", verb->name, *verb->args ? " " : "", verb->args);
	if (strlen(left) > COLUMN)
		printf("  %s\n  %-*s %s\n", left, COLUMN, "", verb->summary);
	else
		printf("  %-*s %s\n", COLUMN, left, verb->summary);
}

static void print_verbs(void)
{
	size_t group = 0;

	printf("flowbpf shows every connection that crosses an interface, live.\n\n"
	       "usage: flowbpf VERB [OPTION...] [ARGUMENT...]\n");
	for (const struct fb_verb *const *verb = fb_verbs; *verb; verb++) {
		if (group < sizeof(groups) / sizeof(*groups) && *verb == groups[group].first)
			printf("\n%s\n", groups[group++].title);
		print_verb(*verb);
	}
	printf("\n\"flowbpf help VERB\" tells more. Start with: sudo flowbpf attach eth0\n");
}

void fb_verb_help(const struct fb_verb *verb)
{
	if (!verb) {
		print_verbs();
		return;
	}
	printf("usage: flowbpf %s [OPTION...]%s%s\n%s.\n\n", verb->name, *verb->args ? " " : "",
	       verb->args, verb->summary);
	fb_opts_help(verb->opts);
	if (verb->about)
		printf("\n%s", verb->about);
}
