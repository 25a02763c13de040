/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetcells.h"

#include <stdlib.h>
#include <string.h>

#include "store/fieldcolumns.h"
#include "util/addr.h"

static char unescaped(char c)
{
	static const char codes[][2] = {{'b', '\b'}, {'f', '\f'}, {'n', '\n'},
					{'r', '\r'}, {'t', '\t'}, {'0', '\0'}};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i][0] == c)
			return codes[i][1];
	return c;
}

const char *fb_fleetcells_text(char **at)
{
	char *text = *at, *in = text, *out = text;
	const bool null = in[0] == '\\' && in[1] == 'N';

	while (*in && *in != '\t' && *in != '\n')
		if (*in == '\\' && in[1]) {
			*out++ = unescaped(in[1]);
			in += 2;
		} else {
			*out++ = *in++;
		}
	*at = in + (*in != '\0');
	*(null ? text : out) = '\0';
	return text;
}

static bool number_of(const char *text, uint64_t *ret_number)
{
	char *end;

	*ret_number = *text == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
	return end != text && !*end;
}

bool fb_fleetcells_numbers(char **at, unsigned int n, uint64_t *ret_numbers)
{
	for (unsigned int i = 0; i < n; i++) {
		const char *text = fb_fleetcells_text(at);

		ret_numbers[i] = 0;
		if (*text && !number_of(text, &ret_numbers[i]))
			return false;
	}
	return true;
}

static bool read_addr(const char *text, struct fb_fleetcells *room, struct fb_past_cell *cell)
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
	uint8_t *addr = room->addr[room->n], family;

	if (room->n == sizeof(room->addr) / sizeof(*room->addr) ||
	    fb_addr_parse(text, addr, &family) < 0)
		return false;
	if (memcmp(addr, mapped, sizeof(mapped)) != 0) {
		cell->kind = FB_PAST_ADDR;
		cell->addr = addr;
		room->n++;
		return true;
	}
	cell->kind = FB_PAST_NUMBER;
	cell->num = (int64_t)((uint64_t)addr[12] << 24 | addr[13] << 16 | addr[14] << 8 | addr[15]);
	return true;
}

/* One that this flowbpf does not know is none. */
static bool read_word(const char *text, const struct fb_field *field, struct fb_past_cell *cell)
{
	const char *word;

	for (unsigned int i = 0; (word = fb_field_word(field, i)); i++) {
		if (strcmp(word, text) != 0)
			continue;
		cell->kind = FB_PAST_NUMBER;
		cell->num = i + field->first_word;
		break;
	}
	return true;
}

static bool read_number(const char *text, struct fb_past_cell *cell)
{
	uint64_t number;

	if (!number_of(text, &number))
		return false;
	cell->kind = FB_PAST_NUMBER;
	cell->num = (int64_t)number;
	return true;
}

bool fb_fleetcells_read(char **at, const struct fb_field *field, struct fb_fleetcells *room,
			struct fb_past_cell *ret_cell)
{
	const char *text = fb_fleetcells_text(at);
	struct fb_column column;

	*ret_cell = (struct fb_past_cell){.kind = FB_PAST_NONE};
	if (!*text || !fb_column_of(field->id, &column))
		return true;
	switch (column.coding) {
	case FB_CODED_IP:
		return (!field->always && !strcmp(text, "::")) || read_addr(text, room, ret_cell);
	case FB_CODED_WORD:
		return read_word(text, field, ret_cell);
	case FB_CODED_TEXT:
	case FB_CODED_LIST:
		ret_cell->kind = FB_PAST_TEXT;
		ret_cell->text = text;
		return true;
	default:
		return read_number(text, ret_cell);
	}
}
