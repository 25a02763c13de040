/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pastcolumns.h"

#include "store/fieldcolumns.h"

/* Of a page: what records are made of, so that each is a flow object. */
static const enum fb_field_id of_records[] = {
	FB_FIELD_id,	     FB_FIELD_src_ip,	     FB_FIELD_dst_ip,	FB_FIELD_src_port,
	FB_FIELD_dst_port,   FB_FIELD_proto,	     FB_FIELD_state,	FB_FIELD_closed,
	FB_FIELD_scope,	     FB_FIELD_direction,     FB_FIELD_l7,	FB_FIELD_first_seen,
	FB_FIELD_last_seen,  FB_FIELD_closed_at,     FB_FIELD_bytes_up, FB_FIELD_bytes_down,
	FB_FIELD_packets_up, FB_FIELD_packets_down,  FB_FIELD_dst_host, FB_FIELD_dst_host_from,
	FB_FIELD_src_host,   FB_FIELD_src_host_from, FB_FIELD_service,	FB_FIELD_iface,
	FB_FIELD_vlan,	     FB_FIELD_vlan_inner,
};

/* What follows from others is worked out of these. */
static void want(bool wanted[static FB_FIELD_COUNT], enum fb_field_id id)
{
	static const struct {
		enum fb_field_id id, of[2];
	} follow[] = {
		{FB_FIELD_bytes, {FB_FIELD_bytes_up, FB_FIELD_bytes_down}},
		{FB_FIELD_packets, {FB_FIELD_packets_up, FB_FIELD_packets_down}},
		{FB_FIELD_duration, {FB_FIELD_first_seen, FB_FIELD_last_seen}},
		{FB_FIELD_idle, {FB_FIELD_last_seen, FB_FIELD_last_seen}},
		{FB_FIELD_nat_src, {FB_FIELD_nat_src_ip, FB_FIELD_nat_src_port}},
		{FB_FIELD_nat_dst, {FB_FIELD_nat_dst_ip, FB_FIELD_nat_dst_port}},
	};

	wanted[id] = true;
	for (size_t i = 0; i < sizeof(follow) / sizeof(*follow); i++)
		if (follow[i].id == id)
			wanted[follow[i].of[0]] = wanted[follow[i].of[1]] = true;
}

void fb_pastcolumns_of(const struct fb_past_ask *ask, struct fb_past_columns *ret_columns,
		       enum fb_field_id ret_field[static FB_FIELD_COUNT])
{
	bool wanted[FB_FIELD_COUNT] = {false};
	struct fb_column column;

	*ret_columns = (struct fb_past_columns){.n = 0};
	for (unsigned int id = 0; id < FB_FIELD_COUNT; id++)
		if (ask->want[id])
			want(wanted, (enum fb_field_id)id);
	for (size_t i = 0;
	     ask->what != FB_PAST_FOLD && i < sizeof(of_records) / sizeof(*of_records); i++)
		wanted[of_records[i]] = true;
	for (unsigned int id = 0; id < FB_FIELD_COUNT; id++) {
		if (!wanted[id] || !fb_column_of((enum fb_field_id)id, &column))
			continue;
		ret_field[ret_columns->n] = (enum fb_field_id)id;
		ret_columns->slot[id] = (uint8_t)++ret_columns->n;
	}
}
