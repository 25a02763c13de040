/* SPDX-License-Identifier: BSD-2-Clause */
/* One easy handle a request; libcurl's many errors become few of ours. */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fetch/libcurl.h"
#include "util/cleanup.h"
#include "util/clock.h"

struct transfer {
	const struct fb_libcurl *curl;
	CURL *handle;
	struct curl_slist *headers;
	struct fb_fetch *fetch;
	int error; /* what its fn returned */
};

static void transfer_fini(struct transfer *transfer)
{
	if (!transfer->curl)
		return;
	transfer->curl->easy_cleanup(transfer->handle);
	transfer->curl->slist_free_all(transfer->headers);
}

#define _cleanup_transfer_ _cleanup_(transfer_fini)

static size_t take(char *data, size_t one, size_t len, void *ctx)
{
	struct transfer *transfer = ctx;
	struct fb_fetch *fetch = transfer->fetch;
	long status = 0;

	(void)one; /* always 1 */
	transfer->curl->easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
	transfer->error = fetch->fn(fetch->ctx, (unsigned int)status, data, len);
	return transfer->error ? 0 : len;
}

static size_t take_head(char *data, size_t one, size_t len, void *ctx)
{
	const struct fb_fetch *fetch = ((struct transfer *)ctx)->fetch;
	size_t n = len;

	(void)one; /* always 1 */
	while (n && (data[n - 1] == '\n' || data[n - 1] == '\r'))
		n--;
	fetch->head_fn(fetch->ctx, data, n);
	return len;
}

/* Asked for about once a second, and whenever something moves. */
static int look_for_stop(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
			 curl_off_t up)
{
	const struct fb_fetch *fetch = ((const struct transfer *)ctx)->fetch;

	(void)down_all, (void)down, (void)up_all, (void)up;
	return atomic_load(fetch->stop) || (fetch->over_fn && fetch->over_fn(fetch->ctx));
}

static int set_text(struct transfer *transfer, CURLoption option, const char *text)
{
	return transfer->curl->easy_setopt(transfer->handle, option, text) ? -ENOMEM : 0;
}

static int set_headers(struct transfer *transfer)
{
	const char *const *header = transfer->fetch->headers;

	for (; header && *header; header++) {
		struct curl_slist *more = transfer->curl->slist_append(transfer->headers, *header);

		if (!more)
			return -ENOMEM;
		transfer->headers = more;
	}
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_HTTPHEADER, transfer->headers);
	return 0;
}

static void set_stop(struct transfer *transfer)
{
	if (!transfer->fetch->stop)
		return;
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_NOPROGRESS, 0L);
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_XFERINFOFUNCTION, look_for_stop);
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_XFERINFODATA, transfer);
}

/* Not copied: it stays the caller's until the request is over. */
static void set_body(struct transfer *transfer)
{
	const struct fb_fetch *fetch = transfer->fetch;

	if (!fetch->body)
		return;
	transfer->curl->easy_setopt(
		transfer->handle, CURLOPT_POSTFIELDSIZE_LARGE,
		(curl_off_t)(fetch->body_len ? fetch->body_len : strlen(fetch->body)));
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_POSTFIELDS, fetch->body);
}

static bool is_https(const char *url)
{
	return !strncasecmp(url, "https:", 6);
}

