/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate and key, exchanged whole; see the header. */
#include "http/tlscert.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"

#define PEM_MOST (64 * 1024)
#define CHAIN	 8

struct shown {
	gnutls_pcert_st chain[CHAIN];
	unsigned int n;
	gnutls_privkey_t key;
	uint64_t over_ns; /* when the next one was shown */
};

static struct {
	pthread_mutex_t lock;
	unsigned int n;			      /* that were shown so far */
	struct shown *shown[FB_TLSCERT_KEPT]; /* the last ones, number i at i % FB_TLSCERT_KEPT */
} certs = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void free_shown(struct shown *shown)
{
	if (!shown)
		return;
	for (unsigned int i = 0; i < shown->n; i++)
		gnutls_pcert_deinit(&shown->chain[i]);
	if (shown->key)
		gnutls_privkey_deinit(shown->key);
	free(shown);
}

/* All of the file, as GnuTLS takes it; a key is wiped by wipe(). */
static int read_pem(const char *path, gnutls_datum_t *ret_text, struct fb_why *why)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	char *text = NULL;
	int r = fd < 0 ? -errno : fb_file_read(fd, PEM_MOST, &text, &len);

	if (r < 0)
		return fb_why_set(why, r, "cannot read %s: %s", path, strerror(-r));
	*ret_text = (gnutls_datum_t){(unsigned char *)text, (unsigned int)len};
	return strstr(text, "-----BEGIN ") ? 0
					   : fb_why_set(why, -EINVAL, "%s is not a PEM file", path);
}

static void wipe(gnutls_datum_t *text)
{
	if (text->data)
		explicit_bzero(text->data, text->size);
	free(text->data);
}

static int read_chain(const char *path, struct shown *shown, struct fb_why *why)
{
	gnutls_datum_t text = {NULL, 0};
	unsigned int n = CHAIN;
	int r = read_pem(path, &text, why);

	if (r == 0) {
		r = gnutls_pcert_list_import_x509_raw(shown->chain, &n, &text, GNUTLS_X509_FMT_PEM,
						      0);
		shown->n = r < 0 ? 0 : n;
		if (r < 0 || !n)
			r = fb_why_set(why, -EINVAL, "%s has no chain of 1 to %d certificates: %s",
				       path, CHAIN, gnutls_strerror(r));
	}
	wipe(&text);
	return r;
}

static int read_key(const char *path, struct shown *shown, struct fb_why *why)
{
	gnutls_datum_t text = {NULL, 0};
	int r = read_pem(path, &text, why);

	if (r == 0) {
		r = gnutls_privkey_init(&shown->key);
		if (r == 0)
			r = gnutls_privkey_import_x509_raw(shown->key, &text, GNUTLS_X509_FMT_PEM,
							   NULL, 0);
		if (r < 0)
			r = fb_why_set(why, -EINVAL, "%s has no key without a password: %s", path,
				       gnutls_strerror(r));
	}
	wipe(&text);
	return r;
}

/* By the key's id: the hash of what is public of it. */
static bool belong_together(const struct shown *shown)
{
	unsigned char id[2][64];
	size_t len[2] = {sizeof(id[0]), sizeof(id[1])};
	gnutls_pubkey_t public;
	bool same;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	same = gnutls_pubkey_import_privkey(public, shown->key, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(public, 0, id[0], &len[0]) == 0 &&
	       gnutls_pubkey_get_key_id(shown->chain[0].pubkey, 0, id[1], &len[1]) == 0 &&
	       len[0] == len[1] && !memcmp(id[0], id[1], len[0]);
	gnutls_pubkey_deinit(public);
	return same;
}

static int read_both(const char *cert, const char *key, struct shown *shown, struct fb_why *why)
{
	int r = read_chain(cert, shown, why);

	if (r == 0)
		r = read_key(key, shown, why);
	if (r == 0 && !belong_together(shown))
		r = fb_why_set(why, -EINVAL,
			       "the key in %s and the certificate in %s do not belong together",
			       key, cert);
	return r;
}

static bool is_alike(const struct shown *a, const struct shown *b)
{
	if (!a || a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++) {
		const gnutls_datum_t *x = &a->chain[i].cert, *y = &b->chain[i].cert;

		if (x->size != y->size || memcmp(x->data, y->data, x->size) != 0)
			return false;
	}
	return true;
}

/* 1: it is shown, in the place of the oldest; else it is to be freed. */
static int show(struct shown *shown, struct shown **ret_old, struct fb_why *why)
{
	struct shown **place, *last;
	const uint64_t now = fb_monotonic_ns();
	int r = 1;

	pthread_mutex_lock(&certs.lock);
	place = &certs.shown[certs.n % FB_TLSCERT_KEPT];
	last = certs.n ? certs.shown[(certs.n - 1) % FB_TLSCERT_KEPT] : NULL;
	if (is_alike(last, shown)) {
		r = 0;
	} else if (*place && now - (*place)->over_ns < FB_TLSCERT_S * FB_NS_PER_S) {
		r = fb_why_set(why, -EBUSY, "there were %d other certificates in a minute: later",
			       FB_TLSCERT_KEPT - 1);
	} else {
		*ret_old = *place;
		*place = shown;
		certs.n++;
		if (last)
			last->over_ns = now;
	}
	pthread_mutex_unlock(&certs.lock);
	return r;
}

int fb_tlscert_use(const char *cert, const char *key, struct fb_why *why)
{
	struct shown *shown = calloc(1, sizeof(*shown)), *old = NULL;
	int r = shown ? read_both(cert, key, shown, why)
		      : fb_why_set(why, -ENOMEM, "not enough memory");

	if (r == 0)
		r = show(shown, &old, why);
	if (r <= 0)
		free_shown(shown);
	free_shown(old);
	return r;
}

void fb_tlscert_end(void)
{
	for (unsigned int i = 0; i < FB_TLSCERT_KEPT; i++)
		free_shown(TAKE_PTR(certs.shown[i]));
	certs.n = 0;
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities, int n_authorities,
		    const gnutls_pk_algorithm_t *algorithms, int n_algorithms,
		    gnutls_pcert_st **ret_chain, unsigned int *ret_n, gnutls_privkey_t *ret_key)
{
	struct shown *shown;

	(void)session, (void)authorities, (void)n_authorities;
	(void)algorithms, (void)n_algorithms;
	pthread_mutex_lock(&certs.lock);
	shown = certs.shown[(certs.n - 1) % FB_TLSCERT_KEPT];
	pthread_mutex_unlock(&certs.lock);
	*ret_chain = shown->chain;
	*ret_n = shown->n;
	*ret_key = shown->key;
	return 0;
}

void *fb_tlscert_callback(void)
{
	gnutls_certificate_retrieve_function2 *const callback = retrieve;

	return (void *)(uintptr_t)callback;
}
