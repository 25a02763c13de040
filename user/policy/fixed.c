/* SPDX-License-Identifier: BSD-2-Clause */
/* By the bit: what is below one in a logarithm is found by squaring. */
#include "policy/fixed.h"

/* 2^-(1/2), 2^-(1/4), ...: a factor for each bit behind the point, 32 bits each. */
static const uint32_t halves[16] = {
	3037000500u, 3611622603u, 3938502376u, 4112874773u, 4202935003u, 4248701965u,
	4271771996u, 4283353945u, 4289156690u, 4292061010u, 4293513907u, 4294240540u,
	4294603903u, 4294785595u, 4294876445u, 4294921870u,
};

/* log2(1 + i / 128), 24 bits behind the point, cut off there. */
static const uint32_t logs[129] = {
	0,	  188362,   375269,   560744,	744809,	  927485,   1108792,  1288751,	1467382,
	1644705,  1820738,  1995500,  2169009,	2341283,  2512339,  2682195,  2850868,	3018373,
	3184727,  3349946,  3514044,  3677037,	3838940,  3999767,  4159533,  4318251,	4475935,
	4632598,  4788254,  4942915,  5096595,	5249304,  5401057,  5551863,  5701736,	5850687,
	5998727,  6145866,  6292117,  6437489,	6581994,  6725640,  6868440,  7010401,	7151535,
	7291851,  7431358,  7570066,  7707983,	7845119,  7981482,  8117081,  8251925,	8386022,
	8519380,  8652007,  8783912,  8915101,	9045583,  9175366,  9304456,  9432862,	9560590,
	9687648,  9814042,  9939779,  10064867, 10189311, 10313119, 10436297, 10558851, 10680788,
	10802114, 10922834, 11042956, 11162484, 11281425, 11399784, 11517567, 11634780, 11751428,
	11867516, 11983051, 12098036, 12212478, 12326381, 12439751, 12552593, 12664910, 12776709,
	12887994, 12998769, 13109040, 13218811, 13328086, 13436870, 13545167, 13652982, 13760319,
	13867182, 13973575, 14079503, 14184969, 14289977, 14394532, 14498637, 14602296, 14705514,
	14808293, 14910637, 15012550, 15114037, 15215099, 15315741, 15415967, 15515779, 15615181,
	15714177, 15812769, 15910961, 16008757, 16106159, 16203171, 16299796, 16396036, 16491895,
	16587376, 16682482, 16777216,
};

#define LOGS_BITS 24
#define LOGS_OFF  256 /* a line between two of them is below the curve by less than this */
#define LOGS_MOST 12  /* bits that are told by them: of more, too many are near to the next */

/* Of x in [1, 2) << 31. */
static uint32_t log2_by_bits(uint64_t x, uint32_t whole, unsigned int bits)
{
	uint32_t log = whole;

	for (unsigned int bit = 0; bit < bits; bit++) {
		x = x * x >> 31;
		log = log << 1 | (uint32_t)(x >> 32);
		x >>= x >> 32;
	}
	return log;
}

/* By a table, but where that is too near to the next number: there by the bit. */
uint32_t fb_fixed_log2_cut(uint64_t value, unsigned int bits)
{
	const unsigned int whole = 63u - (unsigned int)__builtin_clzll(value);
	const uint64_t x = whole > 31 ? value >> (whole - 31) : value << (31 - whole);
	const uint32_t i = (uint32_t)(x >> 24) & 127, behind = (uint32_t)x & 0xffffff;
	const uint32_t log =
		logs[i] + (uint32_t)((uint64_t)(logs[i + 1] - logs[i]) * behind >> LOGS_BITS);
	const unsigned int cut = LOGS_BITS - bits;

	if (bits > LOGS_MOST || (log - 4) >> cut != (log + LOGS_OFF) >> cut || log < 4)
		return log2_by_bits(x, whole, bits);
	return whole << bits | log >> cut;
}

uint32_t fb_fixed_log2(uint64_t value)
{
	return fb_fixed_log2_cut(value, 16);
}

uint32_t fb_fixed_exp2(int64_t x)
{
	const uint64_t below = (uint64_t)-x;
	uint32_t behind = (uint32_t)below << 16;
	uint64_t value = UINT32_MAX;

	if (below >> 16 > 31)
		return 0;
	while (behind) {
		const unsigned int bit = (unsigned int)__builtin_clz(behind);

		value = value * halves[bit] >> 32;
		behind ^= 0x80000000u >> bit;
	}
	value >>= below >> 16;
	return (uint32_t)((value + (1u << 15)) >> 16);
}

uint64_t fb_fixed_root(uint64_t value)
{
	uint64_t root = 0;

	if (!value)
		return 0;
	for (uint64_t bit = 1ull << (63 - __builtin_clzll(value)) / 2; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= value)
			root |= bit;
	return root;
}
