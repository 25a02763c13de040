/* SPDX-License-Identifier: BSD-2-Clause */
/* fb_rules as memory, bits of rows, and the packet that a silent connection does not send. */
#include "kernel/verdicts.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <flowbpf/link.h>

#include "kernel/xdp.h"

#define BITS ((uint8_t)(FB_VERDICT_ANY | FB_VERDICT_TURNED))

/* Keys of all three fit; each that is there is the first one. */
static void forget(const struct fb_rowmap *rows, enum fb_map map)
{
	const int fd = fb_bpf_map_fd(rows->bpf, map);
	uint8_t key[sizeof(struct fb_tuple_key)];

	while (!bpf_map_get_next_key(fd, NULL, key) && !bpf_map_delete_elem(fd, key))
		;
}

static int forget_matches(struct fb_verdicts *verdicts)
{
	struct fb_state *state = verdicts->rows->state;

	fb_verdicts_matching(verdicts, &(struct fb_verdicts_matching){0});
	forget(verdicts->rows, FB_MAP_NETS);
	forget(verdicts->rows, FB_MAP_TUPLES);
	forget(verdicts->rows, FB_MAP_RULE_NAMES);
	if (getrandom(&state->name_key, sizeof(state->name_key), 0) != sizeof(state->name_key))
		return -EIO;
	return 0;
}

int fb_verdicts_open(struct fb_verdicts *verdicts, struct fb_rowmap *rows)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t bytes = FB_RULES_MAX * sizeof(*verdicts->rule);
	const uint32_t used = fb_rowmap_used(rows);
	void *memory;

	*verdicts = (struct fb_verdicts){.rows = rows, .mapped = (bytes + page - 1) / page * page};
	memory = mmap(NULL, verdicts->mapped, PROT_READ | PROT_WRITE, MAP_SHARED,
		      fb_bpf_map_fd(rows->bpf, FB_MAP_RULES), 0);
	if (memory == MAP_FAILED)
		return -errno;
	verdicts->rule = memory;
	memset(verdicts->rule, 0, bytes);
	for (uint32_t slot = 0; slot < used; slot++)
		if (rows->row[slot].inspect & BITS)
			__atomic_fetch_and(&rows->row[slot].inspect, (uint8_t)~BITS,
					   __ATOMIC_RELAXED);
	return forget_matches(verdicts);
}

void fb_verdicts_close(struct fb_verdicts *verdicts)
{
	if (verdicts->rule)
		munmap(verdicts->rule, verdicts->mapped);
	*verdicts = (struct fb_verdicts){0};
}

static void put_rule(struct fb_verdicts *verdicts, uint16_t number, uint8_t verdict, uint8_t limit,
		     uint64_t until_ns)
{
	struct fb_rule_entry *rule = &verdicts->rule[number % FB_RULES_MAX];

	__atomic_store_n(&rule->until, 0, __ATOMIC_SEQ_CST);
	if (!until_ns)
		return;
	memset(rule, 0, sizeof(*rule));
	fb_xdp_count_clear(verdicts->rows->bpf, number);
	rule->verdict = verdict;
	rule->limit = limit;
	__atomic_store_n(&rule->until, until_ns, __ATOMIC_SEQ_CST);
}

void fb_verdicts_rule(struct fb_verdicts *verdicts, uint16_t number, enum fb_verdict verdict,
		      uint64_t until_ns)
{
	put_rule(verdicts, number, (uint8_t)verdict, 0, until_ns);
}

void fb_verdicts_limit(struct fb_verdicts *verdicts, uint16_t number, uint8_t limit,
		       uint64_t until_ns)
{
	put_rule(verdicts, number, (uint8_t)FB_VERDICT_LIMIT, limit, until_ns);
}

void fb_verdicts_leave(struct fb_verdicts *verdicts, uint16_t number, bool leave)
{
	__atomic_store_n(&verdicts->rule[number % FB_RULES_MAX].verdict,
			 (uint8_t)(leave ? 0 : FB_VERDICT_DROP), __ATOMIC_SEQ_CST);
}

