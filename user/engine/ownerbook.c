/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stamp tells pid, user, group and name of whoever made the socket, whatever became of it. The
 * rest is read from /proc, if that process is still the same: who has the number of one that is
 * gone began later.
 */
#include "engine/ownerbook.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/sockends.h"
#include "enrich/unit.h"
#include "proto/name.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/users.h"

#define READS_MOST 4096 /* of /proc in a tick, 15 us each */
#define TEXT	   (4 * FB_OWNER_TEXT + 1)
#define PARENTS	   (FB_OWNER_PARENTS * (4 * FB_COMM_LEN + 16))

/* A record in the making: texts as they are shown. */
struct fb_ownerbook_draft {
	struct fb_owner owner;
	char process[4 * FB_COMM_LEN], exe[TEXT], unit[TEXT], container[TEXT], container_name[TEXT],
		parents[PARENTS];
};

void fb_ownerbook_open(struct fb_ownerbook *book, struct fb_bpf *bpf, struct fb_rowmap *rows,
		       struct fb_table *table, bool conntrack)
{
	struct fb_why why = {""};
	int r;

	*book = (struct fb_ownerbook){
		.bpf = bpf,
		.rows = rows,
		.table = table,
		.stamp = {.link = {-1, -1, -1}, .exes = -1, .state = -1, .ends = -1},
		.heldbook = {.held = {.link = -1, .held = -1}},
		.sent_only = !conntrack,
	};
	book->draft = calloc(1, sizeof(*book->draft));
	r = book->draft ? fb_cgroups_open(&book->cgroups) : -ENOMEM;
	if (r == 0 && fb_containerfiles_open(&book->containers, "") < 0)
		r = -ENOMEM;
	if (r < 0) {
		fb_why_set(&book->lack, r,
			   "processes are not known: no cgroup2 file system is mounted (%s); mount "
			   "one, as in: mount -t cgroup2 none /sys/fs/cgroup",
			   strerror(-r));
		return;
	}
	r = fb_sockstamp_open(&book->stamp, bpf, book->cgroups.root, &why);
	if (r < 0) {
		fb_why_set(&book->lack, r, "processes are not known: %.400s", why.text);
		return;
	}
	book->on = true;
	fb_heldbook_open(&book->heldbook, &book->stamp);
	r = fb_sockstamp_census(&book->stamp, book->cgroups.root, fb_clock_ns(CLOCK_BOOTTIME));
	book->complete = r >= 0;
	if (r < 0)
		fb_why_set(&book->lack, r, "some sockets older than flowbpf have no process: %s",
			   strerror(-r));
	else
		fb_info("owner", "%d sockets were there before", r);
}

void fb_ownerbook_warn(const struct fb_ownerbook *book)
{
	if (*book->lack.text)
		fb_warn("owner", "%s", book->lack.text);
}

void fb_ownerbook_close(struct fb_ownerbook *book)
{
	if (!book->bpf)
		return;
	fb_heldbook_close(&book->heldbook);
	fb_containerfiles_close(&book->containers);
	fb_sockstamp_close(&book->stamp);
	fb_cgroups_close(&book->cgroups);
	free(book->draft);
	*book = (struct fb_ownerbook){0};
}

static const char *inert(const char *text, char *to, size_t size)
{
	return fb_name_text((const uint8_t *)text, strlen(text), to, size) > 0 ? to : NULL;
}

/* Is who has the number now the one that made the socket? */
static bool is_same(const struct fb_process *process, const struct fb_stamp *stamp)
{
	const uint64_t from = process->began * FB_PROCESS_TICK_NS;

	if (stamp->started_ns && process->began != stamp->started_ns / FB_PROCESS_TICK_NS)
		return false;
	if (from + FB_PROCESS_TICK_NS <= stamp->made_ns)
		return true;
	/* within the tick that /proc rounds to: it may have come after one that is gone */
	return from <= stamp->made_ns && !strncmp(process->comm, stamp->comm, FB_COMM_LEN - 1);
}

static bool read_process(struct fb_ownerbook *book, const struct fb_stamp *stamp,
			 struct fb_process *process)
{
	if (book->reads >= READS_MOST) {
		book->counters.owners_hurried++;
		return false;
	}
	book->reads++;
	book->counters.owners_read++;
	if (fb_process_read(stamp->pid, process) == 0 && is_same(process, stamp))
		return true;
	book->counters.owners_gone++;
	return false;
}

