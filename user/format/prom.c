/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/prom.h"

#include <string.h>

#include "util/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

void fb_prom_family(struct fb_buf *buf, const char *name, const char *type, const char *help)
{
	fb_buf_addf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(struct fb_buf *buf, const char *value)
{
	const unsigned char *p = (const unsigned char *)value;
	size_t len = strlen(value);

	while (len) {
		uint32_t code = 0;
		const unsigned int n = fb_utf8_decode(p, len, &code);

		if (!n || code < 0x20 || fb_utf8_is_hostile(code)) {
			fb_buf_adds(buf, REPLACEMENT);
		} else {
			if (*p == '"' || *p == '\\')
				fb_buf_addc(buf, '\\');
			fb_buf_add(buf, p, n);
		}
		p += n ? n : 1;
		len -= n ? n : 1;
	}
}

static void begin(struct fb_buf *buf, const char *name, const struct fb_prom_label *labels)
{
	fb_buf_adds(buf, name);
	for (const struct fb_prom_label *label = labels; label && label->key; label++) {
		fb_buf_addc(buf, label == labels ? '{' : ',');
		fb_buf_adds(buf, label->key);
		fb_buf_adds(buf, "=\"");
		add_value(buf, label->value);
		fb_buf_addc(buf, '"');
	}
	fb_buf_adds(buf, labels && labels->key ? "} " : " ");
}

void fb_prom_sample(struct fb_buf *buf, const char *name, const struct fb_prom_label *labels,
		    uint64_t value)
{
	begin(buf, name, labels);
	fb_buf_addu(buf, value);
	fb_buf_addc(buf, '\n');
}

void fb_prom_decimal(struct fb_buf *buf, const char *name, const struct fb_prom_label *labels,
		     uint64_t value, unsigned int decimals)
{
	begin(buf, name, labels);
	fb_buf_add_decimal(buf, value, decimals);
	fb_buf_addc(buf, '\n');
}
