/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What <linux/types.h> is for the kernel half: the shared headers need the fixed-width types only,
 * and the BPF target has no system headers of its own.
 */
#pragma once

#include "../vmlinux.h"
