/* SPDX-License-Identifier: BSD-2-Clause */
// link: sink format flow past proto util
/*
 * Messages of IPFIX, read back by a decoder that knows RFC 7011 alone: what it finds by the
 * templates is what was put in, for both families, with and without NAT, in one record or two.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <flowbpf/row.h>

#include "sink/ipfix.h"
#include "unit/end.h"
#include "unit/fake.h"

#define MS	1000000ull
#define REVERSE 29305
#define CESNET	8057
#define FLOWMON 39499

/* --- the decoder ----------------------------------------------------------------------------- */

struct template
{
	uint16_t id, n, scopes;
	struct {
		uint16_t id, len;
		uint32_t pen;
	} field[64];
};

struct decoded {
	uint16_t set, id, len;
	uint32_t pen, record;
	const uint8_t *data;
};

struct decoder {
	struct template template[16];
	unsigned int n_templates, n;
	uint32_t records, sequence, domain, time;
	struct decoded value[20000];
};

static uint64_t be(const uint8_t *at, unsigned int n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | *at++;
	return value;
}

static struct template *template_of(struct decoder *decoder, uint16_t id)
{
	for (unsigned int i = 0; i < decoder->n_templates; i++)
		if (decoder->template[i].id == id)
			return &decoder->template[i];
	decoder->template[decoder->n_templates].id = id;
	return &decoder->template[decoder->n_templates++];
}

static void read_templates(struct decoder *decoder, const uint8_t *at, const uint8_t *end,
			   bool options)
{
	while (end - at >= 4) {
		struct template *template = template_of(decoder, (uint16_t)be(at, 2));

		assert_true(template->id >= 256);
		template->n = (uint16_t)be(at + 2, 2);
		assert_in_range(template->n, 1, 63);
		at += 4;
		if (options) {
			template->scopes = (uint16_t)be(at, 2);
			assert_in_range(template->scopes, 1, template->n);
			at += 2;
		}
		for (unsigned int i = 0; i < template->n; i++) {
			template->field[i].id = (uint16_t)(be(at, 2) & 0x7fff);
			template->field[i].len = (uint16_t)be(at + 2, 2);
			template->field[i].pen = at[0] & 0x80 ? (uint32_t)be(at + 4, 4) : 0;
			at += at[0] & 0x80 ? 8 : 4;
			assert_true(at <= end);
		}
	}
	assert_true(at == end);
}

static const uint8_t *read_record(struct decoder *decoder, const struct template *template,
				  const uint8_t *at, const uint8_t *end)
{
	for (unsigned int i = 0; i < template->n; i++) {
		struct decoded *value = &decoder->value[decoder->n++];
		size_t len = template->field[i].len;

		assert_true(decoder->n < 20000);
		if (len == 0xffff) {
			len = *at++;
			if (len == 255) {
				len = be(at, 2);
				at += 2;
			}
		}
		*value = (struct decoded){.set = template->id,
					  .id = template->field[i].id,
					  .pen = template->field[i].pen,
					  .len = (uint16_t)len,
					  .record = decoder->records,
					  .data = at};
		at += len;
		assert_true(at <= end);
	}
	decoder->records++;
	return at;
}

static void decode(struct decoder *decoder, const uint8_t *message, size_t len)
{
	const uint8_t *at = message + 16, *end = message + len;

	assert_int_equal(be(message, 2), 10);
	assert_int_equal(be(message + 2, 2), len);
	decoder->time = (uint32_t)be(message + 4, 4);
	decoder->sequence = (uint32_t)be(message + 8, 4);
	decoder->domain = (uint32_t)be(message + 12, 4);
	while (at < end) {
		const uint16_t set = (uint16_t)be(at, 2), set_len = (uint16_t)be(at + 2, 2);
		const uint8_t *record = at + 4, *set_end = at + set_len;

		assert_true(set_len > 4 && set_end <= end);
		if (set < 4) {
			assert_in_range(set, 2, 3);
			read_templates(decoder, record, set_end, set == 3);
		} else {
			const struct template *template = template_of(decoder, set);

			assert_true(template->n > 0);
			while (record < set_end)
				record = read_record(decoder, template, record, set_end);
			assert_true(record == set_end);
		}
		at = set_end;
	}
}

