/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto util
// timeout: 360
/*
 * Names, ALPN and JA4 of every flow in the captures, from their payload alone: equal to what two
 * independent readers saw. Samples are cut and stopped as the kernel half does.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "enrich/inspect.h"
#include "proto/name.h"

#include "unit/corpus.h"

#define FLOWS 8192
#define TEXTS 1024

/* A set of strings, in order. */
struct set {
	unsigned int n;
	char *text[TEXTS];
};

enum { SNI, ALPN, JA4, HTTP, DNS, SETS };
static const char *const set_names[SETS] = {"sni", "alpn", "ja4", "http_host", "dns_qname"};
static const unsigned int set_columns[SETS] = {20, 21, 22, 28, 29};

struct flow {
	struct fb_key key;
	struct set want[SETS], got[SETS];
	bool judged, bonus, expected;
	bool seen; /* decode() finds packets of it */
	/* as the kernel half keeps them */
	uint32_t generation, isn, sampled[2], bytes[2];
	bool has_isn, ended, fin, data;
	uint8_t opener;
};

struct corpus {
	const char *path;
	struct flow *flows;
	unsigned int n;
	struct fb_inspect *inspect;
	unsigned int judged, wrong, bonus, bonus_right, hosts, questions, unseen;
};

static void set_add(struct set *set, const char *text, size_t len)
{
	char escaped[1100];
	size_t n = 0;
	unsigned int at;

	for (size_t i = 0; i < len && n < sizeof(escaped) - 5; i++)
		n += (size_t)snprintf(escaped + n, 5,
				      (uint8_t)text[i] > 32 && (uint8_t)text[i] < 127 ? "%c"
										      : "\\x%02x",
				      (uint8_t)text[i]);
	escaped[n] = '\0';
	for (at = 0; at < set->n; at++)
		if (strcmp(set->text[at], escaped) >= 0)
			break;
	if ((at < set->n && strcmp(set->text[at], escaped) == 0) || set->n == TEXTS)
		return;
	memmove(&set->text[at + 1], &set->text[at], (set->n - at) * sizeof(*set->text));
	set->text[at] = strdup(escaped);
	set->n++;
}

static void set_clear(struct set *set)
{
	while (set->n)
		free(set->text[--set->n]);
}

static bool set_equal(const struct set *a, const struct set *b)
{
	for (unsigned int i = 0; i < a->n && a->n == b->n; i++)
		if (strcmp(a->text[i], b->text[i]) != 0)
			return false;
	return a->n == b->n;
}

static const char *set_text(const struct set *set)
{
	static char texts[4][8192];
	static unsigned int turn;
	char *text = texts[turn++ % 4];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < set->n && n < 3000; i++)
		n += (size_t)snprintf(text + n, 1100, "%s%s", i ? "," : "", set->text[i]);
	return text;
}

static struct flow *find(struct corpus *corpus, const struct fb_key *key)
{
	for (unsigned int i = 0; i < corpus->n; i++)
		if (memcmp(&corpus->flows[i].key, key, sizeof(*key)) == 0)
			return &corpus->flows[i];
	if (corpus->n == FLOWS)
		return NULL;
	corpus->flows[corpus->n] = (struct flow){.key = *key};
	return &corpus->flows[corpus->n++];
}

/* --- what is expected ------------------------------------------------------------------------ */

static bool parse_addr(const char *text, uint8_t addr[16], uint8_t *family)
{
	memset(addr, 0, 16);
	*family = strchr(text, ':') ? FB_IPV6 : FB_IPV4;
	if (*family == FB_IPV6)
		return inet_pton(AF_INET6, text, addr) == 1;
	memset(addr + 10, 0xff, 2);
	return inet_pton(AF_INET, text, addr + 12) == 1;
}

