/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/sensorid.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "store/statefile.h"
#include "util/cleanup.h"

#define HEADER "flowbpf sensor 1\n"
#define MODE   0600

static const struct fb_statefile file = {.name = "sensor", .about = "the sensor's id"};

static bool take_id(const char *text, char ret_id[static FB_SENSOR_ID])
{
	const size_t head = strlen(HEADER);

	if (strncmp(text, HEADER, head) != 0 || strspn(text + head, "0123456789abcdef") != 32 ||
	    strcmp(text + head + 32, "\n") != 0)
		return false;
	snprintf(ret_id, FB_SENSOR_ID, "%.32s", text + head);
	return true;
}

static int make_id(int folder, char ret_id[static FB_SENSOR_ID], struct fb_why *why)
{
	struct fb_statefile own = file;
	char text[64];
	uint8_t bytes[16];
	int len, r;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return fb_why_set(why, -errno, "cannot make an id for this sensor: %s",
				  strerror(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
	len = snprintf(text, sizeof(text), HEADER "%s\n", ret_id);
	r = fb_statefile_replace(&own, folder, text, (size_t)len);
	return r < 0 ? fb_why_set(why, r, "cannot keep the sensor's id in --state: %s",
				  strerror(-r))
		     : 0;
}

int fb_sensorid(int folder, char ret_id[static FB_SENSOR_ID], struct fb_why *why)
{
	_cleanup_free_ char *text = NULL;
	struct fb_why old = {""};
	size_t len;
	int r = fb_statefile_read(&file, folder, &text, &len, &old);

	if (r == 0 && strlen(text) == len && take_id(text, ret_id))
		return 0;
	if (r == 0)
		fb_statefile_refuse(&file, folder, &old, -EBADMSG, "is none");
	r = make_id(folder, ret_id, why);
	if (r < 0 || !*old.text)
		return r;
	return fb_why_set(why, 1, "%.400s, this one has a new one", old.text);
}
