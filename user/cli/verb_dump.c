/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf dump: the rows of the kernel's own map, without the daemon. By the ids of programs and
 * maps and a mapping for reading: a BPF iterator would be one more program to verify, needs the
 * kernel's BTF, and must be pinned by somebody before it can be read.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/verb.h"
#include "flow/flow.h"
#include "kernel/loaded.h"
#include "proto/name.h"
#include "util/addr.h"
#include "util/clock.h"

struct dump_opts {
	bool no_header;
};

static const struct fb_opt options[] = {
	{.name = "no-header",
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct dump_opts, no_header),
	 .help = "without the line of titles"},
	{0},
};

/* Names of one kernel half's links, for all its rows. */
struct links {
	char name[FB_LINK_MAX][IF_NAMESIZE];
};

static void name_links(const struct fb_loaded *loaded, struct links *links)
{
	memset(links, 0, sizeof(*links));
	for (unsigned int i = 0; i < FB_LINK_MAX; i++) {
		const uint32_t ifindex = loaded->ifindex[i];

		if (ifindex && (!fb_loaded_serves(loaded, ifindex) ||
				!if_indextoname(ifindex, links->name[i])))
			snprintf(links->name[i], sizeof(links->name[i]), "#%u", ifindex);
	}
}

static const char *flags_text(uint8_t flags, char text[9])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 8; i++)
		if (flags & 1u << i)
			text[n++] = "FSRPAUEC"[i];
	if (!n)
		text[n++] = '-';
	text[n] = '\0';
	return text;
}

static void print_name(const struct fb_loaded *loaded, const struct fb_row *row)
{
	char text[4 * FB_NAME_MAX + 1];
	struct fb_name name;

	if (!(row->state & FB_ROW_NAMED) || fb_loaded_name(loaded, row, &name) < 0) {
		printf(" -\n");
		return;
	}
	/* What user space wrote is such text by now; once more it stays so. */
	if (fb_name_text((const uint8_t *)name.name, name.len, text, sizeof(text)) <= 0)
		text[0] = '-', text[1] = '\0';
	printf(" %s\n", name.escaped ? name.name : text);
}

static void print_end(const struct fb_row *row, int end)
{
	char text[FB_ENDPOINT_STRLEN];

	if (row->key.port[0] || row->key.port[1])
		fb_endpoint_format(row->key.addr[end], row->key.family, row->key.port[end], text);
	else
		fb_addr_format(row->key.addr[end], row->key.family, text);
	printf(" %-21s", text);
}

/* Seconds and tenths; "-": not known. */
static void print_seconds(uint64_t now_ns, uint64_t then_ns)
{
	const uint64_t tenths = now_ns > then_ns ? (now_ns - then_ns) / 100000000 : 0;
	char text[24] = "-";

	if (then_ns)
		snprintf(text, sizeof(text), "%llu.%llu", (unsigned long long)(tenths / 10),
			 (unsigned long long)(tenths % 10));
	printf(" %8s", text);
}

static void print_row(const struct fb_loaded *loaded, const struct links *links,
		      const struct fb_row *row, uint64_t now_ns)
{
	/* jiffies, which may be rounded to before the first packet */
	const uint64_t ticked_ns = fb_loaded_last_ns(loaded, row);
	const uint64_t last_ns =
		ticked_ns && ticked_ns < row->first_seen ? row->first_seen : ticked_ns;
	const int up = row->opener & 1;
	char proto[4], flags[2][9], both[20], vlan[8] = "-";

	printf("%-8s %-5s", links->name[fb_loaded_link(loaded, row)],
	       fb_proto_name(row->key.proto, proto));
	print_end(row, up);
	print_end(row, !up);
	for (int d = up, i = 0; i < 2; i++, d = !up)
		printf(" %9llu %12llu", (unsigned long long)row->packets[d],
		       (unsigned long long)row->bytes[d]);
	print_seconds(now_ns, row->first_seen);
	print_seconds(now_ns, last_ns);
	snprintf(both, sizeof(both), "%s/%s", flags_text(row->tcp_flags[up], flags[0]),
		 flags_text(row->tcp_flags[!up], flags[1]));
	if (row->vlan)
		snprintf(vlan, sizeof(vlan), "%u", row->vlan);
	printf(" %-9s %4s", row->key.proto == IPPROTO_TCP ? both : "-", vlan);
	print_name(loaded, row);
}