static int set_up(struct transfer *transfer)
{
	const struct fb_fetch *fetch = transfer->fetch;
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_QUICK_EXIT, 1}, /* a resolver that says nothing keeps nobody */
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
		{CURLOPT_FOLLOWLOCATION, !fetch->socket && !fetch->stay},
		{CURLOPT_MAXREDIRS, 5},
		{CURLOPT_TIMEOUT, (long)fetch->all_seconds},
		{CURLOPT_TIMECONDITION,
		 fetch->since ? CURL_TIMECOND_IFMODSINCE : CURL_TIMECOND_NONE},
		{CURLOPT_TIMEVALUE, (long)fetch->since},
		{CURLOPT_FORBID_REUSE, 1},
		{CURLOPT_CONNECTTIMEOUT,
		 (long)(fetch->connect_seconds ? fetch->connect_seconds : fetch->idle_seconds)},
		{CURLOPT_LOW_SPEED_LIMIT, 1},
		{CURLOPT_LOW_SPEED_TIME, (long)fetch->idle_seconds},
	};
	const struct {
		CURLoption option;
		const char *text;
	} texts[] = {
		{CURLOPT_PROTOCOLS_STR, fetch->socket ? "http" : "http,https"},
		{CURLOPT_REDIR_PROTOCOLS_STR, is_https(fetch->url) ? "https" : "http,https"},
		{CURLOPT_PROXY, fetch->socket ? "" : NULL},
		{CURLOPT_NOPROXY, "localhost,127.0.0.0/8,127.0.0.1,::1"}, /* with its login */
		{CURLOPT_USERAGENT, fetch->socket ? NULL : "flowbpf/" FLOWBPF_VERSION},
		{CURLOPT_ACCEPT_ENCODING, fetch->socket ? NULL : ""},
		{CURLOPT_UNIX_SOCKET_PATH, fetch->socket},
		{CURLOPT_CAINFO, fetch->ca},
		{CURLOPT_URL, fetch->url},
		{CURLOPT_CUSTOMREQUEST, fetch->method},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		transfer->curl->easy_setopt(transfer->handle, numbers[i].option, numbers[i].value);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts) && !r; i++)
		if (texts[i].text)
			r = set_text(transfer, texts[i].option, texts[i].text);
	set_body(transfer);
	set_stop(transfer);
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_WRITEFUNCTION, take);
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_WRITEDATA, transfer);
	if (fetch->head_fn) {
		transfer->curl->easy_setopt(transfer->handle, CURLOPT_HEADERFUNCTION, take_head);
		transfer->curl->easy_setopt(transfer->handle, CURLOPT_HEADERDATA, transfer);
	}
	transfer->curl->easy_setopt(transfer->handle, CURLOPT_ERRORBUFFER, transfer->fetch->why);
	return r ? r : set_headers(transfer);
}

static int open_transfer(struct transfer *transfer, struct fb_fetch *fetch)
{
	const struct sockaddr_un *address = NULL;

	if (fetch->socket && strlen(fetch->socket) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	transfer->fetch = fetch;
	transfer->curl = fb_libcurl();
	if (!transfer->curl)
		return -ELIBACC;
	transfer->handle = transfer->curl->easy_init();
	return transfer->handle ? set_up(transfer) : -ENOMEM;
}

/* What the system said, or `otherwise` where it was not the system. */
static int system_error(const struct transfer *transfer, int otherwise)
{
	long error = 0;

	transfer->curl->easy_getinfo(transfer->handle, CURLINFO_OS_ERRNO, &error);
	return error ? -(int)error : otherwise;
}

/*
 * Whoever listens has a queue of those who connect. libcurl does not wait for room in it, as a
 * blocking connect does: it fails without an error of the system.
 */
static CURLcode perform_patiently(struct transfer *transfer)
{
	const uint64_t until = fb_monotonic_ns() + transfer->fetch->idle_seconds * FB_NS_PER_S;
	const struct timespec pause = {.tv_nsec = 50 * FB_NS_PER_MS};
	CURLcode code;

	for (;;) {
		code = transfer->curl->easy_perform(transfer->handle);
		if (code != CURLE_COULDNT_CONNECT || !transfer->fetch->socket ||
		    system_error(transfer, 0))
			return code;
		if (transfer->fetch->stop && atomic_load(transfer->fetch->stop))
			return CURLE_ABORTED_BY_CALLBACK;
		if (fb_monotonic_ns() >= until)
			return CURLE_OPERATION_TIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

static int perform(struct transfer *transfer)
{
	switch (perform_patiently(transfer)) {
	case CURLE_OK:
		return 0;
	case CURLE_WRITE_ERROR:
		return transfer->error ? transfer->error : -EPROTO;
	case CURLE_COULDNT_CONNECT:
		return system_error(transfer, -ECONNREFUSED);
	case CURLE_SEND_ERROR:
		return -EPIPE;
	case CURLE_RECV_ERROR: /* its chunks, too, if they are none */
		return system_error(transfer, -EPROTO);
	case CURLE_PARTIAL_FILE:
		return -ECONNABORTED;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_ABORTED_BY_CALLBACK:
		return -ECANCELED;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

int fb_fetch(struct fb_fetch *fetch)
{
	_cleanup_transfer_ struct transfer transfer = {0};
	long status = 0, request = 0;
	int r;

	fetch->status = 0;
	fetch->sent = false;
	*fetch->why = '\0';
	r = open_transfer(&transfer, fetch);
	if (r)
		return r;
	r = perform(&transfer);
	transfer.curl->easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
	transfer.curl->easy_getinfo(transfer.handle, CURLINFO_REQUEST_SIZE, &request);
	fetch->status = (unsigned int)status;
	fetch->sent = request > 0;
	return r;
}

int fb_fetch_peer(const char *socket_path, unsigned int idle_seconds, pid_t *ret_pid)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = {.tv_sec = idle_seconds};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (strlen(socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, socket_path, strlen(socket_path));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return -errno;
	*ret_pid = peer.pid;
	return 0;
}
