/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf rules export and import: all rules as a file; "-": standard output and input. */
#pragma once

/* An exit code; the user was told what went wrong. */
int fb_rulefiles_export(const char *socket, const char *path);
int fb_rulefiles_import(const char *socket, const char *path, const char *reason);
