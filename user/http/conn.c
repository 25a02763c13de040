/* SPDX-License-Identifier: BSD-2-Clause */
/* Open connections and their deadlines; see the header. */
#include "http/conn.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "util/clock.h"

#define DEADLINE_MS 10000
#define LEAST_RATE  64 /* bytes per ms that an answer must keep up */
#define SEND_BUFFER (128 * 1024)

uint64_t fb_conn_now_ms(void)
{
	return fb_monotonic_ns() / FB_NS_PER_MS;
}

void fb_conns_init(struct fb_conns *conns)
{
	*conns = (struct fb_conns){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void fb_conns_fini(struct fb_conns *conns)
{
	while (conns->first)
		fb_conn_free(conns->first);
	pthread_mutex_destroy(&conns->lock);
}

/* Of the socket itself: libmicrohttpd 1.0 tells no address of a peer on a unix socket. */
static bool is_local(int fd)
{
	int domain = AF_UNSPEC;
	socklen_t len = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

struct fb_conn *fb_conn_new(struct fb_conns *conns, int fd, bool tls)
{
	struct fb_conn *conn = calloc(1, sizeof(*conn));
	int size = SEND_BUFFER;

	if (!conn)
		return NULL;
	/* what the kernel would buffer for a reader that does not read is memory too */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	conn->conns = conns;
	conn->fd = fd;
	conn->local = is_local(fd);
	conn->tls = tls && !conn->local;
	conn->since_ms = fb_conn_now_ms();
	pthread_mutex_lock(&conns->lock);
	conn->next = conns->first;
	if (conn->next)
		conn->next->prev = conn;
	conns->first = conn;
	conns->n++;
	pthread_mutex_unlock(&conns->lock);
	return conn;
}

void fb_conn_free(struct fb_conn *conn)
{
	struct fb_conns *conns = conn->conns;

	pthread_mutex_lock(&conns->lock);
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		conns->first = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	conns->n--;
	pthread_mutex_unlock(&conns->lock);
	free(conn);
}

void fb_conn_phase(struct fb_conn *conn, enum fb_phase phase)
{
	pthread_mutex_lock(&conn->conns->lock);
	conn->phase = phase;
	conn->since_ms = fb_conn_now_ms();
	conn->sent = 0;
	pthread_mutex_unlock(&conn->conns->lock);
}

void fb_conn_sent(struct fb_conn *conn, uint64_t bytes)
{
	pthread_mutex_lock(&conn->conns->lock);
	conn->sent += bytes;
	pthread_mutex_unlock(&conn->conns->lock);
}

/* The descriptor is open as long as the connection is in the list: shutdown hits no other file. */
static void cut(struct fb_conn *conn)
{
	conn->cut = true;
	shutdown(conn->fd, SHUT_RDWR);
}

void fb_conns_sweep(struct fb_conns *conns)
{
	uint64_t now;

	pthread_mutex_lock(&conns->lock);
	now = fb_conn_now_ms(); /* not before: no phase in the list may be younger */
	for (struct fb_conn *conn = conns->first; conn; conn = conn->next) {
		if (conn->cut || conn->phase == FB_PHASE_STREAM ||
		    now - conn->since_ms < DEADLINE_MS + conn->sent / LEAST_RATE)
			continue;
		cut(conn);
		conns->deadlines++;
	}
	pthread_mutex_unlock(&conns->lock);
}

void fb_conn_timed_out(struct fb_conn *conn)
{
	pthread_mutex_lock(&conn->conns->lock);
	conn->conns->deadlines += !conn->cut;
	conn->cut = true;
	pthread_mutex_unlock(&conn->conns->lock);
}

void fb_conn_cut(struct fb_conn *conn)
{
	pthread_mutex_lock(&conn->conns->lock);
	cut(conn);
	pthread_mutex_unlock(&conn->conns->lock);
}

bool fb_conn_is_cut(const struct fb_conn *conn)
{
	bool is_cut;

	pthread_mutex_lock(&conn->conns->lock);
	is_cut = conn->cut;
	pthread_mutex_unlock(&conn->conns->lock);
	return is_cut;
}
