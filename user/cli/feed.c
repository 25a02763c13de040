/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of columns; lines of a bounded length. */
#include "cli/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "flow/flow.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/hash.h"

#define LINE_MAX_LEN 8192
#define COLUMNS	     64

struct column;

struct fb_feed {
	gzFile file;
	const char *path;
	const struct fb_scope_list *scope;
	uint64_t line; /* number of the one that was read */
	unsigned int n;
	const struct column *column[COLUMNS]; /* NULL: of no interest */
	char text[LINE_MAX_LEN];
};

/* --- values ----------------------------------------------------------------------------------- */

/* Digits with at most so many decimals that count, as a whole number of them. */
static bool read_decimal(const char *text, unsigned int decimals, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	if (p == text)
		return false;
	p += *p == '.';
	for (unsigned int i = 0; i < decimals; i++) {
		const bool digit = *p >= '0' && *p <= '9';

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit ? (uint64_t)(*p - '0') : 0, &value))
			return false;
		p += digit;
	}
	*ret_value = value;
	return strspn(p, "0123456789") == strlen(p);
}

static bool read_port(const char *text, uint16_t *ret_port)
{
	uint64_t port;

	if (!read_decimal(text, 0, &port) || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static bool read_time(const char *text, struct fb_judged *flow)
{
	return read_decimal(text, 9, &flow->time_ns);
}

static bool read_src(const char *text, struct fb_judged *flow)
{
	return !fb_addr_parse(text, flow->src, &flow->family);
}

static bool read_dst(const char *text, struct fb_judged *flow)
{
	return !fb_addr_parse(text, flow->dst, &flow->family);
}

static bool read_sport(const char *text, struct fb_judged *flow)
{
	return read_port(text, &flow->sport);
}

static bool read_dport(const char *text, struct fb_judged *flow)
{
	return read_port(text, &flow->dport);
}

static bool read_proto(const char *text, struct fb_judged *flow)
{
	const int proto = fb_proto_number(text);

	flow->proto = (uint8_t)proto;
	return proto >= 0;
}

static bool read_duration(const char *text, struct fb_judged *flow)
{
	return read_decimal(text, 6, &flow->duration_us);
}

static bool read_bytes_up(const char *text, struct fb_judged *flow)
{
	return read_decimal(text, 0, &flow->bytes[FB_UP]);
}

static bool read_bytes_down(const char *text, struct fb_judged *flow)
{
	return read_decimal(text, 0, &flow->bytes[FB_DOWN]);
}

static bool read_packets_up(const char *text, struct fb_judged *flow)
{
	return read_decimal(text, 0, &flow->packets[FB_UP]);
}

static bool read_packets_down(const char *text, struct fb_judged *flow)
{
	return read_decimal(text, 0, &flow->packets[FB_DOWN]);
}

static bool read_result(const char *text, struct fb_judged *flow)
{
	static const char *const words[] = {
		[FB_JUDGED_OK] = "ok",		 [FB_JUDGED_REFUSED] = "refused",
		[FB_JUDGED_NOREPLY] = "noreply", [FB_JUDGED_HALF] = "half",
		[FB_JUDGED_OTHER] = "oth",
	};

	for (unsigned int i = FB_JUDGED_OK; i <= FB_JUDGED_OTHER; i++)
		if (!strcmp(text, words[i])) {
			flow->result = (uint8_t)i;
			return true;
		}
	return false;
}

/* What Zeek calls what it sees; words that mean nothing to the judge are no fault. */
static bool read_l7(const char *text, struct fb_judged *flow)
{
	static const struct {
		const char *word;
		uint16_t l7;
	} words[] = {
		{"ssl", FB_JUDGED_TLS},	  {"tls", FB_JUDGED_TLS},    {"quic", FB_JUDGED_QUIC},
		{"http", FB_JUDGED_HTTP}, {"dns", FB_JUDGED_DNS},    {"ssh", FB_JUDGED_SSH},
		{"ftp", FB_JUDGED_FTP},	  {"rdp", FB_JUDGED_RDP},    {"smtp", FB_JUDGED_SMTP},
		{"rtp", FB_JUDGED_MEDIA}, {"stun", FB_JUDGED_MEDIA}, {"dtls", FB_JUDGED_MEDIA},
	};

	while (*text) {
		const size_t len = strcspn(text, ",");

		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!strncmp(text, words[i].word, len) && !words[i].word[len])
				flow->l7 |= words[i].l7;
		text += len + (text[len] != 0);
	}
	return true;
}

static bool read_name(const char *text, struct fb_judged *flow)
{
	flow->name = text;
	return true;
}

static bool read_ja4(const char *text, struct fb_judged *flow)
{
	flow->ja4 = fb_hash_fixed(text, strlen(text));
	return true;
}

static bool read_question(const char *text, struct fb_judged *flow)
{
	flow->question = text;
	return true;
}

static bool read_question_type(const char *text, struct fb_judged *flow)
{
	return read_port(text, &flow->question_type);
}

static bool read_marks(const char *text, struct fb_judged *flow)
{
	flow->unexplained = strstr(text, "unexplained");
	flow->listed = strstr(text, "listed");
	flow->absent = strstr(text, "nxdomain");
	flow->icmp_error = strstr(text, "icmp_error");
	return true;
}

static const struct column {
	const char *name, *what; /* "... is no ..." */
	bool (*read)(const char *text, struct fb_judged *flow);
	bool needed;
} columns[] = {
	{"ts", "time in seconds", read_time, true},
	{"src", "address", read_src, true},
	{"sport", "port", read_sport, true},
	{"dst", "address", read_dst, true},
	{"dport", "port", read_dport, true},
	{"proto", "protocol", read_proto, true},
	{"dur", "duration in seconds", read_duration, false},
	{"bytes_up", "number of bytes", read_bytes_up, false},
	{"bytes_down", "number of bytes", read_bytes_down, false},
	{"pkts_up", "number of packets", read_packets_up, false},
	{"pkts_down", "number of packets", read_packets_down, false},
	{"result", "result (ok, refused, noreply, half, oth)", read_result, true},
	{"l7", "protocol", read_l7, false},
	{"name", "name", read_name, false},
	{"ja4", "fingerprint", read_ja4, false},
	{"query", "question", read_question, false},
	{"qtype", "number of a type", read_question_type, false},
	{"marks", "mark", read_marks, false},
};

#define N_COLUMNS (sizeof(columns) / sizeof(*columns))

/* --- lines ------------------------------------------------------------------------------------ */

static int fail(const struct fb_feed *feed, struct fb_why *why, const char *what)
{
	return fb_why_set(why, -EINVAL, "%s: line %llu: %s", feed->path,
			  (unsigned long long)feed->line, what);
}

/* 1, 0 at the end, or -errno. */
static int read_line(struct fb_feed *feed, struct fb_why *why)
{
	size_t len;
	int error;

	if (!gzgets(feed->file, feed->text, sizeof(feed->text))) {
		const char *what = gzerror(feed->file, &error);

		return error == Z_OK || error == Z_STREAM_END
			       ? 0
			       : fb_why_set(why, -EIO, "%s: %s", feed->path,
					    error == Z_ERRNO ? strerror(errno) : what);
	}
	feed->line++;
	len = strlen(feed->text);
	if (len == sizeof(feed->text) - 1)
		return fail(feed, why, "it is longer than 8190 bytes");
	if (len && feed->text[len - 1] == '\n')
		feed->text[--len] = 0;
	if (len && feed->text[len - 1] == '\r')
		feed->text[len - 1] = 0;
	return 1;
}

static int need_columns(const struct fb_feed *feed, struct fb_why *why)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		unsigned int k = 0;

		while (k < feed->n && feed->column[k] != &columns[i])
			k++;
		if (columns[i].needed && k == feed->n)
			return fb_why_set(
				why, -EINVAL,
				"%s: its first line names no column \"%s\": it is to name "
				"them, separated by tabs",
				feed->path, columns[i].name);
	}
	return 0;
}

