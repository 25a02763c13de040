/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto util
/* DNS, mDNS, LLMNR and DHCP: what names an address, and what a stranger may say in vain. */
#include "unit/inspecting.h"

#include "enrich/questions.h"
#include "util/addr.h"

/* --- messages -------------------------------------------------------------------------------- */

static struct made message;

static void put_name(const char *name)
{
	while (*name) {
		const size_t n = strcspn(name, ".");

		made_be(&message, n, 1);
		made_put(&message, name, n);
		name += n + (name[n] == '.');
	}
	made_be(&message, 0, 1);
}

static void put_header(uint16_t id, uint16_t flags, unsigned int questions, unsigned int answers)
{
	message.n = 0;
	made_be(&message, id, 2);
	made_be(&message, flags, 2);
	made_be(&message, questions, 2);
	made_be(&message, answers, 2);
	made_be(&message, 0, 4);
}

static void put_question(const char *name, uint16_t type)
{
	put_name(name);
	made_be(&message, type, 2);
	made_be(&message, 1, 2);
}

static void put_addr(const char *owner, const char *text, uint32_t ttl)
{
	uint8_t addr[16], family;

	assert_int_equal(fb_addr_parse(text, addr, &family), 0);
	put_name(owner);
	made_be(&message, family == 4 ? 1 : 28, 2);
	made_be(&message, 1, 2);
	made_be(&message, ttl, 4);
	made_be(&message, family == 4 ? 4 : 16, 2);
	made_put(&message, family == 4 ? addr + 12 : addr, family == 4 ? 4 : 16);
}

/* The message, from "ADDR port" to another; the flow is new each time. */
static void send_as(uint8_t proto, const char *from, uint16_t from_port, const char *to,
		    uint16_t to_port)
{
	struct fb_event event = {
		.time = seen.now,
		.slot = ++seen.slot,
		.seq = ISN + 1,
		.len = (uint32_t)message.n,
		.caplen = (uint16_t)message.n,
	};

	assert_int_equal(fb_addr_parse(from, event.key.addr[0], &event.key.family), 0);
	assert_int_equal(fb_addr_parse(to, event.key.addr[1], &event.key.family), 0);
	event.key.proto = proto;
	event.key.port[0] = from_port;
	event.key.port[1] = to_port;
	seen.addrs = 0;
	seen.addr_name[0] = '\0';
	seen.client = -1;
	seen.l7 = FB_L7_NONE;
	fb_inspect_feed(seen.inspect,
			&(struct fb_inspect_pkt){&event, message.b, true, true, ISN + 1});
}

static void send(const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
	send_as(17, from, from_port, to, to_port);
}

#define C  "10.0.0.5"
#define R  "10.0.0.1"
#define IP "198.51.100.9"

static void ask(uint16_t id, const char *name, uint16_t type)
{
	put_header(id, 0x0100, 1, 0);
	put_question(name, type);
	send(C, 40000, R, 53);
}

static void answer(uint16_t id, const char *name, uint16_t type)
{
	put_header(id, 0x8180, 1, 1);
	put_question(name, type);
	put_addr(name, IP, 60);
}

/* --- DNS ------------------------------------------------------------------------------------- */

/* All of client, server, ports, id, name and type, within 10 s, once. */
static void test_asked(void **state)
{
	(void)state;
	begin();
	answer(7, "a.example", 1);
	send(R, 53, C, 40000); /* before its question */
	assert_int_equal(seen.addrs, 0);
	assert_int_equal(seen.l7, FB_L7_NONE);
	ask(7, "A.Example", 1);
	assert_int_equal(seen.client, 0);
	assert_int_equal(seen.l7, FB_L7_DNS);
	answer(7, "a.example", 1);
	send("203.0.113.66", 53, C, 40000); /* of another server */
	assert_int_equal(seen.addrs, 0);
	send(R, 53, "10.0.0.6", 40000); /* to another client */
	send(R, 53, C, 40001);		/* ... port */
	send(R, 54, C, 40000);
	send_as(6, R, 53, C, 40000);
	assert_int_equal(seen.addrs, 0);
	answer(8, "a.example", 1); /* of another id, name, type */
	send(R, 53, C, 40000);
	answer(7, "b.example", 1);
	send(R, 53, C, 40000);
	answer(7, "a.example", 28);
	send(R, 53, C, 40000);
	assert_int_equal(seen.addrs, 0);
	assert_true(counters().dns_unasked >= 6);
	answer(7, "a.example", 1);
	send(R, 53, C, 40000);
	assert_int_equal(seen.addrs, 1);
	assert_string_equal(seen.addr_name, "a.example");
	assert_int_equal(seen.addr_source, FB_NAME_DNS);
	send(R, 53, C, 40000); /* another answer to what is answered */
	assert_int_equal(seen.addrs, 0);
	ask(7, "a.example", 1);
	seen.now += 10 * S + 1;
	answer(7, "a.example", 1);
	send(R, 53, C, 40000); /* too late */
	assert_int_equal(seen.addrs, 0);
}