/* Names have one spelling, and an HTTP Host that is an address is none. */
static void want_name(struct set *set, unsigned int which, char *text)
{
	size_t len = strlen(text);

	if (which != ALPN && which != JA4)
		for (char *c = text; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	while (which != ALPN && which != JA4 && len > 0 && text[len - 1] == '.')
		len--;
	if (which != HTTP || !fb_name_is_address(text, len))
		set_add(set, text, len);
}

static void want(struct corpus *corpus, char *column[static 30])
{
	struct decoded pkt = {0};
	struct flow *flow;

	pkt.key.proto = strcmp(column[0], "tcp") == 0 ? 6 : strcmp(column[0], "udp") == 0 ? 17 : 0;
	if (!pkt.key.proto || !parse_addr(column[1], pkt.key.addr[0], &pkt.key.family) ||
	    !parse_addr(column[3], pkt.key.addr[1], &pkt.key.family))
		return;
	pkt.key.port[0] = (uint16_t)atoi(column[2]);
	pkt.key.port[1] = (uint16_t)atoi(column[4]);
	decode_order(&pkt);
	flow = find(corpus, &pkt.key);
	assert_non_null(flow);
	flow->expected = true;
	flow->judged |= strcmp(column[19], "TN") == 0 || strcmp(column[19], "N") == 0;
	flow->bonus |= strcmp(column[19], "T") == 0;
	for (unsigned int i = 0; i < SETS; i++) {
		char *rest = column[set_columns[i]];

		for (char *text; (text = strsep(&rest, ","));)
			/* what was found inside TLS, by its keys, and the reader's own words */
			if (*text && *text != '<' &&
			    !(i == HTTP && strcmp(column[18], "tls,http") == 0)) {
				/* a host is named without its port; labels are not escaped twice */
				if (i == HTTP && *text != '[')
					text[strcspn(text, ":")] = '\0';
				want_name(&flow->want[i], i, text);
			}
	}
}

static void read_expected(struct corpus *corpus)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *data = NULL;
	size_t len;
	char *rest;

	assert_true(asprintf(&path, "%s.tsv", corpus->path) > 0);
	data = (char *)corpus_read(path, &len);
	assert_non_null(data);
	rest = data;
	strsep(&rest, "\n");
	for (char *line; (line = strsep(&rest, "\n"));) {
		static char none[1];
		char *column[30];

		for (unsigned int i = 0; i < 30; i++) {
			column[i] = strsep(&line, "\t");
			if (!column[i])
				column[i] = none;
		}
		want(corpus, column);
	}
}

/* --- what is found --------------------------------------------------------------------------- */

static void on_hello(void *ctx, const struct fb_event *event, const struct fb_hello_fact *fact)
{
	struct corpus *corpus = ctx;
	struct flow *flow = &corpus->flows[event->slot];
	static const int of_source[] = {
		[FB_NAME_SNI] = SNI,   [FB_NAME_QUIC] = SNI, [FB_NAME_ECH] = SNI,
		[FB_NAME_HTTP] = HTTP, [FB_NAME_DNS] = DNS,  [FB_NAME_MDNS] = DNS,
		[FB_NAME_DHCP] = -1,
	};

	assert_true(event->slot < corpus->n);
	if (fact->name) {
		int to = of_source[fact->name_source];

		assert_true(fact->name_len > 0 && fact->name_len <= FB_NAME_MAX);
		if (to >= 0)
			set_add(&flow->got[to], fact->name, fact->name_len);
	}
	for (const char *alpn = NULL; (alpn = fb_flow_next_alpn(fact->tls, alpn));)
		set_add(&flow->got[ALPN], alpn, strlen(alpn));
	/* QUIC: what counts is the hello of a version that servers take, as the flow table has it
	 */
	if (fact->tls && fact->tls->ja4[0] && fact->l7 == FB_L7_QUIC)
		set_clear(&flow->got[JA4]);
	if (fact->tls && fact->tls->ja4[0])
		set_add(&flow->got[JA4], fact->tls->ja4, strlen(fact->tls->ja4));
}

static void on_addr(void *ctx, const struct fb_addr_fact *fact)
{
	(void)ctx;
	assert_true(fact->family == FB_IPV4 || fact->family == FB_IPV6);
	assert_true((fact->len > 0 || !fact->client_family) && fact->len <= FB_NAME_MAX);
}