static void put_bits(struct fb_row *row, uint8_t verdict)
{
	uint8_t has = __atomic_load_n(&row->inspect, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(&row->inspect, &has, (uint8_t)((has & ~BITS) | verdict),
					    false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

/* Nobody but us gives a live row back, or the kernel half in a full table: that is seen here. */
static bool is_row(const struct fb_row *row, uint32_t generation)
{
	const uint16_t state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);

	return (state & (FB_ROW_LIVE | FB_ROW_UNLINKED)) == FB_ROW_LIVE &&
	       __atomic_load_n(&row->generation, __ATOMIC_ACQUIRE) == generation;
}

int fb_verdicts_set(struct fb_verdicts *verdicts, uint32_t slot, uint32_t generation,
		    uint16_t number, uint8_t verdict)
{
	struct fb_row *row = &verdicts->rows->row[slot];

	if (slot >= verdicts->rows->max || !is_row(row, generation))
		return -ESTALE;
	__atomic_store_n(&verdicts->rows->side[slot].rule, number, __ATOMIC_RELEASE);
	put_bits(row, verdict);
	if (is_row(row, generation))
		return 0;
	__atomic_fetch_and(&row->inspect, (uint8_t)~BITS, __ATOMIC_SEQ_CST);
	return -ESTALE;
}

void fb_verdicts_clear(struct fb_verdicts *verdicts, uint32_t slot, uint32_t generation,
		       uint16_t number)
{
	struct fb_row *row = &verdicts->rows->row[slot];

	if (is_row(row, generation) && verdicts->rows->side[slot].rule == number)
		__atomic_fetch_and(&row->inspect, (uint8_t)~BITS, __ATOMIC_SEQ_CST);
}

void fb_verdicts_sweep_all(struct fb_verdicts *verdicts, const bool numbers[static FB_RULES_MAX])
{
	const uint32_t used = fb_rowmap_used(verdicts->rows);

	for (uint32_t slot = 0; slot < used; slot++) {
		struct fb_row *row = &verdicts->rows->row[slot];

		if (row->inspect & BITS && numbers[verdicts->rows->side[slot].rule % FB_RULES_MAX])
			__atomic_fetch_and(&row->inspect, (uint8_t)~BITS, __ATOMIC_SEQ_CST);
	}
}

static int put_number(struct fb_verdicts *verdicts, enum fb_map map, const void *key,
		      uint32_t number)
{
	const int fd = fb_bpf_map_fd(verdicts->rows->bpf, map);
	const int r = number ? bpf_map_update_elem(fd, key, &number, BPF_ANY)
			     : bpf_map_delete_elem(fd, key);

	return r < 0 ? -errno : 0;
}

int fb_verdicts_net(struct fb_verdicts *verdicts, const struct fb_net_key *key, uint32_t number)
{
	return put_number(verdicts, FB_MAP_NETS, key, number);
}

int fb_verdicts_tuple(struct fb_verdicts *verdicts, const struct fb_tuple_key *key, uint32_t number)
{
	return put_number(verdicts, FB_MAP_TUPLES, key, number);
}

int fb_verdicts_name(struct fb_verdicts *verdicts, const struct fb_rule_name *name)
{
	const int fd = fb_bpf_map_fd(verdicts->rows->bpf, FB_MAP_RULE_NAMES);
	__u64 hash = verdicts->rows->state->name_key;
	int r;

	for (size_t i = strlen(name->name); i > 0; i--)
		hash = fb_name_hash(hash, (__u8)name->name[i - 1]);
	r = name->at || name->below ? bpf_map_update_elem(fd, &hash, name, BPF_ANY)
				    : bpf_map_delete_elem(fd, &hash);
	return r < 0 ? -errno : 0;
}

void fb_verdicts_matching(struct fb_verdicts *verdicts, const struct fb_verdicts_matching *how)
{
	struct fb_state *state = verdicts->rows->state;

	for (unsigned int i = 0; i < FB_SHAPES_MAX; i++)
		__atomic_store_n(&state->shape[i], how->shape[i], __ATOMIC_RELAXED);
	__atomic_store_n(&state->excepting, how->excepting, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->nets, how->nets, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->names, how->names, __ATOMIC_SEQ_CST);
}

/* --- a packet of a silent connection ---------------------------------------------------------- */

struct poke4 {
	uint8_t mac[12];
	uint16_t type;
	struct ip ip;
	struct tcphdr tcp;
} __attribute__((packed));

struct poke6 {
	uint8_t mac[12];
	uint16_t type;
	struct ip6_hdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

static uint16_t header_sum(struct ip ip)
{
	uint16_t words[sizeof(ip) / 2];
	uint32_t sum = 0;

	memcpy(words, &ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Its sum is made anew when it is turned into a RST. */
static struct tcphdr empty_segment(const struct fb_row *row, const struct fb_quality *quality,
				   unsigned int dir)
{
	return (struct tcphdr){
		.th_sport = htons(row->key.port[dir]),
		.th_dport = htons(row->key.port[!dir]),
		.th_seq = htonl(quality->dir[dir].next),
		.th_ack = htonl(quality->dir[!dir].next),
		.th_off = sizeof(struct tcphdr) / 4,
		.th_flags = TH_ACK,
		.th_win = htons(1024),
	};
}

static size_t write4(struct poke4 *to, const struct fb_row *row, unsigned int dir)
{
	to->type = htons(0x0800);
	to->ip = (struct ip){
		.ip_v = 4,
		.ip_hl = sizeof(to->ip) / 4,
		.ip_len = htons(sizeof(to->ip) + sizeof(to->tcp)),
		.ip_off = htons(IP_DF),
		.ip_ttl = IPDEFTTL,
		.ip_p = IPPROTO_TCP,
	};
	memcpy(&to->ip.ip_src, &row->key.addr[dir][12], 4);
	memcpy(&to->ip.ip_dst, &row->key.addr[!dir][12], 4);
	to->ip.ip_sum = header_sum(to->ip);
	return sizeof(*to);
}

static size_t write6(struct poke6 *to, const struct fb_row *row, unsigned int dir)
{
	to->type = htons(0x86dd);
	to->ip.ip6_flow = htonl(6u << 28);
	to->ip.ip6_plen = htons(sizeof(to->tcp));
	to->ip.ip6_nxt = IPPROTO_TCP;
	to->ip.ip6_hlim = IPDEFTTL;
	memcpy(&to->ip.ip6_src, row->key.addr[dir], 16);
	memcpy(&to->ip.ip6_dst, row->key.addr[!dir], 16);
	return sizeof(*to);
}

int fb_verdicts_poke(struct fb_verdicts *verdicts, uint32_t slot, uint32_t ifindex)
{
	const struct fb_row *row = &verdicts->rows->row[slot];
	const struct fb_quality *quality =
		verdicts->rows->quality ? &verdicts->rows->quality[slot] : NULL;
	const unsigned int dir = row->sight[0] != FB_HOOK_INGRESS + 1;
	union {
		struct poke4 four;
		struct poke6 six;
	} frame = {0};
	size_t len;

	/* on a VLAN of the interface it would come in without its tag */
	if (!quality || row->sight[dir] != FB_HOOK_INGRESS + 1 || row->key.lane >= FB_LINK_MAX ||
	    !(quality->dir[0].bits & quality->dir[1].bits & FB_QUALITY_SEEN))
		return -ENODATA;
	if (row->key.family == FB_IPV4) {
		len = write4(&frame.four, row, dir);
		frame.four.tcp = empty_segment(row, quality, dir);
	} else {
		len = write6(&frame.six, row, dir);
		frame.six.tcp = empty_segment(row, quality, dir);
	}
	return fb_bpf_poke(verdicts->rows->bpf, ifindex, &frame, len);
}