/* From the first time that it was put, once; a new question of the same words starts anew. */
static void test_answer_time(void **state)
{
	(void)state;
	begin();
	ask(7, "a.example", 1);
	seen.now += 2 * S;
	ask(7, "a.example", 1); /* put again */
	assert_int_equal(seen.answers, 0);
	seen.now += S;
	answer(7, "a.example", 1);
	send(R, 53, C, 40000);
	send(R, 53, C, 40000); /* seen on another interface, too */
	assert_int_equal(seen.answers, 1);
	assert_int_equal(seen.answer_us, 3000000);
	ask(7, "a.example", 1);
	seen.now += 20 * S;
	ask(7, "a.example", 1); /* nobody waits for the one before any more */
	seen.now += S / 1000;
	put_header(7, 0x8183, 1, 0); /* no such name: an answer, too */
	put_question("a.example", 1);
	send(R, 53, C, 40000);
	assert_int_equal(seen.answers, 2);
	assert_int_equal(seen.answer_us, 1000);
	answer(8, "b.example", 1);
	send(R, 53, C, 40000); /* nobody asked */
	assert_int_equal(seen.answers, 2);
}

/* Only what the question leads to; no loopback, nothing of a refusal. */
static void test_what_is_told(void **state)
{
	static const char *const none[] = {"127.0.0.1", "0.0.0.0", "224.0.0.1",	     "::1",
					   "::",	"ff02::1", "255.255.255.255"};

	(void)state;
	begin();
	ask(1, "a.example", 1);
	put_header(1, 0x8180, 1, 3);
	put_question("a.example", 1);
	put_addr("a.example", "198.51.100.1", 60);
	put_addr("paypal.example", "198.51.100.2", 60);
	put_addr("example", "198.51.100.3", 60);
	send(R, 53, C, 40000);
	assert_int_equal(seen.addrs, 1);
	assert_int_equal(seen.addr_last, 1);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		ask(1, "ads.example", 1);
		put_header(1, 0x8180, 1, 1);
		put_question("ads.example", 1);
		put_addr("ads.example", none[i], 60);
		send(R, 53, C, 40000);
		assert_int_equal(seen.addrs, 0);
	}
	ask(1, "a.example", 1);
	put_header(1, 0x8183, 1, 1);
	put_question("a.example", 1);
	put_addr("a.example", "198.51.100.1", 60);
	send(R, 53, C, 40000);
	assert_int_equal(seen.addrs, 0);
	/* a question from port 53 to no server makes nobody a client */
	put_header(1, 0x0100, 1, 0);
	put_question("a.example", 1);
	send("203.0.113.66", 53, C, 40000);
	assert_int_equal(seen.client, -1);
	assert_int_equal(seen.l7, FB_L7_NONE);
}

/* Whoever asks most forgets own questions, and nobody else's. */
static void test_flood_of_questions(void **state)
{
	char name[32];

	(void)state;
	begin();
	ask(7, "honest.example", 1);
	for (unsigned int i = 0; i < FB_QUESTIONS_MAX + 1000; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		put_header((uint16_t)i, 0x0100, 1, 0);
		put_question(name, 1);
		send("10.0.0.66", 40000, R, 53);
	}
	assert_int_equal(counters().questions_lost, 1001);
	answer(7, "honest.example", 1);
	send(R, 53, C, 40000);
	assert_int_equal(seen.addrs, 1);
}

