/* SPDX-License-Identifier: BSD-2-Clause */
/* What top asks the API, and what it makes of the answers; see top.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "flow/fields.h"
#include "tui/top.h"
#include "util/cleanup.h"

#define LIMIT_MOST 1000 /* of the API */
#define SLOW_TICKS 5	/* what changes seldom is asked so often */

const char *const fb_top_lives[3] = {"live", "closed", "both"};

unsigned int fb_top_sort(const struct fb_top *top, bool *ret_descending)
{
	const struct fb_top_order *order = &top->order[top->view][top->face[top->view]];

	*ret_descending = !order->ascending;
	return order->chosen ? order->sort : fb_top_face(top)->sort;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void add_fields(const struct fb_view_face *face, struct fb_buf *target)
{
	fb_buf_addf(target, "&fields=%s", face->key);
	if (!face->group_by)
		fb_buf_addf(target, ",%s", fb_fields[FB_FIELD_closed].name);
	for (unsigned int i = 0; i < face->n_columns; i++) {
		const struct fb_view_column *column = &face->columns[i];

		if (strcmp(column->path, face->key) != 0)
			fb_buf_addf(target, ",%s", column->path);
		if (column->beside)
			fb_buf_addf(target, ",%s", column->beside);
	}
}

/* The path and parameters that ask for the rows of the face. */
static void add_target(const struct fb_top *top, unsigned int limit, struct fb_buf *target)
{
	const struct fb_view_face *face = fb_top_face(top);
	bool descending;
	const unsigned int sort = fb_top_sort(top, &descending);

	fb_buf_adds(target, face->path);
	if (!face->of_flows)
		return;
	fb_buf_addf(target, "?limit=%u&live=%s&sort=%s%s,%s", limit, fb_top_lives[top->live],
		    descending ? "-" : "",
		    sort < face->n_columns ? face->columns[sort].path
					   : fb_fields[FB_FIELD_rate].name,
		    face->key);
	if (face->group_by)
		fb_daemon_param(target, "group_by", face->group_by);
	add_fields(face, target);
	fb_daemon_param(target, "filter", *top->filter ? top->filter : NULL);
}

/* As many rows as are scrolled over, and a screen more. */
static unsigned int limit_of(const struct fb_top *top)
{
	const unsigned int rows = fb_top_rows(), wanted = top->list.cursor + 2 * rows + 1;

	return wanted < LIMIT_MOST ? wanted : LIMIT_MOST;
}

static void ask(struct fb_top *top, enum fb_ask kind, const char *target)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;

	fb_buf_adds(&text, target);
	fb_asker_ask(top->asker, kind, &text, top->number);
}

static void ask_rows(struct fb_top *top)
{
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;

	add_target(top, limit_of(top), &target);
	fb_asker_ask(top->asker, FB_ASK_ROWS, &target, top->number);
}

void fb_top_ask_detail(struct fb_top *top)
{
	const struct fb_jsontree *item = fb_itemlist_at(&top->list);
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;

	fb_buf_addf(&target, "/api/v1/flows/%s", fb_jsontree_str(fb_jsontree_get(item, "id")));
	fb_asker_ask(top->asker, FB_ASK_DETAIL, &target, top->number);
}

void fb_top_ask_choices(struct fb_top *top)
{
	_cleanup_buf_ struct fb_buf target = FB_BUF_INIT;

	fb_buf_addf(&target, "/api/v1/filter/complete?pos=%zu", top->prompt.at);
	fb_daemon_param(&target, "q", top->prompt.text);
	fb_asker_ask(top->asker, FB_ASK_CHOICES, &target, top->number);
}

static bool shows_flow(const struct fb_top *top)
{
	const struct fb_view_face *face = fb_top_face(top);

	return top->mode == FB_TOP_DETAIL && face->of_flows && !face->group_by;
}

/* A question that is not answered yet is not asked again. */
void fb_top_tick(struct fb_top *top)
{
	const bool slow = top->ticks++ % SLOW_TICKS == 0;

	if (!top->paused && !*top->wrong.text && !fb_asker_waits(top->asker, FB_ASK_ROWS))
		ask_rows(top);
	if (!top->paused && shows_flow(top) && !fb_asker_waits(top->asker, FB_ASK_DETAIL))
		fb_top_ask_detail(top);
	if (!fb_asker_waits(top->asker, FB_ASK_SUMMARY))
		ask(top, FB_ASK_SUMMARY, "/api/v1/summary");
	if (slow && !fb_asker_waits(top->asker, FB_ASK_HEALTH))
		ask(top, FB_ASK_HEALTH, "/api/v1/health");
	if (slow && !fb_asker_waits(top->asker, FB_ASK_INCIDENTS))
		ask(top, FB_ASK_INCIDENTS, "/api/v1/incidents?state=open&limit=1");
}

void fb_top_ask_anew(struct fb_top *top, bool clear)
{
	top->number++;
	top->answered = false;
	top->reorder = true;
	top->wrong.text[0] = '\0';
	if (clear) {
		fb_itemlist_clear(&top->list);
		memset(top->widths, 0, sizeof(top->widths));
	}
	ask_rows(top);
}

/* --- taking ----------------------------------------------------------------------------------- */

