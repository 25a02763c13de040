/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of verbs, and the help that it prints. */
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/verb.h"

const struct fb_verb *const fb_verbs[] = {
	&fb_cmd_attach,
	&fb_cmd_login,
	&fb_cmd_status,
	&fb_cmd_top,
	&fb_cmd_flows,
	&fb_cmd_history,
	&fb_cmd_export,
	&fb_cmd_evidence,
	&fb_cmd_devices,
	&fb_cmd_processes,
	&fb_cmd_listeners,
	&fb_cmd_fields,
	&fb_cmd_lists,
	&fb_cmd_kill,
	&fb_cmd_block,
	&fb_cmd_limit,
	&fb_cmd_allow,
	&fb_cmd_rules,
	&fb_cmd_undo,
	&fb_cmd_panic,
	&fb_cmd_forget,
	&fb_cmd_teach,
	&fb_cmd_alerts,
	&fb_cmd_alert,
	&fb_cmd_incidents,
	&fb_cmd_incident,
	&fb_cmd_automation,
	&fb_cmd_audit,
	&fb_cmd_detach,
	&fb_cmd_replay,
	&fb_cmd_judge,
	&fb_cmd_fleet,
	&fb_cmd_dump,
	&fb_cmd_doctor,
	&fb_cmd_help,
	&fb_cmd_version,
	NULL,
};

const struct fb_verb *fb_verb_find(const char *name)
{
	for (const struct fb_verb *const *verb = fb_verbs; *verb; verb++)
		if (!strcmp((*verb)->name, name))
			return *verb;
	return NULL;
}

void fb_verb_help(const struct fb_verb *verb)
{
	if (!verb) {
		printf("flowbpf shows every connection that crosses an interface, live.\n\n"
		       "usage: flowbpf VERB [OPTION...] [ARGUMENT...]\n\n");
		for (const struct fb_verb *const *v = fb_verbs; *v; v++) {
			char left[64];

			snprintf(left, sizeof(left), "%s%s%s", (*v)->name, *(*v)->args ? " " : "",
				 (*v)->args);
			printf("  %-20s %s\n", left, (*v)->summary);
		}
		printf("\n\"flowbpf help VERB\" tells more. Start with: sudo flowbpf attach eth0\n");
		return;
	}
	printf("usage: flowbpf %s [OPTION...]%s%s\n%s.\n\n", verb->name, *verb->args ? " " : "",
	       verb->args, verb->summary);
	fb_opts_help(verb->opts);
	if (verb->about)
		printf("\n%s", verb->about);
}
