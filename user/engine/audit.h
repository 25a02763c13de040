/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of an act: one line of the log that names all of it, with its parts as fields. */
#pragma once

#include "engine/act.h"

void fb_audit_write(const struct fb_act *act, const char *target, int result);
