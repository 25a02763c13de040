/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hosts:    ADDR NAME [ALIAS ...] [# comment]
 * dnsmasq:  EXPIRY MAC ADDR NAME CLIENT-ID          NAME * for none, EXPIRY 0 for ever
 * dhcpd:    lease ADDR { ends 4 2026/11/28 16:00:00; binding state active;
 *                        client-hostname "NAME"; }  appended for each change; ends never
 * Kea:      address,..,expire,..,hostname,state,..  appended; columns as the first line names them
 */
#include "proto/hostfile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/name.h"
#include "util/addr.h"

#define NAME_ROOM 256
#define BLANKS	  " \t\r"
#define COLUMNS	  32

struct file {
	fb_hostfile_fn fn;
	void *ctx;
	struct fb_hostfile_entry entry;
	/* dhcpd: the block that is read; Kea: where its columns are, from 1 on */
	bool inside, active;
	char host[NAME_ROOM];
	unsigned int address, expire, lifetime, hostname, state;
};

/* `name` NULL or empty: it has none. */
static void tell(struct file *file, const char *name)
{
	char text[NAME_ROOM];
	const size_t len = name ? strlen(name) : 0;
	int n = len ? fb_name_host((const uint8_t *)name, len, text, sizeof(text)) : 0;

	if (n > 0 && fb_name_is_address(text, (size_t)n))
		n = 0;

	file->entry.name = n > 0 ? text : NULL;
	file->entry.len = n > 0 ? (size_t)n : 0;
	file->fn(file->ctx, &file->entry);
}

static bool take_addr(struct file *file, const char *text)
{
	char addr[FB_ADDR_STRLEN + 16];
	const size_t len = text ? strcspn(text, "%") : 0; /* the scope of a link-local address */

	if (!len || len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	return fb_addr_parse(addr, file->entry.addr, &file->entry.family) == 0;
}

static void read_hosts(struct file *file, char *line)
{
	char *save = NULL, *addr, *name;

	line[strcspn(line, "#")] = '\0';
	addr = strtok_r(line, BLANKS, &save);
	name = addr ? strtok_r(NULL, BLANKS, &save) : NULL;
	file->entry.ends = FB_HOSTFILE_FOREVER;
	if (name && take_addr(file, addr))
		tell(file, name);
}

static void read_dnsmasq(struct file *file, char *line)
{
	char *save = NULL;
	char *expiry = strtok_r(line, BLANKS, &save);
	char *mac = expiry ? strtok_r(NULL, BLANKS, &save) : NULL;
	char *addr = mac ? strtok_r(NULL, BLANKS, &save) : NULL;
	char *name = addr ? strtok_r(NULL, BLANKS, &save) : NULL;

	if (!name || !isdigit((unsigned char)*expiry) || !take_addr(file, addr))
		return;
	file->entry.ends = strtoll(expiry, NULL, 10);
	if (file->entry.ends == 0)
		file->entry.ends = FB_HOSTFILE_FOREVER;
	tell(file, strcmp(name, "*") != 0 ? name : NULL);
}

/* "4 2026/11/28 16:00:00;", "epoch 1795881600; # ...", "never;" */
static int64_t moment_of(const char *text)
{
	struct tm tm = {0};
	long long epoch;

	if (strncmp(text, "never", 5) == 0)
		return FB_HOSTFILE_FOREVER;
	if (strncmp(text, "epoch ", 6) == 0) {
		epoch = strtoll(text + 6, NULL, 10);
		return epoch > 0 ? epoch : 0;
	}
	text += strcspn(text, " ");
	return strptime(text, " %Y/%m/%d %H:%M:%S", &tm) ? timegm(&tm) : 0;
}

static const char *behind(const char *line, const char *word)
{
	const size_t len = strlen(word);

	return strncmp(line, word, len) == 0 ? line + len : NULL;
}

static void begin_lease(struct file *file, char *rest)
{
	rest[strcspn(rest, " {")] = '\0';
	file->inside = take_addr(file, rest);
	file->active = true;
	file->host[0] = '\0';
	file->entry.ends = FB_HOSTFILE_FOREVER;
}

static void read_dhcpd(struct file *file, char *line)
{
	const char *rest;

	line += strspn(line, BLANKS);
	rest = behind(line, "lease ");
	if (rest) {
		begin_lease(file, line + 6);
		return;
	}
	if (!file->inside)
		return;
	if ((rest = behind(line, "ends ")))
		file->entry.ends = moment_of(rest);
	else if ((rest = behind(line, "binding state ")))
		file->active = strncmp(rest, "active", 6) == 0;
	else if ((rest = behind(line, "client-hostname \"")) && strcspn(rest, "\"") < NAME_ROOM) {
		memcpy(file->host, rest, strcspn(rest, "\""));
		file->host[strcspn(rest, "\"")] = '\0';
	} else if (*line == '}') {
		file->inside = false;
		tell(file, file->active ? file->host : NULL);
	}
}

/* The first line. */
static void read_columns(struct file *file, char *line)
{
	const struct {
		const char *name;
		unsigned int *column;
	} known[] = {
		{"address", &file->address},	     {"expire", &file->expire},
		{"hostname", &file->hostname},	     {"state", &file->state},
		{"valid_lifetime", &file->lifetime},
	};
	unsigned int column = 1;
	char *name;

	line[strcspn(line, "\r")] = '\0';
	while ((name = strsep(&line, ",")) && column < COLUMNS) {
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (strcmp(name, known[i].name) == 0)
				*known[i].column = column;
		column++;
	}
}

static void read_kea(struct file *file, char *line)
{
	char *cell[COLUMNS], *name;
	bool active;
	unsigned int n = 1;

	if (!file->address) {
		read_columns(file, line);
		return;
	}
	line[strcspn(line, "\r")] = '\0';
	while (n < COLUMNS && line)
		cell[n++] = strsep(&line, ",");
	/* a line that was cut, as the last of a file that is being written may be */
	if (!file->hostname || !file->expire || file->address >= n || file->hostname >= n ||
	    file->expire >= n || file->lifetime >= n || file->state >= n ||
	    !take_addr(file, cell[file->address]))
		return;
	file->entry.ends = strtoll(cell[file->expire], NULL, 10);
	if (file->lifetime && strcmp(cell[file->lifetime], "4294967295") == 0)
		file->entry.ends = FB_HOSTFILE_FOREVER;
	active = !file->state || strcmp(cell[file->state], "0") == 0;
	name = cell[file->hostname];
	tell(file, active ? name : NULL);
}

/* By the first line that says something. */
static void (*reader_of(const char *text))(struct file *file, char *line)
{
	while (*text) {
		const size_t len = strcspn(text, "\n");
		const size_t blank = strspn(text, BLANKS);
		size_t digits;

		if (blank < len && text[blank] != '#') {
			digits = strspn(text + blank, "0123456789");
			if (strncmp(text + blank, "address,", 8) == 0)
				return read_kea;
			if (digits && text[blank + digits] == ' ')
				return read_dnsmasq;
			if (strncmp(text + blank, "duid ", 5) == 0)
				return read_dnsmasq;
			return memchr(text + blank, ';', len - blank) ||
					       memchr(text + blank, '{', len - blank)
				       ? read_dhcpd
				       : read_hosts;
		}
		text += len + (text[len] == '\n');
	}
	return read_hosts;
}

bool fb_hostfile_is_leases(const char *text)
{
	return reader_of(text) != read_hosts;
}

void fb_hostfile_parse(char *text, size_t len, fb_hostfile_fn fn, void *ctx)
{
	struct file file = {.fn = fn, .ctx = ctx};
	void (*const read)(struct file *file, char *line) = reader_of(text);
	char *const end = text + len;

	for (char *line = text; line < end;) {
		char *next = memchr(line, '\n', (size_t)(end - line));
		char *stop = next ? next : end;

		*stop = '\0';
		read(&file, line);
		line = stop + 1;
	}
}
