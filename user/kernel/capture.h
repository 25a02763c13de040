/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libbpf would print on stderr, kept: the last words are the reason of a failure, and the
 * verifier's log is among them. One capture for the process, as libbpf has one print function.
 */
#pragma once

#include <stdbool.h>

/* Take libbpf's output from now on; again: forget what was kept. */
void fb_capture_start(void);

/* Forget and free what was kept; libbpf stays silent. */
void fb_capture_stop(void);

/* True if the verifier refused a program. */
bool fb_capture_has_verifier_log(void);

/* The verifier's verdict: the line before its closing figures, "" if there is none. */
void fb_capture_verdict(char *to, unsigned int size);

/*
 * The first complaint without its "libbpf: ", "" if there is none: those after it only pass it on.
 */
void fb_capture_first_line(char *to, unsigned int size);

/* Write all that was kept to `path`, mode 0600, never through a symbolic link. */
int fb_capture_save(const char *path);
