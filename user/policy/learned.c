/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/learned.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/fixed.h"
#include "policy/outcome.h"

#define WEIGHT_MOST (3 * FB_FIXED_ONE)
#define SHRINK_BY   20 /* flows in a cell that make half a certainty of it */

/* Costs of an action: a bad flow let go 10, a look 1, and 2 for a good one, a good one denied 40.
 */
#define COST_MISS   10
#define COST_LOOK   1
#define COST_BOTHER 2
#define COST_WRONG  40

struct fb_learned {
	const struct fb_learned_count *counts;
	size_t n;
	uint32_t version;
	uint8_t port[UINT16_MAX + 1]; /* enum port_class */
	uint32_t good[FB_LEARNED_TABLES][FB_LEARNED_CELLS];
	uint32_t bad[FB_LEARNED_TABLES][FB_LEARNED_CELLS];
	int32_t weight[FB_LEARNED_TABLES][FB_LEARNED_CELLS]; /* 16 bits behind the point */
};

/* --- facts in steps --------------------------------------------------------------------------- */

enum fact {
	SERVED,
	FAILED,
	REPEATS,
	INTERVAL,
	PEERS,
	DIRECTION,
	PORT,
	RESULT,
	NAMED,
	UP,
	DOWN,
	NONE,
};

_Static_assert(NONE == FB_LEARNED_FACTS && PEERS + 1 == FB_LEARNED_BEFORE, "learned.h counts them");

#define STEPS_MOST 12

/* What its steps are called; NULL ends them. */
static const char *const words[NONE][STEPS_MOST + 1] = {
	[DIRECTION] = {"in", "out", "inside", "passing"},
	[PORT] = {"no port", "names", "web", "login", "mail", "network", "low port", "odd port"},
	[RESULT] = {"tcp open", "tcp ok", "tcp refused", "tcp noreply", "tcp half", "tcp other",
		    "udp open", "udp ok", "udp noreply", "icmp ok", "icmp noreply", "other"},
	[FAILED] = {"few before", "none failed", "some failed", "most failed"},
	[REPEATS] = {"first", "again", "often", "very often"},
	[INTERVAL] = {"no interval", "in a second", "in a minute", "in an hour", "later"},
	[PEERS] = {"one server", "some servers", "many servers"},
	[SERVED] = {"not served", "served"},
	[NAMED] = {"no name", "named"},
	[UP] = {"0 up", "<128 up", "<512 up", "<2k up", "<8k up", "<64k up", "<1M up", "1M+ up"},
	[DOWN] = {"0 down", "<128 down", "<512 down", "<2k down", "<8k down", "<64k down",
		  "<1M down", "1M+ down"},
};

static const uint8_t steps[NONE] = {
	[DIRECTION] = 4, [PORT] = 8,   [RESULT] = 12, [FAILED] = 4, [REPEATS] = 4, [INTERVAL] = 5,
	[PEERS] = 3,	 [SERVED] = 2, [NAMED] = 2,   [UP] = 8,	    [DOWN] = 8,
};

/* The facts that a table sees together. */
static const uint8_t tables[FB_LEARNED_TABLES][3] = {
	{PORT, SERVED, NAMED},	  {RESULT, UP, DOWN},  {DIRECTION, FAILED, PEERS},
	{DIRECTION, REPEATS, UP}, {PORT, PEERS, NONE}, {INTERVAL, UP, NONE},
	{DIRECTION, PEERS, DOWN},
};

enum port_class {
	PORT_NONE,
	PORT_NAMES,
	PORT_WEB,
	PORT_LOGIN,
	PORT_MAIL,
	PORT_NETWORK,
	PORT_LOW,
	PORT_ODD
};

