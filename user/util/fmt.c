/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes, rates, durations and counts, to text and back; by integers, so that no locale matters. */
#include "util/fmt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Three significant digits of value / 1000^n, rounded half up. */
static const char *scaled(uint64_t value, const char *const units[static 7], char *buf)
{
	uint64_t div = 1;
	unsigned int unit = 0;
	uint64_t whole, milli;

	while (unit < 6 && value / div >= 1000) {
		div *= 1000;
		unit++;
	}
	if (!unit) {
		snprintf(buf, FB_FMT_STRLEN, "%u%s", (unsigned int)value, units[0]);
		return buf;
	}
	whole = value / div;
	milli = (value % div) / (div / 1000);
	if (whole >= 100) {
		whole += milli >= 500;
		/* 999.6 kB is 1 MB, not 1000 kB */
		if (whole == 1000 && unit < 6)
			snprintf(buf, FB_FMT_STRLEN, "1.00%s", units[unit + 1]);
		else
			snprintf(buf, FB_FMT_STRLEN, "%u%s", (unsigned int)whole, units[unit]);
	} else if (whole >= 10) {
		milli = whole * 1000 + milli + 50;
		if (milli >= 100000)
			snprintf(buf, FB_FMT_STRLEN, "100%s", units[unit]);
		else
			snprintf(buf, FB_FMT_STRLEN, "%u.%u%s", (unsigned int)(milli / 1000),
				 (unsigned int)(milli % 1000 / 100), units[unit]);
	} else {
		milli = whole * 1000 + milli + 5;
		if (milli >= 10000)
			snprintf(buf, FB_FMT_STRLEN, "10.0%s", units[unit]);
		else
			snprintf(buf, FB_FMT_STRLEN, "%u.%02u%s", (unsigned int)(milli / 1000),
				 (unsigned int)(milli % 1000 / 10), units[unit]);
	}
	return buf;
}

const char *fb_fmt_bytes(uint64_t bytes, char buf[static FB_FMT_STRLEN])
{
	static const char *const units[] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};

	return scaled(bytes, units, buf);
}

const char *fb_fmt_rate(uint64_t bits_per_s, char buf[static FB_FMT_STRLEN])
{
	static const char *const units[] = {" bit/s",  " kbit/s", " Mbit/s", " Gbit/s",
					    " Tbit/s", " Pbit/s", " Ebit/s"};

	if (!bits_per_s)
		return memcpy(buf, "0", 2);
	return scaled(bits_per_s, units, buf);
}

const char *fb_fmt_duration(uint64_t ms, char buf[static FB_FMT_STRLEN])
{
	uint64_t s = ms / 1000;

	if (s < 1)
		snprintf(buf, FB_FMT_STRLEN, "%ums", (unsigned int)ms);
	else if (s < 60)
		snprintf(buf, FB_FMT_STRLEN, "%u.%us", (unsigned int)s,
			 (unsigned int)(ms % 1000 / 100));
	else if (s < 3600)
		snprintf(buf, FB_FMT_STRLEN, "%um %02us", (unsigned int)(s / 60),
			 (unsigned int)(s % 60));
	else if (s < 86400)
		snprintf(buf, FB_FMT_STRLEN, "%uh %02um", (unsigned int)(s / 3600),
			 (unsigned int)(s % 3600 / 60));
	else
		snprintf(buf, FB_FMT_STRLEN, "%llud %uh", (unsigned long long)(s / 86400),
			 (unsigned int)(s % 86400 / 3600));
	return buf;
}

const char *fb_fmt_count(uint64_t count, char buf[static FB_FMT_STRLEN])
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	char *out = buf;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return buf;
}

/* The digits at *text, which it moves behind them; -EINVAL without one, -ERANGE past 2^64. */
static int take_digits(const char **text, uint64_t *ret_value)
{
	const char *c = *text;
	uint64_t value = 0;

	if (*c < '0' || *c > '9')
		return -EINVAL;
	for (; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return -ERANGE;
	*text = c;
	*ret_value = value;
	return 0;
}

static int bounded(uint64_t value, uint64_t least, uint64_t most, uint64_t *ret_value)
{
	if (value < least || value > most)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int fb_fmt_parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value)
{
	uint64_t value;
	int r = take_digits(&text, &value);

	/* "99999999999999999999x" is not a number at all, rather than one that is too big */
	if (r == -ERANGE)
		return text[strspn(text, "0123456789")] ? -EINVAL : r;
	if (r)
		return r;
	return *text ? -EINVAL : bounded(value, least, most, ret_value);
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit *find_unit(const struct unit *units, const char *name, size_t len)
{
	for (; units->name; units++)
		if (strlen(units->name) == len && !strncasecmp(units->name, name, len))
			return units;
	return NULL;
}

/* "64", "64k", "1.5G": a number and one of `units`. */
static int parse_amount(const struct unit *units, const char *text, uint64_t least, uint64_t most,
			uint64_t *ret_amount)
{
	const struct unit *unit;
	uint64_t whole, part = 0, part_div = 1;
	int r = take_digits(&text, &whole);

	if (r)
		return r;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++) {
			if (part_div >= 1000000)
				return -EINVAL;
			part = part * 10 + (uint64_t)(*text - '0');
			part_div *= 10;
		}
		if (part_div == 1)
			return -EINVAL;
	}
	unit = find_unit(units, text, strlen(text));
	if (!unit || (part_div > 1 && unit->factor == 1))
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit->factor, &whole) ||
	    __builtin_add_overflow(whole, part * unit->factor / part_div, &whole))
		return -ERANGE;
	return bounded(whole, least, most, ret_amount);
}

