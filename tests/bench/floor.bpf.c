/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data path is measured against: a program that does nothing, the least that counts
 * packets by flow (a hash map of the same keys and size, two counters), the least that any table of
 * our rows must touch (a line that tells where, the row's; no hash, no key), the least that
 * remembers a new flow (one insert), the least that hands a hello to user space and keeps a name:
 * payload copied, sent to a ring, one insert. And what drives all of them alike: `drive` takes the
 * next flow's number from a list, writes it into the packet's source address and calls the measured
 * program; `stream` has one flow's sequence numbers go on.
 */
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <flowbpf/event.h>
#include <flowbpf/key.h>
#include <flowbpf/name.h>
#include <flowbpf/row.h>

#include "lib/numbers.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ORDER_MASK ((1u << 20) - 1)

/*
 * One packet after the other: the clock's read waits for all that was read before it. On a router
 * other work lies between two packets; here the processor would begin the next one meanwhile.
 */
const volatile bool bench_ordered = false;

struct counters {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, ORDER_MASK + 1);
	__type(key, __u32);
	__type(value, __u64); /* whole words: arrays are mapped so */
} bench_order SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} bench_next SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} bench_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fb_key4);
	__type(value, struct counters);
} bench_map4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fb_key);
	__type(value, struct counters);
} bench_map6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64[8]);
} bench_lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct fb_row);
} bench_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct fb_key);
	__type(value, struct fb_name);
} bench_names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} bench_ring SEC(".maps");

struct sample {
	struct fb_event event;
	__u8 payload[FB_SAMPLE_MAX];
	struct fb_name name;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sample);
} bench_samples SEC(".maps");