static const struct decoded *find(const struct decoder *decoder, uint32_t record, uint32_t pen,
				  uint16_t id)
{
	for (unsigned int i = 0; i < decoder->n; i++) {
		const struct decoded *value = &decoder->value[i];

		if (value->record == record && value->pen == pen && value->id == id)
			return value;
	}
	return NULL;
}

static void assert_number(const struct decoder *decoder, uint32_t record, uint32_t pen, uint16_t id,
			  uint64_t want)
{
	const struct decoded *value = find(decoder, record, pen, id);

	assert_non_null(value);
	assert_int_equal(be(value->data, value->len), want);
}

static void assert_text(const struct decoder *decoder, uint32_t record, uint32_t pen, uint16_t id,
			const char *want)
{
	const struct decoded *value = find(decoder, record, pen, id);

	assert_non_null(value);
	assert_int_equal(value->len, strlen(want));
	assert_memory_equal(value->data, want, value->len);
}

static void assert_end(const struct decoder *decoder, uint32_t record, uint16_t id,
		       const char *want)
{
	const struct decoded *value = find(decoder, record, 0, id);
	const struct end end = end_of(want);
	const size_t skip = end.family == 4 ? 12 : 0;

	assert_non_null(value);
	assert_int_equal(value->len, 16 - skip);
	assert_memory_equal(value->data, end.addr + skip, value->len);
}

/* --- flows ----------------------------------------------------------------------------------- */

struct scene {
	struct fake *fake;
	struct fb_flow_at at;
	struct fb_flow *flow;
	struct fb_told_part part;
	struct fb_ipfix *ipfix;
	struct decoder *decoder;
	struct fb_buf text;
};

static struct scene open_scene(bool uniflow)
{
	struct scene scene = {.fake = fake_new(1),
			      .ipfix = calloc(1, sizeof(*scene.ipfix)),
			      .decoder = calloc(1, sizeof(*scene.decoder))};

	assert_non_null(scene.ipfix);
	assert_non_null(scene.decoder);
	scene.at = fake_at(scene.fake, 0);
	scene.flow = fake_flow(scene.fake, 0);
	scene.part = (struct fb_told_part){
		.packets = {10, 8}, .bytes = {1342, 0x100000007}, .first = true};
	fb_ipfix_init(scene.ipfix, 77, uniflow, FB_IPFIX_DATAGRAM);
	fb_ipfix_templates(scene.ipfix, 5, 99, &scene.text);
	assert_true(scene.text.len <= FB_IPFIX_DATAGRAM);
	decode(scene.decoder, (uint8_t *)scene.text.data, scene.text.len);
	assert_int_equal(scene.decoder->sequence, 5);
	assert_int_equal(scene.decoder->n_templates, 12);
	return scene;
}

static void close_scene(struct scene *scene)
{
	fake_free(scene->fake);
	fb_buf_fini(&scene->text);
	free(scene->ipfix);
	free(scene->decoder);
}

static void set_flow(struct scene *scene, const char *src, uint16_t src_port, const char *dst,
		     uint16_t dst_port, uint8_t proto)
{
	const struct end from = end_of(src), to = end_of(dst);

	*scene->flow = (struct fb_flow){
		.id = 0x1234567800000001,
		.family = from.family,
		.proto = proto,
		.src_port = src_port,
		.dst_port = dst_port,
		.link = 1,
		.hook = {1, 2},
		.tos = 0xb8,
		.tcp_flags = {0x1b, 0x12},
		.vlan = {7, 9},
		.service = "https",
		.first_seen = scene->fake->snapshot.now_ns - 3500 * MS,
	};
	memcpy(scene->flow->src, from.addr, 16);
	memcpy(scene->flow->dst, to.addr, 16);
	scene->part.since_ns = scene->flow->first_seen;
	fake_traffic(scene->fake, 0)->last_seen = scene->fake->snapshot.now_ns - 1000 * MS;
}

