/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/clickhouse.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/fetch.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/fmt.h"

#define URL_MOST	256
#define NAME_MOST	64
#define LOGIN_MOST	4096
#define ANSWER_MOST	(1u << 20)
#define CONNECT_SECONDS 5
#define IDLE_SECONDS	30
#define ALL_SECONDS	120
#define WORK_SECONDS	3600
#define CODE_TIMEOUT	159

struct server {
	char url[URL_MOST]; /* without the database */
	char database[NAME_MOST];
	int version; /* 0: not asked yet */
};

struct fb_clickhouse {
	struct server server[FB_CLICKHOUSE_SERVERS];
	unsigned int n, at;
	const char *ca;
	const atomic_bool *stop;
	char user[LOGIN_MOST + 32], key[LOGIN_MOST + 32]; /* headers; empty: none */
};

/* What a server said. */
struct said {
	struct fb_buf text;
	size_t most;
	unsigned int status;
	unsigned int code; /* ClickHouse's; 0: it said none */
	bool sent;
};

/* --- its options ------------------------------------------------------------------------------ */

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

bool fb_clickhouse_is_name(const char *text)
{
	const size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_");

	return len && !text[len] && !isdigit((unsigned char)*text);
}

/* "HOST", "HOST:PORT" or "[ADDRESS]:PORT" */
static bool is_place(const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(end ? end : text, ':');
	uint64_t port;

	return *text && *text != ':' && (!colon || !fb_fmt_parse_u64(colon + 1, 1, 65535, &port));
}

/* "http://HOST:PORT/DATABASE" */
static int read_url(struct server *server, const char *text, size_t len, struct fb_why *why)
{
	const char *const host = !strncmp(text, "http://", 7)	 ? text + 7
				 : !strncmp(text, "https://", 8) ? text + 8
								 : NULL;
	char *path;

	if (!host || len >= sizeof(server->url))
		return fb_why_set(why, -EINVAL,
				  "--clickhouse takes http://HOST:PORT or https://HOST:PORT, with "
				  "/DATABASE if it is not flowbpf, not \"%.*s\"",
				  (int)(len < 100 ? len : 100), text);
	snprintf(server->url, sizeof(server->url), "%.*s", (int)len, text);
	if (strchr(server->url, '@'))
		return fb_why_set(why, -EINVAL,
				  "--clickhouse takes no password in its URL, where others can see "
				  "it: see --clickhouse-login");
	snprintf(server->database, sizeof(server->database), "flowbpf");
	path = strchr(server->url + (host - text), '/');
	if (path) {
		*path++ = '\0';
		if (*path)
			snprintf(server->database, sizeof(server->database), "%s", path);
	}
	if (!is_plain(server->url) || strpbrk(server->url, "?#") ||
	    !is_place(server->url + (host - text)) ||
	    (path && strlen(path) >= sizeof(server->database)) ||
	    !fb_clickhouse_is_name(server->database))
		return fb_why_set(why, -EINVAL, "\"%.*s\" is no URL of a ClickHouse server",
				  (int)(len < 100 ? len : 100), text);
	return 0;
}

static int read_urls(struct fb_clickhouse *clickhouse, const char *urls, struct fb_why *why)
{
	int r = 0;

	while (r == 0 && *urls) {
		const size_t len = strcspn(urls, ",");

		if (clickhouse->n == FB_CLICKHOUSE_SERVERS)
			return fb_why_set(why, -E2BIG, "--clickhouse takes %d servers at most",
					  FB_CLICKHOUSE_SERVERS);
		r = read_url(&clickhouse->server[clickhouse->n++], urls, len, why);
		urls += len + (urls[len] == ',');
	}
	return r < 0 || clickhouse->n ? r : fb_why_set(why, -EINVAL, "--clickhouse takes a URL");
}

static int take_login(struct fb_clickhouse *clickhouse, const char *path, char *text,
		      struct fb_why *why)
{
	char *key = text + strcspn(text, "\n");

	if (*key)
		*key++ = '\0';
	key[strcspn(key, "\n")] = '\0';
	text[strcspn(text, "\r")] = '\0';
	key[strcspn(key, "\r")] = '\0';
	if (!*text || !is_plain(text) || !is_plain(key))
		return fb_why_set(
			why, -EINVAL,
			"%.200s has no name of a user in its first line, and the password "
			"in its second",
			path);
	snprintf(clickhouse->user, sizeof(clickhouse->user), "X-ClickHouse-User: %s", text);
	if (*key)
		snprintf(clickhouse->key, sizeof(clickhouse->key), "X-ClickHouse-Key: %s", key);
	return 0;
}