/* Behind its length, cut over segments; in the same connection. */
static void test_dns_over_tcp(void **state)
{
	struct piece up53 = {.port = 40000, .from_port = 53, .sure = true}, down53 = up53;
	static struct made tcp;

	(void)state;
	down53.dir = 1;
	begin();
	answer(7, "a.example", 1);
	tcp.n = 0;
	made_be(&tcp, message.n, 2);
	made_put(&tcp, message.b, message.n);
	feed(&down53, 0, tcp.b, tcp.n);
	assert_int_equal(seen.addrs, 0);
	put_header(7, 0x0100, 1, 0);
	put_question("a.example", 1);
	stream.n = 0;
	made_be(&stream, message.n, 2);
	made_put(&stream, message.b, message.n);
	for (size_t i = 0; i < stream.n; i++)
		feed(&up53, (uint32_t)i, stream.b + i, 1);
	assert_int_equal(seen.l7, FB_L7_DNS);
	named("a.example");
	feed(&down53, (uint32_t)tcp.n, tcp.b, 20);
	assert_int_equal(seen.addrs, 0);
	feed(&down53, (uint32_t)tcp.n + 20, tcp.b + 20, tcp.n - 20);
	assert_int_equal(seen.addrs, 1);
}

/* --- on the link ----------------------------------------------------------------------------- */

static void link_answer(uint16_t id, bool question, const char *owner, const char *addr,
			uint32_t ttl)
{
	put_header(id, 0x8400, question, 1);
	if (question)
		put_question(owner, 1);
	put_addr(owner, addr, ttl);
}

static void test_link(void **state)
{
	(void)state;
	begin();
	link_answer(0, false, "Printer.local", "10.0.0.9", 120);
	send("10.0.0.9", 5353, "224.0.0.251", 5353);
	assert_string_equal(seen.addr_name, "printer.local");
	assert_int_equal(seen.addr_source, FB_NAME_MDNS);
	assert_int_equal(seen.client, -1);
	link_answer(0, false, "printer.local", "10.0.0.9", 0);
	send("10.0.0.9", 5353, "224.0.0.251", 5353); /* it takes its leave */
	assert_int_equal(seen.addrs, 1);
	assert_string_equal(seen.addr_name, "");
	link_answer(0, false, "printer.local", "10.0.0.9", 120);
	send("10.0.0.8", 5353, "224.0.0.251", 5353); /* of another's address */
	assert_int_equal(seen.addrs, 0);
	send("10.0.0.9", 5353, C, 5353); /* to one who did not ask */
	assert_int_equal(seen.addrs, 0);
	send("10.0.0.9", 40000, "224.0.0.251", 5353); /* no responder's port */
	assert_int_equal(seen.addrs, 0);
	link_answer(0, false, "login.example", "10.0.0.9", 120);
	send("10.0.0.9", 5353, "224.0.0.251", 5353);
	assert_int_equal(seen.addrs, 0);
	link_answer(0, false, "tv.local", "fe80::9", 120);
	send("fe80::9", 5353, "ff02::fb", 5353);
	assert_string_equal(seen.addr_name, "tv.local");
	/* asked of the group, answered to the asker */
	put_header(9, 0, 1, 0);
	put_question("nas", 1);
	send(C, 50000, "224.0.0.252", 5355);
	assert_int_equal(seen.l7, FB_L7_MDNS);
	link_answer(8, true, "nas", "10.0.0.9", 30);
	send("10.0.0.9", 5355, C, 50000);
	assert_int_equal(seen.addrs, 0);
	link_answer(9, true, "nas", "10.0.0.9", 30);
	send("10.0.0.9", 5355, C, 50000);
	assert_string_equal(seen.addr_name, "nas");
	send("10.0.0.9", 5355, C, 50000);
	assert_int_equal(seen.addrs, 0);
}

/* A question from a resolver's port 5353 is DNS. */
static void test_resolver_port(void **state)
{
	(void)state;
	begin();
	put_header(7, 0x0100, 1, 0);
	put_question("a.example", 1);
	send(C, 5353, R, 53);
	assert_int_equal(seen.l7, FB_L7_DNS);
	answer(7, "a.example", 1);
	send(R, 53, C, 5353);
	assert_int_equal(seen.addr_source, FB_NAME_DNS);
}

/* --- DHCP ------------------------------------------------------------------------------------ */

struct dhcp_says {
	uint8_t type, mac;
	uint32_t xid;
	const char *current, *assigned, *requested, *server, *host;
	uint32_t lease;
};

static void put_v4(const char *text)
{
	uint8_t addr[16] = {0}, family;

	if (text)
		assert_int_equal(fb_addr_parse(text, addr, &family), 0);
	made_put(&message, addr + 12, 4);
}