static uint32_t tell(struct scene *scene, enum fb_ipfix_end end, enum fb_dir dir)
{
	const uint32_t record = scene->decoder->records, sequence = scene->ipfix->sequence;
	size_t len;

	assert_true(fb_ipfix_flow(scene->ipfix, &scene->at, &scene->part, end, dir));
	len = fb_ipfix_finish(scene->ipfix, 1795224011);
	assert_in_range(len, 17, FB_IPFIX_DATAGRAM);
	decode(scene->decoder, scene->ipfix->message, len);
	assert_int_equal(scene->decoder->records, record + 1);
	assert_int_equal(scene->decoder->sequence, sequence);
	assert_int_equal(scene->decoder->domain, 77);
	assert_int_equal(scene->decoder->time, 1795224011);
	return record;
}

static void test_biflow(void **state)
{
	struct scene scene = open_scene(false);
	struct decoder *decoder = scene.decoder;
	uint32_t r;

	(void)state;
	set_flow(&scene, "10.0.0.5", 40000, "192.0.2.1", 443, 6);
	scene.flow->closed = FB_CLOSED_FIN;
	r = tell(&scene, FB_IPFIX_OVER, FB_UP);
	assert_end(decoder, r, 8, "10.0.0.5");
	assert_end(decoder, r, 12, "192.0.2.1");
	assert_number(decoder, r, 0, 7, 40000);
	assert_number(decoder, r, 0, 11, 443);
	assert_number(decoder, r, 0, 4, 6);
	assert_number(decoder, r, 0, 60, 4);
	assert_number(decoder, r, 0, 1, 1342);
	assert_number(decoder, r, 0, 2, 10);
	assert_number(decoder, r, REVERSE, 1, 0x100000007);
	assert_number(decoder, r, REVERSE, 2, 8);
	assert_number(decoder, r, 0, 6, 0x1b);
	assert_number(decoder, r, REVERSE, 6, 0x12);
	assert_number(decoder, r, 0, 5, 0xb8);
	assert_number(decoder, r, 0, 10, 1);
	assert_number(decoder, r, 0, 14, 0); /* it is not known where it leaves */
	assert_number(decoder, r, 0, 61, 0);
	assert_number(decoder, r, 0, 136, FB_IPFIX_OVER);
	assert_number(decoder, r, 0, 239, 1);
	assert_number(decoder, r, 0, 148, 0x1234567800000001);
	assert_number(decoder, r, 0, 152, 1795224011201 - 3500);
	assert_number(decoder, r, 0, 153, 1795224011201 - 1000);
	assert_number(decoder, r, 0, 243, 7);
	assert_number(decoder, r, 0, 245, 9);
	assert_text(decoder, r, 0, 82, "lan0");
	assert_text(decoder, r, 0, 96, "https");
	assert_text(decoder, r, CESNET, 808, "");
	assert_number(decoder, r, FLOWMON, 333, 0);
	assert_null(find(decoder, r, 0, 225));
	assert_null(find(decoder, r, 0, 231)); /* nor those that some take for the same */
	/* a later part: from when the last one was told */
	fb_ipfix_begin(scene.ipfix);
	scene.part.first = false;
	scene.part.since_ns += 1000 * MS;
	r = tell(&scene, FB_IPFIX_ACTIVE, FB_UP);
	assert_number(decoder, r, 0, 152, 1795224011201 - 2500);
	assert_number(decoder, r, 0, 136, FB_IPFIX_ACTIVE);
	close_scene(&scene);
}

static void test_six_and_others(void **state)
{
	struct scene scene = open_scene(false);
	struct decoder *decoder = scene.decoder;
	uint32_t r;

	(void)state;
	set_flow(&scene, "2001:db8::5", 546, "ff02::1:2", 547, 17);
	r = tell(&scene, FB_IPFIX_IDLE, FB_UP);
	assert_end(decoder, r, 27, "2001:db8::5");
	assert_end(decoder, r, 28, "ff02::1:2");
	assert_null(find(decoder, r, 0, 8));
	assert_number(decoder, r, 0, 60, 6);
	assert_number(decoder, r, 0, 11, 547);
	set_flow(&scene, "10.0.0.5", 0, "192.0.2.1", 0, 253);
	fb_ipfix_begin(scene.ipfix);
	r = tell(&scene, FB_IPFIX_FORCED, FB_UP);
	assert_number(decoder, r, 0, 4, 253);
	assert_number(decoder, r, 0, 136, 4);
	close_scene(&scene);
}

