/* SPDX-License-Identifier: BSD-2-Clause */
/* Who on this host has the flow's socket. */
#include "flow/getters.h"
#include "flow/owner.h"

/* The engine reads conntrack's events as they come. */
#define SETTLED_NS 300000000

const char *fb_owner_by_name(unsigned int by)
{
	static const char *const names[] = {NULL,	"socket",    "connect", "listener",
					    "snapshot", "conntrack", "kernel",	"holder"};

	return by < sizeof(names) / sizeof(*names) ? names[by] : NULL;
}

const struct fb_owner *fb_flow_owner(const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;

	if (flow->flags & FB_FLOW_OWNER_SENT)
		return flow->owner;
	return flow->direction != FB_DIRECTION_FORWARD &&
			       at->snapshot->now_ns >= flow->first_seen + SETTLED_NS
		       ? flow->owner
		       : NULL;
}

#define TEXT(id, member)                                                                           \
	GET(id)                                                                                    \
	{                                                                                          \
		const struct fb_owner *owner = fb_flow_owner(at);                                  \
                                                                                                   \
		fb_set_text(value, owner ? owner->member : NULL);                                  \
	}

TEXT(owner_process, process)
TEXT(owner_exe, exe)
TEXT(owner_user, user)
TEXT(owner_unit, unit)
TEXT(owner_container, container)
TEXT(owner_container_name, container_name)

GET(owner_pid)
{
	const struct fb_owner *owner = fb_flow_owner(at);

	if (owner && owner->key.pid)
		fb_set(value, owner->key.pid);
}

GET(owner_by)
{
	if (fb_flow_owner(at))
		fb_set_enum(value, FLOW->owner_by, fb_owner_by_name(FLOW->owner_by));
}

ITEM(owner_parents)
{
	const struct fb_owner *owner = fb_flow_owner(at);
	const char *parent = owner ? fb_owner_next_parent(owner, NULL) : NULL;

	while (parent && i--)
		parent = fb_owner_next_parent(owner, parent);
	value->known = parent;
	value->text = parent;
}
