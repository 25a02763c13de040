/* SPDX-License-Identifier: BSD-2-Clause */
/* What top ends and blocks; see top.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/forget_many.h"
#include "cli/rulelook.h"
#include "tui/top.h"
#include "util/cleanup.h"
#include "util/json.h"

__attribute__((format(printf, 2, 3))) static void say(struct fb_top *top, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(top->act.said, sizeof(top->act.said), fmt, args);
	va_end(args);
	top->act.step = FB_TOP_IDLE;
}

static void post(struct fb_top *top, const char *path, const char *const texts[], size_t n)
{
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT, body = FB_BUF_INIT;
	struct fb_json json;

	fb_buf_adds(&target, path);
	fb_json_init(&json, &body);
	if (n)
		fb_json_object(&json);
	for (size_t i = 0; i < n; i += 2)
		fb_json_kv_str(&json, texts[i], texts[i + 1]);
	if (n)
		fb_json_end(&json, '}');
	if (fb_asker_post(top->asker, FB_ASK_ACT, &target, &body, ++top->act_number))
		say(top, "out of memory");
}

#define POST(top, path, ...)                                                                       \
	post(top, path, (const char *const[]){__VA_ARGS__},                                        \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void begin(struct fb_top *top, bool rule)
{
	fb_itemlist_drop(&top->act.preview);
	top->act = (struct fb_top_act){.step = FB_TOP_LOOKING, .rule = rule};
	top->mode = FB_TOP_CONFIRMING;
}

/* A row that changes its place meanwhile stays the one that is meant. */
static const struct fb_jsontree *row_of(struct fb_top *top)
{
	const struct fb_view_face *face = fb_top_face(top);

	if (top->act.step == FB_TOP_DOING || top->act.step == FB_TOP_KEEPING)
		return NULL; /* what comes of it is told first */
	if (!face->of_flows || !fb_itemlist_at(&top->list)) {
		say(top, "choose a flow, or a group of them");
		return NULL;
	}
	fb_itemlist_move(&top->list, 0);
	return fb_itemlist_at(&top->list);
}

/* The flows of a row: of a group those that the filter matches, too. */
static void write_filter(const struct fb_top *top, const struct fb_jsontree *item,
			 struct fb_buf *filter)
{
	const struct fb_view_face *face = fb_top_face(top);
	const char *key = fb_jsontree_str(fb_jsontree_member(item, face->key));

	if (face->group_by && *top->filter)
		fb_buf_addf(filter, "(%s) and ", top->filter);
	fb_top_term(filter, face->group_by ? face->group_by : face->key, key);
	fb_buf_addc(filter, '\0');
}

void fb_top_begin_kill(struct fb_top *top)
{
	const struct fb_jsontree *item = row_of(top);
	_cleanup_buf_ struct fb_buf filter = FB_BUF_INIT;

	if (!item)
		return;
	write_filter(top, item, &filter);
	if (fb_buf_error(&filter))
		return;
	begin(top, false);
	POST(top, "/api/v1/acts/preview", "verb", "kill", "filter", filter.data);
}

/* The server of a connection; the address of a group, or else its term. */
void fb_top_begin_block(struct fb_top *top)
{
	const struct fb_view_face *face = fb_top_face(top);
	const struct fb_jsontree *item = row_of(top);
	_cleanup_buf_ struct fb_buf what = FB_BUF_INIT;
	const char *key;

	if (!item)
		return;
	key = fb_jsontree_str(fb_jsontree_member(item, face->key));
	if (!face->group_by)
		fb_buf_adds(&what, fb_jsontree_str(fb_jsontree_member(item, "dst.ip")));
	else if (strstr(face->group_by, ".ip"))
		fb_buf_adds(&what, key);
	else
		fb_top_term(&what, face->group_by, key);
	fb_buf_addc(&what, '\0');
	if (fb_buf_error(&what))
		return;
	fb_prompt_set(&top->prompt, what.data);
	top->act.said[0] = '\0';
	top->mode = FB_TOP_NAMING;
}

void fb_top_look_at_block(struct fb_top *top)
{
	begin(top, true);
	POST(top, "/api/v1/acts/preview", "act", "rule", "verb", "block", "what", top->prompt.text);
}

/* Those that were shown, and no others; without a token there is nothing to do. */
void fb_top_do(struct fb_top *top)
{
	const char *token = fb_jsontree_str(fb_jsontree_get(top->act.preview, "token"));

	if (top->act.step != FB_TOP_SHOWN || !*token)
		return;
	top->act.step = FB_TOP_DOING;
	POST(top, "/api/v1/acts", "token", token);
}

void fb_top_keep_rule(struct fb_top *top)
{
	char path[64];

	if (!top->act.made || top->act.step != FB_TOP_IDLE)
		return;
	snprintf(path, sizeof(path), "/api/v1/rules/%" PRIu64 "/confirm", top->act.made);
	top->act.step = FB_TOP_KEEPING;
	post(top, path, NULL, 0);
}

