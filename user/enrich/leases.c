/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for their ACK, found by (xid, MAC), and leases, found by address. */
#include "enrich/leases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/addr.h"
#include "util/cleanup.h"
#include "util/index.h"
#include "util/shares.h"

#define SECOND	1000000000ULL
#define WAIT_NS (30 * SECOND)
#define DAY	86400 /* seconds of a lease that does not tell them */
#define UNHEARD 3600  /* .. of one that only its client told */

struct request {
	uint32_t xid;
	uint8_t mac[6];
	uint8_t addr[4], server[4]; /* zero: not told */
	uint8_t host_len;
	char host[255];
	uint64_t time;
};

struct lease {
	uint8_t addr[4], mac[6], server[4];
	uint64_t until;
	char *host; /* owned; NULL: it told none */
	uint8_t host_len;
};

struct fb_leases {
	struct request request[FB_LEASES_PENDING];
	struct fb_index request_index;
	struct fb_shares request_shares;
	struct fb_index lease_index;
	struct fb_shares lease_shares; /* by server */
	bool heard;		       /* a server's ACK was seen */
	struct lease lease[];
};

/* One message on its way through. */
struct reading {
	struct fb_leases *leases;
	const struct fb_leases_message *message;
	const struct fb_dhcp *dhcp;
	fb_leases_fn fn;
	void *ctx;
};

int fb_leases_new(uint32_t n, struct fb_leases **ret_leases)
{
	struct fb_leases *leases;

	n = n ? n : FB_LEASES_MAX;
	leases = calloc(1, sizeof(*leases) + n * sizeof(leases->lease[0]));
	if (!leases)
		return -ENOMEM;
	if (fb_index_init(&leases->request_index) < 0 || fb_index_init(&leases->lease_index) < 0 ||
	    fb_shares_init(&leases->request_shares, FB_LEASES_PENDING) < 0 ||
	    fb_shares_init(&leases->lease_shares, n) < 0) {
		fb_leases_free(leases);
		return -ENOMEM;
	}
	*ret_leases = leases;
	return 0;
}

void fb_leases_free(struct fb_leases *leases)
{
	if (!leases)
		return;
	for (uint32_t i = 0; i < leases->lease_shares.fresh; i++)
		free(leases->lease[i].host);
	fb_index_fini(&leases->request_index);
	fb_index_fini(&leases->lease_index);
	fb_shares_fini(&leases->request_shares);
	fb_shares_fini(&leases->lease_shares);
	free(leases);
}

static bool is_none(const uint8_t addr[static 4])
{
	return !(addr[0] | addr[1] | addr[2] | addr[3]);
}

static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 4) == 0;
}

/* Not told, or the same. */
static bool fits(const uint8_t *a, const uint8_t *b)
{
	return is_none(a) || is_none(b) || same(a, b);
}

/* RFC 1918 */
static bool is_private(const uint8_t addr[static 4])
{
	return addr[0] == 10 || (addr[0] == 172 && addr[1] >> 4 == 1) ||
	       (addr[0] == 192 && addr[1] == 168);
}

static void map_addr(const uint8_t addr[static 4], uint8_t mapped[static 16])
{
	memset(mapped, 0, 10);
	memset(mapped + 10, 0xff, 2);
	memcpy(mapped + 12, addr, 4);
}

/* --- requests -------------------------------------------------------------------------------- */

static uint64_t hash_request(uint32_t xid, const uint8_t mac[static 6])
{
	return fb_hash(mac, 6, xid);
}

static uint32_t find_request(const struct fb_leases *leases, const struct fb_dhcp *dhcp)
{
	struct fb_index_it it = fb_index_begin(hash_request(dhcp->xid, dhcp->mac));
	uint32_t number;

	while (fb_index_next(&leases->request_index, &it, &number))
		if (leases->request[number].xid == dhcp->xid &&
		    memcmp(leases->request[number].mac, dhcp->mac, 6) == 0)
			return number;
	return FB_NONE;
}

static void forget_request(struct fb_leases *leases, uint32_t number)
{
	const struct request *request = &leases->request[number];

	fb_index_remove(&leases->request_index, hash_request(request->xid, request->mac), number);
}

