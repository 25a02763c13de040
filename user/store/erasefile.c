/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/erasefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/statefile.h"
#include "util/addr.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/mac.h"

#define HEADER "flowbpf erasure 1\n"

static const struct fb_statefile file = {.name = "erasure", .about = "who is to be erased"};

/* --- lines ------------------------------------------------------------------------------------ */

static void write_whom(const struct fb_person *who, struct fb_buf *buf)
{
	char text[FB_ADDR_STRLEN];

	fb_buf_adds(buf, HEADER);
	if (who->has_mac)
		fb_buf_addf(buf, "mac %s\n", fb_mac_format(who->mac, text));
	for (unsigned int i = 0; i < who->n_addrs; i++)
		fb_buf_addf(buf, "addr %s\n",
			    fb_addr_format(who->addr[i].addr, who->addr[i].family, text));
	for (unsigned int i = 0; i < who->n_names; i++)
		fb_buf_addf(buf, "name %s\n", who->name[i]);
	fb_buf_addf(buf, "end %u\n", who->has_mac + who->n_addrs + who->n_names);
}

static bool take_line(void *ctx, char *line)
{
	struct fb_person *who = ctx;
	const char *word = fb_statefile_word(&line);
	uint8_t addr[16], family;

	if (!word)
		return false;
	if (!strcmp(word, "mac"))
		return who->has_mac = fb_mac_parse(line, who->mac) == 0;
	if (!strcmp(word, "addr"))
		return fb_addr_parse(line, addr, &family) == 0 &&
		       fb_person_add_addr(who, addr, family);
	fb_person_add_name(who, line);
	return !strcmp(word, "name");
}

/* --- the file --------------------------------------------------------------------------------- */

int fb_erasefile_keep(int folder, const struct fb_person *who)
{
	struct fb_statefile own = file;
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	write_whom(who, &buf);
	return fb_buf_error(&buf) ? -ENOMEM : fb_statefile_replace(&own, folder, buf.data, buf.len);
}

int fb_erasefile_load(int folder, struct fb_person *ret_who, struct fb_why *why)
{
	*ret_who = (struct fb_person){.has_mac = false};
	return fb_statefile_load(&file, folder, HEADER, take_line, ret_who, why);
}

static int write_over(int fd)
{
	static const char zeroes[512];
	struct stat st;
	off_t at = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	while (at < st.st_size) {
		const off_t left = st.st_size - at;
		const size_t part = left < (off_t)sizeof(zeroes) ? (size_t)left : sizeof(zeroes);
		const ssize_t n = pwrite(fd, zeroes, part, at);

		if (n < 0)
			return -errno;
		at += n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int fb_erasefile_drop(int folder)
{
	_cleanup_close_ int fd = openat(folder, file.name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = write_over(fd);
	if (r < 0)
		return r;
	if (unlinkat(folder, file.name, 0) < 0)
		return -errno;
	return fsync(folder) < 0 ? -errno : 0;
}