static const struct {
	uint16_t port;
	uint8_t class;
} ports[] = {
	{0, PORT_NONE},	       {53, PORT_NAMES},     {137, PORT_NAMES},	   {853, PORT_NAMES},
	{5353, PORT_NAMES},    {5355, PORT_NAMES},   {80, PORT_WEB},	   {443, PORT_WEB},
	{3128, PORT_WEB},      {8000, PORT_WEB},     {8008, PORT_WEB},	   {8080, PORT_WEB},
	{8443, PORT_WEB},      {8888, PORT_WEB},     {21, PORT_LOGIN},	   {22, PORT_LOGIN},
	{23, PORT_LOGIN},      {135, PORT_LOGIN},    {139, PORT_LOGIN},	   {445, PORT_LOGIN},
	{1433, PORT_LOGIN},    {2222, PORT_LOGIN},   {2323, PORT_LOGIN},   {3306, PORT_LOGIN},
	{3389, PORT_LOGIN},    {5432, PORT_LOGIN},   {5900, PORT_LOGIN},   {5985, PORT_LOGIN},
	{6379, PORT_LOGIN},    {27017, PORT_LOGIN},  {25, PORT_MAIL},	   {110, PORT_MAIL},
	{143, PORT_MAIL},      {465, PORT_MAIL},     {587, PORT_MAIL},	   {993, PORT_MAIL},
	{995, PORT_MAIL},      {67, PORT_NETWORK},   {68, PORT_NETWORK},   {123, PORT_NETWORK},
	{138, PORT_NETWORK},   {161, PORT_NETWORK},  {162, PORT_NETWORK},  {500, PORT_NETWORK},
	{514, PORT_NETWORK},   {546, PORT_NETWORK},  {547, PORT_NETWORK},  {1900, PORT_NETWORK},
	{3478, PORT_NETWORK},  {3702, PORT_NETWORK}, {4500, PORT_NETWORK}, {5228, PORT_NETWORK},
	{51820, PORT_NETWORK},
};

static unsigned int direction_of(const struct fb_learned_facts *facts)
{
	static const uint8_t of[2][2] = {{3, 0}, {1, 2}};

	return of[facts->src_inside][facts->dst_inside];
}

static unsigned int result_of(const struct fb_learned_facts *facts)
{
	static const uint8_t udp[] = {6, 7, 8, 8, 8, 6};
	static const uint8_t icmp[] = {10, 9, 10, 10, 10, 10};
	const unsigned int result = facts->result <= FB_JUDGED_OTHER ? facts->result : 0;

	switch (facts->proto) {
	case IPPROTO_TCP:
		return result;
	case IPPROTO_UDP:
		return udp[result];
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return icmp[result];
	default:
		return 11;
	}
}

static unsigned int failed_of(const struct fb_learned_facts *facts)
{
	if (facts->src_flows < 3)
		return 0;
	if ((uint64_t)facts->src_failed * 20 < facts->src_flows)
		return 1;
	return (uint64_t)facts->src_failed * 2 < facts->src_flows ? 2 : 3;
}

/* Marks of bytes are powers of two: by how many bits a number has. */
static const uint8_t sizes[65] = {
	[1 ... 7] = 1,	 [8 ... 9] = 2,	  [10 ... 11] = 3, [12 ... 13] = 4,
	[14 ... 16] = 5, [17 ... 20] = 6, [21 ... 64] = 7,
};

static uint8_t size_of(uint64_t bytes)
{
	return sizes[bytes ? 64 - __builtin_clzll(bytes) : 0];
}

static unsigned int interval_of(const struct fb_learned_facts *facts)
{
	const uint32_t ms = facts->interval_ms;

	return (ms >= 1) + (ms >= 1000) + (ms >= 60000) + (ms >= 3600000);
}

void fb_learned_take_before(const struct fb_learned_facts *facts,
			    struct fb_learned_steps *ret_steps)
{
	uint8_t *step = ret_steps->step;

	step[FAILED] = (uint8_t)failed_of(facts);
	step[REPEATS] =
		(uint8_t)((facts->repeats >= 1) + (facts->repeats >= 4) + (facts->repeats >= 32));
	step[INTERVAL] = (uint8_t)interval_of(facts);
	step[PEERS] = (uint8_t)((facts->peers >= 2) + (facts->peers >= 8));
	step[SERVED] = facts->served;
}

void fb_learned_take_itself(const struct fb_learned *learned, const struct fb_learned_facts *facts,
			    struct fb_learned_steps *ret_steps)
{
	uint8_t *step = ret_steps->step;

	step[DIRECTION] = (uint8_t)direction_of(facts);
	step[PORT] = learned->port[facts->port];
	step[RESULT] = (uint8_t)result_of(facts);
	step[NAMED] = facts->named;
	step[UP] = size_of(facts->up);
	step[DOWN] = size_of(facts->down);
}

void fb_learned_take(const struct fb_learned *learned, const struct fb_learned_facts *facts,
		     struct fb_learned_steps *ret_steps)
{
	fb_learned_take_before(facts, ret_steps);
	fb_learned_take_itself(learned, facts, ret_steps);
}

bool fb_learned_is_step(unsigned int fact, uint8_t step)
{
	return fact < NONE && step < steps[fact];
}

uint32_t fb_learned_pack(const struct fb_learned_steps *taken)
{
	uint32_t packed = 0;

	for (unsigned int i = 0; i < NONE; i++)
		packed = packed * steps[i] + taken->step[i];
	return packed;
}