static const char *user_name(struct fb_ownerbook *book, uint32_t uid)
{
	const unsigned int i = uid % FB_OWNERBOOK_USERS;

	if (book->user[i].name[0] && book->user[i].uid == uid)
		return book->user[i].name;
	book->user[i].uid = uid;
	if (!fb_users_name(uid, book->user[i].name))
		snprintf(book->user[i].name, sizeof(book->user[i].name), "%u", uid);
	return book->user[i].name;
}

/* Where only systemd's own hierarchy (v1) has units, all are at the root of the other one. */
static void add_cgroup(struct fb_ownerbook *book, struct fb_ownerbook_draft *draft, bool alive)
{
	const char *path = fb_cgroups_path(&book->cgroups, draft->owner.key.cgroup);
	char own[FB_CGROUP_TEXT], text[FB_UNIT_TEXT];
	const char *name;

	if ((!path || !strcmp(path, "/")) && alive && fb_process_cgroup(draft->owner.key.pid, own))
		path = own;
	if (!path)
		return;
	if (fb_unit_of(path, text))
		draft->owner.unit = inert(text, draft->unit, sizeof(draft->unit));
	if (!fb_container_of(path, text))
		return;
	draft->owner.container = inert(text, draft->container, sizeof(draft->container));
	name = fb_containerfiles_name(&book->containers, text, fb_monotonic_ns());
	if (name)
		draft->owner.container_name =
			inert(name, draft->container_name, sizeof(draft->container_name));
}

/* Most of those that run for a moment have the same few parents. */
static const struct fb_process *parent_of(struct fb_ownerbook *book, uint32_t pid)
{
	struct fb_process *parent = &book->parent[pid % FB_OWNERBOOK_PARENTS];

	if (parent->pid == pid)
		return parent;
	if (book->reads >= READS_MOST)
		return NULL;
	book->reads++;
	return fb_process_read(pid, parent) == 0 ? parent : NULL;
}

/* A parent began before `until_ns`, and its child: who did not has the number of one that is gone.
 */
static void add_parents(struct fb_ownerbook *book, struct fb_ownerbook_draft *draft, uint32_t pid,
			uint64_t until_ns)
{
	const struct fb_process *parent;
	char name[4 * FB_COMM_LEN];
	size_t len = 0;

	for (unsigned int i = 0; pid && i < FB_OWNER_PARENTS; i++) {
		parent = parent_of(book, pid);
		if (!parent || parent->began * FB_PROCESS_TICK_NS > until_ns)
			break;
		len += (size_t)snprintf(draft->parents + len, sizeof(draft->parents) - len,
					"%s (%u)",
					inert(parent->comm, name, sizeof(name)) ? name : "?", pid) +
		       1;
		until_ns = parent->began * FB_PROCESS_TICK_NS;
		pid = parent->parent;
	}
	draft->owner.parents = draft->parents;
	draft->owner.parents_len = len;
}

/* By the kernel's own word where it is had: /proc shows the files of others to root alone. */
static void add_exe(struct fb_ownerbook *book, const struct fb_stamp *stamp, bool alive,
		    struct fb_ownerbook_draft *draft)
{
	char exe[FB_EXE_PATH + 1];

	if (fb_sockstamp_exe(&book->stamp, stamp, exe) ||
	    (alive && fb_process_exe(stamp->pid, exe)))
		draft->owner.exe = inert(exe, draft->exe, sizeof(draft->exe));
}

static void fill(struct fb_ownerbook *book, const struct fb_stamp *stamp,
		 const struct fb_process *process, struct fb_ownerbook_draft *draft)
{
	draft->owner.process = inert(process ? process->comm : stamp->comm, draft->process,
				     sizeof(draft->process));
	draft->owner.user = user_name(book, stamp->uid);
	add_cgroup(book, draft, process);
	add_exe(book, stamp, process, draft);
	add_parents(book, draft, process ? process->parent : stamp->parent, stamp->made_ns);
}

static uint64_t began(const struct fb_stamp *stamp, const struct fb_process *process)
{
	if (stamp->started_ns)
		return stamp->started_ns;
	return process ? process->began * FB_PROCESS_TICK_NS : 0;
}

