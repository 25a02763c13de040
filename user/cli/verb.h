/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A verb of the command line: one file each, listed once in verbs.c. The table is also the usage
 * text, and tests hold the manual page, the completion and the README against it.
 */
#pragma once

#include <stddef.h>

struct fb_opt;

enum fb_exit {
	FB_EXIT_DONE = 0,
	FB_EXIT_FAILED = 1,
	FB_EXIT_USAGE = 2,
};

#define FB_DEFAULT_SOCKET "/run/flowbpf/flowbpf.sock"

/* The first option of every verb that talks to the daemon. */
#define FB_OPT_SOCKET(type_)                                                                       \
	{.name = "socket",                                                                         \
	 .arg = "PATH",                                                                            \
	 .type = FB_OPT_FILE,                                                                      \
	 .offset = offsetof(type_, socket),                                                        \
	 .help = "unix socket of the daemon (" FB_DEFAULT_SOCKET ")"}

struct fb_verb {
	const char *name;
	const char *args;    /* arguments as the help shows them, "" for none */
	const char *summary; /* one line */
	const char *about;   /* what the help of the verb adds: paragraphs, examples; or NULL */

	const struct fb_opt *opts; /* ends with a NULL name */
	size_t opts_size;	   /* of the struct that the options fill */
	const void *defaults;	   /* such a struct, or NULL for zeroes */
	unsigned int min_args, max_args;

	/* `opts` is filled and checked; `args` are the n arguments. Returns enum fb_exit. */
	int (*run)(void *opts, char *const *args, unsigned int n);
};

extern const struct fb_verb fb_cmd_alert, fb_cmd_alerts, fb_cmd_incident, fb_cmd_incidents,
	fb_cmd_automation, fb_cmd_allow, fb_cmd_attach, fb_cmd_audit, fb_cmd_block, fb_cmd_detach,
	fb_cmd_devices, fb_cmd_doctor, fb_cmd_dump, fb_cmd_evidence, fb_cmd_export, fb_cmd_fields,
	fb_cmd_fleet, fb_cmd_flows, fb_cmd_forget, fb_cmd_help, fb_cmd_history, fb_cmd_hub,
	fb_cmd_judge, fb_cmd_kill, fb_cmd_limit, fb_cmd_listeners, fb_cmd_lists, fb_cmd_login,
	fb_cmd_page, fb_cmd_panic, fb_cmd_processes, fb_cmd_replay, fb_cmd_rules, fb_cmd_status,
	fb_cmd_teach, fb_cmd_top, fb_cmd_undo, fb_cmd_user, fb_cmd_version;

extern const struct fb_verb *const fb_verbs[]; /* ends with NULL */

/* NULL if there is none. */
const struct fb_verb *fb_verb_find(const char *name);

/* The help of one verb, or with NULL the list of all, to stdout. */
void fb_verb_help(const struct fb_verb *verb);

/* One inert line "flowbpf: ..." on stderr; returns `code`: return fb_fail(FB_EXIT_USAGE, "..."). */
int fb_fail(enum fb_exit code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