static int read_header(struct fb_feed *feed, struct fb_why *why)
{
	char *rest, *name;
	int r = read_line(feed, why);

	if (r < 0)
		return r;
	if (!r)
		return fb_why_set(why, -EINVAL, "%s: it is empty", feed->path);
	rest = feed->text + (*feed->text == '#');
	while ((name = strsep(&rest, "\t"))) {
		if (feed->n == COLUMNS)
			return fail(feed, why, "it has more than 64 columns");
		for (size_t i = 0; i < N_COLUMNS; i++)
			if (!strcmp(name, columns[i].name))
				feed->column[feed->n] = &columns[i];
		feed->n++;
	}
	return need_columns(feed, why);
}

int fb_feed_open(const char *path, const struct fb_scope_list *scope, struct fb_feed **ret_feed,
		 struct fb_why *why)
{
	const int fd = strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC) : dup(0);
	struct fb_feed *feed = fd < 0 ? NULL : calloc(1, sizeof(*feed));
	int r;

	if (fd < 0)
		return fb_why_set(why, -errno, "%s: %s", path, strerror(errno));
	if (feed) {
		*feed = (struct fb_feed){.file = gzdopen(fd, "rb"), .path = path, .scope = scope};
		if (!strcmp(path, "-"))
			feed->path = "standard input";
	}
	if (!feed || !feed->file) {
		close(fd);
		free(feed);
		return fb_why_set(why, -ENOMEM, "out of memory");
	}
	r = read_header(feed, why);
	if (r)
		fb_feed_free(feed);
	else
		*ret_feed = feed;
	return r;
}

void fb_feed_free(struct fb_feed *feed)
{
	if (!feed)
		return;
	gzclose_r(feed->file);
	free(feed);
}

static int read_value(const struct fb_feed *feed, const struct column *column, const char *text,
		      struct fb_judged *flow, struct fb_why *why)
{
	/* "-" is nothing. */
	if (!column->needed && (!*text || !strcmp(text, "-")))
		return 0;
	if (column->read(text, flow))
		return 0;
	return fb_why_set(why, -EINVAL, "%s: line %llu: column \"%s\": \"%.100s\" is no %s",
			  feed->path, (unsigned long long)feed->line, column->name, text,
			  column->what);
}

static int read_values(struct fb_feed *feed, struct fb_judged *flow, struct fb_why *why)
{
	char *rest = feed->text, *value;
	unsigned int i = 0;
	int r = 0;

	for (; !r && (value = strsep(&rest, "\t")); i++) {
		if (i == feed->n)
			return fail(feed, why, "it has more values than there are columns");
		if (feed->column[i])
			r = read_value(feed, feed->column[i], value, flow, why);
	}
	if (!r && i < feed->n)
		return fb_why_set(why, -EINVAL, "%s: line %llu: it has %u values for %u columns",
				  feed->path, (unsigned long long)feed->line, i, feed->n);
	return r;
}

int fb_feed_next(struct fb_feed *feed, struct fb_judged *ret_flow, struct fb_why *why)
{
	int r = read_line(feed, why);

	if (r <= 0)
		return r;
	*ret_flow = (struct fb_judged){0};
	r = read_values(feed, ret_flow, why);
	if (r)
		return r;
	ret_flow->src_inside = fb_scope_is_internal(feed->scope, ret_flow->src, ret_flow->family);
	ret_flow->dst_inside = fb_scope_is_internal(feed->scope, ret_flow->dst, ret_flow->family);
	return 1;
}
