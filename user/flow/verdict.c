/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/verdict.h"

#include <stddef.h>

static const char *word(const char *const *words, size_t n, unsigned int i)
{
	return i < n ? words[i] : NULL;
}

#define WORDS(function, ...)                                                                       \
	const char *function(unsigned int i)                                                       \
	{                                                                                          \
		static const char *const words[] = {__VA_ARGS__};                                  \
                                                                                                   \
		return word(words, sizeof(words) / sizeof(*words), i);                             \
	}

#define X(id, name, help) name,
WORDS(fb_judge_kind_name, FB_JUDGE_KINDS(X))
#undef X
WORDS(fb_judge_action_name, "allow", "inspect", "deny")
WORDS(fb_risk_class_name, "low", "medium", "high")
WORDS(fb_learned_word, "allow", "inspect", "deny", "unsure")
