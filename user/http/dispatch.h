/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request's way: the library has read a head -> guard -> Host -> route -> login -> parameters
 * -> body -> edition and its tag -> handler -> answer. Whoever finds something wrong answers, and
 * the rest is left out. These are the library's callbacks, with the server as their context.
 */
#pragma once

#include <microhttpd.h>

void *fb_dispatch_begin(void *http, const char *target, struct MHD_Connection *mhd);
enum MHD_Result fb_dispatch(void *http, struct MHD_Connection *mhd, const char *url,
			    const char *method, const char *version, const char *data,
			    size_t *data_len, void **state);
void fb_dispatch_end(void *http, struct MHD_Connection *mhd, void **state,
		     enum MHD_RequestTerminationCode code);
