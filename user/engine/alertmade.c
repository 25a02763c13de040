/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/alertmade.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/log.h"

#define HEADER "flowbpf alert rules 1\n"

static const struct fb_statefile file_is = {.name = "alert.rules",
					    .about = "the rules of alerts that were made"};

const char *fb_alert_edit_name(enum fb_alert_edit_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [FB_ALERT_EDIT_##id] = name,
		FB_ALERT_EDITS(X)
#undef X
	};

	return names[kind];
}

/* --- texts ------------------------------------------------------------------------------------ */

int fb_alert_texts_copy(const char *const *items, unsigned int n, struct fb_alert_texts *ret_texts)
{
	*ret_texts = (struct fb_alert_texts){.items = calloc(n + 1, sizeof(char *))};
	if (!ret_texts->items)
		return -ENOMEM;
	for (; ret_texts->n < n; ret_texts->n++) {
		ret_texts->items[ret_texts->n] = strdup(items[ret_texts->n]);
		if (ret_texts->items[ret_texts->n])
			continue;
		fb_alert_texts_fini(ret_texts);
		return -ENOMEM;
	}
	return 0;
}

void fb_alert_texts_fini(struct fb_alert_texts *texts)
{
	for (unsigned int i = 0; i < texts->n; i++)
		free(texts->items[i]);
	free(TAKE_PTR(texts->items));
	texts->n = 0;
}

/* --- the file --------------------------------------------------------------------------------- */

int fb_alertmade_init(struct fb_alertmade *made)
{
	*made = (struct fb_alertmade){.folder = -1, .file = file_is};
	made->list = calloc(FB_ALERT_MADE_MOST, sizeof(*made->list));
	return made->list ? 0 : -ENOMEM;
}

/* To be freed; NULL: memory is short. */
static char *text_of(const struct fb_alertmade *made, size_t *ret_len)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	fb_buf_adds(&buf, HEADER);
	for (unsigned int i = 0; i < made->n; i++)
		fb_buf_addf(&buf, "%s\t%s\t%s\n", made->list[i].name,
			    made->list[i].off ? "off" : "on", made->list[i].text);
	fb_buf_addf(&buf, "end %u\n", made->n);
	return fb_buf_error(&buf) ? NULL : fb_buf_take(&buf, ret_len);
}

void fb_alertmade_tick(struct fb_alertmade *made)
{
	size_t len;
	char *text;

	if (made->folder < 0 || !fb_statefile_is_ready(&made->file, false, &made->unsaved) ||
	    !made->unsaved)
		return;
	text = text_of(made, &len);
	if (text && fb_statefile_write(&made->file, made->folder, text, len) == 0)
		made->unsaved = false;
}

void fb_alertmade_fini(struct fb_alertmade *made)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	made->unsaved |= fb_statefile_finish(&made->file) < 0;
	if (made->unsaved && made->folder >= 0)
		text = text_of(made, &len);
	if (text)
		fb_statefile_replace(&made->file, made->folder, text, len);
	fb_alert_texts_fini(&made->config);
	free(TAKE_PTR(made->list));
}

/* "NAME\ton\tTEXT" */
static bool take_line(void *ctx, char *line)
{
	struct fb_alertmade *made = ctx;
	const char *name = strsep(&line, "\t"), *state = strsep(&line, "\t");
	struct fb_alert_made *one = &made->list[made->n];

	if (!line || made->n == FB_ALERT_MADE_MOST || !fb_alarm_is_name(name, strlen(name)) ||
	    strlen(line) > FB_ALERT_RULE_TEXT)
		return false;
	*one = (struct fb_alert_made){.off = !strcmp(state, "off")};
	snprintf(one->name, sizeof(one->name), "%s", name);
	snprintf(one->text, sizeof(one->text), "%s", line);
	if (!one->off && !*one->text)
		return false;
	made->n++;
	return true;
}

void fb_alertmade_load(struct fb_alertmade *made, int folder)
{
	struct fb_why why = {""};
	int r;

	made->folder = folder;
	if (folder < 0)
		return;
	r = fb_statefile_load(&made->file, folder, HEADER, take_line, made, &why);
	if (r < 0 && r != -ENOENT)
		fb_warn("alert", "%s", why.text);
}

/* --- edits ------------------------------------------------------------------------------------ */

int fb_alertmade_rules(const struct fb_alertmade *made, struct fb_alert_rules *ret_rules,
		       struct fb_why *why)
{
	const int r = fb_alert_rules_read((const char *const *)made->config.items, made->config.n,
					  ret_rules, why);

	if (r == 0)
		fb_alert_rules_add_made(ret_rules, made->list, made->n);
	return r;
}

static struct fb_alert_made *find(const struct fb_alertmade *made, const char *name)
{
	for (unsigned int i = 0; i < made->n; i++)
		if (!strcmp(made->list[i].name, name))
			return &made->list[i];
	return NULL;
}