/* A share is the sender's, or before it has an address its MAC's. */
static uint32_t new_request(struct reading *reading)
{
	struct fb_leases *leases = reading->leases;
	uint8_t owner[FB_SHARES_KEY] = {0};
	uint32_t number;
	bool evicted;

	if (is_none(reading->message->sender + 12))
		memcpy(owner, reading->dhcp->mac, 6);
	else
		memcpy(owner + 1, reading->message->sender, 16);
	number = fb_shares_take(&leases->request_shares, owner, &evicted);
	if (number == FB_NONE)
		return number;
	if (evicted)
		forget_request(leases, number);
	leases->request[number].xid = reading->dhcp->xid;
	memcpy(leases->request[number].mac, reading->dhcp->mac, 6);
	if (fb_index_add(&leases->request_index,
			 hash_request(reading->dhcp->xid, reading->dhcp->mac), number) == 0)
		return number;
	fb_shares_give(&leases->request_shares, number);
	return FB_NONE;
}

static void remember_request(struct reading *reading)
{
	const struct fb_dhcp *dhcp = reading->dhcp;
	struct request *request;
	uint32_t number = find_request(reading->leases, dhcp);

	if (number == FB_NONE)
		number = new_request(reading);
	if (number == FB_NONE)
		return;
	request = &reading->leases->request[number];
	request->time = reading->message->time;
	memcpy(request->addr, is_none(dhcp->current) ? dhcp->requested : dhcp->current, 4);
	memcpy(request->server, dhcp->server, 4);
	request->host_len = dhcp->host_len;
	if (dhcp->host_len)
		memcpy(request->host, dhcp->host, dhcp->host_len);
}

/* The request that a server's message answers, which it is no longer then; FB_NONE: none. */
static uint32_t take_request(struct reading *reading)
{
	struct fb_leases *leases = reading->leases;
	const uint32_t number = find_request(leases, reading->dhcp);

	if (number == FB_NONE || !fits(leases->request[number].server, reading->dhcp->server))
		return FB_NONE;
	forget_request(leases, number);
	fb_shares_give(&leases->request_shares, number);
	return leases->request[number].time + WAIT_NS < reading->message->time ? FB_NONE : number;
}

/* --- leases ---------------------------------------------------------------------------------- */

static uint64_t hash_lease(const uint8_t addr[static 4])
{
	return fb_hash(addr, 4, 0);
}

static uint32_t find_lease(const struct fb_leases *leases, const uint8_t addr[static 4])
{
	struct fb_index_it it = fb_index_begin(hash_lease(addr));
	uint32_t number;

	while (fb_index_next(&leases->lease_index, &it, &number))
		if (same(leases->lease[number].addr, addr))
			return number;
	return FB_NONE;
}

static void forget_lease(struct fb_leases *leases, uint32_t number)
{
	struct lease *lease = &leases->lease[number];

	fb_index_remove(&leases->lease_index, hash_lease(lease->addr), number);
	free(lease->host);
	*lease = (struct lease){0};
}

static void tell(struct reading *reading, const struct lease *lease, const char *host,
		 uint32_t seconds)
{
	struct fb_leases_name name = {
		.mac = lease->mac, .host = host, .len = lease->host_len, .seconds = seconds};

	map_addr(lease->addr, name.addr);
	reading->fn(reading->ctx, &name);
}

static void end_lease(struct reading *reading, uint32_t number)
{
	tell(reading, &reading->leases->lease[number], NULL, 0);
	forget_lease(reading->leases, number);
	fb_shares_give(&reading->leases->lease_shares, number);
}

/* End it, if the device has it. */
static bool end_of(struct reading *reading, const uint8_t addr[static 4])
{
	const uint32_t number = find_lease(reading->leases, addr);

	if (number == FB_NONE ||
	    memcmp(reading->leases->lease[number].mac, reading->dhcp->mac, 6) != 0)
		return false;
	end_lease(reading, number);
	return true;
}

static uint32_t new_lease(struct reading *reading, const uint8_t addr[static 4])
{
	struct fb_leases *leases = reading->leases;
	uint8_t owner[FB_SHARES_KEY] = {FB_SHARES_KEY};
	uint32_t number;
	bool evicted;

	memcpy(owner + 1, reading->message->sender, 16);
	number = fb_shares_take(&leases->lease_shares, owner, &evicted);
	if (number == FB_NONE)
		return number;
	if (evicted)
		forget_lease(leases, number);
	memcpy(leases->lease[number].addr, addr, 4);
	memcpy(leases->lease[number].mac, reading->dhcp->mac, 6);
	if (fb_index_add(&leases->lease_index, hash_lease(addr), number) == 0)
		return number;
	fb_shares_give(&leases->lease_shares, number);
	return FB_NONE;
}