static int read_login(struct fb_clickhouse *clickhouse, const char *path, struct fb_why *why)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fb_why_set(why, -errno, "%.200s: %s", path, strerror(errno));
	if (st.st_mode & 077)
		return fb_why_set(why, -EACCES,
				  "%.200s has a password that others may read: chmod 600 it", path);
	r = fb_file_read(fd, LOGIN_MOST, &text, &len);
	if (r < 0)
		return fb_why_set(why, r, "%.200s: %s", path, strerror(-r));
	return take_login(clickhouse, path, text, why);
}

int fb_clickhouse_new(const struct fb_clickhouse_opts *opts, struct fb_clickhouse **ret_clickhouse,
		      struct fb_why *why)
{
	struct fb_clickhouse *clickhouse = calloc(1, sizeof(*clickhouse));
	int r;

	if (!clickhouse)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	clickhouse->ca = opts->ca;
	clickhouse->stop = opts->stop;
	r = read_urls(clickhouse, opts->urls, why);
	if (r == 0 && opts->login)
		r = read_login(clickhouse, opts->login, why);
	if (r == 0 && opts->ca && access(opts->ca, R_OK) < 0)
		r = fb_why_set(why, -errno, "%.200s: %s", opts->ca, strerror(errno));
	if (r < 0) {
		fb_clickhouse_free(clickhouse);
		return r;
	}
	*ret_clickhouse = clickhouse;
	return 0;
}

void fb_clickhouse_free(struct fb_clickhouse *clickhouse)
{
	if (!clickhouse)
		return;
	explicit_bzero(clickhouse->key, sizeof(clickhouse->key));
	free(clickhouse);
}

const char *fb_clickhouse_server(const struct fb_clickhouse *clickhouse)
{
	return clickhouse->server[clickhouse->at].url;
}

const char *fb_clickhouse_database(const struct fb_clickhouse *clickhouse)
{
	return clickhouse->server[clickhouse->at].database;
}

void fb_clickhouse_next(struct fb_clickhouse *clickhouse)
{
	clickhouse->at = (clickhouse->at + 1) % clickhouse->n;
}

unsigned int fb_clickhouse_n(const struct fb_clickhouse *clickhouse)
{
	return clickhouse->n;
}

/* --- a request -------------------------------------------------------------------------------- */

static int take(void *ctx, unsigned int status, const char *data, size_t len)
{
	struct said *said = ctx;

	(void)status;
	if (said->text.len + len > said->most)
		return -EFBIG;
	fb_buf_add(&said->text, data, len);
	return fb_buf_error(&said->text);
}

/* --- what a server says ----------------------------------------------------------------------- */

static const struct {
	unsigned int code;
	enum fb_outlet_end end;
	const char *advice; /* or NULL */
} codes[] = {
	/* rows that it cannot read */
	{6, FB_OUTLET_REFUSED, NULL},
	{20, FB_OUTLET_REFUSED, NULL},
	{26, FB_OUTLET_REFUSED, NULL},
	{27, FB_OUTLET_REFUSED, NULL},
	{33, FB_OUTLET_REFUSED, NULL},
	{38, FB_OUTLET_REFUSED, NULL},
	{41, FB_OUTLET_REFUSED, NULL},
	{53, FB_OUTLET_REFUSED, NULL},
	{117, FB_OUTLET_REFUSED, NULL},
	{128, FB_OUTLET_REFUSED, NULL},
	{131, FB_OUTLET_REFUSED, NULL},
	{354, FB_OUTLET_REFUSED, NULL},
	/* what somebody has to set right: then it is taken */
	{47, FB_OUTLET_NOT_NOW, "its tables are of an older version: flowbpf fleet init"},
	{16, FB_OUTLET_NOT_NOW, "its tables are of an older version: flowbpf fleet init"},
	{60, FB_OUTLET_NOT_NOW, "it has no such table: flowbpf fleet init"},
	{81, FB_OUTLET_NOT_NOW, "it has no such database: flowbpf fleet init"},
	{164, FB_OUTLET_NOT_NOW, "that user may only read"},
	{192, FB_OUTLET_NOT_NOW, "it knows no such user: see --clickhouse-login"},
	{193, FB_OUTLET_NOT_NOW, "that is not the user's password: see --clickhouse-login"},
	{194, FB_OUTLET_NOT_NOW, "it asks for a password: see --clickhouse-login"},
	{497, FB_OUTLET_NOT_NOW, "that user may not insert"},
	{516, FB_OUTLET_NOT_NOW, "it knows no such login: see --clickhouse-login"},
	/* it is busy with itself */
	{202, FB_OUTLET_NOT_NOW, NULL},
	{242, FB_OUTLET_NOT_NOW, NULL},
	{252, FB_OUTLET_NOT_NOW, NULL},
};