static void take_rows(struct fb_top *top, struct fb_answer *answer)
{
	const struct fb_view_face *face = fb_top_face(top);
	struct fb_itemlist_order order = {.key = face->key, .hold = top->hold && !top->reorder};
	unsigned int sort;

	if (answer->number != top->number)
		return;
	if (answer->status == 400) {
		top->wrong = answer->why;
		top->place = answer->place;
		return;
	}
	if (answer->error)
		return;
	sort = fb_top_sort(top, &order.descending);
	order.sort = face->of_flows ? NULL : &face->columns[sort];
	fb_itemlist_set(&top->list, TAKE_PTR(answer->tree), &order);
	top->reorder = false;
	top->answered = true;
}

static void push(double values[static FB_TOP_RECENT], double value)
{
	memmove(values, values + 1, (FB_TOP_RECENT - 1) * sizeof(*values));
	values[FB_TOP_RECENT - 1] = isnan(value) ? 0 : value;
}

static uint64_t sum_of(const struct fb_jsontree *counts)
{
	uint64_t sum = 0;

	for (const struct fb_jsontree *one = fb_jsontree_first(counts); one;
	     one = fb_jsontree_next(one))
		sum += fb_jsontree_u64(one);
	return sum;
}

static void take_interfaces(struct fb_top_head *head, const struct fb_jsontree *list)
{
	const struct fb_jsontree *one = fb_jsontree_first(list);
	size_t len = 0;

	head->interfaces[0] = '\0';
	for (; one && len < sizeof(head->interfaces); one = fb_jsontree_next(one))
		len += (size_t)snprintf(head->interfaces + len, sizeof(head->interfaces) - len,
					"%s%s", len ? ", " : "",
					fb_jsontree_str(fb_jsontree_get(one, "name")));
}

static void take_summary(struct fb_top *top, struct fb_answer *answer)
{
	struct fb_top_head *head = &top->head;
	const struct fb_jsontree *tree = answer->tree;

	push(head->up, fb_jsontree_number(fb_jsontree_get(tree, "rate_bps.up")));
	push(head->down, fb_jsontree_number(fb_jsontree_get(tree, "rate_bps.down")));
	head->n += head->n < FB_TOP_RECENT;
	head->flows = fb_jsontree_u64(fb_jsontree_get(tree, "active_flows"));
	head->new_per_s = fb_jsontree_u64(fb_jsontree_get(tree, "new_per_s"));
	head->losses = sum_of(fb_jsontree_get(tree, "losses"));
	take_interfaces(head, fb_jsontree_get(tree, "interfaces"));
}

static void take_health(struct fb_top *top, struct fb_answer *answer)
{
	top->head.uptime_s = fb_jsontree_u64(fb_jsontree_get(answer->tree, "uptime_s"));
	top->head.panic = fb_jsontree_is_true(fb_jsontree_get(answer->tree, "panic"));
}

static void take_incidents(struct fb_top *top, struct fb_answer *answer)
{
	top->head.incidents = fb_jsontree_u64(fb_jsontree_get(answer->tree, "page.matched"));
}

static void take_detail(struct fb_top *top, struct fb_answer *answer)
{
	fb_itemlist_drop(&top->detail);
	top->detail = TAKE_PTR(answer->tree);
}

static void take_choices(struct fb_top *top, struct fb_answer *answer)
{
	fb_itemlist_drop(&top->choices);
	top->choices = TAKE_PTR(answer->tree);
	top->choice = 0;
}

/* Whether it answers at all is told by what is asked each second. */
static void note_lost(struct fb_top *top, enum fb_ask kind, const struct fb_answer *answer)
{
	if (kind != FB_ASK_ROWS && kind != FB_ASK_SUMMARY)
		return;
	if (answer->error && answer->status != 400)
		top->lost = answer->why;
	else
		top->lost.text[0] = '\0';
}

bool fb_top_take(struct fb_top *top)
{
	static void (*const takers[])(struct fb_top *top, struct fb_answer *answer) = {
		[FB_ASK_SUMMARY] = take_summary,     [FB_ASK_HEALTH] = take_health,
		[FB_ASK_INCIDENTS] = take_incidents, [FB_ASK_DETAIL] = take_detail,
		[FB_ASK_CHOICES] = take_choices,     [FB_ASK_ACT] = fb_top_take_act,
	};
	bool any = false;

	for (unsigned int kind = 0; kind < FB_ASK_COUNT; kind++) {
		_cleanup_answer_ struct fb_answer answer = {.tree = NULL};

		if (!fb_asker_take(top->asker, kind, &answer))
			continue;
		any = true;
		note_lost(top, kind, &answer);
		if (kind == FB_ASK_ROWS)
			take_rows(top, &answer);
		else if (!answer.error || kind == FB_ASK_ACT)
			takers[kind](top, &answer);
	}
	return any;
}

/* --- filters ---------------------------------------------------------------------------------- */

/* Any value that is known has "" in it. */
void fb_top_term(struct fb_buf *filter, const char *field, const char *value)
{
	if (!*value) {
		fb_buf_addf(filter, "not %s~\"\"", field);
		return;
	}
	fb_buf_addf(filter, "%s = \"", field);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fb_buf_addc(filter, '\\');
		fb_buf_addc(filter, *value);
	}
	fb_buf_addc(filter, '"');
}