/* What is being done is not left by leaving. */
void fb_top_leave_act(struct fb_top *top)
{
	top->mode = FB_TOP_TABLE;
	if (top->act.step != FB_TOP_DOING)
		top->act.step = FB_TOP_IDLE;
}

/* --- what came -------------------------------------------------------------------------------- */

static void take_rule(struct fb_top *top, const struct fb_jsontree *made)
{
	const uint64_t confirm = fb_jsontree_u64(fb_jsontree_get(made, "confirm"));

	top->act.made = fb_jsontree_u64(fb_jsontree_get(made, "id"));
	if (confirm)
		say(top, "rule %" PRIu64 " is in force for %" PRIu64 " s: K keeps it for its hour",
		    top->act.made, confirm);
	else
		say(top,
		    "rule %" PRIu64 " is in force for an hour: \"flowbpf undo %" PRIu64
		    "\" takes it back",
		    top->act.made, top->act.made);
}

static void take_kill(struct fb_top *top, const struct fb_jsontree *state)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	if (fb_jsontree_is_true(fb_jsontree_get(state, "running"))) {
		say(top, "they are being ended");
		return;
	}
	fb_forget_write_end(&text, state, true);
	if (!fb_buf_error(&text))
		say(top, "%.*s", (int)text.len - 1, text.data);
}

static void take_done(struct fb_top *top, const struct fb_jsontree *answer)
{
	if (top->mode == FB_TOP_CONFIRMING)
		top->mode = FB_TOP_TABLE;
	if (top->act.rule)
		take_rule(top, answer);
	else
		take_kill(top, answer);
}

void fb_top_take_act(struct fb_top *top, struct fb_answer *answer)
{
	struct fb_top_act *act = &top->act;

	if (act->step == FB_TOP_IDLE || answer->number != top->act_number)
		return; /* it was left, maybe for another one */
	if (answer->error) {
		if (top->mode == FB_TOP_CONFIRMING)
			top->mode = FB_TOP_TABLE;
		say(top, "%.*s", (int)sizeof(act->said) - 1, answer->why.text);
	} else if (act->step == FB_TOP_LOOKING) {
		act->preview = TAKE_PTR(answer->tree);
		act->step = FB_TOP_SHOWN;
	} else if (act->step == FB_TOP_KEEPING) {
		say(top, "rule %" PRIu64 " stays", act->made);
	} else {
		take_done(top, answer->tree);
	}
}

/* --- as lines --------------------------------------------------------------------------------- */

static void add_lines(struct fb_grid *grid, const struct fb_buf *text)
{
	const char *line = text->data, *end;

	for (; line && (end = memchr(line, '\n', text->len - (size_t)(line - text->data)));
	     line = end + 1)
		fb_grid_cell(grid, FB_TEXT_PLAIN, line, (size_t)(end - line));
}

static void add_example(struct fb_grid *grid, const struct fb_jsontree *flow)
{
	char line[300];

	snprintf(line, sizeof(line), "  %.48s:%" PRIu64 " > %.48s:%" PRIu64 "  %.150s",
		 fb_jsontree_str(fb_jsontree_get(flow, "src.ip")),
		 fb_jsontree_u64(fb_jsontree_get(flow, "src.port")),
		 fb_jsontree_str(fb_jsontree_get(flow, "dst.ip")),
		 fb_jsontree_u64(fb_jsontree_get(flow, "dst.port")),
		 fb_jsontree_str(fb_jsontree_get(flow, "dst.host")));
	fb_grid_cells(grid, FB_TEXT_DIM, line);
}

static const char *question(const struct fb_top_act *act)
{
	const bool may = *fb_jsontree_str(fb_jsontree_get(act->preview, "token"));

	if (act->step == FB_TOP_DOING)
		return "...";
	if (!may)
		return "there is nothing to be done";
	return act->rule ? "y blocks it for an hour, each other key leaves it"
			 : "y ends them, each other key leaves them";
}

void fb_top_write_act(const struct fb_top *top, struct fb_grid *grid)
{
	const struct fb_top_act *act = &top->act;
	const struct fb_jsontree *one =
		fb_jsontree_first(fb_jsontree_get(act->preview, act->rule ? "examples" : "sample"));
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	fb_grid_column(grid, "", false, 0);
	fb_grid_cells(grid, FB_TEXT_BOLD, act->rule ? "Block" : "End connections");
	if (!act->preview) {
		fb_grid_cells(grid, FB_TEXT_DIM, "asking what it would be ...");
		return;
	}
	fb_grid_cells(
		grid, FB_TEXT_PLAIN,
		fb_jsontree_str(fb_jsontree_get(act->preview, act->rule ? "what" : "target")));
	for (; one; one = fb_jsontree_next(one))
		add_example(grid, one);
	if (act->rule)
		fb_rulelook_write(&text, act->preview);
	else
		fb_forget_write_preview(&text, act->preview, true);
	if (!fb_buf_error(&text))
		add_lines(grid, &text);
	fb_grid_cells(grid, FB_TEXT_WARN, question(act));
}
