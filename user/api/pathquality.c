/* SPDX-License-Identifier: BSD-2-Clause */
/* How well connections do, and the worst paths. */
#include <errno.h>
#include <string.h>

#include "api/list_json.h"
#include "api/params.h"
#include "api/routes.h"
#include "http/reply.h"
#include "query/pathrank.h"
#include "util/cleanup.h"

#define LIST_MOST 100

static const uint32_t edges_us[] = {200,   500,	  1000,	  2000,	  5000,	  10000,
				    20000, 50000, 100000, 200000, 500000, 1000000};
static const uint32_t edges_loss[] = {10, 50, 100, 200, 500, 1000}; /* parts in 10,000 */

#define N(array) (sizeof(array) / sizeof(*(array)))

/* Of `decimals`, which make milliseconds or shares of what was measured. */
static void write_spread(struct fb_json *json, const struct fb_spread *spread,
			 unsigned int decimals)
{
	static const char *const names[FB_PERCENTILES] = {"p50", "p90", "p99"};

	fb_json_kv_u64(json, "flows", spread->n);
	for (int i = 0; i < FB_PERCENTILES; i++) {
		fb_json_key(json, names[i]);
		if (spread->n)
			fb_json_decimal(json, spread->p[i], decimals);
		else
			fb_json_null(json);
	}
}

static void write_edges(struct fb_json *json, const char *key, const uint32_t *edge, unsigned int n,
			unsigned int decimals)
{
	fb_json_kv_array(json, key);
	for (unsigned int i = 0; i < n; i++)
		fb_json_decimal(json, edge[i], decimals);
	fb_json_end(json, ']');
}

static void write_measure(struct fb_json *json, const char *name, const struct fb_meter *meter,
			  bool is_loss)
{
	const uint32_t *edge = is_loss ? edges_loss : edges_us;
	const unsigned int n = is_loss ? N(edges_loss) : N(edges_us);
	const struct fb_spread spread = fb_meter_spread(meter);
	uint64_t count[N(edges_us) + 1];

	fb_json_kv_object(json, name);
	write_spread(json, &spread, is_loss ? 4 : 3);
	fb_meter_count(meter, edge, n, count);
	fb_json_kv_array(json, "counts");
	for (unsigned int i = 0; i <= n; i++)
		fb_json_u64(json, count[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

static void write_sums(struct fb_json *json, const struct fb_path_sums *sums)
{
	const uint64_t sent = sums->packets[FB_UP] + sums->packets[FB_DOWN];
	const uint64_t again = sums->retrans[FB_UP] + sums->retrans[FB_DOWN];

	fb_json_kv_u64(json, "measured", sums->flows);
	fb_json_kv_u64(json, "bytes", sums->bytes);
	fb_write_ends(json, "packets", sums->packets, 1);
	fb_write_ends(json, "retrans", sums->retrans, 1);
	fb_write_ends(json, "reordered", sums->reordered, 1);
	fb_write_ends(json, "zero_window", sums->zero_windows, 1);
	fb_json_key(json, "loss");
	if (sent)
		fb_json_decimal(json, fb_loss_of(again, sent), 4);
	else
		fb_json_null(json);
}

static void write_group(struct fb_json *json, const struct fb_field *by,
			const struct fb_path_group *group)
{
	fb_json_object(json);
	fb_json_key(json, "key");
	fb_write_value(json, by, &group->first);
	fb_json_kv_str(json, "label", group->label ? group->label->text : NULL);
	write_sums(json, &group->sums);
	fb_json_kv_object(json, "latency_ms");
	write_spread(json, &group->latency, 3);
	fb_json_end(json, '}');
	fb_json_kv_object(json, "jitter_ms");
	write_spread(json, &group->jitter, 3);
	fb_json_end(json, '}');
	fb_json_end(json, '}');
}

static void write_paths(struct fb_json *json, const struct fb_field *by,
			const struct fb_paths *paths)
{
	static const char *const measures[FB_PATH_MEASURES] = {
		[FB_PATH_LATENCY_UP] = "latency_up_ms", [FB_PATH_LATENCY_DOWN] = "latency_down_ms",
		[FB_PATH_JITTER] = "jitter_ms",		[FB_PATH_HANDSHAKE] = "handshake_ms",
		[FB_PATH_TLS] = "tls_hello_ms",		[FB_PATH_DNS] = "dns_answer_ms",
		[FB_PATH_LOSS] = "loss_share",
	};
	static const char *const ends[] = {"both", "client", "server"};

	fb_json_kv_str(json, "by", by->name);
	fb_json_kv_str(json, "path", ends[by->end]);
	fb_json_kv_u64(json, "flows", paths->flows);
	write_sums(json, &paths->sums);
	write_edges(json, "edges_ms", edges_us, N(edges_us), 3);
	write_edges(json, "edges_share", edges_loss, N(edges_loss), 4);
	fb_json_kv_object(json, "measures");
	for (int i = 0; i < FB_PATH_MEASURES; i++)
		write_measure(json, measures[i], &paths->meter[i], i == FB_PATH_LOSS);
	fb_json_end(json, '}');
	fb_json_kv_array(json, "items");
	for (uint32_t i = 0; i < paths->n; i++)
		write_group(json, by, &paths->group[i]);
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "groups", paths->n_groups);
}

static bool read_by(struct fb_request *req, const struct fb_field **ret_by)
{
	const char *name = fb_param(req, "by");
	const struct fb_field *by =
		name ? fb_field_find(name, strlen(name)) : &fb_fields[FB_FIELD_dst_ip];

	*ret_by = by;
	if (by && by->groupable)
		return true;
	fb_reply_param(req, "by", "must be a field to group by");
	return false;
}

int fb_api_quality(struct fb_request *req)
{
	static const char *const worst[] = {"latency", "jitter", "loss", NULL};
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};
	struct fb_paths_query query = {.query = &spec.query};
	_cleanup_paths_ struct fb_paths *paths = NULL;
	struct fb_json *json;
	unsigned int which;
	uint64_t n;

	if (!read_by(req, &query.by) || !fb_param_u64(req, "top_n", 1, LIST_MOST, 25, &n) ||
	    !fb_param_enum(req, "worst", worst, FB_PATH_BY_LATENCY, &which) ||
	    !fb_params_read(req, snapshot->wall_ms, &spec))
		return 0;
	query.n = (uint32_t)n;
	query.worst = (enum fb_path_worst)which;
	if (fb_query_paths(snapshot, &query, &paths) < 0)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	write_paths(json, query.by, paths);
	fb_write_stamp(json, snapshot);
	fb_json_end(json, '}');
	return 0;
}