/* Types in place of ports; of what was seen first it may be the answer. */
static void test_icmp(void **state)
{
	struct scene scene = open_scene(false), uniflow = open_scene(true);
	uint32_t r;

	(void)state;
	set_flow(&scene, "10.0.0.5", 0, "192.0.2.1", 0, 1);
	r = tell(&scene, FB_IPFIX_IDLE, FB_UP);
	assert_number(scene.decoder, r, 0, 32, 0x0800);
	assert_null(find(scene.decoder, r, 0, 7));
	assert_null(find(scene.decoder, r, 0, 6));
	assert_null(find(scene.decoder, r, CESNET, 808));
	assert_number(scene.decoder, r, REVERSE, 1, 0x100000007);
	set_flow(&scene, "fe80::5", 0, "fe80::6", 0, 58);
	scene.flow->icmp_type = 1, scene.flow->icmp_code = 4;
	fb_ipfix_begin(scene.ipfix);
	r = tell(&scene, FB_IPFIX_IDLE, FB_UP);
	assert_number(scene.decoder, r, 0, 139, 0x0104);
	set_flow(&uniflow, "fe80::5", 0, "fe80::6", 0, 58);
	uniflow.flow->icmp_type = 128;
	r = tell(&uniflow, FB_IPFIX_OVER, FB_DOWN);
	assert_end(uniflow.decoder, r, 27, "fe80::6");
	assert_number(uniflow.decoder, r, 0, 139, 0x8100);
	close_scene(&scene);
	close_scene(&uniflow);
}

/* Of a connection that is met on both sides of a router. */
static void test_interfaces(void **state)
{
	struct scene scene = open_scene(true);
	struct fb_flow_links *links = calloc(1, sizeof(*links) + 2 * sizeof(links->link[0]));
	uint32_t r;

	(void)state;
	assert_non_null(links);
	set_flow(&scene, "10.0.0.5", 40000, "192.0.2.1", 443, 6);
	scene.flow->links = links;
	links->n = links->room = 2;
	links->link[0].link = 1, links->link[1].link = 2;
	links->link[0].packets[FB_HOOK_INGRESS][FB_UP] = 10;
	links->link[0].packets[FB_HOOK_EGRESS][FB_DOWN] = 8;
	links->link[1].packets[FB_HOOK_EGRESS][FB_UP] = 10;
	links->link[1].packets[FB_HOOK_INGRESS][FB_DOWN] = 8;
	for (int dir = FB_UP; dir <= FB_DOWN; dir++) {
		r = tell(&scene, FB_IPFIX_OVER, (enum fb_dir)dir);
		assert_number(scene.decoder, r, 0, 10, dir == FB_UP ? 1 : 2);
		assert_number(scene.decoder, r, 0, 14, dir == FB_UP ? 2 : 1);
		fb_ipfix_begin(scene.ipfix);
	}
	free(links);
	close_scene(&scene);
}

static void set_nat(struct fb_flow_nat *nat, const char *src, uint16_t port)
{
	const struct end end = end_of(src);

	*nat = (struct fb_flow_nat){.kind = FB_NAT_SRC, .src_family = end.family, .src_port = port};
	memcpy(nat->src, end.addr, 16);
}

static uint32_t tell_event(struct scene *scene, bool gone)
{
	const uint32_t record = scene->decoder->records;

	fb_ipfix_begin(scene->ipfix);
	assert_true(fb_ipfix_nat_event(scene->ipfix, &scene->at, gone));
	decode(scene->decoder, scene->ipfix->message, fb_ipfix_finish(scene->ipfix, 1));
	assert_int_equal(scene->decoder->records, record + 1);
	return record;
}