void fb_learned_unpack(uint32_t packed, struct fb_learned_steps *ret_steps)
{
	for (unsigned int i = NONE; i--;) {
		ret_steps->step[i] = (uint8_t)(packed % steps[i]);
		packed /= steps[i];
	}
}

void fb_learned_place(const struct fb_learned_steps *taken, struct fb_learned_place *ret_place)
{
	for (unsigned int t = 0; t < FB_LEARNED_TABLES; t++) {
		unsigned int cell = 0;

		for (unsigned int i = 0; i < 3 && tables[t][i] != NONE; i++)
			cell = cell * steps[tables[t][i]] + taken->step[tables[t][i]];
		ret_place->cell[t] = (uint16_t)(t * FB_LEARNED_CELLS + cell);
	}
}

/* --- counts ----------------------------------------------------------------------------------- */

static void class_ports(struct fb_learned *learned)
{
	memset(learned->port, PORT_LOW, 1024);
	memset(learned->port + 1024, PORT_ODD, sizeof(learned->port) - 1024);
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		learned->port[ports[i].port] = ports[i].class;
}

struct fb_learned *fb_learned_new(const struct fb_learned_count *counts, size_t n)
{
	struct fb_learned *learned = calloc(1, sizeof(*learned));

	if (!learned)
		return NULL;
	learned->counts = counts;
	learned->n = n;
	class_ports(learned);
	fb_learned_reset(learned);
	fb_learned_settle(learned);
	return learned;
}

void fb_learned_free(struct fb_learned *learned)
{
	free(learned);
}

static uint32_t *at(uint32_t counts[FB_LEARNED_TABLES][FB_LEARNED_CELLS], unsigned int cell)
{
	return &counts[cell / FB_LEARNED_CELLS % FB_LEARNED_TABLES][cell % FB_LEARNED_CELLS];
}

void fb_learned_reset(struct fb_learned *learned)
{
	learned->version++;
	memset(learned->good, 0, sizeof(learned->good));
	memset(learned->bad, 0, sizeof(learned->bad));
	for (size_t i = 0; i < learned->n; i++) {
		*at(learned->good, learned->counts[i].cell) = learned->counts[i].good;
		*at(learned->bad, learned->counts[i].cell) = learned->counts[i].bad;
	}
}

void fb_learned_teach(struct fb_learned *learned, const struct fb_learned_place *place, bool bad,
		      uint32_t units)
{
	learned->version++;
	for (unsigned int t = 0; t < FB_LEARNED_TABLES; t++)
		*at(bad ? learned->bad : learned->good, place->cell[t]) += units;
}

uint32_t fb_learned_version(const struct fb_learned *learned)
{
	return learned->version;
}

#define LN2   45426   /* 16 bits behind the point, as is ... */
#define LOG2E 94548LL /* ... 1 / ln 2 */

static int32_t ln(uint64_t number)
{
	return (int32_t)((uint64_t)fb_fixed_log2(number) * LN2 / FB_FIXED_ONE);
}

/* A flow more of each than there was, in the measure of all; of what was never seen, 0. */
static int32_t weigh(uint64_t good, uint64_t bad, uint64_t all_good, uint64_t all_bad)
{
	const uint64_t all = all_good + all_bad;
	int32_t weight;

	if (!all_good || !all_bad || !(good + bad))
		return 0;
	weight = ln(bad * all + FB_LEARNED_UNIT * all_bad) - ln(all_bad) -
		 ln(good * all + FB_LEARNED_UNIT * all_good) + ln(all_good);
	if (weight > WEIGHT_MOST)
		return WEIGHT_MOST;
	return weight < -WEIGHT_MOST ? -WEIGHT_MOST : weight;
}

void fb_learned_settle(struct fb_learned *learned)
{
	learned->version++;
	for (unsigned int t = 0; t < FB_LEARNED_TABLES; t++) {
		uint64_t good = 0, bad = 0;

		for (unsigned int i = 0; i < FB_LEARNED_CELLS; i++) {
			good += learned->good[t][i];
			bad += learned->bad[t][i];
		}
		for (unsigned int i = 0; i < FB_LEARNED_CELLS; i++)
			learned->weight[t][i] =
				weigh(learned->good[t][i], learned->bad[t][i], good, bad);
	}
}

/* --- an opinion ------------------------------------------------------------------------------- */

static int32_t weight_of(const struct fb_learned *learned, unsigned int cell)
{
	return learned
		->weight[cell / FB_LEARNED_CELLS % FB_LEARNED_TABLES][cell % FB_LEARNED_CELLS];
}

