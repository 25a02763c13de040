/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports of a sample that inspect_fuzz.c reads and seed.c writes, by their place in the list. */
#pragma once

#include <stdint.h>

static const uint16_t inspected_ports[8] = {443, 53, 67, 5353, 3389, 5355, 25, 4433};