static int append(struct fb_alertmade *made, const struct fb_alert_edit *edit)
{
	struct fb_alert_made *one = &made->list[made->n];

	if (made->n == FB_ALERT_MADE_MOST)
		return -ENOSPC;
	*one = (struct fb_alert_made){.off = edit->kind == FB_ALERT_EDIT_OFF};
	memcpy(one->name, edit->name, sizeof(one->name));
	memcpy(one->text, edit->text, sizeof(one->text));
	made->n++;
	return 0;
}

static int drop(struct fb_alertmade *made, struct fb_alert_made *one)
{
	const size_t behind = (size_t)(made->list + --made->n - one);

	memmove(one, one + 1, behind * sizeof(*one));
	return 0;
}

/* One that is there, maybe as a ready one that is off. */
static int change(struct fb_alertmade *made, struct fb_alert_made *one,
		  const struct fb_alert_edit *edit)
{
	switch (edit->kind) {
	case FB_ALERT_EDIT_ADD:
		return -EEXIST;
	case FB_ALERT_EDIT_CHANGE:
		one->off &= *one->text != '\0';
		memcpy(one->text, edit->text, sizeof(one->text));
		return 0;
	case FB_ALERT_EDIT_REMOVE:
		return *one->text ? drop(made, one) : -ENOTUNIQ;
	case FB_ALERT_EDIT_ON:
		one->off = false;
		return *one->text ? 0 : drop(made, one);
	default:
		one->off = true;
		return 0;
	}
}

/* One that nobody touched so far. */
static int begin(struct fb_alertmade *made, const struct fb_alert_edit *edit)
{
	const bool is_ready = fb_alert_is_ready(edit->name);

	switch (edit->kind) {
	case FB_ALERT_EDIT_ADD:
		return is_ready ? -EEXIST : append(made, edit);
	case FB_ALERT_EDIT_REMOVE:
		return is_ready ? -ENOTUNIQ : -ENODATA;
	case FB_ALERT_EDIT_ON:
		return is_ready ? 0 : -ENODATA;
	default:
		return is_ready ? append(made, edit) : -ENODATA;
	}
}

static bool is_of_config(const struct fb_alert_rules *rules, const char *name)
{
	const struct fb_alert_rule *rule = fb_alert_rules_find(rules, name);
	const struct fb_alert_off *off = fb_alert_rules_find_off(rules, name);

	return (rule && rule->source == FB_ALERT_CONFIG) || (off && off->by == FB_ALERT_CONFIG);
}

static int apply(struct fb_alertmade *made, const struct fb_alert_edit *edit,
		 const struct fb_alert_rules *before)
{
	struct fb_alert_made *one = find(made, edit->name);

	if (is_of_config(before, edit->name) && (!one || edit->kind != FB_ALERT_EDIT_REMOVE))
		return -EROFS;
	return one ? change(made, one, edit) : begin(made, edit);
}

/* What was in force, and would not be any more without having been asked for. */
static int check(const struct fb_alert_edit *edit, const struct fb_alert_rules *before,
		 const struct fb_alert_rules *after)
{
	for (unsigned int i = 0; i < after->n_off; i++) {
		const struct fb_alert_off *off = &after->off[i];
		const struct fb_alert_off *was = fb_alert_rules_find_off(before, off->name);
		const bool same = !strcmp(off->name, edit->name);

		if (off->error && (same || !was || !was->error))
			return same ? off->error : -EMLINK;
	}
	return edit->kind == FB_ALERT_EDIT_OFF && fb_alert_rules_find(after, edit->name) ? -EMLINK
											 : 0;
}

/* A copy of the list is edited, and takes its place where all is well. */
int fb_alertmade_edit(struct fb_alertmade *made, const struct fb_alert_edit *edit)
{
	_cleanup_free_ struct fb_alert_rules *before = calloc(1, sizeof(*before));
	_cleanup_free_ struct fb_alert_rules *after = calloc(1, sizeof(*after));
	_cleanup_free_ struct fb_alert_made *list =
		calloc(FB_ALERT_MADE_MOST, sizeof(struct fb_alert_made));
	struct fb_alertmade copy = {.config = made->config, .list = list, .n = made->n};
	int r;

	if (!before || !after || !list)
		return -ENOMEM;
	memcpy(list, made->list, made->n * sizeof(*list));
	r = fb_alertmade_rules(made, before, NULL);
	if (r == 0)
		r = apply(&copy, edit, before);
	if (r == 0)
		r = fb_alertmade_rules(&copy, after, NULL);
	if (r == 0)
		r = check(edit, before, after);
	fb_alert_rules_fini(before);
	fb_alert_rules_fini(after);
	if (r < 0)
		return r;
	free(made->list);
	made->list = TAKE_PTR(list);
	made->n = copy.n;
	made->unsaved = true;
	return 0;
}