static uint32_t seen(const struct fb_learned *learned, unsigned int cell)
{
	const unsigned int table = cell / FB_LEARNED_CELLS % FB_LEARNED_TABLES;

	cell %= FB_LEARNED_CELLS;
	return (learned->good[table][cell] + learned->bad[table][cell]) / FB_LEARNED_UNIT;
}

static enum fb_judge_action cheapest(uint32_t p)
{
	const uint32_t good = FB_FIXED_ONE - p;
	const uint32_t allow = COST_MISS * p;
	const uint32_t inspect = COST_LOOK * FB_FIXED_ONE + COST_BOTHER * good;
	const uint32_t deny = COST_WRONG * good;

	if (deny < inspect && deny < allow)
		return FB_JUDGE_DENY;
	return inspect < allow ? FB_JUDGE_INSPECT : FB_JUDGE_ALLOW;
}

static uint16_t confidence_of(uint32_t p, uint32_t thinnest)
{
	const uint32_t surer = p > FB_FIXED_ONE / 2 ? p : FB_FIXED_ONE - p;
	const uint64_t over = (uint64_t)(surer - FB_FIXED_ONE / 2) * 1000 / FB_FIXED_ONE;

	return (uint16_t)(500 + over * thinnest / (thinnest + SHRINK_BY));
}

static unsigned int strength(int32_t weight)
{
	return (unsigned int)abs(weight);
}

/* By size; of equal ones the first table's. */
static void show(const int32_t weight[static FB_LEARNED_TABLES],
		 const struct fb_learned_place *place, struct fb_learned_opinion *opinion)
{
	unsigned int taken = 0;

	for (unsigned int n = 0; n < FB_LEARNED_SHOWN; n++) {
		unsigned int best = FB_LEARNED_TABLES;

		for (unsigned int t = 0; t < FB_LEARNED_TABLES; t++)
			if (!(taken & 1U << t) && (best == FB_LEARNED_TABLES ||
						   strength(weight[t]) > strength(weight[best])))
				best = t;
		taken |= 1U << best;
		opinion->shown[n] = (struct fb_learned_weight){
			place->cell[best], (int16_t)(weight[best] * 1000LL / FB_FIXED_ONE)};
	}
}

/* 1 / (1 + e^-odds), of 65536, below that. */
static uint16_t share_of(int32_t odds)
{
	const uint32_t less = fb_fixed_exp2(-llabs(odds * LOG2E / FB_FIXED_ONE));
	const uint32_t share = (uint32_t)(((uint64_t)FB_FIXED_ONE << 16) / (FB_FIXED_ONE + less));
	const uint32_t p = odds < 0 ? FB_FIXED_ONE - share : share;

	return (uint16_t)(p < UINT16_MAX ? p : UINT16_MAX);
}

void fb_learned_judge(const struct fb_learned *learned, const struct fb_learned_place *place,
		      struct fb_learned_opinion *ret_opinion)
{
	int32_t weight[FB_LEARNED_TABLES], sum = 0;
	uint32_t thinnest = UINT16_MAX;

	for (unsigned int t = 0; t < FB_LEARNED_TABLES; t++) {
		const uint32_t n = seen(learned, place->cell[t]);

		weight[t] = weight_of(learned, place->cell[t]);
		sum += weight[t];
		thinnest = n < thinnest ? n : thinnest;
	}
	/* They see the same facts more than once, so that their sum says too much: half of it. */
	ret_opinion->p = share_of(sum / 2);
	ret_opinion->thinnest = (uint16_t)thinnest;
	ret_opinion->action = (uint8_t)cheapest(ret_opinion->p);
	ret_opinion->confidence = confidence_of(ret_opinion->p, thinnest);
	show(weight, place, ret_opinion);
}

const char *fb_learned_text(const struct fb_learned_weight *weight,
			    char text[static FB_LEARNED_TEXT_LEN])
{
	const uint8_t *table = tables[weight->cell / FB_LEARNED_CELLS % FB_LEARNED_TABLES];
	const int tenths = (abs(weight->weight) + 50) / 100;
	const char *word[3] = {"", "", ""};
	unsigned int cell = weight->cell % FB_LEARNED_CELLS;

	for (int i = 2; i >= 0; i--) {
		if (table[i] == NONE)
			continue;
		word[i] = words[table[i]][cell % steps[table[i]]];
		cell /= steps[table[i]];
	}
	snprintf(text, FB_LEARNED_TEXT_LEN, "%s, %s%s%s %c%d.%d", word[0], word[1],
		 *word[2] ? ", " : "", word[2], weight->weight < 0 ? '-' : '+', tenths / 10,
		 tenths % 10);
	return text;
}
