/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificate that the listeners show, which may be another one while they go on: handshakes
 * ask for it, each when it begins. One a process, for the library's callback has no context.
 */
#pragma once

#include "util/why.h"

#define FB_TLSCERT_KEPT                                                                            \
	4 /* certificates at a time: all but the last may still be in handshakes ... */
#define FB_TLSCERT_S 60 /* ... that began before it was shown no more, which end in this time */

/*
 * Read both PEM files and show them from here on; before the threads, or while they run. 1; 0: they
 * are shown already; or -errno with a sentence: what was shown goes on.
 */
int fb_tlscert_use(const char *cert, const char *key, struct fb_why *why);
/* When no connection is left. */
void fb_tlscert_end(void);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK, as gnutls_certificate_retrieve_function2. */
void *fb_tlscert_callback(void);
