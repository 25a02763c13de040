/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/tlswire.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define HANDSHAKE_MS 5000

struct fb_wire_tls {
	gnutls_certificate_credentials_t trust;
	gnutls_session_t session; /* NULL: none */
};

int fb_wire_tls_trust(struct fb_wire *wire, const char *file, struct fb_why *why)
{
	struct fb_wire_tls *tls = calloc(1, sizeof(*tls));
	int r = -1;

	if (tls && gnutls_certificate_allocate_credentials(&tls->trust) == 0)
		r = file ? gnutls_certificate_set_x509_trust_file(tls->trust, file,
								  GNUTLS_X509_FMT_PEM)
			 : gnutls_certificate_set_x509_system_trust(tls->trust);
	wire->tls = tls;
	if (r > 0)
		return 0;
	fb_wire_tls_forget(wire);
	return fb_why_set(why, -EINVAL, "%s has no certificate that vouches for a collector: %s",
			  file ? file : "the system's store",
			  r < 0 ? gnutls_strerror(r) : "it is empty");
}

void fb_wire_tls_forget(struct fb_wire *wire)
{
	if (wire->tls && wire->tls->trust)
		gnutls_certificate_free_credentials(wire->tls->trust);
	free(wire->tls);
	wire->tls = NULL;
}

static int shake_hands(struct fb_wire *wire)
{
	const uint64_t until = fb_monotonic_ns() + HANDSHAKE_MS * FB_NS_PER_MS;
	gnutls_session_t session = wire->tls->session;
	int r;

	while ((r = gnutls_handshake(session)) < 0 && !gnutls_error_is_fatal(r)) {
		struct pollfd fd = {.fd = wire->fd, .events = POLLIN};

		if (gnutls_record_get_direction(session))
			fd.events = POLLOUT;
		if (fb_monotonic_ns() >= until)
			return -ETIMEDOUT;
		(void)!poll(&fd, 1, 100);
	}
	return r == 0 ? 0 : r == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR ? -EKEYREJECTED : -EPROTO;
}

static int begin(struct fb_wire *wire)
{
	struct fb_wire_tls *tls = wire->tls;

	if (gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		return -ENOMEM;
	if (gnutls_set_default_priority(tls->session) < 0 ||
	    gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->trust) < 0)
		return -ENOMEM;
	gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, wire->host, strlen(wire->host));
	gnutls_session_set_verify_cert(tls->session, wire->host, 0);
	gnutls_transport_set_int(tls->session, wire->fd);
	return shake_hands(wire);
}

static void close_tls(struct fb_wire *wire)
{
	if (wire->tls->session) {
		if (wire->fd >= 0)
			gnutls_bye(wire->tls->session, GNUTLS_SHUT_WR);
		gnutls_deinit(wire->tls->session);
		wire->tls->session = NULL;
	}
	fb_wire_tcp.close(wire);
}

static int open_tls(struct fb_wire *wire)
{
	int r = fb_wire_tcp.open(wire);

	if (r < 0)
		return r;
	r = begin(wire);
	if (r < 0)
		close_tls(wire);
	return r;
}

static ssize_t send_tls(struct fb_wire *wire, const void *data, size_t len)
{
	const ssize_t n = gnutls_record_send(wire->tls->session, data, len);

	return n >= 0 ? n : gnutls_error_is_fatal((int)n) ? -EPIPE : -EAGAIN;
}

/* What comes is read: a collector says nothing but that it ends, and tickets. */
static bool is_closed(struct fb_wire *wire)
{
	char byte;
	const ssize_t n = gnutls_record_recv(wire->tls->session, &byte, 1);

	return n == 0 || (n < 0 && gnutls_error_is_fatal((int)n));
}

const struct fb_wire_ops fb_wire_tls = {"tls", false, open_tls, send_tls, close_tls, is_closed};