static bool is_lookup(const struct decoded *pkt)
{
	static const uint16_t ports[] = {53, 5353, 5355, 67};

	for (unsigned int i = 0; i < 4; i++)
		if (pkt->key.proto == 17 &&
		    (pkt->key.port[0] == ports[i] || pkt->key.port[1] == ports[i]))
			return true;
	return false;
}

static void on_frame(void *ctx, const struct fb_pcap_frame *frame, const struct decoded *pkt)
{
	struct corpus *corpus = ctx;
	struct flow *flow = find(corpus, &pkt->key);
	struct fb_event event = {.key = pkt->key, .time = frame->ts_ns, .seq = pkt->seq};
	struct fb_inspect_pkt sample = {.event = &event, .payload = pkt->payload};
	uint32_t budget, len = pkt->caplen;
	bool lookup = is_lookup(pkt);

	assert_non_null(flow);
	flow->seen = true;
	if (pkt->syn && !pkt->ack) {
		if (flow->has_isn && flow->isn != pkt->seq && (flow->fin || flow->data)) {
			flow->generation++;
			flow->ended = flow->fin = flow->data = false;
			memset(flow->sampled, 0, sizeof(flow->sampled));
			memset(flow->bytes, 0, sizeof(flow->bytes));
		}
		flow->has_isn = true;
		flow->isn = pkt->seq;
		flow->opener = pkt->dir;
	} else if (!flow->data && !flow->has_isn) {
		flow->opener = pkt->dir;
	}
	flow->fin |= pkt->fin;
	if (pkt->len == 0)
		return;
	flow->data = true;
	budget = pkt->dir == flow->opener ? FB_SAMPLE_BYTES_OPENER : FB_SAMPLE_BYTES_OTHER;
	if (!lookup && (flow->ended || flow->sampled[pkt->dir] >= FB_SAMPLE_PACKETS_DEFAULT ||
			flow->bytes[pkt->dir] >= budget))
		return;
	len = len < FB_SAMPLE_MAX ? len : FB_SAMPLE_MAX;
	if (!lookup && len > budget - flow->bytes[pkt->dir])
		len = budget - flow->bytes[pkt->dir];
	flow->sampled[pkt->dir]++;
	flow->bytes[pkt->dir] += len;
	event.slot = (uint32_t)(flow - corpus->flows);
	event.generation = flow->generation;
	event.len = pkt->len;
	event.caplen = (uint16_t)len;
	event.dir = pkt->dir;
	event.opener = flow->opener;
	event.flags = (pkt->syn ? FB_EVENT_SYN : 0) | (pkt->fin ? FB_EVENT_FIN : 0) |
		      (len < pkt->len ? FB_EVENT_CUT : 0);
	if (!lookup && (flow->sampled[pkt->dir] >= FB_SAMPLE_PACKETS_DEFAULT ||
			flow->bytes[pkt->dir] >= budget))
		event.flags |= FB_EVENT_LAST;
	sample.has_base = flow->has_isn && pkt->dir == flow->opener;
	sample.base = flow->isn + 1;
	fb_inspect_tick(corpus->inspect, frame->ts_ns);
	if (fb_inspect_feed(corpus->inspect, &sample) == FB_INSPECT_VERDICT_END)
		flow->ended = true;
}

/* --- the comparison -------------------------------------------------------------------------- */

static void complain(struct corpus *corpus, const struct flow *flow, unsigned int i)
{
	char end[2][INET6_ADDRSTRLEN];

	for (unsigned int e = 0; e < 2; e++)
		inet_ntop(flow->key.family == FB_IPV4 ? AF_INET : AF_INET6,
			  flow->key.addr[e] + (flow->key.family == FB_IPV4 ? 12 : 0), end[e],
			  sizeof(end[e]));
	print_message("# %s %u %s %u %s %u: %s is '%s', wanted '%s'\n", corpus->path,
		      flow->key.proto, end[0], flow->key.port[0], end[1], flow->key.port[1],
		      set_names[i], set_text(&flow->got[i]), set_text(&flow->want[i]));
}

static bool set_has(const struct set *set, const char *text)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (strcmp(set->text[i], text) == 0)
			return true;
	return false;
}