int fb_fmt_parse_size(const char *text, uint64_t least, uint64_t most, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{"", 1},
		{"B", 1},
		{"k", 1000},
		{"kB", 1000},
		{"M", 1000000},
		{"MB", 1000000},
		{"G", 1000000000},
		{"GB", 1000000000},
		{"T", 1000000000000},
		{"TB", 1000000000000},
		{"KiB", 1ULL << 10},
		{"MiB", 1ULL << 20},
		{"GiB", 1ULL << 30},
		{"TiB", 1ULL << 40},
		{NULL, 0},
	};

	return parse_amount(units, text, least, most, ret_bytes);
}

int fb_fmt_parse_rate(const char *text, uint64_t least, uint64_t most, uint64_t *ret_bits)
{
	static const struct unit units[] = {
		{"bit", 1}, {"kbit", 1000}, {"mbit", 1000000}, {"gbit", 1000000000}, {NULL, 0},
	};

	return parse_amount(units, text, least, most, ret_bits);
}

int fb_fmt_parse_duration(const char *text, uint64_t least_ms, uint64_t most_ms, uint64_t *ret_ms)
{
	static const struct unit units[] = {
		{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
	};
	uint64_t sum = 0, last = UINT64_MAX;

	do {
		const struct unit *unit;
		uint64_t value;
		size_t len;
		int r = take_digits(&text, &value);

		if (r)
			return r;
		len = strspn(text, "dhmsDHMS");
		/* A bare number is seconds, but only alone: "1h30" says too little. */
		unit = len ? find_unit(units, text, len) : (last == UINT64_MAX ? &units[1] : NULL);
		if (!unit || unit->factor >= last)
			return -EINVAL;
		last = unit->factor;
		text += len;
		if (__builtin_mul_overflow(value, unit->factor, &value) ||
		    __builtin_add_overflow(sum, value, &sum))
			return -ERANGE;
	} while (*text);
	return bounded(sum, least_ms, most_ms, ret_ms);
}

/* Exactly `n` digits within the bounds. */
static int take_number(const char **text, int n, unsigned int least, unsigned int most,
		       unsigned int *ret_value)
{
	unsigned int value = 0;

	for (int i = 0; i < n; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -EINVAL;
		value = value * 10 + (unsigned int)(**text - '0');
	}
	if (value < least || value > most)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static bool take_char(const char **text, const char *any)
{
	if (!**text || !strchr(any, **text))
		return false;
	(*text)++;
	return true;
}

/* Days since 1970 of a day in the Gregorian calendar; years begin in March, leap days end them. */
static int take_date(const char **text, int64_t *ret_days)
{
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned int year, month, day, leap;

	if (take_number(text, 4, 1970, 9999, &year) || !take_char(text, "-") ||
	    take_number(text, 2, 1, 12, &month) || !take_char(text, "-") ||
	    take_number(text, 2, 1, 31, &day))
		return -EINVAL;
	leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (day > lengths[month - 1] + (month == 2 ? leap : 0))
		return -EINVAL;
	year -= month <= 2;
	*ret_days = (int64_t)year * 365 + year / 4 - year / 100 + year / 400 +
		    (153 * ((month + 9) % 12) + 2) / 5 + day - 1 - 719468;
	return 0;
}

/* ".2", ".201": the ms, and how many of them that many digits leave open. */
static int take_fraction(const char **text, unsigned int *ret_ms, uint64_t *ret_span)
{
	unsigned int digits = 0, ms = 0, span = 1000;

	for (; **text >= '0' && **text <= '9' && digits < 9; (*text)++, digits++) {
		if (span == 1)
			continue;
		span /= 10;
		ms += (unsigned int)(**text - '0') * span;
	}
	*ret_ms = ms;
	*ret_span = span;
	return digits ? 0 : -EINVAL;
}

/* "Z", "+01:00", "-05:30": minutes ahead of UTC. */
static int take_zone(const char **text, int *ret_minutes)
{
	unsigned int hours, minutes;
	int sign = **text == '-' ? -1 : 1;

	*ret_minutes = 0;
	if (take_char(text, "Zz"))
		return 0;
	if (!take_char(text, "+-") || take_number(text, 2, 0, 23, &hours) ||
	    !take_char(text, ":") || take_number(text, 2, 0, 59, &minutes))
		return -EINVAL;
	*ret_minutes = sign * (int)(hours * 60 + minutes);
	return 0;
}

int fb_fmt_parse_time(const char *text, int64_t *ret_ms, uint64_t *ret_span)
{
	unsigned int hour = 0, minute = 0, second = 0, ms = 0;
	uint64_t span = 86400000;
	int64_t days, at;
	int zone = 0;

	if (take_date(&text, &days))
		return -EINVAL;
	if (*text) {
		if (!take_char(&text, "Tt") || take_number(&text, 2, 0, 23, &hour) ||
		    !take_char(&text, ":") || take_number(&text, 2, 0, 59, &minute))
			return -EINVAL;
		span = 60000;
		if (take_char(&text, ":")) {
			span = 1000;
			if (take_number(&text, 2, 0, 60, &second) ||
			    (take_char(&text, ".") && take_fraction(&text, &ms, &span)))
				return -EINVAL;
		}
		if (take_zone(&text, &zone) || *text)
			return -EINVAL;
	}
	at = ((days * 24 + hour) * 60 + minute - zone) * 60000 + second * 1000 + ms;
	if (at < 0)
		return -ERANGE;
	*ret_ms = at;
	*ret_span = span;
	return 0;
}
