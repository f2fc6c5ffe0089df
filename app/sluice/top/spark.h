/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spark: the last values of something as a line of small bars, and bars of a share. Pure but for
 * the history.
 */
#ifndef TOP_SPARK_H
#define TOP_SPARK_H

#include <stdbool.h>

#define SPARK_VALUES 120

struct spark {
	double values[SPARK_VALUES]; /* the oldest first */
	unsigned count;
};

struct spark_text {
	char text[3 * SPARK_VALUES + 1];
};

void spark_add(struct spark *spark, double value);

/* The last of them, as many as width columns hold, from 0 to the highest; where the terminal has no
 * UTF-8, in ASCII. */
struct spark_text spark_draw(const struct spark *spark, unsigned width, bool utf8);

/* A bar that fills the share of width columns. */
struct spark_text spark_bar(double share, unsigned width, bool utf8);

#endif
