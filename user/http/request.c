/* SPDX-License-Identifier: BSD-2-Clause */
/* What came with a request; see the header. */
#include "http/request.h"

const char *fb_request_header(const struct fb_request *req, const char *name)
{
	return MHD_lookup_connection_value(req->mhd, MHD_HEADER_KIND, name);
}
