/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the past as a snapshot; see the header. */
#include "store/pastrows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flowbpf/link.h>

#include "util/cleanup.h"

#define BLOCK (256u << 10) /* bytes that texts are cut from */

struct block {
	struct block *next;
	size_t used;
	char at[];
};

struct fb_pastrows {
	struct fb_snapshot snapshot; /* its arrays grow with the rows */
	struct fb_past_columns columns;
	struct block *blocks; /* the newest first */
	size_t text_bytes;
	const char **text; /* by number in `texts` */
	uint32_t n_texts, size_texts;
	struct fb_index texts, folded;
	struct fb_past_row **row;
	uint32_t size; /* of `row` */
	unsigned int n_links;
};

static void *take(struct fb_pastrows *rows, size_t size)
{
	struct block *block = rows->blocks;
	void *at;

	size = (size + 7) & ~(size_t)7;
	if (!block || block->used + size > BLOCK) {
		block = malloc(sizeof(*block) + (size > BLOCK ? size : BLOCK));
		if (!block)
			return NULL;
		*block = (struct block){.next = rows->blocks};
		rows->blocks = block;
	}
	at = block->at + block->used;
	block->used += size;
	return at;
}

/* Freed with the snapshot. */
static void release(struct fb_snapshot *snapshot)
{
	fb_pastrows_free((struct fb_pastrows *)snapshot);
}

struct fb_pastrows *fb_pastrows_new(const struct fb_past_columns *columns)
{
	struct fb_pastrows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return NULL;
	rows->columns = *columns;
	rows->snapshot.link_names = calloc(FB_LINK_MAX, FB_LINK_NAME);
	if (rows->snapshot.link_names && fb_index_init(&rows->texts) == 0 &&
	    fb_index_init(&rows->folded) == 0)
		return rows;
	fb_pastrows_free(rows);
	return NULL;
}

