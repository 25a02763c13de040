/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stamps on sockets where the kernel shows no types of its own. */
#include "lib/stamp.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

STAMP_PROGRAMS
