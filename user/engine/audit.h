/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of an act: one line of the log that names all of it, with its parts as fields, and a
 * line of the record on the disk. Any thread.
 */
#pragma once

#include "engine/act.h"

struct fb_auditor;

/* "forget", as the record calls it. */
const char *fb_act_name(enum fb_act_kind kind);

/* `auditor`: NULL: to the log alone. */
void fb_audit_write(struct fb_auditor *auditor, const struct fb_act *act, const char *target,
		    int result);
