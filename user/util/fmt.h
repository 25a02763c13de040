/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers for people and numbers from people: sizes, rates, durations, counts.
 * Pure functions, independent of the locale, no allocation, any thread.
 */
#pragma once

#include <stdint.h>

#define FB_FMT_STRLEN 32

/* "999 B", "1.24 MB": three significant digits, powers of 1000. Returns `buf`. */
const char *fb_fmt_bytes(uint64_t bytes, char buf[static FB_FMT_STRLEN]);

/* "0", "51.2 kbit/s": bits a second. */
const char *fb_fmt_rate(uint64_t bits_per_s, char buf[static FB_FMT_STRLEN]);

/* "850ms", "12.3s", "4m 05s", "2h 15m", "3d 4h". */
const char *fb_fmt_duration(uint64_t ms, char buf[static FB_FMT_STRLEN]);

/* "18,230". */
const char *fb_fmt_count(uint64_t count, char buf[static FB_FMT_STRLEN]);

/*
 * Decimal digits only, within the bounds: 0, -EINVAL (not a number) or -ERANGE, and *ret_value
 * untouched on failure. The same holds for the others.
 */
int fb_fmt_parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value);

/* "4096", "64k", "10MB" (powers of 1000), "8MiB", "1.5G". */
int fb_fmt_parse_size(const char *text, uint64_t least, uint64_t most, uint64_t *ret_bytes);

/* Bits a second, as tc(8) has them: "20mbit", "1.5gbit", "500kbit", "64000bit". */
int fb_fmt_parse_rate(const char *text, uint64_t least, uint64_t most, uint64_t *ret_bits);

/* "250ms", "90" and "90s", "15m", "2h", "1d", "1h30m". */
int fb_fmt_parse_duration(const char *text, uint64_t least_ms, uint64_t most_ms, uint64_t *ret_ms);

/*
 * RFC 3339: "2026-11-21T01:20:11.201Z", an offset such as +01:00 for Z, the seconds left out, or a
 * day alone ("2026-11-21", UTC). *ret_ms is its first ms since 1970, *ret_span how many ms it is.
 */
int fb_fmt_parse_time(const char *text, int64_t *ret_ms, uint64_t *ret_span);
