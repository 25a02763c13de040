/* SPDX-License-Identifier: BSD-2-Clause */
/* A TLS connection as a wire, by GnuTLS: the only file that uses it. */
#pragma once

#include "sink/wire.h"

extern const struct fb_wire_ops fb_wire_tls;

/* Who vouches for the peer: this file of certificates, or NULL: the system's. While root. */
int fb_wire_tls_trust(struct fb_wire *wire, const char *file, struct fb_why *why);
/* Undoes it; fine without. */
void fb_wire_tls_forget(struct fb_wire *wire);