static __always_inline int drive(struct __sk_buff *skb, __u32 at)
{
	__u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u64 *next, *number;
	__u32 zero = 0, i;

	next = bpf_map_lookup_elem(&bench_next, &zero);
	if (!next)
		return TC_ACT_UNSPEC;
	i = (*next)++ & ORDER_MASK;
	number = bpf_map_lookup_elem(&bench_order, &i);
	if (!number || data + at + 4 > end)
		return TC_ACT_UNSPEC;
	*(__u32 *)(data + at) = *number;
	if (bench_ordered)
		bpf_ktime_get_ns();
	bpf_tail_call(skb, &bench_calls, 0);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bench_drive4(struct __sk_buff *skb)
{
	return drive(skb, 26);
}

SEC("tc")
int bench_drive6(struct __sk_buff *skb)
{
	return drive(skb, 34);
}

static __always_inline int stream(struct __sk_buff *skb, __u32 l4)
{
	__u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 zero = 0;
	__u64 *next;

	next = bpf_map_lookup_elem(&bench_next, &zero);
	if (!next || data + l4 + 20 > end)
		return TC_ACT_UNSPEC;
	*(__be32 *)(data + l4 + 4) = bpf_htonl(*next);
	*next += skb->len - l4 - 20;
	bpf_tail_call(skb, &bench_calls, 0);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bench_stream4(struct __sk_buff *skb)
{
	return stream(skb, 34);
}

SEC("tc")
int bench_stream6(struct __sk_buff *skb)
{
	return stream(skb, 54);
}

SEC("tc")
int bench_empty(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

static __always_inline int count(struct counters *counters, __u32 bytes)
{
	if (counters) {
		__sync_fetch_and_add(&counters->packets, 1);
		__sync_fetch_and_add(&counters->bytes, bytes);
	}
	return TC_ACT_UNSPEC;
}

static __always_inline bool key4_of(struct __sk_buff *skb, struct fb_key4 *key)
{
	__u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + 38 > end || *(__u16 *)(data + 12) != bpf_htons(ETH_P_IP))
		return false;
	__builtin_memcpy(key->addr, data + 26, 8);
	__builtin_memcpy(key->port, data + 34, 4);
	key->proto = data[23];
	return true;
}

static __always_inline bool key6_of(struct __sk_buff *skb, struct fb_key *key)
{
	__u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + 58 > end || *(__u16 *)(data + 12) != bpf_htons(ETH_P_IPV6))
		return false;
	__builtin_memcpy(key->addr, data + 22, 32);
	__builtin_memcpy(key->port, data + 54, 4);
	key->proto = data[20];
	return true;
}

SEC("tc")
int bench_hash4(struct __sk_buff *skb)
{
	struct fb_key4 key = {};

	if (!key4_of(skb, &key))
		return TC_ACT_UNSPEC;
	return count(bpf_map_lookup_elem(&bench_map4, &key), skb->len);
}

SEC("tc")
int bench_hash6(struct __sk_buff *skb)
{
	struct fb_key key = {};

	if (!key6_of(skb, &key))
		return TC_ACT_UNSPEC;
	return count(bpf_map_lookup_elem(&bench_map6, &key), skb->len);
}

/* As many instructions as a packet takes us: else the processor would read ahead to the next one.
 */
static __always_inline void take_time(struct __sk_buff *skb)
{
	__u64 a = skb->len, b = a, c = a, d = a;

#pragma unroll
	for (int i = 0; i < 50; i++)
		asm volatile("%0 += 1\n%1 += 1\n%2 += 1\n%3 += 1"
			     : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
}

/* As many lines that tell where as hints have; to be run in random order. */
static __always_inline int touch_two(struct __sk_buff *skb, __u32 at)
{
	__u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 number, i;
	struct fb_row *row;
	__u64 *line;

	if (data + at + 4 > end)
		return TC_ACT_UNSPEC;
	number = *(__u32 *)(data + at);
	i = number * 3 / 32;
	line = bpf_map_lookup_elem(&bench_lines, &i);
	if (!line)
		return TC_ACT_UNSPEC;
	number += line[number & 7]; /* 0, which nobody can know before it is read */
	take_time(skb);
	row = bpf_map_lookup_elem(&bench_rows, &number);
	if (row) {
		__sync_fetch_and_add(&row->packets[0], 1);
		__sync_fetch_and_add(&row->bytes[0], skb->len);
	}
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bench_two4(struct __sk_buff *skb)
{
	return touch_two(skb, 26);
}

SEC("tc")
int bench_two6(struct __sk_buff *skb)
{
	return touch_two(skb, 34);
}

SEC("tc")
int bench_insert4(struct __sk_buff *skb)
{
	struct counters counters = {1, skb->len};
	struct fb_key4 key = {};

	if (key4_of(skb, &key))
		bpf_map_update_elem(&bench_map4, &key, &counters, BPF_NOEXIST);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bench_insert6(struct __sk_buff *skb)
{
	struct counters counters = {1, skb->len};
	struct fb_key key = {};

	if (key6_of(skb, &key))
		bpf_map_update_elem(&bench_map6, &key, &counters, BPF_NOEXIST);
	return TC_ACT_UNSPEC;
}

/* A hello behind the headers, of which `key` tells the flow. */
static __always_inline int hello(struct __sk_buff *skb, const struct fb_key *key, __u32 headers)
{
	__u32 zero = 0, last = skb->len - headers - 1;
	struct sample *sample = bpf_map_lookup_elem(&bench_samples, &zero);

	asm volatile("" : "+r"(last));
	if (!sample || last >= FB_SAMPLE_MAX ||
	    bpf_skb_load_bytes(skb, headers, sample->payload, last + 1))
		return TC_ACT_UNSPEC;
	__builtin_memset(&sample->name, 0, sizeof(sample->name));
	bpf_map_update_elem(&bench_names, key, &sample->name, BPF_ANY);
	bpf_ringbuf_output(&bench_ring, sample, sizeof(sample->event) + last + 1, 0);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bench_hello4(struct __sk_buff *skb)
{
	struct fb_key4 key4 = {};
	struct fb_key key = {};

	if (!key4_of(skb, &key4))
		return TC_ACT_UNSPEC;
	__builtin_memcpy(&key, &key4, sizeof(key4));
	return hello(skb, &key, 54);
}

SEC("tc")
int bench_hello6(struct __sk_buff *skb)
{
	struct fb_key key = {};

	return key6_of(skb, &key) ? hello(skb, &key, 74) : TC_ACT_UNSPEC;
}