void fb_pastrows_free(struct fb_pastrows *rows)
{
	if (!rows)
		return;
	for (struct block *block = rows->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	for (uint32_t i = 0; i < rows->snapshot.n; i += FB_FLOWS)
		free(rows->snapshot.flows[i >> FB_FLOWS_SHIFT]);
	for (uint32_t i = 0; i < rows->snapshot.n; i += FB_TRAFFICS)
		free(rows->snapshot.traffic[i >> FB_TRAFFIC_SHIFT]);
	free(rows->snapshot.flows);
	free(rows->snapshot.traffic);
	free(rows->snapshot.link_names);
	free(rows->row);
	free(rows->text);
	fb_index_fini(&rows->texts);
	fb_index_fini(&rows->folded);
	free(rows);
}

/* --- texts ----------------------------------------------------------------------------------- */

static int add_text(struct fb_pastrows *rows, const char *bytes, size_t len, uint64_t hash,
		    const char **ret_text)
{
	char *text;

	if (rows->text_bytes + len > FB_PASTROWS_TEXTS)
		return -ENOSPC;
	if (rows->n_texts == rows->size_texts) {
		const uint32_t size = rows->size_texts ? rows->size_texts * 2 : 256;
		const char **grown = realloc(rows->text, size * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		rows->text = grown;
		rows->size_texts = size;
	}
	text = take(rows, (len < 16 ? 16 : len) + 1); /* may be compared as either */
	if (!text || fb_index_add(&rows->texts, hash, rows->n_texts) < 0)
		return -ENOMEM;
	text[len] = '\0';
	*ret_text = memcpy(text, bytes, len);
	rows->text[rows->n_texts++] = text;
	rows->text_bytes += len;
	return 0;
}

int fb_pastrows_keep(struct fb_pastrows *rows, struct fb_past_cell *cell)
{
	const bool addr = cell->kind == FB_PAST_ADDR;
	const size_t len = addr ? 16 : cell->kind == FB_PAST_TEXT ? strlen(cell->text) + 1 : 0;
	const uint64_t hash = len ? fb_hash(cell->text, len, cell->kind) : 0;
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	if (!len)
		return 0;
	while (fb_index_next(&rows->texts, &it, &number))
		if (addr ? !memcmp(rows->text[number], cell->addr, 16)
			 : !strcmp(rows->text[number], cell->text)) {
			cell->text = rows->text[number];
			return 0;
		}
	return add_text(rows, cell->text, len, hash, &cell->text);
}

/* --- records --------------------------------------------------------------------------------- */

static int grow(struct fb_pastrows *rows)
{
	const uint32_t size = rows->size ? rows->size * 2 : FB_CHUNK;
	struct fb_snapshot *snapshot = &rows->snapshot;
	void *row, *flows, *traffic;

	row = realloc(rows->row, size * sizeof(*rows->row));
	rows->row = row ? row : rows->row;
	flows = realloc(snapshot->flows, size / FB_FLOWS * sizeof(*snapshot->flows));
	snapshot->flows = flows ? flows : snapshot->flows;
	traffic = realloc(snapshot->traffic, size / FB_TRAFFICS * sizeof(*snapshot->traffic));
	snapshot->traffic = traffic ? traffic : snapshot->traffic;
	if (!row || !flows || !traffic)
		return -ENOMEM;
	rows->size = size;
	return 0;
}

/* The chunks that record n begins, if it begins any. */
static int begin_chunks(struct fb_snapshot *snapshot)
{
	struct fb_flow_chunk *flows = NULL;
	struct fb_traffic_chunk *traffic = NULL;

	if (snapshot->n % FB_TRAFFICS)
		return 0;
	traffic = aligned_alloc(64, sizeof(*traffic));
	if (!traffic)
		return -ENOMEM;
	traffic->epoch = 1;
	memset(traffic->traffic, 0, sizeof(traffic->traffic));
	if (snapshot->n % FB_FLOWS == 0) {
		flows = calloc(1, sizeof(*flows));
		if (!flows) {
			free(traffic);
			return -ENOMEM;
		}
		snapshot->flows[snapshot->n >> FB_FLOWS_SHIFT] = flows;
	}
	snapshot->traffic[snapshot->n >> FB_TRAFFIC_SHIFT] = traffic;
	return 0;
}

bool fb_pastrows_is_crowded(const struct fb_pastrows *rows)
{
	return rows->snapshot.n >= FB_PASTROWS_MOST / 8 * 7;
}

struct fb_past_row *fb_pastrows_row(struct fb_pastrows *rows, uint32_t number)
{
	return rows->row[number];
}

struct fb_flow *fb_pastrows_flow(struct fb_pastrows *rows, uint32_t number)
{
	return &rows->snapshot.flows[number >> FB_FLOWS_SHIFT]->flow[number & (FB_FLOWS - 1)];
}

struct fb_traffic *fb_pastrows_traffic(struct fb_pastrows *rows, uint32_t number)
{
	return &rows->snapshot.traffic[number >> FB_TRAFFIC_SHIFT]
			->traffic[number & (FB_TRAFFICS - 1)];
}

static const char *text_of(const struct fb_pastrows *rows, const struct fb_past_row *row,
			   enum fb_field_id id)
{
	const uint8_t slot = rows->columns.slot[id];
	const struct fb_past_cell *cell = slot ? &row->cell[slot - 1] : NULL;

	return cell && cell->kind == FB_PAST_TEXT ? cell->text : NULL;
}

static uint8_t source_of(const struct fb_pastrows *rows, const struct fb_past_row *row,
			 enum fb_field_id id)
{
	const uint8_t slot = rows->columns.slot[id];

	return slot && row->cell[slot - 1].kind ? (uint8_t)row->cell[slot - 1].num : 0;
}

static void set_name(struct fb_flow_name *name, const char *text, uint8_t source, uint64_t time)
{
	*name = (struct fb_flow_name){
		.time = time, .text = text, .source = source, .len = (uint8_t)strlen(text)};
}

/* What addresses are called is looked for at flow->names, and who is a client at src_host. */
static int set_names(struct fb_pastrows *rows, const struct fb_past_row *row, struct fb_flow *flow)
{
	const char *dst = text_of(rows, row, FB_FIELD_dst_host);
	const char *src = text_of(rows, row, FB_FIELD_src_host);
	struct fb_flow_names *names =
		dst ? take(rows, sizeof(*names) + sizeof(*names->name)) : NULL;
	struct fb_flow_name *name = src ? take(rows, sizeof(*name)) : NULL;

	if ((dst && !names) || (src && !name))
		return -ENOMEM;
	if (dst) {
		names->n = 1;
		set_name(names->name, dst, source_of(rows, row, FB_FIELD_dst_host_from),
			 flow->first_seen);
	}
	if (src)
		set_name(name, src, source_of(rows, row, FB_FIELD_src_host_from), flow->first_seen);
	flow->names = names;
	flow->src_host = name;
	return 0;
}

/* The number of an interface, by its name; 0: there are too many. */
static uint16_t link_of(struct fb_pastrows *rows, const char *name)
{
	char(*links)[FB_LINK_NAME] = rows->snapshot.link_names;
	unsigned int i;

	if (!name)
		return 0;
	for (i = 1; i <= rows->n_links; i++)
		if (!strncmp(links[i], name, FB_LINK_NAME - 1))
			return (uint16_t)i;
	if (i == FB_LINK_MAX)
		return 0;
	strncpy(links[i], name, FB_LINK_NAME - 1);
	rows->n_links = i;
	return (uint16_t)i;
}

int fb_pastrows_add(struct fb_pastrows *rows, const struct fb_past_cell *cells, bool part,
		    uint32_t *ret_number)
{
	const uint32_t number = rows->snapshot.n;
	struct fb_past_row *row;
	struct fb_flow *flow;

	if (number == FB_PASTROWS_MOST)
		return -ENOSPC;
	if (number == rows->size && grow(rows) < 0)
		return -ENOMEM;
	row = take(rows, fb_past_row_size(rows->columns.n));
	if (!row || begin_chunks(&rows->snapshot) < 0)
		return -ENOMEM;
	*row = (struct fb_past_row){.columns = &rows->columns, .flows = 1};
	memcpy(row->cell, cells, rows->columns.n * sizeof(*cells));
	rows->row[number] = row;
	rows->snapshot.n++;
	flow = fb_pastrows_flow(rows, number);
	fb_past_fill(row, part, flow, fb_pastrows_traffic(rows, number));
	flow->id = flow->id ? flow->id : number + 1;
	flow->service = text_of(rows, row, FB_FIELD_service);
	flow->link = link_of(rows, text_of(rows, row, FB_FIELD_iface));
	*ret_number = number;
	return set_names(rows, row, flow);
}

static bool same_cells(const struct fb_pastrows *rows, const struct fb_past_cell *a,
		       const struct fb_past_cell *b)
{
	for (unsigned int i = 0; i < rows->columns.n; i++)
		if (a[i].kind != b[i].kind || (a[i].kind && a[i].num != b[i].num))
			return false;
	return true;
}

int fb_pastrows_fold(struct fb_pastrows *rows, const struct fb_past_cell *cells, bool part,
		     uint32_t *ret_number)
{
	uint64_t key[2 * FB_FIELD_COUNT], hash;
	struct fb_index_it it;
	int r;

	for (unsigned int i = 0; i < rows->columns.n; i++) {
		key[2 * i] = cells[i].kind;
		key[2 * i + 1] = cells[i].kind ? (uint64_t)cells[i].num : 0;
	}
	hash = fb_hash(key, rows->columns.n * 2 * sizeof(*key), part);
	it = fb_index_begin(hash);
	while (fb_index_next(&rows->folded, &it, ret_number))
		if (fb_flow_is_live(fb_pastrows_flow(rows, *ret_number)) == part &&
		    same_cells(rows, rows->row[*ret_number]->cell, cells))
			return 0;
	r = fb_pastrows_add(rows, cells, part, ret_number);
	if (r < 0)
		return r;
	rows->row[*ret_number]->flows = 0;
	return fb_index_add(&rows->folded, hash, *ret_number);
}

struct fb_snapshot *fb_pastrows_finish(struct fb_pastrows **rows, int64_t now_ms)
{
	struct fb_snapshot *snapshot = &(*rows)->snapshot;

	/* The clock of moments is the wall's. */
	snapshot->now_ns = (uint64_t)now_ms * 1000000;
	snapshot->wall_ms = now_ms;
	snapshot->epoch = 1;
	snapshot->interval_ns = 1000000000;
	snapshot->past = (*rows)->row;
	snapshot->release = release;
	atomic_init(&snapshot->refs, 1);
	*rows = NULL;
	return snapshot;
}
