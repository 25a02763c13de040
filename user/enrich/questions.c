/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of questions, found by all that an answer repeats; the name by its keyed hash. */
#include "enrich/questions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/index.h"
#include "util/shares.h"

struct key {
	uint64_t name; /* hash of it in small letters */
	uint8_t client[16], server[16];
	uint16_t client_port, server_port, id, type;
	uint8_t proto, family, pad[6];
};

struct entry {
	struct key key;
	uint64_t time, first; /* when it was asked, the last time and the first */
	bool answered;
};

struct fb_questions {
	struct fb_index index;
	struct fb_shares shares; /* by client */
	struct entry entry[];
};

int fb_questions_new(uint32_t n, struct fb_questions **ret_questions)
{
	struct fb_questions *questions;

	n = n ? n : FB_QUESTIONS_MAX;
	questions = calloc(1, sizeof(*questions) + n * sizeof(questions->entry[0]));
	if (!questions)
		return -ENOMEM;
	if (fb_index_init(&questions->index) < 0 || fb_shares_init(&questions->shares, n) < 0) {
		fb_questions_free(questions);
		return -ENOMEM;
	}
	*ret_questions = questions;
	return 0;
}

void fb_questions_free(struct fb_questions *questions)
{
	if (!questions)
		return;
	fb_index_fini(&questions->index);
	fb_shares_fini(&questions->shares);
	free(questions);
}

static uint64_t hash_name(const struct fb_dns_name *name)
{
	char small[FB_DNS_NAME_MAX + 1];

	for (unsigned int i = 0; i < name->len; i++)
		small[i] = name->text[i] >= 'A' && name->text[i] <= 'Z'
				   ? (char)(name->text[i] - 'A' + 'a')
				   : name->text[i];
	return fb_hash(small, name->len, 0);
}

static void make_key(const struct fb_question *question, struct key *key)
{
	*key = (struct key){
		.name = hash_name(question->name),
		.client_port = question->client_port,
		.server_port = question->server_port,
		.id = question->id,
		.type = question->type,
		.proto = question->proto,
		.family = question->family,
	};
	memcpy(key->client, question->client, 16);
	if (question->server)
		memcpy(key->server, question->server, 16);
}

static uint64_t hash_key(const struct key *key)
{
	return fb_hash(key, sizeof(*key), 0);
}

static uint32_t find(const struct fb_questions *questions, const struct key *key)
{
	struct fb_index_it it = fb_index_begin(hash_key(key));
	uint32_t number;

	while (fb_index_next(&questions->index, &it, &number))
		if (memcmp(&questions->entry[number].key, key, sizeof(*key)) == 0)
			return number;
	return FB_NONE;
}

/* Clocks of CPUs differ by a little: what came after may have the earlier time. */
static bool is_over(const struct entry *entry, uint64_t now_ns)
{
	return entry->time + FB_QUESTIONS_WAIT_NS < now_ns;
}

bool fb_questions_add(struct fb_questions *questions, const struct fb_question *question)
{
	uint8_t owner[FB_SHARES_KEY] = {question->family};
	struct entry *entry;
	bool evicted = false, lost = false;
	struct key key;
	uint32_t number;

	make_key(question, &key);
	number = find(questions, &key);
	if (number == FB_NONE) {
		memcpy(owner + 1, question->client, 16);
		number = fb_shares_take(&questions->shares, owner, &evicted);
		if (number == FB_NONE)
			return true;
		entry = &questions->entry[number];
		lost = evicted && !entry->answered && !is_over(entry, question->time);
		if (evicted)
			fb_index_remove(&questions->index, hash_key(&entry->key), number);
		entry->key = key;
		entry->answered = true; /* nothing waits yet */
		if (fb_index_add(&questions->index, hash_key(&key), number) < 0) {
			fb_shares_give(&questions->shares, number);
			return true;
		}
	} else {
		fb_shares_renew(&questions->shares, number);
	}
	entry = &questions->entry[number];
	if (entry->answered || is_over(entry, question->time))
		entry->first = question->time;
	entry->time = question->time;
	entry->answered = false;
	return lost;
}

enum fb_questions_found fb_questions_answer(struct fb_questions *questions,
					    const struct fb_question *question, uint64_t *ret_asked)
{
	struct key key;
	struct entry *entry;
	uint32_t number;

	make_key(question, &key);
	number = find(questions, &key);
	if (number == FB_NONE || is_over(&questions->entry[number], question->time))
		return FB_QUESTIONS_NONE;
	entry = &questions->entry[number];
	*ret_asked = entry->first;
	if (entry->answered)
		return FB_QUESTIONS_AGAIN;
	entry->answered = true;
	return FB_QUESTIONS_FIRST;
}
