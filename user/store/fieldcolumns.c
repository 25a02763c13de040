/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/fieldcolumns.h"

#include "flow/keptfields.h"

const char *fb_star_name(enum fb_star star)
{
	static const char *const stars[] = {
#define X(name) #name,
		FB_STARS(X)
#undef X
	};

	return stars[star];
}

static enum fb_coding coding_of(const struct fb_field *field)
{
	if (field->item)
		return FB_CODED_LIST;
	switch (field->type) {
	case FB_TYPE_IP:
		return FB_CODED_IP;
	case FB_TYPE_TIME:
		return FB_CODED_TIME;
	case FB_TYPE_TEXT:
		return FB_CODED_TEXT;
	case FB_TYPE_ENUM:
		return field->word ? FB_CODED_WORD : FB_CODED_TEXT;
	default:
		return FB_CODED_NUMBER;
	}
}

static enum fb_star star_of_section(enum fb_section section)
{
	switch (section) {
	case FB_SECTION_SOURCE:
		return FB_STAR_client;
	case FB_SECTION_DESTINATION:
		return FB_STAR_server;
	case FB_SECTION_OWNER:
		return FB_STAR_owner;
	case FB_SECTION_TLS:
		return FB_STAR_tls;
	default:
		return FB_STAR_kind;
	}
}

/* Numbers are nearly all a flow's own, words are shared by many. */
static enum fb_star star_of(const struct fb_field *field, enum fb_coding coding)
{
	switch (field->id) {
	case FB_FIELD_sni: /* as the server's name, which it nearly always is */
		return FB_STAR_server;
	case FB_FIELD_ct_id: /* a name that is a number */
		return FB_STAR_flow;
	case FB_FIELD_family:
	case FB_FIELD_vlan:
	case FB_FIELD_vlan_inner:
	case FB_FIELD_ct_zone:
		return FB_STAR_kind;
	case FB_FIELD_src_asn:
		return FB_STAR_client;
	case FB_FIELD_dst_asn:
		return FB_STAR_server;
	default:
		return (coding == FB_CODED_NUMBER && field->type != FB_TYPE_BOOL) ||
				       coding == FB_CODED_IP || coding == FB_CODED_TIME
			       ? FB_STAR_flow
			       : star_of_section(field->section);
	}
}

bool fb_column_of(enum fb_field_id id, struct fb_column *ret_column)
{
	const struct fb_field *field = &fb_fields[id];
	const enum fb_coding coding = coding_of(field);

	if (!fb_field_is_kept(field))
		return false;
	*ret_column = (struct fb_column){
		.field = field,
		.name = fb_field_symbol(id),
		.star = star_of(field, coding),
		.coding = coding,
	};
	return true;
}