const struct fb_owner *fb_ownerbook_of(struct fb_ownerbook *book, const struct fb_stamp *stamp)
{
	struct fb_ownerbook_draft *draft = book->draft;
	struct fb_process process;
	const struct fb_process *alive;
	const struct fb_owner *known;

	if (!stamp->pid) {
		draft->owner = (struct fb_owner){.process = "kernel"};
		return &draft->owner;
	}
	alive = read_process(book, stamp, &process) ? &process : NULL;
	draft->owner = (struct fb_owner){.key = {.began = began(stamp, alive),
						 .cgroup = stamp->cgroup,
						 .pid = stamp->pid,
						 .uid = stamp->uid}};
	snprintf(draft->owner.key.comm, sizeof(draft->owner.key.comm), "%.15s", stamp->comm);
	known = fb_table_known_owner(book->table, &draft->owner.key);
	if (known)
		return known;
	fill(book, stamp, alive, draft);
	return &draft->owner;
}

/* Whose it is only a sent packet tells, or conntrack, by telling that nothing is translated. */
static bool may_tell(struct fb_ownerbook *book, const struct fb_row *row,
		     const struct fb_stamped *owner)
{
	if (owner->by == FB_OWNER_KERNEL && !book->complete)
		return false; /* a socket older than us looks the same */
	if (!book->sent_only || row->state & FB_ROW_OWNER_SENT)
		return true;
	book->counters.owners_unsure++;
	return false;
}

void fb_ownerbook_tell(struct fb_ownerbook *book, uint32_t slot, const struct fb_row *row)
{
	const struct fb_owner *owner = NULL;
	struct fb_stamped stamped;

	if (fb_rowmap_owner_get(book->rows, slot, &stamped) == 0 &&
	    stamped.generation == row->generation && may_tell(book, row, &stamped))
		owner = fb_ownerbook_of(book, &stamped.stamp);
	if (owner)
		fb_debug("owner", "row %u: %s, pid %u, by %s", slot,
			 owner->process ? owner->process : "?", owner->key.pid,
			 fb_owner_by_name(stamped.by));
	if (fb_table_owner(book->table, slot, row, owner, stamped.by) == 0 && owner &&
	    stamped.by == FB_OWNER_LISTENER && row->key.proto == IPPROTO_TCP)
		fb_heldbook_add(&book->heldbook, fb_table_flow_of(book->table, slot), false,
				fb_clock_ns(CLOCK_BOOTTIME));
}

static void on_holder(void *ctx, uint64_t flow, const struct fb_stamp *stamp)
{
	struct fb_ownerbook *book = ctx;

	const struct fb_flow *of = fb_table_flow(book->table, flow);
	const uint8_t by = of->owner ? FB_OWNER_HOLDER
			   : of->nat ? FB_OWNER_CONNTRACK
				     : FB_OWNER_CONNECT;

	fb_table_owner_found(book->table, flow, fb_ownerbook_of(book, stamp), by);
}

void fb_ownerbook_tick(struct fb_ownerbook *book, uint64_t now_ns)
{
	book->reads = 0;
	memset(book->parent, 0, sizeof(book->parent));
	if (book->on)
		fb_heldbook_tick(&book->heldbook, book->table, now_ns, on_holder, book);
}

const struct fb_owner *fb_ownerbook_find(struct fb_ownerbook *book, const struct fb_flow *flow,
					 uint8_t *ret_by)
{
	const uint64_t since = flow->first_seen > FB_NS_PER_S ? flow->first_seen - FB_NS_PER_S : 1;
	struct fb_owner_ends ends;
	struct fb_owner_end end;

	for (int of = FB_SOCKENDS_CLIENT; book->on && of <= FB_SOCKENDS_SERVER; of++) {
		fb_sockends_of(flow, of, &ends);
		/* an older one is of a connection before this one, of the same ends */
		if (fb_sockstamp_ends(&book->stamp, &ends, since, &end) < 0)
			continue;
		*ret_by = flow->nat ? FB_OWNER_CONNTRACK : of ? FB_OWNER_LISTENER : end.stamp.by;
		return fb_ownerbook_of(book, &end.stamp);
	}
	if (book->on && flow->proto == IPPROTO_UDP) {
		fb_sockends_of(flow, FB_SOCKENDS_CLIENT, &ends);
		if (fb_sockstamp_connected(&book->stamp, &ends))
			fb_heldbook_add(&book->heldbook, flow->id, true,
					fb_clock_ns(CLOCK_BOOTTIME));
	}
	return NULL;
}
