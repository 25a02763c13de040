/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetquery.h"

#include <errno.h>
#include <inttypes.h>

#include "util/clock.h"

#define ANSWER_MOST (256u << 20) /* bytes */
#define MS_PER_DAY  86400000

const char *fb_fleetdialect_ms(const struct fb_fleetdialect *dialect)
{
	return dialect->modern ? "toUnixTimestamp64Milli(time)" : "time";
}

void fb_fleetdialect_bound(const struct fb_fleetdialect *dialect, const char *op, int64_t ms,
			   struct fb_buf *text)
{
	fb_buf_addf(text, "date %c= toDate(%" PRId64 ") AND time %s ", *op, ms / MS_PER_DAY, op);
	fb_buf_addf(text,
		    dialect->modern ? "fromUnixTimestamp64Milli(toInt64(%" PRId64 "))" : "%" PRId64,
		    ms);
}

void fb_fleetdialect_escape(const char *value, struct fb_buf *text)
{
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			fb_buf_addc(text, '\\');
		fb_buf_addc(text, *value);
	}
}

/* Of the server whose turn it is. */
static int ask_one(struct fb_fleetquery *query, fb_fleetquery_write *write, void *ctx)
{
	const uint64_t now = fb_monotonic_ms();
	const uint64_t left = query->deadline_ms > now ? query->deadline_ms - now : 0;
	struct fb_clickhouse_read read = {
		.seconds = (unsigned int)(left / 1000 + 1),
		.most = ANSWER_MOST,
		.stop = query->stop,
	};
	const int version = fb_clickhouse_version(query->clickhouse, query->stop, &query->why);
	const struct fb_fleetdialect dialect = {fb_clickhouse_database(query->clickhouse),
						version >= FB_CLICKHOUSE_MODERN};

	if (version < 0)
		return version;
	fb_buf_clear(&query->text);
	write(ctx, &dialect, &query->text);
	fb_buf_addc(&query->text, '\0');
	if (fb_buf_error(&query->text))
		return -ENOMEM;
	read.sql = query->text.data;
	return fb_clickhouse_read(query->clickhouse, &read, &query->said, &query->why);
}

/* Another server may answer what this one did not. */
static bool may_be_elsewhere(int r)
{
	return r < 0 && r != -ETIME && r != -EREMOTEIO && r != -EFBIG && r != -ECANCELED &&
	       r != -ENOMEM;
}

int fb_fleetquery_ask(struct fb_fleetquery *query, fb_fleetquery_write *write, void *ctx)
{
	const unsigned int n = fb_clickhouse_n(query->clickhouse);
	int r = -EAGAIN;

	for (unsigned int i = 0; i < n && may_be_elsewhere(r); i++) {
		r = ask_one(query, write, ctx);
		if (may_be_elsewhere(r))
			fb_clickhouse_next(query->clickhouse);
	}
	return r == -ETIMEDOUT ? -ETIME : r;
}

void fb_fleetquery_fini(struct fb_fleetquery *query)
{
	fb_buf_fini(&query->text);
	fb_buf_fini(&query->said);
}
