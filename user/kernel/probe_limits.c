/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `flowbpf limit` is made of. It is not tried: that would load modules, and of ifb come
 * devices that stay. What is in the kernel has its symbols there; what can be loaded stands in
 * modules.dep.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/probe_priv.h"
#include "util/cleanup.h"

#define PARTS 4

static const struct {
	const char *module, *symbol;
} parts[PARTS] = {
	{"ifb", "ifb_xmit"},
	{"sch_htb", "htb_enqueue"},
	{"cls_bpf", "cls_bpf_classify"},
	{"act_mirred", "tcf_mirred_act"},
};

/* Lines of a file in which what `name` says of a part stands as a word. False: it is not there. */
static bool look_through(const char *path, const char *(*name)(unsigned int part, char text[64]),
			 bool found[static PARTS])
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	char text[64];

	while (file && getline(&line, &size, file) > 0)
		for (unsigned int i = 0; i < PARTS; i++)
			found[i] |= strstr(line, name(i, text)) != NULL;
	return file;
}

static const char *as_symbol(unsigned int part, char text[64])
{
	snprintf(text, 64, " %s", parts[part].symbol);
	return text;
}

static const char *as_file(unsigned int part, char text[64])
{
	snprintf(text, 64, "/%s.ko", parts[part].module);
	return text;
}

static bool are_locked(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/modules_disabled", "re");

	return file && fgetc(file) == '1';
}

/* "ifb, cls_bpf" */
static void list_without(const bool found[static PARTS], char *text, size_t size)
{
	size_t len = 0;

	for (unsigned int i = 0; i < PARTS; i++)
		if (!found[i] && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "",
						parts[i].module);
}

static void lacks(struct fb_probe *probe, const bool there[static PARTS], const char *machine)
{
	const char *arch = !strcmp(machine, "x86_64")	 ? "amd64"
			   : !strcmp(machine, "aarch64") ? "arm64"
							 : machine;
	char names[64];

	list_without(there, names, sizeof(names));
	snprintf(probe->value, sizeof(probe->value), "without %s", names);
	snprintf(probe->fix, sizeof(probe->fix), "apt install linux-image-%.20s", arch);
	fb_probe_set(probe, FB_PROBE_WARN, NULL,
		     "\"flowbpf limit\" does not work on this kernel; all else does", probe->fix);
}

void fb_check_limits(struct fb_probe *probe, const char *ifname)
{
	bool loaded[PARTS] = {false}, there[PARTS];
	bool now = true, ever = true;
	struct utsname kernel;
	char path[128];

	(void)ifname;
	if (uname(&kernel) < 0 || !look_through("/proc/kallsyms", as_symbol, loaded)) {
		fb_probe_set(probe, FB_PROBE_INFO, "not known",
			     "the kernel does not tell what it has of limits", "");
		return;
	}
	memcpy(there, loaded, sizeof(there));
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", kernel.release);
	look_through(path, as_file, there);
	for (unsigned int i = 0; i < PARTS; i++) {
		now &= loaded[i];
		ever &= there[i];
	}
	if (!ever)
		lacks(probe, there, kernel.machine);
	else if (now)
		fb_probe_set(probe, FB_PROBE_OK, "ifb, htb, cls_bpf, mirred",
			     "\"flowbpf limit\" works", "");
	else if (are_locked())
		fb_probe_set(probe, FB_PROBE_WARN, "locked",
			     "\"flowbpf limit\" needs modules that cannot be loaded until a "
			     "restart",
			     "printf '%s\\n' ifb sch_htb cls_bpf act_mirred "
			     ">/etc/modules-load.d/flowbpf.conf");
	else
		fb_probe_set(probe, FB_PROBE_OK, "can be loaded",
			     "\"flowbpf limit\" works: the first one loads the modules", "");
}
