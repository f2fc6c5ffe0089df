/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Family: the samples of one metric, which stand together behind what it is. Nothing is written
 * where there is no sample.
 */
#ifndef METRICS_FAMILY_H
#define METRICS_FAMILY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct metric;

/* As many as any sample has. */
#define FAMILY_LABELS_MAX 6
/* Lines are handed to the stream some dozens at a time. */
#define FAMILY_BYTES 4096

struct family {
	FILE *out;
	const json_t *snapshot;
	const struct metric *metric;
	bool begun; /* it has a sample */
	unsigned labels;
	struct family_label {
		const char *name; /* up to a '|' */
		const char *value;
		size_t length; /* of the value */
	} label[FAMILY_LABELS_MAX];
	size_t used;
	char text[FAMILY_BYTES]; /* not yet in the stream */
};

/* Behind the last sample: all of it is in the stream. */
void family_end(struct family *family);

/* One more label for the samples that follow, until it is taken off. Neither is copied. */
void family_label(struct family *family, const char *name, const char *value);
/* The same; the value ends before a '|'. */
void family_label_word(struct family *family, const char *name, const char *words);
void family_unlabel(struct family *family);

/* A sample, of the metric itself or with a suffix behind its name, as "_sum". */
void family_whole(struct family *family, const char *suffix, json_int_t value);
void family_real(struct family *family, const char *suffix, double value);

/* The next of names that are parted by '|', or NULL behind the last. */
const char *family_next(const char *names);

/* How long the first of such names is. */
size_t family_length(const char *names);

#endif