/* What is said to a user of a failure: the sentence without names of classes and stacks. */
static void tell_said(const struct fb_clickhouse *clickhouse, const struct said *said,
		      struct fb_why *why)
{
	const char *text = said->text.len ? said->text.data : "", *at;
	int len;

	at = strstr(text, "DB::Exception: ");
	if (at)
		text = at + strlen("DB::Exception: ");
	len = (int)strcspn(text, "\n");
	len = len < 200 ? len : 200;
	fb_why_set(why, 0, "%.120s answers %u: %.*s", fb_clickhouse_server(clickhouse),
		   said->status, len, text);
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == said->code && codes[i].advice)
			fb_why_set(why, 0, "%.120s: %s (%.*s)", fb_clickhouse_server(clickhouse),
				   codes[i].advice, len, text);
}

static void read_code(struct said *said)
{
	fb_buf_addc(&said->text, '\0');
	said->text.len--;
	if (!fb_buf_error(&said->text) && !strncmp(said->text.data, "Code: ", 6))
		said->code = (unsigned int)strtoul(said->text.data + 6, NULL, 10);
}

/* What is sent, and how long it may take. */
struct post {
	const char *url, *data;
	size_t len;
	bool gzip;
	unsigned int seconds;
	const atomic_bool *stop;
	unsigned int idle; /* seconds without a word; 0: as usual */
};

/* 0: it answered, whatever; -errno with a sentence. */
static int post(struct fb_clickhouse *clickhouse, const struct post *what, struct said *said,
		struct fb_why *why)
{
	const char *headers[6] = {"Expect:", "Content-Type: application/octet-stream"};
	struct fb_fetch fetch = {
		.method = "POST",
		.url = what->url,
		.body = what->data,
		.body_len = what->len,
		.ca = clickhouse->ca,
		.stay = true,
		.headers = headers,
		.idle_seconds = what->idle ? what->idle : IDLE_SECONDS,
		.all_seconds = what->seconds,
		.connect_seconds = CONNECT_SECONDS,
		.stop = what->stop,
		.fn = take,
		.ctx = said,
	};
	unsigned int n = 2;
	int r;

	if (*clickhouse->user)
		headers[n++] = clickhouse->user;
	if (*clickhouse->key)
		headers[n++] = clickhouse->key;
	if (what->gzip)
		headers[n++] = "Content-Encoding: gzip";
	r = fb_fetch(&fetch);
	said->status = fetch.status;
	said->sent = fetch.sent;
	if (r < 0)
		return fb_why_set(why, r, "%.120s: %.200s", fb_clickhouse_server(clickhouse),
				  *fetch.why ? fetch.why : strerror(-r));
	read_code(said);
	return fb_buf_error(&said->text);
}

/* What it answers 200 with goes to `answer`, NUL behind it. */
static int ask(struct fb_clickhouse *clickhouse, const struct post *what, size_t most,
	       struct fb_buf *answer, struct fb_why *why)
{
	struct said said = {.text = FB_BUF_INIT, .most = most};
	int r = post(clickhouse, what, &said, why);

	if (r == 0 && said.status != 200) {
		tell_said(clickhouse, &said, why);
		r = said.code == CODE_TIMEOUT ? -ETIME : -EREMOTEIO;
	}
	fb_buf_fini(answer);
	if (r == 0)
		*answer = said.text; /* may be large: not copied */
	else
		fb_buf_fini(&said.text);
	fb_buf_addc(answer, '\0');
	return r < 0 ? r : fb_buf_error(answer);
}

int fb_clickhouse_query(struct fb_clickhouse *clickhouse, const char *sql, struct fb_buf *answer,
			struct fb_why *why)
{
	char url[URL_MOST + 2];
	const struct post what = {url, sql, strlen(sql), false, ALL_SECONDS, clickhouse->stop, 0};

	snprintf(url, sizeof(url), "%s/", fb_clickhouse_server(clickhouse));
	return ask(clickhouse, &what, ANSWER_MOST, answer, why);
}

int fb_clickhouse_read(struct fb_clickhouse *clickhouse, const struct fb_clickhouse_read *read,
		       struct fb_buf *answer, struct fb_why *why)
{
	char url[URL_MOST + 64];
	const struct post what = {
		url, read->sql, strlen(read->sql), false, read->seconds + 1, read->stop, 0};

	snprintf(url, sizeof(url), "%s/?readonly=2&max_query_size=4194304&max_execution_time=%u",
		 fb_clickhouse_server(clickhouse), read->seconds);
	return ask(clickhouse, &what, read->most, answer, why);
}

