/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/spark.h"

#include <string.h>

#include "core/banned.h"

#define STEPS 8

static const char *const blocks[2][STEPS] = {
	{"_", ".", ":", "-", "=", "+", "*", "#"},
	{"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84", "\xe2\x96\x85",
	 "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"},
};

/* Parts of a column, from the left. */
static const char *const parts[STEPS] = {
	"\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d", "\xe2\x96\x8c",
	"\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89", "\xe2\x96\x88",
};

static void
append(struct spark_text *text, const char *piece)
{
	size_t used = strlen(text->text), size = strlen(piece);

	if (used + size < sizeof(text->text))
		memcpy(text->text + used, piece, size + 1);
}

void
spark_add(struct spark *spark, double value)
{
	if (spark->count == SPARK_VALUES)
		memmove(spark->values, spark->values + 1,
			--spark->count * sizeof(spark->values[0]));
	spark->values[spark->count++] = value;
}

struct spark_text
spark_draw(const struct spark *spark, unsigned width, bool utf8)
{
	unsigned shown = spark->count < width ? spark->count : width;
	const double *first = spark->values + spark->count - shown;
	struct spark_text text = {""};
	double highest = 0;

	for (unsigned i = 0; i < shown; i++)
		highest = first[i] > highest ? first[i] : highest;
	for (unsigned i = 0; i < shown; i++) {
		unsigned step = 0;

		if (first[i] > 0)
			step = (unsigned)(first[i] / highest * (STEPS - 1) + 0.5);
		append(&text, blocks[utf8][step < STEPS ? step : STEPS - 1]);
	}
	return text;
}

struct spark_text
spark_bar(double share, unsigned width, bool utf8)
{
	unsigned filled = share > 0 ? (unsigned)(share * width * STEPS + 0.5) : 0;
	struct spark_text text = {""};

	if (filled == 0 && share > 0)
		filled = 1;
	if (filled > width * STEPS)
		filled = width * STEPS;
	for (; filled >= STEPS; filled -= STEPS)
		append(&text, utf8 ? parts[STEPS - 1] : "#");
	if (filled)
		append(&text, utf8 ? parts[filled - 1] : "#");
	return text;
}