static void make_dhcp(const struct dhcp_says *says)
{
	message.n = 0;
	made_be(&message, says->type == 5 || says->type == 6 ? 0x02010600 : 0x01010600, 4);
	made_be(&message, says->xid, 4);
	made_be(&message, 0, 4);
	put_v4(says->current);
	put_v4(says->assigned);
	made_fill(&message, 0, 8);
	made_be(&message, 0x020000000000 | says->mac, 6);
	made_fill(&message, 0, 10 + 192);
	made_put(&message, "\x63\x82\x53\x63\x35\1", 6);
	made_be(&message, says->type, 1);
	if (says->requested) {
		made_be(&message, 0x3204, 2);
		put_v4(says->requested);
	}
	if (says->server) {
		made_be(&message, 0x3604, 2);
		put_v4(says->server);
	}
	if (says->lease) {
		made_be(&message, 0x3304, 2);
		made_be(&message, says->lease, 4);
	}
	if (says->host) {
		made_be(&message, 12, 1);
		made_be(&message, strlen(says->host), 1);
		made_put(&message, says->host, strlen(says->host));
	}
	made_be(&message, 255, 1);
}

#define A "192.168.1.60"
#define D "192.168.1.1"

static void dhcp_request(uint8_t mac, uint32_t xid, const char *host)
{
	make_dhcp(&(struct dhcp_says){
		.type = 3, .mac = mac, .xid = xid, .requested = A, .server = D, .host = host});
	send("0.0.0.0", 68, "255.255.255.255", 67);
}

static void dhcp_ack(uint8_t mac, uint32_t xid, const char *server)
{
	make_dhcp(&(struct dhcp_says){
		.type = 5, .mac = mac, .xid = xid, .assigned = A, .server = server, .lease = 3600});
	send(D, 67, "255.255.255.255", 68);
}

/* A server is heard: from now on a name needs its ACK. */
static void begin_dhcp(void)
{
	begin();
	dhcp_request(1, 1, NULL);
	dhcp_ack(1, 1, D);
	assert_int_equal(seen.addrs, 0);
	assert_int_equal(counters().dhcp_unasked, 0);
}

static void lease_to(uint8_t mac, uint32_t xid, const char *host)
{
	dhcp_request(mac, xid, host);
	dhcp_ack(mac, xid, D);
}

static void test_dhcp_ack(void **state)
{
	(void)state;
	begin_dhcp();
	dhcp_request(13, 3, "Annas-Phone");
	assert_int_equal(seen.addrs, 0);
	dhcp_ack(13, 4, D); /* to another request, another device, by another server */
	dhcp_ack(14, 3, D);
	dhcp_ack(13, 3, "192.168.1.66");
	assert_int_equal(seen.addrs, 0);
	assert_int_equal(counters().dhcp_unasked, 3);
	dhcp_ack(13, 3, D);
	assert_string_equal(seen.addr_name, "annas-phone");
	assert_int_equal(seen.addr_source, FB_NAME_DHCP);
	assert_int_equal(seen.addr_ttl, 3600);
	dhcp_ack(13, 3, D); /* it was answered */
	assert_int_equal(seen.addrs, 0);
	/* renewed, without the name: it goes on */
	lease_to(13, 5, NULL);
	assert_string_equal(seen.addr_name, "annas-phone");
	/* too late */
	dhcp_request(13, 6, "other");
	seen.now += 31 * S;
	dhcp_ack(13, 6, D);
	assert_int_equal(seen.addrs, 0);
	/* a stranger's request from elsewhere, and its ports turned round */
	make_dhcp(&(struct dhcp_says){
		.type = 3, .mac = 2, .xid = 7, .current = A, .host = "domain-controller"});
	send("203.0.113.97", 68, D, 67);
	assert_int_equal(seen.addrs, 0);
}

static void release(uint8_t mac, const char *from, const char *server)
{
	make_dhcp(&(struct dhcp_says){
		.type = 7, .mac = mac, .xid = 9, .current = A, .server = server});
	send(from, 68, D, 67);
}

