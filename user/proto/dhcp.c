/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * op(1) htype(1) hlen(1) hops(1) xid(4) secs(2) flags(2) ciaddr(4) yiaddr(4) siaddr(4) giaddr(4)
 * chaddr(16) sname(64) file(128) cookie(4) = 63 82 53 63, then options: code(1) data<..>:1
 */
#include "proto/dhcp.h"

#include <errno.h>
#include <string.h>

#include "proto/bytes.h"

#define HEADER 236
#define COOKIE 0x63825363

enum {
	OPTION_PAD = 0,
	OPTION_HOST = 12,
	OPTION_REQUESTED = 50,
	OPTION_LEASE = 51,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_FQDN = 81,
	OPTION_END = 255,
};

/*
 * Client FQDN (RFC 4702): flags(1) rcode(2) name, in labels if flag 04 is set. Of labels, the first
 * is taken: it is what the host is called.
 */
static void take_fqdn(struct fb_dhcp *dhcp, struct fb_bytes data)
{
	const uint8_t flags = fb_bytes_u8(&data);
	struct fb_bytes name;

	fb_bytes_u16(&data);
	name = flags & 4 ? fb_bytes_vector(&data, 1) : data;
	if (dhcp->host || data.bad || fb_bytes_left(&name) == 0)
		return;
	dhcp->host = name.at;
	dhcp->host_len = (uint8_t)fb_bytes_left(&name);
}

static void take_option(struct fb_dhcp *dhcp, uint8_t code, const struct fb_bytes *data)
{
	const size_t len = fb_bytes_left(data);

	if (code == OPTION_HOST && len > 0) {
		dhcp->host = data->at;
		dhcp->host_len = (uint8_t)len;
	} else if (code == OPTION_FQDN) {
		take_fqdn(dhcp, *data);
	} else if (code == OPTION_TYPE && len == 1) {
		dhcp->type = data->at[0];
	} else if (code == OPTION_REQUESTED && len == 4) {
		memcpy(dhcp->requested, data->at, 4);
	} else if (code == OPTION_SERVER && len == 4) {
		memcpy(dhcp->server, data->at, 4);
	} else if (code == OPTION_LEASE && len == 4) {
		struct fb_bytes seconds = *data;

		dhcp->lease = fb_bytes_u32(&seconds);
	}
}

bool fb_dhcp_looks_like(const uint8_t *message, size_t len)
{
	struct fb_bytes in = fb_bytes(message, len);

	return fb_bytes_take(&in, HEADER) && fb_bytes_u32(&in) == COOKIE;
}

int fb_dhcp_parse(const uint8_t *message, size_t len, struct fb_dhcp *ret_dhcp)
{
	struct fb_bytes in = fb_bytes(message, len);
	struct fb_dhcp dhcp = {0};
	const uint8_t *header = fb_bytes_take(&in, HEADER);

	if (!header || fb_bytes_u32(&in) != COOKIE || in.bad || header[0] < 1 || header[0] > 2)
		return -EBADMSG;
	dhcp.reply = header[0] == 2;
	memcpy(&dhcp.xid, header + 4, 4);
	memcpy(dhcp.current, header + 12, 4);
	memcpy(dhcp.assigned, header + 16, 4);
	memcpy(dhcp.relay, header + 24, 4);
	memcpy(dhcp.mac, header + 28, 6);
	while (fb_bytes_left(&in) > 0) {
		const uint8_t code = fb_bytes_u8(&in);
		struct fb_bytes data;

		if (code == OPTION_END)
			break;
		if (code == OPTION_PAD)
			continue;
		data = fb_bytes_vector(&in, 1);
		if (data.bad)
			return -EBADMSG;
		take_option(&dhcp, code, &data);
	}
	/* text is not to end with NULs, but does (RFC 2132, 2) */
	while (dhcp.host_len > 0 && dhcp.host[dhcp.host_len - 1] == '\0')
		dhcp.host_len--;
	*ret_dhcp = dhcp;
	return 0;
}
