/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows of an office: 200 hosts, 3,000 names, small numbers often; for benches of the history. */
#pragma once

#include "flow/places.h"
#include "unit/keeping.h"

#define NAMES 3000u
#define HOSTS 200u

static uint64_t seed = 88172645463325252ull;

static inline uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Small numbers often, as names and hosts come. */
static inline uint32_t skewed(uint32_t n)
{
	const double u = (double)(any() >> 11) / (double)(1ull << 53);

	return (uint32_t)(u * u * u * n);
}

struct world {
	struct fb_flow_names *names[NAMES];
	struct fb_flow_name host[HOSTS];
	struct fb_flow_tls tls[8];
	uint32_t place[NAMES];
	char text[NAMES][32], called[HOSTS][16];
};

static inline void make_world(struct world *world)
{
	for (uint32_t i = 0; i < NAMES; i++) {
		struct fb_place place = {.asn = 64500 + i % 60, .org = "Example Networks"};

		memcpy(place.country, i % 3 ? "DE" : "US", 3);
		world->place[i] = fb_place_number(&place);
		snprintf(world->text[i], sizeof(world->text[i]), "cdn%u.example%u.net", i, i / 7);
		world->names[i] =
			calloc(1, sizeof(struct fb_flow_names) + sizeof(struct fb_flow_name));
		world->names[i]->n = 1;
		world->names[i]->name[0] =
			(struct fb_flow_name){.text = world->text[i], .source = FB_NAME_SNI};
	}
	for (uint32_t i = 0; i < HOSTS; i++) {
		snprintf(world->called[i], sizeof(world->called[i]), "laptop-%u", i);
		world->host[i] =
			(struct fb_flow_name){.text = world->called[i], .source = FB_NAME_DHCP};
	}
	for (uint32_t i = 0; i < 8; i++) {
		world->tls[i] = (struct fb_flow_tls){.version = 0x304,
						     .group = 29,
						     .cipher = 0x1301,
						     .offered = 0x304,
						     .hello_us = 30000,
						     .answered = true,
						     .alpn = "h2\0http/1.1",
						     .alpn_len = 12};
		snprintf(world->tls[i].ja4, sizeof(world->tls[i].ja4),
			 "t13d151%uh2_8daaf6152771_02713d6af862", i);
	}
}

/* One of three is DNS, the rest web traffic by TLS. */
static inline void make_flow(struct keeping *keeping, const struct world *world, uint32_t i,
			     uint64_t born)
{
	struct fb_flow *flow = keeping_begin(keeping, i, born);
	struct fb_traffic *traffic = fake_traffic(keeping->fake, i);
	const uint32_t host = skewed(HOSTS), name = skewed(NAMES);
	const bool dns = any() % 3 == 0;

	flow->proto = dns ? IPPROTO_UDP : IPPROTO_TCP;
	flow->src[14] = 1;
	flow->src[15] = (uint8_t)host;
	flow->src_host = &world->host[host];
	flow->src_port = (uint16_t)(32768 + any() % 28000);
	flow->dst_port = dns ? 53 : 443;
	flow->service = dns ? "dns" : "https";
	flow->l7 = dns ? FB_L7_DNS : FB_L7_TLS;
	flow->first_seen -= any() % 60000000000ull;
	flow->state = dns ? FB_STATE_REPLIED : FB_STATE_CLOSE;
	flow->tcp_flags[0] = flow->tcp_flags[1] = dns ? 0 : 0x1b;
	flow->direction = FB_DIRECTION_FORWARD;
	if (!dns) {
		memcpy(flow->dst + 12, &name, 4);
		flow->dst[12] = 151;
		flow->names = world->names[name];
		flow->tls = &world->tls[host % 8];
		flow->dst_place = world->place[name] & 0x3ffff;
		flow->rtt_ns = 20000000 + (uint32_t)(any() % 9000000);
	}
	for (int dir = 0; dir < 2; dir++) {
		traffic->packets[dir] = dns ? 1 : 5 + any() % 60;
		traffic->bytes[dir] = traffic->packets[dir] * (dns ? 70 : 60 + any() % 1300);
	}
	traffic->last_seen = keeping->fake->snapshot.now_ns;
}
