/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf alert try: when a rule of alerts would have fired. */
#pragma once

#include <stdbool.h>

/* `since` as the API takes it, NULL: its own. An exit code; the user was told. */
int fb_try_rule(const char *socket, const char *rule, const char *since, bool json);