static void test_nat(void **state)
{
	struct scene scene = open_scene(false);
	struct decoder *decoder = scene.decoder;
	struct fb_flow_nat nat;
	uint32_t r;

	(void)state;
	set_nat(&nat, "203.0.113.7", 61000);
	set_flow(&scene, "10.0.0.5", 40000, "192.0.2.1", 443, 6);
	scene.flow->nat = &nat;
	r = tell(&scene, FB_IPFIX_ACTIVE, FB_UP);
	assert_end(decoder, r, 225, "203.0.113.7");
	assert_number(decoder, r, 0, 227, 61000);
	/* what is not translated is as it was */
	assert_end(decoder, r, 226, "192.0.2.1");
	assert_number(decoder, r, 0, 228, 443);
	assert_null(find(decoder, r, 0, 230));
	r = tell_event(&scene, false);
	assert_number(decoder, r, 0, 230, 4);
	assert_number(decoder, r, 0, 4, 6);
	assert_end(decoder, r, 8, "10.0.0.5");
	assert_end(decoder, r, 225, "203.0.113.7");
	assert_number(decoder, r, 0, 227, 61000);
	assert_number(decoder, r, 0, 323, 1795224011201 - 3500);
	assert_null(find(decoder, r, 0, 1));
	scene.flow->closed_at = scene.fake->snapshot.now_ns;
	r = tell_event(&scene, true);
	assert_number(decoder, r, 0, 230, 5);
	assert_number(decoder, r, 0, 323, 1795224011201);
	set_nat(&nat, "2001:db8:2::1", 50000);
	set_flow(&scene, "fd00::5", 40000, "2001:db8::1", 443, 6);
	scene.flow->nat = &nat;
	scene.flow->closed = FB_CLOSED_RST;
	fb_ipfix_begin(scene.ipfix);
	r = tell(&scene, FB_IPFIX_OVER, FB_UP);
	assert_end(decoder, r, 281, "2001:db8:2::1");
	assert_end(decoder, r, 282, "2001:db8::1");
	r = tell_event(&scene, false);
	assert_number(decoder, r, 0, 230, 1); /* of no kind: IANA has none of NAT66 */
	assert_end(decoder, r, 27, "fd00::5");
	assert_end(decoder, r, 281, "2001:db8:2::1");
	assert_number(decoder, r, 0, 227, 50000);
	assert_null(find(decoder, r, 0, 225));
	r = tell_event(&scene, true);
	assert_number(decoder, r, 0, 230, 2);
	close_scene(&scene);
}

static void test_uniflow(void **state)
{
	struct scene scene = open_scene(true);
	struct decoder *decoder = scene.decoder;
	uint32_t r;

	(void)state;
	set_flow(&scene, "10.0.0.5", 40000, "192.0.2.1", 443, 6);
	r = tell(&scene, FB_IPFIX_OVER, FB_UP);
	assert_number(decoder, r, 0, 1, 1342);
	assert_number(decoder, r, 0, 61, 0);
	assert_null(find(decoder, r, REVERSE, 1));
	assert_null(find(decoder, r, 0, 239));
	fb_ipfix_begin(scene.ipfix);
	r = tell(&scene, FB_IPFIX_OVER, FB_DOWN);
	assert_end(decoder, r, 8, "192.0.2.1");
	assert_end(decoder, r, 12, "10.0.0.5");
	assert_number(decoder, r, 0, 7, 443);
	assert_number(decoder, r, 0, 11, 40000);
	assert_number(decoder, r, 0, 1, 0x100000007);
	assert_number(decoder, r, 0, 2, 8);
	assert_number(decoder, r, 0, 6, 0x12);
	assert_number(decoder, r, 0, 61, 1);
	close_scene(&scene);
}

