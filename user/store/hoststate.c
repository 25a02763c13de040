/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/hoststate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <dirent.h>

#include "util/addr.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/file.h"

#define MODE	    0700
#define NAME	    "names"
#define HEADER	    "flowbpf names 1\n"
#define EVERY_NS    (60 * 1000000000ULL)
#define MS	    1000000
#define LEARNED_MAX (30 * 86400 * 1000000000ULL) /* no lease or announcement holds longer */

/* --- the folder ------------------------------------------------------------------------------ */

static bool is_empty(int folder)
{
	DIR *dir = fb_file_list(folder);
	unsigned int n = 0;

	if (!dir)
		return false;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n <= 2;
}

static int open_names(int folder)
{
	return fb_file_open_in(folder, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

static bool has_ours(int folder)
{
	_cleanup_close_ int fd = open_names(folder);
	char head[sizeof(HEADER)] = "";

	return fd >= 0 && pread(fd, head, sizeof(HEADER) - 1, 0) == sizeof(HEADER) - 1 &&
	       strncmp(head, "flowbpf ", 8) == 0;
}

/* A root that may not change it leaves what an earlier version made, if others cannot look in. */
static bool set_mode(int folder)
{
	struct stat st;

	return !fstat(folder, &st) &&
	       ((st.st_mode & 07777) == MODE || !fchmod(folder, MODE) || !(st.st_mode & 07));
}

int fb_hoststate_open(struct fb_hoststate *state, const char *path, struct fb_why *why)
{
	const bool made = mkdir(path, MODE) == 0;
	_cleanup_close_ int folder = fb_file_open_in(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);

	*state = (struct fb_hoststate){
		.folder = -1, .file = {.name = NAME, .about = "the names of the last run"}};
	if (folder < 0)
		return fb_why_set(why, -errno, "cannot keep names in %.200s: %m", path);
	if (flock(folder, LOCK_EX | LOCK_NB) < 0)
		return fb_why_set(why, errno == EWOULDBLOCK ? -EBUSY : -errno,
				  "another flowbpf keeps names in %.200s: give this one another "
				  "--state",
				  path);
	state->ours = (made || is_empty(folder) || has_ours(folder)) && set_mode(folder);
	state->folder = TAKE_FD(folder);
	return 0;
}

/* --- lines ----------------------------------------------------------------------------------- */

static uint8_t source_of(const char *word)
{
	const char *name;

	for (unsigned int i = FB_NAME_DHCP; (name = fb_name_source_name(i)); i++)
		if (strcmp(name, word) == 0)
			return (uint8_t)i;
	return FB_NAME_NONE;
}

struct clocks {
	uint64_t now_ns;
	int64_t wall_ms;
};

static int64_t wall_of(const struct clocks *clocks, uint64_t ns)
{
	return clocks->wall_ms + ((int64_t)ns - (int64_t)clocks->now_ns) / MS;
}

struct loading {
	struct fb_hostnames *names;
	const struct clocks *clocks;
	int taken;
};

/* ADDR SOURCE TIME UNTIL NAME; UNTIL 0 is for ever. */
static bool take_line(void *loading_, char *line)
{
	struct loading *loading = loading_;
	const char *addr = fb_statefile_word(&line), *source = fb_statefile_word(&line);
	uint8_t bytes[16];
	int64_t time, until, left;
	struct fb_addr_fact fact = {.addr = bytes};

	if (!source || !fb_statefile_take_number(&line, &time) ||
	    !fb_statefile_take_number(&line, &until) || !*line || time < 0 || until < 0 ||
	    fb_addr_parse(addr, bytes, &fact.family) < 0)
		return false;
	fact.source = source_of(source);
	fact.name = line;
	fact.len = strlen(fact.name);
	fact.time = loading->clocks->now_ns;
	left = (until - loading->clocks->wall_ms) / 1000;
	fact.ttl = left > (int64_t)(LEARNED_MAX / 1000000000) ? LEARNED_MAX / 1000000000
							      : (uint32_t)(left > 0 ? left : 0);
	if (fact.source == FB_NAME_OPERATOR) {
		fact.ttl = FB_ADDR_FOREVER;
		loading->taken +=
			fb_hostnames_give(loading->names, FB_HOSTSTATE_OPERATOR, &fact) == 0;
		return true;
	}
	if (fact.source != FB_NAME_DHCP && fact.source != FB_NAME_MDNS)
		return false;
	loading->taken += left > 0 && fb_hostnames_restore(loading->names, &fact) == 0;
	return true;
}

static void write_line(struct fb_buf *buf, const struct clocks *clocks,
		       const struct fb_hostname *name)
{
	char addr[FB_ADDR_STRLEN];

	fb_buf_addf(buf, "%s %s %" PRId64 " %" PRId64 " %s\n",
		    fb_addr_format(name->addr, name->family, addr),
		    fb_name_source_name(name->source), wall_of(clocks, name->time),
		    name->until == FB_HOSTNAMES_FOREVER ? 0 : wall_of(clocks, name->until),
		    name->text);
}

/* --- loading --------------------------------------------------------------------------------- */

int fb_hoststate_load(struct fb_hoststate *state, struct fb_hostnames *names, uint64_t now_ns,
		      int64_t wall_ms, struct fb_why *why)
{
	const struct clocks clocks = {now_ns, wall_ms};
	struct loading loading = {.names = names, .clocks = &clocks};
	const int r =
		fb_statefile_load(&state->file, state->folder, HEADER, take_line, &loading, why);

	if (r == 0 || r == -EBADMSG)
		state->saved_version = fb_hostnames_version(names);
	return r < 0 ? r : loading.taken;
}

/* --- saving ---------------------------------------------------------------------------------- */

static int make_text(const struct fb_hostnames *names, const struct clocks *clocks, char **ret_text,
		     size_t *ret_len)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_hostname name;
	unsigned int n = 0;
	uint32_t pos = 0;

	fb_buf_adds(&buf, HEADER);
	while (fb_hostnames_next(names, &pos, &name)) {
		if (name.origin > FB_HOSTSTATE_OPERATOR)
			continue;
		write_line(&buf, clocks, &name);
		n++;
	}
	fb_buf_addf(&buf, "end %u\n", n);
	*ret_text = fb_buf_take(&buf, ret_len);
	return *ret_text ? 0 : -ENOMEM;
}

void fb_hoststate_tick(struct fb_hoststate *state, const struct fb_hostnames *names,
		       uint64_t now_ns, int64_t wall_ms, bool at_once)
{
	const struct clocks clocks = {now_ns, wall_ms};
	const uint64_t version = fb_hostnames_version(names);
	char *text;
	size_t len;

	state->wanted |= version != state->saved_version && (at_once || now_ns >= state->next_ns);
	if (state->folder < 0 || !fb_statefile_is_ready(&state->file, false, &state->wanted) ||
	    !state->wanted)
		return;
	state->next_ns = now_ns + EVERY_NS;
	state->wanted = make_text(names, &clocks, &text, &len) < 0 ||
			fb_statefile_write(&state->file, state->folder, text, len) < 0;
	state->saved_version = version;
}

int fb_hoststate_close(struct fb_hoststate *state, const struct fb_hostnames *names,
		       uint64_t now_ns, int64_t wall_ms)
{
	const struct clocks clocks = {now_ns, wall_ms};
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (state->folder < 0)
		return 0;
	/* also when only their times are newer than what is on the disk */
	r = make_text(names, &clocks, &text, &len);
	if (r == 0)
		r = fb_statefile_replace(&state->file, state->folder, text, len);
	else
		fb_statefile_finish(&state->file);
	close(state->folder);
	state->folder = -1;
	return r;
}
