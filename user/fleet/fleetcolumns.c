/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetcolumns.h"

#include <pthread.h>
#include <string.h>

#include "flow/keptfields.h"

#define COLUMN(name, type, help) {#name, help, FB_FLEET_##type, false, NULL},

static const struct fb_fleet_column flows[] = {FB_FLEET_HEAD(COLUMN) FB_FLEET_FLOWS(COLUMN)};
static const struct fb_fleet_column sensors[] = {FB_FLEET_HEAD(COLUMN) FB_FLEET_SENSORS(COLUMN)};

#undef COLUMN

#define N(array) (sizeof(array) / sizeof(*(array)))

const char *fb_fleet_table_name(enum fb_fleet_table table)
{
	return table == FB_FLEET_TABLE_FLOWS ? "flows" : "sensors";
}

bool fb_fleet_has_field(const struct fb_field *field)
{
	switch (field->id) {
	case FB_FIELD_bytes_up:
	case FB_FIELD_bytes_down:
	case FB_FIELD_packets_up:
	case FB_FIELD_packets_down:
	case FB_FIELD_sensor:
	case FB_FIELD_sensor_id:
	case FB_FIELD_site:
	case FB_FIELD_tags:
		return false;
	default:
		return fb_field_is_kept(field);
	}
}

unsigned int fb_fleet_bytes_of(enum fb_fleet_type type)
{
	static const uint8_t bytes[] = {
#define X(name, bytes) bytes,
		FB_FLEET_TYPES(X)
#undef X
	};

	return bytes[type];
}

enum fb_fleet_type fb_fleet_type_of(const struct fb_field *field)
{
	if (field->item)
		return FB_FLEET_WORDS;
	switch (field->type) {
	case FB_TYPE_IP:
		return FB_FLEET_ADDR;
	case FB_TYPE_TIME:
		return FB_FLEET_TIME;
	case FB_TYPE_TEXT:
		return FB_FLEET_TEXT;
	case FB_TYPE_ENUM:
		return FB_FLEET_WORD;
	case FB_TYPE_BOOL:
		return FB_FLEET_FLAG;
	case FB_TYPE_PORT:
		return FB_FLEET_PORT;
	case FB_TYPE_INT:
		return FB_FLEET_SHORT;
	case FB_TYPE_DURATION:
	case FB_TYPE_SHARE:
		return FB_FLEET_REAL;
	default:
		return FB_FLEET_COUNT;
	}
}

bool fb_fleet_may_be_null(const struct fb_field *field)
{
	switch (fb_fleet_type_of(field)) {
	case FB_FLEET_TIME:
	case FB_FLEET_FLAG:
	case FB_FLEET_PORT:
	case FB_FLEET_SHORT:
	case FB_FLEET_COUNT:
	case FB_FLEET_REAL:
		return !field->always;
	default:
		return false;
	}
}

/* Those of flows, with the fields': made once, for it is looked through for each row. */
static struct fb_fleet_column all[N(flows) + FB_FIELD_COUNT];
static unsigned int n_all;

static void add_fields(void)
{
	memcpy(all, flows, sizeof(flows));
	n_all = N(flows);
	/* sensors that do not tell it: each flow counts once all the same */
	for (unsigned int i = 0; i < n_all; i++)
		if (!strcmp(all[i].name, "begun"))
			all[i].usual = "ended";
	for (int id = 0; id < FB_FIELD_COUNT; id++) {
		const struct fb_field *field = &fb_fields[id];

		if (!fb_fleet_has_field(field))
			continue;
		all[n_all++] = (struct fb_fleet_column){
			.name = fb_field_symbol(field->id),
			.help = field->help,
			.type = fb_fleet_type_of(field),
			.null = fb_fleet_may_be_null(field),
		};
	}
}

bool fb_fleet_column(enum fb_fleet_table table, unsigned int i, struct fb_fleet_column *ret_column)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const bool is_flows = table == FB_FLEET_TABLE_FLOWS;
	unsigned int n;

	pthread_once(&once, add_fields);
	n = is_flows ? n_all : (unsigned int)N(sensors);
	if (i < n)
		*ret_column = is_flows ? all[i] : sensors[i];
	return i < n;
}