/* The longest name there can be, ALPN of many, and what has none. */
static void test_names(void **state)
{
	struct scene scene = open_scene(false);
	struct decoder *decoder = scene.decoder;
	struct fb_flow_names *names = calloc(1, sizeof(*names) + sizeof(names->name[0]));
	struct fb_flow_tls tls = {.version = 0x0304,
				  .ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1",
				  .alpn = "h2\0http/1.1\0",
				  .alpn_len = 12};
	char longest[FB_NAME_MAX + 1];
	uint32_t r;

	(void)state;
	assert_non_null(names);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	set_flow(&scene, "10.0.0.5", 40000, "192.0.2.1", 443, 6);
	scene.flow->l7 = FB_L7_TLS;
	scene.flow->tls = &tls;
	scene.flow->names = names;
	names->n = 1;
	names->name[0] = (struct fb_flow_name){
		.text = longest, .source = FB_NAME_SNI, .len = (uint8_t)FB_NAME_MAX};
	r = tell(&scene, FB_IPFIX_OVER, FB_UP);
	assert_text(decoder, r, CESNET, 808, longest);
	assert_text(decoder, r, CESNET, 890, "");
	assert_text(decoder, r, CESNET, 809, tls.ja4);
	assert_text(decoder, r, FLOWMON, 337, "h2,http/1.1");
	assert_number(decoder, r, FLOWMON, 333, 0x0304);
	scene.flow->l7 = FB_L7_QUIC;
	names->name[0].source = FB_NAME_QUIC;
	fb_ipfix_begin(scene.ipfix);
	r = tell(&scene, FB_IPFIX_OVER, FB_UP);
	assert_text(decoder, r, CESNET, 808, "");
	assert_text(decoder, r, CESNET, 890, longest);
	free(names);
	close_scene(&scene);
}

/* Messages are filled and no more; sequence numbers count data records of all kinds. */
static void test_messages(void **state)
{
	const struct fb_ipfix_stats stats = {1, 2, 3, 4, 5, 6, 7};
	struct scene scene = open_scene(false);
	struct decoder *decoder = scene.decoder;
	uint32_t told = 0, messages = 0, r;
	size_t len;

	(void)state;
	assert_int_equal(fb_ipfix_finish(scene.ipfix, 0), 0);
	set_flow(&scene, "10.0.0.5", 40000, "192.0.2.1", 443, 6);
	while (messages < 20) {
		if (told % 3 == 2)
			set_flow(&scene, "2001:db8::5", 1, "2001:db8::6", 2, 17);
		else
			set_flow(&scene, "10.0.0.5", 40000, "192.0.2.1", 443, 6);
		if (fb_ipfix_flow(scene.ipfix, &scene.at, &scene.part, FB_IPFIX_OVER, FB_UP)) {
			told++;
			continue;
		}
		len = fb_ipfix_finish(scene.ipfix, 1);
		assert_in_range(len, FB_IPFIX_DATAGRAM - 300, FB_IPFIX_DATAGRAM);
		assert_int_equal(fb_ipfix_sequence((char *)scene.ipfix->message), decoder->records);
		decode(decoder, scene.ipfix->message, len);
		assert_int_equal(decoder->records, told);
		decoder->n = 0;
		fb_ipfix_begin(scene.ipfix);
		messages++;
	}
	r = decoder->records;
	assert_true(fb_ipfix_interface(scene.ipfix, 3, "a-name-of-15-by"));
	assert_true(fb_ipfix_interface(scene.ipfix, 4, "wan"));
	assert_true(fb_ipfix_stats(scene.ipfix, &stats));
	len = fb_ipfix_finish(scene.ipfix, 1);
	decode(decoder, scene.ipfix->message, len);
	assert_int_equal(decoder->records, r + 3);
	assert_number(decoder, r, 0, 10, 3);
	assert_text(decoder, r, 0, 82, "a-name-of-15-by");
	assert_text(decoder, r + 1, 0, 82, "wan");
	assert_number(decoder, r + 2, 0, 149, 77);
	assert_number(decoder, r + 2, 0, 41, 1);
	assert_number(decoder, r + 2, 0, 40, 2);
	assert_number(decoder, r + 2, 0, 42, 3);
	assert_number(decoder, r + 2, 0, 166, 4);
	assert_number(decoder, r + 2, 0, 167, 5);
	assert_number(decoder, r + 2, 0, 168, 6);
	assert_number(decoder, r + 2, 0, 164, 7);
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_biflow), cmocka_unit_test(test_six_and_others),
		cmocka_unit_test(test_nat),    cmocka_unit_test(test_uniflow),
		cmocka_unit_test(test_names),  cmocka_unit_test(test_messages),
		cmocka_unit_test(test_icmp),   cmocka_unit_test(test_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