static void print_titles(void)
{
	printf("%-8s %-5s %-21s %-21s %9s %12s %9s %12s %8s %8s %-9s %4s %s\n", "IFACE", "PROTO",
	       "SOURCE", "DESTINATION", "UP_PKTS", "UP_BYTES", "DOWN_PKTS", "DOWN_BYTES", "AGE_S",
	       "IDLE_S", "FLAGS", "VLAN", "NAME");
}

typedef uint64_t __attribute__((may_alias)) word;

/* A row may be given to another flow while it is read: once more, then. The words are read in
 * order, and the generation after all of them. */
static void copy_row(const struct fb_row *from, struct fb_row *to)
{
	for (int tries = 0; tries < 3; tries++) {
		for (size_t i = 0; i < sizeof(*to) / sizeof(word); i++)
			((word *)to)[i] = __atomic_load_n((const word *)from + i, __ATOMIC_ACQUIRE);
		if (to->generation == __atomic_load_n(&from->generation, __ATOMIC_RELAXED))
			return;
	}
}

static void print_rows(const struct fb_loaded *loaded, uint32_t ifindex)
{
	struct links links;
	struct fb_row row;

	name_links(loaded, &links);
	for (uint32_t slot = 0; slot < loaded->n; slot++) {
		copy_row(&loaded->row[slot], &row);
		if (!(row.state & FB_ROW_LIVE) ||
		    (ifindex && loaded->ifindex[fb_loaded_link(loaded, &row)] != ifindex))
			continue;
		print_row(loaded, &links, &row, fb_clock_ns(CLOCK_BOOTTIME));
	}
}

static int dump(uint32_t ifindex, const char *ifname, bool titles)
{
	struct fb_loaded loaded = {.names = -1, .lanes = -1};
	int r, found = 0, failed = 0;
	struct fb_why why;

	while ((r = fb_loaded_next(&loaded, &why)) > 0 || r == -EPROTO) {
		if (ifindex && !fb_loaded_serves(&loaded, ifindex))
			continue;
		if (r < 0) {
			failed = fb_fail(FB_EXIT_FAILED, "%s", why.text);
			continue;
		}
		if (titles && !found++)
			print_titles();
		found |= 1;
		print_rows(&loaded, ifindex);
	}
	fb_loaded_close(&loaded);
	if (r < 0)
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	if (failed)
		return failed;
	if (!found && ifname)
		return fb_fail(FB_EXIT_FAILED, "no flowbpf is attached to %s", ifname);
	if (!found)
		return fb_fail(FB_EXIT_FAILED, "no flowbpf is attached to anything");
	return fflush(stdout) ? fb_fail(FB_EXIT_FAILED, "cannot write the output") : FB_EXIT_DONE;
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct dump_opts *opts = opts_;
	const char *ifname = n ? args[0] : NULL;
	const uint32_t ifindex = ifname ? if_nametoindex(ifname) : 0;

	if (ifname && !ifindex)
		return fb_fail(FB_EXIT_FAILED, "there is no interface \"%.40s\" here", ifname);
	return dump(ifindex, ifname, !opts->no_header);
}

const struct fb_verb fb_cmd_dump = {
	.name = "dump",
	.args = "[IFACE]",
	.summary = "Print the rows of the kernel's own map, without the daemon",
	.about =
		"A line a live row: source and destination, packets and bytes up and down, seconds\n"
		"since the first and the last packet, TCP flags, VLAN, name. Works while the daemon\n"
		"is hung, or gone with its maps pinned. Run it as root. Without IFACE: the rows of\n"
		"every flowbpf of this machine.\n",
	.opts = options,
	.opts_size = sizeof(struct dump_opts),
	.max_args = 1,
	.run = run,
};
