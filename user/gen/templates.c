/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the build asks the tables of fields and of settings: a filter that puts what it makes of
 * them in the place of its marks, so that nobody writes them down a second time. Usage:
 * gen-templates <TEMPLATE >OUTPUT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/attach_opts.h"
#include "flow/fields.h"
#include "format/schema.h"
#include "util/fmt.h"

static void put_schema(struct fb_buf *out)
{
	struct fb_json json;

	fb_json_init(&json, out);
	fb_schema_write_flow(&json);
}

static void put_manual(struct fb_buf *out)
{
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		fb_buf_addf(out, ".TP\n.B %s\n%s%s%s%s.\n", fb_fields[i].name, fb_fields[i].help,
			    fb_fields[i].unit ? " (" : "",
			    fb_fields[i].unit ? fb_fields[i].unit : "",
			    fb_fields[i].unit ? ")" : "");
}

/* Inert for roff: a minus is one that can be searched for, and no line begins with a request. */
static void put_text(struct fb_buf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fb_buf_adds(out, "\\&");
	for (; *text; text++)
		if (*text == '-')
			fb_buf_adds(out, "\\-");
		else if (*text == '\\')
			fb_buf_adds(out, "\\e");
		else
			fb_buf_addc(out, *text);
}

static void put_range(struct fb_buf *out, const struct fb_opt *opt)
{
	char least[FB_FMT_STRLEN], most[FB_FMT_STRLEN];

	if (opt->type == FB_OPT_U32)
		fb_buf_addf(out, " From %llu to %llu.", (unsigned long long)opt->least,
			    (unsigned long long)opt->most);
	else if (opt->type == FB_OPT_SECONDS)
		fb_buf_addf(out, " From %s to %s.", fb_fmt_duration(opt->least * 1000, least),
			    fb_fmt_duration(opt->most * 1000, most));
}

static void put_settings(struct fb_buf *out)
{
	for (const struct fb_opt *opt = fb_attach_options; opt->name; opt++) {
		if (opt->where == FB_OPT_ARGS_ONLY)
			continue;
		fb_buf_adds(out, ".TP\n.BR ");
		put_text(out, opt->name);
		fb_buf_addf(out, " \" = \\fI%s\\fR\"\n", opt->arg ? opt->arg : "yes");
		put_text(out, opt->help);
		fb_buf_addc(out, '.');
		put_range(out, opt);
		fb_buf_adds(out, opt->live ? " SIGHUP changes it at once.\n" : "\n");
	}
}

static const struct {
	const char *mark;
	void (*put)(struct fb_buf *out);
} marks[] = {
	{"{\"$comment\": \"made of user/flow/fields.def\"}", put_schema},
	{".\\\" the fields, made of user/flow/fields.def\n", put_manual},
	{".\\\" the settings, made of user/cli/attach_opts.c\n", put_settings},
};

/* The first mark at or behind `at`; NULL: there is none. */
static const char *next_mark(const char *at, size_t *ret_mark)
{
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		const char *found = strstr(at, marks[i].mark);

		if (!found || (first && found > first))
			continue;
		first = found;
		*ret_mark = i;
	}
	return first;
}

static void read_all(struct fb_buf *in)
{
	char chunk[4096];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), stdin)))
		fb_buf_add(in, chunk, n);
	fb_buf_addc(in, '\0');
}

int main(void)
{
	_cleanup_buf_ struct fb_buf in = FB_BUF_INIT, out = FB_BUF_INIT;
	const char *at, *found;
	size_t mark = 0;

	read_all(&in);
	if (fb_buf_error(&in))
		return EXIT_FAILURE;
	for (at = in.data; (found = next_mark(at, &mark)); at = found + strlen(marks[mark].mark)) {
		fb_buf_add(&out, at, (size_t)(found - at));
		marks[mark].put(&out);
	}
	fb_buf_adds(&out, at);
	if (fb_buf_error(&out) || fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
