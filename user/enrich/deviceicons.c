/* SPDX-License-Identifier: BSD-2-Clause */
/* What operators may call a device, and draw it as. */
#include <string.h>

#include "enrich/inventory.h"
#include "util/utf8.h"

bool fb_inventory_is_label(const char *label)
{
	const size_t len = strlen(label);

	return len <= FB_INVENTORY_LABEL && *label != ' ' && (!len || label[len - 1] != ' ') &&
	       fb_utf8_is_plain(label);
}

static const char *const icons[] = {NULL,
#define X(id) #id,
				    FB_DEVICE_ICONS(X)
#undef X
};

#define N_ICONS (sizeof(icons) / sizeof(*icons))

const char *fb_device_icon_name(unsigned int icon)
{
	return icon < N_ICONS ? icons[icon] : NULL;
}

uint8_t fb_device_icon(const char *name)
{
	for (unsigned int i = 1; i < N_ICONS; i++)
		if (!strcmp(icons[i], name))
			return (uint8_t)i;
	return 0;
}
