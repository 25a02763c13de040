/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors to the flow that they quote. */
#include <errno.h>
#include <netinet/in.h>

#include "table/table_priv.h"

int fb_table_icmp_error(struct fb_table *table, const struct fb_tuple *quoted, uint8_t type,
			uint8_t code)
{
	const uint32_t ct = fb_ctab_match(&table->ctab, quoted);
	uint32_t number = fb_table_find(table, quoted);
	struct fb_flow *flow;

	if (number == FB_NONE && ct != FB_NONE)
		number = table->ctab.entry[ct].flow;
	flow = number == FB_NONE ? NULL : fb_store_edit(&table->store, number);
	if (!flow || flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6)
		return -ENOENT;
	flow->icmp_type = type;
	flow->icmp_code = code;
	flow->flags |= FB_FLOW_ICMP_ERROR;
	table->counters.icmp_errors_linked++;
	return 0;
}
