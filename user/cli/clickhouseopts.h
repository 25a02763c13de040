/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of verbs that ask a fleet's ClickHouse. */
#pragma once

#include "cli/opts.h"

/* The struct `type_` has them as `clickhouse`, `login` and `ca`. */
#define FB_CLICKHOUSE_OPTIONS(type_)                                                               \
	{.name = "clickhouse",                                                                     \
	 .arg = "URL",                                                                             \
	 .type = FB_OPT_TEXT,                                                                      \
	 .offset = offsetof(type_, clickhouse),                                                    \
	 .help = "http[s]://HOST:PORT[/DATABASE], several servers by commas (database flowbpf)"},  \
		{.name = "clickhouse-login",                                                       \
		 .arg = "FILE",                                                                    \
		 .type = FB_OPT_FILE,                                                              \
		 .offset = offsetof(type_, login),                                                 \
		 .help = "its user's name and, in the second line, password; of mode 0600"},       \
		{.name = "clickhouse-ca",                                                          \
		 .arg = "FILE",                                                                    \
		 .type = FB_OPT_FILE,                                                              \
		 .offset = offsetof(type_, ca),                                                    \
		 .help = "certificates in PEM that vouch for it by TLS, instead of the system's"}