static void put_lease(struct reading *reading, const uint8_t addr[static 4], const char *host,
		      uint8_t host_len, uint32_t seconds)
{
	struct fb_leases *leases = reading->leases;
	uint32_t number = find_lease(leases, addr);
	struct lease *lease;

	if (number != FB_NONE && memcmp(leases->lease[number].mac, reading->dhcp->mac, 6) != 0) {
		end_lease(reading, number);
		number = FB_NONE;
	}
	if (number == FB_NONE)
		number = new_lease(reading, addr);
	if (number == FB_NONE)
		return;
	lease = &leases->lease[number];
	memcpy(lease->server, reading->dhcp->server, 4);
	lease->until = reading->message->time + seconds * SECOND;
	if (host_len > 0) {
		_cleanup_free_ char *copy = malloc(host_len);

		if (!copy)
			return;
		free(lease->host);
		lease->host = memcpy(TAKE_PTR(copy), host, host_len);
		lease->host_len = host_len;
	}
	if (lease->host)
		tell(reading, lease, lease->host, seconds);
}

/* --- messages -------------------------------------------------------------------------------- */

static bool read_ack(struct reading *reading)
{
	const struct fb_dhcp *dhcp = reading->dhcp;
	const uint8_t *addr = is_none(dhcp->assigned) ? dhcp->current : dhcp->assigned;
	const uint32_t number = take_request(reading);
	const struct request *request;
	uint8_t mapped[16];

	map_addr(addr, mapped);
	if (number == FB_NONE || !fb_addr_is_host(mapped, 4))
		return false;
	request = &reading->leases->request[number];
	if (!fits(request->addr, addr))
		return false;
	reading->leases->heard = true;
	put_lease(reading, addr, request->host_len ? request->host : (const char *)dhcp->host,
		  request->host_len ? request->host_len : dhcp->host_len,
		  dhcp->lease ? dhcp->lease : DAY);
	return true;
}

static bool read_nak(struct reading *reading)
{
	const uint32_t number = take_request(reading);

	if (number == FB_NONE)
		return false;
	end_of(reading, reading->leases->request[number].addr);
	return true;
}

/* By the client's own address, to the server that gave it. */
static bool read_release(struct reading *reading)
{
	const struct fb_dhcp *dhcp = reading->dhcp;
	const uint32_t number = find_lease(reading->leases, dhcp->current);

	return number != FB_NONE && same(reading->message->sender + 12, dhcp->current) &&
	       fits(reading->leases->lease[number].server, dhcp->server) &&
	       end_of(reading, dhcp->current);
}

/* Nobody else has it, and no router sent it on. */
static bool counts_unheard(const struct reading *reading)
{
	static const uint8_t all[4] = {255, 255, 255, 255};
	const struct fb_dhcp *dhcp = reading->dhcp;
	const uint32_t number = find_lease(reading->leases, dhcp->requested);

	if (reading->leases->heard || dhcp->type != FB_DHCP_REQUEST || !dhcp->host_len ||
	    is_none(dhcp->server) || !is_none(dhcp->relay) || !is_private(dhcp->requested) ||
	    !is_none(reading->message->sender + 12) || !same(reading->message->receiver + 12, all))
		return false;
	return number == FB_NONE || reading->leases->lease[number].until < reading->message->time ||
	       memcmp(reading->leases->lease[number].mac, dhcp->mac, 6) == 0;
}

static bool read_request(struct reading *reading)
{
	remember_request(reading);
	if (counts_unheard(reading))
		put_lease(reading, reading->dhcp->requested, (const char *)reading->dhcp->host,
			  reading->dhcp->host_len, UNHEARD);
	return true;
}

bool fb_leases_read(struct fb_leases *leases, const struct fb_leases_message *message,
		    fb_leases_fn fn, void *ctx)
{
	struct reading reading = {leases, message, message->dhcp, fn, ctx};

	if (message->dhcp->reply)
		return message->dhcp->type == FB_DHCP_ACK   ? read_ack(&reading)
		       : message->dhcp->type == FB_DHCP_NAK ? read_nak(&reading)
							    : true;
	switch (message->dhcp->type) {
	case FB_DHCP_REQUEST:
	case FB_DHCP_INFORM:
		return read_request(&reading);
	case FB_DHCP_RELEASE:
		return read_release(&reading);
	case FB_DHCP_DECLINE:
		return end_of(&reading, message->dhcp->requested);
	default:
		return true;
	}
}
