/* SPDX-License-Identifier: BSD-2-Clause */
/* What matrices, paths and top lists are made by; see the header. */
#include "api/dimensions.h"

#include <stdlib.h>
#include <string.h>

#include "http/reply.h"
#include "http/route.h"
#include "util/cleanup.h"

/* The names that paths use for fields; in the OpenAPI document, too. */
static const struct {
	const char *name;
	enum fb_field_id field;
} dimensions[] = {
	{"protocol", FB_FIELD_proto},	   {"state", FB_FIELD_state},
	{"source-ip", FB_FIELD_src_ip},	   {"destination-ip", FB_FIELD_dst_ip},
	{"ports", FB_FIELD_dst_port},	   {"sni", FB_FIELD_sni},
	{"service", FB_FIELD_service},	   {"iface", FB_FIELD_iface},
	{"name", FB_FIELD_dst_host},	   {"scope", FB_FIELD_scope},
	{"direction", FB_FIELD_direction}, {"l7", FB_FIELD_l7},
};

const struct fb_field *fb_dimension_find(const char *name)
{
	for (size_t i = 0; i < sizeof(dimensions) / sizeof(*dimensions); i++)
		if (!strcmp(dimensions[i].name, name))
			return &fb_fields[dimensions[i].field];
	return NULL;
}

void fb_dimension_reply_none(struct fb_request *req)
{
	_cleanup_buf_ struct fb_buf names = FB_BUF_INIT;

	for (size_t i = 0; i < sizeof(dimensions) / sizeof(*dimensions); i++)
		fb_buf_addf(&names, "%s%s", i ? ", " : "", dimensions[i].name);
	fb_buf_addc(&names, '\0');
	fb_reply_problem(req, 404, "not-found", "there is no such dimension; there are: %s",
			 names.error ? "" : names.data);
}

bool fb_dimensions_read(struct fb_request *req,
			const struct fb_field *fields[static FB_SANKEY_DIMS], unsigned int *n)
{
	const char *text = fb_param(req, "dims");
	_cleanup_free_ char *copy = strdup(text ? text : "src.ip,service,dst.host");
	char *save = NULL;

	*n = 0;
	for (char *name = copy ? strtok_r(copy, ",", &save) : NULL; name;
	     name = strtok_r(NULL, ",", &save)) {
		const struct fb_field *field = fb_field_find(name, strlen(name));

		if (!field || !field->groupable || *n == FB_SANKEY_DIMS) {
			fb_reply_param(req, "dims", "must be 2 to %d fields to group by, by commas",
				       FB_SANKEY_DIMS);
			return false;
		}
		fields[(*n)++] = field;
	}
	if (*n >= 2)
		return true;
	fb_reply_param(req, "dims", "must be 2 to %d fields to group by, by commas",
		       FB_SANKEY_DIMS);
	return false;
}