int fb_clickhouse_work(struct fb_clickhouse *clickhouse, const char *sql, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf answer = FB_BUF_INIT;
	char url[URL_MOST + 64];
	const struct post what = {
		.url = url,
		.data = sql,
		.len = strlen(sql),
		.seconds = WORK_SECONDS,
		.stop = clickhouse->stop,
		.idle = WORK_SECONDS,
	};

	snprintf(url, sizeof(url), "%s/?max_execution_time=%u", fb_clickhouse_server(clickhouse),
		 WORK_SECONDS);
	return ask(clickhouse, &what, ANSWER_MOST, &answer, why);
}

static int ask_version(struct fb_clickhouse *clickhouse, const atomic_bool *stop,
		       struct fb_buf *answer, struct fb_why *why)
{
	static const char sql[] = "SELECT version()";
	char url[URL_MOST + 2];
	const struct post what = {url, sql, strlen(sql), false, ALL_SECONDS, stop, 0};

	snprintf(url, sizeof(url), "%s/", fb_clickhouse_server(clickhouse));
	return ask(clickhouse, &what, ANSWER_MOST, answer, why);
}

int fb_clickhouse_version(struct fb_clickhouse *clickhouse, const atomic_bool *stop,
			  struct fb_why *why)
{
	struct server *server = &clickhouse->server[clickhouse->at];
	_cleanup_buf_ struct fb_buf answer = FB_BUF_INIT;
	unsigned int major = 0, minor = 0;
	char *end;
	int r;

	if (server->version)
		return server->version;
	r = ask_version(clickhouse, stop ? stop : clickhouse->stop, &answer, why);
	if (r < 0)
		return r;
	major = (unsigned int)strtoul(answer.data, &end, 10);
	if (*end == '.')
		minor = (unsigned int)strtoul(end + 1, NULL, 10);
	if (!major || major > 999 || minor > 99)
		return fb_why_set(why, -EPROTO, "%.120s does not say which ClickHouse it is",
				  server->url);
	server->version = (int)(major * 100 + minor);
	return server->version;
}

/* --- inserts ---------------------------------------------------------------------------------- */

/* Codes first: old versions answer 500 to all that they cannot read. */
static enum fb_outlet_end end_of(struct fb_clickhouse *clickhouse, const struct said *said,
				 struct fb_why *why)
{
	if (said->status == 200)
		return FB_OUTLET_TAKEN;
	tell_said(clickhouse, said, why);
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == said->code)
			return codes[i].end;
	switch (said->status) {
	case 400:
	case 413:
	case 422:
		return FB_OUTLET_REFUSED;
	case 401:
	case 403:
	case 404:
	case 429:
		return FB_OUTLET_NOT_NOW;
	default:
		return FB_OUTLET_UNSURE;
	}
}

static void add_escaped(struct fb_buf *url, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr("_,.()", *text))
			fb_buf_addc(url, *text);
		else
			fb_buf_addf(url, "%%%02X", (unsigned char)*text);
}

/*
 * The query's id is the batch's: a server that still works at an earlier try of it says so. A
 * server that knows tokens skips what it has by them, an older one by the bytes of the block, where
 * its table is replicated.
 */
static void write_url(struct fb_clickhouse *clickhouse, const struct fb_clickhouse_insert *insert,
		      int version, struct fb_buf *url)
{
	fb_buf_addf(url, "%s/?query_id=flowbpf-%016" PRIx64, fb_clickhouse_server(clickhouse),
		    insert->id);
	if (version >= FB_CLICKHOUSE_MODERN)
		fb_buf_addf(url, "&insert_deduplication_token=%016" PRIx64, insert->id);
	fb_buf_adds(url, "&query=INSERT%20INTO%20");
	fb_buf_addf(url, "%s.", fb_clickhouse_database(clickhouse));
	add_escaped(url, insert->into);
	fb_buf_adds(url, "%20FORMAT%20RowBinary");
	fb_buf_addc(url, '\0');
}

enum fb_outlet_end fb_clickhouse_insert(struct fb_clickhouse *clickhouse,
					const struct fb_clickhouse_insert *insert,
					struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf url = FB_BUF_INIT;
	const int version = fb_clickhouse_version(clickhouse, NULL, why);
	struct said said = {.text = FB_BUF_INIT, .most = ANSWER_MOST};
	enum fb_outlet_end end;
	int r;

	if (version < 0)
		return FB_OUTLET_NOT_NOW;
	write_url(clickhouse, insert, version, &url);
	r = fb_buf_error(&url);
	if (r == 0)
		r = post(clickhouse,
			 &(struct post){url.data, insert->data, insert->len, true, ALL_SECONDS,
					clickhouse->stop, 0},
			 &said, why);
	if (r < 0)
		end = said.sent ? FB_OUTLET_UNSURE : FB_OUTLET_NOT_NOW;
	else
		end = end_of(clickhouse, &said, why);
	fb_buf_fini(&said.text);
	return end;
}