/* Each of these ends a name; a stranger's does not. */
static void test_dhcp_ends(void **state)
{
	(void)state;
	begin_dhcp();
	lease_to(13, 3, "annas-phone");
	release(14, A, D);
	release(13, "192.168.1.61", D);
	release(13, A, "192.168.1.2");
	assert_int_equal(seen.addrs, 0);
	release(13, A, D);
	assert_int_equal(seen.addrs, 1);
	assert_string_equal(seen.addr_name, "");

	lease_to(13, 10, "annas-phone");
	make_dhcp(&(struct dhcp_says){.type = 4, .mac = 13, .xid = 11, .requested = A});
	send("0.0.0.0", 68, "255.255.255.255", 67);
	assert_int_equal(seen.addrs, 1);
	assert_string_equal(seen.addr_name, "");

	lease_to(13, 12, "annas-phone");
	make_dhcp(&(struct dhcp_says){.type = 6, .mac = 13, .xid = 13, .server = D});
	send(D, 67, "255.255.255.255", 68); /* refuses what was not asked for */
	assert_int_equal(seen.addrs, 0);
	dhcp_request(13, 13, "annas-phone");
	make_dhcp(&(struct dhcp_says){.type = 6, .mac = 13, .xid = 13, .server = D});
	send(D, 67, "255.255.255.255", 68);
	assert_int_equal(seen.addrs, 1);
	assert_string_equal(seen.addr_name, "");

	lease_to(13, 14, "annas-phone");
	lease_to(14, 15, NULL); /* the next holder tells none */
	assert_int_equal(seen.addrs, 1);
	assert_string_equal(seen.addr_name, "");
	lease_to(15, 16, "toms-phone");
	assert_int_equal(seen.addrs, 2); /* whatever it was called ends, this begins */
	assert_string_equal(seen.addr_name, "toms-phone");
	lease_to(13, 17, "annas-phone"); /* one ends, the other begins */
	assert_int_equal(seen.addrs, 2);
	assert_string_equal(seen.addr_name, "annas-phone");
}

/* Where no server is heard a broadcast counts, for a private address that nobody else has. */
static void test_dhcp_unheard(void **state)
{
	(void)state;
	begin();
	dhcp_request(13, 3, "laptop");
	assert_string_equal(seen.addr_name, "laptop");
	assert_int_equal(seen.addr_ttl, 3600);
	dhcp_request(14, 4, "evil");
	assert_int_equal(seen.addrs, 0);
	make_dhcp(&(struct dhcp_says){
		.type = 3, .mac = 2, .xid = 5, .requested = IP, .server = D, .host = "evil"});
	send("0.0.0.0", 68, "255.255.255.255", 67);
	assert_int_equal(seen.addrs, 0);
	make_dhcp(&(struct dhcp_says){.type = 3,
				      .mac = 2,
				      .xid = 6,
				      .requested = "10.9.9.9",
				      .server = D,
				      .host = "evil"});
	send("203.0.113.97", 68, D, 67);
	assert_int_equal(seen.addrs, 0);
	dhcp_ack(14, 4, D); /* the server knows better */
	assert_int_equal(seen.addrs, 2);
	assert_string_equal(seen.addr_name, "evil");
}

/* --- ports ----------------------------------------------------------------------------------- */

/* What payload is, it says itself: on the ports of lookups too, at either end. */
static void test_ports_forbid_nothing(void **state)
{
	static const uint16_t ports[] = {53, 67, 68, 3389, 5353, 5355};
	static struct made frames, packet;
	struct piece piece;

	(void)state;
	frames.n = packet.n = other.n = 0;
	make_message(&other, &(struct made_hello){.name = NAME, .name_len = strlen(NAME)});
	make_crypto(&frames, other.b, 0, other.n);
	made_fill(&frames, 0, 600);
	make_initial(&packet, &(struct made_initial){.version = QUIC_V1, .dcid = "87654321"},
		     frames.b, frames.n);
	usual_stream(1216);
	for (size_t i = 0; i < 2 * sizeof(ports) / sizeof(*ports); i++) {
		const uint16_t port = ports[i / 2];

		piece = (struct piece){
			.port = i % 2 ? port : 443, .from_port = i % 2 ? 443 : port, .sure = true};
		begin();
		feed(&piece, 0, stream.b, 7);
		feed(&piece, 7, stream.b + 7, 600);
		named(NULL);
		feed(&piece, 607, stream.b + 607, stream.n - 607);
		named(NAME);
		begin();
		feed(&piece, 0, "SSH-2.0-OpenSSH_9.2\r\n", 21);
		assert_int_equal(seen.l7, FB_L7_SSH);
		begin();
		feed(&piece, 0, "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n", 34);
		named("web.test");
		piece.proto = 17;
		begin();
		feed(&piece, 0, packet.b, packet.n);
		named(NAME);
		assert_int_equal(seen.l7, FB_L7_QUIC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_answer_time),
		cmocka_unit_test(test_what_is_told),
		cmocka_unit_test(test_dns_over_tcp),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_resolver_port),
		cmocka_unit_test(test_flood_of_questions),
		cmocka_unit_test(test_dhcp_ack),
		cmocka_unit_test(test_dhcp_ends),
		cmocka_unit_test(test_dhcp_unheard),
		cmocka_unit_test(test_ports_forbid_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