static bool is_port(const struct flow *flow, uint16_t port)
{
	return flow->key.port[0] == port || flow->key.port[1] == port;
}

static bool set_within(const struct set *set, const struct set *all)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (!set_has(all, set->text[i]))
			return false;
	return true;
}

/*
 * The first fingerprint is that of the first hello, later hellos are not looked at; of questions
 * the first four are listed.
 */
static bool equal(const struct flow *flow, unsigned int i)
{
	if (i == DNS && is_port(flow, 53)) /* an answer without its question is not listened to */
		return set_within(&flow->want[i], &flow->got[i]) ||
		       (flow->got[i].n && set_within(&flow->got[i], &flow->want[i]));
	if (i == DNS) /* of the many questions of mDNS, the first of each message */
		return flow->got[i].n > 0;
	if (i == JA4 && flow->want[i].n > 1)
		return flow->got[i].n && set_within(&flow->got[i], &flow->want[i]);
	return set_equal(&flow->want[i], &flow->got[i]);
}

static void compare(struct corpus *corpus)
{
	for (unsigned int f = 0; f < corpus->n; f++) {
		struct flow *flow = &corpus->flows[f];
		bool right = true;

		corpus->unseen += flow->judged && !flow->seen;
		for (unsigned int i = 0; flow->seen && i < SETS; i++) {
			bool counts = flow->judged || (!flow->bonus && flow->expected);

			if (i == HTTP)
				counts = flow->key.proto == 6 && flow->want[i].n;
			else if (i == DNS)
				counts = flow->want[i].n &&
					 (is_port(flow, 53) || is_port(flow, 5353) ||
					  is_port(flow, 5355));
			if (counts && !equal(flow, i)) {
				complain(corpus, flow, i);
				right = false;
			}
		}
		corpus->judged += flow->judged;
		corpus->wrong += !right;
		corpus->hosts += flow->got[HTTP].n > 0;
		corpus->questions += flow->got[DNS].n > 0;
		if (flow->bonus) {
			corpus->bonus++;
			corpus->bonus_right += equal(flow, SNI);
		}
		for (unsigned int i = 0; i < SETS; i++) {
			set_clear(&flow->want[i]);
			set_clear(&flow->got[i]);
		}
	}
	corpus->n = 0;
}

static void on_answer(void *ctx, const struct fb_event *event, uint32_t us)
{
	(void)ctx;
	(void)event;
	assert_int_not_equal(us, 0);
}

static void test_captures(void **state)
{
	static const struct fb_inspect_ops ops = {
		.hello = on_hello, .addr = on_addr, .answer = on_answer};
	_cleanup_free_ struct flow *flows = calloc(FLOWS, sizeof(*flows));
	struct corpus corpus = {.flows = flows};
	char *paths[CORPUS_FILES];
	unsigned int n = corpus_list(paths), only = getenv("CAPTURE") != NULL;

	(void)state;
	assert_non_null(flows);
	if (n == 0) {
		print_message("# no captures in %s\n", corpus_folder());
		skip();
	}
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_free_ char *path = paths[i];
		_cleanup_free_ uint8_t *data = NULL;
		size_t len;

		if (only && !strstr(path, getenv("CAPTURE")))
			continue;
		corpus.path = path;
		data = corpus_read(path, &len);
		if (!data)
			continue;
		read_expected(&corpus);
		assert_int_equal(fb_inspect_new(&(struct fb_inspect_opts){0}, &ops, &corpus,
						&corpus.inspect),
				 0);
		if (corpus_walk(data, len, on_frame, &corpus) < 0)
			print_message("# %s: not read\n", path);
		fb_inspect_free(corpus.inspect);
		compare(&corpus);
	}
	print_message(
		"# %u captures, %u flows with a hello, %u flows wrong; %u of %u hard ones named; "
		"%u hosts, %u questions\n",
		n, corpus.judged, corpus.wrong, corpus.bonus_right, corpus.bonus, corpus.hosts,
		corpus.questions);
	assert_int_equal(corpus.wrong, 0);
	assert_true(only || corpus.judged > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
